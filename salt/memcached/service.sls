{%- from 'map.jinja' import map with context %}
include:
  - memcached.package
  - programs

memcached-service:
  service.running:
    - name: {{ map.init.prefix }}memcached
    - enable: true
    - require:
      - sls: memcached.package
      - sls: programs
    - watch:
      - file: program-memcached
