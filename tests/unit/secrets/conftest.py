"""Real keys, a platform's folder, a machine that runs its verbs in this process, and a knife."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pytest
from pyrage.x25519 import Identity

from flipside.config import LoadedPlatform, PlatformConfig
from flipside.errors import FlipsideError
from flipside.machine.layout import Layout
from flipside.machine.sheets import Sheets
from flipside.machine.verbs import VERBS
from flipside.machine.verbs.context import Context
from flipside.secrets import identity, keyring, recipients
from flipside.secrets.folder import Secrets


class Pair(NamedTuple):
    """A key: its two halves, and what opens secrets."""

    private: str
    public: str
    opener: Identity


class Killed(BaseException):
    """What a kill is to the code: nothing that it may catch and go on from."""


class Knife:
    """Kills what runs at one of its moments: before and after each write and each call.

    Attributes:
        at: The number of the moment, from 1; none if 0.
        count: How many moments there were.
        watch: Called at each moment.
    """

    def __init__(self) -> None:
        self.at, self.count = 0, 0
        self.watch: Callable[[], None] = lambda: None

    def _moment(self) -> None:
        self.count += 1
        self.watch()
        if self.count == self.at:
            raise Killed

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with a moment before it and one after it."""

        def run(*args: Any, **options: Any) -> Any:
            self._moment()
            result = function(*args, **options)
            self._moment()
            return result

        return run

    def kills(self, work: Callable[[], Any], at: int) -> bool:
        """Do the work; return whether the moment came, and ended it."""
        self.at, self.count = at, 0
        try:
            work()
        except Killed:
            return True
        finally:
            self.at = 0
        return False


class Box:
    """A machine: its verbs run here, on a layout of its own; what goes there and back is JSON.

    Attributes:
        called: The verbs, in order.
    """

    def __init__(self, folder: Path) -> None:
        self.root = PurePosixPath(folder / "root")
        self.layout = Layout(folder / "root", folder / "run")
        self.layout.etc.mkdir(parents=True)
        where = {"root": str(self.layout.root), "run": str(self.layout.run)}
        (self.layout.etc / "layout.json").write_text(json.dumps(where))
        self.context = Context(self.layout, lambda event: None)
        self.sheets = Sheets(self.layout)
        self.called: list[str] = []

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Callable[[str], None]
    ) -> None:
        self.called.append(argv[-1])
        try:
            answer = {"result": VERBS[argv[-1]](self.context, **json.loads(stdin))}
        except FlipsideError as error:
            answer = {"error": {"class": type(error).__name__, **error.as_dict()}}
        on_line(json.dumps(answer))

    def openers(self) -> list[Identity]:
        """What the machine can open secrets with right now."""
        return identity.opened(self.layout.key) if self.layout.key.exists() else []


class Told:
    """A narrator that remembers."""

    def __init__(self) -> None:
        self.details: list[str] = []

    def step(self, title: str) -> Any:
        return nullcontext()

    def detail(self, text: str) -> None:
        self.details.append(text)


@pytest.fixture(autouse=True)
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's private keys, not there yet."""
    folder = tmp_path / "ring"
    monkeypatch.setenv("FLIPSIDE_KEYS", str(folder))
    return folder


@pytest.fixture
def pair() -> Callable[[], Pair]:
    """Make a key."""

    def make() -> Pair:
        private = identity.generate()
        return Pair(private, identity.public(private), Identity.from_str(private))

    return make


@pytest.fixture
def platform(tmp_path: Path) -> LoadedPlatform:
    """A platform's folder, with nothing in it."""
    folder = tmp_path / "platform"
    folder.mkdir()
    return LoadedPlatform(PlatformConfig(name="box"), folder, folder / ".flipside-platform")


@pytest.fixture
def secrets(platform: LoadedPlatform) -> Secrets:
    """The secrets of that folder, whose key is on this computer."""
    made = Secrets(platform.folder)
    recipients.write(made.path, {recipients.PLATFORM: keyring.make("box")[0]})
    return made


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A machine without a key."""
    return Box(tmp_path / "box")


@pytest.fixture
def told() -> Told:
    """A narrator."""
    return Told()


@pytest.fixture
def knife(monkeypatch: pytest.MonkeyPatch) -> Knife:
    """A knife at every write of a file, wherever the code calls it from."""
    made = Knife()
    for name, module in list(sys.modules.items()):
        if name.startswith("flipside.") and hasattr(module, "write_atomic"):
            monkeypatch.setattr(module, "write_atomic", made.around(module.write_atomic))
    return made
