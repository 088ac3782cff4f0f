-- Inspections of own homes. The outcome is Ofsted's own word, known from the day the report was published; only some of the words
-- are a judgement of the home.
with

inspections as (
    select
        inspections.home_id,
        inspections.inspection_id,
        inspections.inspection_date,
        inspections.inspection_kind,
        {{ by_as_at('inspections.inspection_report_date') }} as report_date,
        {{ unless_after_as_at('inspections.inspection_report_date', 'inspections.inspection_outcome') }} as inspection_outcome,
        {{ unless_after_as_at('inspections.inspection_report_date', 'inspections.requirements_made') }} as requirements_made,
        {{ unless_after_as_at('inspections.inspection_report_date', 'inspections.recommendations_made') }} as recommendations_made,
        inspections.load_id,
        inspections.row_number
    from {{ ref('stg_residential__inspections') }} as inspections
    cross join {{ ref('stg_control__run') }} as run
    where inspections.inspection_date <= run.as_at
)

select
    {{ row_key(['homes.home_key', 'inspections.inspection_id']) }} as residential_inspection_key,
    homes.home_key,
    homes.home_kind,
    inspections.inspection_date,
    inspections.inspection_kind,
    inspections.inspection_outcome,
    case
        when inspections.inspection_outcome in ('outstanding', 'good') then true
        when inspections.inspection_outcome in ('requires_improvement', 'inadequate') then false
    end as is_good_or_better,
    inspections.report_date,
    inspections.requirements_made,
    inspections.recommendations_made,
    homes.team_code,
    homes.service_code,
    inspections.load_id,
    inspections.row_number
from inspections
inner join {{ ref('stg_control__home_keys') }} as home_keys on inspections.home_id = home_keys.home_id
inner join {{ ref('dim_home') }} as homes on home_keys.home_key = homes.home_key
