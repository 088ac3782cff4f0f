"""The `qapm` command: thin. Every verb calls the function that a Dagster asset calls, prints the result and sets the exit code.

Neither dagster nor great_expectations is imported here; what a verb needs is imported when it runs.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from orchestration import periods
from orchestration.cli_audit import audit_app
from orchestration.cli_kpi import Zone, kpi_app, pick_zone
from orchestration.console import (
    DONE,
    LOCKED,
    OPTIONS,
    PROBLEM,
    WRONG_USE,
    Problem,
    err,
    print_json,
    progress_line,
    say,
    show,
)
from orchestration.locks import LockHeld
from orchestration.settings import Settings

KIND_FACT = "kind_of_data"
FEW = 5
EVERYWHERE = "Every verb also takes --json (one JSON document and nothing else), --quiet and --debug (stack traces)."

app = typer.Typer(
    name="qapm",
    help="Quality assurance and performance management data of children's social care: load, build, publish, read.",
    no_args_is_help=True, add_completion=False, epilog=EVERYWHERE, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
key_app = typer.Typer(help="The pseudonym key.", no_args_is_help=True)
app.add_typer(kpi_app, name="kpi")
app.add_typer(audit_app, name="audit")
app.add_typer(key_app, name="key")


AsAt = Annotated[
    str | None,
    typer.Option("--as-at", metavar="DATE", help="Look from this day (2025-09-30); default: today in England."),
]


@app.callback(epilog=EVERYWHERE)
def _common() -> None:
    pass


def _day(text: str | None) -> date:
    if text is None:
        return periods.today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Problem(f"`{text}` is not a date: write it like 2025-09-30", WRONG_USE) from None
    if not periods.FIRST_YEAR < day.year < periods.LAST_YEAR:
        raise Problem(
            f"{text} lies outside the calendar, which holds {periods.FIRST_YEAR + 1} to {periods.LAST_YEAR - 1}",
            WRONG_USE,
        )
    return day


# --- load ---------------------------------------------------------------------------------------------------------


def _loads_exit(reports: Sequence[dict[str, object]]) -> int:
    return PROBLEM if any(r["state"] == "rejected" for r in reports) else DONE


def _show_loads(reports: Sequence[dict[str, object]]) -> None:
    if OPTIONS.json:
        print_json(list(reports))
        return
    rows = [
        {
            "load": r["load_id"], "file": r["file"], "table": r["table"] or "", "period": r["period"] or "", "state": r["state"], "read": r["rows_read"],
            "loaded": r["rows_loaded"], "quarantined": r["rows_quarantined"], "deduplicated": r["rows_deduplicated"],
        }
        for r in reports if r["state"] != "duplicate"
    ]  # fmt: skip
    if rows:
        show(rows)
    told = dict.fromkeys((r["file"], r["state"], r["message"]) for r in reports)
    duplicates = [t for t in told if t[1] == "duplicate"]
    for name, state, message in told:
        few = len(duplicates) <= FEW and state == "duplicate"
        if (
            state in ("rejected", "ignored")
            or few
            or "; replaces load" in str(message)
            or "; publication waits" in str(message)
        ):
            err.print(f"{name}: {state}: {message}", markup=False)
    if len(duplicates) > FEW:
        say(f"{len(duplicates)} files were held already, the same bytes: nothing changes (--json lists them)")
    bad = sum(int(str(r["rows_quarantined"])) for r in reports)
    if bad:
        say(f"{bad} rows in quarantine: `qapm quarantine` lists file, sheet, row, column and reason")


@app.command("load")
def load_files(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; default: everything in landing/.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Month of the files when their names do not say (2025-09).")
    ] = None,
    as_at: AsAt = None,
) -> None:
    """Claim and load files: type, check, quarantine, gate, record."""
    from orchestration.ingest.load import load

    _warn_of_demo(Settings())
    with progress_line() as progress:
        reports = load(
            Settings(), paths or [], period=period, known_on=periods.known_on(_day(as_at)), progress=progress
        )
    _show_loads(reports)
    raise typer.Exit(_loads_exit(reports))


def _made(settings: Settings) -> Settings:
    """The settings, after the data folders of a new installation are made; those of one in use are left as they are."""
    if not settings.ledger_path.exists():
        settings.make_folders()
    return settings


@app.command()
def loads(
    current: Annotated[
        bool, typer.Option("--current", help="Only the loads that hold their table and period now.")
    ] = False,
) -> None:
    """The ledger: what became of every file."""
    from orchestration.ledger import Ledger

    with Ledger(_made(Settings()).ledger_path) as ledger:
        _show_loads(ledger.reports(current=current))


@app.command()
def quarantine(
    load: Annotated[int | None, typer.Option("--load", help="Only this load.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only the current loads of this extract.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write an error report for its owner: .xlsx or .csv.")
    ] = None,
) -> None:
    """Why rows were quarantined, cells blanked or rows noted: file, sheet, row, column and reason code; never a value."""
    from orchestration.ingest.error_report import ERROR_COLUMNS, errors, write
    from orchestration.ledger import Ledger

    settings = _made(Settings())
    with Ledger(settings.ledger_path) as ledger:
        reports = ledger.reports(None if load is None else [load], current=source is not None)
        if source is not None:  # and what came since and was refused
            newest = max((int(str(r["load_id"])) for r in reports if r["source"] == source), default=0)
            reports += [r for r in ledger.reports() if r["state"] == "rejected" and int(str(r["load_id"])) > newest]
    rows = errors(settings, [r for r in reports if source is None or r["source"] == source])
    if source is not None and not any(r["source"] == source for r in reports):
        raise Problem(f"nothing is loaded of an extract `{source}`: `qapm loads --current` shows what is", WRONG_USE)
    if to is None:
        show(rows, None if OPTIONS.json else ERROR_COLUMNS)
        return
    write(to, rows, f"Data quality of {source or 'all extracts'}")
    if OPTIONS.json:
        print_json({"path": str(to), "rows": len(rows)})
    say(f"{to}: {len(rows):,} errors to mend, by file, sheet, row and column")


@app.command("sign-off")
def sign_off(
    load: Annotated[int, typer.Option("--load", help="The load whose publication waits; `qapm loads` tells.")],
    by: Annotated[str, typer.Option("--by", help="Who looked at it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the change of volume is right.")] = "",
) -> None:
    """Let what is made from a load be published although its rows are far more or fewer than in the period before."""
    from orchestration.ledger import Ledger

    with Ledger(_made(Settings()).ledger_path) as ledger:
        done = ledger.sign_off(load, by.strip(), reason) if by.strip() else 0
        waiting = sorted({str(h["load_id"]) for h in ledger.open_holds()})
    if not done:
        told = f"waiting: {', '.join(waiting)}" if waiting else "none waits"
        raise Problem(f"load {load} waits for no sign-off by a named person ({told})", WRONG_USE)
    if OPTIONS.json:
        print_json({"load_id": load, "signed_off_by": by.strip(), "holds": done})
    say(f"load {load} signed off by {by.strip()}: `qapm refresh` publishes what was waiting for it")


# --- build and publish --------------------------------------------------------------------------------------------


@app.command()
def build(
    as_at: AsAt = None,
    as_known_at: Annotated[
        str | None, typer.Option("--as-known-at", metavar="DATE", help="Leave out loads after this day.")
    ] = None,
) -> None:
    """Build a candidate warehouse from the store, gate it, and swap it in."""
    from orchestration.warehouse.build import build as build_warehouse

    with progress_line() as progress:
        made = build_warehouse(Settings(), _day(as_at), _day(as_known_at) if as_known_at else None, progress)
    document = {
        "generation": made.name,
        "as_at": made.as_at.isoformat(),
        "changed": made.changed,
        "folder": str(made.folder),
    }
    if OPTIONS.json:
        print_json(document)
    say(f"generation {made.name} as at {made.as_at}: {'built and promoted' if made.changed else 'nothing new, kept'}")


def _releases_exit(made: Sequence[Any]) -> int:
    return PROBLEM if any(r.outcome == "held" for r in made) else DONE


def _show_releases(made: Sequence[Any]) -> None:
    for release in (r for r in made if r.outcome == "held"):
        err.print(f"held: {release.message}", markup=False)
    without: dict[str, list[Any]] = {}
    for release in (r for r in made if r.outcome == "not_available"):
        without.setdefault(release.dataset, []).append(release)
    for dataset, found in without.items():
        say(f"  {dataset}: {found[0].period} to {found[-1].period} not published: {found[-1].message}")
    by_dataset: dict[str, list[Any]] = {}
    for release in (r for r in made if r.outcome in ("published", "restated")):
        by_dataset.setdefault(release.dataset, []).append(release)
    for dataset, found in by_dataset.items():
        spans = f"{found[0].period} to {found[-1].period}" if len(found) > 1 else found[0].period
        say(f"  {dataset}: {len(found)} released ({spans}), latest in {found[-1].path}")


@app.command()
def refresh(as_at: AsAt = None) -> None:
    """Load what has landed, build, publish what is due."""
    from orchestration.refresh import refresh as run

    landing = Settings().landing
    if landing.is_dir() and any(landing.iterdir()):
        _warn_of_demo(Settings())
    day, started = _day(as_at), time.monotonic()
    with progress_line() as progress:
        done = run(Settings(), day, periods.known_on(day), progress)
    if OPTIONS.json:
        print_json(_refreshed(done))
    else:
        if done.loads:
            _show_loads(done.loads)
        changed = done.generation is not None and done.generation.changed
        say(
            f"warehouse: {'built and promoted' if changed else 'nothing new'}; releases written: {_written(done.releases)}; {time.monotonic() - started:.1f} s"
        )
        _show_releases(done.releases)
    raise typer.Exit(max(_loads_exit(done.loads), _releases_exit(done.releases)))


def _written(made: Sequence[Any]) -> int:
    return sum(r.outcome in ("published", "restated") for r in made)


def _refreshed(done: Any) -> dict[str, Any]:  # noqa: ANN401 - refresh.Refreshed, imported late
    return {
        "loads": done.loads,
        "generation": done.generation.name if done.generation else None,
        "changed": bool(done.generation and done.generation.changed),
        "releases": [r.as_json() for r in done.releases],
    }


@app.command()
def demo(
    scale: Annotated[str, typer.Option(help="small (a tenth of a county) or authority (a county).")] = "small",
    as_at: AsAt = None,
    seed: Annotated[int, typer.Option(help="Another seed makes another authority.")] = 7,
) -> None:
    """Make a synthetic authority and take it all the way to published datasets."""
    from orchestration.refresh import refresh as run
    from orchestration.synthetic.generate import generate
    from orchestration.warehouse.keys import KEY_VARIABLE, new_key

    settings, day, started = Settings(), _day(as_at), time.monotonic()
    _only_demo(settings)
    import os

    if not (settings.keys / "child.key").exists() and KEY_VARIABLE not in os.environ:
        new_key(settings)
    with progress_line() as progress:
        progress("making a synthetic authority's extracts")
        settings.logs.mkdir(parents=True, exist_ok=True)
        planted = settings.logs / "synthetic_manifest.json"
        made = generate(settings.landing, day, seed=seed, scale=scale, manifest=planted, progress=progress)
        generated = time.monotonic() - started
        # freshly written by this process, so there is no need to wait for them to stand still
        done = run(settings.model_copy(update={"settle_seconds": 0.0}), day, periods.known_on(day), progress)
    if OPTIONS.json:
        print_json({"files": len(made), "home": str(settings.root), **_refreshed(done)})
        raise typer.Exit(max(_loads_exit(done.loads), _releases_exit(done.releases)))
    rows = sum(int(str(r["rows_loaded"])) for r in done.loads)
    bad = sum(int(str(r["rows_quarantined"])) for r in done.loads)
    held = sum(r["state"] == "duplicate" for r in done.loads)
    say(
        f"A synthetic authority, as at {day} (no real child, worker or place is in it). "
        f"Took {time.monotonic() - started:.0f} s ({generated:.0f} s to generate)."
    )
    loaded = f"{rows:,} rows loaded, {bad} quarantined" if held < len(done.loads) else "nothing new, all held already"
    say(f"  extracts   {len(made)} files, {loaded}: {settings.store}")
    if done.generation:
        say(f"  warehouse  generation {done.generation.name}: {done.generation.folder}")
    say(f"  for BI     restricted, practice and aggregate zones: {settings.serving}")
    there = len(list(settings.published.glob("*/*/v*")))
    say(f"  published  {_written(done.releases)} releases written, {there} in all: {settings.published}")
    _show_releases(done.releases)
    month = periods.period_containing(day, "month").previous().key
    say("Try next:")
    for line in (
        "qapm kpi list",
        f"qapm kpi values CP-04 --period {month} --basis R12 --by service",
        f"qapm kpi cases CP-01 --period {month}",
        f"qapm audit sample --month {periods.period_containing(day, 'month').key} --dry-run",
        "qapm releases",
        f"qapm verify {settings.published}",
        'qapm query "select * from dim_service" --zone practice',
    ):
        say(f"  .venv/bin/{line}")
    say("  make dagster   (the whole graph in a browser)")
    if rejected := [r for r in done.loads if r["state"] == "rejected"]:
        _show_loads(rejected)
    raise typer.Exit(max(_loads_exit(done.loads), _releases_exit(done.releases)))


def _only_demo(settings: Settings) -> None:
    """Refuse to mix invented children with real ones; mark the folder as a demo's."""
    from orchestration.ledger import Ledger

    settings.make_folders()
    with Ledger(settings.ledger_path) as ledger:
        if ledger.fact(KIND_FACT) != "demo" and ledger.current_tables():
            raise Problem(
                f"{settings.root} holds loads that are not a demo's: set QAPM_HOME to another folder for the demo",
                WRONG_USE,
            )
        ledger.set_fact(KIND_FACT, "demo")


def _warn_of_demo(settings: Settings) -> None:
    """Say so when files are loaded into a folder that holds a synthetic authority."""
    from orchestration.ledger import Ledger

    if not settings.ledger_path.exists():
        return
    with Ledger(settings.ledger_path) as ledger:
        if ledger.fact(KIND_FACT) == "demo" and not OPTIONS.quiet:
            err.print(
                f"note: {settings.root} holds a synthetic authority (qapm demo); keep real extracts in another QAPM_HOME",
                markup=False,
            )


@app.command()
def generate(
    to: Annotated[Path, typer.Option("--to", help="Folder the files are written to.")],
    as_at: AsAt = None,
    deliveries: Annotated[
        str | None, typer.Option(help="Months to deliver, 2025-04..2025-09; default: the 18 before --as-at.")
    ] = None,
    years: Annotated[int, typer.Option(help="Years of history before each month, 1 to 6.")] = 6,
    authorities: Annotated[
        int,
        typer.Option(help="Make so many authorities, each in its folder `authority=001` and on, with prefixed ids."),
    ] = 1,
    seed: Annotated[int, typer.Option(help="Another seed makes another authority.")] = 7,
    scale: Annotated[str, typer.Option(help="small (a tenth of a county) or authority (a county).")] = "small",
    faults: Annotated[
        str, typer.Option(help="none, or some: plant the known defects that manifest.json lists.")
    ] = "none",
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be given several times.")] = None,
    form: Annotated[
        str | None,
        typer.Option(help="csv (Annex A as a workbook) or parquet; default: csv, parquet for several authorities."),
    ] = None,
) -> None:
    """Only generate a synthetic authority's extracts; what was planted in them on purpose is listed in manifest.json."""
    from orchestration.synthetic.generate import MANIFEST
    from orchestration.synthetic.generate import generate as make

    first = last = None
    if deliveries is not None:
        first, _, last = deliveries.partition("..")
        periods.month_range(first, last or first)
        last = last or first
    started = time.monotonic()
    with progress_line() as progress:
        made = make(
            to, _day(as_at), first=first, last=last, years=years, authorities=authorities, seed=seed, scale=scale,
            faults=faults, form=form or ("csv" if authorities == 1 else "parquet"), sources=source or (),
            manifest=to / MANIFEST, progress=progress,
        )  # fmt: skip
    if OPTIONS.json:
        print_json([{"file": str(p), "bytes": p.stat().st_size} for p in made])
        return
    size = sum(p.stat().st_size for p in made) / 1e6
    say(
        f"{len(made)} files of {'a' if authorities == 1 else authorities} synthetic authorit{'y' if authorities == 1 else 'ies'}"
    )
    say(f"  written    {size:,.0f} MB to {to} in {time.monotonic() - started:.0f} s")
    say(f"  planted    on purpose, for tests: {to / MANIFEST if authorities == 1 else to / 'authority=…' / MANIFEST}")
    say(f"  next       qapm load {to if authorities == 1 else to / 'authority=001'}")


@app.command()
def publish(
    dataset: Annotated[str | None, typer.Argument(help="Dataset; `qapm datasets` lists them.")] = None,
    period: Annotated[str | None, typer.Option(help="Period to publish; lists of children need none.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Publish every due period.")] = False,
    as_at: AsAt = None,
    reason: Annotated[str | None, typer.Option(help="Why a published period is restated.")] = None,
) -> None:
    """Publish one period of a dataset, or all that is due."""
    from orchestration.publishing.releases import PublicationHeld
    from orchestration.refresh import publish_due, publish_one

    settings, day = Settings(), _day(as_at) if as_at else None  # by default the day the warehouse was built for
    if (due and period is not None) or (not due and dataset is None and period is None):
        raise Problem("say what to publish: `qapm publish DATASET --period P`, or `qapm publish --due`", WRONG_USE)
    if period is not None and dataset is None:
        raise Problem("--period needs a dataset: `qapm datasets` lists them", WRONG_USE)
    if not due and dataset is not None:
        try:
            made = [publish_one(settings, dataset, period, day, reason)]
        except PublicationHeld as held:
            if OPTIONS.json:
                print_json([{"dataset": dataset, "period": period, "outcome": "held", "message": str(held)}])
                raise typer.Exit(PROBLEM) from None
            raise Problem(str(held)) from None
    else:
        with progress_line() as progress:
            made = publish_due(settings, day, only=dataset, progress=progress)
    if OPTIONS.json:
        print_json([r.as_json() for r in made])
    else:
        say(f"releases written: {_written(made)}; unchanged: {sum(r.outcome == 'unchanged' for r in made)}")
        _show_releases(made)
    raise typer.Exit(_releases_exit(made))


@app.command()
def releases() -> None:
    """What has been published."""
    from orchestration.publishing.releases import releases as found

    rows = [r.as_json() for r in found(Settings().published)]
    show(rows, None if OPTIONS.json else ["dataset", "period", "version", "state", "rows", "reason", "path"])


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A release, a dataset's folder, or the published folder.")],
) -> None:
    """Check a release: every file's hash, nothing missing, nothing added."""
    from orchestration.publishing.verify import verify as check

    if not path.exists():
        raise Problem(f"there is no {path}: `qapm releases` shows where releases lie", WRONG_USE)
    problems = check(path)
    if OPTIONS.json:
        print_json({"path": str(path), "ok": not problems, "problems": problems})
    else:
        for problem in problems:
            err.print(problem, markup=False)
    say(f"{path}: {'not right' if problems else 'verified'}")
    raise typer.Exit(PROBLEM if problems else DONE)


@app.command()
def datasets(as_at: AsAt = None) -> None:
    """Published datasets with cadence, audience, level and next due date."""
    from orchestration.publishing.datasets import load_datasets, next_due

    settings, day = Settings(), _day(as_at)
    rows = []
    for name, dataset in load_datasets(settings.project_root / "exports").items():
        following = next_due(dataset, day)
        rows.append(
            {
                "dataset": name, "framework": dataset.framework, "cadence": dataset.cadence, "audience": dataset.audience.format(**_names(settings)),
                "level": dataset.level, "disclosure": dataset.disclosure, "next_due": following.since.isoformat(),
                "next_period": following.period.key, "next_state": following.state,
            }
        )  # fmt: skip
    show(rows)


def _names(settings: Settings) -> dict[str, str]:
    return {
        "organisation": settings.organisation_name, "commissioner": settings.commissioner_name,
        "authority": settings.authority_name, "contract_title": settings.contract_title,
    }  # fmt: skip


# --- figures ------------------------------------------------------------------------------------------------------


@app.command()
def query(sql: Annotated[str, typer.Argument(help="A select statement.")], zone: Zone = "restricted") -> None:
    """Read-only SQL on what is being served."""
    import duckdb

    from orchestration.serving.figures import query as run

    try:
        rows = run(Settings(), sql, pick_zone(zone))
    except (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.PermissionException,
    ) as error:
        raise Problem(f"the query failed: {str(error).splitlines()[0]}", WRONG_USE) from None
    except duckdb.Error as error:  # other messages quote cells
        if "read-only" in str(error):
            raise Problem("a zone is read-only: only select statements are answered", WRONG_USE) from None
        raise Problem(f"the query failed while it ran ({type(error).__name__})", WRONG_USE) from None
    show(rows)


@key_app.command("new")
def key_new() -> None:
    """Make the pseudonym key (QAPM_HOME/keys, readable by you only). Keep a copy in a safe: it is in no backup."""
    from orchestration.warehouse.keys import new_key

    settings = Settings()
    made = new_key(settings)
    if OPTIONS.json:
        print_json({"fingerprint": made, "path": str(settings.keys / "child.key")})
    say(
        f"made {settings.keys / 'child.key'}, fingerprint {made}. Keep a copy in a safe place: without it every child becomes new."
    )


@key_app.command("fingerprint")
def key_fingerprint() -> None:
    """The key's fingerprint."""
    from orchestration.warehouse.keys import fingerprint, read_key

    made = fingerprint(read_key(Settings()))
    if OPTIONS.json:
        print_json({"fingerprint": made})
    say(made)


def _wrong_use(error: BaseException) -> bool:
    """Whether an error is the caller's: our own ValueErrors and paths that are not there; not those of libraries."""
    if isinstance(error, json.JSONDecodeError | UnicodeError | ValidationError):
        return False
    return isinstance(error, ValueError | FileNotFoundError)


def _take_options(arguments: Sequence[str]) -> list[str]:
    """Set what every verb takes from the command line and give back the rest."""
    flags = {"--json": "json", "--quiet": "quiet", "-q": "quiet", "--debug": "debug"}
    OPTIONS.json, OPTIONS.quiet, OPTIONS.debug = (
        any(flags.get(a) == name for a in arguments) for name in ("json", "quiet", "debug")
    )
    return [a for a in arguments if a not in flags]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. Errors end in one line without a stack trace; --debug shows it."""
    from orchestration.limits import private_umask

    private_umask()
    try:
        app(args=_take_options(sys.argv[1:] if arguments is None else arguments), prog_name="qapm")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if OPTIONS.debug:
            raise
        if isinstance(error, ValidationError) and error.title == "Settings":
            names = ", ".join(f"QAPM_{str(e['loc'][0]).upper()}" for e in error.errors())
            error = Problem(f"the setting {names} has a value it cannot have", WRONG_USE)
        code = (
            error.code if isinstance(error, Problem)
            else LOCKED if isinstance(error, LockHeld)
            else WRONG_USE if _wrong_use(error)
            else PROBLEM
        )  # fmt: skip
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        ours = type(error).__module__.split(".")[0] in ("builtins", "expectations", "orchestration")
        known = ours and isinstance(error, Problem | LockHeld | ValueError | OSError | RuntimeError)
        known = known or isinstance(error, sqlite3.OperationalError)  # a full disk; other libraries' texts quote cells
        err.print(
            f"qapm: {text}" if known else f"qapm: unexpected {type(error).__name__}: run again with --debug",
            markup=False,
        )
        sys.exit(code)


if __name__ == "__main__":
    main()
