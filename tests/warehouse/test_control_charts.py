"""Control charts and funnels: the SQL of the two models beside `statprocon`, SciPy and a plain reading of the rules.

The models run by themselves on made-up series in a small database, so that no warehouse has to be built.
"""

from __future__ import annotations

import calendar
import itertools
import random
import statistics
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt
from pathlib import Path

import duckdb
import jinja2
import pyarrow as pa
import pytest
from scipy.stats import binom, binomtest, norm
from statprocon import XmR

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
SEED = 20251110
BASELINE = 12
FIRST_YEAR = 2019
AS_AT = date(2025, 11, 10)
COLUMNS = [
    "kpi", "basis", "period", "period_start", "period_end", "reference_date", "org_level", "org", "breakdown", "numerator",
    "denominator", "value", "status", "target", "target_high", "unit", "decimals", "polarity", "nature",
]  # fmt: skip
KINDS = dict.fromkeys(("numerator", "denominator"), pa.int64()) | dict.fromkeys(
    ("value", "target", "target_high"), pa.decimal128(18, 4)
)


def sql_of(model: str) -> str:
    """The SQL of a model with the macros of its subject; a relation is named as it is."""
    files = ("control_charts.sql", "kpi_rounding.sql")
    macros = "".join((PROJECT / "macros" / name).read_text(encoding="utf-8") for name in files)
    text = (PROJECT / "models" / "kpi" / f"{model}.sql").read_text(encoding="utf-8")
    names = {"ref": lambda name: name, "add_months": lambda day, n: f"cast({day} + interval ({n}) month as date)"}
    return jinja2.Environment(autoescape=False).from_string(macros + text, globals=names).render()  # noqa: S701


def month(number: int) -> tuple[str, date, date]:
    """Period, first and last day of the month so many months after January 2019."""
    year, of_year = FIRST_YEAR + number // 12, number % 12 + 1
    last = calendar.monthrange(year, of_year)[1]
    return f"{year}-{of_year:02d}", date(year, of_year, 1), date(year, of_year, last)


def database(rows: list[tuple], threads: int = 2) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(config={"threads": threads})
    db.execute(
        "create table stg_reference__control_chart_rebases (kpi varchar, service_code varchar, rebase_date date, reason varchar)"
    )
    db.execute("create table dim_team (team_code varchar, latest_service_code varchar, is_latest boolean)")
    db.execute("create table stg_control__run (as_at date)")
    db.execute("insert into stg_control__run values (?)", [AS_AT])
    db.execute("create table stg_control__kpis as select 'KK-01' as code, true as is_proportion")
    cells = zip(COLUMNS, zip(*rows, strict=True), strict=True)
    db.register("made", pa.table({name: pa.array(column, KINDS.get(name)) for name, column in cells}))
    db.execute("create table kpi_values as select * from made")
    return db


def series(
    values: list[Decimal],
    *,
    org: str,
    kpi: str = "KK-01",
    unit: str = "days",
    polarity: str = "H",
    provisional: bool = False,
):
    """Rows of kpi_values for a monthly series; the last month is under way when `provisional`."""
    for number, value in enumerate(values):
        period, first, last = month(number)
        known = first if provisional and number == len(values) - 1 else last
        yield (
            kpi, "M", period, first, last, known, "team", org, "total", None, None, value, "", None, None, unit, 1, polarity, "flow",
        )  # fmt: skip


def charted(db: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[dict]]:
    """(KPI, organisation) -> the rows of its chart in order."""
    found = db.execute(sql_of("kpi_control_charts"))
    names = [column[0] for column in found.description]
    rows = sorted((dict(zip(names, row, strict=True)) for row in found.fetchall()), key=lambda r: r["period"])
    charts: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        charts.setdefault((row["kpi"], row["org"]), []).append(row)
    return charts


def random_series(lot: random.Random) -> list[Decimal]:
    """A series with shifts, trends, leaps or ties; some of few distinct values, some of many."""
    length, places = lot.randint(3, 60), lot.choice([0, 1, 1, 2])
    level, spread = lot.uniform(2, 80), lot.choice([0.3, 1, 4, 9])
    drift, shift_at = lot.choice([0, 0, 0.2, -0.3]), lot.randint(0, 60)
    found = []
    for place in range(length):
        value = lot.gauss(level, spread) + drift * place
        if place > shift_at:
            value += 2 * spread
        if lot.random() < 0.04:
            value += 9 * spread
        found.append(round(Decimal(max(value, 0)), places))
    return found


# --- a plain reading of the rules ----------------------------------------------------------------------------------------


def half_up(exact: Fraction) -> Decimal:
    """Four places, halves away from zero."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def lines_of(values: list[Decimal]) -> dict | None:
    """Centre, limits and two-thirds lines of the first 12 values; None when they have no limits."""
    baseline = [Fraction(v) for v in values[:BASELINE]]
    if len(baseline) < BASELINE:
        return None
    ranges = [abs(b - a) for a, b in itertools.pairwise(baseline)]
    kept = [r for r in ranges if r <= Fraction("3.267") * sum(ranges) / len(ranges)]
    mean, reach = sum(baseline) / BASELINE, Fraction("2.66") * sum(kept) / len(kept)
    if not reach:
        return None
    return {
        "centre": half_up(mean), "lower": half_up(mean - reach), "upper": half_up(mean + reach),
        "low": half_up(mean - reach * 2 / 3), "high": half_up(mean + reach * 2 / 3), "left_out": len(ranges) - len(kept),
    }  # fmt: skip


def windows(length: int, size: int) -> list[range]:
    return [range(start, start + size) for start in range(length - size + 1)]


def marks_of(values: list[Decimal], lines: dict) -> list[dict]:
    """The four rules and the direction of the icon, point by point."""
    marks = [{"outside": 0, "run": 0, "trend": 0, "near": 0, "place": place} for place in range(len(values))]
    for mark, value in zip(marks, values, strict=True):
        mark["outside"] = (value > lines["upper"]) - (value < lines["lower"])
    for window in windows(len(values), 7):
        if all(values[i] > lines["centre"] for i in window) or all(values[i] < lines["centre"] for i in window):
            for i in window:
                marks[i]["run"] = 1 if values[i] > lines["centre"] else -1
        steps = list(itertools.pairwise(values[i] for i in window))
        for way, goes in ((1, all(b > a for a, b in steps)), (-1, all(b < a for a, b in steps))):
            if goes:  # windows come in order, so the later trend has a turning point
                for i in window:
                    marks[i]["trend"] = way
    for window in windows(len(values), 3) or [range(len(values))]:
        for way, places in (
            (1, [i for i in window if values[i] > lines["high"]]),
            (-1, [i for i in window if values[i] < lines["low"]]),
        ):
            if len(places) >= 2:
                for i in places:
                    marks[i]["near"] = way
    return marks


def expected_icon(mark: dict, polarity: str) -> tuple[str, str]:
    signal = mark["outside"] or mark["trend"] or mark["near"] or mark["run"]
    if not signal:
        return "common cause", ""
    direction = "high" if signal > 0 else "low"
    if polarity not in "HL":
        return "special cause neither", direction
    return f"special cause {'improvement' if (signal > 0) == (polarity == 'H') else 'concern'}", direction


# --- control charts ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[list[Decimal], str, bool]]:
    """Organisation -> its series, its polarity and whether its last month is under way."""
    lot = random.Random(SEED)
    found = {
        f"T{n:04d}": (random_series(lot), lot.choice(["H", "L", "N", "range"]), lot.random() < 0.3) for n in range(600)
    }
    peak = [
        Decimal(n) for n in [20, 0] * 6 + [11, 12, 13, 14, 15, 16, 17, 16, 15, 14, 13, 12, 11]
    ]  # limits -43.2 and 63.2
    return found | {"PEAK": (peak, "H", False), "TIES": ([Decimal(5)] * 30, "H", False)}


@pytest.fixture(scope="module")
def charts(made) -> dict[str, list[dict]]:
    # points: a unit that may lie below 0, so that no limit is held
    rows = [
        row
        for org, (values, polarity, provisional) in made.items()
        for row in series(
            values, org=org, kpi=f"K{polarity}-01", unit="points", polarity=polarity, provisional=provisional
        )
    ]
    return {org: chart for (_, org), chart in charted(database(rows)).items()}


def counted(values: list[Decimal], provisional: bool) -> list[Decimal]:
    return values[:-1] if provisional else values


def test_every_line_rule_and_icon_is_that_of_a_plain_reading(made, charts):
    seen = dict.fromkeys(("outside", "run", "trend", "near"), 0)
    for org, (values, polarity, provisional) in made.items():
        judged, chart = counted(values, provisional), charts[org]
        lines = lines_of(judged)
        assert [row["charted_value"] for row in chart] == values
        assert [row["is_provisional"] for row in chart] == [False] * len(judged) + [True] * (len(values) - len(judged))
        if lines is None:
            assert {row["chart_kind"] for row in chart} == {"run chart"}, org
            centre = half_up(Fraction(statistics.median(map(Fraction, judged))))
            assert {(row["centre"], row["lower_limit"], row["variation"]) for row in chart} == {(centre, None, "")}, org
            continue
        stored = {(row["centre"], row["lower_limit"], row["upper_limit"], row["ranges_left_out"]) for row in chart}
        assert stored == {(lines["centre"], lines["lower"], lines["upper"], lines["left_out"])}, org
        for row, mark in zip(chart, marks_of(judged, lines), strict=False):
            flags = [row[name] for name in ("is_outside_limits", "is_run", "is_trend", "is_near_limit")]
            assert flags == [bool(mark[rule]) for rule in seen], (org, row["period"])
            assert (row["variation"], row["variation_direction"]) == expected_icon(mark, polarity), (org, row["period"])
            for rule in seen:
                seen[rule] += bool(mark[rule])
        assert {row["is_run"] for row in chart[len(judged) :]} <= {None}
    assert all(count > 50 for count in seen.values()), seen


def test_lines_and_rules_agree_with_statprocon(made, charts):
    """Where both define them. statprocon rounds to 3 places at each step, hence the margin; and its rules differ:

    - it leaves no moving range out, so its limits are ours where none is left out, and its range limit (3.268) finds those;
    - a run is 8 points, so it has those of our runs that are longer than 7 (no series below has a point on its centre);
    - it has no trend, and 3 of 4 beyond halfway to a limit in place of 2 of 3 beyond two thirds, which is not compared.
    """
    margin, compared, longer = Decimal("0.004"), 0, 0
    for org, (values, _, provisional) in made.items():
        judged, chart = counted(values, provisional), charts[org]
        if chart[0]["chart_kind"] == "run chart":
            continue
        theirs = XmR(judged, subset_end_index=BASELINE)
        assert abs(chart[0]["centre"] - theirs.x_central_line()[0]) <= margin, org
        assert [row["moving_range"] for row in chart[: len(judged)]] == theirs.moving_ranges(), org
        ranges, range_limit = theirs.moving_ranges()[1:BASELINE], theirs.upper_range_limit()[0]
        if all(abs(moving_range - range_limit) > margin for moving_range in ranges):
            assert chart[0]["ranges_left_out"] == sum(theirs.rule_1_mr_indices_beyond_limits()[:BASELINE]), org
        if chart[0]["ranges_left_out"]:
            continue
        compared += 1
        upper, lower = theirs.upper_natural_process_limit()[0], theirs.lower_natural_process_limit()[0]
        assert abs(chart[0]["mean_moving_range"] - theirs.mr_central_line()[0]) <= margin, org
        assert abs(chart[0]["upper_limit"] - upper) <= margin and abs(chart[0]["lower_limit"] - lower) <= margin, org
        for row, value, outside in zip(chart, judged, theirs.rule_1_x_indices_beyond_limits(), strict=False):
            if min(abs(value - upper), abs(value - lower)) > margin:
                assert row["is_outside_limits"] == outside, (org, row["period"])
        if any(abs(value - chart[0]["centre"]) <= margin for value in judged):
            continue
        stretches = [
            list(group)
            for _, group in itertools.groupby(range(len(judged)), key=lambda i: judged[i] > chart[0]["centre"])  # noqa: B023
        ]
        runs = theirs.rule_2_runs_about_central_line()
        for stretch in stretches:
            ours = {chart[i]["is_run"] for i in stretch}
            assert ours == {len(stretch) >= 7}, org
            if len(stretch) != 7:
                assert ours == {runs[i] for i in stretch}, org
                longer += len(stretch) > 7
    assert compared > 200 and longer > 30


def test_the_turning_point_of_two_trends_goes_with_the_later(charts):
    signals = [row["variation_direction"] for row in charts["PEAK"]]
    assert signals == [""] * 11 + ["high"] * 7 + ["low"] * 7
    assert all(row["is_trend"] for row in charts["PEAK"][11:])


def test_limits_are_held_where_the_measure_cannot_go():
    """At 0 unless a negative value has been seen, for a percentage at 100; points, scores and kappas may be negative."""
    near_the_top = [Decimal(v) for v in (98, 100) * 6]
    rows = [*series(near_the_top, org="A", unit="%"), *series([Decimal(v) for v in (0, 3) * 6], org="B", unit="%")]
    charts = charted(database(rows))
    assert {(r["lower_limit"], r["upper_limit"]) for r in charts["KK-01", "A"]} == {(Decimal("93.6800"), Decimal(100))}
    assert {(r["lower_limit"], r["upper_limit"]) for r in charts["KK-01", "B"]} == {(Decimal(0), Decimal("9.4800"))}
    assert "held at 100" in charts["KK-01", "A"][0]["method"] and "held at 0" in charts["KK-01", "B"][0]["method"]
    charts = charted(database([*rows, *series([Decimal(-1), Decimal(101)], org="C", unit="%")]))
    assert {(r["lower_limit"], r["upper_limit"]) for r in charts["KK-01", "A"]} == {
        (Decimal("93.6800"), Decimal("104.3200"))
    }
    assert {r["lower_limit"] for r in charts["KK-01", "B"]} == {Decimal("-6.4800")}


def test_neither_threads_nor_the_order_of_rows_change_a_digit(made):
    lot = random.Random(SEED)
    rows = [row for org, (values, polarity, _) in made.items() for row in series(values, org=org, polarity=polarity)]
    one = charted(database(rows, threads=1))
    lot.shuffle(rows)
    assert charted(database(rows, threads=4)) == one


def test_large_amounts_are_charted():
    values = [Decimal("35000000000.1234") + 7_000_000 * (n % 3) for n in range(14)]
    chart = charted(database(list(series(values, org="A", unit="pounds"))))["KK-01", "A"]
    lines = lines_of(values)
    assert (chart[0]["centre"], chart[0]["lower_limit"], chart[0]["upper_limit"]) == (
        lines["centre"],
        lines["lower"],
        lines["upper"],
    )


# --- funnels -------------------------------------------------------------------------------------------------------------


def wilson(share: float, count: int, z: float) -> tuple[float, float]:
    """Wilson's score interval of an observed share."""
    middle, spread = share + z * z / (2 * count), z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)


def funnel_rows(lot: random.Random, count: int) -> list[tuple]:
    """Teams beside an authority, each in a period of its own."""
    rows = []
    for number in range(count):
        period, of_authority = f"{number:05d}", lot.randint(1, 4000)
        share = lot.choice([lot.random(), 0.02 * lot.random(), 1 - 0.02 * lot.random(), 0, 1])
        cells = [("authority", "A", round(of_authority * share), of_authority)]
        for team in range(3):
            size = lot.choice([lot.randint(1, 12), lot.randint(1, 400)])
            cells.append(
                ("team", f"T{team}", lot.randint(0, size) if lot.random() < 0.5 else round(size * share), size)
            )
        rows += [
            (
                "KK-01", "SNAP", period, date(2025, 9, 1), date(2025, 9, 30), date(2025, 9, 30), level, org, "total", some, of,
                round(Decimal(100 * some) / of, 1), "", None, None, "%", 1, "H", "stock",
            )
            for level, org, some, of in cells
        ]  # fmt: skip
    return rows


def test_funnel_limits_and_positions_are_those_of_wilsons_score():
    """A position is judged as SciPy judges it: the centre lies outside of the Wilson interval of the row's own figure."""
    z95, z998 = norm.ppf(0.975), norm.ppf(0.999)
    db = database(funnel_rows(random.Random(SEED), 400))
    found = db.execute(
        "select f.numerator, f.denominator, f.proportion, f.centre, a.numerator, a.denominator, "
        "f.lower_95, f.upper_95, f.lower_998, f.upper_998, f.position "
        f"from ({sql_of('kpi_funnels')}) as f inner join kpi_values as a on f.period = a.period and a.org_level = 'authority'"
    ).fetchall()
    assert len(found) == 1200
    seen = set()
    for some, of, proportion, centre, all_some, all_of, *limits, position in found:
        assert proportion == half_up(Fraction(100 * some, of)) and centre == half_up(Fraction(100 * all_some, all_of))
        share = all_some / all_of
        for z, (low, high) in ((z95, limits[:2]), (z998, limits[2:])):
            if low > 0:
                assert wilson(float(low) / 100, of, z)[1] == pytest.approx(share, abs=2e-5)
            if high < 100:
                assert wilson(float(high) / 100, of, z)[0] == pytest.approx(share, abs=2e-5)
        expected = "within"
        for confidence, text in ((0.95, "95%"), (0.998, "99.8%")):
            own = binomtest(some, of).proportion_ci(confidence, "wilson")
            if own.low > share + 1e-6:
                expected = f"above {text}"
            elif own.high < share - 1e-6:
                expected = f"below {text}"
        if min(abs(proportion - limit) for limit in limits) > Decimal("0.001"):
            assert position == expected, (some, of, share, limits)
        seen.add(position)
    assert seen == {"within", "above 95%", "above 99.8%", "below 95%", "below 99.8%"}


@pytest.mark.parametrize("share", [0.03, 0.3, 0.9])
@pytest.mark.parametrize("of", [4, 12, 60])
def test_few_funnels_of_chance_alone_are_beyond_the_outer_limits(share, of):
    """Exact binomial chance of a figure beyond the 99.8% limits; not exact for few, but no alarm a month either."""
    numerators = range(of + 1)
    rows = []
    for some in numerators:
        cells = [("authority", "A", round(1000 * share), 1000), ("team", "T1", some, of)]
        rows += [
            (
                "KK-01", "SNAP", f"{some:05d}", date(2025, 9, 1), date(2025, 9, 30), date(2025, 9, 30), level, org, "total", a, b,
                Decimal(0), "", None, None, "%", 1, "H", "stock",
            )
            for level, org, a, b in cells
        ]  # fmt: skip
    positions = dict(database(rows).execute(f"select numerator, position from ({sql_of('kpi_funnels')})").fetchall())
    assert sum(binom.pmf(n, of, share) for n in numerators if "99.8" in positions[n]) < 0.02
