"""Releases of lists about children: restricted records left out, the workbook in Ofsted's form, files of the owner alone."""

import csv
import json
import os
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from expectations.contracts import load_contracts
from orchestration.periods import parse_period
from orchestration.publishing.datasets import load_dataset
from orchestration.publishing.releases import (
    NothingAvailable,
    PublicationHeld,
    ReasonRequired,
    latest_lists,
    publish_due,
    publish_release,
)
from orchestration.publishing.verify import verify
from orchestration.settings import Settings

ROOT = Path(__file__).parents[2]
CONTRACTS = load_contracts()
LISTS = CONTRACTS.sources["annex_a"].tables
SQL_TYPES = {"date": "date", "integer": "integer", "decimal": "integer"}
AS_AT, MONTH = date(2025, 11, 10), "2025-10"
CHILDREN = {"key1": ("1001", "none"), "key2": ("1002", "restricted"), "key3": ("1003", "none")}


def value_of(column, child_id):
    """A lawful cell of a column."""
    if column.name == "child_id":
        return child_id
    if column.type == "code":
        return CONTRACTS.code_sets[column.codes].codes[0].code
    return {"date": date(2025, 9, 30), "integer": 2, "decimal": 7}.get(column.type, f"{column.name} of {child_id}")


@pytest.fixture
def home(tmp_path):
    """An installation whose warehouse holds a row of each child in every list of October and November, one child restricted."""
    (tmp_path / "project" / "exports").mkdir(parents=True)
    (tmp_path / "project" / "exports" / "annex_a.yml").write_text((ROOT / "exports" / "annex_a.yml").read_text("utf-8"))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as db:
        db.execute("create schema reports; create schema marts")
        db.execute("create table marts.dim_child (child_key varchar, record_restriction varchar)")
        for key, (_, restriction) in CHILDREN.items():
            db.execute("insert into marts.dim_child values (?, ?)", [key, restriction])
        db.execute(
            "create table reports.rpt_annex_a_lists (period varchar, list_name varchar, reference_date date, source_route varchar, "
            "covered_to date)"
        )
        for name, table in LISTS.items():
            columns = ", ".join(f"{c.name} {SQL_TYPES.get(c.type, 'varchar')}" for c in table.columns)
            db.execute(f"create table reports.rpt_annex_a_{name} (period varchar, child_key varchar, {columns})")
            for period, day in ((MONTH, date(2025, 10, 31)), ("2025-11", AS_AT)):
                about = [
                    period,
                    name,
                    day,
                    None if name == "list_11" else "ssd",
                    None if name == "list_11" else date(2025, 10, 31),
                ]
                db.execute("insert into reports.rpt_annex_a_lists values (?, ?, ?, ?, ?)", about)
                for key, (child_id, _) in reversed(CHILDREN.items()):
                    cells = [period, key, *(value_of(c, child_id) for c in table.columns)]
                    if name == "list_11":
                        continue
                    db.execute(f"insert into reports.rpt_annex_a_{name} values ({', '.join('?' * len(cells))})", cells)
    return tmp_path / "home"


def change(home, *statements):
    with duckdb.connect(str(home.parent / "warehouse.duckdb")) as db:
        for sql in statements:
            db.execute(sql)


def settings_of(home):
    return Settings(home=home, project_root=home.parent / "project")


def publish(home, period=MONTH, as_at=AS_AT, **more):
    about = {"definition_hashes": {}, "gate_of_lists": lambda table: []} | more
    return publish_release(settings_of(home), home.parent / "warehouse.duckdb", "annex_a", period, as_at, **about)


def manifest_of(release):
    return json.loads((release.path / "manifest.json").read_text("utf-8"))


def lines(release, name):
    with (release.path / f"annex_a_{release.period}_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_release_of_lists_is_whole_and_verifies(home):
    release = publish(home)
    assert (release.outcome, release.state, release.rows) == ("published", "final", 20)
    assert sorted(path.name for path in release.path.iterdir()) == sorted(
        [*(f"annex_a_{MONTH}_list_{n}.csv" for n in range(1, 12)), f"annex_a_{MONTH}.meta.csv", f"annex_a_{MONTH}.xlsx",
         "datapackage.json", "manifest.json"]
    )  # fmt: skip
    assert verify(home / "published") == []
    manifest = manifest_of(release)
    assert manifest["disclosure"].startswith("restricted: records of children")
    assert (manifest["level"], manifest["reference_date"], manifest["as_at"]) == ("child", "2025-10-31", "2025-11-10")
    assert manifest["kpi_definitions"] == {}
    assert sum(entry["identity"] for entry in manifest["files"]) == 11


def test_a_restricted_record_is_in_no_list_and_only_counted(home):
    change(home, "insert into reports.rpt_annex_a_list_3 by name select '2025-10' as period, '1009' as child_id")
    release = publish(home)
    told = {entry["list"]: (entry["rows"], entry["withheld"]) for entry in manifest_of(release)["lists"]}
    assert told["list_1"] == (2, 1) and told["list_11"] == (0, 0)
    assert told["list_3"] == (2, 2), "a row of nobody we know is withheld too"
    for path in release.path.iterdir():
        assert b"1002" not in path.read_bytes() or path.suffix == ".xlsx"
    sheets = CalamineWorkbook.from_path(str(release.path / f"annex_a_{MONTH}.xlsx"))
    assert [[row[0] for row in sheets.get_sheet_by_name(f"List {n}").to_python()[1:]] for n in (1, 8)] == [
        ["1001", "1003"]
    ] * 2


def test_the_workbook_is_in_the_form_of_the_template(home):
    sheets = CalamineWorkbook.from_path(str(publish(home).path / f"annex_a_{MONTH}.xlsx"))
    assert sheets.sheet_names == [f"List {n}" for n in range(1, 12)]
    for name, table in LISTS.items():
        header, *body = sheets.get_sheet_by_name(table.sheets[0]).to_python()
        assert header == [c.title for c in table.columns]
        assert len(body) == (0 if name == "list_11" else 2)
        for row in body:
            for column, cell in zip(table.columns, row, strict=True):
                if column.type == "date":
                    assert cell == date(2025, 9, 30)
                elif column.type == "code":
                    codes = CONTRACTS.code_sets[column.codes]
                    assert cell == codes.texts[codes.codes[0].code]
                elif column.type == "id":
                    assert isinstance(cell, str)
                elif column.type in ("integer", "decimal"):
                    assert isinstance(cell, int | float)


def test_tidy_files_hold_the_codes(home):
    assert {(line["child_id"], line["gender"], line["contact_date"]) for line in lines(publish(home), "list_1")} == {
        ("1001", "male", "2025-09-30"), ("1003", "male", "2025-09-30"),
    }  # fmt: skip


def test_a_code_the_warehouse_does_not_know_is_a_blank_cell_where_the_list_has_no_word_for_it(home):
    change(home, "update reports.rpt_annex_a_list_8 set placement_type = 'unknown', disability = 'unknown'")
    line = lines(publish(home), "list_8")[0]
    assert (line["placement_type"], line["disability"]) == ("", "unknown")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_files_are_of_their_owner_alone_whatever_the_umask(home):
    before = os.umask(0o000)
    try:
        release = publish(home)
    finally:
        os.umask(before)
    places = [release.path.parent.parent, release.path.parent, release.path, *release.path.iterdir()]
    assert {stat.S_IMODE(p.stat().st_mode) for p in places if p.is_dir()} == {0o700}
    assert {stat.S_IMODE(p.stat().st_mode) for p in places if p.is_file()} == {0o600}
    (release.path / f"annex_a_{MONTH}.xlsx").chmod(0o644)
    assert verify(home / "published") == [f"annex_a/{MONTH}/v1/annex_a_{MONTH}.xlsx: others than its owner may read it"]


def test_the_same_rows_give_the_same_bytes(home):
    first = publish(home)
    again = publish_release(
        Settings(home=home.parent / "other", project_root=home.parent / "project"), home.parent / "warehouse.duckdb",
        "annex_a", MONTH, AS_AT, definition_hashes={}, gate_of_lists=lambda table: [], code_version="other",
    )  # fmt: skip
    assert first.identity == again.identity
    for path in first.path.iterdir():
        assert path.name == "manifest.json" or path.read_bytes() == (again.path / path.name).read_bytes()
    assert publish(home).outcome == "unchanged"


def test_the_order_of_rows_is_that_of_the_key(home):
    assert [line["child_id"] for line in lines(publish(home), "list_6")] == ["1001", "1003"]


def test_a_changed_cell_needs_a_reason_and_is_told(home):
    publish(home)
    change(
        home,
        "update reports.rpt_annex_a_list_3 set referral_source = '6' where child_key = 'key1' and period = '2025-10'",
    )
    with pytest.raises(ReasonRequired):
        publish(home)
    second = publish(home, reason="late referral")
    assert second.changes == 1
    with (second.path / "diff.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"list": "list_3", "record": "1001, 2025-09-30", "column": "referral_source", "before": "1A", "after": "6"}
        ]
    assert verify(home / "published") == []


def test_an_open_month_is_a_draft_of_its_day_and_becomes_final(home):
    change(home, "update reports.rpt_annex_a_lists set covered_to = date '2025-11-07' where source_route is not null")
    draft = publish(home, "2025-11")
    assert (draft.state, manifest_of(draft)["reference_date"]) == ("draft", "2025-11-10")
    change(
        home,
        "update reports.rpt_annex_a_lists set reference_date = date '2025-11-17', covered_to = date '2025-11-16'",
        "update reports.rpt_annex_a_list_6 set age = 8",
    )
    later = publish(home, "2025-11", date(2025, 11, 17))
    assert (later.state, later.reason) == ("draft", "lists of 2025-11-17")
    change(
        home, "update reports.rpt_annex_a_lists set reference_date = date '2025-11-30', covered_to = date '2025-11-30'"
    )
    final = publish(home, "2025-11", date(2025, 11, 30))
    assert (final.version, final.state) == (3, "final")


def test_lists_that_the_records_do_not_reach_are_not_made(home):
    with pytest.raises(NothingAvailable, match=r"2025-11.*list_1 \(2025-10-31\)"):
        publish(home, "2025-11")
    assert latest_lists(settings_of(home), home.parent / "warehouse.duckdb", "annex_a", AS_AT) == MONTH
    change(home, "update reports.rpt_annex_a_lists set covered_to = date '2025-10-30' where list_name = 'list_10'")
    with pytest.raises(NothingAvailable, match=r"too early for 2025-10: list_10 \(2025-10-30\)"):
        publish(home)
    assert latest_lists(settings_of(home), home.parent / "warehouse.duckdb", "annex_a", AS_AT) is None


def test_an_earlier_month_asks_for_a_warehouse_of_its_end(home):
    with pytest.raises(NothingAvailable, match="qapm build --as-at 2025-08-31"):
        publish(home, "2025-08")


def test_what_is_due_is_the_last_month_and_a_published_one_out_of_reach_stays(home):
    def due_at(day):
        about = {"definition_hashes": {}, "gate_of_lists": lambda table: []}
        found = publish_due(settings_of(home), home.parent / "warehouse.duckdb", day, parse_period("2025-01"), **about)
        return [(r.period, r.outcome) for r in found]

    assert due_at(AS_AT) == [(MONTH, "published")]
    assert due_at(AS_AT) == [(MONTH, "unchanged")]
    change(
        home,
        "update reports.rpt_annex_a_lists set period = '2025-12' where period = '2025-10'",
        "update reports.rpt_annex_a_lists set covered_to = date '2025-11-30', reference_date = date '2025-11-30'",
    )
    assert due_at(date(2025, 12, 1)) == [("2025-11", "published")]


@pytest.mark.parametrize(
    "sql",
    [
        "alter table reports.rpt_annex_a_list_4 drop column child_seen",
        "alter table reports.rpt_annex_a_list_4 drop column child_key",
        "alter table reports.rpt_annex_a_list_4 alter age type double",
        "delete from reports.rpt_annex_a_lists where list_name = 'list_4'",
    ],
)
def test_a_model_of_another_shape_is_held(home, sql):
    change(home, sql)
    with pytest.raises(PublicationHeld, match="list_4|age"):
        publish(home)
    assert not (home / "published" / "annex_a").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sql", "failed"),
    [
        ("select 1", None),
        ("update reports.rpt_annex_a_list_6 set child_id = '1', cin_start_date = null", "List 6: expect_column_values_to_be_unique: key"),
        ("update reports.rpt_annex_a_list_2 set child_id = null", "List 2: expect_column_values_to_not_be_null: child_id"),
        ("update reports.rpt_annex_a_list_9 set in_touch = 'maybe'", "List 9: expect_column_values_to_be_in_set: in_touch"),
    ],
)  # fmt: skip
def test_gate_of_lists(home, sql, failed):
    from orchestration.publishing.releases import list_gate

    change(home, sql)
    if failed is None:
        assert publish(home, gate_of_lists=list_gate).outcome == "published"
        return
    with pytest.raises(PublicationHeld) as held:
        publish(home, gate_of_lists=list_gate)
    assert failed in str(held.value) and "maybe" not in str(held.value)


def test_lists_wait_for_a_person_as_figures_do(home):
    with pytest.raises(PublicationHeld, match="waits"):
        publish(home, holds={"annex_a": ["a load unlike the month before"]})


def test_headings_and_code_texts_are_part_of_the_definition(monkeypatch):
    dataset = load_dataset(ROOT / "exports", "annex_a")
    before = dataset.definition_hash()
    codes = load_contracts().code_sets["gender"]
    monkeypatch.setitem(codes.texts, "male", "a) Man")
    assert dataset.definition_hash() != before
