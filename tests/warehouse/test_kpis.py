"""The KPI tables of a built warehouse: what must hold for every KPI, period and cell, whatever the data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from orchestration.catalogue import (
    MEASURES_MODELS,
    TOTALS_ONLY,
    case_filter,
    load_catalogue,
    measures_of,
    split_reference,
)
from orchestration.settings import Settings

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT)
DIVIDED_AGAIN = ("count", "ratio", "share", "rate", "mean")  # whose value is numerator over denominator
# Counted row by row from one measures model, and read on a day of its own by none of them.
SUMMED = [
    kpi.code
    for kpi in CATALOGUE.kpis
    if kpi.numerator
    and kpi.calculation not in TOTALS_ONLY
    and CATALOGUE.populations[split_reference(kpi.numerator)[0]].position_month is None
]

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
        for population, measure in measures_of(kpi).values():
            assert (f"measures_{population}", measure) in columns, kpi.code
        for breakdown in kpi.breakdowns:
            assert kpi.numerator is None or (f"measures_{split_reference(kpi.numerator)[0]}", breakdown) in columns, (
                kpi.code
            )


def test_authority_total_answers_every_kpi_basis_and_period(warehouse):
    """Of every period whose reference date lies in the time its definition holds, covered or not."""
    periods = rows(warehouse, "select basis, period, reference_date from marts.dim_period")
    expected = {
        (kpi.code, basis, period)
        for kpi in CATALOGUE.kpis
        for basis, period, day in periods
        if basis in kpi.bases and (kpi.effective_from or day) <= day <= (kpi.effective_to or day)
    }
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


def by_service() -> set[tuple[str, str]]:
    """(population, breakdown) of the columns that are cut by service too."""
    models = [
        model
        for path in sorted((ROOT / MEASURES_MODELS).glob("_*__models.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    return {
        (model["name"].removeprefix("measures_"), column["name"])
        for model in models
        for column in model["columns"]
        if column.get("config", {}).get("meta", {}).get("breakdown") == "service"
    }


def test_the_grid_is_the_stated_one(warehouse):
    """Totals by authority, service and team; breakdowns of the authority, some of a service; teams on the bases that say so."""
    cut_by_service = by_service()
    assert cut_by_service
    cells = set(rows(warehouse, "select distinct kpi, basis, org_level, breakdown from kpi.kpi_values"))
    assert {level for _, _, level, _ in cells} == {"authority", "service", "team"}
    for code, basis, org_level, breakdown in cells:
        kpi = CATALOGUE.kpi(code)
        assert basis in kpi.bases, code
        if org_level == "team":
            assert breakdown == "total", code
            assert kpi.team_bases is None or basis in kpi.team_bases, code
        if breakdown != "total":
            assert breakdown in kpi.breakdowns, code
            populations = {split_reference(m)[0] for m in (kpi.numerator, kpi.denominator) if m}
            assert org_level == "authority" or any((p, breakdown) in cut_by_service for p in populations), code


def test_value_is_missing_exactly_when_the_status_says_so(warehouse):
    """What is not available or not applicable has none, and a percentage of fewer than the setting says."""
    faults = rows(
        warehouse,
        """
        select kpi_values.kpi, basis, period, org_level, org, breakdown, breakdown_value
        from kpi.kpi_values
        inner join raw.kpis on kpi_values.kpi = kpis.code
        where (value is null) <> (
            kpi_values.status in ('x', 'z')
            or (
                kpi_values.status = 'u'
                and coalesce(
                    denominator < coalesce(
                        min_denominator, case when kpis.unit = '%' and calculation in ('ratio', 'share') then ? end
                    ),
                    false
                )
            )
        )
        or (kpi_values.status = '') <> (status_reason = '')
        or (status_reason = 'not covered by source' and (numerator is not null or denominator is not null))
        limit 5
        """,
        [Settings().minimum_n],
    )
    assert faults == []


def test_no_percentage_is_made_of_few(warehouse):
    """The counts stand, and no rating is made of them."""
    few = "unit = '%' and calculation in ('ratio', 'share') and denominator between 1 and ? - 1"
    told, counted = rows(
        warehouse,
        f"""
        select count(*) filter (value is not null or rag <> '' or kpi_values.status not in ('u', 'z')),
            count(*) filter (kpi_values.status = 'u' and numerator is not null)
        from kpi.kpi_values inner join (select code, calculation from raw.kpis) as kpis on kpi_values.kpi = kpis.code
        where {few}
        """,
        [Settings().minimum_n],
    )[0]
    assert told == 0
    assert counted > 1000


def test_values_are_divided_again_from_their_sums(warehouse):
    """Decimal arithmetic outside the warehouse gives the same figure from numerator and denominator."""
    found = rows(
        warehouse,
        "select distinct kpi, numerator, denominator, value from kpi.kpi_values "
        "inner join raw.kpis on kpi_values.kpi = kpis.code "
        "where value is not null and list_contains(?, kpis.calculation)",
        [list(DIVIDED_AGAIN)],
    )
    assert {CATALOGUE.kpi(code).calculation for code, *_ in found} == set(DIVIDED_AGAIN)
    for code, numerator, denominator, value in found:
        kpi = CATALOGUE.kpi(code)
        if kpi.calculation == "count":
            assert denominator is None, code
            denominator = kpi.divisor  # of a count told in parts, such as hundredths of a post
        doubled = 2 * abs(numerator) * kpi.scale * 10**kpi.decimals + denominator
        expected = Decimal(doubled // (2 * denominator)).scaleb(-kpi.decimals)
        assert value == (expected if numerator >= 0 else -expected), (code, numerator, denominator)


def test_values_of_a_breakdown_sum_to_the_total(warehouse):
    """The numerators; of a share the total is told by its values."""
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
        inner join raw.kpis on parts.kpi = kpis.code and kpis.calculation <> 'share'
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


def test_the_parts_of_a_share_have_one_whole(warehouse):
    """Every value of a breakdown is divided by what the total of its organisation is."""
    wholes = rows(
        warehouse,
        """
        select parts.kpi, count(*), count(*) filter (parts.denominator is distinct from totals.denominator)
        from kpi.kpi_values as parts
        inner join raw.kpis on parts.kpi = kpis.code and kpis.calculation = 'share'
        inner join kpi.kpi_values as totals using (kpi, basis, period, org_level, org)
        where parts.breakdown <> 'total' and totals.breakdown = 'total'
        group by parts.kpi
        """,
    )
    assert len(wholes) == len([kpi for kpi in CATALOGUE.kpis if kpi.calculation == "share"])
    assert [row for row in wholes if row[2]] == []


@pytest.mark.parametrize("code", SUMMED)
def test_every_total_equals_its_list_of_cases(warehouse, code):
    """The figure is a filter on measures_<population>: of events by date range, of a position in the reference date's month."""
    kpi = CATALOGUE.kpi(code)
    population, numerator, denominator = case_filter(kpi)
    is_position = CATALOGUE.populations[population].kind == "stock"
    first_day = "date_trunc('month', cells.reference_date)" if is_position else "cells.period_start"
    # Each child once where children are counted; each level by its own column; the authority has every case.
    added = (
        "count(distinct case when cases.{0} <> 0 then cases.child_key end)"
        if kpi.distinct
        else "coalesce(sum(cases.{0}), 0)"
    )
    above, below = added.format(numerator), added.format(denominator) if denominator else "null"
    faults = rows(
        warehouse,
        f"""
        with cells as (
            select period, basis, org_level, org, period_start, reference_date, numerator, denominator
            from kpi.kpi_values
            where kpi = ? and breakdown = 'total' and status <> 'x'
        )

        select cells.basis, cells.period, cells.org_level, cells.org
        from cells
        left join measures.measures_{population} as cases
            on cases.event_date between {first_day} and cells.reference_date
            and case cells.org_level when 'team' then cases.team_code when 'service' then cases.service_code else cells.org end
            = cells.org
        group by cells.basis, cells.period, cells.org_level, cells.org, cells.numerator, cells.denominator
        having {above} <> cells.numerator or {below} <> cells.denominator
        limit 5
        """,
        [code],
    )
    assert faults == []


@pytest.mark.parametrize(
    "report",
    [
        "rpt_contract_key_performance_indicators",
        "rpt_business_monthly_indicators",
        "rpt_quarterly_quality_assurance_report",
        "rpt_self_evaluation",
        "rpt_complaints_and_compliments",
        "rpt_statutory_complaints_annual_report",
        "rpt_voice_of_the_child",
    ],
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
