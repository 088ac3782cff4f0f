"""A second, independent reckoning of the first KPIs, from the extract files as delivered: it belongs to the tests alone.

It follows the written definitions (kpi catalogue titles and notes, measures, coverage rules) in plain Python. It imports
nothing of the product and reads neither the store nor the warehouse, so that an error has to be made twice to stay hidden.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import holidays
from python_calamine import CalamineWorkbook

Row = dict[str, Any]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEWEST = 20  # percentages are made of 20 or more
WINDOW_MONTHS = 6  # Annex A lists 1 to 8 reach six months back from the day of the snapshot

# The columns the reckoning needs, by the heading printed in the Ofsted template.
CHILD, SEX, BIRTH, TEAM = "Child Unique ID", "Gender", "Date of Birth", "Allocated Team"
REFERRED, NO_FURTHER_ACTION = "Date of referral", "Referral NFA?"
REFERRALS_BEFORE = "Number of Referrals in Last 12 Months"
ASSESSMENT_STARTED = "Continuous Assessment Start Date"
ASSESSMENT_AUTHORISED = "Continuous Assessment Date of Authorisation"
ASSESSMENT_SEEN = "Child Seen During Continuous Assessment"
STRATEGY_DISCUSSION = "Strategy discussion initiating Section 47 Enquiry Start Date"
CONFERENCE = "Date of Initial Child Protection Conference"
NEED_STARTED, NEED_CLOSED, CASE_STATUS = "CIN Start Date", "CIN Closure Date", "Case Status"
PLAN_STARTED, PLAN_ENDED = "Child Protection Plan Start Date", "Child Protection Plan End Date"
EARLIER_PLANS = "Number of Previous Child Protection Plans"
LAST_VISIT, SEEN_ALONE = "Date of the Last Statutory Visit", "Was the Child Seen Alone?"
CARE_STARTED, CARE_ENDED = "Date Started to be Looked After", "Date Ceased to be Looked After"
LEGAL_STATUS, PLACEMENTS = "Child's Legal Status", "Number of Placements in the Last 12 months"
IN_TOUCH, ACCOMMODATION = "LA in Touch", "Type of Accommodation"
SUITABILITY = "Suitability of Accommodation"

# per list: the key that makes a row the same thing in two snapshots, and the date by which a window covers it
KEYS = {3: REFERRED, 4: ASSESSMENT_STARTED, 5: STRATEGY_DISCUSSION}
WINDOW_DATES = {3: REFERRED, 4: ASSESSMENT_AUTHORISED, 5: STRATEGY_DISCUSSION}

SEXES = {"a": "male", "b": "female", "c": "not_stated", "d": "neither"}
HISTORY_STARTS = {  # the date that says how far back a full dump reaches
    "quality_assurance_audits": "allocated_date",
    "quality_assurance_audit_actions": "review_date",
    "voice_feedback": "response_date",
    "voice_webstar": "star_date",
}


# --- days -------------------------------------------------------------------------------------------------------------


def month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, month_end(year, month).day))


def years_old(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


_BANK_HOLIDAYS = frozenset(holidays.UnitedKingdom(subdiv="ENG", years=range(2005, 2036)))


def working_days(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`: the day of the start is day 0."""
    return sum(
        1
        for n in range(1, (end - start).days + 1)
        if (day := start + timedelta(days=n)).weekday() < 5 and day not in _BANK_HOLIDAYS
    )


def half_up(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


# --- files ------------------------------------------------------------------------------------------------------------


def _id(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell).strip()


def _cell(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, str):
        return cell.strip() or None
    return cell


def letter(cell: str | None) -> str | None:
    """The letter of a coded cell `b) No`."""
    return None if cell is None else cell.split(")")[0].strip().lower()


def code(cell: str | None) -> str | None:
    """The code of a coded cell `C2: FCO`, which may be led by a letter, `d) U4: Foster placement`."""
    return None if cell is None else cell.split(") ")[-1].split(":")[0].strip()


@dataclass
class Extracts:
    """The delivered files: Annex A by snapshot day and list number, every other table as its latest dump."""

    annex_a: dict[date, dict[int, list[Row]]] = field(repr=False)
    dumps: dict[str, list[dict[str, str]]] = field(repr=False)
    dumped_on: dict[str, date] = field(repr=False)
    persons: dict[str, tuple[date | None, str | None]] = field(default_factory=dict, repr=False)

    def team_and_service(self, name: str | None, on: date) -> tuple[str, str]:
        """A team by the name it has or had, and the service it belonged to on the day."""
        rows = self.dumps["reference_organisation"]
        codes = {row["team_code"] for row in rows if row["team_name"] == name}
        for row in rows:
            if row["team_code"] in codes and row["valid_from"] <= on.isoformat() <= (row["valid_to"] or "9999-12-31"):
                return row["team_code"], row["service_code"]
        return "unmapped", "unmapped"

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every KPI of the first cut with its items, by code."""
        return _measures(self)

    @property
    def snapshots(self) -> list[date]:
        return sorted(self.annex_a)


def read_extracts(folder: Path, as_at: date) -> Extracts:
    """Read the delivered files of `folder` whose snapshot day is not after `as_at`."""
    annex_a: dict[date, dict[int, list[Row]]] = {}
    for path in folder.rglob("Annex_A_*.xlsx"):
        _, _, year, month = path.stem.split("_")
        day = month_end(int(year), MONTHS.index(month) + 1)
        if day > as_at:
            continue
        book = CalamineWorkbook.from_path(str(path))
        annex_a[day] = {}
        for name in book.sheet_names:
            head, *body = book.get_sheet_by_name(name).to_python()
            rows = [{column: _cell(cell) for column, cell in zip(head, cells, strict=True)} for cells in body]
            for row in rows:
                if CHILD in row:
                    row[CHILD] = _id(row[CHILD])
            annex_a[day][int(name.removeprefix("List "))] = rows

    dumps: dict[str, list[dict[str, str]]] = {}
    dumped_on: dict[str, date] = {}
    for path in sorted(folder.rglob("*_20??-??.csv")):
        table, _, period = path.stem.rpartition("_")
        day = month_end(int(period[:4]), int(period[5:]))
        if day <= as_at and day >= dumped_on.get(table, day):
            with path.open(encoding="utf-8-sig", newline="") as handle:
                dumps[table], dumped_on[table] = list(csv.DictReader(handle)), day
    if not annex_a or not dumps:
        raise FileNotFoundError(f"no delivered extracts in {folder}")

    extracts = Extracts(annex_a, dumps, dumped_on)
    for day in extracts.snapshots:  # a child's date of birth and sex: the latest recorded, an unborn child's come later
        for rows in annex_a[day].values():
            for row in rows:
                if CHILD in row:
                    born, sex = extracts.persons.get(row[CHILD], (None, None))
                    extracts.persons[row[CHILD]] = (row[BIRTH] or born, SEXES.get(letter(row[SEX]) or "", sex))
    return extracts


def settled(extracts: Extracts, number: int) -> Iterator[Row]:
    """Each listed thing once, as its latest snapshot shows it, without the withdrawn.

    Withdrawn is what a later snapshot leaves out although its window covers the date. Not for a list with one row per
    child: what is missing there was replaced by a newer row.
    """
    latest: dict[tuple[str, date], tuple[date, Row]] = {}
    for day in extracts.snapshots:
        for row in extracts.annex_a[day][number]:
            latest[row[CHILD], row[KEYS[number]]] = (day, row)
    for seen_on, row in latest.values():
        dated = row[WINDOW_DATES[number]]
        missed = dated is not None and any(
            later > seen_on and months_before(later, WINDOW_MONTHS) <= dated <= later for later in extracts.snapshots
        )
        if not missed:
            yield row


# --- what is counted --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One thing in a denominator: when it counts, how much it adds above and below, and whose it is."""

    day: date
    above: int
    below: int
    service: str
    team: str
    split: dict[str, str]
    unsettled: bool = False


@dataclass(frozen=True)
class Measure:
    """How one KPI is declared: its items, its bases and how the value is made of the two sums."""

    items: list[Item]
    bases: tuple[str, ...]
    stock: bool
    covered: tuple[date, date] | frozenset[date]  # a flow's reach, or the days of the stock's snapshots
    kind: str = "ratio"
    decimals: int = 1

    @property
    def fewest(self) -> int:
        """Least number a figure is made of: a percentage of fewer is no more than its counts."""
        return FEWEST if self.kind == "ratio" else 0

    @property
    def splits(self) -> set[str]:
        """The breakdowns it is reckoned by, beside the total."""
        return {name for item in self.items for name in item.split}


def age_band(born: date | None, on: date) -> str:
    if born is None:
        return "unknown"
    if born > on:
        return "unborn"
    age = years_old(born, on)
    for highest, band in ((0, "0"), (4, "1-4"), (9, "5-9"), (15, "10-15"), (17, "16-17")):
        if age <= highest:
            return band
    return "18+"


def _of_child(
    extracts: Extracts, row: Row, day: date, above: bool, below: bool = True, unsettled: bool = False
) -> Item:
    born, sex = extracts.persons[row[CHILD]]
    team, service = extracts.team_and_service(row[TEAM], day)
    split = {"age_band": age_band(born, day), "sex": sex or "unknown"}
    return Item(day, int(above and below), int(below), service, team, split, unsettled)


def _referrals(extracts: Extracts) -> list[tuple[Row, bool, bool]]:
    """Referrals with whether each is a re-referral and whether that cannot be settled from what is held.

    A referral is one when the child was referred before in the 12 months to its own date. The extract's count speaks of
    the child's latest referral in that snapshot only, so it is read where the referral was the latest; for the others
    only the referrals held can answer, and they answer no only when they reach 12 months back. An earlier referral that
    is held settles the question whatever the count says.
    """
    held_from = months_before(extracts.snapshots[0], WINDOW_MONTHS)
    counted: dict[tuple[str, date], int] = {}
    for day in extracts.snapshots:
        newest: dict[str, Row] = {}
        for row in extracts.annex_a[day][3]:
            if row[CHILD] not in newest or newest[row[CHILD]][REFERRED] < row[REFERRED]:
                newest[row[CHILD]] = row
        for row in newest.values():
            if row[REFERRALS_BEFORE] is not None:
                counted[row[CHILD], row[REFERRED]] = int(row[REFERRALS_BEFORE])
    rows = list(settled(extracts, 3))
    dates: dict[str, list[date]] = defaultdict(list)
    for row in rows:
        dates[row[CHILD]].append(row[REFERRED])
    found = []
    for row in rows:
        on = row[REFERRED]
        year_before = months_before(on, 12)
        again = any(year_before <= earlier < on for earlier in dates[row[CHILD]])
        count = counted.get((row[CHILD], on))
        again = again or (count or 0) > 0
        found.append((row, again, not again and count is None and year_before < held_from))
    return found


def _plans_started(extracts: Extracts) -> Iterator[Row]:
    """Each child protection plan once; a start date put right later is the same plan, not a second one.

    It was put right when the child's next listed plan had begun by the file that last showed this one, before this one
    ended, and counts as many earlier plans as this one (blank is none).
    """
    shown: dict[str, dict[date, tuple[date, Row]]] = defaultdict(dict)
    for day in extracts.snapshots:
        for row in extracts.annex_a[day][7]:
            shown[row[CHILD]][row[PLAN_STARTED]] = (day, row)
    for plans in shown.values():
        rows = sorted(plans.values(), key=lambda plan: (plan[0], plan[1][PLAN_STARTED]))
        for (last_shown, row), (_, later) in zip(rows, rows[1:], strict=False):
            same_count = (row[EARLIER_PLANS] or 0) == (later[EARLIER_PLANS] or 0)
            overlaps = row[PLAN_ENDED] is None or later[PLAN_STARTED] < row[PLAN_ENDED]
            if not (same_count and overlaps and later[PLAN_STARTED] <= last_shown):
                yield row
        yield rows[-1][1]


def _open_plans(extracts: Extracts, day: date) -> list[Row]:
    """Children on a plan at the day, each once; a plan that ended on the day is closed."""
    rows = {
        row[CHILD]: row
        for row in extracts.annex_a[day][7]
        if row[PLAN_STARTED] <= day and (row[PLAN_ENDED] is None or row[PLAN_ENDED] > day)
    }
    return list(rows.values())


def _looked_after(extracts: Extracts, day: date) -> list[Row]:
    """Children looked after at the day: no short breaks (V3, V4) and nobody who has turned 18."""
    rows = {
        row[CHILD]: row
        for row in extracts.annex_a[day][8]
        if row[CARE_STARTED] <= day
        and (row[CARE_ENDED] is None or row[CARE_ENDED] > day)
        and code(row[LEGAL_STATUS]) not in ("V3", "V4")
        and years_old(row[BIRTH], day) < 18
    }
    return list(rows.values())


def _each_snapshot(extracts: Extracts, list_items: Callable[[date], Iterable[Item]]) -> list[Item]:
    return [item for day in extracts.snapshots for item in list_items(day)]


def _open_assessments(extracts: Extracts, day: date) -> Iterator[Item]:
    for row in extracts.annex_a[day][4]:
        authorised = row[ASSESSMENT_AUTHORISED]
        if row[ASSESSMENT_STARTED] <= day and (authorised is None or authorised > day):
            yield _of_child(extracts, row, day, working_days(row[ASSESSMENT_STARTED], day) > 45)


def _need_plans(extracts: Extracts, day: date) -> Iterator[Item]:
    elsewhere = {row[CHILD] for row in _open_plans(extracts, day)}
    elsewhere |= {row[CHILD] for row in _looked_after(extracts, day)}
    elsewhere |= {row[CHILD] for row in extracts.annex_a[day][9]}
    seen = set()
    for row in extracts.annex_a[day][6]:
        still_open = row[NEED_CLOSED] is None or row[NEED_CLOSED] > day
        if letter(row[CASE_STATUS]) == "c" and still_open and row[CHILD] not in elsewhere | seen:
            seen.add(row[CHILD])
            yield _of_child(extracts, row, day, True)


def _seen_alone(extracts: Extracts, day: date) -> Iterator[Item]:
    for row in _open_plans(extracts, day):
        born = extracts.persons[row[CHILD]][0]
        answered = letter(row[SEEN_ALONE]) in ("a", "b")
        if row[LAST_VISIT] is not None and answered and born is not None and born <= day:
            yield _of_child(extracts, row, day, letter(row[SEEN_ALONE]) == "a")


def _care_leavers(extracts: Extracts, day: date) -> Iterator[Row]:
    for row in extracts.annex_a[day][9]:
        if 19 <= years_old(row[BIRTH], day) <= 21:
            yield row


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _template(extracts: Extracts, name: str, on: date) -> dict[str, str]:
    for row in extracts.dumps["quality_assurance_audit_templates"]:
        if row["template"] == name and row["valid_from"] <= on.isoformat() <= (row["valid_to"] or "9999-12-31"):
            return row
    raise KeyError("an audit's template has no version valid on the day of completion")


def _audits(extracts: Extracts) -> tuple[list[Item], list[Item], list[Item]]:
    """Audits by final grade, audits completed, and their actions by the day the 8-week review fell due."""
    graded, completed, reviews = [], [], {}
    for row in extracts.dumps["quality_assurance_audits"]:
        done, moderated = _day(row["completed_date"]), _day(row["moderated_date"])
        if done is None or row["status"] == "withdrawn":
            continue
        template = _template(extracts, row["template"], done)
        owner = (row["service_code"], row["team_code"] or "unmapped")
        if template["moderated"] == "yes":
            grade, graded_on, how = row["moderated_grade"], moderated, "moderated"
        else:
            grade, graded_on, how = row["lead_grade"] or row["peer_grade"], done, "auditor"
        if grade and graded_on:
            good = int(grade in ("outstanding", "good"))
            graded.append(Item(graded_on, good, 1, *owner, {"final_grade_basis": how}))
        completed.append(Item(done, int(bool(row["moderated_grade"])), 1, *owner, {}))
        anchor = {"moderation": moderated, "completion": done, "none": None}[template["review_anchor"]]
        if anchor is not None:
            reviews[row["audit_id"]] = (anchor + timedelta(days=56), owner)
    actions = []
    for row in extracts.dumps["quality_assurance_audit_actions"]:
        if row["audit_id"] in reviews and row["status"] != "not_required":
            due, owner = reviews[row["audit_id"]]
            finished = _day(row["completed_date"])
            in_time = row["status"] == "complete" and finished is not None and finished <= due
            actions.append(Item(due, int(in_time), 1, *owner, {}))
    return graded, completed, actions


def _answers(extracts: Extracts) -> list[Item]:
    """Answers given, positive or not as the register of meanings says: a question's own row before one of every question."""
    register = extracts.dumps["voice_feedback_answer_meanings"]
    of_all = {row["answer"]: row["meaning"] for row in register if not row["question"]}
    own = {(row["question"], row["answer"]): row["meaning"] for row in register if row["question"]}

    def meaning(row: dict[str, str]) -> str:
        return own.get((row["question"], row["answer"])) or of_all[row["answer"]]

    return [
        Item(
            date.fromisoformat(row["response_date"]),
            int(meaning(row) == "positive"),
            1,
            row["service_code"],
            row["team_code"] or "unmapped",
            {"question": row["question"]},
        )
        for row in extracts.dumps["voice_feedback"]
        if meaning(row) != "not_answered"
    ]


def _star_pairs(extracts: Extracts) -> list[tuple[Item, int]]:
    """Areas scored by one respondent at the first start star and at the last end star, with the change."""
    ends: dict[tuple[str, str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for row in sorted(extracts.dumps["voice_webstar"], key=lambda row: row["star_date"]):
        pair = ends[row["intervention_id"], row["respondent"], row["area"]]
        if row["stage"] == "end" or (row["stage"] == "start" and "start" not in pair):
            pair[row["stage"]] = row
    pairs = []
    for (_, respondent, area), pair in ends.items():
        if len(pair) == 2:
            end = pair["end"]
            change = int(end["score"]) - int(pair["start"]["score"])
            split = {"respondent": respondent, "webstar_area": area}
            owner = (end["service_code"], end["team_code"] or "unmapped")
            pairs.append((Item(date.fromisoformat(end["star_date"]), 0, 1, *owner, split), change))
    return pairs


def _full_history(extracts: Extracts, *tables: str) -> tuple[date, date]:
    """From the first event of every table to the day of the dump."""
    firsts = [min(row[HISTORY_STARTS[t]] for row in extracts.dumps[t] if row[HISTORY_STARTS[t]]) for t in tables]
    return date.fromisoformat(max(firsts)), min(extracts.dumped_on[t] for t in tables)


def _measures(extracts: Extracts) -> dict[str, Measure]:
    snapshots = extracts.snapshots
    days = frozenset(snapshots)
    union = (months_before(snapshots[0], WINDOW_MONTHS), snapshots[-1])
    for earlier, later in zip(snapshots, snapshots[1:], strict=False):
        if months_before(later, WINDOW_MONTHS) > earlier + timedelta(days=1):
            raise ValueError("the windows leave a gap; this reckoning expects successive deliveries")

    def of(*args: Any, **kwargs: Any) -> Item:
        return _of_child(extracts, *args, **kwargs)

    referrals = _referrals(extracts)
    authorised = [row for row in settled(extracts, 4) if row[ASSESSMENT_AUTHORISED] is not None]
    in_time = [
        of(row, row[ASSESSMENT_AUTHORISED], working_days(row[ASSESSMENT_STARTED], row[ASSESSMENT_AUTHORISED]) <= 45)
        for row in authorised
    ]
    seen = []
    for row in authorised:
        born = extracts.persons[row[CHILD]][0]
        if born is not None and born <= row[ASSESSMENT_AUTHORISED]:
            seen.append(of(row, row[ASSESSMENT_AUTHORISED], letter(row[ASSESSMENT_SEEN]) == "a"))
    conferences = [
        of(row, row[CONFERENCE], working_days(row[STRATEGY_DISCUSSION], row[CONFERENCE]) <= 15)
        for row in settled(extracts, 5)
        if row[CONFERENCE] is not None
    ]
    plan_starts = [of(row, row[PLAN_STARTED], (row[EARLIER_PLANS] or 0) > 0) for row in _plans_started(extracts)]
    plans = [(day, row) for day in snapshots for row in _open_plans(extracts, day)]
    care = [(day, row) for day in snapshots for row in _looked_after(extracts, day)]
    leavers = [(day, row) for day in snapshots for row in _care_leavers(extracts, day)]
    graded, completed, actions = _audits(extracts)
    pairs = _star_pairs(extracts)
    audits = _full_history(extracts, "quality_assurance_audits")
    voice = _full_history(extracts, "voice_feedback")
    stars = _full_history(extracts, "voice_webstar")

    def flow(items: list[Item], *bases: str, **more: Any) -> Measure:
        return Measure(items, bases, False, more.pop("covered", union), **more)

    def stock(items: list[Item], *bases: str, **more: Any) -> Measure:
        return Measure(items, bases, True, days, **more)

    def counted(item: Item, above: int) -> Item:
        return Item(item.day, above, item.below, item.service, item.team, item.split)

    return {
        "FD-04": flow(
            [of(r, r[REFERRED], True) for r, _, _ in referrals], "M", "YTD", "R12", "Y", kind="count", decimals=0
        ),
        "FD-07": flow([of(r, r[REFERRED], again, unsettled=u) for r, again, u in referrals], "M", "R12", "Y"),
        "FD-08": flow(
            [of(r, r[REFERRED], letter(r[NO_FURTHER_ACTION]) == "a") for r, _, _ in referrals], "M", "R12", "Y"
        ),
        "AS-02": flow(in_time, "M", "YTD", "R12", "Y"),
        "AS-03": stock(_each_snapshot(extracts, lambda day: _open_assessments(extracts, day)), "SNAP"),
        "AS-04": flow(seen, "M", "R12"),
        "CN-09": stock(
            _each_snapshot(extracts, lambda day: _need_plans(extracts, day)), "SNAP", kind="count", decimals=0
        ),
        "CP-01": stock([of(r, day, True) for day, r in plans], "SNAP", "Y", kind="rate"),
        "CP-04": flow(conferences, "M", "YTD", "R12", "Y"),
        "CP-07": flow(plan_starts, "M", "R12", "Y"),
        # the first day and the day itself both count, so 730 days are the two years
        "CP-10": stock([of(r, day, (day - r[PLAN_STARTED]).days + 1 > 729) for day, r in plans], "SNAP", "Y"),
        "CP-14": stock(_each_snapshot(extracts, lambda day: _seen_alone(extracts, day)), "SNAP"),
        "CL-01": stock([of(r, day, True) for day, r in care], "SNAP", "Y", kind="rate", decimals=0),
        "CL-04": stock([of(r, day, (r[PLACEMENTS] or 0) >= 3) for day, r in care], "SNAP", "Y", decimals=0),
        "LV-22": stock(
            [of(r, day, letter(r[IN_TOUCH]) == "a") for day, r in leavers if letter(r[IN_TOUCH]) not in ("c", "f")],
            "SNAP",
            decimals=0,
        ),
        "LV-25": stock(
            [
                of(r, day, letter(r[SUITABILITY]) == "a")
                for day, r in leavers
                if code(r[ACCOMMODATION]) not in ("G", "H", "R", None) and letter(r[IN_TOUCH]) not in ("c", "f")
            ],
            "SNAP",
            decimals=0,
        ),
        "AU-04": flow(graded, "M", "Q", "R12", covered=audits, decimals=0),
        "AU-06.completed": flow(completed, "M", "Q", covered=audits, decimals=0),
        "AU-12": flow(
            actions,
            "M",
            "Q",
            "R12",
            covered=_full_history(extracts, "quality_assurance_audits", "quality_assurance_audit_actions"),
            decimals=0,
        ),
        "FB-03": flow(_answers(extracts), "Q", "H", covered=voice, decimals=0),
        "WS-03": flow([counted(i, change) for i, change in pairs], "Q", "R12", covered=stars, kind="mean"),
        "WS-04": flow([counted(i, int(change > 0)) for i, change in pairs], "Q", "R12", covered=stars, decimals=0),
    }


# --- periods and cells ------------------------------------------------------------------------------------------------


def financial_year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def year_key(first: int) -> str:
    return f"{first}-{(first + 1) % 100:02d}"


def period_bounds(basis: str, key: str) -> tuple[date, date]:
    """First and last day of a period: Q1 is April to June, a year runs April to March, YTD starts on 1 April."""
    if basis in ("Q", "H"):
        months = 3 if basis == "Q" else 6
        begin = (int(key[-1]) - 1) * months  # months after April
        year, month = int(key[:4]) + (3 + begin) // 12, (3 + begin) % 12 + 1
        last = (3 + begin + months - 1) % 12 + 1
        return date(year, month, 1), month_end(int(key[:4]) + (3 + begin + months - 1) // 12, last)
    if basis == "Y":
        return date(int(key[:4]), 4, 1), date(int(key[:4]) + 1, 3, 31)
    end = month_end(int(key[:4]), int(key[5:]))
    if basis == "YTD":
        return date(financial_year(end), 4, 1), end
    if basis == "R12":
        return months_before(end.replace(day=1), 11), end
    return end.replace(day=1), end


def periods(basis: str, first: date, last: date) -> list[str]:
    """The keys of a basis from the period that holds `first` to the one that holds `last`."""
    keys: dict[str, None] = {}
    day = first.replace(day=1)
    while day <= last:
        year, months = year_key(financial_year(day)), (day.month - 4) % 12
        keys[
            {"Q": f"{year}-Q{months // 3 + 1}", "H": f"{year}-H{months // 6 + 1}", "Y": year}.get(basis, f"{day:%Y-%m}")
        ] = None
        day = month_end(day.year, day.month) + timedelta(days=1)
    return list(keys)


@dataclass(frozen=True)
class Cell:
    """One figure: numerator, denominator, value and status as the definitions give them."""

    numerator: int | None
    denominator: int | None
    value: Decimal | None
    status: str


def population(extracts: Extracts, on: date, as_at: date) -> int | None:
    """Children aged 0 to 17 at the latest 30 June before the day whose estimate was published by the as-at date."""
    known = [
        (int(row["year"]), row["published_date"], int(row["population"]))
        for row in extracts.dumps["reference_mid_year_population"]
        if date(int(row["year"]), 6, 30) < on and row["published_date"] <= as_at.isoformat()
    ]
    return max(known)[2] if known else None


Key = tuple[str, str, str, str, str]  # period, org_level, org, breakdown, breakdown_value


class Reckoning:
    """The cells of one KPI on one basis, asked for one by one."""

    def __init__(self, extracts: Extracts, measure: Measure, basis: str, as_at: date, first: date) -> None:
        self.measure, self.basis, self.as_at, self.extracts = measure, basis, as_at, extracts
        self.periods = periods(basis, first, as_at)
        self.sums: dict[Key, list[int]] = {}
        for period in self.periods:
            if self.covered(period):
                for item in self._items(period):
                    for org in (("authority", None), ("service", item.service), ("team", item.team)):
                        for split in (("total", "total"), *item.split.items()):
                            cell = self.sums.setdefault((period, *org, *split), [0, 0, 0])
                            cell[0] += item.above
                            cell[1] += item.below
                            cell[2] += item.unsettled

    def _position(self, period: str) -> date:
        return min(period_bounds(self.basis, period)[1], self.as_at)

    def covered(self, period: str) -> bool:
        """Whether the files held answer for the period: a flow lies inside them, a stock has a snapshot of that day."""
        start, end = period_bounds(self.basis, period)
        if self.measure.stock:
            return self._position(period) in self.measure.covered
        first, last = self.measure.covered
        return first <= start and min(end, self.as_at) <= last

    def _items(self, period: str) -> Iterator[Item]:
        start, end = period_bounds(self.basis, period)
        if self.measure.stock:
            start = end = self._position(period)
        return (item for item in self.measure.items if start <= item.day <= end)

    def cell(self, key: Key) -> Cell:
        """The figure of a cell; one in which nothing happened has sums of nought."""
        period, level, _, breakdown, _ = key
        if not self.covered(period):
            return Cell(None, None, None, "x")
        above, below, unsettled = self.sums.get(key, [0, 0, 0])
        decimals, kind = self.measure.decimals, self.measure.kind
        if kind == "count":
            return Cell(above, None, Decimal(above), "")
        if kind == "rate":
            if level != "authority" or breakdown != "total":
                return Cell(above, None, None, "z")
            people = population(self.extracts, self._position(period), self.as_at)
            if people is None:
                return Cell(above, None, None, "x")
            return Cell(above, people, half_up(Decimal(above * 10000) / people, decimals), "")
        if below == 0:
            return Cell(above, below, None, "z")
        if below < self.measure.fewest:
            return Cell(above, below, None, "u")
        scale = 100 if kind == "ratio" else 1
        return Cell(above, below, half_up(Decimal(above * scale) / below, decimals), "u" if unsettled else "")
