include:
  - nginx.package
  - nginx.config
  - supervisor

nginx-service:
  service.running:
    - name: nginx
    - reload: true
    - require:
      - sls: nginx.package
      - sls: supervisor
    - watch:
      - sls: nginx.config
