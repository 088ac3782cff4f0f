"""The calendar for whole columns of days (days since 1 January 1970, see `rows`): working days, birthdays, months, ages."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from orchestration.periods import LAST_YEAR, is_working_day, period_containing
from orchestration.synthetic.rows import BLANK, Array, Words, texts_of

EPOCH = date(1970, 1, 1)
FAR = 10**8  # below -FAR a day is blank
FIRST_DAY = date(2004, 1, 1)  # before the world begins; bank holidays are known from 2010 on, which is enough for it
A_DAY, AN_HOUR, A_MINUTE = 86_400, 3_600, 60  # in seconds


def day_number(day: date) -> int:
    """The number of a day."""
    return day.toordinal() - EPOCH.toordinal()


def as_date(day: int) -> date:
    """The day of a number."""
    return EPOCH + timedelta(days=int(day))


@cache
def _working() -> tuple[Array, Array, int]:
    """The working days, how many of them lie on or before each day, and the first day of that count."""
    first, last = day_number(FIRST_DAY), day_number(date(LAST_YEAR, 12, 31))
    flags = np.array([is_working_day(as_date(n)) for n in range(first, last + 1)])
    return np.flatnonzero(flags).astype(np.int32) + first, np.cumsum(flags).astype(np.int32), first


def is_working(days: Array) -> Array:
    """Which days are working days of England."""
    working, _, _ = _working()
    at = np.minimum(np.searchsorted(working, days), len(working) - 1)
    return working[at] == days


def _count_until(days: Array) -> Array:
    _, counts, first = _working()
    return counts[np.clip(np.asarray(days) - first, 0, len(counts) - 1)]


def working_days_after(days: Array, count: Any) -> Array:
    """The working day that is `count` working days after each day (day 0); for 0 the day itself or the next working day."""
    days, count = np.asarray(days), np.asarray(count)
    days = days if days.dtype.kind == "i" else np.floor(days).astype(np.int64)
    working, _, _ = _working()
    at = np.where(count == 0, _count_until(days - 1), _count_until(days) + count - 1)
    return np.where(days < -FAR, BLANK, working[np.clip(at, 0, len(working) - 1)]).astype(np.int32)


def next_working_day(days: Array) -> Array:
    """The day itself or the next working day; blank stays blank."""
    return working_days_after(days, 0)


def last_working_day(days: Array) -> Array:
    """The day itself or the last working day before it; blank stays blank."""
    working, _, _ = _working()
    days = np.asarray(days)
    at = np.clip(_count_until(days) - 1, 0, len(working) - 1)
    return np.where(days < -FAR, BLANK, working[at]).astype(np.int32)


def working_days_between(start: Array, end: Array) -> Array:
    """Working days after `start` up to and including `end`; day 0 is `start`. Neither may be blank."""
    return _count_until(end) - _count_until(start)


def _months(days: Array) -> tuple[Array, Array]:
    """Months since January 1970, and the day of the month from 0."""
    dates = np.asarray(days).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype(np.int64), (dates - months).astype(np.int64)


def months_later(days: Array, months: Any) -> Array:
    """The same day so many months later (earlier when negative), or the last day of that month; blank stays blank."""
    days = np.asarray(days)
    safe = np.where(days < -FAR, 0, days)
    number, inside = _months(safe)
    target = number + months
    first = target.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = (target + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - first
    return np.where(days < -FAR, BLANK, first + np.minimum(inside, length - 1)).astype(np.int32)


def birthday(born: Array, age: Any) -> Array:
    """The day an age is reached; a child born on 29 February reaches it on 1 March in other years (English law)."""
    number, inside = _months(np.asarray(born))
    first = (number + 12 * np.asarray(age)).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return (first + inside).astype(np.int32)  # day 29 of a February of 28 days is 1 March


def age_on(born: Array, day: Any) -> Array:
    """Age in whole years; -1 before birth, as Ofsted's guidance has it."""
    born, day = np.broadcast_arrays(np.asarray(born), np.asarray(day))
    months, inside = _months(born)
    months_now, inside_now = _months(day)
    years = (months_now - months - (inside_now < inside)) // 12
    return np.where(born > day, -1, years).astype(np.int32)


AGE_BANDS = ("unborn", "0", "1-4", "5-9", "10-15", "16-17")


def age_bands(born: Array, day: Any) -> Array:
    """The position in AGE_BANDS of ages on given days; 18 and over counts with the last."""
    return np.searchsorted(np.array([0, 1, 5, 10, 16]), age_on(born, day), side="right")


def month_number(days: Array) -> Array:
    """Months since January 1970."""
    return _months(days)[0]


def month_start(months: Array) -> Array:
    """The first day of each month (months since January 1970)."""
    return np.asarray(months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64).astype(np.int32)


def year_of(days: Array) -> Array:
    """Calendar year."""
    return (_months(days)[0] // 12 + 1970).astype(np.int32)


def weekday(days: Array) -> Array:
    """0 for Monday to 6 for Sunday."""
    return (np.asarray(days) + 3) % 7


def year_before(days: Array) -> Array:
    """The same day of the year before (28 February for the 29th)."""
    return months_later(days, -12)


def two_years(year: int) -> str:
    """The name of a year that runs into the next one, such as 2025/26."""
    return f"{year}/{(year + 1) % 100:02d}"


def period_keys(months: Array, kind: str) -> Words:
    """Keys of the periods of a kind that months lie in, such as 2025-09 or 2025-26-Q2."""
    return texts_of(month_start(months), lambda day: period_containing(as_date(day), kind).key)
