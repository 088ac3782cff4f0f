"""The workforce: staff in post, posts and vacancies, leavers, sickness, supervision, training, the staff survey and the national return.

Who works where comes from the world's organisation; the staff that hold no desk there (managers of managers, officers of the
authority, business support) are added here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.synthetic.authority import plain
from orchestration.synthetic.chance import Bands
from orchestration.synthetic.days import (
    age_on,
    as_date,
    day_number,
    month_number,
    month_start,
    months_later,
    next_working_day,
    working_days_between,
)
from orchestration.synthetic.organisation import FIRST_MANAGER, POSTS
from orchestration.synthetic.rows import (
    BLANK,
    Array,
    Rows,
    Words,
    choose,
    position_of,
    run_numbers,
    stack,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import DAY_BITS, day_or_never, one_after_another, running, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

OTHERS = 5_000_000  # worker numbers of the staff added here
TENURES = 30
MEETINGS = 10_000  # most supervisions of a post
# roles of the national return; the others are case holders (5) or qualified without cases (6)
RETURN_ROLES = {
    "director": "1", "head_of_service": "1", "group_manager": "2", "team_manager": "3", "assistant_team_manager": "3",
    "senior_social_worker": "4", "advanced_practitioner": "4",
}  # fmt: skip
KNOWLEDGE = {"1": "4", "2": "4", "3": "3", "4": "2", "5": "2", "6": "2"}  # by role of the return
ALLOWANCES = (
    "recruitment_bonus", "retention_bonus", "performance_award", "car_allowance", "relocation_package", "regional_weighting",
    "registration_cost", "disclosure_cost",
)  # fmt: skip


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The workforce tables as known on `day`."""
    staff = staff_of(world)
    now = staff[running(staff.start, staff.end, day)]
    return {
        "workers": _workers(world, now, day),
        "posts": _posts(world, now, day),
        "leavers": _leavers(world, staff, day, begins),
        "sickness": _sickness(world, now, day),
        "supervision": _supervision(world, day, begins),
        "training": _training(world, staff, day, begins),
        "staff_survey": _survey(world, staff, day, begins),
        "csww_workers": _csww_workers(world, staff, day),
        "csww_vacancies": _csww_vacancies(world, staff, day),
    }


# --- staff --------------------------------------------------------------------------------------------------------


def staff_of(world: World) -> Rows:
    """Everybody who ever works for the authority; `desk` is -1 for those who hold no desk of a team."""
    held = world.organisation.workers
    names = ("worker_id", "role", "start", "end", "agency", "fte", "newly_qualified", "desk", "post")
    staff = stack([held.only(*names).having(service=held.post // POSTS), _others(world)])
    rules = world.scenario.workforce
    registered = staff.role.isin(*rules.social_work_roles)
    unregistered = [world.organisation.service_number(s) for s in rules.not_social_work]
    senior = staff.role.isin("group_manager", "head_of_service", "director")
    return staff.having(social_worker=registered & (senior | ~np.isin(staff.service, unregistered)))


def _others(world: World) -> Rows:
    """Staff without a desk: each place is held by one person after the other."""
    rules, chance = world.scenario.workforce, world.chance
    services = world.organisation.services
    listed = [(role, services.index(s), n) for role, of in rules.others.items() for s, n in of.items()]
    # a place keeps its number whatever the size of the authority
    most = [
        (group * 100 + n, role, service) for group, (role, service, count) in enumerate(listed) for n in range(count)
    ]
    wanted = {group: max(1, round(count * world.factor)) for group, (_, _, count) in enumerate(listed)}
    places = [p for p in most if p[0] % 100 < wanted[p[0] // 100]]
    place = np.array([p[0] for p in places], dtype=np.int64)
    row, number = np.repeat(np.arange(len(place)), TENURES), np.tile(np.arange(TENURES), len(place))
    stays = 60 + chance.wait("workforce stays", rules.others_stay_years * 365.25 - 60, place[row], number)
    first = world.begins_day - chance.between("workforce before", 30, 2000, place)
    start, end = one_after_another(first, np.minimum(stays, 30 * 365))
    full_time = world.scenario.organisation.full_time
    kept = start <= world.horizon
    words = tuple(dict.fromkeys(p[1] for p in places))
    return Rows(
        worker_id=world.ids(OTHERS + place[row] * 100 + number),
        role=Words(np.array([words.index(p[1]) for p in places], dtype=np.int32)[row], words),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        agency=np.zeros(len(row), dtype=bool),
        fte=chance.pick("workforce hours", full_time, place[row], number).numbers(float),
        newly_qualified=np.zeros(len(row), dtype=bool),
        desk=np.full(len(row), -1),
        post=OTHERS + place[row],
        service=np.array([p[2] for p in places])[row],
    )[kept]


def _service(world: World, staff: Rows) -> Words:
    return Words(staff.service.astype(np.int32), world.organisation.services)


def _team(world: World, staff: Rows, days: Any) -> Words:
    """The team of each worker on given days; blank for staff without a desk."""
    known = np.where(staff.desk >= 0, staff.worker_id, -1)
    return world.organisation.team_of_worker(known, days)


def _started(world: World, staff: Rows) -> Array:
    """When people started with the authority: some held another role there before."""
    rules = world.scenario.workforce
    earlier = ~staff.agency & world.chance.happens(
        "workforce before role", rules.with_authority_before, staff.worker_id
    )
    days = world.chance.band("workforce before days", rules.before_cd, staff.worker_id)
    born = _born(world, staff)
    start = np.where(earlier, np.maximum(staff.start - days, born + 22 * 366), staff.start)
    return np.minimum(start, staff.start).astype(np.int32)


def _born(world: World, staff: Rows) -> Array:
    """Dates of birth that put people at a working age when they start in the role."""
    rules, key = world.scenario.workforce, staff.worker_id
    manager = staff.role.isin("team_manager", "group_manager", "head_of_service", "director").astype(np.int64)
    age = world.chance.band_by("workforce age", manager, [rules.age_at_start, rules.manager_age_at_start], key)
    tenure = np.where(staff.end == BLANK, 0, staff.end - staff.start) // 365
    age = np.maximum(np.minimum(age, rules.oldest - tenure), 23)
    return (staff.start - age * 365.25 - world.chance.between("workforce birthday", 0, 364, key)).astype(np.int32)


def _registration(world: World, staff: Rows) -> Words:
    """Invented numbers of a form that no register uses; blank where the role needs none."""
    numbers = plain(staff.worker_id) * 7_368_787 % 10_000_000  # one-to-one, so that they tell nothing of order
    return words_of(
        world.code(f"SX{n:07d}") if known else None for n, known in zip(numbers, staff.social_worker, strict=True)
    )


def _cases_held(world: World, staff: Rows, day: int) -> Array:
    """Children with an open case, children in early help, and the households of carers and adopters of each worker."""
    rules = world.scenario.workforce
    early = world.early_help
    running = (early.start <= day) & ((early.end == BLANK) | (early.end > day)) & (early.worker >= 0)
    held = np.concatenate([world.open_cases(day).worker, early.worker[running]])
    order = np.argsort(staff.worker_id, kind="stable")
    at = position_of(staff.worker_id[order], held)
    cases = np.zeros(len(staff), dtype=np.int64)
    np.add.at(cases, order[at[at >= 0]], 1)
    practises = (staff.desk >= 0) & (staff.desk < FIRST_MANAGER)
    for service, bands in rules.households_held.items():
        rows = practises & (staff.service == world.organisation.service_number(service))
        cases += np.where(rows, world.chance.band("workforce households", bands, staff.worker_id), 0)
    return cases


def _covers_vacancy(world: World, staff: Rows) -> Array:
    covers = world.chance.happens("workforce covers", world.scenario.workforce.agency_covers_vacancy, staff.worker_id)
    return staff.agency & covers


def _workers(world: World, now: Rows, day: int) -> Rows:
    rules, chance, key = world.scenario.workforce, world.chance, now.worker_id
    cases = _cases_held(world, now, day)
    contract = rules.agency_contract_cd
    renewed = now.start + ((day - now.start) // contract + 1) * contract - 1
    bands = ("20_to_29", "30_to_39", "40_to_49", "50_to_59", "60_and_over")
    age = np.clip(age_on(_born(world, now), day) // 10 - 2, 0, len(bands) - 1)
    return Rows(
        worker_id=key,
        swe_number=_registration(world, now),
        role=now.role,
        team_code=_team(world, now, day),
        service_code=_service(world, now),
        fte=now.fte,
        agency=yes_no(now.agency),
        covers_vacancy=yes_no(_covers_vacancy(world, now), blank=~now.agency),
        child_and_family_social_worker=yes_no(now.social_worker),
        case_holder=yes_no(cases > 0),
        cases_held=cases.astype(np.int32),
        start_date=_started(world, now),
        role_start_date=now.start,
        newly_qualified=yes_no(now.newly_qualified),
        contract_end_date=where(now.agency, renewed),
        gender=chance.pick("workforce gender", rules.gender, key),
        age_band=Words(age.astype(np.int32), bands),
        ethnicity=chance.pick("workforce ethnicity", rules.ethnicity, key),
        disabled=chance.pick("workforce disabled", rules.disabled, key),
    )


# --- posts --------------------------------------------------------------------------------------------------------


def _groups(world: World, staff: Rows, day: int) -> tuple[Array, Array]:
    """The groups of posts (service, team, role) as numbers that stay, and the group of each worker."""
    teams = {code: n for n, code in enumerate(world.organisation.teams.team_code.strings())}
    roles = {code: n for n, code in enumerate(sorted(_roles(world)))}
    team = _team(world, staff, day)
    group = staff.service * 10_000 + team.numbers(teams.__getitem__, 99) * 100 + staff.role.numbers(roles.__getitem__)
    return np.unique(group, return_inverse=True)


def _roles(world: World) -> set[str]:
    return {r for of in world.scenario.organisation.roles.values() for r in of} | {
        "team_manager",
        *world.scenario.workforce.others,
    }


def _vacancies(world: World, now: Rows, day: int) -> Rows:
    """Per group of posts: full-time equivalents in the establishment, covered by agency, and empty; and a worker of the group."""
    group, of_group = _groups(world, now, day)
    covers = _covers_vacancy(world, now)
    total = np.bincount(of_group, now.fte * (~now.agency | covers), len(group))
    covered = np.bincount(of_group, now.fte * covers, len(group))
    quarter = int(month_number(day)) // 3
    wanted = total * world.scenario.workforce.empty_posts
    empty = world.chance.count("workforce empty posts", wanted, group, np.full(len(group), quarter)).astype(np.float64)
    _, first = np.unique(of_group, return_index=True)
    return Rows(group=group, established=total + empty, covered=covered, empty=empty, first=first)


def _posts(world: World, now: Rows, day: int) -> Rows:
    found = _vacancies(world, now, day)
    holder = now[found.first]
    quarter = np.full(len(found), int(month_number(day)) // 3)
    offered = world.chance.happens("workforce offer", world.scenario.workforce.offer_made, found.group, quarter)
    return Rows(
        service_code=_service(world, holder),
        team_code=_team(world, holder, day),
        role=holder.role,
        established_fte=np.round(found.established, 2),
        vacant_fte=np.round(found.covered + found.empty, 2),
        agency_cover_fte=np.round(found.covered, 2),
        offers_made_fte=np.where(offered, found.empty, 0.0),
    )


# --- leavers ------------------------------------------------------------------------------------------------------


def _leaving_reason(world: World, staff: Rows) -> Words:
    """Why people leave; managers of a team that is dissolved move to another one."""
    rules = world.scenario.workforce
    teams = world.organisation.teams
    managed = np.where(staff.desk >= FIRST_MANAGER, staff.desk - FIRST_MANAGER, 0)
    dissolved = (staff.desk >= FIRST_MANAGER) & (teams.valid_to[managed] == staff.end) & (staff.end != BLANK)
    drawn = world.chance.pick("workforce leaves", rules.leaving_reason, staff.worker_id)
    return choose(len(staff), (dissolved, "moved_within"), (staff.agency, "contract_ended"), otherwise=drawn)


def _destination(world: World, staff: Rows, reason: Words) -> Words:
    rules, chance = world.scenario.workforce, world.chance
    permanent = chance.pick("workforce destination", rules.destination, staff.worker_id)
    agency = chance.pick("workforce agency destination", rules.agency_destination, staff.worker_id)
    return choose(
        len(staff),
        (reason.isin("moved_within"), None),
        (reason.isin("retirement"), "6"),
        (staff.agency, agency),
        otherwise=permanent,
    )


def _leavers(world: World, staff: Rows, day: int, begins: int) -> Rows:
    """Who has left since `begins`, and who has given notice."""
    notice = np.where(staff.agency, 0, world.scenario.workforce.notice_cd)
    rows = staff[(staff.end >= begins) & (staff.end - notice <= day) & (staff.start <= day)]
    reason = _leaving_reason(world, rows)
    interview = world.chance.happens(
        "workforce exit interview", world.scenario.workforce.exit_interview, rows.worker_id
    )
    return Rows(
        worker_id=rows.worker_id,
        leaving_date=rows.end,
        start_date=_started(world, rows),
        role=rows.role,
        team_code=_team(world, rows, np.minimum(rows.end, day)),
        service_code=_service(world, rows),
        fte=rows.fte,
        agency=yes_no(rows.agency),
        child_and_family_social_worker=yes_no(rows.social_worker),
        reason=reason,
        destination=_destination(world, rows, reason),
        exit_interview=yes_no(interview, blank=rows.end > day),
    )


# --- sickness -----------------------------------------------------------------------------------------------------


def _days_of_month(staff: Rows, month: Any) -> Array:
    """Working days for which each worker was contracted in a month: those of the time in post, by hours."""
    first, last = month_start(month), month_start(np.asarray(month) + 1) - 1
    begins = np.maximum(staff.start, first)
    ends = np.minimum(day_or_never(staff.end), last)
    days = working_days_between(np.minimum(begins, last) - 1, np.maximum(ends, first - 1))
    return np.where(ends >= begins, np.maximum(days, 0), 0) * staff.fte


def _long_term(world: World, staff: Rows, month: Any) -> Array:
    """Who is absent for the whole month: a long absence begins in at most one month of a year."""
    rules, chance, key = world.scenario.workforce, world.chance, staff.worker_id
    absent = np.zeros(len(staff), dtype=bool)
    for year in (month // 12 - 1, np.asarray(month) // 12):
        begins = year * 12 + chance.between("workforce long sickness month", 0, 11, key, np.full(len(key), year))
        lasts = chance.band("workforce long sickness months", rules.long_sickness_months, key, np.full(len(key), year))
        happens = chance.happens("workforce long sickness", rules.long_sickness, key, np.full(len(key), year))
        absent |= happens & (begins <= month) & (month < begins + lasts)
    return absent


def _days_lost(world: World, staff: Rows, month: int) -> tuple[Array, Array]:
    """Working days lost to sickness in a month, and whether they belong to a long absence."""
    rules, chance, key = world.scenario.workforce, world.chance, staff.worker_id
    contracted, months = _days_of_month(staff, month), np.full(len(staff), month)
    long_term = _long_term(world, staff, month)
    short = chance.happens("workforce short sickness", rules.short_sickness, key, months)
    days = np.where(short, chance.band("workforce short sickness days", rules.short_sickness_days, key, months), 0)
    lost = np.where(long_term, contracted, np.minimum(days * staff.fte, contracted))
    return np.round(lost, 2), long_term & (lost > 0)


def _sickness(world: World, now: Rows, day: int) -> Rows:
    month = int(month_number(day))
    lost, long_term = _days_lost(world, now, month)
    return Rows(
        worker_id=now.worker_id,
        team_code=_team(world, now, day),
        service_code=_service(world, now),
        sickness_days_lost=lost,
        contracted_days=np.round(_days_of_month(now, month), 2),
        long_term=yes_no(long_term, blank=lost == 0),
    )


# --- supervision --------------------------------------------------------------------------------------------------


def _meetings(world: World, purpose: str, bands: Bands, months: int, day: int) -> Rows:
    """Supervisions of every post: held ones and the next one due. One after the other from the day the world begins."""
    staff = world.organisation
    post = np.unique(staff.workers.post)
    first = world.begins_day + world.chance.band(purpose + " first", ((0, 30, 1),), post)
    until = np.full(len(post), day)
    row, number, drawn = world.chance.repeated(purpose, first, until, bands, post)
    held = next_working_day(drawn)
    row, number, drawn, held = (c[held <= day] for c in (row, number, drawn, held))
    counts = np.bincount(row, minlength=len(post))
    last = np.cumsum(counts) - 1
    number = np.concatenate([number, counts])
    before = np.concatenate([[BLANK], drawn[:-1]])
    before = np.concatenate([np.where(number[: len(row)] == 0, BLANK, before), drawn[last]])
    held = np.concatenate([held, np.full(len(post), BLANK)])
    row = np.concatenate([row, np.arange(len(post))])
    due = np.where(before == BLANK, first[row], months_later(before, months))
    return Rows(post=post[row], number=number, held=held.astype(np.int32), due=due.astype(np.int32))


def _supervision(world: World, day: int, begins: int) -> Rows:
    """Supervision of cases, a row a case, and of workers themselves, with the next ones due."""
    rules = world.scenario.workforce.supervision
    begins = max(begins, day - rules.history_cd)
    cases = _meetings(world, "workforce case supervision", rules.case_every_cd, rules.due_after_months, day)
    cases = cases[((cases.held >= begins) | (cases.held == BLANK)) & (cases.post % POSTS < FIRST_MANAGER)]
    meeting, child = _discussed(world, cases, day)
    cases = cases[meeting]
    own = _meetings(
        world, "workforce personal supervision", rules.personal_every_cd, rules.personal_due_after_months, day
    )
    own = own[(own.held >= begins) | (own.held == BLANK)]
    return stack(
        [
            _supervision_rows(world, cases.having(child=child), day, of_case=True),
            _supervision_rows(world, own.having(child=np.full(len(own), -1)), day, of_case=False),
        ]
    )


def _discussed(world: World, meetings: Rows, day: int) -> tuple[Array, Array]:
    """The cases open at the desk of each meeting: rows of meetings, children; some cases are left out of a meeting held."""
    staff, spells = world.organisation, world.statuses
    rules = world.scenario.workforce.supervision
    count = np.array(list(staff.desks.values()))[spells.service]
    post = (spells.service * POSTS + spells.desk % count).astype(np.int64)
    at = np.where(meetings.held == BLANK, day, meetings.held)
    keys = (meetings.post << DAY_BITS) + at
    order = np.argsort(keys, kind="stable")
    end = np.minimum(spells.end, day)
    low = np.searchsorted(keys[order], (post << DAY_BITS) + spells.start)
    high = np.searchsorted(keys[order], (post << DAY_BITS) + end, side="right")
    counts = np.where(spells.start <= end, np.maximum(high - low, 0), 0)
    meeting, child = order[np.repeat(low, counts) + run_numbers(counts)], np.repeat(spells.child, counts)
    number = world.children.number[child]
    told = world.chance.happens(
        "workforce case discussed", rules.case_discussed, number, meetings.post[meeting], meetings.number[meeting]
    )
    kept = told | (meetings.held[meeting] == BLANK)
    meeting, child = meeting[kept], child[kept]
    # a child whose case changes hands or status on the day of a meeting is told of once
    _, once = np.unique(meeting * (1 << 32) + child, return_index=True)
    return meeting[once], child[once]


def _supervision_rows(world: World, rows: Rows, day: int, *, of_case: bool) -> Rows:
    rules, chance, staff = world.scenario.workforce.supervision, world.chance, world.organisation
    on = np.where(rows.held == BLANK, day, rows.held)
    holder = staff.holder(rows.post, on)
    workers = staff.workers
    there = (workers.post[holder] == rows.post) & running(workers.start[holder], workers.end[holder], on)
    rows, holder, on = rows[there], holder[there], on[there]
    count, blank = len(rows), rows.held == BLANK
    is_manager = rows.post % POSTS >= FIRST_MANAGER
    by_practitioner = chance.happens("workforce supervised by", rules.by_practitioner, rows.post, rows.number)
    in_group = chance.happens("workforce group supervision", rules.group, rows.post, rows.number)
    child = np.maximum(rows.child, 0)
    note = chance.happens("workforce case note", rules.case_note, world.children.number[child], rows.post, rows.number)
    return Rows(
        supervision_id=world.ids((rows.post * MEETINGS + rows.number) * 2 + (not of_case)),
        child_id=world.child_ids(rows.child),
        worker_id=workers.worker_id[holder],
        kind=word("case", count) if of_case else choose(count, (in_group, "group"), otherwise="personal"),
        due_date=rows.due,
        held_date=rows.held,
        case_note_recorded=yes_no(note, blank=blank) if of_case else word(None, count),
        supervisor_role=choose(
            count, (is_manager, "group_manager"), (by_practitioner, "advanced_practitioner"), otherwise="team_manager"
        ),
        team_code=staff.team_of_worker(workers.worker_id[holder], on),
        service_code=Words((rows.post // POSTS).astype(np.int32), staff.services),
    )


# --- training -----------------------------------------------------------------------------------------------------


def _training(world: World, staff: Rows, day: int, begins: int) -> Rows:
    """Courses held and announced, a row a worker the course was meant for and for those who came besides."""
    rules, chance = world.scenario.workforce.training, world.chance
    last = day + rules.known_cd_ahead
    months = world.month_range(begins, last)
    listed = list(rules.courses.values())
    kinds = np.arange(len(listed))
    month, kind = np.repeat(months, len(kinds)), np.tile(kinds, len(months))
    wanted = np.array([times for times, _, _ in listed])[kind] * world.factor / 12
    counts = chance.count("workforce courses", wanted, month, kind)
    month, kind, number = np.repeat(month, counts), np.repeat(kind, counts), run_numbers(counts)
    course = (month * 100 + kind) * 100 + number
    held = next_working_day(world.day_in_month("workforce course", month, kind, number))
    kept = (held >= begins) & (held <= last)
    course, kind, held = course[kept], kind[kept], held[kept]
    # who is in post on the day, course by worker
    on = np.minimum(held, day)[:, None]
    there = running(staff.start, staff.end, on)
    services = world.organisation.services
    meant = np.array([[not of or s in of for s in services] for _, _, of in listed])
    target = there & meant[kind][:, staff.service]
    low, high = rules.cohort
    cohort = chance.between("workforce cohort", low, high, course)
    share = np.minimum(1.0, cohort / np.maximum(target.sum(axis=1), 1))
    outside = rules.outsiders / np.maximum((there & ~target).sum(axis=1), 1)
    drawn = chance.uniform("workforce course worker", course[:, None], staff.worker_id[None, :])
    row, worker = np.nonzero(there & (drawn < np.where(target, share[:, None], outside[:, None])))
    people, is_target, held = staff[worker], target[row, worker], held[row]
    key = (course[row], people.worker_id)
    booked = ~is_target | chance.happens("workforce course booked", rules.booked, *key)
    attended = booked & chance.happens("workforce course attended", rules.attended, *key)
    index = kind[row].astype(np.int32)
    return Rows(
        course_id=world.ids(course[row]),
        worker_id=people.worker_id,
        course=Words(index, tuple(rules.courses)),
        course_date=held,
        theme=Words(index, tuple(theme for _, theme, _ in listed)),
        learning_product_id=np.full(len(row), -1),
        target_group=yes_no(is_target),
        booked=yes_no(booked),
        attended=yes_no(attended, blank=held > day),
        team_code=_team(world, people, np.minimum(held, day)),
        service_code=_service(world, people),
    )


# --- staff survey -------------------------------------------------------------------------------------------------


def _survey(world: World, staff: Rows, day: int, begins: int) -> Rows:
    """The surveys closed by `day`: answers of every service and of the authority, which is their sum."""
    rules = world.scenario.workforce.survey
    months = world.month_range(begins, day)
    months = months[months % 12 == rules.month - 1]
    closed = month_start(months + 1) - 1
    return stack(
        [_one_survey(world, staff, int(d), int(m)) for m, d in zip(months, closed, strict=True) if d <= day]
        or [_one_survey(world, staff[:0], day, 0)[:0]]
    )


def _one_survey(world: World, staff: Rows, closed: int, month: int) -> Rows:
    rules, chance, services = world.scenario.workforce.survey, world.chance, world.organisation.services
    questions, answers = list(rules.questions.values()), len(rules.answers)
    now = staff[running(staff.start, staff.end, closed)]
    invited = np.bincount(
        now.service, chance.happens("workforce invited", rules.invited, now.worker_id, month), len(services)
    )
    service = np.repeat(np.arange(len(services)), len(questions))
    question = np.tile(np.arange(len(questions)), len(services))
    low, high = rules.answered
    share = low + (high - low) * chance.uniform("workforce answered", np.arange(len(services)), month)
    gave = np.rint(invited * share)[service]
    gave -= chance.count("workforce not given", gave * rules.not_given, service, question, month).clip(0, gave)
    # the share of each answer leans to the good or the bad side together
    lean = chance.normal("workforce lean", 0, rules.lean, service, question, month) + chance.normal(
        "workforce question", 0, rules.lean, question, month // 120
    )
    weight = np.array(list(rules.answers.values()))
    side = np.linspace(1, -1, answers)
    weights = weight * np.exp(lean[:, None] * 2 * side)
    upto = np.rint(np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True) * gave[:, None])
    counts = np.diff(upto, prepend=0, axis=1).reshape(len(services), len(questions), answers)
    counts = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])
    asked = np.append(invited, invited.sum())
    shape = counts.shape
    of, question, answer = (i.ravel() for i in np.indices(shape))
    given = np.broadcast_to(counts.sum(axis=2, keepdims=True), shape).ravel()
    count = len(of)
    rows = Rows(
        survey=word(f"survey_{as_date(closed).year}", count),
        survey_date=np.full(count, closed, dtype=np.int32),
        priority=Words(question.astype(np.int32), tuple(p for p, _ in questions)),
        question=Words(question.astype(np.int32), tuple(rules.questions)),
        question_text=Words(question.astype(np.int32), tuple(t for _, t in questions)),
        answer=Words(answer.astype(np.int32), tuple(rules.answers)),
        favourable=yes_no(np.array([a in rules.favourable for a in rules.answers])[answer]),
        service_code=Words(np.where(of == len(services), -1, of).astype(np.int32), services),
        staff_invited=asked[of].astype(np.int32),
        staff_answered=given.astype(np.int32),
        answers=counts.ravel().astype(np.int32),
        answer_share=np.round(100 * counts.ravel() / np.maximum(given, 1), 1),
    )
    return rows[given > 0]


# --- the national return ------------------------------------------------------------------------------------------


def _census(day: int) -> int | None:
    """The 30 September a return of `day` is of; None outside a September."""
    on = as_date(day)
    if on.month != 9:
        return None
    return day_number(on.replace(year=on.year if on.day == 30 else on.year - 1, day=30))


def _csww_workers(world: World, staff: Rows, day: int) -> Rows:
    """Social workers in post on 30 September, and those who left the authority in the year to it."""
    census = _census(day)
    rules, chance = world.scenario.workforce, world.chance
    social = staff[staff.social_worker]
    reason = _leaving_reason(world, social)
    in_post = running(social.start, social.end, census) if census else np.zeros(len(social), dtype=bool)
    year_before = int(months_later(census, -12)) if census else 0
    left = ~in_post & ~reason.isin("moved_within") & ~social.agency & (census is not None)
    left &= (social.end > year_before) & (social.end <= (census or 0))
    kept = in_post | left
    rows, reason, left = social[kept], reason[kept], left[kept]
    key, count = rows.worker_id, len(rows)
    cases = np.where(left, 0, _cases_held(world, rows, census)) if census else np.zeros(count, dtype=np.int64)
    role = _return_role(rows, cases, left)
    sick = _long_term(world, rows, int(month_number(census))) if census else np.zeros(count, dtype=bool)
    absent = ~left & (sick | chance.happens("workforce absent", rules.csww.absent, key, year_before))
    other = chance.pick("workforce absence", rules.csww.other_absence, key)
    origin = chance.pick("workforce origin", rules.csww.origin, key)
    weeks = np.round(np.maximum((census or 0) - rows.start, 7) / 7, 1)
    return Rows(
        agency_worker=yes_no(rows.agency),
        swe_number=_registration(world, rows),
        fte=np.where(left, 0.0, rows.fte),
        birth_date=_born(world, rows),
        gender=chance.pick("workforce gender", rules.gender, key).translated(
            {"male": "1", "female": "2", "neither": "9", "not_stated": "0"}
        ),
        ethnicity=chance.pick("workforce ethnicity", rules.ethnicity, key),
        qualifying_institution=chance.pick("workforce institution", dict.fromkeys(rules.csww.institutions, 1.0), key),
        qualification=chance.pick("workforce qualification", rules.csww.qualification, key),
        step_up_graduate=yes_no(chance.happens("workforce step up", rules.csww.step_up, key)),
        role=role,
        role_start_date=rows.start,
        start_origin=choose(count, (rows.newly_qualified, "1"), (rows.agency, "4"), otherwise=origin),
        role_end_date=where(left, rows.end),
        leaver_destination=_destination(world, rows, reason).blank_where(~left),
        fte_30=rows.fte,
        cases_held=where(~left, cases),
        working_days_lost=_lost_in_year(world, rows, census),
        contract_weeks=np.where(rows.agency, weeks, np.nan),
        frontline_graduate=yes_no(chance.happens("workforce frontline", rules.csww.frontline, key)),
        absent_on_30_september=yes_no(absent, blank=left),
        absence_reason=choose(count, (absent & sick, "SIC"), (absent, other)),
        knowledge_status=choose(count, (rows.newly_qualified, "1"), otherwise=role.translated(KNOWLEDGE)),
    )


def _return_role(rows: Rows, cases: Array, left: Array) -> Words:
    """Role code of the return; a social worker who has left counts as a case holder."""
    named = rows.role.translated(RETURN_ROLES)
    holds = rows.role.isin("social_worker", "newly_qualified_social_worker") & (left | (cases > 0))
    return choose(len(rows), (named.index >= 0, named), (holds, "5"), otherwise="6")


def _lost_in_year(world: World, rows: Rows, census: int | None) -> Array:
    """Working days lost in the twelve months to the census."""
    lost = np.zeros(len(rows))
    if census is not None:
        last = int(month_number(census))
        for month in range(last - 11, last + 1):
            lost += _days_lost(world, rows, month)[0]
    return np.round(lost, 2)


def _csww_vacancies(world: World, staff: Rows, day: int) -> Rows:
    census = _census(day)
    rules = world.scenario.workforce.csww
    now = staff[staff.social_worker & (running(staff.start, staff.end, census) if census else False)]
    covers = _covers_vacancy(world, now)
    found = _vacancies(world, now, census or day)
    count = 1 if census else 0
    asked = census is not None and census >= day_number(rules.allowances_since)
    return Rows(
        vacancy_fte=np.full(count, np.round(found.covered.sum() + found.empty.sum(), 2)),
        agency_fte=np.full(count, np.round(now.fte[covers].sum(), 2)),
        agency_headcount=np.full(count, int(covers.sum()), dtype=np.int32),
        other_allowances=word(rules.other_allowances if asked else None, count),
        **{name: word(rules.allowances[name] if asked else None, count) for name in ALLOWANCES},
    )
