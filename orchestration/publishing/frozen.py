"""What was published, read back: the figures of every dataset's latest versions, to be set against today's.

The rows are those of the release's own Parquet; nothing here changes a release.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.publishing.releases import MANIFEST, releases

FIGURES = pa.schema(
    [
        ("kpi", pa.string()),
        ("basis", pa.string()),
        ("reference_date", pa.date32()),
        ("org_level", pa.string()),
        ("org", pa.string()),
        ("numerator", pa.int64()),
        ("denominator", pa.int64()),
        ("value", pa.decimal128(18, 4)),
        ("status", pa.string()),
    ]
)
RELEASE = [
    ("dataset", pa.string()),
    ("release_period", pa.string()),
    ("version", pa.int32()),
    ("published_as_at", pa.date32()),
    ("definition_hash", pa.string()),
]
SCHEMA = pa.schema([*RELEASE, *FIGURES])


def frozen_figures(published: Path, as_at: date) -> pa.Table:
    """The published figures, by dataset, period and KPI: columns of SCHEMA, one row per KPI, basis and organisation.

    Of every period the latest version that was made by `as_at`; datasets without KPIs (lists of children) have none.
    """
    latest = {(r.dataset, r.period): r for r in releases(published) if r.as_at and date.fromisoformat(r.as_at) <= as_at}
    tables = []
    for release in latest.values():
        files = [] if release.path is None else sorted(release.path.glob("*.parquet"))
        for file in files:
            names = set(pq.read_schema(file).names)
            if not set(FIGURES.names) <= names or release.path is None:
                continue
            hashes = json.loads((release.path / MANIFEST).read_text("utf-8"))["kpi_definitions"]
            figures = pq.read_table(file, columns=FIGURES.names).cast(FIGURES)
            rows = figures.num_rows
            told = {
                "dataset": pa.array([release.dataset] * rows, pa.string()),
                "release_period": pa.array([release.period] * rows, pa.string()),
                "version": pa.array([release.version] * rows, pa.int32()),
                "published_as_at": pa.array([date.fromisoformat(release.as_at)] * rows, pa.date32()),
                "definition_hash": pa.array([hashes.get(k) for k in figures["kpi"].to_pylist()], pa.string()),
            }
            columns = [*told.values(), *(figures[name] for name in FIGURES.names)]
            tables.append(pa.Table.from_arrays(columns, schema=SCHEMA))
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()
