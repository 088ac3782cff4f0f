"""Loader of the extract contracts (`sources/*.yml`) and code lists (`codes/*.csv`).

Only the contract's own shape and rules belong here; reading files is `orchestration.ingest`, checking them with
Great Expectations is `expectations.suites`.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

HERE = Path(__file__).parent

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"), None)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2212": "-"})
_LETTER = re.compile(r"^[a-z]{1,2}\d?\)\s*")
_CODE_ONLY = {"ethnicity"}  # Ofsted's text is the code alone: a) WBRI
_DASHED = {  # N1 - Abuse or neglect; other codes take a colon
    "need", "cin_closure_reason", "adopter_leaving_reason", "adoption_reversal_reason",
}  # fmt: skip


EARLIEST = date(1990, 1, 1)  # R10: no event of a current case is older
OLDEST_RECORD = date(1900, 1, 2)  # of a date that may be old; 1900-01-01 is an empty date of other systems
OLDEST_AGE = 27  # R10: care leavers are served to 25, so nobody listed has had a 27th birthday
UNKNOWN = "unknown"  # R16: a code that is not in the list, where the column tolerates it
VALIDITY = ("valid_from", "valid_to")  # first and last day of a row of a dated table
# What `columns_of` takes from the other table.
SHARED_RULES = (
    "mode", "key", "coverage", "history", "ordered_dates", "differs", "foreign_keys", "required_if", "columns", "volume",
)  # fmt: skip
# Columns that every raw relation has beside the contract's own.
RESERVED = frozenset({"load_id", "period", "snapshot_date", "row_number"})


class ContractError(ValueError):
    """A contract or code list that is wrong; the message names the file and the entry."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


def clean_text(value: str) -> str:
    """Text without invisible characters, non-breaking or repeated spaces (R1, R14)."""
    value = unicodedata.normalize("NFC", value).translate(_INVISIBLE)
    return " ".join(value.split())


def match_form(value: str) -> str:
    """The form in which codes are compared: clean, plain quotes and dashes, lower case."""
    return clean_text(value).translate(_QUOTES).casefold()


@lru_cache(maxsize=4096)
def header_form(value: str) -> str:
    """The form in which headers are compared: lower case letters and digits only (R1)."""
    return re.sub(r"[^a-z0-9]+", "", match_form(value))


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; 28 February for 29 February."""
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


class Code(_Model):
    """One code: `group` is the coarser published level, `letter` Ofsted's ordering letter, never used for matching."""

    code: str
    label: str
    letter: str = ""
    group: str = ""
    spellings: tuple[str, ...] = ()


class CodeSet(_Model):
    """A code list with its accepted spellings."""

    name: str
    codes: tuple[Code, ...]

    @cached_property
    def _forms(self) -> dict[str, tuple[str, str]]:
        forms: dict[str, tuple[str, str]] = {}
        for kind in ("code", "label", "spelling"):
            for code in self.codes:
                texts = {"code": (code.code,), "label": (code.label,), "spelling": code.spellings}[kind]
                for text in texts:
                    forms.setdefault(match_form(text), (code.code, kind))
        return forms

    def match(self, text: str) -> tuple[str, str] | None:
        """(code, rule) for a cell text read by structure `letter) CODE[: -] label`, or None when it is not in the list.

        The ordering letter is dropped, never trusted: Ofsted's own lists use one letter for two codes.
        """
        form = match_form(text)
        found = self._forms.get(form)
        if found:
            return found
        rest = _LETTER.sub("", form)
        prefix = "letter_" if rest != form else ""
        found = self._forms.get(rest)
        if found:
            return found[0], prefix + found[1]
        head = re.split(r"\s*:\s*|\s+-\s+|\s*-\s+", rest, maxsplit=1)
        if len(head) == 2:
            found = self._forms.get(head[0])
            if found and found[1] == "code":
                return found[0], prefix + "code_label"
        return None

    @cached_property
    def texts(self) -> dict[str, str]:
        """The text of each code as Ofsted's template writes it, such as `a) Male`, `q) 6: Police`, `N1 - Abuse or neglect`."""
        return {code.code: self._text(code) for code in self.codes}

    def _text(self, code: Code) -> str:
        letter = f"{code.letter}) " if code.letter else ""
        if self.name in _CODE_ONLY:
            return letter + code.code
        if code.code == code.code.lower() and not code.code.isdigit():  # our own word, not a published code
            return letter + code.label
        return f"{letter}{code.code}{' - ' if self.name in _DASHED else ': '}{code.label}"

    def get(self, code: str) -> Code:
        """The entry of a canonical code; KeyError when there is none."""
        return {c.code: c for c in self.codes}[code]


ColumnType = Literal["id", "text", "date", "datetime", "integer", "decimal", "code", "postcode", "json"]


class Column(_Model):
    """One column of an extract table.

    required      true: a blank cell quarantines the row; "unless_unborn": blank is lawful for an unborn child (R12).
    on_bad        what a cell of the wrong form does: quarantine the row, or blank the cell and count it (R16).
                  Default: quarantine where the column is required, a key or a date; else blank (codes: `unknown`).
    planned       the date may lie after the snapshot (R10).
    old           the date may lie before 1990 (R10): births of carers and staff, approvals of long ago.
    person        holds the name of a member of staff; never leaves the restricted zone.
    identifying   holds what was said in a family's own words, or words that name one of them; never leaves the restricted zone
                  but through the check of quotations.
    since         first period in which the column exists; older files without it are whole.
    filled_from   the value is not in the file's cells: `file_name` is the file's name without its period and ending.
    max_null_share  the gate refuses a load in which a larger share of the rows has no value here.

    Types: a `datetime` is the written day and time, without time zone; a `json` cell is parsed into the rows of another
    table (`made_from`) and not kept itself.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    header: str = ""
    aliases: tuple[str, ...] = ()
    type: ColumnType
    codes: str | None = None
    required: bool | Literal["unless_unborn"] = False
    on_bad: Literal["quarantine", "blank"] | None = None
    minimum: float | None = None
    maximum: float | None = None
    planned: bool = False
    old: bool = False
    person: bool = False
    identifying: bool = False
    since: str | None = None
    filled_from: Literal["file_name"] | None = None
    max_null_share: float | None = Field(default=None, ge=0, le=1)
    description: str

    @model_validator(mode="after")
    def _codes_with_code(self) -> Column:
        if (self.type == "code") != (self.codes is not None):
            raise ValueError(f"column {self.name}: `codes` goes with type code, and only with it")
        return self

    @property
    def title(self) -> str:
        """The header written in files of this table."""
        return self.header or self.name

    @cached_property
    def header_forms(self) -> frozenset[str]:
        """Every header spelling accepted, in comparison form."""
        return frozenset(header_form(h) for h in (self.title, self.name, *self.aliases))


class Window(_Model):
    """Rows whose `column` lies in the `months` up to the snapshot date are listed.

    latest_only: the table lists one row per child, so a row missing from a later file is not thereby withdrawn.
    """

    column: str
    months: int
    latest_only: bool = False


class BirthRule(_Model):
    """An event before birth is lawful up to `days_before_birth` (R12)."""

    column: str
    event: str
    days_before_birth: int


class SameForEach(_Model):
    """Rows of one `id` that disagree on `column` are all quarantined (R13)."""

    id: str
    column: str


class Through(_Model):
    """The row of `to` that a row names by `columns`, such as the audit of a theme grade: what the foreign key finds has the same
    values as that row in the columns `same` (the template). A row whose `to` row is not held is not judged."""

    columns: tuple[str, ...]
    to: str
    same: tuple[str, ...]


class ForeignKey(_Model):
    """Rows name a row of another table: `columns` here, `to_columns` there (default: the same names).

    A row whose other row is not held is an orphan: a data-quality issue, and a reason to keep the row out only where the contract
    says `on_missing: quarantine`, because the other table is a register and what it does not list is wrong. When a load finds
    less than `share` of its references, the gate refuses it: then the extracts do not belong together.

    through     the other row has to fit a third one too.
    valid_on    day (a column here, or of the `through` row) on which the other row has to be valid, by its valid_from and
                valid_to; a blank day does not ask.
    """

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...] = ()
    share: float = Field(default=0, ge=0, le=1)
    through: Through | None = None
    valid_on: str | None = None
    on_missing: Literal["note", "quarantine"] = "note"

    @property
    def there(self) -> tuple[str, ...]:
        """The columns of the other table."""
        return self.to_columns or self.columns


class Differs(_Model):
    """The two `columns` may not hold the same value, such as the two auditors of one case; the row is quarantined. Names are compared
    as codes are. `where_blank`: only in rows that lack a value in one of these columns (names where there are no numbers)."""

    columns: tuple[str, str]
    where_blank: tuple[str, ...] = ()


class RequiredIf(_Model):
    """`column` may not be blank where each column of `when` holds one of its values; `*` stands for any value.

    Codes are named by their canonical code. `on_blank`: quarantine the row, or note it and keep the row.
    """

    column: str
    when: dict[str, tuple[str, ...]]
    on_blank: Literal["quarantine", "note"] = "quarantine"


class CheckDigit(_Model):
    """`column` holds numbers with a check digit (R14): unique pupil numbers or NHS numbers, everywhere or only where `when`
    holds. A number whose digit is wrong is noted and kept, so that somebody can look it up."""

    column: str
    form: Literal["upn", "nhs"]
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Freshness(_Model):
    """The newest `column` of a load lies at most `days` before its snapshot; else the extract was not run again."""

    column: str
    days: int


class AdoptionLinks(_Model):
    """The table says who belongs to whom. A row is refused and only counted when one of its `ids` is of a sealed
    adoption, or when it says so itself (`when`: column to canonical codes): identities before and after an adoption order
    are never linked."""

    ids: tuple[str, ...]
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Xml(_Model):
    """Where the rows stand in an XML file: its collection's name (Message/Header//Collection) and the element of one row."""

    collection: str
    row: str


class Pivot(_Model):
    """How long form answers become rows of a wide table: the question map says which answer fills which column.

    map       table of the question map (columns template, question_code, answer_no, target_table, target_column, item, value).
    target    name under which the map means this table.
    id        column that takes the form's number.
    item      column that takes the map's `item`: one row per form and item (theme grades).
    repeat    column that takes the form's number and the answer's: one row per form and answer number (actions).
    """

    map: str
    target: str
    id: str
    item: str | None = None
    repeat: str | None = None


class MadeFrom(_Model):
    """A table that is not in a file of its own but made from the rows of another table of the same source.

    json           each entry of this JSON column of the other table is a row: its key, `item` and `value`; entries named in
                   `leave_out` (comments) are not taken.
    other_columns  each number in a column that is not in the other table's contract is a row: its key, `indicator`, `value`,
                   `status` and `breakdown`.
    pivot          long answers become wide rows.
    """

    table: str
    json_column: str | None = Field(default=None, alias="json")
    leave_out: tuple[str, ...] = ()
    other_columns: bool = False
    pivot: Pivot | None = None

    @model_validator(mode="after")
    def _one_way(self) -> MadeFrom:
        if sum((self.json_column is not None, self.other_columns, self.pivot is not None)) != 1:
            raise ValueError("made_from takes one of json, other_columns and pivot")
        return self


class Table(_Model):
    """One table of an extract.

    `columns_of` takes the columns and rules of another table of the source; `not_loaded` names headers of the standard
    that are left out on purpose (names, addresses) with the reason, so that they are not told as unknown. `volume` false: the number of
    rows may change freely between periods. `open_columns` true: other columns than the contract's may stand in a file, those
    with words tell its rows apart, and those with figures are rows of another table (`made_from: other_columns`).
    """

    title: str
    grain: str
    sheets: tuple[str, ...] = ()
    mode: Literal["replace", "period", "append"]
    key: tuple[str, ...]
    coverage: tuple[Literal["flow", "stock"], ...]
    window: Window | None = None
    history: str | None = None
    history_years: int | None = None  # a longer look back is not whole: what began before is there only if it went on
    birth: BirthRule | None = None
    same_for_each_child: SameForEach | None = None
    ordered_dates: tuple[tuple[str, str], ...] = ()
    differs: tuple[Differs, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    required_if: tuple[RequiredIf, ...] = ()
    check_digits: tuple[CheckDigit, ...] = ()
    freshness: Freshness | None = None
    adoption_links: AdoptionLinks | None = None
    volume: bool = True
    open_columns: bool = False
    not_loaded: dict[str, str] = Field(default_factory=dict)
    xml: Xml | None = None
    made_from: MadeFrom | None = None
    owner: str = ""
    columns: tuple[Column, ...]
    name: str = ""
    source: str = ""
    empty: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _columns_exist(self) -> Table:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column name stands twice")
        if taken := sorted(RESERVED & set(names)):
            raise ValueError(f"the raw relation gives these columns itself, choose another name: {', '.join(taken)}")
        named = [*self.key, *(d for pair in self.ordered_dates for d in pair)]
        named += [self.window.column] if self.window else []
        named += [self.history] if self.history else []
        named += [self.birth.column, self.birth.event] if self.birth else []
        named += [c for d in self.differs for c in (*d.columns, *d.where_blank)]
        named += [c for f in self.foreign_keys for c in f.columns]
        named += [c for f in self.foreign_keys if f.through for c in f.through.columns]
        named += [f.valid_on for f in self.foreign_keys if f.valid_on and not f.through]
        named += [c for r in self.required_if for c in (r.column, *r.when)]
        named += [c for d in self.check_digits for c in (d.column, *d.when)]
        named += [self.freshness.column] if self.freshness else []
        named += [*self.adoption_links.ids, *self.adoption_links.when] if self.adoption_links else []
        if missing := sorted(set(named) - set(names)):
            raise ValueError(f"rules name columns that do not exist: {', '.join(missing)}")
        if self.window and self.history:
            raise ValueError("a table has a window or a history, not both")
        return self

    @property
    def relation(self) -> str:
        """Name of the relation in schema raw: `<source>__<table>`."""
        return f"{self.source}__{self.name}"

    @property
    def pivot(self) -> Pivot | None:
        """How the table is made from form answers; None when it is not."""
        return self.made_from.pivot if self.made_from else None

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    @cached_property
    def by_header(self) -> dict[str, str]:
        """Column name by every header spelling accepted, in comparison form."""
        return {form: c.name for c in self.columns for form in c.header_forms}

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Headers left out on purpose, in comparison form."""
        return frozenset(header_form(h) for h in self.not_loaded)

    def quarantines(self, column: Column) -> bool:
        """Whether a cell of the wrong form in this column quarantines its row."""
        if column.on_bad:
            return column.on_bad == "quarantine"
        return bool(column.required) or column.name in self.key or column.type in ("date", "datetime")


class Source(_Model):
    """One extract: its tables and how its files are named. `empty` are cells that stand for no value in this source."""

    source: str
    title: str
    owner: str
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "annual"]
    retention_years: int
    snapshot: Literal["period_end"]
    period_from: str
    file_prefix: str
    empty: tuple[str, ...] = ()
    history_years: int | None = Field(default=None, ge=1)  # of every table with a history
    tables: dict[str, Table]


class Contracts(_Model):
    """All contracts and code lists; `digest` changes when any of them does."""

    sources: dict[str, Source]
    code_sets: dict[str, CodeSet]
    digest: str

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return tuple(t for s in self.sources.values() for t in s.tables.values())

    @cached_property
    def header_forms(self) -> frozenset[str]:
        """Every header of any table that files hold, in comparison form."""
        return frozenset(form for t in self.tables if not t.made_from for form in t.by_header)

    def table(self, source: str, name: str) -> Table:
        return self.sources[source].tables[name]

    def get(self, source: object, name: object) -> Table | None:
        """A table as the ledger names it; None when its contract is gone."""
        found = self.sources.get(str(source))
        return found.tables.get(str(name)) if found else None

    def find(self, table: Table, name: str) -> Table | None:
        """The table that a contract names as `table` (of its own source) or `source.table`; None when there is none."""
        source, _, own = name.rpartition(".")
        return self.get(source or table.source, own)

    def feeds(self, table: Table) -> set[str]:
        """The tables, as `source.table`, whose figures a table's rows go into: itself, and through form answers the audits'."""
        pivots = [t.pivot for t in (table, *self.made_from(table)) if t.pivot]
        return {f"{table.source}.{name}" for name in (table.name, *(p.target for p in pivots))}

    def made_from(self, table: Table) -> tuple[Table, ...]:
        """The tables that are made from the rows of this one."""
        others = self.sources[table.source].tables.values()
        return tuple(t for t in others if t.made_from and t.made_from.table == table.name)


def faults(error: ValidationError) -> str:
    """What is wrong with a configuration file, in one line: each place and its fault."""
    told = [
        f"{'.'.join(str(part) for part in e['loc']) or 'the file'}: {e['msg'].removeprefix('Value error, ')}"
        for e in error.errors()
    ]
    return "; ".join(told[:5]) + (f" and {len(told) - 5} more" if len(told) > 5 else "")


def _load_codes(path: Path) -> CodeSet:
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    try:
        codes = tuple(
            Code(
                code=r["code"],
                label=r["label"],
                letter=r["letter"],
                group=r["group"],
                spellings=tuple(s for s in r["spellings"].split("|") if s),
            )
            for r in rows
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{path.name}: needs the columns code, label, letter, group, spellings ({error})") from None
    return CodeSet(name=path.stem, codes=codes)


def _load_source(path: Path) -> Source:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    try:
        for name, table in raw["tables"].items():
            if other := table.pop("columns_of", None):
                raw["tables"][name] = table = {
                    k: v for k, v in raw["tables"][other].items() if k in SHARED_RULES
                } | table
            table["name"], table["source"], table["empty"] = name, raw["source"], raw.get("empty", [])
            if table.get("history") and raw.get("history_years"):
                table.setdefault("history_years", raw["history_years"])
            table.setdefault("owner", raw.get("owner", ""))
        return Source.model_validate(raw)
    except ValidationError as error:
        raise ContractError(f"{path.name}: {faults(error)}") from None
    except (KeyError, TypeError) as error:
        raise ContractError(f"{path.name}: {error}") from None


@cache
def load_contracts(folder: Path = HERE) -> Contracts:
    """Every contract under `folder`.

    Raises ContractError naming the file when a contract is malformed or names a code list that does not exist.
    """
    source_files = sorted((folder / "sources").glob("*.yml"))
    code_files = sorted((folder / "codes").glob("*.csv"))
    digest = hashlib.sha256()
    for path in [*source_files, *code_files]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    code_sets = {c.name: c for c in map(_load_codes, code_files)}
    sources = {s.source: s for s in map(_load_source, source_files)}
    contracts = Contracts(sources=sources, code_sets=code_sets, digest=digest.hexdigest())
    for table in contracts.tables:
        for fault in _faults_across(table, contracts):
            raise ContractError(f"{table.source}.yml: {table.name}: {fault}")
    return contracts


def _faults_of_context(table: Table, key: ForeignKey, other: Table, contracts: Contracts) -> Iterator[str]:
    """What a foreign key says of a third table, or of days, that is not so."""
    third = table
    if key.through:
        found = contracts.find(table, key.through.to)
        if found is None:
            yield f"the foreign key to {key.to} goes through `{key.through.to}`, which is no table"
            return
        third = found
        for one in (third, other):
            if lacking := sorted(set(key.through.same) - set(one.by_name)):
                yield f"the foreign key to {key.to} compares columns that {one.name} does not have: {', '.join(lacking)}"
        if lacking := sorted(set(key.through.columns) - set(third.by_name)):
            yield f"the foreign key to {key.to} goes through columns that {third.name} does not have: {', '.join(lacking)}"
    if key.valid_on:
        if key.valid_on not in third.by_name:
            yield f"the foreign key to {key.to} is valid on a day that {third.name} does not have: {key.valid_on}"
        if lacking := sorted(set(VALIDITY) - set(other.by_name)):
            yield f"the foreign key to {key.to} is dated, and that table lacks {', '.join(lacking)}"


def _faults_across(table: Table, contracts: Contracts) -> Iterator[str]:
    """What a table's contract says of code lists and other tables that is not so."""
    for column in table.columns:
        if column.codes and column.codes not in contracts.code_sets:
            yield f"{column.name} names the code list `{column.codes}`, but codes/{column.codes}.csv does not exist"
        json_rows = [t for t in contracts.sources[table.source].tables.values() if t.made_from]
        used = any(t.made_from.table == table.name and t.made_from.json_column == column.name for t in json_rows)
        if column.type == "json" and not used:
            yield f"no table is made from the JSON column {column.name}"
    for key in table.foreign_keys:
        other = contracts.find(table, key.to)
        if other is None:
            yield f"a foreign key goes to `{key.to}`, which is no table"
        elif lacking := sorted(set(key.there) - set(other.by_name)):
            yield f"a foreign key goes to columns that {key.to} does not have: {', '.join(lacking)}"
        elif len(key.there) != len(key.columns):
            yield f"the foreign key to {key.to} has more columns on one side"
        else:
            yield from _faults_of_context(table, key, other, contracts)
    conditions = [r.when for r in (*table.required_if, *table.check_digits)] + (
        [table.adoption_links.when] if table.adoption_links else []
    )
    for name, values in (pair for when in conditions for pair in when.items()):
        codes = table.by_name[name].codes
        known = {c.code for c in contracts.code_sets[codes].codes} | {"*"} if codes else None
        if known is not None and not set(values) <= known:
            yield f"a condition on {name} names codes that {codes} does not have: {', '.join(sorted(set(values) - known))}"
    made = table.made_from
    if made and made.table not in contracts.sources[table.source].tables:
        yield f"made from `{made.table}`, which is no table of this source"
    others = any(t.made_from and t.made_from.other_columns for t in contracts.made_from(table))
    if table.open_columns != others:
        yield "open_columns goes with a table made from the other columns, and only with it"
    if made and made.pivot and made.pivot.map not in contracts.sources[table.source].tables:
        yield f"the question map `{made.pivot.map}` is no table of this source"
