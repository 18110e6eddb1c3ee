{%- from 'map.jinja' import map with context %}
include:
  - memcached.package
  - supervisor

memcached-service:
  service.running:
    - name: memcached
    - require:
      - sls: memcached.package
      - sls: supervisor
{%- if 'memcached' in map.programs %}
    - watch:
      - file: supervisor-memcached
{%- endif %}
