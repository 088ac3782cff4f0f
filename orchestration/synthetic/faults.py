"""Defects planted in the files on purpose, each told in the manifest with the reason the loader must give for it.

The scenario (`faults`) says which kinds, how many and where; here is how each is made, and on which rows it can stand so that
the loader finds that reason and no other. A row that other rows name is never lost, no row has two defects, and rows that
`planted` lists are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from expectations.contracts import EARLIEST, OLDEST_AGE, Column, Contracts, Table, header_form, years_before
from orchestration.periods import Period
from orchestration.synthetic import annex_a, planted, reference
from orchestration.synthetic.days import A_DAY, as_date, day_number, month_number
from orchestration.synthetic.rows import BLANK, BLANK_SECONDS, Array, Rows, Words
from orchestration.synthetic.world import once_a_world

if TYPE_CHECKING:
    from orchestration.synthetic.scenario import FaultsPart
    from orchestration.synthetic.world import World

LEVELS = ("none", "some")
FIRST_ROW = 2  # the header is row 1, as the loader counts
FORTY_YEARS = 14_610  # days
SMALLEST_REJECTED = 8  # rows from which a file can be rejected for them (decision 2)
NOBODY = 99_000_000_000  # numbers from here on are nobody's
EPOCH = datetime(1970, 1, 1)
EXCEL_DAY_0 = 25_569  # days from Excel's day 0 to 1970
QUARANTINED, BLANKED, NOTED, DEDUPLICATED, REFUSED, REJECTED, NONE = (
    "quarantined", "blanked", "noted", "deduplicated", "refused", "rejected", "none",
)  # fmt: skip
Cell = str | int | float | None  # a text that stands in place of a value, a value, or a blank


@dataclass
class Spoiled:
    """The tables with their defects, and what was planted.

    An entry of `planted` tells source, table, file, kind, row and column as the loader counts and names them, its reason code
    and what becomes of the row: quarantined, refused, deduplicated; its cell blanked; noted; the file rejected; `none` for what
    is odd but right. `headers` are those of `with_headers`, by table.
    """

    tables: dict[str, Rows]
    planted: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, dict[str, str | None]] = field(default_factory=dict)


def spoil(
    world: World, source: str, tables: dict[str, Rows], month: Period, contracts: Contracts, form: str
) -> Spoiled:
    """The tables of one source with the scenario's defects, the same ones for the same arguments.

    `form` is that of the files; they are written under `Spoiled.headers`.
    """
    names = {
        name: annex_a.workbook_name(month)
        if source == annex_a.SOURCE and form == "csv"
        else f"{source}_{name}_{month.key}.{form}"
        for name in tables
    }
    spoiler = _Spoiler(world, source, tables, month, contracts, names)
    spoiler.spoil_whole_files()
    for kind, rule in world.scenario.faults.kinds.items():
        for place in rule.places:
            of, table, column = (*place.split("."), "")[:3]
            if of == source and table in spoiler.files:
                spoiler.plant(kind, spoiler.files[table], column, rule.rows)
    natural = source == annex_a.SOURCE and form == "csv"
    made = {name: file.result(natural) for name, file in spoiler.files.items()}
    return Spoiled(tables | made, spoiler.told, spoiler.headers)


def with_headers(table: Table, found: pa.Table, headers: Mapping[str, str | None]) -> pa.Table:
    """A table under other headers: of the columns named, or of one more column that the contract does not know."""
    renamed = {table.by_name[column].title: header for header, column in headers.items() if column}
    shown = found.rename_columns([renamed.get(n, n) for n in found.column_names])
    for header in (h for h, column in headers.items() if not column):
        shown = shown.append_column(header, pa.array(["see file"] * len(found), pa.string()))
    return shown


def other_header(column: Column) -> str:
    """A column's header under another name that the contract knows, or with other letters and spaces."""
    known = [n for n in (column.name, *column.aliases) if header_form(n) != header_form(column.title)]
    return known[0] if known else f"  {column.title.upper().replace('_', ' ')} "


# --- columns --------------------------------------------------------------------------------------------------------


def given(column: Column, values: Any) -> Array:  # noqa: ANN401 - an array or Words
    """Which rows have a value."""
    if isinstance(values, Words):
        return values.index >= 0
    match column.type:
        case "datetime":
            return values > BLANK_SECONDS
        case "decimal":
            return ~np.isnan(values.astype(np.float64))
        case "integer" | "date":
            return values != BLANK
        case _:
            return values >= 0


def _blank(column: Column) -> int | float:
    return {"datetime": BLANK_SECONDS, "decimal": np.nan, "integer": BLANK, "date": BLANK}.get(column.type, -1)


def as_texts(column: Column, values: Any) -> Array:  # noqa: ANN401 - an array or Words
    """The cells of a column as a CSV holds them, None for a blank: dates and times in ISO form."""
    if isinstance(values, Words):
        return values.strings()
    there, found = given(column, values), np.full(len(values), None, dtype=object)
    found[there] = [_text(column, v) for v in values[there].tolist()]
    return found


def _text(column: Column, value: float) -> str:
    match column.type:
        case "date":
            return as_date(int(value)).isoformat()
        case "datetime":
            return (EPOCH + timedelta(seconds=int(value))).isoformat(" ")
        case _:
            return str(int(value)) if value == int(value) else str(value)


def changed(column: Column, values: Any, cells: Mapping[int, Cell], natural: bool) -> Any:  # noqa: ANN401 - an array or Words
    """A column with other cells in some rows.

    A text among numbers or dates makes it an array of objects: texts, or for a workbook (`natural`) dates and numbers too.
    """
    if not cells:
        return values
    rows = np.fromiter(cells, np.int64, len(cells))
    if isinstance(values, Words):
        words = dict.fromkeys([*values.words, *(str(c) for c in cells.values() if c is not None)])
        place: dict[str | None, int] = {w: n for n, w in enumerate(words)} | {None: -1}
        index = values.index.astype(np.int32)
        index[rows] = [place[None if c is None else str(c)] for c in cells.values()]
        return Words(index, tuple(words))
    values = values.copy()
    values[rows] = [_blank(column) if c is None or isinstance(c, str) else c for c in cells.values()]
    texts = {row: c for row, c in cells.items() if isinstance(c, str)}
    if not texts:
        return values
    if natural:
        found, there = np.full(len(values), None, dtype=object), given(column, values)
        found[there] = [as_date(v) if column.type == "date" else v for v in values[there].tolist()]
    else:
        found = as_texts(column, values)
    found[list(texts)] = list(texts.values())
    return found


class _File:
    """A table while defects are planted: its rows as they were, and what is to become of them."""

    def __init__(self, table: Table, rows: Rows, name: str, barred: Array, share: float) -> None:
        self.table, self.rows, self.name = table, rows, name
        self.free = ~barred
        self.left = int(share * len(rows))  # rows that may still be spoiled
        self.cells: dict[str, dict[int, Cell]] = {}
        self.copies: list[int] = []
        self.blank_rows = 0

    def given(self, name: str) -> Array:
        return given(self.table.by_name[name], self.rows.columns[name])

    def holds(self, when: Mapping[str, tuple[str, ...]]) -> Array:
        """Rows for which a condition of the contract is met."""
        found = np.ones(len(self.rows), dtype=bool)
        for name, values in when.items():
            found &= self.given(name) if "*" in values else self.rows.columns[name].isin(*values)
        return found

    def write(self, name: str, row: int, cell: Cell) -> None:
        self.cells.setdefault(name, {})[row] = cell

    def copy(self, row: int) -> int:
        """Repeat a row behind the last one; gives the place of the copy."""
        self.copies.append(row)
        return len(self.rows) + len(self.copies) - 1

    def result(self, natural: bool) -> Rows:
        if not (self.cells or self.copies or self.blank_rows):
            return self.rows
        shown = np.concatenate([np.arange(len(self.rows)), self.copies, np.zeros(self.blank_rows)]).astype(np.int64)
        empty: dict[int, Cell] = dict.fromkeys(range(len(shown) - self.blank_rows, len(shown)))
        columns = {}
        for column in self.table.columns:
            values = self.rows.columns[column.name]
            values = values[shown] if isinstance(values, Words) else np.asarray(values)[shown]
            columns[column.name] = changed(column, values, {**self.cells.get(column.name, {}), **empty}, natural)
        return Rows(columns)


# --- kinds that change one cell ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """A defect of one cell: where it can stand, what is written, and what the loader says of it.

    `effect` is empty where the contract says whether a bad cell costs the row. `cell` gives the cell for a row and a lot in
    [0, 1). `named` are the columns that the loader names.
    """

    code: str
    effect: str
    rows: Callable[[_Spoiler, _File, Column], Array]
    cell: Callable[[_Spoiler, _File, Column, int, float], Cell]
    named: Callable[[_Spoiler, _File, Column], list[str]] = lambda _, __, column: [column.name]


def _present(_: _Spoiler, file: _File, column: Column) -> Array:
    return file.given(column.name)


def _absent(_: _Spoiler, file: _File, column: Column) -> Array:
    return ~file.given(column.name)


def _listed(kind: str) -> Callable[[_Spoiler, _File, Column, int, float], Cell]:
    """One of the scenario's texts for a kind."""

    def cell(spoiler: _Spoiler, _: _File, __: Column, ___: int, lot: float) -> Cell:
        texts = spoiler.rules.texts[kind]
        return texts[int(lot * len(texts))]

    return cell


def _nothing(spoiler: _Spoiler, file: _File, __: Column, ___: int, lot: float) -> Cell:
    """A cell that says nothing, in a file of this source."""
    texts = (*spoiler.rules.texts["no_value"], *file.table.empty)
    return texts[int(lot * len(texts))]


def _unit(column: Column) -> int:
    return A_DAY if column.type == "datetime" else 1


def _can_be_late(_: _Spoiler, file: _File, column: Column) -> Array:
    """Rows in which no later date would then come before this one."""
    found = file.given(column.name)
    for first, second in file.table.ordered_dates:
        if first == column.name:
            found &= ~file.given(second)
    return found


def _late(spoiler: _Spoiler, _: _File, column: Column, __: int, lot: float) -> Cell:
    return (spoiler.day + 1 + int(lot * 300)) * _unit(column)


def _can_be_early(_: _Spoiler, file: _File, column: Column) -> Array:
    """Rows in which the start of what ends on this date is not known, and neither is a birth before it."""
    last = (day_number(EARLIEST) + FORTY_YEARS) * _unit(column)
    found = file.given(column.name) & (file.rows.columns[column.name] < last)
    for first, second in file.table.ordered_dates:
        if second == column.name:
            found &= ~file.given(first)
    birth = file.table.birth
    return found & ~file.given(birth.column) if birth and birth.event == column.name else found


def _early(_: _Spoiler, file: _File, column: Column, row: int, __: float) -> Cell:
    return int(file.rows.columns[column.name][row]) - FORTY_YEARS * _unit(column)


def _starts(file: _File, column: Column) -> Iterator[tuple[str, Array]]:
    """The starts of what ends on this date, with the rows in which both are given."""
    for first, second in file.table.ordered_dates:
        if second == column.name and file.table.by_name[first].type == column.type:
            recent = file.rows.columns[first] > (day_number(EARLIEST) + 100) * _unit(column)
            yield first, file.given(first) & file.given(second) & recent


def _has_start(_: _Spoiler, file: _File, column: Column) -> Array:
    return np.logical_or.reduce([rows for _, rows in _starts(file, column)])


def _before_start(_: _Spoiler, file: _File, column: Column, row: int, lot: float) -> Cell:
    start = next(first for first, rows in _starts(file, column) if rows[row])
    days = 1 + int(lot * 60)
    return int(file.rows.columns[start][row]) - days * (60 if column.type == "datetime" else 1)


def _too_old(spoiler: _Spoiler, _: _File, __: Column, ___: int, lot: float) -> Cell:
    return day_number(years_before(spoiler.month.end, OLDEST_AGE)) - int(lot * 2_000)


def _can_precede_birth(spoiler: _Spoiler, file: _File, column: Column) -> Array:
    birth = file.table.birth
    assert birth is not None
    return file.given(column.name) & file.given(birth.event) & (file.rows.columns[birth.event] <= spoiler.day - 30)


def _born_later(_: _Spoiler, file: _File, __: Column, row: int, lot: float) -> Cell:
    birth = file.table.birth
    assert birth is not None
    return int(file.rows.columns[birth.event][row]) + birth.days_before_birth + 1 + int(lot * 25)


def _asked(_: _Spoiler, file: _File, column: Column) -> Array:
    rules = [file.holds(r.when) for r in file.table.required_if if r.column == column.name]
    return file.given(column.name) & np.logical_or.reduce(rules)


def _references(spoiler: _Spoiler, file: _File, column: Column) -> list[str]:
    """The foreign keys that a column is in, as the loader names them."""
    keys = [k for k in file.table.foreign_keys if column.name in k.columns and k.to in spoiler.files]
    return list(dict.fromkeys(", ".join(k.columns) for k in keys))


def _refers(spoiler: _Spoiler, file: _File, column: Column) -> Array:
    keys = [k for k in file.table.foreign_keys if column.name in k.columns and k.to in spoiler.files]
    return np.logical_and.reduce([file.given(c) for k in keys for c in k.columns]) if keys else file.free & False


def _out_of_range(_: _Spoiler, __: _File, column: Column, ___: int, lot: float) -> Cell:
    if column.maximum is not None and lot < 0.5:
        return int(column.maximum) + 7
    return int(column.minimum or 0) - 3  # -1 is no value in some sources


def _has_check_digit(_: _Spoiler, file: _File, column: Column) -> Array:
    rules = [file.holds(d.when) for d in file.table.check_digits if d.column == column.name]
    return file.given(column.name) & np.logical_or.reduce(rules)


def _one_digit_off(_: _Spoiler, file: _File, column: Column, row: int, lot: float) -> Cell:
    """Another digit last but one: every check digit finds a single wrong digit."""
    text = str(as_texts(column, file.rows.columns[column.name][[row]])[0])
    return f"{text[:-2]}{(int(text[-2]) + 1 + int(lot * 9)) % 10}{text[-1]}"


def _links_adoption(file: _File, column: Column) -> tuple[str, ...]:
    rule = file.table.adoption_links
    return rule.when[column.name] if rule else ()


def _spelled(spoiler: _Spoiler, file: _File, column: Column, row: int, lot: float) -> Cell:
    """The same cell in another spelling that means the same."""
    values = file.rows.columns[column.name]
    plain = str(as_texts(column, values[[row]])[0])
    forms = [f" {plain} "]
    match column.type:
        case "date" | "datetime":
            day = EPOCH + (
                timedelta(days=int(values[row])) if column.type == "date" else timedelta(seconds=int(values[row]))
            )
            time = "" if column.type == "date" else f" {day:%H:%M:%S}"
            forms = [
                f"{day:%d/%m/%Y}{time}",
                f"{day:%d.%m.%Y}{time}",
                f"{day.day}-{annex_a.MONTH_NAMES[day.month - 1]}-{day.year}{time}",
            ]
            if column.type == "date":
                forms += [str(int(values[row]) + EXCEL_DAY_0), f"{plain}T00:00:00"]
        case "code":
            codes = spoiler.contracts.code_sets[column.codes or ""]
            code = codes.get(plain)
            forms = [t for t in (code.label, *code.spellings) if (codes.match(t) or ("",))[0] == plain] or forms
        case "id" | "integer" if plain.isdigit():
            forms.append(f"{plain}.0")
        case "decimal":
            forms.append(f"{float(values[row]):.4f}")
        case "postcode":
            forms = [plain.lower().replace(" ", ""), plain.replace(" ", "  ")]
    return forms[int(lot * len(forms))]


KINDS = {
    "unknown_code": _Kind("UNKNOWN_CODE", "", _present, _listed("unknown_code")),
    "unreadable_date": _Kind("BAD_DATE", "", _present, _listed("unreadable_date")),
    "unreadable_id": _Kind("BAD_ID", "", _present, _listed("unreadable_id")),
    "text_in_number": _Kind("BAD_NUMBER", "", _present, _listed("text_in_number")),
    "number_out_of_range": _Kind("BAD_NUMBER", "", _present, _out_of_range),
    "malformed_postcode": _Kind("BAD_POSTCODE", "", _present, _listed("malformed_postcode")),
    "broken_json": _Kind("BAD_JSON", "", _present, _listed("broken_json")),
    "date_in_future": _Kind("DATE_IN_FUTURE", QUARANTINED, _can_be_late, _late),
    "date_too_early": _Kind("DATE_TOO_EARLY", QUARANTINED, _can_be_early, _early),
    "end_before_start": _Kind("END_BEFORE_START", QUARANTINED, _has_start, _before_start),
    "missing_value": _Kind("MANDATORY_BLANK", QUARANTINED, _present, lambda *_: None),
    "born_too_long_ago": _Kind("AGE_OUT_OF_RANGE", QUARANTINED, _present, _too_old),
    "event_before_birth": _Kind(
        "DATE_BEFORE_BIRTH", QUARANTINED, _can_precede_birth, _born_later,
        lambda _, file, __: [file.table.birth.event] if file.table.birth else [],
    ),
    "missing_condition": _Kind("CONDITIONAL_BLANK", NOTED, _asked, lambda *_: None),
    "orphan": _Kind("ORPHAN", NOTED, _refers, lambda spoiler, _, __, row, ___: spoiler.nobody(row), _references),
    "wrong_check_digit": _Kind("BAD_CHECK_DIGIT", NOTED, _has_check_digit, _one_digit_off),
    "adoption_link": _Kind(
        "ADOPTION_LINK", REFUSED, _present, lambda _, file, column, __, ___: _links_adoption(file, column)[-1],
        lambda _, file, __: [file.table.adoption_links.ids[0]] if file.table.adoption_links else [],
    ),
    "other_spelling": _Kind("", NONE, _present, _spelled),
    "no_value": _Kind("", NONE, _absent, _nothing),
}  # fmt: skip


# --- kinds of whole rows, headers and files ---------------------------------------------------------------------------


class _Spoiler:
    """The files of one source in one month while defects are planted."""

    def __init__(
        self,
        world: World,
        source: str,
        tables: Mapping[str, Rows],
        month: Period,
        contracts: Contracts,
        names: Mapping[str, str],
    ) -> None:
        self.world, self.month, self.contracts = world, month, contracts
        self.rules: FaultsPart = world.scenario.faults
        self.day = day_number(month.end)
        self.told: list[dict[str, Any]] = []
        self.headers: dict[str, dict[str, str | None]] = {}
        own = contracts.sources[source].tables
        self._named_elsewhere = {
            found.relation
            for table in contracts.tables if table.source != source
            for key in table.foreign_keys if (found := contracts.find(table, key.to)) is not None
        }  # fmt: skip
        places = [p.split(".") for rule in self.rules.kinds.values() for p in rule.places]
        self._spoilt = {p[1] for p in places if p[0] == source}
        self.files = {
            name: _File(own[name], rows, names[name], self._left_alone(own[name], rows), self.rules.largest_share)
            for name, rows in tables.items()
            if len(rows)
        }

    def nobody(self, row: int) -> int:
        """An id that nothing has."""
        return int(self.world.ids(np.array(NOBODY + row)))

    def _left_alone(self, table: Table, rows: Rows) -> Array:
        """Rows of what `planted` lists, and of restricted and sealed records."""
        found = np.zeros(len(rows), dtype=bool)
        avoided = left_alone(self.world, self.day)
        links = table.adoption_links
        for name in dict.fromkeys(["child_id", "assessment_id", *(links.ids if links else ())]):
            if name in rows:
                kind = "assessment_id" if name == "assessment_id" else "child_id"
                found |= _is_one_of(rows.columns[name], avoided[kind])
        for name, values in links.when.items() if links else ():
            found |= rows.columns[name].isin(*values)
        return found

    @cached_property
    def _names(self) -> dict[str, Array]:
        """By table the rows that no other row of this source names."""
        found = {name: np.ones(len(file.rows), dtype=bool) for name, file in self.files.items()}
        for other in self.files.values():
            for key in other.table.foreign_keys:
                target = self.files.get(key.to)
                if target is not None and key.to in self._spoilt:
                    # of a key with several columns the first alone: rather too many rows are spared
                    here, there = other.rows.columns[key.columns[0]], target.rows.columns[key.there[0]]
                    found[key.to] &= ~_is_in(
                        target.table.by_name[key.there[0]], there, other.table.by_name[key.columns[0]], here
                    )
        return found

    def _may_be_lost(self, file: _File) -> Array:
        if file.table.relation in self._named_elsewhere:
            return np.zeros(len(file.rows), dtype=bool)
        return file.free & self._names[file.table.name]

    def draw(self, kind: str, file: _File, column: str, mask: Array, most: int) -> list[int]:
        """Up to `most` rows of those that the mask allows; they are then taken."""
        rows = np.flatnonzero(mask & file.free)
        drawn = self.world.chance.uniform(self._purpose(kind, file, column), self._month, rows)
        rows = np.sort(rows[np.argsort(drawn, kind="stable")[: max(0, min(most, file.left))]])
        self.take(file, rows)
        return rows.tolist()

    def take(self, file: _File, rows: Array) -> None:
        """Nothing else happens to these rows."""
        file.left -= int(file.free[rows].sum())
        file.free[rows] = False

    def lot(self, kind: str, file: _File, column: str, row: int) -> float:
        return float(self.world.chance.uniform(self._purpose(kind, file, column) + " form", self._month, np.array(row)))

    @property
    def _month(self) -> int:
        return int(month_number(self.day))

    @staticmethod
    def _purpose(kind: str, file: _File, column: str) -> str:
        return f"faults {kind} {file.table.relation}.{column}"

    def tell(self, file: _File, kind: str, row: int | None, column: str, code: str, effect: str) -> None:
        self.told.append(
            {
                "source": file.table.source, "table": file.table.name, "file": file.name, "kind": kind,
                "row": None if row is None else row + FIRST_ROW, "column": column, "code": code, "effect": effect,
            }
        )  # fmt: skip

    def plant(self, kind: str, file: _File, column: str, most: int) -> None:
        """Plant one kind in one place of the scenario."""
        if kind in KINDS:
            self._plant_cells(kind, file, file.table.by_name[column], most)
        else:
            OTHERS[kind](self, file, column, most)

    def _plant_cells(self, name: str, file: _File, column: Column, most: int) -> None:
        kind = KINDS[name]
        effect = kind.effect or (QUARANTINED if file.table.quarantines(column) else BLANKED)
        mask = kind.rows(self, file, column)
        if effect in (QUARANTINED, REFUSED):
            mask = mask & self._may_be_lost(file)
        for row in self.draw(name, file, column.name, mask, most):
            file.write(column.name, row, kind.cell(self, file, column, row, self.lot(name, file, column.name, row)))
            for told in kind.named(self, file, column):
                self.tell(file, name, row, told, kind.code, effect)

    def repeat_rows(self, file: _File, column: str, most: int) -> None:
        """Rows that stand twice: the second is left out."""
        for row in self.draw("repeated_row", file, column, file.free, most):
            self.tell(file, "repeated_row", file.copy(row), "", "DUPLICATE_ROW", DEDUPLICATED)

    def repeat_keys(self, file: _File, column: str, most: int) -> None:
        """Two rows of one key that differ in a code: neither is right."""
        codes = [c.code for c in self.contracts.code_sets[file.table.by_name[column].codes or ""].codes]
        for row in self.draw("repeated_key", file, column, file.given(column) & self._may_be_lost(file), most):
            copy, own = file.copy(row), file.rows.columns[column][[row]].strings()[0]
            others = [c for c in codes if c != own]
            file.write(column, copy, others[int(self.lot("repeated_key", file, column, row) * len(others))])
            for place in (row, copy):
                self.tell(file, "repeated_key", place, file.table.key[0], "DUPLICATE_KEY", QUARANTINED)

    def split_births(self, file: _File, column: str, most: int) -> None:
        """A child with two dates of birth in one list: none of its rows is taken."""
        children = file.rows.child_id
        known, group, times = np.unique(children, return_inverse=True, return_counts=True)
        usable = self._may_be_lost(file) & file.given(column)
        whole = np.bincount(group, weights=usable, minlength=len(known)) == times
        for row in self.draw("two_birth_dates", file, column, (whole & (times == 2))[group], most):
            rows = np.flatnonzero(children == children[row])
            if file.free[rows].sum() < len(rows) - 1:  # its other row was drawn before
                continue
            self.take(file, rows)
            file.write(column, row, self._other_birth("two_birth_dates", file, column, row))
            for place in rows.tolist():
                self.tell(file, "two_birth_dates", place, column, "TWO_BIRTH_DATES", QUARANTINED)

    def _other_birth(self, kind: str, file: _File, column: str, row: int) -> int:
        return int(file.rows.columns[column][row]) - 1 - int(self.lot(kind, file, column, row) * 27)

    def differ_births(self, file: _File, column: str, most: int) -> None:
        """A child with one date of birth in this list and another in others of the file: every row of the child is noted."""
        lists = [f for f in self.files.values() if f.name == file.name and {"child_id", column} <= set(f.table.by_name)]
        children = file.rows.child_id
        mask = file.given(column)
        born_elsewhere = np.zeros(len(children), dtype=bool)
        for other in lists:
            theirs = other.rows.child_id
            mask &= ~np.isin(children, theirs[~other.free])
            if other is file:
                known, times = np.unique(theirs, return_counts=True)
                mask &= np.isin(children, known[times == 1])
            else:
                born_elsewhere |= np.isin(children, theirs[other.given(column)])
        for row in self.draw("births_differ", file, column, mask & born_elsewhere, most):
            file.write(column, row, self._other_birth("births_differ", file, column, row))
            for other in lists:
                rows = np.flatnonzero(other.rows.child_id == children[row])
                self.take(other, rows)
                for place in rows.tolist():
                    self.tell(other, "births_differ", place, column, "BIRTH_DATES_DIFFER_BETWEEN_LISTS", NOTED)

    def add_blank_rows(self, file: _File, _: str, most: int) -> None:
        """Rows without anything behind the last one, as spreadsheets leave them."""
        first = len(file.rows) + len(file.copies)
        file.blank_rows = most
        for row in range(first, first + most):
            self.tell(file, "blank_row", row, "", "", NONE)

    def respell_header(self, file: _File, column: str, _: int) -> None:
        """A header under another name that the contract knows, or with other letters and spaces."""
        self.headers.setdefault(file.table.name, {})[other_header(file.table.by_name[column])] = column
        self.tell(file, "other_header", None, column, "", NONE)

    def add_column(self, file: _File, _: str, __: int) -> None:
        """A column that the contract does not know: named in the load's message, not loaded."""
        self.headers.setdefault(file.table.name, {})[self.rules.unknown_header] = None
        self.tell(file, "unknown_column", None, self.rules.unknown_header, "", NOTED)

    def spoil_whole_files(self) -> None:
        """In the months of the scenario a mandatory column of some files came out empty: the files are rejected."""
        for place, months in self.rules.whole_files.items():
            of, name, column = place.split(".")
            file = self.files.get(name)
            if file is None or file.table.source != of or self.month.start.month not in months:
                continue
            if len(file.rows) < SMALLEST_REJECTED:
                continue
            for row in range(len(file.rows)):
                file.write(column, row, None)
            file.free[:] = False
            self.tell(file, "empty_column", None, column, "TOO_MANY_QUARANTINED", REJECTED)


OTHERS: dict[str, Callable[[_Spoiler, _File, str, int], None]] = {
    "repeated_row": _Spoiler.repeat_rows,
    "repeated_key": _Spoiler.repeat_keys,
    "two_birth_dates": _Spoiler.split_births,
    "births_differ": _Spoiler.differ_births,
    "other_header": _Spoiler.respell_header,
    "unknown_column": _Spoiler.add_column,
    "blank_row": _Spoiler.add_blank_rows,
}


@once_a_world
def left_alone(world: World, day: int) -> dict[str, frozenset[str]]:
    """Ids of the children and assessments whose rows get no defect: what `planted` lists, restricted and sealed records."""
    begun = world.episodes.child[world.episodes.start <= day]  # what is known later must not matter
    doubles = world.doubles[np.isin(world.doubles.child, begun)]
    adopted = world.new_identities[world.new_identities.contact <= day]
    children = [reference.restrictions(world, day).child, doubles.child, doubles.original, adopted.old, adopted.child]
    children.append(np.flatnonzero(world.children.planted))
    found = {
        "child_id": set(map(str, world.children.child_id[np.concatenate(children)].tolist())),
        "assessment_id": set(),
    }
    for entry in (e for entries in planted.listed(world, day, world.begins_day).values() for e in entries):
        found["child_id"].update(entry.get("child_ids", ()))
        found["assessment_id"].update([entry["assessment_id"]] if "assessment_id" in entry else ())
    return {kind: frozenset(ids) for kind, ids in found.items()}


def _is_one_of(values: Any, ids: frozenset[str]) -> Array:  # noqa: ANN401 - an array or Words
    if isinstance(values, Words):
        return np.isin(values.index, [n for n, word in enumerate(values.words) if word in ids])
    return np.isin(values, np.array([int(i) for i in ids if i.isdigit()], dtype=np.int64))


def _is_in(column: Column, values: Any, other: Column, others: Any) -> Array:  # noqa: ANN401 - arrays or Words
    """Which values are among others, whatever form each is held in."""
    if isinstance(values, Words) or isinstance(others, Words):
        known = set(as_texts(other, others).tolist())
        return np.array([v in known for v in as_texts(column, values).tolist()], dtype=bool)
    return np.isin(values, others)
