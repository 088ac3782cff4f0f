"""Great Expectations suites built from the contracts, and the frame a suite is run on. Only what is expected stands here.

Running suites is `expectations.gate`. Great Expectations and pandas are imported inside the functions: they cost seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import EARLIEST, OLDEST_AGE, OLDEST_RECORD, UNKNOWN, CodeSet, Column, Table, years_before
from expectations.profile import VOLUME, found_share, null_share, profile, profiled_columns

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

BIRTH = "date_of_birth"

_ARROW_TYPES = {
    "date": pa.date32(), "datetime": pa.timestamp("ms"), "integer": pa.int64(), "decimal": pa.decimal128(18, 4),
}  # fmt: skip
# pandas holds nanoseconds and ends in 2262; an open end written as 9999-12-31 is compared as 2200.
_FIRST_DAY, _LAST_DAY = np.datetime64("1700-01-01"), np.datetime64("2200-01-01")


@dataclass(frozen=True)
class Batch:
    """The typed rows of one table of one load, with the day they describe and the name of the file they came from.

    `data` are the rows, or the Parquet file that holds them. `facts` are numbers of the profile that more than this load says:
    the share of its references found (`found_share`), its rows against the period before (VOLUME).
    """

    load_id: int
    table: Table
    snapshot_date: date
    data: pa.Table | Path
    file: str
    facts: Mapping[str, float] = field(default_factory=dict)

    @property
    def schema(self) -> pa.Schema:
        """Columns and types of the rows."""
        return pq.read_schema(self.data).remove_metadata() if isinstance(self.data, Path) else self.data.schema

    @property
    def num_rows(self) -> int:
        """Rows of the load."""
        return pq.read_metadata(self.data).num_rows if isinstance(self.data, Path) else self.data.num_rows

    def parts(self, most: int) -> Iterator[Batch]:
        """The batch in pieces of at most `most` rows, so that a long load does not fill the memory."""
        if isinstance(self.data, Path):
            pieces = (pa.Table.from_batches([b]) for b in pq.ParquetFile(self.data).iter_batches(batch_size=most))
        else:
            pieces = (self.data.slice(start, most) for start in range(0, self.data.num_rows, most))
        for piece in pieces:
            yield Batch(self.load_id, self.table, self.snapshot_date, piece, self.file)

    def numbers(self) -> dict[str, float | None]:
        """The profile of the load."""
        if set(profiled_columns(self.table)) - set(self.schema.names):
            return dict(self.facts)  # a column is lacking, which is said by the expectation on the columns
        return {**profile(self.table, self.data, self.snapshot_date), **self.facts}


def typed_columns(table: Table) -> dict[str, pa.DataType]:
    """Columns of the typed Parquet in order with their Arrow types: the row number, then the contract's columns.

    A code column is followed by `<column>_raw` (the text as given) and `<column>_rule` (how it was read). A JSON column
    is not kept: its entries are rows of another table.
    """
    types: dict[str, pa.DataType] = {"row_number": pa.int32()}
    for column in table.columns:
        if column.type == "json":
            continue
        types[column.name] = _ARROW_TYPES.get(column.type, pa.string())
        if column.type == "code":
            types[f"{column.name}_raw"] = types[f"{column.name}_rule"] = pa.string()
    return types


def added_columns(table: Table) -> list[str]:
    """Columns that `as_frame` adds at the end, so that rules which differ by load hold over several loads at once."""
    names = ["load_id", "snapshot_date"]
    if BIRTH in table.by_name:
        names += ["after_birth_date", "latest_birth_date"]
    if table.birth:
        names.append("latest_birth_for_event")
    return names


def build_suite(table: Table, code_sets: Mapping[str, CodeSet]) -> ExpectationSuite:
    """The expectations of one table's contract, to be run on `as_frame` of any number of its loads.

    The meta of every expectation says in plain words what is expected (`says`) and of which column (`column`).
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    listed: list[Any] = [
        gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=[*typed_columns(table), *added_columns(table)],
            meta=_meta("", "the contract's columns, in order and type"),
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="row_number", meta=_meta("row_number", "a value in every row")),
        gxe.ExpectColumnValuesToBeBetween(column="row_number", min_value=2, meta=_meta("row_number", "2 or more")),
    ]
    for column in table.columns:
        listed += _column_expectations(table, column, code_sets)
    listed += [_not_before(end, start, end, f"no day before {start}") for start, end in table.ordered_dates]
    if table.birth:
        says = f"a day at most {table.birth.days_before_birth} days after {table.birth.event}"
        listed.append(_not_before("latest_birth_for_event", table.birth.column, table.birth.column, says))
    return gx.ExpectationSuite(name=table.relation, expectations=listed)


HOLDS = "hold"  # what a broken expectation does when it does not refuse the load


def build_table_suite(table: Table, volume_change: float) -> ExpectationSuite:
    """The table rules of one contract, to be run on a frame of profiles (`expectations.profile`), a row a load.

    The meta of the volume rule says `hold`: publication waits, the load is taken.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    def between(name: str, column: str, says: str, low: float | None, high: float | None, **meta: str) -> Any:  # noqa: ANN401
        about = _meta(column, says) | meta
        return gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high, meta=about)

    listed = [
        between("repeated_row_numbers", "row_number", "a number of its own for every row", 0, 0),
        between("repeated_keys", ", ".join(table.key), "a key of its own for every row", 0, 0),
    ]
    for column in table.columns:
        if (most := column.max_null_share) is not None:
            says = f"a value in at least {1 - most:.0%} of the rows"
            listed.append(between(null_share(column.name), column.name, says, 0, most))
    if fresh := table.freshness:
        says = f"a newest day at most {fresh.days} days before the snapshot"
        listed.append(between("days_old", fresh.column, says, None, fresh.days))
    for place, key in enumerate(table.foreign_keys):
        if key.share:
            says = f"at least {key.share:.0%} of its references among the rows of {key.to}"
            listed.append(between(found_share(place), ", ".join(key.columns), says, key.share, 1))
    if table.volume:
        says = f"a number of rows within {volume_change:.0%} of the period before"
        listed.append(between(VOLUME, "", says, -volume_change, volume_change, action=HOLDS))
    return gx.ExpectationSuite(name=table.relation, expectations=listed)


def as_profile_frame(batches: Sequence[Batch]) -> pd.DataFrame:
    """Profiles of loads of one table as a frame for `build_table_suite`; a number that cannot be had is blank."""
    import pandas as pd

    table = batches[0].table
    names = ["repeated_row_numbers", "repeated_keys", "days_old", VOLUME]
    names += [null_share(c.name) for c in table.columns if c.max_null_share is not None]
    names += [found_share(place) for place in range(len(table.foreign_keys))]
    rows = [b.numbers() for b in batches]
    loads = [b.load_id for b in batches]
    for load_id, row in zip(loads, rows, strict=True):  # one load given twice repeats all its rows
        row["repeated_row_numbers"] = (row.get("repeated_row_numbers") or 0) + loads.count(load_id) - 1
    return pd.DataFrame({n: pd.Series([r.get(n) for r in rows], dtype="float64") for n in names})


def _meta(column: str, says: str) -> dict[str, str]:
    return {"column": column, "says": says}


def _not_before(later: str, earlier: str, column: str, says: str, or_equal: bool = True) -> Any:  # noqa: ANN401 - GX's class
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=later,
        column_B=earlier,
        or_equal=or_equal,
        ignore_row_if="either_value_is_missing",
        meta=_meta(column, says),
    )


def _column_expectations(table: Table, column: Column, code_sets: Mapping[str, CodeSet]) -> list[Any]:
    import great_expectations.expectations as gxe

    name = column.name
    listed: list[Any] = []
    if column.type == "json":
        return listed
    # A column with `since` is missing from older files, which are whole without it.
    if column.required is True and not column.since:
        listed.append(gxe.ExpectColumnValuesToNotBeNull(column=name, meta=_meta(name, "a value in every row")))
    if column.type == "code":
        codes = [code.code for code in code_sets[column.codes or ""].codes]
        if not table.quarantines(column) and UNKNOWN not in codes:
            codes.append(UNKNOWN)
        listed.append(
            gxe.ExpectColumnValuesToBeInSet(column=name, value_set=codes, meta=_meta(name, f"a code of {column.codes}"))
        )
    elif column.type in ("integer", "decimal"):
        low = 0 if column.minimum is None else column.minimum
        says = f"{low:g} or more" if column.maximum is None else f"{low:g} to {column.maximum:g}"
        listed.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=name, min_value=low, max_value=column.maximum, meta=_meta(name, says)
            )
        )
    elif name == BIRTH:
        listed.append(
            _not_before(
                name,
                "after_birth_date",
                name,
                f"a day less than {OLDEST_AGE} years before the snapshot",
                or_equal=False,
            )
        )
        listed.append(
            _not_before(
                "latest_birth_date", name, name, "no day in the future beyond what is lawful for an unborn child"
            )
        )
    elif column.type in ("date", "datetime"):
        first = OLDEST_RECORD if column.old else EARLIEST
        low_day, says = datetime.combine(first, time()), f"no day before {first}"
        listed.append(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low_day, meta=_meta(name, says)))
        if not column.planned:
            listed.append(_not_before("snapshot_date", name, name, "no day after the snapshot"))
    return listed


def _needed(table: Table) -> set[str]:
    """Text columns that an expectation looks at; the others are carried by name only."""
    return {c.name for c in table.columns if c.type == "code" or c.required or c.name in table.key}


def wrong_columns(table: Table, schema: pa.Schema) -> list[str]:
    """Contract columns that are missing, misplaced or of another type in the typed rows; names only."""
    found = dict(zip(schema.names, schema.types, strict=True))
    expected = typed_columns(table)
    order = [name for name in schema.names if name in expected]
    right = [name for name in expected if name in found]
    misplaced = {name for name, other in zip(right, order, strict=False) if name != other}
    return [name for name, kind in expected.items() if name in misplaced or found.get(name) != kind]


def as_frame(batches: Sequence[Batch]) -> pd.DataFrame:
    """The rows of batches of one table, alike in schema, as one pandas frame for `build_suite`.

    Dates are datetime64[ns] and numbers float64, the two types Great Expectations compares without a loop over cells.
    Columns without an expectation on their cells (names of workers, free text, raw codes) come by name and without content:
    a smaller frame is quicker, and nothing sees what it need not. A column of another type than the contract's
    gets the type after its name, so that the expectation on the columns fails.
    """
    import pandas as pd

    table = batches[0].table
    rows = pa.concat_tables([b.data for b in batches if isinstance(b.data, pa.Table)])
    expected, needed = typed_columns(table), _needed(table)
    columns: dict[str, Any] = {}
    for name, kind in zip(rows.column_names, rows.schema.types, strict=True):
        if kind != expected.get(name):
            columns[f"{name}: {kind}"] = False
        elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            columns[name] = _nanoseconds(rows.column(name).cast(pa.date32()).to_numpy())
        elif not pa.types.is_string(kind):
            columns[name] = rows.column(name).cast(pa.float64()).to_numpy()
        elif name in needed:
            columns[name] = pd.Series(rows.column(name).to_numpy(), dtype=object)
        else:
            columns[name] = False
    times = [b.num_rows for b in batches]
    columns["load_id"] = np.repeat([b.load_id for b in batches], times)
    days = {"snapshot_date": [b.snapshot_date for b in batches]}
    if BIRTH in table.by_name:
        ahead = timedelta(days=table.birth.days_before_birth if table.birth else 0)
        days["after_birth_date"] = [years_before(b.snapshot_date, OLDEST_AGE) for b in batches]
        days["latest_birth_date"] = [b.snapshot_date + ahead for b in batches]
    for name, values in days.items():
        columns[name] = _nanoseconds(np.repeat(np.array(values, "datetime64[D]"), times))
    if table.birth:
        event = columns.get(table.birth.event)
        lawful = None if event is None else event + np.timedelta64(table.birth.days_before_birth, "D")
        columns["latest_birth_for_event"] = lawful
    return pd.DataFrame(columns, index=range(rows.num_rows))


def _nanoseconds(days: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(days.astype("datetime64[D]"), _FIRST_DAY), _LAST_DAY).astype("datetime64[ns]")
