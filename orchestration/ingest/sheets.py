"""What a file is once it is open: sheets that give their data rows chunk by chunk, and the error of a file that cannot be taken.

CSV and Parquet are streamed: however long a file, only some blocks of it are in memory (Arrow reads ahead).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from expectations.contracts import clean_text

HEADER_ROWS = 10  # a title or a note may stand above the header (R2)
LONGEST_CELL = 1_000_000
BLOCK = 8 << 20  # bytes of a CSV file read at once; 12 columns of a million rows are 13 blocks


class RejectedFile(Exception):
    """A file that cannot be taken. `code` is the reason code, the message says what to do; never a cell value.

    `reasons` are those of single rows (code, column, rows, action), where rows were looked at before.
    """

    def __init__(
        self,
        code: str,
        message: str,
        column: str | None = None,
        table: str | None = None,
        reasons: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.column, self.table, self.reasons = code, column, table, list(reasons)


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing at all."""
    return cell is None or cell == "" or (isinstance(cell, str) and not clean_text(cell))


@dataclass
class Chunk:
    """Some data rows of a sheet: `numbers` as in the file, and cells column by column (Arrow strings, or a list).

    `ragged` marks rows with fewer cells than the header, or with more that are not blank.
    """

    numbers: np.ndarray
    columns: list[Any]
    ragged: np.ndarray

    def at(self, places: np.ndarray) -> Chunk:
        """The rows at some places, in their order."""
        columns = [
            c.take(pa.array(places)) if isinstance(c, pa.Array) else [c[i] for i in places] for c in self.columns
        ]
        return Chunk(self.numbers[places], columns, self.ragged[places])


def cells_at(column: Any, places: np.ndarray | None = None) -> list[Any]:  # noqa: ANN401 - an Arrow array, or a list
    """The cells of a chunk's column as a list, all of them or those at some places."""
    if isinstance(column, pa.Array):
        return (column if places is None else column.take(pa.array(places))).to_pylist()
    return column if places is None else [column[i] for i in places]


@dataclass
class Sheet:
    """One sheet of a workbook: `rows` of cells as read; row n of the list is row n + 1 of the file."""

    name: str
    rows: Sequence[Sequence[Any]]
    reference_date: str = ""  # the day that an XML return says it is of
    relation: str = ""  # the table it holds, where the file says so itself
    numbers: Sequence[int] | None = None  # of the data rows, where they do not follow one another

    @property
    def top(self) -> Sequence[Sequence[Any]]:
        """The first rows, among which the header is."""
        return self.rows[:HEADER_ROWS]

    def chunks(self, header_row: int, width: int) -> Iterator[Chunk]:
        """The data rows below the header, `width` cells a row; blank rows too."""
        yield rows_to_chunk(self.rows[header_row + 1 :], header_row + 2, width, self.numbers)


def rows_to_chunk(rows: Sequence[Sequence[Any]], first: int, width: int, numbers: Sequence[int] | None = None) -> Chunk:
    """Rows as a chunk; row numbers count from `first` unless given."""
    ragged = np.array([len(r) < width or any(not is_blank(c) for c in r[width:]) for r in rows], bool)
    fitted = [r if len(r) == width else [*r[:width], *[""] * (width - len(r))] for r in rows]
    columns = [list(c) for c in zip(*fitted, strict=True)] if fitted else [[] for _ in range(width)]
    found = np.arange(first, first + len(rows), dtype=np.int64) if numbers is None else np.array(numbers, np.int64)
    return Chunk(found, columns, ragged)


@dataclass
class CsvSheet:
    """A CSV file. `streams` when Arrow reads it as Python's strict csv module would: its quotes stand where they should.

    `rows` reads the whole file; the loader never asks for it.
    """

    name: str
    path: Path
    encoding: str
    delimiter: str
    streams: bool = False

    def read(self) -> Iterator[list[str]]:
        """Every row, by Python's strict csv module. Raises csv.Error, UnicodeError."""
        with self.path.open("r", encoding=self.encoding, newline="") as handle:
            yield from csv.reader(handle, delimiter=self.delimiter, strict=True)

    @cached_property
    def rows(self) -> Sequence[Sequence[Any]]:
        return list(self.read())

    @cached_property
    def top(self) -> Sequence[Sequence[Any]]:
        return [row for row, _ in zip(self.read(), range(HEADER_ROWS), strict=False)]

    def chunks(self, header_row: int, width: int) -> Iterator[Chunk]:
        yield from (self._stream if self.streams else self._plainly)(header_row, width)

    def _plainly(self, header_row: int, width: int) -> Iterator[Chunk]:
        """Row by row with Python's csv module: for the few files that Arrow would read otherwise."""
        rows: list[list[str]] = []
        first = header_row + 2
        for number, row in enumerate(self.read()):
            if number <= header_row:
                continue
            rows.append(row)
            if len(rows) == 50_000:
                yield rows_to_chunk(rows, first, width)
                first, rows = first + len(rows), []
        yield rows_to_chunk(rows, first, width)

    def _data_begins(self, header_row: int) -> int:
        """Bytes up to the end of the header row."""
        read = 0

        encoding = self.encoding.removesuffix("-sig")  # which would count a mark that is not there

        def lines() -> Iterator[str]:
            nonlocal read
            with self.path.open("r", encoding=encoding, newline="") as handle:
                for line in handle:
                    read += len(line.encode(encoding))
                    yield line.removeprefix("\ufeff")

        for number, _ in enumerate(csv.reader(lines(), delimiter=self.delimiter, strict=True)):
            if number == header_row:
                break
        return read

    def _stream(self, header_row: int, width: int) -> Iterator[Chunk]:
        import pyarrow.compute as pc
        import pyarrow.csv as arrow_csv

        odd: list[tuple[int, str]] = []  # rows with more or fewer cells, by their number in the data

        def set_aside(row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow
            odd.append((row.number, row.text))
            return "skip"

        names = [str(place) for place in range(width)]
        source = pa.OSFile(str(self.path), "rb")
        source.seek(self._data_begins(header_row))
        row = 0  # rows of the data so far
        try:
            reader = arrow_csv.open_csv(
                source,
                arrow_csv.ReadOptions(
                    use_threads=False, block_size=BLOCK, column_names=names, encoding=self.encoding.removesuffix("-sig")
                ),
                arrow_csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=set_aside
                ),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False),
            )  # fmt: skip
            for batch in reader:
                # Arrow parses ahead: rows set aside may belong to a later batch
                aside = np.array([n for n, _ in odd], np.int64)
                numbers = np.arange(row + 1, row + 1 + batch.num_rows + len(odd), dtype=np.int64)
                numbers = numbers[~np.isin(numbers, aside)][: batch.num_rows]
                row = int(numbers[-1]) if len(numbers) else row
                if any((pc.max(pc.binary_length(c)).as_py() or 0) > LONGEST_CELL for c in batch.columns):
                    raise pa.ArrowInvalid("a cell is too long")
                yield Chunk(numbers + header_row + 1, list(batch.columns), np.zeros(batch.num_rows, bool))
                yield from self._set_aside([o for o in odd if o[0] <= row], header_row, width)
                odd[:] = [o for o in odd if o[0] > row]
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                raise RejectedFile(
                    "UNREADABLE",
                    f"a cell is longer than {LONGEST_CELL:,} characters: check the quotes and export it again",
                ) from None
        yield from self._set_aside(odd, header_row, width)

    def _set_aside(self, odd: list[tuple[int, str]], header_row: int, width: int) -> Iterator[Chunk]:
        if odd:
            rows = [next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter), []) for _, text in odd]
            yield rows_to_chunk(rows, 0, width, [n + header_row + 1 for n, _ in odd])


@dataclass
class ParquetSheet:
    """A Parquet file of plain columns; row 1 is taken to be the header, as if it were a spreadsheet."""

    name: str
    path: Path
    top: Sequence[Sequence[Any]]

    def chunks(self, header_row: int, width: int) -> Iterator[Chunk]:
        import pyarrow.parquet as pq

        first = 2
        for batch in pq.ParquetFile(self.path).iter_batches(batch_size=65_536, use_threads=False):
            numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
            first += batch.num_rows
            yield Chunk(numbers, [_as_cells(c) for c in batch.columns], np.zeros(batch.num_rows, bool))


AnySheet = Sheet | CsvSheet | ParquetSheet


def _as_cells(column: pa.Array) -> Any:  # noqa: ANN401 - an Arrow array of strings, or a list
    """A Parquet column as text, since the contract says what it means; numbers with fractions as they are."""
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_floating(kind):
        return column.to_pylist()
    if pa.types.is_decimal(kind):
        return pa.array(["" if c is None else format(c, "f") for c in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        column = (pc.local_timestamp(column) if kind.tz else column).cast(pa.timestamp("us"), safe=False)
    return pc.fill_null(column.cast(pa.string()), "")
