"""What starts runs by itself: run keys of the landing sensor, due rules behind the schedules."""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime

import dagster as dg
import pytest

from orchestration.periods import LONDON
from tests.orchestration.conftest import files

pytestmark = pytest.mark.xdist_group("dagster")  # the road is taken once


def tick(definitions, name: str, moment: datetime):
    context = dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=definitions.get_repository_def()
    )
    return definitions.resolve_schedule_def(name).evaluate_tick(context)


def sense(definitions):
    return definitions.resolve_sensor_def("landing").evaluate_tick(dg.build_sensor_context())


def test_the_run_key_is_the_sha256_of_the_landed_file(empty):
    settings, definitions = empty()
    (settings.landing / "voice_feedback_2025-09.csv").write_bytes(b"a,b\n")
    [request] = sense(definitions).run_requests
    assert request.run_key == hashlib.sha256(b"a,b\n").hexdigest()
    (settings.landing / "voice_feedback_2025-09.csv").rename(settings.landing / "another name.csv")
    assert sense(definitions).run_requests[0].run_key == request.run_key


def test_files_that_land_together_start_one_run_whatever_their_names_and_order(empty):
    settings, definitions = empty()
    keys = []
    for names in (("a.csv", "b.csv"), ("z.csv", "y.csv")):
        for name, content in zip(names, (b"one\n", b"two\n"), strict=True):
            (settings.landing / name).write_bytes(content)
        [request] = sense(definitions).run_requests
        keys.append(request.run_key)
        for name in names:
            (settings.landing / name).unlink()
    assert keys[0] == keys[1]
    assert len(keys[0]) == 64


def test_a_file_still_being_written_or_no_file_starts_nothing(empty, monkeypatch):
    settings, definitions = empty(settle_seconds=3600)
    assert sense(definitions).skip_message == "nothing has landed"
    (settings.landing / "~$open.xlsx").write_bytes(b"lock")  # what Excel leaves beside an open workbook
    assert sense(definitions).skip_message == "nothing has landed"
    growing = settings.landing / "a.csv"
    growing.write_bytes(b"half")
    monkeypatch.setattr("orchestration.ingest.load.time.sleep", lambda _: growing.write_bytes(b"half and more"))
    assert sense(definitions).skip_message == "a file is still being written"
    (settings.landing / "a.csv").unlink()
    (settings.landing / "~$open.xlsx").unlink()
    settings.landing.rmdir()
    assert "cannot be read" in sense(definitions).skip_message


def test_the_nightly_refresh_looks_from_the_day_it_was_planned_for(empty):
    _, definitions = empty()
    night = datetime(2025, 10, 26, 5, 10, tzinfo=LONDON)  # the night the clocks went back
    [request] = tick(definitions, "refresh_nightly", night).run_requests
    assert request.run_config == {"resources": {"day": {"config": {"as_at": "2025-10-26"}}}}


def test_nothing_built_makes_no_publication_due(empty):
    _, definitions = empty()
    evaluated = tick(definitions, "publish_monthly_when_due", datetime(2025, 11, 20, 6, 30, tzinfo=LONDON))
    assert evaluated.run_requests == []
    assert "no monthly dataset is due" in evaluated.skip_message


@pytest.mark.parametrize(("cadence", "day", "expected"), [
    ("monthly", datetime(2025, 11, 7), []),
    ("monthly", datetime(2025, 11, 10), ["business_monthly_indicators 2025-10"]),  # the sixth working day after October
    ("monthly", datetime(2025, 11, 12), ["business_monthly_indicators 2025-10", "contract_key_performance_indicators 2025-10"]),
    ("quarterly", datetime(2025, 10, 20), []),
    ("quarterly", datetime(2025, 10, 21), ["quarterly_quality_assurance_report 2025-26-Q2"]),  # the fifteenth after September
    ("annual", datetime(2025, 11, 12), []),
])  # fmt: skip
def test_schedules_ask_for_the_periods_whose_due_day_has_come(road, cadence, day, expected):
    evaluated = tick(road.definitions, f"publish_{cadence}_when_due", day.replace(hour=6, minute=30, tzinfo=LONDON))
    asked = [(key, r.partition_key) for r in evaluated.run_requests for key in r.asset_selection]
    assert [f"{key.to_user_string()} {period}" for key, period in asked] == expected
    assert len({r.run_key for r in evaluated.run_requests}) == len(expected)


def publish(road, request, job: str):
    return road.run(
        job,
        run_config=request.run_config,
        partition_key=request.partition_key,
        asset_selection=request.asset_selection,
    )


def test_a_request_of_a_schedule_publishes_its_period_and_is_not_made_again(road, tmp_path):
    moment = datetime(2025, 10, 20, 6, 30, tzinfo=LONDON)
    folder, name = (
        road.settings.published / "contract_key_performance_indicators" / "2025-09",
        "publish_monthly_when_due",
    )
    assert tick(road.definitions, name, moment).run_requests == []  # the refresh has published what was due
    folder.rename(tmp_path / "kept")
    try:
        [request] = tick(road.definitions, name, moment).run_requests
        done = publish(road, request, "publish_monthly")
        assert done.success
        [check] = done.get_asset_check_evaluations()
        assert (check.check_name, check.passed, check.blocking) == ("release_verifies", True, True)
        made, kept = files(folder / "v1"), files(tmp_path / "kept" / "v1")
        assert made.keys() == kept.keys()
        assert {n for n in made if made[n] != kept[n]} <= {"manifest.json"}  # it says when the release was written
        assert tick(road.definitions, name, moment).run_requests == []
    finally:
        shutil.rmtree(folder)
        (tmp_path / "kept").rename(folder)


def test_nothing_is_published_from_a_warehouse_of_another_day(road):
    [request] = tick(
        road.definitions, "publish_quarterly_when_due", datetime(2025, 10, 21, 6, 30, tzinfo=LONDON)
    ).run_requests
    stale = publish(road, request, "publish_quarterly")
    assert not stale.success
    assert "the warehouse was built as at 2025-10-20" in road.log(stale)
    assert not (road.settings.published / "quarterly_quality_assurance_report" / request.partition_key).exists()


def test_a_period_that_is_not_over_is_held_and_the_run_fails(road):
    held = road.run("publish_annual", as_at="2025-10-20", partition_key="2026-27")
    assert not held.success
    assert "2026-27" in road.log(held)
    assert not (road.settings.published / "self_evaluation" / "2026-27").exists()
