"""Columns of equal length and the few ways to cut, stretch and join them; what the columns mean is told where they are made.

A day is a whole number of days since 1 January 1970 (`int32`), `BLANK` when it has not come or is not recorded. A word from a
short list (a code, a name, a text) is a `Words` column. Numbers are numpy arrays; an id that may be missing is negative then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLANK = np.iinfo(np.int32).min  # a day or a number that is not there
BLANK_SECONDS = -(2**62)  # a moment that is not there
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of words: for every row the position of its word in `words`, -1 for a blank."""

    index: Array
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: Any) -> Words:  # noqa: ANN401 - a mask, positions or a slice
        return Words(self.index[rows], self.words)

    def isin(self, *words: str) -> Array:
        """Which rows hold one of the words."""
        known = [position for position, word in enumerate(self.words) if word in words]
        return np.isin(self.index, known)

    def blank_where(self, mask: Array) -> Words:
        """The same words, blank where the mask is true."""
        return Words(np.where(mask, -1, self.index).astype(np.int32), self.words)

    def translated(self, mapping: Mapping[str, str | None]) -> Words:
        """Every word replaced by what the mapping says; a word it lacks, or maps to None, becomes blank."""
        words = tuple(dict.fromkeys(w for w in mapping.values() if w is not None))
        place = {word: position for position, word in enumerate(words)}
        table = [place.get(mapping.get(word) or "", -1) for word in self.words]
        return Words(np.array([*table, -1], dtype=np.int32)[self.index], words)

    def numbers(self, of: Callable[[str], Any], blank: Any = -1) -> Array:
        """For every row what `of` says of its word, a number; `blank` for a blank."""
        return np.array([*map(of, self.words), blank])[self.index]

    def strings(self) -> Array:
        """The words themselves as an object array, None for a blank."""
        return np.array([*self.words, None], dtype=object)[self.index]


def word(text: str | None, count: int) -> Words:
    """The same word in every row."""
    return Words(np.full(count, 0 if text is not None else -1, dtype=np.int32), (text,) if text is not None else ())


def words_of(values: Iterable[str | None]) -> Words:
    """A column of the given words, row by row."""
    values = list(values)
    known = tuple(dict.fromkeys(v for v in values if v is not None))
    place: dict[str | None, int] = {v: n for n, v in enumerate(known)} | {None: -1}
    return Words(np.array([place[v] for v in values], dtype=np.int32), known)


def texts_of(numbers: Array, text: Callable[[int], str]) -> Words:
    """For every row what `text` says of its number."""
    known, index = np.unique(numbers, return_inverse=True)
    return Words(index.astype(np.int32), tuple(map(text, known.tolist())))


def choose(count: int, *cases: tuple[Array, str | Words | None], otherwise: str | Words | None = None) -> Words:
    """For each row the word of the first case whose mask is true, else `otherwise`; None is a blank."""
    known: dict[str, int] = {}

    def indices(value: str | Words | None) -> Array | int:
        if value is None:
            return -1
        if isinstance(value, str):
            return known.setdefault(value, len(known))
        table = [known.setdefault(w, len(known)) for w in value.words]
        return np.array([*table, -1], dtype=np.int32)[value.index]

    found = np.full(count, -1, dtype=np.int32)
    found[:] = indices(otherwise)
    for mask, value in reversed(cases):
        found = np.where(mask, indices(value), found)
    return Words(found.astype(np.int32), tuple(known))


def yes_no(mask: Array, blank: Array | None = None) -> Words:
    """`yes` where the mask is true, `no` elsewhere, blank where `blank` is true."""
    found = Words(np.where(mask, 0, 1).astype(np.int32), ("yes", "no"))
    return found if blank is None else found.blank_where(blank)


class Rows:
    """A table held by columns: `rows.name` is a column, `rows[mask]` the rows of a mask or of positions."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Mapping[str, Any] | None = None, **more: Any) -> None:
        self._columns: dict[str, Any] = {**(columns or {}), **more}

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()))) if self._columns else 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an array or Words
        try:
            return object.__getattribute__(self, "_columns")[name]
        except KeyError:
            raise AttributeError(f"no column `{name}`") from None

    def __getstate__(self) -> dict[str, Any]:
        return self._columns

    def __setstate__(self, columns: dict[str, Any]) -> None:
        self._columns = columns

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, rows: Any) -> Rows:  # noqa: ANN401 - a mask, positions or a slice
        return Rows({name: column[rows] for name, column in self._columns.items()})

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns by name."""
        return self._columns

    def having(self, **columns: Any) -> Rows:
        """The same rows with columns added or replaced."""
        return Rows({**self._columns, **columns})

    def only(self, *names: str) -> Rows:
        """The same rows with these columns only."""
        return Rows({name: self._columns[name] for name in names})


def stack(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts one after the other; every part has the same columns."""
    full = [p for p in parts if len(p)] or list(parts[:1])
    if len(full) == 1:
        return full[0]
    return Rows({name: _joined([p.columns[name] for p in full]) for name in full[0].columns})


def _joined(columns: Sequence[Any]) -> Any:  # noqa: ANN401 - an array or Words
    if not isinstance(columns[0], Words):
        return np.concatenate(columns)
    if all(c.words == columns[0].words for c in columns):
        return Words(np.concatenate([c.index for c in columns]), columns[0].words)
    sizes = [len(c) for c in columns]
    starts = np.cumsum([0, *sizes])
    masks = [_span(starts[-1], starts[n], starts[n + 1]) for n in range(len(columns))]
    return choose(starts[-1], *((m, _stretched(c, m)) for c, m in zip(columns, masks, strict=True)))


def _span(count: int, first: int, end: int) -> Array:
    mask = np.zeros(count, dtype=bool)
    mask[first:end] = True
    return mask


def _stretched(words: Words, mask: Array) -> Words:
    index = np.full(len(mask), -1, dtype=np.int32)
    index[mask] = words.index
    return Words(index, words.words)


def run_numbers(counts: Array) -> Array:
    """0, 1, 2 … anew for every count: what `numpy.repeat(x, counts)` needs beside it."""
    counts = np.asarray(counts, dtype=np.int64)
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def numbers_in_group(group: Array) -> Array:
    """The running number (from 0) of each row among the rows of its group; rows of a group stand one after the other."""
    group = np.asarray(group)
    if not len(group):
        return np.zeros(0, dtype=np.int64)
    first = np.concatenate([[True], group[1:] != group[:-1]])
    starts = np.flatnonzero(first)
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))


def last_of_group(group: Array) -> Array:
    """Which rows are the last of their group; rows of a group stand one after the other."""
    group = np.asarray(group)
    return np.concatenate([group[1:] != group[:-1], [True]]) if len(group) else np.zeros(0, dtype=bool)


def position_of(sorted_keys: Array, keys: Array) -> Array:
    """The position of each key among sorted keys, -1 where it is not among them."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == keys, at, -1)
