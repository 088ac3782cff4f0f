-- Whether a child's personal education plan was up to date when a term ended: one row per child of school age who was looked after
-- on the term's last school day. Reviewed in this term or the last one is up to date. A child whose first plan was not due yet
-- when the term ended is told apart. Terms that end after the last day the plans cover are not judged.
-- A spring term that runs into April is counted in the spring: terms are reported by whole months.
with

known as (
    {{ known_to('education', 'peps') }}
),

terms as (
    select
        terms.academic_year,
        terms.term,
        terms.term_start_date,
        terms.term_end_date,
        terms.previous_term_start_date,
        case
            when extract(month from terms.term_start_date) <= 3 and extract(month from terms.term_end_date) > 3
                then cast(cast(extract(year from terms.term_start_date) as varchar) || '-03-31' as date)
            else terms.term_end_date
        end as counted_date
    from {{ ref('dim_school_term') }} as terms
    cross join known
    where terms.term_end_date <= known.known_to
),

looked_after as (
    select
        terms.academic_year,
        terms.term,
        terms.term_start_date,
        terms.term_end_date,
        terms.previous_term_start_date,
        terms.counted_date,
        periods.cla_key,
        periods.child_key
    from terms
    inner join {{ ref('fct_cla_periods') }} as periods
        on
            terms.term_end_date >= periods.start_date
            and terms.term_end_date < {{ end_or_never('periods.end_date') }}
    inner join {{ ref('dim_child') }} as children on periods.child_key = children.child_key
    where
        not periods.is_short_breaks
        and {{ is_of_school_age('children.date_of_birth', 'terms.term_end_date') }}
),

reviews as (
    select
        looked_after.child_key,
        looked_after.term_end_date,
        max(coalesce(peps.meeting_date, peps.completed_date)) as reviewed_date
    from looked_after
    inner join {{ ref('fct_peps') }} as peps
        on
            looked_after.child_key = peps.child_key
            and looked_after.term_end_date >= coalesce(peps.meeting_date, peps.completed_date)
    group by looked_after.child_key, looked_after.term_end_date
)

select
    {{ row_key(['looked_after.child_key', 'looked_after.term_end_date']) }} as pep_term_key,
    looked_after.academic_year,
    looked_after.term,
    looked_after.term_end_date,
    looked_after.counted_date,
    looked_after.cla_key,
    looked_after.child_key,
    reviews.reviewed_date,
    coalesce(first_peps.due_date > looked_after.term_end_date, false)
    and reviews.reviewed_date is null as is_not_yet_due,
    case
        -- without the term before it cannot be told what the last two terms brought
        when looked_after.previous_term_start_date is null then null
        when coalesce(first_peps.due_date > looked_after.term_end_date, false) and reviews.reviewed_date is null then null
        else coalesce(reviews.reviewed_date >= looked_after.previous_term_start_date, false)
    end as is_up_to_date,
    {{ allocation_columns() }}
from looked_after
left join reviews
    on looked_after.child_key = reviews.child_key and looked_after.term_end_date = reviews.term_end_date
left join {{ ref('fct_initial_peps') }} as first_peps on looked_after.cla_key = first_peps.cla_key
{{ allocation_joins('looked_after', 'looked_after.term_end_date') }}
