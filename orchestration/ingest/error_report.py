"""The error report of an extract for whoever mends it at the source: file, sheet, row, column, code, what to do; never a value.

The team that the row is of is told where the register of teams knows it, so that each team sees its own errors.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from expectations.contracts import Contracts, Table, header_form, load_contracts
from orchestration.ingest.load import counting, held_periods, load_folder
from orchestration.ingest.reasons import explain
from orchestration.ledger import Ledger
from orchestration.publishing.formats import safe_text
from orchestration.settings import Settings

ERROR_COLUMNS = ("load_id", "file", "sheet", "table", "row", "column", "team", "code", "action", "what_to_do")
IN_WORKBOOK = ("file", "sheet", "row", "header", "team", "code", "action", "what_to_do")
IN_CSV = (*IN_WORKBOOK, "table", "column", "owner", "load_id")
IN_SUMMARY = ("table", "header", "team", "code", "rows", "action", "what_to_do", "owner")
WIDTHS = {
    "file": 34, "sheet": 16, "table": 20, "row": 8, "code": 22, "action": 13, "what_to_do": 56, "header": 26, "owner": 24, "rows": 8, "team": 12,
}  # fmt: skip
TITLES = {"load_id": "Load", "what_to_do": "What to do", "header": "Column in the file", "rows": "Rows"}
TEAM = "team_code"
MADE = datetime(2000, 1, 1)  # the same errors make the same bytes


def errors(settings: Settings, reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One object per row and reason of load reports (`Ledger.reports`), with the column's header and the extract's owner.

    `team` is the code of the team that a quarantined, blanked or noted row is of, blank where nobody can tell. `rows` is 1; a reason with more rows than the ledger tells one by one ends with an object that stands for the others.
    """
    contracts = load_contracts(settings.expectations)
    found = []
    teams = _Teams(settings, contracts)
    for report in reports:
        table = contracts.get(report["source"], report["table"])
        team_of = teams.of(table, int(report["load_id"])) if table and report["reasons"] else {}
        for reason in report["reasons"]:
            column = table.by_name.get(reason["column"]) if table else None
            about = {
                "load_id": report["load_id"], "file": report["file"], "sheet": report["sheet"], "table": report["table"], "row": None,
                "column": reason["column"], "code": reason["code"], "action": reason["action"], "what_to_do": explain(reason["code"]),
                "header": column.title if column else "", "owner": table.owner if table else "", "team": "",
            }  # fmt: skip
            found += [
                {**about, "row": row, "rows": 1, "team": team_of.get(row, "")} for row in reason["rows"] or [None]
            ]
            more = reason.get("count", 0) - len(reason["rows"])
            if more > 0 and reason["rows"]:
                found.append(about | {"rows": more, "what_to_do": f"{more:,} more rows: {about['what_to_do']}"})
    return found


class _Teams:
    """Which team a row of a load is of: by its own team code, or by that of a row it names (the audit of a theme grade)."""

    def __init__(self, settings: Settings, contracts: Contracts) -> None:
        self._settings, self._contracts = settings, contracts
        with Ledger(settings.ledger_path) as ledger:
            self._held = counting(contracts, held_periods(settings, ledger, contracts))
        known = self._held.get("reference__organisation", ())
        self._known = {team for path in known for team in pq.read_table(path, columns=[TEAM]).column(TEAM).to_pylist()}

    def of(self, table: Table, load_id: int) -> dict[int, str]:
        """Team by row number of the file; only teams of the register, so that no other value gets into a report."""
        if not self._known:
            return {}
        if TEAM in table.by_name:
            found = dict(self._cells(table, TEAM, load_id))
        else:
            keys = ((k, self._contracts.find(table, k.to)) for k in table.foreign_keys if len(k.columns) == 1)
            key, other = next(
                ((k, o) for k, o in keys if o and TEAM in o.by_name and o.source == table.source), (None, None)
            )
            if key is None or other is None:
                return {}
            teams: dict[str, str] = {}
            for path in self._held.get(other.relation, ()):
                rows = pq.read_table(path, columns=[key.there[0], TEAM])
                teams |= dict(zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True))
            found = {row: teams.get(name, "") for row, name in self._cells(table, key.columns[0], load_id)}
        return {row: team for row, team in found.items() if team in self._known}

    def _cells(self, table: Table, column: str, load_id: int) -> Iterator[tuple[int, str]]:
        """Row number and cell of a column, of rows loaded, kept out and quarantined."""
        folder = load_folder(self._settings, load_id)
        for ending in ("", ".kept_out"):
            path = folder / f"{table.relation}{ending}.parquet"
            if path.exists():
                rows = pq.read_table(path, columns=["row_number", column])
                yield from zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)
        path = folder / f"{table.relation}.quarantine.parquet"  # as text, under the headers of the file
        if path.exists():
            rows = pq.read_table(path)
            for name in rows.column_names[1:]:
                if table.by_header.get(header_form(name.partition(": ")[2])) == column:
                    yield from zip(
                        rows.column("row_number").to_pylist(),
                        (str(cell or "").strip() for cell in rows.column(name).to_pylist()),
                        strict=True,
                    )


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
        key = (*(row[c] for c in ("table", "header", "team", "code", "action")), explain(row["code"]), row["owner"])
        counts[key] = counts.get(key, 0) + row["rows"]
    listed = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    names = ("table", "header", "team", "code", "action", "what_to_do", "owner")
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
