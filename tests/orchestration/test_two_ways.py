"""The road through Dagster: the same tables and releases as the command line, counts as metadata, no cell in any event."""

from __future__ import annotations

import json
import re

import duckdb
import pyarrow.parquet as pq
import pytest

from expectations.contracts import load_contracts
from orchestration.assets.releases import DUE
from orchestration.publishing.datasets import load_datasets
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.build import current
from tests.orchestration.conftest import AS_AT, files, landed

pytestmark = pytest.mark.xdist_group("dagster")  # the road is taken once


def table_hashes(warehouse) -> dict[str, tuple[int, int]]:
    """Rows and an order-free hash of the rows of every built table, by schema.table."""
    with duckdb.connect(str(warehouse), read_only=True) as db:
        names = db.execute("select schema_name, table_name from duckdb_tables() where schema_name <> 'raw'").fetchall()
        ask = 'select count(*), coalesce(sum(hash(t)), 0) from "{}"."{}" as t'
        return {f"{s}.{t}": db.execute(ask.format(s, t)).fetchall()[0] for s, t in names}


@pytest.fixture(scope="session")
def by_command(tmp_path_factory):
    from orchestration.refresh import refresh

    settings = landed(tmp_path_factory.mktemp("command") / "home")
    return settings, refresh(settings, AS_AT, AS_AT)


def materializations(result) -> dict[tuple[str, str | None], dict]:
    events = [e for e in result.all_events if e.event_type_value == "ASSET_MATERIALIZATION"]
    made = [e.step_materialization_data.materialization for e in events]
    return {(m.asset_key.to_user_string(), m.partition): {k: v.value for k, v in m.metadata.items()} for m in made}


def test_both_ways_make_the_same_tables(road, by_command):
    assert road.first.success
    settings, _ = by_command
    mine, theirs = (table_hashes(current(s).file) for s in (road.settings, settings))
    assert len(mine) > 40
    assert any(rows for rows, _ in mine.values())
    assert mine == theirs


def test_both_ways_write_the_same_releases(road, by_command):
    settings, done = by_command
    assert done.releases

    def content(folder):  # what is told of the run differs: its day, the load's folder
        return {name: found for name, found in folder.items() if not name.endswith("manifest.json")}

    assert content(road.published) == content(files(settings.published))
    identities = [
        {
            str(p.relative_to(s.published)): json.loads(p.read_text())["identity"]
            for p in s.published.rglob("manifest.json")
        }
        for s in (road.settings, settings)
    ]
    assert {k: v for k, v in identities[0].items() if k in identities[1]} == identities[1]


def test_extracts_models_and_releases_carry_their_row_counts(road):
    made = materializations(road.first)
    with duckdb.connect(str(current(road.settings).file), read_only=True) as db:
        for table in load_contracts().tables:
            rows = db.execute(f"select count(*) from raw.{table.relation}").fetchall()[0][0]
            found = made[f"{table.source}/{table.name}", None]
            assert found["dagster/row_count"] == found["rows_loaded_in_this_run"] == rows, table.relation
        for schema, name in db.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'raw'"
        ).fetchall():
            assert (
                made[name, None]["dagster/row_count"]
                == db.execute(f"select count(*) from {schema}.{name}").fetchall()[0][0]
            )
    released = {key: m for key, m in made.items() if key[1] is not None}
    assert len(released) == made[DUE.to_user_string(), None]["published"] > 0
    for (dataset, period), found in released.items():
        manifest = json.loads((road.settings.published / dataset / period / "v1" / "manifest.json").read_text())
        assert (found["dagster/row_count"], found["version"], found["outcome"]) == (manifest["rows"], 1, "published")


def test_every_check_passed_and_was_evaluated(road):
    evaluated = {e.asset_check_key for e in road.first.get_asset_check_evaluations() if e.passed}
    assert not [e for e in road.first.get_asset_check_evaluations() if not e.passed]
    released = {name for name, period in materializations(road.first) if period is not None}
    datasets = set(load_datasets(PROJECT_ROOT / "exports"))
    assert {k.asset_key.to_user_string() for k in evaluated} & datasets == released
    wanted = road.definitions.resolve_asset_graph().asset_check_keys
    assert evaluated == {k for k in wanted if k.asset_key.to_user_string() not in datasets - released}


def test_with_nothing_new_dbt_is_not_started(road):
    again = road.run()
    assert again.success
    assert road.started(again) == ["extracts", "candidate"]
    assert current(road.settings).name == "000001"


def test_no_cell_of_a_child_is_in_the_event_log(road):
    log = road.log(road.first)
    words = set(re.findall(r"[\w-]+", re.sub(r"\d+\.\d+", "", log)))  # without clock times
    personal = (
        "child_id",
        "family_id",
        "adopter_id",
        "audit_id",
        "response_id",
        "intervention_id",
        "date_of_birth",
        "worker",
        "placement_postcode",
    )
    cells = set()
    for path in road.settings.store.glob("loads/*/*.parquet"):
        table = pq.read_table(path)
        for name in set(personal) & set(table.column_names):
            cells |= {str(v) for v in table[name].to_pylist() if v is not None}
    assert len(cells) > 3000
    spaced = {c for c in cells if re.search(r"[^\w-]", c)}
    assert not {c for c in cells - spaced if c in words and len(c) > 3}
    assert not {c for c in spaced if c in log}


def test_models_are_not_built_one_by_one(road):
    import dagster as dg

    alone = road.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=road.instance, raise_on_error=False, asset_selection=[dg.AssetKey("dim_child")]
    )
    assert not alone.success
    assert "run the job `refresh`" in road.log(alone)
