"""The scenario of the synthetic authority: the shape of `scenario.yml` and its loader; no volume, rate or name stands here."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Weights = Annotated[dict[str, float], Field(min_length=1)]
Band = tuple[int, int, float]  # lowest, highest, weight
Bands = Annotated[tuple[Band, ...], Field(min_length=1)]
AgeBand = Literal["unborn", "0", "1-4", "5-9", "10-15", "16-17"]
YesNo = Literal["yes", "no"]
Day = Annotated[date, BeforeValidator(lambda v: date.fromisoformat(v) if isinstance(v, str) else v)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorldPart(_Part):
    """When the invented world begins and how unborn children are known."""

    begins: Day
    contacts_begin: str
    earliest_delivery: str
    latest_delivery: str
    quality_and_voice_begin: str
    unborn_known_days_before_birth: tuple[int, int]
    unborn_date_of_birth_blank: Share


class ScalePart(_Part):
    """One size of the authority; `factor` multiplies every volume."""

    factor: float = Field(gt=0)
    workers_per_team: int = Field(ge=2)
    audits_per_month: int = Field(ge=1)


class PopulationPart(_Part):
    """Who the children are and where they live."""

    home_authority: str
    neighbouring_authorities: tuple[str, ...]
    sex: Weights
    ethnicity: Weights
    disability: Weights
    postcodes: tuple[Annotated[str, Field(pattern=r"^ZZ99 \d[A-Z]{2}$")], ...]
    month_weights: tuple[float, ...] = Field(min_length=12, max_length=12)
    weekday_weights: tuple[float, ...] = Field(min_length=7, max_length=7)


class ContactsPart(_Part):
    """Contacts and early help assessments."""

    a_year: float
    become_referral: Share
    become_early_help: Share
    early_help_assessed: Share
    known_child: Share
    ages: dict[AgeBand, float]
    decided_after_wd: Bands
    early_help_after_cd: Bands
    early_help_takes_cd: Bands
    organisations: tuple[str, ...]


class ReferralsPart(_Part):
    """Referrals, returning children included."""

    a_year: float
    nfa: Share
    again_within_a_year: Share
    back_after_a_year: Share
    again_gap_cd: tuple[int, int]
    back_gap_cd: int = Field(gt=366)
    source: Weights
    ages: dict[AgeBand, float]
    need: Weights


class AssessmentsPart(_Part):
    """Assessments of children in need."""

    starts_after_wd: Bands
    takes_wd: Bands
    first_seen_after_cd: Bands
    never_seen: Share
    in_need: Share
    not_in_need_reason: Weights


class Section47Part(_Part):
    """Section 47 enquiries and initial child protection conferences."""

    at_assessment: Share
    at_cin_plan: Share
    starts_after_wd: Bands
    concluded_after_wd: Bands
    to_conference: dict[AgeBand, Share]
    conference_after_wd: Bands
    conference_to_plan: Share


class ChildInNeedPart(_Part):
    """Child in need plans."""

    made: Share
    starts_after_wd: Bands
    lasts_cd: Bands
    after_protection: Share
    after_protection_lasts_cd: Bands
    closes_without_plan_wd: Bands
    closure_reason: Weights
    seen_every_cd: Bands


class ChildProtectionPart(_Part):
    """Child protection plans."""

    lasts_cd: Bands
    plan_before_the_records: Share
    more_before: Share
    category: Weights
    category_changes: Share
    emergency_protection: Share
    visited_every_cd: Bands
    first_review_cd: Bands
    next_reviews_cd: Bands
    seen_alone: Share
    seen_alone_from_age: int
    ends_after_entering_care_cd: Bands


class LookedAfterPart(_Part):
    """Periods of care, legal statuses and placements."""

    starts_a_year: float
    unaccompanied: Share
    unaccompanied_age_cd: Bands
    unaccompanied_male: Share
    unaccompanied_ethnicity: Weights
    ages: dict[AgeBand, float]
    drawn_from: Weights
    first_legal_status: Weights
    remand_from_age: int
    emergency_ends_cd: Bands
    interim_order_lasts_cd: Bands
    accommodated_to_court: Share
    accommodated_to_court_cd: Bands
    exits: dict[AgeBand, Weights]
    exit_after_cd: dict[str, Bands]
    exit_codes: dict[str, Weights]
    back_home_with_a_plan: Share
    placement: dict[AgeBand, Weights]
    placement_provider: dict[str, Weights]
    placed_out: Share
    moves_a_year: float
    unsettled: Share
    unsettled_moves_a_year: float
    permanence_plan: Weights
    missing_from_age: int
    goes_missing: Share
    missing_a_year: Bands
    absent: Share
    absent_a_year: Bands
    return_interview_offered: Share
    return_interview_accepted: Share
    visited_every_cd: Bands
    reviews_cd: tuple[int, int, int]
    first_health_cd: int
    first_dental_cd: int
    iro_contact_every_cd: Bands
    health_every_cd: Bands
    dental_every_cd: Bands
    handed_to_through_care_cd: Bands


class AdoptionPart(_Part):
    """Children with an adoption decision."""

    decision_after_cd: Bands
    placement_order_after_cd: Bands
    matched_after_cd: Bands
    placed_after_cd: Bands
    order_after_cd: Bands
    reversed: Share
    reversed_after_cd: Bands
    reversal_reason: Weights
    fostering_for_adoption: Share
    no_family_waits_cd: int = Field(ge=1)


class AdoptersPart(_Part):
    """Adopter families on their way to approval."""

    enquiries_a_year: float
    couples: Share
    stage_1_after_cd: Bands
    stage_1_takes_cd: Bands
    stage_2_after_cd: Bands
    stage_2_takes_cd: Bands
    approved_after_cd: Bands
    leaves_at: dict[Literal["enquiry", "stage_1", "stage_2"], Share]
    leaves_after_cd: Bands
    approved_wait_at_most_cd: Bands
    leaving_reason: Weights
    ethnicity: Weights
    disability: Share
    fostering_for_adoption: Share


class CareLeaversPart(_Part):
    """Care leavers receiving a service."""

    in_care_cd_for_entitlement: int
    takes_up_service: Share
    qualifying_served: Share
    still_served_after_22: Share
    reviewed_every_cd: Bands
    changes_at_review: Share
    in_touch: Weights
    accommodation: Weights
    always_unsuitable: tuple[str, ...]
    otherwise_unsuitable: Share
    activity: Weights
    activity_before_18: Weights
    contact_every_cd: Bands
    last_contact_when_lost_cd: Bands
    pathway_plan_every_cd: Bands


class TemplatePart(_Part):
    """One audit template; `share` is its weight among the audits of a month."""

    title: str
    share: int = Field(ge=1)
    moderated: YesNo
    review_anchor: Literal["moderation", "completion", "none"]
    subject: Literal["child", "fostering_household", "adopter_family"]


class QualityAssurancePart(_Part):
    """Case file audits, theme grades and actions."""

    templates: dict[str, TemplatePart]
    themes: dict[str, tuple[str, ...]]
    valid_from: Day
    grade: Weights
    moderation_move: Weights
    lead_kinder: Share
    peer_grade_missing: Share
    independent: Share
    due_after_wd: int
    withdrawn: Share
    completed_after_wd: Bands
    moderated_after_wd: Bands
    never_moderated: Share
    theme_same_as_overall: Share
    theme_lean: dict[str, Share]
    theme_lean_otherwise: Share
    actions_mean: float
    actions_most: int
    action_due_after_cd: Bands
    action_done: Weights
    action_done_later_cd: Bands
    action_not_required: Share
    review_after_cd: int
    review_on_time: Share
    review_early_cd: Bands
    review_late_cd: Bands
    footprint_recorded: Share
    views_sought: Share
    views_obtained: Share
    views_not_sought_reason: tuple[str, ...]
    worker_discussion: Share
    case_note_recorded: Share
    learning_shared: Share
    owner_roles: tuple[str, ...]
    fostering_households: int


class WebStarPart(_Part):
    """WebStar scores; means and spreads in points of the scale."""

    interventions_a_year: float
    start_scored: Share
    areas: tuple[str, ...]
    highest: int
    child_takes_part: Share
    child_from_age: int
    parent_takes_part: Share
    area_left_blank: Share
    start_mean: dict[Literal["child", "parent"], float]
    spread: float
    starts_at_top: Share
    ended: Share
    mid: Share
    ends_after_cd: Bands
    change_mean: dict[Literal["child", "parent"], float]
    change_spread: float
    unchanged: Share


class VoicePart(_Part):
    """Feedback answers and WebStar."""

    responses_a_year: float
    channel: Weights
    respondent: Weights
    questions: dict[str, str]
    answer: Weights
    not_answered: Share
    child_answers_from_age: int
    webstar: WebStarPart


class NamesPart(_Part):
    """Invented names of staff."""

    given: tuple[str, ...]
    family: tuple[str, ...]


class TargetPart(_Part):
    """One KPI's target; `target_high` only where the KPI has a range."""

    target: float
    target_high: float | None = None
    tolerance: float | None = None
    floor: float | None = None
    weighting: float = 0
    contract: YesNo


class CommentaryPart(_Part):
    """What is said about a KPI every month; it names no number, so it is true of any."""

    text: str
    cause: str
    action: str
    owner: str


class ReferencePart(_Part):
    """Targets, commentary, populations and record restrictions."""

    targets: dict[Day, dict[str, TargetPart]]
    commentary: dict[str, CommentaryPart]
    commentary_due_after_cd: int
    commentary_author: str
    commentary_approver: str
    mid_year_population: dict[int, int]
    published_month_day: tuple[int, int]
    restrictions: Weights
    restricted_children: int
    restriction_approved_by: str


class Scenario(_Part):
    """The whole scenario."""

    world: WorldPart
    scales: dict[str, ScalePart]
    population: PopulationPart
    contacts: ContactsPart
    referrals: ReferralsPart
    assessments: AssessmentsPart
    section_47: Section47Part
    child_in_need_plans: ChildInNeedPart
    child_protection: ChildProtectionPart
    looked_after: LookedAfterPart
    adoption: AdoptionPart
    adopters: AdoptersPart
    care_leavers: CareLeaversPart
    quality_assurance: QualityAssurancePart
    voice: VoicePart
    services: dict[str, str]
    teams: dict[str, tuple[str, str]]
    teams_valid_from: Day
    supporting_families_first_share: Share
    names: NamesPart
    reference: ReferencePart

    def team_name(self, code: str) -> str:
        """Name of a team as the case system and the organisation extract both show it."""
        return self.teams[code][1]

    def teams_of(self, service: str) -> tuple[str, ...]:
        """Codes of the teams of a service."""
        return tuple(code for code, (owner, _) in self.teams.items() if owner == service)


@cache
def load_scenario(path: Path = Path(__file__).with_name("scenario.yml")) -> Scenario:
    """The scenario of a YAML file; pydantic.ValidationError names the entry that is wrong."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Scenario.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
