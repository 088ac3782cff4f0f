"""The command line: exit codes, hints, one JSON document, no stack trace, no heavy imports."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration import cli
from tests import control
from tests.conftest import ROOT
from tests.control import CANARY, write_csv

VERBS = (
    "load", "loads", "quarantine", "build", "refresh", "demo", "generate", "publish", "releases", "verify", "datasets", "query",
)  # fmt: skip


def one_line(text):
    return len(text.strip().splitlines()) == 1


def test_help_names_every_verb_and_what_every_verb_takes(run):
    shown = run("--help")
    assert shown.code == 0
    for verb in (*VERBS, "kpi", "key"):
        assert verb in shown.out
    assert "--json" in shown.out


@pytest.mark.parametrize("verb", [*([v] for v in VERBS), ["kpi", "list"], ["kpi", "show"], ["kpi", "values"], ["kpi", "cases"], ["key", "new"], ["key", "fingerprint"]], ids=" ".join)  # fmt: skip
def test_every_verb_has_help(run, verb):
    shown = run(*verb, "--help")
    assert shown.code == 0
    assert "Usage: qapm " + " ".join(verb) in shown.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "frobnicate"),
        (["load", "--nonsense"], "--nonsense"),
        (["load", "no/such/file.csv"], "no such file: no/such/file.csv"),
        (["load", "--period", "2025-13"], "2025-09 (month)"),
        (["load", "--period", "2025-26-Q2"], "is not a month"),
        (["load", "--as-at", "yesterday"], "write it like 2025-09-30"),
        (["quarantine", "--load", "one"], "valid integer"),
        (["generate"], "--to"),
        (["generate", "--to", "x", "--scale", "huge"], "authority"),
        (["generate", "--to", "x", "--deliveries", "2025-09..2025-04"], "range of months"),
        (["demo", "--scale", "huge"], "authority"),
        (["publish"], "qapm publish DATASET --period P"),
        (["publish", "--period", "2025-09"], "--period needs a dataset"),
        (["publish", "contract_key_performance_indicators", "--period", "2025-09", "--due"], "say what to publish"),
        (["verify", "no/such/release"], "qapm releases"),
        (["kpi", "show", "XX-99"], "XX-99"),
        (["kpi", "values", "CP-01", "--zone", "public"], "restricted, practice, aggregate"),
        (["query", "select 1", "--zone", "public"], "restricted, practice, aggregate"),
        (["kpi", "cases", "CP-01"], "--period"),
    ],
)
def test_wrong_use_ends_with_2_and_a_hint(run, home, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert ran.code == 2
    assert says in " ".join(ran.err.replace("│", " ").split())
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert not Path("x").exists()


@pytest.mark.parametrize(
    "arguments", [["kpi", "values", "CP-01"], ["kpi", "cases", "CP-01", "--period", "2025-09"], ["query", "select 1"], ["publish", "--due"]]
)  # fmt: skip
def test_before_anything_is_built_the_verb_says_what_to_do(run, home, arguments):
    ran = run(*arguments)
    assert ran.code == 1
    assert "qapm refresh" in ran.err
    assert one_line(ran.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["load"], ["loads"], ["loads", "--current"], ["quarantine"], ["releases"], ["datasets", "--as-at", "2025-11-10"], ["kpi", "list"],
        ["kpi", "show", "CP-01"], ["key", "fingerprint"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_json_is_one_document_and_nothing_else(run, home, arguments):
    ran = run(*arguments, "--json")
    assert ran.code == 0
    assert isinstance(json.loads(ran.out), list | dict)
    assert ran.err == ""
    assert ran.out == run("--json", *arguments).out, "--json may stand anywhere"


def test_quiet_says_nothing_when_all_is_well(run, home):
    write_csv(home / "landing" / "notes.docx", control.grid("annex_a", "list_3"))
    assert run("loads", "--quiet").out == ""
    assert run("kpi", "list", "-q").out == ""


def test_a_rejected_file_is_one_line_naming_file_list_column_and_what_to_do(run, home, tmp_path):
    one = control.grid("annex_a", "list_3")
    for row in [one.headers, *one.rows]:
        del row[0]
    path = write_csv(tmp_path / "Annex_A_2025_Jun_List_3.csv", one)
    ran = run("load", path)
    assert ran.code == 1
    assert one_line(ran.err)
    for text in (
        "Annex_A_2025_Jun_List_3.csv: rejected: MISSING_COLUMN",
        "list_3",
        "Child Unique ID",
        "add it and send the file again",
    ):
        assert text in ran.err
    assert CANARY not in ran.out + ran.err


def test_a_json_report_has_the_fields_people_script(run, home, tmp_path):
    (tmp_path / "Annex_A_2025_Jun.csv").write_bytes(b"")
    (report,) = run("load", tmp_path / "Annex_A_2025_Jun.csv", "--json").document
    assert {
        "file", "sha256", "source", "table", "period", "state", "rows_read", "rows_loaded", "rows_quarantined", "rows_deduplicated",
        "reasons", "message",
    } <= set(report)  # fmt: skip
    assert report["reasons"] == [{"code": "EMPTY_FILE", "column": "", "rows": [], "action": "rejected"}]


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyError("CANARY-cell"), 1, "unexpected KeyError: run again with --debug"),
        (pa.ArrowInvalid("Could not convert 'CANARY-cell' to date"), 2, "unexpected ArrowInvalid"),
        (duckdb.ConversionException("invalid date field: CANARY-cell"), 1, "unexpected ConversionException"),
        (sqlite3.OperationalError("database or disk is full"), 1, "database or disk is full"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (ValueError("first line\nsecond line"), 2, "qapm: first line"),
        (RuntimeError("the gate failed"), 1, "qapm: the gate failed"),
    ],
)
def test_an_error_is_one_line_without_a_cell_or_a_stack_trace(run, home, monkeypatch, error, code, says):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("orchestration.ingest.load.load", fail)
    ran = run("load", "--json")
    assert ran.code == code
    assert says in ran.err
    assert one_line(ran.err)
    assert "CANARY" not in ran.out + ran.err
    assert "Traceback" not in ran.err
    with pytest.raises(type(error)):
        run("load", "--debug")


def test_an_interrupt_is_not_swallowed(home, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestration.ingest.load.load", stop)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        cli.main(["load"])


def test_generate_writes_the_months_asked_for(run, home, tmp_path):
    ran = run(
        "generate", "--to", tmp_path / "made", "--as-at", "2025-11-10", "--deliveries", "2025-10..2025-10", "--json"
    )
    assert ran.code == 0
    assert {Path(r["file"]).name for r in ran.document} >= {"Annex_A_2025_Oct.xlsx"}
    assert sum("Annex_A" in r["file"] for r in ran.document) == 1
    assert all(Path(r["file"]).stat().st_size == r["bytes"] for r in ran.document)


@pytest.mark.slow
def test_a_run_with_nothing_new_imports_nothing_heavy(home):
    """`load`, `loads` and `kpi list` start neither Great Expectations, Dagster nor dbt."""
    code = (
        "import sys\nfrom orchestration import cli\n"
        "for arguments in (['load'], ['loads'], ['quarantine'], ['kpi', 'list']):\n"
        "    try:\n        cli.main([*arguments, '--quiet'])\n    except SystemExit as end:\n        assert not end.code\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'great_expectations', 'dagster', 'dbt', 'pandas'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_installed_command_is_this_one():
    command = Path(sys.executable).with_name("qapm")
    assert command.exists() or shutil.which("qapm")
    ran = subprocess.run([str(command), "nonsense"], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stdout == ""


@pytest.mark.parametrize("arguments", [["releases"], ["kpi", "values", "CP-01"], ["datasets", "--as-at", "2025-11-10"], ["loads", "--current"], ["query", "select count(*) as n from dim_child"], ["kpi", "cases", "CP-01", "--period", "2025-09"]], ids=" ".join)  # fmt: skip
def test_on_a_built_home_json_is_one_document(run, demo_home, monkeypatch, arguments):
    monkeypatch.setenv("QAPM_HOME", str(demo_home))
    ran = run(*arguments, "--json")
    assert ran.code == 0, ran.err
    assert isinstance(ran.document, list)
    assert ran.document
    assert ran.err == ""


def test_what_was_published_verifies(run, demo_home, monkeypatch):
    monkeypatch.setenv("QAPM_HOME", str(demo_home))
    ran = run("verify", demo_home / "published", "--json")
    assert (ran.code, ran.document["ok"], ran.document["problems"]) == (0, True, [])
    assert run("verify", demo_home / "published").code == 0


def test_a_wrong_query_is_wrong_use_and_quotes_no_cell(run, demo_home, monkeypatch):
    monkeypatch.setenv("QAPM_HOME", str(demo_home))
    for sql in ("select * from no_such_table", "selec 1", "select cast(child_id as date) from dim_child"):
        ran = run("query", sql)
        assert ran.code == 2
        assert one_line(ran.err)
    assert run("query", "drop table marts.dim_child").code == 2
    assert run("query", "select count(*) from dim_child").code == 0


def test_a_kpi_that_does_not_exist_is_wrong_use(run, demo_home, monkeypatch):
    monkeypatch.setenv("QAPM_HOME", str(demo_home))
    for arguments in (
        ["kpi", "values", "XX-99"],
        ["kpi", "cases", "XX-99", "--period", "2025-09"],
        ["kpi", "values", "CP-01", "--basis", "W"],
    ):
        ran = run(*arguments)
        assert ran.code == 2, ran.out
        assert one_line(ran.err)
