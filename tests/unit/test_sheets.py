"""Sheets chunk by chunk: streamed CSV against Python's own reader, Parquet of many types, XML with entities, old workbooks."""

from __future__ import annotations

import codecs
import csv
import io
import random
import struct
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st

from expectations.contracts import load_contracts
from orchestration.ingest import parse, read, sheets
from orchestration.ingest.columns import ColumnReader
from orchestration.ingest.read import _open_csv, read_sheets, recognise
from orchestration.ingest.sheets import Chunk, CsvSheet, RejectedFile
from tests.control import PERIOD, Grid, csv_bytes, grid

CONTRACTS = load_contracts()
TEMPORARY = HealthCheck.function_scoped_fixture
DELIMITERS = ",;\t|"


def file(tmp_path: Path, content: bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def rejection(path: Path) -> RejectedFile:
    with pytest.raises(RejectedFile) as caught:
        read_sheets(path)
    return caught.value


def answer(path: Path, tmp_path: Path, name: str, period: str | None = PERIOD) -> dict[str, Any]:
    job = {
        "path": str(path), "name": name, "period": period, "out": str(tmp_path / "out"), "share": 0.2, "floor": 8,
        "known_on": "2026-11-01",
    }  # fmt: skip
    return parse.answer(job, CONTRACTS)


# --- CSV: streamed as Python's csv module reads it ------------------------------------------------------------------


def listed(chunks: Any) -> list[tuple[int, list[Any], bool]]:  # noqa: ANN401 - an iterator of chunks
    """(row number, cells, ragged) of every row, in the order of the file; blank rows are no data rows and never ragged.

    A line end inside a cell is one, however it is written: at the border of a block Arrow keeps one byte of CR LF, and a
    cell's white space is a single space once it is typed.
    """
    found = []
    for chunk in chunks:
        columns = [c.to_pylist() if isinstance(c, pa.Array) else c for c in chunk.columns]
        assert {len(c) for c in columns} | {len(chunk.ragged)} == {len(chunk.numbers)}
        for row, number in enumerate(chunk.numbers):
            cells = [c[row].replace("\r\n", "\n").replace("\r", "\n") for c in columns]
            found.append((int(number), cells, bool(chunk.ragged[row]) and any(cells)))
    numbers = [n for n, _, _ in found]
    assert len(set(numbers)) == len(numbers), "a row number is given twice"
    return sorted(found, key=lambda row: row[0])


def strict(text: str, delimiter: str) -> list[list[str]] | None:
    """The rows as Python's strict csv module reads them; None when it raises."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def may_be_utf8(content: bytes) -> bool:
    """Whether bytes of Windows-1252 are by chance those of other characters in UTF-8, the last of them cut short perhaps."""
    if content.isascii():
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    return True


@st.composite
def well_formed(draw: st.DrawFn) -> tuple[str, str]:
    """(text, delimiter), its header in one of the first rows: quotes where they should be, everything else as awkward as it gets."""
    delimiter = draw(st.sampled_from(DELIMITERS))
    header_row = draw(st.integers(0, 2))
    # below a title that is full of its delimiter there may be more of the others in the cells than in the header
    inside = st.text(alphabet="a7 é’\u00a0\"\n\r'" + (DELIMITERS if header_row else delimiter), max_size=8)
    bare = st.text(alphabet="a7 é’\u00a0'", max_size=6)
    end = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r\n"])
    mixed = draw(st.booleans())
    one_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))

    def line(cells: list[str]) -> str:
        quoted = [draw(st.booleans()) or any(s in c for s in f'"\n\r{delimiter}') for c in cells]
        return delimiter.join(
            '"' + c.replace('"', '""') + '"' if q else c for c, q in zip(cells, quoted, strict=True)
        ) + (draw(end) if mixed else one_end)

    width = draw(st.integers(2, 4))
    rows = [["title", *[""] * 80] for _ in range(header_row)] + [[f"head{n}" for n in range(width)]]
    cell = st.one_of(bare, inside)
    for _ in range(draw(st.integers(0, 9))):
        size = width if draw(st.integers(0, 3)) else draw(st.integers(1, width + 2))
        rows.append(draw(st.lists(cell, min_size=size, max_size=size)))
        if not draw(st.integers(0, 5)):
            rows.append([])
    text = "".join(line(r) for r in rows)
    return text if draw(st.booleans()) else text.rstrip("\r\n"), delimiter


ANY_TEXT = st.sampled_from(DELIMITERS).flatmap(
    lambda d: st.text(alphabet=f'a7é’"\n\r{d}', max_size=60).map(lambda tail: (f"head0{d}head1\n{tail}", d))
)


@settings(max_examples=500, deadline=None, suppress_health_check=[TEMPORARY, HealthCheck.too_slow])
@given(
    st.one_of(well_formed(), ANY_TEXT), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]), st.integers(0, 40),
    st.integers(3, 50),
)  # fmt: skip
@example(('head0,i\n1,"a\n', ","), "utf-8", 0, 3)
@example(('head0,i\n1,"a"b\n', ","), "utf-8", 0, 5)
@example(('head0,i\r\n1,"a""b"\r\n\r\n"""","""x"""\r\n', ","), "utf-8-sig", 0, 4)
@example(("head0,i\r1,2\n3,4\n", ","), "utf-8", 0, 4)
def test_a_streamed_file_gives_the_cells_numbers_and_ragged_rows_of_the_strict_reading(
    tmp_path, given_text, encoding, more, look
):
    text, delimiter = given_text
    assume(encoding != "cp1252" or not may_be_utf8(text.encode("cp1252")))
    expected = strict(text, delimiter)
    path = file(tmp_path, text.encode(encoding))
    longest = max((sum(len(c) * 4 + 4 for c in row) for row in expected or ()), default=0) + 8
    with mock.patch.object(sheets, "BLOCK", longest + more), mock.patch.object(read, "BLOCK", look):
        try:
            sheet = _open_csv(path)
        except RejectedFile:
            event("rejected")
            assert expected is None, "a file is rejected that the strict reader reads"
            return
        assert sheet.delimiter == delimiter
        assert expected is not None, "the quotes fit although the strict reader raises"
        header_row = next(n for n, row in enumerate(expected) if row[:1] == ["head0"])
        width = len(expected[header_row])
        plain = listed(sheet._plainly(header_row, width))
        assert [(n, c) for n, c, _ in plain] == [
            (n, [c.replace("\r\n", "\n").replace("\r", "\n") for c in [*row[:width], *[""] * (width - len(row))]])
            for n, row in enumerate(expected[header_row + 1 :], header_row + 2)
        ]
        event(f"streams: {sheet.streams}")
        if sheet.streams:
            assert listed(sheet._stream(header_row, width)) == plain


@settings(max_examples=150, deadline=None, suppress_health_check=[TEMPORARY])
@given(well_formed(), st.integers(3, 60))
def test_files_whose_quotes_stand_where_they_should_are_streamed(tmp_path, given_text, look):
    text, delimiter = given_text
    assume("\n" in text)
    with mock.patch.object(read, "BLOCK", look):
        sheet = _open_csv(file(tmp_path, text.encode()))
    assert sheet.delimiter == delimiter
    assert sheet.streams


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_in_a_quoted_cell_do_not_decide_what_parts_the_cells(tmp_path, delimiter):
    text = f'a{delimiter}b{delimiter}c\n1{delimiter}"one, two, three, four, five"{delimiter}3\n'
    sheet = _open_csv(file(tmp_path, text.encode()))
    assert sheet.rows[1] == ["1", "one, two, three, four, five", "3"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='a",\n\r', max_size=24), st.integers(1, 8))
def test_what_the_quotes_say_does_not_hang_on_where_blocks_end(text, size):
    data = text.encode()
    whole, parts = read._Quotes(","), read._Quotes(",")
    whole.look(data)
    for start in range(0, len(data), size):
        parts.look(data[start : start + size])
    assert parts.end() == whole.end()
    if whole.end():
        assert strict(text, ",") is not None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_the_same_whatever_the_block(tmp_path, end):
    """Every border of a block, also between the two bytes of a line end and inside a doubled quote."""
    rows = ["h,i", '1,"a""b"', '2,"x' + end + 'y"', "3", "", '4,"é"', "5,6,7", '"8",9', "10,"]
    text = end.join(rows) + end
    sheet = _open_csv(file(tmp_path, text.encode()))
    assert sheet.streams
    plain = listed(sheet._plainly(0, 2))
    assert [n for n, _, ragged in plain if ragged] == [4, 7]
    for block in range(16, len(text.encode()) + 2):
        with mock.patch.object(sheets, "BLOCK", block):
            assert listed(sheet._stream(0, 2)) == plain, f"blocks of {block}"


def test_a_header_alone_gives_no_rows_streamed_or_not(tmp_path):
    for content in (b"h,i\n", b"title,\nh,i\n"):
        sheet = _open_csv(file(tmp_path, content))
        assert sheet.streams
        header_row = content.count(b"\n") - 1
        assert listed(sheet._stream(header_row, 2)) == listed(sheet._plainly(header_row, 2)) == []


def test_a_cell_too_long_for_the_strict_reader_is_not_taken_by_the_other(tmp_path):
    one = grid("annex_a", "list_3", rows=12)
    one.set(13, "team", "x" * (sheets.LONGEST_CELL + 1))  # below the rows in which the header is looked for
    found = answer(file(tmp_path, csv_bytes(one)), tmp_path, "Annex_A_2025_Jun_List_3.csv")
    assert (found["ok"], found.get("code")) == (False, "UNREADABLE"), "a cell of over a million characters was loaded"


def test_a_long_csv_is_never_in_memory_as_a_whole(tmp_path):
    """A chunk is a block; behind it Arrow reads 32 blocks ahead, however long the file is."""
    rows, block = 300_000, 1 << 17
    path = tmp_path / "long.csv"
    with path.open("w", encoding="ascii", newline="") as handle:
        handle.write("id,when,note\n")
        handle.writelines(f'{n},2025-01-{n % 28 + 1:02d},"note {n}"\n' for n in range(rows))
    sheet = _open_csv(path)
    assert sheet.streams
    chunks, seen, most, before = 0, 0, 0, pa.total_allocated_bytes()
    with mock.patch.object(sheets, "BLOCK", block):
        for chunk in sheet.chunks(0, 3):
            chunks += 1
            assert chunk.numbers.tolist() == list(range(seen + 2, seen + 2 + len(chunk.numbers)))
            seen += len(chunk.numbers)
            assert sum(c.nbytes for c in chunk.columns) < 2 * block
            most = max(most, pa.total_allocated_bytes() - before)
    assert seen == rows
    assert chunks > path.stat().st_size // block - 1 > 1
    assert most < 40 * block < path.stat().st_size, "more of the file was held than is read ahead"


def test_tab_separated_files_are_taken_by_what_is_in_them(tmp_path):
    one = grid("annex_a", "list_3")
    one.set(3, "team", 'Team "A"\tnorth, side')
    found = answer(file(tmp_path, csv_bytes(one, delimiter="\t"), "x.tsv"), tmp_path, "Annex_A_2025_Jun_List_3.tsv")
    assert found["ok"], found
    (table,) = found["tables"]
    assert (table["rows_loaded"], table["reasons"]) == (10, [])
    read_back = pq.read_table(tmp_path / "out" / "annex_a__list_3.parquet")["team"].to_pylist()
    assert read_back[1] == 'Team "A" north, side', "invisible characters are spaces of the text, not borders of cells"


# --- Parquet --------------------------------------------------------------------------------------------------------


def parquet(tmp_path: Path, table: pa.Table, name: str = "file.parquet", **form: Any) -> Path:  # noqa: ANN401
    path = tmp_path / name
    pq.write_table(table, path, **form)
    return path


def only_chunk(path: Path) -> Chunk:
    (sheet,) = read_sheets(path)
    (chunk,) = list(sheet.chunks(0, len(sheet.top[0])))
    return chunk


def values(relation: str, column: str, cells: Any) -> tuple[list[Any], list[str]]:  # noqa: ANN401 - Arrow or a list
    """What a column of a contract makes of cells: typed values and problems, by row."""
    table = next(t for t in CONTRACTS.tables if t.relation == relation)
    found = ColumnReader(table, table.by_name[column], CONTRACTS).read(cells)
    typed = found.values.to_pylist()
    return [typed[i] for i in found.index], [found.problems[found.status[i]] for i in found.index]


MIDNIGHT = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight on 1 July in London
ID, TEXT = ("annex_a__list_3", "child_id"), ("annex_a__list_3", "team")
DAY = ("annex_a__list_3", "referral_date")
MOMENT = ("quality_assurance__form_answers", "answered_at")
WHOLE, PART = ("residential__nights", "places_occupied"), ("workforce__workers", "fte")
YES = ("workforce__csww_workers", "agency_worker")
# (name, Arrow array, contract column, the cells that a CSV export of the same data holds)
SAME = [
    ("int8", pa.array([7, None, 0], pa.int8()), ID, ["7", "", "0"]),
    ("int64", pa.array([10100001, None, 2**53 + 1], pa.int64()), ID, ["10100001", "", str(2**53 + 1)]),
    ("uint64", pa.array([2**64 - 1, 1, None], pa.uint64()), ID, [str(2**64 - 1), "1", ""]),
    ("text", pa.array(["007", None, "", " a\u00a0b "]), ID, ["007", "", "", " a\u00a0b "]),
    ("large text", pa.array(["007", None], pa.large_string()), ID, ["007", ""]),
    ("text view", pa.array(["007", None], pa.string_view()), ID, ["007", ""]),
    ("dictionary", pa.array(["N/A", None, "0042", "0042"]).dictionary_encode(), ID, ["N/A", "", "0042", "0042"]),
    ("dictionary of numbers", pa.array([3, None, 3]).dictionary_encode(), ID, ["3", "", "3"]),
    ("dictionary of fractions", pa.array([1.5, None, 2.0]).dictionary_encode(), PART, ["1.5", "", "2.0"]),
    ("nothing", pa.nulls(2), TEXT, ["", ""]),
    ("double id", pa.array([7.0, None, float("nan"), 1e15, 1.5]), ID, ["7.0", "", "nan", "1e+15", "1e0"]),
    ("double", pa.array([0.5, 1.0, None, float("nan"), -1.0]), PART, ["0.5", "1.0", "", "", "-1.0"]),
    ("float", pa.array([0.5, 0.1, None], pa.float32()), PART, ["0.5", "0.1", ""]),
    ("whole double", pa.array([3.0, 3.5, None]), WHOLE, ["3.0", "3.5", ""]),
    ("decimal", pa.array([Decimal("0.50"), Decimal("1.00"), None], pa.decimal128(9, 2)), PART, ["0.50", "1.00", ""]),
    ("decimal256", pa.array([Decimal("0.50"), None], pa.decimal256(60, 2)), PART, ["0.50", ""]),
    ("fine decimal", pa.array([Decimal("0.0000001"), None], pa.decimal128(18, 10)), PART, ["0.0000001000", ""]),
    ("whole decimal", pa.array([Decimal("12"), Decimal("0"), None], pa.decimal128(12, 0)), ID, ["12", "0", ""]),
    ("decimal id", pa.array([Decimal("42.00"), None], pa.decimal128(12, 2)), ID, ["42.00", ""]),
    ("bool", pa.array([True, False, None]), YES, ["true", "false", ""]),
    ("date32", pa.array([date(2024, 2, 29), None, date(1899, 1, 1)]), DAY, ["2024-02-29", "", "1899-01-01"]),
    ("date64", pa.array([date(2024, 2, 29), None], pa.date64()), DAY, ["2024-02-29", ""]),
    ("text day", pa.array(["29/02/2024", "31/02/2024"]), DAY, ["29/02/2024", "31/02/2024"]),
    *(
        (
            f"timestamp {unit}",
            pa.array([datetime(2025, 6, 30, 23, 30), None, datetime(1900, 1, 1)], pa.timestamp(unit)),
            MOMENT,
            ["2025-06-30 23:30:00", "", "1900-01-01 00:00:00"],
        )
        for unit in ("s", "ms", "us", "ns")
    ),
    (
        "timestamp as a day", pa.array([datetime(2025, 6, 30, 23, 30)], pa.timestamp("ns")), DAY,
        ["2025-06-30 23:30:00"],
    ),
    ("timestamp UTC", pa.array([MIDNIGHT], pa.timestamp("us", "UTC")), MOMENT, ["2025-06-30 23:30:00Z"]),
    (
        "timestamp with a zone", pa.array([MIDNIGHT, None], pa.timestamp("us", "Europe/London")), MOMENT,
        ["2025-07-01 00:30:00+01:00", ""],
    ),
    (
        "day of a timestamp with a zone", pa.array([MIDNIGHT, None], pa.timestamp("ms", "Europe/London")), DAY,
        ["2025-07-01 00:30:00+01:00", ""],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("array", "column", "cells"), [s[1:] for s in SAME], ids=[s[0] for s in SAME])
def test_a_parquet_column_means_what_the_csv_of_the_same_data_means(tmp_path, array, column, cells):
    chunk = only_chunk(parquet(tmp_path, pa.table({"a": array, "b": array})))
    assert chunk.numbers.tolist() == list(range(2, len(array) + 2))
    assert not chunk.ragged.any()
    assert values(*column, chunk.columns[0]) == values(*column, pa.array(cells, pa.string()))


def test_a_parquet_table_loads_as_its_csv_does(tmp_path):
    one = grid("annex_a", "list_3")
    names = one.headers
    columns = list(zip(*one.rows, strict=True))
    table = pa.table(
        {n: pa.array([None if c == "" else c for c in cells]) for n, cells in zip(names, columns, strict=True)}
    )
    found = answer(parquet(tmp_path, table), tmp_path, "Annex_A_2025_Jun_List_3.parquet")
    assert found["ok"], found
    from_parquet = pq.read_table(tmp_path / "out" / "annex_a__list_3.parquet")
    again = answer(file(tmp_path, csv_bytes(one)), tmp_path, "Annex_A_2025_Jun_List_3.csv")
    assert again["tables"] == [t | {"sheet": "Annex_A_2025_Jun_List_3"} for t in found["tables"]]
    assert pq.read_table(tmp_path / "out" / "annex_a__list_3.parquet").equals(from_parquet)


def test_the_row_numbers_of_parquet_go_on_from_batch_to_batch(tmp_path):
    rows = 150_000
    path = parquet(tmp_path, pa.table({"a": pa.array(range(rows)), "b": pa.nulls(rows)}), row_group_size=40_000)
    (sheet,) = read_sheets(path)
    chunks = list(sheet.chunks(0, 2))
    assert len(chunks) > 1
    assert np.concatenate([c.numbers for c in chunks]).tolist() == list(range(2, rows + 2))
    assert [cell for c in chunks for cell in c.columns[0].to_pylist()] == [str(n) for n in range(rows)]


NESTED = {
    "list": pa.array([[1], []]),
    "record": pa.array([{"x": 1}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "bytes": pa.array([b"\x00\xff", None], pa.binary()),
    "large bytes": pa.array([b"\x00\xff", None], pa.large_binary()),
    "fixed bytes": pa.array([b"\x00\xff", None], pa.binary(2)),
    "bytes by dictionary": pa.array([b"\x00\xff", None], pa.binary()).dictionary_encode(),
}


@pytest.mark.parametrize("kind", NESTED)
def test_parquet_with_nested_columns_or_bytes_is_refused_by_name(tmp_path, kind):
    error = rejection(parquet(tmp_path, pa.table({"plain": [1, 2], f"odd {kind}": NESTED[kind]})))
    assert error.code == "NOT_A_TABLE"
    assert f"odd {kind}" in str(error)
    assert "plain columns" in str(error)


@pytest.mark.parametrize(("limit", "value"), [("MAX_ROWS", 99), ("MAX_COLUMNS", 2), ("MAX_STREAM_MB", 0.0001)])
def test_the_limits_of_parquet_are_read_before_its_rows(tmp_path, monkeypatch, limit, value):
    table = pa.table({n: pa.array([f"{n}{row}" for row in range(100)]) for n in "abc"})
    path = parquet(tmp_path, table)
    assert read_sheets(path)
    monkeypatch.setattr(read, limit, value)
    monkeypatch.setattr(pq, "ParquetFile", None)  # whoever opens it now fails otherwise
    error = rejection(path)
    assert error.code == "ARCHIVE_LIMITS"
    assert "send it in parts" in str(error)


def test_damaged_parquet_is_rejected_in_words_and_never_blamed_on_the_disk(tmp_path):
    one = grid("annex_a", "list_3")
    table = pa.table({n: [str(c) for c in cells] for n, *cells in zip(one.headers, *one.rows, strict=True)})
    whole = parquet(tmp_path, table, compression="zstd").read_bytes()
    dice = random.Random(1)
    damaged = [whole[:place] for place in range(4, len(whole), len(whole) // 8)]
    for place in range(4, len(whole), len(whole) // 60):
        damaged.append(whole[:place] + dice.randbytes(8) + whole[place + 8 :])
    damaged.append(whole[:4] + b"\x00" * (len(whole) - 8) + whole[-4:])
    states = set()
    for content in damaged:
        path = file(tmp_path, content, "damaged.parquet")
        found = answer(path, tmp_path, "Annex_A_2025_Jun_List_3.parquet")
        states.add((found["ok"], found.get("code")))
        if not found["ok"]:
            assert found["code"] != "NOT_WRITTEN", "a damaged file is taken for a full disk and stops the whole run"
            assert "could not be read (" not in found["message"], "an error that no rule foresaw"
    assert (False, "UNREADABLE") in states


# --- workbooks of the old binary format -----------------------------------------------------------------------------


def old_workbook(one: Grid) -> bytes:
    """A sheet in BIFF8 inside the compound file that Excel 97 to 2003 wrote: LABEL and NUMBER cells."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def cell(row: int, place: int, value: object) -> bytes:
        if isinstance(value, int | float):
            return record(0x0203, struct.pack("<HHHd", row, place, 0, value))
        text = value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)
        return record(0x0204, struct.pack("<HHHHB", row, place, 0, len(text), 1) + text.encode("utf-16-le"))

    rows = [one.headers, *one.rows]
    end = record(0x000A, b"")
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0))
    sheet += record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, len(one.headers), 0))
    sheet += b"".join(cell(r, p, v) for r, row in enumerate(rows) for p, v in enumerate(row) if v != "") + end
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 0))
    start += record(0x0042, struct.pack("<H", 1200))
    name = one.title.encode("utf-16-le")
    at = len(start) + 4 + 8 + len(name) + len(end)
    start += record(0x0085, struct.pack("<IHBB", at, 0, len(one.title), 1) + name) + end
    book = start + sheet
    assert len(start) == at
    book += b"\0" * (-len(book) % 512) + b"\0" * max(0, 4096 - len(book))  # streams under 4096 bytes lie elsewhere
    book += b"\0" * (-len(book) % 512)
    sectors = len(book) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    assert len(fat) <= 128
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
        0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    ) + struct.pack("<I", 0) + b"\xff" * 432  # fmt: skip

    def entry(label: str, kind: int, child: int, first: int, size: int) -> bytes:
        title = label.encode("utf-16-le")
        free = 0xFFFFFFFF
        return struct.pack(
            "<64sHBBIII16sIQQIQ", title, len(title) + 2 if label else 0, kind, 1, free, free, child, b"", 0, 0, 0,
            first, size,
        )  # fmt: skip

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(book))
    folder += entry("", 0, 0xFFFFFFFF, 0, 0) * 2
    return header + struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff") + folder + book


def test_a_workbook_of_the_old_format_loads_as_the_csv_does(tmp_path):
    one = grid("annex_a", "list_3")
    path = file(tmp_path, old_workbook(one), "old.xls")
    found = answer(path, tmp_path, "Annex_A_2025_Jun.xls")
    assert found["ok"], found
    old = pq.read_table(tmp_path / "out" / "annex_a__list_3.parquet")
    assert answer(file(tmp_path, csv_bytes(one)), tmp_path, "Annex_A_2025_Jun_List_3.csv")["ok"]
    assert old.equals(pq.read_table(tmp_path / "out" / "annex_a__list_3.parquet"))


def test_a_damaged_workbook_of_the_old_format_is_refused_in_words(tmp_path):
    whole = old_workbook(grid("annex_a", "list_3"))
    for place in [8, 48, 520, 1100, 1540, 1600, len(whole) // 2]:
        broken = file(tmp_path, whole[:place] + b"\xde\xad\xbe\xef" * 8 + whole[place + 32 :], "b.xls")
        found = answer(broken, tmp_path, "Annex_A_2025_Jun.xls")
        assert found["ok"] or "could not be read (" not in found["message"], found
    assert rejection(file(tmp_path, whole[:900], "cut.xls")).code == "UNREADABLE"


# --- XML ------------------------------------------------------------------------------------------------------------


def laughs() -> bytes:
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return f"<?xml version='1.0'?><!DOCTYPE m [{''.join(lines)}]><Message><X>&a11;</X></Message>".encode()


REFUSED = {
    "document type": b"<!DOCTYPE Message><Message/>",
    "document type elsewhere": b'<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/none.dtd"><Message/>',
    "billion laughs": laughs(),
    "quadratic": f'<!DOCTYPE m [<!ENTITY a "{"x" * 50_000}">]><m>{"&a;" * 50_000}</m>'.encode(),
    "external entity": b'<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/hostname">]><Message><X>&f;</X></Message>',
    "parameter entity": b'<!DOCTYPE m [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><Message/>',
    "byte order mark": b"\xef\xbb\xbf<!DOCTYPE Message [<!ENTITY a 'b'>]><Message>&a;</Message>",
    "UTF-16": "<!DOCTYPE Message [<!ENTITY a 'b'>]><Message>&a;</Message>".encode("utf-16"),
    "UTF-16 without a mark": "<!DOCTYPE Message [<!ENTITY a 'b'>]><Message>&a;</Message>".encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + "<!DOCTYPE m [<!ENTITY a 'b'>]><Message>&a;</Message>".encode("utf-16-be"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_xml_with_a_document_type_or_entities_is_refused_at_once(tmp_path, kind):
    path = file(tmp_path, REFUSED[kind], "return.xml")
    started = time.perf_counter()
    error = rejection(path)
    assert time.perf_counter() - started < 2
    assert error.code == "XML_ENTITIES"
    assert "export it without" in str(error)


WORKERS = [
    {
        "AgencyWorker": "0", "SWENo": "SW0000001", "FTE": "0.8", "PersonBirthDate": "1980-05-01", "GenderCurrent": "2",
        "Ethnicity": "WBRI", "RoleStartDate": "2019-04-01", "Cases30": "14", "BaseSalary": "1", "StepUpGrad": "0",
        "QualInst": "A &amp; B", "WorkingDaysLost": "2.5", "FrontlineGrad": "1", "Absat30Sept": "0",
    },
    {"AgencyWorker": "1", "SWENo": "SW0000002", "FTE": "1", "RoleStartDate": "2024-09-02", "Cases30": ""},
]  # fmt: skip


def census(day: str = "2024-09-30", collection: str = "CSWW", space: str = "") -> bytes:
    rows = "".join("<CSWWWorker>" + "".join(f"<{k}>{v}</{k}>" for k, v in w.items()) + "</CSWWWorker>" for w in WORKERS)
    head = f"<CollectionDetails><Collection>{collection}</Collection><ReferenceDate>{day}</ReferenceDate></CollectionDetails>"
    return f"<?xml version='1.0' encoding='utf-8'?>\n<Message{space}><Header>{head}</Header>{rows}</Message>".encode()


@pytest.mark.parametrize("space", ["", ' xmlns="urn:return"'])
def test_an_xml_return_gives_its_rows_and_its_period(tmp_path, space):
    path = file(tmp_path, census(space=space), "return.xml")
    found = answer(path, tmp_path, "workforce_return.xml", period=None)
    assert found["ok"], found
    assert (found["source"], found["period"]) == ("workforce", "2024-09")
    (table,) = found["tables"]
    assert (table["table"], table["rows_read"], table["rows_loaded"]) == ("csww_workers", 2, 2)
    one, two = pq.read_table(tmp_path / "out" / "workforce__csww_workers.parquet").to_pylist()
    assert (one["row_number"], two["row_number"]) == (2, 3)
    assert (one["swe_number"], two["swe_number"]) == ("SW0000001", "SW0000002")
    assert (one["agency_worker"], two["agency_worker"]) == ("no", "yes")
    assert (one["fte"], two["fte"]) == (Decimal("0.8000"), Decimal("1.0000"))
    assert (one["birth_date"], two["birth_date"]) == (date(1980, 5, 1), None)
    assert (one["ethnicity"], two["ethnicity"]) == ("WBRI", None)
    assert (one["cases_held"], two["cases_held"]) == (14, None)
    assert (one["qualifying_institution"], two["qualifying_institution"]) == ("A & B", None)
    assert (one["role_start_date"], two["role_start_date"]) == (date(2019, 4, 1), date(2024, 9, 2))
    assert "not loaded" not in found["message"], "pay is left out on purpose, it is no unknown column"


def test_the_period_asked_or_named_comes_before_the_day_of_the_return(tmp_path):
    path = file(tmp_path, census(), "return.xml")
    assert answer(path, tmp_path, "return.xml", period="2024-10")["period"] == "2024-10"
    assert answer(path, tmp_path, "csww_2024-11.xml", period=None)["period"] == "2024-11"


@pytest.mark.parametrize("day", ["", "30/09/2024", "soon"])
def test_a_return_without_a_day_that_can_be_read_needs_a_period(tmp_path, day):
    found = answer(file(tmp_path, census(day), "return.xml"), tmp_path, "return.xml", period=None)
    assert (found["ok"], found.get("code")) == (False, "NO_PERIOD")


def test_xml_of_another_collection_is_refused_with_the_known_ones(tmp_path):
    for content in (
        census(collection="CIN"),
        b"<Message><Other/></Message>",
        census().replace(b"CSWWWorker", b"Other"),
    ):
        error = rejection(file(tmp_path, content, "return.xml"))
        assert error.code == "NOT_A_TABLE"
        assert "CSWW" in str(error)


def test_damaged_xml_is_refused_wherever_it_breaks(tmp_path):
    whole = census()
    for place in range(1, len(whole) - 1, len(whole) // 25):
        assert rejection(file(tmp_path, whole[:place], "cut.xml")).code == "NOT_A_TABLE"
    for odd in (b"\xff", b"&nbsp;", b"\x00", b"<", b"]]>"):
        assert rejection(file(tmp_path, whole.replace(b"SW0000002", odd), "odd.xml")).code == "NOT_A_TABLE", odd
    assert rejection(file(tmp_path, whole.replace(b"utf-8", b"utf-99"), "odd.xml")).code == "NOT_A_TABLE"


def test_too_many_elements_are_refused(tmp_path, monkeypatch):
    from orchestration.ingest import xml_rows

    monkeypatch.setattr(xml_rows, "MAX_ELEMENTS", 10)
    error = rejection(file(tmp_path, census(), "return.xml"))
    assert (error.code, "send it in parts" in str(error)) == ("ARCHIVE_LIMITS", True)


def test_a_csv_sheet_forced_to_stream_is_recognised_as_its_rows_are(tmp_path):
    one = grid("ssd", "contacts")
    path = file(tmp_path, csv_bytes(one), "contacts.csv")
    (sheet,) = read_sheets(path)
    assert isinstance(sheet, CsvSheet)
    found = recognise(sheet, CONTRACTS)
    assert found is not None
    assert (found.table.relation, found.header_row) == ("ssd__contacts", 0)
