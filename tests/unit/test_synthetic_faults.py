"""Planted defects: the loader finds each for the reason the manifest gives, and nothing else; what is odd but right loads."""

import json
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from expectations.contracts import load_contracts
from orchestration.ingest.cells import converter, says_nothing
from orchestration.ingest.load import load
from orchestration.periods import parse_period
from orchestration.settings import Settings
from orchestration.synthetic import faults
from orchestration.synthetic.columns import arrow_table
from orchestration.synthetic.generate import generate
from orchestration.synthetic.rows import BLANK, Rows, Words
from orchestration.synthetic.scenario import load_scenario
from tests.conftest import make_home

AS_AT, MONTH = date(2025, 11, 10), "2025-10"
CONTRACTS, RULES = load_contracts(), load_scenario().faults
PLACES = [(kind, *(*place.split("."), "")[:3]) for kind, rule in RULES.kinds.items() for place in rule.places]
SOURCES = sorted({source for _, source, _, _ in PLACES})


def _made(folder, level, **order):
    """A generated delivery and the faults of its manifest."""
    folder.mkdir()
    given = {"deliveries": 1, "sources": SOURCES} | order
    generate(folder / "files", AS_AT, faults=level, manifest=folder / "told.json", **given)
    return folder, json.loads((folder / "told.json").read_text(encoding="utf-8"))["faults"]


def _loaded(folder, paths):
    make_home(folder / "home")
    return load(Settings(home=folder / "home", settle_seconds=0), paths, known_on=AS_AT)


def _reasons(reports):
    """What the loader recorded, by cell."""
    return {
        (r["file"], r["table"], row, reason["column"], reason["code"], reason["action"])
        for r in reports
        for reason in r["reasons"]
        for row in reason["rows"] or [None]
    }


def _paths(folder):
    """The files of spoiled tables and of those that they name."""
    wanted = {(source, table) for _, source, table, _ in PLACES}
    wanted |= {(s, k.to) for s, t in wanted for k in CONTRACTS.table(s, t).foreign_keys if "." not in k.to}
    names = {f"{s}_{t}_{MONTH}" for s, t in wanted}
    return sorted(p for p in (folder / "files").iterdir() if p.suffix == ".xlsx" or p.stem in names)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    """A delivery with defects: its folder, what was planted, what the loader says."""
    folder, told = _made(tmp_path_factory.mktemp("faults") / "some", "some")
    return folder, told, _loaded(folder, _paths(folder))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The same delivery without defects."""
    folder, told = _made(tmp_path_factory.mktemp("faults") / "none", "none")
    assert told == []
    return folder, _loaded(folder, _paths(folder))


# --- the loader against the manifest ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_without_faults_the_loader_has_nothing_to_say(clean):
    """Rows that would link an adopted child's records are refused as they should be: that is no defect of a file."""
    _, reports = clean
    assert {r for r in _reasons(reports) if r[4] != "ADOPTION_LINK"} == set()
    assert {r["state"] for r in reports} <= {"accepted", "accepted_with_quarantine"}


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_the_loader_finds_every_planted_defect_and_no_other(spoiled, clean):
    _, told, reports = spoiled
    planted = [(f["file"], f["table"], f["row"], f["column"], f["code"], f["effect"]) for f in told if f["code"]]
    assert len(set(planted)) == len(planted)
    found = _reasons(reports) - _reasons(clean[1])
    assert sorted(map(str, set(planted) - found)) == [], "planted, but not found"
    assert sorted(map(str, found - set(planted))) == [], "found, but not planted"
    assert _reasons(clean[1]) <= _reasons(reports), "a defect moved or hid a row that is refused anyway"


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_no_file_is_rejected_and_the_counts_of_rows_agree(spoiled, clean):
    _, told, reports = spoiled
    before = {(r["source"], r["table"]): r for r in clean[1]}
    lost = ("quarantined", "refused")
    for r in reports:
        assert r["state"] in ("accepted", "accepted_with_quarantine"), r["message"]
        mine = [f for f in told if (f["source"], f["table"]) == (r["source"], r["table"])]
        was = before[r["source"], r["table"]]
        copies = sum(f["kind"] == "repeated_row" for f in mine) + sum(f["kind"] == "repeated_key" for f in mine) // 2
        rows = {f["row"] for f in mine if f["effect"] in lost}
        if CONTRACTS.table(r["source"], r["table"]).made_from is None:
            assert r["rows_read"] == was["rows_read"] + copies, r["table"]
            assert r["rows_quarantined"] == was["rows_quarantined"] + len(rows), r["table"]
            assert r["rows_deduplicated"] == sum(f["effect"] == "deduplicated" for f in mine), r["table"]


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_every_kind_is_planted_and_no_row_twice(spoiled):
    _, told, _ = spoiled
    assert {f["kind"] for f in told} >= set(RULES.kinds)
    assert {(k, s, t) for k, s, t, _ in PLACES} <= {(f["kind"], f["source"], f["table"]) for f in told}
    kinds = {}
    for f in told:
        if f["row"] is not None:
            kinds.setdefault((f["file"], f["table"], f["row"]), set()).add(f["kind"])
    assert all(len(found) == 1 for found in kinds.values())
    assert all(set(f) == {"period", "source", "table", "file", "kind", "row", "column", "code", "effect"} for f in told)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_what_is_odd_but_right_means_what_it_meant(spoiled, clean):
    """Other spellings and cells that say nothing: the typed rows are those of the delivery without defects."""
    import pyarrow.parquet as pq

    ids = {(r["source"], r["table"]): r["load_id"] for r in clean[1]}
    seen = 0
    for r in spoiled[2]:
        rows = [
            f["row"] for f in spoiled[1] if (f["source"], f["table"], f["effect"]) == (r["source"], r["table"], "none")
        ]
        rows = [n for n in rows if n is not None]
        if not rows:
            continue
        table = CONTRACTS.table(r["source"], r["table"])
        names = ["row_number", *(c.name for c in table.columns if c.type != "json")]

        def typed(folder, load_id, relation=table.relation, names=names, rows=rows):
            path = folder / "home" / "store" / "loads" / f"{load_id:08d}" / f"{relation}.parquet"
            held = pq.read_table(path, columns=names)
            return [row for row in held.to_pylist() if row["row_number"] in rows]

        after = typed(spoiled[0], r["load_id"])
        assert after == typed(clean[0], ids[r["source"], r["table"]])
        seen += len(after)
    assert seen > 80


def test_a_column_that_came_out_empty_costs_the_file(tmp_path):
    folder, told = _made(tmp_path / "february", "some", sources=["residential"], last="2025-02")
    empty = [f for f in told if f["kind"] == "empty_column"]
    assert [(f["table"], f["row"], f["effect"]) for f in empty] == [("nights", None, "rejected")]
    (report,) = _loaded(folder, [folder / "files" / empty[0]["file"]])
    assert report["state"] == "rejected"
    assert [(r["code"], r["column"]) for r in report["reasons"] if r["action"] == "rejected"] == [
        (empty[0]["code"], empty[0]["column"])
    ]


# --- same order, same bytes ---------------------------------------------------------------------------------------


def test_defects_depend_on_the_month_and_the_seed_only(tmp_path):
    kept = ["annex_a", "residential", "workforce"]
    one, told = _made(tmp_path / "one", "some", sources=kept, first="2025-08", last="2025-08")
    two, more = _made(tmp_path / "two", "some", sources=kept, first="2025-08", last="2025-09")
    assert told == [f for f in more if f["period"] == "2025-08"]
    for path in (one / "files").iterdir():
        assert path.read_bytes() == (two / "files" / path.name).read_bytes(), path.name
    assert {f["row"] for f in told} != {f["row"] for f in more if f["period"] == "2025-09"}


def test_with_no_rows_nothing_happens():
    assert faults.spoil(_Nobody(), "ssd", {}, parse_period(MONTH), CONTRACTS, "csv").planted == []


class _Nobody:
    """As much of a world as an empty delivery needs."""

    scenario = load_scenario()


# --- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_headers_in_another_spelling_load_and_an_unknown_column_is_told(spoiled):
    folder, told, reports = spoiled
    unknown = {f["table"] for f in told if f["kind"] == "unknown_column"}
    spelled = [f for f in told if f["kind"] == "other_header"]
    assert unknown
    assert spelled
    for r in reports:
        assert (RULES.unknown_header in r["message"]) == (r["table"] in unknown)
    for fault in spelled:
        header = pa_csv.open_csv(folder / "files" / fault["file"]).schema.names
        title = CONTRACTS.table(fault["source"], fault["table"]).by_name[fault["column"]].title
        assert title not in header
        assert faults.other_header(CONTRACTS.table(fault["source"], fault["table"]).by_name[fault["column"]]) in header


# --- the scenario against the contracts ---------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "source", "name", "column"), PLACES)
def test_every_place_can_have_its_kind(kind, source, name, column):
    table = CONTRACTS.table(source, name)
    assert kind in faults.KINDS or kind in faults.OTHERS
    assert (source, name) not in {("quality_assurance", "question_map"), ("reference", "record_restrictions")}
    if not column:
        return
    found = table.by_name[column]
    elsewhere = {
        CONTRACTS.find(t, k.to).relation for t in CONTRACTS.tables if t.source != source for k in t.foreign_keys
    }
    if kind in faults.KINDS:
        effect = faults.KINDS[kind].effect or ("quarantined" if table.quarantines(found) else "blanked")
        assert effect not in ("quarantined", "refused") or table.relation not in elsewhere, (
            "rows of other sources name its rows"
        )
    for text in RULES.texts.get(kind, ()):
        if kind == "no_value":
            assert says_nothing(text)
            assert not found.required
        else:
            assert not says_nothing(text)
            assert converter(found, CONTRACTS.code_sets)(text)[1] == faults.KINDS[kind].code
    match kind:
        case "date_in_future" | "date_too_early":
            assert found.type in ("date", "datetime")
            assert not found.planned
            assert not found.old
        case "end_before_start":
            assert column in {second for _, second in table.ordered_dates}
        case "orphan":
            keys = [k for k in table.foreign_keys if column in k.columns]
            assert keys
            assert not any("." in k.to for k in keys), "whether it is found would depend on which sources are loaded"
        case "missing_value":
            assert found.required is True
        case "missing_condition":
            assert column in {r.column for r in table.required_if}
        case "repeated_key":
            assert found.type == "code"
            assert column not in table.key


# --- cells --------------------------------------------------------------------------------------------------------


def test_a_text_among_values_makes_texts_of_all():
    contract = CONTRACTS.table("ssd", "missing").by_name
    column, moments = contract["missing_start_at"], np.array([0, faults.BLANK_SECONDS, 90_061], dtype=np.int64)
    assert faults.as_texts(column, moments).tolist() == ["1970-01-01 00:00:00", None, "1970-01-02 01:01:01"]
    assert faults.changed(column, moments, {0: "soon"}, natural=False).tolist() == ["soon", None, "1970-01-02 01:01:01"]
    day = CONTRACTS.table("ssd", "cin_visits").by_name["cin_visit_date"]
    days = np.array([0, BLANK, 2], dtype=np.int32)
    assert faults.changed(day, days, {2: "soon"}, natural=True).tolist() == [date(1970, 1, 1), None, "soon"]
    assert faults.changed(day, days, {2: 5, 0: None}, natural=False).tolist() == [BLANK, BLANK, 5]
    seen = faults.changed(
        contract["missing_type"], Words(np.array([0, -1], dtype=np.int32), ("a",)), {1: "b"}, natural=False
    )
    assert seen.strings().tolist() == ["a", "b"]


def test_a_table_with_other_headers_keeps_its_cells():
    table = CONTRACTS.table("ssd", "department")
    rows = Rows({c.name: Words(np.array([0], dtype=np.int32), (c.name,)) for c in table.columns})
    plain = arrow_table(table, rows)
    shown = faults.with_headers(table, plain, {"Team no": "team_id", "Extra": None})
    assert shown.column_names == ["Team no", *plain.column_names[1:], "Extra"]
    assert shown.column("Team no").to_pylist() == plain.column(0).to_pylist()
    assert isinstance(shown, pa.Table)
