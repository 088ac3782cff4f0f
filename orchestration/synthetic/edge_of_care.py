"""The edge-of-care service: children with a plan who might have to be looked after, and a few who return home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import age_on, next_working_day
from orchestration.synthetic.rows import BLANK, Array, Rows, choose, stack, word, yes_no
from orchestration.synthetic.spells import day_or_never, last_begun, until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

SERVICE = "supporting_families_first"
KINDS = 4  # ways into the service; the case's number says which one it was


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: cases that were open on `begins` or were referred later."""
    cases = _cases(world)
    cases = cases[(cases.referred <= day) & (cases.ended >= begins)]
    return {"edge_of_care_cases": _shown(world, cases, day)}


def _cases(world: World) -> Rows:
    """Everybody ever referred, with what becomes of the work."""
    rules, chance = world.scenario.edge_of_care, world.chance
    ways = [
        _of_plans(world, "child in need", 0, world.cin_plans, world.cin_plans.cin_plan_id),
        _of_plans(world, "child protection", 1, world.plans, world.plans.cp_plan_id),
        _of_entrants(world),
        _of_returns(world),
    ]
    cases = stack(ways)
    key, child = cases.key, cases.child
    accepted = chance.working_days_after("edge of care accepted", cases.referred, rules.accepted_after_wd, key)
    started = chance.working_days_after("edge of care started", accepted, rules.started_after_wd, key)
    lasts = chance.band("edge of care lasts", rules.lasts_cd, key)
    adult = np.minimum(world.children.adult_on[child], day_or_never(world.children.died)[child])
    entered = world.next_care(child, cases.referred)
    comes_home = cases.leaves != BLANK
    # work with a child who enters care ends soon after; work for a return ends some time after the return
    natural = np.where(comes_home, cases.leaves + lasts // 2, started + lasts)
    after_entry = entered + chance.band("edge of care ends in care", rules.ends_after_entry_cd, key)
    ended = np.minimum(np.where(comes_home, natural, np.minimum(natural, after_entry)), adult)
    ended = np.maximum(np.minimum(next_working_day(ended.astype(np.int64)), cases.closed), started)
    takes = chance.happens("edge of care accepts", rules.accepted, key) & (comes_home | (entered > started))
    takes &= ended > started
    found = cases.having(
        accepted=takes,
        decided=accepted,
        started=started,
        planned=started + chance.band("edge of care planned", rules.planned_cd, key),
        ended=np.where(takes, ended, accepted).astype(np.int32),
        entered=entered,
    )
    return found[(found.referred < adult) & (world.children.born[child] < found.referred)]


def _of_plans(world: World, name: str, kind: int, plans: Rows, ids: Array) -> Rows:
    """A share of the children with a plan, more of the older ones; not those in care."""
    rules, chance, key = world.scenario.edge_of_care, world.chance, plain(ids) * KINDS + kind
    referred = next_working_day(plans.start + chance.band("edge of care after plan", rules.after_plan_cd, key))
    age = age_on(world.children.born[plans.child], plans.start)
    weight = np.where(age >= rules.older_from_age, rules.older_weight, 1.0)
    chosen = chance.happens(f"edge of care {name}", rules.of_plans[name.replace(" ", "_")] * weight * _more(world), key)
    chosen &= (referred < plans.end) & (world.next_care(plans.child, referred) > referred)
    return _rows(world, key, plans, referred, "prevent_care" if kind else "prevent_protection_plan")[chosen]


def _more(world: World) -> float:
    """A small authority's service takes a larger share, so that no quarter goes without a referral."""
    return max(1.0, world.scenario.edge_of_care.least_size / world.factor)


def _of_entrants(world: World) -> Rows:
    """A share of those who entered care although the service had worked with them."""
    rules, chance, care = world.scenario.edge_of_care, world.chance, world.care
    key = plain(care.cla_id) * KINDS + 2
    before = care.start - chance.band("edge of care before entry", rules.before_entry_cd, key)
    referred = next_working_day(before.astype(np.int64))
    known = world.case_on(care.child, referred)
    chosen = chance.happens("edge of care entrant", rules.of_entrants * _more(world), key)
    chosen &= known.status.isin("child_in_need_plan", "child_protection")
    return _rows(world, key, care, referred, "prevent_care")[chosen]


def _of_returns(world: World) -> Rows:
    """A share of those who return home from care."""
    rules, chance, care = world.scenario.edge_of_care, world.chance, world.care
    key = plain(care.cla_id) * KINDS + 3
    referred = next_working_day(care.end - chance.band("edge of care before return", rules.before_return_cd, key))
    chosen = chance.happens("edge of care return", rules.of_returns, key) & care.exit.isin("home")
    chosen &= referred > care.start
    return _rows(world, key, care, referred, "return_home").having(leaves=care.end)[chosen]


def _rows(world: World, key: Array, spells: Rows, referred: Array, goal: str) -> Rows:
    count = len(key)
    return Rows(
        key=key,
        child=spells.child.astype(np.int64),
        closed=world.episodes.closed[spells.episode],  # the work ends with the case
        referred=referred.astype(np.int32),
        goal=word(goal, count),
        leaves=np.full(count, BLANK, dtype=np.int32),
    )


def _shown(world: World, cases: Rows, day: int) -> Rows:
    rules, chance, key, count = world.scenario.edge_of_care, world.chance, cases.key, len(cases)
    refers = world.case_on(cases.child, cases.referred)
    undecided, takes = cases.decided > day, cases.accepted
    working = takes & (cases.started <= day)
    is_over = working & (cases.ended <= day)
    in_care = world.next_care(cases.child, cases.ended) <= cases.ended
    came_home = cases.leaves != BLANK
    outcome = choose(
        count,
        (came_home & in_care, "remained_looked_after"),
        (came_home, "returned_home"),
        (in_care, "looked_after"),
        otherwise=chance.pick("edge of care outcome", rules.outcome, key),
    )
    protected = _has_protection_plan(world, cases.child, cases.ended)
    well = ~in_care & (~protected | cases.goal.isin("prevent_care"))
    met = well & chance.happens("edge of care goal met", rules.goal_met, key)
    reason = choose(
        count,
        (in_care & ~came_home, rules.entered_reason),
        (met, rules.met_reason),
        otherwise=chance.pick("edge of care end reason", rules.end_reason, key),
    )
    seen = np.minimum(np.maximum(cases.ended, cases.started), day)
    goal = choose(
        count, (chance.happens("edge of care other goal", rules.other_goal, key), "other"), otherwise=cases.goal
    )
    return Rows(
        edge_of_care_case_id=world.ids(key),
        child_id=world.children.child_id[cases.child],
        edge_referred_date=cases.referred,
        referring_team_code=refers.team,
        accepted=yes_no(takes, undecided),
        edge_accepted_date=until(np.where(takes, cases.decided, BLANK), day),
        not_accepted_reason=chance.pick("edge of care declined", rules.not_accepted_reason, key).blank_where(
            undecided | takes
        ),
        edge_goal=goal,
        step=chance.pick("edge of care step", rules.step, key).blank_where(~working),
        work_started_date=until(np.where(takes, cases.started, BLANK), day),
        planned_end_date=where(working, cases.planned),
        work_ended_date=until(np.where(takes, cases.ended, BLANK), day),
        end_reason=reason.blank_where(~is_over),
        edge_outcome=outcome.blank_where(~is_over),
        protection_plan_at_end=yes_no(protected, ~is_over),
        goal_met=yes_no(met, ~is_over),
        service_code=word(SERVICE, count),
        team_code=world.organisation.team_at(SERVICE, key, seen),
    )


def _has_protection_plan(world: World, child: Array, days: Array) -> Array:
    """Whether each child was the subject of a child protection plan on each day."""
    at = last_begun(world.plans.child, world.plans.start, child, days)
    return (at >= 0) & (world.plans.end[at] > days)
