"""The candidate warehouse from store to promotion: prepare, dbt, gates, swap. Both ways of running go through here.

`prepare` and `promote` are the ends of a build; between them dbt runs in this process (command line) or in Dagster.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.contracts import Contracts, load_contracts
from orchestration.catalogue import load_catalogue
from orchestration.ingest.load import counting, held_periods
from orchestration.ingest.parse import RESTRICTIONS
from orchestration.ledger import Ledger
from orchestration.limits import fault_point, sync_file, sync_folder
from orchestration.locks import one_writer
from orchestration.serving.zones import serve, served_generation
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.dbt import (
    BuildFailed,
    candidate_file,
    candidate_folder,
    run_dbt,
    target_folder,
    tested_mark,
)
from orchestration.warehouse.keys import check_key, fingerprint
from orchestration.warehouse.raw import make_raw

Progress = Callable[[str], None]
DEFINITION_FOLDERS = (
    ("dbt_project", ("*.sql", "*.yml")),
    ("expectations", ("*.yml", "*.csv")),
)
CODE_FOLDERS = (  # code that decides what a warehouse and its zone copies hold
    (Path(__file__).parent, ("*.py",)),
    (Path(__file__).parent.parent / "serving", ("*.py",)),
    (Path(__file__).parent.parent / "publishing", ("disclosure.py",)),
    (Path(__file__).parent.parent / "audit", ("frozen.py",)),
    (Path(__file__).parent.parent, ("catalogue.py", "periods.py")),
)


class NothingBuilt(RuntimeError):
    """There is no warehouse yet."""


@dataclass(frozen=True)
class Generation:
    """A promoted warehouse."""

    name: str
    folder: Path
    as_at: date
    fingerprint: str
    as_known_at: date
    changed: bool = True

    @property
    def file(self) -> Path:
        return self.folder / "warehouse.duckdb"


def definitions_digest(root: Path = PROJECT_ROOT) -> str:
    """Hash of everything that shapes the warehouse: models, catalogue, contracts and the code that prepares them."""
    digest = hashlib.sha256()
    for folder, patterns in (*((root / f, p) for f, p in DEFINITION_FOLDERS), *CODE_FOLDERS):
        files = {p for pattern in patterns for p in (folder.rglob(pattern) if "*" in pattern else folder.glob(pattern))}
        for path in sorted(p for p in files if "target" not in p.relative_to(folder).parts):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build_fingerprint(settings: Settings, ledger: Ledger, key: bytes, as_at: date, as_known_at: date) -> str:
    """Equal fingerprints make equal warehouses: same loads, dates, definitions, key and authority."""
    loads = [(r["load_id"], r["table_name"], r["sha256"]) for r in ledger.current_tables(as_known_at)]
    # sealed adoptions hold whatever the day the build looks from
    loads += [
        (r["load_id"], r["table_name"]) for r in ledger.current_tables() if r["table_name"] == "record_restrictions"
    ]
    known = [
        loads,
        as_at.isoformat(),
        definitions_digest(settings.project_root),
        fingerprint(key),
        settings.authority_code,
        settings.authority_name,
        settings.minimum_n,
        [r["sha256"] for r in ledger.audit_lists() if str(r["as_at"]) <= as_at.isoformat()],
    ]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def current_name(settings: Settings) -> str | None:
    """Name of the promoted generation, or None (also when a power cut left the pointer empty)."""
    pointer = settings.warehouse / "CURRENT"
    return (pointer.read_text(encoding="ascii").strip() or None) if pointer.is_file() else None


def current(settings: Settings) -> Generation:
    """The promoted generation. Raises NothingBuilt."""
    name = current_name(settings)
    if name is None:
        raise NothingBuilt("nothing is built yet: run `qapm refresh` (or `qapm demo` for synthetic data)")
    with Ledger(settings.ledger_path) as ledger:
        record = ledger.build(name)
    if record is None:
        raise NothingBuilt(f"the ledger does not know generation {name}: run `qapm build`")
    return Generation(
        name,
        settings.warehouse / name,
        date.fromisoformat(str(record["as_at"])),
        str(record["fingerprint"]),
        date.fromisoformat(str(record["as_known_at"])),
        changed=False,
    )


def prepare(settings: Settings, as_at: date, as_known_at: date) -> dict[str, str]:
    """Make an empty candidate with schema raw; returns its ticket (what promote needs to know).

    Raises KeyProblem, LockHeld, ContractError, CatalogueError.
    """
    settings.make_folders()
    contracts, catalogue = load_contracts(settings.expectations), load_catalogue(settings.project_root)
    with one_writer(settings.root, settings.lock_wait_seconds), Ledger(settings.ledger_path) as ledger:
        key = check_key(settings, ledger)
        folder = candidate_folder(settings)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True)
        with duckdb.connect(str(candidate_file(settings))) as db:
            db.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
            current, issues = ledger.current_tables(as_known_at), ledger.issues(as_known_at)
            sealed = counting(contracts, held_periods(settings, ledger, contracts)).get(RESTRICTIONS, [])
            make_raw(db, settings, contracts, catalogue, current, key, as_at, as_known_at, issues, sealed)
        ticket = {
            "started_from": current_name(settings) or "", "as_at": as_at.isoformat(), "as_known_at": as_known_at.isoformat(),
            "fingerprint": build_fingerprint(settings, ledger, key, as_at, as_known_at),
        }  # fmt: skip
        (folder / "ticket.json").write_text(json.dumps(ticket), encoding="utf-8")
        return ticket


def _gate(file: Path, contracts: Contracts) -> None:
    """Reconcile the candidate with the ledger before anyone sees it: every loaded row is in schema raw."""
    linking = {t.relation for t in contracts.tables if t.adoption_links}
    with duckdb.connect(str(file)) as db:
        loads = db.execute(
            "select source, table_name, sum(rows_loaded) from raw.loads group by all order by all"
        ).fetchall()
        for source, table, expected in loads:
            found = db.execute(f"select count(*) from raw.{source}__{table}").fetchone()
            fewer_is_right = f"{source}__{table}" in linking  # rows of sealed adoptions are left out
            if found is None or (found[0] > expected if fewer_is_right else found[0] != expected):
                raise BuildFailed(
                    f"{source} {table}: the candidate does not hold the {expected} rows the ledger counts; it was not promoted. "
                    "The store may be damaged: restore store/loads from a backup, or load the files again"
                )
        db.execute("checkpoint")


def promote(settings: Settings) -> Generation:
    """Gate the candidate, rename it to the next generation and point CURRENT at it.

    Raises BuildFailed when the candidate does not reconcile or CURRENT is no longer what the candidate started from.
    """
    with one_writer(settings.root, settings.lock_wait_seconds), Ledger(settings.ledger_path) as ledger:
        folder = candidate_folder(settings)
        if not tested_mark(settings).is_file():
            raise BuildFailed("there is no candidate whose models were all built and tested: run `qapm build`")
        ticket = json.loads((folder / "ticket.json").read_text(encoding="utf-8"))
        if (current_name(settings) or "") != ticket["started_from"]:
            raise BuildFailed("another build was promoted meanwhile: run `qapm build` again")
        _gate(candidate_file(settings), load_contracts(settings.expectations))
        ticket["gates"] = [  # a load that failed its own gate is not among those the candidate was made from
            {"gate": "every extract (Great Expectations)", "passed": True},
            {"gate": "models and data tests of the warehouse (dbt)", "passed": True},
            {"gate": "rows of the warehouse equal the rows the ledger counts", "passed": True},
        ]
        (folder / "ticket.json").write_text(json.dumps(ticket), encoding="utf-8")
        shutil.copyfile(target_folder(settings) / "manifest.json", folder / "manifest.json")
        name = ledger.next_generation()
        fault_point("build.before_rename")
        target = settings.warehouse / name
        if target.exists():  # a run was killed between the rename and the ledger's record
            shutil.rmtree(target)
        folder.replace(target)
        sync_folder(settings.warehouse)
        as_at, known = date.fromisoformat(ticket["as_at"]), date.fromisoformat(ticket["as_known_at"])
        ledger.record_build(name, as_at, known, ticket["fingerprint"])
        fault_point("build.before_current")
        _point(settings, name)
        _drop_old(settings, name)
        return Generation(name, target, as_at, ticket["fingerprint"], known)


def _point(settings: Settings, name: str) -> None:
    pointer = settings.warehouse / "CURRENT"
    temporary = pointer.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(name + "\n", encoding="ascii")
    sync_file(temporary)
    temporary.replace(pointer)
    sync_folder(settings.warehouse)


def _drop_old(settings: Settings, name: str) -> None:
    older = sorted(p for p in settings.warehouse.iterdir() if p.is_dir() and p.name.isdigit() and p.name <= name)
    for folder in older[: -settings.generations_kept]:
        shutil.rmtree(folder, ignore_errors=True)


def standing(settings: Settings, as_at: date, as_known_at: date) -> Generation | None:
    """The promoted generation when a build would make the same again, else None. Raises KeyProblem."""
    settings.make_folders()
    with Ledger(settings.ledger_path) as ledger:
        wanted = build_fingerprint(settings, ledger, check_key(settings, ledger), as_at, as_known_at)
    name = current_name(settings)
    if name is None or not (settings.warehouse / name).is_dir():
        return None
    try:
        held = current(settings)
    except NothingBuilt:  # the ledger is older than the pointer, as after a restore
        return None
    return held if held.fingerprint == wanted else None


def build(
    settings: Settings, as_at: date, as_known_at: date | None = None, progress: Progress = lambda _: None
) -> Generation:
    """Candidate, dbt, gates, swap; nothing new (same fingerprint as what is served) starts no dbt.

    Raises BuildFailed, KeyProblem, LockHeld. What was promoted before stays untouched by a failure.
    """
    known = as_known_at or date.max
    with one_writer(settings.root, settings.lock_wait_seconds):
        if held := standing(settings, as_at, known):
            if served_generation(settings) != held.name:
                serve_zones(settings, held)
            return held
        progress("preparing the candidate warehouse")
        prepare(settings, as_at, known)
        progress("building and testing the models with dbt")
        run_dbt(settings)
        progress("promoting the candidate and copying the zones")
        made = promote(settings)
        serve_zones(settings, made)
        return made


def inputs(generation: Generation) -> list[dict[str, Any]]:
    """The loads a generation was built from: file_sha256, source, table, period."""
    with duckdb.connect(str(generation.file), read_only=True) as db:
        sql = 'select file_sha256, source, table_name as "table", period from raw.loads order by all'
        rows = db.execute(sql)
        names = [d[0] for d in rows.description or []]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def gates(generation: Generation) -> list[dict[str, Any]]:
    """The gates a generation passed before it was promoted, as written then."""
    return json.loads((generation.folder / "ticket.json").read_text(encoding="utf-8"))["gates"]


def serve_zones(settings: Settings, generation: Generation) -> None:
    """Copy a generation into the zones; the aggregate zone holds suppressed values only."""
    from orchestration.publishing.disclosure import aggregate_rows  # pandas, not needed when nothing is new

    # only what may be published at all: the parts of a whole would give a hidden part back
    first_basis = {k.code: k.bases[0] for k in load_catalogue(settings.project_root).kpis if k.audiences}
    serve(settings, generation.name, generation.folder, lambda frame: aggregate_rows(frame, first_basis))
