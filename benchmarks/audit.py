"""The monthly list of audits: sample and allocation of 4,000 open cases and 60 team managers, and with `--country` of 153 authorities.

    python -m benchmarks.audit [--country]

The cases are made here: a county's mix of services, teams, statuses, families and earlier lists. The floor is the least the same list can
be had for: a number from a keyed hash for every case, sorted, and the first so many of each team. Medians of five runs; one of a country.
"""

from __future__ import annotations

import hashlib
import hmac
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date

import numpy as np

from orchestration.audit.allocate import Manager, Task, allocate
from orchestration.audit.sample import Programme, Rule, Subject, Template, draw

CASES, MANAGERS, AUTHORITIES, PER_TEAM = 4_000, 60, 153, 2
MONTH = "2025-10"
SERVICES = {"early_help": 8, "assessment": 10, "locality": 20, "through_care": 16, "care_leavers": 6}  # 60 teams
STATUSES = ("early_help", "open_assessment", "child_in_need_plan", "child_protection", "looked_after", "care_leaver")
PROGRAMME = Programme(
    (Template("social_work", "child", themes=("plans",)), Template("early_help", "child", "early_help")),
    (),
    (
        Rule("cases_per_team", PER_TEAM),
        Rule("months_without_repeat", 6),
        *(Rule("minimum_of_status", 20, status=status) for status in STATUSES),
    ),
)


def authority(seed: int) -> tuple[list[Subject], dict[str, list[str]], list[Manager]]:
    """Open cases with their families, and a manager a team."""
    random = np.random.default_rng(seed)
    teams = [(service, f"{service}{n}") for service, count in SERVICES.items() for n in range(count)]
    at, status = random.integers(0, len(teams), CASES), random.integers(0, len(STATUSES), CASES)
    family, listed = random.integers(0, CASES * 2 // 3, CASES), random.random(CASES) < 0.06
    frame = [
        Subject(
            "child", f"{seed}-{n}", str(n), *teams[at[n]], child=str(n), status=STATUSES[status[n]],
            last_listed=date(2025, 7, 1) if listed[n] else None, restricted=bool(n % 200 == 0),
        )
        for n in range(CASES)
    ]  # fmt: skip
    families = {s.key: [str(family[n])] for n, s in enumerate(frame)}
    return frame, families, [Manager(f"m{n}", team, service) for n, (service, team) in enumerate(teams)]


def listed(frame: list[Subject], families: dict[str, list[str]], managers: list[Manager]) -> tuple[int, int]:
    """Cases of a month's list and how many of them have lead and peer."""
    sample = draw(MONTH, frame, PROGRAMME, "1", families)
    tasks = [Task(case.key, case.service, case.team) for case in sample.cases]
    made = allocate(tasks, managers, MONTH, "1", earlier={m.worker: n % 5 for n, m in enumerate(managers)})
    return len(made), sum(a.lead is not None and a.peer is not None for a in made)


def bare(frame: list[Subject]) -> int:
    """A keyed hash of every case, sorted, and the first of each team."""
    numbers = sorted((hmac.digest(b"1", s.key.encode(), hashlib.sha256), s.team) for s in frame)
    taken: Counter[str] = Counter()
    for _, team in numbers:
        taken[team] += taken[team] < PER_TEAM
    return sum(taken.values())


def seconds(runs: int, action: Callable[[], object]) -> float:
    """Median seconds of several runs."""
    found = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def audit_benchmark(countrywide: bool) -> list[tuple[str, str, str]]:
    """Rows of the table: what, time, against."""
    one = authority(1)
    cases, whole = listed(*one)
    floor = seconds(5, lambda: bare(one[0]))
    took = seconds(5, lambda: listed(*one))
    rows = [
        (f"{CASES:,} open cases: keyed hash of each, sorted, first {PER_TEAM} of every team", f"{floor:.3f} s", "1 (the floor)"),
        (
            f"sample and allocation of them with {MANAGERS} managers: {cases} cases, {whole} with lead and peer",
            f"{took:.3f} s",
            f"{took / floor:.1f} x the floor (target 2 s)",
        ),
    ]  # fmt: skip
    if countrywide:
        country = [authority(n) for n in range(AUTHORITIES)]
        floor = seconds(1, lambda: [bare(frame) for frame, _, _ in country])
        took = seconds(1, lambda: [listed(*one) for one in country])
        rows.append((f"the same floor of {AUTHORITIES} authorities", f"{floor:.1f} s", "1 (the floor)"))
        rows.append(
            (
                f"sample and allocation of {AUTHORITIES} authorities",
                f"{took:.1f} s",
                f"{took / floor:.1f} x the floor (target 60 s)",
            )
        )
    return rows


if __name__ == "__main__":
    print("| what | time | against |\n|---|---|---|")
    for row in audit_benchmark("--country" in sys.argv):
        print("| " + " | ".join(row) + " |")
