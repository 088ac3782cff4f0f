"""XML returns to sheets: one sheet for every kind of row that a contract names. Entities and document types are refused.

An XML return says itself which collection it is and which day it is of; a row is an element, its cells its children.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from expectations.contracts import Contracts, load_contracts
from orchestration.ingest.sheets import RejectedFile, Sheet

MAX_ELEMENTS = 5_000_000


def read_xml(path: Path, contracts: Contracts | None = None) -> list[Any]:
    """The sheets of an XML return of a known collection, named after their row elements.

    Row 1 of a sheet is made of the names of the children found; row n is the (n - 1)th element of the file.
    Raises RejectedFile for XML with a document type or entities, damaged XML, and XML of no known return.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    contracts = contracts or load_contracts()
    kinds = {(t.xml.collection, t.xml.row): t.relation for t in contracts.tables if t.xml}
    wanted = {row for _, row in kinds}
    collection, day, seen = "", "", 0
    found: dict[str, list[dict[str, str]]] = {}
    try:
        for _, element in iterparse(str(path), events=("end",), forbid_dtd=True):
            seen += 1
            name = _plain(element)
            if seen > MAX_ELEMENTS:
                raise RejectedFile("ARCHIVE_LIMITS", f"the file holds over {MAX_ELEMENTS:,} elements: send it in parts")
            if name == "Collection" and not collection:
                collection = (element.text or "").strip()
            elif name == "ReferenceDate" and not day:
                day = (element.text or "").strip()
            elif name in wanted:
                found.setdefault(name, []).append({_plain(child): child.text or "" for child in element})
                element.clear()
    except DefusedXmlException:
        message = "the XML declares a document type or entities: export it without"
        raise RejectedFile("XML_ENTITIES", message) from None
    except (ParseError, UnicodeError, ValueError, LookupError):
        raise RejectedFile(
            "NOT_A_TABLE", "the file is a web page, or XML that is damaged: export xlsx or csv, or the return again"
        ) from None
    sheets = [
        _sheet(r, found[r], relation) for (of, r), relation in sorted(kinds.items()) if of == collection and r in found
    ]
    if not sheets:
        known = ", ".join(sorted({of for of, _ in kinds})) or "none"
        raise RejectedFile(
            "NOT_A_TABLE", f"the file is XML of no return this takes (known: {known}): export xlsx or csv instead"
        )
    for sheet in sheets:
        sheet.reference_date = day
    return list(sheets)


def _plain(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _sheet(name: str, rows: list[dict[str, str]], relation: str) -> Sheet:
    header = list(dict.fromkeys(tag for row in rows for tag in row))
    return Sheet(name, [header, *([row.get(tag, "") for tag in header] for row in rows)], relation=relation)
