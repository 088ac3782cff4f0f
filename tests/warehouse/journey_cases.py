"""Children made by hand whose records are awkward in the ways real ones are, which the demo authority's never are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date, datetime
from itertools import count
from typing import Any

from expectations.contracts import load_contracts
from tests.warehouse.journey_oracle import TABLES, Extract, Row

INTERVIEWS = "return_interviews"
STANDARDS: list[Row] = [
    {"standard": code, "timescale": length, "timescale_unit": unit, "valid_from": date(*first), "valid_to": last}
    for code, length, unit, first, last in [
        ("assessment", 45, "working_days", (2018, 7, 4), None),
        ("initial_conference", 15, "working_days", (2018, 7, 4), None),
        ("child_protection_visit", 20, "working_days", (2019, 4, 1), date(2022, 3, 31)),
        ("child_protection_visit", 10, "working_days", (2022, 4, 1), None),
        ("first_conference_review", 3, "months", (2018, 7, 4), None),
        ("next_conference_reviews", 6, "months", (2018, 7, 4), None),
        ("child_in_need_visit", 20, "working_days", (2019, 4, 1), None),
        ("first_care_review", 20, "working_days", (2011, 4, 1), None),
        ("second_care_review", 3, "months", (2011, 4, 1), None),
        ("next_care_reviews", 6, "months", (2011, 4, 1), None),
        ("first_placement_visit", 7, "calendar_days", (2011, 4, 1), None),
        ("placement_visit", 42, "calendar_days", (2011, 4, 1), None),
    ]
]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Cases:
    """Rows of the dataset, one small call each; to reckon with, or to write into a warehouse's schema raw."""

    def __init__(self, workers: tuple[str, str, str] = ("W1", "W2", "W3"), team: str = "3") -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.workers, self.team = workers, team
        self.children = count(9_900_001)
        self.numbers = count(50_000_001)

    def number(self) -> str:
        return str(next(self.numbers))

    def put(self, table: str, **cells: Any) -> None:
        self.rows[table].append(cells)

    @property
    def held_by(self) -> Row:
        return {"worker_id": self.workers[0], "team_id": self.team}

    # --- a child ---

    def child(self, born: str | None = "2015-03-02", expected: str | None = None) -> str:
        child = str(next(self.children))
        self.put("person", child_id=child, birth_date=_day(born), expected_date_of_birth=_day(expected), is_mother="no")
        return child

    def merge(self, kept: str, former: str, known_from: str = "2024-01-01") -> None:
        self.put(
            "linked_identifiers", linked_identifier_id=self.number(), child_id=kept, identifier_value=former,
            identifier_type="former_case_number", valid_from_date=_day(known_from),
        )  # fmt: skip

    # --- front door, assessment, need ---

    def referral(self, child: str, day: str, end: str | None = None, nfa: str = "no", reason: str = "RC7") -> str:
        number = self.number()
        self.put(
            "cin_episodes", referral_id=number, child_id=child, referral_date=_day(day), primary_need="N1",
            referral_nfa=nfa, close_date=_day(end), close_reason=reason if end else None, **self.held_by,
        )  # fmt: skip
        return number

    def assessment(self, child: str, day: str, authorised: str | None = None, seen: str = "yes") -> None:
        self.put(
            "cin_assessments", assessment_id=self.number(), child_id=child, assessment_start_date=_day(day),
            authorisation_date=_day(authorised), child_seen=seen, assessment_nfa="no" if authorised else None, **self.held_by,
        )  # fmt: skip

    def need_plan(self, child: str, day: str, end: str | None = None) -> None:
        days = {"cin_plan_start_date": _day(day), "cin_plan_end_date": _day(end)}
        self.put("cin_plans", cin_plan_id=self.number(), child_id=child, **days, **self.held_by)

    def need_visits(self, child: str, *days: str) -> None:
        for day in days:
            self.put(
                "cin_visits", cin_visit_id=self.number(), child_id=child, cin_visit_date=_day(day), cin_visit_seen="yes"
            )

    def involvement(
        self, child: str, day: str, end: str | None, worker: int | None, referral: str | None = None, role: str = "CW"
    ) -> None:
        self.put(
            "involvements", involvement_id=self.number(), child_id=child, involvement_start_date=_day(day),
            involvement_end_date=_day(end), worker_id=None if worker is None else self.workers[worker], role_code=role,
            team_id=self.team, referral_id=referral,
        )  # fmt: skip

    # --- child protection ---

    def enquiry(self, child: str, day: str, number: str | None = None) -> str:
        number = number or self.number()
        self.put("s47_enquiry", s47_enquiry_id=number, child_id=child, s47_start_date=_day(day), **self.held_by)
        return number

    def conference(
        self, child: str, day: str, enquiry: str | None, plan: str | None = None, transfer: str = "no", led: str = "yes"
    ) -> None:
        self.put(
            "initial_cp_conference", icpc_id=self.number(), child_id=child, icpc_date=_day(day), s47_enquiry_id=enquiry,
            cp_plan_id=plan, icpc_transfer_in=transfer, icpc_led_to_plan=led, **self.held_by,
        )  # fmt: skip

    def plan(
        self, child: str, day: str, end: str | None = None, number: str | None = None, other_authority: str = "no"
    ) -> str:
        number = number or self.number()
        self.put(
            "cp_plans", cp_plan_id=number, child_id=child, cp_plan_start_date=_day(day), cp_plan_end_date=_day(end),
            initial_category="neglect", latest_category="neglect", other_authority_plan=other_authority,
        )  # fmt: skip
        return number

    def plan_visit(
        self, child: str, day: str, plan: str | None = None, seen: str = "yes", alone: str | None = "yes"
    ) -> None:
        self.put(
            "cp_visits", cp_visit_id=self.number(), child_id=child, cp_plan_id=plan, cp_visit_date=_day(day),
            cp_visit_seen=seen, cp_visit_seen_alone=alone,
        )  # fmt: skip

    def plan_review(self, child: str, plan: str, due: str, held: str | None = None) -> None:
        days = {"cp_review_due_date": _day(due), "cp_review_date": _day(held)}
        self.put("cp_reviews", cp_review_id=self.number(), child_id=child, cp_plan_id=plan, **days)

    # --- looked after ---

    def legal_status(self, child: str, status: str, day: str, end: str | None = None) -> None:
        days = {"legal_status_start_date": _day(day), "legal_status_end_date": _day(end)}
        self.put("legal_status", legal_status_id=self.number(), child_id=child, legal_status=status, **days)

    def placement(
        self, child: str, care: str, day: str, end: str | None, kind: str = "U6", why: str | None = None
    ) -> str:
        number = self.number()
        self.put(
            "cla_placement", cla_placement_id=number, child_id=child, cla_id=care, placement_start_date=_day(day),
            placement_end_date=_day(end), placement_type=kind, placement_change_reason=why if end else None,
            placement_provider=None if kind.startswith("T") else "PR1",
        )  # fmt: skip
        return number

    def episode(
        self, child: str, care: str, placement: str, day: str, end: str | None, began: str = "S", ended: str = "X1"
    ) -> None:
        self.put(
            "cla_episodes", cla_episode_id=self.number(), child_id=child, cla_id=care, cla_placement_id=placement,
            cla_episode_start_date=_day(day), cla_episode_end_date=_day(end), cla_start_reason=began,
            cla_end_reason=ended if end else None, primary_need="N1",
        )  # fmt: skip

    def care(self, child: str, *stays: tuple[str | None, ...], status: str = "C2", number: str | None = None) -> str:
        """A period of care under one legal status: stays of (start, end, placement type, why it changed, how it began)."""
        number = number or self.number()
        self.legal_status(child, status, stays[0][0] or "", stays[-1][1])
        for place, (day, end, *rest) in enumerate(stays):
            kind, why, began = (*rest, *("U6", None, "S" if place == 0 else "P")[len(rest) :])
            placement = self.placement(child, number, day or "", end, kind or "U6", why)
            ended = "X1" if place < len(stays) - 1 else "E4A"
            self.episode(child, number, placement, day or "", end, began or "P", ended)
        return number

    def care_visits(self, child: str, care: str, *days: str) -> None:
        for day in days:
            self.put(
                "cla_visits", cla_visit_id=self.number(), child_id=child, cla_id=care, cla_visit_date=_day(day),
                cla_visit_seen="yes", cla_visit_seen_alone="yes",
            )  # fmt: skip

    def care_review(self, care: str, due: str, held: str | None = None, cancelled: str = "no") -> None:
        days = {"cla_review_due_date": _day(due), "cla_review_date": _day(held)}
        self.put("cla_reviews", cla_review_id=self.number(), cla_id=care, cla_review_cancelled=cancelled, **days)

    def health_check(self, child: str, kind: str, day: str, status: str = "completed") -> None:
        said = {"health_check_type": kind, "health_check_date": _day(day), "health_check_status": status}
        self.put("cla_health", health_check_id=self.number(), child_id=child, **said)

    def sdq(self, child: str, day: str, score: int | None, reason: str | None = None) -> None:
        said = {"sdq_completed_date": _day(day), "sdq_score": score, "sdq_reason": reason}
        self.put("sdq_scores", sdq_id=self.number(), child_id=child, **said)

    # --- missing, care leavers ---

    def missing(self, child: str, start: str, end: str | None = None, kind: str = "missing") -> str:
        number = self.number()
        self.put(
            "missing", missing_episode_id=number, child_id=child, missing_start_at=_time(start), missing_end_at=_time(end),
            missing_type=kind, return_interview_offered="yes", return_interview_accepted="yes",
        )  # fmt: skip
        return number

    def interview(self, child: str, returned: str, held: str | None) -> None:
        """Days or times: `2025-03-02` or `2025-03-02T10:00`."""
        self.put(
            INTERVIEWS, interview_id=self.number(), child_id=child, returned_date=_day(returned[:10]),
            returned_at=_time(returned) if "T" in returned else None, held_date=_day(held[:10]) if held else None,
            held_at=_time(held) if held and "T" in held else None, offered="yes", accepted="yes",
        )  # fmt: skip

    def care_leaver(self, child: str, in_touch: str) -> None:
        self.put(
            "care_leavers", care_leaver_id=self.number(), child_id=child, eligibility="former_relevant", in_touch=in_touch,
            accommodation_type="U", accommodation_suitability="suitable", activity_status="F2",
        )  # fmt: skip

    # --- what becomes of them ---

    def extract(self, as_at: date, covered_from: dict[str, date] | None = None) -> Extract:
        """The rows as the reckoning reads them; a child's key is its kept number."""
        tables = load_contracts().sources["ssd"].tables
        blank = {table: dict.fromkeys(column.name for column in tables[table].columns) for table in TABLES}
        rows = {table: [blank[table] | {"snapshot_date": as_at} | row for row in self.rows[table]] for table in TABLES}
        return Extract(as_at, rows, {}, STANDARDS, covered_from or {}, {}, self.rows[INTERVIEWS])

    def write(self, connection: Any) -> None:
        """Add the rows to the latest dump of each table in schema raw, whose views become tables."""
        for table, rows in self.rows.items():
            name = f"{INTERVIEWS}__{table}" if table == INTERVIEWS else f"ssd__{table}"
            connection.execute(f"create table raw.made as select * from raw.{name}")
            connection.execute(f"drop view raw.{name}")
            connection.execute(f"alter table raw.made rename to {name}")
            where = connection.execute(
                f"select load_id, period, snapshot_date, max(row_number) from raw.{name} group by all order by 3 desc limit 1"
            ).fetchone()
            for place, row in enumerate(rows, 1):
                load_id, period, snapshot, last = where
                row = row | {
                    "load_id": load_id,
                    "period": period,
                    "snapshot_date": snapshot,
                    "row_number": last + place,
                }
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into raw.{name} ({', '.join(row)}) values ({marks})", list(row.values()))
        for row in self.rows["person"]:
            child = row["child_id"]
            connection.execute(
                "insert into raw.child_keys values (?, ?)", [child, hashlib.md5(child.encode()).hexdigest()]
            )


def awkward(cases: Cases) -> Cases:
    """Every awkward case; the as-at date is 10 November 2025 and the latest dump that of 31 October."""
    for add in (
        _front_door,
        _enquiries,
        _plans,
        _plan_clocks,
        _care,
        _placements,
        _care_clocks,
        _need,
        _missing,
        _workers,
    ):
        add(cases)
    return cases


def _merged(cases: Cases, **about: Any) -> tuple[str, str]:
    kept, former = cases.child(**about), cases.child(**about)
    cases.merge(kept, former)
    return kept, former


def _front_door(c: Cases) -> None:
    one_day = c.child()
    c.referral(one_day, "2024-06-03", "2024-06-03", nfa="yes", reason="RC9")
    c.referral(one_day, "2024-06-03", "2024-07-01")
    c.referral(one_day, "2025-06-03")  # the first day of its window holds both
    before_window = c.child()
    c.referral(before_window, "2023-06-02", "2023-07-01")
    c.referral(before_window, "2024-06-03", "2024-08-01")
    for first in ("2023-02-28", "2023-02-27"):  # the window of 29 February begins on 28 February
        leap = c.child()
        c.referral(leap, first, "2023-03-10")
        c.referral(leap, "2024-02-29", "2024-04-01")
        c.referral(leap, "2025-02-28")
    kept, former = _merged(c)
    c.referral(former, "2024-09-02", "2024-10-01")
    c.referral(kept, "2025-02-03", "2025-12-01")  # closes after the as-at date
    chain, link = _merged(c)
    oldest = c.child()
    c.merge(link, oldest)
    c.referral(oldest, "2024-09-02", "2024-10-01")
    c.referral(chain, "2025-02-03")
    not_yet, other = c.child(), c.child()
    c.merge(not_yet, other, "2025-11-11")  # known to be one child only after the as-at date
    c.referral(not_yet, "2025-02-03")
    c.referral(other, "2025-03-03")
    within = c.child()
    c.referral(within, "2024-09-02", "2025-02-03")
    c.referral(within, "2024-12-02", "2024-12-20")
    c.referral(within, "2025-02-03")
    c.referral(within, "2025-11-12")  # not yet made
    c.referral(c.child(), "2025-09-02", nfa="yes")
    late = c.child()
    c.referral(late, "2025-01-03")
    c.assessment(late, "2025-01-03", "2025-03-08")  # the Saturday after working day 45
    c.assessment(late, "2025-08-20", "2025-11-15")
    c.assessment(late, "2025-09-05")
    c.assessment(late, "2025-09-08")
    unborn = c.child(born="2025-06-11")
    c.referral(unborn, "2025-04-01")
    c.assessment(unborn, "2025-04-02", "2025-06-10")
    c.assessment(unborn, "2025-04-03", "2025-06-11")
    c.assessment(unborn, "2025-11-11")
    expected = c.child(born=None, expected="2025-05-01")  # passed, and no birth recorded
    c.referral(expected, "2025-04-01")
    c.assessment(expected, "2025-04-02", "2025-06-10", seen="no")


def _enquiries(c: Cases) -> None:
    transfer = c.child()
    c.conference(transfer, "2025-03-20", c.enquiry(transfer, "2025-02-03"), transfer="yes")
    c.conference(c.child(), "2025-03-20", None, transfer="yes")
    weekend = c.child()
    c.conference(weekend, "2025-03-01", c.enquiry(weekend, "2025-02-07"))  # the Saturday after working day 15
    edge = c.child()
    for held in ("2025-06-23", "2025-06-24"):  # working days 15 and 16
        c.conference(edge, held, c.enquiry(edge, "2025-06-02"))
    booked = c.child()
    c.conference(booked, "2025-11-19", c.enquiry(booked, "2025-10-30"))
    twice = c.child()
    enquiry = c.enquiry(twice, "2025-06-02")
    c.conference(twice, "2025-06-20", enquiry, led="no")
    c.conference(twice, "2025-07-20", enquiry)
    sibling = c.child()
    shared = c.enquiry(sibling, "2025-05-12")
    c.enquiry(c.child(), "2025-05-12", shared)
    c.conference(sibling, "2025-05-30", shared)
    kept, former = _merged(c)
    c.conference(kept, "2024-06-03", c.enquiry(former, "2024-05-13"))


def _plans(c: Cases) -> None:
    chain = c.child()  # the third overlaps only the second, which is left out
    c.plan(chain, "2024-01-10", "2024-09-01")
    left_out = c.plan(chain, "2024-03-01", "2024-10-01")
    third = c.plan(chain, "2024-09-15")
    c.plan_visit(chain, "2024-03-10", left_out)
    c.plan_visit(chain, "2024-09-01")
    c.plan_visit(chain, "2024-09-10", left_out)  # outside any plan that counts
    for plan in (left_out, None):
        c.plan_visit(chain, "2024-09-20", plan)
    c.plan_visit(chain, "2024-09-28", third, seen="no", alone=None)
    c.plan_review(chain, left_out, "2024-06-01", "2024-05-30")
    c.plan_review(chain, third, "2024-12-15", "2025-01-10")
    c.plan_review(chain, third, "2025-07-10", "2025-07-09")
    c.plan_review(chain, third, "2026-01-09")
    same_day = c.child()  # 900 is lower than 1000, though not as text
    c.plan(same_day, "2024-05-01", "2024-08-01", number="900")
    c.plan(same_day, "2024-05-01", "2025-02-01", number="1000")
    again = c.child()  # a plan that begins on the day another ends, and visits on that day
    first = c.plan(again, "2023-02-01", "2024-02-01")
    c.plan(again, "2024-02-01", "2025-10-31")
    for day, plan in (("2024-01-31", None), ("2024-02-01", first), ("2024-02-01", None)):
        c.plan_visit(again, day, plan)
    kept, former = _merged(c)
    c.plan(former, "2021-01-05", "2021-09-01")
    c.plan(kept, "2024-06-03", "2025-11-20")
    c.plan(former, "2024-07-01", "2025-01-01")
    c.plan_visit(former, "2024-06-20")
    c.plan_visit(kept, "2024-07-10")
    for theirs, ours in (("yes", "no"), ("no", "yes")):  # another authority's plan before and after one of ours
        visitor = c.child()
        c.plan(visitor, "2023-05-01", "2023-11-01", other_authority=theirs)
        c.plan(visitor, "2024-05-01", other_authority=ours)
    c.plan(c.child(), "2023-11-03")
    c.plan(c.child(), "2023-11-01", "2025-10-30")
    c.plan(c.child(), "2025-11-11")
    c.plan(c.child(), "2025-03-03", "2025-11-10")
    one_day = c.child()
    c.plan(one_day, "2025-03-31", "2025-03-31")
    c.plan(one_day, "2025-03-31", "2025-06-30")


def _plan_clocks(c: Cases) -> None:
    unborn = c.child(born=None, expected="2026-01-10")
    c.plan(unborn, "2025-09-01")
    c.plan_visit(unborn, "2025-09-12", seen="no", alone=None)
    c.plan_visit(unborn, "2025-10-15")
    born = c.child(born="2025-09-20")
    c.plan(born, "2025-08-04")
    c.plan_visit(born, "2025-08-18", seen="no", alone=None)
    c.plan_visit(born, "2025-09-20", alone="no")
    c.plan_visit(born, "2025-11-15")
    changed = c.child()  # the interval was halved on 1 April 2022
    c.plan(changed, "2022-03-01", "2022-09-01")
    for day in ("2022-03-25", "2022-04-20", "2022-05-11"):
        c.plan_visit(changed, day)
    weekend = c.child()  # the Saturday after working day 10
    c.plan(weekend, "2025-06-13", "2025-09-01")
    c.plan_visit(weekend, "2025-06-28")
    for start, end, reviews in (
        ("2025-01-31", None, [("2025-04-30", "2025-05-01"), ("2025-10-31", None)]),  # no conference known
        ("2025-02-03", "2025-04-20", [("2025-05-03", None)]),  # closed before it was due
        ("2025-02-03", None, [("2025-05-03", None)]),  # missed
        ("2025-08-10", None, [("2025-11-10", None)]),  # due on the as-at date
        ("2025-07-01", None, [("2025-10-01", "2025-11-20")]),  # booked
    ):
        child = c.child()
        plan = c.plan(child, start, end)
        for due, held in reviews:
            c.plan_review(child, plan, due, held)
    later = c.child()  # the plan began after its conference, which alone names it
    plan = c.plan(later, "2025-01-27")
    c.conference(later, "2025-01-24", c.enquiry(later, "2025-01-06"), plan)
    c.plan_review(later, plan, "2025-04-24", "2025-04-25")
    c.plan_review(later, plan, "2025-10-25", "2025-10-25")


def _care(c: Cases) -> None:
    merged = c.child()  # a day apart is one period, two days are two
    first = c.care(merged, ("2024-01-10", "2024-03-01"), status="V2")
    second = c.care(merged, ("2024-03-02", "2024-09-10"))
    third = c.care(merged, ("2024-09-12", None))
    c.care_review(first, "2024-02-07", "2024-02-07")
    c.care_review(second, "2024-05-07", "2024-05-08")
    c.care_review(second, "2024-11-08")
    c.care_review(third, "2024-10-10", "2024-10-09", cancelled="yes")
    c.care_review(third, "2024-10-10", "2024-10-10")
    c.care_review(third, "2025-01-10", "2025-01-11")
    c.care_review(third, "2025-07-11", "2025-07-11")
    c.care_review(third, "2026-01-11")
    c.care(c.child(), ("2025-01-10", None), status="V4")
    before = c.child()
    c.care(before, ("2025-01-10", "2025-02-01"), status="V3")
    c.care(before, ("2025-02-01", None), status="V2")
    after = c.child()
    c.care(after, ("2024-01-10", "2025-02-01"), status="V2")
    c.care(after, ("2025-02-02", None), status="V4")
    for born, start, end in (
        ("2007-06-15", "2022-01-10", None),
        ("2004-02-29", "2020-01-10", None),
        ("2007-06-15", "2022-01-10", "2025-07-01"),  # closed a fortnight after the birthday
        ("2007-10-31", "2022-01-10", None),
        ("2007-06-15", "2025-06-15", None),  # begun on the birthday
        ("2015-03-02", "2024-06-15", "2025-11-20"),
        ("2015-03-02", "2024-06-15", "2025-11-10"),
    ):
        c.care(c.child(born=born), (start, end, "U4"))
    c.care(c.child(born=None), ("2025-01-10", None))
    kept, former = _merged(c)
    c.care(former, ("2024-05-01", "2025-02-03"), status="V2")
    c.care(kept, ("2025-02-03", None, "U4", None, "P"))
    overlap = c.child()
    number = c.care(overlap, ("2024-05-01", "2025-03-10"), status="V2")
    c.care(overlap, ("2025-02-03", None, "U4", None, "P"), number=number)
    left_open = c.child()
    number = c.care(left_open, ("2024-05-01", None), status="V2")
    c.care(left_open, ("2025-02-03", "2025-06-01", "U4", None, "P"), number=number)
    beside = c.child()  # orders that do not make a child looked after, begun later
    c.care(beside, ("2024-12-10", None, "K2"))
    c.legal_status(beside, "deprivation_of_liberty", "2025-03-01")
    c.legal_status(beside, "supervision_order", "2025-04-01")
    change = c.child()
    number = c.number()
    place = c.placement(change, number, "2025-02-01", None)
    for status, day, end, began in (("V2", "2025-02-01", "2025-09-30", "S"), ("C1", "2025-09-30", None, "L")):
        c.legal_status(change, status, day, end)
        c.episode(change, number, place, day, end, began)
    healthy = c.child()
    c.care(healthy, ("2024-01-10", None, "U4"))
    c.health_check(healthy, "initial_health_assessment", "2024-02-01")
    c.health_check(healthy, "health_assessment", "2025-02-01", "refused")
    c.health_check(healthy, "health_assessment", "2025-12-01", "planned")
    c.health_check(healthy, "health_assessment", "2025-10-31")
    c.health_check(healthy, "dental_check", "2024-03-01")
    c.health_check(healthy, "dental_check", "2025-03-01", "cancelled")
    for day, score in enumerate((0, 13, 14, 16, 17, 40), 1):
        c.sdq(healthy, f"2025-03-0{day}", score)
    c.sdq(healthy, "2025-03-07", None, "SDQ2")
    kept, former = _merged(c, born="2005-01-01")
    c.care_leaver(kept, "yes")
    c.care_leaver(former, "no")


def _placements(c: Cases) -> None:
    temporary = c.child()
    number = c.care(
        temporary,
        ("2024-01-10", "2025-01-05", "U4"),
        ("2025-01-05", "2025-01-12", "T4"),
        ("2025-01-12", "2025-06-01", "U4", "CREQB"),
        ("2025-06-01", "2025-06-01", "U6", "OTHER"),
        ("2025-06-01", None, "K2"),
    )
    c.care_visits(temporary, number, "2025-01-15", "2025-02-20", "2025-06-01", "2025-06-08", "2025-07-20", "2025-09-05")
    c.care(c.child(), ("2025-09-01", "2025-09-05", "T0"), ("2025-09-05", None))
    status_only = c.child()
    number = c.care(
        status_only,
        ("2023-01-10", "2024-06-05", "U6", "PLACE"),
        ("2024-06-05", "2025-03-01", "U4", "PLACE", "T"),
        ("2025-03-01", None, "U1", None, "T"),
    )
    c.care_visits(status_only, number, "2024-06-20", "2024-08-01", "2025-03-20")
    c.care(
        c.child(),  # of one day, and on with the same carer
        ("2025-02-10", "2025-02-10", "U6", "PLACE"),
        ("2025-02-10", "2025-05-01", "U4", "CARPL", "T"),
        ("2025-05-01", None, "K2"),
    )
    c.care(c.child(), ("2024-02-10", "2025-02-10"), ("2025-02-10", None, "U4", None, "T"))
    for first, kind in (("U5", "A5"), ("U6", "A6")):  # adopted by the carer, and by others
        c.care(
            c.child(born="2022-01-01"),
            ("2022-02-10", "2024-12-10", first, "CARPL"),
            ("2024-12-10", None, kind, None, "B"),
            status="E1",
        )
    for moved in ("2024-11-01", "2024-10-31"):  # the first day of the 12 months to October 2025, and the day before
        c.care(c.child(), ("2024-02-10", moved), (moved, "2025-01-01", "K2", "CHILD"), ("2025-01-01", None, "U4"))
    two_periods = c.child()
    c.care(two_periods, ("2024-12-10", "2025-02-01"), status="V2")
    c.care(two_periods, ("2025-05-01", "2025-07-01", "U6", "CHILD"), ("2025-07-01", None, "K2"))
    c.care(c.child(), ("2025-01-10", "2025-10-31", "U6", "CHILD"), ("2025-10-31", None, "K2"))
    breaks = c.child()
    c.care(breaks, ("2024-01-10", "2025-02-01"), status="V4")
    c.care(breaks, ("2025-05-01", None, "K2"))
    c.care(
        c.child(), ("2022-05-01", "2023-11-10", "U6", "CARPL"), ("2023-11-10", None, "U4")
    )  # two years on the as-at date


def _care_clocks(c: Cases) -> None:
    moved = c.child()
    number = c.care(moved, ("2025-01-06", "2025-03-03", "U6", "CHILD"), ("2025-03-03", None, "K2"))
    c.care_visits(moved, number, "2025-01-13", "2025-02-24", "2025-03-03", "2025-04-14", "2025-05-27")
    late = c.child()
    number = c.care(late, ("2025-01-06", None))
    c.care_visits(late, number, "2025-01-02", "2025-01-14", "2025-11-20")
    c.care_review(number, "2025-02-03", "2025-02-01")
    one_number = c.child()  # two periods under one number
    number = c.care(one_number, ("2024-01-10", "2024-05-01"))
    c.care(one_number, ("2024-07-01", None), number=number)
    c.care_review(number, "2024-02-07", "2024-02-05")
    c.care_review(number, "2024-07-29", "2024-07-26")
    c.care_review(number, "2024-10-26", "2024-10-28")
    weekend = c.child()  # the Saturday after working day 20
    c.care_review(c.care(weekend, ("2025-06-13", None)), "2025-07-11", "2025-07-12")


def _need(c: Cases) -> None:
    twice = c.child()
    c.referral(twice, "2024-05-01")
    c.referral(twice, "2025-03-01")
    c.need_plan(twice, "2025-03-20")
    ends = c.child()
    c.referral(ends, "2025-03-03")
    c.need_plan(ends, "2025-04-01", "2025-09-30")
    c.referral(c.child(), "2025-03-03", "2025-09-30")
    protected = c.child()
    c.referral(protected, "2025-01-01")
    c.need_plan(protected, "2025-02-01")
    c.plan(protected, "2025-06-02")
    in_care = c.child()
    c.referral(in_care, "2024-01-01")
    c.need_plan(in_care, "2024-02-01")
    c.care(in_care, ("2025-06-02", None))
    unborn = c.child(born=None, expected="2025-12-24")
    c.referral(unborn, "2025-09-01")
    c.need_plan(unborn, "2025-09-20")
    c.need_visits(unborn, "2025-10-02")
    c.referral(c.child(born="2006-01-01"), "2023-09-01")
    visited = c.child()
    c.referral(visited, "2025-01-02")
    c.need_plan(visited, "2025-02-03", "2025-05-01")
    c.need_plan(visited, "2025-05-02")
    # before any plan, late, in time, on the last day, on the second plan, and two Saturdays after working day 20
    c.need_visits(
        visited, "2025-01-20", "2025-03-04", "2025-03-31", "2025-05-01", "2025-05-30", "2025-06-28", "2025-07-26"
    )


def _missing(c: Cases) -> None:
    overlap = c.child()
    c.missing(overlap, "2025-06-01T20:00", "2025-06-02T08:00")
    c.missing(overlap, "2025-06-01T23:00", "2025-06-02T09:30", "absent")
    c.missing(overlap, "2025-06-02T09:30", "2025-06-02T12:00", "absent")
    clock = c.child()
    c.missing(clock, "2025-10-26T00:30", "2025-10-26T03:30")  # hours as written, whatever the clock did
    still = c.child()
    c.missing(still, "2025-05-01T10:00")
    c.missing(still, "2025-11-09T22:00", "2025-11-11T08:00")
    c.missing(still, "2025-11-11T09:00")
    asked = c.child()
    for returned, held in (
        ("2025-01-02T10:00", "2025-01-05T10:00"),  # 72 hours
        ("2025-02-02T10:00", "2025-02-05T10:01"),
        ("2025-03-02T10:00", "2025-03-01T10:00"),  # before the return
        ("2025-08-02T10:00", "2025-08-02T09:00"),
        ("2025-04-02", "2025-04-05"),
        ("2025-05-02", "2025-05-06"),
        ("2025-06-02T10:00", "2025-06-05"),
        ("2025-07-02T10:00", "2025-11-20T10:00"),
        ("2025-10-25T20:00", "2025-10-28T20:30"),
    ):
        c.interview(asked, returned, held)


def _workers(c: Cases) -> None:
    overlap = c.child()
    referral = c.referral(overlap, "2025-01-06")
    c.involvement(overlap, "2025-01-08", "2025-03-31", 0, referral)
    c.involvement(overlap, "2025-02-01", None, 2, referral, role="IRO")
    c.involvement(overlap, "2025-03-01", None, 1, referral)
    gap = c.child()
    referral = c.referral(gap, "2025-01-06", "2025-05-01")
    c.involvement(gap, "2025-01-06", "2025-02-10", 0, referral)
    c.involvement(gap, "2025-02-20", "2025-05-01", 1, referral)
    c.involvement(gap, "2025-08-04", "2025-12-01", 1, c.referral(gap, "2025-08-01"))
    handover = c.child()
    c.involvement(handover, "2025-01-06", "2025-05-30", 0)
    c.involvement(handover, "2025-05-30", None, 1)
    one_day = c.child()
    c.involvement(one_day, "2025-05-29", "2025-05-29", 0)
    c.involvement(one_day, "2025-05-30", "2025-05-30", 1)
    kept, former = _merged(c)
    for child in (kept, former):
        c.involvement(child, "2025-01-06", None, 0)
