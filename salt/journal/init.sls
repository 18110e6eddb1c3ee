{#- systemd's journal within bounds; rsyslog keeps what the platform's own units say. -#}
{%- from 'map.jinja' import map with context %}
journal-config:
  file.managed:
    - name: /etc/systemd/journald.conf.d/flipside.conf
    - source: salt://journal/files/journald.conf
    - template: jinja
    - mode: '0644'
    - makedirs: true
    - context:
        size: {{ map.journal.size }}

journal-service:
  service.running:
    - name: systemd-journald
    - watch:
      - file: journal-config
