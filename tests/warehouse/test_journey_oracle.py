"""The marts of the child's journey against a second reckoning from the rows of the case system's dataset."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import AS_AT
from tests.warehouse import journey_oracle as oracle
from tests.warehouse.journey_cases import Cases, awkward
from tests.warehouse.journey_oracle import Extract, Row

# --- comparing --------------------------------------------------------------------------------------------------------


def fetch(connection: Any, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_extract(connection: Any) -> Extract:
    """What the warehouse was given: schema raw, and nothing that was made of it."""
    first, last = {}, {}
    for row in fetch(connection, "select * from raw.availability where source = 'ssd' and kind = 'flow'"):
        table = row["table_name"]
        first[table] = min(row["covered_from"], first.get(table, date.max))
        last[table] = max(row["covered_to"], last.get(table, date.min))
    return Extract(
        as_at=fetch(connection, "select as_at from raw.run")[0]["as_at"],
        tables={table: fetch(connection, f"select * from raw.ssd__{table}") for table in oracle.TABLES},
        keys={row["child_id"]: row["child_key"] for row in fetch(connection, "select * from raw.child_keys")},
        standards=fetch(connection, "select * from raw.reference__practice_standards"),
        covered_from=first,
        covered_to=last,
        interviews=fetch(connection, "select * from raw.return_interviews__return_interviews"),
        list_7=fetch(connection, "select * from raw.annex_a__list_7"),
    )


@dataclass(frozen=True)
class Comparison:
    """A mart's rows (a query that names its columns as the reckoning does) and the reckoning of the same rows."""

    name: str
    query: str
    reckon: Callable[[Extract], list[Row]]
    key: tuple[str, ...]

    def differences(self, connection: Any, extract: Extract) -> list[str]:
        """What differs, in counts and in keys of the mart: never a child's id."""
        mart = fetch(connection, self.query)
        columns = [c for c in (mart[0] if mart else {}) if c not in (*self.key, "mart_key")]
        wanted = defaultdict(list)
        for row in self.reckon(extract):
            wanted[tuple(row[k] for k in self.key)].append(row)
        assert mart and wanted, f"{self.name}: nothing to compare"
        told: dict[str, list[str]] = defaultdict(list)
        for key, rows in _grouped(mart, self.key).items():
            theirs, ours = rows, wanted.pop(key, [])
            if len(theirs) != len(ours):
                told[f"{len(theirs)} rows where {len(ours)} are due"].append(theirs[0]["mart_key"])
                continue
            for column in columns:
                a, b = Counter(_plain(r[column]) for r in theirs), Counter(_plain(r[column]) for r in ours)
                if a != b:
                    told[column].append(f"{theirs[0]['mart_key']} ({_only(a, b)}, not {_only(b, a)})")
        for key in wanted:
            told["missing in the mart"].append(str(key[0]))
        return [f"{self.name}: {what}: {len(where)}, such as {where[:3]}" for what, where in sorted(told.items())]


def _grouped(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[k] for k in key)].append(row)
    return found


def _plain(value: Any) -> Any:
    return round(float(value), 3) if type(value).__name__ in ("float", "Decimal") else value


def _only(one: Counter[Any], other: Counter[Any]) -> str:
    return ", ".join(str(value) for value in (one - other))


def _months(extract: Extract) -> list[tuple[str, date]]:
    return oracle.month_ends(extract.as_at)


def _in_need(x: Extract) -> list[Row]:
    rows = oracle.in_need(x, _months(x), oracle.care_leavers(x))
    return [row | {"start_date": max(row["starts"]), "open_episodes": len(row["starts"])} for row in rows]


def _seen_alone(x: Extract) -> list[Row]:
    """The answer at the last visit; where two were made on one day and say different things, nothing is asked."""
    answers = {True: "yes", False: "no", None: None}
    return [
        row | {"seen_alone": answers[next(iter(row["seen_alone"]), None)] if len(row["seen_alone"]) < 2 else "differs"}
        for row in oracle.plans_at_month_ends(x, _months(x))
    ]


COMPARISONS = [
    Comparison(
        "fct_referrals",
        "select referral_key as mart_key, child_key, referral_date, is_nfa, previous_referral_date, is_rereferral, "
        "close_date, close_reason, is_within_open_episode, previous_close_date from marts.fct_referrals",
        oracle.referrals,
        ("child_key", "referral_date"),
    ),
    Comparison(
        "fct_assessments",
        "select assessment_key as mart_key, child_key, start_date, authorisation_date, working_days, due_date, is_in_time, "
        "is_unborn, child_seen, is_nfa from marts.fct_assessments",
        oracle.assessments,
        ("child_key", "start_date"),
    ),
    Comparison(
        "fct_open_assessments_month_end",
        "select assessment_key as mart_key, child_key, month, reference_date, start_date, working_days_open, is_overdue "
        "from marts.fct_open_assessments_month_end",
        lambda x: oracle.open_assessments(x, _months(x)),
        ("child_key", "month", "start_date"),
    ),
    Comparison(
        "fct_s47_enquiries",
        "select s47_key as mart_key, child_key, strategy_discussion_date, icpc_date, working_days_to_icpc "
        "from marts.fct_s47_enquiries",
        oracle.enquiries,
        ("child_key", "strategy_discussion_date"),
    ),
    Comparison(
        "fct_icpcs",
        "select icpc_key as mart_key, child_key, icpc_date, strategy_discussion_date, working_days_to_icpc as working_days, "
        "due_date, is_in_time, is_transfer_in, has_led_to_plan as led_to_plan from marts.fct_icpcs",
        oracle.conferences,
        ("child_key", "icpc_date"),
    ),
    Comparison(
        "fct_cp_plans",
        "select cp_plan_key as mart_key, child_key, start_date, end_date, days_on_plan, previous_cp_plans, "
        "is_second_or_subsequent, previous_end_date, is_other_authority_plan, initial_category, latest_category "
        "from marts.fct_cp_plans",
        oracle.plans,
        ("child_key", "start_date"),
    ),
    Comparison(
        "fct_cp_visits",
        "select cp_visit_key as mart_key, child_key, visit_date, is_unborn, is_child_seen as is_seen, "
        "is_child_seen_alone as is_seen_alone, previous_visit_date, counted_from_date as clock_start, "
        "working_days_since_previous as working_days, is_in_time from marts.fct_cp_visits",
        oracle.plan_visits,
        ("child_key", "visit_date"),
    ),
    Comparison(
        "fct_cp_reviews",
        "select cp_review_key as mart_key, child_key, recorded_due_date, due_date, held_date, is_on_time, "
        "review_number as number, counted_from_date as counted_from from marts.fct_cp_reviews where cp_plan_key is not null",
        oracle.plan_reviews,
        ("child_key", "recorded_due_date"),
    ),
    Comparison(
        "fct_cp_plans_month_end",
        "select child_key || month as mart_key, child_key, month, reference_date, start_date, days_on_plan, "
        "previous_cp_plans, last_statutory_visit_date, seen_alone, latest_review_date, is_visit_overdue, "
        "next_review_due_date, is_review_overdue, reviews_held, has_every_review_on_time, latest_seen_date, "
        "latest_seen_alone_date, is_unborn, age from marts.fct_cp_plans_month_end",
        _seen_alone,
        ("child_key", "month"),
    ),
    Comparison(
        "fct_cin_episodes",
        "select cin_key as mart_key, child_key, referral_date, close_date, close_reason from marts.fct_cin_episodes",
        oracle.need_episodes,
        ("child_key", "referral_date"),
    ),
    Comparison(
        "fct_cin_plans_month_end",
        "select child_key || month as mart_key, child_key, month, reference_date, start_date, case_status, is_on_cp_plan, "
        "is_looked_after, is_care_leaver, is_child_in_need_plan, is_unborn, age, open_episodes, has_open_assessment, "
        "cin_plan_start_date, last_visit_date, is_visit_overdue, is_allocated "
        "from marts.fct_cin_plans_month_end",
        _in_need,
        ("child_key", "month"),
    ),
    Comparison(
        "fct_cin_plans",
        "select cin_plan_key as mart_key, child_key, start_date, end_date, next_cp_plan_start_date, "
        "has_cp_plan_within_12_months, is_unborn_at_start from marts.fct_cin_plans",
        oracle.need_plans,
        ("child_key", "start_date"),
    ),
    Comparison(
        "fct_cin_visits",
        "select cin_visit_key as mart_key, child_key, visit_date, previous_visit_date, counted_from_date as clock_start, "
        "working_days_since_previous as working_days, is_in_time from marts.fct_cin_visits",
        oracle.need_visits,
        ("child_key", "visit_date"),
    ),
    Comparison(
        "fct_cla_periods",
        "select cla_key as mart_key, child_key, start_date, end_date, end_reason, category_of_need, "
        "previous_periods as earlier_periods, is_second_period_within_12_months as is_within_12_months, first_legal_status, "
        "age_at_start, days_looked_after "
        "from marts.fct_cla_periods where not is_short_breaks",
        oracle.periods,
        ("child_key", "start_date"),
    ),
    Comparison(
        "fct_placements",
        "select placement_key as mart_key, child_key, start_date, end_date, placement_type, placement_provider, "
        "change_reason, is_temporary, is_under_24_hours, is_same_carer, is_short_break, is_counted, is_move "
        "from marts.fct_placements",
        oracle.placements,
        ("child_key", "start_date"),
    ),
    Comparison(
        "fct_cla_month_end",
        "select child_key || month as mart_key, child_key, month, reference_date, start_date, days_looked_after, age, "
        "legal_status, placement_start_date as stay_start_date, placement_type, placement_provider, "
        "placements_last_12_months, latest_review_date, last_social_work_visit_date, last_health_assessment_date, "
        "last_dental_check_date, missing_episodes_last_12_months, absent_episodes_last_12_months, is_long_term_looked_after, "
        "is_long_term_stable, next_visit_due_date, is_visit_overdue, next_review_due_date, is_review_overdue "
        "from marts.fct_cla_month_end",
        lambda x: oracle.looked_after(x, _months(x)),
        ("child_key", "month"),
    ),
    Comparison(
        "fct_cla_visits",
        "select cla_visit_key as mart_key, child_key, visit_date, clock_start_date as clock_start, due_date, is_in_time "
        "from marts.fct_cla_visits where visit_date is not null",
        oracle.care_visits,
        ("child_key", "visit_date"),
    ),
    Comparison(
        "fct_cla_reviews",
        "select cla_review_key as mart_key, child_key, review_date as held_date, review_number as number, "
        "recorded_due_date, due_date, is_on_time from marts.fct_cla_reviews where review_date is not null",
        lambda x: [row for row in oracle.care_reviews(x) if row["held_date"]],
        ("child_key", "held_date"),
    ),
    Comparison(
        "fct_cla_health_checks",
        "select health_check_key as mart_key, child_key, check_date, health_check_type as check_type, is_done "
        "from marts.fct_cla_health_checks where planned_date is null",
        lambda x: [row for row in oracle.health_checks(x) if not row["is_planned"]],
        ("child_key", "check_date", "check_type"),
    ),
    Comparison(
        "fct_sdq_scores",
        "select sdq_key as mart_key, child_key, completed_date as sdq_date, score, score_band as band, "
        "no_score_reason as reason from marts.fct_sdq_scores",
        oracle.sdq_scores,
        ("child_key", "sdq_date"),
    ),
    Comparison(
        "fct_missing_episodes",
        'select missing_episode_key as mart_key, child_key, start_at as "start", end_at as "end", missing_type as kind, '
        "hours_missing as hours, is_looked_after, episodes_last_12_months as last_12_months, "
        "episodes_last_90_days as last_90_days from marts.fct_missing_episodes",
        oracle.missing_episodes,
        ("child_key", "start"),
    ),
    Comparison(
        "fct_return_interviews",
        "select return_interview_key as mart_key, child_key, returned_date, held_date, hours_to_interview as hours, "
        "days_to_interview as days, is_in_time from marts.fct_return_interviews",
        oracle.return_interviews,
        ("child_key", "returned_date"),
    ),
    Comparison(
        "fct_care_leavers_month_end",
        "select child_key || month as mart_key, child_key, month, reference_date, eligibility, in_touch, latest_contact_date, "
        "accommodation_type, accommodation_suitability, activity_status, pathway_plan_review_date, age "
        "from marts.fct_care_leavers_month_end",
        oracle.care_leavers,
        ("child_key", "month"),
    ),
    Comparison(
        "fct_involvements",
        "select involvement_key as mart_key, child_key, start_date, end_date, is_case_holder, days_unallocated_before "
        "from marts.fct_involvements",
        oracle.involvements,
        ("child_key", "start_date"),
    ),
]
# among them days on which a case was held for that day alone
CASELOAD_DAYS = [
    date(2020, 4, 30),
    date(2022, 9, 19),
    date(2024, 3, 31),
    date(2025, 5, 29),
    date(2025, 5, 30),
    date(2025, 10, 31),
    AS_AT,
]


def caseload_differences(connection: Any, extract: Extract) -> list[str]:
    """Children held by each worker on a few days."""
    keys = dict(connection.execute("select worker_id, worker_key from raw.worker_keys").fetchall())
    told = []
    for day in CASELOAD_DAYS:
        query = "select worker_key, sum(children_held) from marts.fct_caseload_spells where ? between valid_from and valid_to group by 1"
        mart = {worker: int(held) for worker, held in connection.execute(query, [day]).fetchall()}
        wanted = {keys[worker]: held for worker, held in oracle.caseload(extract, day).items()}
        wrong = [w for w in {*mart, *wanted} if mart.get(w) != wanted.get(w)]
        if wrong or not wanted:
            totals = f"{sum(mart.values())} children held, not {sum(wanted.values())}"
            told.append(f"caseload on {day}: {totals}; {len(wrong)} of {len(wanted)} workers, such as {wrong[:2]}")
    return told


# --- the demo authority -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def extract(demo_home: Path) -> Extract:
    from orchestration.settings import Settings
    from orchestration.warehouse.build import current

    with duckdb.connect(str(current(Settings(home=demo_home)).file), read_only=True) as connection:
        return read_extract(connection)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: c.name)
def test_every_row_agrees_with_the_second_reckoning(warehouse, extract, comparison):
    assert comparison.differences(warehouse, extract) == []


def test_the_caseload_of_each_worker_agrees_with_the_second_reckoning(warehouse, extract):
    assert caseload_differences(warehouse, extract) == []


# --- awkward children, whom the demo authority does not have ----------------------------------------------------------


@pytest.fixture(scope="session")
def awkward_file(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shared warehouse with the awkward children in its schema raw, and the marts of the journey made anew."""
    from orchestration.settings import Settings
    from orchestration.warehouse.build import current
    from orchestration.warehouse.dbt import QUIET

    settings = Settings(home=demo_home)
    folder = tmp_path_factory.mktemp("awkward_journey")
    file = folder / "warehouse.duckdb"
    shutil.copyfile(current(settings).file, file)
    with duckdb.connect(str(file)) as connection:
        query = "select distinct worker_id, team_id from raw.ssd__involvements where worker_id is not null order by all limit 3"
        found = connection.execute(query).fetchall()
        awkward(Cases(tuple(worker for worker, _ in found), found[0][1])).write(connection)
    project = str(settings.dbt_project)
    marts = "front_door assessment child_protection children_in_need involvements children_looked_after health missing care_leavers"
    command = [
        str(Path(sys.executable).with_name("dbt")), "run", "--select", *(f"+marts.{mart}" for mart in marts.split()),
        "--project-dir", project, "--profiles-dir", project, "--target-path", str(folder / "target"), "--no-use-colors",
    ]  # fmt: skip
    env = os.environ | QUIET | {"QAPM_WAREHOUSE_FILE": str(file)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    return file


@pytest.fixture(scope="session")
def awkward_extract(awkward_file: Path) -> Extract:
    with duckdb.connect(str(awkward_file), read_only=True) as connection:
        return read_extract(connection)


@pytest.mark.xdist_group("warehouse")
@pytest.mark.slow
@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: c.name)
def test_every_row_agrees_where_the_records_are_awkward(awkward_file, awkward_extract, comparison):
    with duckdb.connect(str(awkward_file), read_only=True) as connection:
        assert comparison.differences(connection, awkward_extract) == []


@pytest.mark.xdist_group("warehouse")
@pytest.mark.slow
def test_the_caseload_of_each_worker_agrees_where_the_records_are_awkward(awkward_file, awkward_extract):
    with duckdb.connect(str(awkward_file), read_only=True) as connection:
        assert caseload_differences(connection, awkward_extract) == []


# --- the reckoning itself: each rule on rows made by hand, with what the definition makes of them -------------------------


@pytest.fixture
def cases() -> Cases:
    return Cases()


def only(rows: list[Row], *columns: str) -> list[Any]:
    """The rows' columns in the order of their days."""
    found = [tuple(row[column] for column in columns) for row in rows]
    return [row[0] for row in found] if len(columns) == 1 else found


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        ("2024-06-03", "2025-06-03", True),  # the first day of the 12 months
        ("2024-06-02", "2025-06-03", False),
        ("2023-02-28", "2024-02-29", True),  # 12 months before 29 February
        ("2023-02-27", "2024-02-29", False),
        ("2024-02-29", "2025-02-28", True),  # 12 months before is 28 February
        ("2025-06-03", "2025-06-03", False),  # on one day neither is the earlier
    ],
)
def test_a_referral_is_anchored_at_its_own_day(cases, first, second, again):
    child = cases.child()
    cases.referral(child, first, first)
    cases.referral(child, second)
    found = oracle.referrals(cases.extract(AS_AT))
    assert only(found, "is_rereferral") == [False, again]
    assert found[1]["is_within_open_episode"] is False  # closed on a day is closed on that day


def test_a_referral_whose_window_begins_before_the_history_is_not_known_to_be_the_first(cases):
    child = cases.child()
    for day in ("2020-01-10", "2020-03-10", "2021-06-10"):
        cases.referral(child, day)
    found = oracle.referrals(cases.extract(AS_AT, {"cin_episodes": on("2019-11-01")}))
    assert only(found, "is_rereferral") == [None, True, False]


def test_two_numbers_are_one_child_from_the_day_it_is_known(cases):
    kept, former, oldest, other = (cases.child() for _ in range(4))
    cases.merge(kept, former)
    cases.merge(former, oldest)
    cases.merge(kept, other, "2025-11-11")
    cases.referral(oldest, "2025-01-06", "2025-02-01")
    cases.referral(other, "2025-02-10")
    cases.referral(kept, "2025-03-03")
    found = oracle.referrals(cases.extract(AS_AT))
    assert only(found, "child_key", "is_rereferral") == [(kept, False), (kept, True), (other, False)]


@pytest.mark.parametrize(
    ("start", "authorised", "days", "in_time"),
    [
        ("2022-12-01", "2023-02-07", 45, True),  # the worked example of the definitions
        ("2022-12-01", "2023-02-08", 46, False),
        ("2025-01-03", "2025-03-08", 45, True),  # the Saturday after working day 45 is no further working day
        ("2025-09-08", None, None, None),  # open, working day 45 being the as-at date
        ("2025-09-05", None, None, False),
        ("2018-07-03", "2018-07-10", 5, None),  # before the register's first edition
    ],
)
def test_an_assessment_is_in_time_by_the_standard_of_its_start(cases, start, authorised, days, in_time):
    cases.assessment(cases.child(), start, authorised)
    assert only(oracle.assessments(cases.extract(AS_AT)), "working_days", "is_in_time") == [(days, in_time)]


def test_a_child_is_unborn_until_the_day_of_birth_and_where_none_is_recorded(cases):
    for born, expected in (("2025-06-11", None), ("2025-06-10", None), (None, "2025-05-01"), (None, "2026-01-01")):
        cases.assessment(cases.child(born, expected), "2025-04-02", "2025-06-10")
    assert only(oracle.assessments(cases.extract(AS_AT)), "is_unborn") == [True, False, True, True]


def test_an_assessment_authorised_on_the_day_is_no_longer_open_and_one_authorised_later_is(cases):
    for authorised in ("2025-10-31", "2025-11-01", "2025-11-20", None):
        cases.assessment(cases.child(), "2025-09-01", authorised)
    found = oracle.open_assessments(cases.extract(AS_AT), [("2025-10", on("2025-10-31")), ("2025-11", AS_AT)])
    assert Counter(only(found, "month")) == {"2025-10": 3, "2025-11": 2}
    assert {(row["month"], row["working_days_open"], row["is_overdue"]) for row in found} == {
        ("2025-10", 44, False),
        ("2025-11", 50, True),
    }


def test_the_conference_is_counted_from_the_strategy_discussion_and_a_transfer_in_is_not(cases):
    child = cases.child()
    for held, transfer in (("2025-06-23", "no"), ("2025-06-24", "no"), ("2025-06-25", "yes"), ("2025-11-11", "no")):
        cases.conference(child, held, cases.enquiry(child, "2025-06-02"), transfer=transfer)
    x = cases.extract(AS_AT)
    assert only(oracle.conferences(x), "working_days", "is_in_time") == [(15, True), (16, False), (None, None)]
    assert only(oracle.enquiries(x), "working_days_to_icpc") == [15, 16, None, None]


def test_of_overlapping_plans_the_first_stays_and_earlier_plans_count_under_both_numbers(cases):
    kept, former = cases.child(), cases.child()
    cases.merge(kept, former)
    cases.plan(former, "2019-12-02", "2020-06-01", other_authority="yes")
    cases.plan(former, "2021-01-05", "2021-09-01")
    cases.plan(kept, "2021-09-01", "2022-03-01")  # begins as the other ends: no overlap
    cases.plan(kept, "2022-02-01", "2022-12-01")  # left out
    cases.plan(former, "2022-06-01")  # overlaps only what is left out
    cases.plan(kept, "2025-11-11")
    found = oracle.plans(cases.extract(AS_AT))
    assert only(found, "start_date", "previous_cp_plans") == [
        (on("2019-12-02"), None),
        (on("2021-01-05"), 0),
        (on("2021-09-01"), 1),
        (on("2022-06-01"), 2),
    ]


def test_earlier_plans_are_those_held_or_told_and_unknown_where_the_years_held_are_fewer_than_the_childs(cases):
    older, told, since = cases.child(), cases.child(), cases.child(born="2019-11-01")
    for child in (older, told, since):
        cases.plan(child, "2021-01-05", "2021-09-01")
        cases.plan(child, "2024-06-03")
    x = cases.extract(AS_AT, {"cp_plans": on("2019-11-01")})
    for day, count in (("2021-01-31", 1), ("2021-03-31", 2)):  # of two snapshots the later
        row = {"child_id": told, "cp_plan_start_date": on("2021-01-05"), "previous_cp_plans": count}
        x.list_7.append(row | {"snapshot_date": on(day)})
    counts = only(oracle.plans(x), "child_key", "previous_cp_plans")
    assert counts == [(older, None), (older, 1), (told, 2), (told, 1), (since, 0), (since, 1)]


def test_of_plans_of_one_day_the_lower_number_stays(cases):
    child = cases.child()
    cases.plan(child, "2024-05-01", "2025-02-01", number="1000")
    cases.plan(child, "2024-05-01", "2024-08-01", number="900")
    assert only(oracle.plans(cases.extract(AS_AT)), "end_date") == [on("2024-08-01")]


def test_two_years_on_a_plan_are_730_days_with_both_ends(cases):
    for start in ("2023-11-01", "2023-11-02"):
        cases.plan(cases.child(), start)
    found = oracle.plans_at_month_ends(cases.extract(AS_AT), [("2025-10", on("2025-10-31"))])
    assert only(found, "days_on_plan") == [731, 730]
    assert all(row["days_on_plan"] > 729 for row in found)


def test_a_plan_that_ends_on_the_day_is_closed_and_one_that_ends_after_the_as_at_date_is_open(cases):
    for end in ("2025-10-31", "2025-11-01", "2025-11-10", "2025-11-11"):
        cases.plan(cases.child(), "2025-03-03", end)
    x = cases.extract(AS_AT)
    counts = Counter(
        row["month"] for row in oracle.plans_at_month_ends(x, [("2025-10", on("2025-10-31")), ("2025-11", AS_AT)])
    )
    assert counts == {"2025-10": 3, "2025-11": 1}
    assert sum(row["end_date"] is None for row in oracle.plans(x)) == 1


def test_reviews_are_due_three_months_after_the_conference_and_then_six_after_the_review_before(cases):
    child = cases.child()
    plan = cases.plan(child, "2025-01-31")
    cases.conference(child, "2025-01-30", None, plan)
    for due, held in (("2025-04-30", "2025-04-30"), ("2025-10-30", "2025-10-31"), ("2026-04-30", None)):
        cases.plan_review(child, plan, due, held)
    other = cases.child()  # none known: from the start of the plan, to the last day of a shorter month
    cases.plan_review(other, cases.plan(other, "2024-11-30"), "2025-03-01", "2025-03-01")
    found = oracle.plan_reviews(cases.extract(AS_AT))
    assert only(found, "due_date", "is_on_time") == [
        (on("2025-04-30"), True),
        (on("2025-10-30"), False),
        (on("2026-04-30"), None),
        (on("2025-02-28"), False),
    ]


def test_a_review_not_held_is_late_only_if_its_day_passed_while_the_plan_was_open(cases):
    for start, end in (
        ("2025-02-03", None),
        ("2025-02-03", "2025-05-03"),
        ("2025-02-03", "2025-05-04"),
        ("2025-08-10", None),
    ):
        child = cases.child()
        cases.plan_review(child, cases.plan(child, start, end), "2025-05-03")
    assert only(oracle.plan_reviews(cases.extract(AS_AT)), "is_on_time") == [False, None, False, None]


def test_the_clock_of_visits_under_a_plan(cases):
    child = cases.child(born="2022-04-01")
    cases.plan(child, "2022-03-01", "2022-06-30")
    # 18 working days from the start, then 18 under the old and 11 under the new interval, then after the plan
    for day in ("2022-03-25", "2022-04-22", "2022-05-10", "2022-07-01"):
        cases.plan_visit(child, day)
    found = oracle.plan_visits(cases.extract(AS_AT))
    assert only(found, "working_days", "is_in_time", "is_seen") == [
        (18, True, None),  # unborn: there was no child to be seen
        (18, True, True),
        (11, False, True),
        (None, None, True),
    ]


def test_a_visit_is_overdue_when_more_working_days_have_passed(cases):
    child = cases.child()
    cases.plan(child, "2025-06-13")  # working day 10 is Friday 27 June
    days = [("a", on("2025-06-27")), ("b", on("2025-06-28")), ("c", on("2025-06-29")), ("d", on("2025-06-30"))]
    found = oracle.plans_at_month_ends(cases.extract(AS_AT), days)
    assert only(found, "is_visit_overdue") == [False, False, False, True]


def test_episodes_a_day_apart_are_one_period_of_care_and_two_days_apart_are_two(cases):
    child = cases.child()
    cases.care(child, ("2024-01-10", "2024-03-01"), status="V2")
    cases.care(child, ("2024-03-02", "2024-09-10"), ("2024-09-10", "2024-12-01"))
    cases.care(child, ("2024-12-03", None))
    found = oracle.periods(cases.extract(AS_AT))
    assert only(found, "start_date", "end_date", "is_within_12_months") == [
        (on("2024-01-10"), on("2024-12-01"), False),
        (on("2024-12-03"), None, True),
    ]


def test_short_breaks_are_no_care_and_orders_beside_care_do_not_hide_its_status(cases):
    child = cases.child()
    cases.care(child, ("2025-01-10", "2025-02-01"), status="V3")
    cases.care(child, ("2025-02-01", None), status="C2")
    cases.legal_status(child, "deprivation_of_liberty", "2025-03-01")
    cases.care(cases.child(), ("2025-01-10", None), status="V4")
    x = cases.extract(AS_AT)
    assert only(oracle.periods(x), "start_date") == [on("2025-02-01")]
    assert only(
        oracle.looked_after(x, [("2025-10", on("2025-10-31"))]), "legal_status", "placements_last_12_months"
    ) == [("C2", 1)]


@pytest.mark.parametrize(
    ("born", "end", "ends", "reason"),
    [
        ("2007-06-15", None, "2025-06-15", None),
        ("2007-06-15", "2025-07-01", "2025-06-15", None),
        ("2007-06-15", "2025-06-15", "2025-06-15", "E4A"),
        ("2004-02-29", None, "2022-03-01", None),  # no 29 February in 2022
        ("2007-11-11", None, None, None),
        (None, None, None, None),
    ],
)
def test_care_ends_with_the_18th_birthday(cases, born, end, ends, reason):
    cases.care(cases.child(born), ("2020-01-10", end))
    found = oracle.periods(cases.extract(AS_AT))
    assert only(found, "end_date", "end_reason") == [(on(ends) if ends else None, reason)]


@pytest.mark.parametrize(
    ("stays", "count", "moves"),
    [
        ([("2023-01-10", None)], 1, 0),
        ([("2024-02-10", "2024-11-01"), ("2024-11-01", None)], 2, 1),  # open at the start of the 12 months
        ([("2024-02-10", "2024-10-31"), ("2024-10-31", None)], 1, 1),
        ([("2024-12-10", "2025-02-01"), ("2025-02-01", "2025-02-01"), ("2025-02-01", None)], 2, 1),  # under 24 hours
        ([("2024-12-10", "2025-02-01"), ("2025-02-01", "2025-02-02"), ("2025-02-02", None)], 3, 2),
        ([("2024-12-10", "2025-02-01"), ("2025-02-01", "2025-02-08", "T4"), ("2025-02-08", None)], 2, 1),
        ([("2024-12-10", "2025-02-01", "U6", "PLACE"), ("2025-02-01", None, "U4", None, "T")], 1, 0),  # status only
        (
            [("2023-12-10", "2024-02-01", "U6", "PLACE"), ("2024-02-01", None, "U4", None, "T")],
            1,
            0,
        ),  # and before the year
        ([("2025-02-10", "2025-02-10", "U6", "PLACE"), ("2025-02-10", None, "U4", None, "T")], 1, 0),
        (
            [("2024-12-10", "2025-02-01", "U5", "CARPL"), ("2025-02-01", None, "A5", None, "B")],
            1,
            0,
        ),  # adopted by the carer
        ([("2024-12-10", "2025-02-01", "U6", "CARPL"), ("2025-02-01", None, "A6", None, "B")], 2, 1),
        ([("2024-12-10", "2025-10-31", "U6", "CHILD"), ("2025-10-31", None, "K2")], 2, 1),
    ],
)
def test_what_counts_as_a_placement_and_as_a_move(cases, stays, count, moves):
    cases.care(cases.child(), *stays)
    x = cases.extract(AS_AT)
    found = oracle.looked_after(x, [("2025-10", on("2025-10-31"))])
    assert only(found, "placements_last_12_months") == [count]
    assert sum(row["is_move"] for row in oracle.placements(x)) == moves


def test_the_clock_of_visits_begins_anew_with_each_carer(cases):
    child = cases.child()
    number = cases.care(
        child,
        ("2025-01-06", "2025-03-03", "U6", "CHILD"),
        ("2025-03-03", "2025-04-01", "U6", "PLACE"),
        ("2025-04-01", None, "U4", None, "T"),
    )
    cases.care_visits(child, number, "2025-01-13", "2025-02-25", "2025-03-11", "2025-04-22")
    found = oracle.care_visits(cases.extract(AS_AT))
    assert only(found, "due_date", "is_in_time") == [
        (on("2025-01-13"), True),  # 7 days
        (on("2025-02-24"), False),  # 42 days after the visit before
        (on("2025-03-10"), False),  # 7 days after the move
        (on("2025-04-22"), True),  # the change of status moves nobody
    ]


def test_reviews_of_care_are_due_after_20_working_days_3_months_and_6_months(cases):
    child = cases.child()
    number = cases.care(child, ("2025-01-06", None))
    for due, held, cancelled in (
        ("2025-02-03", "2025-02-03", "no"),
        ("2025-05-03", "2025-05-01", "yes"),
        ("2025-05-03", "2025-05-04", "no"),
        ("2025-11-04", "2025-11-04", "no"),
        ("2026-05-04", None, "no"),
    ):
        cases.care_review(number, due, held, cancelled)
    found = [row for row in oracle.care_reviews(cases.extract(AS_AT)) if not row["is_cancelled"]]
    assert only(found, "number", "due_date", "is_on_time") == [
        (1, on("2025-02-03"), True),
        (2, on("2025-05-03"), False),
        (3, on("2025-11-04"), True),
        (4, on("2026-05-04"), None),
    ]


def test_reviews_of_a_period_older_than_their_history_are_not_taken_for_the_first(cases):
    child = cases.child()
    number = cases.care(child, ("2018-01-08", None))
    for held in ("2020-01-10", "2020-07-10", "2021-01-11"):
        cases.care_review(number, held, held)
    found = oracle.care_reviews(cases.extract(AS_AT, {"cla_reviews": on("2019-11-01")}))
    assert only(found, "number", "is_on_time") == [(None, None), (None, True), (None, False)]


def test_a_child_in_need_has_the_highest_status_it_has_and_is_counted_once(cases):
    month = [("2025-10", on("2025-10-31"))]
    planned, protected, in_care, assessed, leaver, closed, refused = (cases.child(born="2010-01-01") for _ in range(7))
    for child in (planned, planned, protected, in_care, assessed, leaver):
        cases.referral(child, "2025-01-06")
    cases.referral(closed, "2025-01-06", "2025-10-31")
    cases.referral(refused, "2025-01-06", nfa="yes")
    for child in (planned, protected, in_care):
        cases.need_plan(child, "2025-02-03")
    for child in (protected, in_care):
        cases.plan(child, "2025-03-03")
    cases.care(in_care, ("2025-04-01", None))
    cases.care_leaver(leaver, "yes")
    x = cases.extract(on("2025-10-31"))
    found = {row["child_key"]: row for row in oracle.in_need(x, month, oracle.care_leavers(x))}
    assert {child: row["case_status"] for child, row in found.items()} == {
        planned: "child_in_need_plan",
        protected: "child_protection",
        in_care: "looked_after",
        assessed: "open_assessment",
        leaver: None,
    }
    assert [child for child, row in found.items() if row["is_child_in_need_plan"]] == [planned]
    assert found[leaver]["is_care_leaver"]


def test_reports_that_overlap_are_one_absence_in_hours_as_written(cases):
    child = cases.child()
    cases.missing(child, "2025-10-25T20:00", "2025-10-26T01:30", "absent")
    cases.missing(child, "2025-10-26T00:30", "2025-10-26T03:30")
    cases.missing(child, "2025-10-26T03:30", "2025-10-26T05:00")
    cases.missing(child, "2025-11-09T22:00", "2025-11-11T08:00")
    found = oracle.missing_episodes(cases.extract(AS_AT))
    assert only(found, "kind", "hours", "last_12_months") == [
        ("missing", 7.5, 1),
        ("missing", 1.5, 2),
        ("missing", None, 3),
    ]


@pytest.mark.parametrize(
    ("returned", "held", "hours", "in_time"),
    [
        ("2025-10-25T10:00", "2025-10-28T10:00", 72, True),  # over the change of the clock
        ("2025-02-02T10:00", "2025-02-05T10:01", 72 + 1 / 60, False),
        ("2025-02-02T10:00", "2025-02-02T09:00", None, None),  # before the return
        ("2025-02-02", "2025-02-05", None, True),  # days only
        ("2025-02-02T10:00", "2025-02-06", None, False),
        ("2025-11-09T10:00", "2025-11-11T10:00", None, None),  # not yet
        ("2025-02-02", None, None, None),
    ],
)
def test_an_interview_is_in_time_within_72_hours(cases, returned, held, hours, in_time):
    cases.interview(cases.child(), returned, held)
    assert only(oracle.return_interviews(cases.extract(AS_AT)), "hours", "is_in_time") == [
        (pytest.approx(hours) if hours else None, in_time)
    ]


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, "normal"),
        (13, "normal"),
        (14, "borderline"),
        (16, "borderline"),
        (17, "concern"),
        (40, "concern"),
        (None, None),
    ],
)
def test_bands_of_the_questionnaire(score, band):
    assert oracle.sdq_band(score) == band


def test_only_a_completed_check_is_the_latest(cases):
    child = cases.child()
    cases.care(child, ("2024-01-10", None))
    cases.health_check(child, "initial_health_assessment", "2024-02-01")
    cases.health_check(child, "health_assessment", "2025-02-01", "refused")
    cases.health_check(child, "dental_check", "2025-10-31")
    cases.health_check(child, "dental_check", "2025-11-01")
    found = oracle.looked_after(cases.extract(AS_AT), [("2025-10", on("2025-10-31"))])
    assert only(found, "last_health_assessment_date", "last_dental_check_date") == [
        (on("2024-02-01"), on("2025-10-31"))
    ]


def test_a_worker_holds_a_child_to_the_last_day_and_until_another_takes_the_case(cases):
    child, other = cases.child(), cases.child()
    cases.involvement(child, "2025-01-06", "2025-01-31", 0)
    cases.involvement(child, "2025-01-20", None, 2, role="IRO")
    cases.involvement(child, "2025-02-01", None, 1)
    cases.involvement(other, "2025-01-31", "2025-01-31", 0)
    x = cases.extract(AS_AT)
    assert oracle.caseload(x, on("2025-01-31")) == {"W1": 2}
    assert oracle.caseload(x, on("2025-02-01")) == {"W2": 1}


def test_a_case_goes_back_when_a_stand_in_ends(cases):
    child = cases.child()
    cases.involvement(child, "2025-01-06", None, 0)
    cases.involvement(child, "2025-01-10", "2025-01-20", 1)
    x = cases.extract(AS_AT)
    held = [oracle.caseload(x, on(day)) for day in ("2025-01-09", "2025-01-10", "2025-01-20", "2025-01-21")]
    assert held == [{"W1": 1}, {"W2": 1}, {"W2": 1}, {"W1": 1}]


def test_what_fell_due_after_the_last_day_known_is_not_late(cases):
    child = cases.child()
    cases.plan(child, "2025-06-13")  # working day 10 is Friday 27 June
    x = cases.extract(AS_AT)
    days = [("a", on("2025-06-27")), ("b", on("2025-06-30"))]
    late = {}
    for known_to in ("2025-06-26", "2025-06-27", "2025-06-29", "2025-06-30"):
        known = replace(x, covered_to={"cp_visits": on(known_to)})
        late[known_to] = only(oracle.plans_at_month_ends(known, days), "is_visit_overdue")
    assert late == {
        "2025-06-26": [False, None],
        "2025-06-27": [False, None],  # it may have been made on the Saturday
        "2025-06-29": [False, True],
        "2025-06-30": [False, True],
    }


def test_days_without_a_case_holder_are_counted_from_the_last_day_of_the_one_before_or_from_the_referral(cases):
    child = cases.child()
    first = cases.referral(child, "2025-01-06", "2025-05-01")
    cases.involvement(child, "2025-01-08", "2025-02-10", 0, first)
    cases.involvement(child, "2025-02-11", "2025-03-10", 1, first)
    cases.involvement(child, "2025-03-20", "2025-05-01", 1, first)
    cases.involvement(child, "2025-08-04", None, 1, cases.referral(child, "2025-08-01"))
    assert only(oracle.involvements(cases.extract(AS_AT)), "days_unallocated_before") == [2, 0, 9, 3]
