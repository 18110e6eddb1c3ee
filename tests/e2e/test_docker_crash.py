"""Apps that crash after they went live: started again, ever more slowly, and told of; their socket stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from e2e.inside import main_pid, processes, row, serves, sh, sockets, state
from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

# Ends the process for `/die`; cannot be imported while there is a file `broken` in the data.
EXTRA = """\
import os, pathlib
if (pathlib.Path(os.environ["DATA_DIR"]) / "broken").exists():
    raise RuntimeError("broken by a file")
"""
DIES = 'if path == "/die":\n        os._exit(1)\n    status = "200 OK"'


@pytest.fixture(scope="module")
def app(docker_platform: DockerPlatform) -> Iterator[App]:
    made = docker_platform.app("crashes").make(uwsgi={"processes": 2})
    code = (made.folder / "app.py").read_text()
    made.write(app_py=code.replace('status = "200 OK"', DIES, 1), extra_py=EXTRA)
    made.release = made.ship("1")
    row(made, "kept")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def starts(app: App) -> int:
    """How often systemd started the generation that is current anew, by itself."""
    unit = f"app.{app.name}.production.{app.status['generation']}.service"
    return int(sh(app, f"systemctl show -P NRestarts {unit}"))


def test_worker_that_dies_in_a_request_is_replaced(app: App) -> None:
    master = main_pid(app)
    assert app.http("/die").status == 502
    until(lambda: app.answers("/"))
    assert main_pid(app) == master
    assert app.rows() == ["kept"]


def test_worker_that_is_killed_is_replaced(app: App) -> None:
    master = main_pid(app)
    for pid in processes(app):
        if pid != master:
            sh(app, f"kill -9 {pid}")
    until(lambda: len(processes(app)) > 1)
    assert (main_pid(app), app.version) == (master, "1")


def test_master_that_is_killed_is_replaced_and_nobody_waits_in_vain(app: App) -> None:
    master = main_pid(app)
    sh(app, f"kill -9 {master}")
    with ThreadPoolExecutor(10) as pool:
        assert {one.status for one in pool.map(lambda _: app.http("/"), range(10))} == {200}
    assert main_pid(app) not in {0, master}
    serves(app, app.release, "1")
    assert state(app) == "running"


def test_app_that_cannot_start_is_crashing_until_it_is_mended(
    app: App, docker_platform: DockerPlatform
) -> None:
    broken = app.place() / "data/broken"
    sh(app, f"touch {broken}; kill -9 {main_pid(app)}")
    until(lambda: starts(app) > 2)
    # In the pauses between two starts, too, which grow.
    status = until(lambda: (found := app.status)["state"] == "crashing" and found)
    assert "broken by a file" in status["traceback"]
    shown = app.flipside("app.status").out
    assert "crashing" in shown
    assert "broken by a file" in shown
    assert sockets(app) >= {f"{status['generation']}.sock"}
    before = starts(app)
    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(app.http, "/", timeout=120) for _ in range(10)]
        until(lambda: starts(app) > before)
        assert not any(one.done() for one in waiting)
        sh(app, f"rm {broken}")
        assert [one.result().status for one in waiting] == [200] * 10
    until(lambda: state(app) == "running")
    assert app.rows() == ["kept"]
    assert docker_platform.flipside("platform.apply", "--json").json["failed"] == []
    assert app.status["traceback"] is None


def test_deploy_that_mends_it_ends_the_old_release_for_good(app: App) -> None:
    """Its callers are in its own queue, and would start it again for ever."""
    old = app.status["generation"]
    sh(app, f"touch {app.place()}/data/broken; kill -9 {main_pid(app)}")
    until(lambda: starts(app) > 1)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(app.http, "/", timeout=60) for _ in range(3)]
        app.write(extra_py="")
        until(lambda: state(app) == "crashing")
        app.ship("2")
        assert app.version == "2"
        assert {one.result().status for one in waiting} <= {200, 502}
    unit = f"app.{app.name}.production.{old}"
    until(lambda: sh(app, f"systemctl show -P ActiveState {unit}.service") == "inactive")
    assert f"{old}.sock" in sockets(app)
