"""Faults while loading: kills, two runs at once, no room, no landing folder, no key. Each promise by its number (F1 ...)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.ingest import load as loading
from orchestration.ledger import Ledger
from orchestration.locks import LockHeld, one_writer
from orchestration.settings import Settings
from tests import control
from tests.conftest import ROOT
from tests.control import CANARY, annex_a, write_csv, write_xlsx

JUNE, MAY = "Annex_A_2025_Jun.xlsx", "Annex_A_2025_May.xlsx"
KNOWN = date(2025, 7, 3)
# The command in a process of its own; without Great Expectations, which has nothing to do with these promises.
COMMAND = """
import os, signal, sys, time
import expectations.gate, orchestration.ingest.load as loading
from orchestration import cli, ledger
expectations.gate.gate_extracts = lambda *_, **__: []
{patch}
cli.main(sys.argv[1:])
"""
BEFORE_LEDGER = "ledger.Ledger.finish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)"
BEFORE_REMOVAL = "loading.Path.unlink = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)"
SLOW_GATE = (
    "expectations.gate.gate_extracts = lambda *_, **__: (print('gating', file=sys.stderr, flush=True), time.sleep(60))"
)


def command(home: Path, *arguments: str, patch: str = "", **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(patch=patch), *arguments], text=True, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "QAPM_HOME": str(home), **environment},
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def drop(home: Path) -> None:
    """Three files: two months and one broken."""
    write_xlsx(home / "landing" / MAY, annex_a(snapshot=date(2025, 5, 31)).values())
    lists = annex_a()
    lists["list_3"].set(4, "child_id", "")
    write_xlsx(home / "landing" / JUNE, lists.values())
    (home / "landing" / "Annex_A_2025_Apr.xlsx").write_bytes(b"PK\x03\x04 not a workbook")


def held(home: Path) -> dict[tuple[object, object, object], list[dict[str, Any]]]:
    """The rows that are current, by source, table and period."""
    settings = Settings(home=home)
    with Ledger(settings.ledger_path) as ledger:
        current = ledger.current_tables()
    return {
        (r["source"], r["table_name"], r["period"]): pq.read_table(
            loading.load_folder(settings, int(str(r["load_id"]))) / f"{r['source']}__{r['table_name']}.parquet"
        ).to_pylist()
        for r in current
    }


def assert_whole(home: Path) -> None:
    """Nothing half done is left: no claimed load, no temporary folder or file, every accepted load has its Parquet."""
    settings = Settings(home=home)
    with Ledger(settings.ledger_path) as ledger:
        assert ledger.unfinished() == []
        accepted = {r["load_id"] for r in ledger.reports() if str(r["state"]).startswith("accepted")}
    assert {int(p.name) for p in (settings.store / "loads").iterdir()} == accepted
    assert list(settings.store.rglob("*.tmp")) == []
    for original in (settings.store / "originals").glob("*/*"):
        assert loading._hash(original) == original.name


@pytest.fixture
def no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[object, object, object], list[dict[str, Any]]]:
    home = tmp_path_factory.mktemp("undisturbed")
    (home / "landing").mkdir()
    drop(home)
    code, _, _ = finished(command(home, "load", QAPM_SETTLE_SECONDS="0"))
    assert code == 1  # the broken file
    assert_whole(home)
    found = held(home)
    assert len(found) == 22
    return found


# --- F1 and F6: kills ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "patch"),
    [
        ("load.after_claim", ""),
        ("load.after_parse", ""),
        ("load.before_ledger", ""),
        ("", BEFORE_LEDGER),
        ("", BEFORE_REMOVAL),
    ],
    ids=["after claim", "after parse", "before the ledger", "after the rename", "before the landing file goes"],
)
def test_a_killed_load_converges_when_run_again(
    home: Path, undisturbed: Any, run: Callable[..., Any], no_gate: None, fault: str, patch: str
) -> None:
    drop(home)
    code, _, _ = finished(command(home, "load", patch=patch, QAPM_FAULT_AT=fault))
    assert code == -signal.SIGKILL
    assert held(home) in ({}, undisturbed) or all(held(home)[k] == undisturbed[k] for k in held(home))
    assert (home / "landing" / JUNE).exists(), "a file leaves landing only when it has its final state"

    ran = run("load")

    assert ran.code in (0, 1), ran.err
    assert held(home) == undisturbed
    assert_whole(home)
    assert list((home / "landing").iterdir()) == []
    with Ledger(Settings(home=home).ledger_path) as ledger:
        taken = [(r["sha256"]) for r in ledger.reports(current=True) if r["table"] == "list_3"]
        accepted = [r["sha256"] for r in ledger.reports() if r["table"] == "list_3"]
    assert accepted == taken, "no file is loaded twice over"


@pytest.mark.slow
def test_a_load_killed_twice_converges_and_no_cell_gets_out_on_the_way(
    home: Path, undisturbed: Any, run: Callable[..., Any], no_gate: None
) -> None:
    drop(home)
    said = ""
    for fault in ("load.after_claim", "load.before_ledger"):
        code, out, err = finished(command(home, "load", QAPM_FAULT_AT=fault))
        assert code == -signal.SIGKILL
        said += out + err
        said += "".join(p.read_bytes().decode("latin-1") for p in home.glob("store/ledger.sqlite*"))
    ran = run("load")
    assert held(home) == undisturbed
    assert_whole(home)
    said += ran.out + ran.err
    said += "".join(p.read_text("latin-1") for p in (home / "logs").rglob("*") if p.is_file())
    assert CANARY not in said


def test_what_a_kill_left_half_written_is_swept(home: Path, run: Callable[..., Any], no_gate: None) -> None:
    run("load")
    (home / "store" / "loads" / "00000007.tmp").mkdir(parents=True)
    (home / "store" / "originals").mkdir(parents=True)
    (home / "store" / "originals" / ".123.tmp").write_bytes(b"half")
    assert run("load").code == 0
    assert_whole(home)


def test_files_stay_when_the_reading_process_cannot_start(
    home: Path, run: Callable[..., Any], no_gate: None, undisturbed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home)
    waiting = sorted(p.name for p in (home / "landing").iterdir())
    with monkeypatch.context() as patched:
        patched.setenv("QAPM_PARSE_MEMORY_MB", "60")
        ran = run("load")
    assert ran.code == 1
    assert "could not start" in ran.err
    assert sorted(p.name for p in (home / "landing").iterdir()) == waiting
    run("load")
    assert held(home) == undisturbed
    assert_whole(home)


# --- F4: no room --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("size", [1_000, 30_000, 60_000], ids=lambda s: f"{s} bytes")
def test_no_room_is_said_in_one_line_and_changes_nothing(
    home: Path, undisturbed: Any, run: Callable[..., Any], no_gate: None, size: int
) -> None:
    """Files may not grow beyond `size`: the copy of the original, the ledger or the Parquet cannot be written."""
    run("loads")  # the ledger is there
    drop(home)
    patch = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    code, out, err = finished(command(home, "load", patch=patch))
    assert code == 1
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("qapm: ")
    assert "Traceback" not in err
    assert held(home) == {}
    assert (home / "landing" / JUNE).exists()

    run("load")
    assert held(home) == undisturbed
    assert_whole(home)


def test_a_child_that_cannot_write_does_not_blame_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the result folder in the way, the file stays claimed; when there is room again it is taken."""
    monkeypatch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])
    settings = Settings()
    settings.make_folders()
    (settings.store / "loads").write_bytes(b"")  # a file where the folder should be
    write_csv(home / "landing" / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))
    with pytest.raises(OSError, match="cannot write to .*store"):
        loading.load(settings, known_on=KNOWN)
    with Ledger(settings.ledger_path) as ledger:
        assert [r["state"] for r in ledger.reports()] == ["claimed"]
    (settings.store / "loads").unlink()
    loading.load(settings, known_on=KNOWN)
    assert [k[1] for k in held(home)] == ["list_3"]
    assert_whole(home)


# --- F5: two runs at once -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_of_two_runs_at_once_the_second_ends_with_75_and_the_first_is_whole(
    home: Path, run: Callable[..., Any]
) -> None:
    drop(home)
    first = command(home, "load", patch=SLOW_GATE)
    assert first.stderr is not None
    assert first.stderr.readline() == "gating\n"
    started = time.monotonic()
    second = run("load", "--json")
    assert second.code == 75
    assert time.monotonic() - started < 3
    assert second.err.startswith("qapm: another run is writing in ")
    assert second.out == ""
    assert run("build").code == 75
    assert run("loads", "--json").code == 0  # reading goes on
    first.kill()
    first.communicate()
    with one_writer(home, 0.1):  # F6: gone with the process
        pass


def test_the_lock_is_refused_to_another_process_and_given_again_to_this_one(home: Path) -> None:
    with one_writer(home), one_writer(home):
        code = "from orchestration.locks import *; from pathlib import Path; import sys\nwith one_writer(Path(sys.argv[1]), 0.1): pass"
        other = subprocess.run(
            [sys.executable, "-c", code, str(home)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "LockHeld" in other.stderr
    assert issubclass(LockHeld, RuntimeError)
    with one_writer(home, 0.1):
        pass


# --- F16: the landing folder --------------------------------------------------------------------------------------


def test_a_landing_folder_that_is_gone_is_an_error_naming_it(home: Path, run: Callable[..., Any]) -> None:
    assert run("load").code == 0  # an empty landing folder is none
    (home / "landing").rmdir()
    gone = run("load")
    assert gone.code == 1
    assert str(home / "landing") in gone.err
    assert len(gone.err.strip().splitlines()) == 1
    assert not (home / "landing").exists()
    (home / "landing").write_bytes(b"")
    assert run("load").code == 1


def test_a_new_data_folder_gets_its_landing_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    monkeypatch.setenv("QAPM_HOME", str(tmp_path / "new"))
    assert run("load").code == 0
    assert (tmp_path / "new" / "landing").is_dir()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_an_unreadable_file_holds_up_no_other(
    home: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])
    for name in ("Annex_A_2025_Jun_List_3.csv", "Annex_A_2025_May_List_3.csv"):
        write_csv(home / "landing" / name, control.grid("annex_a", "list_3"))
    real = os.access
    # the tests may run as root, which may read everything
    monkeypatch.setattr(os, "access", lambda p, mode: "Jun" not in Path(p).name and real(p, mode))
    ran = run("load", "--period", "2025-06", "--json")
    assert {(r["file"], r["state"]) for r in ran.document} == {
        ("Annex_A_2025_Jun_List_3.csv", "ignored"), ("Annex_A_2025_May_List_3.csv", "accepted"),
    }  # fmt: skip
    assert [p.name for p in (home / "landing").iterdir()] == ["Annex_A_2025_Jun_List_3.csv"]


# --- what lands ---------------------------------------------------------------------------------------------------


def test_links_folders_and_foreign_files_are_ignored_and_left_where_they_are(
    home: Path, tmp_path: Path, run: Callable[..., Any], no_gate: None
) -> None:
    outside = write_csv(tmp_path / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))
    landing = home / "landing"
    (landing / "Annex_A_2025_Jun_List_3.csv").symlink_to(outside)
    (landing / "folder.csv").mkdir()
    os.mkfifo(landing / "pipe.csv")
    for name in ("notes.docx", ".hidden.csv", "half.csv.part", "~$a.xlsx"):
        (landing / name).write_bytes(b"x")
    ran = run("load", "--json")
    assert {r["state"] for r in ran.document} == {"ignored"}
    assert len(ran.document) == 7
    assert all(r["message"] for r in ran.document)
    assert ran.code == 0
    assert len(list(landing.iterdir())) == 7


def test_names_are_data(home: Path, run: Callable[..., Any], no_gate: None) -> None:
    """Names with quotes, markup, line breaks and bytes that are no text are escaped, not obeyed."""
    content = control.csv_bytes(control.grid("annex_a", "list_3", snapshot=date(2025, 4, 30)))
    names = [
        b"Annex_A_2025_Jun'; drop table loads; --.csv",
        b"Annex_A_2025_May_[bold]{{x}}\n$(rm -rf).csv",
        b"Annex_A_2025_Apr_\xff.csv",
    ]
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(home / "landing"), name), "wb") as handle:  # noqa: PTH118, PTH123 - a name of bytes
            handle.write(content + b"\n" * number)
    ran = run("load", "--json")
    assert {r["period"] for r in ran.document} == {"2025-06", "2025-05", "2025-04"}
    assert any(r["file"] == "Annex_A_2025_Apr_\\udcff.csv" for r in ran.document)
    assert all("\n" not in r["file"] for r in ran.document)
    assert list((home / "landing").iterdir()) == []
    assert run("loads").code == 0


def test_a_file_still_being_written_is_left_for_the_next_run(
    home: Path, run: Callable[..., Any], no_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QAPM_SETTLE_SECONDS", "30")
    path = write_csv(home / "landing" / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))

    def grow(_: float) -> None:
        with path.open("ab") as handle:
            handle.write(b"\n")

    monkeypatch.setattr(loading.time, "sleep", grow)
    assert run("load", "--json").document == []
    assert path.exists()
    monkeypatch.setattr(loading.time, "sleep", lambda _: None)
    assert [r["state"] for r in run("load", "--json").document] == ["accepted"]


def test_a_file_dated_in_the_future_is_taken_when_it_stands_still(
    home: Path, run: Callable[..., Any], no_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QAPM_SETTLE_SECONDS", "0.05")
    path = write_csv(home / "landing" / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))
    os.utime(path, (time.time() + 86_400,) * 2)
    assert [r["state"] for r in run("load", "--json").document] == ["accepted"]


def test_a_file_put_in_its_place_while_the_first_is_taken_stays(
    home: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv(home / "landing" / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))
    newer = control.grid("annex_a", "list_3", rows=4)

    def gate(*_: object, **__: object) -> list[object]:
        write_csv(path, newer)
        return []

    monkeypatch.setattr("expectations.gate.gate_extracts", gate)
    assert run("load", "--json").document[0]["rows_loaded"] == 10
    assert path.exists()
    monkeypatch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])
    assert run("load", "--json").document[0]["rows_loaded"] == 4
    assert not path.exists()


def test_a_file_given_by_path_stays_and_an_empty_folder_is_not_landing(
    home: Path, tmp_path: Path, run: Callable[..., Any], no_gate: None
) -> None:
    given = write_csv(tmp_path / "Annex_A_2025_Jun_List_3.csv", control.grid("annex_a", "list_3"))
    write_csv(home / "landing" / "Annex_A_2025_May_List_3.csv", control.grid("annex_a", "list_3"))
    (tmp_path / "empty").mkdir()
    assert run("load", tmp_path / "empty", "--json").document == []
    assert run("load", given, "--json").document[0]["state"] == "accepted"
    assert given.exists()
    assert len(list((home / "landing").iterdir())) == 1


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_rejected_and_the_others_go_on(
    home: Path, run: Callable[..., Any], no_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child is killed at its limit and made anew for the next file. Memory: tests/faults/test_fuzz.py."""
    monkeypatch.setenv("QAPM_PARSE_SECONDS", "1")
    lines = control.csv_bytes(control.grid("annex_a", "list_3")).splitlines(keepends=True)
    big = home / "landing" / "Annex_A_2025_Jun_List_3.csv"
    big.write_bytes(lines[0] + b"".join(lines[1:]) * 120_000)
    write_csv(home / "landing" / "Annex_A_2025_May_List_3.csv", control.grid("annex_a", "list_3"))
    ran = run("load", "--json")
    found = {r["period"]: (r["state"], [x["code"] for x in r["reasons"]]) for r in ran.document}
    assert found[None] == ("rejected", ["LIMITS"])
    assert [r["state"] for r in ran.document if r["file"].startswith("Annex_A_2025_May")][0] in ("accepted", "accepted_with_quarantine")  # fmt: skip


# --- F17: the key -------------------------------------------------------------------------------------------------


def test_without_its_key_nothing_is_built(home: Path, run: Callable[..., Any]) -> None:
    shutil.rmtree(home / "keys")
    for verb in (["build"], ["key", "fingerprint"], ["refresh"]):
        ran = run(*verb)
        assert ran.code == 1
        assert "qapm key new" in ran.err
        assert len(ran.err.strip().splitlines()) == 1
    assert not (home / "warehouse" / "CURRENT").exists()


def test_a_changed_key_is_refused(home: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.warehouse.keys import KeyProblem, check_key, fingerprint, read_key

    settings = Settings()
    settings.make_folders()
    with Ledger(settings.ledger_path) as ledger:
        first = check_key(settings, ledger)
        assert check_key(settings, ledger) == first
        monkeypatch.setenv("QAPM_CHILD_KEY", "77" * 32)
        with pytest.raises(KeyProblem, match="has changed"):
            check_key(settings, ledger)
    ran = run("build")
    assert ran.code == 1
    assert fingerprint(first) in ran.err
    assert "77" * 8 not in ran.err
    monkeypatch.setenv("QAPM_CHILD_KEY", "not a key")
    with pytest.raises(KeyProblem, match="64 hexadecimal"):
        read_key(settings)


def test_a_new_key_is_private_and_never_replaces_one(home: Path, run: Callable[..., Any]) -> None:
    assert run("key", "new").code == 1
    (home / "keys" / "child.key").unlink()
    made = run("key", "new", "--json")
    assert made.code == 0
    assert (home / "keys" / "child.key").stat().st_mode & 0o777 == 0o600
    assert made.document["fingerprint"] == run("key", "fingerprint", "--json").document["fingerprint"]
    assert (home / "keys" / "child.key").read_text().strip() not in made.out
