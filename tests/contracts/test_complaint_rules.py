"""Bad rows of the extract of complaints: each is quarantined with its reason, and the rest of the file loads."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.control import PERIOD, SNAPSHOT, grid, write_csv

AS_AT = date(2025, 9, 10)
ROWS = 24
BAD = 5  # row of the file that is spoiled
DAY = SNAPSHOT - timedelta(days=60)


def days(**after: int) -> dict[str, date]:
    """Dates of a row as days after an early one."""
    return {column: DAY + timedelta(days=number) for column, number in after.items()}


# what is wrong, the table, the cells of the bad row, the reason and the column it is told of
CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("unknown procedure", "complaints", {"procedure": "by carrier pigeon"}, "UNKNOWN_CODE", "procedure"),
    ("no procedure", "complaints", {"procedure": ""}, "MANDATORY_BLANK", "procedure"),
    ("complainant missing", "complaints", {"complainant_type": ""}, "MANDATORY_BLANK", "complainant_type"),
    ("unknown complainant", "complaints", {"complainant_type": "a ghost"}, "UNKNOWN_CODE", "complainant_type"),
    ("closed before it came", "complaints", days(received_date=9, acknowledged_date=9, closed_date=8), "END_BEFORE_START", "closed_date"),
    ("acknowledged before it came", "complaints", days(received_date=9, acknowledged_date=8), "END_BEFORE_START", "acknowledged_date"),
    ("taken up again before it was suspended", "complaints", days(received_date=1, suspended_date=9, resumed_date=8), "END_BEFORE_START",
     "resumed_date"),
    ("suspended after it was closed", "complaints", days(received_date=1, suspended_date=9, closed_date=8), "END_BEFORE_START", "closed_date"),
    ("clock before the request", "complaint_stages", days(requested_date=9, clock_start_date=8), "END_BEFORE_START", "clock_start_date"),
    ("due before the clock started", "complaint_stages", days(requested_date=1, clock_start_date=9, due_date=8), "END_BEFORE_START",
     "due_date"),
    ("put off to an earlier day", "complaint_stages", days(requested_date=1, due_date=9, extended_to_date=8), "END_BEFORE_START",
     "extended_to_date"),
    ("answered before it was asked for", "complaint_stages", days(requested_date=9, responded_date=8), "END_BEFORE_START",
     "responded_date"),
    ("reported before the panel", "complaint_stages", days(requested_date=1, panel_date=9, panel_report_date=8), "END_BEFORE_START",
     "panel_report_date"),
    ("answered before the report", "complaint_stages",
     days(requested_date=1, panel_date=2, panel_report_date=9, authority_response_date=8), "END_BEFORE_START", "authority_response_date"),
    ("stage 4", "complaint_stages", {"stage": 4}, "BAD_NUMBER", "stage"),
    ("rule that ends before it begins", "complaint_stage_rules", days(valid_from=9, valid_to=8), "END_BEFORE_START", "valid_to"),
    ("rule without a start rule", "complaint_stage_rules", {"start_rule": ""}, "MANDATORY_BLANK", "start_rule"),
    ("rule without a standard", "complaint_stage_rules", {"answer_standard": ""}, "MANDATORY_BLANK", "answer_standard"),
    ("comment answered before it came", "comments", days(received_date=9, answered_date=8), "END_BEFORE_START", "answered_date"),
    ("remedy before the decision", "ombudsman_decisions", days(decision_date=9, remedy_completed_date=8), "END_BEFORE_START",
     "remedy_completed_date"),
]  # fmt: skip
STAGE_DATES = (
    "requested_date", "clock_start_date", "due_date", "extended_to_date", "responded_date", "panel_date", "panel_report_date",
    "authority_response_date",
)  # fmt: skip
COMPLAINT_DATES = ("acknowledged_date", "suspended_date", "resumed_date", "closed_date")


@pytest.mark.parametrize(
    ("table", "cells", "code", "column"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_bad_row_is_quarantined_with_its_reason(home, run, tmp_path: Path, table, cells, code, column):
    one = grid("complaints", table, ROWS)
    if any(isinstance(value, date) for value in cells.values()):
        for name in {"complaints": COMPLAINT_DATES, "complaint_stages": STAGE_DATES}.get(table, ()):
            one.set(BAD, name, "")
    if table == "complaints":  # the gate asks for a complaint of the last three months
        for name in COMPLAINT_DATES:
            one.set(BAD + 1, name, "")
        one.set(BAD + 1, "received_date", SNAPSHOT)
    for name, value in cells.items():
        one.set(BAD, name, value)
    path = write_csv(tmp_path / f"complaints_{table}_{PERIOD}.csv", one)
    (report,) = run("load", path, "--as-at", AS_AT, "--json").document
    assert report["state"] == "accepted_with_quarantine", report["message"]
    assert [(r["code"], r["column"], r["rows"]) for r in report["reasons"] if r["action"] == "quarantined"] == [
        (code, column, [BAD])
    ]
    assert report["rows_loaded"] == ROWS - 1
