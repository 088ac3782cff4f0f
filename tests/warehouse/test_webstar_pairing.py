"""Pairing of stars against a reckoning of its own in plain Python: on the extracts of the shared warehouse, and on stars that hypothesis
makes up, put through the SQL that dbt compiled for it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.settings import Settings
from orchestration.warehouse.dbt import target_folder
from tests.conftest import AS_AT

Row = dict[str, Any]
OPEN = date(9999, 12, 31)


# --- the reckoning ----------------------------------------------------------------------------------------------------


def version_on(versions: list[Row], day: date) -> str | None:
    begun = [v for v in versions if v["valid_from"] <= day <= (v["valid_to"] or OPEN)]
    return max(begun, key=lambda v: v["valid_from"])["version"] if begun else None


def form_of(star: Row, areas: list[Row]) -> Row | None:
    """The row of the register by which a star is read: of the version it names, else of the day."""
    fits = []
    for area in (a for a in areas if a["area"] == star["area"]):
        in_force = area["valid_from"] <= star["star_date"] <= (area["valid_to"] or OPEN)
        if star["version"] and area["version"]:
            holds = star["version"] == area["version"]
        else:
            holds = in_force
        if holds:
            fits.append(area)
    fits.sort(key=lambda a: (a["valid_from"] <= star["star_date"], a["valid_from"]))
    return fits[-1] if fits else None


def reckoned(stars: Iterable[Row], areas: list[Row], versions: list[Row], as_at: date) -> tuple[dict, dict]:
    """(pairs by intervention, respondent and area; reasons why stars are left out, by intervention, respondent, stage, day and area)"""
    smallest = {v["version"]: v["smallest_area_change"] for v in versions}
    good, left_out = [], {}
    for star in stars:
        if star["score"] is None or star["star_date"] > as_at:
            continue
        form = form_of(star, areas)
        place = tuple(star[k] for k in ("intervention_id", "respondent", "stage", "star_date", "area"))
        if form is None:
            left_out[place] = "area_not_in_version"
        elif not form["scale_minimum"] <= star["score"] <= form["scale_maximum"]:
            left_out[place] = "score_outside_scale"
        else:
            good.append((star, form, place))
    first: dict[tuple, date] = {}
    for star, _, _ in good:
        if star["stage"] == "start":
            who = star["intervention_id"], star["respondent"]
            first[who] = min(first.get(who, OPEN), star["star_date"])
    by_area = defaultdict(list)
    for star, form, place in good:
        if star["stage"] != "start" and star["star_date"] < first.get(
            (star["intervention_id"], star["respondent"]), date.min
        ):
            left_out[place] = "before_start"
        else:
            by_area[star["intervention_id"], star["respondent"], star["area"]].append((star["star_date"], star, form))
    pairs = {}
    for place, scored in by_area.items():
        scored.sort(key=lambda s: s[0])
        starts = [s for s in scored if s[1]["stage"] == "start"]
        ends = [s for s in scored if s[1]["stage"] == "end" and starts and s[0] >= starts[0][0]]
        if not ends or any(starts[0][2][k] != ends[-1][2][k] for k in ("scale_minimum", "scale_maximum")):
            continue
        (begun, start, _), (over, end, _) = starts[0], ends[-1]
        mids = [s for s in scored if s[1]["stage"] == "mid" and begun <= s[0] <= over]
        change = end["score"] - start["score"]
        least = smallest.get(start["version"] or version_on(versions, begun))
        if least is None:
            outcome = "not_classified"
        elif change and abs(change) >= least:
            outcome = "improved" if change > 0 else "worse"
        else:
            outcome = "same"
        pairs[place] = (begun, mids[-1][0] if mids else None, over, start["score"], end["score"], change, outcome)
    return pairs, left_out


PAIRS = """
    select keys.intervention_id, pairs.respondent, pairs.area, start_date, mid_date, end_date, start_score, end_score, change, outcome
    from {pairs} as pairs inner join {keys} as keys using (intervention_key)
"""


def found_pairs(db: duckdb.DuckDBPyConnection, pairs: str, keys: str) -> dict:
    rows = db.execute(PAIRS.format(pairs=pairs, keys=keys)).fetchall()
    assert len({r[:3] for r in rows}) == len(rows), "an area of a respondent is one pair"
    return {r[:3]: r[3:] for r in rows}


# --- the extracts of the shared warehouse -----------------------------------------------------------------------------


def rows_of(db: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    return db.execute(f"select * from raw.{table}").to_arrow_table().to_pylist()


def test_every_pair_of_the_extracts_is_found_and_no_other(warehouse):
    pairs, left_out = reckoned(
        rows_of(warehouse, "voice__webstar"),
        rows_of(warehouse, "voice__webstar_areas"),
        rows_of(warehouse, "voice__webstar_versions"),
        AS_AT,
    )
    assert len(pairs) > 500
    assert {p[-1] for p in pairs.values()} == {"improved", "same", "worse"}
    assert any(p[1] for p in pairs.values()), "some with a mid-way star"
    assert found_pairs(warehouse, "marts.fct_webstar_pairs", "raw.intervention_keys") == pairs
    assert warehouse.execute("select count(*) from marts.fct_webstar_left_out").fetchall() == [(len(left_out),)]


def test_the_overall_distance_is_the_mean_over_the_pairs_of_a_respondent(warehouse):
    pairs, _ = reckoned(
        rows_of(warehouse, "voice__webstar"),
        rows_of(warehouse, "voice__webstar_areas"),
        rows_of(warehouse, "voice__webstar_versions"),
        AS_AT,
    )
    changes = {
        who: [pairs[p][5] for p in places] for who, places in groupby(sorted(pairs), key=lambda place: place[:2])
    }
    told = warehouse.execute(
        "select intervention_id, respondent, mean_change, outcome from marts.fct_webstar_respondents "
        "inner join raw.intervention_keys using (intervention_key) where areas_paired > 0"
    ).fetchall()
    assert {r[:2] for r in told} == set(changes)
    for intervention, respondent, mean, outcome in told:
        own = changes[intervention, respondent]
        exact = sum(own) / len(own)
        assert float(mean) == pytest.approx(exact, abs=5e-5)
        assert outcome == ("same" if abs(exact) < 0.5 else "improved" if exact > 0 else "worse")


def test_a_radar_has_the_stars_of_the_figures(warehouse):
    """Each pair's two scores stand in the chart of its intervention, unless the child's record is restricted."""
    wrong = warehouse.execute(
        "select count(*) from marts.fct_webstar_pairs as pairs "
        "left join reports.rpt_webstar_radar as first on pairs.intervention_key = first.intervention_key "
        "and pairs.respondent = first.respondent and pairs.area = first.area and first.stage = 'start' "
        "left join reports.rpt_webstar_radar as last on pairs.intervention_key = last.intervention_key "
        "and pairs.respondent = last.respondent and pairs.area = last.area and last.stage = 'end' "
        "left join marts.dim_child as child on pairs.child_key = child.child_key "
        "where coalesce(child.record_restriction, 'none') = 'none' "
        "and not (coalesce(first.score = pairs.start_score, false) and coalesce(last.score = pairs.end_score, false))"
    ).fetchall()
    assert wrong == [(0,)]
    restricted = "select count(*) from reports.rpt_webstar_radar inner join marts.dim_child using (child_key) where record_restriction <> 'none'"
    assert warehouse.execute(restricted).fetchall() == [(0,)]


def test_no_quotation_is_without_consent_or_names_a_child(warehouse):
    """What the generator planted to be found is in no quotation, and every quotation has a consent."""
    texts = warehouse.execute(
        "select texts.answer_text from raw.voice__feedback_texts as texts where consent = 'given' and consent_date <= ? "
        "and coalesce(consent_withdrawn_date > ?, true)",
        [AS_AT, AS_AT],
    ).fetchall()
    quoted = warehouse.execute("select quotation from reports.rpt_feedback_quotes").fetchall()
    assert 100 < len(quoted) < len(texts)
    assert {q for (q,) in quoted} <= {t for (t,) in texts}
    words = warehouse.execute("select distinct identifying_words from raw.voice__identifying_words").fetchall()
    named = [w for (w,) in words if any(f" {w} " in f" {q.replace('.', ' ')} " for (q,) in quoted)]
    assert named == [], "the names of the generator are no words of its sentences"
    withheld = dict(
        warehouse.execute(
            "select withheld_reason, sum(texts) from reports.rpt_feedback_quotes_withheld group by 1"
        ).fetchall()
    )
    assert {"no_consent", "no_child_on_record", "name"} <= set(withheld)
    whole = warehouse.execute("select count(*) from marts.fct_feedback_texts").fetchall()[0][0]
    assert len(quoted) + sum(withheld.values()) == whole


# --- stars that hypothesis makes up -----------------------------------------------------------------------------------

VERSIONS = [
    {"version": "1", "smallest_area_change": 1.0, "smallest_overall_change": 0.5, "valid_from": date(2025, 1, 1), "valid_to": date(2025, 1, 10)},
    {"version": "2", "smallest_area_change": 2.0, "smallest_overall_change": 1.0, "valid_from": date(2025, 1, 11), "valid_to": None},
]  # fmt: skip
AREAS = [
    {"area": area, "title": area, "area_order": order, "scale_minimum": 1, "scale_maximum": top, "valid_from": first, "valid_to": last, "version": version}
    for area, order, top, first, last, version in (
        ("safe", 1, 9, date(2025, 1, 1), date(2025, 1, 10), "1"),
        ("safe", 1, 9, date(2025, 1, 11), None, "2"),
        ("home", 2, 9, date(2025, 1, 1), date(2025, 1, 10), "1"),
        ("home", 2, 5, date(2025, 1, 11), None, "2"),
        ("hope", 3, 9, date(2025, 1, 11), None, "2"),
    )
]  # fmt: skip
STAR = st.fixed_dictionaries(
    {
        "intervention_id": st.sampled_from(["I1", "I1", "I1", "I2"]),
        "respondent": st.sampled_from(["child", "child", "child", "parent"]),
        "stage": st.sampled_from(["start", "start", "mid", "end", "end"]),
        "star_date": st.integers(0, 24).map(lambda n: date(2025, 1, 1) + timedelta(days=n)),
        "area": st.sampled_from(["safe", "safe", "safe", "home", "hope"]),
        "score": st.one_of(st.integers(1, 5), st.integers(1, 10), st.none()),
        "version": st.sampled_from([None, None, "1", "2"]),
    }
)
KEY = ("intervention_id", "respondent", "stage", "star_date", "area")
# few stars for the borders, many so that one respondent scores one area several times
STARS = st.one_of(
    st.lists(STAR, max_size=6, unique_by=lambda s: tuple(s[k] for k in KEY)),
    st.lists(STAR, min_size=15, max_size=40, unique_by=lambda s: tuple(s[k] for k in KEY)),
)
CUT = date(2025, 1, 22)  # the as-at date: a few stars lie after it
SCHEMA = pa.schema(
    [
        ("intervention_id", pa.string()), ("respondent", pa.string()), ("stage", pa.string()), ("star_date", pa.date32()),
        ("area", pa.string()), ("score", pa.int64()), ("version", pa.string()), ("child_id", pa.string()), ("service_code", pa.string()),
        ("team_code", pa.string()), ("load_id", pa.int64()), ("row_number", pa.int32()),
    ]
)  # fmt: skip


class Models:
    """The compiled models of the pairing over tables in memory."""

    def __init__(self, compiled: Path) -> None:
        self.stars = (compiled / "intermediate/voice/int_voice__stars.sql").read_text(encoding="utf-8")
        self.pairs = (compiled / "marts/voice/fct_webstar_pairs.sql").read_text(encoding="utf-8")
        self.db = duckdb.connect()
        self.db.execute("attach ':memory:' as warehouse; use warehouse")
        for schema in ("staging", "intermediate", "marts"):
            self.db.execute(f"create schema {schema}")
        for name, rows in (("webstar_versions", VERSIONS), ("webstar_areas", AREAS)):
            self.db.register("incoming", pa.Table.from_pylist(rows))
            self.db.execute(f"create table staging.stg_voice__{name} as select * from incoming")
        self.db.execute(f"create table staging.stg_control__run as select date '{CUT}' as as_at")
        keys = "select 'I1' as intervention_id, 'k1' as intervention_key union all select 'I2', 'k2'"
        self.db.execute(f"create table staging.stg_control__intervention_keys as {keys}")
        self.db.execute("create table intermediate.int_children__identities (child_id varchar, child_key varchar)")

    def run(self, stars: list[Row]) -> tuple[dict, dict]:
        """Pairs and left-out stars, as `reckoned` gives them."""
        rows = [{**s, "load_id": 1, "row_number": n} for n, s in enumerate(stars, start=2)]
        self.db.register("incoming", pa.Table.from_pylist(rows, SCHEMA))
        self.db.execute("create or replace table staging.stg_voice__webstar as select * from incoming")
        self.db.execute(f"create or replace table intermediate.int_voice__stars as {self.stars}")
        self.db.execute(f"create or replace table marts.fct_webstar_pairs as {self.pairs}")
        out = self.db.execute(
            "select intervention_id, respondent, stage, star_date, area, left_out_reason from intermediate.int_voice__stars "
            "inner join staging.stg_control__intervention_keys using (intervention_key) where left_out_reason is not null"
        ).fetchall()
        found = found_pairs(self.db, "marts.fct_webstar_pairs", "staging.stg_control__intervention_keys")
        return found, {r[:5]: r[5] for r in out}


@pytest.fixture(scope="module")
def models(demo_home: Path) -> Iterator[Models]:
    made = Models(target_folder(Settings(home=demo_home)) / "compiled" / "qapm" / "models")
    yield made
    made.db.close()


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(STARS)
def test_pairs_are_those_of_the_reckoning(models, stars):
    assert models.run(stars) == reckoned(stars, AREAS, VERSIONS, CUT)


@QUICK
@given(STARS)
def test_there_are_never_more_pairs_than_starts_or_ends(models, stars):
    pairs, _ = models.run(stars)

    def at(stage: str) -> set[tuple]:
        return {(s["intervention_id"], s["respondent"], s["area"]) for s in stars if s["stage"] == stage}

    assert set(pairs) <= at("start") & at("end")
    assert len(pairs) <= min(sum(s["stage"] == stage for s in stars) for stage in ("start", "end"))
    assert all(begun <= over for begun, _, over, *_ in pairs.values())


@QUICK
@given(STARS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(models, stars, chance: random.Random):
    shuffled = list(stars)
    chance.shuffle(shuffled)
    assert models.run(stars) == models.run(shuffled)
