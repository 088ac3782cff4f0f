"""Bytes of a landed file to sheets: container limits, encodings, delimiters, the header row that tells the table.

Runs inside the limited parsing child. What a sheet gives is `sheets`, what its cells mean `columns` and `cells`, which rows are
good `rules`.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from expectations.contracts import Contracts, Table, clean_text, header_form
from orchestration.ingest.sheets import (
    BLOCK,
    HEADER_ROWS,
    LONGEST_CELL,
    AnySheet,
    CsvSheet,
    ParquetSheet,
    RejectedFile,
    Sheet,
)
from orchestration.ingest.xml_rows import read_xml

MAX_FILE_MB = 100  # of a file that is read as a whole: a workbook, XML
MAX_STREAM_MB = 2_000  # of a file that is streamed: CSV, Parquet (unpacked)
MAX_UNPACKED_MB = 500
MAX_RATIO = 100
MAX_MEMBERS = 10_000
MAX_ROWS = 20_000_000
MAX_COLUMNS = 2_000
LONGEST_NAME = 80  # of an unknown header, as it is told
MIN_MATCH = 0.5  # share of headers that must match before a sheet is taken for a table
NAMED_MARGIN = 0.15  # so much worse may the table match that the file's or sheet's name says
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
XML_IN_UTF16 = (b"<\0", b"\xff\xfe<\0", b"\0<", b"\xfe\xff\0<")
DELIMITERS = ",;\t|"
NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
REPLACEMENT = "\ufffd".encode()
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    "aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass
class Found:
    """A sheet recognised as a contract table. `positions` maps a contract column to its place in the row, `others` the headers
    of a table whose other columns are rows of another table."""

    table: Table
    sheet: AnySheet
    header_row: int
    positions: dict[str, int]
    unknown: list[str] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    @property
    def header(self) -> list[str]:
        """The header texts as they stand in the file."""
        return [str(h) for h in self.sheet.top[self.header_row]]


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


def without_period(name: str) -> str:
    """A file's name without the month in it."""
    text = re.sub(
        rf"[-_ ]*(?:20\d\d[-_ ]?(?:{_MONTH})|(?:{_MONTH})[-_ ]?20\d\d)(?![a-z])", "", name, flags=re.IGNORECASE
    )
    return re.sub(r"[-_ ]*(?<!\d)20\d\d[-_](?:0[1-9]|1[0-2])(?!\d)(?:-\d\d)?", "", text)


def read_sheets(path: Path, contracts: Contracts | None = None) -> list[AnySheet]:
    """Every sheet of a workbook, every kind of row of an XML return, or the one table of a CSV or Parquet file.

    Raises RejectedFile. What is in a streamed file is looked at for faults of its form before any of it is taken.
    """
    size = path.stat().st_size
    if size == 0:
        raise RejectedFile("EMPTY_FILE", "the file is empty (0 bytes): export it again")
    with path.open("rb") as handle:
        head = handle.read(4096)
    if head.startswith(b"PAR1"):
        return [_open_parquet(path)]
    is_xml = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<" or head.startswith(XML_IN_UTF16)
    whole = is_xml or head.startswith((b"PK", OLE_MAGIC))
    limit = MAX_FILE_MB if whole else MAX_STREAM_MB
    if size > limit * 1_000_000:
        raise RejectedFile("TOO_LARGE", f"the file is over {limit} MB: send it in parts")
    if head.startswith(b"PK"):
        return _read_workbook(path)
    if head.startswith(OLE_MAGIC):
        if _is_encrypted_package(path):
            raise RejectedFile("PASSWORD_PROTECTED", "the workbook is password protected: save it without a password")
        return _read_workbook(path, zipped=False)
    if is_xml:
        return read_xml(path, contracts)
    return [_open_csv(path)]


def _open_parquet(path: Path) -> ParquetSheet:
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(path)
        schema = pq.read_schema(path)
        names = schema.names  # may fail to decode
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise RejectedFile("UNREADABLE", "the Parquet file is truncated or damaged: export it again") from None
    unpacked = sum(about.row_group(g).total_byte_size for g in range(about.num_row_groups))
    if unpacked > MAX_STREAM_MB * 1_000_000 or about.num_rows > MAX_ROWS or about.num_columns > MAX_COLUMNS:
        raise RejectedFile(
            "ARCHIVE_LIMITS",
            f"the file holds {about.num_rows:,} rows, {about.num_columns} columns and {unpacked // 1_000_000} MB unpacked, over the "
            f"limit of {MAX_ROWS:,} rows, {MAX_COLUMNS} columns or {MAX_STREAM_MB} MB: send it in parts",
        )
    if nested := [f.name for f in schema if not _is_plain(f.type)]:
        shown = ", ".join(clean_text(n)[:LONGEST_NAME] for n in nested[:3])
        raise RejectedFile("NOT_A_TABLE", f"the columns {shown} hold lists, records or bytes: export plain columns")
    return ParquetSheet(path.stem, path, [names])


def _is_plain(kind: pa.DataType) -> bool:
    """Whether a column's cells are texts, numbers, days or truth values; not lists, records or bytes."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    t = pa.types
    texts = t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)
    numbers = t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind)
    return texts or numbers or t.is_temporal(kind) or t.is_boolean(kind) or t.is_null(kind)


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


class _Quotes:
    """Whether the quotes of a file stand where they should, so that every reader agrees on its cells.

    Of the quotes in order every first opens a cell and every second closes one; what opens stands behind a delimiter, a line
    end or a quote, what closes before one. Then `""` inside a cell is one quote, and line ends inside cells are cells'.
    """

    def __init__(self, delimiter: str) -> None:
        self.fit = True
        self._around = np.zeros(256, bool)
        self._around[[ord(delimiter), 10, 13, 34]] = True
        self._opens = True  # the next quote opens
        self._last = 10  # the byte before this block
        self._last_opened = False

    def look(self, block: bytes) -> None:
        if not self.fit:
            return
        data = np.frombuffer(block, np.uint8)
        if self._last == 34 and not self._last_opened and len(data):  # a quote that closed the block before
            self.fit = bool(self._around[data[0]])
        places = np.flatnonzero(data == 34)
        if len(places):
            opens, closes = (places[0::2], places[1::2]) if self._opens else (places[1::2], places[0::2])
            before = data[opens - 1] if len(opens) else opens
            if len(opens) and opens[0] == 0:
                before[0] = self._last
            after = data[closes[closes + 1 < len(data)] + 1]
            self.fit &= bool(self._around[before].all() and self._around[after].all())
            self._last_opened = bool(len(opens) and opens[-1] == places[-1])
            self._opens = self._opens if len(places) % 2 == 0 else not self._opens
        if len(data):
            self._last = int(data[-1])

    def end(self) -> bool:
        """Whether Arrow may read the file: every quote fits and the last one closed."""
        return self.fit and self._opens


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            yield block


def _encoding(path: Path) -> str:
    """UTF-8 or Windows-1252 by all bytes of a text file; UTF-16 by its mark. Raises RejectedFile (R18)."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    utf8, cut, cp1252, ascii_only, lost = True, False, True, True, False
    before = b""
    for number, block in enumerate(_blocks(path)):
        if number == 0 and block.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        if b"\0" in block:
            raise RejectedFile("UNREADABLE", "the file holds NUL bytes, so it is not a text file: export csv or xlsx")
        if block.isascii() and not before:
            continue
        ascii_only = False
        lost = lost or REPLACEMENT in before + block[:2] or REPLACEMENT in block
        cp1252 = cp1252 and len(block.translate(None, NOT_IN_CP1252)) == len(block)
        if utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                utf8 = False
        before = block[-2:]
    if utf8 and not ascii_only:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8, cut = False, True
    if cut:
        raise RejectedFile("UNREADABLE", "the file is cut short in the middle of a character: export it again")
    if utf8 and lost:
        raise RejectedFile(
            "UNREADABLE", "the file holds characters lost in an earlier export: export it again as UTF-8"
        )
    if not utf8 and not cp1252:
        raise RejectedFile(
            "UNREADABLE", "the text encoding is neither UTF-8 nor Windows-1252: export it again as UTF-8"
        )
    return "utf-8-sig" if utf8 else "cp1252"


def _open_csv(path: Path) -> CsvSheet:
    encoding = _encoding(path)
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open("r", encoding=encoding, newline="") as handle:
            start = handle.read(1 << 16)
    except UnicodeError:
        raise RejectedFile("UNREADABLE", "the text encoding cannot be read: export it again as UTF-8") from None
    # a title with commas may stand above a header with semicolons, so the fullest of the first lines decides; what is
    # quoted is a cell's
    top = re.sub(r'"[^"]*"', "", start).splitlines()[: HEADER_ROWS + 1]
    delimiter = max(DELIMITERS, key=lambda d: _most_often(d, top))
    sheet = CsvSheet(path.stem, path, encoding, delimiter)
    if encoding != "utf-16" and "\n" in start:
        quotes = _Quotes(delimiter)
        for number, block in enumerate(_blocks(path)):
            quotes.look(block if number else block.removeprefix(codecs.BOM_UTF8))
        sheet.streams = quotes.end()
    if not sheet.streams:
        _check_quotes(sheet)
    if not sheet.top:
        raise RejectedFile("EMPTY_FILE", "the file holds no rows: export it again")
    return sheet


def _most_often(delimiter: str, lines: list[str]) -> tuple[int, int]:
    """(most of this delimiter on a line, lines with so many): a title's one comma must not outdo the semicolon of every line."""
    counts = [line.count(delimiter) for line in lines] or [0]
    return max(counts), counts.count(max(counts))


def _check_quotes(sheet: CsvSheet) -> None:
    """Read through a file whose quotes do not stand where they should. Raises RejectedFile with the row (R18)."""
    number = 0
    try:
        for _ in sheet.read():
            number += 1
    except (csv.Error, UnicodeError):
        raise RejectedFile(
            "UNREADABLE",
            f"row {number + 1} has an unclosed or misplaced quote, or the file is cut short: export it again",
        ) from None


def _match_header(table: Table, headers: Sequence[str]) -> tuple[dict[str, int], list[int], list[str]]:
    """(column positions, places of unknown headers, columns matched twice)."""
    positions: dict[str, int] = {}
    unknown, twice = [], []
    for place, form in enumerate(headers):
        if not form:
            continue
        column = table.by_header.get(form)
        if column is None:
            if form not in table.left_out:
                unknown.append(place)
        elif column in positions:
            twice.append(column)
        else:
            positions[column] = place
    return positions, unknown, twice


@dataclass
class _Match:
    """How well a row of headers fits a table; `named` when the file's or sheet's name says the same."""

    table: Table
    row: int
    positions: dict[str, int]
    unknown: list[int]
    twice: list[str]
    score: float
    named: bool

    @property
    def rank(self) -> float:
        return self.score + (NAMED_MARGIN if self.named else 0)


def _matches(sheet: AnySheet, contracts: Contracts) -> Iterator[_Match]:
    label = header_form(sheet.name)
    relation = sheet.relation if isinstance(sheet, Sheet) else ""
    tables = [t for t in contracts.tables if not t.made_from and relation in ("", t.relation)]
    names = {t.relation: [header_form(n) for n in (*t.sheets, f"{t.source}{t.name}")] for t in tables}
    for number, row in enumerate(sheet.top):
        forms = [header_form(c) if isinstance(c, str) else "" for c in row]
        filled = sum(1 for f in forms if f)
        if not filled or contracts.header_forms.isdisjoint(forms):
            continue
        for table in tables:
            named = any(n and (label.endswith(n) or label.startswith(n)) for n in names[table.relation])
            if filled < 2 and not named:
                continue
            positions, unknown, twice = _match_header(table, forms)
            if not positions:
                continue
            wanted = [c for c in table.columns if c.since is None and c.filled_from is None]
            missing = [c for c in wanted if c.name not in positions]
            score = len(positions) / (len(positions) + (0 if table.open_columns else len(unknown)) + len(missing))
            yield _Match(table, number, positions, unknown, twice, score, named)


def recognise(sheet: AnySheet, contracts: Contracts) -> Found | None:
    """The contract table a sheet holds, found by its headers in the first ten rows, or None.

    The score is matched / (matched + unmatched headers + unmatched columns); of tables that match nearly as well the one is
    taken that the sheet or file is named after.
    Raises RejectedFile for a header that stands twice or a missing mandatory column.
    """
    best = max(_matches(sheet, contracts), key=lambda m: m.rank, default=None)
    if best is None or (best.score < MIN_MATCH and not (isinstance(sheet, Sheet) and sheet.relation)):
        return None
    table, positions = best.table, best.positions
    where = f"{table.source} {table.name} (sheet `{sheet.name}`)"
    if best.twice:
        title = table.by_name[best.twice[0]].title
        raise RejectedFile(
            "DUPLICATE_HEADER", f"{where}: the header `{title}` stands twice: keep one", best.twice[0], table.name
        )
    for column in table.columns:
        needed = column.required or (column.name in table.key and not table.open_columns)
        wanted = needed and column.filled_from is None
        if column.name not in positions and wanted:
            raise RejectedFile(
                "MISSING_COLUMN",
                f"{where}: the mandatory column `{column.title}` is missing: add it and send the file again",
                column.name,
                table.name,
            )
    header = sheet.top[best.row]
    names = {clean_text(str(header[place]))[:LONGEST_NAME]: place for place in best.unknown}
    known = ([], names) if table.open_columns else (list(names), {})
    return Found(table, sheet, best.row, positions, *known)
