"""How long the synthetic authority takes to make: a county with six years of every source, and with `--country` 153 authorities.

    python -m benchmarks.synthetic [--country]

The floor is Arrow alone writing the same tables in the same form, in the same run. Memory is the sum of the resident memory of
all processes of the command, looked at five times a second (Linux; None elsewhere).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

AS_AT = "2025-04-10"
PAGE_KB = 4


def resident_mb(session: int) -> int | None:
    """Resident memory of every process of a session; None where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return None
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(told[3]) == session:
            pages += int(told[21])
    return pages * PAGE_KB // 1024


def measured(to: Path, *arguments: str) -> tuple[float, int | None]:
    """Seconds and peak memory (MB) of `qapm generate`."""
    command = [str(Path(sys.executable).with_name("qapm")), "generate", "--to", str(to), "--as-at", AS_AT, *arguments]
    started, peak, over = time.perf_counter(), 0, threading.Event()
    process = subprocess.Popen([*command, "--quiet"], start_new_session=True)

    def look() -> None:
        nonlocal peak
        while not over.wait(0.2):
            peak = max(peak, resident_mb(process.pid) or 0)

    watcher = threading.Thread(target=look)
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - started
    over.set()
    watcher.join()
    if code:
        raise SystemExit(f"qapm generate ended with {code}")
    return seconds, peak or None


def bare_write(folder: Path, to: Path) -> float:
    """Seconds that Arrow alone takes to write what the folder's files hold, already in memory, in the same form."""
    tables = [(p, pq.read_table(p)) for p in sorted(folder.rglob("*.parquet"))]
    tables += [(p, pa_csv.read_csv(p)) for p in sorted(folder.rglob("*.csv"))]
    started = time.perf_counter()
    for number, (path, table) in enumerate(tables):
        target = to / f"{number}{path.suffix}"
        if path.suffix == ".csv":
            pa_csv.write_csv(table, target)
        else:
            pq.write_table(table, target, compression="zstd", compression_level=1)
    return time.perf_counter() - started


def size_of(folder: Path) -> tuple[int, float]:
    """Files and megabytes."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    return len(files), sum(p.stat().st_size for p in files) / 1e6


def county(form: str) -> list[tuple[str, str, str]]:
    """Rows of the table: a county in one form, the middle one of three runs."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(3):
            to = Path(folder) / str(run)
            taken.append(
                (*measured(to, "--deliveries", "2025-03..2025-03", "--scale", "authority", "--form", form), to)
            )
        seconds, peak, to = sorted(taken)[1]
        bare_to = Path(folder) / "bare"
        bare_to.mkdir()
        bare = statistics.median(bare_write(to, bare_to) for _ in range(3))
        files, megabytes = size_of(to)
    name = f"a county, six years, every source, {files} files of {megabytes:,.0f} MB ({form})"
    return [
        (f"{name}: Arrow alone, writing", f"{bare:.2f} s", "1 (the floor)"),
        ("the same: `qapm generate`, whole command", f"{seconds:.1f} s", f"{seconds / bare:.1f} x; target 45 s"),
        ("peak memory", f"{peak:,} MB" if peak else "not available", "target 2,048 MB"),
    ]


def country() -> list[tuple[str, str, str]]:
    """Rows of the table: 153 authorities as Parquet, once."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        order = ["--deliveries", "2025-03..2025-03", "--scale", "authority", "--authorities", "153"]
        seconds, peak = measured(to, *order)
        files, megabytes = size_of(to)
        counted = {}
        with duckdb.connect() as db:
            for name in ("cin_episodes", "contacts", "cin_assessments", "cp_plans", "cp_visits", "person"):
                found = db.execute(f"select count(*) from read_parquet('{to}/*/ssd_{name}_*.parquet')").fetchone()
                counted[name] = found[0] if found else 0
        rows = sum(pq.read_metadata(p).num_rows for p in to.rglob("*.parquet"))
    told = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counted.items())
    return [
        (
            f"153 authorities, six years, every source: {files:,} files, {rows:,} rows, {megabytes:,.0f} MB of Parquet",
            f"{seconds / 60:.1f} min",
            "target 20 min",
        ),
        ("of which", told, ""),
        ("peak memory of all processes together", f"{peak:,} MB" if peak else "not available", "target 6,144 MB"),
    ]


def synthetic_benchmark(with_country: bool) -> list[tuple[str, str, str]]:
    """The whole table."""
    return [*county("csv"), *county("parquet"), *(country() if with_country else [])]


def main() -> None:
    """Print the table."""
    print("| what | time | against |\n|---|---|---|")
    for row in synthetic_benchmark("--country" in sys.argv):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
