"""The `qapm kpi` verbs: the catalogue, values and the cases behind them. Thin, as `cli` is."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.console import OPTIONS, WRONG_USE, Problem, out, print_json, show
from orchestration.settings import Settings

kpi_app = typer.Typer(help="The KPI catalogue, values and the cases behind them.", no_args_is_help=True)
# Text and shape, so that a rating is read without colour.
RATINGS = {"green": "\u25cf green", "amber": "\u25b2 amber", "red": "\u25a0 red"}
Zone = Annotated[str, typer.Option("--zone", help="restricted, practice or aggregate.")]


def pick_zone(zone: str) -> str:
    """The zone's name when there is such a zone. Raises Problem."""
    from orchestration.serving.zones import ZONES

    if zone not in ZONES:
        raise Problem(f"`{zone}` is not a zone: use {', '.join(ZONES)}", WRONG_USE)
    return zone


@kpi_app.command("list")
def kpi_list() -> None:
    """The catalogue."""
    from orchestration.catalogue import load_catalogue

    catalogue = load_catalogue(Settings().project_root)
    show(
        [
            {
                "code": k.code, "title": k.title, "area": catalogue.area_of(k.code).area, "status": k.status, "unit": k.unit,
                "polarity": k.polarity, "bases": k.bases, "audiences": k.audiences,
            }
            for k in catalogue.kpis
        ],
        None if OPTIONS.json else ["code", "title", "area", "unit", "polarity", "bases"],
    )  # fmt: skip


@kpi_app.command("show")
def kpi_show(code: str) -> None:
    """One KPI's definition; of a measure also its parts."""
    from orchestration.catalogue import load_catalogue
    from orchestration.kpi_pages import page
    from orchestration.serving.figures import find_kpi

    settings = Settings()
    kpi = find_kpi(settings, code)
    if OPTIONS.json:
        parts = [k.code for k in load_catalogue(settings.project_root).kpis if k.measure == kpi.measure]
        entry = kpi.model_dump(mode="json")
        print_json(entry | {"disclosure": kpi.disclosure, "definition_hash": kpi.definition_hash, "parts": parts})
        return
    out.print(page(settings.project_root, kpi), markup=False, highlight=False)


Basis = Annotated[
    str | None,
    typer.Option(
        "--basis", help="W, M, Q, H, YTD, R12, Y, SNAP, T, AY or CY; default: the KPI's first that fits the period."
    ),
]


@kpi_app.command("values")
def kpi_values(
    code: str,
    period: Annotated[str | None, typer.Option(help="2025-09, 2025-26-Q2, 2025-26; default: every period.")] = None,
    basis: Basis = None,
    by: Annotated[
        str | None, typer.Option("--by", help="service, team, age_band, sex or another breakdown of the KPI.")
    ] = None,
    zone: Zone = "restricted",
) -> None:
    """A KPI's values."""
    from orchestration.serving.figures import kpi_values as read

    rows = read(Settings(), code, period, basis, by, pick_zone(zone))
    if OPTIONS.json:
        print_json(rows)
        return
    shown = [
        "label", "org_name", "breakdown_value", "numerator", "denominator", "value", "status", "status_reason", "target",
        "rating", "direction", "revision",
    ]  # fmt: skip
    show([row | {"rating": RATINGS.get(row["rag"] or "", "")} for row in rows], shown)


@kpi_app.command("cases")
def kpi_cases(
    code: str,
    period: Annotated[str, typer.Option(help="2025-09, 2025-26-Q2, 2025-26.")],
    basis: Basis = None,
    team: Annotated[str | None, typer.Option(help="Only this team (its code).")] = None,
    role: Annotated[str | None, typer.Option(help="Named role that may see restricted records.")] = None,
    zone: Zone = "restricted",
) -> None:
    """The rows behind a figure."""
    from orchestration.serving.figures import kpi_cases as read
    from orchestration.warehouse.build import current

    settings = Settings()
    show(read(settings, code, period, basis, team, pick_zone(zone), role, current(settings).file))
