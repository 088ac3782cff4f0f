"""Makes the benchmark's Annex A workbook from the contract: 11 lists of any number of rows, every row good."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from expectations.contracts import CodeSet, Column, Table, load_contracts

SNAPSHOT = date(2025, 9, 30)


def _text(codes: CodeSet, place: int) -> str:
    code = codes.codes[place % len(codes.codes)]
    return f"{code.letter}) {code.code}: {code.label}" if code.letter else f"{code.code}: {code.label}"


def _cell(table: Table, column: Column, row: int, dice: random.Random, codes: dict[str, CodeSet]) -> Any:  # noqa: ANN401 - a cell
    if column.type == "code":
        return _text(codes[column.codes or ""], dice.randrange(40))
    if column.type == "date":
        if column.name == "date_of_birth":
            return datetime(2009, 1, 1) + timedelta(days=row % 3000)
        offset = 60 if column.name in {end for _, end in table.ordered_dates} else 150
        return datetime(2025, 9, 30) - timedelta(days=offset - dice.randrange(50))
    if column.type in ("integer", "decimal"):
        return dice.randrange(1, 5)
    if column.type == "id":
        return 1_000_000 + row
    return "ZZ99 3WZ" if column.type == "postcode" else f"{column.name} {dice.randrange(40)}"


def write(path: Path, rows: int) -> int:
    """Write the workbook and return its number of cells."""
    contracts, dice, cells = load_contracts(), random.Random(7), 0
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    tables: list[Table] = list(contracts.sources["annex_a"].tables.values())
    for number, table in enumerate(tables, 1):
        sheet = book.add_worksheet(f"List {number}")
        sheet.write_row(0, 0, [c.title for c in table.columns])
        for row in range(1, rows + 1):
            values = [_cell(table, c, row, dice, contracts.code_sets) for c in table.columns]
            sheet.write_row(row, 0, values)
            cells += len(values)
    book.close()
    return cells
