{#- The components as programs of the init. One that starts as soon as it is known needs its configuration before. -#}
{%- from 'map.jinja' import map with context %}
include:
  - rsyslog.config
  - nginx.config
  - backup.config
{% for name, program in map.programs.items() %}
program-{{ name }}:
  file.managed:
    - name: {{ map.init.folder }}/{{ map.init.prefix }}{{ name }}{{ map.init.suffix }}
    - source: salt://programs/files/{{ map.init.template }}
    - template: jinja
    - mode: '0644'
    - require:
      - sls: rsyslog.config
      - sls: nginx.config
      - sls: backup.config
    - context:
        name: {{ name }}
        program: {{ program | json }}
{%- endfor %}
