"""What the command prints and how it ends: tables for people, one JSON document for machines, progress on a terminal, exit codes.

No verb belongs here.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

DONE, PROBLEM, WRONG_USE, LOCKED = 0, 1, 2, 75
WIDEST = 14  # columns of a table; rows with more are shown one below the other


@dataclass
class Options:
    """What every verb takes, wherever it stands on the command line."""

    json: bool = False
    quiet: bool = False
    debug: bool = False


OPTIONS = Options()
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class Problem(Exception):
    """An error to show in one line, with the exit code it means."""

    def __init__(self, message: str, code: int = PROBLEM) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """One line for people; nothing with --json or --quiet."""
    if not OPTIONS.json and not OPTIONS.quiet:
        out.print(text, markup=False)


def finite(value: Any) -> Any:  # noqa: ANN401 - any JSON document
    """The document with null for what JSON cannot say (NaN and infinity)."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON document
    """The one JSON document of a verb."""
    sys.stdout.write(json.dumps(finite(document), ensure_ascii=False, indent=2, default=str, allow_nan=False) + "\n")


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell of any type
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Rows as JSON, or as a table for people."""
    if OPTIONS.json:
        print_json(list(rows))
        return
    if OPTIONS.quiet:
        return
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    if not rows:
        out.print("nothing to show")
        return
    if columns is None and len(names) > WIDEST:
        for row in rows:
            for name in names:
                out.print(f"{name.replace('_', ' ')}: {_cell(row.get(name))}", markup=False)
            out.print()
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(
            name.replace("_", " "),
            justify="right" if isinstance(rows[0].get(name), int | float) else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(_cell(row.get(n))) for n in names))
    (Console(width=200, highlight=False) if not sys.stdout.isatty() else out).print(table)


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """A line that tells what is being done, only on a terminal."""
    if OPTIONS.json or OPTIONS.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with err.status("starting") as status:
        yield lambda text: status.update(text)
