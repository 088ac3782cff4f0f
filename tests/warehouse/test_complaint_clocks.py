"""The clocks of complaints in the warehouse against a second reckoning from the extracts, row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.periods import add_working_days, is_working_day
from tests.warehouse import complaint_oracle as oracle
from tests.warehouse.complaint_oracle import Extract, Row
from tests.warehouse.test_journey_oracle import fetch

REACH = "select max(covered_to) as known_to from raw.availability where source = 'complaints' and table_name = 'complaint_stages'"


def read(connection: Any) -> Extract:
    """What the warehouse was given of complaints: schema raw, and nothing that was made of it."""
    return Extract(
        as_at=fetch(connection, "select as_at from raw.run")[0]["as_at"],
        known_to=fetch(connection, REACH)[0]["known_to"],
        complaints=fetch(connection, "select * from raw.complaints__complaints"),
        stages=fetch(connection, "select * from raw.complaints__complaint_stages"),
        rules=fetch(connection, "select * from raw.complaints__complaint_stage_rules"),
        standards=fetch(connection, "select * from raw.reference__practice_standards"),
    )


def differences(mart: list[Row], reckoned: list[Row], keys: dict[str, str]) -> list[str]:
    """Rows on one side only, and columns that differ, by the key of the mart: never a complaint's number."""
    there = {(row["complaint_key"], row["stage"]): row for row in mart}
    wanted = {(keys[row["complaint_id"]], row["stage"]): row for row in reckoned}
    assert len(there) == len(mart) and len(wanted) == len(reckoned), "a stage stands twice"
    told = [f"{key}: on one side only" for key in there.keys() ^ wanted.keys()]
    for key in there.keys() & wanted.keys():
        names = [name for name in wanted[key] if name != "complaint_id" and there[key][name] != wanted[key][name]]
        told += [f"{key}: {name} is {there[key][name]}, reckoned {wanted[key][name]}" for name in names]
    return sorted(told)


def keys_of(connection: Any) -> dict[str, str]:
    return {row["complaint_id"]: row["complaint_key"] for row in fetch(connection, "select * from raw.complaint_keys")}


@pytest.mark.xdist_group("warehouse")
def test_every_stage_has_the_days_of_its_rules(warehouse):
    reckoned = list(oracle.stages(read(warehouse)))
    mart = fetch(warehouse, "select * from marts.fct_complaint_stages")
    assert differences(mart, reckoned, keys_of(warehouse)) == []
    # what is compared has to hold every kind of case
    assert {row["stage"] for row in reckoned} == {1, 2, 3}
    assert any(row["stopped_working_days"] for row in reckoned) and any(row["is_extended"] for row in reckoned)
    for verdict in ("is_in_time", "is_in_granted_time", "is_escalated", "is_panel_report_in_time"):
        assert {True, False} <= {row[verdict] for row in reckoned} | ({False} if "panel" in verdict else set())


@pytest.mark.xdist_group("warehouse")
def test_the_tracker_holds_every_open_stage_and_how_it_stands(warehouse):
    kept = (
        "select i.child_id from intermediate.int_children__identities as i join marts.dim_child as c using (child_key)"
    )
    restricted = {row["child_id"] for row in fetch(warehouse, f"{kept} where c.record_restriction <> 'none'")}
    reckoned = list(oracle.tracker(read(warehouse), restricted))
    keys = keys_of(warehouse)
    rows = fetch(warehouse, "select * from reports.rpt_complaint_tracker")
    mart = [row | {"complaint_key": keys[row["complaint_id"]]} for row in rows]
    assert differences(mart, reckoned, keys) == []
    assert {"suspended", "overdue", "due_soon", "in_time"} <= {row["state"] for row in rows}
    assert not restricted & {row["child_id"] for row in rows}


# --- the reckoning itself ---------------------------------------------------------------------------------------------

DAYS = st.dates(date(2019, 4, 1), date(2026, 3, 31))


@given(start=DAYS, count=st.integers(1, 70))
def test_walking_without_a_stop_is_adding_working_days(start, count):
    assert oracle.walk(start, count) == add_working_days(start, count)


@given(start=DAYS, count=st.integers(1, 70), wait=st.integers(0, 60), length=st.integers(0, 300))
def test_a_clock_that_stood_still_is_late_by_the_working_days_it_stood(start, count, wait, length):
    stopped = add_working_days(start, wait) if wait else start
    resumed = add_working_days(stopped, length) if length else stopped
    without = oracle.walk(start, count)
    with_stop = oracle.walk(start, count, lambda day: stopped < day <= resumed)
    stood = oracle.passed(stopped, resumed)
    assert with_stop == (without if without <= stopped else add_working_days(without, stood) if stood else without)
    assert is_working_day(with_stop)


def test_stages_are_reckoned_alike_in_any_order(complaint):
    extract, stages = complaint
    backwards = Extract(**{**vars(extract), "stages": extract.stages[::-1], "rules": extract.rules[::-1]})
    assert sorted(map(str, oracle.stages(backwards))) == sorted(map(str, stages))


def test_a_suspension_starts_the_clock_anew_or_stops_it(complaint):
    """Day 0 is Monday 1 September 2025, ten working days; suspended on the 3rd, taken up again on the 8th."""
    _, (anew, stopped) = complaint
    assert (anew["clock_start_date"], anew["due_date"]) == (date(2025, 9, 8), date(2025, 9, 22))
    assert (stopped["clock_start_date"], stopped["stopped_working_days"]) == (date(2025, 9, 1), 3)
    assert stopped["due_date"] == date(2025, 9, 18)


@pytest.fixture
def complaint():
    """Two complaints alike but for their procedures, and their stages reckoned."""
    blank = dict.fromkeys(
        ("responded_date", "panel_date", "panel_report_date", "authority_response_date", "extended_to_date")
    )
    first, suspended, resumed = date(2025, 9, 1), date(2025, 9, 3), date(2025, 9, 8)
    procedures = {"1": ("statutory_children", "starts_anew"), "2": ("corporate", "goes_on")}
    rule = {"stage": 1, "start_rule": "received", "answer_standard": "ten", "valid_from": date(2020, 1, 1)}
    extract = Extract(
        as_at=date(2025, 11, 10),
        known_to=date(2025, 10, 31),
        complaints=[
            {"complaint_id": number, "procedure": procedure, "received_date": first, "suspended_date": suspended,
             "resumed_date": resumed, "closed_date": None}
            for number, (procedure, _) in procedures.items()
        ],
        stages=[
            {"complaint_id": number, "stage": 1, "requested_date": first, "clock_start_date": first, "extension_reason": None, **blank}
            for number in procedures
        ],
        rules=[rule | {"procedure": p, "after_suspension": then, "valid_to": None} for p, then in procedures.values()],
        standards=[{"standard": "ten", "timescale": 10, "timescale_unit": "working_days", "valid_from": first, "valid_to": None}],
    )  # fmt: skip
    return extract, list(oracle.stages(extract))
