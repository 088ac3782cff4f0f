"""What children, parents and carers of the invented authority say: feedback answers and WebStar scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.periods import Period
from orchestration.synthetic.chance import Dice
from orchestration.synthetic.lives import FEEDBACK, STARS, Child, World, age_on, month_number

Row = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Answer:
    """One answer of one response."""

    response_id: str
    question: str
    child_id: str | None
    channel: str
    respondent: str
    day: date
    team: str
    answer: str


@dataclass(slots=True, frozen=True)
class Score:
    """One WebStar score."""

    intervention_id: str
    child_id: str
    respondent: str
    stage: str
    day: date
    area: str
    score: int
    team: str


class Voice:
    """Feedback and WebStar; `record_month` is called when the world stands at the month's end."""

    source = "voice"

    def __init__(self, world: World) -> None:
        self.world = world
        self.rules = world.scenario.voice
        self.answers: list[Answer] = []
        self.scores: list[Score] = []

    def record_month(self, month: Period) -> None:
        """The month's responses and the interventions that begin in it."""
        cases = [(e.child, e.team, e.start) for e in self.world.open_episodes if e.child.date_of_birth <= month.start]
        if cases:
            self._feedback(month, cases)
            self._stars(month, cases)

    def _feedback(self, month: Period, cases: list[tuple[Child, str, date]]) -> None:
        rules, dice = self.rules, self.world.stream(FEEDBACK, month_number(month))
        for index in range(dice.count(self.world.monthly(rules.responses_a_year, month))):
            child, team, _ = dice.one_of(cases)
            respondent = dice.pick(rules.respondent)
            day = dice.day_in(month, self.world.scenario.population.weekday_weights)
            if respondent == "child" and age_on(child.date_of_birth, day) < rules.child_answers_from_age:
                respondent = "parent"
            channel = dice.pick(rules.channel)
            for question in rules.questions:
                answer = "not_answered" if dice.chance(rules.not_answered) else dice.pick(rules.answer)
                response_id = f"F{month.start:%Y%m}{index + 1:04d}"
                about = child.child_id if respondent != "partner_agency" else None
                self.answers.append(Answer(response_id, question, about, channel, respondent, day, team, answer))

    def _stars(self, month: Period, cases: list[tuple[Child, str, date]]) -> None:
        rules, dice = self.rules.webstar, self.world.stream(STARS, month_number(month))
        begun = [case for case in cases if case[2] >= month.start] or cases
        expected = self.world.monthly(rules.interventions_a_year * rules.start_scored, month)
        for index in range(dice.count(expected)):
            child, team, _ = dice.one_of(begun)
            start = dice.day_in(month, self.world.scenario.population.weekday_weights)
            ends = dice.days_after(start, rules.ends_after_cd) if dice.chance(rules.ended) else None
            middle = start + (ends - start) // 2 if ends and dice.chance(rules.mid / rules.ended) else None
            old_enough = age_on(child.date_of_birth, start) >= rules.child_from_age
            people = ["child"] if old_enough and dice.chance(rules.child_takes_part) else []
            people += ["parent"] if not people or dice.chance(rules.parent_takes_part) else []
            for respondent in people:
                self._star(dice, f"W{month.start:%Y%m}{index + 1:04d}", child, respondent, team, start, middle, ends)

    def _star(
        self,
        dice: Dice,
        intervention: str,
        child: Child,
        respondent: str,
        team: str,
        start: date,
        middle: date | None,
        ends: date | None,
    ) -> None:
        rules = self.rules.webstar
        for area in rules.areas:
            first = (
                rules.highest
                if dice.chance(rules.starts_at_top)
                else dice.normal(rules.start_mean[respondent], rules.spread)
            )
            change = (
                0.0 if dice.chance(rules.unchanged) else dice.normal(rules.change_mean[respondent], rules.change_spread)
            )
            stages = (("start", start, 0.0), ("mid", middle, change / 2), ("end", ends, change))
            for stage, day, moved in stages:
                if day and not dice.chance(rules.area_left_blank):
                    score = min(max(round(min(max(first, 1), rules.highest) + moved), 1), rules.highest)
                    self.scores.append(Score(intervention, child.child_id, respondent, stage, day, area, score, team))

    def tables(self, day: date) -> dict[str, Iterator[Row]]:
        """The full dump as known on `day`, by contract table."""
        return {"feedback": self._answer_rows(day), "webstar": self._score_rows(day)}

    def _answer_rows(self, day: date) -> Iterator[Row]:
        for answer in self.answers:
            if answer.day <= day:
                yield {
                    "response_id": answer.response_id,
                    "question": answer.question,
                    "child_id": answer.child_id,
                    "channel": answer.channel,
                    "respondent": answer.respondent,
                    "response_date": answer.day,
                    "service_code": self.world.scenario.teams[answer.team][0],
                    "team_code": answer.team,
                    "answer": answer.answer,
                    "theme": self.rules.questions[answer.question],
                }

    def _score_rows(self, day: date) -> Iterator[Row]:
        for score in self.scores:
            if score.day <= day:
                yield {
                    "intervention_id": score.intervention_id,
                    "child_id": score.child_id,
                    "respondent": score.respondent,
                    "stage": score.stage,
                    "star_date": score.day,
                    "area": score.area,
                    "score": score.score,
                    "service_code": self.world.scenario.teams[score.team][0],
                    "team_code": score.team,
                }
