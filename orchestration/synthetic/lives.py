"""Children, their families and everything that happens to them in need: contacts, referrals, assessments, enquiries, plans, closure.

Lives are told in rounds: every child's first referral with all that follows from it, then the referral of those who come
back, and so on. A round is worked out for all its children at once. Brothers and sisters share the lots of their family
(source, findings, days of conferences) unless a lot of their own says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.periods import parse_period
from orchestration.synthetic import care
from orchestration.synthetic.chance import Bands
from orchestration.synthetic.days import (
    AGE_BANDS,
    age_bands,
    birthday,
    day_number,
    is_working,
    month_number,
    next_working_day,
    working_days_after,
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
    word,
)
from orchestration.synthetic.spells import DAY_BITS, NEVER, where
from orchestration.synthetic.world import ROUNDS

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

AGE_DAYS = {"0": (1, 364), "1-4": (366, 1825), "5-9": (1827, 3650), "10-15": (3653, 5842), "16-17": (5845, 6480)}
# blocks of the numbers that become case numbers of people, so that none ever meets another
SECOND_NUMBER, CONTACT_CHILD, NEW_IDENTITY, MOTHER = 2_500_000, 3_000_000, 4_500_000, 6_000_000
FAMILIES_A_MONTH, CHILDREN_A_FAMILY = 1 << 16, 8
YEAR = 365.25


def live(world: World) -> None:
    """Make children, contacts, early help, and all that hangs on referrals; put the tables into the world."""
    children, referred = _arrivals(world)
    children, doubles = _with_doubles(world, children)
    rounds = []
    for number in range(ROUNDS):
        if not len(referred):
            break
        told = _round(world, children, referred, number)
        rounds.append(told)
        referred = _returns(world, children, told, doubles if number == 0 else None)
    told = stack(rounds)
    told = told[np.lexsort((told.number, told.contact_day))]
    _put_referrals(world, children, told)
    _other_contacts(world, children, told)
    world.doubles = _found_doubles(world, doubles)
    world.statuses = _statuses(world, told)
    world.allocations = _allocations(world)


# --- arrivals -----------------------------------------------------------------------------------------------------


def _arrivals(world: World) -> tuple[Rows, Rows]:
    """Families referred for the first time, month by month, and their children; one row a child in both."""
    people, rules, chance = world.scenario.population, world.scenario.referrals, world.chance
    months = world.month_range(world.begins_day, world.horizon)
    size = np.array([int(n) for n in people.children_in_family])
    mean_size = float(np.average(size, weights=list(people.children_in_family.values())))
    alone = world.scenario.looked_after.starts_a_year * world.scenario.looked_after.unaccompanied
    new = (rules.a_year - alone) * (1 - rules.comes_back) / mean_size
    families = _families(world, "families", months, new)
    count = size[chance.pick("children referred", people.children_in_family, families.key).index]
    # planted: a family each quarter that expects twins, referred months before, so that some are always unborn
    twins_due = (families.key % FAMILIES_A_MONTH == 0) & (families.key // FAMILIES_A_MONTH % 3 == 0)
    count = np.where(twins_due, 2, count)
    transferred = chance.happens("transfer in", rules.transfer_in, families.key)
    alone_ones = _families(world, "unaccompanied", months, alone)
    key = np.concatenate([np.repeat(families.key, count), alone_ones.key + (FAMILIES_A_MONTH >> 1)])
    position = np.concatenate([run_numbers(count), np.zeros(len(alone_ones), dtype=np.int64)])
    day = np.concatenate([np.repeat(families.day, count), alone_ones.day])
    unaccompanied = np.concatenate([np.zeros(int(count.sum()), dtype=bool), np.ones(len(alone_ones), dtype=bool)])
    moved_in = np.concatenate([np.repeat(transferred, count), np.zeros(len(alone_ones), dtype=bool)])
    order = np.lexsort((position, key))
    key, position, day, unaccompanied, moved_in = (c[order] for c in (key, position, day, unaccompanied, moved_in))
    twins_due = np.isin(key, families.key[twins_due])
    children = _people(world, key, position, day, unaccompanied, rules.ages, twins_due)
    kept = (day <= world.horizon) & (children.adult_on > day + 60) & children.possible
    children, day, moved_in = children[kept], day[kept], moved_in[kept]
    referred = Rows(child=np.arange(len(children)), contact_day=day, transfer_in=moved_in)
    return children.having(serial=np.arange(len(children))), referred


def _with_doubles(world: World, children: Rows) -> tuple[Rows, Array]:
    """The children, and after them again those who get a second case number when they come back; the second of each (-1: none).

    A second record is a mistake of the front door: nobody saw that the child was known.
    """
    twice = np.flatnonzero(world.chance.happens("two ids", world.scenario.population.two_ids, children.number))
    again = children[twice]
    again = again.having(serial=SECOND_NUMBER + twice, number=again.number + (1 << 42))
    double = np.full(len(children) + len(twice), -1)
    double[twice] = len(children) + np.arange(len(twice))
    children = stack([children, again])
    return children.having(child_id=world.identities(children.serial)), double


def _found_doubles(world: World, double: Array) -> Rows:
    """Second case numbers that came to be used, and the day somebody found that two numbers are one child."""
    first = np.flatnonzero(double >= 0)
    used = np.isin(double[first], world.episodes.child)
    first = first[used]
    second = double[first]
    begins = np.full(len(world.children), NEVER)
    np.minimum.at(begins, world.episodes.child, world.episodes.start)
    found = begins[second] + world.chance.between("two ids found", 20, 120, world.children.number[second])
    return Rows(child=second, original=first, found=found.astype(np.int32))


def _families(world: World, purpose: str, months: Array, a_year: float) -> Rows:
    """Families that arrive in each month: a key that later months never change, and the day."""
    rows = world.events(purpose, world.monthly(a_year, months), months)
    return Rows(key=rows.month * FAMILIES_A_MONTH + rows.nth, day=rows.day)


def _people(
    world: World,
    key: Array,
    position: Array,
    day: Array,
    unaccompanied: Array,
    ages: dict[str, float],
    twins_due: Array | None = None,
) -> Rows:
    """Children of families known from `day` on: births, sex, ethnicity, disability; brothers and sisters hang together."""
    people, care_rules, chance = world.scenario.population, world.scenario.looked_after, world.chance
    number = key * CHILDREN_A_FAMILY + position
    eldest = _born(world, "age", ages, day, key)
    if twins_due is not None:
        eldest = np.where(twins_due, day + chance.between("twins due", 130, 190, key), eldest)
    twin = (position == 1) & chance.happens("twins", people.twins, key)
    twin |= (position == 1) & (twins_due if twins_due is not None else False)
    other, possible = _sibling_born(world, key, position, number, eldest, day)
    born = np.where((position == 0) | twin, eldest, other)
    possible |= (position == 0) | twin
    late_teens = day - chance.band("unaccompanied age", care_rules.unaccompanied_age_cd, number)
    born = np.where(unaccompanied, late_teens, born).astype(np.int32)
    sex = chance.pick("sex", people.sex, number)
    boys = chance.happens("unaccompanied sex", care_rules.unaccompanied_male, number)
    ethnicity = chance.pick("ethnicity", people.ethnicity, key)
    theirs = chance.pick("unaccompanied ethnicity", care_rules.unaccompanied_ethnicity, number)
    family = np.unique(key, return_inverse=True)[1]
    return Rows(
        number=number,
        family=key,
        family_number=family.astype(np.int64),
        known_from=day.astype(np.int32),
        possible=possible,
        born=born,
        adult_on=birthday(born, 18),
        sex=choose(len(number), (unaccompanied & boys, "male"), (unaccompanied, "female"), otherwise=sex),
        ethnicity=choose(len(number), (unaccompanied, theirs), otherwise=ethnicity),
        disability=chance.pick("disability", people.disability, number),
        birth_blank=(born > day)
        & chance.happens("birth blank", world.scenario.world.unborn_date_of_birth_blank, number),
        unaccompanied=unaccompanied,
        planted=twins_due if twins_due is not None else np.zeros(len(number), dtype=bool),
        own_way=chance.happens("own way", people.goes_own_way, number),
    )


def _sibling_born(
    world: World, key: Array, position: Array, number: Array, first: Array, day: Array
) -> tuple[Array, Array]:
    """Births of brothers and sisters, in turn before and after the first child's, never closer than the scenario's years; and
    whether there is such a day: nobody is grown up, or expected for longer than a pregnancy lasts, on `day`."""
    low, high = world.scenario.population.years_between_siblings
    side = np.where(world.chance.happens("younger", 0.55, key), 1, -1) * np.where(position % 2 == 1, 1, -1)
    gap = world.chance.between("years between", low, high, number)
    born = first + side * (gap + (position - 1) // 2 * (low + high))
    swapped = first - side * (gap + ((position - 1) // 2 + 2) * (low + high))  # beyond all on the other side

    def fits(days: Array) -> Array:
        return (birthday(days, 18) >= day + 250) & (days <= day + 190)

    return np.where(fits(born), born, swapped), fits(born) | fits(swapped)


def _born(world: World, purpose: str, ages: dict[str, float], day: Array, key: Array) -> Array:
    """Days of birth that put children into age bands on `day`."""
    low, high = world.scenario.world.unborn_known_days_before_birth
    bands: list[Bands] = [[(-high, -low, 1)] if b == "unborn" else [(*AGE_DAYS[b], 1)] for b in ages]
    band = world.chance.pick(purpose, ages, key)
    return (day - world.chance.band_by(purpose + " days", band.index, bands, key)).astype(np.int32)


# --- one referral and what follows ----------------------------------------------------------------------------------


def _round(world: World, children: Rows, referred: Rows, number: int) -> Rows:
    """Everything that follows from one referral of each child, up to closure: one wide row a referral, days BLANK where
    a step does not come."""
    scenario, chance = world.scenario, world.chance
    rules, child = scenario.referrals, referred.child
    born, adult = children.born[child], children.adult_on[child]
    key = children.number[child] * ROUNDS + number  # this child's referral
    # what the family shares: its children referred on the same day
    shared = np.where(children.own_way[child], key, children.family[child] * (1 << 15) + referred.contact_day)
    together = children.family[child] * (1 << 15) + referred.contact_day
    contact = referred.contact_day
    alone, moved_in = children.unaccompanied[child] & (number == 0), referred.transfer_in
    decided = chance.working_days_after("contact decided", contact, scenario.contacts.decided_after_wd, together)
    start = np.where(alone, next_working_day(contact), decided).astype(np.int32)
    planted = children.planted[child] & (number == 0)
    nfa = chance.happens("nfa", rules.nfa, together) & ~alone & ~moved_in & ~planted
    told = Rows(
        number=key,
        shared=shared,
        together=together,
        child=child,
        round=np.full(len(child), number, dtype=np.int32),
        contact_day=contact,
        start=start,
        transfer_in=moved_in,
        source=chance.pick("source", rules.source, together),
        need=chance.pick("need", rules.need, together),
        nfa=nfa,
    )
    told = _assess(world, told, born)
    told = told.having(in_need=told.in_need | planted)
    told = _protect(world, told, born, adult, alone)
    told = care.enter(world, children, told, alone)
    told = told.having(in_need=told.in_need | (told.care_start != BLANK))
    return _plan_and_close(world, children, told)


def _assess(world: World, told: Rows, born: Array) -> Rows:
    """The assessment: its days, whether the child is seen, whether it finds a child in need."""
    rules, chance = world.scenario.assessments, world.chance
    begins = chance.working_days_after("assessment starts", told.start, rules.starts_after_wd, told.together)
    eras = np.array([day_number(e.since) for e in rules.takes_wd])
    era = np.maximum(np.searchsorted(eras, begins, side="right") - 1, 0)
    takes = chance.band_by("assessment takes", era, [e.bands for e in rules.takes_wd], told.shared)
    ends = working_days_after(begins, takes)
    seen = chance.days_after("first seen", begins, rules.first_seen_after_cd, told.shared)
    never = chance.happens("never seen", rules.never_seen, told.number)
    seen = np.where(never | (born > ends), BLANK, np.maximum(np.minimum(seen, ends), next_working_day(born)))
    seen = np.where((seen > ends), BLANK, seen)
    return told.having(
        assessment=where(~told.nfa, begins),
        authorised=where(~told.nfa, ends),
        seen_on=where(~told.nfa, seen),
        in_need=~told.nfa & chance.happens("in need", rules.in_need, told.shared),
    )


def _protect(world: World, told: Rows, born: Array, adult: Array, alone: Array) -> Rows:
    """Enquiries at the assessment and during a plan, conferences, child in need plans and the child protection plan."""
    rules, plans, chance = world.scenario.section_47, world.scenario.child_in_need_plans, world.chance
    protection = world.scenario.child_protection
    to_conference = np.array([rules.to_conference[b] for b in AGE_BANDS])
    active = ~told.nfa
    # an enquiry at the assessment
    asked = active & ~alone & (chance.happens("s47", rules.at_assessment, told.shared) | told.transfer_in)
    first = chance.working_days_after("s47 starts", told.assessment, rules.starts_after_wd, told.shared)
    likely = to_conference[age_bands(born, first)] * _trend(world, rules.conference_drift_a_year, first)
    held_1 = asked & (chance.happens("s47 to conference", likely, told.shared) | told.transfer_in)
    icpc_1 = chance.working_days_after("s47 conference", first, rules.conference_after_wd, told.shared)
    planned_1 = held_1 & (
        chance.happens("conference to plan", rules.conference_to_plan, told.shared) | told.transfer_in
    )
    in_need = (told.in_need | held_1 | alone) & active
    # a child in need plan, when no child protection plan comes first
    has_plan = in_need & ~planned_1 & ~alone & (chance.happens("cin plan", plans.made, told.shared) | held_1)
    ready = np.where(held_1, np.maximum(told.authorised, icpc_1), told.authorised)
    cin_start = np.where(
        has_plan, chance.working_days_after("cin plan starts", ready, plans.starts_after_wd, told.shared), BLANK
    )
    lasts = chance.band("cin plan lasts", plans.lasts_cd, told.shared)
    cin_end = np.where(has_plan, next_working_day(cin_start + lasts), BLANK)
    # a second enquiry during the plan, which may step the child up
    asked_2 = has_plan & chance.happens("s47 at plan", rules.at_cin_plan, told.shared)
    share = 0.05 + 0.85 * chance.uniform("s47 at plan day", told.shared)
    second = next_working_day(np.where(asked_2, cin_start + np.floor(lasts * share), BLANK).astype(np.int64))
    likely = to_conference[age_bands(born, np.where(asked_2, second, told.start))]
    likely = likely * _trend(world, rules.conference_drift_a_year, np.where(asked_2, second, told.start))
    held_2 = asked_2 & chance.happens("s47 at plan to conference", likely, told.shared)
    icpc_2 = chance.working_days_after("s47 at plan conference", second, rules.conference_after_wd, told.shared)
    planned_2 = held_2 & chance.happens("second conference to plan", rules.conference_to_plan, told.shared)
    cin_end = np.where(planned_2, icpc_2, np.where(held_2, np.maximum(cin_end, icpc_2), cin_end))
    cp_start = np.where(planned_1, icpc_1, np.where(planned_2, icpc_2, BLANK))
    eras = np.array([day_number(e.since) for e in protection.lasts_cd])
    era = np.maximum(np.searchsorted(eras, cp_start, side="right") - 1, 0)
    cp_lasts = chance.band_by("cp plan lasts", era, [e.bands for e in protection.lasts_cd], told.shared)
    cp_end = np.where(cp_start == BLANK, BLANK, next_working_day(cp_start.astype(np.int64) + cp_lasts))
    return told.having(
        s47_1=where(asked, first),
        icpc_1=where(held_1, icpc_1),
        s47_2=second.astype(np.int32),
        icpc_2=where(held_2, icpc_2),
        in_need=in_need,
        cin_start=cin_start.astype(np.int32),
        cin_end=cin_end.astype(np.int32),
        cp_start=cp_start.astype(np.int32),
        cp_end=cp_end.astype(np.int32),
    )


def _trend(world: World, a_year: float, day: Array) -> Array:
    """A slow drift of practice: 1 in the scenario's year."""
    years = (day - day_number(world.scenario.population.drift_from)) / YEAR
    return (1 + a_year) ** np.clip(years, -12, 12)


def _plan_and_close(world: World, children: Rows, told: Rows) -> Rows:
    """What follows a child protection plan or a period of care, and when and why the case closes."""
    plans, assess, chance = world.scenario.child_in_need_plans, world.scenario.assessments, world.chance
    adult, entered = children.adult_on[told.child], told.care_start != BLANK
    # care ends what was going on: a plan goes on for a little, a conference to come is not held
    goes_on = chance.band(
        "plan after entering", world.scenario.child_protection.ends_after_entering_care_cd, told.number
    )
    stopped = np.where(entered, told.care_start, NEVER)
    until = np.minimum(stopped, adult)
    cp_start = np.where(told.cp_start >= until, BLANK, told.cp_start)
    cp_end = np.where(cp_start == BLANK, BLANK, np.minimum(told.cp_end, stopped.astype(np.int64) + goes_on))
    cp_end = np.minimum(cp_end, np.where(entered, told.care_end, adult))
    cin_start = np.where(told.cin_start >= until, BLANK, told.cin_start)
    cin_end = np.where(cin_start == BLANK, BLANK, np.minimum(told.cin_end, until))

    def before_care(day: Array) -> Array:
        return np.where(day >= until, BLANK, day)

    icpc_1, icpc_2 = before_care(told.icpc_1), before_care(told.icpc_2)
    s47_1, s47_2 = before_care(told.s47_1), before_care(told.s47_2)
    # stepping down after a plan, or a plan at home after care
    down = (cp_start != BLANK) & ~entered & chance.happens("cin plan after cp", plans.after_protection, told.shared)
    home = entered & (told.care_end < NEVER) & told.home_with_plan
    down_start = np.where(down, cp_end, np.where(home, told.care_end, BLANK))
    lasts = chance.band("cin plan after cp lasts", plans.after_protection_lasts_cd, told.shared)
    down = down_start != BLANK
    down &= down_start < adult
    down_start = np.where(down, down_start, BLANK)
    down_end = np.where(down, np.minimum(next_working_day(down_start.astype(np.int64) + lasts), adult), BLANK)
    # closure
    slow = chance.band("long case lasts", plans.long_without_plan_cd, told.shared)
    is_long = chance.happens("long case", plans.long_without_plan, told.shared)
    soon = chance.working_days_after("closes without plan", told.authorised, plans.closes_without_plan_wd, told.shared)
    after_cp = chance.working_days_after(
        "closes after cp", np.where(cp_end == BLANK, 0, cp_end), [(0, 8, 1)], told.shared
    )
    unplanned = np.where(is_long & told.in_need, told.authorised.astype(np.int64) + slow, soon)
    stays = chance.happens("case of leaver stays open", world.scenario.care_leavers.case_stays_open, told.number)
    leaves = np.where((told.leaver_end != BLANK) & stays, told.leaver_end, told.care_end)
    closed = np.where(
        told.nfa,
        told.start,
        np.where(
            ~told.in_need,
            told.authorised,
            np.where(
                down,
                down_end,
                np.where(
                    entered,
                    leaves,
                    np.where(cp_start != BLANK, after_cp, np.where(cin_start != BLANK, cin_end, unplanned)),
                ),
            ),
        ),
    )
    closed = np.where(entered, closed, np.minimum(closed, adult)).astype(np.int64)
    closed = np.maximum(closed, np.where(entered, told.care_end, told.start))
    # nothing is recorded after the case has closed
    s47_1, s47_2 = (np.where(day >= closed, BLANK, day) for day in (s47_1, s47_2))
    authorised = np.where(told.nfa, BLANK, np.minimum(told.authorised, closed))
    reason = choose(
        len(told),
        (told.nfa, "RC9"),
        (~told.in_need, chance.pick("not in need reason", assess.not_in_need_reason, told.shared)),
        (entered & ~down, told.care_reason),
        otherwise=chance.pick("closure reason", plans.closure_reason, told.shared),
    )
    done = {
        "s47_1": s47_1,
        "s47_2": s47_2,
        "icpc_1": icpc_1,
        "icpc_2": icpc_2,
        "cin_start": cin_start,
        "cin_end": cin_end,
    }
    done |= {"cp_start": cp_start, "cp_end": cp_end, "down_start": down_start, "down_end": down_end, "closed": closed}
    return told.having(
        **{n: c.astype(np.int32) for n, c in done.items()}, authorised=authorised.astype(np.int32), reason=reason
    )


def _returns(world: World, children: Rows, told: Rows, doubles: Array | None) -> Rows:
    """Who is referred again after this round, and when; nobody while the case is open. Some come back under a second number."""
    rules, chance = world.scenario.referrals, world.chance
    nearest, farthest = rules.again_gap_cd
    opens = (told.closed < told.start + farthest - 20) & ~told.gone & (told.leaver_end == BLANK)
    lot = chance.uniform("comes back", told.shared)
    again = opens & (lot < rules.again_within_a_year)
    later = ~told.gone & (told.leaver_end == BLANK) & ~again & (lot > 1 - rules.back_after_a_year)
    # an unaccompanied child came alone: nobody is at home to worry about
    first = np.maximum(told.closed + nearest, told.start + nearest).astype(np.int64)
    wait = np.floor(chance.uniform("comes back day", told.shared) * np.maximum(told.start + farthest - first, 1))
    day = np.where(again, first + wait, 0)
    long_wait = chance.wait("comes back later", rules.back_wait_cd, told.shared)
    day = np.where(later, np.maximum(told.closed + 1, told.start + rules.back_gap_cd) + long_wait, day).astype(np.int64)
    day = _usual_day(world, day, told.shared)
    adult, born = children.adult_on[told.child], children.born[told.child]
    kept = (again | later) & (day > told.closed) & (day <= world.horizon) & (day + 60 < adult) & (born <= day)
    child = told.child[kept]
    if doubles is not None:
        child = np.where(doubles[child] >= 0, doubles[child], child)
    return Rows(child=child, contact_day=day[kept].astype(np.int32), transfer_in=np.zeros(len(child), dtype=bool))


def _usual_day(world: World, day: Array, key: Array) -> Array:
    """Days as contacts come: most on working days, and in a quiet month some a month later instead."""
    weights = np.array(world.scenario.population.month_weights)
    quiet = 1 - np.minimum(weights, 1.0)
    later = world.chance.happens("in a quiet month", quiet[month_number(day) % 12], key)
    day = np.where(later, day + 31, day)
    moved = world.chance.happens("on a working day", 0.85, key)
    return np.where(moved & ~is_working(day), next_working_day(day), day)


# --- tables -------------------------------------------------------------------------------------------------------


def _put_referrals(world: World, children: Rows, told: Rows) -> None:
    """Cut the wide rows of the rounds into the world's tables, one row a thing."""
    rules = world.scenario.section_47
    chance, everyone = world.chance, np.arange(len(told))
    world.children = children
    referral_id = world.ids(1_000_000_000 + world.serial(told.child, told.round))
    world.episodes = told.having(referral_id=referral_id, key=told.number)
    had = ~told.nfa
    world.assessments = Rows(
        assessment_id=referral_id, child=told.child, episode=everyone, key=told.number, shared=told.shared,
        start=told.assessment, authorised=told.authorised, seen_on=told.seen_on, in_need=told.in_need,
        **_recorded(world, told),
    )[had]  # fmt: skip
    enquiries = stack(
        [
            Rows(
                s47_id=world.ids(world.serial(told.child, told.round) * 2 + n),
                child=told.child,
                episode=everyone,
                key=told.number * 2 + n,
                shared=told.shared,
                start=start,
                conference=conference,
                led_to_plan=(conference != BLANK) & (told.cp_start == conference),
                transfer_in=told.transfer_in & (n == 0),
            )[start != BLANK]  # fmt: skip
            for n, (start, conference) in enumerate(((told.s47_1, told.icpc_1), (told.s47_2, told.icpc_2)))
        ]
    )
    done = chance.working_days_after("s47 concluded", enquiries.start, rules.concluded_after_wd, enquiries.shared)
    held = enquiries.conference != BLANK
    enquiries = enquiries.having(
        concluded=np.minimum(np.where(held, enquiries.conference, told.closed[enquiries.episode]), done).astype(
            np.int32
        ),
        # a conference is of the family: one number for its children of the day
        meeting_id=world.ids(
            np.where(held, children.family_number[enquiries.child] * 100_000 + enquiries.conference % 100_000, -1)
        ),
    )
    world.enquiries = enquiries[np.lexsort((enquiries.key, enquiries.start))]
    spells = [(told.cin_start, told.cin_end), (told.down_start, told.down_end)]
    cin = stack(
        [
            Rows(
                cin_plan_id=world.ids(world.serial(told.child, told.round) * 2 + n),
                child=told.child,
                episode=everyone,
                key=told.number * 2 + n,
                start=start,
                end=np.maximum(start, end),
            )[start != BLANK]  # fmt: skip
            for n, (start, end) in enumerate(spells)
        ]
    )
    world.cin_plans = cin[np.lexsort((cin.key, cin.start))]
    world.plans = _protection_plans(world, told)
    care.put_periods(world, told)


def _recorded(world: World, told: Rows) -> dict[str, Array]:
    """When authorisations were recorded (some weeks later), and those first recorded with a wrong day: `told_first` until
    `corrected`. Only of assessments that a plan or other help followed: the closing of the others is recorded with them."""
    rules, chance = world.scenario.recording, world.chance
    late = told.in_need & chance.happens("authorised late", rules.authorisations_late, told.number)
    after = np.where(late, chance.band("authorised recorded", rules.late_by_cd, told.number), 0)
    recorded = (told.authorised + after).astype(np.int32)
    wrong = told.in_need & chance.happens("authorised wrong", rules.authorisations_corrected, told.number)
    told_first = working_days_after(np.maximum(told.authorised - 12, told.assessment), 0)
    corrected = recorded + chance.between("authorised corrected", 35, 100, told.number)
    wrong &= told_first < told.authorised
    return {"recorded": recorded, "told_first": where(wrong, told_first), "corrected": where(wrong, corrected)}


def _protection_plans(world: World, told: Rows) -> Rows:
    """Child protection plans with the number of plans before, also of those before the records begin."""
    rules, chance = world.scenario.child_protection, world.chance
    had = told.cp_start != BLANK
    plans = Rows(
        cp_plan_id=world.ids(world.serial(told.child, told.round)), child=told.child, key=told.number, shared=told.shared,
        episode=np.arange(len(told)), start=told.cp_start, end=np.maximum(told.cp_end, told.cp_start),
        transfer_in=told.transfer_in,
    )[had]  # fmt: skip
    plans = plans[np.lexsort((plans.start, plans.child))]
    known = numbers_in_group(plans.child)
    number = world.children.number[plans.child]
    before = chance.happens("plan before the records", rules.plan_before_the_records, number).astype(np.int64)
    before += (before > 0) & chance.happens("more before", rules.more_before, number)
    category = chance.pick("category", rules.category, plans.shared)
    changes = chance.happens("category changes", rules.category_changes, plans.key)
    later = chance.pick("later category", rules.category, plans.key)
    plans = plans.having(
        category=category,
        latest_category=choose(len(plans), (changes, later), otherwise=category),
        category_changed=where(changes, plans.start + (plans.end - plans.start) // 2),
        previous=before + known,
        emergency=chance.happens("emergency protection", rules.emergency_protection, plans.key),
        enquiry=_enquiry_of(world, plans),
    )
    return plans[np.lexsort((plans.key, plans.start))]


def _enquiry_of(world: World, plans: Rows) -> Array:
    enquiries = world.enquiries
    led = np.flatnonzero(enquiries.led_to_plan)
    order = led[np.argsort(enquiries.episode[led], kind="stable")]
    at = np.clip(np.searchsorted(enquiries.episode[order], plans.episode), 0, len(order) - 1)
    return np.where(enquiries.episode[order][at] == plans.episode, order[at], -1)


# --- contacts and early help --------------------------------------------------------------------------------------


def _other_contacts(world: World, children: Rows, told: Rows) -> None:
    """Contacts that do not become referrals, beside those that did; early help that follows some; the children they name."""
    rules, chance = world.scenario.contacts, world.chance
    months = world.month_range(_contacts_begin(world), world.horizon)
    expected = world.monthly(rules.a_year * (1 - rules.become_referral), months)
    events = world.events("contacts", expected, months, "contact day")
    events = events[events.day <= world.horizon]
    key, day = events.month * FAMILIES_A_MONTH + events.nth, events.day
    known = _known_child(world, children, told, day, key)
    fresh = np.flatnonzero(known < 0)
    strangers = _people(
        world, key[fresh] + (1 << 40), np.zeros(len(fresh), dtype=np.int64), day[fresh], np.zeros(len(fresh), dtype=bool),
        rules.ages,
    )  # fmt: skip
    serial = CONTACT_CHILD + np.arange(len(fresh))
    strangers = strangers.having(
        serial=serial, child_id=world.identities(serial), family_number=CONTACT_CHILD + strangers.family_number
    )
    child = known.copy()
    child[fresh] = len(children) + np.arange(len(fresh))
    world.children = stack([children, strangers])
    world.children = world.children.having(
        family_id=world.identities(world.children.family_number),
        died=np.full(len(world.children), BLANK, dtype=np.int32),
    )
    world.children.died[told.child[told.died != BLANK]] = told.died[told.died != BLANK]
    to_help = rules.become_early_help / (1 - rules.become_referral)
    helped = chance.happens("contact to early help", to_help, key)
    advised = chance.happens("contact to information", rules.information, key)
    count = len(child)
    others = Rows(
        contact_id=world.ids(key), child=child, key=key, day=day,
        source=chance.pick("contact source", world.scenario.referrals.source, key),
        outcome=choose(count, (helped, "early_help"), (advised, "information"), otherwise="no_action"),
        decided=chance.working_days_after("contact decided", day, rules.decided_after_wd, key),
        episode=np.full(count, -1),
    )  # fmt: skip
    referrals = Rows(
        contact_id=world.ids((1 << 39) + world.serial(told.child, told.round)), child=told.child, key=told.number,
        day=told.contact_day, source=told.source, outcome=word("referral", len(told)), decided=told.start,
        episode=np.arange(len(told)),
    )  # fmt: skip
    contacts = stack([others, referrals[told.contact_day >= _contacts_begin(world)], _new_identities(world, told)])
    world.contacts = contacts[np.lexsort((contacts.key, contacts.day))]
    world.early_help = _early_help(world)


def _new_identities(world: World, told: Rows) -> Rows:
    """Planted: adopted children about whom somebody later calls. The authority records them as new people, under new numbers
    and in a new family, and nothing may ever join the two identities. Returns their contacts."""
    chance, people = world.chance, world.children
    adopted = np.flatnonzero(
        told.exit.isin("adopted") & (told.care_end <= world.horizon)
        & chance.happens("known again", world.scenario.adoption.known_under_a_new_identity, told.number)
    )  # fmt: skip
    key = told.number[adopted] + (1 << 57)
    day = next_working_day(told.care_end[adopted] + chance.between("known again after", 40, 500, key))
    kept = (day <= world.horizon) & (day + 60 < people.adult_on[told.child[adopted]])
    adopted, key, day = adopted[kept], key[kept], day[kept]
    # numbered in the order of adoption, so that no sum leads from one number to the other
    orders = np.flatnonzero(told.exit.isin("adopted") & (told.care_end <= world.horizon))
    orders = orders[np.lexsort((told.number[orders], told.care_end[orders]))]
    place = np.zeros(len(told), dtype=np.int64)
    place[orders] = np.arange(len(orders))
    serial = NEW_IDENTITY + place[adopted] * 7 + 3
    new = people[told.child[adopted]].having(
        serial=serial, child_id=world.identities(serial), family=key, family_id=world.identities(serial),
        number=people.number[told.child[adopted]] + (1 << 41), known_from=day.astype(np.int32), died=np.full(len(adopted), BLANK, dtype=np.int32),
    )  # fmt: skip
    position = len(people) + np.arange(len(adopted))
    world.children = stack([people, new])
    world.new_identities = Rows(child=position, old=told.child[adopted], order=told.care_end[adopted], contact=day)
    return Rows(
        contact_id=world.ids((1 << 38) + serial), child=position, key=key, day=day,
        source=word("1A", len(adopted)), outcome=word("information", len(adopted)), decided=day,
        episode=np.full(len(adopted), -1),
    )  # fmt: skip


def _contacts_begin(world: World) -> int:
    return day_number(parse_period(world.scenario.world.contacts_begin).start)


def _known_child(world: World, children: Rows, told: Rows, day: Array, key: Array) -> Array:
    """For each contact a child referred in the two years before (position), or -1 for one not known before."""
    chance, rules = world.chance, world.scenario.contacts
    high = np.searchsorted(told.contact_day, day)
    low = np.searchsorted(told.contact_day, day - 730)
    at = low + np.floor(chance.uniform("known child", key) * (high - low)).astype(np.int64)
    at = np.clip(at, 0, len(told) - 1)
    child = told.child[at]
    fits = (high > low) & (children.born[child] <= day) & (children.adult_on[child] > day + 60)
    fits &= ~told.gone[at] & (told.leaver_end[at] == BLANK) & chance.happens("contact of known", rules.known_child, key)
    return np.where(fits, child, -1)


def _early_help(world: World) -> Rows:
    """Early help assessments: after contacts passed on, and after cases that step down; one at a time for a child."""
    rules, chance, contacts = world.scenario.contacts, world.chance, world.contacts
    passed = np.flatnonzero(
        contacts.outcome.isin("early_help")
        & chance.happens("early help assessed", rules.early_help_assessed, contacts.key)
    )
    closing = world.episodes
    down = np.flatnonzero(
        closing.reason.isin("RC7", "RC9") & (closing.closed <= world.horizon) & ~closing.nfa
        & chance.happens("steps down to early help", rules.steps_down, closing.shared)
    )  # fmt: skip
    child = np.concatenate([contacts.child[passed], closing.child[down]])
    key = np.concatenate([contacts.key[passed], closing.key[down] + (1 << 50)])
    after = np.concatenate([contacts.decided[passed], closing.closed[down]])
    start = chance.days_after("early help starts", after, rules.early_help_after_cd, key)
    end = chance.days_after("early help ends", start, rules.early_help_takes_cd, key)
    contact = np.concatenate([passed, np.full(len(down), -1)])
    rows = Rows(child=child, key=key, start=start, end=end, contact=contact, stepped_down=contact < 0)
    rows = rows[(start < world.children.adult_on[child]) & (start <= world.horizon)]
    rows = rows[np.lexsort((rows.start, rows.child))]
    previous = np.concatenate([[BLANK], rows.end[:-1]])
    same = np.concatenate([[False], rows.child[1:] == rows.child[:-1]])
    rows = rows[~same | (rows.start > previous)]
    worker = world.organisation.worker_ids("early_help", rows.key % 997, rows.start)
    led = chance.happens("early help led by the authority", rules.led_by_authority, rows.key)
    rows = rows.having(
        early_help_id=world.ids(rows.key % (1 << 39) * 2 + rows.stepped_down),
        family=world.children.family[rows.child],
        organisation=choose(
            len(rows), (led, rules.organisations[0]),
            otherwise=chance.pick("early help by", dict.fromkeys(rules.organisations, 1.0), rows.key),
        ),
        worker=np.where(led, worker, -1),
        reason=chance.pick("early help reason", rules.early_help_reason, rows.key),
        end_reason=chance.pick("early help end reason", rules.early_help_end_reason, rows.key),
    )  # fmt: skip
    return rows[np.lexsort((rows.key, rows.start))]


# --- who holds the case -------------------------------------------------------------------------------------------

# the most advanced first: the first of these that runs is the case's status
RANKS = (
    "through_care",
    "looked_after",
    "child_protection",
    "child_in_need_plan",
    "open_assessment",
    "care_leaver",
    "other",
)
STATUSES = ("open_assessment", "child_in_need_plan", "child_protection", "looked_after", "care_leaver", "other")


def _statuses(world: World, told: Rows) -> Rows:
    """For every episode its days cut into spells of one status, service and desk: start, end (the last day of the spell)."""
    staff, everyone, chance = world.organisation, np.arange(len(told)), world.chance
    handed = np.where(
        told.care_start == BLANK,
        NEVER,
        chance.days_after(
            "handed over", told.care_start, world.scenario.looked_after.handed_to_through_care_cd, told.shared
        ),
    )
    spells = {
        "through_care": (np.where(handed < told.care_end, handed, BLANK), told.care_end),
        "looked_after": (told.care_start, told.care_end),
        "child_protection": (told.cp_start, told.cp_end),
        "child_in_need_plan": (told.cin_start, told.cin_end),
        "stepped_down": (told.down_start, told.down_end),
        "open_assessment": (np.where(told.nfa, BLANK, told.start), np.minimum(told.authorised, told.closed)),
        "care_leaver": (np.where(told.leaver_end == BLANK, BLANK, told.care_end), told.leaver_end),
        "other": (np.where(told.nfa, BLANK, told.start), told.closed),
    }
    parts = []
    for name, (start, end) in spells.items():
        rank = RANKS.index("child_in_need_plan" if name == "stepped_down" else name)
        rows = np.flatnonzero((start != BLANK) & (end > start))
        for day, step in ((start, 1), (end, -1)):
            parts.append(
                Rows(
                    episode=everyone[rows], day=day[rows], rank=np.full(len(rows), rank), step=np.full(len(rows), step)
                )
            )
    marks = stack(parts)
    marks = marks[np.lexsort((marks.day, marks.episode))]
    best = np.full(len(marks), len(RANKS))
    for rank in reversed(range(len(RANKS))):
        running = np.cumsum(
            np.where(marks.rank == rank, marks.step, 0)
        )  # every spell ends, so each episode starts from 0
        best = np.where(running > 0, rank, best)
    last_of_day = last_of_group(marks.episode.astype(np.int64) << DAY_BITS | marks.day)
    marks, best = marks[last_of_day], best[last_of_day]
    changed = np.concatenate([[True], (best[1:] != best[:-1]) | (marks.episode[1:] != marks.episode[:-1])])
    marks, best = marks[changed], best[changed]
    ends = np.append(marks.day[1:], 0) - 1
    rows = best < len(RANKS)
    marks, best, ends = marks[rows], best[rows], ends[rows]
    episode = marks.episode
    place = {n: RANKS.index(n) for n in RANKS}
    status = Words(
        np.array([STATUSES.index("looked_after" if r == "through_care" else r) for r in RANKS])[best], STATUSES
    )
    early = chance.happens("supporting families first", world.scenario.supporting_families_first_share, told.shared)[
        episode
    ]
    number = staff.service_number
    plan_service = np.where(early, number("supporting_families_first"), number("locality_safeguarding"))
    service = np.select(
        [best == place["open_assessment"], best == place["through_care"], best == place["care_leaver"],
         best == place["child_in_need_plan"]],
        [number("assessment"), number("through_care"), number("care_leavers"), plan_service],
        number("locality_safeguarding"),
    )  # fmt: skip
    key = np.where(
        np.isin(best, [place["through_care"], place["care_leaver"]]), told.number[episode], told.together[episode]
    )
    rows = Rows(
        child=told.child[episode], episode=episode, status=status, service=service, key=key,
        start=marks.day.astype(np.int32), end=ends.astype(np.int32),
    )  # fmt: skip
    rows = _reallocated(world, rows)
    rows = rows[np.lexsort((rows.start, rows.child))]
    return rows.having(key=rows.child.astype(np.int64) << DAY_BITS | rows.start)  # sorted, to be searched


def _reallocated(world: World, spells: Rows) -> Rows:
    """Spells cut where the case moves to another desk of the same service; each with its desk."""
    bands, chance = world.scenario.organisation.reallocated_after_cd, world.chance
    key = spells.key + spells.service
    first = spells.start + chance.band("first reallocation", bands, key)
    row, number, day = chance.repeated("reallocations", first, spells.end - 30, bands, key)
    whole = spells.having(nth=np.zeros(len(spells), dtype=np.int64))
    cut = spells[row].having(start=day, nth=number + 1)
    rows = stack([whole, cut])
    rows = rows[np.lexsort((rows.start, rows.episode))]
    same = (rows.nth[1:] > 0) & (rows.episode[1:] == rows.episode[:-1])
    rows = rows.having(
        end=np.where(np.append(same, False), np.append(rows.start[1:], 0) - 1, rows.end).astype(np.int32)
    )
    desk = chance.between("desk", 0, 1_000_000, rows.key, rows.service, rows.nth).astype(np.int64)
    return rows.having(desk=desk)


def _allocations(world: World) -> Rows:
    """Who held each case when: spells of one worker and team; a case changes hands with its status and when people leave."""
    spells = world.statuses
    same = np.zeros(len(spells), dtype=bool)
    same[1:] = (
        (spells.episode[1:] == spells.episode[:-1]) & (spells.service[1:] == spells.service[:-1])
        & (spells.desk[1:] == spells.desk[:-1])
    )  # fmt: skip
    begins = np.flatnonzero(~same)
    ends = np.append(begins[1:], len(spells)) - 1
    merged = spells[begins].having(end=spells.end[ends])
    row, worker, start, end = world.organisation.spells_at_desk(merged.service, merged.desk, merged.start, merged.end)
    rows = Rows(
        child=merged.child[row], episode=merged.episode[row], service=merged.service[row], desk=merged.desk[row],
        worker=worker, start=start, end=end, first=numbers_in_group(row) == 0,
    )  # fmt: skip
    kept = rows.end >= rows.start
    return rows[kept]
