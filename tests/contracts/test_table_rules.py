"""What only the whole load, or several loads together, can say: volume, freshness, null rates, references, adoption, append."""

from __future__ import annotations

import csv
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import openpyxl
import pytest

from expectations.contracts import load_contracts
from orchestration.ledger import Ledger
from orchestration.refresh import holds
from orchestration.settings import Settings
from orchestration.warehouse.build import prepare
from orchestration.warehouse.dbt import candidate_file
from tests.control import CANARY, PERIOD, SNAPSHOT, annex_a, grid, write_csv, write_xlsx

AS_AT = date(2025, 9, 10)
ROWS = 24  # above the floor of the volume rule, below the ages that the control rows can have


def send(tmp_path: Path, run, source: str, name: str, one=None, period: str = PERIOD, rows: int = ROWS, **options):
    """Load one table as CSV; gives the reports of the file."""
    one = one or grid(source, name, rows)
    path = write_csv(tmp_path / f"{source}_{name}_{period}.csv", one)
    return run("load", path, "--as-at", AS_AT, "--json", **options).document


def person(tmp_path: Path, run, rows: int = ROWS):
    return send(tmp_path, run, "ssd", "person", grid("ssd", "person", rows))


def with_children(name: str, rows: int = ROWS):
    """Control rows of an SSD table whose children are those of the control rows of `person`."""
    people = grid("ssd", "person", rows)
    one = grid("ssd", name, rows)
    for number in range(2, rows + 2):
        one.set(number, "child_id", people.get(number, "child_id"))
    return one


def reasons(reports) -> list[tuple[str, str, str, list[int]]]:
    return [(r["code"], r["column"], r["action"], r["rows"]) for report in reports for r in report["reasons"]]


# --- references ---------------------------------------------------------------------------------------------------


def test_an_orphan_is_noted_and_loaded_and_the_issue_goes_when_the_other_row_comes(home, run, tmp_path):
    plans = with_children("cp_plans")
    person(tmp_path, run, rows=ROWS - 2)
    (report,) = send(tmp_path, run, "ssd", "cp_plans", plans)
    assert report["state"] == "accepted"
    assert ("ORPHAN", "child_id", "noted", [ROWS, ROWS + 1]) in reasons([report])
    assert report["rows_loaded"] == ROWS
    assert orphans("cp_plans") == [("child_id", 2)]
    person(tmp_path, run)
    assert orphans("cp_plans") == [], "an issue is judged by what is held when the warehouse is built"


def orphans(table: str) -> list[tuple[str, int]]:
    """Columns and numbers of orphans among the issues of a candidate warehouse."""
    prepare(Settings(), AS_AT, date.max)
    with duckdb.connect(str(candidate_file(Settings())), read_only=True) as db:
        return db.execute(
            "select column_name, rows from raw.issues where table_name = ? and rule = 'ORPHAN' and column_name = 'child_id'",
            [table],
        ).fetchall()


def test_what_a_later_dump_dropped_is_an_orphan_whatever_was_held_before(home, run, tmp_path):
    """Of full dumps only the last one counts: names that only an older one holds are found nowhere."""
    person(tmp_path, run)
    send(tmp_path, run, "ssd", "cp_plans", with_children("cp_plans"))
    assert orphans("cp_plans") == []
    fewer = grid("ssd", "person", ROWS - 3)
    send(tmp_path, run, "ssd", "person", fewer, period="2025-07")
    assert orphans("cp_plans") == [("child_id", 3)]


def test_extracts_that_do_not_belong_together_are_refused(home, run, tmp_path):
    person(tmp_path, run)
    (report,) = send(tmp_path, run, "ssd", "cp_plans", grid("ssd", "cp_plans", ROWS))
    assert report["state"] == "rejected"
    assert "at least 50% of its references among the rows of person" in report["message"]
    assert CANARY not in report["message"]


def test_without_the_other_table_nothing_is_said_of_references(home, run, tmp_path):
    (report,) = send(tmp_path, run, "ssd", "cp_plans", grid("ssd", "cp_plans", ROWS))
    assert report["state"] == "accepted"
    assert not [r for r in reasons([report]) if r[:2] == ("ORPHAN", "child_id")]


# --- freshness and null rates -------------------------------------------------------------------------------------


def test_an_extract_that_was_not_run_again_is_refused(home, run, tmp_path):
    stale = grid("ssd", "contacts", ROWS)
    for row in range(2, ROWS + 2):
        stale.set(row, "contact_date", SNAPSHOT - timedelta(days=93 + row))
    (report,) = send(tmp_path, run, "ssd", "contacts", stale)
    assert report["state"] == "rejected"
    assert "contact_date: expected a newest day at most 92 days before the snapshot" in report["message"]
    stale.set(5, "contact_date", SNAPSHOT - timedelta(days=92))
    again = send(tmp_path, run, "ssd", "contacts", stale)
    assert {r["state"] for r in again} == {"accepted"}, again[0]["message"]


def test_a_column_that_is_blank_too_often_refuses_the_load(home, run, tmp_path):
    column = next(c for c in load_contracts().table("ssd", "care_leavers").columns if c.max_null_share == 0.5)
    one = grid("ssd", "care_leavers", 10)
    for row in range(2, 8):
        one.set(row, column.name, "")
    (report,) = send(tmp_path, run, "ssd", "care_leavers", one)
    assert report["state"] == "rejected"
    assert f"{column.name}: expected a value in at least 50% of the rows" in report["message"]
    one.set(7, column.name, grid("ssd", "care_leavers", 10).get(7, column.name))
    assert send(tmp_path, run, "ssd", "care_leavers", one)[0]["state"] == "accepted"


# --- volume -------------------------------------------------------------------------------------------------------


def months(tmp_path: Path, second: dict) -> list[Path]:
    """Two workbooks of successive months, the later one sorting first by name."""
    first = write_xlsx(tmp_path / "Annex_A_2025_Jun.xlsx", annex_a(ROWS - 1).values())
    return [write_xlsx(tmp_path / "Annex_A_2025_Aug.xlsx", second.values()), first]


@pytest.mark.parametrize(("rows", "waits"), [(13, True), (14, False), (23, False)])
def test_publication_waits_for_a_person_when_the_rows_change_by_more_than_40_per_cent(home, run, tmp_path, rows, waits):
    second = annex_a(ROWS - 1, date(2025, 8, 31))
    second["list_3"].rows = second["list_3"].rows[:rows]
    done = run("load", *months(tmp_path, second), "--as-at", AS_AT, "--json")
    assert done.code == 0, "the file is loaded all the same"
    with Ledger(Settings().ledger_path) as ledger:
        held = ledger.open_holds()
    assert [(h["table_name"], h["period"]) for h in held] == ([("list_3", "2025-08")] if waits else [])
    if waits:
        message = next(r["message"] for r in done.document if r["period"] == "2025-08")
        assert "publication waits: list_3 has 13 rows, 23 in the period before" in message
        # also the figures of partners' referrals, which are counted from list 3
        assert set(holds(Settings())) == {
            "annex_a", "business_monthly_indicators", "contract_key_performance_indicators", "quarterly_quality_assurance_report",
            "self_evaluation",
        }  # fmt: skip


def test_a_list_that_is_gone_waits_until_a_named_person_signs_the_load_off(home, run, tmp_path):
    second = annex_a(ROWS - 1, date(2025, 8, 31))
    del second["list_7"]
    done = run("load", *months(tmp_path, second), "--as-at", AS_AT, "--json")
    load_id = next(r["load_id"] for r in done.document if r["period"] == "2025-08")
    (told,) = {text for texts in holds(Settings()).values() for text in texts}
    assert "list_7 is not in the file, it had 23 rows in the period before" in told
    assert f"qapm sign-off --load {load_id} --by NAME" in told
    assert run("sign-off", "--load", load_id, "--by", "  ").code == 2
    assert run("sign-off", "--load", load_id, "--by", "A Manager", "--reason", "moved system", "--json").document == {
        "load_id": load_id, "signed_off_by": "A Manager", "holds": 1,
    }  # fmt: skip
    assert holds(Settings()) == {}
    assert run("sign-off", "--load", load_id, "--by", "A Manager").code == 2, "once is enough"


def test_a_corrected_file_takes_its_hold_away(home, run, tmp_path):
    short = annex_a(ROWS - 1, date(2025, 8, 31))
    short["list_3"].rows = short["list_3"].rows[:5]
    run("load", *months(tmp_path, short), "--as-at", AS_AT)
    assert holds(Settings())
    whole = write_xlsx(tmp_path / "Annex_A_2025_Aug.xlsx", annex_a(ROWS - 1, date(2025, 8, 31)).values())
    run("load", whole, "--as-at", AS_AT)
    assert holds(Settings()) == {}


def test_a_table_brought_in_a_file_of_its_own_is_not_gone(home, run, tmp_path):
    """A CSV whose JSON makes a second table is still a file of one table."""
    for period in (PERIOD, "2025-07"):
        for name in ("department", "cin_episodes"):
            one = grid("ssd", name, ROWS, date(2025, 7, 31) if period == "2025-07" else SNAPSHOT)
            send(tmp_path, run, "ssd", name, one, period=period)
    with Ledger(Settings().ledger_path) as ledger:
        assert ledger.open_holds() == []


def test_a_hold_of_one_table_goes_when_that_table_is_corrected(home, run, tmp_path):
    book = tmp_path / "ssd_2025-06.xlsx"
    run(
        "load",
        write_xlsx(book, [grid("ssd", "department", ROWS), grid("ssd", "professionals", ROWS)]),
        "--as-at",
        AS_AT,
    )
    july = date(2025, 7, 31)
    short = [grid("ssd", "department", 5, july), grid("ssd", "professionals", ROWS, july)]
    run("load", write_xlsx(tmp_path / "ssd_2025-07.xlsx", short), "--as-at", AS_AT)
    with Ledger(Settings().ledger_path) as ledger:
        assert [h["table_name"] for h in ledger.open_holds()] == ["department"]
    send(tmp_path, run, "ssd", "department", grid("ssd", "department", ROWS, july), period="2025-07")
    with Ledger(Settings().ledger_path) as ledger:
        assert ledger.open_holds() == []


def test_a_killed_run_keeps_its_hold(home, run, tmp_path, monkeypatch):
    """State, reasons and holds of a load are one transaction: there is no accepted load without its hold."""
    short = annex_a(ROWS - 1, date(2025, 8, 31))
    short["list_3"].rows = short["list_3"].rows[:5]
    seen = []
    finish = Ledger.finish

    def watched(self, load_id, state, *about, **more):
        finish(self, load_id, state, *about, **more)
        with Ledger(Settings().ledger_path) as other:  # what a run after a kill at this point would find
            seen.append((state, len(other.open_holds())))

    monkeypatch.setattr(Ledger, "finish", watched)
    first, second = months(tmp_path, short)
    run("load", second, "--as-at", AS_AT)
    run("load", first, "--as-at", AS_AT)
    assert [holds for _, holds in seen] == [0, 1]


def test_form_answers_hold_what_the_audits_feed():
    contracts = load_contracts()
    for name in ("form_answers", "form_audits", "form_theme_grades"):
        assert "quality_assurance.audits" in contracts.feeds(
            contracts.table("quality_assurance", name)
        ) or name.endswith("grades")
    assert contracts.feeds(contracts.table("quality_assurance", "form_theme_grades")) == {
        "quality_assurance.form_theme_grades", "quality_assurance.theme_grades",
    }  # fmt: skip
    assert contracts.feeds(contracts.table("annex_a", "list_3")) == {"annex_a.list_3"}


# --- the same bytes in another month ------------------------------------------------------------------------------


def test_an_unchanged_table_of_the_case_system_is_the_position_of_the_new_month(home, run, tmp_path):
    for period, state in ((PERIOD, "accepted"), ("2025-07", "accepted"), ("2025-07", "duplicate")):
        (report,) = send(tmp_path, run, "ssd", "department", grid("ssd", "department"), period=period)
        assert (report["state"], report["period"]) == (state, period)


def test_events_sent_again_under_another_month_stay_a_duplicate(home, run, tmp_path):
    one = grid("portal_referrals", "portal_referrals")
    for row in one.rows:
        row[:] = [c + timedelta(days=105) if type(c) in (date, datetime) and c.month < 4 else c for c in row]
    states = []
    for period in (PERIOD, "2025-07"):
        path = write_csv(tmp_path / f"portal_referrals_portal_referrals_{period}.csv", one)
        states += [r["state"] for r in run("load", path, "--as-at", AS_AT, "--json").document]
    assert states == ["accepted", "duplicate"]


# --- published statistics -----------------------------------------------------------------------------------------


def test_rows_of_a_published_file_that_only_a_filter_tells_apart_pass_the_gate(home, run, tmp_path):
    """`age` has figures and a total and is needed to tell rows apart; `note` has a word and is not: its word is counted."""
    lines = [
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,"
        "sex,age,number,rate"
    ]
    for sex in ("Female", "Male"):
        for age in ("4", "5", "Total"):
            lines.append(
                f"2025,Reporting year,National,E92000001,England,,,,,,{sex},{age},{len(lines)},{'c' if age == '4' else '1.5'}"
            )
    lines[2] = lines[2].replace(",2,", ",see note,")
    path = tmp_path / "some_statistics_2025-06.csv"
    path.write_text("\n".join(lines) + "\n")
    reports = {r["table"]: r for r in run("load", path, "--as-at", AS_AT, "--json").document}
    assert {r["state"] for r in reports.values()} == {"accepted"}
    assert (reports["dfe_rows"]["rows_loaded"], reports["dfe_values"]["rows_loaded"]) == (6, 11)
    assert ("BAD_NUMBER", "number", "blanked", [3]) in reasons([reports["dfe_rows"]])


# --- loads that add to one another --------------------------------------------------------------------------------


def test_loads_of_new_events_add_to_one_another_and_the_same_event_again_replaces_itself(home, run, tmp_path):
    first, second = grid("portal_referrals", "portal_referrals"), grid("portal_referrals", "portal_referrals", 15)
    second.rows = second.rows[8:]  # two events again, five new ones
    second.rows[0][second.place("team_code")] = "another team"
    for row in (*first.rows, *second.rows):  # lately, as a feed of new events is
        row[:] = [
            c + timedelta(days=105)
            if type(c) in (date, datetime) and date(c.year, c.month, c.day) < SNAPSHOT - timedelta(days=105)
            else c
            for c in row
        ]
    for number, one in enumerate((first, second)):
        path = write_csv(tmp_path / f"portal_referrals_portal_referrals_{PERIOD}_{number}.csv", one)
        assert run("load", path, "--as-at", AS_AT).code == 0
    settings = Settings()
    with Ledger(settings.ledger_path) as ledger:
        assert [r["rows_loaded"] for r in ledger.current_tables()] == [10, 7]
    prepare(settings, AS_AT, date.max)
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as db:
        rows, events = db.execute(
            "select count(*), count(distinct portal_id) from raw.portal_referrals__portal_referrals"
        ).fetchone()
    assert (rows, events) == (17, 15)


# --- adoption -----------------------------------------------------------------------------------------------------


def test_a_record_sealed_after_the_load_is_linked_to_nobody_in_the_warehouse(home, run, tmp_path):
    people = grid("ssd", "person")
    family = with_children("family", 10)
    send(tmp_path, run, "ssd", "family", family)
    sealed = grid("reference", "record_restrictions")
    for row in range(2, 12):
        sealed.set(row, "restriction", "Sealed adoption record" if row == 4 else "Restricted record")
        sealed.set(row, "child_id", people.get(row, "child_id"))
    send(tmp_path, run, "reference", "record_restrictions", sealed)
    settings = Settings()
    prepare(settings, AS_AT, date.max)
    with duckdb.connect(str(candidate_file(settings)), read_only=True) as db:
        children = [row[0] for row in db.execute("select child_id from raw.ssd__family").fetchall()]
    assert len(children) == 9
    assert people.get(4, "child_id") not in children


# --- issues and the report ----------------------------------------------------------------------------------------


def test_the_issues_of_the_loads_that_count_say_since_when(home, run, tmp_path):
    bad = grid("ssd", "cla_placement")
    bad.set(3, "postcode", "nope") if "postcode" in bad.table.by_name else bad.set(3, "placement_postcode", "nope")
    send(tmp_path, run, "ssd", "cla_placement", bad)
    later = write_csv(tmp_path / f"ssd_cla_placement_{PERIOD}.csv", bad)
    later.write_bytes(later.read_bytes() + b"\n")
    run("load", later, "--as-at", AS_AT + timedelta(days=30))
    with Ledger(Settings().ledger_path) as ledger:
        (issue,) = [i for i in ledger.issues() if i["rule"] == "BAD_POSTCODE"]
        assert (issue["first_seen"], issue["rows"], issue["load_id"]) == (AS_AT.isoformat(), 1, 2)
        (before,) = [i for i in ledger.issues(AS_AT) if i["rule"] == "BAD_POSTCODE"]
        assert before["load_id"] == 1


def test_the_error_report_tells_of_a_refused_file_too(home, run, tmp_path):
    one = grid("ssd", "cp_plans", 10)
    send(tmp_path, run, "ssd", "cp_plans", one)
    for row in (3, 4, 5):
        one.set(row, "cp_plan_start_date", "31/02/2021")
    (report,) = send(tmp_path, run, "ssd", "cp_plans", one)
    assert (report["state"], report["source"], report["table"]) == ("rejected", "ssd", "cp_plans")
    told = [r for r in run("quarantine", "--source", "ssd", "--json").document if r["code"] == "BAD_DATE"]
    assert {r["sheet"] for r in told} == {f"ssd_cp_plans_{PERIOD}"}
    assert [(r["row"], r["header"], r["owner"]) for r in told] == [
        (row, "cppl_cp_plan_start_date", "Children's services data team") for row in (3, 4, 5)
    ]


def test_the_error_report_names_places_and_remedies_and_never_a_value(home, run, tmp_path):
    one = grid("ssd", "cp_plans")
    one.set(4, "cp_plan_start_date", f"31/02/2021 {CANARY}")
    send(tmp_path, run, "ssd", "cp_plans", one)
    csv_file, workbook = tmp_path / "report.csv", tmp_path / "report.xlsx"
    for path in (csv_file, workbook):
        assert run("quarantine", "--source", "ssd", "--to", path).code == 0
    with csv_file.open(encoding="utf-8-sig", newline="") as handle:
        (row,) = [r for r in csv.DictReader(handle) if r["Code"] == "BAD_DATE"]
    assert (row["File"], row["Row"], row["Column in the file"]) == (
        f"ssd_cp_plans_{PERIOD}.csv",
        "4",
        "cppl_cp_plan_start_date",
    )
    assert row["What to do"].startswith("write the date as")
    assert row["Owner"] == "Children's services data team"
    sheets = openpyxl.load_workbook(workbook)
    assert sheets.sheetnames == ["Summary", "Rows"]
    told = [cell for sheet in sheets for line in sheet.iter_rows(values_only=True) for cell in line]
    assert "BAD_DATE" in told
    assert not [c for c in told if isinstance(c, str) and CANARY in c]
    first = workbook.read_bytes()
    run("quarantine", "--source", "ssd", "--to", workbook)
    assert workbook.read_bytes() == first
    assert run("quarantine", "--source", "ssd", "--to", tmp_path / "report.doc").code == 2
    assert run("quarantine", "--source", "nothing").code == 2


def test_a_ledger_of_an_earlier_version_is_taken_up(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path):
        pass
    with sqlite3.connect(path) as db:
        for table, column in (("load_tables", "mode"), ("reasons", "row_count")):
            db.execute(f"alter table {table} drop column {column}")
        db.execute(
            "insert into loads (file, sha256, bytes, period, state, contract_digest, known_on, recorded_at) "
            "values ('a', 'b', 1, '2025-01', 'accepted', 'c', '2025-01-01', 'd')"
        )
        db.execute(
            "insert into reasons (load_id, table_name, sheet, code, column_name, action, row_numbers) values (1, 't', 's', 'BAD_DATE', 'c', 'blanked', '[4, 5]')"
        )
        db.execute(
            "insert into load_tables (load_id, source, table_name, sheet, rows_read, rows_loaded, rows_quarantined, rows_deduplicated, missing) "
            "values (1, 'x', 't', 's', 2, 2, 0, 0, '[]')"
        )
    with Ledger(path) as ledger:
        assert ledger.issues()[0]["rows"] == 2
        assert ledger.current_tables()[0]["mode"] == "period"


# --- wrong audits -------------------------------------------------------------------------------------------------


def templates(tmp_path: Path, run):
    """Two templates: one with the themes `voice` and, to the end of May, `plans`; the other with `matching` only."""
    themes = grid("quality_assurance", "template_themes", 4)
    spells = [("A", "voice", ""), ("A", "plans", "2025-05-31"), ("B", "matching", ""), ("B", "plans", "")]
    for row, (template, theme, valid_to) in enumerate(spells, start=2):
        about = {"template": template, "theme": theme, "valid_from": date(2019, 4, 1), "valid_to": valid_to}
        for column, value in about.items():
            themes.set(row, column, value)
    send(tmp_path, run, "quality_assurance", "template_themes", themes)


def audits_of(rows: int):
    """Control rows of audits, all of template A and completed on 2 June."""
    one = grid("quality_assurance", "audits", rows)
    for row in range(2, rows + 2):
        days = {
            "allocated_date": date(2025, 5, 1),
            "completed_date": date(2025, 6, 2),
            "moderated_date": date(2025, 6, 9),
        }
        for column, value in {"template": "A", "reaudit_of": "", **days}.items():
            one.set(row, column, value)
    return one


def graded(audits, themes: list[str]):
    one = grid("quality_assurance", "theme_grades", len(themes))
    for row, theme in enumerate(themes, start=2):
        one.set(row, "audit_id", audits.get(row, "audit_id"))
        one.set(row, "theme", theme)
    return one


def test_a_theme_that_the_template_does_not_have_is_quarantined(home, run, tmp_path):
    templates(tmp_path, run)
    audits = audits_of(8)
    audits.set(8, "completed_date", date(2025, 5, 31))  # the last day on which `plans` belongs to the template
    audits.set(8, "moderated_date", date(2025, 5, 31))
    send(tmp_path, run, "quality_assurance", "audits", audits)
    themes = graded(audits, ["voice", "voice", "matching", "plans", "voice", "voice", "plans", "voice"])
    themes.set(9, "audit_id", "999")  # of an audit that nobody knows: noted as such, its theme is not judged
    (report,) = send(tmp_path, run, "quality_assurance", "theme_grades", themes)
    assert report["state"] == "accepted_with_quarantine"
    assert (report["rows_read"], report["rows_loaded"], report["rows_quarantined"]) == (8, 6, 2)
    assert ("NOT_LISTED", "theme", "quarantined", [4, 5]) in reasons([report])
    assert ("ORPHAN", "audit_id", "noted", [9]) in reasons([report])
    prepare(Settings(), AS_AT, date.max)
    with duckdb.connect(str(candidate_file(Settings())), read_only=True) as db:
        kept = db.execute("select theme, count(*) from raw.quality_assurance__theme_grades group by 1 order by 1")
        assert kept.fetchall() == [("plans", 1), ("voice", 5)]


def test_themes_of_another_register_are_refused_with_their_file(home, run, tmp_path):
    templates(tmp_path, run)
    audits = audits_of(4)
    send(tmp_path, run, "quality_assurance", "audits", audits)
    (report,) = send(tmp_path, run, "quality_assurance", "theme_grades", graded(audits, ["matching"] * 3 + ["voice"]))
    assert report["state"] == "rejected"
    assert "theme: expected at least 50% of its references among the rows of template_themes" in report["message"]


def test_a_theme_is_not_judged_while_the_templates_are_not_held(home, run, tmp_path):
    audits = audits_of(3)
    send(tmp_path, run, "quality_assurance", "audits", audits)
    (report,) = send(tmp_path, run, "quality_assurance", "theme_grades", graded(audits, ["matching"] * 3))
    assert (report["state"], report["rows_loaded"]) == ("accepted", 3)


def test_wrong_audits_are_quarantined_with_the_reason(home, run, tmp_path):
    one = audits_of(30)
    one.set(3, "peer_auditor_id", one.get(3, "lead_auditor_id"))
    one.set(4, "moderated_date", date(2025, 6, 1))  # the day before the audit was completed
    one.set(5, "completed_date", "")
    one.set(5, "moderated_date", date(2025, 4, 30))  # the day before it was circulated
    one.set(6, "moderated_grade", "Very good")
    one.set(7, "peer_auditor_id", "")
    one.set(7, "peer_auditor", f" {str(one.get(7, 'lead_auditor')).upper()} ")
    one.set(8, "peer_auditor", one.get(8, "lead_auditor"))  # two people of one name: the numbers say so
    (report,) = send(tmp_path, run, "quality_assurance", "audits", one)
    assert report["rows_quarantined"] == 5
    wrong = [r for r in reasons([report]) if r[2] == "quarantined"]
    assert wrong == [
        ("END_BEFORE_START", "moderated_date", "quarantined", [4, 5]),
        ("SAME_VALUE", "peer_auditor", "quarantined", [7]),
        ("SAME_VALUE", "peer_auditor_id", "quarantined", [3]),
        ("UNKNOWN_CODE", "moderated_grade", "quarantined", [6]),
    ]


def test_wrong_audits_are_counted_in_the_error_report_of_their_team(home, run, tmp_path):
    teams = grid("reference", "organisation", 2)
    for row, code in ((2, "T1"), (3, "T2")):
        teams.set(row, "team_code", code)
    send(tmp_path, run, "reference", "organisation", teams)
    templates(tmp_path, run)
    audits = audits_of(30)
    for row in range(2, 32):
        audits.set(row, "team_code", "T1" if row % 2 else "T2")
    audits.set(3, "moderated_grade", "Very good")
    audits.set(4, "moderated_grade", "Excellent")
    audits.set(6, "team_code", "T9")  # a team that the register does not have is told to nobody
    audits.set(6, "moderated_grade", "Excellent")
    send(tmp_path, run, "quality_assurance", "audits", audits)
    themes = graded(audits, ["voice"] * 28)
    themes.set(9, "theme", "matching")
    send(tmp_path, run, "quality_assurance", "theme_grades", themes)
    told = run("quarantine", "--source", "quality_assurance", "--json").document
    assert [(r["row"], r["team"]) for r in told if r["code"] == "UNKNOWN_CODE"] == [(3, "T1"), (4, "T2"), (6, "")]
    assert [(r["row"], r["team"]) for r in told if r["code"] == "NOT_LISTED"] == [(9, "T1")]
