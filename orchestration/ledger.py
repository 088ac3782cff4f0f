"""The ledger of loads, builds and keys: SQLite, one transaction per state change. The one module that writes it.

It holds file names, hashes, counts, row numbers and reason codes; never a cell of a file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

SCHEMA = """
create table if not exists loads (
    load_id integer primary key autoincrement,
    file text not null, sha256 text not null, bytes integer not null,
    source text, period text, snapshot_date text,
    state text not null check (state in ('claimed', 'accepted', 'accepted_with_quarantine', 'rejected', 'duplicate', 'ignored')),
    message text not null default '', period_asked text, contract_digest text not null,
    known_on text not null, recorded_at text not null
);
create index if not exists loads_sha on loads (sha256);
create table if not exists load_tables (
    load_id integer not null references loads, source text not null, table_name text not null, sheet text not null,
    rows_read integer not null, rows_loaded integer not null, rows_quarantined integer not null,
    rows_deduplicated integer not null, covered_from text, covered_to text, missing text not null,
    mode text not null default 'period',
    primary key (load_id, table_name),
    check (rows_read = rows_loaded + rows_quarantined + rows_deduplicated)
);
create table if not exists reasons (
    load_id integer not null references loads, table_name text, sheet text, code text not null, column_name text not null,
    action text not null, row_numbers text not null, row_count integer not null default -1
);
create index if not exists reasons_load on reasons (load_id);
create table if not exists builds (
    generation text primary key, as_at text not null, as_known_at text not null, fingerprint text not null,
    recorded_at text not null
);
create table if not exists holds (
    load_id integer not null references loads, source text not null, table_name text not null, message text not null,
    signed_by text, reason text, signed_at text, primary key (load_id, source, table_name)
);
create table if not exists audit_lists (
    month text not null, part integer not null, kind text not null check (kind in ('sample', 'replacement', 'allocation')),
    file text not null, sha256 text not null, rows integer not null, as_at text not null, generation text not null,
    seed text not null, reason text, told text not null default '', recorded_at text not null, primary key (month, part)
);
create table if not exists facts (name text primary key, value text not null);
"""
# Columns that came after the first ledgers: (table, column, definition).
ADDED = (
    ("load_tables", "mode", "text not null default 'period'"),
    ("reasons", "row_count", "integer not null default -1"),
)


@dataclass
class TableResult:
    """What became of one table of a file."""

    source: str
    table: str
    sheet: str
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_deduplicated: int
    covered_from: str | None = None
    covered_to: str | None = None
    mode: str = "period"
    missing: list[str] = field(default_factory=list)
    reasons: list[dict[str, object]] = field(default_factory=list)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Ledger:
    """One SQLite file in WAL mode. Every public method that writes is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma foreign_keys = on")
        self._db.executescript(SCHEMA)
        for table, column, definition in ADDED:
            if column not in {row["name"] for row in self._db.execute(f"pragma table_info({table})")}:
                self._db.execute(f"alter table {table} add column {column} {definition}")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("begin immediate")
        try:
            yield self._db
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, object]]:
        return [dict(row) for row in self._db.execute(sql, tuple(values))]

    def claim(
        self,
        file: str,
        sha256: str,
        size: int,
        period_asked: str | None,
        contract_digest: str,
        known_on: date,
        message: str = "",
    ) -> int:
        """Record that a file is being taken in; returns its load id (ids grow with the ledger, not with the clock)."""
        return self.note(file, sha256, size, period_asked, contract_digest, known_on, "claimed", message)

    def note(
        self,
        file: str,
        sha256: str,
        size: int,
        period_asked: str | None,
        contract_digest: str,
        known_on: date,
        state: str,
        message: str,
        source: object = None,
        period: object = None,
    ) -> int:
        """Record a file in a state: claimed, or ended at once, ignored or as a duplicate; what is ignored at every run is recorded once.

        Returns the load id.
        """
        if state == "ignored":
            before = self._all(
                "select load_id from loads where file = ? and state = 'ignored' and message = ?", (file, message)
            )
            if before:
                return int(str(before[-1]["load_id"]))
        with self._transaction() as db:
            cursor = db.execute(
                "insert into loads (file, sha256, bytes, state, message, source, period, period_asked, contract_digest, known_on, "
                "recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    file, sha256, size, state, message, source, period, period_asked, contract_digest, known_on.isoformat(), _now(),
                ),
            )  # fmt: skip
            return int(cursor.lastrowid or 0)

    def finish(
        self,
        load_id: int,
        state: str,
        message: str,
        source: str | None = None,
        period: str | None = None,
        snapshot: date | None = None,
        tables: Sequence[TableResult] = (),
        file_reasons: Sequence[dict[str, object]] = (),
        holds: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Give a load its one final state together with its tables, reasons and holds.

        `holds` are (table, message): what is made from the table is published only after somebody signed the load off. A
        signature on the same bytes of the same period holds on when they are read again.
        """
        with self._transaction() as db:
            db.execute(
                "update loads set state = ?, message = ?, source = ?, period = ?, snapshot_date = ?, recorded_at = ? where load_id = ?",
                (state, message, source, period, snapshot.isoformat() if snapshot else None, _now(), load_id),
            )
            for t in tables:
                db.execute(
                    "insert into load_tables (load_id, source, table_name, sheet, rows_read, rows_loaded, rows_quarantined, "
                    "rows_deduplicated, covered_from, covered_to, missing, mode) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        load_id, t.source, t.table, t.sheet, t.rows_read, t.rows_loaded, t.rows_quarantined,
                        t.rows_deduplicated, t.covered_from, t.covered_to, json.dumps(t.missing), t.mode,
                    ),
                )  # fmt: skip
                self._write_reasons(db, load_id, t.table, t.sheet, t.reasons)
            self._write_reasons(db, load_id, None, None, file_reasons)
            for table, text in holds:
                signed = db.execute(
                    "select h.signed_by, h.reason, h.signed_at from holds h join loads l using (load_id) join loads mine on mine.load_id = ? "
                    "where l.sha256 = mine.sha256 and l.period = mine.period and h.table_name = ? and h.signed_by is not null",
                    (load_id, table),
                ).fetchone()
                db.execute(
                    "insert or ignore into holds (load_id, source, table_name, message, signed_by, reason, signed_at) values (?, ?, ?, ?, ?, ?, ?)",
                    (load_id, source, table, text, *(signed or (None, None, None))),
                )

    @staticmethod
    def _write_reasons(
        db: sqlite3.Connection, load_id: int, table: str | None, sheet: str | None, reasons: Sequence[dict[str, object]]
    ) -> None:
        db.executemany(
            "insert into reasons (load_id, table_name, sheet, code, column_name, action, row_numbers, row_count) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    load_id, r.get("table", table), r.get("sheet", sheet), r["code"], r["column"] or "", r["action"], json.dumps(r["rows"]),
                    r.get("count", len(r["rows"])),  # type: ignore[arg-type]
                )
                for r in reasons
            ],
        )  # fmt: skip

    def open_holds(self, *, signed: bool = False) -> list[dict[str, object]]:
        """Holds that count now: {load_id, source, table_name, message, file, period}; or those signed off.

        A hold counts as long as its load holds the table; of a table that was gone from the file, as long as nothing brought it
        for that period. Of full dumps only the last period counts.
        """
        current = self.current_tables()
        loads = {(r["load_id"], r["source"]) for r in current}
        tables = {(r["load_id"], r["table_name"]) for r in current}
        periods: dict[tuple[object, object], list[str]] = {}
        for r in current:
            periods.setdefault((r["source"], r["table_name"]), []).append(str(r["period"]))
        dumps = {(r["source"], r["table_name"]) for r in current if r["mode"] == "replace"}
        had = {(r["load_id"], r["table_name"]) for r in self._all("select load_id, table_name from load_tables")}
        found = []
        for hold in self._all(
            "select h.*, l.file, l.period from holds h join loads l using (load_id) "
            f"where h.signed_by is {'not null' if signed else 'null'} order by h.load_id, h.table_name"
        ):
            place, name = (hold["load_id"], hold["table_name"]), (hold["source"], hold["table_name"])
            counts = place in tables if place in had else (
                (hold["load_id"], hold["source"]) in loads and str(hold["period"]) not in periods.get(name, ())
            )  # fmt: skip
            if counts and not (name in dumps and max(periods[name]) > str(hold["period"])):
                found.append(hold)
        return found

    def sign_off(self, load_id: int, by: str, reason: str) -> int:
        """Sign off the holds of a load; returns how many there were."""
        with self._transaction() as db:
            done = db.execute(
                "update holds set signed_by = ?, reason = ?, signed_at = ? where load_id = ? and signed_by is null",
                (by, reason, _now(), load_id),
            )
            return done.rowcount

    def unfinished(self) -> list[dict[str, object]]:
        """Loads that were claimed when a run ended early; they are taken in again from the store."""
        return self._all("select * from loads where state = 'claimed' order by load_id")

    def current_tables(self, known_on: date | None = None) -> list[dict[str, object]]:
        """The load that holds each (source, table, period) now, or as known on a day: the last accepted one.

        Of tables whose loads add to one another (mode append) every accepted load counts.
        """
        limit = (known_on or date.max).isoformat()
        return self._all(
            """
            select t.*, l.file, l.sha256, l.period, l.snapshot_date, l.known_on
            from load_tables t join loads l using (load_id)
            where l.state in ('accepted', 'accepted_with_quarantine') and l.known_on <= ?
              and (t.mode = 'append' or t.load_id = (
                select max(t2.load_id) from load_tables t2 join loads l2 using (load_id)
                where t2.source = t.source and t2.table_name = t.table_name and l2.period = l.period
                  and l2.state in ('accepted', 'accepted_with_quarantine') and l2.known_on <= ?))
            order by t.source, t.table_name, l.period, t.load_id
            """,
            (limit, limit),
        )

    def holds(self, sha256: str, period: str | None = None) -> dict[str, object] | None:
        """The accepted load with these bytes (of this period) that is still current for one of its tables, or None."""
        current = {row["load_id"] for row in self.current_tables() if period in (None, row["period"])}
        for row in self._all(
            "select * from loads where sha256 = ? and state in ('accepted', 'accepted_with_quarantine') order by load_id desc",
            (sha256,),
        ):
            if row["load_id"] in current:
                return row
        return None

    def issues(self, known_on: date | None = None) -> list[dict[str, object]]:
        """What was found wrong in the loads that count: {source, table_name, column_name, rule, action, rows, load_id, period,
        first_seen}; `first_seen` is the day the same rule was first broken in the same column, in whichever load.

        A column that a file lacked is the rule COLUMN_NOT_IN_FILE. As known on a day, whatever was loaded since.
        """
        limit = (known_on or date.max).isoformat()
        where = "l.state in ('accepted', 'accepted_with_quarantine') and l.known_on <= ?"
        rows = self._all(
            "select t.source, r.table_name, r.column_name, r.code as rule, r.action, r.row_count, r.row_numbers, r.load_id, l.period, "
            "l.known_on from reasons r join load_tables t using (load_id, table_name) join loads l using (load_id) "
            f"where {where} order by r.load_id, r.rowid",
            (limit,),
        )
        for row in rows:
            count = int(str(row["row_count"]))
            row["rows"] = len(json.loads(str(row["row_numbers"]))) if count < 0 else count
        for table in self._all(
            "select t.source, t.table_name, t.missing, t.rows_loaded, t.load_id, l.period, l.known_on from load_tables t "
            f"join loads l using (load_id) where {where} order by t.load_id, t.rowid",
            (limit,),
        ):
            for name in json.loads(str(table["missing"])):
                lacking = {
                    "column_name": name,
                    "rule": "COLUMN_NOT_IN_FILE",
                    "action": "noted",
                    "rows": table["rows_loaded"],
                }
                rows.append(table | lacking)
        current = {(r["load_id"], r["table_name"]) for r in self.current_tables(known_on)}
        names = ("source", "table_name", "column_name", "rule", "action")
        seen: dict[tuple[object, ...], str] = {}
        for row in rows:
            place = tuple(row[n] for n in names)
            seen[place] = min(seen.get(place, "9999-12-31"), str(row["known_on"]))
        return [
            row | {"first_seen": seen[tuple(row[n] for n in names)]}
            for row in rows if (row["load_id"], row["table_name"]) in current
        ]  # fmt: skip

    def reports(self, load_ids: Sequence[int] | None = None, *, current: bool = False) -> list[dict[str, object]]:
        """The objects `qapm load` and `qapm loads` print: one per file and table, one per file without a table."""
        loads = self._all("select * from loads order by load_id")
        keep = {(r["load_id"], r["table_name"]) for r in self.current_tables()} if current else None
        tables: dict[int, list[dict[str, object]]] = {}
        for row in self._all("select * from load_tables order by load_id, rowid"):
            tables.setdefault(int(str(row["load_id"])), []).append(row)
        reasons: dict[tuple[int, str | None], list[dict[str, object]]] = {}
        places: dict[int, tuple[str, object]] = {}  # table and sheet that the reasons of a rejected load are of
        for row in self._all("select * from reasons order by load_id, rowid"):
            key = (int(str(row["load_id"])), row["table_name"])
            reason = {
                "code": row["code"],
                "column": row["column_name"],
                "rows": json.loads(str(row["row_numbers"])),
                "action": row["action"],
            }
            if int(str(row["row_count"])) > len(reason["rows"]):  # more rows than are told one by one
                reason["count"] = row["row_count"]
            reasons.setdefault(key, []).append(reason)  # type: ignore[arg-type]
            if row["table_name"] is not None:
                places.setdefault(key[0], (str(row["table_name"]), row["sheet"]))
        wanted = None if load_ids is None else set(load_ids)
        found = []
        for load in loads:
            load_id = int(str(load["load_id"]))
            if wanted is not None and load_id not in wanted:
                continue
            rejected, sheet = places.get(load_id, (None, None))
            for table in tables.get(load_id) or [None]:  # type: ignore[list-item]
                name = table["table_name"] if table else rejected
                if keep is not None and (load_id, name) not in keep:
                    continue
                rows = {
                    k: (table[k] if table else 0)
                    for k in ("rows_read", "rows_loaded", "rows_quarantined", "rows_deduplicated")
                }
                found.append(
                    {
                        "load_id": load_id, "file": load["file"], "sha256": load["sha256"], "source": load["source"],
                        "table": name, "sheet": table["sheet"] if table else sheet, "period": load["period"],
                        "state": load["state"], **rows,
                        "reasons": reasons.get((load_id, None), []) + (reasons.get((load_id, str(name)), []) if name else []),
                        "message": load["message"],
                    }
                )  # fmt: skip
        return found

    def record_build(self, generation: str, as_at: date, as_known_at: date, fingerprint: str) -> None:
        """Record a promoted warehouse generation."""
        with self._transaction() as db:
            db.execute(
                "insert or replace into builds values (?, ?, ?, ?, ?)",
                (generation, as_at.isoformat(), as_known_at.isoformat(), fingerprint, _now()),
            )

    def build(self, generation: str) -> dict[str, object] | None:
        """The record of a warehouse generation, or None."""
        found = self._all("select * from builds where generation = ?", (generation,))
        return found[0] if found else None

    def record_audit_list(
        self,
        month: str,
        kind: str,
        file: str,
        sha256: str,
        rows: int,
        as_at: date,
        generation: str,
        seed: str,
        reason: str | None = None,
        told: str = "",
    ) -> int:
        """Record a part of a month's frozen audit list: the sample first, then what replaces or allocates; returns its number.

        `reason` is why a rule was overridden or a case replaced, `told` what fell short. Raises sqlite3.IntegrityError for a second
        sample of a month.
        """
        with self._transaction() as db:
            part = 1 + int(db.execute("select count(*) from audit_lists where month = ?", (month,)).fetchone()[0])
            if kind == "sample" and part > 1:
                raise sqlite3.IntegrityError(f"the sample of {month} is frozen already")
            db.execute(
                "insert into audit_lists values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (month, part, kind, file, sha256, rows, as_at.isoformat(), generation, seed, reason, told, _now()),
            )
            return part

    def audit_lists(self, month: str | None = None) -> list[dict[str, object]]:
        """The parts of the frozen audit lists in order, of one month or of all."""
        return self._all("select * from audit_lists where ? is null or month = ? order by month, part", (month, month))

    def next_generation(self) -> str:
        """Name of the next generation: a running number, never the clock (F15)."""
        highest = self._all("select max(cast(generation as integer)) as last from builds")[0]["last"]
        return f"{int(str(highest or 0)) + 1:06d}"

    def fact(self, name: str) -> str | None:
        """A stored fact such as the key's fingerprint, or None."""
        found = self._all("select value from facts where name = ?", (name,))
        return str(found[0]["value"]) if found else None

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact."""
        with self._transaction() as db:
            db.execute("insert or replace into facts values (?, ?)", (name, value))
