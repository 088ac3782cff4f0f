"""The front door: referrals that come through the portal, multi-agency triage, and the decisions on contacts and referrals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import A_DAY, A_MINUTE, day_number, month_number, working_days_after
from orchestration.synthetic.rows import BLANK, BLANK_SECONDS, Array, Rows, Words, choose, stack, word, words_of, yes_no
from orchestration.synthetic.spells import until, valid, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

REFERRALS = 1 << 38  # decisions on referrals are numbered from here on, those on contacts by the contact
LAST_MINUTE = 24 * 60 - 1


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: the month's referrals through the portal, all triage and decisions since `begins`."""
    contacts = world.contacts
    seen = _with_times(world, contacts[(contacts.day >= begins) & (contacts.day <= day)], day)
    of_month = month_number(seen.day) == month_number(day)
    return {
        "triage_ratings": _ratings(world),
        "portal_referrals": _portal(world, seen[of_month & _through_portal(world, seen)], day),
        "triage_decisions": _triage(world, seen[seen.is_triaged], day),
        "front_door_decisions": stack([_on_contacts(world, seen), _on_referrals(world, day, begins)]),
    }


# --- times and decisions ------------------------------------------------------------------------------------------


def _with_times(world: World, contacts: Rows, day: int) -> Rows:
    """Contacts with the times of receipt, triage and decision, the decision and the rating; children of a family come together."""
    rules, chance = world.scenario.portal_referrals, world.chance
    together = (world.children.family[contacts.child], contacts.day)
    minute = chance.band("portal_referrals received", rules.received_minute, *together).astype(np.int64)
    received = contacts.day.astype(np.int64) * A_DAY + minute * A_MINUTE
    same_day = contacts.decided == contacts.day
    takes = chance.band("portal_referrals decided after", rules.decided_after_minutes, contacts.key)
    opens, closes = rules.decided_next_day_minute, rules.office_closes_minute
    # a working day is over at the time of day of the receipt: most that wait for the next day are decided by then
    latest = np.where(
        chance.happens("portal_referrals next day", rules.decided_next_day_by, contacts.key),
        np.minimum(minute, closes),
        closes,
    )
    later = opens + np.floor(
        chance.uniform("portal_referrals decided at", contacts.key) * np.maximum(latest - opens, 10)
    )
    decided_minute = np.where(same_day, np.minimum(minute + takes, LAST_MINUTE), later).astype(np.int64)
    decided_at = contacts.decided.astype(np.int64) * A_DAY + decided_minute * A_MINUTE
    known = contacts.decided <= day
    rating = chance.pick_by(
        "portal_referrals rating", (~same_day).astype(int), [rules.rating_same_day, rules.rating_later], contacts.key
    )
    share = contacts.outcome.numbers(lambda w: rules.triaged.get(w, 0.0))
    is_triaged = chance.happens("portal_referrals triaged", share, contacts.key)
    rows = contacts.having(received_at=received, decided_at=decided_at, rating=rating)
    to_triage, triaged_at = _triage_times(world, rows)
    return rows.having(
        is_triaged=is_triaged,
        to_triage_at=to_triage,
        triaged_at=triaged_at,
        decided_at=np.where(is_triaged, np.maximum(decided_at, triaged_at), decided_at),
        is_decided=known,
        decision=_decision(world, contacts).blank_where(~known),
        front_door=_front_door(world, contacts.key, contacts.day),
    )


def _decision(world: World, contacts: Rows) -> Words:
    """What the front door decides: a contact about a child whose case is open goes to the worker."""
    known = world.case_on(contacts.child, contacts.day).open
    other = world.chance.pick(
        "portal_referrals no action", world.scenario.portal_referrals.no_action_decision, contacts.key
    )
    return choose(
        len(contacts),
        (contacts.outcome.isin("referral"), "referral"),
        (contacts.outcome.isin("early_help"), "early_help"),
        (known, "existing_case"),
        (contacts.outcome.isin("information"), "information"),
        otherwise=other,
    )


def _front_door(world: World, key: Array, days: Array) -> Words:
    """The team of the front door that deals with each case."""
    return world.organisation.team_at("front_door", key % 997, days)


def _referral_id(world: World, contacts: Rows) -> Array:
    """The referral a contact became, -1 where there was none or it is not decided."""
    became = contacts.is_decided & (contacts.episode >= 0)
    return np.where(became, world.episodes.referral_id[contacts.episode], -1)


def _seconds(times: Array, known: Array) -> Array:
    return np.where(known, times, BLANK_SECONDS)


# --- tables -------------------------------------------------------------------------------------------------------


def _ratings(world: World) -> Rows:
    rules = world.scenario.portal_referrals
    ratings = rules.ratings.values()
    return Rows(
        risk_rating=words_of(rules.ratings),
        rating_title=words_of(r.title for r in ratings),
        rating_order=np.array([r.order for r in ratings], dtype=np.int32),
        decision_hours=np.array([r.hours for r in ratings], dtype=np.float64),
        working_days_only=words_of(r.working_days_only for r in ratings),
        **valid(day_number(rules.ratings_valid_from), len(ratings)),
    )


def _through_portal(world: World, contacts: Rows) -> Array:
    shares = world.scenario.portal_referrals.through_portal
    share = contacts.source.numbers(lambda w: shares.get(w, 0.0))
    return world.chance.happens(
        "portal_referrals through portal", share, world.children.family[contacts.child], contacts.day
    )


def _portal(world: World, rows: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.portal_referrals, world.chance, rows.key
    undecided = ~rows.is_decided
    wait = chance.band("portal_referrals triaged after", rules.triaged_after_minutes, key).astype(np.int64) * A_MINUTE
    # triage of a day comes before its decision, and no later than the day shown
    triaged = np.minimum(np.minimum(rows.received_at + wait, rows.decided_at), (day + 1) * A_DAY - A_MINUTE)
    agency = {source: rules.agency.get(source, "member of the public") for source in rows.source.words}
    told = chance.working_days_after(
        "portal_referrals sender informed", rows.decided, rules.sender_informed_after_wd, key
    )
    told = np.where(
        undecided | chance.happens("portal_referrals not informed", rules.sender_not_informed, key), BLANK, told
    )
    return Rows(
        portal_id=rows.contact_id,  # a portal row becomes one contact
        submission_id=world.ids(world.of_day(world.children.family_id[rows.child], rows.day)),
        child_id=world.children.child_id[rows.child],
        received_date=rows.day,
        received_at=rows.received_at,
        portal_form=chance.pick("portal_referrals form", rules.form, world.children.family[rows.child], rows.day),
        referral_source=rows.source,
        agency=rows.source.translated(agency),
        consent_recorded=yes_no(chance.happens("portal_referrals consent", rules.consent_recorded, key)),
        triaged_at=triaged,
        risk_rating=rows.rating,
        decision=rows.decision,
        decision_date=until(rows.decided, day),
        decision_at=_seconds(rows.decided_at, ~undecided),
        contact_id=rows.contact_id,
        referral_id=_referral_id(world, rows),
        outcome=rows.decision,  # the sender is told what was decided
        sender_informed_date=until(told, day),
        team_code=rows.front_door,
    )


def _triage(world: World, rows: Rows, day: int) -> Rows:
    """Multi-agency triage of contacts; the most urgent is to be decided within hours."""
    rules, chance, key = world.scenario.portal_referrals, world.chance, rows.key
    received, decided = rows.to_triage_at, rows.triaged_at
    is_decided = decided < (day + 1) * A_DAY
    strategy = rows.outcome.isin("referral") & chance.happens(
        "portal_referrals strategy", rules.strategy_discussion, key
    )
    found = choose(len(rows), (strategy, "strategy_discussion"), otherwise=_decision(world, rows))
    asked = chance.band("portal_referrals agencies asked", rules.agencies_asked, key)
    silent = sum(
        (n < asked) & ~chance.happens(f"portal_referrals agency {n}", rules.agency_answers, key)
        for n in range(max(high for _, high, _ in rules.agencies_asked))
    )
    changed = chance.happens("portal_referrals rating changed", rules.rating_changed, key)
    first = chance.pick("portal_referrals first rating", rules.rating_same_day, key)
    return Rows(
        triage_id=rows.contact_id,  # a contact is triaged once
        child_id=world.children.child_id[rows.child],
        contact_id=rows.contact_id,
        triage_received_date=(received // A_DAY).astype(np.int32),
        triage_received_at=received,
        risk_rating=rows.rating,
        first_rating=first.blank_where(~changed | (first.strings() == rows.rating.strings())),
        triage_decided_date=where(is_decided, decided // A_DAY),
        triage_decided_at=_seconds(decided, is_decided),
        triage_decision=found.blank_where(~is_decided),
        agencies_asked=asked,
        agencies_answered=where(is_decided, asked - silent),
        decided_by_role=chance.pick("portal_referrals decided by", rules.decided_by, key).blank_where(~is_decided),
        team_code=rows.front_door,
    )


def _triage_times(world: World, rows: Rows) -> tuple[Array, Array]:
    """When contacts come to triage on their day and when it decides: before the front door does, which waits for a late one.

    Triage is late only of contacts that wait so long for their decision that it can be.
    """
    rules, chance, key = world.scenario.portal_referrals, world.chance, rows.key
    wait = chance.between("portal_referrals to triage", 2, 14, key).astype(np.int64) * A_MINUTE
    received = np.minimum(np.minimum(rows.received_at + wait, rows.decided_at), (rows.day + 1) * A_DAY - A_MINUTE)
    hours = rows.rating.numbers(lambda w: rules.ratings[w].hours)
    urgent = hours < 24
    part, span = chance.uniform("portal_referrals triage part", key), rows.decided_at - received
    quick = np.minimum(np.where(urgent, (0.15 + 0.8 * part) * hours * 3600, (0.7 + 0.3 * part) * span), span)
    due_on = working_days_after(rows.day, (hours / 24).astype(np.int64)).astype(np.int64)
    due = np.where(urgent, received + hours * 3600, due_on * A_DAY + received % A_DAY).astype(np.int64)
    closes = rows.decided.astype(np.int64) * A_DAY + rules.office_closes_minute * A_MINUTE
    time_left = np.maximum(closes, rows.decided_at) - due
    share = rows.rating.numbers(lambda w: rules.triage_late_where_it_can_be[w])
    is_late = (time_left > A_MINUTE) & chance.happens("portal_referrals triage late", share, key)
    decided = np.where(is_late, due + (0.1 + 0.9 * part) * time_left, received + quick)
    return received, np.maximum(decided.astype(np.int64) // A_MINUTE * A_MINUTE, received)


def _decisions(world: World, subject: str, rows: Rows, ids: Array, contact_id: Array, referral_id: Array) -> Rows:
    rules, known = world.scenario.portal_referrals, rows.is_decided
    return Rows(
        front_door_decision_id=ids,
        decision_subject=word(subject, len(rows)),
        contact_id=contact_id,
        referral_id=referral_id,
        child_id=world.children.child_id[rows.child],
        front_door_received_date=rows.day,
        front_door_received_at=rows.received_at,
        front_door_decided_date=where(known, rows.decided),
        front_door_decided_at=_seconds(rows.decided_at, known),
        front_door_decision=rows.decision,
        decided_by_role=world.chance.pick("portal_referrals decided by", rules.decided_by, rows.key).blank_where(
            ~known
        ),
        service_code=word("front_door", len(rows)),
        team_code=rows.front_door,
    )


def _on_contacts(world: World, contacts: Rows) -> Rows:
    return _decisions(
        world, "contact", contacts, contacts.contact_id, contacts.contact_id, _referral_id(world, contacts)
    )


def _on_referrals(world: World, day: int, begins: int) -> Rows:
    """A manager's decision on each referral: a strategy discussion where an enquiry follows at once."""
    rules, chance, episodes = world.scenario.portal_referrals, world.chance, world.episodes
    rows = episodes[(episodes.start >= begins) & (episodes.start <= day)]
    opens, closes = rules.decided_next_day_minute, rules.office_closes_minute
    received = opens + np.floor(chance.uniform("portal_referrals referral at", rows.together) * (closes - opens - 60))
    decided = chance.working_days_after(
        "portal_referrals referral decided", rows.start, rules.referral_decided_after_wd, rows.together
    )
    decided = np.where(rows.nfa, rows.start, decided).astype(np.int32)
    earliest = np.where(decided == rows.start, received + 5, opens)
    minute = earliest + np.floor(
        chance.uniform("portal_referrals referral decided at", rows.together) * (closes - earliest)
    )
    urgent = (rows.s47_1 != BLANK) & (rows.s47_1 <= decided + 1)
    decision = choose(len(rows), (rows.nfa, "no_further_action"), (urgent, "strategy_discussion"), otherwise="referral")
    known = decided <= day
    told = Rows(
        key=rows.key,
        child=rows.child,
        day=rows.start,
        received_at=rows.start.astype(np.int64) * A_DAY + received.astype(np.int64) * A_MINUTE,
        decided=decided,
        decided_at=decided.astype(np.int64) * A_DAY + minute.astype(np.int64) * A_MINUTE,
        is_decided=known,
        decision=decision.blank_where(~known),
        front_door=_front_door(world, rows.key, rows.start),
    )
    ids = world.ids(plain(rows.referral_id) + REFERRALS)
    return _decisions(world, "referral", told, ids, np.full(len(rows), -1), rows.referral_id)
