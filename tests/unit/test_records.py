"""Releases of one table of records of children: what is withheld, whose the files are, how a week is made again."""

import csv
import json
import os
import stat
from datetime import date

import duckdb
import pytest
import yaml
from python_calamine import CalamineWorkbook

from orchestration.publishing.releases import (
    NothingAvailable,
    PublicationHeld,
    latest_lists,
    list_gate,
    publish_due,
    publish_release,
)
from orchestration.publishing.verify import verify
from orchestration.settings import Settings
from tests.unit.test_datasets import weekly

AS_AT, WEEK = date(2025, 11, 10), "2025-W46"
NAME = "work_of_the_week"
CHILDREN = {"key1": "none", "key2": "restricted", "key3": "none"}
# audit, key of the child, its id, due, days: two children, a restricted one, one nobody knows, an id without a key, a household
ROWS = [
    ("A4", "key3", "1003", date(2025, 11, 14), 4),
    ("A1", "key1", "1001", date(2025, 11, 12), 2),
    ("A2", "key2", "1002", date(2025, 11, 12), 2),
    ("A3", "key9", "1009", date(2025, 11, 13), 3),
    ("A5", None, "1008", date(2025, 11, 15), 5),
    ("A6", None, None, None, None),
]
COLUMNS = ("audit_id", "child_id", "due_date", "days")


@pytest.fixture
def home(tmp_path):
    """An installation whose warehouse holds the work of one week."""
    exports, reports = tmp_path / "project" / "exports", tmp_path / "project" / "dbt_project" / "models" / "reports"
    exports.mkdir(parents=True)
    reports.mkdir(parents=True)
    columns = [{"name": name, "label": name.title(), "workbook": name != "days"} for name in COLUMNS]
    publish = {"sheet": "Work", "primary_key": ["audit_id"], "order_by": ["audit_id"], "columns": columns}
    (exports / f"{NAME}.yml").write_text(yaml.safe_dump(weekly(publish=publish)), "utf-8")
    described = [{"name": name, "description": f"What {name} means"} for name in COLUMNS]
    (reports / "_r.yml").write_text(
        yaml.safe_dump({"models": [{"name": f"rpt_{NAME}", "columns": described}]}), "utf-8"
    )
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as db:
        db.execute("create schema reports; create schema marts")
        db.execute("create table marts.dim_child (child_key varchar, record_restriction varchar)")
        db.executemany("insert into marts.dim_child values (?, ?)", list(CHILDREN.items()))
        db.execute(
            f"create table reports.rpt_{NAME} (period varchar, audit_id varchar, child_key varchar, child_id varchar, "
            "due_date date, days integer)"
        )
        db.executemany(f"insert into reports.rpt_{NAME} values ('{WEEK}', ?, ?, ?, ?, ?)", ROWS)
    return tmp_path / "home"


def change(home, sql):
    with duckdb.connect(str(home.parent / "warehouse.duckdb")) as db:
        db.execute(sql)


def settings_of(home):
    return Settings(home=home, project_root=home.parent / "project")


def publish(home, period=WEEK, as_at=AS_AT, **more):
    about = {"definition_hashes": {}, "gate_of_lists": lambda table: []} | more
    return publish_release(settings_of(home), home.parent / "warehouse.duckdb", NAME, period, as_at, **about)


def due_at(home, day):
    made = publish_due(
        settings_of(home), home.parent / "warehouse.duckdb", day, first_period(), definition_hashes={},
        gate_of_lists=lambda table: [],
    )  # fmt: skip
    return [(release.period, release.outcome) for release in made]


def first_period():
    from orchestration.periods import parse_period

    return parse_period("2025-08")


def test_restricted_and_unknown_children_are_withheld_and_counted(home):
    release = publish(home)
    assert (release.outcome, release.state, release.rows) == ("published", "final", 3)
    with (release.path / f"{NAME}_{WEEK}.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["audit_id"], row["child_id"]) for row in csv.DictReader(file)] == [
            ("A1", "1001"), ("A4", "1003"), ("A6", ""),
        ]  # fmt: skip
    manifest = json.loads((release.path / "manifest.json").read_text("utf-8"))
    assert (manifest["rows"], manifest["withheld"], manifest["level"]) == (3, 3, "child")
    assert manifest["disclosure"].startswith("restricted: records of children")
    assert manifest["kpi_definitions"] == {} and manifest["reference_date"] == "2025-11-10"
    for path in release.path.iterdir():
        content = path.read_bytes()
        assert not any(hidden in content for hidden in (b"1002", b"1008", b"1009")) or path.suffix == ".xlsx"


def test_a_workbook_writes_codes_as_words_and_files_keep_them(home):
    change(home, "update reports.rpt_work_of_the_week set audit_id = 'a_1' where audit_id = 'A1'")
    change(
        home,
        "alter table reports.rpt_work_of_the_week add column task varchar default 'child_in_need_plan, early_help'",
    )
    exports = home.parent / "project" / "exports" / f"{NAME}.yml"
    written = yaml.safe_load(exports.read_text("utf-8"))
    written["publish"]["columns"].append({"name": "task", "label": "Task"})
    exports.write_text(yaml.safe_dump(written), "utf-8")
    reports = home.parent / "project" / "dbt_project" / "models" / "reports" / "_r.yml"
    described = yaml.safe_load(reports.read_text("utf-8"))
    described["models"][0]["columns"].append({"name": "task", "description": "What is open"})
    reports.write_text(yaml.safe_dump(described), "utf-8")
    release = publish(home, gate_of_lists=list_gate)
    sheet = CalamineWorkbook.from_path(release.path / f"{NAME}_{WEEK}.xlsx").get_sheet_by_name("Work").to_python()
    assert sorted({row[-1] for row in sheet[1:]}) == ["child in need plan, early help"]
    assert "a_1" in {row[0] for row in sheet[1:]}, "an id stays as it is"
    assert b"child_in_need_plan, early_help" in (release.path / f"{NAME}_{WEEK}.csv").read_bytes()


def test_files_are_those_of_a_table_and_verify(home):
    release = publish(home)
    stem = f"{NAME}_{WEEK}"
    assert sorted(path.name for path in release.path.iterdir()) == sorted(
        [f"{stem}.csv", f"{stem}.meta.csv", f"{stem}.xlsx", "datapackage.json", "manifest.json"]
    )
    assert verify(home / "published") == []
    book = CalamineWorkbook.from_path(str(release.path / f"{stem}.xlsx"))
    assert book.sheet_names == ["Work"]
    header, *body = book.get_sheet_by_name("Work").to_python()
    assert header == ["Audit_Id", "Child_Id", "Due_Date"]
    assert body[0] == ["A1", "1001", date(2025, 11, 12)]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_files_are_of_their_owner_alone(home):
    release = publish(home)
    for path in [release.path, *release.path.iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    (release.path / "manifest.json").chmod(0o644)
    assert verify(release.path) == ["v1/manifest.json: others than its owner may read it"]


def test_a_week_without_work_is_not_available_and_another_day_needs_no_reason(home):
    with pytest.raises(NothingAvailable, match="audits"):
        publish(home, "2025-W45")
    with pytest.raises(PublicationHeld, match="begins after"):
        publish(home, "2025-W47")
    with pytest.raises(ValueError, match="weekly"):
        publish(home, "2025-11")
    publish(home)
    change(home, f"update reports.rpt_{NAME} set days = days - 1")
    again = publish(home, as_at=date(2025, 11, 11))
    assert (again.outcome, again.version, again.reason, again.changes) == ("restated", 2, "lists of 2025-11-11", 2)
    assert verify(home / "published") == []


def test_only_the_newest_week_is_due_and_a_published_one_that_is_gone_stays(home):
    assert latest_lists(settings_of(home), home.parent / "warehouse.duckdb", NAME, AS_AT) == WEEK
    assert latest_lists(settings_of(home), home.parent / "warehouse.duckdb", NAME, date(2025, 11, 9)) is None
    assert due_at(home, AS_AT) == [(WEEK, "published")]
    assert due_at(home, AS_AT) == []
    change(home, f"update reports.rpt_{NAME} set period = '2025-W47'")
    assert due_at(home, date(2025, 11, 17)) == [("2025-W47", "published")]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("drop column child_key", "child_key"),
        ("drop column due_date", "due_date"),
        ("drop column period", "period"),
        ("alter days type double", "days"),
    ],
)
def test_a_model_of_another_shape_is_held(home, sql, says):
    change(home, f"alter table reports.rpt_{NAME} {sql}")
    with pytest.raises(PublicationHeld, match=says):
        publish(home)
    assert not (home / "published" / NAME).exists()


def test_a_column_nobody_described_is_held(home):
    for path in (home.parent / "project" / "dbt_project" / "models" / "reports").glob("*.yml"):
        path.write_text(path.read_text("utf-8").replace("What days means", ""), "utf-8")
    with pytest.raises(PublicationHeld, match="does not describe days"):
        publish(home)


def test_a_table_waits_for_a_person_as_figures_do(home):
    with pytest.raises(PublicationHeld, match="waits"):
        publish(home, holds={NAME: ["a load unlike the week before"]})


@pytest.mark.slow
def test_a_table_with_a_key_twice_fails_the_gate(home):
    change(home, f"insert into reports.rpt_{NAME} values ('{WEEK}', 'A1', 'key1', '1001', null, null)")
    with pytest.raises(PublicationHeld, match="expect_column_values_to_be_unique: key"):
        publish(home, gate_of_lists=list_gate)
