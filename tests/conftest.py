"""Fixtures of all tests: data folders, the command line, the shared warehouse of a synthetic authority, the samples."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `tests.control` can be imported from any folder

AS_AT = date(2025, 11, 10)
KEY = "5a" * 32
ANNEX_A_ONLY = ("annex_a", "quality_assurance", "voice", "reference")  # an authority that does not send its case system


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    document: Any
    out: str
    err: str


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the shared warehouse are slow and run in one worker, so that it is built once."""
    for item in items:
        if {"demo_home", "warehouse"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
            if item.get_closest_marker("xdist_group") is None:
                item.add_marker(pytest.mark.xdist_group("warehouse"))
        elif "annex_a_warehouse" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    """Settings of the machine that runs the tests must not change what they find."""
    for name in [n for n in os.environ if n.startswith("QAPM_")]:
        del os.environ[name]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder with a pseudonym key, named by QAPM_HOME."""
    folder = tmp_path / "home"
    make_home(folder)
    monkeypatch.setenv("QAPM_HOME", str(folder))
    monkeypatch.setenv("QAPM_SETTLE_SECONDS", "0")
    monkeypatch.setenv("QAPM_LOCK_WAIT_SECONDS", "0.2")
    return folder


def make_home(folder: Path) -> None:
    """Make a data folder with its landing folder and a pseudonym key."""
    (folder / "landing").mkdir(parents=True)
    (folder / "keys").mkdir(mode=0o700)
    (folder / "keys" / "child.key").write_text(KEY + "\n", encoding="ascii")


@pytest.fixture
def run() -> Callable[..., Ran]:
    """Calls the `qapm` command in this process: run("load", path, "--json") gives code, JSON document, both streams."""

    def call(*arguments: object) -> Ran:
        from orchestration import cli

        out, err, code, umask = io.StringIO(), io.StringIO(), 0, os.umask(0o022)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                cli.main([str(a) for a in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os.umask(umask)
        document = json.loads(out.getvalue()) if "--json" in arguments and out.getvalue() else None
        return Ran(code, document, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout that holds the published sample files."""
    folder = ROOT.parent / "shared"
    if not (folder / "samples").is_dir():
        pytest.skip("the published sample files are not beside the checkout (../shared/samples)")
    return folder


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder taken from generated extracts (18 deliveries, small, as at 10 November 2025) to published datasets.

    Made once; a test that changes anything works on a copy.
    """
    from orchestration.refresh import refresh
    from orchestration.settings import Settings
    from orchestration.synthetic.generate import generate

    folder = tmp_path_factory.mktemp("demo") / "home"
    make_home(folder)
    settings = Settings(home=folder, settle_seconds=0)
    generate(settings.landing, AS_AT)
    refresh(settings, AS_AT, AS_AT)
    yield folder
    shutil.rmtree(folder.parent)


@contextlib.contextmanager
def without_data_tests() -> Iterator[None]:
    """Builds make the models alone: a third less time where the data tests, held by `demo_home`, are not the matter."""
    from dataclasses import replace
    from unittest import mock

    from orchestration.warehouse import dbt

    whole = dbt.build_call

    def models_only(settings: Any) -> Any:
        call = whole(settings)
        first = call.arguments.index("--project-dir")
        return replace(call, arguments=["run", *call.arguments[first:]])

    with mock.patch.object(dbt, "build_call", models_only):
        yield


@pytest.fixture(scope="session")
def annex_a_file(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The promoted warehouse of the same authority as `demo_home` that sends Annex A workbooks instead of its case system.

    Made once for all workers; read-only.
    """
    from filelock import FileLock

    from orchestration.ingest.load import load
    from orchestration.settings import Settings
    from orchestration.synthetic.generate import generate
    from orchestration.warehouse.build import build, current

    shared_base = tmp_path_factory.getbasetemp()
    shared_base = shared_base if worker_id == "master" else shared_base.parent
    folder = shared_base / "annex_a_only"
    settings = Settings(home=folder, settle_seconds=0)
    with FileLock(str(shared_base / "annex_a_only.lock")):
        if not (settings.warehouse / "CURRENT").is_file():
            make_home(folder)
            generate(settings.landing, AS_AT, sources=ANNEX_A_ONLY)
            load(settings, known_on=AS_AT)
            with without_data_tests():
                build(settings, AS_AT, AS_AT)
    return current(settings).file


@pytest.fixture
def annex_a_warehouse(annex_a_file: Path) -> Iterator[Any]:
    """A read-only connection to the warehouse of `annex_a_file`."""
    import duckdb

    connection = duckdb.connect(str(annex_a_file), read_only=True)
    yield connection
    connection.close()


@pytest.fixture
def warehouse(demo_home: Path) -> Iterator[Any]:
    """A read-only connection to the promoted warehouse of `demo_home`."""
    import duckdb

    from orchestration.settings import Settings
    from orchestration.warehouse.build import current

    connection = duckdb.connect(str(current(Settings(home=demo_home)).file), read_only=True)
    yield connection
    connection.close()
