"""Which loads count as at a day: the one rule that decides both the rows of schema raw and what they cover."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.contracts import load_contracts
from expectations.suites import typed_columns
from orchestration.warehouse.dbt_sources import FIXED_COLUMNS
from orchestration.warehouse.raw import PEOPLE, SUBJECTS, _counting, _relation

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


def test_what_has_a_pseudonym_stands_in_some_table():
    """A column renamed in a contract would leave its relation of keys empty, and the marts with it."""
    contracts = load_contracts()
    assert set(SUBJECTS.values()) <= {name for table in contracts.tables for name in table.by_name}
    assert set(PEOPLE) <= set(contracts.sources["ssd"].tables)


@pytest.mark.parametrize("source", load_contracts().sources)
def test_a_raw_relation_has_the_columns_and_types_of_what_the_loader_writes(source, tmp_path):
    """With a load or without one: the same names, and types that the models can count on."""
    for table in load_contracts().sources[source].tables.values():
        written = pa.schema(list(typed_columns(table).items())).empty_table()
        path = tmp_path / f"{table.relation}.parquet"
        pq.write_table(written, path)
        with duckdb.connect() as db:
            db.execute("create schema raw")
            db.execute(
                "create table raw.loads as select 1 as load_id, '2025-08' as period, date '2025-08-31' as snapshot_date, "
                f"'{path}' as file_path"
            )
            shapes = []
            for loads in ([], [{"file_path": str(path)}]):
                db.execute(
                    "create or replace " + _relation(table, loads, "select null where false").removeprefix("create ")
                )
                shapes.append(db.execute(f"describe raw.{table.relation}").fetchall())
        names = [row[0] for row in shapes[0]]
        assert names == [*(n for n, _, _ in FIXED_COLUMNS[:3]), *written.column_names], table.relation
        assert [row[:2] for row in shapes[0]] == [row[:2] for row in shapes[1]], table.relation
        assert {row[1] for row in shapes[0]} <= {"VARCHAR", "DATE", "BIGINT", "INTEGER", "DECIMAL(18,4)", "TIMESTAMP"}
