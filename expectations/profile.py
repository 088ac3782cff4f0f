"""Numbers about one load of a table, which the table rules of a contract look at; never a value of a cell.

Row rules look at rows (`expectations.suites`); here is what only the whole load can say: keys, null rates, freshness.
"""

from __future__ import annotations

from datetime import date

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
    if not rows.num_rows or not names:
        return np.zeros(rows.num_rows, bool)
    numbers = numbered(rows, names)
    group = numbers[0] if len(names) == 1 else groups(numbers, rows.num_rows)
    return np.bincount(group, minlength=1)[group] > 1


def profile(table: Table, rows: pa.Table, snapshot: date) -> dict[str, float | None]:
    """The numbers of one load: `rows` holds at least the row number, the key, and the columns with table rules."""
    found: dict[str, float | None] = {
        # several rows of a table made from another may come from one row of the file
        "repeated_row_numbers": 0.0 if table.made_from else float(repeated(rows, ["row_number"]).sum()),
        # where other columns tell rows apart, the loader has seen to the key (orchestration.ingest.rules)
        "repeated_keys": 0.0 if table.open_columns else float(repeated(rows, list(table.key)).sum()),
    }
    for column in table.columns:
        if column.max_null_share is not None:
            nulls = rows.column(column.name).null_count
            found[null_share(column.name)] = nulls / rows.num_rows if rows.num_rows else None
    if table.freshness:
        newest = pc.max(rows.column(table.freshness.column).cast(pa.date32())).as_py()
        found["days_old"] = None if newest is None else float((snapshot - newest).days)
    return found


def profiled_columns(table: Table) -> list[str]:
    """The columns `profile` reads."""
    limited = [c.name for c in table.columns if c.max_null_share is not None]
    fresh = [table.freshness.column] if table.freshness else []
    return list(dict.fromkeys(["row_number", *table.key, *limited, *fresh]))
