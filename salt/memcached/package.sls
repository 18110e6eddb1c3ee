{#- An ordinary user passes where the package is there already, and cannot install one. #}
memcached-package:
  pkg.installed:
    - name: memcached
