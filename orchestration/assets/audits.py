"""The monthly list of case file audits as an asset: a partition a month, drawn, frozen and allocated as `qapm audit` does."""

import dagster as dg

from orchestration.assets.releases import PARTITIONS
from orchestration.assets.safety import POOL, cells_kept_out
from orchestration.assets.warehouse import PROMOTED
from orchestration.audit.monthly import MonthlyList, allocate_month, sample_month
from orchestration.settings import Settings

AUDIT_LIST = dg.AssetKey("audit_case_list")


class Drawing(dg.Config):
    """How a month's list is drawn."""

    override_reason: str = ""
    """Why it is drawn although no records are held near the position; recorded."""


def list_metadata(drawn: MonthlyList, allocated: MonthlyList) -> dict[str, int | str | bool]:
    """What is told of a list: counts and what fell short, no subject."""
    active = [row for row in allocated.rows if row["replaced_by"] is None]
    return {
        "dagster/row_count": len(active), "was_frozen": drawn.was_frozen, "replaced": len(allocated.rows) - len(active),
        "without_peer": sum(row["peer_auditor"] is None for row in active), "fell_short": "\n".join(drawn.told),
    }  # fmt: skip


def audit_list_asset(settings: Settings) -> dg.AssetsDefinition:
    """`qapm audit sample` and `qapm audit allocate` of a month; a month frozen before is only allocated where that changes."""

    @dg.asset(
        key=AUDIT_LIST, partitions_def=PARTITIONS["monthly"], deps=[PROMOTED], group_name="audit", kinds={"parquet"}, pool=POOL,
        description="The frozen sample of case file audits of a month and its auditors: immutable files in the store.",
    )  # fmt: skip
    def audit_case_list(context: dg.AssetExecutionContext, config: Drawing) -> dg.MaterializeResult:
        with cells_kept_out():
            month = context.partition_key
            drawn = sample_month(settings, month, override_reason=config.override_reason or None)
            return dg.MaterializeResult(metadata=list_metadata(drawn, allocate_month(settings, month)))

    return audit_case_list
