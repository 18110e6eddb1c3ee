include:
  - memcached.package
  - memcached.service
