"""What `qapm kpi values` and `qapm kpi cases` give: number and list agree, restricted records stay hidden, access is noted."""

from __future__ import annotations

import json
import shutil

import pytest

from orchestration.serving.figures import NotAvailable, Unknown, find_kpi, kpi_cases, kpi_values, query
from orchestration.settings import Settings
from orchestration.warehouse.build import current

pytestmark = pytest.mark.slow
# One of every kind that is made of cases; test_kpi_cells.py tries all of them.
KINDS = {
    "FD-04": "2025-08",
    "FD-07": "2025-08",
    "FB-03": "2025-26-Q1",
    "CP-01": "2025-08",
    "WS-03": "2025-26-Q1",
    "AS-06": "2025-08",
    "AS-06.p90": "2025-08",
    "CL-07": "2025-08",
    "GS-01": "2025-W35",
}


@pytest.fixture
def settings(demo_home, tmp_path):
    """The shared installation, with a log folder of this test's own."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("serving", "store", "warehouse"):
        (home / name).symlink_to(demo_home / name)
    return Settings(home=home)


def cases(settings, code, period, **more):
    return kpi_cases(settings, code, period, warehouse=current(settings).file, **more)


@pytest.mark.parametrize(("code", "period"), KINDS.items())
def test_number_and_list_agree(settings, code, period):
    kpi = find_kpi(settings, code)
    (value,) = kpi_values(settings, code, period)
    rows = cases(settings, code, period)
    assert rows
    if kpi.calculation in ("mean", "median", "percentile"):
        assert len(rows) == value["denominator"]
        assert all("numerator_part" in row for row in rows if not row["withheld"])
        return
    assert len(rows) == (value["denominator"] if kpi.calculation in ("ratio", "share") else value["numerator"])
    if kpi.calculation != "share":  # the whole of which is told by its values
        assert sum(row["in_numerator"] for row in rows) == value["numerator"]


@pytest.mark.parametrize("code", ["CP-01", "CP-04", "WS-01"])
def test_a_teams_number_and_list_agree(settings, code):
    period = {"CP-01": "2025-08", "CP-04": "2024-25", "WS-01": "2025-26-Q1"}[code]
    for value in kpi_values(settings, code, period, by="team"):
        counted = value["denominator"] if code != "CP-01" else value["numerator"]
        assert len(cases(settings, code, period, team=value["org"])) == counted


def test_a_restricted_record_is_withheld_except_for_a_named_role(settings, warehouse):
    restricted = warehouse.execute(
        "select count(*) from measures.measures_cla_open as m join marts.dim_child as c using (child_key) "
        "where c.record_restriction <> 'none' and m.event_date = date '2025-08-31'"
    ).fetchone()[0]
    assert restricted > 0
    rows = cases(settings, "CL-01", "2025-08")
    withheld = [row for row in rows if row["withheld"]]
    assert len(withheld) == restricted
    assert all(set(row) == {"withheld", "in_numerator"} for row in withheld)
    with pytest.raises(PermissionError):
        cases(settings, "CL-01", "2025-08", role="designated_manager")
    allowed = settings.model_copy(update={"restricted_record_roles": ("designated_manager",)})
    assert not any(row["withheld"] for row in cases(allowed, "CL-01", "2025-08", role="designated_manager"))
    scores = cases(settings, "WS-03", "2025-26-Q1")
    assert all(set(row) == {"withheld"} for row in scores if row["withheld"])


def test_practice_cases_hold_no_case_system_id(settings):
    assert all("child_id" not in row for row in cases(settings, "CP-01", "2025-08", zone="practice"))
    assert any("child_id" in row for row in cases(settings, "CP-01", "2025-08"))
    with pytest.raises(Unknown, match="holds no cases"):
        cases(settings, "CP-01", "2025-08", zone="aggregate")


def test_opening_the_restricted_zone_is_noted_without_values(settings):
    cases(settings, "CP-01", "2025-08")
    query(settings, "select child_id from dim_child")
    kpi_values(settings, "CP-01", "2025-08", zone="practice")
    lines = [json.loads(line) for line in (settings.logs / "access.jsonl").read_text().splitlines()]
    assert [line["action"].split()[0] for line in lines] == ["kpi", "query"]
    assert all(set(line) <= {"at", "who", "action", "zone", "rows", "role"} for line in lines)
    assert lines[1]["rows"] > 100


def test_not_available_is_said_and_never_0(settings):
    """The case system tells referrals from November 2019 on: of that financial year only some months are held."""
    (uncovered,) = kpi_values(settings, "FD-04", "2019-20")
    assert (uncovered["value"], uncovered["numerator"], uncovered["status"]) == (None, None, "x")
    (below,) = kpi_values(settings, "FD-04", "2019-20", by="service")
    assert (below["org_level"], below["status"]) == ("authority", "x")
    with pytest.raises(NotAvailable, match="not available"):
        cases(settings, "FD-04", "2019-20")


def test_wrong_questions_are_answered_with_what_there_is(settings):
    for wrong, hint in (
        ({"code": "ZZ-01"}, "kpi list"),
        ({"code": "CP-01", "basis": "YTD"}, "SNAP"),
        ({"code": "FD-04", "by": "question"}, "service"),
        ({"code": "CN-09", "period": "2025-26-Q1"}, "SNAP"),
    ):
        with pytest.raises(Unknown, match=hint):
            kpi_values(settings, **wrong)


def test_the_zone_cannot_be_written_or_left(settings, tmp_path):
    import duckdb

    (tmp_path / "a.csv").write_text("a\n1\n")
    for sql in ("create table t (a int)", f"select * from read_csv('{tmp_path / 'a.csv'}')", "install httpfs"):
        with pytest.raises(duckdb.Error):
            query(settings, sql)
    shutil.rmtree(settings.logs)
