"""The data-quality site: validation results (Data Docs) as HTML pages that load nothing from the net and hold no cell value.

Great Expectations renders what was expected and the outcome; the page around it (shell, style, index) is ours, because its own
fetches scripts, styles, fonts and images from ten places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

LOAD = "__load_"  # in the name of a page about one load of several
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 system-ui, sans-serif; color: #0b0c0c; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h5, .h5 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; } a { color: #1d70b8; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; }
th, td { border-bottom: 1px solid #b1b4b6; padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; }
th:first-child, td:first-child { width: 6.5rem; white-space: nowrap; }
i { font-style: normal; }
.badge { background: #f3f2f1; padding: 0 .35em; margin-right: .15em; border-radius: 3px; display: inline-block; }
.text-success { color: #00703c; } .text-danger { color: #d4351c; font-weight: bold; }
.fa-check-circle::before { content: "\\2713  met"; } .fa-times::before { content: "\\2717  broken"; }
.fa-exclamation-triangle::before { content: "\\26A0  not evaluated"; }
""".strip()

_SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_SECTIONS = "{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}"


def write(results: Mapping[str, ExpectationSuiteValidationResult], folder: Path) -> Path:
    """Write a page for each named result and an `index.html`; returns the index. Same results, same bytes.

    `results` are those of `expectations.gate.validate_frame`. Pages of tables that this run did not look at stay as they
    are, so that the site shows every table as its last load left it; pages of single loads go with the next run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "index.json"
    listed: dict[str, list[object]] = json.loads(listing.read_text(encoding="utf-8")) if listing.is_file() else {}
    listed = {name: row for name, row in listed.items() if LOAD not in name and (folder / f"{name}.html").is_file()}
    view = _view()
    for name, result in results.items():
        body = f'<p><a href="index.html">All tables</a></p>\n<h1>{escape(name)}</h1>\n{_summary(result)}\n{_sections(view, result)}'
        _save(folder / f"{name}.html", name, body)
        listed[name] = [bool(result.success), len(result.results), _broken(result)]
    for old in folder.glob("*.html"):
        if old.stem not in listed:
            old.unlink()
    listing.write_text(json.dumps(listed, sort_keys=True), encoding="utf-8")
    rows = "\n".join(_index_row(name, *row) for name, row in sorted(listed.items()))
    head = "<tr><th>Outcome</th><th>Table</th><th>Expectations</th><th>Broken</th></tr>"
    broken = sum(not row[0] for row in listed.values())
    told = f"<p>{len(listed)} tables as their last load left them, {broken} with broken expectations. What is wrong row by row: <code>qapm quarantine</code>; counted: the table dq_issues.</p>"
    body = f"<h1>Expectations of the extracts</h1>\n{told}\n<table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return _save(folder / "index.html", "Expectations of the extracts", body)


def _save(path: Path, title: str, body: str) -> Path:
    page = _SHELL.format(title=escape(title), style=STYLE, body=body)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _index_row(name: str, success: object, expectations: object, broken: object) -> str:
    link = f'<a href="{escape(name)}.html">{escape(name)}</a>'
    return f"<tr><td>{_outcome(bool(success))}</td><td>{link}</td><td>{expectations}</td><td>{broken}</td></tr>"


def _view() -> Any:  # noqa: ANN401 - a Great Expectations class, imported late
    """Great Expectations' page view with a page of sections only, in place of its own with navigation and scripts."""
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([DictLoader({"page.j2": _SECTIONS}), view.env.loader])
    return view


def _sections(view: Any, result: ExpectationSuiteValidationResult) -> str:  # noqa: ANN401
    """The rendered expectations of one table: the table's own, then column by column in the contract's order.

    Only what was expected and whether it was met is handed to the renderer. Its overview (times, random ids, links to pages
    that are not written) and its column of observed values are left out.
    """
    from great_expectations.core import ExpectationSuiteValidationResult as Suite
    from great_expectations.core import ExpectationValidationResult as Item
    from great_expectations.render import RenderedTableContent
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    configs = [item.expectation_config for item in result.results]
    order = {"observed_value": list(dict.fromkeys(c.kwargs["column"] for c in configs if "column" in c.kwargs))}
    items = [
        Item(success=item.success, expectation_config=config, result=order)
        for item, config in zip(result.results, configs, strict=True)
    ]
    bare = Suite(
        success=result.success, suite_name=result.suite_name, results=items, statistics=result.statistics, meta={}
    )
    document = ValidationResultsPageRenderer().render(bare)
    document.sections = document.sections[1:]
    for section in document.sections:
        for block in section.content_blocks:
            if isinstance(block, RenderedTableContent):
                block.header_row = block.header_row[:2]
                block.table = [row[:2] for row in block.table]
    return view.render(document)


def _summary(result: ExpectationSuiteValidationResult) -> str:
    broken = _broken(result)
    return f"<p>{_outcome(bool(result.success))}: {len(result.results)} expectations, {broken} broken</p>"


def _outcome(success: bool) -> str:
    return '<span class="text-success">Passed</span>' if success else '<span class="text-danger">Failed</span>'


def _broken(result: ExpectationSuiteValidationResult) -> int:
    return sum(not item.success for item in result.results)
