"""The sample picker: quotas, exclusions and what is told of a shortage; the same seed the same sample, whatever happens elsewhere."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.audit.sample import (
    LISTED,
    REPEAT,
    RESTRICTED,
    SIBLING,
    TEAMLESS,
    Line,
    Programme,
    Rule,
    Sample,
    Shortage,
    Subject,
    Template,
    draw,
    months_before,
    replacement,
    with_replacement,
)

MONTH = "2025-10"
FIRST = date(2025, 10, 1)
SOCIAL_WORK = Template("social_work", "child", themes=("voice", "plans", "oversight"))
HELP = Template("early_help", "child", "early_help")
HOMES = Template("residential", "child", "residential", paired=False)
FOSTERING = Template("fostering", "fostering_household", "fostering")
TEMPLATES = (SOCIAL_WORK, HELP, HOMES, FOSTERING)
QUARTER = {"start": date(2025, 10, 1), "end": date(2025, 12, 31)}
TEAMS = {"T1": "locality", "T2": "locality", "T3": "through_care", "T4": "early_help"}
STATUSES = ("looked_after", "child_protection", "child_in_need_plan", "early_help")


def child(number: int, team: str = "T1", **more: object) -> Subject:
    given = {"service": TEAMS.get(team, "unmapped"), "status": "looked_after", "child": str(number)} | more
    return Subject("child", f"key{number}", str(number), team=team, **given)  # type: ignore[arg-type]


def per_team(amount: int, *rules: Rule, repeat: int = 6) -> Programme:
    return Programme(TEMPLATES, (), (Rule("cases_per_team", amount), Rule("months_without_repeat", repeat), *rules))


def keys(sample: Sample, team: str | None = None) -> list[str]:
    return [c.key for c in sample.cases if team in (None, c.team)]


# --- examples ---------------------------------------------------------------------------------------------------------


def test_every_team_gives_its_cases_and_a_shortage_says_why():
    frame = [
        *(child(n) for n in range(10)), child(20, "T2"), child(21, "T2", last_listed=date(2025, 4, 1)),
        child(22, "T2", restricted=True), child(23, "T2", restricted=True, approved=True),
    ]  # fmt: skip
    sample = draw(MONTH, frame, per_team(3), "1")
    assert Counter(c.team for c in sample.cases) == {"T1": 3, "T2": 2}
    assert {c.subject for c in sample.cases if c.team == "T2"} == {"20", "23"}
    (short,) = sample.shortages
    assert (short.wanted, short.drawn, short.reasons) == (3, 2, {REPEAT: 1, RESTRICTED: 1})
    assert str(short) == f"locality/T2 (social_work): 2 of 3 drawn: 1 {REPEAT}; 1 {RESTRICTED}"


def test_repeat_counts_whole_months_before_the_list():
    listed = {n: child(n, last_listed=months_before(FIRST, n)) for n in (5, 6, 7)}
    sample = draw(MONTH, listed.values(), per_team(3), "1")
    assert {c.subject for c in sample.cases} == {"7"}
    assert months_before(date(2025, 2, 15), 3) == date(2024, 11, 1)


def test_one_of_a_family_is_drawn_though_linked_through_a_third_child():
    families = {"key1": ["A"], "key2": ["A", "B"], "key3": ["B"]}
    sample = draw(MONTH, [child(1, "T1"), child(2, "T2"), child(3, "T3")], per_team(1), "1", families)
    assert len(sample.cases) == 1
    assert {reason for s in sample.shortages for reason in s.reasons} == {SIBLING}


def test_child_in_a_home_is_drawn_once_for_home_or_team():
    homes = [child(n, "HOME", service="residential") for n in range(5)]
    sample = draw(MONTH, [*homes, *(child(n) for n in range(5))], per_team(5), "1")
    assert sorted(keys(sample)) == [f"key{n}" for n in range(5)]
    assert {c.template for c in sample.cases} == {"social_work", "residential"}  # chance decides child by child


def test_template_of_the_service_goes_before_the_one_for_all():
    household = Subject("fostering_household", "h", "9", "fostering", "T9")
    stranger = Subject("adopter_family", "f", "8", "adoption", "T8")
    sample = draw(MONTH, [child(1, "T4"), child(2, "T1"), household, stranger], per_team(1), "1")
    assert {(c.key, c.template) for c in sample.cases} == {
        ("key1", "early_help"),
        ("key2", "social_work"),
        ("h", "fostering"),
    }


def test_programme_goes_round_the_teams_within_the_quarter():
    """Seven audits for three teams: every team twice before one comes up a third time."""
    programme = Programme(TEMPLATES, (Line("social_work", 7, **QUARTER),))
    frame = [child(100 * n + i, team) for n, team in enumerate(("T1", "T2", "T3")) for i in range(9)]
    drawn = [draw(month, frame, programme, "1") for month in ("2025-10", "2025-11", "2025-12")]
    assert [len(s.cases) for s in drawn] == [2, 2, 3]
    assert sorted(Counter(c.team for s in drawn for c in s.cases).values()) == [2, 2, 3]


def test_rule_of_a_team_goes_before_its_service_and_the_programme():
    rules = (
        Rule("cases_per_team", 2, service="locality"), Rule("cases_per_team", 0, team="T2"),
        Rule("theme", theme="plans", template="social_work"), Rule("theme", theme="elsewhere"),
    )  # fmt: skip
    programme = Programme(TEMPLATES, (Line("social_work", 3, **QUARTER),), rules)
    frame = [child(100 * n + i, team) for n, team in enumerate(("T1", "T2", "T3")) for i in range(5)]
    sample = draw(MONTH, frame, programme, "1")
    assert Counter(c.team for c in sample.cases) == {"T1": 2, "T3": 1}  # what the line plans is T3's alone
    assert {c.themes for c in sample.cases} == {("plans",)}
    assert draw(MONTH, frame, per_team(1), "1").cases[0].themes == SOCIAL_WORK.themes


def test_rule_that_lacks_what_it_needs_says_nothing():
    whole = (Rule("cases_per_team", 0), Rule("theme", theme="plans"), Rule("minimum_of_status", 1, status="early_help"))
    lacking = (Rule("cases_per_team"), Rule("theme", 3), Rule("minimum_of_status", 1), Rule("months_without_repeat"))
    assert [r.is_whole for r in (*whole, *lacking)] == [True] * 3 + [False] * 4


def test_minimum_of_a_status_is_topped_up_from_any_team():
    frame = [*(child(n, status="child_in_need_plan") for n in range(5)), child(9, "T2", status="child_protection")]
    rules = (Rule("cases_per_team", 0, team="T2"), Rule("minimum_of_status", 2, status="child_protection"))
    sample = draw(MONTH, frame, per_team(1, *rules), "1")
    assert [(c.key, c.stratum) for c in sample.cases if c.team == "T2"] == [("key9", "minimum/child_protection")]
    (short,) = sample.shortages
    assert str(short) == "minimum/child_protection: 1 of 2 drawn: no other case in the frame"


def test_what_a_minimum_adds_is_drawn_by_lot_and_not_by_row():
    frame = [child(n, status="child_protection") for n in range(20)]
    rules = (Rule("cases_per_team", 0), Rule("minimum_of_status", 5, status="child_protection"))
    programme = Programme(TEMPLATES, (), rules)
    assert draw(MONTH, frame, programme, "1") == draw(MONTH, frame[::-1], programme, "1")
    assert draw(MONTH, frame, programme, "1") != draw(MONTH, frame, programme, "2")


def test_line_for_which_nobody_is_there_is_told():
    programme = Programme(
        TEMPLATES, (Line("fostering", 3, service="fostering", **QUARTER), Line("early_help", 3, **QUARTER))
    )
    frame = [child(1), child(2, "unmapped", service="early_help")]
    sample = draw(MONTH, frame, programme, "1")
    assert [str(s) for s in sample.shortages] == [
        f"every service (early_help): 0 of 1 drawn: 1 {TEAMLESS}", "fostering (fostering): 0 of 1 drawn: no other case in the frame",
    ]  # fmt: skip


def test_replacement_is_the_next_draw_of_the_team_and_never_a_sibling():
    frame = [child(n) for n in range(8)]
    programme, families = per_team(3), {}
    sample = draw(MONTH, frame, programme, "1", families)
    one_more = draw(MONTH, frame, per_team(4), "1", families)
    gone = sample.cases[1]
    new = replacement(MONTH, frame, programme, "1", families, sample.cases, gone)
    assert not isinstance(new, Shortage)
    assert new.key == next(iter(set(keys(one_more)) - set(keys(sample))))
    listed = with_replacement(sample.cases, gone, new, "in court")
    assert [(c.key, c.replaced_by, c.reason) for c in listed if c.replaced_by] == [(gone.key, new.subject, "in court")]
    # a sibling of one that stays is passed over, one of the case that goes is not
    for sibling_of, passed_over in ((sample.cases[0], True), (gone, False)):
        linked = {sibling_of.key: ["A"], new.key: ["A"]}
        again = replacement(MONTH, frame, programme, "1", linked, sample.cases, gone)
        assert (again.key != new.key) == passed_over


def test_replacement_comes_from_elsewhere_when_the_team_has_nobody_left():
    frame = [child(1), child(2, "T2", status="child_protection"), child(3, "T3"), child(4, "T4")]
    programme = per_team(0, Rule("cases_per_team", 1, team="T1"))
    sample = draw(MONTH, frame, programme, "1")
    new = replacement(MONTH, frame, programme, "1", {}, sample.cases, sample.cases[0])
    assert new.key == "key3"  # of the same status and template
    alone = replacement(MONTH, frame[:1], programme, "1", {}, sample.cases, sample.cases[0])
    assert isinstance(alone, Shortage)
    assert LISTED not in str(alone)


# --- properties -------------------------------------------------------------------------------------------------------

SUBJECTS = st.builds(
    lambda number, team, status, listed, restricted, approved: child(
        number, team, status=status, last_listed=listed, restricted=restricted, approved=approved
    ),
    st.integers(0, 400), st.sampled_from([*TEAMS, "unmapped"]), st.sampled_from(STATUSES),
    st.sampled_from([None, date(2024, 1, 1), date(2025, 4, 1), date(2025, 9, 30)]), st.booleans(), st.booleans(),
)  # fmt: skip
FRAMES = st.lists(SUBJECTS, max_size=60, unique_by=lambda s: s.key)
FAMILIES = st.dictionaries(
    st.integers(0, 400).map(lambda n: f"key{n}"), st.lists(st.sampled_from("ABCDEFGH"), max_size=2, unique=True)
)
LINES = st.lists(
    st.builds(lambda t, n: Line(t, n, **QUARTER), st.sampled_from(["social_work", "early_help"]), st.integers(0, 20)), max_size=2
)  # fmt: skip
RULES = st.lists(
    st.one_of(
        st.builds(lambda n, t: Rule("cases_per_team", n, team=t), st.integers(0, 4), st.sampled_from([None, *TEAMS])),
        st.builds(lambda n, s: Rule("minimum_of_status", n, status=s), st.integers(0, 4), st.sampled_from(STATUSES)),
        st.builds(lambda n: Rule("months_without_repeat", n), st.integers(0, 8)),
    ),
    max_size=5,
)
PROGRAMMES = st.builds(lambda lines, rules: Programme(TEMPLATES, tuple(lines), tuple(rules)), LINES, RULES)
SEEDS = st.text(max_size=3)
CHECKED = settings(max_examples=150, deadline=None)


@CHECKED
@given(FRAMES, PROGRAMMES, FAMILIES, SEEDS)
def test_exclusions_hold(frame, programme, families, seed):
    by_key = {s.key: s for s in frame}
    sample = draw(MONTH, frame, programme, seed, families)
    drawn = keys(sample)
    assert len(drawn) == len(set(drawn))
    for key in drawn:
        subject = by_key[key]
        assert subject.team != "unmapped"
        assert subject.approved or not subject.restricted
        if programme.months_without_repeat and subject.last_listed:
            assert subject.last_listed < months_before(FIRST, programme.months_without_repeat)
    taken = [family for key in drawn for family in families.get(key, ())]
    assert len(taken) == len(set(taken)), "two children of a family"


@CHECKED
@given(FRAMES, PROGRAMMES, FAMILIES, SEEDS)
def test_quotas_are_met_or_the_shortage_is_explained(frame, programme, families, seed):
    sample = draw(MONTH, frame, programme, seed, families)
    short = {(s.stratum, s.template): s for s in sample.shortages}
    of_teams = Counter((c.stratum, c.template) for c in sample.cases if not c.stratum.startswith("minimum/"))
    for team, service in TEAMS.items():
        template = "early_help" if service == "early_help" else "social_work"
        those = [s for s in frame if s.team == team]
        wanted = programme.cases_per_team(template, service, team)
        if wanted is None or not those:
            continue
        place = (f"{service}/{team}", template)
        if of_teams[place] == wanted:
            assert place not in short
            continue
        assert (short[place].wanted, short[place].drawn) == (wanted, of_teams[place])
        assert sum(short[place].reasons.values()) == len([s for s in those if s.key not in keys(sample)])
    minimum = {r.status: r.amount for r in programme.rules if r.rule == "minimum_of_status"}
    for status, wanted in minimum.items():
        drawn = sum(c.status == status for c in sample.cases)
        assert (drawn >= wanted) != ((f"minimum/{status}", None) in short)


@CHECKED
@given(FRAMES, PROGRAMMES, FAMILIES, SEEDS, st.randoms(use_true_random=False))
def test_same_seed_same_sample_whatever_the_order_of_rows(frame, programme, families, seed, shuffler: random.Random):
    first = draw(MONTH, frame, programme, seed, families)
    mixed = list(frame)
    shuffler.shuffle(mixed)
    lines, rules = list(programme.lines), list(programme.rules)
    assert draw(MONTH, mixed, replace(programme, lines=tuple(lines), rules=tuple(rules)), seed, families) == first


@CHECKED
@given(FRAMES, PROGRAMMES, FAMILIES, SEEDS, st.sampled_from(list(TEAMS)), st.integers(500, 600))
def test_a_case_more_elsewhere_reshuffles_no_other_team(frame, programme, families, seed, team, number):
    """What a minimum of a status adds is drawn over all teams, so it may change; a team's own cases may not."""
    if not any(s.team == team for s in frame):
        frame = [*frame, child(499, team)]  # the team is there before
    before = draw(MONTH, frame, programme, seed, families)
    after = draw(MONTH, [*frame, child(number, team)], programme, seed, families)

    def own(sample: Sample) -> list[str]:
        return [c.key for c in sample.cases if c.team != team and not c.stratum.startswith("minimum/")]

    assert own(before) == own(after)


@CHECKED
@given(FRAMES, st.integers(0, 5), SEEDS)
def test_a_larger_quota_keeps_the_cases_of_a_smaller_one(frame, amount, seed):
    smaller, larger = (draw(MONTH, frame, per_team(n), seed) for n in (amount, amount + 1))
    assert set(keys(smaller)) <= set(keys(larger))


@CHECKED
@given(FRAMES, PROGRAMMES, FAMILIES, SEEDS, st.data())
def test_replacement_keeps_the_rules(frame, programme, families, seed, data):
    sample = draw(MONTH, frame, programme, seed, families)
    if not sample.cases:
        return
    gone = data.draw(st.sampled_from(sample.cases))
    new = replacement(MONTH, frame, programme, seed, families, sample.cases, gone)
    if isinstance(new, Shortage):
        assert new.drawn == 0
        return
    assert new.key not in keys(sample)
    assert (new.template, new.stratum) == (gone.template, gone.stratum)
    staying = {f for c in sample.cases if c.key != gone.key for f in families.get(c.key, ())}
    assert not staying & set(families.get(new.key, ()))
    subject = next(s for s in frame if s.key == new.key)
    assert subject.approved or not subject.restricted
