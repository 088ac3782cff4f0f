"""The dashboards of the teams and the chronology of a child: they agree with one another, with the facts and with days worked out here."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest

from orchestration.serving.zones import FILE
from orchestration.synthetic.generate import generate
from tests.conftest import AS_AT

pytestmark = pytest.mark.slow

REPORTS = ("rpt_team_cases", "rpt_team_due", "rpt_team_changes", "rpt_team_recording_gaps", "rpt_child_chronology")
POSITION = date(2025, 10, 31)  # the last dump of the case system


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """What was planted in the lives of the authority that `demo_home` holds."""
    folder = tmp_path_factory.mktemp("planted")
    generate(folder / "landing", AS_AT, deliveries=1, sources=("reference",), manifest=folder / "manifest.json")
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["planted"]


def rows(db, sql, *values):
    return db.execute(sql, list(values)).fetchall()


def one(db, sql, *values):
    return db.execute(sql, list(values)).fetchone()[0]


def key_of(db, child_id):
    return one(db, "select child_key from intermediate.int_children__keys where child_id = ?", child_id)


def test_position_is_the_last_day_of_the_dump_and_nothing_lies_after_it(warehouse):
    for report in REPORTS[:4]:
        assert rows(warehouse, f"select distinct position_date from reports.{report}") == [(POSITION,)]
    assert one(warehouse, "select max(last_seen_date) from reports.rpt_team_cases") <= POSITION < AS_AT
    assert one(warehouse, "select max(greatest(last_date, counted_from_date)) from reports.rpt_team_due") <= POSITION
    assert one(warehouse, "select max(event_date) from reports.rpt_child_chronology") <= AS_AT


def test_caseload_adds_up_to_the_list_of_cases(warehouse):
    statuses = "looked_after, child_protection_plan, child_in_need_plan, care_leaver, open_assessment, other_open"
    listed = dict(rows(warehouse, "select status, count(*) from reports.rpt_team_cases group by status"))
    for kind in ("team", "worker"):
        total, *by_status = rows(
            warehouse,
            f"select sum(open_cases), {', '.join(f'sum({s})' for s in statuses.split(', '))} "
            "from reports.rpt_team_caseload where row_kind = ?",
            kind,
        )[0]
        assert total == sum(listed.values()) > 300
        assert by_status == [listed[s.replace("_", " ")] for s in statuses.split(", ")]
    for column, counted in (
        ("due_in_14_days", "select count(*) from reports.rpt_team_due where state = 'due'"),
        ("overdue", "select count(*) from reports.rpt_team_due where state = 'overdue'"),
        ("recording_gaps", "select count(*) from reports.rpt_team_recording_gaps"),
    ):
        for kind in ("team", "worker"):
            total = one(warehouse, f"select sum({column}) from reports.rpt_team_caseload where row_kind = ?", kind)
            assert total == one(warehouse, counted) > 0


def test_cases_are_those_of_the_facts_of_the_same_day(warehouse):
    """The facts of the month end stand on the same day: nobody looked after, on a plan or in an episode is left out."""
    for status, fact in (("looked after", "fct_cla_month_end"), ("child protection plan", "fct_cp_plans_month_end")):
        counted = one(warehouse, f"select count(*) from marts.{fact} where reference_date = ?", POSITION)
        more = " and child_key not in (select child_key from reports.rpt_team_cases where status = 'looked after')"
        if status != "looked after":
            counted = one(warehouse, f"select count(*) from marts.{fact} where reference_date = ?{more}", POSITION)
        assert one(warehouse, "select count(*) from reports.rpt_team_cases where status = ?", status) == counted > 0
    missed = """select count(*) from marts.fct_cin_plans_month_end as facts
        left join reports.rpt_team_cases as cases using (child_key)
        where facts.reference_date = ?
            and (cases.child_key is null or facts.last_seen_date is distinct from cases.last_seen_date)"""
    assert one(warehouse, missed, POSITION) == 0


def test_every_task_belongs_to_a_case_and_names_its_rule(warehouse):
    for report in ("rpt_team_due", "rpt_team_recording_gaps"):
        lost = f"select count(*) from reports.{report} where child_key not in (select child_key from reports.rpt_team_cases)"
        assert one(warehouse, lost) == 0
    odd = """select count(*) from reports.rpt_team_due where not case state
        when 'overdue' then due_date < position_date and days_overdue >= 0
        when 'due' then due_date between position_date and position_date + 14 and days_overdue is null
        when 'later' then due_date > position_date + 14 and days_overdue is null
        when 'recording gap' then coalesce(due_date < position_date, counted_from_date is null) and days_overdue is null
        else false end"""
    assert one(warehouse, odd) == 0
    titles = dict(
        rows(
            warehouse,
            "select standard, standard_title || ', ' || timescale || ' ' || replace(timescale_unit, '_', ' ') "
            "from intermediate.int_control__practice_standards where ? between valid_from and valid_to",
            POSITION,
        )
    )
    for standard, rule, counted in rows(
        warehouse, "select standard, rule, counted_from_date from reports.rpt_team_due"
    ):
        if standard is None:
            assert rule.startswith("Personal education plan, day set by the virtual school, ")
        elif counted is None or counted >= date(2023, 12, 15):  # the standards have not changed since
            assert rule.startswith(titles[standard] + ", ")


@pytest.mark.parametrize(
    ("task", "fact", "column"),
    [
        ("child protection visit", "fct_cp_plans_month_end", "next_visit_due_date"),
        ("child protection review", "fct_cp_plans_month_end", "next_review_due_date"),
        ("child in need visit", "fct_cin_plans_month_end", "next_visit_due_date"),
        ("looked after visit", "fct_cla_month_end", "next_visit_due_date"),
        ("looked after review", "fct_cla_month_end", "next_review_due_date"),
    ],
)
def test_due_days_are_those_of_the_facts_of_the_same_day(warehouse, task, fact, column):
    """Apart from who has left care since, before the day: nothing is awaited of them."""
    differing = f"""select count(*)
        from (select * from marts.{fact} where reference_date = ?) as facts
        full join (select * from reports.rpt_team_due where task = ?) as due using (child_key)
        left join marts.fct_cla_periods as left_care
            on facts.child_key = left_care.child_key and left_care.end_date between ? and facts.{column}
        where facts.{column} is distinct from due.due_date and left_care.child_key is null"""
    assert one(warehouse, differing, POSITION, task, POSITION) == 0
    assert one(warehouse, "select count(*) from reports.rpt_team_due where task = ?", task) > 40


def test_assessments_overdue_are_those_of_the_fact(warehouse):
    found = one(warehouse, "select count(*) from reports.rpt_team_due where task = 'assessment' and state = 'overdue'")
    told = "select count(*) from marts.fct_open_assessments_month_end where is_overdue and reference_date = ?"
    assert found == one(warehouse, told, POSITION) > 0


def test_newly_overdue_worked_out_from_the_extract(warehouse):
    """Twenty working days after Thursday 2 October 2025 is Thursday 30 October: overdue on the 31st, not on the 30th."""
    working_days = [
        r[0] for r in rows(warehouse, "select date_day from marts.dim_date where is_working_day order by 1")
    ]
    changed = rows(
        warehouse,
        "select c.child_id, c.change_text, d.due_date from reports.rpt_team_changes as c join reports.rpt_team_due as d "
        "on c.child_key = d.child_key and d.is_newly_overdue "
        "where c.change = 'newly overdue' and d.task = 'child in need visit'",
    )
    assert ("Visit to a child in need, 20 working days, last 2 Oct 2025", date(2025, 10, 30)) in {
        r[1:] for r in changed
    }
    for child_id, _, due in changed:
        last = one(
            warehouse,
            "select max(cin_visit_date) from raw.ssd__cin_visits where child_id = ? and cin_visit_date <= ?",
            child_id,
            POSITION,
        )
        assert due == [d for d in working_days if d > last][19] == date(2025, 10, 30)


def test_changes_follow_from_the_two_days(warehouse):
    opened, closed = (
        one(warehouse, "select count(*) from reports.rpt_team_changes where change = ?", change)
        for change in ("new case", "closed case")
    )
    before, now = (
        one(warehouse, "select count(*) from reports.rpt_team_positions where is_position_date = ?", today)
        for today in (False, True)
    )
    assert (before + opened - closed, opened > 0) == (now, True)


def test_two_numbers_of_a_child_are_one_chronology(warehouse, planted):
    checked = 0
    for pair in planted["two_ids"]:
        keys = {key_of(warehouse, pair[n]) for n in ("first", "second")}
        assert len(keys) == 1
        child = keys.pop()
        assert (
            one(
                warehouse,
                "select count(distinct child_id) from reports.rpt_child_chronology where child_key = ?",
                child,
            )
            == 1
        )
        # what the extract tells under either number stands in it
        for number in pair.values():
            for (day,) in rows(
                warehouse, "select distinct contact_date from raw.ssd__contacts where child_id = ?", number
            ):
                found = "select count(*) from reports.rpt_child_chronology where child_key = ? and event_type = 'contact' and event_date = ?"
                assert one(warehouse, found, child, day) > 0
                checked += 1
        for report in ("rpt_team_cases", "rpt_team_due"):
            assert (
                one(warehouse, f"select count(distinct child_id) from reports.{report} where child_key = ?", child) <= 1
            )
    assert checked > 0


def test_identities_before_and_after_an_adoption_are_two_chronologies(warehouse, planted):
    """The new one begins when the young person became known again; nothing of the old one, whose history may not be held, is in it."""
    checked = 0
    for pair in planted["adopted_identities"]:
        first = "select min(event_date) from reports.rpt_child_chronology where child_key = ?"
        after = key_of(warehouse, pair["after"])
        assert one(warehouse, first, after) == date.fromisoformat(pair["known_again"])
        for (before,) in rows(
            warehouse, "select child_key from intermediate.int_children__keys where child_id = ?", pair["before"]
        ):
            assert before != after
            assert one(warehouse, first, before) < date.fromisoformat(pair["adopted"])
            checked += 1
    assert checked > 0


def test_expected_twins_are_two_cases(warehouse, planted):
    for pair in planted["unborn_twins"]:
        for number in pair["child_ids"]:
            assert one(warehouse, "select count(*) from reports.rpt_team_cases where child_id = ?", number) == 1
    assert planted["unborn_twins"]


def test_restricted_records_count_and_are_in_no_copy(warehouse, demo_home, planted):
    keys = [key_of(warehouse, r["child_id"]) for r in planted["restricted_records"]]
    counted = one(warehouse, "select sum(open_cases) from reports.rpt_team_caseload where row_kind = 'team'")
    for zone in ("restricted", "practice"):
        with duckdb.connect(str(demo_home / "serving" / zone / FILE), read_only=True) as copy:
            held = {r[0] for r in copy.execute("select distinct table_name from information_schema.tables").fetchall()}
            assert {*REPORTS, "rpt_team_caseload"} <= held and "rpt_team_positions" not in held
            for report in REPORTS:
                assert one(copy, f"select count(*) from {report} where child_key in (select unnest(?))", keys) == 0
            assert one(copy, "select sum(open_cases) from rpt_team_caseload where row_kind = 'team'") == counted
            names = {
                r[0]
                for r in copy.execute(
                    "select column_name from information_schema.columns where table_name like 'rpt_team%'"
                ).fetchall()
            }
            assert ({"child_id", "worker_name"} <= names) == (zone == "restricted")
    assert one(warehouse, "select count(*) from reports.rpt_team_cases where child_key in (select unnest(?))", keys) > 0


def test_an_authority_with_annex_a_alone_has_cases_and_no_invented_gaps(annex_a_warehouse):
    """The lists give no visits, placements or legal statuses: nothing is due by them, and nothing missing."""
    statuses = {r[0] for r in rows(annex_a_warehouse, "select distinct status from reports.rpt_team_cases")}
    assert {"looked after", "child protection plan", "open assessment", "care leaver"} <= statuses
    tasks = {r[0] for r in rows(annex_a_warehouse, "select distinct task from reports.rpt_team_due")}
    assert "assessment" in tasks and not {t for t in tasks if "visit" in t}
    gaps = {r[0] for r in rows(annex_a_warehouse, "select distinct gap from reports.rpt_team_recording_gaps")}
    assert gaps.isdisjoint({"placement", "legal status", "child seen", "child protection visit", "looked after visit"})
