"""Any bytes through the whole loader and its parsing child: one state a file, nothing half done, nothing held before changed."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.ingest import load as loading
from orchestration.ledger import Ledger
from orchestration.settings import Settings
from tests.conftest import make_home
from tests.control import CANARY, Grid, annex_a, csv_bytes, grid, write_xlsx

KNOWN = date(2025, 7, 3)
MAY = date(2025, 5, 31)
STATES = {"accepted", "accepted_with_quarantine", "rejected", "duplicate"}
SECONDS = 30  # a load of a dozen small files; each may start the child anew
FILES = 8  # in one load
SETTINGS = settings(
    max_examples=2, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)  # fmt: skip


def parquet_bytes(one: Grid, **form: Any) -> bytes:  # noqa: ANN401 - the options of write_table
    cells = {
        h: [None if c == "" else c for c in column]
        for h, column in zip(one.headers, zip(*one.rows, strict=True), strict=True)
    }
    kept = BytesIO()
    pq.write_table(pa.table(cells), kept, **form)
    return kept.getvalue()


def census() -> bytes:
    one = grid("workforce", "csww_workers")
    rows = "".join(
        "<CSWWWorker>" + "".join(f"<{h}>{c}</{h}>" for h, c in zip(one.headers, row, strict=True)) + "</CSWWWorker>"
        for row in one.rows
    )
    return f"<Message><Collection>CSWW</Collection><ReferenceDate>2025-06-30</ReferenceDate>{rows}</Message>".encode()


@cache
def whole_files() -> tuple[tuple[str, bytes], ...]:
    """(ending, content) of valid files of several sources and of every kind."""
    with TemporaryDirectory() as folder:
        book = write_xlsx(Path(folder) / "a.xlsx", list(annex_a(rows=8).values())[:3]).read_bytes()
    return (
        ("csv", csv_bytes(grid("annex_a", "list_3"))),
        ("csv", csv_bytes(grid("ssd", "contacts"), delimiter=";", encoding="utf-8-sig")),
        ("csv", csv_bytes(grid("quality_assurance", "audits"), encoding="utf-16")),
        ("tsv", csv_bytes(grid("voice", "feedback"), delimiter="\t", encoding="cp1252")),
        ("csv", csv_bytes(grid("published_statistics", "dfe_rows")).replace(b"\r\n", b",7\r\n")),
        ("csv", csv_bytes(grid("quality_assurance", "form_answers"))),
        ("xlsx", book),
        ("parquet", parquet_bytes(grid("ssd", "s47_enquiry"), compression="zstd")),
        ("parquet", parquet_bytes(grid("annex_a", "list_8"), compression="snappy", use_dictionary=False)),
        ("parquet", parquet_bytes(grid("workforce", "workers"), compression="none")),
        ("xml", census()),
    )


def mutated(content: bytes, seed: int) -> bytes:
    """A file with a few places changed, cut, repeated or put from another file."""
    dice = Random(seed)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(content) + 1)
        length = dice.choice((1, 1, 2, 8, 64, 400))
        part = content[place : place + length]
        other = dice.choice(whole_files())[1]
        start = dice.randrange(len(other))
        content = dice.choice(
            (
                content[:place] + dice.randbytes(length) + content[place + length :],
                content[:place] + bytes(b ^ 1 << dice.randrange(8) for b in part) + content[place + length :],
                content[:place] + content[place + length :],
                content[:place] + part * dice.choice((2, 50)) + content[place + length :],
                content[:place] + other[start : start + length] + content[place:],
                content[:place] + dice.choice((b'"', b"\0", b"\r", b"\n", b",", b"\xef\xbb\xbf", b"&x;", b"\xff", b"1E+06"))
                + content[place:],
                content[:place],
            )
        ) or b"x"  # fmt: skip
    return content


ANY_BYTES = st.tuples(
    st.sampled_from(["csv", "xlsx", "xls", "parquet", "xml", "txt"]),
    st.one_of(
        st.binary(max_size=400),
        st.tuples(
            st.sampled_from([b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml", b"\xff\xfe", b"id,day\n"]),
            st.binary(max_size=400), st.sampled_from([b"", b"PAR1", b"</Message>", b"\n"]),
        ).map(b"".join),
    ),
)  # fmt: skip
SEEDS = st.integers(0, 2**32)


# --- what holds after every load ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds files of May, and their gate with its seconds of import behind it."""
    folder = tmp_path_factory.mktemp("held")
    make_home(folder / "home")
    files = []
    for source, name in (("annex_a", "list_3"), ("ssd", "contacts"), ("quality_assurance", "audits")):
        files.append(folder / f"{source}_{name}_2025-05.csv")
        files[-1].write_bytes(csv_bytes(grid(source, name, snapshot=MAY)))
    reports = loading.load(Settings(home=folder / "home"), files, known_on=KNOWN)
    assert {r["state"] for r in reports} == {"accepted"}, reports
    return folder / "home"


@pytest.fixture
def a_home(held: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a fresh copy of `held`."""

    def make() -> Path:
        shutil.rmtree(tmp_path / "home", ignore_errors=True)
        shutil.copytree(held, tmp_path / "home")
        return tmp_path / "home"

    return make


def hashes(home: Path) -> dict[str, str]:
    loads = home / "store" / "loads"
    return {
        str(p.relative_to(loads)): hashlib.sha256(p.read_bytes()).hexdigest() for p in loads.rglob("*") if p.is_file()
    }


def taken(home: Path, files: Sequence[tuple[str, bytes]], **limits: int) -> dict[str, list[dict[str, Any]]]:
    """Load files as June's and check what must hold whatever they are; their reports by name."""
    folder = home.parent / "given"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths = []
    for number, (ending, content) in enumerate(files):
        paths.append(folder / f"file_{number:02d}.{ending}")
        paths[-1].write_bytes(content)
    set_up = Settings(home=home, settle_seconds=0, **limits)
    with Ledger(set_up.ledger_path) as ledger:
        last = max(int(str(r["load_id"])) for r in ledger.reports())
    before, started = hashes(home), time.monotonic()
    reports: list[dict[str, Any]] = loading.load(set_up, paths, period="2025-06", known_on=KNOWN)
    assert time.monotonic() - started < SECONDS, "the load took longer than any dozen small files may"

    by_file: dict[str, list[dict[str, Any]]] = {p.name: [] for p in paths}
    for report in reports:
        by_file[report["file"]].append(report)
    for name, mine in by_file.items():
        assert len({r["load_id"] for r in mine}) == 1, f"{name} has no load, or several"
        (state,) = {r["state"] for r in mine}
        assert state in STATES
        assert "\n" not in mine[0]["message"]
        assert CANARY not in mine[0]["message"]
        for report in mine:
            if state.startswith("accepted"):
                assert report["rows_read"] == (
                    report["rows_loaded"] + report["rows_quarantined"] + report["rows_deduplicated"]
                )
    with Ledger(set_up.ledger_path) as ledger:
        assert ledger.unfinished() == []
        mine = [r for r in ledger.reports() if int(str(r["load_id"])) > last]
        assert {(r["file"], r["load_id"]) for r in mine} == {(r["file"], r["load_id"]) for r in reports}
        accepted = {int(str(r["load_id"])) for r in mine if str(r["state"]).startswith("accepted")}
    assert list((home / "store").rglob("*.tmp")) == []
    after = hashes(home)
    assert {k: after.get(k) for k in before} == before, "a file loaded before has changed"
    new = {int(k.split("/")[0]) for k in after if k not in before}
    assert new == accepted, "a load that was not accepted left files, or an accepted one none"
    for report in reports:
        if report["load_id"] in accepted:
            path = loading.load_folder(set_up, report["load_id"]) / f"{report['source']}__{report['table']}.parquet"
            assert pq.read_table(path).num_rows == report["rows_loaded"]
    return by_file


@pytest.mark.slow
def test_the_files_are_accepted_before_anything_is_done_to_them(a_home):
    found = taken(a_home(), [f for f in whole_files() if b"FACT_FORM_ID" not in f[1]])
    assert [r["message"] for reports in found.values() for r in reports if r["state"] != "accepted"] == []


@pytest.mark.slow
@SETTINGS
@given(st.lists(ANY_BYTES, min_size=FILES, max_size=FILES))
def test_any_bytes_end_in_one_state_and_change_nothing(a_home, files):
    taken(a_home(), files)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text", "workbook", "parquet", "xml"])
@SETTINGS
@given(seeds=st.lists(SEEDS, min_size=FILES, max_size=FILES, unique=True))
def test_damaged_files_end_in_one_state_and_change_nothing(a_home, kind, seeds):
    endings = {"text": ("csv", "tsv"), "workbook": ("xlsx",), "parquet": ("parquet",), "xml": ("xml",)}[kind]
    whole = [f for f in whole_files() if f[0] in endings]
    files = [(*whole[n % len(whole)][:1], mutated(whole[n % len(whole)][1], seed)) for n, seed in enumerate(seeds)]
    taken(a_home(), files)


# --- limits of the child -----------------------------------------------------------------------------------------------------


def repeated(one: Grid, column: str, cell: str, rows: int) -> bytes:
    """A small Parquet file of very many rows: the first row of a grid, one cell of it changed, again and again."""
    values = dict(zip(one.headers, map(str, one.rows[0]), strict=True)) | {one.headers[one.place(column)]: cell}
    zeros = pa.array(bytearray(rows), pa.int8())
    table = pa.table({h: pa.DictionaryArray.from_arrays(zeros, pa.array([c])) for h, c in values.items()})
    kept = BytesIO()
    pq.write_table(table, kept, row_group_size=1 << 24)
    return kept.getvalue()


GOOD = ("csv", csv_bytes(grid("ssd", "cin_plans")))


@pytest.mark.slow
def test_a_file_that_needs_too_much_memory_is_rejected_and_the_next_one_is_read(a_home):
    """A megabyte that unpacks to a block of 64 GB."""
    bomb = repeated(grid("ssd", "contacts"), "contact_source_description", "x" * 1_000_000, 65_536)
    assert len(bomb) < 3_000_000
    found = taken(
        a_home(), [GOOD, ("parquet", bomb), ("csv", csv_bytes(grid("ssd", "cin_visits")))], parse_memory_mb=3000
    )
    assert [{r["state"] for r in reports} for reports in found.values()] == [{"accepted"}, {"rejected"}, {"accepted"}]
    (told,) = found["file_01.parquet"]
    assert told["message"].startswith("LIMITS")
    assert "send it in parts" in told["message"]


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_rejected_and_the_next_one_is_read(a_home):
    long = repeated(grid("ssd", "contacts"), "contact_id", "C1", 19_000_000)
    assert len(long) < 3_000_000
    seconds, started = 3, time.monotonic()
    found = taken(a_home(), [("parquet", long), GOOD], parse_seconds=seconds)
    assert time.monotonic() - started >= seconds
    assert [{r["state"] for r in reports} for reports in found.values()] == [{"rejected"}, {"accepted"}]
    (told,) = found["file_00.parquet"]
    assert told["message"].startswith("LIMITS")
