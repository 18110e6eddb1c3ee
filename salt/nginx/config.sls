{%- from 'map.jinja' import map with context %}
nginx-folders:
  file.directory:
    - names:
      - {{ map.nginx.config }}/sites
      - {{ map.nginx.config }}/candidates
      - {{ map.nginx.temp }}
    - mode: '0755'
    - makedirs: true

nginx-check:
  file.managed:
    - name: {{ map.nginx.config }}/check
    - source: salt://nginx/files/check
    - template: jinja
    - mode: '0755'
    - context:
        map: {{ map | json }}

nginx-config:
  file.managed:
    - name: {{ map.nginx.config }}/nginx.conf
    - source: salt://nginx/files/nginx.conf
    - template: jinja
    - mode: '0644'
    - check_cmd: /usr/sbin/nginx -q -t -e stderr -c
    - require:
      - file: nginx-folders
    - context:
        map: {{ map | json }}
