{%- from 'map.jinja' import map with context %}
include:
  - rsyslog.package
  - rsyslog.config
  - supervisor

rsyslog-service:
  service.running:
    - name: rsyslog
    - require:
      - sls: rsyslog.package
      - sls: supervisor
    - watch:
      - file: rsyslog-config
{%- if 'rsyslog' in map.programs %}
      - file: supervisor-rsyslog
{%- endif %}
