include:
  - rsyslog.package
  - rsyslog.config
  - rsyslog.service
