"""Days that are not known or never come, and spells: rows with a start and an end, of a group (a child, a family, a place)."""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.synthetic.rows import BLANK, Array, Words, run_numbers

DAY_BITS = 20  # bits a day takes beside another number
NEVER = (1 << DAY_BITS) - 1  # later than every day


def where(mask: Array, values: Any) -> Array:
    """The days or whole numbers where the mask is true, blank elsewhere."""
    return np.where(mask, values, BLANK).astype(np.int32)


def until(column: Array, day: int) -> Array:
    """Days later than `day` are blank: they are not known yet."""
    return where(column <= day, column)


def known(words: Words, days: Array, day: int) -> Words:
    """The words of days that have come; blank for those still to come or never."""
    return words.blank_where((days > day) | (days == BLANK))


def day_or_never(days: Array) -> Array:
    """Days with a blank read as a day that never comes."""
    return np.where(days == BLANK, NEVER, days).astype(np.int64)


def stretched(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Every number from start to end, both included: (position of the row, number); none if the end comes first."""
    counts = np.maximum(ends.astype(np.int64) - starts + 1, 0)
    row = np.repeat(np.arange(len(counts)), counts)
    return row, (starts[row] + run_numbers(counts)).astype(np.int32)


def running(start: Array, end: Array, day: Any) -> Array:
    """Which spells run on a day; an end is the last day of a spell, blank while it has none."""
    return (start <= day) & ((end == BLANK) | (end >= day))


def last_begun(group: Array, start: Array, of: Array, day: Any) -> Array:
    """For each of `of`, a group, the position of its spell that began last on or before a day; -1 where there is none."""
    keys = group.astype(np.int64) << DAY_BITS | start
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], np.asarray(of, dtype=np.int64) << DAY_BITS | day, side="right") - 1
    found = np.append(order, -1)[at]
    return np.where(np.append(group, -1)[found] == of, found, -1)


def begins_in_an_earlier_one(group: Array, start: Array, end: Array) -> Array:
    """Which spells begin before all earlier ones of their group have ended; sorted by group and start."""
    if not len(group):
        return np.zeros(0, dtype=bool)
    place = np.cumsum(np.concatenate([[0], (group[1:] != group[:-1]).astype(np.int64)])) << 32
    latest = np.maximum.accumulate(place + end)
    return np.concatenate([[False], place[1:] + start[1:] <= latest[:-1]])


def valid(first: int, count: int) -> dict[str, Array]:
    """The columns of `count` rows of a register that hold from a day on."""
    blank = np.full(count, BLANK, dtype=np.int32)
    return {"valid_from": np.full(count, first, dtype=np.int32), "valid_to": blank}


def one_after_another(first: Array, lasts: Array) -> tuple[Array, Array]:
    """First and last days of spells that follow each other: those of each row of `first`, by how many days each lasts."""
    days = lasts.reshape(len(first), -1)
    ends = first[:, None] + np.cumsum(days, axis=1)
    return (ends - days).ravel(), (ends - 1).ravel()
