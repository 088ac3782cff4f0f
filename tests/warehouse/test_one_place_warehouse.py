"""One place per change, as far as it takes a build: KPIs, targets and other dated rows, and a release.

All changes are made at once on copies of the project and of the shared data folder, and built once.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.ingest.load import load, store_path
from orchestration.ledger import Ledger
from orchestration.settings import Settings
from orchestration.warehouse.build import build, current
from orchestration.warehouse.dbt import environment
from tests.conftest import AS_AT
from tests.contracts.test_one_place import copy_of_project, edit

PERIOD = "2025-10"  # the last delivery of the shared data folder
START = date(2025, 10, 1)  # the day from which every dated row below holds

EXISTING_MEASURES = """
  - code: FD-90
    title: Initial child protection conferences for every hundred referrals
    definition: Conferences held in the period for every hundred referrals received in it.
    nature: flow
    tier: 2
    counts: people
    calculation: ratio
    numerator: icpcs.is_icpc
    denominator: referrals.is_referral
    bases: [M, R12]
    breakdowns: [sex]
    unit: '%'
    decimals: 1
    polarity: 'N'
    audiences: []
"""
NEW_MEASURE = """
  - code: FD-91
    title: Referrals from individuals
    definition: Of the referrals received in the period, those that came from an individual.
    nature: flow
    tier: 2
    counts: people
    calculation: ratio
    numerator: referrals.is_from_individual
    denominator: referrals.is_referral
    bases: [M, 'Y']
    breakdowns: [age_band]
    unit: '%'
    decimals: 1
    polarity: 'N'
    audiences: []
"""
UNIT_TEST = """
  - name: a_referral_from_an_individual_is_told_by_its_source
    model: measures_referrals
    given:
      - input: ref('stg_control__run')
        rows: [{as_at: 2025-10-10}]
      - input: ref('dim_child_circumstances')
        rows: []
      - input: ref('dim_child')
        rows: []
      - input: ref('fct_referrals')
        rows:
          - {referral_key: individual, referral_date: 2025-09-01, referral_source_group: individual}
          - {referral_key: school, referral_date: 2025-09-01, referral_source_group: schools}
          - {referral_key: not_given, referral_date: 2025-09-01, referral_source_group: null}
    expect:
      rows:
        - {item_key: individual, is_from_individual: 1}
        - {item_key: school, is_from_individual: 0}
        - {item_key: not_given, is_from_individual: 0}
"""
BULLETIN = """
dataset: audit_bulletin
title: "Audit bulletin of {organisation}"
framework: A10
audience: Services
cadence: quarterly
due:
  working_days_after_period_end: 15
level: aggregate
disclosure: contract
state: final
model: rpt_quarterly_quality_assurance_report
retention_years: 7
needs: audits
publish:
  sheet: Audit
  primary_key: [kpi, org_level, org]
  order_by: [org_level, org, kpi]
  columns:
    - {name: kpi, label: KPI}
    - {name: title, label: Measure}
    - {name: org_level, label: Level}
    - {name: org, label: Organisation}
    - {name: numerator, label: Numerator}
    - {name: denominator, label: Denominator}
    - {name: value, label: Value}
    - {name: status, label: Status}
"""


@dataclass(frozen=True)
class Changed:
    """The built copies, and a connection to the new warehouse."""

    settings: Settings
    warehouse: duckdb.DuckDBPyConnection

    def one(self, sql: str, *values: object) -> tuple[Any, ...]:
        """The one row of a query."""
        rows = self.warehouse.execute(sql, list(values)).fetchall()
        assert len(rows) == 1, rows
        return rows[0]


def change_definitions(project: Path) -> None:
    """A KPI of existing measures, a KPI of a new one, a dataset: the edits a person makes."""
    kpis = project / "dbt_project" / "kpis" / "front_door.yml"
    kpis.write_text(kpis.read_text(encoding="utf-8") + EXISTING_MEASURES[1:] + NEW_MEASURE[1:], encoding="utf-8")
    measures = project / "dbt_project" / "models" / "measures"
    edit(
        measures / "measures_referrals.sql",
        "as is_from_police\n",
        "as is_from_police,\n"
        "    {{ kpi_flag(\"referrals.referral_source_group = 'individual'\") }} as is_from_individual\n",
    )
    last = '      - {name: is_no_further_action, data_type: integer, config: {meta: {measure: true}}, description: "1 when the referral was closed with no further action"}\n'
    edit(
        measures / "_measures_front_door__models.yml",
        last,
        last
        + last.replace("is_no_further_action", "is_from_individual").replace(
            "was closed with no further action", "came from an individual"
        ),
    )
    tests = measures / "_measures_front_door__unit_tests.yml"
    tests.write_text(tests.read_text(encoding="utf-8") + UNIT_TEST, encoding="utf-8")
    (project / "exports" / "audit_bulletin.yml").write_text(BULLETIN[1:], encoding="utf-8")


def add_rows(settings: Settings, source: str, table: str, *rows: dict[str, object]) -> None:
    """Land the table's last dump again, with rows added to it."""
    with Ledger(settings.ledger_path) as ledger:
        held = [
            r for r in ledger.current_tables() if (r["source"], r["table_name"], r["period"]) == (source, table, PERIOD)
        ]
    with store_path(settings, str(held[0]["sha256"])).open(encoding="utf-8", newline="") as handle:
        dump = list(csv.DictReader(handle))
    assert all(set(row) <= set(dump[0]) for row in rows)
    with (settings.landing / f"{source}_{table}_{PERIOD}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(dump[0]), restval="")
        writer.writeheader()
        writer.writerows([*dump, *rows])


def change_data(settings: Settings, audit: str, template: str, child: str) -> None:
    """Dated rows: targets, a team in a service of its own, a theme, a WebStar area."""
    target = {"valid_from": START, "target": 99, "tolerance": 1, "weighting": 5}
    add_rows(
        settings,
        "reference",
        "targets",
        {"kpi": "AS-02", "contract": "yes", **target},
        {"kpi": "FD-08", "contract": "yes", **target},
    )
    team = {"team_code": "T99", "team_name": "Assessment Team East", "service_code": "family_hubs"}
    add_rows(settings, "reference", "organisation", {**team, "service_name": "Family Hubs", "valid_from": START})
    theme = {"template": template, "theme": "sibling_time", "title": "Time with brothers and sisters"}
    add_rows(settings, "quality_assurance", "template_themes", {**theme, "valid_from": "2025-04-01"})
    add_rows(
        settings, "quality_assurance", "theme_grades", {"audit_id": audit, "theme": "sibling_time", "grade": "good"}
    )
    area = {"area": "sleep", "title": "Sleeping well", "area_order": 9, "scale_minimum": 1, "scale_maximum": 10}
    add_rows(settings, "voice", "webstar_areas", {**area, "valid_from": START, "version": "2"})
    star = {
        "intervention_id": "W-NEW",
        "child_id": child,
        "respondent": "child",
        "area": "sleep",
        "service_code": "family_hubs",
        "team_code": "T99",
    }
    add_rows(
        settings,
        "voice",
        "webstar",
        {**star, "stage": "start", "star_date": "2025-10-02", "score": 3},
        {**star, "stage": "end", "star_date": "2025-10-20", "score": 8},
    )


@pytest.fixture(scope="module")
def changed(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    folder = tmp_path_factory.mktemp("one_place_build")
    project = copy_of_project(folder / "project")
    change_definitions(project)
    for part in ("store", "keys", "landing"):
        shutil.copytree(demo_home / part, folder / "home" / part)
    settings = Settings(home=folder / "home", settle_seconds=0, project_root=project)
    with duckdb.connect(str(current(Settings(home=demo_home)).file), read_only=True) as db:
        # an audit graded from that day on: one of an earlier day would change the figures of themes of its time
        sql = (
            "select min(audit_id), min_by(fct_audits.template, audit_id), (select min(child_id) from marts.dim_child) "
            "from marts.fct_audits inner join marts.fct_audit_theme_grades using (audit_key) "
            f"where fct_audits.final_grade_date >= '{START}'"
        )
        audit, template, child = db.execute(sql).fetchall()[0]
    change_data(settings, audit, template, child)
    assert [r for r in load(settings, known_on=AS_AT) if r["state"] != "accepted"] == []
    made = build(settings, AS_AT)
    with duckdb.connect(str(made.file), read_only=True) as db:
        yield Changed(settings, db)
    shutil.rmtree(folder)


@pytest.fixture
def qapm(changed: Changed, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command on the changed copies; gives the JSON document."""
    monkeypatch.setenv("QAPM_HOME", str(changed.settings.home))
    monkeypatch.setenv("QAPM_PROJECT_ROOT", str(changed.settings.project_root))

    def call(*arguments: object) -> Any:
        done = run(*arguments, "--json")
        assert done.code == 0, done.err
        return done.document

    return call


def half_up(numerator: int, denominator: int) -> Decimal:
    """A percentage to one decimal, half up, without the warehouse's own rounding."""
    return Decimal((2000 * numerator + denominator) // (2 * denominator)) / 10


# --- KPIs -----------------------------------------------------------------------------------------------------------


def test_a_kpi_of_existing_measures_is_one_entry(changed: Changed, qapm: Callable[..., Any]):
    listed = {k["code"]: k for k in qapm("kpi", "list")}
    assert listed["FD-90"]["area"] == "Front door"

    conferences = "select count(*) from marts.fct_s47_enquiries where icpc_date between '2025-08-01' and '2025-08-31'"
    referrals = "select count(*) from marts.fct_referrals where referral_date between '2025-08-01' and '2025-08-31'"
    (numerator,), (denominator,) = changed.one(conferences), changed.one(referrals)
    assert numerator > 0
    (value,) = qapm("kpi", "values", "FD-90", "--period", "2025-08", "--basis", "month")
    assert (value["numerator"], value["denominator"]) == (numerator, denominator)
    assert value["value"] == float(half_up(numerator, denominator))
    assert value["status"] == ""

    by_sex = changed.one(
        "select sum(numerator), sum(denominator) from kpi.kpi_values "
        "where kpi = 'FD-90' and basis = 'M' and period = '2025-08' and org_level = 'authority' and breakdown = 'sex'"
    )
    assert by_sex == (numerator, denominator), "the declared breakdown adds up to the total"


def test_a_kpi_that_counts_something_new_is_one_column_more(changed: Changed, qapm: Callable[..., Any]):
    numerator, denominator = changed.one(
        "select count(*) filter (where referral_source_group = 'individual'), count(*) from marts.fct_referrals "
        "where referral_date between '2024-04-01' and '2025-03-31'"
    )
    assert 0 < numerator < denominator
    (value,) = qapm("kpi", "values", "FD-91", "--period", "2024-25")
    assert (value["numerator"], value["denominator"]) == (numerator, denominator)
    assert value["value"] == float(half_up(numerator, denominator))
    cases = qapm("kpi", "cases", "FD-91", "--period", "2025-09")
    (month,) = qapm("kpi", "values", "FD-91", "--period", "2025-09", "--basis", "month")
    assert sum(case["in_numerator"] for case in cases) == month["numerator"]
    assert len(cases) == month["denominator"]


def test_the_unit_test_beside_the_new_column_runs(changed: Changed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    file = tmp_path / "warehouse.duckdb"
    shutil.copyfile(current(changed.settings).file, file)
    for name, value in (environment(changed.settings) | {"QAPM_WAREHOUSE_FILE": str(file)}).items():
        monkeypatch.setitem(os.environ, name, value)
    project = str(changed.settings.dbt_project)
    where = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(tmp_path / "target"), "--quiet"]
    try:
        done = dbtRunner().invoke(["test", "--select", "a_referral_from_an_individual_is_told_by_its_source", *where])
    finally:
        DuckDBConnectionManager.close_all_connections()
    assert done.success, done.exception
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert [r["status"] for r in results] == ["pass"]


def test_the_other_kpis_keep_their_values(changed: Changed, warehouse: duckdb.DuckDBPyConnection):
    """Before the day of the added rows nothing differs; what begins on that day has counted nothing till then.

    The added team takes over the name of T03: what is older than the register of teams goes to whoever has the name now, so that
    T03 and its service are looked at by the day in the test of the team.
    """
    sql = (
        "select kpi, basis, period, org_level, org, breakdown, breakdown_value, numerator, denominator, value, status, rag "
        f"from kpi.kpi_values where kpi not in ('FD-90', 'FD-91') and reference_date < '{START}' "
        "and org not in ('T03', 'assessment', 'T99', 'family_hubs')"
    )
    before, after = (set(db.execute(sql).fetchall()) for db in (warehouse, changed.warehouse))
    assert len(before) > 10_000
    assert before <= after
    assert {numerator or 0 for *_, numerator, _, _, _, _ in after - before} == {0}
    # the new service and team have no row yet; the breakdowns of authority and services may name a new value
    assert {(row[3], row[5] == "total") for row in after - before} == {("authority", False), ("service", False)}


# --- dated rows -----------------------------------------------------------------------------------------------------


def test_a_target_is_a_row_from_its_day_on(changed: Changed, warehouse: duckdb.DuckDBPyConnection):
    sql = (
        "select period, value, target, tolerance, rag from kpi.kpi_values where kpi = 'AS-02' and basis = 'M' "
        "and org_level = 'authority' and breakdown = 'total' and period in ('2025-09', '2025-10') order by period"
    )
    (september, october), (same, rated) = warehouse.execute(sql).fetchall(), changed.warehouse.execute(sql).fetchall()
    assert same == september
    assert october[2:] == (88, 4, "green")
    assert rated[:2] == october[:2], "the value is not touched by the target"
    assert rated[2:] == (99, 1, "red")


def test_a_contract_kpi_is_a_row_from_its_day_on(changed: Changed, warehouse: duckdb.DuckDBPyConnection):
    sql = (
        "select distinct period from reports.rpt_contract_key_performance_indicators "
        "where kpi = 'FD-08' and period between '2025-01' and '2025-10'"
    )
    assert warehouse.execute(sql).fetchall() == []
    assert changed.one(sql) == ("2025-10",)


def test_a_team_and_its_service_are_a_row_from_its_day_on(changed: Changed, warehouse: duckdb.DuckDBPyConnection):
    sql = (
        "select org_level, org, org_name, numerator, denominator from kpi.kpi_values where kpi = 'AS-02' and basis = 'M' "
        "and breakdown = 'total' and period = ? and org in ('T03', 'T99', 'family_hubs') and denominator > 0 "
        "order by org_level"
    )
    ((_, before, _, numerator, denominator),) = warehouse.execute(sql, [PERIOD]).fetchall()
    assert before == "T03"
    assert changed.warehouse.execute(sql, [PERIOD]).fetchall() == [
        ("service", "family_hubs", "Family Hubs", numerator, denominator),
        ("team", "T99", "Assessment Team East", numerator, denominator),
    ]
    assert [row[1] for row in changed.warehouse.execute(sql, ["2025-09"]).fetchall()] == ["T03"]


def test_a_theme_is_a_row(changed: Changed):
    assert changed.one("select theme, grade from marts.fct_audit_theme_grades where theme = 'sibling_time'") == (
        "sibling_time",
        "good",
    )


def test_a_webstar_area_is_a_row_and_is_counted(changed: Changed, warehouse: duckdb.DuckDBPyConnection):
    assert changed.one("select area, change from marts.fct_webstar_pairs where area = 'sleep'") == ("sleep", 5)
    sql = (
        "select numerator, denominator from kpi.kpi_values where kpi = 'WS-03' and basis = 'R12' and period = '2025-10' "
        "and org_level = 'authority' and breakdown = 'total'"
    )
    numerator, denominator = warehouse.execute(sql).fetchall()[0]
    assert changed.one(sql) == (numerator + 5, denominator + 1), "the sum of changes and the number of pairs"


# --- a release ------------------------------------------------------------------------------------------------------


def test_a_published_dataset_is_one_file(changed: Changed, qapm: Callable[..., Any]):
    (release,) = qapm("publish", "audit_bulletin", "--period", "2025-26-Q2", "--as-at", AS_AT)
    folder = Path(release["path"])
    assert qapm("verify", folder) == {"path": str(folder), "ok": True, "problems": []}
    with (folder / "audit_bulletin_2025-26-Q2.csv").open(encoding="utf-8-sig", newline="") as handle:
        header, *rows = csv.reader(handle)
    declared = yaml.safe_load((changed.settings.project_root / "exports" / "audit_bulletin.yml").read_text("utf-8"))
    assert header == [column["name"] for column in declared["publish"]["columns"]]
    expected = changed.warehouse.execute(
        "select kpi, org_level, org from reports.rpt_quarterly_quality_assurance_report where period = '2025-26-Q2' "
        "order by org_level, org, kpi"
    ).fetchall()
    assert len(expected) > 10
    assert [(row[0], row[2], row[3]) for row in rows] == expected
    assert any(row[header.index("value")] not in ("", "c") for row in rows)
