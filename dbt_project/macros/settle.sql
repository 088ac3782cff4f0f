{#-
    Overlap between deliveries is settled here, once, as the contract of the table says
    (meta of the dbt source, generated from expectations/sources/*.yml: mode, key, window).

    replace: all rows; of full dumps only the last one is there.
    append:  per key the row of the latest snapshot (within it the latest load, then the last row).
    period:  every snapshot's rows, with the flag `is_current`:
             per key the row of the latest snapshot (within it the latest load, then the last row), unless it is withdrawn.
             Withdrawn: the next snapshot held does not show it, although the window of that snapshot covers its date.
             A row without that date is open and belongs in every later snapshot: it is judged by the snapshot that last showed it.
             `latest_only` (one row per child): a child's newer spell hides the older one, which is no withdrawal, so it is
             the child that must be missing, not the spell.

    A window of 6 months ends with the month of the snapshot and begins on the first day of the fifth month before.
    Columns made on the way are called settle_<what>: an extract may well have a column such as last_seen_date.
    Which loads count as at a day, and that of full dumps the last one does, is decided before, for rows and coverage alike
    (orchestration/warehouse/raw.py): schema raw holds nothing else.
-#}
{% macro settle(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- set loads = source('control', 'loads') -%}
    {%- if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {%- set contract = table_contract(source_name, table_name) -%}
        {%- if contract.mode == 'replace' -%}
            select loaded.* from {{ relation }} as loaded
        {%- elif contract.mode == 'append' -%}
            {{ settle_append(relation, contract.key) }}
        {%- elif contract.mode == 'period' -%}
            {{ settle_period(relation, loads, source_name, table_name, contract.key, contract.window) }}
        {%- else -%}
            {{ exceptions.raise_compiler_error('unknown load mode "' ~ contract.mode ~ '" of ' ~ source_name ~ '.' ~ table_name) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- The contract facts of a source table: {mode, key, window, coverage, owner, columns}. -#}
{% macro table_contract(source_name, table_name) -%}
    {%- for node in graph.sources.values() -%}
        {%- if node.source_name == source_name and node.name == table_name -%}
            {{ return(node.config.meta or node.meta) }}
        {%- endif -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error('no contract for ' ~ source_name ~ '.' ~ table_name) }}
{%- endmacro %}


{% macro settle_append(relation, key) -%}
    select ranked.*
    from (
        select
            loaded.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by loaded.snapshot_date desc, loaded.load_id desc, loaded.row_number desc
            ) as settle_recency
        from {{ relation }} as loaded
    ) as ranked
    where ranked.settle_recency = 1
{%- endmacro %}


{% macro settle_period(relation, loads, source_name, table_name, key, window) -%}
    {%- set presence_key = key -%}
    {%- if window and window.latest_only -%}
        {%- set presence_key = key | reject('equalto', window.column) | list -%}
    {%- endif -%}
    select
        ranked.*,
        {%- if window %}
        ranked.settle_recency = 1 and coalesce(
            {{ add_months(month_start('held.next_snapshot_date'), 1 - window.months) }} > coalesce(ranked.{{ window.column }}, ranked.settle_last_shown),
            true
        ) as is_current
        {%- else %}
        ranked.settle_recency = 1 as is_current
        {%- endif %}
    from (
        select
            loaded.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by loaded.snapshot_date desc, loaded.load_id desc, loaded.row_number desc
            ) as settle_recency,
            max(loaded.snapshot_date) over (partition by {{ presence_key | join(', ') }}) as settle_last_shown
        from {{ relation }} as loaded
    ) as ranked
    left join (
        select
            snapshots.snapshot_date,
            lead(snapshots.snapshot_date) over (order by snapshots.snapshot_date) as next_snapshot_date
        from (
            select distinct loads.snapshot_date
            from {{ loads }} as loads
            where loads.source = '{{ source_name }}' and loads.table_name = '{{ table_name }}'
        ) as snapshots
    ) as held on ranked.settle_last_shown = held.snapshot_date
{%- endmacro %}
