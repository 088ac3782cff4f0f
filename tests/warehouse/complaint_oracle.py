"""The clocks of complaints reckoned again from the extracts, day by day: written from the rules alone, nothing of dbt is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.periods import is_working_day

Row = dict[str, Any]
DAY = timedelta(days=1)
FOREVER = date.max
# The nearest days the tracker warns of, and the stage that a panel answers.
SOON = "complaint_falls_due"
PANEL = 3


@dataclass(frozen=True)
class Extract:
    """The tables of the extract, what the register of practice standards holds, and how far the extract reaches."""

    as_at: date
    known_to: date
    complaints: list[Row]
    stages: list[Row]
    rules: list[Row]
    standards: list[Row]

    def until(self, day: date | None) -> date | None:
        """The day, unless it lies after the as-at date."""
        return day if day and day <= self.as_at else None

    def days_allowed(self, standard: str | None, day: date) -> int | None:
        """Working days of the edition of a standard in force on a day: the latest that has begun; None without one."""
        begun = [r for r in self.standards if r["standard"] == standard and r["valid_from"] <= day]
        if not begun:
            return None
        latest = max(begun, key=lambda r: r["valid_from"])
        assert latest["timescale_unit"] == "working_days"
        return latest["timescale"] if day <= (latest["valid_to"] or FOREVER) else None

    def rule(self, procedure: str, stage: Row) -> Row:
        """The rule of the procedure's stage in force when the stage was asked for; empty without one."""
        for rule in self.rules:
            is_its = (rule["procedure"], rule["stage"]) == (procedure, stage["stage"])
            if is_its and rule["valid_from"] <= stage["requested_date"] <= (rule["valid_to"] or FOREVER):
                return rule
        return {}


def walk(
    start: date | None, count: int | None, stands_still: Callable[[date], bool] = lambda day: False
) -> date | None:
    """The working day on which `count` working days after `start` have passed, leaving out those on which the clock stands still."""
    if start is None or count is None:
        return None
    day = start
    while count:
        day += DAY
        count -= is_working_day(day) and not stands_still(day)
    return day


def passed(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`."""
    return sum(is_working_day(start + DAY * n) for n in range(1, (end - start).days + 1))


def last_day_in_time(due: date | None) -> date | None:
    """The day before the next working day."""
    if due is None:
        return None
    while not is_working_day(due + DAY):
        due += DAY
    return due


def judge(extract: Extract, done: date | None, limit: date | None, ended: date | None) -> bool | None:
    """Done in time, not done in time, or not to be told: not due yet as far as the extract reaches, or fallen away."""
    if limit is None or (done is None and ended and ended <= limit):
        return None
    if done:
        return done <= limit
    return False if limit <= extract.known_to else None


def clock(extract: Extract, complaint: Row, stage: Row, rule: Row) -> tuple[date | None, date | None, date | None]:
    """Day 0 of a stage, and the days on which it was stopped and went on again, where it was."""
    start = extract.until(stage["clock_start_date"])
    suspended, resumed = extract.until(complaint["suspended_date"]), extract.until(complaint["resumed_date"])
    answered = extract.until(stage["panel_date"] if stage["stage"] == PANEL else stage["responded_date"])
    if suspended is None or (answered and (resumed is None or answered < resumed)):
        return start, None, None
    if resumed is None:
        return None, None, None
    if start is None or resumed <= start:
        return start, None, None
    if rule.get("after_suspension") == "starts_anew":
        return resumed, None, None
    return start, max(suspended, start), resumed


def stages(extract: Extract) -> Iterable[Row]:
    """Every stage asked for, with its days and whether it was kept to them."""
    complaints = {row["complaint_id"]: row for row in extract.complaints}
    asked = {(row["complaint_id"], row["stage"]): row["requested_date"] for row in extract.stages}
    for stage in extract.stages:
        complaint = complaints.get(stage["complaint_id"])
        if complaint and complaint["received_date"] <= extract.as_at and stage["requested_date"] <= extract.as_at:
            yield _stage(
                extract, complaint, stage, extract.until(asked.get((stage["complaint_id"], stage["stage"] + 1)))
            )


def _stage(extract: Extract, complaint: Row, stage: Row, next_stage: date | None) -> Row:
    rule, asked = extract.rule(complaint["procedure"], stage), stage["requested_date"]
    start, stopped, resumed = clock(extract, complaint, stage, rule)

    def stands_still(day: date) -> bool:
        return stopped is not None and resumed is not None and stopped < day <= resumed

    def allowed(kind: str) -> int | None:
        return extract.days_allowed(rule.get(f"{kind}_standard"), asked)

    closed = extract.until(complaint["closed_date"])
    responded, panel = extract.until(stage["responded_date"]), extract.until(stage["panel_date"])
    report, response = extract.until(stage["panel_report_date"]), extract.until(stage["authority_response_date"])
    answered = panel if stage["stage"] == PANEL else responded
    due = walk(start, allowed("answer"), stands_still)
    last = walk(start, allowed("extended"), stands_still) or due
    put_off = due is not None and stage["extended_to_date"] is not None and stage["extended_to_date"] > due
    granted = min(stage["extended_to_date"], last) if put_off else due
    escalation = walk(responded, allowed("escalation"))
    report_due, response_due = walk(panel, allowed("panel_report")), walk(report, allowed("authority_response"))
    days = None
    if start and answered:  # before day 0 it is below 0
        days = passed(start, answered) if answered >= start else -passed(answered, start)
        days -= passed(stopped, resumed) if stopped and resumed else 0
    return {
        "complaint_id": stage["complaint_id"],
        "stage": stage["stage"],
        "start_rule": rule.get("start_rule"),
        "clock_start_date": start,
        "stopped_working_days": passed(stopped, resumed) if stopped and resumed else 0,
        "due_date": due,
        "is_extended": put_off,
        "extension_reason": (stage["extension_reason"] or "not_recorded") if put_off else None,
        "granted_due_date": granted,
        "last_due_date": last,
        "answered_date": answered,
        "working_days_to_answer": days,
        "is_in_time": judge(extract, answered, last_day_in_time(due), closed),
        "is_in_granted_time": judge(extract, answered, granted if put_off else last_day_in_time(due), closed),
        "is_in_extended_time": judge(extract, answered, last_day_in_time(last), closed),
        "escalation_until_date": escalation,
        "is_escalated": (
            bool(next_stage and next_stage <= last_day_in_time(escalation))
            if escalation and escalation <= extract.known_to
            else None
        ),
        "panel_report_due_date": report_due,
        "is_panel_report_in_time": judge(extract, report, last_day_in_time(report_due), closed),
        "authority_response_due_date": response_due,
        "is_authority_response_in_time": judge(extract, response, last_day_in_time(response_due), closed),
    }


def tracker(extract: Extract, restricted: set[str]) -> Iterable[Row]:
    """The open stages of complaints that are about no child or about one who is not restricted, and how each stands."""
    complaints = {row["complaint_id"]: row for row in extract.complaints}
    given = {(row["complaint_id"], row["stage"]): row for row in extract.stages}
    for row in stages(extract):
        complaint, stage = complaints[row["complaint_id"]], given[row["complaint_id"], row["stage"]]
        done = stage["authority_response_date"] if row["stage"] == PANEL else stage["responded_date"]
        if extract.until(done) or extract.until(complaint["closed_date"]) or complaint["child_id"] in restricted:
            continue
        if complaint["status"] not in ("accepted", "suspended_for_court", None):
            continue
        awaited, due, in_time = "answer", row["granted_due_date"], row["is_in_granted_time"]
        if row["stage"] == PANEL:
            awaited = "panel"
            if row["answered_date"]:
                awaited, due, in_time = "panel_report", row["panel_report_due_date"], row["is_panel_report_in_time"]
            if extract.until(stage["panel_report_date"]):
                awaited, due = "authority_response", row["authority_response_due_date"]
                in_time = row["is_authority_response_in_time"]
        left = None
        if due:
            left = passed(extract.as_at, due) if due >= extract.as_at else -passed(due, extract.as_at)
        resumed = extract.until(complaint["resumed_date"])
        if extract.until(complaint["suspended_date"]) and not resumed:
            state = "suspended"
        elif row["clock_start_date"] is None:
            state = "clock_not_started"
        elif due is None:
            state = "no_timescale"
        elif left is not None and left >= 0:
            soon = walk(extract.as_at, extract.days_allowed(SOON, extract.as_at))
            state = "due_soon" if soon and due <= soon else "in_time"
        else:
            state = "overdue" if in_time is False else "not_known"
        yield {
            "complaint_id": row["complaint_id"], "stage": row["stage"], "awaited": awaited, "due_date": due,
            "working_days_left": left, "state": state,
        }  # fmt: skip
