"""A clean control delivery: ten rows a table, made from the contracts' own headers and code lists, and its writers.

Every free text and id holds CANARY, so that a test can tell whether a cell left the restricted store.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from expectations.contracts import CodeSet, Column, Table, load_contracts
from orchestration.ingest.cells import UPN_LETTERS, has_right_check_digit

CONTRACTS = load_contracts()
ANNEX_A = CONTRACTS.sources["annex_a"]
SNAPSHOT = date(2025, 6, 30)
PERIOD = "2025-06"
CANARY = "CANARY"
FRONT_SHEETS = ("Front_Sheet", "FAQ_and_changes", "Guidance", "Codes_used")
# Days before the snapshot of the dates that stand in an order; the others are 40 days before it.
DAYS_BEFORE = {
    "cla_start_date": 500, "care_entry_date": 500, "legal_status_start_date": 450, "cin_start_date": 300,
    "placement_start_date": 200, "cp_plan_start_date": 110, "enquiry_date": 300, "stage_1_start_date": 250,
    "stage_1_end_date": 200, "stage_2_start_date": 190, "stage_2_end_date": 120, "assessment_start_date": 90,
    "strategy_discussion_date": 60, "allocated_date": 60, "valid_from": 900, "assessment_completion_date": 30,
    "authorisation_date": 30, "moderated_date": 20,
}  # fmt: skip
DERIVED = [t.relation for t in CONTRACTS.tables if t.made_from]
FILED = [t for t in CONTRACTS.tables if not t.made_from]  # tables that files hold
# Tables of our own whose control rows have the days of DAYS_BEFORE; in the others dates follow the contract's order.
OURS = ("quality_assurance__audits", "quality_assurance__audit_templates", "reference__organisation", "reference__targets",
        "reference__record_restrictions")  # fmt: skip
ENDS = ("cin_closure_date", "cp_plan_end_date", "cla_end_date", "decision_reversed_date", "leaving_date", "valid_to")


@dataclass
class Grid:
    """A table to write: its contract, header texts and rows of cells, both in the contract's order."""

    table: Table
    headers: list[str]
    rows: list[list[Any]]
    title: str

    def place(self, column: str) -> int:
        """The place of a contract column in a row."""
        return [c.name for c in self.table.columns if c.filled_from is None].index(column)

    def set(self, row: int, column: str, value: object) -> None:
        """Write a cell; `row` is the row number of a file whose header is in row 1."""
        self.rows[row - 2][self.place(column)] = value

    def get(self, row: int, column: str) -> Any:  # noqa: ANN401 - a cell
        """The cell of a row number and contract column."""
        return self.rows[row - 2][self.place(column)]


def code_text(codes: CodeSet, number: int) -> str:
    """The code of a list as the return's own code page writes it: `q) 6: Police`, `a) Male`, `N1 - Abuse or neglect`."""
    code = codes.codes[number % len(codes.codes)]
    if code.code == code.code.lower() and not code.code.isdigit():
        return f"{code.letter}) {code.label}" if code.letter else code.label
    return f"{code.letter}) {code.code}: {code.label}" if code.letter else f"{code.code} - {code.label}"


def _place_in_order(table: Table, column: str, seen: tuple[str, ...] = ()) -> int:
    """How many dates of a row must lie before this one, by the contract's ordered pairs."""
    before = [a for a, b in table.ordered_dates if b == column and a not in (*seen, column)]
    return max((1 + _place_in_order(table, a, (*seen, column)) for a in before), default=0)


def _day(table: Table, column: Column, number: int, snapshot: date) -> date:
    if table.source == "annex_a" or table.relation in OURS:
        return snapshot - timedelta(days=DAYS_BEFORE.get(column.name, 40) + number)
    if table.ordered_dates and any(column.name in pair for pair in table.ordered_dates):
        first = 900 if any(p[0] == "valid_from" for p in table.ordered_dates) else 120
        return snapshot - timedelta(days=first + number) + timedelta(days=5 * _place_in_order(table, column.name))
    return snapshot - timedelta(days=40 + number)


def valid_number(form: str, number: int) -> str:
    """A number with the check digit that is right: the only one that passes."""
    last = UPN_LETTERS if form == "upn" else "0123456789"
    tries = [f"{c}80120000{number:04d}" if form == "upn" else f"94{number:07d}{c}" for c in last]
    found = [t for t in tries if has_right_check_digit(form, t)]
    return found[0] if found else valid_number(form, number + 5000)  # one NHS number in eleven has no digit


def _lawful_codes(table: Table, column: Column) -> list[int]:
    refused = table.adoption_links.when.get(column.name, ()) if table.adoption_links else ()
    return [n for n, c in enumerate(CONTRACTS.code_sets[column.codes or ""].codes) if c.code not in refused]


def _checked_form(table: Table, column: Column, number: int) -> str | None:
    """The form of number with a check digit that a row's cell must hold, if any."""
    for rule in (r for r in table.check_digits if r.column == column.name):
        for name, wanted in rule.when.items():
            other = table.by_name[name]
            lawful = _lawful_codes(table, other)
            if CONTRACTS.code_sets[other.codes or ""].codes[lawful[number % len(lawful)]].code not in wanted:
                break
        else:
            return rule.form
    return None


def _cell(table: Table, column: Column, number: int, snapshot: date) -> object:
    if column.name == "date_of_birth":
        years = 18 + number % 3 if table.name == "list_9" else 3 + number
        return snapshot - timedelta(days=365 * years + number)
    if column.name == "gender" and table.source == "annex_a":
        return ("a) Male", "b) Female")[number % 2]
    if column.name == "age":
        return 3 + number
    match column.type:
        case "date":
            if column.name in ENDS and (table.source == "annex_a" or table.relation in OURS):
                return snapshot - timedelta(days=number) if number % 2 and column.name != "valid_to" else ""
            return _day(table, column, number, snapshot)
        case "datetime":
            day = _day(table, column, number, snapshot)
            return datetime(day.year, day.month, day.day, 10, 30)
        case "id":
            if form := _checked_form(table, column, number):
                return valid_number(form, number)
            other = 500 if any(column.name == rule.columns[1] for rule in table.differs) else 0
            return f"{CANARY}{table.name.removeprefix('list_')}{number + other:03d}"
        case "code":
            codes = CONTRACTS.code_sets[column.codes or ""]
            lawful = _lawful_codes(table, column)
            return code_text(codes, lawful[number % len(lawful)])
        case "postcode":
            return f"ZZ{number} 9ZZ"
        case "json":
            return '{"OUTCOME_NFA_FLAG": "N", "OUTCOME_OTHER_FLAG": "Y"}'
        case "text":
            return f"{CANARY} {column.name} {number}"
    if column.name in table.key and column.maximum is None:
        return 1 + number
    return max(1, int(column.minimum or 0)) if column.maximum is None or column.maximum >= 1 else column.maximum


def grid(source: str, name: str, rows: int = 10, snapshot: date = SNAPSHOT) -> Grid:
    """The clean control rows of one table."""
    table = CONTRACTS.table(source, name)
    columns = [c for c in table.columns if c.filled_from is None]
    cells = [[_cell(table, c, n, snapshot) for c in columns] for n in range(rows)]
    title = f"List {name.removeprefix('list_')}" if source == "annex_a" else name
    return Grid(table, [c.title for c in columns], cells, title)


def many(source: str, name: str, rows: int, snapshot: date = SNAPSHOT) -> Grid:
    """As many clean rows as asked: what cannot go on rising with the row (births, ages, postcodes) begins again every ten."""
    one = grid(source, name, rows, snapshot)
    again = [c.name for c in one.table.columns if c.name in ("date_of_birth", "age") or c.type == "postcode"]
    for place in map(one.place, again):
        for number, row in enumerate(one.rows):
            row[place] = one.rows[number % 10][place]
    return one


def blanks(one: Grid, rows: int, cell: str = "") -> Grid:
    """The same rows with blank ones behind them."""
    return Grid(one.table, one.headers, [*one.rows, *([cell] * len(one.headers) for _ in range(rows))], one.title)


def with_column(one: Grid, header: str, cell: object) -> Grid:
    """The same rows with one more column at the right, every cell alike."""
    return Grid(one.table, [*one.headers, header], [[*row, cell] for row in one.rows], one.title)


def without_column(one: Grid, column: str) -> Grid:
    """The same rows without a column of the contract."""
    place = one.place(column)
    rows = [[c for n, c in enumerate(row) if n != place] for row in (one.headers, *one.rows)]
    return Grid(one.table, rows[0], rows[1:], one.title)


def backwards(one: Grid) -> Grid:
    """The same rows with the columns in reverse order."""
    return Grid(one.table, one.headers[::-1], [row[::-1] for row in one.rows], one.title)


def annex_a(rows: int = 10, snapshot: date = SNAPSHOT) -> dict[str, Grid]:
    """The eleven clean lists."""
    return {name: grid("annex_a", name, rows, snapshot) for name in ANNEX_A.tables}


def write_xlsx(
    path: Path, grids: Iterable[Grid], *, title_row: bool = False, front_sheets: bool = False, epoch_1904: bool = False
) -> Path:
    """A workbook with a sheet a grid; `title_row` and `front_sheets` make it look like Ofsted's own template."""
    book = xlsxwriter.Workbook(str(path), {"date_1904": epoch_1904, "strings_to_formulas": False})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for name in FRONT_SHEETS if front_sheets else ():
        book.add_worksheet(name).write_string(0, 0, "Read this first")
    for one in grids:
        sheet = book.add_worksheet(one.title)
        if title_row:
            sheet.write_string(0, 0, f"{one.title}: {one.table.title}")
        for number, cells in enumerate([one.headers, *one.rows], int(title_row)):
            for place, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(number, place, cell, moment if isinstance(cell, datetime) else day)
                elif cell != "":
                    sheet.write(number, place, cell)
    book.close()
    return path


def csv_bytes(
    one: Grid,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    day: str = "%d/%m/%Y",
    header: Callable[[str], str] = str,
) -> bytes:
    """A grid as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([header(h) for h in one.headers])
    for row in one.rows:
        writer.writerow([c.strftime(day) if type(c) is date else c for c in row])
    return text.getvalue().encode(encoding)


def write_csv(path: Path, one: Grid, **form: Any) -> Path:  # noqa: ANN401 - the options of csv_bytes
    """A grid as a CSV file."""
    path.write_bytes(csv_bytes(one, **form))
    return path


def write_csv_folder(folder: Path, grids: dict[str, Grid], **form: Any) -> Path:  # noqa: ANN401 - the options of csv_bytes
    """One CSV a list, named as the second form of the return is."""
    folder.mkdir()
    for name, one in grids.items():
        write_csv(folder / f"Annex_A_2025_Jun_{name.replace('list', 'List')}.csv", one, **form)
    return folder
