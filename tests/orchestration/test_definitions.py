"""What Dagster is told: the graph, its checks, partitions, pool and the instance's settings. Nothing is run here."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from expectations.contracts import load_contracts
from orchestration.assets import extracts, releases, warehouse
from orchestration.assets.audits import AUDIT_LIST
from orchestration.assets.safety import POOL, NoRows, cells_kept_out
from orchestration.definitions import build_definitions
from orchestration.locks import LockHeld
from orchestration.periods import LONDON, parse_period
from orchestration.publishing.datasets import load_datasets
from orchestration.settings import PROJECT_ROOT, Settings


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory, manifest) -> dg.Definitions:
    made = build_definitions(home=tmp_path_factory.mktemp("definitions"))
    dg.Definitions.validate_loadable(made)
    return made


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def downstream(graph, key: dg.AssetKey) -> set[dg.AssetKey]:
    found, waiting = set(), {key}
    while waiting:
        waiting = set().union(*(graph.get(k).child_keys for k in waiting)) - found
        found |= waiting
    return found


def test_an_extract_leads_to_models_promotion_zones_and_releases(graph):
    reached = {k.to_user_string() for k in downstream(graph, dg.AssetKey(["annex_a", "list_3"]))}
    road = {
        "stg_annex_a__referrals",
        "fct_referrals",
        "kpi_values",
        "promoted_warehouse",
        "aggregate_zone",
        "releases_due",
    }
    assert road | set(load_datasets(PROJECT_ROOT / "exports")) <= reached


def test_every_contract_table_and_model_is_an_asset_that_can_be_made(graph, manifest):
    tables = {extracts.extract_key(t) for t in load_contracts().tables}
    sources = {dg.AssetKey([s["source_name"], s["name"]]) for s in manifest["sources"].values()}
    models = {dg.AssetKey(n["name"]) for n in manifest["nodes"].values() if n["resource_type"] == "model"}
    assert tables <= sources
    assert sources | models <= graph.materializable_asset_keys
    assert graph.materializable_asset_keys == graph.get_all_asset_keys()


def test_every_extract_table_has_a_blocking_check_made_from_the_contract(graph):
    blocking = {k for k in graph.asset_check_keys if graph.get(k).blocking}
    for table in load_contracts().tables:
        assert dg.AssetCheckKey(extracts.extract_key(table), extracts.ACCOUNTED) in blocking


def test_dbt_tests_of_severity_error_block_and_others_do_not(graph, manifest, tmp_path):
    tests = {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "test"}
    checks = {k.name: graph.get(k) for k in graph.asset_check_keys if k.name in tests}
    assert tests and checks.keys() == tests.keys()
    for name, node in tests.items():
        assert checks[name].blocking is (node["config"]["severity"].lower() == "error"), name

    softened = copy.deepcopy(manifest)
    unique_id = next(iter(n["unique_id"] for n in tests.values() if n["config"]["severity"].lower() == "error"))
    softened["nodes"][unique_id]["config"]["severity"] = "warn"
    models = warehouse.model_assets(Settings(home=tmp_path), softened)
    blocking = {spec.name: spec.blocking for spec in models.check_specs}
    assert blocking[manifest["nodes"][unique_id]["name"]] is False
    assert list(blocking.values()).count(False) == 1 + sum(
        n["config"]["severity"].lower() != "error" for n in tests.values()
    )


@pytest.mark.parametrize(("cadence", "unit", "example"), [
    ("weekly", "week", "2025-W37"), ("half_yearly", "half", "2025-26-H1"), ("monthly", "month", "2025-09"), ("quarterly", "quarter", "2025-26-Q2"), ("annual", "year", "2025-26"),
])  # fmt: skip
def test_partition_keys_are_period_keys_of_the_financial_year_from_april(cadence, unit, example):
    keys = releases.PARTITIONS[cadence].get_partition_keys()
    assert example in keys
    assert {parse_period(key).unit for key in keys} == {unit}
    first = parse_period(keys[0])
    assert first.start.month == 4 or (unit == "week" and first.start <= date(2020, 4, 1) <= first.end)


def test_a_dataset_is_partitioned_by_its_cadence_and_named_by_its_file(definitions):
    for name, dataset in load_datasets(PROJECT_ROOT / "exports").items():
        asset = definitions.resolve_assets_def(name)
        assert asset.partitions_def == releases.PARTITIONS[dataset.cadence]


def test_every_asset_is_in_the_pool_of_writers(definitions):
    assert {a.op.pool for a in definitions.assets} == {POOL}


def test_jobs_are_the_road_and_one_publication_per_cadence(definitions):
    jobs = {job.name: job for job in definitions.jobs}
    cadences = {dataset.cadence for dataset in load_datasets(PROJECT_ROOT / "exports").values()}
    assert cadences <= set(releases.PARTITIONS)
    assert set(jobs) == {"refresh", "draw_audits"} | {f"publish_{cadence}" for cadence in cadences}
    road = definitions.resolve_job_def("refresh")
    assert road.partitions_def is None
    datasets = {dg.AssetKey(name) for name in load_datasets(PROJECT_ROOT / "exports")}
    made = road.asset_layer.selected_asset_keys
    assert made == definitions.resolve_asset_graph().materializable_asset_keys - datasets - {AUDIT_LIST}
    assert definitions.resolve_job_def("draw_audits").asset_layer.selected_asset_keys == {AUDIT_LIST}
    published = [definitions.resolve_job_def(f"publish_{c}").asset_layer.selected_asset_keys for c in cadences]
    assert set().union(*published) == datasets


def test_schedules_run_in_english_time_when_no_hour_is_missing_or_doubled(definitions):
    assert len(definitions.schedules) == len(definitions.jobs)  # each job has one
    for schedule in definitions.schedules:
        minute, hour = (int(part) for part in schedule.cron_schedule.split()[:2])
        assert schedule.execution_timezone == "Europe/London"
        assert 5 * 60 <= hour * 60 + minute <= 7 * 60, schedule.name


def test_audits_of_a_month_are_drawn_on_its_first_day(definitions):
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2025, 11, 1, 5, 50, tzinfo=LONDON),
        repository_def=definitions.get_repository_def(),
    )
    [request] = definitions.resolve_schedule_def("draw_audits_on_the_first").evaluate_tick(context).run_requests
    assert request.partition_key == "2025-11"


@pytest.mark.slow
def test_definitions_import_neither_great_expectations_nor_pandas():
    code = (
        "import sys, orchestration.definitions as d; d.build_definitions(); "
        "print([m for m in ('great_expectations', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_or_old_manifest_names_the_next_step(tmp_path):
    for folder in ("exports", "expectations"):
        (tmp_path / folder).symlink_to(PROJECT_ROOT / folder)
    manifest = tmp_path / "dbt_project" / "target" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    (tmp_path / "dbt_project" / "models").symlink_to(PROJECT_ROOT / "dbt_project" / "models")
    with pytest.raises(warehouse.ManifestMissing, match="not there: run `make parse`"):
        build_definitions(project_root=tmp_path, home=tmp_path)
    manifest.write_text(json.dumps({}))
    os.utime(manifest, (0, 0))
    with pytest.raises(warehouse.ManifestMissing, match="older than the models: run `make parse`"):
        build_definitions(project_root=tmp_path, home=tmp_path)


def test_dbt_is_the_one_beside_this_python_and_does_not_ask_for_its_version(monkeypatch):
    dbt = warehouse.dbt_resource(PROJECT_ROOT / "dbt_project")
    assert Path(dbt.dbt_executable).parent == Path(sys.executable).parent
    monkeypatch.setattr("dagster_dbt.core.resource.check_output", lambda *_: pytest.fail("dbt --version was called"))
    assert dbt._cli_version.major == 1


def test_instance_settings_keep_telemetry_off_and_let_one_writer_run(tmp_path):
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path), config_dir=str(PROJECT_ROOT))) as instance:
        assert instance.telemetry_enabled is False
        assert instance.run_monitoring_enabled is True
        pools = instance.get_concurrency_config().pool_config
        assert (pools.pool_granularity.value, pools.default_pool_limit) == ("run", 1)
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"


def test_rows_are_refused_by_the_io_manager(definitions):
    assert isinstance(definitions.resources["io_manager"], NoRows)

    @dg.asset
    def rows() -> list[int]:
        return [1]

    with pytest.raises(TypeError, match="metadata only"):
        dg.materialize([rows], resources={"io_manager": NoRows()})


def test_an_error_of_our_own_is_told_and_one_of_a_library_is_not():
    with pytest.raises(dg.Failure, match="another run is writing"), cells_kept_out():
        raise LockHeld("another run is writing")
    with pytest.raises(dg.Failure) as told, cells_kept_out():
        int("CANARY")
    assert "unexpected ValueError at test_definitions.py" in str(told.value)
    assert "CANARY" not in str(told.value)
    assert told.value.__suppress_context__
