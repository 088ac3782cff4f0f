"""A second, independent reckoning of the child's journey from the rows of the Standard Safeguarding Dataset.

It follows the written definitions (measures and their traps, contracts, register of practice standards) in plain Python:
rows in, expected rows out. It belongs to the tests alone and knows nothing of the warehouse's models, so that an error
has to be made twice to stay hidden. The as-at date and the standards are input; bank holidays come from the calendar.

House rules it takes as given: an event after the as-at date has not happened; an end after it is open; a spell that ends
on a day is closed on that day. Where a definition is silent a comment says what is assumed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from orchestration.periods import FIRST_YEAR, add_working_days, working_days_between

Row = dict[str, Any]
DAY = timedelta(days=1)
FOREVER = date.max
SHORT_BREAKS = {"V3", "V4"}
# the codes of the looked-after return; anything else in legal_status is an order beside it or not of a looked-after child
CARE_STATUSES = {"C1", "C2", "D1", "E1", "V2", "L1", "L2", "L3", "J1", "J2", "J3", "V3", "V4"}
TEMPORARY = {"T0", "T1", "T2", "T3", "T4"}
SAME_CARER_REASONS = {"T", "U"}  # reasons for a new episode: change of placement, same carer
ADOPTION_BY_CARER = {"A3", "A5"}  # placed for adoption with the current foster carer
CASE_HOLDER = "CW"
TABLES = [
    "person",
    "linked_identifiers",
    "legal_status",
    "cin_episodes",
    "cin_assessments",
    "cin_plans",
    "cin_visits",
    "s47_enquiry",
    "initial_cp_conference",
    "cp_plans",
    "cp_visits",
    "cp_reviews",
    "cla_episodes",
    "cla_placement",
    "cla_reviews",
    "cla_visits",
    "cla_health",
    "sdq_scores",
    "missing",
    "care_leavers",
    "involvements",
]


# --- days -------------------------------------------------------------------------------------------------------------


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later (earlier if negative), or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - DAY).day
    return date(year, month + 1, min(day.day, last))


def birthday(born: date, years: int) -> date:
    """Someone born on 29 February has the birthday of another year on 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def years_old(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def month_ends(as_at: date, financial_years: int = 6) -> list[tuple[str, date]]:
    """Each month and the day its stock is judged at, from April six years before this financial year to the as-at month."""
    day = date(as_at.year - (as_at.month < 4) - financial_years, 4, 1)
    found = []
    while day <= as_at:
        following = months_after(day, 1)
        found.append((day.strftime("%Y-%m"), min(following - DAY, as_at)))
        day = following
    return found


def working_days(start: date, end: date) -> int | None:
    """Working days after the first day, which is day 0; not known before the calendar begins."""
    return working_days_between(start, end) if start.year >= FIRST_YEAR else None


def is_open(start: date, end: date | None, on: date) -> bool:
    return start <= on and (end is None or end > on)


def id_order(identity: str | None) -> tuple[int, int, str]:
    """Case systems number upwards: the lower number was recorded first."""
    text = identity or ""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


# --- input ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extract:
    """Raw rows by table, the pseudonym of each child id, the register of standards, and how far back each table reaches."""

    as_at: date
    tables: dict[str, list[Row]] = field(repr=False)
    keys: dict[str, str] = field(repr=False)
    standards: list[Row] = field(default_factory=list, repr=False)
    covered_from: dict[str, date] = field(default_factory=dict)
    covered_to: dict[str, date] = field(default_factory=dict)
    interviews: list[Row] = field(default_factory=list, repr=False)
    list_7: list[Row] = field(
        default_factory=list, repr=False
    )  # Annex A tells of plans before the years of the dataset

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    @cached_property
    def kept_ids(self) -> dict[str, str]:
        """A former case number leads to the number that was kept in its place."""
        return {
            row["identifier_value"]: row["child_id"]
            for row in self.rows("linked_identifiers")
            if row["identifier_type"] == "former_case_number"
            and row["identifier_value"] not in (None, row["child_id"])
            and (row["valid_from_date"] is None or row["valid_from_date"] <= self.as_at)
        }

    def kept_id(self, child_id: str) -> str:
        seen = {child_id}
        while (following := self.kept_ids.get(child_id)) and following not in seen:
            child_id = following
            seen.add(child_id)
        return child_id

    def key(self, child_id: str) -> str:
        kept = self.kept_id(child_id)
        return self.keys.get(kept, kept)

    @cached_property
    def births(self) -> dict[str, date]:
        """Day of birth by the child's key, or the expected day while it lies ahead; once that has passed without a day of
        birth, nothing is known. The number that was kept has the last word."""
        found: dict[str, date] = {}
        people = sorted(self.rows("person"), key=lambda r: self.kept_id(r["child_id"]) == r["child_id"])
        for row in people:
            expected = row["expected_date_of_birth"]
            born = row["birth_date"] or (expected if expected and expected > self.as_at else None)
            if born is not None:
                found[self.key(row["child_id"])] = born
        return found

    def is_unborn(self, key: str, on: date) -> bool:
        """Not born on the day, or no day of birth recorded."""
        return self.births.get(key, FOREVER) > on

    def age(self, key: str, on: date) -> int | None:
        born = self.births.get(key)
        return None if born is None else years_old(born, on)

    def until(self, day: date | None) -> date | None:
        """A day that has come, else nothing."""
        return day if day is not None and day <= self.as_at else None

    def by_child(self, table: str, day: str) -> Iterator[tuple[str, list[Row]]]:
        """Rows that have happened, by child, in the order of their days."""
        found = defaultdict(list)
        for row in self.rows(table):
            if self.until(row[day]) is not None:
                found[self.key(row["child_id"])].append(row)
        for key, rows in found.items():
            yield key, sorted(rows, key=lambda r: r[day])

    def standard(self, code: str, on: date) -> tuple[int, str] | None:
        """Timescale and unit of the edition in force on the day."""
        for row in self.standards:
            if row["standard"] == code and row["valid_from"] <= on <= (row["valid_to"] or FOREVER):
                return row["timescale"], row["timescale_unit"]
        return None

    def due(self, code: str, start: date) -> date | None:
        """The day by which something is due: the edition in force when the clock starts, which is day 0."""
        found = self.standard(code, start)
        if found is None:
            return None
        length, unit = found
        if unit == "working_days":
            return add_working_days(start, length)
        return months_after(start, length) if unit == "months" else start + length * DAY

    def within(self, code: str, start: date, end: date, edition_on: date | None = None) -> bool | None:
        """Whether something came within its timescale. Working days are counted, so the weekend after the last one is in."""
        found = self.standard(code, edition_on or start)
        if found is None:
            return None
        length, unit = found
        if unit == "working_days":
            return working_days_between(start, end) <= length
        return end <= (months_after(start, length) if unit == "months" else start + length * DAY)

    def is_past(self, due: date, on: date, table: str) -> bool | None:
        """Whether what is not done is past its day; of a day that the table does not speak of nobody can tell."""
        if due >= on:
            return False
        return True if due <= self.covered_to.get(table, on) else None

    def is_late(self, code: str, start: date, on: date, table: str) -> bool | None:
        """The same by the timescale: on the day itself, or on the first one the table does not speak of."""
        if (by_then := self.within(code, start, on)) is None or by_then:
            return None if by_then is None else False
        return True if self.within(code, start, min(on, self.covered_to.get(table, on) + DAY)) is False else None

    def is_whole(self, table: str, since: date) -> bool:
        """Whether every row of a table since that day is held."""
        return self.covered_from.get(table, date.min) <= since


# --- front door and assessment ----------------------------------------------------------------------------------------


def referrals(x: Extract) -> list[Row]:
    """Every referral with the one before it. The 12 months are those before each referral's own day: the first day of the
    window is in it, its own day is not, so of two on one day neither is a re-referral of the other. What is recorded while
    an episode is open is no referral that another could follow; one without further action is over on its own day."""

    def over(r: Row) -> date | None:
        end = x.until(r["close_date"])
        return r["referral_date"] if end is None and r["referral_nfa"] == "yes" else end

    found = []
    for key, rows in x.by_child("cin_episodes", "referral_date"):
        inside = {
            id(row)
            for row in rows
            for r in rows
            if r["referral_date"] < row["referral_date"] and is_open(r["referral_date"], over(r), row["referral_date"])
        }
        for row in rows:
            day = row["referral_date"]
            window = months_after(day, -12)
            before = [r for r in rows if r["referral_date"] < day]
            previous = max((r["referral_date"] for r in before if id(r) not in inside), default=None)
            earlier = [
                r
                for r in rows
                if (r["referral_date"], id_order(r["referral_id"])) < (day, id_order(row["referral_id"]))
            ]
            closed = [end for r in earlier if (end := over(r)) is not None and end <= day]
            within = id(row) in inside
            again: bool | None = previous is not None and previous >= window
            if not again and not x.is_whole("cin_episodes", window):
                again = None  # an earlier one may have ended before the history begins
            found.append(
                {
                    "child_key": key, "referral_id": row["referral_id"], "referral_date": day,
                    "is_nfa": {"yes": True, "no": False}.get(row["referral_nfa"]),
                    "previous_referral_date": previous, "is_rereferral": again,
                    "close_date": x.until(row["close_date"]),
                    "close_reason": row["close_reason"] if x.until(row["close_date"]) else None,
                    "is_within_open_episode": within, "previous_close_date": None if within else max(closed, default=None),
                }
            )  # fmt: skip
    return found


def assessments(x: Extract) -> list[Row]:
    found = []
    for key, rows in x.by_child("cin_assessments", "assessment_start_date"):
        for row in rows:
            start, end = row["assessment_start_date"], x.until(row["authorisation_date"])
            due = x.due("assessment", start)
            if end is not None:
                in_time = x.within("assessment", start, end)
            else:  # not yet due is neither in time nor late
                in_time = False if x.is_late("assessment", start, x.as_at, "cin_assessments") else None
            found.append(
                {
                    "child_key": key, "assessment_id": row["assessment_id"], "start_date": start, "authorisation_date": end,
                    "working_days": None if end is None else working_days(start, end), "due_date": due,
                    "is_in_time": in_time, "is_unborn": x.is_unborn(key, end or x.as_at), "child_seen": row["child_seen"],
                    "is_nfa": {"yes": True, "no": False}.get(row["assessment_nfa"]) if end else None,
                }
            )  # fmt: skip
    return found


def open_assessments(x: Extract, months: Iterable[tuple[str, date]]) -> list[Row]:
    made = assessments(x)
    return [
        {
            "month": month, "reference_date": on, "child_key": row["child_key"], "assessment_id": row["assessment_id"],
            "start_date": row["start_date"], "working_days_open": working_days(row["start_date"], on),
            "is_overdue": x.is_late("assessment", row["start_date"], on, "cin_assessments"),
        }
        for month, on in months
        for row in made
        if is_open(row["start_date"], row["authorisation_date"], on)
    ]  # fmt: skip


# --- child protection -------------------------------------------------------------------------------------------------


def conferences(x: Extract) -> list[Row]:
    """Initial conferences held. The clock starts with the strategy discussion of the enquiry; a transfer in has none."""
    enquiries = {
        (row["s47_enquiry_id"], x.key(row["child_id"])): row["s47_start_date"]
        for row in x.rows("s47_enquiry")
        if x.until(row["s47_start_date"])
    }
    found = []
    for key, rows in x.by_child("initial_cp_conference", "icpc_date"):
        for row in rows:
            held, transfer = row["icpc_date"], row["icpc_transfer_in"] == "yes"
            start = None if transfer else enquiries.get((row["s47_enquiry_id"], key))
            found.append(
                {
                    "child_key": key, "icpc_id": row["icpc_id"], "icpc_date": held, "is_transfer_in": transfer,
                    "s47_enquiry_id": row["s47_enquiry_id"], "strategy_discussion_date": start,
                    "working_days": None if start is None else working_days(start, held),
                    "due_date": None if start is None else x.due("initial_conference", start),
                    "is_in_time": None if start is None else x.within("initial_conference", start, held),
                    "led_to_plan": {"yes": True, "no": False}.get(row["icpc_led_to_plan"]),
                }
            )  # fmt: skip
    return found


def enquiries(x: Extract) -> list[Row]:
    """Section 47 enquiries, one per enquiry and child, with the first conference held of each; a transfer in is of none."""
    first: dict[tuple[str, str], date] = {}
    for row in sorted(conferences(x), key=lambda r: r["icpc_date"]):
        if not row["is_transfer_in"]:
            first.setdefault((row["s47_enquiry_id"], row["child_key"]), row["icpc_date"])
    found = {}
    for key, rows in x.by_child("s47_enquiry", "s47_start_date"):
        for row in rows:  # the same enquiry under both numbers of a child is one
            start, held = row["s47_start_date"], first.get((row["s47_enquiry_id"], key))
            found.setdefault(
                (row["s47_enquiry_id"], key),
                {
                    "child_key": key, "s47_enquiry_id": row["s47_enquiry_id"], "strategy_discussion_date": start,
                    "icpc_date": held, "working_days_to_icpc": None if held is None else working_days(start, held),
                },
            )  # fmt: skip
    return list(found.values())


def plans(x: Extract) -> list[Row]:
    """Child protection plans. Of two that overlap the one that began first stays (on one day: the lower number); a plan that
    begins on the day another ends does not overlap it. An earlier plan is any earlier one, however long ago; a plan of
    another authority, for a child who lives here for a time, is that authority's to count: it is no earlier plan here, and
    what stood before it is not asked. The dataset reaches back some years only: where it holds no earlier plan and Annex A
    does not tell their number either, none is known to have been only of a child born since."""
    told: dict[tuple[str, date], int] = {}
    for row in sorted(x.list_7, key=lambda r: r["snapshot_date"]):
        if row["previous_cp_plans"] is not None and row["snapshot_date"] <= x.as_at:
            told[x.key(row["child_id"]), row["cp_plan_start_date"]] = row["previous_cp_plans"]
    found = []
    for key, rows in x.by_child("cp_plans", "cp_plan_start_date"):
        kept: list[Row] = []
        for row in sorted(rows, key=lambda r: (r["cp_plan_start_date"], id_order(r["cp_plan_id"]))):
            start, end = row["cp_plan_start_date"], x.until(row["cp_plan_end_date"])
            if any(k["end_date"] is None or start < k["end_date"] for k in kept):
                continue
            theirs = row["other_authority_plan"] == "yes"
            ours = [] if theirs else [k for k in kept if not k["is_other_authority_plan"]]
            numbers = [n for n in (len(ours), told.get((key, start))) if n is not None]
            count: int | None = max(numbers)
            since = min(x.births.get(key, date.min), start)  # an unborn child may have a plan
            if theirs or (numbers == [0] and not x.is_whole("cp_plans", since)):
                count = None
            kept.append(
                {
                    "child_key": key, "cp_plan_id": row["cp_plan_id"], "icpc_id": row["icpc_id"],
                    "start_date": start, "end_date": end, "is_other_authority_plan": theirs,
                    "previous_cp_plans": count, "is_second_or_subsequent": None if count is None else count > 0,
                    "previous_end_date": max((k["end_date"] for k in ours), default=None),
                    "days_on_plan": ((end or x.as_at) - start).days + 1,
                    "initial_category": row["initial_category"], "latest_category": row["latest_category"],
                }
            )  # fmt: skip
        found += kept
    return found


def _plan_of(kept: list[Row], plan_id: str | None, day: date) -> Row | None:
    """The plan whose days contain the day, its last day included; of two the one recorded, else the later."""
    running = [p for p in kept if p["start_date"] <= day <= (p["end_date"] or FOREVER)]
    recorded = [p for p in running if p["cp_plan_id"] == plan_id]
    return (recorded or running or [None])[-1]


def plan_visits(x: Extract) -> list[Row]:
    """Visits with their clock: the visit before under the same plan, else the first day of the plan. A visit at which the
    child was not seen was a visit; whether the child was seen is asked apart, and not of an unborn child."""
    kept = defaultdict(list)
    for plan in plans(x):
        kept[plan["child_key"]].append(plan)
    found = []
    for key, rows in x.by_child("cp_visits", "cp_visit_date"):
        last: dict[str, date] = {}
        for row in sorted(rows, key=lambda r: (r["cp_visit_date"], id_order(r["cp_visit_id"]))):
            day = row["cp_visit_date"]
            plan = _plan_of(kept[key], row["cp_plan_id"], day)
            plan_id = plan["cp_plan_id"] if plan else None
            previous = last.get(plan_id) if plan_id else None
            start = previous or (plan["start_date"] if plan else None)
            if plan and previous is None and not x.is_whole("cp_visits", plan["start_date"]):
                start = None  # earlier visits of this plan are not in the history
            if plan_id:
                last[plan_id] = day
            unborn = x.is_unborn(key, day)
            found.append(
                {
                    "child_key": key, "cp_visit_id": row["cp_visit_id"], "visit_date": day, "cp_plan_id": plan_id,
                    "previous_visit_date": previous, "clock_start": start,
                    "working_days": None if start is None else working_days(start, day),
                    "is_in_time": None if start is None else x.within("child_protection_visit", start, day),
                    "is_unborn": unborn,
                    "is_seen": None if unborn else {"yes": True, "no": False}.get(row["cp_visit_seen"]),
                    # who was not seen was not seen alone (CP-14 divides by all who had a visit)
                    "is_seen_alone": None
                    if unborn
                    else False
                    if row["cp_visit_seen"] == "no"
                    else {"yes": True, "no": False}.get(row["cp_visit_seen_alone"]),
                }
            )  # fmt: skip
    return found


def _conference_days(x: Extract) -> dict[str, date]:
    """The day of the conference that led to each plan, by whichever side names the other."""
    held = {r["icpc_id"]: r["icpc_date"] for r in x.rows("initial_cp_conference") if x.until(r["icpc_date"])}
    days = {r["cp_plan_id"]: held.get(r["icpc_id"]) for r in x.rows("cp_plans")}
    for row in x.rows("initial_cp_conference"):
        if row["cp_plan_id"] and row["icpc_id"] in held and days.get(row["cp_plan_id"]) is None:
            days[row["cp_plan_id"]] = held[row["icpc_id"]]
    return {plan: day for plan, day in days.items() if day}


def plan_reviews(x: Extract) -> list[Row]:
    """Reviews of each plan, held or not, with the day they were due by rule: 3 months after the initial conference (if none,
    the start of the plan), then 6 months after the review held before. Where the plan is older than the history of reviews
    the first one held is not known to be the first: its due day by rule is unknown."""
    known, first_day = defaultdict(list), _conference_days(x)
    kept = {p["cp_plan_id"]: p for p in plans(x)}
    by_child = defaultdict(list)
    for plan in kept.values():
        by_child[plan["child_key"]].append(plan)
    for row in x.rows("cp_reviews"):
        key = x.key(row["child_id"])
        # a conference is held of a plan, so the plan recorded has the word; of one that was left out the day tells
        day = row["cp_review_date"] or row["cp_review_due_date"] or FOREVER
        plan = kept.get(row["cp_plan_id"]) or _plan_of(by_child[key], None, day)
        if plan and plan["child_key"] == key:
            known[plan["cp_plan_id"]].append(row)
    found = []
    for plan_id, rows in known.items():
        plan = kept[plan_id]
        anchor: date | None = first_day.get(plan_id, plan["start_date"])
        code = "first_conference_review"
        whole = x.is_whole("cp_reviews", plan["start_date"])
        if not whole:
            anchor = None
        order = lambda r: (x.until(r["cp_review_date"]) or FOREVER, r["cp_review_due_date"] or FOREVER)  # noqa: E731
        for number, row in enumerate(sorted(rows, key=order), 1):
            held = x.until(row["cp_review_date"])
            due = None if anchor is None else x.due(code, anchor)
            # what was not held was missed if its day passed while the plan was open; else it is not yet (or never) due
            until = min(plan["end_date"] or FOREVER, x.as_at)
            late = due is not None and x.is_past(due, until, "cp_reviews")
            on_time = None if due is None else (held <= due if held else (False if late else None))
            found.append(
                {
                    "child_key": plan["child_key"], "cp_plan_id": plan_id, "cp_review_id": row["cp_review_id"],
                    "recorded_due_date": row["cp_review_due_date"], "due_date": due, "held_date": held,
                    "is_on_time": on_time, "number": number if whole else None, "plan_end": plan["end_date"],
                    "counted_from": anchor,
                }
            )  # fmt: skip
            if held:
                anchor, code = held, "next_conference_reviews"
    return found


def plans_at_month_ends(x: Extract, months: Iterable[tuple[str, date]]) -> list[Row]:
    """Children on a plan at each day with the last visit and review of that plan, and what of them is late."""
    visits, reviews, known, first_day = defaultdict(list), defaultdict(list), defaultdict(list), _conference_days(x)
    for visit in plan_visits(x):
        if visit["cp_plan_id"]:
            visits[visit["cp_plan_id"]].append(visit)
    for review in plan_reviews(x):
        known[review["cp_plan_id"]].append(review)
        if review["held_date"]:
            reviews[review["cp_plan_id"]].append(review["held_date"])
    made = plans(x)
    found = []
    for month, on in months:
        for plan in made:
            start, plan_id = plan["start_date"], plan["cp_plan_id"]
            if not is_open(start, plan["end_date"], on):
                continue
            seen = [v for v in visits[plan_id] if v["visit_date"] <= on]
            last = max((v["visit_date"] for v in seen), default=None)
            alone = {v["is_seen_alone"] for v in seen if v["visit_date"] == last}
            clock = last or (start if x.is_whole("cp_visits", start) else None)
            held = max((d for d in reviews[plan_id] if d <= on), default=None)
            if held:
                next_review = x.due("next_conference_reviews", held)
            else:
                whole = x.is_whole("cp_reviews", start)
                next_review = x.due("first_conference_review", first_day.get(plan_id, start)) if whole else None
            late = None if clock is None else x.is_late("child_protection_visit", clock, on, "cp_visits")
            done = [r for r in known[plan_id] if r["held_date"] and r["held_date"] <= on]
            overdue = x.is_past(next_review, on, "cp_reviews") if next_review else None
            whole = x.is_whole("cp_reviews", start)
            every: bool | None = all(r["is_on_time"] for r in done) if whole else None
            if every and overdue is None:
                every = None
            found.append(
                {
                    "month": month, "reference_date": on, "child_key": plan["child_key"], "cp_plan_id": plan_id,
                    "start_date": start, "days_on_plan": (on - start).days + 1,
                    "previous_cp_plans": plan["previous_cp_plans"], "last_statutory_visit_date": last,
                    "seen_alone": alone, "latest_review_date": held, "is_visit_overdue": late,
                    "next_review_due_date": next_review, "is_review_overdue": overdue, "reviews_held": len(done) if whole else None,
                    "has_every_review_on_time": False if overdue else every,
                    "latest_seen_date": max((v["visit_date"] for v in seen if v["is_seen"]), default=None),
                    "latest_seen_alone_date": max((v["visit_date"] for v in seen if v["is_seen_alone"]), default=None),
                    "is_unborn": x.is_unborn(plan["child_key"], on), "age": x.age(plan["child_key"], on),
                }
            )  # fmt: skip
    return found


# --- children looked after --------------------------------------------------------------------------------------------


def statuses(x: Extract) -> dict[str, list[tuple[date, date | None, str]]]:
    """Spells of the legal statuses that make a child looked after, by child."""
    found = defaultdict(list)
    for row in x.rows("legal_status"):
        if row["legal_status"] in CARE_STATUSES and x.until(row["legal_status_start_date"]):
            spell = (row["legal_status_start_date"], x.until(row["legal_status_end_date"]), row["legal_status"])
            found[x.key(row["child_id"])].append(spell)
    return {key: sorted(spells, key=lambda s: s[0]) for key, spells in found.items()}


def status_on(spells: list[tuple[date, date | None, str]], day: date) -> str | None:
    """The status that began last among those that cover the day; on the day of a change the new one."""
    covering = [s for s in spells if is_open(s[0], s[1], day)] or [s for s in spells if s[0] <= day and s[1] == day]
    return max(covering, key=lambda s: s[0])[2] if covering else None


def episodes(x: Extract) -> dict[str, list[Row]]:
    """Episodes by child, cut at the 18th birthday and where a later one begins, with the legal status on their first day."""
    spells = statuses(x)
    found = {}
    for key, rows in x.by_child("cla_episodes", "cla_episode_start_date"):
        born = x.births.get(key)
        adult = birthday(born, 18) if born else FOREVER
        clean = []
        for row in rows:
            start, end = row["cla_episode_start_date"], x.until(row["cla_episode_end_date"])
            if start >= adult:
                continue
            reason = row["cla_end_reason"] if end else None
            if adult <= x.as_at and (end is None or end > adult):
                end, reason = adult, None
            clean.append(
                {
                    "start": start, "end": end, "end_reason": reason, "legal_status": status_on(spells.get(key, []), start),
                    "start_reason": row["cla_start_reason"], "placement_id": row["cla_placement_id"],
                    "cla_id": row["cla_id"], "iro": x.until(row["last_iro_contact_date"]), "need": row["primary_need"],
                }
            )  # fmt: skip
        for earlier, later in zip(clean, clean[1:], strict=False):
            if later["start"] > earlier["start"] and (earlier["end"] is None or earlier["end"] > later["start"]):
                earlier["end"], earlier["end_reason"] = later["start"], None
        found[key] = clean
    return found


def periods(x: Extract) -> list[Row]:
    """Periods of care: episodes that follow within a day are one; short breaks stand apart and are none."""
    found = []
    for key, rows in episodes(x).items():
        run: list[Row] = []
        for row in [r for r in rows if r["legal_status"] not in SHORT_BREAKS] + [None]:
            if row and run and (any(r["end"] is None for r in run) or row["start"] <= max(r["end"] for r in run) + DAY):
                run.append(row)
                continue
            if run:
                last = max(run, key=lambda r: (r["end"] or FOREVER, r["start"]))
                found.append(
                    {
                        "child_key": key, "start_date": run[0]["start"], "end_date": last["end"],
                        "end_reason": last["end_reason"], "cla_ids": {r["cla_id"] for r in run}, "category_of_need": run[0]["need"],
                        "first_legal_status": run[0]["legal_status"], "age_at_start": x.age(key, run[0]["start"]),
                        "days_looked_after": ((last["end"] or x.as_at) - run[0]["start"]).days + 1,
                    }
                )  # fmt: skip
            run = [row] if row else []
    by_child = defaultdict(list)
    for period in sorted(found, key=lambda p: p["start_date"]):
        before = by_child[period["child_key"]]
        period["earlier_periods"] = len(before)
        window = months_after(period["start_date"], -12)
        told = bool(before) or x.is_whole("cla_episodes", window)
        period["is_within_12_months"] = (bool(before) and before[-1]["end_date"] >= window) if told else None
        before.append(period)
    return found


def placements(x: Extract) -> list[Row]:
    """Placements in order, each with the stay it belongs to: what changes its status only, with the same carer, goes on with
    the stay before it. Temporary placements, stays of less than 24 hours (begun and ended on one day) and short breaks are
    placements but not counted."""
    first_reason: dict[str, str] = {}
    for rows in episodes(x).values():
        for row in rows:
            first_reason.setdefault(row["placement_id"], row["start_reason"])
    spells, found = statuses(x), []
    for key, rows in x.by_child("cla_placement", "placement_start_date"):
        born = x.births.get(key)
        adult = birthday(born, 18) if born else FOREVER
        previous: Row | None = None
        for row in sorted(rows, key=lambda r: (r["placement_start_date"], id_order(r["cla_placement_id"]))):
            start, end = row["placement_start_date"], x.until(row["placement_end_date"])
            if start >= adult:
                continue
            if adult <= x.as_at and (end is None or end > adult):
                end = adult
            if (
                previous
                and start > previous["start_date"]
                and (not previous["end_date"] or previous["end_date"] > start)
            ):
                previous["end_date"] = start  # a child lives in one place: the next placement ends the one before
            kind = row["placement_type"]
            follows = previous is not None and previous["end_date"] is not None and start <= previous["end_date"] + DAY
            same_carer = follows and (
                previous["change_reason"] == "PLACE"
                or first_reason.get(row["cla_placement_id"]) in SAME_CARER_REASONS
                or (kind in ADOPTION_BY_CARER and (previous["placement_type"] or "").startswith("U"))
            )
            made = {
                "child_key": key, "cla_placement_id": row["cla_placement_id"], "start_date": start, "end_date": end,
                "placement_type": kind, "placement_provider": row["placement_provider"],
                "change_reason": row["placement_change_reason"] if end else None,
                "is_temporary": kind in TEMPORARY, "is_under_24_hours": start == end, "is_same_carer": same_carer,
                "is_short_break": status_on(spells.get(key, []), start) in SHORT_BREAKS,
                "stay_start": previous["stay_start"] if same_carer else start,
            }  # fmt: skip
            made["stay"] = previous["stay"] if same_carer else len(found)
            found.append(made)
            previous = made
    return _counted(found, periods(x))


def _counted(found: list[Row], care: list[Row]) -> list[Row]:
    """A stay counts once, by its first placement; it is a move unless it is the first of its period that counts."""
    begun: dict[str, list[date]] = defaultdict(list)
    groups, before = defaultdict(list), set()
    for period in care:
        begun[period["child_key"]].append(period["start_date"])
    for row in found:
        groups[row["stay"]].append(row)
    for rows in groups.values():
        first, ends = rows[0], [r["end_date"] for r in rows]
        end = None if None in ends else max(ends)
        left_out = first["start_date"] == end or all(r["is_temporary"] or r["is_short_break"] for r in rows)
        key = first["child_key"]
        period = (key, max((d for d in begun[key] if d <= first["start_date"]), default=None))
        for row in rows:
            counts = row is first and not left_out
            row |= {"stay_end": end, "is_counted": counts, "is_move": counts and period in before}
        if not left_out:
            before.add(period)
    return found


def stays(x: Extract) -> dict[str, list[Row]]:
    """Stays with one carer that count as placements, by child."""
    found = defaultdict(list)
    for row in placements(x):
        if row["is_counted"]:
            found[row["child_key"]].append({"start": row["start_date"], "end": row["stay_end"]})
    return found


def placements_in_12_months(counted: list[Row], on: date) -> int:
    """Stays that lie in the 12 months to the day, those open at either end included: of a year to 31 March, from 1 April."""
    first = months_after(on + DAY, -12)
    return sum(1 for s in counted if s["start"] <= on and (s["end"] is None or s["end"] >= first))


def looked_after(x: Extract, months: Iterable[tuple[str, date]]) -> list[Row]:
    """Children looked after at each day, with what is known of them on it."""
    spells, counted, made = statuses(x), stays(x), periods(x)
    by_child, health, missing = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in placements(x):
        by_child[row["child_key"]].append(row)
    for row in x.rows("cla_health"):
        if row["health_check_status"] == "completed" and x.until(row["health_check_date"]):
            kind = "dental" if row["health_check_type"] == "dental_check" else row["health_check_type"]
            kind = "health" if "health_assessment" in kind else kind
            health[x.key(row["child_id"]), kind].append(row["health_check_date"])
    for row in missing_episodes(x):  # from care: what happened before it was an absence from home
        if row["is_looked_after"]:
            missing[row["child_key"], row["kind"]].append(row["start"].date())
    visits, reviews = care_visits(x), care_reviews(x)
    visited, reviewed = defaultdict(list), defaultdict(list)
    for visit in visits:
        visited[visit["child_key"]].append(visit["visit_date"])
    first_stays = {row["stay"]: row for row in reversed([r for rows in by_child.values() for r in rows])}
    for review in reviews:
        if review["held_date"] and not review["is_cancelled"]:
            reviewed[review["child_key"], review["period_start"]].append(review["held_date"])
    found = []
    for month, on in months:
        year = months_after(on + DAY, -12)
        for period in made:
            if not is_open(period["start_date"], period["end_date"], on):
                continue
            key, start = period["child_key"], period["start_date"]
            current = [p for p in by_child[key] if is_open(p["start_date"], p["end_date"], on)]
            placement = max(current, key=lambda p: p["start_date"]) if current else None

            stay = first_stays[placement["stay"]] if placement else None
            since = stay["start_date"] if stay else None
            if stay and (placement["placement_type"] or "").startswith("A"):  # with adopters the home before counts too
                before = [r for r in by_child[key] if r["is_counted"] and r["start_date"] < since]
                if before and before[-1]["stay_end"] and before[-1]["stay_end"] >= since - DAY:
                    since = before[-1]["start_date"]
            long_term: bool | None = start <= months_after(on, -30)
            if long_term:
                long_term = x.age(key, on) < 16 if key in x.births else None
            due_visit = next_visit(x, [d for d in visited[key] if d <= on], stay["start_date"] if stay else None)
            clock = care_review_clock(x, start, [d for d in sorted(reviewed[key, start]) if d <= on])

            def latest(days: list[date], on: date = on, start: date = date.min) -> date | None:
                return max((d for d in days if start <= d <= on), default=None)

            def count_in(days: list[date], on: date = on, year: date = year, start: date = start) -> int | None:
                whole = x.is_whole("missing", max(year, start))  # before care nobody goes missing from it
                return sum(year <= d <= on for d in days) if whole else None

            found.append(
                {
                    "month": month, "reference_date": on, "child_key": key, "start_date": start,
                    "days_looked_after": (on - start).days + 1, "age": x.age(key, on),
                    "legal_status": status_on(spells.get(key, []), on),
                    "placement_start_date": placement["start_date"] if placement else None,
                    "stay_start_date": placement["stay_start"] if placement else None,
                    "placement_type": placement["placement_type"] if placement else None,
                    "placement_provider": placement["placement_provider"] if placement else None,
                    "is_long_term_looked_after": long_term,
                    "is_long_term_stable": since <= months_after(on, -24) if long_term and since else None,
                    "next_visit_due_date": due_visit, "is_visit_overdue": x.is_past(due_visit, on, "cla_visits") if due_visit else None,
                    "next_review_due_date": x.due(*clock) if clock else None,
                    "is_review_overdue": x.is_late(*clock, on, "cla_reviews") if clock else None,
                    "placements_last_12_months": placements_in_12_months(counted[key], on),
                    "latest_review_date": latest(reviewed[key, start]),
                    "last_social_work_visit_date": latest(visited[key], start=start),
                    "last_health_assessment_date": latest(health[key, "health"]),
                    "last_dental_check_date": latest(health[key, "dental"]),
                    "missing_episodes_last_12_months": count_in(missing[key, "missing"]),
                    "absent_episodes_last_12_months": count_in(missing[key, "absent"]),
                }
            )  # fmt: skip
    return found


def next_visit(x: Extract, made: list[date], moved_in: date | None) -> date | None:
    """The day by which the next visit is due, from the visits made and the day the child moved in with the carer."""
    last = max((d for d in made if moved_in and d >= moved_in), default=None)
    if last:
        return x.due("placement_visit", last)
    return x.due("first_placement_visit", moved_in) if moved_in and x.is_whole("cla_visits", moved_in) else None


def care_review_clock(x: Extract, start: date, held: list[date]) -> tuple[str, date] | None:
    """The standard of the next review and the day its clock starts, from the start of the period and the reviews held in it,
    in order; nothing where the period is older than the history of reviews and it cannot be told which one is next."""
    first_due = x.due("first_care_review", start)
    later = bool(held) and not (first_due and x.is_whole("cla_reviews", first_due))
    if not (x.is_whole("cla_reviews", start) or len(held) > 1 or later):
        return None
    code = ("first_care_review", "second_care_review", "next_care_reviews")[2 if later else min(len(held), 2)]
    return code, (held[-1] if held else start)


def care_visits(x: Extract) -> list[Row]:
    """Visits with their clock, which begins anew when the child moves to another carer (regulation 28): the first within the
    time of a first visit, then so long after the visit before. A change of status with the same carer moves nobody."""
    by_child = defaultdict(list)
    for row in placements(x):
        if not row["is_short_break"]:
            by_child[row["child_key"]].append(row)
    found = []
    for key, rows in x.by_child("cla_visits", "cla_visit_date"):
        before: list[date] = []
        for row in sorted(rows, key=lambda r: (r["cla_visit_date"], id_order(r["cla_visit_id"]))):
            day = row["cla_visit_date"]
            running = [p for p in by_child[key] if p["start_date"] <= day <= (p["end_date"] or FOREVER)]
            placement = max(running, key=lambda p: p["start_date"]) if running else None
            if placement is None:
                continue  # no visit to a child looked after
            start = placement["stay_start"]
            previous = max((d for d in before if d >= start), default=None)
            code = "placement_visit" if previous else "first_placement_visit"
            clock = previous or start
            # earlier visits of the stay may lie before the history: then this one is not known to be the first
            known = clock is not None and (previous is not None or x.is_whole("cla_visits", clock))
            unborn = x.is_unborn(key, day)
            found.append(
                {
                    "child_key": key, "cla_visit_id": row["cla_visit_id"], "visit_date": day, "placement_start_date": start,
                    "previous_visit_date": previous, "clock_start": clock,
                    "due_date": x.due(code, clock) if clock and known else None,
                    "is_in_time": x.within(code, clock, day) if clock and known else None,
                    "is_seen": None if unborn else {"yes": True, "no": False}.get(row["cla_visit_seen"]),
                }
            )  # fmt: skip
            before.append(day)
    return found


def care_reviews(x: Extract) -> list[Row]:
    """Reviews of each period of care with the day they were due by rule: 20 working days after its start, 3 months after the
    first review, then 6 months after the review before. A cancelled review was not held. Where the period is older than the
    history of reviews, it is unknown which review the first one held is, and when it was due; but it is not the first if that
    was due before the history, so that the next one follows within 6 months; and so does the one after the next anyhow."""
    owners, grouped = defaultdict(list), defaultdict(list)
    for period in periods(x):
        for cla_id in period["cla_ids"]:
            owners[cla_id].append(period)
    for row in x.rows("cla_reviews"):
        day = row["cla_review_date"] or row["cla_review_due_date"] or FOREVER
        begun = [p for p in owners[row["cla_id"]] if p["start_date"] <= day]  # one number may stand for two periods
        if begun:
            grouped[begun[-1]["child_key"], begun[-1]["start_date"], begun[-1]["end_date"]].append(row)
    found = []
    for (key, start, end), rows in grouped.items():
        whole = x.is_whole("cla_reviews", start)
        held_before: list[date] = []
        order = lambda r: (x.until(r["cla_review_date"]) or FOREVER, r["cla_review_due_date"] or FOREVER)  # noqa: E731
        for row in sorted(rows, key=order):
            cancelled = row["cla_review_cancelled"] == "yes"
            held = None if cancelled else x.until(row["cla_review_date"])
            clock = care_review_clock(x, start, held_before)
            due = x.due(*clock) if clock else None
            if held:
                on_time = x.within(*clock, held) if clock else None
            else:  # not yet, or never, due is neither
                on_time = False if clock and x.is_late(*clock, min(end or FOREVER, x.as_at), "cla_reviews") else None
            found.append(
                {
                    "child_key": key, "cla_review_id": row["cla_review_id"], "period_start": start,
                    "recorded_due_date": row["cla_review_due_date"], "due_date": due, "held_date": held,
                    "is_cancelled": cancelled, "is_on_time": None if cancelled else on_time,
                    "number": len(held_before) + 1 if whole else None,
                }
            )  # fmt: skip
            if held:
                held_before.append(held)
    return found


def sdq_band(score: int | None) -> str | None:
    return None if score is None else ("normal", "borderline", "concern")[bisect_right([13.5, 16.5], score)]


def sdq_scores(x: Extract) -> list[Row]:
    return [
        {
            "child_key": key, "sdq_id": row["sdq_id"], "sdq_date": row["sdq_completed_date"], "score": row["sdq_score"],
            "band": sdq_band(row["sdq_score"]), "reason": row["sdq_reason"],
        }
        for key, rows in x.by_child("sdq_scores", "sdq_completed_date")
        for row in rows
    ]  # fmt: skip


def health_checks(x: Extract) -> list[Row]:
    """Checks with whether they took place: refused, cancelled and planned ones did not."""
    return [
        {
            "child_key": x.key(row["child_id"]), "health_check_id": row["health_check_id"],
            "check_type": row["health_check_type"], "check_date": row["health_check_date"],
            "is_done": row["health_check_status"] == "completed", "is_planned": row["health_check_status"] == "planned",
        }
        for row in x.rows("cla_health")
        if x.until(row["health_check_date"])
    ]  # fmt: skip


# --- children in need -------------------------------------------------------------------------------------------------


def need_episodes(x: Extract) -> list[Row]:
    """Episodes of need that were opened: every referral that did not end in no further action, until its case closed."""
    return [row for row in referrals(x) if row["is_nfa"] is not True]


def in_need(x: Extract, months: list[tuple[str, date]], leavers: list[Row]) -> list[Row]:
    """Children with an open episode of need at each day, once each, with the highest status they have on it. List 6 knows no
    status for what is open without a plan but that of an open assessment; it leaves care leavers out, who have none. Where
    nobody at all is shown on a day in one of these, it was not delivered for it: who belongs there is not known, nor is what
    hangs on it."""
    month_list = list(months)
    care = {(r["month"], r["child_key"]) for r in looked_after(x, month_list)}
    protected = {(r["month"], r["child_key"]) for r in plans_at_month_ends(x, month_list)}
    assessed = {(r["month"], r["child_key"]) for r in open_assessments(x, month_list)}
    left = {(r["month"], r["child_key"]) for r in leavers}
    held_in = [{month for month, _ in kind} for kind in (care, protected, left)]
    need_plans = defaultdict(list)
    for key, rows in x.by_child("cin_plans", "cin_plan_start_date"):
        need_plans[key] = [(r["cin_plan_start_date"], x.until(r["cin_plan_end_date"])) for r in rows]
    visited, held = defaultdict(list), holders(x)
    for key, rows in x.by_child("cin_visits", "cin_visit_date"):
        visited[key] = [r["cin_visit_date"] for r in rows]
    made, found = need_episodes(x), []
    for month, on in month_list:
        children = defaultdict(list)
        for row in made:
            if is_open(row["referral_date"], row["close_date"], on):
                children[row["child_key"]].append(row["referral_date"])
        for key, starts in children.items():
            at = (month, key)
            running = max((spell[0] for spell in need_plans[key] if is_open(*spell, on)), default=None)
            planned = running is not None
            is_in = [
                at in kind if month in held else None
                for kind, held in zip((care, protected, left), held_in, strict=True)
            ]
            cared_for, on_cp, leaver = is_in
            on_need_plan = False if not planned or any(is_in) else None if None in is_in else True
            status = (
                "looked_after" if cared_for else None if cared_for is None
                else "child_protection" if on_cp else None if on_cp is None
                else "child_in_need_plan" if planned
                else "open_assessment" if at in assessed or leaver is False else None
            )  # fmt: skip
            found.append(
                {
                    "month": month, "reference_date": on, "child_key": key, "starts": set(starts), "case_status": status,
                    "is_on_cp_plan": on_cp, "is_looked_after": cared_for, "is_care_leaver": leaver,
                    "is_child_in_need_plan": on_need_plan, "has_open_assessment": at in assessed,
                    **_need_plan(x, on, running if on_need_plan else None, visited[key]),
                    "is_allocated": holder(held.get(key, []), on) is not None,
                    "is_unborn": x.is_unborn(key, on), "age": x.age(key, on),
                }
            )  # fmt: skip
    return found


def need_plans(x: Extract) -> list[Row]:
    """Child in need plans, with whether protection followed within 12 months, once those have passed."""
    protected = defaultdict(list)
    for plan in plans(x):
        if not plan["is_other_authority_plan"]:
            protected[plan["child_key"]].append(plan["start_date"])
    found = []
    for key, rows in x.by_child("cin_plans", "cin_plan_start_date"):
        for row in rows:
            start = row["cin_plan_start_date"]
            following = min((d for d in protected[key] if d > start), default=None)
            year = months_after(start, 12)
            elapsed = year <= min(x.as_at, x.covered_to.get("cp_plans", x.as_at))
            stepped = following is not None and following <= year if elapsed else None
            found.append(
                {
                    "child_key": key, "start_date": start, "end_date": x.until(row["cin_plan_end_date"]),
                    "next_cp_plan_start_date": following, "has_cp_plan_within_12_months": stepped,
                    "is_unborn_at_start": x.is_unborn(key, start),
                }
            )  # fmt: skip
    return found


def _need_plan(x: Extract, on: date, start: date | None, visited: list[date]) -> Row:
    """The visits of a child in need plan as they stand on a day."""
    last = max((d for d in visited if start and start <= d <= on), default=None)
    clock = last or (start if start and x.is_whole("cin_visits", start) else None)
    late = x.is_late("child_in_need_visit", clock, on, "cin_visits") if clock else None
    return {
        "cin_plan_start_date": start, "last_visit_date": last,
        "is_visit_overdue": late,
    }  # fmt: skip


def need_visits(x: Extract) -> list[Row]:
    """Visits to children in need: under the plan running on the day the clock is the visit before or the plan's first day."""
    spells = {
        key: [(r["cin_plan_start_date"], x.until(r["cin_plan_end_date"])) for r in rows]
        for key, rows in x.by_child("cin_plans", "cin_plan_start_date")
    }
    found = []
    for key, rows in x.by_child("cin_visits", "cin_visit_date"):
        before: list[date] = []
        for row in sorted(rows, key=lambda r: (r["cin_visit_date"], id_order(r["cin_visit_id"]))):
            day = row["cin_visit_date"]
            running = [s for s, e in spells.get(key, []) if s <= day <= (e or FOREVER)]
            start = max(running, default=None)
            previous = max((d for d in before if start and d >= start), default=None)
            clock = previous or (start if start and x.is_whole("cin_visits", start) else None)
            found.append(
                {
                    "child_key": key, "cin_visit_id": row["cin_visit_id"], "visit_date": day, "plan_start_date": start,
                    "previous_visit_date": previous, "clock_start": clock,
                    "working_days": working_days(clock, day) if clock else None,
                    "is_in_time": x.within("child_in_need_visit", clock, day) if clock else None,
                }
            )  # fmt: skip
            before.append(day)
    return found


# --- missing, care leavers --------------------------------------------------------------------------------------------


def _hours(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds() / 3600


def missing_episodes(x: Extract) -> list[Row]:
    """Absences, in clock hours as written. Reports of one child that overlap tell of one absence, missing if any says so; one
    that another follows is over, even where its end is not recorded; else it goes on until an end by the as-at date."""
    reports = defaultdict(list)
    for row in x.rows("missing"):
        start, end = row["missing_start_at"], row["missing_end_at"]
        if start.date() <= x.as_at:
            end = end if end and end.date() <= x.as_at else None
            reports[x.key(row["child_id"])].append((start, end, row["missing_type"]))
    care, found = defaultdict(list), []
    for period in periods(x):
        care[period["child_key"]].append((period["start_date"], period["end_date"]))
    for key, told in reports.items():
        runs: list[list[Any]] = []
        for start, end, kind in sorted(told, key=lambda r: r[0]):
            if runs and (start == runs[-1][0] or (runs[-1][1] and start < runs[-1][1])):
                runs[-1][1] = max(runs[-1][1], end) if runs[-1][1] and end else None
                runs[-1][2].add(kind)
            else:
                runs.append([start, end, {kind}])
        for start, end, kinds in runs:
            found.append(
                {
                    "child_key": key, "start": start, "end": end, "hours": _hours(start, end),
                    "kind": "missing" if "missing" in kinds else min(filter(None, kinds), default=None),
                    "is_looked_after": any(is_open(*spell, start.date()) for spell in care[key]),
                }
            )  # fmt: skip
    for row in found:
        day = row["start"].date()
        alike = [r["start"] for r in found if r["child_key"] == row["child_key"] and r["kind"] == row["kind"]]
        until_now = [at.date() for at in alike if at <= row["start"]]
        row["last_12_months"] = sum(months_after(day + DAY, -12) <= d for d in until_now)
        row["last_90_days"] = sum(day - 89 * DAY <= d for d in until_now)
    return found


def return_interviews(x: Extract) -> list[Row]:
    """Interviews after a return: within 72 clock hours where both times are known; where only days are, within three days."""
    found = []
    for row in x.interviews:
        if not x.until(row["returned_date"]):
            continue
        held = x.until(row["held_date"])
        hours = _hours(row["returned_at"], row["held_at"]) if held else None
        days = (held - row["returned_date"]).days if held else None
        before = days is not None and (days < 0 or (hours is not None and hours < 0))  # no interview of this return
        found.append(
            {
                "child_key": x.key(row["child_id"]), "interview_id": row["interview_id"], "returned_date": row["returned_date"],
                "held_date": None if before else held, "hours": None if before else hours, "days": None if before else days,
                "is_in_time": None if held is None or before else (days <= 3 if hours is None else hours <= 72),
            }
        )  # fmt: skip
    return found


def care_leavers(x: Extract) -> list[Row]:
    """Care leavers of each monthly snapshot, which shows the position of its last day; of two rows of a child one."""
    found: dict[tuple[str, str], Row] = {}
    for row in sorted(x.rows("care_leavers"), key=lambda r: (r["snapshot_date"], id_order(r["care_leaver_id"]))):
        if row["snapshot_date"] <= x.as_at:
            month, key = row["snapshot_date"].strftime("%Y-%m"), x.key(row["child_id"])
            made = {k: row[k] for k in ("eligibility", "in_touch", "accommodation_type", "accommodation_suitability")}
            made |= {k: row[k] for k in ("activity_status", "latest_contact_date", "pathway_plan_review_date")}
            on = row["snapshot_date"]
            found[month, key] = made | {"month": month, "reference_date": on, "child_key": key, "age": x.age(key, on)}
    return list(found.values())


# --- workers ----------------------------------------------------------------------------------------------------------


def holders(x: Extract) -> dict[str, list[tuple[date, date, str | None]]]:
    """Spells of case holders by child, in order: first day, last day, worker. A child is held by one: of those running on a
    day by who took the case last, so that it goes back when a stand-in ends. The end of an involvement is its last day
    (contract), unlike the end of a plan. A spell without a worker is held by nobody."""
    found: dict[str, list[tuple[date, date, str | None]]] = {}
    for key, rows in x.by_child("involvements", "involvement_start_date"):
        spells = [
            (
                r["involvement_start_date"],
                x.until(r["involvement_end_date"]) or FOREVER,
                id_order(r["involvement_id"]),
                r["worker_id"],
            )
            for r in rows
            if r["role_code"] == CASE_HOLDER
        ]
        turns = sorted({s[0] for s in spells} | {s[1] + DAY for s in spells if s[1] != FOREVER})
        found[key] = [
            (first, last, max(running)[3])
            for first, last in zip(turns, [t - DAY for t in turns[1:]] + [FOREVER], strict=True)
            if (running := [s for s in spells if s[0] <= first <= s[1]])
        ]
    return found


def holder(spells: list[tuple[date, date, str | None]], on: date) -> str | None:
    return next((worker for start, last, worker in spells if start <= on <= last), None)


def caseload(x: Extract, on: date) -> dict[str, int]:
    """Children held by each worker on a day."""
    found: dict[str, int] = defaultdict(int)
    for spells in holders(x).values():
        if worker := holder(spells, on):
            found[worker] += 1
    return dict(found)


def involvements(x: Extract) -> list[Row]:
    """Involvements; of case holders with the days on which nobody held the case before: those since the last day of the
    holder before, or since the referral of the episode if that came later."""
    referred = {r["referral_id"]: r["referral_date"] for r in x.rows("cin_episodes") if x.until(r["referral_date"])}
    found = []
    for key, rows in x.by_child("involvements", "involvement_start_date"):
        reach: date | None = None
        for row in sorted(rows, key=lambda r: (r["involvement_start_date"], id_order(r["involvement_id"]))):
            start, end = row["involvement_start_date"], x.until(row["involvement_end_date"])
            holds = row["role_code"] == CASE_HOLDER
            since = [d for d in (reach, referred.get(row["referral_id"])) if d is not None]
            found.append(
                {
                    "child_key": key, "involvement_id": row["involvement_id"], "start_date": start, "end_date": end,
                    "worker_id": row["worker_id"], "is_case_holder": holds,
                    "days_unallocated_before": max((start - max(since)).days, 0) if holds and since else None,
                }
            )  # fmt: skip
            if holds:
                reach = max(reach or date.min, end + DAY if end else FOREVER)
    return found
