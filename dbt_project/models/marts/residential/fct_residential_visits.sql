-- Visits of the independent person under regulation 44. The regulation asks for one in each month: of several in a calendar month
-- the first one does (is_first_in_month). How long since the visit before is judged by the practice standard home_visit.
with

visits as (
    select
        visits.home_id,
        visits.reg_44_visit_id,
        visits.reg_44_visit_date as visit_date,
        visits.unannounced,
        visits.children_spoken_to,
        visits.recommendations_made,
        visits.recommendations_completed,
        {{ by_as_at('visits.reg_44_report_date') }} as report_date,
        {{ by_as_at('visits.reg_44_report_sent_date') }} as report_sent_date,
        lag(visits.reg_44_visit_date) over (
            partition by visits.home_id
            order by visits.reg_44_visit_date, visits.reg_44_visit_id
        ) as previous_visit_date,
        row_number() over (
            partition by visits.home_id, {{ month_start('visits.reg_44_visit_date') }}
            order by visits.reg_44_visit_date, visits.reg_44_visit_id
        ) as visit_of_month,
        visits.load_id,
        visits.row_number
    from {{ ref('stg_residential__reg_44_visits') }} as visits
    cross join {{ ref('stg_control__run') }} as run
    where visits.reg_44_visit_date <= run.as_at
),

due as (
    select
        visits.home_id,
        visits.reg_44_visit_id,
        visits.visit_date,
        visits.unannounced,
        visits.children_spoken_to,
        visits.recommendations_made,
        visits.recommendations_completed,
        visits.report_date,
        visits.report_sent_date,
        visits.previous_visit_date,
        visits.visit_of_month,
        {{ due_after('visits.previous_visit_date', 'visit_standard') }} as due_date,
        visits.load_id,
        visits.row_number
    from visits
    {{ standard_join('home_visit', 'visits.previous_visit_date', 'visit_standard') }}
    {{ due_joins('visits.previous_visit_date', 'visit_standard') }}
)

select
    {{ row_key(['homes.home_key', 'due.reg_44_visit_id']) }} as residential_visit_key,
    homes.home_key,
    homes.home_kind,
    due.visit_date,
    {{ month_key('due.visit_date') }} as month,
    due.visit_of_month = 1 as is_first_in_month,
    due.previous_visit_date,
    due.due_date,
    due.visit_date <= due.due_date as is_in_time,
    {{ answered_yes('due.unannounced') }} as is_unannounced,
    due.children_spoken_to,
    due.recommendations_made,
    due.recommendations_completed,
    due.report_date,
    due.report_sent_date,
    {{ days_between('due.visit_date', 'due.report_sent_date') }} as days_to_report_sent,
    homes.team_code,
    homes.service_code,
    due.load_id,
    due.row_number
from due
inner join {{ ref('stg_control__home_keys') }} as home_keys on due.home_id = home_keys.home_id
inner join {{ ref('dim_home') }} as homes on home_keys.home_key = homes.home_key
