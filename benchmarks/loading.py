"""Loading at scale: a long CSV against bare Arrow, its memory, and the whole case system of a county.

`python -m benchmarks.loading` prints these alone, `--large` adds the memory of 5,000,000 rows, which takes minutes.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks import ssd
from expectations.contracts import HERE, Contracts, load_contracts
from orchestration.ingest.parse import find_tables
from orchestration.ingest.rules import apply_rules
from orchestration.periods import parse_period

ROOT = Path(__file__).resolve().parent.parent
ROWS, LARGE = 1_000_000, 5_000_000
ROUNDS = 5
PIECE = 250_000
KNOWN_ON = "2025-10-10"

# No contract of an extract has every kind of column among twelve, so the long file has one of its own: two ids, two dates, two
# codes, team, worker, a reference, a count, a short text, a decimal.
MIX = """\
source: mix
title: A long table with every kind of column
owner: benchmarks
cadence: monthly
retention_years: 7
snapshot: period_end
period_from: file name
file_prefix: mix
tables:
  visits:
    title: Visits
    grain: one row per visit
    mode: replace
    key: [visit_id]
    coverage: [flow]
    history: visit_date
    ordered_dates: [[visit_date, recorded_date]]
    columns:
      - {name: visit_id, type: id, required: true, description: "Number of the visit"}
      - {name: child_id, type: id, required: true, description: "Number of the child"}
      - {name: visit_date, type: date, required: true, description: "Day of the visit"}
      - {name: recorded_date, type: date, description: "Day it was recorded"}
      - {name: seen, type: code, codes: yes_no_unknown, description: "Whether the child was seen"}
      - {name: need, type: code, codes: need, description: "Need"}
      - {name: team, type: text, description: "Team"}
      - {name: worker_id, type: id, description: "Worker"}
      - {name: reference, type: id, description: "Reference"}
      - {name: children_seen, type: integer, description: "Children seen"}
      - {name: purpose, type: text, description: "A short text"}
      - {name: miles, type: decimal, description: "Miles travelled"}
"""


def write_mix(path: Path, rows: int) -> None:
    """Write the long CSV; texts and dates are quoted, numbers are not. Every row is good."""
    dice, snapshot = np.random.default_rng(7), ssd.SNAPSHOT
    writer = None
    for first in range(0, rows, PIECE):
        n = min(PIECE, rows - first)
        visited = snapshot - dice.integers(30, ssd.WINDOW, n)
        columns: dict[str, Any] = {
            "visit_id": pa.array(np.arange(10_000_000 + first, 10_000_000 + first + n)).cast(pa.string()),
            "child_id": pa.array(dice.integers(100_000, 130_000, n)).cast(pa.string()),
            "visit_date": pa.array(visited).cast(pa.string()),
            "recorded_date": pa.array(visited + dice.integers(0, 30, n)).cast(pa.string()),
            "seen": pa.array(["Y", "N", "U"]).take(pa.array(dice.integers(0, 3, n))),
            "need": pa.array([f"N{k}" for k in range(1, 9)]).take(pa.array(dice.integers(0, 8, n))),
            "team": pa.array([f"Team {k}" for k in range(60)]).take(pa.array(dice.integers(0, 60, n))),
            "worker_id": pa.array(dice.integers(5_000, 5_300, n)).cast(pa.string()),
            "reference": pa.array([f"R{k:08d}" for k in dice.integers(0, 10**8, n)]),
            "children_seen": pa.array(dice.integers(0, 20, n)),
            "purpose": pa.array([f"note {k}" for k in dice.integers(0, 10**6, n)]),
            "miles": pa.array(dice.integers(0, 400_000, n) / 10_000),
        }  # fmt: skip
        table = pa.table(columns)
        if writer is None:
            writer = pyarrow.csv.CSVWriter(
                path, table.schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed")
            )
        writer.write_table(table)
    if writer is not None:
        writer.close()


def project_with_mix(folder: Path) -> Path:
    """A project folder whose contracts are those of the checkout and the long table's."""
    shutil.copytree(HERE, folder / "expectations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "expectations" / "sources" / "mix.yml").write_text(MIX, encoding="utf-8")
    return folder


def bare(path: Path, out: Path) -> None:
    """What Arrow alone takes: types guessed, nothing checked."""
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), out, compression="zstd")


def typed(path: Path, out: Path, contracts: Contracts) -> None:
    """The same file through the loader: form, encoding, recognition, typing, row rules, keys, typed Parquet."""
    found, _ = find_tables(path, path.name, contracts)
    (result,) = [
        r for r in apply_rules(found[0], contracts, parse_period(ssd.PERIOD).end, out) if not r.table.made_from
    ]
    _whole(path.name, result.rows_read, result.rows_loaded)


def _whole(name: str, read: int, loaded: int) -> None:
    if not read or loaded != read:
        raise SystemExit(f"{name}: {loaded:,} of {read:,} rows loaded: a benchmark of rejected rows is none")


def against_arrow(path: Path, folder: Path, contracts: Contracts) -> tuple[float, float, float, float]:
    """Medians: seconds of bare Arrow and of the loader, their ratio within a round, and that of the CPU seconds they used."""
    taken: list[list[float]] = []
    cores = pa.cpu_count()
    for _ in range(ROUNDS):
        marks = [(time.perf_counter(), time.process_time())]
        bare(path, folder / "bare.parquet")
        marks.append((time.perf_counter(), time.process_time()))
        pa.set_cpu_count(1)  # as in the parsing child
        typed(path, folder / "typed", contracts)
        pa.set_cpu_count(cores)
        marks.append((time.perf_counter(), time.process_time()))
        (arrow, arrow_cpu), (ours, ours_cpu) = (
            (b[0] - a[0], b[1] - a[1]) for a, b in zip(marks, marks[1:], strict=False)
        )
        taken.append([arrow, ours, ours / arrow, ours_cpu / arrow_cpu])
    first, second, third, fourth = (statistics.median(column) for column in zip(*taken, strict=True))
    return first, second, third, fourth


def loaded(home: Path, project: Path, *paths: Path) -> dict[str, Any]:
    """`qapm load` in a process of its own; what `benchmarks.measured` says, and the wall time with the start of Python."""
    command = [sys.executable, "-m", "benchmarks.measured", str(home), str(project), KNOWN_ON, *map(str, paths)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    told = json.loads(done.stdout) | {"wall": time.perf_counter() - started}
    if told["states"] != ["accepted"]:
        raise SystemExit(f"not accepted: {'; '.join(told['messages']) or told['states']}")
    _whole(str(paths[0]), told["read"], told["loaded"])
    return told


def _parts(told: dict[str, Any]) -> str:
    """The seconds of a load by part, in one line."""
    parts = told["parts"]
    rest = told["wall"] - parts["parsing child"] - parts["gate"] - parts["references"]
    return (
        f"parsing child {parts['parsing child']:.1f} s, gate {parts['gate']:.1f} s, references {parts['references']:.1f} s, "
        f"start, copy, store and ledger {rest:.1f} s"
    )


def _peaks(told: dict[str, Any]) -> str:
    return f"peak {told['child_peak_mb']:,} MB in the child, {told['peak_mb']:,} MB in the main process"


def csv_benchmark(folder: Path, project: Path) -> list[tuple[str, str, str]]:
    contracts = load_contracts(project / "expectations")
    path = folder / f"mix_visits_{ssd.PERIOD}.csv"
    write_mix(path, ROWS)
    arrow, ours, ratio, cpu = against_arrow(path, folder, contracts)
    told = loaded(folder / "mix", project, path)
    real = ssd.write(folder / "one", {"person": 100_000, "cla_episodes": ROWS})["cla_episodes"]
    real_arrow, real_ours, real_ratio, real_cpu = against_arrow(real, folder, contracts)
    size, real_size = (p.stat().st_size / 1e6 for p in (path, real))
    return [
        (
            f"CSV of {ROWS:,} rows x 12 columns of every kind ({size:.0f} MB): bare Arrow, read and write",
            f"{arrow:.2f} s",
            "1 (the floor)",
        ),
        (
            "the same: form, typing, row rules, keys, typed Parquet",
            f"{ours:.2f} s",
            f"{ratio:.1f} x bare Arrow (target 3); {cpu:.1f} x its CPU time",
        ),
        (
            "`qapm load` of it, Great Expectations included",
            f"{told['wall']:.1f} s",
            f"{_parts(told)}; {_peaks(told)}",
        ),
        (
            f"CSV of ssd cla_episodes, {ROWS:,} rows x 12 columns ({real_size:.0f} MB): bare Arrow, read and write",
            f"{real_arrow:.2f} s",
            "1 (the floor)",
        ),
        (
            "the same: form, typing, row rules, keys, typed Parquet",
            f"{real_ours:.2f} s",
            f"{real_ratio:.1f} x bare Arrow (target 3); {real_cpu:.1f} x its CPU time",
        ),
    ]


def memory_benchmark(folder: Path, project: Path) -> list[tuple[str, str, str]]:
    path = folder / f"mix_visits_{ssd.PERIOD}.csv"
    write_mix(path, LARGE)
    told = loaded(folder / "large", project, path)
    return [
        (
            f"`qapm load` of a CSV of {LARGE:,} rows x 12 columns ({path.stat().st_size / 1e6:.0f} MB)",
            f"{told['wall']:.0f} s",
            _parts(told),
        ),
        ("peak memory of the parsing child", f"{told['child_peak_mb']:,} MB", "target 2,048 MB"),
        ("peak memory of the main process (Great Expectations)", f"{told['peak_mb']:,} MB", ""),
    ]


def ssd_benchmark(folder: Path) -> list[tuple[str, str, str]]:
    paths = ssd.write(folder / "ssd")
    rows = sum(ssd.VOLUMES.values())
    runs = sorted(
        (loaded(folder / f"ssd_home{number}", ROOT, folder / "ssd") for number in range(3)), key=lambda t: t["wall"]
    )
    told = runs[1]
    gate = [(n, s) for n, s in told["parts"].items() if n.startswith("gate: ")]
    slowest = sorted(told["files"].items(), key=lambda f: -f[1])[:3]
    return [
        (
            f"`qapm load` of a county's SSD: {len(paths)} files, {told['read']:,} rows, {told['read'] - rows:,} of them from JSON",
            f"{told['wall']:.1f} s",
            "target 60 s",
        ),
        ("of which", "", f"{_parts(told)}; {_peaks(told)}"),
        ("files that took longest to read", "", ", ".join(f"{Path(n).stem} {seconds:.1f} s" for n, seconds in slowest)),
        ("of the gate", "", ", ".join(f"{n.removeprefix('gate: ')} {s:.1f} s" for n, s in gate)),
    ]


def loading_benchmark(folder: Path, large: bool) -> list[tuple[str, str, str]]:
    """The rows of the table."""
    project = project_with_mix(folder / "project")
    found = [*csv_benchmark(folder, project), *ssd_benchmark(folder)]
    return [*found, *memory_benchmark(folder, project)] if large else found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        for row in loading_benchmark(Path(name), "--large" in sys.argv):
            print("| " + " | ".join(row) + " |", flush=True)
