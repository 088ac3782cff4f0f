"""The check that a text names nobody before a report may quote it: pure functions over words, and the relation made of them.

What counts as naming: names, dates of birth, addresses and postcodes, and schools of the child's own record and of the
family's, and whatever looks like a way to reach somebody. It is Python and not SQL because engines fold accents, split
words and read dates in different ways, and a name that one of them misses is out. A text is withheld in doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from expectations.contracts import Contracts, Table

CLEAR = "clear"
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = {name: n for n, full in enumerate(MONTHS, start=1) for name in (full, full[:3])} | {"sept": 9}
_ORDINAL = re.compile(r"^(\d{1,2})(st|nd|rd|th)$")
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.IGNORECASE)
_REACH = re.compile(r"\S@\S|\bhttps?:|\bwww\.|(?:\d[\s()+.-]*){7,}", re.IGNORECASE)
_SHORT = {"ln": "lane", "rd": "road", "st": "street", "ave": "avenue", "cl": "close", "dr": "drive", "ct": "court"}
# What many schools are called, so that it tells none of them.
_ANY_SCHOOL = {
    "school", "primary", "infant", "infants", "junior", "juniors", "secondary", "high", "grammar", "academy", "college", "nursery",
    "first", "middle", "special", "community", "the", "of", "and", "at", "ce", "rc", "c", "e", "saint", "street", "church", "catholic",
    "england",
}  # fmt: skip
RELATION = pa.schema([("response_id", pa.string()), ("text_number", pa.int64()), ("finding", pa.string())])


@dataclass(frozen=True)
class Record:
    """What the records hold of a child and the family: names, lines of addresses, names of schools, days of birth."""

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    births: tuple[date, ...] = ()
    postcodes: tuple[str, ...] = ()


def words(text: str) -> list[str]:
    """The words of a text in order: no accents, capitals, apostrophes; `Zoë's 3rd` is zoe, 3."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"['’`´]s\b", "", text)
    text = re.sub(r"['’`´]", "", text)
    return [_ORDINAL.sub(r"\1", w) for w in re.split(r"[\W_]+", text) if w]


def finding(text: str, record: Record) -> str:
    """What of the record a text gives away: name, birth_date, address, postcode, school or contact, the first that is found; else
    `clear`. Without any name on record nobody can tell: names_not_known."""
    if not any(_name_words(n) for n in record.names):
        return "names_not_known"
    said = words(text)
    if _names_somebody(said, record.names):
        return "name"
    if any(_tells_day(said, born) for born in record.births):
        return "birth_date"
    if any(_stands_in(part, said) for line in record.addresses for part in _address_parts(line)):
        return "address"
    if _POSTCODE.search(text) or _has_postcode(said, record.postcodes):
        return "postcode"
    if any(_stands_in(part, said) for name in record.schools for part in _school_parts(name)):
        return "school"
    return "contact" if _REACH.search(text) else CLEAR


def _name_words(name: str) -> list[str]:
    """The words of a name that name somebody alone; an initial does not."""
    return [w for w in words(name) if len(w) > 1]


def _names_somebody(said: Sequence[str], names: Iterable[str]) -> bool:
    known = {w for n in names for w in (*_name_words(n), "".join(words(n))) if len(w) > 1}
    # a plural or a possessive without its apostrophe names somebody too
    return any(w in known or (w.endswith("s") and w[:-1] in known) for w in said)


def _tells_day(said: Sequence[str], born: date) -> bool:
    """Whether the words tell a day of birth in any order and form, with the year or without, or its month and year."""
    spoken = [w for w in said if w != "of"]
    numbers = [_MONTH.get(w, int(w) if w.isdecimal() and len(w) <= 4 else -1) for w in spoken]
    named = [w in _MONTH for w in spoken]
    years = {born.year, born.year % 100}
    for at in range(len(spoken)):
        two, three = numbers[at : at + 2], numbers[at : at + 3]
        if len(three) == 3 and (
            (three[0] == born.day and three[1] == born.month and three[2] in years)
            or (three[0] == born.month and three[1] == born.day and three[2] in years)
            or (three == [born.year, born.month, born.day])
        ):
            return True
        if any(named[at : at + 2]) and two in (
            [born.day, born.month], [born.month, born.day], [born.month, born.year],
        ):  # fmt: skip
            return True
    return False


def _address_parts(line: str) -> list[list[str]]:
    """A line of an address as it may be said: whole, and without the number of the house."""
    whole = [_SHORT.get(w, w) for w in words(line)]
    street = [w for w in whole if not any(c.isdigit() for c in w)]
    return [part for part in (whole, street) if sum(map(len, part)) >= 4]


def _school_parts(name: str) -> list[list[str]]:
    """A school's name as it may be said: whole, and without what many schools are called."""
    whole = words(name)
    own = [w for w in whole if w not in _ANY_SCHOOL]
    return [part for part in (whole, own) if sum(map(len, part)) >= 3]


def _stands_in(part: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the words stand next to each other in the text."""
    for form in (list(said), [_SHORT.get(w, w) for w in said]):
        if any(form[at : at + len(part)] == list(part) for at in range(len(form) - len(part) + 1)):
            return True
    return False


def _has_postcode(said: Sequence[str], postcodes: Iterable[str]) -> bool:
    joined = "".join(said)
    return any("".join(words(p)) in joined for p in postcodes if p)


# --- the relation --------------------------------------------------------------------------------------------------


def checked_texts(db: duckdb.DuckDBPyConnection, contracts: Contracts) -> pa.Table:
    """Of every text with a recorded consent what was found in it: response_id, text_number, finding. Reads schema raw; a text
    about no child on record has no row. Texts without a consent are not read."""
    rows = db.execute(
        "select t.response_id, t.text_number, t.answer_text, min(f.child_id) from raw.voice__feedback_texts as t "
        "join raw.voice__feedback as f on t.response_id = f.response_id and f.child_id is not null "
        "where t.consent = 'given' group by all order by all"
    ).fetchall()
    records = _records(db, contracts, {child for *_, child in rows})
    found = [
        {"response_id": response, "text_number": number, "finding": finding(text, records[child])}
        for response, number, text, child in rows
    ]
    return pa.Table.from_pylist(found, RELATION)


def _records(db: duckdb.DuckDBPyConnection, contracts: Contracts, children: Collection[str]) -> dict[str, Record]:
    """What any extract holds of each child, and of those in the same family and the mother, where these are known.

    A child recorded under two numbers is one: what either number holds is looked for.
    """
    db.register("asked", pa.table({"child_id": pa.array(sorted(children), pa.string())}))
    others = db.execute(
        "select a.child_id, b.child_id from raw.ssd__family as a join raw.ssd__family as b on a.family_id = b.family_id "
        "union select child_id, mother_person_id from raw.ssd__mother "
        "union select a.child_id, b.child_id from raw.ssd__mother as a join raw.ssd__mother as b on a.mother_person_id = b.mother_person_id "
        "union select child_id, identifier_value from raw.ssd__linked_identifiers where identifier_type = 'former_case_number' "
        "union select identifier_value, child_id from raw.ssd__linked_identifiers where identifier_type = 'former_case_number'"
    )
    family: dict[str, set[str]] = {child: {child} for child in children}
    for child, other in others.fetchall():
        if child in family and other is not None:
            family[child].add(other)
    db.register("asked", pa.table({"child_id": pa.array(sorted(set().union(*family.values())), pa.string())}))
    held = {name: _held(db, contracts.tables, name) for name in ("birth", "postcode")}
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    told = "select child_id, kind, identifying_words from raw.voice__identifying_words semi join asked using (child_id) order by all"
    for child, kind, text in db.execute(told).fetchall():
        named[child, kind].append(text)
    db.unregister("asked")

    def of(people: Iterable[str], kind: str) -> tuple[str, ...]:
        return tuple(text for person in people for text in named[person, kind])

    return {
        child: Record(
            # nobody else's names stand for the child's own
            of([child, *sorted(people - {child})], "name") if named[child, "name"] else (),
            of(sorted(people), "address"),
            of(sorted(people), "school"),
            tuple(day for person in sorted(people) for day in held["birth"][person]),
            tuple(code for person in sorted(people) for code in held["postcode"][person]),
        )
        for child, people in family.items()
    }


def _held(db: duckdb.DuckDBPyConnection, tables: Iterable[Table], kind: str) -> dict[str, list]:
    """Days of birth or postcodes that any extract holds of the people in `asked`."""
    queries = []
    for table in (t for t in tables if "child_id" in t.by_name):
        for column in table.columns:
            fits = column.type == "postcode" if kind == "postcode" else column.type == "date" and "birth" in column.name
            if fits:
                queries.append(f"select child_id, {column.name} as held from raw.{table.relation}")
    found: dict[str, list] = defaultdict(list)
    if queries:
        union = " union all ".join(queries)
        rows = db.execute(
            f"select distinct child_id, held from ({union}) semi join asked using (child_id) where held is not null order by all"
        )
        for child, value in rows.fetchall():
            found[child].append(value)
    return found
