"""Taking files in, from landing to the ledger's final state: claim, parse in the child, gate, store, record.

A file that fails changes nothing that was loaded or published before. After a kill at any point the next run takes the
claimed file in again from the store and ends in the same state.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from expectations.contracts import Contracts, load_contracts
from orchestration.ingest.read import period_in_name
from orchestration.ledger import Ledger, TableResult
from orchestration.limits import fault_point, sync_file, sync_folder
from orchestration.locks import one_writer
from orchestration.periods import parse_period
from orchestration.settings import PROJECT_ROOT, Settings

Progress = Callable[[str], None]
START_SECONDS = 60
SUFFIXES = {".xlsx", ".xls", ".xlsm", ".csv", ".tsv", ".txt"}


class _Child:
    """The parsing child process; made anew when it ends or takes too long over a file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def _start(self) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if k != "QAPM_FAULT_AT"} | {"PYTHONPATH": str(PROJECT_ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.ingest.parse"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env=environment,
        )  # fmt: skip
        assert process.stdin is not None
        given = {
            "memory_mb": self._settings.parse_memory_mb, "seconds": self._settings.parse_seconds,
            "contracts": str(self._settings.expectations),
        }  # fmt: skip
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        if self._line(process, START_SECONDS) is None:
            self._process = process
            self.close()
            raise OSError(
                f"the process that reads files could not start within {START_SECONDS} s and {self._settings.parse_memory_mb} MB: "
                "free memory or raise QAPM_PARSE_MEMORY_MB, then run this again"
            )
        return process

    @staticmethod
    def _line(process: subprocess.Popen[str], seconds: float) -> str | None:
        """The child's next line, or None when it ended or took longer."""
        assert process.stdout is not None
        stdout = process.stdout
        answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: answers.put(stdout.readline()), daemon=True).start()
        try:
            return answers.get(timeout=seconds) or None
        except queue.Empty:
            return None

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The child's answer to a job; a child that dies or takes too long answers with code LIMITS."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        process = self._process
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = self._line(process, self._settings.parse_seconds)
        except BrokenPipeError:
            line = None
        if line:
            answer = json.loads(line)
            if answer.get("code") == "NOT_WRITTEN":
                raise OSError(
                    f"cannot write to {self._settings.store}: {answer['message']}: make room, then run this again"
                )
            return answer
        self.close()
        message = (
            f"reading the file took more than {self._settings.parse_seconds} s or {self._settings.parse_memory_mb} MB: "
            "export it again without empty formatted rows, or send it in parts"
        )
        return {"ok": False, "code": "LIMITS", "column": None, "table": None, "message": message}

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None


@dataclass
class _Parsed:
    load_id: int
    answer: dict[str, Any]
    folder: Path


def store_path(settings: Settings, sha256: str) -> Path:
    """Where the original file with this hash is kept."""
    return settings.store / "originals" / sha256[:2] / sha256


def load_folder(settings: Settings, load_id: int) -> Path:
    """Where the typed Parquet of a load is kept."""
    return settings.store / "loads" / f"{load_id:08d}"


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _keep_original(settings: Settings, path: Path) -> tuple[str, int]:
    """Copy a file into the store and give its sha256 and size; what is hashed is the copy, whatever happens to the file."""
    folder = settings.store / "originals"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = folder / f".{os.getpid()}.tmp"
    digest, size = hashlib.sha256(), 0
    source = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(source, "rb") as given, temporary.open("wb") as kept:
        while chunk := given.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
            kept.write(chunk)
    sync_file(temporary)
    target = store_path(settings, digest.hexdigest())
    if target.exists():
        temporary.unlink()
    else:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.replace(target)
        sync_folder(target.parent)
    return digest.hexdigest(), size


def _refusal(path: Path) -> str | None:
    """Why a path is left alone, or None. Names are data: they are never opened by pattern, shell or template (R21)."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode) or not stat.S_ISREG(mode):
        return "not a plain file (a link, folder or device): copy the file itself into landing"
    if not os.access(path, os.R_OK):
        return "this account may not read it: put its rights right"
    if path.name.startswith(("~$", ".")) or path.suffix.casefold() in {".tmp", ".part", ".crdownload"}:
        return "a lock or temporary file of another program"
    if path.suffix.casefold() not in SUFFIXES:
        return f"not a kind of file this takes ({', '.join(sorted(SUFFIXES))})"
    return None


def _version(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written anew; None when it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _still(path: Path, seconds: float) -> bool:
    """Whether the file stood still for `seconds`, so that it is not still being written (R22).

    A file changed lately, or in the future by the clock of a share, is looked at twice.
    """
    before = _version(path)
    if before is None or time.time() - before[2] / 1e9 >= seconds:
        return before is not None
    time.sleep(seconds)
    return _version(path) == before


def shown_name(path: Path) -> str:
    """A file's name fit for the ledger and for one line of print: what is not printable is escaped (R21)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path.name)


def landed(settings: Settings) -> list[Path]:
    """The entries of the landing folder, in name order."""
    if not settings.landing.is_dir():
        raise NotADirectoryError(
            f"the landing folder {settings.landing} is not there: make it, or check that the share is connected"
        )
    return sorted(settings.landing.iterdir(), key=lambda p: p.name)


def waiting_hashes(settings: Settings) -> list[str] | None:
    """sha256 of every landed file that a load would take, in order; None while one of them is still being written."""
    files = [path for path in landed(settings) if _refusal(path) is None]
    if not all(_still(path, settings.settle_seconds) for path in files):
        return None
    return sorted(_hash(path) for path in files)


def load(
    settings: Settings,
    paths: Sequence[Path] = (),
    *,
    period: str | None = None,
    known_on: date,
    progress: Progress = lambda _: None,
) -> list[dict[str, object]]:
    """Claim and load files; without `paths`, everything in landing.

    Returns one object per file and table, as `qapm load --json` prints them. A landed file is removed once it has its
    final state (the original is kept under its sha256); a file given by path stays where it is.
    Raises FileNotFoundError for a path that does not exist, ValueError for a period that is no month, LockHeld when
    another run is writing, NotADirectoryError when the landing folder of an installation in use is gone.
    """
    if period is not None and parse_period(period).unit != "month":
        raise ValueError(f"`{period}` is not a month: a file shows the position at a month's end, such as 2025-09")
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"no such file: {path}")
    if not paths and settings.ledger_path.exists():
        landed(settings)  # a share that is gone is an error, not a folder to make anew (F16)
    settings.make_folders()
    contracts = load_contracts(settings.expectations)
    with one_writer(settings.root, settings.lock_wait_seconds), Ledger(settings.ledger_path) as ledger:
        for leftover in (settings.store / "loads").glob("*.tmp"):
            shutil.rmtree(leftover)
        for half in (settings.store / "originals").glob(".*.tmp"):
            half.unlink()
        child = _Child(settings)
        try:
            done: list[int] = []
            parsed: list[_Parsed] = []
            for row in ledger.unfinished():
                progress(f"taking in again {row['file']}")
                job = _job(
                    settings, str(row["sha256"]), str(row["file"]), row["period_asked"], row["load_id"], row["known_on"]
                )
                parsed.append(_Parsed(int(str(row["load_id"])), child.ask(job), Path(job["out"])))
            seen = {
                _content(str(r["sha256"]), str(r["file"]), r["period_asked"], contracts) for r in ledger.unfinished()
            }
            claimed: dict[Path, tuple[int, int, int] | None] = {}
            given = [p for path in paths for p in (sorted(path.iterdir()) if path.is_dir() else [path])]
            for path in given if paths else landed(settings):
                refusal = _refusal(path)
                if refusal is None and path.parent == settings.landing:
                    if not _still(path, settings.settle_seconds):
                        progress(f"{shown_name(path)} is still being written: it is taken at the next run")
                        continue
                    claimed[path] = _version(path)
                load_id, job = _claim(settings, ledger, path, refusal, period, contracts, known_on, seen)
                done.append(load_id)
                if job is not None:
                    progress(f"reading {shown_name(path)}")
                    parsed.append(_Parsed(load_id, child.ask(job), Path(job["out"])))
                    fault_point("load.after_parse")
        finally:
            child.close()
        _gate_and_store(settings, ledger, parsed, progress)
        for path, version in claimed.items():
            if version is not None and _version(path) == version:  # never one put in its place meanwhile
                try:
                    path.unlink()
                except (
                    OSError
                ):  # open in another program, or a share that may only be read: a duplicate at the next run
                    progress(f"{shown_name(path)} could not be removed from landing")
        return ledger.reports([*done, *(p.load_id for p in parsed if p.load_id not in done)])


def _job(settings: Settings, sha256: str, name: str, period: object, load_id: Any, known_on: object) -> dict[str, Any]:  # noqa: ANN401 - a number of the ledger
    out = load_folder(settings, int(load_id)).with_suffix(".tmp")
    return {
        "path": str(store_path(settings, sha256)), "name": name, "period": period, "out": str(out),
        "share": settings.reject_share, "floor": settings.reject_floor, "known_on": str(known_on),
    }  # fmt: skip


def _is_full_dump(name: str, contracts: Contracts) -> bool:
    """Whether a file name is of an extract that is dumped whole each time.

    An unchanged dump is a new snapshot when its name says a new period. An unchanged Annex A under another month's name
    is an export that was not run again, so it stays a duplicate (R23).
    """
    for source in contracts.sources.values():
        if name.casefold().startswith(source.file_prefix.casefold()):
            return all(table.mode == "replace" for table in source.tables.values())
    return False


def _content(sha256: str, name: str, period: object, contracts: Contracts) -> tuple[str, str | None]:
    """What makes a file the same as another one: its bytes, and its period where that is more than the bytes say."""
    asked = str(period) if period else period_in_name(name) if _is_full_dump(name, contracts) else None
    return sha256, asked


def _claim(
    settings: Settings,
    ledger: Ledger,
    path: Path,
    refusal: str | None,
    period: str | None,
    contracts: Contracts,
    known_on: date,
    seen: set[tuple[str, str | None]],
) -> tuple[int, dict[str, Any] | None]:
    name = shown_name(path)
    if refusal is not None:
        return ledger.note(name, "", 0, period, contracts.digest, known_on, "ignored", refusal), None
    sha256, size = _keep_original(settings, path)
    content = _content(sha256, name, period, contracts)
    held = ledger.holds(*content)
    if size and (held is not None or content in seen):
        same = f"load {held['load_id']}" if held else "a file of this run"
        message = f"the same bytes as {same}: nothing changes"
        about = (held["source"], held["period"]) if held else (None, None)
        return ledger.note(name, sha256, size, period, contracts.digest, known_on, "duplicate", message, *about), None
    seen.add(content)
    load_id = ledger.claim(name, sha256, size, period, contracts.digest, known_on)
    fault_point("load.after_claim")
    return load_id, _job(settings, sha256, name, period, load_id, known_on)


def _gate_and_store(settings: Settings, ledger: Ledger, parsed: list[_Parsed], progress: Progress) -> None:
    contracts = load_contracts(settings.expectations)
    good = [p for p in parsed if p.answer["ok"]]
    failures: dict[int, list[Any]] = {}
    if good:
        from expectations.gate import Batch, gate_extracts

        progress("checking the extracts with Great Expectations")
        batches = [
            Batch(
                load_id=p.load_id,
                table=contracts.table(t["source"], t["table"]),
                snapshot_date=parse_period(p.answer["period"]).end,
                data=pq.read_table(p.folder / f"{t['source']}__{t['table']}.parquet"),
                file=f"load {p.load_id}",
            )
            for p in good
            for t in p.answer["tables"]
            if t["rows_loaded"]
        ]
        for failure in gate_extracts(batches, settings.logs / "data_docs", contracts.code_sets):
            failures.setdefault(failure.load_id, []).append(failure)
    fault_point("load.before_ledger")
    for p in parsed:
        answer = p.answer
        failed = failures.get(p.load_id)
        if failed:
            first = failed[0]
            answer = {
                "ok": False, "code": "GATE_FAILED", "column": first.column, "table": first.table,
                "message": f"{first.table}: {first.column or 'columns'}: expected {first.expectation}: mend the extract and send it again",
            }  # fmt: skip
        if not answer["ok"]:
            shutil.rmtree(p.folder, ignore_errors=True)
            reason = {"code": answer["code"], "column": answer["column"], "rows": [], "action": "rejected"}
            reasons = [reason, *answer.get("reasons", [])]
            ledger.finish(p.load_id, "rejected", f"{answer['code']}: {answer['message']}", file_reasons=reasons)
            continue
        target = load_folder(settings, p.load_id)
        for file in p.folder.iterdir():
            sync_file(file)
        if target.exists():  # a run was killed after this rename and before the ledger's last state
            shutil.rmtree(target)
        p.folder.replace(target)
        sync_folder(target.parent)
        tables = [TableResult(**t) for t in answer["tables"]]
        state = "accepted_with_quarantine" if any(t.rows_quarantined for t in tables) else "accepted"
        snapshot = parse_period(answer["period"]).end
        message = answer["message"] + _replaced(ledger, tables, answer["period"])
        ledger.finish(p.load_id, state, message, answer["source"], answer["period"], snapshot, tables)


def _replaced(ledger: Ledger, tables: list[TableResult], period: str) -> str:
    """What of the same period the new load takes the place of, with the rows before and after."""
    mine = {(t.source, t.table): t.rows_loaded for t in tables}
    before = [r for r in ledger.current_tables() if (r["source"], r["table_name"]) in mine and r["period"] == period]
    if not before:
        return ""
    loads = ", ".join(str(n) for n in sorted({int(str(r["load_id"])) for r in before}))
    rows = sum(int(str(r["rows_loaded"])) for r in before)
    now = sum(mine[str(r["source"]), str(r["table_name"])] for r in before)
    return f"; replaces load {loads} ({rows:,} rows before, {now:,} now)"
