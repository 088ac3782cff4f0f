"""What becomes of stars, answers and texts that cannot be right: quarantined with their reason when the file is taken in. What only
shows beside the register or other rows (an area or score that the form does not have, an end before the start) is left out when
the warehouse is built: dbt unit tests of int_voice__stars and dq_issues."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.control import CANARY, PERIOD, Grid, many, write_csv

AS_AT = date(2025, 9, 10)


def taken(tmp_path: Path, run, name: str, one: Grid) -> tuple[dict, set[tuple[str, str, str, tuple[int, ...]]]]:
    """The report of a file, and its reasons."""
    (report,) = run(
        "load", write_csv(tmp_path / f"voice_{name}_{PERIOD}.csv", one), "--as-at", AS_AT, "--json"
    ).document
    assert report["rows_read"] == report["rows_loaded"] + report["rows_quarantined"] + report["rows_deduplicated"]
    assert CANARY not in str(report)
    return report, {(r["code"], r["column"], r["action"], tuple(r["rows"])) for r in report["reasons"]}


def same_key(one: Grid, row: int, original: int) -> None:
    for column in one.table.columns:
        one.set(row, column.name, one.get(original, column.name))


def test_a_star_that_cannot_be_right_is_quarantined(home, run, tmp_path):
    one = many("voice", "webstar", 60)
    for row in range(2, 62):
        one.set(row, "score", 5)
    one.set(2, "score", 11)
    one.set(3, "score", 0)
    one.set(4, "respondent", "")
    one.set(5, "respondent", "Carer")
    same_key(one, 7, 6)  # two starts of one day, one area scored differently
    one.set(7, "score", 6)
    same_key(one, 9, 8)
    one.set(10, "stage", "middle")
    report, reasons = taken(tmp_path, run, "webstar", one)
    assert report["state"] == "accepted_with_quarantine"
    assert reasons >= {
        ("BAD_NUMBER", "score", "quarantined", (2, 3)),
        ("MANDATORY_BLANK", "respondent", "quarantined", (4,)),
        ("UNKNOWN_CODE", "respondent", "quarantined", (5,)),
        ("DUPLICATE_KEY", "intervention_id", "quarantined", (6, 7)),
        ("DUPLICATE_ROW", "", "deduplicated", (9,)),
        ("UNKNOWN_CODE", "stage", "quarantined", (10,)),
    }
    assert (report["rows_quarantined"], report["rows_deduplicated"]) == (7, 1)


@pytest.mark.parametrize(
    ("column", "cell", "code"), [("respondent", "", "MANDATORY_BLANK"), ("answer", "perhaps", "UNKNOWN_CODE")]
)
def test_an_answer_without_respondent_or_with_an_unknown_answer_is_quarantined(home, run, tmp_path, column, cell, code):
    one = many("voice", "feedback", 30)
    one.set(3, column, cell)
    report, reasons = taken(tmp_path, run, "feedback", one)
    assert report["rows_quarantined"] == 1
    assert (code, column, "quarantined", (3,)) in reasons


@pytest.mark.parametrize(
    "respondent", ["child", "parent", "carer", "foster carer", "adopter", "worker", "partner agency"]
)
def test_every_kind_of_respondent_is_known(home, run, tmp_path, respondent):
    one = many("voice", "feedback", 30)
    for row in range(2, 32):
        one.set(row, "respondent", respondent)
        one.set(row, "agency", "school")
    report, _ = taken(tmp_path, run, "feedback", one)
    assert (report["state"], report["rows_quarantined"]) == ("accepted", 0)


def test_a_consent_without_its_day_is_noted_and_a_withdrawal_before_it_quarantined(home, run, tmp_path):
    one = many("voice", "feedback_texts", 30)
    for row in range(2, 32):
        one.set(row, "consent", "given")
        one.set(row, "consent_date", "2025-05-02")
        one.set(row, "consent_withdrawn_date", "")
    one.set(2, "consent_date", "")
    one.set(3, "consent_withdrawn_date", "2025-05-01")
    report, reasons = taken(tmp_path, run, "feedback_texts", one)
    assert ("CONDITIONAL_BLANK", "consent_date", "noted", (2,)) in reasons
    assert ("END_BEFORE_START", "consent_withdrawn_date", "quarantined", (3,)) in reasons
    assert report["rows_quarantined"] == 1
