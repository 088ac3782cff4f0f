"""The error report of an extract for whoever mends it at the source: file, sheet, row, column, code, what to do; never a value."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.contracts import load_contracts
from orchestration.ingest.reasons import explain
from orchestration.publishing.formats import safe_text
from orchestration.settings import Settings

ERROR_COLUMNS = ("load_id", "file", "sheet", "table", "row", "column", "code", "action", "what_to_do")
IN_WORKBOOK = ("file", "sheet", "row", "header", "code", "action", "what_to_do")
IN_CSV = (*IN_WORKBOOK, "table", "column", "owner", "load_id")
IN_SUMMARY = ("table", "header", "code", "rows", "action", "what_to_do", "owner")
WIDTHS = {
    "file": 34, "sheet": 16, "table": 20, "row": 8, "code": 22, "action": 13, "what_to_do": 56, "header": 26, "owner": 24, "rows": 8,
}  # fmt: skip
TITLES = {"load_id": "Load", "what_to_do": "What to do", "header": "Column in the file", "rows": "Rows"}
MADE = datetime(2000, 1, 1)  # the same errors make the same bytes


def errors(settings: Settings, reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One object per row and reason of load reports (`Ledger.reports`), with the column's header and the extract's owner.

    `rows` is 1; a reason with more rows than the ledger tells one by one ends with an object that stands for the others.
    """
    contracts = load_contracts(settings.expectations)
    found = []
    for report in reports:
        table = contracts.get(report["source"], report["table"])
        for reason in report["reasons"]:
            column = table.by_name.get(reason["column"]) if table else None
            about = {
                "load_id": report["load_id"], "file": report["file"], "sheet": report["sheet"], "table": report["table"], "row": None,
                "column": reason["column"], "code": reason["code"], "action": reason["action"], "what_to_do": explain(reason["code"]),
                "header": column.title if column else "", "owner": table.owner if table else "",
            }  # fmt: skip
            found += [{**about, "row": row, "rows": 1} for row in reason["rows"] or [None]]
            more = reason.get("count", 0) - len(reason["rows"])
            if more > 0 and reason["rows"]:
                found.append(about | {"rows": more, "what_to_do": f"{more:,} more rows: {about['what_to_do']}"})
    return found


def write(path: Path, rows: Sequence[dict[str, Any]], title: str) -> None:
    """Write the report as a workbook (a summary and the rows) or as CSV, by the ending of `path`.

    Raises ValueError for another ending, OSError when the file cannot be written.
    """
    match path.suffix.casefold():
        case ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow([_title(c) for c in IN_CSV])
                writer.writerows([[safe_text(row[c]) for c in IN_CSV] for row in rows])
        case ".xlsx":
            _workbook(path, rows, title)
        case _:
            raise ValueError(f"the report is written as .xlsx or .csv, not `{path.suffix or path.name}`")


def _title(column: str) -> str:
    return TITLES.get(column, column.replace("_", " ").capitalize())


def _summary(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = (*(row[c] for c in ("table", "header", "code", "action")), explain(row["code"]), row["owner"])
        counts[key] = counts.get(key, 0) + row["rows"]
    listed = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    names = ("table", "header", "code", "action", "what_to_do", "owner")
    return [dict(zip(names, key, strict=True)) | {"rows": count} for key, count in listed]


def _workbook(path: Path, rows: Sequence[dict[str, Any]], title: str) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "created": MADE})
    heading = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format({"bold": True, "bg_color": "#E8EDF2", "bottom": 1, "valign": "top", "text_wrap": True})
    cell = book.add_format({"valign": "top", "align": "left", "text_wrap": True})

    def sheet(name: str, text: str, names: Sequence[str], listed: Sequence[dict[str, Any]]) -> None:
        page = book.add_worksheet(name)
        page.write_string(0, 0, title, heading)
        page.write_string(1, 0, text)
        for place, column in enumerate(names):
            page.set_column(place, place, WIDTHS[column])
            page.write_string(3, place, _title(column), head)
        for number, row in enumerate(listed, 4):
            page.set_row(number, 15 * (1 + len(str(row["what_to_do"])) // WIDTHS["what_to_do"]))
            for place, column in enumerate(names):
                value = row[column]
                if value is not None and value != "":
                    page.write(number, place, value, cell)
        page.freeze_panes(4, 0)
        page.autofilter(3, 0, max(4, 3 + len(listed)), len(names) - 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(3)

    total = f"{sum(r['rows'] for r in rows):,} errors. Rows are counted as in the file. Mend them in the case system, then export again."
    sheet("Summary", total, IN_SUMMARY, _summary(rows))
    sheet("Rows", total, IN_WORKBOOK, rows)
    book.close()
