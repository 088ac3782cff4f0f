"""The check of quotations: what names a child is found however it is written, and what names nobody may be quoted."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.contracts import load_contracts
from orchestration.warehouse.dbt_sources import FIXED_COLUMNS, sql_columns
from orchestration.warehouse.quotes import CLEAR, MONTHS, Record, checked_texts, finding, words

RECORD = Record(
    names=("Zoë", "O'Neil-Marsh", "J"),
    addresses=("14 Mill Lane", "Rosehill"),
    schools=("St Agnes' Catholic Primary School", "Oakfield Academy", "The High School"),
    births=(date(2012, 5, 3), date(1985, 11, 30)),
    postcodes=("ZZ99 1AA",),
)


@pytest.mark.parametrize(
    "text",
    [
        "Zoë was heard.", "ZOE was heard", "zoe's worker", "zoës worker", "Zoe’s worker", "Is it Zoes?", "the Marsh family", "O’Neil said so",
        "ONeil said so", "Mrs O'Neil-Marsh said so", "oneilmarsh", "zoe_2012",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(text):
    assert finding(text, RECORD) == "name"


@pytest.mark.parametrize(
    "text",
    [
        "born 3/5/2012", "born 03.05.12", "born on 3rd May 2012", "on the 3rd of May", "May 3rd", "2012-05-03", "5/3/2012", "in May 2012",
        "3 may", "30 Nov 1985", "30th of November",
    ],
)  # fmt: skip
def test_a_day_of_birth_is_found_in_every_form(text):
    assert finding(text, RECORD) == "birth_date"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They came to 14 Mill Lane.", "address"),
        ("In mill ln nobody knew", "address"),
        ("Rosehill is home", "address"),
        ("letters to zz99 1aa", "postcode"),
        ("letters to ZZ991AA", "postcode"),
        ("letters to WR5 2NP", "postcode"),  # nobody's on record: in doubt it is withheld
        ("The teachers of St Agnes helped", "school"),
        ("At Oakfield they knew", "school"),
        ("At the high school they knew", "school"),
        ("ring 01632 960123", "contact"),
        ("write to me@example.org", "contact"),
    ],
)
def test_an_address_a_postcode_a_school_and_a_way_to_reach_somebody_are_found(text, found):
    assert finding(text, RECORD) == found


@pytest.mark.parametrize(
    "text",
    [
        "My worker listened to me.", "We may talk on 3 days a week.", "There were 14 of us in the lane.", "I go to primary school.",
        "The academy of life", "A marshal came", "It took 20 weeks and 3 workers.", "J is a letter",
    ],
)  # fmt: skip
def test_what_names_nobody_may_be_quoted(text):
    assert finding(text, RECORD) == CLEAR


def test_without_a_name_on_record_nothing_may_be_quoted():
    assert finding("My worker listened to me.", Record()) == "names_not_known"
    assert finding("My worker listened to me.", Record(names=("J", " ", "'"))) == "names_not_known"


LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzàéîöüñç", min_size=2, max_size=12)
PLAIN = st.lists(
    st.sampled_from(["the", "worker", "was", "kind", "to", "us", "and", "we", "felt", "heard"]), max_size=8
)


@given(
    LETTERS,
    PLAIN,
    PLAIN,
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from([" ", ", ", "\n", " (", "-"]),
)
def test_a_name_is_found_wherever_it_stands(name, before, after, written, mark):
    text = " ".join(before) + mark + written(name) + mark + " ".join(after)
    assert finding(text, Record(names=(name,))) == "name"


@given(st.dates(date(1950, 1, 1), date(2026, 1, 1)), PLAIN, st.integers(0, 5))
def test_a_day_of_birth_is_found_wherever_it_stands(born, before, form):
    month = MONTHS[born.month - 1]
    told = [
        f"{born.day}/{born.month}/{born.year}", f"{born:%d.%m.%y}", f"{born.isoformat()}", f"{born.day} {month[:3]} {born.year}",
        f"{month.title()} {born.day}", f"the {born.day}th of {month}",
    ][form]  # fmt: skip
    record = Record(names=("Xerxes",), births=(born,))
    assert finding(" ".join([*before, told]), record) == "birth_date"


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_judged_without_a_failure(text, name):
    assert finding(text, Record(names=(name,), addresses=(name,), schools=(name,), postcodes=(name,))) in {
        CLEAR, "name", "names_not_known", "address", "postcode", "school", "contact",
    }  # fmt: skip


def test_words_are_plain():
    assert words("Zoë's 3rd  BIRTHDAY—at O’Neil_house!") == ["zoe", "3", "birthday", "at", "oneil", "house"]


# --- the relation, over schema raw ------------------------------------------------------------------------------------


@pytest.fixture
def raw():
    """An empty schema raw with every contract table, and a way to fill one: raw("voice", "feedback", [...])."""
    contracts, db = load_contracts(), duckdb.connect()
    db.execute("create schema raw")
    for table in contracts.tables:
        columns = [*FIXED_COLUMNS, *(made for column in table.columns for made in sql_columns(column))]
        db.execute(f"create table raw.{table.relation} ({', '.join(f'{n} {k}' for n, k, _ in columns)})")

    def fill(source: str, name: str, rows: list[dict]) -> None:
        db.register("incoming", pa.Table.from_pylist(rows))
        db.execute(f"insert into raw.{source}__{name} by name select * from incoming")
        db.unregister("incoming")

    yield db, contracts, fill
    db.close()


def said(fill, *texts: tuple[str, str, str, str]) -> None:
    """(response, child, text, consent)"""
    fill("voice", "feedback", [{"response_id": r, "question": "q", "child_id": c} for r, c, _, _ in texts])
    fill(
        "voice",
        "feedback_texts",
        [{"response_id": r, "text_number": 1, "answer_text": t, "consent": consent} for r, _, t, consent in texts],
    )


def found(db, contracts) -> dict[str, str]:
    return {row["response_id"]: row["finding"] for row in checked_texts(db, contracts).to_pylist()}


def test_the_family_s_records_are_looked_through_as_well(raw):
    """Names of a sibling, the mother's day of birth, a placement's postcode, what stands under a number given up."""
    db, contracts, fill = raw
    said(
        fill,
        ("1", "A", "Perrin was there", "given"),
        ("2", "A", "on 2 February 1984", "given"),
        ("3", "A", "near ZZ99 9ZZ", "given"),
        ("4", "A", "it was the Yewtree way", "given"),
        ("5", "A", "Corin was there", "given"),
    )
    names = [
        ("A", "name", "Alder"),
        ("B", "name", "Perrin"),
        ("OLD", "school", "Yewtree School"),
        ("S", "name", "Corin"),
    ]
    fill("voice", "identifying_words", [{"child_id": c, "kind": k, "identifying_words": w} for c, k, w in names])
    fill("ssd", "family", [{"family_id": "F", "child_id": c} for c in "AB"])
    fill("ssd", "mother", [{"mother_person_id": "M", "child_id": "A"}])
    fill("ssd", "person", [{"child_id": "M", "birth_date": date(1984, 2, 2)}])
    fill(
        "ssd",
        "linked_identifiers",
        [{"child_id": "A", "identifier_type": "former_case_number", "identifier_value": "OLD"}],
    )
    fill("ssd", "cla_placement", [{"child_id": "A", "placement_postcode": "ZZ99 9ZZ"}])
    assert found(db, contracts) == {"1": "name", "2": "birth_date", "3": "postcode", "4": "school", "5": CLEAR}


def test_only_texts_with_a_consent_about_a_child_on_record_are_read(raw):
    db, contracts, fill = raw
    fill("voice", "identifying_words", [{"child_id": "A", "kind": "name", "identifying_words": "Alder"}])
    said(
        fill,
        ("1", "A", "My worker listened.", "given"),
        ("2", "A", "My worker listened.", "refused"),
        ("3", None, "My worker listened.", "given"),
        ("4", "B", "My worker listened.", "given"),
        ("5", "A", "Alder was heard.", "given"),
    )
    assert found(db, contracts) == {"1": CLEAR, "4": "names_not_known", "5": "name"}


def test_a_sibling_s_name_does_not_stand_for_the_child_s_own(raw):
    db, contracts, fill = raw
    said(fill, ("1", "A", "My worker listened.", "given"))
    fill("ssd", "family", [{"family_id": "F", "child_id": c} for c in "AB"])
    fill("voice", "identifying_words", [{"child_id": "B", "kind": "name", "identifying_words": "Perrin"}])
    assert found(db, contracts) == {"1": "names_not_known"}


def test_nothing_said_gives_no_rows(raw):
    db, contracts, _ = raw
    assert found(db, contracts) == {}
