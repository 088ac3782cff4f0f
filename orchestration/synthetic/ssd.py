"""The Standard Safeguarding Dataset of the case system: the world as recorded on a day, table by table.

Whole history since `begins`: everything that hangs on a referral whose case was open then or later, contacts and visits since
then, and the people all these rows name.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.synthetic import residential
from orchestration.synthetic.days import (
    A_DAY,
    age_on,
    as_date,
    birthday,
    day_number,
    next_working_day,
    working_days_after,
)
from orchestration.synthetic.lives import MOTHER
from orchestration.synthetic.rows import (
    BLANK,
    BLANK_SECONDS,
    Array,
    Rows,
    Words,
    choose,
    last_of_group,
    numbers_in_group,
    position_of,
    stack,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import DAY_BITS, NEVER, until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

REFERRAL_FAMILIES = 2_000_000  # numbers of families that were ever referred; the others are known by a contact only
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # the check letters, without I, O and S
OUTCOMES = ("NEW_REFERRAL", "EARLY_HELP", "INFORMATION", "NFA", "OTHER")


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """Every file table of the standard as known on `day`, with history since `begins`."""
    view = _View(world, day, begins)
    made: dict[str, Rows] = {}
    for part in (_need, _plans, _care, _care_health, _care_leavers, _education, _staff, _people):
        made |= part(view)
    return made


def month_tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The tables of the standard that stand for one month (contract mode `period`), without making the others."""
    return _care_leavers(_View(world, day, begins))


class _View:
    """What is shown on a day: the episodes of need that are in, and the people named so far."""

    def __init__(self, world: World, day: int, begins: int) -> None:
        self.world, self.day, self.begins = world, day, begins
        episodes = world.episodes
        last = np.maximum(episodes.closed, episodes.leaver_end)  # the service of a care leaver goes on after some cases
        self.shown = (episodes.start <= day) & (last >= begins)
        self.child_id = world.children.child_id
        self.named = np.zeros(len(world.children), dtype=bool)  # people that rows of any table name
        self.referral_id = episodes.referral_id
        self.has_plan = np.zeros(len(world.children), dtype=bool)  # an education, health and care plan in force

    def of_shown(self, rows: Rows, column: str = "start") -> Rows:
        """Rows of shown episodes that have begun, with `at` = their own positions."""
        kept = np.flatnonzero(self.shown[rows.episode] & (rows.columns[column] <= self.day))
        self.name(rows.child[kept])
        return rows[kept].having(at=kept)

    def name(self, child: Array) -> Array:
        """Case numbers of children, who are named by this."""
        self.named[child] = True
        return self.child_id[child]

    def until(self, column: Array) -> Array:
        """Days not known yet are blank."""
        return until(column, self.day)

    def case(self, child: Array, days: Array) -> Rows:
        """Who held the case on a day, but no later than the day shown."""
        return self.world.case_on(child, np.minimum(np.where(days == BLANK, self.day, days), self.day))

    def team_ids(self, codes: Words) -> Array:
        """Numbers of teams from their codes."""
        return self.world.ids(codes.numbers(lambda c: int(c.split("-")[-1].removeprefix("T"))))


def _flags(names: tuple[str, ...], chosen: Words) -> Words:
    """A JSON cell of yes and no flags, one of which is yes."""
    texts = {n: json.dumps({f"OUTCOME_{m}_FLAG": "Y" if m == n else "N" for m in names}) for n in names}
    return chosen.translated(texts)


# --- contacts to assessments --------------------------------------------------------------------------------------


def _need(view: _View) -> dict[str, Rows]:
    world, day, begins = view.world, view.day, view.begins
    chance, rules = world.chance, world.scenario
    rows = world.contacts
    rows = rows[(rows.day <= day) & (rows.day >= begins)]
    flag = {"referral": "NEW_REFERRAL", "early_help": "EARLY_HELP", "information": "INFORMATION", "no_action": "NFA"}
    contacts = Rows(
        contact_id=rows.contact_id,
        child_id=view.name(rows.child),
        contact_date=rows.day,
        contact_source=rows.source,
        contact_source_description=word(None, len(rows)),
        contact_outcome=_flags(OUTCOMES, rows.outcome.translated(flag)).blank_where(rows.decided > day),
    )
    rows = world.early_help
    rows = rows[(rows.start <= day) & (rows.end >= begins)]
    early = Rows(
        early_help_episode_id=rows.early_help_id,
        child_id=view.name(rows.child),
        early_help_start_date=rows.start,
        early_help_end_date=view.until(rows.end),
        early_help_reason=rows.reason,
        early_help_end_reason=rows.end_reason.blank_where(rows.end > day),
        organisation=rows.organisation,
        worker_id=rows.worker,
    )
    everyone = world.episodes.having(episode=np.arange(len(world.episodes)))
    rows = view.of_shown(everyone)
    closed = view.until(rows.closed)
    team, worker = world.referred_to(rows)
    outcome = choose(len(rows), (rows.nfa, "NFA"), otherwise="SINGLE_ASSESSMENT")
    episodes = Rows(
        referral_id=rows.referral_id,
        child_id=view.child_id[rows.child],
        referral_date=rows.start,
        primary_need=rows.need.blank_where(rows.nfa),
        referral_source=rows.source,
        referral_source_description=word(None, len(rows)),
        referral_outcome=_flags(("NFA", "SINGLE_ASSESSMENT", "STRATEGY_DISCUSSION"), outcome),
        referral_nfa=yes_no(rows.nfa),
        close_reason=rows.reason.blank_where(closed == BLANK),
        close_date=closed,
        team_id=view.team_ids(team),
        worker_id=worker,
    )
    authorised = world.authorised_on(day)
    rows = view.of_shown(world.assessments)
    authorised = authorised[rows.at]
    held = view.case(rows.child, np.where(authorised == BLANK, day, np.maximum(authorised - 1, rows.start)))
    unborn = world.children.born[rows.child] > np.minimum(rows.authorised, day)
    done = authorised != BLANK
    assessments = Rows(
        assessment_id=rows.assessment_id,
        child_id=view.child_id[rows.child],
        referral_id=view.referral_id[rows.episode],
        assessment_start_date=rows.start,
        child_seen=choose(
            len(rows), (unborn, "unknown"), ((rows.seen_on != BLANK) & (rows.seen_on <= day), "yes"), (done, "no")
        ),
        authorisation_date=authorised,
        assessment_outcome=_flags(
            ("NFA", "CHILD_IN_NEED_PLAN"), choose(len(rows), (rows.in_need, "CHILD_IN_NEED_PLAN"), otherwise="NFA")
        ).blank_where(~done),
        assessment_nfa=yes_no(~rows.in_need, ~done),
        team_id=view.team_ids(held.team),
        worker_id=held.worker,
    )
    found = np.flatnonzero(done & ~chance.happens("no factor", rules.factors.none_found, rows.key))
    factors = Rows(
        assessment_factors_id=rows.assessment_id[found],
        assessment_id=rows.assessment_id[found],
        assessment_factors=_factors(world, rows[found]),
    )
    return {
        "contacts": contacts,
        "early_help_episodes": early,
        "cin_episodes": episodes,
        "cin_assessments": assessments,
        "assessment_factors": factors,
    }


def _factors(world: World, rows: Rows) -> Words:
    """The factors of assessments as a JSON list; brothers and sisters share most of them."""
    codes = world.scenario.factors.found
    total = np.zeros(len(rows), dtype=np.int64)
    for number, (code, share) in enumerate(codes.items()):
        key = rows.shared if code.endswith(("B", "C")) else rows.key  # of a parent or of somebody else at home
        total |= world.chance.happens("factor " + code, share / 100, key).astype(np.int64) << number
    names = tuple(codes)
    total = np.where(total == 0, 1 << (len(names) - 1), total)
    sets, index = np.unique(total, return_inverse=True)
    words = tuple(json.dumps([n for place, n in enumerate(names) if one >> place & 1]) for one in sets.tolist())
    return Words(index.astype(np.int32), words)


# --- section 47 to child protection plans -------------------------------------------------------------------------


def _plans(view: _View) -> dict[str, Rows]:
    world, day, begins = view.world, view.day, view.begins
    everyone = view.of_shown(world.enquiries)
    here = ~everyone.transfer_in  # a child who moves in with a plan had the enquiry elsewhere
    rows = everyone[here]
    done, held_on = view.until(rows.concluded), view.until(rows.conference)
    wanted = rows.conference != BLANK
    held = view.case(rows.child, rows.start)
    enquiries = Rows(
        s47_enquiry_id=rows.s47_id,
        referral_id=view.referral_id[rows.episode],
        child_id=view.child_id[rows.child],
        s47_start_date=rows.start,
        s47_end_date=done,
        s47_nfa=yes_no(~wanted, done == BLANK),
        s47_outcome=_flags(
            ("NFA", "CP_CONFERENCE"), choose(len(rows), (wanted, "CP_CONFERENCE"), otherwise="NFA")
        ).blank_where(done == BLANK),
        worker_id=held.worker,
        team_id=view.team_ids(held.team),
    )
    # arranged, also when it is still to be held
    rows = everyone[(everyone.conference != BLANK) & ((everyone.concluded <= day) | everyone.transfer_in)]
    held, held_on = view.case(rows.child, rows.start), view.until(rows.conference)
    plan = np.full(len(world.enquiries), -1)
    plan[world.plans.enquiry[world.plans.enquiry >= 0]] = np.flatnonzero(world.plans.enquiry >= 0)
    plan = plan[rows.at]
    planned = (held_on != BLANK) & (plan >= 0)
    conferences = Rows(
        icpc_id=rows.s47_id,
        meeting_id=rows.meeting_id,
        s47_enquiry_id=np.where(rows.transfer_in, -1, rows.s47_id),
        child_id=view.child_id[rows.child],
        cp_plan_id=np.where(planned, world.plans.cp_plan_id[plan], -1),
        referral_id=view.referral_id[rows.episode],
        icpc_transfer_in=yes_no(rows.transfer_in),
        icpc_target_date=working_days_after(rows.start, 15),
        icpc_date=held_on,
        icpc_led_to_plan=yes_no(rows.led_to_plan, held_on == BLANK),
        icpc_outcome=_flags(
            ("CP_PLAN", "CIN_PLAN"), choose(len(rows), (rows.led_to_plan, "CP_PLAN"), otherwise="CIN_PLAN")
        ).blank_where(held_on == BLANK),
        team_id=view.team_ids(held.team),
        worker_id=held.worker,
    )
    rows = view.of_shown(world.cin_plans)
    end = view.until(rows.end)
    held = view.case(rows.child, np.where(end == BLANK, day, np.maximum(rows.end - 1, rows.start)))
    cin = Rows(
        cin_plan_id=rows.cin_plan_id,
        referral_id=view.referral_id[rows.episode],
        child_id=view.child_id[rows.child],
        cin_plan_start_date=rows.start,
        cin_plan_end_date=end,
        team_id=view.team_ids(held.team),
        worker_id=held.worker,
    )
    rows = view.of_shown(world.plans)
    changed = (rows.category_changed != BLANK) & (rows.category_changed <= day)
    plans = Rows(
        cp_plan_id=rows.cp_plan_id,
        referral_id=view.referral_id[rows.episode],
        icpc_id=np.where(rows.enquiry >= 0, world.enquiries.s47_id[rows.enquiry], -1),
        child_id=view.child_id[rows.child],
        cp_plan_start_date=rows.start,
        cp_plan_end_date=view.until(rows.end),
        initial_category=rows.category,
        other_authority_plan=yes_no(np.zeros(len(rows), dtype=bool)),
        latest_category=choose(len(rows), (changed, rows.latest_category), otherwise=rows.category),
    )
    visits = world.visits
    visits = visits[(visits.recorded <= day) & (visits.day >= begins)]
    made = {"s47_enquiry": enquiries, "initial_cp_conference": conferences, "cin_plans": cin, "cp_plans": plans}
    for kind in ("cin", "cp"):
        rows = visits[visits.kind.isin(kind)]
        spells = world.cin_plans if kind == "cin" else world.plans
        rows = rows[view.shown[spells.episode[rows.spell]]]
        old = rows.old_enough
        columns = {
            f"{kind}_visit_id": rows.visit_id,
            "child_id": view.name(rows.child),
            f"{kind}_visit_date": rows.day,
            f"{kind}_visit_seen": yes_no(rows.seen),
            f"{kind}_visit_seen_alone": yes_no(rows.alone, ~old | ~rows.seen),
            f"{kind}_visit_bedroom_seen": yes_no(
                world.chance.happens("bedroom seen", world.scenario.ssd.shares["bedroom_seen"], rows.key, rows.nth),
                ~rows.seen,
            ),
        }
        if kind == "cp":
            columns["cp_plan_id"] = world.plans.cp_plan_id[rows.spell]
        made[f"{kind}_visits"] = Rows(columns)
    rows = _reviews(view, "cp", world.plans)
    happened = rows.held != BLANK
    made["cp_reviews"] = Rows(
        cp_review_id=rows.review_id,
        child_id=view.name(rows.child),
        cp_plan_id=world.plans.cp_plan_id[rows.spell],
        cp_review_due_date=rows.due,
        cp_review_date=rows.held,
        meeting_id=np.where(happened, rows.meeting_id, -1),
        continue_plan=yes_no(rows.continues, ~happened),
        quorate=yes_no(rows.quorate, ~happened),
        participation=rows.participation.blank_where(~happened),
    )
    return made


def _reviews(view: _View, kind: str, spells: Rows) -> Rows:
    """Reviews called by the day: those held, and the next one of whoever still has a plan or is in care."""
    rows = view.world.reviews
    rows = rows[rows.kind.isin(kind) & (rows.called <= view.day) & (rows.due >= view.begins)]
    rows = rows[view.shown[spells.episode[rows.spell]]]
    held = view.until(rows.held)
    return rows.having(held=held)[(held != BLANK) | (spells.end[rows.spell] > view.day)]


# --- looked after -------------------------------------------------------------------------------------------------


def _care(view: _View) -> dict[str, Rows]:
    world, day, begins = view.world, view.day, view.begins
    care = world.care
    shown = view.shown[care.episode] & (care.start <= day)
    view.name(care.child[shown])
    legal = world.legal[shown[world.legal.care] & (world.legal.start <= day)]
    statuses = Rows(
        legal_status_id=legal.legal_status_id,
        child_id=view.child_id[legal.child],
        legal_status=legal.status,
        legal_status_start_date=legal.start,
        legal_status_end_date=view.until(legal.end),
    )
    placed = world.placements.having(urn=residential.placement_urns(world))
    placed = placed[shown[placed.care] & (placed.start <= day)]
    ended = view.until(placed.end)
    placements = Rows(
        cla_placement_id=placed.placement_id,
        placement_start_date=placed.start,
        placement_type=placed.kind,
        placement_urn=placed.urn,
        placement_distance=placed.distance,
        cla_id=care.cla_id[placed.care],
        placement_provider=placed.provider,
        placement_postcode=placed.postcode,
        placement_end_date=ended,
        placement_change_reason=placed.next_reason.blank_where(ended == BLANK),
        child_id=view.child_id[placed.child],
    )
    rows = _reviews(view, "cla", care)
    happened = rows.held != BLANK
    reviews = Rows(
        cla_review_id=rows.review_id,
        cla_id=care.cla_id[rows.spell],
        cla_review_due_date=rows.due,
        cla_review_date=rows.held,
        cla_review_cancelled=yes_no(np.zeros(len(rows), dtype=bool)),
        participation=rows.participation.blank_where(~happened),
    )
    rows = world.visits
    rows = rows[rows.kind.isin("cla") & (rows.recorded <= day) & (rows.day >= begins)]
    rows = rows[shown[rows.spell]]
    visits = Rows(
        cla_visit_id=rows.visit_id,
        cla_id=care.cla_id[rows.spell],
        child_id=view.child_id[rows.child],
        cla_visit_date=rows.day,
        cla_visit_seen=yes_no(rows.seen),
        cla_visit_seen_alone=yes_no(rows.alone, ~rows.old_enough | ~rows.seen),
    )
    rows = world.missing
    rows = rows[(rows.start <= day) & (rows.start >= begins)]
    back = rows.end_seconds < (day + 1) * A_DAY
    told = back & (rows.end + 7 <= day) & ~rows.absent
    missing = Rows(
        missing_episode_id=rows.missing_id,
        child_id=view.name(rows.child),
        missing_start_at=rows.start_seconds,
        missing_type=choose(len(rows), (rows.absent, "absent"), otherwise="missing"),
        missing_end_at=np.where(back, rows.end_seconds, BLANK_SECONDS),
        return_interview_offered=choose(
            len(rows), (rows.absent, "not_applicable"), (~told, None), (rows.offered, "yes"), otherwise="no"
        ),
        return_interview_accepted=choose(
            len(rows),
            (rows.absent, "not_applicable"),
            (~told | ~rows.offered, None),
            (rows.accepted, "yes"),
            otherwise="no",
        ),
    )
    return {
        "legal_status": statuses,
        "cla_episodes": _care_episodes(view, shown),
        "cla_placement": placements,
        "cla_reviews": reviews,
        "cla_visits": visits,
        "missing": missing,
        "permanence": _permanence(view, shown),
        "pre_proceedings": _pre_proceedings(view),
    }


def _care_episodes(view: _View, shown: Array) -> Rows:
    """Episodes as the looked after return has them: a new one with every change of legal status or placement."""
    world, day, care = view.world, view.day, view.world.care
    legal, placed = world.legal, world.placements
    legal_key = legal.care.astype(np.int64) << DAY_BITS | legal.start
    placed_key = placed.care.astype(np.int64) << DAY_BITS | placed.start
    placed_order = np.argsort(placed_key, kind="stable")
    keys = np.unique(np.concatenate([legal_key, placed_key]))
    period, start = keys >> DAY_BITS, (keys & NEVER).astype(np.int32)
    placement = placed_order[np.searchsorted(placed_key[placed_order], keys, side="right") - 1]
    new_legal = np.isin(keys, legal_key) & (start > care.start[period])
    new_placed = np.isin(keys, placed_key) & (start > care.start[period])
    same_carer = placed.status_only[placement]
    last = last_of_group(period)
    end = np.where(last, care.end[period], np.append(start[1:], 0)).astype(np.int32)
    number = numbers_in_group(period)
    reason = choose(
        len(keys),
        (~new_legal & ~new_placed, "S"),
        (new_legal & new_placed & same_carer, "U"),
        (new_legal & new_placed, "B"),
        (new_legal, "L"),
        (same_carer, "T"),
        otherwise="P",
    )
    kept = shown[period] & (start <= day)
    period, start, end, last, number, placement = (c[kept] for c in (period, start, end, last, number, placement))
    ended = view.until(end)
    contact = world.last_of_cycle(
        "iro contact", world.scenario.looked_after.iro_contact_every_cd, care.key[period], care.start[period],
        np.minimum(care.end[period], day),
    )  # fmt: skip
    return Rows(
        cla_episode_id=care.cla_id[period] * 4096 + number,
        child_id=view.child_id[care.child[period]],
        cla_episode_start_date=start,
        cla_start_reason=reason[kept],
        primary_need=care.need[period],
        cla_episode_end_date=ended,
        cla_end_reason=choose(len(start), (ended == BLANK, None), (~last, "X1"), otherwise=care.end_reason[period]),
        cla_id=care.cla_id[period],
        referral_id=view.referral_id[care.episode[period]],
        cla_placement_id=placed.placement_id[placement],
        care_entry_date=care.start[period],
        last_iro_contact_date=contact,
    )


def _permanence(view: _View, shown: Array) -> Rows:
    """Adoption steps, and orders of special guardianship or child arrangements that ended care."""
    world, day, care, chance = view.world, view.day, view.world.care, view.world.chance
    cases = world.adoptions
    cases = cases[shown[cases.care] & (cases.decision <= day)]
    period = cases.care
    adopted = view.until(cases.order)
    early = view.until(cases.early_permanence)
    held = view.case(cases.child, cases.decision)
    count = len(cases)
    steps = Rows(
        permanence_id=cases.adoption_id * 2,
        child_id=view.child_id[cases.child],
        cla_id=care.cla_id[period],
        adoption_decision_date=cases.decision,
        ffa_decision_date=early,
        placement_order_date=view.until(cases.placement_order),
        placed_for_adoption_date=view.until(cases.placed),
        matching_date=view.until(cases.matched),
        adopted_by_carer=yes_no(early != BLANK, adopted == BLANK),
        ffa_placement_date=early,
        decision_reversed_date=view.until(cases.reversed),
        reversal_reason=cases.reversal_reason.blank_where(view.until(cases.reversed) == BLANK),
        permanence_order_date=adopted,
        permanence_order_type=choose(count, (adopted != BLANK, "adoption")),
        worker_id=held.worker,
        **_siblings(view, cases.child, period),
    )
    ended = np.flatnonzero(shown & (care.end <= day) & care.exit.isin("special_guardianship", "arrangements_order"))
    blank = np.full(len(ended), BLANK, dtype=np.int32)
    names = ("adoption_decision_date", "ffa_decision_date", "placement_order_date", "placed_for_adoption_date")
    names += ("matching_date", "ffa_placement_date", "decision_reversed_date")
    kinds = {"special_guardianship": "special_guardianship", "arrangements_order": "child_arrangements"}
    orders = Rows(
        permanence_id=care.cla_id[ended] * 2 + 1,
        child_id=view.child_id[care.child[ended]],
        cla_id=care.cla_id[ended],
        **dict.fromkeys(names, blank),
        adopted_by_carer=word(None, len(ended)),
        reversal_reason=word(None, len(ended)),
        permanence_order_date=care.end[ended],
        permanence_order_type=care.exit[ended].translated(kinds),
        worker_id=view.case(care.child[ended], care.end[ended] - 1).worker,
        **_siblings(view, care.child[ended], ended),
    )
    rows = stack([steps, Rows({n: orders.columns[n] for n in steps.columns})])
    carer = chance.happens(
        "placed with foster carer", world.scenario.ssd.shares["placed_with_foster_carer"], rows.permanence_id
    )
    placed_with = np.where(carer & (rows.ffa_placement_date != BLANK), rows.ffa_placement_date, BLANK)
    return rows.having(placed_with_foster_carer_date=placed_with.astype(np.int32), agency_urn=word(None, len(rows)))


def _siblings(view: _View, child: Array, period: Array) -> dict[str, Any]:
    """Brothers and sisters looked after at the same time: how many, and that they live together or apart."""
    world = view.world
    care, family = world.care, world.children.family
    open_ = np.flatnonzero((care.start <= view.day) & (care.end > view.day))
    families, counts = np.unique(family[care.child[open_]], return_counts=True)
    at = np.minimum(np.searchsorted(families, family[child]), max(len(families) - 1, 0))
    others = (
        np.where(families[at] == family[child], counts[at] - 1, 0) if len(families) else np.zeros(len(child), dtype=int)
    )
    others = np.maximum(others, 0)
    together = world.chance.happens("siblings together", world.scenario.ssd.shares["siblings_together"], family[child])
    return {
        "sibling_group": yes_no(others > 0),
        "siblings_placed_together": np.where(together, others, 0).astype(np.int32),
        "siblings_placed_apart": np.where(together, 0, others).astype(np.int32),
    }


def _pre_proceedings(view: _View) -> Rows:
    """Pre-proceedings before most court cases, and some that end in a step down; a family goes through them together."""
    world, day, rules, chance = view.world, view.day, view.world.scenario.ssd, view.world.chance
    care, plans = world.care, world.plans
    first_order = np.full(len(care), BLANK, dtype=np.int64)
    interim = world.legal.status.isin("C1")
    order = np.flatnonzero(interim)[::-1]
    first_order[world.legal.care[order]] = world.legal.start[order]
    lasts = chance.band("pre-proceedings", rules.pre_proceedings_lasts_cd, care.shared)
    court = np.flatnonzero(
        (first_order != BLANK) & chance.happens("pre-proceedings before court", rules.pre_proceedings_before_court, care.shared)
        & (first_order - lasts > world.episodes.start[care.episode])
    )  # fmt: skip
    down_lasts = chance.band("pre-proceedings of plan", rules.pre_proceedings_lasts_cd, plans.shared)
    began = next_working_day(plans.start.astype(np.int64) + 60)
    down = np.flatnonzero(
        (plans.end - began > down_lasts) & (world.episodes.care_start[plans.episode] == BLANK)
        & chance.happens("pre-proceedings of plan", rules.pre_proceedings_of_plans, plans.shared)
    )  # fmt: skip
    child = np.concatenate([care.child[court], plans.child[down]])
    decision = np.concatenate([first_order[court] - lasts[court], began[down]]).astype(np.int32)
    ended = np.concatenate([first_order[court], began[down] + down_lasts[down]]).astype(np.int32)
    issued = np.arange(len(child)) < len(court)
    episode = np.concatenate([care.episode[court], plans.episode[down]])
    number = np.concatenate([care.cla_id[court] * 2, plans.cp_plan_id[down] * 2 + 1])
    rows = Rows(child=child, decision=decision, ended=ended, issued=issued, episode=episode, number=number)
    rows = rows[view.shown[episode] & (decision <= day)]
    key, count = rows.number, len(rows)
    view.name(rows.child)
    over = rows.ended <= day
    letter = next_working_day(rows.decision + chance.between("letter before proceedings", 2, 14, key))
    meeting = next_working_day(letter + chance.between("pre-proceedings meeting", 7, 21, key))
    family = world.children.family_id[rows.child]
    issue = over & rows.issued
    final = issue & (rows.ended + 200 <= day)
    plan = {"A": 44, "B": 5, "C": 14, "D": 6, "E": 24, "F": 5, "G": 2}
    return Rows(
        pre_proceedings_id=rows.number,
        child_id=view.child_id[rows.child],
        plo_family_id=family,
        decision_date=rows.decision,
        initial_meeting_date=view.until(np.minimum(meeting, rows.ended)),
        pre_proceedings_outcome=choose(count, (~over, None), (rows.issued, "issue_proceedings"), otherwise="step_down"),
        ended_date=view.until(rows.ended),
        cp_plans_in_referral=(world.episodes.cp_start[rows.episode] != BLANK).astype(np.int32),
        legal_gateway_outcome=word("B", count),
        previous_pre_proceedings=chance.happens(
            "pre-proceedings before", world.scenario.ssd.shares["pre_proceedings_before"], key
        ).astype(np.int32),
        previous_care_proceedings=chance.happens(
            "care proceedings before", world.scenario.ssd.shares["care_proceedings_before"], key
        ).astype(np.int32),
        letter_date=view.until(np.minimum(letter, rows.ended)),
        issue_letter_date=where(issue, rows.ended),
        review_meetings=np.where(over, (rows.ended - rows.decision) // 42, 0).astype(np.int32),
        parents_represented=yes_no(chance.happens("represented", world.scenario.ssd.shares["represented"], key)),
        parents_represented_at_issue=choose(
            count,
            (~issue, "not_applicable"),
            (chance.happens("represented at issue", world.scenario.ssd.shares["represented_at_issue"], key), "yes"),
            otherwise="no",
        ),
        court_hearings=where(issue, np.minimum((day - rows.ended) // 60, 5)),
        short_notice=choose(
            count,
            (~issue, "not_applicable"),
            (chance.happens("short notice", world.scenario.ssd.shares["short_notice"], key), "yes"),
            otherwise="no",
        ),
        short_notice_reason=word(None, count),
        initial_plan_approved=choose(count, (issue, "yes")),
        initial_care_plan=choose(
            count, (~issue, "not_in_proceedings"), otherwise=chance.pick("initial care plan", plan, key)
        ),
        final_plan_approved=choose(count, (final, "yes")),
        final_care_plan=choose(
            count, (~issue, "not_in_proceedings"), (~final, "H"), otherwise=chance.pick("final care plan", plan, key)
        ),
    )


# --- health and plans in care -------------------------------------------------------------------------------------


def _care_health(view: _View) -> dict[str, Rows]:
    world, day, begins = view.world, view.day, view.begins
    rules, chance, care = world.scenario.ssd, world.chance, world.care
    shown = view.shown[care.episode] & (care.start <= day)
    rows = world.health
    rows = rows[shown[rows.care] & (rows.day <= day) & (rows.day >= begins)]
    checks = Rows(
        health_check_id=rows.health_id,
        child_id=view.child_id[rows.child],
        health_check_type=rows.kind,
        health_check_date=rows.day,
        health_check_status=rows.status,
    )
    in_care = np.flatnonzero(shown & (care.end > begins))
    child = care.child[in_care]
    last = last_of_group(np.sort(child))
    order = np.argsort(child, kind="stable")
    latest = in_care[order][last]
    child = care.child[latest]
    when = np.minimum(care.end[latest], day)
    immunised = Rows(
        child_id=view.child_id[child],
        immunisations_up_to_date=yes_no(chance.happens("immunised", rules.immunised, care.key[latest])),
        immunisations_status_date=np.maximum(
            world.last_of_cycle("immunised day", [(300, 420, 1)], care.key[latest], care.start[latest], when), care.start[latest]
        ),
    )  # fmt: skip
    made = {"cla_health": checks, "cla_immunisations": immunised}
    for name, share, least in (("substance_misuse", rules.substance_misuse, 12), ("conviction", rules.convicted, 10)):
        row, nth, at = chance.repeated(name, care.start + 90, np.minimum(care.end - 1, day), [(300, 430, 1)], care.key)
        key = care.key[row] * 64 + nth
        old = age_on(world.children.born[care.child[row]], at) >= least
        kept = np.flatnonzero(shown[row] & old & (at >= begins) & chance.happens(name + " happens", share, key))
        row, nth, at, key = row[kept], nth[kept], at[kept], key[kept]
        ids, children = care.cla_id[row] * 64 + nth, view.child_id[care.child[row]]
        if name == "conviction":
            made["cla_convictions"] = Rows(conviction_id=ids, child_id=children, conviction_date=at)
        else:
            made["cla_substance_misuse"] = Rows(
                substance_misuse_id=ids,
                child_id=children,
                substance_misuse_date=at,
                intervention_received=yes_no(
                    chance.happens("intervention", world.scenario.ssd.shares["intervention"], key)
                ),
            )
    row, nth, at = chance.repeated("sdq", care.start + 150, np.minimum(care.end - 1, day), rules.sdq_every_cd, care.key)
    age = age_on(world.children.born[care.child[row]], at)
    kept = np.flatnonzero(shown[row] & (at >= begins) & (age >= 4) & (age <= 16))
    row, nth, at = row[kept], nth[kept], at[kept]
    key = care.key[row] * 64 + nth
    done = chance.happens("sdq done", rules.sdq_done, key)
    # a child's scores hang together from year to year
    score = chance.normal("sdq child", rules.sdq_mean, rules.sdq_spread * 0.8, care.key[row])
    score = np.clip(np.rint(score + chance.normal("sdq", 0.0, rules.sdq_spread * 0.6, key)), 0, 40)
    made["sdq_scores"] = Rows(
        sdq_id=care.cla_id[row] * 64 + nth,
        child_id=view.child_id[care.child[row]],
        sdq_completed_date=at,
        sdq_reason=chance.pick("sdq reason", rules.sdq_reason, key).blank_where(done),
        sdq_score=where(done, score),
    )
    made |= _care_plans(view, shown)
    return made


def _care_plans(view: _View, shown: Array) -> dict[str, Rows]:
    """Care plans, made anew at every other review, and permanence before this period of care."""
    world, day, rules, chance, care = view.world, view.day, view.world.scenario.ssd, view.world.chance, view.world.care
    row, nth, at = chance.repeated(
        "care plan", care.start + 8, np.minimum(care.end - 1, day), [(330, 380, 1)], care.key
    )
    end = np.where(last_of_group(row), care.end[row], np.append(at[1:], 0)) if len(row) else at
    kept = np.flatnonzero(shown[row] & (end >= view.begins))
    # the last plan shown runs until care ends, or until a later one that is not known yet
    row, nth, at, end = row[kept], nth[kept], at[kept], end[kept]
    plan = _plan_at(world, row, at)
    words = {
        "return_to_family": "RETURN",
        "adoption": "ADOPTION",
        "sgo_cao": "SGO_CAO",
        "supported_living": "SUPPORTED_LIVING",
    }
    words |= {"residential": "RESIDENTIAL", "long_term_fostering": "LONG_TERM_FOSTERING", "other": "OTHER"}
    texts = {
        n: json.dumps({f"PERM_PLAN_{w}": "Y" if w == v else "N" for w in words.values()}) for n, v in words.items()
    }
    plans = Rows(
        care_plan_id=care.cla_id[row] * 64 + nth,
        child_id=view.child_id[care.child[row]],
        care_plan_start_date=at,
        care_plan_end_date=view.until(end),
        care_plan=plan.translated(texts),
    )
    first = np.flatnonzero(shown)
    option = chance.pick("previous permanence", rules.previous_permanence, world.children.number[care.child[first]])
    before = Rows(
        previous_permanence_id=care.cla_id[first],
        child_id=view.child_id[care.child[first]],
        previous_order_day=word(None, len(first)),
        previous_permanence_option=option,
    )
    return {"cla_care_plan": plans, "cla_previous_permanence": before}


def _plan_at(world: World, period: Array, day: Array) -> Words:
    """The permanence plan at a review: adoption only from the decision on, a return to the family before it."""
    decided = np.full(len(world.care), BLANK)
    decided[world.adoptions.care] = world.adoptions.decision
    plan = world.care.permanence_plan[period]
    return choose(len(period), (plan.isin("adoption") & (day < decided[period]), "return_to_family"), otherwise=plan)


def _care_leavers(view: _View) -> dict[str, Rows]:
    """Care leavers who receive a service on the day, with the circumstances known last."""
    world, rows = view.world, view.world.leavers_on(view.day)
    held = world.case_on(rows.child, view.day)
    return {
        "care_leavers": Rows(
            care_leaver_id=rows.care_leaver_id,
            child_id=view.name(rows.child),
            eligibility=rows.eligibility,
            in_touch=rows.in_touch,
            latest_contact_date=rows.contact,
            accommodation_type=rows.accommodation,
            accommodation_suitability=rows.suitable,
            activity_status=rows.activity,
            pathway_plan_review_date=rows.plan_reviewed,
            personal_adviser=world.organisation.names(held.worker),
            team_id=view.team_ids(held.team),
            worker_id=held.worker,
        )
    }


# --- special educational needs and voice --------------------------------------------------------------------------


def _education(view: _View) -> dict[str, Rows]:
    """Plans for education, health and care of the children in need; what children on plans say."""
    world, day, begins, rules, chance = view.world, view.day, view.begins, view.world.scenario.ssd, view.world.chance
    named = np.flatnonzero(view.named)
    children = world.children
    number, born = children.number[named], children.born[named]
    disabled = children.disability[named].isin("yes")
    share = np.where(disabled, rules.ehcp_of_disabled, rules.ehcp_of_others)
    asked = birthday(born, 4).astype(np.int64) + np.floor(chance.uniform("ehcp asked", number) ** 1.5 * 9 * 365)
    asked = next_working_day(asked).astype(np.int64)
    kept = np.flatnonzero(chance.happens("ehcp", share * 1.3, number) & (asked <= day) & (birthday(born, 25) > begins))
    named, number, asked, born = named[kept], number[kept], asked[kept].astype(np.int32), born[kept]
    ids = world.ids(children.serial[named])
    agreed_to_assess = chance.happens(
        "ehcp agreed to assess", world.scenario.ssd.shares["ehcp_agreed_to_assess"], number
    )
    decided = asked + chance.between("ehcp decision", 25, 42, number)
    soon = chance.happens("ehcp in time", rules.ehcp_in_20_weeks, number)
    issued = asked + np.where(
        soon, chance.between("ehcp issued", 100, 140, number), chance.between("ehcp late", 141, 420, number)
    )
    plan_agreed = agreed_to_assess & chance.happens("ehcp agreed", world.scenario.ssd.shares["ehcp_agreed"], number)
    told = decided <= day
    requests = Rows(
        ehcp_request_id=ids,
        send_id=ids,
        request_date=asked,
        request_outcome_date=view.until(decided),
        request_outcome=choose(len(ids), (~told, "A"), (agreed_to_assess, "Y"), otherwise="N"),
    )
    begun = np.flatnonzero(agreed_to_assess & told)
    done = issued[begun] <= day
    assessments = Rows(
        ehcp_assessment_id=ids[begun],
        ehcp_request_id=ids[begun],
        ehcp_assessment_outcome_date=view.until(issued[begun]),
        ehcp_assessment_outcome=choose(len(begun), (~done, "A"), (plan_agreed[begun], "Y"), otherwise="N"),
        time_limit_exception=yes_no(
            chance.happens("ehcp exception", world.scenario.ssd.shares["ehcp_exception"], number[begun])
        ),
    )
    made = np.flatnonzero(plan_agreed & (issued <= day))
    lasts = chance.between("ehcp lasts", 500, 6000, number[made])
    ceased = np.minimum(issued[made].astype(np.int64) + lasts, birthday(born[made], 25)).astype(np.int32)
    over = ceased <= day
    plans = Rows(
        named_plan_id=ids[made],
        ehcp_assessment_id=ids[made],
        named_plan_start_date=issued[made].astype(np.int32),
        named_plan_end_date=view.until(ceased),
        named_plan_end_reason=chance.pick("ehcp ceased", {"2": 20, "3": 15, "4": 20, "5": 25, "6": 10, "9": 10}, number[made])
        .blank_where(~over),
    )  # fmt: skip
    active = made[~over]
    view.has_plan[named[active]] = True
    last_review = world.last_of_cycle(
        "ehcp review", [(330, 400, 1)], number[active], issued[active].astype(np.int32), np.full(len(active), day)
    )
    first = chance.pick("sen type", rules.sen_types, number[active])
    second = chance.pick("second sen type", rules.sen_types, number[active])
    two = np.flatnonzero(
        chance.happens("second sen", world.scenario.ssd.shares["second_sen"], number[active])
        & (first.index != second.index)
    )
    needs = stack(
        [
            Rows(sen_need_id=ids[active] * 2, active_plan_id=ids[active], sen_type=first,
                 sen_rank=np.ones(len(active), dtype=np.int32)),
            Rows(sen_need_id=ids[active][two] * 2 + 1, active_plan_id=ids[active][two], sen_type=second[two],
                 sen_rank=np.full(len(two), 2, dtype=np.int32)),
        ]
    )  # fmt: skip
    upn = _pupil_numbers(world, named)
    open_ = world.open_cases(day)
    asked_of = open_.status.isin("child_protection", "child_in_need_plan") & (
        age_on(children.born[open_.child], day) >= 5
    )
    asked_of &= chance.happens("voice asked", rules.voice_asked, children.number[open_.child])
    speakers = open_.child[asked_of]
    questions = ("worries_explained", "story_helped", "agrees_with_worker", "plan_makes_safe", "tablet_helped")
    said = {q: yes_no(chance.happens("voice " + q, 0.74, children.number[speakers])) for q in questions}
    return {
        "send": Rows(
            send_id=ids,
            upn=upn,
            upn_unknown_reason=choose(len(ids), (upn.index < 0, "UN5")),
            child_id=view.child_id[named],
        ),
        "sen_need": needs,
        "ehcp_requests": requests,
        "ehcp_assessment": assessments,
        "ehcp_named_plan": plans,
        "ehcp_active_plans": Rows(
            active_plan_id=ids[active], ehcp_request_id=ids[active], last_review_date=last_review
        ),
        "voice_of_child": Rows(voice_id=world.ids(children.serial[speakers]), child_id=view.name(speakers), **said),
    }


def _pupil_numbers(world: World, child: Array) -> Words:
    """Made-up unique pupil numbers with the right check letter: the authority 999, which no place has, a year and a serial."""
    children = world.children
    serial = children.serial[child] % 10**7
    year = (children.born[child] / 365.25 + 1970 + 4).astype(np.int64) % 100
    digits = [np.full(len(child), 9)] * 3 + [year // 10, year % 10]
    digits += [serial // 10**n % 10 for n in range(6, -1, -1)]
    total = sum(d.astype(np.int64) * weight for d, weight in zip(digits, range(2, 14), strict=True))
    numbers = [
        UPN_LETTERS[t] + "".join(map(str, d))
        for t, *d in zip((total % 23).tolist(), *(d.tolist() for d in digits), strict=True)
    ]
    return words_of(numbers).blank_where(
        world.chance.happens("no pupil number", world.scenario.ssd.shares["no_pupil_number"], children.number[child])
    )


# --- staff and people ---------------------------------------------------------------------------------------------


def _staff(view: _View) -> dict[str, Rows]:
    world, day = view.world, view.day
    staff, begins = world.organisation, view.begins
    rows = view.of_shown(world.allocations)
    serial = world.children.serial[rows.child] * 20 + world.episodes.round[rows.episode]
    order = numbers_in_group(world.allocations.episode)[rows.at]
    workers = staff.workers[rows.worker]
    same_desk = (rows.desk[1:] == rows.desk[:-1]) & (rows.episode[1:] == rows.episode[:-1])
    follows = np.concatenate([[False], same_desk]) if len(rows) else np.zeros(0, dtype=bool)
    left = world.chance.happens("worker left", world.scenario.ssd.shares["worker_left"], serial, order)
    team = staff.team_at(rows.service, workers.desk, rows.start)
    involvements = Rows(
        involvement_id=world.ids(serial * 4096 + order),
        worker_id=workers.worker_id,
        role_code=word("CW", len(rows)),
        team_id=view.team_ids(team),
        involvement_start_date=rows.start,
        involvement_end_date=view.until(rows.end),
        worker_change_reason=choose(
            len(rows), (follows & left, "LEFTRL"), (follows, "MANAGE"), (order == 0, "FCONTA"), otherwise="TSPROC"
        ),
        child_id=view.child_id[rows.child],
        referral_id=view.referral_id[rows.episode],
    )
    workers = staff.workers
    working = (workers.end == BLANK) | (
        workers.end >= begins - 3 * 365
    )  # early help shown may have begun before `begins`
    working[rows.worker] = True
    seen = np.flatnonzero((workers.start <= day) & working)
    caseload = _caseloads(view, workers.worker_id[seen])
    rows = workers[seen]
    titles = {r: r.replace("_", " ").capitalize() for r in rows.role.words}
    professionals = Rows(
        worker_id=rows.worker_id,
        staff_id=np.where(rows.agency, -1, rows.staff_id),
        worker_name=rows.name,
        job_title=rows.role.translated(titles),
        caseload=caseload,
        department=rows.service.translated(dict(world.scenario.services)),
        full_time_equivalent=rows.fte,
        agency_worker=yes_no(rows.agency),
    )
    teams = staff.teams[staff.teams.valid_from <= day]
    services = words_of(world.scenario.services)
    place = teams.service_code.numbers(staff.services.index)
    department = stack(
        [
            Rows(
                team_id=world.ids(900 + np.arange(len(services))),
                team_name=words_of(world.scenario.services.values()),
                parent_team_id=np.full(len(services), -1),
                parent_team_name=word(None, len(services)),
            ),
            Rows(
                team_id=view.team_ids(teams.team_code),
                team_name=teams.team_name,
                parent_team_id=world.ids(900 + place),
                parent_team_name=teams.service_name,
            ),
        ]
    )
    return {"involvements": involvements, "professionals": professionals, "department": department}


def _caseloads(view: _View, worker_ids: Array) -> Array:
    """Cases each worker held on the last 30 September; blank before the first."""
    year = as_date(view.day).year
    september = [day_number(date(y, 9, 30)) for y in (year, year - 1)]
    at = next((d for d in september if d <= view.day), BLANK)
    if at == BLANK or at < view.world.begins_day:
        return np.full(len(worker_ids), BLANK, dtype=np.int32)
    helped = view.world.early_help
    helped = helped.worker[(helped.start <= at) & (helped.end > at) & (helped.worker >= 0)]
    holders, counts = np.unique(np.concatenate([view.world.open_cases(at).worker, helped]), return_counts=True)
    found = np.minimum(np.searchsorted(holders, worker_ids), len(holders) - 1)
    return np.where(holders[found] == worker_ids, counts[found], 0).astype(np.int32)


def _people(view: _View) -> dict[str, Rows]:
    """Everybody whom a row of another table names, their mothers, families, homes and further numbers."""
    world, day, rules, chance = view.world, view.day, view.world.scenario.ssd, view.world.chance
    children = world.children
    found = world.doubles[(world.doubles.found <= day)]
    view.named[found.original[view.named[found.child]]] = True
    position = np.flatnonzero(view.named)
    rows = children[position]
    unborn = rows.born > day
    no_number = choose(
        len(rows),
        (age_on(rows.born, day) < 5, "UN1"),
        (chance.happens("number unknown", world.scenario.ssd.shares["number_unknown"], rows.number), "UN4"),
    )
    person = Rows(
        child_id=rows.child_id,
        sex=choose(len(rows), (unborn | rows.sex.isin("not_stated", "neither"), "not_stated"), otherwise=rows.sex),
        gender_identity=choose(
            len(rows), (unborn, None), (rows.sex.isin("neither"), "self_described"), otherwise=rows.sex
        ),
        ethnicity=rows.ethnicity,
        birth_date=where(~unborn, rows.born),
        upn_unknown_reason=no_number,
        has_ehcp=yes_no(view.has_plan[position], unborn),
        expected_date_of_birth=where(rows.born > rows.known_from, rows.born),  # who was known before birth
        death_date=until(rows.died, day),
        is_mother=word("no", len(rows)),
    )
    # one mother for the children of a family that was ever referred; a child recorded twice has her twice
    own = np.flatnonzero(
        (rows.family_number < REFERRAL_FAMILIES) & ~rows.unaccompanied & (rows.serial < REFERRAL_FAMILIES)
        & chance.happens("mother recorded", rules.mother_recorded, rows.family)
    )  # fmt: skip
    families, first = np.unique(rows.family_number[own], return_index=True)
    mother_id = world.identities(MOTHER + families)
    # by the eldest child of the family, whether a row names it or not: more are named from one delivery to the next
    referred = children[(children.serial < REFERRAL_FAMILIES) & ~children.unaccompanied]
    referred = referred[np.argsort(referred.born, kind="stable")]
    known, at = np.unique(referred.family_number, return_index=True)
    eldest = referred.born[at][position_of(known, families)]
    family_key = rows.family[own][first]
    mothers = Rows(
        child_id=mother_id,
        sex=word("female", len(families)),
        gender_identity=word("female", len(families)),
        ethnicity=rows.ethnicity[own][first],
        birth_date=(eldest - chance.between("mother's age", 18 * 365, 38 * 365, family_key)).astype(np.int32),
        upn_unknown_reason=word(None, len(families)),
        has_ehcp=word(None, len(families)),
        expected_date_of_birth=np.full(len(families), BLANK, dtype=np.int32),
        death_date=np.full(len(families), BLANK, dtype=np.int32),
        is_mother=word("yes", len(families)),
    )
    mother = Rows(
        mother_person_id=world.identities(MOTHER + rows.family_number[own]),
        child_id=rows.child_id[own],
        child_date_of_birth=where(~unborn[own], rows.born[own]),
    )
    members = stack(
        [
            rows.only("family_id", "child_id"),
            Rows(family_id=world.identities(families), child_id=mother_id),
        ]
    )
    return {
        "person": stack([person, mothers]),
        "mother": mother,
        "family": members,
        "address": _addresses(view, position),
        "disability": _disabilities(world, position),
        "immigration_status": _immigration(view, position),
        "linked_identifiers": _linked(view),
    }


def _addresses(view: _View, position: Array) -> Rows:
    """Homes of families: from the first child's birth or some years before the first referral, moving now and then."""
    world, day, rules, chance = view.world, view.day, view.world.scenario.ssd, view.world.chance
    rows = world.children[position]
    start = np.maximum(rows.born, world.begins_day - chance.between("home before", 0, 1500, rows.family)).astype(
        np.int64
    )
    last = np.minimum(_identity_ends(world)[position], day)
    row, nth, at = chance.repeated("moves home", start, last, rules.moves_home_after_cd, rows.family)
    ended = np.where(last[row] < day, last[row], BLANK)
    end = np.where(last_of_group(row), ended, np.append(at[1:], 0) - 1) if len(row) else at
    key = rows.family[row] * 64 + nth
    kept = (end == BLANK) | (end >= view.begins)
    row, nth, at, end, key = row[kept], nth[kept], at[kept], end[kept], key[kept]
    postcodes = dict.fromkeys(world.scenario.population.postcodes, 1.0)
    return Rows(
        address_id=world.ids(rows.serial[row] * 64 + nth),
        child_id=rows.child_id[row],
        address_type=word("HOME", len(row)),
        address_start_date=at,
        address_end_date=end.astype(np.int32),
        postcode=chance.pick("home postcode", postcodes, key),
    )


def _identity_ends(world: World) -> Array:
    """For every person the day on which this identity ends, by adoption or death; far ahead for the others."""
    ends = np.where(world.children.died == BLANK, NEVER, world.children.died).astype(np.int64)
    adopted = world.adoptions[world.adoptions.order != BLANK]
    ends[adopted.child] = np.minimum(ends[adopted.child], adopted.order)
    return ends


def _disabilities(world: World, position: Array) -> Rows:
    rows = world.children[position]
    own = rows[rows.disability.isin("yes")]
    codes, chance = world.scenario.ssd.disability_codes, world.chance
    first, second = (chance.pick(n, codes, own.number) for n in ("disability code", "second disability code"))
    two = np.flatnonzero(
        (first.index != second.index)
        & chance.happens("second disability", world.scenario.ssd.shares["second_disability"], own.number)
    )
    none = rows[
        rows.disability.isin("no")
        & chance.happens("no disability recorded", world.scenario.ssd.shares["no_disability_recorded"], rows.number)
    ]
    return stack(
        [
            Rows(child_id=own.child_id, disability_id=world.ids(own.serial * 4), disability_code=first),
            Rows(
                child_id=own.child_id[two],
                disability_id=world.ids(own.serial[two] * 4 + 1),
                disability_code=second[two],
            ),
            Rows(
                child_id=none.child_id,
                disability_id=world.ids(none.serial * 4),
                disability_code=word("NONE", len(none)),
            ),
        ]
    )


def _immigration(view: _View, position: Array) -> Rows:
    world, day = view.world, view.day
    rows = world.children[position]
    rows = rows[rows.unaccompanied]
    episodes = world.episodes
    arrived = np.full(len(world.children), NEVER, dtype=np.int64)
    np.minimum.at(arrived, episodes.child, episodes.start)
    arrived = arrived[position][world.children.unaccompanied[position]].astype(np.int32)
    of_age = rows.adult_on <= day
    former = np.flatnonzero(of_age)
    return stack(
        [
            Rows(
                child_id=rows.child_id, immigration_status_id=world.ids(rows.serial * 2),
                immigration_status=word("uasc", len(rows)), immigration_status_start_date=arrived,
                immigration_status_end_date=where(of_age, rows.adult_on - 1),
            ),
            Rows(
                child_id=rows.child_id[former], immigration_status_id=world.ids(rows.serial[former] * 2 + 1),
                immigration_status=word("former_uasc", len(former)), immigration_status_start_date=rows.adult_on[former],
                immigration_status_end_date=np.full(len(former), BLANK, dtype=np.int32),
            ),
        ]
    )  # fmt: skip


def _linked(view: _View) -> Rows:
    """Further numbers of people: second case numbers once found, the Home Office's, and, planted, a link across an adoption."""
    world, day = view.world, view.day
    children = world.children
    two = world.doubles[(world.doubles.found <= day)]
    two = two[np.isin(two.child, world.episodes.child[view.shown])]
    alone = np.flatnonzero(children.unaccompanied & view.named)
    again = world.new_identities
    again = again[(again.contact <= day)]
    again = again[view.named[again.child]]
    blank = np.full(max(len(alone), len(two), len(again)), BLANK, dtype=np.int32)
    return stack(
        [
            Rows(
                linked_identifier_id=world.ids(children.serial[two.child] * 4), child_id=view.child_id[two.original],
                identifier_type=word("former_case_number", len(two)), identifier_value=view.child_id[two.child],
                valid_from_date=two.found, valid_to_date=blank[: len(two)],
            ),
            Rows(
                linked_identifier_id=world.ids(children.serial[alone] * 4 + 1), child_id=view.child_id[alone],
                identifier_type=word("home_office", len(alone)), identifier_value=world.ids(50_000_000 + children.serial[alone]),
                valid_from_date=blank[: len(alone)], valid_to_date=blank[: len(alone)],
            ),
            Rows(
                linked_identifier_id=world.ids(children.serial[again.child] * 4 + 2), child_id=view.child_id[again.child],
                identifier_type=word("pre_adoption", len(again)), identifier_value=view.child_id[again.old],
                valid_from_date=again.order, valid_to_date=blank[: len(again)],
            ),
        ]
    )  # fmt: skip
