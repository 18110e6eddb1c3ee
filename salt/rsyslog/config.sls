{%- from 'map.jinja' import map with context %}
rsyslog-work:
  file.directory:
    - names:
      - {{ map.rsyslog.work }}
      - {{ map.root }}/log/apps
    - mode: '0750'
    - makedirs: true

rsyslog-config:
  file.managed:
    - name: {{ map.rsyslog.config }}
    - source: salt://rsyslog/files/rsyslog.conf
    - template: jinja
    - mode: '0644'
    - makedirs: true
    - check_cmd: /usr/sbin/rsyslogd -N1 -f
    - context:
        map: {{ map | json }}
