"""The KPI engine at scale: every KPI on the bases it declares, from built measures to `kpi_values`.

    python -m benchmarks.kpis [--country] [FOLDER]

One authority is generated, loaded and built as a user would (or FOLDER, a data folder with a built candidate, is taken as it is).
Then the models of dbt_project/models/kpi are run once more: as compiled SQL in bare DuckDB, model by model, which is the floor, and
by dbt. `--country` makes 153 authorities of the one: every row of its measures 153 times under keys of its own, each authority
standing as a service and its services as teams, so that the grid has what is asked for: totals of authority and service and single
breakdowns by authority, over the last 24 months.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.measured import peak_mb
from benchmarks.warehouse import AS_AT, AUTHORITIES, generate, qapm
from orchestration.periods import period_containing
from orchestration.settings import Settings
from orchestration.warehouse.build import prepare
from orchestration.warehouse.dbt import building, candidate_file, run_dbt, target_folder
from orchestration.warehouse.keys import new_key

ENGINE = (
    "kpi_coverage", "kpi_periods", "kpi_partials", "kpi_representativeness", "kpi_row_figures", "kpi_amounts", "kpi_values",
)  # fmt: skip
AFTER = ("kpi_control_charts", "kpi_funnels", "kpi_comparators", "kpi_comparisons", "kpi_restatements")
MONTHS = 24


def built(home: Path) -> Settings:
    """The settings of a data folder with one authority built in its candidate."""
    settings = Settings(home=home, settle_seconds=0)
    settings.make_folders()
    new_key(settings)
    generate(settings.landing)
    qapm(home, "load", "--as-at", AS_AT.isoformat())
    prepare(settings, AS_AT, date.max)
    run_dbt(settings)
    return settings


def compiled(settings: Settings, model: str) -> str:
    """The SQL dbt compiled a model to."""
    folder = target_folder(settings) / "compiled" / "qapm" / "models" / "kpi"
    return (folder / f"{model}.sql").read_text(encoding="utf-8")


def by_dbt(settings: Settings) -> float:
    """Seconds of `dbt run --select kpi`, dbt's start included."""
    with building(settings) as call:
        from dbt.cli.main import dbtRunner

        place = call.arguments.index("--exclude-resource-type")
        rest = [*call.arguments[:place], *call.arguments[place + 2 :]]
        started = time.perf_counter()
        done = dbtRunner().invoke(["run", *rest[1:], "--select", "kpi", "--quiet"])
        if not done.success:
            raise SystemExit("dbt run --select kpi failed")
        return time.perf_counter() - started


def bare(settings: Settings, models: tuple[str, ...], countrywide: bool) -> dict[str, object]:
    """Seconds of each model in bare DuckDB, rows out, and peak memory in MB. Runs in a process of its own."""
    file = settings.root / "bare" / "warehouse.duckdb"  # of the same stem, so that the compiled names hold
    file.parent.mkdir(exist_ok=True)
    shutil.copyfile(candidate_file(settings), file)
    with duckdb.connect(str(file)) as db:
        db.execute("set threads = 2; set memory_limit = '10GB'; set preserve_insertion_order = false")
        for model in models:
            db.execute(f"drop table if exists kpi.{model}")
        counted = _country(db) if countrywide else 0
        seconds = {}
        for model in models:
            sql = compiled(settings, model)
            if countrywide and model == "kpi_partials":
                # an authority stands as a service here: its breakdowns are cut there, and the whole country's are not asked for
                sql = re.sub(r"\(days\.(\w+), measures\.(?!service_code|team_code)(\w+)\)",
                             r"(days.\1, measures.service_code, measures.\2)", sql)  # fmt: skip
            started = time.perf_counter()
            db.execute(f"create table kpi.{model} as {sql}")
            seconds[model] = round(time.perf_counter() - started, 1)
        rows = {m: db.execute(f"select count(*) from kpi.{m}").fetchone()[0] for m in models}  # type: ignore[index]
    return {"seconds": seconds, "rows": rows, "measure_rows": counted, "peak_mb": peak_mb()}


def _country(db: duckdb.DuckDBPyConnection) -> int:
    """153 of the authority, 24 months of periods and the year before them that 12 months need; the rows counted."""
    first = AS_AT.replace(year=AS_AT.year - 2, day=1)
    kept = first.replace(year=first.year - 1)
    named = db.execute("select table_name from information_schema.tables where table_schema = 'measures'")
    counted = 0
    for (name,) in named.fetchall():
        if name == "measures_mid_year_population":
            continue
        db.execute(f"alter table measures.{name} rename to one_{name}")
        db.execute(
            f"""
            create table measures.{name} as
            select m.* replace (
                m.item_key || '.' || n.number as item_key, m.child_key || '.' || n.number as child_key,
                'A' || n.number as service_code, n.number || '.' || m.service_code as team_code
            )
            from measures.one_{name} as m cross join (select unnest(range({AUTHORITIES})) as number) as n
            where m.event_date >= date '{kept}'
            """
        )
        db.execute(f"drop table measures.one_{name}")
        counted += db.execute(f"select count(*) from measures.{name}").fetchone()[0]  # type: ignore[index]
    db.execute(f"delete from marts.dim_period where period_end < date '{first}'")
    db.execute("alter table marts.dim_team rename to one_dim_team")
    db.execute(
        f"""
        create table marts.dim_team as
        select t.* replace (n.number || '.' || t.service_code as team_code, 'A' || n.number as service_code)
        from (select * from marts.one_dim_team qualify row_number() over (partition by service_code order by valid_from desc) = 1) as t
        cross join (select unnest(range({AUTHORITIES})) as number) as n
        """
    )
    return counted


def _apart(settings: Settings, what: str) -> dict[str, dict[str, float]]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kpis", what, str(settings.root)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{what} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _rows(what: str, told: dict[str, dict[str, float]], target: str) -> list[tuple[str, str, str]]:
    spent = told["seconds"]
    parts = ", ".join(f"{name.removeprefix('kpi_')} {seconds} s" for name, seconds in spent.items() if seconds >= 0.1)
    out = told["rows"]["kpi_values"]
    return [
        (f"{what}: every KPI on its bases, bare DuckDB", f"{sum(spent.values()):.1f} s", f"1 (the floor); {target}"),
        ("of which", parts, f"{out:,} rows out, peak {told['peak_mb']:,} MB"),
    ]


def kpi_benchmark(settings: Settings, with_country: bool) -> list[tuple[str, str, str]]:
    """The whole table, for a data folder with a built candidate."""
    county = _apart(settings, "county")
    engine = {k: v for k, v in county["seconds"].items() if k in ENGINE}
    years = period_containing(AS_AT, "year").start.year - 2019
    rows = _rows(f"one authority, {years * 12} months and more", {**county, "seconds": engine}, "target 20 s")
    after = {k: v for k, v in county["seconds"].items() if k in AFTER}
    told = ", ".join(f"{k.removeprefix('kpi_')} {v} s" for k, v in after.items())
    rows.append(("control charts, funnels and comparisons after it", f"{sum(after.values()):.1f} s", told))
    dbt, floor = by_dbt(settings), sum(county["seconds"].values())
    rows.append(
        (
            "all models of the engine by `dbt run`, dbt's start included",
            f"{dbt:.1f} s",
            f"{dbt / floor:.1f} x bare DuckDB",
        )
    )
    if with_country:
        whole = _apart(settings, "country")
        counted = f"{whole['measure_rows']:,} rows counted; target 480 s, 10,240 MB"
        rows += _rows(f"{AUTHORITIES} authorities, {MONTHS} months", whole, counted)
    return rows


def main() -> None:
    """Print the table; with a word and a data folder, run that part in this process and print its figures."""
    if len(sys.argv) == 3 and sys.argv[1] in ("county", "country"):
        settings = Settings(home=Path(sys.argv[2]))
        models = (*ENGINE, *AFTER) if sys.argv[1] == "county" else ENGINE
        print(json.dumps(bare(settings, models, sys.argv[1] == "country")))
        return
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = next((Path(a) for a in sys.argv[1:] if not a.startswith("-")), None)
        settings = Settings(home=folder) if folder else built(Path(name))
        print("| what | time | against |\n|---|---|---|")
        for row in kpi_benchmark(settings, "--country" in sys.argv):
            print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
