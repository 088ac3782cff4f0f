-- The children an audit can be drawn from: those with a case open to social care at the reference date of each month end, one row
-- per child, as the lists of Annex A hold them (children in need, on a plan, looked after, care leavers). A child on several lists
-- stands with the team of the first that has one: looked after, child protection plan, child in need, care leaver. Children with
-- early help alone are not on these lists.
with

listed as (
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        1 as place
    from {{ ref('fct_cla_month_end') }}
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        2 as place
    from {{ ref('fct_cp_plans_month_end') }}
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        3 as place
    from {{ ref('fct_cin_plans_month_end') }}
    union all
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        4 as place
    from {{ ref('fct_care_leavers_month_end') }}
),

ranked as (
    select
        child_key,
        month,
        reference_date,
        team_code,
        service_code,
        row_number() over (
            partition by child_key, month
            order by case when team_code = 'unmapped' then 1 else 0 end, place
        ) as preference
    from listed
)

select
    month,
    reference_date,
    child_key,
    team_code,
    service_code
from ranked
where preference = 1
