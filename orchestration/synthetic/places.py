"""Helps for extracts beside the case system's: who has which place, when a child enters care, whose work it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from orchestration.synthetic.authority import AUTHORITY_STEP
from orchestration.synthetic.chance import Chance
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, run_numbers

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

T = TypeVar("T")
NEVER = 10**7  # later than every day


def once_a_world(make: Callable[[World], T]) -> Callable[[World], T]:
    """Remember what is made of a world as long as the world lives."""
    made: WeakKeyDictionary[World, T] = WeakKeyDictionary()  # a dictionary of its own for every function

    @wraps(make)
    def remembered(world: World) -> T:
        if world not in made:
            made[world] = make(world)
        return made[world]

    return remembered


def plain(ids: Array) -> Array:
    """Ids without the authority's prefix: numbers to build other ids from."""
    return ids % AUTHORITY_STEP


def next_care(world: World, child: Array, start: Array) -> Array:
    """The first day of each child's first period of care that ends after `start`; NEVER when there is none."""
    care = world.care
    order = np.lexsort((care.start, care.child))
    ends = care.child[order].astype(np.int64) * NEVER + np.minimum(day_or_never(care.end)[order], NEVER - 1)
    at = np.searchsorted(ends, child.astype(np.int64) * NEVER + start, side="right")
    place = order[np.minimum(at, len(order) - 1)]
    return np.where((at < len(order)) & (care.child[place] == child), care.start[place], NEVER)


def day_or_never(days: Array) -> Array:
    """Days with a blank read as a day that never comes."""
    return np.where(days == BLANK, NEVER, days).astype(np.int64)


def team_of(world: World, service: str, desk: Array, days: Array) -> Words:
    """The team of a service that has a desk's work on each day."""
    staff = world.organisation
    return staff.team_codes(staff.team_positions(np.int64(staff.service_number(service)), desk, days))


def give_places(chance: Chance, purpose: str, stays: Rows, homes: Rows) -> Array:
    """The home (its position) in which each stay has a place of its own, -1 where none was free.

    `stays` has start, end, group and key; stays of one group that start in one week come to one home where they fit.
    `homes` has number, places, opens and closes; nobody new comes after `closes`. Week follows week, and what comes
    later never changes what was given before.
    """
    home = np.repeat(np.arange(len(homes)), homes.places)  # one row a place
    free_from, closes = homes.opens[home].astype(np.int64), day_or_never(homes.closes)[home]
    starts, ends = stays.start.astype(np.int64), day_or_never(stays.end)
    weeks = starts // 7
    found = np.full(len(stays), -1, dtype=np.int64)
    order = np.lexsort((stays.key, stays.group, weeks))
    cuts = np.flatnonzero(np.diff(weeks[order], prepend=-1, append=-1))

    def give(rows: Array, places: Array) -> None:
        found[rows], free_from[places] = home[places], ends[rows]

    for begin, end in zip(cuts[:-1], cuts[1:], strict=True):
        rows = order[begin:end]
        first = weeks[rows[0]] * 7
        turn = chance.uniform(purpose, homes.number, first)[home]
        free = np.flatnonzero((free_from <= first) & (closes > first))
        free = free[np.argsort(turn[free], kind="stable")]
        count = min(len(rows), len(free))
        give(rows[:count], free[:count])
        # the others take places that become free in the course of the week
        rest = rows[count:][np.argsort(starts[rows[count:]], kind="stable")]
        later = np.flatnonzero((free_from > first) & (closes > first))
        later = later[np.argsort(free_from[later], kind="stable")][: len(rest)]
        rest = rest[: len(later)]
        fits = free_from[later] <= starts[rest]
        give(rest[fits], later[fits])
    return found


def stretched(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Every number from start to end, both included: (position of the spell, number); none if the end comes first."""
    counts = np.maximum(ends.astype(np.int64) - starts + 1, 0)
    row = np.repeat(np.arange(len(counts)), counts)
    return row, (starts[row] + run_numbers(counts)).astype(np.int32)
