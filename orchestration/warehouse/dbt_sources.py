"""dbt source files made from the contracts; `make docs` writes them (`orchestration.dictionary`).

The files are generated and a test fails when they drift; change the contract, not them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from expectations.contracts import Column, Contracts, Source, Table
from orchestration.settings import PROJECT_ROOT

SQL_TYPES = {"date": "date", "datetime": "timestamp", "integer": "bigint", "decimal": "decimal(18,4)"}
FIXED_COLUMNS = (
    ("load_id", "bigint", "Number of the load in the ledger"),
    ("period", "varchar", "Period of the file, such as 2025-09"),
    ("snapshot_date", "date", "The day the file shows: the last day of its period"),
    ("row_number", "integer", "Row number in the file as a spreadsheet shows it"),
)


def sql_columns(column: Column) -> list[tuple[str, str, str]]:
    """(name, SQL type, description) of the raw columns one contract column makes; a code makes three, JSON none."""
    if column.type == "json":
        return []
    made = [(column.name, SQL_TYPES.get(column.type, "varchar"), column.description)]
    if column.type == "code":
        made += [
            (f"{column.name}_raw", "varchar", f"{column.description}: the text of the cell"),
            (f"{column.name}_rule", "varchar", f"{column.description}: the rule by which the code was read"),
        ]
    return made


def render(source: Source, staged: Iterable[str] = ()) -> str:
    """The `_<source>__sources.yml` text of one contract; `staged` are the tables whose staging model renames nothing."""
    quote = json.dumps
    lines = [
        f"# Generated from expectations/sources/{source.source}.yml by `make docs`; change the contract, not this file.",
        "version: 2",
        "sources:",
        f"  - name: {source.source}",
        "    schema: raw",
        f"    description: {quote(source.title)}",
        "    tables:",
    ]
    for table in source.tables.values():
        meta = {
            "mode": table.mode,
            "key": list(table.key),
            "window": table.window.model_dump() if table.window else None,
            "coverage": list(table.coverage),
            "owner": table.owner,
            "columns": [c.name for c in table.columns if c.type != "json"],
        }
        lines += [
            f"      - name: {table.name}",
            f"        identifier: {table.relation}",
            f"        description: {quote(f'{table.title}: {table.grain}')}",
            f"        config: {{meta: {quote(meta)}}}",
            "        columns:",
        ]
        columns = [*FIXED_COLUMNS, *(made for column in table.columns for made in sql_columns(column))]
        lines += [f"          - {{name: {n}, data_type: {quote(t)}, description: {quote(d)}}}" for n, t, d in columns]
    tables = [table for table in source.tables.values() if table.name in set(staged)]
    if tables:
        lines += ["# Staging that renames nothing (macro staged): columns are those described above.", "models:"]
    for table in tables:
        text = f"{table.title}: {table.grain}; the settled rows"
        lines.append(f"  - {{name: {staging_model(table)}, description: {quote(text)}}}")
    return "\n".join(lines) + "\n"


def staging_model(table: Table) -> str:
    """Name of the staging model of a contract table."""
    return f"stg_{table.source}__{table.name}"


def _staged(source: Source, folder: Path) -> list[str]:
    """Tables of the source whose staging model is nothing but the macro `staged`."""
    files = {t.name: folder / f"{staging_model(t)}.sql" for t in source.tables.values()}
    return [name for name, file in files.items() if file.is_file() and "staged(" in file.read_text(encoding="utf-8")]


def paths(contracts: Contracts, root: Path = PROJECT_ROOT) -> dict[Path, str]:
    """Every generated file with the text it must have."""
    staging = root / "dbt_project" / "models" / "staging"
    return {
        staging / name / f"_{name}__sources.yml": render(source, _staged(source, staging / name))
        for name, source in contracts.sources.items()
    }
