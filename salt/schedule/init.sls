{#- Not when the minion starts: new states would meet modules that are not synced yet. -#}
{%- from 'map.jinja' import map with context %}
schedule-highstate:
  schedule.present:
    - name: highstate
    - function: state.apply
    - minutes: {{ map.highstate_minutes }}
    - run_on_start: false
    - maxrunning: 1
    - returner: flipside_last
    - return_job: false

schedule-logrotate:
  schedule.present:
    - name: logrotate
    - function: cmd.run
    - job_args:
      - /usr/sbin/logrotate --state {{ map.logrotate.state }} {{ map.logrotate.config }}
    - hours: 1
    - maxrunning: 1
    - return_job: false

{#- Every night each database is restored to a scratch file, and compared with the live one. #}
schedule-drill:
  schedule.present:
    - name: drill
    - function: cmd.run
    - job_args:
      - {{ map.root }}/venv/bin/python -m flipside.machine {{ map.root }} backup_drill
    - cron: {{ map.backup.drill | json }}
    - maxrunning: 1
    - return_job: false
