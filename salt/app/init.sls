{#- Every environment that is not as it should be: its site, and the release that is wanted serving. -#}
{%- from 'map.jinja' import map with context %}
{%- from 'app/environment.jinja' import site_file with context %}
include:
  - nginx.service
  - memcached.service
  - rsyslog.service

{%- for app, env in salt['flipside.outdated'](map) %}
{%- set site = salt['flipside.site'](app, env) %}

{{ site_file(map, site, map.nginx.config ~ '/sites') }}
    - require:
      - sls: nginx.config
    - listen_in:
      - service: nginx-service

{{ site.unit }}-live:
  flipside.live:
    - app: {{ app | json }}
    - env: {{ env | json }}
    - require:
      - service: memcached-service
      - service: rsyslog-service
{%- endfor %}

app-nothing-else:
  test.nop: []
