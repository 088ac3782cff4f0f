"""The list of licences names every package of the lock that qapm needs at run time, at its version, and no other."""

from __future__ import annotations

import re
import tomllib

import pytest

from orchestration import licences
from orchestration.settings import PROJECT_ROOT as ROOT


def listed() -> dict[str, tuple[tuple[str, ...], str]]:
    """Versions and licence by package, as docs/licences.md shows them."""
    lines = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][1:]
    return {name: (tuple(versions.split(", ")), licence) for name, versions, licence, _ in cells}


def asked_for(part: str) -> set[str]:
    """Names that pyproject.toml asks for: `dependencies`, or the extra `dev`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project[part] if part == "dependencies" else project["optional-dependencies"][part]
    return {re.split(r"[^A-Za-z0-9.-]", text)[0].lower() for text in wanted}


def test_every_locked_runtime_dependency_has_a_row():
    assert {name: versions for name, (versions, _) in listed().items()} == {
        package.name: package.versions for package in licences.runtime()
    }, "run `make docs`"


def test_what_the_project_asks_for_is_listed_and_its_tools_are_not():
    names = set(listed())
    assert asked_for("dependencies") <= names
    assert not {"pytest", "pytest-xdist", "hypothesis", "ruff", "sqlfluff", "openpyxl", "pre-commit"} & names
    assert asked_for("dev") | names <= set(licences.locked())


def test_every_package_states_a_licence():
    assert [name for name, (_, licence) in listed().items() if not licence or licence == "UNKNOWN"] == []


def test_a_package_without_a_licence_is_named():
    with pytest.raises(LookupError, match="no-such-package"):
        licences.licence("no-such-package")
