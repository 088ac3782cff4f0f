"""One column of a chunk: raw cells to typed values, with the blank ones and the problems. Whole columns at once.

A column is worked on by its distinct values. Where they are few, `cells` converts each of them once a file; where they are
many (ids, times, notes) Arrow takes those of a plain form together and only the others go through Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.contracts import UNKNOWN, Column, Contracts, Table
from expectations.suites import typed_columns
from orchestration.ingest.cells import LONGEST_NUMBER, converter, raw_text, says_nothing

NO_DATE = np.iinfo(np.int64).min
BLANK = "BLANK"  # no problem, only no value
FEW = 2_000  # distinct values of a chunk up to which each is converted by itself
MOST_KNOWN = 200_000  # conversions remembered a column, so that a long file does not fill the memory
LONGEST_NOTHING = 7  # `#value!` and `(blank)`, the longest cells that say nothing

LONGEST_WHOLE = 15  # digits of a number that means the same to a spreadsheet

# Forms that mean what they say, whatever the file; they are none of NOTHING, no scientific notation and no `7.0`.
_PLAIN_ID = r"^(?:[0-9]{1,15}|[A-Za-z]{1,6}[-_/]?[0-9]+|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"
_PLAIN_TEXT = r"^[!-~]+(?: [!-~]+)*$"
_PLAIN_WHOLE = r"^[0-9]{1,12}$"
_PLAIN_DECIMAL = r"^[0-9]{1,12}(?:\.[0-9]{1,4})?$"
_PLAIN_DAY = r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?$"
_PLAIN_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,3})?$"


@dataclass
class Cells:
    """A column of a chunk: `index` leads from rows into the distinct values.

    `values` are typed; `status` is 0, or the place in `problems` of what is the matter; problems[1] is BLANK.
    Of a code column the canonical code stands in `values`, the text as given in `raw`, how it was read in `rules`.
    """

    index: np.ndarray
    given: Any
    values: pa.Array | list[Any]
    status: np.ndarray
    problems: list[str]
    raw: pa.Array | None = None
    rules: pa.Array | None = None

    @property
    def blank(self) -> np.ndarray:
        """Rows without a value."""
        return (self.status == 1)[self.index]

    def rows_with(self, problem: str) -> np.ndarray:
        """Rows whose cell has this problem."""
        if problem not in self.problems:
            return np.zeros(len(self.index), bool)
        return (self.status == self.problems.index(problem))[self.index]

    def found_problems(self) -> list[str]:
        """Problems of this chunk, sorted."""
        return sorted(self.problems[s] for s in np.unique(self.status) if s > 1)

    def days(self) -> np.ndarray:
        """Days since 1970 by row; NO_DATE where there is none."""
        days = self.values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        return pc.fill_null(days, NO_DATE).to_numpy()[self.index]

    def texts(self) -> list[str]:
        """The cells as text by distinct value."""
        return self.given.to_pylist() if isinstance(self.given, pa.Array) else [raw_text(g) for g in self.given]

    def meanings(self) -> np.ndarray:
        """What makes two cells the same, as numbers by row: the typed value; of a cell with a problem its text."""
        marks: dict[Any, int] = {}
        values = self.values.to_pylist() if isinstance(self.values, pa.Array) else self.values
        same = [
            marks.setdefault(("bad", text) if status > 1 else value, len(marks))
            for value, status, text in zip(values, self.status, self.texts(), strict=True)
        ]
        return np.array(same, np.int64)[self.index]


class ColumnReader:
    """Reads one contract column, chunk after chunk of a file."""

    def __init__(self, table: Table, column: Column, contracts: Contracts) -> None:
        self.column = column
        self.kind = typed_columns(table).get(column.name)  # None: a JSON column, whose entries become rows
        made = contracts.made_from(table) if column.type == "json" else ()
        leave_out = [
            n for t in made if t.made_from and t.made_from.json_column == column.name for n in t.made_from.leave_out
        ]
        self._convert = converter(column, contracts.code_sets, leave_out)
        self._empty = frozenset(table.empty)
        self._known: dict[Any, tuple[Any, str | None]] = {}
        self._problems = ["", BLANK]

    def read(self, cells: Any) -> Cells:  # noqa: ANN401 - an Arrow array of strings, or a list of cells
        """A chunk's cells of this column."""
        if isinstance(cells, pa.Array) and self._mostly_distinct(cells):
            index, given = np.arange(len(cells)), cells
        elif isinstance(cells, pa.Array):
            encoded = cells.dictionary_encode()
            index, given = encoded.indices.to_numpy(), encoded.dictionary
        else:
            index, given = _distinct(cells)
        if self.column.type == "code":
            return self._read_codes(index, given)
        if isinstance(given, pa.Array) and len(given) > FEW and self.kind is not None:
            values, status = self._read_many(given)
        else:
            found, status = self._one_by_one(given.to_pylist() if isinstance(given, pa.Array) else given)
            values = found if self.kind is None else pa.array(found, self.kind)
        return Cells(index, given, values, status, self._problems)

    def _mostly_distinct(self, cells: pa.Array) -> bool:
        """Whether finding the distinct values first would save nothing, by the first cells of the chunk."""
        if self.column.type not in ("id", "text", "decimal", "datetime") or len(cells) <= FEW:
            return False
        return pc.count_distinct(cells.slice(0, FEW)).as_py() > FEW // 2

    def _one(self, cell: Any) -> tuple[Any, str | None]:  # noqa: ANN401 - a cell of any type
        if says_nothing(cell) or (self._empty and raw_text(cell) in self._empty):
            return None, BLANK
        value, problem = self._convert(cell)
        if isinstance(value, str) and value in self._empty:
            return None, BLANK
        if self._empty and isinstance(value, date) and value.isoformat()[:10] in self._empty:
            return None, BLANK
        return value, problem

    def _one_by_one(self, given: list[Any]) -> tuple[list[Any], np.ndarray]:
        known, values, status = self._known, [], np.zeros(len(given), np.int8)
        if len(known) > MOST_KNOWN:
            known.clear()
        for place, cell in enumerate(given):
            key = (cell.__class__, cell)  # True is no 1, and 1.0 is no 1
            found = known.get(key)
            if found is None:
                found = known[key] = self._one(cell)
            values.append(found[0])
            if found[1] is not None:
                if found[1] not in self._problems:
                    self._problems.append(found[1])
                status[place] = self._problems.index(found[1])
        return values, status

    def _read_codes(self, index: np.ndarray, given: Any) -> Cells:  # noqa: ANN401
        cells = given.to_pylist() if isinstance(given, pa.Array) else given
        found, status = self._one_by_one(cells)
        pairs = [
            v if v is not None else (UNKNOWN, "unknown") if s > 1 else (None, "blank")
            for v, s in zip(found, status, strict=True)
        ]
        text = pa.string()
        return Cells(
            index, given, pa.array([p[0] for p in pairs], text), status, self._problems,
            pa.array([raw_text(c) or None for c in cells], text), pa.array([p[1] for p in pairs], text),
        )  # fmt: skip

    def _read_many(self, given: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """Many distinct values: those of a plain form together, the others one by one."""
        plain, values, status = self._plain(given)
        rest = np.flatnonzero(~plain)
        if len(rest):
            found, problems = self._one_by_one(given.take(pa.array(rest)).to_pylist())
            values = pc.replace_with_mask(values, pa.array(~plain), pa.array(found, self.kind))
            status[rest] = problems
        return values, status

    def _plain(self, given: pa.Array) -> tuple[np.ndarray, pa.Array, np.ndarray]:
        """(which values are of a plain form, the typed values, their status); the values of others are null."""
        status = np.zeros(len(given), np.int8)
        none = np.zeros(len(given), bool), pa.nulls(len(given), self.kind), status
        match self.column.type:
            case "id":
                plain = pc.ascii_is_decimal(
                    given
                )  # a tenth of the time of the regular expression, and most ids are numbers
                if not pc.all(plain).as_py() or pc.max(pc.binary_length(given)).as_py() > LONGEST_WHOLE:
                    plain = pc.match_substring_regex(given, _PLAIN_ID)
                return plain.to_numpy(zero_copy_only=False), pc.if_else(plain, given, None), status
            case "text":
                long = pc.greater(pc.binary_length(given), max([LONGEST_NOTHING, *map(len, self._empty)]))
                plain = pc.and_(long, pc.match_substring_regex(given, _PLAIN_TEXT))
                return plain.to_numpy(zero_copy_only=False), pc.if_else(plain, given, None), status
            case "integer" | "decimal":
                form = _PLAIN_WHOLE if self.column.type == "integer" else _PLAIN_DECIMAL
                plain = pc.match_substring_regex(given, form)
                values = pc.if_else(plain, given, None).cast(self.kind)
                numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
                low = 0 if self.column.minimum is None else self.column.minimum
                high = LONGEST_NUMBER if self.column.maximum is None else self.column.maximum
                fit = plain.to_numpy(zero_copy_only=False) & (numbers >= low) & (numbers <= high)
                return fit, values, status
            case "date":
                plain = pc.match_substring_regex(given, _PLAIN_DAY)
                days = pc.if_else(plain, pc.utf8_slice_codeunits(given, 0, 10), None).dictionary_encode()
                found, problems = self._one_by_one(days.dictionary.to_pylist())
                index = pc.fill_null(days.indices, 0).to_numpy()
                if len(problems):
                    status = np.where(plain.to_numpy(zero_copy_only=False), problems[index], 0).astype(np.int8)
                return plain.to_numpy(zero_copy_only=False), pa.array(found, self.kind).take(days.indices), status
            case "datetime":
                plain = pc.match_substring_regex(given, _PLAIN_TIME)
                for empty in self._empty:
                    plain = pc.and_(plain, pc.invert(pc.starts_with(given, empty)))
                try:
                    moments = pc.if_else(plain, given, None).cast(pa.timestamp("ms"))
                except pa.ArrowInvalid:  # an impossible day among them: each by itself
                    return none
                return plain.to_numpy(zero_copy_only=False), pc.floor_temporal(moments, unit="second"), status
        return none


def _distinct(cells: list[Any]) -> tuple[np.ndarray, list[Any]]:
    places: dict[Any, int] = {}
    # True equals 1.0 as a key of a dictionary, but they are different cells
    cells = [("yes" if c else "no") if c is True or c is False else c for c in cells]
    index = np.fromiter((places.setdefault(c, len(places)) for c in cells), np.int64, len(cells))
    return index, list(places)
