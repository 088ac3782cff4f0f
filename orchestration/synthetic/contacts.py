"""Contacts that do not become referrals, and the early help assessments some of them lead to; referrals' own contacts are in `need`."""

from __future__ import annotations

from itertools import takewhile

from orchestration.periods import Period
from orchestration.synthetic.chance import Dice
from orchestration.synthetic.lives import CONTACT_CHILD, CONTACTS, Child, Contact, EarlyHelp, World, month_number

NEW_CHILDREN_A_MONTH = 2500  # numbers kept free for each month, so that a month's ids do not depend on other months
TRIES = 20


def record_month(world: World, month: Period) -> None:
    """The month's other contacts; called when the world stands at the month's end. Every month has its own stream."""
    rules = world.scenario.contacts
    dice = world.stream(CONTACTS, month_number(month))
    recent = takewhile(lambda c: c.day >= month.start, reversed(world.contacts))  # the month's referrals stand last
    taken = {(c.child.child_id, c.day) for c in recent}
    to_early_help = rules.become_early_help / (1 - rules.become_referral)
    first_number = CONTACT_CHILD + (month_number(month) - month_number_of(world)) * NEW_CHILDREN_A_MONTH
    for index in range(dice.count(world.monthly(rules.a_year * (1 - rules.become_referral), month))):
        day = dice.day_in(month, world.scenario.population.weekday_weights)
        child = _known_child(world, dice) if dice.chance(rules.known_child) else None
        if child is None or not child.date_of_birth <= day < child.adult_on:
            born = world.born_for(dice, day, dice.pick(rules.ages))
            child = world.make_child(dice, world.identity(first_number + index), born, day)
        if (child.child_id, day) in taken:
            continue
        taken.add((child.child_id, day))
        world.contacts.append(Contact(child, day, dice.pick(world.scenario.referrals.source)))
        if dice.chance(to_early_help) and dice.chance(rules.early_help_assessed):
            start = dice.days_after(day, rules.early_help_after_cd)
            ends = dice.days_after(start, rules.early_help_takes_cd)
            if start < child.adult_on and world.early_help_until.get(child.child_id, day) <= day:
                world.early_help_until[child.child_id] = ends
                world.early_help.append(EarlyHelp(child, start, ends, dice.one_of(rules.organisations)))


def month_number_of(world: World) -> int:
    """Number of the world's first month."""
    return world.scenario.world.begins.year * 12 + world.scenario.world.begins.month


def _known_child(world: World, dice: Dice) -> Child | None:
    for _ in range(TRIES):
        child = dice.one_of(world.referrals).child
        if not child.departed and not child.leaver and child.date_of_birth <= world.today < child.adult_on:
            return child
    return None
