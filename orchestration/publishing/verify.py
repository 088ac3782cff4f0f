"""Checks published releases against their manifests. Reads only; knows no warehouse and no settings."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from orchestration.publishing import formats
from orchestration.publishing.releases import MANIFEST, PACKAGE, identity

VERSION = re.compile(r"v(\d+)")
PERIOD = re.compile(r"\d{4}-")
FIELDS = {
    "dataset",
    "period",
    "version",
    "state",
    "files",
    "kpi_definitions",
    "dataset_definition",
    "identity",
    "supersedes",
}


def verify(path: Path) -> list[str]:
    """Problems of a release folder, of a period's or dataset's folder, or of all that is published; empty is well.

    Each problem names its file relative to `path`. Hidden folders that a killed run left are no releases: not looked
    at.
    """
    path = path.absolute()
    if not path.is_dir():
        return [f"{path}: there is no such folder"]
    if VERSION.fullmatch(path.name) or (path / MANIFEST).exists():
        in_place = bool(VERSION.fullmatch(path.name) and PERIOD.match(path.parent.name))  # else a copy somewhere
        return [f"{path.name}/{problem}" for problem in _release(path, in_place=in_place)]
    found = sorted((folder for folder in path.glob("**/v*/") if _is_release(folder, path)), key=_order)
    if not found:
        return [f"{path}: there is no release in it"]
    problems = [f"{folder.relative_to(path)}/{problem}" for folder in found for problem in _release(folder)]
    for period in sorted({folder.parent for folder in found}):
        problems += [f"{period.relative_to(path)}: {problem}" for problem in _chain(period)]
    return problems


def _is_release(folder: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in folder.relative_to(root).parts)
    return bool(VERSION.fullmatch(folder.name)) and not hidden


def _order(folder: Path) -> tuple[Path, int]:
    return folder.parent, int(folder.name[1:])


def _release(folder: Path, *, in_place: bool = True) -> list[str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        return [f"{MANIFEST}: missing; this is not a release"]
    except ValueError:
        return [f"{MANIFEST}: not readable as JSON"]
    if not isinstance(manifest, dict) or FIELDS - set(manifest):
        return [f"{MANIFEST}: incomplete"]
    problems = _files(folder, manifest)
    if in_place and manifest.get("level") == "child":
        problems += _readable(folder)
    place = (folder.parent.parent.name, folder.parent.name, folder.name)
    if in_place and place != (manifest["dataset"], manifest["period"], f"v{manifest['version']}"):
        problems.append(
            f"{MANIFEST}: says {manifest['dataset']} {manifest['period']} v{manifest['version']}, not this folder"
        )
    data = {entry["name"]: entry["sha256"] for entry in manifest["files"] if entry["identity"]}
    if (
        identity(data, manifest["kpi_definitions"], manifest["dataset_definition"], manifest["state"])
        != manifest["identity"]
    ):
        problems.append(f"{MANIFEST}: the identity does not follow from what it lists")
    if not problems:  # a damaged file would only be reported twice
        problems = _package(folder)
    return problems


def _files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    problems = []
    listed = {entry["name"]: entry for entry in manifest["files"]}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name, entry in listed.items():
        if name not in present:
            problems.append(f"{name}: missing")
            continue
        content = (folder / name).read_bytes()
        if len(content) != entry["bytes"]:
            problems.append(f"{name}: {len(content)} bytes, the manifest says {entry['bytes']}")
        elif formats.sha256(content) != entry["sha256"]:
            problems.append(f"{name}: its content is not the published one (sha256 differs)")
    problems += [f"{name}: not in the manifest" for name in sorted(present - set(listed) - {MANIFEST})]
    if PACKAGE not in listed:
        problems.append(f"{PACKAGE}: not in the manifest")
    return problems


def _readable(folder: Path) -> list[str]:
    """What of a release with records of children others than its owner may read; Windows keeps that elsewhere."""
    if os.name == "nt":
        return []
    wrong = [path for path in sorted([folder, *folder.rglob("*")]) if path.stat().st_mode & 0o077]
    return [f"{path.name if path != folder else '.'}: others than its owner may read it" for path in wrong]


def _package(folder: Path) -> list[str]:
    """Problems of the data package: the descriptor, and its CSVs against their schema."""
    from frictionless import FrictionlessException, Package

    try:
        report = Package(str(folder / PACKAGE)).validate()
    except FrictionlessException as error:
        return [f"{PACKAGE}: {error.error.title}"]
    # Type, field and row number only: a message of frictionless quotes the cell.
    return [
        f"{task.place}: {error.title}" + (f", row {error.row_number}" if hasattr(error, "row_number") else "")
        for task in report.tasks
        for error in task.errors
    ] + [f"{PACKAGE}: {error.title}" for error in report.errors]


def _chain(period: Path) -> list[str]:
    """Versions count from 1 without a gap, and each supersedes the one before."""
    problems, before = [], None
    numbers = sorted(int(folder.name[1:]) for folder in period.glob("v*/") if VERSION.fullmatch(folder.name))
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"versions {', '.join(f'v{number}' for number in numbers)} have a gap")
    for number in numbers:
        try:
            manifest = json.loads((period / f"v{number}" / MANIFEST).read_text("utf-8"))
            supersedes = (manifest["supersedes"] or {}).get("identity")
            if number > 1 and before and supersedes != before:
                problems.append(f"v{number} does not supersede v{number - 1}")
            before = manifest["identity"]
        except (OSError, ValueError, KeyError, AttributeError):
            before = None  # reported with the release itself
    return problems
