"""What happens to children in need: referral, assessment, section 47, child in need and child protection plans, closure; care is in `care`."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta

from orchestration.periods import Period, add_working_days
from orchestration.synthetic.lives import (
    CHILD,
    Assessment,
    Child,
    Contact,
    Episode,
    ProtectionPlan,
    Referral,
    Section47,
    World,
    age_band,
    age_on,
)

TRIES = 60  # how often a lot is drawn again before a new child is taken


def begin_month(world: World, month: Period) -> None:
    """Put the month's contacts that become referrals on the queue."""
    for _ in range(world.dice.count(world.monthly(world.scenario.referrals.a_year, month))):
        world.at(world.dice.day_in(month, world.scenario.population.weekday_weights), receive_contact)


def new_child(world: World, band: str, born: date | None = None) -> Child:
    """A child not known before, of the age band or born on the given day; its 18th birthday is put on the queue."""
    born = born or world.born_for(world.dice, world.today, band)
    child = world.make_child(world.dice, world.next_identity(CHILD), born, world.today)
    world.at(child.adult_on, world.come_of_age, child)
    return child


def receive_contact(world: World) -> None:
    """A contact about a new or a returning child that becomes a referral within a working day or so."""
    rules, dice = world.scenario.referrals, world.dice
    lot = dice.uniform()
    child = None
    nearest, farthest = rules.again_gap_cd
    if lot < rules.again_within_a_year:
        child = _returning(world, world.today - timedelta(days=farthest), world.today - timedelta(days=nearest))
    elif lot < rules.again_within_a_year + rules.back_after_a_year:
        child = _returning(world, world.scenario.world.begins, world.today - timedelta(days=rules.back_gap_cd))
    child = child or new_child(world, dice.pick(rules.ages))
    source = dice.pick(rules.source)
    world.contacts.append(Contact(child, world.today, source))
    decided = dice.working_days_after(world.today, world.scenario.contacts.decided_after_wd)
    world.at(decided, refer, child, source, dice.chance(rules.nfa))


def _returning(world: World, first: date, last: date) -> Child | None:
    """A child without an open case whose latest referral lies between the two days."""
    low = bisect_left(world.referrals, first, key=lambda r: r.day)
    high = bisect_left(world.referrals, last, key=lambda r: r.day)
    for _ in range(TRIES if high > low else 0):
        child = world.referrals[world.dice.between(low, high - 1)].child
        if (
            child.episode is None
            and child.leaver is None
            and not child.departed
            and child.date_of_birth <= world.today
            and world.today + timedelta(days=60) < child.adult_on
            and child.referrals[-1].day < last
        ):
            return child
    return None


def refer(world: World, child: Child, source: str, nfa: bool) -> None:
    """Record today's referral and open the episode unless no further action follows; at most one open episode a child."""
    if child.episode or (child.referrals and child.referrals[-1].day == world.today):
        return
    dice = world.dice
    team = world.team_of("front_door" if nfa else "assessment")
    referral = Referral(child, world.today, source, nfa, team, world.worker(team))
    world.referrals.append(referral)
    child.referrals.append(referral)
    if nfa:
        return
    seen_every = dice.band(world.scenario.child_in_need_plans.seen_every_cd)
    need = dice.pick(world.scenario.referrals.need)
    episode = Episode(
        child=child,
        start=world.today,
        need=need,
        team=team,
        worker=referral.worker,
        seen_every=seen_every,
        slot=len(world.open_episodes),
    )
    child.episode = episode
    world.episodes.append(episode)
    world.open_episodes.append(episode)
    world.at(
        dice.working_days_after(world.today, world.scenario.assessments.starts_after_wd), start_assessment, episode
    )


def start_assessment(world: World, episode: Episode) -> None:
    """Begin the assessment; its length and whether a section 47 enquiry comes with it are drawn now."""
    if episode.end:
        return
    rules, dice = world.scenario.assessments, world.dice
    seen_on = None
    if not dice.chance(rules.never_seen):
        seen_on = max(world.today, episode.child.date_of_birth) + timedelta(days=dice.band(rules.first_seen_after_cd))
    assessment = Assessment(episode.child, world.today, seen_on, episode.team, episode.worker)
    episode.assessment = assessment
    world.assessments.append(assessment)
    ends = dice.working_days_after(world.today, rules.takes_wd)
    if seen_on and seen_on > ends and episode.child.date_of_birth <= world.today:
        assessment.seen_on = ends
    world.at(ends, authorise_assessment, episode)
    enquiry = world.scenario.section_47
    if dice.chance(enquiry.at_assessment):
        world.at(
            min(ends, dice.working_days_after(world.today, enquiry.starts_after_wd)), hold_strategy_discussion, episode
        )


def authorise_assessment(world: World, episode: Episode) -> None:
    """End the assessment: close the case, make a plan, or leave it to the conference or to care."""
    assessment = episode.assessment
    if episode.end or assessment is None or assessment.authorised:
        return
    dice, plans = world.dice, world.scenario.child_in_need_plans
    led_elsewhere = bool(episode.conference_ahead or episode.protection or episode.care or episode.plan_open)
    in_need = led_elsewhere or dice.chance(world.scenario.assessments.in_need)
    assessment.authorised, assessment.support = world.today, in_need
    if not in_need:
        close(world, episode, dice.pick(world.scenario.assessments.not_in_need_reason))
    elif not led_elsewhere:
        if dice.chance(plans.made):
            world.at(dice.working_days_after(world.today, plans.starts_after_wd), start_plan, episode)
        else:
            closes = dice.working_days_after(world.today, plans.closes_without_plan_wd)
            world.at(closes, end_plan, episode, episode.plan_turn)


def hold_strategy_discussion(world: World, episode: Episode) -> None:
    """Begin a section 47 enquiry."""
    if episode.end or episode.conference_ahead or episode.protection or episode.care:
        return
    if episode.child.enquiries and episode.child.enquiries[-1].day == world.today:
        return
    rules, dice = world.scenario.section_47, world.dice
    enquiry = Section47(episode.child, world.today, episode.team, episode.worker)
    world.enquiries.append(enquiry)
    episode.child.enquiries.append(enquiry)
    if dice.chance(rules.to_conference[age_band(age_on(episode.child.date_of_birth, world.today))]):
        episode.conference_ahead = True
        world.at(dice.working_days_after(world.today, rules.conference_after_wd), hold_conference, episode, enquiry)
    concluded = dice.working_days_after(world.today, rules.concluded_after_wd)
    world.at(concluded, conclude_enquiry, enquiry, not episode.conference_ahead)


def conclude_enquiry(world: World, enquiry: Section47, not_required: bool) -> None:
    """Record whether an initial child protection conference is needed."""
    if enquiry.not_required is None:
        enquiry.not_required = not_required


def hold_conference(world: World, episode: Episode, enquiry: Section47) -> None:
    """Hold the initial child protection conference, unless the case has closed or the child is looked after."""
    rules, dice = world.scenario.section_47, world.dice
    episode.conference_ahead = False
    if episode.end or episode.care:
        enquiry.not_required = True
        return
    enquiry.not_required, enquiry.conference = False, world.today
    enquiry.led_to_plan = dice.chance(rules.conference_to_plan)
    if enquiry.led_to_plan:
        start_protection(world, episode)
    elif not episode.plan_open and episode.assessment and episode.assessment.authorised:
        world.at(
            dice.working_days_after(world.today, world.scenario.child_in_need_plans.starts_after_wd),
            start_plan,
            episode,
        )


def start_protection(world: World, episode: Episode) -> None:
    """Begin a child protection plan on the day of the conference."""
    rules, dice, child = world.scenario.child_protection, world.dice, episode.child
    if child.plans_before is None:
        old_enough = age_on(child.date_of_birth, world.today) >= 1
        child.plans_before = 0
        if old_enough and dice.chance(rules.plan_before_the_records):
            child.plans_before = 2 if dice.chance(rules.more_before) else 1
    category = dice.pick(rules.category)
    later = dice.pick(rules.category) if dice.chance(rules.category_changes) else category
    plan = ProtectionPlan(
        child=child,
        start=world.today,
        category=category,
        latest_category=category,
        previous=child.plans_before + len(child.plans),
        emergency=dice.chance(rules.emergency_protection),
        first_review=dice.band(rules.first_review_cd),
        next_reviews=dice.band(rules.next_reviews_cd),
        visited_every=dice.band(rules.visited_every_cd),
    )
    episode.protection = plan
    episode.plan_open, episode.plan_turn = False, episode.plan_turn + 1
    _move_to(world, episode, world.team_of("locality_safeguarding"))
    child.plans.append(plan)
    world.plans.append(plan)
    world.at(world.today + timedelta(days=plan.first_review), change_category, plan, later)
    world.at(dice.days_after(world.today, rules.lasts_cd), end_protection, episode, plan)


def change_category(world: World, plan: ProtectionPlan, category: str) -> None:
    """The first review conference may change the category of abuse."""
    if plan.end is None:
        plan.latest_category = category


def end_protection(world: World, episode: Episode, plan: ProtectionPlan) -> None:
    """End a child protection plan: step down to a child in need plan, or close; a looked after child stays in care."""
    if plan.end:
        return
    rules = world.scenario.child_in_need_plans
    plan.end, episode.protection = world.today, None
    if episode.care or episode.end:
        return
    if world.dice.chance(rules.after_protection):
        start_plan(world, episode, stepped_down=True)
    else:
        close(world, episode, world.dice.pick(rules.closure_reason))


def start_plan(world: World, episode: Episode, stepped_down: bool = False) -> None:
    """Begin a child in need plan, unless protection, a conference or care has overtaken it."""
    if episode.end or episode.protection or episode.care or episode.conference_ahead or episode.plan_open:
        return
    rules, dice = world.scenario.child_in_need_plans, world.dice
    episode.plan_open, episode.plan_start, episode.plan_turn = True, world.today, episode.plan_turn + 1
    length = dice.band(rules.after_protection_lasts_cd if stepped_down else rules.lasts_cd)
    if not stepped_down:
        early_exit = dice.chance(world.scenario.supporting_families_first_share)
        service = "supporting_families_first" if early_exit else "locality_safeguarding"
        _move_to(world, episode, world.team_of(service))
        if dice.chance(world.scenario.section_47.at_cin_plan):
            strategy = add_working_days(world.today + timedelta(days=dice.between(10, length)), 0)
            world.at(strategy, hold_strategy_discussion, episode)
    ends = add_working_days(world.today + timedelta(days=length), 0)
    world.at(ends, end_plan, episode, episode.plan_turn)


def end_plan(world: World, episode: Episode, turn: int) -> None:
    """End a child in need plan (or help without one) and close the case; void when something else has begun since."""
    if episode.end or turn != episode.plan_turn or episode.protection or episode.care:
        return
    if episode.conference_ahead:  # wait for the conference
        world.at(world.today + timedelta(days=14), end_plan, episode, turn)
        return
    close(world, episode, world.dice.pick(world.scenario.child_in_need_plans.closure_reason))


def close(world: World, episode: Episode, reason: str) -> None:
    """Close the episode of need today; nothing of it stays open."""
    if episode.end:
        return
    if episode.assessment and not episode.assessment.authorised:
        episode.assessment.authorised = world.today
        episode.assessment.support = bool(episode.care or episode.protection or episode.plan_start)
    if episode.protection:
        episode.protection.end, episode.protection = world.today, None
    episode.end, episode.reason, episode.plan_open = world.today, reason, False
    episode.child.episode = None
    last = world.open_episodes.pop()
    if last is not episode:  # swap with the last, so that drawing one by lot stays cheap
        world.open_episodes[episode.slot], last.slot = last, episode.slot


def _move_to(world: World, episode: Episode, team: str) -> None:
    episode.team, episode.worker = team, world.worker(team)
