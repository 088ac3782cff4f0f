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


class OutcomePart(_Part):
    """A figure that comes out of the scenario, and how far the mean of three counties may be off."""

    value: float
    within: float = Field(gt=0)


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


class AuthoritiesPart(_Part):
    """Sizes of several authorities."""

    middle: float = Field(gt=0)
    spread: float = Field(ge=0)
    least: float = Field(gt=0)
    most: float


class PopulationPart(_Part):
    """Who the children are and where they live."""

    home_authority: str
    neighbouring_authorities: tuple[str, ...]
    sex: Weights
    ethnicity: Weights
    disability: Weights
    postcodes: tuple[Annotated[str, Field(pattern=r"^ZZ99 \d[A-Z]{2}$")], ...]
    districts: dict[str, str]
    month_weights: tuple[float, ...] = Field(min_length=12, max_length=12)
    weekday_weights: tuple[float, ...] = Field(min_length=7, max_length=7)
    drift_a_year: float
    drift_from: Day
    children_in_family: Weights
    years_between_siblings: tuple[int, int]
    twins: Share
    goes_own_way: Share
    two_ids: Share


class EraPart(_Part):
    """How long something takes from a day on, until the next entry."""

    since: Day
    bands: Bands


class HabitPart(_Part):
    """How often some children do something; `weight` is their share among those who ever do."""

    weight: float
    every_cd: Bands


class RecordingPart(_Part):
    """How late things are written down."""

    visits_late: Share
    authorisations_late: Share
    authorisations_corrected: Share
    late_by_cd: Bands


class ContactsPart(_Part):
    """Contacts and early help assessments."""

    a_year: float
    become_referral: Share
    become_early_help: Share
    early_help_assessed: Share
    known_child: Share
    information: Share
    steps_down: Share
    led_by_authority: Share
    early_help_reason: Weights
    early_help_end_reason: Weights
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
    back_wait_cd: float
    comes_back: Share
    transfer_in: Share
    again_gap_cd: tuple[int, int]
    back_gap_cd: int = Field(gt=366)
    source: Weights
    ages: dict[AgeBand, float]
    need: Weights


class AssessmentsPart(_Part):
    """Assessments of children in need."""

    starts_after_wd: Bands
    takes_wd: tuple[EraPart, ...]
    first_seen_after_cd: Bands
    never_seen: Share
    in_need: Share
    not_in_need_reason: Weights


class FactorsPart(_Part):
    """Factors found at assessments: each with its share, in percent, of the assessments that find any."""

    none_found: Share
    found: Weights


class SsdPart(_Part):
    """What only the standard dataset shows."""

    mother_recorded: Share
    moves_home_after_cd: Bands
    disability_codes: Weights
    immunised: Share
    substance_misuse: Share
    convicted: Share
    sdq_done: Share
    sdq_mean: float
    sdq_spread: float
    sdq_reason: Weights
    sdq_every_cd: Bands
    previous_permanence: Weights
    pre_proceedings_before_court: Share
    pre_proceedings_of_plans: Share
    pre_proceedings_lasts_cd: Bands
    ehcp_of_disabled: Share
    ehcp_of_others: Share
    ehcp_in_20_weeks: Share
    sen_types: Weights
    shares: dict[str, Share]
    voice_asked: Share


class Section47Part(_Part):
    """Section 47 enquiries and initial child protection conferences."""

    at_assessment: Share
    at_cin_plan: Share
    starts_after_wd: Bands
    concluded_after_wd: Bands
    to_conference: dict[AgeBand, Share]
    conference_after_wd: Bands
    conference_to_plan: Share
    conference_drift_a_year: float


class ChildInNeedPart(_Part):
    """Child in need plans."""

    made: Share
    starts_after_wd: Bands
    lasts_cd: Bands
    after_protection: Share
    after_protection_lasts_cd: Bands
    closes_without_plan_wd: Bands
    long_without_plan: Share
    long_without_plan_cd: Bands
    closure_reason: Weights
    first_visit_cd: Bands
    visited_every_cd: Bands
    seen_alone: Share


class ChildProtectionPart(_Part):
    """Child protection plans."""

    lasts_cd: tuple[EraPart, ...]
    plan_before_the_records: Share
    more_before: Share
    category: Weights
    category_changes: Share
    emergency_protection: Share
    first_visit_cd: Bands
    visited_every_cd: Bands
    first_review_cd: Bands
    next_reviews_cd: Bands
    quorate: Share
    seen_at_visit: Share
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
    enters_from: dict[Literal["child_protection", "child_in_need_plan", "assessment"], Share]
    enters_by_age: dict[AgeBand, float]
    enters_drift_a_year: float
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
    unsettled: Share
    first_move_after_cd: Bands
    settled_moves_after_cd: Bands
    unsettled_moves_after_cd: Bands
    status_changes_after_cd: Bands
    placement_change_reason: Weights
    miles_inside: Bands
    miles_outside: Bands
    permanence_plan: Weights
    missing_from_age: int
    goes_missing: Share
    missing_every_cd: dict[str, HabitPart]
    absent: Share
    absent_every_cd: dict[str, HabitPart]
    missing_hours: Bands
    missing_from_home: Share
    missing_from_home_times: Bands
    return_interview_offered: Share
    return_interview_accepted: Share
    first_visit_cd: Bands
    visited_every_cd: Bands
    seen_alone: Share
    first_review_cd: Bands
    second_review_cd: Bands
    next_reviews_cd: Bands
    participation: Weights
    first_health_cd: Bands
    first_dental_cd: Bands
    health_refused: Share
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
    known_under_a_new_identity: Share


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
    case_stays_open: Share
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
    """One audit template; `a_year` audits at the size of a county; without a `service` several use it."""

    title: str
    a_year: float = Field(gt=0)
    moderated: YesNo
    review_anchor: Literal["moderation", "completion", "none"]
    subject: Literal["child", "fostering_household", "adopter_family"]
    service: str | None = None
    paired: YesNo = "yes"


class SampleRulesPart(_Part):
    """What the samples follow; a `minimum_of_status` is that of a county."""

    months_without_repeat: int = Field(ge=1)
    themes_a_quarter: int = Field(ge=1)
    cases_per_team: dict[str, int]
    cases_per_team_at_size: float
    minimum_of_status: dict[str, int]


class TargetedAuditsPart(_Part):
    """Targeted audits of services, and every quarter one of chairs and IROs; topics name their audit theme."""

    services_a_year: float
    children: tuple[int, int]
    topics: dict[str, str]
    chairs_topics: dict[str, str]
    services: Weights
    one_team: Share
    commissioned_by: Weights
    reason: Weights
    due_after_cd: Bands
    received_after_cd: Bands
    completed_after_cd: Bands
    never_completed: Share
    learning_recorded: Share
    disseminated: Share
    disseminated_after_cd: Bands


class ObservationsPart(_Part):
    """Practice observations."""

    chairs_a_quarter: int
    others_a_year: float
    services: Weights
    observer: Weights
    chair_setting: Weights
    setting: Weights
    planned_ahead_cd: int
    held_after_cd: Bands
    not_done: Share
    not_done_reason: tuple[str, ...]
    feedback_given: Share
    learning_recorded: Share


class MultiAgencyPart(_Part):
    """Multi-agency audits; `agencies` are asked with the share given."""

    a_year: int
    children: tuple[int, int]
    groups: Weights
    themes: tuple[str, ...]
    completed_after_cd: Bands
    reported_after_cd: Bands
    never_completed: Share
    agencies: dict[str, Share]
    took_part: Share
    graded: Share
    learning: tuple[int, int]


class MidWayPart(_Part):
    """Mid-way audits between two reviews."""

    of_mid_points: Share
    completed: Share
    not_completed: Share
    completed_after_wd: Bands
    given_up_after_wd: Bands
    not_completed_reason: tuple[str, ...]
    feedback: dict[Literal["child", "parent", "carer"], Share]
    alert_sent: Share
    alert_after_wd: Bands
    acknowledged: Share
    acknowledged_after_wd: Bands
    footprint: Share
    actions_mean: float
    actions_most: int = Field(le=9)
    action_due_after_cd: Bands
    action_done: Share
    action_done_after_cd: Bands


class DisputeStagePart(_Part):
    """One stage of the register of dispute stages."""

    title: str
    formal: YesNo
    answered_by: str
    working_days: int


class DisputesPart(_Part):
    """Dispute resolutions; `stages` stand in order, the informal one first."""

    of_reviews: dict[Literal["cla", "cp"], Share]
    raised_after_wd: Bands
    formal: Share
    formal_at_once: Share
    informal_takes_wd: Bands
    resolved_at: Weights
    stage_takes_wd: Bands
    outcome: Weights
    withdrawn_informal: Share
    cafcass: Share
    themes: Weights
    stages: dict[str, DisputeStagePart]


class AcknowledgementsPart(_Part):
    """Practice acknowledgements."""

    of_reviews: Share
    recorded_after_wd: Bands
    alert_sent: Share
    alert_after_wd: Bands
    themes: tuple[str, ...]
    more_themes: Share


class LearningPart(_Part):
    """The learning register."""

    a_year: float
    source: Weights
    themes: Weights
    texts: dict[str, tuple[str, ...]]
    services: Weights
    services_most: int
    identified_after_cd: Bands
    product: Share
    second_product: Share
    shared_after_cd: Bands
    product_type: Weights
    audience: Weights
    evidence: Share
    evidence_after_cd: Bands
    evidence_type: Weights
    change_shown: Share
    kpis: tuple[str, ...]


class ImprovementPart(_Part):
    """Improvement actions; a title names its kind and the KPI it should move."""

    a_year: float
    source: Weights
    titles: dict[str, tuple[str, str | None]]
    services: Weights
    whole_authority: Share
    owner: Weights
    due_after_cd: Bands
    done: dict[Literal["in_time", "late", "never", "not_required"], float]
    done_early_cd: Bands
    done_late_cd: Bands


class QualityAssurancePart(_Part):
    """Case file audits, theme grades and actions, and the other audits, disputes and learning."""

    valid_from: Day
    templates: dict[str, TemplatePart]
    themes: dict[str, tuple[str, ...]]
    theme_titles: dict[str, str]
    grade: Weights
    reaudit_grade: Weights
    moderation_move: Weights
    lead_kinder: Share
    lead_harsher: Share
    peer_grade_missing: Share
    no_agreed_grade: Share
    independent: Share
    due_after_wd: int
    withdrawn: Share
    withdrawn_after_wd: Bands
    replaced: Share
    replaced_after_wd: Bands
    replacement_reason: tuple[str, ...]
    withdrawal_reason: tuple[str, ...]
    withdrawal_approved: Share
    completed_after_wd: Bands
    moderated_after_wd: Bands
    never_moderated: Share
    escalated: Share
    reaudited: Share
    reaudited_after_months: Bands
    theme_same_as_overall: Share
    theme_lean: dict[str, Share]
    theme_lean_otherwise: Share
    actions_mean: dict[str, float]
    actions_most: int = Field(le=9)
    action_theme: dict[str, float]
    action_category: Weights
    action_due_after_cd: Bands
    action_done: Weights
    action_done_later_cd: Bands
    action_not_required: Share
    review_after_cd: int
    review_on_time: Share
    review_early_cd: Bands
    review_late_cd: Bands
    footprint_recorded: Share
    reviewer_role: Weights
    owner_roles: tuple[str, ...]
    views_sought: Share
    views_obtained: Share
    views_of: dict[str, dict[str, Share]]
    child_gives_views_from_age: int
    views_not_sought_reason: tuple[str, ...]
    views_not_obtained_reason: tuple[str, ...]
    worker_discussion: Share
    case_note_recorded: Share
    learning_shared: Share
    form_recorded: Share
    programme_known_cd: int
    sample_rules: SampleRulesPart
    targeted: TargetedAuditsPart
    observations: ObservationsPart
    multi_agency: MultiAgencyPart
    mid_way: MidWayPart
    disputes: DisputesPart
    acknowledgements: AcknowledgementsPart
    learning: LearningPart
    improvement: ImprovementPart


class QuestionPart(_Part):
    """One feedback question; `wording` by the first day it is asked so, `form` by the first day what its answers are called."""

    theme: str
    lean: float
    wording: dict[Day, str]
    form: dict[Day, dict[str, str]] = Field(default_factory=dict)


class OpportunityPart(_Part):
    """One kind of opportunity for feedback; `a_year` only where it hangs on nothing that happens to a child.

    Case file audits tell themselves whether views were sought and obtained.
    """

    a_year: float = 0
    channel: str
    attempted: Share = 0
    reached: Share = 0
    child_answers: Share
    called_after_cd: Bands


class SurveyPart(_Part):
    """The survey anybody can answer."""

    months: tuple[int, ...]
    asked_a_year: float
    answered: Share
    unasked_a_year: float
    child_answers: Share
    named: Share


class TextsPart(_Part):
    """What people say in their own words; `planted` what stands in a text that names somebody, `names` how it is said."""

    said: Share
    said_more: Share
    consent: Weights
    withdrawn: Share
    withdrawn_after_cd: Bands
    names_not_known: Share
    child: tuple[str, ...]
    grown_up: tuple[str, ...]
    planted: Weights
    names: dict[str, str]


class AdvocacyPart(_Part):
    """Offers of an advocate or independent visitor."""

    from_age: int
    first_after_cd: Bands
    again_after_cd: Bands
    offered: Share
    not_offered_reason: Weights
    taken_up: dict[Literal["cp", "cla", "visitor"], Share]
    decided_after_cd: Bands
    visitor: Share


class AreaPart(_Part):
    """One area of the star; `lean` how much higher than most it is scored, in points; `renamed` its title by version."""

    title: str
    lean: float
    renamed: dict[str, str] = Field(default_factory=dict)


class VersionPart(_Part):
    """One version of the star, in use until the next one begins; smallest changes that mean something in points."""

    title: str
    valid_from: Day
    smallest_area_change: float
    smallest_overall_change: float


class WebStarPart(_Part):
    """WebStar scores; means and spreads in points of the scale."""

    versions: dict[str, VersionPart]
    areas: dict[str, AreaPart]
    highest: int
    share: dict[Literal["early_help", "child_in_need_plan", "child_protection"], Share]
    opened_after_cd: Bands
    lasts_cd: Bands
    not_engaged: Share
    not_engaged_lasts: Share
    cut_short_reason: Weights
    star_expected: Share
    start_scored: Share
    start_star_after_cd: Bands
    child_takes_part: Share
    child_from_age: int
    parent_takes_part: Share
    takes_part_at_end: Share
    area_left_blank: Share
    mid_expected: Share
    mid_done: Share
    mid_star_after_cd: Bands
    ended: Share
    ended_not_engaged: Share
    end_leans_to_improved: Share
    end_star_before_cd: tuple[int, int]
    least_cd: int = Field(ge=1)
    start_mean: dict[Literal["child", "parent"], float]
    spread: float
    starts_at_top: Share
    family_part: Share
    own_part: Share
    change_mean: dict[Literal["child", "parent"], float]
    back_to_mean: Share
    family_change: float
    change_spread: float
    change_by_mid: Share
    unchanged: Share


class VoicePart(_Part):
    """Feedback, offers of an advocate and WebStar."""

    questions: dict[str, QuestionPart]
    answer: Weights
    answers_alike: Share
    team_spread: float
    not_answered: Share
    child_answers_from_age: int
    carer_answers: Share
    child_and_carer_answer: Share
    adopters_asked: Share
    no_end_of_placement_form: tuple[str, ...]
    stays_in_placement: str
    opportunities: dict[str, OpportunityPart]
    survey: SurveyPart
    agencies: Weights
    responses_coded: Share
    texts: TextsPart
    themes: dict[str, Share]
    advocacy: AdvocacyPart
    webstar: WebStarPart


class ProcedurePart(_Part):
    """One complaints procedure; `about` the kind of case its complaints are about, any when blank."""

    a_year: float
    about: str | None = None
    about_no_child: Share
    answered_at_per_cent: dict[int, Bands]
    goes_on_after: dict[int, Share]


class StageRulePart(_Part):
    """What holds of one stage from a day on: when its clock starts, and the practice standards that set its times."""

    procedure: str
    stage: int
    start_rule: str
    after_suspension: Literal["goes_on", "starts_anew"] | None = None
    answer_standard: str
    extended_standard: str | None = None
    escalation_standard: str | None = None
    panel_report_standard: str | None = None
    authority_response_standard: str | None = None
    valid_from: Day
    valid_to: Day | None = None


class OmbudsmanPart(_Part):
    """Decisions of the ombudsman."""

    after_stage_1: Share
    after_later_stages: Share
    without_complaint_a_year: float
    decides_after_cd: Bands
    upheld: Weights
    remedy: Share
    remedy_due_after_cd: Bands
    remedy_done_cd: Bands


class ComplimentsPart(_Part):
    """Compliments from outside and praise among colleagues."""

    external_a_year: float
    internal_a_year: float
    external_from: Weights
    child_from_age: int
    about_child: Share
    themes: Weights


class CommentsPart(_Part):
    """Comments."""

    a_year: float
    answered: Share
    answered_after_wd: Bands
    from_whom: Weights


class ComplaintsPart(_Part):
    """Complaints, what becomes of them, compliments and comments."""

    least_size: float
    procedures: dict[str, ProcedurePart]
    stage_rules: tuple[StageRulePart, ...]
    clock_starts_after_wd: dict[str, Bands]
    complainants: dict[str, Weights]
    child_complains_from_age: int
    acknowledged_after_wd: Bands
    status: Weights
    status_after_wd: dict[str, Bands]
    resumed: Share
    resumed_after_cd: Bands
    declined_reason: Weights
    advocate_offered: Share
    advocate_speaks: Share
    put_off: Share
    put_off_reason: Weights
    panel_papers_at_per_cent: Bands
    goes_on_after_wd: Bands
    points: Bands
    themes: Weights
    finding: Weights
    finding_changes: Share
    point_decided_early: Share
    point_decided_before_cd: Bands
    learns: Share
    learning_after_cd: Bands
    learning_actions: Bands
    actions: Weights
    action_due_after_cd: Bands
    action_done: Weights
    action_early_cd: Bands
    action_late_cd: Bands
    owner_roles: Weights
    ombudsman: OmbudsmanPart
    compliments: ComplimentsPart
    comments: CommentsPart


class HouseholdStepPart(_Part):
    """One step of an enquiry to foster: who gets there, and when after the step before."""

    share: Share
    after_cd: Bands


class FosteringPart(_Part):
    """Fostering households, their approval and support."""

    households: int
    fosters_years: float
    places: Weights
    enquiries_a_year: float
    enquiry_kind: Weights
    enquiry_source: Weights
    enquiry_steps: dict[Literal["initial_visit", "application", "stage_1", "stage_2", "approved"], HouseholdStepPart]
    enquiry_leaves_after_cd: Bands
    declined: Share
    end_reason: Weights
    on_hold: Share
    place_on_hold: Share
    age_from: Weights
    couples: Share
    temporary: Share
    fully_approved_after_cd: Bands
    extended_before_cd: Bands
    not_extended: Share
    full_approval_refused: Share
    review_after_cd: Bands
    review_decided_after_cd: Bands
    review_to_panel: Share
    extra_review: Share
    views_sought: Share
    suitable: Share
    change_of_terms: Share
    panel_before_cd: Bands
    independent_review: Share
    supervision_first_cd: tuple[int, int]
    supervision_every_cd: Bands
    supervision_due_cd: int
    recorded_after_wd: Bands
    record_shared: Share
    unannounced_first_cd: tuple[int, int]
    unannounced_every_cd: Bands
    access_given: Share
    children_seen: Share
    concern: Share
    safer_caring_never: Share
    safer_caring_first_cd: tuple[int, int]
    safer_caring_every_cd: Bands
    safer_caring_review: Share
    safer_caring_reviewed_cd: Bands
    no_risk_assessment: Share


class HomePart(_Part):
    """One residential home."""

    kind: str
    places: int = Field(ge=1)


class ResidentialPart(_Part):
    """The authority's own homes; shares by kind of incident have an `otherwise`."""

    homes: tuple[HomePart, ...] = Field(min_length=2)
    manager_in_post: Share
    place_closed: Share
    closed_reason: Weights
    emergency: Share
    impact_before_cd: Bands
    impact_after_wd: Bands
    no_impact_assessment: Share
    planned_end: Share
    short_break_children: Share
    short_breaks_after_cd: Bands
    short_break_in_window: Share
    short_break_status: Weights
    short_break_cut_short: Share
    short_break_shorter: Share
    booked_ahead_cd: int
    reg_44_done: Share
    reg_44_unannounced: Share
    reg_44_recommendations: float
    reg_44_report_after_wd: Bands
    reg_44_sent_after_wd: Bands
    incidents_a_year: Bands
    incident_kind: Weights
    incident_minute: Bands
    incident_recorded_minutes: Bands
    incident_restraint: dict[str, Share]
    incident_serious: dict[str, Share]
    incident_police: dict[str, Share]
    incident_injury: dict[str, Share]
    incident_notified_cd: Bands
    incident_debrief_cd: Bands
    incident_no_debrief: Share
    inspections: dict[str, Share]
    inspection_outcome: Weights
    outcome_of_others: dict[str, str]
    inspection_report_after_wd: Bands


class AdoptionRecordsPart(_Part):
    """What the adoption service records beside the steps of an adoption."""

    consent: Share
    celebration_after_cd: Bands
    given_after_wd: Bands
    never_given: Share
    children_approved: Weights
    agencies: tuple[str, str]
    own_agency: Share


class EdgeOfCarePart(_Part):
    """The edge-of-care service."""

    of_plans: dict[Literal["child_in_need", "child_protection"], Share]
    least_size: float
    older_from_age: int
    older_weight: float
    after_plan_cd: Bands
    of_entrants: Share
    before_entry_cd: Bands
    of_returns: Share
    before_return_cd: Bands
    accepted: Share
    accepted_after_wd: Bands
    started_after_wd: Bands
    lasts_cd: Bands
    planned_cd: Bands
    ends_after_entry_cd: Bands
    outcome: Weights
    goal_met: Share
    other_goal: Share
    step: Weights
    not_accepted_reason: Weights
    entered_reason: str
    met_reason: str
    end_reason: Weights


class PrivateFosteringPart(_Part):
    """Private fostering arrangements."""

    of_referrals: Share
    from_age: int
    lasts_cd: Bands
    proposed: Share
    begins_after_cd: Bands
    began_before_cd: Bands
    is_private_fostering: Share
    decided_after_cd: Bands
    end_notified: Share
    notifier: Weights
    end_reason: Weights
    grown_up_reason: str
    taken_in_reason: str
    reason: Weights
    born_abroad: Weights
    first_visit_after_wd: Bands
    first_year_visit_after_cd: Bands
    later_visit_after_cd: Bands
    extra_visit: Share
    seen: Share
    alone_from_age: int
    seen_alone: Share
    recorded_after_wd: Bands
    decision: Weights
    appealed: Share
    decision_role: str


class LadoPart(_Part):
    """Referrals to the designated officer."""

    referrals_a_year: float
    allegation: Share
    threshold_met: Share
    agency: Weights
    sector: Weights
    harm: Weights
    reported_after_cd: Bands
    decision_due_wd: int
    decided_after_wd: Bands
    closed_after_cd: Bands
    outcome: Weights
    police: Share
    first_meeting_due_wd: int
    first_meeting_after_wd: Bands
    next_meeting_after_cd: Bands
    next_meeting_due_cd: int
    last_review_before_closing_cd: int
    outcome_meeting: Share
    employer_attends: Share
    police_attends: Share


class TeamPart(_Part):
    """One team; `at_size` is the least size (county = 1) of an authority that has it."""

    service: str
    name: str
    at_size: float = 0.0
    begins: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class OrganisationPart(_Part):
    """Posts, roles and how long people stay."""

    desks: dict[str, int]
    least_desks_a_team: int = Field(ge=1)
    roles: dict[str, Weights]
    stays_years: dict[str, float]
    manager_stays_years: float
    agency: Share
    agency_stays_years: float
    reallocated_after_cd: Bands
    full_time: Weights


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


class EditionPart(_Part):
    """Guidance or regulations and the days on which their editions began to hold."""

    title: str
    editions: dict[Day, str] = Field(alias="from")


class StandardPart(_Part):
    """One practice standard; `then` gives its timescale from later days on, `by` the guidance it comes from, `since` its first
    day where that is later than the guidance or the other local standards."""

    title: str
    task: str
    within: int | None = None
    unit: Literal["working_days", "calendar_days", "months", "hours", "cases"] = "working_days"
    then: dict[Day, int] = {}
    since: Day | None = None
    counted_from: str | None = None
    by: str | None = None
    service: str | None = None
    kpi: str | None = None
    theme: str | None = None


class SuppliedPart(_Part):
    """A KPI that has no extract; `of` is the mean denominator of a period in a county, without it the value itself is given."""

    every: Literal["month", "quarter"]
    of: int | None = None
    level: float
    spread: float
    unit: str
    system: str
    by: str


class ContractSetPart(_Part):
    """KPIs reported together, by section."""

    role: str
    reported: Literal["month", "quarter", "year"]
    begins: Day | None = Field(default=None, alias="from")
    sections: dict[str, tuple[str, ...]]


class BoardPart(_Part):
    """A board that meets on one weekday of one week of some months."""

    title: str
    months: tuple[int, ...]
    week: int = Field(ge=1, le=4)
    weekday: int = Field(ge=0, le=4)
    papers_wd: int = Field(ge=1)
    public_every: int | None = None
    until: Day | None = None
    themes: tuple[str, ...] = ()


class RebasePart(_Part):
    """A day from which the control charts of a KPI get new limits, of one service or (None) of the authority."""

    kpi: str
    service: str | None = None
    day: Day
    reason: str


class ReferencePart(_Part):
    """Targets, commentary, standards, populations, supplied values, boards, rebases of charts and record restrictions."""

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
    editions: dict[str, EditionPart]
    standards_from: Day
    practice_standards: dict[str, StandardPart]
    supplied_values: dict[str, SuppliedPart]
    supplied_after_wd: Bands
    supplied_approved_after_wd: Bands
    supplied_approver: str
    contract_sets: dict[str, ContractSetPart]
    contract_titles: dict[str, str]
    boards: dict[str, BoardPart]
    meetings_known_months_ahead: int
    control_chart_rebases: tuple[RebasePart, ...]
    rebases_approved_by: str


class SeriesPart(_Part):
    """One published measure: levels of the authority, country, region and mean neighbour in the base year."""

    kpi: str
    measure: str
    unit: str = "%"
    year_type: str = "Financial Year"
    places: int = 1
    levels: tuple[float | None, float | None, float | None, float | None]
    spread: float
    trend: float = 0.0
    sized: bool = False


class PublishedPopulationPart(_Part):
    """Children aged 0 to 17 of the places statistics are published of."""

    country: int
    region: int
    neighbours: tuple[int, int]


class PublishedStatisticsPart(_Part):
    """Statistics as a department would publish them, of places that do not exist."""

    years: int = Field(ge=1)
    base_year: int
    wobble: float
    wobble_large: float
    not_available: Share
    hidden_below: int
    year_types: dict[str, tuple[int, int]]
    source: str
    source_file: str
    computed_source: str
    country: str
    region: str
    neighbour: str
    first_code: int
    code_letter: str
    population: PublishedPopulationPart
    models: dict[Day, str]
    neighbours: int = Field(ge=1)
    closeness: tuple[str, ...]
    method_mean: str
    method_median: str
    series: dict[str, SeriesPart]


class AttendeePart(_Part):
    """An agency's person in meetings: how often invited, there, informing without being there, asked for a report, giving it."""

    agency: str
    role: str
    invited: Share
    attended: Share
    shared: Share = 0.0
    report: Share = 0.0
    submitted: Share = 0.0


class CoreGroupsPart(_Part):
    """Core groups of child protection plans."""

    first_within_wd: int
    first_after_wd: Bands
    every_cd: int
    held_every_cd: Bands
    family_attended: Share
    agencies_attended: Bands


class AgencyKpiPart(_Part):
    """A figure an agency sends every quarter: a share when `of` gives its denominator, else a number."""

    agency: str
    title: str
    of: int | None = None
    level: float
    spread: float
    unit: str = "%"
    by: str


class SeriousIncidentsPart(_Part):
    """Serious incidents and rapid reviews."""

    a_year: float
    child_unknown: Share
    one_day: Share
    known_after_cd: Bands
    notified: Share
    notified_within_wd: int
    notified_after_wd: Bands
    review_within_wd: int
    review_after_wd: Bands
    practice_review: Share
    themes: Weights


class PartnershipPart(_Part):
    """The safeguarding children partnership: meetings, figures of agencies, incidents, programme."""

    strategy_agencies: tuple[AttendeePart, ...]
    no_enquiry: Share
    no_enquiry_after_cd: Bands
    not_held: Share
    conference_agencies: tuple[AttendeePart, ...]
    report_due_before_wd: dict[Literal["initial", "transfer_in", "review"], int]
    report_received_wd: Bands
    core_groups: CoreGroupsPart
    agency_kpis: dict[str, AgencyKpiPart]
    agency_kpis_after_wd: Bands
    agency_kpi_missing: Share
    agency_comments: tuple[str, ...]
    agency_comment: Share
    serious_incidents: SeriousIncidentsPart
    programme: dict[Literal["training", "policy_review", "learning_event"], dict[str, tuple[int, str, str]]]
    programme_delivered_after_cd: Bands
    programme_cancelled: Share
    places_offered: Bands
    places_taken: Bands


class StaffSupervisionPart(_Part):
    """How often cases and workers are supervised."""

    history_cd: int
    case_every_cd: Bands
    case_discussed: Share
    personal_every_cd: Bands
    due_after_months: int
    personal_due_after_months: int
    case_note: Share
    group: Share
    by_practitioner: Share


class StaffTrainingPart(_Part):
    """Courses for staff: a year, theme, services."""

    known_cd_ahead: int
    cohort: tuple[int, int]
    outsiders: float
    booked: Share
    attended: Share
    courses: dict[str, tuple[float, str, tuple[str, ...]]]


class StaffSurveyPart(_Part):
    """The yearly staff survey."""

    month: int = Field(ge=1, le=12)
    invited: Share
    answered: tuple[Share, Share]
    not_given: Share
    answers: Weights
    favourable: tuple[str, ...]
    lean: float
    questions: dict[str, tuple[str, str]]


class CswwPart(_Part):
    """What only the Children's Social Work Workforce return asks for."""

    institutions: tuple[str, ...]
    qualification: Weights
    step_up: Share
    frontline: Share
    origin: Weights
    other_absence: Weights
    absent: Share
    allowances: dict[str, str]
    other_allowances: str
    allowances_since: Day


class WorkforcePart(_Part):
    """Staff: who they are, vacancies, leavers, sickness, supervision, training, survey and the national return."""

    others: dict[str, dict[str, int]]
    others_stay_years: float
    social_work_roles: tuple[str, ...]
    not_social_work: tuple[str, ...]
    households_held: dict[str, Bands]
    with_authority_before: Share
    before_cd: Bands
    agency_covers_vacancy: Share
    agency_contract_cd: int
    gender: Weights
    ethnicity: Weights
    disabled: Weights
    age_at_start: Bands
    manager_age_at_start: Bands
    oldest: int
    empty_posts: Share
    offer_made: Share
    leaving_reason: Weights
    destination: Weights
    agency_destination: Weights
    exit_interview: Share
    notice_cd: int
    long_sickness: Share
    long_sickness_months: Bands
    short_sickness: Share
    short_sickness_days: Bands
    supervision: StaffSupervisionPart
    training: StaffTrainingPart
    survey: StaffSurveyPart
    csww: CswwPart


class MissingEducationPart(_Part):
    """Children missing education."""

    a_year: float
    takes_cd: Bands
    notified_after_cd: Bands
    enquiries_take_wd: Bands
    whereabouts_known: Share
    reason: Weights
    outcome: Weights
    notified_by: Weights


class HomeEducationPart(_Part):
    """Elective home education and the checks of it."""

    ever: Share
    starts_from_need_cd: Bands
    lasts_cd: Bands
    reason: Weights
    end_reason: Weights
    first_check_cd: Bands
    next_checks_cd: Bands
    checked_after_cd: Bands
    not_checked: Share
    kind: Weights
    suitable: Share
    attendance_order: Share
    attendance_order_after_cd: Bands


class ExclusionsPart(_Part):
    """Suspensions and permanent exclusions."""

    prone: Share
    a_year: float
    most: int
    primary: Share
    permanent: Share
    sessions: Bands
    reason: Weights
    cancelled: Share
    reinstated: Share
    reinstated_after_cd: Bands
    social_worker_told: Share
    to_next_school_cd: Bands


class PepsPart(_Part):
    """Personal education plans."""

    initial_after_school_days: int
    initial_on_time: Share
    initial_late_cd: Bands
    started_before_meeting_cd: Bands
    held: Share
    drifts: Share
    held_of_drifting: Share
    meeting_within: tuple[Share, Share]
    completed_after_cd: Bands
    grade: Weights
    child_took_part: Share
    social_worker_attended: Share


class TimetablesPart(_Part):
    """Timetables of children looked after."""

    not_full_time: Share
    not_full_time_takes_cd: Bands
    provision: Weights
    hours: tuple[float, float]
    hours_not_full_time: dict[str, tuple[float, float]]
    review_due_cd: int
    reviewed: Share
    full_time_planned_cd: Bands
    reason: Weights
    agreed: Share


class EducationPart(_Part):
    """Schools, attendance and what the virtual school records."""

    schools: dict[Literal["primary", "secondary", "special", "college", "alternative"], tuple[int, int]]
    source_of_dates: str
    special_school: Share
    stays_on_after_year_11: Share
    moves_school: Share
    move_gap_cd: Bands
    move_planned: Share
    arrival_to_school_cd: Bands
    persistent_absence: dict[str, Share]
    absence_of_persistent: tuple[Share, Share]
    absence_of_others: tuple[Share, Share]
    absence_authorised: dict[str, Share]
    late_sessions: Share
    missing_education: MissingEducationPart
    home_education: HomeEducationPart
    exclusions: ExclusionsPart
    peps: PepsPart
    timetables: TimetablesPart


class ProgrammePart(_Part):
    """When a programme and its set of rules hold."""

    begins: Day = Field(alias="from")
    until: Day | None = None


class HeadingPart(_Part):
    """An outcome heading and the programmes that have it."""

    number: int
    title: str
    months: int
    programmes: tuple[str, ...]
    weight: float


class SupportingFamiliesPart(_Part):
    """The programme's families, outcomes and claims, and early help cases."""

    programmes: dict[str, ProgrammePart]
    headings: dict[str, HeadingPart]
    target_families_a_year: float
    target_claims_a_year: float
    attached: Share
    identified_before_cd: Bands
    assessed_after_cd: Bands
    planned_after_cd: Bands
    works_with_cd: Bands
    needs: Bands
    all_achieved: Share
    achieved_otherwise: Share
    achieved_around_closure_cd: Bands
    evidence_recorded: Share
    all_sustained: Share
    sustained_otherwise: Share
    sustained_checked_after_cd: Bands
    focus_child: Share
    in_plan: Share
    claim_after_cd: Bands
    claim_kind: Weights
    claim_decided_after_cd: Bands
    claim_status: Weights
    sampled: Share
    sampled_after_cd: Bands
    sample_valid: Share
    sample_reason: tuple[str, ...]
    lead_professional: Weights
    agency_of: dict[str, str]
    level: Weights
    stepped_down_from: Weights


class RatingPart(_Part):
    """A rating of triage and the hours it gives."""

    title: str
    order: int
    hours: float
    working_days_only: YesNo


class PortalReferralsPart(_Part):
    """The portal, triage and the decisions of the front door."""

    ratings: dict[str, RatingPart]
    ratings_valid_from: Day
    rating_same_day: Weights
    rating_later: Weights
    triage_late_where_it_can_be: dict[str, Share]
    rating_changed: Share
    received_minute: Bands
    decided_after_minutes: Bands
    decided_next_day_minute: int
    decided_next_day_by: Share
    office_closes_minute: int
    triaged_after_minutes: Bands
    through_portal: dict[str, Share]
    form: Weights
    agency: dict[str, str]
    consent_recorded: Share
    triaged: dict[str, Share]
    strategy_discussion: Share
    no_action_decision: Weights
    agencies_asked: Bands
    agency_answers: Share
    decided_by: Weights
    sender_informed_after_wd: Bands
    sender_not_informed: Share
    referral_decided_after_wd: Bands


class RiskLevelPart(_Part):
    """A risk level, its share of the first assessments and how it moves at a review."""

    title: str
    open: YesNo
    review_cd: int | None = None
    share: float
    up: Share = 0
    down: Share = 0


class ExploitationThemePart(_Part):
    """A theme and how often it is recorded on cases and heard in interviews."""

    title: str
    group: str
    interviews: YesNo
    cases: float
    heard: float


class NrmPart(_Part):
    """Referrals to the National Referral Mechanism."""

    of_cases: Share
    of_unaccompanied: Share
    referred_after_cd: Bands
    devolved: Share
    first_responder: Weights
    reasonable_after_cd: Bands
    reasonable: Weights
    conclusive_after_cd: Bands
    conclusive: Weights
    guardian: Share


class GetSafePart(_Part):
    """Exploitation cases, their risk assessments and disruption."""

    levels: dict[str, RiskLevelPart]
    themes: dict[str, ExploitationThemePart]
    registers_valid_from: Day
    from_age: int
    after_missing: Share
    after_missing_cd: Bands
    of_episodes: Share
    of_episodes_after_cd: Bands
    by_age: dict[Literal["10-13", "14-17"], float]
    by_sex: dict[Literal["male", "otherwise"], float]
    no_case: Share
    lasts_cd: Bands
    source: Weights
    closure_reason: Weights
    transferred_at_18: Share
    assessed_after_cd: Bands
    type: dict[Literal["male", "otherwise"], Weights]
    second_type: Share
    review_held: Share
    review_on_time: Share
    review_early_cd: Bands
    review_late_cd: Bands
    level_at_closure: dict[Literal["none", "lower", "same", "higher"], float]
    child_took_part: Share
    partners_contributed: Share
    themes_of_case: Bands
    theme_recorded_after_cd: Bands
    nrm: NrmPart
    disruption_a_year: float
    disruption_kind: Weights
    disruption_place: Weights
    disruption_type: Weights
    lead_agency: Weights
    children_concerned: Bands
    disruption_outcome: tuple[str, ...]


class ReturnInterviewsPart(_Part):
    """Return home interviews."""

    offered_after_cd: Bands
    in_72_hours: Share
    hours_in_time: Bands
    hours_late: Bands
    opens_hour: int
    closes_hour: int
    time_unknown: Share
    held_time_unknown: Share
    declined_reason: Weights
    organisation: Weights
    recorded_after_cd: Bands
    exploitation_concern: Share
    exploitation_concern_open: Share
    shared_with_police: Share
    shared_with_police_concern: Share
    themes: Bands
    reason_for_going: Share


class FaultPart(_Part):
    """One kind of defect: at most `rows` a month in each place, `source.table.column` or `source.table`."""

    rows: int = Field(ge=1)
    places: tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+(\.[a-z0-9_]+)?$")], ...]


class FaultsPart(_Part):
    """Defects of `--faults some`; `whole_files` gives the calendar months in which a column of a file comes out empty."""

    largest_share: Share
    kinds: dict[str, FaultPart]
    whole_files: dict[str, tuple[Annotated[int, Field(ge=1, le=12)], ...]]
    unknown_header: str
    texts: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]


class Scenario(_Part):
    """The whole scenario."""

    comes_out: dict[str, OutcomePart]
    world: WorldPart
    scales: dict[str, ScalePart]
    authorities: AuthoritiesPart
    population: PopulationPart
    contacts: ContactsPart
    referrals: ReferralsPart
    assessments: AssessmentsPart
    factors: FactorsPart
    section_47: Section47Part
    child_in_need_plans: ChildInNeedPart
    child_protection: ChildProtectionPart
    looked_after: LookedAfterPart
    adoption: AdoptionPart
    adopters: AdoptersPart
    care_leavers: CareLeaversPart
    quality_assurance: QualityAssurancePart
    voice: VoicePart
    complaints: ComplaintsPart
    ssd: SsdPart
    recording: RecordingPart
    fostering: FosteringPart
    residential: ResidentialPart
    adoption_records: AdoptionRecordsPart
    edge_of_care: EdgeOfCarePart
    private_fostering: PrivateFosteringPart
    lado: LadoPart
    organisation: OrganisationPart
    services: dict[str, str]
    teams: dict[str, TeamPart]
    teams_valid_from: Day
    supporting_families_first_share: Share
    names: NamesPart
    reference: ReferencePart
    return_interviews: ReturnInterviewsPart
    get_safe: GetSafePart
    portal_referrals: PortalReferralsPart
    supporting_families: SupportingFamiliesPart
    education: EducationPart
    published_statistics: PublishedStatisticsPart
    partnership: PartnershipPart
    workforce: WorkforcePart
    faults: FaultsPart


@cache
def load_scenario(path: Path = Path(__file__).with_name("scenario.yml")) -> Scenario:
    """The scenario of a YAML file; pydantic.ValidationError names the entry that is wrong."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Scenario.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
