{#-
    A staging model that renames nothing: the settled rows of one table with the columns of its contract, the code of a
    coded column (not the text it was read from), and where the row comes from. A column added to the contract is there
    at the next parse. `period` tables hold every snapshot, with is_current (see settle).
-#}
{% macro staged(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- set columns = ['load_id', 'snapshot_date', 'row_number'] -%}
    {%- if execute -%}
        {%- set contract = table_contract(source_name, table_name) -%}
        {%- for column in contract.columns -%}
            {%- do columns.append(column) -%}
        {%- endfor -%}
        {%- if contract.mode == 'period' -%}
            {%- do columns.append('is_current') -%}
        {%- endif -%}
    {%- endif -%}
with

source as (
    {{ settle(source_name, table_name) }}
)

select
    {{ columns | join(',\n    ') }}
from source
{%- endmacro %}
