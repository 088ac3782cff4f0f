"""The warehouse at scale: the dbt build of one authority and, with `--country`, of 153 authorities with six years each, against
the same compiled SQL in bare DuckDB.

    python -m benchmarks.warehouse [--country]

The authority is generated and loaded as a user would. Of the country every table is written once as typed Parquet, as the
loader would have written it, and schema raw is made over it by the function that makes it for every build; loading 27,540
files is not what is measured here. Each build runs in a process of its own, whose peak memory is read from /proc.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from unittest import mock

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measured import peak_mb
from expectations.contracts import Contracts, Table, load_contracts
from orchestration.catalogue import load_catalogue
from orchestration.ingest.load import load_folder
from orchestration.ledger import Ledger
from orchestration.periods import known_on, parse_period
from orchestration.settings import Settings
from orchestration.warehouse import raw
from orchestration.warehouse.build import prepare
from orchestration.warehouse.dbt import candidate_file, candidate_folder, run_dbt, target_folder
from orchestration.warehouse.dbt_sources import sql_columns
from orchestration.warehouse.keys import check_key, new_key

AS_AT = date(2025, 11, 10)
PERIOD = "2025-10"
AUTHORITIES = 153


def qapm(home: Path, *arguments: str) -> None:
    """Run the command in its own process, as a user would."""
    command = [str(Path(sys.executable).with_name("qapm")), *arguments, "--json"]
    done = subprocess.run(
        command, env=os.environ | {"QAPM_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")


def generate(to: Path, *arguments: str) -> None:
    """One delivery of the whole case system and every other source, six years of them."""
    order = ["--as-at", AS_AT.isoformat(), "--deliveries", f"{PERIOD}..{PERIOD}", "--scale", "authority"]
    qapm(to, "generate", "--to", str(to), *order, *arguments)


def _columns(table: Table, held: dict[str, str]) -> str:
    parts = []
    for column in table.columns:
        header = held.get(column.title.casefold())
        for name, kind, _ in sql_columns(column):
            if header and name == f"{column.name}_rule":  # how the loader would have read the code
                parts.append(f"'code' as {name}")
            else:
                parts.append(f'cast("{header}" as {kind}) as {name}' if header else f"cast(null as {kind}) as {name}")
    return ", ".join(parts)


def write_typed(landing: Path, table: Table, contracts: Contracts, to: Path) -> int:
    """Write one table of every authority as the loader types it; returns its rows (0: no file holds it)."""
    made = table.made_from
    if made and not made.json_column:
        return 0
    name = made.table if made else table.name
    files = f"{landing}/*/{table.source}_{name}_{PERIOD}.parquet"
    if not any(landing.glob(f"*/{table.source}_{name}_{PERIOD}.parquet")):
        return 0
    with duckdb.connect() as db:
        db.execute("set threads = 2; set memory_limit = '8GB'; set preserve_insertion_order = false")
        whole = f"read_parquet('{files}', union_by_name = true)"
        held = {r[0].casefold(): r[0] for r in db.execute(f"describe select * from {whole}").fetchall()}
        if made:
            owner = contracts.table(table.source, made.table)
            keys = [c for c in table.columns if c.name not in ("item", "value")]
            header = held[next(c.title for c in owner.columns if c.name == made.json_column).casefold()]
            named = {c.name: held[owner.by_name[c.name].title.casefold()] for c in keys}
            cells = ", ".join(f'cast("{named[c.name]}" as varchar) as {c.name}' for c in keys)
            entries = f'unnest(json_keys("{header}")) as item, "{header}" as entries'
            body = (
                f"select {', '.join(c.name for c in keys)}, item, json_extract_string(entries, '$.\"' || item || '\"') as value "
                f'from (select {cells}, {entries} from {whole} where "{header}" is not null)'
            )
        else:
            body = f"select {_columns(table, held)} from {whole}"
        db.execute(
            f"copy (select cast(row_number() over () as integer) as row_number, typed.* from ({body}) as typed) "
            f"to '{to}' (format parquet, compression zstd)"
        )
        counted = db.execute(f"select count(*) from '{to}'").fetchone()
    return counted[0] if counted else 0


def country_candidate(settings: Settings, landing: Path) -> int:
    """A candidate warehouse over the files of 153 authorities; returns the rows of schema raw."""
    contracts, catalogue = load_contracts(settings.expectations), load_catalogue(settings.project_root)
    settings.make_folders()
    if not (settings.keys / "child.key").exists():
        new_key(settings)
    folder = load_folder(settings, 1)
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = parse_period(PERIOD).end
    current, rows = [], 0
    for table in contracts.tables:
        path = folder / f"{table.relation}.parquet"
        counted = pq.read_metadata(path).num_rows if path.exists() else write_typed(landing, table, contracts, path)
        if counted:
            years = table.history_years or 6
            first = date(snapshot.year - years, snapshot.month, 1) if table.history or table.window else snapshot
            current.append(
                {
                    "load_id": 1, "sha256": "0" * 64, "source": table.source, "table_name": table.name, "period": PERIOD,
                    "snapshot_date": snapshot.isoformat(), "rows_loaded": counted, "covered_from": first.isoformat(),
                    "covered_to": snapshot.isoformat(), "known_on": known_on(AS_AT).isoformat(),
                }
            )  # fmt: skip
            rows += counted
    candidate_folder(settings).mkdir(parents=True, exist_ok=True)
    candidate_file(settings).unlink(missing_ok=True)
    with Ledger(settings.ledger_path) as ledger, duckdb.connect(str(candidate_file(settings))) as db:
        key = check_key(settings, ledger)
        # looking for orphans among the rows is a matter of loading and takes one core minutes here
        with mock.patch.object(raw, "_issues", lambda *_: pa.Table.from_pylist([], raw.ISSUES)):
            raw.make_raw(db, settings, contracts, catalogue, current, key, AS_AT, date.max, [], [])
    (candidate_folder(settings) / "ticket.json").write_text("{}", encoding="utf-8")
    return rows


def in_own_process(home: Path, what: str) -> tuple[float, int | None]:
    """Seconds and peak memory (MB) of `dbt` or `bare` on the candidate of a data folder."""
    command = [sys.executable, "-m", "benchmarks.warehouse", what, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{what} ended with {done.returncode}: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return told["seconds"], told["peak_mb"]


def dbt_build(settings: Settings) -> float:
    """Seconds of `dbt build` with all data tests, dbt's start included."""
    started = time.perf_counter()
    run_dbt(settings)
    return time.perf_counter() - started


def bare_build(settings: Settings) -> float:
    """Seconds of the same compiled SQL, models and data tests in dbt's order, in bare DuckDB beside the candidate."""
    target = target_folder(settings)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    compiled = target / "compiled" / "qapm"
    nodes = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] in ("model", "test")}
    order: list[str] = []

    def visit(key: str) -> None:
        if key in nodes and key not in order:
            for parent in nodes[key]["depends_on"]["nodes"]:
                visit(parent)
            order.append(key)

    for key in nodes:
        visit(key)
    file = settings.root / "bare" / "warehouse.duckdb"
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as db:
        db.execute(f"attach '{candidate_file(settings)}' as built (read_only)")
        db.execute("set threads = 2; create schema raw")
        for (name,) in db.execute(
            "select table_name from information_schema.tables where table_catalog = 'built' and table_schema = 'raw'"
        ).fetchall():
            db.execute(f"create view raw.{name} as select * from built.raw.{name}")
        started = time.perf_counter()
        for key in order:
            node = nodes[key]
            if node["resource_type"] == "test":
                path = compiled / node["original_file_path"] / node["path"]
                db.execute(f"select count(*) from ({path.read_text(encoding='utf-8')})").fetchall()
                continue
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            sql = (compiled / node["original_file_path"]).read_text(encoding="utf-8")
            db.execute(f"create schema if not exists {node['schema']}")
            db.execute(f"create {kind} {node['schema']}.{node['alias']} as {sql}")
        return time.perf_counter() - started


def _compare(home: Path, what: str, target: str, memory: str) -> list[tuple[str, str, str]]:
    seconds, peak = in_own_process(home, "dbt")
    floor, floor_peak = in_own_process(home, "bare")

    def told(megabytes: int | None) -> str:
        return f"{megabytes:,} MB" if megabytes else "not available"

    return [
        (f"{what}: bare DuckDB, the compiled SQL of models and data tests", f"{floor:.1f} s", "1 (the floor)"),
        ("the same: `dbt build`, dbt's start included", f"{seconds:.1f} s", f"{seconds / floor:.2f} x; {target}"),
        ("peak memory of the build", told(peak), f"{memory}; bare DuckDB {told(floor_peak)}"),
    ]


def county() -> list[tuple[str, str, str]]:
    """Rows of the table: one authority with six years of every source."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        home = Path(name)
        settings = Settings(home=home, settle_seconds=0)
        settings.make_folders()
        new_key(settings)
        generate(settings.landing)
        qapm(home, "load", "--as-at", AS_AT.isoformat())
        prepare(settings, AS_AT, date.max)
        return _compare(home, "one authority, six years, every source", "target 40 s", "no target")


def country(folder: Path | None = None) -> list[tuple[str, str, str]]:
    """Rows of the table: 153 authorities. With a `folder`, what was generated there is kept and used again."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        home = folder or Path(name)
        settings = Settings(home=home, settle_seconds=0)
        landing = home / "generated"
        if not landing.exists():
            generate(landing, "--authorities", str(AUTHORITIES))
        started = time.perf_counter()
        rows = country_candidate(settings, landing)
        made = time.perf_counter() - started
        size = sum(p.stat().st_size for p in load_folder(settings, 1).glob("*.parquet")) / 1e6
        return [
            (f"{AUTHORITIES} authorities: typed Parquet and schema raw with the keys", f"{made / 60:.1f} min", f"{rows:,} rows, {size:,.0f} MB"),
            *_compare(home, f"{AUTHORITIES} authorities, six years", "target 600 s, aim 1.2 x", "target 10,240 MB"),
        ]  # fmt: skip


def warehouse_benchmark(with_country: bool) -> list[tuple[str, str, str]]:
    """The whole table."""
    return [*county(), *(country() if with_country else [])]


def main() -> None:
    """Print the table; with a word and a data folder, run that part in this process and print its seconds and memory."""
    if len(sys.argv) == 3 and sys.argv[1] in ("dbt", "bare"):
        settings = Settings(home=Path(sys.argv[2]))
        seconds = {"dbt": dbt_build, "bare": bare_build}[sys.argv[1]](settings)
        print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))
        return
    folder = next((Path(a) for a in sys.argv[1:] if not a.startswith("-")), None)
    rows = country(folder) if folder else warehouse_benchmark("--country" in sys.argv)
    print("| what | time | against |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
