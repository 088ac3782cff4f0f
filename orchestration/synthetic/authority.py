"""What every part of the generator asks of the invented authority itself: its size, lots, numbers and calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from orchestration.synthetic.chance import Chance
from orchestration.synthetic.days import day_number, is_working, month_number, month_start, weekday
from orchestration.synthetic.rows import Array, Rows, run_numbers
from orchestration.synthetic.scenario import Scenario

IDENTITIES = 9_000_000  # seven-digit case numbers
AUTHORITY_STEP = 10**12  # ids of several authorities never meet
DAYS = 10_000  # more than the days from the world's first to its last
A_MONTH = 100_000  # more than the events of any month


def plain(ids: Array) -> Array:
    """Ids without the authority's prefix: numbers to build other ids from."""
    return np.asarray(ids, dtype=np.int64) % AUTHORITY_STEP


class Authority:
    """One authority from the scenario's first day to `horizon`: `factor` is its size (county = 1), `authority` its number when
    several are made (0: the only one)."""

    def __init__(self, scenario: Scenario, factor: float, seed: int, horizon: date, authority: int = 0) -> None:
        self.scenario, self.factor, self.authority = scenario, factor, authority
        self.chance = Chance(seed, authority)
        self.begins_day, self.horizon = day_number(scenario.world.begins), day_number(horizon)
        self._calendar = self._day_weights()

    # --- numbers --------------------------------------------------------------------------------------------------

    def ids(self, numbers: Array) -> Array:
        """Ids as they stand in files: the authority's prefix before the number; negative stays negative."""
        numbers = np.asarray(numbers, dtype=np.int64)
        return np.where(numbers < 0, numbers, numbers + self.authority * AUTHORITY_STEP)

    def of_day(self, ids: Array, days: Array) -> Array:
        """A number for each id and day, to build other ids from; the authority's prefix is left out."""
        return plain(ids) * DAYS + (days - self.begins_day)

    def code(self, text: str) -> str:
        """A code of the authority's own, such as a team's."""
        return f"{self.authority:03d}-{text}" if self.authority else text

    def identities(self, numbers: Array) -> Array:
        """Case numbers of people: a one-to-one scramble, so that they tell nothing of order or kind."""
        numbers = np.asarray(numbers, dtype=np.int64)
        return self.ids(1_000_000 + (numbers * 7_368_787 + self.chance.seed[0] * 1_234_567) % IDENTITIES)

    # --- calendar -------------------------------------------------------------------------------------------------

    def _day_weights(self) -> tuple[Array, int]:
        """Cumulative weight of every day (weekday and holiday), and the first day of that count."""
        first, last = self.begins_day - 366, self.horizon + 400
        days = np.arange(first, last + 1)
        kind = np.where((weekday(days) < 5) & ~is_working(days), 6, weekday(days))  # a bank holiday counts as a Sunday
        weights = np.array(self.scenario.population.weekday_weights)[kind]
        return np.concatenate([[0.0], np.cumsum(weights)]), first

    def day_in_month(self, purpose: str, months: Array, *keys: Any) -> Array:
        """A day of each month (months since January 1970) by the weights of weekdays and holidays."""
        total, first = self._calendar
        begin, end = month_start(months) - first, month_start(np.asarray(months) + 1) - first
        drawn = total[begin] + self.chance.uniform(purpose, months, *keys) * (total[end] - total[begin])
        return np.minimum(first + np.searchsorted(total, drawn, side="right") - 1, first + end - 1).astype(np.int32)

    def season(self, months: Array) -> Array:
        """How much each month differs from the year's mean month."""
        weights = np.array(self.scenario.population.month_weights)
        return weights[np.asarray(months) % 12] * 12 / weights.sum()

    def drift(self, months: Array) -> Array:
        """How much larger than in the scenario's year demand is in each month."""
        people = self.scenario.population
        years = (np.asarray(months) - month_number(day_number(people.drift_from))) / 12
        return (1 + people.drift_a_year) ** years

    def monthly(self, a_year: float, months: Array) -> Array:
        """Expected number in each month of what comes `a_year` times a year in a county: size, season and drift."""
        return a_year * self.factor / 12 * self.season(months) * self.drift(months)

    def month_range(self, first_day: int, last_day: int) -> Array:
        """The months (since January 1970) from one day's to another's."""
        return np.arange(month_number(first_day), month_number(last_day) + 1)

    def events(self, purpose: str, expected: Any, months: Array, day_purpose: str | None = None) -> Rows:
        """Events that hang on nothing, so many `expected` in each month: their `month`, the number `nth` in it, `day` and `key`.

        The key stays the same however many months are asked for.
        """
        counts = self.chance.count(purpose, expected, months)
        month, nth = np.repeat(months, counts), run_numbers(counts)
        day = self.day_in_month(day_purpose or f"{purpose} day", month, nth)
        return Rows(key=month * A_MONTH + nth, month=month, nth=nth, day=day)

    def events_between(
        self, purpose: str, a_year: float, first: int, last: int, day_purpose: str | None = None
    ) -> Rows:
        """The events of the days from `first` to `last` of what comes `a_year` times a year in a county."""
        months = self.month_range(first, last)
        rows = self.events(purpose, self.monthly(a_year, months), months, day_purpose)
        return rows[(rows.day >= first) & (rows.day <= last)]
