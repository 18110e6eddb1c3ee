base:
  '*':
    - service
    - programs
    - rsyslog
    - logrotate
    - memcached
    - nginx
    - schedule
    - backup
    - app
  'flipside:kind:systemd':
    - match: grain
    - app.boot
    - journal
    - firewall
    - upgrades
    - clock
