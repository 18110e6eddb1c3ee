"""Where secrets are after deploys, failures and with debug logs: in the app's own files, and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from e2e.canaries import look, make
from e2e.canary_processes import Watch, processes
from e2e.canary_search import Found, search
from e2e.rig import Platform, temporary, until
from e2e.rig_secrets import OWN, Life, overhear, private_keys

from flipside.config import load_platform
from flipside.salt.client import call
from flipside.targets import target_of

SHARED = ("/tmp", "/var/tmp", "/dev/shm")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A platform, an app with secrets, all that happens to them with Salt at its noisiest, and what was seen."""
    it = SimpleNamespace(begun=time.time(), keys=tmp_path_factory.mktemp("keys"))
    it.platform = Platform(temporary())
    try:
        with overhear(it.platform, FLIPSIDE_KEYS=str(it.keys)) as it.heard:
            it.platform.bootstrap()
            it.log = debug(it.platform)
            it.life, it.retired = Life(it.platform, "canary"), private_keys(it.keys)
            with Watch([*it.life.canaries, *it.retired]) as it.watch:
                live(it)
            until(lambda: not (it.life.app.place() / "generations/1").exists())
            it.all = [*it.life.canaries, *it.retired, *it.current]
            it.found = everywhere(it)
            yield it
    finally:
        it.platform.destroy()


def debug(platform: Platform) -> Path:
    """Let Salt log all that it ever logs, `debug` and `trace`; return the log."""
    log = platform / "log/salt-debug.log"
    noisy = {"log_level": "all", "log_level_logfile": "all", "log_file": str(log)}
    for role in ("master", "minion"):
        path = platform / f"etc/salt/{role}/{role}"
        path.write_text(json.dumps(json.loads(path.read_text()) | noisy))
    machine = target_of(load_platform(platform.folder / ".flipside-platform")).machine()
    call(machine, "restart_salt")
    call(machine, "wait_for_minion", sync=True)
    return log


def live(it: SimpleNamespace) -> None:
    """All that happens."""
    life, platform = it.life, it.platform
    life.begin()
    it.watch.canaries.append(life.others[-1])
    life.go_on()
    life.ask()
    sheet = platform / "store/pillar/secrets/canary/production.sls"
    whole = sheet.read_text()
    for bad in ("hunter2", re.search(r"(?m)^PASSWORD: (.*)", whole)[1]):
        sheet.write_text(re.sub("(?m)^TOKEN: .*", f"TOKEN: {bad}", whole))
        platform.flipside.fails("platform.apply")
        life.app.fails("app.config", "set", "A=2")
    life.app.flipside("secret.rotate-key")
    it.current = [key for key in private_keys(it.keys) if key not in it.retired]
    it.watch.canaries.extend(it.current)
    life.app.flipside("app.deploy")
    life.app.flipside("app.restart")
    life.app.ship("3")
    platform.flipside("platform.apply", env={"FLIPSIDE_DEBUG": "1"})


def of_tests() -> list[Path]:
    """The folders of tests that run beside these; some have a file of a terabyte."""
    return list(Path("/tmp").glob("pytest-of-*"))


def everywhere(it: SimpleNamespace) -> Found:
    """Search what is the platform's or its user's, and what is new where everybody may write."""
    own = [it.platform.folder, it.keys, it.platform.run]
    found = search(own, it.all)
    others = [p for kind in ("fs-e2e-*", "flipside-*") for p in Path("/tmp").glob(kind)]
    skip = [*own, *others, *of_tests()]
    shared = search({*SHARED, tempfile.gettempdir()}, it.all, skip, it.begun)
    found.files |= shared.files
    return found


def test_the_story_ended_well_and_salt_was_noisy(story: SimpleNamespace) -> None:
    story.life.whole()
    log = story.log.read_text()
    assert min(log.count(f"[{level:8}]") for level in ("DEBUG", "TRACE")) > 1000
    assert "pillar/secrets/canary/production.sls" in log
    assert (story.found.looked > 3000, story.found.unread) == (True, [])


def test_files(story: SimpleNamespace) -> None:
    """The values of now are in the app's own files, those of before in none at all."""
    life = story.life
    secret = {canary.name for canary in life.canaries}
    own = re.compile(re.escape(f"{life.app.place()}/") + OWN)
    found = {path: {name for name, _ in hits} & secret for path, hits in story.found.files.items()}
    leaked = {path: names for path, names in found.items() if names and not own.fullmatch(path)}
    assert not leaked
    told = set().union(*found.values())
    assert told == {"new", "password", "generated"}


def test_private_keys(story: SimpleNamespace) -> None:
    """The platform has its own alone, its user the one of before, too."""
    found = {
        key.name: {path for path, hits in story.found.files.items() if key.name in dict(hits)}
        for key in [*story.retired, *story.current]
    }
    machine = str(story.platform / "etc/age.key")
    (old,), (new,) = story.retired, story.current
    assert found == {old.name: {old.name}, new.name: {new.name, machine}}


def test_what_was_printed(story: SimpleNamespace) -> None:
    assert len(story.heard) > 50
    for done in story.heard:
        hits = list(look(f"{done.out}{done.err}".encode(), story.all))
        assert not hits, (done.argv, hits)


def test_processes(story: SimpleNamespace) -> None:
    """Only the app's own ever had a secret: in their environment."""
    place = str(story.life.app.place())
    assert story.watch.seen
    strange = [each for each in story.watch.seen if not each.cwd.startswith(f"{place}/releases/")]
    assert not strange
    assert {each.where for each in story.watch.seen} == {"environ"}
    keys = {key.name for key in (*story.retired, *story.current)}
    assert not keys & {each.canary for each in story.watch.seen}


def test_the_environment_of_the_app_that_serves(story: SimpleNamespace) -> None:
    found = {each.canary for each in processes(story.all)}
    assert found == {"new", "password", "generated"}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_editor_that_is_cut_off(story: SimpleNamespace, tmp_path: Path, name: str) -> None:
    """As by Ctrl-C, a shutdown, a terminal that is closed: no plain text is left."""
    begun = time.time()
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ngrep -q TOKEN "$1" && kill -{name[3:]} $PPID && sleep 1\n')
    editor.chmod(0o755)
    done = story.life.app.run("secret.edit", env={"EDITOR": str(editor)})
    assert done.status != 0, str(done)
    searched = [*SHARED, story.platform.folder]
    left = search(searched, story.life.canaries, of_tests(), begun)
    for path in left.files:
        shutil.rmtree(Path(path).parent)
    assert not left.files


def test_the_search_sees_what_salt_keeps(story: SimpleNamespace) -> None:
    """Else none of the above would say anything of its logs and job caches."""
    canary = make("echoed")
    story.platform.salt("test.echo", canary.value)
    found = search([story.platform.root], [canary]).files
    jobs = str(story.platform / "var/master/cache/jobs")
    assert str(story.log) in found
    assert [path for path in found if path.startswith(jobs)]


def test_an_app_that_was_destroyed_leaves_nothing(story: SimpleNamespace) -> None:
    story.life.app.flipside("app.destroy", "--yes")
    secret = story.life.canaries
    until(lambda: not processes(secret))
    assert search([story.platform.folder, story.platform.run], secret).files == {}
