"""The benchmarks: one command (`make bench`), a table on standard output, ratios against a bare baseline in the same run.

Medians of several runs. Nothing here passes or fails: speed is measured, not tested.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import python_calamine

from benchmarks.audit import audit_benchmark
from benchmarks.loading import loading_benchmark
from benchmarks.synthetic import synthetic_benchmark
from benchmarks.warehouse import bare_build, dbt_build, qapm, warehouse_benchmark
from benchmarks.workbook import write
from expectations.contracts import load_contracts
from orchestration.ingest.parse import parse_file
from orchestration.settings import Settings
from orchestration.warehouse.build import prepare

ROWS = 2_000
AS_AT = "2025-11-10"


def median(runs: int, action: Callable[[], object]) -> float:
    """Median seconds of several runs."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def bare_read(path: Path) -> None:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def load_benchmark(folder: Path) -> list[tuple[str, str, str]]:
    path = folder / "Annex_A_2025_Sep.xlsx"
    cells = write(path, ROWS)
    contracts = load_contracts()
    job = {
        "path": str(path),
        "name": path.name,
        "period": None,
        "out": str(folder / "out"),
        "share": 0.2,
        "floor": 8,
        "known_on": AS_AT,
    }
    bare = median(5, lambda: bare_read(path))
    parsed = median(5, lambda: parse_file(job, contracts, {}))
    taken = []
    for number in range(3):
        home = folder / f"load{number}"
        started = time.perf_counter()
        qapm(home, "load", str(path))
        taken.append(time.perf_counter() - started)
    whole = statistics.median(taken)
    return [
        (
            f"workbook of 11 lists x {ROWS:,} rows ({cells:,} cells): bare calamine read",
            f"{bare:.2f} s",
            "1 (the floor)",
        ),
        (
            "read, type, row rules, Parquet (Great Expectations excluded)",
            f"{parsed:.2f} s",
            f"{parsed / bare:.1f} x bare read (target 5)",
        ),
        ("`qapm load` of it, whole command", f"{whole:.1f} s", "target 10 s"),
        ("of which start-up, ledger and Great Expectations", f"{whole - parsed:.1f} s", ""),
    ]


def demo_benchmark(folder: Path) -> list[tuple[str, str, str]]:
    home = folder / "demo"
    started = time.perf_counter()
    qapm(home, "demo", "--as-at", AS_AT)
    demo = time.perf_counter() - started
    nothing = median(5, lambda: qapm(home, "refresh", "--as-at", AS_AT))
    started = time.perf_counter()
    qapm(home, "build", "--as-at", "2025-11-09")
    build = time.perf_counter() - started
    settings = Settings(home=home)
    prepare(settings, date(2025, 11, 8), date.max)
    dbt = dbt_build(settings)
    floor = bare_build(settings)
    return [
        ("demo from empty to published (18 monthly deliveries)", f"{demo:.1f} s", "target 60 s"),
        ("`qapm refresh` with nothing new", f"{nothing:.2f} s", "target 6 s"),
        ("bare DuckDB, the compiled SQL of models and data tests", f"{floor:.2f} s", "1 (the floor)"),
        (
            "dbt build of the same models with its data tests, dbt's start included",
            f"{dbt:.1f} s",
            f"{dbt / floor:.1f} x bare DuckDB",
        ),
        (
            "`qapm build`: candidate, dbt with all data tests, promotion, zone copies",
            f"{build:.1f} s",
            f"{build / floor:.1f} x bare DuckDB",
        ),
    ]


def main() -> None:
    """Run all benchmarks and print the table; `--large` adds the memory of 5,000,000 rows, `--country` the making of 153
    authorities and their warehouse: all take minutes."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        rows = [
            *load_benchmark(folder),
            *loading_benchmark(folder, "--large" in sys.argv),
            *demo_benchmark(folder),
            *synthetic_benchmark("--country" in sys.argv),
            *audit_benchmark("--country" in sys.argv),
            *warehouse_benchmark("--country" in sys.argv),
        ]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load average {load:.1f}\n"
    )
    print("| what | time | against |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
