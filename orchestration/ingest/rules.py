"""Which rows of a recognised table are good: the contract's row rules chunk by chunk, then keys and duplicates of the file.

Rows are handled as whole columns (numpy and Arrow). Every data row ends loaded, quarantined or deduplicated, and the three
counts add up to the rows read. Good rows go straight to typed Parquet; tables made from others are `derived`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.contracts import (
    EARLIEST,
    OLDEST_AGE,
    OLDEST_RECORD,
    CheckDigit,
    Contracts,
    Differs,
    RequiredIf,
    Table,
    match_form,
    years_before,
)
from expectations.profile import groups, numbered, repeated
from expectations.suites import typed_columns
from orchestration.ingest.cells import has_right_check_digit, raw_text
from orchestration.ingest.columns import NO_DATE, ColumnReader
from orchestration.ingest.derived import Writers
from orchestration.ingest.read import Found
from orchestration.ingest.reasons import MOST_ROWS
from orchestration.ingest.sheets import Chunk, cells_at, is_blank

EPOCH = date(1970, 1, 1)


@dataclass
class Reason:
    """Why rows were quarantined, or cells blanked. Holds row numbers as in the file, never a value."""

    code: str
    column: str
    rows: list[int]
    action: str  # quarantined | refused | blanked | deduplicated | noted; found: in a file that was rejected
    count: int = 0

    def __post_init__(self) -> None:
        self.count = self.count or len(self.rows)


@dataclass
class Typed:
    """A table after typing; the good rows lie in `folder` as Parquet, and so do the raw quarantined ones (restricted)."""

    table: Table
    sheet: str
    header_row: int
    folder: Path
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_deduplicated: int
    reasons: list[Reason]
    missing: list[str]
    unknown: list[str]

    @property
    def path(self) -> Path:
        """The typed Parquet."""
        return self.folder / f"{self.table.relation}.parquet"

    @property
    def bad_path(self) -> Path:
        """The quarantined rows as text; there only when there are any."""
        return self.folder / f"{self.table.relation}.quarantine.parquet"

    @property
    def good(self) -> pa.Table:
        """The typed rows."""
        return pq.read_table(self.path)

    @property
    def bad(self) -> pa.Table:
        """The raw quarantined rows."""
        return (
            pq.read_table(self.bad_path)
            if self.bad_path.exists()
            else pa.table({"row_number": pa.array([], pa.int32())})
        )


@dataclass
class _Known:
    """What rules need beside the file: the day it shows, ids of sealed adoptions, what the file's name gives."""

    snapshot: date
    sealed: frozenset[str] = frozenset()
    file_name: str = ""


def _number(day: date) -> int:
    return (day - EPOCH).days


class _Rows:
    """The rows of one chunk while the row rules are applied."""

    def __init__(self, found: Found, chunk: Chunk, readers: dict[str, ColumnReader], known: _Known) -> None:
        self.table, self.known = found.table, known
        self.cells = {n: r.read(self._column(found, chunk, n)) for n, r in readers.items()}
        self.chunk = chunk
        self._drop_blank()
        self.count = len(self.chunk.numbers)
        self.numbers = self.chunk.numbers
        self.quarantined = np.zeros(self.count, bool)
        self.refused = np.zeros(self.count, bool)
        self.reasons: dict[tuple[str, str, str], np.ndarray] = {}

    def _column(self, found: Found, chunk: Chunk, name: str) -> Any:  # noqa: ANN401 - cells of a chunk
        if found.table.by_name[name].filled_from:
            return [self.known.file_name] * len(chunk.numbers)
        return chunk.columns[found.positions[name]]

    def _drop_blank(self) -> None:
        """Leave out rows whose every cell is blank (R4); seldom there, so only rows without a value are looked at."""
        given = [c.blank for n, c in self.cells.items() if not self.table.by_name[n].filled_from]
        empty = np.flatnonzero(np.logical_and.reduce(given)) if given else np.empty(0, np.int64)
        if not len(empty):
            return
        blank = np.ones(len(empty), bool)
        for column in self.chunk.columns:
            blank &= np.array([is_blank(c) for c in cells_at(column, empty)], bool)
        keep = np.ones(len(self.chunk.numbers), bool)
        keep[empty[blank]] = False
        self.chunk = self.chunk.at(np.flatnonzero(keep))
        for cells in self.cells.values():
            cells.index = cells.index[keep]

    def quarantine(self, mask: np.ndarray, code: str, column: str) -> None:
        self.note(mask, code, column, "quarantined")
        self.quarantined |= mask

    def note(self, mask: np.ndarray, code: str, column: str, action: str) -> None:
        if mask.any():
            key = (code, column, action)
            self.reasons[key] = self.reasons.get(key, np.zeros(self.count, bool)) | mask

    def days(self, name: str) -> np.ndarray:
        return self.cells[name].days() if name in self.cells else np.full(self.count, NO_DATE)

    def looks_unborn(self) -> np.ndarray:
        """Age given as -1, or sex not stated with no age: the row is of an unborn child (R12)."""
        age, sex = self.cells.get("age"), self.cells.get("gender")
        nothing = np.zeros(self.count, bool)
        minus = (
            pc.fill_null(pc.less(age.values, 0), False).to_numpy(zero_copy_only=False)[age.index] if age else nothing
        )
        no_age = age.blank if age else ~nothing
        not_stated = self._holds("gender", ("not_stated",)) if sex else nothing
        return minus | (not_stated & no_age)

    def _holds(self, name: str, values: tuple[str, ...]) -> np.ndarray:
        """Rows whose column holds one of the values; `*` is any."""
        cells = self.cells.get(name)
        if cells is None:
            return np.zeros(self.count, bool)
        if "*" in values:
            return (cells.status == 0)[cells.index]
        texts = cells.values.cast(pa.string())
        found = pc.is_in(texts, pa.array(list(values), pa.string())).to_numpy(zero_copy_only=False)
        return found[cells.index]

    def check_cells(self) -> None:
        self.quarantine(self.chunk.ragged, "RAGGED_ROW", "")
        for column in self.table.columns:
            cells = self.cells.get(column.name)
            if cells is None:
                continue
            if column.required:
                blank = cells.blank
                if column.required == "unless_unborn" and blank.any():
                    blank = blank & ~self.looks_unborn()
                self.quarantine(blank, "MANDATORY_BLANK", column.name)
            for problem in cells.found_problems():
                mask = cells.rows_with(problem)
                if self.table.quarantines(column):
                    self.quarantine(mask, problem, column.name)
                else:
                    self.note(mask, problem, column.name, "blanked")
        for rule in self.table.required_if:
            self._check_condition(rule)
        for digit in self.table.check_digits:
            self._check_digit(digit)
        for pair in self.table.differs:
            self._check_differs(pair)

    def _check_differs(self, rule: Differs) -> None:
        one, two = (self.cells.get(name) for name in rule.columns)
        if one is None or two is None:
            return
        forms = [[None if v is None else match_form(str(v)) for v in cells.values.to_pylist()] for cells in (one, two)]
        numbers: dict[str, int] = {}
        first, second = (
            np.array([-1 if f is None else numbers.setdefault(f, len(numbers)) for f in side], np.int64)[cells.index]
            for side, cells in zip(forms, (one, two), strict=True)
        )
        asked = np.ones(self.count, bool)
        if rule.where_blank:
            lacking = [self.cells.get(name) for name in rule.where_blank]
            asked = np.logical_or.reduce([np.ones(self.count, bool) if c is None else c.blank for c in lacking])
        self.quarantine(asked & (first >= 0) & (first == second), "SAME_VALUE", rule.columns[1])

    def _check_digit(self, rule: CheckDigit) -> None:
        cells = self.cells.get(rule.column)
        if cells is None:
            return
        wrong = np.array(
            [v is not None and not has_right_check_digit(rule.form, v) for v in cells.values.to_pylist()], bool
        )
        asked = np.ones(self.count, bool)
        for name, values in rule.when.items():
            asked &= self._holds(name, values)
        self.note(asked & wrong[cells.index], "BAD_CHECK_DIGIT", rule.column, "noted")

    def _check_condition(self, rule: RequiredIf) -> None:
        cells = self.cells.get(rule.column)
        asked = np.ones(self.count, bool)
        for name, values in rule.when.items():
            asked &= self._holds(name, values)
        lacking = asked & (cells.blank if cells else True)
        if rule.on_blank == "quarantine":
            self.quarantine(lacking, "CONDITIONAL_BLANK", rule.column)
        else:
            self.note(lacking, "CONDITIONAL_BLANK", rule.column, "noted")

    def check_dates(self) -> None:
        birth, last = self.table.birth, _number(self.known.snapshot)
        for column in self.table.columns:
            if column.type not in ("date", "datetime") or column.name not in self.cells:
                continue
            days = self.days(column.name)
            known = days != NO_DATE
            if column.name == "date_of_birth":
                lawful = last + (birth.days_before_birth if birth else 0)
                oldest = _number(years_before(self.known.snapshot, OLDEST_AGE))
                self.quarantine(known & (days > lawful), "DATE_IN_FUTURE", column.name)
                self.quarantine(known & (days <= oldest), "AGE_OUT_OF_RANGE", column.name)
                continue
            earliest = _number(OLDEST_RECORD if column.old else EARLIEST)
            self.quarantine(known & (days < earliest), "DATE_TOO_EARLY", column.name)
            if not column.planned:
                self.quarantine(known & (days > last), "DATE_IN_FUTURE", column.name)
        for first, second in self.table.ordered_dates:
            self.quarantine(self._is_before(second, first), "END_BEFORE_START", second)
        if birth:
            born, event = self.days(birth.column), self.days(birth.event)
            known = (born != NO_DATE) & (event != NO_DATE)
            self.quarantine(known & (born - event > birth.days_before_birth), "DATE_BEFORE_BIRTH", birth.event)

    def _is_before(self, name: str, other: str) -> np.ndarray:
        """Rows in which the one date lies before the other; times count where both columns have them."""
        both = [self.cells.get(n) for n in (name, other)]
        if all(
            c is not None and self.table.by_name[n].type == "datetime" for c, n in zip(both, (name, other), strict=True)
        ):
            one, two = (pc.take(c.values, pa.array(c.index)) for c in both if c is not None)
            return pc.fill_null(pc.less(one, two), False).to_numpy(zero_copy_only=False)
        one_day, two_day = self.days(name), self.days(other)
        return (one_day != NO_DATE) & (two_day != NO_DATE) & (one_day < two_day)

    def refuse_links(self) -> None:
        """Rows that would link identities before and after an adoption: refused, counted, kept nowhere."""
        rule = self.table.adoption_links
        if rule is None:
            return
        links = np.zeros(self.count, bool)
        for name in rule.ids:
            links |= self._holds(name, tuple(self.known.sealed)) if self.known.sealed else False
        if rule.when:
            says = np.ones(self.count, bool)
            for name, values in rule.when.items():
                says &= self._holds(name, values)
            links |= says
        self.note(links, "ADOPTION_LINK", rule.ids[0], "refused")
        self.refused |= links
        self.quarantined |= links

    def good(self, keep: np.ndarray) -> pa.Table:
        types = typed_columns(self.table)
        places = np.flatnonzero(keep)
        arrays: dict[str, pa.Array] = {"row_number": pa.array(self.numbers[places], pa.int32())}
        for column in self.table.columns:
            if column.type == "json":
                continue
            cells = self.cells.get(column.name)
            parts = ["", "_raw", "_rule"] if column.type == "code" else [""]
            index = None if cells is None else pa.array(cells.index[places])
            for part in parts:
                name = column.name + part
                if cells is None:
                    arrays[name] = pa.nulls(len(places), types[name])
                else:
                    held = {"": cells.values, "_raw": cells.raw, "_rule": cells.rules}[part]
                    arrays[name] = held.take(index)
        return pa.table(arrays)


def raw_rows(chunk: Chunk, mask: np.ndarray, header: list[str]) -> pa.Table:
    """Rows as text under their headers, with the row number."""
    rows = chunk.at(np.flatnonzero(mask))
    arrays: dict[str, pa.Array] = {"row_number": pa.array(rows.numbers, pa.int32())}
    for place, name in enumerate(header):
        column = rows.columns[place]
        texts = column if isinstance(column, pa.Array) else pa.array([raw_text(c) for c in column], pa.string())
        arrays[f"{place + 1}: {name}"] = texts
    return pa.table(arrays)


@dataclass
class _Tally:
    """What of a file's rows has been found so far."""

    read: int = 0
    quarantined: int = 0
    deduplicated: int = 0
    reasons: dict[tuple[str, str, str], list[np.ndarray]] = field(default_factory=dict)

    def add(self, code: str, column: str, action: str, numbers: np.ndarray) -> None:
        if len(numbers):
            self.reasons.setdefault((code, column, action), []).append(numbers)

    def told(self) -> list[Reason]:
        found = []
        for (code, column, action), parts in sorted(self.reasons.items()):
            numbers = np.sort(np.concatenate(parts))
            found.append(Reason(code, column, numbers[:MOST_ROWS].tolist(), action, len(numbers)))
        return found


class _File:
    """A recognised sheet on its way through the rules."""

    def __init__(self, found: Found, contracts: Contracts, known: _Known) -> None:
        self.found, self.contracts, self.known = found, contracts, known
        table = found.table
        names = [c.name for c in table.columns if c.name in found.positions or c.filled_from]
        self.readers = {n: ColumnReader(table, table.by_name[n], contracts) for n in names}
        self.header = found.header
        same = table.same_for_each_child
        births = [same.id, same.column] if same and same.id in names and same.column in names else []
        self.watched = list(dict.fromkeys([*(k for k in table.key if k in names), *births]))

    def chunks(self) -> Iterator[Chunk]:
        yield from self.found.sheet.chunks(self.found.header_row, len(self.header))

    def rows(self, chunk: Chunk) -> _Rows:
        rows = _Rows(self.found, chunk, self.readers, self.known)
        rows.check_cells()
        rows.check_dates()
        rows.refuse_links()
        return rows


def apply_rules(
    found: Found,
    contracts: Contracts,
    snapshot: date,
    folder: Path,
    sealed: frozenset[str] = frozenset(),
    file_name: str = "",
) -> list[Typed]:
    """Type and check every row of a recognised table as at its snapshot date, into Parquet in `folder`.

    Gives the table and, behind it, the tables made from its JSON and its other columns. Raises OSError when the folder
    cannot be written.
    """
    file = _File(found, contracts, _Known(snapshot, sealed, file_name))
    folder.mkdir(parents=True, exist_ok=True)
    tally, writers = _Tally(), Writers(found, contracts, folder)
    held: list[pa.Table] = []
    try:
        if found.others:
            writers.look_over(file.chunks())
        for chunk in file.chunks():
            rows = file.rows(chunk)
            tally.read += rows.count
            tally.quarantined += int(rows.quarantined.sum())
            for (code, column, action), mask in rows.reasons.items():
                tally.add(code, column, action, rows.numbers[mask])
            keep = ~rows.quarantined
            good = rows.good(keep)
            writers.write(good)
            writers.write_bad(raw_rows(rows.chunk, rows.quarantined & ~rows.refused, file.header))
            for code, column, mask in writers.write_derived(good, rows.cells, rows.chunk, keep):
                tally.add(code, column, "blanked", rows.numbers[mask])
            held.append(good.select(["row_number", *file.watched]))
    finally:
        writers.close()
    dropped = _check_file(file, pa.concat_tables(held) if held else None, tally, writers)
    derived = writers.finish(dropped)
    missing = [c.name for c in found.table.columns if c.name not in found.positions and not c.filled_from]
    main = Typed(
        found.table, found.sheet.name, found.header_row + 1, folder, tally.read,
        tally.read - tally.quarantined - tally.deduplicated, tally.quarantined, tally.deduplicated, tally.told(), missing, found.unknown,
    )  # fmt: skip
    others = [
        Typed(table, found.sheet.name, found.header_row + 1, folder, count, count, 0, 0, [], [], [])
        for table, count in derived
    ]
    return [main, *others]


def _check_file(file: _File, held: pa.Table | None, tally: _Tally, writers: Writers) -> np.ndarray:
    """Keys and duplicates over the whole file (R13); gives the row numbers that are not good after all.

    Only rows that share a key with another are looked at again, which are few: their raw cells are read once more.
    """
    table = file.found.table
    nothing = np.empty(0, np.int64)
    if held is None or not held.num_rows:
        return nothing
    key = [k for k in table.key if k in file.readers]
    numbers = held.column("row_number").to_numpy().astype(np.int64)
    shared = repeated(held, key)
    dropped, wrong = nothing, nothing
    if shared.any():
        copies, wrong = _same_key(file, numbers[shared], key, writers.breakdowns)
        tally.add("DUPLICATE_ROW", "", "deduplicated", copies)
        tally.add("DUPLICATE_KEY", table.key[0], "quarantined", wrong)
        tally.deduplicated += len(copies)
        dropped = np.concatenate([copies, wrong])
    same = table.same_for_each_child
    if same and same.id in file.readers and same.column in file.readers:
        live = ~np.isin(numbers, dropped)
        rest = held.filter(pa.array(live))
        children, days = numbered(rest, [same.id, same.column])
        usable = days > 0
        pairs = np.unique(np.stack([children[usable], days[usable]]), axis=1)[0] if usable.any() else nothing
        several = np.flatnonzero(np.bincount(pairs, minlength=1) > 1)
        two = numbers[live][np.isin(children, several)]
        tally.add("TWO_BIRTH_DATES", same.column, "quarantined", two)
        dropped, wrong = np.concatenate([dropped, two]), np.concatenate([wrong, two])
    tally.quarantined += len(wrong)
    if len(wrong):
        masks = ((chunk, np.isin(chunk.numbers, wrong)) for chunk in file.chunks())
        writers.add_bad(pa.concat_tables([raw_rows(c, mask, file.header) for c, mask in masks if mask.any()]))
    return dropped


def _same_key(file: _File, numbers: np.ndarray, key: list[str], breakdowns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of rows that share keys: (row numbers of repeats of an earlier row, row numbers that differ under one key)."""
    parts: list[Chunk] = []
    for chunk in file.chunks():
        mask = np.isin(chunk.numbers, numbers)
        if mask.any():
            parts.append(chunk.at(np.flatnonzero(mask)))
    whole = Chunk(
        np.concatenate([p.numbers for p in parts]),
        [_joined([p.columns[i] for p in parts]) for i in range(len(parts[0].columns))],
        np.concatenate([p.ragged for p in parts]),
    )
    in_order = whole.at(np.argsort(whole.numbers, kind="stable"))
    rows = _Rows(file.found, in_order, file.readers, file.known)  # good rows all of them: only their cells are wanted
    meanings = {n: c.meanings() for n, c in rows.cells.items()}
    others = {h: _marks(rows.chunk.columns[p]) for h, p in file.found.others.items()}
    same = groups([*meanings.values(), *others.values()], rows.count)
    copies = np.ones(rows.count, bool)
    copies[np.unique(same, return_index=True)[1]] = False
    group = groups([*(meanings[k] for k in key), *(others[h] for h in breakdowns)], rows.count)
    times = np.bincount(group[~copies], minlength=int(group.max(initial=0)) + 1)
    wrong = ~copies & (times[group] > 1)
    return rows.numbers[copies], rows.numbers[wrong]


def _marks(column: Any) -> np.ndarray:  # noqa: ANN401 - an Arrow array, or a list
    """Equal texts as equal numbers."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(raw_text(c), len(seen)) for c in cells_at(column)], np.int64)


def _joined(columns: list[Any]) -> Any:  # noqa: ANN401 - an Arrow array, or a list
    if all(isinstance(c, pa.Array) for c in columns):
        return pa.concat_arrays(columns)
    return [cell for c in columns for cell in cells_at(c)]


def _months_back(snapshot: date, months: int) -> date:
    """First day of the months that end with the snapshot's; whole ones, since a snapshot is the last day of a month."""
    year, month = divmod(snapshot.year * 12 + snapshot.month - months, 12)
    return date(year, month + 1, 1)


def snapshot_days(table: Table, snapshot: date, good: pa.Table) -> tuple[date, date]:
    """First and last day a load of this table covers: its window, or its first event for a full history.

    A history that reaches back a stated number of years is whole for those only: older rows are there because they went on.
    A monthly list without either, such as the days lost to sickness, speaks for its month.
    """
    if table.window:
        return _months_back(snapshot, table.window.months), snapshot
    if table.mode == "period" and "flow" in table.coverage and not table.history:
        return _months_back(snapshot, 1), snapshot  # a month's list of what the month added up to
    if table.history:
        first = pc.min(good.column(table.history)).as_py()
        first = (first.date() if hasattr(first, "date") else first) or snapshot
        if table.mode == "append" and (snapshot + timedelta(days=1)).day == 1:
            first = min(first, _months_back(snapshot, 1))  # a month's file speaks for its quiet days too
        if table.history_years:
            first = max(first, _months_back(snapshot, 12 * table.history_years))
        return first, snapshot
    return snapshot, snapshot
