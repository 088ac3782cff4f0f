"""The Annex A workbook of a snapshot date: which rows each list shows and how they are written; headers and code texts come from the contract."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import xlsxwriter

from expectations.contracts import Code, Contracts, Table
from orchestration.synthetic.chance import stable_number
from orchestration.synthetic.columns import with_unknown_columns
from orchestration.synthetic.lives import CarePeriod, Child, World, age_on, year_before

Row = dict[str, Any]
CODE_ONLY = {"ethnicity"}  # Ofsted's text is the code alone: a) WBRI
DASHED = {"need", "cin_closure_reason", "adopter_leaving_reason"}  # N1 - Abuse or neglect; other codes take a colon
YES_NO = {True: "yes", False: "no", None: None}


def code_text(set_name: str, code: Code) -> str:
    """The text of a code as Ofsted's template writes it, such as `a) Male`, `q) 6: Police`, `N1 - Abuse or neglect`."""
    letter = f"{code.letter}) " if code.letter else ""
    if set_name in CODE_ONLY:
        return letter + code.code
    if code.code == code.code.lower() and not code.code.isdigit():  # our own word, not a published code
        return letter + code.label
    return f"{letter}{code.code}{' - ' if set_name in DASHED else ': '}{code.label}"


def window_start(day: date, months: int) -> date:
    """First day of the window of so many months that ends on `day`: the same day of the earlier month, or its last day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def workbook(world: World, day: date, contracts: Contracts) -> bytes:
    """The workbook as it stands on `day`: header in row 1, sheets `List 1` to `List 11`, real dates, coded texts."""
    source = contracts.sources["annex_a"]
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": datetime(day.year, day.month, day.day), "title": "Annex A"})
    header, dated = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    for name, table in source.tables.items():
        sheet = book.add_worksheet(table.sheets[0])
        columns = [(c, _texts(contracts, c.codes)) for c in table.columns]
        for position, (column, _) in enumerate(columns):
            sheet.write_string(0, position, column.title, header)
        sheet.set_column(0, len(columns) - 1, 16)
        sheet.freeze_panes(1, 0)
        shown = with_unknown_columns(table, rows(world, day, table, name), day, contracts.code_sets)
        for number, row in enumerate(shown, start=1):
            for position, (column, texts) in enumerate(columns):
                value = row[column.name]
                if value is None:
                    continue
                if column.type == "date":
                    sheet.write_datetime(number, position, value, dated)
                elif column.type == "code":
                    sheet.write_string(number, position, texts[value])
                elif column.type in ("integer", "decimal", "id"):
                    sheet.write_number(number, position, int(value))
                else:
                    sheet.write_string(number, position, value)
    book.close()
    return buffer.getvalue()


def _texts(contracts: Contracts, set_name: str | None) -> dict[str, str]:
    return {c.code: code_text(set_name, c) for c in contracts.code_sets[set_name].codes} if set_name else {}


def rows(world: World, day: date, table: Table, name: str) -> Iterator[Row]:
    """The rows of a list on `day`, as canonical codes and dates by contract column; the window's months are the contract's."""
    start = window_start(day, table.window.months) if table.window else day
    return LISTS[name](world, day, start)


# --- the lists --------------------------------------------------------------------------------------------------


def _child(child: Child, day: date) -> Row:
    unborn = child.date_of_birth > day
    return {
        "child_id": child.child_id,
        "gender": "not_stated" if unborn else child.sex,
        "ethnicity": child.ethnicity,
        "date_of_birth": None if unborn and child.birth_blank else child.date_of_birth,
        "age": age_on(child.date_of_birth, day),
    }


def list_1(world: World, day: date, start: date) -> Iterator[Row]:
    """Contacts in the window, one row per child per contact."""
    for contact in world.contacts:
        if start <= contact.day <= day:
            yield _child(contact.child, day) | {"contact_date": contact.day, "contact_source": contact.source}


def list_2(world: World, day: date, start: date) -> Iterator[Row]:
    """Early help assessments begun in the window or still open."""
    for help_ in world.early_help:
        if help_.start <= day and (help_.start >= start or help_.ends > day):
            yield _child(help_.child, day) | {
                "assessment_start_date": help_.start,
                "assessment_completion_date": help_.ends if help_.ends <= day else None,
                "organisation": help_.organisation,
            }


def list_3(world: World, day: date, start: date) -> Iterator[Row]:
    """Referrals in the window; the count is of the 12 months before the child's latest referral, on each of its rows."""
    for referral in world.referrals:
        if referral.day >= start:
            known = [r.day for r in referral.child.referrals]
            yield (
                _child(referral.child, day)
                | {
                    "referral_date": referral.day,
                    "referral_source": referral.source,
                    "referral_nfa": YES_NO[referral.nfa],
                    "referrals_last_12_months": sum(year_before(known[-1]) <= d < known[-1] for d in known),
                }
                | _allocated(world, referral.team, referral.worker)
            )


def list_4(world: World, day: date, start: date) -> Iterator[Row]:
    """Assessments open, or authorised in the window."""
    for assessment in world.assessments:
        if assessment.authorised is None or assessment.authorised >= start:
            yield (
                _child(assessment.child, day)
                | {
                    "disability": assessment.child.disability,
                    "assessment_start_date": assessment.start,
                    "child_seen": _seen(assessment.child, assessment.seen_on, assessment.authorised or day),
                    "authorisation_date": assessment.authorised,
                    "support_required": YES_NO[assessment.support],
                }
                | _allocated(world, assessment.team, assessment.worker)
            )


def _seen(child: Child, seen_on: date | None, by: date) -> str:
    if child.date_of_birth > by:
        return "unknown"
    return "yes" if seen_on and seen_on <= by else "no"


def list_5(world: World, day: date, start: date) -> Iterator[Row]:
    """Section 47 enquiries begun in the window, still open, or with a conference in the window; one row per enquiry."""
    for enquiry in world.enquiries:
        is_open = enquiry.not_required is None or (enquiry.not_required is False and enquiry.conference is None)
        if is_open or enquiry.day >= start or (enquiry.conference and enquiry.conference >= start):
            others = [e for e in enquiry.child.enquiries if e is not enquiry]
            earliest = year_before(enquiry.day)
            yield (
                _child(enquiry.child, day)
                | {
                    "disability": enquiry.child.disability,
                    "strategy_discussion_date": enquiry.day,
                    "icpc_not_required": YES_NO[enquiry.not_required],
                    "icpc_date": enquiry.conference,
                    "icpc_led_to_plan": YES_NO[enquiry.led_to_plan],
                    "s47_last_12_months": sum(earliest <= e.day < enquiry.day for e in others),
                    "icpcs_last_12_months": sum(
                        bool(e.conference) and earliest <= e.conference < enquiry.day for e in others
                    ),
                }
                | _allocated(world, enquiry.team, enquiry.worker)
            )


def list_6(world: World, day: date, start: date) -> Iterator[Row]:
    """Children in need: the latest episode, open or closed in the window, without care leavers."""
    for episode in _latest(world.episodes, start):
        child = episode.child
        if child.leaver and not child.leaver.end:
            continue
        seen = episode.assessment.seen_on if episode.assessment else None
        last = _last_of_cycle(episode.start, episode.end or day, episode.seen_every, child)
        seen_dates = [d for d in (seen, last) if d and child.date_of_birth <= d <= (episode.end or day)]
        yield (
            _child(child, day)
            | {
                "disability": child.disability,
                "cin_start_date": episode.start,
                "primary_need": episode.need,
                "last_seen_date": max(seen_dates, default=None),
                "cin_closure_date": episode.end,
                "closure_reason": episode.reason,
                "case_status": episode.status,
            }
            | _allocated(world, episode.team, episode.worker)
        )


def list_7(world: World, day: date, start: date) -> Iterator[Row]:
    """Child protection: the latest plan, open or ended in the window."""
    seen_alone = world.scenario.child_protection
    case_teams = {e.protection: e for e in world.open_episodes if e.protection}
    for plan in _latest(world.plans, start):
        child, until = plan.child, plan.end or day
        episode = case_teams.get(plan) or _episode_of(world, child, plan.start)
        visit = _last_of_cycle(plan.start, until, plan.visited_every, child)
        yield (
            _child(child, day)
            | {
                "disability": child.disability,
                "cp_plan_start_date": plan.start,
                "initial_category": plan.category,
                "latest_category": plan.latest_category,
                "last_statutory_visit_date": visit,
                "seen_alone": _alone(child, visit, seen_alone.seen_alone, seen_alone.seen_alone_from_age),
                "latest_review_date": _last_review(plan.start, until, plan.first_review, plan.next_reviews),
                "cp_plan_end_date": plan.end,
                "emergency_protection": YES_NO[plan.emergency and plan.start >= start],
                "previous_cp_plans": plan.previous,
            }
            | _allocated(world, episode.team, episode.worker)
        )


def _episode_of(world: World, child: Child, day: date) -> Any:
    return next(e for e in reversed(world.episodes) if e.child is child and e.start <= day)


def _alone(child: Child, visit: date | None, share: float, from_age: int) -> str | None:
    if visit is None:
        return None
    if age_on(child.date_of_birth, visit) < from_age:
        return "unknown"  # not appropriate
    return "yes" if stable_number(child.child_id, visit) % 1000 < share * 1000 else "no"


def list_8(world: World, day: date, start: date) -> Iterator[Row]:
    """Children looked after: the latest period of care, open or ended in the window."""
    for period in _latest(world.care_periods, start):
        yield _care_row(world, period, day)


def _care_row(world: World, period: CarePeriod, day: date) -> Row:
    child, until = period.child, period.end or day
    a_year_ago = year_before(until)
    legal_start, legal = period.legal[-1]
    placement = period.placements[-1]
    ends = [p.start for p in period.placements[1:]]  # a placement ends when the next begins
    missing = sum(d > a_year_ago for d in period.missing)
    earlier = [p for p in child.care if p is not period and p.start < period.start]
    rules = world.scenario.looked_after
    return (
        _child(child, day)
        | {
            "uasc": YES_NO[child.unaccompanied],
            "disability": child.disability,
            "cla_start_date": period.start,
            "category_of_need": period.need,
            "second_period": YES_NO[any(p.end and p.end >= year_before(period.start) for p in earlier)],
            "legal_status_start_date": legal_start,
            "legal_status": legal,
            "latest_review_date": _last_care_review(period.start, until, rules.reviews_cd),
            "last_social_work_visit_date": _last_of_cycle(period.start, until, period.visited_every, child),
            "permanence_plan": period.permanence_plan,
            "last_iro_contact_date": _last_of_cycle(period.start, until, period.iro_every, child),
            "last_health_assessment_date": _last_of_cycle(
                period.start + timedelta(days=rules.first_health_cd), until, period.health_every, child, 0
            ),
            "last_dental_check_date": _last_of_cycle(
                period.start + timedelta(days=rules.first_dental_cd), until, period.dental_every, child, 0
            ),
            "placements_last_12_months": 1 + sum(d > a_year_ago for d in ends),
            "cla_end_date": period.end,
            "cla_end_reason": period.end_reason,
            "placement_start_date": placement.start,
            "placement_type": placement.kind,
            "placement_provider": placement.provider,
            "placement_postcode": placement.postcode,
            "placement_urn": placement.urn,
            "placement_location": "out" if placement.outside else "in",
            "placement_la": placement.authority,
            "missing_episodes_last_12_months": missing,
            "absent_episodes_last_12_months": sum(d > a_year_ago for d in period.absent),
            "return_interview_offered": YES_NO[period.interview_offered] if missing else None,
            "return_interview_accepted": YES_NO[period.interview_accepted] if missing else None,
        }
        | _allocated(world, period.team, period.worker)
    )


def list_9(world: World, day: date, start: date) -> Iterator[Row]:
    """Care leavers receiving a service on the day."""
    for leaver in world.leavers:
        if leaver.end:
            continue
        contact = _last_of_cycle(leaver.start, day, leaver.contact_every, leaver.child) or leaver.start
        yield (
            _child(leaver.child, day)
            | {
                "uasc": YES_NO[leaver.child.unaccompanied],
                "disability": leaver.child.disability,
                "personal_adviser": leaver.adviser,
                "eligibility": leaver.eligibility,
                "pathway_plan_review_date": _last_of_cycle(leaver.start, day, leaver.pathway_every, leaver.child),
                "in_touch": leaver.in_touch,
                "latest_contact_date": leaver.lost_contact or contact,
                "accommodation_type": leaver.accommodation,
                "accommodation_suitability": None
                if leaver.suitable is None
                else "suitable"
                if leaver.suitable
                else "unsuitable",
                "activity_status": leaver.activity,
            }
            | _allocated(world, leaver.team, leaver.worker)
        )


def list_10(world: World, day: date, start: date) -> Iterator[Row]:
    """Children with an adoption decision that stood at some time in the window."""
    for case in world.adoptions:
        ended = case.order or case.reversed
        if ended is None or ended >= start:
            yield _child(case.child, day) | {
                "family_id": case.family.family_id if case.family else None,
                "disability": case.child.disability,
                "care_entry_date": case.period.start,
                "adoption_decision_date": case.decision,
                "placement_order_date": case.placement_order,
                "matching_date": case.matched,
                "placed_date": case.placed,
                "adoption_order_date": case.order,
                "decision_reversed_date": case.reversed,
                "reversal_reason": case.reason,
                "ffa_placement_date": case.fostering_for_adoption,
            }


def list_11(world: World, day: date, start: date) -> Iterator[Row]:
    """Adopters in the process at some time in the window; two rows for a couple."""
    for family in world.adopter_families:
        case = family.case
        ended = family.left or (case.order if case else None)
        if ended is not None and ended < start:
            continue
        for adopter_id, sex, ethnicity, disability in family.adopters:
            yield {
                "adopter_id": adopter_id,
                "family_id": family.family_id,
                "gender": sex,
                "ethnicity": ethnicity,
                "disability": disability,
                "fostering_for_adoption": YES_NO[family.fostering_for_adoption],
                "enquiry_date": family.enquiry,
                "stage_1_start_date": family.stage_1,
                "stage_1_end_date": family.stage_1_end,
                "stage_2_start_date": family.stage_2,
                "stage_2_end_date": family.stage_2_end,
                "application_date": family.stage_2,
                "approval_date": family.approved,
                "matched_date": case.matched if case else None,
                "placed_date": case.placed if case else None,
                "children_placed": 1 if case and case.placed else None,
                "adoption_order_date": case.order if case else None,
                "leaving_date": family.left,
                "leaving_reason": family.reason,
            }


LISTS: dict[str, Callable[[World, date, date], Iterator[Row]]] = {
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


def _allocated(world: World, team: str, worker: str) -> Row:
    return {"team": world.scenario.team_name(team), "worker": worker}


def _latest(spells: Iterable[Any], start: date) -> list[Any]:
    """Each child's latest spell among those open or ended on or after `start`; the spells come in order of start."""
    latest: dict[str, Any] = {}
    for spell in spells:
        if spell.end is None or spell.end >= start:
            latest[spell.child.child_id] = spell
    return list(latest.values())


def _last_of_cycle(start: date, until: date, every: int, child: Child, jitter: int = 4) -> date | None:
    """The last of events about `every` days apart after `start`; up to `jitter` days early, never on a weekend."""
    turns = (until - start).days // every
    if turns < (1 if jitter else 0) or until < start:
        return None
    early = stable_number(child.child_id, start, turns) % (jitter + 1)
    day = start + timedelta(days=turns * every - early)
    return max(start, day - timedelta(days=max(0, day.weekday() - 4)))


def _last_review(start: date, until: date, first: int, following: int) -> date | None:
    """The last review: the first one `first` days after the start, then one every `following` days."""
    days = (until - start).days - first
    if days < 0:
        return None
    day = start + timedelta(days=first + days // following * following)
    return day - timedelta(days=max(0, day.weekday() - 4))


def _last_care_review(start: date, until: date, reviews: tuple[int, int, int]) -> date | None:
    """The last review of a looked after child: 20 working days, 3 months later, then every 6 months (SI 2010/959 reg 33)."""
    first, second, following = reviews
    return _last_review(start, until, second, following) or _last_review(start, until, first, second)
