"""Who has which place: stays given to homes with so many places, week after week."""

from __future__ import annotations

import numpy as np

from orchestration.synthetic.chance import Chance
from orchestration.synthetic.rows import Array, Rows
from orchestration.synthetic.spells import day_or_never


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
