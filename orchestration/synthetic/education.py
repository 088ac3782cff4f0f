"""Education of children known to social care: school terms, enrolments, attendance, missing and home education, exclusions,
personal education plans and timetables of children looked after."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.periods import FIRST_YEAR as PERIODS_BEGIN
from orchestration.synthetic.authority import DAYS, plain
from orchestration.synthetic.days import (
    as_date,
    day_number,
    is_working,
    month_number,
    month_start,
    next_working_day,
    two_years,
    weekday,
    year_of,
)
from orchestration.synthetic.rows import (
    BLANK,
    Array,
    Rows,
    Words,
    choose,
    last_of_group,
    stack,
    texts_of,
    word,
    words_of,
    yes_no,
)
from orchestration.synthetic.spells import DAY_BITS, NEVER, begins_in_an_earlier_one, last_begun, until, where

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

PRIMARY, SECONDARY, COLLEGE = 0, 7, 12  # year groups that begin a phase; 0 is Reception
LAST_COMPULSORY, LAST_YEAR_GROUP = 11, 13
TERMS = ("autumn", "spring", "summer")
FIRST_YEAR = 1996  # children who were at school when the world begins started from here on
FIRST_HOLIDAYS = day_number(date(PERIODS_BEGIN, 1, 1))  # bank holidays are known from here on
# what happens to a child's place at school
STARTS, MOVES, EXCLUDED, LEAVES, RETURNS = range(5)


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The extract as known on `day`; attendance is of the month of `day` only."""
    calendar = SchoolCalendar(world.horizon)
    pupils = _pupils(world, day, begins)
    away = _away(world, pupils, calendar)
    exclusions = _exclusions(world, pupils, calendar)
    places = _places(world, pupils, away, exclusions, calendar)
    schools = _SchoolAt(places)
    exclusions = exclusions[schools.enrolled(exclusions.at, exclusions.start)]
    home = away[away.at_home & (away.start <= day) & (away.end >= begins)]
    missing = away[~away.at_home & (away.start <= day) & (away.end >= begins)]
    checks = _home_checks(world, pupils, home, day)
    return {
        "school_terms": calendar.shown(world, day, begins),
        "school_enrolments": _enrolments(world, pupils, places, day, begins),
        "attendance_summary": _attendance(world, pupils, places, exclusions, calendar, day),
        "missing_education": _missing_education(world, pupils, missing, schools, day),
        "elective_home_education": _home_education(world, pupils, home, checks, schools, day),
        "home_education_checks": _shown_checks(world, pupils, home, checks, day),
        "suspensions_exclusions": _shown_exclusions(world, pupils, exclusions, schools, calendar, day, begins),
        "peps": _peps(world, pupils, schools, calendar, day, begins),
        "virtual_school_timetable": _timetables(world, pupils, schools, calendar, day, begins),
    }


# --- the school year ----------------------------------------------------------------------------------------------


def _on_or_after(days: Array, wanted: int) -> Array:
    """The first such weekday (0 is Monday) on or after each day."""
    return days + (wanted - weekday(days)) % 7


def _day_in(years: Array, month: int, day: int) -> Array:
    return month_start((np.asarray(years) - 1970) * 12 + month - 1).astype(np.int64) + day - 1


def school_year(days: Array) -> Array:
    """The school year of days, named by its autumn."""
    return (month_number(days) - 8) // 12 + 1970


class SchoolCalendar:
    """Invented term dates: two runs of days a term, with half-term between them, and a fortnight at Easter."""

    def __init__(self, horizon: int) -> None:
        last = as_date(horizon).year + 2
        self.first_year = FIRST_YEAR
        self.years = years = np.arange(FIRST_YEAR, last)  # a school year is named by its autumn
        october, february = _on_or_after(_day_in(years, 10, 25), 0), _on_or_after(_day_in(years + 1, 2, 13), 0)
        autumn, christmas = _on_or_after(_day_in(years, 9, 2), 1), _on_or_after(_day_in(years, 12, 16), 4)
        january = _day_in(years + 1, 1, 4)
        january = np.where(weekday(january) > 2, _on_or_after(january, 0), january)
        easter, summer = self._good_fridays(years + 1), _on_or_after(_day_in(years + 1, 7, 17), 4)
        may = _on_or_after(_day_in(years + 1, 5, 25), 0)  # the week of the spring bank holiday
        # first and last day of each run: a run ends on the Friday before the holidays
        runs = [
            (autumn, october - 3), (october + 7, christmas), (january, february - 3), (february + 7, easter - 7),
            (easter + 10, may - 3), (may + 7, summer),
        ]  # fmt: skip
        self.first = np.stack([a for a, _ in runs], axis=1).astype(np.int32)
        self.last = np.stack([b for _, b in runs], axis=1).astype(np.int32)
        self._zero = int(self.first[0, 0])
        days = np.arange(self._zero, int(self.last[-1, -1]) + 1)
        at = np.searchsorted(self.first.ravel(), days, side="right") - 1
        open_ = (days <= self.last.ravel()[at]) & (weekday(days) < 5) & ((days < FIRST_HOLIDAYS) | is_working(days))
        self._open, self._days = open_, days[open_]
        self._count = np.cumsum(open_)

    @staticmethod
    def _good_fridays(years: Array) -> Array:
        """The Friday between 20 March and 23 April that is no working day; before they are known a day in the middle of them."""
        found = _on_or_after(_day_in(years, 4, 1), 4)
        for week in range(5):
            friday = _on_or_after(_day_in(years, 3, 20), 4) + 7 * week
            found = np.where((years >= PERIODS_BEGIN) & ~is_working(friday), friday, found)
        return found

    def is_open(self, days: Array) -> Array:
        """Which days are school days."""
        at = np.asarray(days) - self._zero
        return self._open[np.clip(at, 0, len(self._open) - 1)] & (at >= 0) & (at < len(self._open))

    def count(self, first: Array, last: Array) -> Array:
        """School days from `first` to `last`, both included."""
        return np.maximum(self._until(last) - self._until(np.asarray(first) - 1), 0)

    def _until(self, days: Array) -> Array:
        at = np.asarray(days) - self._zero
        return np.where(at < 0, 0, self._count[np.clip(at, 0, len(self._count) - 1)])

    def after(self, days: Array, count: Any) -> Array:
        """The school day that is `count` school days after each day (day 0); for 0 the day itself or the next school day."""
        at = np.where(np.asarray(count) == 0, self._until(np.asarray(days) - 1), self._until(days) + count - 1)
        return self._days[np.clip(at, 0, len(self._days) - 1)].astype(np.int32)

    def begins(self, year: Array) -> Array:
        """The first school day of school years."""
        return self.first[np.clip(np.asarray(year) - self.first_year, 0, len(self.years) - 1), 0]

    def ends(self, year: Array) -> Array:
        """The last school day of school years."""
        return self.last[np.clip(np.asarray(year) - self.first_year, 0, len(self.years) - 1), -1]

    def shown(self, world: World, day: int, begins: int) -> Rows:
        """The runs of the school years from the one of `begins` to the one after that of `day`."""
        years = np.arange(int(school_year(begins)), int(school_year(day)) + 2)
        at, count = years - self.first_year, len(years)
        return Rows(
            academic_year=texts_of(np.repeat(years, 6), two_years),
            term=words_of(TERMS[n // 2] for n in np.tile(np.arange(6), count)),
            run_number=np.tile(np.array([1, 2], dtype=np.int32), 3 * count),
            first_school_date=self.first[at].ravel(),
            last_school_date=self.last[at].ravel(),
            source_of_dates=word(world.scenario.education.source_of_dates, 6 * count),
        )


# --- pupils and their schools -------------------------------------------------------------------------------------


def _pupils(world: World, day: int, begins: int) -> Rows:
    """Children of the age for school who have been in need at some time since `begins`, by position; sorted by child."""
    episodes, children = world.episodes, world.children
    first = np.full(len(children), NEVER, dtype=np.int64)
    told = episodes[~episodes.nfa]
    np.minimum.at(first, told.child, told.start)
    shown = told[(told.start <= day) & (told.closed >= begins)]
    child = np.unique(shown.child)
    born = children.born[child]
    starts = year_of(born) + 4 + (month_number(born) % 12 >= 8)  # the autumn after the fourth birthday
    leaves = np.full(len(children), NEVER, dtype=np.int64)
    adopted = world.adoptions.order != BLANK
    leaves[world.adoptions.child[adopted]] = world.adoptions.order[adopted]  # goes on under another identity
    leaves = np.where(children.died == BLANK, leaves, np.minimum(leaves, children.died))
    arrival = world.chance.band(
        "education arrival", world.scenario.education.arrival_to_school_cd, children.number[child]
    )
    rows = Rows(
        child=child,
        number=children.number[child],
        child_id=children.child_id[child],
        starts=starts.astype(np.int64),
        need_from=first[child],
        known_from=np.where(children.unaccompanied[child], first[child] + arrival, 0),
        leaves=leaves[child],
        is_special=world.chance.happens(
            "education special school", world.scenario.education.special_school, children.number[child]
        ),
        stays_on=world.chance.happens(
            "education stays on", world.scenario.education.stays_on_after_year_11, children.number[child]
        ),
    )
    now, then = school_year(day), school_year(begins)
    return rows[(rows.starts <= now) & (rows.starts + LAST_YEAR_GROUP >= then)]


def _year_group(pupils: Rows, at: Array, days: Array) -> Array:
    """Year groups on given days: 0 is Reception, 1 to 13; outside these the child is not of the age for school."""
    return school_year(days) - pupils.starts[at]


def _places(world: World, pupils: Rows, away: Rows, exclusions: Rows, calendar: SchoolCalendar) -> Rows:
    """Every period on a school's roll: phases, moves, and the gaps while a child is away; sorted by pupil and first day."""
    rules, chance, count = world.scenario.education, world.chance, len(pupils)
    everyone = np.arange(count)
    parts = []
    for group in (PRIMARY, SECONDARY, COLLEGE):
        at = everyone[~pupils.is_special] if group == SECONDARY else everyone
        if group == COLLEGE:
            at = at[pupils.stays_on[at] & ~pupils.is_special[at]]
        parts.append(_marks(at, calendar.begins(pupils.starts[at] + group), STARTS, group))
    for group in range(LAST_YEAR_GROUP + 1):
        at = everyone[chance.happens("education moves", rules.moves_school, pupils.number, np.full(count, group))]
        year = pupils.starts[at] + group
        day = _day_in(year, 10, 1) + np.floor(
            240 * chance.uniform("education moves on", pupils.number[at], year)
        ).astype(np.int64)
        parts.append(_marks(at, _on_or_next_working_day(day), MOVES, group))
    gone = exclusions[exclusions.is_permanent]
    parts.append(_marks(gone.at, gone.start + 1, EXCLUDED, 0))
    parts.append(_marks(away.at, away.start, LEAVES, 0))
    parts.append(_marks(away.at, next_working_day(away.end.astype(np.int64) + 1), RETURNS, 0))
    marks = stack(parts)
    marks = marks[np.lexsort((marks.kind, marks.day, marks.at))]
    marks = marks[last_of_group(marks.at.astype(np.int64) << DAY_BITS | marks.day)]
    # while a child is away nothing else counts: the last of leaving and returning before a mark tells
    place = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(np.isin(marks.kind, (LEAVES, RETURNS)), place, -1))
    is_away = (last >= 0) & (marks.at[last] == marks.at) & (marks.kind[last] == LEAVES)
    marks = marks[~is_away | (marks.kind == LEAVES)]
    return _spells(world, pupils, marks, calendar)


def _marks(at: Array, day: Array, kind: int, group: int) -> Rows:
    return Rows(at=at, day=np.asarray(day).astype(np.int64), kind=np.full(len(at), kind), group=np.full(len(at), group))


def _on_or_next_working_day(days: Array) -> Array:
    """The day itself or the next working day; before bank holidays are known the day itself or the Monday."""
    monday = np.where(weekday(days) > 4, _on_or_after(days, 0), days)
    return np.where(days < FIRST_HOLIDAYS, monday, next_working_day(days))


def _spells(world: World, pupils: Rows, marks: Rows, calendar: SchoolCalendar) -> Rows:
    """From the marks of a child's way through school the periods on roll between them."""
    rules, chance = world.scenario.education, world.chance
    following = np.append(marks.at[1:], -1) == marks.at
    next_day = np.where(following, np.append(marks.day[1:], 0), NEVER)
    next_kind = np.where(following, np.append(marks.kind[1:], 0), STARTS)
    rows = marks.having(next_day=next_day, next_kind=next_kind)[marks.kind != LEAVES]
    number = pupils.number[rows.at]
    gap = np.where(
        rows.kind == MOVES,
        chance.band("education move gap", rules.move_gap_cd, number, rows.day),
        np.where(
            rows.kind == EXCLUDED,
            chance.band("education next school", rules.exclusions.to_next_school_cd, number, rows.day),
            0,
        ),
    )
    start = np.maximum(rows.day + gap, pupils.known_from[rows.at])
    group = _year_group(pupils, rows.at, rows.day)
    is_special = pupils.is_special[rows.at]
    final = np.where(pupils.stays_on[rows.at], LAST_YEAR_GROUP, LAST_COMPULSORY)
    phase_end = np.where(group < SECONDARY, SECONDARY - 1, np.where(group < COLLEGE, LAST_COMPULSORY, LAST_YEAR_GROUP))
    phase_end = np.where(is_special, final, np.minimum(phase_end, final))
    phase_ends = calendar.ends(pupils.starts[rows.at] + phase_end)
    leaves = pupils.leaves[rows.at]
    end = np.minimum(np.minimum(rows.next_day - 1, phase_ends), leaves)
    kind = np.where(is_special, 2, np.where(group < SECONDARY, 0, np.where(group < COLLEGE, 1, 3)))
    # of those excluded some go to alternative provision
    kind = np.where((rows.kind == EXCLUDED) & ~is_special & (group < COLLEGE), 4, kind)
    why = choose(
        len(rows),
        (end == leaves, "moved_out_of_area"),
        (end == phase_ends, "end_of_phase"),
        (rows.next_kind == LEAVES, "education_otherwise"),
        (rows.next_kind == EXCLUDED, "permanent_exclusion"),
        otherwise="changed_school",
    )
    rows = Rows(
        at=rows.at,
        start=start,
        end=end,
        group=group,
        urn=_schools(world, kind, number, rows.day),
        why=why,
        planned=why.isin("end_of_phase")
        | (why.isin("changed_school") & chance.happens("education move planned", rules.move_planned, number, rows.day)),
    )
    return rows[(rows.start <= rows.end) & (group >= 0) & (group <= final)]


def _schools(world: World, kind: Array, *key: Array) -> Array:
    """The made-up number of a school of each kind."""
    schools = world.scenario.education.schools
    spans = [schools[n] for n in ("primary", "secondary", "special", "college", "alternative")]
    first, many = np.array([a for a, _ in spans])[kind], np.array([b for _, b in spans])[kind]
    return (first + np.floor(world.chance.uniform("education school", *key) * many)).astype(np.int64)


class _SchoolAt:
    """Which school a pupil is at, or was at last."""

    def __init__(self, places: Rows) -> None:
        self._places = places

    def on(self, at: Array, days: Array) -> Array:
        """The number of the school pupils are at on given days, or were at last; -1 where there is none."""
        return np.append(self._places.urn, -1)[self._last(at, days)]

    def enrolled(self, at: Array, days: Array) -> Array:
        """Whether pupils are on a school's roll on given days."""
        return np.append(self._places.end, BLANK)[self._last(at, days)] >= days

    def _last(self, at: Array, days: Array) -> Array:
        return last_begun(self._places.at, self._places.start, at, days)


def _enrolments(world: World, pupils: Rows, places: Rows, day: int, begins: int) -> Rows:
    rows = places[(places.start <= day) & (places.end >= begins)]
    is_open = rows.end > day
    now = _year_group(pupils, rows.at, np.minimum(rows.end, day))
    groups = ("Reception", *(f"Year {n}" for n in range(1, LAST_YEAR_GROUP + 1)))
    return Rows(
        enrolment_id=world.ids(plain(pupils.child_id[rows.at]) * 2 * DAYS + (rows.start - world.begins_day + DAYS)),
        child_id=pupils.child_id[rows.at],
        school_urn=rows.urn,
        main_school=word("yes", len(rows)),
        year_group=Words(np.clip(now, 0, LAST_YEAR_GROUP).astype(np.int32), groups),
        enrolled_date=rows.start.astype(np.int32),
        left_roll_date=until(rows.end, day),
        leaving_reason=rows.why.blank_where(is_open),
        move_planned=yes_no(rows.planned, is_open),
    )


# --- attendance ---------------------------------------------------------------------------------------------------


def _attendance(world: World, pupils: Rows, places: Rows, exclusions: Rows, calendar: SchoolCalendar, day: int) -> Rows:
    """The month's sessions of children with an open case, at the school they were at last in the month.

    Who is persistently absent misses a tenth or more in every month of a school year, the others less: so the share comes
    out the same whatever months are put together.
    """
    rules, chance, month = world.scenario.education, world.chance, month_number(day)
    first, last = int(month_start(month)), min(int(month_start(month + 1)) - 1, day)
    cases = world.open_cases(day)
    cases = cases[cases.status.isin("child_in_need_plan", "child_protection", "looked_after", "open_assessment")]
    at = np.minimum(np.searchsorted(pupils.child, cases.child), max(len(pupils) - 1, 0))
    cases, at = (
        (cases[pupils.child[at] == cases.child], at[pupils.child[at] == cases.child])
        if len(pupils)
        else (cases[:0], at[:0])
    )
    group = _year_group(pupils, at, np.full(len(at), first))
    compulsory = (group >= 0) & (group <= LAST_COMPULSORY)
    cases, at = cases[compulsory], at[compulsory]
    place = last_begun(places.at, places.start, at, last)
    at_school = (place >= 0) & (np.append(places.end, BLANK)[place] >= first)
    cases, at, place = cases[at_school], at[at_school], place[at_school]
    number, status = pupils.number[at], cases.status
    possible = 2 * calendar.count(np.maximum(places.start[place], first), np.minimum(places.end[place], last))
    key, of_month = (number, school_year(np.full(len(at), first))), np.full(len(at), month)
    persistent = chance.happens("education persistent absence", _by_status(rules.persistent_absence, status), *key)
    low, high = rules.absence_of_persistent
    # squared: many miss little more than a tenth, a few hardly come
    much = low + (high - low) * chance.uniform("education absence", *key) ** 2
    much = np.clip(much * (0.7 + 0.6 * chance.uniform("education absence of month", number, of_month)), low, 1.0)
    little = rules.absence_of_others[0] + (rules.absence_of_others[1] - rules.absence_of_others[0]) * chance.uniform(
        "education absence of month", number, of_month
    )
    most_of_others = np.maximum((possible + 9) // 10 - 1, 0)
    missed = np.where(
        persistent, np.ceil(possible * much), np.minimum(np.round(possible * little), most_of_others)
    ).astype(np.int64)
    suspended = _suspended(exclusions, calendar, at, first, last)
    missed = np.minimum(missed + suspended, possible)
    suspended = np.minimum(suspended, missed)
    authorised = suspended + np.floor(
        (missed - suspended)
        * _by_status(rules.absence_authorised, status)
        * (0.6 + 0.8 * chance.uniform("education authorised", number, of_month))
    ).astype(np.int64)
    authorised = np.minimum(authorised, missed)
    late = np.round(
        (missed - authorised) * rules.late_sessions * 2 * chance.uniform("education late", number, of_month)
    )
    return Rows(
        child_id=world.children.child_id[cases.child],
        month_start_date=np.full(len(at), first, dtype=np.int32),
        school_urn=places.urn[place],
        academic_year=texts_of(key[1], two_years),
        sessions_possible=possible.astype(np.int32),
        sessions_missed=missed.astype(np.int32),
        sessions_authorised=authorised.astype(np.int32),
        sessions_unauthorised=(missed - authorised).astype(np.int32),
        sessions_suspended=suspended.astype(np.int32),
        sessions_late=np.minimum(late, missed - authorised).astype(np.int32),
    )[possible > 0]


def _by_status(shares: dict[str, float], status: Words) -> Array:
    return status.numbers(lambda w: shares.get(w, shares["otherwise"]))


def _suspended(exclusions: Rows, calendar: SchoolCalendar, at: Array, first: int, last: int) -> Array:
    """Sessions of each pupil's suspensions that lie between two days."""
    rows = exclusions[~exclusions.is_permanent & (exclusions.start <= last) & (exclusions.end >= first)]
    days = calendar.count(np.maximum(rows.start, first), np.minimum(rows.end, last))
    sessions = np.minimum(2 * days, rows.sessions)
    total = np.bincount(rows.at, weights=sessions, minlength=int(max(at.max(initial=0), rows.at.max(initial=0))) + 1)
    return total[at].astype(np.int64)


# --- missing education and home education -------------------------------------------------------------------------


def _away(world: World, pupils: Rows, calendar: SchoolCalendar) -> Rows:
    """Periods out of school, at home or missing education; one that begins in another is none."""
    home, missing = _at_home(world, pupils, calendar), _without_school(world, pupils)
    rows = stack([home, missing])
    rows = rows[np.lexsort((rows.end, rows.start, rows.at))]
    return rows[~begins_in_an_earlier_one(rows.at, rows.start, rows.end)]


def _at_home(world: World, pupils: Rows, calendar: SchoolCalendar) -> Rows:
    """Home education of children of compulsory age; it ends with that age or when the child becomes looked after."""
    rules, chance, care = world.scenario.education.home_education, world.chance, world.care
    at = np.flatnonzero(chance.happens("education at home", rules.ever, pupils.number))
    number = pupils.number[at]
    start = _on_or_next_working_day(
        pupils.need_from[at] + chance.band("education at home from", rules.starts_from_need_cd, number)
    )
    end = _on_or_next_working_day(start + chance.band("education at home for", rules.lasts_cd, number))
    end = np.minimum(end, calendar.ends(pupils.starts[at] + LAST_COMPULSORY))
    order = np.lexsort((care.start, care.child))
    keys = care.child[order].astype(np.int64) << DAY_BITS | care.start[order]
    following = np.searchsorted(keys, pupils.child[at].astype(np.int64) << DAY_BITS | start, side="right")
    held, last = order[np.maximum(following - 1, 0)], order[np.minimum(following, max(len(order) - 1, 0))]
    in_care = (following > 0) & (care.child[held] == pupils.child[at]) & (care.end[held] >= start)
    enters = (following < len(order)) & (care.child[last] == pupils.child[at])
    end = np.where(enters, np.minimum(end, care.start[last] - 1), end)
    group = _year_group(pupils, at, start)
    kept = ~in_care & (group >= 0) & (group <= LAST_COMPULSORY) & (end > start + 20) & (end < pupils.leaves[at])
    return Rows(at=at, start=start.astype(np.int32), end=end.astype(np.int32), at_home=np.ones(len(at), dtype=bool))[
        kept
    ]


def _in_episodes(world: World, pupils: Rows, purpose: str, every: float, most: int, chosen: Array) -> Rows:
    """Events of a steady kind while chosen pupils' cases are open: pupil and day."""
    episodes = world.episodes
    at = np.minimum(np.searchsorted(pupils.child, episodes.child), max(len(pupils) - 1, 0))
    rows = (
        np.flatnonzero(~episodes.nfa & (pupils.child[at] == episodes.child) & chosen[at])
        if len(pupils)
        else np.zeros(0, dtype=np.int64)
    )
    at, day, key = at[rows], episodes.start[rows].astype(np.int64), episodes.key[rows]
    ends, parts = episodes.closed[rows], []
    for number in range(most):
        day = day + world.chance.wait(purpose, every, key, np.full(len(key), number))
        parts.append(Rows(at=at, day=day.astype(np.int32))[day < ends])
    return stack(parts)


def _without_school(world: World, pupils: Rows) -> Rows:
    rules, chance = world.scenario.education.missing_education, world.chance
    rows = _in_episodes(world, pupils, "education missing", 365.25 / rules.a_year, 3, np.ones(len(pupils), dtype=bool))
    rows = rows[next_working_day(rows.day) == rows.day]
    group = _year_group(pupils, rows.at, rows.day)
    rows = rows[(group >= 0) & (group <= LAST_COMPULSORY)]
    end = chance.days_after("education missing for", rows.day, rules.takes_cd, pupils.number[rows.at], rows.day)
    kept = end < pupils.leaves[rows.at]
    return Rows(at=rows.at, start=rows.day, end=end, at_home=np.zeros(len(rows), dtype=bool))[kept]


def _missing_education(world: World, pupils: Rows, rows: Rows, schools: _SchoolAt, day: int) -> Rows:
    rules, chance = world.scenario.education.missing_education, world.chance
    key = (pupils.number[rows.at], rows.start)
    told = np.minimum(chance.days_after("education missing told", rows.start, rules.notified_after_cd, *key), rows.end)
    asked = chance.working_days_after("education missing asked", told, rules.enquiries_take_wd, *key)
    is_open = rows.end > day
    reason = chance.pick("education missing reason", rules.reason, *key)
    known = chance.happens("education whereabouts", rules.whereabouts_known, *key) & ~reason.isin("whereabouts_unknown")
    return Rows(
        missing_education_id=world.ids(world.of_day(pupils.child_id[rows.at], rows.start)),
        child_id=pupils.child_id[rows.at],
        missing_education_start_date=rows.start,
        notified_date=until(told, day),
        notified_by=chance.pick("education missing told by", rules.notified_by, *key).blank_where(told > day),
        missing_education_reason=reason,
        last_school_urn=schools.on(rows.at, rows.start),
        whereabouts_known=yes_no(known),
        enquiries_completed_date=until(asked, day),
        missing_education_end_date=until(rows.end, day),
        missing_education_outcome=chance.pick("education missing outcome", rules.outcome, *key).blank_where(is_open),
        team_code=world.case_on(pupils.child[rows.at], np.minimum(rows.end, day)).team,
    )


def _home_checks(world: World, pupils: Rows, home: Rows, day: int) -> Rows:
    """Checks of home education that fell due or will within a quarter of a year; rows of a period stand together."""
    rules, chance = world.scenario.education.home_education, world.chance
    number = pupils.number[home.at]
    first = home.start + chance.band("education first check", rules.first_check_cd, number)
    last = np.minimum(home.end, day + 90)
    row, place, due = chance.repeated("education checks", first, last, rules.next_checks_cd, number)
    of, key = home[row], (number[row], place)
    checked = chance.days_after("education checked", due, rules.checked_after_cd, *key)
    done = ~chance.happens("education not checked", rules.not_checked, *key) & (checked <= of.end) & (checked <= day)
    kind = chance.pick("education check kind", rules.kind, *key)
    return Rows(
        home=row,
        number=place,
        due=due,
        checked=where(done, np.maximum(checked, of.start)),
        kind=kind.blank_where(~done),
        is_judged=done & ~kind.isin("declined"),
        is_suitable=chance.happens("education suitable", rules.suitable, *key),
    )


def _shown_checks(world: World, pupils: Rows, home: Rows, checks: Rows, day: int) -> Rows:
    child_id = pupils.child_id[home.at[checks.home]]
    seen = checks.kind.isin("visit", "meeting", "online")
    return Rows(
        home_education_check_id=world.ids(plain(child_id) * 100 + checks.number),
        home_education_id=child_id,
        child_id=child_id,
        check_due_date=checks.due,
        checked_date=checks.checked,
        check_kind=checks.kind,
        child_seen=yes_no(seen, checks.checked == BLANK),
        suitability_found=choose(
            len(checks), (~checks.is_judged, None), (checks.is_suitable, "suitable"), otherwise="unsuitable"
        ),
    )


def _home_education(world: World, pupils: Rows, rows: Rows, checks: Rows, schools: _SchoolAt, day: int) -> Rows:
    rules, chance, number = world.scenario.education.home_education, world.chance, pupils.number[rows.at]
    latest = np.full(len(rows), -1)
    judged = checks[checks.is_judged]
    latest[judged.home] = judged.is_suitable  # the last one of a period stays
    unsuitable = judged[~judged.is_suitable]
    found = np.full(len(rows), BLANK, dtype=np.int32)
    found[unsuitable.home[::-1]] = unsuitable.checked[::-1]  # the first one stays
    ordered = chance.days_after("education order", found, rules.attendance_order_after_cd, number)
    ordered = np.where(
        chance.happens("education ordered", rules.attendance_order, number) & (ordered <= rows.end), ordered, BLANK
    )
    too_old = _year_group(pupils, rows.at, rows.end) >= LAST_COMPULSORY
    reason = {n: w for n, w in rules.end_reason.items() if n != "left_compulsory_age"}
    ended = choose(
        len(rows), (too_old, "left_compulsory_age"), otherwise=chance.pick("education home ended", reason, number)
    )
    return Rows(
        home_education_id=pupils.child_id[rows.at],  # a child is educated at home once
        child_id=pupils.child_id[rows.at],
        home_education_start_date=rows.start,
        home_education_reason=chance.pick("education home reason", rules.reason, number),
        previous_school_urn=schools.on(rows.at, rows.start),
        latest_suitability=Words(latest.astype(np.int32), ("unsuitable", "suitable")),
        attendance_order_date=until(ordered, day),
        home_education_end_date=until(rows.end, day),
        home_education_end_reason=ended.blank_where(rows.end > day),
        team_code=world.case_on(pupils.child[rows.at], np.minimum(rows.end, day)).team,
    )


# --- suspensions and exclusions -----------------------------------------------------------------------------------


def _exclusions(world: World, pupils: Rows, calendar: SchoolCalendar) -> Rows:
    """Suspensions and permanent exclusions while a case is open, all of them a few children's; on school days only."""
    rules, chance = world.scenario.education.exclusions, world.chance
    prone = chance.happens("education prone", rules.prone, pupils.number)
    rows = _in_episodes(world, pupils, "education exclusion", 365.25 / rules.a_year, rules.most, prone)
    number, group = pupils.number[rows.at], _year_group(pupils, rows.at, rows.day)
    kept = calendar.is_open(rows.day) & (group >= 0) & (group <= LAST_COMPULSORY) & (rows.day < pupils.leaves[rows.at])
    kept &= (group >= SECONDARY) | chance.happens("education exclusion primary", rules.primary, number, rows.day)
    rows, number = rows[kept], number[kept]
    is_permanent = chance.happens("education permanent", rules.permanent, number, rows.day)
    sessions = chance.band("education sessions", rules.sessions, number, rows.day)
    end = np.where(is_permanent, rows.day, calendar.after(rows.day, (sessions + 1) // 2 - 1)).astype(np.int32)
    rows = Rows(at=rows.at, start=rows.day, end=end, is_permanent=is_permanent, sessions=sessions)
    rows = rows[np.lexsort((rows.end, rows.start, rows.at))]
    return rows[~begins_in_an_earlier_one(rows.at, rows.start, rows.end)]


def _shown_exclusions(
    world: World, pupils: Rows, rows: Rows, schools: _SchoolAt, calendar: SchoolCalendar, day: int, begins: int
) -> Rows:
    rules, chance = world.scenario.education.exclusions, world.chance
    rows = rows[(rows.start >= begins) & (rows.start <= day)]
    key = (pupils.number[rows.at], rows.start)
    back = chance.days_after("education reinstated on", rows.start, rules.reinstated_after_cd, *key)
    reinstated = rows.is_permanent & chance.happens("education reinstated", rules.reinstated, *key)
    return Rows(
        exclusion_id=world.ids(world.of_day(pupils.child_id[rows.at], rows.start)),
        child_id=pupils.child_id[rows.at],
        exclusion_start_date=rows.start,
        exclusion_end_date=where(~rows.is_permanent, rows.end),
        permanent=yes_no(rows.is_permanent),
        sessions_excluded=where(~rows.is_permanent, rows.sessions),
        exclusion_reason=chance.pick("education exclusion reason", rules.reason, *key),
        school_urn=schools.on(rows.at, rows.start),
        cancelled=yes_no(chance.happens("education cancelled", rules.cancelled, *key)),
        reinstated_date=until(np.where(reinstated, back, BLANK), day),
        social_worker_told=yes_no(chance.happens("education worker told", rules.social_worker_told, *key)),
    )


# --- children looked after ----------------------------------------------------------------------------------------


def _in_care(world: World, pupils: Rows, day: int, begins: int) -> Rows:
    """Periods of being looked after of pupils, as far as they are known on `day`."""
    care = world.care
    at = np.minimum(np.searchsorted(pupils.child, care.child), max(len(pupils) - 1, 0))
    mine = (
        (pupils.child[at] == care.child) & (care.start <= day) & (care.end >= begins)
        if len(pupils)
        else np.zeros(len(care), dtype=bool)
    )
    return Rows(at=at, start=care.start, end=care.end)[mine]


def _peps(world: World, pupils: Rows, schools: _SchoolAt, calendar: SchoolCalendar, day: int, begins: int) -> Rows:
    """Personal education plans: the first within ten school days of coming into care, then one every term."""
    care = _in_care(world, pupils, day, begins)
    rows = stack(
        [_initial_peps(world, pupils, care, calendar), _termly_peps(world, pupils, care, calendar, day, begins)]
    )
    group = _year_group(pupils, rows.at, rows.due)
    # a plan due after the child has left, and not done before, falls away
    left = (rows.end <= day) & (rows.end < np.where(rows.meeting == BLANK, rows.due, rows.meeting))
    rows = rows[(group >= 0) & (group <= LAST_YEAR_GROUP) & ~left]
    return _shown_peps(world, pupils, rows, schools, calendar, day)


def _initial_peps(world: World, pupils: Rows, care: Rows, calendar: SchoolCalendar) -> Rows:
    rules, chance, number = world.scenario.education.peps, world.chance, pupils.number[care.at]
    due = calendar.after(care.start, rules.initial_after_school_days)
    part = chance.uniform("education first pep", number, care.start)
    in_time = calendar.after(care.start, 2 + np.floor(part * (rules.initial_after_school_days - 1)).astype(np.int64))
    late = next_working_day(due + chance.band("education first pep late", rules.initial_late_cd, number, care.start))
    on_time = chance.happens("education first pep on time", rules.initial_on_time, number, care.start)
    started = np.where(on_time, in_time, late).astype(np.int32)
    return Rows(
        at=care.at, end=care.end, due=due, started=started, meeting=calendar.after(started, 2),
        initial=np.ones(len(care), dtype=bool),
    )  # fmt: skip


def _termly_peps(world: World, pupils: Rows, care: Rows, calendar: SchoolCalendar, day: int, begins: int) -> Rows:
    """One row a child and term that has begun, for children looked after since before the term."""
    rules, chance = world.scenario.education.peps, world.chance
    first, last = calendar.first[:, ::2].ravel(), calendar.last[:, 1::2].ravel()  # of whole terms
    low, high = rules.meeting_within
    parts = [Rows(at=care.at, end=care.end, due=care.end, started=care.end, meeting=care.end, initial=care.end > 0)[:0]]
    for term in np.flatnonzero((first <= day) & (last >= begins)):
        rows = care[(care.start < first[term]) & (care.end >= first[term])]
        key = (pupils.number[rows.at], np.full(len(rows), first[term]))
        share = low + (high - low) * chance.uniform("education pep meeting", *key)
        meeting = calendar.after((first[term] + np.floor(share * (last[term] - first[term]))).astype(np.int64), 0)
        drifts = chance.happens(
            "education pep drifts", rules.drifts, pupils.number[rows.at], school_year(np.full(len(rows), first[term]))
        )
        share = np.where(drifts, rules.held_of_drifting, rules.held)
        meeting = where(chance.happens("education pep held", share, *key), meeting)
        before = meeting - chance.band("education pep started", rules.started_before_meeting_cd, *key)
        parts.append(
            Rows(
                at=rows.at,
                end=rows.end,
                due=np.full(len(rows), last[term], dtype=np.int32),
                started=where(meeting != BLANK, np.maximum(before, first[term])),
                meeting=meeting,
                initial=np.zeros(len(rows), dtype=bool),
            )  # fmt: skip
        )
    return stack(parts)


def _shown_peps(world: World, pupils: Rows, rows: Rows, schools: _SchoolAt, calendar: SchoolCalendar, day: int) -> Rows:
    rules, chance = world.scenario.education.peps, world.chance
    key = (pupils.number[rows.at], rows.due)
    completed = chance.days_after("education pep completed", rows.meeting, rules.completed_after_cd, *key)
    last = np.minimum(rows.end, day)  # nothing is done after the child has left

    def done(column: Array) -> Array:
        return where(column <= last, column)

    started, meeting, completed = done(rows.started), done(rows.meeting), done(completed)
    term = np.searchsorted(calendar.first[:, ::2].ravel(), rows.due, side="right") - 1
    return Rows(
        pep_id=world.ids(world.of_day(pupils.child_id[rows.at], rows.due) * 2 + rows.initial),
        child_id=pupils.child_id[rows.at],
        initial_plan=yes_no(rows.initial),
        pep_due_date=rows.due,
        pep_started_date=started,
        pep_meeting_date=meeting,
        pep_completed_date=completed,
        academic_year=texts_of(school_year(rows.due), two_years),
        term=Words((term % 3).astype(np.int32), TERMS),
        quality_grade=chance.pick("education pep grade", rules.grade, *key).blank_where(completed == BLANK),
        child_took_part=yes_no(chance.happens("education pep child", rules.child_took_part, *key), meeting == BLANK),
        social_worker_attended=yes_no(
            chance.happens("education pep worker", rules.social_worker_attended, *key), meeting == BLANK
        ),
        school_urn=schools.on(rows.at, np.minimum(rows.due, day)),
    )


def _timetables(
    world: World, pupils: Rows, schools: _SchoolAt, calendar: SchoolCalendar, day: int, begins: int
) -> Rows:
    """The timetable of each school year of a child looked after, cut where the child is for a while not in full-time education."""
    rules, chance = world.scenario.education.timetables, world.chance
    care = _in_care(world, pupils, day, begins)
    parts = [Rows(at=care.at, start=care.start, end=care.end, full=care.end > 0)[:0]]
    for year in range(int(school_year(begins)), int(school_year(day)) + 1):
        year_begins, year_ends = int(calendar.begins(year)), int(calendar.begins(year + 1)) - 1
        start, end = np.maximum(care.start, year_begins), np.minimum(care.end, year_ends)
        group = year - pupils.starts[care.at]
        at, start, end = (c[(start <= end) & (group >= 0) & (group <= LAST_COMPULSORY)] for c in (care.at, start, end))
        number = pupils.number[at]
        key = (number, np.full(len(at), year))
        has_less = chance.happens("education not full-time", rules.not_full_time, *key)
        low = next_working_day(
            year_begins + np.floor(250 * chance.uniform("education not full-time from", *key)).astype(np.int64)
        )
        high = low + chance.band("education not full-time for", rules.not_full_time_takes_cd, *key)
        low, high = np.maximum(low, start), np.minimum(high, end)
        has_less &= low <= high
        less = Rows(at=at, start=low.astype(np.int32), end=high.astype(np.int32), full=np.zeros(len(at), dtype=bool))[
            has_less
        ]
        full = np.ones(len(at), dtype=bool)
        before = Rows(at=at, start=start, end=np.where(has_less, low - 1, end).astype(np.int32), full=full)
        after = Rows(at=at, start=(high + 1).astype(np.int32), end=end, full=full)[has_less]
        parts += [before[before.start <= before.end], less, after[after.start <= after.end]]
    rows = stack(parts)
    rows = rows[(rows.start <= day) & (rows.end >= begins)]
    return _shown_timetables(world, pupils, rows, schools, day)


def _shown_timetables(world: World, pupils: Rows, rows: Rows, schools: _SchoolAt, day: int) -> Rows:
    rules, chance, count = world.scenario.education.timetables, world.chance, len(rows)
    key = (pupils.number[rows.at], rows.start)
    provision = choose(
        count, (rows.full, "school"), otherwise=chance.pick("education provision", rules.provision, *key)
    )
    spans = np.array([rules.hours if w == "school" else rules.hours_not_full_time[w] for w in provision.words])[
        provision.index
    ]
    hours = spans[:, 0] + (spans[:, 1] - spans[:, 0]) * chance.uniform("education hours", *key)
    due = where(~rows.full, rows.start + rules.review_due_cd)
    reviewed = chance.days_after("education timetable reviewed", due, [(-7, 9, 1)], *key)
    reviewed = np.where(
        chance.happens("education timetable review", rules.reviewed, *key) & (reviewed <= rows.end), reviewed, BLANK
    )
    planned = rows.start + chance.band("education full-time planned", rules.full_time_planned_cd, *key)
    return Rows(
        timetable_id=world.ids(world.of_day(pupils.child_id[rows.at], rows.start)),
        child_id=pupils.child_id[rows.at],
        provision=provision,
        hours_per_week=np.round(hours * 2) / 2,
        timetable_start_date=rows.start,
        timetable_review_due_date=due,
        timetable_reviewed_date=until(reviewed, day),
        planned_full_time_date=where(~rows.full, planned),
        timetable_end_date=until(rows.end, day),
        timetable_reason=chance.pick("education timetable reason", rules.reason, *key).blank_where(rows.full),
        agreed_by_virtual_school=yes_no(rows.full | chance.happens("education timetable agreed", rules.agreed, *key)),
        school_urn=np.where(provision.isin("none"), -1, schools.on(rows.at, rows.start)),
    )
