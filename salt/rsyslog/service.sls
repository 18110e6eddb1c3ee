{%- from 'map.jinja' import map with context %}
include:
  - rsyslog.package
  - rsyslog.config
  - programs

rsyslog-service:
  service.running:
    - name: {{ map.init.prefix }}rsyslog
    - enable: true
    - require:
      - sls: rsyslog.package
      - sls: programs
    - watch:
      - file: rsyslog-config
      - file: program-rsyslog
