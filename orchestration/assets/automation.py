"""What starts runs by itself: jobs, schedules by the due rules, the landing sensor, the alert on failure."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import dagster as dg

from orchestration.assets.audits import AUDIT_LIST
from orchestration.assets.releases import PARTITIONS
from orchestration.assets.safety import alert
from orchestration.ingest.load import waiting_hashes
from orchestration.periods import LONDON
from orchestration.publishing.datasets import Dataset, load_datasets
from orchestration.refresh import due_now
from orchestration.settings import Settings

# Between 05:00 and 07:00: 01:30 happens twice or never in the nights the clocks change.
ZONE = "Europe/London"
REFRESH_AT, PUBLISH_AT = "10 5 * * *", "30 6 * * *"
DRAW_AT = "50 5 1 * *"  # on the first, after the refresh


def _datasets(settings: Settings, cadence: str) -> dict[str, Dataset]:
    found = load_datasets(settings.project_root / "exports")
    return {name: dataset for name, dataset in found.items() if dataset.cadence == cadence}


def jobs(settings: Settings, road: dg.AssetSelection) -> dict[str, Any]:
    """`refresh` along the whole road, and one publication job per cadence, by name."""
    made: dict[str, Any] = {
        "refresh": dg.define_asset_job(
            "refresh", selection=road, description="Load what has landed, build, copy the zones, publish what is due."
        )
    }
    for cadence, partitions in PARTITIONS.items():
        if names := list(_datasets(settings, cadence)):
            made[f"publish_{cadence}"] = dg.define_asset_job(
                f"publish_{cadence}", selection=dg.AssetSelection.assets(*names), partitions_def=partitions,
                description=f"Publish one period of the {cadence} datasets.",
            )  # fmt: skip
    return made


def _on(day: date) -> dict[str, Any]:
    return {"day": {"config": {"as_at": day.isoformat()}}}


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def refresh_schedule(job: Any) -> dg.ScheduleDefinition:  # noqa: ANN401 - dagster's unresolved job has no public type
    """The nightly refresh; a run with nothing new ends after the load."""

    @dg.schedule(name="refresh_nightly", job=job, cron_schedule=REFRESH_AT, execution_timezone=ZONE)
    def refresh_nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(run_config={"resources": _on(_day(context.scheduled_execution_time))})

    return refresh_nightly


def audits_job() -> Any:  # noqa: ANN401 - as below
    """Draws, freezes and allocates one month's list of audits."""
    return dg.define_asset_job(
        "draw_audits", selection=dg.AssetSelection.assets(AUDIT_LIST), partitions_def=PARTITIONS["monthly"],
        description="Freeze the sample of case file audits of a month and allocate it.",
    )  # fmt: skip


def audits_schedule(job: Any) -> dg.ScheduleDefinition:  # noqa: ANN401 - dagster's unresolved job has no public type
    """Freezes the list of a month on its first day."""

    @dg.schedule(name="draw_audits_on_the_first", job=job, cron_schedule=DRAW_AT, execution_timezone=ZONE)
    def draw_audits_on_the_first(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        month = _day(context.scheduled_execution_time).strftime("%Y-%m")
        return dg.RunRequest(run_key=month, partition_key=month)

    return draw_audits_on_the_first


def publication_schedule(settings: Settings, cadence: str, job: Any) -> dg.ScheduleDefinition:  # noqa: ANN401 - as above
    """Looks every morning whether a dataset of this cadence is due and not published, by its own due rule."""

    @dg.schedule(name=f"publish_{cadence}_when_due", job=job, cron_schedule=PUBLISH_AT, execution_timezone=ZONE)
    def publish_when_due(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
        day = _day(context.scheduled_execution_time)
        mine = _datasets(settings, cadence)
        wanted = [(name, item) for name, item in due_now(settings, day) if name in mine]
        if not wanted:
            return dg.SkipReason(f"no {cadence} dataset is due and unpublished at {day}")
        return [
            dg.RunRequest(
                run_key=f"{name}|{item.period.key}|{item.state}|{day}", partition_key=item.period.key,
                asset_selection=[dg.AssetKey(name)],
                run_config={"resources": _on(day), "ops": {name: {"config": {"automatic": True}}}},
            )
            for name, item in wanted
        ]  # fmt: skip

    return publish_when_due


def run_key(hashes: Sequence[str]) -> str:
    """The sha256 of the landed file; of several landed together, the sha256 of their sorted hashes."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()


def landing_sensor(settings: Settings, job: Any) -> dg.SensorDefinition:  # noqa: ANN401 - as above
    """Starts one refresh for the files that lie still in landing. The same bytes start no second run; the nightly takes them."""

    @dg.sensor(name="landing", job=job, minimum_interval_seconds=60)
    def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            hashes = waiting_hashes(settings)
        except OSError as error:  # a share that is away, or a file that went while we looked
            return dg.SkipReason(f"landing cannot be read ({type(error).__name__})")
        if hashes is None:
            return dg.SkipReason("a file is still being written")
        if not hashes:
            return dg.SkipReason("nothing has landed")
        return dg.RunRequest(run_key=run_key(hashes), tags={"qapm/files": str(len(hashes))})

    return landing


def failure_sensor(settings: Settings) -> dg.SensorDefinition:
    """Tells of every failed run in logs/alerts.jsonl."""

    @dg.run_failure_sensor(name="alert_on_failure", default_status=dg.DefaultSensorStatus.RUNNING)
    def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
        steps = [str(event.step_key) for event in context.get_step_failure_events()]
        run = context.dagster_run
        alert(settings, run.job_name, run.run_id, "failed", steps)

    return alert_on_failure
