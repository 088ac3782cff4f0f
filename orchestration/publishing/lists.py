"""The records of a dataset about children, read from its report models: no figure, no suppression, no restricted record.

They are the lists of an extract or one table. What a list looks like is its contract's, what the table looks like the dataset's,
how files are written formats'. A record with a restriction is left out here, whatever the report models hold, and only counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from expectations.contracts import UNKNOWN, CodeSet, Column, load_contracts
from expectations.contracts import Table as Contract
from orchestration.periods import Period, parse_period
from orchestration.publishing import formats
from orchestration.publishing.datasets import OWN_KEY, Dataset, Lists
from orchestration.publishing.formats import Field, Table

if TYPE_CHECKING:
    import duckdb

STATEMENT = "restricted: records of children, for named people of the authority and for inspectors; restricted records are left out"
CHILDREN = "marts.dim_child"
CHILD_ID = "child_id"
CODES = re.compile(r"[a-z][a-z0-9_]*(, [a-z][a-z0-9_]*)*")  # a code, or several
ABOUT = ("list_name", "reference_date", "source_route", "covered_to")


class NotHeld(Exception):
    """The loads do not reach the day of the lists, or the warehouse was built for another one."""


class WrongShape(Exception):
    """A report model lacks what its list needs."""


@dataclass(frozen=True)
class Read:
    """The lists (or the one table) of a period by name, the day they stand for, and what the manifest tells of each."""

    tables: dict[str, Table]
    reference_date: date
    about: list[dict[str, Any]]


def read(connection: duckdb.DuckDBPyConnection, schema: str, dataset: Dataset, period: Period, as_at: date) -> Read:
    """The lists of one month. Raises NotHeld when the records held do not reach them, WrongShape for a wrong model.

    A month that is over is listed when the records of every list reach its last day, an open one when they reach into it: a
    list of the day before yesterday is better than none, and the manifest says of what day it is. A list for which nothing
    is loaded at all stays empty.
    """
    lists = _lists_of(dataset)
    known = _about(connection, schema, lists).get(period.key)
    if known is None:
        raise NotHeld(f"the lists are those of {as_at} and of the month before: run `qapm build --as-at {period.end}`")
    if late := _late(known, _needed(period, as_at)):
        raise NotHeld(f"the records held end too early for {period.key}: {late}")
    tables, about = {}, []
    for name, contract in lists.tables.items():
        relation = f"{schema}.{lists.model_of(name)}"
        table, withheld = _list(connection, relation, name, contract, period.key)
        tables[name] = table
        reach = known[name]
        about.append(
            {
                "list": name, "rows": len(table.rows), "withheld": withheld, "source_route": reach["source_route"],
                "covered_to": reach["covered_to"],
            }
        )  # fmt: skip
    return Read(tables, next(iter(known.values()))["reference_date"], about)


def latest_period(connection: duckdb.DuckDBPyConnection, schema: str, dataset: Dataset, as_at: date) -> str | None:
    """The newest period for which the lists or the table can be made as at a day, or None."""
    if dataset.lists is None:
        rows = connection.execute(f"select distinct {dataset.period_column} from {schema}.{dataset.model}").fetchall()
        begun = [period for (key,) in rows if (period := parse_period(key)).start <= as_at]
        return max(begun).key if begun else None
    known = _about(connection, schema, _lists_of(dataset))
    made = [month for month, about in known.items() if not _late(about, _needed(parse_period(month), as_at))]
    return max(made, default=None)


def read_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    dataset: Dataset,
    period: Period,
    as_at: date,
    descriptions: Mapping[str, str],
) -> Read:
    """The one table of records of a period, in its order. Raises WrongShape for a wrong model.

    Rows with a `child_key` are withheld when the child's record is restricted or not known; where ids of children are published
    every row with one has to have its key. Rows about others (a fostering household, a team) have none.
    """
    publish = dataset.publish
    assert publish is not None
    relation = f"{schema}.{dataset.model}"
    types = {row[0]: row[1] for row in connection.execute(f"describe {relation}").fetchall()}
    names = [column.name for column in publish.columns]
    needed = {*names, dataset.period_column, *([OWN_KEY] if CHILD_ID in names else [])}
    if missing := sorted(needed - set(types)):
        raise WrongShape(f"{relation} lacks {', '.join(missing)}")
    if missing := [name for name in names if not descriptions.get(name)]:
        raise WrongShape(f"{dataset.model} does not describe {', '.join(missing)}")
    withheld = "false"
    if OWN_KEY in types:
        no_key = f"record.{CHILD_ID} is not null" if CHILD_ID in names else "false"
        withheld = f"""case when record.{OWN_KEY} is null then {no_key}
            else coalesce(child.record_restriction, 'unknown') <> 'none' end"""
    join = f"left join {CHILDREN} as child on record.{OWN_KEY} = child.child_key" if OWN_KEY in types else ""
    order = ", ".join(f"record.{name}" for name in dict.fromkeys([*publish.order_by, *names]))
    found = connection.execute(
        f"select {withheld}, {', '.join(f'record.{name}' for name in names)} from {relation} as record {join} "
        f"where record.{dataset.period_column} = ? order by {order}",
        [period.key],
    ).fetchall()
    rows = [dict(zip(names, row[1:], strict=True)) for row in found if not row[0]]
    fields = [
        replace(
            _typed(column.name, column.label, descriptions[column.name], types[column.name]),
            workbook=column.workbook,
            texts=_words({row[column.name] for row in rows}) if not column.name.endswith("_id") else {},
        )
        for column in publish.columns
    ]
    about = {"rows": len(rows), "withheld": len(found) - len(rows)}
    table = Table(dataset.dataset, publish.sheet, dataset.title, fields, rows, publish.primary_key)
    return Read({dataset.dataset: table}, min(period.end, as_at), [about])


def _lists_of(dataset: Dataset) -> Lists:
    if dataset.lists is None:
        raise ValueError(f"{dataset.dataset} has figures, not lists")
    return dataset.lists


def _needed(period: Period, as_at: date) -> date:
    """The day the records must reach: the end of a month that is over, the beginning of an open one."""
    return period.end if period.end <= as_at else period.start


def _about(connection: duckdb.DuckDBPyConnection, schema: str, lists: Lists) -> dict[str, dict[str, dict[str, Any]]]:
    """By month and list: its reference date, its route and the day its records reach."""
    rows = connection.execute(f"select period, {', '.join(ABOUT)} from {schema}.{lists.about} order by all").fetchall()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for period, name, *rest in rows:
        found.setdefault(period, {})[name] = dict(zip(ABOUT[1:], rest, strict=True))
    for period, about in found.items():
        if missing := sorted(set(lists.tables) - set(about)):
            raise WrongShape(f"{schema}.{lists.about} says nothing of {', '.join(missing)} in {period}")
    return found


def _late(known: dict[str, dict[str, Any]], needed: date) -> str:
    """Which lists end before the day needed, and when; a list without any load is not late."""
    late = [
        f"{name} ({about['covered_to'] or 'never'})"
        for name, about in sorted(known.items(), key=lambda item: int(item[0].rpartition("_")[2]))
        if about["source_route"] is not None and (about["covered_to"] is None or about["covered_to"] < needed)
    ]
    return ", ".join(late)


def _list(
    connection: duckdb.DuckDBPyConnection, relation: str, name: str, contract: Contract, period: str
) -> tuple[Table, int]:
    """One list in the order of its key, and how many of its rows are withheld."""
    types = {row[0]: row[1] for row in connection.execute(f"describe {relation}").fetchall()}
    names = [column.name for column in contract.columns]
    about_children = "child_id" in names
    if missing := sorted({*names, "period", *(["child_key"] if about_children else [])} - set(types)):
        raise WrongShape(f"{relation} lacks {', '.join(missing)}")
    order = ", ".join(f"list.{key}" for key in dict.fromkeys([*contract.key, *names]))
    # a row whose child is not known is withheld as well
    restricted = f"join {CHILDREN} as child on list.child_key = child.child_key and child.record_restriction = 'none'"
    cursor = connection.execute(
        f"select {', '.join(f'list.{n}' for n in names)} from {relation} as list {restricted if about_children else ''} "
        f"where list.period = ? order by {order}",
        [period],
    )
    sets = load_contracts().code_sets
    codes = [sets[column.codes] if column.codes else None for column in contract.columns]
    rows = [
        {n: _known(value, code_set) for n, value, code_set in zip(names, row, codes, strict=True)}
        for row in cursor.fetchall()
    ]
    all_rows = connection.execute(f"select count(*) from {relation} where period = ?", [period]).fetchall()[0][0]
    fields = [
        _field(column, code_set, types[column.name]) for column, code_set in zip(contract.columns, codes, strict=True)
    ]
    return Table(name, contract.sheets[0], contract.title, fields, rows, contract.key), all_rows - len(rows)


def _known(value: Any, codes: CodeSet | None) -> Any:  # noqa: ANN401 - a cell
    """The cell, blank where the warehouse says that a code is unknown and the list has no word for that."""
    return None if codes and value == UNKNOWN and UNKNOWN not in codes.texts else value


def _words(values: Iterable[Any]) -> dict[str, str]:
    """What the workbook writes for codes and lists of codes: `child_in_need_plan` is child in need plan. Files keep the code."""
    codes = {v for v in values if isinstance(v, str)}
    if not any("_" in v and CODES.fullmatch(v) for v in codes):
        return {}
    return {v: v.replace("_", " ") if CODES.fullmatch(v) else v for v in codes}


def _field(column: Column, codes: CodeSet | None, sql_type: str) -> Field:
    return replace(_typed(column.name, column.title, column.description, sql_type), texts=codes.texts if codes else {})


def _typed(name: str, label: str, description: str, sql_type: str) -> Field:
    kind = formats.type_of(sql_type)
    if kind is None:
        raise WrongShape(f"column {name} is {sql_type}: records hold text, whole numbers and dates")
    return Field(name, label, description, kind)
