"""The warehouse as assets: candidate, dbt models with their tests as checks, promotion, zone copies."""

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from packaging.version import Version

from orchestration.assets.safety import POOL, Day, cells_kept_out
from orchestration.locks import one_writer
from orchestration.refresh import up_to_date
from orchestration.serving.zones import ZONES, zone_file
from orchestration.settings import Settings
from orchestration.warehouse.build import current, prepare, promote, serve_zones
from orchestration.warehouse.dbt import build_failed, building, candidate_file, target_folder

CONTROL = "control"  # the dbt source of the relations that preparing a candidate makes
PROMOTED = dg.AssetKey("promoted_warehouse")
Manifest = Mapping[str, Any]


class ManifestMissing(RuntimeError):
    """dbt's manifest is not there or not of these models; it is made by make, never while definitions are imported."""


def read_manifest(project: Path) -> Manifest:
    """The manifest of a dbt project. Raises ManifestMissing with the next step."""
    path = project / "target" / "manifest.json"
    if not path.is_file():
        raise ManifestMissing(f"{path} is not there: run `make parse`")
    parsed = [p for folder in ("models", "macros") for p in (project / folder).rglob("*.*")]
    if max(p.stat().st_mtime for p in parsed) > path.stat().st_mtime:
        raise ManifestMissing(f"{path} is older than the models: run `make parse`")
    return json.loads(path.read_text(encoding="utf-8"))


class Translator(DagsterDbtTranslator):
    """Names dbt nodes as the rest of the product does: a model by its table, grouped by layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey(dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["fqn"][1]  # the folder under models/


class Dbt(DbtCliResource):
    """dbt beside this Python, without two things that the resource does for every call."""

    @cached_property
    def _cli_version(self) -> Version:
        """Read here, since `dbt --version` asks the package index for newer ones."""
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        """None: a second dbt in this process would keep the candidate open, and promotion could not check it."""


def dbt_resource(project: Path) -> Dbt:
    """The dbt of this environment on a project; FileNotFoundError when the environment lacks it."""
    found = shutil.which("dbt", path=str(Path(sys.executable).parent))
    if found is None:
        raise FileNotFoundError(f"there is no dbt beside {sys.executable}: run `make env`")
    return Dbt(project_dir=project, profiles_dir=project, dbt_executable=found)


def last_models(manifest: Manifest) -> list[dg.AssetKey]:
    """The models no other model reads, in order of name; promotion waits for them."""
    children = manifest["child_map"]
    names = [
        node["name"] for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and not any(child.startswith("model.") for child in children[key])
    ]  # fmt: skip
    return [dg.AssetKey(name) for name in sorted(names)]


def candidate_assets(settings: Settings, manifest: Manifest, extracts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The control relations of schema raw, which preparing the candidate makes. Nothing new: nothing is made from here on."""
    names = sorted(s["name"] for s in manifest["sources"].values() if s["source_name"] == CONTROL)

    @dg.multi_asset(
        name="candidate",
        specs=[
            dg.AssetSpec(
                [CONTROL, name], deps=extracts, group_name=CONTROL, kinds={"duckdb"}, skippable=True,
                description=manifest["sources"][f"source.qapm.{CONTROL}.{name}"]["description"],
            )
            for name in names
        ],
        pool=POOL,
    )  # fmt: skip
    def candidate(context: dg.AssetExecutionContext, day: Day) -> Iterator[dg.MaterializeResult]:
        with cells_kept_out():
            as_at = day.date()
            if up_to_date(settings, as_at):
                context.log.info("nothing new: same loads, day and definitions as what is served and published")
                return
            ticket = prepare(settings, as_at, date.max)
            for name in names:
                yield dg.MaterializeResult(asset_key=dg.AssetKey([CONTROL, name]), metadata={"as_at": ticket["as_at"]})

    return candidate


def model_assets(settings: Settings, manifest: Manifest) -> dg.AssetsDefinition:
    """All dbt models, built into the candidate by the call the command line makes; tests of severity error block."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name="dbt_models", pool=POOL)
    def dbt_models(context: dg.AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
        with cells_kept_out():
            if context.is_subset:
                raise dg.Failure("models are built together into an empty candidate: run the job `refresh`")
            with one_writer(settings.root, settings.lock_wait_seconds), building(settings) as call:
                invocation = dbt.cli(
                    call.arguments, context=context, raise_on_error=False, target_path=target_folder(settings)
                )
                events = list(invocation.stream())
                rows = _row_counts(candidate_file(settings))
                for event in events:
                    table = _table(manifest, event) if isinstance(event, dg.Output) else None
                    if table in rows:
                        event = event.with_metadata({**event.metadata, "dagster/row_count": rows[table]})
                    yield event
                if invocation.process.returncode != 0:
                    raise build_failed(settings, f"exit code {invocation.process.returncode}")

    return dbt_models


def promoted_asset(settings: Settings, manifest: Manifest) -> dg.AssetsDefinition:
    """The candidate, gated and swapped in."""

    @dg.asset(
        key=PROMOTED, deps=last_models(manifest), group_name="serving", kinds={"duckdb"}, pool=POOL,
        description="The candidate becomes the warehouse: reconciled with the ledger, renamed, CURRENT pointed at it.",
    )  # fmt: skip
    def promoted_warehouse() -> dg.MaterializeResult:
        with cells_kept_out():
            made = promote(settings)
            return dg.MaterializeResult(
                metadata={"generation": made.name, "as_at": made.as_at.isoformat(), "bytes": made.file.stat().st_size}
            )

    return promoted_warehouse


def zone_assets(settings: Settings) -> dg.AssetsDefinition:
    """The read-only copies for BI."""

    @dg.multi_asset(
        name="zones",
        specs=[
            dg.AssetSpec(
                f"{zone}_zone", deps=[PROMOTED], group_name="serving", kinds={"duckdb", "parquet"},
                description=f"Read-only copy for BI: what the {zone} zone may hold.",
            )
            for zone in ZONES
        ],
        pool=POOL,
    )  # fmt: skip
    def zones() -> Iterator[dg.MaterializeResult]:
        with cells_kept_out():
            with one_writer(settings.root, settings.lock_wait_seconds):
                generation = current(settings)
                serve_zones(settings, generation)
            for zone in ZONES:
                counts = _row_counts(zone_file(settings, zone))
                yield dg.MaterializeResult(
                    asset_key=f"{zone}_zone",
                    metadata={
                        "dagster/row_count": sum(counts.values()),
                        "tables": len(counts),
                        "generation": generation.name,
                    },
                )

    return zones


def _row_counts(file: Path) -> dict[str, int]:
    """Rows of every table, by schema.table; views are left out, to count them is to run them."""
    import duckdb

    with duckdb.connect(str(file), read_only=True) as db:
        names = db.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        count = 'select count(*) from "{}"."{}"'
        return {f"{s}.{t}": db.execute(count.format(s, t)).fetchall()[0][0] for s, t in names}


def _table(manifest: Manifest, event: dg.Output) -> str:
    """schema.table of the model that an event of dbt's is about."""
    node = manifest["nodes"][event.metadata["unique_id"].value]
    return f"{node['schema']}.{node['alias']}"
