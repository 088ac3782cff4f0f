"""Calendar: financial years from 1 April, quarters, weeks, England's bank holidays, working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import periods
from orchestration.periods import (
    Period,
    add_working_days,
    bank_holidays,
    financial_year,
    is_working_day,
    month_range,
    parse_period,
    period_containing,
    reference_date,
    working_days_between,
)

DAYS = st.dates(date(2013, 1, 1), date(2034, 12, 31))
UNITS = st.sampled_from(["month", "week", "quarter", "half", "year"])


@pytest.mark.parametrize(
    ("key", "unit", "start", "end"),
    [
        ("2025-09", "month", date(2025, 9, 1), date(2025, 9, 30)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-W37", "week", date(2025, 9, 8), date(2025, 9, 14)),
        ("2020-W53", "week", date(2020, 12, 28), date(2021, 1, 3)),
        ("2025-26-Q1", "quarter", date(2025, 4, 1), date(2025, 6, 30)),
        ("2025-26-Q4", "quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("2025-26-H1", "half", date(2025, 4, 1), date(2025, 9, 30)),
        ("2025-26-H2", "half", date(2025, 10, 1), date(2026, 3, 31)),
        ("2025-26", "year", date(2025, 4, 1), date(2026, 3, 31)),
        ("2099-00", "year", date(2099, 4, 1), date(2100, 3, 31)),
    ],
)  # fmt: skip
def test_a_period_key(key, unit, start, end):
    assert parse_period(key) == Period(start, end, unit, key)


@pytest.mark.parametrize(
    "key", ["", "2025", "2025-13", "2025-00", "2025-27", "2025-26-Q5", "2025-26-Q0", "2025-26-H3", "2025-W54", "2025-W00", "25-09", "2025-9", "sept 2025"]
)  # fmt: skip
def test_no_period_key(key):
    with pytest.raises(ValueError, match="2025-26-Q2"):
        parse_period(key)


@given(DAYS, UNITS)
def test_a_day_lies_in_its_period_and_the_key_leads_back_to_it(day, unit):
    period = period_containing(day, unit)
    assert period.start <= day <= period.end
    assert parse_period(period.key) == period
    assert period.next().previous() == period
    assert period.next().start == period.end + timedelta(days=1)


@given(DAYS, st.sampled_from(["quarter", "half", "year"]))
def test_months_make_up_the_period(day, unit):
    period = period_containing(day, unit)
    months = period.months()
    assert len(months) == {"quarter": 3, "half": 6, "year": 12}[unit]
    assert (months[0].start, months[-1].end) == (period.start, period.end)


def test_31_march_and_1_april_lie_in_different_financial_years():
    """A26."""
    assert financial_year(date(2025, 3, 31)) == "2024-25"
    assert financial_year(date(2025, 4, 1)) == "2025-26"
    assert period_containing(date(2025, 3, 31), "quarter").key == "2024-25-Q4"
    assert period_containing(date(2025, 4, 1), "quarter").key == "2025-26-Q1"


def test_a_range_of_months():
    assert [p.key for p in month_range("2024-11", "2025-02")] == ["2024-11", "2024-12", "2025-01", "2025-02"]
    for wrong in (("2025-02", "2025-01"), ("2025-26", "2025-09"), ("2025-01", "2025-26-Q1")):
        with pytest.raises(ValueError, match="range of months"):
            month_range(*wrong)


def test_the_reference_date_is_the_earlier_of_period_end_and_as_at():
    september = parse_period("2025-09")
    assert reference_date(september, date(2025, 11, 10)) == date(2025, 9, 30)
    assert reference_date(september, date(2025, 9, 10)) == date(2025, 9, 10)


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 4, 18), date(2025, 4, 21), date(2025, 12, 25), date(2020, 5, 8), date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19),
        date(2023, 5, 8), date(2021, 12, 27), date(2021, 12, 28), date(2022, 1, 3),
    ],
)  # fmt: skip
def test_bank_holidays_of_england_with_the_one_off_and_moved_days(day):
    assert day in bank_holidays()
    assert not is_working_day(day)


@pytest.mark.parametrize("day", [date(2022, 5, 30), date(2025, 3, 17), date(2025, 8, 4), date(2020, 5, 4)])
def test_days_that_are_no_bank_holiday_in_england(day):
    assert is_working_day(day)


def test_working_days_are_counted_without_weekends_and_bank_holidays():
    assert working_days_between(date(2025, 4, 17), date(2025, 4, 22)) == 1  # Good Friday and Easter Monday between
    assert working_days_between(date(2025, 9, 5), date(2025, 9, 8)) == 1  # Friday to Monday
    assert working_days_between(date(2025, 9, 6), date(2025, 9, 7)) == 0  # a weekend
    assert working_days_between(date(2025, 9, 8), date(2025, 9, 5)) == -1
    assert add_working_days(date(2025, 4, 17), 1) == date(2025, 4, 22)
    assert add_working_days(date(2025, 9, 6), 0) == date(2025, 9, 8)


@given(DAYS, st.integers(1, 60))
def test_adding_working_days_is_the_inverse_of_counting_them(day, count):
    later = add_working_days(day, count)
    assert is_working_day(later)
    assert working_days_between(day, later) == count


def test_today_is_the_day_in_england(monkeypatch):
    class Clock(periods.datetime):
        @classmethod
        def now(cls, zone=None):
            return cls.fromisoformat("2025-06-30T23:30:00+00:00").astimezone(zone)

    monkeypatch.setattr(periods, "datetime", Clock)
    assert periods.today() == date(2025, 7, 1)
