-- One row per family and day on which its achieved outcomes have lasted as long as the programme asks. A family with several outcomes due
-- that day has sustained them when it sustained every one.
with

families as (
    select
        {{ row_key(['family_key', 'sustained_due_date']) }} as family_due_key,
        sustained_due_date,
        coalesce(max(programme), 'not_recorded') as programme,
        max(team_code) as team_code,
        max(service_code) as service_code,
        min({{ kpi_flag('is_sustained') }}) as sustained,
        max({{ kpi_flag('is_sustained is null') }}) as not_checked,
        max({{ kpi_flag('not is_sustained') }}) as lost
    from {{ ref('fct_supporting_families_outcomes') }}
    where sustained_due_date is not null
    group by family_key, sustained_due_date
)

select
    {{ kpi_plain_item_columns('families', 'family_due_key', 'sustained_due_date', 'cast(null as varchar)') }}
    families.programme,
    1 as is_due,
    families.sustained as is_sustained,
    {{ kpi_flag('families.not_checked = 1 and families.lost = 0') }} as is_not_checked
from families
{{ kpi_plain_item_joins('families', 'sustained_due_date') }}
