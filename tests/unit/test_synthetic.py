"""The synthetic authority: same input, same bytes; each list's window; ids that agree everywhere; rates as the scenario promises."""

import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from expectations.contracts import load_contracts
from orchestration.periods import add_working_days, is_working_day, month_range, parse_period, working_days_between
from orchestration.synthetic import annex_a, care, need
from orchestration.synthetic.chance import Dice
from orchestration.synthetic.generate import delivery_months, generate
from orchestration.synthetic.lives import World, age_on, birthday, month_of, year_before
from orchestration.synthetic.scenario import load_scenario

AS_AT, FIRST, LAST = date(2025, 10, 5), "2024-10", "2025-09"
MONTHS = [m.key for m in month_range(FIRST, LAST)]
CONTRACTS, SCENARIO = load_contracts(), load_scenario()
STARTS = {"list_6": "cin_start_date", "list_7": "cp_plan_start_date", "list_8": "cla_start_date"}
ENDS = {"list_6": "cin_closure_date", "list_7": "cp_plan_end_date", "list_8": "cla_end_date"}


def _read_workbook(path):
    """Rows by list: dates as dates, codes as canonical codes by the contract's own matching, headers as the contract has them."""
    book = CalamineWorkbook.from_path(str(path))
    lists = {}
    for name, table in CONTRACTS.sources["annex_a"].tables.items():
        header, *body = book.get_sheet_by_name(table.sheets[0]).to_python()
        assert header == [c.title for c in table.columns]
        lists[name] = [dict(zip(table.by_name, map(_canonical, table.columns, row), strict=True)) for row in body]
    return lists


def _canonical(column, cell):
    if cell == "":
        return None
    if column.type == "date":
        assert type(cell) is date, f"{column.name} is not a real date"
        return cell
    if column.type == "code":
        match = CONTRACTS.code_sets[column.codes].match(cell)
        assert match, f"{column.name} holds a text that is not in its code list"
        return match[0]
    return int(cell) if column.type in ("integer", "decimal", "id") else cell


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    to = tmp_path_factory.mktemp("deliveries")
    generate(to, AS_AT, first=FIRST, last=LAST)
    return to


@pytest.fixture(scope="module")
def snapshots(folder):
    """Lists by month key."""
    names = {key: f"Annex_A_{parse_period(key).start:%Y_%b}.xlsx" for key in MONTHS}
    return {key: _read_workbook(folder / name) for key, name in names.items()}


@pytest.fixture(scope="module")
def world():
    """The small authority's first fifteen years."""
    lives = World(SCENARIO, "small", 7, care.come_of_age)
    month = month_of(SCENARIO.world.begins)
    while month.key <= LAST:
        need.begin_month(lives, month)
        care.begin_month(lives, month)
        lives.advance_to(month.end)
        month = month.next()
    return lives


def _dump(folder, name):
    with (folder / f"{name}_{LAST}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _end_of(key):
    return parse_period(key).end


# --- same input, same bytes -------------------------------------------------------------------------------------


def test_bytes_depend_on_the_arguments_only_and_earlier_months_not_on_later_ones(folder, tmp_path):
    """Another process, another hash seed, other deliveries: the months in common are equal byte by byte."""
    code = "import sys; from pathlib import Path; from datetime import date; from orchestration.synthetic.generate import generate; "
    code += "generate(Path(sys.argv[1]), date(2031, 2, 1), first='2024-12', last='2025-03')"
    environment = os.environ | {"PYTHONHASHSEED": "4242", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    shorter = sorted(tmp_path.iterdir())
    assert len(shorter) == 4 + 2 * 11
    for path in shorter:
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_another_seed_is_another_authority():
    ids = []
    for seed in (7, 8):
        lives = World(SCENARIO, "small", seed, care.come_of_age)
        need.begin_month(lives, month_of(SCENARIO.world.begins))
        lives.advance_to(date(2010, 4, 30))
        ids.append({r.child.child_id for r in lives.referrals})
    assert not ids[0] & ids[1]


def test_delivery_months():
    assert [m.key for m in delivery_months(date(2025, 10, 5), 2)] == ["2025-08", "2025-09"]
    assert delivery_months(date(2025, 9, 30), 1)[0].key == "2025-08"  # September is not over yet
    assert len(delivery_months(date(2025, 10, 5))) == 18
    with pytest.raises(ValueError, match="delivers 2019-04"):
        generate(Path("unused"), AS_AT, first="2012-01", last="2012-02")
    with pytest.raises(ValueError, match="no scale"):
        generate(Path("unused"), AS_AT, scale="huge")


def test_every_file_of_a_delivery_has_the_contracts_headers(folder):
    tables = {f"{t.source}_{t.name}": t for t in CONTRACTS.tables if t.source != "annex_a"}
    files = list(folder.glob(f"*_{LAST}.csv"))
    assert len(files) == 11
    for path in files:
        table = tables[path.stem.removesuffix(f"_{LAST}")]
        assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(c.name for c in table.columns)
    assert not list(folder.glob(".*"))


# --- windows ----------------------------------------------------------------------------------------------------


def test_window_start_is_the_same_day_of_the_earlier_month():
    assert annex_a.window_start(date(2025, 9, 30), 6) == date(2025, 3, 30)
    assert annex_a.window_start(date(2025, 8, 31), 6) == date(2025, 2, 28)
    assert annex_a.window_start(date(2024, 8, 31), 6) == date(2024, 2, 29)
    assert annex_a.window_start(date(2025, 3, 31), 12) == date(2024, 3, 31)


@pytest.mark.parametrize(("name", "column"), [("list_1", "contact_date"), ("list_3", "referral_date")])
def test_flow_lists_show_their_window_and_nothing_else(snapshots, name, column):
    keys = CONTRACTS.table("annex_a", name).key
    for earlier, later in zip(MONTHS, MONTHS[1:], strict=False):
        start, end = annex_a.window_start(_end_of(later), 6), _end_of(later)
        rows = snapshots[later][name]
        assert all(start <= r[column] <= end for r in rows)
        assert min(r[column] for r in rows) < start + timedelta(days=4)
        seen = {tuple(r[k] for k in keys) for r in rows}
        assert len(seen) == len(rows)
        before = snapshots[earlier][name]
        kept = {tuple(r[k] for k in keys) for r in before if r[column] >= start}
        assert kept == {tuple(r[k] for k in keys) for r in rows if r[column] <= _end_of(earlier)}


def test_lists_with_open_rows_keep_them_until_they_end_and_then_for_the_window(snapshots):
    cases = [
        ("list_2", ("child_id", "assessment_start_date"), "assessment_start_date", "assessment_completion_date"),
        ("list_4", ("child_id", "assessment_start_date"), "assessment_start_date", "authorisation_date"),
        ("list_5", ("child_id", "strategy_discussion_date"), "strategy_discussion_date", "icpc_date"),
    ]
    for name, key, started, ended in cases:
        for earlier, later in zip(MONTHS, MONTHS[1:], strict=False):
            start = annex_a.window_start(_end_of(later), 6)
            after = {tuple(r[k] for k in key): r for r in snapshots[later][name]}
            assert len(after) == len(snapshots[later][name])
            for row in snapshots[earlier][name]:
                must_stay = row[started] >= start or (name == "list_4" and (row[ended] is None or row[ended] >= start))
                if must_stay:
                    found = after[tuple(row[k] for k in key)]
                    assert row[ended] is None or found[ended] == row[ended]
    shown = [r for m in MONTHS for r in snapshots[m]["list_4"]]
    assert any(r["authorisation_date"] is None for r in shown)
    for key in MONTHS:
        start = annex_a.window_start(_end_of(key), 6)
        for row in snapshots[key]["list_4"]:
            assert row["authorisation_date"] is None or start <= row["authorisation_date"] <= _end_of(key)
            assert (row["support_required"] is None) == (row["authorisation_date"] is None)


@pytest.mark.parametrize("name", list(STARTS))
def test_one_row_per_child_open_or_ended_in_the_window_and_the_latest_spell(snapshots, name):
    latest = {}
    for key in MONTHS:
        rows = snapshots[key][name]
        assert len({r["child_id"] for r in rows}) == len(rows)
        start = annex_a.window_start(_end_of(key), 6)
        for row in rows:
            assert row[ENDS[name]] is None or start <= row[ENDS[name]] <= _end_of(key)
            assert row[STARTS[name]] >= latest.get(row["child_id"], date.min)
            latest[row["child_id"]] = row[STARTS[name]]


def test_open_spells_stay_until_they_end(snapshots):
    for name in STARTS:
        for earlier, later in zip(MONTHS, MONTHS[1:], strict=False):
            after = {r["child_id"]: r for r in snapshots[later][name]}
            leavers = {r["child_id"] for r in snapshots[later]["list_9"]}
            for row in snapshots[earlier][name]:
                if row[ENDS[name]] is None and not (name == "list_6" and row["child_id"] in leavers):
                    assert after[row["child_id"]][STARTS[name]] >= row[STARTS[name]]


def test_adoption_lists_hold_what_stood_in_the_last_12_months(snapshots):
    for key in MONTHS:
        start = annex_a.window_start(_end_of(key), 12)
        children, adopters = snapshots[key]["list_10"], snapshots[key]["list_11"]
        assert len({r["child_id"] for r in children}) == len(children)
        assert len({r["adopter_id"] for r in adopters}) == len(adopters)
        for row in children:
            ended = row["adoption_order_date"] or row["decision_reversed_date"]
            assert ended is None or ended >= start
            dates = [
                row[c] for c in ("care_entry_date", "adoption_decision_date", "placement_order_date", "matching_date")
            ]
            dates = [d for d in [*dates, row["placed_date"], row["adoption_order_date"]] if d]
            assert dates == sorted(dates)
        for row in adopters:
            ended = row["leaving_date"] or row["adoption_order_date"]
            assert ended is None or ended >= start
        families = {r["family_id"]: r for r in adopters}
        for row in children:
            if row["family_id"]:
                assert families[row["family_id"]]["matched_date"] == row["matching_date"]


def test_case_status_is_the_first_that_applies_and_agrees_with_the_other_lists(snapshots):
    for key in MONTHS:
        lists = snapshots[key]
        looked_after = {r["child_id"] for r in lists["list_8"] if r["cla_end_date"] is None}
        protected = {r["child_id"] for r in lists["list_7"] if r["cp_plan_end_date"] is None}
        leavers = {r["child_id"] for r in lists["list_9"]}
        status = {r["child_id"]: r["case_status"] for r in lists["list_6"]}
        assert not leavers & set(status)
        assert looked_after == {c for c, s in status.items() if s == "looked_after"}
        assert protected - looked_after == {c for c, s in status.items() if s == "child_protection"}
        assert not leavers & looked_after
        for row in lists["list_6"]:
            assert (
                (row["case_status"] == "closed")
                == (row["cin_closure_date"] is not None)
                == (row["closure_reason"] is not None)
            )


# --- one truth in every list and month --------------------------------------------------------------------------


def test_a_child_is_the_same_in_every_list_and_month(snapshots):
    known = defaultdict(set)
    for key in MONTHS:
        for name, rows in snapshots[key].items():
            if name == "list_11":
                continue
            for row in rows:
                assert 1_000_000 <= row["child_id"] <= 9_999_999
                unborn = row["date_of_birth"] is None or row["date_of_birth"] > _end_of(key)
                if unborn:
                    assert (row["age"], row["gender"]) == (-1, "not_stated")
                else:
                    assert row["age"] == age_on(row["date_of_birth"], _end_of(key))
                    known[row["child_id"], "gender"].add(row["gender"])
                if row["date_of_birth"]:
                    known[row["child_id"], "date_of_birth"].add(row["date_of_birth"])
                known[row["child_id"], "ethnicity"].add(row["ethnicity"])
    assert all(len(values) == 1 for values in known.values())
    blanks = [r for m in MONTHS for r in snapshots[m]["list_3"] if r["date_of_birth"] is None]
    assert blanks, "some unborn children have no expected date of birth"


def test_dates_are_possible(snapshots):
    pairs = {n: CONTRACTS.table("annex_a", n).ordered_dates for n in snapshots[LAST]}
    for key in MONTHS:
        for name, rows in snapshots[key].items():
            birth = CONTRACTS.table("annex_a", name).birth
            for row in rows:
                dates = [v for c, v in row.items() if isinstance(v, date) and c != "date_of_birth"]
                assert max(dates) <= _end_of(key)
                assert all(row[a] is None or row[b] is None or row[a] <= row[b] for a, b in pairs[name])
                if birth and row["date_of_birth"]:
                    assert row["date_of_birth"] - row[birth.event] <= timedelta(days=birth.days_before_birth)
        assert all(r["age"] < 18 or r["cla_end_date"] for r in snapshots[key]["list_8"])
        assert all(r["age"] < 18 or r["cin_closure_date"] for r in snapshots[key]["list_6"])
        for row in snapshots[key]["list_8"]:
            assert row["cla_end_date"] is None or row["cla_end_date"] <= birthday(row["date_of_birth"], 18)


def test_referral_count_is_of_the_12_months_before_the_latest_referral(snapshots, world):
    by_child = {int(c.child_id): [r.day for r in c.referrals] for c in {r.child for r in world.referrals}}
    repeated = 0
    for row in snapshots[LAST]["list_3"]:
        days = by_child[row["child_id"]]
        assert row["referrals_last_12_months"] == sum(year_before(days[-1]) <= d < days[-1] for d in days)
        repeated += row["referrals_last_12_months"] > 0
    assert repeated


def test_postcodes_and_names_are_invented(snapshots, folder):
    names = {f"{given} {family}" for given in SCENARIO.names.given for family in SCENARIO.names.family}
    teams = {name for _, name in SCENARIO.teams.values()}
    assert teams == {r["team_name"] for r in _dump(folder, "reference_organisation")}
    for lists in snapshots.values():
        for name, rows in lists.items():
            persons = [c.name for c in CONTRACTS.table("annex_a", name).columns if c.person]
            assert {r[c] for r in rows for c in persons} <= names
            assert {r["team"] for r in rows if "team" in r} <= teams
        assert all(r["placement_postcode"].startswith("ZZ99 ") for r in lists["list_8"])
    staff = {
        r[c] for r in _dump(folder, "quality_assurance_audits") for c in ("lead_auditor", "peer_auditor", "moderator")
    }
    assert staff - {""} <= names


# --- the other extracts -----------------------------------------------------------------------------------------


def test_audits_are_drawn_from_the_open_cases_of_the_1st_and_never_from_restricted_records(snapshots, folder):
    audits = _dump(folder, "quality_assurance_audits")
    restricted = [
        (r["child_id"], r["valid_from"], r["valid_to"]) for r in _dump(folder, "reference_record_restrictions")
    ]
    checked = 0
    for audit in audits:
        allocated = date.fromisoformat(audit["allocated_date"])
        assert (audit["child_id"] == audit["subject_id"]) == (audit["subject_type"] == "child")
        assert audit["lead_auditor"] != audit["peer_auditor"]
        for child, start, end in restricted:
            is_restricted = start < audit["allocated_date"] and (not end or audit["allocated_date"] <= end)
            assert not (child == audit["child_id"] and is_restricted)
        before = month_of(allocated).previous().key
        if audit["template"] == "social_work" and before in snapshots:
            is_open = {str(r["child_id"]) for r in snapshots[before]["list_6"] if r["cin_closure_date"] is None}
            assert audit["child_id"] in is_open
            checked += 1
    assert checked > 30
    last_year = [a for a in audits if a["allocated_date"] >= "2024-09" and a["completed_date"]]
    assert len(last_year) >= 60


def test_audit_tables_are_linked_and_dated_in_order(folder):
    audits = {a["audit_id"]: a for a in _dump(folder, "quality_assurance_audits")}
    templates = {t["template"]: t for t in _dump(folder, "quality_assurance_audit_templates")}
    for audit in audits.values():
        dates = [d for d in (audit["allocated_date"], audit["completed_date"], audit["moderated_date"]) if d]
        assert dates == sorted(dates)
        assert dates[-1] <= "2025-09-30"
        assert not audit["moderated_date"] or templates[audit["template"]]["moderated"] == "yes"
        assert bool(audit["moderated_date"]) == bool(audit["moderated_grade"])
        assert bool(audit["completed_date"]) == (audit["status"] == "completed")
    for grade in _dump(folder, "quality_assurance_theme_grades"):
        audit = audits[grade["audit_id"]]
        assert audit["completed_date"]
        assert grade["theme"] in SCENARIO.quality_assurance.themes[audit["template"]]
    reviewed = 0
    for action in _dump(folder, "quality_assurance_audit_actions"):
        audit = audits[action["audit_id"]]
        assert action["completed_date"] <= "2025-09-30"
        assert (action["status"] == "complete") == bool(action["completed_date"])
        if action["review_date"]:
            reviewed += 1
            assert templates[audit["template"]]["review_anchor"] != "none"
            assert action["review_date"] <= "2025-09-30"
            is_done = bool(action["completed_date"]) and action["completed_date"] <= action["review_date"]
            assert action["review_status"] == ("complete" if is_done else "not_complete")
    assert reviewed > 100


def test_audit_rates(folder):
    audits = [a for a in _dump(folder, "quality_assurance_audits") if a["completed_date"]]
    moderated = [a for a in audits if a["moderated_grade"]]
    good = sum(a["moderated_grade"] in ("outstanding", "good") for a in moderated) / len(moderated)
    assert good == pytest.approx(0.62, abs=0.09)
    assert sum(a["views_sought"] == "yes" for a in audits) / len(audits) == pytest.approx(0.92, abs=0.05)
    actions = _dump(folder, "quality_assurance_audit_actions")
    reviewed = [a for a in actions if a["review_date"]]
    assert sum(a["review_status"] == "complete" for a in reviewed) / len(reviewed) == pytest.approx(0.78, abs=0.05)
    assert len(actions) / len(audits) == pytest.approx(4.2, abs=0.5)


def test_a_dump_shows_only_what_was_known_then_and_later_dumps_add_to_it(folder):
    for table, day in (
        ("voice_feedback", "response_date"),
        ("voice_webstar", "star_date"),
        ("quality_assurance_audits", "allocated_date"),
    ):
        with (folder / f"{table}_2025-03.csv").open(encoding="utf-8", newline="") as handle:
            early = list(csv.DictReader(handle))
        assert early
        assert max(r[day] for r in early) <= "2025-03-31"
        key = CONTRACTS.table(
            *table.split("_", 1) if table.startswith("voice") else ("quality_assurance", "audits")
        ).key
        now = {tuple(r[k] for k in key) for r in _dump(folder, table)}
        assert {tuple(r[k] for k in key) for r in early} < now


def test_webstar_pairs_and_feedback(folder):
    scores = defaultdict(dict)
    for row in _dump(folder, "voice_webstar"):
        scores[row["intervention_id"], row["respondent"], row["area"]][row["stage"]] = row
    pairs = [
        (s["start"], s["end"], respondent) for (_, respondent, _), s in scores.items() if "start" in s and "end" in s
    ]
    assert all(
        start["star_date"] < end["star_date"] and start["child_id"] == end["child_id"] for start, end, _ in pairs
    )
    for respondent, change, tolerance in (("child", 0.9, 0.3), ("parent", 1.3, 0.3)):
        moved = [int(end["score"]) - int(start["score"]) for start, end, who in pairs if who == respondent]
        assert sum(moved) / len(moved) == pytest.approx(change, abs=tolerance)
    answers = [r["answer"] for r in _dump(folder, "voice_feedback") if r["answer"] != "not_answered"]
    assert answers.count("positive") / len(answers) == pytest.approx(0.76, abs=0.03)


def test_reference_extracts(folder):
    targets = _dump(folder, "reference_targets")
    current = [t["kpi"] for t in targets if not t["valid_to"]]
    assert len(set(current)) == len(current)
    assert sum(t["contract"] == "yes" for t in targets if not t["valid_to"]) == 10
    populations = {r["year"]: r for r in _dump(folder, "reference_mid_year_population")}
    assert populations["2024"]["population"] == "12012"
    assert "2025" not in populations  # published in July 2026
    restricted = [r["child_id"] for r in _dump(folder, "reference_record_restrictions") if not r["valid_to"]]
    assert len(restricted) == 3
    comments = [c for c in _dump(folder, "reference_commentary") if c["commented_period"] == LAST]
    assert [c["state"] for c in comments].count("draft") == 1
    assert all(c["cause"] and c["action"] and c["owner"] and c["due_date"] for c in comments)


def test_a_restricted_child_is_on_a_plan_or_looked_after(snapshots, folder):
    restricted = {int(r["child_id"]) for r in _dump(folder, "reference_record_restrictions") if not r["valid_to"]}
    status = {r["child_id"]: r["case_status"] for r in snapshots[LAST]["list_6"]}
    assert any(status.get(c) in ("child_protection", "looked_after") for c in restricted)


# --- rates ------------------------------------------------------------------------------------------------------


def test_rates_of_ten_years_at_small_scale(world):
    """Tolerances are about two and a half standard errors of ten years at small scale; figures: published for the county modelled."""
    first = date(2015, 10, 1)
    referrals = [r for r in world.referrals if r.day >= first]
    again = [r for r in referrals if any(year_before(r.day) <= o.day < r.day for o in r.child.referrals)]
    assert len(referrals) / 10 == pytest.approx(480, abs=25)
    assert len(again) / len(referrals) == pytest.approx(0.178, abs=0.015)
    assert sum(r.nfa for r in referrals) / len(referrals) == pytest.approx(0.036, abs=0.008)
    done = [a for a in world.assessments if a.authorised and a.authorised >= first]
    days = sorted(working_days_between(a.start, a.authorised) for a in done)
    assert sum(d <= 45 for d in days) / len(days) == pytest.approx(0.886, abs=0.015)
    assert days[len(days) // 2] == pytest.approx(34, abs=2)
    assert sum(not a.support for a in done) / len(referrals) == pytest.approx(0.329, abs=0.025)
    held = [e for e in world.enquiries if e.conference and e.conference >= first]
    waits = [working_days_between(e.day, e.conference) for e in held]
    assert len(held) / 10 == pytest.approx(79, abs=9)
    assert sum(w <= 15 for w in waits) / len(waits) == pytest.approx(0.937, abs=0.025)
    assert sum(13 <= w <= 15 for w in waits) / len(waits) > 0.6
    plans = [p for p in world.plans if p.start >= first]
    assert len(plans) / 10 == pytest.approx(71, abs=9)
    assert sum(p.previous > 0 for p in plans) / len(plans) == pytest.approx(0.314, abs=0.05)


def test_stock_at_small_scale(snapshots):
    """Means over twelve month ends; the tolerances allow for one small authority's luck."""

    def mean(count):
        return sum(map(count, snapshots.values())) / len(snapshots)

    looked_after = [r for s in snapshots.values() for r in s["list_8"] if r["cla_end_date"] is None]
    assert len(looked_after) / 12 == pytest.approx(104, abs=20)
    assert sum(r["placements_last_12_months"] >= 3 for r in looked_after) / len(looked_after) == pytest.approx(
        0.09, abs=0.05
    )
    assert mean(lambda s: sum(r["cp_plan_end_date"] is None for r in s["list_7"])) == pytest.approx(52, abs=15)
    assert mean(lambda s: sum(r["case_status"] == "child_in_need_plan" for r in s["list_6"])) == pytest.approx(
        90, abs=20
    )
    assert mean(lambda s: sum(19 <= r["age"] <= 21 for r in s["list_9"])) == pytest.approx(35, abs=12)
    assert mean(lambda s: len(s["list_1"])) == pytest.approx(1300, abs=130)
    leavers = [r for s in snapshots.values() for r in s["list_9"] if 19 <= r["age"] <= 21]
    assert sum(r["in_touch"] == "yes" for r in leavers) / len(leavers) == pytest.approx(0.95, abs=0.06)
    placed = [r for r in leavers if r["accommodation_type"] not in ("G", "H", "R")]
    suitable = sum(r["accommodation_suitability"] == "suitable" for r in placed) / len(placed)
    assert suitable == pytest.approx(326 / 341, abs=0.05)
    done = {
        (r["child_id"], r["assessment_start_date"]): r
        for s in snapshots.values()
        for r in s["list_4"]
        if r["authorisation_date"]
    }
    born = [r for r in done.values() if r["date_of_birth"] and r["date_of_birth"] <= r["authorisation_date"]]
    assert sum(r["child_seen"] == "yes" for r in born) / len(born) == pytest.approx(0.97, abs=0.02)


# --- small parts ------------------------------------------------------------------------------------------------


def test_birthdays_of_29_february_and_age_before_birth():
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert age_on(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_on(date(2025, 6, 1), date(2025, 5, 31)) == -1
    assert year_before(date(2024, 2, 29)) == date(2023, 2, 28)


def test_dice_draw_what_they_are_asked_for():
    dice = Dice(1, 2)
    assert {dice.between(1, 3) for _ in range(200)} == {1, 2, 3}
    assert {dice.band(((1, 2, 1.0), (9, 9, 1.0))) for _ in range(200)} == {1, 2, 9}
    picks = [dice.pick({"a": 3, "b": 1}) for _ in range(4000)]
    assert picks.count("a") / 4000 == pytest.approx(0.75, abs=0.03)
    counts = [dice.count(4.0) for _ in range(4000)]
    assert sum(counts) / 4000 == pytest.approx(4.0, abs=0.15)
    december = parse_period("2024-12")
    days = [dice.day_in(december, (1, 1, 1, 1, 1, 0, 0)) for _ in range(500)]
    assert all(is_working_day(d) and d.month == 12 for d in days)
    assert (
        dice.working_days_after(date(2024, 12, 24), ((1, 1, 1.0),))
        == add_working_days(date(2024, 12, 24), 1)
        == date(2024, 12, 27)
    )


@pytest.mark.parametrize(
    ("set_name", "code", "text"),
    [
        ("gender", "male", "a) Male"),
        ("ethnicity", "WBRI", "a) WBRI"),
        ("need", "N1", "N1 - Abuse or neglect"),
        ("case_status", "child_in_need_plan", "c) Child in need plan"),
        ("yes_no", "no", "b) No"),
        ("eligibility", "former_relevant", "b) Former relevant child"),
    ],
)
def test_codes_are_written_as_ofsted_writes_them(set_name, code, text):
    assert annex_a.code_text(set_name, CONTRACTS.code_sets[set_name].get(code)) == text


def test_every_code_text_is_read_back_as_its_code():
    for name, codes in CONTRACTS.code_sets.items():
        for code in codes.codes:
            assert codes.match(annex_a.code_text(name, code))[0] == code.code


def test_nothing_else_imports_the_generator():
    """Only the command line may start it."""
    root = Path(__file__).parents[2] / "orchestration"
    users = [
        str(p.relative_to(root))
        for p in root.rglob("*.py")
        if p.parent.name != "synthetic" and "orchestration.synthetic" in p.read_text(encoding="utf-8")
    ]
    assert set(users) <= {"cli.py"}, json.dumps(users)
