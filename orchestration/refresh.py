"""The straight road: load what has landed, build, publish what is due. Called by `qapm refresh` and by the Dagster jobs."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from expectations.contracts import load_contracts
from orchestration.catalogue import load_catalogue
from orchestration.ingest.load import load
from orchestration.ledger import Ledger
from orchestration.locks import one_writer
from orchestration.periods import Period, parse_period, period_containing
from orchestration.serving.zones import served_generation
from orchestration.settings import Settings
from orchestration.warehouse.build import (
    Generation,
    build,
    current,
    current_name,
    definitions_digest,
    gates,
    inputs,
    standing,
)

if TYPE_CHECKING:
    from orchestration.publishing.datasets import Due
    from orchestration.publishing.releases import Release

Progress = Callable[[str], None]
PUBLISHED_FACT = "published_from"


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: the load reports, the warehouse generation and the releases."""

    loads: list[dict[str, object]]
    generation: Generation | None
    releases: list[Release]


def code_version(settings: Settings) -> str:
    """Version of the code and its definitions; goes into manifests, not into a release's identity."""
    return f"{importlib.metadata.version('qapm')}+{definitions_digest(settings.project_root)[:12]}"


class StaleWarehouse(RuntimeError):
    """The warehouse was built for another day, or without the latest loads, than what is to be published."""


def _publishable(settings: Settings, as_at: date | None) -> Generation:
    """The generation to publish from. A release carries the as-at date its figures were computed for, never a later one."""
    generation = current(settings)
    if as_at is not None and generation.as_at != as_at:
        raise StaleWarehouse(
            f"the warehouse was built as at {generation.as_at}: run `qapm build --as-at {as_at}` before publishing as at that day"
        )
    if generation.as_known_at != date.max:
        raise StaleWarehouse(
            f"the warehouse was built without loads after {generation.as_known_at} (--as-known-at): run `qapm build` before publishing"
        )
    return generation


def _about_run(settings: Settings, generation: Generation) -> dict[str, Any]:
    return {
        "definition_hashes": {k.code: k.definition_hash for k in load_catalogue(settings.project_root).kpis},
        "loads": inputs(generation),
        "gates": gates(generation),
        "holds": holds(settings),
        "code_version": code_version(settings),
        "run_id": f"generation-{generation.name}",
    }


def holds(settings: Settings) -> dict[str, list[str]]:
    """What keeps datasets from being published: loads unlike the period before that nobody has signed off (R24).

    By dataset: its KPIs count populations, these need extract tables, and a load of one of them is held; or it has records of
    children that are fed by the load's source.
    """
    from orchestration.publishing.datasets import load_datasets

    datasets = load_datasets(settings.project_root / "exports")
    lists = {n: d.lists.fed_by if d.lists else d.fed_by for n, d in datasets.items() if d.is_of_children}
    catalogue, contracts = load_catalogue(settings.project_root), load_contracts(settings.expectations)
    found: dict[str, list[str]] = {}
    with Ledger(settings.ledger_path) as ledger:
        waiting = ledger.open_holds()
    for hold in waiting:
        text = f"{hold['file']}: {hold['message']}: check it, then `qapm sign-off --load {hold['load_id']} --by NAME`"
        table = contracts.get(hold["source"], hold["table_name"])
        fed = contracts.feeds(table) if table else set()
        named = {name for name, sources in lists.items() if hold["source"] in sources}
        for dataset in sorted(named.union(*map(catalogue.datasets_of, fed))):
            found.setdefault(dataset, []).append(text)
    return found


def first_period(settings: Settings, generation: Generation) -> Period | None:
    """The first month that every load-driven dataset may publish: the setting, or the first month that every fact of the
    journey covers by its route, at most two years back: a case system tells six, and nobody asks for 72 old releases."""
    if settings.publish_from:
        return parse_period(settings.publish_from)
    import duckdb

    with duckdb.connect(str(generation.file), read_only=True) as db:
        row = db.execute(
            "select max(first_day) from (select min(availability.covered_from) as first_day from raw.availability "
            "join intermediate.int_control__routes as routes using (source, table_name) "
            "where availability.kind = 'flow' group by source, table_name)"
        ).fetchone()
    if row is None or row[0] is None:
        return None
    month = period_containing(row[0], "month")
    earliest = period_containing(generation.as_at.replace(year=generation.as_at.year - 2, day=1), "month").next()
    return max(month if row[0] == month.start else month.next(), earliest)


def publish_due(
    settings: Settings, as_at: date | None = None, only: str | None = None, progress: Progress = lambda _: None
) -> list[Release]:
    """Publish every due period of every dataset (or of one), oldest first, as at the day the warehouse was built for.

    Raises ValueError for an unknown dataset, StaleWarehouse when `as_at` is another day, NothingBuilt, LockHeld.
    """
    from orchestration.publishing import releases
    from orchestration.publishing.datasets import load_dataset

    if only is not None:
        load_dataset(settings.project_root / "exports", only)
    with one_writer(settings.root, settings.lock_wait_seconds):
        generation = _publishable(settings, as_at)
        first = first_period(settings, generation)
        if first is None:
            return []
        progress("publishing what is due")
        return releases.publish_due(
            settings, generation.file, generation.as_at, first, only=only, **_about_run(settings, generation)
        )


def publish_one(
    settings: Settings,
    dataset: str,
    period: str | None,
    as_at: date | None = None,
    reason: str | None = None,
    *,
    automatic: bool = False,
) -> Release:
    """Publish one period of one dataset; an `automatic` run may say by itself what has changed. Records of children need no
    period: then it is the newest one for which they can be made.

    Raises what `publish_release` raises, StaleWarehouse, NothingBuilt, LockHeld.
    """
    from orchestration.publishing import releases

    with one_writer(settings.root, settings.lock_wait_seconds):
        generation = _publishable(settings, as_at)
        about = _about_run(settings, generation)
        if period is None:
            period = releases.latest_lists(settings, generation.file, dataset, generation.as_at)
        if period is None:
            raise releases.NothingAvailable(f"no list can be made as at {generation.as_at}: load what {dataset} needs")
        return releases.publish_release(
            settings, generation.file, dataset, period, generation.as_at, reason=reason, automatic=automatic, **about
        )


def due_now(settings: Settings, as_at: date) -> list[tuple[str, Due]]:
    """Dataset and period of what is due at `as_at` and not published; empty as long as nothing is built.

    Records of children are due when the records they are made of have come; the figures of a month are due by their calendar.
    """
    from orchestration.publishing.datasets import due, load_datasets
    from orchestration.publishing.releases import latest_lists, latest_states

    generation = current(settings) if current_name(settings) else None
    first = first_period(settings, generation) if generation else None
    if generation is None or first is None:
        return []
    found = []
    for name, dataset in load_datasets(settings.project_root / "exports").items():
        items = due(dataset, as_at, latest_states(settings.published, name), first)
        if items and dataset.is_of_children:
            newest = latest_lists(settings, generation.file, name, generation.as_at)
            items = [item for item in items if newest and item.period.key <= newest]
        found += [(name, item) for item in items]
    return found


def _published_mark(settings: Settings, generation: Generation) -> str:
    """What the published folder follows from: the warehouse, the dataset files, the names on the covers, what lies there."""
    exports = sorted((settings.project_root / "exports").glob("*.yml"))
    names = [
        settings.organisation_name,
        settings.commissioner_name,
        settings.contract_title,
        str(settings.publish_from),
    ]
    there = sorted(
        p.parent.relative_to(settings.published).as_posix() for p in settings.published.glob("*/*/v*/manifest.json")
    )
    with Ledger(settings.ledger_path) as ledger:
        signed = [f"{h['load_id']} {h['table_name']}" for h in ledger.open_holds(signed=True)]
    parts = [
        generation.fingerprint,
        *signed,
        *(hashlib.sha256(p.read_bytes()).hexdigest() for p in exports),
        *names,
        *there,
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def publish_new(settings: Settings, as_at: date, progress: Progress = lambda _: None) -> list[Release]:
    """Publish what is due, unless all of it was published from this same warehouse and these same datasets before."""
    with one_writer(settings.root, settings.lock_wait_seconds), Ledger(settings.ledger_path) as ledger:
        mark = _published_mark(settings, current(settings))
        if ledger.fact(PUBLISHED_FACT) == mark:
            return []
        made = publish_due(settings, as_at, progress=progress)
        if not any(r.outcome == "held" for r in made):
            ledger.set_fact(PUBLISHED_FACT, _published_mark(settings, current(settings)))
        return made


def up_to_date(settings: Settings, as_at: date) -> bool:
    """Whether warehouse, zones and releases are what a refresh at `as_at` would make of the loads there are now."""
    held = standing(settings, as_at, date.max)
    if held is None or served_generation(settings) != held.name:
        return False
    with Ledger(settings.ledger_path) as ledger:
        return ledger.fact(PUBLISHED_FACT) == _published_mark(settings, held)


def refresh(settings: Settings, as_at: date, known_on: date, progress: Progress = lambda _: None) -> Refreshed:
    """Load landing, build when anything is new, publish what is due. Raises what its three steps raise.

    With nothing new (same loads, as-at date and definitions as the last full publication) nothing is started.
    """
    with one_writer(settings.root, settings.lock_wait_seconds):
        reports = load(settings, known_on=known_on, progress=progress)
        generation = build(settings, as_at, progress=progress)
        return Refreshed(reports, generation, publish_new(settings, as_at, progress))
