"""From the generator's columns to a contract's: values for columns that no part of the generator knows, and the Arrow table a file holds.

A column added to a contract stands in the next generated delivery without code; one whose values should hang together
with the rest of a life gets them where that life is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from expectations.contracts import CodeSet, Column, Table
from orchestration.synthetic.chance import Chance, stable_number
from orchestration.synthetic.days import A_DAY
from orchestration.synthetic.rows import BLANK, Array, Rows, Words
from orchestration.synthetic.spells import where

BLANK_SHARE = 0.125  # where a blank is lawful
DAYS_LATER = 60  # a date comes up to so many days after the row's own
NUMBERS = 10  # how many different numbers, where the contract gives no maximum
BLANK_SECONDS = -(2**62)  # a moment that is not there


def fill(table: Table, rows: Rows, day: int, chance: Chance, code_sets: Mapping[str, CodeSet]) -> Rows:
    """The rows with every column of the contract, in its order; a column they lack is made from its type and codes.

    A value depends on the row's key and the column only, so a row keeps it from one delivery to the next and nothing
    else in the delivery changes; a date that lies after `day` is not known yet. What the file's cells do not hold
    (`filled_from`) is left out; a table with open columns keeps those it is given, after the contract's.
    Raises ValueError for a column that the contract does not have.
    """
    given = rows.columns
    others = [n for n in given if n not in table.by_name]
    if others and not table.open_columns:
        raise ValueError(f"{table.source}.{table.name}: the contract has no column {', '.join(sorted(others))}")
    key: Array | None = None
    full = dict(given)
    shown = [c for c in table.columns if c.filled_from is None]
    for column in shown:
        if column.name not in given:
            if key is None:
                key = _row_keys(table, rows)
            full[column.name] = _made(column, table, Rows(full), key, day, chance, code_sets)
    return Rows({n: full[n] for n in [*(c.name for c in shown), *others]})


def _row_keys(table: Table, rows: Rows) -> Array:
    """One number a row, from the key's columns."""
    columns = [rows.columns[n] for n in table.key if n in rows]
    if not columns:
        return np.arange(len(rows))
    key = np.zeros(len(rows), dtype=np.int64)
    with np.errstate(over="ignore"):
        for column in columns:
            key = key * np.int64(6_364_136_223_846_793_005) + _numbers(column)
    return key


def _numbers(column: Any) -> Array:  # noqa: ANN401 - an array or Words
    if isinstance(column, Words):
        table = [stable_number(w) % 2**62 for w in column.words]
        return np.array([*table, -1], dtype=np.int64)[column.index]
    column = np.asarray(column)
    if column.dtype.kind in "OU":
        return np.array([stable_number(v) % 2**62 for v in column.tolist()], dtype=np.int64)
    return column.astype(np.int64)


def _made(
    column: Column, table: Table, rows: Rows, key: Array, day: int, chance: Chance, code_sets: Mapping[str, CodeSet]
) -> Any:  # noqa: ANN401 - an array or Words
    purpose = f"{table.source}.{table.name}.{column.name}"
    blank = np.zeros(len(key), dtype=bool) if column.required else chance.happens(purpose + " blank", BLANK_SHARE, key)
    match column.type:
        case "code":
            words = tuple(c.code for c in code_sets[column.codes or ""].codes)
            return Words(chance.between(purpose, 0, len(words) - 1, key), words).blank_where(blank)
        case "date":
            return _day(column, table, rows, key, day, chance, blank)
        case "datetime":
            found = _day(column, table, rows, key, day, chance, blank)
            second = chance.between(purpose + " second", 0, A_DAY - 1, key)
            return np.where(found == BLANK, BLANK_SECONDS, found.astype(np.int64) * A_DAY + second)
        case "integer" | "decimal":
            low = int(column.minimum or 0)
            high = low + NUMBERS - 1 if column.maximum is None else int(column.maximum)
            number = chance.between(purpose, low, max(low, high), key)
            if column.type == "integer":
                return where(~blank, number)
            return np.where(blank, np.nan, number.astype(np.float64))
        case "id":
            return np.where(blank, -1, 100_000 + chance.between(purpose, 0, 899_999, key)).astype(np.int64)
        case "postcode":
            words = tuple(f"ZZ99 {n}ZZ" for n in range(1, 10))
        case "json":
            words = ("{}",)
        case _:
            words = tuple(f"{column.title} {n}" for n in range(1, NUMBERS + 1))
    return Words(chance.between(purpose, 0, len(words) - 1, key), words).blank_where(blank)


def _day(column: Column, table: Table, rows: Rows, key: Array, day: int, chance: Chance, blank: Array) -> Array:
    """A day on or after the row's own, inside the order of dates that the contract asks for."""
    dates = [c.name for c in table.columns if c.type == "date" and "birth" not in c.name and c.name in rows]
    own = [name for name in table.key if name in dates] or dates
    first = rows.columns[own[0]] if own else np.full(len(key), day - DAYS_LATER)
    first = np.where(first == BLANK, day - DAYS_LATER, first).astype(np.int64)
    for before, after in table.ordered_dates:
        if after == column.name and before in rows:
            first = np.maximum(first, rows.columns[before])
    found = first + chance.between(f"{table.source}.{table.name}.{column.name}", 0, DAYS_LATER - 1, key)
    for before, after in table.ordered_dates:
        if before == column.name and after in rows:
            later = rows.columns[after]
            found = np.where(later == BLANK, found, np.minimum(found, later))
    if not column.planned:
        found = np.where(found > day, day if column.required else BLANK, found)
    return where(~blank, found)


def arrow_table(table: Table, rows: Rows) -> pa.Table:
    """The rows as an Arrow table under the headers of the contract; words as dictionaries, days as dates."""
    kinds = table.by_name
    return pa.table(
        {
            kinds[n].title if n in kinds else n: arrow_array(kinds[n].type if n in kinds else "text", v)
            for n, v in rows.columns.items()
        }
    )


def arrow_array(kind: str, values: Any) -> pa.Array:  # noqa: ANN401 - an array or Words
    """One column as Arrow: `date32`, `timestamp`, `int64` and so on by the contract's type `kind`; blanks are null."""
    if isinstance(values, Words):
        if not values.words:
            return pa.nulls(len(values), pa.string())
        indices = pa.array(values.index.astype(np.int32), mask=values.index < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(values.words, pa.string()))
    values = np.asarray(values)
    if values.dtype.kind in "OU":
        return pa.array(values.tolist(), pa.string())
    match kind:
        case "date":
            return pa.array(values.astype(np.int32), mask=values == BLANK).cast(pa.date32())
        case "datetime":
            return pa.array(values.astype(np.int64), mask=values <= BLANK_SECONDS).cast(pa.timestamp("s"))
        case "decimal":
            values = values.astype(np.float64)
            return pa.array(values, mask=np.isnan(values))
        case "integer":
            return pa.array(values.astype(np.int64), mask=values == BLANK)
        case _:
            return pa.array(values.astype(np.int64), mask=values < 0)
