"""Numbers about one load of a table, which the table rules of a contract look at; never a value of a cell.

Row rules look at rows (`expectations.suites`); here is what only the whole load can say: keys, null rates, freshness.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contracts import Table

VOLUME = "volume_change"


def null_share(column: str) -> str:
    """Name of the profile's number: the share of rows without a value in a column."""
    return f"null_share__{column}"


def found_share(place: int) -> str:
    """Name of the profile's number: the share of references found, by the place of the foreign key in the contract."""
    return f"found_share__{place}"


def numbered(rows: pa.Table, names: list[str]) -> list[np.ndarray]:
    """The columns as numbers by row: equal values, equal numbers; 0 is blank."""
    found = []
    for name in names:
        encoded = rows.column(name).combine_chunks().dictionary_encode()
        indices = encoded.combine_chunks().indices if isinstance(encoded, pa.ChunkedArray) else encoded.indices
        found.append(pc.add(pc.fill_null(indices, -1), 1).to_numpy().astype(np.int64))
    return found


def groups(columns: list[np.ndarray], count: int) -> np.ndarray:
    """Rows that agree on every column get the same number, from 0."""
    found = np.zeros(count, np.int64)
    for place, column in enumerate(columns):
        found = column if place == 0 else found * (int(column.max(initial=0)) + 1) + column
        if place == len(columns) - 1 or int(found.max(initial=0)) > 2**31:  # before it could overflow
            found = np.unique(found, return_inverse=True)[1]
    return found


def repeated(rows: pa.Table, names: list[str]) -> np.ndarray:
    """Mask of rows that share their values of the columns with another row; a blank is a value."""
    none = np.zeros(rows.num_rows, bool)
    if not rows.num_rows or not names:
        return none
    # counting needs half the memory of numbering, and most keys are of one column and without a repeat
    if len(names) == 1 and pc.count_distinct(rows.column(names[0]), mode="all").as_py() == rows.num_rows:
        return none
    numbers = numbered(rows, names)
    group = numbers[0] if len(names) == 1 else groups(numbers, rows.num_rows)
    return np.bincount(group, minlength=1)[group] > 1


def profile(table: Table, rows: pa.Table | Path, snapshot: date) -> dict[str, float | None]:
    """The numbers of one load: `rows` holds at least the row number, the key, and the columns with table rules.

    Counted by DuckDB: with Arrow the gate's peak on 5 million rows was 2,051 MB, so it is 1,503 MB.
    """
    import duckdb

    with duckdb.connect() as db:
        if isinstance(rows, Path):
            db.execute("create view load_rows as select * from read_parquet($$" + str(rows) + "$$)")
        else:
            db.register("load_rows", rows)

        def number(sql: str) -> Any:  # noqa: ANN401 - a number or a day
            found = db.execute(sql).fetchone()
            return found[0] if found else None

        def repeats(names: Iterable[str]) -> float:
            listed = ", ".join(f'"{n}"' for n in names)
            grouped = f"select count(*) as times from load_rows group by {listed} having count(*) > 1"
            return float(number(f"select coalesce(sum(times), 0) from ({grouped})"))

        count = number("select count(*) from load_rows")
        found: dict[str, float | None] = {
            # several rows of a table made from another may come from one row of the file
            "repeated_row_numbers": 0.0 if table.made_from else repeats(["row_number"]),
            # where other columns tell rows apart, the loader has seen to the key (orchestration.ingest.rules)
            "repeated_keys": 0.0 if table.open_columns else repeats(table.key),
        }
        for column in table.columns:
            if column.max_null_share is not None:
                nulls = number(f'select count(*) - count("{column.name}") from load_rows')
                found[null_share(column.name)] = nulls / count if count else None
        if table.freshness:
            newest = number(f'select cast(max("{table.freshness.column}") as date) from load_rows')
            found["days_old"] = None if newest is None else float((snapshot - newest).days)
    return found


def profiled_columns(table: Table) -> list[str]:
    """The columns `profile` reads."""
    limited = [c.name for c in table.columns if c.max_null_share is not None]
    fresh = [table.freshness.column] if table.freshness else []
    return list(dict.fromkeys(["row_number", *table.key, *limited, *fresh]))
