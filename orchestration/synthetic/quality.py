"""Case file audits of the invented authority: the monthly sample, grades, moderation, actions and their 8-week reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from orchestration.periods import Period, add_working_days
from orchestration.synthetic.chance import Dice
from orchestration.synthetic.lives import AUDITS, HOUSEHOLD, World, month_number

Row = dict[str, Any]
GRADES = ("outstanding", "good", "requires_improvement", "inadequate")
YES_NO = {True: "yes", False: "no", None: None}


@dataclass(slots=True, eq=False)
class Action:
    """One action; `done` None = never completed. Later facts are shown only once their day has come."""

    number: int
    theme: str
    role: str
    due: date
    done: date | None
    not_required: bool
    review: date | None
    footprint: bool


@dataclass(slots=True, eq=False)
class Audit:
    """One audit with all that will become of it; what a dump shows depends on its day."""

    audit_id: str
    template: str
    subject_id: str
    team: str
    lead: str | None
    peer: str
    allocated: date
    due: date
    completed: date
    withdrawn: bool
    independent: bool
    lead_grade: str | None
    peer_grade: str | None
    moderated: date | None
    moderator: str | None
    moderated_grade: str | None
    views_sought: bool
    views_obtained: bool | None
    not_sought_reason: str | None
    discussion: bool
    case_note: bool
    shared: bool
    themes: dict[str, str]
    actions: list[Action] = field(default_factory=list)


class Audits:
    """The audit programme; `sample` is called when the world stands at the end of the month before."""

    source = "quality_assurance"

    def __init__(self, world: World) -> None:
        self.world = world
        self.rules = world.scenario.quality_assurance
        self.audits: list[Audit] = []

    def sample(self, month: Period, restricted: frozenset[str]) -> None:
        """Draw the month's audits from the open cases on the 1st; restricted records are never sampled for peer audit."""
        dice = self.world.stream(AUDITS, month_number(month))
        templates = self._shares(month)
        pools = {name: self._pool(name, month.start, restricted) for name in self.rules.templates}
        drawn: set[tuple[str, str]] = set()
        for index in range(self.world.scale.audits_per_month):
            name = templates[index]
            pool = [subject for subject in pools[name] if (name, subject[0]) not in drawn]
            if not pool:  # nobody in residential care this month, say
                name = "social_work"
                pool = [subject for subject in pools[name] if (name, subject[0]) not in drawn]
            if not pool:
                continue
            subject_id, team = dice.one_of(pool)
            drawn.add((name, subject_id))
            audit_id = f"A{month.start:%Y%m}{index + 1:03d}"
            self.audits.append(self._audit(dice, audit_id, name, subject_id, team, month.start))

    def _shares(self, month: Period) -> list[str]:
        """Templates of the month's audits: the programme goes round the templates so that a year holds them by share."""
        each = self.world.scale.audits_per_month
        total = sum(t.share for t in self.rules.templates.values())
        turns = []
        for name, template in self.rules.templates.items():  # spread every template evenly over the round
            turns += [((position + 0.5) / template.share, name) for position in range(template.share)]
        round_ = [name for _, name in sorted(turns)]
        first = month_number(month) * each
        return [round_[(first + position) % total] for position in range(each)]

    def _pool(self, template: str, day: date, restricted: frozenset[str]) -> list[tuple[str, str]]:
        """(subject id, team code) that can be audited with the template."""
        world = self.world
        team = {service: world.scenario.teams_of(service)[0] for service in world.scenario.services}
        if template == "social_work":
            found = [(e.child.child_id, e.team) for e in world.open_episodes]
        elif template == "early_help":
            found = [(h.child.child_id, team["early_help"]) for h in world.early_help if h.start < day < h.ends]
        elif template == "care_leavers":
            found = [(x.child.child_id, x.team) for x in world.leavers if not x.end]
        elif template == "residential":
            homes = [e for e in world.open_episodes if e.care and e.care.placements[-1].kind == "K2"]
            found = [(e.child.child_id, team["residential"]) for e in homes]
        elif template == "fostering":
            households = max(1, round(self.rules.fostering_households * world.scale.factor))
            found = [(world.identity(HOUSEHOLD + n), team["fostering"]) for n in range(1, households + 1)]
        else:
            families = [f for f in world.adopter_families if not f.left and not (f.case and f.case.order)]
            found = [(f.family_id, team["adoption"]) for f in families]
        return [subject for subject in dict.fromkeys(found) if subject[0] not in restricted]

    def _audit(self, dice: Dice, audit_id: str, template: str, subject_id: str, team: str, day: date) -> Audit:
        rules, world = self.rules, self.world
        paired = template != "residential"  # one peer manager, no lead
        service = world.scenario.teams[team][0]
        managers = [world.staff[t][0] for t in world.scenario.teams_of(service) if t != team]
        managers = managers or [world.staff[t][0] for t in world.scenario.teams if t != team]
        completed = dice.working_days_after(day, rules.completed_after_wd)
        moderated = None
        if rules.templates[template].moderated == "yes" and not dice.chance(rules.never_moderated):
            moderated = dice.working_days_after(completed, rules.moderated_after_wd)
        final = GRADES.index(dice.pick(rules.grade))
        move = {"same": 0, "down": -1, "up": 1}[dice.pick(rules.moderation_move)] if moderated else 0
        peer = _grade(final + move)  # moved down = the auditors had been kinder
        lead = _grade(GRADES.index(peer) - 1) if dice.chance(rules.lead_kinder) else peer
        sought = dice.chance(rules.views_sought)
        audit = Audit(
            audit_id=audit_id,
            template=template,
            subject_id=subject_id,
            team=team,
            lead=world.staff[team][0] if paired else None,
            peer=dice.one_of(managers),
            allocated=day,
            due=add_working_days(day, rules.due_after_wd),
            completed=completed,
            withdrawn=dice.chance(rules.withdrawn),
            independent=dice.chance(rules.independent),
            lead_grade=lead if paired else None,
            peer_grade=None if paired and dice.chance(rules.peer_grade_missing) else peer,
            moderated=moderated,
            moderator=dice.one_of(world.staff[world.scenario.teams_of("safeguarding_quality_assurance")[0]])
            if moderated
            else None,
            moderated_grade=GRADES[final] if moderated else None,
            views_sought=sought,
            views_obtained=dice.chance(rules.views_obtained) if sought else None,
            not_sought_reason=None if sought else dice.one_of(rules.views_not_sought_reason),
            discussion=dice.chance(rules.worker_discussion),
            case_note=dice.chance(rules.case_note_recorded),
            shared=dice.chance(rules.learning_shared),
            themes={theme: self._theme_grade(dice, theme, final) for theme in rules.themes[template]},
        )
        self._plan_actions(dice, audit)
        return audit

    def _theme_grade(self, dice: Dice, theme: str, overall: int) -> str:
        if dice.chance(self.rules.theme_same_as_overall):
            return GRADES[overall]
        weaker = dice.chance(self.rules.theme_lean.get(theme, self.rules.theme_lean_otherwise))
        return _grade(overall + (1 if weaker else -1))

    def _plan_actions(self, dice: Dice, audit: Audit) -> None:
        rules = self.rules
        anchor = {"moderation": audit.moderated, "completion": audit.completed, "none": None}[
            rules.templates[audit.template].review_anchor
        ]
        review_due = anchor + timedelta(days=rules.review_after_cd) if anchor else None
        review = None
        if review_due:
            on_time = dice.chance(rules.review_on_time)
            moved = -dice.band(rules.review_early_cd) if on_time else dice.band(rules.review_late_cd)
            review = review_due + timedelta(days=moved)
        for number in range(1, min(rules.actions_most, dice.count(rules.actions_mean)) + 1):
            due = dice.days_after(audit.completed, rules.action_due_after_cd)
            outcome = dice.pick(rules.action_done)
            settled = review or due
            done = None
            if outcome == "at_review":
                done = audit.completed + timedelta(days=dice.between(1, max(1, (settled - audit.completed).days)))
            elif outcome == "later":
                done = settled + timedelta(days=dice.band(rules.action_done_later_cd))
            not_required = done is None and dice.chance(rules.action_not_required * 10)
            theme, role = dice.one_of(rules.themes[audit.template]), dice.one_of(rules.owner_roles)
            footprint = dice.chance(rules.footprint_recorded)
            audit.actions.append(Action(number, theme, role, due, done, not_required, review, footprint))

    def tables(self, day: date) -> dict[str, Iterator[Row]]:
        """The full dump as known on `day`, by contract table."""
        return {
            "audit_templates": self._template_rows(),
            "audits": self._audit_rows(day),
            "theme_grades": self._theme_rows(day),
            "audit_actions": self._action_rows(day),
        }

    def _template_rows(self) -> Iterator[Row]:
        for name, template in self.rules.templates.items():
            yield {
                "template": name,
                "title": template.title,
                "moderated": template.moderated,
                "review_anchor": template.review_anchor,
                "valid_from": self.rules.valid_from,
                "valid_to": None,
            }

    def _audit_rows(self, day: date) -> Iterator[Row]:
        for audit in self.audits:
            withdrawn = audit.withdrawn and audit.due <= day
            done = audit.completed <= day and not audit.withdrawn
            moderated = done and audit.moderated is not None and audit.moderated <= day
            subject_type = self.rules.templates[audit.template].subject
            yield {
                "audit_id": audit.audit_id,
                "template": audit.template,
                "subject_type": subject_type,
                "subject_id": audit.subject_id,
                "child_id": audit.subject_id if subject_type == "child" else None,
                "service_code": self.world.scenario.teams[audit.team][0],
                "team_code": audit.team,
                "allocated_date": audit.allocated,
                "due_date": audit.due,
                "completed_date": audit.completed if done else None,
                "status": "withdrawn" if withdrawn else "completed" if done else "allocated",
                "lead_auditor": audit.lead,
                "peer_auditor": audit.peer,
                "lead_grade": audit.lead_grade if done else None,
                "peer_grade": audit.peer_grade if done else None,
                "graded_independently": YES_NO[audit.independent] if done and audit.lead else None,
                "moderated_date": audit.moderated if moderated else None,
                "moderator": audit.moderator if moderated else None,
                "moderated_grade": audit.moderated_grade if moderated else None,
                "views_sought": YES_NO[audit.views_sought] if done else None,
                "views_obtained": YES_NO[audit.views_obtained] if done else None,
                "views_not_sought_reason": audit.not_sought_reason if done else None,
                "worker_discussion": YES_NO[audit.discussion] if done else None,
                "case_note_recorded": YES_NO[audit.case_note] if done else None,
                "learning_shared": YES_NO[audit.shared] if moderated else None,
            }

    def _completed(self, day: date) -> Iterator[Audit]:
        return (a for a in self.audits if a.completed <= day and not a.withdrawn)

    def _theme_rows(self, day: date) -> Iterator[Row]:
        for audit in self._completed(day):
            for theme, grade in audit.themes.items():
                yield {"audit_id": audit.audit_id, "theme": theme, "grade": grade}

    def _action_rows(self, day: date) -> Iterator[Row]:
        for audit in self._completed(day):
            for action in audit.actions:
                done = action.done is not None and action.done <= day
                reviewed = action.review is not None and action.review <= day
                complete_at_review = reviewed and action.done is not None and action.done <= action.review
                not_required = action.not_required and action.due <= day
                yield {
                    "action_id": f"{audit.audit_id}-{action.number}",
                    "audit_id": audit.audit_id,
                    "theme": action.theme,
                    "owner_role": action.role,
                    "due_date": action.due,
                    "completed_date": action.done if done else None,
                    "status": "complete" if done else "not_required" if not_required else "open",
                    "review_date": action.review if reviewed else None,
                    "review_status": ("complete" if complete_at_review else "not_complete") if reviewed else None,
                    "footprint_recorded": YES_NO[action.footprint] if reviewed else None,
                }


def _grade(index: int) -> str:
    return GRADES[min(max(index, 0), len(GRADES) - 1)]
