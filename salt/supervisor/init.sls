{#- supervisord starts a program as soon as it knows of it, so its configuration comes first. -#}
{%- from 'map.jinja' import map with context %}
include:
  - rsyslog.config
  - nginx.config
{% for name, program in map.programs.items() %}
supervisor-{{ name }}:
  file.managed:
    - name: {{ map.root }}/etc/supervisor/programs/{{ name }}.conf
    - source: salt://supervisor/files/program.conf
    - template: jinja
    - mode: '0644'
    - require:
      - sls: rsyslog.config
      - sls: nginx.config
    - context:
        name: {{ name }}
        program: {{ program | json }}
{%- endfor %}
{%- if not map.programs %}
supervisor-none:
  test.nop: []
{%- endif %}
