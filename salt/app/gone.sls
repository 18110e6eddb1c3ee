{#- An environment that is no more: nginx forgets it first, then its generations end. -#}
{%- from 'map.jinja' import map with context %}
{%- set order = pillar.gone %}
gone-site:
  file.absent:
    - names:
      - {{ map.nginx.config }}/sites/{{ order.app }}.{{ order.env }}.conf
      - {{ map.nginx.config }}/candidates/{{ order.app }}.{{ order.env }}.conf

gone-reload:
  module.run:
    - service.reload:
      - name: {{ map.init.prefix }}nginx
    - onchanges:
      - file: gone-site

gone-environment:
  flipside.gone:
    - app: {{ order.app | json }}
    - env: {{ order.env | json }}
    - data: {{ order.data | json }}
    - by: {{ order.by | json }}
    - require:
      - file: gone-site

gone-logs:
  module.run:
    - service.reload:
      - name: {{ map.init.prefix }}rsyslog
    - onchanges:
      - flipside: gone-environment
