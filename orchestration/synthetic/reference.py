"""Reference extracts of the invented authority: teams, targets, comments, standards, boards, supplied values, rebases, restrictions.

Most of it stands in the scenario as it is; what is chosen by lot are the children whose records are restricted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.periods import period_containing
from orchestration.synthetic.days import (
    as_date,
    day_number,
    month_number,
    month_start,
    next_working_day,
    period_keys,
    weekday,
    working_days_after,
)
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, stack, word, words_of, yes_no
from orchestration.synthetic.spells import where
from orchestration.synthetic.world import once_a_world

if TYPE_CHECKING:
    from orchestration.synthetic.scenario import BoardPart
    from orchestration.synthetic.world import World

SEALED = "sealed_adoption"


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The reference tables as known on `day`."""
    return {
        "organisation": _organisation(world, day, begins),
        "targets": _targets(world, day),
        "commentary": _commentary(world, day, begins),
        "mid_year_population": _population(world, day),
        "postcode_districts": _postcode_districts(world),
        "record_restrictions": _record_restrictions(world, day, begins),
        "practice_standards": _practice_standards(world, day),
        "supplied_values": _supplied_values(world, day, begins),
        "contract_kpis": _contract_kpis(world, day),
        "board_meetings": _board_meetings(world, day, begins),
        "control_chart_rebases": _control_chart_rebases(world, day),
    }


# --- record restrictions ------------------------------------------------------------------------------------------


def restrictions(world: World, day: int) -> Rows:
    """Restricted records as known on `day`: child, kind, start, end (BLANK while it lasts)."""
    rows = _restrictions(world)
    rows = rows[rows.start <= day]
    return rows.having(end=where(rows.end <= day, rows.end))


@once_a_world
def _restrictions(world: World) -> Rows:
    return stack([_chosen(world), _sealed(world)])


def restricted_on(world: World, day: int) -> Array:
    """The children whose records are restricted on `day`, its last day included."""
    rows = restrictions(world, day)
    return np.unique(rows.child[(rows.end == BLANK) | (rows.end >= day)])


def _sealed(world: World) -> Rows:
    """The records of adopted children: sealed from the adoption order on."""
    adopted = world.adoptions[world.adoptions.order != BLANK]
    blank = np.full(len(adopted), BLANK, dtype=np.int32)
    return Rows(child=adopted.child, kind=word(SEALED, len(adopted)), start=adopted.order.astype(np.int32), end=blank)


def _chosen(world: World) -> Rows:
    """The scenario's number of places, each filled again at the end of the month in which it fell free.

    The first place is for a child on a plan or looked after and is free again when that ends; the others are for any open
    case and end with it. No child is chosen twice.
    """
    rules = world.scenario.reference
    cases = world.episodes[~world.episodes.nfa]
    any_case = Rows(child=cases.child, start=cases.start, end=cases.closed)
    high_need = stack([t.only("child", "start", "end") for t in (world.plans, world.care)])
    taken = np.zeros(len(world.children), dtype=bool)
    free = [world.begins_day] * rules.restricted_children
    found: list[tuple[int, int, int]] = []
    while free and min(free) <= world.horizon and (day := _month_end(min(free))) <= world.horizon:
        place = free.index(min(free))
        spells = any_case if place else high_need
        open_now = (spells.start <= day) & (spells.end > day) & ~taken[spells.child]
        if not open_now.any():
            free[place] = day + 1
            continue
        spells = spells[open_now]
        lot = world.chance.number("reference restricted", world.children.number[spells.child], day)
        row = int(np.argmin(lot))
        taken[spells.child[row]] = True
        found.append((int(spells.child[row]), day, int(spells.end[row])))
        free[place] = int(spells.end[row])
    child, start, end = (np.array([f[n] for f in found], dtype=np.int64) for n in range(3))
    kind = world.chance.pick("reference restriction", rules.restrictions, world.children.number[child])
    return Rows(child=child, kind=kind, start=start.astype(np.int32), end=end.astype(np.int32))


def _month_end(day: int) -> int:
    return day_number(period_containing(as_date(day), "month").end)


def _record_restrictions(world: World, day: int, begins: int) -> Rows:
    rows = restrictions(world, day)
    rows = rows[np.where(rows.kind.isin(SEALED), rows.start >= begins, (rows.end == BLANK) | (rows.end >= begins))]
    return Rows(
        child_id=world.children.child_id[rows.child],
        restriction=rows.kind,
        valid_from=rows.start,
        valid_to=rows.end,
        approved_by=word(world.scenario.reference.restriction_approved_by, len(rows)),
        audit_approved=yes_no(np.zeros(len(rows), dtype=bool)),
    )


# --- what stands in the scenario ----------------------------------------------------------------------------------


def _organisation(world: World, day: int, begins: int) -> Rows:
    teams = world.organisation.teams
    teams = teams[(teams.valid_from <= day) & ((teams.valid_to == BLANK) | (teams.valid_to >= begins))]
    teams = teams.only("team_code", "team_name", "service_code", "service_name", "valid_from", "valid_to")
    return teams.having(valid_to=where(teams.valid_to <= day, teams.valid_to))


def _targets(world: World, day: int) -> Rows:
    """Each target holds until the day before the next one of its KPI that is known by `day`."""
    targets = world.scenario.reference.targets
    known = [start for start in sorted(targets) if day_number(start) <= day]
    found = []
    for position, start in enumerate(known):
        for kpi, target in targets[start].items():
            later = [day_number(n) - 1 for n in known[position + 1 :] if kpi in targets[n]]
            found.append({"kpi": kpi, "valid_from": start, "valid_to": min(later, default=None), **target.model_dump()})
    rows = _listed(
        found,
        days=("valid_from", "valid_to"),
        words=("kpi", "contract"),
        numbers=("target", "target_high", "tolerance", "floor", "weighting"),
    )
    return rows.having(service_code=word(None, len(rows)))


def _commentary(world: World, day: int, begins: int) -> Rows:
    """A comment on each month; the latest month's last one is still a draft."""
    rules = world.scenario.reference
    months = world.month_range(begins, day)
    first = day_number(date.fromisoformat(f"{world.scenario.world.quality_and_voice_begin}-01"))
    months = np.repeat(months[month_start(months) >= first], len(rules.commentary))
    place = np.tile(np.arange(len(rules.commentary)), len(months) // len(rules.commentary))
    comments = list(rules.commentary.values())
    draft = np.arange(len(months)) == len(months) - 1
    text = {
        name: Words(place.astype(np.int32), tuple(getattr(c, name) for c in comments))
        for name in ("text", "cause", "action", "owner")
    }
    return Rows(
        kpi=Words(place.astype(np.int32), tuple(rules.commentary)),
        commented_period=period_keys(months, "month"),
        service_code=word(None, len(months)),
        due_date=(month_start(months + 1) - 1 + rules.commentary_due_after_cd).astype(np.int32),
        author=word(rules.commentary_author, len(months)),
        approver=word(rules.commentary_approver, len(months)).blank_where(draft),
        state=Words(draft.astype(np.int32), ("approved", "draft")),
        **text,
    )


def _population(world: World, day: int) -> Rows:
    """Estimates published by `day`, at the authority's size."""
    rules = world.scenario.reference
    published = {year: day_number(date(year + 1, *rules.published_month_day)) for year in rules.mid_year_population}
    known = [year for year, when in published.items() if when <= day]
    return Rows(
        year=np.array(known, dtype=np.int32),
        population=np.array([round(rules.mid_year_population[y] * world.factor) for y in known], dtype=np.int32),
        published_date=np.array([published[y] for y in known], dtype=np.int32),
    )


def _postcode_districts(world: World) -> Rows:
    """The districts of the sectors that the homes of the scenario lie in."""
    found = [{"postcode_sector": s, "district": d} for s, d in world.scenario.population.districts.items()]
    return _listed(found, words=("postcode_sector", "district"))


def _practice_standards(world: World, day: int) -> Rows:
    """A row from each day on which a standard's timescale or the edition of its guidance changed."""
    rules = world.scenario.reference
    found = []
    for code, standard in rules.practice_standards.items():
        guidance = rules.editions[standard.by] if standard.by else None
        editions = guidance.editions if guidance else {}
        begins = standard.since or min(editions, default=rules.standards_from)
        starts = sorted(d for d in {begins, *editions, *standard.then} if d >= begins and day_number(d) <= day)
        for position, start in enumerate(starts):
            within = [n for d, n in sorted(standard.then.items()) if d <= start]
            timescale = within[-1] if within else standard.within
            found.append({
                "standard": code, "standard_title": standard.title, "service_code": standard.service,
                "task": standard.task, "timescale": timescale,
                "timescale_unit": None if timescale is None else standard.unit, "counted_from": standard.counted_from,
                "statutory_source": guidance.title if guidance else None,
                "edition": editions[max(d for d in editions if d <= start)] if editions else None,
                "kpi": standard.kpi, "audit_theme": standard.theme, "valid_from": start,
                "valid_to": day_number(starts[position + 1]) - 1 if position + 1 < len(starts) else None,
            })  # fmt: skip
    return _listed(
        found,
        days=("valid_from", "valid_to"),
        words=("standard", "standard_title", "service_code", "task", "timescale_unit", "counted_from", "statutory_source",
               "edition", "kpi", "audit_theme"),
        whole=("timescale",),
    )  # fmt: skip


def _supplied_values(world: World, day: int, begins: int) -> Rows:
    """The values of ended periods that have been supplied; one waits for approval until it has come."""
    parts = []
    for number, (kpi, rule) in enumerate(world.scenario.reference.supplied_values.items()):
        months = world.month_range(begins, day)
        if rule.every == "quarter":
            months = months[months % 3 == 2]  # March, June, September, December
        ends = month_start(months + 1) - 1
        parts.append(_supplied(world, day, number, kpi, months[ends <= day]))
    return stack(parts)


def _supplied(world: World, day: int, number: int, kpi: str, months: Array) -> Rows:
    rules, chance = world.scenario.reference, world.chance
    rule = rules.supplied_values[kpi]
    ends = month_start(months + 1) - 1
    supplied = chance.working_days_after("reference supplied", ends, rules.supplied_after_wd, number, months)
    known = supplied <= day
    months, supplied = months[known], supplied[known]
    count = len(months)
    level = chance.normal("reference supplied value", rule.level, rule.spread, number, months)
    denominator = value = np.full(count, np.nan)
    numerator = denominator
    if rule.of is None:
        value = np.round(level, 1)
    else:
        lots = np.maximum(
            5, chance.normal("reference supplied of", rule.of, rule.of / 12, number, months) * world.factor
        )
        denominator = np.rint(lots)
        numerator = np.rint(denominator * np.clip(level, 0, 100) / 100)
    approved = chance.working_days_after(
        "reference approved", supplied, rules.supplied_approved_after_wd, number, months
    )
    waits = approved > day
    return Rows(
        kpi=word(kpi, count),
        supplied_period=period_keys(months, rule.every),
        service_code=word(None, count),
        numerator=numerator,
        denominator=denominator,
        value=value,
        unit=word(rule.unit, count),
        source_system=word(rule.system, count),
        supplied_by=word(rule.by, count),
        supplied_date=supplied,
        approver=word(rules.supplied_approver, count).blank_where(waits),
        approved_date=where(~waits, approved),
    )


def _contract_kpis(world: World, day: int) -> Rows:
    rules = world.scenario.reference
    found = []
    for name, contract in rules.contract_sets.items():
        begins = contract.begins or rules.standards_from
        order = 0
        for section, kpis in contract.sections.items():
            for kpi in kpis:
                order += 1
                found.append({
                    "contract_set": name, "kpi": kpi, "contract_title": rules.contract_titles.get(kpi),
                    "section": section, "display_order": order, "reported": contract.reported,
                    "accountable_role": contract.role, "valid_from": begins, "valid_to": None,
                })  # fmt: skip
    return _listed(
        [f for f in found if day_number(f["valid_from"]) <= day],
        days=("valid_from", "valid_to"),
        words=("contract_set", "kpi", "contract_title", "section", "reported", "accountable_role"),
        whole=("display_order",),
    )


def _board_meetings(world: World, day: int, begins: int) -> Rows:
    """The meetings since `begins` and those already arranged."""
    ahead = world.scenario.reference.meetings_known_months_ahead
    months = np.arange(month_number(begins), month_number(day) + ahead + 1)
    return stack([_meetings(code, board, months) for code, board in world.scenario.reference.boards.items()])


def _meetings(code: str, board: BoardPart, months: Array) -> Rows:
    months = months[np.isin(months % 12 + 1, board.months)]
    first = month_start(months)
    day = next_working_day(first + (board.weekday - weekday(first)) % 7 + 7 * (board.week - 1))
    if board.until is not None:
        months, day = months[day <= day_number(board.until)], day[day <= day_number(board.until)]
    # meetings are counted over the years, so that a later delivery counts the same
    number = months // 12 * len(board.months) + np.searchsorted(sorted(board.months), months % 12 + 1)
    themes = Words((number % max(1, len(board.themes))).astype(np.int32), board.themes or ("",))
    return Rows(
        board=word(code, len(months)),
        meeting_date=day,
        public_meeting=yes_no(
            (number % board.public_every == 0) if board.public_every else np.zeros(len(months), bool)
        ),
        papers_due_date=working_days_after(day, -board.papers_wd),
        board_title=word(board.title, len(months)),
        meeting_theme=themes.blank_where(np.full(len(months), not board.themes)),
    )


def _control_chart_rebases(world: World, day: int) -> Rows:
    """The rebases recorded by `day`: none is recorded before its day has come."""
    rules = world.scenario.reference
    return _listed(
        [
            {"kpi": r.kpi, "service_code": r.service, "rebase_date": r.day, "reason": r.reason,
             "approved_by": rules.rebases_approved_by}
            for r in rules.control_chart_rebases
            if day_number(r.day) <= day
        ],
        days=("rebase_date",),
        words=("kpi", "service_code", "reason", "approved_by"),
    )  # fmt: skip


# --- columns of short lists ---------------------------------------------------------------------------------------


def _listed(
    found: Sequence[Mapping[str, Any]],
    *,
    words: Iterable[str],
    days: Iterable[str] = (),
    numbers: Iterable[str] = (),
    whole: Iterable[str] = (),
) -> Rows:
    """The columns of a few rows told one by one; a day may be a date or its number."""
    columns: dict[str, Any] = {name: words_of(row[name] for row in found) for name in words}
    for name in days:
        given = [row[name] for row in found]
        numbered = [BLANK if v is None else day_number(v) if isinstance(v, date) else v for v in given]
        columns[name] = np.array(numbered, dtype=np.int32)
    for name in numbers:
        columns[name] = np.array([np.nan if row[name] is None else row[name] for row in found], dtype=np.float64)
    for name in whole:
        columns[name] = np.array([BLANK if row[name] is None else row[name] for row in found], dtype=np.int32)
    return Rows(columns)
