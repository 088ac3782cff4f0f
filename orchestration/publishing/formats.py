"""Writers of a release's files as bytes: tidy CSV and its dictionary, Parquet, accessible workbook, datapackage.json.

Pure: rows and words in, bytes out. The same input gives the same bytes on any day, machine, time zone and locale.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from textwrap import wrap
from typing import Any, Literal

from orchestration.periods import Period
from orchestration.publishing.datasets import MONTHS

Row = Mapping[str, Any]
Type = Literal["string", "integer", "number", "date"]

AT_KPI_DECIMALS = ("value", "previous_value", "change")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SYMBOLS = {
    "c": "Confidential: hidden because it is, or would give away, a count of 1 to 5 people",
    "z": "Not applicable: the figure does not exist here, for example a percentage of nobody",
    "x": "Not available: the records held do not cover the period",
    "u": "Low reliability",
    "low": "Rounds to 0 but is not 0",
    "p": "Provisional: the period was not over on the date of the figures",
    "r": "Revised since it was first published",
}
WORDS = {  # codes of the tidy files as people read them in the workbook
    "basis": {
        "M": "Month", "Q": "Quarter", "H": "Half-year", "Y": "Year", "W": "Week",
        "YTD": "Year to date", "R12": "12 months to date", "SNAP": "Position at date",
    },
    "polarity": {"H": "Higher is better", "L": "Lower is better", "N": "No direction", "range": "Within a range"},
    "org_level": {"authority": "Authority", "service": "Service"},
    "rag": {"green": "Green", "amber": "Amber", "red": "Red"},
}  # fmt: skip
NOTHING = "none"  # a blank cell or a dash is passed over by a screen reader
RAG_FILLS = {"green": "#C6E0B4", "amber": "#FFE699", "red": "#F4B6B6"}  # with black text: contrast above 7 to 1
NUMBERS = ("integer", "number")
LINE = 15  # points, Arial 11
LIST_LINE = 13  # Arial 10
WIDEST = 46  # characters of a column
A4_CHARACTERS = 230  # more than this on one page's width is not readable on A4
A3_CHARACTERS = 240
NARROWEST_LIST, WIDEST_LIST = 12, 60  # characters of a column of a list


@dataclass(frozen=True)
class Field:
    """A published column: name in files, heading for people, meaning, type."""

    name: str
    label: str
    description: str
    type: Type
    workbook: bool = True
    texts: Mapping[str, str] = field(default_factory=dict)  # what a workbook of lists writes for each code


@dataclass(frozen=True)
class Table:
    """One resource: rows under fields, the text on top of its sheet, and its key."""

    name: str
    sheet: str
    title: str
    fields: Sequence[Field]
    rows: Sequence[Row]
    primary_key: Sequence[str]


@dataclass(frozen=True)
class Cover:
    """What the workbook's first sheet says: a title and lines of (heading, text)."""

    title: str
    created: date
    lines: Sequence[tuple[str, str]] = field(default_factory=list)


def type_of(sql_type: str) -> Type | None:
    """What a column of the warehouse is when it is published; None for what cannot be (floats, booleans, times)."""
    if sql_type == "VARCHAR":
        return "string"
    if sql_type in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT"):
        return "integer"
    if sql_type.startswith("DECIMAL"):
        return "number"
    return "date" if sql_type == "DATE" else None


def sha256(content: bytes) -> str:
    """Hex digest of some bytes."""
    return hashlib.sha256(content).hexdigest()


def at_decimals(row: Row) -> dict[str, Any]:
    """A copy with values at exactly the KPI's decimals, rounded half up as in the mart, and other decimals unpadded."""
    step = Decimal(1).scaleb(-int(row["decimals"] or 0))
    copy = dict(row)
    for name, value in row.items():
        if name in AT_KPI_DECIMALS and value is not None:
            copy[name] = Decimal(value).quantize(step, rounding=ROUND_HALF_UP)
        elif isinstance(value, Decimal):
            # A target of 85.0000 is written 85; quantize keeps 100 from becoming 1E+2.
            copy[name] = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return copy


def text_of(value: Any) -> str:
    """A cell as text: ISO dates, plain numbers (never an exponent or a float), LF for line breaks, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError("a float is not reproducible: publish integers and decimals")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    # csv leaves a lone CR unquoted before Python 3.13, and readers take it for the end of the row.
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def safe_text(value: Any) -> str:
    """`text_of`, with `'` before text that a spreadsheet would run as a formula; numbers are left alone (CWE-1236)."""
    text = text_of(value)
    return f"'{text}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else text


def csv_bytes(rows: Sequence[Row], fields: Sequence[Field], guard: bool = True) -> bytes:
    """Tidy CSV: UTF-8, LF, one header row, empty for null. `guard=False` only for cells that are guarded already."""
    write = safe_text if guard else text_of
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.name for column in fields])
    writer.writerows([write(row[column.name]) for column in fields] for row in rows)
    return buffer.getvalue().encode("utf-8")


def meta_csv_bytes(fields: Sequence[Field]) -> bytes:
    """The dictionary beside a CSV: column, label, description, type."""
    names = ("column", "label", "description", "type")
    rows = [{"column": c.name, "label": c.label, "description": c.description, "type": c.type} for c in fields]
    return csv_bytes(rows, [Field(name, name, "", "string") for name in names])


def lists_meta_csv_bytes(tables: Sequence[Table]) -> bytes:
    """The dictionary beside the CSVs of lists: list, then as `meta_csv_bytes`."""
    names = ("list", "column", "label", "description", "type")
    rows = [
        {"list": table.name, "column": c.name, "label": c.label, "description": c.description, "type": c.type}
        for table in tables
        for c in table.fields
    ]
    return csv_bytes(rows, [Field(name, name, "", "string") for name in names])


def parquet_bytes(rows: Sequence[Row], fields: Sequence[Field]) -> bytes:
    """Parquet with fixed options; numbers are decimal(18,4), hidden cells null with their status beside them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"string": pa.string(), "integer": pa.int64(), "number": pa.decimal128(18, 4), "date": pa.date32()}
    schema = pa.schema([(column.name, types[column.type]) for column in fields])
    columns = {column.name: pa.array([row[column.name] for row in rows], type=types[column.type]) for column in fields}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), buffer, compression="zstd", version="2.6", store_schema=False)
    return buffer.getvalue()


def shown(row: Row, column: Field) -> Any:
    """The cell as people see it: a symbol in brackets for a number that is not there, words for codes, no blank."""
    value = row[column.name]
    if column.type in NUMBERS:
        return _symbol(row, column.name) if value is None else value
    if not value:
        return NOTHING
    if column.name in ("status", "previous_status", "revision"):
        return f"[{value}]"
    return WORDS.get(column.name, {}).get(value, value)


def _symbol(row: Row, name: str) -> str:
    """The symbol of a number that is not there: a figure has its status; a target that nobody set is not applicable."""
    now, before = row.get("status"), row.get("previous_status")
    status = {"previous_value": before, "change": now or before}.get(name, now)
    # numbers of low reliability are shown, only the value worked out from too few is not
    is_figure = name in AT_KPI_DECIMALS or (name in ("numerator", "denominator") and status != "u")
    return f"[{status}]" if is_figure and status else "[z]"


def workbook_bytes(cover: Cover, tables: Sequence[Table]) -> bytes:
    """Accessible workbook: cover with contents, notes, then one sheet with one table for each resource.

    Follows the Analysis Function's guidance on spreadsheets: no merged or hidden cells, a heading in A1, real tables
    with a header row, symbols in square brackets explained on a sheet of their own, colour never alone.
    """
    buffer = io.BytesIO()
    book = _book(buffer, cover.title, cover.created)
    styles = _Styles(book)
    _cover_sheet(book, styles, cover, tables)
    _notes_sheet(book, styles, tables)
    for table in tables:
        _data_sheet(book, styles, table)
    book.close()
    return buffer.getvalue()


def lists_workbook_bytes(title: str, created: date, footer: str, tables: Sequence[Table]) -> bytes:
    """Workbook of records, in the form of an extract: a sheet for each list, the headers in row 1, code texts, real dates, nothing
    else.

    It has no cover and no notes, because the receiver's tools read it; `footer` is printed below every page.
    """
    buffer = io.BytesIO()
    book = _book(buffer, title, created)
    base = {"font_name": "Arial", "font_size": 10}
    book.formats[0].set_font_size(10)
    header = book.add_format(
        base
        | {
            "bold": True,
            "text_wrap": True,
            "valign": "top",
            "bg_color": "#DCE6F1",
            "border": 1,
            "border_color": "#7F7F7F",
        }
    )
    dated = book.add_format(base | {"num_format": "dd/mm/yyyy", "align": "left"})
    whole = book.add_format(base | {"num_format": "0", "align": "left"})
    for table in tables:
        _list_sheet(book.add_worksheet(table.sheet), table, footer, header, dated, whole)
    book.close()
    return buffer.getvalue()


def _list_sheet(sheet: Any, table: Table, footer: str, header: Any, dated: Any, whole: Any) -> None:
    widths = []
    shown = [column for column in table.fields if column.workbook]
    for position, column in enumerate(shown):
        longest = max(len(word) + 1 for word in column.label.split())  # bold is wider
        for line, row in enumerate(table.rows, start=1):
            value = row[column.name]
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(line, position, datetime(value.year, value.month, value.day), dated)
            elif isinstance(value, int):
                sheet.write_number(line, position, value, whole)
            elif isinstance(value, Decimal):
                sheet.write_number(line, position, float(value))
            else:
                text = column.texts.get(value, text_of(value))
                sheet.write_string(line, position, text)
                longest = max(longest, len(text))
        widths.append(min(max(longest + 2, NARROWEST_LIST), WIDEST_LIST))
        sheet.set_column(position, position, widths[-1])
        sheet.write_string(0, position, column.label, header)
    sheet.set_row(0, _height(((c.label, w) for c, w in zip(shown, widths, strict=True)), LIST_LINE))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), len(widths) - 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(-(-int(sum(widths)) // A3_CHARACTERS), 0)
    sheet.repeat_rows(0)
    sheet.repeat_columns(0)
    sheet.set_footer(f"&L{footer}&C&A&RPage &P of &N")


def _book(buffer: io.BytesIO, title: str, created: date) -> Any:
    """A new workbook in Arial."""
    import xlsxwriter

    # in_memory gives every part of the zip a fixed date; strings stay strings, so that no cell can become a formula.
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": title, "created": datetime(created.year, created.month, created.day)})
    book.formats[0].set_font_name("Arial")
    book.formats[0].set_font_size(11)
    return book


class _Styles:
    """Cell formats of one workbook, made once each."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": "Arial", "font_size": 11, "valign": "top"}
        self._book, self._base, self._made = book, base, {}
        self.title = book.add_format(base | {"bold": True, "font_size": 15})
        self.heading = book.add_format(base | {"bold": True, "font_size": 12, "valign": "bottom"})
        self.label = book.add_format(base | {"bold": True})
        self.plain = book.add_format(base)
        self.wrapped = book.add_format(base | {"text_wrap": True})
        self.link = book.add_format(base | {"font_color": "#0B5394", "underline": 1})
        self.header = book.add_format(
            base | {"bold": True, "text_wrap": True, "bg_color": "#DCE6F1", "border": 1, "border_color": "#7F7F7F"}
        )

    def cell(self, **extra: Any) -> Any:
        """A bordered table cell with extra properties."""
        key = tuple(sorted(extra.items()))
        if key not in self._made:
            # Numbers do not wrap: LibreOffice then forgets their indent.
            look = {"border": 1, "border_color": "#BFBFBF", "text_wrap": "num_format" not in extra}
            self._made[key] = self._book.add_format(self._base | look | extra)
        return self._made[key]


def _cover_sheet(book: Any, styles: _Styles, cover: Cover, tables: Sequence[Table]) -> None:
    sheet = _sheet(book, styles, "Cover", cover.title)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    line = 1
    for heading, text in cover.lines:
        sheet.write_string(line, 0, heading, styles.label)
        sheet.write_string(line, 1, text, styles.wrapped)
        sheet.set_row(line, _height([(text, 100)]))
        line += 1
    sheet.write_string(line, 0, "Contents", styles.heading)
    sheet.set_row(line, 2 * LINE)
    contents = [("Notes", "Symbols, and what each column means")]
    contents += [(table.sheet, f"{table.title}: {_count(table)}") for table in tables]
    for name, text in contents:
        line += 1
        sheet.write_url(line, 0, f"internal:'{name}'!A1", styles.link, name)
        sheet.write_string(line, 1, text, styles.wrapped)
        sheet.set_row(line, _height([(text, 100)]))


def _count(table: Table) -> str:
    return "1 row" if len(table.rows) == 1 else f"{len(table.rows):,} rows"


def _notes_sheet(book: Any, styles: _Styles, tables: Sequence[Table]) -> None:
    sheet = _sheet(book, styles, "Notes", "Notes")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 100)
    sheet.write_string(1, 0, "This sheet holds two tables: the symbols, and the columns of the data.", styles.plain)
    symbols = [(f"[{symbol}]", meaning) for symbol, meaning in SYMBOLS.items()]
    symbols.append((NOTHING, "There is nothing to say in this column"))
    columns = {c.label: c.description for table in tables for c in table.fields if c.workbook}
    line = _pairs(sheet, styles, 2, "symbols", ("Symbol", "Meaning"), symbols)
    _pairs(sheet, styles, line + 1, "columns", ("Column", "Meaning of the column"), list(columns.items()))


def _pairs(
    sheet: Any, styles: _Styles, line: int, name: str, header: tuple[str, str], pairs: Sequence[tuple[str, str]]
) -> int:
    """A two-column table from `line` on; the line after it."""
    last = line + len(pairs)
    _table(sheet, styles, name, (line, 0, last, 1), header)
    for offset, (left, right) in enumerate(pairs, start=1):
        sheet.write_string(line + offset, 0, left, styles.cell())
        sheet.write_string(line + offset, 1, right, styles.cell())
        sheet.set_row(line + offset, _height([(left, 30), (right, 100)]))
    return last + 1


def _table(sheet: Any, styles: _Styles, name: str, area: tuple[int, int, int, int], header: Sequence[str]) -> None:
    """A real table, whose headers screen readers announce; `area` is first row and column, last row and column."""
    columns = [{"header": text, "header_format": styles.header} for text in header]
    sheet.add_table(*area, {"name": name, "style": None, "autofilter": False, "columns": columns})


def _data_sheet(book: Any, styles: _Styles, table: Table) -> None:
    sheet = _sheet(book, styles, table.sheet, table.title)
    fields = [column for column in table.fields if column.workbook]
    if not table.rows:  # a table without rows does not exist in the format
        sheet.write_string(1, 0, "There are no rows.", styles.plain)
        return
    note = "This sheet holds one table. Symbols in square brackets are explained in Notes."
    sheet.write_string(1, 0, note, styles.plain)
    header = 2
    area = (header, 0, header + len(table.rows), len(fields) - 1)
    _table(sheet, styles, table.name, area, [column.label for column in fields])
    texts = [[_as_shown(shown(row, column)) for column in fields] for row in table.rows]
    widths = [_width(column, [line[position] for line in texts]) for position, column in enumerate(fields)]
    for position, width in enumerate(widths):
        sheet.set_column(position, position, width)
    sheet.set_row(header, _height([(c.label, width) for c, width in zip(fields, widths, strict=True)]))
    for offset, (row, line) in enumerate(zip(table.rows, texts, strict=True), start=1):
        sheet.set_row(header + offset, _height(zip(line, widths, strict=True)))
        for position, column in enumerate(fields):
            _write(sheet, styles, header + offset, position, column, row)
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    if sum(widths) > A4_CHARACTERS:
        sheet.set_paper(8)  # A3


def _write(sheet: Any, styles: _Styles, line: int, position: int, column: Field, row: Row) -> None:
    """One cell; strings are always written as strings. The authority's rows are bold: they are the totals."""
    value = shown(row, column)
    look: dict[str, Any] = {"bold": True} if row.get("org_level") == "authority" else {}
    if column.type in NUMBERS:
        look |= {"align": "right", "indent": 1}
    if isinstance(value, int | Decimal):
        places = -int(Decimal(value).as_tuple().exponent)
        number_format = "#,##0" + ("." + "0" * places if places > 0 else "")
        sheet.write_number(line, position, float(value), styles.cell(num_format=number_format, **look))
    elif isinstance(value, date):
        day = datetime(value.year, value.month, value.day)
        sheet.write_datetime(line, position, day, styles.cell(num_format="d mmm yyyy", align="left", **look))
    else:
        if column.name == "rag" and row["rag"] in RAG_FILLS:
            look |= {"bg_color": RAG_FILLS[row["rag"]]}
        sheet.write_string(line, position, text_of(value), styles.cell(**look))


def _as_shown(value: Any) -> str:
    """About what the cell looks like, to measure it."""
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def _width(column: Field, texts: Sequence[str]) -> float:
    """Wide enough for the cells, narrow enough to wrap long text; the heading wraps at its longest word."""
    longest = max(len(text) for text in [*texts, *column.label.split()])
    return min(max(longest + 3, 10), WIDEST)


def _height(cells: Iterable[tuple[str, float]], line: float = LINE) -> float:
    """Height of a row of (text, column width): nobody but Excel fits wrapped rows by itself."""
    return line * max(len(wrap(text, int(width) - 1)) or 1 for text, width in cells)


def _sheet(book: Any, styles: _Styles, name: str, title: str) -> Any:
    """A sheet with its title in A1, on A4 across (a very wide table on A3) with all columns on one page's width."""
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, title, styles.title)
    sheet.set_row(0, 1.6 * LINE)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&RPage &P of &N")
    return sheet


def datapackage_bytes(
    name: str, title: str, version: str, files: Mapping[str, bytes], tables: Mapping[str, Table]
) -> bytes:
    """A Data Package descriptor of the CSV files: `tables` gives the table of each file in `files`."""
    resources = [
        {
            "name": table.name,
            "title": table.title,
            "type": "table",
            "path": path,
            "scheme": "file",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": len(files[path]),
            "hash": f"sha256:{sha256(files[path])}",
            "dialect": {"csv": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n"}},
            "schema": {
                "fields": [
                    {"name": c.name, "title": c.label, "description": c.description, "type": c.type}
                    for c in table.fields
                ],
                "missingValues": [""],
                "primaryKey": list(table.primary_key),
            },
        }
        for path, table in tables.items()
    ]
    package = {"name": name.replace("_", "-").lower(), "title": title, "version": version, "resources": resources}
    return json_bytes(package)


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """JSON for people and machines: two spaces, the order as given, UTF-8, a final newline."""
    return (json.dumps(content, indent=2, ensure_ascii=False, default=text_of) + "\n").encode("utf-8")


def long_day(day: date) -> str:
    """`30 September 2025`, in any locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def period_title(period: Period) -> str:
    """`September 2025`; `2025-26 quarter 2 (July to September 2025)`; `2024-25 (April 2024 to March 2025)`."""
    if period.unit == "month":
        return f"{MONTHS[period.start.month - 1]} {period.start.year}"
    first, last = MONTHS[period.start.month - 1], f"{MONTHS[period.end.month - 1]} {period.end.year}"
    if period.unit == "week":
        return f"{long_day(period.start)} to {long_day(period.end)}"
    if period.start.year != period.end.year:
        first = f"{first} {period.start.year}"
    year, _, part = period.key.partition("-Q" if period.unit == "quarter" else "-H")
    name = {"quarter": f" quarter {part}", "half": f" half {part}", "year": ""}[period.unit]
    return f"{year}{name} ({first} to {last})"
