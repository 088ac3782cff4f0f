-- One row per social worker in post and month, on the last day of the month; agency workers are left out. Days are in hundredths; a
-- month without the days contracted is on neither side.
select
    {{ kpi_plain_item_columns('sickness', 'sickness_month_key', 'reference_date', "cast(null as varchar)") }}
    case when sickness.contracted_days is not null then {{ hundredths('sickness.days_lost') }} else 0 end as days_lost,
    {{ hundredths('sickness.contracted_days') }} as days_contracted,
    {{ kpi_flag('sickness.contracted_days is null') }} as is_contracted_not_recorded
from {{ ref('fct_sickness_months') }} as sickness
{{ kpi_plain_item_joins('sickness', 'reference_date') }}
where sickness.is_social_worker and not coalesce(sickness.is_agency, false)
