"""Calendar of the service: months, quarters (April to June is Q1), halves, financial, school and calendar years, working days.

No function here reads the clock except `today`, which the command line and the assets call once. Bank holidays are
England's, from the `holidays` package, which has the one-off days (checked: 8 May 2020, 3 June and 19 September 2022,
8 May 2023).
"""

from __future__ import annotations

import bisect
import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["month", "week", "quarter", "half", "year", "term", "academic_year", "calendar_year"]
LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 2010, 2035
HINT = (
    "use 2025-09 (month), 2025-W37 (week), 2025-26-Q2 (quarter), 2025-26-H1 (half), 2025-26 (financial year), "
    "2025-26-T1 (autumn term), 2025-26-AY (academic year) or 2025-CY (calendar year)"
)
# First month and length of the school terms, told by whole months so that they add up from months (as dim_period has them).
TERMS = {1: (9, 4), 2: (1, 3), 3: (4, 5)}


def today() -> date:
    """Today in England. The one place that reads the clock for data; data logic takes the as-at date as input."""
    return datetime.now(LONDON).date()


def known_on(as_at: date) -> date:
    """The day something becomes known: the as-at day when it lies in the past (a replay), else today."""
    return min(as_at, today())


@dataclass(frozen=True, order=True)
class Period:
    """A closed interval of days with its stable key."""

    start: date
    end: date
    unit: Unit
    key: str

    def previous(self) -> Period:
        """The period of the same unit just before."""
        return period_containing(self.start - timedelta(days=1), self.unit)

    def next(self) -> Period:
        """The period of the same unit just after."""
        return period_containing(self.end + timedelta(days=1), self.unit)

    def months(self) -> list[Period]:
        """The months of a month, quarter, half or year, in order."""
        found = [period_containing(self.start, "month")]
        while found[-1].end < self.end:
            found.append(found[-1].next())
        return found


def financial_year(day: date) -> str:
    """Key of the April to March year, such as 2025-26."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def period_containing(day: date, unit: Unit) -> Period:
    """The period of `unit` that holds `day`."""
    if unit == "month":
        return Period(day.replace(day=1), _last_day(day.year, day.month), unit, f"{day.year}-{day.month:02d}")
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Period(monday, monday + timedelta(days=6), unit, f"{year}-W{week:02d}")
    if unit in ("term", "academic_year", "calendar_year"):
        return _school_or_calendar(day, unit)
    year = financial_year(day)
    first = int(year[:4])
    months_in = (day.year - first) * 12 + day.month - 4
    length = {"quarter": 3, "half": 6, "year": 12}[unit]
    index = months_in // length
    start_month = 4 + index * length
    start = date(first + (start_month - 1) // 12, (start_month - 1) % 12 + 1, 1)
    end_month = start_month + length - 1
    end = _last_day(first + (end_month - 1) // 12, (end_month - 1) % 12 + 1)
    suffix = {"quarter": f"-Q{index + 1}", "half": f"-H{index + 1}", "year": ""}[unit]
    return Period(start, end, unit, year + suffix)


def _school_or_calendar(day: date, unit: Unit) -> Period:
    """The calendar year, the academic year (September to August) or the school term (whole months) that holds a day."""
    if unit == "calendar_year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31), unit, f"{day.year}-CY")
    first = day.year if day.month >= 9 else day.year - 1
    year = f"{first}-{(first + 1) % 100:02d}"
    if unit == "academic_year":
        return Period(date(first, 9, 1), date(first + 1, 8, 31), unit, f"{year}-AY")
    number = next(n for n, (month, length) in TERMS.items() if month <= day.month < month + length)
    month, length = TERMS[number]
    return Period(date(day.year, month, 1), _last_day(day.year, month + length - 1), unit, f"{year}-T{number}")


def parse_period(key: str) -> Period:
    """The period of a key; ValueError with the accepted forms when it is none."""
    text = key.strip()
    if match := re.fullmatch(r"(\d{4})-W(\d{2})", text):
        try:
            return period_containing(date.fromisocalendar(int(match[1]), int(match[2]), 1), "week")
        except ValueError:
            raise ValueError(f"`{key}` is not a week of that year: {HINT}") from None
    if match := re.fullmatch(r"(\d{4})-CY", text):
        return period_containing(date(int(match[1]), 1, 1), "calendar_year")
    if match := re.fullmatch(r"(\d{4})-(\d{2})-(AY|T[123])", text):
        year, part = int(match[1]), match[3]
        if int(match[2]) == (year + 1) % 100:
            month = 9 if part == "AY" else TERMS[int(part[1])][0]
            first = date(year if month == 9 else year + 1, month, 1)
            return period_containing(first, "academic_year" if part == "AY" else "term")
    if match := re.fullmatch(r"(\d{4})-(\d{2})(?:-([QH])(\d))?", text):
        year, second, letter, index = int(match[1]), int(match[2]), match[3], int(match[4] or 0)
        is_year = second == (year + 1) % 100
        if letter is None and 1 <= second <= 12:  # 2011-12 is December 2011: months win, years before 2013 are not held
            return period_containing(date(year, second, 1), "month")
        if is_year and letter is None:
            return period_containing(date(year, 4, 1), "year")
        length, top = (3, 4) if letter == "Q" else (6, 2)
        if is_year and 1 <= index <= top:
            month = 4 + (index - 1) * length
            day = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
            return period_containing(day, "quarter" if letter == "Q" else "half")
    raise ValueError(f"`{key}` is not a period: {HINT}")


def month_range(first: str, last: str) -> list[Period]:
    """The months from one key to another, both included; ValueError when the order is wrong."""
    start, end = parse_period(first), parse_period(last)
    if start.unit != "month" or end.unit != "month" or end < start:
        raise ValueError(f"`{first}..{last}` is not a range of months such as 2025-04..2025-09")
    found = [start]
    while found[-1].key != end.key:
        found.append(found[-1].next())
    return found


def reference_date(period: Period, as_at: date) -> date:
    """The earlier of the period's last day and the as-at date: open, age and stock are judged there."""
    return min(period.end, as_at)


@cache
def bank_holidays(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> dict[date, str]:
    """Bank holidays of England by day."""
    import holidays

    found = holidays.country_holidays("GB", subdiv="ENG", years=range(first_year, last_year + 1), language="en_GB")
    return dict(sorted(found.items()))


def is_working_day(day: date) -> bool:
    """Monday to Friday and not a bank holiday of England."""
    return day.weekday() < 5 and day not in bank_holidays()


@cache
def _working_days() -> list[date]:
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [d for d in days if is_working_day(d)]


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; day 0 is `start` (negative when end is before start)."""
    days = _working_days()
    return bisect.bisect_right(days, end) - bisect.bisect_right(days, start)


def add_working_days(day: date, count: int) -> date:
    """The working day that is `count` working days after `day` (day 0); for count 0 the day itself or the next one."""
    days = _working_days()
    if count == 0:
        return days[bisect.bisect_left(days, day)]
    return days[bisect.bisect_right(days, day) + count - 1]
