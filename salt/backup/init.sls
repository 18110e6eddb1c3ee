include:
  - backup.config
  - backup.service
