"""Where secrets are on a machine with systemd, and who can read them: the app's own user, and root."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest
from e2e import canaries, canary_processes, canary_search
from e2e.canaries import Canary, look, make
from e2e.canary_processes import Watch
from e2e.inside import sh
from e2e.rig_docker import DockerPlatform
from e2e.rig_secrets import OWN, Life, overhear, private_keys

from flipside.machine import users

SEARCH = "cd /opt/search && python3 -m e2e.canary_search"
JOURNAL = f"journalctl --sync; {{ cat; journalctl -o export --no-pager; }} | {{ {SEARCH}; }}"
EVERYWHERE = {"roots": ["/"], "skip": ["/proc", "/sys"]}
NOWHERE = {"roots": [], "skip": []}
RUN = """LEAK="$line" setsid runuser -u nobody -- sh -c 'sleep 60; :' "$line\""""
NOBODY = 65534
KEY = PurePosixPath("/srv/flipside/etc/age.key")


def argv(platform: DockerPlatform, command: str) -> list[str]:
    """A shell's command as the machine's root."""
    return ["docker", "exec", "-i", platform.box.name, "sh", "-c", command]


def order(sought: list[Canary], where: dict[str, list[str]]) -> bytes:
    """A line for `canary_search`."""
    known = [[canary.name, canary.value] for canary in sought]
    return json.dumps({"canaries": known, **where}).encode() + b"\n"


def inside(
    platform: DockerPlatform,
    sought: list[Canary],
    where: dict[str, list[str]] = NOWHERE,
    command: str = SEARCH,
) -> dict[str, Any]:
    """Search the machine."""
    given = {"input": order(sought, where), "capture_output": True, "timeout": 300}
    done = subprocess.run(argv(platform, command), check=False, **given)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def unread(found: dict[str, Any]) -> list[str]:
    """What was not searched, but one process of Debian's that has rights which others lack."""
    return [each for each in found["unread"] if not each.endswith("environ of dbus-daemon")]


@contextmanager
def watching(platform: DockerPlatform, sought: list[Canary]) -> Iterator[list[dict[str, Any]]]:
    """Watch the machine's processes during the block; yield what was seen, once it is over."""
    seen: list[dict[str, Any]] = []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(argv(platform, SEARCH), **pipes) as running:
        running.stdin.write(order(sought, NOWHERE))
        running.stdin.flush()
        yield seen
        out, _ = running.communicate(timeout=60)
    seen += json.loads(out)["processes"]


@pytest.fixture(scope="module")
def machine(docker_platform: DockerPlatform) -> Iterator[DockerPlatform]:
    """The platform, with the search on it."""
    for module in (canaries, canary_processes, canary_search):
        path = f"/opt/search/e2e/{Path(module.__file__).name}"
        put = f"mkdir -p $(dirname {path}) && cat > {path}"
        docker_platform.sh(put, stdin=Path(module.__file__).read_text())
    yield docker_platform
    docker_platform.sh("rm -r /opt/search")


@pytest.fixture(scope="module")
def story(machine: DockerPlatform, keys: Path) -> Iterator[SimpleNamespace]:
    """An app with secrets, all that happens to them, and what was seen of it."""
    it = SimpleNamespace(platform=machine, life=Life(machine, "canaries"))
    public = sh(it.life.app, f"grep -o 'age1.*' {KEY}")
    (it.key,) = [key for key in private_keys(keys) if public[4:12] in key.name]
    try:
        with overhear(machine) as it.heard:
            known = [*it.life.canaries, it.key]
            with Watch(known) as it.outside, watching(machine, known) as it.seen:
                it.life.begin()
                it.life.go_on()
                it.life.ask()
            it.all = [*it.life.canaries, it.key]
            it.uid = int(sh(it.life.app, f"id -u {users.name_of('canaries')}"))
            it.found = inside(machine, it.all, EVERYWHERE)
            yield it
    finally:
        it.life.app.run("app.destroy", "--yes", "--data")


def test_the_search_works_in_the_machine(machine: DockerPlatform) -> None:
    """In a file, in what a job returned, in the journal and in processes."""
    canary = make("planted")
    machine.salt("test.echo", canary.value)
    machine.sh("cat > /var/tmp/planted", stdin=canary.value)
    machine.sh("systemd-cat -t planted cat", stdin=canary.value)
    machine.sh(f"read -r line; {RUN} >&- 2>&- <&- &", stdin=f"{canary.value}\n")
    found = inside(machine, [canary], EVERYWHERE)
    pids = {str(each["pid"]) for each in found["processes"]}
    machine.sh(f"rm /var/tmp/planted; kill {' '.join(pids)}")
    jobs = "/srv/flipside/var/master/cache/jobs/"
    assert "/var/tmp/planted" in found["files"]
    assert [path for path in found["files"] if path.startswith(jobs)]
    seen = {(each["uid"], each["where"]) for each in found["processes"]}
    assert seen == {(uid, where) for uid in (0, NOBODY) for where in ("cmdline", "environ")}
    assert found["looked"] > 5000
    assert not unread(found)
    stream = inside(machine, [canary], command=JOURNAL)["stream"]
    assert ["planted", "plain"] in stream


def test_files(story: SimpleNamespace) -> None:
    """The values of now are in the app's own files, those of before in none at all."""
    own = re.compile(re.escape(f"{story.life.app.place()}/") + OWN)
    found = {path: {name for name, _ in hits} for path, hits in story.found["files"].items()}
    assert found.pop(str(KEY)) == {story.key.name}
    leaked = {path: names for path, names in found.items() if not own.fullmatch(path)}
    assert not leaked
    assert set().union(*found.values()) == {"new", "password", "generated"}
    assert not unread(story.found)


def test_the_journal_and_what_docker_knows(story: SimpleNamespace) -> None:
    name = story.platform.box.name
    for words in (["inspect", name], ["logs", name]):
        done = subprocess.run(["docker", *words], capture_output=True, check=True)
        assert not list(look(done.stdout + done.stderr, story.all))
    assert inside(story.platform, story.all, command=JOURNAL)["stream"] == []


def test_processes(story: SimpleNamespace) -> None:
    """Only those of the app's user ever had a secret: in their environment."""
    seen = [*story.seen, *story.found["processes"]]
    assert {each["canary"] for each in seen} >= {"old", "new", "failed", "password", "generated"}
    assert {(each["uid"], each["where"]) for each in seen} == {(story.uid, "environ")}
    assert {each.where for each in story.outside.seen} <= {"environ"}


def test_what_was_printed_and_what_is_in_the_folder(story: SimpleNamespace) -> None:
    assert len(story.heard) > 30
    for done in story.heard:
        hits = list(look(f"{done.out}{done.err}".encode(), story.all))
        assert not hits, (done.argv, hits)
    assert canary_search.search([story.platform.folder], story.all).files == {}


def test_the_story_ended_well(story: SimpleNamespace) -> None:
    story.life.whole()
