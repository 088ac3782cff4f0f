"""Values of contract columns that no part of the generator knows: made from the column's type and codes alone.

A column added to a contract stands in the next generated delivery without code; one whose values should hang together
with the rest of a life gets them where that life is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from expectations.contracts import CodeSet, Column, Table
from orchestration.synthetic.chance import stable_number

BLANK_ONE_IN = 8  # where a blank is lawful
DAYS_LATER = 60  # a date comes up to so many days after the row's own
NUMBERS = 10  # how many different numbers, where the contract gives no maximum


def with_unknown_columns(
    table: Table, rows: Iterable[Mapping[str, Any]], day: date, code_sets: Mapping[str, CodeSet]
) -> Iterator[Mapping[str, Any]]:
    """The rows with a value for every contract column they lack, as canonical codes and dates, None for a blank.

    A value depends on the row's key and the column only, so a row keeps it from one delivery to the next and nothing
    else in the delivery changes; a date that lies after `day` is not known yet.
    """
    for row in rows:
        missing = [c for c in table.columns if c.name not in row]
        yield {**row, **{c.name: _value(c, table, row, day, code_sets) for c in missing}} if missing else row


def _value(
    column: Column, table: Table, row: Mapping[str, Any], day: date, code_sets: Mapping[str, CodeSet]
) -> str | int | date | None:
    number = stable_number(table.relation, column.name, *(row.get(name) for name in table.key))
    chance, number = number % BLANK_ONE_IN, number // BLANK_ONE_IN
    if not column.required and not chance:
        return None
    match column.type:
        case "code":
            codes = code_sets[column.codes or ""].codes
            return codes[number % len(codes)].code
        case "date":
            return _date(column, table, row, day, number)
        case "integer" | "decimal":
            low = int(column.minimum or 0)
            high = low + NUMBERS - 1 if column.maximum is None else int(column.maximum)
            return low + number % (high - low + 1)
        case "id":
            return str(100_000 + number % 900_000)
        case "postcode":
            return f"ZZ99 {number % 9 + 1}ZZ"
        case _:
            return f"{column.title} {number % NUMBERS + 1}"


def _date(column: Column, table: Table, row: Mapping[str, Any], day: date, number: int) -> date | None:
    """A day on or after the row's own, inside the order of dates that the contract asks for."""
    dates = [c.name for c in table.columns if c.type == "date" and c.name != "date_of_birth" and row.get(c.name)]
    own = [name for name in table.key if name in dates] or dates
    after = [row[a] for a, b in table.ordered_dates if b == column.name and row.get(a)]
    before = [row[b] for a, b in table.ordered_dates if a == column.name and row.get(b)]
    first = max([row[own[0]] if own else day - timedelta(days=DAYS_LATER), *after])
    found = min([first + timedelta(days=number % DAYS_LATER), *before])
    return found if found <= day or column.planned else day if column.required else None
