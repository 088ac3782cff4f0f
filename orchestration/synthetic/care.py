"""Being looked after: who enters care and how it ends, legal statuses, placements, going missing, adoption and leaving care."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import (
    A_DAY,
    AGE_BANDS,
    AN_HOUR,
    age_bands,
    age_on,
    birthday,
    day_number,
    next_working_day,
)
from orchestration.synthetic.rows import (
    BLANK,
    Array,
    Rows,
    Words,
    choose,
    last_of_group,
    numbers_in_group,
    run_numbers,
    stack,
)
from orchestration.synthetic.spells import DAY_BITS, NEVER, where
from orchestration.synthetic.world import ROUNDS

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

FOSTER, KINSHIP, PARENTS = ("U4", "U5", "U6"), ("U1", "U2", "U3"), ("P1",)
ADOPTIVE = "A6"
STATUS_ONLY = "PLACE"  # placement change reason: the same carer, another status
YEAR = 365.25


def enter(world: World, children: Rows, told: Rows, alone: Array) -> Rows:
    """Who of a round's children enters care, on which day it ends, and how; days BLANK for the others."""
    rules, chance = world.scenario.looked_after, world.chance
    born, adult = children.born[told.child], children.adult_on[told.child]
    on_plan, on_cin = told.cp_start != BLANK, told.cin_start != BLANK
    path = np.select([on_plan, on_cin], [0, 1], 2)
    likely = np.array([rules.enters_from[p] for p in ("child_protection", "child_in_need_plan", "assessment")])[path]
    band = age_bands(born, told.start)
    weight = np.array([rules.enters_by_age[b] for b in AGE_BANDS])[band]
    years = (told.start - day_number(world.scenario.population.drift_from)) / YEAR
    likely = likely * weight * (1 + rules.enters_drift_a_year) ** years
    enters = ~told.nfa & ~alone & chance.happens("enters care", likely, told.shared)
    first = np.select([on_plan, on_cin], [told.cp_start + 5, told.cin_start], told.assessment + 1)
    last = np.select(
        [on_plan, on_cin], [np.minimum(told.cp_end - 5, told.cp_start + 330), told.cin_end - 5], told.assessment + 30
    )
    wait = np.floor(chance.uniform("enters care day", told.shared) * np.maximum(last.astype(np.int64) - first, 1))
    day = next_working_day(
        np.maximum(first + wait, born + chance.between("after birth", 0, 9, told.number)).astype(np.int64)
    )
    day = np.where(alone, told.start, day)
    entered = (enters | alone) & (day + 30 < adult)
    day = where(entered, day)

    band = age_bands(born, np.where(entered, day, told.start))
    names = ("0", *AGE_BANDS[1:])  # nobody is looked after before birth
    kind = chance.pick_by("exit", band, [rules.exits[b] for b in names], told.shared)
    kind = choose(len(told), (alone, "stays"), otherwise=kind)
    adoption = _adoption_days(world, told, np.where(entered, day, BLANK), entered & kind.isin("adopted"))
    kind = choose(len(told), (adoption.reversed != BLANK, "stays"), otherwise=kind)
    end = np.full(len(told), NEVER, dtype=np.int64)
    for name, bands in rules.exit_after_cd.items():
        end = np.where(kind.isin(name), next_working_day(day + chance.band("exit after", bands, told.shared)), end)
    end = np.where(kind.isin("adopted"), adoption.order, end)
    comes_of_age = end >= adult
    end = where(entered, np.minimum(end, adult))
    kind = choose(len(told), (~entered, None), (comes_of_age, "at_18"), otherwise=kind)
    code = choose(
        len(told),
        *((kind.isin(k), chance.pick("exit code " + k, codes, told.number)) for k, codes in rules.exit_codes.items()),
    )
    died = code.isin("E2")
    gone = kind.isin("adopted") | died
    home = kind.isin("home") & chance.happens("home with a plan", rules.back_home_with_a_plan, told.shared)
    reason = choose(
        len(told),
        (kind.isin("special_guardianship"), "RC4"),
        (kind.isin("arrangements_order"), "RC3"),
        (kind.isin("adopted"), "RC1"),
        (died, "RC2"),
        (code.isin("E3"), "RC5"),
        (code.isin("E7"), "RC6"),
        otherwise="RC7",
    )
    told = told.having(
        care_start=day,
        care_end=end,
        exit=kind,
        end_reason=code,
        care_reason=reason,
        home_with_plan=home,
        gone=gone,
        died=where(died, end),
        **{n: where(entered, c) for n, c in adoption.columns.items()},
    )
    return told.having(leaver_end=_leaver_end(world, told, born, adult))


def _adoption_days(world: World, told: Rows, entered: Array, wanted: Array) -> Rows:
    """The way to an adoption order, step by step; BLANK from where it is not gone."""
    rules, chance = world.scenario.adoption, world.chance
    key = told.shared
    decision = chance.days_after("adoption decision", where(wanted, entered), rules.decision_after_cd, key)
    placement_order = chance.days_after("placement order", decision, rules.placement_order_after_cd, key)
    matched = chance.days_after("adoption match", placement_order, rules.matched_after_cd, key)
    placed = chance.days_after("adoption placed", matched, rules.placed_after_cd, key)
    order = chance.days_after("adoption order", placed, rules.order_after_cd, key)
    changed = wanted & chance.happens("adoption reversed", rules.reversed, key)
    reversed_ = where(changed, chance.days_after("adoption reversed day", decision, rules.reversed_after_cd, key))
    return Rows(
        decision=decision,
        placement_order=np.where(changed & (placement_order >= reversed_), BLANK, placement_order),
        matched=np.where(changed, BLANK, matched),
        placed=np.where(changed, BLANK, placed),
        order=np.where(changed, BLANK, order),
        reversed=reversed_,
    )


def _leaver_end(world: World, told: Rows, born: Array, adult: Array) -> Array:
    """The day a care leaver's service ends; BLANK for who receives none."""
    rules, chance = world.scenario.care_leavers, world.chance
    leaves = told.exit.isin("at_18", "independent", "other") & ~told.end_reason.isin("E2", "E3", "E16")
    leaves &= (told.care_end >= birthday(born, 16)) & chance.happens(
        "takes up service", rules.takes_up_service, told.number
    )
    entitled = told.care_end.astype(np.int64) - told.care_start >= rules.in_care_cd_for_entitlement
    leaves &= entitled | chance.happens("qualifying served", rules.qualifying_served, told.number)
    ends = birthday(born, 22).astype(np.int64)
    stays = chance.happens("served after 22", rules.still_served_after_22, told.number)
    ends = np.where(stays, ends + chance.between("served until", 1, 1090, told.number), ends)
    return where(leaves, ends)


def put_periods(world: World, told: Rows) -> None:
    """Cut periods of care, adoptions and care leavers out of the rounds' wide rows."""
    chance, leavers = world.chance, world.scenario.care_leavers
    rows = np.flatnonzero(told.care_start != BLANK)
    rows = rows[np.lexsort((told.number[rows], told.care_start[rows]))]
    periods = told[rows]
    world.care = Rows(
        cla_id=world.ids(world.serial(periods.child, periods.round)),
        child=periods.child,
        episode=rows,
        key=periods.number,
        shared=periods.shared,
        start=periods.care_start,
        end=periods.care_end,
        exit=periods.exit,
        end_reason=periods.end_reason,
        need=periods.need,
        permanence_plan=choose(
            len(periods),
            (periods.decision != BLANK, "adoption"),
            otherwise=chance.pick("permanence plan", world.scenario.looked_after.permanence_plan, periods.number),
        ),
    )
    decided = np.flatnonzero((periods.decision != BLANK) & (periods.decision < periods.care_end))
    cases = periods[decided]
    kept = {n: np.where(cases.columns[n] > cases.care_end, BLANK, cases.columns[n]) for n in ADOPTION_STEPS}
    # a way not gone to its end, because care ended otherwise, is a decision changed on the last day
    unfinished = (kept["order"] == BLANK) & (kept["reversed"] == BLANK)
    kept["reversed"] = np.where(unfinished, cases.care_end, kept["reversed"])
    world.adoptions = Rows(
        adoption_id=world.ids(world.serial(cases.child, cases.round)),
        child=cases.child,
        care=decided,
        key=cases.number,
        shared=cases.shared,
        decision=cases.decision,
        **{n: c.astype(np.int32) for n, c in kept.items()},
        reversal_reason=chance.pick(
            "reversal reason", world.scenario.adoption.reversal_reason, cases.number
        ).blank_where(kept["reversed"] == BLANK),
        early_permanence=where(
            chance.happens("early permanence", world.scenario.adoption.fostering_for_adoption, cases.shared),
            cases.decision,
        ),
    )
    served = np.flatnonzero(periods.leaver_end != BLANK)
    people = periods[served]
    days = people.care_end.astype(np.int64) - people.care_start
    young = people.care_end < world.children.adult_on[people.child]
    world.leavers = Rows(
        care_leaver_id=world.ids(world.serial(people.child, people.round)),
        child=people.child,
        care=served,
        key=people.number,
        start=people.care_end,
        end=people.leaver_end,
        eligibility=choose(
            len(people), (days < leavers.in_care_cd_for_entitlement, "qualifying"), (young, "relevant"),
            otherwise="former_relevant",
        ),
    )  # fmt: skip


ADOPTION_STEPS = ("placement_order", "matched", "placed", "order", "reversed")


def settle(world: World) -> None:
    """Legal statuses, placements, absences, adopters and care leavers' circumstances of everybody who was in care."""
    world.adopter_families = _adopter_families(world)
    world.adoptions = world.adoptions.having(family=_match_families(world))
    world.legal = _legal_statuses(world)
    world.placements = _placements(world)
    world.missing = _missing(world)
    world.leaver_states = _leaver_states(world)


# --- legal status and placement -----------------------------------------------------------------------------------


def _of_adoptions(world: World, step: str) -> Array:
    """The day of a step towards adoption in each period of care, blank without one."""
    found = np.full(len(world.care), BLANK, dtype=np.int32)
    found[world.adoptions.care] = world.adoptions.columns[step]
    return found


def _legal_statuses(world: World) -> Rows:
    """Spells of legal status: from accommodation or an emergency to an interim and a full order, or a placement order."""
    rules, chance, care = world.scenario.looked_after, world.chance, world.care
    count = len(care)
    alone = world.children.unaccompanied[care.child]
    age = age_on(world.children.born[care.child], care.start)
    first = chance.pick("legal status", rules.first_legal_status, care.shared)
    first = choose(count, (alone | (first.isin("J1") & (age < rules.remand_from_age)), "V2"), otherwise=first)
    emergency = first.isin("L1", "L2")
    to_court = first.isin("V2") & ~alone & chance.happens("to court", rules.accommodated_to_court, care.shared)
    interim = np.where(
        emergency,
        care.start + chance.band("emergency ends", rules.emergency_ends_cd, care.shared),
        np.where(
            to_court, chance.days_after("to court day", care.start, rules.accommodated_to_court_cd, care.shared), BLANK
        ),
    )
    interim = np.where(first.isin("C1"), care.start, interim)
    lasts = chance.band("interim lasts", rules.interim_order_lasts_cd, care.shared)
    full = np.where(interim == BLANK, BLANK, next_working_day(interim.astype(np.int64) + lasts))
    ordered, undone = _of_adoptions(world, "placement_order"), _of_adoptions(world, "reversed")
    interim = np.where((ordered != BLANK) & (interim >= ordered), BLANK, interim)
    full = np.where((ordered != BLANK) & (full >= ordered), BLANK, full)
    full_again = np.where((ordered != BLANK) & (undone > ordered), undone, BLANK)
    marks = [(care.start, first), (interim, "C1"), (full, "C2"), (ordered, "E1"), (full_again, "C2")]
    parts = []
    for number, (day, status) in enumerate(marks):
        rows = np.flatnonzero((day != BLANK) & (day >= care.start) & ((day < care.end) | (number == 0)))
        if number in (1,):
            rows = rows[~first[rows].isin("C1")]
        words = status[rows] if isinstance(status, Words) else choose(len(rows), otherwise=status)
        parts.append(Rows(care=rows, start=day[rows].astype(np.int32), status=words, order=np.full(len(rows), number)))
    rows = stack(parts)
    rows = rows[np.lexsort((rows.order, rows.start, rows.care))]
    rows = rows[last_of_group(rows.care << DAY_BITS | rows.start)]
    is_last = last_of_group(rows.care)
    number = numbers_in_group(rows.care)
    end = np.where(is_last, care.end[rows.care], np.append(rows.start[1:], 0))
    return rows.having(
        legal_status_id=world.ids(world.serial(care.child[rows.care], care.key[rows.care] % ROUNDS) * 20 + number),
        child=care.child[rows.care],
        end=end.astype(np.int32),
    ).only("legal_status_id", "care", "child", "status", "start", "end")


def _placements(world: World) -> Rows:
    """Placements of every period of care: moves of the settled and the unsettled, changes of status only, adoptive homes."""
    rules, chance, care, people = world.scenario.looked_after, world.chance, world.care, world.scenario.population
    count = len(care)
    placed = _of_adoptions(world, "placed")
    until_moves = np.where(placed == BLANK, care.end, placed).astype(np.int64) - 1
    unsettled = chance.happens("unsettled", rules.unsettled, care.shared)
    parts = [Rows(care=np.arange(count), start=care.start, why=np.zeros(count, dtype=np.int64))]
    for group, first_bands, bands, name in (
        (~unsettled, rules.first_move_after_cd, rules.settled_moves_after_cd, "moves"),
        (unsettled, rules.unsettled_moves_after_cd, rules.unsettled_moves_after_cd, "unsettled moves"),
    ):
        rows = np.flatnonzero(group)
        first = care.start[rows] + chance.band("first of " + name, first_bands, care.key[rows])
        row, _, day = chance.repeated(name, first, until_moves[rows], bands, care.key[rows])
        parts.append(Rows(care=rows[row], start=day, why=np.ones(len(row), dtype=np.int64)))
    home = np.flatnonzero(placed != BLANK)
    parts.append(Rows(care=home, start=placed[home].astype(np.int32), why=np.full(len(home), 2)))
    rows = stack(parts)
    rows = rows[np.lexsort((rows.why, rows.start, rows.care))]
    rows = rows[last_of_group(rows.care << DAY_BITS | rows.start)]
    key = care.key[rows.care] * (1 << 16) + (rows.start - care.start[rows.care])
    ages = age_bands(world.children.born[care.child[rows.care]], rows.start)
    names = ("0", *AGE_BANDS[1:])  # nobody is looked after before birth
    # brothers and sisters come to the same kind of home at first
    kind_key = np.where(rows.why == 0, care.shared[rows.care], key)
    kind = chance.pick_by("placement", ages, [rules.placement[b] for b in names], kind_key)
    early = _of_adoptions(world, "early_permanence") != BLANK
    kind = choose(
        len(rows), (rows.why == 2, ADOPTIVE), (early[rows.care] & (rows.why == 0), "U5"), otherwise=kind,
    )  # fmt: skip
    group = np.select([kind.isin(*FOSTER), kind.isin(*KINSHIP), kind.isin(*PARENTS)], [0, 1, 2], 3)
    providers = [rules.placement_provider[g] for g in ("foster", "kinship", "parents", "home")]
    provider = chance.pick_by("provider", group, providers, key)
    provider = choose(len(rows), (rows.why == 2, "PR1"), otherwise=provider)
    outside = chance.happens("placed out", rules.placed_out, key) & (group != 2)
    rows = rows.having(
        key=key, kind=kind, provider=provider, outside=outside,
        status_only=np.zeros(len(rows), dtype=bool), urn=_urns(world, group, provider, key),
        distance=_distance(world, group, outside, key),
        postcode=chance.pick("placement postcode", dict.fromkeys(people.postcodes, 1.0), key),
        authority=choose(
            len(rows), (~outside, people.home_authority),
            otherwise=chance.pick("placed with", dict.fromkeys(people.neighbouring_authorities, 1.0), key),
        ),
    )  # fmt: skip
    ends = np.where(last_of_group(rows.care), care.end[rows.care], np.append(rows.start[1:], 0)).astype(np.int64)
    rows = stack([rows, _status_changes(world, rows, ends)])
    rows = rows[np.lexsort((rows.start, rows.care))]
    number = numbers_in_group(rows.care)
    is_last = last_of_group(rows.care)
    reason = choose(
        len(rows),
        (np.append(rows.status_only[1:], False) & ~is_last, STATUS_ONLY),
        (np.append(rows.why[1:] == 2, False) & ~is_last, "CARPL"),
        otherwise=chance.pick("placement change", rules.placement_change_reason, rows.key),
    )
    child = care.child[rows.care]
    return rows.having(
        placement_id=world.ids(world.serial(child, care.key[rows.care] % ROUNDS) * 1000 + number),
        child=child,
        number=number,
        home=np.cumsum(~rows.status_only)
        - 1,  # changes of status only share it: they follow the day the child moved in
        end=np.where(is_last, care.end[rows.care], np.append(rows.start[1:], 0)).astype(np.int32),
        next_reason=reason.blank_where(is_last),
    )


def _status_changes(world: World, rows: Rows, ends: Array) -> Rows:
    """The same home and carer under another code: a foster placement becomes long term, the particulars of a home change."""
    rules, chance = world.scenario.looked_after, world.chance
    changing = np.flatnonzero(~rows.kind.isin(ADOPTIVE, *PARENTS))
    own = rows[changing]
    first = own.start + chance.band("first status change", rules.status_changes_after_cd, own.key)
    row, number, day = chance.repeated(
        "status changes", first, ends[changing] - 20, rules.status_changes_after_cd, own.key
    )
    again = own[row]
    long_term = again.kind.translated({"U3": "U1", "U6": "U4"})
    return again.having(
        kind=choose(len(again), (long_term.index >= 0, long_term), otherwise=again.kind), start=next_working_day(day),
        key=again.key + ((number + 1) << 55), status_only=np.ones(len(again), dtype=bool),
    )  # fmt: skip


def _urns(world: World, group: Array, provider: Words, key: Array) -> Words:
    """Made-up registration numbers of inspected settings: homes, and fostering agencies other than the authority's own."""
    numbers = tuple(f"SC9{(n * 7919 + 13) % 100_000:05d}" for n in range(60))
    drawn = Words(world.chance.between("placement urn", 0, 59, key).astype(np.int32), numbers)
    return drawn.blank_where(~((group == 3) | ((group == 0) & ~provider.isin("PR1"))))


def _distance(world: World, group: Array, outside: Array, key: Array) -> Array:
    """Miles from home; 0 with parents."""
    rules, chance = world.scenario.looked_after, world.chance
    near, far = (
        chance.band(n, b, key) for n, b in (("miles", rules.miles_inside), ("miles away", rules.miles_outside))
    )
    tenth = chance.between("tenth of a mile", 0, 9, key) / 10
    return np.where(group == 2, 0.0, np.where(outside, far, near) + tenth).round(1)


# --- missing ------------------------------------------------------------------------------------------------------


def _missing(world: World) -> Rows:
    """Episodes of being missing or absent, from care and from home, to the minute, with offer and answer of an interview."""
    from_care = [_absences(world, *a) for a in (("missing", False), ("absent", True))]
    rows = stack([*from_care, _missing_from_home(world)])
    rules, chance = world.scenario.looked_after, world.chance
    minute = chance.between("missing minute", 0, 23 * 60, rows.key)
    hours = chance.band("missing hours", rules.missing_hours, rows.key)
    start = rows.start.astype(np.int64) * A_DAY + minute.astype(np.int64) * 60
    end = start + hours.astype(np.int64) * AN_HOUR + chance.between("missing minutes", 0, 59, rows.key) * 60
    offered = ~rows.absent & chance.happens("interview offered", rules.return_interview_offered, rows.key)
    rows = rows.having(
        missing_id=world.ids(world.serial(rows.child, rows.round) * 8192 + rows.nth), start_seconds=start, end_seconds=end,
        end=(end // A_DAY).astype(np.int32), offered=offered,
        accepted=offered & chance.happens("interview accepted", rules.return_interview_accepted, rows.key),
    )  # fmt: skip
    rows = rows[(rows.start < world.children.adult_on[rows.child]) & (rows.start <= world.horizon)]
    rows = rows[np.lexsort((rows.start_seconds, rows.child))]
    # nobody is missing twice at once: the latest return so far, child by child, which come one after the other
    back = np.maximum.accumulate((rows.child.astype(np.int64) << 33) + rows.end_seconds)
    before = np.concatenate([[0], back[:-1]])
    rows = rows[(rows.child.astype(np.int64) << 33) + rows.start_seconds > before]
    return rows[np.lexsort((rows.key, rows.start_seconds))]


def _absences(world: World, name: str, absent: bool) -> Rows:
    rules, chance, care = world.scenario.looked_after, world.chance, world.care
    share, gaps = (rules.absent, rules.absent_every_cd) if absent else (rules.goes_missing, rules.missing_every_cd)
    old_enough = birthday(world.children.born[care.child], rules.missing_from_age)
    rows = np.flatnonzero(chance.happens(name + " from care", share, care.key) & (old_enough < care.end))
    kind = chance.pick("how often " + name, {n: g.weight for n, g in gaps.items()}, care.key[rows])
    parts = []
    for number, group in enumerate(gaps.values()):
        own = rows[kind.index == number]
        first = np.maximum(care.start[own], old_enough[own]) + chance.band(
            "first " + name, group.every_cd, care.key[own]
        )
        row, count, day = chance.repeated(name + str(number), first, care.end[own] - 1, group.every_cd, care.key[own])
        nth = count * 2 + absent
        parts.append(Rows(care=own[row], nth=nth, key=care.key[own[row]] * 4096 + nth, start=day.astype(np.int32)))
    found = stack(parts)
    return Rows(
        child=care.child[found.care], care=found.care, round=care.key[found.care] % ROUNDS, nth=found.nth, key=found.key,
        start=found.start, absent=np.full(len(found), absent),
    )  # fmt: skip


def _missing_from_home(world: World) -> Rows:
    rules, chance, told = world.scenario.looked_after, world.chance, world.episodes
    ends = np.where(told.care_start == BLANK, told.closed, told.care_start).astype(np.int64) - 1
    old_enough = age_on(world.children.born[told.child], told.start) >= rules.missing_from_age
    rows = np.flatnonzero(
        ~told.nfa
        & old_enough
        & (ends > told.start)
        & chance.happens("missing from home", rules.missing_from_home, told.number)
    )
    times = chance.band("times missing from home", rules.missing_from_home_times, told.number[rows])
    row, number = np.repeat(rows, times), run_numbers(times)
    key = told.number[row] * 64 + number
    day = told.start[row] + np.floor(chance.uniform("missing from home day", key) * (ends[row] - told.start[row]))
    return Rows(
        child=told.child[row], care=np.full(len(row), -1), round=told.round[row], nth=4096 + number, key=key + (1 << 51),
        start=day.astype(np.int32), absent=np.zeros(len(row), dtype=bool),
    )  # fmt: skip


# --- adopters -----------------------------------------------------------------------------------------------------


def _adopter_families(world: World) -> Rows:
    """Families on their way to adopting, from enquiry to approval or leaving."""
    rules, chance = world.scenario.adopters, world.chance
    months = world.month_range(world.begins_day, world.horizon)
    counts = chance.count("adopters", np.full(len(months), rules.enquiries_a_year * world.factor / 12), months)
    month = np.repeat(months, counts)
    key = month * 1000 + numbers_in_group(month)
    enquiry = world.day_in_month("adopter enquiry", month, key)
    left = chance.uniform("adopters leave", key)
    at_enquiry = left < rules.leaves_at["enquiry"]
    after_1 = ~at_enquiry & chance.happens("leave after stage 1", rules.leaves_at["stage_1"], key)
    after_2 = ~at_enquiry & ~after_1 & chance.happens("leave after stage 2", rules.leaves_at["stage_2"], key)
    stage_1 = chance.days_after("stage 1", where(~at_enquiry, enquiry), rules.stage_1_after_cd, key)
    stage_1_end = chance.days_after("stage 1 ends", stage_1, rules.stage_1_takes_cd, key)
    stage_2 = chance.days_after("stage 2", where(~after_1, stage_1_end), rules.stage_2_after_cd, key)
    stage_2_end = chance.days_after("stage 2 ends", stage_2, rules.stage_2_takes_cd, key)
    approved = chance.days_after("approval", where(~after_2, stage_2_end), rules.approved_after_cd, key)
    last = np.select([at_enquiry, after_1, after_2], [enquiry, stage_1_end, stage_2_end], BLANK)
    leaves = chance.days_after("adopters leave day", last, rules.leaves_after_cd, key)
    waits = chance.days_after("adopters wait", approved, rules.approved_wait_at_most_cd, key)
    return Rows(
        family_id=world.identities(7_000_000 + np.arange(len(key))), key=key, enquiry=enquiry, stage_1=stage_1,
        stage_1_end=stage_1_end, stage_2=stage_2, stage_2_end=stage_2_end, approved=approved,
        left=np.where(leaves == BLANK, waits, leaves).astype(np.int32),
        left_reason=chance.pick("adopters left", rules.leaving_reason, key), couple=chance.happens("couple", rules.couples, key),
        early_permanence=chance.happens("adopters early permanence", rules.fostering_for_adoption, key),
    )  # fmt: skip


def _match_families(world: World) -> Array:
    """For each adoption the position of its adopters, -1 without one of the authority's own.

    One after the other in the order of matching, the family approved first goes first; children of a family matched on a day
    go together. A loop: about 30 matches a year in a county, and each depends on the ones before.
    """
    cases, families = world.adoptions, world.adopter_families
    found = np.full(len(cases), -1, dtype=np.int64)
    approved = np.flatnonzero(families.approved != BLANK)
    waiting = deque(approved[np.argsort(families.approved[approved], kind="stable")].tolist())
    left = families.left.copy()
    ready: deque[int] = deque()
    given: dict[tuple[int, int], int] = {}
    for case in np.argsort(np.where(cases.matched == BLANK, NEVER, cases.matched), kind="stable").tolist():
        day = int(cases.matched[case])
        if day == BLANK:
            break
        while waiting and families.approved[waiting[0]] <= day:
            ready.append(waiting.popleft())
        while ready and left[ready[0]] <= day:
            ready.popleft()
        together = (int(world.children.family[cases.child[case]]), day)
        if together not in given and ready:
            given[together] = ready.popleft()
            left[given[together]] = BLANK
        found[case] = given.get(together, -1)
    world.adopter_families = families.having(left=left)
    return found


# --- care leavers -------------------------------------------------------------------------------------------------


def _leaver_states(world: World) -> Rows:
    """Care leavers' circumstances from each review on: in touch, where they live, what they do."""
    rules, chance, leavers = world.scenario.care_leavers, world.chance, world.leavers
    last = np.minimum(leavers.end - 1, world.horizon)
    row, number, day = chance.repeated("leaver review", leavers.start, last, rules.reviewed_every_cd, leavers.key)
    key = leavers.key[row] * 256 + number
    kept = (number == 0) | chance.happens("leaver changes", rules.changes_at_review, key)
    row, number, day, key = row[kept], number[kept], day[kept], key[kept]
    in_touch = chance.pick("in touch", rules.in_touch, key)
    lost = in_touch.isin("no")
    home = choose(len(row), (lost, "R"), otherwise=chance.pick("accommodation", rules.accommodation, key))
    unsuitable = home.isin(*rules.always_unsuitable) | chance.happens("unsuitable", rules.otherwise_unsuitable, key)
    young = day < world.children.adult_on[leavers.child[row]]
    activity = chance.pick("activity", rules.activity, key)
    activity_young = chance.pick("activity before 18", rules.activity_before_18, key)
    back = day - chance.band("lost contact", rules.last_contact_when_lost_cd, key)
    return Rows(
        leaver=row, start=day, in_touch=in_touch, accommodation=home,
        suitable=choose(len(row), (home.isin("G", "H", "R"), None), (unsuitable, "unsuitable"), otherwise="suitable"),
        activity=choose(len(row), (lost, None), (young, activity_young), otherwise=activity),
        lost_since=where(lost, np.maximum(back, leavers.start[row])),
    )  # fmt: skip
