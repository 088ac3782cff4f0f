"""Complaints with their stages, points, learning and the ombudsman's decisions; compliments; comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestration.synthetic.days import (
    age_on,
    day_number,
    month_number,
    month_start,
    working_days_after,
    working_days_between,
)
from orchestration.synthetic.rows import BLANK, Array, Rows, Words, choose, run_numbers, stack, word, words_of, yes_no
from orchestration.synthetic.scenario import ComplaintsPart
from orchestration.synthetic.spells import known, until, where
from orchestration.synthetic.world import NOBODY

if TYPE_CHECKING:
    from orchestration.synthetic.world import World

OUTCOMES = ("upheld", "partly_upheld", "not_upheld", "no_finding")
UPHELD, PARTLY, NOT_UPHELD, _ = range(len(OUTCOMES))
STAGES = (1, 2, 3)
MOST = 100  # more than the stages, points or actions of anything counted here


def tables(world: World, day: int, begins: int) -> dict[str, Rows]:
    """The tables of the source as known on `day`: what was received since `begins`, and what became of it."""
    received = _received(world, day, begins)
    stages = _stages(world, received)
    points = _points(world, received, stages)
    stages = stages.having(outcome=_outcomes_of_stages(stages, points))
    asked = stages.requested <= day
    return {
        "complaint_stage_rules": _rules(world.scenario.complaints, day),
        "complaints": _complaint_rows(world, received, stages[asked], day),
        "complaint_stages": _stage_rows(received, stages[asked], day),
        "complaint_points": _point_rows(received, stages, points[asked[points.row]], day),
        "complaint_learning_actions": _learning(world, received, stages, day),
        "ombudsman_decisions": _ombudsman(world, received, stages, day, begins),
        "compliments": _compliments(world, day, begins),
        "comments": _comments(world, day, begins),
    }


# --- what is received ---------------------------------------------------------------------------------------------


def _more(world: World) -> float:
    """A small authority hears from people as often as one of the scenario's least size, so that no quarter goes without."""
    return max(1.0, world.scenario.complaints.least_size / world.factor)


def _received(world: World, day: int, begins: int) -> Rows:
    """Every complaint received, who complains about what, and what becomes of it at intake; later days too."""
    rules, chance = world.scenario.complaints, world.chance
    rows = stack([_of_procedure(world, name, number, day, begins) for number, name in enumerate(rules.procedures)])
    key, group = rows.key, _complainant_group(world, rows)
    people = list(rules.complainants.values())
    complainant = chance.pick_by("complaints by", group, people, key)
    status = chance.pick("complaints status", rules.status, key)
    acknowledged = chance.working_days_after("complaints acknowledged", rows.day, rules.acknowledged_after_wd, key)
    suspended = status.isin("suspended_for_court")
    # the day the status was decided on: an ordinary complaint is accepted when it is acknowledged
    later = chance.band_by("complaints settled", status.index, [rules.status_after_wd[s] for s in status.words], key)
    settled = working_days_after(acknowledged, later)
    resumed = chance.days_after("complaints resumed", settled, rules.resumed_after_cd, key)
    goes_on = suspended & chance.happens("complaints resumed at all", rules.resumed, key)
    young = complainant.isin("child", "care_leaver")
    offered = chance.happens("complaints advocate offered", rules.advocate_offered, key)
    speaks = chance.happens("complaints advocate", rules.advocate_speaks, key) & young & offered
    return rows.having(
        complaint_id=world.ids(key),
        complainant=complainant,
        acknowledged=np.maximum(acknowledged, rows.day),
        status=status,
        settled=settled,
        ends_unanswered=~status.isin("accepted", "suspended_for_court"),
        has_stages=status.isin("accepted", "suspended_for_court", "withdrawn"),
        suspended=where(suspended, settled),
        resumed=where(goes_on, resumed),
        advocate_offered=yes_no(offered, ~young),
        advocate=yes_no(speaks | complainant.isin("advocate")),
        points=chance.band("complaints points", rules.points, key),
    )


def _of_procedure(world: World, procedure: str, number: int, day: int, begins: int) -> Rows:
    part = world.scenario.complaints.procedures[procedure]
    events = world.events_between(f"complaints {procedure}", part.a_year * _more(world), begins, day)
    key = events.key * 10 + number
    child, case = _about(world, f"complaints {procedure}", events.day, key, part.about)
    named = ~world.chance.happens(f"complaints {procedure} no child", part.about_no_child, key)
    return Rows(
        key=key,
        procedure=word(procedure, len(events)),
        day=events.day,
        case_child=child,
        child=np.where(named, child, NOBODY),
        case_status=case.status,
        service=case.service,
        team=case.team,
    )


def _about(world: World, purpose: str, days: Array, key: Array, status: str | None = None) -> tuple[Array, Rows]:
    """Whose case something is about (position), and who held it on the first of the month."""
    spells = world.statuses if status is None else world.statuses[world.statuses.status.isin(status)]
    child = world.somebody(f"{purpose} child", spells, days, key)
    return child, world.case_on(np.maximum(child, 0), month_start(month_number(days)))


def _complainant_group(world: World, rows: Rows) -> Array:
    """The position of the row's group among the scenario's complainants."""
    rules = world.scenario.complaints
    age = np.where(rows.child == NOBODY, 0, age_on(world.children.born[rows.child], rows.day))
    old_enough = age >= rules.child_complains_from_age
    groups = choose(
        len(rows),
        (rows.procedure.isin("conference_appeal"), "conference"),
        (rows.child == NOBODY, "about_no_child"),
        (rows.procedure.isin("corporate", "other"), "corporate"),
        (age >= 18, "care_leaver"),
        (rows.case_status.isin("looked_after") & old_enough, "looked_after"),
        (old_enough, "at_home"),
        otherwise="young_child",
    )
    return groups.numbers(list(rules.complainants).index)


# --- stages -------------------------------------------------------------------------------------------------------


def _stages(world: World, received: Rows) -> Rows:
    """The stages of every complaint one after the other, with days of what is still to come."""
    rules, chance = world.scenario.complaints, world.chance
    rows = np.flatnonzero(received.has_stages)
    asked, parts = received.day[rows], []
    for stage in STAGES:
        held = _stage(world, received, rows, stage, asked)
        parts.append(held)
        names = received.procedure[held.complaint]
        share = names.numbers(lambda p, stage=stage: rules.procedures[p].goes_on_after.get(stage, 0.0))
        key = held.key
        goes_on = (held.responded != BLANK) & chance.happens("complaints goes on", share, key)
        after = chance.working_days_after("complaints goes on after", held.responded, rules.goes_on_after_wd, key)
        rows, asked = held.complaint[goes_on], after[goes_on]
    return stack(parts)


def _stage(world: World, received: Rows, complaint: Array, stage: int, asked: Array) -> Rows:
    """One stage of the complaints that come to it; complaints whose procedure has no such stage are left out."""
    rules, chance = world.scenario.complaints, world.chance
    rule = _rule_of(rules, received.procedure[complaint], stage, asked)
    complaint, asked, rule = complaint[rule >= 0], asked[rule >= 0], rule[rule >= 0]
    key = received.key[complaint] * 10 + stage
    starts = [rules.clock_starts_after_wd[r.start_rule] for r in rules.stage_rules]
    wait = chance.band_by("complaints clock", rule, starts, key)
    clock = np.where(wait == 0, asked, working_days_after(asked, wait))
    allowed = _within(world, rule, asked, "answer_standard")
    extended = _within(world, rule, asked, "extended_standard")
    report_wd = _within(world, rule, asked, "panel_report_standard")
    answer_wd = _within(world, rule, asked, "authority_response_standard")
    stopped = np.zeros(len(key), dtype=np.int64)
    # of a suspended complaint the clock of stage 1 starts anew when it is taken up again, or goes on where it stopped
    if stage == 1:
        resumed, suspended = received.resumed[complaint], received.suspended[complaint]
        anew = np.array([r.after_suspension == "starts_anew" for r in rules.stage_rules])[rule]
        waits = (suspended != BLANK) & (resumed == BLANK)
        held = (suspended != BLANK) & ~waits
        stands_still = held & ~anew & (clock < resumed)
        begins = np.maximum(suspended, clock)
        stopped[stands_still] = working_days_between(begins[stands_still], resumed[stands_still])
        clock = np.where(waits, BLANK, np.where(held & (anew | (clock >= resumed)), np.maximum(clock, resumed), clock))
    pace = [rules.procedures[r.procedure].answered_at_per_cent[r.stage] for r in rules.stage_rules]
    taken = np.maximum(1, -(-chance.band_by("complaints pace", rule, pace, key) * allowed // 100))
    done = working_days_after(clock, taken + stopped)
    due = working_days_after(clock, allowed + stopped)
    panel = np.where(report_wd > 0, done, BLANK)
    late = chance.band("complaints panel report", rules.panel_papers_at_per_cent, key)
    report = working_days_after(panel, np.maximum(1, late * report_wd // 100))
    late = chance.band("complaints panel answer", rules.panel_papers_at_per_cent, key)
    answered = working_days_after(report, np.maximum(1, late * answer_wd // 100))
    responded = np.where(report_wd > 0, answered, done)
    responded = np.where(received.status[complaint].isin("withdrawn"), BLANK, responded)
    put_off = (extended > 0) & (done > due) & chance.happens("complaints put off", rules.put_off, key)
    return Rows(
        key=key,
        complaint=complaint,
        stage=np.full(len(key), stage, dtype=np.int32),
        requested=asked.astype(np.int32),
        clock=clock.astype(np.int32),
        due=due,
        due_unstopped=working_days_after(clock, allowed),
        stopped_from=where(stopped > 0, received.suspended[complaint]),
        goes_on_from=where(stopped > 0, received.resumed[complaint]),
        extended=where(put_off, working_days_after(clock, extended + stopped)),
        responded=responded.astype(np.int32),
        panel=panel.astype(np.int32),
        report=report,
        answered=answered,
        put_off_reason=chance.pick("complaints put off reason", rules.put_off_reason, key),
    )


def _rule_of(rules: ComplaintsPart, procedure: Words, stage: int, asked: Array) -> Array:
    """The position of the timescale that holds for a stage asked for on a day; -1 where the procedure has none."""
    found = np.full(len(asked), -1, dtype=np.int64)
    for position, rule in enumerate(rules.stage_rules):
        if rule.stage == stage:
            holds = procedure.isin(rule.procedure) & (asked >= day_number(rule.valid_from))
            if rule.valid_to:
                holds &= asked <= day_number(rule.valid_to)
            found[holds] = position
    return found


def _within(world: World, rule: Array, asked: Array, kind: str) -> Array:
    """The working days of a kind of standard that each row's rule names, as in force when the stage was asked for; 0 without one."""
    standards = world.scenario.reference.practice_standards
    found = np.zeros(len(rule), dtype=np.int64)
    for position, listed in enumerate(world.scenario.complaints.stage_rules):
        if code := getattr(listed, kind):
            its = rule == position
            found[its] = standards[code].within
            for day, within in sorted(standards[code].then.items()):
                found[its & (asked >= day_number(day))] = within
    return found


def _rules(rules: ComplaintsPart, day: int) -> Rows:
    listed = [r for r in rules.stage_rules if day_number(r.valid_from) <= day]
    codes = ("procedure", "start_rule", "after_suspension", "answer_standard", "extended_standard", "escalation_standard",
             "panel_report_standard", "authority_response_standard")  # fmt: skip
    return Rows(
        stage=np.array([r.stage for r in listed], dtype=np.int32),
        valid_from=np.array([day_number(r.valid_from) for r in listed], dtype=np.int32),
        valid_to=np.array([day_number(r.valid_to) if r.valid_to else BLANK for r in listed], dtype=np.int32),
        **{code: words_of(getattr(r, code) for r in listed) for code in codes},
    )


def _points(world: World, received: Rows, stages: Rows) -> Rows:
    """The points of every stage: `row` is its stage. A later stage mostly comes to the same finding."""
    rules, chance = world.scenario.complaints, world.chance
    counts = received.points[stages.complaint]
    row, number = np.repeat(np.arange(len(stages)), counts), run_numbers(counts)
    key = received.key[stages.complaint[row]]
    outcome = chance.pick("complaints finding", rules.finding, key, number)
    for stage in STAGES[1:]:
        other = chance.happens(f"complaints finding changes {stage}", rules.finding_changes, key, number)
        other &= stages.stage[row] >= stage
        again = chance.pick(f"complaints finding {stage}", rules.finding, key, number)
        outcome = choose(len(key), (other, again), otherwise=outcome)
    responded = stages.responded[row]
    early = chance.happens("complaints point early", rules.point_decided_early, key, number, stages.stage[row])
    before = chance.band("complaints point before", rules.point_decided_before_cd, key, number, stages.stage[row])
    decided = np.maximum(responded - before, stages.requested[row])
    return Rows(
        row=row,
        number=number + 1,
        theme=chance.pick("complaints theme", rules.themes, key, number),
        outcome=outcome,
        decided=where(early & (responded != BLANK), decided),
    )


def _outcomes_of_stages(stages: Rows, points: Rows) -> Words:
    """A stage is upheld when all its points are, partly when any is in part, else not; without any finding there is none."""
    place = points.outcome.numbers(OUTCOMES.index)
    have = [np.bincount(points.row[place == n], minlength=len(stages)) for n in range(len(OUTCOMES))]
    total = sum(have)
    return choose(
        len(stages),
        (have[UPHELD] == total, "upheld"),
        (have[UPHELD] + have[PARTLY] > 0, "partly_upheld"),
        (have[NOT_UPHELD] > 0, "not_upheld"),
        otherwise="no_finding",
    )


# --- as the files show them ---------------------------------------------------------------------------------------


def _complaint_rows(world: World, received: Rows, asked: Rows, day: int) -> Rows:
    """The complaints; open again while a stage asked for is not answered."""
    rules, chance = world.scenario.complaints, world.chance
    last, unanswered = np.full(len(received), BLANK, dtype=np.int64), np.zeros(len(received), dtype=bool)
    responded = until(asked.responded, day)
    np.maximum.at(last, asked.complaint, responded)
    unanswered[asked.complaint[responded == BLANK]] = True
    closed = np.where(received.ends_unanswered, until(received.settled, day), np.where(unanswered, BLANK, last))
    accepted = received.has_stages & (received.acknowledged <= day)
    back = received.resumed
    status = choose(
        len(received),
        ((received.settled <= day) & ~((back != BLANK) & (back <= day)), received.status),
        (accepted, "accepted"),
    )
    declined = status.isin("declined_with_reason")
    return Rows(
        complaint_id=received.complaint_id,
        child_id=world.child_ids(received.child),
        procedure=received.procedure,
        status=status,
        complainant_type=received.complainant,
        received_date=received.day,
        acknowledged_date=until(received.acknowledged, day),
        service_code=received.service,
        team_code=received.team,
        advocate_offered=known(received.advocate_offered, received.acknowledged, day),
        advocate=received.advocate,
        declined_reason=chance.pick("complaints declined", rules.declined_reason, received.key).blank_where(~declined),
        suspended_date=until(received.suspended, day),
        resumed_date=until(received.resumed, day),
        closed_date=closed.astype(np.int32),
    )


def _stage_rows(received: Rows, asked: Rows, day: int) -> Rows:
    clock = until(asked.clock, day)
    started = clock != BLANK
    # while the clock stands still nobody knows when the answer is due
    stops = asked.stopped_from != BLANK
    due = np.where(stops & (day < asked.stopped_from), asked.due_unstopped, asked.due)
    due = where(started & ~(stops & (asked.stopped_from <= day) & (day < asked.goes_on_from)), due)
    # that an answer is put off is known when it falls due
    extended = where((due != BLANK) & (asked.due <= day), asked.extended)
    return Rows(
        complaint_id=received.complaint_id[asked.complaint],
        stage=asked.stage,
        requested_date=asked.requested,
        clock_start_date=clock,
        due_date=due,
        extended_to_date=extended,
        extension_reason=asked.put_off_reason.blank_where(extended == BLANK),
        responded_date=until(asked.responded, day),
        outcome=known(asked.outcome, asked.responded, day),
        panel_date=where(started, asked.panel),
        panel_report_date=until(asked.report, day),
        authority_response_date=until(asked.answered, day),
    )


def _point_rows(received: Rows, stages: Rows, points: Rows, day: int) -> Rows:
    responded = stages.responded[points.row]
    return Rows(
        complaint_id=received.complaint_id[stages.complaint[points.row]],
        stage=stages.stage[points.row],
        point_no=points.number.astype(np.int32),
        theme=points.theme,
        outcome=known(points.outcome, np.where(points.decided == BLANK, responded, points.decided), day),
        decided_date=until(points.decided, day),
    )


def _learning(world: World, received: Rows, stages: Rows, day: int) -> Rows:
    """What is to be done after a stage that found fault; which learning point it serves is not told here."""
    rules, chance = world.scenario.complaints, world.chance
    agreed = chance.days_after("complaints learning", stages.responded, rules.learning_after_cd, stages.key)
    fault = stages.outcome.isin("upheld", "partly_upheld")
    fault &= chance.happens("complaints learns", rules.learns, stages.key)
    rows = np.flatnonzero(fault & (agreed != BLANK) & (agreed <= day))
    counts = chance.band("complaints actions", rules.learning_actions, stages.key[rows])
    row, number = np.repeat(rows, counts), run_numbers(counts)
    complaint, key = stages.complaint[row], stages.key[row] * MOST + number
    point = number % received.points[complaint]  # an action is about what one of the points is about
    due = chance.days_after("complaints action due", agreed[row], rules.action_due_after_cd, key)
    done = chance.pick("complaints action done", rules.action_done, key)
    early = chance.band("complaints action early", rules.action_early_cd, key)
    late = chance.band("complaints action late", rules.action_late_cd, key)
    finished = np.where(done.isin("in_time"), np.maximum(due - early, agreed[row]), due + late)
    complete = done.isin("in_time", "late") & (finished <= day)
    dropped = done.isin("not_required") & (finished <= day)
    return Rows(
        complaint_action_id=world.ids(key),
        complaint_id=received.complaint_id[complaint],
        learning_point_id=np.full(len(row), -1, dtype=np.int64),
        action=chance.pick("complaints action", rules.actions, key),
        theme=chance.pick("complaints theme", rules.themes, received.key[complaint], point),
        service_code=received.service[complaint],
        owner_role=chance.pick("complaints owner", rules.owner_roles, key),
        due_date=due,
        completed_date=where(complete, finished),
        status=choose(len(row), (complete, "complete"), (dropped, "not_required"), otherwise="open"),
    )


def _ombudsman(world: World, received: Rows, stages: Rows, day: int, begins: int) -> Rows:
    """Decisions on complaints answered for good, likelier after a second stage, and a few that never came here first."""
    rules, chance = world.scenario.complaints.ombudsman, world.chance
    last, reached = np.full(len(received), BLANK, dtype=np.int64), np.zeros(len(received), dtype=np.int64)
    np.maximum.at(last, stages.complaint, stages.responded)
    np.maximum.at(reached, stages.complaint, stages.stage)
    share = np.where(reached > 1, rules.after_later_stages, rules.after_stage_1)
    answered = last != BLANK
    answered[stages.complaint[stages.responded == BLANK]] = False  # withdrawn, or suspended for ever
    rows = np.flatnonzero(answered & chance.happens("complaints ombudsman", share, received.key))
    others = world.events_between("complaints ombudsman first", rules.without_complaint_a_year, begins, day)
    _, case = _about(world, "complaints ombudsman first", others.day, others.key)
    key = np.concatenate([received.key[rows] * 10, others.key * 10 + 9])
    after = chance.days_after("complaints ombudsman after", last[rows], rules.decides_after_cd, received.key[rows])
    decided = np.concatenate([after, others.day]).astype(np.int32)
    came = np.arange(len(key)) < len(rows)
    upheld = chance.pick("complaints ombudsman upheld", rules.upheld, key).blank_where(~came)
    remedy = upheld.isin("yes") & chance.happens("complaints remedy", rules.remedy, key)
    due = chance.days_after("complaints remedy due", decided, rules.remedy_due_after_cd, key)
    completed = due + chance.band("complaints remedy done", rules.remedy_done_cd, key)
    table = Rows(
        ombudsman_decision_id=world.ids(key),
        complaint_id=np.concatenate([received.complaint_id[rows], np.full(len(others), -1, dtype=np.int64)]),
        decision_date=decided,
        upheld=upheld.translated({"yes": "yes", "no": "no"}),
        remedy_agreed=yes_no(remedy, ~upheld.isin("yes")),
        remedy_due_date=where(remedy, due),
        remedy_completed_date=until(np.where(remedy, np.maximum(completed, decided), BLANK), day),
        theme=chance.pick("complaints theme", world.scenario.complaints.themes, key // 10, np.zeros(len(key))),
        service_code=stack([Rows(s=received.service[rows]), Rows(s=case.service)]).s,
    )
    return table[decided <= day]


# --- compliments and comments -------------------------------------------------------------------------------------


def _compliments(world: World, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.complaints.compliments, world.chance
    parts: list[Rows] = []
    for number, (external, a_year) in enumerate((("yes", rules.external_a_year), ("no", rules.internal_a_year))):
        events = world.events_between(f"complaints praise {external}", a_year * _more(world), begins, day)
        key = events.key * 10 + number
        child, case = _about(world, "complaints praise", events.day, key)
        giver = chance.pick("complaints praise by", rules.external_from if external == "yes" else {"staff": 1.0}, key)
        age = np.where(child == NOBODY, 0, age_on(world.children.born[child], events.day))
        giver = choose(
            len(key),
            (giver.isin("child") & (age >= 18), "care_leaver"),
            (giver.isin("child") & (age < rules.child_from_age), "parent"),
            (giver.isin("care_leaver") & (age < 18), "parent"),
            otherwise=giver,
        )
        about_child = chance.happens("complaints praise about", rules.about_child, key) & ~giver.isin("staff", "other")
        parts.append(
            Rows(
                compliment_id=world.ids(key),
                child_id=world.child_ids(child, about_child),
                external=word(external, len(key)),
                received_date=events.day,
                from_type=giver,
                service_code=case.service,
                team_code=case.team,
                theme=chance.pick("complaints praise theme", rules.themes, key),
            )
        )
    return stack(parts)


def _comments(world: World, day: int, begins: int) -> Rows:
    rules, chance = world.scenario.complaints.comments, world.chance
    events = world.events_between("complaints comment", rules.a_year, begins, day)
    key = events.key
    _, case = _about(world, "complaints comment", events.day, key)
    answered = chance.working_days_after("complaints comment answered", events.day, rules.answered_after_wd, key)
    answered = np.where(chance.happens("complaints comment answer", rules.answered, key), answered, BLANK)
    return Rows(
        comment_id=world.ids(key),
        received_date=events.day,
        answered_date=until(answered, day),
        from_type=chance.pick("complaints comment by", rules.from_whom, key),
        service_code=case.service,
        team_code=case.team,
        theme=chance.pick("complaints comment theme", world.scenario.complaints.themes, key),
    )
