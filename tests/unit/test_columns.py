"""Whole columns: many distinct values read together mean what each of them means read alone, for every type of column."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.contracts import Column, Table, load_contracts
from expectations.suites import typed_columns
from orchestration.ingest import columns
from orchestration.ingest.cells import says_nothing
from orchestration.ingest.columns import FEW, NO_DATE, Cells, ColumnReader

CONTRACTS = load_contracts()
SENTINELS = CONTRACTS.sources["ssd"].empty
TYPES = ("id", "text", "date", "datetime", "integer", "decimal", "code", "postcode")


@cache
def table_of(*made: Column, empty: tuple[str, ...] = ()) -> Table:
    """A table of columns that no contract has to have."""
    return Table(
        title="t", grain="g", mode="replace", key=(made[0].name,), coverage=("flow",), columns=made, empty=empty,
        name="t", source="s",
    )  # fmt: skip


def column(kind: str, **more: Any) -> Column:  # noqa: ANN401 - the fields of a column
    codes = {"codes": "yes_no"} if kind == "code" else {}
    return Column(name="c", type=kind, description="d", **codes, **more)


def reader(kind: str, empty: tuple[str, ...] = (), **more: Any) -> ColumnReader:  # noqa: ANN401
    made = column(kind, **more)
    return ColumnReader(table_of(made, empty=empty), made, CONTRACTS)


def by_row(cells: Cells) -> list[tuple[Any, ...]]:
    """(value, problem, blank, raw text and rule of a code) of every row."""
    values = cells.values.to_pylist() if isinstance(cells.values, pa.Array) else cells.values
    raw = [None] * len(values) if cells.raw is None else cells.raw.to_pylist()
    rules = [None] * len(values) if cells.rules is None else cells.rules.to_pylist()
    problems = [cells.problems[s] for s in cells.status]
    return [(values[i], problems[i], bool(b), raw[i], rules[i]) for i, b in zip(cells.index, cells.blank, strict=True)]


@cache
def padding(kind: str) -> tuple[str, ...]:
    """So many plain cells of a type that Arrow takes them together."""
    make = {
        "id": lambda n: f"P{n:05d}", "text": lambda n: f"a note of row {n}", "integer": str, "decimal": lambda n: f"{n}.25",
        "date": lambda n: f"{1950 + n % 100}-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
        "datetime": lambda n: f"2025-06-{n % 28 + 1:02d} {n % 24:02d}:{n // 24 % 60:02d}:{n // 1440:02d}",
        "code": lambda n: f"code {n}", "postcode": lambda n: f"ZZ{n % 100} {n // 100 % 10}AA{n}",
    }[kind]  # fmt: skip
    return tuple(dict.fromkeys(make(n) for n in range(FEW + 1500)))


# --- one by one and together ----------------------------------------------------------------------------------------

AWKWARD = [
    "", " ", "\u00a0", "\u200b", "\ufeff7", "7", " 7 ", "07", "7.0", "7.00", "7.", ".5", "7.5", "007.0", "0.0", "-0", "+5", "-1", "-1.0",
    "-1.5", "1E+06", "1e5", "1.5e3", "1e-3", "1,234", "1,23", "12,345,678.9", "1 234", "1_000", "٣", "７", "0x1F", "inf", "-inf", "nan",
    "NaN", "1" * 15, "1" * 16, "1" * 25, "9" * 12, "9" * 13, "10000000000000", "0.00005", "0.00004", "0.12345", "1.00005", "2.000049999",
    "999999999999.9999", "999999999999.99995", "1900-01-01", "1900-01-01 00:00:00", "1900-01-01T00:00:00", "1900-01-01 00:00:00.000",
    "1900-01-01 10:30:00", "1900-01-01 extra", "01/01/1900", "1899-12-31", "0001-01-01", "9999-12-31", "9999-12-31 23:59:59.999",
    "0000-01-01", "2021-02-30", "2021-02-30T10:00:00", "31/02/2021", "29/02/2020", "29/02/2021", "12/25/2020", "01/02/21", "2021-2-3",
    "2021-02-03", "2021-02-03 ", "2021-02-03T", "2021-02-03 12", "2021-02-03 12:61", "2021-02-03 12:61:00", "2021-02-03 24:00:00",
    "2021-02-03 23:59:60", "2021-02-03 23:59:59", "2021-02-03 23:59:59.9", "2021-02-03 23:59:59.999", "2021-02-03 23:59:59.9999999",
    "2021-02-03 10:30", "2021-02-03T10:30", "2021-02-03T10:30:15Z", "2021-02-03 10:30:15+01:00", "2021-02-03 1:30 pm", "03/02/2021 10:30",
    "03/02/2021 10:30:15", "03/02/2021 25:00", "03.02.2021", "3-Feb-2021", "30 Sep 2020", "44197", "44197.5", "0", "1", "12:61",
    "1969-12-31 23:59:59.5", "1969-12-31", "#N/A", "#VALUE!", "(blank)", "(Blank)", "N/A", "n/a", "NULL", "null", "Null", "-", ".", "--",
    "Null Smith", "A-1", "A/1", "a_1", "ABCDEFG1", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b", "1E5", "E5", "1e", "SSD_PH",
    "ssd_ph", "PLACEHOLDER_DATA", "PLACEHOLDER_DATA ", "-1 ", " -1", "yes", "Y", "No", "1.0", "true", "a) Yes", "maybe", "ZZ1 9ZZ",
    "zz19zz", "ZZ1  9ZZ", "a  b", "a\tb", "a\nb", "é", "e\u0301", "\u00ad", "a\u200bb", "7\n", "\n", "2021-02-03\n", "9007199254740993",
]  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(alphabet="0123456789-/:. TeE+,", max_size=20),
    st.from_regex(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?)?", fullmatch=True),
    st.from_regex(r"[0-3][0-9]/[01][0-9]/[12][0-9]{3}( [0-2][0-9]:[0-6][0-9](:[0-6][0-9])?)?", fullmatch=True),
    st.from_regex(r"[+-]?[0-9]{0,16}(\.[0-9]{0,8})?", fullmatch=True),
    st.text(max_size=12).filter(lambda t: t.isprintable() or not t.strip()),
)  # fmt: skip
LIMITS = st.sampled_from([{}, {"minimum": -1}, {"minimum": -1_000_000}, {"minimum": 1, "maximum": 9}, {"maximum": 2}])


def check(kind: str, cells: list[str], empty: tuple[str, ...], limits: dict[str, float]) -> None:
    """Together with many plain cells, among them or behind them, a cell is read as it is read alone."""
    limits = limits if kind in ("integer", "decimal") else {}
    many = [*padding(kind)[: FEW // 2], *cells, *padding(kind)[FEW // 2 :], *cells]
    together = reader(kind, empty, **limits).read(pa.array(many, pa.string()))
    assert kind in ("date", "code") or len(together.given) > FEW
    alone = reader(kind, empty, **limits).read(list(many))
    assert isinstance(alone.given, list)
    assert by_row(together) == by_row(alone)
    one_by_one = [by_row(reader(kind, empty, **limits).read([cell]))[0] for cell in cells]
    assert by_row(together)[-len(cells) :] == one_by_one
    texts = together.texts()
    assert [texts[place] for place in together.index] == many
    for problem in set(together.found_problems()) | set(alone.found_problems()):
        assert together.rows_with(problem).tolist() == alone.rows_with(problem).tolist()


@pytest.mark.parametrize("empty", [(), SENTINELS], ids=["plain", "sentinels"])
@pytest.mark.parametrize("kind", TYPES)
def test_every_awkward_cell_among_many_is_read_as_it_is_alone(kind, empty):
    check(kind, AWKWARD, empty, {})
    for limits in ({"minimum": -1.0}, {"minimum": 1.0, "maximum": 9.0}) if kind in ("integer", "decimal") else ():
        check(kind, AWKWARD, empty, limits)


@pytest.mark.parametrize("kind", [k for k in TYPES if k != "code"])
@settings(max_examples=25, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=40), st.sampled_from([(), SENTINELS]), LIMITS)
def test_any_cells_among_many_are_read_as_they_are_alone(kind, cells, empty, limits):
    check(kind, cells, empty, limits)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), min_size=1, max_size=5), st.sampled_from(TYPES))
def test_what_was_read_before_does_not_change_what_is_read_next(chunks, kind):
    """One reader for all chunks of a file gives what a new one gives for each."""
    one = reader(kind, SENTINELS)
    for cells in chunks:
        assert by_row(one.read(pa.array(cells, pa.string()))) == by_row(reader(kind, SENTINELS).read(cells))


@pytest.mark.parametrize("kind", TYPES)
def test_a_reader_that_forgets_reads_the_same(kind, monkeypatch):
    monkeypatch.setattr(columns, "MOST_KNOWN", 3)
    one, cells = reader(kind), AWKWARD[:80]
    for start in range(0, 80, 7):
        part = cells[start : start + 7]
        assert by_row(one.read(pa.array(part, pa.string()))) == by_row(reader(kind).read(part))
    assert len(one._known) <= 3 + 7


def test_every_column_of_every_contract_reads_many_as_one_by_one():
    """Each distinct kind of column of the contracts: its type, limits and its source's empty cells."""
    kinds = {
        (t.empty, c.type, c.codes, c.minimum, c.maximum): (t, c) for t in CONTRACTS.tables for c in t.columns
    }  # fmt: skip
    seen = Counter(c.type for _, c in kinds.values())
    assert set(seen) == {*TYPES, "json"}
    for table, made in kinds.values():
        if made.type in ("code", "json", "postcode"):
            continue
        cells = [*padding(made.type), *AWKWARD]
        together = ColumnReader(table, made, CONTRACTS).read(pa.array(cells, pa.string()))
        alone = ColumnReader(table, made, CONTRACTS).read(cells)
        assert by_row(together) == by_row(alone), (table.relation, made.name)
        assert together.values.type == alone.values.type == typed_columns(table)[made.name]


# --- what the values are ---------------------------------------------------------------------------------------------


def read_many(kind: str, cells: list[str], empty: tuple[str, ...] = (), **limits: float) -> list[tuple[Any, str]]:
    many = pa.array([*padding(kind), *cells], pa.string())
    return [row[:2] for row in by_row(reader(kind, empty, **limits).read(many))][-len(cells) :]


@pytest.mark.parametrize(
    ("kind", "cell", "value", "problem"),
    [
        ("id", "0012345", "0012345", ""), ("id", "10100001.0", "10100001", ""), ("id", "1E+06", None, "BAD_ID"),
        ("id", "1e5", None, "BAD_ID"), ("id", " 7 ", "7", ""), ("id", "\u00a0A1\u00a0", "A1", ""), ("id", "#N/A", None, "BLANK"),
        ("integer", "7.0", 7, ""), ("integer", " 3 ", 3, ""), ("integer", "1,234", 1234, ""), ("integer", "+5", 5, ""),
        ("integer", "-1", None, "BAD_NUMBER"), ("integer", "1.5", None, "BAD_NUMBER"), ("integer", "1e5", None, "BAD_NUMBER"),
        ("decimal", "0.00005", Decimal("0.0001"), ""), ("decimal", "0.00004", Decimal("0.0000"), ""),
        ("decimal", "1" * 25, None, "BAD_NUMBER"), ("decimal", "1,234.5", Decimal("1234.5000"), ""),
        ("date", "31/02/2021", None, "BAD_DATE"), ("date", "29/02/2020", date(2020, 2, 29), ""),
        ("date", "2021-02-30T10:00:00", None, "BAD_DATE"), ("date", "12/25/2020", None, "BAD_DATE"),
        ("date", "2025-06-30T23:30:00", date(2025, 6, 30), ""), ("date", "44197", date(2021, 1, 1), ""),
        ("date", "1900-01-01", date(1900, 1, 1), ""), ("datetime", "2021-02-03 12:61:00", None, "BAD_DATE"),
        ("datetime", "2021-02-03 12:61", None, "BAD_DATE"), ("datetime", "12:61", None, "BAD_DATE"),
        ("datetime", "2021-02-03 24:00:00", None, "BAD_DATE"), ("datetime", "2021-02-30T10:00:00", None, "BAD_DATE"),
        ("datetime", "2021-02-03 23:59:59.999", datetime(2021, 2, 3, 23, 59, 59), ""),
        ("datetime", "1969-12-31 23:59:59.500", datetime(1969, 12, 31, 23, 59, 59), ""),
        ("datetime", "2021-02-03", datetime(2021, 2, 3), ""), ("text", "(blank)", None, "BLANK"),
        ("text", "a\u00a0 b", "a b", ""), ("text", "Null Smith", "Null Smith", ""),
    ],
)  # fmt: skip
def test_a_cell_among_many_means_what_the_rules_say(kind, cell, value, problem):
    assert read_many(kind, [cell]) == [(value, problem)]


@pytest.mark.parametrize(
    ("kind", "blank", "kept"),
    [
        ("id", ["-1", " -1 ", "-1.0"], ["1", "-10"]),
        ("integer", ["-1"], ["1"]),
        ("text", ["SSD_PH", "PLACEHOLDER_DATA", " SSD_PH ", "1900-01-01"], ["SSD_PHONE", "since 1900-01-01"]),
        ("date", ["1900-01-01", "01/01/1900", "1900-01-01 00:00:00", "1900-01-01T00:00:00"], ["1900-01-02"]),
        ("datetime", ["1900-01-01", "1900-01-01 00:00:00", "1900-01-01T00:00:00.000"], ["1901-01-01 00:00:00"]),
    ],
)
def test_empty_cells_of_a_source_are_no_values_among_many(kind, blank, kept):
    assert [p for _, p in read_many(kind, blank, SENTINELS)] == ["BLANK"] * len(blank)
    assert [p for _, p in read_many(kind, kept, SENTINELS, minimum=-100)] == [""] * len(kept)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-20, 20), st.integers(0, 20))
@example(9, 1, 8)
def test_limits_hold_for_plain_and_other_forms_alike(value, low, width):
    high = low + width
    found = read_many("integer", [str(value), f" {value} ", f"{value}.0"], minimum=low, maximum=high)
    lawful = low <= value <= high
    assert found == [(value, "") if lawful else (None, "BAD_NUMBER")] * 3
    found = read_many("decimal", [str(value), f"{value}.00000"], minimum=low, maximum=high)
    assert found == [(Decimal(value), "") if lawful else (None, "BAD_NUMBER")] * 2


# --- a column of a chunk ---------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(CELLS, st.booleans(), st.integers(-5, 50_000), st.floats(), st.none(), st.dates(), st.datetimes()),
        max_size=30,
    ),
    st.sampled_from(TYPES),
)
def test_cells_of_a_workbook_are_told_apart_by_their_kind(cells, kind):  # fmt: skip
    """True is no 1, 1.0 no `1.0`: whatever else is in the column, a cell is read as it is alone."""
    found = by_row(reader(kind).read(list(cells)))
    assert len(found) == len(cells)
    for row, cell in zip(found, cells, strict=True):
        assert row == by_row(reader(kind).read([cell]))[0]
        assert row[2] == says_nothing(cell)


def test_days_give_no_date_for_what_has_none():
    cells = reader("date").read(["1970-01-02", "", "31/02/2021", "1969-12-31"])
    assert cells.days().tolist() == [1, NO_DATE, NO_DATE, -1]


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, max_size=20), st.sampled_from(TYPES))
def test_two_cells_mean_the_same_when_their_values_are_equal_or_their_wrong_texts_are(cells, kind):
    found = reader(kind).read(pa.array(cells, pa.string()))
    marks, rows = found.meanings(), by_row(found)
    told = [(row[1], cell) if row[1] not in ("", "BLANK") else row[0] for row, cell in zip(rows, cells, strict=True)]
    assert len(marks) == len(cells)
    for one in range(len(cells)):
        for other in range(one):
            assert (marks[one] == marks[other]) == (told[one] == told[other])


def test_an_empty_column_has_no_rows():
    for kind in TYPES:
        found = reader(kind).read(pa.array([], pa.string()))
        assert (len(found.index), found.found_problems(), found.blank.tolist()) == (0, [], [])
        assert np.array_equal(found.rows_with("BAD_DATE"), np.zeros(0, bool))
