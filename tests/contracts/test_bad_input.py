"""What becomes of wrong, odd and repeated files: one case a row, each against the clean control delivery.

Every case also shows that rows read = loaded + quarantined + deduplicated, that no cell left the restricted store, and
that a file that is not accepted changes nothing that was held before.
"""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from expectations.contracts import load_contracts
from orchestration.ingest import load as loading
from orchestration.ingest.parse import answer
from orchestration.ledger import Ledger
from orchestration.periods import financial_year
from orchestration.settings import Settings
from tests import control
from tests.conftest import make_home
from tests.control import CANARY, SNAPSHOT, Grid, annex_a, write_csv, write_csv_folder, write_xlsx

NAME = "Annex_A_2025_Jun.xlsx"
BEFORE = date(2025, 5, 31)  # the delivery held before each case
ROWS = 110


class Here:
    """Parses in this process: the limits of the child have their own tests."""

    def __init__(self, settings: Settings) -> None:
        self._contracts = load_contracts(settings.expectations)

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        return answer(job, self._contracts)

    def close(self) -> None:
        pass


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads without the child process and without Great Expectations (4 s to import)."""
    monkeypatch.setattr(loading, "_Child", Here)
    monkeypatch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds May's clean delivery."""
    folder = tmp_path_factory.mktemp("held")
    make_home(folder / "home")
    write_xlsx(folder / "Annex_A_2025_May.xlsx", annex_a(snapshot=BEFORE).values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_Child", Here)
        patch.setattr("expectations.gate.gate_extracts", lambda *_, **__: [])
        reports = loading.load(
            Settings(home=folder / "home"), [folder / "Annex_A_2025_May.xlsx"], known_on=date(2025, 6, 5)
        )
    assert {r["state"] for r in reports} == {"accepted"}
    return folder / "home"


@pytest.fixture
def home(home: Path, held_before: Path) -> Path:
    shutil.rmtree(home)
    shutil.copytree(held_before, home)
    return home


# --- the cases ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """`make` writes the files into a folder; the rest is what must become of them.

    `reasons` are (table, code, column, rows) and must be exactly the reasons that quarantine or deduplicate.
    `says` are texts of the message; `values` are cells that must be nowhere outside the restricted store.
    """

    name: str
    make: Callable[[Path], object]
    state: str
    quarantined: int = 0
    loaded: int | None = ROWS
    deduplicated: int = 0
    reasons: tuple[tuple[str, str, str, tuple[int, ...]], ...] = ()
    code: str = ""
    says: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    check: Callable[[Callable[[str], list[dict[str, Any]]]], None] | None = field(default=None)


def accepted(name: str, make: Callable[[Path], object], **more: Any) -> Case:
    return Case(name, make, "accepted", **more)


def quarantined(
    name: str, make: Callable[[Path], object], table: str, code: str, column: str, *rows: int, **more: Any
) -> Case:
    more = {"quarantined": len(rows), "loaded": ROWS - len(rows), **more}
    return Case(name, make, "accepted_with_quarantine", reasons=((table, code, column, rows),), **more)


def rejected(name: str, make: Callable[[Path], object], code: str, *says: str, **more: Any) -> Case:
    return Case(name, make, "rejected", loaded=0, code=code, says=says, **more)


def workbook(change: Callable[[dict[str, Grid]], object] = lambda _: None, **form: Any) -> Callable[[Path], object]:
    """A maker of the control workbook with a change."""

    def make(folder: Path) -> None:
        lists = annex_a()
        change(lists)
        write_xlsx(folder / NAME, lists.values(), **form)

    return make


def cells(table: str, *changes: tuple[int, str, object], **form: Any) -> Callable[[Path], object]:
    """A maker of the control workbook with cells changed: (row, column, value)."""

    def change(lists: dict[str, Grid]) -> None:
        for row, column, value in changes:
            lists[table].set(row, column, value)

    return workbook(change, **form)


def csv_list(table: str, **form: Any) -> Callable[[Path], object]:
    """A maker of one list as CSV."""
    return lambda folder: write_csv(
        folder / f"Annex_A_2025_Jun_{table.replace('list', 'List')}.csv", annex_a()[table], **form
    )


def extra_column(lists: dict[str, Grid]) -> None:
    lists["list_3"].headers.append("Notes")
    for row in lists["list_3"].rows:
        row.append(f"{CANARY} note")


def without_column(table: str, column: str) -> Callable[[dict[str, Grid]], None]:
    def change(lists: dict[str, Grid]) -> None:
        place = lists[table].place(column)
        for row in [lists[table].headers, *lists[table].rows]:
            del row[place]

    return change


def gender_twice(lists: dict[str, Grid]) -> None:
    for row in [lists["list_1"].headers, *lists["list_1"].rows]:
        row.append(row[1])


def reverse(lists: dict[str, Grid]) -> None:
    for one in lists.values():
        one.headers.reverse()
        for row in one.rows:
            row.reverse()


def title(table: str, text: str) -> Callable[[dict[str, Grid]], None]:
    return lambda lists: setattr(lists[table], "title", text)


def dates_as(text: str) -> Callable[[dict[str, Grid]], None]:
    def change(lists: dict[str, Grid]) -> None:
        for one in lists.values():
            one.rows[:] = [[c.strftime(text) if isinstance(c, date) else c for c in row] for row in one.rows]

    return change


def same_as(table: str, row: int, original: int, **changed: object) -> Callable[[dict[str, Grid]], None]:
    """Make a row a copy of another one, with some columns changed."""

    def change(lists: dict[str, Grid]) -> None:
        one = lists[table]
        one.rows[row - 2] = list(one.rows[original - 2])
        for column, value in changed.items():
            one.set(row, column, value)

    return change


def key_in_two_spellings(lists: dict[str, Grid]) -> None:
    lists["list_1"].set(4, "contact_source", "q) 6: Police")
    same_as("list_1", 7, 4, contact_source="Police", ethnicity="a) WBRI")(lists)


def without_births(lists: dict[str, Grid]) -> None:
    lists["list_6"] = control.grid("annex_a", "list_6", rows=12)
    for row in (3, 6, 9):
        lists["list_6"].set(row, "date_of_birth", "")


def cut_short(folder: Path) -> None:
    whole = write_xlsx(folder / "whole.xlsx", annex_a().values())
    (folder / NAME).write_bytes(whole.read_bytes()[:20_000])
    whole.unlink()


def password(folder: Path) -> None:
    """The container of an encrypted workbook: an OLE file whose directory names the stream EncryptedPackage."""
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
        0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    header += struct.pack("<I", 0) + b"\xff" * (512 - len(header) - 4)
    fat = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * 504
    entries = b""
    for name, kind, child in (("Root Entry", 5, 1), ("EncryptedPackage", 2, 0xFFFFFFFF)):
        text = name.encode("utf-16-le")
        entries += struct.pack(
            "<64sHBBIII16sIQQIQ", text, len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, b"", 0, 0, 0, 0xFFFFFFFE, 0
        )  # fmt: skip
    (folder / NAME).write_bytes(header + fat + entries.ljust(512, b"\0"))


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(50):
                member.write(b"0" * 1_000_000)


def old(row: int) -> date:
    """A birth date that makes the child old enough for the dates of 2020 and 2021 in these cases."""
    return date(2014, 1, row)


def is_day(table: str, column: str, row: int, day: date) -> Callable[[Callable[[str], list[dict[str, Any]]]], None]:
    def check(stored: Callable[[str], list[dict[str, Any]]]) -> None:
        assert [r[column] for r in stored(table) if r["row_number"] == row] == [day]

    return check


def is_value(
    table: str, column: str, row: int, value: object
) -> Callable[[Callable[[str], list[dict[str, Any]]]], None]:
    def check(stored: Callable[[str], list[dict[str, Any]]]) -> None:
        assert [r[column] for r in stored(table) if r["row_number"] == row] == [value]

    return check


def all_days(stored: Callable[[str], list[dict[str, Any]]]) -> None:
    expected = control.grid("annex_a", "list_3")
    found = [r["referral_date"] for r in stored("list_3")]
    assert found == [expected.get(row, "referral_date") for row in range(2, 12)]


def years_differ(stored: Callable[[str], list[dict[str, Any]]]) -> None:
    days = {r["row_number"]: r["referral_date"] for r in stored("list_3")}
    assert (days[10], days[11]) == (date(2025, 3, 31), date(2025, 4, 1))
    assert (financial_year(days[10]), financial_year(days[11])) == ("2024-25", "2025-26")


def no_list_4(stored: Callable[[str], list[dict[str, Any]]]) -> None:
    with pytest.raises(FileNotFoundError):
        stored("list_4")


def notes_not_stored(stored: Callable[[str], list[dict[str, Any]]]) -> None:
    assert not any("note" in name.casefold() for name in stored("list_3")[0])


NBSP = "\u00a0"
UNBORN_PLAN = SNAPSHOT - timedelta(days=112)  # row 4 of list 7
CASES = [
    # headers and schema
    accepted("A01 control workbook", workbook()),
    accepted("A02 control CSV folder", lambda f: write_csv_folder(f / "csv", annex_a()), check=all_days),
    accepted(
        "A03 BOM and upper-case headers",
        lambda f: write_csv_folder(f / "csv", annex_a(), encoding="utf-8-sig", header=str.upper),
        check=all_days,
    ),
    accepted("A04 a title row above", workbook(title_row=True, front_sheets=True), says=("11 of 11", "Front_Sheet")),
    quarantined("A05 blank id", cells("list_3", (4, "child_id", "")), "list_3", "MANDATORY_BLANK", "child_id", 4),
    accepted("A06 columns reversed", workbook(reverse), check=all_days),
    accepted(
        "A07 extra column", workbook(extra_column), says=("list_3: columns not in the contract, not loaded: Notes",),
        check=notes_not_stored,
    ),
    rejected(
        "A08 id column missing", workbook(without_column("list_3", "child_id")), "MISSING_COLUMN", "list_3", "Child Unique ID"
    ),
    rejected("A09 Gender twice", workbook(gender_twice), "DUPLICATE_HEADER", "list_1", "Gender"),
    accepted("A10 sheet renamed", workbook(title("list_3", "Referrals")), check=all_days),
    accepted("A10b sheet renamed to anything", workbook(title("list_3", "Sheet (2)")), check=all_days),
    accepted(
        "A11 header only", workbook(lambda lists: lists["list_9"].rows.clear()), loaded=100, says=("list_9: 0 rows",)
    ),
    accepted(
        "A12 list 4 missing", workbook(lambda lists: lists.pop("list_4")), loaded=100,
        says=("not in the file, their KPIs are not available: list_4",), check=no_list_4,
    ),
    accepted(
        "A13 50 trailing blank rows", workbook(lambda lists: lists["list_3"].rows.extend([[" "] * 11 for _ in range(50)]))
    ),
    # dates
    accepted("A14 ISO text", workbook(dates_as("%Y-%m-%d")), check=all_days),
    accepted("A15 dd/mm/yyyy text", workbook(dates_as("%d/%m/%Y")), check=all_days),
    accepted(
        "A16 serial number", cells("list_3", (2, "date_of_birth", old(2)), (2, "referral_date", 44197)),
        check=is_day("list_3", "referral_date", 2, date(2021, 1, 1)),
    ),
    accepted(
        "A16b serial number as text", cells("list_3", (2, "date_of_birth", old(2)), (2, "referral_date", "44197")),
        check=is_day("list_3", "referral_date", 2, date(2021, 1, 1)),
    ),
    accepted("A16c the workbook's epoch is 1904", workbook(epoch_1904=True), check=all_days),
    quarantined(
        "A17 month first", cells("list_3", (2, "referral_date", "12/25/2020")), "list_3", "BAD_DATE", "referral_date", 2,
        values=("12/25/2020", "2020-12-25"),
    ),
    quarantined(
        "A18 impossible day", cells("list_3", (3, "referral_date", "31/02/2021")), "list_3", "BAD_DATE", "referral_date", 3,
        values=("31/02/2021",),
    ),
    quarantined(
        "A19 two-digit year", cells("list_3", (4, "referral_date", "01/02/21")), "list_3", "BAD_DATE", "referral_date", 4,
        values=("01/02/21",),
    ),
    quarantined(
        "A20 contact of next year", cells("list_1", (5, "contact_date", date(2026, 6, 1))),
        "list_1", "DATE_IN_FUTURE", "contact_date", 5, values=("2026-06-01", "01/06/2026"),
    ),
    quarantined(
        "A21 closed before it started",
        cells("list_6", (3, "cin_start_date", date(2025, 3, 3)), (3, "cin_closure_date", date(2025, 3, 2))),
        "list_6", "END_BEFORE_START", "cin_closure_date", 3,
    ),
    accepted(
        "A21b closed on the day it started",
        cells("list_6", (3, "cin_start_date", date(2025, 3, 3)), (3, "cin_closure_date", date(2025, 3, 3))),
    ),
    accepted(
        "A22 plan 30 days before birth", cells("list_7", (4, "date_of_birth", UNBORN_PLAN + timedelta(days=30))),
        check=is_day("list_7", "cp_plan_start_date", 4, UNBORN_PLAN),
    ),
    quarantined(
        "A23 plan 3 years before birth", cells("list_7", (4, "cp_plan_start_date", date(2019, 6, 1))),
        "list_7", "DATE_BEFORE_BIRTH", "cp_plan_start_date", 4,
    ),
    quarantined(
        "A24 aged 40", cells("list_3", (6, "date_of_birth", date(1985, 1, 2))), "list_3", "AGE_OUT_OF_RANGE", "date_of_birth", 6,
        values=("1985-01-02",),
    ),
    accepted(
        "A25 23:30 on 30 June", cells("list_1", (5, "contact_date", datetime(2025, 6, 30, 23, 30))),
        check=is_day("list_1", "contact_date", 5, SNAPSHOT),
    ),
    accepted(
        "A25b 23:30 in a zone, as text", cells("list_1", (5, "contact_date", "2025-06-30T23:30:00+01:00")),
        check=is_day("list_1", "contact_date", 5, SNAPSHOT),
    ),
    accepted(
        "A26 31 March and 1 April",
        cells("list_3", (10, "referral_date", date(2025, 3, 31)), (11, "referral_date", date(2025, 4, 1))),
        check=years_differ,
    ),
    accepted(
        "A27 29 February of a leap year", cells("list_3", (5, "date_of_birth", old(5)), (5, "referral_date", "29/02/2020")),
        check=is_day("list_3", "referral_date", 5, date(2020, 2, 29)),
    ),
    quarantined(
        "A27b 29 February of another year", cells("list_3", (5, "date_of_birth", old(5)), (5, "referral_date", "29/02/2021")),
        "list_3", "BAD_DATE", "referral_date", 5, values=("29/02/2021",),
    ),
    # values and ids
    accepted(
        "A28 leading zeros", cells("list_3", (2, "child_id", "0000042")), check=is_value("list_3", "child_id", 2, "0000042"),
        values=("0000042",),
    ),
    accepted(
        "A28b id as a number", cells("list_3", (2, "child_id", 10100001)), check=is_value("list_3", "child_id", 2, "10100001"),
        values=("10100001",),
    ),
    quarantined(
        "A29 scientific notation", cells("list_3", (3, "child_id", "1E+06")), "list_3", "BAD_ID", "child_id", 3, values=("1E+06",)
    ),
    quarantined(
        "A29b more digits than a number keeps", cells("list_3", (3, "child_id", 1234567890123456789)),
        "list_3", "BAD_ID", "child_id", 3, values=("12345678901234",),
    ),
    accepted(
        "A30 NBSP around an id", cells("list_3", (3, "child_id", f"{NBSP}7301422{NBSP}")),
        check=is_value("list_3", "child_id", 3, "7301422"), values=("7301422",),
    ),
    accepted("A31 NULL in an optional cell", cells("list_3", (3, "team", "NULL")), check=is_value("list_3", "team", 3, None)),
    accepted(
        "A31b NULL as a code", cells("list_3", (3, "referral_nfa", "NULL")),
        check=is_value("list_3", "referral_nfa_rule", 3, "blank"),
    ),
    accepted(
        "A32 a worker named Null", cells("list_3", (3, "worker", "Alex Null")), check=is_value("list_3", "worker", 3, "Alex Null"),
        values=("Alex Null",),
    ),
    quarantined("A33 unknown gender", cells("list_3", (3, "gender", "Z")), "list_3", "UNKNOWN_CODE", "gender", 3),
    accepted(
        "A33b unknown code where it is tolerated", cells("list_3", (3, "ethnicity", "ZZUNKNOWNZZ")),
        check=is_value("list_3", "ethnicity", 3, "unknown"), values=("ZZUNKNOWNZZ",),
    ),
    quarantined(
        "A34 negative count", cells("list_3", (3, "referrals_last_12_months", "-3")),
        "list_3", "BAD_NUMBER", "referrals_last_12_months", 3,
    ),
    quarantined(
        "A34b comma in a count", cells("list_3", (3, "referrals_last_12_months", "1,5")),
        "list_3", "BAD_NUMBER", "referrals_last_12_months", 3,
    ),
    Case(
        "A35 the same row twice", workbook(same_as("list_3", 9, 4)), "accepted", loaded=109, deduplicated=1,
        reasons=(("list_3", "DUPLICATE_ROW", "", (9,)),),
    ),
    Case(
        "A35b the same row in another spelling", workbook(same_as("list_3", 9, 4, gender="male")), "accepted",
        loaded=109, deduplicated=1, reasons=(("list_3", "DUPLICATE_ROW", "", (9,)),),
    ),
    quarantined(
        "A35c the same key, another content", workbook(same_as("list_3", 9, 4, referral_nfa="b) No" )),
        "list_3", "DUPLICATE_KEY", "child_id", 4, 9,
    ),
    quarantined(
        "A35d the same key with its code in another spelling",
        workbook(key_in_two_spellings),
        "list_1", "DUPLICATE_KEY", "child_id", 4, 7,
    ),
    quarantined(
        "A36 two dates of birth",
        workbook(same_as("list_3", 9, 4, date_of_birth=date(2016, 2, 3), referral_date=date(2025, 2, 3))),
        "list_3", "TWO_BIRTH_DATES", "date_of_birth", 4, 9,
    ),
    rejected("A37 a quarter without a date of birth", workbook(without_births), "TOO_MANY_QUARANTINED", "list_6", "date_of_birth"),
    accepted(
        "A38 a formula as text", cells("list_3", (3, "worker", "=1+1")), check=is_value("list_3", "worker", 3, "=1+1"),
        values=("=1+1",),
    ),
    # files
    accepted("A39 cp1252 CSV", csv_list("list_3", encoding="cp1252"), loaded=10),
    accepted("A40 semicolon CSV", csv_list("list_3", delimiter=";"), loaded=10, check=all_days),
    accepted("A40b tab CSV", csv_list("list_3", delimiter="\t"), loaded=10, check=all_days),
    rejected("A41 cut short", cut_short, "UNREADABLE", "export it again"),
    rejected("A42 password", password, "PASSWORD_PROTECTED", "password", "save it without"),
    rejected("A43 0 bytes", lambda f: (f / NAME).touch(), "EMPTY_FILE", "0 bytes"),
    Case("A46 lock file", lambda f: (f / "~$Annex_A_2025_Jun.xlsx").write_bytes(b"x"), "ignored", loaded=0),
    rejected("A47 ratio bomb", bomb, "ARCHIVE_LIMITS", "50 MB"),
]  # fmt: skip


def held(home: Path) -> dict[tuple[object, object, object], tuple[object, str]]:
    """What is current, and the bytes that hold it."""
    settings = Settings(home=home)
    with Ledger(settings.ledger_path) as ledger:
        current = ledger.current_tables()
    found = {}
    for row in current:
        file = loading.load_folder(settings, int(str(row["load_id"]))) / f"{row['source']}__{row['table_name']}.parquet"
        found[row["source"], row["table_name"], row["period"]] = (row["load_id"], loading._hash(file))
    return found


def outside_the_store(home: Path) -> bytes:
    """Everything a case may leave where cells must not be: the ledger, its journal and the logs."""
    files = [*home.glob("store/ledger.sqlite*"), *(p for p in (home / "logs").rglob("*") if p.is_file())]
    assert any(f.name == "ledger.sqlite" for f in files)
    return b"\n".join(f.read_bytes() for f in files)


def assert_accounted(reports: list[dict[str, Any]]) -> None:
    for r in reports:
        assert r["rows_read"] == r["rows_loaded"] + r["rows_quarantined"] + r["rows_deduplicated"], r
        assert r["state"] in ("accepted", "accepted_with_quarantine", "rejected", "duplicate", "ignored")


def total(reports: list[dict[str, Any]], name: str) -> int:
    return sum(r[name] for r in reports)


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_case_ends_as_stated(case: Case, home: Path, tmp_path: Path, run: Callable[..., Any], quick: None) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    case.make(folder)
    given = next((p for p in folder.iterdir() if p.is_dir()), folder)
    before = held(home)

    ran = run("load", given, "--json", "--as-at", "2025-07-03")

    reports = ran.document
    assert {r["state"] for r in reports} == {case.state}, [r["message"] for r in reports]
    assert ran.code == (1 if case.state == "rejected" else 0)
    assert_accounted(reports)
    assert total(reports, "rows_quarantined") == case.quarantined
    assert total(reports, "rows_deduplicated") == case.deduplicated
    assert total(reports, "rows_loaded") == case.loaded
    why = [
        (r["table"], x["code"], x["column"], tuple(x["rows"]))
        for r in reports
        for x in r["reasons"]
        if x["action"] in ("quarantined", "deduplicated")
    ]
    assert sorted(why) == sorted(case.reasons)
    for text in case.says:
        assert text in reports[0]["message"]
    if case.code:
        first, *others = reports[0]["reasons"]
        assert first["code"] == case.code
        assert all(x["action"] == "found" and x["rows"] for x in others)
        assert reports[0]["message"].startswith(case.code)
        assert "\n" not in reports[0]["message"]

    after = held(home)
    if case.state in ("rejected", "ignored"):
        assert after == before
    else:
        assert before.items() <= after.items()  # May's delivery is as it was
        assert {k[2] for k in after} == {"2025-05", control.PERIOD}
    if case.check:
        settings = Settings(home=home)

        def stored(table: str) -> list[dict[str, Any]]:
            loads = [r["load_id"] for r in reports if r["table"] == table] or [reports[0]["load_id"]]
            return pq.read_table(loading.load_folder(settings, loads[0]) / f"annex_a__{table}.parquet").to_pylist()

        case.check(stored)

    shown = run("loads")
    reasons = run("quarantine")
    leaks = (ran.out + ran.err + shown.out + shown.err + reasons.out + reasons.err).encode() + outside_the_store(home)
    for value in (CANARY, *case.values):
        assert value.encode() not in leaks, "a cell left the restricted store"


def test_the_table_holds_the_47_cases() -> None:
    """45 in the table above; A44 and A45 are about sequences and have tests of their own."""
    found = {c.name[:3] for c in CASES} | {"A44", "A45"}
    assert found == {f"A{n:02d}" for n in range(1, 48)}


def test_quarantined_rows_lie_in_the_restricted_store_with_their_row_numbers(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    lists = annex_a()
    lists["list_3"].set(4, "child_id", "")
    lists["list_3"].set(7, "gender", "Z")
    ran = run("load", write_xlsx(tmp_path / NAME, lists.values()), "--json")
    folder = loading.load_folder(Settings(home=home), ran.document[0]["load_id"])
    bad = pq.read_table(folder / "annex_a__list_3.quarantine.parquet").to_pylist()
    assert [r["row_number"] for r in bad] == [4, 7]
    assert bad[1]["2: Gender"] == "Z"
    rows = run("quarantine", "--load", ran.document[0]["load_id"], "--json").document
    assert {(r["row"], r["column"], r["code"], r["sheet"]) for r in rows if r["action"] == "quarantined"} == {
        (4, "child_id", "MANDATORY_BLANK", "List 3"),
        (7, "gender", "UNKNOWN_CODE", "List 3"),
    }
    assert all(r["what_to_do"] for r in rows)


# --- sequences ----------------------------------------------------------------------------------------------------


def test_the_same_bytes_again_are_a_duplicate_and_change_nothing(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    """A44."""
    file = write_xlsx(tmp_path / NAME, annex_a().values())
    assert {r["state"] for r in run("load", file, "--json").document} == {"accepted"}
    before = held(home)
    again = run("load", file, "--json")
    assert [(r["state"], r["period"], r["rows_read"]) for r in again.document] == [("duplicate", "2025-06", 0)]
    assert again.code == 0
    shutil.copy(file, tmp_path / "Annex_A_2025_Jun (copy).xlsx")
    copy = run("load", tmp_path / "Annex_A_2025_Jun (copy).xlsx", "--json")
    assert [r["state"] for r in copy.document] == ["duplicate"]
    assert held(home) == before


def test_a_corrected_file_supersedes_and_the_first_can_come_back(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    """A45: the last accepted file of a period holds it; the one before is kept."""
    first = write_xlsx(tmp_path / NAME, annex_a().values())
    lists = annex_a()
    lists["list_3"].set(5, "team", f"{CANARY} corrected")
    second = write_xlsx(tmp_path / "Annex_A_2025_Jun_v2.xlsx", lists.values())
    one = run("load", first, "--json").document[0]["load_id"]
    two = run("load", second, "--json").document[0]["load_id"]
    assert {v[0] for k, v in held(home).items() if k[2] == "2025-06"} == {two}
    assert loading.load_folder(Settings(home=home), one).is_dir()
    assert {r["load_id"] for r in run("loads", "--current", "--json").document} == {1, two}
    three = run("load", first, "--json").document
    assert {r["state"] for r in three} == {"accepted"}
    assert {v[0] for k, v in held(home).items() if k[2] == "2025-06"} == {three[0]["load_id"]}


def test_a_late_older_period_loads_as_itself(home: Path, tmp_path: Path, run: Callable[..., Any], quick: None) -> None:
    run("load", write_xlsx(tmp_path / NAME, annex_a().values()))
    before = held(home)
    late = write_xlsx(tmp_path / "Annex_A_2025_Apr.xlsx", annex_a(snapshot=date(2025, 4, 30)).values())
    assert {r["period"] for r in run("load", late, "--json").document} == {"2025-04"}
    assert before.items() <= held(home).items()
    assert {k[2] for k in held(home)} == {"2025-04", "2025-05", "2025-06"}


def test_one_list_as_csv_replaces_that_list_only(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    whole = run("load", write_xlsx(tmp_path / NAME, annex_a().values()), "--json").document[0]["load_id"]
    csv_list("list_3")(tmp_path)
    part = run("load", tmp_path / "Annex_A_2025_Jun_List_3.csv", "--json").document[0]
    assert part["sheet"] == "Annex_A_2025_Jun_List_3"
    now = {k[1]: v[0] for k, v in held(home).items() if k[2] == "2025-06"}
    assert now.pop("list_3") == part["load_id"]
    assert set(now.values()) == {whole}


def test_an_unchanged_full_dump_under_a_new_period_is_a_new_snapshot(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    """A monthly list cannot be the same twice, so its copy is an export not run again; a register can."""
    register = control.grid("reference", "organisation")
    for name in ("reference_organisation_2025-06.csv", "reference_organisation_2025-07.csv"):
        write_csv(tmp_path / name, register, day="%Y-%m-%d")
    csv_list("list_3")(tmp_path)
    shutil.copy(tmp_path / "Annex_A_2025_Jun_List_3.csv", tmp_path / "Annex_A_2025_Jul_List_3.csv")
    found = {r["file"]: (r["state"], r["period"]) for r in run("load", tmp_path, "--json").document if r["sha256"]}
    assert found["reference_organisation_2025-06.csv"] == ("accepted", "2025-06")
    assert found["reference_organisation_2025-07.csv"] == ("accepted", "2025-07")
    assert {found[f"Annex_A_2025_{m}_List_3.csv"][0] for m in ("Jun", "Jul")} == {"accepted", "duplicate"}
    for month in ("06", "07"):
        again = run("load", tmp_path / f"reference_organisation_2025-{month}.csv", "--json").document
        assert [(r["state"], r["period"]) for r in again] == [("duplicate", f"2025-{month}")]


def test_a_rejected_resubmission_leaves_the_last_good_one(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    run("load", write_xlsx(tmp_path / NAME, annex_a().values()))
    before = held(home)
    lists = annex_a()
    without_births(lists)
    assert run("load", write_xlsx(tmp_path / "Annex_A_2025_June_2.xlsx", lists.values())).code == 1
    assert held(home) == before


def test_a_list_whose_every_row_is_bad_is_not_covered(
    home: Path, tmp_path: Path, run: Callable[..., Any], quick: None
) -> None:
    """Below the size at which a share counts the file is taken, but nothing is known of that list: not 0."""
    lists = annex_a()
    lists["list_3"] = control.grid("annex_a", "list_3", rows=3)
    for row in (2, 3, 4):
        lists["list_3"].set(row, "referral_date", "12/25/2020")
    ran = run("load", write_xlsx(tmp_path / NAME, lists.values()), "--json")
    assert {r["state"] for r in ran.document} == {"accepted_with_quarantine"}
    with Ledger(Settings(home=home).ledger_path) as ledger:
        covered = {r["table_name"]: r["covered_to"] for r in ledger.current_tables() if r["period"] == "2025-06"}
    assert covered["list_3"] is None
    assert covered["list_4"] == "2025-06-30"


# --- the whole way ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_the_rules_let_through_passes_the_gate(tmp_path: Path) -> None:
    """The gate is a second reading of the contract: it must agree with the rules on every case's good rows."""
    from expectations.gate import Batch, gate_extracts

    contracts = load_contracts()
    batches, seen = [], set()
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        case.make(folder)
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            out = folder / "out" / file.stem
            job = {
                "path": str(file),
                "name": file.name,
                "period": None,
                "out": str(out),
                "share": 0.2,
                "floor": 8,
                "known_on": "2026-11-01",
            }
            found = answer(job, contracts)
            for table in found.get("tables", []):
                data = pq.read_table(out / f"annex_a__{table['table']}.parquet")
                content = (table["table"], str(data.to_pydict()))
                if table["rows_loaded"] and content not in seen:
                    seen.add(content)
                    made = contracts.table("annex_a", table["table"])
                    batches.append(Batch(len(batches), made, SNAPSHOT, data, case.name))
    assert len(batches) > 30
    assert [str(f) for f in gate_extracts(batches)] == []


@pytest.mark.slow
def test_files_dropped_into_landing_go_the_whole_way(home: Path, tmp_path: Path, run: Callable[..., Any]) -> None:
    """With the child process, its limits and Great Expectations: good, bad, broken and foreign files at once."""
    landing = home / "landing"
    lists = annex_a()
    lists["list_3"].set(4, "child_id", "")
    lists["list_3"].set(7, "referral_date", "12/25/2020")
    write_xlsx(landing / NAME, lists.values())
    shutil.copy(landing / NAME, landing / "Annex_A_2025_Jun_again.xlsx")
    bomb(tmp_path)
    (tmp_path / NAME).rename(landing / "Annex_A_2025_Mar.xlsx")
    (landing / "Annex_A_2025_Apr.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (landing / "~$Annex_A_2025_Jun.xlsx").write_bytes(CANARY.encode())
    for table in ("audits", "audit_templates", "theme_grades", "audit_actions"):
        write_csv(
            landing / f"quality_assurance_{table}_2025-06.csv", control.grid("quality_assurance", table), day="%Y-%m-%d"
        )

    ran = run("load", "--json", "--as-at", "2025-07-03")

    assert ran.code == 1
    states: dict[str, set[str]] = {}
    for r in ran.document:
        states.setdefault(r["file"], set()).add(r["state"])
    assert {name: min(found) for name, found in states.items() if len(found) == 1} == {
        NAME: "accepted_with_quarantine",
        "Annex_A_2025_Jun_again.xlsx": "duplicate",
        "Annex_A_2025_Mar.xlsx": "rejected",
        "Annex_A_2025_Apr.xlsx": "rejected",
        "~$Annex_A_2025_Jun.xlsx": "ignored",
        **{f"quality_assurance_{t}_2025-06.csv": "accepted" for t in ("audits", "audit_templates", "theme_grades", "audit_actions")},
    }  # fmt: skip
    assert_accounted(ran.document)
    assert total(ran.document, "rows_quarantined") == 2
    assert [p.name for p in landing.iterdir()] == ["~$Annex_A_2025_Jun.xlsx"]
    for name in (NAME, "Annex_A_2025_Apr.xlsx"):
        sha256 = next(r["sha256"] for r in ran.document if r["file"] == name)
        assert loading._hash(loading.store_path(Settings(home=home), sha256)) == sha256
    pages = list((home / "logs" / "data_docs").rglob("*.html"))
    assert len(pages) >= 12
    leaks = (ran.out + ran.err).encode() + outside_the_store(home)
    assert CANARY.encode() not in leaks
    assert b"12/25/2020" not in leaks
    human = run("loads")
    assert "rejected" in human.out + human.err


@pytest.mark.slow
def test_a_broken_expectation_rejects_the_file(
    home: Path, tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that slips past the rules stops at the gate: the file is rejected, what was held stays."""
    from orchestration.ingest import rules

    monkeypatch.setattr(loading, "_Child", Here)
    monkeypatch.setattr(rules._Rows, "check_dates", lambda self: None)
    before = held(home)
    lists = annex_a()
    lists["list_6"].set(3, "cin_start_date", date(2025, 3, 3))
    lists["list_6"].set(3, "cin_closure_date", date(2025, 3, 2))
    ran = run("load", write_xlsx(tmp_path / NAME, lists.values()), "--json")
    assert ran.code == 1
    assert [(r["state"], r["reasons"][0]["code"]) for r in ran.document] == [("rejected", "GATE_FAILED")]
    assert "list_6" in ran.document[0]["message"]
    assert "cin_closure_date" in ran.document[0]["message"]
    assert held(home) == before
    assert len(list((home / "store" / "loads").iterdir())) == 1, "of the rejected load nothing is left but its original"
    assert CANARY.encode() not in (ran.out + ran.err).encode() + outside_the_store(home)
