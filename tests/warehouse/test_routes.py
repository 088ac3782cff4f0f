"""The same authority by two routes: figures from the case system and from Annex A agree wherever both are covered.

Where they may differ, the reason is a rule of the definition, and the test holds the bound of it: what was entered late is in
the case system's last dump but not in the list of its month; some things one of the two does not tell at all, so that its
figure is 0 of 0; and a few it tells otherwise.
"""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.slow

# Told from last entries, or of which late entry changes a month: children by whom a month may differ.
LATE_ENTRY = {"AS-03": 2, "CN-02": 1, "CN-02.ended": 3, "CP-13": 4, "CP-14": 4, "CP-19": 1, "FD-01": 1}
# Nothing of it is on the lists: 0 of 0 there.
NOT_ON_THE_LISTS = {
    "AS-02.from_referral", "CL-06", "CL-11", "CL-13.live", "CL-14.live", "CL-36", "CN-05", "CP-09", "FD-12", "FD-12.outcomes",
    "QP-04",
}  # fmt: skip
# The case system keeps the latest contact of the reviewing officer alone: 0 of 0 there, but for its last month.
ON_THE_LISTS_ALONE = {"CL-30"}
# Told otherwise, and so within a share of the case system's figure.
APART = {
    # the list leaves adult care leavers out
    "CN-01": 0.1, "CN-01.count": 0.1, "CN-03": 0.3, "CN-03.bands": 0.1,
    # brothers and sisters are known by the case system's families
    "FD-01.events": 0.1,
    # without outcomes every contact is told by the referral that follows it
    "FD-03": 0.1,
}  # fmt: skip
# The list shows assessments that started in its six months: those completed in the first months of the earliest list
# but started before it are missing.
FIRST_MONTHS_SHORT = {"EH-01", "EH-02"}


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


def months_of(by_both, kpi: str) -> list[str]:
    return sorted(month for code, month in by_both if code == kpi)


def test_figures_of_both_routes_agree(by_both):
    months = {kpi: sum(1 for k, _ in by_both if k == kpi) for kpi, _ in by_both}
    assert len(months) >= 100, "nearly every KPI of the lists is counted by both routes"
    assert min(months.values()) >= 12
    told = []
    for (kpi, month), (ours, theirs) in sorted(by_both.items()):
        if kpi in NOT_ON_THE_LISTS | ON_THE_LISTS_ALONE | set(APART):
            continue
        if kpi in FIRST_MONTHS_SHORT and month in months_of(by_both, kpi)[:2]:
            continue
        gap = max(abs((a or 0) - (b or 0)) for a, b in zip(ours, theirs, strict=True))
        if gap > LATE_ENTRY.get(kpi, 0):
            told.append(f"{kpi} {month}: case system {ours}, Annex A {theirs}")
    assert told == []


def test_what_one_route_does_not_tell_is_nothing_of_nothing(by_both):
    """Never a figure of 0: the denominator says that there was nothing to tell it of."""
    for kpis, side in ((NOT_ON_THE_LISTS, 1), (ON_THE_LISTS_ALONE, 0)):
        for kpi in kpis:
            months = months_of(by_both, kpi)[: -1 if kpi in ON_THE_LISTS_ALONE else None]
            assert months, kpi
            assert {by_both[kpi, month][side] for month in months} == {(0, 0)}, kpi
            assert any(by_both[kpi, month][1 - side][1] for month in months), kpi


def test_what_the_routes_tell_otherwise_is_near(by_both):
    differing = set()
    for kpi, share in APART.items():
        for month in months_of(by_both, kpi):
            for a, b in zip(*by_both[kpi, month], strict=True):
                if a != b:
                    differing.add(kpi)
                    assert abs(a - b) <= max(3, share * a), (kpi, month)
    assert differing == set(APART), "one that agrees is no exception any more"


def test_adult_care_leavers_are_what_the_list_of_need_lacks(by_both, warehouse):
    adults = dict(
        warehouse.execute(
            "select period, numerator from kpi.kpi_values where kpi = 'CN-01.count' and basis = 'SNAP' "
            "and org_level = 'authority' and breakdown = 'age_band' and breakdown_value = '18+'"
        ).fetchall()
    )
    for month in months_of(by_both, "CN-01.count"):
        (ours, _), (theirs, _) = by_both["CN-01.count", month]
        assert 0 < ours - theirs <= adults[month], month


def test_the_last_month_has_no_late_entry(by_both):
    """But for a young child who was not seen: "not appropriate" on the list, not seen and so not seen alone in the case system."""
    last = max(month for _, month in by_both)
    differing = {
        kpi: pair
        for (kpi, month), pair in by_both.items()
        if month == last and pair[0] != pair[1] and kpi not in NOT_ON_THE_LISTS | ON_THE_LISTS_ALONE | set(APART)
    }
    assert differing.pop("CP-14", ((0, 0), (0, 0)))[0][1] <= by_both["CP-14", last][1][1] + 2
    # whether the child was seen is not on the list: a visit without is one that saw it
    assert differing.pop("CP-19", ((0, None), (0, None)))[0][0] <= by_both["CP-19", last][1][0] + 1
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
        (warehouse, {"ssd", "supporting_families", "adoption", "csww"}),
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
            assert routes <= expected, table
            # the social work workforce has no Annex A list
            assert len(routes) == 1 or (table == "fct_workforce_census" and "csww" not in expected), table
