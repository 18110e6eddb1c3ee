{#- An ordinary user passes where the package is there already, and cannot install one. #}
rsyslog-package:
  pkg.installed:
    - name: rsyslog
