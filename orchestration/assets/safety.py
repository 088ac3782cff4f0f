"""What every asset stands in: the day a run looks from, errors and logs without cells, rows that never enter Dagster."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from orchestration import periods
from orchestration.limits import private_umask
from orchestration.settings import Settings

# Runs that write queue up behind each other (dagster.yaml: limit 1, granularity run).
POOL = "warehouse"
OWN_PACKAGES = ("orchestration.", "expectations.")


class Day(dg.ConfigurableResource):
    """The day a run looks from; schedules fill it in, an empty one is today in England."""

    as_at: str = ""

    def given(self) -> date | None:
        """The as-at date that was asked for, or None. ValueError when the text is not a date."""
        return date.fromisoformat(self.as_at) if self.as_at else None

    def date(self) -> date:
        """The as-at date."""
        return self.given() or periods.today()

    def known_on(self) -> date:
        """The day something becomes known."""
        return periods.known_on(self.date())


class NoRows(dg.IOManager):
    """Assets hand over files, never values: rows are not pickled into Dagster's storage."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        if obj is not None:
            raise TypeError("an asset returned a value: assets return metadata only")

    def load_input(self, context: dg.InputContext) -> None:
        raise TypeError("an asset asked for the value of another one: assets read files")


def _told(error: BaseException) -> str:
    """The message of an error of our own, which holds no cell; of any other error its kind and place only."""
    if type(error).__module__.startswith(OWN_PACKAGES):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__} at {Path(where.filename).name}:{where.lineno}: run the `qapm` verb with --debug"


@contextmanager
def cells_kept_out() -> Iterator[None]:
    """Around the body of an asset: a failure is told without the messages of libraries, which quote cells."""
    private_umask()
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        raise dg.Failure(description=_told(error), allow_retries=False) from None


def alert(settings: Settings, job: str, run_id: str, what: str, steps: list[str]) -> Path:
    """Append one line to logs/alerts.jsonl for whoever watches it: job, run, what went wrong, steps; never a value."""
    settings.make_folders()
    path = settings.logs / "alerts.jsonl"
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "job": job, "run_id": run_id, "what": what, "steps": steps,
    }  # fmt: skip
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return path
