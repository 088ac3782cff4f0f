"""The allocator: who leads and who is the peer, how evenly, and what is told where a rule cannot be held."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.audit.allocate import Manager, Task, allocate, running_pairs

MONTH = "2025-10"


def managers(*teams: str, service: str = "locality") -> list[Manager]:
    return [Manager(f"M{team}", team, service) for team in teams]


def tasks(*teams: str, service: str = "locality", paired: bool = True) -> list[Task]:
    return [Task(f"{n:03d}", service, team, paired) for n, team in enumerate(teams)]


def test_lead_manages_the_team_and_peer_another_of_the_service():
    staff = [*managers("1", "2"), *managers("9", service="adoption")]
    (one,) = allocate(tasks("1"), staff, MONTH, "1")
    assert (one.lead, one.peer, one.reason) == ("M1", "M2", None)


def test_unpaired_audit_has_a_peer_manager_of_the_service_and_no_lead():
    staff = managers("HOME1", "HOME2", service="residential")
    (one,) = allocate(tasks("HOME1", service="residential", paired=False), staff, MONTH, "1")
    assert (one.lead, one.peer) == (None, "MHOME2")


def test_third_month_of_a_pair_is_refused_and_another_service_proposed():
    staff = [*managers("1", "2"), *managers("9", service="adoption")]
    pair = frozenset(("M1", "M2"))
    earlier = {"2025-08": [pair], "2025-09": [pair]}
    third = running_pairs(earlier, ["2025-08", "2025-09"])
    assert third == {pair}
    assert running_pairs(earlier, ["2025-07", "2025-09"]) == frozenset()
    (one,) = allocate(tasks("1"), staff, MONTH, "1", third_time=third)
    assert (one.lead, one.peer) == ("M1", None)
    assert one.reason == (
        "every other team manager of service locality would audit with the lead for the third month running: "
        "peer proposed is M9 of team 9 (adoption)"
    )
    (taken,) = allocate(tasks("1"), staff, MONTH, "1", third_time=third, accept=True)
    assert taken.peer == "M9"
    assert taken.reason.endswith("M9 of team 9 (adoption) is peer, as proposed")


def test_team_without_manager_is_told_and_a_lead_proposed():
    (one,) = allocate(tasks("3"), managers("1", "2"), MONTH, "1")
    assert one.lead is None
    assert one.reason.startswith("team 3 has no team manager in post: lead proposed is M")
    (taken,) = allocate(tasks("3"), managers("1", "2"), MONTH, "1", accept=True)
    assert {taken.lead, taken.peer} == {"M1", "M2"}


def test_nobody_at_all_is_told():
    (one,) = allocate(tasks("1"), managers("1"), MONTH, "1")
    assert one.peer is None
    assert "no other team manager could be peer: name one in the workforce extract" in one.reason


def test_manager_of_two_teams_is_never_the_peer_of_either():
    staff = [Manager("M", "1", "locality"), Manager("M", "2", "locality"), Manager("N", "3", "locality")]
    assert {a.peer for a in allocate(tasks("1", "2"), staff, MONTH, "1")} == {"N"}


def test_peer_that_still_holds_is_kept_and_counted():
    staff = managers("1", "2", "3")
    kept = Task("a", "locality", "1", peer="M2")
    moved = Task("b", "locality", "2", peer="M2")  # transferred into the team of its own peer
    found = {a.key: a.peer for a in allocate([kept, moved], staff, MONTH, "1")}
    assert found["a"] == "M2"
    assert found["b"] in ("M1", "M3")


def test_of_equals_who_had_fewer_before_is_taken():
    staff = managers("1", "2", "3")
    assert allocate(tasks("1"), staff, MONTH, "1", earlier={"M2": 4, "M3": 1})[0].peer == "M3"
    assert allocate(tasks("1"), staff, MONTH, "1", earlier={"M2": 0, "M3": 1}, held={"M2": 1})[0].peer == "M3"


# --- properties -------------------------------------------------------------------------------------------------------

TEAMS = [f"{s}{n}" for s in "ABC" for n in range(4)]
STAFF = st.lists(
    st.builds(lambda team, who: Manager(f"{team[0]}{who}", team, team[0]), st.sampled_from(TEAMS), st.integers(0, 5)),
    max_size=14, unique=True,
)  # fmt: skip
CASES = st.lists(st.tuples(st.sampled_from(TEAMS), st.booleans()), max_size=25).map(
    lambda cases: [Task(f"{n:03d}", team[0], team, paired) for n, (team, paired) in enumerate(cases)]
)
PAIRS = st.frozensets(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 5), st.integers(0, 5)).filter(lambda p: p[1] != p[2]).map(
        lambda p: frozenset((f"{p[0]}{p[1]}", f"{p[0]}{p[2]}"))
    ),
    max_size=10,
)  # fmt: skip
CHECKED = settings(max_examples=200, deadline=None)


@CHECKED
@given(CASES, STAFF, PAIRS, st.booleans())
def test_rules_hold_or_are_told(cases, staff, third, accept):
    by_key = {t.key: t for t in cases}
    of = {(m.worker, m.team) for m in staff}
    found = allocate(cases, staff, MONTH, "1", third_time=third, accept=accept)
    assert [a.key for a in found] == sorted(by_key)
    for a in found:
        task = by_key[a.key]
        assert a.peer is None or (a.peer, task.team) not in of, "own team"
        assert a.peer is None or a.peer != a.lead
        assert frozenset((a.lead, a.peer)) not in third, "third month running"
        if not task.paired:
            assert a.lead is None
        elif a.lead is not None and not accept:
            assert (a.lead, task.team) in of
        in_service = any(m.worker == a.peer and m.service == task.service for m in staff)
        if a.peer is None or not in_service or (task.paired and (a.lead, task.team) not in of):
            assert a.reason
        else:
            assert a.reason is None


@CHECKED
@given(CASES, STAFF, PAIRS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(cases, staff, third, shuffler):
    first = allocate(cases, staff, MONTH, "1", third_time=third)
    shuffler.shuffle(cases)
    shuffler.shuffle(staff)
    assert allocate(cases, staff, MONTH, "1", third_time=third) == first


@CHECKED
@given(st.lists(st.integers(0, 5), max_size=30), st.integers(3, 6))
def test_balance_within_one_where_teams_are_alike(teams, count):
    """As many cases of every team: each manager can be given as many."""
    every = [str(n) for n in range(count)]
    cases = tasks(*every * (1 + len(teams) % 4))
    load = Counter(a.peer for a in allocate(cases, managers(*every), MONTH, "1"))
    assert max(load.values()) - min(load[f"M{t}"] for t in every) <= 1


@CHECKED
@given(st.lists(st.integers(0, 3), max_size=6), PAIRS)
def test_no_other_matching_is_more_even(teams, third):
    """Against every possible choice of peers: the sum of squared loads is the least there is."""
    staff = [Manager(f"A{n}", f"A{n}", "A") for n in range(4)]
    cases = [Task(f"{n}", "A", f"A{team}") for n, team in enumerate(teams)]
    found = allocate(cases, staff, MONTH, "1", third_time=third)
    able = [
        [m.worker for m in staff if m.team != t.team and frozenset((f"{t.team}", m.worker)) not in third] for t in cases
    ]
    best = min(sum(n * n for n in Counter(choice).values()) for choice in itertools.product(*[a for a in able if a]))
    assert sum(n * n for n in Counter(a.peer for a in found if a.peer).values()) == best
