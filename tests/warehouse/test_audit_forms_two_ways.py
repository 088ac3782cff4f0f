"""The same audits as a wide tracker and as long answers of the form in the case system: the marts are the same.

The demo's tracker is written as form answers with a question map, read back by the loader's own code, and set in the place of the
tracker in a copy of the warehouse. Then the marts' SQL, as dbt compiled it, is run over either.
"""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from expectations.contracts import load_contracts
from expectations.suites import typed_columns
from orchestration.ingest.derived import pivoted
from orchestration.ingest.rules import apply_rules

pytestmark = pytest.mark.slow

CONTRACTS = load_contracts()
TABLES = ("audits", "theme_grades", "audit_actions")
MARTS = ("fct_audits", "fct_audit_theme_grades", "fct_audit_actions")
WHERE_FROM = ("load_id", "row_number")
ANSWERED = datetime(2025, 10, 31, 12)


def contract(name: str):
    return CONTRACTS.table("quality_assurance", name)


def rows_of(db: duckdb.DuckDBPyConnection, name: str) -> list[dict]:
    names = [column.name for column in contract(name).columns]
    found = db.execute(f"select {', '.join(names)} from raw.quality_assurance__{name} order by all").fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def typed(table, rows: list[dict]) -> pa.Table:
    schema = pa.schema(typed_columns(table))
    return pa.Table.from_pylist(
        [dict.fromkeys(schema.names) | {"row_number": n, **r} for n, r in enumerate(rows, 2)], schema
    )


def as_answers(held: dict[str, list[dict]]) -> tuple[list[dict], list[dict]]:
    """Form answers and the question map that say what the tracker says: a question for each column, or column and theme."""
    audits = {row["audit_id"]: row for row in held["audits"]}
    answers, entries = [], {}

    def answer(audit_id: str, question: str, table: str, column: str, value: object, item=None, number=None) -> None:
        audit = audits[audit_id]
        answers.append(
            {
                "form_id": audit_id, "child_id": audit["child_id"], "template": audit["template"], "question_code": question,
                "answer_no": number, "answer": str(value), "answered_at": ANSWERED,
            }
        )  # fmt: skip
        entries[audit["template"], question] = {
            "template": audit["template"], "question_code": question, "target_table": table, "target_column": column, "item": item,
        }  # fmt: skip

    for row in held["audits"]:
        for column, value in row.items():
            if value is not None and column not in ("audit_id", "template", "child_id"):
                answer(row["audit_id"], column, "audits", column, value)
    for row in held["theme_grades"]:
        answer(row["audit_id"], f"theme {row['theme']}", "theme_grades", "grade", row["grade"], item=row["theme"])
    for row in held["audit_actions"]:
        number = row["action_id"].rpartition("-")[2]
        for column, value in row.items():
            if value is not None and column not in ("audit_id", "action_id"):
                answer(row["audit_id"], f"action {column}", "audit_actions", column, value, number=number)
    return answers, list(entries.values())


def read_forms(answers: list[dict], entries: list[dict], folder: Path, snapshot: date) -> dict[str, pa.Table]:
    """The form tables, typed and checked as a load would."""
    long, question_map = typed(contract("form_answers"), answers), typed(contract("question_map"), entries)
    found = {}
    for name in TABLES:
        table = contract(f"form_{name}")
        (read,) = apply_rules(pivoted(long, question_map, table, snapshot), CONTRACTS, snapshot, folder / name)
        assert (read.rows_quarantined, read.reasons) == (0, []), name
        found[name] = read.good
    return found


def put(db: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, about: tuple) -> None:
    """A raw relation with these rows, as of one load."""
    kind = db.execute(
        "select table_type from information_schema.tables where table_schema = 'raw' and table_name = ?", [name]
    )
    db.execute(f"drop {'view' if kind.fetchone() == ('VIEW',) else 'table'} raw.{name}")
    db.register("incoming", rows)
    load_id, period, snapshot = about
    db.execute(
        f"create table raw.{name} as select {load_id} as load_id, '{period}' as period, date '{snapshot}' as snapshot_date, * from incoming"
    )
    db.unregister("incoming")


def marts(db: duckdb.DuckDBPyConnection, compiled: Path) -> dict[str, list[tuple]]:
    """The marts made anew, without what says which file a row came from."""
    found = {}
    for name in MARTS:
        db.execute(f"create or replace table marts.{name} as {(compiled / f'{name}.sql').read_text('utf-8')}")
        found[name] = db.execute(
            f"select * exclude ({', '.join(WHERE_FROM)}) from marts.{name} order by all"
        ).fetchall()
    return found


def both_ways(file: Path, compiled: Path, folder: Path) -> tuple[dict[str, list[tuple]], dict[str, list[tuple]]]:
    """The marts of the tracker and those of the forms, in a copy of a warehouse."""
    copy = folder / "warehouse.duckdb"
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy)) as db:
        held = {name: rows_of(db, name) for name in TABLES}
        places: dict[str, int] = {}
        for row in held["audit_actions"]:  # numbered within its audit, as the answers of a form are
            places[row["audit_id"]] = places.get(row["audit_id"], 0) + 1
            row["action_id"] = f"{row['audit_id']}-{places[row['audit_id']]}"
        about = db.execute(
            "select load_id, period, snapshot_date from raw.quality_assurance__audits order by all desc limit 1"
        ).fetchone()
        assert about is not None
        assert min(len(rows) for rows in held.values()) > 100
        put(db, "quality_assurance__audit_actions", typed(contract("audit_actions"), held["audit_actions"]), about)
        tracker = marts(db, compiled)
        forms = read_forms(*as_answers(held), folder, about[2])
        for name in TABLES:
            put(db, f"quality_assurance__{name}", typed(contract(name), []), about)
            put(db, f"quality_assurance__form_{name}", forms[name], about)
        return tracker, marts(db, compiled)


def test_wide_tracker_and_long_form_answers_give_the_same_marts(demo_home, tmp_path):
    from orchestration.settings import Settings
    from orchestration.warehouse.build import current
    from orchestration.warehouse.dbt import target_folder

    settings = Settings(home=demo_home)
    compiled = target_folder(settings) / "compiled" / "qapm" / "models" / "marts" / "quality_assurance"
    tracker, forms = both_ways(current(settings).file, compiled, tmp_path)
    for name in MARTS:
        assert len(tracker[name]) > 100, name
        apart = [
            place for place, (one, other) in enumerate(zip(tracker[name], forms[name], strict=True)) if one != other
        ]
        assert apart == [], f"{name}: {len(apart)} rows differ"
