"""Releases: whole or not there, the same content once, a changed value as the next version, damage found by verify.

Run as a script it publishes what is due in the folder given, for the tests that kill it.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from expectations.release_gate import check_release
from orchestration.periods import parse_period
from orchestration.publishing import disclosure, releases
from orchestration.publishing.datasets import load_dataset
from orchestration.publishing.releases import PublicationHeld, ReasonRequired, publish_due, publish_release
from orchestration.publishing.verify import verify
from orchestration.settings import Settings

ROOT = Path(__file__).parents[2]
CONTRACT = "contract_key_performance_indicators"
MODEL = "rpt_contract_key_performance_indicators"
AS_AT = date(2025, 10, 15)
FIRST = parse_period("2025-08")
FAULT_POINTS = ("publish.after_data", "publish.before_manifest", "publish.before_rename")
HASHES = {"FD-04": "a" * 64, "FD-07": "b" * 64}
LOADS = [{"file_sha256": "c" * 64, "source": "annex_a", "table": "list_3", "period": "2025-09"}]
TYPES = {
    "numerator": "bigint", "denominator": "bigint", "decimals": "integer", "value": "decimal(18,4)",
    "target": "decimal(18,4)", "target_high": "decimal(18,4)", "tolerance": "decimal(18,4)", "floor": "decimal(18,4)",
    "weighting": "decimal(18,4)", "period_start": "date", "reference_date": "date", "due_date": "date",
}  # fmt: skip


def project_settings(home):
    """Settings of a project that holds the contract set only."""
    return Settings(home=home, project_root=home.parent / "project")


def rows_of(period):
    """Referrals and re-referrals by service: one small count, one percentage that hides with its complement."""
    month = parse_period(period)
    counts = {"999": (151, 27), "S1": (90, 15), "S2": (57, 12), "S3": (4, 0)}
    for org, (referrals, repeats) in counts.items():
        about = {
            "period": period, "basis": "M", "period_start": month.start, "reference_date": month.end, "org": org,
            "org_level": "authority" if org == "999" else "service", "org_name": f"Name of {org}", "area": "Front door",
            "status": "", "status_reason": "", "revision": "", "rag": "", "polarity": "N", "counts": "people",
        }  # fmt: skip
        yield about | {
            "kpi": "FD-04", "title": "Referrals received", "numerator": referrals, "value": referrals, "unit": "count",
            "decimals": 0, "commentary": '=HYPERLINK("http://x")' if org == "999" else None,
        }  # fmt: skip
        yield about | {
            "kpi": "FD-07", "title": "Re-referrals", "numerator": repeats, "denominator": referrals, "target": 20,
            "value": round(100 * repeats / referrals, 1), "unit": "%", "decimals": 1, "rag": "green",
        }  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path)


def make_home(folder):
    """A project with one dataset and its dictionary, and a warehouse with two months."""
    exports, reports = folder / "project" / "exports", folder / "project" / "dbt_project" / "models" / "reports"
    exports.mkdir(parents=True)
    reports.mkdir(parents=True)
    shutil.copy(ROOT / "exports" / f"{CONTRACT}.yml", exports)
    columns = [column.name for column in load_dataset(exports, CONTRACT).publish.columns] + ["counts"]
    described = [{"name": name, "description": f"What {name} means"} for name in columns]
    (reports / "_reports.yml").write_text(yaml.safe_dump({"models": [{"name": MODEL, "columns": described}]}), "utf-8")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema reports")
        declared = ", ".join(f"{name} {TYPES.get(name, 'varchar')}" for name in columns)
        connection.execute(f"create table reports.{MODEL} ({declared})")
        for row in [row for period in ("2025-08", "2025-09") for row in rows_of(period)]:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(f"insert into reports.{MODEL} ({names}) values ({marks})", list(row.values()))
    return folder / "home"


def change(home, sql):
    with duckdb.connect(str(home.parent / "warehouse.duckdb")) as connection:
        connection.execute(f"update reports.{MODEL} set {sql}")


def passing(rows, primary_key, protected):
    """Stands for the gate where Great Expectations (a second to import) is not what is tested."""
    return []


def publish(home, period="2025-09", as_at=AS_AT, **more):
    about = {"definition_hashes": HASHES, "loads": LOADS, "code_version": "abc", "gate": passing} | more
    return publish_release(project_settings(home), home.parent / "warehouse.duckdb", CONTRACT, period, as_at, **about)


def publish_all_due(home, **more):
    about = {"definition_hashes": HASHES, "loads": LOADS, "gate": passing} | more
    return publish_due(project_settings(home), home.parent / "warehouse.duckdb", AS_AT, FIRST, **about)


def tree(home):
    """Every file under published with its content, manifests without the wall clock."""
    found = {}
    for path in sorted((home / "published").rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "manifest.json":
                content = {k: v for k, v in json.loads(content).items() if k not in ("created", "run_id")}
            found[path.relative_to(home).as_posix()] = content
    return found


def test_a_release_is_whole_suppressed_and_verifies(home):
    release = publish(home)
    assert (release.outcome, release.version, release.state, release.rows) == ("published", 1, "draft", 8)
    stem = f"{CONTRACT}_2025-09"
    assert sorted(path.name for path in release.path.iterdir()) == sorted(
        [f"{stem}.csv", f"{stem}.meta.csv", f"{stem}.parquet", f"{stem}.xlsx", "datapackage.json", "manifest.json"]
    )
    for path in (release.path, release.path.parent, home / "published"):
        assert verify(path) == []
    manifest = json.loads((release.path / "manifest.json").read_text("utf-8"))
    assert manifest["disclosure"] == "primary only, not for release outside the service"
    assert (manifest["title"], manifest["as_at"]) == ("Contract Key Performance Indicators", "2025-10-15")
    assert manifest["inputs"] == LOADS and manifest["kpi_definitions"] == HASHES
    assert manifest["supersedes"] is None and manifest["code_version"] == "abc"
    with (release.path / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        lines = {(line["kpi"], line["org"]): line for line in csv.DictReader(file)}
    # Four referrals in S3: hidden, and S2 with it, also where they are the denominator of a percentage.
    assert [lines["FD-04", org]["value"] for org in ("999", "S1", "S2", "S3")] == ["151", "90", "", ""]
    assert [lines["FD-07", org]["status"] for org in ("999", "S1", "S2", "S3")] == ["", "", "c", "c"]
    assert lines["FD-07", "999"]["value"] == "17.9"
    assert lines["FD-04", "999"]["commentary"] == '\'=HYPERLINK("http://x")'


def test_equal_content_is_written_once_whatever_the_day_or_the_code(home):
    publish(home)
    before = tree(home)
    again = publish(home, as_at=date(2025, 11, 3), code_version="def", run_id="later", loads=[])
    assert (again.outcome, again.version, again.as_at) == ("unchanged", 1, "2025-10-15")
    assert tree(home) == before


def test_a_changed_value_needs_a_reason_and_becomes_version_2_with_a_diff(home):
    first = publish(home)
    before = tree(home)
    change(home, "numerator = 152, value = 152 where kpi = 'FD-04' and org = '999' and period = '2025-09'")
    with pytest.raises(ReasonRequired, match="--reason"):
        publish(home)
    assert tree(home) == before
    second = publish(home, reason="late referral")
    assert (second.outcome, second.version, second.reason) == ("restated", 2, "late referral")
    assert {path: content for path, content in tree(home).items() if "/v1/" in path} == before
    manifest = json.loads((second.path / "manifest.json").read_text("utf-8"))
    assert manifest["supersedes"] == {"version": 1, "identity": first.identity}
    with (second.path / "diff.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["kpi", "org_level", "org", "column", "before", "after"],
            ["FD-04", "authority", "999", "numerator", "151", "152"],
            ["FD-04", "authority", "999", "value", "151", "152"],
        ]
    assert manifest["changes"] == 2
    assert verify(home / "published") == []
    assert publish(home).outcome == "unchanged"


def test_a_diff_gives_nothing_hidden_back(home):
    publish(home)
    change(home, "numerator = 3, value = 3 where kpi = 'FD-04' and org = 'S3' and period = '2025-09'")
    change(home, "numerator = 150, value = 150 where kpi = 'FD-04' and org = '999' and period = '2025-09'")
    second = publish(home, reason="correction")
    assert "S3" not in (second.path / "diff.csv").read_text("utf-8")
    # A cell that is not hidden any more is told as empty before.
    change(home, "numerator = 30, value = 30 where kpi = 'FD-04' and org = 'S3' and period = '2025-09'")
    change(home, "numerator = 177, value = 177 where kpi = 'FD-04' and org = '999' and period = '2025-09'")
    diff = (publish(home, reason="correction").path / "diff.csv").read_text("utf-8")
    assert "FD-04,service,S3,value,,30\n" in diff and "FD-04,service,S3,status,c,\n" in diff


def test_a_changed_definition_is_a_restatement_and_a_changed_calendar_is_not(home):
    publish(home)
    path = home.parent / "project" / "exports" / f"{CONTRACT}.yml"
    path.write_text(path.read_text("utf-8").replace("period_end: 8", "period_end: 9"), "utf-8")
    assert publish(home).outcome == "unchanged"
    changed = publish(home, definition_hashes=HASHES | {"FD-07": "d" * 64}, automatic=True)
    assert (changed.version, changed.reason) == (2, "KPI definitions changed: FD-07")


def test_due_publishes_oldest_first_restates_by_itself_and_says_why(home):
    assert [(r.period, r.outcome) for r in publish_all_due(home)] == [
        ("2025-08", "published"),
        ("2025-09", "published"),
    ]
    assert [(r.period, r.outcome) for r in publish_all_due(home)] == [
        ("2025-08", "unchanged"),
        ("2025-09", "unchanged"),
    ]
    change(home, "numerator = 152, value = 152 where kpi = 'FD-04' and org = '999' and period = '2025-08'")
    found = publish_all_due(home, loads=[LOADS[0] | {"file_sha256": "d" * 64}])
    assert [(r.period, r.outcome, r.reason) for r in found] == [
        ("2025-08", "restated", "data changed: new loads"),
        ("2025-09", "unchanged", None),
    ]
    assert [(r.period, r.version) for r in releases.releases(home / "published")] == [
        ("2025-08", 1), ("2025-08", 2), ("2025-09", 1),
    ]  # fmt: skip


def test_self_evaluation_goes_from_draft_to_final_with_the_same_values(home):
    project = home.parent / "project"
    model = yaml.safe_load((project / "exports" / f"{CONTRACT}.yml").read_text("utf-8"))
    model |= {
        "dataset": "yearly",
        "cadence": "annual",
        "state": "final",
        "due": {"date": "30 September", "draft_from": "1 April"},
    }
    (project / "exports" / "yearly.yml").write_text(yaml.safe_dump(model), "utf-8")
    change(home, "period = '2024-25' where period = '2025-08'")

    def at(day):
        about = {"definition_hashes": HASHES, "only": "yearly", "gate": passing}
        warehouse = home.parent / "warehouse.duckdb"
        return publish_due(project_settings(home), warehouse, day, parse_period("2024-04"), **about)

    draft, final, later = at(date(2025, 4, 1)), at(date(2025, 9, 30)), at(date(2025, 11, 3))
    assert [(r.version, r.state, r.outcome) for r in (*draft, *final, *later)] == [
        (1, "draft", "published"), (2, "final", "restated"), (2, "final", "unchanged"),
    ]  # fmt: skip
    assert final[0].reason == "final version"
    assert at(date(2025, 6, 1))[0].state == "final"  # an earlier as-at does not take the final version back


@pytest.mark.parametrize(
    ("period", "as_at", "more", "error", "words"),
    [
        ("2025-26-Q2", AS_AT, {}, ValueError, "monthly"),
        ("2025-07", AS_AT, {}, releases.NothingAvailable, "no figure is available"),
        ("2025-09", AS_AT, {"definition_hashes": {"FD-04": "a"}}, PublicationHeld, "FD-07"),
        ("2025-09", AS_AT, {"gate": lambda *_: ["expect_x: value"]}, PublicationHeld, "expect_x"),
    ],
)
def test_what_cannot_be_published_leaves_nothing(home, period, as_at, more, error, words):
    with pytest.raises(error, match=words):
        publish(home, period, as_at, **more)
    assert tree(home) == {}


def test_a_final_dataset_does_not_publish_an_open_period(home):
    path = home.parent / "project" / "exports" / f"{CONTRACT}.yml"
    assert publish(home, as_at=date(2025, 9, 20)).outcome == "published"  # a draft may
    path.write_text(path.read_text("utf-8").replace("state: draft", "state: final"), "utf-8")
    with pytest.raises(PublicationHeld, match="closed"):
        publish(home, as_at=date(2025, 9, 20))


def test_a_wider_grid_than_the_rules_protect_is_held(home):
    change(home, "basis = 'YTD' where org = 'S1'")
    (held,) = [r for r in publish_all_due(home) if r.period == "2025-09"]
    assert held.outcome == "held" and "two bases" in held.message
    assert tree(home) == {}


def test_a_failing_gate_leaves_the_last_good_release_as_it_is(home):
    publish(home)
    before = tree(home)
    change(home, "value = 117.9 where kpi = 'FD-07' and org = '999'")
    found = publish_all_due(home, gate=releases.great_expectations_gate)
    assert [(r.outcome, r.version) for r in found] == [("held", 0), ("held", 0)]
    assert "expect_column_values_to_be_between: percentage" in found[0].message and "117" not in found[0].message
    assert tree(home) == before


def test_nothing_new_of_a_dataset_goes_out_while_one_of_its_loads_waits_for_a_person(home):
    waiting = {CONTRACT: ["Annex_A_2025_Sep.xlsx: list_3 has 13 rows, 23 in the period before"]}
    with pytest.raises(PublicationHeld, match="waits: .*list_3 has 13 rows"):
        publish(home, holds=waiting)
    assert tree(home) == {}
    assert publish(home, holds={"self_evaluation": ["another dataset's"]}).outcome == "published"
    before = tree(home)
    assert publish(home, holds=waiting).outcome == "unchanged", "what was published stays published"
    change(home, "numerator = 152, value = 152 where kpi = 'FD-04' and org = '999' and period = '2025-09'")
    found = publish_all_due(home, holds=waiting)
    assert {r.outcome for r in found} <= {"held", "unchanged"}
    assert "held" in {r.outcome for r in found}
    assert tree(home) == before


def good_rows():
    return disclosure.suppress([{"denominator": None, "rag": "", **row} for row in rows_of("2025-09")], "contract")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, []),
        ({"value": None}, ["expect_column_values_to_not_be_null: needed_value"]),
        (
            {"status": "c"},
            [
                "expect_column_values_to_be_in_set: left_on_hidden",
                "expect_column_values_to_be_null: empty_value",
                "expect_column_values_to_be_null: empty_count",
            ],
        ),
        ({"status": "k"}, ["expect_column_values_to_be_in_set: status"]),
        ({"rag": "blue"}, ["expect_column_values_to_be_in_set: rag"]),
        ({"numerator": 5}, ["expect_column_values_to_not_be_in_set: people"]),
        ({"numerator": 5, "unit": "points", "denominator": 9}, []),
        ({"numerator": 50, "unit": "points", "denominator": 5}, ["expect_column_values_to_not_be_in_set: people"]),
        ({"value": 101, "unit": "%"}, ["expect_column_values_to_be_between: percentage"]),
        ({"org": "S1"}, ["expect_compound_columns_to_be_unique: kpi+org"]),
        ({"org": None}, ["expect_column_values_to_not_be_null: org"]),
    ],
    ids=str,
)
def test_gate_of_great_expectations(changes, failed):
    rows = good_rows()
    rows[0] = rows[0] | changes
    assert check_release(pd.DataFrame(rows), ["kpi", "org"], [True] * len(rows)) == failed


@pytest.mark.slow
def test_gate_refuses_an_empty_release_and_leaves_unprotected_counts_alone():
    rows = good_rows()
    assert check_release(pd.DataFrame(rows)[:0], ["kpi", "org"], []) == ["expect_table_row_count_to_be_between: table"]
    rows[0] = rows[0] | {"numerator": 5}
    assert check_release(pd.DataFrame(rows), ["kpi", "org"], [False] * len(rows)) == []


@pytest.mark.parametrize("name", [f"{CONTRACT}_2025-09{end}" for end in (".csv", ".meta.csv", ".parquet", ".xlsx")])
def test_verify_names_a_truncated_or_altered_file(home, name):
    path = publish(home).path / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert any(name in problem and "bytes" in problem for problem in verify(home / "published"))
    path.write_bytes(content[:-1] + b"?")
    assert any(name in problem and "sha256" in problem for problem in verify(path.parent))
    path.unlink()
    assert any(f"{name}: missing" in problem for problem in verify(home / "published" / CONTRACT))


def test_verify_finds_what_does_not_belong_and_what_was_made_up(home):
    release = publish(home)
    manifest_path = release.path / "manifest.json"
    good = manifest_path.read_text("utf-8")
    (release.path / "notes.txt").write_text("x", "utf-8")
    assert any("notes.txt: not in the manifest" in problem for problem in verify(home / "published"))
    (release.path / "notes.txt").unlink()
    # A file replaced together with its entry: the identity gives it away.
    name = f"{CONTRACT}_2025-09.csv"
    content = (release.path / name).read_bytes()
    altered = content.replace(b",151,", b",150,")
    manifest = json.loads(good)
    for entry in manifest["files"]:
        if entry["name"] == name:
            entry["sha256"] = releases.formats.sha256(altered)
    (release.path / name).write_bytes(altered)
    manifest_path.write_text(json.dumps(manifest), "utf-8")
    assert any("identity" in problem for problem in verify(release.path))
    (release.path / name).write_bytes(content)
    manifest_path.write_text(json.dumps(json.loads(good) | {"period": "2025-08"}), "utf-8")
    assert any("not this folder" in problem for problem in verify(release.path))
    manifest_path.write_text(good, "utf-8")
    shutil.copytree(release.path, home / "received")
    assert verify(home / "received") == []  # what a commissioner gets is a copy
    manifest_path.write_text("{}", "utf-8")
    assert verify(release.path) == ["v1/manifest.json: incomplete"]
    manifest_path.unlink()
    assert any("manifest.json: missing" in problem for problem in verify(home / "published"))


def test_verify_finds_a_missing_version_and_a_wrong_folder(home, tmp_path):
    publish(home)
    change(home, "value = 152 where kpi = 'FD-04' and org = '999'")
    second = publish(home, reason="x")
    shutil.rmtree(second.path.parent / "v1")
    assert any("gap" in problem for problem in verify(home / "published"))
    assert verify(tmp_path / "nowhere") != []
    (tmp_path / "empty").mkdir()
    assert verify(tmp_path / "empty") != []


def test_verify_looks_into_the_data_package(home):
    release = publish(home)
    manifest_path, package_path = release.path / "manifest.json", release.path / "datapackage.json"
    package = package_path.read_text("utf-8").replace('"type": "date"', '"type": "integer"')
    package_path.write_text(package, "utf-8")
    manifest = json.loads(manifest_path.read_text("utf-8"))
    for entry in manifest["files"]:
        if entry["name"] == "datapackage.json":
            entry |= {"sha256": releases.formats.sha256(package.encode()), "bytes": len(package.encode())}
    manifest_path.write_text(json.dumps(manifest), "utf-8")
    problems = verify(release.path)
    assert any("Type Error, row 2" in problem for problem in problems)
    assert not any("2025-09-30" in problem for problem in problems)


@pytest.mark.slow
@pytest.mark.parametrize("point", FAULT_POINTS)
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_a_killed_run_leaves_no_half_release_and_the_next_one_converges(tmp_path, point):
    undisturbed, home = make_home(tmp_path / "a"), make_home(tmp_path / "b")
    publish_all_due(undisturbed)
    run = subprocess.run(
        [sys.executable, __file__, str(home)],
        env=os.environ | {"QAPM_FAULT_AT": point, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    published = home / "published"
    assert list(published.glob("*/*/.v*.tmp")) != []  # it died half-way
    assert releases.releases(published) == [] and list(published.glob("*/*/v*")) == []
    assert [r.outcome for r in publish_all_due(home)] == ["published", "published"]
    assert list(published.glob("*/*/.*")) == []
    assert tree(home) == tree(undisturbed)
    assert verify(published) == []


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_in_another_process_zone_and_hash_seed(tmp_path):
    here, there = make_home(tmp_path / "a"), make_home(tmp_path / "b")
    publish_all_due(here)
    environment = os.environ | {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, __file__, str(there)], env=environment, check=True, timeout=60)
    assert tree(here) == tree(there)


if __name__ == "__main__":
    publish_all_due(Path(sys.argv[1]))
