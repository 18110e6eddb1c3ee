{#- One deploy: nginx must take the site, then the release must go live, then the site is put in place. -#}
{%- from 'map.jinja' import map with context %}
{%- from 'app/environment.jinja' import site_file with context %}
{%- set order = pillar.deploy %}
{%- set site = salt['flipside.site'](order.app, order.env, order.pending) %}
{{ site_file(map, site, map.nginx.config ~ '/candidates') }}
    - show_changes: false

{{ site.unit }}-live:
  flipside.live:
    - app: {{ order.app | json }}
    - env: {{ order.env | json }}
    - pending: {{ order.pending | json }}
    - action: {{ order.action | json }}
    - by: {{ order.by | json }}
    - snapshot: {{ order.get('snapshot') | json }}
    - require:
      - file: {{ site.unit }}-candidates

{{ site_file(map, site, map.nginx.config ~ '/sites') }}
    - require:
      - flipside: {{ site.unit }}-live

{{ site.unit }}-reload:
  module.run:
    - service.reload:
      - name: {{ map.init.prefix }}nginx
    - onchanges:
      - file: {{ site.unit }}-sites
