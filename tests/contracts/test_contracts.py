"""The contracts and code lists themselves: consistent, complete, and read with a message that says what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations import contracts as module
from expectations.contracts import CodeSet, ContractError, header_form, load_contracts
from tests.control import FILED, code_text

CONTRACTS = load_contracts()
TABLES = {t.relation: t for t in CONTRACTS.tables}
CODED = [(t.relation, c.name, c.codes) for t in CONTRACTS.tables for c in t.columns if c.codes]


def test_the_eleven_lists_have_the_columns_of_the_return():
    lists = CONTRACTS.sources["annex_a"].tables
    assert {name: len(t.columns) for name, t in lists.items()} == {
        "list_1": 7, "list_2": 8, "list_3": 11, "list_4": 12, "list_5": 14, "list_6": 14, "list_7": 17, "list_8": 34, "list_9": 17,
        "list_10": 16, "list_11": 19,
    }  # fmt: skip


def test_list_9_has_four_columns_that_came_later():
    later = [c.name for c in CONTRACTS.table("annex_a", "list_9").columns if c.since]
    assert later == ["uasc", "personal_adviser", "pathway_plan_review_date", "latest_contact_date"]


@pytest.mark.parametrize("relation", TABLES)
def test_no_header_means_two_columns(relation):
    forms = [form for c in TABLES[relation].columns for form in c.header_forms]
    assert len(forms) == len(set(forms))


@pytest.mark.parametrize("relation", TABLES)
def test_every_column_is_described_and_every_key_column_says_what_a_bad_cell_does(relation):
    table = TABLES[relation]
    assert all(c.description for c in table.columns)
    assert all(table.quarantines(table.by_name[k]) for k in table.key), "a key with `unknown` or blank in it is no key"


def test_no_two_tables_look_alike():
    """A sheet is recognised by its headers: each table's own headers must fit it better than any other table."""
    for one in FILED:
        mine = {header_form(c.title) for c in one.columns}
        for other in FILED:
            if other is not one:
                theirs = {header_form(c.title) for c in other.columns}
                assert len(mine & theirs) / len(mine | theirs) < 0.8, (one.relation, other.relation)


@pytest.mark.parametrize("name", CONTRACTS.code_sets)
def test_every_written_form_of_a_code_is_read(name):
    codes = CONTRACTS.code_sets[name]
    for number, code in enumerate(codes.codes):
        written = [
            code.code, code.code.upper(), code.label, code_text(codes, number), f" {code.code} : {code.label}",
            f"zz) {code.code} - {code.label}", f"{code.code}:{code.label}", f"{code.code}\u00a0\u2013 {code.label}", *code.spellings,
        ]  # fmt: skip
        for text in written:
            found = codes.match(text)
            assert found is not None, (code.code, text)
            assert found[0] == code.code, (code.code, text)


@pytest.mark.parametrize("name", CONTRACTS.code_sets)
def test_no_spelling_means_two_codes(name):
    owner: dict[str, str] = {}
    for code in CONTRACTS.code_sets[name].codes:
        for text in {module.match_form(t) for t in (code.code, code.label, *code.spellings)}:
            assert owner.setdefault(text, code.code) == code.code, text


def test_a_text_that_is_no_code_is_not_taken_for_one():
    need, yes_no = CONTRACTS.code_sets["need"], CONTRACTS.code_sets["yes_no"]
    assert need.match("PSRMEM - Support with memory and cognition") is None
    assert need.match("N10 - Something") is None
    assert yes_no.match("CS Assessment Updated") is None
    assert yes_no.match("Not stated") is None


@pytest.mark.parametrize(
    ("codes", "text", "code", "rule"),
    [
        ("placement_provider", "b) PR1 - Own provision", "PR1", "letter_code_label"),
        ("placement_provider", "b) PR1: Own provision", "PR1", "letter_code_label"),
        ("placement_provider", "PR1 - Own provision", "PR1", "code_label"),
        ("placement_provider", "PR1", "PR1", "code"),
        ("gender", "a) Male", "male", "letter_code"),
        ("gender", "F", "female", "spelling"),
        ("gender", "c) Not stated/recorded", "not_stated", "letter_spelling"),
        ("ethnicity", "s) NOBT", "NOBT", "letter_code"),
        ("ethnicity", "s) REFU", "REFU", "letter_code"),
        ("contact_source", "j) 3D: Health services", "3D", "letter_code_label"),
        ("contact_source", "School", "2A", "spelling"),
        ("need", "N1 - Abuse, neglect and exploitation", "N1", "code_label"),
        ("abuse_category", "Physical abuse", "physical", "label"),
    ],
)
def test_a_code_is_read_by_its_structure_and_the_rule_is_told(codes, text, code, rule):
    assert CONTRACTS.code_sets[codes].match(text) == (code, rule)


@given(st.text(max_size=60), st.sampled_from(sorted(CONTRACTS.code_sets)))
def test_any_text_is_a_code_of_the_list_or_none(text, name):
    codes = CONTRACTS.code_sets[name]
    found = codes.match(text)
    assert found is None or found[0] in {c.code for c in codes.codes}


def test_unknown_is_no_code_of_a_list_that_has_another_meaning_for_it():
    """A tolerated unknown code becomes `unknown`: only lists where that is a true answer may hold it."""
    assert {name for name, s in CONTRACTS.code_sets.items() if any(c.code == "unknown" for c in s.codes)} == {
        "yes_no_unknown"
    }


# --- wrong contracts ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("sources", "codes"):
        shutil.copytree(module.HERE / part, tmp_path / part)
    return tmp_path


def test_the_digest_changes_with_any_contract_or_code_list_and_not_with_line_ends(folder):
    same = load_contracts.__wrapped__(folder).digest
    assert same == CONTRACTS.digest
    path = folder / "codes" / "need.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_contracts.__wrapped__(folder).digest == same
    path.write_bytes(path.read_bytes() + b"N11,Another,,,\r\n")
    assert load_contracts.__wrapped__(folder).digest != same


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("codes: gender, required: true", "codes: genders, required: true", "codes/genders.csv does not exist"),
        ("type: date, required: true", "type: day, required: true", "annex_a.yml"),
        ("key: [child_id, contact_date, contact_source]", "key: [child_id, contact_day]", "contact_day"),
        ("mode: period", "mode: sometimes", "mode"),
        ('{name: age, header: "Age of Child (Years)"', '{name: gender, header: "Age of Child (Years)"', "stands twice"),
        ("type: code, codes: need", "type: text, codes: need", "goes with type code"),
        ("grain: one row per child per contact", "grian: one row per child per contact", "grian"),
    ],
)
def test_a_wrong_contract_is_named(folder, old, new, says):
    path = folder / "sources" / "annex_a.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts.__wrapped__(folder)
    assert "annex_a.yml" in str(caught.value)
    assert says in str(caught.value)


def test_a_code_list_without_its_columns_is_named(folder):
    (folder / "codes" / "need.csv").write_text("code;label\nN1;Abuse\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"need\.csv"):
        load_contracts.__wrapped__(folder)


def test_a_code_list_matches_by_code_before_label_before_spelling():
    codes = CodeSet(
        name="x",
        codes=(
            {"code": "1", "label": "Two"},
            {"code": "two", "label": "Other", "spellings": ("1",)},
        ),
    )
    assert codes.match("1") == ("1", "code")
    assert codes.match("Two") == ("two", "code")
