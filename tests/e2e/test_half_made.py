"""A platform of which parts are missing: bootstrap mends it, with its ports and apps; or it goes."""

import os
import shutil
import signal
import socket
import subprocess

import pytest
from e2e.harm import ctrl_c, says, serves
from e2e.rig import LOOPBACK, Platform, temporary, until


@pytest.fixture(scope="module")
def made():
    """A platform of this file's own, and one app that serves on it."""
    own = Platform(temporary())
    try:
        own.bootstrap()
        own.served = own.app("mended").make()
        own.release = own.served.ship("1")
        own.ports = (own / "etc/ports.json").read_text()
        yield own
    finally:
        own.destroy()


def kill_all(platform):
    """As a power cut does: nothing is told of it."""
    for process in platform.processes():
        process.kill()
    until(lambda: not platform.processes())


def mended(platform):
    """Bootstrap: it is what it was."""
    platform.bootstrap()
    assert (platform / "etc/ports.json").read_text() == platform.ports
    serves(platform.served, platform.release)
    names = [" ".join(process.cmdline()) for process in platform.processes()]
    assert len([name for name in names if "supervisor.supervisord" in name]) == 1, names
    assert len([name for name in names if name.startswith("nginx: master")]) == 1, names


def test_bootstrap_over_a_running_platform_changes_nothing(made):
    pids = {one["name"]: one["pid"] for one in made.status["components"]}
    done = made.bootstrap()
    assert "changed" not in done.out, str(done)
    assert {one["name"]: one["pid"] for one in made.status["components"]} == pids


def test_platform_that_was_halted_is_as_it_was(made):
    made.flipside("platform.halt", "--yes")
    assert made.processes() == []
    says(made.flipside.fails("platform.status"), "not running", "flipside platform.bootstrap")
    made.flipside("platform.halt", "--yes")
    mended(made)


def test_parts_that_are_gone_while_it_runs(made):
    shutil.rmtree(made / "srv/salt")
    shutil.rmtree(made / "etc/salt/pki")
    (made / "etc/settings.json").unlink()
    (made / "etc/nginx/nginx.conf").unlink()
    mended(made)


def test_supervisord_is_killed(made):
    os.kill(int((made.run / "supervisord.pid").read_text()), signal.SIGKILL)
    until(lambda: "not running" in made.flipside.run("app.status", "mended").err)
    mended(made)


def test_after_a_reboot_the_runtime_folder_is_gone_and_a_port_may_be_taken(made):
    kill_all(made)
    shutil.rmtree(made.run)
    says(made.flipside.run("app.status", "mended"), "not running", "platform.bootstrap")
    with socket.create_server((LOOPBACK, made.port)):
        says(made.flipside.run("platform.bootstrap"), f"port {made.port}", "taken", "http_port")
        assert not made.processes()
    mended(made)


def test_half_of_it_is_gone_and_a_pid_file_is_stale(made):
    kill_all(made)
    (made.run / "supervisord.pid").write_text(str(os.getpid()))
    shutil.rmtree(next((made / "venv/lib").glob("python3*/site-packages/zmq")))
    shutil.rmtree(made / "lib")
    shutil.rmtree(made / "etc/supervisor")
    (made / "etc/salt/minion/minion").write_text("{")
    (made / "etc/layout.json").write_text("")
    (made / "etc/settings.json").write_text("")
    mended(made)


def test_ports_that_are_forgotten_are_chosen_again(made):
    (made / "etc/ports.json").write_text("{")
    made.bootstrap()
    serves(made.served, made.release)
    made.ports = (made / "etc/ports.json").read_text()


def test_a_pillar_of_the_user_that_is_no_yaml(made):
    pillar = made.folder / "pillar"
    (pillar / "top.sls").write_text("base:\n  '*':\n    - own\n")
    (pillar / "own.sls").write_text("flipside: [\n")
    says(made.flipside.run("platform.bootstrap"), "own")
    done = says(made.flipside.run("platform.apply"), "own")
    assert "Traceback" not in done.err
    serves(made.served, made.release)
    for name in ("top.sls", "own.sls"):
        (pillar / name).unlink()


def test_ctrl_c_at_each_step_of_a_bootstrap(make_platform):
    own = make_platform()
    for step in ("Folders", "Configuration", "Master and minion"):
        running = own.flipside.begin("platform.bootstrap", "--target=local")
        for line in running.stdout:
            if step in line:
                break
        done = ctrl_c(running)
        assert done.status == 130, str(done)
        assert "again" in done.err
    own.bootstrap()
    assert own.status["highstate"]["failed"] == []


def test_half_a_platform_is_destroyed(make_platform):
    own = make_platform()
    own.bootstrap()
    shutil.rmtree(own / "etc")
    shutil.rmtree(own / "lib")
    own.flipside("platform.destroy", "--yes", "--data")
    assert not own.root.exists()
    assert not own.processes()


def test_a_port_that_is_taken_is_named_and_nothing_is_started(make_platform):
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        own = make_platform()
        says(own.flipside.run("platform.bootstrap", f"--http-port={port}"), f"port {port}", "taken")
        assert not own.processes()


def test_a_runtime_folder_that_is_too_deep_is_refused(make_platform):
    own = make_platform()
    deep = f"/tmp/{'x' * 60}"
    (own.folder / ".flipside-platform").write_text(f"target: local\nruntime: {deep}\n")
    says(own.flipside.run("platform.bootstrap"), "107", "runtime:")
    assert not own.root.exists()
    assert subprocess.run(["test", "-e", deep], check=False).returncode == 1
