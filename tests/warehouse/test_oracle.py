"""The figures of the warehouse against a second reckoning from the extract files, written from the definitions alone."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.conftest import ANNEX_A_ONLY, AS_AT, make_home
from tests.warehouse import oracle

# fmt: off
CODES = [
    "FD-04", "FD-07", "FD-08", "AS-02", "AS-03", "AS-04", "CN-09", "CP-01", "CP-04", "CP-07", "CP-10", "CP-14", "CL-01", "CL-04",
    "LV-22", "LV-25", "AU-04", "AU-06.completed", "AU-12", "FB-03", "WS-03", "WS-04",
]
# fmt: on
FIRST_DAY = date(2019, 4, 1)  # the first financial year shown: that of the earliest audit, answer and star
SPLIT_BY_SERVICE = {"age_band", "sex"}  # of those reckoned; every other breakdown is asked for the authority only

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("oracle")]


# --- comparing --------------------------------------------------------------------------------------------------------


def figures(connection: Any, kpi: str, basis: str) -> dict[oracle.Key, oracle.Cell]:
    """The figures of the warehouse, by the same keys as the reckoning's."""
    rows = connection.execute(
        "select period, org_level, org, breakdown, breakdown_value, numerator, denominator, value, status "
        "from kpi.kpi_values where kpi = ? and basis = ?",
        [kpi, basis],
    ).fetchall()
    found = {}
    for period, level, org, *split, above, below, value, status in rows:
        found[period, level, None if level == "authority" else org, *split] = oracle.Cell(above, below, value, status)
    assert len(found) == len(rows), "a cell stands twice"
    return found


def differences(connection: Any, extracts: oracle.Extracts, kpi: str, first_day: date) -> list[str]:
    """Every cell in which warehouse and reckoning differ, and every cell with something in it that is not there.

    A breakdown is compared when both have it: the catalogue declares it, and the reckoning splits by it.
    """
    measure = extracts.measures[kpi]
    declared = {
        row[0]
        for row in connection.execute("select breakdown from raw.kpi_breakdowns where code = ?", [kpi]).fetchall()
    }
    by_team = dict(connection.execute("select basis, has_teams from raw.kpi_bases where code = ?", [kpi]).fetchall())
    told, compared = [], 0
    for basis in measure.bases:
        reckoning = oracle.Reckoning(extracts, measure, basis, AS_AT, first_day)
        found = figures(connection, kpi, basis)
        for key, cell in found.items():
            if key[3] != "total" and key[3] not in measure.splits:
                continue
            compared += 1
            expected = reckoning.cell(key)
            if cell != expected:
                told.append(f"{kpi} {basis} {key}: warehouse {cell}, reckoning {expected}")
        wanted = {(period, "authority", None, "total", "total") for period in reckoning.periods}
        for key in reckoning.sums:
            _, level, _, breakdown, _ = key
            if breakdown == "total":
                is_asked = level != "team" or by_team[basis]
            else:
                is_asked = level == "authority" or (level == "service" and breakdown in SPLIT_BY_SERVICE)
            if is_asked and breakdown in {"total", *declared}:
                wanted.add(key)
        told += [f"{kpi} {basis} {key}: missing" for key in sorted(wanted - set(found), key=str)]
    assert compared > 0
    return told


# --- the demo authority -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> oracle.Extracts:
    """The files the demo authority delivered; loading takes them out of landing, so they are written once more."""
    from orchestration.synthetic.generate import generate

    folder = tmp_path_factory.mktemp("delivered")
    generate(folder, AS_AT, sources=ANNEX_A_ONLY)
    return oracle.read_extracts(folder, AS_AT)


@pytest.mark.parametrize("kpi", CODES)
def test_every_figure_agrees_with_the_second_reckoning(annex_a_warehouse, delivered, kpi):
    assert differences(annex_a_warehouse, delivered, kpi, FIRST_DAY) == []


# --- an awkward authority: what the demo authority never delivers ------------------------------------------------------


SNAPSHOT = date(2025, 10, 31)


class Delivery:
    """Eight deliveries of the synthetic authority, open to change before they are written to be loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books: dict[date, dict[int, list[oracle.Row]]] = {}
        self.heads: dict[int, list[str]] = {}
        self.children = 9_900_000
        for path in folder.glob("Annex_A_*.xlsx"):
            _, _, year, month = path.stem.split("_")
            book = CalamineWorkbook.from_path(str(path))
            lists = self.books[oracle.month_end(int(year), oracle.MONTHS.index(month) + 1)] = {}
            for name in book.sheet_names:
                head, *body = book.get_sheet_by_name(name).to_python()
                number = int(name.removeprefix("List "))
                self.heads[number] = head
                lists[number] = [dict(zip(head, cells, strict=True)) for cells in body]

    def add(self, number: int, child: int | None = None, on: date = SNAPSHOT, **cells: Any) -> int:
        """One more row in a list of a snapshot, by the names of the reckoning's column constants; gives the child."""
        if child is None:
            self.children += 1
            child = self.children
        usual = {
            oracle.CHILD: child, oracle.SEX: "b) Female", oracle.BIRTH: date(2015, 3, 2), oracle.TEAM: "Assessment Team East",
            "Latest Category of Abuse": "a) Neglect", "Eligibility Category": "b) Former relevant child",
        }  # fmt: skip
        row = {heading: usual.get(heading, "") for heading in self.heads[number]}
        row |= {getattr(oracle, name): value for name, value in cells.items()}
        assert set(row) == set(self.heads[number])
        self.books[on][number].append(row)
        return child

    def save(self) -> None:
        for day, lists in self.books.items():
            path = self.folder / f"Annex_A_{day.year}_{oracle.MONTHS[day.month - 1]}.xlsx"
            book = xlsxwriter.Workbook(str(path))
            as_date = book.add_format({"num_format": "dd/mm/yyyy"})
            for number, rows in lists.items():
                sheet = book.add_worksheet(f"List {number}")
                sheet.write_row(0, 0, self.heads[number])
                for line, row in enumerate(rows, 1):
                    for place, cell in enumerate(row.values()):
                        if isinstance(cell, date):
                            sheet.write_datetime(line, place, cell, as_date)
                        elif cell != "":
                            sheet.write(line, place, cell)
            book.close()

    def append(self, table: str, *rows: dict[str, Any]) -> None:
        """More rows at the end of the latest dump of a table."""
        path = self.folder / f"{table}_2025-10.csv"
        with path.open(encoding="utf-8", newline="") as handle:
            columns = next(csv.reader(handle))
        with path.open("a", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
            writer.writerows(rows)

    def replace(self, table: str, old: str, new: str) -> None:
        """Change a piece of text in the latest dump of a table."""
        path = self.folder / f"{table}_2025-10.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def after_working_days(start: date, count: int) -> date:
    day = start
    while oracle.working_days(start, day) < count:
        day += timedelta(days=1)
    return day


def make_referrals_awkward(d: Delivery) -> None:
    mid = date(2025, 7, 10)
    for team in ("A team nobody knows", "", "Assessment Team West"):
        d.add(3, on=SNAPSHOT, REFERRED=mid, NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=0, TEAM=team)
    # withdrawn: in the July file, in none after it
    d.add(3, on=date(2025, 7, 31), REFERRED=mid, NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=0)
    # corrected: no further action only in the latest file
    child = d.add(3, on=date(2025, 7, 31), REFERRED=mid, NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=0)
    for day in (date(2025, 8, 31), date(2025, 9, 30), SNAPSHOT):
        d.add(
            3, child, day, REFERRED=mid, NO_FURTHER_ACTION="a) Yes" if day == SNAPSHOT else "b) No", REFERRALS_BEFORE=0
        )
    # the 12 months before 16 October 2025: a day inside, their first day, a day too early
    for earlier in (date(2024, 10, 17), date(2024, 10, 16), date(2024, 10, 15)):
        child = d.add(3, on=date(2025, 3, 31), REFERRED=earlier, NO_FURTHER_ACTION="b) No")
        d.add(3, child, REFERRED=date(2025, 10, 16), NO_FURTHER_ACTION="b) No")
    # the extract's count speaks of the latest row only: 1 on two rows is one re-referral
    child = d.add(3, REFERRED=date(2025, 10, 6), NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=1)
    d.add(3, child, REFERRED=date(2025, 8, 4), NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=1)
    # an earlier referral is held, whatever the count says
    child = d.add(3, REFERRED=date(2025, 6, 10), NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=0)
    d.add(3, child, REFERRED=date(2025, 10, 8), NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=0)
    # a count of referrals before the files begin
    d.add(3, REFERRED=date(2025, 10, 7), NO_FURTHER_ACTION="b) No", REFERRALS_BEFORE=2)


def make_assessments_awkward(d: Delivery) -> None:
    for start in (date(2025, 7, 5), date(2025, 8, 22), date(2025, 8, 25)):  # a Saturday, before and on a bank holiday
        for days in (45, 46):
            d.add(
                4,
                ASSESSMENT_STARTED=start,
                ASSESSMENT_AUTHORISED=after_working_days(start, days),
                ASSESSMENT_SEEN="a) Yes",
            )
    d.add(4, ASSESSMENT_STARTED=date(2025, 10, 1), ASSESSMENT_AUTHORISED=date(2025, 10, 4), ASSESSMENT_SEEN="")
    done, start = date(2025, 10, 20), date(2025, 10, 1)
    for born in (done - timedelta(days=1), done, done + timedelta(days=1)):
        d.add(4, BIRTH=born, ASSESSMENT_STARTED=start, ASSESSMENT_AUTHORISED=done, ASSESSMENT_SEEN="a) Yes")
    d.add(4, BIRTH="", SEX="c) Not stated/recorded (or unborn)", ASSESSMENT_STARTED=start, ASSESSMENT_AUTHORISED=done)
    # open: 44 to 46 working days on the day, and one authorised on the day
    first = SNAPSHOT - timedelta(days=80)
    for day in (first + timedelta(days=n) for n in range(40)):
        if oracle.working_days(day, SNAPSHOT) in (44, 45, 46):
            d.add(4, ASSESSMENT_STARTED=day)
    d.add(4, ASSESSMENT_STARTED=date(2025, 7, 1), ASSESSMENT_AUTHORISED=SNAPSHOT, ASSESSMENT_SEEN="b) No")
    # withdrawn, and authorised a month later by the latest file
    d.add(4, on=date(2025, 7, 31), ASSESSMENT_STARTED=date(2025, 6, 2), ASSESSMENT_AUTHORISED=date(2025, 7, 3))
    child = d.add(4, on=date(2025, 9, 30), ASSESSMENT_STARTED=date(2025, 7, 1), ASSESSMENT_AUTHORISED=date(2025, 8, 29))
    d.add(
        4, child, ASSESSMENT_STARTED=date(2025, 7, 1), ASSESSMENT_AUTHORISED=date(2025, 9, 12), ASSESSMENT_SEEN="a) Yes"
    )


def make_protection_awkward(d: Delivery) -> None:
    held = {"TEAM": "Locality Safeguarding North"}
    for start in (date(2025, 8, 8), date(2025, 8, 9), date(2025, 9, 1)):
        for days in (15, 16):
            d.add(5, **held, STRATEGY_DISCUSSION=start, CONFERENCE=after_working_days(start, days))
    d.add(5, **held, STRATEGY_DISCUSSION=date(2025, 9, 1), CONFERENCE=date(2025, 9, 1))
    d.add(5, on=date(2025, 7, 31), STRATEGY_DISCUSSION=date(2025, 6, 2), CONFERENCE=date(2025, 6, 12))  # withdrawn

    def on_plan(child: int | None = None, on: date = SNAPSHOT, **cells: Any) -> int:
        return d.add(7, child, on, **held | {"EARLIER_PLANS": 0} | cells)

    for days in (728, 729, 730):
        on_plan(PLAN_STARTED=SNAPSHOT - timedelta(days=days), LAST_VISIT=date(2025, 10, 20), SEEN_ALONE="a) Yes")
    on_plan(PLAN_STARTED=date(2023, 1, 9), PLAN_ENDED=SNAPSHOT, LAST_VISIT=date(2025, 10, 20), SEEN_ALONE="a) Yes")
    start = date(2025, 9, 16)
    on_plan(PLAN_STARTED=start, SEEN_ALONE="a) Yes")  # no visit
    on_plan(PLAN_STARTED=start, LAST_VISIT=date(2025, 10, 1), SEEN_ALONE="c) Unknown")
    on_plan(PLAN_STARTED=start, LAST_VISIT=date(2025, 10, 1), SEEN_ALONE="")
    on_plan(PLAN_STARTED=start, LAST_VISIT=date(2025, 10, 1), SEEN_ALONE="b) No", EARLIER_PLANS=2)
    on_plan(PLAN_STARTED=start, LAST_VISIT=date(2025, 10, 1), SEEN_ALONE="a) Yes", EARLIER_PLANS="")
    on_plan(PLAN_STARTED=start, LAST_VISIT=date(2025, 10, 1), SEEN_ALONE="a) Yes", BIRTH=date(2025, 12, 1))
    # two plans started within one window: each file shows the latest only
    child = on_plan(on=date(2025, 8, 31), PLAN_STARTED=date(2025, 7, 10), PLAN_ENDED=date(2025, 8, 20))
    on_plan(child, PLAN_STARTED=date(2025, 9, 15), EARLIER_PLANS=1)
    # begun before the file that shows the earlier one open: the start date put right, then a plan of its own
    child = on_plan(on=date(2025, 8, 31), PLAN_STARTED=date(2025, 8, 4))
    on_plan(child, PLAN_STARTED=date(2025, 8, 6))
    child = on_plan(on=date(2025, 8, 31), PLAN_STARTED=date(2025, 8, 4))
    on_plan(child, PLAN_STARTED=date(2025, 8, 25), EARLIER_PLANS=1)


def make_care_awkward(d: Delivery) -> None:
    def cared_for(**cells: Any) -> int:
        return d.add(8, **{"CARE_STARTED": date(2023, 5, 2), "LEGAL_STATUS": "C2: FCO", "PLACEMENTS": 2} | cells)

    cared_for(PLACEMENTS=3)
    cared_for(PLACEMENTS="")
    cared_for(LEGAL_STATUS="V3: Short term breaks, episodes recorded", PLACEMENTS=4)
    short_break = cared_for(LEGAL_STATUS="V4: Short term breaks, agreements recorded", PLACEMENTS=4)
    cared_for(CARE_ENDED=SNAPSHOT)
    for born in (
        date(2007, 10, 30),
        date(2007, 10, 31),
        date(2007, 11, 1),
    ):  # 18 the day before, on the day, a day later
        cared_for(BIRTH=born)
    leaver = {"TEAM": "Care Leavers Team", "IN_TOUCH": "a) Yes", "ACCOMMODATION": "U: Independent living"}
    leaver |= {"SUITABILITY": "a) Suitable", "BIRTH": date(2005, 6, 1)}

    def left_care(**cells: Any) -> int:
        return d.add(9, **leaver | cells)

    for in_touch in (
        "b) No",
        "c) Died",
        "d) Refused contact",
        "e) No longer requires services",
        "f) Returned home",
        "",
    ):
        left_care(IN_TOUCH=in_touch)
    for home in ("G: Gone abroad", "H: Deported", "R: Residence not known", "X: In custody"):
        left_care(ACCOMMODATION=home, SUITABILITY="b) Unsuitable")
    left_care(SUITABILITY="")
    for born in (date(2006, 11, 1), date(2006, 10, 31), date(2003, 11, 1), date(2003, 10, 31)):  # 18, 19, 21, 22
        left_care(BIRTH=born)
    helped = {"NEED_STARTED": date(2025, 1, 6), "CASE_STATUS": "c) Child in need plan"}
    d.add(6, **helped)
    d.add(6, **helped, NEED_CLOSED=SNAPSHOT)
    d.add(6, d.add(8, CARE_STARTED=date(2025, 2, 3), LEGAL_STATUS="C1: ICO", PLACEMENTS=1), **helped)
    d.add(6, short_break, **helped)
    d.add(6, left_care(), **helped | {"BIRTH": date(2005, 6, 1)})
    planned = d.add(7, PLAN_STARTED=date(2025, 2, 3))
    d.add(6, planned, **helped)


def make_audits_awkward(d: Delivery) -> None:
    audit = {
        "subject_type": "child", "subject_id": "9900001", "child_id": "9900001", "service_code": "assessment", "team_code": "T03",
        "allocated_date": "2025-07-01", "completed_date": "2025-07-10", "status": "completed", "lead_grade": "good",
        "peer_grade": "inadequate", "template": "social_work", "moderated_date": "2025-07-21", "moderated_grade": "inadequate",
    }  # fmt: skip
    unmoderated = {"moderated_date": "", "moderated_grade": ""}
    d.append(
        "quality_assurance_audits",
        audit | {"audit_id": "X1"},
        audit | {"audit_id": "X2", "team_code": ""},
        audit | {"audit_id": "X3", "status": "withdrawn"},
        audit | {"audit_id": "X4", "status": "allocated", "completed_date": "", "lead_grade": ""} | unmoderated,
        audit | {"audit_id": "X5", "template": "residential", "lead_grade": "", "peer_grade": "good"} | unmoderated,
        audit | {"audit_id": "X6", "template": "fostering", "completed_date": "2025-07-09"},
        audit | {"audit_id": "X7"} | unmoderated,
    )
    action = {"audit_id": "X1", "theme": "plans", "status": "complete", "completed_date": "2025-08-01"}
    due = "2025-09-15"  # 56 days after 21 July
    d.append(
        "quality_assurance_audit_actions",
        action | {"action_id": "X1-1", "completed_date": due},
        action | {"action_id": "X1-2", "completed_date": "2025-09-16"},
        action | {"action_id": "X1-3", "status": "not_required", "completed_date": ""},
        action | {"action_id": "X1-4", "status": "open", "completed_date": ""},
        action | {"action_id": "X3-1", "audit_id": "X3"},
        action | {"action_id": "X5-1", "audit_id": "X5"},
        action | {"action_id": "X6-1", "audit_id": "X6", "completed_date": "2025-09-03"},  # counted from completion
        action | {"action_id": "X6-2", "audit_id": "X6", "completed_date": "2025-09-04"},
        action | {"action_id": "X7-1", "audit_id": "X7"},
    )


def make_organisation_awkward(d: Delivery) -> None:
    """One team changes its service, one its name, both in the middle of the period; one delivery stays away."""
    moved = "T08,Locality Safeguarding South,locality_safeguarding,Locality Safeguarding,2010-04-01,"
    d.replace(
        "reference_organisation",
        moved,
        f"{moved}2025-06-30\nT08,Locality Safeguarding South,through_care,Through Care,2025-07-01,",
    )
    renamed = "T04,Assessment Team West,assessment,Assessment,2010-04-01,"
    d.replace(
        "reference_organisation",
        renamed,
        f"{renamed}2025-06-30\nT04,Assessment Team Rivers,assessment,Assessment,2025-07-01,",
    )
    d.replace(
        "quality_assurance_audit_templates",
        "early_help,Early help case file audit,yes,moderation,2019-04-01,",
        "early_help,Early help case file audit,yes,moderation,2019-04-01,2025-06-19,,,\n"
        "early_help,Early help case file audit,yes,completion,2025-06-20,",
    )
    (d.folder / "Annex_A_2025_Jun.xlsx").unlink()


def make_voice_awkward(d: Delivery) -> None:
    answer = {"response_id": "X1", "channel": "targeted", "respondent": "carer", "response_date": "2025-09-30"}
    answer |= {"service_code": "fostering", "team_code": "", "answer": "positive"}
    d.append(
        "voice_feedback",
        *(answer | {"question": f"q{n}", "answer": a} for n, a in enumerate(("positive", "not_answered", "negative"))),
    )
    star = {
        "intervention_id": "X1",
        "child_id": "9900001",
        "respondent": "child",
        "service_code": "through_care",
        "team_code": "T09",
    }
    rows, areas = [], []
    for n in range(20):  # 20 areas, one of them lower by 1: the mean -0.05 lies half-way
        for stage, day, score in (("start", "2025-06-02", 5), ("end", "2025-09-02", 5 - (n == 0))):
            rows.append(star | {"stage": stage, "star_date": day, "area": f"area{n:02d}", "score": score})
        areas.append(
            {
                "area": f"area{n:02d}",
                "title": f"Area {n}",
                "scale_minimum": 1,
                "scale_maximum": 10,
                "valid_from": "2024-04-01",
            }
        )
    d.append("voice_webstar_areas", *areas)
    twice = star | {"intervention_id": "X2", "area": "happy", "service_code": "adoption", "team_code": "T14"}
    for stage, day, score in (("start", "2025-05-01", 2), ("start", "2025-05-20", 3), ("mid", "2025-06-20", 9)):
        rows.append(twice | {"stage": stage, "star_date": day, "score": score})
    for day, score in (("2025-08-01", 5), ("2025-10-02", 7)):
        rows.append(twice | {"stage": "end", "star_date": day, "score": score})
    for respondent, stage in (("parent", "start"), ("child", "end")):  # two respondents are no pair
        rows.append(
            star
            | {
                "intervention_id": "X3",
                "respondent": respondent,
                "stage": stage,
                "star_date": "2025-09-09",
                "area": "safe",
                "score": 4,
            }
        )
    d.append("voice_webstar", *rows)


@pytest.fixture(scope="session")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, oracle.Extracts]:
    """The promoted warehouse of eight deliveries made awkward, and the same files for the reckoning."""
    from orchestration.ingest.load import load
    from orchestration.settings import Settings
    from orchestration.synthetic.generate import generate
    from orchestration.warehouse.build import build

    folder = tmp_path_factory.mktemp("awkward") / "home"
    make_home(folder)
    settings = Settings(home=folder, settle_seconds=0)
    generate(settings.landing, AS_AT, deliveries=8, sources=ANNEX_A_ONLY)
    delivery = Delivery(settings.landing)
    for make in (make_referrals_awkward, make_assessments_awkward, make_protection_awkward, make_care_awkward):
        make(delivery)
    for day, lists in delivery.books.items():  # the case system shows the team's name of the day of the file
        for row in (row for rows in lists.values() for row in rows):
            if day > date(2025, 6, 30) and row.get(oracle.TEAM) == "Assessment Team West":
                row[oracle.TEAM] = "Assessment Team Rivers"
    delivery.save()
    make_audits_awkward(delivery)
    make_organisation_awkward(delivery)
    make_voice_awkward(delivery)
    extracts = oracle.read_extracts(settings.landing, AS_AT)
    reports = load(settings, known_on=AS_AT)
    refused = [
        (r["file"], reason)
        for r in reports
        for reason in r["reasons"]
        if reason["action"] == "quarantined"  # type: ignore[attr-defined]
    ]
    assert refused == [], "a row was refused that the reckoning counts"
    assert {report["state"] for report in reports} == {"accepted"}
    return build(settings, AS_AT).file, extracts


@pytest.mark.parametrize("kpi", CODES)
def test_every_figure_agrees_where_the_files_are_awkward(awkward, kpi):
    file, extracts = awkward
    with duckdb.connect(str(file), read_only=True) as connection:
        assert differences(connection, extracts, kpi, FIRST_DAY) == []


# --- the reckoning itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2022, 12, 1), 45, date(2023, 2, 7)),  # the worked example of the definitions
        (date(2020, 5, 1), 5, date(2020, 5, 11)),  # the early May holiday moved to Friday 8 May 2020
        (date(2022, 9, 16), 1, date(2022, 9, 20)),  # 19 September 2022
        (date(2023, 5, 5), 1, date(2023, 5, 9)),  # 8 May 2023
        (date(2025, 8, 23), 1, date(2025, 8, 26)),  # from a Saturday, over the late summer holiday
    ],
)
def test_the_reckoning_counts_working_days_from_the_day_after(start, days, end):
    assert after_working_days(start, days) == end
    assert oracle.working_days(start, end) == days


@pytest.mark.parametrize(
    ("above", "below", "decimals", "value"),
    [
        (856, 4805, 1, "17.8"),  # published pairs of one authority, year to March 2025
        (171, 4805, 1, "3.6"),
        (94 + 648, 792, 1, "93.7"),
        (7, 522, 1, "1.3"),
        (97, 1036, 0, "9"),
        (306, 404, 0, "76"),
        (1, 8, 0, "13"),  # exact halves go up, not to the even neighbour
        (1, 40, 0, "3"),
        (1, 16, 1, "6.3"),
    ],
)
def test_the_reckoning_rounds_half_up(above, below, decimals, value):
    assert oracle.half_up(Decimal(100 * above) / below, decimals) == Decimal(value)
