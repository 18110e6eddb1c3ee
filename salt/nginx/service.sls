{%- from 'map.jinja' import map with context %}
include:
  - nginx.package
  - nginx.config
  - programs

nginx-service:
  service.running:
    - name: {{ map.init.prefix }}nginx
    - enable: true
    - reload: true
    - require:
      - sls: nginx.package
      - sls: programs
    - watch:
      - sls: nginx.config
