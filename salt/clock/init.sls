{#- Some program keeps the time: a machine that has another one keeps it. A container's clock is its host's. -#}
clock-package:
  pkg.installed:
    - name: systemd-timesyncd
    - unless: dpkg-query --show --showformat '${db:Status-Status} ${Provides}\n' | grep -q '^installed .*time-daemon'

clock-service:
  service.running:
    - name: systemd-timesyncd
    - enable: true
    - onlyif: dpkg-query --show --showformat '${db:Status-Status}' systemd-timesyncd | grep -q '^installed'
    - unless: systemd-detect-virt --container --quiet
    - require:
      - pkg: clock-package
