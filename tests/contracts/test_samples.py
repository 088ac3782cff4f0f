"""The three published sample workbooks: every list recognised, every row accounted for, every quirk in its stated end."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import python_calamine

from expectations.contracts import load_contracts
from orchestration.ingest.parse import answer

pytestmark = pytest.mark.samples
LIIA, EMPTY, PART = "Annex_A_2024_Jan.xlsx", "ofsted_template_2015_Jan.xlsx", "ofsted_template_example_B.xlsx"
LISTS = [f"list_{n}" for n in range(1, 12)]
DOCUMENT = Path(__file__).parents[2] / "docs" / "sample_workbooks.md"

# rows read, loaded, quarantined, deduplicated of every list that holds a row
ROWS = {
    LIIA: {
        "list_1": (5, 5, 0, 0), "list_2": (5, 5, 0, 0), "list_3": (6, 6, 0, 0), "list_4": (5, 5, 0, 0), "list_5": (5, 5, 0, 0),
        "list_6": (5, 5, 0, 0), "list_7": (7, 6, 1, 0), "list_8": (5, 4, 1, 0), "list_9": (6, 6, 0, 0), "list_10": (5, 4, 1, 0),
        "list_11": (5, 5, 0, 0),
    },
    EMPTY: {"list_3": (5, 0, 5, 0)},
    PART: {"list_1": (1, 1, 0, 0), "list_2": (10, 8, 1, 1)},
}  # fmt: skip
REASONS = {
    LIIA: [
        ("list_4", "UNKNOWN_CODE", "support_required", [2, 3, 4, 5, 6], "blanked"),
        ("list_6", "UNKNOWN_CODE", "primary_need", [2], "blanked"),
        ("list_7", "DATE_BEFORE_BIRTH", "cp_plan_start_date", [8], "quarantined"),
        ("list_8", "BAD_POSTCODE", "placement_postcode", [3], "blanked"),
        ("list_8", "DATE_BEFORE_BIRTH", "cla_start_date", [5], "quarantined"),
        ("list_9", "BIRTH_DATES_DIFFER_BETWEEN_LISTS", "date_of_birth", [2, 3, 4, 6], "noted"),
        ("list_10", "DATE_BEFORE_BIRTH", "care_entry_date", [5], "quarantined"),
        ("list_10", "BIRTH_DATES_DIFFER_BETWEEN_LISTS", "date_of_birth", [2, 3, 4, 6], "noted"),
    ],
    EMPTY: [("list_3", "DATE_IN_FUTURE", "referral_date", [3, 4, 5, 6, 7], "quarantined")],
    PART: [
        ("list_2", "BAD_DATE", "date_of_birth", [10], "quarantined"),
        ("list_2", "DUPLICATE_ROW", "", [12], "deduplicated"),
    ],
}  # fmt: skip
PERIODS = {LIIA: ("2024-01", None), EMPTY: ("2015-01", None), PART: ("2020-01", "2020-01")}


def take(path: Path, out: Path, period: str | None = None, name: str | None = None) -> dict[str, Any]:
    job = {
        "path": str(path),
        "name": name or path.name,
        "period": period,
        "out": str(out),
        "share": 0.2,
        "floor": 8,
        "known_on": "2026-11-01",
    }
    return answer(job, load_contracts())


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return pq.read_table(out / f"annex_a__{table}.parquet").to_pylist()


def row(out: Path, table: str, number: int) -> dict[str, Any]:
    return next(r for r in rows(out, table) if r["row_number"] == number)


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "samples" / "annex_a"


@pytest.fixture(scope="module")
def taken(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path]]:
    """Each workbook's answer and the folder of its Parquet."""
    out = tmp_path_factory.mktemp("samples")
    return {name: (take(samples / name, out / name, asked), out / name) for name, (_, asked) in PERIODS.items()}


@pytest.mark.parametrize("name", ROWS)
def test_eleven_of_eleven_lists_are_recognised_and_every_row_is_accounted_for(taken, name):
    found, _ = taken[name]
    assert found["ok"]
    assert found["period"] == PERIODS[name][0]
    assert [t["table"] for t in found["tables"]] == LISTS
    for table in found["tables"]:
        counts = tuple(table[f"rows_{k}"] for k in ("read", "loaded", "quarantined", "deduplicated"))
        assert counts == ROWS[name].get(table["table"], (0, 0, 0, 0))


@pytest.mark.parametrize("name", REASONS)
def test_every_quirk_ends_as_stated(taken, name):
    found, _ = taken[name]
    reasons = [
        (t["table"], r["code"], r["column"], r["rows"], r["action"]) for t in found["tables"] for r in t["reasons"]
    ]
    assert reasons == REASONS[name]


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_in_the_sheets_are_the_rows_read(samples, taken, name):
    """Counted by hand from the cells: the rows under the header that hold anything."""
    book = python_calamine.CalamineWorkbook.from_path(str(samples / name))
    for table in taken[name][0]["tables"]:
        header = 1 if name == LIIA else 2
        filled = [
            r
            for r in book.get_sheet_by_name(table["sheet"]).to_python(skip_empty_area=False)[header:]
            if any(c != "" for c in r)
        ]
        assert len(filled) == table["rows_read"]


@pytest.mark.parametrize("name", ROWS)
def test_the_document_shows_the_same_accounting(name):
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text.split(f"## {name}")[1].split("\n## ")[0]
    for table in LISTS:
        counts = ROWS[name].get(table, (0, 0, 0, 0))
        assert f"| {table} | " + " | ".join(map(str, counts)) + " |" in section
    total = [sum(c[n] for c in ROWS[name].values()) for n in range(4)]
    assert "| all | " + " | ".join(map(str, total)) + " |" in section
    for _, code, *_ in REASONS[name]:
        assert code in section


def test_no_cell_of_a_sample_is_in_an_answer(samples, taken):
    for name, (found, _) in taken.items():
        said = json.dumps(found)
        book = python_calamine.CalamineWorkbook.from_path(str(samples / name))
        for table in found["tables"]:
            contract = load_contracts().table("annex_a", table["table"])
            header = 1 if name == LIIA else 2
            for cells in book.get_sheet_by_name(table["sheet"]).to_python(skip_empty_area=False)[header:]:
                for column, cell in zip(contract.columns, cells, strict=False):
                    if isinstance(cell, str) and len(cell) > 4 and column.type in ("text", "code"):
                        assert cell not in said
                    if isinstance(cell, float) and cell > 100_000:
                        assert str(int(cell)) not in said


# --- quirks of the 2024 sample ------------------------------------------------------------------------------------


def test_provider_codes_with_a_dash_are_read(taken):
    out = taken[LIIA][1]
    found = [(r["placement_provider"], r["placement_provider_rule"]) for r in rows(out, "list_8")]
    assert found == [("PR4", "letter_code_label"), ("PR1", "letter_code_label"), ("PR5", "letter_code_label"), ("PR4", "letter_code_label")]  # fmt: skip


def test_error_cells_and_na_are_null(taken):
    out = taken[LIIA][1]
    assert {(r["team"], r["worker"]) for r in rows(out, "list_6")} == {(None, None)}
    assert {r["organisation"] for r in rows(taken[PART][1], "list_2")} == {None}


def test_non_breaking_spaces_in_names_become_spaces(samples, taken):
    raw = python_calamine.CalamineWorkbook.from_path(str(samples / LIIA)).get_sheet_by_name("List 3").to_python()
    assert any("\u00a0" in r[-1] for r in raw[1:])
    workers = [r["worker"] for r in rows(taken[LIIA][1], "list_3")]
    assert all(w and "\u00a0" not in w and " " in w for w in workers)


def test_a_postcode_that_is_none_is_left_empty_and_the_row_kept(taken):
    out = taken[LIIA][1]
    assert row(out, "list_8", 3)["placement_postcode"] is None
    assert row(out, "list_8", 2)["placement_postcode"] is not None


def test_unknown_codes_keep_their_text(taken):
    out = taken[LIIA][1]
    assert {(r["support_required"], r["support_required_rule"]) for r in rows(out, "list_4")} == {
        ("unknown", "unknown")
    }
    assert all(r["support_required_raw"] for r in rows(out, "list_4"))
    assert row(out, "list_6", 2)["primary_need"] == "unknown"
    assert {r["primary_need"] for r in rows(out, "list_6") if r["row_number"] > 2} == {"N1"}


def test_formulas_are_read_by_their_values(taken):
    """Lists 10 and 11 hold dates computed by formulas."""
    out = taken[LIIA][1]
    assert all(isinstance(r["matching_date"], date) for r in rows(out, "list_10"))
    assert all(isinstance(r["stage_2_end_date"], date) for r in rows(out, "list_11"))


def test_a_plan_begun_42_days_before_birth_is_kept_and_one_of_11_months_is_not(taken):
    out = taken[LIIA][1]
    kept = row(out, "list_7", 2)
    assert (kept["date_of_birth"] - kept["cp_plan_start_date"]).days == 42
    assert {r["row_number"] for r in rows(out, "list_7")} == {2, 3, 4, 5, 6, 7}


def test_blank_births_fractional_ages_and_number_ids(taken):
    out = taken[LIIA][1]
    assert row(out, "list_1", 3)["date_of_birth"] is None
    assert {r["age"] % 1 != 0 for r in rows(out, "list_1")} == {True}
    assert all(r["child_id"].isdigit() for r in rows(out, "list_1"))


def test_a_child_with_two_dates_of_birth_in_two_lists_is_loaded_in_both_and_noted(taken):
    out = taken[LIIA][1]
    one, other = row(out, "list_9", 2), row(out, "list_10", 2)
    assert one["child_id"] == other["child_id"]
    assert one["date_of_birth"] != other["date_of_birth"]


def test_list_9_with_13_columns_has_the_later_ones_empty(taken):
    for name in (EMPTY, PART):
        found, out = taken[name]
        (table,) = [t for t in found["tables"] if t["table"] == "list_9"]
        assert table["missing"] == ["uasc", "personal_adviser", "pathway_plan_review_date", "latest_contact_date"]
        assert "list_9: columns not in the file: " in found["message"]
        assert {"uasc", "uasc_raw", "uasc_rule"} <= set(pq.read_schema(out / "annex_a__list_9.parquet").names)


def test_front_sheets_are_named_and_left_alone(taken):
    for name in (EMPTY, PART):
        assert taken[name][0]["message"].endswith(
            "sheets without a list, left alone: Front_Sheet, FAQ_and_changes, Guidance, Codes_used"
        )


def test_dates_written_as_text_in_a_date_column_are_read(taken):
    out = taken[PART][1]
    assert {r["assessment_start_date"] for r in rows(out, "list_2")} == {date(2010, 1, 1)}


# --- period and second form ---------------------------------------------------------------------------------------


def test_without_a_period_in_name_or_option_the_file_is_rejected(samples, tmp_path):
    found = take(samples / PART, tmp_path / "out")
    assert (found["ok"], found["code"]) == (False, "NO_PERIOD")
    assert "--period" in found["message"]
    assert "Annex_A_2024_Jan.xlsx" in found["message"]
    assert not (tmp_path / "out").exists()


def test_the_option_wins_over_the_name(samples, tmp_path):
    assert take(samples / LIIA, tmp_path / "out", period="2024-02")["period"] == "2024-02"


def test_the_same_lists_as_one_csv_each_give_the_same_rows(samples, taken, tmp_path):
    """The second form of the return, written from the sample: one CSV a list."""
    book = python_calamine.CalamineWorkbook.from_path(str(samples / LIIA))
    for number, table in enumerate(LISTS, 1):
        path = tmp_path / f"Annex_A_2024_Jan_List_{number}.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            for cells in book.get_sheet_by_name(f"List {number}").to_python():
                csv.writer(handle).writerow(_text(c) for c in cells)
        found = take(path, tmp_path / table)
        assert found["ok"], found
        assert found["period"] == "2024-01"
        (one,) = found["tables"]
        expected = next(t for t in taken[LIIA][0]["tables"] if t["table"] == table)
        assert {k: one[k] for k in one if k.startswith("rows_")} == {
            k: expected[k] for k in one if k.startswith("rows_")
        }
        assert _without_raw(rows(tmp_path / table, table)) == _without_raw(rows(taken[LIIA][1], table))


def _text(cell: object) -> object:
    return cell.strftime("%d/%m/%Y") if isinstance(cell, date | datetime) else cell


def _without_raw(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raw texts of numbers differ between the forms (1.0 in a CSV written from a workbook)."""
    return [{k: v for k, v in r.items() if not k.endswith("_raw")} for r in found]


@pytest.mark.slow
def test_the_command_loads_the_samples_and_says_what_became_of_them(samples, home, run):
    ran = run("load", samples, "--json", "--as-at", "2025-11-10")
    assert ran.code == 1
    states = {(r["file"], r["state"]) for r in ran.document}
    assert states == {
        (LIIA, "accepted_with_quarantine"), (EMPTY, "accepted_with_quarantine"), (PART, "rejected"),
    }  # fmt: skip
    human = run("load", samples / PART)
    assert human.code == 1
    assert f"{PART}: rejected: NO_PERIOD" in human.err
    again = run("load", samples / PART, "--period", "2020-01", "--json")
    assert {(r["period"], r["state"]) for r in again.document} == {("2020-01", "accepted_with_quarantine")}
    assert again.code == 0
