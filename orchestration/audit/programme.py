"""What a month's sample and allocation are made from, read from the promoted warehouse: frame, dated programme, managers, history.

Reading only; the rules are in `sample` and `allocate`. A frame whose records do not reach the position is refused here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.audit import frozen
from orchestration.audit.allocate import Manager, Pair
from orchestration.audit.sample import Line, Programme, Rule, Subject, Template
from orchestration.ledger import Ledger
from orchestration.periods import Period, parse_period
from orchestration.settings import Settings
from orchestration.warehouse.build import Generation

DAYS_OFF = 7  # how far the records behind the frame may be from the position, either way
# The facts of the lists that the frame is made of, and the tables of those that are no lists.
FACTS = (
    "early_help_assessments", "assessments", "cin_episodes", "cp_plans", "cla_periods", "care_leavers", "adoption_plans",
)  # fmt: skip
OTHERS = (("fostering", "households"), ("adoption", "adopter_families"), ("residential", "home_stays"))
LOAD_MONTHS = 12  # whose audits count when managers with as many cases this month are set in order


class NoFrame(RuntimeError):
    """The warehouse has no position to draw from."""


@dataclass(frozen=True)
class Frame:
    """The position a month is drawn from. `late` names the tables whose records are too far from it."""

    subjects: tuple[Subject, ...]
    programme: Programme
    families: dict[str, tuple[str, ...]]
    late: tuple[str, ...]


def read_frame(
    db: duckdb.DuckDBPyConnection, settings: Settings, ledger: Ledger, made: Generation, month: Period
) -> Frame:
    """The frame of a month's sample: the position at the last day of the month before. Raises NoFrame when there is none."""
    position = month.previous()
    rows = _rows(
        db,
        "select subject_type, subject_key, subject_id, service_code, team_code, case_status, last_listed_date, is_restricted, "
        "is_audit_approved, reference_date from marts.fct_audit_subjects_month_end where month = ? order by subject_key, service_code",
        [position.key],
    )
    if not rows:
        raise NoFrame(
            f"the warehouse as at {made.as_at} holds no open case at {position.end}: load the extracts of {position.key} and run "
            f"`qapm build --as-at {position.end}` or later"
        )
    programme = _programme(db, month)
    listed = _listed(db, settings, ledger, month, programme.months_without_repeat)
    subjects = tuple(
        Subject(
            subject_type=r["subject_type"], key=r["subject_key"], subject=r["subject_id"], service=r["service_code"],
            team=r["team_code"], child=r["subject_id"] if r["subject_type"] == "child" else None, status=r["case_status"],
            last_listed=max(filter(None, (r["last_listed_date"], listed.get((r["subject_type"], r["subject_key"])))), default=None),
            restricted=r["is_restricted"], approved=r["is_audit_approved"],
        )
        for r in rows
    )  # fmt: skip
    late = _late(db, ledger, made, position.end)
    if abs((rows[0]["reference_date"] - position.end).days) > DAYS_OFF:
        late = (f"the warehouse itself ({rows[0]['reference_date']})", *late)
    return Frame(subjects, programme, _families(db), late)


def _rows(db: duckdb.DuckDBPyConnection, sql: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
    cursor = db.execute(sql, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _late(db: duckdb.DuckDBPyConnection, ledger: Ledger, made: Generation, position: date) -> tuple[str, ...]:
    """The tables of which no load known to the warehouse is as at a day near the position, with the nearest there is.

    A dump that tells the whole history (int_control__histories) may be later: it tells the position as well.
    """
    histories = {
        (r["source"], r["table_name"])
        for r in _rows(db, "select source, table_name from intermediate.int_control__histories")
    }
    routes = _rows(db, "select fact, source, table_name from intermediate.int_control__routes")
    tables = {(r["source"], r["table_name"]) for r in routes if r["fact"] in FACTS}
    held = defaultdict(list)
    for load in ledger.current_tables(made.as_known_at):
        held[str(load["source"]), str(load["table_name"])].append(date.fromisoformat(str(load["snapshot_date"])))
    # a workbook's list is loaded under its own name
    found = []
    for table in sorted(tables | {t for t in OTHERS if t in held}):
        days = held.get(table, [])
        nearest = min(days, key=lambda d: (abs((d - position).days), d), default=None)
        reaches = table in histories and days and max(days) >= position
        if nearest is None or (abs((nearest - position).days) > DAYS_OFF and not reaches):
            found.append(f"{table[0]}.{table[1]} ({nearest or 'never'})")
    return tuple(found)


def _programme(db: duckdb.DuckDBPyConnection, month: Period) -> Programme:
    """The templates, lines and rules in force on the first of the month."""
    first = month.start
    in_force = "valid_from <= ? and (valid_to is null or valid_to >= ?)"
    themes = defaultdict(list)
    for r in _rows(
        db,
        f"select template, theme from staging.stg_quality_assurance__template_themes where {in_force} "
        "order by template, theme_order, theme",
        [first, first],
    ):
        themes[r["template"]].append(r["theme"])
    templates = [
        Template(r["template"], r["subject_type"], _text(r["service_code"]), r["paired"] != "no", tuple(themes[r["template"]]))
        for r in _rows(
            db,
            "select template, coalesce(subject_type, 'child') as subject_type, service_code, paired "
            f"from staging.stg_quality_assurance__audit_templates where {in_force} order by template",
            [first, first],
        )
    ]  # fmt: skip
    lines = [
        Line(r["template"], int(r["planned_audits"] or 0), r["start_date"], r["end_date"], _text(r["service_code"]))
        for r in _rows(
            db,
            "select template, planned_audits, start_date, end_date, service_code from staging.stg_quality_assurance__audit_programme "
            "where start_date <= ? and end_date >= ? order by programme_id",
            [first, first],
        )
    ]  # fmt: skip
    rules = [
        Rule(r["rule"], r["amount"], *(_text(r[n]) for n in ("template", "service_code", "team_code", "case_status", "theme")))
        for r in _rows(
            db,
            "select rule, amount, template, service_code, team_code, case_status, theme "
            f"from staging.stg_quality_assurance__audit_sample_rules where {in_force} order by row_number",
            [first, first],
        )
    ]  # fmt: skip
    rules = [rule for rule in rules if rule.is_whole]  # the load noted what a rule lacks
    if not templates or not (lines or rules):
        raise NoFrame(
            f"no audit programme is in force on {first}: load quality_assurance.audit_templates and audit_programme or audit_sample_rules"
        )
    return Programme(tuple(templates), tuple(lines), tuple(rules))


def _text(value: str | None) -> str | None:
    return value.strip() or None if value else None


def _listed(
    db: duckdb.DuckDBPyConnection, settings: Settings, ledger: Ledger, month: Period, months: int
) -> dict[tuple[str, str], date]:
    """The day each subject last stood on a frozen list of the months before, by kind and key."""
    earlier, found = month, {}
    for _ in range(months):
        earlier = earlier.previous()
        keys = _keys(db, frozen.read(settings, ledger, earlier.key))
        for subject in keys.values():
            found.setdefault(subject, earlier.start)
    return found


def _keys(db: duckdb.DuckDBPyConnection, rows: Iterable[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Kind and key of the subjects on a list that were not replaced, by case number."""
    rows = [r for r in rows if r["replaced_by"] is None]
    relations = {
        "child": ("intermediate.int_children__identities", "child_id", "child_key"),
        "fostering_household": ("staging.stg_control__household_keys", "household_id", "household_key"),
        "adopter_family": ("staging.stg_control__adopter_family_keys", "adopter_family_id", "adopter_family_key"),
    }
    found = {}
    for kind, (relation, number, key) in relations.items():
        ids = [r["subject_id"] for r in rows if r["subject_type"] == kind]
        if ids:
            sql = f"select {number} as id, {key} as key from {relation} where {number} in (select unnest(?))"
            known = {r["id"]: r["key"] for r in _rows(db, sql, [ids])}
            found |= {
                r["case_number"]: (kind, known[r["subject_id"]])
                for r in rows if r["subject_type"] == kind and r["subject_id"] in known
            }  # fmt: skip
    return found


def _families(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The families of every child, by keys."""
    found = defaultdict(list)
    for r in _rows(
        db, "select distinct child_key, family_key from marts.fct_family_members order by child_key, family_key"
    ):
        found[r["child_key"]].append(r["family_key"])
    return {key: tuple(families) for key, families in found.items()}


@dataclass(frozen=True)
class Staff:
    """Who can audit: managers in post, the pairs of each month, and how many audits each had as peer."""

    managers: tuple[Manager, ...]
    pairs: dict[str, frozenset[Pair]]
    earlier: dict[str, int]


def read_staff(
    db: duckdb.DuckDBPyConnection, settings: Settings, ledger: Ledger, made: Generation, month: Period
) -> Staff:
    """Team managers in post on the as-at date (or the first of a month after it), and what was allocated in the months before.

    Of a month with a frozen list that counts, of the others the trackers' list as circulated.
    """
    day = max(month.start, made.as_at)
    managers = tuple(
        Manager(r["worker_id"], r["team_code"], r["service_code"])
        for r in _rows(
            db,
            "select distinct worker_id, team_code, service_code from marts.dim_worker where role = 'team_manager' "
            "and team_code <> 'unmapped' and valid_from <= ? and (valid_to is null or valid_to >= ?) order by all",
            [day, day],
        )
    )
    before, earlier = [], month
    for _ in range(LOAD_MONTHS):
        earlier = earlier.previous()
        before.append(earlier)
    tracked = defaultdict(list)
    for r in _rows(
        db,
        "select strftime(circulated_date, '%Y-%m') as month, lead_auditor_id, peer_auditor_id "
        "from staging.stg_quality_assurance__audit_allocations where replaced_by is null and circulated_date between ? and ?",
        [before[-1].start, before[0].end],
    ):
        tracked[r["month"]].append(r)
    pairs: dict[str, frozenset[Pair]] = {}
    load: Counter[str] = Counter()
    for period in before:
        rows = [
            r for r in frozen.read(settings, ledger, period.key) if r["replaced_by"] is None and r["peer_auditor_id"]
        ]
        rows = rows or tracked[period.key]
        pairs[period.key] = frozenset(
            frozenset((r["lead_auditor_id"], r["peer_auditor_id"])) for r in rows if r["lead_auditor_id"] and r["peer_auditor_id"]
        )  # fmt: skip
        load.update(r["peer_auditor_id"] for r in rows if r["peer_auditor_id"])
    return Staff(managers, pairs, dict(load))


@dataclass(frozen=True)
class Now:
    """Where a case on a list stands today: the team that holds it, and whether its audit is done."""

    service: str
    team: str
    done: bool


def where_now(db: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], month: Period) -> dict[int, Now]:
    """By case number, where each case stands in the newest position, or stood when it was drawn if it has closed since.

    A subject that several services hold stays with the one it was drawn for as long as that one does.
    """
    keys = _keys(db, rows)
    newest: dict[tuple[str, ...], dict[str, Any]] = {}
    for r in _rows(
        db,
        "select s.subject_type, s.subject_key, s.service_code, s.team_code from marts.fct_audit_subjects_month_end as s "
        "left join marts.fct_audit_frame_month_end as f on s.month = f.month and s.child_key = f.child_key "
        "where s.month = (select max(month) from marts.fct_audit_subjects_month_end) and s.team_code <> 'unmapped' "
        "order by case when s.team_code = f.team_code then 0 else 1 end, s.service_code",
    ):
        newest[r["subject_type"], r["subject_key"], r["service_code"]] = r
        newest.setdefault((r["subject_type"], r["subject_key"]), r)
    done = {
        (r["subject_type"], r["subject_id"])
        for r in _rows(
            db,
            "select subject_type, coalesce(child_id, subject_id) as subject_id from intermediate.int_quality_assurance__audits "
            "where completed_date is not null and allocated_date between ? and ?",
            [month.start, month.end],
        )
    }
    found = {}
    for row in rows:
        subject = keys.get(row["case_number"], ("", ""))
        place = newest.get((*subject, row["service_code"])) or newest.get(subject) or row
        is_done = (row["subject_type"], row["subject_id"]) in done
        found[row["case_number"]] = Now(place["service_code"], place["team_code"], is_done)
    return found


def paired_templates(db: duckdb.DuckDBPyConnection, month: Period) -> set[str]:
    """The templates that a lead and a peer audit together."""
    return {t.template for t in _programme(db, month).templates if t.paired}


def month_of(key: str) -> Period:
    """The month of a key such as 2025-10. Raises ValueError for another period."""
    period = parse_period(key)
    if period.unit != "month":
        raise ValueError(f"`{key}` is not a month: write it like 2025-10")
    return period
