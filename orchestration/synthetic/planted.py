"""What stands in the lives of the invented authority on purpose, so that tests can ask for it by name; defects of files are in `faults`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.synthetic import reference
from orchestration.synthetic.days import as_date
from orchestration.synthetic.rows import BLANK, Array

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

MOST = 20  # of each kind are listed


def listed(world: World, day: int, begins: int) -> dict[str, list[dict[str, Any]]]:
    """What was planted and stands in files of `day` with history since `begins`: by kind a list of case numbers and days
    (at most 20 of each).

    restricted_records, adopted_identities (old and new number, which nothing may join), siblings_across_teams, unborn_twins,
    two_ids (second and first number), late_entries and corrections (of a month's assessments, with the day they were recorded).
    """
    return {
        "restricted_records": _restricted(world, day, begins),
        "adopted_identities": _adopted(world, day, begins),
        "siblings_across_teams": _siblings(world, day),
        "unborn_twins": _twins(world, day),
        "two_ids": _doubles(world, day, begins),
        "late_entries": _assessments(world, day, "recorded"),
        "corrections": _assessments(world, day, "corrected"),
    }


def _ids(world: World, child: Array) -> list[str]:
    return [str(n) for n in world.children.child_id[child].tolist()]


def _day(number: int) -> str | None:
    return None if number == BLANK else as_date(number).isoformat()


def _restricted(world: World, day: int, begins: int) -> list[dict[str, Any]]:
    rows = reference.restrictions(world, day)
    sealed_before = rows.kind.isin(reference.SEALED) & (rows.start < begins)  # those are no longer told
    open_ = np.flatnonzero(((rows.end == BLANK) | (rows.end > day)) & ~sealed_before)[:MOST]
    kinds, starts = rows.kind[open_].strings(), rows.start[open_].tolist()
    return [
        {"child_id": c, "restriction": k, "from": _day(s)}
        for c, k, s in zip(_ids(world, rows.child[open_]), kinds, starts, strict=True)
    ]


def _adopted(world: World, day: int, begins: int) -> list[dict[str, Any]]:
    rows = world.new_identities
    rows = rows[(rows.contact <= day) & (rows.contact >= begins)][-MOST:]
    pairs = zip(_ids(world, rows.old), _ids(world, rows.child), rows.order.tolist(), rows.contact.tolist(), strict=True)
    return [{"before": a, "after": b, "adopted": _day(o), "known_again": _day(c)} for a, b, o, c in pairs]


def _siblings(world: World, day: int) -> list[dict[str, Any]]:
    cases = world.open_cases(day)
    family, team = world.children.family[cases.child], cases.team.index
    order = np.lexsort((team, family))
    family, team, child = family[order], team[order], cases.child[order]
    apart = np.flatnonzero((family[1:] == family[:-1]) & (team[1:] != team[:-1]))[:MOST]
    words = cases.team.words
    return [
        {"child_ids": _ids(world, child[[n, n + 1]]), "teams": [words[team[n]], words[team[n + 1]]]}
        for n in apart.tolist()
    ]


def _twins(world: World, day: int) -> list[dict[str, Any]]:
    cases = world.open_cases(day).child
    expected = cases[world.children.planted[cases] & (world.children.born[cases] > day)]
    families, first = np.unique(world.children.family[expected], return_index=True)
    found = [expected[world.children.family[expected] == f] for f in families.tolist()]
    born = world.children.born[expected[first]].tolist() if len(first) else []
    return [{"child_ids": _ids(world, pair), "expected": _day(d)} for pair, d in zip(found, born, strict=True)][:MOST]


def _doubles(world: World, day: int, begins: int) -> list[dict[str, Any]]:
    rows = world.doubles
    recent = (world.episodes.start <= day) & (np.maximum(world.episodes.closed, world.episodes.leaver_end) >= begins)
    rows = rows[np.isin(rows.child, world.episodes.child[recent])][-MOST:]
    pairs = zip(_ids(world, rows.child), _ids(world, rows.original), rows.found.tolist(), strict=True)
    return [{"second": a, "first": b, "found": _day(f) if f <= day else None} for a, b, f in pairs]


def _assessments(world: World, day: int, kind: str) -> list[dict[str, Any]]:
    rows = world.assessments
    after = rows.columns[kind]
    late = (after > rows.authorised) if kind == "recorded" else after != BLANK
    found = np.flatnonzero(late & (after <= day) & (rows.authorised != BLANK) & (rows.start > day - 800))[-MOST:]
    told = rows.told_first[found].tolist() if kind == "corrected" else [BLANK] * len(found)
    entries = zip(
        rows.assessment_id[found].tolist(), rows.authorised[found].tolist(), after[found].tolist(), told, strict=True
    )
    return [
        {"assessment_id": str(i), "authorised": _day(a), kind: _day(d)}
        | ({"told_first": _day(t)} if t != BLANK else {})
        for i, a, d, t in entries
    ]
