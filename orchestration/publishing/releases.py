"""Writes releases and knows which there are: <published>/<dataset>/<period>/v<N>/, immutable, whole or not there.

What may be shown is disclosure's, how files look formats', what is due datasets'. The caller holds the run's lock.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestration.limits import fault_point, sync_file, sync_folder
from orchestration.periods import Period, parse_period
from orchestration.publishing import disclosure, formats
from orchestration.publishing.datasets import Dataset, State, column_descriptions, due, load_dataset, load_datasets
from orchestration.publishing.formats import Cover, Field, Table

if TYPE_CHECKING:
    import duckdb

    from orchestration.settings import Settings

Outcome = Literal["published", "restated", "unchanged", "held", "not_available"]
Row = dict[str, Any]
Gate = Callable[[list[Row], Sequence[str], Sequence[bool]], list[str]]

SCHEMA = "reports"
MANIFEST = "manifest.json"
PACKAGE = "datapackage.json"
DIFF = "diff.csv"
NEW_LOADS = "data changed: new loads"
# What disclosure and rounding need besides the published columns; taken where the report model has them.
RULE_COLUMNS = (*disclosure.NEEDED, *disclosure.USEFUL, "decimals", "breakdown", "previous_status")
STATE_WORDS = {"draft": "Draft: not signed off", "final": "Final"}


class PublicationHeld(Exception):
    """A release that cannot be made; the message says why. Everything published before stays as it is."""


class NothingAvailable(PublicationHeld):
    """There is no figure for the period: nothing is published, and nothing is wrong."""


class ReasonRequired(PublicationHeld):
    """The content differs from the latest version and nobody said why."""


@dataclass(frozen=True)
class Release:
    """One version of a dataset for a period, or the reason why there is none (`held`)."""

    dataset: str
    period: str
    version: int
    state: State
    outcome: Outcome
    path: Path | None
    rows: int
    identity: str = ""
    reason: str | None = None
    changes: int = 0
    as_at: str = ""
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """The release as the CLI prints it."""
        content = {name: value for name, value in vars(self).items() if name != "path"}
        return content | {"path": str(self.path) if self.path else None}


def great_expectations_gate(rows: list[Row], primary_key: Sequence[str], protected: Sequence[bool]) -> list[str]:
    """The suite of expectations/release_gate.py on the rows of a release; imports GX only when called."""
    import pandas as pd

    from expectations.release_gate import check_release

    return check_release(pd.DataFrame(rows), primary_key, protected)


def publish_release(
    settings: Settings,
    warehouse: duckdb.DuckDBPyConnection | Path | str,
    dataset: str,
    period: str | Period,
    as_at: date,
    *,
    definition_hashes: Mapping[str, str],
    reason: str | None = None,
    automatic: bool = False,
    loads: Sequence[Mapping[str, Any]] = (),
    gates: Sequence[Mapping[str, Any]] = (),
    holds: Mapping[str, Sequence[str]] | None = None,
    code_version: str = "",
    run_id: str = "",
    gate: Gate = great_expectations_gate,
) -> Release:
    """Publish one period of a dataset from the report model in `warehouse` (a connection or the path of a DuckDB file).

    The same content as the latest version: nothing is written (`unchanged`). Other content: a new version, which
    needs a `reason`; an `automatic` run (refresh, --due) may say by itself what it was that changed.
    `definition_hashes` (KPI code to hash of its catalogue entry) is part of the identity; `loads` (file_sha256,
    source, table, period of each load behind the warehouse), `gates` (results of the gates passed so far),
    `holds` (dataset to what of its extracts nobody has signed off yet) lets nothing new out;
    `code_version` and `run_id` only go into the manifest. Raises ValueError for an unknown dataset or a period of the
    wrong length, ReasonRequired, and PublicationHeld when there are no rows, the period is not over, the rules do not
    protect the rows or the gate fails.
    """
    definition = load_dataset(settings.project_root / "exports", dataset)
    period = parse_period(period) if isinstance(period, str) else period
    if period.unit != definition.unit:
        raise ValueError(f"{dataset} is {definition.cadence}: `{period.key}` is a {period.unit}")
    sweep(settings.published)
    folder = settings.published / dataset / period.key
    latest = _latest_manifest(folder)
    state = definition.state_at(period, as_at)
    if latest and latest["state"] == "final":
        state = "final"  # a final release can be restated, never taken back to a draft
    if state == "final" and period.end > as_at:
        raise PublicationHeld(f"{dataset} {period.key} ends after {as_at}: only closed periods are published")

    try:
        with _connected(warehouse) as connection:
            rows, fields = _read(connection, settings, definition, period)
    except disclosure.DisclosureError as problem:
        raise PublicationHeld(f"{dataset} {period.key} is held: {problem}") from problem
    if not latest and all(row["status"] == "x" for row in rows):
        raise NothingAvailable(f"no figure is available; it needs {definition.needs}")
    if not rows:
        raise PublicationHeld(
            f"{dataset} {period.key} was published, but now there is no row for it; it needs {definition.needs}"
        )
    version = latest["version"] + 1 if latest else 1
    outcome: Outcome = "restated" if latest else "published"
    release = Release(
        dataset, period.key, version, state, outcome, folder / f"v{version}", len(rows), as_at=as_at.isoformat()
    )
    name = f"{_stem(release)}.csv"
    content = {name: formats.csv_bytes(rows, fields)}
    definitions = _definitions(rows, definition_hashes)
    data = {name: formats.sha256(content[name])}
    release = replace(release, identity=identity(data, definitions, definition.definition_hash(), state))
    if latest and latest["identity"] == release.identity:
        number = latest["version"]
        return replace(release, version=number, outcome="unchanged", path=folder / f"v{number}", as_at=latest["as_at"])

    if waiting := (holds or {}).get(dataset):
        raise PublicationHeld(f"{dataset} {period.key} waits: {'; '.join(waiting)}")
    heading = f"{_words(definition.title, settings)}, {formats.period_title(period)}"
    publish = definition.publish
    tables = {name: Table(dataset, publish.sheet, heading, fields, rows, publish.primary_key)}
    if latest:
        reason = reason or (_why(latest, state, definition, definitions, data, loads) if automatic else None)
        if not reason:
            raise ReasonRequired(f"{dataset} {period.key} differs from version {version - 1}: say why with --reason")
        changes = _changes(folder / f"v{version - 1}", latest, definition, rows, fields)
        tables[DIFF] = changes
        # Its cells come out of two CSVs and are guarded there already.
        content[DIFF] = formats.csv_bytes(changes.rows, changes.fields, guard=False)
        release = replace(release, reason=reason, changes=len(changes.rows))
    protected = [disclosure.is_protected(row, definition.disclosure) for row in rows]
    if failed := gate(rows, publish.primary_key, protected):
        raise PublicationHeld(f"{dataset} {period.key} is held, the release failed: {'; '.join(failed)}")

    content |= _derived_files(settings, definition, period, release, fields, tables, content)
    manifest = _manifest(settings, definition, period, release, latest, content) | {
        "kpi_definitions": definitions,
        "inputs": sorted(
            (dict(load) for load in loads), key=lambda load: json.dumps(load, sort_keys=True, default=str)
        ),
        "gates": [*(dict(result) for result in gates), {"gate": "release expectations", "passed": True}],
        "code_version": code_version,
        "run_id": run_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _write(folder, version, run_id or uuid.uuid4().hex, content, manifest)
    return release


def publish_due(
    settings: Settings,
    warehouse: duckdb.DuckDBPyConnection | Path | str,
    as_at: date,
    first_period: Period,
    *,
    definition_hashes: Mapping[str, str],
    only: str | None = None,
    **about_run: Any,
) -> list[Release]:
    """Publish what is due at `as_at`, oldest first, and restate published periods whose content has changed.

    One dataset that is held does not stop the others: it comes back as `held` with its message, a period without any
    figure as `not_available`. `first_period` is the
    first period the data cover; `only` narrows to one dataset; `about_run` is what `publish_release` takes by name.
    Periods that end after `as_at` are left alone.
    """
    done = []
    with _connected(warehouse) as connection:
        for name, definition in load_datasets(settings.project_root / "exports").items():
            if only and name != only:
                continue
            published = latest_states(settings.published, name)
            wanted = {item.period for item in due(definition, as_at, published, first_period)}
            wanted |= {period for key in published if (period := parse_period(key)).end <= as_at}
            for period in sorted(wanted):
                try:
                    done.append(
                        publish_release(
                            settings,
                            connection,
                            name,
                            period,
                            as_at,
                            definition_hashes=definition_hashes,
                            automatic=True,
                            **about_run,
                        )  # fmt: skip
                    )
                except PublicationHeld as problem:
                    outcome: Outcome = "not_available" if isinstance(problem, NothingAvailable) else "held"
                    state = definition.state_at(period, as_at)
                    done.append(Release(name, period.key, 0, state, outcome, None, 0, message=str(problem)))
    return done


def releases(published: Path, dataset: str | None = None, latest_only: bool = False) -> list[Release]:
    """The releases under a `published` folder, by dataset, period and version."""
    found = []
    for folder in sorted(published.glob(f"{dataset or '*'}/*/")):
        manifests = [json.loads((folder / f"v{number}" / MANIFEST).read_text("utf-8")) for number in versions(folder)]
        for manifest in manifests[-1:] if latest_only else manifests:
            found.append(
                Release(
                    dataset=manifest["dataset"],
                    period=manifest["period"],
                    version=manifest["version"],
                    state=manifest["state"],
                    outcome="restated" if manifest["supersedes"] else "published",
                    path=folder / f"v{manifest['version']}",
                    rows=manifest["rows"],
                    identity=manifest["identity"],
                    reason=manifest["reason"],
                    changes=manifest["changes"],
                    as_at=manifest["as_at"],
                )
            )
    return found


def latest_states(published: Path, dataset: str) -> dict[str, State]:
    """State of the latest version by period key: what `datasets.due` asks of what was published before."""
    return {r.period: r.state for r in releases(published, dataset, latest_only=True)}


def versions(folder: Path) -> list[int]:
    """Version numbers of a period's folder, in order. A folder counts when its manifest, written last, is there."""
    return sorted(int(path.parent.name[1:]) for path in folder.glob(f"v*/{MANIFEST}") if path.parent.name[1:].isdigit())


def identity(data: Mapping[str, str], kpi_definitions: Mapping[str, str], dataset_definition: str, state: str) -> str:
    """The identity of a release: sha256 over hashes of its data and definitions and its state; no clock, no code."""
    parts = {
        "data": dict(data),
        "kpi_definitions": dict(kpi_definitions),
        "dataset_definition": dataset_definition,
        "state": state,
    }
    return formats.sha256(json.dumps(parts, sort_keys=True).encode())


def sweep(published: Path) -> list[Path]:
    """Remove what killed runs left behind (hidden `.v<N>.<run>.tmp` folders); the caller holds the run's lock."""
    left = sorted(published.glob("*/*/.v*.tmp"))
    for path in left:
        shutil.rmtree(path)
    return left


@contextmanager
def _connected(warehouse: duckdb.DuckDBPyConnection | Path | str) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    if not isinstance(warehouse, str | Path):
        yield warehouse
        return
    connection = duckdb.connect(str(warehouse), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def _read(
    connection: duckdb.DuckDBPyConnection, settings: Settings, dataset: Dataset, period: Period
) -> tuple[list[Row], list[Field]]:
    """The period's rows, suppressed and rounded, and the published fields with their descriptions."""
    relation = f"{SCHEMA}.{dataset.model}"
    types = {row[0]: row[1] for row in connection.execute(f"describe {relation}").fetchall()}
    columns = [column.name for column in dataset.publish.columns]
    needed = [*disclosure.NEEDED, "decimals", dataset.period_column, *columns]
    if missing := sorted(set(needed) - set(types)):
        raise PublicationHeld(f"{dataset.dataset}: {relation} lacks {', '.join(missing)}")
    taken = list(dict.fromkeys([*columns, *(name for name in RULE_COLUMNS if name in types)]))

    def rows_of(key: str) -> list[Row]:
        order = ", ".join(dataset.publish.order_by)
        cursor = connection.execute(
            f"select {', '.join(taken)} from {relation} where {dataset.period_column} = ? order by {order}", [key]
        )
        return [dict(zip(taken, row, strict=True)) for row in cursor.fetchall()]

    rows = rows_of(period.key)
    disclosure.check_grid(rows)
    # Previous values are judged by the rules of the period they belong to, so its rows are read as well.
    earlier = rows_of(period.previous().key) if set(disclosure.PREVIOUS) & set(taken) else []
    rows = [formats.at_decimals(row) for row in disclosure.suppress(rows, dataset.disclosure, earlier)]

    descriptions = column_descriptions(settings.project_root / "dbt_project" / "models" / "reports", dataset.model)
    if missing := [name for name in columns if not descriptions.get(name)]:
        raise PublicationHeld(f"{dataset.dataset}: {dataset.model} does not describe {', '.join(missing)}")
    fields = [
        Field(c.name, c.label, descriptions[c.name], _type(dataset, c.name, types[c.name]), c.workbook)
        for c in dataset.publish.columns
    ]
    return rows, fields


def _type(dataset: Dataset, column: str, sql_type: str) -> formats.Type:
    if sql_type == "VARCHAR":
        return "string"
    if sql_type in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT"):
        return "integer"
    if sql_type.startswith("DECIMAL"):
        return "number"
    if sql_type == "DATE":
        return "date"
    raise PublicationHeld(
        f"{dataset.dataset}: column {column} is {sql_type}; publish text, integers, decimals and dates"
    )


def _definitions(rows: Sequence[Row], hashes: Mapping[str, str]) -> dict[str, str]:
    """Definition hashes of the KPIs in the rows, by code."""
    kpis = sorted({row["kpi"] for row in rows})
    if missing := [kpi for kpi in kpis if kpi not in hashes]:
        raise PublicationHeld(f"no definition in the catalogue for {', '.join(missing)}")
    return {kpi: hashes[kpi] for kpi in kpis}


def _words(text: str, settings: Settings) -> str:
    """A title or audience with the names of this authority in its places."""
    return text.format(
        organisation=settings.organisation_name,
        commissioner=settings.commissioner_name,
        authority=settings.authority_name,
        contract_title=settings.contract_title,
    )


def _derived_files(
    settings: Settings,
    dataset: Dataset,
    period: Period,
    release: Release,
    fields: list[Field],
    tables: Mapping[str, Table],
    data: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The files that follow from the data: dictionary, Parquet, workbook, package; `tables` and `data` by CSV name."""
    stem, title = _stem(release), _words(dataset.title, settings)
    version = f"{release.version}.0.0"
    heading = f"{title}, {formats.period_title(period)}"
    return {
        f"{stem}.meta.csv": formats.meta_csv_bytes(fields),
        f"{stem}.parquet": formats.parquet_bytes(tables[f"{stem}.csv"].rows, fields),
        f"{stem}.xlsx": formats.workbook_bytes(_cover(settings, dataset, period, release), list(tables.values())),
        PACKAGE: formats.datapackage_bytes(stem, heading, version, data, tables),
    }


def _manifest(
    settings: Settings,
    dataset: Dataset,
    period: Period,
    release: Release,
    latest: Mapping[str, Any] | None,
    content: Mapping[str, bytes],
) -> dict[str, Any]:
    """What the manifest says of the release itself; what it says of the run is the caller's to add."""
    return {
        "dataset": release.dataset,
        "title": _words(dataset.title, settings),
        "framework": dataset.framework,
        "audience": _words(dataset.audience, settings),
        "period": release.period,
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "version": release.version,
        "state": release.state,
        "as_at": release.as_at,
        "disclosure": disclosure.STATEMENT,
        "disclosure_profile": dataset.disclosure,
        "rows": release.rows,
        "identity": release.identity,
        "supersedes": {"version": latest["version"], "identity": latest["identity"]} if latest else None,
        "reason": release.reason,
        "changes": release.changes,
        "files": [
            {
                "name": name,
                "sha256": formats.sha256(data),
                "bytes": len(data),
                "identity": name == f"{_stem(release)}.csv",
            }
            for name, data in content.items()
        ],
        "dataset_definition": dataset.definition_hash(),
    }


def _stem(release: Release) -> str:
    """How the files of a release are called, so that they can be told apart outside their folder."""
    return f"{release.dataset}_{release.period}"


def _cover(settings: Settings, dataset: Dataset, period: Period, release: Release) -> Cover:
    lines = [
        ("Disclosure", disclosure.STATEMENT),
        ("Organisation", settings.organisation_name),
        ("Authority", settings.authority_name),
        ("For", _words(dataset.audience, settings)),
        ("Period", formats.period_title(period)),
        ("Figures as at", formats.long_day(date.fromisoformat(release.as_at))),
        ("State", STATE_WORDS[release.state]),
        ("Version", str(release.version)),
    ]
    if release.reason:
        lines += [("Supersedes", f"Version {release.version - 1}"), ("Reason", release.reason)]
    return Cover(_words(dataset.title, settings), period.end, lines)


def _latest_manifest(folder: Path) -> dict[str, Any] | None:
    numbers = versions(folder)
    return json.loads((folder / f"v{numbers[-1]}" / MANIFEST).read_text("utf-8")) if numbers else None


def _why(
    latest: Mapping[str, Any],
    state: State,
    dataset: Dataset,
    definitions: Mapping[str, str],
    data: Mapping[str, str],
    loads: Sequence[Mapping[str, Any]],
) -> str:
    """What an automatic run says changed since the latest version."""
    parts = []
    if latest["state"] != state:
        parts.append("final version")
    before = latest["kpi_definitions"]
    if changed := [kpi for kpi in sorted({*before, *definitions}) if before.get(kpi) != definitions.get(kpi)]:
        parts.append(f"KPI definitions changed: {', '.join(changed)}")
    if latest["dataset_definition"] != dataset.definition_hash():
        parts.append("dataset definition changed")
    if data != {entry["name"]: entry["sha256"] for entry in latest["files"] if entry["identity"]}:
        files = [{load.get("file_sha256") for load in inputs} for inputs in (latest["inputs"], loads)]
        if files[0] != files[1]:
            parts.append(NEW_LOADS)
        elif not parts:
            parts.append("values changed with the same loads: as-at or code")
    return "; ".join(parts)


def _changes(
    folder: Path, manifest: Mapping[str, Any], dataset: Dataset, rows: list[Row], fields: list[Field]
) -> Table:
    """Cells that differ from the version in `folder`, both as published, so that nothing suppressed comes back."""
    name = next(entry["name"] for entry in manifest["files"] if entry["identity"])
    key = dataset.publish.primary_key
    before = _by_key((folder / name).read_text("utf-8"), key)
    after = _by_key(formats.csv_bytes(rows, fields).decode(), key)
    columns = [column.name for column in fields if column.name not in key]
    changed = [
        dict(zip(key, cell, strict=True)) | {"column": column, "before": old, "after": new}
        for cell in sorted({*before, *after})
        for column in columns
        if (old := before.get(cell, {}).get(column, "")) != (new := after.get(cell, {}).get(column, ""))
    ]
    keys = [replace(column, type="string", workbook=True) for column in fields if column.name in key]
    extra = [
        Field("column", "Column", "Published column that differs from the version before", "string"),
        Field("before", "Before", "The cell in the version before; empty when it was hidden or not there", "string"),
        Field("after", "After", "The cell in this version; empty when it is hidden or gone", "string"),
    ]
    title = f"Changes since version {manifest['version']}"
    return Table(
        "changes", "Changes", title, [*sorted(keys, key=lambda c: key.index(c.name)), *extra], changed, (*key, "column")
    )


def _by_key(text: str, key: Sequence[str]) -> dict[tuple[str, ...], dict[str, str]]:
    lines = csv.DictReader(io.StringIO(text, newline=""))
    return {tuple(line.get(name, "") for name in key): line for line in lines}


def _write(folder: Path, version: int, run_id: str, content: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Files under a hidden name, on the disk, the manifest last; then one rename makes all of it visible."""
    folder.mkdir(parents=True, exist_ok=True)
    building = folder / f".v{version}.{run_id}.tmp"
    building.mkdir()
    for name, data in content.items():
        _write_file(building / name, data)
        fault_point("publish.after_data")  # after the first one: the folder is half written
    fault_point("publish.before_manifest")
    _write_file(building / MANIFEST, formats.json_bytes(manifest))
    sync_folder(building)
    fault_point("publish.before_rename")
    building.rename(folder / f"v{version}")
    sync_folder(folder)


def _write_file(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    sync_file(path)
