"""The generator as a whole: same input, same bytes; deliveries that follow each other; several authorities; names and places."""

import csv
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from expectations.contracts import load_contracts
from orchestration.periods import add_working_days, is_working_day, month_range, working_days_between
from orchestration.synthetic import days as calendar
from orchestration.synthetic.chance import Chance
from orchestration.synthetic.generate import MANIFEST, SOURCES, authority_sizes, delivery_months, generate
from orchestration.synthetic.history import make_world
from orchestration.synthetic.rows import BLANK, Rows, choose, numbers_in_group, run_numbers, stack, words_of
from orchestration.synthetic.scenario import load_scenario

AS_AT, FIRST, LAST = date(2025, 10, 5), "2025-07", "2025-09"
CONTRACTS, SCENARIO = load_contracts(), load_scenario()
NAMES = {f"{given} {family}" for given in SCENARIO.names.given for family in SCENARIO.names.family}
FILE = re.compile(r"(?P<stem>.+)_(?P<month>\d{4}-\d{2})\.(csv|parquet)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three monthly drops of every source, each with the whole history."""
    to = tmp_path_factory.mktemp("deliveries")
    generate(to, AS_AT, first=FIRST, last=LAST, manifest=to / MANIFEST)
    return to


@pytest.fixture(scope="module")
def planted(folder):
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["planted"]


def table_of(path):
    stem = FILE.fullmatch(path.name)["stem"]
    source = max((s for s in CONTRACTS.sources if stem.startswith(s + "_")), key=len)
    return CONTRACTS.table(source, stem.removeprefix(source + "_"))


def rows_of(folder, name, month=LAST):
    """The rows of a file by the contract's column names."""
    path = folder / f"{name}_{month}.csv"
    table = table_of(path)
    with path.open(encoding="utf-8", newline="") as handle:
        names = {c.title: c.name for c in table.columns}
        return [{names[k]: v for k, v in row.items()} for row in csv.DictReader(handle)]


# --- same input, same bytes -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_bytes_depend_on_the_arguments_only_and_earlier_months_not_on_later_ones(folder, tmp_path):
    """Another process, hash seed, time zone and thread count, other deliveries: the months in common are equal byte by byte."""
    code = "import sys, pyarrow; pyarrow.set_cpu_count(1); from pathlib import Path; from datetime import date; "
    code += "from orchestration.synthetic.generate import generate; "
    code += "generate(Path(sys.argv[1]), date(2031, 2, 1), first='2025-06', last='2025-07')"
    environment = os.environ | {"PYTHONHASHSEED": "4242", "TZ": "Asia/Tokyo", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    common = [p for p in tmp_path.iterdir() if "2025-07" in p.name or "2025_Jul" in p.name]
    assert len(common) > 150
    for path in common:
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_what_happens_does_not_depend_on_the_horizon():
    early, late = (make_world(SCENARIO, 0.05, 7, day) for day in (date(2024, 3, 31), date(2025, 3, 31)))
    day = early.horizon
    for name, column in (
        ("contacts", "day"),
        ("episodes", "start"),
        ("plans", "start"),
        ("placements", "start"),
        ("visits", "day"),
    ):
        ids = "contact_id" if name == "contacts" else "visit_id" if name == "visits" else None
        tables = [getattr(w, name) for w in (early, late)]
        tables = [t[t.columns[column] <= day] for t in tables]
        assert len(tables[0]) == len(tables[1])
        for key, values in tables[0].columns.items():
            if isinstance(values, np.ndarray) and (ids is None or key in (ids, column)) and key not in POSITIONS:
                assert (np.sort(values) == np.sort(tables[1].columns[key])).all(), (name, key)


POSITIONS = {"child", "episode", "care", "enquiry", "spell", "family", "worker"}  # where a row stands may change


def test_another_seed_is_another_authority():
    first, second = (make_world(SCENARIO, 0.02, seed, date(2020, 3, 31)) for seed in (7, 8))
    assert not set(first.children.child_id.tolist()) & set(second.children.child_id.tolist()[:200])
    assert first.episodes.start.tolist() != second.episodes.start.tolist()


def test_delivery_months():
    assert [m.key for m in delivery_months(date(2025, 10, 5), 2)] == ["2025-08", "2025-09"]
    assert delivery_months(date(2025, 9, 30), 1)[0].key == "2025-08"  # September is not over yet
    assert len(delivery_months(date(2025, 10, 5))) == 18


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": "2012-01", "last": "2012-02"}, "delivers 2019-04"),
        ({"scale": "huge"}, "no scale"),
        ({"faults": "all"}, "no faults"),
        ({"form": "xml"}, "no form"),
        ({"sources": ["ssdd"]}, "no source"),
        ({"authorities": 0}, "authorities"),
        ({"years": 7}, "years"),
        ({"deliveries": 0}, "at least one"),
    ],
)
def test_an_order_that_cannot_be_met_says_so(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path / "unused", AS_AT, **arguments)
    assert not (tmp_path / "unused").exists()


# --- what a delivery holds --------------------------------------------------------------------------------------


def test_every_source_and_table_of_the_contracts_is_delivered(folder):
    """Those that a small authority has no rows of, and the second form of audits, are named here."""
    made = {p.name for p in folder.iterdir()}
    missing = {
        f"{source}.{table.name}"
        for source, contract in CONTRACTS.sources.items()
        for table in contract.tables.values()
        if table.made_from is None and source != "annex_a" and f"{source}_{table.name}_{LAST}.csv" not in made
    }
    assert missing <= {"quality_assurance.question_map", "quality_assurance.form_answers"}
    assert set(SOURCES) == set(CONTRACTS.sources)


def test_every_file_has_the_contracts_headers(folder):
    checked = 0
    for path in folder.glob("*.csv"):
        table = table_of(path)
        with path.open(encoding="utf-8", newline="") as handle:
            header = next(csv.reader(handle))
        titles = [c.title for c in table.columns if c.filled_from is None]
        assert header[: len(titles)] == titles
        assert len(header) == len(titles) or table.open_columns
        checked += 1
    assert checked > 450
    assert not list(folder.glob(".*"))


def test_without_a_range_whole_histories_come_with_the_last_month_only(tmp_path):
    made = {p.name for p in generate(tmp_path, AS_AT, deliveries=2, sources=("annex_a", "lado", "residential"))}
    assert {"Annex_A_2025_Aug.xlsx", "Annex_A_2025_Sep.xlsx"} <= made
    assert {
        "lado_lado_referrals_2025-09.csv",
        "residential_nights_2025-08.csv",
        "residential_nights_2025-09.csv",
    } <= made
    assert "lado_lado_referrals_2025-08.csv" not in made
    assert MANIFEST not in {p.name for p in tmp_path.iterdir()}


def test_what_stands_for_a_month_is_the_same_with_and_without_the_whole_histories(folder, tmp_path):
    generate(tmp_path, AS_AT, deliveries=2)
    made = {p.name for p in tmp_path.iterdir() if "2025-08" in p.name or "2025_Aug" in p.name}
    whole = {p.name for p in folder.glob("*_2025-08.csv") if table_of(p).mode in ("period", "append")}
    assert made == whole | {"Annex_A_2025_Aug.xlsx"}
    for name in made:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_history_goes_back_as_many_years_as_asked(tmp_path):
    generate(tmp_path, AS_AT, deliveries=1, years=2, sources=("ssd",))
    contacts = rows_of(tmp_path, "ssd_contacts")
    assert min(r["contact_date"] for r in contacts) >= "2023-10-01"
    assert min(r["contact_date"] for r in contacts) < "2023-10-20"


def test_a_file_never_shows_what_lies_after_its_month(folder):
    """No day after the month's last, but in columns that may hold what is planned."""
    for path in folder.glob("*_2025-08.csv"):
        table = table_of(path)
        own = [c for c in table.columns if c.type == "date" and not c.planned]
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                assert all(row[c.title] <= "2025-08-31" for c in own if row[c.title]), path.name


# --- deliveries that follow each other ----------------------------------------------------------------------------


def test_later_drops_bring_late_entries_and_corrections(folder, planted):
    by_month = {
        m.key: {r["assessment_id"]: r["authorisation_date"] for r in rows_of(folder, "ssd_cin_assessments", m.key)}
        for m in month_range(FIRST, LAST)
    }
    july, september = by_month[FIRST], by_month[LAST]
    late = [i for i, day in september.items() if day and day <= "2025-07-31" and not july.get(i)]
    assert late, "an authorisation of July or before was recorded after July's files"
    assert planted["corrections"]
    for entry in planted["corrections"]:
        shown = [m[entry["assessment_id"]] for m in by_month.values() if entry["assessment_id"] in m]
        assert shown[-1] == entry["authorised"] != entry["told_first"]


def test_a_published_month_is_corrected_by_a_later_drop():
    """Over two years of monthly drops some authorisation days are replaced by others."""
    world = make_world(SCENARIO, 0.3, 7, date(2025, 3, 31))
    rows = world.assessments
    wrong = np.flatnonzero(rows.told_first != BLANK)
    assert len(wrong) > 5
    for place in wrong.tolist():
        recorded, corrected = int(rows.recorded[place]), int(rows.corrected[place])
        assert corrected - recorded >= 35, "a month's figures have been published by then"
        before, after = (int(world.authorised_on(d)[place]) for d in (recorded, corrected))
        assert (before, after) == (rows.told_first[place], rows.authorised[place])
        assert before < after
        assert world.authorised_on(recorded - 1)[place] == BLANK


def test_rows_keep_their_numbers_and_start_from_drop_to_drop(folder):
    for name, key, fact in (
        ("ssd_contacts", "contact_id", "contact_date"),
        ("ssd_cp_plans", "cp_plan_id", "cp_plan_start_date"),
        ("ssd_cla_placement", "cla_placement_id", "placement_start_date"),
        ("ssd_cla_visits", "cla_visit_id", "cla_visit_date"),
        ("ssd_involvements", "involvement_id", "involvement_start_date"),
        ("quality_assurance_audits", "audit_id", "allocated_date"),
        ("voice_webstar_interventions", "intervention_id", "opened_date"),
        ("complaints_complaints", "complaint_id", "received_date"),
    ):
        first, last = ({r[key]: (r["child_id"], r[fact]) for r in rows_of(folder, name, m)} for m in (FIRST, LAST))
        common = set(first) & set(last)
        assert len(common) > 0.9 * len(first), name
        assert all(first[k] == last[k] for k in common), name


# --- several authorities ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_several_authorities_differ_and_their_numbers_never_meet(tmp_path):
    generate(tmp_path, AS_AT, deliveries=1, authorities=3, scale="small", form="parquet", sources=("ssd", "reference"))
    folders = sorted(tmp_path.iterdir())
    assert [f.name for f in folders] == ["authority=001", "authority=002", "authority=003"]
    sizes = [json.loads((f / MANIFEST).read_text())["size"] for f in folders]
    assert len(set(sizes)) == 3
    for name in (
        "ssd_person",
        "ssd_contacts",
        "ssd_cla_visits",
        "ssd_missing",
        "ssd_professionals",
        "reference_organisation",
    ):
        table = table_of(folders[0] / f"{name}_{LAST}.parquet")
        column = table.by_name[table.key[0]].title
        keys = [set(pq.read_table(f / f"{name}_{LAST}.parquet")[column].to_pylist()) for f in folders]
        assert keys[0] and not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2], name
    again = tmp_path / "again"
    generate(again, AS_AT, deliveries=1, authorities=2, scale="small", form="parquet", sources=("reference",))
    for path in (again / "authority=002").iterdir():
        if path.name != MANIFEST:
            assert path.read_bytes() == (folders[1] / path.name).read_bytes(), path.name


def test_sizes_of_153_authorities_make_a_country():
    """About 3.8 million referrals in six years: 132 counties of 4,805 a year."""
    sizes = authority_sizes(SCENARIO, 153, 7)
    assert sum(sizes) * SCENARIO.referrals.a_year * 6 == pytest.approx(3_800_000, rel=0.08)
    assert max(sizes) > 4 * min(sizes)


# --- nobody and nowhere real ------------------------------------------------------------------------------------


def test_every_postcode_is_of_the_unassigned_area(folder):
    checked = 0
    for path in folder.glob(f"*_{LAST}.csv"):
        columns = [c for c in table_of(path).columns if c.type == "postcode"]
        if columns:
            rows = rows_of(folder, path.name.removesuffix(f"_{LAST}.csv"))
            assert all(r[c.name].startswith("ZZ99 ") for r in rows for c in columns if r[c.name]), path.name
            checked += len(rows)
    assert checked > 1000
    assert all(p.startswith("ZZ99 ") for p in SCENARIO.population.postcodes)


def test_every_name_of_a_person_is_made_from_the_invented_lists(folder):
    checked = 0
    for path in folder.glob(f"*_{LAST}.csv"):
        columns = [c for c in table_of(path).columns if c.person]
        if columns:
            rows = rows_of(folder, path.name.removesuffix(f"_{LAST}.csv"))
            found = {r[c.name] for r in rows for c in columns if r[c.name]}
            assert found <= NAMES, path.name
            checked += len(found)
    assert checked > 50


# --- the kit ----------------------------------------------------------------------------------------------------


def test_days_agree_with_the_calendar_of_periods():
    lots = Chance(1)
    key = np.arange(1500)
    start = lots.between("start", calendar.day_number(date(2016, 1, 1)), calendar.day_number(date(2027, 1, 1)), key)
    count = lots.between("count", 0, 70, key)
    after = calendar.working_days_after(start, count)
    between = calendar.working_days_between(start, start + count)
    for day, number, found, gap in zip(start, count, after, between, strict=True):
        assert calendar.as_date(found) == add_working_days(calendar.as_date(day), int(number))
        assert gap == working_days_between(calendar.as_date(day), calendar.as_date(day + number))
    assert calendar.working_days_after(np.array([BLANK]), 3)[0] == BLANK
    assert all(is_working_day(calendar.as_date(d)) for d in calendar.last_working_day(start)[:50])
    assert (calendar.last_working_day(start) <= start).all()


@pytest.mark.parametrize(
    ("born", "age", "day"),
    [
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 16, date(2024, 2, 29)),
        (date(2010, 12, 31), 18, date(2028, 12, 31)),
    ],
)
def test_birthdays_of_29_february(born, age, day):
    assert calendar.as_date(calendar.birthday(np.array([calendar.day_number(born)]), age)[0]) == day


@pytest.mark.parametrize(
    ("day", "age"), [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2008, 2, 28), -1), (date(2008, 2, 29), 0)]
)
def test_age_in_whole_years_and_minus_one_before_birth(day, age):
    assert calendar.age_on(np.array([calendar.day_number(date(2008, 2, 29))]), calendar.day_number(day))[0] == age


def test_months_later_keeps_the_day_or_takes_the_last_of_the_month():
    def months(day, count):
        return calendar.as_date(calendar.months_later(np.array([calendar.day_number(day)]), count)[0])

    assert months(date(2025, 8, 31), -6) == date(2025, 2, 28)
    assert months(date(2024, 8, 31), -6) == date(2024, 2, 29)
    assert months(date(2025, 9, 30), -6) == date(2025, 3, 30)


def test_lots_are_what_they_are_asked_for_and_hang_on_their_keys_only():
    lots, key = Chance(7), np.arange(20_000)
    drawn = lots.uniform("a", key)
    assert (drawn[:50] == lots.uniform("a", key[:50])).all()
    assert (lots.uniform("a", key[::-1])[::-1] == drawn).all()
    assert not (drawn == lots.uniform("b", key)).any()
    assert not (drawn == Chance(7, 1).uniform("a", key)).any()
    assert np.corrcoef(drawn[:-1], drawn[1:])[0, 1] == pytest.approx(0, abs=0.03)
    bands = lots.band("band", [(1, 2, 1.0), (9, 9, 3.0)], key)
    assert set(bands.tolist()) == {1, 2, 9}
    assert (bands == 9).mean() == pytest.approx(0.75, abs=0.02)
    assert lots.pick("pick", {"a": 3, "b": 1}, key).isin("a").mean() == pytest.approx(0.75, abs=0.02)
    assert lots.count("count", 4.0, key).mean() == pytest.approx(4.0, abs=0.06)
    assert lots.count("count", 400.0, key).std() == pytest.approx(20.0, abs=0.5)
    assert lots.normal("normal", 5.0, 2.0, key).std() == pytest.approx(2.0, abs=0.05)
    assert lots.wait("wait", 30, key).mean() == pytest.approx(30.5, abs=0.8)


def test_recurring_events_keep_their_days_when_the_spell_is_longer():
    lots, key = Chance(7), np.arange(40)
    first = np.full(40, 100)
    short = lots.repeated("visit", first, np.full(40, 160), [(5, 9, 1.0)], key)
    long = lots.repeated("visit", first, np.full(40, 400), [(5, 9, 1.0)], key)
    days = {(r, n): d for r, n, d in zip(*long, strict=True)}
    assert all(days[r, n] == d for r, n, d in zip(*short, strict=True))
    assert max(short[2]) <= 160
    gaps = np.diff(long[2])[np.diff(long[0]) == 0]
    assert set(gaps.tolist()) <= set(range(5, 10))
    nothing = lots.repeated("visit", np.full(40, BLANK), np.full(40, 160), [(5, 9, 1.0)], key)
    assert not len(nothing[0])


def test_rows_are_cut_stretched_and_joined():
    one = Rows(n=np.array([1, 2, 3]), w=words_of(["a", None, "b"]))
    two = Rows(n=np.array([4]), w=words_of(["c"]))
    both = stack([one, two])
    assert both.n.tolist() == [1, 2, 3, 4]
    assert both.w.strings().tolist() == ["a", None, "b", "c"]
    assert both[both.w.isin("b", "c")].n.tolist() == [3, 4]
    assert choose(3, (one.n > 2, "big"), (one.w.isin("a"), one.w), otherwise=None).strings().tolist() == [
        "a",
        None,
        "big",
    ]
    assert one.w.translated({"a": "x", "b": None}).strings().tolist() == ["x", None, None]
    assert run_numbers(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert numbers_in_group(np.array([5, 5, 7, 7, 7])).tolist() == [0, 1, 0, 1, 2]
    with pytest.raises(AttributeError):
        _ = one.missing


def test_nothing_else_imports_the_generator():
    """Only the command line may start it."""
    root = Path(__file__).parents[2] / "orchestration"
    users = [
        str(p.relative_to(root))
        for p in root.rglob("*.py")
        if p.parent.name != "synthetic" and "orchestration.synthetic" in p.read_text(encoding="utf-8")
    ]
    assert set(users) <= {"cli.py"}, json.dumps(users)
