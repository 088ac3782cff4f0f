"""Return home interviews after missing episodes: offer, answer, the interview itself and what was heard in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import A_DAY, AN_HOUR
from orchestration.synthetic.get_safe import case_open_on
from orchestration.synthetic.rows import BLANK, BLANK_SECONDS, Array, Rows, choose, yes_no
from orchestration.synthetic.spells import until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: one interview for every return of a child who went since `begins`."""
    missing = world.missing
    returns = missing[~missing.absent & (missing.end <= day) & (missing.start >= begins)]
    held_at = _held_at(world, returns)
    held_on = where(held_at != BLANK_SECONDS, held_at // A_DAY)
    concern = _concern(world, returns)
    return {
        "return_interviews": _interviews(world, returns, held_at, held_on, concern, day),
        "interview_themes": _themes(world, returns[(held_on != BLANK) & (held_on <= day)]),
    }


def _held_at(world: World, returns: Rows) -> Array:
    """The time of each interview that takes place: within 72 hours or later, while the team is at work."""
    rules, chance, key = world.scenario.return_interviews, world.chance, returns.missing_id
    in_time = chance.happens("return_interviews in time", rules.in_72_hours, key)
    hours = np.where(
        in_time,
        chance.band("return_interviews hours", rules.hours_in_time, key),
        chance.band("return_interviews late hours", rules.hours_late, key),
    )
    at = returns.end_seconds + hours.astype(np.int64) * AN_HOUR
    today, second = at // A_DAY * A_DAY, at % A_DAY
    opens, closes = rules.opens_hour * AN_HOUR, rules.closes_hour * AN_HOUR
    at = np.where(second < opens, today + opens, np.where(second > closes, today + A_DAY + opens, at))
    return np.where(returns.accepted, at, BLANK_SECONDS)


def _concern(world: World, returns: Rows) -> Array:
    """Whether the interview raises a concern about exploitation; far more often for children open to Get Safe."""
    rules = world.scenario.return_interviews
    is_open = case_open_on(world, returns.child, returns.end)
    share = np.where(is_open, rules.exploitation_concern_open, rules.exploitation_concern)
    return world.chance.happens("return_interviews concern", share, returns.missing_id)


def _interviews(world: World, returns: Rows, held_at: Array, held_on: Array, concern: Array, day: int) -> Rows:
    rules, chance, key = world.scenario.return_interviews, world.chance, returns.missing_id
    count = len(returns)
    offered_on = returns.end + chance.band("return_interviews offered", rules.offered_after_cd, key)
    offered_on = np.where(held_on == BLANK, offered_on, np.minimum(offered_on, held_on))
    open_yet = offered_on > day  # neither offered nor given up by that day
    held = until(held_on, day)
    not_held = held == BLANK
    time_unknown = chance.happens("return_interviews time unknown", rules.time_unknown, key)
    held_unknown = (
        not_held | time_unknown | chance.happens("return_interviews held unknown", rules.held_time_unknown, key)
    )
    recorded = chance.days_after("return_interviews recorded", held, rules.recorded_after_cd, key)
    shared = np.where(concern, rules.shared_with_police_concern, rules.shared_with_police)
    declined = chance.pick("return_interviews declined", rules.declined_reason, key)
    case = world.case_on(returns.child, returns.end)
    return Rows(
        interview_id=returns.missing_id,  # a return has one interview, so it takes the episode's number
        child_id=world.children.child_id[returns.child],
        missing_episode_id=returns.missing_id,
        missing_from=choose(count, (returns.care >= 0, "care"), otherwise="home"),
        returned_date=returns.end,
        returned_at=np.where(time_unknown, BLANK_SECONDS, returns.end_seconds),
        offered=yes_no(returns.offered, open_yet),
        offered_date=where(returns.offered & ~open_yet, offered_on),
        accepted=yes_no(returns.accepted, open_yet | ~returns.offered),
        declined_reason=declined.blank_where(open_yet | ~returns.offered | returns.accepted),
        held_date=held,
        held_at=np.where(held_unknown, BLANK_SECONDS, held_at),
        interviewer_organisation=chance.pick("return_interviews by", rules.organisation, key).blank_where(not_held),
        recorded_date=until(recorded, day),
        exploitation_concern=yes_no(concern, not_held),
        shared_with_police=yes_no(chance.happens("return_interviews to police", shared, key), not_held),
        service_code=case.service,
        team_code=case.team,
    )


def _themes(world: World, held: Rows) -> Rows:
    """Themes of the interviews held, the main one first."""
    rules, chance, key = world.scenario.return_interviews, world.chance, held.missing_id
    counts = chance.band("return_interviews themes", rules.themes, key)
    heard = {n: x.heard for n, x in world.scenario.get_safe.themes.items() if x.interviews == "yes"}
    row, place, theme = chance.several("return_interviews theme", heard, counts, key)
    reason = chance.happens("return_interviews reason", rules.reason_for_going, key[row], place)
    return Rows(
        interview_id=key[row],
        child_id=world.children.child_id[held.child[row]],
        interview_theme=theme,
        reason_for_going=yes_no(reason | (place == 0)),
        theme_priority=(place + 1).astype(np.int32),
    )
