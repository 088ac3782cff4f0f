"""The licences of what qapm runs on: `make docs` writes docs/licences.md from the lock and the installed packages' metadata.

Versions come from the lock; only packages needed at run time are listed, on any platform that the lock serves.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestration.settings import PROJECT_ROOT

PLATFORMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
PYTHONS = ("3.11", "3.12", "3.13")
# Installed on Windows only, where their projects state these licences.
ELSEWHERE = {"psutil": "BSD-3-Clause", "pyreadline3": "BSD License", "pywin32": "Python Software Foundation License"}


@dataclass(frozen=True)
class Package:
    """A package of the lock; `versions` holds more than one where the lock chooses by Python version."""

    name: str
    versions: tuple[str, ...]
    direct: bool
    licence: str


def locked(root: Path = PROJECT_ROOT) -> dict[str, tuple[str, ...]]:
    """Versions of every package of requirements.lock, tools for development included."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (root / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line):
            name = canonicalize_name(match[1])
            found[name] = tuple(sorted({*found.get(name, ()), match[2]}))
    return found


def _wanted(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether the requirement holds on any platform and Python that the lock serves."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate(
            {
                "sys_platform": platform, "platform_system": system, "os_name": os_name, "python_version": python,
                "python_full_version": f"{python}.0", "extra": extra,
            }
        )
        for (platform, system, os_name), python, extra in itertools.product(PLATFORMS, PYTHONS, extras or {""})
    )  # fmt: skip


def runtime(root: Path = PROJECT_ROOT) -> list[Package]:
    """Every package of the lock that is needed at run time, by name: what pyproject.toml asks for and what that asks for.

    Raises LookupError for a package whose licence neither its metadata nor ELSEWHERE tells.
    """
    lock = locked(root)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [(Requirement(text), frozenset[str]()) for text in project["dependencies"]]
    direct = {canonicalize_name(requirement.name) for requirement, _ in waiting}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, asked_with = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if name not in lock or not _wanted(requirement, asked_with) or (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            waiting += [(Requirement(text), extras) for text in importlib.metadata.requires(name) or []]
        except importlib.metadata.PackageNotFoundError:  # of another platform
            continue
    return [Package(name, lock[name], name in direct, licence(name)) for name in sorted({name for name, _ in seen})]


def licence(name: str) -> str:
    """The licence as the package states it: its expression, else its classifiers, else its licence field."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        if name in ELSEWHERE:
            return ELSEWHERE[name]
        raise LookupError(
            f"{name} is not installed here: add its licence to ELSEWHERE in {Path(__file__).name}"
        ) from None
    if expression := about.get("License-Expression"):
        return expression
    stated = [c.split(" :: ")[-1] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    if stated:
        return "; ".join(stated)
    if field := (about.get("License") or "").strip():
        return field.splitlines()[0]
    raise LookupError(f"{name} states no licence")


def render(root: Path = PROJECT_ROOT) -> str:
    """The page as Markdown."""
    lines = [
        "# Licences",
        "",
        "What qapm needs at run time, at the versions of `requirements.lock`, with the licence each package states in its",
        "metadata; several are separated by `;`. Written by `make docs`. qapm itself is under the MIT licence (`LICENSE`).",
        "",
        "| package | version | licence | asked for by qapm itself |",
        "|---|---|---|---|",
    ]
    for package in runtime(root):
        versions = ", ".join(package.versions)
        lines.append(f"| {package.name} | {versions} | {package.licence} | {'yes' if package.direct else ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (PROJECT_ROOT / "docs" / "licences.md").write_text(render(), encoding="utf-8")
