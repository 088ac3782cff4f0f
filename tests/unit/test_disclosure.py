"""Small counts: what is hidden, what stays, and that nothing hidden comes back by subtraction."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.publishing.disclosure import DisclosureError, aggregate_rows, check_grid, hidden_cells, suppress

UNITS = {"count": "count", "ratio": "%", "rate": "per 10,000", "mean": "points"}


def cell(numerator, denominator=None, *, unit="%", org="999", level="authority", **more):
    """One row of a report, with a value as the mart gives it."""
    if unit == "count":
        value = numerator
    else:
        value = round(Decimal(100 * numerator) / denominator, 4) if denominator else None
    row = {
        "kpi": "XX-01", "basis": "M", "period": "2025-09", "org_level": level, "org": org, "breakdown": "total",
        "breakdown_value": "total", "numerator": numerator, "denominator": denominator, "value": value,
        "status": "" if value is not None else "z", "status_reason": "", "rag": "green", "unit": unit, "decimals": 1,
        "counts": "people", "target": Decimal(85),
    }  # fmt: skip
    return row | more


def table(unit, total, services, **more):
    """The authority's row and one row for each service; cells as (numerator, denominator)."""
    rows = [cell(*total, unit=unit, **more)]
    return rows + [cell(*s, unit=unit, org=f"S{i}", level="service", **more) for i, s in enumerate(services)]


def statuses(rows, profile="contract"):
    return [row["status"] for row in suppress(rows, profile)]


@pytest.mark.parametrize(
    ("unit", "numerator", "denominator", "hidden"),
    [
        ("count", 0, None, False),
        ("count", 1, None, True),
        ("count", 5, None, True),
        ("count", 6, None, False),
        ("%", 0, 40, False),
        ("%", 40, 40, False),
        ("%", 5, 40, True),
        ("%", 35, 40, True),  # five people are not in it
        ("%", 6, 40, False),
        ("%", 34, 40, False),
        ("%", 0, 5, True),  # 0% of five people is about five people
        ("%", 0, 0, False),
        ("per 10,000", 5, 120_119, True),
        ("per 10,000", 6, 120_119, False),
        ("per 10,000", 4, None, True),  # at a service, where only the count exists
        ("points", 3, 5, True),
        ("points", 3, 6, False),  # the numerator is a sum of scores, not of people
        ("points", -2, 7, False),
    ],
)
def test_primary_rule(unit, numerator, denominator, hidden):
    row = cell(numerator, denominator, unit=unit)
    (shown,) = suppress([row], "contract")
    assert (shown["status"] == "c") == hidden
    if hidden:
        assert (shown["numerator"], shown["denominator"], shown["value"], shown["rag"]) == (None, None, None, "")
        assert shown["target"] == Decimal(85)
    else:
        assert shown == row


def test_internal_profile_hides_nothing_and_rows_are_copied():
    rows = [cell(3, 40)]
    assert suppress(rows, "internal") == rows
    suppress(rows, "contract")
    assert rows[0]["numerator"] == 3


@pytest.mark.parametrize(
    ("counts", "profile", "expected"),
    [
        ("people", "contract", ["c", "c", "c"]),
        ("events_of_people", "contract", ["", "c", "c"]),
        ("events_of_people", "public", ["c", "c", "c"]),
        ("process", "public", ["", "", ""]),
    ],
)
def test_what_is_counted_decides(counts, profile, expected):
    assert statuses(table("count", (4,), [(2,), (2,)], counts=counts), profile) == expected


def test_a_lone_hidden_service_hides_the_next_smallest_that_is_not_zero():
    rows = table("count", (103,), [(3,), (0,), (60,), (40,)])
    assert statuses(rows) == ["", "c", "", "", "c"]


def test_next_smallest_of_a_percentage_goes_by_its_people():
    rows = table("%", (83, 200), [(3, 20), (10, 100), (70, 80)])
    assert statuses(rows) == ["", "c", "", "c"]


def test_the_total_goes_when_no_other_service_can():
    # Nine people of the authority are in no service; the only other service has nobody.
    assert statuses(table("count", (12,), [(3,), (0,)])) == ["c", "c", ""]


def test_a_small_rest_that_is_in_no_service_is_a_hidden_cell_too():
    # 104 - 60 - 40 = 4 people in no service: anybody can subtract.
    assert statuses(table("count", (104,), [(60,), (40,)])) == ["", "c", "c"]
    assert statuses(table("count", (110,), [(60,), (40,)])) == ["", "", ""]


def test_hidden_cells_that_are_all_one_are_not_left_alone():
    # Two hidden cells that add up to 2 are 1 and 1.
    assert statuses(table("count", (102,), [(1,), (1,), (40,), (60,)])) == ["", "c", "c", "c", ""]


def test_shown_services_do_not_add_up_to_a_hidden_total():
    # Numerator and denominator count different things, so the total may be small where no service is.
    rows = table("%", (26, 30), [(16, 10), (10, 20)])
    assert statuses(rows) == ["c", "c", ""]


def test_a_service_that_is_not_available_is_no_candidate():
    rows = table("count", (63,), [(3,), (60,)])
    rows.append(cell(None, unit="count", org="S9", level="service", value=None, status="x"))
    assert statuses(rows) == ["", "c", "c", "x"]


def test_previous_value_and_change_need_both_cells_shown():
    extra = {"previous_value": Decimal(50), "previous_status": "", "change": Decimal(2)}
    now = [cell(40, 100, org=org, level="service", **extra) for org in ("A", "B", "C")]
    earlier = [cell(50, 100, org="A", level="service"), cell(2, 4, org="B", level="service")]
    earlier.append(cell(30, 90, org="D", level="service"))
    # B was hidden and takes D, the next smallest, with it; A stays. C did not exist before.
    shown = suppress(now, "contract", earlier)
    assert [(row["previous_value"], row["previous_status"], row["change"]) for row in shown] == [
        (Decimal(50), "", Decimal(2)),
        (None, "c", None),
        (None, "c", None),
    ]
    assert suppress(now, "contract")[0]["change"] is None  # nothing known of the period before: nothing shown
    hidden_now = suppress([cell(2, 4, **extra)], "contract", [cell(50, 100)])
    assert (hidden_now[0]["previous_value"], hidden_now[0]["change"]) == (None, None)


def test_reason_does_not_tell_primary_from_secondary_and_text_goes_with_the_cell():
    rows = table("count", (63,), [(3,), (60,)], commentary="three children", cause="a", action="b")
    hidden = [row for row in suppress(rows, "contract") if row["status"] == "c"]
    assert len(hidden) == 2
    assert {row["status_reason"] for row in hidden} == {"suppressed"}
    assert {row[name] for row in hidden for name in ("commentary", "cause", "action")} == {None}


def test_an_unknown_unit_or_kind_of_counts_or_profile_is_an_error():
    for row, profile in (
        (cell(10, 20, unit="furlongs"), "contract"),
        (cell(10, 20, counts="animals"), "contract"),
        (cell(10, 20), "secret"),
    ):
        with pytest.raises(DisclosureError):
            hidden_cells([row], profile)


def test_the_grid_is_authority_and_service_totals_on_one_basis():
    check_grid([cell(10, 20), cell(10, 20, level="service", org="S1")])
    for wrong in (
        [cell(10, 20, level="team")],
        [cell(10, 20, breakdown="sex")],
        [cell(10, 20), cell(10, 20, basis="R12")],
    ):
        with pytest.raises(DisclosureError):
            check_grid(wrong)


def test_aggregate_rows_keep_the_grid_and_suppress():
    rows = table("count", (103,), [(3,), (60,), (40,)])
    rows += [
        cell(9, unit="count", level="team", org="T1"),
        cell(9, unit="count", breakdown="sex"),
        cell(9, unit="count", basis="YTD"),
    ]
    frame = pd.DataFrame(rows)
    zone = aggregate_rows(frame, {"XX-01": "M"})
    assert list(zone["org"]) == ["999", "S0", "S1", "S2"]
    assert list(zone["status"]) == ["", "c", "", "c"]
    assert zone["numerator"].isna().tolist() == [False, True, False, True]
    assert zone.loc[1, "value"] is None or pd.isna(zone.loc[1, "value"])
    assert list(zone.columns) == list(frame.columns)
    with pytest.raises(DisclosureError):
        aggregate_rows(frame)  # two bases of one KPI


counts_of_people = st.integers(0, 60) | st.integers(0, 6)


@st.composite
def tables(draw):
    """An additive table: services, people in no service, and the total of both."""
    kind = draw(st.sampled_from(sorted(UNITS)))
    services = draw(st.lists(st.tuples(counts_of_people, counts_of_people), min_size=0, max_size=6))
    rest = draw(st.tuples(st.just(0) | counts_of_people, st.just(0) | counts_of_people))
    parts = [(n, n + m) for n, m in [*services, rest]]
    if kind == "count":
        parts = [(n, None) for n, _ in parts]
    total = (sum(n for n, _ in parts), None if kind == "count" else sum(d for _, d in parts))
    cells = parts[:-1]
    if kind == "rate":
        total, cells = (total[0], 120_119), [(n, None) for n, _ in cells]
    return table(UNITS[kind], total, cells), rest


def people_shown(row):
    """The counts of people that a reader can take from a row that is shown."""
    numerator, denominator = row["numerator"], row["denominator"]
    if row["unit"] == "points":
        return [denominator]
    if row["unit"] == "%":
        return [numerator, denominator, None if numerator is None else denominator - numerator]
    return [numerator]


@settings(max_examples=300, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_nothing_small_is_left_and_nothing_hidden_is_alone(drawn, random):
    rows, rest = drawn
    shown = suppress(rows, "contract")
    for row in shown:
        assert not any(number in range(1, 6) for number in people_shown(row))
        if row["status"] == "c":
            assert row["numerator"] is row["denominator"] is row["value"] is None
    total, services = shown[0], shown[1:]
    hidden = [before for before, after in zip(rows[1:], services, strict=True) if after["status"] == "c"]
    if total["status"] != "c":
        assert len(hidden) != 1
        if hidden and total["unit"] == "count" and rest[0] == 0:
            # What the hidden services add up to is known; it must leave room for more than one answer.
            assert total["numerator"] - sum(row["numerator"] or 0 for row in services) > len(hidden)
        if services and not hidden and total["unit"] == "count":
            assert rest[0] not in range(1, 6)
    elif services and total["unit"] == "count" and rest == (0, 0):
        assert hidden
    # A zero says nothing about anybody: it is never hidden.
    assert all(row["numerator"] or row["denominator"] for row in hidden)
    shuffled = random.sample(rows, len(rows))
    assert {row["org"] for row in suppress(shuffled, "contract") if row["status"] == "c"} == {
        row["org"] for row in shown if row["status"] == "c"
    }


def referrals(*services):
    """Referrals and those closed without action: the count of one is the denominator of the other."""
    when = {"period_start": "2025-09-01", "reference_date": "2025-09-30", "nature": "flow"}
    total = (sum(n for n, _ in services), sum(d for _, d in services))
    counts = table(
        "count",
        (total[1],),
        [(d,) for _, d in services],
        kpi="FD-04",
        numerator_measure="referrals.is_referral",
        **when,
    )
    shares = table(
        "%", total, services, kpi="FD-08", numerator_measure="referrals.is_nfa",
        denominator_measure="referrals.is_referral", **when,
    )  # fmt: skip
    return counts + shares


def test_a_count_hidden_in_one_kpi_does_not_come_back_by_subtraction_in_another():
    # FD-04 hides front door (1) and its partner (46); FD-08 would give 46 back as its denominator, and 47 - 46 the 1.
    rows = referrals((0, 1), (20, 46), (30, 90))
    shown = suppress(rows, "contract")
    known = {
        row["org"]: row["denominator"] for row in shown if row["kpi"] == "FD-08" and row["denominator"] is not None
    }
    known |= {row["org"]: row["numerator"] for row in shown if row["kpi"] == "FD-04" and row["numerator"] is not None}
    assert "S0" not in known
    assert "999" not in known or len({"S1", "S2"} - set(known)) >= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5))
def test_no_small_count_follows_from_two_kpis_together(pairs):
    services = [(n, n + m) for n, m in pairs]
    rows = referrals(*services)
    known = {}
    for row in suppress(rows, "contract"):
        for part in ("numerator", "denominator"):
            if row[part] is not None:
                known[row[f"{part}_measure"], row["org"]] = row[part]
    for measure in ("referrals.is_referral", "referrals.is_nfa"):
        orgs = ["999", *(f"S{i}" for i in range(len(services)))]
        unknown = [org for org in orgs if (measure, org) not in known]
        if len(unknown) == 1:
            truth = {r["org"]: r["numerator"] for r in rows if r["numerator_measure"] == measure}
            assert truth[unknown[0]] not in range(1, 6)


def test_items_are_not_people():
    # 7 star areas may be one child's; 46 cannot be of five people with up to nine areas each.
    few = cell(20, 40, level="service", org="S", items_per_person=9)
    some = cell(46, 60, level="service", org="S", items_per_person=9)  # the 14 others may be of two
    many = cell(50, 100, level="service", org="S", items_per_person=9)
    assert [hidden_cells([row], "contract") for row in (few, some, many)] == [[True], [True], [False]]
    star = cell(17, 7, unit="points", level="service", org="S", items_per_person=9)
    assert hidden_cells([star], "contract") == [True]


def test_percentage_of_fewer_than_20_is_not_given_but_its_counts_are():
    (shown,) = suppress([cell(12, 19)], "contract")
    assert (shown["numerator"], shown["denominator"], shown["value"], shown["status"], shown["rag"]) == (
        12,
        19,
        None,
        "u",
        "",
    )
    (kept,) = suppress([cell(12, 20)], "contract")
    assert kept["status"] == ""
    (inside,) = suppress([cell(12, 19)], "internal")
    assert inside["value"] is not None


def test_previous_percentage_of_fewer_than_20_is_not_given():
    row = cell(
        20,
        40,
        previous_value=Decimal(50),
        previous_numerator=6,
        previous_denominator=12,
        previous_status="",
        change=Decimal(0),
    )
    (shown,) = suppress([row], "contract", [cell(6, 12)])
    assert (shown["previous_value"], shown["previous_status"], shown["change"]) == (None, "u", None)


def test_hidden_services_whose_sum_equals_their_number_are_not_told_by_it():
    # 90 looked after, 88 of them at a service that is shown: the two others have one each.
    rows = table("%", (9, 90), [(9, 88), (0, 1), (0, 1)])
    shown = suppress(rows, "contract")
    assert shown[0]["denominator"] is None or shown[1]["denominator"] is None
    audits = table("%", (4, 4), [(1, 1)] * 4, counts="events_of_people")
    assert suppress(audits, "contract")[0]["denominator"] is None


def test_hidden_services_together_are_no_small_cell_of_people():
    # 7 of 94 and 6 of 75 would say that exactly one child of the other services has three or more placements.
    rows = table("%", (7, 94), [(6, 75), (1, 10), (0, 9)])
    total, first, *_ = suppress(rows, "contract")
    assert total["numerator"] is None or first["numerator"] is None
