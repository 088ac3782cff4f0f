"""The trackers of the quality assurance service: case file audits with their grades and actions, and what it does beside them.

Targeted, multi-agency and mid-way audits, practice observations, disputes, acknowledgements, the learning register and the
improvement actions. The forms of the case system carry no audits here: an audit would be in both otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from orchestration.synthetic import fostering, reference, residential
from orchestration.synthetic.authority import plain
from orchestration.synthetic.days import (
    age_on,
    as_date,
    day_number,
    last_working_day,
    month_number,
    month_start,
    next_working_day,
    two_years,
    working_days_after,
)
from orchestration.synthetic.rows import (
    BLANK,
    Array,
    Rows,
    Words,
    choose,
    position_of,
    run_numbers,
    stack,
    texts_of,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import day_or_never, until, valid, where
from orchestration.synthetic.world import World, once_a_world

GRADES = ("outstanding", "good", "requires_improvement", "inadequate")
INADEQUATE = GRADES.index("inadequate")
OWN_SERVICE = "safeguarding_quality_assurance"
# the smallest pools are drawn from first, since a child is drawn once a month; the place is part of an audit's number
TEMPLATES = ("residential", "adoption", "fostering", "care_leavers", "early_help", "social_work")
OTHER_KEYS = 10**12  # households and families are told from children by their keys
# an audit's number is made of the month, the template and the place on the list; a re-audit's is that of its audit plus this
A_MONTH, A_TEMPLATE, REAUDIT = 100_000, 5_000, 50_000
SOON = 21  # calendar days
CHAIRS, REGISTER = 400, 500  # numbers within a month: audits of chairs, then what is entered in registers of its own
CASE_STATUSES = ("open_assessment", "child_in_need_plan", "child_protection", "looked_after")
RESPONDENTS = ("child", "parent", "carer", "adopter")
QA = "quality_assurance "


class _Tracker:
    """What every table needs: the world, the scenario's rules, the day shown and the months since the history begins."""

    def __init__(self, world: World, day: int, begins: int) -> None:
        self.world, self.chance, self.day = world, world.chance, day
        self.rules = world.scenario.quality_assurance
        self.staff = world.organisation
        self.valid_from = day_number(self.rules.valid_from)
        self.begins = max(begins, self.valid_from)
        months = world.month_range(self.begins, day)
        self.months = months[month_start(months) >= self.begins]

    def one_of(self, purpose: str, words: Iterable[str], *keys: Any) -> Words:
        """A word of a list, each as likely."""
        return self.chance.pick(QA + purpose, dict.fromkeys(words, 1.0), *keys)

    def monthly(self, purpose: str, a_month: float, months: Array) -> tuple[Array, Array]:
        """Events that hang on nothing: the month and the number in it (from 0) of each."""
        counts = self.chance.count(QA + purpose, a_month, months)
        return np.repeat(months, counts), run_numbers(counts)

    def service_positions(self, services: Words) -> Array:
        """The positions of services among the authority's."""
        return services.numbers(self.staff.service_number)

    def services(self, positions: Array) -> Words:
        """The codes of services."""
        return Words(np.asarray(positions).astype(np.int32), self.staff.services)


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The tables of the source as known on `day`, audits and the like since `begins`."""
    tracker = _Tracker(world, day, begins)
    if not len(tracker.months):  # before the first list of audits
        return {}
    audits = _audits(world, day, begins)
    targeted = _targeted(tracker)
    multi_agency = _multi_agency(tracker)
    learning = _learning_points(tracker, targeted, multi_agency)
    programme = _programme(tracker)
    return {
        "audit_templates": _templates(tracker),
        "template_themes": _template_themes(tracker),
        "audit_programme": programme,
        "audit_sample_rules": _sample_rules(tracker),
        "audit_allocations": _allocation_rows(tracker, audits, programme.programme_id),
        "audits": _audit_rows(tracker, audits),
        **_theme_and_action_rows(tracker, audits),
        "targeted_audits": targeted.only(*TARGETED_COLUMNS),
        **_multi_agency_rows(tracker, multi_agency, learning),
        **_mid_way_rows(tracker),
        "practice_observations": _observation_rows(tracker, targeted),
        **_dispute_rows(tracker),
        **_acknowledgement_rows(tracker),
        **_learning_rows(tracker, learning, audits),
        "improvement_actions": _improvement_rows(tracker),
    }


def audits_heard(world: World, day: int, begins: int) -> Rows:
    """The case file audits completed by `day`, with whether views were sought and obtained, and whose (a column a respondent).

    `asked` says who is asked where the audit is of no child.
    """
    tracker = _Tracker(world, day, begins)
    audits = _audits(world, day, begins)
    audits = audits[audits.is_done]
    sought, obtained, given = _views_given(tracker, audits)
    return Rows(
        number=audits.number,
        event=world.ids(audits.number),
        child=audits.child,
        day=audits.completed,
        service=audits.service,
        team=audits.team,
        sought=sought,
        obtained=obtained,
        asked=Words(_main_respondent(tracker, audits), RESPONDENTS).blank_where(audits.child >= 0),
        **{f"by_{r}": given[:, n] & obtained for n, r in enumerate(RESPONDENTS)},
    )


def mid_way_audits_heard(world: World, day: int, begins: int) -> Rows:
    """The mid-way audits completed by `day`, with who gave feedback (a column a respondent)."""
    tracker = _Tracker(world, day, begins)
    rows = _mid_way(tracker)
    rows = rows[rows.completed != BLANK]
    heard = _mid_way_feedback(tracker, rows)
    return Rows(
        number=rows.number,
        event=world.ids(rows.number),
        child=rows.child,
        day=rows.completed,
        service=rows.service,
        team=rows.team,
        asked=word(None, len(rows)),
        **{f"by_{who}": gave for who, gave in heard.items()},
    )


# --- registers ----------------------------------------------------------------------------------------------------


def _templates(t: _Tracker) -> Rows:
    templates = t.rules.templates
    return Rows(
        template=words_of(templates),
        title=words_of(x.title for x in templates.values()),
        moderated=words_of(x.moderated for x in templates.values()),
        review_anchor=words_of(x.review_anchor for x in templates.values()),
        **valid(t.valid_from, len(templates)),
        subject_type=words_of(x.subject for x in templates.values()),
        service_code=words_of(x.service for x in templates.values()),
        paired=words_of(x.paired for x in templates.values()),
    )


def _template_themes(t: _Tracker) -> Rows:
    pairs = [(template, theme, n) for template, themes in t.rules.themes.items() for n, theme in enumerate(themes, 1)]
    return Rows(
        template=words_of(template for template, _, _ in pairs),
        theme=words_of(theme for _, theme, _ in pairs),
        title=words_of(t.rules.theme_titles[theme] for _, theme, _ in pairs),
        theme_order=np.array([n for _, _, n in pairs], dtype=np.int32),
        standard=words_of(_standard(t, template, theme) for template, theme, _ in pairs),
        **valid(t.valid_from, len(pairs)),
    )


def _standard(t: _Tracker, template: str, theme: str) -> str | None:
    """The first practice standard that a theme of a template judges: of the template's service, or of all."""
    service = t.rules.templates[template].service
    for code, standard in t.world.scenario.reference.practice_standards.items():
        if standard.theme == theme and (service is None or standard.service in (None, service)):
            return code
    return None


def _planned(t: _Tracker, place: int, months: Array) -> Array:
    """How many audits of a template each month holds: as even as whole numbers allow, and the same every year."""
    a_month = t.rules.templates[TEMPLATES[place]].a_year * t.world.factor / 12
    shift = place / len(TEMPLATES)  # so that rare templates do not fall into the same months
    return np.floor((months + 1) * a_month + shift).astype(np.int64) - np.floor(months * a_month + shift).astype(
        np.int64
    )


def _programme(t: _Tracker) -> Rows:
    """A line for every template and quarter, the next quarter's when it is agreed."""
    last = month_number(t.day + t.rules.programme_known_cd)
    quarters = np.arange(t.months[0] // 3, last // 3 + 1)
    quarter = np.repeat(quarters, len(TEMPLATES))
    place = np.tile(np.arange(len(TEMPLATES)), len(quarters))
    planned = np.zeros(len(quarter), dtype=np.int64)
    for n in range(len(TEMPLATES)):
        months = 3 * quarter[place == n][:, None] + np.arange(3)
        planned[place == n] = _planned(t, n, months).sum(axis=1)
    start = month_start(3 * quarter)
    return Rows(
        programme_id=t.world.ids(quarter * 10 + place),
        quarter=texts_of(quarter, lambda q: f"{_financial_year(q)} Q{(q - 1) % 4 + 1}"),
        template=Words(place.astype(np.int32), TEMPLATES),
        service_code=words_of(t.rules.templates[TEMPLATES[n]].service for n in place.tolist()),
        planned_audits=planned.astype(np.int32),
        cadence=word("monthly", len(quarter)),
        start_date=start,
        end_date=(month_start(3 * quarter + 3) - 1).astype(np.int32),
    )[planned > 0]


def _sample_rules(t: _Tracker) -> Rows:
    """What the samples follow: rules without an end, and the themes of every quarter agreed, which go round those of a template."""
    rules, size = t.rules.sample_rules, t.world.factor
    lasting: list[tuple[str, str | None, str | None, int]] = [
        ("months_without_repeat", None, None, rules.months_without_repeat)
    ]
    if size >= rules.cases_per_team_at_size:
        lasting += [("cases_per_team", template, None, n) for template, n in rules.cases_per_team.items()]
    lasting += [
        ("minimum_of_status", None, status, max(1, round(n * size))) for status, n in rules.minimum_of_status.items()
    ]
    quarters = range(int(t.months[0]) // 3, int(month_number(t.day + t.rules.programme_known_cd)) // 3 + 1)
    themes = [
        (template, of[(quarter * rules.themes_a_quarter + n) % len(of)], quarter)
        for quarter in quarters
        for template, of in t.rules.themes.items()
        for n in range(rules.themes_a_quarter)
    ]
    count, quarter = len(lasting) + len(themes), np.array([q for _, _, q in themes], dtype=np.int64)
    nobody = word(None, count)
    return Rows(
        rule=words_of([rule for rule, *_ in lasting] + ["theme"] * len(themes)),
        template=words_of([template for _, template, *_ in lasting] + [template for template, *_ in themes]),
        service_code=nobody,
        team_code=nobody,
        case_status=words_of([status for _, _, status, _ in lasting] + [None] * len(themes)),
        theme=words_of([None] * len(lasting) + [theme for _, theme, _ in themes]),
        amount=np.array([n for *_, n in lasting] + [BLANK] * len(themes), dtype=np.int32),
        valid_from=np.concatenate([np.full(len(lasting), t.valid_from), month_start(3 * quarter)]).astype(np.int32),
        valid_to=np.concatenate([np.full(len(lasting), BLANK), month_start(3 * quarter + 3) - 1]).astype(np.int32),
    )


def _financial_year(quarter: int) -> str:
    """The April to March year of a quarter (quarters since January 1970), such as 2025/26."""
    return two_years(1970 + (quarter - 1) // 4)


# --- the sample ---------------------------------------------------------------------------------------------------


def _pools(t: _Tracker, first: int) -> list[Rows]:
    """Who can be audited on the first of a month: a pool for each of TEMPLATES, in the order of their keys."""
    # also not who is restricted soon after: another subject's place is taken up to two weeks later
    closed_to_auditors = np.concatenate([reference.restricted_on(t.world, d) for d in (first, first + SOON)])
    pools = [
        _residents(t, first), _adopters(t, first), _households(t, first), *_case_holders(t, first),
    ]  # fmt: skip
    pools = [pool[~np.isin(pool.child, closed_to_auditors) | (pool.child < 0)] for pool in pools]
    return [pool[np.unique(pool.key, return_index=True)[1]] for pool in pools]


def _pool(t: _Tracker, child: Array, **columns: Any) -> Rows:
    """Children who can be audited; `by` says whose views are asked for."""
    children = t.world.children
    return Rows(
        key=children.number[child].astype(np.int64), child=child, subject_id=children.child_id[child], **columns
    )


def _case_holders(t: _Tracker, first: int) -> list[Rows]:
    """Care leavers, children with early help, and the other open cases; all open the day before, too."""
    cases = t.world.open_cases(first)
    cases = cases[cases.since < first]
    looked_after = cases.status.isin("looked_after")
    cases = cases.having(by=_by(t, choose(len(cases), (looked_after, "looked_after"), otherwise="child_at_home")))
    help_ = t.world.early_help
    help_ = help_[(help_.start < first) & _is_open(help_.end, first) & (help_.worker >= 0)]
    early = t.staff.service_number("early_help")
    leaving = cases[cases.status.isin("care_leaver")]
    others = cases[cases.status.isin(*CASE_STATUSES)]
    pools = [
        _pool(t, c.child, service=c.service, team=c.team, worker=c.worker, by=by)
        for c, by in ((leaving, _all_by(t, "care_leaver", len(leaving))), (others, others.by))
    ]
    with_help = _pool(
        t,
        help_.child,
        service=t.services(np.full(len(help_), early)),
        team=t.staff.team_of_worker(help_.worker, first),
        worker=help_.worker,
        by=_all_by(t, "child_at_home", len(help_)),
    )
    return [pools[0], with_help, pools[1]]


def _by(t: _Tracker, groups: Words) -> Array:
    return groups.numbers(list(t.rules.views_of).index)


def _all_by(t: _Tracker, group: str, count: int) -> Array:
    return np.full(count, list(t.rules.views_of).index(group))


def _of_desks(t: _Tracker, service: str, desk: Array, first: int) -> dict[str, Any]:
    """Service, team and worker of subjects that a service holds at desks of its own."""
    number = np.full(len(desk), t.staff.service_number(service))
    days = np.full(len(desk), first)
    return {
        "service": t.services(number),
        "team": t.staff.team_at(number, desk, days),
        "worker": t.staff.worker_ids(number, desk, days),
    }


def _residents(t: _Tracker, first: int) -> Rows:
    """Children in the authority's own homes."""
    stays = residential.home_stays(t.world)
    stays = stays[(stays.start < first) & _is_open(stays.end, first)]
    home = residential.homes_of(t.world).number[stays.home]
    held = _of_desks(t, "residential", home, first)
    return _pool(t, stays.child, by=_all_by(t, "looked_after", len(stays)), **held)


def _households(t: _Tracker, first: int) -> Rows:
    homes = fostering.households(t.world)
    homes = homes[(homes.approved != BLANK) & (homes.approved < first) & _is_open(homes.ended, first)]
    return Rows(
        key=OTHER_KEYS + homes.number,
        child=np.full(len(homes), -1),
        subject_id=homes.household_id,
        by=_all_by(t, "fostering_household", len(homes)),
        **_of_desks(t, "fostering", homes.number, first),
    )


def _adopters(t: _Tracker, first: int) -> Rows:
    """Families being assessed or approved who have neither left nor adopted."""
    families, adopted = t.world.adopter_families, t.world.adoptions
    done = adopted.family[(adopted.order != BLANK) & (adopted.order < first)]
    there = (families.stage_1 != BLANK) & (families.stage_1 < first)
    there &= _is_open(families.left, first) & ~np.isin(np.arange(len(families)), done)
    number = families.family_id[there]
    return Rows(
        key=2 * OTHER_KEYS + number,
        child=np.full(len(number), -1),
        subject_id=number,
        by=_all_by(t, "adopter_family", len(number)),
        **_of_desks(t, "adoption", number, first),
    )


def _sample(t: _Tracker) -> tuple[Rows, dict[tuple[int, int], Rows]]:
    """The subjects on the lists of all months, and the pools they were drawn from by month and place of the template.

    `replaced_by` and `replaces` are numbers of audits, -1 where the list held.
    """
    parts, pools = [], {}
    for month in t.months.tolist():
        taken = np.zeros(0, dtype=np.int64)
        for place, pool in enumerate(_pools(t, int(month_start(month)))):
            pools[month, place] = pool
            part = _drawn(t, month, place, pool[~np.isin(pool.key, taken)])
            taken = np.concatenate([taken, part.key])
            parts.append(part)
    return stack(parts), pools


def _drawn(t: _Tracker, month: int, place: int, pool: Rows) -> Rows:
    """The month's subjects of a template; behind those on the list stand the ones that take the place of some of them."""
    wanted = int(_planned(t, place, np.array(month)))
    first = month * A_MONTH + place * A_TEMPLATE
    replaced = t.chance.happens(QA + "replaced", t.rules.replaced, first + np.arange(wanted))
    order = np.argsort(t.chance.number(QA + "sample " + TEMPLATES[place], pool.key, month), kind="stable")
    drawn = pool[order[: wanted + replaced.sum()]]
    others = first + wanted + np.arange(max(0, len(drawn) - wanted))
    gone = np.flatnonzero(replaced)[: len(others)]
    replaced_by, replaces = np.full(len(drawn), -1), np.full(len(drawn), -1)
    replaced_by[gone], replaces[wanted:] = others, first + gone
    number = first + np.arange(len(drawn))
    return drawn.having(
        number=number, place=np.full(len(drawn), place), month=np.full(len(drawn), month), replaced_by=replaced_by,
        replaces=replaces, reaudit_of=np.full(len(drawn), -1),
    )  # fmt: skip


def _reaudits(t: _Tracker, audits: Rows, pools: Mapping[tuple[int, int], Rows]) -> Rows:
    """Audits some months after an inadequate one, of subjects still there and not on that month's list anyway."""
    again = audits.is_done & (audits.final == INADEQUATE)
    again &= t.chance.happens(QA + "reaudited", t.rules.reaudited, audits.number)
    earlier = audits[again]
    months = t.rules.reaudited_after_months
    month = month_number(earlier.final_date) + t.chance.band(QA + "reaudit month", months, earlier.number)
    _, once = np.unique(np.stack([month, earlier.key]), axis=1, return_index=True)
    parts = []
    for when, place in sorted(set(zip(month[once].tolist(), earlier.place[once].tolist(), strict=True))):
        pool = pools.get((when, place))
        if pool is None:
            continue
        rows = once[(month[once] == when) & (earlier.place[once] == place)]
        rows = rows[~np.isin(earlier.key[rows], audits.key[audits.month == when])]
        at = position_of(pool.key, earlier.key[rows])
        rows, at = rows[at >= 0], at[at >= 0]
        count, numbers = len(rows), earlier.number[rows]
        parts.append(
            pool[at].having(
                number=numbers + REAUDIT,
                place=np.full(count, place),
                month=np.full(count, when),
                replaced_by=np.full(count, -1),
                replaces=np.full(count, -1),
                reaudit_of=numbers,
            )
        )
    return stack(parts) if parts else audits.only(*SAMPLE_COLUMNS)[:0]


SAMPLE_COLUMNS = (
    "key", "child", "subject_id", "service", "team", "worker", "by", "number", "place", "month", "replaced_by", "replaces", "reaudit_of",
)  # fmt: skip


# --- audits -------------------------------------------------------------------------------------------------------


@once_a_world
def _audits(world: World, day: int, begins: int) -> Rows:
    """All audits with the days and grades they come to, those to come included; only those allocated by the day."""
    t = _Tracker(world, day, begins)
    sample, pools = _sample(t)
    sample = sample.only(*SAMPLE_COLUMNS)
    again = _reaudits(t, _graded(t, _dated(t, sample)), pools)
    audits = _dated(t, stack([sample, again]))
    audits = _graded(t, audits[audits.allocated <= t.day])
    return audits[np.argsort(audits.number, kind="stable")]


def _dated(t: _Tracker, audits: Rows) -> Rows:
    """The days of allocation, withdrawal, completion and moderation, as they will be."""
    rules, chance, number = t.rules, t.chance, audits.number
    first = month_start(audits.month)
    source = np.where(audits.replaces >= 0, audits.replaces, number)
    replaced_on = chance.working_days_after(QA + "replaced on", first, rules.replaced_after_wd, source)
    allocated = np.where(audits.replaces >= 0, replaced_on, first).astype(np.int32)
    gone = chance.happens(QA + "withdrawn", rules.withdrawn, number)
    gone_on = chance.working_days_after(QA + "withdrawn on", allocated, rules.withdrawn_after_wd, number)
    gone_on = np.where(audits.replaced_by >= 0, replaced_on, np.where(gone, gone_on, BLANK))
    completed = chance.working_days_after(QA + "completed", allocated, rules.completed_after_wd, number)
    completed = where(gone_on == BLANK, completed)
    moderated = np.array([rules.templates[n].moderated == "yes" for n in TEMPLATES])[audits.place]
    moderated &= ~chance.happens(QA + "never moderated", rules.never_moderated, number)
    on = chance.working_days_after(QA + "moderated", completed, rules.moderated_after_wd, number)
    return audits.having(
        allocated=allocated,
        due=working_days_after(allocated, rules.due_after_wd),
        gone_on=gone_on.astype(np.int32),
        completed=completed,
        moderated=where(moderated, on),
    )


def _graded(t: _Tracker, audits: Rows) -> Rows:
    """Grades of lead, peer, both and the moderator, and who they are; `is_done` and the like tell what is known by the day."""
    rules, chance, number = t.rules, t.chance, audits.number
    weights = [_by_grade(rules.grade), _by_grade(rules.reaudit_grade)]
    final = chance.pick_by(QA + "grade", (audits.reaudit_of >= 0).astype(np.int64), weights, number).index
    move = chance.pick(QA + "moderation", rules.moderation_move, number)
    moved = np.where(move.isin("down"), -1, np.where(move.isin("up"), 1, 0))  # moved down: the auditors had been kinder
    before = _on_scale(np.where(audits.moderated == BLANK, final, final + moved))
    differs = chance.uniform(QA + "lead differs", number)
    lead = np.where(differs < rules.lead_kinder, -1, np.where(differs > 1 - rules.lead_harsher, 1, 0))
    paired = audits.place != TEMPLATES.index("residential")  # one peer manager there, no pair
    one_grade = ~paired | chance.happens(QA + "peer grade missing", rules.peer_grade_missing, number)
    no_peer_grade = paired & one_grade
    not_agreed = one_grade | chance.happens(QA + "not agreed", rules.no_agreed_grade, number)
    is_done = (audits.completed != BLANK) & (audits.completed <= t.day)
    is_moderated = (audits.moderated != BLANK) & (audits.moderated <= t.day)
    never = np.array([rules.templates[n].moderated == "no" for n in TEMPLATES])[audits.place]
    own = np.full(len(audits), t.staff.service_number(OWN_SERVICE))
    return audits.having(
        final=final,
        lead_grade=np.where(paired, _on_scale(before + lead), -1),
        peer_grade=np.where(no_peer_grade, -1, before),
        agreed_grade=np.where(not_agreed, -1, before),
        is_done=is_done,
        is_moderated=is_moderated,
        is_final=is_moderated | (is_done & never),
        final_date=np.where(never, audits.completed, audits.moderated).astype(np.int32),
        lead=np.where(paired, t.staff.manager(audits.team, audits.allocated), -1),
        peer=t.staff.manager(_peer_team(t, audits), audits.allocated),
        moderator=t.staff.manager(
            t.staff.team_at(own, number, audits.allocated), np.maximum(audits.moderated, audits.allocated)
        ),
    )


def _by_grade(weights: Mapping[str, float]) -> dict[str, float]:
    return {grade: weights[grade] for grade in GRADES}


def _on_scale(grade: Array) -> Array:
    return np.clip(grade, 0, len(GRADES) - 1)


def _grades(index: Array, shown: Array) -> Words:
    return Words(np.where(shown, index, -1).astype(np.int32), GRADES)


def _peer_team(t: _Tracker, audits: Rows) -> Words:
    """Another team of the audited team's service, or of any service where there is none, as teams stand that month."""
    drawn = t.chance.uniform(QA + "peer", audits.number)
    found = np.zeros(len(audits), dtype=np.int64)
    code = t.staff.teams.team_code
    for month in np.unique(audits.month).tolist():
        rows = np.flatnonzero(audits.month == month)
        day = int(month_start(month))
        there = np.flatnonzero(np.isin(code.index, t.staff.teams_on(day).team_code.index))
        there = there[np.argsort(t.staff.teams.service_code.index[there], kind="stable")]
        service = t.staff.teams.service_code.index[there]
        at = np.argsort(there)[np.searchsorted(np.sort(there), _team_positions(t, audits.team[rows]))]
        begin = np.searchsorted(service, service[at], side="left")
        count = np.searchsorted(service, service[at], side="right") - begin
        alone = count == 1
        begin, count = np.where(alone, 0, begin), np.where(alone, len(there), count)
        step = 1 + np.floor(drawn[rows] * (count - 1)).astype(np.int64)
        found[rows] = there[begin + (at - begin + step) % count]
    return code[found]


def _team_positions(t: _Tracker, teams: Words) -> Array:
    place = {code: n for n, code in enumerate(t.staff.teams.team_code.strings())}
    return teams.numbers(place.__getitem__)


def _about(t: _Tracker, audits: Rows) -> dict[str, Any]:
    """What an audit and its allocation both say of whom it is about."""
    return {
        "template": Words(audits.place.astype(np.int32), TEMPLATES),
        "subject_type": _subject_types(t, audits.place),
        "subject_id": audits.subject_id,
        "child_id": t.world.child_ids(audits.child),
        "service_code": audits.service,
        "team_code": audits.team,
    }


def _subject_types(t: _Tracker, place: Array) -> Words:
    return words_of(t.rules.templates[n].subject for n in TEMPLATES)[place]


def _audit_rows(t: _Tracker, audits: Rows) -> Rows:
    rules, chance, number, done = t.rules, t.chance, audits.number, audits.is_done
    gone = (audits.gone_on != BLANK) & (audits.gone_on <= t.day)
    replaced = audits.replaced_by >= 0
    reason = choose(
        len(audits),
        (replaced, t.one_of("replacement reason", rules.replacement_reason, number)),
        otherwise=t.one_of("withdrawal reason", rules.withdrawal_reason, number),
    )

    def told(purpose: str, share: float, shown: Array) -> Words:
        return yes_no(chance.happens(QA + purpose, share, number), ~shown)

    inadequate = (audits.final == INADEQUATE) & chance.happens(QA + "escalated", rules.escalated, number)
    return Rows(
        audit_id=t.world.ids(number),
        **_about(t, audits),
        allocated_date=audits.allocated,
        due_date=audits.due,
        completed_date=until(audits.completed, t.day),
        status=choose(len(audits), (gone, "withdrawn"), (done, "completed"), otherwise="allocated"),
        lead_auditor=t.staff.names(audits.lead),
        peer_auditor=t.staff.names(audits.peer),
        lead_grade=_grades(audits.lead_grade, done),
        peer_grade=_grades(audits.peer_grade, done),
        graded_independently=told("independent", rules.independent, done & (audits.lead >= 0)),
        moderated_date=until(audits.moderated, t.day),
        moderator=t.staff.names(np.where(audits.is_moderated, audits.moderator, -1)),
        moderated_grade=_grades(audits.final, audits.is_moderated),
        worker_discussion=told("worker discussion", rules.worker_discussion, done),
        case_note_recorded=told("case note", rules.case_note_recorded, done),
        learning_shared=told("learning shared", rules.learning_shared, audits.is_moderated),
        lead_auditor_id=audits.lead,
        peer_auditor_id=audits.peer,
        moderator_id=np.where(audits.is_moderated, audits.moderator, -1),
        agreed_grade=_grades(audits.agreed_grade, done),
        qa_form_recorded=told("form recorded", rules.form_recorded, audits.is_final),
        escalated=yes_no(inadequate, ~audits.is_final),
        reaudit_of=t.world.ids(audits.reaudit_of),
        withdrawal_reason=reason.blank_where(~gone),
        withdrawal_approved=told("withdrawal approved", rules.withdrawal_approved, gone),
        **_views(t, audits),
    )


def _views(t: _Tracker, audits: Rows) -> dict[str, Words]:
    """Whether views were sought and obtained, and whose; blank for those who have none to give in such an audit."""
    rules, number, done = t.rules, audits.number, audits.is_done
    sought, obtained, given = _views_given(t, audits)
    hidden = ~done | ~sought
    none = t.one_of("views not obtained", rules.views_not_obtained_reason, number)
    asked = ~np.isnan(_view_shares(t))[audits.by]
    return {
        "views_sought": yes_no(sought, ~done),
        "views_obtained": yes_no(obtained, hidden),
        "views_not_sought_reason": t.one_of("views not sought", rules.views_not_sought_reason, number).blank_where(
            ~done | sought
        ),
        "views_not_obtained_reason": none.blank_where(hidden | obtained),
        **{
            f"{r}_views_obtained": yes_no(given[:, n] & obtained, hidden | ~asked[:, n])
            for n, r in enumerate(RESPONDENTS)
        },
    }


def _view_shares(t: _Tracker) -> Array:
    """How often each of RESPONDENTS (a column each) gives views, a row a group of `views_of`; NaN who has none to give."""
    return np.array([[of.get(r, np.nan) for r in RESPONDENTS] for of in t.rules.views_of.values()])


def _views_given(t: _Tracker, audits: Rows) -> tuple[Array, Array, Array]:
    """Whether views are sought and obtained, and whose where they are (a column for each of RESPONDENTS)."""
    rules, chance, number = t.rules, t.chance, audits.number
    sought = chance.happens(QA + "views sought", rules.views_sought, number)
    obtained = sought & chance.happens(QA + "views obtained", rules.views_obtained, number)
    shares = _view_shares(t)
    given = np.stack(
        [chance.happens(f"{QA}views of {r}", shares[audits.by, n], number) for n, r in enumerate(RESPONDENTS)], axis=1
    )
    age = age_on(t.world.children.born[audits.child], audits.allocated)
    given[:, 0] &= (audits.child < 0) | (age >= rules.child_gives_views_from_age)
    given[np.arange(len(audits)), _main_respondent(t, audits)] |= ~given.any(axis=1)
    return sought, obtained, given


def _main_respondent(t: _Tracker, audits: Rows) -> Array:
    """Who is asked first (a position in RESPONDENTS): the first named of the audit's group."""
    return np.array([RESPONDENTS.index(next(iter(of))) for of in t.rules.views_of.values()], dtype=np.int32)[audits.by]


def _allocation_rows(t: _Tracker, audits: Rows, programme: Array) -> Rows:
    """The lists as circulated: a subject that another one takes the place of stays on them."""
    rules, chance, number = t.rules, t.chance, audits.number
    line = t.world.ids((audits.month // 3) * 10 + audits.place)
    gone = (audits.gone_on != BLANK) & (audits.gone_on <= t.day)
    replaced = gone & (audits.replaced_by >= 0)
    approved = chance.happens(QA + "withdrawal approved", rules.withdrawal_approved, number)
    return Rows(
        allocation_id=t.world.ids(number),
        programme_id=np.where(np.isin(line, programme), line, -1),
        audit_id=t.world.ids(number),
        **_about(t, audits),
        lead_auditor_id=audits.lead,
        peer_auditor_id=audits.peer,
        sample_date=(month_start(audits.month) - 1).astype(np.int32),
        circulated_date=audits.allocated,
        due_date=audits.due,
        replaced_by=np.where(replaced, t.world.ids(audits.replaced_by), -1),
        replacement_reason=t.one_of("replacement reason", rules.replacement_reason, number).blank_where(~replaced),
        replacement_approved=yes_no(approved, ~gone),
        restricted_record_approved=word(None, len(audits)),
    )


# --- themes and actions -------------------------------------------------------------------------------------------


def _theme_and_action_rows(t: _Tracker, audits: Rows) -> dict[str, Rows]:
    done = audits[audits.is_done]
    themes, table, grade = _theme_grades(t, done)
    row, column = np.nonzero(table >= 0)
    grades = Rows(
        audit_id=t.world.ids(done.number[row]),
        theme=Words(table[row, column].astype(np.int32), themes),
        grade=Words(grade[row, column].astype(np.int32), GRADES),
    )
    return {"theme_grades": grades, "audit_actions": _action_rows(t, done, themes, table, grade)}


def _theme_grades(t: _Tracker, audits: Rows) -> tuple[tuple[str, ...], Array, Array]:
    """The theme codes; for each audit its themes (positions, -1 beyond the last) and their grades."""
    rules, chance = t.rules, t.chance
    themes = tuple(rules.theme_titles)
    most = max(map(len, rules.themes.values()))
    of_template = np.full((len(TEMPLATES), most), -1)
    for place, name in enumerate(TEMPLATES):
        of_template[place, : len(rules.themes[name])] = [themes.index(x) for x in rules.themes[name]]
    table = of_template[audits.place]
    lean = np.array([rules.theme_lean.get(x, rules.theme_lean_otherwise) for x in themes])[table]
    number = audits.number[:, None]
    same = chance.happens(QA + "theme same", rules.theme_same_as_overall, number, table)
    weaker = chance.happens(QA + "theme weaker", lean, number, table)
    return themes, table, _on_scale(audits.final[:, None] + np.where(same, 0, np.where(weaker, 1, -1)))


def _action_rows(t: _Tracker, audits: Rows, themes: tuple[str, ...], table: Array, grade: Array) -> Rows:
    rules, chance = t.rules, t.chance
    mean = np.array([rules.actions_mean[g] for g in GRADES])[audits.final]
    counts = np.minimum(chance.count(QA + "actions", mean, audits.number), rules.actions_most)
    row = np.repeat(np.arange(len(audits)), counts)
    number = audits.number[row] * 10 + 1 + run_numbers(counts)
    weights = np.where(table >= 0, np.array([rules.action_theme[g] for g in GRADES])[grade], 0.0)
    reach = np.cumsum(weights, axis=1)
    drawn = chance.uniform(QA + "action theme", number) * reach[row, -1]
    theme = table[row, (drawn[:, None] >= reach[row]).sum(axis=1)]
    completed = audits.completed[row]
    due = chance.days_after(QA + "action due", completed, rules.action_due_after_cd, number)
    review_due, review = (x[row] for x in _reviews(t, audits))
    outcome = chance.pick(QA + "action done", rules.action_done, number)
    done = _action_done(t, outcome, completed, np.where(review_due == BLANK, due, review_due), review, number)
    dropped = (
        outcome.isin("never")
        & chance.happens(QA + "action dropped", rules.action_not_required, number)
        & (due <= t.day)
    )
    is_done, is_reviewed = done <= t.day, (review != BLANK) & (review <= t.day)
    is_done &= done != BLANK
    role = t.one_of("action owner", rules.owner_roles, number)
    worker = role.isin("social_worker", "family_support_worker")
    owner = np.where(worker, audits.worker[row], np.where(role.isin("team_manager"), audits.lead[row], -1))
    return Rows(
        action_id=t.world.ids(number),
        audit_id=t.world.ids(audits.number[row]),
        theme=Words(theme.astype(np.int32), themes),
        owner_role=role,
        due_date=due,
        completed_date=until(done, t.day),
        status=choose(len(row), (is_done, "complete"), (dropped, "not_required"), otherwise="open"),
        review_date=until(review, t.day),
        review_status=choose(len(row), (is_done & (done <= review), "complete"), otherwise="not_complete").blank_where(
            ~is_reviewed
        ),
        footprint_recorded=yes_no(chance.happens(QA + "footprint", rules.footprint_recorded, number), ~is_reviewed),
        owner_id=owner,
        reviewer_role=chance.pick(QA + "reviewer", rules.reviewer_role, audits.number)[row].blank_where(~is_reviewed),
        action_category=chance.pick(QA + "action category", rules.action_category, number),
    )


def _reviews(t: _Tracker, audits: Rows) -> tuple[Array, Array]:
    """The day each audit's 8-week review is due, and the day it is done; one review looks at all actions."""
    rules, chance, number = t.rules, t.chance, audits.number
    anchors = np.array(
        [("none", "completion", "moderation").index(rules.templates[n].review_anchor) for n in TEMPLATES]
    )
    kind = anchors[audits.place]
    anchor = np.where(kind == 2, audits.moderated, np.where(kind == 1, audits.completed, BLANK))
    due = where(anchor != BLANK, anchor + rules.review_after_cd)
    on_time = chance.happens(QA + "review on time", rules.review_on_time, number)
    early = last_working_day(
        np.where(due == BLANK, BLANK, due - chance.band(QA + "review early", rules.review_early_cd, number))
    )
    late = chance.days_after(QA + "review late", due, rules.review_late_cd, number)
    return due, np.where(on_time, early, late).astype(np.int32)


def _action_done(t: _Tracker, outcome: Words, start: Array, due: Array, review: Array, number: Array) -> Array:
    """The day an action is done: by its review and before that is due, some time after it, or never."""
    by = np.where((review == BLANK) | (review > due), due, review)
    span = np.maximum(by - start, 1)
    in_time = last_working_day(start + t.chance.between(QA + "action done in", 1, span, number))
    later = t.chance.days_after(QA + "action done later", np.maximum(due, review), t.rules.action_done_later_cd, number)
    found = np.where(outcome.isin("at_review"), in_time, np.where(outcome.isin("later"), later, BLANK))
    return found.astype(np.int32)


# --- targeted and multi-agency audits -----------------------------------------------------------------------------

TARGETED_COLUMNS = (
    "targeted_audit_id", "kind", "topic", "theme", "service_code", "team_code", "commissioned_by_role", "reason", "commissioned_date",
    "due_date", "children_audited", "template_received_date", "completed_date", "learning_recorded", "disseminated", "disseminated_date",
)  # fmt: skip


def _targeted(t: _Tracker) -> Rows:
    """Targeted audits of services and, in the middle of every quarter, one of chairs and IROs; `number` beside the contract's columns."""
    rules, chance = t.rules.targeted, t.chance
    month, place = t.monthly("targeted audits", rules.services_a_year / 12, t.months)
    middle = t.months[t.months % 3 == 1]
    number = np.concatenate([month * 1000 + place, middle * 1000 + CHAIRS])
    start = t.world.day_in_month(QA + "targeted commissioned", number // 1000, number)
    number, start = number[start <= t.day], start[start <= t.day]
    chairs = number % 1000 == CHAIRS
    received = chance.days_after(QA + "targeted received", start, rules.received_after_cd, number)
    received = np.where(chance.happens(QA + "targeted never", rules.never_completed, number), BLANK, received)
    completed = chance.days_after(QA + "targeted completed", received, rules.completed_after_cd, number)
    passed_on = chance.days_after(QA + "targeted disseminated", completed, rules.disseminated_after_cd, number)
    passed_on = until(
        np.where(chance.happens(QA + "targeted passed on", rules.disseminated, number), passed_on, BLANK), t.day
    )
    completed, received = until(completed, t.day), until(received, t.day)
    topic = choose(
        len(number),
        (chairs, t.one_of("targeted topic of chairs", rules.chairs_topics, number)),
        otherwise=t.one_of("targeted topic", rules.topics, number),
    )
    service = t.service_positions(chance.pick(QA + "targeted service", rules.services, number))
    service = np.where(chairs, t.staff.service_number(OWN_SERVICE), service)
    one_team = ~chairs & chance.happens(QA + "targeted team", rules.one_team, number)
    children = chance.between(QA + "targeted children", *rules.children, number)
    return Rows(
        number=number,
        targeted_audit_id=t.world.ids(number),
        kind=choose(len(number), (chairs, "chairs_and_iros"), otherwise="service"),
        topic=topic,
        theme=topic.translated(rules.topics | rules.chairs_topics),
        service_code=t.services(service),
        team_code=t.staff.team_at(service, number, start).blank_where(~one_team),
        commissioned_by_role=chance.pick(QA + "targeted by", rules.commissioned_by, number),
        reason=chance.pick(QA + "targeted reason", rules.reason, number),
        commissioned_date=start,
        due_date=chance.days_after(QA + "targeted due", start, rules.due_after_cd, number),
        children_audited=where(received != BLANK, children),
        template_received_date=received,
        completed_date=completed,
        learning_recorded=yes_no(
            chance.happens(QA + "targeted learning", rules.learning_recorded, number), completed == BLANK
        ),
        disseminated=yes_no(passed_on != BLANK, completed == BLANK),
        disseminated_date=passed_on,
    )


def _multi_agency(t: _Tracker) -> Rows:
    """The audits of the multi-agency programmes whose year has begun, those still to be done included."""
    rules, chance = t.rules.multi_agency, t.chance
    first, last = (as_date(d) for d in (t.begins, t.day))
    years = np.arange(first.year - 1, last.year + 1)
    april = (years - 1970) * 12 + 3
    years = years[month_start(april) <= t.day]
    year, place = np.repeat(years, rules.a_year), np.tile(np.arange(rules.a_year), len(years))
    number = year * 100 + place
    month = (year - 1970) * 12 + 3 + (2 * place + 1) * 12 // (2 * rules.a_year)
    planned = t.world.day_in_month(QA + "multi-agency planned", month, number)
    kept = planned >= t.begins
    year, number, planned = year[kept], number[kept], planned[kept]
    completed = chance.days_after(QA + "multi-agency completed", planned, rules.completed_after_cd, number)
    completed = np.where(chance.happens(QA + "multi-agency never", rules.never_completed, number), BLANK, completed)
    reported = until(chance.days_after(QA + "multi-agency reported", completed, rules.reported_after_cd, number), t.day)
    completed = until(completed, t.day)
    children = chance.between(QA + "multi-agency children", *rules.children, number)
    return Rows(
        number=number,
        multi_agency_audit_id=t.world.ids(number),
        programme_year=texts_of(year, two_years),
        commissioning_group=chance.pick(QA + "multi-agency group", rules.groups, number),
        theme=t.one_of("multi-agency theme", rules.themes, number),
        planned_date=planned,
        completed_date=completed,
        reported_date=reported,
        children_audited=where(completed != BLANK, children),
    )


def _multi_agency_rows(t: _Tracker, audits: Rows, learning: Rows) -> dict[str, Rows]:
    rules, chance = t.rules.multi_agency, t.chance
    done = audits[audits.completed_date != BLANK]
    row = np.repeat(np.arange(len(done)), len(rules.agencies))
    agency = np.tile(np.arange(len(rules.agencies)), len(done))
    asked = chance.happens(
        QA + "agency asked", np.array(list(rules.agencies.values()))[agency], done.number[row], agency
    )
    row, agency = row[asked], agency[asked]
    keys = (done.number[row], agency)
    took_part = (agency == 0) | chance.happens(QA + "agency took part", rules.took_part, *keys)
    graded = took_part & chance.happens(QA + "agency graded", rules.graded, *keys)
    grade = chance.pick(QA + "agency grade", _by_grade(t.rules.grade), *keys)
    points = learning[learning.source.isin("multi_agency_audit")]
    return {
        "multi_agency_audits": audits.only(*(c for c in audits.columns if c != "number")),
        "multi_agency_audit_agencies": Rows(
            multi_agency_audit_id=done.multi_agency_audit_id[row],
            agency=Words(agency.astype(np.int32), tuple(rules.agencies)),
            took_part=yes_no(took_part),
            grade=grade.blank_where(~graded),
        ),
        "multi_agency_audit_learning": Rows(
            multi_agency_audit_id=points.source_id, learning_point_id=t.world.ids(points.number), theme=points.theme
        ),
    }


# --- practice observations ----------------------------------------------------------------------------------------


def _observation_rows(t: _Tracker, targeted: Rows) -> Rows:
    """Observations of chairs and IROs with their targeted audit, and of social workers; those planned ahead included."""
    rules, chance = t.rules.observations, t.chance
    ahead = np.arange(t.months[0], month_number(t.day + rules.planned_ahead_cd) + 1)
    events = t.world.events(
        QA + "observations", rules.others_a_year * t.world.factor / 12, ahead, QA + "observation planned"
    )
    of_chairs = targeted[targeted.kind.isin("chairs_and_iros")]
    row = np.repeat(np.arange(len(of_chairs)), rules.chairs_a_quarter)
    nth = np.tile(np.arange(rules.chairs_a_quarter), len(of_chairs))
    number = np.concatenate([(events.month * 1000 + REGISTER + events.nth) * 10, of_chairs.number[row] * 10 + nth])
    audit = np.concatenate([np.full(len(events), -1), of_chairs.targeted_audit_id[row]])
    chair_planned = next_working_day(of_chairs.commissioned_date[row] + 7 + 8 * nth)
    planned = np.concatenate([events.day, chair_planned]).astype(np.int32)
    kept = planned <= t.day + rules.planned_ahead_cd
    number, audit, planned = number[kept], audit[kept], planned[kept]
    chairs = audit >= 0
    service = t.service_positions(chance.pick(QA + "observation service", rules.services, number))
    service = np.where(chairs, t.staff.service_number(OWN_SERVICE), service)
    known = planned - rules.planned_ahead_cd  # who was there when it was planned
    desks = np.array([t.staff.desks[s] for s in t.staff.services])[service]
    worker = t.staff.worker_ids(service, chance.between(QA + "observation of", 0, desks - 1, number), known)
    missed = chance.happens(QA + "observation missed", rules.not_done, number)
    held = chance.days_after(QA + "observation held", planned, rules.held_after_cd, number)
    held = until(np.where(missed, BLANK, held), t.day)
    reason = t.one_of("observation why missed", rules.not_done_reason, number).blank_where(~missed | (planned > t.day))
    setting = choose(
        len(number),
        (chairs, chance.pick(QA + "observation chaired", rules.chair_setting, number)),
        otherwise=chance.pick(QA + "observation setting", rules.setting, number),
    )
    observer = chance.pick(QA + "observer", rules.observer, number)
    return Rows(
        observation_id=t.world.ids(number),
        targeted_audit_id=audit,
        observed_worker_id=worker,
        observed_role=_roles(t, worker),
        observer_role=choose(len(number), (chairs, "practice_manager"), otherwise=observer),
        service_code=t.services(service),
        team_code=t.staff.team_of_worker(worker, known),
        practice_setting=setting,
        planned_date=planned,
        observed_date=held,
        not_done_reason=reason,
        feedback_given=yes_no(chance.happens(QA + "observation feedback", rules.feedback_given, number), held == BLANK),
        learning_recorded=yes_no(
            chance.happens(QA + "observation learning", rules.learning_recorded, number), held == BLANK
        ),
    )


def _roles(t: _Tracker, worker_ids: Array) -> Words:
    workers = t.staff.workers
    order = np.argsort(workers.worker_id, kind="stable")
    return workers.role[order[position_of(workers.worker_id[order], worker_ids)]]


# --- what hangs on reviews: mid-way audits, disputes, acknowledgements --------------------------------------------


def _spell_end(t: _Tracker, reviews: Rows) -> Array:
    """The last day of the plan or period of care that each review is of; BLANK is open."""
    in_care = reviews.kind.isin("cla")
    end = np.full(len(reviews), BLANK, dtype=np.int32)
    end[in_care], end[~in_care] = t.world.care.end[reviews.spell[in_care]], t.world.plans.end[reviews.spell[~in_care]]
    return end


def _numbers(reviews: Rows) -> Array:
    """A number for each review that no review of the other kind has."""
    return plain(reviews.review_id) * 2 + reviews.kind.isin("cla")


def _is_open(end: Array, days: Array) -> Array:
    return (end == BLANK) | (end > days)


def _reviewers(in_care: Array) -> Words:
    return choose(len(in_care), (in_care, "iro"), otherwise="cp_chair")


def _mid_way(t: _Tracker) -> Rows:
    """Mid-way audits of some of the mid-points between a review and the next one due, those that have come by the day."""
    rules, chance, day = t.rules.mid_way, t.chance, t.day
    reviews = t.world.reviews
    middle, end = next_working_day((reviews.called + reviews.due) // 2), _spell_end(t, reviews)
    kept = (reviews.number > 0) & (middle >= t.begins) & (middle <= day) & _is_open(end, middle)
    kept &= chance.happens(QA + "mid-way", rules.of_mid_points, _numbers(reviews))
    now, middle, end = reviews[kept], middle[kept], end[kept]
    number = _numbers(now)
    drawn = chance.uniform(QA + "mid-way done", number)
    completed = chance.working_days_after(QA + "mid-way on", middle, rules.completed_after_wd, number)
    completed = np.minimum(completed, last_working_day(day_or_never(end) - 1))  # while the plan or period lasts
    given_up = chance.working_days_after(QA + "mid-way given up", middle, rules.given_up_after_wd, number)
    case = t.world.case_on(now.child, middle)
    return Rows(
        number=number,
        child=now.child,
        kind=now.kind,
        due=middle,
        completed=until(where(drawn < rules.completed, completed), day),
        missed=(drawn >= 1 - rules.not_completed) & (given_up <= day),
        service=case.service,
        team=case.team,
    )


def _mid_way_feedback(t: _Tracker, rows: Rows) -> dict[str, Array]:
    """Who of child, parent and carer gives feedback in each mid-way audit."""
    old_enough = age_on(t.world.children.born[rows.child], rows.due) >= t.rules.child_gives_views_from_age
    can_say = {"child": old_enough, "parent": np.ones(len(rows), dtype=bool), "carer": rows.kind.isin("cla")}
    return {
        who: can & t.chance.happens(f"{QA}mid-way {who}", t.rules.mid_way.feedback[who], rows.number)
        for who, can in can_say.items()
    }


def _mid_way_rows(t: _Tracker) -> dict[str, Rows]:
    rules, chance, day = t.rules.mid_way, t.chance, t.day
    rows = _mid_way(t)
    number, completed, missed = rows.number, rows.completed, rows.missed
    in_care, hidden = rows.kind.isin("cla"), completed == BLANK
    alert = chance.working_days_after(QA + "mid-way alert on", completed, rules.alert_after_wd, number)
    alert = until(np.where(chance.happens(QA + "mid-way alert", rules.alert_sent, number), alert, BLANK), day)
    seen = chance.working_days_after(QA + "mid-way seen on", alert, rules.acknowledged_after_wd, number)
    seen = until(np.where(chance.happens(QA + "mid-way seen", rules.acknowledged, number), seen, BLANK), day)
    actions, left = _mid_way_actions(t, number[~hidden], completed[~hidden])
    all_done = Words(np.full(len(rows), -1, dtype=np.int32), ("yes", "no"))
    all_done.index[np.flatnonzero(~hidden)] = left
    footprint = yes_no(chance.happens(QA + "mid-way footprint", rules.footprint, number), hidden)
    return {
        "mid_way_audits": Rows(
            mid_way_audit_id=t.world.ids(number),
            child_id=t.world.children.child_id[rows.child],
            plan_type=rows.kind,
            auditor_role=_reviewers(in_care),
            service_code=rows.service,
            team_code=rows.team,
            mid_point_due_date=rows.due,
            completed=yes_no(~hidden, hidden & ~missed),
            completed_date=completed,
            not_completed_reason=t.one_of("mid-way missed", rules.not_completed_reason, number).blank_where(~missed),
            **{f"{who}_feedback": yes_no(gave, hidden) for who, gave in _mid_way_feedback(t, rows).items()},
            alert_sent_date=alert,
            acknowledged_date=seen,
            actions_complete=all_done,
            iro_footprint=footprint.blank_where(~in_care),
            cp_chair_footprint=footprint.blank_where(in_care),
        ),
        "mid_way_audit_actions": actions,
    }


def _mid_way_actions(t: _Tracker, audit: Array, completed: Array) -> tuple[Rows, Array]:
    """The actions of mid-way audits, and for each audit whether all are done: 0 yes, 1 no, -1 when it has none."""
    rules, chance = t.rules.mid_way, t.chance
    counts = np.minimum(chance.count(QA + "mid-way actions", rules.actions_mean, audit), rules.actions_most)
    row = np.repeat(np.arange(len(audit)), counts)
    number = audit[row] * 10 + 1 + run_numbers(counts)
    done = chance.days_after(QA + "mid-way action on", completed[row], rules.action_done_after_cd, number)
    done = until(np.where(chance.happens(QA + "mid-way action done", rules.action_done, number), done, BLANK), t.day)
    is_open = np.bincount(row[done == BLANK], minlength=len(audit)) > 0
    actions = Rows(
        mid_way_action_id=t.world.ids(number),
        mid_way_audit_id=t.world.ids(audit[row]),
        theme=t.one_of("mid-way theme", t.rules.themes["social_work"], number),
        action_category=chance.pick(QA + "mid-way category", t.rules.action_category, number),
        owner_role=t.one_of("mid-way owner", ("social_worker", "team_manager"), number),
        due_date=chance.days_after(QA + "mid-way action due", completed[row], rules.action_due_after_cd, number),
        status=choose(len(row), (done != BLANK, "complete"), otherwise="open"),
        completed_date=done,
    )
    return actions, np.where(counts == 0, -1, np.where(is_open, 1, 0))


def _after_reviews(t: _Tracker, purpose: str, shares: Mapping[str, float], after: Sequence[Any]) -> tuple[Rows, Array]:
    """Some of the reviews held, and a working day soon after each, while plan or period last."""
    reviews = t.world.reviews
    reviews = reviews[(reviews.held >= t.begins) & (reviews.held <= t.day)]
    share = np.where(reviews.kind.isin("cla"), shares["cla"], shares["cp"])
    reviews = reviews[t.chance.happens(QA + purpose, share, _numbers(reviews))]
    days = t.chance.working_days_after(f"{QA}{purpose} on", reviews.held, after, _numbers(reviews))
    kept = (days <= t.day) & _is_open(_spell_end(t, reviews), days)
    return reviews[kept], days[kept]


def _dispute_rows(t: _Tracker) -> dict[str, Rows]:
    """Disputes raised after reviews: informal first, or formal at once; then through the stages until one resolves it."""
    rules, chance, day = t.rules.disputes, t.chance, t.day
    reviews, raised = _after_reviews(t, "dispute", rules.of_reviews, rules.raised_after_wd)
    number, in_care, count = _numbers(reviews), reviews.kind.isin("cla"), len(reviews)
    formal = chance.happens(QA + "dispute formal", rules.formal, number)
    at_once = formal & chance.happens(QA + "dispute formal at once", rules.formal_at_once, number)
    withdrawn = ~formal & chance.happens(QA + "dispute withdrawn", rules.withdrawn_informal, number)
    entered, left, last = _stage_days(t, number, raised, formal, at_once)
    closed = left[np.arange(count), last]
    outcome = choose(
        count,
        (withdrawn, "withdrawn"),
        (~formal, "resolved_informally"),
        otherwise=chance.pick(QA + "dispute outcome", rules.outcome, number),
    )
    to_cafcass = (last >= 3) & chance.happens(QA + "dispute to Cafcass", rules.cafcass, number)
    is_closed = closed <= day
    stages = tuple(rules.stages)
    is_entered = (entered != BLANK) & (entered <= day)
    current = np.where(is_entered, np.arange(len(stages)), -1).max(axis=1, initial=-1)
    resolved = is_closed & outcome.isin("resolved", "partly_resolved", "resolved_informally")
    case = t.world.case_on(reviews.child, raised)
    row, stage = np.nonzero(is_entered)
    days = np.array([s.working_days for s in rules.stages.values()])
    return {
        "dispute_resolutions": Rows(
            drp_id=t.world.ids(number),
            child_id=t.world.children.child_id[reviews.child],
            plan_type=reviews.kind,
            raised_by_role=_reviewers(in_care),
            theme=chance.pick(QA + "dispute theme", rules.themes, number),
            service_code=case.service,
            team_code=case.team,
            raised_date=raised,
            informal_started_date=entered[:, 0],
            informal_resolved_date=until(np.where(formal | withdrawn, BLANK, closed), day),
            formal_raised_date=until(entered[:, 1], day),
            current_stage=Words(current.astype(np.int32), stages),
            resolved_at_stage=Words(np.where(resolved, last, -1).astype(np.int32), stages),
            closed_date=until(closed, day),
            outcome=outcome.blank_where(~is_closed),
            referred_to_cafcass_date=until(np.where(to_cafcass, working_days_after(entered[:, 3], 3), BLANK), day),
        ),
        "dispute_stages": Rows(
            drp_id=t.world.ids(number[row]),
            stage=Words(stage.astype(np.int32), stages),
            stage_order=(stage + 1).astype(np.int32),
            entered_date=entered[row, stage],
            due_date=working_days_after(entered[row, stage], days[stage]),
            left_date=until(left[row, stage], day),
        ),
        "dispute_stage_register": _stage_register(t),
    }


def _stage_days(t: _Tracker, number: Array, raised: Array, formal: Array, at_once: Array) -> tuple[Array, Array, Array]:
    """The days on which disputes enter and leave each stage (a column a stage, BLANK when never there), and the last stage."""
    rules, chance = t.rules.disputes, t.chance
    stages = tuple(rules.stages)
    resolved_at = chance.pick(QA + "dispute resolved at", rules.resolved_at, number)
    at = resolved_at.numbers(stages.index)
    last = np.where(formal, at, 0)
    entered = np.full((len(number), len(stages)), BLANK, dtype=np.int32)
    left = entered.copy()
    entered[:, 0] = np.where(at_once, BLANK, raised)
    left[:, 0] = chance.working_days_after(QA + "dispute informal", entered[:, 0], rules.informal_takes_wd, number)
    for stage in range(1, len(stages)):
        begins = np.where(at_once, raised, left[:, 0]) if stage == 1 else left[:, stage - 1]
        entered[:, stage] = np.where(last >= stage, begins, BLANK)
        left[:, stage] = chance.working_days_after(
            f"{QA}dispute {stage}", entered[:, stage], rules.stage_takes_wd, number
        )
    return entered, left, last


def _stage_register(t: _Tracker) -> Rows:
    stages = t.rules.disputes.stages
    return Rows(
        stage=words_of(stages),
        title=words_of(s.title for s in stages.values()),
        stage_order=np.arange(1, len(stages) + 1, dtype=np.int32),
        formal=words_of(s.formal for s in stages.values()),
        answered_by_role=words_of(s.answered_by for s in stages.values()),
        working_days=np.array([s.working_days for s in stages.values()], dtype=np.int32),
        **valid(t.valid_from, len(stages)),
    )


def _acknowledgement_rows(t: _Tracker) -> dict[str, Rows]:
    rules, chance = t.rules.acknowledgements, t.chance
    shares = dict.fromkeys(("cla", "cp"), rules.of_reviews)
    reviews, recorded = _after_reviews(t, "acknowledgement", shares, rules.recorded_after_wd)
    number = _numbers(reviews)
    sent = chance.working_days_after(QA + "acknowledgement alert", recorded, rules.alert_after_wd, number)
    sent = until(np.where(chance.happens(QA + "acknowledgement sent", rules.alert_sent, number), sent, BLANK), t.day)
    case = t.world.case_on(reviews.child, recorded)
    counts = 1 + sum(
        chance.happens(f"{QA}acknowledgement more {n}", rules.more_themes, number).astype(int) for n in (1, 2)
    )
    row = np.repeat(np.arange(len(reviews)), counts)
    first = chance.between(QA + "acknowledgement theme", 0, len(rules.themes) - 1, number)
    # a step of 1 to 3 along the list never meets a theme twice: there are more than six
    step = chance.between(QA + "acknowledgement step", 1, 3, number)
    theme = (first[row] + step[row] * run_numbers(counts)) % len(rules.themes)
    return {
        "practice_acknowledgements": Rows(
            acknowledgement_id=t.world.ids(number),
            child_id=t.world.children.child_id[reviews.child],
            recorded_date=recorded,
            recorded_by_role=_reviewers(reviews.kind.isin("cla")),
            service_code=case.service,
            team_code=case.team,
            alert_sent=yes_no(sent != BLANK),
            alert_sent_date=sent,
        ),
        "practice_acknowledgement_themes": Rows(
            acknowledgement_id=t.world.ids(number[row]), theme=Words(theme.astype(np.int32), rules.themes)
        ),
    }


# --- learning and improvement -------------------------------------------------------------------------------------


def _learning_points(t: _Tracker, targeted: Rows, multi_agency: Rows) -> Rows:
    """Learning points by the day: of targeted audits, of multi-agency audits, and what else the register is told of."""
    rules, chance = t.rules.learning, t.chance
    told = targeted[targeted.learning_recorded.isin("yes")]
    row, number = _several(t, told.number, 1, 2)
    after = chance.days_after(QA + "learning after", told.completed_date[row], rules.identified_after_cd, number)
    of_targeted = Rows(
        number=number, source=word("targeted_audit", len(row)), source_id=told.targeted_audit_id[row], identified=after,
        theme=told.theme[row], service=t.service_positions(told.service_code)[row],
    )  # fmt: skip
    reported = multi_agency[multi_agency.reported_date != BLANK]
    row, number = _several(t, reported.number, *t.rules.multi_agency.learning)
    of_multi_agency = Rows(
        number=number, source=word("multi_agency_audit", len(row)), source_id=reported.multi_agency_audit_id[row],
        identified=reported.reported_date[row], theme=chance.pick(QA + "learning theme", rules.themes, number),
        service=t.service_positions(chance.pick(QA + "learning service", rules.services, number)),
    )  # fmt: skip
    month, place = t.monthly("learning points", rules.a_year * t.world.factor / 12, t.months)
    number = (month * 1000 + REGISTER + place) * 10
    of_others = Rows(
        number=number, source=chance.pick(QA + "learning source", rules.source, number), source_id=np.full(len(number), -1),
        identified=t.world.day_in_month(QA + "learning identified", month, number),
        theme=chance.pick(QA + "learning theme", rules.themes, number),
        service=t.service_positions(chance.pick(QA + "learning service", rules.services, number)),
    )  # fmt: skip
    points = stack([of_targeted, of_multi_agency, of_others])
    return points[points.identified <= t.day]


def _several(t: _Tracker, number: Array, least: int, most: int) -> tuple[Array, Array]:
    """Learning points of audits: the position of the audit and the number of each point."""
    counts = t.chance.between(QA + "learning of audits", least, most, number)
    row = np.repeat(np.arange(len(number)), counts)
    return row, number[row] * 10 + run_numbers(counts)


def _learning_rows(t: _Tracker, points: Rows, audits: Rows) -> dict[str, Rows]:
    rules, chance, number = t.rules.learning, t.chance, points.number
    themes = list(rules.texts)
    group = points.theme.numbers(themes.index)
    texts = [dict.fromkeys(x, 1.0) for x in rules.texts.values()]
    return {
        "learning_points": Rows(
            learning_point_id=t.world.ids(number),
            learning_point=chance.pick_by(QA + "learning text", group, texts, number),
            theme=points.theme,
            learning_source=points.source,
            source_id=points.source_id,
            identified_date=points.identified,
        ),
        "learning_point_services": _learning_services(t, points),
        "learning_products": stack([_products(t, points, n) for n in (0, 1)]),
        "learning_evidence": _evidence(t, points, audits),
    }


def _learning_services(t: _Tracker, points: Rows) -> Rows:
    """The service each learning point comes from, and others beside it: a stretch of the list behind it, each once."""
    rules, chance, number = t.rules.learning, t.chance, points.number
    known = np.array([t.staff.service_number(s) for s in rules.services])
    counts = chance.between(QA + "learning services", 1, rules.services_most, number)
    row, nth = np.repeat(np.arange(len(points)), counts), run_numbers(counts)
    at = np.argmax(known[None, :] == points.service[:, None], axis=1)
    shift = chance.between(QA + "learning shift", 0, len(known) - rules.services_most, number)
    other = known[(at[row] + shift[row] + nth) % len(known)]
    service = np.where(nth == 0, points.service[row], other)
    return Rows(learning_point_id=t.world.ids(number[row]), service_code=t.services(service))


def _products(t: _Tracker, points: Rows, nth: int) -> Rows:
    """The first or second product of learning points. A newsletter carries several: it is the month's, sent on its last day."""
    rules, chance = t.rules.learning, t.chance
    share = rules.second_product if nth else rules.product
    points = points[chance.happens(f"{QA}product {nth}", share, points.number)]
    number = points.number * 10 + nth
    kinds = {k: w for k, w in rules.product_type.items() if not nth or k != "newsletter"}
    kind = chance.pick(QA + "product type", kinds, number)
    shared = chance.days_after(QA + "product shared", points.identified, rules.shared_after_cd, number)
    is_letter, month = kind.isin("newsletter"), month_number(shared)
    shared = np.where(is_letter, last_working_day(month_start(month + 1) - 1), shared).astype(np.int32)
    product = np.where(is_letter, month, number)
    return Rows(
        product_id=t.world.ids(product),
        learning_point_id=t.world.ids(points.number),
        product_type=kind,
        shared_date=until(shared, t.day),
        audience=chance.pick(QA + "product audience", rules.audience, product),
    )


def _evidence(t: _Tracker, points: Rows, audits: Rows) -> Rows:
    """Evidence of change for some of the learning points, months later; a re-audit is the latest one done by then, if any."""
    rules, chance = t.rules.learning, t.chance
    points = points[chance.happens(QA + "evidence", rules.evidence, points.number)]
    shown = chance.days_after(QA + "evidence on", points.identified, rules.evidence_after_cd, points.number)
    points, shown = points[shown <= t.day], shown[shown <= t.day]
    number = points.number
    again = audits[(audits.reaudit_of >= 0) & audits.is_done]
    again = again[np.argsort(again.completed, kind="stable")]
    latest = np.searchsorted(again.completed, shown, side="right") - 1
    kind = chance.pick(QA + "evidence type", rules.evidence_type, number)
    is_again = kind.isin("reaudit") & (latest >= 0)
    audit = np.full(len(number), -1)
    audit[is_again] = again.number[latest[is_again]]
    return Rows(
        evidence_id=t.world.ids(number),
        learning_point_id=t.world.ids(number),
        evidence_type=kind,
        audit_id=t.world.ids(audit),
        kpi=t.one_of("evidence kpi", rules.kpis, number).blank_where(~kind.isin("kpi")),
        evidence_date=shown,
        change_shown=yes_no(chance.happens(QA + "change shown", rules.change_shown, number)),
    )


def _improvement_rows(t: _Tracker) -> Rows:
    rules, chance, day = t.rules.improvement, t.chance, t.day
    month, place = t.monthly("improvement actions", rules.a_year / 12, t.months)
    number = month * 1000 + place
    raised = t.world.day_in_month(QA + "improvement raised", month, number)
    number, raised, month = number[raised <= day], raised[raised <= day], month[raised <= day]
    title = t.one_of("improvement title", rules.titles, number)
    due = chance.days_after(QA + "improvement due", raised, rules.due_after_cd, number)
    end = chance.pick(QA + "improvement done", rules.done, number)
    early = last_working_day(due - chance.band(QA + "improvement early", rules.done_early_cd, number))
    late = chance.days_after(QA + "improvement late", due, rules.done_late_cd, number)
    done = until(np.where(end.isin("in_time"), early, np.where(end.isin("late"), late, BLANK)), day)
    dropped = end.isin("not_required") & (due <= day)
    source = chance.pick(QA + "improvement source", rules.source, number)
    service = chance.pick(QA + "improvement service", rules.services, number)
    return Rows(
        improvement_action_id=t.world.ids(number),
        action_source=source,
        source_reference=_references(source, month),
        action_category=title.translated({k: kind for k, (kind, _) in rules.titles.items()}),
        title=title,
        service_code=service.blank_where(chance.happens(QA + "improvement of all", rules.whole_authority, number)),
        owner_role=chance.pick(QA + "improvement owner", rules.owner, number),
        raised_date=raised,
        due_date=due,
        status=choose(len(number), (done != BLANK, "complete"), (dropped, "not_required"), otherwise="open"),
        completed_date=done,
        kpi=title.translated({k: kpi for k, (_, kpi) in rules.titles.items()}),
    )


def _references(source: Words, month: Array) -> Words:
    """Which of its kind an action comes from, such as "Self evaluation 2025/26"."""
    years = (month // 3 - 1) // 4
    first = int(years.min(initial=0))
    last = int(years.max(initial=0))
    names = tuple(
        f"{w.replace('_', ' ').capitalize()} {_financial_year(4 * y + 1)}"
        for w in source.words
        for y in range(first, last + 1)
    )
    return Words((source.index * (last - first + 1) + years - first).astype(np.int32), names)
