"""Reading what is served: KPI values, the cases behind a figure, read-only SQL. Opening the restricted zone is logged."""

from __future__ import annotations

import calendar
import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.catalogue import OF_ROWS, Kpi, case_filter, load_catalogue
from orchestration.limits import user_name
from orchestration.periods import Period, parse_period
from orchestration.serving.zones import NothingServed, zone_file
from orchestration.settings import Settings

BASIS_NAMES = {
    "week": "W", "month": "M", "quarter": "Q", "half": "H", "ytd": "YTD", "year_to_date": "YTD", "rolling_12": "R12",
    "year": "Y", "financial_year": "Y", "snapshot": "SNAP", "term": "T", "academic_year": "AY", "calendar_year": "CY",
}  # fmt: skip
UNIT_BASES = {
    "week": ("W",), "month": ("M", "SNAP", "YTD", "R12"), "quarter": ("Q",), "half": ("H",), "year": ("Y",), "term": ("T",),
    "academic_year": ("AY",), "calendar_year": ("CY",),
}  # fmt: skip
VALUE_FIELDS = (
    "kpi", "basis", "period", "org_level", "org", "breakdown", "breakdown_value", "numerator", "denominator", "value",
    "status", "target", "rag", "org_name", "revision", "status_reason", "reference_date", "unit", "decimals",
    "label", "breaches", "recording_gaps", "not_yet_due", "previous_value", "direction",
)  # fmt: skip


class NotAvailable(RuntimeError):
    """A figure that the extracts do not give, so there is nothing behind it either."""


class Unknown(ValueError):
    """A KPI, basis or period that does not exist; the message says what does."""


def find_kpi(settings: Settings, code: str) -> Kpi:
    """The catalogue entry of a code; case does not matter. Raises Unknown."""
    kpis = {kpi.code.casefold(): kpi for kpi in load_catalogue(settings.project_root).kpis}
    if found := kpis.get(code.casefold()):
        return found
    parts = sorted(k.code for k in kpis.values() if k.measure.casefold() == code.partition(".")[0].casefold())
    hint = f"{parts[0]} has {', '.join(parts)}" if parts else "`qapm kpi list` shows all of them"
    raise Unknown(f"there is no KPI `{code}`: {hint}")


def pick_basis(kpi: Kpi, basis: str | None, period: Period | None) -> str:
    """The basis asked for, or the KPI's first one that fits the period's form. Raises Unknown."""
    declared = list(kpi.bases)
    if basis is not None:
        wanted = BASIS_NAMES.get(basis.casefold(), basis.upper())
        if wanted not in declared:
            raise Unknown(f"{kpi.code} has no basis `{basis}`: it declares {', '.join(declared)}")
        if period is not None and wanted not in UNIT_BASES[period.unit]:
            raise Unknown(f"`{period.key}` is a {period.unit}, which does not fit the basis {wanted}")
        return wanted
    if period is None:
        return declared[0]
    for wanted in declared:
        if wanted in UNIT_BASES[period.unit]:
            return wanted
    raise Unknown(f"{kpi.code} has no basis for a {period.unit}: it declares {', '.join(declared)}")


def _plain(value: Any) -> Any:  # noqa: ANN401 - a database value of any type
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _rows(db: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
    found = db.execute(sql, values or [])
    names = [d[0] for d in found.description or []]
    names = [n if names.index(n) == place else f"{n}_{place + 1}" for place, n in enumerate(names)]
    return [{n: _plain(v) for n, v in zip(names, row, strict=True)} for row in found.fetchall()]


def open_zone(settings: Settings, zone: str) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a zone without access to other files. Raises NothingServed when nothing is served."""
    return _read_only(zone_file(settings, zone))


def _read_only(path: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(str(path), read_only=True)
    db.execute(
        "set autoinstall_known_extensions = false; set autoload_known_extensions = false; set enable_external_access = false"
    )
    return db


def log_access(settings: Settings, action: str, zone: str, rows: int, role: str | None = None) -> None:
    """Note who opened the restricted zone, for what and how many rows; never a value."""
    if zone != "restricted":
        return
    settings.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": user_name(),
        "action": action,
        "zone": zone,
        "rows": rows,
    }
    with (settings.logs / "access.jsonl").open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(line | ({"role": role} if role else {})) + "\n")


def kpi_values(
    settings: Settings,
    code: str,
    period: str | None = None,
    basis: str | None = None,
    by: str | None = None,
    zone: str = "restricted",
) -> list[dict[str, Any]]:
    """Rows of one KPI: the authority's total, or the services, teams or values of a breakdown (`by`).

    Without a period: every period of the basis. Raises Unknown, NothingServed.
    """
    kpi = find_kpi(settings, code)
    when = parse_period(period) if period else None
    wanted = pick_basis(kpi, basis, when)
    where, values = ["kpi = ?", "basis = ?"], [kpi.code, wanted]
    if when is not None:
        where.append("period = ?")
        values.append(when.key)
    if by in ("service", "team"):
        where.append(f"org_level = '{by}' and breakdown = 'total'")
    elif by is None:
        where.append("org_level = 'authority' and breakdown = 'total'")
    else:
        known = sorted({"service", "team", *kpi.breakdowns})
        if by not in known:
            raise Unknown(f"{kpi.code} is not broken down by `{by}`: choose from {', '.join(known)}")
        where.append("org_level = 'authority' and breakdown = ?")
        values.append(by)
    with open_zone(settings, zone) as db:
        have = {r[0] for r in db.execute("describe kpi_values").fetchall()}
        fields = ", ".join(f for f in VALUE_FIELDS if f in have)
        rows = _rows(
            db,
            f"select {fields} from kpi_values where {' and '.join(where)} order by period, org, breakdown_value",
            values,
        )
    if not rows and when is not None and by is None:
        if zone == "aggregate" and wanted != kpi.bases[0]:
            raise Unknown(
                f"the aggregate zone holds {kpi.code} on the basis {kpi.bases[0]} only: use --basis {kpi.bases[0]}, or another zone"
            )
        rows = [_not_built(kpi, wanted, when)]
    if not rows and when is not None:  # nothing below the authority: its own row says why
        return kpi_values(settings, code, period, wanted, None, zone)
    log_access(settings, f"kpi values {kpi.code}", zone, len(rows))
    return rows


def _not_built(kpi: Kpi, basis: str, period: Period) -> dict[str, Any]:
    """The row of a period no build reaches (before the first load or after the as-at date): not available, never 0."""
    known: dict[str, Any] = {
        "kpi": kpi.code, "basis": basis, "period": period.key, "org_level": "authority", "breakdown": "total",
        "breakdown_value": "total", "status": "x", "rag": "", "revision": "", "unit": kpi.unit, "decimals": kpi.decimals,
        "status_reason": "outside the periods built",
    }  # fmt: skip
    return {name: known.get(name) for name in VALUE_FIELDS}


def kpi_cases(
    settings: Settings,
    code: str,
    period: str,
    basis: str | None = None,
    team: str | None = None,
    zone: str = "restricted",
    role: str | None = None,
    warehouse: Path | None = None,
) -> list[dict[str, Any]]:
    """The rows behind a figure, one object per counted case: denominator rows with `in_numerator`, or the counted rows.

    A case of a restricted record is there as `withheld` and says nothing else, so that number and list agree; a named
    role of settings.restricted_record_roles sees it. Raises Unknown, NothingServed, PermissionError.
    """
    kpi = find_kpi(settings, code)
    when = parse_period(period)
    wanted = pick_basis(kpi, basis, when)
    if zone == "aggregate":
        raise Unknown("the aggregate zone holds no cases: use --zone practice or restricted")
    if role is not None and role not in settings.restricted_record_roles:
        raise PermissionError(
            f"`{role}` is not a role that may see restricted records (setting QAPM_RESTRICTED_RECORD_ROLES)"
        )
    if warehouse is None:
        raise NothingServed("nothing is built yet: run `qapm refresh`")
    if kpi.numerator is None or kpi.calculation == "max_difference":
        why = f"would need {kpi.missing_extract}" if kpi.missing_extract else f"is {kpi.calculation.replace('_', ' ')}"
        raise NotAvailable(f"{kpi.code} {why}, so there are no cases to list")
    population, numerator, denominator = case_filter(kpi)
    # of values the rows that have one count, and 0 days is one; who has left is counted beside those in post, and is none of them
    condition = f"m.{numerator} is not null" if kpi.calculation in OF_ROWS else f"m.{numerator} <> 0"
    if denominator:
        condition += f" or m.{denominator} <> 0"
    counted_from = load_catalogue(settings.project_root).populations[population]
    with _read_only(warehouse) as db:
        known = _rows(
            db,
            "select period_start, period_end, reference_date from marts.dim_period where basis = ? and period = ?",
            [wanted, when.key],
        )
        covered = _rows(
            db,
            "select status, status_reason, numerator from kpi.kpi_values where kpi = ? and basis = ? and period = ? and org_level = 'authority' and breakdown = 'total'",
            [kpi.code, wanted, when.key],
        )
        if not known or not covered:
            raise Unknown(f"{kpi.code} has no row for {when.key} on the basis {wanted}")
        if covered[0]["status"] == "x" and covered[0]["numerator"] is None:
            raise NotAvailable(
                f"{kpi.code} for {when.key} is not available ({covered[0]['status_reason']}), so there are no cases to list"
            )
        first, last = known[0]["period_start"], known[0]["reference_date"]
        if counted_from.kind == "stock":  # a position: the rows of the month it is read in
            day = date.fromisoformat(last)
            if counted_from.position_month is not None and wanted == "Y":
                year = date.fromisoformat(first).year + (counted_from.position_month < 4)
                day = date(year, counted_from.position_month, calendar.monthrange(year, counted_from.position_month)[1])
            first, last = day.replace(day=1).isoformat(), day.isoformat()
        where, values = [f"({condition})", "m.event_date between ? and ?"], [first, last]
        if team is not None:
            where.append("m.team_code = ?")
            values.append(team)
        rows = _rows(
            db,
            f"""
            select m.*, m.{numerator} as numerator_part, coalesce(c.record_restriction, 'none') as record_restriction, c.child_id
            from measures.measures_{population} as m left join marts.dim_child as c on c.child_key = m.child_key
            where {" and ".join(where)} order by m.event_date, m.item_key
            """,
            values,
        )
        measures = {
            r[0] for r in db.execute(f"describe measures.measures_{population}").fetchall()
            if r[1] in ("INTEGER", "BIGINT") and r[0] not in ("row_number", "load_id")
        }  # fmt: skip
    found = []
    for row in rows:
        part = row.pop("numerator_part")
        restriction = row.pop("record_restriction")
        child_id = row.pop("child_id")
        is_score = kpi.calculation in ("mean", *OF_ROWS)
        flag: dict[str, Any] = {"numerator_part": part} if is_score else {"in_numerator": part != 0}
        if restriction != "none" and role is None:
            # a score is a value of the record, and of one team's few even whether it counts would say too much
            found.append({"withheld": True} | (flag if team is None and "in_numerator" in flag else {}))
            continue
        shown = {k: v for k, v in row.items() if k not in measures}
        found.append((shown if zone == "practice" else {"child_id": child_id, **shown}) | {"withheld": False, **flag})
    log_access(settings, f"kpi cases {kpi.code} {when.key}", zone, len(found), role)
    return found


def query(settings: Settings, sql: str, zone: str = "restricted") -> list[dict[str, Any]]:
    """Read-only SQL on a zone. Raises duckdb.Error for bad SQL, NothingServed when nothing is served."""
    action = f"query {hashlib.sha256(sql.encode()).hexdigest()[:12]}"
    with open_zone(settings, zone) as db:
        try:
            rows = _rows(db, sql)
        except duckdb.Error:
            log_access(settings, f"{action} failed", zone, 0)
            raise
    log_access(settings, action, zone, len(rows))
    return rows
