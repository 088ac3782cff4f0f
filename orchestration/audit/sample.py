"""The sample picker: frame, programme, history and seed in, the month's cases and what could not be met out.

Pure: it reads and writes nothing. What the frame and the programme are is read by `programme`, what becomes of a list is `frozen`'s.

Every subject has a draw of its own, a number made of the seed, the month, the template and the subject alone. A team's cases are those
with the lowest draws, so that a case more or less in another team changes nothing here, and the order of rows never matters.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from orchestration.periods import Period, parse_period, period_containing

NO_TEAM = "unmapped"
CASES_PER_TEAM, MINIMUM, THEME, NO_REPEAT = "cases_per_team", "minimum_of_status", "theme", "months_without_repeat"


@dataclass(frozen=True)
class Subject:
    """Who can be audited, as the last day of the month before shows it: a child, a fostering household or an adopter family.

    `key` tells subjects apart (a pseudonym), `subject` is the number in the case system, `child` that of a child.
    """

    subject_type: str
    key: str
    subject: str
    service: str
    team: str
    child: str | None = None
    status: str | None = None
    last_listed: date | None = None
    restricted: bool = False
    approved: bool = False


@dataclass(frozen=True)
class Template:
    """A kind of audit: of what, and for which service; without a service for all that have no template of their own."""

    template: str
    subject_type: str
    service: str | None = None
    paired: bool = True
    themes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of the quarterly programme: so many audits of a template (and service) from one day to another."""

    template: str
    planned: int
    start: date
    end: date
    service: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule in force on the first of the month; what is None holds for all."""

    rule: str
    amount: int | None = None
    template: str | None = None
    service: str | None = None
    team: str | None = None
    status: str | None = None
    theme: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the rule says all it needs to; one without its amount, status or theme says nothing."""
        if self.rule == THEME:
            return self.theme is not None
        return self.amount is not None and (self.rule != MINIMUM or self.status is not None)


@dataclass(frozen=True)
class Programme:
    """What a month's sample follows."""

    templates: tuple[Template, ...]
    lines: tuple[Line, ...] = ()
    rules: tuple[Rule, ...] = ()

    def template_of(self, subject: Subject) -> Template | None:
        """The template of the subject's service, else the one for services without their own; None where there is none."""
        return self._by_service.get((subject.subject_type, subject.service)) or self._by_service.get(
            (subject.subject_type, None)
        )

    @cached_property
    def _by_service(self) -> dict[tuple[str, str | None], Template]:
        ordered = sorted(self.templates, key=lambda t: t.template, reverse=True)
        return {(t.subject_type, t.service): t for t in ordered}  # of two the first by name

    @property
    def months_without_repeat(self) -> int:
        """Months in which a subject is not listed again; 0 where no rule says so."""
        return max((r.amount or 0 for r in self.rules if r.rule == NO_REPEAT), default=0)

    def cases_per_team(self, template: str, service: str, team: str) -> int | None:
        """Cases a month of a team; the rule for the team goes before its service's, that before the template's. None without one."""
        found = [
            r for r in self.rules
            if r.rule == CASES_PER_TEAM and r.template in (None, template) and r.service in (None, service) and r.team in (None, team)
        ]  # fmt: skip
        best = max(
            found, key=lambda r: (r.team is not None, r.service is not None, r.template is not None), default=None
        )
        return best.amount if best else None

    def themes(self, template: str) -> tuple[str, ...]:
        """The themes of the quarter for a template, in the template's order; all of the template's where no rule names any."""
        chosen = {r.theme for r in self.rules if r.rule == THEME and r.template in (None, template)}
        of_template = next((t.themes for t in self.templates if t.template == template), ())
        return tuple(t for t in of_template if t in chosen) or of_template


@dataclass(frozen=True)
class Case:
    """A subject on a month's list. `stratum` is what it was drawn for: service/team, or minimum/status beyond the teams' cases."""

    subject_type: str
    key: str
    subject: str
    child: str | None
    service: str
    team: str
    template: str
    status: str | None
    stratum: str
    themes: tuple[str, ...] = ()
    replaced_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Shortage:
    """A quota that the frame could not meet: how many were wanted and drawn, and what became of the other cases."""

    stratum: str
    template: str | None
    wanted: int
    drawn: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        why = "; ".join(f"{n} {reason}" for reason, n in sorted(self.reasons.items())) or "no other case in the frame"
        of = f" ({self.template})" if self.template else ""
        return f"{self.stratum}{of}: {self.drawn} of {self.wanted} drawn: {why}"


@dataclass(frozen=True)
class Sample:
    """The cases of a month in order of service, team and draw, and the quotas that were not met."""

    cases: tuple[Case, ...]
    shortages: tuple[Shortage, ...] = ()


# Why a case cannot be drawn, as it is told.
RESTRICTED, REPEAT, SIBLING, TEAMLESS, LISTED = (
    "restricted record without recorded approval", "listed or audited in the months without repeat", "sibling of a child drawn",
    "no team known", "on the list already",
)  # fmt: skip


@dataclass(frozen=True)
class _Candidate:
    subject: Subject
    template: str
    draw: int
    barred: str | None

    @property
    def stratum(self) -> tuple[str, str, str]:
        return (self.template, self.subject.service, self.subject.team)


def draw_number(seed: str, *parts: str) -> int:
    """A number that only the seed and the parts decide, each value as likely."""
    return int.from_bytes(hmac.digest(seed.encode(), "\x1f".join(parts).encode(), hashlib.sha256)[:16], "big")


def months_before(day: date, months: int) -> date:
    """The first of the month so many months before a day's."""
    whole = day.year * 12 + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, 1)


def draw(
    month: str,
    frame: Iterable[Subject],
    programme: Programme,
    seed: str,
    families: Mapping[str, Iterable[str]] | None = None,
) -> Sample:
    """The sample of a month such as 2025-10.

    `frame` holds a subject once, or once per service it can be audited by; `families` tells of subjects' keys the families they
    belong to: of those linked by a family at most one is drawn. Quotas are met from the strata's own cases; a minimum of a status
    that they leave unmet is topped up from any team. Whatever falls short is told as a Shortage.
    """
    period = parse_period(month)
    candidates = _candidates(period, frame, programme, seed)
    groups = _groups(candidates, families or {})
    quotas = _quotas(period, candidates, programme, seed)
    able = [c for c in candidates if c.barred is None]
    standing = _standing([c for c in able if quotas.get(c.stratum)], groups)
    left, cases, taken = Counter(quotas), [], set()
    for candidate in standing:
        if left[candidate.stratum] > 0:
            left[candidate.stratum] -= 1
            cases.append(_case(candidate, programme, f"{candidate.subject.service}/{candidate.subject.team}"))
            taken.add(groups[candidate.subject.key])
    cases, short = _topped_up(cases, candidates, programme, groups, taken)
    drawn = {case.key for case in cases}
    by_stratum: dict[tuple[str, str, str], list[_Candidate]] = {}
    for candidate in candidates:
        by_stratum.setdefault(candidate.stratum, []).append(candidate)
    shortages = [
        Shortage(f"{service}/{team}", template, quotas[template, service, team], quotas[template, service, team] - missing,
                 _reasons(by_stratum[template, service, team], drawn))
        for (template, service, team), missing in sorted(left.items()) if missing > 0
    ]  # fmt: skip
    shortages += [*short, *_without_cases(period, candidates, programme)]
    order = {c.subject.key + c.template: c.draw for c in candidates}
    cases.sort(key=lambda c: (c.service, c.team, c.template, order[c.key + c.template], c.key))
    return Sample(tuple(cases), tuple(shortages))


def replacement(
    month: str,
    frame: Iterable[Subject],
    programme: Programme,
    seed: str,
    families: Mapping[str, Iterable[str]],
    cases: Sequence[Case],
    gone: Case,
) -> Case | Shortage:
    """Who takes the place of `gone` on a list: the next draw of its team and template, else of its status, else of its template.

    Never one that is or was on the list, nor a sibling of one that stays on it.
    """
    candidates = _candidates(parse_period(month), frame, programme, seed)
    groups = _groups(candidates, families)
    listed = {c.key for c in cases}
    staying = {groups[c.key] for c in cases if c.replaced_by is None and c.key != gone.key and c.key in groups}
    able = [
        c for c in sorted(candidates, key=_order)
        if c.barred is None and c.subject.key not in listed and groups[c.subject.key] not in staying
    ]  # fmt: skip
    same = (gone.template, gone.service, gone.team)
    nearest = (
        [c for c in able if c.stratum == same and (c.subject.status == gone.status or not gone.stratum.startswith("minimum/"))],
        [c for c in able if gone.status is not None and c.subject.status == gone.status and c.template == gone.template],
        [c for c in able if c.template == gone.template],
    )  # fmt: skip
    found = next((c for cs in nearest for c in cs), None)
    if found is None:
        others = [c for c in candidates if c.template == gone.template]
        return Shortage(gone.stratum, gone.template, 1, 0, _reasons(others, listed))
    return _case(found, programme, gone.stratum)


def _candidates(period: Period, frame: Iterable[Subject], programme: Programme, seed: str) -> list[_Candidate]:
    """Every subject with its template, draw and what bars it; subjects that no template is for are left out."""
    since = months_before(period.start, programme.months_without_repeat)
    found = []
    for subject in frame:
        template = programme.template_of(subject)
        if template is not None:
            number = draw_number(seed, period.key, template.template, subject.subject_type, subject.key)
            found.append(_Candidate(subject, template.template, number, _barred(subject, since, period.start)))
    return sorted(found, key=_order)


def _order(candidate: _Candidate) -> tuple[int, str]:
    return candidate.draw, candidate.subject.key


def _barred(subject: Subject, since: date, first: date) -> str | None:
    if subject.team == NO_TEAM:
        return TEAMLESS
    if subject.restricted and not subject.approved:
        return RESTRICTED
    if subject.last_listed is not None and since <= subject.last_listed < first:
        return REPEAT
    return None


def _groups(candidates: Iterable[_Candidate], families: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """For every subject the group it is drawn in: those linked by a family, directly or through others, are one."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = key = parent[parent[key]]
        return key

    keys = {c.subject.key for c in candidates}
    for key in keys:
        for family in families.get(key, ()):
            parent[root(key)] = root(f"family {family}")
    return {key: root(key) for key in keys}


def _standing(candidates: Iterable[_Candidate], groups: Mapping[str, str]) -> Iterator[_Candidate]:
    """Of each group the one with the lowest draw. It is chosen before any team draws, so that no team's quota decides it."""
    seen = set()
    for candidate in sorted(candidates, key=_order):
        if groups[candidate.subject.key] not in seen:
            seen.add(groups[candidate.subject.key])
            yield candidate


def _quotas(
    period: Period, candidates: Iterable[_Candidate], programme: Programme, seed: str
) -> dict[tuple[str, str, str], int]:
    """Cases wanted of each stratum (template, service, team) that has any.

    A rule of cases per team comes first. Where none speaks the audits that the programme plans for the quarter go round the teams,
    in an order drawn for the quarter: each team comes up before one comes up twice.
    """
    strata = sorted({c.stratum for c in candidates if c.subject.team != NO_TEAM})
    quotas = {}
    for stratum in strata:
        amount = programme.cases_per_team(*stratum)
        if amount is not None:
            quotas[stratum] = amount
    for line in _running(programme, period):
        teams = [
            s for s in strata if s not in quotas and s[0] == line.template and line.service in (None, s[1])
        ]  # fmt: skip
        if not teams:
            continue
        quarter = period_containing(line.start, "quarter").key
        teams.sort(key=lambda s: (draw_number(seed, quarter, *s), s))
        for place in _turns(line, period):
            quotas_of = teams[place % len(teams)]
            quotas[quotas_of] = quotas.get(quotas_of, 0) + 1
    return quotas


def _running(programme: Programme, period: Period) -> list[Line]:
    lines = [x for x in programme.lines if x.start <= period.start <= x.end]
    return sorted(lines, key=lambda x: (x.template, x.service or ""))


def _turns(line: Line, period: Period) -> range:
    """Which of the line's planned audits, counted from 0, fall into a month: as even as whole numbers allow."""
    months = (line.end.year - line.start.year) * 12 + line.end.month - line.start.month + 1
    nth = (period.start.year - line.start.year) * 12 + period.start.month - line.start.month
    return range(line.planned * nth // months, line.planned * (nth + 1) // months)


def _topped_up(
    cases: list[Case],
    candidates: Iterable[_Candidate],
    programme: Programme,
    groups: Mapping[str, str],
    taken: set[str],
) -> tuple[list[Case], list[Shortage]]:
    """The cases with those added that the minimum of a status still lacks, in order of draw whatever the team."""
    shortages = []
    minimum = {r.status: r.amount or 0 for r in programme.rules if r.rule == MINIMUM and r.status is not None}
    for status, wanted in sorted(minimum.items()):
        drawn = sum(case.status == status for case in cases)
        those = [c for c in candidates if c.subject.status == status]
        for candidate in those if drawn < wanted else ():
            group = groups[candidate.subject.key]
            if drawn < wanted and candidate.barred is None and group not in taken:
                taken.add(group)
                drawn += 1
                cases.append(_case(candidate, programme, f"{MINIMUM.split('_')[0]}/{status}"))
        if drawn < wanted:
            reasons = _reasons(those, {case.key for case in cases})
            shortages.append(Shortage(f"minimum/{status}", None, wanted, drawn, reasons))
    return cases, shortages


def _reasons(candidates: Iterable[_Candidate], drawn: set[str]) -> dict[str, int]:
    """What became of the cases of a stratum that were not drawn; one that nothing bars gave way to a sibling."""
    return dict(Counter(c.barred or SIBLING for c in candidates if c.subject.key not in drawn))


def _without_cases(period: Period, candidates: Iterable[_Candidate], programme: Programme) -> list[Shortage]:
    """Lines of the programme for which nobody is in the frame, or nobody with a team."""
    there = {
        (c.template, service) for c in candidates for service in (None, c.subject.service) if c.subject.team != NO_TEAM
    }
    teamless = Counter(c.template for c in candidates if c.subject.team == NO_TEAM)
    return [
        Shortage(line.service or "every service", line.template, len(wanted), 0,
                 {TEAMLESS: teamless[line.template]} if teamless[line.template] else {})
        for line in _running(programme, period)
        if (wanted := _turns(line, period)) and (line.template, line.service) not in there
    ]  # fmt: skip


def _case(candidate: _Candidate, programme: Programme, stratum: str) -> Case:
    s = candidate.subject
    themes = programme.themes(candidate.template)
    return Case(
        s.subject_type, s.key, s.subject, s.child, s.service, s.team, candidate.template, s.status, stratum, themes
    )


def with_replacement(cases: Sequence[Case], gone: Case, new: Case, reason: str) -> tuple[Case, ...]:
    """The list with `new` in the place of `gone`, which keeps its row."""
    kept = [replace(c, replaced_by=new.subject, reason=reason) if c.key == gone.key else c for c in cases]
    return (*kept, new)
