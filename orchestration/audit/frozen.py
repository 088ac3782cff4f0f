"""The frozen lists: immutable Parquet files in the store, their hashes in the ledger, and the lists as they read back from both.

A list is a sample and what was appended to it since: replacements and allocations, each a file of its own that says again what it
changes. Nothing is ever rewritten. Files hold numbers of the case system, never a pseudonym.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ledger import Ledger
from orchestration.limits import sync_file, sync_folder
from orchestration.periods import add_working_days, is_working_day, parse_period
from orchestration.settings import Settings

ABOUT = [
    ("subject_type", pa.string()),
    ("subject_id", pa.string()),
    ("service_code", pa.string()),
    ("team_code", pa.string()),
    ("template", pa.string()),
    ("case_status", pa.string()),
    ("stratum", pa.string()),
    ("themes", pa.string()),
    ("sample_date", pa.date32()),
    ("frozen_date", pa.date32()),
    ("circulated_date", pa.date32()),
    ("replaced_by", pa.string()),
    ("reason", pa.string()),
]
AUDITORS = [
    ("responsible_service_code", pa.string()),
    ("responsible_team_code", pa.string()),
    ("lead_auditor_id", pa.string()),
    ("peer_auditor_id", pa.string()),
    ("allocation_reason", pa.string()),
]
NUMBER = ("case_number", pa.int32())
LISTED = pa.schema([NUMBER, *ABOUT])  # of a sample and of a replacement
ALLOCATED = pa.schema([NUMBER, *AUDITORS])
SCHEMA = pa.schema([("month", pa.string()), NUMBER, *ABOUT, *AUDITORS])


class ListChanged(RuntimeError):
    """A frozen file is gone or is not what was frozen."""


def folder(settings: Settings, month: str) -> Path:
    """Where the files of a month's list are."""
    return settings.store / "audit_samples" / month


def days_of(month: str, circulation: str) -> dict[str, date]:
    """The position a month's sample is drawn from, the day it is frozen on, and the working day it is sent on."""
    first = parse_period(month).start
    sent = first
    if not is_working_day(first):
        later = add_working_days(first, 0)
        sent = later if circulation == "next" else _working_day_before(first)
    return {"sample_date": first - timedelta(days=1), "frozen_date": first, "circulated_date": sent}


def _working_day_before(day: date) -> date:
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def freeze(
    settings: Settings,
    ledger: Ledger,
    month: str,
    kind: str,
    rows: Sequence[dict[str, Any]],
    *,
    as_at: date,
    generation: str,
    reason: str | None = None,
    told: str = "",
) -> None:
    """Write one part of a month's list and record its hash. The caller holds the writer's lock.

    A file without a record is what a run left that ended in between: it is written anew.
    """
    path = folder(settings, month)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{len(ledger.audit_lists(month)) + 1:03d}_{kind}.parquet"
    temporary = path / f".{name}.tmp"
    temporary.touch(mode=0o600)
    temporary.chmod(0o600)
    table = pa.Table.from_pylist(list(rows), ALLOCATED if kind == "allocation" else LISTED)
    pq.write_table(table, temporary)
    sync_file(temporary)
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    temporary.replace(path / name)
    sync_folder(path)
    ledger.record_audit_list(month, kind, name, digest, len(rows), as_at, generation, settings.audit_seed, reason, told)


def read(settings: Settings, ledger: Ledger, month: str, until: date = date.max) -> list[dict[str, Any]]:
    """A month's list as it stands, or as it stood in the parts made from positions up to a day: rows of SCHEMA by case number.

    Empty when nothing is frozen. Raises ListChanged when a file is not what its hash says.
    """
    parts = [p for p in ledger.audit_lists(month) if date.fromisoformat(str(p["as_at"])) <= until]
    rows: dict[int, dict[str, Any]] = {}
    for part in parts:
        for row in _verified(folder(settings, month) / str(part["file"]), str(part["sha256"])):
            blank: dict[str, Any] = dict.fromkeys(SCHEMA.names) | {"month": month}
            rows[row["case_number"]] = rows.get(row["case_number"], blank) | row
    return [rows[n] for n in sorted(rows)]


def _verified(path: Path, sha256: str) -> list[dict[str, Any]]:
    found = path.read_bytes() if path.is_file() else None
    if found is None or hashlib.sha256(found).hexdigest() != sha256:
        what = "is gone" if found is None else "was changed"
        raise ListChanged(f"the frozen audit list {path} {what}: put it back from a backup (`qapm restore`)")
    return pq.read_table(pa.BufferReader(found)).to_pylist()


def months(ledger: Ledger) -> list[str]:
    """The months with a frozen list, in order."""
    return list(dict.fromkeys(str(p["month"]) for p in ledger.audit_lists()))


def frozen_samples(settings: Settings, as_at: date) -> pa.Table:
    """Every list that had begun by a day, for the warehouse: rows of SCHEMA; empty when nothing is frozen."""
    if not settings.ledger_path.exists():
        return SCHEMA.empty_table()
    with Ledger(settings.ledger_path) as ledger:
        begun = [m for m in months(ledger) if parse_period(m).start <= as_at]
        rows: Iterable[dict[str, Any]] = [row for m in begun for row in read(settings, ledger, m, as_at)]
    return pa.Table.from_pylist(list(rows), SCHEMA)
