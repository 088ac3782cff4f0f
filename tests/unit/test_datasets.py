"""The published datasets' YAML, and what is due when."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from orchestration.periods import parse_period
from orchestration.publishing.datasets import Dataset, column_descriptions, due, load_dataset, load_datasets, next_due

ROOT = Path(__file__).parents[2]
EXPORTS = ROOT / "exports"
CONTRACT = load_dataset(EXPORTS, "contract_key_performance_indicators")
QUARTERLY = load_dataset(EXPORTS, "quarterly_quality_assurance_report")
SELF_EVALUATION = load_dataset(EXPORTS, "self_evaluation")
ANNEX_A = load_dataset(EXPORTS, "annex_a")


def keys(found):
    return [(item.period.key, item.state) for item in found]


def test_every_yaml_loads_and_every_published_column_is_described():
    datasets = load_datasets(EXPORTS)
    assert {"contract_key_performance_indicators", "quarterly_quality_assurance_report", "self_evaluation"} <= set(
        datasets
    )
    for dataset in (d for d in datasets.values() if d.publish):
        described = column_descriptions(ROOT / "dbt_project" / "models" / "reports", dataset.model)
        assert [c.name for c in dataset.publish.columns if not described.get(c.name)] == []


@pytest.mark.parametrize(
    ("as_at", "expected"),
    [
        # 1 October 2025 is the first working day after September, 10 October the eighth.
        (date(2025, 10, 9), ["2025-08"]),
        (date(2025, 10, 10), ["2025-08", "2025-09"]),
        # Three bank holidays put the eighth working day after December at 13 January.
        (date(2026, 1, 12), ["2025-08", "2025-09", "2025-10", "2025-11"]),
        (date(2026, 1, 13), ["2025-08", "2025-09", "2025-10", "2025-11", "2025-12"]),
    ],
)
def test_monthly_set_is_due_on_working_day_8_and_missed_months_are_caught_up_oldest_first(as_at, expected):
    assert [key for key, _ in keys(due(CONTRACT, as_at, {}, parse_period("2025-08")))] == expected


def test_what_is_published_is_not_due_again():
    published = {"2025-07": "draft", "2025-09": "draft"}
    found = due(CONTRACT, date(2025, 10, 31), published, parse_period("2025-07"))
    assert keys(found) == [("2025-08", "draft")]


def test_quarter_is_due_on_working_day_15():
    first = parse_period("2025-07")
    assert due(QUARTERLY, date(2025, 10, 20), {}, first) == []
    (item,) = due(QUARTERLY, date(2025, 10, 21), {}, first)
    assert (item.period.key, item.state, item.since) == ("2025-26-Q2", "final", date(2025, 10, 21))


@pytest.mark.parametrize(
    ("as_at", "published", "expected"),
    [
        (date(2025, 3, 31), {}, []),
        (date(2025, 4, 1), {}, [("2024-25", "draft")]),
        (date(2025, 9, 29), {"2024-25": "draft"}, []),
        (date(2025, 9, 30), {"2024-25": "draft"}, [("2024-25", "final")]),
        (date(2025, 12, 1), {"2024-25": "final"}, []),
        (date(2026, 4, 1), {}, [("2024-25", "final"), ("2025-26", "draft")]),
    ],
)
def test_self_evaluation_is_a_draft_from_april_and_final_in_september(as_at, published, expected):
    assert keys(due(SELF_EVALUATION, as_at, published, parse_period("2024-04"))) == expected


def test_draft_waits_for_the_first_working_day_of_april():
    # 1 April 2018 was Easter Sunday, 2 April Easter Monday.
    first = parse_period("2017-04")
    assert due(SELF_EVALUATION, date(2018, 4, 2), {}, first) == []
    assert keys(due(SELF_EVALUATION, date(2018, 4, 3), {}, first)) == [("2017-18", "draft")]


def test_only_the_last_month_of_lists_is_due_an_earlier_position_cannot_be_made_again():
    first = parse_period("2025-05")
    assert keys(due(ANNEX_A, date(2025, 9, 30), {}, first)) == []  # September is not over, August no longer the last
    assert keys(due(ANNEX_A, date(2025, 10, 1), {}, first)) == [("2025-09", "final")]
    assert keys(due(ANNEX_A, date(2025, 10, 20), {"2025-09": "draft"}, first)) == [("2025-09", "final")]
    assert keys(due(ANNEX_A, date(2025, 10, 20), {"2025-09": "final"}, first)) == []
    assert keys(due(ANNEX_A, date(2025, 10, 20), {}, parse_period("2025-10"))) == []
    assert ANNEX_A.last_closed(date(2025, 9, 30)).key == "2025-09"
    assert ANNEX_A.last_closed(date(2025, 9, 29)).key == "2025-08"


def test_state_at():
    month = parse_period("2025-10")
    assert ANNEX_A.state_at(month, date(2025, 10, 30)) == "draft"
    assert ANNEX_A.state_at(month, date(2025, 10, 31)) == "final"
    year = parse_period("2024-25")
    assert SELF_EVALUATION.state_at(year, date(2025, 9, 29)) == "draft"
    assert SELF_EVALUATION.state_at(year, date(2025, 9, 30)) == "final"
    assert CONTRACT.state_at(parse_period("2025-08"), date(2030, 1, 1)) == "draft"


def test_a_quarter_or_year_that_the_data_cover_in_part_is_not_due():
    first = parse_period("2024-05")
    assert due(QUARTERLY, date(2024, 9, 1), {}, first) == []
    assert [item.period.key for item in due(QUARTERLY, date(2024, 11, 1), {}, first)] == ["2024-25-Q2"]


def test_next_due():
    as_at = date(2025, 10, 1)
    assert [
        (n.period.key, n.state, n.since) for d in (CONTRACT, QUARTERLY, SELF_EVALUATION) if (n := next_due(d, as_at))
    ] == [
        ("2025-09", "draft", date(2025, 10, 10)),
        ("2025-26-Q2", "final", date(2025, 10, 21)),
        ("2025-26", "draft", date(2026, 4, 1)),
    ]
    assert next_due(SELF_EVALUATION, date(2026, 4, 1)).since == date(2026, 9, 30)


def test_unknown_dataset_names_those_there_are():
    with pytest.raises(ValueError, match="self_evaluation"):
        load_dataset(EXPORTS, "self_evaluations")


def broken(**changes):
    """The contract set's YAML with changes at dotted paths."""
    content = yaml.safe_load((EXPORTS / "contract_key_performance_indicators.yml").read_text("utf-8"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = content
        for name in parents:
            place = place[name]
        place[last] = value
    return content


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "blue"},
        {"cadence": "fortnightly"},
        {"due": {}},
        {"due": {"working_days_after_period_end": 8, "date": "30 September"}},
        {"due": {"date": "31 September"}},
        {"due": {"date": "30 Sept"}},
        {"due": {"working_days_after_period_end": 8, "draft_from": "1 April"}},
        {"disclosure": "internal"},
        {"model": "rpt_x; drop table y"},
        {"publish__primary_key": ["kpi", "team"]},
        {"publish__order_by": ["kpi", "org_level"]},
        {"publish__columns": [{"name": n, "label": n} for n in ("kpi", "org_level", "org", "child_key")]},
        {"publish__columns": [{"name": n, "label": n} for n in ("kpi", "org_level", "org", "org")]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_wrong_yaml_is_refused(changes):
    Dataset.model_validate(broken())
    with pytest.raises(ValueError):
        Dataset.model_validate(broken(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"disclosure": "contract"},
        {"cadence": "quarterly"},
        {"lists": None},
        {"model": "rpt_annex_a_list_1"},
        {"level": "aggregate"},
        {"lists": {"source": "annex_b", "model": "rpt_annex_a", "fed_by": ["ssd"]}},
        {"lists": {"source": "annex_a", "model": "rpt annex", "fed_by": ["ssd"]}},
        {"lists": {"source": "annex_a", "model": "rpt_annex_a", "fed_by": []}},
    ],
    ids=str,
)
def test_wrong_yaml_of_lists_is_refused(changes):
    content = yaml.safe_load((EXPORTS / "annex_a.yml").read_text("utf-8"))
    Dataset.model_validate(content)
    with pytest.raises(ValueError):
        Dataset.model_validate(content | changes)


def weekly(**changes):
    """A table of records of children: what is to do in the week that begins."""
    content = {
        "dataset": "work_of_the_week", "title": "Work of the week", "framework": "A6", "audience": "Advanced Practitioners",
        "cadence": "weekly", "due": {"working_days_after_period_start": 0}, "level": "child", "disclosure": "internal",
        "state": "final", "model": "rpt_work_of_the_week", "retention_years": 7, "needs": "audits",
        "fed_by": ["quality_assurance"],
        "publish": {"sheet": "Work", "primary_key": ["audit_id"], "order_by": ["audit_id"],
                    "columns": [{"name": "audit_id", "label": "Audit"}, {"name": "child_id", "label": "Child"}]},
    }  # fmt: skip
    return content | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"disclosure": "contract"},
        {"cadence": "quarterly"},
        {"cadence": "half_yearly"},
        {"level": "aggregate"},
        {"level": "aggregate", "disclosure": "contract"},
        {"model": ""},
        {"publish": None},
        {"fed_by": ["a source nobody knows"]},
        {"due": {"working_days_after_period_start": 0, "working_days_after_period_end": 1}},
        {"due": {"working_days_after_period_start": -1}},
        {"lists": {"source": "annex_a", "model": "rpt_annex_a", "fed_by": ["ssd"]}},
        {"publish": {"sheet": "Work", "primary_key": ["child_key"], "order_by": ["child_key"],
                     "columns": [{"name": "child_key", "label": "Key"}]}},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_yaml_of_a_table_of_records_is_refused(changes):
    Dataset.model_validate(weekly())
    Dataset.model_validate(weekly(cadence="monthly", due={"working_days_after_period_end": 1}))
    with pytest.raises(ValueError):
        Dataset.model_validate(weekly(**changes))


def test_figures_cannot_name_people_look_ahead_or_be_fed():
    figures = weekly(level="aggregate", disclosure="contract", due={"working_days_after_period_end": 1}, fed_by=[])
    with pytest.raises(ValueError, match="cannot publish audit_id, child_id"):
        Dataset.model_validate(figures)
    publish = {
        "sheet": "Work",
        "primary_key": ["kpi"],
        "order_by": ["kpi"],
        "columns": [{"name": "kpi", "label": "KPI"}],
    }
    Dataset.model_validate(figures | {"publish": publish})
    for wrong in ({"due": {"working_days_after_period_start": 1}}, {"fed_by": ["voice"]}):
        with pytest.raises(ValueError):
            Dataset.model_validate(figures | {"publish": publish} | wrong)


def test_the_list_of_a_week_is_due_when_it_begins_and_no_earlier_week_is_caught_up():
    dataset, first = Dataset.model_validate(weekly()), parse_period("2025-08")
    assert keys(due(dataset, date(2025, 11, 10), {}, first)) == [("2025-W46", "final")]
    assert keys(due(dataset, date(2025, 11, 16), {}, first)) == [("2025-W46", "final")]
    assert keys(due(dataset, date(2025, 11, 17), {"2025-W46": "final"}, first)) == [("2025-W47", "final")]
    assert keys(due(dataset, date(2025, 11, 10), {"2025-W46": "final"}, first)) == []
    # 5 May 2025 was a bank holiday: the list of its week is due on Tuesday, and a draft before
    assert keys(due(dataset, date(2025, 5, 5), {}, parse_period("2025-04"))) == []
    assert keys(due(dataset, date(2025, 5, 6), {}, parse_period("2025-04"))) == [("2025-W19", "final")]
    assert dataset.state_at(parse_period("2025-W19"), date(2025, 5, 5)) == "draft"
    following = next_due(dataset, date(2025, 11, 10))
    assert (following.period.key, following.since) == ("2025-W47", date(2025, 11, 17))


def test_a_week_that_looks_back_is_due_when_it_is_over():
    dataset = Dataset.model_validate(weekly(due={"working_days_after_period_end": 1}))
    first = parse_period("2025-08")
    assert keys(due(dataset, date(2025, 11, 9), {}, first)) == []  # Sunday: the week before is no longer the newest
    assert keys(due(dataset, date(2025, 11, 10), {}, first)) == [("2025-W45", "final")]
    assert dataset.state_at(parse_period("2025-W46"), date(2025, 11, 12)) == "draft"


def test_half_years_are_april_to_september_and_october_to_march():
    content = yaml.safe_load((EXPORTS / "quarterly_quality_assurance_report.yml").read_text("utf-8"))
    halves = Dataset.model_validate(content | {"cadence": "half_yearly"})
    assert keys(due(halves, date(2026, 5, 1), {}, parse_period("2025-05"))) == [("2025-26-H2", "final")]
    assert keys(due(halves, date(2025, 10, 21), {}, parse_period("2025-04"))) == [("2025-26-H1", "final")]
    following = next_due(halves, date(2025, 10, 21))
    assert (following.period.key, following.since) == ("2025-26-H2", date(2026, 4, 23))


def test_lists_are_read_from_a_model_each_and_one_about_them():
    assert ANNEX_A.models == (*(f"rpt_annex_a_list_{n}" for n in range(1, 12)), "rpt_annex_a_lists")


def test_file_is_named_as_its_dataset(tmp_path):
    (tmp_path / "other.yml").write_text((EXPORTS / "self_evaluation.yml").read_text("utf-8"), "utf-8")
    with pytest.raises(ValueError, match="other.yml"):
        load_datasets(tmp_path)


def test_definition_hash_is_of_the_content_and_not_of_the_calendar():
    def hash_of(**changes):
        return Dataset.model_validate(broken(**changes)).definition_hash()

    assert hash_of(due={"working_days_after_period_end": 9}, title="New title", retention_years=3) == hash_of()
    assert hash_of(disclosure="public") != hash_of()
    assert hash_of(publish__order_by=["org", "org_level", "kpi"]) != hash_of()
