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
from orchestration.publishing import disclosure, formats, lists
from orchestration.publishing.datasets import (
    Dataset,
    Publish,
    State,
    column_descriptions,
    due,
    load_dataset,
    load_datasets,
)
from orchestration.publishing.formats import Cover, Field, Table

if TYPE_CHECKING:
    import duckdb

    from orchestration.settings import Settings

Outcome = Literal["published", "restated", "unchanged", "held", "not_available"]
Row = dict[str, Any]
Gate = Callable[[list[Row], Sequence[str], Sequence[bool]], list[str]]
ListGate = Callable[[Table], list[str]]

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


def list_gate(table: Table) -> list[str]:
    """The suite of expectations/release_gate.py on one list of children; imports GX only when called."""
    import pandas as pd

    from expectations.release_gate import check_list

    frame = pd.DataFrame(table.rows, columns=[column.name for column in table.fields], dtype=object)
    failed = check_list(frame, table.primary_key, {c.name: list(c.texts) for c in table.fields if c.texts})
    return [f"{table.sheet}: {problem}" for problem in failed]


@dataclass(frozen=True)
class _Content:
    """What a dataset holds for a period, before it becomes files: its tables by the name of their CSV."""

    tables: dict[str, Table]
    is_available: bool
    reference_date: date
    protected: Sequence[bool] = ()
    """Of figures, row by row: whether its counts are of people that the profile protects."""
    told: Mapping[str, Any] | None = None
    """What the manifest says of records: their day, rows and those withheld; of lists also how far the records reach."""

    @property
    def rows(self) -> list[Row]:
        """The rows of all tables."""
        return [dict(row) for table in self.tables.values() for row in table.rows]


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
    gate_of_lists: ListGate = list_gate,
) -> Release:
    """Publish one period of a dataset from its report models in `warehouse` (a connection or the path of a DuckDB file).

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
    if definition.looks_ahead and period.start > as_at:
        raise PublicationHeld(f"{dataset} {period.key} begins after {as_at}: it is made when it begins")
    if state == "final" and period.end > as_at and not definition.looks_ahead:
        raise PublicationHeld(f"{dataset} {period.key} ends after {as_at}: only closed periods are published")

    try:
        with _connected(warehouse) as connection:
            read = _lists if definition.lists else _records if definition.is_of_children else _figures
            found = read(connection, settings, definition, period, as_at)
    except disclosure.DisclosureError as problem:
        raise PublicationHeld(f"{dataset} {period.key} is held: {problem}") from problem
    rows = found.rows
    if not latest and not found.is_available:
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
    tables = dict(found.tables)
    content = {name: formats.csv_bytes(table.rows, table.fields) for name, table in tables.items()}
    definitions = {} if definition.is_of_children else _definitions(rows, definition_hashes)
    data = {name: formats.sha256(csv_bytes) for name, csv_bytes in content.items()}
    release = replace(release, identity=identity(data, definitions, definition.definition_hash(), state))
    if latest and latest["identity"] == release.identity:
        number = latest["version"]
        return replace(release, version=number, outcome="unchanged", path=folder / f"v{number}", as_at=latest["as_at"])

    if waiting := (holds or {}).get(dataset):
        raise PublicationHeld(f"{dataset} {period.key} waits: {'; '.join(waiting)}")
    if latest:
        if found.told and latest["reference_date"] != found.reference_date.isoformat():
            reason = reason or f"lists of {found.reference_date}"  # of an open month: another day, nothing put right
        reason = reason or (_why(latest, state, definition, definitions, data, loads) if automatic else None)
        if not reason:
            raise ReasonRequired(f"{dataset} {period.key} differs from version {version - 1}: say why with --reason")
        changes = _changes(folder / f"v{version - 1}", latest, definition, found.tables)
        tables[DIFF] = changes
        # Its cells come out of two CSVs and are guarded there already.
        content[DIFF] = formats.csv_bytes(changes.rows, changes.fields, guard=False)
        release = replace(release, reason=reason, changes=len(changes.rows))
    if definition.is_of_children:
        failed = [problem for table in found.tables.values() for problem in gate_of_lists(table)]
    else:
        failed = gate(rows, _publish(definition).primary_key, found.protected)
    if failed:
        raise PublicationHeld(f"{dataset} {period.key} is held, the release failed: {'; '.join(failed)}")

    content |= _derived_files(settings, definition, period, release, found, tables, content)
    manifest = _manifest(settings, definition, period, release, latest, content, found) | {
        "kpi_definitions": definitions,
        "inputs": sorted(
            (dict(load) for load in loads), key=lambda load: json.dumps(load, sort_keys=True, default=str)
        ),
        "gates": [*(dict(result) for result in gates), {"gate": "release expectations", "passed": True}],
        "code_version": code_version,
        "run_id": run_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _write(folder, version, run_id or uuid.uuid4().hex, content, manifest, private=definition.is_of_children)
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
            if definition.is_of_children:  # an earlier position cannot be made again from this warehouse
                wanted &= {definition.newest(as_at)}
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


def latest_lists(settings: Settings, warehouse: Path, dataset: str, as_at: date) -> str | None:
    """The newest period of a dataset of children that can be published as at a day, or None.

    Raises ValueError for a dataset of figures, which needs its period.
    """
    definition = load_dataset(settings.project_root / "exports", dataset)
    if not definition.is_of_children:
        raise ValueError(f"{dataset} is {definition.cadence}: say which period with --period")
    with _connected(warehouse) as connection:
        return lists.latest_period(connection, SCHEMA, definition, as_at)


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


def _publish(dataset: Dataset) -> Publish:
    """How a dataset of figures is published; its definition makes sure that it says so."""
    assert dataset.publish is not None
    return dataset.publish


def _lists(
    connection: duckdb.DuckDBPyConnection, settings: Settings, dataset: Dataset, period: Period, as_at: date
) -> _Content:
    """The period's lists without restricted records."""
    try:
        found = lists.read(connection, SCHEMA, dataset, period, as_at)
    except lists.NotHeld as problem:
        raise NothingAvailable(f"{dataset.dataset} {period.key} cannot be made: {problem}") from problem
    except lists.WrongShape as problem:
        raise PublicationHeld(f"{dataset.dataset}: {problem}") from problem
    stem = _stem(dataset.dataset, period.key)
    return _Content(
        tables={f"{stem}_{name}.csv": table for name, table in found.tables.items()},
        is_available=any(table.rows for table in found.tables.values()),
        reference_date=found.reference_date,
        told={"reference_date": found.reference_date.isoformat(), "lists": found.about},
    )


def _records(
    connection: duckdb.DuckDBPyConnection, settings: Settings, dataset: Dataset, period: Period, as_at: date
) -> _Content:
    """The period's table of records without restricted ones."""
    descriptions = column_descriptions(settings.project_root / "dbt_project" / "models" / "reports", dataset.model)
    try:
        found = lists.read_table(connection, SCHEMA, dataset, period, as_at, descriptions)
    except lists.WrongShape as problem:
        raise PublicationHeld(f"{dataset.dataset}: {problem}") from problem
    (table,) = found.tables.values()
    heading = f"{_words(dataset.title, settings)}, {formats.period_title(period)}"
    return _Content(
        tables={f"{_stem(dataset.dataset, period.key)}.csv": replace(table, title=heading)},
        is_available=bool(table.rows),
        reference_date=found.reference_date,
        told={"reference_date": found.reference_date.isoformat(), **found.about[0]},
    )


def _figures(
    connection: duckdb.DuckDBPyConnection, settings: Settings, dataset: Dataset, period: Period, as_at: date
) -> _Content:
    """The period's rows, suppressed and rounded, under the published fields with their descriptions."""
    publish = _publish(dataset)
    relation = f"{SCHEMA}.{dataset.model}"
    types = {row[0]: row[1] for row in connection.execute(f"describe {relation}").fetchall()}
    columns = [column.name for column in publish.columns]
    needed = [*disclosure.NEEDED, "decimals", dataset.period_column, *columns]
    if missing := sorted(set(needed) - set(types)):
        raise PublicationHeld(f"{dataset.dataset}: {relation} lacks {', '.join(missing)}")
    taken = list(dict.fromkeys([*columns, *(name for name in RULE_COLUMNS if name in types)]))

    def rows_of(key: str) -> list[Row]:
        order = ", ".join(publish.order_by)
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
        for c in publish.columns
    ]
    heading = f"{_words(dataset.title, settings)}, {formats.period_title(period)}"
    table = Table(dataset.dataset, publish.sheet, heading, fields, rows, publish.primary_key)
    return _Content(
        tables={f"{_stem(dataset.dataset, period.key)}.csv": table},
        is_available=not all(row["status"] == "x" for row in rows),
        reference_date=min(period.end, as_at),
        protected=[disclosure.is_protected(row, dataset.disclosure) for row in rows],
    )


def _type(dataset: Dataset, column: str, sql_type: str) -> formats.Type:
    found = formats.type_of(sql_type)
    if found is None:
        raise PublicationHeld(
            f"{dataset.dataset}: column {column} is {sql_type}; publish text, integers, decimals and dates"
        )
    return found


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
    found: _Content,
    tables: Mapping[str, Table],
    data: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The files that follow from the data: dictionary, workbook, package, of figures Parquet; `tables` and `data` by CSV name."""
    stem, title = _stem(release.dataset, release.period), _words(dataset.title, settings)
    version = f"{release.version}.0.0"
    heading = f"{title}, {formats.period_title(period)}"
    package = formats.datapackage_bytes(stem, heading, version, data, tables)
    shown = list(found.tables.values())
    if dataset.is_of_children:
        of_day = f"{title}, as at {formats.long_day(found.reference_date)}"
        footer = f"{of_day}. Restricted: records of children"
        return {
            f"{stem}.meta.csv": formats.lists_meta_csv_bytes(shown)
            if dataset.lists
            else formats.meta_csv_bytes(shown[0].fields),
            f"{stem}.xlsx": formats.lists_workbook_bytes(of_day, period.end, footer, shown),
            PACKAGE: package,
        }
    (table,) = shown
    return {
        f"{stem}.meta.csv": formats.meta_csv_bytes(table.fields),
        f"{stem}.parquet": formats.parquet_bytes(table.rows, table.fields),
        f"{stem}.xlsx": formats.workbook_bytes(_cover(settings, dataset, period, release), list(tables.values())),
        PACKAGE: package,
    }


def _manifest(
    settings: Settings,
    dataset: Dataset,
    period: Period,
    release: Release,
    latest: Mapping[str, Any] | None,
    content: Mapping[str, bytes],
    found: _Content,
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
        "level": dataset.level,
        "disclosure": lists.STATEMENT if dataset.is_of_children else disclosure.STATEMENT,
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
                "identity": name in found.tables,
            }
            for name, data in content.items()
        ],
        "dataset_definition": dataset.definition_hash(),
        **(found.told or {}),
    }


def _stem(dataset: str, period: str) -> str:
    """How the files of a release are called, so that they can be told apart outside their folder."""
    return f"{dataset}_{period}"


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


def _changes(folder: Path, manifest: Mapping[str, Any], dataset: Dataset, tables: Mapping[str, Table]) -> Table:
    """Cells that differ from the version in `folder`, both as published, so that nothing suppressed comes back."""
    about = [
        Field("column", "Column", "Published column that differs from the version before", "string"),
        Field("before", "Before", "The cell in the version before; empty when it was hidden or not there", "string"),
        Field("after", "After", "The cell in this version; empty when it is hidden or gone", "string"),
    ]
    if dataset.lists:
        rows = [
            {"list": table.name, "record": ", ".join(cell), "column": column, "before": old, "after": new}
            for name, table in tables.items()
            for cell, column, old, new in _differences(folder / name, table)
        ]
        keys = [
            Field("list", "List", "List that differs", "string"),
            Field("record", "Record", "The cells of the list's key: whom the row is about, and since when", "string"),
        ]
    else:
        ((name, table),) = tables.items()
        rows = [
            dict(zip(table.primary_key, cell, strict=True)) | {"column": column, "before": old, "after": new}
            for cell, column, old, new in _differences(folder / name, table)
        ]
        fields = {column.name: column for column in table.fields}
        keys = [replace(fields[key], type="string", workbook=True) for key in table.primary_key]
    title = f"Changes since version {manifest['version']}"
    return Table("changes", "Changes", title, [*keys, *about], rows, (*(key.name for key in keys), "column"))


def _differences(path: Path, table: Table) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    """Key, column, cell before and cell now, wherever the CSV of a version before (if it has one) differs from the table."""
    key = table.primary_key
    before = _by_key(path.read_text("utf-8"), key) if path.exists() else {}
    after = _by_key(formats.csv_bytes(table.rows, table.fields).decode(), key)
    columns = [column.name for column in table.fields if column.name not in key]
    for cell in sorted({*before, *after}):
        for column in columns:
            old, new = before.get(cell, {}).get(column, ""), after.get(cell, {}).get(column, "")
            if old != new:
                yield cell, column, old, new


def _by_key(text: str, key: Sequence[str]) -> dict[tuple[str, ...], dict[str, str]]:
    lines = csv.DictReader(io.StringIO(text, newline=""))
    return {tuple(line.get(name, "") for name in key): line for line in lines}


def _write(
    folder: Path, version: int, run_id: str, content: Mapping[str, bytes], manifest: Mapping[str, Any], *, private: bool
) -> None:
    """Files under a hidden name, on the disk, the manifest last; then one rename makes all of it visible.

    `private`: folders and files are for their owner only, whatever the umask of the process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    building = folder / f".v{version}.{run_id}.tmp"
    building.mkdir()
    if private:
        for place in (folder.parent, folder, building):
            place.chmod(0o700)
    for name, data in content.items():
        _write_file(building / name, data, private)
        fault_point("publish.after_data")  # after the first one: the folder is half written
    fault_point("publish.before_manifest")
    _write_file(building / MANIFEST, formats.json_bytes(manifest), private)
    sync_folder(building)
    fault_point("publish.before_rename")
    building.rename(folder / f"v{version}")
    sync_folder(folder)


def _write_file(path: Path, data: bytes, private: bool) -> None:
    path.touch(0o600 if private else 0o666)
    path.write_bytes(data)
    sync_file(path)
