"""The KPI catalogue: reads and checks dbt_project/kpis/*.yml and turns it into the control relations the warehouse joins.

What a KPI is belongs here; how its rows are counted belongs in dbt_project/models/measures, and its arithmetic in models/kpi.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:
    import pyarrow as pa

POPULATIONS_FILE = "populations.yml"  # the populations several areas count; an area's own stand in its file
ROUTES_FILE = Path("dbt_project/routes.yml")
SUPPLIED = "reference.supplied_values"  # the values of KPIs without an extract
JOURNEY = "journey"  # in populations.yml: the tables of a fact's route, whichever the authority delivers
MEASURES_MODELS = Path("dbt_project/models/measures")

# W week, M month, Q quarter, H half-year, YTD year to date, R12 rolling 12 months, Y financial year, SNAP position at the date,
# T school term, AY academic year (September to August), CY calendar year.
Basis = Literal["W", "M", "Q", "H", "YTD", "R12", "Y", "SNAP", "T", "AY", "CY"]
# A basis not lawful for the nature of a KPI is an error: a stock has no year to date, and a flow has no snapshot.
OVER_TIME = frozenset({"W", "M", "Q", "H", "YTD", "R12", "Y", "T", "AY", "CY"})
LAWFUL_BASES: dict[str, frozenset[str]] = {
    "flow": OVER_TIME,
    "stock": frozenset({"SNAP", "Y"}),
    "cohort": OVER_TIME,
    "annual_collection": frozenset({"Y", "AY", "CY"}),
}
# What numerator / denominator is multiplied by, unless an entry says otherwise.
SCALES = {"%": 100, "per 10,000": 10_000, "per 100": 100}
Calculation = Literal[
    "count", "ratio", "share", "rate", "mean", "median", "percentile", "kappa", "max_difference", "supplied"
]
DIVIDED = ("ratio", "share", "rate", "mean")  # the calculations that need a denominator named
OF_ROWS = ("median", "percentile")  # made from the rows, not from sums
TOTALS_ONLY = (*OF_ROWS, "kappa", "max_difference")
Unit = Literal[
    "count", "%", "per 10,000", "per 100", "points", "days", "working days", "weeks", "score", "FTE", "cases", "ratio",
    "kappa", "percentage points", "pounds",
]  # fmt: skip
# How many small counts say something of a person, by what a KPI counts (measures.md): the disclosure rule of its cells.
DISCLOSURE = {"people": "always", "events_of_people": "breakdowns and public", "process": "never"}

MeasureReference = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
TableReference = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Model = TypeVar("Model", bound=BaseModel)


class CatalogueError(ValueError):
    """A catalogue file that cannot be used; the message names the file, the KPI or population, and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Population(_Strict):
    """A set of things that can be counted, and the extract tables a month of it needs.

    `reference` populations are looked up (the mid-year estimate); months of them are never summed and need no coverage.
    """

    kind: Literal["flow", "stock", "reference"]
    event_date: str
    covered_as: Literal["flow", "stock"] | None = (
        None  # where coverage is judged otherwise: events told by month-end snapshots
    )
    quiet_month: Annotated[int, Field(ge=1, le=12)] | None = (
        None  # needs no cover, for nothing can happen in it (schools: 8)
    )
    weekly: bool = False  # summed by week too
    # of a stock that is counted once a year: the month whose position is that of the financial year (9: 30 September)
    position_month: Annotated[int, Field(ge=1, le=12)] | None = None
    tables: list[TableReference] = Field(min_length=1)


class Route(_Strict):
    """One way a fact can be delivered: its name and the extract tables it needs, all of them."""

    route: Identifier
    tables: list[TableReference] = Field(min_length=1)


class _Routes(_Strict):
    routes: dict[Identifier, list[Route]] = Field(min_length=1)


class Reliability(_Strict):
    """A measure that, when it is above 0 in the denominator's rows, marks the value as of low reliability (status u)."""

    measure: MeasureReference
    reason: str


class Comparator(_Strict):
    """A published series a KPI may be set beside, picked by what its source calls it and never by the KPI's own code."""

    source: str
    source_measure_code: str
    measure: str
    unit: str
    note: Annotated[str, Field(description="How the published figure differs from ours; blank when it is the same")] = (
        ""
    )


class Change(_Strict):
    """A change of a definition: from when on, and what changed."""

    since: date
    what: str


class Kpi(_Strict):
    """One entry of the catalogue: what is divided by what, on which bases, and how the result is read."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2,3}-\d{2}[A-Z]?(\.[a-z0-9_]+)?$")]
    title: str
    definition: str
    nature: Literal["flow", "stock", "cohort", "annual_collection"]
    tier: Annotated[int, Field(ge=1, le=3)]
    counts: Literal["people", "events_of_people", "process"]
    calculation: Calculation
    numerator: MeasureReference | None = None
    denominator: MeasureReference | None = None
    # Of a stock that a flow is divided by: the position at the reference date, or the mean of the period's month ends.
    denominator_at: Literal["reference", "average"] = "reference"
    distinct: bool = False  # children are counted, each once in a period, not the rows
    percentile: Annotated[int, Field(ge=1, le=99)] | None = None
    multiplier: Annotated[int, Field(ge=1)] | None = None  # instead of the unit's own
    divisor: Annotated[int, Field(ge=1)] = 1  # of a count told in parts, such as hundredths of a full-time post
    min_denominator: Annotated[int, Field(ge=1)] | None = None
    reliability: Reliability | None = None
    # Rows of the denominator that miss a date (not a breach of the standard), and rows not due yet, which stand outside it.
    recording_gap: MeasureReference | None = None
    not_yet_due: MeasureReference | None = None
    window: str | None = None  # of a cohort: how long its items are watched, in words
    window_months: Annotated[int, Field(ge=1)] | None = None
    funnel: bool = (
        True  # of a percentage: false where it is made of parts of posts or nights, which have no limits of chance
    )
    bases: list[Basis] = Field(min_length=1)
    authority_only: bool = False  # has a meaning for the authority as a whole only
    team_bases: list[Basis] | None = None  # the bases on which teams are shown; all of them unless said otherwise
    breakdowns: list[Identifier] = []
    unit: Unit
    decimals: Annotated[int, Field(ge=0, le=4)]
    polarity: Literal["H", "L", "N", "range"]
    # Largest number of counted items one person has at a service in a quarter (star areas of child and parent, actions,
    # answers). 1: each item is a person. Disclosure control must not take items for people; a test holds the bound.
    items_per_person: Annotated[int, Field(ge=1)] = 1
    practice_standards: list[Identifier] = Field(
        default=[], description="Codes of the register whose timescale it uses"
    )
    statutory_basis: str = ""
    notes: str = Field(default="", description="What is counted in and what is left out")
    interpretation: str = Field(default="", description="How to read it: what a high or low figure can mean")
    comparators: list[Comparator] = []
    owner: str
    effective_from: date | None = None
    effective_to: date | None = None
    history: list[Change] = []
    audiences: list[Identifier] = Field(description="Published datasets the KPI may stand in; publication is opt-in")
    status: Literal["active", "not_available"] = "active"
    missing_extract: str | None = Field(
        default=None, description="What would have to be delivered for it to be computed"
    )

    @model_validator(mode="after")
    def _rules(self) -> Kpi:
        unlawful = [basis for basis in self.bases if basis not in LAWFUL_BASES[self.nature]]
        if unlawful:
            lawful = ", ".join(sorted(LAWFUL_BASES[self.nature]))
            raise ValueError(f"basis {', '.join(unlawful)} is not lawful for nature {self.nature}; use {lawful}")
        if len(set(self.bases)) < len(self.bases) or len(set(self.breakdowns)) < len(self.breakdowns):
            raise ValueError("a basis or a breakdown is named twice")
        if self.team_bases and not set(self.team_bases) <= set(self.bases):
            raise ValueError("team_bases names a basis the KPI does not have")
        if "total" in self.breakdowns:
            raise ValueError("'total' is always there; do not list it as a breakdown")
        if (self.status == "not_available") != (self.missing_extract is not None):
            raise ValueError("what is not available names the missing_extract, and nothing else does")
        if self.nature == "cohort" and not self.window and self.status == "active":
            raise ValueError("a cohort says how long its items are watched: window")
        if self.status == "not_available" or self.calculation == "supplied":
            if self.numerator or self.denominator:
                raise ValueError("what is not computed names no numerator and no denominator")
            return self
        if self.numerator is None:
            raise ValueError("numerator is missing")
        if self.calculation == "count" and self.denominator is not None:
            raise ValueError("a count has no denominator, and every other calculation has one")
        if self.calculation in DIVIDED and self.denominator is None:
            raise ValueError("a count has no denominator, and every other calculation has one")
        if self.denominator is None and (self.min_denominator or self.reliability):
            raise ValueError("min_denominator and reliability need a denominator")
        if (self.calculation == "percentile") != (self.percentile is not None):
            raise ValueError("a percentile, and only a percentile, says which")
        if self.distinct and self.calculation not in ("count", "ratio", "rate"):
            raise ValueError("distinct children are counted by a count, a ratio or a rate")
        if self.calculation == "share" and not self.breakdowns:
            raise ValueError("a share needs a breakdown: it is each value's part of the whole")
        return self

    @property
    def measure(self) -> str:
        """The measure of the framework the entry belongs to: the code without the part after the dot."""
        return self.code.partition(".")[0]

    @property
    def is_proportion(self) -> bool:
        """Whether the numerator is some of the rows of the denominator, so that chance has limits between teams."""
        if (
            self.calculation != "ratio"
            or self.unit != "%"
            or self.scale != 100
            or not self.numerator
            or not self.denominator
        ):
            return False
        return self.funnel and split_reference(self.numerator)[0] == split_reference(self.denominator)[0]

    @property
    def tells_breaches(self) -> bool:
        """Whether what is not in time can be told from what is not recorded: a standard, a gap named, and a good direction."""
        is_judged = bool(self.practice_standards) and self.recording_gap is not None and self.polarity in ("H", "L")
        return is_judged and (self.calculation == "ratio" or (self.calculation == "count" and self.polarity == "L"))

    @property
    def disclosure(self) -> str:
        """When small counts are suppressed: always, breakdowns and public, or never."""
        return DISCLOSURE[self.counts]

    @property
    def scale(self) -> int:
        """What numerator / denominator is multiplied by: 1, 100 (percentage) or 10,000 (rate), or the entry's multiplier."""
        return self.multiplier or SCALES.get(self.unit, 1)

    @property
    def definition_hash(self) -> str:
        """sha256 of the entry as canonical JSON (sorted keys, fields left at their default omitted).

        Omitting defaults keeps the hashes of published releases stable when a new optional field comes into being. Who reads
        a KPI and who owns it does not change what it is: another audience must not restate what is published.
        """
        entry = self.model_dump(mode="json", exclude_defaults=True, exclude={"audiences", "owner"})
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


class Area(_Strict):
    """One catalogue file: an area of practice, its heading in the self-evaluation, the populations it counts and its KPIs.

    `defaults` are fields every entry of the file has unless it says otherwise; `parts` of an entry are further entries
    `<code>.<part>` that have what the entry has but for what they say (the 90th percentile beside the median).
    """

    area: str
    self_evaluation_heading: str
    populations: dict[Identifier, Population] = {}
    kpis: list[Kpi] = Field(min_length=1)


class _Populations(_Strict):
    populations: dict[Identifier, Population] = Field(min_length=1)


class Catalogue(BaseModel):
    """Every area file and the populations, checked against each other and against the columns of the measures models."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    areas: list[Area]
    populations: dict[str, Population]
    routes: dict[str, list[Route]]

    @cached_property
    def kpis(self) -> list[Kpi]:
        """All KPIs, ordered by code."""
        return sorted((kpi for area in self.areas for kpi in area.kpis), key=lambda kpi: kpi.code)

    def kpi(self, code: str) -> Kpi:
        """The KPI with this code (case does not matter); KeyError with a hint when there is none."""
        for kpi in self.kpis:
            if kpi.code.casefold() == code.casefold():
                return kpi
        raise KeyError(f"no KPI {code}; `qapm kpi list` shows the catalogue")

    def datasets_of(self, table: str) -> set[str]:
        """The published datasets with a figure that is made from an extract table, given as `source.table`."""
        needed = {table} | {
            f"{JOURNEY}.{fact}" for fact, routes in self.routes.items() if any(table in r.tables for r in routes)
        }
        populations = {name for name, p in self.populations.items() if needed & set(p.tables)}
        found: set[str] = set()
        for kpi in self.kpis:
            counted = {split_reference(m)[0] for m in (kpi.numerator, kpi.denominator) if m}
            supplied = kpi.calculation == "supplied" and table == SUPPLIED
            if supplied or counted & populations:
                found.update(kpi.audiences)
        return found

    def area_of(self, code: str) -> Area:
        """The area a KPI belongs to."""
        return next(area for area in self.areas if any(kpi.code == code for kpi in area.kpis))


def split_reference(reference: str) -> tuple[str, str]:
    """'population.measure' as its two names."""
    population, _, measure = reference.partition(".")
    return population, measure


# What the rows of a population of paired ratings carry beside the count of pairs: the sums of these give a weighted kappa.
RATINGS = ("first_rating", "second_rating", "first_squared", "second_squared", "product")


def measures_of(kpi: Kpi) -> dict[str, tuple[str, str]]:
    """What a KPI sums: side (numerator, denominator, reliability, recording_gap, not_yet_due, a rating) -> population, measure."""
    sides = {
        "numerator": kpi.numerator,
        "denominator": kpi.denominator,
        "reliability": kpi.reliability.measure if kpi.reliability else None,
        "recording_gap": kpi.recording_gap,
        "not_yet_due": kpi.not_yet_due,
    }
    found = {side: split_reference(reference) for side, reference in sides.items() if reference}
    if kpi.calculation == "kappa":
        found |= {rating: (found["numerator"][0], rating) for rating in RATINGS}
    return found


def taken(kpi: Kpi, side: str, population: Population) -> str:
    """How a period's figure comes from the slices of a measure: sum, position (in the last), average (of all) or looked_up."""
    if population.kind == "flow":
        return "sum"
    if population.kind == "reference":
        return "looked_up"
    return "average" if side == "denominator" and kpi.denominator_at == "average" else "position"


def case_filter(kpi: Kpi) -> tuple[str, str, str | None]:
    """(population, numerator measure, denominator measure) that select the cases behind a KPI from `measures_<population>`.

    A counted case has a denominator measure above 0 (for a count or a rate: a numerator measure above 0); the denominator
    is None where the numerator's rows are the cases. Raises KeyError for a KPI that is not counted from rows.
    """
    if kpi.numerator is None:
        raise KeyError(f"{kpi.code} is not counted from rows")
    population, numerator = split_reference(kpi.numerator)
    if kpi.denominator is None:
        return population, numerator, None
    denominator_population, denominator = split_reference(kpi.denominator)
    # A rate is divided by the population estimate, which is not a list of cases.
    return population, numerator, denominator if denominator_population == population else None


def load_catalogue(root: Path) -> Catalogue:
    """Read `root`/dbt_project/kpis (`root` is the checkout) and check it.

    Raises CatalogueError naming the file, the entry and the remedy, also when an entry names a population or a measure
    that no measures model has: such a KPI would otherwise be reported as 0.
    """
    folder = root / "dbt_project" / "kpis"
    populations_path = folder / POPULATIONS_FILE
    populations = dict(_validated(_Populations, populations_path).populations)
    columns = _measure_columns(root / MEASURES_MODELS)
    routes = _validated(_Routes, root / ROUTES_FILE).routes
    homes = dict.fromkeys(populations, populations_path.name)

    areas: dict[str, Area] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name != POPULATIONS_FILE:
            areas[path.name] = _validated(Area, path)
    if not areas:
        raise CatalogueError(f"no KPI file in {folder}")
    for file, area in areas.items():
        for name, population in area.populations.items():
            if name in homes:
                raise CatalogueError(f"{file}: population {name} is already defined in {homes[name]}")
            homes[name], populations[name] = file, population
    for name, population in populations.items():
        if name not in columns:
            raise CatalogueError(f"{homes[name]}: population {name} has no model measures_{name}")
        for source, fact in map(split_reference, population.tables):
            if source == JOURNEY and fact not in routes:
                raise CatalogueError(
                    f"{homes[name]}: population {name} needs {JOURNEY}.{fact}, which {ROUTES_FILE.name} does not have"
                )
    seen: dict[str, str] = {}
    for file, area in areas.items():
        for kpi in area.kpis:
            if kpi.code in seen:
                raise CatalogueError(f"{file}: {kpi.code} is already defined in {seen[kpi.code]}")
            seen[kpi.code] = file
            _check_against_models(file, kpi, populations, columns)
    return Catalogue(areas=list(areas.values()), populations=populations, routes=routes)


def relations(catalogue: Catalogue) -> dict[str, pa.Table]:
    """The control relations of schema raw: kpis and their bases, breakdowns, audiences and standards, populations, routes; in a stable order."""
    import pyarrow as pa  # here, because listing the catalogue needs no Arrow

    kpis: list[dict[str, Any]] = []
    for kpi in catalogue.kpis:
        area = catalogue.area_of(kpi.code)
        row: dict[str, Any] = {
            "code": kpi.code,
            "measure": kpi.measure,
            "title": kpi.title,
            "area": area.area,
            "nature": kpi.nature,
            "tier": kpi.tier,
            "counts": kpi.counts,
            "calculation": kpi.calculation,
            "numerator_measure": kpi.numerator,
            "denominator_measure": kpi.denominator,
            "scale": kpi.scale,
            "divisor": kpi.divisor,
            "decimals": kpi.decimals,
            "unit": kpi.unit,
            "polarity": kpi.polarity,
            "percentile": 50 if kpi.calculation == "median" else kpi.percentile,
            "is_distinct": kpi.distinct,
            "is_proportion": kpi.is_proportion,
            "tells_breaches": kpi.tells_breaches,
            "min_denominator": kpi.min_denominator,
            "items_per_person": kpi.items_per_person,
            "reliability_reason": kpi.reliability.reason if kpi.reliability else None,
            "cohort_window": kpi.window,
            "window_months": kpi.window_months,
            "effective_from": kpi.effective_from,
            "effective_to": kpi.effective_to,
            "status": kpi.status,
            "missing_extract": kpi.missing_extract,
            "owner": kpi.owner,
            "definition_hash": kpi.definition_hash,
            "self_evaluation_heading": area.self_evaluation_heading,
        }
        kpis.append(row)
    kinds: dict[str, pa.DataType] = dict.fromkeys(
        ("tier", "scale", "divisor", "decimals", "percentile", "min_denominator", "items_per_person", "window_months"),
        pa.int32(),
    )
    kinds |= dict.fromkeys(("is_distinct", "is_proportion", "tells_breaches"), pa.bool_())
    kinds |= dict.fromkeys(("effective_from", "effective_to"), pa.date32())
    kpi_schema = pa.schema([(name, kinds.get(name, pa.string())) for name in kpis[0]])
    measures = [
        {
            "code": kpi.code, "side": side, "population": population, "measure": measure,
            "taken": taken(kpi, side, catalogue.populations[population]),
            "position_month": catalogue.populations[population].position_month,
        }
        for kpi in catalogue.kpis
        for side, (population, measure) in measures_of(kpi).items()
    ]  # fmt: skip
    comparators = [
        {"code": kpi.code, "series": place, **comparator.model_dump()}
        for kpi in catalogue.kpis
        for place, comparator in enumerate(kpi.comparators, start=1)
    ]
    bases = [
        {
            "code": kpi.code,
            "basis": basis,
            "ordinal": ordinal,
            "has_services": not kpi.authority_only,
            "has_teams": not kpi.authority_only and (kpi.team_bases is None or basis in kpi.team_bases),
        }
        for kpi in catalogue.kpis
        for ordinal, basis in enumerate(kpi.bases, start=1)
    ]
    breakdowns = [{"code": kpi.code, "breakdown": breakdown} for kpi in catalogue.kpis for breakdown in kpi.breakdowns]
    audiences = [{"code": kpi.code, "dataset": dataset} for kpi in catalogue.kpis for dataset in kpi.audiences]
    standards = [
        {"code": kpi.code, "ordinal": ordinal, "standard": standard}
        for kpi in catalogue.kpis
        for ordinal, standard in enumerate(kpi.practice_standards, start=1)
    ]
    populations = [
        {
            "population": name,
            "kind": population.kind,
            "covered_as": population.covered_as or population.kind,
            "is_weekly": population.weekly,
            "quiet_month": population.quiet_month,
            "source": source,
            "table_name": table,
        }
        for name, population in sorted(catalogue.populations.items())
        for source, table in (split_reference(reference) for reference in population.tables)
    ]
    routes = [
        {"fact": fact, "route": route.route, "preference": preference, "source": source, "table_name": table}
        for fact, ways in sorted(catalogue.routes.items())
        for preference, route in enumerate(ways, start=1)
        for source, table in map(split_reference, route.tables)
    ]
    text = pa.string()
    return {
        "routes": pa.Table.from_pylist(
            routes,
            schema=pa.schema(
                [("fact", text), ("route", text), ("preference", pa.int32()), ("source", text), ("table_name", text)]
            ),
        ),
        "kpis": pa.Table.from_pylist(kpis, schema=kpi_schema),
        "kpi_measures": pa.Table.from_pylist(
            measures,
            schema=pa.schema(
                [(name, text) for name in ("code", "side", "population", "measure", "taken")]
                + [("position_month", pa.int32())]
            ),
        ),
        "kpi_comparators": pa.Table.from_pylist(
            comparators,
            schema=pa.schema(
                [("code", text), ("series", pa.int32())]
                + [(name, text) for name in ("source", "source_measure_code", "measure", "unit", "note")]
            ),
        ),
        "kpi_bases": pa.Table.from_pylist(
            bases,
            schema=pa.schema(
                [
                    ("code", text),
                    ("basis", text),
                    ("ordinal", pa.int32()),
                    ("has_services", pa.bool_()),
                    ("has_teams", pa.bool_()),
                ]
            ),
        ),
        "kpi_breakdowns": pa.Table.from_pylist(breakdowns, schema=pa.schema([("code", text), ("breakdown", text)])),
        "kpi_audiences": pa.Table.from_pylist(audiences, schema=pa.schema([("code", text), ("dataset", text)])),
        "kpi_standards": pa.Table.from_pylist(
            standards, schema=pa.schema([("code", text), ("ordinal", pa.int32()), ("standard", text)])
        ),
        "populations": pa.Table.from_pylist(
            populations,
            schema=pa.schema(
                [
                    ("population", text),
                    ("kind", text),
                    ("covered_as", text),
                    ("is_weekly", pa.bool_()),
                    ("quiet_month", pa.int32()),
                    ("source", text),
                    ("table_name", text),
                ]
            ),
        ),
    }


def _check_against_models(
    file: str, kpi: Kpi, populations: dict[str, Population], columns: dict[str, dict[str, set[str]]]
) -> None:
    if kpi.numerator is None:
        return
    for population, measure in measures_of(kpi).values():
        if population not in populations:
            raise CatalogueError(f"{file}: {kpi.code}: no population {population}; add it to {file}")
        if measure not in columns[population]["measures"]:
            known = ", ".join(sorted(columns[population]["measures"]))
            raise CatalogueError(f"{file}: {kpi.code}: measures_{population} has no measure {measure}; it has {known}")
    numerator_population, numerator = split_reference(kpi.numerator)
    numerator_kind = populations[numerator_population].kind
    # A flow may count a position (the children of school age at the end of a month), but never add positions up.
    summed = [basis for basis in kpi.bases if basis in ("YTD", "R12")] and numerator_kind == "stock"
    unfit = {"stock": numerator_kind != "stock", "cohort": numerator_kind != "flow", "flow": bool(summed)}
    if unfit.get(kpi.nature, False) or numerator_kind == "reference":
        raise CatalogueError(
            f"{file}: {kpi.code}: nature {kpi.nature} cannot count population {numerator_population} ({numerator_kind})"
        )
    if kpi.denominator:
        denominator_population, _ = split_reference(kpi.denominator)
        denominator_kind = populations[denominator_population].kind
        if (kpi.calculation == "rate") != (denominator_kind == "reference"):
            raise CatalogueError(
                f"{file}: {kpi.code}: a rate, and only a rate, is divided by a reference population; "
                f"{denominator_population} is {denominator_kind}"
            )
    if kpi.breakdowns and (kpi.distinct or kpi.calculation in TOTALS_ONLY):
        raise CatalogueError(
            f"{file}: {kpi.code}: medians, distinct children and agreement are made at totals only: no breakdowns"
        )
    kept = "values" if kpi.calculation in OF_ROWS else "children" if kpi.distinct else None
    if kept and numerator not in columns[numerator_population][kept]:
        raise CatalogueError(
            f"{file}: {kpi.code}: column {numerator} of measures_{numerator_population} needs `rows: {kept}` in its meta"
        )
    for population in {population for population, _ in measures_of(kpi).values()}:
        if "W" in kpi.bases and not populations[population].weekly:
            raise CatalogueError(f"{file}: {kpi.code}: population {population} is not kept by week (weekly: true)")
    for breakdown in kpi.breakdowns:
        if breakdown not in columns[numerator_population]["breakdowns"]:
            known = ", ".join(sorted(columns[numerator_population]["breakdowns"]))
            raise CatalogueError(
                f"{file}: {kpi.code}: measures_{numerator_population} has no breakdown {breakdown}; it has {known}"
            )


def _measure_columns(folder: Path) -> dict[str, dict[str, set[str]]]:
    """Population -> its measure and breakdown columns, as the measures models declare them in their column meta.

    `values` are the measures whose rows are kept for medians, `children` those whose children are counted once.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for model in (m for path in sorted(folder.glob("_*__models.yml")) for m in _read_yaml(path).get("models", [])):
        name = str(model["name"])
        if not name.startswith("measures_"):
            continue
        kinds: dict[str, set[str]] = {"measures": set(), "breakdowns": set(), "values": set(), "children": set()}
        for column in model.get("columns", []):
            meta = column.get("config", {}).get("meta", {})
            if meta.get("measure"):
                kinds["measures"].add(column["name"])
            if meta.get("breakdown"):
                kinds["breakdowns"].add(column["name"])
            if meta.get("rows"):
                kinds[meta["rows"]].add(column["name"])
        found[name.removeprefix("measures_")] = kinds
    return found


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe loader that refuses a key written twice: plain YAML would keep the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {', '.join(twice)} is written twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except FileNotFoundError:
        raise CatalogueError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise CatalogueError(f"{path.name}: expected a mapping at the top")
    return content


def _inherited(entry: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The entry without the breakdowns it was given by a default, where it is made at totals only."""
    totals_only = entry.get("distinct") or entry.get("calculation") in TOTALS_ONLY
    return entry | {"breakdowns": []} if totals_only and "breakdowns" not in own else entry


def _expanded(content: dict[str, Any]) -> dict[str, Any]:
    """The file with its defaults filled in and the parts of entries turned into entries of their own."""
    content = dict(content)
    defaults = content.pop("defaults", None) or {}
    entries: list[Any] = []
    for entry in content.get("kpis") or []:
        if not isinstance(entry, dict):
            entries.append(entry)
            continue
        whole = {**defaults, **entry}
        parts = whole.pop("parts", None) or []
        entries.append(_inherited(whole, entry))
        for part in parts:
            own = {name: value for name, value in part.items() if name != "part"}
            entries.append(_inherited({**whole, **own, "code": f"{whole.get('code')}.{part.get('part')}"}, own))
    return content | {"kpis": entries}


def _validated(model: type[Model], path: Path) -> Model:
    """The file as `model`; the first error becomes one line naming the file, the KPI code (or the place) and the fault."""
    content = _read_yaml(path)
    if model is Area:
        content = _expanded(content)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = list(first["loc"])
        where = ".".join(str(part) for part in place)
        if len(place) > 1 and place[0] == "kpis" and isinstance(place[1], int):
            entry = content["kpis"][place[1]]
            code = entry.get("code") if isinstance(entry, dict) else None
            field = ".".join(str(part) for part in place[2:])
            where = f"{code or f'entry {place[1] + 1}'}{': ' + field if field else ''}"
        message = first["msg"].removeprefix("Value error, ")
        raise CatalogueError(f"{path.name}: {where}: {message}") from None
