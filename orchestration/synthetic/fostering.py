"""Fostering households: enquiries, approvals, reviews, visits, safer caring plans and the children placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import age_on, last_working_day, month_number, months_later, next_working_day
from orchestration.synthetic.places import give_places
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, stack, word, yes_no
from orchestration.synthetic.spells import NEVER, day_or_never, until, where
from orchestration.synthetic.world import once_a_world

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

SERVICE = "fostering"
FIRST_HOUSEHOLD = 1000  # household n has the id 1000 + n
OWN_KINDS, KINSHIP_KINDS = ("U4", "U5", "U6"), ("U1", "U2", "U3")
TEMPORARY_CD, EXTENDED_CD = 112, 168  # 16 and 24 weeks; Care Planning Regulations 2010, regulations 24 and 25
YEAR_CD = 365
MOST_PLACES, TERMINATION = 20, 99  # the number of the decision that ends an approval


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`: households that had not ended before `begins`, and their history since then."""
    known = households(world)
    known = known[(known.begun <= day) & (day_or_never(known.ended) >= begins)]
    reviews = _reviews(world, known, day)
    return {
        "households": _households(world, known, day),
        "household_approvals": _approvals(world, known, reviews, day, begins),
        "household_reviews": _review_rows(world, reviews, day, begins),
        "supervision_visits": _supervision(world, known, day, begins),
        "unannounced_visits": _unannounced(world, known, day, begins),
        "safer_caring_plans": _safer_caring(world, known, day, begins),
        "household_enquiries": _enquiry_rows(world, day, begins),
        "temporary_approvals": _temporary(world, day, begins),
        "household_placements": _placements(world, day, begins),
    }


# --- households ---------------------------------------------------------------------------------------------------


def households(world: World) -> Rows:
    """Every fostering household there ever is, also of the future, in order of the day it became known.

    Columns: number, household_id, kind, begun (first day in the files), approved (BLANK: never fully approved), ended
    (the truth, also of the future), end_reason, places (all there will be), enquiry (its key, -1 for none), temporary
    (whether it began with a temporary approval).
    """
    return _all(world)[0]


@once_a_world
def _all(world: World) -> tuple[Rows, Rows]:
    """The households, and the stays in them with `household` (position, -1: none) and `above` (above the approval)."""
    own, own_stays = _recruited(world)
    kin, kin_stays = _kinship(world)
    both = stack([own, kin])
    order = np.lexsort((both.key, both.begun))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    both = both[order]
    number = np.arange(len(both), dtype=np.int64)
    both = both.having(number=number, household_id=world.ids(FIRST_HOUSEHOLD + number))
    kin_stays = kin_stays.having(household=kin_stays.household + len(own))
    stays = stack([own_stays, kin_stays])
    stays = stays.having(household=np.where(stays.household < 0, -1, rank[stays.household]))
    return both, stays[np.lexsort((stays.key, stays.start))]


@once_a_world
def _enquiries(world: World) -> Rows:
    """Enquiries with every step they will take; a step that does not come is BLANK, and `ended` the day it ended."""
    rules, chance = world.scenario.fostering, world.chance
    months = world.month_range(world.begins_day - 2 * YEAR_CD, world.horizon)
    events = world.events(
        "fostering enquiries", world.monthly(rules.enquiries_a_year, months), months, "fostering enquiry day"
    )
    key, day = events.key, events.day
    columns, goes_on, ended = {"enquiry": day}, np.ones(len(key), dtype=bool), np.full(len(key), BLANK, dtype=np.int32)
    previous = day
    for name, step in rules.enquiry_steps.items():
        reached = goes_on & chance.happens(f"fostering {name}", step.share, key)
        leaves = chance.days_after(f"fostering leaves before {name}", previous, rules.enquiry_leaves_after_cd, key)
        ended = np.where(goes_on & ~reached, leaves, ended)
        previous = np.where(reached, chance.days_after(f"fostering {name} after", previous, step.after_cd, key), BLANK)
        previous = previous.astype(np.int32)
        columns[name], goes_on = previous, reached
    kind = chance.pick("fostering enquiry kind", rules.enquiry_kind, key)
    return Rows(columns, key=key, kind=kind, ended=ended.astype(np.int32))


def _recruited(world: World) -> tuple[Rows, Rows]:
    """Recruited households, those approved before the world begins among them, and the children placed with them."""
    rules, chance = world.scenario.fostering, world.chance
    older = np.arange(round(rules.households * world.factor))
    enquiries = _enquiries(world)
    new = enquiries[(enquiries.approved != BLANK) & (enquiries.approved > world.begins_day)]
    key = np.concatenate([older, new.key])
    count, lives = len(key), rules.fosters_years * YEAR_CD
    before = last_working_day(world.begins_day - chance.wait("fostering approved before", lives, older))
    approved = np.concatenate([before, new.approved]).astype(np.int32)
    begins = np.maximum(approved, world.begins_day)
    kind = stack([Rows(kind=chance.pick("fostering older kind", rules.enquiry_kind, older)), new.only("kind")]).kind
    closes = next_working_day(begins + chance.wait("fostering lasts", lives, key))
    wanted = chance.pick("fostering places", rules.places, key)
    places = wanted.numbers(int)
    found = Rows(
        key=key,
        kind=kind,
        begun=approved,
        approved=approved,
        places=places.astype(np.int32),
        enquiry=np.where(np.arange(count) < len(older), -1, key),
        temporary=np.zeros(count, dtype=bool),
        end_reason=chance.pick("fostering end reason", rules.end_reason, key),
    )
    stays = _stays(world, OWN_KINDS)
    offered = np.flatnonzero(kind.isin("mainstream"))
    homes = Rows(number=key, places=places, opens=approved, closes=closes)[offered]
    home = give_places(world.chance, "fostering places", stays, homes)
    above = home < 0
    home[above] = _any_home(world, stays[above], homes)  # where every place is taken, a household takes one child more
    household = np.where(home < 0, -1, offered[home])
    # nobody leaves while a child lives there
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, household[household >= 0], day_or_never(stays.end)[household >= 0])
    ended = np.maximum(closes, last)
    found = found.having(ended=where(ended < NEVER, ended))
    return found, stays.having(household=household, above=above)


def _any_home(world: World, stays: Rows, homes: Rows) -> Array:
    """A household open on the day for each stay, -1 when there is none."""
    if not len(stays) or not len(homes):
        return np.full(len(stays), -1, dtype=np.int64)
    is_open = (homes.opens <= stays.start[:, None]) & (homes.closes > stays.start[:, None])
    turn = world.chance.uniform("fostering above the approval", stays.key[:, None], homes.number)
    best = np.argmax(np.where(is_open, turn, -1.0), axis=1)
    return np.where(is_open.any(axis=1), best, -1)


def _stays(world: World, kinds: tuple[str, ...]) -> Rows:
    """Stays in own foster placements of some kinds; a change of status with the same carer goes on with the stay.

    `kind` is the first type of placement, `later_kind` the one from `changed` on (BLANK: none).
    """
    placements = world.placements
    rows = placements[np.lexsort((placements.start, placements.care))]
    ours = rows.kind.isin(*kinds) & rows.provider.isin("PR1") & (rows.start <= world.horizon)
    goes_on = rows.status_only & np.append(False, ours[:-1] & (rows.care[1:] == rows.care[:-1]))
    first, number = ours & ~goes_on, np.arange(len(rows))
    # a stay lasts to the end of the last placement that goes on with it
    end_at = np.append(np.minimum.accumulate(np.where(goes_on, len(rows), number)[::-1])[::-1][1:], len(rows)) - 1
    begin = np.flatnonzero(first)
    last = rows[end_at[begin]]
    second = rows[np.minimum(begin + 1, len(rows) - 1)]
    changes = end_at[begin] > begin
    rows = rows[begin]
    found = Rows(
        key=plain(rows.placement_id),
        child=rows.child,
        care=rows.care,
        group=world.children.family[rows.child],
        start=rows.start,
        end=last.end,
        kind=rows.kind,
        later_kind=second.kind.blank_where(~changes),
        changed=where(changes, second.start),
    )
    return found[np.lexsort((found.key, found.start))]


def _kinship(world: World) -> tuple[Rows, Rows]:
    """Households of relatives and friends: one for the children of a family who live there at one time."""
    rules, chance = world.scenario.fostering, world.chance
    stays = _stays(world, KINSHIP_KINDS)
    stays = stays[np.lexsort((stays.key, stays.start, stays.group))]
    ends = day_or_never(stays.end)
    family = np.cumsum(np.append(True, stays.group[1:] != stays.group[:-1])[: len(stays)])
    # the latest end so far in the family; families are kept apart by a step larger than any day
    latest = np.maximum.accumulate(family * (2 * NEVER) + ends) - family * (2 * NEVER)
    first = np.ones(len(stays), dtype=bool)
    first[1:] = (family[1:] != family[:-1]) | (stays.start[1:] > latest[:-1])
    home = np.cumsum(first) - 1
    count = int(first.sum())
    key = stays.key[first]
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, home, ends)
    begun = stays.start[first]
    temporary = chance.happens("kinship temporary approval", rules.temporary, key)
    full = chance.days_after("kinship approved", begun, rules.fully_approved_after_cd, key)
    full = np.where(temporary, full, begun)
    approved = where((full < last) | ~temporary, full)
    lingers = np.where(approved == BLANK, 0, chance.between("kinship ends", 0, 28, key))
    ended = np.where(last >= NEVER, BLANK, last + lingers)
    # the child who was there to the end tells why the household stopped
    final = np.lexsort((ends, home))
    leaver = final[np.append(np.diff(home[final]) > 0, True)[: len(final)]]
    left = world.care[stays.care[leaver]]
    ordered = (left.end == stays.end[leaver]) & left.exit.isin("special_guardianship", "arrangements_order", "adopted")
    found = Rows(
        key=key,
        kind=word("kinship", count),
        begun=begun,
        approved=approved,
        places=np.bincount(home, minlength=count).astype(np.int32),
        enquiry=np.full(count, -1, dtype=np.int64),
        temporary=temporary,
        end_reason=choose(count, (ordered, "order_granted"), otherwise="placement_ended"),
        ended=ended.astype(np.int32),
    )
    return found, stays.having(household=home, above=np.zeros(len(stays), dtype=bool))


def _places(world: World, households: Rows, days: Array) -> Array:
    """Children each household is approved for on a day; of relatives as many as have come to live there by then."""
    stays = _all(world)[1]
    rows = stays[stays.household >= 0]
    order = np.lexsort((rows.start, rows.child, rows.household))
    child = rows.household[order] << 32 | rows.child[order]
    came = order[np.append(True, child[1:] != child[:-1])[: len(order)]]  # each child's first day in the household
    keys = np.sort(rows.household[came] * NEVER + rows.start[came])
    own = households.number * NEVER
    so_far = np.searchsorted(keys, own + days, side="right") - np.searchsorted(keys, own, side="left")
    return np.where(households.kind.isin("kinship"), np.clip(so_far, 1, MOST_PLACES), households.places).astype(
        np.int32
    )


def _team(world: World, rows: Rows, days: Array) -> Words:
    return world.organisation.team_at(SERVICE, rows.number, days)


# --- tables -------------------------------------------------------------------------------------------------------


def _households(world: World, rows: Rows, day: int) -> Rows:
    rules, chance, number, count = world.scenario.fostering, world.chance, rows.number, len(rows)
    placed = _all(world)[1]
    placed = placed[(placed.household >= 0) & (placed.start <= day)]
    here = placed[day_or_never(placed.end) > day]
    living = np.bincount(here.household, minlength=len(households(world)))[number]
    is_kin = rows.kind.isin("kinship")
    places = _places(world, rows, np.full(count, day))
    over = day_or_never(rows.ended) <= day
    temporary = day_or_never(rows.approved) > day
    half_year = int(month_number(day)) // 6
    idle = ~is_kin & (living == 0) & ~over
    held = idle & chance.happens("fostering on hold", rules.on_hold, number, half_year)
    partly = (
        ~is_kin
        & ~over
        & (places > living)
        & chance.happens("fostering place on hold", rules.place_on_hold, number, half_year)
    )
    youngest = np.full(len(households(world)), 18)
    np.minimum.at(youngest, placed.household, age_on(world.children.born[placed.child], placed.start))
    low = chance.pick("fostering age from", rules.age_from, number).numbers(int)
    return Rows(
        household_id=rows.household_id,
        household_kind=rows.kind,
        household_status=choose(
            count, (over, "ended"), (temporary, "temporarily_approved"), (held, "on_hold"), otherwise="approved"
        ),
        household_approved_date=until(rows.approved, day),
        approved_places=places,
        places_on_hold=np.where(held, places, np.where(partly, 1, 0)).astype(np.int32),
        age_from=np.where(is_kin, 0, np.minimum(low, youngest[number])).astype(np.int32),
        age_to=np.full(count, 18, dtype=np.int32),
        carers_count=np.where(chance.happens("fostering couple", rules.couples, number), 2, 1).astype(np.int32),
        household_ended_date=until(rows.ended, day),
        household_end_reason=rows.end_reason.blank_where(~over),
        service_code=word(SERVICE, count),
        team_code=_team(world, rows, np.minimum(day_or_never(rows.ended), day)),
    )


def _reviews(world: World, rows: Rows, day: int) -> Rows:
    """Reviews known on `day`: those held, the next of every open household, and one due when a household ended."""
    rules, chance = world.scenario.fostering, world.chance
    approved, over = rows.approved, day_or_never(rows.ended)
    before = approved < world.begins_day  # these were reviewed long before the files begin
    first = np.where(
        before, world.begins_day - chance.between("fostering review before", 0, YEAR_CD - 1, rows.number), approved
    )
    first = where(approved != BLANK, first)
    # the approval itself is event 0; every later one is a review
    last = np.minimum(over, day) + 2 * YEAR_CD
    row, number, held = chance.repeated("fostering reviews", first, last, rules.review_after_cd, rows.number)
    held, previous = next_working_day(held), np.roll(next_working_day(held), 1)
    due, ended = months_later(previous, 12), over[row] <= day
    held = where((held <= day) & ~(ended & (held >= over[row])), held)
    found = Rows(
        household=rows.number[row],
        household_id=rows.household_id[row],
        row=row,
        ordinal=number,
        is_first=(number == 1) & ~before[row],
        due=due,
        held=held,
    )
    known = (number > 0) & (previous <= np.minimum(over[row] - 1, day))
    return found[known & (~ended | (held != BLANK) | (due < over[row]))]


def _review_key(reviews: Rows) -> Array:
    return reviews.household * 100 + reviews.ordinal


def _review_rows(world: World, reviews: Rows, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.fostering, world.chance
    rows = reviews[np.maximum(reviews.due, reviews.held) >= begins]
    key, waits = _review_key(rows), rows.held == BLANK
    decided = chance.days_after("fostering review decided", rows.held, rules.review_decided_after_cd, key)
    extra = chance.happens("fostering extra review", rules.extra_review, key) & ~rows.is_first
    return Rows(
        household_review_id=world.ids(key),
        household_id=rows.household_id,
        household_review_kind=choose(
            len(rows), (rows.is_first, "first"), (extra & ~waits, "other"), otherwise="annual"
        ),
        household_review_due_date=rows.due,
        household_review_held_date=rows.held,
        children_views_sought=yes_no(chance.happens("fostering views sought", rules.views_sought, key), waits),
        continued_suitability_agreed=yes_no(chance.happens("fostering suitable", rules.suitable, key), waits),
        review_to_panel=yes_no(_to_panel(world, rows), waits),
        review_decided_date=until(decided, day),
    )


def _to_panel(world: World, reviews: Rows) -> Array:
    """The first review always goes to the panel, later ones now and then."""
    chance, share = world.chance, world.scenario.fostering.review_to_panel
    return reviews.is_first | chance.happens("fostering review to panel", share, _review_key(reviews))


def _approvals(world: World, rows: Rows, reviews: Rows, day: int, begins: int) -> Rows:
    """First approvals, decisions on reviews that went to the panel, and approvals the service ended."""
    rules, chance = world.scenario.fostering, world.chance
    seen = reviews[_to_panel(world, reviews) & (reviews.held != BLANK)]
    key = _review_key(seen)
    decided = chance.days_after("fostering review decided", seen.held, rules.review_decided_after_cd, key)
    changes = chance.happens("fostering change of terms", rules.change_of_terms, key)
    count, every = len(rows), np.arange(len(rows))
    found = stack(
        [
            Rows(row=every, ordinal=np.zeros(count, dtype=np.int64), kind=word("first", count), decided=rows.approved),
            Rows(row=seen.row, ordinal=seen.ordinal, kind=choose(len(seen), (changes, "change"), otherwise="continued"),
                 decided=decided),
            Rows(row=every, ordinal=np.full(count, TERMINATION), kind=word("termination", count), decided=rows.ended)[
                rows.end_reason.isin("terminated")
            ],
        ]
    )  # fmt: skip
    found = found[(found.decided <= day) & (found.decided >= begins)]
    of = rows[found.row]
    found = found.having(
        key=of.number * 100 + found.ordinal, household_id=of.household_id, places=_places(world, of, found.decided)
    )
    panel = last_working_day(found.decided - chance.band("fostering panel", rules.panel_before_cd, found.key))
    return Rows(
        household_approval_id=world.ids(found.key),
        household_id=found.household_id,
        approval_kind=found.kind,
        panel_date=panel,
        approval_decision_date=found.decided,
        approval_outcome=word("approved", len(found)),
        places_decided=np.where(found.kind.isin("termination"), 0, found.places).astype(np.int32),
        independent_review_requested=yes_no(
            found.kind.isin("termination")
            & chance.happens("fostering independent review", rules.independent_review, found.key)
        ),
    )


def _supervision(world: World, rows: Rows, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.fostering, world.chance
    row, number, held = _visits(
        world, "fostering supervision", rows, day, rules.supervision_first_cd, rules.supervision_every_cd
    )
    previous = np.where(number == 0, rows.begun[row], np.roll(held, 1))
    previous = np.where((number == 0) & (rows.begun[row] < world.begins_day), held - rules.supervision_due_cd, previous)
    kept = held >= begins
    row, number, held, previous = row[kept], number[kept], held[kept], previous[kept]
    key = rows.number[row] * 10_000 + number
    recorded = chance.working_days_after("fostering supervision recorded", held, rules.recorded_after_wd, key)
    unknown = recorded > day
    return Rows(
        supervision_visit_id=world.ids(key),
        household_id=rows.household_id[row],
        supervision_visit_date=held,
        supervision_due_date=(previous + rules.supervision_due_cd).astype(np.int32),
        supervision_recorded_date=until(recorded, day),
        record_shared_with_carers=yes_no(chance.happens("fostering record shared", rules.record_shared, key), unknown),
        team_code=world.organisation.team_at(SERVICE, rows.number[row], held),
    )


def _visits(
    world: World, purpose: str, rows: Rows, day: int, first_cd: tuple[int, int], every_cd: object
) -> tuple[Array, Array, Array]:
    """Visits to households from soon after they began until they end: (row, number, day)."""
    chance = world.chance
    first = np.maximum(rows.begun, world.begins_day) + chance.between(f"{purpose} first", *first_cd, rows.number)
    last = np.minimum(day_or_never(rows.ended), day)
    row, number, held = chance.repeated(purpose, next_working_day(first), last, every_cd, rows.number)
    held = next_working_day(held)
    kept = held <= last[row]
    return row[kept], number[kept], held[kept]


def _unannounced(world: World, rows: Rows, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.fostering, world.chance
    row, number, held = _visits(
        world, "fostering unannounced", rows, day, rules.unannounced_first_cd, rules.unannounced_every_cd
    )
    kept = held >= begins
    row, number, held = row[kept], number[kept], held[kept]
    key = rows.number[row] * 10_000 + number
    access = chance.happens("fostering access", rules.access_given, key)
    seen = access & chance.happens("fostering children seen", rules.children_seen, key)
    return Rows(
        unannounced_visit_id=world.ids(key),
        household_id=rows.household_id[row],
        unannounced_visit_date=held,
        access_given=yes_no(access),
        children_seen=yes_no(seen),
        concern_raised=yes_no(access & chance.happens("fostering concern", rules.concern, key)),
        team_code=world.organisation.team_at(SERVICE, rows.number[row], held),
    )


def _safer_caring(world: World, rows: Rows, day: int, begins: int) -> Rows:
    """Plans of households; about every year the next one takes the place of the one before, sometimes too late."""
    rules, chance = world.scenario.fostering, world.chance
    rows = rows[~chance.happens("safer caring never", rules.safer_caring_never, rows.number)]
    row, number, made = _visits(
        world, "safer caring", rows, day, rules.safer_caring_first_cd, rules.safer_caring_every_cd
    )
    is_last = np.append(row[1:] != row[:-1], True)[: len(row)]
    over = until(rows.ended, day)[row]
    replaced = np.where(is_last, over, np.roll(made, -1)).astype(np.int32)
    key = rows.number[row] * 10_000 + number
    reviewed = chance.days_after("safer caring reviewed", made, rules.safer_caring_reviewed_cd, key)
    skipped = ~chance.happens("safer caring review", rules.safer_caring_review, key)
    skipped |= (reviewed > day) | (reviewed > day_or_never(replaced))
    assessed = last_working_day(made - chance.between("safer caring risk", 0, 20, key))
    found = Rows(
        safer_caring_plan_id=world.ids(key),
        household_id=rows.household_id[row],
        child_id=np.full(len(row), -1, dtype=np.int64),
        safer_caring_plan_date=made,
        household_risk_assessment_date=where(
            ~chance.happens("safer caring no risk assessment", rules.no_risk_assessment, key), assessed
        ),
        safer_caring_review_due_date=months_later(made, 12),
        safer_caring_reviewed_date=where(~skipped, reviewed),
        safer_caring_ended_date=replaced,
    )
    return found[day_or_never(replaced) >= begins]


def _enquiry_rows(world: World, day: int, begins: int) -> Rows:
    rules, chance, known = world.scenario.fostering, world.chance, households(world)
    rows = _enquiries(world)
    over = np.where(rows.approved == BLANK, day_or_never(rows.ended), rows.approved)
    rows = rows[(rows.enquiry <= day) & (over >= begins)]
    approved = day_or_never(rows.approved) <= day
    gone = day_or_never(rows.ended) <= day
    applied = day_or_never(rows.application) <= day
    order = np.argsort(known.enquiry, kind="stable")
    place = order[np.clip(np.searchsorted(known.enquiry[order], rows.key), 0, len(order) - 1)]
    has_household = approved & (known.enquiry[place] == rows.key)
    refused = chance.happens("fostering declined", rules.declined, rows.key)
    return Rows(
        foster_enquiry_id=world.ids(rows.key),
        household_id=np.where(has_household, known.household_id[place], -1),
        household_kind=rows.kind,
        foster_enquiry_source=chance.pick("fostering enquiry source", rules.enquiry_source, rows.key),
        foster_enquiry_date=rows.enquiry,
        foster_initial_visit_date=until(rows.initial_visit, day),
        foster_application_date=until(rows.application, day),
        foster_stage_1_date=until(rows.stage_1, day),
        foster_stage_2_date=until(rows.stage_2, day),
        foster_approved_date=until(rows.approved, day),
        foster_enquiry_ended_date=until(rows.ended, day),
        foster_enquiry_status=choose(
            len(rows), (approved, "approved"), (gone & refused, "declined"), (gone, "withdrawn"),
            (applied, "application"),
            otherwise="open",
        ),
    )  # fmt: skip


def _temporary(world: World, day: int, begins: int) -> Rows:
    """Temporary approvals: for each child who came to a household of relatives or friends before its full approval."""
    rules, chance, (known, stays) = world.scenario.fostering, world.chance, _all(world)
    stays = stays[stays.kind.isin(*KINSHIP_KINDS)]
    home = known[stays.household]
    approved, ends = day_or_never(home.approved), day_or_never(stays.end)
    rows = home.temporary & (stays.start < approved) & (stays.start <= day)
    stays, home, approved, ends = stays[rows], home[rows], approved[rows], ends[rows]
    over = np.minimum(approved, ends)
    rows = over >= begins
    stays, home, approved, ends, over = stays[rows], home[rows], approved[rows], ends[rows], over[rows]
    expiry = stays.start + TEMPORARY_CD
    asked = expiry - chance.band("temporary extension before", rules.extended_before_cd, stays.key)
    agreed = last_working_day(np.maximum(asked, stays.start))
    extended = (
        (over > expiry) & ~chance.happens("temporary not extended", rules.not_extended, stays.key) & (agreed <= day)
    )
    left = world.care[stays.care]
    at_exit = left.end == stays.end
    reason = choose(
        len(stays),
        (approved <= ends, "approved"),
        (at_exit & left.exit.isin("special_guardianship", "arrangements_order", "adopted"), "order_granted"),
        (at_exit & left.exit.isin("home"), "child_home"),
        (at_exit, "other"),
        (chance.happens("temporary refused", rules.full_approval_refused, stays.key), "not_approved"),
        otherwise="child_moved",
    )
    return Rows(
        temporary_approval_id=world.ids(stays.key),
        household_id=home.household_id,
        child_id=world.children.child_id[stays.child],
        temporary_start_date=stays.start,
        temporary_expiry_date=expiry.astype(np.int32),
        extension_agreed_date=where(extended, agreed),
        extended_until_date=where(extended, stays.start + EXTENDED_CD),
        full_approval_date=until(np.where(approved <= ends, home.approved, BLANK), day),
        temporary_end_date=until(np.where(over >= NEVER, BLANK, over), day),
        temporary_end_reason=reason.blank_where(over > day),
        team_code=world.organisation.team_at(SERVICE, home.number, np.minimum(over, day)),
    )


def _placements(world: World, day: int, begins: int) -> Rows:
    """Children in households; the stays of a child adopted since are left out: its record is sealed."""
    known, stays = _all(world)
    orders = world.adoptions[(world.adoptions.order != BLANK) & (world.adoptions.order <= day)]
    rows = stays[(stays.household >= 0) & (stays.start <= day) & (day_or_never(stays.end) >= begins)]
    rows = rows[~np.isin(rows.child, orders.child)]
    changed = (rows.changed != BLANK) & (rows.changed <= day)
    return Rows(
        household_placement_id=world.ids(rows.key),
        household_id=known.household_id[rows.household],
        child_id=world.children.child_id[rows.child],
        household_placement_start_date=rows.start,
        household_placement_end_date=until(rows.end, day),
        placement_type=choose(len(rows), (changed, rows.later_kind), otherwise=rows.kind),
        place_used=yes_no(~rows.above),
        placed_by_other_authority=word("no", len(rows)),
    )
