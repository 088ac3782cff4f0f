"""The ledger: one transaction per state change, what is current, what was known when."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest

from orchestration.ledger import Ledger, TableResult

KNOWN = date(2025, 7, 3)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "store" / "ledger.sqlite") as made:
        yield made


def add(ledger, sha="a" * 64, period="2025-06", tables=("list_1",), state="accepted", known_on=KNOWN, rows=10):
    load_id = ledger.claim("file.xlsx", sha, 100, None, "digest", known_on)
    results = [TableResult("annex_a", t, t, rows, rows, 0, 0, "2025-01-01", "2025-06-30") for t in tables]
    accepted = state.startswith("accepted")
    ledger.finish(load_id, state, "", "annex_a", period, date(2025, 6, 30), results if accepted else ())
    return load_id


def current(ledger, known_on=None):
    return {(r["table_name"], r["period"]): r["load_id"] for r in ledger.current_tables(known_on)}


def test_it_is_in_write_ahead_mode_and_private(tmp_path, ledger):
    with sqlite3.connect(tmp_path / "store" / "ledger.sqlite") as db:
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0


def test_a_claim_is_unfinished_until_its_final_state(ledger):
    load_id = ledger.claim("file.xlsx", "a" * 64, 100, None, "digest", KNOWN)
    assert [r["load_id"] for r in ledger.unfinished()] == [load_id]
    assert current(ledger) == {}
    ledger.finish(load_id, "rejected", "NO_PERIOD: no period")
    assert ledger.unfinished() == []
    assert current(ledger) == {}


def test_the_last_accepted_load_of_a_table_and_period_is_current(ledger):
    one = add(ledger, tables=("list_1", "list_2"))
    two = add(ledger, "b" * 64, tables=("list_1",))
    late = add(ledger, "c" * 64, period="2025-05", tables=("list_1",))
    add(ledger, "d" * 64, state="rejected")
    assert current(ledger) == {("list_1", "2025-06"): two, ("list_2", "2025-06"): one, ("list_1", "2025-05"): late}


def test_what_was_known_on_a_day_leaves_later_loads_out(ledger):
    one = add(ledger, known_on=date(2025, 7, 3))
    two = add(ledger, "b" * 64, known_on=date(2025, 8, 3))
    assert current(ledger, date(2025, 7, 2)) == {}
    assert current(ledger, date(2025, 8, 2)) == {("list_1", "2025-06"): one}
    assert current(ledger, date(2025, 8, 3)) == {("list_1", "2025-06"): two}


def test_held_bytes_are_those_of_a_load_that_is_current_for_a_table(ledger):
    one = add(ledger, tables=("list_1", "list_2"))
    add(ledger, "b" * 64, tables=("list_1",))
    assert ledger.holds("a" * 64)["load_id"] == one
    add(ledger, "b" * 64, tables=("list_2",))
    assert ledger.holds("a" * 64) is None
    assert ledger.holds("e" * 64) is None


def test_held_bytes_of_one_period_are_not_those_of_another(ledger):
    june, july = add(ledger, period="2025-06"), add(ledger, period="2025-07")
    assert [ledger.holds("a" * 64, p)["load_id"] for p in ("2025-06", "2025-07", None)] == [june, july, july]
    assert ledger.holds("a" * 64, "2025-08") is None


def test_rows_that_do_not_add_up_are_refused_and_nothing_of_them_stays(ledger):
    load_id = ledger.claim("file.xlsx", "a" * 64, 100, None, "digest", KNOWN)
    good, wrong = TableResult("annex_a", "list_1", "a", 2, 2, 0, 0), TableResult("annex_a", "list_2", "b", 3, 1, 1, 0)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.finish(load_id, "accepted", "", "annex_a", "2025-06", date(2025, 6, 30), [good, wrong])
    assert [r["load_id"] for r in ledger.unfinished()] == [load_id]
    assert current(ledger) == {}


def test_a_state_that_is_none_is_refused(ledger):
    load_id = ledger.claim("file.xlsx", "a" * 64, 100, None, "digest", KNOWN)
    with pytest.raises(sqlite3.IntegrityError):
        ledger.finish(load_id, "partly", "")


def test_a_report_has_the_fields_people_script(ledger):
    load_id = ledger.claim("file.xlsx", "a" * 64, 100, None, "digest", KNOWN)
    reason = {"code": "BAD_DATE", "column": "contact_date", "rows": [4, 9], "action": "quarantined"}
    table = TableResult("annex_a", "list_1", "List 1", 10, 7, 2, 1, reasons=[reason])
    ledger.finish(load_id, "accepted_with_quarantine", "said", "annex_a", "2025-06", date(2025, 6, 30), [table])
    assert ledger.reports() == [
        {
            "load_id": load_id, "file": "file.xlsx", "sha256": "a" * 64, "source": "annex_a", "table": "list_1", "sheet": "List 1",
            "period": "2025-06", "state": "accepted_with_quarantine", "rows_read": 10, "rows_loaded": 7, "rows_quarantined": 2,
            "rows_deduplicated": 1, "reasons": [reason], "message": "said",
        }
    ]  # fmt: skip


def test_reports_of_some_loads_or_of_the_current_ones_only(ledger):
    one, two = add(ledger), add(ledger, "b" * 64)
    three = add(ledger, "c" * 64, state="rejected")
    assert [r["load_id"] for r in ledger.reports([one, three])] == [one, three]
    assert [r["load_id"] for r in ledger.reports(current=True)] == [two]
    assert [r["state"] for r in ledger.reports([three])] == ["rejected"]


def test_load_ids_and_generations_grow_with_the_ledger_not_with_the_clock(ledger):
    ids = [add(ledger, str(n) * 64, known_on=date(2025, 7, 30 - n)) for n in range(5)]
    assert ids == sorted(ids)
    assert ledger.next_generation() == "000001"
    ledger.record_build("000009", KNOWN, KNOWN, "print")
    assert ledger.next_generation() == "000010"
    assert ledger.build("000009")["fingerprint"] == "print"
    assert ledger.build("000001") is None


def test_facts_are_kept_and_replaced(ledger):
    assert ledger.fact("key") is None
    ledger.set_fact("key", "one")
    ledger.set_fact("key", "two")
    assert ledger.fact("key") == "two"


def test_two_connections_see_only_whole_states(tmp_path, ledger):
    load_id = ledger.claim("file.xlsx", "a" * 64, 100, None, "digest", KNOWN)
    with Ledger(tmp_path / "store" / "ledger.sqlite") as other:
        with ledger._transaction() as db:
            db.execute("update loads set state = 'rejected' where load_id = ?", (load_id,))
            assert [r["load_id"] for r in other.unfinished()] == [load_id]
        assert other.unfinished() == []


def test_an_entry_ignored_at_every_run_is_recorded_once(ledger):
    first = ledger.note("~$a.xlsx", "", 0, None, "digest", KNOWN, "ignored", "a lock file")
    assert ledger.note("~$a.xlsx", "", 0, None, "digest", KNOWN, "ignored", "a lock file") == first
    assert ledger.note("~$b.xlsx", "", 0, None, "digest", KNOWN, "ignored", "a lock file") != first
    assert len(ledger.reports()) == 2
    assert ledger.unfinished() == []
