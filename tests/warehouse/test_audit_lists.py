"""The monthly list of audits over the built warehouse: drawn, frozen, replaced, allocated; judged by the extracts as delivered."""

from __future__ import annotations

import shutil
import stat
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.audit import frozen, programme
from orchestration.audit.frozen import ListChanged
from orchestration.audit.monthly import FIELDS, Refused, allocate_month, sample_month
from orchestration.audit.programme import NoFrame
from orchestration.ledger import Ledger
from orchestration.settings import Settings
from orchestration.warehouse.build import build_fingerprint, current
from tests.warehouse.test_journey_oracle import read_extract

MONTH, POSITION = "2025-11", date(2025, 10, 31)
AS_AT = date(2025, 11, 10)


@pytest.fixture
def lists(demo_home: Path, tmp_path: Path) -> Settings:
    """The demo's warehouse and ledger in a folder of their own, whose lists can be frozen; nothing is frozen yet."""
    made = current(Settings(home=demo_home))
    settings = Settings(home=tmp_path / "home")
    settings.make_folders()
    for file in (demo_home / "store").glob("ledger.sqlite*"):
        shutil.copyfile(file, settings.store / file.name)
    (settings.warehouse / made.name).symlink_to(made.folder)
    (settings.warehouse / "CURRENT").write_text(made.name, encoding="ascii")
    return settings


def parts(settings: Settings) -> list[dict[str, Any]]:
    with Ledger(settings.ledger_path) as ledger:
        return ledger.audit_lists(MONTH)


def active(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["replaced_by"] is None]


def test_sample_is_frozen_once_and_given_again(lists):
    drawn = sample_month(lists, MONTH)
    assert drawn.rows and not drawn.was_frozen
    (part,) = parts(lists)
    path = frozen.folder(lists, MONTH) / str(part["file"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert part["kind"] == "sample" and part["rows"] == len(drawn.rows)
    other = lists.model_copy(update={"audit_seed": "another"})
    assert sample_month(other, MONTH, dry_run=True).rows == drawn.rows  # what is frozen stays, whatever the seed is now
    assert sample_month(lists, MONTH).was_frozen
    assert len(parts(lists)) == 1


def test_dry_run_freezes_nothing_and_the_seed_decides(lists):
    drawn = sample_month(lists, MONTH, dry_run=True)
    assert parts(lists) == [] and not frozen.folder(lists, MONTH).exists()
    assert sample_month(lists, MONTH, dry_run=True) == drawn
    assert sample_month(lists.model_copy(update={"audit_seed": "2"}), MONTH, dry_run=True).rows != drawn.rows


def test_changed_file_is_refused(lists):
    sample_month(lists, MONTH)
    path = frozen.folder(lists, MONTH) / str(parts(lists)[0]["file"])
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ListChanged, match=r"was changed: put it back from a backup"):
        sample_month(lists, MONTH)
    path.unlink()
    with pytest.raises(ListChanged, match="is gone"):
        frozen.frozen_samples(lists, AS_AT)


def test_records_far_from_the_position_are_refused_unless_a_reason_is_given(lists):
    with pytest.raises(Refused, match=r"nothing as at within 7 days of 2025-11-30 .* --override-reason"):
        sample_month(lists, "2025-12")
    assert sample_month(lists, "2025-12", override_reason="case system down").rows
    with Ledger(lists.ledger_path) as ledger:
        (part,) = ledger.audit_lists("2025-12")
    assert str(part["reason"]).endswith("case system down")
    with pytest.raises(NoFrame, match="holds no open case at 2026-01-31"):
        sample_month(lists, "2026-02", override_reason="anything")
    with pytest.raises(ValueError, match="not a month"):
        sample_month(lists, "2025-26-Q3")


def test_nobody_is_drawn_whom_the_extracts_bar(lists, warehouse):
    """By the rows as delivered, over every month of a year: seven draws give more to look at than one."""
    rows = [
        row for month in ("2025-05", "2025-06", "2025-07", "2025-08", "2025-09", "2025-10", "2025-11")
        for row in sample_month(lists, month, override_reason="looking back", dry_run=True).rows
    ]  # fmt: skip
    children = {row["child"] for row in rows} - {None}
    assert len(children) > 20
    restricted = {
        r[0]
        for r in warehouse.execute(
            "select child_id from raw.reference__record_restrictions where valid_to is null"
        ).fetchall()
    }
    assert not children & restricted
    x = read_extract(warehouse)
    since, first = date(2025, 5, 1), date(2025, 11, 1)
    listed = warehouse.execute(
        "select subject_type, subject_id from raw.quality_assurance__audit_allocations "
        "where replaced_by is null and circulated_date >= ? and circulated_date < ?",
        [since, first],
    ).fetchall()
    now = sample_month(lists, MONTH, dry_run=True).rows
    assert not {(kind, x.key(subject) if kind == "child" else subject) for kind, subject in listed} & {
        (r["subject_type"], x.key(r["subject"]) if r["child"] else r["subject"]) for r in now
    }
    families = warehouse.execute("select family_id, child_id from raw.ssd__family").fetchall()
    mine = [family for family, child in families if child in {r["child"] for r in now}]
    assert max(Counter(mine).values(), default=0) <= 1


def test_subject_of_an_earlier_frozen_list_is_not_listed_again(lists):
    before = sample_month(lists, "2025-10", override_reason="looking back").rows
    then = {(r["subject_type"], r["subject"]) for r in before}
    now = {(r["subject_type"], r["subject"]) for r in sample_month(lists, MONTH).rows}
    assert then and not then & now


def test_replacement_is_appended_and_the_row_replaced_stays(lists):
    drawn = sample_month(lists, MONTH).rows
    with pytest.raises(Refused, match="give --reason"):
        sample_month(lists, MONTH, replace=drawn[0]["subject"])
    with pytest.raises(Refused, match="is not on the list"):
        sample_month(lists, MONTH, replace="nobody", reason="in court")
    gone = next(r for r in drawn if r["team"] == "T06")
    rows = sample_month(lists, MONTH, replace=gone["subject"], reason="in court").rows
    assert len(rows) == len(drawn) + 1
    kept = next(r for r in rows if r["subject"] == gone["subject"])
    assert (kept["replaced_by"], kept["reason"]) == (rows[-1]["subject"], "in court")
    assert rows[-1]["stratum"] == gone["stratum"] and rows[-1]["template"] == gone["template"]
    assert [p["kind"] for p in parts(lists)] == ["sample", "replacement"]
    assert sample_month(lists, MONTH).rows == rows
    with pytest.raises(Refused, match="was replaced before"):
        sample_month(lists, MONTH, replace=gone["subject"], reason="again")


def test_allocation_keeps_to_service_and_team_and_appends_only_what_changes(lists, warehouse):
    with pytest.raises(Refused, match="qapm audit sample --month 2025-11"):
        allocate_month(lists, MONTH)
    sample_month(lists, MONTH)
    made = allocate_month(lists, MONTH)
    managers = dict(
        warehouse.execute(
            "select worker_id, (team_code, service_code) from raw.workforce__workers where role = 'team_manager' and period = '2025-10'"
        ).fetchall()
    )
    assert any(r["peer_auditor"] for r in made.rows)
    for row in made.rows:
        assert row["template"] == "residential" or managers[row["lead_auditor"]][0] == row["team"]
        if row["peer_auditor"] is None:
            assert "no team manager besides" in row["reason"] and "peer proposed is" in row["reason"]
        else:
            assert managers[row["peer_auditor"]][1] == row["service"]
            assert managers[row["peer_auditor"]][0] != row["team"]
    assert allocate_month(lists, MONTH).was_frozen
    assert [p["kind"] for p in parts(lists)] == ["sample", "allocation"]
    accepted = allocate_month(lists, MONTH, accept=True)
    assert all(r["peer_auditor"] for r in accepted.rows)
    assert len(parts(lists)) == 3


def test_transfer_before_the_audit_gives_the_lead_to_the_new_team(lists, monkeypatch):
    sample_month(lists, MONTH)
    before = allocate_month(lists, MONTH, accept=True).rows
    moved = next(n for n, r in enumerate(before) if r["team"] == "T06")
    known = programme.where_now

    def transferred(*given: Any) -> dict[int, programme.Now]:
        return known(*given) | {moved + 1: programme.Now("locality_safeguarding", "T07", done)}

    monkeypatch.setattr(programme, "where_now", transferred)
    done = True
    assert allocate_month(lists, MONTH).rows == before  # after the audit nothing moves
    done = False
    after = allocate_month(lists, MONTH).rows
    assert after[moved]["team"] == "T07"
    assert after[moved]["lead_auditor"] not in (None, before[moved]["lead_auditor"])
    assert after[moved]["peer_auditor"] != after[moved]["lead_auditor"]
    assert after[moved]["reason"] == "transferred from team T06 to T07"
    assert [r for n, r in enumerate(after) if n != moved] == [r for n, r in enumerate(before) if n != moved]
    assert parts(lists)[-1]["rows"] == 1


def test_relation_of_the_warehouse_holds_the_lists_begun_by_the_day(lists):
    assert frozen.frozen_samples(lists, AS_AT).num_rows == 0
    with Ledger(lists.ledger_path) as ledger:
        empty = build_fingerprint(lists, ledger, b"k", AS_AT, date.max)
    drawn = sample_month(lists, MONTH).rows
    table = frozen.frozen_samples(lists, AS_AT)
    assert table.schema == frozen.SCHEMA and table.num_rows == len(drawn)
    row = table.to_pylist()[0]
    # 1 November 2025 is a Saturday
    assert (row["sample_date"], row["frozen_date"], row["circulated_date"]) == (POSITION, date(2025, 11, 1), POSITION)
    assert frozen.frozen_samples(lists, date(2025, 10, 31)).num_rows == 0
    with Ledger(lists.ledger_path) as ledger:
        assert build_fingerprint(lists, ledger, b"k", AS_AT, date.max) != empty


def test_command_prints_the_fields_and_notes_who_looked(lists, run, monkeypatch):
    monkeypatch.setenv("QAPM_HOME", str(lists.home))
    done = run("audit", "sample", "--month", MONTH, "--json")
    assert done.code == 0
    assert {tuple(row) for row in done.document} == {FIELDS}
    assert '"action": "audit sample 2025-11"' in (lists.logs / "access.jsonl").read_text("utf-8")
    assert run("audit", "allocate", "--month", MONTH, "--json").code == 0
    refused = run("audit", "sample", "--month", "2025-12")
    assert refused.code == 2 and "--override-reason" in refused.err
    assert run("audit", "sample", "--month", MONTH, "--reason", "x").code == 2


@pytest.mark.parametrize(
    ("month", "circulation", "sent"),
    [
        ("2025-10", "previous", date(2025, 10, 1)),
        ("2025-11", "previous", date(2025, 10, 31)),
        ("2025-11", "next", date(2025, 11, 3)),
        ("2026-01", "previous", date(2025, 12, 31)),
        ("2026-01", "next", date(2026, 1, 2)),
    ],
)
def test_list_is_sent_on_the_working_day_before_or_after(month, circulation, sent):
    assert frozen.days_of(month, circulation)["circulated_date"] == sent
