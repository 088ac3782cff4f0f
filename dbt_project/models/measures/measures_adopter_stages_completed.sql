-- One row per adopter family, enquiry and stage of their assessment that was completed, on the day it was.
with

stages as (
    select
        {{ row_key(['families.adopter_enquiry_key', "'one'"]) }} as stage_key,
        'one' as adopter_stage,
        families.stage_one_end_date as completed_date,
        families.is_stage_one_in_time as is_in_time,
        families.team_code,
        families.service_code
    from {{ ref('fct_adopter_families') }} as families
    where families.stage_one_end_date is not null
    union all
    select
        {{ row_key(['families.adopter_enquiry_key', "'two'"]) }} as stage_key,
        'two' as adopter_stage,
        families.stage_two_end_date as completed_date,
        families.is_stage_two_in_time as is_in_time,
        families.team_code,
        families.service_code
    from {{ ref('fct_adopter_families') }} as families
    where families.stage_two_end_date is not null
)

select
    {{ kpi_plain_item_columns('stages', 'stage_key', 'completed_date', child_key='cast(null as varchar)') }}
    stages.adopter_stage,
    {{ kpi_flag('stages.is_in_time is not null') }} as is_stage_completed,
    {{ kpi_flag('stages.is_in_time') }} as is_stage_in_time,
    {{ kpi_flag("stages.is_in_time is not null and stages.adopter_stage = 'one'") }} as is_stage_one_completed,
    {{ kpi_flag("stages.is_in_time and stages.adopter_stage = 'one'") }} as is_stage_one_in_time,
    {{ kpi_flag("stages.is_in_time is not null and stages.adopter_stage = 'two'") }} as is_stage_two_completed,
    {{ kpi_flag("stages.is_in_time and stages.adopter_stage = 'two'") }} as is_stage_two_in_time,
    {{ kpi_flag('stages.is_in_time is null') }} as is_start_not_recorded
from stages
{{ kpi_plain_item_joins('stages', 'completed_date') }}
