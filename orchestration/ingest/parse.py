"""The parsing child: one process with memory and CPU limits that reads landed files, one job a line on standard input.

It writes typed Parquet and the quarantined rows into the folder the job names and answers one JSON line a job, which
holds counts, row numbers, column names and reason codes; never a value. No Dagster, pandas or Great Expectations here.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import Contracts, load_contracts
from orchestration.ingest.read import Found, RejectedFile, period_in_name, read_sheets, recognise
from orchestration.ingest.rules import Reason, Typed, apply_rules, snapshot_days
from orchestration.limits import limit_cpu, limit_memory
from orchestration.periods import parse_period


class NotWritten(Exception):
    """The result could not be written, for want of room or rights. The file is not to blame and stays claimed."""


def find_tables(path: Path, name: str, contracts: Contracts) -> tuple[list[Found], list[str]]:
    """The contract tables of a file and the names of the sheets that hold none. Raises RejectedFile."""
    found: dict[str, Found] = {}
    others: list[str] = []
    for sheet in read_sheets(path):
        if sheet.name == path.stem:  # a CSV file, kept in the store under its sha256
            sheet.name = Path(name).stem
        one = recognise(sheet, contracts)
        if one is None:
            others.append(sheet.name)
            continue
        relation = one.table.relation
        if relation in found:
            raise RejectedFile(
                "DUPLICATE_TABLE",
                f"the sheets `{found[relation].sheet.name}` and `{sheet.name}` both hold {one.table.name}: keep one",
                table=one.table.name,
            )
        found[relation] = one
    if not found:
        raise RejectedFile(
            "NOT_RECOGNISED",
            "no sheet has the headers of a known extract in its first ten rows: check the headers against docs/data_dictionary.md",
        )
    if len({f.table.source for f in found.values()}) > 1:
        raise RejectedFile("NOT_RECOGNISED", "the sheets belong to different extracts: send one extract a file")
    return list(found.values()), others


def _across_tables(results: list[Typed]) -> None:
    """Note children with two dates of birth across the tables of one file: an issue to mend, no reason to drop rows (R13)."""
    births: dict[str, set[Any]] = defaultdict(set)
    for typed in results:
        names = set(typed.good.column_names)
        if {"child_id", "date_of_birth"} <= names:
            for child, born in zip(
                typed.good["child_id"].to_pylist(), typed.good["date_of_birth"].to_pylist(), strict=True
            ):
                if child and born:
                    births[child].add(born)
    several = {c for c, b in births.items() if len(b) > 1}
    if not several:
        return
    for typed in results:
        if {"child_id", "date_of_birth"} <= set(typed.good.column_names):
            pairs = zip(typed.good["row_number"].to_pylist(), typed.good["child_id"].to_pylist(), strict=True)
            rows = [n for n, c in pairs if c in several]
            if rows:
                typed.reasons.append(Reason("BIRTH_DATES_DIFFER_BETWEEN_LISTS", "date_of_birth", rows, "noted"))


def _check_share(typed: Typed, share: float, floor: int) -> None:
    bad = typed.bad.num_rows
    if typed.rows_read >= floor and bad > share * typed.rows_read:
        worst = max((r for r in typed.reasons if r.action == "quarantined"), key=lambda r: len(r.rows))
        raise RejectedFile(
            "TOO_MANY_QUARANTINED",
            f"{typed.table.source} {typed.table.name}: {bad} of {typed.rows_read} rows are wrong, over {share:.0%} "
            f"(most often {worst.code} in `{worst.column}`): mend the extract and send it again",
            worst.column,
            typed.table.name,
            [asdict(r) | {"action": "found"} for r in typed.reasons],
        )


def parse_file(job: dict[str, Any], contracts: Contracts) -> dict[str, Any]:
    """One job: {path, name, period, out, share, floor, known_on} to a result; raises RejectedFile."""
    path, name, out = Path(job["path"]), job["name"], Path(job["out"])
    found, others = find_tables(path, name, contracts)
    source = contracts.sources[found[0].table.source]
    key = job["period"] or period_in_name(name)
    if key is None:
        example = "Annex_A_2024_Jan.xlsx" if source.source == "annex_a" else f"{source.file_prefix}_<table>_2024-01.csv"
        raise RejectedFile("NO_PERIOD", f"no period in the file name: name it like {example}, or pass --period 2024-01")
    try:
        period = parse_period(key)
    except ValueError as error:
        raise RejectedFile("NO_PERIOD", str(error)) from None
    if period.start.isoformat() > job["known_on"]:
        raise RejectedFile(
            "PERIOD_IN_FUTURE",
            f"the file says {period.key}, which has not begun on {job['known_on']}: correct its name, or pass --period",
        )
    results = [apply_rules(f, contracts, period.end) for f in found]
    if sum(t.rows_read for t in results) == 0:
        raise RejectedFile("NO_ROWS", "the headers are there but no list holds a row: check the export's filter")
    for typed in results:
        _check_share(typed, job["share"], job["floor"])
    _across_tables(results)
    tables = []
    try:
        _write(results, out)
    except OSError as error:
        raise NotWritten(os.strerror(error.errno) if error.errno else type(error).__name__) from None
    for typed in results:
        first, last = snapshot_days(typed.table, period.end, typed.good)
        if not typed.good.num_rows:  # an empty list, or one whose every row was bad, says nothing: not available, not 0
            first = last = None
        tables.append(
            {
                "source": typed.table.source, "table": typed.table.name, "sheet": typed.sheet, "rows_read": typed.rows_read,
                "rows_loaded": typed.good.num_rows, "rows_quarantined": typed.bad.num_rows,
                "rows_deduplicated": typed.rows_deduplicated, "covered_from": first.isoformat() if first else None,
                "covered_to": last.isoformat() if last else None,
                "missing": typed.missing, "reasons": [asdict(r) for r in typed.reasons],
            }
        )  # fmt: skip
    return {
        "ok": True, "source": source.source, "period": period.key, "tables": tables,
        "message": _message(source.title, results, others, contracts),
    }  # fmt: skip


def _write(results: list[Typed], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for typed in results:
        pq.write_table(typed.good, out / f"{typed.table.relation}.parquet", compression="zstd")
        if typed.bad.num_rows:
            pq.write_table(typed.bad, out / f"{typed.table.relation}.quarantine.parquet", compression="zstd")


def _message(title: str, results: list[Typed], others: list[str], contracts: Contracts) -> str:
    source = contracts.sources[results[0].table.source]
    absent = [t for t in source.tables if t not in {r.table.name for r in results}]
    parts = [f"{title}: {len(results)} of {len(source.tables)} tables"]
    if absent and len(results) > 1:
        parts.append(f"not in the file, their KPIs are not available: {', '.join(absent)}")
    for typed in results:
        if typed.unknown:
            parts.append(f"{typed.table.name}: columns not in the contract, not loaded: {', '.join(typed.unknown)}")
        gone = [typed.table.by_name[c].title for c in typed.missing]
        if gone:
            parts.append(f"{typed.table.name}: columns not in the file: {', '.join(gone)}")
        if typed.rows_read == 0:
            parts.append(f"{typed.table.name}: 0 rows")
    if others:
        parts.append(f"sheets without a list, left alone: {', '.join(others)}")
    return "; ".join(parts)


def answer(job: dict[str, Any], contracts: Contracts) -> dict[str, Any]:
    """What becomes of one job: `parse_file`'s result, or {ok: false, code, column, table, message}."""
    try:
        return parse_file(job, contracts)
    except RejectedFile as error:
        return _failed(error.code, str(error), error.column, error.table) | {"reasons": error.reasons}
    except NotWritten as error:
        return _failed("NOT_WRITTEN", str(error))
    except MemoryError:
        return _failed("LIMITS", "the file needs more memory than the limit: send it in parts")
    except Exception as error:  # the type only: messages of libraries quote cells
        text = f"the file could not be read ({type(error).__name__}): export it again; if it stays, send its layout to the data team"
        return _failed("UNREADABLE", text)


def _failed(code: str, message: str, column: str | None = None, table: str | None = None) -> dict[str, Any]:
    return {"ok": False, "code": code, "column": column, "table": table, "message": message}


def main() -> None:
    """Answer jobs until standard input ends."""
    settings = json.loads(sys.stdin.readline())
    limit_memory(settings["memory_mb"])
    pa.set_cpu_count(1)
    contracts = load_contracts(Path(settings["contracts"]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        limit_cpu(settings["seconds"])
        sys.stdout.write(json.dumps(answer(json.loads(line), contracts)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
