"""The KPI catalogue: reads and checks dbt_project/kpis/*.yml and turns it into the control relations the warehouse joins.

What a KPI is belongs here; how its rows are counted belongs in dbt_project/models/measures, and its arithmetic in models/kpi.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:
    import pyarrow as pa

POPULATIONS_FILE = "populations.yml"
ROUTES_FILE = Path("dbt_project/routes.yml")
JOURNEY = "journey"  # in populations.yml: the tables of a fact's route, whichever the authority delivers
MEASURES_MODELS = Path("dbt_project/models/measures/_measures__models.yml")

# A basis not lawful for the nature of a KPI is an error: a stock has no year to date, and a flow has no snapshot.
LAWFUL_BASES: dict[str, frozenset[str]] = {
    "flow": frozenset({"W", "M", "Q", "H", "YTD", "R12", "Y"}),
    "stock": frozenset({"SNAP", "Y"}),
    "cohort": frozenset({"W", "M", "Q", "H", "YTD", "R12", "Y"}),
}
SCALES = {"count": 1, "ratio": 100, "rate": 10_000, "mean": 1}

MeasureReference = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
TableReference = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Model = TypeVar("Model", bound=BaseModel)
Basis = Literal["W", "M", "Q", "H", "YTD", "R12", "Y", "SNAP"]


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


class Kpi(_Strict):
    """One entry of the catalogue: what is divided by what, on which bases, and how the result is read."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{2}[A-Z]?$")]
    title: str
    definition: str
    nature: Literal["flow", "stock", "cohort"]
    tier: Annotated[int, Field(ge=1, le=3)]
    counts: Literal["people", "events_of_people", "process"]
    calculation: Literal["count", "ratio", "rate", "mean"]
    numerator: MeasureReference
    denominator: MeasureReference | None = None
    min_denominator: Annotated[int, Field(ge=1)] | None = None
    reliability: Reliability | None = None
    bases: list[Basis] = Field(min_length=1)
    breakdowns: list[Identifier] = []
    unit: Literal["count", "%", "per 10,000", "points"]
    decimals: Annotated[int, Field(ge=0, le=4)]
    polarity: Literal["H", "L", "N", "range"]
    # Largest number of counted items one person has at a service in a quarter (star areas of child and parent, actions,
    # answers). 1: each item is a person. Disclosure control must not take items for people; a test holds the bound.
    items_per_person: Annotated[int, Field(ge=1)] = 1
    audiences: list[Identifier] = Field(description="Published datasets the KPI may stand in; publication is opt-in")
    status: Literal["active"] = "active"

    @model_validator(mode="after")
    def _rules(self) -> Kpi:
        unlawful = [basis for basis in self.bases if basis not in LAWFUL_BASES[self.nature]]
        if unlawful:
            lawful = ", ".join(sorted(LAWFUL_BASES[self.nature]))
            raise ValueError(f"basis {', '.join(unlawful)} is not lawful for nature {self.nature}; use {lawful}")
        if (self.calculation == "count") != (self.denominator is None):
            raise ValueError("a count has no denominator, and every other calculation has one")
        if self.calculation == "count" and (self.min_denominator or self.reliability):
            raise ValueError("min_denominator and reliability need a denominator")
        if len(set(self.bases)) < len(self.bases) or len(set(self.breakdowns)) < len(self.breakdowns):
            raise ValueError("a basis or a breakdown is named twice")
        if "total" in self.breakdowns:
            raise ValueError("'total' is always there; do not list it as a breakdown")
        return self

    @property
    def scale(self) -> int:
        """What numerator / denominator is multiplied by: 1, 100 (percentage) or 10,000 (rate)."""
        return SCALES[self.calculation]

    @property
    def definition_hash(self) -> str:
        """sha256 of the entry as canonical JSON (sorted keys, fields left at their default omitted).

        Omitting defaults keeps the hashes of published releases stable when a new optional field comes into being.
        """
        entry = self.model_dump(mode="json", exclude_defaults=True)
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


class Area(_Strict):
    """One catalogue file: an area of practice, its heading in the self-evaluation, and its KPIs."""

    area: str
    self_evaluation_heading: str
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
            if kpi.code == code.upper():
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
            if counted & populations:
                found.update(kpi.audiences)
        return found

    def area_of(self, code: str) -> Area:
        """The area a KPI belongs to."""
        return next(area for area in self.areas if any(kpi.code == code for kpi in area.kpis))


def split_reference(reference: str) -> tuple[str, str]:
    """'population.measure' as its two names."""
    population, _, measure = reference.partition(".")
    return population, measure


def case_filter(kpi: Kpi) -> tuple[str, str, str | None]:
    """(population, numerator measure, denominator measure) that select the cases behind a KPI from `measures_<population>`.

    A counted case has a denominator measure above 0 (for a count or a rate: a numerator measure above 0); the denominator
    is None where the numerator's rows are the cases.
    """
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
    populations = _validated(_Populations, populations_path).populations
    columns = _measure_columns(root / MEASURES_MODELS)
    routes = _validated(_Routes, root / ROUTES_FILE).routes
    for name, population in populations.items():
        if name not in columns:
            raise CatalogueError(f"{populations_path.name}: population {name} has no model measures_{name}")
        for source, fact in map(split_reference, population.tables):
            if source == JOURNEY and fact not in routes:
                raise CatalogueError(
                    f"{populations_path.name}: population {name} needs {JOURNEY}.{fact}, which {ROUTES_FILE.name} does not have"
                )

    areas: list[Area] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name == POPULATIONS_FILE:
            continue
        area = _validated(Area, path)
        for kpi in area.kpis:
            if kpi.code in seen:
                raise CatalogueError(f"{path.name}: {kpi.code} is already defined in {seen[kpi.code]}")
            seen[kpi.code] = path.name
            _check_against_models(path.name, kpi, populations, columns)
        areas.append(area)
    if not areas:
        raise CatalogueError(f"no KPI file in {folder}")
    return Catalogue(areas=areas, populations=populations, routes=routes)


def relations(catalogue: Catalogue) -> dict[str, pa.Table]:
    """The control relations of schema raw: kpis and their bases, breakdowns and audiences, populations, routes; in a stable order."""
    import pyarrow as pa  # here, because listing the catalogue needs no Arrow

    kpis: list[dict[str, Any]] = []
    for kpi in catalogue.kpis:
        area = catalogue.area_of(kpi.code)
        numerator = split_reference(kpi.numerator)
        denominator = split_reference(kpi.denominator) if kpi.denominator else (None, None)
        reliability = split_reference(kpi.reliability.measure) if kpi.reliability else (None, None)
        kpis.append(
            {
                "code": kpi.code,
                "title": kpi.title,
                "area": area.area,
                "nature": kpi.nature,
                "tier": kpi.tier,
                "counts": kpi.counts,
                "calculation": kpi.calculation,
                "numerator_population": numerator[0],
                "numerator_measure": numerator[1],
                "denominator_population": denominator[0],
                "denominator_measure": denominator[1],
                "scale": kpi.scale,
                "decimals": kpi.decimals,
                "unit": kpi.unit,
                "polarity": kpi.polarity,
                "min_denominator": kpi.min_denominator,
                "items_per_person": kpi.items_per_person,
                "status": kpi.status,
                "definition_hash": kpi.definition_hash,
                "reliability_population": reliability[0],
                "reliability_measure": reliability[1],
                "reliability_reason": kpi.reliability.reason if kpi.reliability else None,
                "self_evaluation_heading": area.self_evaluation_heading,
            }
        )
    integers = {"tier", "scale", "decimals", "min_denominator", "items_per_person"}
    kpi_schema = pa.schema([(name, pa.int32() if name in integers else pa.string()) for name in kpis[0]])
    bases = [
        {"code": kpi.code, "basis": basis, "ordinal": ordinal}
        for kpi in catalogue.kpis
        for ordinal, basis in enumerate(kpi.bases, start=1)
    ]
    breakdowns = [{"code": kpi.code, "breakdown": breakdown} for kpi in catalogue.kpis for breakdown in kpi.breakdowns]
    audiences = [{"code": kpi.code, "dataset": dataset} for kpi in catalogue.kpis for dataset in kpi.audiences]
    populations = [
        {"population": name, "kind": population.kind, "source": source, "table_name": table}
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
        "kpi_bases": pa.Table.from_pylist(
            bases, schema=pa.schema([("code", text), ("basis", text), ("ordinal", pa.int32())])
        ),
        "kpi_breakdowns": pa.Table.from_pylist(breakdowns, schema=pa.schema([("code", text), ("breakdown", text)])),
        "kpi_audiences": pa.Table.from_pylist(audiences, schema=pa.schema([("code", text), ("dataset", text)])),
        "populations": pa.Table.from_pylist(
            populations,
            schema=pa.schema([("population", text), ("kind", text), ("source", text), ("table_name", text)]),
        ),
    }


def _check_against_models(
    file: str, kpi: Kpi, populations: dict[str, Population], columns: dict[str, dict[str, set[str]]]
) -> None:
    references = [kpi.numerator, kpi.denominator, kpi.reliability.measure if kpi.reliability else None]
    for reference in filter(None, references):
        population, measure = split_reference(reference)
        if population not in populations:
            raise CatalogueError(f"{file}: {kpi.code}: no population {population}; add it to {POPULATIONS_FILE}")
        if measure not in columns[population]["measures"]:
            known = ", ".join(sorted(columns[population]["measures"]))
            raise CatalogueError(f"{file}: {kpi.code}: measures_{population} has no measure {measure}; it has {known}")
    numerator_population, _ = split_reference(kpi.numerator)
    numerator_kind = populations[numerator_population].kind
    if numerator_kind != ("stock" if kpi.nature == "stock" else "flow"):
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
    for breakdown in kpi.breakdowns:
        if breakdown not in columns[numerator_population]["breakdowns"]:
            known = ", ".join(sorted(columns[numerator_population]["breakdowns"]))
            raise CatalogueError(
                f"{file}: {kpi.code}: measures_{numerator_population} has no breakdown {breakdown}; it has {known}"
            )


def _measure_columns(path: Path) -> dict[str, dict[str, set[str]]]:
    """Population -> its measure and breakdown columns, as the measures models declare them in their column meta."""
    found: dict[str, dict[str, set[str]]] = {}
    for model in _read_yaml(path).get("models", []):
        name = str(model["name"])
        if not name.startswith("measures_"):
            continue
        kinds: dict[str, set[str]] = {"measures": set(), "breakdowns": set()}
        for column in model.get("columns", []):
            meta = column.get("config", {}).get("meta", {})
            if meta.get("measure"):
                kinds["measures"].add(column["name"])
            if meta.get("breakdown"):
                kinds["breakdowns"].add(column["name"])
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


def _validated(model: type[Model], path: Path) -> Model:
    """The file as `model`; the first error becomes one line naming the file, the KPI code (or the place) and the fault."""
    content = _read_yaml(path)
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
