"""Everything that ever happens in the invented authority, also beyond the day shown, as one object to ask.

The tables are made in `lives` (need), `care` and `work`; what a file shows of them on a day is decided where the file is made.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from orchestration.synthetic.authority import Authority
from orchestration.synthetic.chance import Bands
from orchestration.synthetic.organisation import POSTS, Organisation
from orchestration.synthetic.rows import BLANK, Array, Rows, Words
from orchestration.synthetic.scenario import Scenario


def until(column: Array, day: int) -> Array:
    """Days later than `day` are blank: they are not known yet."""
    return np.where(column > day, BLANK, column).astype(np.int32)


def position_of(sorted_keys: Array, keys: Array) -> Array:
    """The position of each key among sorted keys, -1 where it is not among them."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == keys, at, -1)


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

    # --- what was recorded ----------------------------------------------------------------------------------------

    def authorised_on(self, day: int) -> Array:
        """The authorisation day of every assessment as recorded on `day`: blank until recorded, wrong until corrected."""
        rows = self.assessments
        told = np.where((rows.told_first != BLANK) & (rows.corrected > day), rows.told_first, rows.authorised)
        return np.where(rows.recorded > day, BLANK, told).astype(np.int32)

    def last_of_cycle(self, purpose: str, bands: Bands, key: Array, start: Array, day: Array) -> Array:
        """The last day on or before `day` of something that comes every so many days from a start on; blank before the first."""
        every = self.chance.band(purpose, bands, key)
        count = (np.asarray(day).astype(np.int64) - start) // every
        return np.where(count < 1, BLANK, start + count * every).astype(np.int32)

    # --- cases ----------------------------------------------------------------------------------------------------

    def case_on(self, child: Array, days: Any) -> Rows:
        """Who holds each child's case on each day: open, status, service, team, worker, manager, episode (-1 when closed).

        When no case is open the columns tell of the last one before (the first team there is, for a child without any).
        """
        child, days = np.broadcast_arrays(np.asarray(child), np.asarray(days))
        spells = self.statuses
        at = np.searchsorted(spells.key, child.astype(np.int64) << 20 | days.astype(np.int64), side="right") - 1
        at = np.clip(at, 0, len(spells) - 1)
        known = (spells.child[at] == child) & (spells.start[at] <= days)
        is_open = known & ((spells.end[at] == BLANK) | (spells.end[at] >= days))
        service = np.where(known, spells.service[at], self.organisation.service_number("front_door"))
        desk = np.where(known, spells.desk[at], child)
        return self._held(service, desk, days).having(
            open=is_open,
            status=spells.status[at].blank_where(~is_open),
            episode=np.where(is_open, spells.episode[at], -1),
        )

    def _held(self, service: Array, desk: Array, days: Array) -> Rows:
        staff = self.organisation
        count = np.array(list(staff.desks.values()))[service]
        team = staff.team_codes(staff.team_positions(service, desk % count, days))
        return Rows(
            service=Words(service.astype(np.int32), staff.services),
            team=team,
            worker=staff.workers.worker_id[staff.holder(service * POSTS + desk % count, days)],
            manager=staff.manager(team, days),
        )

    def open_cases(self, day: int) -> Rows:
        """The children with an open case on a day: child, episode, status, service, team, worker, manager, since."""
        spells = self.statuses
        rows = spells[(spells.start <= day) & ((spells.end == BLANK) | (spells.end >= day))]
        held = self._held(rows.service, rows.desk, np.full(len(rows), day))
        return held.having(child=rows.child, episode=rows.episode, status=rows.status, since=rows.start)
