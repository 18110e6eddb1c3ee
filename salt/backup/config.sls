{%- from 'map.jinja' import map with context %}
{%- set keep = {'all': map.backup.keep.all, 'hourly': map.backup.keep.hourly, 'daily': map.backup.keep.daily} %}
{%- set settings = {'repository': map.backup.repository, 'every': map.backup.every, 'keep': keep} %}
backup-config:
  file.managed:
    - name: {{ map.root }}/etc/backup.json
    - contents: {{ settings | json | json }}
    - mode: '0600'
    - makedirs: true

backup-command:
  file.managed:
    - name: {{ map.root }}/bin/flipside-backup
    - contents: |
        #!/bin/sh
        # Made by Flipside's states (backup): the repository of this platform is {{ map.backup.repository }}
        PYTHONPATH={{ map.root }}/lib exec {{ map.root }}/venv/bin/python -m flipside.backup.cli "$@"
    - mode: '0755'
    - makedirs: true
