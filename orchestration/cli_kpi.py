"""The `qapm kpi` verbs: the catalogue, values and the cases behind them. Thin, as `cli` is."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.console import OPTIONS, WRONG_USE, Problem, out, print_json, show
from orchestration.settings import Settings

kpi_app = typer.Typer(help="The KPI catalogue, values and the cases behind them.", no_args_is_help=True)
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
    """One KPI's definition."""
    from orchestration.serving.figures import find_kpi

    entry = find_kpi(Settings(), code).model_dump(mode="json")
    if OPTIONS.json:
        print_json(entry)
        return
    for name, value in entry.items():
        if value not in (None, [], ""):
            out.print(
                f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value}", markup=False
            )


Basis = Annotated[
    str | None,
    typer.Option("--basis", help="M, Q, H, YTD, R12, Y or SNAP; default: the KPI's first that fits the period."),
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
    shown = [
        "period",
        "org_name",
        "breakdown_value",
        "numerator",
        "denominator",
        "value",
        "status",
        "status_reason",
        "target",
        "rag",
        "revision",
    ]
    show(rows, None if OPTIONS.json else shown)


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
