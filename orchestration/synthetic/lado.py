"""Referrals to the designated officer about people who work with children, and the meetings on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import last_working_day, working_days_after
from orchestration.synthetic.rows import Rows, choose, yes_no
from orchestration.synthetic.spells import until

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

LONGEST = 500  # days for which a referral may stay open


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: referrals that were open on `begins` or came later."""
    referrals = _referrals(world, day, begins)
    return {"lado_referrals": _shown(world, referrals, day), "lado_meetings": _meetings(world, referrals, day)}


def _referrals(world: World, day: int, begins: int) -> Rows:
    """Referrals with all that will become of them."""
    rules, chance = world.scenario.lado, world.chance
    events = world.events_between("lado referrals", rules.referrals_a_year, begins - LONGEST, day, "lado day")
    key, told = events.key, events.day
    decided = chance.working_days_after("lado decided", told, rules.decided_after_wd, key)
    is_allegation = chance.happens("lado allegation", rules.allegation, key)
    is_met = is_allegation & chance.happens("lado threshold", rules.threshold_met, key)
    settled = chance.days_after("lado closed", decided, rules.closed_after_cd, key)
    found = Rows(
        key=key,
        told=told,
        decided=decided,
        closed=np.where(is_met, settled, decided).astype(np.int32),
        is_allegation=is_allegation,
        is_met=is_met,
    )
    return found[found.closed >= begins]


def _shown(world: World, rows: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.lado, world.chance, rows.key
    known = last_working_day(rows.told - chance.band("lado known", rules.reported_after_cd, key))
    undecided, is_open = rows.decided > day, rows.closed > day
    outcome = choose(
        len(rows),
        (rows.is_met, chance.pick("lado outcome", rules.outcome, key)),
        (rows.is_allegation, "threshold_not_met"),
        otherwise="advice_only",
    )
    return Rows(
        lado_referral_id=world.ids(key),
        lado_referral_kind=choose(len(rows), (rows.is_allegation, "allegation"), otherwise="consultation"),
        concern_known_date=known,
        lado_referred_date=rows.told,
        referring_agency=chance.pick("lado agency", rules.agency, key),
        employer_sector=chance.pick("lado sector", rules.sector, key),
        harm_category=chance.pick("lado harm", rules.harm, key).blank_where(~rows.is_allegation),
        threshold_met=yes_no(rows.is_met, undecided | ~rows.is_allegation),
        lado_decision_due_date=working_days_after(rows.told, rules.decision_due_wd),
        lado_decision_date=until(rows.decided, day),
        police_investigation=yes_no(chance.happens("lado police", rules.police, key), undecided | ~rows.is_met),
        lado_outcome=outcome.blank_where(is_open),
        lado_closed_date=until(rows.closed, day),
    )


def _meetings(world: World, referrals: Rows, day: int) -> Rows:
    """Meetings on referrals over the threshold: a first one, reviews, and one on the outcome at closure."""
    rules, chance = world.scenario.lado, world.chance
    rows = referrals[referrals.is_met]
    first = chance.working_days_after("lado first meeting", rows.decided, rules.first_meeting_after_wd, rows.key)
    last = np.minimum(rows.closed - rules.last_review_before_closing_cd, day)
    last = np.maximum(last, np.minimum(first, day))  # a short one has its first meeting only
    row, number, held = chance.repeated("lado meetings", first, last, rules.next_meeting_after_cd, rows.key)
    first_due = working_days_after(rows.decided[row], rules.first_meeting_due_wd)
    due = np.where(number == 0, first_due, np.roll(held, 1) + rules.next_meeting_due_cd)
    ending = np.flatnonzero(
        (rows.closed <= day) & chance.happens("lado outcome meeting", rules.outcome_meeting, rows.key)
    )
    row, number = np.concatenate([row, ending]), np.concatenate([number, np.full(len(ending), 99)])
    key = rows.key[row] * 100 + number
    return Rows(
        lado_meeting_id=world.ids(key),
        lado_referral_id=world.ids(rows.key[row]),
        lado_meeting_kind=choose(len(row), (number == 0, "initial"), (number == 99, "outcome"), otherwise="review"),
        lado_meeting_due_date=np.concatenate([due, rows.closed[ending]]).astype(np.int32),
        lado_meeting_date=np.concatenate([held, rows.closed[ending]]).astype(np.int32),
        employer_attended=yes_no(chance.happens("lado employer there", rules.employer_attends, key)),
        police_attended=yes_no(chance.happens("lado police there", rules.police_attends, key)),
    )
