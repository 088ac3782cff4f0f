-- Periods on a school's roll, each with the move that led to it. A move is counted at the school the child came to: another main
-- school than the one before. Moves that begin between 1 August and 30 September are those of the school year, not of mid-year.
-- A school where the child is on a second roll is neither a move nor the school before one.
with

enrolments as (
    select
        children.child_key,
        enrolments.enrolment_id,
        enrolments.school_urn,
        coalesce(enrolments.main_school, 'yes') <> 'no' as is_main_school,
        enrolments.year_group,
        enrolments.enrolled_date,
        {{ by_as_at('enrolments.left_roll_date') }} as left_roll_date,
        {{ by_as_at('enrolments.left_roll_date', 'enrolments.leaving_reason') }} as leaving_reason,
        {{ by_as_at('enrolments.left_roll_date', 'enrolments.move_planned') }} as move_planned,
        enrolments.load_id,
        enrolments.row_number,
        -- one enrolment shown under two numbers of a child is one
        row_number() over (
            partition by children.child_key, enrolments.school_urn, enrolments.enrolled_date
            order by enrolments.row_number desc
        ) as place
    from {{ ref('stg_education__school_enrolments') }} as enrolments
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on enrolments.child_id = children.child_id
    where enrolments.enrolled_date <= run.as_at
),

followed as (
    select
        child_key,
        enrolment_id,
        school_urn,
        is_main_school,
        year_group,
        enrolled_date,
        left_roll_date,
        leaving_reason,
        lag(school_urn) over (partition by child_key, is_main_school order by enrolled_date, enrolment_id) as previous_school_urn,
        lag(left_roll_date) over (partition by child_key, is_main_school order by enrolled_date, enrolment_id) as previous_left_date,
        lag(leaving_reason) over (partition by child_key, is_main_school order by enrolled_date, enrolment_id) as previous_leaving_reason,
        lag(move_planned) over (partition by child_key, is_main_school order by enrolled_date, enrolment_id) as previous_move_planned,
        load_id,
        row_number
    from enrolments
    where place = 1
),

moves as (
    select
        child_key,
        enrolment_id,
        school_urn,
        is_main_school,
        year_group,
        enrolled_date,
        left_roll_date,
        leaving_reason,
        case when is_main_school then previous_school_urn end as previous_school_urn,
        case when is_main_school then previous_left_date end as previous_left_date,
        case when is_main_school then previous_leaving_reason end as previous_leaving_reason,
        case when is_main_school then previous_move_planned end as previous_move_planned,
        load_id,
        row_number
    from followed
)

select
    {{ row_key(['moves.child_key', 'moves.enrolment_id']) }} as school_enrolment_key,
    moves.child_key,
    moves.enrolled_date,
    moves.left_roll_date,
    moves.leaving_reason,
    moves.is_main_school,
    moves.year_group,
    {{ academic_year_key('moves.enrolled_date') }} as academic_year,
    moves.previous_left_date,
    moves.previous_leaving_reason,
    -- null where no school before is held
    moves.school_urn <> moves.previous_school_urn as is_school_move,
    case
        when moves.previous_school_urn is not null
            then moves.school_urn <> moves.previous_school_urn and not {{ is_between_school_years('moves.enrolled_date') }}
    end as is_mid_year_move,
    case when moves.school_urn <> moves.previous_school_urn then {{ answered_yes('moves.previous_move_planned') }} end
        as is_planned_move,
    -- the day after leaving is day 0: a child who starts then missed nothing
    case
        when moves.previous_left_date >= moves.enrolled_date then 0
        else {{ days_between('moves.previous_left_date', 'moves.enrolled_date') }} - 1
    end as days_off_roll_before,
    moves.school_urn,
    {{ allocation_columns() }},
    moves.load_id,
    moves.row_number
from moves
{{ allocation_joins('moves', 'moves.enrolled_date') }}
