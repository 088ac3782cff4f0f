"""Gates through Dagster: a failing one stops the road, and what was served and published stays as it is, byte for byte."""

from __future__ import annotations

import json
from datetime import timedelta

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.contracts import load_contracts
from orchestration.assets import extracts
from orchestration.ledger import Ledger
from orchestration.warehouse.dbt import candidate_file
from tests.orchestration.conftest import files

pytestmark = pytest.mark.xdist_group("dagster")  # the road is taken once

CANARY = 471147114711


def stored(settings, relation):
    return sorted(settings.store.glob(f"loads/*/{relation}.parquet"))[-1]


@pytest.fixture
def restored():
    """Puts files back as they were when the test ends."""
    kept = {}
    yield lambda path: kept.setdefault(path, path.read_bytes())
    for path, content in kept.items():
        path.write_bytes(content)


def replace_column(path, name: str, column: pa.Array) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.column_names.index(name), name, column), path)


def state(settings):
    return {name: files(settings.root / name) for name in ("published", "serving")} | {
        "CURRENT": (settings.warehouse / "CURRENT").read_bytes()
    }


def test_failing_tests_and_models_stop_publication_and_keep_the_last_good_release(road, restored, capfd):
    before = state(road.settings)
    assert before["published"] and before["CURRENT"]
    assessments, *stars = (
        stored(road.settings, r) for r in ("annex_a__list_4", "voice__webstar", "voice__webstar_areas")
    )
    for path in (assessments, *stars):
        restored(path)
    table = pq.read_table(assessments)  # authorised before they began: a dbt test fails, its model does not
    early = [day and day - timedelta(days=30) for day in table["assessment_start_date"].to_pylist()]
    replace_column(assessments, "authorisation_date", pa.array(early, pa.date32()))
    # scores, on a scale to match, that no integer holds: a model fails, and DuckDB quotes the cell
    for path, column in zip(stars, ("score", "scale_maximum"), strict=True):
        replace_column(path, column, pa.array([CANARY] * pq.read_metadata(path).num_rows, pa.int64()))

    failed = road.run(as_at="2025-10-21")

    assert not failed.success
    assert road.started(failed) == ["extracts", "candidate", "dbt_models"]
    assert state(road.settings) == before
    log = road.log(failed)
    assert "was not promoted; what was served stays" in log
    [wrong] = [e for e in failed.get_asset_check_evaluations() if not e.passed]
    assert (wrong.asset_key, wrong.check_name) == (
        dg.AssetKey("fct_assessments"),
        "holds_fct_assessments_working_days_0",
    )
    assert wrong.blocking
    with duckdb.connect(str(candidate_file(road.settings))) as db, pytest.raises(duckdb.Error, match=str(CANARY)):
        db.execute("select cast(score as integer) from raw.voice__webstar").fetchall()
    assert "fct_webstar_pairs (error)" in log
    printed = capfd.readouterr()
    assert str(CANARY) not in log + printed.out + printed.err

    alone = road.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=road.instance, raise_on_error=False, asset_selection=[dg.AssetKey("promoted_warehouse")]
    )
    assert not alone.success
    assert "no candidate whose models were all built and tested" in road.log(alone)
    assert state(road.settings) == before

    sensor = road.definitions.resolve_sensor_def("alert_on_failure")
    failure = next(e for e in failed.all_events if e.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name, dagster_event=failure, dagster_instance=road.instance, dagster_run=failed.dagster_run
    ).for_run_failure()
    sensor(context)
    line = json.loads((road.settings.logs / "alerts.jsonl").read_text().splitlines()[-1])
    assert {k: line[k] for k in ("job", "run_id", "what", "steps")} == {
        "job": "refresh", "run_id": failed.run_id, "what": "failed", "steps": ["dbt_models"],
    }  # fmt: skip


def test_a_store_that_lost_rows_stops_the_road_before_the_warehouse(road, restored):
    before = state(road.settings)
    path = stored(road.settings, "annex_a__list_3")
    restored(path)
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)

    failed = road.run(as_at="2025-10-22")

    assert not failed.success
    assert road.started(failed) == ["extracts"]
    [wrong] = [e for e in failed.get_asset_check_evaluations() if not e.passed]
    assert (wrong.asset_key, wrong.check_name, wrong.blocking) == (
        dg.AssetKey(["annex_a", "list_3"]),
        extracts.ACCOUNTED,
        True,
    )
    assert wrong.metadata["expected_rows"].value == wrong.metadata["stored_rows"].value + 1
    assert state(road.settings) == before


def test_rows_that_do_not_add_up_fail_the_check(road):
    table = load_contracts().table("annex_a", "list_3")
    with Ledger(road.settings.ledger_path) as ledger:
        loads = [r for r in ledger.current_tables() if r["table_name"] == "list_3"]
    assert extracts.account(road.settings, table, loads).passed
    loads[0]["rows_read"] += 1
    assert not extracts.account(road.settings, table, loads).passed


def test_a_rejected_file_warns_and_alerts_but_blocks_nothing(empty):
    settings, definitions = empty()
    (settings.landing / "Annex_A_2025_Sep_List_3.csv").write_text("nothing,of,a,list\n1,2,3,4\n")
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance, raise_on_error=False,
            asset_selection=[extracts.LANDED, *(extracts.extract_key(t) for t in load_contracts().tables)],
        )  # fmt: skip
    assert result.success
    [wrong] = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert (wrong.check_name, wrong.severity, wrong.blocking) == (
        extracts.NONE_REJECTED,
        dg.AssetCheckSeverity.WARN,
        False,
    )
    line = json.loads((settings.logs / "alerts.jsonl").read_text())
    assert line["what"] == "rejected: loads [1]"
