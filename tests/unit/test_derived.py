"""Tables made from other tables' rows: JSON entries, other columns of published statistics, form answers by their map."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.contracts import clean_text, load_contracts
from expectations.suites import typed_columns
from orchestration.ingest import parse, sheets
from orchestration.ingest.cells import NOTHING
from orchestration.ingest.derived import pivoted
from orchestration.ingest.read import read_sheets, recognise
from orchestration.ingest.rules import Typed, apply_rules
from orchestration.ingest.sheets import RejectedFile
from orchestration.settings import Settings
from tests.control import SNAPSHOT, Grid, grid, write_csv, write_xlsx

CONTRACTS = load_contracts()
FOLDERS = TemporaryDirectory()
PARTS = 400  # bytes of a block where a file is to be read in many chunks


def csv_text(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV; the headers are the keys of all rows in the order they come."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(h for r in rows for h in r)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def taken(relation: str, rows: list[dict[str, Any]], block: int | None = None) -> dict[str, Typed]:
    """What the rules make of a CSV of rows: the table and those made from it, by name."""
    folder = Path(mkdtemp(dir=FOLDERS.name))
    path = folder / "file.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    with mock.patch.object(sheets, "BLOCK", block or sheets.BLOCK):
        (sheet,) = read_sheets(path)
        found = recognise(sheet, CONTRACTS)
        assert found is not None
        assert found.table.relation == relation
        if block:
            assert sum(1 for _ in sheet.chunks(found.header_row, len(found.header))) > 2, "the file is one chunk"
        made = apply_rules(found, CONTRACTS, SNAPSHOT, folder / "out", file_name="statistics")
    for one in made:
        assert one.rows_read == one.rows_loaded + one.rows_quarantined + one.rows_deduplicated
        assert one.good.num_rows == one.rows_loaded
    return {one.table.name: one for one in made}


def why(result: Typed) -> list[tuple[str, str, list[int], str]]:
    return [(r.code, r.column, r.rows, r.action) for r in result.reasons]


# --- JSON entries -----------------------------------------------------------------------------------------------------


def contact(number: int, outcome: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - cells
    return {
        "cont_contact_id": f"C{number:04d}", "cont_person_id": f"P{number:04d}", "cont_contact_date": "2025-06-02",
        "cont_contact_source_code": "6", "cont_contact_source_desc": "Police", "cont_contact_outcome_json": outcome,
    } | changed  # fmt: skip


def entries(*outcomes: str, block: int | None = None) -> tuple[list[tuple[int, str, str | None]], Typed]:
    """(row number, item, value) of every entry made of contacts with these outcomes, and the contacts."""
    made = taken("ssd__contacts", [contact(n, o) for n, o in enumerate(outcomes)], block)
    rows = made["contact_outcomes"].good.to_pylist()
    assert {(r["row_number"], r["contact_id"]) for r in rows} <= {
        (r["row_number"], r["contact_id"]) for r in made["contacts"].good.to_pylist()
    }, "the key and the row number of an entry are those of its row"
    return [(r["row_number"], r["item"], r["value"]) for r in rows], made["contacts"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('{"NFA": "N", "S47": "Y"}', [("NFA", "N"), ("S47", "Y")]),
        ('["1A", "2B"]', [("1A", "Y"), ("2B", "Y")]),
        ("[]", []), ("{}", []), ("", []), ("NULL", []), ("-1", []),
        ('["1A", "1A", " 1A "]', [("1A", "Y")]),
        ('[1, 2.0, "3"]', [("1", "Y"), ("2", "Y"), ("3", "Y")]),
        ('{"A": true, "B": false, "C": 1, "D": 2.5}', [("A", "yes"), ("B", "no"), ("C", "1"), ("D", "2.5")]),
        ('{"A": null, "B": "", "C": " ", "D": "N/A", "E": "Y"}', [("E", "Y")]),
        ('{"A": "N", "A": "Y"}', [("A", "Y")]),
        ('{"": "Y", "B": "Y"}', [("B", "Y")]),
        ('{"A\u00a0 b": " x\u200b "}', [("A b", "x")]),
        ('{"OUTCOME_COMMENTS": "a text", "COMMENTS": "b", "NFA": "Y"}', [("NFA", "Y")]),
    ],
)  # fmt: skip
def test_json_entries_become_rows(cell, found):
    made, contacts = entries('["first"]', cell)
    assert made == [(2, "first", "Y"), *((3, item, value) for item, value in found)]
    assert why(contacts) == []
    assert contacts.rows_loaded == 2


@pytest.mark.parametrize(
    "cell",
    [
        "NFA", '"NFA"', "7", "true", '{"A": {"B": "Y"}}', '{"A": ["Y"]}', '[["1A"]]', '[{"a": 1}]', '["1A", null]', '{"A": "Y"',
        "{'A': 'Y'}", "[" * 5000, '{"A": ' + "9" * 5000 + "}", '["\\ud800"]', '{"\\udfff": "Y"}', '{"A": "\\ud800"}',
    ],
)  # fmt: skip
def test_json_that_is_no_list_or_record_is_blanked_and_counted_and_its_row_kept(cell):
    made, contacts = entries('["first"]', cell, '["last"]')
    assert made == [(2, "first", "Y"), (4, "last", "Y")]
    assert why(contacts) == [("BAD_JSON", "contact_outcome", [3], "blanked")]
    assert contacts.rows_loaded == 3


def test_an_entry_given_twice_in_two_spellings_counts_once():
    """Else the key of the entries (row and item) is there twice and the gate refuses the whole file."""
    made, _ = entries('{"NFA": "Y", " NFA ": "Y"}')
    assert [item for _, item, _ in made] == ["NFA"]


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from(["Y", "N", "", " a  b ", "COMMENTS", "null", "é"])
)
DOCUMENTS = st.one_of(
    st.lists(SCALARS, max_size=4),
    st.dictionaries(st.sampled_from(["NFA", "S47", "COMMENTS", "OUTCOME_COMMENTS", "x y"]), SCALARS, max_size=4),
    st.dictionaries(st.sampled_from(["NFA", "S47"]), st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=2),
    SCALARS,
)  # fmt: skip


def expected(document: Any) -> list[tuple[str, str]] | None:  # noqa: ANN401 - JSON
    """The entries by the contract's words; None where it is no list or record of outcomes."""

    def text(value: object) -> str:
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else clean_text(str(value))

    if isinstance(document, list):
        if any(d is None or isinstance(d, list | dict) for d in document):
            return None
        document = dict.fromkeys(map(text, document), "Y")
    if not isinstance(document, dict) or any(isinstance(v, list | dict) for v in document.values()):
        return None
    given_ = {k: "" if v is None else text(v) for k, v in document.items() if k not in ("COMMENTS", "OUTCOME_COMMENTS")}
    return [(k, v) for k, v in given_.items() if k and v.casefold() not in NOTHING]


@settings(max_examples=60, deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=12), st.booleans())
@example([["1A"], None, {"NFA": ["Y"]}], True)
def test_any_json_makes_the_entries_of_its_own_row_and_no_other(documents, parts):
    cells = [json.dumps(d) for d in documents]
    padded = [*cells, *['["pad"]'] * 24] if parts else cells
    made, contacts = entries(*padded, block=PARTS if parts else None)
    wanted = {
        n: (expected(d) if c.casefold() not in NOTHING and c != "-1" else []) for n, (c, d) in
        enumerate(zip(cells, documents, strict=True), 2)
    }  # fmt: skip
    for number, found in wanted.items():
        assert [(i, v) for n, i, v in made if n == number] == (found or [])
    bad = [r.rows for r in contacts.reasons if r.code == "BAD_JSON"]
    assert sorted(sum(bad, [])) == [n for n, found in wanted.items() if found is None]
    assert contacts.rows_loaded == len(padded)


@pytest.mark.parametrize("block", [None, PARTS])
def test_a_repeated_row_takes_its_entries_with_it_wherever_it_stands(block):
    rows = [contact(n, '["1A", "2B"]') for n in range(40)]
    rows[35] = dict(rows[3])  # the same row: one is kept
    rows[36] = contact(4, '["9Z"]')  # the same key, another outcome: both go
    rows[37] = contact(5, '["2B", "9Z"]', cont_contact_id="")  # a row without its key: quarantined
    made = taken("ssd__contacts", rows, block)
    contacts, outcomes = made["contacts"], made["contact_outcomes"].good.to_pylist()
    assert why(contacts) == [
        ("DUPLICATE_KEY", "contact_id", [6, 38], "quarantined"), ("DUPLICATE_ROW", "", [37], "deduplicated"),
        ("MANDATORY_BLANK", "contact_id", [39], "quarantined"),
    ]  # fmt: skip
    kept = [n for n in range(2, 42) if n not in (6, 37, 38, 39)]
    assert contacts.good["row_number"].to_pylist() == kept
    assert [(r["row_number"], r["item"]) for r in outcomes] == [(n, i) for n in kept for i in ("1A", "2B")]
    assert made["contact_outcomes"].rows_loaded == len(outcomes)
    assert contacts.bad["row_number"].to_pylist() == [6, 38, 39]


@pytest.mark.parametrize("block", [None, PARTS])
def test_the_rows_named_are_those_of_the_file_when_ragged_rows_stand_among_them(block):
    """A ragged row early or late in the file, in whichever block, moves no other row's number."""
    rows = [contact(n, f'["{n}"]') for n in range(60)]
    lines = csv_text(rows).splitlines()
    for number in (9, 23, 24, 41, 60):
        lines[number - 1] = lines[number - 1].split(",")[0]
    folder = Path(mkdtemp(dir=FOLDERS.name))
    (folder / "file.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with mock.patch.object(sheets, "BLOCK", block or sheets.BLOCK):
        (sheet,) = read_sheets(folder / "file.csv")
        found = recognise(sheet, CONTRACTS)
        assert found is not None
        contacts, outcomes = apply_rules(found, CONTRACTS, SNAPSHOT, folder / "out")
    assert sorted(contacts.bad["row_number"].to_pylist()) == [9, 23, 24, 41, 60]
    for made in (contacts.good.to_pylist(), outcomes.good.to_pylist()):
        assert {r["row_number"]: r["contact_id"] for r in made} == {
            n: f"C{n - 2:04d}" for n in range(2, 62) if n not in (9, 23, 24, 41, 60)
        }


# --- other columns of published statistics -------------------------------------------------------------------------------


def statistic(number: int, **cells: Any) -> dict[str, Any]:  # noqa: ANN401 - cells
    return {
        "time_period": "2025", "time_identifier": "Reporting year", "geographic_level": "Local authority",
        "country_code": "E92000001", "country_name": "England", "region_code": "E12000001", "region_name": "R",
        "old_la_code": f"{300 + number}", "new_la_code": f"E080000{number:02d}", "la_name": f"Place {number}",
        "characteristic": "Total",
    } | cells  # fmt: skip


def figures(*rows: dict[str, Any], block: int | None = None) -> tuple[list[tuple[Any, ...]], dict[str, Typed]]:
    """(row number, indicator, breakdown, value, status) of every figure."""
    made = taken("published_statistics__dfe_rows", list(rows), block)
    found = made["dfe_values"].good.to_pylist()
    for row in found:
        assert (row["publication"], row["time_period"]) == ("statistics", "2025")
        assert row["old_la_code"] == str(300 + row["row_number"] - 2)
    return [(r["row_number"], r["indicator"], r["breakdown"], r["value"], r["status"]) for r in found], made


@pytest.mark.parametrize(
    ("symbol", "status"),
    [
        ("c", "c"), ("C", "c"), ("x", "x"), ("z", "z"), ("k", "k"), ("low", "k"), ("u", "u"),
        (" c ", "c"), ("c suppressed", "c"), ("suppressed", "c"),
    ],
)  # fmt: skip
def test_symbols_of_the_department_are_a_status_and_no_value(symbol, status):
    found, made = figures(statistic(0, children="12"), statistic(1, children=symbol))
    assert found == [(2, "children", None, Decimal("12.0000"), None), (3, "children", None, None, status)]
    assert made["dfe_values"].good["status_raw"].to_pylist() == [None, symbol.strip()]
    assert made["dfe_values"].good["status_rule"].to_pylist()[0] == "blank"


def test_every_figure_is_a_row_and_blank_cells_are_none():
    found, made = figures(
        statistic(0, children="1,234", rate="56.78", share="-3.5"), statistic(1, children="", rate="N/A", share="0"),
        statistic(2, children="7", rate="0.00005", share=" "),
    )  # fmt: skip
    assert sorted(found) == [
        (2, "children", None, Decimal("1234.0000"), None), (2, "rate", None, Decimal("56.7800"), None),
        (2, "share", None, Decimal("-3.5000"), None), (3, "share", None, Decimal("0.0000"), None),
        (4, "children", None, Decimal("7.0000"), None), (4, "rate", None, Decimal("0.0001"), None),
    ]  # fmt: skip
    assert made["dfe_rows"].unknown == [], "the columns are figures, they are not left out"
    assert why(made["dfe_rows"]) == []


def test_columns_with_words_break_the_figures_down():
    found, _ = figures(
        statistic(0, sex="Female", age="10 to 15", children="5"), statistic(1, sex="Male", age="", children="6"),
        statistic(2, sex="", age="", children="7"),
    )  # fmt: skip
    assert found == [
        (2, "children", "sex=Female; age=10 to 15", Decimal("5.0000"), None),
        (3, "children", "sex=Male", Decimal("6.0000"), None), (4, "children", None, Decimal("7.0000"), None),
    ]  # fmt: skip


def test_rows_of_one_place_told_apart_by_a_filter_column_are_all_kept():
    """A third filter is in no contract column, but it is in the key of the values: nothing may be lost as a repeat."""
    made = taken(
        "published_statistics__dfe_rows",
        [statistic(0, sex="Female", children="5"), statistic(0, sex="Male", children="6")],
    )
    values = made["dfe_values"].good.to_pylist()
    assert [(r["breakdown"], r["value"]) for r in values] == [("sex=Female", Decimal(5)), ("sex=Male", Decimal(6))]


def test_rows_that_differ_in_a_figure_alone_are_no_repeats():
    made = taken("published_statistics__dfe_rows", [statistic(0, children="5"), statistic(0, children="6")])
    assert why(made["dfe_rows"]) == [("DUPLICATE_KEY", "publication", [2, 3], "quarantined")]
    assert made["dfe_values"].rows_loaded == 0


def test_words_in_a_figure_column_further_down_the_file_are_counted():
    rows = [statistic(n, sex="Female", children=str(n), rate="1.5") for n in range(40)]
    rows[35]["children"], rows[36]["rate"], rows[37]["children"], rows[38]["children"] = "many", "?", "c", ""
    found, made = figures(*rows, block=PARTS)
    assert [r for r in why(made["dfe_rows"]) if r[0] == "BAD_NUMBER"] == [
        ("BAD_NUMBER", "children", [37], "blanked"), ("BAD_NUMBER", "rate", [38], "blanked"),
    ]  # fmt: skip
    assert {r[2] for r in found} == {"sex=Female"}
    assert len(found) == 40 * 2 - 3
    assert {r[1:2] + r[3:] for r in found if r[0] == 39} == {
        ("rate", Decimal("1.5000"), None),
        ("children", None, "c"),
    }


@pytest.mark.parametrize("block", [None, PARTS])
def test_the_values_of_a_repeated_row_go_with_it(block):
    rows = [statistic(n, children=str(n)) for n in range(40)]
    rows[30] = dict(rows[2])
    made = taken("published_statistics__dfe_rows", rows, block)
    assert why(made["dfe_rows"]) == [("DUPLICATE_ROW", "", [32], "deduplicated")]
    assert made["dfe_values"].good["row_number"].to_pylist() == [n for n in range(2, 42) if n != 32]


# --- form answers ------------------------------------------------------------------------------------------------------

ANSWERS, MAP = (CONTRACTS.table("quality_assurance", n) for n in ("form_answers", "question_map"))
AUDITS, GRADES, ACTIONS = (
    CONTRACTS.table("quality_assurance", n) for n in ("form_audits", "form_theme_grades", "form_audit_actions")
)


def given_answer(
    form: str, question: str, text: str | None, answer_no: str | None = None, **more: Any
) -> dict[str, Any]:  # noqa: ANN401
    return {
        "form_id": form, "child_id": f"P{form}", "template": "T", "question_code": question, "answer_no": answer_no,
        "answer": text, "answered_at": datetime(2025, 5, 1, 10),
    } | more  # fmt: skip


def rule(question: str, table: str, column: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the map
    none = dict.fromkeys(("answer_no", "item", "value", "valid_from", "valid_to"))
    return {"template": "T", "question_code": question, "target_table": table, "target_column": column} | none | more


def wide(table: Any, answers: list[dict[str, Any]], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:  # noqa: ANN401
    """The rows of a wide table with their row numbers; blank cells left out."""
    typed = [
        pa.Table.from_pylist([{"row_number": n, **r} for n, r in enumerate(rows, 2)], pa.schema(typed_columns(of)))
        for rows, of in ((answers, ANSWERS), (rules, MAP))
    ]
    found = pivoted(*typed, table, SNAPSHOT)
    header, *rows = found.sheet.rows
    numbers = found.sheet.numbers
    assert numbers is not None
    assert len(numbers) == len(rows)
    return [
        {"row": n} | {h: c for h, c in zip(header, row, strict=True) if c != ""}
        for n, row in zip(numbers, rows, strict=True)
    ]


def test_a_form_becomes_a_row_of_its_mapped_answers():
    rows = wide(
        AUDITS,
        [given_answer("7", "q1", "Good"), given_answer("7", "q9", "not mapped"), given_answer("8", "q9", "not mapped")],
        [rule("q1", "audits", "lead_grade"), rule("q2", "audits", "peer_grade"), rule("q1", "other", "lead_grade")],
    )
    assert rows == [
        {"row": 2, "audit_id": "7", "template": "T", "subject_id": "P7", "child_id": "P7", "lead_grade": "Good"}
    ]


def test_the_latest_answer_wins_wherever_it_stands():
    late, early = datetime(2025, 5, 9, 9), datetime(2025, 5, 2, 9)
    answers = [
        given_answer("7", "q1", "late", "1", answered_at=late), given_answer("7", "q1", "early", "2", answered_at=early),
        given_answer("7", "q1", "no time", "3", answered_at=None),
    ]  # fmt: skip
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]):
        (row,) = wide(AUDITS, [answers[i] for i in order], [rule("q1", "audits", "lead_grade")])
        assert (row["lead_grade"], row["row"]) == ("late", 2)
    alike = [given_answer("7", "q1", "first", "1"), given_answer("7", "q1", "second", "2")]
    (row,) = wide(AUDITS, alike, [rule("q1", "audits", "lead_grade")])
    assert row["lead_grade"] == "second", "of two answers of one moment the one further down"


def test_the_answer_number_chooses_among_the_answers_of_a_question():
    rules = [
        rule("q1", "audits", "lead_grade", answer_no="lead"),
        rule("q1", "audits", "peer_grade", answer_no="peer"),
        rule("q1", "audits", "team_code"),
    ]
    (row,) = wide(AUDITS, [given_answer("7", "q1", "Good", "lead"), given_answer("7", "q1", "RI", "peer")], rules)
    assert (row["lead_grade"], row["peer_grade"], row["team_code"]) == ("Good", "RI", "RI")


def test_constants_fill_every_form_of_the_template_and_never_replace_an_answer():
    rules = [
        rule("q1", "audits", "lead_grade"), rule("*", "audits", "service_code", value="S1"),
        rule("*", "audits", "lead_grade", value="Good"), rule("*", "audits", "status", value="no", template="other"),
        rule("q2", "audits", "views_sought", value="yes"),
    ]  # fmt: skip
    answers = [given_answer("7", "q1", "RI"), given_answer("8", "q2", "whatever"), given_answer("9", "q3", "x")]
    seven, eight = wide(AUDITS, answers, rules)
    assert (seven["audit_id"], seven["service_code"], seven["lead_grade"]) == ("7", "S1", "RI")
    assert (eight["audit_id"], eight["service_code"], eight["lead_grade"]) == ("8", "S1", "Good")
    assert eight["views_sought"] == "yes", "a value stands in place of the answer"
    assert "status" not in seven | eight


def test_entries_of_the_map_hold_on_their_days_only():
    rules = [
        rule("q1", "audits", "lead_grade", valid_to=date(2025, 4, 30)),
        rule("q1", "audits", "peer_grade", valid_from=date(2025, 5, 1), valid_to=date(2025, 5, 31)),
        rule("q1", "audits", "team_code", valid_from=date(2025, 6, 1)),
        rule("*", "audits", "service_code", value="old", valid_to=date(2025, 4, 30)),
        rule("*", "audits", "service_code", value="new", valid_from=date(2025, 5, 1)),
    ]
    days = {"lead_grade": (2025, 4, 30, 23, 59), "peer_grade": (2025, 5, 1), "team_code": (2025, 6, 1)}
    for column, day in days.items():
        (row,) = wide(AUDITS, [given_answer("7", "q1", "x", answered_at=datetime(*day))], rules)
        assert {c for c in days if c in row} == {column}
        assert row["service_code"] == ("old" if column == "lead_grade" else "new")
    for column, day in (("peer_grade", (2025, 5, 31, 23)), ("team_code", (2026, 1, 1))):
        (row,) = wide(AUDITS, [given_answer("7", "q1", "x", answered_at=datetime(*day))], rules)
        assert column in row
    (row,) = wide(AUDITS, [given_answer("7", "q1", "x", answered_at=None)], rules)
    assert "team_code" in row, "a form without a time is of the file's month"
    begun, ended = given_answer("7", "q1", "x", answered_at=datetime(2025, 4, 1)), given_answer("7", "q2", "y")
    (row,) = wide(AUDITS, [begun, ended], rules)
    assert "peer_grade" in row, "the day of a form is that of its last answer"


def test_items_give_a_row_each():
    rules = [
        rule("q1", "theme_grades", "grade", item="A"), rule("q2", "theme_grades", "grade", item="B"),
        rule("q3", "theme_grades", "grade", item="C"),
    ]  # fmt: skip
    answers = [given_answer("7", "q2", "Good"), given_answer("7", "q1", "RI"), given_answer("8", "q1", "3")]
    rows = wide(GRADES, answers, rules)
    assert rows == [
        {"row": 2, "audit_id": "7", "theme": "B", "grade": "Good"}, {"row": 3, "audit_id": "7", "theme": "A", "grade": "RI"},
        {"row": 4, "audit_id": "8", "theme": "A", "grade": "3"},
    ]  # fmt: skip


def test_repeated_answers_give_an_action_each():
    rules = [
        rule("owner", "audit_actions", "owner_role"), rule("due", "audit_actions", "due_date"),
        rule("*", "audit_actions", "status", value="open"),
    ]  # fmt: skip
    answers = [
        given_answer("7", "owner", "Manager", "1"), given_answer("7", "due", "2025-08-01", "1"),
        given_answer("7", "owner", "Worker", "2"), given_answer("8", "owner", "IRO"),
    ]  # fmt: skip
    rows = wide(ACTIONS, answers, rules)
    assert [(r["row"], r["action_id"], r["audit_id"], r["owner_role"], r.get("due_date"), r["status"]) for r in rows] == [
        (2, "7-1", "7", "Manager", "2025-08-01", "open"), (4, "7-2", "7", "Worker", None, "open"),
        (5, "8-1", "8", "IRO", None, "open"),
    ]  # fmt: skip


def test_a_map_that_names_a_column_that_is_not_there_is_refused_with_its_row():
    rules = [rule("q1", "audits", "lead_grade"), rule("q1", "audits", "leed_grade")]
    with pytest.raises(RejectedFile, match="row 3 of question_map") as caught:
        wide(AUDITS, [given_answer("7", "q1", "Good")], rules)
    assert (caught.value.code, caught.value.column, caught.value.table) == (
        "BAD_QUESTION_MAP", "target_column", "question_map",
    )  # fmt: skip
    assert "leed" not in str(caught.value), "no cell is told"
    assert wide(GRADES, [given_answer("7", "q1", "Good")], rules) == [], "another table's entries are not looked at"


# --- from file to file ---------------------------------------------------------------------------------------------------

FORMS = [
    {
        "FACT_FORM_ID": form, "DIM_PERSON_ID": f"P{form}", "DIM_ASSESSMENT_TEMPLATE_ID_DESC": "Case audit",
        "DIM_ASSESSMENT_QUESTION_ID_DESC": question, "ANSWER_NO": number, "ANSWER": text,
        "ANSWERED_DTTM": f"2025-06-{int(form) % 20 + 1:02d} 10:30:00",
    }
    for form in ("101", "102", "103")
    for question, number, text in (
        ("grade", "lead", "Good"), ("grade", "peer", "Requires improvement"), ("date", "", "2025-06-03"),
        ("voice", "", "Outstanding"), ("plan", "", "Inadequate"), ("action", "1", "Team manager"),
        ("action", "2", "Social worker"), ("notes", "", "CANARY text"),
    )
]  # fmt: skip


def entry(question: str, table: str, column: str, **more: str) -> dict[str, str]:
    return {
        "template": "Case audit", "question_code": question, "answer_no": "", "target_table": table,
        "target_column": column, "item": "", "value": "", "valid_from": "", "valid_to": "",
    } | more  # fmt: skip


ENTRIES = [
    entry("*", "audits", "service_code", value="CIN"), entry("*", "audits", "subject_type", value="child"),
    entry("*", "audits", "status", value="completed"), entry("*", "audits", "allocated_date", value="2025-05-01"),
    entry("grade", "audits", "lead_grade", answer_no="lead"), entry("grade", "audits", "peer_grade", answer_no="peer"),
    entry("date", "audits", "completed_date"), entry("voice", "theme_grades", "grade", item="voice"),
    entry("plan", "theme_grades", "grade", item="plan"), entry("action", "audit_actions", "owner_role"),
    entry("*", "audit_actions", "status", value="open"),
]  # fmt: skip


def written(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / name
    path.write_text(csv_text(rows), encoding="utf-8")
    return path


def rows_of(load_id: int, relation: str) -> list[dict[str, Any]]:
    from orchestration.ingest.load import load_folder

    return pq.read_table(load_folder(Settings(), load_id) / f"{relation}.parquet").to_pylist()


@pytest.mark.slow
def test_form_answers_wait_for_their_map_and_are_read_again_with_a_corrected_one(
    home: Path, run: Callable[..., Any], tmp_path: Path
):
    day = ("--as-at", "2025-07-10")
    answers = written(tmp_path, "quality_assurance_form_answers_2025-06.csv", FORMS)
    first = run("load", answers, "--json", *day)
    (told,) = first.document
    assert (first.code, told["state"]) == (1, "rejected")
    assert told["message"].startswith("NO_QUESTION_MAP")
    assert "load quality_assurance_question_map, then send this file again" in told["message"]

    bad = [*ENTRIES, entry("notes", "audits", "leed_grade")]
    spoilt = run(
        "load", answers, written(tmp_path, "quality_assurance_question_map_2025-04.csv", bad), "--json", *day
    ).document
    states = {(r["file"], r["state"]) for r in spoilt}
    assert states == {
        ("quality_assurance_question_map_2025-04.csv", "accepted"), ("quality_assurance_form_answers_2025-06.csv", "rejected"),
    }  # fmt: skip
    (told,) = [r for r in spoilt if r["state"] == "rejected"]
    assert told["message"].startswith("BAD_QUESTION_MAP")
    assert f"row {len(bad) + 1} of question_map" in told["message"]

    good = written(tmp_path, "quality_assurance_question_map_2025-05.csv", ENTRIES)
    second = run("load", answers, good, "--json", *day)  # the map is read first, whatever the order
    assert second.code == 0, second.document
    counts = {r["table"]: (r["state"], r["rows_read"], r["rows_loaded"], r["load_id"]) for r in second.document}
    load_id = counts["form_answers"][3]
    assert {t: c[:3] for t, c in counts.items()} == {
        "question_map": ("accepted", 11, 11), "form_answers": ("accepted", 24, 24), "form_audits": ("accepted", 3, 3),
        "form_theme_grades": ("accepted", 6, 6), "form_audit_actions": ("accepted", 6, 6),
    }  # fmt: skip
    audits = rows_of(load_id, "quality_assurance__form_audits")
    assert [(r["audit_id"], r["child_id"], r["lead_grade"], r["peer_grade"], r["service_code"]) for r in audits] == [
        (form, f"P{form}", "good", "requires_improvement", "CIN") for form in ("101", "102", "103")
    ]
    assert {r["completed_date"] for r in audits} == {date(2025, 6, 3)}
    grades = rows_of(load_id, "quality_assurance__form_theme_grades")
    assert {(r["audit_id"], r["theme"], r["grade"]) for r in grades} == {
        (form, *pair) for form in ("101", "102", "103") for pair in (("voice", "outstanding"), ("plan", "inadequate"))
    }
    actions = rows_of(load_id, "quality_assurance__form_audit_actions")
    assert [(r["action_id"], r["owner_role"], r["status"]) for r in actions][:2] == [
        ("101-1", "Team manager", "open"), ("101-2", "Social worker", "open"),
    ]  # fmt: skip

    again = run("load", answers, good, "--json", *day).document
    assert {r["state"] for r in again} == {"duplicate"}

    corrected = [*ENTRIES[:4], *ENTRIES[6:], entry("grade", "audits", "lead_grade", answer_no="peer")]
    third = run("load", written(tmp_path, "quality_assurance_question_map_2025-06.csv", corrected), "--json", *day)
    assert third.code == 0, third.document
    renewed = {r["table"]: r["load_id"] for r in third.document}
    assert set(renewed) == {"question_map", "form_audits", "form_theme_grades", "form_audit_actions"}
    assert renewed["form_audits"] > load_id, "what is made of the answers held is a new load"
    new = rows_of(renewed["form_audits"], "quality_assurance__form_audits")
    assert [(r["lead_grade"], r["peer_grade"]) for r in new] == [("requires_improvement", None)] * 3
    assert rows_of(load_id, "quality_assurance__form_audits") == audits, "what was loaded before is as it was"
    current = {r["table"]: r["load_id"] for r in run("loads", "--current", "--json").document}
    assert {current[t] for t in renewed if t.startswith("form_")} == {renewed["form_audits"]}
    assert current["form_answers"] == load_id, "the answers themselves are the same"

    spoilt = written(tmp_path, "quality_assurance_question_map_2025-06.csv", [*corrected, *bad[-1:]])
    fourth = run("load", spoilt, "--json", *day).document
    assert {r["state"] for r in fourth if r["file"] == answers.name} == {"rejected"}
    after = {r["table"]: r["load_id"] for r in run("loads", "--current", "--json").document}
    assert after["form_audits"] == renewed["form_audits"], "a wrong map changes nothing held"


@pytest.mark.slow
def test_an_older_map_changes_nothing_and_a_new_one_brings_no_superseded_table_back(
    home: Path, run: Callable[..., Any], tmp_path: Path
):
    day = ("--as-at", "2025-09-10")
    tracker = grid("quality_assurance", "audits")
    book = write_xlsx(
        tmp_path / "quality_assurance_2025-06.xlsx",
        [tracker, _sheet_of("form_answers", FORMS), _sheet_of("question_map", ENTRIES)],
    )
    assert run("load", book, *day).code == 0
    tracker.set(2, "lead_grade", "Inadequate")
    assert run("load", write_csv(tmp_path / "quality_assurance_audits_2025-06.csv", tracker), *day).code == 0
    held = {r["table"]: r["load_id"] for r in run("loads", "--current", "--json").document}
    assert held["audits"] > held["form_audits"]

    older = written(tmp_path, "quality_assurance_question_map_2025-05.csv", ENTRIES[:4])
    assert {r["table"] for r in run("load", older, "--json", *day).document} == {"question_map"}
    newer = written(tmp_path, "quality_assurance_question_map_2025-07.csv", [*ENTRIES[:5], *ENTRIES[6:]])
    assert "form_audits" in {r["table"] for r in run("load", newer, "--json", *day).document}
    after = {r["table"]: r["load_id"] for r in run("loads", "--current", "--json").document}
    assert after["form_audits"] > held["form_audits"]
    assert after["audits"] == held["audits"], "the correction of the tracker stands"


def _sheet_of(table: str, rows: list[dict[str, Any]]) -> Grid:
    return Grid(CONTRACTS.table("quality_assurance", table), list(rows[0]), [list(r.values()) for r in rows], table)


def test_without_a_map_the_answer_says_what_to_load(tmp_path):
    path = written(tmp_path, "quality_assurance_form_answers_2025-06.csv", FORMS)
    job = {
        "path": str(path), "name": path.name, "period": None, "out": str(tmp_path / "out"), "share": 0.2, "floor": 8,
        "known_on": "2025-07-10",
    }  # fmt: skip
    found = parse.answer(job, CONTRACTS)
    assert (found["ok"], found["code"]) == (False, "NO_QUESTION_MAP")
    assert "CANARY" not in json.dumps(found)
