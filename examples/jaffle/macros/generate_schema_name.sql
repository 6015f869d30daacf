-- A layer's schema has the layer's name alone, so that the lake's namespaces have it too.
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name or target.schema }}
{%- endmacro %}
