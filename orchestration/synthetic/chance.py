"""Drawing by lot: one seeded stream with the few kinds of draw the generator needs, and the working-day calendar it draws days from."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

from orchestration.periods import Period, add_working_days, is_working_day

T = TypeVar("T")
BLOCK = 8192  # uniform numbers fetched from numpy at a time; a scalar call costs ten times as much


def stable_number(*parts: object) -> int:
    """A number that depends on the parts only (not on PYTHONHASHSEED, the process or the order of calls)."""
    return int.from_bytes(hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


@cache
def _day_weights(
    first: date, last: date, weekday_weights: tuple[float, ...]
) -> tuple[tuple[date, ...], tuple[float, ...]]:
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    weights = (weekday_weights[d.weekday() if d.weekday() > 4 or is_working_day(d) else 6] for d in days)
    return days, tuple(accumulate(weights))


class Dice:
    """One stream of chance; the same parts of the seed give the same draws."""

    def __init__(self, *seed: int) -> None:
        self._numpy = np.random.default_rng(list(seed))
        self._block: list[float] = []
        self._next = 0

    def uniform(self) -> float:
        """A number in [0, 1)."""
        if self._next == len(self._block):
            self._block, self._next = self._numpy.random(BLOCK).tolist(), 0
        self._next += 1
        return self._block[self._next - 1]

    def chance(self, share: float) -> bool:
        """True with the given probability."""
        return self.uniform() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def one_of(self, items: Sequence[T]) -> T:
        """One of the items, each alike."""
        return items[int(self.uniform() * len(items))]

    def pick(self, weights: Mapping[T, float]) -> T:
        """A key by its weight."""
        left = self.uniform() * sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return list(weights)[-1]  # rounding left a crumb

    def band(self, bands: Sequence[tuple[int, int, float]]) -> int:
        """A whole number from one of the bands (lowest, highest, weight), even inside the band."""
        left = self.uniform() * sum(weight for _, _, weight in bands)
        for low, high, weight in bands:
            left -= weight
            if left < 0:
                return self.between(low, high)
        return bands[-1][1]  # rounding left a crumb

    def wait(self, mean: float) -> int:
        """Whole days until the next event of a steady kind, at least 1; `mean` in days."""
        return 1 + int(-math.log(1.0 - self.uniform()) * mean)

    def normal(self, mean: float, spread: float) -> float:
        """A normally distributed number (Box-Muller, so that one stream serves every draw)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        return mean + spread * radius * math.cos(2.0 * math.pi * self.uniform())

    def count(self, mean: float) -> int:
        """How many events fall into a spell in which `mean` are expected (Poisson; a rounded normal from 60 on)."""
        if mean > 60:
            return max(0, round(self.normal(mean, math.sqrt(mean))))
        number, product, limit = 0, self.uniform(), math.exp(-mean)
        while product > limit:
            number, product = number + 1, product * self.uniform()
        return number

    def day_in(self, month: Period, weekday_weights: tuple[float, ...]) -> date:
        """A day of the month by the weights of the weekdays; bank holidays count as Sundays."""
        days, cumulative = _day_weights(month.start, month.end, weekday_weights)
        return days[min(bisect_right(cumulative, self.uniform() * cumulative[-1]), len(days) - 1)]

    def working_days_after(self, day: date, bands: Sequence[tuple[int, int, float]]) -> date:
        """A working day so many working days after `day` (day 0)."""
        return add_working_days(day, self.band(bands))

    def days_after(self, day: date, bands: Sequence[tuple[int, int, float]]) -> date:
        """A working day so many calendar days after `day`, or the next working day when that is none."""
        return add_working_days(day + timedelta(days=self.band(bands)), 0)
