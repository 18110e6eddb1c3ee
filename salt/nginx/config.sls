{%- from 'map.jinja' import map with context %}
nginx-folders:
  file.directory:
    - names:
      - {{ map.nginx.config }}/sites
      - {{ map.nginx.config }}/candidates
      - {{ map.nginx.temp }}
    - mode: '0755'
    - makedirs: true

{%- if map.nginx.tls %}

nginx-tls:
  file.managed:
    - names:
      - {{ map.nginx.config }}/tls/certificate.pem:
        - contents_pillar: flipside:nginx:tls:certificate
      - {{ map.nginx.config }}/tls/key.pem:
        - contents_pillar: flipside:nginx:tls:key
    - mode: '0600'
    - makedirs: true
    - dir_mode: '0700'
    - show_changes: false
    - require_in:
      - file: nginx-config
{%- endif %}

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
