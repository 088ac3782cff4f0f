"""The same authority by two routes: figures from the case system and from Annex A agree wherever both are covered.

Where they may differ, the reason is a rule, and the test holds the bound of it: what was entered late is in the case system's
last dump but not in the list of its month, and a conference of a child who moved in has no enquiry and stands on no list.
"""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.slow

LATE_ENTRY = {"AS-03": 2, "CP-14": 4}  # positions read from last entries: children by whom a month may differ
TRANSFERS_IN = "CP-04"


def figures(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Numerator and denominator of every covered authority total, by KPI and month."""
    rows = connection.execute(
        "select kpi, period, numerator, denominator from kpi.kpi_values where org_level = 'authority' "
        "and breakdown = 'total' and basis in ('M', 'SNAP') and status in ('', 'u', 'z') and numerator is not null"
    ).fetchall()
    return {(kpi, period): (above, below) for kpi, period, above, below in rows}


@pytest.fixture
def by_both(warehouse, annex_a_warehouse):
    case_system, annex_a = figures(warehouse), figures(annex_a_warehouse)
    return {key: (case_system[key], annex_a[key]) for key in annex_a if key in case_system}


def test_figures_of_both_routes_agree(by_both, warehouse):
    moved_in = dict(
        warehouse.execute(
            "select strftime(icpc_date, '%Y-%m'), count(*) from marts.fct_icpcs where is_transfer_in group by 1"
        ).fetchall()
    )
    months = {kpi: sum(1 for k, _ in by_both if k == kpi) for kpi, _ in by_both}
    assert len(months) >= 18, "nearly every KPI is counted by both routes"
    assert min(months.values()) >= 12
    told = []
    for (kpi, month), (ours, theirs) in sorted(by_both.items()):
        if kpi == TRANSFERS_IN:
            ours = (ours[0], (ours[1] or 0) - moved_in.get(month, 0))
        gap = max(abs((a or 0) - (b or 0)) for a, b in zip(ours, theirs, strict=True))
        if gap > LATE_ENTRY.get(kpi, 0):
            told.append(f"{kpi} {month}: case system {ours}, Annex A {theirs}")
    assert told == []


def test_the_last_month_has_no_late_entry(by_both):
    """But for a young child who was not seen: "not appropriate" on the list, not seen and so not seen alone in the case system."""
    last = max(month for _, month in by_both)
    differing = {key: pair for key, pair in by_both.items() if key[1] == last and pair[0] != pair[1]}
    assert differing.pop(("CP-14", last), ((0, 0), (0, 0)))[0][1] <= by_both["CP-14", last][1][1] + 2
    assert differing == {}


def test_one_workbook_window_gives_no_year(annex_a_warehouse, warehouse):
    """Referrals of 2022-23 are in the case system's history and in no workbook: a number here, `x` there, never 0."""
    asked = (
        "select numerator, status from kpi.kpi_values where kpi = 'FD-04' and basis = 'Y' and period = '2022-23' "
        "and org_level = 'authority' and breakdown = 'total'"
    )
    assert warehouse.execute(asked).fetchone()[1] == ""
    assert annex_a_warehouse.execute(asked).fetchone() == (None, "x")


def test_every_fact_says_its_route(warehouse, annex_a_warehouse):
    for connection, expected in (
        (warehouse, {"ssd", "supporting_families", "adoption"}),
        (annex_a_warehouse, {"annex_a"}),
    ):
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.columns where table_schema = 'marts' and column_name = 'source_route'"
            ).fetchall()
        ]
        assert len(tables) >= 12
        for table in tables:
            routes = {r[0] for r in connection.execute(f"select distinct source_route from marts.{table}").fetchall()}
            assert len(routes) == 1 and routes <= expected, table
