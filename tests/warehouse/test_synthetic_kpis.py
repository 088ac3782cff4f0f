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
LONGEST = ("R12", "Y", "H", "Q", "SNAP")


def test_most_kpis_have_a_figure_in_the_scenario():
    assert len(CODES) >= 14


@pytest.mark.parametrize("code", CODES)
def test_a_kpi_comes_out_as_the_scenario_says(warehouse, code):
    basis = next(b for b in LONGEST if b in KPIS[code].bases)
    found = warehouse.execute(
        "select value from kpi.kpi_values where kpi = ? and basis = ? and org_level = 'authority' and breakdown = 'total' "
        "and status = '' and revision = '' order by period desc limit 1",
        [code, basis],
    ).fetchone()
    expected = SCENARIO.comes_out[code]
    assert float(found[0]) == pytest.approx(expected.value, abs=expected.within * WIDER)
