"""Schema raw of a candidate warehouse: one typed relation per contract table, and the control relations.

Relations are views over the Parquet of the current loads; a table without a load is an empty relation with the same
columns, so that the same models build on one workbook and on six years of extracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from expectations.contracts import Contracts, Table
from orchestration.audit.frozen import frozen_samples
from orchestration.catalogue import Catalogue, relations
from orchestration.ingest.load import load_folder
from orchestration.ingest.reasons import explain
from orchestration.ingest.references import ORPHAN, References
from orchestration.periods import bank_holidays, parse_period
from orchestration.publishing.frozen import frozen_figures
from orchestration.settings import Settings
from orchestration.warehouse.dbt_sources import FIXED_COLUMNS, sql_columns
from orchestration.warehouse.keys import subject_keys
from orchestration.warehouse.quotes import checked_texts

KEYS_AT_A_TIME = 100_000
LOADS = pa.schema(
    [
        ("load_id", pa.int64()), ("file_sha256", pa.string()), ("source", pa.string()), ("table_name", pa.string()),
        ("period", pa.string()), ("snapshot_date", pa.date32()), ("rows_loaded", pa.int64()), ("file_path", pa.string()),
    ]
)  # fmt: skip
AVAILABILITY = pa.schema(
    [
        ("source", pa.string()), ("table_name", pa.string()), ("kind", pa.string()),
        ("covered_from", pa.date32()), ("covered_to", pa.date32()),
    ]
)  # fmt: skip


ISSUES = pa.schema(
    [
        ("source", pa.string()), ("table_name", pa.string()), ("column_name", pa.string()), ("rule", pa.string()),
        ("action", pa.string()), ("rows", pa.int64()), ("load_id", pa.int64()), ("period", pa.string()), ("first_seen", pa.date32()),
        ("owner", pa.string()), ("what_to_do", pa.string()),
    ]
)  # fmt: skip


# What besides the child has a pseudonym outside the restricted zone, and the column that holds its number: a hash of a number
# of a case system or of a public register could be guessed.
SUBJECTS = {
    "worker": "worker_id",
    "family": "family_id",
    "household": "household_id",
    "adopter_family": "adopter_family_id",
    "home": "home_id",
    "audit": "audit_id",
    "response": "response_id",
    "intervention": "intervention_id",
    "lado_referral": "lado_referral_id",
    "foster_enquiry": "foster_enquiry_id",
    "placement_urn": "placement_urn",
    "conference": "conference_id",
    "strategy_meeting": "strategy_meeting_id",
    "incident": "incident_id",
    "complaint": "complaint_id",
    "compliment": "compliment_id",
    "comment": "comment_id",
    "ombudsman_decision": "ombudsman_decision_id",
    "opportunity": "opportunity_id",
    "registration": "swe_number",
    "observation": "observation_id",
}

# Tables that say who a person is or belongs to: mothers and other relatives stand in them too. Whom any other table names as a
# child is one.
PEOPLE = ("person", "linked_identifiers", "address", "disability", "immigration_status", "mother", "family")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _create(db: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    db.register("incoming", table)
    db.execute(f"create table raw.{name} as select * from incoming")
    db.unregister("incoming")


def _relation(table: Table, loads: list[dict[str, Any]], sealed: str) -> str:
    """The view of one contract table over the Parquet of its current loads.

    Rows that say who belongs to whom are left out where one of them is a child of a sealed adoption (`sealed` selects the
    ids): a restriction that came after the load holds as well.
    """
    columns = [*FIXED_COLUMNS, *(made for column in table.columns for made in sql_columns(column))]
    empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind, _ in columns)
    names = ", ".join(name for name, _, _ in columns)
    body = f"select {empty} where false"
    if loads:
        files = ", ".join(_quote(str(row["file_path"])) for row in loads)
        body += (
            " union all by name select l.load_id, l.period, l.snapshot_date, p.* exclude (filename) "
            f"from read_parquet([{files}], union_by_name = true, filename = true) as p "
            "join raw.loads as l on l.file_path = p.filename"
        )
        if links := table.adoption_links:
            body += " where " + " and ".join(f"(p.{c} is null or p.{c} not in ({sealed}))" for c in links.ids)
    return f"create view raw.{table.relation} as select {names} from ({body})"


def _counting(current: list[dict[str, Any]], contracts: Contracts, as_at: date) -> list[tuple[dict[str, Any], Table]]:
    """The loads that count as at a day, with their contracts; rows and coverage both come from these and no others.

    A load counts from the first day of its period on: what is dropped during a month shows that month so far. Of full
    dumps (mode replace) only the last one counts, so that a dump that holds less also covers less.
    """
    found = []
    for row in current:
        table = contracts.get(row["source"], row["table_name"])
        if table is not None and parse_period(row["period"]).start <= as_at:
            found.append((row, table))
    last = {table.relation: row["period"] for row, table in found}  # current_tables is in order of period
    return [(row, table) for row, table in found if table.mode != "replace" or row["period"] == last[table.relation]]


def _issues(contracts: Contracts, issues: list[dict[str, Any]], loads: list[dict[str, Any]]) -> pa.Table:
    """The data-quality issues of the loads that count; counts and names only.

    Orphans are looked up among the loads that count, whatever was held when they were taken in; since when they are there is
    what the ledger knows, else the day of the load.
    """
    tables = {(row["load_id"], row["table_name"]): contracts.table(row["source"], row["table_name"]) for row in loads}
    since = {(i["source"], i["table_name"], i["column_name"]): i["first_seen"] for i in issues if i["rule"] == ORPHAN}
    found = []
    for issue in issues:
        table = tables.get((issue["load_id"], issue["table_name"]))
        column = table.by_name.get(str(issue["column_name"])) if table else None
        later = issue["rule"] == "COLUMN_NOT_IN_FILE" and (column is None or column.since)
        if table is not None and not later and issue["rule"] != ORPHAN:
            found.append(dict(issue))
    held: dict[str, list[Path]] = {}
    for row in loads:
        if row["rows_loaded"]:
            held.setdefault(f"{row['source']}__{row['table_name']}", []).append(Path(row["file_path"]))
    references = References(contracts, held)
    for row in loads:
        table = tables[row["load_id"], row["table_name"]]
        for checked in references.check(table, Path(row["file_path"])) if row["rows_loaded"] else ():
            reason = checked.reason()
            if reason["count"]:
                place = (row["source"], row["table_name"], reason["column"])
                found.append(
                    {
                        "source": row["source"], "table_name": row["table_name"], "column_name": reason["column"], "rule": ORPHAN,
                        "action": "noted", "rows": reason["count"], "load_id": row["load_id"], "period": row["period"],
                        "first_seen": since.get(place, row["known_on"]),
                    }
                )  # fmt: skip
    for issue in found:
        issue["owner"] = contracts.table(issue["source"], issue["table_name"]).owner
        issue["what_to_do"] = explain(str(issue["rule"]))
        issue["first_seen"] = date.fromisoformat(str(issue["first_seen"]))
    return pa.Table.from_pylist(found, ISSUES)


def _distinct(column: str, relations: Iterable[str]) -> str:
    """Every value that these relations hold in a column, each once: one hash of them all, where a `union` of 70 is 69."""
    union = " union all ".join(f"select {column} from raw.{name}" for name in relations)
    return f"select distinct {column} from ({union}) where {column} is not null"


def _holding(tables: Iterable[Table], column: str) -> list[str]:
    return [t.relation for t in tables if column in t.by_name]


def _keys(db: duckdb.DuckDBPyConnection, ids: str, kind: str, column: str, key: bytes) -> None:
    """The relation raw.<kind>_keys: the key of every id that the query `ids` gives, in order of the ids.

    A piece at a time: a country has 15 million people, and their ids as Python objects at once took 7 GB.
    """
    db.execute(f"create table raw.{kind}_keys ({column} varchar, {kind}_key varchar)")
    with db.cursor() as reader:  # the ids are read while their keys are written
        found = reader.execute(f"{ids} order by {column}")
        for piece in found.to_arrow_reader(KEYS_AT_A_TIME):
            made = subject_keys(kind, piece.column(0).to_pylist(), key)
            db.register("incoming", pa.table({column: piece.column(0), f"{kind}_key": pa.array(made, pa.string())}))
            db.execute(f"insert into raw.{kind}_keys select * from incoming")
            db.unregister("incoming")


def make_raw(
    db: duckdb.DuckDBPyConnection,
    settings: Settings,
    contracts: Contracts,
    catalogue: Catalogue,
    current: list[dict[str, Any]],
    key: bytes,
    as_at: date,
    as_known_at: date,
    issues: list[dict[str, Any]],
    sealed: list[Path],
) -> None:
    """Fill schema raw. `current` is `Ledger.current_tables`, `issues` is `Ledger.issues`.

    `sealed` are the record restrictions known now, whatever the day the build looks from: who is linked to nobody today is
    linked to nobody in yesterday's figures either.
    """
    db.execute("create schema raw")
    run = {
        "as_at": pa.array([as_at]), "as_known_at": pa.array([as_known_at]),
        "authority_code": pa.array([settings.authority_code]), "authority_name": pa.array([settings.authority_name]),
        "minimum_n": pa.array([settings.minimum_n], pa.int32()),
    }  # fmt: skip
    _create(db, "run", pa.table(run))
    loads, availability = [], []
    for row, contract in _counting(current, contracts, as_at):
        snapshot = date.fromisoformat(row["snapshot_date"])
        path = load_folder(settings, row["load_id"]) / f"{row['source']}__{row['table_name']}.parquet"
        loads.append(
            {
                "load_id": row["load_id"], "file_sha256": row["sha256"], "source": row["source"],
                "table_name": row["table_name"], "period": row["period"], "snapshot_date": snapshot,
                "rows_loaded": row["rows_loaded"], "file_path": str(path), "known_on": row["known_on"],
            }
        )  # fmt: skip
        if row["covered_to"] is None:  # every row is in quarantine: the table is not covered, which is not 0
            continue
        for kind in contract.coverage:
            start = date.fromisoformat(row["covered_from"]) if kind == "flow" else snapshot
            for name in (
                contract.name,
                *([contract.pivot.target] if contract.pivot else []),
            ):  # forms cover what the tracker would
                found = {
                    "source": row["source"],
                    "table_name": name,
                    "kind": kind,
                    "covered_from": start,
                    "covered_to": snapshot,
                }
                availability.append(found)
    _create(db, "loads", pa.Table.from_pylist(loads, LOADS))
    _create(db, "availability", pa.Table.from_pylist(availability, AVAILABILITY))
    _create(db, "issues", _issues(contracts, issues, loads))
    files = {
        t.relation: [r for r in loads if (r["source"], r["table_name"]) == (t.source, t.name)] for t in contracts.tables
    }
    paths = ", ".join(_quote(str(path)) for path in sealed)
    ids = (
        f"select child_id from read_parquet([{paths}]) where restriction = 'sealed_adoption'"
        if paths
        else "select null where false"
    )
    for table in contracts.tables:
        db.execute(_relation(table, files[table.relation], ids))
    people = [t for t in contracts.tables if t.source == "ssd" and t.name in PEOPLE]
    others = _holding((t for t in contracts.tables if t not in people), "child_id")
    db.execute(f"create table raw.clients as {_distinct('child_id', others)}")
    _keys(db, _distinct("child_id", ["clients", *_holding(people, "child_id")]), "child", "child_id", key)
    for kind, column in SUBJECTS.items():
        _keys(db, _distinct(column, _holding(contracts.tables, column)), kind, column, key)
    _create(db, "quote_checks", checked_texts(db, contracts))
    days = bank_holidays()
    _create(
        db, "bank_holidays", pa.table({"holiday_date": pa.array(list(days)), "name": pa.array(list(days.values()))})
    )
    _create(db, "published_figures", frozen_figures(settings.published, as_at))
    _create(db, "audit_samples", frozen_samples(settings, as_at))
    for name, made in relations(catalogue).items():
        _create(db, name, made)
