{#- Security upgrades come by themselves; the machine never restarts for one. -#}
upgrades-package:
  pkg.installed:
    - name: unattended-upgrades

upgrades-config:
  file.managed:
    - name: /etc/apt/apt.conf.d/52flipside
    - source: salt://upgrades/files/apt.conf
    - mode: '0644'
    - require:
      - pkg: upgrades-package

upgrades-timers:
  service.running:
    - names:
      - apt-daily.timer
      - apt-daily-upgrade.timer
    - enable: true
    - require:
      - file: upgrades-config
