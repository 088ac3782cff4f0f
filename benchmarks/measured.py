"""One load in a process of its own, as `qapm load` runs it: prints its seconds by part, its rows and its peak memory as JSON.

    python -m benchmarks.measured HOME PROJECT_ROOT KNOWN_ON PATH...

Peaks are VmHWM of /proc: what getrusage tells of a process holds the peak of the one that started it. None where there is no /proc.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.ingest import load as loader
from orchestration.ingest.references import References
from orchestration.settings import Settings


def peak_mb(pid: int | str = "self") -> int | None:
    """Peak resident memory of a running process."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in told.splitlines() if line.startswith("VmHWM")), None)


SECONDS: dict[str, float] = defaultdict(float)


def timed(name: str, action: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with its seconds added up under a name."""

    def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - of any function
        started = time.perf_counter()
        try:
            return action(*given, **named)
        finally:
            SECONDS[name] += time.perf_counter() - started

    return call


def main() -> None:
    """Load files and print what it took."""
    home, project_root, known_on, *paths = sys.argv[1:]
    settings = Settings(home=Path(home), project_root=Path(project_root), parse_seconds=3600)
    children: list[int | None] = []
    files: dict[str, float] = {}
    ask = loader._Child.ask

    def ask_and_look(child: Any, job: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a private class
        begun = time.perf_counter()
        answer = ask(child, job)
        files[str(job["name"])] = time.perf_counter() - begun
        if child._process is not None:
            children.append(peak_mb(child._process.pid))
        return answer

    loader._Child.ask = timed("parsing child", ask_and_look)  # type: ignore[method-assign]
    loader._keep_original = timed("copy and hash of the originals", loader._keep_original)
    loader._store = timed("store and ledger", loader._store)
    References.check = timed("references", References.check)  # type: ignore[method-assign]
    started = time.perf_counter()
    import expectations.gate as gate

    with gate._silence():
        import great_expectations  # noqa: F401 - so that its import is told by itself
    SECONDS["gate: import"] = SECONDS["gate"] = time.perf_counter() - started
    gate.gate_extracts = timed("gate", gate.gate_extracts)
    gate.validate_frame = timed("gate: validation of rows and profiles", gate.validate_frame)
    gate.as_frame = timed("gate: Parquet to data frame", gate.as_frame)
    gate.as_profile_frame = timed("gate: profiles (keys, null shares)", gate.as_profile_frame)
    gate.build_suite = timed("gate: building suites", gate.build_suite)
    started = time.perf_counter()
    reports = loader.load(settings, [Path(p) for p in paths], known_on=date.fromisoformat(known_on))
    whole = time.perf_counter() - started

    def count(name: str) -> int:
        return sum(int(str(r[name])) for r in reports)

    told = {
        "seconds": whole, "parts": dict(SECONDS), "peak_mb": peak_mb(), "child_peak_mb": max((c or 0 for c in children), default=0),
        "states": sorted({str(r["state"]) for r in reports}), "read": count("rows_read"), "loaded": count("rows_loaded"),
        "quarantined": count("rows_quarantined"), "messages": sorted({str(r["message"]) for r in reports if r["state"] == "rejected"}),
        "files": files,
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
