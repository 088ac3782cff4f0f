"""The figures of three county-sized authorities, counted from the tables of their files, against what the scenario says comes out."""

from datetime import date

import numpy as np
import pytest

from orchestration.synthetic import annex_a, quality_assurance, ssd, voice
from orchestration.synthetic.days import (
    age_on,
    birthday,
    day_number,
    month_number,
    working_days_between,
    year_before,
)
from orchestration.synthetic.history import make_world
from orchestration.synthetic.rows import BLANK
from orchestration.synthetic.scenario import load_scenario

SCENARIO = load_scenario()
SEEDS = (7, 8, 9)
LAST = day_number(date(2025, 3, 31))
FIRST = day_number(date(2024, 4, 1))
BEGINS = day_number(date(2019, 4, 1))

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("synthetic_counties")]


class County:
    """The tables of one county on 31 March 2025, and the figures of the year counted from them."""

    def __init__(self, seed):
        self.world = make_world(SCENARIO, 1.0, seed, date(2025, 3, 31))
        self.ssd = ssd.tables(self.world, LAST, BEGINS)
        self.annex_a = annex_a.tables(self.world, LAST, BEGINS)
        self.audits = quality_assurance.tables(self.world, LAST, BEGINS)
        self.voice = voice.tables(self.world, LAST, BEGINS)
        self.figures = self.need() | self.protection() | self.looked_after() | self.leavers() | self.quality()

    def need(self):
        referrals, assessments = self.ssd["cin_episodes"], self.ssd["cin_assessments"]
        now = in_year(referrals.referral_date)
        again = within_a_year_of_the_one_before(referrals.child_id, referrals.referral_date)
        done = in_year(assessments.authorisation_date)
        took = working_days_between(assessments.assessment_start_date, assessments.authorisation_date)[done]
        born = dict(zip(self.ssd["person"].child_id.tolist(), self.ssd["person"].birth_date.tolist(), strict=True))
        alive = np.array([born[c] != BLANK for c in assessments.child_id.tolist()])
        seen = assessments.child_seen[done & alive & ~assessments.child_seen.isin("unknown")]
        unneeded = assessments.assessment_nfa.isin("yes") & done
        is_open = (referrals.close_date == BLANK) & referrals.referral_nfa.isin("no")
        return {
            "contacts": in_year(self.ssd["contacts"].contact_date).sum(),
            "early_help_starts": in_year(self.ssd["early_help_episodes"].early_help_start_date).sum(),
            "referrals": now.sum(),
            "children_referred": len(np.unique(referrals.child_id[now])),
            "FD-07": share(again[now]),
            "FD-08": share(referrals.referral_nfa.isin("yes")[now]),
            "not_in_need": 100 * unneeded.sum() / now.sum(),
            "assessments": done.sum(),
            "AS-02": share(took <= 45),
            "AS-04": share(seen.isin("yes")),
            "assessment_days": np.median(took),
            "in_need_open": is_open.sum(),
            "in_need_two_years": share(LAST - referrals.referral_date[is_open] > 730),
        }

    def protection(self):
        enquiries, conferences, plans = (self.ssd[t] for t in ("s47_enquiry", "initial_cp_conference", "cp_plans"))
        begun = dict(zip(enquiries.s47_enquiry_id.tolist(), enquiries.s47_start_date.tolist(), strict=True))
        held = in_year(conferences.icpc_date)
        timed = held & (conferences.s47_enquiry_id >= 0)  # the enquiry of a child who moved in was elsewhere
        start = np.array([begun[i] for i in conferences.s47_enquiry_id[timed].tolist()])
        is_open = plans.cp_plan_end_date == BLANK
        cin = self.ssd["cin_plans"]
        lists = self.annex_a["list_7"]
        latest = in_year(lists.cp_plan_start_date)
        return {
            "section_47": in_year(enquiries.s47_start_date).sum(),
            "conferences": held.sum(),
            "CP-04": share(working_days_between(start, conferences.icpc_date[timed]) <= 15),
            "plans_started": in_year(plans.cp_plan_start_date).sum(),
            "plans_open": is_open.sum(),
            "CP-07": share(lists.previous_cp_plans[latest] > 0),
            "plans_of_two_years": (is_open & (LAST - plans.cp_plan_start_date > 729)).sum(),
            "plans_of_three_months": (is_open & (LAST - plans.cp_plan_start_date <= 91)).sum(),
            "cin_plans_open": (cin.cin_plan_end_date == BLANK).sum(),
        }

    def looked_after(self):
        rows, placed = self.annex_a["list_8"], self.ssd["cla_placement"]
        here = rows.cla_end_date == BLANK
        episodes = self.ssd["cla_episodes"]
        last = episodes.cla_end_reason.index >= 0
        ended = last & ~episodes.cla_end_reason.isin("X1") & in_year(episodes.cla_episode_end_date)
        adopted = ended & episodes.cla_end_reason.isin("E11", "E12")
        a_year = here & (LAST - rows.cla_start_date >= 365)
        stable_base = here & (birthday(rows.date_of_birth, 16) > LAST) & (LAST - rows.cla_start_date >= 912)
        current = placed.placement_end_date == BLANK
        away = current & placed.placement_postcode.isin(*placed.placement_postcode.words)
        reviews = self.ssd["cla_reviews"]
        held = in_year(reviews.cla_review_date)
        missing = self.world.missing
        episodes_missing = in_year(missing.start) & ~missing.absent
        outside = self.world.placements
        outside = outside[(outside.start <= LAST) & (outside.end > LAST)]
        return {
            "looked_after": here.sum(),
            "looked_after_started": in_year(episodes.cla_episode_start_date[episodes.cla_start_reason.isin("S")]).sum(),
            "looked_after_ended": ended.sum(),
            "unaccompanied": (here & rows.uasc.isin("yes")).sum(),
            "adopted": adopted.sum(),
            "placements_started": in_year(placed.placement_start_date).sum(),
            "CL-04": share(rows.placements_last_12_months[here] >= 3),
            "CL-05": share(LAST - rows.placement_start_date[stable_base] > 730),
            "CL-06": 100 * ((outside.distance > 20) & outside.outside).sum() / away.sum(),
            "CL-09": share(reviews.cla_review_date[held] <= reviews.cla_review_due_date[held]),
            "CL-13": share(rows.last_health_assessment_date[a_year] >= FIRST),
            "CL-14": share(rows.last_dental_check_date[a_year] >= FIRST),
            "missing_from_care": (episodes_missing & (missing.care >= 0)).sum(),
            "missing_from_home": (episodes_missing & (missing.care < 0)).sum(),
        }

    def leavers(self):
        rows = self.annex_a["list_9"]
        age = age_on(rows.date_of_birth, LAST)
        group = (age >= 19) & (age <= 21)
        known = group & (rows.accommodation_suitability.index >= 0)
        busy = [w for w in rows.activity_status.words if w.startswith(("F", "P"))]
        professionals = self.ssd["professionals"]
        social = professionals.job_title.isin(
            "Social worker", "Newly qualified social worker", "Senior social worker", "Advanced practitioner",
            "Team manager", "Iro", "Child protection chair",
        )  # fmt: skip
        in_post = np.isin(
            professionals.worker_id,
            self.world.organisation.workers.worker_id[self.world.organisation.in_post(LAST)],
        )
        return {
            "care_leavers_19_to_21": group.sum(),
            "LV-22": share(rows.in_touch.isin("yes")[group]),
            "LV-25": share(rows.accommodation_suitability.isin("suitable")[known]),
            "LV-03": share(rows.activity_status.isin(*busy)[group]),
            "social_workers": (social & in_post).sum(),
        }

    def quality(self):
        audits, actions = self.audits["audits"], self.audits["audit_actions"]
        done = in_year(audits.completed_date)
        moderated = audits.moderated_grade.index >= 0
        final = np.where(
            moderated,
            audits.moderated_grade.isin("outstanding", "good"),
            audits.agreed_grade.isin("outstanding", "good"),
        )
        templates = self.audits["audit_templates"]
        never = templates.template[templates.moderated.isin("no")].strings()
        asked = done & ~audits.template.isin(*never) & (audits.completed_date < LAST - 60)
        reviewed = in_year(actions.review_date)
        stars = pairs(self.voice["webstar"])
        answers = self.voice["feedback"]
        answers = answers.answer[in_year(answers.response_date) & ~answers.answer.isin("not_answered")]
        return {
            "AU-04": share(final[done & (moderated | (audits.agreed_grade.index >= 0))]),
            "AU-06": share(moderated[asked]),
            "AU-12": share(actions.review_status.isin("complete")[reviewed]),
            "FB-03": share(answers.isin("positive", "better")),
            "WS-04": share(stars > 0),
        }


def in_year(days):
    return (days >= FIRST) & (days <= LAST)


def share(mask):
    return 100 * float(np.mean(mask))


def within_a_year_of_the_one_before(child, day):
    order = np.lexsort((day, child))
    child, sorted_day = child[order], day[order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (child[1:] == child[:-1]) & (sorted_day[:-1] >= year_before(sorted_day[1:]))
    found = np.zeros(len(order), dtype=bool)
    found[order] = again
    return found


def pairs(stars):
    """The change of each area from the start to the end star that lies in the year."""
    by_key = {}
    words, stages, areas = stars.respondent.strings(), stars.stage.strings(), stars.area.strings()
    columns = (stars.intervention_id.tolist(), words, areas, stages, stars.star_date.tolist(), stars.score.tolist())
    for intervention, respondent, area, stage, day, score in zip(*columns, strict=True):
        by_key.setdefault((intervention, respondent, area), {})[stage] = (day, score)
    return np.array(
        [
            s["end"][1] - s["start"][1]
            for s in by_key.values()
            if "start" in s and "end" in s and FIRST <= s["end"][0] <= LAST
        ]
    )


@pytest.fixture(scope="module")
def counties():
    return [County(seed) for seed in SEEDS]


@pytest.mark.parametrize("name", SCENARIO.comes_out)
def test_the_scenarios_figures_come_out(counties, name):
    expected = SCENARIO.comes_out[name]
    found = float(np.mean([county.figures[name] for county in counties]))
    assert found == pytest.approx(expected.value, abs=expected.within)


def test_every_figure_counted_is_stated(counties):
    assert set(counties[0].figures) == set(SCENARIO.comes_out)


# --- the course of six years ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def county(counties):
    return counties[0]


def test_referrals_follow_the_seasons(counties):
    """August and December are quiet; tolerance: three counties over five years have about 6,000 referrals in a month of the year."""
    weights = np.array(SCENARIO.population.month_weights)
    days = np.concatenate([c.ssd["cin_episodes"].referral_date for c in counties])
    months = month_number(days[days >= BEGINS]) % 12
    counts = np.bincount(months, minlength=12) / len(months) * 12
    assert counts == pytest.approx(weights * 12 / weights.sum(), abs=0.06)
    assert counts[7] == min(counts)


def test_demand_drifts_upwards(counties):
    days = np.concatenate([c.world.contacts.day for c in counties])
    a_year = [((days >= FIRST - 365 * n) & (days <= LAST - 365 * n)).sum() for n in (0, 5)]
    assert a_year[0] / a_year[1] == pytest.approx((1 + SCENARIO.population.drift_a_year) ** 5, abs=0.02)


def test_a_change_of_practice_shows_in_the_timeliness_of_assessments(counties):
    changed = day_number(SCENARIO.assessments.takes_wd[-1].since)
    for county in counties:
        rows = county.ssd["cin_assessments"]
        done = rows.authorisation_date != BLANK
        started, took = (
            rows.assessment_start_date,
            working_days_between(rows.assessment_start_date, rows.authorisation_date),
        )
        before = share((took <= 45)[done & (started < changed) & (started > changed - 730)])
        after = share((took <= 45)[done & (started >= changed) & (started < LAST - 140)])
        assert after - before > 5


def test_teams_were_reorganised(county):
    teams = county.world.organisation.teams
    closed = teams[teams.valid_to != BLANK]
    assert len(closed)
    begun = teams.valid_from > teams.valid_from.min()
    assert set(closed.valid_to + 1) <= set(teams.valid_from[begun])
    places = [closed.team_name.strings()[0], teams.team_name[begun].strings()[0]]
    for name, inside in ((places[0], closed.valid_to[0]), (places[1], LAST)):
        case = county.world.open_cases(int(inside))
        assert name in set(
            teams.team_name.strings()[[list(teams.team_code.strings()).index(t) for t in case.team.strings()]]
        )
    ended = {int(d) for d in closed.valid_to}
    for day in ended:
        assert not set(closed.team_code.strings()) & set(county.world.open_cases(day + 1).team.strings())


def test_people_come_and_go(county):
    workers = county.world.organisation.workers
    social = workers.role.isin(
        "social_worker", "newly_qualified_social_worker", "senior_social_worker", "advanced_practitioner"
    )
    left = social & in_year(workers.end) & (workers.end != BLANK)
    here = social & (workers.start <= FIRST) & ((workers.end == BLANK) | (workers.end >= FIRST))
    assert 0.1 < left.sum() / here.sum() < 0.35
