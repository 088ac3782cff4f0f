"""Extracts as assets: one per table of the contracts, all taken in by the one load of the landing folder."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from expectations.contracts import Contracts, Table
from orchestration.assets.safety import POOL, Day, alert, cells_kept_out
from orchestration.settings import Settings

LANDED = dg.AssetKey("landed_files")
ACCOUNTED, NONE_REJECTED = "every_row_is_accounted_for", "no_file_is_rejected"
COUNTS = ("rows_read", "rows_loaded", "rows_quarantined", "rows_deduplicated")
Row = dict[str, Any]


def extract_key(table: Table) -> dg.AssetKey:
    """Asset key of an extract's table; equals the key of its dbt source, so that the graph joins."""
    return dg.AssetKey([table.source, table.name])


def extract_specs(contracts: Contracts) -> list[dg.AssetSpec]:
    """The landed files and one asset per table of the contracts."""
    landed = dg.AssetSpec(
        LANDED, group_name="landing", kinds={"file"},
        description="Files dropped by the source systems: claimed, typed, checked, quarantined and recorded in the ledger.",
    )  # fmt: skip
    tables = [
        dg.AssetSpec(
            extract_key(table), deps=[LANDED], group_name=table.source, kinds={"parquet"}, description=table.title,
            metadata={"contract": f"expectations/sources/{table.source}.yml", "grain": table.grain},
        )
        for table in contracts.tables
    ]  # fmt: skip
    return [landed, *tables]


def extract_checks(contracts: Contracts) -> list[dg.AssetCheckSpec]:
    """One blocking check per table, and one that only warns: a rejected file changes nothing, the rest goes on."""
    accounted = [
        dg.AssetCheckSpec(
            ACCOUNTED, asset=extract_key(table), blocking=True,
            description="Rows read = loaded + quarantined + deduplicated, and the store holds the loaded ones.",
        )
        for table in contracts.tables
    ]  # fmt: skip
    rejected = dg.AssetCheckSpec(NONE_REJECTED, asset=LANDED, description="`qapm loads` says why a file was rejected.")
    return [rejected, *accounted]


def account(settings: Settings, table: Table, loads: Sequence[Row]) -> dg.AssetCheckResult:
    """Whether every row of a table's current loads is where the ledger says; counts only the Parquet's footers."""
    import pyarrow.parquet as pq

    from orchestration.ingest.load import load_folder

    stored, wrong = 0, []
    for load in loads:
        path = load_folder(settings, load["load_id"]) / f"{table.relation}.parquet"
        rows = pq.read_metadata(path).num_rows if path.is_file() else 0
        stored += rows
        adds_up = load["rows_read"] == sum(load[c] for c in COUNTS[1:])
        if rows != load["rows_loaded"] or not adds_up:
            wrong.append(load["load_id"])
    expected = sum(load["rows_loaded"] for load in loads)
    return dg.AssetCheckResult(
        passed=not wrong, check_name=ACCOUNTED, asset_key=extract_key(table),
        description=f"{expected} rows loaded, {stored} in the store" + (f"; see loads {wrong[:10]}" if wrong else ""),
        metadata={"expected_rows": expected, "stored_rows": stored, "loads_that_differ": wrong[:10]},
    )  # fmt: skip


def extract_assets(settings: Settings, contracts: Contracts) -> dg.AssetsDefinition:
    """The one asset function of all extracts: `qapm load` of the landing folder."""

    @dg.multi_asset(
        name="extracts",
        specs=extract_specs(contracts),
        check_specs=extract_checks(contracts),
        pool=POOL,
    )
    def extracts(context: dg.AssetExecutionContext, day: Day) -> Iterator[dg.MaterializeResult]:
        from orchestration.ingest.load import load
        from orchestration.ledger import Ledger

        with cells_kept_out():
            reports = load(settings, known_on=day.known_on(), progress=lambda _: None)
            with Ledger(settings.ledger_path) as ledger:
                held = ledger.current_tables()
            yield _landed(settings, context.job_name, context.run_id, reports)
            for table in contracts.tables:
                mine = [r for r in reports if (r["source"], r["table"]) == (table.source, table.name)]
                current = [r for r in held if (r["source"], r["table_name"]) == (table.source, table.name)]
                yield dg.MaterializeResult(
                    asset_key=extract_key(table),
                    metadata={
                        "dagster/row_count": sum(r["rows_loaded"] for r in current),
                        "periods": len(current),
                        "files_in_this_run": len({r["load_id"] for r in mine}),
                        **{f"{c}_in_this_run": sum(r[c] for r in mine) for c in COUNTS},
                    },
                    check_results=[account(settings, table, current)],
                )

    return extracts


def _landed(settings: Settings, job: str, run_id: str, reports: Sequence[Row]) -> dg.MaterializeResult:
    """How many files ended in which state; a rejected one is alerted."""
    states = {r["load_id"]: str(r["state"]) for r in reports}
    rejected = sorted(load_id for load_id, state in states.items() if state == "rejected")
    if rejected:
        alert(settings, job, run_id, f"rejected: loads {rejected}", ["extracts"])
    counts = {f"files_{state}": list(states.values()).count(state) for state in sorted(set(states.values()))}
    return dg.MaterializeResult(
        asset_key=LANDED,
        metadata={"files": len(states), **counts},
        check_results=[
            dg.AssetCheckResult(
                passed=not rejected, check_name=NONE_REJECTED, asset_key=LANDED, severity=dg.AssetCheckSeverity.WARN,
                metadata={"rejected_loads": rejected},
            )
        ],
    )  # fmt: skip
