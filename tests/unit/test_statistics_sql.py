"""The statistics macros against scipy: Student's t, sample variance and the interval of a mean, as DuckDB works them out."""

from __future__ import annotations

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from orchestration.settings import PROJECT_ROOT

MACROS = jinja2.Environment().from_string((PROJECT_ROOT / "dbt_project/macros/statistics.sql").read_text()).module


def one(expression: str) -> float | None:
    with duckdb.connect() as db:
        return db.execute(f"select {expression}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("degrees", "within"), [(3, 0.002), (4, 0.0005), (5, 0.0002), (10, 1e-4), (19, 1e-6), (200, 1e-9)]
)
def test_the_t_quantile_is_that_of_the_table(degrees, within):
    assert one(MACROS.student_t_975(str(degrees))) == pytest.approx(stats.t.ppf(0.975, degrees), rel=within)


@given(st.lists(st.integers(-9, 9), min_size=4, max_size=60))
def test_the_interval_of_a_mean_is_scipys(changes):
    total, squares = sum(changes), sum(c * c for c in changes)
    half = one(MACROS.half_width_of_mean(str(len(changes)), f"({total})", str(squares)))
    spread = np.std(changes, ddof=1) / np.sqrt(len(changes))
    assert half == pytest.approx(stats.t.ppf(0.975, len(changes) - 1) * spread, rel=0.002, abs=1e-6)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_of_fewer_than_four_there_is_no_interval(number):
    assert one(MACROS.half_width_of_mean(str(number), "3", "9")) is None
