"""Drawing by lot for whole columns: a draw depends on the seed, its purpose and the row's own numbers, on nothing else.

No draw shifts another: not the order of rows, not how many are drawn, not which months are asked for, not the number of
processes. Rows that share a number (the children of one family) share what is drawn for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from orchestration.synthetic.days import next_working_day, working_days_after
from orchestration.synthetic.rows import Array, Words, run_numbers

Bands = Sequence[tuple[int, int, float]]  # lowest, highest, weight; even inside a band
MIX_1, MIX_2, STEP = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0x9E3779B97F4A7C15)


def stable_number(*parts: object) -> int:
    """A 64-bit number that depends on the parts only (not on PYTHONHASHSEED, the process or the order of calls)."""
    return int.from_bytes(hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def _mixed(numbers: Array) -> Array:
    """The finalizer of splitmix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the output."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * MIX_1
    numbers = (numbers ^ (numbers >> np.uint64(27))) * MIX_2
    return numbers ^ (numbers >> np.uint64(31))


class Chance:
    """The lots of one authority. `keys` are one or more whole-number columns that name the row; they are not changed."""

    def __init__(self, seed: int, authority: int = 0) -> None:
        self.seed = (seed, authority)

    def number(self, purpose: str, *keys: Any) -> Array:
        """An even 64-bit number for every row."""
        with np.errstate(over="ignore"):
            state = np.uint64(stable_number(*self.seed, purpose))
            for key in keys:
                state = _mixed(state + (np.asarray(key).astype(np.int64).view(np.uint64) + np.uint64(1)) * STEP)
        return state

    def uniform(self, purpose: str, *keys: Any) -> Array:
        """A number in [0, 1)."""
        return (self.number(purpose, *keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def happens(self, purpose: str, share: Any, *keys: Any) -> Array:
        """True with the given probability (one for all, or one a row)."""
        return self.uniform(purpose, *keys) < share

    def between(self, purpose: str, low: Any, high: Any, *keys: Any) -> Array:
        """A whole number from low to high, both included."""
        return (low + np.floor(self.uniform(purpose, *keys) * (np.asarray(high) - low + 1))).astype(np.int32)

    def pick(self, purpose: str, weights: Mapping[str, float], *keys: Any) -> Words:
        """A word by its weight."""
        return Words(_place(self.uniform(purpose, *keys), list(weights.values())), tuple(weights))

    def pick_by(self, purpose: str, group: Array, weights: Sequence[Mapping[str, float]], *keys: Any) -> Words:
        """A word by the weights of the row's group (its position in `weights`)."""
        words = tuple(dict.fromkeys(w for one in weights for w in one))
        drawn, index = self.uniform(purpose, *keys), np.zeros(len(group), dtype=np.int32)
        for number, one in enumerate(weights):
            rows = group == number
            if rows.any():
                place = np.array([words.index(w) for w in one], dtype=np.int32)
                index[rows] = place[_place(drawn[rows], list(one.values()))]
        return Words(index, words)

    def band(self, purpose: str, bands: Bands, *keys: Any) -> Array:
        """A whole number from one of the bands."""
        weights = [w for _, _, w in bands]
        low = np.array([b[0] for b in bands])
        width = np.array([b[1] - b[0] + 1 for b in bands])
        total = np.cumsum(weights) / sum(weights)
        drawn = self.uniform(purpose, *keys)
        at = np.minimum(np.searchsorted(total, drawn, side="right"), len(bands) - 1)
        before = np.concatenate([[0.0], total])[at]
        inside = np.clip((drawn - before) / np.maximum(total[at] - before, 1e-12), 0.0, 1.0 - 1e-9)
        return (low[at] + np.floor(inside * width[at])).astype(np.int32)

    def band_by(self, purpose: str, group: Array, bands: Sequence[Bands], *keys: Any) -> Array:
        """A whole number from the bands of the row's group (its position in `bands`)."""
        keys = tuple(np.broadcast_to(np.asarray(k), group.shape) for k in keys)
        found = np.zeros(len(group), dtype=np.int32)
        for number, one in enumerate(bands):
            rows = group == number
            if rows.any():
                found[rows] = self.band(purpose, one, *(k[rows] for k in keys))
        return found

    def working_days_after(self, purpose: str, day: Array, bands: Bands, *keys: Any) -> Array:
        """A working day so many working days after `day` (day 0); blank after a blank."""
        return working_days_after(day, self.band(purpose, bands, *keys))

    def days_after(self, purpose: str, day: Array, bands: Bands, *keys: Any) -> Array:
        """The working day on or next after so many calendar days after `day`; blank after a blank."""
        return next_working_day(np.where(day < -(10**8), day, day + self.band(purpose, bands, *keys)))

    def normal(self, purpose: str, mean: Any, spread: Any, *keys: Any) -> Array:
        """A normally distributed number (Box-Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(purpose + " r", *keys)))
        return mean + spread * radius * np.cos(2.0 * np.pi * self.uniform(purpose + " a", *keys))

    def wait(self, purpose: str, mean: Any, *keys: Any) -> Array:
        """Whole days until the next event of a steady kind, at least 1; `mean` in days."""
        return (1 + np.floor(-np.log1p(-self.uniform(purpose, *keys)) * mean)).astype(np.int32)

    def count(self, purpose: str, mean: Any, *keys: Any) -> Array:
        """How many events fall into a spell in which `mean` are expected (Poisson; a rounded normal from 60 on)."""
        drawn = self.uniform(purpose, *keys)
        mean = np.broadcast_to(np.asarray(mean, dtype=np.float64), drawn.shape)
        large = np.maximum(0, np.rint(self.normal(purpose, mean, np.sqrt(np.maximum(mean, 1e-9)), *keys)))
        term = np.exp(-np.minimum(mean, 60.0))
        total, found = term.copy(), np.zeros(drawn.shape)
        for number in range(1, 140):
            more = drawn >= total
            if not more.any():
                break
            found += more
            term = term * np.minimum(mean, 60.0) / number
            total = total + term
        return np.where(mean > 60.0, large, found).astype(np.int64)

    def several(
        self, purpose: str, weights: Mapping[str, float], counts: Array, *keys: Any
    ) -> tuple[Array, Array, Words]:
        """So many different words for each row, likelier ones first: the row of each, its place from 0, the words."""
        words = tuple(w for w, weight in weights.items() if weight > 0)
        drawn = np.stack([self.uniform(f"{purpose} {w}", *keys) for w in words], axis=1)
        # the smallest waits of a race win (Efraimidis and Spirakis 2006)
        order = np.argsort(-np.log1p(-drawn) / np.array([weights[w] for w in words]), axis=1)
        counts = np.minimum(counts, len(words))
        row, place = np.repeat(np.arange(len(counts)), counts), run_numbers(counts)
        return row, place, Words(order[row, place].astype(np.int32), words)

    def repeated(
        self, purpose: str, first: Array, until: Array, bands: Bands, *keys: Any, most: int | None = None
    ) -> tuple[Array, Array, Array]:
        """Events that recur in every row's spell: the first on `first`, each next one a band of days later, none after `until`.

        Returns three columns, one row an event: the position of its row, its number in the row (from 0), its day. A row whose
        `first` is blank or lies after `until` has none. Each gap is a draw of its own, so a longer spell keeps its events.
        """
        lowest = max(1, min(b[0] for b in bands))
        counts = np.where((first > -(10**8)) & (first <= until), (until.astype(np.int64) - first) // lowest + 1, 0)
        if most is not None:
            counts = np.minimum(counts, most)
        row, number = np.repeat(np.arange(len(counts)), counts), run_numbers(counts)
        gap = self.band(purpose, bands, *(np.asarray(k)[row] for k in keys), number).astype(np.int64)
        gap[number == 0] = 0
        total = np.cumsum(gap)
        begins = np.repeat((np.cumsum(counts) - counts)[counts > 0], counts[counts > 0])
        day = first[row] + (total - total[begins])
        kept = day <= until[row]
        return row[kept], number[kept], day[kept].astype(np.int32)


def _place(drawn: Array, weights: Sequence[float]) -> Array:
    total = np.cumsum(weights) / sum(weights)
    return np.minimum(np.searchsorted(total, drawn, side="right"), len(weights) - 1).astype(np.int32)
