"""The invented world: children, their cases and the queue of events that moves it from day to day; which events follow which is in `need` and `care`.

The world runs in order of date from a fixed first day and knows nothing of the future, so what a file shows on a
snapshot date is the world as it stands on that day, whatever is asked for later.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from orchestration.periods import Period, period_containing
from orchestration.synthetic.chance import Dice
from orchestration.synthetic.scenario import Scenario

LIVES, CONTACTS, AUDITS, FEEDBACK, STARS, RESTRICTIONS, STAFF = range(1, 8)  # streams of chance
CHILD, CONTACT_CHILD, ADOPTER, FAMILY, HOUSEHOLD = 0, 3_000_000, 5_000_000, 6_000_000, 7_000_000  # blocks of numbers
YEAR = 365.25
AGE_DAYS = {"0": (1, 364), "1-4": (366, 1825), "5-9": (1827, 3650), "10-15": (3653, 5842), "16-17": (5845, 6480)}


def birthday(date_of_birth: date, age: int) -> date:
    """The day an age is reached; a child born on 29 February reaches it on 1 March in other years (English law)."""
    try:
        return date_of_birth.replace(year=date_of_birth.year + age)
    except ValueError:
        return date(date_of_birth.year + age, 3, 1)


def age_on(date_of_birth: date, day: date) -> int:
    """Age in whole years; -1 before birth, as Ofsted's guidance has it."""
    if day < date_of_birth:
        return -1
    age = day.year - date_of_birth.year
    return age if birthday(date_of_birth, age) <= day else age - 1


def age_band(age: int) -> str:
    """The scenario's age band of an age in years."""
    for band, first in (("16-17", 16), ("10-15", 10), ("5-9", 5), ("1-4", 1), ("0", 0)):
        if age >= first:
            return band
    return "unborn"


def year_before(day: date) -> date:
    """The same day of the year before (28 February for the 29th)."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@dataclass(slots=True, eq=False)
class Child:
    """One child; `departed` = adopted or died: no later event may name this identity."""

    child_id: str
    date_of_birth: date
    sex: str
    ethnicity: str
    disability: str
    birth_blank: bool = False
    unaccompanied: bool = False
    departed: bool = False
    plans_before: int | None = None
    episode: Episode | None = None
    leaver: CareLeaver | None = None
    referrals: list[Referral] = field(default_factory=list)
    enquiries: list[Section47] = field(default_factory=list)
    plans: list[ProtectionPlan] = field(default_factory=list)
    care: list[CarePeriod] = field(default_factory=list)

    @property
    def adult_on(self) -> date:
        return birthday(self.date_of_birth, 18)


@dataclass(slots=True, eq=False)
class Contact:
    """One contact."""

    child: Child
    day: date
    source: str


@dataclass(slots=True, eq=False)
class EarlyHelp:
    """One early help assessment; `ends` may lie ahead of the day shown."""

    child: Child
    start: date
    ends: date
    organisation: str


@dataclass(slots=True, eq=False)
class Referral:
    """One referral."""

    child: Child
    day: date
    source: str
    nfa: bool
    team: str
    worker: str


@dataclass(slots=True, eq=False)
class Assessment:
    """One assessment; `seen_on` is None when the child is never seen."""

    child: Child
    start: date
    seen_on: date | None
    team: str
    worker: str
    authorised: date | None = None
    support: bool | None = None


@dataclass(slots=True, eq=False)
class Section47:
    """One section 47 enquiry and its initial child protection conference."""

    child: Child
    day: date
    team: str
    worker: str
    not_required: bool | None = None
    conference: date | None = None
    led_to_plan: bool | None = None


@dataclass(slots=True, eq=False)
class ProtectionPlan:
    """One child protection plan; reviews and visits follow fixed intervals in days."""

    child: Child
    start: date
    category: str
    latest_category: str
    previous: int
    emergency: bool
    first_review: int
    next_reviews: int
    visited_every: int
    end: date | None = None


@dataclass(slots=True, frozen=True)
class Placement:
    """One placement."""

    start: date
    kind: str
    provider: str
    postcode: str
    urn: str | None
    outside: bool
    authority: str


@dataclass(slots=True, eq=False)
class CarePeriod:
    """One period of being looked after."""

    child: Child
    episode: Episode
    start: date
    need: str
    team: str
    worker: str
    permanence_plan: str
    visited_every: int
    iro_every: int
    health_every: int
    dental_every: int
    move_every: float
    legal: list[tuple[date, str]] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    missing: list[date] = field(default_factory=list)
    absent: list[date] = field(default_factory=list)
    interview_offered: bool | None = None
    interview_accepted: bool | None = None
    adoption: AdoptionCase | None = None
    end: date | None = None
    end_reason: str | None = None


@dataclass(slots=True, eq=False)
class Episode:
    """One episode of need, from referral to closure. `plan_turn` makes an outdated plan's planned end void."""

    child: Child
    start: date
    need: str
    team: str
    worker: str
    seen_every: int
    slot: int
    assessment: Assessment | None = None
    conference_ahead: bool = False
    plan_start: date | None = None
    plan_open: bool = False
    plan_turn: int = 0
    protection: ProtectionPlan | None = None
    care: CarePeriod | None = None
    end: date | None = None
    reason: str | None = None

    @property
    def status(self) -> str:
        """Ofsted's case status: the first that applies; closed when the episode has ended."""
        if self.end:
            return "closed"
        if self.care:
            return "looked_after"
        if self.protection:
            return "child_protection"
        return "child_in_need_plan" if self.plan_open else "open_assessment"


@dataclass(slots=True, eq=False)
class AdoptionCase:
    """One child with an adoption decision."""

    child: Child
    period: CarePeriod
    decision: date
    fostering_for_adoption: date | None = None
    family: AdopterFamily | None = None
    placement_order: date | None = None
    matched: date | None = None
    placed: date | None = None
    order: date | None = None
    reversed: date | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class AdopterFamily:
    """One family on its way to adopting; `adopters` holds (id, sex, ethnicity, disability)."""

    family_id: str
    adopters: list[tuple[str, str, str, str]]
    enquiry: date
    fostering_for_adoption: bool
    stage_1: date | None = None
    stage_1_end: date | None = None
    stage_2: date | None = None
    stage_2_end: date | None = None
    approved: date | None = None
    case: AdoptionCase | None = None
    left: date | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class CareLeaver:
    """One care leaver receiving a service."""

    child: Child
    eligibility: str
    start: date
    team: str
    worker: str
    adviser: str
    contact_every: int
    pathway_every: int
    in_touch: str = "yes"
    lost_contact: date | None = None
    accommodation: str = "U"
    suitable: bool | None = True
    activity: str | None = None
    end: date | None = None


class World:
    """Everything that has happened up to `today`, and the queue of what is to come."""

    def __init__(self, scenario: Scenario, scale: str, seed: int, come_of_age: Callable[[World, Child], None]) -> None:
        self.scenario = scenario
        self.come_of_age = come_of_age  # what care does on an 18th birthday; care is built on need, so it is handed in
        self.scale = scenario.scales[scale]
        self.seed = (seed, round(self.scale.factor * 1000))
        self.dice = self.stream(LIVES)
        self.today = scenario.world.begins
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._sequence = 0
        self._numbers = {block: block for block in (CHILD, ADOPTER, FAMILY, HOUSEHOLD)}
        self.staff = self._staff()
        self.contacts: list[Contact] = []
        self.early_help: list[EarlyHelp] = []
        self.early_help_until: dict[str, date] = {}  # by child id: one early help assessment at a time
        self.referrals: list[Referral] = []
        self.assessments: list[Assessment] = []
        self.enquiries: list[Section47] = []
        self.episodes: list[Episode] = []
        self.open_episodes: list[Episode] = []
        self.plans: list[ProtectionPlan] = []
        self.care_periods: list[CarePeriod] = []
        self.adoptions: list[AdoptionCase] = []
        self.adopter_families: list[AdopterFamily] = []
        self.leavers: list[CareLeaver] = []

    def stream(self, *parts: int) -> Dice:
        """A stream of chance of its own, so that one part's draws never shift another's."""
        return Dice(*self.seed, *parts)

    def _staff(self) -> dict[str, tuple[str, ...]]:
        """Names by team code; the first of each team is its manager."""
        names = [f"{given} {family}" for family in self.scenario.names.family for given in self.scenario.names.given]
        dice = self.stream(STAFF)
        size = self.scale.workers_per_team
        if len(names) < size * len(self.scenario.teams):
            raise ValueError("scenario.yml: `names` are too few for the workers of every team")
        return {
            team: tuple(names.pop(dice.between(0, len(names) - 1)) for _ in range(size)) for team in self.scenario.teams
        }

    def worker(self, team: str) -> str:
        """One of the team's workers; not the manager."""
        return self.dice.one_of(self.staff[team][1:])

    def team_of(self, service: str) -> str:
        """One of the service's teams."""
        return self.dice.one_of(self.scenario.teams_of(service))

    def identity(self, number: int) -> str:
        """A seven-digit id; a one-to-one scramble, so that ids tell nothing of order or kind."""
        return str(1_000_000 + (number * 7_368_787 + self.seed[0] * 1_234_567) % 9_000_000)

    def next_identity(self, block: int) -> str:
        """The next id of a block of numbers."""
        self._numbers[block] += 1
        return self.identity(self._numbers[block])

    def make_child(self, dice: Dice, child_id: str, born: date, day: date) -> Child:
        """A new child known from `day` on, with sex, ethnicity and disability by lot."""
        people = self.scenario.population
        blank = born > day and dice.chance(self.scenario.world.unborn_date_of_birth_blank)
        return Child(
            child_id, born, dice.pick(people.sex), dice.pick(people.ethnicity), dice.pick(people.disability), blank
        )

    def born_for(self, dice: Dice, day: date, band: str) -> date:
        """A date of birth that puts a child in the age band on `day` and leaves it a child for some months."""
        if band == "unborn":
            return day + timedelta(days=dice.between(*self.scenario.world.unborn_known_days_before_birth))
        return day - timedelta(days=dice.between(*AGE_DAYS[band]))

    def at(self, day: date, event: Callable[..., None], *details: Any) -> None:
        """Put an event `event(world, *details)` on the queue; events of one day run in the order they were put."""
        self._sequence += 1
        heapq.heappush(self._queue, (max(day, self.today).toordinal(), self._sequence, event, details))

    def advance_to(self, day: date) -> None:
        """Let everything up to and including `day` happen."""
        last = day.toordinal()
        while self._queue and self._queue[0][0] <= last:
            ordinal, _, event, details = heapq.heappop(self._queue)
            self.today = date.fromordinal(ordinal)
            event(self, *details)
        self.today = day

    def season(self, month: Period) -> float:
        """How much a month differs from the year's mean month."""
        weights = self.scenario.population.month_weights
        return weights[month.start.month - 1] * 12 / sum(weights)

    def monthly(self, a_year: float, month: Period) -> float:
        """Expected number in the month of something that comes `a_year` times a year at scale 1."""
        return a_year * self.scale.factor / 12 * self.season(month)


def month_of(day: date) -> Period:
    """The month that holds a day."""
    return period_containing(day, "month")


def month_number(month: Period) -> int:
    """Months since the year 0; names a month's own stream of chance."""
    return month.start.year * 12 + month.start.month
