{#- An ordinary user passes where the package is there already, and cannot install one. #}
logrotate-package:
  pkg.installed:
    - name: logrotate
