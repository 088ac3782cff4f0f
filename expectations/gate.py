"""The blocking Great Expectations gate on extracts: typed rows in, names of broken expectations out, never a value."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations import data_docs
from expectations.contracts import CodeSet, load_contracts
from expectations.data_docs import LOAD
from expectations.suites import (
    HOLDS,
    Batch,
    as_frame,
    as_profile_frame,
    build_suite,
    build_table_suite,
    wrong_columns,
)

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

__all__ = ["Batch", "Failure", "gate_extracts", "validate_frame"]

FRAME_ROWS = 250_000  # rows of a frame: pandas needs about 1 KB a row of a wide table
SMALL_FRAME = 20_000
VOLUME_CHANGE = 0.40  # R24
RESULT_FORMAT = "BOOLEAN_ONLY"  # every other format of Great Expectations carries cell values


@dataclass(frozen=True)
class Failure:
    """A broken expectation: where, and what was expected in plain words.

    `holds`: the load is taken, but what is made from it is published only after somebody signed it off.
    """

    load_id: int
    file: str
    table: str
    expectation: str
    column: str
    holds: bool = False

    def __str__(self) -> str:
        """One line for a data officer."""
        return f"{self.file}: {self.table}: {self.column or 'columns'}: expected {self.expectation}"


@contextmanager
def _silence() -> Iterator[None]:
    """Great Expectations without log lines, warnings or usage reports: its error lines quote cells."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger, nowhere = logging.getLogger("great_expectations"), logging.NullHandler()
    before = logger.propagate
    logger.addHandler(nowhere)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = before
        logger.removeHandler(nowhere)


@contextmanager
def _configured_once() -> Iterator[None]:
    """Great Expectations with each expectation's configuration made once a validation, not at every look at it.

    1.24 makes it anew for every key it reads, some 50 times an expectation. Made once, loading 170 small files took 30 s
    instead of 36 (docs/benchmarks.md). Nothing changes an expectation meanwhile.
    """
    from great_expectations.expectations.expectation import Expectation

    made: dict[int, tuple[Any, Any]] = {}  # the expectation is kept beside it, so that its number is not given again
    plain = Expectation.__dict__["configuration"]

    def configuration(self: Any) -> Any:  # noqa: ANN401 - a private class of Great Expectations
        if id(self) not in made:
            made[id(self)] = self, plain.fget(self)
        return made[id(self)][1]

    Expectation.configuration = property(configuration)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Expectation.configuration = plain  # type: ignore[method-assign]


@cache
def _frames() -> Any:  # noqa: ANN401 - a Great Expectations class, imported late
    """The place in memory where a frame is laid to be validated, one for all frames of a gate run: making a context for every
    frame is a fifth of the gate's time, writing down an asset for every frame was 5 of 30 s of loading 170 small files."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all")


def validate_frame(frame: pd.DataFrame, suite: ExpectationSuite) -> ExpectationSuiteValidationResult:
    """Run a suite on a pandas frame; the result says true or false by expectation and holds no cell value.

    An expectation that cannot be evaluated counts as broken; the
    error that Great Expectations caught is thrown away, because its text may quote a cell.
    """
    with _silence():
        batch = _frames().get_batch({"dataframe": frame})
        with _configured_once():
            result = batch.validate(suite, result_format=RESULT_FORMAT)
    for item in result.results:
        item.exception_info = {}
        item.result = {}
    if len(frame) > SMALL_FRAME:  # the source keeps every frame it has seen
        _frames.cache_clear()
    return result


def gate_extracts(
    batches: Sequence[Batch],
    docs: Path | None = None,
    code_sets: Mapping[str, CodeSet] | None = None,
    volume_change: float = VOLUME_CHANGE,
) -> list[Failure]:
    """Broken expectations of the batches, in the batches' order; empty when everything may pass.

    Batches of one table are validated together, which is quick; only when that fails is each validated by itself to find
    the guilty load. `docs` is the folder of the data-quality site. `code_sets` defaults to the contracts' own.
    """
    code_sets = load_contracts().code_sets if code_sets is None else code_sets
    _frames.cache_clear()
    alike: dict[tuple[str, str], list[int]] = {}
    for place, batch in enumerate(batches):
        alike.setdefault((batch.table.relation, str(batch.schema)), []).append(place)
    results: dict[str, ExpectationSuiteValidationResult] = {}
    failures: dict[int, list[Failure]] = {}
    for places in alike.values():
        group = [batches[place] for place in places]
        with _silence():  # this is where Great Expectations is first imported
            suites = build_suite(group[0].table, code_sets), build_table_suite(group[0].table, volume_change)
        relation = group[0].table.relation
        name = relation if relation not in results else f"{relation}{LOAD}{group[0].load_id}"
        together = results[name] = _validate(group, suites)
        if together.success:
            continue
        alone: dict[int, ExpectationSuiteValidationResult] = {}
        if len(group) > 1:
            for place in places:
                page = f"{relation}{LOAD}{batches[place].load_id}"
                result = _validate([batches[place]], suites)
                if not result.success:
                    alone[place] = results[page] = result
        # When no load fails by itself the fault is between them (one load given twice): all are held back.
        for place, result in (alone or dict.fromkeys(places, together)).items():
            failures[place] = _failures(batches[place], result)
    if docs is not None:
        with _silence():
            data_docs.write(results, docs)
    return [failure for place in sorted(failures) for failure in failures[place]]


def _validate(
    group: Sequence[Batch], suites: tuple[ExpectationSuite, ExpectationSuite]
) -> ExpectationSuiteValidationResult:
    """One result of the row rules on all rows and the table rules on the profiles; long loads go in pieces."""
    waiting, rows = [], 0
    whole: ExpectationSuiteValidationResult | None = None
    for part in (p for batch in group for p in batch.parts(FRAME_ROWS)):
        if waiting and rows + part.num_rows > FRAME_ROWS:
            whole = _both(whole, validate_frame(as_frame(waiting), suites[0]))
            waiting, rows = [], 0
        waiting.append(part)
        rows += part.num_rows
    if waiting:
        whole = _both(whole, validate_frame(as_frame(waiting), suites[0]))
    about_loads = validate_frame(as_profile_frame(group), suites[1])
    if whole is None:
        return about_loads
    whole.results += about_loads.results
    whole.success = bool(whole.success and about_loads.success)
    return whole


def _both(
    one: ExpectationSuiteValidationResult | None, two: ExpectationSuiteValidationResult
) -> ExpectationSuiteValidationResult:
    """Results of one suite on two frames as one: an expectation is met when it is met on both."""
    if one is None:
        return two
    for first, second in zip(one.results, two.results, strict=True):
        first.success = bool(first.success and second.success)
    one.success = bool(one.success and two.success)
    return one


def _failures(batch: Batch, result: ExpectationSuiteValidationResult) -> list[Failure]:
    wrong = wrong_columns(batch.table, batch.schema)
    broken = [item.expectation_config.meta for item in result.results if not item.success]
    return [
        Failure(
            batch.load_id, batch.file, batch.table.name, meta["says"], meta["column"] or ", ".join(wrong),
            meta.get("action") == HOLDS,
        )
        for meta in sorted(broken, key=lambda meta: meta["column"])
        if meta["column"] not in wrong  # said once, by the expectation on the columns
    ]  # fmt: skip
