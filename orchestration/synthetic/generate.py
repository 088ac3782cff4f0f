"""Writes the synthetic authority's extracts: which files a monthly delivery holds, under which names, for one authority or for many."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from expectations.contracts import Contracts, Table, load_contracts
from orchestration.periods import Period, month_range, parse_period, period_containing
from orchestration.synthetic import (
    adoption,
    annex_a,
    complaints,
    edge_of_care,
    education,
    faults,
    fostering,
    get_safe,
    lado,
    partnership,
    planted,
    portal_referrals,
    private_fostering,
    published_statistics,
    quality_assurance,
    reference,
    residential,
    return_interviews,
    ssd,
    supporting_families,
    voice,
    workforce,
)
from orchestration.synthetic.chance import Chance
from orchestration.synthetic.columns import arrow_table, fill
from orchestration.synthetic.days import day_number, months_later
from orchestration.synthetic.history import make_world
from orchestration.synthetic.rows import Rows
from orchestration.synthetic.scenario import Scenario, load_scenario
from orchestration.synthetic.world import World

YEARS = 6
MANIFEST = "manifest.json"
SOURCES: dict[str, Callable[[World, int, int], dict[str, Rows]]] = {
    "ssd": ssd.tables,
    "annex_a": annex_a.tables,
    "quality_assurance": quality_assurance.tables,
    "voice": voice.tables,
    "complaints": complaints.tables,
    "get_safe": get_safe.tables,
    "return_interviews": return_interviews.tables,
    "portal_referrals": portal_referrals.tables,
    "education": education.tables,
    "supporting_families": supporting_families.tables,
    "edge_of_care": edge_of_care.tables,
    "fostering": fostering.tables,
    "residential": residential.tables,
    "adoption": adoption.tables,
    "lado": lado.tables,
    "private_fostering": private_fostering.tables,
    "workforce": workforce.tables,
    "partnership": partnership.tables,
    "reference": reference.tables,
    "published_statistics": published_statistics.tables,
}
# what a source gives of a month when its whole histories are not asked for, where making them all takes long
MONTHLY = {"ssd": ssd.month_tables}


@dataclass(frozen=True)
class Order:
    """What is asked for: months, whole-history files with every month or with the last one only, and how it is written."""

    months: tuple[str, ...]
    every_month_whole: bool
    years: int
    seed: int
    form: str
    faults: str
    sources: tuple[str, ...]


def generate(
    to: Path,
    as_at: date,
    *,
    deliveries: int = 18,
    first: str | None = None,
    last: str | None = None,
    years: int = YEARS,
    authorities: int = 1,
    seed: int = 7,
    scale: str = "small",
    faults: str = "none",
    form: str = "csv",
    sources: Collection[str] = (),
    manifest: Path | None = None,
    contracts: Contracts | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the monthly deliveries into the folder `to` and return the files in order of month and name.

    `last` defaults to the last complete month before `as_at`, `first` to `deliveries` months up to it. A month holds the
    Annex A workbook and the files that stand for one month (contract modes `period` and `append`); files of a whole
    history (`replace`) come with the last month, or with every month when `first` is named. History goes back `years`
    from each month. Only `sources` are written, when any are named. With several authorities each has a folder `authority=001` and on, its own size and prefixed ids.
    The same arguments give the same bytes, and a month's files do not depend on which other months are asked for.
    What was planted on purpose is listed in the file `manifest`, if one is named, and in every authority's folder.
    Raises ValueError for an unknown scale, form or faults, an empty range or a month outside the scenario's deliveries.
    """
    scenario = load_scenario()
    months = delivery_months(as_at, deliveries, first, last)
    _check(scenario, scale, faults, form, sources, months, authorities, years)
    wanted = tuple(s for s in SOURCES if not sources or s in sources)
    order = Order(tuple(m.key for m in months), first is not None, years, seed, form, faults, wanted)
    factor = scenario.scales[scale].factor
    to.mkdir(parents=True, exist_ok=True)
    if authorities == 1:
        return _authority(to, order, factor, 0, manifest, contracts, progress)
    sizes = authority_sizes(scenario, authorities, seed)
    folders = [to / f"authority={n + 1:03d}" for n in range(authorities)]
    jobs = [(f, order, factor * sizes[n], n + 1, f / MANIFEST, contracts) for n, f in enumerate(folders)]
    written: list[Path] = []
    # processes, not threads: numpy holds the interpreter for most of this work; one at a time for each core
    with ProcessPoolExecutor(max_workers=os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        for number, paths in enumerate(pool.map(_job, jobs), start=1):
            written += paths
            progress(f"{number} of {authorities} authorities written")
    return written


def _check(
    scenario: Scenario,
    scale: str,
    faults_: str,
    form: str,
    sources: Collection[str],
    months: list[Period],
    authorities: int,
    years: int,
) -> None:
    if scale not in scenario.scales:
        raise ValueError(f"no scale `{scale}`: use one of {', '.join(scenario.scales)}")
    if faults_ not in faults.LEVELS:
        raise ValueError(f"no faults `{faults_}`: use one of {', '.join(faults.LEVELS)}")
    if form not in ("csv", "parquet"):
        raise ValueError(f"no form `{form}`: use csv or parquet")
    if unknown := sorted(set(sources) - set(SOURCES)):
        raise ValueError(f"no source `{unknown[0]}`: use one of {', '.join(SOURCES)}")
    if not 1 <= authorities <= 900:
        raise ValueError("authorities: a number from 1 to 900")
    if not 1 <= years <= 6:
        raise ValueError("years: a number from 1 to 6; the authority's records are settled only from 2019 on")
    earliest, latest = scenario.world.earliest_delivery, scenario.world.latest_delivery
    if months[0].key < earliest or months[-1].key > latest:
        raise ValueError(
            f"the synthetic authority delivers {earliest}..{latest}, not {months[0].key}..{months[-1].key}: "
            "choose another --as-at or --deliveries"
        )


def authority_sizes(scenario: Scenario, count: int, seed: int) -> list[float]:
    """The size of each authority (county = 1): many smaller ones, a few large."""
    sizes = scenario.authorities
    drawn = Chance(seed).normal("authority size", 0.0, sizes.spread, np.arange(count))
    return np.clip(sizes.middle * np.exp(drawn), sizes.least, sizes.most).tolist()


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


def _job(job: tuple[Path, Order, float, int, Path, Contracts | None]) -> list[Path]:
    """One authority in a process of its own."""
    pa.set_cpu_count(1)
    return _authority(*job, progress=lambda _: None)


def _authority(
    to: Path,
    order: Order,
    factor: float,
    authority: int,
    manifest: Path | None,
    contracts: Contracts | None,
    progress: Callable[[str], None],
) -> list[Path]:
    """Every delivery of one authority."""
    contracts = contracts or load_contracts()
    to.mkdir(parents=True, exist_ok=True)
    months = [parse_period(key) for key in order.months]
    progress("making lives")
    world = make_world(load_scenario(), factor, order.seed, months[-1].end, authority)
    written: list[Path] = []
    planted_faults: list[dict[str, Any]] = []
    for month in months:
        progress(f"writing {month.key}")
        whole = order.every_month_whole or month is months[-1]
        files, found = _delivery(world, month, order, contracts, to, whole)
        written += files
        planted_faults += found
    if manifest:
        told = {
            "seed": order.seed,
            "months": list(order.months),
            "authority": authority,
            "size": round(factor, 4),
            "planted": planted.listed(world, day_number(months[-1].end), _history_begins(months[-1], order.years)),
            "faults": planted_faults,
        }
        _write(manifest, (json.dumps(told, indent=1) + "\n").encode())
    return written


def _delivery(
    world: World, month: Period, order: Order, contracts: Contracts, to: Path, whole: bool
) -> tuple[list[Path], list[dict[str, Any]]]:
    """The files of one month, and the defects planted in them."""
    day = day_number(month.end)
    begins = _history_begins(month, order.years)
    written: list[Path] = []
    found: list[dict[str, Any]] = []
    for source in order.sources:
        tables = SOURCES[source] if whole else MONTHLY.get(source, SOURCES[source])
        wanted = [t for t in contracts.sources[source].tables.values() if t.made_from is None]
        wanted = [t for t in wanted if whole or source == "annex_a" or t.mode in ("period", "append")]
        if not wanted:
            continue
        made = tables(world, day, begins)
        filled = {
            t.name: fill(t, made[t.name], day, world.chance, contracts.code_sets)
            for t in wanted
            if t.name in made and len(made[t.name])  # a file without rows would be refused
        }
        headers: dict[str, dict[str, str | None]] = {}
        if order.faults != "none":
            spoiled = faults.spoil(world, source, filled, month, contracts, order.form)
            filled, headers = spoiled.tables, spoiled.headers
            found += [{"period": month.key, **f} for f in spoiled.planted]
        if source == "annex_a" and order.form == "csv":
            name = annex_a.workbook_name(month)
            written.append(_write(to / name, annex_a.workbook(world, day, contracts, filled)))
            continue
        for table in wanted:
            if table.name in filled:
                path = to / f"{source}_{table.name}_{month.key}.{order.form}"
                written.append(_write_table(path, table, filled[table.name], headers.get(table.name, {})))
    return written, found


def _history_begins(month: Period, years: int) -> int:
    """The first day of the history that a month's files hold: `years` whole years that end with the month."""
    return int(months_later(day_number(month.start), 1 - 12 * years))


def _write_table(path: Path, table: Table, rows: Rows, headers: Mapping[str, str | None]) -> Path:
    """A table as CSV (ISO dates, quotes where needed) or Parquet, under the contract's headers."""
    found = faults.with_headers(table, arrow_table(table, rows), headers)
    temporary = path.with_name(f".{path.name}.tmp")
    if path.suffix == ".parquet":
        pq.write_table(found, temporary, compression="zstd", compression_level=1)
    else:
        plain = pa.table(
            [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in found.columns],
            names=found.column_names,
        )
        # Arrow either quotes every text or none, so none where no text asks for it
        style = "needed" if any(_asks_for_quotes(c) for c in found.columns) else "none"
        options = pa_csv.WriteOptions(include_header=False, quoting_style=style)
        with temporary.open("wb") as handle:
            handle.write((",".join(_quoted(found.column_names)) + "\n").encode())
            pa_csv.write_csv(plain, handle, options)
    return temporary.replace(path)


def _asks_for_quotes(column: pa.ChunkedArray) -> bool:
    """Whether a text of the column holds a comma, a quote or a line break."""
    texts = pa.chunked_array([c.dictionary for c in column.chunks]) if pa.types.is_dictionary(column.type) else column
    if not pa.types.is_string(texts.type):
        return False
    return bool(pc.any(pc.match_substring_regex(texts, '[",\\r\\n]')).as_py())


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{n}"' if "," in n or '"' in n else n for n in names]


def _write(path: Path, content: bytes) -> Path:
    """Write under a temporary name, then rename, so that nobody reads half a file."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    return temporary.replace(path)
