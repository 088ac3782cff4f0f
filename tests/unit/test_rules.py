"""Row rules on typed tables: dates, births, unborn children, keys, repeats, coverage."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.contracts import load_contracts
from orchestration.ingest.read import recognise
from orchestration.ingest.rules import Typed, apply_rules, snapshot_days
from orchestration.ingest.sheets import Sheet
from tests.control import FILED, SNAPSHOT, Grid, grid

CONTRACTS = load_contracts()


FOLDERS = TemporaryDirectory()


def typed_tables(one: Grid, snapshot: date = SNAPSHOT, **known: object) -> list[Typed]:
    """What the rules make of a sheet: the table, and the tables made from it."""
    found = recognise(Sheet(one.title, [one.headers, *one.rows]), CONTRACTS)
    assert found is not None
    return apply_rules(found, CONTRACTS, snapshot, Path(mkdtemp(dir=FOLDERS.name)), file_name=one.title, **known)


def typed(one: Grid, snapshot: date = SNAPSHOT) -> Typed:
    return typed_tables(one, snapshot)[0]


def why(result: Typed) -> list[tuple[str, str, list[int]]]:
    return [(r.code, r.column, r.rows) for r in result.reasons]


def changed(table: str, *cells: tuple[int, str, object], source: str = "annex_a") -> Typed:
    one = grid(source, table)
    for row, column, value in cells:
        one.set(row, column, value)
    return typed(one)


@pytest.mark.parametrize("table", FILED, ids=lambda t: t.relation)
def test_the_control_rows_of_every_table_are_good(table):
    result = typed(grid(table.source, table.name))
    assert why(result) == []
    assert result.good.num_rows == 10
    assert result.good["row_number"].to_pylist() == list(range(2, 12))


def test_codes_keep_raw_text_and_rule():
    result = changed("list_3", (2, "referral_source", "j) 3D: Health services"), (3, "referral_source", "Astrology"))
    rows = result.good.to_pylist()
    assert [rows[0][f"referral_source{x}"] for x in ("", "_raw", "_rule")] == [
        "3D", "j) 3D: Health services", "letter_code_label",
    ]  # fmt: skip
    assert [rows[1][f"referral_source{x}"] for x in ("", "_raw", "_rule")] == ["unknown", "Astrology", "unknown"]
    assert why(result) == [("UNKNOWN_CODE", "referral_source", [3])]
    assert result.reasons[0].action == "blanked"
    assert result.bad.num_rows == 0


@pytest.mark.parametrize(
    ("table", "cells", "code", "column"),
    [
        ("list_1", [("contact_date", date(1989, 12, 31))], "DATE_TOO_EARLY", "contact_date"),
        ("list_1", [("contact_date", "1900-01-01")], "DATE_TOO_EARLY", "contact_date"),
        ("list_1", [("contact_date", SNAPSHOT + timedelta(days=1))], "DATE_IN_FUTURE", "contact_date"),
        ("list_3", [("date_of_birth", date(1998, 6, 30))], "AGE_OUT_OF_RANGE", "date_of_birth"),
        ("list_3", [("date_of_birth", SNAPSHOT + timedelta(days=301))], "DATE_IN_FUTURE", "date_of_birth"),
        ("list_9", [("date_of_birth", SNAPSHOT + timedelta(days=1))], "DATE_IN_FUTURE", "date_of_birth"),
        ("list_8", [("date_of_birth", SNAPSHOT - timedelta(days=499))], "DATE_BEFORE_BIRTH", "cla_start_date"),
        ("list_4", [("authorisation_date", date(2024, 1, 1))], "END_BEFORE_START", "authorisation_date"),
        ("list_11", [("stage_2_end_date", date(2024, 1, 1))], "END_BEFORE_START", "stage_2_end_date"),
        ("list_4", [("date_of_birth", "")], "MANDATORY_BLANK", "date_of_birth"),
        ("list_9", [("date_of_birth", "N/A")], "MANDATORY_BLANK", "date_of_birth"),
        ("list_7", [("latest_category", "f) Other")], "UNKNOWN_CODE", "latest_category"),
        ("list_8", [("placements_last_12_months", "two")], "BAD_NUMBER", "placements_last_12_months"),
    ],
)  # fmt: skip
def test_a_row_is_quarantined(table, cells, code, column):
    result = changed(table, *((2, name, value) for name, value in cells))
    assert (code, column, [2]) in why(result)
    assert result.bad["row_number"].to_pylist() == [2]
    assert result.good.num_rows == 9


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        ("list_1", [("contact_date", SNAPSHOT)]),
        ("list_3", [("date_of_birth", date(1998, 7, 1))]),
        ("list_1", [("contact_date", date(2022, 1, 1)), ("date_of_birth", date(2022, 1, 1) + timedelta(days=300))]),
        ("list_4", [("authorisation_date", "")]),
        ("list_2", [("date_of_birth", "")]),
        ("list_8", [("placement_postcode", "nope")]),
        ("list_3", [("age", "6.138")]),
        ("list_3", [("age", "unborn")]),
    ],
)
def test_a_row_is_kept(table, cells):
    assert changed(table, *((2, name, value) for name, value in cells)).good.num_rows == 10


@pytest.mark.parametrize("table", ["list_4", "list_5", "list_6", "list_7"])
def test_an_unborn_child_needs_no_date_of_birth(table):
    assert changed(table, (2, "date_of_birth", ""), (2, "age", -1)).bad.num_rows == 0
    no_age = changed(table, (2, "date_of_birth", ""), (2, "age", ""), (2, "gender", "c) Not stated/recorded"))
    assert no_age.bad.num_rows == 0
    born = changed(table, (2, "date_of_birth", ""), (2, "age", 4), (2, "gender", "c) Not stated/recorded"))
    assert born.bad.num_rows == 1


def test_a_planned_date_may_lie_ahead():
    ahead = SNAPSHOT + timedelta(days=200)
    assert changed("audit_actions", (2, "due_date", ahead), source="quality_assurance").bad.num_rows == 0
    assert changed("audit_actions", (2, "completed_date", ahead), source="quality_assurance").bad.num_rows == 1


def test_a_bad_optional_cell_is_blanked_and_counted():
    result = changed("list_8", (3, "placement_postcode", "nope"))
    assert why(result) == [("BAD_POSTCODE", "placement_postcode", [3])]
    assert result.good["placement_postcode"].to_pylist()[1] is None


def test_a_row_with_two_faults_counts_once_and_names_both():
    result = changed("list_3", (5, "gender", "Z"), (5, "referral_date", "12/25/2020"))
    assert result.bad.num_rows == 1
    assert why(result) == [("BAD_DATE", "referral_date", [5]), ("UNKNOWN_CODE", "gender", [5])]


def test_a_quarantined_row_stands_for_no_other():
    """Of two rows alike but for a stray cell beyond the header, the clean one is loaded."""
    one = grid("annex_a", "list_3")
    one.rows = [list(r) for r in one.rows]
    one.rows[6] = list(one.rows[2])
    one.rows[2].append("stray")
    result = typed(one)
    assert why(result) == [("RAGGED_ROW", "", [4])]
    assert 8 in result.good["row_number"].to_pylist()


def test_three_equal_rows_leave_one():
    one = grid("annex_a", "list_3")
    one.rows[4] = list(one.rows[1])
    one.rows[8] = list(one.rows[1])
    result = typed(one)
    assert (result.rows_deduplicated, result.good.num_rows, result.bad.num_rows) == (2, 8, 0)
    assert why(result) == [("DUPLICATE_ROW", "", [6, 10])]


def test_true_and_one_are_different_cells():
    one = grid("annex_a", "list_3")
    one.set(2, "child_id", 1.0)
    one.set(3, "child_id", True)
    assert typed(one).good["child_id"].to_pylist()[:2] == ["1", "yes"]


def test_two_birth_dates_are_quarantined_but_a_blank_one_is_not():
    one = grid("annex_a", "list_1")
    one.set(3, "child_id", one.get(2, "child_id"))
    one.set(3, "date_of_birth", "")
    assert typed(one).bad.num_rows == 0
    one.set(4, "child_id", one.get(2, "child_id"))
    result = typed(one)
    assert why(result) == [("TWO_BIRTH_DATES", "date_of_birth", [2, 3, 4])]


def test_quarantined_rows_are_kept_as_text_with_their_headers():
    result = changed("list_3", (4, "referral_date", "12/25/2020"))
    (row,) = result.bad.to_pylist()
    assert row["row_number"] == 4
    assert row["6: Date of referral"] == "12/25/2020"


CELLS = st.one_of(
    st.sampled_from(["", "N/A", "a) Male", "Z", "7", "12/25/2020", "2025-06-01", "01/06/2025", "1990-01-01", "2025-07-01", "nope"]),
    st.integers(-2, 60_000), st.floats(allow_nan=True), st.booleans(), st.dates(date(1980, 1, 1), date(2027, 1, 1)), st.text(max_size=8),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["list_1", "list_3", "list_7", "list_9"]),
    st.lists(st.tuples(st.integers(2, 11), st.integers(0, 10), CELLS), max_size=25),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4),
)
def test_whatever_the_cells_every_row_is_accounted_for_once(table, cells, copies):
    one = grid("annex_a", table)
    for row, place, value in cells:
        one.rows[row - 2][place % len(one.headers)] = value
    for target, origin in copies:
        one.rows[target] = list(one.rows[origin])
    result = typed(one)
    assert result.rows_read == result.good.num_rows + result.bad.num_rows + result.rows_deduplicated
    kept, thrown = set(result.good["row_number"].to_pylist()), set(result.bad["row_number"].to_pylist())
    assert not kept & thrown
    named = {n for r in result.reasons if r.action == "quarantined" for n in r.rows}
    assert named == thrown, "every quarantined row has a reason, and no other row has one"
    keys = [tuple(r[k] for k in result.table.key) for r in result.good.to_pylist()]
    assert len(keys) == len(set(keys))


def test_a_window_ends_at_the_snapshot_and_a_full_history_begins_with_its_first_event():
    contacts = typed(grid("annex_a", "list_1"))
    assert snapshot_days(contacts.table, date(2025, 6, 30), contacts.good) == (date(2025, 1, 1), date(2025, 6, 30))
    assert snapshot_days(contacts.table, date(2025, 8, 31), contacts.good) == (date(2025, 3, 1), date(2025, 8, 31))
    assert snapshot_days(contacts.table, date(2025, 9, 30), contacts.good) == (date(2025, 4, 1), date(2025, 9, 30))
    ssd = typed(grid("ssd", "cin_episodes"))
    referrals = ssd.good.set_column(
        ssd.good.column_names.index("referral_date"), "referral_date", pa.array([date(2006, 8, 21)] * ssd.good.num_rows)
    )
    six_years = (date(2019, 10, 1), date(2025, 9, 30))
    assert snapshot_days(ssd.table, date(2025, 9, 30), referrals) == six_years, (
        "older ones are there because they went on"
    )
    portal = typed(grid("portal_referrals", "portal_referrals"))
    quiet = portal.good.slice(0, 0)
    assert snapshot_days(portal.table, date(2025, 9, 30), quiet) == (date(2025, 9, 1), date(2025, 9, 30))
    audits = typed(grid("quality_assurance", "audits"))
    first = min(audits.good["allocated_date"].to_pylist())
    assert snapshot_days(audits.table, SNAPSHOT, audits.good) == (first, SNAPSHOT)
    assert snapshot_days(audits.table, SNAPSHOT, audits.good.slice(0, 0)) == (SNAPSHOT, SNAPSHOT)
    leavers = typed(grid("annex_a", "list_9"))
    assert snapshot_days(leavers.table, SNAPSHOT, leavers.good) == (SNAPSHOT, SNAPSHOT)


def test_a_monthly_list_of_what_a_month_adds_up_to_covers_its_month():
    sickness = CONTRACTS.table("workforce", "sickness")
    nothing = pa.table({"worker_id": pa.array([], pa.string())})
    assert snapshot_days(sickness, date(2025, 9, 30), nothing) == (date(2025, 9, 1), date(2025, 9, 30))
    workers = CONTRACTS.table("workforce", "workers")
    assert snapshot_days(workers, date(2025, 9, 30), nothing) == (date(2025, 9, 30), date(2025, 9, 30)), (
        "a position is of its day"
    )
