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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from expectations.contracts import Contracts, header_form, load_contracts
from expectations.profile import VOLUME, found_share
from orchestration.ingest.parse import LOOKUPS, QUESTION_MAP, RESTRICTIONS
from orchestration.ingest.read import period_in_name
from orchestration.ingest.references import References, keep_out
from orchestration.ledger import Ledger, TableResult
from orchestration.limits import fault_point, sync_file, sync_folder
from orchestration.locks import one_writer
from orchestration.periods import parse_period
from orchestration.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from expectations.gate import Batch, Failure

Progress = Callable[[str], None]
START_SECONDS = 60
NEW_MAP = "read again with a new question map"
SUFFIXES = {".xlsx", ".xls", ".xlsm", ".csv", ".tsv", ".txt", ".parquet", ".xml"}


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
        if line and line.endswith("\n"):  # a child that dies while it answers leaves half a line
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
    """A file the child has read: its answer, the folder of the result, and what was asked."""

    load_id: int
    answer: dict[str, Any]
    folder: Path
    sha256: str
    asked: tuple[int, str, str, object, object]
    again: bool


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
            run = _Run(settings, ledger, contracts, child, period, known_on, progress)
            run.take_again(ledger.unfinished())
            claimed: dict[Path, tuple[int, int, int] | None] = {}
            given = [p for path in paths for p in (sorted(path.iterdir()) if path.is_dir() else [path])]
            for path in sorted(given if paths else landed(settings), key=_lookups_first):
                refusal = _refusal(path)
                if refusal is None and path.parent == settings.landing:
                    if not _still(path, settings.settle_seconds):
                        progress(f"{shown_name(path)} is still being written: it is taken at the next run")
                        continue
                    claimed[path] = _version(path)
                run.take(path, refusal)
            run.take_again_by_new_map()
        finally:
            child.close()
        _gate_and_store(settings, ledger, contracts, run.parsed, progress)
        for path, version in claimed.items():
            if version is not None and _version(path) == version:  # never one put in its place meanwhile
                try:
                    path.unlink()
                except (
                    OSError
                ):  # open in another program, or a share that may only be read: a duplicate at the next run
                    progress(f"{shown_name(path)} could not be removed from landing")
        return ledger.reports([*run.done, *(p.load_id for p in run.parsed if p.load_id not in run.done)])


def _lookups_first(path: Path) -> bool:
    """Tables that others are read with come before them; the order is otherwise as given."""
    name = header_form(path.stem)
    return not any(name.startswith(header_form(relation)) for relation in LOOKUPS)


class _Run:
    """One run of the loader: what was claimed and what the child answered."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        contracts: Contracts,
        child: _Child,
        period: str | None,
        known_on: date,
        progress: Progress,
    ) -> None:
        self.settings, self.ledger, self.contracts, self.child = settings, ledger, contracts, child
        self.period, self.known_on, self.progress = period, known_on, progress
        self.done: list[int] = []
        self.parsed: list[_Parsed] = []
        self.new_map = 0  # files read before the question map that this run brought
        self.seen = {
            _content(str(r["sha256"]), str(r["file"]), r["period_asked"], contracts) for r in ledger.unfinished()
        }
        held = held_periods(settings, ledger, contracts)
        self.lookups = {relation: held.get(relation, {}) for relation in LOOKUPS}

    def take(self, path: Path, refusal: str | None) -> None:
        """Claim a file and have it read."""
        load_id, sha256 = _claim(
            self.settings, self.ledger, path, refusal, self.period, self.contracts, self.known_on, self.seen
        )
        self.done.append(load_id)
        if sha256:
            self.progress(f"reading {shown_name(path)}")
            self._ask(load_id, sha256, shown_name(path), self.period, self.known_on)
            fault_point("load.after_parse")

    def take_again(self, rows: Sequence[dict[str, object]]) -> None:
        """Read files that are in the store already under the load ids they have."""
        for row in rows:
            self.progress(f"taking in again {row['file']}")
            about = int(str(row["load_id"])), str(row["sha256"]), str(row["file"]), row["period_asked"], row["known_on"]
            self._ask(*about, again=row["message"] == NEW_MAP)

    def take_again_by_new_map(self) -> None:
        """Read form answers with the question map that counts now, where this run brought another one than they were read with.

        Answers of this run are read once more under their load id; of earlier runs, those that count are taken in from the
        store under a new one, and only for what is made from them.
        """
        if not self.new_map:
            return
        pivots = [t for t in self.contracts.tables if t.made_from and t.pivot]
        answers = {t.made_from.table: f"{t.source}__{t.made_from.table}" for t in pivots if t.made_from}
        for p in self.parsed[: self.new_map]:
            waits = p.answer.get("code") == "NO_QUESTION_MAP"
            if waits or any(t["table"] in answers for t in p.answer.get("tables", ())):
                self._ask(*p.asked, again=p.again, instead=p)
        mine = {(p.sha256, p.answer.get("period")) for p in self.parsed}
        current = self.ledger.current_tables()
        held = counting(self.contracts, held_periods(self.settings, self.ledger, self.contracts))
        for path in (p for relation in answers.values() for p in held.get(relation, ())):
            row = next((r for r in current if r["load_id"] == int(path.parent.name)), None)
            if row is None or (row["sha256"], row["period"]) in mine:
                continue
            size = store_path(self.settings, str(row["sha256"])).stat().st_size
            about = str(row["file"]), str(row["sha256"]), size, str(row["period"]), self.contracts.digest, self.known_on
            again = self.ledger.claim(*about, message=NEW_MAP)
            self.done.append(again)
            self.take_again([r for r in self.ledger.unfinished() if r["load_id"] == again])

    def _ask(
        self,
        load_id: int,
        sha256: str,
        name: str,
        period: object,
        known_on: object,
        *,
        again: bool = False,
        instead: _Parsed | None = None,
    ) -> None:
        out = load_folder(self.settings, load_id).with_suffix(".tmp")
        shutil.rmtree(out, ignore_errors=True)
        lookups = {
            QUESTION_MAP: [str(p) for _, p in sorted(self.lookups[QUESTION_MAP].items())][-1:],
            RESTRICTIONS: [str(p) for p in self.lookups[RESTRICTIONS].values()],
        }
        job = {
            "path": str(store_path(self.settings, sha256)), "name": name, "period": period, "out": str(out),
            "share": self.settings.reject_share, "floor": self.settings.reject_floor, "known_on": str(known_on), "lookups": lookups,
            "again": again,
        }  # fmt: skip
        parsed = _Parsed(load_id, self.child.ask(job), out, sha256, (load_id, sha256, name, period, known_on), again)
        if instead is None:
            self.parsed.append(parsed)
        else:
            self.parsed[self.parsed.index(instead)] = parsed
        for told in parsed.answer.get("tables", ()):
            relation = f"{told['source']}__{told['table']}"
            if relation in LOOKUPS and told["rows_loaded"]:
                held = self.lookups[relation]
                newest = parsed.answer["period"] >= max(held, default="")
                held[parsed.answer["period"]] = out / f"{relation}.parquet"
                if relation == QUESTION_MAP and newest:
                    self.new_map = len(self.parsed)


def held_periods(settings: Settings, ledger: Ledger, contracts: Contracts) -> dict[str, dict[str, Path]]:
    """The Parquet that holds each table now, by relation and period (of mode append, by period and load)."""
    found: dict[str, dict[str, Path]] = {}
    for row in ledger.current_tables():  # in order of period
        table = contracts.get(row["source"], row["table_name"])
        if table is not None and row["rows_loaded"]:
            key = f"{row['period']} {row['load_id']}" if table.mode == "append" else str(row["period"])
            path = load_folder(settings, int(str(row["load_id"]))) / f"{table.relation}.parquet"
            found.setdefault(table.relation, {})[key] = path
    return found


def counting(contracts: Contracts, held: Mapping[str, Mapping[str, Path]]) -> dict[str, list[Path]]:
    """Of `held_periods` what counts: of full dumps the last period only."""
    modes = {t.relation: t.mode for t in contracts.tables}
    paths = {relation: [p for _, p in sorted(periods.items())] for relation, periods in held.items()}
    return {relation: p[-1:] if modes[relation] == "replace" else p for relation, p in paths.items()}


def _is_snapshot(name: str, contracts: Contracts) -> bool:
    """Whether a file name is of an extract that shows a position: the same again in another month is that month's position.

    An unchanged Annex A under another month's name is an export that was not run again, and events sent again are the same
    events: both stay duplicates (R23).
    """
    form = header_form(name)
    named = [t for t in contracts.tables if form.startswith(header_form(t.relation)) and not t.made_from]
    if not named:  # a workbook of a whole extract
        named = [
            t
            for s in contracts.sources.values()
            if form.startswith(header_form(s.file_prefix))
            for t in s.tables.values()
        ]
    table = max(named, key=lambda t: len(t.relation), default=None)
    return table is not None and table.mode != "append" and table.window is None


def _content(sha256: str, name: str, period: object, contracts: Contracts) -> tuple[str, str | None]:
    """What makes a file the same as another one: its bytes, and its period where that is more than the bytes say."""
    asked = str(period) if period else period_in_name(name) if _is_snapshot(name, contracts) else None
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
) -> tuple[int, str | None]:
    """(load id, sha256 of a file that is to be read)."""
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
    return load_id, sha256


def _gate_and_store(
    settings: Settings, ledger: Ledger, contracts: Contracts, parsed: list[_Parsed], progress: Progress
) -> None:
    good = [p for p in parsed if p.answer["ok"]]
    held = held_periods(settings, ledger, contracts) if good else {}
    for p in good:  # what this run brings is held too, whatever the order of its files
        for told in p.answer["tables"]:
            relation, period = f"{told['source']}__{told['table']}", p.answer["period"]
            if told["rows_loaded"]:
                key = f"{period} {p.load_id}" if told["mode"] == "append" else period
                held.setdefault(relation, {})[key] = p.folder / f"{relation}.parquet"
    references, volumes = References(contracts, counting(contracts, held)), _Volumes(ledger, good)
    failures: dict[int, list[Failure]] = {}
    if good:
        from expectations.gate import gate_extracts

        progress("checking the extracts with Great Expectations")
        batches = [b for p in good for b in _batches(settings, volumes, contracts, references, p)]
        docs = settings.logs / "data_docs"
        for failure in gate_extracts(batches, docs, contracts.code_sets, settings.volume_change):
            failures.setdefault(failure.load_id, []).append(failure)
    fault_point("load.before_ledger")
    for p in parsed:
        failed = [f for f in failures.get(p.load_id, ()) if not f.holds]
        answer = p.answer
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
            told = f"{answer['code']}: {answer['message']}"
            about = answer.get("source") or p.answer.get("source"), answer.get("period") or p.answer.get("period")
            ledger.finish(p.load_id, "rejected", told, *about, file_reasons=reasons)
            continue
        held_back = [f for f in failures.get(p.load_id, ()) if f.holds]
        _store(settings, ledger, p, list(_unlike_before(settings, contracts, volumes, p, held_back)))


def _batches(
    settings: Settings, volumes: _Volumes, contracts: Contracts, references: References, p: _Parsed
) -> Iterator[Batch]:
    """What the gate looks at of a load; keeps on the way what was found of its references."""
    from expectations.gate import Batch

    for told in p.answer["tables"]:
        table = contracts.table(told["source"], told["table"])
        if not told["rows_loaded"]:
            continue
        path = p.folder / f"{table.relation}.parquet"
        found = references.check(table, path)
        told["reasons"] += [c.reason() for c in found if len(c.orphans)]
        wrong = [c.orphans for c in found if c.keeps_out and len(c.orphans)]
        if wrong:
            out = keep_out(path, np.concatenate(wrong))
            told["rows_loaded"] -= out
            told["rows_quarantined"] += out
        facts = {found_share(c.place): c.share for c in found}
        before = volumes.before(table.source, table.name, p.answer["period"])
        if before is not None and before >= settings.volume_floor:
            facts[VOLUME] = told["rows_loaded"] / before - 1
        yield Batch(p.load_id, table, parse_period(p.answer["period"]).end, path, f"load {p.load_id}", facts)


class _Volumes:
    """Rows by table and period, of what is held and of what this run brings; the order of files does not matter."""

    def __init__(self, ledger: Ledger, loaded: list[_Parsed]) -> None:
        self._rows: dict[tuple[str, str], dict[str, int]] = {}
        for row in ledger.current_tables():
            self._add(
                str(row["source"]),
                str(row["table_name"]),
                str(row["period"]),
                int(str(row["rows_loaded"])),
                row["mode"],
            )
        for p in loaded:
            for told in p.answer["tables"]:
                self._add(told["source"], told["table"], p.answer["period"], told["rows_loaded"], told["mode"])

    def _add(self, source: str, table: str, period: str, rows: int, mode: object) -> None:
        held = self._rows.setdefault((source, table), {})
        held[period] = rows + (held.get(period, 0) if mode == "append" else 0)

    def before(self, source: str, table: str, period: str) -> int | None:
        """Rows of a table in the latest period before this one, or None."""
        held = self._rows.get((source, table), {})
        earlier = [p for p in held if p < period]
        return held[max(earlier)] if earlier else None

    def gone(self, source: str, period: str) -> Iterator[tuple[str, int]]:
        """(table, rows) of a source that the latest period before this one had, and that nothing brought for this one."""
        mine = {table: held for (of, table), held in self._rows.items() if of == source}
        last = max((p for held in mine.values() for p in held if p < period), default=None)
        for table, held in sorted(mine.items()):
            if last in held and held[last] and period not in held:
                yield table, held[last]


def _store(settings: Settings, ledger: Ledger, p: _Parsed, holds: list[tuple[str, str]]) -> None:
    """Put a load that passed into the store and give it its final state."""
    answer = p.answer
    target = load_folder(settings, p.load_id)
    for file in p.folder.iterdir():
        sync_file(file)
    if target.exists():  # a run was killed after this rename and before the ledger's last state
        shutil.rmtree(target)
    p.folder.replace(target)
    sync_folder(target.parent)
    for told in answer["tables"]:
        if told["table"] in {name for name, _ in holds}:
            told["reasons"].append({"code": "VOLUME_CHANGE", "column": "", "rows": [], "action": "noted"})
    tables = [TableResult(**t) for t in answer["tables"]]
    state = "accepted_with_quarantine" if any(t.rows_quarantined for t in tables) else "accepted"
    snapshot = parse_period(answer["period"]).end
    message = answer["message"] + _replaced(ledger, tables, answer["period"])
    message += "".join(f"; publication waits: {text}" for _, text in holds)
    ledger.finish(p.load_id, state, message, answer["source"], answer["period"], snapshot, tables, holds=holds)


def _unlike_before(
    settings: Settings, contracts: Contracts, volumes: _Volumes, p: _Parsed, failed: list[Failure]
) -> Iterator[tuple[str, str]]:
    """(table, message) of what differs so much from the period before that publication waits for a person (R24)."""
    source, period = p.answer["source"], p.answer["period"]
    rows = {t["table"]: t["rows_loaded"] for t in p.answer["tables"]}
    tables = contracts.sources[source].tables
    # the gate looks at rows, so a list without any is looked at here
    empty = [name for name, count in rows.items() if not count and tables[name].volume and not tables[name].made_from]
    for name in [*(f.table for f in failed), *empty]:
        before = volumes.before(source, name, period) or 0
        if before >= settings.volume_floor:
            yield name, f"{name} has {rows[name]:,} rows, {before:,} in the period before"
    if sum(not tables[name].made_from for name in rows) > 1:  # a file of one table says nothing of the others
        for name, before in volumes.gone(source, period):
            if name in tables and not tables[name].made_from:
                yield name, f"{name} is not in the file, it had {before:,} rows in the period before"


def _replaced(ledger: Ledger, tables: list[TableResult], period: str) -> str:
    """What of the same period the new load takes the place of, with the rows before and after."""
    mine = {(t.source, t.table): t.rows_loaded for t in tables}
    before = [
        r for r in ledger.current_tables()
        if (r["source"], r["table_name"]) in mine and r["period"] == period and r["mode"] != "append"
    ]  # fmt: skip
    if not before:
        return ""
    loads = ", ".join(str(n) for n in sorted({int(str(r["load_id"])) for r in before}))
    rows = sum(int(str(r["rows_loaded"])) for r in before)
    now = sum(mine[str(r["source"]), str(r["table_name"])] for r in before)
    return f"; replaces load {loads} ({rows:,} rows before, {now:,} now)"
