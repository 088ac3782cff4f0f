"""The Dagster code location: build_definitions assembles assets, jobs, schedules and sensors of one installation."""

from __future__ import annotations

from typing import Any

import dagster as dg

from expectations.contracts import load_contracts
from orchestration.assets import audits, automation, extracts, releases, warehouse
from orchestration.assets.safety import Day, NoRows
from orchestration.settings import Settings


def build_definitions(*, as_at: str = "", **overrides: Any) -> dg.Definitions:  # noqa: ANN401 - values of Settings
    """Everything `dagster dev` shows. `overrides` are fields of Settings, `as_at` is the day runs look from by default.

    Raises ManifestMissing when dbt's manifest was not made yet (`make parse`).
    """
    settings = Settings(**overrides)
    contracts, parsed = load_contracts(settings.expectations), warehouse.read_manifest(settings.dbt_project)
    road = [
        extracts.extract_assets(settings, contracts),
        warehouse.candidate_assets(settings, parsed, [extracts.extract_key(t) for t in contracts.tables]),
        warehouse.model_assets(settings, parsed),
        warehouse.promoted_asset(settings, parsed),
        warehouse.zone_assets(settings),
        releases.due_asset(settings),
    ]
    jobs = automation.jobs(settings, dg.AssetSelection.assets(*road))
    published = [name.removeprefix("publish_") for name in jobs if name.startswith("publish_")]
    jobs["draw_audits"] = audits_job = automation.audits_job()
    return dg.Definitions(
        assets=[*road, audits.audit_list_asset(settings), *releases.release_assets(settings)],
        jobs=list(jobs.values()),
        schedules=[
            automation.refresh_schedule(jobs["refresh"]),
            automation.audits_schedule(audits_job),
            *(automation.publication_schedule(settings, c, jobs[f"publish_{c}"]) for c in published),
        ],
        sensors=[automation.landing_sensor(settings, jobs["refresh"]), automation.failure_sensor(settings)],
        resources={
            "dbt": warehouse.dbt_resource(settings.dbt_project),
            "day": Day(as_at=as_at),
            "io_manager": NoRows(),
        },
        # One process for all steps of a run: they queue up for the same lock anyway, and each process costs seconds.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev -m orchestration.definitions` loads; called by Dagster, so that an import builds nothing."""
    return build_definitions()
