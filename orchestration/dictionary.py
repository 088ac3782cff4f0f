"""The data dictionary, made from the contracts, the code lists and the dbt YAML: `make docs` writes docs/data_dictionary.md.

Nothing in it is written by hand; a test fails when it drifts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from expectations.contracts import Column, Contracts, ForeignKey, Table, load_contracts
from orchestration import kpi_pages
from orchestration.catalogue import load_catalogue
from orchestration.publishing.datasets import load_datasets
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse import dbt_sources

LAYERS = ("marts", "measures", "kpi", "reports")


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _table(header: list[str], rows: list[list[object]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return [*lines, *("| " + " | ".join(_cell(c) for c in row) + " |" for row in rows), ""]


def _blank(column: Column, key: tuple[str, ...]) -> str:
    if column.required == "unless_unborn":
        return "only for an unborn child"
    return "no" if column.required else ("yes (key)" if column.name in key else "yes")


def _covers(table: Table) -> str:
    if table.made_from:
        return f"Made from {table.made_from.table}."
    if table.window:
        return f"A file covers the {table.window.months} months to its period's end, by {table.window.column}."
    if table.history:
        return f"A file covers the time from its first {table.history} to its period's end."
    return "A file covers the last day of its period."


def _reference(key: ForeignKey) -> str:
    """What a foreign key asks."""
    text = f"- {', '.join(key.columns)} refers to {key.to}"
    if key.through:
        text += f" with the {', '.join(key.through.same)} of its row of {key.through.to}"
    if key.valid_on:
        text += f", valid on {key.valid_on}"
    if key.share:
        text += f"; at least {key.share:.0%} must be found"
    return text + ("; else the row is quarantined" if key.on_missing == "quarantine" else "")


def _rules(table: Table) -> list[str]:
    """What a table's contract asks beyond single cells, one line each."""
    lines = [f"- {end} is not before {start}" for start, end in table.ordered_dates]
    lines += [
        f"- {d.columns[1]} is not {d.columns[0]}"
        + (f", where {' or '.join(d.where_blank)} is blank" if d.where_blank else "")
        for d in table.differs
    ]
    lines += [_reference(k) for k in table.foreign_keys]
    for rule in table.required_if:
        when = " and ".join(f"{c} is {'filled' if '*' in v else ' or '.join(v)}" for c, v in rule.when.items())
        lines.append(f"- {rule.column} is needed where {when}" + ("; noted" if rule.on_blank == "note" else ""))
    lines += [
        f"- {c.name} is blank in at most {c.max_null_share:.0%} of the rows"
        for c in table.columns
        if c.max_null_share is not None
    ]
    if table.freshness:
        lines.append(f"- the newest {table.freshness.column} is at most {table.freshness.days} days old")
    if table.adoption_links:
        lines.append("- rows that would link identities across an adoption are refused")
    lines += [f"- not loaded: {header} ({reason})" for header, reason in table.not_loaded.items()]
    return [*lines, ""] if lines else []


def _extracts(contracts: Contracts) -> list[str]:
    lines = ["## Extracts", ""]
    for source in contracts.sources.values():
        lines += [
            f"### {source.source}: {source.title}",
            "",
            f"Owner: {source.owner}. Cadence: {source.cadence}. Kept {source.retention_years} years.",
            "",
        ]
        for table in source.tables.values():
            lines += [
                f"#### {source.source}.{table.name}: {table.title}",
                "",
                f"Grain: {table.grain}. Load mode: {table.mode}. Key: {', '.join(table.key)}. {_covers(table)}",
                "",
                *_rules(table),
            ]
            rows: list[list[object]] = [
                [
                    c.name,
                    c.title,
                    f"{c.type} ({c.codes})" if c.codes else c.type,
                    _blank(c, table.key),
                    "quarantine" if table.quarantines(c) else "blank the cell",
                    c.description,
                ]
                for c in table.columns
            ]
            lines += _table(["column", "header", "type", "may be blank", "a bad cell", "meaning"], rows)
    return lines


def _codes(contracts: Contracts) -> list[str]:
    lines = ["## Code lists", ""]
    for codes in contracts.code_sets.values():
        lines += [f"### {codes.name}", ""]
        lines += _table(
            ["code", "meaning", "group", "other accepted spellings"],
            [[c.code, c.label, c.group, ", ".join(c.spellings)] for c in codes.codes],
        )
    return lines


def _models(root: Path) -> list[str]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines = ["## Warehouse", ""]
    for layer in LAYERS:
        models: list[dict[str, Any]] = []
        for path in sorted((root / "dbt_project" / "models" / layer).rglob("*.yml")):
            models += (yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}).get("models", [])
        for model in sorted(models, key=lambda m: m["name"]):
            lines += [f"### {layer}.{model['name']}", "", " ".join(str(model.get("description", "")).split()), ""]
            rows: list[list[object]] = [
                [c["name"], c.get("data_type", ""), " ".join(str(c.get("description", "")).split())]
                for c in model.get("columns", [])
            ]
            lines += _table(["column", "type", "meaning"], rows)
    return lines


def _kpis(root: Path) -> list[str]:
    catalogue = load_catalogue(root)
    rows: list[list[object]] = [
        [
            k.code,
            k.title,
            catalogue.area_of(k.code).area,
            k.nature,
            ", ".join(k.bases),
            k.unit,
            k.numerator,
            k.denominator or "",
            " ".join(k.definition.split()),
        ]
        for k in catalogue.kpis
    ]
    return [
        "## Key performance indicators",
        "",
        *_table(["code", "title", "area", "nature", "bases", "unit", "numerator", "denominator", "definition"], rows),
    ]


def _datasets(root: Path) -> list[str]:
    rows: list[list[object]] = [
        [name, d.framework, d.cadence, d.audience, d.disclosure, ", ".join(d.models)]
        for name, d in load_datasets(root / "exports").items()
    ]
    return [
        "## Published datasets",
        "",
        *_table(["dataset", "framework row", "cadence", "audience", "disclosure profile", "report models"], rows),
    ]


def render(root: Path = PROJECT_ROOT) -> str:
    """The whole dictionary as Markdown."""
    contracts = load_contracts(root / "expectations")
    lines = [
        "# Data dictionary",
        "",
        "Generated by `make docs` from the contracts, the code lists, the KPI catalogue and the dbt YAML; do not edit.",
        "",
    ]
    lines += _datasets(root) + _kpis(root) + _extracts(contracts) + _codes(contracts) + _models(root)
    return "\n".join(lines).rstrip() + "\n"


def exposures(root: Path = PROJECT_ROOT) -> str:
    """dbt's exposures: one per published dataset, so that its lineage ends where people read it."""
    lines = [
        "# Generated from exports/*.yml by `make docs`; change the dataset, not this file.",
        "version: 2",
        "exposures:",
    ]
    for name, dataset in load_datasets(root / "exports").items():
        text = f"{dataset.framework}: {dataset.cadence}, for {dataset.audience}"
        lines += [
            f"  - name: {name}",
            f"    label: {json.dumps(dataset.title)}",
            "    type: analysis",
            f"    description: {json.dumps(text)}",
            "    owner: {name: Children's services data team}",
            "    depends_on:",
            *(f"      - ref('{model}')" for model in dataset.models),
        ]
    return "\n".join(lines) + "\n"


def generated(root: Path = PROJECT_ROOT) -> dict[Path, str]:
    """Every generated file with the text it must have: dictionary, KPI pages, dbt's source files, exposures and populations."""
    return {
        root / "dbt_project" / "macros" / "kpi_populations.sql": kpi_pages.populations_macro(root),
        **kpi_pages.pages(root),
        root / "docs" / "data_dictionary.md": render(root),
        root / "dbt_project" / "models" / "reports" / "_reports__exposures.yml": exposures(root),
        **dbt_sources.paths(load_contracts(root / "expectations"), root),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
