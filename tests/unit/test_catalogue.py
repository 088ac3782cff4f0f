"""The KPI catalogue: what is accepted, what is refused and in which words, and the arithmetic its entries rely on."""

from __future__ import annotations

import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.catalogue import (
    LAWFUL_BASES,
    CatalogueError,
    Kpi,
    case_filter,
    load_catalogue,
    relations,
)
from orchestration.publishing.datasets import load_datasets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue(ROOT)


@pytest.fixture
def checkout(tmp_path):
    """A checkout holding a copy of the catalogue, to be spoilt."""
    shutil.copytree(ROOT / "dbt_project" / "kpis", tmp_path / "dbt_project" / "kpis")
    shutil.copy(ROOT / "dbt_project" / "routes.yml", tmp_path / "dbt_project")
    shutil.copytree(ROOT / "dbt_project" / "models" / "measures", tmp_path / "dbt_project" / "models" / "measures")
    return tmp_path


def spoil(checkout: Path, file: str, code: str, changes: dict[str, object]) -> None:
    path = checkout / "dbt_project" / "kpis" / file
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    entry = next(kpi for kpi in content["kpis"] if kpi["code"] == code)
    entry.update(changes)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def test_every_kpi_of_the_first_cut_is_there(catalogue):
    codes = {kpi.code for kpi in catalogue.kpis}
    assert {
        "FD-04", "FD-07", "FD-08", "AS-02", "AS-03", "AS-04", "CN-09", "CP-01", "CP-04", "CP-07", "CP-10", "CP-14",
        "CL-01", "CL-04", "LV-22", "LV-25", "AU-04", "AU-06", "AU-12", "FB-03", "WS-03", "WS-04", "WS-04.same", "WS-04.worse",
    } <= codes  # fmt: skip


def test_bases_are_lawful_for_the_nature(catalogue):
    for kpi in catalogue.kpis:
        assert set(kpi.bases) <= LAWFUL_BASES[kpi.nature], kpi.code


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
        ("front_door.yml", "FD-07", {"numerator": "referral.is_rereferral"}, "FD-07: no population referral"),
        (
            "front_door.yml",
            "FD-07",
            {"breakdowns": ["question"]},
            "FD-07: measures_referrals has no breakdown question",
        ),
        ("front_door.yml", "FD-04", {"numerator": "cla_open.is_looked_after"}, "nature flow cannot count population"),
        ("front_door.yml", "FD-07", {"denominator": "mid_year_population.population"}, "only a rate, is divided by"),
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
    path = checkout / "dbt_project" / "kpis" / "populations.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("journey.cp_plans", "journey.plans"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"needs journey\.plans, which routes\.yml does not have"):
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


def test_populations_summed_by_month_are_those_of_the_model(catalogue):
    source = (ROOT / "dbt_project" / "models" / "kpi" / "kpi_month_partials.sql").read_text(encoding="utf-8")
    head, end, _ = source.partition("] -%}")
    listed = jinja2.Environment().from_string(head + end).module.populations
    assert set(listed) == {name for name, population in catalogue.populations.items() if population.kind != "reference"}
    assert len(listed) == len(set(listed))


def test_definition_hash_follows_the_definition_only(catalogue):
    kpi = catalogue.kpi("fd-07")
    assert kpi.definition_hash == Kpi.model_validate(kpi.model_dump()).definition_hash
    assert kpi.definition_hash != kpi.model_copy(update={"decimals": 0}).definition_hash
    hashes = [each.definition_hash for each in catalogue.kpis]
    assert len(set(hashes)) == len(hashes)


def test_relations_hold_what_the_warehouse_joins(catalogue):
    tables = relations(catalogue)
    assert set(tables) == {"kpis", "kpi_bases", "kpi_breakdowns", "kpi_audiences", "populations", "routes"}
    kpis = {row["code"]: row for row in tables["kpis"].to_pylist()}
    assert kpis["CP-01"]["scale"] == 10_000 and kpis["CP-01"]["denominator_population"] == "mid_year_population"
    assert kpis["FD-04"]["scale"] == 1 and kpis["FD-04"]["denominator_measure"] is None
    assert kpis["AU-04"]["min_denominator"] == 20
    assert kpis["FD-07"]["reliability_measure"] == "is_rereferral_unknown"
    assert [row["basis"] for row in tables["kpi_bases"].to_pylist() if row["code"] == "FD-04"] == [
        "M",
        "YTD",
        "R12",
        "Y",
    ]
    datasets = {name for name, d in load_datasets(ROOT / "exports").items() if d.publish}
    assert {row["dataset"] for row in tables["kpi_audiences"].to_pylist()} == datasets
    populations = tables["populations"].to_pylist()
    assert {row["table_name"] for row in populations if row["population"] == "audit_actions_due"} == {
        "audits",
        "audit_actions",
    }


def test_cases_of_a_rate_are_its_numerator(catalogue):
    assert case_filter(catalogue.kpi("CP-01")) == ("cp_plans_open", "is_open_plan", None)
    assert case_filter(catalogue.kpi("FD-04")) == ("referrals", "is_referral", None)
    assert case_filter(catalogue.kpi("FD-07")) == ("referrals", "is_rereferral", "is_referral")


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
        # Published by the Department for Education for Worcestershire, year to March 2025
        (856, 4805, 100, 1, "17.8"),
        (171, 4805, 100, 1, "3.6"),
        (1582, 4805, 100, 1, "32.9"),
        (223, 711, 100, 1, "31.4"),
        (94 + 648, 792, 100, 1, "93.7"),
        (353, 356, 100, 1, "99.2"),
        (7, 522, 100, 1, "1.3"),
        (97, 1036, 100, 0, "9"),
        (306, 404, 100, 0, "76"),
        (1036, 120119, 10_000, 0, "86"),
        (551, 782, 100, 0, "70"),
        (191, 351, 100, 0, "54"),
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
def test_golden_pairs_round_half_up(numerator, denominator, scale, decimals, published):
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
