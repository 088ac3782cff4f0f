"""The allocator: a month's cases, the team managers and who audited with whom before in; lead and peer auditor of each case out.

Pure: it reads and writes nothing. The lead is the manager of the responsible team, the peer another team manager of the same service:
never of the case's own team, never the same two for the third month running. What cannot be had is told with what would do.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestration.audit.sample import draw_number

Pair = frozenset[str]


@dataclass(frozen=True)
class Manager:
    """A team manager in post; who manages two teams stands here twice."""

    worker: str
    team: str
    service: str


@dataclass(frozen=True)
class Task:
    """A case to allocate; `key` tells cases apart. `peer` is who audits it as peer already, kept where the rules still allow it."""

    key: str
    service: str
    team: str
    paired: bool = True
    peer: str | None = None


@dataclass(frozen=True)
class Allocation:
    """Who audits a case. `reason` names the constraint that could not be held and what was proposed or done instead."""

    key: str
    lead: str | None
    peer: str | None
    reason: str | None = None


def allocate(
    tasks: Iterable[Task],
    managers: Iterable[Manager],
    month: str,
    seed: str,
    *,
    third_time: frozenset[Pair] = frozenset(),
    held: Mapping[str, int] | None = None,
    earlier: Mapping[str, int] | None = None,
    accept: bool = False,
) -> list[Allocation]:
    """The allocations of the tasks, in order of their keys.

    `third_time` are the pairs that audited together in both of the two months before; `held` is what peers hold of this month
    already, `earlier` what they held before: the first is balanced, of equals the second decides, then the draw of the month.
    Peers are matched so that no other matching would spread the month's cases more evenly. With `accept` a proposal is taken.
    """
    tasks = sorted(tasks, key=lambda t: t.key)
    managers = sorted(set(managers), key=lambda m: (m.service, m.team, m.worker))
    rank = _Rank(month, seed, earlier or {})
    leads, reasons = _leads(tasks, managers, rank, accept)
    load = Counter(held or {})
    allowed, peers = {}, {}
    for task in tasks:
        able = _able(task, leads.get(task.key), managers, third_time)
        if task.peer in able:
            peers[task.key] = task.peer
            load[task.peer] += 1
        elif able:
            allowed[task.key] = able
    peers |= _matched(allowed, load, rank)
    # proposals are spread as what is taken would be
    for task in tasks:
        if task.key in peers:
            continue
        broken = _broken(task, leads.get(task.key), managers)
        proposed = _proposal(task, leads.get(task.key), managers, third_time, load, rank)
        if proposed:
            load[proposed.worker] += 1
        if accept and proposed:
            peers[task.key] = proposed.worker
        reasons.setdefault(task.key, []).append(_told(broken, proposed, "peer", accept))
    return [
        Allocation(t.key, leads.get(t.key), peers.get(t.key), "; ".join(reasons.get(t.key, [])) or None) for t in tasks
    ]


def running_pairs(earlier: Mapping[str, Iterable[Pair]], before: Sequence[str]) -> frozenset[Pair]:
    """The pairs that audited together in every one of the months `before`; none when a month is missing."""
    found = [frozenset(earlier.get(month, ())) for month in before]
    return frozenset.intersection(*found) if found else frozenset()


@dataclass(frozen=True)
class _Rank:
    month: str
    seed: str
    earlier: Mapping[str, int]

    def __call__(self, worker: str, load: int = 0) -> tuple[int, int, int, str]:
        """The lower, the sooner a manager is taken."""
        return load, self.earlier.get(worker, 0), draw_number(self.seed, self.month, "manager", worker), worker


def _leads(
    tasks: Sequence[Task], managers: Sequence[Manager], rank: _Rank, accept: bool
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The lead of every task that has one: of two managers of a team the one with fewer cases; and what could not be held."""
    load: Counter[str] = Counter()
    leads, reasons = {}, {}
    for task in tasks:
        if not task.paired:
            continue
        own = [m for m in managers if m.team == task.team]
        if own:
            lead = min(own, key=lambda m: rank(m.worker, load[m.worker]))
        else:
            near = [m for m in managers if m.service == task.service] or list(managers)
            lead = min(near, key=lambda m: rank(m.worker, load[m.worker])) if near else None
            reasons[task.key] = [_told(f"team {task.team} has no team manager in post", lead, "lead", accept)]
            lead = lead if accept else None
        if lead is not None:
            leads[task.key] = lead.worker
            load[lead.worker] += 1
    return leads, reasons


def _able(task: Task, lead: str | None, managers: Iterable[Manager], third_time: frozenset[Pair]) -> tuple[str, ...]:
    """The managers who can be the peer, each once."""
    own = {m.worker for m in managers if m.team == task.team} | {lead}
    return tuple(dict.fromkeys(
        m.worker for m in managers
        if m.service == task.service and m.worker not in own and (lead is None or frozenset((lead, m.worker)) not in third_time)
    ))  # fmt: skip


def _matched(allowed: Mapping[str, tuple[str, ...]], held: Counter[str], rank: _Rank) -> dict[str, str]:
    """A peer for every case such that loads are as even as the allowed managers let them be.

    Case by case the least loaded manager that can be reached is given one more, passing cases on along the way: that keeps the
    matching optimal at every step (Harvey, Ladner, Lovasz and Tamir, Semi-matchings for bipartite graphs, 2003). `held` is counted
    and stays; it grows by what is matched.
    """
    peers: dict[str, str] = {}
    cases_of: dict[str, list[str]] = {}
    for case, able in allowed.items():
        came_from: dict[str, tuple[str, str | None]] = {}  # manager: the case that would move to them, and from whom
        queue: deque[str] = deque()
        seen: set[tuple[str, ...]] = set()

        def reach(case: str, giver: str | None) -> None:
            able = allowed[case]
            if able in seen:  # noqa: B023 - called within its own round only
                return
            seen.add(able)  # noqa: B023
            for manager in able:
                if manager not in came_from:  # noqa: B023
                    came_from[manager] = (case, giver)  # noqa: B023
                    queue.append(manager)  # noqa: B023

        reach(case, None)
        while queue:
            manager = queue.popleft()
            for other in cases_of.get(manager, ()):
                reach(other, manager)
        taker: str | None = min(came_from, key=lambda m: rank(m, held[m]))
        held[taker] += 1  # type: ignore[index]
        while taker is not None:
            moved, giver = came_from[taker]
            peers[moved] = taker
            cases_of.setdefault(taker, []).append(moved)
            if giver is not None:
                cases_of[giver].remove(moved)
            taker = giver
    return peers


def _broken(task: Task, lead: str | None, managers: Iterable[Manager]) -> str:
    """Which constraint leaves a case without a peer."""
    others = {m.worker for m in managers if m.service == task.service and m.team != task.team} - {lead}
    if not others:
        return f"service {task.service} has no team manager besides that of team {task.team}"
    return f"every other team manager of service {task.service} would audit with the lead for the third month running"


def _proposal(
    task: Task,
    lead: str | None,
    managers: Iterable[Manager],
    third_time: frozenset[Pair],
    load: Counter[str],
    rank: _Rank,
) -> Manager | None:
    """The manager of another service with the fewest cases who would do."""
    own = {m.worker for m in managers if m.team == task.team} | {lead}
    able = [
        m for m in managers
        if m.worker not in own and m.service != task.service and (lead is None or frozenset((lead, m.worker)) not in third_time)
    ]  # fmt: skip
    return min(able, key=lambda m: rank(m.worker, load[m.worker]), default=None)


def _told(broken: str, proposed: Manager | None, role: str, accept: bool) -> str:
    if proposed is None:
        return f"{broken}, and no other team manager could be {role}: name one in the workforce extract"
    who = f"{proposed.worker} of team {proposed.team} ({proposed.service})"
    return f"{broken}: {who} is {role}, as proposed" if accept else f"{broken}: {role} proposed is {who}"
