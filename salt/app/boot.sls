{#- After a boot, and before nginx: apps listen again, and what was cut short is undone. -#}
{%- from 'map.jinja' import map with context %}
app-boot-unit:
  file.managed:
    - name: /etc/systemd/system/flipside-apps.service
    - source: salt://app/files/flipside-apps.service
    - template: jinja
    - mode: '0644'
    - context:
        map: {{ map | json }}

app-boot-service:
  service.enabled:
    - name: flipside-apps
    - require:
      - file: app-boot-unit
