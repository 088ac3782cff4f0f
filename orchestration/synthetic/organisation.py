"""The authority's services, teams and staff: posts that people hold one after the other, so that anybody's worker or team on any day can be told.

A post belongs to a service and has a desk number; its team follows from the desk, so a reorganisation moves posts between teams.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.synthetic.authority import Authority
from orchestration.synthetic.days import day_number
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, run_numbers, words_of
from orchestration.synthetic.scenario import Scenario
from orchestration.synthetic.spells import DAY_BITS, NEVER, one_after_another, running, where

FIRST_MANAGER = 900  # desk numbers from here on are managers of teams, one a team
POSTS = 1000  # post = position of the service * POSTS + desk
TENURES = 40  # more than anybody needs in thirty years


class Organisation:
    """Teams and workers of one authority."""

    def __init__(self, authority: Authority) -> None:
        scenario = authority.scenario  # the authority itself is not kept: a ring of two would outlive its use
        self.services = tuple(scenario.services)
        self._until_last_day = authority.horizon
        self.teams = self._make_teams(authority)
        self.desks = {s: self._desk_count(scenario, s, authority.factor) for s in self.services}
        self._rotas = self._make_rotas()
        self.workers = self._make_workers(authority)
        self._tenure_keys = (self.workers.post.astype(np.int64) << DAY_BITS) + self.workers.begins

    # --- making ---------------------------------------------------------------------------------------------------

    def _make_teams(self, authority: Authority) -> Rows:
        scenario = authority.scenario
        shown = {code: t for code, t in scenario.teams.items() if t.at_size <= authority.factor}
        first = scenario.teams_valid_from
        return Rows(
            team_code=words_of(authority.code(code) for code in shown),
            team_name=words_of(t.name for t in shown.values()),
            service_code=words_of(t.service for t in shown.values()),
            service_name=words_of(scenario.services[t.service] for t in shown.values()),
            valid_from=np.array([day_number(t.begins or first) for t in shown.values()], dtype=np.int32),
            valid_to=np.array([day_number(t.until) if t.until else BLANK for t in shown.values()], dtype=np.int32),
        )

    def _desk_count(self, scenario: Scenario, service: str, factor: float) -> int:
        teams = int(self.teams_on(day_number(scenario.world.begins)).service_code.isin(service).sum())
        wanted = round(scenario.organisation.desks[service] * factor)
        return min(max(wanted, scenario.organisation.least_desks_a_team * max(teams, 1)), FIRST_MANAGER - 1)

    def _make_rotas(self) -> list[tuple[Array, list[Array]]]:
        """For each service the days on which its set of teams changes, and the teams (positions) from each of them on."""
        teams, rotas = self.teams, []
        ends = np.where(teams.valid_to == BLANK, NEVER, teams.valid_to)
        for service in self.services:
            own = np.flatnonzero(teams.service_code.isin(service))
            changes = np.unique(np.concatenate([teams.valid_from[own], ends[own][ends[own] < NEVER] + 1]))
            rotas.append((changes, [own[(teams.valid_from[own] <= d) & (ends[own] >= d)] for d in changes]))
        return rotas

    def _make_workers(self, authority: Authority) -> Rows:
        rules, chance, begins = authority.scenario.organisation, authority.chance, authority.begins_day
        post = np.concatenate(
            [n * POSTS + np.arange(self.desks[s]) for n, s in enumerate(self.services)]
            + [self._manager_posts(np.arange(len(self.teams)))]
        )
        is_manager = post % POSTS >= FIRST_MANAGER
        managed = np.where(is_manager, post % POSTS - FIRST_MANAGER, 0)
        years = np.array([rules.stays_years[s] for s in self.services])[post // POSTS]
        years = np.where(is_manager, rules.manager_stays_years, years)
        row, number = np.repeat(np.arange(len(post)), TENURES), np.tile(np.arange(TENURES), len(post))
        service = row_service = (post // POSTS)[row]
        role = chance.pick_by("worker role", row_service, [rules.roles[s] for s in self.services], post[row], number)
        role = choose(len(row), (is_manager[row], "team_manager"), otherwise=role)
        social = role.isin("social_worker", "senior_social_worker", "advanced_practitioner", "team_manager")
        agency = social & chance.happens("worker agency", rules.agency, post[row], number)
        stay = np.where(agency, rules.agency_stays_years, years[row]) * 365.25
        days = np.minimum(60 + chance.wait("worker stays", np.maximum(stay - 60, 30), post[row], number), 30 * 365)
        # whoever holds the post when the world begins has held it for a while
        first = begins - chance.between("worker before", 30, 1200, post)
        last = np.full(len(post), NEVER)
        team_from, team_to = self.teams.valid_from[managed], self.teams.valid_to[managed]
        first = np.where(is_manager & (team_from > begins), team_from, first)
        last = np.where(is_manager & (team_to != BLANK), team_to, last)
        start, end = one_after_another(first, days)
        end = np.minimum(end, last[row])
        kept = (start <= last[row]) & (start <= self._until_last_day)
        ordinal = np.arange(len(post))[row] + len(post) * number
        workers = Rows(
            worker_id=authority.ids(100_000 + post[row] * 100 + number),
            staff_id=authority.ids(700_000 + post[row] * 100 + number),
            name=_names(authority, ordinal),
            kind=choose(len(row), (is_manager[row], "manager"), otherwise="worker"),
            role=role,
            service=Words(service.astype(np.int32), self.services),
            post=post[row].astype(np.int64),
            desk=(post % POSTS)[row],
            number=number,
            begins=start.astype(np.int64),
            start=start.astype(np.int32),
            end=where(end < NEVER, end),
            agency=agency,
            fte=np.array([float(w) for w in rules.full_time])[
                chance.pick("worker hours", rules.full_time, post[row], number).index
            ],
            newly_qualified=role.isin("newly_qualified_social_worker"),
        )[kept]
        return workers[np.lexsort((workers.begins, workers.post))]

    def _manager_posts(self, teams: Array) -> Array:
        return self._service_of_team(teams) * POSTS + FIRST_MANAGER + teams

    def _service_of_team(self, teams: Array) -> Array:
        return self.teams.service_code[teams].numbers(self.services.index)

    # --- asking ---------------------------------------------------------------------------------------------------

    def service_number(self, service: str) -> int:
        """The position of a service."""
        return self.services.index(service)

    def teams_on(self, day: int) -> Rows:
        """The teams valid on a day."""
        teams = self.teams
        return teams[running(teams.valid_from, teams.valid_to, day)]

    def team_positions(self, service: Array, desk: Array, day: Array) -> Array:
        """The team (position) of desks of services (positions) on given days."""
        service, desk, day = np.broadcast_arrays(service, desk, day)
        found = np.zeros(len(service), dtype=np.int64)
        for number, (changes, rotas) in enumerate(self._rotas):
            rows = np.flatnonzero(service == number)
            if not len(rows):
                continue
            stage = np.clip(np.searchsorted(changes, day[rows], side="right") - 1, 0, len(changes) - 1)
            for position, rota in enumerate(rotas):
                now = rows[stage == position]
                found[now] = rota[desk[now] % len(rota)]
        return found

    def team_codes(self, positions: Array) -> Words:
        """The codes of teams."""
        return self.teams.team_code[positions]

    def team_at(self, service: Any, desk: Array, day: Any) -> Words:
        """The team of desks of services (a code or positions) on given days."""
        number = np.int64(self.services.index(service)) if isinstance(service, str) else service
        return self.team_codes(self.team_positions(number, desk, day))

    def holder(self, post: Array, day: Array) -> Array:
        """Who (position among the workers) holds posts on given days."""
        at = np.searchsorted(self._tenure_keys, (np.asarray(post, dtype=np.int64) << DAY_BITS) + day, side="right") - 1
        return np.clip(at, 0, len(self.workers) - 1)

    def worker_ids(self, service: Any, desk: Array, day: Array) -> Array:
        """The worker at desks of services (a code or positions) on given days."""
        number = self.services.index(service) if isinstance(service, str) else service
        post = number * POSTS + np.asarray(desk) % np.array(list(self.desks.values()))[number]
        return self.workers.worker_id[self.holder(post, day)]

    def manager(self, team_codes: Words, days: Array) -> Array:
        """The manager (worker id) of teams on given days."""
        place = {code: n for n, code in enumerate(self.teams.team_code.strings())}
        position = np.array([place.get(w, 0) for w in team_codes.words] + [0])[team_codes.index]
        return self.workers.worker_id[self.holder(self._manager_posts(position), days)]

    def _worker_positions(self, worker_ids: Array) -> tuple[Array, Array]:
        order = np.argsort(self.workers.worker_id, kind="stable")
        found = np.clip(np.searchsorted(self.workers.worker_id[order], worker_ids), 0, len(order) - 1)
        return order[found], np.asarray(worker_ids) >= 0

    def names(self, worker_ids: Array) -> Words:
        """The names of workers; blank for a negative id."""
        position, known = self._worker_positions(worker_ids)
        return self.workers.name[position].blank_where(~known)

    def team_of_worker(self, worker_ids: Array, days: Any) -> Words:
        """The team a worker belongs to on given days."""
        position, known = self._worker_positions(worker_ids)
        days = np.broadcast_to(days, position.shape)
        desk, service = self.workers.desk[position], self.workers.post[position] // POSTS
        team = self.team_positions(service, desk, days)
        team = np.where(desk >= FIRST_MANAGER, desk - FIRST_MANAGER, team)
        return self.team_codes(team).blank_where(~known)

    def in_post(self, day: int) -> Array:
        """Positions of the workers in post on a day."""
        return np.flatnonzero(running(self.workers.start, self.workers.end, day))

    def spells_at_desk(
        self, service: Array, desk: Array, start: Array, end: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Cut spells at desks where the person or the team changes: (row, worker position, start, end); an open end is BLANK.

        Services are positions, desks any numbers (taken modulo the service's desks). The end day of a cut spell is the day
        before the next one begins.
        """
        count = np.array(list(self.desks.values()))[service]
        post = service * POSTS + desk % count
        last = np.where(end == BLANK, NEVER, end)
        first_at = self.holder(post, start)
        last_at = self.holder(post, np.minimum(last, self._until_last_day))
        counts = np.maximum(last_at - first_at, 0) + 1
        row, number = np.repeat(np.arange(len(post)), counts), run_numbers(counts)
        worker = first_at[row] + number
        begins = np.maximum(start[row], np.where(number == 0, start[row], self.workers.start[worker]))
        next_start = np.append(begins[1:], 0)
        is_last = number == counts[row] - 1
        ends = np.where(is_last, end[row], next_start - 1)
        return row, worker, begins.astype(np.int32), ends.astype(np.int32)


def _names(authority: Authority, ordinal: Array) -> Words:
    names, (seed, number) = authority.scenario.names, authority.chance.seed
    total = len(names.given) * len(names.family)
    step = next(n for n in range(total // 3, total) if np.gcd(n, total) == 1)
    place = (ordinal * step + number * 101 + seed) % total
    return Words(place.astype(np.int32), tuple(f"{g} {f}" for f in names.family for g in names.given))
