"""Zone copies: restricted, practice and aggregate, each a DuckDB file and Parquet that BI tools open read-only.

A lower zone is built without what it may not hold, never hidden by a view: DuckDB has no grants. Restricted records
are in no row-level table of any zone, nor are families that have no other children; they count in the aggregates.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.limits import sync_file, sync_folder
from orchestration.settings import Settings

ZONES = ("restricted", "practice", "aggregate")
FILE = "qapm.duckdb"
STORAGE = "v1.2.0"  # readable by every DuckDB driver since 1.2, which BI tools ship
# Column -> the values whose rows no zone holds.
WITHHELD = {
    "child_key": "select child_key from built.marts.dim_child where record_restriction <> 'none'",
    "family_key": "select family_key from built.marts.dim_family where is_withheld",
}


class NothingServed(RuntimeError):
    """No warehouse has been built, so no zone holds anything."""


@dataclass(frozen=True)
class _Model:
    schema: str
    name: str
    zones: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]  # (name, restricted zone only)


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return {**node.get("meta", {}), **node.get("config", {}).get("meta", {})}


def models(manifest: Path) -> list[_Model]:
    """The models of a dbt manifest that go into a zone, with their columns."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    found = []
    for node in nodes:
        zones = tuple(_meta(node).get("zones", ())) if node["resource_type"] == "model" else ()
        if zones:
            columns = tuple((c["name"], bool(_meta(c).get("restricted"))) for c in node["columns"].values())
            found.append(_Model(node["schema"], node["alias"], zones, columns))
    return sorted(found, key=lambda m: m.name)


def zone_file(settings: Settings, zone: str) -> Path:
    """The DuckDB file of a zone. Raises NothingServed with the next step when nothing is served yet."""
    path = settings.serving / zone / FILE
    if not path.is_file():
        raise NothingServed("nothing is served yet: run `qapm refresh` (or `qapm demo` for synthetic data)")
    return path


def served_generation(settings: Settings) -> str | None:
    """Generation of the zone copies, or None when a zone is missing or was never written."""
    path = settings.serving / "GENERATION"
    if not path.is_file() or not all((settings.serving / zone / FILE).is_file() for zone in ZONES):
        return None
    return path.read_text(encoding="ascii").strip()


def _select(model: _Model, zone: str, columns: Iterable[str]) -> str:
    hidden = {name for name, restricted in model.columns if restricted} if zone != "restricted" else set()
    kept = [c for c in columns if c not in hidden]
    shown = [f"({c} is null or {c} not in ({keys}))" for c, keys in WITHHELD.items() if c in kept]
    rows = f" where {' and '.join(shown)}" if shown else ""
    return f"select {', '.join(kept)} from built.{model.schema}.{model.name}{rows}"


def serve(settings: Settings, generation: str, folder: Path, suppress: Callable[[Any], Any]) -> None:
    """Write all zone copies of a generation beside the old ones, then put them in their place.

    `folder` is the generation's folder (warehouse.duckdb, manifest.json); `suppress` takes and gives a frame of KPI
    values: what of them may stand in the aggregate zone.
    """
    chosen = models(folder / "manifest.json")
    pointer = settings.serving / "GENERATION"
    pointer.unlink(missing_ok=True)  # a run that ends in here is taken up by the next one
    for zone in ZONES:
        new = settings.serving / f".{zone}.new"
        if new.exists():
            shutil.rmtree(new)
        (new / "parquet").mkdir(parents=True, mode=0o700)
        with duckdb.connect() as db:
            built = _quoted(folder / "warehouse.duckdb")
            db.execute(f"attach '{built}' as built (read_only)")
            db.execute(f"attach '{_quoted(new / FILE)}' as zone (storage_version '{STORAGE}')")
            if zone == "aggregate":
                rows = suppress(db.execute("select * from built.kpi.kpi_values").df())
                db.register("rows", rows)
                # the types of the warehouse, not those of a pandas frame
                db.execute("create table zone.main.kpi_values as select * from built.kpi.kpi_values where false")
                db.execute("insert into zone.main.kpi_values by name select * from rows")
                names = ["kpi_values"]
            else:
                names = []
                for model in (m for m in chosen if zone in m.zones):
                    have = [r[0] for r in db.execute(f"describe built.{model.schema}.{model.name}").fetchall()]
                    db.execute(f"create table zone.main.{model.name} as {_select(model, zone, have)}")
                    names.append(model.name)
            for name in names:
                parquet = _quoted(new / "parquet" / f"{name}.parquet")
                db.execute(f"copy (from zone.main.{name}) to '{parquet}' (format parquet)")
            db.execute("detach zone")
        _replace(settings.serving / zone, new)
    temporary = pointer.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(generation + "\n", encoding="ascii")
    sync_file(temporary)
    temporary.replace(pointer)
    sync_folder(settings.serving)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _replace(folder: Path, new: Path) -> None:
    """Put the new zone in place. A reader that has the old file open keeps its snapshot."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        shutil.rmtree(old)
    if folder.exists():
        folder.replace(old)
    new.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
