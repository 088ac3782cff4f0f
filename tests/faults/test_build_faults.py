"""A build that is killed (F2), and a reader that holds a zone file while it is replaced (F8)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.serving.zones import served_generation, zone_file
from orchestration.settings import Settings
from orchestration.warehouse.build import current, serve_zones

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")]


@pytest.fixture(scope="module")
def copy(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("killed") / "home"
    shutil.copytree(demo_home, home, ignore=shutil.ignore_patterns("building"))
    return Settings(home=home)


# `qapm` whose models are not made by dbt but copied from the generation in the first argument: what is killed here is the
# promotion that comes after, and dbt takes minutes.
COPYING = """
import shutil, sys
from pathlib import Path
from orchestration import cli
from orchestration.warehouse import build, dbt

def copy_models(settings):
    built = Path(sys.argv[1])
    shutil.copyfile(built / "warehouse.duckdb", dbt.candidate_file(settings))
    dbt.target_folder(settings).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(built / "manifest.json", dbt.target_folder(settings) / "manifest.json")
    dbt.tested_mark(settings).touch()

build.run_dbt = copy_models
cli.main(sys.argv[2:])
"""


def build(settings: Settings, as_at: str, fault: str = "", copying: Path | None = None) -> int:
    arguments = ["build", "--as-at", as_at, "--quiet"]
    if copying:
        command = [sys.executable, "-c", COPYING, str(copying), *arguments]
    else:
        command = [str(Path(sys.executable).with_name("qapm")), *arguments]
    variables = {"QAPM_HOME": str(settings.root), "QAPM_FAULT_AT": fault}
    return subprocess.run(command, env=os.environ | variables, check=False).returncode


def test_a_killed_build_leaves_what_is_served_and_the_next_one_converges(copy: Settings):
    before, built = current(copy).name, current(copy).folder
    served = zone_file(copy, "practice").read_bytes()
    for fault in ("build.before_rename", "build.before_current"):
        assert build(copy, "2025-11-09", fault, built) == -signal.SIGKILL
        assert current(copy).name == before
        assert zone_file(copy, "practice").read_bytes() == served
    assert build(copy, "2025-11-09") == 0
    assert current(copy).name != before
    assert current(copy).as_at.isoformat() == "2025-11-09"
    assert served_generation(copy) == current(copy).name


def test_a_reader_keeps_its_snapshot_while_the_zone_is_replaced(copy: Settings):
    with duckdb.connect(str(zone_file(copy, "practice")), read_only=True) as reader:
        held = reader.execute("select count(*) from kpi_values").fetchone()
        serve_zones(copy, current(copy))
        assert reader.execute("select count(*) from kpi_values").fetchone() == held
    with duckdb.connect(str(zone_file(copy, "practice")), read_only=True) as later:
        assert later.execute("select count(*) from kpi_values").fetchone()[0] > 0


def test_a_zone_that_went_missing_is_made_again(copy: Settings):
    shutil.rmtree(copy.serving / "practice")
    assert served_generation(copy) is None
    assert build(copy, current(copy).as_at.isoformat()) == 0
    assert zone_file(copy, "practice").is_file()


def test_an_empty_pointer_is_no_dead_end(copy: Settings):
    as_at = current(copy).as_at.isoformat()
    (copy.warehouse / "CURRENT").write_text("")
    (latest,) = sorted(p for p in copy.warehouse.iterdir() if p.name.isdigit())[-1:]
    assert build(copy, as_at, copying=latest) == 0
    assert current(copy).as_at.isoformat() == as_at
