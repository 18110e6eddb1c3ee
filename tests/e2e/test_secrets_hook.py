"""What `secret.check`, as a hook of git, lets nobody commit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.rig import Done, Platform, environment

from flipside.secrets import identity

VALUE = "hunter2"
HOOK = "#!/bin/sh\nexec flipside secret.check\n"
ANN = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]


@pytest.fixture(scope="module", autouse=True)
def secrets(platform: Platform) -> Iterator[None]:
    """Two secrets, of an app that need not be there."""
    for name in ("TOKEN", "OTHER"):
        platform.flipside("secret.set", "hooked", name, stdin=f"of {name}")
    yield
    shutil.rmtree(platform.folder / "pillar/secrets/hooked")


class Repository:
    """A clone of the platform's folder in git, with `secret.check` as its hook."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.folder, self.home = folder, platform.home
        shutil.copy(platform.folder / ".flipside-platform", folder)
        shutil.copytree(platform.folder / "pillar", folder / "pillar")
        self.git("init", "-q")
        hook = folder / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK)
        hook.chmod(0o755)

    @property
    def sheet(self) -> Path:
        return self.folder / "pillar/secrets/hooked/production.sls"

    def git(self, *words: str) -> Done:
        argv = ["git", *ANN, *words]
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=environment(self.home),
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(argv, done.returncode, done.stdout, done.stderr, 0)

    def commit(self) -> Done:
        """Commit all that there is."""
        assert self.git("add", "--all").status == 0
        return self.git("commit", "-q", "-m", "secrets")

    def refuses(self, done: Done, *words: str) -> None:
        """Assert that a commit was refused, and why, and that nothing is committed."""
        assert done.status == 1, str(done)
        missing = [word for word in words if word not in done.out + done.err]
        assert not missing, f"{missing} not in: {done}"
        assert VALUE not in done.out + done.err
        assert VALUE not in self.git("log", "-p", "--all").out


@pytest.fixture
def repository(platform: Platform, tmp_path: Path) -> Repository:
    return Repository(platform, tmp_path)


def test_clean_folder_is_committed(repository: Repository) -> None:
    assert repository.commit().status == 0
    assert "ENC[age," in repository.git("show", "HEAD:pillar/secrets/hooked/production.sls").out


@pytest.mark.parametrize(
    "line",
    [
        "NEW: hunter2",
        "NEW: 'ENC[age,hunter2]'",
        "NEW: ENC[age,aHVudGVyMgo=]",
        "# hunter2",
        "hunter2",
        "  NEW: hunter2",
        "NEW: |\n  hunter2",
    ],
)
def test_plain_text_in_a_sheet(repository: Repository, line: str) -> None:
    assert repository.commit().status == 0
    good = repository.sheet.read_text()
    repository.sheet.write_text(f"{good}{line}\n")
    number = len(good.splitlines()) + 1
    repository.refuses(repository.commit(), f"{repository.sheet}:{number}", "plain text")
    repository.sheet.write_text(good)
    repository.git("add", "--all")
    assert repository.git("commit", "-q", "-m", "as it was", "--allow-empty").status == 0


def test_plain_text_that_only_the_index_has(repository: Repository) -> None:
    good = repository.sheet.read_text()
    repository.sheet.write_text(f"{good}NEW: hunter2\n")
    repository.git("add", "--all")
    repository.sheet.write_text(good)
    repository.refuses(repository.git("commit", "-q", "-m", "staged"), "plain text")


@pytest.mark.parametrize("name", ["pillar/secrets/hooked/notes.txt", "pillar/secrets/plain.sls"])
def test_files_that_do_not_belong_among_secrets(repository: Repository, name: str) -> None:
    (repository.folder / name).write_text("hunter2\n")
    repository.refuses(repository.commit(), name)


@pytest.mark.parametrize("name", ["age.key", "notes/deep/.hidden", "pillar/own.sls"])
def test_private_keys(repository: Repository, name: str) -> None:
    path = repository.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    private = identity.generate()
    path.write_bytes(b"\0binary\xff " + private.encode())
    done = repository.commit()
    repository.refuses(done, str(path), "private key")
    assert private not in done.out + done.err


def test_value_of_another_app(repository: Repository) -> None:
    """Where the platform's private key is at hand."""
    moved = repository.folder / "pillar/secrets/other/production.sls"
    moved.parent.mkdir()
    shutil.copy(repository.sheet, moved)
    repository.refuses(repository.commit(), str(moved), "TOKEN", "OTHER", "belongs elsewhere")
