"""Tells the whole history of an invented authority: who lives there, what happens to them, and what is done about it."""

from __future__ import annotations

from datetime import date

from orchestration.synthetic import care, lives, work
from orchestration.synthetic.scenario import Scenario
from orchestration.synthetic.world import World


def make_world(scenario: Scenario, factor: float, seed: int, horizon: date, authority: int = 0) -> World:
    """The authority from the scenario's first day to `horizon`, the last day of a month; the same arguments make the same world.

    `factor` is its size (county = 1), `authority` its number when several are made (0: the only one). What happens up to a
    day does not depend on a later horizon.
    """
    world = World(scenario, factor, seed, horizon, authority)
    lives.live(world)
    care.settle(world)
    work.do(world)
    return world
