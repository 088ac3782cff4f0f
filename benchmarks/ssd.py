"""Writes a county's whole Standard Safeguarding Dataset from the contract: six years, one CSV a table, every row good.

Numbers of persons, referrals, periods of care, plans and workers are shared, so that references are found; dates stand in the
contract's order; codes come from its lists. The same arguments give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from expectations.contracts import CodeSet, Column, Contracts, Table, load_contracts

SNAPSHOT, PERIOD = np.datetime64("2025-09-30"), "2025-09"
WINDOW = 6 * 365  # days of history
# Rows a table of a county in six years; a table follows those its rows refer to.
VOLUMES = {
    "department": 220, "professionals": 4_000, "person": 100_000, "linked_identifiers": 25_000, "address": 110_000,
    "disability": 9_000, "immigration_status": 2_000, "mother": 20_000, "legal_status": 18_000, "family": 40_000,
    "contacts": 156_000, "early_help_episodes": 15_000, "cin_episodes": 29_000, "cin_assessments": 28_000,
    "assessment_factors": 28_000, "cin_plans": 12_000, "cin_visits": 200_000, "s47_enquiry": 13_000,
    "initial_cp_conference": 5_000, "cp_plans": 4_000, "cp_visits": 150_000, "cp_reviews": 12_000, "cla_episodes": 20_000,
    "cla_placement": 9_000, "cla_reviews": 15_000, "cla_visits": 90_000, "cla_health": 18_000, "cla_immunisations": 2_500,
    "cla_substance_misuse": 400, "cla_convictions": 600, "cla_care_plan": 9_000, "cla_previous_permanence": 1_500,
    "permanence": 1_200, "sdq_scores": 5_000, "missing": 12_000, "care_leavers": 900, "involvements": 300_000,
    "pre_proceedings": 1_500, "send": 10_000, "ehcp_requests": 9_000, "ehcp_assessment": 7_000, "ehcp_named_plan": 6_000,
    "ehcp_active_plans": 5_500, "sen_need": 8_000, "voice_of_child": 1_000,
}  # fmt: skip
FLAGS = (
    "NEW_REFERRAL",
    "EXISTING_REFERRAL",
    "CP_ENQUIRY",
    "NFA",
    "NON_AGENCY_ADOPTION",
    "PRIVATE_FOSTERING",
    "ADVICE",
    "MISSING",
    "OLA_CP",
    "SINGLE_ASSESSMENT",
)  # fmt: skip - a case system writes every flag of its outcomes, Y or N
FACTORS = tuple(f"{n}{letter}" for n in range(1, 9) for letter in "ABC")
STAFF = ("professionals", "department")  # looked up by any row, never the row that another one follows from
BLANK = 0.1  # share of blanks in columns that may be blank
SELDOM = {"death_date": 0.998}


@dataclass
class _Made:
    """A table's rows: numbers, days or texts by column, where they are blank, and the row of the table they follow from."""

    rows: int
    parent: str = ""
    of: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    values: dict[str, Any] = field(default_factory=dict)
    blank: dict[str, np.ndarray] = field(default_factory=dict)
    start: np.ndarray = field(default_factory=lambda: np.empty(0, "datetime64[D]"))


class _Authority:
    """Makes the tables one after another."""

    def __init__(self, contracts: Contracts, volumes: Mapping[str, int], seed: int) -> None:
        self.tables, self.codes = contracts.sources["ssd"].tables, contracts.code_sets
        self.volumes, self.dice = volumes, np.random.default_rng(seed)
        self.made: dict[str, _Made] = {}
        self.referred = {(k.to, c) for t in self.tables.values() for k in t.foreign_keys for c in k.there}

    def make(self, name: str) -> None:
        table, made = self.tables[name], _Made(self.volumes[name])
        self._follow(table, made)
        for place, column in enumerate(table.columns):
            if column.name not in made.values and column.type not in ("date", "datetime"):
                made.values[column.name] = self._cells(table, column, made, place)
            if not column.required and column.type != "json" and (name, column.name) not in self.referred:
                share = SELDOM.get(column.name, BLANK)
                made.blank[column.name] = self.dice.random(made.rows) < share
        self._days(table, made)
        for rule in table.required_if:
            for other in rule.when:
                made.blank[rule.column] = made.blank[other]
        self.made[name] = made
        self._link_back(name)

    def _follow(self, table: Table, made: _Made) -> None:
        """Choose the row of another table that each row follows from and take its numbers; look workers and teams up."""
        keys = [k for k in table.foreign_keys if k.to in self.made and not k.to_columns]
        near = [k for k in keys if k.to not in STAFF]
        if near:
            made.parent = max((k.to for k in near), key=list(self.made).index)
            parent = self.made[made.parent]
            every = np.arange(parent.rows)
            if set(table.key) <= set(parent.values):  # one row for each
                every = np.unique(parent.values[table.key[0]], return_index=True)[1]
                made.rows = min(made.rows, len(every))
                made.of = self.dice.permutation(every)[: made.rows]
            else:
                made.of = self.dice.integers(0, parent.rows, made.rows)
            for column in dict.fromkeys(c for k in near for c in k.columns):
                made.values[column] = parent.values[column][made.of]
        for key in keys:
            if key.to in STAFF:
                made.values[key.columns[0]] = self.dice.choice(self.made[key.to].values[key.there[0]], made.rows)

    def _cells(self, table: Table, column: Column, made: _Made, place: int) -> Any:  # noqa: ANN401 - numbers or texts
        rows, dice = made.rows, self.dice
        match column.type:
            case "id":
                if column.name in table.key:
                    return np.arange(rows) + 1_000_000 * (1 + list(self.volumes).index(table.name))
                for key in table.foreign_keys:  # a mother among the persons, a team above among the teams
                    if key.columns == (column.name,) and key.to_columns:
                        known = (made if key.to == table.name else self.made[key.to]).values[key.there[0]]
                        return dice.choice(known, rows)
                if any(rule.column == column.name and rule.form == "upn" for rule in table.check_digits):
                    return _pupil_numbers(made.of)
                return (made.of if len(made.of) else np.arange(rows)) + 100_000_000 * (1 + place)
            case "code":
                texts = _codes(self.codes[column.codes or ""], table, column)
                return pa.array(texts).take(pa.array(dice.integers(0, len(texts), rows)))
            case "integer":
                return dice.integers(int(column.minimum or 1), int(min(column.maximum or 9, 9)) + 1, rows)
            case "decimal":
                return np.round(dice.random(rows) * min(column.maximum or 60, 60), 2)
            case "postcode":
                outer, inner = dice.integers(0, 90, rows), dice.integers(0, 900, rows)
                return pa.array([f"ZZ{a} {b % 10}{chr(65 + b // 10 % 20)}Z" for a, b in zip(outer, inner, strict=True)])
            case "json":
                return pa.array(_entries(column.name, rows, dice))
        return pa.array([f"{column.name} {n}" for n in range(400)]).take(pa.array(dice.integers(0, 400, rows)))

    def _days(self, table: Table, made: _Made) -> None:
        """Dates in the contract's order; what would lie after the snapshot has not happened yet."""
        dice, rows = self.dice, made.rows
        if table.name == "person":
            made.start = SNAPSHOT - dice.integers(0, 18 * 365, rows)
        elif made.parent in ("", "person"):
            made.start = SNAPSHOT - dice.integers(0, WINDOW, rows)
        else:
            made.start = np.minimum(self.made[made.parent].start[made.of] + dice.integers(0, 200, rows), SNAPSHOT)
        days: dict[str, np.ndarray] = {}

        def day(name: str) -> np.ndarray:
            if name not in days:
                before = [day(first) for first, second in table.ordered_dates if second == name]
                gap = dice.integers(1, 120, rows)
                days[name] = np.maximum.reduce(before) + gap if before else made.start
            return days[name]

        for column in table.columns:
            if column.type not in ("date", "datetime"):
                continue
            found = day(column.name)
            later = found > SNAPSHOT
            if not column.required:
                made.blank[column.name] |= later
            made.values[column.name] = np.minimum(found, SNAPSHOT)
        if table.history:
            made.start = made.values[table.history]

    def _link_back(self, name: str) -> None:
        """Fill references of a table to one that follows from it: the plan of a conference, the placement of an episode."""
        made = self.made[name]
        if not made.parent:
            return
        parent = self.made[made.parent]
        for key in self.tables[made.parent].foreign_keys:
            if key.to == name:
                (column,) = key.columns
                parent.blank[column] = np.ones(parent.rows, bool)
                parent.blank[column][made.of] = False
                parent.values[column][made.of] = made.values[key.there[0]]

    def write(self, name: str, path: Path) -> None:
        table, made = self.tables[name], self.made[name]
        arrays = {c.title: _texts(c, made) for c in table.columns}
        pyarrow.csv.write_csv(pa.table(arrays), path, pyarrow.csv.WriteOptions(quoting_style="needed"))


def _codes(codes: CodeSet, table: Table, column: Column) -> list[str]:
    """The codes a row may have: none that refuses it, none that asks for an NHS number, which is not made here."""
    conditions = [d.when for d in table.check_digits if d.form == "nhs"]
    conditions += [table.adoption_links.when] if table.adoption_links else []
    without = {code for when in conditions for code in when.get(column.name, ())}
    return [c.code for c in codes.codes if c.code not in without]


def _pupil_numbers(of: np.ndarray) -> pa.Array:
    """Unique pupil numbers: a check letter and twelve digits."""
    digits = of[:, None] // 10 ** np.arange(11, -1, -1) % 10
    letters = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))[digits @ np.arange(2, 14) % 23]
    return pa.array([f"{letter}{number:012d}" for letter, number in zip(letters, of, strict=True)])


def _entries(column: str, rows: int, dice: np.random.Generator) -> list[str]:
    """Outcomes as a case system writes them: every flag, and a comment that makes the cell one of its own."""
    if column in ("assessment_factors", "care_plan"):
        some = dice.integers(0, len(FACTORS), (rows, 4))
        return [json.dumps([FACTORS[n] for n in sorted(set(row))]) for row in some.tolist()]
    chosen, words = dice.integers(0, len(FLAGS), rows), dice.integers(0, 10**6, rows)
    starts = [
        json.dumps({f"OUTCOME_{f}_FLAG": "Y" if n == place else "N" for place, f in enumerate(FLAGS)})[:-1]
        for n in range(len(FLAGS))
    ]
    return [
        f'{starts[n]}, "OUTCOME_COMMENTS": "note {w}"}}' for n, w in zip(chosen.tolist(), words.tolist(), strict=True)
    ]


def _texts(column: Column, made: _Made) -> pa.Array:
    """A column as its cells stand in a file; a case system writes numbers without quotes and texts with them."""
    values, blank = made.values[column.name], made.blank.get(column.name, np.zeros(made.rows, bool))
    if column.type == "date":
        texts = pa.array(values).cast(pa.string())
    elif column.type == "datetime":
        minutes = np.arange(made.rows) % 1440
        texts = pa.array(values.astype("datetime64[s]") + minutes * 60).cast(pa.string())
    elif isinstance(values, pa.Array):
        texts = values
    elif column.type == "id":
        texts = pa.array(values).cast(pa.string())
    else:
        texts = pa.array(values)
    return pa.compute.if_else(pa.array(blank), None, texts)


def write(folder: Path, volumes: Mapping[str, int] = VOLUMES, seed: int = 7) -> dict[str, Path]:
    """Write a CSV for each table of `volumes` and return them by table."""
    authority = _Authority(load_contracts(), volumes, seed)
    for name in volumes:
        authority.make(name)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"ssd_{name}_{PERIOD}.csv" for name in volumes}
    for name, path in paths.items():
        authority.write(name, path)
    return paths
