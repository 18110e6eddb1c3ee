"""The tasks about one app; on each, the name may be left out in the app's folder."""

from __future__ import annotations

from invoke.collection import Collection

from flipside.tasks.app import develop, inside, release, serve, settle

TASKS = {
    "bootstrap": develop.bootstrap,
    "run": develop.run,
    "test": develop.own_tests,
    "publish": release.publish,
    "deploy": release.deploy,
    "rollback": release.rollback,
    "releases": release.releases,
    "history": release.history,
    "status": serve.status,
    "list": serve.every,
    "logs": inside.logs,
    "shell": inside.shell,
    "exec": inside.execute,
    "restart": serve.restart,
    "stop": serve.stop,
    "start": serve.start,
    "config": settle.config,
    "destroy": settle.destroy,
}

collection = Collection("app")
for _name, _task in TASKS.items():
    collection.add_task(_task, name=_name)
