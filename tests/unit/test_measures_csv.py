"""The catalogue beside the list of measures it was made from: all of them are there, and say of each what the list says."""

from __future__ import annotations

import csv

import pytest

from orchestration.catalogue import load_catalogue
from orchestration.settings import PROJECT_ROOT

pytestmark = pytest.mark.samples
CATALOGUE = load_catalogue(PROJECT_ROOT)
ENTRIES = {kpi.code: kpi for kpi in CATALOGUE.kpis}

# How the list writes what the catalogue has a code for.
BASES = {
    "termly": "T",
    "Y(academic)": "AY",
    "Y(calendar)": "CY",
    "SNAP(R12)": "SNAP",  # a position at the date, of what happened in the 12 months before it
    "R12 (3-year average nationally)": "R12",  # the average is that of the published series
}
# Two measures hold readings of opposite polarity. The entry has that of its main reading, a part its own.
TWO_WAYS = {
    # high: questionnaires completed; low: the mean score, of which a high one is a cause for concern
    "CL-16": ("H / L", {"CL-16": "H", "CL-16.score": "L", "CL-16.concern": "L"}),
    # high: attainment; low: absence
    "CL-31": (
        "mixed",
        {
            "CL-31": "H",
            "CL-31.attainment_8": "H",
            "CL-31.early_development": "H",
            "CL-31.english_and_maths": "H",
            "CL-31.absence": "L",
        },
    ),
}
UNITS = {
    "%": {"%"},
    "%,score": {"%"},
    "FTE": {"FTE"},
    "cases": {"cases"},
    "count": {"count"},
    "count,%": {"%"},  # one value, the percentage; the count is its numerator
    "count,rate": {"per 10,000", "per 100"},
    "days": {"days", "working days"},
    "kappa": {"kappa"},
    "points": {"points"},
    "pp": {"percentage points"},
    "rate": {"per 10,000", "per 100"},
    "ratio": {"cases"},  # DR-08: children for each reviewing officer
}


@pytest.fixture(scope="module")
def measures(shared) -> dict[str, dict[str, str]]:
    with (shared / "domain" / "measures.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["kpi_id"]: row for row in csv.DictReader(file)}


def bases_of(row: dict[str, str]) -> set[str]:
    written = [basis.strip() for basis in row["period_basis"].split(",")]
    return {BASES.get(basis, basis) for basis in written}


def parts_of(code: str) -> list:
    return [kpi for kpi in CATALOGUE.kpis if kpi.measure == code and kpi.code != code]


def test_every_measure_has_an_entry(measures):
    assert len(measures) == 244
    assert sorted(set(measures) - set(ENTRIES)) == []


def test_what_is_no_measure_of_the_list_is_a_part_of_one_or_supplied(measures):
    others = [kpi for kpi in CATALOGUE.kpis if kpi.code not in measures]
    assert others
    assert [k.code for k in others if k.calculation != "supplied" and k.measure not in measures] == []
    assert [k.code for k in others if k.measure in measures and k.measure == k.code] == []


@pytest.mark.parametrize("field", ["nature", "tier", "counts"])
def test_nature_tier_and_what_is_counted_are_those_of_the_list(measures, field):
    differing = {
        code: (getattr(ENTRIES[code], field), row[field])
        for code, row in measures.items()
        if str(getattr(ENTRIES[code], field)) != row[field]
    }
    assert differing == {}


def test_polarity_is_that_of_the_list(measures):
    differing = {code: row["polarity"] for code, row in measures.items() if ENTRIES[code].polarity != row["polarity"]}
    assert differing == {code: written for code, (written, _) in TWO_WAYS.items()}


@pytest.mark.parametrize("code", TWO_WAYS)
def test_a_measure_of_two_polarities_has_one_for_each_reading(code):
    assert {kpi.code: kpi.polarity for kpi in CATALOGUE.kpis if kpi.measure == code} == TWO_WAYS[code][1]


def test_unit_is_of_the_family_of_the_list(measures):
    differing = {
        code: ENTRIES[code].unit for code, row in measures.items() if ENTRIES[code].unit not in UNITS[row["unit"]]
    }
    assert differing == {}


def test_every_basis_of_the_list_is_declared(measures):
    """By the entry itself; what an annual collection is read on within the year is declared by its live part."""
    missing = {code: bases_of(row) - set(ENTRIES[code].bases) for code, row in measures.items()}
    for code, left in missing.items():
        if ENTRIES[code].nature == "annual_collection":
            left -= set().union(*(part.bases for part in parts_of(code)))
    assert {code: left for code, left in missing.items() if left} == {}


def test_an_annual_collection_is_read_within_the_year_by_its_live_part(measures):
    """What the national return counts once a year has no other basis; a live figure stands apart and says that it is one."""
    within_the_year = {
        code: bases_of(row) - {"Y", "AY", "CY"}
        for code, row in measures.items()
        if row["nature"] == "annual_collection" and bases_of(row) - {"Y", "AY", "CY"}
    }
    assert within_the_year
    for code, bases in within_the_year.items():
        live = ENTRIES[f"{code}.live"]
        assert set(live.bases) == bases, code
        assert live.nature == ("stock" if bases == {"SNAP"} else "flow"), code
        assert "live" in live.title, code
    live = {kpi.measure for kpi in CATALOGUE.kpis if kpi.code.endswith(".live")}
    # beside the annual collections, a flow of whole years (visits to foster homes) has a reading at the date
    assert {ENTRIES[code].nature for code in live} <= {"annual_collection", "flow"}


def test_no_entry_is_read_on_a_basis_the_list_does_not_have(measures):
    further = {
        c: set(ENTRIES[c].bases) - bases_of(row) for c, row in measures.items() if set(ENTRIES[c].bases) - bases_of(row)
    }
    # Responses are counted by half-year (FB-01, FB-06), and a count of them is read beside its rate. What else the half-year
    # dataset on the voice of children tells, and the quarterly one of complaints of what the list has by year only, stands there
    # with the 12 months to its end.
    half_year = (
        "CO-01",
        "CO-02",
        "CO-06",
        "CO-07",
        "CO-08",
        "CO-09",
        "FB-04",
        "FB-05",
        "WS-01",
        "WS-02",
        "WS-05",
        "WS-06",
        "WS-07",
    )
    assert further == {"FB-02": {"H"}} | dict.fromkeys((*half_year, "CO-04", "CO-10"), {"R12"})
