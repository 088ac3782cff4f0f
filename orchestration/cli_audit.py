"""The `qapm audit` verbs: the frozen sample of a month and its auditors. Thin, as `cli` is."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.console import OPTIONS, WRONG_USE, Problem, err, say, show
from orchestration.settings import Settings

audit_app = typer.Typer(help="The monthly sample of case file audits and who audits what.", no_args_is_help=True)
Month = Annotated[str, typer.Option("--month", help="2025-10: drawn from the position at the end of the month before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show; freeze and append nothing.")]


@audit_app.command("sample")
def sample(
    month: Month,
    override_reason: Annotated[
        str | None,
        typer.Option("--override-reason", help="Draw although no records are held near the position; recorded."),
    ] = None,
    replace: Annotated[
        str | None, typer.Option("--replace", metavar="SUBJECT", help="Put another case in the place of this one.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why it is replaced; recorded.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Draw and freeze the month's sample; a month frozen before gives the frozen list."""
    from orchestration.audit.monthly import sample_month
    from orchestration.serving.figures import log_access

    if reason is not None and replace is None:
        raise Problem("--reason goes with --replace", WRONG_USE)
    settings = Settings()
    made = sample_month(
        settings, month, override_reason=override_reason, replace=replace, reason=reason, dry_run=dry_run
    )
    log_access(settings, f"audit sample {month}", "restricted", len(made.rows))
    show(made.rows)
    _tell(made.told)
    if not dry_run and not made.was_frozen:
        say(f"frozen: {len(made.rows)} cases; next: qapm audit allocate --month {month}")


@audit_app.command("allocate")
def allocate(
    month: Month,
    accept_proposals: Annotated[
        bool, typer.Option("--accept-proposals", help="Take what is proposed where a rule cannot be held; recorded.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Give each case of the frozen sample its lead and peer auditor (worker numbers); again after transfers."""
    from orchestration.audit.monthly import allocate_month
    from orchestration.serving.figures import log_access

    settings = Settings()
    made = allocate_month(settings, month, accept=accept_proposals, dry_run=dry_run)
    log_access(settings, f"audit allocate {month}", "restricted", len(made.rows))
    show(made.rows)
    _tell(made.told)


def _tell(lines: list[str]) -> None:
    """What fell short, beside the list and never in it."""
    if not OPTIONS.quiet:
        for line in lines:
            err.print(f"note: {line}", markup=False)
