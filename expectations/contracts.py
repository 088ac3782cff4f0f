"""Loader of the extract contracts (`sources/*.yml`) and code lists (`codes/*.csv`).

Only the contract's own shape and rules belong here; reading files is `orchestration.ingest`, checking them with
Great Expectations is `expectations.suites`.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

HERE = Path(__file__).parent

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"), None)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2212": "-"})
_LETTER = re.compile(r"^[a-z]{1,2}\d?\)\s*")


EARLIEST = date(1990, 1, 1)  # R10: no event of a current case is older
OLDEST_AGE = 27  # R10: care leavers are served to 25, so nobody listed has had a 27th birthday
UNKNOWN = "unknown"  # R16: a code that is not in the list, where the column tolerates it
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


def header_form(value: str) -> str:
    """The form in which headers are compared: lower case letters and digits only (R1)."""
    return re.sub(r"[^a-z0-9]+", "", match_form(value))


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

    def get(self, code: str) -> Code:
        """The entry of a canonical code; KeyError when there is none."""
        return {c.code: c for c in self.codes}[code]


ColumnType = Literal["id", "text", "date", "integer", "decimal", "code", "postcode"]


class Column(_Model):
    """One column of an extract table.

    required      true: a blank cell quarantines the row; "unless_unborn": blank is lawful for an unborn child (R12).
    on_bad        what a cell of the wrong form does: quarantine the row, or blank the cell and count it (R16).
                  Default: quarantine where the column is required, a key or a date; else blank (codes: `unknown`).
    planned       the date may lie after the snapshot (R10).
    person        holds the name of a member of staff; never leaves the restricted zone.
    since         first period in which the column exists; older files without it are whole.
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
    person: bool = False
    since: str | None = None
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


class Table(_Model):
    """One table of an extract."""

    title: str
    grain: str
    sheets: tuple[str, ...] = ()
    mode: Literal["replace", "period", "append"]
    key: tuple[str, ...]
    coverage: tuple[Literal["flow", "stock"], ...]
    window: Window | None = None
    history: str | None = None
    birth: BirthRule | None = None
    same_for_each_child: SameForEach | None = None
    ordered_dates: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...]
    name: str = ""
    source: str = ""

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
        missing = sorted(set(named) - set(names))
        if missing:
            raise ValueError(f"rules name columns that do not exist: {', '.join(missing)}")
        return self

    @property
    def relation(self) -> str:
        """Name of the relation in schema raw: `<source>__<table>`."""
        return f"{self.source}__{self.name}"

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    def quarantines(self, column: Column) -> bool:
        """Whether a cell of the wrong form in this column quarantines its row."""
        if column.on_bad:
            return column.on_bad == "quarantine"
        return bool(column.required) or column.name in self.key or column.type == "date"


class Source(_Model):
    """One extract: its tables and how its files are named."""

    source: str
    title: str
    owner: str
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "annual"]
    retention_years: int
    snapshot: Literal["period_end"]
    period_from: str
    file_prefix: str
    tables: dict[str, Table]


class Contracts(_Model):
    """All contracts and code lists; `digest` changes when any of them does."""

    sources: dict[str, Source]
    code_sets: dict[str, CodeSet]
    digest: str

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return tuple(t for s in self.sources.values() for t in s.tables.values())

    def table(self, source: str, name: str) -> Table:
        return self.sources[source].tables[name]


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
            table["name"], table["source"] = name, raw["source"]
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
    for source in sources.values():
        for table in source.tables.values():
            for column in table.columns:
                if column.codes and column.codes not in code_sets:
                    raise ContractError(
                        f"{source.source}.yml: {table.name}.{column.name} names the code list `{column.codes}`, "
                        f"but codes/{column.codes}.csv does not exist"
                    )
    return Contracts(sources=sources, code_sets=code_sets, digest=digest.hexdigest())
