"""The typed Parquet of a file while it is read, and the tables made from its rows: JSON entries, other columns, form answers.

Which rows are good is `rules`; here they are written, and what a contract makes from them (`made_from`) beside them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.contracts import Contracts, Table
from expectations.suites import typed_columns
from orchestration.ingest.cells import number, raw_text, says_nothing
from orchestration.ingest.columns import Cells
from orchestration.ingest.read import Found
from orchestration.ingest.sheets import Chunk, RejectedFile, Sheet, cells_at

COMPRESSION = "zstd"
MOST_WAITING = 4  # pieces that wait to be compressed, a few MB each
EVERY_FORM = "*"  # question code of a constant in the question map


class Writers:
    """The Parquet files of one recognised sheet: good rows, quarantined rows, rows of derived tables.

    Compressing is a third of the work of a long file, so it is done beside the reading, by one thread.
    """

    def __init__(self, found: Found, contracts: Contracts, folder: Path) -> None:
        self._found, self._contracts, self._folder = found, contracts, folder
        made = [t for t in contracts.made_from(found.table) if not t.pivot]
        self._json = [t for t in made if t.made_from and t.made_from.json_column in found.positions]
        self._others = next((t for t in made if t.made_from and t.made_from.other_columns), None)
        self.breakdowns: list[str] = []  # headers of other columns that tell rows apart as a key does
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        for table in (found.table, *self._json, *([self._others] if self._others else [])):
            self._write(self._path(table), pa.schema(list(typed_columns(table).items())).empty_table())

    def _path(self, table: Table, kind: str = "") -> Path:
        return self._folder / f"{table.relation}{kind}.parquet"

    def _write(self, path: Path, rows: pa.Table) -> None:
        writer = self._writers.get(path)
        if writer is None:
            writer = self._writers[path] = pq.ParquetWriter(path, rows.schema, compression=COMPRESSION)
        if rows.num_rows:
            self._waiting.append(self._thread.submit(writer.write_table, rows))
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft().result()

    def write(self, good: pa.Table) -> None:
        """Add good rows."""
        self._write(self._path(self._found.table), good)

    def write_bad(self, rows: pa.Table) -> None:
        """Add quarantined rows as text."""
        if rows.num_rows:
            self._write(self._path(self._found.table, ".quarantine"), rows)

    def add_bad(self, rows: pa.Table) -> None:
        """Add rows that turned out to be wrong when the whole file had been read."""
        path = self._path(self._found.table, ".quarantine")
        held = [pq.read_table(path)] if path.exists() else []
        pq.write_table(pa.concat_tables([*held, rows]).sort_by("row_number"), path, compression=COMPRESSION)

    def write_derived(
        self, good: pa.Table, cells: dict[str, Cells], chunk: Chunk, keep: np.ndarray
    ) -> Iterator[tuple[str, str, np.ndarray]]:
        """Add what the good rows of a chunk make; gives (reason code, column, row mask) of what could not be read."""
        places = np.flatnonzero(keep)
        for table in self._json:
            made = table.made_from
            assert made is not None
            assert made.json_column is not None
            entries = cells[made.json_column]
            kept = [v or () for v in entries.values]
            self._write(self._path(table), _entries(table, good, kept, entries.index[places]))
        if self._others is not None:
            yield from self._write_others(self._others, good, chunk, places)

    def _figure(self, table: Table) -> Callable[[str], tuple[Decimal | None, str | None, str] | None]:
        """(value, status, how the status was read) of a published cell; None for a word."""
        statuses = self._contracts.code_sets[table.by_name["status"].codes or ""]

        def figure(text: str) -> tuple[Decimal | None, str | None, str] | None:
            value = number(text)
            if value is not None:
                return value.quantize(Decimal("0.0001"), ROUND_HALF_UP), None, "blank"
            found = statuses.match(text)
            return (None, *found) if found else None

        return figure

    def look_over(self, chunks: Iterable[Chunk]) -> None:
        """Find out over the whole file which other columns break figures down instead of being figures.

        A column of words does. One of figures with a few words in it (an age with a total) does where rows cannot be told apart
        without it; else its words are figures that could not be read.
        """
        if self._others is None:
            return
        figure = self._figure(self._others)
        key = [p for c, p in self._found.positions.items() if c in self._found.table.key]
        texts: dict[int, list[str]] = {p: [] for p in (*key, *self._found.others.values())}
        for chunk in chunks:
            for place, held in texts.items():
                held += [raw_text(c) for c in cells_at(chunk.columns[place])]
        doubtful = []
        for header, place in self._found.others.items():
            cells = [t for t in texts[place] if not says_nothing(t)]
            words = sum(figure(t) is None for t in cells)
            if words * 2 > len(cells):
                self.breakdowns.append(header)
            elif words:
                doubtful.append(header)
        for header in doubtful:
            rows = list(
                zip(*(texts[p] for p in (*key, *(self._found.others[h] for h in self.breakdowns))), strict=True)
            )
            if len(set(rows)) < len(rows):
                self.breakdowns.append(header)

    def _write_others(
        self, table: Table, good: pa.Table, chunk: Chunk, places: np.ndarray
    ) -> Iterator[tuple[str, str, np.ndarray]]:
        columns = {h: [raw_text(c) for c in cells_at(chunk.columns[p], places)] for h, p in self._found.others.items()}
        figure = self._figure(table)
        told = [
            "; ".join(f"{h}={columns[h][row]}" for h in self.breakdowns if columns[h][row])
            for row in range(len(places))
        ]
        for header, texts in columns.items():
            if header in self.breakdowns:
                continue
            figures = {text: figure(text) for text in set(texts)}
            rows = [n for n, text in enumerate(texts) if figures[text] is not None]
            unread = [n for n, text in enumerate(texts) if figures[text] is None and not says_nothing(text)]
            if unread:
                mask = np.zeros(len(chunk.numbers), bool)
                mask[places[unread]] = True
                yield "BAD_NUMBER", header, mask
            made: dict[str, Any] = {
                "indicator": [header] * len(rows), "breakdown": [told[n] or None for n in rows],
                "value": [figures[texts[n]][0] for n in rows],  # type: ignore[index]
                "status": [figures[texts[n]][1] for n in rows],  # type: ignore[index]
                "status_raw": [texts[n] if figures[texts[n]][1] else None for n in rows],  # type: ignore[index]
                "status_rule": [figures[texts[n]][2] for n in rows],  # type: ignore[index]
            }  # fmt: skip
            kept = good.take(pa.array(rows, pa.int64()))
            types = typed_columns(table)
            self._write(
                self._path(table),
                pa.table({n: pa.array(made[n], t) if n in made else kept.column(n) for n, t in types.items()}),
            )

    def close(self) -> None:
        """End every file. Raises OSError when one could not be written."""
        self._thread.shutdown(wait=True)
        while self._waiting:
            self._waiting.popleft().result()
        for writer in self._writers.values():
            writer.close()

    def finish(self, dropped: np.ndarray) -> list[tuple[Table, int]]:
        """Take out rows that are not good after all; gives the derived tables with their numbers of rows."""
        derived = [*self._json, *([self._others] if self._others else [])]
        if len(dropped):
            for table in (self._found.table, *derived):
                _without(self._path(table), dropped)
        return [(t, pq.read_metadata(self._path(t)).num_rows) for t in derived]


def _without(path: Path, dropped: np.ndarray) -> None:
    """Write a typed Parquet anew without some row numbers, one row group at a time."""
    held, new = pq.ParquetFile(path), path.with_suffix(".new")
    gone = pa.array(dropped, pa.int32())
    with pq.ParquetWriter(new, held.schema_arrow, compression=COMPRESSION) as writer:
        for group in range(held.num_row_groups):
            rows = held.read_row_group(group)
            rows = rows.filter(pc.invert(pc.is_in(rows.column("row_number"), gone)))
            if rows.num_rows:
                writer.write_table(rows)
    held.close()
    new.replace(path)


def _entries(table: Table, good: pa.Table, entries: list[tuple[tuple[str, str], ...]], index: np.ndarray) -> pa.Table:
    """One row for each entry of a JSON column: the key of its row, `item`, `value`; `index` leads from rows to entries."""
    lengths = np.array([len(v) for v in entries], np.int64)
    starts = np.cumsum(lengths) - lengths
    times = lengths[index]
    rows = np.repeat(np.arange(len(index)), times)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    entry = pa.array(np.repeat(starts[index], times) + within)
    flat = [pair for v in entries for pair in v]
    made = {
        "item": pa.array([p[0] for p in flat], pa.string()).take(entry),
        "value": pa.array([p[1] for p in flat], pa.string()).take(entry),
    }
    kept = good.take(pa.array(rows))
    return pa.table({n: made[n] if n in made else kept.column(n) for n in typed_columns(table)})


def pivoted(answers: pa.Table, question_map: pa.Table, table: Table, snapshot: date) -> Found:
    """Long form answers as the rows of a wide table, to be typed by its contract like any other sheet.

    A row is a form, or a form and an item of the map, or a form and an answer number (`Pivot`); its row number is that of
    its first answer in the file. Of the map the rows count that are valid on the day of the form's last answer.
    Raises RejectedFile when the map names a column that the table does not have.
    """
    pivot = table.pivot
    assert pivot is not None
    rules: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for rule in question_map.to_pylist():
        if rule["target_table"] != pivot.target:
            continue
        if rule["target_column"] not in table.by_name:
            raise RejectedFile(
                "BAD_QUESTION_MAP",
                f"the question map fills a column of {pivot.target} that is not there: correct `target_column` in row {rule['row_number']} of {pivot.map}",
                "target_column", pivot.map,
            )  # fmt: skip
        rules.setdefault((rule["template"], rule["question_code"]), []).append(rule)
    forms: dict[str, list[dict[str, Any]]] = {}
    for answer in answers.to_pylist():
        forms.setdefault(answer["form_id"], []).append(answer)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for form, given in forms.items():
        day = max((a["answered_at"].date() for a in given if a["answered_at"]), default=snapshot)
        about = {"template": given[0]["template"], "child_id": given[0]["child_id"]}
        mine: dict[tuple[str, str, str], dict[str, Any]] = {}
        for answer in sorted(given, key=lambda a: (str(a["answered_at"] or ""), a["row_number"])):
            for rule in rules.get((answer["template"], answer["question_code"]), ()):
                fits = rule["answer_no"] in (None, answer["answer_no"])
                if not fits or not _valid(rule, day):
                    continue
                again = (answer["answer_no"] or "1") if pivot.repeat else ""
                row = mine.setdefault((form, rule["item"] or "", again), {"row_number": answer["row_number"]})
                row["row_number"] = min(row["row_number"], answer["row_number"])
                row[rule["target_column"]] = rule["value"] or answer["answer"]
        for rule in rules.get((about["template"], EVERY_FORM), ()):
            if _valid(rule, day):
                for row in mine.values():
                    row.setdefault(rule["target_column"], rule["value"])
        for (_, item, again), row in mine.items():
            row[pivot.id] = form
            if pivot.item:
                row[pivot.item] = item
            if pivot.repeat:
                row[pivot.repeat] = f"{form}-{again}"
            row.setdefault("template", about["template"])
            row.setdefault("child_id", about["child_id"])
            row.setdefault("subject_id", about["child_id"])
        rows |= mine
    names = [c.name for c in table.columns]
    ordered = sorted(rows.values(), key=lambda r: r["row_number"])
    cells = [[r.get(n) or "" for n in names] for r in ordered]
    sheet = Sheet(table.title, [names, *cells], numbers=[r["row_number"] for r in ordered])
    return Found(table, sheet, 0, {n: place for place, n in enumerate(names)})


def _valid(rule: dict[str, Any], day: date) -> bool:
    return (rule["valid_from"] or day) <= day <= (rule["valid_to"] or day)
