"""What may be shown: primary suppression, and the least that keeps a lone hidden service from being computed.

Pure functions over rows. Rules: DfE children in need guidance (1 to 5 of people become `c`, 0 is shown, a percentage is
`c` with its count) and the product's own for means and percentages near 0 or 100. Full secondary suppression over
several tables and over time is not here; therefore `STATEMENT` goes with every release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

STATEMENT = "primary only, not for release outside the service"
LARGEST_SMALL = 5  # people
SMALLEST_BASE = 20  # a percentage of fewer is not given, its counts are
TOO_FEW = f"fewer than {SMALLEST_BASE}"
PROFILES = ("internal", "contract", "public")
# What a hidden cell loses. Target and tolerance stay: they are published policy and say nothing about the cell.
HIDDEN_WITH_CELL = (
    "numerator", "denominator", "value", "rag", "change", "direction", "breaches", "recording_gaps", "not_yet_due",
    "previous_value", "previous_numerator", "previous_denominator", "commentary", "cause", "action",
    "owner", "due_date",
)  # fmt: skip
PREVIOUS = ("previous_value", "previous_numerator", "previous_denominator", "change")
CELL = ("kpi", "basis", "org_level", "org")
NEEDED = (*CELL, "numerator", "denominator", "value", "status", "unit", "counts")
# Also used where the rows have them: kind of calculation, what the counts are of, and the time they cover.
USEFUL = (
    "calculation", "items_per_person", "numerator_measure", "denominator_measure", "nature", "period_start", "reference_date",
)  # fmt: skip
# The people of a mean, a median or an agreement stand in the denominator; its numerator is a sum or nothing.
KIND_OF_UNIT = {
    "count": "count", "FTE": "count", "pounds": "count", "%": "ratio", "per 100": "ratio", "cases": "ratio", "ratio": "ratio",
    "per 10,000": "rate", "points": "mean", "score": "mean", "days": "mean", "working days": "mean", "weeks": "mean",
    "kappa": "mean", "percentage points": "mean",
}  # fmt: skip
KIND_OF_CALCULATION = {
    "count": "count", "ratio": "ratio", "share": "ratio", "rate": "rate", "mean": "mean", "median": "mean", "percentile": "mean",
    "kappa": "mean", "max_difference": "mean",
}  # fmt: skip


class DisclosureError(ValueError):
    """Rows that these rules cannot judge; nothing of them may be published."""


def suppress(rows: Sequence[Row], profile: str, earlier: Sequence[Row] = ()) -> list[Row]:
    """Copies of `rows` with hidden cells emptied and their status `c`.

    Rows need the columns of `NEEDED`; a row without `breakdown` is a total. `earlier` holds the unsuppressed rows of
    the period that previous values come from: a previous value or a change is shown only where both cells are shown,
    because value less change is the previous value. Raises DisclosureError when a row has a shape the rules do not
    know.
    """
    hidden_earlier = hidden_cells(earlier, profile)
    previous_shown = {_cell(row) for row, is_hidden in zip(earlier, hidden_earlier, strict=True) if not is_hidden}
    shown = []
    for row, is_hidden in zip(rows, hidden_cells(rows, profile), strict=True):
        copy = dict(row)
        if is_hidden:
            copy.update({name: None for name in HIDDEN_WITH_CELL if name in copy}, status="c")
            if "rag" in copy:
                copy["rag"] = ""
            if "status_reason" in copy:
                # The same words for primary and secondary: telling them apart would give back a bound.
                copy["status_reason"] = "suppressed"
        elif profile != "internal" and is_too_few(row):
            copy.update({name: None for name in ("value", "change") if name in copy}, status="u")
            copy.update({name: text for name, text in (("rag", ""), ("status_reason", TOO_FEW)) if name in copy})
        has_previous = profile != "internal" and any(row.get(name) is not None for name in PREVIOUS)
        if "direction" in copy and profile != "internal" and _cell(row) not in previous_shown:
            copy["direction"] = None  # better than a hidden figure is a bound of it
        if has_previous and (is_hidden or _cell(row) not in previous_shown):
            copy.update({name: None for name in PREVIOUS if name in copy})
            if "previous_status" in copy:
                copy["previous_status"] = "c"
        elif has_previous and is_too_few(row | {"denominator": row.get("previous_denominator")}):
            copy.update({name: None for name in ("previous_value", "change") if name in copy})
            if "previous_status" in copy:
                copy["previous_status"] = "u"
        shown.append(copy)
    return shown


def hidden_cells(rows: Sequence[Row], profile: str) -> list[bool]:
    """Which rows are hidden in the profile: primary, then secondary among the services of one KPI, basis and period."""
    if profile not in PROFILES:
        raise DisclosureError(f"`{profile}` is not a disclosure profile; there are {', '.join(PROFILES)}")
    if profile == "internal":
        return [False] * len(rows)
    hidden = [False] * len(rows)
    by_period: dict[Any, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_period[row.get("period")].append(index)
    for indexes in by_period.values():  # nothing below looks from one period into another, and whole zones come in here
        found = _hidden_in_a_period([rows[i] for i in indexes], profile)
        for index, is_hidden in zip(indexes, found, strict=True):
            hidden[index] = is_hidden
    return hidden


def _hidden_in_a_period(rows: Sequence[Row], profile: str) -> list[bool]:
    hidden = [is_protected(row, profile) and _is_small(row) for row in rows]
    while True:
        for total, services in _tables(rows):
            if services and is_protected(rows[services[0]], profile):
                _hide_lone_service(rows, hidden, total, services)
        partner = _partner_of_a_recovered_cell(rows, hidden, profile)
        if partner is None:
            return hidden
        hidden[partner] = True


def is_too_few(row: Row) -> bool:
    """Whether a percentage rests on too few to be given (percentages from 20 on, counts below)."""
    return _kind(row) == "ratio" and row["unit"] == "%" and 0 < row["denominator"] < SMALLEST_BASE


def _counts(row: Row) -> dict[str, tuple[Any, ...]]:
    """The counts a row shows, each with a key under which other KPIs of the same organisation and time show it too.

    FD-04's numerator is FD-08's denominator: a count hidden in one row is no secret while another row shows it.
    """
    kind = _kind(row)
    time = (
        (row.get("reference_date"),)
        if row.get("nature") == "stock"
        else (row.get("period_start"), row.get("reference_date"))
    )
    when = (row["basis"], row.get("period")) if None in time else time
    found = {}
    for part in ("numerator", "denominator"):
        is_count = not (part == "numerator" and kind == "mean") and not (part == "denominator" and kind == "rate")
        if is_count and row[part] is not None:
            found[part] = (row.get(f"{part}_measure") or (row["kpi"], part), when, row["org_level"], row["org"])
    return found


def _partner_of_a_recovered_cell(rows: Sequence[Row], hidden: Sequence[bool], profile: str) -> int | None:
    """A shown row to hide because a hidden small count follows from shown rows of any KPI by one subtraction, or None.

    The attacker knows every count of a shown row, and where all but one service of a measure and its total are known,
    the last one. A hidden row is recovered when its small part (or, for a rest of 1 to 5, both parts) is known.
    """
    values: dict[tuple[Any, ...], Any] = {}
    shown_in: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    members: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
    for index, row in enumerate(rows):
        for part, key in _counts(row).items() if _is_total(row) else ():
            values[key] = row[part]
            members[key[:2]].add(key)
            if not hidden[index]:
                shown_in[key].append(index)
    known = {key: [key] for key in shown_in}  # what each known count is known from
    for group in members.values():
        totals = [k for k in group if k[2] == "authority"]
        services = sorted((k for k in group if k[2] == "service"), key=lambda k: str(k[3]))
        if not totals or sum(values[k] for k in services) != values[totals[0]]:
            continue  # people in no service: subtraction gives a wrong number
        unknown = [k for k in [*services, totals[0]] if k not in shown_in]
        if len(unknown) == 1:
            # a zero says nothing and is never hidden
            known[unknown[0]] = [k for k in services if k in shown_in and values[k]] or [
                k for k in totals if k in shown_in
            ]
    for index, row in enumerate(rows):
        if not (hidden[index] and is_protected(row, profile) and _is_total(row)):
            continue
        keys = _counts(row)
        secret = [part for part in keys if _small(row[part])]
        if not secret and len(keys) == 2 and _kind(row) == "ratio" and _small(row["denominator"] - row["numerator"]):
            secret = ["numerator", "denominator"] if all(k in known for k in keys.values()) else []
        for part in secret:
            sources = known.get(keys[part])
            if sources:
                # the smallest source: hiding it leaves two unknown where one was
                source = min(sources, key=lambda k: (values[k], str(k[3])))
                return shown_in[source][0]
    return None


def check_grid(rows: Iterable[Row]) -> None:
    """Refuse a grid wider than these rules protect: authority and service totals, one basis per KPI.

    Raises DisclosureError naming KPI and reason, never a value.
    """
    bases: dict[str, str] = {}
    for row in rows:
        kpi = row["kpi"]
        if row["org_level"] not in ("authority", "service") or not _is_total(row):
            raise DisclosureError(f"{kpi}: only authority and service totals may leave the service")
        if bases.setdefault(kpi, row["basis"]) != row["basis"]:
            raise DisclosureError(f"{kpi}: two bases in one release would give hidden cells back by difference")


def aggregate_rows(frame: pd.DataFrame, first_basis: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The rows of `kpi_values` that the aggregate zone may hold, suppressed as in the contract profile.

    Keeps authority and service totals, in one basis per KPI: `first_basis` (KPI to basis) picks it, and without it the
    frame must hold one basis per KPI already. Columns and order stay; numerator and denominator become nullable Int64.
    Raises DisclosureError as `hidden_cells` and `check_grid`.
    """
    import pandas as pd

    keep = frame["org_level"].isin(["authority", "service"]) & (frame["breakdown"] == "total")
    if first_basis is not None:
        keep &= frame["basis"] == frame["kpi"].map(dict(first_basis))
    kept = frame[keep].astype(object)
    rows = kept.where(kept.notna(), None).to_dict("records")
    check_grid(rows)
    # The zone holds every period side by side: nobody needs previous values, and they could give a cell back. What was missed, not
    # recorded or not due yet is a count of its own that these rules do not judge.
    left_out = [name for name in (*PREVIOUS, "direction", "breaches", "recording_gaps", "not_yet_due") if name in frame]
    rows = [row | dict.fromkeys(left_out) for row in rows]
    shown = pd.DataFrame(suppress(rows, "contract"), columns=frame.columns)
    return shown.astype({"numerator": "Int64", "denominator": "Int64"})


def _cell(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in CELL)


def _is_total(row: Row) -> bool:
    return row.get("breakdown", "total") == "total"


def is_protected(row: Row, profile: str) -> bool:
    """Whether the row's counts need protection in the profile (catalogue field `counts`).

    Raises DisclosureError for a kind of counts nobody decided about.
    """
    counts = row["counts"]
    if profile == "internal" or counts == "process":
        return False
    if counts == "people":
        return True
    if counts == "events_of_people":
        return profile == "public" or row["org_level"] != "authority" or not _is_total(row)
    raise DisclosureError(f"{row['kpi']}: `counts` must be people, events_of_people or process")


def _small(number: Any) -> bool:
    return number is not None and 1 <= abs(number) <= LARGEST_SMALL


def _kind(row: Row) -> str:
    """count, ratio, rate or mean: the catalogue's calculation where the row has it, else by its unit.

    A unit nobody decided about is an error, not a guess.
    """
    if row["denominator"] is None:  # also a rate where the population is not known: what is left is a count
        return "count"
    kind = KIND_OF_CALCULATION.get(row.get("calculation") or "") or KIND_OF_UNIT.get(row["unit"])
    if kind is None:
        raise DisclosureError(f"{row['kpi']}: the disclosure rules do not know the unit `{row['unit']}`")
    return kind


def _is_small(row: Row) -> bool:
    """Primary rule for one cell."""
    numerator, denominator, kind = row["numerator"], row["denominator"], _kind(row)
    # Items are not people: nine areas of one star, or nine actions of one audit, may all be of one child.
    items = row.get("items_per_person") or 1
    few_people = denominator is not None and 1 <= denominator <= LARGEST_SMALL * items
    if kind == "mean":  # the numerator is a sum of scores; the people are the denominator
        return few_people
    if kind == "ratio":
        rest = None if numerator is None else denominator - numerator
        return few_people or any(n is not None and 1 <= n <= LARGEST_SMALL * items for n in (numerator, rest))
    if kind == "count":
        if row["unit"] == "FTE":  # told in parts of a post
            return numerator is not None and 1 <= numerator <= LARGEST_SMALL * items
        return _small(numerator) or _small(denominator)
    return _small(numerator)


def _tables(rows: Sequence[Row]) -> Iterable[tuple[int | None, list[int]]]:
    """For each KPI, basis and period: the index of the authority's total, if there, and those of its services."""
    totals: dict[tuple[Any, ...], int] = {}
    services: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if not _is_total(row):
            continue
        key = (row["kpi"], row["basis"], row.get("period"))
        if row["org_level"] == "authority":
            totals[key] = index
        elif row["org_level"] == "service":
            services[key].append(index)
    return [(totals.get(key), members) for key, members in services.items()]


def _hide_lone_service(rows: Sequence[Row], hidden: list[bool], total: int | None, services: list[int]) -> None:
    """Hide the next smallest services, and at last the total, until nothing hidden follows by subtraction.

    Without a total there is nothing to subtract from; a lone hidden service is then still joined by another one,
    because the same total may be published elsewhere.
    """

    def size(index: int) -> Any:
        row = rows[index]
        return row["numerator"] if row["denominator"] is None else row["denominator"]

    # Smallest first, ties by code, so that the choice does not depend on the order of the rows.
    candidates = sorted(
        (i for i in services if not hidden[i] and size(i)), key=lambda i: (size(i), str(rows[i]["org"]))
    )
    while _is_open_to_subtraction(rows, hidden, total, services):
        if candidates:
            hidden[candidates.pop(0)] = True
        elif total is not None and not hidden[total]:
            hidden[total] = True
        else:
            return


def _is_open_to_subtraction(rows: Sequence[Row], hidden: list[bool], total: int | None, services: list[int]) -> bool:
    gone = [i for i in services if hidden[i]]
    total_hidden = total is not None and hidden[total]
    if len(gone) == 1 and not total_hidden:
        return True
    if total is None:
        return False
    rest = _not_in_a_service(rows, total, services)
    if total_hidden:
        # The shown services would add up to the hidden total.
        return not gone and rest is not None and not any(rest)
    if not gone:
        # People in no service are total minus services: a small rest is a cell nobody wrote and everybody reads.
        return rest is not None and _is_small({**rows[total], "numerator": rest[0], "denominator": rest[1]})
    # A hidden cell holds at least one (0 of 0 is shown as not applicable): a sum equal to their number tells every one.
    part = "numerator" if _kind(rows[total]) in ("count", "rate") else "denominator"
    together = {name: sum(rows[i][name] or 0 for i in gone) for name in ("numerator", "denominator")}
    if together[part] == len(gone):
        return True
    # Total minus the shown services is what the hidden ones hold together: of people, that is a cell as well.
    whole = rows[total]["denominator"] if _kind(rows[total]) == "rate" else None
    union = rows[gone[0]] | {
        "numerator": together["numerator"],
        "denominator": whole if rows[gone[0]]["denominator"] is None else together["denominator"],
    }
    return rows[total]["counts"] == "people" and _is_small(union)


def _not_in_a_service(rows: Sequence[Row], total: int, services: list[int]) -> tuple[Any, Any] | None:
    """Numerator and denominator of the total that no service holds; None when a service is unknown or they overlap."""

    def rest(name: str) -> Any:
        parts = [rows[i][name] for i in services]
        whole = rows[total][name]
        return None if whole is None or any(part is None for part in parts) else whole - sum(parts)

    numerator, denominator = rest("numerator"), rest("denominator")
    # A sum of scores may be negative; people may not, and where they are, services overlap and nothing follows.
    people = denominator if _kind(rows[total]) == "mean" else numerator
    if numerator is None or people is None or people < 0 or (denominator or 0) < 0:
        return None
    return numerator, denominator
