{#- Only ssh, http and https are let in. What is loaded is compared, not only the file: a table may be gone. -#}
{%- from 'map.jinja' import map with context %}
{#- Wherever sshd listens: whoever sees to the machine must not be locked out. -#}
{%- set sshd = salt['cmd.shell']("/usr/sbin/sshd -T 2>/dev/null | sed -n 's/^port //p'", ignore_retcode=True) %}
{%- set ports = map.firewall.ports + sshd.split() | map('int') | list %}
firewall-package:
  pkg.installed:
    - name: nftables

firewall-rules:
  file.managed:
    - name: {{ map.firewall.rules }}
    - source: salt://firewall/files/nftables.conf
    - template: jinja
    - mode: '0644'
    - makedirs: true
    - check_cmd: /usr/sbin/nft --check --file
    - require:
      - pkg: firewall-package
    - context:
        ports: {{ ports | unique | list | json }}

firewall-unit:
  file.managed:
    - name: /etc/systemd/system/flipside-firewall.service
    - source: salt://firewall/files/flipside-firewall.service
    - template: jinja
    - mode: '0644'
    - context:
        map: {{ map | json }}

firewall-service:
  service.running:
    - name: flipside-firewall
    - enable: true
    - watch:
      - file: firewall-rules
      - file: firewall-unit

firewall-loaded:
  cmd.run:
    - name: systemctl restart flipside-firewall
    - unless: /usr/sbin/nft --stateless list table inet flipside | cmp -s - {{ map.firewall.loaded }}
    - require:
      - service: firewall-service
