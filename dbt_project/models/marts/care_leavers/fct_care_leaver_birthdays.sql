-- Birthdays of care leavers, 17th to 21st, with the status that the national collection asks for: that of the snapshot nearest to
-- the birthday among those from three months before it to one month after it, of two equally near the later one. It counts those
-- who qualify by their time in care (relevant, former relevant), whether or not they still receive a service: who was shown by then
-- and no longer is has no status, and is not thereby left out, unless they had died or returned home.
with

birthdays as (
    {%- for years in [17, 18, 19, 20, 21] %}
    select
        young_people.child_key,
        {{ years }} as birthday_age,
        {{ birthday('young_people.date_of_birth', years) }} as birthday_date,
        {{ birthday('young_people.date_of_birth', 18) }} as adult_date
    from (
        select distinct
            child_key,
            date_of_birth
        from {{ ref('int_care_leavers__snapshots') }}
        where date_of_birth is not null
    ) as young_people
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

shown as (
    select
        birthdays.child_key,
        birthdays.birthday_age,
        birthdays.birthday_date,
        birthdays.adult_date,
        leavers.reference_date as status_date,
        leavers.reference_date >= {{ add_months('birthdays.birthday_date', -3) }} as is_in_window,
        leavers.source_route,
        leavers.eligibility,
        leavers.in_touch,
        leavers.accommodation_type,
        leavers.accommodation_suitability,
        leavers.activity_status,
        leavers.activity_group,
        leavers.team_code,
        leavers.service_code,
        leavers.load_id,
        leavers.row_number,
        row_number() over (
            partition by birthdays.child_key, birthdays.birthday_age
            order by
                case when leavers.reference_date >= {{ add_months('birthdays.birthday_date', -3) }} then 0 else 1 end,
                abs({{ days_between('birthdays.birthday_date', 'leavers.reference_date') }}),
                leavers.reference_date desc
        ) as place
    from birthdays
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('fct_care_leavers_month_end') }} as leavers
        on
            birthdays.child_key = leavers.child_key
            and leavers.reference_date <= {{ add_months('birthdays.birthday_date', 1) }}
    where birthdays.birthday_date <= run.as_at and leavers.eligibility in ('relevant', 'former_relevant')
),

-- The home of the last day before the 18th birthday, the day care ended for those who stayed until then.
last_homes as (
    select
        shown.child_key,
        shown.birthday_age,
        max(case when placements.placement_type_group in ('foster', 'kinship') then 1 else 0 end) as is_foster_home
    from shown
    inner join {{ ref('fct_placements') }} as placements
        on
            shown.child_key = placements.child_key
            and shown.adult_date > placements.start_date
            and shown.adult_date <= {{ end_or_never('placements.end_date') }}
    where shown.place = 1 and not placements.is_short_break
    group by shown.child_key, shown.birthday_age
)

select
    {{ row_key(['shown.child_key', 'shown.birthday_age']) }} as care_leaver_birthday_key,
    shown.child_key,
    shown.source_route,
    shown.birthday_age,
    shown.birthday_date,
    {{ add_months('shown.birthday_date', 1) }} as window_end_date,
    case when shown.is_in_window then shown.status_date end as status_date,
    shown.eligibility,
    shown.is_in_window as has_status,
    -- the national collection leaves them out; both are lasting
    coalesce(shown.in_touch in ('died', 'returned_home'), false) as is_left_out,
    case when shown.is_in_window then shown.in_touch end as in_touch,
    case when shown.is_in_window then shown.accommodation_type end as accommodation_type,
    case when shown.is_in_window then shown.accommodation_suitability end as accommodation_suitability,
    case when shown.is_in_window then shown.activity_status end as activity_status,
    case when shown.is_in_window then shown.activity_group else 'unknown' end as activity_group,
    coalesce(last_homes.is_foster_home = 1, false) as is_left_foster_care_at_18,
    shown.team_code,
    shown.service_code,
    shown.load_id,
    shown.row_number
from shown
left join last_homes on shown.child_key = last_homes.child_key and shown.birthday_age = last_homes.birthday_age
where shown.place = 1
