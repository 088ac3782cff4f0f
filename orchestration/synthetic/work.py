"""What is done for children with an open case: visits, reviews and health checks, mostly on time, each as a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.synthetic.chance import Bands
from orchestration.synthetic.days import age_on, last_working_day, months_later, next_working_day, working_days_after
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, stack, word
from orchestration.synthetic.spells import where
from orchestration.synthetic.world import homes_lived_in

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

EVENTS = 4096  # more than one spell ever has


def do(world: World) -> None:
    """Make the tables `visits`, `reviews` and `health` of a world whose lives are told."""
    world.visits = _visits(world)
    world.reviews = _reviews(world)
    world.health = _health(world)


def _ends(world: World, end: Array) -> Array:
    """The last day of a spell that matters: nothing after the horizon is ever shown."""
    return np.minimum(end.astype(np.int64), world.horizon + 1) - 1


# --- visits -------------------------------------------------------------------------------------------------------


def _visits(world: World) -> Rows:
    """Visits under plans and in care; the interval of a looked after child starts anew with each placement (regulation 28)."""
    scenario = world.scenario
    cin, cp, care = scenario.child_in_need_plans, scenario.child_protection, scenario.looked_after
    placed = homes_lived_in(world)
    kinds: list[tuple[str, Any, Array, Bands, Bands, Array]] = [
        (
            "cin",
            world.cin_plans,
            world.cin_plans.cin_plan_id,
            cin.first_visit_cd,
            cin.visited_every_cd,
            world.cin_plans.key,
        ),
        ("cp", world.plans, world.plans.cp_plan_id, cp.first_visit_cd, cp.visited_every_cd, world.plans.key),
        ("cla", placed, placed.placement_id, care.first_visit_cd, care.visited_every_cd, placed.key),
    ]
    parts = []
    for number, (kind, spells, ids, first_bands, bands, key) in enumerate(kinds):
        first = spells.start + world.chance.band(f"first {kind} visit", first_bands, key)
        row, nth, day = world.chance.repeated(f"{kind} visits", first, _ends(world, spells.end), bands, key)
        day = np.minimum(next_working_day(day), np.maximum(spells.end[row] - 1, spells.start[row]))
        parts.append(
            Rows(
                visit_id=ids[row] * EVENTS + nth,
                kind=Words(np.full(len(row), number, dtype=np.int32), ("cin", "cp", "cla")),
                child=spells.child[row],
                spell=row if kind != "cla" else placed.care[row],
                day=day,
                key=key[row],
                nth=nth,
            )
        )
    rows = stack(parts)
    alone = np.array([cin.seen_alone, cp.seen_alone, care.seen_alone])[rows.kind.index]
    seen = world.chance.happens("visit seen", cp.seen_at_visit, rows.key, rows.nth)
    born = world.children.born[rows.child]
    seen &= born <= rows.day
    old_enough = age_on(born, rows.day) >= cp.seen_alone_from_age
    late = world.chance.happens("visit recorded late", scenario.recording.visits_late, rows.key, rows.nth)
    after = world.chance.band("visit recorded after", scenario.recording.late_by_cd, rows.key, rows.nth)
    return rows.having(
        seen=seen,
        alone=seen & old_enough & world.chance.happens("visit alone", alone, rows.key, rows.nth),
        old_enough=old_enough,
        recorded=(rows.day + np.where(late, after, 0)).astype(np.int32),
    )


# --- reviews ------------------------------------------------------------------------------------------------------


def _reviews(world: World) -> Rows:
    """Reviews of child protection plans (3 months, then 6) and of looked after children (20 working days, 3, then 6 months).

    One row a review that was due while the plan or the period ran: `due`, `held` (BLANK: it ended before), and `called`, the
    day from which it was due (the review before it, or the start).
    """
    cp, care = world.scenario.child_protection, world.scenario.looked_after
    parts = [
        _review_rows(world, "cp", world.plans, world.plans.cp_plan_id, [cp.first_review_cd], cp.next_reviews_cd),
        _review_rows(
            world,
            "cla",
            world.care,
            world.care.cla_id,
            [care.first_review_cd, care.second_review_cd],
            care.next_reviews_cd,
        ),
    ]
    rows = stack(parts)
    chance = world.chance
    age = age_on(world.children.born[rows.child], np.where(rows.held == BLANK, rows.due, rows.held))
    told = chance.pick("participation", care.participation, rows.key)
    return rows.having(
        participation=choose(len(rows), (rows.held == BLANK, None), (age < 4, "PN0"), otherwise=told),
        quorate=chance.happens("quorate", cp.quorate, rows.key),
    )


def _review_rows(world: World, kind: str, spells: Any, ids: Array, firsts: list[Bands], next_bands: Bands) -> Rows:
    chance, key, together = world.chance, spells.key, spells.shared
    until = np.minimum(spells.end.astype(np.int64) + 220, world.horizon + 220)
    started = spells.start
    parts, called = [], spells.start
    for number, bands in enumerate(firsts):
        held = last_working_day(called + chance.band(f"{kind} review {number}", bands, together))
        parts.append((np.arange(len(called)), np.full(len(called), number), called, held))
        called = np.maximum(held, called)
    row, nth, day = chance.repeated(
        f"{kind} reviews",
        called + chance.band(f"{kind} next review", next_bands, together),
        until,
        next_bands,
        together,
    )
    day = last_working_day(day)
    before = np.where(nth == 0, called[row], np.concatenate([[0], day[:-1]]))
    parts.append((row, nth + len(firsts), before, day))
    row, nth, called, day = (np.concatenate([p[n] for p in parts]) for n in range(4))
    if kind == "cp":
        due = np.where(nth == 0, months_later(called, 3), months_later(called, 6))
    else:
        due = np.where(
            nth == 0,
            working_days_after(called, 20),
            np.where(nth == 1, months_later(called, 3), months_later(called, 6)),
        )
    kept = called < np.minimum(spells.end[row], world.horizon + 1)
    row, nth, called, day, due = row[kept], nth[kept], called[kept], day[kept], due[kept]
    event = key[row] * EVENTS + nth
    return Rows(
        review_id=ids[row] * 64 + nth,
        kind=word(kind, len(row)),
        child=spells.child[row],
        spell=row,
        number=nth,
        key=event,
        started=started[row],
        called=called.astype(np.int32),
        continues=spells.end[row] > day + 28,
        due=due.astype(np.int32),
        held=where(day < spells.end[row], day),
        meeting_id=world.ids(world.children.family_number[spells.child[row]] * 100_000 + day % 100_000),
    )


# --- health -------------------------------------------------------------------------------------------------------


def _health(world: World) -> Rows:
    """Health assessments and dental checks of looked after children."""
    rules, chance, care = world.scenario.looked_after, world.chance, world.care
    parts = []
    for number, (name, first_bands, bands) in enumerate(
        (
            ("health_assessment", rules.first_health_cd, rules.health_every_cd),
            ("dental_check", rules.first_dental_cd, rules.dental_every_cd),
        )
    ):
        first = care.start + chance.band("first " + name, first_bands, care.key)
        row, nth, day = chance.repeated(name, first, _ends(world, care.end), bands, care.key)
        day = next_working_day(day)
        kept = day < care.end[row]
        row, nth, day = row[kept], nth[kept], day[kept]
        first_one = (nth == 0) & (number == 0)
        parts.append(
            Rows(
                health_id=care.cla_id[row] * 256 + nth * 2 + number,
                child=care.child[row],
                care=row,
                day=day.astype(np.int32),
                kind=choose(len(row), (first_one, "initial_health_assessment"), otherwise=name),
                key=care.key[row] * EVENTS + nth * 2 + number,
            )
        )
    rows = stack(parts)
    refused = chance.happens("health refused", rules.health_refused, rows.key)
    return rows.having(status=choose(len(rows), (refused, "refused"), otherwise="completed"))
