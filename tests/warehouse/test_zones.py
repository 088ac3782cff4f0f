"""What each zone may hold: no id to be worked out below restricted, no restricted record anywhere, suppressed values only."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.catalogue import case_filter, load_catalogue
from orchestration.serving.zones import FILE, ZONES
from orchestration.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def zone(demo_home):
    opened = []

    def connect(name):
        opened.append(duckdb.connect(str(demo_home / "serving" / name / FILE), read_only=True))
        return opened[-1]

    yield connect
    for db in opened:
        db.close()


def columns(db):
    rows = db.execute("select table_name, column_name, data_type from information_schema.columns").fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables


def test_no_key_of_the_practice_zone_can_be_worked_out_from_an_id(zone, demo_home):
    practice = zone("practice")
    tables = columns(practice)
    practice.execute(f"attach '{demo_home / 'serving' / 'restricted' / FILE}' as restricted (read_only)")
    checked = 0
    for table, kinds in tables.items():
        if "child_key" not in kinds:
            continue
        days = ["''", *(f"'|' || cast(t.{c} as varchar)" for c, kind in kinds.items() if kind == "DATE")]
        for column in (c for c, kind in kinds.items() if kind == "VARCHAR"):
            for day in days:
                sql = f"select count(*) from {table} t join restricted.dim_child c using (child_key) where t.{column} = md5(c.child_id || {day})"
                assert practice.execute(sql).fetchone() == (0,), f"{table}.{column}"
                checked += 1
    assert checked > 100


def test_practice_holds_no_id_name_or_date_of_birth(zone):
    names = {c for table in columns(zone("practice")).values() for c in table}
    assert names.isdisjoint(
        {"child_id", "date_of_birth", "lead_auditor", "peer_auditor", "moderator", "worker_name", "audit_id"}
    )
    assert "child_id" in columns(zone("restricted"))["dim_child"]


def test_no_zone_holds_a_row_of_a_restricted_record(zone, warehouse):
    keys = [
        r[0]
        for r in warehouse.execute(
            "select child_key from marts.dim_child where record_restriction <> 'none'"
        ).fetchall()
    ]
    assert keys
    counted = warehouse.execute(
        "select count(*) from measures.measures_cla_open where child_key in (select unnest(?))", [keys]
    ).fetchone()
    for name in ZONES:
        db = zone(name)
        for table, kinds in columns(db).items():
            if "child_key" in kinds:
                assert db.execute(
                    f"select count(*) from {table} where child_key in (select unnest(?))", [keys]
                ).fetchone() == (0,)
    assert (
        counted[0]
        + warehouse.execute(
            "select count(*) from measures.measures_cp_plans_open where child_key in (select unnest(?))", [keys]
        ).fetchone()[0]
    )  # they do count in the figures


def test_no_zone_holds_a_family_of_restricted_children_alone(zone, warehouse):
    """Nor what the programme did with it; a family with another child is there and does not count the restricted one."""
    hidden = """
        select m.family_key from marts.fct_family_members as m join marts.dim_child as c using (child_key)
        group by m.family_key having bool_and(c.record_restriction <> 'none')
    """
    keys = [r[0] for r in warehouse.execute(hidden).fetchall()]
    for name in ("restricted", "practice"):
        db = zone(name)
        for table, kinds in columns(db).items():
            if "family_key" in kinds:
                held = f"select count(*) from {table} where family_key in (select unnest(?::varchar[]))"
                assert db.execute(held, [keys]).fetchone() == (0,), table
        more = """
            select count(*) from dim_family as f
            where children_known <> (select count(distinct child_key) from fct_family_members as m where m.family_key = f.family_key)
        """
        assert db.execute(more).fetchone() == (0,)


def test_the_aggregate_zone_holds_suppressed_totals_only(zone):
    db = zone("aggregate")
    assert list(columns(db)) == ["kpi_values"]
    small = """select count(*) from kpi_values where counts = 'people'
        and (numerator between 1 and 5 or (unit = '%' and (denominator between 1 and 5 or denominator - numerator between 1 and 5)))"""
    assert db.execute(small).fetchone() == (0,)
    assert db.execute(
        "select count(*) from kpi_values where org_level = 'team' or breakdown <> 'total'"
    ).fetchone() == (0,)
    assert db.execute("select count(*) from kpi_values where status = 'c'").fetchone()[0] > 0
    assert db.execute(
        "select count(*) from (select kpi from kpi_values group by kpi having count(distinct basis) > 1)"
    ).fetchone() == (0,)


def test_every_zone_keeps_the_types_of_the_warehouse(zone, warehouse):
    wanted = {r[0]: r[1] for r in warehouse.execute("describe kpi.kpi_values").fetchall()}
    for name in ZONES:
        found = {r[0]: r[1] for r in zone(name).execute("describe kpi_values").fetchall()}
        assert {c: wanted[c] for c in found} == found


def test_no_person_has_more_items_than_the_catalogue_says(warehouse):
    """In a quarter, or of a position in one of its months."""
    checked = 0
    catalogue = load_catalogue(PROJECT_ROOT)
    for kpi in catalogue.kpis:
        if kpi.items_per_person == 1 or kpi.numerator is None:
            continue
        population, numerator, denominator = case_filter(kpi)
        period = "month" if catalogue.populations[population].kind == "stock" else "quarter"
        most = warehouse.execute(
            f"""select coalesce(max(items), 0) from (
                select sum({denominator or numerator}) as items from measures.measures_{population} as m
                join marts.dim_date as d on m.event_date = d.date_day where child_key is not null
                group by child_key, service_code, d.{period})"""
        ).fetchone()[0]
        assert most <= kpi.items_per_person, kpi.code
        checked += 1
    assert checked >= 40
