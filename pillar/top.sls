base:
  '*':
    - flipside
    - platform
    - secrets.*
    - generated.*
    - ignore_missing: true
