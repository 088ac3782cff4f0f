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
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import Contracts, Source, Table, load_contracts
from orchestration.ingest.derived import pivoted
from orchestration.ingest.read import Found, period_in_name, read_sheets, recognise, without_period
from orchestration.ingest.rules import Reason, Typed, apply_rules, snapshot_days
from orchestration.ingest.sheets import RejectedFile, Sheet
from orchestration.limits import limit_cpu, limit_memory
from orchestration.periods import Period, parse_period

RESTRICTIONS = "reference__record_restrictions"
DAMAGED = "the file is truncated or damaged: export it again"
QUESTION_MAP = "quality_assurance__question_map"
LOOKUPS = (RESTRICTIONS, QUESTION_MAP)


class NotWritten(Exception):
    """The result could not be written, for want of room or rights. The file is not to blame and stays claimed."""


def find_tables(path: Path, name: str, contracts: Contracts) -> tuple[list[Found], list[str]]:
    """The contract tables of a file and the names of the sheets that hold none. Raises RejectedFile."""
    found: dict[str, Found] = {}
    others: list[str] = []
    for sheet in read_sheets(path, contracts):
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
    with_births = [t for t in results if {"child_id", "date_of_birth"} <= set(t.table.by_name)]
    if len(with_births) < 2:
        return
    births: dict[str, set[Any]] = defaultdict(set)
    read = {
        t.table.name: pq.read_table(t.path, columns=["row_number", "child_id", "date_of_birth"]) for t in with_births
    }
    for rows in read.values():
        for child, born in zip(rows["child_id"].to_pylist(), rows["date_of_birth"].to_pylist(), strict=True):
            if child and born:
                births[child].add(born)
    several = {c for c, b in births.items() if len(b) > 1}
    if not several:
        return
    for typed in with_births:
        rows = read[typed.table.name]
        pairs = zip(rows["row_number"].to_pylist(), rows["child_id"].to_pylist(), strict=True)
        if found := [n for n, c in pairs if c in several]:
            typed.reasons.append(Reason("BIRTH_DATES_DIFFER_BETWEEN_LISTS", "date_of_birth", found, "noted"))


def _check_share(typed: Typed, share: float, floor: int) -> None:
    bad = typed.rows_quarantined - sum(r.count for r in typed.reasons if r.action == "refused")
    if typed.rows_read >= floor and bad > share * typed.rows_read:
        worst = max((r for r in typed.reasons if r.action == "quarantined"), key=lambda r: r.count)
        raise RejectedFile(
            "TOO_MANY_QUARANTINED",
            f"{typed.table.source} {typed.table.name}: {bad} of {typed.rows_read} rows are wrong, over {share:.0%} "
            f"(most often {worst.code} in `{worst.column}`): mend the extract and send it again",
            worst.column,
            typed.table.name,
            [asdict(r) | {"action": "found", "table": typed.table.name, "sheet": typed.sheet} for r in typed.reasons],
        )


def parse_file(job: dict[str, Any], contracts: Contracts, about: dict[str, Any]) -> dict[str, Any]:
    """One job: {path, name, period, out, share, floor, known_on, lookups, again} to a result; raises RejectedFile.

    `lookups` are the Parquet files of tables that others are read with (LOOKUPS), by relation. `again` says that only what is
    made from form answers is wanted: the rest of the file was superseded or is the same. `about` takes the source and the
    period as soon as they are known.
    """
    path, name, out = Path(job["path"]), job["name"], Path(job["out"])
    found, others = find_tables(path, name, contracts)
    source = contracts.sources[found[0].table.source]
    about["source"] = source.source
    period = _period(job, name, found, source)
    about["period"] = period.key
    lookups = {relation: [Path(p) for p in paths] for relation, paths in job.get("lookups", {}).items()}
    sealed = _sealed(lookups)
    stem = without_period(Path(name).stem)
    results: list[Typed] = []
    try:
        for one in found if not job.get("again") else [f for f in found if _pivots(f.table, contracts)]:
            made = apply_rules(one, contracts, period.end, out, sealed, stem)
            if made[0].table.relation in LOOKUPS:
                lookups.setdefault(made[0].table.relation, []).append(made[0].path)
            results += made
        for one in [t for t in results if t.rows_loaded]:
            for table in _pivots(one.table, contracts):
                wide = pivoted(one.good, _question_map(table, lookups), table, period.end)
                results += apply_rules(wide, contracts, period.end, out, sealed, stem)
        if job.get("again"):
            results = [t for t in results if t.table.pivot]
    except OSError as error:
        if error.errno is None:  # Arrow's own, of a damaged page
            raise RejectedFile("UNREADABLE", DAMAGED) from None
        raise NotWritten(os.strerror(error.errno)) from None
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raise RejectedFile("UNREADABLE", DAMAGED) from None
    if sum(t.rows_read for t in results) == 0:
        raise RejectedFile("NO_ROWS", "the headers are there but no list holds a row: check the export's filter")
    for typed in results:
        _check_share(typed, job["share"], job["floor"])
    _across_tables(results)
    return {
        "ok": True, "source": source.source, "period": period.key, "tables": [_told(t, period.end) for t in results],
        "message": _message(source, results, others),
    }  # fmt: skip


def _told(typed: Typed, snapshot: date) -> dict[str, Any]:
    """What the ledger keeps of a table."""
    history = typed.table.history
    first, last = snapshot_days(typed.table, snapshot, pq.read_table(typed.path, columns=[history] if history else []))
    if not typed.rows_loaded:  # an empty list, or one whose every row was bad, says nothing: not available, not 0
        first = last = None
    return {
        "source": typed.table.source, "table": typed.table.name, "sheet": typed.sheet, "mode": typed.table.mode,
        "rows_read": typed.rows_read, "rows_loaded": typed.rows_loaded, "rows_quarantined": typed.rows_quarantined,
        "rows_deduplicated": typed.rows_deduplicated, "covered_from": first.isoformat() if first else None,
        "covered_to": last.isoformat() if last else None,
        "missing": typed.missing, "reasons": [asdict(r) for r in typed.reasons],
    }  # fmt: skip


def _period(job: dict[str, Any], name: str, found: list[Found], source: Source) -> Period:
    """The month a file is of: as asked, else as its name says, else the day that an XML return says it is of."""
    said = next((f.sheet.reference_date for f in found if isinstance(f.sheet, Sheet) and f.sheet.reference_date), "")
    key = job["period"] or period_in_name(name) or said[:7] or None
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
    return period


def _sealed(lookups: dict[str, list[Path]]) -> frozenset[str]:
    """Ids of children whose records a sealed adoption closes."""
    found: set[str] = set()
    for path in lookups.get(RESTRICTIONS, ()):
        rows = pq.read_table(path, columns=["child_id", "restriction"]).to_pylist()
        found |= {r["child_id"] for r in rows if r["restriction"] == "sealed_adoption"}
    return frozenset(found)


def _pivots(table: Table, contracts: Contracts) -> list[Table]:
    return [t for t in contracts.made_from(table) if t.pivot]


def _question_map(table: Table, lookups: dict[str, list[Path]]) -> pa.Table:
    """The latest question map of a table made from form answers. Raises RejectedFile when none is held."""
    assert table.pivot is not None
    held = lookups.get(f"{table.source}__{table.pivot.map}")
    if not held:
        raise RejectedFile(
            "NO_QUESTION_MAP",
            f"form answers are read with the question map, and none is held: load {table.source}_{table.pivot.map}, then send this file again",
            table=table.name,
        )
    return pq.read_table(held[-1])


def _message(source: Source, results: list[Typed], others: list[str]) -> str:
    own = [t for t in source.tables.values() if not t.made_from]
    shown = [r for r in results if not r.table.made_from]
    absent = [t.name for t in own if t.name not in {r.table.name for r in shown}]
    parts = [f"{source.title}: {len(shown)} of {len(own)} tables"]
    if absent and len(shown) > 1:
        parts.append(f"not in the file, their KPIs are not available: {', '.join(absent)}")
    for typed in results:
        if typed.unknown:
            parts.append(f"{typed.table.name}: columns not in the contract, not loaded: {', '.join(typed.unknown)}")
        gone = [typed.table.by_name[c].title for c in typed.missing]
        if gone:
            parts.append(f"{typed.table.name}: columns not in the file: {', '.join(gone)}")
        if typed.rows_read == 0 and not typed.table.made_from:
            parts.append(f"{typed.table.name}: 0 rows")
        refused = sum(r.count for r in typed.reasons if r.action == "refused")
        if refused:
            parts.append(f"{typed.table.name}: {refused} rows refused that would link identities across an adoption")
    if others:
        parts.append(f"sheets without a list, left alone: {', '.join(others)}")
    return "; ".join(parts)


def answer(job: dict[str, Any], contracts: Contracts) -> dict[str, Any]:
    """What becomes of one job: `parse_file`'s result, or {ok: false, code, column, table, message, source, period}."""
    about: dict[str, Any] = {"source": None, "period": None}
    try:
        return parse_file(job, contracts, about)
    except RejectedFile as error:
        return about | _failed(error.code, str(error), error.column, error.table) | {"reasons": error.reasons}
    except NotWritten as error:
        return _failed("NOT_WRITTEN", str(error))
    except MemoryError:
        return about | _failed("LIMITS", "the file needs more memory than the limit: send it in parts")
    except Exception as error:  # the type only: messages of libraries quote cells
        text = f"the file could not be read ({type(error).__name__}): export it again; if it stays, send its layout to the data team"
        return about | _failed("UNREADABLE", text)


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
