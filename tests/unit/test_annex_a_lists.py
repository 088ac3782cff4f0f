"""The Annex A lists of the synthetic authority: recomputed one by one from its lives, and written and read back as a workbook."""

from collections import defaultdict
from copy import copy
from datetime import date, timedelta
from itertools import pairwise
from zipfile import ZipFile

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from expectations.contracts import load_contracts
from orchestration.synthetic import annex_a, ssd
from orchestration.synthetic.columns import fill
from orchestration.synthetic.days import as_date, day_number
from orchestration.synthetic.history import make_world
from orchestration.synthetic.rows import BLANK, Words
from orchestration.synthetic.scenario import load_scenario

CONTRACTS, SCENARIO = load_contracts(), load_scenario()
LISTS = CONTRACTS.sources["annex_a"].tables
HORIZON = date(2025, 9, 30)
DAYS = [
    date(2024, 8, 31), date(2024, 9, 30), date(2024, 10, 31), date(2024, 11, 30), date(2025, 2, 28), date(2025, 3, 31),
    date(2025, 8, 31), HORIZON,
]  # fmt: skip
LAST = DAYS[-1]
SPELLS = {  # list: table of the world, its end, and how the list calls both days
    "list_6": ("episodes", "closed", "cin_start_date", "cin_closure_date"),
    "list_7": ("plans", "end", "cp_plan_start_date", "cp_plan_end_date"),
    "list_8": ("care", "end", "cla_start_date", "cla_end_date"),
}


def plain(rows):
    """Rows as dictionaries: words as text, None for a blank; days stay numbers."""
    columns = {}
    for name, column in rows.columns.items():
        values = column.strings().tolist() if isinstance(column, Words) else np.asarray(column).tolist()
        columns[name] = [None if value == BLANK else value for value in values]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def months_before(day, months):
    """The same day of the month so many months earlier, or its last day."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    length = (date((index + 1) // 12, (index + 1) % 12 + 1, 1) - first).days
    return first + timedelta(days=min(day.day, length) - 1)


def year_before(number):
    return day_number(months_before(as_date(number), 12))


def years_old(born, day):
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@pytest.fixture(scope="module")
def world():
    return make_world(SCENARIO, 0.05, 7, HORIZON)


@pytest.fixture(scope="module")
def told(world):
    """The world's tables as dictionaries, each with the case number of its child as `id`."""
    names = (
        "children", "contacts", "early_help", "episodes", "assessments", "enquiries", "plans", "care", "legal",
        "placements", "missing", "adoptions", "adopter_families", "leavers", "leaver_states", "visits", "reviews", "health",
    )  # fmt: skip
    found = {name: plain(getattr(world, name)) for name in names}
    for rows in found.values():
        for row in rows:
            if "child" in row:
                row["id"] = found["children"][row["child"]]["child_id"]
    return found


@pytest.fixture(scope="module")
def snapshots(world):
    """The lists as dictionaries, by day."""
    return {
        day: {n: plain(rows) for n, rows in annex_a.tables(world, day_number(day), world.begins_day).items()}
        for day in DAYS
    }


def days_and_windows(snapshots, months=6):
    for day, lists in snapshots.items():
        yield day_number(day), day_number(months_before(day, months)), lists


# --- every list ---------------------------------------------------------------------------------------------------


def test_window_start_is_the_same_day_of_the_earlier_month():
    for day, months, start in (
        (date(2025, 9, 30), 6, date(2025, 3, 30)),
        (date(2025, 8, 31), 6, date(2025, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2025, 3, 31), 12, date(2024, 3, 31)),
    ):
        assert as_date(annex_a.window_start(day_number(day), months)) == start == months_before(day, months)


def test_every_row_keeps_its_contract(snapshots):
    for day, lists in snapshots.items():
        number = day_number(day)
        for name, table in LISTS.items():
            rows = lists[name]
            assert rows
            assert set(rows[0]) == set(table.by_name)
            assert len({tuple(r[k] for k in table.key) for r in rows}) == len(rows)
            for row in rows:
                for column in table.columns:
                    value = row[column.name]
                    unborn = column.required == "unless_unborn" and row["age"] == -1
                    assert not column.required or value is not None or unborn
                    if column.type == "code" and value is not None:
                        assert CONTRACTS.code_sets[column.codes].get(value)
                    if column.type == "date" and column.name != "date_of_birth" and value is not None:
                        assert value <= number, f"{name}.{column.name} is not known yet"
                    if column.type == "integer" and value is not None:
                        assert value >= 0
                for first, second in table.ordered_dates:
                    assert None in (row[first], row[second]) or row[first] <= row[second]
                if table.birth and row["date_of_birth"] is not None:
                    assert row["date_of_birth"] - row[table.birth.event] <= table.birth.days_before_birth


def test_a_child_is_the_same_in_every_list_and_month(snapshots):
    known = defaultdict(set)
    for day, lists in snapshots.items():
        number = day_number(day)
        for row in (r for name, rows in lists.items() if name != "list_11" for r in rows):
            unborn = row["date_of_birth"] is None or row["date_of_birth"] > number
            if unborn:
                assert (row["age"], row["gender"]) == (-1, "not_stated")
            else:
                assert row["age"] == years_old(as_date(row["date_of_birth"]), day)
                known[row["child_id"], "gender"].add(row["gender"])
            if row["date_of_birth"] is not None:
                known[row["child_id"], "date_of_birth"].add(row["date_of_birth"])
            known[row["child_id"], "ethnicity"].add(row["ethnicity"])
    assert all(len(values) == 1 for values in known.values())
    assert any(r["date_of_birth"] is None for lists in snapshots.values() for r in lists["list_3"])


def test_names_and_postcodes_are_invented(snapshots, world):
    staff = {f"{given} {family}" for given in SCENARIO.names.given for family in SCENARIO.names.family}
    teams = set(world.organisation.teams.team_name.strings())
    for lists in snapshots.values():
        for name, rows in lists.items():
            persons = [c.name for c in LISTS[name].columns if c.person]
            assert {r[c] for r in rows for c in persons} <= staff
            assert {r["team"] for r in rows if "team" in r} <= teams
        assert {r["placement_postcode"] for r in lists["list_8"]} <= set(SCENARIO.population.postcodes)


def test_a_snapshot_does_not_depend_on_what_comes_after_it(world, snapshots):
    earlier = make_world(SCENARIO, 0.05, 7, date(2025, 3, 31))
    for name, rows in annex_a.tables(earlier, day_number(date(2025, 3, 31)), earlier.begins_day).items():
        assert plain(rows) == snapshots[date(2025, 3, 31)][name]


def test_the_lists_agree_with_the_case_systems_tables(world, snapshots):
    """Both are told from the same lives, one knows no more than the other."""
    day = day_number(LAST)
    tables = {n: plain(r) for n, r in ssd.tables(world, day, day - 6 * 365).items()}
    lists = snapshots[LAST]
    teams = {r["team_id"]: r["team_name"] for r in tables["department"]}

    def compare(name, own, table, key, columns):
        other = {tuple(r[k] for k in key): r for r in tables[table]}
        for row in lists[name]:
            found = other[tuple(row[k] for k in own)]
            found["team_name"] = teams.get(found.get("team_id"))
            assert {a: row[a] for a in columns} == {a: found[b] for a, b in columns.items()}

    compare(
        "list_3", ("child_id", "referral_date"), "cin_episodes", ("child_id", "referral_date"),
        {"referral_source": "referral_source", "referral_nfa": "referral_nfa", "team": "team_name"},
    )  # fmt: skip
    compare(
        "list_4", ("child_id", "assessment_start_date"), "cin_assessments", ("child_id", "assessment_start_date"),
        {"authorisation_date": "authorisation_date", "team": "team_name"},
    )  # fmt: skip
    compare(
        "list_6", ("child_id", "cin_start_date"), "cin_episodes", ("child_id", "referral_date"),
        {"cin_closure_date": "close_date", "closure_reason": "close_reason"},
    )  # fmt: skip
    compare(
        "list_7", ("child_id", "cp_plan_start_date"), "cp_plans", ("child_id", "cp_plan_start_date"),
        {"cp_plan_end_date": "cp_plan_end_date", "latest_category": "latest_category"},
    )  # fmt: skip
    same = ("in_touch", "latest_contact_date", "accommodation_type", "activity_status", "pathway_plan_review_date")
    compare("list_9", ("child_id",), "care_leavers", ("child_id",), {n: n for n in same})
    contacts = {(r["child_id"], r["care_entry_date"]): r["last_iro_contact_date"] for r in tables["cla_episodes"]}
    assert all(contacts[r["child_id"], r["cla_start_date"]] == r["last_iro_contact_date"] for r in lists["list_8"])


# --- lists 1 to 5 -------------------------------------------------------------------------------------------------


def test_contacts_and_referrals_are_those_of_the_window(snapshots, told):
    for day, start, lists in days_and_windows(snapshots):
        contacts = {(c["id"], c["day"], c["source"]) for c in told["contacts"] if start <= c["day"] <= day}
        assert contacts == {(r["child_id"], r["contact_date"], r["contact_source"]) for r in lists["list_1"]}
        referrals = {(e["id"], e["start"]) for e in told["episodes"] if start <= e["start"] <= day}
        assert referrals == {(r["child_id"], r["referral_date"]) for r in lists["list_3"]}


def test_referral_count_is_of_the_12_months_before_the_latest_referral(snapshots, told):
    repeated = 0
    for day, lists in snapshots.items():
        by_child = defaultdict(list)
        for episode in told["episodes"]:
            if episode["start"] <= day_number(day):
                by_child[episode["id"]].append(episode["start"])
        for row in lists["list_3"]:
            days = by_child[row["child_id"]]
            latest = max(days)
            assert row["referrals_last_12_months"] == sum(year_before(latest) <= d < latest for d in days)
            repeated += row["referrals_last_12_months"] > 0
    assert repeated


def test_early_help_begun_in_the_window_or_open(snapshots, told):
    for day, start, lists in days_and_windows(snapshots):
        expected = {
            (h["id"], h["start"]): h["end"] if h["end"] <= day else None
            for h in told["early_help"]
            if h["start"] <= day and (h["start"] >= start or h["end"] > day)
        }
        rows = {(r["child_id"], r["assessment_start_date"]): r["assessment_completion_date"] for r in lists["list_2"]}
        assert rows == expected
    assert None in expected.values()


def test_assessments_open_or_authorised_in_the_window_as_recorded_then(world, told):
    """Some authorisations are recorded late, and a few with a wrong day that is corrected later."""
    mended = [a for a in told["assessments"] if a["told_first"] is not None and a["corrected"] <= day_number(LAST)]
    late = [a for a in told["assessments"] if a["authorised"] < a["recorded"] <= day_number(LAST)]
    days = [d for a in mended[-3:] for d in (a["corrected"] - 1, a["corrected"])]
    days += [d for a in late[-3:] for d in (a["recorded"] - 1, a["recorded"])]
    assert len(days) == 12
    for day in days:
        start = day_number(months_before(as_date(day), 6))
        expected = {}
        for one in told["assessments"]:
            authorised = one["authorised"]
            if one["told_first"] is not None and day < one["corrected"]:
                authorised = one["told_first"]
            if day < one["recorded"]:
                authorised = None
            if one["start"] <= day and (authorised is None or authorised >= start):
                expected[one["id"], one["start"]] = authorised, one
        rows = {(r["child_id"], r["assessment_start_date"]): r for r in plain(annex_a.list_4(world, day, start))}
        assert rows.keys() == expected.keys()
        for key, (authorised, one) in expected.items():
            row, born = rows[key], told["children"][one["child"]]["born"]
            assert row["authorisation_date"] == authorised
            assert row["support_required"] == (None if authorised is None else "yes" if one["in_need"] else "no")
            if born > min(one["authorised"], day):
                assert row["child_seen"] == "unknown"
            else:
                assert row["child_seen"] == ("yes" if one["seen_on"] is not None and one["seen_on"] <= day else "no")


def test_enquiries_and_their_conferences(snapshots, told):
    counted = [0, 0]
    for day, start, lists in days_and_windows(snapshots):
        by_child = defaultdict(list)
        for one in told["enquiries"]:
            if one["start"] <= day and not one["transfer_in"]:
                by_child[one["id"]].append(one)
        rows = {(r["child_id"], r["strategy_discussion_date"]): r for r in lists["list_5"]}
        expected = set()
        for one in (e for found in by_child.values() for e in found):
            conference, key = one["conference"], (one["id"], one["start"])
            if not (one["concluded"] >= start or (conference is not None and conference >= start)):
                continue
            expected.add(key)
            row, others = rows[key], [e for e in by_child[one["id"]] if e is not one]
            decided = None if one["concluded"] > day else "yes" if conference is None else "no"
            held = conference is not None and conference <= day
            assert row["icpc_not_required"] == decided
            assert row["icpc_date"] == (conference if held else None)
            assert row["icpc_led_to_plan"] == (None if not held else "yes" if one["led_to_plan"] else "no")
            since = year_before(one["start"])
            assert row["s47_last_12_months"] == sum(since <= e["start"] < one["start"] for e in others)
            before = [e["conference"] for e in others if e["conference"] is not None and e["conference"] <= day]
            assert row["icpcs_last_12_months"] == sum(since <= d < one["start"] for d in before)
            counted[0] += row["s47_last_12_months"]
            counted[1] += row["icpcs_last_12_months"]
        assert rows.keys() == expected
    assert all(counted)


# --- lists 6 to 8: one row per child ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(SPELLS))
def test_one_row_per_child_its_latest_spell_open_or_ended_in_the_window(snapshots, told, name):
    table, ends, start_column, end_column = SPELLS[name]
    for day, start, lists in days_and_windows(snapshots):
        served = {one["id"] for one in told["leavers"] if one["start"] <= day < one["end"]}
        latest = {}
        for spell in sorted(told[table], key=lambda s: s["start"]):
            if spell.get("nfa") or spell["start"] > day or spell[ends] < start:
                continue
            latest[spell["id"]] = spell["start"], spell[ends] if spell[ends] <= day else None
        if name == "list_6":
            adult = {c["child_id"] for c in told["children"] if c["adult_on"] <= day}
            latest = {c: spell for c, spell in latest.items() if not (c in served & adult and spell[1] is None)}
        assert {r["child_id"]: (r[start_column], r[end_column]) for r in lists[name]} == latest
        assert len(lists[name]) == len(latest)


def test_open_spells_stay_until_they_end(snapshots):
    for name, (_, _, start, end) in SPELLS.items():
        for earlier, later in pairwise(DAYS):
            after = {r["child_id"]: r for r in snapshots[later][name]}
            leavers = {r["child_id"] for r in snapshots[later]["list_9"]}
            if months_before(later, 6) > earlier:
                continue
            for row in snapshots[earlier][name]:
                if row[end] is None and not (name == "list_6" and row["child_id"] in leavers):
                    assert after[row["child_id"]][start] >= row[start]


def test_the_18th_birthday_ends_care_and_need(snapshots, told):
    adult_on = {c["child_id"]: c["adult_on"] for c in told["children"]}
    for lists in snapshots.values():
        for row in lists["list_8"]:
            assert row["age"] < 18 or row["cla_end_date"]
            assert row["cla_end_date"] is None or row["cla_end_date"] <= adult_on[row["child_id"]]
        assert all(r["age"] < 18 or r["cin_closure_date"] for r in lists["list_6"])
        assert all(r["age"] < 18 or r["cp_plan_end_date"] for r in lists["list_7"])


def test_case_status_agrees_with_the_other_lists(snapshots):
    for lists in snapshots.values():
        looked_after = {r["child_id"] for r in lists["list_8"] if r["cla_end_date"] is None}
        protected = {r["child_id"] for r in lists["list_7"] if r["cp_plan_end_date"] is None}
        status = {r["child_id"]: r["case_status"] for r in lists["list_6"]}
        assert looked_after == {c for c, s in status.items() if s == "looked_after"}
        assert protected - looked_after == {c for c, s in status.items() if s == "child_protection"}
        leavers = {r["child_id"]: r for r in lists["list_9"]}
        assert not set(leavers) & looked_after
        assert all(leavers[c]["age"] < 18 or status[c] == "closed" for c in set(leavers) & set(status))
        assert {"child_in_need_plan", "open_assessment"} <= set(status.values())
        for row in lists["list_6"]:
            ended = row["cin_closure_date"] is not None
            assert (row["case_status"] == "closed") == ended == (row["closure_reason"] is not None)


def test_last_seen_is_the_last_visit_or_the_assessment_of_the_episode(snapshots, told):
    day, rows = day_number(LAST), snapshots[LAST]["list_6"]
    seen = defaultdict(list)
    for visit in told["visits"]:
        if visit["seen"] and visit["day"] <= day and visit["recorded"] <= day:
            seen[visit["id"]].append(visit["day"])
    for episode in told["episodes"]:
        if episode["seen_on"] is not None and episode["seen_on"] <= day:
            seen[episode["id"]].append(episode["seen_on"])
    for row in rows:
        own = [d for d in seen[row["child_id"]] if d >= row["cin_start_date"]]
        assert row["last_seen_date"] == max(own, default=None)
        assert row["last_seen_date"] is None or row["cin_closure_date"] is None or max(own) <= row["cin_closure_date"]


def test_last_visit_and_review_of_a_child_protection_plan(snapshots, told):
    answers = set()
    for day, _, lists in days_and_windows(snapshots):
        visits, reviews = defaultdict(list), defaultdict(list)
        for visit in told["visits"]:
            if visit["kind"] == "cp" and visit["day"] <= day and visit["recorded"] <= day:
                visits[visit["spell"]].append(visit)
        for review in told["reviews"]:
            if review["kind"] == "cp" and review["held"] is not None and review["held"] <= day:
                reviews[review["spell"]].append(review["held"])
        place = {(p["id"], p["start"]): n for n, p in enumerate(told["plans"])}
        for row in lists["list_7"]:
            plan = place[row["child_id"], row["cp_plan_start_date"]]
            last = max(visits[plan], key=lambda v: v["day"], default=None)
            assert row["last_statutory_visit_date"] == (last and last["day"])
            assert row["latest_review_date"] == max(reviews[plan], default=None)
            if last is None:
                assert row["seen_alone"] is None
            elif row["age"] < SCENARIO.child_protection.seen_alone_from_age - 1:
                assert row["seen_alone"] == "unknown"
            else:
                assert row["seen_alone"] in ("unknown", "yes" if last["alone"] else "no")
            answers.add(row["seen_alone"])
    assert answers == {None, "yes", "no", "unknown"}


def test_the_category_of_a_plan_changes_on_its_day(world, told):
    changes = [
        p for p in told["plans"] if p["latest_category"] != p["category"] and p["category_changed"] <= day_number(LAST)
    ]
    for plan in changes[-3:]:
        for day, category in (
            (plan["category_changed"] - 1, "category"),
            (plan["category_changed"], "latest_category"),
        ):
            rows = {r["child_id"]: r for r in plain(annex_a.list_7(world, day, day - 180))}
            assert rows[plan["id"]]["initial_category"] == plan["category"]
            assert rows[plan["id"]]["latest_category"] == plan[category]
    assert changes


def test_a_second_period_of_care_within_12_months(world, told):
    care = told["care"]
    second = len(care) - 1
    first = next(
        n for n, c in enumerate(care) if c["id"] != care[second]["id"] and c["start"] < care[second]["start"] - 500
    )
    start = care[second]["start"]
    for end, again in ((start, "yes"), (year_before(start), "yes"), (year_before(start) - 1, "no")):
        changed = copy(world)
        ends, child = world.care.end.copy(), world.care.child.copy()
        ends[first], child[first] = end, child[second]
        changed.care = world.care.having(end=ends, child=child)
        rows = {r["child_id"]: r for r in plain(annex_a.list_8(changed, start, start - 180))}
        assert rows[care[second]["id"]]["second_period"] == again


def test_placements_of_the_last_12_months_are_homes_lived_in(snapshots, told):
    """A change of status in the same home is no placement; the home lived in when the 12 months begin counts."""
    homes = defaultdict(list)
    for one in sorted(told["placements"], key=lambda p: (p["care"], p["start"])):
        if one["status_only"]:
            homes[one["care"]][-1][1] = one["end"]
        else:
            homes[one["care"]].append([one["start"], one["end"]])
    kept = 0
    for day, _, lists in days_and_windows(snapshots):
        place = {(c["id"], c["start"]): n for n, c in enumerate(told["care"])}
        for row in lists["list_8"]:
            last = row["cla_end_date"] or day
            lived_in = [h for h in homes[place[row["child_id"], row["cla_start_date"]]] if h[0] <= last]
            since = year_before(last)
            # the home left on the first day of the 12 months is the one before them
            assert row["placements_last_12_months"] == sum(end > since for _, end in lived_in)
            assert row["placement_start_date"] == lived_in[-1][0]
            kept += row["placement_start_date"] < since
    assert kept
    assert max(r["placements_last_12_months"] for lists in snapshots.values() for r in lists["list_8"]) >= 3


def test_legal_status_placement_and_absences_on_the_last_day(snapshots, told):
    answers = set()
    for day, _, lists in days_and_windows(snapshots):
        place = {(c["id"], c["start"]): n for n, c in enumerate(told["care"])}
        of_care = {name: defaultdict(list) for name in ("legal", "placements", "missing")}
        for name, found in of_care.items():
            for one in told[name]:
                if one["start"] <= day:
                    found[one["care"]].append(one)
        for row in lists["list_8"]:
            period = place[row["child_id"], row["cla_start_date"]]
            since = year_before(row["cla_end_date"] or day)
            status = max(of_care["legal"][period], key=lambda s: s["start"])
            assert (row["legal_status_start_date"], row["legal_status"]) == (status["start"], status["status"])
            home = max(of_care["placements"][period], key=lambda p: p["start"])
            assert (row["placement_type"], row["placement_provider"]) == (home["kind"], home["provider"])
            assert row["placement_location"] == ("out" if home["outside"] else "in")
            lately = [m for m in of_care["missing"][period] if m["start"] > since]
            missing = [m for m in lately if not m["absent"]]
            assert row["missing_episodes_last_12_months"] == len(missing)
            assert row["absent_episodes_last_12_months"] == len(lately) - len(missing)
            assert (row["return_interview_offered"] is None) == (not missing)
            assert (row["return_interview_accepted"] is None) == (row["return_interview_offered"] != "yes")
            answers.add(row["return_interview_accepted"])
            earlier = [c for c in told["care"] if c["id"] == row["child_id"] and c["start"] < row["cla_start_date"]]
            again = any(c["end"] >= year_before(row["cla_start_date"]) for c in earlier)
            assert row["second_period"] == ("yes" if again else "no")
    assert answers == {None, "yes", "no"}


def test_health_of_children_looked_after(snapshots, told):
    for day, _, lists in days_and_windows(snapshots):
        last = defaultdict(dict)
        for check in told["health"]:
            if check["status"] == "completed" and check["day"] <= day:
                kind = "dental" if check["kind"] == "dental_check" else "health"
                last[check["care"]][kind] = max(check["day"], last[check["care"]].get(kind, 0))
        place = {(c["id"], c["start"]): n for n, c in enumerate(told["care"])}
        for row in lists["list_8"]:
            period = place[row["child_id"], row["cla_start_date"]]
            assert row["last_health_assessment_date"] == last[period].get("health")
            assert row["last_dental_check_date"] == last[period].get("dental")


# --- lists 9 to 11 ------------------------------------------------------------------------------------------------


def test_care_leavers_with_a_service_and_their_latest_circumstances(snapshots, told):
    for day, lists in snapshots.items():
        number = day_number(day)
        states = {}
        for state in sorted(told["leaver_states"], key=lambda s: s["start"]):
            if state["start"] <= number:
                states[state["leaver"]] = state
        open_ = {one["id"]: n for n, one in enumerate(told["leavers"]) if one["start"] <= number < one["end"]}
        rows = {r["child_id"]: r for r in lists["list_9"]}
        assert rows.keys() == open_.keys()
        for child, row in rows.items():
            state, leaver = states[open_[child]], told["leavers"][open_[child]]
            assert row["in_touch"] == state["in_touch"]
            assert row["accommodation_type"] == state["accommodation"]
            assert leaver["start"] <= row["latest_contact_date"]
            if state["lost_since"] is not None:
                assert row["latest_contact_date"] == state["lost_since"]
            elif number - leaver["start"] >= 60:
                assert number - row["latest_contact_date"] < 60
            assert row["age"] < 18 or row["eligibility"] != "relevant"


def test_adoptions_and_adopters_of_the_last_12_months(snapshots, told):
    couples = {f["family_id"]: f["couple"] for f in told["adopter_families"]}
    steps = (
        "care_entry_date",
        "adoption_decision_date",
        "placement_order_date",
        "matching_date",
        "placed_date",
        "adoption_order_date",
    )
    matched = 0
    for day, start, lists in days_and_windows(snapshots, 12):
        latest = {}
        for case in sorted(told["adoptions"], key=lambda c: c["decision"]):
            over = case["order"] or case["reversed"]
            if case["decision"] <= day and (over is None or over >= start):
                latest[case["id"]] = case["decision"]
        assert {r["child_id"]: r["adoption_decision_date"] for r in lists["list_10"]} == latest
        for row in lists["list_10"]:
            dates = [row[s] for s in steps if row[s] is not None]
            assert dates == sorted(dates)
            assert (row["reversal_reason"] is None) == (row["decision_reversed_date"] is None)
        adopters = defaultdict(list)
        for row in lists["list_11"]:
            adopters[row["family_id"]].append(row)
            ended = row["leaving_date"] or row["adoption_order_date"]
            assert row["enquiry_date"] <= day
            assert ended is None or ended >= start
        for family, rows in adopters.items():
            assert len(rows) == (2 if couples[family] else 1)
            assert len({r["enquiry_date"] for r in rows}) == 1
        for row in lists["list_10"]:
            if row["family_id"] >= 0:
                matched += 1
                assert adopters[row["family_id"]][0]["matched_date"] <= row["matching_date"]
    assert matched


# --- the workbook -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("annex_a") / "Annex_A_2025_Sep.xlsx"
    path.write_bytes(annex_a.workbook(world, day_number(LAST), CONTRACTS))
    return path


def _canonical(column, cell):
    """A cell by the contract's own reading."""
    if cell == "":
        return None
    if column.type == "date":
        assert type(cell) is date, f"{column.name} is not a real date"
        return day_number(cell)
    if column.type == "code":
        return CONTRACTS.code_sets[column.codes].match(cell)[0]
    return int(cell) if column.type in ("integer", "decimal", "id") else cell


def test_the_workbook_reads_back_as_the_lists(book, snapshots):
    sheets = CalamineWorkbook.from_path(str(book))
    assert sheets.sheet_names == [f"List {n}" for n in range(1, 12)]
    for name, table in LISTS.items():
        header, *body = sheets.get_sheet_by_name(table.sheets[0]).to_python()
        assert header == [c.title for c in table.columns]
        expected = [[row[c.name] for c in table.columns] for row in snapshots[LAST][name]]
        expected = [
            [None if v == -1 and c.type == "id" else v for c, v in zip(table.columns, r, strict=True)] for r in expected
        ]
        assert [[_canonical(*pair) for pair in zip(table.columns, row, strict=True)] for row in body] == expected


def test_the_same_day_gives_the_same_bytes_and_lists_at_hand_are_taken(book, world):
    day = day_number(LAST)
    made = annex_a.tables(world, day, world.begins_day)
    filled = {n: fill(t, made[n], day, world.chance, CONTRACTS.code_sets) for n, t in LISTS.items()}
    assert annex_a.workbook(world, day, CONTRACTS, filled) == book.read_bytes()
    with ZipFile(book) as archive:
        assert "<dcterms:created" in archive.read("docProps/core.xml").decode()
        assert "2025-09-30T00:00:00Z</dcterms:created>" in archive.read("docProps/core.xml").decode()


def test_a_list_without_rows_is_a_sheet_with_its_header(world, tmp_path):
    path = tmp_path / "empty.xlsx"
    path.write_bytes(annex_a.workbook(world, day_number(LAST), CONTRACTS, {}))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("List 3").to_python()
    assert rows == [[c.title for c in LISTS["list_3"].columns]]


@pytest.mark.parametrize("factor", [0.002, 0.01])
def test_an_authority_with_next_to_no_children_has_lists_too(factor):
    few = make_world(SCENARIO, factor, 5, date(2024, 9, 30), authority=3)
    lists = annex_a.tables(few, day_number(date(2024, 9, 30)), few.begins_day)
    assert any(not len(rows) for rows in lists.values()) or factor > 0.002
    assert annex_a.workbook(few, day_number(date(2024, 9, 30)), CONTRACTS)
    assert {n // 10**12 for n in lists["list_1"].child_id.tolist()} == {3}


@pytest.mark.parametrize(
    ("set_name", "code", "text"),
    [
        ("gender", "male", "a) Male"),
        ("ethnicity", "WBRI", "a) WBRI"),
        ("need", "N1", "N1 - Abuse or neglect"),
        ("case_status", "child_in_need_plan", "c) Child in need plan"),
        ("yes_no", "no", "b) No"),
        ("eligibility", "former_relevant", "b) Former relevant child"),
        ("adoption_reversal_reason", "RD4", "RD4 - Any other reason"),
    ],
)
def test_codes_are_written_as_ofsted_writes_them(set_name, code, text):
    assert CONTRACTS.code_sets[set_name].texts[code] == text


def test_every_code_text_is_read_back_as_its_code():
    for codes in CONTRACTS.code_sets.values():
        for code in codes.codes:
            assert codes.match(codes.texts[code.code])[0] == code.code
