select
    dataset,
    release_period,
    version,
    published_as_at,
    definition_hash,
    kpi,
    basis,
    reference_date,
    org_level,
    org,
    numerator,
    denominator,
    value,
    status
from {{ source('control', 'published_figures') }}
