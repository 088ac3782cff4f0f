"""Everything that ever happens in the invented authority, also beyond the day shown, as one object to ask.

The tables are made in `lives` (need), `care` and `work`; what a file shows of them on a day is decided where the file is made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from orchestration.synthetic.authority import Authority
from orchestration.synthetic.chance import Bands
from orchestration.synthetic.days import month_number, month_start
from orchestration.synthetic.organisation import POSTS, Organisation
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose
from orchestration.synthetic.scenario import Scenario
from orchestration.synthetic.spells import DAY_BITS, NEVER, day_or_never, last_begun, running, where

T = TypeVar("T")
P = ParamSpec("P")
ROUNDS = 20  # referrals of a child: more than anybody has
NOBODY = -1  # the position of a child where a row is about no child


def homes_lived_in(world: World) -> Rows:
    """Placements with the changes of status in the same home taken together: one row a home that a child lived in."""
    placed = world.placements
    last = np.zeros(len(placed), dtype=np.int32)
    np.maximum.at(last, placed.home, placed.end)
    rows = placed[~placed.status_only]
    return rows.having(end=last[rows.home])


class World(Authority):
    """One authority with its staff and all its tables; made by `history.make_world`.

    Every table is a `Rows`; other tables name a child by its position in `children`. Days are the truth, also of the future.
    """

    children: Rows
    contacts: Rows
    early_help: Rows
    episodes: Rows
    assessments: Rows
    enquiries: Rows
    cin_plans: Rows
    plans: Rows
    statuses: Rows
    allocations: Rows
    care: Rows
    legal: Rows
    placements: Rows
    missing: Rows
    adoptions: Rows
    adopter_families: Rows
    leavers: Rows
    visits: Rows
    reviews: Rows
    health: Rows
    leaver_states: Rows
    doubles: Rows
    new_identities: Rows

    def __init__(self, scenario: Scenario, factor: float, seed: int, horizon: date, authority: int = 0) -> None:
        super().__init__(scenario, factor, seed, horizon, authority)
        self.organisation = Organisation(self)

    # --- children -------------------------------------------------------------------------------------------------

    def child_ids(self, child: Array, shown: Array | bool = True) -> Array:
        """The case numbers of children (positions); negative for nobody and where they are not shown."""
        return np.where((child >= 0) & shown, self.children.child_id[child], -1)

    def serial(self, child: Array, round_: Array) -> Array:
        """A number for each referral that never changes: the child's in order of arrival, and the round."""
        return self.children.serial[child].astype(np.int64) * ROUNDS + round_

    def somebody(self, purpose: str, spells: Rows, days: Array, *keys: Any) -> Array:
        """For each day, in order, a child (position) whose spell covers the first of its month; NOBODY where there is none."""
        first = month_start(month_number(days))
        drawn, found = self.chance.uniform(purpose, *keys), np.full(len(days), NOBODY, dtype=np.int64)
        order = np.argsort(first, kind="stable")
        cuts = np.flatnonzero(np.diff(first[order])) + 1
        for rows in np.split(order, cuts) if len(order) else []:
            there = np.flatnonzero(running(spells.start, spells.end, first[rows[0]]))
            if len(there):
                found[rows] = spells.child[there[(drawn[rows] * len(there)).astype(np.int64)]]
        return found

    def next_care(self, child: Array, start: Array) -> Array:
        """The first day of each child's first period of care that ends after `start`; NEVER when there is none."""
        care = self.care
        order = np.lexsort((care.start, care.child))
        ends = care.child[order].astype(np.int64) << DAY_BITS | care.end[order]
        at = np.searchsorted(ends, child.astype(np.int64) << DAY_BITS | start, side="right")
        place = order[np.minimum(at, len(order) - 1)]
        return np.where((at < len(order)) & (care.child[place] == child), care.start[place], NEVER)

    def leavers_on(self, day: int) -> Rows:
        """The care leavers who receive a service on a day with what is known last of each: their circumstances (the columns of
        `leaver_states`), `contact`, `plan_reviewed`, and the eligibility of the day."""
        rules, states = self.scenario.care_leavers, self.leaver_states
        place = np.flatnonzero((self.leavers.start <= day) & (self.leavers.end > day))
        rows, today = self.leavers[place], np.full(len(place), day)
        state = states[last_begun(states.leaver, states.start, place, day)] if len(place) else states[:0]
        contact = self.last_of_cycle("leaver contact", rules.contact_every_cd, rows.key, rows.start, today)
        contact = np.where(contact == BLANK, rows.start, contact)
        # a relevant child becomes a former relevant one at 18
        grown_up = rows.eligibility.isin("relevant") & (self.children.adult_on[rows.child] <= day)
        return state.having(
            care_leaver_id=rows.care_leaver_id,
            child=rows.child,
            eligibility=choose(len(rows), (grown_up, "former_relevant"), otherwise=rows.eligibility),
            contact=np.where(state.lost_since == BLANK, contact, state.lost_since).astype(np.int32),
            plan_reviewed=self.last_of_cycle("pathway plan", rules.pathway_plan_every_cd, rows.key, rows.start, today),
        )

    def adopters_on(self, day: int) -> Rows:
        """For each adopter family the days of the first match and placement (BLANK: none), how many children are placed by `day`,
        and when all orders are made (NEVER: not all will be)."""
        cases, count = self.adoptions, len(self.adopter_families)
        cases = cases[cases.family >= 0]
        matched, placed = np.full(count, NEVER), np.full(count, NEVER)
        np.minimum.at(matched, cases.family, day_or_never(cases.matched))
        np.minimum.at(placed, cases.family, day_or_never(cases.placed))
        finished = np.full(count, -1)
        np.maximum.at(finished, cases.family, day_or_never(cases.order))
        here = cases.family[(cases.placed != BLANK) & (cases.placed <= day)]
        return Rows(
            matched=where(matched < NEVER, matched),
            placed=where(placed < NEVER, placed),
            placed_count=np.bincount(here, minlength=count).astype(np.int32),
            finished=np.where(finished < 0, NEVER, finished),
        )

    # --- what was recorded ----------------------------------------------------------------------------------------

    def authorised_on(self, day: int) -> Array:
        """The authorisation day of every assessment as recorded on `day`: blank until recorded, wrong until corrected."""
        rows = self.assessments
        told = np.where((rows.told_first != BLANK) & (rows.corrected > day), rows.told_first, rows.authorised)
        return where(rows.recorded <= day, told)

    def last_of_cycle(self, purpose: str, bands: Bands, key: Array, start: Array, day: Array) -> Array:
        """The last day on or before `day` of something that comes every so many days from a start on; blank before the first."""
        every = self.chance.band(purpose, bands, key)
        count = (np.asarray(day).astype(np.int64) - start) // every
        return where(count >= 1, start + count * every)

    # --- cases ----------------------------------------------------------------------------------------------------

    def case_on(self, child: Array, days: Any) -> Rows:
        """Who holds each child's case on each day: open, status, service, team, worker, manager, episode (-1 when closed).

        When no case is open the columns tell of the last one before (the first team there is, for a child without any).
        """
        child, days = np.broadcast_arrays(np.asarray(child), np.asarray(days))
        spells = self.statuses
        at = np.searchsorted(spells.key, child.astype(np.int64) << DAY_BITS | days.astype(np.int64), side="right") - 1
        at = np.clip(at, 0, len(spells) - 1)
        known = (spells.child[at] == child) & (spells.start[at] <= days)
        is_open = known & (spells.end[at] >= days)
        service = np.where(known, spells.service[at], self.organisation.service_number("front_door"))
        desk = np.where(known, spells.desk[at], self.children.serial[child])
        return self._held(service, desk, days).having(
            open=is_open,
            status=spells.status[at].blank_where(~is_open),
            episode=np.where(is_open, spells.episode[at], -1),
        )

    def _held(self, service: Array, desk: Array, days: Array) -> Rows:
        staff = self.organisation
        count = np.array(list(staff.desks.values()))[service]
        team = staff.team_at(service, desk % count, days)
        return Rows(
            service=Words(service.astype(np.int32), staff.services),
            team=team,
            worker=staff.workers.worker_id[staff.holder(service * POSTS + desk % count, days)],
            manager=staff.manager(team, days),
        )

    def open_cases(self, day: int) -> Rows:
        """The children with an open case on a day: child, episode, status, service, team, worker, manager, since."""
        spells = self.statuses
        rows = spells[running(spells.start, spells.end, day)]
        held = self._held(rows.service, rows.desk, np.full(len(rows), day))
        return held.having(child=rows.child, episode=rows.episode, status=rows.status, since=rows.start)

    def referred_to(self, rows: Rows) -> tuple[Words, Array]:
        """The team and the worker that referrals went to; one that goes no further never leaves the front door."""
        staff, case = self.organisation, self.case_on(rows.child, rows.start)
        front, desk = rows.nfa | ~case.open, rows.together % 997
        team = choose(len(rows), (front, staff.team_at("front_door", desk, rows.start)), otherwise=case.team)
        return team, np.where(front, staff.worker_ids("front_door", desk, rows.start), case.worker)


def once_a_world(make: Callable[Concatenate[World, P], T]) -> Callable[Concatenate[World, P], T]:
    """Remember what is made of a world (and of a day, where one is given) as long as the world lives."""
    made: WeakKeyDictionary[World, dict[Any, T]] = WeakKeyDictionary()  # a dictionary of its own for every function

    @wraps(make)
    def remembered(world: World, *more: P.args, **named: P.kwargs) -> T:
        known = made.setdefault(world, {})
        if more not in known:
            known[more] = make(world, *more, **named)
        return known[more]

    return remembered
