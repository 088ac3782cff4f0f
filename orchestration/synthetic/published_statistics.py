"""Statistics of places that do not exist, in the forms in which the department's are published: rows, comparators, neighbours.

The values lie around the levels of the scenario; nothing is counted from the authority's own children.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import day_number, month_start
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, stack, word, words_of

if TYPE_CHECKING:
    from orchestration.synthetic.scenario import PublishedStatisticsPart, SeriesPart
    from orchestration.synthetic.world import World

LEVELS = ("Local authority", "Statistical neighbour", "Regional", "National")
AUTHORITY, NEIGHBOUR, REGION, COUNTRY = range(4)
PLAN_RATE = "CPP_Abuse_Rate"
# subject of the rows as the department words it: the column of the whole and its rate; of each part the columns of count and
# percentage and the measure they are made from
FIGURES = {
    "Referrals and Re-referrals": (
        "referral_count",
        "CPP_Total_Rateper10,000",
        (
            ("rereferral_count", "rereferral_percent", "ReReferral"),
            ("no_further_action_count", "no_further_action_percent", "CIN_Refferals_NFA"),
            ("not_in_need_count", "not_in_need_percent", "Referrals_AssessedNotNeed"),
        ),
    ),
    "Child Protection Plans which are a second or subsequent plan": (
        "CPP_start",
        PLAN_RATE,
        (("CPP_subsequent", "CPP_subsequent_percent", "PrevRegCPR"),),
    ),
}


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:  # noqa: ARG001 - a series has its own first year
    """The published figures known on `day`."""
    values = _values(world, day)
    return {
        "dfe_rows": _rows_as_published(world, values),
        "comparators": stack([_comparators(world, values), *_computed(world, values)]),
        "neighbour_sets": _neighbour_sets(world, day),
        "comparator_summaries": _summaries(world, values, day),
    }


# --- places and values --------------------------------------------------------------------------------------------


def _places(world: World) -> Rows:
    """The authority, its neighbours, its region and the country; `number` is stable."""
    rules = world.scenario.published_statistics
    number = np.arange(rules.neighbours + 3)
    level = np.full(len(number), NEIGHBOUR)
    level[[0, -2, -1]] = AUTHORITY, REGION, COUNTRY
    names = [world.scenario.population.home_authority]
    names += [f"{rules.neighbour} {n + 1}" for n in range(rules.neighbours)]
    names += [rules.region, rules.country]
    low, high = rules.population.neighbours
    people = world.chance.between("published population", low, high, number).astype(np.float64)
    people[0] = max(world.scenario.reference.mid_year_population.values()) * world.factor
    people[-2:] = rules.population.region, rules.population.country
    return Rows(
        number=number,
        level=level,
        name=words_of(world.code(n) for n in names),
        la_code=words_of(world.code(str(rules.first_code + n)) for n in number),
        gss_code=words_of(world.code(f"{rules.code_letter}{10_000_000 + rules.first_code + n}") for n in number),
        population=people,
    )


def _values(world: World, day: int) -> Rows:
    """One row a series, year and place: what is published by `day`, as a number of its series, year and place."""
    rules, chance = world.scenario.published_statistics, world.chance
    places = _places(world)
    parts = []
    for number, series in enumerate(rules.series.values()):
        years = _years(rules, series, day)
        year, place = np.repeat(years, len(places)), np.tile(places.number, len(years))
        level = places.level[place]
        base = np.array([np.nan if v is None else v for v in _in_order(series)])[level]
        size = np.where(series.sized & (level <= NEIGHBOUR), world.factor, 1.0)
        own = chance.normal("published place", 0, series.spread, number, place)
        base = np.maximum(base + np.where(level == NEIGHBOUR, own, 0), base * 0.1) * size
        spread = np.where(level >= REGION, rules.wobble_large, rules.wobble)
        wobble = chance.normal("published year", 0, spread, number, place, year) * (year != rules.base_year)
        value = base * (1 + series.trend) ** (year - rules.base_year) * (1 + wobble)
        value = np.minimum(value, 100.0) if series.unit == "%" else value
        rounded = np.floor(value * 10.0**series.places + 0.5) / 10.0**series.places
        large = series.sized & (level >= REGION)
        value = np.where(large, np.floor(value / 10 + 0.5) * 10, rounded)
        lacking = (level == NEIGHBOUR) & chance.happens("published gap", rules.not_available, number, place, year)
        hidden = series.sized & (level == NEIGHBOUR) & (value < rules.hidden_below)
        status = choose(len(year), (hidden, "c"), (lacking, "x"), otherwise="value")
        value = np.where(hidden | lacking, np.nan, value)
        rows = Rows(series=np.full(len(year), number), year=year, place=place, level=level, value=value, status=status)
        parts.append(rows[~np.isnan(base)])
    return stack(parts)


def _in_order(series: SeriesPart) -> tuple[float | None, ...]:
    """The levels of the scenario in the order of `LEVELS`."""
    authority, country, region, neighbours = series.levels
    return authority, neighbours, region, country


def _years(rules: PublishedStatisticsPart, series: SeriesPart, day: int) -> Array:
    """The last years of a series whose figures are published by `day`."""
    last_month, lag = rules.year_types[series.year_type]
    years = np.arange(rules.base_year - 20, rules.base_year + 20)
    published = month_start((years - 1970) * 12 + last_month + lag)  # the first day of the month after
    return years[published <= day][-rules.years :]


# --- comparators --------------------------------------------------------------------------------------------------


def _series_columns(world: World, series: Array) -> dict[str, Words]:
    """What every row of a series says of it."""
    rules = world.scenario.published_statistics
    index, listed = series.astype(np.int32), list(rules.series.values())
    return {
        "kpi": Words(index, tuple(s.kpi for s in listed)),
        "measure": Words(index, tuple(s.measure for s in listed)),
        "source_measure_code": Words(index, tuple(rules.series)),
        "unit": Words(index, tuple(s.unit for s in listed)),
    }


def _year_type(world: World, series: Array) -> Words:
    kinds = tuple(s.year_type for s in world.scenario.published_statistics.series.values())
    return Words(series.astype(np.int32), kinds)


def _comparators(world: World, values: Rows) -> Rows:
    rules, places = world.scenario.published_statistics, _places(world)
    count = len(values)
    return Rows(
        **_series_columns(world, values.series),
        year=values.year.astype(np.int32),
        year_type=_year_type(world, values.series),
        geography_type=Words(values.level.astype(np.int32), LEVELS),
        geography=places.name[values.place],
        la_code=places.la_code[values.place],
        gss_code=places.gss_code[values.place],
        value=values.value,
        value_status=values.status,
        source=word(rules.source, count),
        source_file=word(rules.source_file, count),
        source_commit=word(None, count),
    )


def _neighbours(values: Rows) -> Rows:
    """Mean and median of the neighbours' values, one row a series and year."""
    rows = values[values.level == NEIGHBOUR]
    keys, group = np.unique(rows.series.astype(np.int64) * 10_000 + rows.year, return_inverse=True)
    places = int(rows.place.max()) if len(rows) else 0
    grid = np.full((len(keys), places), np.nan)
    grid[group, rows.place - 1] = rows.value
    there = (~np.isnan(grid)).sum(axis=1)
    held = there > 0
    grid, keys, there = grid[held], keys[held], there[held]
    return Rows(
        series=keys // 10_000,
        year=(keys % 10_000).astype(np.int32),
        mean=np.round(np.nanmean(grid, axis=1), 4) if len(keys) else np.zeros(0),
        median=np.round(np.nanmedian(grid, axis=1), 4) if len(keys) else np.zeros(0),
        places=there.astype(np.int32),
        missing=(places - there).astype(np.int32),
    )


def _computed(world: World, values: Rows) -> list[Rows]:
    """Mean and median of the neighbours as rows among the comparators, as the sector's tools write them."""
    rules, found = world.scenario.published_statistics, _neighbours(values)
    count = len(found)
    parts = []
    for name, method in (("mean", rules.method_mean), ("median", rules.method_median)):
        named = tuple(world.code(f"{LEVELS[NEIGHBOUR]}s {name} (n={n})") for n in range(rules.neighbours + 1))
        parts.append(
            Rows(
                **_series_columns(world, found.series),
                year=found.year,
                year_type=_year_type(world, found.series),
                geography_type=word("Computed", count),
                geography=Words(found.places, named),
                la_code=word(None, count),
                gss_code=word(None, count),
                value=found.columns[name],
                value_status=word("computed", count),
                source=word(rules.computed_source, count),
                source_file=word(method, count),
                source_commit=word(None, count),
            )
        )
    return parts


def _summaries(world: World, values: Rows, day: int) -> Rows:
    rules, found = world.scenario.published_statistics, _neighbours(values)
    count, model = len(found), _models(world, day)[-1]
    published = np.array([
        month_start((year - 1970) * 12 + sum(rules.year_types[kind]))
        for year, kind in zip(found.year, _year_type(world, found.series).strings(), strict=True)
    ])  # fmt: skip
    return Rows(
        **_series_columns(world, found.series),
        year=found.year,
        comparator_group=word("statistical neighbours", count),
        model=word(rules.models[model], count),
        method=word(f"{rules.method_mean}; {rules.method_median}", count),
        mean=found.mean,
        median=found.median,
        places=found.places,
        places_missing=found.missing,
        source=word(rules.computed_source, count),
        computed_date=np.minimum(published + 14, day).astype(np.int32) if count else np.zeros(0, dtype=np.int32),
    )


# --- neighbours ---------------------------------------------------------------------------------------------------


def _models(world: World, day: int) -> list[date]:
    """The first days of the neighbour models known on `day`, the oldest always."""
    starts = sorted(world.scenario.published_statistics.models)
    return [d for d in starts if day_number(d) <= day] or starts[:1]


def _neighbour_sets(world: World, day: int) -> Rows:
    """The ten neighbours of each model by distance; a model ends when the next one is out."""
    rules, places = world.scenario.published_statistics, _places(world)
    starts = [d for d in _models(world, day) if day_number(d) <= day]
    near = places[places.level == NEIGHBOUR]
    parts = []
    for number, start in enumerate(starts):
        year = start.year
        distance = np.round(20 + 60 * world.chance.uniform("published distance", near.number, year), 2)
        order = np.argsort(distance, kind="stable")
        rank = np.arange(1, len(near) + 1)
        ended = day_number(starts[number + 1]) - 1 if number + 1 < len(starts) else BLANK
        parts.append(
            Rows(
                model=word(rules.models[start], len(near)),
                la_code=places.la_code[np.zeros(len(near), dtype=np.int64)],
                neighbour_la_code=near.la_code[order],
                neighbour_name=near.name[order],
                rank=rank.astype(np.int32),
                closeness=Words(((rank - 1) * len(rules.closeness) // len(near)).astype(np.int32), rules.closeness),
                distance=distance[order],
                valid_from=np.full(len(near), day_number(start), dtype=np.int32),
                valid_to=np.full(len(near), ended, dtype=np.int32),
            )
        )
    return stack(parts)


# --- rows as published --------------------------------------------------------------------------------------------


def _rows_as_published(world: World, values: Rows) -> Rows:
    """Referrals and protection plans of every place and year: counts and the percentages made from them.

    The columns behind `category` are not in the contract, as those of real files are not: the loader makes a row of each
    figure.
    """
    places = _places(world)
    codes = list(world.scenario.published_statistics.series)
    all_keys = values.year.astype(np.int64) * 100 + values.place
    keys = np.unique(all_keys[(values.series == codes.index(PLAN_RATE))])

    def of(code: str) -> Array:
        rows = values.series == codes.index(code)
        return _looked_up(all_keys[rows], values.value[rows], keys)

    level, people = places.level[keys % 100], places.population[keys % 100]
    parts, told = [], {}
    for of_what, (name, rate, shares) in FIGURES.items():
        whole = _counted(of(rate) * people / 10_000, level)
        told[of_what] = {name: _shown(whole)}
        for count_name, percent_name, code in shares:
            counts = _counted(whole * of(code) / 100, level)
            told[of_what] |= {count_name: _shown(counts), percent_name: _percent(counts, whole)}
    names = [name for columns in told.values() for name in columns]
    for of_what, columns in told.items():
        blank = word(None, len(keys))
        figures = {name: columns.get(name, blank) for name in names}
        parts.append(_place_columns(world, places, keys, of_what).having(**figures))
    return stack(parts)


def _looked_up(keys: Array, values: Array, wanted: Array) -> Array:
    """The value of each wanted key; not a number where there is none."""
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    return np.where(keys[order][at] == wanted, values[order][at], np.nan) if len(keys) else np.full(len(wanted), np.nan)


def _counted(counts: Array, level: Array) -> Array:
    """Whole numbers; of regions and the country rounded to tens."""
    return np.where(level >= REGION, np.floor(counts / 10 + 0.5) * 10, np.floor(counts + 0.5))


def _shown(counts: Array) -> Words:
    return words_of("x" if np.isnan(n) else str(int(n)) for n in counts)


def _percent(counts: Array, whole: Array) -> Words:
    """Percentages to one place, halves rounded up; `x` where a count is not available, `z` where there is none to divide by."""
    return words_of(_one_percent(n, total) for n, total in zip(counts, whole, strict=True))


def _one_percent(count: float, whole: float) -> str:
    if np.isnan(count) or np.isnan(whole):
        return "x"
    return str((Decimal(100 * int(count)) / int(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)) if whole else "z"


def _place_columns(world: World, places: Rows, keys: Array, of_what: str) -> Rows:
    """Year, place and subject of rows as published."""
    rules = world.scenario.published_statistics
    count, place = len(keys), keys % 100
    local, regional = places.level[place] <= NEIGHBOUR, places.level[place] <= REGION
    country, region = np.full(count, len(places) - 1), np.full(count, len(places) - 2)
    return Rows(
        time_period=words_of(str(k // 100) for k in keys),
        time_identifier=word("Reporting year", count),
        geographic_level=choose(count, (local, "Local authority"), (regional, "Regional"), otherwise="National"),
        country_code=places.gss_code[country],
        country_name=word(world.code(rules.country), count),
        region_code=places.gss_code[region].blank_where(~regional),
        region_name=word(world.code(rules.region), count).blank_where(~regional),
        old_la_code=places.la_code[place].blank_where(~local),
        new_la_code=places.gss_code[place].blank_where(~local),
        la_name=places.name[place].blank_where(~local),
        category=word(of_what, count),
        category_group=word(None, count),
    )
