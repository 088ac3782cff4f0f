"""The KPI values of the small invented authority against what its scenario says comes out, at the tolerance of its size."""

from __future__ import annotations

from math import sqrt

import pytest

from orchestration.catalogue import load_catalogue
from orchestration.settings import PROJECT_ROOT
from orchestration.synthetic.scenario import load_scenario

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("warehouse")]
SCENARIO = load_scenario()
KPIS = {k.code: k for k in load_catalogue(PROJECT_ROOT).kpis}
CODES = [code for code in SCENARIO.comes_out if code in KPIS]
# `within` is for the mean of three counties; chance grows with the root of the size
WIDER = sqrt(3 / SCENARIO.scales["small"].factor)
LONGEST = {"R12": 1, "Y": 1, "H": 2, "Q": 4, "SNAP": 1}  # a year of periods, or the last position
# Annual figures that need the snapshots of every month of a financial year, of which 18 deliveries hold none in full.
NOT_HELD = {"LV-03"}


def test_most_kpis_have_a_figure_in_the_scenario():
    assert len(CODES) >= 20
    assert set(CODES) > NOT_HELD


@pytest.mark.parametrize("code", CODES)
def test_a_kpi_comes_out_as_the_scenario_says(warehouse, code):
    """Made of the counts of a year, since a small authority's percentages of a quarter are of too few to be told."""
    kpi = KPIS[code]
    basis = next(b for b in LONGEST if b in kpi.bases)
    above, below = warehouse.execute(
        "select sum(numerator), sum(denominator) from (select numerator, denominator from kpi.kpi_values "
        "where kpi = ? and basis = ? and org_level = 'authority' and breakdown = 'total' and status in ('', 'u') "
        "and revision = '' order by period desc limit ?)",
        [code, basis, LONGEST[basis]],
    ).fetchone()
    if code in NOT_HELD:
        assert above is None
        return
    expected = SCENARIO.comes_out[code]
    assert float(above * kpi.scale / below) == pytest.approx(expected.value, abs=expected.within * WIDER)
