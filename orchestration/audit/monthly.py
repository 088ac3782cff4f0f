"""The month's list of audits from the warehouse to the store: what `qapm audit sample` and `qapm audit allocate` and the asset call.

What is drawn and who audits is decided in `sample` and `allocate`; here it is read, frozen once, and appended to.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.audit import frozen, programme
from orchestration.audit.allocate import Allocation, Task, allocate, running_pairs
from orchestration.audit.sample import Case, Shortage, draw, replacement
from orchestration.ledger import Ledger
from orchestration.locks import one_writer
from orchestration.periods import Period
from orchestration.settings import Settings
from orchestration.warehouse.build import Generation, current

FIELDS = (
    "subject_type", "subject", "child", "service", "template", "team", "lead_auditor", "peer_auditor", "stratum", "replaced_by", "reason",
)  # fmt: skip


class Refused(ValueError):
    """The list cannot be drawn, replaced or allocated as asked; the message says what would do."""


@dataclass(frozen=True)
class MonthlyList:
    """A month's list as it stands: rows of FIELDS, what fell short, and whether it was frozen before this call."""

    rows: list[dict[str, Any]]
    told: list[str]
    was_frozen: bool = False


def sample_month(
    settings: Settings,
    month: str,
    *,
    override_reason: str | None = None,
    replace: str | None = None,
    reason: str | None = None,
    dry_run: bool = False,
) -> MonthlyList:
    """Draw and freeze a month's sample, or give the frozen one; with `replace` put the next case in the place of a subject.

    Raises NothingBuilt, NoFrame, Refused, ListChanged, LockHeld.
    """
    with _opened(settings, month) as (period, made, ledger, db):
        listed = frozen.read(settings, ledger, period.key)
        if replace is not None:
            told = _replace(settings, ledger, made, db, period, listed, replace, reason, dry_run)
            return MonthlyList(_shown(told if dry_run else frozen.read(settings, ledger, period.key)), [], True)
        if listed:
            return MonthlyList(_shown(listed), _told(ledger, period.key), was_frozen=True)
        frame = programme.read_frame(db, settings, ledger, made, period)
        if frame.late and not (override_reason or "").strip():
            raise Refused(
                f"nothing as at within {programme.DAYS_OFF} days of {period.previous().end} is held of {', '.join(frame.late)}: load "
                "the extracts of that day, or draw from what there is with --override-reason"
            )
        drawn = draw(period.key, frame.subjects, frame.programme, settings.audit_seed, frame.families)
        told_ = [str(s) for s in drawn.shortages]
        if not drawn.cases:
            raise Refused(
                f"nothing to freeze for {period.key}: {'; '.join(told_) or 'the programme plans no audit of the month'}"
            )
        rows = [_row(n, case, period.key, settings) for n, case in enumerate(drawn.cases, 1)]
        if not dry_run:
            why = (override_reason or "").strip() if frame.late else ""
            frozen.freeze(
                settings, ledger, period.key, "sample", rows, as_at=made.as_at, generation=made.name,
                reason=f"drawn though {', '.join(frame.late)} are far from the position: {why}" if why else None,
                told="\n".join(told_),
            )  # fmt: skip
        return MonthlyList(_shown(rows), told_)


def allocate_month(settings: Settings, month: str, *, accept: bool = False, dry_run: bool = False) -> MonthlyList:
    """Give every case of a frozen list its lead and peer auditor, and give them anew where that no longer holds.

    A case is allocated anew before its audit is done when another team holds it now, when its lead no longer manages the team, or
    when an auditor was missing; the peer stays where the rules let it. `accept` takes the proposals for what the rules leave open.
    Raises NothingBuilt, Refused when nothing is frozen, ListChanged, LockHeld.
    """
    with _opened(settings, month) as (period, made, ledger, db):
        listed = frozen.read(settings, ledger, period.key)
        if not listed:
            raise Refused(f"no sample of {period.key} is frozen: run `qapm audit sample --month {period.key}` first")
        rows = _allocated(settings, ledger, made, db, period, listed, accept)
        if rows and not dry_run:
            told = "\n".join(r["allocation_reason"] for r in rows if r["allocation_reason"])
            frozen.freeze(
                settings, ledger, period.key, "allocation", rows, as_at=made.as_at, generation=made.name, told=told
            )
        changed = {r["case_number"]: r for r in rows}
        listed = [row | changed.get(row["case_number"], {}) for row in listed]
        open_ = [r for r in listed if r["replaced_by"] is None and r["allocation_reason"]]
        counted = Counter(r["allocation_reason"] for r in open_)
        return MonthlyList(
            _shown(listed, allocated=True), [f"{n} x {reason}" for reason, n in sorted(counted.items())], not rows
        )


@contextmanager
def _opened(settings: Settings, month: str) -> Iterator[tuple[Period, Generation, Ledger, duckdb.DuckDBPyConnection]]:
    period, made = programme.month_of(month), current(settings)
    with one_writer(settings.root, settings.lock_wait_seconds), Ledger(settings.ledger_path) as ledger:
        db = duckdb.connect(str(made.file), read_only=True)
        try:
            db.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
            yield period, made, ledger, db
        finally:
            db.close()


def _row(number: int, case: Case, month: str, settings: Settings) -> dict[str, Any]:
    return {
        "case_number": number, "subject_type": case.subject_type, "subject_id": case.subject, "service_code": case.service,
        "team_code": case.team, "template": case.template, "case_status": case.status, "stratum": case.stratum,
        "themes": ", ".join(case.themes) or None, **frozen.days_of(month, settings.audit_circulation), "replaced_by": None, "reason": None,
    }  # fmt: skip


def _replace(
    settings: Settings,
    ledger: Ledger,
    made: Generation,
    db: duckdb.DuckDBPyConnection,
    period: Period,
    listed: list[dict[str, Any]],
    subject: str,
    reason: str | None,
    dry_run: bool,  # noqa: FBT001 - passed on
) -> list[dict[str, Any]]:
    """The list with another case in a subject's place; the rows that change are appended to the frozen list."""
    if not listed:
        raise Refused(f"no sample of {period.key} is frozen: run `qapm audit sample --month {period.key}` first")
    if not (reason or "").strip():
        raise Refused("a case is replaced for a reason that is recorded: give --reason")
    gone = next((r for r in listed if r["subject_id"] == subject and r["replaced_by"] is None), None)
    if gone is None:
        raise Refused(
            f"the subject is not on the list of {period.key}, or was replaced before: `qapm audit sample --month {period.key}` shows it"
        )
    frame = programme.read_frame(db, settings, ledger, made, period)
    keys = {(s.subject_type, s.subject): s.key for s in frame.subjects}
    cases = [_case(row, keys) for row in listed]
    new = replacement(
        period.key, frame.subjects, frame.programme, settings.audit_seed, frame.families, cases, _case(gone, keys)
    )
    if isinstance(new, Shortage):
        raise Refused(f"nobody can take the place: {new}")
    number = max(r["case_number"] for r in listed) + 1
    names = frozen.LISTED.names
    rows = [
        {n: gone[n] for n in names} | {"replaced_by": new.subject, "reason": (reason or "").strip()},
        _row(number, new, period.key, settings) | {"reason": f"takes the place of case {gone['case_number']}"},
    ]
    if not dry_run:
        frozen.freeze(
            settings, ledger, period.key, "replacement", rows, as_at=made.as_at, generation=made.name, reason=reason
        )
    changed = {r["case_number"]: r for r in rows}
    return [r | changed.get(r["case_number"], {}) for r in listed] + [rows[1]]


def _case(row: dict[str, Any], keys: dict[tuple[str, str], str]) -> Case:
    kind, subject = row["subject_type"], row["subject_id"]
    return Case(
        kind, keys.get((kind, subject), f"{kind} {subject}"), subject, subject if kind == "child" else None, row["service_code"],
        row["team_code"], row["template"], row["case_status"], row["stratum"], (), row["replaced_by"], row["reason"],
    )  # fmt: skip


def _allocated(
    settings: Settings,
    ledger: Ledger,
    made: Generation,
    db: duckdb.DuckDBPyConnection,
    period: Period,
    listed: list[dict[str, Any]],
    accept: bool,  # noqa: FBT001 - passed on
) -> list[dict[str, Any]]:
    """The cases whose auditors are given, or change: rows of frozen.ALLOCATED."""
    staff = programme.read_staff(db, settings, ledger, made, period)
    unpaired = {r["template"] for r in listed} - programme.paired_templates(db, period)
    now = programme.where_now(db, listed, period)
    of_team = {(m.worker, m.team) for m in staff.managers}
    tasks, why, held = [], {}, Counter[str]()
    for row in (r for r in listed if r["replaced_by"] is None):
        number, place = row["case_number"], now[row["case_number"]]
        paired = row["template"] not in unpaired
        if not paired:  # a home's audit stays with the home
            place = programme.Now(row["service_code"], row["team_code"], place.done)
        changes = _changes(row, place, of_team, paired)
        if changes is None:
            held[row["peer_auditor_id"]] += 1
            continue
        why[number] = changes
        before = row["peer_auditor_id"]
        tasks.append(Task(_task_key(period.key, number), place.service, place.team, paired, before))
    before = [period.previous().previous().key, period.previous().key]
    made_anew = allocate(
        tasks, staff.managers, period.key, settings.audit_seed, third_time=running_pairs(staff.pairs, before), held=held,
        earlier=staff.earlier, accept=accept,
    )  # fmt: skip
    by_key: dict[str, Allocation] = {a.key: a for a in made_anew}
    rows = []
    for row in listed:
        number = row["case_number"]
        if number not in why:
            continue
        got = by_key[_task_key(period.key, number)]
        place = (
            now[number]
            if row["template"] not in unpaired
            else programme.Now(row["service_code"], row["team_code"], False)
        )
        new = {
            "case_number": number, "responsible_service_code": place.service, "responsible_team_code": place.team,
            "lead_auditor_id": got.lead, "peer_auditor_id": got.peer,
            "allocation_reason": "; ".join(filter(None, (why[number], got.reason))) or None,
        }  # fmt: skip
        # what could not be had before and cannot now is no change
        who = ("responsible_team_code", "lead_auditor_id", "peer_auditor_id")
        if row["responsible_team_code"] is None or any(new[n] != row[n] for n in who):
            rows.append(new)
    return rows


def _changes(row: dict[str, Any], place: programme.Now, of_team: set[tuple[str, str]], paired: bool) -> str | None:  # noqa: FBT001
    """Why a case is allocated anew; "" where there is nothing to tell, None where it stays as it is."""
    if row["responsible_team_code"] is None:
        moved = place.team != row["team_code"]
        return f"transferred from team {row['team_code']} to {place.team} since it was drawn" if moved else ""
    if place.done:
        return None
    if place.team != row["responsible_team_code"]:
        return f"transferred from team {row['responsible_team_code']} to {place.team}"
    if row["peer_auditor_id"] is None or (paired and row["lead_auditor_id"] is None):
        return ""
    managed = any(team == place.team for _, team in of_team)
    if paired and managed and (row["lead_auditor_id"], place.team) not in of_team:
        return f"the lead auditor no longer manages team {place.team}"
    return None


def _task_key(month: str, number: int) -> str:
    """A name of a case that tells nothing of it; hashed, so that cases are not matched in the order of the list."""
    return hashlib.sha256(f"{month} {number}".encode()).hexdigest()


def _told(ledger: Ledger, month: str) -> list[str]:
    return [line for part in ledger.audit_lists(month)[:1] for line in str(part["told"]).splitlines()]


def _shown(rows: list[dict[str, Any]], *, allocated: bool = False) -> list[dict[str, Any]]:
    """The rows as the command prints them. Service and team are those responsible now where the case is allocated."""
    return [
        {
            "subject_type": r["subject_type"], "subject": r["subject_id"],
            "child": r["subject_id"] if r["subject_type"] == "child" else None,
            "service": r.get("responsible_service_code") or r["service_code"], "template": r["template"],
            "team": r.get("responsible_team_code") or r["team_code"], "lead_auditor": r.get("lead_auditor_id"),
            "peer_auditor": r.get("peer_auditor_id"), "stratum": r["stratum"], "replaced_by": r["replaced_by"],
            "reason": (r.get("allocation_reason") if allocated else None) or r["reason"],
        }
        for r in rows
    ]  # fmt: skip
