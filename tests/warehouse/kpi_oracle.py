"""A second, independent reckoning of the KPI values of a full warehouse, from the typed rows of the extracts as delivered.

It follows the written definitions (catalogue, measures, contracts, register of practice standards) in plain Python: rows of
schema raw in, figures out. It belongs to the tests alone and knows nothing of the models between, so that an error has to be
made twice to stay hidden. What the child's journey is (referrals, plans, periods of care) it takes from `journey_oracle`.

House rules it takes as given: an event after the as-at date has not happened; an end after it is open; a spell that ends on a
day is closed on that day. Where a definition is silent a comment says what is assumed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from orchestration.periods import (
    add_working_days,
    is_working_day,
    parse_period,
    period_containing,
    working_days_between,
)
from tests.warehouse import journey_oracle as journey
from tests.warehouse.journey_oracle import DAY, Extract, Row, is_open, months_after

TOTAL = ("total", "total")
NOWHERE = "unmapped"  # the team or service of what names none
FEWEST = 20  # a percentage of fewer is not shown
GRADES = ("inadequate", "requires_improvement", "good", "outstanding")


# --- what is counted --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One thing that can be counted: when, how much it adds above and below the line, whose it is, and what it is like."""

    day: date
    above: int = 1
    below: int = 1
    child: str = ""
    service: str = NOWHERE
    team: str = NOWHERE
    split: dict[str, str] = field(default_factory=dict)
    unsettled: bool = False  # whether it counts cannot be told from what is held

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Measure:
    """How one KPI is declared: its items, its bases and how the figure is made of them.

    `over` are items of another kind to divide by (their `below` is added up): the position on the last day, or with
    `averaged` the mean over the period's month ends. A measure over `people` is a rate of the children of the authority.
    """

    calculation: str
    bases: tuple[str, ...]
    items: list[Item] = field(repr=False)
    tables: tuple[str, ...] = ()
    stock: bool = False
    decimals: int = 0
    scale: int = 1
    fewest: int = 0
    over: list[Item] | None = field(default=None, repr=False)
    averaged: bool = False
    over_flow: bool = False  # what it is divided by happened in the period too
    distinct: bool = False
    percentile: int = 50
    divisor: int = 1
    position_month: int | None = None  # of a stock told once a year: the month whose last day it is
    levels: tuple[str, ...] = ("authority", "service", "team")
    splits: tuple[str, ...] = ()
    covered: Callable[[date, date], bool] | None = None
    window_months: int = 0  # of a cohort: how long before it counts an item began to be watched


@dataclass(frozen=True)
class Cell:
    """One figure: numerator, denominator, value and status as the definitions give them."""

    numerator: int | None
    denominator: int | None
    value: Decimal | None
    status: str


Key = tuple[str, str, str, str, str]  # period, level, organisation, breakdown, its value


def half_up(value: Decimal, decimals: int) -> Decimal:
    """Rounded with halves away from 0."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def bounds(basis: str, key: str) -> tuple[date, date]:
    """First and last day of a period; the year to date begins on 1 April, twelve months end with the month named."""
    period = parse_period(key)
    if basis == "YTD":
        return period_containing(period.end, "year").start, period.end
    if basis == "R12":
        return months_after(period.start, -11), period.end
    return period.start, period.end


def median(values: list[int]) -> Decimal:
    """The middle one; of an even number the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return Decimal(ordered[half]) if len(ordered) % 2 else Decimal(ordered[half - 1] + ordered[half]) / 2


def percentile(values: list[int], percent: int) -> Decimal:
    """The value at the rank, or in proportion between the two beside it; the first has rank 0 and the last 100."""
    ordered = sorted(values)
    steps = (len(ordered) - 1) * percent
    lower, part = divmod(steps, 100)
    upper = ordered[min(lower + 1, len(ordered) - 1)]
    return Decimal(ordered[lower] * (100 - part) + upper * part) / 100


def weighted_kappa(pairs: list[tuple[int, int]]) -> Decimal | None:
    """Agreement beyond chance; a difference of two steps weighs four times one of one. Nothing where the grades do not vary."""
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum((a - b) ** 2 for a, b in pairs)
    expected = sum(n * m * (a - b) ** 2 for a, n in first.items() for b, m in second.items())
    return None if expected == 0 else 1 - Decimal(seen * len(pairs)) / expected


class Reckoning:
    """The figures of one KPI on one basis, asked for one by one."""

    def __init__(self, source: Source, measure: Measure, basis: str) -> None:
        self.source, self.measure, self.basis = source, measure, basis
        self.items = sorted(measure.items, key=lambda item: item.day)
        self.days = [item.day for item in self.items]
        self.over = sorted(measure.over or [], key=lambda item: item.day)
        self.over_days = [item.day for item in self.over]
        self.cached: dict[str, tuple[dict[Any, list[Item]], dict[Any, list[Item]]]] = {}

    def reach(self, period: str) -> tuple[date, date]:
        """The days whose items count: of a flow those of the period, of a stock the one it is told at."""
        start, end = bounds(self.basis, period)
        if self.measure.stock:
            if self.measure.position_month:
                end = next(m.end for m in parse_period(period).months() if m.end.month == self.measure.position_month)
            start = end = min(end, self.source.as_at)
        return start, min(end, self.source.as_at)

    def is_covered(self, period: str) -> bool:
        """Whether what was delivered answers for the period."""
        start, end = self.reach(period)
        start = months_after(start, -self.measure.window_months)
        if self.measure.covered is not None:
            return self.measure.covered(start, end)
        return all(self.source.covers(table, start, end) for table in self.measure.tables)

    def _grouped(self, items: list[Item], days: list[date], start: date, end: date) -> dict[Any, list[Item]]:
        found: dict[Any, list[Item]] = defaultdict(list)
        for item in items[bisect_left(days, start) : bisect_left(days, end + DAY)]:
            for place in (("authority", ""), ("service", item.service), ("team", item.team)):
                for split in (TOTAL, *((name, item.split[name]) for name in self.measure.splits if name in item.split)):
                    found[*place, *split].append(item)
        return found

    def groups(self, period: str) -> tuple[dict[Any, list[Item]], dict[Any, list[Item]]]:
        """Items of the period by organisation and breakdown: those counted, and those divided by."""
        if period not in self.cached:
            start, end = self.reach(period)
            mine = self._grouped(self.items, self.days, start, end)
            first = start if self.measure.averaged or self.measure.over_flow else end
            other = self._grouped(self.over, self.over_days, first, end) if self.measure.over is not None else mine
            self.cached[period] = (mine, other)
        return self.cached[period]

    def keys(self, period: str) -> set[Key]:
        """The cells in which something was counted."""
        if not self.is_covered(period):
            return set()
        mine, _ = self.groups(period)
        return {(period, *key) for key in mine}

    def cell(self, key: Key) -> Cell:
        """The figure of a cell; one in which nothing happened has sums of nought."""
        period, level, org, split, value = key
        if not self.is_covered(period):
            return Cell(None, None, None, "x")
        m = self.measure
        place = ("authority", "") if level == "authority" else (level, org)
        mine, other = self.groups(period)
        items = mine.get((*place, split, value), [])
        whole = other.get((*place, *(TOTAL if m.calculation == "share" else (split, value))), [])
        if m.calculation in ("median", "percentile"):
            return self._of_rows([i.above for i in items])
        if m.calculation == "max_difference":
            return self._largest_difference(items, whole)
        if m.calculation == "kappa":
            return self._kappa([(i.above, i.below) for i in items])
        above = len({i.child for i in items if i.above > 0}) if m.distinct else sum(i.above for i in items)
        if m.calculation == "count":
            return Cell(above, None, half_up(Decimal(above) / m.divisor, m.decimals), "")
        if m.calculation == "rate":
            return self._rate(above, level, split, period)
        if m.averaged:
            below = self._average(whole, period)
        else:
            below = len({i.child for i in whole if i.below > 0}) if m.distinct else sum(i.below for i in whole)
        if below == 0 or (m.calculation == "share" and split == "total" and above > below):
            return Cell(above, below, None, "z")  # several factors of one assessment are no part of it
        if below < m.fewest:
            return Cell(above, below, None, "u")
        figure = half_up(Decimal(above * m.scale) / below, m.decimals)
        return Cell(above, below, figure, "u" if any(i.unsettled for i in whole) else "")

    def _of_rows(self, values: list[int]) -> Cell:
        if not values:
            return Cell(None, 0, None, "z")
        m = self.measure
        figure = median(values) if m.calculation == "median" else percentile(values, m.percentile)
        return Cell(None, len(values), half_up(figure, m.decimals), "")

    def _kappa(self, pairs: list[tuple[int, int]]) -> Cell:
        if not pairs:
            return Cell(None, 0, None, "z")
        figure = weighted_kappa(pairs) if len(pairs) >= self.measure.fewest else None
        if figure is None:
            return Cell(None, len(pairs), None, "u")
        return Cell(None, len(pairs), half_up(figure, self.measure.decimals), "")

    def _largest_difference(self, items: list[Item], whole: list[Item]) -> Cell:
        """Largest difference of a group's part between the children found, each as found last, and the whole."""
        found = list({item.child: item for item in sorted(items, key=lambda i: i.day)}.values())
        if not found or not whole:
            return Cell(None, len(found), None, "z")
        largest = Decimal(0)
        for name in found[0].split:
            part, all_of_it = Counter(i.split[name] for i in found), Counter(i.split[name] for i in whole)
            for value in set(part) | set(all_of_it):
                apart = abs(part[value] * len(whole) - all_of_it[value] * len(found))
                largest = max(largest, Decimal(apart * self.measure.scale) / (len(whole) * len(found)))
        return Cell(None, len(found), half_up(largest, self.measure.decimals), "")

    def _rate(self, above: int, level: str, split: str, period: str) -> Cell:
        """Per 10,000 children of the authority; of less than a year the count alone is told."""
        m = self.measure
        if level != "authority" or split != "total":
            return Cell(above, None, None, "z")
        people = self.source.population(self.reach(period)[1])
        if people is None:
            return Cell(above, None, None, "x")
        if not m.stock and self.basis not in ("R12", "Y"):
            return Cell(above, people, None, "z")
        return Cell(above, people, half_up(Decimal(above * 10_000) / people, m.decimals), "")

    def _average(self, items: list[Item], period: str) -> int:
        """Mean over the month ends of the period, in whole ones."""
        start, end = self.reach(period)
        ends = [on for _, on in self.source.months if start <= on <= end]
        return int(half_up(Decimal(sum(i.below for i in items)) / len(ends), 0))


# --- what was delivered -----------------------------------------------------------------------------------------------


class Source:
    """The rows as delivered, by table, and how far each table reaches."""

    def __init__(self, connection: Any, extract: Extract) -> None:
        self.connection, self.extract, self.as_at = connection, extract, extract.as_at
        self.months = journey.month_ends(self.as_at)
        self._rows: dict[str, list[Row]] = {}
        self.windows: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
        for source, table, kind, first, last in connection.execute(
            "select source, table_name, kind, covered_from, covered_to from raw.availability order by covered_from"
        ).fetchall():
            self.windows[f"{source}.{table}"].append((kind, first, last))

    def rows(self, name: str) -> list[Row]:
        """All rows of `source.table`."""
        if name not in self._rows:
            found = self.connection.execute(f"select * from raw.{name.replace('.', '__')}")
            columns = [column[0] for column in found.description]
            self._rows[name] = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        return self._rows[name]

    def covers(self, table: str, start: date, end: date) -> bool:
        """Whether the days from one to the other lie inside the union of a table's windows, or are its snapshot day."""
        windows = self.windows[table]
        if start == end and any(first <= end <= last for _, first, last in windows):
            return True
        reached = start - DAY
        for kind, first, last in windows:
            if kind == "flow" and first <= reached + DAY:
                reached = max(reached, last)
        return reached >= end

    def until(self, day: date | None) -> date | None:
        """A day that has come, else nothing."""
        return day if day is not None and day <= self.as_at else None

    def population(self, on: date) -> int | None:
        """Children at the latest 30 June before the day, as estimated by the as-at date."""
        known = [
            (row["year"], row["population"])
            for row in self.rows("reference.mid_year_population")
            if date(row["year"], 6, 30) < on and row["published_date"] <= self.as_at
        ]
        return max(known)[1] if known else None

    @cached_property
    def _organisation(self) -> list[Row]:
        return self.rows("reference.organisation")

    @cached_property
    def _departments(self) -> dict[str, str]:
        return {row["team_id"]: row["team_name"] for row in self.rows("ssd.department")}

    def place(self, service: str | None, team: str | None) -> dict[str, str]:
        """Where a row that names its service and team belongs; the team's own service where it names none."""
        if not service and team:
            service = next((r["service_code"] for r in self._organisation if r["team_code"] == team), None)
        return {"service": service or NOWHERE, "team": team or NOWHERE}

    def place_of_row(self, row: Row) -> dict[str, str]:
        return self.place(row.get("service_code"), row.get("team_code"))

    def place_of_team_id(self, team_id: str | None) -> dict[str, str]:
        """The team of the case system's department list, known to the organisation by its name."""
        name = self._departments.get(team_id or "")
        team = next((r["team_code"] for r in self._organisation if r["team_name"] == name), None)
        return self.place(None, team)

    @cached_property
    def _holding(self) -> dict[str, list[Row]]:
        """Involvements of case holders by child."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("ssd.involvements"):
            if row["role_code"] == journey.CASE_HOLDER and row["involvement_start_date"] <= self.as_at:
                found[self.extract.key(row["child_id"])].append(row)
        return found

    def place_of_child(self, key: str, on: date) -> dict[str, str]:
        """The team that held the case on the day: that of the holder who took it last of those then involved."""
        running = [
            row
            for row in self._holding.get(key, [])
            if row["involvement_start_date"] <= on <= (row["involvement_end_date"] or journey.FOREVER)
        ]
        if not running:
            return self.place(None, None)
        order = lambda r: (r["involvement_start_date"], journey.id_order(r["involvement_id"]))  # noqa: E731
        return self.place_of_team_id(max(running, key=order)["team_id"])

    def age_band(self, key: str, on: date) -> str:
        """The band of ages of a child on a day."""
        born = self.extract.births.get(key)
        if born is None:
            return "unknown"
        if born > on:
            return "unborn"
        age = journey.years_old(born, on)
        bands = ((0, "0"), (4, "1-4"), (9, "5-9"), (15, "10-15"), (17, "16-17"))
        return next((band for highest, band in bands if age <= highest), "18+")

    @cached_property
    def persons(self) -> dict[str, Row]:
        """The row of each child by key; the number that was kept has the last word."""
        x = self.extract
        rows = sorted(self.rows("ssd.person"), key=lambda r: x.kept_id(r["child_id"]) == r["child_id"])
        return {x.key(row["child_id"]): row for row in rows}


# --- front door and assessment ----------------------------------------------------------------------------------------

SOURCES = {
    "1A": "individual", "1B": "individual", "1C": "individual", "1D": "individual", "1": "individual", "2A": "schools",
    "2B": "education_services", "3A": "health_services", "3B": "health_services", "3C": "health_services",
    "3D": "health_services", "3E": "health_services", "3F": "health_services", "3": "health_services", "4": "housing",
    "5A": "local_authority_services", "5B": "local_authority_services", "5C": "local_authority_services",
    "5D": "local_authority_services", "5": "local_authority_services", "6": "police", "7": "other_legal_agency", "8": "other",
    "9": "anonymous", "10": "unknown",
}  # fmt: skip


def referral_measures(s: Source) -> dict[str, Measure]:
    """Referrals that are ones: what was recorded as one while an episode of the child was open is none."""
    x = s.extract
    raw = {row["referral_id"]: row for row in x.rows("cin_episodes")}
    items, police, again = [], [], []
    for row in journey.referrals(x):
        if row["is_within_open_episode"]:
            continue
        given, key, day = raw[row["referral_id"]], row["child_key"], row["referral_date"]
        common: Any = {
            "day": day, "child": key, **s.place_of_team_id(given["team_id"]),
            "split": {
                "referral_source": SOURCES.get(given["referral_source"], "unknown"), "age_band": s.age_band(key, day),
            },
        }  # fmt: skip
        items.append(Item(**common))
        police.append(Item(above=int(given["referral_source"] == "6"), **common))
        known = row["is_rereferral"] is not None
        again.append(Item(above=int(row["is_rereferral"] is True), unsettled=not known, **common))
    table = ("ssd.cin_episodes",)
    percent: Any = {"tables": table, "decimals": 1, "scale": 100, "fewest": FEWEST}
    return {
        "FD-04": Measure("count", ("M", "YTD", "R12", "Y"), items, table, splits=("referral_source", "age_band")),
        "FD-04.children": Measure("count", ("R12", "Y"), items, table, distinct=True),
        "FD-05": Measure("rate", ("R12", "Y"), items, table, decimals=1),
        "FD-07": Measure("ratio", ("M", "R12", "Y"), again, splits=("age_band",), **percent),
        "FD-07.children": Measure("ratio", ("R12", "Y"), again, distinct=True, **percent),
        "FD-10": Measure("share", ("M", "R12", "Y"), items, splits=("referral_source",), **percent),
        "FD-10.police": Measure("ratio", ("M", "R12", "Y"), police, **percent),
    }


def after_working_hours(start: datetime, hours: Decimal) -> datetime:
    """So many hours later, of which only those of working days count: 24 are one working day."""
    left, now = timedelta(hours=float(hours)), start
    while True:
        midnight = datetime.combine(now.date() + DAY, time())
        if is_working_day(now.date()):
            if now + left <= midnight:
                return now + left
            left -= midnight - now
        now = midnight


def triage_measures(s: Source) -> dict[str, Measure]:
    items = []
    for row in s.rows("portal_referrals.triage_decisions"):
        day, got, decided = row["triage_received_date"], row["triage_received_at"], row["triage_decided_at"]
        rating = next(
            (
                r
                for r in s.rows("portal_referrals.triage_ratings")
                if r["risk_rating"] == row["risk_rating"]
                and r["valid_from"] <= day <= (r["valid_to"] or journey.FOREVER)
            ),
            None,
        )
        if rating is None or got is None or (row["triage_decided_date"] and decided is None):
            continue
        if rating["working_days_only"] == "yes":
            due = after_working_hours(got, rating["decision_hours"])
        else:
            due = got + timedelta(hours=float(rating["decision_hours"]))
        if decided is None and due.date() > s.as_at:
            continue
        in_time = decided is not None and decided <= due
        items.append(Item(day, int(in_time), **s.place_of_row(row), split={"risk_rating": row["risk_rating"]}))
    tables = ("portal_referrals.triage_decisions",)
    return {
        "FD-14": Measure(
            "ratio", ("W", "M", "YTD"), items, tables, decimals=1, scale=100, fewest=FEWEST, splits=("risk_rating",)
        )
    }  # fmt: skip


# the factors of the children in need census that the demo authority finds; 21 is none
FACTORS = {
    "1B": "alcohol_misuse_parent_or_carer", "2B": "drug_misuse_parent_or_carer", "3A": "domestic_abuse_child",
    "3B": "domestic_abuse_parent_or_carer", "4A": "mental_health_child", "4B": "mental_health_parent_or_carer",
    "5A": "learning_disability_child", "6A": "physical_disability_or_illness_child", "7A": "young_carer", "10A": "missing",
    "11A": "child_sexual_exploitation", "12A": "trafficking", "13A": "gangs", "14A": "socially_unacceptable_behaviour",
    "15A": "self_harm", "16A": "neglect", "17A": "emotional_abuse", "18C": "physical_abuse_adult_on_child",
    "19C": "sexual_abuse_adult_on_child", "20": "other", "24A": "child_criminal_exploitation",
}  # fmt: skip


def assessment_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    raw = {row["assessment_id"]: row for row in x.rows("cin_assessments")}
    of_factors = {row["assessment_factors_id"]: row["assessment_id"] for row in s.rows("ssd.assessment_factors")}
    factors = defaultdict(set)
    for row in s.rows("ssd.assessment_factor_items"):
        if row["value"] == "Y" and row["assessment_factors_id"] in of_factors and row["item"] != "21":
            factors[of_factors[row["assessment_factors_id"]]].add(row["item"])
    done, judged, days, factored, mentions = [], [], [], [], []
    for row in journey.assessments(x):
        day, key = row["authorisation_date"], row["child_key"]
        if day is None:
            continue
        common: Any = {
            "day": day, "child": key, **s.place_of_team_id(raw[row["assessment_id"]]["team_id"]),
            "split": {"age_band": s.age_band(key, day)},
        }  # fmt: skip
        done.append(Item(**common))
        if row["is_in_time"] is not None:
            judged.append(Item(above=int(row["is_in_time"]), **common))
        if row["working_days"] is not None:
            days.append(Item(above=row["working_days"], **common))
        found = factors[row["assessment_id"]]
        if found:
            factored.append(Item(**common))
        for item in found:
            mentions.append(Item(**common | {"split": {"assessment_factor": FACTORS[item]}}))
    table = ("ssd.cin_assessments",)
    percent: Any = {"tables": table, "decimals": 1, "scale": 100, "fewest": FEWEST}
    return {
        "AS-01": Measure("count", ("M", "YTD", "Y"), done, table, splits=("age_band",)),
        "AS-02": Measure("ratio", ("M", "YTD", "R12", "Y"), judged, splits=("age_band",), **percent),
        "AS-06": Measure("median", ("M", "R12"), days, table),
        "AS-06.p90": Measure("percentile", ("M", "R12"), days, table, percentile=90),
        "AS-09": Measure(
            "share", ("R12", "Y"), mentions, over=factored, over_flow=True, splits=("assessment_factor",), **percent
        ),
    }


def enquiry_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    raw = {(row["s47_enquiry_id"], x.key(row["child_id"])): row for row in x.rows("s47_enquiry")}
    begun, due_items = [], []
    for row in journey.enquiries(x):
        start, key = row["strategy_discussion_date"], row["child_key"]
        place = s.place_of_team_id(raw[row["s47_enquiry_id"], key]["team_id"])
        begun.append(Item(start, child=key, **place))
        due = x.due("initial_conference", start)
        if due is not None and due <= s.as_at:
            due_items.append(Item(due, int(row["icpc_date"] is not None), child=key, **place))
    tables = ("ssd.s47_enquiry", "ssd.initial_cp_conference")
    return {
        "AS-07": Measure("rate", ("R12", "Y"), begun, tables[:1], decimals=1),
        "AS-08": Measure("ratio", ("R12",), due_items, tables, decimals=1, scale=100, fewest=FEWEST),
    }


# --- children in need and child protection ----------------------------------------------------------------------------


def need_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    on_list = journey.in_need(x, s.months, journey.care_leavers(x))
    raw = {row["referral_id"]: row for row in x.rows("cin_episodes")}

    def at(row: Row, above: int = 1) -> Item:
        key, on = row["child_key"], row["reference_date"]
        return Item(on, above, child=key, **s.place_of_child(key, on), split={"age_band": s.age_band(key, on)})

    started = [
        Item(r["referral_date"], child=r["child_key"], **s.place_of_team_id(raw[r["referral_id"]]["team_id"]))
        for r in journey.need_episodes(x)
        if r["close_reason"] not in ("RC8", "RC9")
    ]
    followed = []
    for row in journey.need_plans(x):
        if row["has_cp_plan_within_12_months"] is not None:
            end, key = months_after(row["start_date"], 12), row["child_key"]
            followed.append(Item(end, int(row["has_cp_plan_within_12_months"]), child=key))
    table = ("ssd.cin_episodes", "ssd.cin_plans")
    care = ("ssd.cp_plans", "ssd.cla_episodes", "ssd.legal_status", "ssd.care_leavers")
    authority = ("authority",)
    return {
        "CN-01": Measure("rate", ("SNAP", "Y"), [at(r) for r in on_list], table, stock=True, decimals=1, levels=authority),
        "CN-02": Measure("count", ("M", "R12", "Y"), started, table, levels=authority),
        "CN-08": Measure(
            "ratio", ("R12",), followed, ("ssd.cin_plans", "ssd.cp_plans"), decimals=1, scale=100, fewest=FEWEST,
            levels=authority, window_months=12,
        ),
        "CN-09": Measure(
            "count", ("SNAP",), [at(r) for r in on_list if r["is_child_in_need_plan"]], table + care, stock=True,
            levels=authority, splits=("age_band",),
        ),
    }  # fmt: skip


def protection_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    theirs = {p["cp_plan_id"] for p in journey.plans(x) if p["is_other_authority_plan"]}
    open_plans = [r for r in journey.plans_at_month_ends(x, s.months) if r["cp_plan_id"] not in theirs]

    def at(row: Row, above: int = 1) -> Item:
        key, on = row["child_key"], row["reference_date"]
        return Item(on, above, child=key, **s.place_of_child(key, on), split={"age_band": s.age_band(key, on)})

    started, second = [], []
    for plan in journey.plans(x):
        if not plan["is_other_authority_plan"]:
            day, key, known = plan["start_date"], plan["child_key"], plan["is_second_or_subsequent"]
            started.append(Item(day, child=key, split={"age_band": s.age_band(key, day)}))
            second.append(Item(day, int(known is True), child=key, unsettled=known is None))
    held = [Item(r["icpc_date"], int(r["is_in_time"] is True), child=r["child_key"]) for r in journey.conferences(x)]
    # a conference transferred in is timed by the authority it came from
    timed = [
        Item(r["icpc_date"], int(r["is_in_time"] is True), child=r["child_key"])
        for r in journey.conferences(x)
        if not r["is_transfer_in"]
    ]
    plan, icpc = ("ssd.cp_plans",), ("ssd.initial_cp_conference", "ssd.s47_enquiry")
    percent: Any = {"decimals": 1, "scale": 100, "fewest": FEWEST, "levels": ("authority",)}
    reviewed = [
        at(r, int(r["has_every_review_on_time"]))
        for r in open_plans
        if r["has_every_review_on_time"] is not None and months_after(r["start_date"], 3) <= r["reference_date"]
    ]
    return {
        "CP-01": Measure(
            "rate", ("SNAP", "Y"), [at(r) for r in open_plans], plan, stock=True, decimals=1, splits=("age_band",)
        ),
        "CP-02": Measure("rate", ("M", "R12", "Y"), started, plan, decimals=1, levels=("authority",)),
        "CP-04": Measure("ratio", ("M", "YTD", "R12", "Y"), timed, icpc, **percent),
        "CP-06": Measure("rate", ("R12", "Y"), held_ones(held), icpc, decimals=1, levels=("authority",)),
        "CP-07": Measure("ratio", ("M", "R12", "Y"), second, plan, **percent),
        "CP-09": Measure("ratio", ("SNAP", "Y"), reviewed, plan, stock=True, **percent),
        "CP-10": Measure(
            "ratio",
            ("SNAP", "Y"),
            [at(r, int(r["days_on_plan"] > 729)) for r in open_plans],
            plan,
            stock=True,
            **percent,
        ),
    }


def held_ones(items: Iterable[Item]) -> list[Item]:
    """The same things, each counted once above the line."""
    return [Item(i.day, 1, 1, i.child, i.service, i.team, i.split) for i in items]


# --- children looked after, care leavers ------------------------------------------------------------------------------


def care_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    placed = journey.looked_after(x, s.months)

    def at(row: Row, above: int = 1) -> Item:
        key, on = row["child_key"], row["reference_date"]
        return Item(on, above, child=key, **s.place_of_child(key, on), split={"age_band": s.age_band(key, on)})

    made = journey.periods(x)
    started = [Item(p["start_date"], child=p["child_key"]) for p in made]
    adopted = [
        Item(p["end_date"], int(p["end_reason"] in ("E11", "E12")), child=p["child_key"]) for p in made if p["end_date"]
    ]
    assessed: dict[str, set[date]] = defaultdict(set)
    for row in x.rows("cla_health"):
        if row["health_check_status"] == "completed" and "health_assessment" in row["health_check_type"]:
            assessed[x.key(row["child_id"])].add(row["health_check_date"])
    health = []
    for row in placed:
        on, key = row["reference_date"], row["child_key"]
        first = months_after(on + DAY, -12)
        # 12 months of days, as the national return counts them: of those at 31 March, since 1 April
        if row["start_date"] <= first and x.is_whole("cla_health", first):
            number = sum(first <= day <= on for day in assessed[key])
            health.append(at(row, int(number >= (2 if row["age"] is not None and row["age"] < 5 else 1))))
    waiting = []
    for _, on in s.months:
        first_open: dict[str, date] = {}
        for row in s.rows("ssd.pre_proceedings"):
            if row["decision_date"] and is_open(row["decision_date"], s.until(row["ended_date"]), on):
                key = x.key(row["child_id"])
                first_open[key] = min(row["decision_date"], first_open.get(key, date.max))
        waiting += [Item(on, (on - day).days // 7, child=key) for key, day in first_open.items()]
    table = ("ssd.cla_episodes", "ssd.legal_status")
    authority: Any = {"levels": ("authority",)}
    percent: Any = {"tables": table, "scale": 100, "fewest": FEWEST, **authority}
    return {
        "CL-01": Measure("rate", ("SNAP", "Y"), [at(r) for r in placed], table, stock=True, splits=("age_band",)),
        "CL-02": Measure("rate", ("M", "R12", "Y"), started, table, distinct=True, **authority),
        "CL-04": Measure(
            "ratio",
            ("SNAP", "Y"),
            # placements of the 12 months are known where the extract reaches so far back
            [
                at(r, int(r["placements_last_12_months"] >= 3))
                for r in placed
                if x.is_whole("cla_placement", months_after(r["reference_date"] + DAY, -12))
            ],
            stock=True,
            **percent,
        ),
        "CL-13": Measure("ratio", ("Y",), health, stock=True, **percent),
        "CL-13.live": Measure("ratio", ("SNAP",), health, stock=True, **percent),
        "CL-35.weeks": Measure(
            "median", ("SNAP",), waiting, ("ssd.pre_proceedings",), stock=True, decimals=1, **authority
        ),
        "AD-01": Measure("ratio", ("R12", "Y"), adopted, **percent),
    }


def leaver_measures(s: Source) -> dict[str, Measure]:
    """Care leavers of the list at the date. Who died or returned home receives no service."""
    suited, touched = [], []
    for row in journey.care_leavers(s.extract):
        on, key = row["reference_date"], row["child_key"]
        if row["age"] is None or not 19 <= row["age"] <= 21:
            continue
        if row["in_touch"] in ("died", "returned_home"):
            continue
        touched.append(Item(on, int(row["in_touch"] == "yes"), child=key))
        if row["accommodation_type"] not in ("G", "H", "R", None):
            suited.append(Item(on, int(row["accommodation_suitability"] == "suitable"), child=key))
    table: Any = {
        "tables": ("ssd.care_leavers",),
        "stock": True,
        "scale": 100,
        "fewest": FEWEST,
        "levels": ("authority",),
    }
    snapshots = {last for _, _, last in s.windows["ssd.care_leavers"]}

    def whole_year(start: date, end: date) -> bool:
        """The year's birthdays are told when each month from three before it to its end has its list."""
        first = months_after(start, -3)
        ends = [m.end for m in _months(first, period_containing(start, "year").end)]
        return set(ends) <= snapshots

    return {
        "LV-22": Measure("ratio", ("SNAP",), touched, **table),
        "LV-25": Measure("ratio", ("SNAP",), suited, **table),
        "LV-03": Measure("ratio", ("Y",), [], scale=100, fewest=FEWEST, covered=whole_year, levels=("authority",)),
    }


def _months(first: date, last: date) -> Iterator[Any]:
    month = period_containing(first, "month")
    while month.start <= last:
        yield month
        month = month.next()


# --- fostering, adoption, residential, private fostering --------------------------------------------------------------


def fostering_measures(s: Source) -> dict[str, Measure]:
    changes, taken, reviews = [], [], []
    households = {row["household_id"]: row for row in s.rows("fostering.households")}
    approvals: dict[str, list[date]] = defaultdict(list)
    for row in s.rows("fostering.household_approvals"):
        if (
            row["approval_kind"] == "first"
            and row["approval_outcome"] == "approved"
            and s.until(row["approval_decision_date"])
        ):
            approvals[row["household_id"]].append(row["approval_decision_date"])
    for row in households.values():
        place = s.place_of_row(row)
        approved, ended = s.until(row["household_approved_date"]), s.until(row["household_ended_date"])
        if approved:
            changes.append(Item(approved, 1, **place))
            if ended:
                changes.append(Item(ended, -1, **place))
    for row in s.rows("fostering.household_enquiries"):
        day = s.until(row["foster_approved_date"])
        if day and row["foster_enquiry_date"]:
            taken.append(Item(day, (day - row["foster_enquiry_date"]).days))
    held: dict[str, list[date]] = defaultdict(list)
    for row in s.rows("fostering.household_reviews"):
        if s.until(row["household_review_held_date"]):
            held[row["household_id"]].append(row["household_review_held_date"])
    for row in s.rows("fostering.household_reviews"):
        if row["household_review_kind"] == "other":
            continue
        household, day = households[row["household_id"]], row["household_review_held_date"]
        own = s.until(day)
        before = [d for d in held[row["household_id"]] if own is None or d < own]
        before += approvals[row["household_id"]]
        start = max((d for d in before if own is None or d < own), default=None)
        due = months_after(start, 12) if start else row["household_review_due_date"]
        if due is None or due > s.as_at:
            continue
        ended = s.until(household["household_ended_date"])
        if ended and ended <= due and own is None:
            continue
        reviews.append(Item(due, int(own is not None and own <= due), **s.place_of_row(household)))
    authority: Any = {"levels": ("authority",)}
    enquiries = ("fostering.household_enquiries",)
    return {
        "FO-02": Measure("count", ("Q", "Y"), changes, ("fostering.household_approvals",)),
        "FO-03": Measure(
            "ratio", ("M", "R12"), reviews, ("fostering.household_reviews",), decimals=1, scale=100, fewest=FEWEST
        ),
        "FO-08": Measure("mean", ("R12",), taken, enquiries, **authority),
        "FO-08.median": Measure("median", ("R12",), taken, enquiries, **authority),
    }


def adoption_measures(s: Source) -> dict[str, Measure]:
    placed, matched, stages = [], [], []
    for row in s.rows("adoption.adoption_children"):
        place = s.place_of_row(row)
        day, entry = s.until(row["placed_for_adoption_date"]), row["care_entry_date"]
        end = row["early_permanence_date"] or day
        if day and entry and end and entry <= end <= day:
            placed.append(Item(day, (end - entry).days, **place))
        match, order = s.until(row["matched_date"]), row["placement_order_date"]
        if match and order and order <= match:
            matched.append(Item(match, (match - order).days, **place))
    for row in s.rows("adoption.adopter_families"):
        for end, start, months in (
            (row["stage_one_end_date"], row["registration_date"] or row["stage_one_start_date"], 2),
            (row["stage_two_end_date"], row["stage_two_start_date"], 4),
        ):
            if s.until(end) and start:
                stages.append(Item(end, int(end <= months_after(start, months)), **s.place_of_row(row)))
    child, family = ("adoption.adoption_children",), ("adoption.adopter_families",)
    return {
        "AD-02": Measure("mean", ("R12",), placed, child),
        "AD-02.median": Measure("median", ("R12",), placed, child),
        "AD-03": Measure("mean", ("R12",), matched, child),
        "AD-03.median": Measure("median", ("R12",), matched, child),
        "AD-06": Measure("ratio", ("R12",), stages, family, decimals=1, scale=100, fewest=FEWEST),
    }


def residential_measures(s: Source) -> dict[str, Measure]:
    homes = {row["home_id"]: row for row in s.rows("residential.homes")}

    def common(row: Row) -> Any:
        home = homes[row["home_id"]]
        return s.place_of_row(home) | {"split": {"home_kind": home["home_kind"]}}

    rows = s.rows("residential.nights")
    nights = [Item(r["night_date"], r["places_occupied"], r["places_available"], **common(r)) for r in rows]
    occupied = [Item(r["night_date"], 0, r["places_occupied"], **common(r)) for r in rows]
    incidents = [
        Item(r["incident_date"], 1, **common(r))
        for r in s.rows("residential.incidents")
        if r["restraint"] == "yes" or r["serious"] == "yes"
    ]
    tables = ("residential.nights", "residential.incidents")
    kinds: Any = {"decimals": 1, "scale": 100, "splits": ("home_kind",)}
    return {
        "RS-02": Measure("ratio", ("M",), nights, tables[:1], fewest=FEWEST, **kinds),
        "RS-04": Measure("ratio", ("M",), incidents, tables, over=occupied, over_flow=True, **kinds),
    }


def private_fostering_measures(s: Source) -> dict[str, Measure]:
    arrangements = s.rows("private_fostering.arrangements")
    opened = []
    for _, on in s.months:
        for row in arrangements:
            told = row["arrangement_notified_date"]
            start = max(d for d in (row["arrangement_start_date"] or told, told) if d)
            if is_open(start, s.until(row["arrangement_end_date"]), on):
                opened.append(Item(on, **s.place_of_row(row)))
    news = [
        Item(r["private_notified_date"], **s.place_of_row(r))
        for r in s.rows("private_fostering.notifications")
        if r["notification_kind"] != "ended"
    ]
    visited: dict[str, date] = {}
    for row in s.rows("private_fostering.visits"):
        if s.until(row["private_visit_date"]):
            made = row["arrangement_id"]
            visited[made] = min(row["private_visit_date"], visited.get(made, date.max))
    told_to = {row["arrangement_id"]: row for row in s.rows("private_fostering.notifications")}
    first = []
    for row in arrangements:
        due, seen = add_working_days(row["arrangement_notified_date"], 7), visited.get(row["arrangement_id"])
        ended = s.until(row["arrangement_end_date"])
        if due > s.as_at or (ended and ended <= due and (seen is None or seen > ended)):
            continue
        first.append(
            Item(due, int(seen is not None and seen <= due), **s.place_of_row(told_to.get(row["arrangement_id"], row)))
        )
    tables = ("private_fostering.notifications", "private_fostering.visits")
    return {
        "PF-01": Measure("count", ("SNAP",), opened, ("private_fostering.arrangements",), stock=True),
        "PF-01F": Measure("count", ("Q", "R12", "Y"), news, tables[:1], levels=("authority", "team")),
        "PF-02": Measure("ratio", ("Q", "R12", "Y"), first, tables, decimals=1, scale=100, fewest=FEWEST),
    }


# --- missing, Get Safe, education -------------------------------------------------------------------------------------


def missing_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    episodes, third = [], []
    for row in journey.missing_episodes(x):
        if row["kind"] != "missing":
            continue
        day, key = row["start"].date(), row["child_key"]
        common: Any = {"day": day, "child": key, **s.place_of_child(key, day)}
        episodes.append(Item(**common, split={"missing_from": "care" if row["is_looked_after"] else "home"}))
        third.append(Item(above=int(row["last_90_days"] >= 3), **common))
    talks = []
    place = {row["interview_id"]: row for row in x.interviews}
    for row in journey.return_interviews(x):
        if row["held_date"]:
            at = s.place_of_row(place[row["interview_id"]])
            talks.append(Item(row["returned_date"], int(row["is_in_time"]), child=row["child_key"], **at))
    years = {on.year for _, on in s.months if on.month == 3 and on.day == 31}
    away = []
    for year in sorted(years):
        first, last = date(year - 1, 4, 1), date(year, 3, 31)
        # who left care on the first day of the year was looked after in it
        cared = {
            p["child_key"] for p in journey.periods(x)
            if p["start_date"] <= last and (p["end_date"] is None or p["end_date"] >= first)
        }  # fmt: skip
        gone = {
            r["child_key"] for r in journey.missing_episodes(x)
            if r["kind"] == "missing" and r["is_looked_after"] and first <= r["start"].date() <= last
        }  # fmt: skip
        away += [Item(last, int(key in gone), child=key) for key in cared | gone]
    table = ("ssd.missing",)
    return {
        "GS-07": Measure(
            "ratio", ("Y",), away, (*table, "ssd.cla_episodes", "ssd.legal_status"), scale=100, fewest=FEWEST,
            levels=("authority",),
        ),
        "GS-01": Measure("count", ("W", "M", "R12"), episodes, table, splits=("missing_from",)),
        "GS-02": Measure("count", ("W", "M"), episodes, table, distinct=True),
        "GS-03": Measure("ratio", ("M",), third, table, distinct=True, decimals=1, scale=100, fewest=FEWEST),
        "GS-06": Measure(
            "ratio", ("W", "M"), talks, (*table, "return_interviews.return_interviews"), decimals=1, scale=100, fewest=FEWEST
        ),
    }  # fmt: skip


def get_safe_measures(s: Source) -> dict[str, Measure]:
    """Cases open at the date, each child once; the level is the highest of the latest assessment of each kind."""
    x = s.extract
    levels = {row["risk_level"]: row for row in s.rows("get_safe.risk_levels")}
    assessed: dict[str, list[Row]] = defaultdict(list)
    for row in s.rows("get_safe.risk_assessments"):
        assessed[x.key(row["child_id"])].append(row)
    held: dict[str, list[date]] = defaultdict(list)
    for row in s.rows("get_safe.risk_reviews"):
        if s.until(row["review_held_date"]):
            held[row["risk_assessment_id"]].append(row["review_held_date"])
    opened, reviews = [], []
    for _, on in s.months:
        running: dict[str, Row] = {}
        for row in sorted(s.rows("get_safe.get_safe_cases"), key=lambda r: (r["opened_date"], r["get_safe_case_id"])):
            if is_open(row["opened_date"], s.until(row["closed_date"]), on):
                running[x.key(row["child_id"])] = row
        for key, case in running.items():
            latest: dict[str, Row] = {}
            for row in sorted(
                assessed[key], key=lambda r: (r["assessed_date"], journey.id_order(r["risk_assessment_id"]))
            ):
                if case["opened_date"] <= row["assessed_date"] <= on:
                    latest[row["exploitation_type"]] = row
            ranked = sorted((levels[r["risk_level"]]["level_order"], r["risk_level"]) for r in latest.values())
            level = ranked[-1][1] if ranked else "not_assessed"
            opened.append(Item(on, child=key, **s.place_of_child(key, on), split={"risk_level": level}))
            for row in latest.values():
                interval = levels[row["risk_level"]]["review_interval_days"]
                if interval is None:
                    continue
                last = max((d for d in held[row["risk_assessment_id"]] if d <= on), default=None)
                due = row["next_review_due_date"] or row["assessed_date"] + interval * DAY
                if last and last >= due:
                    due = last + interval * DAY
                reviews.append(Item(on, int(due >= on), child=key, **s.place_of_row(case)))
    told = [
        Item(r["nrm_referred_date"], child=x.key(r["child_id"]), **s.place_of_row(r))
        for r in s.rows("get_safe.nrm_referrals")
    ]
    tables = ("get_safe.get_safe_cases", "get_safe.risk_assessments")
    return {
        "GS-09": Measure("count", ("SNAP",), opened, tables, stock=True, splits=("risk_level",)),
        "GS-10": Measure(
            "ratio", ("SNAP",), reviews, tables, stock=True, decimals=1, scale=100, fewest=FEWEST, levels=("authority",)
        ),
        "GS-12": Measure("count", ("M", "R12"), told, ("get_safe.nrm_referrals",)),
    }


def _in_social_care(s: Source) -> Iterator[tuple[date, str]]:
    """Children with an open episode of need, a child protection plan or in care at each month end."""
    x = s.extract
    rows = journey.in_need(x, s.months, journey.care_leavers(x)) + journey.plans_at_month_ends(x, s.months)
    for row in rows + journey.looked_after(x, s.months):
        yield row["reference_date"], row["child_key"]


def education_measures(s: Source) -> dict[str, Measure]:
    asked = {row["ehcp_request_id"]: row["request_date"] for row in s.rows("ssd.ehcp_requests")}
    plans = []
    for row in s.rows("ssd.ehcp_assessment"):
        day, start = s.until(row["ehcp_assessment_outcome_date"]), asked.get(row["ehcp_request_id"])
        if row["ehcp_assessment_outcome"] == "Y" and day and start:
            plans.append(Item(day, int((day - start).days <= 140)))
    tables = ("ssd.ehcp_requests", "ssd.ehcp_assessment")
    x = s.extract
    sessions: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in s.rows("education.attendance_summary"):
        month = row["month_start_date"]
        total = sessions[month.year - (month.month < 9), x.key(row["child_id"])]
        total[0] += row["sessions_missed"] or 0
        total[1] += row["sessions_possible"] or 0
    known: dict[date, set[str]] = defaultdict(set)
    for on, key in _in_social_care(s):
        known[on].add(key)
    absent = []
    for (year, key), (missed, possible) in sessions.items():
        start = date(year, 9, 1)
        age = x.age(key, start - DAY)  # school years go by the age on 31 August
        if possible and age is not None and 5 <= age <= 15 and key in known[date(year + 1, 3, 31)]:
            absent.append(Item(date(year + 1, 8, 31), int(missed * 10 >= possible), child=key))

    return {
        "VL-04": Measure(
            "ratio",
            ("AY",),
            absent,
            # schools are closed in August, and no attendance is taken
            covered=lambda start, end: s.covers(
                "education.attendance_summary", start, date(end.year, 7, 31) if end.month == 8 else end
            ),
            decimals=1,
            scale=100,
            fewest=FEWEST,
            levels=("authority",),
        ),
        "VL-07": Measure(
            "ratio", ("M", "CY"), plans, tables, decimals=1, scale=100, fewest=FEWEST, levels=("authority",)
        ),
    }


# --- early help, supporting families, edge of care --------------------------------------------------------------------


def early_help_measures(s: Source) -> dict[str, Measure]:
    x = s.extract
    referred: dict[str, list[date]] = defaultdict(list)
    for row in journey.referrals(x):
        referred[row["child_key"]].append(row["referral_date"])
    done, judged, stepped, closed, opened = [], [], [], [], []
    for row in s.rows("supporting_families.early_help_cases"):
        key = x.key(row["child_id"])
        common: Any = {"child": key, **s.place_of_row(row), "split": {"level_of_need": row["level_of_need"]}}
        start, day = row["early_help_assessment_start_date"], s.until(row["early_help_assessment_completed_date"])
        if day:
            done.append(Item(day, **common))
            within = x.within("early_help_assessment", start, day) if start else None
            if within is not None:
                judged.append(Item(day, int(within), **common))
        began, ended = row["early_help_start_date"], s.until(row["early_help_end_date"])
        opened += [Item(on, **common) for _, on in s.months if is_open(began, ended, on)]
        until = months_after(began, 6)
        if row["stepped_down"] == "yes" and until <= s.as_at:
            stepped.append(Item(until, int(not any(began < d <= until for d in referred[key])), **common))
        if ended and (until := months_after(ended, 12)) <= s.as_at:
            closed.append(Item(until, int(any(ended <= d <= until for d in referred[key])), **common))
    table = ("supporting_families.early_help_cases",)
    percent: Any = {"decimals": 1, "scale": 100, "fewest": FEWEST}
    return {
        "EH-01": Measure("count", ("M", "YTD"), done, table, splits=("level_of_need",)),
        "EH-02": Measure("ratio", ("M", "R12"), judged, table, splits=("level_of_need",), **percent),
        "EH-03": Measure("count", ("SNAP",), opened, table, stock=True, splits=("level_of_need",)),
        "EH-04": Measure("ratio", ("R12",), closed, (*table, "ssd.cin_episodes"), window_months=12, **percent),
        "EH-05": Measure("ratio", ("R12",), stepped, (*table, "ssd.cin_episodes"), window_months=6, **percent),
    }


def families_measures(s: Source) -> dict[str, Measure]:
    claims, checked = [], []
    for row in s.rows("supporting_families.claims"):
        split = {"programme": row["programme"]}
        good = row["claim_status"] not in ("rejected", "withdrawn", "draft") and row["sample_valid"] != "no"
        if s.until(row["claimed_date"]) and good:
            # set beside the target of the programme year the claim was made in
            years = {t["programme"] for t in s.rows("supporting_families.programme_targets")
                     if t["target_from"] <= row["claimed_date"] <= t["target_to"]}  # fmt: skip
            claimed = split if row["programme"] in years or len(years) != 1 else {"programme": next(iter(years))}
            claims.append(Item(row["claimed_date"], split=claimed))
        if s.until(row["sampled_date"]) and row["sample_valid"]:
            checked.append(Item(row["sampled_date"], int(row["sample_valid"] == "yes"), split=split))
    targets = []
    for row in s.rows("supporting_families.programme_targets"):
        for _, on in s.months:
            if row["target_from"] <= on <= row["target_to"]:
                targets.append(Item(on, 0, row["target_claims"], split={"programme": row["programme"]}))
    percent: Any = {"decimals": 1, "scale": 100, "fewest": FEWEST, "levels": ("authority",), "splits": ("programme",)}
    table, family = ("supporting_families.claims",), ("supporting_families.families",)
    return {
        "SF-02": Measure("ratio", ("M", "Q", "YTD"), claims, (*table, *family), over=targets, **percent),
        "SF-03": Measure("ratio", ("Q",), checked, table, **percent),
    }


def edge_of_care_measures(s: Source) -> dict[str, Measure]:
    ended = []
    for row in s.rows("edge_of_care.edge_of_care_cases"):
        if day := s.until(row["work_ended_date"]):
            out = row["edge_outcome"] != "looked_after" and row["protection_plan_at_end"] == "no"
            ended.append(Item(day, int(out), **s.place_of_row(row)))
    table = ("edge_of_care.edge_of_care_cases",)
    return {"SF-05": Measure("ratio", ("M", "R12"), ended, table, decimals=1, scale=100, fewest=FEWEST)}


# --- audit ------------------------------------------------------------------------------------------------------------


def _template(s: Source, name: str, on: date) -> Row:
    for row in s.rows("quality_assurance.audit_templates"):
        if row["template"] == name and row["valid_from"] <= on <= (row["valid_to"] or journey.FOREVER):
            return row
    raise KeyError("an audit's template has no version valid on the day of completion")


def audit_measures(s: Source) -> dict[str, Measure]:
    graded, completed, moderated, pairs, due, waits = [], [], [], [], [], []
    review_due: dict[str, tuple[date, Row]] = {}
    for row in s.rows("quality_assurance.audits"):
        place = s.place_of_row(row)
        day = row["due_date"]
        approved = row["status"] == "withdrawn" and row["withdrawal_approved"] == "yes"
        done = s.until(row["completed_date"]) if row["status"] != "withdrawn" else None
        if day and day <= s.as_at and not approved:
            due.append(Item(day, int(done is not None and done <= day), **place))
        if done is None:
            continue
        template, seen = _template(s, row["template"], done), s.until(row["moderated_date"])
        is_moderated = template["moderated"] == "yes"
        if is_moderated:
            grade, on, basis = row["moderated_grade"], seen, "moderated"
        else:
            grade, on, basis = row["lead_grade"] or row["peer_grade"], done, "auditor"
        if grade and on:
            split = {"final_grade": grade, "final_grade_basis": basis}
            graded.append(Item(on, int(grade in GRADES[2:]), **place, split=split))
        completed.append(Item(done, int(bool(row["moderated_grade"] and seen)), **place))
        if is_moderated and seen:
            waits.append(Item(seen, working_days_between(done, seen), **place))
            before = row["agreed_grade"] or row["peer_grade"] or row["lead_grade"]
            if before and row["moderated_grade"]:
                step = GRADES.index(row["moderated_grade"]) - GRADES.index(before)
                way = "same" if step == 0 else "up" if step > 0 else "down"
                moderated.append(Item(seen, **place, split={"moderation_direction": way}))
        if row["lead_grade"] and row["peer_grade"] and row["graded_independently"] == "yes":
            pairs.append(Item(done, GRADES.index(row["lead_grade"]), GRADES.index(row["peer_grade"]), **place))
        anchor = {"moderation": seen, "completion": done, "none": None}[template["review_anchor"]]
        if anchor:
            review_due[row["audit_id"]] = (anchor + 56 * DAY, row)
    actions = []
    for row in s.rows("quality_assurance.audit_actions"):
        if row["audit_id"] in review_due and row["status"] != "not_required":
            last, audit = review_due[row["audit_id"]]
            finished = row["completed_date"] if row["status"] == "complete" else None
            actions.append(Item(last, int(finished is not None and finished <= last), **s.place_of_row(audit)))
    table = ("quality_assurance.audits",)
    percent: Any = {"scale": 100, "fewest": FEWEST}
    services = ("authority", "service")
    return {
        # a team's audits are told over 12 months only, and AU-10 of the authority alone
        "AU-02": Measure("ratio", ("M", "Q"), due, table, levels=services, **percent),
        "AU-03": Measure(
            "share", ("M", "Q", "R12"), held_ones(graded), table, splits=("final_grade",), levels=services, **percent
        ),
        "AU-04": Measure(
            "ratio", ("M", "Q", "R12"), graded, table, splits=("final_grade_basis",), levels=services, **percent
        ),
        "AU-06.completed": Measure("ratio", ("M", "Q"), completed, table, levels=services, **percent),
        "AU-07": Measure("median", ("M", "Q"), waits, table, decimals=1, levels=services),
        "AU-09": Measure(
            "share", ("Q", "R12"), moderated, table, splits=("moderation_direction",), levels=services, **percent
        ),
        "AU-10": Measure("kappa", ("R12",), pairs, table, decimals=2, fewest=30, levels=("authority",)),
        "AU-12": Measure(
            "ratio", ("M", "Q", "R12"), actions, (*table, "quality_assurance.audit_actions"), levels=services, **percent
        ),
    }


ETHNIC_GROUPS = {
    "W": "white", "M": "mixed", "A": "asian", "B": "black", "CHNE": "asian", "OOTH": "other", "REFU": "not_known",
    "NOBT": "not_known",
}  # fmt: skip


def _open_cases(s: Source) -> dict[tuple[date, str], tuple[str, str]]:
    """Children of the inspection lists of open cases at each month end, with the most advanced status and the team that holds them.

    A child to be adopted is looked after. The team of a child with early help alone is that of the help.
    """
    x, leavers = s.extract, journey.care_leavers(s.extract)
    helped, status = {}, {}

    def say(name: str, rows: Iterable[tuple[date, str]]) -> None:
        """What is said later goes before what was said sooner."""
        status.update(dict.fromkeys(rows, name))

    for row in s.rows("supporting_families.early_help_cases"):
        key, team = x.key(row["child_id"]), s.place_of_row(row)["team"]
        spells = (
            (row["early_help_start_date"], row["early_help_end_date"]),
            (row["early_help_assessment_start_date"], row["early_help_assessment_completed_date"]),
        )
        for _, on in s.months:
            if any(start and is_open(start, s.until(end), on) for start, end in spells):
                helped[on, key] = team
    need = journey.in_need(x, s.months, leavers)
    say("early_help", helped)
    say("care_leaver", ((r["reference_date"], r["child_key"]) for r in leavers))
    say("open_assessment", ((r["reference_date"], r["child_key"]) for r in journey.open_assessments(x, s.months)))
    for name in ("open_assessment", "child_in_need_plan"):
        say(name, ((r["reference_date"], r["child_key"]) for r in need if r["case_status"] == name))
    say("child_protection", ((r["reference_date"], r["child_key"]) for r in journey.plans_at_month_ends(x, s.months)))
    say("looked_after", ((r["reference_date"], r["child_key"]) for r in journey.looked_after(x, s.months)))
    for row in s.rows("adoption.adoption_children"):
        start, ends = row["best_interest_decision_date"], (row["child_adoption_order_date"], row["plan_ended_date"])
        end = min((day for day in map(s.until, ends) if day), default=None)
        key = x.key(row["child_id"])
        say("looked_after", ((on, key) for _, on in s.months if start and is_open(start, end, on)))
    found = {}
    for (on, key), name in status.items():
        team = s.place_of_child(key, on)["team"]
        alone = name == "early_help" or team == NOWHERE
        found[on, key] = (name, helped.get((on, key), team) if alone else team)
    return found


def frame_measures(s: Source) -> dict[str, Measure]:
    """Children audited, each as the list found the child that the sample was drawn from, beside the children with an open case."""
    x, status = s.extract, _open_cases(s)

    def groups(key: str, on: date) -> dict[str, str]:
        person = s.persons.get(key, {})
        ethnicity = person.get("ethnicity") or "NOBT"
        return {
            "team": status[on, key][1], "case_status": status[on, key][0], "age_band": s.age_band(key, on),
            "sex": person.get("sex") or "unknown",
            "ethnicity_group": ETHNIC_GROUPS.get(ethnicity) or ETHNIC_GROUPS[ethnicity[0]],
        }  # fmt: skip

    frame = [Item(on, child=key, split=groups(key, on)) for on, key in status]
    listed = {row["audit_id"]: row for row in s.rows("quality_assurance.audit_allocations")}
    audited = []
    for row in sorted(s.rows("quality_assurance.audits"), key=lambda r: r["audit_id"]):
        done = s.until(row["completed_date"]) if row["status"] != "withdrawn" else None
        if not done or not row["child_id"]:
            continue
        circulated = listed[row["audit_id"]]["circulated_date"] if row["audit_id"] in listed else row["allocated_date"]
        drawn, key = circulated.replace(day=1) - DAY, x.key(row["child_id"])
        if (drawn, key) in status:
            audited.append(Item(done, child=key, split=groups(key, drawn)))
    audits = "quality_assurance.audits"
    lists = (
        "ssd.cin_episodes", "ssd.cin_plans", "ssd.cp_plans", "ssd.cla_episodes", "ssd.legal_status", "ssd.care_leavers",
        "ssd.cin_assessments", "supporting_families.early_help_cases",
    )  # fmt: skip

    def covered(start: date, end: date) -> bool:
        """Audits of every day, and the lists at every month end."""
        ends = [on for _, on in s.months if start <= on <= end]
        return bool(ends) and s.covers(audits, start, end) and all(s.covers(t, on, on) for t in lists for on in ends)

    common: Any = {
        "over": frame,
        "averaged": True,
        "decimals": 1,
        "scale": 100,
        "levels": ("authority",),
        "covered": covered,
    }
    return {
        "AU-19": Measure("ratio", ("R12",), audited, distinct=True, fewest=FEWEST, **common),
        "AU-20": Measure("max_difference", ("R12",), audited, **common),
    }


# --- disputes, feedback, WebStar, complaints --------------------------------------------------------------------------


def dispute_measures(s: Source) -> dict[str, Measure]:
    opened, first_stage, days = [], [], []
    register = [r for r in s.rows("quality_assurance.dispute_stage_register") if r["formal"] == "yes"]
    first = min(register, key=lambda r: r["stage_order"])["stage"]
    for row in s.rows("quality_assurance.dispute_resolutions"):
        formal, closed, place = s.until(row["formal_raised_date"]), s.until(row["closed_date"]), s.place_of_row(row)
        if formal is None:
            continue
        opened.append(Item(formal, **place))
        if closed:
            settled = row["outcome"] in ("resolved", "partly_resolved") and row["resolved_at_stage"] == first
            first_stage.append(Item(closed, int(settled), **place))
            days.append(Item(closed, working_days_between(formal, closed), **place))
    care = [Item(r["reference_date"], 0, 1) for r in journey.looked_after(s.extract, s.months)]
    table = ("quality_assurance.dispute_resolutions",)
    both = (*table, "ssd.cla_episodes", "ssd.legal_status")
    return {
        "DR-04": Measure(
            "ratio", ("M", "Q", "R12"), opened, both, over=care, decimals=1, scale=100, levels=("authority",)
        ),
        "DR-04.count": Measure("count", ("M", "Q", "R12"), opened, table),
        "DR-05": Measure("ratio", ("Q", "R12"), first_stage, table, scale=100, fewest=FEWEST),
        "DR-06": Measure("median", ("Q", "R12"), days, table, decimals=1),
    }


def meaning_of_answers(rows: Iterable[Row]) -> Callable[[str, str, date], str | None]:
    """What an answer to a question means on a day: a row of the question before one of every question, the latest first."""
    register = sorted(rows, key=lambda r: (bool(r["question"]), r["valid_from"]), reverse=True)

    def meaning(question: str, answer: str, day: date) -> str | None:
        for row in register:
            in_force = row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"])
            if row["answer"] == answer and row["question"] in (question, "", None) and in_force:
                return row["meaning"]
        return None

    return meaning


def feedback_measures(s: Source) -> dict[str, Measure]:
    meaning = meaning_of_answers(s.rows("voice.feedback_answer_meanings"))
    responses: dict[str, Item] = {}
    answers = []
    for row in s.rows("voice.feedback"):
        place = s.place_of_row(row)
        split = {"channel": row["channel"], "respondent": row["respondent"], "question": row["question"]}
        responses[row["response_id"]] = Item(row["response_date"], **place, split=split)
        means = meaning(row["question"], row["answer"], row["response_date"])
        if means not in ("not_answered", None):
            answers.append(Item(row["response_date"], int(means == "positive"), **place, split=split))
    offers, taken = [], []
    for row in s.rows("voice.advocacy_offers"):
        if row["independent_visitor"] == "yes" or not s.until(row["offered_date"]):
            continue
        common: Any = {"child": s.extract.key(row["child_id"]), **s.place_of_row(row)}
        offers.append(Item(row["offered_date"], int(row["offered"] == "yes"), **common))
        if row["offered"] == "yes" and row["taken_up"] in ("yes", "no"):
            taken.append(Item(row["offered_date"], int(row["taken_up"] == "yes"), **common))
    table, advocacy = ("voice.feedback",), ("voice.advocacy_offers",)
    given = list(responses.values())
    percent: Any = {"scale": 100, "fewest": FEWEST}
    return {
        "FB-01": Measure("count", ("M", "Q", "H"), given, table, splits=("channel",)),
        "FB-03": Measure("ratio", ("Q", "H"), answers, table, splits=("question",), **percent),
        "FB-06": Measure("share", ("Q", "H"), given, table, splits=("respondent",), **percent),
        "FB-08": Measure("ratio", ("Q", "R12"), offers, advocacy, distinct=True, **percent),
        "FB-08.taken_up": Measure("ratio", ("Q", "R12"), taken, advocacy, distinct=True, **percent),
    }


def webstar_measures(s: Source) -> dict[str, Measure]:
    scored: dict[tuple[str, str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(s.rows("voice.webstar"), key=lambda r: r["star_date"]):
        if s.until(row["star_date"]) and row["score"] is not None:
            scored[row["intervention_id"], row["respondent"], row["area"]][row["stage"]].append(row)
    changes, better, paired, started = [], [], set(), set()
    for (intervention, respondent, area), stages in scored.items():
        if not stages["start"]:
            continue
        started.add(intervention)
        first = stages["start"][0]
        last = [r for r in stages["end"] if r["star_date"] >= first["star_date"]]
        if last:
            paired.add(intervention)
            end = last[-1]
            change = end["score"] - first["score"]
            common: Any = {**s.place_of_row(end), "split": {"respondent": respondent, "webstar_area": area}}
            changes.append(Item(end["star_date"], change, **common))
            better.append(Item(end["star_date"], int(change > 0), **common))
    gaps = []
    for (intervention, respondent, area), stages in scored.items():
        other = scored.get((intervention, "child", area), {})
        if respondent == "parent" and stages["start"] and other.get("start"):
            parent, child = stages["start"][0], other["start"][0]
            later = max(parent, child, key=lambda r: r["star_date"])
            split = {"webstar_area": area}
            gaps.append(
                Item(later["star_date"], parent["score"] - child["score"], **s.place_of_row(later), split=split)
            )
    closed = []
    for row in s.rows("voice.webstar_interventions"):
        if s.until(row["closed_date"]) and row["intervention_id"] in started:
            closed.append(Item(row["closed_date"], int(row["intervention_id"] in paired), **s.place_of_row(row)))
    table = ("voice.webstar",)
    both = (*table, "voice.webstar_interventions")
    splits: Any = {"splits": ("respondent", "webstar_area")}
    return {
        "WS-02": Measure("ratio", ("Q", "R12"), closed, both, scale=100, fewest=FEWEST),
        "WS-03": Measure("mean", ("Q", "R12"), changes, table, decimals=1, **splits),
        "WS-04": Measure("ratio", ("Q", "R12"), better, table, scale=100, fewest=FEWEST, **splits),
        "WS-05": Measure("mean", ("Q", "R12"), gaps, table, decimals=1, splits=("webstar_area",)),
    }


def complaint_measures(s: Source) -> dict[str, Measure]:
    complaints = {row["complaint_id"]: row for row in s.rows("complaints.complaints")}
    stages = {(row["complaint_id"], row["stage"]): row for row in s.rows("complaints.complaint_stages")}

    asked, first = [], []
    for (complaint_id, stage), row in stages.items():
        complaint = complaints.get(complaint_id)
        if complaint is None or complaint["procedure"] != "statutory_children" or stage != 1:
            continue
        place = s.place_of_row(complaint)
        if s.until(row["requested_date"]):
            asked.append(Item(row["requested_date"], **place))
        # the statutory clock starts anew when a suspended complaint is taken up again
        limits, clock = s.extract.standard("complaint_stage_1", row["requested_date"]), row["clock_start_date"]
        suspended, resumed = complaint["suspended_date"], s.until(complaint["resumed_date"])
        answered = s.until(row["responded_date"])
        if limits is None or clock is None:
            continue
        if suspended and suspended <= s.as_at and (answered is None or suspended < answered):
            if resumed is None:
                continue  # the clock stands still
            clock = max(clock, resumed)
        due = add_working_days(clock, limits[0])
        closed = s.until(complaint["closed_date"])
        if due > s.as_at or (answered is None and closed and closed <= due):
            continue
        if complaint["status"] == "withdrawn" and closed and closed <= due and (answered is None or answered > due):
            continue
        first.append(Item(due, int(answered is not None and answered <= due), **place))
    points = []
    for row in s.rows("complaints.complaint_points"):
        stage, complaint = stages.get((row["complaint_id"], row["stage"])), complaints.get(row["complaint_id"])
        day = s.until(row["decided_date"] or (stage["responded_date"] if stage else None))
        if day and row["outcome"] and complaint:
            upheld = row["outcome"] in ("upheld", "partly_upheld")
            split = {"procedure": complaint["procedure"], "theme": row["theme"]}
            points.append(Item(day, int(upheld), **s.place_of_row(complaint), split=split))
    praise = [
        Item(r["received_date"], **s.place_of_row(r))
        for r in s.rows("complaints.compliments")
        if r["external"] == "yes"
    ]
    tables = ("complaints.complaints", "complaints.complaint_stages")
    percent: Any = {"scale": 100, "fewest": FEWEST}
    return {
        "CO-01": Measure("count", ("M", "Q", "R12", "Y"), asked, tables),
        "CO-02": Measure("ratio", ("Q", "R12", "Y"), first, tables, **percent),
        "CO-06": Measure("ratio", ("Q", "R12", "Y"), points, tables, splits=("procedure", "theme"), **percent),
        "CO-08": Measure("count", ("M", "Q", "R12", "Y"), praise, ("complaints.compliments",)),
    }


# --- workforce, partnership -------------------------------------------------------------------------------------------


def _hundredths(number: Decimal | None) -> int:
    return int(half_up((number or Decimal(0)) * 100, 0))


def workforce_measures(s: Source) -> dict[str, Measure]:
    """The return of 30 September is the authority's; the monthly lists tell services and teams too."""
    posts, vacancies, agency, leavers, cases, live = [], [], [], [], [], []
    open_posts = {row["snapshot_date"]: _hundredths(row["vacancy_fte"]) for row in s.rows("workforce.csww_vacancies")}
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in s.rows("workforce.csww_workers"):
        by_day[row["snapshot_date"]].append(row)
    for day, rows in by_day.items():
        own = [r for r in rows if r["agency_worker"] == "no"]
        stay = [r for r in own if r["role_end_date"] is None or r["role_end_date"] > day]
        left = [r for r in own if r["role_end_date"] and months_after(day + DAY, -12) <= r["role_end_date"] <= day]
        temporary = [r for r in rows if r["agency_worker"] == "yes" and (r["role_end_date"] or journey.FOREVER) > day]
        fte, lent = sum(_hundredths(r["fte"]) for r in stay), sum(_hundredths(r["fte"]) for r in temporary)
        posts.append(Item(day, fte))
        vacancies.append(Item(day, open_posts[day], open_posts[day] + fte))
        agency.append(Item(day, lent, lent + fte))
        leavers.append(Item(day, sum(_hundredths(r["fte_30"]) for r in left), fte))
        holding = [r for r in stay + temporary if (r["cases_held"] or 0) > 0]
        cases.append(Item(day, sum(r["cases_held"] for r in holding), sum(_hundredths(r["fte"]) for r in holding)))
    for row in s.rows("workforce.workers"):
        if row["child_and_family_social_worker"] == "yes" and row["agency"] == "no":
            split = {"role": row["role"]}
            live.append(Item(row["snapshot_date"], _hundredths(row["fte"]), **s.place_of_row(row), split=split))
    once: Any = {
        "tables": ("workforce.csww_workers", "workforce.csww_vacancies"), "stock": True, "position_month": 9, "decimals": 1,
        "levels": ("authority",),
    }  # fmt: skip
    percent: Any = once | {"scale": 100, "fewest": FEWEST}
    workers = ("workforce.workers", "workforce.posts")
    return {
        "WF-01": Measure("count", ("Y",), posts, divisor=100, **once),
        "WF-01.live": Measure("count", ("SNAP",), live, workers, stock=True, decimals=1, divisor=100, splits=("role",)),
        "WF-02": Measure("ratio", ("Y",), vacancies, **percent),
        "WF-03": Measure("ratio", ("Y",), leavers, **percent),
        "WF-04": Measure("ratio", ("Y",), agency, **percent),
        "WF-05": Measure("ratio", ("Y",), cases, scale=100, **once),
        "WF-10": Measure(
            "ratio", ("SNAP",), _caseloads(s), ("ssd.involvements",), stock=True, scale=100, fewest=FEWEST,
            levels=("authority",),
        ),
    }  # fmt: skip


def _caseloads(s: Source) -> list[Item]:
    """Workers who hold the case of a child at the date, with whether they hold more than the limit in force."""
    new = {
        (row["snapshot_date"], row["worker_id"])
        for row in s.rows("workforce.workers")
        if row["newly_qualified"] == "yes"
    }
    found = []
    for _, on in s.months:
        for worker, number in journey.caseload(s.extract, on).items():
            name = "caseload_newly_qualified" if (on, worker) in new else "caseload"
            limit = s.extract.standard(name, on)
            if limit is not None:
                found.append(Item(on, int(number > limit[0])))
    return found


def partnership_measures(s: Source) -> dict[str, Measure]:
    present: dict[str, set[str]] = defaultdict(set)
    told = set()
    for row in s.rows("partnership.meeting_attendance"):
        told.add(row["strategy_meeting_id"])
        if row["attended"] == "yes":
            present[row["strategy_meeting_id"]].add(row["agency"])
    meetings: dict[str, Item] = {}
    for row in s.rows("partnership.strategy_meetings"):
        number = row["strategy_meeting_id"]
        if row["held"] == "yes" and s.until(row["meeting_date"]):
            if number in told:
                quorate = {"police", "health", "children_social_care"} <= present[number]
            else:
                quorate = row["quorate"] == "yes"
            meetings[number] = Item(row["meeting_date"], int(quorate), **s.place_of_row(row))
    came: dict[tuple[str, str, str], bool] = defaultdict(bool)
    invited = {}
    for row in s.rows("partnership.conference_attendance"):
        if s.until(row["conference_date"]) and (row["invited"] == "yes" or row["attended"] == "yes"):
            key = (row["conference_id"], row["agency"], row["attendee_role"])
            invited[key] = row
            came[key] = came[key] or row["attended"] == "yes"
    invitations = [
        Item(
            r["conference_date"], int(came[key]), split={"agency": r["agency"], "conference_kind": r["conference_kind"]}
        )
        for key, r in invited.items()
    ]
    percent: Any = {"decimals": 1, "scale": 100, "fewest": FEWEST, "levels": ("authority",)}
    return {
        "QP-01": Measure("ratio", ("M", "Q"), list(meetings.values()), ("partnership.strategy_meetings",), **percent),
        "QP-02": Measure(
            "ratio", ("M", "Q"), invitations, ("partnership.conference_attendance",), splits=("agency", "conference_kind"),
            **percent,
        ),
    }  # fmt: skip


AREAS: list[Callable[[Source], dict[str, Measure]]] = [
    referral_measures, triage_measures, assessment_measures, enquiry_measures, need_measures, protection_measures,
    care_measures, leaver_measures, fostering_measures, adoption_measures, residential_measures,
    private_fostering_measures, missing_measures, get_safe_measures, education_measures, early_help_measures,
    families_measures, edge_of_care_measures, audit_measures, frame_measures, dispute_measures, feedback_measures,
    webstar_measures, complaint_measures, workforce_measures, partnership_measures,
]  # fmt: skip


def measures(source: Source) -> dict[str, Measure]:
    """Every KPI of the reckoning, by its code."""
    return {code: measure for area in AREAS for code, measure in area(source).items()}
