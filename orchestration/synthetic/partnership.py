"""The safeguarding children partnership: strategy meetings, conferences and core groups, and who came to them; figures the agencies send, serious incidents, the programme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import month_start, period_keys, working_days_after
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, stack, word, yes_no
from orchestration.synthetic.spells import where

if TYPE_CHECKING:
    from orchestration.synthetic.scenario import AttendeePart
    from orchestration.synthetic.world import World

QUORUM = ("children_social_care", "police", "health")
WITHOUT_ENQUIRY = 5 * 10**11  # numbers of strategy meetings that lead to no enquiry
CORE_GROUPS = 1000  # most core groups of a plan


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The partnership's tables as known on `day`."""
    meetings = _strategy_meetings(world, day, begins)
    attendance, quorate = _meeting_attendance(world, meetings)
    return {
        "strategy_meetings": _strategy_table(world, meetings, quorate),
        "meeting_attendance": attendance,
        "conference_attendance": _conference_attendance(world, day, begins),
        "core_groups": _core_groups(world, day, begins),
        "agency_kpis": _agency_kpis(world, day, begins),
        "serious_incidents": _serious_incidents(world, day, begins),
        "training_programme": _programme(world, day, begins),
    }


# --- strategy meetings --------------------------------------------------------------------------------------------


def _strategy_meetings(world: World, day: int, begins: int) -> Rows:
    """One row a meeting and child: the meetings that led to enquiries, and those that agreed none."""
    rules, chance = world.scenario.partnership, world.chance
    enquiries = world.enquiries
    enquiries = enquiries[(enquiries.start >= begins) & (enquiries.start <= day) & ~enquiries.transfer_in]
    agreed = Rows(
        meeting=_first_of_family(world, enquiries.child, enquiries.start, enquiries.s47_id),
        child=enquiries.child,
        day=enquiries.start,
        agreed=np.ones(len(enquiries), dtype=bool),
        held=np.ones(len(enquiries), dtype=bool),
    )
    cases = world.episodes
    cases = cases[~cases.nfa & (cases.start <= day) & (cases.start >= begins)]
    cases = cases[chance.happens("partnership no enquiry", rules.no_enquiry, cases.referral_id)]
    day_of = chance.days_after("partnership no enquiry day", cases.start, rules.no_enquiry_after_cd, cases.referral_id)
    other = Rows(
        meeting=cases.referral_id + WITHOUT_ENQUIRY,
        child=cases.child,
        day=day_of,
        agreed=np.zeros(len(cases), dtype=bool),
        held=~chance.happens("partnership not held", rules.not_held, cases.referral_id),
    )
    return stack([agreed, other[other.day <= day]])


def _first_of_family(world: World, child: Array, day: Array, ids: Array) -> Array:
    """The lowest id among the children of a family on the same day: what they share is told under it."""
    family = world.children.family[child].astype(np.int64)
    order = np.lexsort((ids, day, family))
    family, day = family[order], np.asarray(day)[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (family[1:] != family[:-1]) | (day[1:] != day[:-1])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = ids[order][np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]
    return found


def _meeting_attendance(world: World, meetings: Rows) -> tuple[Rows, Array]:
    """Who came to the meetings, one row a meeting and agency; and the meetings with a quorum (ids)."""
    rules, chance = world.scenario.partnership, world.chance
    meeting, at = np.unique(meetings.meeting[meetings.held], return_index=True)
    meeting = meetings.meeting[meetings.held][at]
    row, place = _people(world, "partnership strategy", rules.strategy_agencies, meeting)
    ids = meeting[row]
    attended = (
        chance.uniform("partnership strategy attended", ids, place)
        < _shares(rules.strategy_agencies, "attended")[place]
    )
    told = chance.uniform("partnership strategy told", ids, place) < _shares(rules.strategy_agencies, "shared")[place]
    there = np.zeros((len(meeting), len(QUORUM)), dtype=bool)
    agency = _agency(rules.strategy_agencies, place)
    for number, name in enumerate(QUORUM):
        there[row[attended & agency.isin(name)], number] = True
    rows = Rows(
        strategy_meeting_id=ids,
        agency=agency,
        attendee_role=_role(rules.strategy_agencies, place),
        invited=word("yes", len(ids)),
        attended=yes_no(attended),
        information_shared=yes_no(attended | told),
    )
    return rows, meeting[there.all(axis=1)]


def _people(world: World, purpose: str, people: Sequence[AttendeePart], ids: Array) -> tuple[Array, Array]:
    """Who is invited to each meeting: its row, and the person's place in the list."""
    place = np.arange(len(people))
    drawn = world.chance.uniform(purpose, np.repeat(ids, len(people)), np.tile(place, len(ids)))
    invited = drawn.reshape(-1, len(people)) < _shares(people, "invited")
    row, found = np.nonzero(invited)
    return row, found


def _shares(people: Sequence[AttendeePart], name: str) -> Array:
    return np.array([getattr(p, name) for p in people])


def _agency(people: Sequence[AttendeePart], place: Array) -> Words:
    agencies = tuple(dict.fromkeys(p.agency for p in people))
    return Words(np.array([agencies.index(p.agency) for p in people], dtype=np.int32)[place], agencies)


def _role(people: Sequence[AttendeePart], place: Array) -> Words:
    return Words(place.astype(np.int32), tuple(p.role for p in people))


def _strategy_table(world: World, meetings: Rows, quorate: Array) -> Rows:
    case = world.case_on(meetings.child, meetings.day)
    return Rows(
        strategy_meeting_id=meetings.meeting,
        child_id=world.children.child_id[meetings.child],
        meeting_date=meetings.day,
        held=yes_no(meetings.held),
        quorate=yes_no(np.isin(meetings.meeting, quorate), blank=~meetings.held),
        enquiry_agreed=yes_no(meetings.agreed, blank=~meetings.held),
        team_code=case.team,
        service_code=case.service,
    )


# --- conferences --------------------------------------------------------------------------------------------------


def _conference_attendance(world: World, day: int, begins: int) -> Rows:
    """One row a conference, child and person invited; brothers and sisters have the same people at the table."""
    rules, chance = world.scenario.partnership, world.chance
    people = rules.conference_agencies
    held = _conferences(world, day, begins)
    meeting, at = np.unique(held.meeting, return_inverse=True)
    invited = np.zeros((len(meeting), len(people)), dtype=bool)
    invited[_people(world, "partnership conference", people, meeting)] = True
    row, place = np.nonzero(invited[at])
    held = held[row]
    attended = (
        chance.uniform("partnership conference attended", held.meeting, place) < _shares(people, "attended")[place]
    )
    asked = chance.uniform("partnership report asked", held.meeting, place) < _shares(people, "report")[place]
    # some reports tell of all the children but one
    given = (
        chance.uniform("partnership report given", held.meeting, place, world.children.serial[held.child])
        < _shares(people, "submitted")[place]
    )
    before = np.array([rules.report_due_before_wd[k] for k in ("initial", "transfer_in", "review")])[held.kind.index]
    due = working_days_after(held.day, -before)
    late = chance.band("partnership report received", rules.report_received_wd, held.meeting, place)
    received = np.minimum(working_days_after(due, late), held.day)
    received = where(asked & given, received)
    return Rows(
        conference_id=held.meeting,
        child_id=world.children.child_id[held.child],
        conference_date=held.day,
        conference_kind=held.kind,
        agency=_agency(people, place),
        attendee_role=_role(people, place),
        invited=word("yes", len(place)),
        attended=yes_no(attended),
        report_requested=yes_no(asked),
        report_submitted=yes_no(given, blank=~asked),
        report_due_date=where(asked, due),
        report_received_date=received,
        report_on_time=yes_no(received <= due, blank=received == BLANK),
    )


def _conferences(world: World, day: int, begins: int) -> Rows:
    """Initial, transfer-in and review conferences held, one row a child."""
    enquiries, reviews = world.enquiries, world.reviews
    enquiries = enquiries[(enquiries.conference >= begins) & (enquiries.conference <= day)]
    reviews = reviews[reviews.kind.isin("cp") & (reviews.held >= begins) & (reviews.held <= day)]
    kinds = ("initial", "transfer_in", "review")
    moved_in = world.episodes.transfer_in[enquiries.episode].astype(np.int32)
    return stack(
        [
            Rows(
                meeting=enquiries.meeting_id,
                child=enquiries.child,
                day=enquiries.conference,
                kind=Words(moved_in, kinds),
            ),
            Rows(
                meeting=reviews.meeting_id,
                child=reviews.child,
                day=reviews.held,
                kind=Words(np.full(len(reviews), 2, dtype=np.int32), kinds),
            ),
        ]
    )


# --- core groups --------------------------------------------------------------------------------------------------


def _core_groups(world: World, day: int, begins: int) -> Rows:
    """The core groups held, and for open plans the next one due; the children of a family meet together."""
    rules, chance = world.scenario.partnership.core_groups, world.chance
    plans = world.plans
    # under the lowest number of all of them, also of one whose plan ended before the history begins
    shared = _first_of_family(world, plans.child, plans.start, plans.cp_plan_id)
    kept = (plans.start <= day) & (plans.end >= begins)
    plans, shared = plans[kept], shared[kept]
    first = chance.working_days_after("partnership core group", plans.start, rules.first_after_wd, shared)
    row, number, held = chance.repeated(
        "partnership core groups", first, np.minimum(plans.end, day), rules.held_every_cd, shared
    )
    first_due = working_days_after(plans.start, rules.first_within_wd)
    before = np.concatenate([[0], held[:-1]])
    due = np.where(number == 0, first_due[row], before + rules.every_cd)
    # the next one of every open plan
    counts = np.bincount(row, minlength=len(plans))
    last = np.full(len(plans), BLANK, dtype=np.int64)
    last[row] = held  # rows of a plan stand in order, so the last one stays
    waiting = np.flatnonzero(plans.end > day)
    next_due = np.where(counts == 0, first_due, last + rules.every_cd)[waiting]
    row = np.concatenate([row, waiting])
    number = np.concatenate([number, counts[waiting]])
    due = np.concatenate([due, next_due])
    held = np.concatenate([held, np.full(len(waiting), BLANK)]).astype(np.int32)
    recent = (held >= begins) | (held == BLANK)
    row, number, due, held = row[recent], number[recent], due[recent], held[recent]
    ids = shared[row] * CORE_GROUPS + number
    blank = held == BLANK
    agencies = chance.band("partnership core group agencies", rules.agencies_attended, ids)
    case = world.case_on(plans.child[row], np.where(blank, day, held))
    return Rows(
        core_group_id=ids,
        child_id=world.children.child_id[plans.child[row]],
        cp_plan_id=plans.cp_plan_id[row],
        meeting_number=(number + 1).astype(np.int32),
        core_group_due_date=due.astype(np.int32),
        core_group_date=held,
        family_attended=yes_no(
            chance.happens("partnership core group family", rules.family_attended, ids), blank=blank
        ),
        agencies_attended=where(~blank, agencies),
        team_code=case.team,
    )


# --- figures of the agencies --------------------------------------------------------------------------------------


def _agency_kpis(world: World, day: int, begins: int) -> Rows:
    """The quarterly figures sent by `day`; some never come."""
    rules, chance = world.scenario.partnership, world.chance
    months = world.month_range(begins, day)
    months = months[months % 3 == 2]  # the last months of quarters
    kpis = list(rules.agency_kpis.values())
    month, place = np.repeat(months, len(kpis)), np.tile(np.arange(len(kpis)), len(months))
    sent = chance.working_days_after(
        "partnership kpi sent", month_start(month + 1) - 1, rules.agency_kpis_after_wd, month, place
    )
    kept = (sent <= day) & ~chance.happens("partnership kpi missing", rules.agency_kpi_missing, month, place)
    month, place, sent = month[kept], place[kept], sent[kept]
    count = len(month)
    level, spread = np.array([k.level for k in kpis])[place], np.array([k.spread for k in kpis])[place]
    mean = np.array([np.nan if k.of is None else k.of for k in kpis])[place]
    drawn = chance.normal("partnership kpi", level, spread, month, place)
    wanted = chance.normal("partnership kpi of", mean, mean / 12, month, place) * world.factor
    denominator = np.where(np.isnan(mean), np.nan, np.maximum(np.rint(wanted), 5))
    numerator = np.rint(denominator * np.clip(drawn, 0, 100) / 100)
    share = np.round(100 * numerator / denominator, 1)
    number = np.maximum(np.rint(drawn * world.factor), 0)
    index = place.astype(np.int32)
    comment = chance.pick("partnership kpi comment", dict.fromkeys(rules.agency_comments, 1.0), month, place)
    silent = ~chance.happens("partnership kpi commented", rules.agency_comment, month, place)
    return Rows(
        agency=Words(index, tuple(k.agency for k in kpis)),
        kpi=Words(index, tuple(rules.agency_kpis)),
        kpi_title=Words(index, tuple(k.title for k in kpis)),
        kpi_period=period_keys(month, "quarter"),
        numerator=numerator,
        denominator=denominator,
        value=np.where(np.isnan(mean), number, share),
        value_unit=Words(index, tuple(k.unit for k in kpis)),
        supplied_by=Words(index, tuple(k.by for k in kpis)),
        supplied_date=sent,
        agency_comment=comment.blank_where(silent) if count else word(None, 0),
    )


# --- serious incidents --------------------------------------------------------------------------------------------


def _serious_incidents(world: World, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.partnership.serious_incidents, world.chance
    months = world.month_range(begins, day)
    events = world.events("partnership incidents", rules.a_year * world.factor / 12, months, "partnership incident")
    month, number, happened = events.month, events.nth, events.day
    known = chance.days_after("partnership incident known", happened, rules.known_after_cd, month, number)
    kept = (known <= day) & (happened >= begins)
    month, number, happened, known = month[kept], number[kept], happened[kept], known[kept]
    key = month * 1000 + number
    notified = chance.working_days_after("partnership incident notified", known, rules.notified_after_wd, key)
    is_sent = chance.happens("partnership incident is notified", rules.notified, key) & (notified <= day)
    notified = where(is_sent, notified)
    reviewed = chance.working_days_after("partnership rapid review", notified, rules.review_after_wd, key)
    reviewed = where(is_sent & (reviewed <= day), reviewed)
    one_day = chance.happens("partnership incident one day", rules.one_day, key)
    unknown = chance.happens("partnership incident stranger", rules.child_unknown, key)
    child = _child_in_need(world, happened, key)
    return Rows(
        incident_id=world.ids(key),
        child_id=world.child_ids(child, ~unknown),
        incident_date=where(one_day, happened),
        incident_known_date=known,
        notification_due_date=working_days_after(known, rules.notified_within_wd),
        notified_date=notified,
        rapid_review_due_date=working_days_after(notified, rules.review_within_wd),
        rapid_review_completed_date=reviewed,
        practice_review_agreed=yes_no(
            chance.happens("partnership practice review", rules.practice_review, key), blank=reviewed == BLANK
        ),
        theme=chance.pick("partnership incident theme", rules.themes, key),
    )


def _child_in_need(world: World, day: Array, key: Array) -> Array:
    """A child of one of the last enquiries before each day, -1 where there is none; enquiries stand in order of their start."""
    enquiries = world.enquiries
    born = world.children.born[enquiries.child] <= enquiries.start
    child, start = enquiries.child[born], enquiries.start[born]
    high, low = np.searchsorted(start, day), np.searchsorted(start, day - 180)
    at = low + np.floor(world.chance.uniform("partnership incident child", key) * (high - low)).astype(np.int64)
    found = np.append(child, -1)[np.minimum(at, len(child))]
    return np.where(high > low, found, -1)


# --- programme ----------------------------------------------------------------------------------------------------


def _programme(world: World, day: int, begins: int) -> Rows:
    """The items of every programme year, which runs from April and is known when it begins."""
    rules, chance = world.scenario.partnership, world.chance
    listed = [
        (activity, title, agency, theme)
        for activity, items in rules.programme.items()
        for title, (times, agency, theme) in items.items()
        for _ in range(times)
    ]
    months = world.month_range(begins, day)
    aprils = np.unique(months - (months - 3) % 12)  # month 3 of a year is April
    aprils = aprils[month_start(aprils) <= day]
    april, place = np.repeat(aprils, len(listed)), np.tile(np.arange(len(listed)), len(aprils))
    key = april * 1000 + place
    planned = world.day_in_month("partnership item day", april + chance.between("partnership item", 0, 11, key), key)
    planned = working_days_after(planned, 0)
    delivered = chance.days_after("partnership item delivered", planned, rules.programme_delivered_after_cd, key)
    cancelled = chance.happens("partnership item cancelled", rules.programme_cancelled, key)
    delivered = where(~cancelled & (delivered <= day), delivered)
    offered = np.maximum(8, chance.band("partnership places", rules.places_offered, key))
    taken = offered * chance.band("partnership places taken", rules.places_taken, key) // 100
    index = place.astype(np.int32)
    activity = Words(index, tuple(i[0] for i in listed))
    no_places = activity.isin("policy_review")
    return Rows(
        programme_item_id=world.ids(key),
        activity=activity,
        item_title=Words(index, tuple(i[1] for i in listed)),
        programme_year=period_keys(april, "year"),
        planned_date=planned,
        delivered_date=delivered,
        # what is taken out of the programme is known on the day it was planned for
        cancelled=yes_no(cancelled & (planned <= day)),
        lead_agency=Words(index, tuple(i[2] for i in listed)),
        theme=Words(index, tuple(i[3] for i in listed)),
        places_offered=where(~no_places, offered),
        places_attended=where(~no_places & (delivered != BLANK), taken),
    )
