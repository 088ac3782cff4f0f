"""The marts of the child's journey against a second reckoning from the rows of the case system's dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import AS_AT
from tests.warehouse import journey_oracle as oracle
from tests.warehouse.journey_oracle import Extract, Row

# --- comparing --------------------------------------------------------------------------------------------------------


def fetch(connection: Any, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_extract(connection: Any) -> Extract:
    """What the warehouse was given: schema raw, and nothing that was made of it."""
    covered: dict[str, date] = {}
    for row in fetch(connection, "select * from raw.availability where source = 'ssd' and kind = 'flow'"):
        covered[row["table_name"]] = min(row["covered_from"], covered.get(row["table_name"], date.max))
    return Extract(
        as_at=fetch(connection, "select as_at from raw.run")[0]["as_at"],
        tables={table: fetch(connection, f"select * from raw.ssd__{table}") for table in oracle.TABLES},
        keys={row["child_id"]: row["child_key"] for row in fetch(connection, "select * from raw.child_keys")},
        standards=fetch(connection, "select * from raw.reference__practice_standards"),
        covered_from=covered,
        interviews=fetch(connection, "select * from raw.return_interviews__return_interviews"),
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
CASELOAD_DAYS = [date(2020, 2, 29), date(2022, 9, 19), date(2024, 3, 31), date(2025, 5, 30), date(2025, 10, 31), AS_AT]


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
