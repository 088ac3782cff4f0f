"""Which rows of a recognised table are good: typing column by column, then the contract's row rules, then duplicates.

Rows are handled as whole columns (numpy and pyarrow); Python runs once per distinct value of a column. Every data row
ends loaded, quarantined or deduplicated, and the three counts add up to the rows read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from expectations.contracts import EARLIEST, OLDEST_AGE, UNKNOWN, Column, Contracts, Table
from expectations.suites import typed_columns
from orchestration.ingest.cells import converter, raw_text, says_nothing
from orchestration.ingest.read import Found, is_blank

EPOCH = date(1970, 1, 1)
NO_DATE = np.iinfo(np.int64).min


@dataclass
class Reason:
    """Why rows were quarantined, or cells blanked. Holds row numbers as in the file, never a value."""

    code: str
    column: str
    rows: list[int]
    action: str  # quarantined | blanked | deduplicated | noted; found: in a file that was rejected


@dataclass
class Typed:
    """A recognised table after typing: `good` for the store, `bad` the raw quarantined rows (restricted)."""

    table: Table
    sheet: str
    header_row: int
    rows_read: int
    good: pa.Table
    bad: pa.Table
    rows_deduplicated: int
    reasons: list[Reason]
    missing: list[str]
    unknown: list[str]


@dataclass
class _Cells:
    """One column: `index` points into the distinct values; `values` and `problems` go with the distinct values."""

    index: np.ndarray
    raw: list[Any]
    values: list[Any]
    problems: list[str | None]
    blank: np.ndarray
    identity: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def days(self) -> np.ndarray:
        """Days since 1970 by row; NO_DATE where there is none."""
        found = np.array([NO_DATE if v is None else (v - EPOCH).days for v in self.values], np.int64)
        return found[self.index]

    def rows_with(self, test: str) -> np.ndarray:
        """Row mask: the distinct value's problem is `test`."""
        return np.array([p == test for p in self.problems], bool)[self.index]


def _distinct(cells: list[Any]) -> tuple[np.ndarray, list[Any]]:
    places: dict[Any, int] = {}
    # True equals 1.0 as a key of a dictionary, but they are different cells
    cells = [("yes" if c else "no") if c is True or c is False else c for c in cells]
    index = np.fromiter((places.setdefault(c, len(places)) for c in cells), np.int64, len(cells))
    return index, list(places)


def _meaning(column: Column, value: Any) -> Any:  # noqa: ANN401 - a typed value
    """What makes two values the same: of a code the code, whichever of its spellings was written."""
    return value[0] if column.type == "code" and value is not None else value


def _read_column(column: Column, cells: list[Any], contracts: Contracts) -> _Cells:
    index, raw = _distinct(cells)
    convert = converter(column, contracts.code_sets)
    values: list[Any] = []
    problems: list[str | None] = []
    blank = np.zeros(len(raw), bool)
    for place, cell in enumerate(raw):
        if says_nothing(cell):
            blank[place] = True
            values.append(None)
            problems.append(None)
        else:
            value, problem = convert(cell)
            values.append(value)
            problems.append(problem)
    marks: dict[Any, int] = {}
    identity = np.array(
        [
            marks.setdefault(_meaning(column, v) if p is None else ("bad", raw_text(r)), len(marks))
            for v, p, r in zip(values, problems, raw, strict=True)
        ],
        np.int64,
    )
    return _Cells(index, raw, values, problems, blank[index], identity[index])


def _groups(columns: list[np.ndarray], count: int) -> np.ndarray:
    """Rows that agree on every column get the same number."""
    found = np.zeros(count, np.int64)
    for column in columns:
        found = np.unique(found * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    return found


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


class _Rows:
    """The rows of one table while the rules are applied."""

    def __init__(self, found: Found, contracts: Contracts, snapshot: date) -> None:
        self.table, self.snapshot = found.table, snapshot
        sheet = found.sheet
        numbered = [
            (n, row)
            for n, row in enumerate(sheet.rows[found.header_row + 1 :], found.header_row + 2)
            if any(not is_blank(c) for c in row)
        ]
        self.numbers = np.array([n for n, _ in numbered], np.int64)
        self.count = len(numbered)
        width = len(sheet.rows[found.header_row])
        rows = [row for _, row in numbered]
        self.ragged = np.array(
            [sum(not is_blank(c) for c in row[width:]) > 0 or len(row) < width for row in rows], bool
        )
        columns = list(zip(*(self._fit(row, width) for row in rows), strict=True)) if rows else [()] * width
        self.cells = {
            c.name: _read_column(c, list(columns[found.positions[c.name]]), contracts)
            for c in self.table.columns
            if c.name in found.positions
        }
        self.raw_columns = columns
        self.header = [str(h) for h in sheet.rows[found.header_row]]
        self.quarantined = np.zeros(self.count, bool)
        self.reasons: dict[tuple[str, str, str], np.ndarray] = {}

    @staticmethod
    def _fit(row: Any, width: int) -> Any:  # noqa: ANN401 - a row of cells as the reader gives it
        return row if len(row) == width else [*row[:width], *[""] * (width - len(row))]

    def quarantine(self, mask: np.ndarray, code: str, column: str) -> None:
        self._note(mask, code, column, "quarantined")
        self.quarantined |= mask

    def _note(self, mask: np.ndarray, code: str, column: str, action: str) -> None:
        if mask.any():
            key = (code, column, action)
            self.reasons[key] = self.reasons.get(key, np.zeros(self.count, bool)) | mask

    def days(self, name: str) -> np.ndarray:
        return self.cells[name].days() if name in self.cells else np.full(self.count, NO_DATE)

    def looks_unborn(self) -> np.ndarray:
        """Age given as -1, or sex not stated with no age: the row is of an unborn child (R12)."""
        age, sex = self.cells.get("age"), self.cells.get("gender")
        minus = (
            np.array([v is not None and v < 0 for v in age.values], bool)[age.index]
            if age
            else np.zeros(self.count, bool)
        )
        no_age = age.blank if age else np.ones(self.count, bool)
        not_stated = (
            np.array([v is not None and v[0] == "not_stated" for v in sex.values], bool)[sex.index]
            if sex
            else no_age & False
        )
        return minus | (not_stated & no_age)

    def check_cells(self) -> None:
        self.quarantine(self.ragged, "RAGGED_ROW", "")
        for column in self.table.columns:
            cells = self.cells.get(column.name)
            if cells is None:
                continue
            if column.required:
                blank = cells.blank & ~self.looks_unborn() if column.required == "unless_unborn" else cells.blank
                self.quarantine(blank, "MANDATORY_BLANK", column.name)
            for problem in sorted({p for p in cells.problems if p}):
                mask = cells.rows_with(problem)
                if self.table.quarantines(column):
                    self.quarantine(mask, problem, column.name)
                else:
                    self._note(mask, problem, column.name, "blanked")

    def check_dates(self) -> None:
        birth = self.table.birth
        last = (self.snapshot - EPOCH).days
        for column in self.table.columns:
            if column.type != "date" or column.name not in self.cells:
                continue
            days = self.days(column.name)
            known = days != NO_DATE
            if column.name == "date_of_birth":
                lawful = last + (birth.days_before_birth if birth else 0)
                oldest = (_years_before(self.snapshot, OLDEST_AGE) - EPOCH).days
                self.quarantine(known & (days > lawful), "DATE_IN_FUTURE", column.name)
                self.quarantine(known & (days <= oldest), "AGE_OUT_OF_RANGE", column.name)
                continue
            self.quarantine(known & (days < (EARLIEST - EPOCH).days), "DATE_TOO_EARLY", column.name)
            if not column.planned:
                self.quarantine(known & (days > last), "DATE_IN_FUTURE", column.name)
        for first, second in self.table.ordered_dates:
            start, end = self.days(first), self.days(second)
            self.quarantine((start != NO_DATE) & (end != NO_DATE) & (end < start), "END_BEFORE_START", second)
        if birth:
            born, event = self.days(birth.column), self.days(birth.event)
            known = (born != NO_DATE) & (event != NO_DATE)
            self.quarantine(known & (born - event > birth.days_before_birth), "DATE_BEFORE_BIRTH", birth.event)

    def drop_duplicates(self) -> np.ndarray:
        """Mask of exact repeats of an earlier row (R13)."""
        same = _groups([c.identity for c in self.cells.values()], self.count)
        live = np.flatnonzero(~self.quarantined)  # a quarantined row stands for no other
        repeated = ~self.quarantined
        repeated[live[np.unique(same[live], return_index=True)[1]]] = False
        self._note(repeated, "DUPLICATE_ROW", "", "deduplicated")
        return repeated

    def check_keys(self, repeated: np.ndarray) -> None:
        live = ~self.quarantined & ~repeated
        keys = [self.cells[k].identity for k in self.table.key if k in self.cells]
        group = _groups(keys, self.count)
        times = np.bincount(group[live], minlength=int(group.max(initial=0)) + 1)
        self.quarantine(live & (times[group] > 1), "DUPLICATE_KEY", self.table.key[0])
        same = self.table.same_for_each_child
        if same and same.id in self.cells and same.column in self.cells:
            live = ~self.quarantined & ~repeated
            child = self.cells[same.id].identity
            value = self.days(same.column)
            usable = live & (value != NO_DATE)
            pairs = (
                np.unique(np.stack([child[usable], value[usable]]), axis=1)[0]
                if usable.any()
                else np.empty(0, np.int64)
            )
            several = np.flatnonzero(np.bincount(pairs, minlength=int(child.max(initial=0)) + 1) > 1)
            self.quarantine(live & np.isin(child, several), "TWO_BIRTH_DATES", same.column)

    def good(self, keep: np.ndarray) -> pa.Table:
        types = typed_columns(self.table)
        arrays: dict[str, pa.Array] = {"row_number": pa.array(self.numbers[keep], pa.int32())}
        for column in self.table.columns:
            arrow_type = types[column.name]
            cells = self.cells.get(column.name)
            if cells is None:
                empty = pa.nulls(int(keep.sum()), arrow_type)
                arrays[column.name] = empty
                if column.type == "code":
                    arrays[f"{column.name}_raw"], arrays[f"{column.name}_rule"] = empty, empty
                continue
            index = cells.index[keep]
            if column.type != "code":
                arrays[column.name] = pa.array(cells.values, arrow_type).take(pa.array(index))
                continue
            pairs = [
                v if v is not None else (UNKNOWN, "unknown") if p else (None, "blank")
                for v, p in zip(cells.values, cells.problems, strict=True)
            ]
            raw = [raw_text(r) or None for r in cells.raw]
            for name, values in (("", [p[0] for p in pairs]), ("_raw", raw), ("_rule", [p[1] for p in pairs])):
                arrays[column.name + name] = pa.array(values, pa.string()).take(pa.array(index))
        return pa.table(arrays)

    def bad(self) -> pa.Table:
        """Quarantined rows as text, for the restricted store only."""
        rows = np.flatnonzero(self.quarantined)
        arrays: dict[str, pa.Array] = {"row_number": pa.array(self.numbers[rows], pa.int32())}
        for place, header in enumerate(self.header):
            texts = [raw_text(self.raw_columns[place][r]) for r in rows]
            arrays[f"{place + 1}: {header}"] = pa.array(texts, pa.string())
        return pa.table(arrays)


def apply_rules(found: Found, contracts: Contracts, snapshot: date) -> Typed:
    """Type and check every row of a recognised table as at its snapshot date."""
    rows = _Rows(found, contracts, snapshot)
    rows.check_cells()
    rows.check_dates()
    repeated = rows.drop_duplicates()
    rows.check_keys(repeated)
    repeated &= ~rows.quarantined
    keep = ~rows.quarantined & ~repeated
    by_reason: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for key, mask in rows.reasons.items():
        by_reason[key] = rows.numbers[mask].tolist()
    return Typed(
        table=found.table,
        sheet=found.sheet.name,
        header_row=found.header_row + 1,
        rows_read=rows.count,
        good=rows.good(keep),
        bad=rows.bad(),
        rows_deduplicated=int(repeated.sum()),
        reasons=[
            Reason(code, column, numbers, action) for (code, column, action), numbers in sorted(by_reason.items())
        ],
        missing=[c.name for c in found.table.columns if c.name not in found.positions],
        unknown=found.unknown,
    )


def snapshot_days(table: Table, snapshot: date, good: pa.Table) -> tuple[date, date]:
    """First and last day a load of this table covers: its window, or its first event for a full history."""
    if table.window:  # whole months, since a snapshot is the last day of one
        year, month = divmod(snapshot.year * 12 + snapshot.month - table.window.months, 12)
        return date(year, month + 1, 1), snapshot
    if table.history:
        import pyarrow.compute as pc

        first = pc.min(good.column(table.history)).as_py()
        return first or snapshot, snapshot
    return snapshot, snapshot
