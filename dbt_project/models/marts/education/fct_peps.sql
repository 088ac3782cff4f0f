-- Personal education plans by the day they were due, which may lie ahead. The first plan is due ten school days after the child
-- came into care, later ones in their term: the virtual school sets the day by its own calendar, so its due date is taken. A plan is
-- owed while the child is looked after: what was not done by the end of care is owed no more, unless the due date passed before.
with

peps as (
    select
        children.child_key,
        peps.pep_id,
        peps.initial_plan,
        peps.pep_due_date as due_date,
        {{ by_as_at('peps.pep_started_date') }} as started_date,
        {{ by_as_at('peps.pep_meeting_date') }} as meeting_date,
        {{ by_as_at('peps.pep_completed_date') }} as completed_date,
        peps.academic_year,
        peps.term,
        {{ by_as_at('peps.pep_completed_date', 'peps.quality_grade') }} as quality_grade,
        {{ by_as_at('peps.pep_started_date', 'peps.child_took_part') }} as child_took_part,
        {{ by_as_at('peps.pep_meeting_date', 'peps.social_worker_attended') }} as social_worker_attended,
        peps.school_urn,
        {{ reference_day('peps') }} as known_to,
        least(peps.pep_due_date, run.as_at) as team_date,
        peps.load_id,
        peps.row_number
    from {{ ref('stg_education__peps') }} as peps
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on peps.child_id = children.child_id
),

care_ends as (
    -- the end of care that counts on the due date; a child of whom no care is held by then is not known to have left it
    select
        peps.child_key,
        peps.pep_id,
        max({{ end_or_never('periods.end_date') }}) as care_end_date
    from peps
    inner join {{ ref('fct_cla_periods') }} as periods
        on peps.child_key = periods.child_key and peps.due_date >= periods.start_date
    where not periods.is_short_breaks
    group by peps.child_key, peps.pep_id
)

select
    {{ row_key(['peps.child_key', 'peps.pep_id']) }} as pep_key,
    peps.child_key,
    {{ answered_yes('peps.initial_plan') }} as is_initial_plan,
    peps.due_date,
    peps.started_date,
    peps.meeting_date,
    peps.completed_date,
    peps.academic_year,
    peps.term,
    terms.term_start_date,
    terms.term_end_date,
    {{ done_in_time('peps.started_date', 'peps.due_date', 'peps.known_to', 'care_ends.care_end_date') }} as is_started_in_time,
    {{ done_in_time('peps.meeting_date', 'peps.due_date', 'peps.known_to', 'care_ends.care_end_date') }} as is_meeting_in_time,
    {{ done_in_time('peps.completed_date', 'peps.due_date', 'peps.known_to', 'care_ends.care_end_date') }} as is_completed_in_time,
    peps.quality_grade,
    {{ answered_yes('peps.child_took_part') }} as has_child_taken_part,
    {{ answered_yes('peps.social_worker_attended') }} as has_social_worker_attended,
    peps.school_urn,
    {{ allocation_columns() }},
    peps.load_id,
    peps.row_number
from peps
left join care_ends on peps.child_key = care_ends.child_key and peps.pep_id = care_ends.pep_id
left join {{ ref('dim_school_term') }} as terms on peps.academic_year = terms.academic_year and peps.term = terms.term
{{ allocation_joins('peps', 'peps.team_date') }}
