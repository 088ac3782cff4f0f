"""What the catalogue promises, kept by the rest of the project: columns described and tested, datasets, codes, published series."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict

import pytest
import yaml

from orchestration.catalogue import MEASURES_MODELS, load_catalogue, measures_of, split_reference
from orchestration.publishing.datasets import load_datasets
from orchestration.settings import PROJECT_ROOT
from orchestration.synthetic.scenario import load_scenario

CATALOGUE = load_catalogue(PROJECT_ROOT)
DATASETS = {name: d for name, d in load_datasets(PROJECT_ROOT / "exports").items() if d.publish}
KPIS = {kpi.code: kpi for kpi in CATALOGUE.kpis}
MODELS = PROJECT_ROOT / MEASURES_MODELS
REPORTS = PROJECT_ROOT / "dbt_project" / "models" / "reports"
# The datasets that a board or the whole service reads: no analytical measures, which are never rated.
BOARD_PACKS = {
    "contract_key_performance_indicators",
    "business_monthly_indicators",
    "quarterly_quality_assurance_report",
    "complaints_and_compliments",
    "statutory_complaints_annual_report",
}
ALSO_READ = {"SNAP", "R12", "YTD"}  # of every report beside its own cadence (macro kpi_report_rows)


def _documents(pattern: str, key: str) -> list[dict]:
    return [
        item
        for path in sorted(MODELS.glob(pattern))
        for item in yaml.safe_load(path.read_text(encoding="utf-8")).get(key) or []
    ]


# --- columns ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def columns() -> dict[tuple[str, str], dict]:
    """(model, column) -> its YAML."""
    return {(m["name"], c["name"]): c for m in _documents("_*__models.yml", "models") for c in m["columns"]}


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], set]:
    """(model, column) -> what dbt unit tests expect of it."""
    found: dict[tuple[str, str], set] = defaultdict(set)
    for test in _documents("_*__unit_tests.yml", "unit_tests"):
        for row in test["expect"]["rows"]:
            for column, value in row.items():
                found[test["model"], column].add(value)
    return found


USED = sorted({(f"measures_{p}", m) for kpi in CATALOGUE.kpis for p, m in measures_of(kpi).values()})
CUT_BY = sorted(
    {
        (f"measures_{split_reference(kpi.numerator)[0]}", breakdown)
        for kpi in CATALOGUE.kpis
        if kpi.numerator
        for breakdown in kpi.breakdowns
    }
)


def test_every_column_of_a_kpi_is_there_and_described(columns):
    assert len(USED) > 300
    assert [
        place for place in (*USED, *CUT_BY) if not str(columns.get(place, {}).get("description") or "").strip()
    ] == []


def test_every_column_of_a_kpi_has_a_unit_test(expected):
    assert [place for place in USED if place not in expected] == []


def test_a_unit_test_sees_every_column_count_something(expected):
    """A column that is 0 in every row expected would pass if it could never be anything else."""
    assert [place for place in USED if not expected[place] - {0, None}] == []


def test_a_unit_test_sees_the_numerator_of_a_part_leave_something_out(expected):
    """One that is 1 in every row expected would pass if it counted whatever there is."""
    parts = {
        (f"measures_{population}", measure)
        for kpi in CATALOGUE.kpis
        if kpi.is_proportion and kpi.numerator != kpi.denominator
        for population, measure in [split_reference(kpi.numerator)]
    }
    assert len(parts) > 150
    assert sorted(place for place in parts if expected[place] == {1}) == []


# --- datasets -----------------------------------------------------------------------------------------------------


def cadence(dataset: str) -> str:
    """The basis a dataset's report reads first: M, Q or Y."""
    sql = (REPORTS / f"{DATASETS[dataset].model}.sql").read_text(encoding="utf-8")
    first, named = re.search(r"kpi_report_rows\('(\w+)', '(\w+)'\)", sql).groups()
    assert named == dataset
    return first


@pytest.fixture(scope="module")
def read_on() -> dict[str, set[str]]:
    """Dataset -> the bases its report can read a KPI on."""
    return {dataset: {cadence(dataset)} | ALSO_READ for dataset in _named()}


def _named() -> set[str]:
    return {dataset for kpi in CATALOGUE.kpis for dataset in kpi.audiences}


def test_every_audience_is_a_dataset_that_is_published():
    assert _named() - set(DATASETS) == set()


def test_every_dataset_of_kpis_has_some():
    of_kpis = {name for name, d in DATASETS.items() if "kpi" in {column.name for column in d.publish.columns}}
    assert _named() == of_kpis


def test_a_kpi_can_be_read_in_every_dataset_it_is_given(read_on):
    """One whose bases no report reads would be promised and never shown."""
    assert [(k.code, d, k.bases) for k in CATALOGUE.kpis for d in k.audiences if not set(k.bases) & read_on[d]] == []


def test_every_kpi_has_an_audience(read_on):
    """But for a part, which may be withheld for what it would give away, and for what no dataset can show."""
    without = [kpi for kpi in CATALOGUE.kpis if not kpi.audiences and kpi.code == kpi.measure]
    withheld = [
        kpi.code
        for kpi in without
        if any(set(kpi.bases) & bases for name, bases in read_on.items() if kpi.tier < 3 or name not in BOARD_PACKS)
    ]
    assert withheld == []


def test_analytical_measures_are_in_no_board_pack():
    assert [k.code for k in CATALOGUE.kpis if k.tier == 3 and set(k.audiences) & BOARD_PACKS] == []


# --- rules of the measures ------------------------------------------------------------------------------------------


def test_audits_of_a_team_are_shown_over_twelve_months_only():
    """A team has few audits in a month or a quarter; what is told of 12 months, or of a position, is not told of less."""
    area = CATALOGUE.area_of("AU-04")
    audits = [kpi for kpi in area.kpis if kpi.counts != "process"]
    assert len(audits) > 30
    shown = {kpi.code: set(kpi.bases if kpi.team_bases is None else kpi.team_bases) for kpi in audits}
    assert {code: bases for code, bases in shown.items() if not bases <= {"R12", "SNAP"}} == {}
    assert {kpi.code for kpi in audits if "R12" in kpi.bases and "R12" not in shown[kpi.code]} == set()


def test_headlines_are_34():
    assert len([k for k in CATALOGUE.kpis if k.tier == 1 and k.code == k.measure]) == 34


# --- codes named elsewhere ------------------------------------------------------------------------------------------

SCENARIO = load_scenario()
REFERENCE = SCENARIO.reference
NAMED = {
    "targets": {code for targets in REFERENCE.targets.values() for code in targets},
    "contract sets": {
        code for part in REFERENCE.contract_sets.values() for codes in part.sections.values() for code in codes
    },
    "contract titles": set(REFERENCE.contract_titles),
    "commentary": set(REFERENCE.commentary),
    "supplied values": set(REFERENCE.supplied_values),
    "rebases of control charts": {part.kpi for part in REFERENCE.control_chart_rebases},
    "practice standards": {part.kpi for part in REFERENCE.practice_standards.values() if part.kpi},
    "published statistics": {part.kpi for part in SCENARIO.published_statistics.series.values()},
    "figures that come out": {code for code in SCENARIO.comes_out if "-" in code},
}


@pytest.mark.parametrize("where", NAMED)
def test_every_kpi_the_generator_names_exists(where):
    assert NAMED[where]
    assert sorted(NAMED[where] - set(KPIS)) == []


def test_practice_standards_are_those_of_the_register():
    register = set(REFERENCE.practice_standards)
    used = {(kpi.code, standard) for kpi in CATALOGUE.kpis for standard in kpi.practice_standards}
    assert used
    assert sorted(place for place in used if place[1] not in register) == []


def test_a_standard_that_names_a_kpi_is_used_by_it():
    """The register says which KPI tells whether a standard is kept. The day a child was seen is in no extract (AS-04)."""
    families = {code: {s for k in CATALOGUE.kpis if k.measure == code for s in k.practice_standards} for code in KPIS}
    unused = {
        (standard, part.kpi)
        for standard, part in REFERENCE.practice_standards.items()
        if part.kpi and (part.within is not None or part.then) and standard not in families[part.kpi]
    }
    # said of the KPI, but counted by something else than its days: whether seen, and one visit in each calendar month
    assert unused == {("child_seen", "AS-04"), ("home_visit", "RS-03")}


# --- published series -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def series(shared) -> dict[tuple[str, str, str, str], list[dict[str, str]]]:
    """(source, code, measure, unit) -> the published rows."""
    found: dict[tuple[str, str, str, str], list[dict[str, str]]] = defaultdict(list)
    path = shared / "samples" / "published" / "lait_worcestershire.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[row["source"], row["source_measure_code"], row["measure"], row["unit"]].append(row)
    return found


COMPARED = [
    (kpi.code, (c.source, c.source_measure_code, c.measure, c.unit)) for kpi in CATALOGUE.kpis for c in kpi.comparators
]


@pytest.mark.samples
def test_a_comparator_is_exactly_one_series_by_year_and_place(series):
    assert len(COMPARED) >= 80
    assert [(code, key) for code, key in COMPARED if key not in series] == []
    several = {
        (code, key): place
        for code, key in COMPARED
        for place, rows in Counter((r["year"], r["geography_type"], r["geography"]) for r in series[key]).items()
        if rows > 1
    }
    assert several == {}


@pytest.mark.samples
def test_a_comparator_holds_the_authority_its_country_region_and_neighbours(series):
    wanted = {"Local authority", "National", "Regional", "Statistical neighbour"}
    assert {code: wanted - {r["geography_type"] for r in series[key]} for code, key in COMPARED} == dict.fromkeys(
        {code for code, _ in COMPARED}, set()
    )


@pytest.mark.samples
def test_a_comparator_is_published_for_the_measure_of_its_kpi(series):
    """The file says which measure a series belongs to. A hint, which an entry may depart from with a note."""
    strange = {
        code: {r["kpi_id"] for r in series[key]}
        for code, key in COMPARED
        if {r["kpi_id"] for r in series[key]} != {KPIS[code].measure}
    }
    assert strange == {}


def test_no_series_is_given_twice():
    assert [place for place, times in Counter(COMPARED).items() if times > 1] == []
    owners = defaultdict(set)
    for code, key in COMPARED:
        owners[key].add(code)
    assert {key: codes for key, codes in owners.items() if len(codes) > 1} == {}


def test_a_comparator_has_the_unit_of_its_kpi():
    """A percentage is set beside percentages, a rate beside rates of the same base."""
    words = {
        "%": ("%", "percentage", "absence rate"),
        "per 10,000": ("per 10,000", "per 10000"),
        "per 100": ("per 100",),
    }
    differing = []
    for code, (_, _, measure, unit) in COMPARED:
        kind = KPIS[code].unit
        text = f"{unit} {measure}".casefold()
        if kind in words and not any(word in text for word in words[kind]):
            differing.append((code, kind, unit, measure))
        if kind not in words and unit.strip() in ("%", "per 10,000"):
            differing.append((code, kind, unit, measure))
    assert differing == []
