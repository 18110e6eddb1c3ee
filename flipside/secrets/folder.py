"""The secrets of a platform's folder: `pillar/secrets`, made to be committed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import NotFoundError, SecretError
from flipside.machine.files import write_atomic
from flipside.machine.layout import check_label
from flipside.secrets import recipients, sheet
from flipside.secrets.sealed import Place, seal, unseal
from flipside.secrets.text import read

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

    Environment = tuple[str, str]


class Secrets:
    """The sheets of a platform's folder, and who can open them.

    Args:
        platform: The folder of `.flipside-platform`.
    """

    def __init__(self, platform: Path) -> None:
        self.path = platform / "pillar/secrets"

    def sheet(self, app: str, env: str) -> Path:
        """Return the path of an environment's sheet, there or not."""
        return self.path / app / f"{env}.sls"

    def environments(self) -> list[Environment]:
        """Return app and environment of each sheet.

        Raises:
            FlipsideError: If a file or folder there is named as none can be.
        """
        paths = sorted(self.path.glob("[!.]*/[!.]*.sls"))
        return [
            (check_label("app", path.parent.name), check_label("environment", path.stem))
            for path in paths
        ]

    def names(self, app: str | None = None) -> list[dict[str, str]]:
        """Return ``app``, ``env`` and ``name`` of each secret, of one app or all."""
        return [
            {"app": each, "env": env, "name": name}
            for each, env in self.environments()
            if app in (None, each)
            for name in self.values(each, env)
        ]

    def any(self) -> bool:
        """Return whether there is a secret at all."""
        return bool(self.names())

    def require_key(self) -> None:
        """Raise NotFoundError if the platform has no key yet."""
        recipients.require(self.path)

    def text(self, app: str, env: str) -> str | None:
        """Return a sheet as it stands, checked, or None where there is none.

        Raises:
            SecretError: If anything but sealed values is in it.
        """
        path = self.sheet(app, env)
        try:
            found = read(path)
        except FileNotFoundError:
            return None
        sheet.parse(found, str(path))
        return found

    def values(self, app: str, env: str) -> dict[str, str]:
        """Return the sealed values of an environment by name. Raises as `text`."""
        found = self.text(app, env)
        return sheet.parse(found, str(self.sheet(app, env))) if found is not None else {}

    def write(self, app: str, env: str, values: Mapping[str, str]) -> None:
        """Write a sheet whole; an empty one stays, and says so to the platform."""
        write_atomic(self.sheet(app, env), sheet.text(values).encode())

    def set(self, place: Place, value: str) -> bool:
        """Seal a value for all recipients, and keep it; return whether it replaced another.

        Raises:
            NotFoundError: If the platform has no key yet.
        """
        with self.changing():
            keys = recipients.require(self.path)
            values = self.values(place.app, place.env)
            replaced = place.name in values
            values[place.name] = seal(value, place, keys.values())
            self.write(place.app, place.env, values)
        return replaced

    def unset(self, place: Place) -> None:
        """Remove a value. Raises NotFoundError if there is none."""
        with self.changing():
            values = self.values(place.app, place.env)
            if values.pop(place.name, None) is None:
                what = f"{place.app} has no secret {place.name} in {place.env}"
                known = ", ".join(values) or "none"
                where = str(self.sheet(place.app, place.env))
                raise NotFoundError(f"{what} (there are: {known})", where, "flipside secret.list")
            self.write(place.app, place.env, values)

    def replace(
        self, app: str, env: str, before: Mapping[str, str], after: Mapping[str, str]
    ) -> dict[str, list[str]]:
        """Make the values of an environment others; those that are the same stay as they are.

        Args:
            app: The app's name.
            env: Its environment.
            before: The values that the change began with.
            after: What they shall be.

        Returns:
            ``{"set": names, "unset": names}``.
        """
        done = {
            "set": sorted(name for name in after if after[name] != before.get(name)),
            "unset": sorted(name for name in before if name not in after),
        }
        with self.changing():
            readers = recipients.require(self.path).values()
            values = self.values(app, env)
            kept = {name: each for name, each in values.items() if name not in done["unset"]}
            sealed = {n: seal(after[n], Place(app, env, n), readers) for n in done["set"]}
            if done["set"] or done["unset"]:
                self.write(app, env, {**kept, **sealed})
        return done

    def opened(self, app: str, env: str, keys: Sequence[Identity]) -> dict[str, str]:
        """Return the values of an environment in plain text.

        Raises:
            SecretError: If one cannot be opened; it names file and variable.
        """
        return {
            name: self.open(Place(app, env, name), sealed, keys)
            for name, sealed in self.values(app, env).items()
        }

    def open(self, place: Place, sealed: str, keys: Sequence[Identity]) -> str:
        """Return one value in plain text. Raises as `opened`."""
        try:
            return unseal(sealed, place, keys)
        except SecretError as error:
            where = str(self.sheet(place.app, place.env))
            advice = f"flipside secret.set {place.app} {place.name} -e {place.env}"
            raise SecretError(f"{place.name} {error.what}", where, advice) from None

    def seal_anew(self, keys: Sequence[Identity], readers: Iterable[str]) -> int:
        """Encrypt every value for those readers alone; return how many there are.

        To be called while `changing`. Each sheet is replaced whole, so a cut leaves some as they were.

        Args:
            keys: Private keys that can open them.
            readers: Public keys.

        Raises:
            SecretError: If one cannot be opened; then nothing was changed.
        """
        readers = list(readers)
        plain = {each: self.opened(*each, keys) for each in self.environments()}
        for each, values in plain.items():
            sealed = {n: seal(values[n], Place(*each, n), readers) for n in values}
            self.write(*each, sealed)
        return sum(map(len, plain.values()))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep others of this computer from changing anything here meanwhile."""
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
