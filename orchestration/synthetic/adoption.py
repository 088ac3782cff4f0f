"""Children with a plan for adoption and adopter families: those of the case system, told by the adoption service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.rows import BLANK, Array, Rows, choose, word, yes_no
from orchestration.synthetic.spells import day_or_never, known, until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

SERVICE = "adoption"
TOGETHER = 183  # brothers and sisters whose decisions lie no further apart, in days, are one group


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: plans and families that had not ended before `begins`."""
    return {"adoption_children": _children(world, day, begins), "adopter_families": _families(world, day, begins)}


def _children(world: World, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.adoption_records, world.chance
    cases = world.adoptions[world.adoptions.decision <= day]
    cases = cases.having(group=_sibling_groups(world, cases))
    over = np.minimum(day_or_never(cases.order), day_or_never(cases.reversed))
    cases = cases[over >= begins]
    key, count = plain(world.care.cla_id[cases.care]), len(cases)
    # a decision that is reversed after the child was placed means that the placement broke down
    disrupted = np.where((cases.placed != BLANK) & (cases.reversed != BLANK), cases.reversed, BLANK)
    ordered_by_then = np.where(cases.order > day, BLANK, cases.order)
    party = chance.days_after("adoption celebration", ordered_by_then, rules.celebration_after_cd, key)
    consent = (cases.order != BLANK) & (cases.placement_order == BLANK)
    desk_days = np.minimum(np.minimum(day_or_never(cases.order), day_or_never(cases.reversed)), day)
    return Rows(
        adoption_plan_id=world.ids(key),
        child_id=world.children.child_id[cases.child],
        sibling_group_id=cases.group,
        care_entry_date=world.care.start[cases.care],
        best_interest_decision_date=cases.decision,
        placement_order_date=until(cases.placement_order, day),
        parental_consent=yes_no(consent | chance.happens("adoption consent", rules.consent, key)),
        early_permanence_date=until(cases.early_permanence, day),
        matched_date=until(cases.matched, day),
        placed_for_adoption_date=until(cases.placed, day),
        child_adoption_order_date=until(cases.order, day),
        disrupted_date=until(disrupted, day),
        plan_ended_date=until(cases.reversed, day),
        plan_ended_reason=known(cases.reversal_reason, cases.reversed, day),
        celebration_date=party,
        life_story_book_date=until(_given(world, "adoption life story book", party, key), day),
        later_life_letter_date=until(_given(world, "adoption later life letter", party, key), day),
        service_code=word(SERVICE, count),
        team_code=world.organisation.team_at(SERVICE, key, desk_days),
    )


def _given(world: World, purpose: str, party: Array, key: Array) -> Array:
    """The day something was given to the child: a few working days from the ceremony; blank where it never was."""
    rules, chance = world.scenario.adoption_records, world.chance
    given = chance.working_days_after(purpose, party, rules.given_after_wd, key)
    return where(~chance.happens(purpose + " never", rules.never_given, key), given)


def _sibling_groups(world: World, cases: Rows) -> Array:
    """A number shared by the children of a family decided on at about the same time; blank for a child on its own."""
    key = plain(world.care.cla_id[cases.care])
    family = world.children.family[cases.child]
    order = np.lexsort((key, cases.decision, family))
    family, decision = family[order], cases.decision[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (family[1:] != family[:-1]) | (decision[1:] - decision[:-1] > TOGETHER)
    group = np.cumsum(first) - 1
    # numbered by the first of them, which later decisions do not change
    size, leader = np.bincount(group, minlength=1), key[order][first]
    found = np.full(len(order), -1, dtype=np.int64)
    found[order] = np.where(size[group] > 1, leader[group], -1)
    return world.ids(found)


def _families(world: World, day: int, begins: int) -> Rows:
    """Families with the steps of their approval and, without naming a child, what became of it."""
    rules, chance, families = world.scenario.adoption_records, world.chance, world.adopter_families
    placements = world.adopters_on(day)
    ended = np.minimum(day_or_never(families.left), placements.finished)
    shown = np.flatnonzero((families.enquiry <= day) & (ended >= begins))
    rows, had = families[shown], placements[shown]
    key = plain(rows.family_id)
    approved = (rows.approved != BLANK) & (rows.approved <= day)
    wanted = chance.pick("adoption children approved", rules.children_approved, key)
    places = np.maximum(wanted.numbers(int), had.placed_count)
    stage_1 = until(rows.stage_1, day)
    registered = np.where(
        stage_1 == BLANK, BLANK, np.maximum(stage_1 - chance.between("adoption registered", 0, 5, key), rows.enquiry)
    )
    agency = chance.happens("adoption agency", rules.own_agency, key)
    return Rows(
        adopter_family_id=rows.family_id,
        adopter_enquiry_date=rows.enquiry,
        adoption_agency=choose(len(rows), (agency, rules.agencies[0]), otherwise=rules.agencies[-1]),
        adopters_count=np.where(rows.couple, 2, 1).astype(np.int32),
        early_permanence_approved=yes_no(rows.early_permanence, ~approved),
        registration_date=registered.astype(np.int32),
        stage_one_start_date=stage_1,
        stage_one_end_date=until(rows.stage_1_end, day),
        stage_two_start_date=until(rows.stage_2, day),
        stage_two_end_date=until(rows.stage_2_end, day),
        adopters_approved_date=until(rows.approved, day),
        children_approved=where(approved, places),
        adopters_matched_date=until(had.matched, day),
        first_placement_date=until(had.placed, day),
        children_placed_count=where(approved, had.placed_count),
        adopters_left_date=until(rows.left, day),
        adopters_left_reason=known(rows.left_reason, rows.left, day),
        team_code=world.organisation.team_at(SERVICE, key, np.full(len(rows), day)),
    )
