"""The authority's own homes: who lives in them, short breaks, nights, independent visits, incidents and inspections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import (
    A_DAY,
    last_working_day,
    month_number,
    month_start,
    next_working_day,
    working_days_after,
    year_of,
)
from orchestration.synthetic.places import give_places
from orchestration.synthetic.rows import (
    BLANK,
    BLANK_SECONDS,
    Array,
    Rows,
    Words,
    choose,
    numbers_in_group,
    position_of,
    run_numbers,
    stack,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import NEVER, day_or_never, last_begun, stretched, until, where
from orchestration.synthetic.world import homes_lived_in, once_a_world

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

SERVICE = "residential"
WINDOWS = ((4, 3), (0, 4))  # short breaks from Friday, from Monday: the weekday of the start and the most nights
MONDAY = 4  # day 4 after 1 January 1970 was one


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: history since `begins`, nights of the month only."""
    homes, stays, breaks = homes_of(world), home_stays(world), short_breaks(world)
    return {
        "homes": _homes(world, homes, day),
        "nights": _nights(world, homes, stays, breaks, day),
        "home_stays": _stays(world, homes, stays, day, begins),
        "short_break_stays": _short_breaks(world, homes, breaks, day, begins),
        "reg_44_visits": _visits(world, homes, day, begins),
        "incidents": _incidents(world, homes, stays, day, begins),
        "inspections": _inspections(world, homes, day, begins),
    }


# --- who lives where ----------------------------------------------------------------------------------------------


@once_a_world
def homes_of(world: World) -> Rows:
    """The homes: as many as the authority's size asks for, and at least one of each kind."""
    rules, begins = world.scenario.residential, world.begins_day
    count = max(2, round(len(rules.homes) * world.factor))
    # the last home of the list is for short breaks: a small authority has the first and the last
    planned = [rules.homes[n % len(rules.homes)] for n in range(count - 1)] + [rules.homes[-1]]
    number = np.arange(1, count + 1)
    return Rows(
        number=number,
        home_id=world.ids(number),
        kind=words_of(h.kind for h in planned),
        places=np.array([h.places for h in planned], dtype=np.int32),
        ofsted_urn=words_of(f"SC{100_000 + n}" for n in world.chance.between("residential urn", 0, 799_999, number)),
        opened=begins - world.chance.between("residential opened", 200, 6000, number),
    )


@once_a_world
def home_stays(world: World) -> Rows:
    """Placements in own children's homes and the home of each; a child for whom no place was free has none here."""
    homes = homes_of(world)
    rows = homes_lived_in(world)
    rows = rows[rows.kind.isin("K2") & rows.provider.isin("PR1") & (rows.start <= world.horizon)]
    own = np.flatnonzero(homes.kind.isin("childrens_home"))
    stays = Rows(start=rows.start, end=rows.end, group=world.children.family[rows.child], key=plain(rows.placement_id))
    offered = homes[own].having(opens=homes.opened[own], closes=np.full(len(own), BLANK))
    home = give_places(world.chance, "residential places", stays, offered)
    found = Rows(key=stays.key, child=rows.child, home=own[home], start=rows.start, end=rows.end, care=rows.care)
    return found[home >= 0]


@once_a_world
def placement_urns(world: World) -> Words:
    """The registration numbers of all placements as files show them: an own home's where the child lives in one."""
    placements, stays = world.placements, home_stays(world)
    order = np.argsort(stays.key, kind="stable")
    first = position_of(stays.key[order], plain(placements.placement_id))
    home_of = placements.home
    home = np.full(len(placements), -1, dtype=np.int64)
    known = first >= 0
    home[home_of[known]] = stays.home[order][first[known]]
    home = home[home_of]
    return choose(len(placements), (home >= 0, homes_of(world).ofsted_urn[home]), otherwise=placements.urn)


@once_a_world
def short_breaks(world: World) -> Rows:
    """Short breaks booked: children with a package come every few weeks, never more at once than the home has beds."""
    rules, chance, homes = world.scenario.residential, world.chance, homes_of(world)
    episodes, children = world.episodes, world.children
    key = plain(episodes.referral_id)
    chosen = children.disability.isin("yes")[episodes.child] & chance.happens(
        "short breaks", rules.short_break_children, key
    )
    position = np.flatnonzero(chosen)
    episode, key = episodes[position], key[position]
    born = children.born[episode.child]
    first = np.maximum(
        episode.start + chance.band("short breaks after", rules.short_breaks_after_cd, key), born + 5 * 366
    )
    last = np.minimum(np.minimum(day_or_never(episode.closed), children.adult_on[episode.child]), world.horizon + 60)
    row, week = stretched((first - MONDAY + 6) // 7, (last - MONDAY) // 7 - 1)
    parts = []
    for number, (starts_on, most) in enumerate(WINDOWS):
        start = MONDAY + week * 7 + starts_on
        wants = chance.happens("short break wanted", rules.short_break_in_window, key[row], week, number)
        parts.append(
            Rows(
                key=key[row] * 20_000 + week.astype(np.int64) * 2 + number,
                window=week.astype(np.int64) * 2 + number,
                child=episode.child[row],
                start=start.astype(np.int32),
                booked=most - chance.happens("short break shorter", rules.short_break_shorter, key[row], week, number),
                turn=chance.uniform("short break turn", key[row], week, number),
            )[wants]
        )
    asked = stack(parts)
    break_homes = np.flatnonzero(homes.kind.isin("short_breaks"))
    home = break_homes[asked.key // 20_000 % len(break_homes)]
    asked = asked.having(home=home)
    order = np.lexsort((asked.turn, asked.start, home))
    asked = asked[order]
    place = numbers_in_group(asked.home.astype(np.int64) * NEVER + asked.start)
    asked = asked.having(serial=(homes.number[asked.home] * 10_000 + asked.window) * 100 + place)
    taken = asked[place < homes.places[asked.home]]
    fate = chance.pick("short break fate", rules.short_break_status, taken.key)
    short = chance.happens("short break cut short", rules.short_break_cut_short, taken.key) & (taken.booked > 1)
    nights = np.where(fate.isin("taken"), taken.booked - short, 0)
    return taken.having(status=fate, nights=nights.astype(np.int32), end=(taken.start + nights).astype(np.int32))


# --- tables -------------------------------------------------------------------------------------------------------


def _homes(world: World, homes: Rows, day: int) -> Rows:
    rules, chance, count = world.scenario.residential, world.chance, len(homes)
    quarter = int(month_number(day)) // 3
    return Rows(
        home_id=homes.home_id,
        ofsted_urn=homes.ofsted_urn,
        home_kind=homes.kind,
        registered_places=homes.places,
        home_opened_date=homes.opened.astype(np.int32),
        home_closed_date=np.full(count, BLANK, dtype=np.int32),
        registered_manager_in_post=yes_no(
            chance.happens("residential manager", rules.manager_in_post, homes.number, quarter)
        ),
        service_code=word(SERVICE, count),
        team_code=world.organisation.team_at(SERVICE, homes.number, np.full(count, day)),
    )


def _occupied(homes: Rows, home: Array, start: Array, end: Array, first: int, nights: int) -> Array:
    """Stays open in each home (row) and night (column); the last day of a stay is no night of it."""
    begin = np.clip(start - first, 0, nights)
    over = np.clip(day_or_never(end) - first, 0, nights)
    change = np.zeros((len(homes), nights + 1), dtype=np.int64)
    np.add.at(change, (home, begin), 1)
    np.add.at(change, (home, np.maximum(over, begin)), -1)
    return np.cumsum(change, axis=1)[:, :nights]


def _nights(world: World, homes: Rows, stays: Rows, breaks: Rows, day: int) -> Rows:
    """Occupancy of every home and night of the month, counted from the stays."""
    rules, chance = world.scenario.residential, world.chance
    month = int(month_number(day))
    first = int(month_start(month))
    nights = day - first + 1
    known = stays[stays.start <= day]
    living = _occupied(homes, known.home, known.start, known.end, first, nights)
    taken = breaks[breaks.start <= day]
    visiting = _occupied(homes, taken.home, taken.start, taken.end, first, nights)
    occupied = (living + visiting).ravel()
    home, night = np.repeat(np.arange(len(homes)), nights), np.tile(first + np.arange(nights), len(homes))
    number = homes.number[home]
    wanted = chance.happens(
        "residential place closed", rules.place_closed, number, night // 14
    )  # closed by the fortnight
    closed = np.minimum(wanted, homes.places[home] - occupied).astype(np.int32)
    return Rows(
        home_id=homes.home_id[home],
        night_date=night.astype(np.int32),
        places_available=(homes.places[home] - closed).astype(np.int32),
        places_occupied=occupied.astype(np.int32),
        places_closed=closed,
        closed_reason=chance.pick("residential closed reason", rules.closed_reason, number, night // 14).blank_where(
            closed == 0
        ),
        short_break_places_occupied=visiting.ravel().astype(np.int32),
        other_authority_occupied=np.zeros(len(home), dtype=np.int32),
    )


def _stays(world: World, homes: Rows, stays: Rows, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.residential, world.chance
    rows = stays[(stays.start <= day) & (day_or_never(stays.end) >= begins)]
    urgent = chance.happens("residential emergency", rules.emergency, rows.key)
    before = last_working_day(rows.start - chance.band("residential impact before", rules.impact_before_cd, rows.key))
    after = chance.working_days_after("residential impact after", rows.start, rules.impact_after_wd, rows.key)
    missing = chance.happens("residential no impact assessment", rules.no_impact_assessment, rows.key)
    is_open = day_or_never(rows.end) > day
    return Rows(
        home_stay_id=world.ids(rows.key),
        home_id=homes.home_id[rows.home],
        child_id=world.children.child_id[rows.child],
        home_stay_start_date=rows.start,
        home_stay_end_date=until(rows.end, day),
        emergency_admission=yes_no(urgent),
        impact_assessment_date=until(np.where(missing, BLANK, np.where(urgent, after, before)), day),
        home_stay_end_planned=yes_no(chance.happens("residential planned end", rules.planned_end, rows.key), is_open),
    )


def _short_breaks(world: World, homes: Rows, breaks: Rows, day: int, begins: int) -> Rows:
    """Short breaks of the past, and those booked for the weeks ahead."""
    rules = world.scenario.residential
    rows = breaks[(breaks.start >= begins) & (breaks.start <= day + rules.booked_ahead_cd)]
    taken = rows.status.isin("taken")
    ahead = rows.start > day  # a cancellation is told on the day
    running = taken & ~ahead & (rows.end > day)
    planned = rows.start + rows.booked
    return Rows(
        short_break_id=world.ids(rows.serial),
        home_id=homes.home_id[rows.home],
        child_id=world.children.child_id[rows.child],
        short_break_start_date=rows.start,
        short_break_end_date=np.where(taken & ~ahead & ~running, rows.end, planned).astype(np.int32),
        nights_booked=rows.booked.astype(np.int32),
        nights_taken=where(~ahead & ~running, rows.nights),
        short_break_status=choose(len(rows), (ahead, "booked"), otherwise=rows.status),
    )


def _visits(world: World, homes: Rows, day: int, begins: int) -> Rows:
    """A visit of the independent person to every home and month; now and then one is missed."""
    rules, chance = world.scenario.residential, world.chance
    months = world.month_range(begins, day)
    home, month = np.repeat(np.arange(len(homes)), len(months)), np.tile(months, len(homes))
    number = homes.number[home]
    held = next_working_day(world.day_in_month("reg 44 day", month, number))
    held = np.minimum(held, last_working_day(month_start(month + 1) - 1))
    done = chance.happens("reg 44 done", rules.reg_44_done, number, month) & (held <= day) & (held >= begins)
    home, month, number, held = home[done], month[done], number[done], held[done]
    report = chance.working_days_after("reg 44 report", held, rules.reg_44_report_after_wd, number, month)
    sent = chance.working_days_after("reg 44 sent", report, rules.reg_44_sent_after_wd, number, month)
    made = chance.count("reg 44 recommendations", rules.reg_44_recommendations, number, month)
    # what was recommended is done bit by bit
    share = np.minimum((day - held) / chance.between("reg 44 completed in", 40, 160, number, month), 1.0)
    reported = report <= day
    spoken = chance.between("reg 44 children", 0, np.minimum(homes.places[home], 4), number, month)
    return Rows(
        reg_44_visit_id=world.ids(number.astype(np.int64) * 10_000 + month),
        home_id=homes.home_id[home],
        reg_44_visit_date=held,
        unannounced=yes_no(chance.happens("reg 44 unannounced", rules.reg_44_unannounced, number, month)),
        children_spoken_to=spoken.astype(np.int32),
        recommendations_made=where(reported, made),
        recommendations_completed=where(reported, np.floor(made * share)),
        reg_44_report_date=until(report, day),
        reg_44_report_sent_date=until(sent, day),
    )


def _incidents(world: World, homes: Rows, stays: Rows, day: int, begins: int) -> Rows:
    """Incidents: a few children have most of them; going missing is taken from the case system's missing episodes."""
    rules, chance = world.scenario.residential, world.chance
    rows = stays[(stays.start <= day) & (day_or_never(stays.end) >= begins)]
    found = _numbered(homes, stack([_drawn_incidents(world, rows, day), _missing_incidents(world, rows)]))
    found = found[(found.day >= begins) & (found.day <= day)]
    key, count = found.key, len(found)
    kind = choose(
        count, (found.is_missing, "missing"), otherwise=chance.pick("incident kind", rules.incident_kind, key)
    )
    minute = np.where(found.is_missing, found.minute, chance.band("incident minute", rules.incident_minute, key))
    at = found.day.astype(np.int64) * A_DAY + minute * 60
    recorded = at + chance.band("incident recorded", rules.incident_recorded_minutes, key).astype(np.int64) * 60
    unrecorded = recorded >= (day + 1) * A_DAY
    held = kind.isin("physical_intervention") | chance.happens(
        "incident restraint", _by_kind(rules.incident_restraint, kind), key
    )
    serious = chance.happens("incident serious", _by_kind(rules.incident_serious, kind), key)
    told = found.day + chance.band("incident notified", rules.incident_notified_cd, key)
    talked = found.day + chance.band("incident debrief", rules.incident_debrief_cd, key)
    untalked = chance.happens("incident no debrief", rules.incident_no_debrief, key)
    return Rows(
        incident_id=world.ids(found.serial),
        event_id=world.ids(_events(found, kind)),
        home_id=homes.home_id[found.home],
        child_id=world.children.child_id[found.child],
        incident_date=found.day,
        incident_at=at,
        incident_kind=kind,
        restraint=yes_no(held),
        serious=yes_no(serious),
        incident_recorded_at=np.where(unrecorded, BLANK_SECONDS, recorded),
        recorded_within_24_hours=yes_no(recorded - at <= A_DAY, unrecorded),
        ofsted_notified_date=until(np.where(serious, told, BLANK), day),
        police_called=yes_no(chance.happens("incident police", _by_kind(rules.incident_police, kind), key)),
        injury=yes_no(chance.happens("incident injury", _by_kind(rules.incident_injury, kind), key)),
        child_debrief_date=until(np.where(untalked, BLANK, talked), day),
    )


def _by_kind(shares: dict[str, float], kind: Words) -> Array:
    return kind.numbers(lambda w: shares.get(w, shares["otherwise"]))


def _drawn_incidents(world: World, stays: Rows, day: int) -> Rows:
    """Incidents of each stay and month by the rate of the child."""
    rules, chance = world.scenario.residential, world.chance
    last = np.minimum(day_or_never(stays.end), day)
    row, month = stretched(month_number(stays.start), month_number(last))
    rate = chance.band("incident rate", rules.incidents_a_year, world.children.number[stays.child])
    counts = chance.count("incidents", rate[row] / 12, stays.key[row], month)
    row, month, number = np.repeat(row, counts), np.repeat(month, counts), run_numbers(counts)
    on = world.day_in_month("incident day", month, stays.key[row], number)
    found = Rows(
        key=(stays.key[row] * 2048 + month) * 256 + number,
        home=stays.home[row],
        child=stays.child[row],
        day=on,
        minute=np.zeros(len(row), dtype=np.int64),
        is_missing=np.zeros(len(row), dtype=bool),
    )
    return found[(on >= stays.start[row]) & (on <= day_or_never(stays.end)[row])]


def _missing_incidents(world: World, stays: Rows) -> Rows:
    """One incident for each missing episode that began in a stay."""
    missing = world.missing[~world.missing.absent]
    at = last_begun(stays.child, stays.start, missing.child, missing.start)
    missing, stay = missing[at >= 0], stays[at[at >= 0]]
    return Rows(
        key=-missing.key,  # draws of their own
        home=stay.home,
        child=missing.child,
        day=missing.start,
        minute=missing.start_seconds % A_DAY // 60,
        is_missing=np.ones(len(missing), dtype=bool),
    )[stay.end >= missing.start]


def _numbered(homes: Rows, found: Rows) -> Rows:
    """Incidents with a number of their own: the home, the month, and the place in it by day."""
    found = found[np.lexsort((found.key, found.day, found.home))]
    spell = homes.number[found.home] * 10_000 + month_number(found.day)
    return found.having(serial=spell * 1000 + numbers_in_group(spell))


def _events(found: Rows, kind: Words) -> Array:
    """One number for the incidents of one kind in one home on one day: children who were in it together."""
    key = found.serial
    order = np.lexsort((key, kind.index, found.day, found.home))
    together = np.zeros(len(order), dtype=bool)
    for column in (found.home, found.day, kind.index):
        together[1:] |= column[order][1:] != column[order][:-1]
    together[:1] = True
    found_key = np.empty(len(order), dtype=np.int64)
    found_key[order] = key[order][together][np.cumsum(together) - 1]
    return found_key


def _inspections(world: World, homes: Rows, day: int, begins: int) -> Rows:
    """A full inspection of every home and year, and some visits between."""
    rules, chance = world.scenario.residential, world.chance
    years = np.arange(int(year_of(begins)), int(year_of(day)) + 1)
    parts = []
    for number, (kind, share) in enumerate(rules.inspections.items()):
        home, year = np.repeat(np.arange(len(homes)), len(years)), np.tile(years, len(homes))
        code = homes.number[home]
        month = (year - 1970) * 12 + chance.between(f"inspection month {kind}", 0, 11, code, year)
        held = next_working_day(world.day_in_month(f"inspection day {kind}", month, code))
        done = chance.happens(f"inspection {kind}", share, code, year) & (held <= day) & (held >= begins)
        key = (code.astype(np.int64) * 10_000 + year) * 10 + number
        outcome = (
            chance.pick("inspection outcome", rules.inspection_outcome, key)
            if kind == "full"
            else word(rules.outcome_of_others[kind], len(key))
        )
        parts.append(Rows(key=key, home=home, held=held, kind=word(kind, len(key)), outcome=outcome)[done])
    rows = stack(parts)
    report = working_days_after(rows.held, chance.band("inspection report", rules.inspection_report_after_wd, rows.key))
    known = report <= day
    worse = rows.outcome.isin("requires_improvement", "inadequate", "declined")
    required = np.where(
        worse,
        chance.between("inspection requirements", 3, 9, rows.key),
        chance.between("inspection requirement", 0, 2, rows.key),
    )
    return Rows(
        inspection_id=world.ids(rows.key),
        home_id=homes.home_id[rows.home],
        inspection_date=rows.held,
        inspection_kind=rows.kind,
        inspection_outcome=rows.outcome.blank_where(~known),
        inspection_report_date=until(report, day),
        requirements_made=where(known, required),
        recommendations_made=where(known, chance.between("inspection recommendations", 0, 5, rows.key)),
    )
