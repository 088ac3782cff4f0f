-- Suspensions and permanent exclusions that have begun, cancelled ones too, marked. A permanent exclusion is over for the child
-- when the child is reinstated or on another roll, or when the school year of the 16th birthday ends.
with

exclusions as (
    select
        children.child_key,
        children.date_of_birth,
        exclusions.exclusion_id,
        exclusions.exclusion_start_date as start_date,
        {{ by_as_at('exclusions.exclusion_end_date') }} as end_date,
        exclusions.permanent,
        exclusions.sessions_excluded,
        exclusions.exclusion_reason,
        exclusions.cancelled,
        {{ by_as_at('exclusions.reinstated_date') }} as reinstated_date,
        exclusions.social_worker_told,
        exclusions.school_urn,
        run.as_at,
        exclusions.load_id,
        exclusions.row_number
    from {{ ref('stg_education__suspensions_exclusions') }} as exclusions
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on exclusions.child_id = children.child_id
    where exclusions.exclusion_start_date <= run.as_at
),

next_rolls as (
    select
        exclusions.child_key,
        exclusions.exclusion_id,
        min(enrolments.enrolled_date) as enrolled_date
    from exclusions
    inner join {{ ref('fct_school_enrolments') }} as enrolments
        on exclusions.child_key = enrolments.child_key and exclusions.start_date < enrolments.enrolled_date
    where exclusions.permanent = 'yes'
    group by exclusions.child_key, exclusions.exclusion_id
),

followed as (
    select
        exclusions.child_key,
        exclusions.exclusion_id,
        exclusions.start_date,
        exclusions.end_date,
        exclusions.permanent,
        exclusions.sessions_excluded,
        exclusions.exclusion_reason,
        exclusions.cancelled,
        exclusions.reinstated_date,
        case
            when exclusions.permanent = 'yes'
                then least(
                    coalesce(exclusions.reinstated_date, cast('9999-12-31' as date)),
                    coalesce(next_rolls.enrolled_date, cast('9999-12-31' as date)),
                    coalesce({{ end_of_compulsory_school_year('exclusions.date_of_birth') }}, cast('9999-12-31' as date))
                )
        end as over_date,
        exclusions.social_worker_told,
        exclusions.school_urn,
        exclusions.as_at,
        exclusions.load_id,
        exclusions.row_number
    from exclusions
    left join next_rolls on exclusions.child_key = next_rolls.child_key and exclusions.exclusion_id = next_rolls.exclusion_id
)

select
    {{ row_key(['followed.child_key', 'followed.exclusion_id']) }} as suspension_key,
    followed.child_key,
    followed.start_date,
    followed.end_date,
    {{ answered_yes('followed.permanent') }} as is_permanent,
    followed.sessions_excluded,
    followed.exclusion_reason,
    coalesce(followed.cancelled = 'yes', false) as is_cancelled,
    followed.reinstated_date,
    case when followed.over_date <= followed.as_at then followed.over_date end as permanent_exclusion_over_date,
    {{ answered_yes('followed.social_worker_told') }} as is_social_worker_told,
    {{ academic_year_key('followed.start_date') }} as academic_year,
    followed.school_urn,
    {{ allocation_columns() }},
    followed.load_id,
    followed.row_number
from followed
{{ allocation_joins('followed', 'followed.start_date') }}
