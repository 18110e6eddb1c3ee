{#- An ordinary user passes where the package is there already, and cannot install one. #}
nginx-package:
  pkg.installed:
    - name: nginx
