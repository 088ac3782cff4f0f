-- One row per acknowledgement of good practice and theme it acknowledges.
select
    {{ row_key(['acknowledgements.acknowledgement_key', 'themes.theme']) }} as acknowledgement_theme_key,
    acknowledgements.acknowledgement_key,
    acknowledgements.child_key,
    themes.theme,
    acknowledgements.recorded_date,
    acknowledgements.service_code,
    acknowledgements.team_code,
    themes.load_id,
    themes.row_number
from {{ ref('stg_quality_assurance__practice_acknowledgement_themes') }} as themes
inner join {{ ref('stg_quality_assurance__practice_acknowledgements') }} as recorded
    on themes.acknowledgement_id = recorded.acknowledgement_id
inner join {{ ref('int_children__identities') }} as children on recorded.child_id = children.child_id
inner join {{ ref('fct_practice_acknowledgements') }} as acknowledgements
    on {{ row_key(['children.child_key', 'recorded.acknowledgement_id']) }} = acknowledgements.acknowledgement_key
