"""The house rules that no single room can hold: floors, one place per fact, portable SQL, nothing of the workplace."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions as exp

from orchestration import dictionary
from orchestration.settings import PROJECT_ROOT as ROOT
from orchestration.settings import Settings
from orchestration.warehouse.dbt import target_folder

PACKAGES = ("orchestration", "expectations")
# Floors from the ground up: a module imports its own floor or a lower one.
FLOORS = [
    {"expectations", "orchestration.settings", "orchestration.periods", "orchestration.locks", "orchestration.limits"},
    {"orchestration.ledger", "orchestration.catalogue", "orchestration.serving", "orchestration.synthetic"},
    {
        "orchestration.ingest",
        "orchestration.warehouse",
        "orchestration.audit",
        "orchestration.publishing",
        "orchestration.hub",
    },
    {"orchestration.refresh", "orchestration.dictionary", "orchestration.kpi_pages", "orchestration.licences"},
    {
        "orchestration.assets",
        "orchestration.cli",
        "orchestration.cli_audit",
        "orchestration.cli_kpi",
        "orchestration.console",
    },
    {"orchestration.definitions"},
]


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> set[str]:
    """Modules a file imports at any depth of its code, absolute names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floor(module: str) -> int | None:
    for number, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(room + ".") for room in rooms):
            return number
    return None


def test_imports_run_down_the_floors_only():
    wrong = []
    for module, path in modules().items():
        mine = floor(module)
        for target in imports(path):
            theirs = floor(target)
            if mine is not None and theirs is not None and theirs > mine:
                wrong.append(f"{module} imports {target}, which stands on a higher floor")
    assert not wrong, wrong


def test_every_module_stands_on_a_floor():
    assert [m for m in modules() if m != "orchestration" and floor(m) is None] == []


def test_no_import_circles():
    known = modules()
    graph = {m: {t for t in imports(p) if t in known and t != m} for m, p in known.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"import circle: {' -> '.join([*trail, module])}"
        if module in done:
            return
        for target in sorted(graph[module]):
            visit(target, (*trail, module))
        done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_dagster_is_imported_by_the_top_floors_only():
    wrong = [
        m
        for m, p in modules().items()
        if (floor(m) or 0) < 4 and any(t.split(".")[0].startswith("dagster") for t in imports(p))
    ]
    assert wrong == []


def test_nothing_but_the_command_and_tests_imports_the_generator():
    allowed = ("orchestration.cli", "orchestration.synthetic")
    wrong = [
        m
        for m, p in modules().items()
        if not m.startswith(allowed) and any(t.startswith("orchestration.synthetic") for t in imports(p))
    ]
    assert wrong == []


def test_the_parsing_child_is_light():
    code = "import sys, orchestration.ingest.parse; print([m for m in ('dagster', 'pandas', 'great_expectations', 'dbt', 'duckdb') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_command_starts_without_dagster_and_great_expectations():
    code = "import sys, orchestration.cli; print([m for m in ('dagster', 'great_expectations', 'dbt', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_module_says_what_belongs_in_it():
    bare = [
        m for m, p in modules().items() if len(ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) or "") < 30
    ]
    assert bare == []


def test_public_functions_have_docstrings():
    bare = []
    for module, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                bare.append(f"{module}.{node.name}")
    assert bare == []


GENERATED = dictionary.generated()  # once: hundreds of files come from one reading of the project


@pytest.mark.parametrize("path", sorted(GENERATED, key=str), ids=lambda p: p.name)
def test_generated_files_are_up_to_date(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run `make docs`"


def test_no_page_of_a_measure_is_left_over():
    """A page of a measure that the catalogue no longer has would be read as if it held."""
    folder = ROOT / "docs" / "kpis"
    assert {path for path in folder.glob("*.md") if path not in GENERATED} == set()


# --- portable SQL --------------------------------------------------------------------------------------------------

MODELS = ROOT / "dbt_project" / "models"
MACROS = [p for p in (ROOT / "dbt_project" / "macros").rglob("*.sql") if p.parent.name != "portable"]
DENIED_TEXT = {
    r"\bqualify\b": "qualify", r"\basof\b": "asof join", r"\b(un)?pivot\b": "pivot or unpivot",
    r"\b(list_|array_)\w+\s*\(": "list functions", r"\b(range|generate_series)\s*\(": "range or generate_series",
    r"\bapprox_\w+": "approximate aggregates", r"\binterval\b|\bdate_?diff\s*\(": "date arithmetic outside macros/portable",
    r"::": "casts of one engine", r"\bilike\b": "ilike", r"\bgroup by all\b|\border by all\b": "by all",
    r"\bstrftime\b|\bto_char\b|\bdate_format\b": "date formatting", r"\bcurrent_date\b|\bnow\s*\(|\bcurrent_timestamp\b|\btoday\s*\(": "the clock",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted([*MODELS.rglob("*.sql"), *MACROS]), ids=lambda p: p.stem)
def test_models_hold_no_engine_only_syntax(path):
    text = re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL).casefold()
    assert [what for pattern, what in DENIED_TEXT.items() if re.search(pattern, text)] == []


DAY_NAME = re.compile(r"(_date|_day|_at|_from|_to|_start|_end)$")


def denied(sql: str) -> list[str]:
    """Constructs of a compiled model that other engines read differently or not at all, found in its syntax tree."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    found = []
    for difference in tree.find_all(exp.Sub):
        sides = (difference.this, difference.expression)
        if all(isinstance(side, exp.Column) and DAY_NAME.search(side.name) for side in sides):
            found.append("DateMinusDate")
    for kind in (
        exp.Pivot,
        exp.Lambda,
        exp.ApproxDistinct,
        exp.ApproxQuantile,
        exp.CurrentDate,
        exp.CurrentTimestamp,
        exp.Qualify,
        exp.Array,
        exp.GenerateSeries,
        exp.Unnest,
        exp.Struct,
        exp.ILike,
        exp.TableSample,
    ):
        found += [kind.__name__] * len(list(tree.find_all(kind)))
    for join in tree.find_all(exp.Join):
        if str(join.args.get("method", "")).casefold() == "asof":
            found.append("AsOf")
    return found


def test_the_deny_list_finds_what_it_should():
    assert denied("select a from t qualify row_number() over (partition by a order by b) = 1") == ["Qualify"]
    assert "AsOf" in denied("select * from a asof join b on a.x >= b.x")
    assert denied("select end_date - start_date from t") == ["DateMinusDate"]
    assert denied("select b.working_day_index - a.working_day_index from a join b on a.x = b.x") == []
    assert denied("select [1, 2]") == ["Array"]
    assert denied("select count(*) filter (where a > 1) from t") == []


def test_compiled_models_are_portable(demo_home):
    """The deny list over the syntax trees of what dbt compiled for the build of the shared warehouse."""
    compiled = sorted((target_folder(Settings(home=demo_home)) / "compiled" / "qapm" / "models").rglob("*.sql"))
    models = [p for p in compiled if p.parent.suffix != ".yml" and not any(x.suffix == ".yml" for x in p.parents)]
    assert len(models) == len(list(MODELS.rglob("*.sql")))
    wrong = {p.stem: found for p in models if (found := denied(p.read_text(encoding="utf-8")))}
    assert wrong == {}


# --- the project speaks of itself alone -----------------------------------------------------------------------------


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_no_machine_path_or_index_address_in_the_tree():
    pattern = re.compile(rb"(^|[^a-z.])/" + rb"work/|/" + rb"root/|index-" + rb"url|/tmp/" + rb"[a-z]", re.MULTILINE)
    wrong = [p.relative_to(ROOT).as_posix() for p in tracked() if pattern.search(p.read_bytes())]
    assert wrong == []


def test_the_lock_pins_every_package_by_hash():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    blocks = [b for b in re.split(r"\n(?=\S)", text) if b.strip()]
    assert blocks
    assert [b.splitlines()[0] for b in blocks if "--hash=sha256:" not in b] == []
