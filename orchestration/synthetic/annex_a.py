"""The Annex A workbook of a snapshot day: which rows each list shows and how they are written; headers and code texts come from the contract."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from expectations.contracts import CodeSet, Column, Contracts, Table, load_contracts
from orchestration.periods import Period
from orchestration.synthetic import residential
from orchestration.synthetic.columns import fill
from orchestration.synthetic.days import age_on, as_date, months_later, year_before
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, last_of_group, word, yes_no
from orchestration.synthetic.spells import DAY_BITS, until, where

if TYPE_CHECKING:
    from xlsxwriter.format import Format

    from orchestration.synthetic.world import World

SOURCE = "annex_a"
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WIDTH = 16
EXCEL_DAY_0 = 693_594  # the ordinal of the day from which Excel counts, 30 December 1899
ADOPTER = 5_000_000  # block of case numbers, two to a family
INTERVIEW_TOLD_AFTER = 7  # days after the child is back


def workbook_name(month: Period) -> str:
    """The name of a month's workbook."""
    return f"Annex_A_{month.start.year}_{MONTH_NAMES[month.start.month - 1]}.xlsx"


def window_start(day: int, months: int) -> int:
    """First day of the window of so many months that ends on `day`: the same day of the earlier month, or its last day."""
    return int(months_later(day, -months))


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The lists as they stand on `day`. How far back each reaches is its window in the contract, whatever `begins` says."""
    found = {}
    for name, table in load_contracts().sources[SOURCE].tables.items():
        start = window_start(day, table.window.months) if table.window else day
        found[name] = LISTS[name](world, day, start)
    return found


# --- the workbook -------------------------------------------------------------------------------------------------


class _Sheet(Worksheet):
    """A sheet that takes the cells below its header column by column: one call a cell takes six times as long."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[list[str]] = []

    def write_columns(self, table: Table, rows: Rows, code_sets: Mapping[str, CodeSet], dated: Format) -> None:
        """Take the columns of a list below the header; blank cells are left out."""
        style = f' s="{dated._get_xf_index()}"'
        for position, column in enumerate(table.columns):
            values, letters = rows.columns[column.name], xl_col_to_name(position)
            if isinstance(values, Words):
                ends = [self._text(t) for t in _texts(column.codes, values, code_sets)]
                ends = [ends[i] if i >= 0 else "" for i in values.index.tolist()]
            else:
                ends = [self._value(v, style) for v in _plain(column, np.asarray(values))]
            self._cells.append([f'<c r="{letters}{n}"{end}' if end else "" for n, end in enumerate(ends, start=2)])
        self.dim_rowmax = len(rows)

    def _text(self, text: str) -> str:
        return f' t="s"><v>{self.str_table._get_shared_string_index(text)}</v></c>'

    def _value(self, value: Any, style: str) -> str:  # noqa: ANN401 - what a cell may hold
        if value is None or value == "":
            return ""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, date):
            return f"{style}><v>{value.toordinal() - EXCEL_DAY_0}</v></c>"
        return f"><v>{value:.16G}</v></c>" if isinstance(value, float) else f"><v>{value}</v></c>"

    def _write_rows(self) -> None:
        self.dim_rowmax = 0  # the header goes the usual way
        super()._write_rows()
        for number, cells in enumerate(zip(*self._cells, strict=True), start=2):
            self.fh.write(f'<row r="{number}">{"".join(cells)}</row>')


def workbook(world: World, day: int, contracts: Contracts, shown: Mapping[str, Rows] | None = None) -> bytes:
    """The workbook of `day`: header in row 1, sheets `List 1` to `List 11`, real dates, coded texts.

    `shown` are the lists with every column of the contract, when they are at hand; a list it lacks is an empty sheet.
    """
    lists = contracts.sources[SOURCE].tables
    if shown is None:
        made = tables(world, day, world.begins_day)
        shown = {n: fill(t, made[n], day, world.chance, contracts.code_sets) for n, t in lists.items()}
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    today = as_date(day)
    book.set_properties({"created": datetime(today.year, today.month, today.day), "title": "Annex A"})
    header, dated = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    for name, table in lists.items():
        sheet = book.add_worksheet(table.sheets[0], worksheet_class=_Sheet)
        for position, column in enumerate(table.columns):
            sheet.write_string(0, position, column.title, header)
        sheet.set_column(0, len(table.columns) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
        if name in shown:
            sheet.write_columns(table, shown[name], contracts.code_sets, dated)
    book.close()
    return buffer.getvalue()


def _texts(set_name: str | None, values: Words, code_sets: Mapping[str, CodeSet]) -> list[str]:
    """What stands in the cells for each of the words."""
    known = code_sets[set_name].texts if set_name else {}
    return [known.get(w, w) for w in values.words]


def _plain(column: Column, values: Array) -> list[Any]:
    """The values of a column that is not words: dates, numbers, None for a blank."""
    if values.dtype.kind in "OU":
        return list(values.tolist())
    found: list[Any] = values.tolist()
    if column.type == "date":
        return [None if v == BLANK else as_date(v) for v in found]
    if values.dtype.kind == "f":
        return [None if v != v else v for v in found]
    least = 0 if column.type == "id" else BLANK + 1
    return [None if v < least else v for v in found]


# --- what every list shows of a child and its case ----------------------------------------------------------------


def _child(world: World, child: Array, day: int) -> dict[str, Any]:
    people = world.children[child]
    unborn = people.born > day
    return {
        "child_id": people.child_id,
        "gender": choose(len(child), (unborn, "not_stated"), otherwise=people.sex),
        "ethnicity": people.ethnicity,
        "date_of_birth": where(~(unborn & people.birth_blank), people.born),
        "age": age_on(people.born, day).astype(np.float64),
    }


def _held(world: World, child: Array, days: Array) -> dict[str, Words]:
    """The names of the team and the worker who held each child's case on each day."""
    case = world.case_on(child, days)
    return {"team": _team_names(world, case.team), "worker": world.organisation.names(case.worker)}


def _team_names(world: World, codes: Words) -> Words:
    teams = world.organisation.teams
    return codes.translated(dict(zip(teams.team_code.strings(), teams.team_name.strings(), strict=True)))


def _last_days(start: Array, end: Array, day: int) -> Array:
    """The last day of each spell up to `day`; on the day it ends another team has the case."""
    return np.minimum(np.maximum(np.where(end == BLANK, day, end - 1), start), day)


def _children_of(world: World, name: str, child: Array) -> Any:  # noqa: ANN401 - an array or Words
    return world.children.columns[name][child]


def _latest(group: Array, day: Array, count: int) -> Array:
    """For each of `count` groups the position of its latest row, -1 without one."""
    order = np.argsort(group.astype(np.int64) << DAY_BITS | day, kind="stable")
    last = order[last_of_group(group[order])]
    found = np.full(count, -1, dtype=np.int64)
    found[group[last]] = last
    return found


def _day_at(days: Array, positions: Array) -> Array:
    """The day of each position, blank for -1."""
    return where(positions >= 0, np.append(days, BLANK)[positions])


def _latest_day(group: Array, day: Array, count: int) -> Array:
    """For each of `count` groups the latest of its days, blank without one."""
    found = np.full(count, BLANK, dtype=np.int32)
    np.maximum.at(found, group, day.astype(np.int32))
    return found


def _count_between(of: Array, days: Array, child: Array, first: Array, before: Array) -> Array:
    """How many of the events (child and day) each child has from `first` to the day before `before`."""
    keys = np.sort(of.astype(np.int64) << DAY_BITS | days)
    child = child.astype(np.int64) << DAY_BITS
    return (np.searchsorted(keys, child | before) - np.searchsorted(keys, child | first)).astype(np.int32)


def _latest_of_each_child(spells: Rows, end: Array, start: int, day: int) -> Array:
    """Positions of each child's latest spell among those open, or ended since `start`."""
    listed = np.flatnonzero((spells.start <= day) & ((end == BLANK) | (end >= start)))
    order = listed[np.lexsort((spells.start[listed], spells.child[listed]))]
    return np.sort(order[last_of_group(spells.child[order])])


def _visits(world: World, day: int, *kinds: str) -> Rows:
    """Visits made and recorded by `day`, of all kinds unless some are named."""
    rows = world.visits
    known = (rows.day <= day) & (rows.recorded <= day)
    return rows[known & rows.kind.isin(*kinds) if kinds else known]


def _reviews(world: World, day: int, kind: str) -> Rows:
    """Reviews held by `day`."""
    rows = world.reviews
    return rows[rows.kind.isin(kind) & (rows.held != BLANK) & (rows.held <= day)]


# --- the lists ----------------------------------------------------------------------------------------------------


def list_1(world: World, day: int, start: int) -> Rows:
    """Contacts in the window, one row per child per contact; two of a day from one source cannot be told apart."""
    rows = world.contacts[(world.contacts.day >= start) & (world.contacts.day <= day)]
    same = np.stack([rows.child, rows.day, rows.source.index])
    rows = rows[np.sort(np.unique(same, axis=1, return_index=True)[1])]
    return Rows(_child(world, rows.child, day), contact_date=rows.day, contact_source=rows.source)


def list_2(world: World, day: int, start: int) -> Rows:
    """Early help assessments begun in the window or still open."""
    rows = world.early_help
    rows = rows[(rows.start <= day) & ((rows.start >= start) | (rows.end > day))]
    return Rows(
        _child(world, rows.child, day),
        assessment_start_date=rows.start,
        assessment_completion_date=until(rows.end, day),
        organisation=rows.organisation,
    )


def list_3(world: World, day: int, start: int) -> Rows:
    """Referrals in the window; the count is of the 12 months before the child's latest referral, on each of its rows."""
    known = world.episodes[world.episodes.start <= day]
    latest = _latest_day(known.child, known.start, len(world.children))
    rows = known[known.start >= start]
    latest = latest[rows.child]
    return Rows(
        _child(world, rows.child, day),
        referral_date=rows.start,
        referral_source=rows.source,
        referral_nfa=yes_no(rows.nfa),
        referrals_last_12_months=_count_between(known.child, known.start, rows.child, year_before(latest), latest),
        **_referred_to(world, rows),
    )


def _referred_to(world: World, rows: Rows) -> dict[str, Words]:
    team, worker = world.referred_to(rows)
    return {"team": _team_names(world, team), "worker": world.organisation.names(worker)}


def list_4(world: World, day: int, start: int) -> Rows:
    """Assessments open, or authorised in the window; an authorisation counts from the day on which it was recorded."""
    rows = world.assessments.having(authorised=world.authorised_on(day), ended=world.assessments.authorised)
    rows = rows[(rows.start <= day) & ((rows.authorised == BLANK) | (rows.authorised >= start))]
    is_open = rows.authorised == BLANK
    seen = until(rows.seen_on, day) != BLANK
    unborn = _children_of(world, "born", rows.child) > np.minimum(rows.ended, day)
    return Rows(
        _child(world, rows.child, day),
        disability=_children_of(world, "disability", rows.child),
        assessment_start_date=rows.start,
        child_seen=choose(len(rows), (unborn, "unknown"), (seen, "yes"), otherwise="no"),
        authorisation_date=rows.authorised,
        support_required=yes_no(rows.in_need, is_open),
        **_held(world, rows.child, _last_days(rows.start, rows.authorised, day)),
    )


def list_5(world: World, day: int, start: int) -> Rows:
    """Section 47 enquiries open in the window, or with a conference in it; one row per enquiry. A child who moved in with a plan
    had none here."""
    known = world.enquiries[(world.enquiries.start <= day) & ~world.enquiries.transfer_in]
    held_on = until(known.conference, day)
    listed = (known.concluded >= start) | (known.conference >= start)
    rows, conference = known[listed], held_on[listed]
    held, year_ago = known[held_on != BLANK], year_before(rows.start)
    return Rows(
        _child(world, rows.child, day),
        disability=_children_of(world, "disability", rows.child),
        strategy_discussion_date=rows.start,
        icpc_not_required=yes_no(rows.conference == BLANK, rows.concluded > day),
        icpc_date=conference,
        icpc_led_to_plan=yes_no(rows.led_to_plan, conference == BLANK),
        s47_last_12_months=_count_between(known.child, known.start, rows.child, year_ago, rows.start),
        icpcs_last_12_months=_count_between(held.child, held.conference, rows.child, year_ago, rows.start),
        **_held(world, rows.child, rows.start),
    )


def list_6(world: World, day: int, start: int) -> Rows:
    """Children in need: the latest episode, open or closed in the window, without adult care leavers."""
    episodes = world.episodes[~world.episodes.nfa]
    rows = episodes[_latest_of_each_child(episodes, episodes.closed, start, day)]
    served = world.leavers.child[(world.leavers.start <= day) & (world.leavers.end > day)]
    adult = world.children.adult_on[rows.child] <= day
    rows = rows[~(np.isin(rows.child, served) & adult & (rows.closed > day))]
    closed = until(rows.closed, day)
    visits = _visits(world, day)
    visits = visits[visits.seen]
    seen = _latest_day(visits.child, visits.day, len(world.children))[rows.child]
    seen = np.maximum(seen, until(rows.seen_on, day))
    status = world.case_on(rows.child, day).status
    return Rows(
        _child(world, rows.child, day),
        disability=_children_of(world, "disability", rows.child),
        cin_start_date=rows.start,
        primary_need=rows.need,
        last_seen_date=where(seen >= rows.start, seen),  # not of the episode before
        cin_closure_date=closed,
        closure_reason=rows.reason.blank_where(closed == BLANK),
        # the template knows no other help: what follows an assessment without a plan counts as the assessment
        case_status=choose(
            len(rows),
            (closed != BLANK, "closed"),
            (status.isin("looked_after", "child_protection", "child_in_need_plan"), status),
            otherwise="open_assessment",
        ),
        **_held(world, rows.child, _last_days(rows.start, closed, day)),
    )


def list_7(world: World, day: int, start: int) -> Rows:
    """Child protection: the latest plan, open or ended in the window."""
    place = _latest_of_each_child(world.plans, world.plans.end, start, day)
    rows, count = world.plans[place], len(world.plans)
    end = until(rows.end, day)
    visits = _visits(world, day, "cp")
    last_visit = _latest(visits.spell, visits.day, count)[place]
    reviews = _reviews(world, day, "cp")
    reviewed = _latest_day(reviews.spell, reviews.held, count)[place]
    changed = (rows.category_changed != BLANK) & (rows.category_changed <= day)
    return Rows(
        _child(world, rows.child, day),
        disability=_children_of(world, "disability", rows.child),
        cp_plan_start_date=rows.start,
        initial_category=rows.category,
        latest_category=choose(len(rows), (changed, rows.latest_category), otherwise=rows.category),
        last_statutory_visit_date=_day_at(visits.day, last_visit),
        seen_alone=_seen_alone(visits, last_visit),
        latest_review_date=reviewed,
        cp_plan_end_date=end,
        emergency_protection=yes_no(rows.emergency & (rows.start >= start)),
        previous_cp_plans=rows.previous.astype(np.int32),
        **_held(world, rows.child, _last_days(rows.start, end, day)),
    )


def _seen_alone(visits: Rows, place: Array) -> Words:
    """Whether a child was seen alone at the visit; `unknown` (not appropriate) for one too young, blank without a visit."""
    none, count = place < 0, len(place)
    if not len(visits):
        return word(None, count)
    too_young, alone = ~visits.old_enough[place] & ~none, visits.alone[place] & ~none
    return choose(count, (none, None), (too_young, "unknown"), (alone, "yes"), otherwise="no")


def list_8(world: World, day: int, start: int) -> Rows:
    """Children looked after: the latest period of care, open or ended in the window."""
    care, count = world.care, len(world.care)
    place = _latest_of_each_child(care, care.end, start, day)
    rows = care[place]
    end = until(rows.end, day)
    last = np.minimum(care.end, day).astype(np.int32)  # of every period, also of those not listed
    year_ago = year_before(last)

    legal = world.legal[world.legal.start <= day]
    status = _latest(legal.care, legal.start, count)[place]
    visits = _visits(world, day, "cla")
    reviews = _reviews(world, day, "cla")
    health = world.health[(world.health.day <= day) & world.health.status.isin("completed")]
    dental = health.kind.isin("dental_check")
    return Rows(
        _child(world, rows.child, day),
        uasc=yes_no(_children_of(world, "unaccompanied", rows.child)),
        disability=_children_of(world, "disability", rows.child),
        cla_start_date=rows.start,
        category_of_need=rows.need,
        second_period=yes_no(
            _count_between(care.child, care.end, rows.child, year_before(rows.start), rows.start + 1) > 0
        ),
        legal_status_start_date=legal.start[status],
        legal_status=legal.status[status],
        latest_review_date=_latest_day(reviews.spell, reviews.held, count)[place],
        last_social_work_visit_date=_latest_day(visits.spell, visits.day, count)[place],
        permanence_plan=_permanence_plans(world, day)[place],
        last_iro_contact_date=world.last_of_cycle(
            "iro contact", world.scenario.looked_after.iro_contact_every_cd, rows.key, rows.start, last[place]
        ),
        last_health_assessment_date=_latest_day(health.care[~dental], health.day[~dental], count)[place],
        last_dental_check_date=_latest_day(health.care[dental], health.day[dental], count)[place],
        cla_end_date=end,
        cla_end_reason=rows.end_reason.blank_where(end == BLANK),
        **_placements(world, place, last, year_ago, day),
        **_absences(world, place, year_ago, day),
        **_held(world, rows.child, _last_days(rows.start, end, day)),
    )


def _permanence_plans(world: World, day: int) -> Words:
    """The permanence plan of every period of care: adoption from the decision on, until it is changed."""
    care, cases = world.care, world.adoptions
    decided = np.zeros(len(care), dtype=bool)
    decided[cases.care[(cases.decision <= day) & ((cases.reversed == BLANK) | (cases.reversed > day))]] = True
    other = world.chance.pick("permanence plan", world.scenario.looked_after.permanence_plan, care.key)
    return choose(len(care), (decided, "adoption"), otherwise=other)


def _placements(world: World, place: Array, last: Array, year_ago: Array, day: int) -> dict[str, Any]:
    """The latest placement, and how many homes the child had in the 12 months, the one it was in at their start included."""
    known = world.placements.having(urn=residential.placement_urns(world))
    known = known[known.start <= day]
    latest = _latest(known.care, known.start, len(last))[place]
    # the same home under another status is no new placement
    home = np.maximum.accumulate(np.where(known.status_only, 0, np.arange(len(known))))
    moved = ~known.status_only & (known.number > 0) & (known.start > year_ago[known.care])
    rows = known[latest]
    return {
        "placements_last_12_months": 1 + np.bincount(known.care[moved], minlength=len(last)).astype(np.int32)[place],
        "placement_start_date": known.start[home[latest]],
        "placement_type": rows.kind,
        "placement_provider": rows.provider,
        "placement_postcode": rows.postcode,
        "placement_urn": rows.urn,
        "placement_location": choose(len(rows), (rows.outside, "out"), otherwise="in"),
        "placement_la": rows.authority,
    }


def _absences(world: World, place: Array, year_ago: Array, day: int) -> dict[str, Any]:
    """Episodes of being missing or absent from the placement in the 12 months, and the interview after the last missing one."""
    rows, count = world.missing, len(year_ago)
    rows = rows[(rows.care >= 0) & (rows.start <= day)]
    rows = rows[rows.start > year_ago[rows.care]]
    missing, absent = rows[~rows.absent], rows.care[rows.absent]
    last = _latest(missing.care, missing.start, count)[place]
    none, number = last < 0, np.bincount(missing.care, minlength=count).astype(np.int32)[place]
    if not len(missing):
        offered = accepted = word(None, len(place))
    else:
        not_told = ~none & (missing.end[last] + INTERVIEW_TOLD_AFTER > day)
        offered = choose(len(place), (not_told, "unknown"), otherwise=yes_no(missing.offered[last], none))
        accepted = yes_no(missing.accepted[last], ~offered.isin("yes"))
    return {
        "missing_episodes_last_12_months": number,
        "absent_episodes_last_12_months": np.bincount(absent, minlength=count).astype(np.int32)[place],
        "return_interview_offered": offered,
        "return_interview_accepted": accepted,
    }


def list_9(world: World, day: int, start: int) -> Rows:
    """Care leavers receiving a service on the day."""
    rows = world.leavers_on(day)
    held = _held(world, rows.child, np.full(len(rows), day))
    return Rows(
        _child(world, rows.child, day),
        uasc=yes_no(_children_of(world, "unaccompanied", rows.child)),
        disability=_children_of(world, "disability", rows.child),
        personal_adviser=held["worker"],
        eligibility=rows.eligibility,
        pathway_plan_review_date=rows.plan_reviewed,
        in_touch=rows.in_touch,
        latest_contact_date=rows.contact,
        accommodation_type=rows.accommodation,
        accommodation_suitability=rows.suitable,
        activity_status=rows.activity,
        **held,
    )


def list_10(world: World, day: int, start: int) -> Rows:
    """Children with an adoption decision that stood at some time in the window, each child's latest."""
    cases = world.adoptions.having(start=world.adoptions.decision)
    rows = cases[_latest_of_each_child(cases, np.maximum(cases.order, cases.reversed), start, day)]
    matched = until(rows.matched, day)
    families = np.append(world.adopter_families.family_id, -1)
    return Rows(
        _child(world, rows.child, day),
        family_id=families[np.where(matched == BLANK, -1, rows.family)],
        disability=_children_of(world, "disability", rows.child),
        care_entry_date=world.care.start[rows.care],
        adoption_decision_date=rows.decision,
        placement_order_date=until(rows.placement_order, day),
        matching_date=matched,
        placed_date=until(rows.placed, day),
        adoption_order_date=until(rows.order, day),
        decision_reversed_date=until(rows.reversed, day),
        reversal_reason=rows.reversal_reason.blank_where(until(rows.reversed, day) == BLANK),
        ffa_placement_date=until(rows.early_permanence, day),
    )


def list_11(world: World, day: int, start: int) -> Rows:
    """Adopters in the process at some time in the window; two rows for a couple."""
    families = world.adopter_families
    families = families.having(**world.adopters_on(day).columns, number=np.arange(len(families)))
    ended = np.maximum(until(families.left, day), until(families.finished, day))
    families = families[(families.enquiry <= day) & ((ended == BLANK) | (ended >= start))]
    left = until(families.left, day)
    of = np.repeat(np.arange(len(families)), np.where(families.couple, 2, 1))
    second = np.concatenate([[False], of[1:] == of[:-1]]) if len(of) else np.zeros(0, dtype=bool)
    rows, rules, chance = families[of], world.scenario.adopters, world.chance
    adopter = rows.number * 2 + second
    woman = chance.happens("adopter alone is a woman", 2 / 3, rows.key)
    return Rows(
        adopter_id=world.identities(ADOPTER + adopter),
        family_id=rows.family_id,
        gender=choose(len(rows), (second | ~(rows.couple | woman), "male"), otherwise="female"),
        ethnicity=chance.pick("adopter ethnicity", rules.ethnicity, rows.key, second),
        disability=yes_no(chance.happens("adopter disability", rules.disability, rows.key, second)),
        fostering_for_adoption=yes_no(rows.early_permanence),
        enquiry_date=rows.enquiry,
        stage_1_start_date=until(rows.stage_1, day),
        stage_1_end_date=until(rows.stage_1_end, day),
        stage_2_start_date=until(rows.stage_2, day),
        stage_2_end_date=until(rows.stage_2_end, day),
        application_date=until(rows.stage_2, day),
        approval_date=until(rows.approved, day),
        matched_date=until(rows.matched, day),
        placed_date=until(rows.placed, day),
        children_placed=where(rows.placed_count > 0, rows.placed_count),
        adoption_order_date=until(rows.finished, day),
        leaving_date=left[of],
        leaving_reason=rows.left_reason.blank_where(left[of] == BLANK),
    )


LISTS: dict[str, Callable[[World, int, int], Rows]] = {
    "list_1": list_1,
    "list_2": list_2,
    "list_3": list_3,
    "list_4": list_4,
    "list_5": list_5,
    "list_6": list_6,
    "list_7": list_7,
    "list_8": list_8,
    "list_9": list_9,
    "list_10": list_10,
    "list_11": list_11,
}
