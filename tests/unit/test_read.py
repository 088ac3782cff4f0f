"""Bytes to rows: encodings, delimiters, header rows, table recognition, periods in names, damaged and foreign files."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from expectations.contracts import load_contracts
from orchestration.ingest import parse, read
from orchestration.ingest.read import period_in_name, read_sheets, recognise
from orchestration.ingest.sheets import RejectedFile, Sheet
from orchestration.periods import parse_period
from tests.control import FILED, annex_a, csv_bytes, grid, write_xlsx

CONTRACTS = load_contracts()
HEADERS = [c.title for c in CONTRACTS.table("annex_a", "list_3").columns]


def rejection(path: Path) -> RejectedFile:
    with pytest.raises(RejectedFile) as caught:
        read_sheets(path)
    return caught.value


def file(tmp_path: Path, content: bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


# --- periods ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("Annex_A_2024_Jan.xlsx", "2024-01"), ("Annex_A_2024_Jan_List_3.csv", "2024-01"), ("annex a 2024 january.xlsx", "2024-01"),
        ("Annex_A_Sept_2025.xlsx", "2025-09"), ("Annex_A_September-2025.xlsx", "2025-09"), ("audits_2025-09.csv", "2025-09"),
        ("quality_assurance_theme_grades_2025_09.csv", "2025-09"), ("Annex_A_2025-12-31.xlsx", "2025-12"), ("2024may.csv", "2024-05"),
        ("Annex_A_2025_Jun_v2.xlsx", "2025-06"), ("Annex_A_2025_June (2).xlsx", "2025-06"),
    ],
)  # fmt: skip
def test_a_period_in_a_name(name, period):
    assert period_in_name(name) == period


@pytest.mark.parametrize(
    "name",
    [
        "Annex_A.xlsx", "ofsted_template_example_B.xlsx", "Annex_A_2024.xlsx", "Annex_A_2024_marked.xlsx", "decided_2024.csv", "Annex_A_2024-13.xlsx",
        "Annex_A_1924_Jan.xlsx", "2024-25-Q2.csv", "12024-05.csv", "mayor_2024.csv", "List_3.csv",
    ],
)  # fmt: skip
def test_no_period_in_a_name(name):
    assert period_in_name(name) is None


@given(st.text(max_size=40))
@example("2024_0")
def test_a_period_found_in_any_name_is_a_month(name):
    found = period_in_name(name)
    assert found is None or parse_period(found).unit == "month"


# --- CSV ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(tmp_path, encoding, delimiter):
    one = grid("annex_a", "list_3")
    one.set(3, "worker", "Zoë O’Brien")
    one.set(4, "team", f'Team "A"{delimiter} north\nside')
    (sheet,) = read_sheets(file(tmp_path, csv_bytes(one, delimiter=delimiter, encoding=encoding)))
    assert sheet.rows[0] == HEADERS
    assert sheet.rows[2][one.place("worker")] == "Zoë O’Brien"
    assert sheet.rows[3][one.place("team")] == f'Team "A"{delimiter} north\nside'
    assert len(sheet.rows) == 11


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "EMPTY_FILE", "0 bytes"),
        (b"a,b\n1,\x00\n", "UNREADABLE", "NUL"),
        (b"a,b\n1,\x81\n", "UNREADABLE", "encoding"),
        ("a,b\n1,\ufffd\n".encode(), "UNREADABLE", "UTF-8"),
        (b'a,b\n1,"two\n', "UNREADABLE", "quote"),
        (b'a,b\n1,"two"x\n', "UNREADABLE", "quote"),
        (b"  <html><table><tr><td>1</td></tr></table></html>", "NOT_A_TABLE", "export xlsx or csv"),
        (b"<?xml version='1.0'?><a/>", "NOT_A_TABLE", "export xlsx or csv"),
    ],
)
def test_a_text_file_that_cannot_be_taken(tmp_path, content, code, says):
    error = rejection(file(tmp_path, content))
    assert error.code == code
    assert says in str(error)


def answer(path: Path, tmp_path: Path) -> dict:
    job = {
        "path": str(path), "name": f"Annex_A_2025_Jun_{path.name}", "period": None, "out": str(tmp_path / "out"), "share": 0.2,
        "floor": 8,
        "known_on": "2026-11-01",
    }  # fmt: skip
    return parse.answer(job, CONTRACTS)


HEAD = csv_bytes(grid("annex_a", "list_3", rows=0))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda tail: HEAD + tail),
        st.text(alphabet=',;\t|"\n\r 0123456789/abMale-', max_size=300).map(lambda tail: HEAD + tail.encode()),
        st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail),
        st.binary(max_size=200).map(lambda tail: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + tail),
    )
)
@example(HEAD)
@example(HEAD + b"\xff\xfe")
@example(b"\xff\xfea")
def test_any_bytes_end_in_one_state_and_are_accounted_for(tmp_path, content):
    found = answer(file(tmp_path, content), tmp_path)
    if not found["ok"]:
        assert found["message"]
        assert "\n" not in found["message"]
        assert "could not be read (" not in found["message"], "an error that no rule foresaw"
        return
    for table in found["tables"]:
        assert table["rows_read"] == table["rows_loaded"] + table["rows_quarantined"] + table["rows_deduplicated"]


def test_ragged_rows_are_quarantined_and_trailing_separators_are_not(tmp_path):
    one = grid("annex_a", "list_3")
    lines = csv_bytes(one).decode().splitlines()
    lines[3] = lines[3].rsplit(",", 2)[0]  # two cells short
    lines[5] += ",more"
    lines[7] += ",,"
    found = answer(file(tmp_path, "\n".join(lines).encode()), tmp_path)
    assert found["tables"][0]["reasons"] == [
        {"code": "RAGGED_ROW", "column": "", "rows": [4, 6], "action": "quarantined", "count": 2}
    ]


# --- workbooks ----------------------------------------------------------------------------------------------------


def test_row_numbers_are_the_sheets_when_it_begins_lower_and_further_right(tmp_path):
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Any name")
    one = grid("annex_a", "list_3", rows=2)
    for number, cells in enumerate([one.headers, *one.rows]):
        for place, cell in enumerate(cells):
            sheet.write(number + 4, place + 2, cell.strftime("%d/%m/%Y") if isinstance(cell, date) else cell)
    book.close()
    (read_sheet,) = read_sheets(path)
    found = recognise(read_sheet, CONTRACTS)
    assert found is not None
    assert found.table.name == "list_3"
    assert found.header_row == 4
    assert found.positions["child_id"] == 2


def test_extra_hidden_and_chart_sheets_are_left_alone_by_name(tmp_path):
    path = tmp_path / "Annex_A_2025_Jun.xlsx"
    one = grid("annex_a", "list_3")
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Referrals")
    for number, cells in enumerate([one.headers, *one.rows]):
        for place, cell in enumerate(cells):
            sheet.write(number, place, cell.isoformat() if isinstance(cell, date) else cell)
    pivot = book.add_worksheet("Pivot")
    pivot.write_row(0, 0, ["Team", "Count"])
    hidden = book.add_worksheet("Lookup")
    hidden.hide()
    hidden.write(0, 0, "x")
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Pivot!$A$1:$A$2"})
    book.add_chartsheet("Chart").set_chart(chart)
    book.close()
    found = answer(path, tmp_path)
    assert found["ok"]
    assert [t["table"] for t in found["tables"]] == ["list_3"]
    assert "sheets without a list, left alone: Pivot, Lookup, Chart" in found["message"]


def test_two_sheets_of_one_list_are_refused(tmp_path):
    first, second = grid("annex_a", "list_3"), grid("annex_a", "list_3")
    second.title = "Old"
    found = answer(write_xlsx(tmp_path / "a.xlsx", [first, second]), tmp_path)
    assert (found["code"], found["table"]) == ("DUPLICATE_TABLE", "list_3")
    assert "`List 3` and `Old`" in found["message"]


def test_a_list_with_headers_only_everywhere_is_refused(tmp_path):
    found = answer(write_xlsx(tmp_path / "a.xlsx", annex_a(rows=0).values()), tmp_path)
    assert found["code"] == "NO_ROWS"


def test_sheets_of_different_extracts_are_refused(tmp_path):
    found = answer(write_xlsx(tmp_path / "a.xlsx", [grid("annex_a", "list_3"), grid("voice", "webstar")]), tmp_path)
    assert found["code"] == "NOT_RECOGNISED"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"readme.txt": b"x"}, "NOT_A_TABLE"),
        ({"xl/workbook.xml": b"<x/>", "inner.xlsx": b"PK"}, "ARCHIVE_LIMITS"),
        ({"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<Types/>"}, "UNREADABLE"),
        ({"xl/worksheets/sheet1.xml": b"0" * 2_000_000}, "ARCHIVE_LIMITS"),
    ],
)
def test_an_archive_that_cannot_be_taken(tmp_path, members, code):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert rejection(path).code == code


def test_the_limits_are_read_before_the_file_is(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "MAX_STREAM_MB", 0.001)
    assert rejection(file(tmp_path, b"a,b\n" * 1000)).code == "TOO_LARGE"
    monkeypatch.setattr(read, "MAX_FILE_MB", 0.001)
    assert rejection(file(tmp_path, b"<a>" + b"<b/>" * 1000 + b"</a>")).code == "TOO_LARGE"


def test_every_position_of_a_damaged_workbook_is_refused_in_words(tmp_path):
    whole = write_xlsx(tmp_path / "a.xlsx", annex_a(rows=1).values()).read_bytes()
    for place in range(0, len(whole), len(whole) // 12):
        broken = file(tmp_path, whole[:place] + b"\xde\xad\xbe\xef" * 8 + whole[place + 32 :], "b.xlsx")
        found = answer(broken, tmp_path)
        assert found["ok"] or found["code"] in ("UNREADABLE", "NOT_A_TABLE", "NOT_RECOGNISED", "ARCHIVE_LIMITS"), found


# --- recognition --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", [t.relation for t in FILED])
@pytest.mark.parametrize("preamble", [0, 9])
def test_every_table_is_recognised_under_a_preamble(relation, preamble):
    table = next(t for t in CONTRACTS.tables if t.relation == relation)
    columns = [c for c in table.columns if c.filled_from is None]
    header = [c.title for c in columns]
    rows = [["A title", *[""] * (len(header) - 1)] for _ in range(preamble)] + [header]
    found = recognise(Sheet("Sheet1", rows), CONTRACTS)
    assert found is not None
    assert found.table.relation == relation
    assert found.header_row == preamble
    assert set(found.positions) == {c.name for c in columns}


def test_a_header_below_the_tenth_row_is_not_looked_for():
    assert recognise(Sheet("List 3", [["x"]] * 10 + [HEADERS]), CONTRACTS) is None


@pytest.mark.parametrize(
    "change",
    [
        str.upper, str.lower, lambda h: f"\ufeff {h} :", lambda h: h.replace(" ", "\u00a0 "), lambda h: h.replace(" ", "\n"),
        lambda h: h.replace("'", "’"), lambda h: h + "*",
    ],
)  # fmt: skip
def test_headers_are_matched_by_their_letters(change):
    for table in CONTRACTS.sources["annex_a"].tables.values():
        found = recognise(Sheet("x", [[change(c.title) for c in table.columns]]), CONTRACTS)
        assert found is not None
        assert found.table is table
        assert len(found.positions) == len(table.columns)
        assert found.unknown == []


def test_list_9_is_recognised_with_13_and_with_17_columns():
    table = CONTRACTS.table("annex_a", "list_9")
    for columns in (table.columns, [c for c in table.columns if c.since is None]):
        found = recognise(Sheet("x", [[c.title for c in columns]]), CONTRACTS)
        assert found is not None
        assert found.table is table
        assert found.unknown == []


def test_a_missing_key_column_is_fatal_even_where_a_blank_cell_is_not():
    table = CONTRACTS.table("annex_a", "list_6")
    assert not table.by_name["cin_start_date"].required
    headers = [c.title for c in table.columns if c.name != "cin_start_date"]
    with pytest.raises(RejectedFile, match="CIN Start Date") as caught:
        recognise(Sheet("List 6", [headers]), CONTRACTS)
    assert caught.value.code == "MISSING_COLUMN"


def test_a_missing_optional_column_is_named_and_not_fatal(tmp_path):
    one = grid("annex_a", "list_3")
    place = one.place("team")
    for row in [one.headers, *one.rows]:
        del row[place]
    found = answer(file(tmp_path, csv_bytes(one)), tmp_path)
    assert found["tables"][0]["missing"] == ["team"]
    assert "list_3: columns not in the file: Allocated Team" in found["message"]


def test_a_file_of_a_month_that_has_not_begun_is_rejected(tmp_path):
    path = file(tmp_path, csv_bytes(grid("annex_a", "list_3", rows=2)))
    job = {"path": str(path), "name": "Annex_A_2042_Jan_List_3.csv", "period": None, "out": str(tmp_path / "out")}
    found = parse.answer(job | {"share": 0.2, "floor": 8, "known_on": "2026-11-01"}, CONTRACTS)
    assert (found["ok"], found["code"]) == (False, "PERIOD_IN_FUTURE")
    assert "2042-01" in found["message"]


def test_a_text_file_cut_inside_a_character_is_rejected(tmp_path):
    content = csv_bytes(grid("annex_a", "list_3", rows=2)) + "Équipe".encode()[:1]
    found = answer(file(tmp_path, content), tmp_path)
    assert (found["ok"], found["code"]) == (False, "UNREADABLE")
    assert "cut short" in found["message"]


def test_a_title_with_commas_does_not_decide_the_delimiter(tmp_path):
    table = csv_bytes(grid("annex_a", "list_3", rows=2)).replace(b",", b";")
    found = answer(file(tmp_path, b"Report for the board, June, 2025\n" + table), tmp_path)
    assert found["ok"], found
    assert found["tables"][0]["table"] == "list_3"
