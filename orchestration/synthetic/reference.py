"""Reference extracts of the invented authority: organisation, targets, commentary, mid-year population, record restrictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.periods import Period, month_range, period_containing
from orchestration.synthetic.lives import RESTRICTIONS, Child, World, month_number

Row = dict[str, Any]


@dataclass(slots=True, eq=False)
class Restriction:
    """One record restriction; it is lifted when the child's case closes."""

    child: Child
    kind: str
    start: date
    end: date | None = None


class Reference:
    """Reference data as known month by month."""

    source = "reference"

    def __init__(self, world: World) -> None:
        self.world = world
        self.rules = world.scenario.reference
        self.restrictions: list[Restriction] = []

    def restricted_children(self) -> frozenset[str]:
        """Ids of the children whose records are restricted now."""
        return frozenset(r.child.child_id for r in self.restrictions if r.end is None)

    def restrict(self, month: Period) -> None:
        """Lift restrictions of closed cases and keep the scenario's number; one child is on a plan or looked after."""
        dice = self.world.stream(RESTRICTIONS, month_number(month))
        for restriction in self.restrictions:
            if restriction.end is None and restriction.child.episode is None:
                restriction.end = month.end
        active = [r for r in self.restrictions if r.end is None]
        restricted_before = {r.child.child_id for r in self.restrictions}
        while len(active) < self.rules.restricted_children:
            high_need = not any(r.child.episode.status in ("child_protection", "looked_after") for r in active)
            pool = [
                e.child
                for e in self.world.open_episodes
                if e.child.child_id not in restricted_before
                and (e.status in ("child_protection", "looked_after") or not high_need)
            ]
            if not pool:
                return
            restriction = Restriction(dice.one_of(pool), dice.pick(self.rules.restrictions), month.end)
            restricted_before.add(restriction.child.child_id)
            self.restrictions.append(restriction)
            active.append(restriction)

    def tables(self, day: date) -> dict[str, Iterator[Row]]:
        """The full dump as known on `day`, by contract table."""
        return {
            "organisation": self._organisation_rows(),
            "targets": self._target_rows(day),
            "commentary": self._commentary_rows(day),
            "mid_year_population": self._population_rows(day),
            "record_restrictions": self._restriction_rows(day),
        }

    def _organisation_rows(self) -> Iterator[Row]:
        scenario = self.world.scenario
        for code, (service, name) in scenario.teams.items():
            yield {
                "team_code": code,
                "team_name": name,
                "service_code": service,
                "service_name": scenario.services[service],
                "valid_from": scenario.teams_valid_from,
                "valid_to": None,
            }

    def _target_rows(self, day: date) -> Iterator[Row]:
        """Each target holds until the day before the next one of its KPI that is known by `day`."""
        known = [start for start in sorted(self.rules.targets) if start <= day]
        for position, start in enumerate(known):
            for kpi, target in self.rules.targets[start].items():
                later = [n for n in known[position + 1 :] if kpi in self.rules.targets[n]]
                yield {
                    "kpi": kpi,
                    "service_code": None,
                    "valid_from": start,
                    "valid_to": later[0] - timedelta(days=1) if later else None,
                    **target.model_dump(),
                }

    def _commentary_rows(self, day: date) -> Iterator[Row]:
        """A comment on each month; the latest month's last one is still a draft."""
        last = period_containing(day, "month").key
        if last < self.world.scenario.world.quality_and_voice_begin:
            return
        for month in month_range(self.world.scenario.world.quality_and_voice_begin, last):
            for number, (kpi, comment) in enumerate(self.rules.commentary.items(), start=1):
                is_draft = month.key == last and number == len(self.rules.commentary)
                yield {
                    "kpi": kpi,
                    "commented_period": month.key,
                    "service_code": None,
                    "text": comment.text,
                    "cause": comment.cause,
                    "action": comment.action,
                    "owner": comment.owner,
                    "due_date": month.end + timedelta(days=self.rules.commentary_due_after_cd),
                    "author": self.rules.commentary_author,
                    "approver": None if is_draft else self.rules.commentary_approver,
                    "state": "draft" if is_draft else "approved",
                }

    def _population_rows(self, day: date) -> Iterator[Row]:
        """Estimates published by `day`, at the authority's scale."""
        for year, population in self.rules.mid_year_population.items():
            published = date(year + 1, *self.rules.published_month_day)
            if published <= day:
                yield {
                    "year": year,
                    "population": round(population * self.world.scale.factor),
                    "published_date": published,
                }

    def _restriction_rows(self, day: date) -> Iterator[Row]:
        for restriction in self.restrictions:
            yield {
                "child_id": restriction.child.child_id,
                "restriction": restriction.kind,
                "valid_from": restriction.start,
                "valid_to": restriction.end,
                "approved_by": self.rules.restriction_approved_by,
            }
