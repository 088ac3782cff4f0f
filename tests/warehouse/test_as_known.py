"""As-known history: a late entry changes last month's figure, and both figures can be made again."""

from __future__ import annotations

import hashlib
from datetime import date

import duckdb
import pytest

from orchestration.ingest.load import load
from orchestration.settings import Settings
from orchestration.synthetic.generate import generate
from orchestration.warehouse.build import Generation, build
from tests.conftest import make_home, without_data_tests

pytestmark = pytest.mark.slow

AS_AT, MONTH = date(2025, 10, 31), "2025-09"
THEN, NOW = date(2025, 10, 6), date(2025, 11, 6)  # the days September's and October's extracts came in


def tables(generation: Generation) -> dict[str, str]:
    """Hash of every table of marts and KPIs, rows in any order."""
    found = {}
    with duckdb.connect(str(generation.file), read_only=True) as db:
        names = db.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('marts', 'kpi') order by all"
        ).fetchall()
        for (name,) in names:
            rows = sorted(map(str, db.execute(f"select * from {name}").fetchall()))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def figures(generation: Generation) -> dict[str, tuple[int | None, str]]:
    """Numerator (of a median the number of its values) and status of every KPI's authority total in the month, by code and basis."""
    with duckdb.connect(str(generation.file), read_only=True) as db:
        rows = db.execute(
            "select kpi || ' ' || basis, coalesce(numerator, denominator), status from kpi.kpi_values "
            "where period = ? and org_level = 'authority' and breakdown = 'total' and basis in ('M', 'SNAP')",
            [MONTH],
        ).fetchall()
    return {code: (numerator, status) for code, numerator, status in rows}


def test_late_entry_changes_last_months_figure_and_both_can_be_made_again(tmp_path):
    home = tmp_path / "home"
    make_home(home)
    settings = Settings(home=home, settle_seconds=0)
    generate(tmp_path / "files", AS_AT, first="2025-09", last="2025-10", sources=("ssd", "reference"))
    for month, known in (("2025-09", THEN), ("2025-10", NOW)):
        reports = load(settings, sorted((tmp_path / "files").glob(f"*{month}*")), known_on=known)
        assert {str(r["state"]) for r in reports} <= {"accepted", "accepted_with_quarantine"}

    with without_data_tests():
        then, now = build(settings, AS_AT, THEN), build(settings, AS_AT, NOW)
        again = build(settings, AS_AT, THEN)
    first, first_tables = figures(then), tables(then)
    second = figures(now)
    late = {code for code in first if first[code][1] == second[code][1] == "" and first[code][0] != second[code][0]}
    assert any(code.startswith("AS-") for code in late), "assessments authorised in September were entered in October"
    assert all(first[code] != (None, "") for code in first)

    assert again.name != then.name
    assert tables(again) == first_tables
