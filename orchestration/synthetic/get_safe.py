"""Get Safe: cases of children at risk of exploitation, their risk assessments and reviews, themes, referrals to the National
Referral Mechanism, and disruption activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import age_on, day_number, last_working_day, next_working_day
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, stack, word, words_of, yes_no
from orchestration.synthetic.spells import begins_in_an_earlier_one, last_begun, until, valid
from orchestration.synthetic.world import once_a_world

if TYPE_CHECKING:
    from orchestration.synthetic.scenario import RiskLevelPart
    from orchestration.synthetic.world import World


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: cases that were open on `begins` or came later, and all that hangs on them."""
    known = _known(world, day, begins)
    concerns = _concerns(world)
    concerns = concerns[(concerns.opened <= day) & (concerns.closed >= begins) & known[concerns.child]]
    cases = concerns[concerns.is_case]
    assessments, reviews = _assessments(world, concerns, day)
    return {
        "risk_levels": _risk_levels(world),
        "exploitation_themes": _themes(world),
        "get_safe_cases": _shown_cases(world, cases, day),
        "risk_assessments": assessments,
        "risk_reviews": reviews,
        "case_themes": _case_themes(world, cases, day),
        "nrm_referrals": _nrm_referrals(world, known, day, begins),
        "disruption_activity": _disruption(world, day, begins),
    }


def case_open_on(world: World, child: Array, days: Array) -> Array:
    """Whether each child is open to Get Safe on a day."""
    cases = _concerns(world)
    cases = cases[cases.is_case]
    at = last_begun(cases.child, cases.opened, child, days)
    return (at >= 0) & (np.append(cases.closed, BLANK)[at] >= days)


# --- registers ----------------------------------------------------------------------------------------------------


def _risk_levels(world: World) -> Rows:
    rules = world.scenario.get_safe
    levels = rules.levels.values()
    return Rows(
        risk_level=words_of(rules.levels),
        level_title=words_of(x.title for x in levels),
        level_order=np.arange(len(levels), dtype=np.int32),
        counts_as_open_risk=words_of(x.open for x in levels),
        review_interval_days=np.array([x.review_cd or BLANK for x in levels], dtype=np.int32),
        **valid(day_number(rules.registers_valid_from), len(levels)),
    )


def _themes(world: World) -> Rows:
    rules = world.scenario.get_safe
    themes = rules.themes.values()
    return Rows(
        exploitation_theme=words_of(rules.themes),
        theme_title=words_of(x.title for x in themes),
        theme_group=words_of(x.group for x in themes),
        used_in_return_interviews=words_of(x.interviews for x in themes),
        **valid(day_number(rules.registers_valid_from), len(themes)),
    )


# --- cases --------------------------------------------------------------------------------------------------------


@once_a_world
def _concerns(world: World) -> Rows:
    """Every concern that is assessed: of children back from being missing and of older children referred. Most become cases.

    A concern about a child who is open already, or who comes of age, is none of its own.
    """
    rules, chance, children = world.scenario.get_safe, world.chance, world.children
    missing, episodes = world.missing, world.episodes
    gone = np.flatnonzero(~missing.absent)
    gone = gone[
        chance.happens(
            "get_safe after missing", _likely(world, missing[gone], rules.after_missing), missing.missing_id[gone]
        )
    ]
    told = np.flatnonzero(~episodes.nfa)
    told = told[
        chance.happens("get_safe of episode", _likely(world, episodes[told], rules.of_episodes), episodes.key[told])
    ]
    child = np.concatenate([missing.child[gone], episodes.child[told]])
    opened = np.concatenate(
        [
            chance.days_after("get_safe opens", missing.end[gone], rules.after_missing_cd, missing.missing_id[gone]),
            chance.days_after("get_safe opens", episodes.start[told], rules.of_episodes_after_cd, episodes.key[told]),
        ]
    )
    kept = opened < children.adult_on[child] - 30
    child, opened = child[kept], opened[kept]
    number = children.number[child]
    is_case = ~chance.happens("get_safe no case", rules.no_case, number, opened)
    ends = chance.days_after("get_safe closes", opened, rules.lasts_cd, number, opened)
    last = np.where(children.died[child] == BLANK, children.adult_on[child], children.died[child])
    closed = np.where(is_case, np.minimum(ends, last), opened).astype(np.int32)
    rows = Rows(
        child=child,
        number=number,
        opened=opened,
        closed=closed,
        is_case=is_case,
        came_of_age=closed == children.adult_on[child],
        is_boy=children.sex[child].isin("male"),
    )
    rows = rows[np.lexsort((rows.closed, rows.opened, rows.child))]
    rows = rows[(rows.opened <= rows.closed) & ~begins_in_an_earlier_one(rows.child, rows.opened, rows.closed)]
    return rows.having(
        case=world.of_day(children.child_id[rows.child], rows.opened),
        kind=_exploitation_type(world, "get_safe type", rows),
    )


def _known(world: World, day: int, begins: int) -> Array:
    """Which children the case system still shows: those with a case at some time since `begins`."""
    episodes = world.episodes
    known = np.zeros(len(world.children), dtype=bool)
    known[episodes.child[(episodes.start <= day) & (episodes.closed >= begins)]] = True
    return known


def _likely(world: World, rows: Rows, share: float) -> Array:
    """The chance of a concern by age and sex of the children."""
    rules, children = world.scenario.get_safe, world.children
    age = age_on(children.born[rows.child], rows.start)
    likely = share * np.where(age < 14, rules.by_age["10-13"], rules.by_age["14-17"])
    likely = likely * np.where(children.sex[rows.child].isin("male"), rules.by_sex["male"], rules.by_sex["otherwise"])
    return np.where((age >= rules.from_age) & (rows.start < children.adult_on[rows.child]), likely, 0.0)


def _exploitation_type(world: World, purpose: str, rows: Rows) -> Words:
    kinds = world.scenario.get_safe.type
    return world.chance.pick_by(
        purpose, 1 - rows.is_boy.astype(int), [kinds["male"], kinds["otherwise"]], rows.number, rows.opened
    )


def _shown_cases(world: World, cases: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.get_safe, world.chance, (cases.number, cases.opened)
    is_open = cases.closed > day
    held = world.case_on(cases.child, np.minimum(cases.closed, day))
    adult = cases.came_of_age & chance.happens("get_safe to adult service", rules.transferred_at_18, *key)
    reason = choose(
        len(cases),
        (cases.came_of_age, "turned_18"),
        otherwise=chance.pick("get_safe closure reason", rules.closure_reason, *key),
    )
    return Rows(
        get_safe_case_id=world.ids(cases.case),
        child_id=world.children.child_id[cases.child],
        opened_date=cases.opened,
        closed_date=until(cases.closed, day),
        referral_source=chance.pick("get_safe source", rules.source, *key),
        closure_reason=reason.blank_where(is_open),
        transferred_to_adult_service=yes_no(adult, is_open),
        service_code=held.service,
        team_code=held.team,
    )


# --- assessments and reviews --------------------------------------------------------------------------------------


def _assessments(world: World, concerns: Rows, day: int) -> tuple[Rows, Rows]:
    """Risk assessments and their reviews: each review held gives the level of the next assessment, up to the closure."""
    rules, levels = world.scenario.get_safe, tuple(world.scenario.get_safe.levels.values())
    chance, names = world.chance, tuple(rules.levels)
    first = chance.pick(
        "get_safe first level",
        {n: x.share for n, x in rules.levels.items() if x.share},
        concerns.number,
        concerns.opened,
    )
    level = np.where(concerns.is_case, first.numbers(names.index), 0)
    when = chance.days_after(
        "get_safe assessed", concerns.opened, rules.assessed_after_cd, concerns.number, concerns.opened
    )
    when = np.where(concerns.is_case, np.minimum(when, concerns.closed), concerns.opened).astype(np.int32)
    first_level, at, step = level, np.arange(len(concerns)), 0
    assessments, reviews = [], []
    while True:
        on = when[at] <= day
        at = at[on]
        if not len(at):
            break
        rows, now, held_level = concerns[at], when[at], level[at]
        key = (rows.number, rows.opened, np.full(len(at), step))
        ends_here = (now >= rows.closed) | ~rows.is_case
        kind = choose(len(at), (np.full(len(at), step == 0), "initial"), (ends_here, "closure"), otherwise="review")
        due, held = _next_review(world, now, held_level, key)
        due = np.where(ends_here, BLANK, due)
        held = np.where(ends_here | (held >= rows.closed), BLANK, held)
        after = np.where(
            held == BLANK,
            _level_at_closure(world, held_level, first_level[at], key),
            _moved(world, held_level, levels, key),
        )
        assessments.append(Rows(at=at, kind=kind, day=now, level=held_level, due=due.astype(np.int32)))
        reviews.append(
            Rows(at=at, day=now, before=held_level, due=due, held=held, after=np.where(held == BLANK, -1, after))[
                # a review still to come falls away when the case closes before it is due
                ~ends_here & ((due < rows.closed) | (rows.closed > day))
            ]
        )
        when[at] = np.where(held == BLANK, rows.closed, held)
        level[at] = after
        at, step = at[~ends_here], step + 1
    if not assessments:  # no case yet: one empty round keeps the columns
        nothing = np.zeros(0, dtype=np.int32)
        assessments = [Rows(at=nothing, kind=word(None, 0), day=nothing, level=nothing, due=nothing)]
        reviews = [Rows(at=nothing, day=nothing, before=nothing, due=nothing, held=nothing, after=nothing)]
    return _shown_assessments(world, concerns, stack(assessments), day), _shown_reviews(
        world, concerns, stack(reviews), day
    )


def _next_review(world: World, now: Array, level: Array, key: tuple[Array, ...]) -> tuple[Array, Array]:
    """When an assessment is due for review, and when that is held: on time, late, or only after another interval."""
    rules, chance = world.scenario.get_safe, world.chance
    interval = np.array([x.review_cd or 0 for x in rules.levels.values()])[level]
    due = now + interval
    early = last_working_day(due - chance.band("get_safe review early", rules.review_early_cd, *key))
    late = next_working_day(due + chance.band("get_safe review late", rules.review_late_cd, *key))
    on_time = chance.happens("get_safe review on time", rules.review_on_time, *key)
    missed = ~chance.happens("get_safe review held", rules.review_held, *key)
    held = np.where(on_time, np.maximum(early, now + 1), late)
    return due, np.where(missed, next_working_day(due + interval), held)


def _moved(world: World, level: Array, levels: tuple[RiskLevelPart, ...], key: tuple[Array, ...]) -> Array:
    up, down = np.array([x.up for x in levels])[level], np.array([x.down for x in levels])[level]
    lot = world.chance.uniform("get_safe level moves", *key)
    return level + np.where(lot < up, 1, np.where(lot > 1 - down, -1, 0))


def _level_at_closure(world: World, level: Array, first: Array, key: tuple[Array, ...]) -> Array:
    """The level found when a case closes, seen from the first one."""
    highest = len(world.scenario.get_safe.levels) - 1
    change = world.chance.pick("get_safe level at closure", world.scenario.get_safe.level_at_closure, *key)
    found = np.where(change.isin("lower"), first - 1, np.where(change.isin("higher"), level + 1, first))
    return np.where(change.isin("none"), 0, np.clip(found, 0, highest))


def _both_types(world: World, concerns: Rows, rows: Rows) -> tuple[Rows, Array, Words]:
    """The rows once for each type of exploitation of the case: the rows, which are of the second type, the types."""
    second = _exploitation_type(world, "get_safe second type", concerns)
    has = world.chance.happens(
        "get_safe has second type", world.scenario.get_safe.second_type, concerns.number, concerns.opened
    )
    has &= concerns.is_case & (second.index != concerns.kind.index)
    more = np.flatnonzero(has[rows.at])
    at = np.concatenate([np.arange(len(rows)), more])
    is_second = np.arange(len(at)) >= len(rows)
    order = np.lexsort((is_second, at))
    rows, is_second = rows[at[order]], is_second[order]
    kind = choose(len(rows), (is_second, second[rows.at]), otherwise=concerns.kind[rows.at])
    return rows, is_second, kind


def _of_type(level: Array, is_second: Array) -> Array:
    """The second type is a level below the main one, as long as there is a risk at all."""
    return np.where(is_second, np.where(level > 1, level - 1, level), level)


def _assessment_ids(world: World, concerns: Rows, rows: Rows, is_second: Array) -> Array:
    child = world.children.child_id[concerns.child[rows.at]]
    return world.ids(world.of_day(child, rows.day) * 2 + is_second)


def _level_words(world: World, level: Array) -> Words:
    return Words(np.asarray(level).astype(np.int32), tuple(world.scenario.get_safe.levels))


def _shown_assessments(world: World, concerns: Rows, rows: Rows, day: int) -> Rows:
    rules, chance = world.scenario.get_safe, world.chance
    rows, is_second, kind = _both_types(world, concerns, rows)
    of, ids = concerns[rows.at], _assessment_ids(world, concerns, rows, is_second)
    held = world.case_on(of.child, rows.day)
    return Rows(
        risk_assessment_id=ids,
        get_safe_case_id=np.where(of.is_case, world.ids(of.case), -1),
        child_id=world.children.child_id[of.child],
        exploitation_type=kind,
        assessment_kind=rows.kind,
        assessed_date=rows.day,
        risk_level=_level_words(world, _of_type(rows.level, is_second)),
        next_review_due_date=rows.due,
        child_took_part=yes_no(chance.happens("get_safe child took part", rules.child_took_part, of.number, rows.day)),
        partners_contributed=yes_no(
            chance.happens("get_safe partners", rules.partners_contributed, of.number, rows.day)
        ),
        service_code=held.service,
        team_code=held.team,
    )


def _shown_reviews(world: World, concerns: Rows, rows: Rows, day: int) -> Rows:
    rows, is_second, _ = _both_types(world, concerns, rows)
    of, held_on = concerns[rows.at], until(rows.held, day)
    not_yet = held_on == BLANK
    partners = world.chance.happens(
        "get_safe partners at review", world.scenario.get_safe.partners_contributed, of.number, rows.day
    )
    ids = _assessment_ids(world, concerns, rows, is_second)
    return Rows(
        risk_review_id=ids,
        risk_assessment_id=ids,  # an assessment has one review
        child_id=world.children.child_id[of.child],
        review_due_date=rows.due.astype(np.int32),
        review_held_date=held_on,
        level_before=_level_words(world, _of_type(rows.before, is_second)),
        level_after=_level_words(world, _of_type(rows.after, is_second)).blank_where(not_yet),
        partners_present=yes_no(partners, not_yet),
        team_code=world.case_on(of.child, np.where(not_yet, np.minimum(rows.due, day), held_on)).team,
    )


# --- themes, national referrals, disruption -----------------------------------------------------------------------


def _case_themes(world: World, cases: Rows, day: int) -> Rows:
    rules, chance = world.scenario.get_safe, world.chance
    counts = chance.band("get_safe themes", rules.themes_of_case, cases.number, cases.opened)
    weights = {name: x.cases for name, x in rules.themes.items()}
    row, place, theme = chance.several("get_safe theme", weights, counts, cases.number, cases.opened)
    of = cases[row]
    later = chance.band("get_safe theme recorded", rules.theme_recorded_after_cd, of.number, of.opened, place)
    recorded = np.minimum(of.opened + np.where(place == 0, 0, later), of.closed).astype(np.int32)
    return Rows(
        get_safe_case_id=world.ids(of.case),
        child_id=world.children.child_id[of.child],
        exploitation_theme=theme,
        theme_recorded_date=recorded,
        theme_ended_date=until(of.closed, day),
        theme_is_main=yes_no(place == 0),
    )[recorded <= day]


def _nrm_referrals(world: World, known: Array, day: int, begins: int) -> Rows:
    """Referrals of children open to Get Safe and of unaccompanied children who may have been trafficked."""
    rules, chance, children, care = world.scenario.get_safe.nrm, world.chance, world.children, world.care
    cases = _concerns(world)
    cases = cases[cases.is_case & chance.happens("get_safe nrm", rules.of_cases, cases.number, cases.opened)]
    arrived = np.flatnonzero(children.unaccompanied[care.child])
    arrived = arrived[chance.happens("get_safe nrm unaccompanied", rules.of_unaccompanied, care.key[arrived])]
    child = np.concatenate([cases.child, care.child[arrived]])
    start = np.concatenate([cases.opened, care.start[arrived]])
    kind = choose(
        len(child), (np.arange(len(child)) >= len(cases), "trafficking"), otherwise=_lengthened(cases.kind, len(child))
    )
    number = children.number[child]
    referred = chance.days_after("get_safe nrm referred", start, rules.referred_after_cd, number, start)
    key = (number, referred)
    grounds = chance.days_after("get_safe nrm reasonable", referred, rules.reasonable_after_cd, *key)
    decision = chance.pick("get_safe nrm reasonable decision", rules.reasonable, *key)
    positive = decision.isin("positive")
    concluded = chance.days_after("get_safe nrm conclusive", grounds, rules.conclusive_after_cd, *key)
    concluded = np.where(positive, concluded, BLANK)
    final = chance.pick("get_safe nrm conclusive decision", rules.conclusive, *key)
    rows = Rows(
        nrm_referral_id=world.ids(world.of_day(children.child_id[child], referred)),
        child_id=children.child_id[child],
        nrm_referred_date=referred,
        nrm_route=choose(
            len(child),
            (chance.happens("get_safe nrm devolved", rules.devolved, *key), "devolved"),
            otherwise="national",
        ),
        exploitation_type=kind,
        first_responder=chance.pick("get_safe nrm responder", rules.first_responder, *key),
        reasonable_grounds_decision=decision.blank_where(grounds > day),
        reasonable_grounds_date=until(grounds, day),
        conclusive_grounds_decision=final.blank_where(~positive | (concluded > day)),
        conclusive_grounds_date=until(concluded, day),
        guardian_allocated=yes_no(chance.happens("get_safe nrm guardian", rules.guardian, *key), referred + 7 > day),
        team_code=world.case_on(child, np.minimum(referred, day)).team,
    )
    kept = (referred <= day) & (referred < children.adult_on[child]) & known[child]
    kept &= (referred >= begins) | (np.maximum(concluded, grounds) >= begins)
    rows = rows[kept]
    # one referral of a child on a day
    return rows[np.sort(np.unique(rows.nrm_referral_id, return_index=True)[1])]


def _lengthened(words: Words, count: int) -> Words:
    index = np.full(count, -1, dtype=np.int32)
    index[: len(words)] = words.index
    return Words(index, words.words)


def _disruption(world: World, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.get_safe, world.chance
    events = world.events_between("get_safe disruption", rules.disruption_a_year, begins, day)
    key = events.key
    return Rows(
        disruption_id=world.ids(key),
        disruption_date=events.day,
        disruption_kind=chance.pick("get_safe disruption kind", rules.disruption_kind, key),
        location_type=chance.pick("get_safe disruption place", rules.disruption_place, key),
        exploitation_type=chance.pick("get_safe disruption type", rules.disruption_type, key),
        lead_agency=chance.pick("get_safe disruption agency", rules.lead_agency, key),
        children_concerned=chance.band("get_safe disruption children", rules.children_concerned, key),
        outcome=chance.pick("get_safe disruption outcome", dict.fromkeys(rules.disruption_outcome, 1.0), key),
    )
