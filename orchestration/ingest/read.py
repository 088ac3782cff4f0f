"""Bytes of a landed file to rows of cells: container limits, encodings, delimiters, sheets, the header row.

Runs inside the limited parsing child. What the cells mean is `cells`, which rows are good is `rules`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expectations.contracts import Contracts, Table, clean_text, header_form

MAX_FILE_MB = 100
MAX_UNPACKED_MB = 500
MAX_RATIO = 100
MAX_MEMBERS = 10_000
HEADER_ROWS = 10  # a title or a note may stand above the header (R2)
LONGEST_NAME = 80  # of an unknown header, as it is told
MIN_MATCH = 0.5  # share of headers that must match before a sheet is taken for a table
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DELIMITERS = ",;\t|"
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    "aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class RejectedFile(Exception):
    """A file that cannot be taken. `code` is the reason code, the message says what to do; never a cell value.

    `reasons` are those of single rows (code, column, rows, action), where rows were looked at before.
    """

    def __init__(
        self,
        code: str,
        message: str,
        column: str | None = None,
        table: str | None = None,
        reasons: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.column, self.table, self.reasons = code, column, table, list(reasons)


@dataclass
class Sheet:
    """One sheet or CSV file: `rows` of cells as read; row n of the list is row n + 1 of the file."""

    name: str
    rows: Sequence[Sequence[Any]]
    ragged: frozenset[int] = frozenset()


@dataclass
class Found:
    """A sheet recognised as a contract table. `positions` maps a contract column to its place in the row."""

    table: Table
    sheet: Sheet
    header_row: int
    positions: dict[str, int]
    unknown: list[str] = field(default_factory=list)
    score: float = 0.0


def period_in_name(name: str) -> str | None:
    """The month key in a file name (`Annex_A_2024_Jan`, `audits_2025-09`), or None."""
    text = name.casefold()
    if match := re.search(rf"(20\d\d)[-_ ]?({_MONTH})(?![a-z])", text):
        return f"{match[1]}-{_MONTHS.index(match[2][:3]) + 1:02d}"
    if match := re.search(rf"(?<![a-z])({_MONTH})[-_ ]?(20\d\d)", text):
        return f"{match[2]}-{_MONTHS.index(match[1][:3]) + 1:02d}"
    if match := re.search(r"(?<!\d)(20\d\d)[-_](0[1-9]|1[0-2])(?!\d)", text):
        return f"{match[1]}-{match[2]}"
    return None


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of a workbook, or the one table of a CSV file. Raises RejectedFile."""
    size = path.stat().st_size
    if size == 0:
        raise RejectedFile("EMPTY_FILE", "the file is empty (0 bytes): export it again")
    if size > MAX_FILE_MB * 1_000_000:
        raise RejectedFile("TOO_LARGE", f"the file is over {MAX_FILE_MB} MB: send it in parts")
    with path.open("rb") as handle:
        head = handle.read(4096)
    if head.startswith(b"PK"):
        return _read_workbook(path)
    if head.startswith(OLE_MAGIC):
        if _is_encrypted_package(path):
            raise RejectedFile("PASSWORD_PROTECTED", "the workbook is password protected: save it without a password")
        return _read_workbook(path, zipped=False)
    if head.lstrip()[:1] == b"<":
        raise RejectedFile("NOT_A_TABLE", "the file is a web page or XML saved under another name: export xlsx or csv")
    return [_read_csv(path)]


def _is_encrypted_package(path: Path) -> bool:
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise RejectedFile("UNREADABLE", "the workbook is truncated or damaged: export it again") from None
    unpacked = sum(m.file_size for m in members)
    packed = max(1, sum(m.compress_size for m in members))
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_MB * 1_000_000 or unpacked / packed > MAX_RATIO:
        raise RejectedFile(
            "ARCHIVE_LIMITS",
            f"the workbook unpacks to {unpacked // 1_000_000} MB, over the limit of {MAX_UNPACKED_MB} MB or "
            f"{MAX_RATIO} times its size: export it again without empty formatted rows",
        )
    if any(m.filename.casefold().endswith((".zip", ".xlsx", ".7z", ".gz")) for m in members):
        raise RejectedFile("ARCHIVE_LIMITS", "the file holds another archive: send the workbooks one by one")
    if not any(m.filename.startswith("xl/") for m in members):
        raise RejectedFile("NOT_A_TABLE", "the file is an archive, not a workbook: send xlsx or csv")


def _read_workbook(path: Path, *, zipped: bool = True) -> list[Sheet]:
    import python_calamine

    if zipped:
        _check_zip(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        # skip_empty_area=False keeps row numbers those of the sheet
        return [Sheet(n, book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names]
    except RejectedFile:
        raise
    except BaseException as error:  # calamine raises its own kinds and, on damaged files, pyo3 panics
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        if "assword" in str(error):
            message = "the workbook is password protected: save it without a password"
            raise RejectedFile("PASSWORD_PROTECTED", message) from None
        raise RejectedFile("UNREADABLE", "the workbook is truncated or damaged: export it again") from None


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data:
        raise RejectedFile("UNREADABLE", "the file holds NUL bytes, so it is not a text file: export csv or xlsx")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and error.reason == "unexpected end of data":
                message = "the file is cut short in the middle of a character: export it again"
                raise RejectedFile("UNREADABLE", message) from None
            continue
        if "\ufffd" in text:
            raise RejectedFile(
                "UNREADABLE", "the file holds characters lost in an earlier export: export it again as UTF-8"
            )
        return text
    raise RejectedFile("UNREADABLE", "the text encoding is neither UTF-8 nor Windows-1252: export it again as UTF-8")


def _read_csv(path: Path) -> Sheet:
    text = _decode(path.read_bytes())
    # a title with commas may stand above a header with semicolons, so the fullest of the first lines decides
    top = text.splitlines()[: HEADER_ROWS + 1]
    delimiter = max(DELIMITERS, key=lambda d: max((line.count(d) for line in top), default=0))
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error:
        raise RejectedFile(
            "UNREADABLE",
            f"row {len(rows) + 1} has an unclosed or misplaced quote, or the file is cut short: export it again",
        ) from None
    if not rows:
        raise RejectedFile("EMPTY_FILE", "the file holds no rows: export it again")
    return Sheet(path.stem, rows)


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing at all."""
    return cell is None or cell == "" or (isinstance(cell, str) and not clean_text(cell))


def _match_header(table: Table, headers: Sequence[str]) -> tuple[dict[str, int], list[int], list[str]]:
    """(column positions, places of unknown headers, columns matched twice)."""
    positions: dict[str, int] = {}
    unknown, twice = [], []
    for place, form in enumerate(headers):
        if not form:
            continue
        column = next((c.name for c in table.columns if form in c.header_forms), None)
        if column is None:
            unknown.append(place)
        elif column in positions:
            twice.append(column)
        else:
            positions[column] = place
    return positions, unknown, twice


def recognise(sheet: Sheet, contracts: Contracts) -> Found | None:
    """The contract table a sheet holds, found by its headers in the first ten rows, or None.

    The score is matched / (matched + unmatched headers + unmatched columns); the sheet's or file's name breaks ties.
    Raises RejectedFile for a header that stands twice or a missing mandatory column.
    """
    best: tuple[float, float, Table, int, dict[str, int], list[int], list[str]] | None = None
    label = header_form(sheet.name)
    for number, row in enumerate(sheet.rows[:HEADER_ROWS]):
        forms = [header_form(c) if isinstance(c, str) else "" for c in row]
        filled = sum(1 for f in forms if f)
        if filled < 2:
            continue
        for table in contracts.tables:
            positions, unknown, twice = _match_header(table, forms)
            if not positions:
                continue
            missing = [c for c in table.columns if c.name not in positions and c.since is None]
            score = len(positions) / (len(positions) + len(unknown) + len(missing))
            names = [header_form(n) for n in (*table.sheets, f"{table.source}{table.name}")]
            bonus = 1.0 if any(n and (label.endswith(n) or label.startswith(n)) for n in names) else 0.0
            if best is None or (score, bonus) > best[:2]:
                best = (score, bonus, table, number, positions, unknown, twice)
    if best is None or best[0] < MIN_MATCH:
        return None
    score, _, table, number, positions, unknown, twice = best
    where = f"{table.source} {table.name} (sheet `{sheet.name}`)"
    if twice:
        title = table.by_name[twice[0]].title
        raise RejectedFile(
            "DUPLICATE_HEADER", f"{where}: the header `{title}` stands twice: keep one", twice[0], table.name
        )
    for column in table.columns:
        if column.name not in positions and (column.required or column.name in table.key):
            raise RejectedFile(
                "MISSING_COLUMN",
                f"{where}: the mandatory column `{column.title}` is missing: add it and send the file again",
                column.name,
                table.name,
            )
    header = sheet.rows[number]
    names = [clean_text(str(header[place]))[:LONGEST_NAME] for place in unknown]
    return Found(table, sheet, number, positions, names, score)
