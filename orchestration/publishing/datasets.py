"""Loader of exports/<dataset>.yml and the calendar of what is due when. Knows nothing of values, files or versions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from expectations.contracts import Table, faults, load_contracts
from orchestration.periods import Period, Unit, add_working_days, is_working_day, parse_period, period_containing

State = Literal["draft", "final"]
Profile = Literal["internal", "contract", "public"]

Cadence = Literal["weekly", "monthly", "quarterly", "half_yearly", "annual"]

UNIT_OF_CADENCE: dict[Cadence, Unit] = {
    "weekly": "week", "monthly": "month", "quarterly": "quarter", "half_yearly": "half", "annual": "year",
}  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Columns of the warehouse that identify a child or a worker, beside those the contracts know as such.
OWN_KEY = "child_key"
ROW_LEVEL = {OWN_KEY, "worker_name", "moderator", "subject_id"}


@cache
def identifying_columns() -> frozenset[str]:
    """Columns never in an aggregate dataset, whatever its YAML asks for: ids, names of staff, births, postcodes of any extract."""
    # ids of published statistics are those of areas
    columns = (c for t in load_contracts().tables if t.source != "published_statistics" for c in t.columns)
    personal = {
        c.name for c in columns if c.type in ("id", "postcode") or c.person or c.identifying or "birth" in c.name
    }
    return frozenset(personal | ROW_LEVEL)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DueRule(_Strict):
    """When a period is due: working days after its last day or, of a list that looks ahead, after its first day (0 is that
    day or the next working day), or a day of the year after it (drafts before)."""

    working_days_after_period_end: int | None = Field(default=None, ge=1)
    working_days_after_period_start: int | None = Field(default=None, ge=0)
    date: str | None = Field(default=None, description="Day and month after the period's end, such as `30 September`")
    draft_from: str | None = Field(default=None, description="Day from which a draft is due (or the next working day)")

    @field_validator("date", "draft_from")
    @classmethod
    def _is_a_day(cls, text: str | None) -> str | None:
        if text is not None:
            _day_and_month(text)
        return text

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        rules = (self.working_days_after_period_end, self.working_days_after_period_start, self.date)
        if sum(rule is not None for rule in rules) != 1:
            raise ValueError("give one of working_days_after_period_end, working_days_after_period_start and date")
        if self.draft_from and not self.date:
            raise ValueError("draft_from goes with date")
        return self


class Column(_Strict):
    """A column that is published. Its description is the report model's (dbt YAML); its heading is written here."""

    name: str
    label: str
    workbook: bool = Field(default=True, description="Whether the workbook shows it too; the CSV always has it")

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, text: str) -> str:
        if not NAME.fullmatch(text):
            raise ValueError(f"`{text}` is not a column name")
        return text


class Publish(_Strict):
    """Opt-in list of columns in their order, and the order of rows; the order must hold the whole primary key."""

    sheet: str = Field(max_length=31, description="Name of the workbook's data sheet")
    primary_key: tuple[str, ...] = Field(min_length=1)
    order_by: tuple[str, ...] = Field(min_length=1)
    columns: tuple[Column, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [column.name for column in self.columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"published twice: {', '.join(twice)}")
        if missing := sorted({*self.primary_key, *self.order_by} - set(names)):
            raise ValueError(f"in primary_key or order_by but not published: {', '.join(missing)}")
        if missing := sorted(set(self.primary_key) - set(self.order_by)):
            raise ValueError(f"order_by is not total, it lacks {', '.join(missing)} of the primary key")
        return self


class Lists(_Strict):
    """A dataset in the form of an extract: its sheets, headers, code texts and keys are those of that extract's contract."""

    source: str = Field(description="The contract, such as annex_a")
    model: str = Field(description="`rpt_annex_a` where list_1 is made by rpt_annex_a_list_1, and so on")
    fed_by: tuple[str, ...] = Field(min_length=1, description="Sources that have to be signed off before lists go out")

    @property
    def tables(self) -> dict[str, Table]:
        """The lists by name, in the order of the workbook."""
        return load_contracts().sources[self.source].tables

    def model_of(self, name: str) -> str:
        """The report model that makes a list."""
        return f"{self.model}_{name}"

    @property
    def about(self) -> str:
        """The report model that says of each list its day, its route and how far its records reach."""
        return f"{self.model}_lists"

    @model_validator(mode="after")
    def _sources_are_known(self) -> Self:
        if unknown := sorted({self.source, *self.fed_by} - set(load_contracts().sources)):
            raise ValueError(f"there is no source {', '.join(unknown)}")
        return self


class Dataset(_Strict):
    """One published dataset as the framework names it: figures from one report model, or records of children (`level: child`),
    which are the lists of an extract or one table from one report model."""

    dataset: str
    title: str = Field(description="May hold {organisation}, {commissioner}, {authority} and {contract_title}")
    framework: str = Field(description="Its id in the framework, such as P4")
    audience: str = Field(description="May hold the same places as the title")
    cadence: Cadence
    due: DueRule
    level: Literal["aggregate", "child"]
    disclosure: Profile
    state: State = Field(description="State of a release; `draft` also allows periods that are not over")
    model: str = ""
    period_column: str = "period"
    retention_years: int = Field(ge=1)
    first_periods: int | None = Field(
        default=None, ge=1, description="Periods a first publication goes back to; all by default"
    )
    needs: str = Field(description="What has to be loaded before there is anything to publish")
    publish: Publish | None = None
    lists: Lists | None = None
    fed_by: tuple[str, ...] = Field(
        default=(), description="Sources that have to be signed off before one table of records goes out"
    )

    @model_validator(mode="after")
    def _safe(self) -> Self:
        for name in (self.dataset, self.period_column, self.lists.model if self.lists else self.model):
            if not NAME.fullmatch(name):
                raise ValueError(f"`{name}` is not a name")
        if unknown := sorted(set(self.fed_by) - set(load_contracts().sources)):
            raise ValueError(f"there is no source {', '.join(unknown)}")
        if self.level == "child":
            return self._safe_records()
        if self.publish is None or self.lists or self.fed_by:
            raise ValueError("an aggregate dataset has model and publish, and no lists and fed_by")
        if self.looks_ahead:
            raise ValueError("figures are those of a period that is over: due after its end")
        if found := sorted(identifying_columns() & {column.name for column in self.publish.columns}):
            raise ValueError(f"an aggregate dataset cannot publish {', '.join(found)}")
        if self.disclosure == "internal":
            raise ValueError("an aggregate dataset leaves the service: disclosure is contract or public")
        return self

    def _safe_records(self) -> Self:
        """Records of children stay inside, and are of a week or a month."""
        if (self.lists is None) == (self.publish is None):
            raise ValueError("a dataset of children has either lists, or model and publish")
        if self.lists and (self.model or self.fed_by or self.looks_ahead):
            raise ValueError("lists have their own model and fed_by, and are due after the period's end")
        if self.disclosure != "internal" or self.cadence not in ("weekly", "monthly"):
            raise ValueError(
                "a dataset of children stays inside and is weekly or monthly: disclosure internal, cadence weekly or monthly"
            )
        if self.lists and self.cadence != "monthly":
            raise ValueError("lists in the form of an extract are monthly")
        if self.publish and OWN_KEY in {column.name for column in self.publish.columns}:
            raise ValueError(
                f"{OWN_KEY} stays in the warehouse: with an id beside it the pseudonymous zone could be read"
            )
        return self

    @property
    def is_of_children(self) -> bool:
        """Whether the dataset holds records, not figures: no suppression, files of their owner alone, newest period only."""
        return self.level == "child"

    @property
    def looks_ahead(self) -> bool:
        """Whether the dataset is a list of what is to do in a period, made when it begins."""
        return self.due.working_days_after_period_start is not None

    @property
    def models(self) -> tuple[str, ...]:
        """The report models the dataset is read from."""
        if self.lists is None:
            return (self.model,)
        return (*(self.lists.model_of(name) for name in self.lists.tables), self.lists.about)

    @property
    def unit(self) -> Unit:
        return UNIT_OF_CADENCE[self.cadence]

    def definition_hash(self) -> str:
        """sha256 of what shapes the content; due dates, retention, headings and audience may change freely."""
        shape = self.model_dump(include={"dataset", "level", "disclosure", "model", "period_column"})
        if self.publish:
            shape["columns"] = [column.name for column in self.publish.columns]
            shape["primary_key"] = list(self.publish.primary_key)
            shape["order_by"] = list(self.publish.order_by)
        if self.lists:  # headers and code texts are what the receiver of a workbook in a given form reads
            sets = load_contracts().code_sets
            shape["lists"] = [
                [self.lists.model_of(name), table.sheets[0], list(table.key)]
                + [[c.name, c.title, sets[c.codes].texts if c.codes else {}] for c in table.columns]
                for name, table in self.lists.tables.items()
            ]
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()

    def final_from(self, period: Period) -> date:
        """The day from which the release of `period` is due in its last state."""
        if self.due.working_days_after_period_end:
            return add_working_days(period.end, self.due.working_days_after_period_end)
        if self.due.working_days_after_period_start is not None:
            return add_working_days(period.start, self.due.working_days_after_period_start)
        return _first_after(self.due.date or "", period.end)

    def draft_from(self, period: Period) -> date | None:
        """The first working day on which a draft of `period` is due; None when the dataset has no draft stage."""
        if not self.due.draft_from:
            return None
        day = _first_after(self.due.draft_from, period.end)
        while not is_working_day(day):
            day += timedelta(days=1)
        return day

    def state_at(self, period: Period, as_at: date) -> State:
        """The state of a release of `period` made at `as_at`; a draft stage ends on the final date. Records of an open period are
        a draft, unless they look ahead: then those made before the day they are due are."""
        if self.due.draft_from and as_at < self.final_from(period):
            return "draft"
        if self.is_of_children and as_at < (self.final_from(period) if self.looks_ahead else period.end):
            return "draft"
        return self.state

    def newest(self, as_at: date) -> Period:
        """The one period for which records can be made at `as_at`: the last closed one, or the one they look ahead in."""
        return period_containing(as_at, self.unit) if self.looks_ahead else self.last_closed(as_at)

    def last_closed(self, as_at: date) -> Period:
        """The last period that is over at `as_at`."""
        return period_containing(as_at + timedelta(days=1), self.unit).previous()


@dataclass(frozen=True)
class Due:
    """A period that should be published, since when and in what state."""

    period: Period
    state: State
    since: date


def load_datasets(exports: Path) -> dict[str, Dataset]:
    """All datasets of the folder by name. ValueError names the file and what is wrong in it."""
    return {path.stem: _load(path, path.stat().st_mtime_ns) for path in sorted(exports.glob("*.yml"))}


def load_dataset(exports: Path, name: str) -> Dataset:
    """One dataset; ValueError with the names there are when it is none."""
    datasets = load_datasets(exports)
    if name not in datasets:
        raise ValueError(f"there is no dataset `{name}`; there are {', '.join(datasets) or 'none'}")
    return datasets[name]


@cache
def _load(path: Path, modified: int) -> Dataset:
    """Read one YAML; `modified` only keeps an edited file from being answered out of the cache."""
    try:
        dataset = Dataset.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ValueError(f"{path.name}: {faults(error)}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    if dataset.dataset != path.stem:
        raise ValueError(f"{path.name}: the file must be named {dataset.dataset}.yml, as the dataset in it")
    return dataset


def due(dataset: Dataset, as_at: date, already_published: Mapping[str, State], first_period: Period) -> list[Due]:
    """Periods due at `as_at` and not published in their due state, oldest first (a missed month is caught up).

    `already_published` gives the state of the latest version by period key; `first_period` is the first period of any
    unit that the data cover; the list starts with the first whole period of the dataset's cadence from there. A period whose draft is
    published and whose final date has come is due again, as final.
    """
    found = []
    period = period_containing(first_period.start, dataset.unit)
    if period.start < first_period.start:
        period = period.next()
    if dataset.is_of_children:
        # records are a position: those of an earlier period can be made from a warehouse of its end only
        period = max(period, dataset.newest(as_at))
    elif dataset.first_periods:
        # what is published already says where the series begins, so that nothing older becomes due later
        begun = min((parse_period(key) for key in already_published), default=None)
        if begun is None:
            begun = period_containing(as_at - timedelta(days=1), dataset.unit)
            begun = begun if begun.end < as_at else begun.previous()
            for _ in range(dataset.first_periods - 1):
                begun = begun.previous()
        period = max(period, begun)
    while (period.start <= as_at) if dataset.looks_ahead else (period.end < as_at):
        since, draft_since = dataset.final_from(period), dataset.draft_from(period)
        published = already_published.get(period.key)
        if since <= as_at and (published is None or (published == "draft" and dataset.state == "final")):
            found.append(Due(period, dataset.state, since))
        elif draft_since and draft_since <= as_at < since and published is None:
            found.append(Due(period, "draft", draft_since))
        period = period.next()
    return found


def next_due(dataset: Dataset, as_at: date) -> Due:
    """The first due date after `as_at`, with its period and state."""
    # One year back is far enough: no rule reaches further than the year after the period's end.
    period = period_containing(as_at - timedelta(days=731), dataset.unit)
    dates: list[Due] = []
    while period.start <= as_at or not dates:
        if (draft_since := dataset.draft_from(period)) and draft_since > as_at:
            dates.append(Due(period, "draft", draft_since))
        if (since := dataset.final_from(period)) > as_at:
            dates.append(Due(period, dataset.state, since))
        period = period.next()
    return min(dates, key=lambda item: (item.since, item.period))


def column_descriptions(reports: Path, model: str) -> dict[str, str]:
    """Descriptions of a report model's columns, out of the dbt YAML in `reports` (dbt_project/models/reports).

    Raises ValueError when the model is not described there: the dictionary ships with the data.
    """
    for path in sorted(reports.rglob("*.yml")):
        described = _descriptions(path, path.stat().st_mtime_ns)
        if model in described:
            return described[model]
    raise ValueError(f"model {model} is not described in the YAML under {reports}")


@cache
def _descriptions(path: Path, modified: int) -> dict[str, dict[str, str]]:
    """Descriptions by model and column of one dbt YAML, cached as in `_load`: a run of many releases asks often."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {
        entry["name"]: {
            column["name"]: " ".join(str(column.get("description") or "").split())
            for column in entry.get("columns", [])
        }
        for entry in content.get("models", [])
    }


def _day_and_month(text: str) -> tuple[int, int]:
    """`30 September` as (30, 9), without the locale."""
    day, _, month = text.partition(" ")
    if month not in MONTHS or not day.isdigit():
        raise ValueError(f"`{text}` is not a day and month such as `30 September`")
    date(2001, MONTHS.index(month) + 1, int(day))  # refuses 31 September, and 29 February, which most years lack
    return int(day), MONTHS.index(month) + 1


def _first_after(text: str, day: date) -> date:
    number, month = _day_and_month(text)
    found = date(day.year, month, number)
    return found if found > day else found.replace(year=day.year + 1)
