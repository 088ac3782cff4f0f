"""Releases as assets: one per published dataset, partitioned by its periods, and the one that publishes all that is due."""

import dagster as dg

from orchestration.assets.safety import POOL, Day, cells_kept_out
from orchestration.assets.warehouse import PROMOTED
from orchestration.periods import LAST_YEAR, parse_period, period_containing
from orchestration.publishing.datasets import Dataset, load_datasets
from orchestration.publishing.releases import Release
from orchestration.publishing.verify import verify
from orchestration.refresh import publish_new, publish_one
from orchestration.serving.zones import ZONES
from orchestration.settings import Settings
from orchestration.warehouse.build import current

FIRST_YEAR = "2020-21"  # no authority loads extracts that reach further back than the six years Ofsted looks at
DUE = dg.AssetKey("releases_due")
VERIFIED = "release_verifies"


def _keys(unit: str) -> list[str]:
    period = period_containing(parse_period(FIRST_YEAR).start, unit)  # type: ignore[arg-type]
    keys = []
    while period.end.year <= LAST_YEAR:
        keys.append(period.key)
        period = period.next()
    return keys


# Only months are windows of time to Dagster, since no strftime format writes 2025-26-Q2. A partition says which periods
# there can be; that a period is over is checked by the function that publishes it.
PARTITIONS: dict[str, dg.PartitionsDefinition] = {
    "weekly": dg.StaticPartitionsDefinition(_keys("week")),
    "monthly": dg.MonthlyPartitionsDefinition(
        start_date=parse_period(FIRST_YEAR).months()[0].key,
        fmt="%Y-%m",
        timezone="Europe/London",
        end_offset=1,  # lists of a month are drawn and sent when it begins
    ),
    "quarterly": dg.StaticPartitionsDefinition(_keys("quarter")),
    "half_yearly": dg.StaticPartitionsDefinition(_keys("half")),
    "annual": dg.StaticPartitionsDefinition(_keys("year")),
}


class Publication(dg.Config):
    """How a period is published."""

    reason: str = ""
    """Why a published period is restated; only needed when its content has changed."""
    automatic: bool = False
    """Set by schedules: the run may say by itself what has changed."""


def release_metadata(release: Release) -> dict[str, str | int]:
    """What is told of a release: counts, version and identity, no cell."""
    return {
        "dagster/row_count": release.rows, "version": release.version, "state": release.state, "outcome": release.outcome,
        "changed_cells": release.changes, "identity": release.identity, "path": str(release.path or ""),
    }  # fmt: skip


def problems_of(release: Release) -> int:
    """How many problems `qapm verify` finds in a release that was written or found unchanged."""
    assert release.path is not None
    return len(verify(release.path))


def release_asset(settings: Settings, name: str, dataset: Dataset) -> dg.AssetsDefinition:
    """One dataset: `qapm publish <dataset> --period <partition>`."""

    @dg.asset(
        key=name, partitions_def=PARTITIONS[dataset.cadence], deps=[PROMOTED, *dataset.models], group_name="releases",
        kinds={"csv", "excel"} if dataset.is_of_children else {"csv", "parquet", "excel"}, pool=POOL, tags={"cadence": dataset.cadence},
        description=f"{dataset.framework}, {dataset.cadence}: defined in exports/{name}.yml.",
        check_specs=[
            dg.AssetCheckSpec(VERIFIED, asset=name, blocking=True, description="Every file is there and has its hash.")
        ],
    )  # fmt: skip
    def publish(context: dg.AssetExecutionContext, day: Day, config: Publication) -> dg.MaterializeResult:
        with cells_kept_out():
            made = publish_one(
                settings, name, context.partition_key, day.given(), config.reason or None, automatic=config.automatic
            )
            problems = problems_of(made)
            return dg.MaterializeResult(
                metadata=release_metadata(made),
                check_results=[
                    dg.AssetCheckResult(passed=not problems, check_name=VERIFIED, metadata={"problems": problems})
                ],
            )

    return publish


def release_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """All datasets of exports/, by name."""
    datasets = load_datasets(settings.project_root / "exports")
    return [release_asset(settings, name, dataset) for name, dataset in datasets.items()]


def due_asset(settings: Settings) -> dg.AssetsDefinition:
    """The end of a refresh: all that is due, each release recorded at its dataset and partition."""

    @dg.asset(
        key=DUE, deps=[f"{zone}_zone" for zone in ZONES], group_name="releases", pool=POOL,
        description="Publishes every due period of every dataset and restates what has changed; a held one fails the run.",
    )  # fmt: skip
    def releases_due(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with cells_kept_out():
            made, broken = publish_new(settings, current(settings).as_at), 0
            for release in (r for r in made if r.outcome in ("published", "restated")):
                context.log_event(
                    dg.AssetMaterialization(
                        release.dataset, partition=release.period, metadata=release_metadata(release)
                    )
                )
                problems = problems_of(release)
                broken += problems
                context.log_event(
                    dg.AssetCheckEvaluation(
                        asset_key=dg.AssetKey(release.dataset), check_name=VERIFIED, passed=not problems,
                        metadata={"problems": problems}, blocking=True,
                    )
                )  # fmt: skip
            if broken:
                raise dg.Failure(f"{broken} problems in new releases: run `qapm verify`", allow_retries=False)
            if held := [f"{r.dataset} {r.period}: {r.message}" for r in made if r.outcome == "held"]:
                raise dg.Failure(f"{len(held)} held, what was published before stays: {held[0]}", allow_retries=False)
            outcomes = [r.outcome for r in made]
            return dg.MaterializeResult(metadata={o: outcomes.count(o) for o in ("published", "restated", "unchanged")})

    return releases_due
