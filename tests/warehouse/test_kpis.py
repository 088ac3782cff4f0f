"""The KPI tables of a built warehouse: what must hold for every KPI, period and cell, whatever the data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.catalogue import case_filter, load_catalogue, split_reference

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT)
CODES = [kpi.code for kpi in CATALOGUE.kpis]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("warehouse")]


def rows(warehouse, sql, parameters=None):
    return warehouse.execute(sql, parameters or []).fetchall()


def test_every_catalogue_column_exists_in_its_measures_model(warehouse):
    columns = set(
        rows(
            warehouse, "select table_name, column_name from information_schema.columns where table_schema = 'measures'"
        )
    )
    for kpi in CATALOGUE.kpis:
        references = [kpi.numerator, kpi.denominator, kpi.reliability.measure if kpi.reliability else None]
        for population, measure in map(split_reference, filter(None, references)):
            assert (f"measures_{population}", measure) in columns, kpi.code
        population, _ = split_reference(kpi.numerator)
        for breakdown in kpi.breakdowns:
            assert (f"measures_{population}", breakdown) in columns, kpi.code


def test_authority_total_answers_every_kpi_basis_and_period(warehouse):
    expected = set()
    for kpi in CATALOGUE.kpis:
        for basis in kpi.bases:
            for (period,) in rows(warehouse, "select period from marts.dim_period where basis = ?", [basis]):
                expected.add((kpi.code, basis, period))
    found = rows(
        warehouse,
        "select kpi, basis, period from kpi.kpi_values where org_level = 'authority' and breakdown = 'total'",
    )
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_a_cell_stands_once(warehouse):
    twice = rows(
        warehouse,
        "select kpi, basis, period, org_level, org, breakdown, breakdown_value from kpi.kpi_values "
        "group by all having count(*) > 1 limit 5",
    )
    assert twice == []


def test_the_grid_is_the_stated_one(warehouse):
    cells = set(rows(warehouse, "select distinct kpi, org_level, breakdown from kpi.kpi_values"))
    for code, org_level, breakdown in cells:
        declared = ["total", *CATALOGUE.kpi(code).breakdowns]
        assert breakdown in declared, code
        if breakdown != "total":
            assert org_level == "authority" or (org_level == "service" and breakdown in ("age_band", "sex")), code


def test_value_is_missing_exactly_when_the_status_says_so(warehouse):
    faults = rows(
        warehouse,
        """
        select kpi_values.kpi, basis, period, org_level, org, breakdown, breakdown_value
        from kpi.kpi_values
        inner join raw.kpis on kpi_values.kpi = kpis.code
        where (value is null) <> (
            kpi_values.status in ('x', 'z')
            or (kpi_values.status = 'u' and coalesce(denominator < min_denominator, false))
        )
        or (kpi_values.status = '') <> (status_reason = '')
        or (status_reason = 'not covered by source' and (numerator is not null or denominator is not null))
        limit 5
        """,
    )
    assert faults == []


def test_values_are_divided_again_from_their_sums(warehouse):
    """Decimal arithmetic outside the warehouse gives the same figure from numerator and denominator."""
    found = rows(
        warehouse,
        "select distinct kpi, numerator, denominator, value from kpi.kpi_values where value is not null",
    )
    assert found
    for code, numerator, denominator, value in found:
        kpi = CATALOGUE.kpi(code)
        if kpi.calculation == "count":
            assert denominator is None and value == numerator, code
            continue
        doubled = 2 * abs(numerator) * kpi.scale * 10**kpi.decimals + denominator
        expected = Decimal(doubled // (2 * denominator)).scaleb(-kpi.decimals)
        assert value == (expected if numerator >= 0 else -expected), (code, numerator, denominator)


def test_numerators_of_ratios_are_within_their_denominators(warehouse):
    ratios = [kpi.code for kpi in CATALOGUE.kpis if kpi.calculation == "ratio"]
    faults = rows(
        warehouse,
        "select kpi, basis, period, org from kpi.kpi_values "
        "where kpi in (select unnest(?)) and not (numerator between 0 and denominator) limit 5",
        [ratios],
    )
    assert faults == []


@pytest.mark.parametrize("org_level", ["service", "team"])
def test_totals_of_organisations_sum_to_the_authority(warehouse, org_level):
    faults = rows(
        warehouse,
        """
        with authority as (
            select kpi, basis, period, numerator, case when unit = 'per 10,000' then null else denominator end as denominator
            from kpi.kpi_values
            where org_level = 'authority' and breakdown = 'total' and status_reason <> 'not covered by source'
        ),

        parts as (
            select kpi, basis, period, sum(numerator) as numerator, sum(denominator) as denominator
            from kpi.kpi_values
            where org_level = ? and breakdown = 'total'
            group by kpi, basis, period
        )

        select authority.kpi, authority.basis, authority.period
        from authority
        left join parts using (kpi, basis, period)
        where coalesce(parts.numerator, 0) <> authority.numerator
            or coalesce(parts.denominator, 0) <> coalesce(authority.denominator, 0)
        limit 5
        """,
        [org_level],
    )
    assert faults == []


def test_values_of_a_breakdown_sum_to_the_total(warehouse):
    faults = rows(
        warehouse,
        """
        with parts as (
            select kpi, basis, period, org_level, org, breakdown, sum(numerator) as numerator
            from kpi.kpi_values
            where breakdown <> 'total'
            group by kpi, basis, period, org_level, org, breakdown
        )

        select parts.kpi, parts.basis, parts.period, parts.org, parts.breakdown
        from parts
        inner join kpi.kpi_values as totals
            on parts.kpi = totals.kpi
            and parts.basis = totals.basis
            and parts.period = totals.period
            and parts.org_level = totals.org_level
            and parts.org = totals.org
            and totals.breakdown = 'total'
        where parts.numerator <> totals.numerator
        limit 5
        """,
    )
    assert faults == []


@pytest.mark.parametrize("code", CODES)
def test_every_total_equals_its_list_of_cases(warehouse, code):
    """The figure is a filter on measures_<population>: for a flow by date range, for a stock on the reference date."""
    kpi = CATALOGUE.kpi(code)
    population, numerator, denominator = case_filter(kpi)
    on_date = (
        "cases.event_date = cells.reference_date"
        if kpi.nature == "stock"
        else ("cases.event_date between cells.period_start and cells.reference_date")
    )
    counted = f"sum(cases.{denominator})" if denominator else "null"
    # Each level by its own column; the authority has every case.
    faults = rows(
        warehouse,
        f"""
        with cells as (
            select period, basis, org_level, org, period_start, reference_date, numerator, denominator, calculation
            from kpi.kpi_values
            inner join raw.kpis on kpi_values.kpi = kpis.code
            where kpi = ? and breakdown = 'total' and status_reason <> 'not covered by source'
        )

        select cells.basis, cells.period, cells.org_level, cells.org
        from cells
        left join measures.measures_{population} as cases
            on {on_date}
            and case cells.org_level when 'team' then cases.team_code when 'service' then cases.service_code else cells.org end
            = cells.org
        group by cells.basis, cells.period, cells.org_level, cells.org, cells.numerator, cells.denominator, cells.calculation
        having coalesce(sum(cases.{numerator}), 0) <> cells.numerator
            or (cells.calculation in ('ratio', 'mean') and coalesce({counted}, 0) <> cells.denominator)
        limit 5
        """,
        [code],
    )
    assert faults == []


def test_something_is_counted_for_every_kpi(warehouse):
    """A KPI that is empty throughout a whole demo would make the tests above pass by counting nothing."""
    found = dict(
        rows(
            warehouse,
            "select kpi, max(coalesce(denominator, numerator)) from kpi.kpi_values "
            "where org_level = 'authority' and breakdown = 'total' group by kpi",
        )
    )
    assert {code for code, most in found.items() if not most} == set()


@pytest.mark.parametrize(
    "report",
    ["rpt_contract_key_performance_indicators", "rpt_quarterly_quality_assurance_report", "rpt_self_evaluation"],
)
def test_report_rows_are_kpi_values_and_stand_once(warehouse, report):
    keys = "kpi, period, org_level, org"
    assert rows(warehouse, f"select {keys} from reports.{report} group by {keys} having count(*) > 1 limit 5") == []
    differing = rows(
        warehouse,
        f"""
        select report.kpi, report.period, report.org
        from reports.{report} as report
        left join kpi.kpi_values as original
            on report.kpi = original.kpi
            and report.basis = original.basis
            and report.period_end = original.period_end
            and report.org_level = original.org_level
            and report.org = original.org
            and original.breakdown = 'total'
        where original.kpi is null
            or report.value is distinct from original.value
            or report.numerator is distinct from original.numerator
            or report.rag is distinct from original.rag
        limit 5
        """,
    )
    assert differing == []
    assert rows(warehouse, f"select count(*) from reports.{report}")[0][0] > 0


def test_contract_report_holds_the_contract_set_only(warehouse):
    outside = rows(
        warehouse,
        """
        select distinct report.kpi
        from reports.rpt_contract_key_performance_indicators as report
        where not exists (
            select 1
            from staging.stg_reference__targets as targets
            where targets.kpi = report.kpi and targets.contract = 'yes'
        )
        """,
    )
    assert outside == []


def test_no_rating_without_a_value(warehouse):
    assert (
        rows(warehouse, "select 1 from kpi.kpi_values where rag <> '' and (value is null or status <> '') limit 1")
        == []
    )
