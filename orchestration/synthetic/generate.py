"""Writes the synthetic authority's extracts: which files each monthly delivery holds, under which names, and in which order the world moves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from expectations.contracts import Contracts, load_contracts
from orchestration.periods import Period, month_range, parse_period, period_containing
from orchestration.synthetic import annex_a, care, contacts, need, quality, reference, voice
from orchestration.synthetic.columns import with_unknown_columns
from orchestration.synthetic.lives import World
from orchestration.synthetic.scenario import load_scenario

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SCALES = tuple(load_scenario().scales)
DUMP_MONTHS = (3, 6, 9, 12)  # the full dumps come at quarter ends, and with the last delivery


def generate(
    to: Path,
    as_at: date,
    *,
    deliveries: int = 18,
    first: str | None = None,
    last: str | None = None,
    seed: int = 7,
    scale: str = "small",
    contracts: Contracts | None = None,
) -> list[Path]:
    """Write the monthly deliveries into the folder `to` and return the files in order of month and name.

    `last` defaults to the last complete month before `as_at`, `first` to `deliveries` months up to it. The same
    arguments give the same bytes, and a month's files do not depend on which other months are asked for; only whether
    the full dumps come with a month does (quarter ends and the last delivery).
    Raises ValueError for an unknown scale, an empty range or a month outside the scenario's deliveries.
    """
    scenario = load_scenario()
    contracts = contracts or load_contracts()
    if scale not in scenario.scales:
        raise ValueError(f"no scale `{scale}`: use one of {', '.join(scenario.scales)}")
    months = delivery_months(as_at, deliveries, first, last)
    earliest, latest = scenario.world.earliest_delivery, scenario.world.latest_delivery
    if months[0].key < earliest or months[-1].key > latest:
        raise ValueError(
            f"the synthetic authority delivers {earliest}..{latest}, not {months[0].key}..{months[-1].key}: "
            "choose another --as-at or --deliveries"
        )
    to.mkdir(parents=True, exist_ok=True)

    world = World(scenario, scale, seed, care.come_of_age)
    audits, answers, facts = quality.Audits(world), voice.Voice(world), reference.Reference(world)
    wanted = {month.key for month in months}
    written: list[Path] = []
    month = period_containing(scenario.world.begins, "month")
    while month.key <= months[-1].key:
        if month.key >= scenario.world.quality_and_voice_begin:
            audits.sample(month, facts.restricted_children())  # drawn from the position on the 1st
        need.begin_month(world, month)
        care.begin_month(world, month)
        world.advance_to(month.end)
        if month.key >= scenario.world.contacts_begin:
            contacts.record_month(world, month)
        if month.key >= scenario.world.quality_and_voice_begin:
            answers.record_month(month)
            facts.restrict(month)
        if month.key in wanted:
            name = f"Annex_A_{month.start.year}_{MONTH_NAMES[month.start.month - 1]}.xlsx"
            written.append(_write(to / name, annex_a.workbook(world, month.end, contracts)))
            if month.start.month in DUMP_MONTHS or month.key == months[-1].key:
                for part in (audits, facts, answers):
                    for table, rows in part.tables(month.end).items():
                        name = f"{part.source}_{table}_{month.key}.csv"
                        written.append(_write(to / name, _csv(contracts, part.source, table, rows, month.end)))
        month = month.next()
    return written


def delivery_months(
    as_at: date, deliveries: int = 18, first: str | None = None, last: str | None = None
) -> list[Period]:
    """The months delivered: `first`..`last`, by default the `deliveries` complete months before `as_at`."""
    final = parse_period(last) if last else period_containing(as_at, "month").previous()
    if first:
        return month_range(first, final.key)
    if deliveries < 1:
        raise ValueError("at least one delivery is needed")
    months = [final]
    while len(months) < deliveries:
        months.insert(0, months[0].previous())
    return months


def _csv(contracts: Contracts, source: str, table: str, rows: Iterable[Mapping[str, Any]], day: date) -> bytes:
    """A table as CSV with the contract's columns, dates in ISO form, blanks for what is not known on `day`."""
    contract = contracts.table(source, table)
    columns = contract.columns
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([c.title for c in columns])
    for row in with_unknown_columns(contract, rows, day, contracts.code_sets):
        writer.writerow(["" if row[c.name] is None else row[c.name] for c in columns])
    return text.getvalue().encode("utf-8")


def _write(path: Path, content: bytes) -> Path:
    """Write under a temporary name, then rename, so that nobody reads half a file."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    return temporary.replace(path)
