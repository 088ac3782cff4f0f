"""The KPI catalogue: what is accepted, what is refused and in which words, and the arithmetic its entries rely on."""

from __future__ import annotations

import json
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestration.catalogue import (
    SUPPLIED,
    CatalogueError,
    Kpi,
    case_filter,
    load_catalogue,
    measures_of,
    relations,
)
from orchestration.publishing.datasets import load_datasets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue(ROOT)


# The areas that are spoilt below; they need no population of another, and the rest would only be read again and again.
AREAS = ("assessment", "audit", "child_protection", "complaints", "front_door", "missing_and_get_safe")


@pytest.fixture
def checkout(tmp_path):
    """A checkout holding a copy of some areas of the catalogue, to be spoilt."""
    project, copy = ROOT / "dbt_project", tmp_path / "dbt_project"
    (copy / "models" / "measures").mkdir(parents=True)
    (copy / "kpis").mkdir()
    files = ["routes.yml", "kpis/populations.yml", "models/measures/_measures__models.yml"]
    files += [f"kpis/{area}.yml" for area in AREAS]
    files += [f"models/measures/_measures_{area}__models.yml" for area in AREAS]
    for file in files:
        shutil.copy(project / file, copy / file)
    return tmp_path


def spoil(checkout: Path, file: str, code: str, changes: dict[str, object]) -> None:
    path = checkout / "dbt_project" / "kpis" / file
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    entry = next(kpi for kpi in content["kpis"] if kpi["code"] == code)
    entry.update(changes)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


POPULATION = "  {}:\n    kind: flow\n    event_date: the day\n    tables: [ssd.contacts]\n"


def change_area(checkout: Path, file: str, old: str, new: str) -> None:
    """Change the first `old` of a catalogue file."""
    path = checkout / "dbt_project" / "kpis" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def made_up(checkout: Path, defaults: dict[str, object], entry: dict[str, object]) -> dict[str, Kpi]:
    """The entries of an area file made of one entry (ENTRY with changes) and defaults, by code."""
    whole = {k: v for k, v in ENTRY.items() if k not in defaults} | entry
    area = {"area": "Made up", "self_evaluation_heading": "None", "defaults": defaults, "kpis": [whole]}
    (checkout / "dbt_project" / "kpis" / "made_up.yml").write_text(json.dumps(area), encoding="utf-8")
    return {k.code: k for k in load_catalogue(checkout).kpis if k.measure == "ZZ-01"}


def test_every_kpi_of_the_first_cut_is_there(catalogue):
    codes = {kpi.code for kpi in catalogue.kpis}
    assert {
        "FD-04", "FD-07", "FD-08", "AS-02", "AS-03", "AS-04", "CN-09", "CP-01", "CP-04", "CP-07", "CP-10", "CP-14",
        "CL-01", "CL-04", "LV-22", "LV-25", "AU-04", "AU-06", "AU-12", "FB-03", "WS-03", "WS-04", "WS-04.same", "WS-04.worse",
    } <= codes  # fmt: skip


ENTRY = {
    "code": "ZZ-01",
    "title": "Made up",
    "definition": "Of the referrals of the period, those that came again.",
    "nature": "flow",
    "tier": 2,
    "counts": "people",
    "calculation": "ratio",
    "numerator": "referrals.is_rereferral",
    "denominator": "referrals.is_referral",
    "bases": ["M"],
    "unit": "%",
    "decimals": 1,
    "polarity": "N",
    "owner": "Nobody",
    "audiences": [],
}
COUNT = {"calculation": "count", "denominator": None, "unit": "count", "decimals": 0}
ALL_BASES = ("W", "M", "Q", "H", "YTD", "R12", "Y", "SNAP", "T", "AY", "CY")
# Stated here once more, so that a basis let in by mistake is found.
LAWFUL = {
    "flow": {"W", "M", "Q", "H", "YTD", "R12", "Y", "T", "AY", "CY"},
    "stock": {"SNAP", "Y"},
    "cohort": {"W", "M", "Q", "H", "YTD", "R12", "Y", "T", "AY", "CY"},
    "annual_collection": {"Y", "AY", "CY"},
}


@pytest.mark.parametrize("basis", ALL_BASES)
@pytest.mark.parametrize("nature", LAWFUL)
def test_bases_are_lawful_for_the_nature(nature, basis):
    entry = ENTRY | {"nature": nature, "bases": [basis]} | ({"window": "6 months"} if nature == "cohort" else {})
    if basis in LAWFUL[nature]:
        assert Kpi.model_validate(entry).bases == [basis]
        return
    with pytest.raises(ValidationError, match=f"basis {basis} is not lawful for nature {nature}"):
        Kpi.model_validate(entry)


def test_no_entry_has_a_basis_its_nature_forbids(catalogue):
    assert [k.code for k in catalogue.kpis if not set(k.bases) <= LAWFUL[k.nature]] == []
    assert {basis for k in catalogue.kpis for basis in k.bases} == set(ALL_BASES)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"bases": ["M", "M"]}, "named twice"),
        ({"breakdowns": ["sex", "sex"]}, "named twice"),
        ({"breakdowns": ["total"]}, "'total' is always there"),
        ({"team_bases": ["R12"]}, "team_bases names a basis the KPI does not have"),
        ({"status": "not_available", "numerator": None, "denominator": None}, "names the missing_extract"),
        ({"missing_extract": "a list of meetings"}, "names the missing_extract, and nothing else does"),
        ({"status": "not_available", "missing_extract": "a list"}, "what is not computed names no numerator"),
        ({"calculation": "supplied"}, "what is not computed names no numerator"),
        ({"nature": "cohort"}, "how long its items are watched"),
        ({"numerator": None}, "numerator is missing"),
        ({"calculation": "count"}, "a count has no denominator"),
        *(({"calculation": c, "denominator": None}, "every other") for c in ("ratio", "rate", "mean")),
        ({"calculation": "share", "denominator": None, "breakdowns": ["sex"]}, "every other"),
        ({"calculation": "share"}, "a share needs a breakdown"),
        (COUNT | {"min_denominator": 20}, "min_denominator and reliability need a denominator"),
        (
            COUNT | {"reliability": {"measure": "referrals.is_rereferral_unknown", "reason": "short"}},
            "min_denominator and reliability need a denominator",
        ),
        ({"calculation": "percentile"}, "a percentile, and only a percentile, says which"),
        ({"percentile": 90}, "a percentile, and only a percentile, says which"),
        ({"percentile": 100, "calculation": "percentile"}, "less than or equal to 99"),
        *(({"distinct": True, "calculation": c}, "distinct children are counted") for c in ("mean", "median", "kappa")),
        ({"distinct": True, "calculation": "share", "breakdowns": ["sex"]}, "distinct children are counted"),
        ({"code": "referrals"}, "String should match pattern"),
        ({"code": "ZZ-01.P90"}, "String should match pattern"),
        ({"numerator": "is_rereferral"}, "String should match pattern"),
        ({"bases": []}, "at least 1 item"),
        ({"tier": 4}, "less than or equal to 3"),
        ({"unit": "percent"}, "Input should be 'count'"),
        ({"colour": "blue"}, "Extra inputs are not permitted"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused(changes, expected):
    with pytest.raises(ValidationError, match=expected):
        Kpi.model_validate(ENTRY | changes)


@pytest.mark.parametrize(
    "changes",
    [
        COUNT,
        {"status": "not_available", "missing_extract": "a list of meetings", "numerator": None, "denominator": None},
        {"calculation": "supplied", "numerator": None, "denominator": None},
        {"nature": "cohort", "window": "6 months", "window_months": 6},
        {"calculation": "share", "breakdowns": ["sex"]},
        {"calculation": "percentile", "percentile": 90, "denominator": None},
        {"calculation": "median", "denominator": None},
        {"distinct": True},
        {"bases": ["M", "R12"], "team_bases": ["R12"]},
        {"bases": ["M", "R12"], "team_bases": []},
        {"code": "ZZ-01.p90"},
    ],
)
def test_an_entry_within_the_rules_is_taken(changes):
    assert Kpi.model_validate(ENTRY | changes).measure == "ZZ-01"


@pytest.mark.parametrize(
    ("file", "code", "changes", "expected"),
    [
        ("front_door.yml", "FD-04", {"bases": ["M", "SNAP"]}, "front_door.yml: FD-04: basis SNAP is not lawful"),
        (
            "child_protection.yml",
            "CP-01",
            {"bases": ["SNAP", "YTD"]},
            "CP-01: basis YTD is not lawful for nature stock",
        ),
        ("front_door.yml", "FD-04", {"denominator": "referrals.is_referral"}, "FD-04: a count has no denominator"),
        ("front_door.yml", "FD-07", {"denominator": None}, "FD-07: a count has no denominator, and every other"),
        (
            "front_door.yml",
            "FD-07",
            {"numerator": "referrals.is_rereferal"},
            "FD-07: measures_referrals has no measure",
        ),
        (
            "front_door.yml",
            "FD-07",
            {"numerator": "referral.is_rereferral"},
            "FD-07: no population referral; add it to front_door.yml",
        ),
        (
            "front_door.yml",
            "FD-07",
            {"recording_gap": "referrals.is_lost"},
            "FD-07: measures_referrals has no measure is_lost",
        ),
        (
            "front_door.yml",
            "FD-07",
            {"breakdowns": ["question"]},
            "FD-07: measures_referrals has no breakdown question",
        ),
        # A flow may count a position, but never add positions up; and a stock is no sum of events.
        ("front_door.yml", "FD-04", {"numerator": "cp_plans_open.is_open_plan"}, "nature flow cannot count population"),
        (
            "child_protection.yml",
            "CP-01",
            {"numerator": "cp_plans_started.is_plan_start"},
            "CP-01: nature stock cannot count population cp_plans_started (flow)",
        ),
        (
            "audit.yml",
            "AU-12",
            {"numerator": "cp_plans_open.is_open_plan", "bases": ["M"], "team_bases": None},
            "AU-12: nature cohort cannot count population cp_plans_open (stock)",
        ),
        (
            "front_door.yml",
            "FD-04",
            {"numerator": "mid_year_population.population"},
            "FD-04: nature flow cannot count population mid_year_population (reference)",
        ),
        ("front_door.yml", "FD-07", {"denominator": "mid_year_population.population"}, "only a rate, is divided by"),
        (
            "child_protection.yml",
            "CP-01",
            {"denominator": "cp_plans_open.is_open_plan"},
            "CP-01: a rate, and only a rate",
        ),
        # What is made from rows is made at totals, of columns whose rows are kept, and by week where weeks are.
        (
            "assessment.yml",
            "AS-06",
            {"breakdowns": ["sex"]},
            "AS-06: medians, distinct children and agreement are made at",
        ),
        ("audit.yml", "AU-10", {"breakdowns": ["service_code"]}, "AU-10: medians, distinct children and agreement"),
        (
            "missing_and_get_safe.yml",
            "GS-02",
            {"breakdowns": ["age_band"]},
            "GS-02: medians, distinct children and agreement",
        ),
        (
            "assessment.yml",
            "AS-06",
            {"numerator": "assessments_completed.is_assessment"},
            "AS-06: column is_assessment of measures_assessments_completed needs `rows: values` in its meta",
        ),
        (
            "front_door.yml",
            "FD-08",
            {"distinct": True, "breakdowns": []},
            "FD-08: column is_no_further_action of measures_referrals needs `rows: children` in its meta",
        ),
        (
            "front_door.yml",
            "FD-08",
            {"bases": ["W"]},
            "FD-08: population referrals is not kept by week (weekly: true)",
        ),
        ("front_door.yml", "FD-04", {"colour": "blue"}, "front_door.yml: FD-04: colour: Extra inputs"),
        ("audit.yml", "AU-06", {"code": "AU-04"}, "AU-04 is already defined in audit.yml"),
    ],
)
def test_a_faulty_entry_is_refused_with_file_code_and_reason(checkout, file, code, changes, expected):
    spoil(checkout, file, code, changes)
    with pytest.raises(CatalogueError) as refusal:
        load_catalogue(checkout)
    assert expected in str(refusal.value)
    assert file in str(refusal.value)


def test_population_of_a_fact_without_a_route_is_refused(checkout):
    change_area(checkout, "child_protection.yml", "journey.cp_plans]", "journey.plans]")
    with pytest.raises(
        CatalogueError, match=r"child_protection\.yml: .* needs journey\.plans, which routes\.yml does not have"
    ):
        load_catalogue(checkout)


def test_a_population_stands_beside_its_area_or_with_the_shared_ones(catalogue):
    shared = yaml.safe_load((ROOT / "dbt_project" / "kpis" / "populations.yml").read_text(encoding="utf-8"))
    homes = [set(shared["populations"]), *(set(area.populations) for area in catalogue.areas)]
    assert sum(map(len, homes)) == len(catalogue.populations)
    assert set().union(*homes) == set(catalogue.populations)
    front_door = catalogue.area_of("FD-04")
    assert front_door.populations["referrals"] == catalogue.populations["referrals"]
    counted = {population for kpi in catalogue.kpis for population, _ in measures_of(kpi).values()}
    assert set(catalogue.populations) - counted == set()


def test_a_population_of_two_areas_is_refused(checkout):
    change_area(checkout, "complaints.yml", "populations:\n", f"populations:\n{POPULATION.format('referrals')}")
    with pytest.raises(CatalogueError, match=r"population referrals is already defined in complaints\.yml"):
        load_catalogue(checkout)


def test_a_population_without_a_model_is_refused(checkout):
    change_area(checkout, "complaints.yml", "populations:\n", f"populations:\n{POPULATION.format('thanks')}")
    with pytest.raises(CatalogueError, match=r"complaints\.yml: population thanks has no model measures_thanks"):
        load_catalogue(checkout)


def test_defaults_and_parts_are_filled_in(checkout):
    """A default holds unless the entry says otherwise, and a part has what its entry has but for what it says."""
    found = made_up(
        checkout,
        {"owner": "The area", "breakdowns": ["age_band", "sex"], "decimals": 0},
        {
            "decimals": 1,
            "bases": ["M", "R12"],
            "parts": [
                {
                    "part": "police",
                    "title": "By the police",
                    "numerator": "referrals.is_from_police",
                    "breakdowns": ["sex"],
                },
                {"part": "children", "title": "Children", "distinct": True},
                {"part": "count", **COUNT, "title": "How many"},
            ],
        },
    )
    assert list(found) == ["ZZ-01", "ZZ-01.children", "ZZ-01.count", "ZZ-01.police"]
    whole, police = found["ZZ-01"], found["ZZ-01.police"]
    assert (whole.owner, whole.breakdowns, whole.decimals) == ("The area", ["age_band", "sex"], 1)
    assert (police.title, police.numerator, police.breakdowns) == ("By the police", "referrals.is_from_police", ["sex"])
    for field in ("denominator", "owner", "decimals", "bases", "unit", "nature", "tier", "audiences", "definition"):
        assert getattr(police, field) == getattr(whole, field), field
    assert {k.measure for k in found.values()} == {"ZZ-01"}
    assert len({k.definition_hash for k in found.values()}) == 4
    assert found["ZZ-01.count"].denominator is None


def test_what_is_made_at_totals_takes_no_breakdowns_from_a_default(checkout):
    found = made_up(
        checkout,
        {"breakdowns": ["age_band"]},
        {"parts": [{"part": "children", "distinct": True}]},
    )
    assert found["ZZ-01"].breakdowns == ["age_band"]
    assert found["ZZ-01.children"].breakdowns == []


def test_breakdowns_a_part_made_at_totals_asks_for_itself_are_refused(checkout):
    with pytest.raises(CatalogueError, match=r"ZZ-01\.children: medians, distinct children"):
        made_up(checkout, {}, {"parts": [{"part": "children", "distinct": True, "breakdowns": ["sex"]}]})


def test_a_part_is_named_when_it_is_refused(checkout):
    with pytest.raises(CatalogueError, match=r"made_up\.yml: ZZ-01\.late: numerator: String should match"):
        made_up(checkout, {}, {"parts": [{"part": "late", "numerator": "nothing"}]})


def test_supplied_values_feed_the_datasets_of_what_is_supplied(checkout):
    supplied = {"calculation": "supplied", "numerator": None, "denominator": None, "audiences": ["self_evaluation"]}
    before = load_catalogue(checkout).datasets_of(SUPPLIED)
    made_up(checkout, {}, supplied)
    assert load_catalogue(checkout).datasets_of(SUPPLIED) == before | {"self_evaluation"}


def test_weeks_are_those_of_the_populations_that_have_them(checkout, catalogue):
    by_week = {p for k in catalogue.kpis if "W" in k.bases for p, _ in measures_of(k).values()}
    assert by_week == {name for name, population in catalogue.populations.items() if population.weekly}
    change_area(checkout, "missing_and_get_safe.yml", "    weekly: true\n", "")
    with pytest.raises(CatalogueError, match=r"GS-\d\d.*: population missing_episodes is not kept by week"):
        load_catalogue(checkout)


@pytest.mark.parametrize(
    ("code", "file", "model", "column"),
    [
        ("AS-06", "assessment", "measures_assessments_completed", "working_days"),
        ("GS-02", "missing_and_get_safe", "measures_missing_episodes", "is_missing_episode"),
    ],
)
def test_rows_are_kept_where_the_column_says_so(catalogue, checkout, code, file, model, column):
    """Without `rows` in the meta of its column nothing would be kept to take a median of, or to count children by."""
    kpi = catalogue.kpi(code)
    assert kpi.numerator == f"{model.removeprefix('measures_')}.{column}"
    path = checkout / "dbt_project" / "models" / "measures" / f"_measures_{file}__models.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = next(m for m in content["models"] if m["name"] == model)["columns"]
    next(c for c in columns if c["name"] == column)["config"]["meta"].pop("rows")
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"{code}.*: column {column} of {model} needs `rows: "):
        load_catalogue(checkout)


def test_a_table_of_any_route_feeds_the_datasets_of_its_fact(catalogue):
    by_case_system, by_annex_a = catalogue.datasets_of("ssd.cp_plans"), catalogue.datasets_of("annex_a.list_7")
    assert by_case_system == by_annex_a
    assert "self_evaluation" in by_case_system


def test_a_key_written_twice_is_refused(checkout):
    path = checkout / "dbt_project" / "kpis" / "front_door.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    unit: count\n", "    unit: count\n    unit: points\n", 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match="unit is written twice"):
        load_catalogue(checkout)


def test_populations_that_are_summed_are_those_of_the_macro(catalogue):
    source = (ROOT / "dbt_project" / "macros" / "kpi_populations.sql").read_text(encoding="utf-8")
    module = jinja2.Environment().from_string(source).module
    summed, weekly = (str(names).split(",") for names in (module.measured_populations(), module.weekly_populations()))
    assert summed == sorted(n for n, population in catalogue.populations.items() if population.kind != "reference")
    assert weekly == sorted(n for n, population in catalogue.populations.items() if population.weekly)


def test_definition_hash_follows_the_definition_only(catalogue):
    kpi = catalogue.kpi("fd-07")
    assert kpi.definition_hash == Kpi.model_validate(kpi.model_dump()).definition_hash
    assert kpi.definition_hash != kpi.model_copy(update={"decimals": 0}).definition_hash
    # Who reads it and who owns it does not change what it is; what is left at its default is not part of it.
    assert kpi.definition_hash == kpi.model_copy(update={"audiences": [], "owner": "Another"}).definition_hash
    assert kpi.definition_hash == kpi.model_copy(update={"distinct": False, "divisor": 1}).definition_hash
    hashes = [each.definition_hash for each in catalogue.kpis]
    assert len(set(hashes)) == len(hashes)


def test_relations_hold_what_the_warehouse_joins(catalogue):
    tables = relations(catalogue)
    assert set(tables) == {
        "kpis", "kpi_measures", "kpi_comparators", "kpi_bases", "kpi_breakdowns", "kpi_audiences", "kpi_standards", "populations",
        "routes",
    }  # fmt: skip
    kpis = {row["code"]: row for row in tables["kpis"].to_pylist()}
    assert set(kpis) == {kpi.code for kpi in catalogue.kpis}
    assert kpis["CP-01"]["scale"] == 10_000 and kpis["CP-01"]["denominator_measure"] == "mid_year_population.population"
    assert kpis["FD-04"]["scale"] == 1 and kpis["FD-04"]["denominator_measure"] is None
    assert kpis["AU-04"]["min_denominator"] == 20
    assert kpis["FD-07"]["reliability_reason"] == "under 12 months of history"
    assert kpis["AS-06.p90"]["measure"] == "AS-06"
    assert (kpis["AS-06"]["percentile"], kpis["AS-06.p90"]["percentile"], kpis["FD-04"]["percentile"]) == (50, 90, None)
    assert (kpis["GS-02"]["is_distinct"], kpis["GS-01"]["is_distinct"]) == (True, False)
    assert (kpis["FD-07"]["is_proportion"], kpis["WS-03"]["is_proportion"]) == (True, False)
    assert kpis["CN-06"]["status"] == "not_available" and kpis["CN-06"]["missing_extract"]
    bases = [row for row in tables["kpi_bases"].to_pylist() if row["code"] == "FD-04"]
    assert [row["basis"] for row in bases] == ["M", "YTD", "R12", "Y"]
    assert [row["ordinal"] for row in bases] == [1, 2, 3, 4]
    standards = [row for row in tables["kpi_standards"].to_pylist() if row["code"] == "CO-02.within_20"]
    assert standards == [{"code": "CO-02.within_20", "ordinal": 1, "standard": "complaint_stage_1_extended"}]
    datasets = {name for name, d in load_datasets(ROOT / "exports").items() if d.publish and d.level == "aggregate"}
    assert {row["dataset"] for row in tables["kpi_audiences"].to_pylist()} == datasets
    populations = {row["population"]: row for row in tables["populations"].to_pylist()}
    needed = [r["table_name"] for r in tables["populations"].to_pylist() if r["population"] == "audit_actions_due"]
    assert needed == ["audits", "audit_actions"]
    assert populations["care_leaver_birthdays"]["covered_as"] == "stock"
    assert populations["referrals"]["covered_as"] == "flow"
    measures = {(row["code"], row["side"]): row for row in tables["kpi_measures"].to_pylist()}
    assert (measures["FD-07", "numerator"]["taken"], measures["FD-07", "numerator"]["position_month"]) == ("sum", None)
    assert measures["CL-01", "numerator"]["taken"] == "position"
    assert (measures["WF-01", "numerator"]["taken"], measures["WF-01", "numerator"]["position_month"]) == (
        "position",
        9,
    )
    assert {row["taken"] for row in measures.values()} == {"sum", "position", "average", "looked_up"}
    assert populations["missing_episodes"]["is_weekly"] and not populations["referrals"]["is_weekly"]


def test_relations_say_what_each_kpi_sums(catalogue):
    sums: dict[str, dict[str, tuple[str, str]]] = {}
    for row in relations(catalogue)["kpi_measures"].to_pylist():
        sums.setdefault(row["code"], {})[row["side"]] = (row["population"], row["measure"])
    assert sums["FD-07"] == {
        "numerator": ("referrals", "is_rereferral"),
        "denominator": ("referrals", "is_referral"),
        "reliability": ("referrals", "is_rereferral_unknown"),
    }
    assert sums["FD-06"]["recording_gap"] == ("front_door_decisions", "is_referral_decision_not_recorded")
    assert sums["FD-06"]["not_yet_due"] == ("front_door_decisions", "is_referral_decision_not_yet_due")
    ratings = {"first_rating", "second_rating", "first_squared", "second_squared", "product"}
    assert set(sums["AU-10"]) == {"numerator", "denominator"} | ratings
    assert "CN-06" not in sums


def test_relations_name_each_series_to_compare_with(catalogue):
    rows = relations(catalogue)["kpi_comparators"].to_pylist()
    assert len(rows) == sum(len(kpi.comparators) for kpi in catalogue.kpis)
    (row,) = (r for r in rows if r["code"] == "FD-07")
    assert row == {
        "code": "FD-07",
        "series": 1,
        "source": "LAIT",
        "source_measure_code": "ReReferral",
        "measure": "Percentage of re-referrals to children's social care within 12 months",
        "unit": "%",
        "note": "",
    }


def test_teams_are_shown_on_the_bases_that_say_so(checkout):
    made_up(checkout, {}, {"bases": ["M", "R12"], "team_bases": ["R12"]})
    rows = relations(load_catalogue(checkout))["kpi_bases"].to_pylist()
    assert {r["basis"]: r["has_teams"] for r in rows if r["code"] == "ZZ-01"} == {"M": False, "R12": True}
    assert {r["has_teams"] for r in rows if r["code"] == "FD-07"} == {True}


def test_cases_of_a_rate_are_its_numerator(catalogue):
    assert case_filter(catalogue.kpi("CP-01")) == ("cp_plans_open", "is_open_plan", None)
    assert case_filter(catalogue.kpi("FD-04")) == ("referrals", "is_referral", None)
    assert case_filter(catalogue.kpi("FD-07")) == ("referrals", "is_rereferral", "is_referral")
    # Another population than the numerator's is no list of the same cases either.
    assert case_filter(catalogue.kpi("DR-04")) == ("disputes_opened", "is_formal_dispute", None)
    with pytest.raises(KeyError, match="CN-06 is not counted from rows"):
        case_filter(catalogue.kpi("CN-06"))


def test_limits_of_chance_are_those_of_a_part_of_the_same_rows():
    whole = Kpi.model_validate(ENTRY)
    assert whole.is_proportion
    for changes in (
        {"funnel": False},
        {"unit": "per 100"},
        {"multiplier": 1000},
        {"numerator": "contacts.is_contact"},
        {"calculation": "share", "breakdowns": ["sex"]},
        {"calculation": "mean"},
    ):
        assert not Kpi.model_validate(ENTRY | changes).is_proportion, changes


def test_scale_is_that_of_the_unit_unless_the_entry_says_otherwise():
    scales = {unit: Kpi.model_validate(ENTRY | {"unit": unit}).scale for unit in ("%", "per 100", "per 10,000", "days")}
    assert scales == {"%": 100, "per 100": 100, "per 10,000": 10_000, "days": 1}
    assert Kpi.model_validate(ENTRY | {"unit": "cases", "multiplier": 100}).scale == 100


def test_small_counts_are_hidden_by_what_is_counted():
    found = {c: Kpi.model_validate(ENTRY | {"counts": c}).disclosure for c in ("people", "events_of_people", "process")}
    assert found == {"people": "always", "events_of_people": "breakdowns and public", "process": "never"}


@pytest.mark.parametrize("code", ["FD-07", "fd-07", "AS-06.p90", "as-06.P90"])
def test_an_entry_is_found_by_its_code_whatever_the_case(catalogue, code):
    assert catalogue.kpi(code).code.casefold() == code.casefold()


def test_unknown_code_is_refused_with_a_hint(catalogue):
    with pytest.raises(KeyError, match="qapm kpi list"):
        catalogue.kpi("ZZ-99")


# The arithmetic: the macro every value goes through, run as the SQL it compiles to.


def _macros(file: str) -> jinja2.environment.TemplateModule:
    source = (ROOT / "dbt_project" / "macros" / file).read_text(encoding="utf-8")
    return jinja2.Environment().from_string(source).module


ROUND_SQL = _macros("kpi_rounding.sql").round_half_up("numerator", "denominator", "scale", "decimals")


def rounded(numerator: int, denominator: int, scale: int, decimals: int) -> Decimal:
    sql = f"select {ROUND_SQL} from (select ? as numerator, ? as denominator, ? as scale, ? as decimals)"
    return duckdb.execute(sql, [numerator, denominator, scale, decimals]).fetchone()[0]


@pytest.mark.parametrize(
    ("numerator", "denominator", "scale", "decimals", "published"),
    [
        # Exact ties go up; half-even would give 12, 2.2 and 0.2
        (1, 8, 100, 0, "13"),
        (9, 400, 100, 1, "2.3"),
        (1, 4, 1, 1, "0.3"),
        # Means can be negative; halves go away from zero
        (-1, 4, 1, 1, "-0.3"),
        (-7, 3, 1, 1, "-2.3"),
        (0, 7, 100, 1, "0"),
    ],
)
def test_ties_round_half_up(numerator, denominator, scale, decimals, published):
    assert rounded(numerator, denominator, scale, decimals) == Decimal(published)


@settings(max_examples=200, deadline=None)
@given(
    numerator=st.integers(-10_000_000, 10_000_000),
    denominator=st.integers(1, 10_000_000),
    scale=st.sampled_from([1, 100, 10_000]),
    decimals=st.integers(0, 4),
)
def test_rounding_equals_exact_decimal_arithmetic(numerator, denominator, scale, decimals):
    # 40 digits would round twice near a tie; scaled integers make the oracle exact.
    assume(
        abs(numerator) * scale * 10**decimals // denominator < 10**13
    )  # what decimal(18,4) holds before it is scaled down
    doubled = 2 * abs(numerator) * scale * 10**decimals + denominator
    magnitude = Decimal(doubled // (2 * denominator)).scaleb(-decimals)
    expected = magnitude if numerator >= 0 else -magnitude
    assert rounded(numerator, denominator, scale, decimals) == expected
    quotient = (Decimal(numerator) * scale / Decimal(denominator)).quantize(
        Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP
    )
    assert abs(quotient - expected) <= Decimal(1).scaleb(-decimals)


@pytest.mark.parametrize(
    ("value", "target", "high", "tolerance", "polarity", "expected"),
    [
        (90, 90, None, 2, "H", "green"),
        (88, 90, None, 2, "H", "amber"),
        (87, 90, None, 2, "H", "red"),
        (89, 90, None, None, "H", "red"),
        (10, 10, None, 1, "L", "green"),
        (11, 10, None, 1, "L", "amber"),
        (12, 10, None, 1, "L", "red"),
        (40, 40, 50, 5, "range", "green"),
        (50, 40, 50, 5, "range", "green"),
        (35, 40, 50, 5, "range", "amber"),
        (55, 40, 50, 5, "range", "amber"),
        (34, 40, 50, 5, "range", "red"),
        (56, 40, 50, 5, "range", "red"),
        (90, 90, None, 2, "N", ""),
        (None, 90, None, 2, "H", ""),
        (90, None, None, 2, "H", ""),
    ],
)
def test_rating_by_polarity(value, target, high, tolerance, polarity, expected):
    sql = _macros("kpi_rag.sql").kpi_rag("value", "target", "high", "tolerance", "polarity", "true")
    row = duckdb.execute(
        f"select {sql} from (select cast(? as decimal(18, 4)) as value, cast(? as decimal(18, 4)) as target, "
        "cast(? as decimal(18, 4)) as high, cast(? as decimal(18, 4)) as tolerance, ? as polarity)",
        [value, target, high, tolerance, polarity],
    ).fetchone()
    assert row[0] == expected
