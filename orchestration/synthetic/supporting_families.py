"""The Supporting Families programme and its successor: families, what they need and achieve, claims; and early help cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import DAYS, plain
from orchestration.synthetic.days import (
    as_date,
    day_number,
    last_working_day,
    month_number,
    month_start,
    months_later,
    two_years,
    year_of,
)
from orchestration.synthetic.rows import (
    BLANK,
    Array,
    Rows,
    Words,
    choose,
    numbers_in_group,
    texts_of,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import begins_in_an_earlier_one, until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

FIRST_IDENTITY = 1_000_000  # family numbers have seven digits
HEADINGS = 10
FOLLOWED = 420  # days after closing for which outcomes are still checked and claimed
# how the early help service words the end of its help, as the code set names it
CLOSURE = {
    "needs met": "needs_met", "did not engage": "not_engaged", "stepped up": "social_care",
    "consent withdrawn": "consent_withdrawn", "moved": "moved", "other": "other",
}  # fmt: skip


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: families whose work or follow-up had not ended by `begins`, and early help since then."""
    every = _families(world)
    families = every[(every.engaged <= day) & (every.closed + FOLLOWED >= begins)]
    outcomes = _outcomes(world, families)
    return {
        "outcome_headings": _headings(world),
        "programme_targets": _targets(world, day, begins),
        "families": _shown_families(world, families, day),
        "family_members": _members(world, every, families, day, begins),
        "family_outcomes": _shown_outcomes(world, families, outcomes, day),
        "claims": _claims(world, families, outcomes, day),
        "early_help_cases": _early_help(world, day, begins),
    }


# --- registers ----------------------------------------------------------------------------------------------------


def _headings(world: World) -> Rows:
    rules = world.scenario.supporting_families
    pairs = [(p, code, h) for p in rules.programmes for code, h in rules.headings.items() if p in h.programmes]
    begins = [rules.programmes[p].begins for p, _, _ in pairs]
    ends = [rules.programmes[p].until for p, _, _ in pairs]
    return Rows(
        programme=words_of(p for p, _, _ in pairs),
        outcome_heading=words_of(code for _, code, _ in pairs),
        heading_number=np.array([h.number for _, _, h in pairs], dtype=np.int32),
        heading_title=words_of(h.title for _, _, h in pairs),
        sustained_months=np.array([h.months for _, _, h in pairs], dtype=np.int32),
        valid_from=np.array([day_number(d) for d in begins], dtype=np.int32),
        valid_to=np.array([day_number(d) if d else BLANK for d in ends], dtype=np.int32),
    )


def _targets(world: World, day: int, begins: int) -> Rows:
    """The targets of every programme year from the one of `begins` to the one after that of `day`."""
    rules = world.scenario.supporting_families
    first, last = (as_date(int(months_later(begins, -3))).year, as_date(int(months_later(day, -3))).year + 1)
    years = np.arange(first, last + 1)
    starts = month_start((years - 1970) * 12 + 3)
    size = world.factor * np.ones(len(years))
    return Rows(
        programme=_programme_on(world, starts),
        target_year=texts_of(years, two_years),
        target_from=starts,
        target_to=(month_start((years - 1969) * 12 + 3) - 1).astype(np.int32),
        target_families=np.round(rules.target_families_a_year * size).astype(np.int32),
        target_claims=np.round(rules.target_claims_a_year * size).astype(np.int32),
    )


def _programme_on(world: World, days: Array) -> Words:
    programmes = world.scenario.supporting_families.programmes
    starts = np.array([day_number(p.begins) for p in programmes.values()])
    at = np.clip(np.searchsorted(starts, days, side="right") - 1, 0, len(starts) - 1)
    return Words(at.astype(np.int32), tuple(programmes))


# --- families -----------------------------------------------------------------------------------------------------


def _families(world: World) -> Rows:
    """Every engagement of a family, from the early help of one of its children; what will come of it is told too."""
    rules, chance, help_ = world.scenario.supporting_families, world.chance, world.early_help
    rows = help_[chance.happens("supporting_families attached", rules.attached, help_.family, help_.start)]
    key = (rows.family, rows.start)
    works = chance.days_after("supporting_families works", rows.start, rules.works_with_cd, *key)
    rows = rows.having(closed=np.maximum(works, rows.end))
    rows = rows[np.lexsort((rows.key, rows.start, rows.family))]
    rows = rows[~begins_in_an_earlier_one(rows.family, rows.start, rows.closed)]
    key = (rows.family, rows.start)
    assessed = chance.days_after("supporting_families assessed", rows.start, rules.assessed_after_cd, *key)
    planned = chance.days_after("supporting_families planned", assessed, rules.planned_after_cd, *key)
    reason = rows.end_reason.translated(CLOSURE)
    ended_well = reason.isin("needs_met")
    # nobody who gave up, moved or was stepped up has everything achieved
    share = np.where(ended_well, rules.all_achieved, 0.0)
    all_achieved = chance.happens("supporting_families all achieved", share, *key)
    family = plain(world.children.family_id[rows.child]) - FIRST_IDENTITY
    return Rows(
        family=rows.family,
        child=rows.child,
        engaged=rows.start,
        closed=rows.closed.astype(np.int32),
        assessed=where(assessed < rows.closed, assessed),
        planned=where(planned < rows.closed, planned),
        reason=reason,
        worker=rows.worker,
        needs=chance.band("supporting_families needs", rules.needs, *key),
        all_achieved=all_achieved,
        all_sustained=all_achieved & chance.happens("supporting_families all sustained", rules.all_sustained, *key),
        programme=_programme_on(world, rows.start),
        number=family * DAYS + (rows.start - world.begins_day),
    )


def _team(world: World, worker: Array, key: Array, days: Array) -> Words:
    """The early help team: the worker's, or the one that supports the other agency's lead professional."""
    staff = world.organisation
    supporting = staff.team_at("early_help", key % 997, days)
    return choose(len(days), (worker >= 0, staff.team_of_worker(worker, days)), otherwise=supporting)


def _lead_professional(world: World, worker: Array, *key: Array) -> tuple[Words, Words]:
    """Role and agency of the lead professional; a worker of the authority is of its early help service."""
    rules = world.scenario.supporting_families
    first = next(iter(rules.lead_professional))
    others = {role: weight for role, weight in rules.lead_professional.items() if role != first}
    role = choose(
        len(worker), (worker >= 0, first), otherwise=world.chance.pick("supporting_families lead", others, *key)
    )
    return role, role.translated(rules.agency_of)


def _shown_families(world: World, rows: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.supporting_families, world.chance, (rows.family, rows.engaged)
    role, agency = _lead_professional(world, rows.worker, *key)
    assessed = until(rows.assessed, day)
    return Rows(
        family_id=world.children.family_id[rows.child],
        programme=rows.programme,
        identified_date=last_working_day(
            rows.engaged - chance.band("supporting_families identified", rules.identified_before_cd, *key)
        ),
        engaged_date=rows.engaged,
        whole_family_assessment_date=assessed,
        whole_family_plan_date=until(rows.planned, day),
        lead_professional_role=role,
        lead_professional_agency=agency,
        needs_count=where(assessed != BLANK, rows.needs),
        family_closed_date=until(rows.closed, day),
        family_closure_reason=rows.reason.blank_where(rows.closed > day),
        service_code=word("early_help", len(rows)),
        team_code=_team(world, rows.worker, rows.family, rows.engaged),
    )


def _known(world: World, day: int, begins: int) -> Array:
    """Which children the case system shows: with a contact since `begins`, or with early help or a case that ended later."""
    contacts, help_, episodes = world.contacts, world.early_help, world.episodes
    known = np.zeros(len(world.children), dtype=bool)
    known[contacts.child[(contacts.day >= begins) & (contacts.day <= day)]] = True
    known[help_.child[(help_.start <= day) & (help_.end >= begins)]] = True
    known[episodes.child[(episodes.start <= day) & (episodes.closed >= begins)]] = True
    return known


def _members(world: World, every: Rows, shown: Rows, day: int, begins: int) -> Rows:
    """The children of each family who are known on `day`, once a family; those adopted since belong to another."""
    rules, chance, children = world.scenario.supporting_families, world.chance, world.children
    first = every[numbers_in_group(every.family) == 0]  # a family's engagements stand together, the first one first
    engaged = first[np.isin(first.family, shown.family)]
    known = _known(world, day, begins)
    adopted = world.adoptions.child[(world.adoptions.order != BLANK) & (world.adoptions.order <= day)]
    known[adopted] = False
    at = np.searchsorted(engaged.family, children.family)
    at = np.minimum(at, max(len(engaged) - 1, 0))
    if not len(engaged):
        at, known = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    child = np.flatnonzero(known)
    of = engaged[at[child]]
    joined = np.maximum(of.engaged, children.born[child])
    kept = (of.family == children.family[child]) & (joined <= day) & (children.adult_on[child] > joined)
    child, of, joined = child[kept], of[kept], joined[kept]
    focus = (of.child == child) | chance.happens("supporting_families focus", rules.focus_child, children.number[child])
    return Rows(
        family_id=children.family_id[child],
        child_id=children.child_id[child],
        joined_family_date=joined.astype(np.int32),
        left_family_date=until(children.died[child], day),
        focus_child=yes_no(focus),
        in_plan=yes_no(focus | chance.happens("supporting_families in plan", rules.in_plan, children.number[child])),
    )


# --- outcomes and claims ------------------------------------------------------------------------------------------


def _outcomes(world: World, families: Rows) -> Rows:
    """One row a need: when it was achieved and whether it lasted; families' rows stand together."""
    rules, chance = world.scenario.supporting_families, world.chance
    assessed = np.flatnonzero(families.assessed != BLANK)
    parts, names = [], tuple(rules.headings)
    for number, programme in enumerate(rules.programmes):
        at = assessed[families.programme.index[assessed] == number]
        weights = {n: h.weight for n, h in rules.headings.items() if programme in h.programmes}
        key = (families.family[at], families.engaged[at])
        row, _, heading = chance.several("supporting_families heading", weights, families.needs[at], *key)
        place = heading.numbers(names.index)
        parts.append((at[row], place))
    at, place = (np.concatenate([p[n] for p in parts]).astype(np.int64) for n in (0, 1))
    order = np.lexsort((place, at))
    at, place = at[order], place[order]
    of = families[at]
    key = (of.family, of.engaged, place)
    achieved = of.all_achieved | chance.happens("supporting_families achieved", rules.achieved_otherwise, *key)
    around = of.closed + chance.band("supporting_families achieved on", rules.achieved_around_closure_cd, *key)
    on = where(achieved, np.maximum(last_working_day(around), of.assessed + 1))
    months = np.array([h.months for h in rules.headings.values()])[place]
    due = months_later(on, months)
    lasted = np.where(
        of.all_achieved,
        of.all_sustained,
        chance.happens("supporting_families sustained", rules.sustained_otherwise, *key),
    )
    return Rows(
        at=at,
        place=place,
        identified=of.assessed,
        achieved=on,
        due=due,
        checked=chance.days_after("supporting_families checked", due, rules.sustained_checked_after_cd, *key),
        lasted=lasted,
    )


def _shown_outcomes(world: World, families: Rows, rows: Rows, day: int) -> Rows:
    rules, of = world.scenario.supporting_families, families[rows.at]
    recorded = world.chance.happens(
        "supporting_families evidence", rules.evidence_recorded, of.family, of.engaged, rows.place
    )
    achieved, checked = until(rows.achieved, day), until(rows.checked, day)
    return Rows(
        family_outcome_id=world.ids(of.number * HEADINGS + rows.place),
        family_id=world.children.family_id[of.child],
        outcome_heading=Words(rows.place.astype(np.int32), tuple(rules.headings)),
        need_identified_date=rows.identified,
        achieved_date=achieved,
        evidence_recorded=yes_no(recorded, achieved == BLANK),
        sustained_due_date=where(achieved != BLANK, rows.due),
        sustained=yes_no(rows.lasted, checked == BLANK),
        sustained_date=checked,
    )[rows.identified <= day]


def _claims(world: World, families: Rows, outcomes: Rows, day: int) -> Rows:
    """A claim for every family whose outcomes all lasted, prepared from the day the last of them was checked."""
    rules, chance = world.scenario.supporting_families, world.chance
    checked = np.zeros(len(families), dtype=np.int64)
    np.maximum.at(checked, outcomes.at, outcomes.checked)
    at = np.flatnonzero(families.all_sustained & (checked > 0) & (checked <= day))
    of, ready = families[at], checked[at].astype(np.int32)
    key = (of.family, of.engaged)
    claimed = chance.days_after("supporting_families claimed", ready, rules.claim_after_cd, *key)
    decided = chance.days_after("supporting_families claim decided", claimed, rules.claim_decided_after_cd, *key)
    audited = chance.days_after("supporting_families sampled on", claimed, rules.sampled_after_cd, *key)
    sampled = chance.happens("supporting_families sampled", rules.sampled, *key) & (audited <= day)
    valid = chance.happens("supporting_families sample valid", rules.sample_valid, *key)
    status = chance.pick("supporting_families claim status", rules.claim_status, *key)
    not_claimed = claimed > day
    year = year_of(months_later(claimed, -3))
    quarter = month_number(months_later(claimed, -3)) % 12 // 3 + 1
    reason = chance.pick("supporting_families sample reason", dict.fromkeys(rules.sample_reason, 1.0), *key)
    return Rows(
        claim_id=world.ids(of.number),
        family_id=world.children.family_id[of.child],
        programme=of.programme,
        claim_kind=chance.pick("supporting_families claim kind", rules.claim_kind, *key),
        claim_year=texts_of(year, two_years).blank_where(not_claimed),
        claim_window=texts_of(year * 10 + quarter, lambda n: f"{two_years(n // 10)} Q{n % 10}").blank_where(
            not_claimed
        ),
        claimed_date=until(claimed, day),
        claim_status=choose(
            len(at),
            (not_claimed, "draft"),
            (decided > day, "submitted"),
            (sampled & ~valid, "rejected"),
            otherwise=status,
        ),
        sampled=yes_no(sampled, not_claimed),
        sampled_date=where(sampled, audited),
        sample_valid=yes_no(valid, ~sampled),
        sample_reason=reason.blank_where(~sampled | valid),
    )


# --- early help cases ---------------------------------------------------------------------------------------------


def _early_help(world: World, day: int, begins: int) -> Rows:
    """Early help as the early help system holds it: the same children and days as in the case system."""
    rules, chance, rows = world.scenario.supporting_families, world.chance, world.early_help
    rows = rows[(rows.start <= day) & (rows.end >= begins)]
    role, agency = _lead_professional(world, rows.worker, rows.key)
    return Rows(
        early_help_case_id=rows.early_help_id,
        child_id=world.children.child_id[rows.child],
        early_help_start_date=rows.start,
        level_of_need=chance.pick("supporting_families level", rules.level, rows.key),
        early_help_assessment_start_date=rows.start,  # the assessment opens the case
        early_help_assessment_completed_date=until(rows.end, day),
        lead_professional_agency=agency,
        lead_professional_role=role,
        stepped_down=yes_no(rows.stepped_down),
        stepped_down_from=chance.pick("supporting_families from", rules.stepped_down_from, rows.key).blank_where(
            ~rows.stepped_down
        ),
        early_help_end_date=until(rows.end, day),
        early_help_closure_reason=rows.end_reason.translated(CLOSURE).blank_where(rows.end > day),
        service_code=word("early_help", len(rows)),
        team_code=_team(world, rows.worker, rows.key, rows.start),
    )
