{#- Without a provider Salt's service.running succeeds and does nothing, so the provider is asserted. -#}
{%- from 'map.jinja' import map with context %}
service-provider:
  service_provider.is:
    - name: {{ map.service_provider }}
    - order: first
    - failhard: true
