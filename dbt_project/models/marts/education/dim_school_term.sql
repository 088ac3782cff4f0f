-- Terms as the authority sets them, ahead too; the half-term break lies inside a term. The term before says since when a plan
-- counts as reviewed "in this or the last term".
with

terms as (
    select
        academic_year,
        term,
        min(first_school_date) as term_start_date,
        max(last_school_date) as term_end_date
    from {{ ref('stg_education__school_terms') }}
    group by academic_year, term
)

select
    academic_year,
    term,
    term_start_date,
    term_end_date,
    lag(term_start_date) over (order by term_start_date) as previous_term_start_date,
    lead(term_start_date) over (order by term_start_date) as next_term_start_date
from terms
