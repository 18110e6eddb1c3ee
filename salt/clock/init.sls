{#- A container's clock is its host's: systemd-timesyncd does not start in one. -#}
clock-package:
  pkg.installed:
    - name: systemd-timesyncd

clock-service:
  service.running:
    - name: systemd-timesyncd
    - enable: true
    - unless: systemd-detect-virt --container --quiet
    - require:
      - pkg: clock-package
