base:
  '*':
    - flipside
    - platform
    - ignore_missing: true
