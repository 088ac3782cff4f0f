"""One place per change: a column, a spelling and a dataset are one edit, made here on a copy of the YAML and CSV.

What needs a build of the warehouse (KPIs, targets, a release) is in tests/warehouse/test_one_place_warehouse.py.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from expectations.contracts import load_contracts
from orchestration import dictionary
from orchestration.ingest.load import load, load_folder
from orchestration.ingest.parse import answer
from orchestration.ingest.read import read_sheets
from orchestration.settings import PROJECT_ROOT as ROOT
from orchestration.settings import Settings
from orchestration.synthetic.generate import generate
from orchestration.warehouse.build import prepare
from orchestration.warehouse.dbt import candidate_file
from tests.conftest import AS_AT, make_home
from tests.control import grid, write_csv

FOLDERS = ("expectations", "dbt_project", "exports")
# One added column of every type: the entry in the contract, and the type of the column in the typed Parquet.
ADDED: dict[str, tuple[str, pa.DataType]] = {
    "interpreter_needed": ("type: code, codes: yes_no_unknown", pa.string()),
    "acknowledged_date": ("type: date", pa.date32()),
    "children_in_household": ("type: integer, minimum: 1, maximum: 4", pa.int64()),
    "screening_score": ("type: decimal", pa.decimal128(18, 4)),
    "referrer_reference": ("type: id", pa.string()),
    "referrer_organisation": ("type: text", pa.string()),
    "incident_postcode": ("type: postcode", pa.string()),
}
RAW = [
    raw
    for name in ADDED
    for raw in ([name, f"{name}_raw", f"{name}_rule"] if "type: code" in ADDED[name][0] else [name])
]

pytestmark = pytest.mark.xdist_group("one_place")  # one worker, so that the road below is gone once


def copy_of_project(folder: Path) -> Path:
    """A copy of everything that is data of the project: contracts, dbt project, datasets."""
    for name in FOLDERS:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs", "*.py", "__pycache__")
        )
    (folder / "docs").mkdir()
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_columns(project: Path) -> None:
    """The one edit: entries at the end of list 3 in expectations/sources/annex_a.yml."""
    path = project / "expectations" / "sources" / "annex_a.yml"
    text = path.read_text(encoding="utf-8")
    entries = "".join(
        f'      - {{name: {name}, header: "{name.replace("_", " ").title()}", {kind}, description: "Added: {name}"}}\n'
        for name, (kind, _) in ADDED.items()
    )
    place = text.index("  list_4:\n")
    path.write_text(text[:place] + entries + text[place:], encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_of_project(tmp_path / "project")


# --- a column of an extract ---------------------------------------------------------------------------------------


class Road:
    """Two deliveries through the loader into schema raw: one from before the contract had the columns, one after."""

    def __init__(self, folder: Path) -> None:
        self.project = copy_of_project(folder / "project")
        make_home(folder / "home")
        before = Settings(home=folder / "home", settle_seconds=0)
        generate(before.landing, AS_AT, first="2025-08", last="2025-08", sources=("annex_a",))
        self.old = load(before, known_on=AS_AT)

        add_columns(self.project)
        self.settings = Settings(home=folder / "home", settle_seconds=0, project_root=self.project)
        self.contracts = load_contracts(self.settings.expectations)
        self.table = self.contracts.table("annex_a", "list_3")
        generate(
            self.settings.landing,
            AS_AT,
            first="2025-09",
            last="2025-09",
            contracts=self.contracts,
            sources=("annex_a",),
        )
        self.workbook = folder / "Annex_A_2025_Sep.xlsx"
        shutil.copy(self.settings.landing / self.workbook.name, self.workbook)
        self.new = load(self.settings, known_on=AS_AT)
        prepare(self.settings, AS_AT, date.max)

    def parquet(self, reports: list[dict[str, object]]) -> pa.Table:
        """List 3 as it lies in the store."""
        load_id = next(r["load_id"] for r in reports if r["table"] == "list_3")
        return pq.read_table(load_folder(self.settings, load_id) / "annex_a__list_3.parquet")


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    return Road(tmp_path_factory.mktemp("one_place"))


def test_an_added_column_changes_the_generated_files_where_it_stands_and_nowhere_else(project: Path):
    before = {path.relative_to(ROOT): text for path, text in dictionary.generated(ROOT).items()}
    add_columns(project)
    after = {path.relative_to(project): text for path, text in dictionary.generated(project).items()}
    changed = {path for path in after if before[path] != after[path]}
    sources = Path("dbt_project/models/staging/annex_a/_annex_a__sources.yml")
    assert changed == {Path("docs/data_dictionary.md"), sources}

    def raw_columns(text: str) -> dict[str, list[str]]:
        return {t["name"]: [c["name"] for c in t["columns"]] for t in yaml.safe_load(text)["sources"][0]["tables"]}

    old, new = raw_columns(before[sources]), raw_columns(after[sources])
    assert new == old | {"list_3": old["list_3"] + RAW}

    page = Path("docs/data_dictionary.md")
    lines = [d for d in difflib.ndiff(before[page].splitlines(), after[page].splitlines()) if d[0] in "+-"]
    assert [line.split("|")[1].strip() for line in lines] == list(ADDED)
    assert all(line.startswith("+ ") and f"Added: {name}" in line for line, name in zip(lines, ADDED, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDED)
def test_an_added_column_is_generated_by_its_type_and_codes(road: Road, name: str):
    sheet = next(s for s in read_sheets(road.workbook) if s.name == "List 3")
    column = road.table.by_name[name]
    cells = [row[sheet.rows[0].index(column.title)] for row in sheet.rows[1:]]
    filled = [cell for cell in cells if cell not in ("", None)]
    assert len(cells) > 50
    assert 0.5 < len(filled) / len(cells) < 1, "some blanks, since the contract allows them"
    assert len(set(filled)) > 1


@pytest.mark.slow
def test_an_added_column_changes_no_other_cell_and_the_same_again_gives_the_same_bytes(road: Road, tmp_path: Path):
    again = generate(
        tmp_path / "again", AS_AT, first="2025-09", last="2025-09", contracts=road.contracts, sources=("annex_a",)
    )
    assert next(p for p in again if p.suffix == ".xlsx").read_bytes() == road.workbook.read_bytes()
    without = generate(tmp_path / "without", AS_AT, first="2025-09", last="2025-09", sources=("annex_a",))
    old = {s.name: s.rows for s in read_sheets(next(p for p in without if p.suffix == ".xlsx"))}
    new = {s.name: s.rows for s in read_sheets(road.workbook)}
    width = len(road.table.columns) - len(ADDED)
    assert [len(row) for row in new["List 3"]] == [width + len(ADDED)] * len(old["List 3"])
    new["List 3"] = [row[:width] for row in new["List 3"]]
    assert new == old


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDED)
def test_an_added_column_is_in_the_typed_parquet(road: Road, name: str):
    assert {str(r["state"]) for r in road.new} == {"accepted"}
    reasons = next(r["reasons"] for r in road.new if r["table"] == "list_3")
    assert [reason for reason in reasons if reason["column"] in ADDED] == [], "every generated value was read"
    assert [r["message"] for r in road.new if "not in the file" in str(r["message"])] == []
    data = road.parquet(road.new)
    assert data.schema.field(name).type == ADDED[name][1]
    assert 0 < data.column(name).null_count < data.num_rows


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDED)
def test_a_load_from_before_builds_with_null(road: Road, name: str):
    assert name not in road.parquet(road.old).column_names, "the old load is not touched"
    with duckdb.connect(str(candidate_file(road.settings)), read_only=True) as db:
        found = db.execute(
            f"select period, count(*), count({name}) from raw.annex_a__list_3 group by period order by period"
        ).fetchall()
    assert [period for period, _, _ in found] == ["2025-08", "2025-09"]
    (_, old_rows, old_filled), (_, new_rows, new_filled) = found
    assert old_rows > 0
    assert old_filled == 0
    assert 0 < new_filled < new_rows


@pytest.mark.slow
def test_the_raw_relation_has_what_the_source_file_says(road: Road):
    with duckdb.connect(str(candidate_file(road.settings)), read_only=True) as db:
        found = [(r[0], r[1].lower()) for r in db.execute("describe raw.annex_a__list_3").fetchall()]
    path = road.project / "dbt_project/models/staging/annex_a/_annex_a__sources.yml"
    tables = yaml.safe_load(dictionary.generated(road.project)[path])["sources"][0]["tables"]
    columns = next(t["columns"] for t in tables if t["name"] == "list_3")
    assert found == [(c["name"], c["data_type"]) for c in columns]
    assert [name for name, _ in found][-len(RAW) :] == RAW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("interpreter_needed", pa.scalar("sometimes")),
        ("acknowledged_date", pa.scalar(date(2025, 10, 1))),
        ("children_in_household", pa.scalar(5)),
        ("screening_score", pa.scalar("high")),
    ],
)
def test_the_gate_knows_an_added_column(road: Road, name: str, bad: pa.Scalar):
    """A code outside its list, a day after the snapshot, a number over the maximum, another type."""
    from expectations.gate import Batch, gate_extracts

    data = road.parquet(road.new)

    def failures(rows: pa.Table) -> list[str]:
        batch = Batch(1, road.table, date(2025, 9, 30), rows, "load 1")
        return [failure.column for failure in gate_extracts([batch], None, road.contracts.code_sets)]

    assert failures(data) == []
    spoilt = pa.array([bad.as_py()] * data.num_rows)
    assert failures(data.set_column(data.column_names.index(name), name, spoilt)) == [name]


# --- a table, or a whole extract ----------------------------------------------------------------------------------

NEW_SOURCE = """
source: advocacy_service
title: Register of the advocacy service
owner: Participation
cadence: monthly
retention_years: 7
snapshot: period_end
period_from: file name (advocacy_service_<table>_2025-09.csv) or --period
file_prefix: advocacy_service
tables:
  advocates:
    title: Advocates
    grain: one row per advocate
    mode: replace
    key: [advocate_id]
    coverage: [stock]
    columns:
      - {name: advocate_id, type: id, required: true, description: "Number of the advocate"}
      - {name: advocate_region, type: text, description: "Where the advocate works"}
  advocacy_sessions:
    title: Advocacy sessions
    grain: one row per session
    mode: append
    key: [advocacy_session_id]
    coverage: [flow]
    history: advocacy_session_date
    foreign_keys:
      - {columns: [advocate_id], to: advocates}
    required_if:
      - {column: advocacy_declined_reason, when: {advocacy_held: ["no"]}}
    columns:
      - {name: advocacy_session_id, type: id, required: true, description: "Number of the session"}
      - {name: advocate_id, type: id, description: "Number of the advocate"}
      - {name: advocacy_session_date, type: date, required: true, description: "Day of the session"}
      - {name: advocacy_held, type: code, codes: yes_no, description: "Whether the session was held"}
      - {name: advocacy_declined_reason, type: text, description: "Why it was not"}
"""


def test_a_new_extract_is_one_yaml_file(project: Path, tmp_path: Path):
    """Loaded, ruled, gated, in schema raw, in the dictionary and among dbt's sources, without a line of code."""
    (project / "expectations" / "sources" / "advocacy_service.yml").write_text(NEW_SOURCE, encoding="utf-8")
    make_home(tmp_path / "home")
    settings = Settings(home=tmp_path / "home", settle_seconds=0, project_root=project)
    landing = settings.landing
    (landing / "advocacy_service_advocates_2025-08.csv").write_text("advocate_id,advocate_region\n1,North\n2,South\n")
    (landing / "advocacy_service_advocacy_sessions_2025-08.csv").write_text(
        "advocacy_session_id,advocate_id,advocacy_session_date,advocacy_held,advocacy_declined_reason\n"
        "11,1,2025-08-02,yes,\n12,9,03/08/2025,no,ill\n13,2,2025-08-04,no,\n"
    )
    reports = {r["table"]: r for r in load(settings, known_on=AS_AT)}
    assert reports["advocates"]["state"] == "accepted"
    told = [(x["code"], x["column"], x["rows"]) for x in reports["advocacy_sessions"]["reasons"]]
    assert told == [("CONDITIONAL_BLANK", "advocacy_declined_reason", [4]), ("ORPHAN", "advocate_id", [3])]
    prepare(settings, AS_AT, date.max)
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as db:
        rows = db.execute(
            "select advocacy_session_id, advocacy_session_date from raw.advocacy_service__advocacy_sessions order by 1"
        ).fetchall()
        assert rows == [("11", date(2025, 8, 2)), ("12", date(2025, 8, 3))]
        assert db.execute("select rule, rows from raw.issues where table_name = 'advocacy_sessions' order by 1").fetchall() == [
            ("CONDITIONAL_BLANK", 1), ("ORPHAN", 1),
        ]  # fmt: skip
    made = {path.name: text for path, text in dictionary.generated(project).items()}
    assert "advocacy_service.advocacy_sessions" in made["data_dictionary.md"]
    assert "advocate_id refers to advocates" in made["data_dictionary.md"]
    assert "advocacy_service__advocacy_sessions" in made["_advocacy_service__sources.yml"]


# --- a spelling of a code -----------------------------------------------------------------------------------------


def test_a_spelling_is_one_entry_in_the_code_list(project: Path, tmp_path: Path):
    spelling = "CMHT (Adult)"
    referrals = grid("annex_a", "list_3")
    for number in range(2, 12):
        referrals.set(number, "referral_source", spelling)
    file = write_csv(tmp_path / "Annex_A_2025_Jun_List_3.csv", referrals)

    def read() -> tuple[set[Any], list[Any]]:
        out = tmp_path / "out"
        job = {
            "path": str(file),
            "name": file.name,
            "period": None,
            "out": str(out),
            "share": 0.2,
            "floor": 8,
            "known_on": "2026-11-01",
        }
        done = answer(job, load_contracts.__wrapped__(project / "expectations"))
        assert done["ok"], done
        data = pq.read_table(out / "annex_a__list_3.parquet", columns=["referral_source", "referral_source_rule"])
        return set(zip(*(c.to_pylist() for c in data.columns), strict=True)), done["tables"][0]["reasons"]

    codes, reasons = read()
    assert codes == {("unknown", "unknown")}
    assert [(r["column"], r["action"]) for r in reasons] == [("referral_source", "blanked")]

    path = project / "expectations" / "codes" / "contact_source.csv"
    line = next(x for x in path.read_text(encoding="utf-8").splitlines() if x.startswith("3D,"))
    edit(path, f"{line}\n", f"{line}|{spelling}\n")
    assert read() == ({("3D", "spelling")}, [])


# --- a published dataset ------------------------------------------------------------------------------------------


def test_a_dataset_is_one_file(project: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QAPM_PROJECT_ROOT", str(project))
    listed = [d["dataset"] for d in run("datasets", "--as-at", AS_AT, "--json").document]
    text = (project / "exports" / "quarterly_quality_assurance_report.yml").read_text(encoding="utf-8")
    text = text.replace("dataset: quarterly_quality_assurance_report", "dataset: audit_bulletin", 1)
    (project / "exports" / "audit_bulletin.yml").write_text(text, encoding="utf-8")
    shown = run("datasets", "--as-at", AS_AT, "--json").document
    assert [d["dataset"] for d in shown] == sorted([*listed, "audit_bulletin"])
    bulletin = next(d for d in shown if d["dataset"] == "audit_bulletin")
    assert (bulletin["cadence"], bulletin["next_period"], bulletin["next_due"]) == (
        "quarterly",
        "2025-26-Q3",
        "2026-01-22",
    )
