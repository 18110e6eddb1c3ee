"""What happens to an app with secrets in a long life, told with canaries, and all of it overheard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e.canaries import Canary, make
from e2e.rig import AnyPlatform, App, Done, Flipside

BROKEN = "raise RuntimeError('broken')\n"
OWN = r"generations/\d+/(env\.json|files/etc/own\.ini)"
"""Where an app's secrets belong, below its folder on the machine."""


class Overheard(Flipside):
    """The `flipside` command, and all that it ever printed."""

    heard: list[Done]

    def run(self, *args: str, **options: Any) -> Done:
        """Run it, whatever it does."""
        self.heard.append(super().run(*args, **options))
        return self.heard[-1]


@contextmanager
def overhear(platform: AnyPlatform, **env: str) -> Iterator[list[Done]]:
    """Listen to all commands of a platform during the block; yield what was heard."""
    known = platform.flipside
    platform.flipside = Overheard(known.cwd, known.home, **known.env, **env)
    platform.flipside.heard = []
    try:
        yield platform.flipside.heard
    finally:
        platform.flipside = known


class Life:
    """An app with two secrets, one that is generated, and a file that has one of them in it.

    Attributes:
        app: The app.
        old: The first value of ``TOKEN``, until it was changed.
        new: The second.
        failed: One in between, of deploys that failed.
        others: The canaries of ``PASSWORD`` and ``SECRET_KEY``.
    """

    def __init__(self, platform: AnyPlatform, name: str) -> None:
        self.app: App = platform.app(name)
        self.old, self.new, self.failed, password = map(make, ("old", "new", "failed", "password"))
        self.others = [password]

    @property
    def canaries(self) -> list[Canary]:
        """All values that its secrets ever had."""
        return [self.old, self.new, self.failed, *self.others]

    def give(self, name: str, canary: Canary, *words: str) -> None:
        """Set a secret."""
        self.app.flipside("secret.set", name, *words, stdin=canary.value)

    def begin(self) -> None:
        """Deploy it, with a secret that is piped in, one from a file, and one generated."""
        files = {"etc/own.ini": "token=$TOKEN\n"}
        self.app.make(secrets=["SECRET_KEY"], files=files, health={"path": "/up", "timeout": 5})
        self.give("TOKEN", self.old)
        self.give("PASSWORD", self.others[0], "--file=/dev/stdin")
        self.app.ship("1")
        assert self.env["TOKEN"] == self.old.value
        self.others.append(Canary("generated", self.env["SECRET_KEY"]))

    def go_on(self) -> None:
        """Change a secret; fail to start, and to migrate, with another; mend it."""
        app = self.app
        self.give("TOKEN", self.new)
        app.deploy()
        self.give("TOKEN", self.failed)
        app.write(extra_py=BROKEN)
        app.publish("broken")
        app.fails("app.deploy", env={"FLIPSIDE_DEBUG": "1"})
        app.write(extra_py="")
        app.configure(steps={"deploy": ["false"]})
        app.publish("fails")
        app.fails("app.deploy")
        app.fails("app.restart", "--env=other")
        app.configure(steps={"deploy": ["true"]})
        self.give("TOKEN", self.new)
        app.ship("2")

    def ask(self) -> None:
        """Run every command that tells something of it, restarts it, or backs it up and brings it back."""
        app = self.app
        app.flipside("platform.plan")
        app.flipside("platform.apply", "--json")
        app.flipside("app.config", "set", "A=1")
        for words in ("stop", "start", "restart", "restart --cold", "rollback", "history"):
            app.flipside(f"app.{words.split()[0]}", *words.split()[1:])
        app.flipside("app.exec", "--", "sh", "-c", 'test -n "$TOKEN"')
        app.flipside("app.shell", stdin="import os; os.environ['TOKEN']\n")
        app.flipside("secret.edit", env={"EDITOR": "true"})
        for task in ("app.config", "app.logs", "secret.list", "secret.recipients"):
            app.flipside(task)
        assert app.http("/rows", method="POST", body="a row").status == 200
        for task in ("now", "list", "drill", "verify", "status", "restore --yes"):
            app.flipside(f"backup.{task.split()[0]}", *task.split()[1:])
        for task in ("secret.check", "platform.status", "platform.doctor", "app.status"):
            app.run(task)
            app.run(task, "--json")

    @property
    def env(self) -> dict[str, str]:
        """The environment of the process that answers."""
        found: dict[str, str] = self.app.http("/process").json["env"]
        return found

    def whole(self) -> None:
        """Assert that it serves, with the secrets as they were set last."""
        names = ("TOKEN", "PASSWORD", "SECRET_KEY")
        wanted = [self.new.value, *(canary.value for canary in self.others)]
        assert [self.env[name] for name in names] == wanted
        self.app.flipside("app.exec", "--", "grep", "-q", "token=.", "etc/own.ini")


def private_keys(folder: Path) -> list[Canary]:
    """The keys in key files, as canaries named by their files."""
    return [
        Canary(str(path), line)
        for path in sorted(folder.glob("*.key"))
        for line in path.read_text().splitlines()
        if not line.startswith("#")
    ]
