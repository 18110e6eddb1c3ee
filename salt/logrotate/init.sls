include:
  - logrotate.package
  - logrotate.config
