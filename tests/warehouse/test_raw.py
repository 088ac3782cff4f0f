"""Which loads count as at a day: the one rule that decides both the rows of schema raw and what they cover."""

from __future__ import annotations

from datetime import date

import pytest

from expectations.contracts import load_contracts
from orchestration.warehouse.raw import _counting

LOADS = [
    {"source": source, "table_name": table, "period": period}
    for source, table in (("annex_a", "list_3"), ("quality_assurance", "audits"))
    for period in ("2025-08", "2025-09", "2025-10")
]


@pytest.mark.parametrize(
    ("as_at", "snapshots", "dumps"),
    [
        (date(2025, 7, 31), [], []),
        (date(2025, 8, 1), ["2025-08"], ["2025-08"]),  # what is dropped during a month shows that month so far
        (date(2025, 9, 30), ["2025-08", "2025-09"], ["2025-09"]),
        (date(2025, 10, 1), ["2025-08", "2025-09", "2025-10"], ["2025-10"]),
    ],
)
def test_loads_count_from_the_first_day_of_their_period_and_of_full_dumps_the_last(as_at, snapshots, dumps):
    found = [(row["source"], row["period"]) for row, _ in _counting(LOADS, load_contracts(), as_at)]
    assert [period for source, period in found if source == "annex_a"] == snapshots
    assert [period for source, period in found if source == "quality_assurance"] == dumps


def test_load_of_a_table_without_a_contract_does_not_count():
    unknown = [{"source": "annex_a", "table_name": "list_99", "period": "2025-08"}, LOADS[0]]
    assert [row["table_name"] for row, _ in _counting(unknown, load_contracts(), date(2025, 9, 1))] == ["list_3"]
