"""The files of a release: safe cells, exact numbers, symbols, the same bytes every time."""

import csv
import io
import os
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.periods import parse_period
from orchestration.publishing import formats
from orchestration.publishing.formats import Cover, Field, Table

ROOT = Path(__file__).parents[2]
FIELDS = [
    Field("kpi", "KPI", "Code of the KPI", "string"),
    Field("org_level", "Level", "authority or service", "string", workbook=False),
    Field("basis", "Covers", "What the figure covers", "string"),
    Field("reference_date", "Up to", "Last day", "date"),
    Field("numerator", "Numerator", "What is divided", "integer"),
    Field("denominator", "Denominator", "What it is divided by", "integer"),
    Field("value", "Value", "The figure", "number"),
    Field("status", "Status", "Why there is no figure", "string"),
    Field("target", "Target", "What is aimed at", "number"),
    Field("rag", "Rating", "Against the target", "string"),
    Field("commentary", "Commentary", "Approved comment", "string"),
]
PAYLOADS = ["=1+1", "+44 1905", "-2+3", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")', "http://x.example"]


def row(value, **more):
    made = {
        "kpi": "FD-07", "org_level": "authority", "basis": "R12", "reference_date": date(2025, 9, 30), "numerator": 856,
        "denominator": 4805, "value": value, "status": "", "target": Decimal("85.0000"), "rag": "amber",
        "commentary": None,         "decimals": 1,
    }  # fmt: skip
    return formats.at_decimals(made | more)


ROWS = [
    row(Decimal("17.8148")),
    row(None, numerator=None, denominator=None, status="c", rag="", org_level="service"),
    row(None, numerator=None, denominator=None, status="x", rag="", target=None),
    row(None, numerator=7, denominator=0, status="z", rag="", commentary="Zürich, “quoted”\nsecond line"),
    row(Decimal("-0.25"), status="u", commentary=PAYLOADS[0]),
    *(row(Decimal("0"), kpi=f"XX-{i:02d}", commentary=text) for i, text in enumerate(PAYLOADS)),
]
TABLE = Table("contract", "Contract KPIs", "Contract KPIs, September 2025", FIELDS, ROWS, ["kpi"])
COVER = Cover("Contract KPIs", date(2025, 9, 30), [("Organisation", "=1+1"), ("Disclosure", "primary only")])


def everything():
    """Every file's bytes, for the test that they never differ."""
    data = {"contract.csv": formats.csv_bytes(ROWS, FIELDS)}
    return data | {
        "contract.meta.csv": formats.meta_csv_bytes(FIELDS),
        "contract.parquet": formats.parquet_bytes(ROWS, FIELDS),
        "contract.xlsx": formats.workbook_bytes(COVER, [TABLE]),
        "datapackage.json": formats.datapackage_bytes("contract", "Contract", "1.0.0", data, {"contract.csv": TABLE}),
    }


def read_csv(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def sheet_of(content, name):
    return openpyxl.load_workbook(io.BytesIO(content))[name]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("17.8148", 1, "17.8"),
        ("17.85", 1, "17.9"),  # half up; half even would give 17.8
        ("-0.25", 1, "-0.3"),
        ("12.0000", 0, "12"),
        ("100.0000", 2, "100.00"),
        ("0", 1, "0.0"),
    ],
)
def test_values_have_exactly_the_kpis_decimals(value, decimals, text):
    made = row(Decimal(value), decimals=decimals)
    assert read_csv(formats.csv_bytes([made], FIELDS))[0]["value"] == text


@pytest.mark.parametrize(
    ("target", "text"), [("85.0000", "85"), ("85.5000", "85.5"), ("100.0000", "100"), ("0.0000", "0")]
)
def test_targets_are_not_padded_nor_rounded_to_the_kpis_decimals(target, text):
    made = row(Decimal("1"), decimals=0, target=Decimal(target))
    assert read_csv(formats.csv_bytes([made], FIELDS))[0]["target"] == text


def test_floats_are_refused():
    with pytest.raises(TypeError):
        formats.text_of(0.1)


def test_csv_is_utf8_with_lf_and_a_hidden_cell_is_empty_beside_its_status():
    content = formats.csv_bytes(ROWS, FIELDS)
    assert b"\r\n" not in content and content.endswith(b"\n") and not content.startswith(b"\xef\xbb\xbf")
    lines = read_csv(content)
    assert (lines[1]["numerator"], lines[1]["denominator"], lines[1]["value"], lines[1]["status"]) == ("", "", "", "c")
    assert lines[3]["commentary"] == "Zürich, “quoted”\nsecond line"
    assert lines[4]["value"] == "-0.3"  # a negative number is a number


@given(st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(PAYLOADS))
def test_no_text_in_a_csv_starts_a_formula(text):
    (line,) = read_csv(formats.csv_bytes([row(Decimal(1), commentary=text)], FIELDS))
    assert not line["commentary"].startswith(formats.FORMULA_STARTS)
    assert line["commentary"].removeprefix("'") == text.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n")


def test_no_cell_of_the_workbook_is_a_formula_or_a_link_to_the_outside():
    content = everything()["contract.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        links = [parts.read(name) for name in parts.namelist() if "worksheets/_rels" in name]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
    assert not any(b"hyperlink" in link for link in links)
    texts = [line[-1].value for line in book["Contract KPIs"].iter_rows(min_row=4)]
    assert texts[5:] == [text.replace("\r", "\n") for text in PAYLOADS]


def test_workbook_shows_symbols_words_and_numbers():
    sheet = sheet_of(everything()["contract.xlsx"], "Contract KPIs")
    lines = list(sheet.iter_rows(min_row=3, values_only=True))
    assert lines[0] == tuple(field.label for field in FIELDS if field.workbook)
    assert lines[1][:8] == ("FD-07", "12 months to date", lines[1][2], 856, 4805, 17.8, "none", 85)
    assert lines[1][8] == "Amber"
    assert lines[2][3:9] == ("[c]", "[c]", "[c]", "[c]", 85, "none")
    assert lines[3][3:9] == ("[x]", "[x]", "[x]", "[x]", "[z]", "none")
    assert lines[4][3:7] == (7, 0, "[z]", "[z]")
    assert lines[5][3:7] == (856, 4805, -0.3, "[u]")
    assert sheet.cell(4, 6).number_format == "#,##0.0"
    assert all(value not in (None, "") for line in lines for value in line)


def test_symbol_of_a_change_is_that_of_the_cell_that_is_hidden():
    fields = {name: Field(name, name, "", "number") for name in ("previous_value", "change", "value", "target")}
    cell = {
        "value": Decimal(3),
        "status": "",
        "previous_value": None,
        "previous_status": "c",
        "change": None,
        "target": None,
    }
    assert {name: formats.shown(cell, field) for name, field in fields.items()} == {
        "previous_value": "[c]", "change": "[c]", "value": Decimal(3), "target": "[z]",
    }  # fmt: skip
    assert formats.shown(cell | {"value": Decimal(0)}, fields["value"]) == 0
    assert formats.shown(cell | {"value": None, "status": "u"}, fields["value"]) == "[u]"


def test_workbook_is_accessible():
    book = openpyxl.load_workbook(io.BytesIO(everything()["contract.xlsx"]))
    assert book.sheetnames == ["Cover", "Notes", "Contract KPIs"]
    assert all(sheet["A1"].value and not sheet.merged_cells.ranges for sheet in book)
    assert all(sheet.sheet_state == "visible" for sheet in book)
    data = book["Contract KPIs"]
    assert list(data.tables) == ["contract"] and data.freeze_panes == "A4"
    assert {line[0].hyperlink.location for line in book["Cover"].iter_rows() if line[0].hyperlink} == {
        "'Notes'!A1",
        "'Contract KPIs'!A1",
    }
    explained = {line[0].value for line in book["Notes"].iter_rows()}
    assert {f"[{symbol}]" for symbol in ("c", "z", "x", "u", "low", "p", "r")} <= explained
    assert {field.label for field in FIELDS if field.workbook} <= explained
    assert book.properties.created.date() == date(2025, 9, 30)


def test_an_empty_table_still_makes_a_workbook():
    empty = Table("changes", "Changes", "Changes since version 1", FIELDS, [], ["kpi"])
    assert sheet_of(formats.workbook_bytes(COVER, [TABLE, empty]), "Changes")["A2"].value == "There are no rows."


def test_parquet_has_exact_numbers_and_nulls():
    table = pq.read_table(io.BytesIO(everything()["contract.parquet"]))
    assert str(table.schema.field("value").type) == "decimal128(18, 4)"
    assert table.column("value").to_pylist()[:2] == [Decimal("17.8000"), None]
    assert table.column("numerator").to_pylist()[:2] == [856, None]
    assert table.column("commentary").to_pylist()[4] == "=1+1"  # a typed file needs no guard


def test_meta_csv_is_the_dictionary():
    lines = read_csv(everything()["contract.meta.csv"])
    assert [line["column"] for line in lines] == [field.name for field in FIELDS]
    assert lines[6] == {"column": "value", "label": "Value", "description": "The figure", "type": "number"}


def test_datapackage_is_valid(tmp_path):
    from frictionless import Package

    wrong = [{**ROWS[0], "numerator": "many"}]
    for rows, valid in ((ROWS[:1] + ROWS[5:], True), (wrong, False), ([ROWS[0], ROWS[0]], False)):
        content = formats.csv_bytes(rows, FIELDS)
        (tmp_path / "contract.csv").write_bytes(content)
        package = formats.datapackage_bytes(
            "contract", "Contract", "1.0.0", {"contract.csv": content}, {"contract.csv": TABLE}
        )
        (tmp_path / "datapackage.json").write_bytes(package)
        assert Package(str(tmp_path / "datapackage.json")).validate().valid is valid


@pytest.mark.slow
def test_same_bytes_in_any_time_zone_hash_seed_and_locale():
    expected = {name: formats.sha256(content) for name, content in everything().items()}
    for zone, seed in (("UTC", "0"), ("Asia/Tokyo", "1")):
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
        output = subprocess.run(
            [sys.executable, __file__], env=environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        assert dict(line.split() for line in output.splitlines()) == expected


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("2025-09", "September 2025"),
        ("2025-26-Q2", "2025-26 quarter 2 (July to September 2025)"),
        ("2025-26-Q4", "2025-26 quarter 4 (January to March 2026)"),
        ("2025-26-H2", "2025-26 half 2 (October 2025 to March 2026)"),
        ("2024-25", "2024-25 (April 2024 to March 2025)"),
        ("2025-W37", "8 September 2025 to 14 September 2025"),
    ],
)
def test_period_titles(key, title):
    assert formats.period_title(parse_period(key)) == title


if __name__ == "__main__":
    for file_name, file_content in everything().items():
        print(file_name, formats.sha256(file_content))
