-- Sessions of a child in a month. Where a row without a school gives those of all schools together it counts alone, otherwise
-- the schools are added up. A kind of absence that one of the schools does not give is not known.
with

shown as (
    select
        children.child_key,
        {{ month_start('attendance.month_start_date') }} as month_start_date,
        nullif(trim(attendance.school_urn), '') as school_urn,
        attendance.academic_year,
        attendance.sessions_possible,
        attendance.sessions_missed,
        attendance.sessions_authorised,
        attendance.sessions_unauthorised,
        attendance.sessions_suspended,
        attendance.sessions_late,
        attendance.load_id,
        attendance.row_number,
        -- a child with two numbers shows a school once
        row_number() over (
            partition by
                children.child_key, {{ month_start('attendance.month_start_date') }}, nullif(trim(attendance.school_urn), '')
            order by attendance.snapshot_date desc, attendance.load_id desc, attendance.row_number desc
        ) as place,
        max(case when nullif(trim(attendance.school_urn), '') is null then 1 else 0 end) over (
            partition by children.child_key, {{ month_start('attendance.month_start_date') }}
        ) as has_total
    from {{ ref('stg_education__attendance_summary') }} as attendance
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on attendance.child_id = children.child_id
    where attendance.is_current and attendance.month_start_date <= run.as_at
),

added as (
    select
        child_key,
        month_start_date,
        max(academic_year) as academic_year,
        count(school_urn) as schools,
        sum(sessions_possible) as sessions_possible,
        sum(sessions_missed) as sessions_missed,
        case when count(sessions_authorised) = count(*) then sum(sessions_authorised) end as sessions_authorised,
        case when count(sessions_unauthorised) = count(*) then sum(sessions_unauthorised) end as sessions_unauthorised,
        case when count(sessions_suspended) = count(*) then sum(sessions_suspended) end as sessions_suspended,
        case when count(sessions_late) = count(*) then sum(sessions_late) end as sessions_late,
        max(load_id) as load_id,
        max(row_number) as row_number
    from shown
    where place = 1 and (has_total = 0 or school_urn is null)
    group by child_key, month_start_date
),

dated as (
    select
        added.child_key,
        added.month_start_date,
        month_ends.month,
        month_ends.reference_date,
        added.academic_year,
        added.schools,
        added.sessions_possible,
        added.sessions_missed,
        added.sessions_authorised,
        added.sessions_unauthorised,
        added.sessions_suspended,
        added.sessions_late,
        added.load_id,
        added.row_number
    from added
    inner join {{ ref('int_calendar__month_ends') }} as month_ends on added.month_start_date = month_ends.month_start
)

select
    {{ row_key(['dated.child_key', 'dated.month']) }} as attendance_month_key,
    dated.child_key,
    dated.month,
    dated.month_start_date,
    coalesce(dated.academic_year, {{ academic_year_key('dated.month_start_date') }}) as academic_year,
    dated.schools,
    cast(dated.sessions_possible as bigint) as sessions_possible,
    cast(dated.sessions_missed as bigint) as sessions_missed,
    cast(dated.sessions_authorised as bigint) as sessions_authorised,
    cast(dated.sessions_unauthorised as bigint) as sessions_unauthorised,
    cast(dated.sessions_suspended as bigint) as sessions_suspended,
    cast(dated.sessions_late as bigint) as sessions_late,
    {{ allocation_columns() }},
    dated.load_id,
    dated.row_number
from dated
{{ allocation_joins('dated', 'dated.reference_date') }}
