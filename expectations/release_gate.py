"""The Great Expectations suites on a release before it is written. Frame in, names of failures out, no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expectations.gate import validate_frame

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ["", "c", "z", "x", "low", "u"]
REVISIONS = ["", "p", "r"]
RAGS = ["green", "amber", "red", ""]
SMALL = [1, 2, 3, 4, 5]
LEVELS = ["authority", "service"]
# Units of which the people stand in the denominator: the numerator is a sum of scores, or there is none.
UNITS_OF_MEANS = ("points", "score", "days", "working days", "weeks", "kappa", "percentage points")
GONE_WITH_CELL = (
    "numerator", "denominator", "value", "change", "previous_value", "previous_numerator", "previous_denominator",
    "commentary", "cause", "action", "owner", "due_date", "direction",
)  # fmt: skip


def check_release(frame: pd.DataFrame, primary_key: Sequence[str], protected: Sequence[bool]) -> list[str]:
    """Failed expectations of a release, as `expectation: column`; empty when the release may be written.

    `frame` holds the suppressed rows of the release; `protected` says row by row whether its counts are of people
    that the dataset's disclosure profile protects. Checks: there are rows; the key is unique and complete; statuses,
    revisions and ratings are known; a hidden or unavailable figure has no number left; a shown one has its value;
    percentages of some of the rows of a population lie in 0 to 100 and their numerator is not over the denominator (families beside
    a target may be more); no protected count of 1 to 5 is left, as numerator, denominator or what lies between; counts are whole;
    only authority and service rows; nothing is left on a hidden row.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    figures = frame.copy()
    for name in ("numerator", "denominator", "value"):
        figures[name] = figures[name].astype("float64")  # GX compares floats; the files are written from the decimals
    is_protected = [bool(flag) for flag in protected]
    is_mean = figures["unit"].isin(UNITS_OF_MEANS) & figures["denominator"].notna()
    figures["people"] = [
        row if flag else None
        for row, flag in zip(figures["denominator"].where(is_mean, figures["numerator"]), is_protected, strict=True)
    ]
    is_share = (figures["unit"] == "%") & _of_one_population(figures)
    whole = figures["denominator"].where(is_share)
    for name, counts in (("people_in_all", whole), ("people_left", whole - figures["numerator"])):
        figures[name] = [row if flag else None for row, flag in zip(counts, is_protected, strict=True)]
    present = [name for name in GONE_WITH_CELL if name in figures]
    figures["left_on_hidden"] = figures[present].notna().sum(axis=1).where(figures["status"] == "c", 0).astype("int64")
    figures["fraction"] = (figures["numerator"] % 1).fillna(0.0)
    figures["not_counted"] = (whole - figures["numerator"]).fillna(0.0)
    figures["empty_value"] = figures["value"].where(figures["status"].isin(["c", "z", "x"]))
    figures["empty_count"] = figures["numerator"].where(figures["status"].isin(["c", "x"]))
    figures["needed_value"] = figures["value"].where(figures["status"] == "", 0.0)
    figures["percentage"] = figures["value"].where(is_share)

    expectations: list[Any] = [
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=list(primary_key)),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in (*primary_key, "status", "needed_value")),
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATUSES),
        gxe.ExpectColumnValuesToBeInSet(column="org_level", value_set=LEVELS),
        gxe.ExpectColumnValuesToBeInSet(column="left_on_hidden", value_set=[0]),
        gxe.ExpectColumnValuesToBeInSet(column="fraction", value_set=[0.0]),
        gxe.ExpectColumnValuesToBeBetween(column="not_counted", min_value=0),
        gxe.ExpectColumnValuesToBeNull(column="empty_value"),
        gxe.ExpectColumnValuesToBeNull(column="empty_count"),
        gxe.ExpectColumnValuesToBeBetween(column="percentage", min_value=0, max_value=100),
        *(
            gxe.ExpectColumnValuesToNotBeInSet(column=name, value_set=SMALL)
            for name in ("people", "people_in_all", "people_left")
        ),
    ]
    for name, known in (("revision", REVISIONS), ("rag", RAGS)):
        if name in figures:
            expectations.append(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=known))
    result = validate_frame(figures, gx.ExpectationSuite(name="release", expectations=expectations))
    return [_name(item.expectation_config) for item in result.results if not item.success]


def _of_one_population(figures: pd.DataFrame) -> pd.Series:
    """Whether numerator and denominator count rows of one population; true where the rows do not say."""
    if not {"numerator_measure", "denominator_measure"} <= set(figures):
        return figures["unit"].notna()
    populations = figures[["numerator_measure", "denominator_measure"]].astype("string")
    return (
        populations["numerator_measure"].str.split(".").str[0]
        == populations["denominator_measure"].str.split(".").str[0]
    )


def check_list(frame: pd.DataFrame, key: Sequence[str], codes: Mapping[str, Sequence[str]]) -> list[str]:
    """Failed expectations of a list of children, as `expectation: column`; empty when the list may be written.

    Checks: no two rows have one key, the first column of the key (whom the row is about) is there, and the coded columns in
    `codes` hold codes that the receiver knows.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    together = ["\x1f".join(map(str, row)) for row in frame[list(key)].itertuples(index=False)]
    checked = frame.assign(key=together)  # a blank beside a blank is the same key too
    expectations: list[Any] = [
        gxe.ExpectColumnValuesToBeUnique(column="key"),
        gxe.ExpectColumnValuesToNotBeNull(column=key[0]),
        *(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=list(known)) for name, known in codes.items()),
    ]
    result = validate_frame(checked, gx.ExpectationSuite(name="list", expectations=expectations))
    return [_name(item.expectation_config) for item in result.results if not item.success]


def _name(config: Any) -> str:
    columns = config.kwargs.get("column") or "+".join(config.kwargs.get("column_list", [])) or "table"
    return f"{config.type}: {columns}"
