"""What happens to looked after children: entering and leaving care, placements, adoption, adopters, and care leavers afterwards."""

from __future__ import annotations

from datetime import date, timedelta

from orchestration.periods import Period
from orchestration.synthetic import need
from orchestration.synthetic.chance import stable_number
from orchestration.synthetic.lives import (
    ADOPTER,
    FAMILY,
    YEAR,
    AdopterFamily,
    AdoptionCase,
    CareLeaver,
    CarePeriod,
    Child,
    Contact,
    Placement,
    World,
    age_band,
    age_on,
    birthday,
)

FOSTER, KINSHIP = {"U4", "U5", "U6"}, {"U1", "U2", "U3"}
PLACED_FOR_ADOPTION = "A6"
TRIES = 400


def begin_month(world: World, month: Period) -> None:
    """Put the month's entries to care and adopters' enquiries on the queue."""
    weekdays = world.scenario.population.weekday_weights
    for _ in range(world.dice.count(world.monthly(world.scenario.looked_after.starts_a_year, month))):
        world.at(world.dice.day_in(month, weekdays), enter_care)
    for _ in range(world.dice.count(world.monthly(world.scenario.adopters.enquiries_a_year, month))):
        world.at(world.dice.day_in(month, weekdays), enquire)


def come_of_age(world: World, child: Child) -> None:
    """The 18th birthday: the child leaves care and every children's plan ends."""
    if child.episode and child.episode.care:
        leave_care(world, child.episode.care, "at_18")
    if child.leaver and child.leaver.eligibility == "relevant":
        child.leaver.eligibility = "former_relevant"
    if child.episode:
        need.close(world, child.episode, "RC6" if child.disability == "yes" else "RC7")


def enter_care(world: World) -> None:
    """One child starts to be looked after: an unaccompanied child, one with an open case, or one not known before."""
    rules, dice = world.scenario.looked_after, world.dice
    if dice.chance(rules.unaccompanied):
        child = _unaccompanied_child(world)
        band = "16-17"
    else:
        band = dice.pick(rules.ages)
        child = _child_with_open_case(world, band)
        if child is None:
            child = _child_not_known_before(world, band, None)
    episode = child.episode
    kind = "stays" if child.unaccompanied else dice.pick(rules.exits[band])
    by_exit = {
        "adopted": "adoption",
        "special_guardianship": "sgo_cao",
        "arrangements_order": "sgo_cao",
        "home": "return_to_family",
    }
    unsettled = dice.chance(rules.unsettled)
    period = CarePeriod(
        child=child,
        episode=episode,
        start=world.today,
        need="N8" if child.unaccompanied else episode.need,
        team=episode.team,
        worker=episode.worker,
        permanence_plan=by_exit.get(kind) or dice.pick(rules.permanence_plan),
        visited_every=dice.band(rules.visited_every_cd),
        iro_every=dice.band(rules.iro_contact_every_cd),
        health_every=dice.band(rules.health_every_cd),
        dental_every=dice.band(rules.dental_every_cd),
        move_every=YEAR / (rules.unsettled_moves_a_year if unsettled else rules.moves_a_year),
    )
    episode.care = period
    episode.plan_open, episode.plan_turn = False, episode.plan_turn + 1
    child.care.append(period)
    world.care_periods.append(period)
    if episode.protection:
        ends = dice.days_after(world.today, world.scenario.child_protection.ends_after_entering_care_cd)
        world.at(ends, need.end_protection, episode, episode.protection)
    _place(world, period)
    _begin_legal_status(world, period)
    world.at(world.today + timedelta(days=dice.wait(period.move_every)), move, period)
    world.at(dice.days_after(world.today, rules.handed_to_through_care_cd), hand_to_through_care, period)
    _plan_absences(world, period)
    if kind == "adopted":
        world.at(dice.days_after(world.today, world.scenario.adoption.decision_after_cd), decide_adoption, period)
    elif kind != "stays":
        world.at(dice.days_after(world.today, rules.exit_after_cd[kind]), leave_care, period, kind)


def _unaccompanied_child(world: World) -> Child:
    rules, dice = world.scenario.looked_after, world.dice
    child = _child_not_known_before(world, "16-17", world.today - timedelta(days=dice.band(rules.unaccompanied_age_cd)))
    child.sex = "male" if dice.chance(rules.unaccompanied_male) else "female"
    child.ethnicity = dice.pick(rules.unaccompanied_ethnicity)
    child.unaccompanied = True
    return child


def _child_not_known_before(world: World, band: str, born: date | None) -> Child:
    child = need.new_child(world, band, born)
    source = world.dice.pick(world.scenario.referrals.source)
    world.contacts.append(Contact(child, world.today, source))
    need.refer(world, child, source, nfa=False)
    return child


def _child_with_open_case(world: World, band: str) -> Child | None:
    weights = world.scenario.looked_after.drawn_from
    for _ in range(TRIES if world.open_episodes else 0):
        episode = world.dice.one_of(world.open_episodes)
        child = episode.child
        if (
            episode.care is None
            and child.date_of_birth < world.today
            and age_band(age_on(child.date_of_birth, world.today)) == band
            and world.today + timedelta(days=30) < child.adult_on
            and world.dice.chance(weights[episode.status])
        ):
            return child
    return None


def _begin_legal_status(world: World, period: CarePeriod) -> None:
    rules, dice = world.scenario.looked_after, world.dice
    status = "V2" if period.child.unaccompanied else dice.pick(rules.first_legal_status)
    if status == "J1" and age_on(period.child.date_of_birth, world.today) < rules.remand_from_age:
        status = "V2"
    period.legal.append((world.today, status))
    if status in ("L1", "L2"):
        world.at(world.today + timedelta(days=dice.band(rules.emergency_ends_cd)), set_legal_status, period, "C1")
    elif status == "C1":
        world.at(dice.days_after(world.today, rules.interim_order_lasts_cd), set_legal_status, period, "C2")
    elif status == "V2" and not period.child.unaccompanied and dice.chance(rules.accommodated_to_court):
        world.at(dice.days_after(world.today, rules.accommodated_to_court_cd), set_legal_status, period, "C1")


def set_legal_status(world: World, period: CarePeriod, status: str) -> None:
    """Change the legal status today; an interim order is followed by a full one. A placement order is never undone so."""
    if period.end or period.legal[-1][1] in (status, "E1"):
        return
    period.legal.append((world.today, status))
    if status == "C1":
        ends = world.dice.days_after(world.today, world.scenario.looked_after.interim_order_lasts_cd)
        world.at(ends, set_legal_status, period, "C2")


def _place(world: World, period: CarePeriod, kind: str | None = None, provider: str | None = None) -> None:
    rules, dice, people = world.scenario.looked_after, world.dice, world.scenario.population
    kind = kind or dice.pick(rules.placement[age_band(age_on(period.child.date_of_birth, world.today))])
    group = "foster" if kind in FOSTER else "kinship" if kind in KINSHIP else "parents" if kind == "P1" else "home"
    provider = provider or dice.pick(rules.placement_provider[group])
    outside = dice.chance(rules.placed_out)
    inspected = group == "home" or (group == "foster" and provider != "PR1")
    period.placements.append(
        Placement(
            start=world.today,
            kind=kind,
            provider=provider,
            postcode=dice.one_of(people.postcodes),
            urn=f"SC9{stable_number(world.seed, dice.between(1, 60)) % 100_000:05d}" if inspected else None,
            outside=outside,
            authority=dice.one_of(people.neighbouring_authorities) if outside else people.home_authority,
        )
    )


def move(world: World, period: CarePeriod) -> None:
    """Change of placement; a child placed for adoption does not move."""
    if period.end or (period.adoption and period.adoption.placed):
        return
    if period.placements[-1].start < world.today:
        _place(world, period)
    world.at(world.today + timedelta(days=world.dice.wait(period.move_every)), move, period)


def hand_to_through_care(world: World, period: CarePeriod) -> None:
    """The case moves to a through care team."""
    if period.end:
        return
    period.team = period.episode.team = world.team_of("through_care")
    period.worker = period.episode.worker = world.worker(period.team)


def _plan_absences(world: World, period: CarePeriod) -> None:
    rules, dice = world.scenario.looked_after, world.dice
    if age_on(period.child.date_of_birth, world.today) < rules.missing_from_age:
        return
    for share, rates, event in (
        (rules.goes_missing, rules.missing_a_year, go_missing),
        (rules.absent, rules.absent_a_year, be_absent),
    ):
        if dice.chance(share):
            every = YEAR / dice.band(rates)
            world.at(world.today + timedelta(days=dice.wait(every)), event, period, every)


def go_missing(world: World, period: CarePeriod, every: float) -> None:
    """A missing episode, with the offer of a return home interview."""
    if period.end:
        return
    rules, dice = world.scenario.looked_after, world.dice
    period.missing.append(world.today)
    period.interview_offered = dice.chance(rules.return_interview_offered)
    period.interview_accepted = dice.chance(rules.return_interview_accepted) if period.interview_offered else None
    world.at(world.today + timedelta(days=dice.wait(every)), go_missing, period, every)


def be_absent(world: World, period: CarePeriod, every: float) -> None:
    """An absence from the placement."""
    if not period.end:
        period.absent.append(world.today)
        world.at(world.today + timedelta(days=world.dice.wait(every)), be_absent, period, every)


def leave_care(world: World, period: CarePeriod, kind: str) -> None:
    """End the period of care today, and close the case, step down or begin the care leaver's service as the kind of exit asks."""
    if period.end:
        return
    rules, dice, child, episode = world.scenario.looked_after, world.dice, period.child, period.episode
    if kind != "adopted" and period.adoption and not (period.adoption.order or period.adoption.reversed):
        _reverse(world, period.adoption)
    period.end, period.end_reason = world.today, dice.pick(rules.exit_codes[kind])
    reason = {"special_guardianship": "RC4", "arrangements_order": "RC3", "adopted": "RC1"}.get(kind)
    reason = reason or {"E2": "RC2", "E3": "RC5", "E7": "RC6"}.get(period.end_reason, "RC7")
    if reason in ("RC1", "RC2"):
        child.departed = True
    if kind in ("at_18", "independent", "other") and reason not in ("RC2", "RC5") and period.end_reason != "E16":
        _begin_leaver(world, child)
    if kind == "home" and dice.chance(rules.back_home_with_a_plan):
        episode.care = None
        if not episode.protection:
            need.start_plan(world, episode, stepped_down=True)
        return
    need.close(world, episode, reason)
    episode.care = None


# --- adoption ---------------------------------------------------------------------------------------------------


def decide_adoption(world: World, period: CarePeriod) -> None:
    """The decision that the child should be placed for adoption."""
    if period.end:
        return
    rules, dice = world.scenario.adoption, world.dice
    case = AdoptionCase(period.child, period, world.today)
    if dice.chance(rules.fostering_for_adoption):
        case.fostering_for_adoption = world.today
        _place(world, period, "U5", "PR1")
    period.adoption = case
    period.permanence_plan = "adoption"
    world.adoptions.append(case)
    world.at(dice.days_after(world.today, rules.placement_order_after_cd), grant_placement_order, case)
    if dice.chance(rules.reversed):
        world.at(dice.days_after(world.today, rules.reversed_after_cd), reverse_decision, case)


def grant_placement_order(world: World, case: AdoptionCase) -> None:
    """The court grants a placement order."""
    if case.period.end or case.reversed:
        return
    case.placement_order = world.today
    case.period.legal.append((world.today, "E1"))
    world.at(world.dice.days_after(world.today, world.scenario.adoption.matched_after_cd), match, case)


def match(world: World, case: AdoptionCase) -> None:
    """Match with the family that was approved first; wait when there is none."""
    if case.period.end or case.reversed:
        return
    rules, dice = world.scenario.adoption, world.dice
    waiting = [f for f in world.adopter_families if f.approved and not f.case and not f.left]
    if not waiting:
        world.at(world.today + timedelta(days=rules.no_family_waits_cd), match, case)
        return
    family = min(waiting, key=lambda f: (f.approved, f.family_id))
    case.family, case.matched, family.case = family, world.today, case
    world.at(dice.days_after(world.today, rules.placed_after_cd), place_for_adoption, case)


def place_for_adoption(world: World, case: AdoptionCase) -> None:
    """The child moves to the adopters."""
    if case.period.end or case.reversed:
        return
    case.placed = world.today
    _place(world, case.period, PLACED_FOR_ADOPTION, "PR1")
    world.at(world.dice.days_after(world.today, world.scenario.adoption.order_after_cd), grant_adoption_order, case)


def grant_adoption_order(world: World, case: AdoptionCase) -> None:
    """The adoption order: the child leaves care, and this identity ends."""
    if case.period.end or case.reversed:
        return
    case.order = world.today
    leave_care(world, case.period, "adopted")


def reverse_decision(world: World, case: AdoptionCase) -> None:
    """The decision is reversed before a family is found; the child stays in care."""
    if not (case.period.end or case.matched):
        _reverse(world, case)
        case.period.permanence_plan = "long_term_fostering"
        if case.placement_order:
            case.period.legal.append((world.today, "C2"))


def _reverse(world: World, case: AdoptionCase) -> None:
    case.reversed = world.today
    case.reason = world.dice.pick(world.scenario.adoption.reversal_reason)


def enquire(world: World) -> None:
    """A family asks about adopting."""
    rules, dice = world.scenario.adopters, world.dice
    sexes = ["female", "male"] if dice.chance(rules.couples) else [dice.one_of(["female", "female", "male"])]
    adopters = [
        (
            world.next_identity(ADOPTER),
            sex,
            dice.pick(rules.ethnicity),
            "yes" if dice.chance(rules.disability) else "no",
        )
        for sex in sexes
    ]
    family = AdopterFamily(
        world.next_identity(FAMILY), adopters, world.today, dice.chance(rules.fostering_for_adoption)
    )
    world.adopter_families.append(family)
    if dice.chance(rules.leaves_at["enquiry"]):
        world.at(dice.days_after(world.today, rules.leaves_after_cd), leave_process, family)
    else:
        world.at(dice.days_after(world.today, rules.stage_1_after_cd), take_step, family, "stage_1")


def take_step(world: World, family: AdopterFamily, step: str) -> None:
    """The next step of a family's way to approval; some leave after a stage."""
    rules, dice = world.scenario.adopters, world.dice
    setattr(family, step, world.today)
    following = {
        "stage_1": ("stage_1_end", rules.stage_1_takes_cd),
        "stage_1_end": ("stage_2", rules.stage_2_after_cd),
        "stage_2": ("stage_2_end", rules.stage_2_takes_cd),
        "stage_2_end": ("approved", rules.approved_after_cd),
    }
    stage = step.removesuffix("_end")
    if step.endswith("_end") and dice.chance(rules.leaves_at[stage]):
        world.at(dice.days_after(world.today, rules.leaves_after_cd), leave_process, family)
    elif step in following:
        name, after = following[step]
        world.at(dice.days_after(world.today, after), take_step, family, name)
    elif step == "approved":
        world.at(dice.days_after(world.today, rules.approved_wait_at_most_cd), leave_process, family)


def leave_process(world: World, family: AdopterFamily) -> None:
    """The family leaves the process; one matched with a child stays."""
    if family.case:
        return
    family.left, family.reason = world.today, world.dice.pick(world.scenario.adopters.leaving_reason)


# --- care leavers -----------------------------------------------------------------------------------------------


def _begin_leaver(world: World, child: Child) -> None:
    rules, dice = world.scenario.care_leavers, world.dice
    if child.leaver or world.today < birthday(child.date_of_birth, 16):
        return
    days = sum(((p.end or world.today) - p.start).days for p in child.care)
    if not dice.chance(rules.takes_up_service):
        return
    if days >= rules.in_care_cd_for_entitlement:
        eligibility = "relevant" if world.today < child.adult_on else "former_relevant"
    elif dice.chance(rules.qualifying_served):
        eligibility = "qualifying"
    else:
        return
    team = world.team_of("care_leavers")
    leaver = CareLeaver(
        child=child,
        eligibility=eligibility,
        start=world.today,
        team=team,
        worker=world.worker(team),
        adviser=world.worker(team),
        contact_every=dice.band(rules.contact_every_cd),
        pathway_every=dice.band(rules.pathway_plan_every_cd),
    )
    child.leaver = leaver
    world.leavers.append(leaver)
    _draw_leaver(world, leaver)
    ends = birthday(child.date_of_birth, 22)
    if dice.chance(rules.still_served_after_22):
        ends += timedelta(days=dice.between(1, int(3 * YEAR) - 2))
    world.at(ends, end_leaver, leaver)
    world.at(dice.days_after(world.today, rules.reviewed_every_cd), review_leaver, leaver)


def review_leaver(world: World, leaver: CareLeaver) -> None:
    """The young person's circumstances may have changed."""
    if leaver.end:
        return
    rules, dice = world.scenario.care_leavers, world.dice
    if dice.chance(rules.changes_at_review):
        _draw_leaver(world, leaver)
    world.at(dice.days_after(world.today, rules.reviewed_every_cd), review_leaver, leaver)


def _draw_leaver(world: World, leaver: CareLeaver) -> None:
    rules, dice = world.scenario.care_leavers, world.dice
    leaver.in_touch = dice.pick(rules.in_touch)
    if leaver.in_touch == "no":
        leaver.lost_contact = max(
            leaver.start, world.today - timedelta(days=dice.band(rules.last_contact_when_lost_cd))
        )
        leaver.accommodation, leaver.suitable, leaver.activity = "R", None, None
        return
    young = world.today < leaver.child.adult_on
    leaver.lost_contact = None
    leaver.accommodation = dice.pick(rules.accommodation)
    unsuitable = leaver.accommodation in rules.always_unsuitable or dice.chance(rules.otherwise_unsuitable)
    leaver.suitable = None if leaver.accommodation in ("G", "H") else not unsuitable
    leaver.activity = dice.pick(rules.activity_before_18 if young else rules.activity)


def end_leaver(world: World, leaver: CareLeaver) -> None:
    """The service ends."""
    leaver.end = world.today
