"""The blocking Great Expectations gate on extracts: typed rows in, names of broken expectations out, never a value."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.contracts import CodeSet, load_contracts
from expectations.suites import Batch, as_frame, build_suite, wrong_columns

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

__all__ = ["Batch", "Failure", "gate_extracts", "validate_frame"]

RESULT_FORMAT = "BOOLEAN_ONLY"  # every other format of Great Expectations carries cell values


@dataclass(frozen=True)
class Failure:
    """A broken expectation: where, and what was expected in plain words."""

    load_id: int
    file: str
    table: str
    expectation: str
    column: str

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


def validate_frame(frame: pd.DataFrame, suite: ExpectationSuite, name: str) -> ExpectationSuiteValidationResult:
    """Run a suite on a pandas frame; the result says true or false by expectation and holds no cell value.

    `name` is the name of the data set in the result. An expectation that cannot be evaluated counts as broken; the
    error that Great Expectations caught is thrown away, because its text may quote a cell.
    """
    with _silence():
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas("frames").add_dataframe_asset(name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        result = batch.validate(suite, result_format=RESULT_FORMAT)
    for item in result.results:
        item.exception_info = {}
        item.result = {}
    return result


def gate_extracts(
    batches: Sequence[Batch], docs: Path | None = None, code_sets: Mapping[str, CodeSet] | None = None
) -> list[Failure]:
    """Broken expectations of the batches, in the batches' order; empty when everything may pass.

    Batches of one table are validated together, which is quick; only when that fails is each validated by itself to find
    the guilty load. `docs` is the folder for the Data Docs of this run. `code_sets` defaults to the contracts' own.
    """
    code_sets = load_contracts().code_sets if code_sets is None else code_sets
    alike: dict[tuple[str, str], list[int]] = {}
    for place, batch in enumerate(batches):
        alike.setdefault((batch.table.relation, str(batch.data.schema)), []).append(place)
    results: dict[str, ExpectationSuiteValidationResult] = {}
    failures: dict[int, list[Failure]] = {}
    for places in alike.values():
        group = [batches[place] for place in places]
        with _silence():  # this is where Great Expectations is first imported
            suite = build_suite(group[0].table, code_sets)
        name = suite.name if suite.name not in results else f"{suite.name}__load_{group[0].load_id}"
        together = results[name] = validate_frame(as_frame(group), suite, name)
        if together.success:
            continue
        alone: dict[int, ExpectationSuiteValidationResult] = {}
        if len(group) > 1:
            for place in places:
                page = f"{suite.name}__load_{batches[place].load_id}"
                result = validate_frame(as_frame([batches[place]]), suite, page)
                if not result.success:
                    alone[place] = results[page] = result
        # When no load fails by itself the fault is between them (one load given twice): all are held back.
        for place, result in (alone or dict.fromkeys(places, together)).items():
            failures[place] = _failures(batches[place], result)
    if docs is not None:
        from expectations import data_docs

        with _silence():
            data_docs.write(results, docs)
    return [failure for place in sorted(failures) for failure in failures[place]]


def _failures(batch: Batch, result: ExpectationSuiteValidationResult) -> list[Failure]:
    wrong = wrong_columns(batch.table, batch.data)
    broken = [item.expectation_config.meta for item in result.results if not item.success]
    return [
        Failure(batch.load_id, batch.file, batch.table.name, meta["says"], meta["column"] or ", ".join(wrong))
        for meta in sorted(broken, key=lambda meta: meta["column"])
        if meta["column"] not in wrong  # said once, by the expectation on the columns
    ]
