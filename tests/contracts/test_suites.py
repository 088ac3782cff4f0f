"""The Great Expectations gate on extracts: what passes, what is caught and named, and that no cell value ever gets out."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from expectations.contracts import load_contracts
from expectations.gate import Batch, Failure, gate_extracts
from expectations.suites import added_columns, build_suite, build_table_suite, typed_columns

ROOT = Path(__file__).parents[2]
CONTRACTS = load_contracts()
SNAPSHOT = date(2025, 9, 30)
ROWS = 40
CANARY = "CANARY-Smith"
CANARY_DAY = date(2077, 11, 13)
CANARY_NUMBER = -987654


def good_batch(source: str, table: str, load_id: int = 1, snapshot: date = SNAPSHOT, rows: int = ROWS) -> Batch:
    """A batch that keeps the contract: every code once, optional dates blank in places."""
    contract = CONTRACTS.table(source, table)
    paired = {name for pair in contract.ordered_dates for name in pair}
    columns: dict[str, list[object]] = {"row_number": list(range(2, rows + 2))}
    for column in contract.columns:
        name, low = column.name, int(column.minimum or 0)
        if column.type == "json":
            continue
        if column.type in ("date", "datetime"):
            back = 4000 if name == "date_of_birth" else 900
            columns[name] = [snapshot - timedelta(days=back - row) for row in range(rows)]
            if contract.freshness and name != "date_of_birth":  # days of long ago would break it
                columns[name] = [snapshot - timedelta(days=rows - row) for row in range(rows)]
            if column.type == "datetime":
                columns[name] = [datetime.combine(day, time(9, 30)) for day in columns[name]]
            if not column.required and name not in contract.key and name not in paired:
                columns[name][::3] = [None] * len(columns[name][::3])
        elif column.type in ("integer", "decimal"):
            unique = (
                all(contract.by_name[k].type in ("integer", "decimal") for k in contract.key) and name in contract.key
            )
            high = low + 3 if column.maximum is None else int(column.maximum)
            numbers = [low + (row if unique else row % 3) for row in range(rows)]
            columns[name] = (
                [Decimal(min(n, high)) if column.type == "decimal" else min(n, high) for n in numbers]
                if not unique
                else numbers
            )
        elif column.type == "code":
            codes = [code.code for code in CONTRACTS.code_sets[column.codes or ""].codes]
            columns[name] = [codes[row % len(codes)] for row in range(rows)]
            columns[f"{name}_raw"], columns[f"{name}_rule"] = [f"a) {c}" for c in columns[name]], ["code"] * rows
        else:
            columns[name] = [f"{name} {row}" for row in range(rows)]
    types = typed_columns(contract)
    data = pa.table({name: pa.array(columns[name], kind) for name, kind in types.items()})
    return Batch(load_id, contract, snapshot, data, f"{table} of load {load_id}")


def put(batch: Batch, column: str, cells: list[object], kind: pa.DataType | None = None) -> Batch:
    """The batch with the first cells of a column replaced."""
    place = batch.data.column_names.index(column)
    kind = kind or batch.data.schema.types[place]
    values = [*cells, *batch.data.column(column).to_pylist()[len(cells) :]]
    return replace(batch, data=batch.data.set_column(place, column, pa.array(values, kind)))


def found(failures: list[Failure]) -> set[tuple[str, str]]:
    return {(f.column, f.expectation) for f in failures}


@pytest.mark.slow
def test_good_frames_of_every_table_pass_together_with_an_older_load():
    """Two loads of every table hold the same keys and row numbers: unique within a load is what counts."""
    older = SNAPSHOT.replace(year=2024)
    batches = [
        good_batch(t.source, t.name, load_id, snapshot)
        for t in CONTRACTS.tables
        for load_id, snapshot in ((1, SNAPSHOT), (2, older))
    ]
    assert gate_extracts(batches) == []


DAY = timedelta(days=1)
BAD = {
    "required column blank": ("list_3", "gender", [None], "a value in every row"),
    "required date blank": ("list_3", "referral_date", [None], "a value in every row"),
    "code outside the list": ("list_3", "referral_source", [CANARY], "a code of contact_source"),
    "unknown where the column does not tolerate it": ("list_3", "gender", ["unknown"], "a code of gender"),
    "count below 0": ("list_3", "referrals_last_12_months", [-1], "0 or more"),
    "age below the contract's minimum": ("list_3", "age", [Decimal("-2")], "-1 to 130"),
    "age above the contract's maximum": ("list_3", "age", [Decimal("131")], "-1 to 130"),
    "date before 1990": ("list_3", "referral_date", [date(1989, 12, 31)], "no day before 1990-01-01"),
    "date after the snapshot": ("list_3", "referral_date", [SNAPSHOT + DAY], "no day after the snapshot"),
    "birth 301 days after the snapshot": (
        "list_4",
        "date_of_birth",
        [SNAPSHOT + 301 * DAY],
        "no day in the future beyond what is lawful for an unborn child",
    ),
    "birth after the snapshot where nobody is unborn": (
        "list_9",
        "date_of_birth",
        [SNAPSHOT + DAY],
        "no day in the future beyond what is lawful for an unborn child",
    ),
    "birth 27 years ago": ("list_9", "date_of_birth", [date(1998, 9, 30)], "a day less than 27 years before the snapshot"),
    "birth too long after the event": (
        "list_3",
        "date_of_birth",
        [SNAPSHOT - 900 * DAY + 301 * DAY],
        "a day at most 300 days after referral_date",
    ),
    "end before start": ("list_7", "cp_plan_end_date", [SNAPSHOT - 901 * DAY], "no day before cp_plan_start_date"),
    "row number of the header": ("list_3", "row_number", [1], "2 or more"),
    "row number twice": ("list_3", "row_number", [3], "a number of its own for every row"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_frame_fails_with_its_column(case: str):
    table, column, cells, says = BAD[case]
    failures = gate_extracts([put(good_batch("annex_a", table), column, cells)])
    assert (column, says) in found(failures)
    assert {f.column for f in failures} == {column}


LAWFUL = {
    "unknown where the column tolerates it": ("annex_a", "list_3", "referral_source", ["unknown"]),
    "optional code blank": ("annex_a", "list_3", "referral_source", [None]),
    "unborn child without a date of birth": ("annex_a", "list_4", "date_of_birth", [None]),
    "birth expected in 300 days": ("annex_a", "list_4", "date_of_birth", [SNAPSHOT - 900 * DAY + 300 * DAY]),
    "day of the snapshot": ("annex_a", "list_3", "referral_date", [SNAPSHOT]),
    "end on the day of the start": ("annex_a", "list_7", "cp_plan_end_date", [SNAPSHOT - 900 * DAY]),
    "minimum itself": ("annex_a", "list_3", "age", [Decimal(-1)]),
    "planned date with an open end": ("reference", "targets", "valid_to", [date(9999, 12, 31)]),
    "planned date after the snapshot": ("quality_assurance", "audits", "due_date", [SNAPSHOT + 60 * DAY]),
}


def test_lawful_oddities_pass():
    for case, (source, table, column, cells) in LAWFUL.items():
        assert gate_extracts([put(good_batch(source, table), column, cells)]) == [], case


def test_key_is_unique_with_blanks_in_it():
    """contact_source is part of the key of list 1 and may be blank: two blanks with the same day and child are one key."""
    batch = put(good_batch("annex_a", "list_1"), "child_id", ["1", "1"])
    batch = put(batch, "contact_date", [SNAPSHOT, SNAPSHOT])
    assert gate_extracts([put(batch, "contact_source", [None, "1A"])]) == []
    failures = gate_extracts([put(batch, "contact_source", [None, None])])
    assert found(failures) == {("child_id, contact_date, contact_source", "a key of its own for every row")}


COLUMNS = "the contract's columns, in order and type"


def test_columns_of_the_typed_rows_are_exact():
    batch = good_batch("annex_a", "list_3")
    names = batch.data.column_names
    missing = replace(batch, data=batch.data.drop_columns(["team"]))
    swapped = replace(batch, data=batch.data.select([*names[:-2], names[-1], names[-2]]))
    added = replace(batch, data=batch.data.append_column("notes", pa.array([CANARY] * ROWS)))
    mistyped = put(batch, "referral_date", [CANARY] * ROWS, pa.string())
    assert found(gate_extracts([missing])) == {("team", COLUMNS)}
    assert found(gate_extracts([swapped])) == {("team, worker", COLUMNS)}
    assert found(gate_extracts([added])) == {("", COLUMNS)}
    assert ("referral_date", COLUMNS) in found(gate_extracts([mistyped]))


def test_empty_list_passes():
    assert gate_extracts([good_batch("annex_a", "list_8", rows=0)]) == []
    assert gate_extracts([]) == []


def test_snapshot_rules_hold_load_by_load():
    """A day after the older load's snapshot is wrong there even when a newer load lies beside it."""
    older = good_batch("annex_a", "list_3", 1, date(2025, 6, 30))
    newer = good_batch("annex_a", "list_3", 2, SNAPSHOT)
    failures = gate_extracts([newer, put(older, "referral_date", [date(2025, 7, 1)])])
    assert [(f.load_id, f.column) for f in failures] == [(1, "referral_date")]


def test_only_the_guilty_load_is_named():
    batches = [good_batch("annex_a", table, load_id) for load_id in (1, 2, 3) for table in ("list_2", "list_3")]
    batches[3] = put(batches[3], "gender", [CANARY])
    assert gate_extracts(batches) == [
        Failure(load_id=2, file="list_3 of load 2", table="list_3", expectation="a code of gender", column="gender")
    ]


def test_one_load_given_twice_is_held_back():
    batch = good_batch("annex_a", "list_3")
    assert {f.load_id for f in gate_extracts([batch, batch])} == {1}


def leaking_batches() -> list[Batch]:
    """Batches whose faults hold canaries: wrong values, and a wrong type on which Great Expectations itself stumbles."""
    batch = good_batch("annex_a", "list_3")
    for column, cells in {
        "child_id": [CANARY, CANARY],
        "gender": [CANARY],
        "referral_date": [CANARY_DAY, CANARY_DAY],
        "date_of_birth": [CANARY_DAY],
        "referrals_last_12_months": [CANARY_NUMBER],
        "team": [CANARY],
    }.items():
        batch = put(batch, column, cells)
    mistyped = good_batch("annex_a", "list_5", 2)
    mistyped = put(mistyped, "strategy_discussion_date", [CANARY] * ROWS, pa.string())
    return [batch, mistyped, good_batch("annex_a", "list_3", 3)]


def leaks(text: str) -> list[str]:
    canaries = (CANARY, CANARY.lower(), "2077", "987654")
    return [canary for canary in canaries if canary in text]


def test_no_value_leaves_the_gate(tmp_path, caplog, capfd, recwarn):
    caplog.set_level("DEBUG")
    failures = gate_extracts(leaking_batches(), docs=tmp_path)
    assert len(failures) >= 6
    pages = [p.read_text(encoding="utf-8") for p in tmp_path.glob("*.html")]
    assert len(pages) == 4  # two tables, the guilty one of the two loads of list 3, the index
    out, err = capfd.readouterr()
    said = [
        *map(str, failures),
        *map(repr, failures),
        caplog.text,
        out,
        err,
        *(str(w.message) for w in recwarn),
        *pages,
    ]
    assert [leak for text in said for leak in leaks(text)] == []
    assert out == err == caplog.text == ""


def test_data_docs_load_nothing_and_keep_their_bytes(tmp_path):
    (tmp_path / "left_over.html").write_text("an older run")
    folders = [tmp_path, tmp_path / "again"]
    for folder in folders:
        gate_extracts(leaking_batches(), docs=folder)
    first, again = ({p.name: p.read_bytes() for p in folder.glob("*.html")} for folder in folders)
    assert first == again
    assert "left_over.html" not in first
    index = first["index.html"].decode()
    assert set(re.findall(r'href="([^"]+)"', index)) == set(first) - {"index.html"}
    for name, page in first.items():
        text = page.decode()
        assert not re.search(r"https?:|//[a-z]", text), name
        assert not re.search(
            r"<(script|link|img|iframe|object|embed|base|form)\b|@import|@font-face|url\(|src=", text
        ), name
        assert set(re.findall(r'href="([^"]+)"', text)) <= set(first), name
    assert "values must belong to this set" in first["annex_a__list_3.html"].decode()


@pytest.mark.parametrize("table", CONTRACTS.tables, ids=lambda t: t.relation)
def test_suite_covers_the_whole_contract(table):
    """Every required, code, number and date column and the key has its expectation; the frame's columns are listed."""
    suite = build_suite(table, CONTRACTS.code_sets)
    made = {(e.configuration.type, e.configuration.kwargs.get("column")) for e in suite.expectations}
    for column in table.columns:
        if column.required is True and column.type != "json":
            assert ("expect_column_values_to_not_be_null", column.name) in made
        if column.type == "code":
            assert ("expect_column_values_to_be_in_set", column.name) in made
        if column.type in ("integer", "decimal") or (
            column.type in ("date", "datetime") and column.name != "date_of_birth"
        ):
            assert ("expect_column_values_to_be_between", column.name) in made
    pairs = {
        (e.configuration.kwargs["column_A"], e.configuration.kwargs["column_B"])
        for e in suite.expectations
        if "column_A" in e.configuration.kwargs
    }
    assert {(end, start) for start, end in table.ordered_dates} <= pairs
    judged = {c.name for c in table.columns if c.type in ("date", "datetime") and not c.planned} - {"date_of_birth"}
    assert {b for a, b in pairs if a == "snapshot_date"} == judged
    keys = [
        e.configuration.kwargs["column_list"] for e in suite.expectations if "column_list" in e.configuration.kwargs
    ]
    assert [*typed_columns(table), *added_columns(table)] in keys


@pytest.mark.parametrize("table", CONTRACTS.tables, ids=lambda t: t.relation)
def test_table_suite_covers_the_table_rules(table):
    """The key, the null rates, the freshness, the referential shares and the volume each have their expectation."""
    suite = build_table_suite(table, 0.4)
    made = {e.configuration.kwargs["column"] for e in suite.expectations}
    assert made == {
        "repeated_row_numbers", "repeated_keys", *(["days_old"] if table.freshness else []), *(["volume_change"] if table.volume else []),
        *(f"null_share__{c.name}" for c in table.columns if c.max_null_share is not None),
        *(f"found_share__{n}" for n, k in enumerate(table.foreign_keys) if k.share),
    }  # fmt: skip


def test_result_format_is_boolean_only_everywhere():
    """Every other result format of Great Expectations carries cell values."""
    calls = 0
    for path in [*(ROOT / "expectations").rglob("*.py"), *(ROOT / "orchestration").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for value in re.findall(r"result_format\s*=\s*([^,)\n]+)", text, re.IGNORECASE):
            assert value.split("#")[0].strip() in ('"BOOLEAN_ONLY"', "RESULT_FORMAT"), path
            calls += "BOOLEAN_ONLY" in value
        if "great_expectations" in text:
            assert not re.search(r"[\"'](SUMMARY|BASIC|COMPLETE)[\"']|ResultFormat\b", text), path
            for call in re.findall(r"\.validate\((?!self)[^)]*\)", text):
                assert "result_format" in call, path
    assert calls


def test_import_of_the_gate_is_cheap():
    """`qapm` starts in a fraction of a second; Great Expectations and pandas cost seconds and come only when needed."""
    code = (
        "import sys, expectations.gate, expectations.suites, expectations.data_docs;"
        "print([m for m in ('great_expectations', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
