"""Properties of the marts: the layers of the dbt project by its files, and the rules of the facts by a built demo warehouse."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MODELS = PROJECT / "models"
LAYERS = ("staging", "intermediate", "marts", "measures", "kpi", "reports")
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
SOURCE = re.compile(r"\bsource\(\s*['\"](\w+)['\"]")
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
STARS = re.compile(r"\bselect\s+(?:distinct\s+)?(?:\w+\.)?\*", re.IGNORECASE)


def sql_of(layer: str) -> dict[str, str]:
    """Model name -> SQL without comments."""
    return {
        path.stem: COMMENTS.sub("", path.read_text(encoding="utf-8"))
        for path in sorted((MODELS / layer).rglob("*.sql"))
    }


def models_of(layer: str) -> dict[str, dict]:
    """Model name -> its YAML entry."""
    entries: dict[str, dict] = {}
    for path in sorted((MODELS / layer).rglob("*.yml")):
        for entry in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            assert entry["name"] not in entries, f"{entry['name']} is described twice"
            entries[entry["name"]] = entry
    return entries


LAYER_OF = {name: layer for layer in LAYERS for name in sql_of(layer)}


def test_only_staging_reads_extracts():
    readers = {
        name: sorted(set(SOURCE.findall(sql)) - {"control"})
        for layer in LAYERS[1:]
        for name, sql in sql_of(layer).items()
        if set(SOURCE.findall(sql)) - {"control"}
    }
    assert readers == {}


def test_layers_are_read_downwards_only():
    wrong = [
        f"{name} ({layer}) reads {read} ({LAYER_OF[read]})"
        for layer in LAYERS
        for name, sql in sql_of(layer).items()
        for read in REF.findall(sql)
        if LAYERS.index(LAYER_OF[read]) > LAYERS.index(layer)
    ]
    assert wrong == []


def test_staging_models_read_one_table_each_and_no_model():
    for name, sql in sql_of("staging").items():
        reads = len(SOURCE.findall(sql)) + sql.count("settle(") + sql.count("staged(")
        assert (reads, REF.findall(sql)) == (1, []), name


@pytest.mark.parametrize("layer", LAYERS[1:])
def test_no_select_star_past_staging(layer):
    assert [name for name, sql in sql_of(layer).items() if STARS.search(sql)] == []


@pytest.mark.parametrize("layer", ["staging", "intermediate", "marts"])
def test_every_model_is_described(layer):
    described = {name for name, entry in models_of(layer).items() if entry.get("description")}
    assert described == set(sql_of(layer))


def test_every_column_of_a_mart_is_described_and_typed():
    for name, entry in models_of("marts").items():
        for column in entry["columns"]:
            assert column.get("description") and column.get("data_type"), f"{name}.{column['name']}"


def test_every_mart_has_a_tested_key():
    for name, entry in models_of("marts").items():
        of_columns = [test for column in entry["columns"] for test in column.get("data_tests", [])]
        of_model = [next(iter(test)) for test in entry.get("data_tests", [])]
        assert "unique" in of_columns or {"unique_together", "star_keys"} & set(of_model), name


def test_what_only_the_restricted_zone_may_hold_is_marked():
    """Ids, dates of birth, names of people and free text: a column that looks like one is marked, or it leaks into the practice zone."""
    personal = re.compile(
        r"^(child_id|date_of_birth|death_date|.*_auditor|moderator|.*worker_name|worker_id|family_id|household_id|subject_id|audit_id|answer_text|.*postcode.*|.*urn)$"
    )
    for name, entry in models_of("marts").items():
        for column in entry["columns"]:
            marked = bool(column.get("config", {}).get("meta", {}).get("restricted"))
            assert marked == bool(personal.match(column["name"])), f"{name}.{column['name']}"


def count(warehouse: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = warehouse.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


slow = pytest.mark.slow


@slow
def test_mart_columns_are_the_described_ones(warehouse):
    for name, entry in models_of("marts").items():
        held = warehouse.execute(
            "select column_name from information_schema.columns where table_schema = 'marts' and table_name = ? order by ordinal_position",
            [name],
        ).fetchall()
        assert [row[0] for row in held] == [column["name"] for column in entry["columns"]], name


@slow
def test_calendar_knows_working_days_of_england(warehouse):
    """45 working days after 1 December 2022 is 7 February 2023: Christmas, its substitute day and New Year stand between."""
    days = "select working_day_index from marts.dim_date where date_day = "
    assert count(warehouse, f"select ({days} date '2023-02-07') - ({days} date '2022-12-01')") == 45
    one_off = "select count(*) from marts.dim_date where is_bank_holiday and date_day in ('2020-05-08', '2022-06-03', '2022-09-19', '2023-05-08')"
    assert count(warehouse, one_off) == 4


@slow
def test_calendar_weeks_agree_with_the_engine(warehouse):
    assert count(warehouse, "select count(*) from marts.dim_date where iso_week <> strftime(date_day, '%G-W%V')") == 0


@slow
def test_periods_nest_and_stop_at_the_as_at_date(warehouse):
    assert count(warehouse, "select count(*) from marts.dim_period where period_start > reference_date") == 0
    assert count(warehouse, "select count(distinct basis) from marts.dim_period") == 11
    late = "select count(*) from marts.dim_period, raw.run where is_closed <> (period_end <= as_at) or reference_date <> least(period_end, as_at)"
    assert count(warehouse, late) == 0
    assert (
        count(
            warehouse,
            "select count(*) from marts.dim_period, raw.run where basis = 'M' and as_at between period_start and period_end",
        )
        == 1
    )


@slow
@pytest.mark.parametrize("schema", ["marts", "measures", "kpi", "reports"])
def test_bi_tools_can_load_every_type(warehouse, schema):
    """No UUID, HUGEINT, unsigned, nested or time-zoned type: drivers of BI tools fail on them or make them text."""
    plain = re.compile(r"VARCHAR|DATE|TIMESTAMP|BOOLEAN|INTEGER|BIGINT|DOUBLE|DECIMAL\(\d+,\d+\)")
    columns = warehouse.execute(
        "select table_name || '.' || column_name, data_type from information_schema.columns where table_schema = ?",
        [schema],
    ).fetchall()
    assert columns
    assert {name: kind for name, kind in columns if not plain.fullmatch(kind)} == {}


@slow
def test_every_child_of_every_source_has_one_row(warehouse):
    """But for mothers who were never clients: the case system's list of people holds them too."""
    mothers = (
        "select child_id from staging.stg_ssd__person where is_mother = 'yes' and child_id not in "
        "(select child_id from intermediate.int_children__demographics)"
    )
    tables = [
        row[0]
        for row in warehouse.execute(
            "select table_name from information_schema.columns "
            "where table_schema = 'staging' and column_name = 'child_id' and table_name <> 'stg_control__child_keys'"
            " and table_name <> 'stg_ssd__mother'"
        ).fetchall()
    ]
    assert len(tables) > 10
    union = " union ".join(f"select child_id from staging.{name} where child_id <> ''" for name in tables)
    missing = (
        f"select count(*) from ({union}) as named anti join intermediate.int_children__identities using (child_id) "
        f"where child_id not in ({mothers})"
    )
    assert count(warehouse, missing) == 0
    clients = "select count(*) from raw.clients anti join intermediate.int_children__identities using (child_id)"
    assert count(warehouse, clients) == 0
    unknown = "select count(*) from intermediate.int_children__identities anti join marts.dim_child using (child_key)"
    assert count(warehouse, unknown) == 0
    assert count(warehouse, "select count(*) - count(distinct child_id) from marts.dim_child") == 0
    assert count(warehouse, "select count(*) - count(distinct child_key) from marts.dim_child") == 0


@slow
def test_settled_referrals_are_all_in_the_fact(warehouse, annex_a_warehouse):
    """Each authority's by the route it has, and of the one with both none of the other route."""
    settled = "select count(*) from staging.stg_annex_a__referrals, raw.run where is_current and referral_date <= as_at"
    held = "select count(*) from marts.fct_referrals where source_route = "
    assert count(annex_a_warehouse, settled) == count(annex_a_warehouse, held + "'annex_a'") > 0
    episodes = "select count(*) from staging.stg_ssd__cin_episodes, raw.run where referral_date <= as_at"
    assert count(warehouse, episodes) == count(warehouse, held + "'ssd'") > 0
    for connection in (warehouse, annex_a_warehouse):
        assert count(connection, "select count(distinct source_route) from marts.fct_referrals") == 1


@slow
def test_rereferral_by_window_agrees_with_the_count_of_the_source(annex_a_warehouse):
    """Where 12 months are covered, the referrals held must tell the same story as the source's own count field."""
    both = """
        select count(*)
        from marts.fct_referrals as r
        join intermediate.int_control__coverage as c
            on c.source = 'annex_a' and c.table_name = 'list_3'
            and c.covered_from <= r.referral_date - interval 12 month and c.covered_to >= r.referral_date
        where r.referrals_last_12_months is not null
    """
    agree = (
        both + " and (r.referrals_last_12_months > 0)"
        " = coalesce(r.previous_referral_date >= r.referral_date - interval 12 month, false)"
    )
    compared = count(annex_a_warehouse, both)
    assert compared > 0
    assert count(annex_a_warehouse, agree) / compared > 0.98


@slow
@pytest.mark.parametrize("route", ["ssd", "annex_a"])
def test_stock_agrees_with_starts_less_ends(route, request):
    """The oracle of the month-end stock: plans begun and not ended by the reference date, of the latest snapshot by Annex A."""
    connection = request.getfixturevalue({"ssd": "warehouse", "annex_a": "annex_a_warehouse"}[route])
    latest = "(select max(reference_date) from marts.fct_cp_plans_month_end)"
    shown = f"select child_key from marts.fct_cp_plans_month_end where reference_date = {latest}"
    summed = f"select child_key from marts.fct_cp_plans where start_date <= {latest} and (end_date is null or end_date > {latest})"
    if route == "annex_a":  # one row per child: an older plan stays as it was last seen
        summed += f" and last_seen_date >= {latest}"
    assert count(connection, f"select count(*) from ({shown})") > 0
    assert connection.execute(f"({shown} except {summed}) union all ({summed} except {shown})").fetchall() == []


@slow
def test_nobody_looked_after_is_18_or_on_short_breaks(warehouse):
    assert (
        count(warehouse, "select count(*) from marts.fct_cla_month_end where age >= 18 or legal_status in ('V3', 'V4')")
        == 0
    )
    assert count(warehouse, "select count(*) from marts.fct_cla_month_end") > 0


@slow
def test_nothing_is_known_after_the_as_at_date(warehouse):
    """No past event of a fact lies after the as-at date. Due and planned dates and the dates of rules may."""
    planned = re.compile(
        r"due|planned|expected|target|expiry|until|birth|valid_to|term_|last_day_allowed|window_end|watched_"
    )
    columns = warehouse.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts' and table_name like 'fct%' and table_name not like '%month_end' and data_type = 'DATE'"
    ).fetchall()
    checked = [
        (table, column) for table, column in columns if not planned.search(column) and column != "last_seen_date"
    ]
    assert len(checked) > 15
    for table, column in checked:
        assert count(warehouse, f"select count(*) from marts.{table}, raw.run where {column} > as_at") == 0, (
            f"{table}.{column}"
        )


@slow
def test_facts_point_to_children_and_teams_that_exist(warehouse):
    facts = [
        row[0]
        for row in warehouse.execute(
            "select distinct table_name from information_schema.columns where table_schema = 'marts' and table_name like 'fct%' and column_name = 'child_key'"
        ).fetchall()
    ]
    assert len(facts) > 15
    for fact in facts:
        orphans = f"select count(*) from marts.{fact} as f anti join marts.dim_child as c using (child_key) where f.child_key is not null"
        assert count(warehouse, orphans) == 0, fact
    for fact in ("fct_referrals", "fct_cp_plans_month_end", "fct_cla_month_end"):
        assert count(warehouse, f"select count(*) from marts.{fact} anti join marts.dim_team using (team_code)") == 0, (
            fact
        )
        unmapped = count(warehouse, f"select count(*) from marts.{fact} where team_code = 'unmapped'")
        assert unmapped < 0.2 * count(warehouse, f"select count(*) from marts.{fact}"), fact
