"""The dbt unit tests: one for each rule, run once against a copy of the shared warehouse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.warehouse.build import current
from orchestration.warehouse.dbt import QUIET

pytestmark = pytest.mark.slow


def test_every_rule_holds_in_its_dbt_unit_test(demo_home, tmp_path):
    settings = Settings(home=demo_home)
    project = str(settings.dbt_project)
    file = tmp_path / "warehouse.duckdb"
    shutil.copyfile(current(settings).file, file)
    command = [
        str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit", "--project-dir", project,
        "--profiles-dir", project, "--target-path", str(tmp_path / "target"), "--no-use-colors",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        env=os.environ | QUIET | {"QAPM_WAREHOUSE_FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = next(line for line in reversed(done.stdout.splitlines()) if "PASS=" in line)
    counts = dict(part.split("=") for part in last.split("Done. ")[1].split())
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(counts["PASS"]) == int(counts["TOTAL"]) >= 50
