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
    - name: {{ map.nginx.config }}/tls.pem
    - contents_pillar:
      - flipside:nginx:tls:certificate
      - flipside:nginx:tls:key
    - mode: '0600'
    - show_changes: false
    - check_cmd: >-
        {{ map.root }}/venv/bin/python -c
        "import ssl, sys; ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(sys.argv[1])"
    - require:
      - file: nginx-folders
    - require_in:
      - file: nginx-listen
{%- endif %}

nginx-listen:
  file.managed:
    - name: {{ map.nginx.config }}/listen.conf
    - source: salt://nginx/files/listen.conf
    - template: jinja
    - mode: '0644'
    - require:
      - file: nginx-folders
    - context:
        map: {{ map | json }}

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
      - file: nginx-listen
    - context:
        map: {{ map | json }}
