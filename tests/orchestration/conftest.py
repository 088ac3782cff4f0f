"""Fixtures of the Dagster tests: the definitions, and one data folder taken along the road through Dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.assets.warehouse import ManifestMissing, read_manifest
from orchestration.definitions import build_definitions
from orchestration.periods import month_range
from orchestration.settings import PROJECT_ROOT, Settings
from tests.conftest import ANNEX_A_ONLY, make_home

AS_AT = date(2025, 10, 20)
FIRST, LAST = "2025-08", "2025-09"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the road wait for it to be taken; their modules carry the group that keeps them in one worker."""
    for item in items:
        if "road" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """dbt's manifest as `make parse` leaves it."""
    try:
        return dict(read_manifest(PROJECT_ROOT / "dbt_project"))
    except ManifestMissing as missing:
        pytest.fail(str(missing))


def files(folder: Path) -> dict[str, str]:
    """sha256 of every file under a folder, by relative path."""
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@dataclass
class Road:
    """A data folder and the runs that were made on it."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    first: dg.ExecuteInProcessResult
    published: dict[str, str]

    def run(self, job: str = "refresh", as_at: str = "", **how: Any) -> dg.ExecuteInProcessResult:
        """Run a job in this process; `how` is what execute_in_process takes."""
        config = how.pop("run_config", {"resources": {"day": {"config": {"as_at": as_at}}}} if as_at else {})
        job_definition = self.definitions.resolve_job_def(job)
        return job_definition.execute_in_process(instance=self.instance, raise_on_error=False, run_config=config, **how)

    def log(self, result: dg.ExecuteInProcessResult) -> str:
        """Everything Dagster has stored of a run, as text."""
        return "\n".join(dg.serialize_value(entry) for entry in self.instance.all_logs(result.run_id))

    def started(self, result: dg.ExecuteInProcessResult) -> list[str]:
        """The steps of a run that were started."""
        return [str(e.step_key) for e in result.all_events if e.event_type_value == "STEP_START"]


def landed(folder: Path) -> Settings:
    """A data folder with two months of generated extracts in its landing folder."""
    from orchestration.synthetic.generate import generate

    make_home(folder)
    settings = Settings(home=folder, settle_seconds=0)
    generate(settings.landing, AS_AT, deliveries=len(month_range(FIRST, LAST)), last=LAST, sources=ANNEX_A_ONLY)
    return settings


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """The job `refresh`, run once on generated extracts. Nothing that comes after may change its warehouse."""
    settings = landed(tmp_path_factory.mktemp("dagster") / "home")
    definitions = build_definitions(home=settings.home, settle_seconds=0, as_at=AS_AT.isoformat())
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("refresh").execute_in_process(instance=instance, raise_on_error=False)
        yield Road(settings, definitions, instance, result, files(settings.published))


@pytest.fixture
def empty(tmp_path: Path) -> Callable[..., tuple[Settings, dg.Definitions]]:
    """A data folder with nothing in it, and its definitions."""

    def make(**overrides: Any) -> tuple[Settings, dg.Definitions]:
        make_home(tmp_path / "home")
        overrides = {"home": tmp_path / "home", "settle_seconds": 0} | overrides
        return Settings(**overrides), build_definitions(**overrides)

    return make
