base:
  '*':
    - service
    - supervisor
    - rsyslog
    - logrotate
    - memcached
    - nginx
    - schedule
    - app
