"""Private fostering: notifications, the arrangements that come of them, visits to the children and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import age_on, birthday, next_working_day, working_days_after
from orchestration.synthetic.rows import Rows, choose, stack, word, yes_no
from orchestration.synthetic.spells import until

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

INITIAL_WD = 7  # the first visit, in working days after the notification
FIRST_YEAR, FIRST_YEAR_EVERY, LATER_EVERY = 365, 42, 84  # days; Private Arrangements for Fostering Regulations 2005
SECOND_YEAR_NUMBERS = 50  # visits after the first year are numbered from here
UNTIL_AGE, UNTIL_AGE_DISABLED = 16, 18


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: arrangements open on `begins` or notified later, and their notifications."""
    notified = _notified(world, day)
    # the case system keeps a child as long as one of its cases was open since then
    notified = notified[(notified.ends >= begins) & ((notified.notified >= begins) | (notified.closed >= begins))]
    arrangements = notified[notified.is_private]
    return {
        "notifications": _notifications(world, notified, arrangements, day, begins),
        "arrangements": _arrangements(world, arrangements, day),
        "visits": _visits(world, arrangements, day, begins),
        "decisions": _decisions(world, arrangements, day),
    }


def _notified(world: World, day: int) -> Rows:
    """Notifications of arrangements: of a few children referred who do not enter care, with what becomes of them."""
    rules, chance, children = world.scenario.private_fostering, world.chance, world.children
    episodes = world.episodes
    position = np.flatnonzero((episodes.start <= day) & ~episodes.nfa)
    referral = episodes.referral_id[position]
    position = position[chance.happens("private fostering referral", rules.of_referrals, referral)]
    rows = episodes[position]
    child, start = rows.child, rows.start
    born = children.born[child]
    old_enough = (age_on(born, start) >= rules.from_age) & (age_on(born, start) < UNTIL_AGE)
    rows, child, start, born = rows[old_enough], child[old_enough], start[old_enough], born[old_enough]
    key = plain(rows.referral_id)
    grown_up = birthday(born, np.where(children.disability.isin("yes")[child], UNTIL_AGE_DISABLED, UNTIL_AGE))
    taken_in = world.next_care(child, start)
    ends = np.minimum(
        start + chance.band("private fostering lasts", rules.lasts_cd, key), np.minimum(grown_up, taken_in)
    )
    proposed = chance.happens("private fostering proposed", rules.proposed, key)
    begun = np.where(
        proposed,
        start + chance.band("private fostering ahead", rules.begins_after_cd, key),
        start - chance.band("private fostering before", rules.began_before_cd, key),
    )
    found = Rows(
        key=key,
        child=child,
        notified=start,
        closed=rows.closed,
        proposed=proposed,
        begun=np.maximum(begun, born).astype(np.int32),
        ends=ends.astype(np.int32),
        grown_up=grown_up,
        taken_in=taken_in,
        is_private=chance.happens("private fostering found", rules.is_private_fostering, key),
        decided=chance.days_after("private fostering decided", start, rules.decided_after_cd, key),
    )
    return found[(found.ends > found.begun) & (found.ends > start + INITIAL_WD * 2)]


def _notifications(world: World, rows: Rows, arrangements: Rows, day: int, begins: int) -> Rows:
    """First notifications, and those that tell of the end of an arrangement."""
    rules, chance = world.scenario.private_fostering, world.chance
    first = rows[rows.notified >= begins]
    first = first.having(
        told=first.notified, kind=choose(len(first), (first.proposed, "proposed"), otherwise="existing")
    )
    over = arrangements[(arrangements.ends <= day) & (arrangements.ends >= begins)]
    over = over[chance.happens("private fostering end told", rules.end_notified, over.key)]
    both = stack([first, over.having(told=over.ends, kind=word("ended", len(over)))])
    is_end = both.kind.isin("ended")
    case = world.case_on(both.child, both.told)
    return Rows(
        private_notification_id=world.ids(both.key * 2 + is_end),
        arrangement_id=np.where(both.is_private, world.ids(both.key), -1),
        child_id=world.children.child_id[both.child],
        private_notified_date=both.told,
        notification_kind=both.kind,
        notifier_type=chance.pick("private fostering notifier", rules.notifier, both.key, is_end),
        is_private_fostering=yes_no(both.is_private, both.decided > day),
        team_code=case.team,
    )


def _arrangements(world: World, rows: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.private_fostering, world.chance, rows.key
    is_open = rows.ends > day
    reason = choose(
        len(rows),
        (rows.ends == rows.grown_up, rules.grown_up_reason),
        (rows.ends == rows.taken_in, rules.taken_in_reason),
        otherwise=chance.pick("private fostering end reason", rules.end_reason, key),
    )
    # what the carers expect at the start, whatever comes of it
    lasts = chance.band("private fostering expected", rules.lasts_cd, key)
    expected = np.minimum(np.maximum(rows.begun, rows.notified) + lasts, rows.grown_up)
    case = world.case_on(rows.child, np.where(is_open, day, rows.ends))
    return Rows(
        arrangement_id=world.ids(key),
        child_id=world.children.child_id[rows.child],
        arrangement_notified_date=rows.notified,
        arrangement_start_date=rows.begun,
        arrangement_expected_end_date=expected.astype(np.int32),
        arrangement_end_date=until(rows.ends, day),
        arrangement_end_reason=reason.blank_where(is_open),
        arrangement_reason=chance.pick("private fostering reason", rules.reason, key),
        born_abroad=chance.pick("private fostering abroad", rules.born_abroad, key),
        service_code=case.service,
        team_code=case.team,
    )


def _visits(world: World, rows: Rows, day: int, begins: int) -> Rows:
    """The first visit, then about every six weeks in the first year of the arrangement, and every twelve after it."""
    rules, chance = world.scenario.private_fostering, world.chance
    first = chance.working_days_after(
        "private fostering first visit", rows.notified, rules.first_visit_after_wd, rows.key
    )
    last = np.minimum(rows.ends, day)
    turn = np.maximum(rows.begun, rows.notified) + FIRST_YEAR
    early = chance.repeated(
        "private fostering visits", first, np.minimum(last, turn), rules.first_year_visit_after_cd, rows.key
    )
    late = chance.repeated(
        "private fostering later visits", turn + LATER_EVERY // 2, last, rules.later_visit_after_cd, rows.key
    )
    row, number = np.concatenate([early[0], late[0]]), np.concatenate([early[1], late[1] + SECOND_YEAR_NUMBERS])
    held = next_working_day(np.concatenate([early[2], late[2]]))
    every = np.where(number < SECOND_YEAR_NUMBERS, FIRST_YEAR_EVERY, LATER_EVERY)
    previous = np.where((number == 0) | (number == SECOND_YEAR_NUMBERS), held - every, np.roll(held, 1))
    due = np.where(number == 0, working_days_after(rows.notified[row], INITIAL_WD), previous + every)
    key = rows.key[row] * 100 + number
    seen = chance.happens("private fostering seen", rules.seen, key)
    recorded = chance.working_days_after("private fostering recorded", held, rules.recorded_after_wd, key)
    alone = choose(
        len(row),
        (~seen, "no"),
        (age_on(world.children.born[rows.child[row]], held) < rules.alone_from_age, "unknown"),
        (chance.happens("private fostering alone", rules.seen_alone, key), "yes"),
        otherwise="no",
    )
    extra = chance.happens("private fostering extra", rules.extra_visit, key)
    found = Rows(
        private_visit_id=world.ids(key),
        arrangement_id=world.ids(rows.key[row]),
        child_id=world.children.child_id[rows.child[row]],
        private_visit_kind=choose(len(row), (number == 0, "initial"), (extra, "extra"), otherwise="statutory"),
        private_visit_due_date=due.astype(np.int32),
        private_visit_date=held,
        child_seen=yes_no(seen),
        child_seen_alone=alone,
        private_visit_recorded_date=until(recorded, day),
    )
    return found[(held <= day) & (held <= rows.ends[row]) & (held >= begins)]


def _decisions(world: World, rows: Rows, day: int) -> Rows:
    """The decision on each arrangement that lasted until it was taken."""
    rules, chance = world.scenario.private_fostering, world.chance
    rows = rows[(rows.decided <= day) & (rows.decided <= rows.ends)]
    decision = chance.pick("private fostering decision", rules.decision, rows.key)
    required = decision.isin("suitable_with_requirements")
    return Rows(
        private_decision_id=world.ids(rows.key),
        arrangement_id=world.ids(rows.key),
        child_id=world.children.child_id[rows.child],
        private_decision_date=rows.decided,
        private_decision=decision,
        requirements_count=np.where(
            required, chance.between("private fostering requirements", 1, 4, rows.key), 0
        ).astype(np.int32),
        appealed=yes_no(
            chance.happens("private fostering appeal", rules.appealed, rows.key) & decision.isin("prohibited")
        ),
        decision_role=word(rules.decision_role, len(rows)),
    )
