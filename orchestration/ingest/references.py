"""Whether rows name rows that are held: orphans and the share of references found, by the foreign keys of the contracts.

An orphan is a data-quality issue of a row that was loaded, never a reason to drop it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from expectations.contracts import Contracts, ForeignKey, Table
from orchestration.ingest.reasons import MOST_ROWS

ORPHAN = "ORPHAN"
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Checked:
    """What was found of one foreign key of a load: the share of references found, and the rows of the others."""

    place: int
    key: ForeignKey
    share: float
    orphans: np.ndarray

    def reason(self) -> dict[str, object]:
        """The reason for the ledger; row numbers only."""
        rows = np.sort(self.orphans)
        return {
            "code": ORPHAN, "column": ", ".join(self.key.columns), "rows": rows[:MOST_ROWS].tolist(), "action": "noted",
            "count": len(rows),
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
            if given.any():
                share = 1 - float(missed.sum()) / float(given.sum())
                numbers = rows.column("row_number").to_numpy()[missed]
                found.append(Checked(place, key, share, numbers))
        return found

    def _keys(self, table: Table, columns: tuple[str, ...]) -> pa.Array | None:
        place = (table.relation, columns)
        if place not in self._known:
            parts = [pq.read_table(p, columns=list(columns)) for p in self._held.get(table.relation, ())]
            values = [_joined([rows.column(c) for c in columns]) for rows in parts]
            self._known[place] = pc.unique(pa.chunked_array(_chunks(values))) if values else None
        return self._known[place]


def _chunks(values: Iterable[pa.ChunkedArray]) -> list[pa.Array]:
    return [chunk for v in values for chunk in v.chunks]


def _joined(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The values of a row as one text; null when one of them is."""
    texts = [c.cast(pa.string()) for c in columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _SEPARATOR)
