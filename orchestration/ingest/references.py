"""Whether rows name rows that are held: orphans and the share of references found, by the foreign keys of the contracts.

An orphan is a data-quality issue of a row that was loaded. Only where a contract says so is a row kept out for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.contracts import VALIDITY, Contracts, ForeignKey, Table
from orchestration.ingest.reasons import MOST_ROWS

ORPHAN = "ORPHAN"
NOT_LISTED = "NOT_LISTED"
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Checked:
    """What was found of one foreign key of a load: the share of references found, and the rows of the others."""

    place: int
    key: ForeignKey
    share: float
    orphans: np.ndarray

    @property
    def keeps_out(self) -> bool:
        """Whether the rows are quarantined."""
        return self.key.on_missing == "quarantine"

    def reason(self) -> dict[str, object]:
        """The reason for the ledger; row numbers only."""
        rows = np.sort(self.orphans)
        return {
            "code": NOT_LISTED if self.keeps_out else ORPHAN, "column": ", ".join(self.key.columns),
            "rows": rows[:MOST_ROWS].tolist(), "action": "quarantined" if self.keeps_out else "noted", "count": len(rows),
        }  # fmt: skip


class References:
    """Looks references up among the Parquet files held of each table; each key is read once."""

    def __init__(self, contracts: Contracts, held: Mapping[str, Sequence[Path]]) -> None:
        self._contracts, self._held = contracts, held
        self._known: dict[tuple[str, tuple[str, ...]], pa.Array | None] = {}

    def check(self, table: Table, path: Path) -> list[Checked]:
        """Every foreign key of a load whose other table is held and that has a reference at all."""
        found = []
        for place, key in enumerate(table.foreign_keys):
            other = self._contracts.find(table, key.to)
            known = self._keys(other, key.there) if other else None
            if known is None:
                continue
            rows = pq.read_table(path, columns=["row_number", *key.columns])
            named = _joined([rows.column(c) for c in key.columns])
            there = pc.is_in(named, value_set=known)
            given = pc.is_valid(named).to_numpy()
            missed = given & ~there.to_numpy()
            if other and (key.through or key.valid_on):
                missed |= given & self._unfit(table, key, other, path, named.to_pylist())
            if given.any():
                share = 1 - float(missed.sum()) / float(given.sum())
                numbers = rows.column("row_number").to_numpy()[missed]
                found.append(Checked(place, key, share, numbers))
        return found

    def _unfit(self, table: Table, key: ForeignKey, other: Table, path: Path, named: list[str | None]) -> np.ndarray:
        """Rows whose other row is held, but not for the third row they name, or not on its day."""
        same = key.through.same if key.through else ()
        held: dict[tuple[str | None, ...], list[tuple[date | None, date | None]]] = {}
        for name, *about in self._rows(other, key.there, same, *(VALIDITY if key.valid_on else ())):
            fits, days = tuple(about[: len(same)]), about[len(same) :] or [None, None]
            held.setdefault((name, *fits), []).append((days[0], days[1]))
        if key.through:
            own = pq.read_table(path, columns=list(key.through.columns))
            thirds = _joined([own.column(c) for c in key.through.columns]).to_pylist()
            third = self._contracts.find(table, key.through.to)
            assert third is not None
            day = (key.valid_on,) if key.valid_on else ()
            found = {name: about for name, *about in self._rows(third, key.through.columns, same, *day)}
            contexts = [found.get(name) for name in thirds]
        else:
            contexts = [[day] for day in pq.read_table(path, columns=[str(key.valid_on)]).column(0).to_pylist()]
        unfit = np.zeros(len(named), bool)
        for place, (name, context) in enumerate(zip(named, contexts, strict=True)):
            if name is None or context is None or None in context[: len(same)]:
                continue
            spells = held.get((name, *context[: len(same)]), [])
            on = context[len(same)] if key.valid_on else None
            unfit[place] = not any(
                on is None or ((first or date.min) <= on <= (last or date.max)) for first, last in spells
            )
        return unfit

    def _rows(self, table: Table, key: Sequence[str], same: Sequence[str], *days: str) -> Iterable[list[Any]]:
        """The rows held of a table: its key as one text, the columns compared as text, days."""
        for path in self._held.get(table.relation, ()):
            rows = pq.read_table(path, columns=list(dict.fromkeys([*key, *same, *days])))
            texts = [rows.column(c).cast(pa.string()).to_pylist() for c in same]
            named = _joined([rows.column(c) for c in key]).to_pylist()
            yield from map(list, zip(named, *texts, *(rows.column(d).to_pylist() for d in days), strict=True))

    def _keys(self, table: Table, columns: tuple[str, ...]) -> pa.Array | None:
        place = (table.relation, columns)
        if place not in self._known:
            parts = [pq.read_table(p, columns=list(columns)) for p in self._held.get(table.relation, ())]
            values = [_joined([rows.column(c) for c in columns]) for rows in parts]
            self._known[place] = pc.unique(pa.chunked_array(_chunks(values))) if values else None
        return self._known[place]


def keep_out(path: Path, orphans: np.ndarray) -> int:
    """Take rows out of a load's Parquet, into a file beside it (restricted); how many there were."""
    rows = pq.read_table(path)
    out = np.isin(rows.column("row_number").to_numpy(), orphans)
    if out.any():
        pq.write_table(rows.filter(pa.array(out)), path.with_name(f"{path.stem}.kept_out.parquet"), compression="zstd")
        pq.write_table(rows.filter(pa.array(~out)), path, compression="zstd")
    return int(out.sum())


def _chunks(values: Iterable[pa.ChunkedArray]) -> list[pa.Array]:
    return [chunk for v in values for chunk in v.chunks]


def _joined(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The values of a row as one text; null when one of them is."""
    texts = [c.cast(pa.string()) for c in columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _SEPARATOR)
