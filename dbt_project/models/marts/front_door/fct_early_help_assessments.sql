-- Working days: day 0 is the day the assessment started. The standard is the one in force on that day; an assessment that is
-- neither complete nor due at the as-at date, or on the last day known before it, is not judged yet.
select
    assessments.early_help_assessment_key,
    assessments.child_key,
    assessments.start_date,
    assessments.completion_date,
    completed.working_day_index - standard_from.working_day_index as working_days,
    {{ due_after('assessments.start_date', 'standard') }} as due_date,
    case
        when
            coalesce(assessments.completion_date, {{ judged_on('assessments.as_at', 'known.known_to') }})
            > {{ in_time_until('assessments.start_date', 'standard') }}
            then false
        when assessments.completion_date is not null and standard.standard is not null then true
    end as is_in_time,
    assessments.organisation,
    assessments.lead_professional_agency,
    {{ agency_key('early_help_organisation', 'coalesce(assessments.organisation, assessments.lead_professional_agency)') }}
        as agency_key,
    assessments.lead_professional_role,
    assessments.level_of_need,
    {{ team_columns() }},
    assessments.source_route,
    assessments.load_id,
    assessments.row_number
from {{ ref('int_front_door__early_help_assessments') }} as assessments
{{ standard_join('early_help_assessment', 'assessments.start_date', 'standard') }}
{{ due_joins('assessments.start_date', 'standard') }}
left join {{ ref('dim_date') }} as completed on assessments.completion_date = completed.date_day
left join {{ ref('int_control__known_to') }} as known on known.fact = 'early_help_assessments'
{{ team_joins('assessments', 'assessments.start_date') }}
