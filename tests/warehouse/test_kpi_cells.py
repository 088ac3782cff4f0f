"""Figures beside the cases behind them: a random sample of cells, sums over organisations, and what the command line tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import pytest

from orchestration.catalogue import OF_ROWS, Kpi, case_filter, load_catalogue, split_reference
from orchestration.serving import figures
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.build import current

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("warehouse")]
SEED = "20251110"
ROLE = "designated_manager"  # sees the cases of restricted records too, so that every case can be added up
CATALOGUE = load_catalogue(PROJECT_ROOT)
KPIS = {kpi.code: kpi for kpi in CATALOGUE.kpis}
# What is not made of cases: an agreement of ratings, the largest of several differences, and what others have counted.
WITHOUT_CASES = ("kappa", "max_difference", "supplied")
LISTED = [kpi for kpi in CATALOGUE.kpis if kpi.numerator and kpi.calculation not in WITHOUT_CASES]
# Sums of disjoint parts: not medians, and not children, who are counted once in each part.
ADDITIVE = [kpi.code for kpi in LISTED if kpi.calculation not in OF_ROWS and not kpi.distinct]
SHARES = [code for code in ADDITIVE if KPIS[code].calculation == "share"]
# Active KPIs for which the extracts of the shared warehouse (18 monthly deliveries to 10 November 2025) give no figure.
NO_FIGURE = {
    **dict.fromkeys(
        ["LV-01", "LV-02", "LV-03", "LV-04", "LV-05", "LV-06", "LV-07", "LV-08", "LV-08.at_18"],
        "needs the snapshots of every month of a financial year, of which none is held in full",
    ),
    "CL-17": "the health checks delivered are of a system that records no development checks",
    "LV-10": "the list of care leavers delivered shows nobody before they are 18",
}


@dataclass(frozen=True)
class Cell:
    """A total of kpi_values."""

    kpi: str
    basis: str
    period: str
    org_level: str
    org: str
    numerator: int | None
    denominator: int | None

    @property
    def team(self) -> str | None:
        return self.org if self.org_level == "team" else None


@pytest.fixture
def settings(demo_home, tmp_path, monkeypatch) -> Settings:
    """The shared installation with a log folder of this test's own; the catalogue is not read anew for every list."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("serving", "store", "warehouse"):
        (home / name).symlink_to(demo_home / name)
    monkeypatch.setattr(figures, "load_catalogue", lambda _: CATALOGUE)
    return Settings(home=home, restricted_record_roles=(ROLE,))


def rows(warehouse, sql, parameters=None):
    return warehouse.execute(sql, parameters or []).fetchall()


# --- a figure and its cases -----------------------------------------------------------------------------------------


def sample(warehouse) -> list[Cell]:
    """Of every KPI with cases two totals of the authority and two of teams in which something was counted, picked by hash."""
    found = rows(
        warehouse,
        """
        with counted as (
            select kpi, basis, period, org_level, org, numerator, denominator,
                row_number() over (
                    partition by kpi, org_level order by md5(? || kpi || basis || period || org)
                ) as place
            from kpi.kpi_values
            where breakdown = 'total' and org_level in ('authority', 'team') and list_contains(?, kpi)
                and (numerator > 0 or denominator > 0) and status <> 'x'
        )

        select kpi, basis, period, org_level, org, numerator, denominator from counted where place <= 2 order by all
        """,
        [SEED, [kpi.code for kpi in LISTED]],
    )
    return [Cell(*row) for row in found]


def counted(warehouse, kpi: Kpi, cases: list[dict]) -> tuple[int, int]:
    """Numerator and denominator added up over the cases listed, from the columns of their measures."""
    population, numerator, denominator = case_filter(kpi)
    warehouse.execute("create or replace temp table listed (event_date date, item_key varchar)")
    if cases:
        keys = [(date.fromisoformat(case["event_date"]), case["item_key"]) for case in cases]
        assert len(set(keys)) == len(keys), f"{kpi.code}: a case is listed twice"
        warehouse.register("keys", _table(keys))
        warehouse.execute("insert into listed select * from keys")
        warehouse.unregister("keys")
    counts = "count(distinct case when {0} <> 0 then child_key end)" if kpi.distinct else "coalesce(sum({0}), 0)"
    return warehouse.execute(
        f"select {counts.format(numerator)}, {counts.format(denominator or numerator)} "
        f"from measures.measures_{population} inner join listed using (event_date, item_key)"
    ).fetchone()


def _table(keys):
    import pyarrow as pa

    days, items = zip(*keys, strict=True)
    return pa.table({"event_date": pa.array(days, pa.date32()), "item_key": pa.array(items, pa.string())})


def test_figures_of_a_random_sample_are_the_count_of_their_cases(warehouse, settings):
    cells = sample(warehouse)
    assert len(cells) >= 1000
    assert {KPIS[cell.kpi].calculation for cell in cells} >= {
        "count",
        "ratio",
        "share",
        "rate",
        "mean",
        "median",
        "percentile",
    }
    assert {cell.basis for cell in cells} >= {"W", "M", "Q", "H", "YTD", "R12", "Y", "SNAP", "T"}
    file = current(settings).file
    faults = []
    for cell in cells:
        kpi = KPIS[cell.kpi]
        cases = figures.kpi_cases(
            settings, cell.kpi, cell.period, cell.basis, team=cell.team, role=ROLE, warehouse=file
        )
        above, below = counted(warehouse, kpi, cases)
        if kpi.calculation in OF_ROWS:
            expected = (None, len(cases))
        else:
            # What a numerator is divided by when it is of another population is no part of the list, nor a share's own total.
            expected = (
                cell.numerator if kpi.calculation == "share" else above,
                below if case_filter(kpi)[2] else cell.denominator,
            )
        if (cell.numerator, cell.denominator) != expected:
            faults.append((cell, expected))
    assert faults == []


# --- sums over organisations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["service", "team"])
def test_organisations_add_up_to_the_authority(warehouse, level):
    """Wherever a KPI is told by service or team at all; one without a row has counted nothing."""
    faults = rows(
        warehouse,
        """
        with parts as (
            select kpi, basis, period, sum(numerator) as numerator, sum(denominator) as denominator
            from kpi.kpi_values
            where org_level = ? and breakdown = 'total'
            group by all
        ),

        told as (select distinct kpi, basis from parts)

        select whole.kpi, whole.basis, whole.period, whole.numerator, parts.numerator, whole.denominator, parts.denominator
        from kpi.kpi_values as whole
        inner join told using (kpi, basis)
        left join parts using (kpi, basis, period)
        where whole.org_level = 'authority' and whole.breakdown = 'total' and list_contains(?, whole.kpi) and whole.status <> 'x'
            and (
                coalesce(whole.numerator, 0) <> coalesce(parts.numerator, 0)
                or (whole.unit <> 'per 10,000' and coalesce(whole.denominator, 0) <> coalesce(parts.denominator, 0))
            )
        limit 5
        """,
        [level, ADDITIVE],
    )
    assert faults == []


def test_the_teams_of_a_service_add_up_to_it(warehouse):
    """Where a team's cases are those of one service in the period; one that changed its service stands in both."""
    compared = 0
    for code in ADDITIVE:
        population = split_reference(KPIS[code].numerator)[0]
        sides = {split_reference(m)[0] for m in (KPIS[code].numerator, KPIS[code].denominator) if m}
        if len(sides - {"mid_year_population"}) > 1:
            continue
        found = rows(
            warehouse,
            f"""
            with pairs as (select distinct team_code, service_code from measures.measures_{population}),

            steady as (
                select service_code, team_code
                from pairs
                where service_code not in (
                    select service_code from pairs
                    where team_code in (select team_code from pairs group by team_code having count(*) > 1)
                )
            ),

            teams as (
                select kpi, basis, period, steady.service_code as org, sum(numerator) as numerator, sum(denominator) as denominator
                from kpi.kpi_values inner join steady on org_level = 'team' and org = steady.team_code
                where kpi = ? and breakdown = 'total'
                group by all
            )

            select service.basis, service.period, service.org, service.numerator is not distinct from teams.numerator
                and (service.unit = 'per 10,000' or service.denominator is not distinct from teams.denominator)
            from kpi.kpi_values as service
            inner join teams using (kpi, basis, period, org)
            where service.org_level = 'service' and service.breakdown = 'total'
            """,
            [code],
        )
        assert [(code, *row) for row in found if not row[3]][:5] == []
        compared += len(found)
    assert compared > 10_000


def test_a_part_is_never_more_than_its_whole(warehouse):
    """Percentages of one population: what is in the numerator is some of what is in the denominator, in every cell.

    A share is told by its values; of its total, several items of one answer would be more than the answers.
    """
    parts = [
        kpi.code
        for kpi in LISTED
        if kpi.unit == "%"
        and kpi.calculation in ("ratio", "share")
        and kpi.funnel
        and split_reference(kpi.numerator)[0] == split_reference(kpi.denominator)[0]
    ]
    assert len(parts) > 200
    faults = rows(
        warehouse,
        "select kpi, basis, period, org, breakdown, breakdown_value, numerator, denominator from kpi.kpi_values "
        "where list_contains(?, kpi) and not (list_contains(?, kpi) and breakdown = 'total') "
        "and not (coalesce(numerator, 0) between 0 and coalesce(denominator, 0)) limit 5",
        [parts, SHARES],
    )
    assert faults == []


# --- figures and their status ---------------------------------------------------------------------------------------

REASONS = {
    "not covered by source": "x",
    "not supplied": "x",
    "supplied, waits for approval": "x",
    "no mid-year population held": "x",
    "rate for the whole authority only": "z",
    "a rate is told of a year: here the count": "z",
    "told by the values of its breakdown": "z",
    "nothing to divide by": "z",
    "no variation": "z",
}


def status_of(code: str, reason: str) -> str:
    """The status a reason stands for."""
    kpi = KPIS[code]
    if kpi.reliability and reason == kpi.reliability.reason:
        return "u"
    if reason.startswith("not available: "):
        assert reason == f"not available: {kpi.missing_extract}"
        return "x"
    if reason.startswith("fewer than "):
        assert int(reason.removeprefix("fewer than ")) == (kpi.min_denominator or Settings().minimum_n)
        return "u"
    return REASONS[reason] if reason else ""


def test_status_says_what_the_reason_says(warehouse):
    found = rows(warehouse, "select distinct kpi, status, status_reason from kpi.kpi_values")
    assert [(k, status, reason) for k, status, reason in found if status != status_of(k, reason)] == []
    assert {status for _, status, _ in found} == {"", "x", "z", "u"}


def test_no_value_is_told_of_what_is_not_available(warehouse):
    faults = rows(
        warehouse,
        "select kpi, basis, period, org, status_reason from kpi.kpi_values "
        "where status in ('x', 'z') and value is not null limit 5",
    )
    assert faults == []
    named = "numerator is not null or denominator is not null or rag <> '' or direction <> ''"
    faults = rows(
        warehouse,
        f"select kpi, basis, period, org, status_reason from kpi.kpi_values where status = 'x' "
        f"and status_reason <> 'no mid-year population held' and ({named}) limit 5",
    )
    assert faults == []


def test_what_is_not_available_is_so_in_every_period(warehouse):
    missing = [kpi.code for kpi in CATALOGUE.kpis if kpi.status == "not_available"]
    found = rows(
        warehouse,
        "select kpi, count(*), count(*) filter (status = 'x' and org_level = 'authority' and breakdown = 'total') "
        "from kpi.kpi_values where list_contains(?, kpi) group by kpi",
        [missing],
    )
    assert {row[0] for row in found} == set(missing)
    assert [row for row in found if row[1] != row[2]] == []


def test_every_active_kpi_has_a_figure(warehouse):
    """A value, or a count too small to give one; but for those whose reason is told above."""
    found = dict(
        rows(
            warehouse,
            "select kpi, count(*) filter (value is not null or numerator > 0 or denominator > 0) from kpi.kpi_values "
            "where org_level = 'authority' and breakdown = 'total' group by kpi",
        )
    )
    active = {kpi.code for kpi in CATALOGUE.kpis if kpi.status == "active"}
    assert set(found) == set(KPIS)
    assert {code for code in active if not found[code]} == set(NO_FIGURE)


# --- the command line -------------------------------------------------------------------------------------------------

PART, MISSING = "AS-06.p90", "CN-06"


@pytest.fixture
def cli(settings, monkeypatch, run):
    monkeypatch.setenv("QAPM_HOME", str(settings.home))
    return run


def test_list_has_every_entry_with_its_status(cli):
    listed = {row["code"]: row for row in cli("kpi", "list", "--json").document}
    assert set(listed) == set(KPIS)
    assert {code for code, row in listed.items() if row["status"] == "not_available"} == {
        code for code, kpi in KPIS.items() if kpi.status == "not_available"
    }
    assert listed[PART]["area"] == "Assessment"
    text = cli("kpi", "list")
    assert text.code == 0 and PART in text.out and MISSING in text.out


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("FD-07", ["Re-referrals within 12 months", "referrals.is_rereferral", "FD-07.children"]),
        ("as-06.P90", ["90th percentile", "working days"]),
        (MISSING, ["child in need review meetings"]),
    ],
)
def test_show_tells_definition_and_parts(cli, code, words):
    shown = cli("kpi", "show", code)
    assert shown.code == 0
    assert [word for word in words if word.casefold() not in shown.out.casefold()] == []
    document = cli("kpi", "show", code, "--json").document
    kpi = KPIS[document["code"]]
    assert kpi.code.casefold() == code.casefold()
    assert document["definition_hash"] == kpi.definition_hash
    assert document["parts"] == sorted(k for k in KPIS if KPIS[k].measure == kpi.measure)


@pytest.mark.parametrize("code", ["FD-07", "CP-01", "GS-02", "AU-10", "CL-07", PART])
def test_values_are_those_of_the_warehouse(cli, warehouse, code):
    basis = KPIS[code].bases[0]
    told = cli("kpi", "values", code, "--json").document
    held = rows(
        warehouse,
        "select period, numerator, denominator, value, status, label from kpi.kpi_values where kpi = ? and basis = ? "
        "and org_level = 'authority' and breakdown = 'total' order by period",
        [code, basis],
    )
    assert held
    fields = ("period", "numerator", "denominator", "value", "status", "label")
    assert [tuple(row[f] for f in fields) for row in told] == [
        (*row[:3], None if row[3] is None else float(row[3]), *row[4:]) for row in held
    ]


def test_values_say_why_there_is_none(cli):
    (row,) = cli("kpi", "values", MISSING, "--period", "2025-09", "--json").document
    assert (row["value"], row["numerator"], row["status"]) == (None, None, "x")
    assert "child in need review meetings" in row["status_reason"]
    text = cli("kpi", "values", MISSING, "--period", "2025-09")
    assert text.code == 0 and "not available" in text.out


def test_values_by_a_breakdown_and_by_team(cli):
    by_sex = cli("kpi", "values", "CP-01", "--period", "2025-09", "--by", "sex", "--json").document
    assert {row["breakdown"] for row in by_sex} == {"sex"}
    total = cli("kpi", "values", "CP-01", "--period", "2025-09", "--json").document[0]
    assert sum(row["numerator"] for row in by_sex) == total["numerator"] > 0
    refused = cli("kpi", "values", PART, "--by", "sex")
    assert refused.code != 0 and "not broken down by `sex`" in " ".join(refused.err.split())


@pytest.mark.parametrize(("code", "period"), [("FD-07", "2025-08"), ("GS-02", "2025-08"), (PART, "2025-08")])
def test_cases_are_as_many_as_the_figure_says(cli, code, period):
    kpi = KPIS[code]
    (value,) = cli("kpi", "values", code, "--period", period, "--json").document
    cases = cli("kpi", "cases", code, "--period", period, "--json").document
    if kpi.calculation in OF_ROWS:
        assert len(cases) == value["denominator"] > 0
    elif kpi.distinct:
        assert len(cases) >= value["numerator"] > 0
    else:
        assert (len(cases), sum(c["in_numerator"] for c in cases)) == (value["denominator"], value["numerator"])
    noted = [json.loads(line) for line in (Settings().logs / "access.jsonl").read_text().splitlines()]
    assert noted[-1]["action"] == f"kpi cases {code} {period}" and noted[-1]["rows"] == len(cases)


@pytest.mark.parametrize(
    ("code", "why"),
    [(MISSING, "child in need review meetings"), ("AU-20", "max difference")],
)
def test_cases_of_what_has_none_are_refused_with_the_reason(cli, code, why):
    refused = cli("kpi", "cases", code, "--period", "2025-09")
    assert refused.code != 0
    assert why in " ".join(refused.err.split())
    assert refused.out == ""


def test_a_code_that_is_none_is_answered_with_its_parts(cli):
    refused = cli("kpi", "values", "AS-06.p10")
    assert refused.code != 0 and PART in refused.err
