-- One row per audit and comparison of two grades given independently of each other: the lead auditor's with the peer auditor's, and
-- the peer auditor's with the moderated one. Grades that were agreed together say nothing of agreement. Ranks: 1 outstanding to 4
-- inadequate.
with

pairs as (
    select
        'lead and peer' as comparison,
        audit_key,
        child_key,
        template,
        service_code,
        team_code,
        completed_date as compared_date,
        lead_grade as first_grade,
        peer_grade as second_grade
    from {{ ref('fct_audits') }}
    where graded_independently = 'yes'

    union all

    select
        'peer and moderator' as comparison,
        audit_key,
        child_key,
        template,
        service_code,
        team_code,
        moderated_date as compared_date,
        peer_grade as first_grade,
        moderated_grade as second_grade
    from {{ ref('fct_audits') }}
    where graded_independently = 'yes'
)

select
    {{ row_key(['audit_key', 'comparison']) }} as grade_pair_key,
    comparison,
    audit_key,
    child_key,
    template,
    service_code,
    team_code,
    compared_date,
    first_grade,
    second_grade,
    cast({{ grade_rank('first_grade') }} as integer) as first_rank,
    cast({{ grade_rank('second_grade') }} as integer) as second_rank
from pairs
where first_grade is not null and second_grade is not null and compared_date is not null
