{%- from 'map.jinja' import map with context %}
logrotate-config:
  file.managed:
    - name: {{ map.logrotate.config }}
    - source: salt://logrotate/files/logrotate.conf
    - template: jinja
    - mode: '0644'
    - makedirs: true
    - check_cmd: /usr/sbin/logrotate --debug --state /dev/null
    - context:
        map: {{ map | json }}
