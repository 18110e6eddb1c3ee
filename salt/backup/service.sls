{%- from 'map.jinja' import map with context %}
include:
  - backup.config
  - programs

backup-service:
  service.running:
    - name: {{ map.init.prefix }}backup
    - enable: true
    - require:
      - sls: programs
    - watch:
      - file: backup-config
      - file: program-backup
