"""R1 to R24 for every table that files hold: what each rule does follows from the table's contract and nothing else.

A test takes all tables of a source. It writes rows that each carry one change, and holds what became of them against
what the contract says of the changed column. `take` looks at what must hold of any answer: the accounting, and that no
cell is in it.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.contracts import Column, Contracts, RequiredIf, Table, header_form
from expectations.suites import typed_columns
from orchestration.ingest import columns
from orchestration.ingest.parse import RESTRICTIONS, answer
from tests.control import (
    CANARY,
    CONTRACTS,
    FILED,
    PERIOD,
    SNAPSHOT,
    Grid,
    backwards,
    blanks,
    code_text,
    csv_bytes,
    grid,
    many,
    with_column,
    without_column,
    write_xlsx,
)

TABLES: dict[str, list[Table]] = defaultdict(list)
for _table in FILED:
    TABLES[_table.source].append(_table)
FOLDERS = TemporaryDirectory()
every_source = pytest.mark.parametrize("source", sorted(TABLES))
Why = set[tuple[str, str, int]]  # reason code, column, row


# --- how files are taken ------------------------------------------------------------------------------------------


@dataclass
class Taken:
    """What became of a file of one table."""

    table: Table
    said: dict[str, Any]
    folder: Path

    @property
    def main(self) -> dict[str, Any]:
        """What is told of the file's own table."""
        assert self.said["ok"], (self.table.relation, self.said)
        return next(t for t in self.said["tables"] if t["table"] == self.table.name)

    def parquet(self, kind: str = "") -> list[dict[str, Any]]:
        """Rows of the typed Parquet, or of the quarantine."""
        path = self.folder / f"{self.table.relation}{kind}.parquet"
        return pq.read_table(path).to_pylist() if path.exists() else []

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """The good rows by row number."""
        return {r["row_number"]: r for r in self.parquet()}

    @cached_property
    def bad(self) -> dict[int, dict[str, Any]]:
        """The quarantined rows by row number."""
        return {r["row_number"]: r for r in self.parquet(".quarantine")}

    def why(self, *actions: str) -> Why:
        """The reasons told with one of the actions."""
        return {(r["code"], r["column"], n) for r in self.main["reasons"] if r["action"] in actions for n in r["rows"]}


def file_name(table: Table, ending: str = "csv") -> str:
    return f"{CONTRACTS.sources[table.source].file_prefix}_{table.name}_{PERIOD}.{ending}"


def typed_file(relation: str, rows: Iterable[dict[str, Any]] = ()) -> Path:
    """A typed Parquet as the store holds it, for a job's `lookups`."""
    table = next(t for t in CONTRACTS.tables if t.relation == relation)
    types = typed_columns(table)
    held = list(rows)
    path = Path(mkdtemp(dir=FOLDERS.name)) / f"{relation}.parquet"
    pq.write_table(pa.table({n: pa.array([r.get(n) for r in held], kind) for n, kind in types.items()}), path)
    return path


QUESTION_MAP = typed_file("quality_assurance__question_map")


def take(
    table: Table,
    content: bytes | Path,
    *,
    name: str | None = None,
    period: str | None = None,
    share: float = 1.0,
    lookups: dict[str, list[str]] | None = None,
    contracts: Contracts = CONTRACTS,
) -> Taken:
    """Take a file of a table as the child process does, and look at what must hold of every answer."""
    folder = Path(mkdtemp(dir=FOLDERS.name))
    path = content if isinstance(content, Path) else folder / "landed.csv"
    if isinstance(content, bytes):
        path.write_bytes(content)
    job = {
        "path": str(path), "name": name or file_name(table, path.suffix[1:]), "period": period,
        "out": str(folder / "out"),
        "share": share, "floor": 8, "known_on": "2026-11-01",
        "lookups": {QUESTION_MAP.stem: [str(QUESTION_MAP)], **(lookups or {})},
    }  # fmt: skip
    taken = Taken(table, answer(job, contracts), folder / "out")
    assert CANARY not in json.dumps(taken.said), (table.relation, "a cell is in the answer")
    if taken.said["ok"]:
        _look_at_the_accounts(taken)
    return taken


def _look_at_the_accounts(taken: Taken) -> None:
    for told in taken.said["tables"]:
        where = (told["source"], told["table"])
        counts = [told[f"rows_{k}"] for k in ("loaded", "quarantined", "deduplicated")]
        assert told["rows_read"] == sum(counts), (where, told)
        held = pq.read_metadata(taken.folder / f"{told['source']}__{told['table']}.parquet").num_rows
        assert held == told["rows_loaded"], where
    main = taken.main
    named: dict[str, set[int]] = defaultdict(set)
    for reason in main["reasons"]:
        assert reason["count"] == len(reason["rows"]) == len(set(reason["rows"])), (taken.table.relation, reason)
        named[reason["action"]] |= set(reason["rows"])
    assert len(taken.rows) == main["rows_loaded"], "a row number stands twice"
    assert not named["refused"] & set(taken.bad), (taken.table.relation, "a refused row is in the quarantine")
    assert named["quarantined"] | named["refused"] == set(taken.bad) | named["refused"], taken.table.relation
    assert len(taken.bad) + len(named["refused"]) == main["rows_quarantined"], taken.table.relation
    assert len(named["deduplicated"]) == main["rows_deduplicated"], taken.table.relation
    assert not set(taken.rows) & (set(taken.bad) | named["refused"] | named["deduplicated"]), taken.table.relation


def alone(table: Table) -> Contracts:
    """The contracts of one table and those made from it: rules on rows need no table to be told from others."""
    tables = {t.name: t for t in (table, *CONTRACTS.made_from(table))}
    source = CONTRACTS.sources[table.source].model_copy(update={"tables": tables})
    return Contracts(sources={table.source: source}, code_sets=CONTRACTS.code_sets, digest=CONTRACTS.digest)


class Plan:
    """A file of one table in which each row carries the changes asked for; a change may be made of the clean cell."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.changes: list[dict[str, Any]] = []
        self.clean = self.written = grid(table.source, table.name, 0)

    def row(self, **cells: Any) -> int:  # noqa: ANN401 - a cell, or what makes one of the clean cell
        """Add a row; gives its row number in the file."""
        self.changes.append(cells)
        return len(self.changes) + 1

    def write(self) -> bytes:
        self.clean = many(self.table.source, self.table.name, len(self.changes))
        self.written = Grid(self.table, self.clean.headers, [list(r) for r in self.clean.rows], self.clean.title)
        for number, cells in enumerate(self.changes, 2):
            for column, cell in cells.items():
                self.written.set(number, column, cell(self.clean.get(number, column)) if callable(cell) else cell)
        return csv_bytes(self.written)

    def take(self, **how: Any) -> Taken:  # noqa: ANN401 - the options of `take`
        return take(self.table, self.write(), **{"contracts": alone(self.table), **how})


def in_files(table: Table, *types: str) -> Iterator[Column]:
    """The columns that stand in a file of the table, of some types."""
    yield from (c for c in table.columns if c.filled_from is None and (not types or c.type in types))


def has_other_columns(table: Table) -> bool:
    """Whether columns outside the contract are rows of another table."""
    return any(t.made_from and t.made_from.other_columns for t in CONTRACTS.made_from(table))


def left_out(one: Grid) -> Grid:
    """With the columns of the standard that the contract leaves out on purpose, as real files have them."""
    for header in one.table.not_loaded:
        one = with_column(one, header, f"{CANARY} left out")
    return one


def what_a_bad_cell_does(table: Table, column: Column) -> str:
    return "quarantined" if table.quarantines(column) else "blanked"


def differences(found: Why, wanted: Why) -> dict[str, list[tuple[str, str, int]]]:
    """What was found and not wanted, and the other way round; empty when nothing was."""
    both = {"not wanted": sorted(found - wanted), "not found": sorted(wanted - found)}
    return {k: v for k, v in both.items() if v}


# --- files as a whole: R1, R2, R4 to R7, R18, R24 -----------------------------------------------------------------


def odd_header(text: str) -> str:
    """A header as systems write it: upper case, non-breaking spaces, line breaks, an unseen character, a colon."""
    return "\u00a0" + text.upper().replace(" ", "\u00a0\n") + "\u200b :"


@every_source
def test_a_clean_file_is_whole_whatever_its_dress(source):
    """R1, R2, R4, R6, R7, R18: odd headers, a preamble, blank rows, more columns, other order, delimiter, encoding."""
    dress = itertools.cycle(itertools.product(";\t|", ("utf-8", "cp1252")))
    for table in TABLES[source]:
        one = grid(source, table.name)
        plain = take(table, csv_bytes(one), contracts=alone(table))
        assert plain.main["rows_loaded"] == 10, table.relation
        assert plain.main["reasons"] == [], table.relation
        assert plain.main["missing"] == []

        odd = with_column(blanks(left_out(one), 25), "Officer\u2019s remarks", f"{CANARY} remark")
        odd = blanks(blanks(odd, 15, "\u00a0"), 10, "  ")
        for row in odd.rows[10:35]:  # the column is blank too where the row is
            row[-1] = ""
        content = csv_bytes(odd, encoding="utf-8-sig", header=odd_header)
        found = take(table, content)
        assert found.main["reasons"] == [], table.relation
        assert found.main["rows_read"] == 10, (table.relation, "blank rows are no rows")
        assert found.rows == plain.rows, table.relation
        told = re.findall(r"columns not in the contract, not loaded: ([^;]*)", found.said["message"])
        expected = [] if has_other_columns(table) else ["OFFICER\u2019S REMARKS :"]
        assert told == expected, table.relation
        if not has_other_columns(table):
            assert CANARY + " remark" not in str(found.rows)

        words = next((c.name for c in in_files(table, "text") if c.name not in table.key), None)
        delimiter, encoding = next(dress)
        if words:
            one.set(4, words, f"Zo\u00eb{delimiter} caf\u00e9 \u00a3 \u2019")
        content = csv_bytes(backwards(one), delimiter=delimiter, encoding=encoding)
        title = delimiter.join(["Report for the board of June"] + [""] * (len(one.headers) - 1))
        found = take(table, f"{title}\n\n".encode(encoding) + content, contracts=alone(table))
        assert found.main["reasons"] == [], table.relation
        moved = {n - 2: r | {"row_number": n - 2} for n, r in found.rows.items()}
        if words:
            assert moved[4][words] == f"Zo\u00eb{delimiter.strip()} caf\u00e9 \u00a3 \u2019", table.relation
            moved[4][words] = plain.rows[4][words]
        assert moved == plain.rows, (table.relation, "row numbers are the file's and the values are the same")


def test_a_title_with_commas_does_not_decide_the_delimiter():
    """R2, R18: nor where the rows themselves hold but one delimiter."""
    tables = [t for t in FILED if len(list(in_files(t))) == 2]
    assert tables
    for table, delimiter in itertools.product(tables, ";\t|"):
        title = f"Report for the board, of June{delimiter}\n".encode()
        found = take(table, title + csv_bytes(grid(table.source, table.name), delimiter=delimiter))
        assert found.main["rows_loaded"] == 10, (table.relation, delimiter)


def test_a_table_of_two_columns_without_the_one_says_which_is_missing():
    """R5: the file's name says which table it is."""
    tables = [t for t in FILED if len(list(in_files(t))) == 2 and not t.not_loaded]
    assert tables
    for table in tables:
        for column in (c for c in in_files(table) if c.required):
            said = take(table, csv_bytes(without_column(grid(table.source, table.name), column.name))).said
            assert (said["ok"], said.get("code")) == (False, "MISSING_COLUMN"), (table.relation, column.name, said)
            assert (said["table"], said["column"]) == (table.name, column.name)


@every_source
def test_a_mandatory_column_that_is_missing_or_stands_twice_is_named(source):
    """R5: the file is rejected, naming list and column."""
    for table in TABLES[source]:
        one = left_out(grid(source, table.name, 0))
        needed = [c for c in in_files(table) if c.required or (c.name in table.key and not has_other_columns(table))]
        for column in needed if len(one.headers) > 2 else ():
            said = take(table, csv_bytes(without_column(one, column.name))).said
            assert (said["ok"], said.get("code")) == (False, "MISSING_COLUMN"), (table.relation, column.name, said)
            assert (said["table"], said["column"]) == (table.name, column.name), (table.relation, column.name)
            assert f"`{column.title}`" in said["message"]
            assert table.name in said["message"]
        aliased = [c for c in in_files(table) if len(c.header_forms) > 1]
        for column in dict.fromkeys([needed[0], *aliased]):
            other = max((h for h in (column.name, *column.aliases) if h != column.title), key=len, default=column.title)
            said = take(table, csv_bytes(with_column(one, f" {other.upper()}: ", "x"))).said
            assert (said["ok"], said.get("code")) == (False, "DUPLICATE_HEADER"), (table.relation, column.name, said)
            assert (said["table"], said["column"]) == (table.name, column.name)
            assert f"`{column.title}`" in said["message"]


@every_source
def test_a_table_of_which_more_than_a_fifth_is_wrong_is_rejected(source):
    """R24, and that exactly a fifth is not over it."""
    for table in TABLES[source]:
        column = next(c for c in in_files(table) if c.required is True)
        plan = Plan(table)
        wrong = [plan.row(**{column.name: ""}) for _ in range(3)]
        for _ in range(7):
            plan.row()
        found = plan.take(share=0.2)
        assert (found.said["ok"], found.said.get("code")) == (False, "TOO_MANY_QUARANTINED"), table.relation
        assert (found.said["table"], found.said["column"]) == (table.name, column.name)
        assert "3 of 10 rows" in found.said["message"]
        blank = next(r for r in found.said["reasons"] if (r["code"], r["column"]) == ("MANDATORY_BLANK", column.name))
        assert (blank["rows"], blank["action"]) == (wrong, "found")
        if table is TABLES[source][0]:
            plan.changes[0] = {}
            assert plan.take(share=0.2).main["rows_loaded"] == 8


def as_arrow(one: Grid) -> pa.Table:
    """A grid as typed columns, blank cells as nulls."""
    by_column = map(list, zip(*one.rows, strict=True))
    arrays = [pa.array([None if cell == "" else cell for cell in cells]) for cells in by_column]
    return pa.table(arrays, names=one.headers)


SPREAD = [tables[len(tables) // 2] for tables in TABLES.values()] + [CONTRACTS.table("ssd", "contacts")]


@pytest.mark.parametrize("table", SPREAD, ids=lambda t: t.relation)
def test_a_workbook_and_a_parquet_file_give_the_rows_of_the_csv(tmp_path, table):
    one = grid(table.source, table.name)
    plain = take(table, csv_bytes(one), contracts=alone(table))
    one.title = table.name[:31]
    book = take(table, write_xlsx(tmp_path / "landed.xlsx", [one], title_row=True))
    assert book.main["reasons"] == []
    assert {n - 1: r | {"row_number": n - 1} for n, r in book.rows.items()} == plain.rows
    typed = as_arrow(one)
    coded = typed.set_column(0, one.headers[0], typed.column(0).dictionary_encode())
    pq.write_table(coded, tmp_path / "landed.parquet")
    stored = take(table, tmp_path / "landed.parquet")
    assert stored.main["reasons"] == []
    assert stored.rows == plain.rows


def test_numbers_as_ids_are_the_same_in_every_container(tmp_path):
    """R14: a spreadsheet's or a data frame's 10100001.0 is 10100001; what it made scientific is no id any more."""
    for table in (t for t in SPREAD if any(c.required for c in in_files(t, "id"))):
        column = next(c for c in in_files(table, "id") if c.required)
        one = grid(table.source, table.name, 2)
        one.title = table.name[:31]
        one.set(2, column.name, 10100001.0)
        one.set(3, column.name, 1.5e21)
        pq.write_table(as_arrow(one), tmp_path / "landed.parquet")
        for path in (write_xlsx(tmp_path / "landed.xlsx", [one]), tmp_path / "landed.parquet"):
            found = take(table, path)
            assert found.rows[2][column.name] == "10100001", (table.relation, path.suffix)
            assert found.why("quarantined") == {("BAD_ID", column.name, 3)}, (table.relation, path.suffix)


# --- cells: R3, R14 to R17 ----------------------------------------------------------------------------------------

NOTHING = ("", " ", "NULL", "N/A", "-", ".", "#N/A", "nan", "(blank)", "\u00a0", "null\u200b")


@every_source
def test_a_blank_mandatory_cell_quarantines_its_row_and_no_other(source):
    """R3, R15: also where the cell says NULL, and where it holds what the source writes for nobody or no day."""
    forms = itertools.cycle(NOTHING)
    for table in TABLES[source]:
        plan, wanted = Plan(table), set()
        plan.row()
        for column in in_files(table):
            cells = [next(forms), *table.empty] if column.required else []
            wanted |= {("MANDATORY_BLANK", column.name, plan.row(**{column.name: cell})) for cell in cells}
        plan.row()
        found = plan.take()
        assert not differences(found.why("quarantined"), wanted), table.relation
        assert set(found.rows) == {2, len(plan.changes) + 1}, table.relation


def empty_forms(table: Table, column: Column) -> Iterator[str]:
    """The ways a source's own empty cells stand in a column of this type."""
    for cell in table.empty:
        yield cell
        if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) and column.type in ("date", "datetime"):
            day = date.fromisoformat(cell)
            yield from (f"{day:%d/%m/%Y}", f"{cell} 00:00:00.000", f"{cell}T00:00:00")


@every_source
def test_cells_that_say_nothing_are_no_value(source):
    """R15: the whole cell only. What the source itself writes for nobody or no day is none either."""
    for table in TABLES[source]:
        plan = Plan(table)
        optional = [c for c in in_files(table) if not c.required and c.name not in table.key]
        rows: dict[int, list[str]] = {}
        for form in NOTHING:
            rows[plan.row(**{c.name: form for c in optional})] = [c.name for c in optional]
        forms = {c.name: list(empty_forms(table, c)) for c in optional}
        for place in range(max(map(len, forms.values()), default=0)):
            cells = {name: given[place] for name, given in forms.items() if place < len(given)}
            rows[plan.row(**cells)] = list(cells)
        texts = [c.name for c in in_files(table, "text")]
        spoken = plan.row(**dict.fromkeys(texts, "Alex Null"))
        found = plan.take()
        assert not found.why("quarantined", "blanked"), table.relation
        assert [found.rows[spoken][name] for name in texts] == ["Alex Null"] * len(texts), table.relation
        for number, names in rows.items():
            given = {n: found.rows[number].get(n) for n in names}  # a JSON column is in no row: it gives none
            assert not any(v is not None for v in given.values()), (table.relation, number - 2, given)


@every_source
def test_ids_are_text_from_end_to_end(source):
    """R14: leading zeros stay, 10100001.0 is 10100001, unseen characters go, scientific notation is no id."""
    for table in TABLES[source]:
        plan, kept, wanted = Plan(table), {}, {"quarantined": set(), "blanked": set()}
        for place, column in enumerate(in_files(table, "id")):
            number = 10100001 + place
            for written, read in (
                (f"000{number}", f"000{number}"),
                (f"{number}.0", str(number)),
                (f"\ufeff\u00a0 A{number}\u200b ", f"A{number}"),
                (f"B-{number}/x", f"B-{number}/x"),
            ):
                kept[plan.row(**{column.name: written})] = (column.name, read)
            for scientific in (f"{place + 1}.01E+07", f"{place + 1}e7"):
                row = plan.row(**{column.name: scientific})
                wanted[what_a_bad_cell_does(table, column)].add(("BAD_ID", column.name, row))
        if not plan.changes:
            continue
        found = plan.take()
        for action, reasons in wanted.items():
            assert not differences(found.why(action), reasons), table.relation
        assert {n: (name, found.rows[n][name]) for n, (name, _) in kept.items()} == kept, table.relation
        assert all(found.rows[n][name] is None for _, name, n in wanted["blanked"]), table.relation


@every_source
def test_a_cell_of_the_wrong_form_does_what_the_contract_says(source):
    """R16, R17: unknown codes, wrong numbers, postcodes and JSON quarantine the row, or are emptied and counted."""
    for table in TABLES[source]:
        plan, wanted, kept = Plan(table), {"quarantined": set(), "blanked": set()}, {}
        codes: dict[int, str] = {}

        def bad(
            column: Column, code: str, *cells: str, plan: Plan = plan, wanted: dict[str, Why] = wanted
        ) -> list[int]:
            rows = [plan.row(**{column.name: cell}) for cell in cells]
            wanted[what_a_bad_cell_does(plan.table, column)] |= {(code, column.name, n) for n in rows}
            return rows

        for column in in_files(table):
            match column.type:
                case "code":
                    (row,) = bad(column, "UNKNOWN_CODE", "Zq: no such code")
                    codes[row] = column.name
                case "integer" | "decimal":
                    low = 0 if column.minimum is None else column.minimum
                    bad(column, "BAD_NUMBER", "three", "1,5", str(int(low) - 3))
                    if column.type == "integer":
                        bad(column, "BAD_NUMBER", "2.5")
                    if column.maximum is not None:
                        bad(column, "BAD_NUMBER", str(int(column.maximum) + 1))
                    kept[plan.row(**{column.name: lambda cell: f"\u00a0{cell} "})] = column.name
                    kept[plan.row(**{column.name: lambda cell: f"{cell}.0"})] = column.name
                case "postcode":
                    bad(column, "BAD_POSTCODE", "nope")
                case "json":
                    bad(column, "BAD_JSON", '{"A": ', '{"A": {"B": "Y"}}', "NFA")
        if not plan.changes:
            continue
        found = plan.take()
        for action, reasons in wanted.items():
            assert not differences(found.why(action), reasons), table.relation
        for row, name in kept.items():
            assert found.rows[row][name] == plan.clean.get(row, name), (table.relation, name)
        for row, name in codes.items():
            if row in found.rows:
                given = [found.rows[row][name + part] for part in ("", "_raw", "_rule")]
                assert given == ["unknown", "Zq: no such code", "unknown"], (table.relation, name)
        for _, name, row in wanted["blanked"]:
            if row not in codes:
                assert found.rows[row].get(name) is None, (table.relation, name)


def test_a_sentinel_that_passed_through_a_data_frame_is_none_either():
    """A column of whole numbers with gaps is written with `.0` by data frames (R14): -1.0 is -1."""
    tables = [t for t in FILED if any(re.fullmatch(r"-?\d+", e) for e in t.empty)]
    assert tables
    for table in tables:
        plan, wanted, none = Plan(table), set(), []
        for column in in_files(table, "id"):
            row = plan.row(**{column.name: "-1.0"})
            if column.required:
                wanted.add(("MANDATORY_BLANK", column.name, row))
            else:
                none.append((row, column.name))
        if plan.changes:
            found = plan.take()
            assert not differences(found.why("quarantined"), wanted), table.relation
            assert [found.rows[row][name] for row, name in none] == [None] * len(none), table.relation


WRITTEN: dict[str, tuple[str, ...]] = {
    "id": ("007", "7.0", "1.5E+07", "A-7", "a 7", "\u00a07\u200b", "1234567890123456"),
    "text": ("Alex Null", "a  b", "x", "caf\u00e9", "12345678", "PLACEHOLDER_DATA", "SSD_PH"),
    "integer": ("7", "07", "7.0", "-7", "7.5", "1,000", "seven", "99999999999999"),
    "decimal": ("7", "7.5", "7.12345", ".5", "-7", "1,000.5", "seven", "99999999999999"),
    "date": ("2025-06-01", "01/06/2025", "2025-06-01 10:00", "2025-06-31", "12/25/2024", "1900-01-01", "2025-07-01",
             "45000"),
    "datetime": ("2025-06-01", "2025-06-01 10:00:59.9", "2025-06-01T25:00:00", "1900-01-01T00:00:00",
                 "01/06/2025 10:00", "2025-06-31T10:00:00"),
    "code": ("Zq", "unknown", "yes"),
    "postcode": ("zz1 9zz", "nope"),
    "json": ('["A"]', "{"),
}  # fmt: skip


@pytest.mark.parametrize("table", SPREAD, ids=lambda t: t.relation)
def test_a_column_of_many_values_is_read_as_one_of_few(table, monkeypatch):
    """Where the distinct values of a column are many they are typed together; each means what it means by itself."""
    plan = Plan(table)
    for column in in_files(table):
        for cell in (*WRITTEN[column.type], *NOTHING, *empty_forms(table, column)):
            plan.row(**{column.name: cell})
    one_by_one = plan.take()
    monkeypatch.setattr(columns, "FEW", 0)
    together = plan.take()
    assert together.said == one_by_one.said
    assert together.rows == one_by_one.rows
    assert together.bad == one_by_one.bad


# --- dates: R8 to R12 ---------------------------------------------------------------------------------------------

DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y", "%d %B %Y", "%d-%m-%Y")
TIMES = ("%Y-%m-%d 23:30", "%Y-%m-%dT23:30:00", "%d/%m/%Y 23:30:00", "%Y-%m-%d 23:30:00.000", "%Y-%m-%dT23:30:00Z")
NO_DAYS = ("12/25/2024", "31/02/2021", "29/02/2021", "01/02/21", "1-Feb-21", "2021-13-01", "yesterday")
DATE_CODES = ("BAD_DATE", "DATE_IN_FUTURE", "DATE_TOO_EARLY", "AGE_OUT_OF_RANGE")


def a_day(cell: object) -> date:
    """The day of a clean cell; of a blank one the day before the snapshot."""
    return (
        cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else SNAPSHOT - timedelta(days=1)
    )


def written(form: str) -> Callable[[object], str]:
    return lambda cell: a_day(cell).strftime(form)


@every_source
def test_dates_are_read_in_every_form_and_never_guessed(source):
    """R8, R9: the written calendar day and time, or BAD_DATE."""
    for table in TABLES[source]:
        plan, wanted = Plan(table), set()
        kept: dict[int, tuple[str, str]] = {}
        for column in in_files(table, "date", "datetime"):
            for form in (*DAYS, *TIMES):
                kept[plan.row(**{column.name: written(form)})] = (column.name, "23:30" if "23" in form else "00:00")
            wanted |= {("BAD_DATE", column.name, plan.row(**{column.name: cell})) for cell in NO_DAYS}
        if not plan.changes:
            continue
        found = plan.take()
        days = {w for w in wanted if table.by_name[w[1]].type == "date"}
        assert not differences(found.why("quarantined", "blanked"), wanted), table.relation
        assert days <= found.why("quarantined"), table.relation
        for row, (name, clock) in kept.items():
            day, read = a_day(plan.clean.get(row, name)), found.rows[row][name]
            is_moment = table.by_name[name].type == "datetime"
            assert read == (datetime.fromisoformat(f"{day} {clock}") if is_moment else day), (table.relation, name, row)


@pytest.mark.parametrize("table", [t for t in FILED if any(in_files(t, "datetime"))], ids=lambda t: t.relation)
def test_a_time_that_cannot_be_read_quarantines_its_row_like_any_date(table):
    """R9: unless the contract says `on_bad: blank`."""
    plan, wanted = Plan(table), set()
    for column in in_files(table, "datetime"):
        row = plan.row(**{column.name: "12/25/2024 10:00"})
        if column.on_bad != "blank":
            wanted.add(("BAD_DATE", column.name, row))
    assert not differences(plan.take().why("quarantined"), wanted)


@every_source
def test_dates_out_of_range_are_quarantined_unless_planned_or_old(source):
    """R10: after the snapshot, before 1990, births of people who are 27 and over; the last lawful day is lawful."""
    for table in TABLES[source]:
        plan, wanted, lawful = Plan(table), set(), {}
        for column in in_files(table, "date", "datetime"):
            if column.name == "date_of_birth":
                ahead = table.birth.days_before_birth if table.birth else 0
                bad = [
                    ("DATE_IN_FUTURE", SNAPSHOT + timedelta(days=ahead + 1)),
                    ("AGE_OUT_OF_RANGE", SNAPSHOT.replace(year=SNAPSHOT.year - 27)),
                ]
                good = [SNAPSHOT + timedelta(days=ahead), bad[1][1] + timedelta(days=1)]
            else:
                ahead = SNAPSHOT + timedelta(days=1)
                early = date(1900, 1, 1) if column.old else date(1989, 12, 31)
                bad = [] if column.planned else [("DATE_IN_FUTURE", ahead)]
                bad += [] if early.isoformat() in table.empty else [("DATE_TOO_EARLY", early)]
                good = [SNAPSHOT, early + timedelta(days=1), *([ahead] if column.planned else [])]
            wanted |= {(code, column.name, plan.row(**{column.name: day})) for code, day in bad}
            lawful |= {plan.row(**{column.name: day}): (column.name, day) for day in good}
            if column.type == "datetime":
                late = plan.row(**{column.name: f"{SNAPSHOT:%d/%m/%Y} 23:59:59"})
                lawful[late] = (column.name, SNAPSHOT)
        if not plan.changes:
            continue
        found = plan.take()
        told = found.why("quarantined", "blanked")
        assert not differences({w for w in told if w[0] in DATE_CODES}, wanted), table.relation
        assert {w[0] for w in told} <= {*DATE_CODES, "END_BEFORE_START", "DATE_BEFORE_BIRTH"}, table.relation
        for row, (name, day) in lawful.items():
            if row in found.rows:  # the others lie before a start, or after an end, of the same row
                assert a_day(found.rows[row][name]) == day, (table.relation, name)


def moment(cell: object) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    return datetime(cell.year, cell.month, cell.day) if isinstance(cell, date) else None


def before_start(one: Grid, row: int) -> Why:
    """The ordered pairs of a row that stand the wrong way round, by its cells; times count where both have them."""
    found = set()
    for first, second in one.table.ordered_dates:
        start, end = moment(one.get(row, first)), moment(one.get(row, second))
        with_times = {one.table.by_name[n].type for n in (first, second)} == {"datetime"}
        if start and end and (end < start if with_times else end.date() < start.date()):
            found.add(("END_BEFORE_START", second, row))
    return found


def start_and_end(table: Table, first: str, second: str, later: timedelta) -> dict[str, date]:
    """Cells of an ordered pair, the second so much later than the first."""
    start = datetime(2025, 5, 30, 9, 0)
    pair = {first: start, second: start + later}
    return {n: m if table.by_name[n].type == "datetime" else m.date() for n, m in pair.items()}


@every_source
def test_an_end_before_its_start_is_quarantined_and_the_same_day_is_right(source):
    """R11, for every ordered pair of the contract."""
    for table in (t for t in TABLES[source] if t.ordered_dates):
        plan, reversed_rows, same_rows = Plan(table), {}, {}
        dates = [c.name for c in in_files(table, "date", "datetime") if not c.required and c.name not in table.key]
        dates = [d for d in dates if d != "date_of_birth"]
        for first, second in table.ordered_dates:
            cells: dict[str, Any] = dict.fromkeys(dates, "")

            reversed_rows[plan.row(**(cells | start_and_end(table, first, second, -timedelta(days=1))))] = second
            same_rows[plan.row(**(cells | start_and_end(table, first, second, timedelta())))] = second
            if {table.by_name[n].type for n in (first, second)} == {"datetime"}:
                reversed_rows[plan.row(**(cells | start_and_end(table, first, second, -timedelta(minutes=1))))] = second
            plan.row(**(cells | start_and_end(table, first, second, timedelta(days=1))))
        found = plan.take()
        wanted: Why = set()
        for row in range(2, len(plan.changes) + 2):
            wanted |= before_start(plan.written, row)
        assert {("END_BEFORE_START", second, row) for row, second in reversed_rows.items()} <= wanted, table.relation
        assert not differences(found.why("quarantined", "blanked"), wanted), table.relation
        assert any(row in found.rows for row in same_rows), (table.relation, "the same day is right")


def test_an_event_before_birth_is_lawful_as_long_as_the_contract_says():
    """R12."""
    tables = [t for t in FILED if t.birth]
    assert tables
    for table in tables:
        rule, plan = table.birth, Plan(table)
        plan.row(**{rule.column: plan_birth(table, rule.days_before_birth)})
        late = plan.row(**{rule.column: plan_birth(table, rule.days_before_birth + 1)})
        found = plan.take()
        assert found.why("quarantined") == {("DATE_BEFORE_BIRTH", rule.event, late)}, table.relation


def plan_birth(table: Table, days: int) -> date:
    """A birth so many days after the event of the first clean rows, which are a day apart."""
    assert table.birth
    event = grid(table.source, table.name, 1).get(2, table.birth.event)
    return a_day(event) + timedelta(days=days)


# --- rows and files: R13, conditions, names ----------------------------------------------------------------------


def another(table: Table) -> dict[str, Any]:
    """A change of a row that is lawful and no part of its key; empty when every column is in the key."""
    in_order = {name for pair in table.ordered_dates for name in pair}
    for kind in ("text", "id", "postcode", "integer", "decimal", "code", "json", "date", "datetime"):
        for column in in_files(table, kind):
            if column.name in table.key or column.name in in_order | {"date_of_birth"}:
                continue
            match kind:
                case "text" | "id":
                    return {column.name: "another 77"}
                case "postcode":
                    return {column.name: "ZZ7 7ZZ"}
                case "integer" | "decimal":
                    if column.maximum is None or column.maximum >= 2:
                        return {column.name: lambda cell: 2 if cell == 1 else 1}
                case "code":
                    codes = CONTRACTS.code_sets[column.codes or ""]
                    if len(codes.codes) > 1:
                        return {column.name: lambda cell, codes=codes: next(
                            c.code for c in codes.codes if c.code != codes.match(str(cell))[0]
                        )}  # fmt: skip
                case "json":
                    return {column.name: '{"SOMETHING_ELSE": "Y"}'}
                case _:
                    return {column.name: lambda cell: a_day(cell) - timedelta(days=1)}
    return {}


@every_source
def test_repeats_are_kept_once_and_one_key_with_two_contents_not_at_all(source):
    """R13: what a row says is the same in whatever form its dates are written."""
    for table in TABLES[source]:
        one = grid(source, table.name, 6)
        one.rows.append(list(one.rows[0]))
        one.rows.append([f"{c:%Y-%m-%d}" if type(c) is date else c for c in one.rows[1]])
        one.rows.append(list(one.rows[0]))
        repeats = {("DUPLICATE_ROW", "", n) for n in (8, 9, 10)}
        change, wrong = another(table), set()
        assert change or {c.name for c in in_files(table)} == set(table.key)
        if change:
            one.rows.append(list(one.rows[2]))
            for column, cell in change.items():
                one.set(11, column, cell(one.get(11, column)) if callable(cell) else cell)
            wrong = {("DUPLICATE_KEY", table.key[0], n) for n in (4, 11)}
        found = take(table, csv_bytes(one), contracts=alone(table))
        assert not differences(found.why("deduplicated"), repeats), table.relation
        assert not differences(found.why("quarantined"), wrong), table.relation
        assert set(found.rows) == set(range(2, 8)) - {n for _, _, n in wrong}, table.relation


def test_one_child_with_two_births_in_a_list_is_quarantined_with_all_its_rows():
    """R13, where the contract asks for it and a child may stand in several rows."""
    tables = [t for t in FILED if t.same_for_each_child and set(t.key) != {t.same_for_each_child.id}]
    assert tables
    for table in tables:
        same, plan = table.same_for_each_child, Plan(table)
        for number in range(4):
            birth = date(2015, 5, 6) if number < 2 else date(2015, 5, 7)
            plan.row(**({same.id: "4242", same.column: birth} if number < 3 else {}))
        found = plan.take()
        assert found.why("quarantined") == {("TWO_BIRTH_DATES", same.column, n) for n in (2, 3, 4)}, table.relation


def condition_cells(table: Table, rule: RequiredIf) -> tuple[list[dict[str, str]], dict[str, str]]:
    """(cells that make the condition hold, one a row; cells under which it does not)."""
    holds: list[dict[str, str]] = [{}]
    fails: dict[str, str] = {}
    for name, values in rule.when.items():
        column = table.by_name[name]
        if "*" in values:
            fails[name] = ""
            if column.type in ("date", "datetime"):
                values = [f"{SNAPSHOT - timedelta(days=3):%d/%m/%Y}"]
            elif column.type == "code":
                values = [c.label for c in CONTRACTS.code_sets[column.codes or ""].codes[:2]]
            else:
                values = ["7"]
        else:
            codes = CONTRACTS.code_sets[column.codes or ""].codes
            fails[name] = next((c.code for c in codes if c.code not in values), "")
        holds = [held | {name: value} for held in holds for value in values]
    return holds, fails


def strict(table: Table) -> Table:
    """The table with every condition quarantining."""
    rules = [r.model_copy(update={"on_blank": "quarantine"}).model_dump() for r in table.required_if]
    return Table.model_validate(table.model_dump(by_alias=True) | {"required_if": rules})


def asked_for(rule: RequiredIf, one: Grid, row: int) -> bool:
    """Whether the condition holds in a row, by its cells."""
    for name, values in rule.when.items():
        cell, codes = one.get(row, name), one.table.by_name[name].codes
        if cell == "" or (
            "*" not in values and (CONTRACTS.code_sets[codes].match(str(cell)) or ("",))[0] not in values
        ):
            return False
    return True


@pytest.mark.parametrize("on_blank", ["as it is", "quarantine"])
def test_a_column_that_a_condition_asks_for(on_blank):
    """A blank is noted, or quarantines, where the condition holds and only there; contracts as they are and strict."""
    tables = [t if on_blank == "as it is" else strict(t) for t in FILED if t.required_if]
    assert tables
    for table in tables:
        plan, tried = Plan(table), []
        dates = [c.name for c in in_files(table, "date", "datetime") if not c.required and c.name != "date_of_birth"]
        for rule in table.required_if:
            free = {d: "" for d in dates if d not in table.key and d not in rule.when}  # so that no order is broken
            holds, fails = condition_cells(table, rule)
            rows = [plan.row(**(free | cells | {rule.column: ""})) for cells in holds]
            tried.append((rule, rows, plan.row(**(free | fails | {rule.column: ""}))))
        plan.row()
        found = plan.take()
        wanted: dict[str, Why] = {"quarantined": set(), "noted": set()}
        for rule, row in itertools.product(table.required_if, range(2, len(plan.changes) + 2)):
            if asked_for(rule, plan.written, row) and plan.written.get(row, rule.column) == "":
                action = "quarantined" if rule.on_blank == "quarantine" else "noted"
                wanted[action].add(("CONDITIONAL_BLANK", rule.column, row))
        for rule, rows, not_asked in tried:
            every = {(c, n) for why in wanted.values() for _, c, n in why}
            assert {(rule.column, n) for n in rows} <= every, (table.relation, rule.column)
            assert not asked_for(rule, plan.written, not_asked), (table.relation, rule.column)
        for action, why in wanted.items():
            told = {w for w in found.why(action) if w[0] == "CONDITIONAL_BLANK"}
            assert not differences(told, why), (table.relation, action)
        only_noted = {n for _, _, n in wanted["noted"]} - {n for _, _, n in found.why("quarantined")}
        assert only_noted <= set(found.rows)
        assert all(set(rows) <= set(found.rows) for rule, rows, _ in tried if rule.on_blank == "note"), table.relation


# --- adoption -----------------------------------------------------------------------------------------------------

SEALED = "0044400017"


def restrictions(**kinds: str) -> dict[str, list[str]]:
    """A job's lookups with restrictions by kind: ids."""
    rows = [
        {"child_id": child, "restriction": kind, "row_number": n} for n, (kind, child) in enumerate(kinds.items(), 2)
    ]
    return {RESTRICTIONS: [str(typed_file(RESTRICTIONS, rows))]}


LINKING = [t for t in FILED if t.adoption_links]


@pytest.mark.parametrize("table", LINKING, ids=lambda t: t.relation)
def test_a_row_that_links_identities_across_an_adoption_is_refused_and_kept_nowhere(table):
    rule, plan, refused = table.adoption_links, Plan(table), set()
    held = restrictions(sealed_adoption=SEALED, restricted="5551", confidential_address="5552")
    words = [c.name for c in in_files(table, "text")]
    said = dict.fromkeys(words, f"{CANARY} of a refused row")
    day = next((c.name for c in in_files(table, "date")), None)
    for name in rule.ids:
        for form in (SEALED, f"\u00a0{SEALED}\u200b", f"{SEALED}.0"):
            refused.add(plan.row(**(said | {name: form})))
        if day:  # wrong in another way too: refused all the same
            refused.add(plan.row(**(said | {name: SEALED, day: "12/25/2024"})))
        plan.row(**{name: "5551"})
        plan.row(**{name: "5552"})
    for name, values in rule.when.items():
        codes = CONTRACTS.code_sets[table.by_name[name].codes or ""]
        for code in values:
            place = [c.code for c in codes.codes].index(code)
            for form in (code, code.upper(), codes.get(code).label, code_text(codes, place)):
                refused.add(plan.row(**(said | {n: f"666{len(plan.changes)}" for n in rule.ids} | {name: form})))
    wrong = {plan.row(**{c.name: ""}) for c in in_files(table) if c.required}
    found = plan.take(lookups=held)
    assert found.why("refused") == {("ADOPTION_LINK", rule.ids[0], n) for n in refused}
    assert f"{len(refused)} rows refused" in found.said["message"]
    assert set(found.bad) == wrong
    assert not refused & set(found.rows)
    for path in found.folder.glob("*.parquet"):
        cells = {str(c) for row in pq.read_table(path).to_pylist() for c in row.values()}
        assert not any(SEALED.lstrip("0") in c or "refused row" in c or c.startswith("666") for c in cells), path.name
    assert SEALED.lstrip("0") not in json.dumps(found.said)


@pytest.mark.parametrize("table", LINKING, ids=lambda t: t.relation)
def test_refused_rows_are_no_fault_of_the_extract(table):
    """R24 counts rows that are wrong; and without a sealed adoption no row is refused by its id."""
    plan = Plan(table)
    for number in range(10):
        plan.row(**({table.adoption_links.ids[0]: SEALED} if number else {}))
    found = plan.take(lookups=restrictions(sealed_adoption=SEALED), share=0.2)
    assert (found.main["rows_loaded"], found.main["rows_quarantined"]) == (1, 9)
    assert plan.take(lookups=restrictions(restricted=SEALED)).why("refused") == set()


def test_a_column_filled_from_the_name_of_the_file():
    tables = [t for t in FILED if any(c.filled_from for c in t.columns)]
    assert tables
    for table in tables:
        (column,) = [c for c in table.columns if c.filled_from]
        for name, value in (
            ("A set of figures_2025-06.csv", "A set of figures"),
            (f"b1 2013 to 2025_{PERIOD}.CSV", "b1 2013 to 2025"),
        ):
            found = take(table, csv_bytes(grid(table.source, table.name)), name=name)
            assert {r[column.name] for r in found.rows.values()} == {value}
            assert found.main["missing"] == []


# --- what others publish ------------------------------------------------------------------------------------------


def test_every_field_of_the_standard_is_a_column_or_left_out_with_a_reason(shared):
    path = shared / "domain" / "ssd_fields.csv"
    if not path.exists():
        pytest.skip("the field list of the standard is not beside the checkout (../shared/domain)")
    fields: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        fields[row["object"]].append(row["field"])
    tables = {sheet: t for t in TABLES["ssd"] for sheet in t.sheets}
    assert set(tables) <= set(fields), "a table that the standard does not have"
    # the finance placeholders, the version log and the staging of returns hold nothing of a child's journey
    assert set(fields) - set(tables) == {"ssd_s251_finance", "ssd_version_log", "ssd_api_data_staging"}
    for name, table in tables.items():
        known = set(table.by_header) | table.left_out
        assert [f for f in fields[name] if header_form(f) not in known] == [], name
        own = {header_form(f) for f in fields[name]}
        assert {header_form(c.title) for c in table.columns} | table.left_out <= own, name
        assert not {header_form(c.title) for c in table.columns} & table.left_out, name
        assert all(table.not_loaded.values()), (name, "without a reason")


@pytest.mark.samples
def test_the_workforce_return_loads_whole(shared):
    path = shared / "samples" / "workforce" / "social_work_workforce_2022.xml"
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - a file of ours
    day = root.findtext(".//ReferenceDate")
    by_row = {t.xml.row: t for t in FILED if t.xml}
    found = take(next(iter(by_row.values())), path, name=path.name)
    assert found.said["period"] == day[:7]
    assert {t["table"] for t in found.said["tables"]} == {t.name for t in by_row.values()}
    for element, table in by_row.items():
        elements = list(root.iter(element))
        mine = Taken(table, found.said, found.folder)
        assert (mine.main["rows_read"], mine.main["rows_loaded"]) == (len(elements), len(elements)), element
        assert not mine.why("blanked", "quarantined"), element
        for given, row in zip(elements, mine.parquet(), strict=True):
            cells = {header_form(cell.tag): (cell.text or "").strip() for cell in given}
            for column in in_files(table):
                cell = next((cells[f] for f in column.header_forms if f in cells), "")
                match column.type:
                    case "decimal":
                        assert row[column.name] == (round(Decimal(cell), 4) if cell else None), column.name
                    case "date":
                        assert row[column.name] == (date.fromisoformat(cell) if cell else None), column.name
                    case "integer":
                        assert row[column.name] == (int(cell) if cell else None), column.name
                    case "code":
                        assert row[f"{column.name}_raw"] == (cell or None), column.name
                    case _:
                        assert row[column.name] == (cell or None), column.name


PUBLISHED = (
    "b1_children_in_need_2013_to_2025.csv",
    "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv",
    "csww_indicators_2017_to_2025.csv",
    "d3_cpps_subsequent_plan_2013_to_2025.csv",
)
SYMBOLS = {symbol: symbol for symbol in "cxzku"} | {"low": "k"}  # `low` is what `k` was called


@pytest.mark.samples
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_loads_whole_and_every_figure_is_the_cell_of_the_file(shared, name):
    path = shared / "samples" / "published" / name
    published = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    table, values = (CONTRACTS.table("published_statistics", n) for n in ("dfe_rows", "dfe_values"))
    found = take(table, path, name=name, period="2025-03")
    assert (found.main["rows_read"], found.main["rows_loaded"]) == (len(published), len(published))
    assert found.main["reasons"] == []
    known = {header_form(h) for h in published[0]} & set(table.by_header)
    figures = [h for h in published[0] if header_form(h) not in known]
    assert len(figures) >= 3
    wanted = {}
    for number, row in enumerate(published, 2):
        for header in figures:
            cell = row[header].strip()
            wanted[number, header] = (None, SYMBOLS[cell]) if cell in SYMBOLS else (round(Decimal(cell), 4), None)
    rows = pq.read_table(found.folder / f"{values.relation}.parquet").to_pylist()
    assert {(r["row_number"], r["indicator"]): (r["value"], r["status"]) for r in rows} == wanted
    assert len(rows) == len(wanted)
    assert {status for _, status in wanted.values()} - {None}, "the file holds symbols"
    assert {r["publication"] for r in rows} == {path.stem}
    for row in rows[:: max(1, len(rows) // 500)]:
        given = published[row["row_number"] - 2]
        for column in (
            "time_period",
            "time_identifier",
            "geographic_level",
            "region_code",
            "old_la_code",
            "new_la_code",
        ):
            assert row[column] == (given[column] or None), column
        assert row["breakdown"] is None
        assert row["status_raw"] == (row["status"] and given[row["indicator"]])


@pytest.mark.samples
def test_the_published_pair_of_one_authority_is_read_as_it_was_published(shared):
    path = shared / "samples" / "published" / PUBLISHED[1]
    found = take(CONTRACTS.table("published_statistics", "dfe_rows"), path, name=path.name, period="2025-03")
    rows = pq.read_table(found.folder / "published_statistics__dfe_values.parquet").to_pylist()
    of = {r["indicator"]: r["value"] for r in rows if (r["old_la_code"], r["time_period"]) == ("885", "2025")}
    assert (of["rereferral_count"], of["referral_count"]) == (856, 4805)
    assert of["rereferral_percent"] == round(Decimal(100 * 856) / 4805, 1)


@pytest.mark.samples
def test_the_comparators_load_whole_with_their_values_and_statuses(shared):
    path = shared / "samples" / "published" / "lait_worcestershire.csv"
    published = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    table = CONTRACTS.table("published_statistics", "comparators")
    found = take(table, path, name=path.name, period="2025-03")
    assert (found.main["rows_read"], found.main["rows_loaded"]) == (len(published), len(published))
    assert not found.why("quarantined", "blanked", "deduplicated")
    statuses = set()
    for number, given in enumerate(published, 2):
        row = found.rows[number]
        value = given["value"].strip()
        assert row["value"] == (round(Decimal(value), 4) if value else None), number
        assert row["year"] == int(given["year"]), number
        assert (row["measure"], row["geography"]) == (" ".join(given["measure"].split()), given["geography"]), number
        assert row["value_status_raw"] == " ".join(given["value_status"].split()), number
        statuses.add(row["value_status"])
    assert "unknown" not in statuses
    assert {"value"} < statuses
