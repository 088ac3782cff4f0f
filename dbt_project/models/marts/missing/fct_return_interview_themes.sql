-- What the interviews that were held brought up; one row per interview and theme.
select
    {{ row_key(['interviews.return_interview_key', 'themes.interview_theme']) }} as interview_theme_key,
    interviews.return_interview_key,
    interviews.child_key,
    interviews.held_date,
    themes.interview_theme as theme,
    {{ answered_yes('themes.reason_for_going') }} as is_reason_for_going,
    themes.theme_priority as priority,
    themes.load_id,
    themes.row_number
from {{ ref('stg_return_interviews__interview_themes') }} as themes
inner join {{ ref('int_missing__return_interviews') }} as interviews on themes.interview_id = interviews.interview_id
where interviews.is_held
