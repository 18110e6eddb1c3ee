"""The platform's sheets of sealed secrets: those that laptops sent, and what was generated here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import SecretError
from flipside.machine.files import locked, write_atomic
from flipside.machine.layout import Layout
from flipside.machine.records import Records
from flipside.secrets import identity, pillar, sheet
from flipside.secrets.sealed import Place, seal, unseal
from flipside.secrets.value import generated

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

SENT, GENERATED = "secrets", "generated"


class Sheets:
    """The sheets of a platform, each replaced whole.

    Args:
        layout: Where they lie.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def privates(self) -> list[str]:
        """Return the platform's private keys, the newest first; none where it has none yet."""
        path = self.layout.key
        return identity.privates(path.read_text(), str(path)) if path.exists() else []

    def add_key(self, private: str) -> None:
        """Put a private key before those that there are. Raises SecretError if it is none."""
        self._keep([private, *(each for each in self.privates() if each != private)])

    def retire_keys(self, public: str) -> None:
        """Forget all keys but one. Raises SecretError if that is not here."""
        kept = [each for each in self.privates() if identity.public(each) == public]
        if not kept:
            raise SecretError(f"the platform does not have the key {public}", str(self.layout.key))
        self._keep(kept)

    def _keep(self, privates: list[str]) -> None:
        write_atomic(self.layout.key, identity.text(privates).encode(), 0o600)

    def values(self, kind: str, app: str, env: str) -> dict[str, str]:
        """Return the sealed values of a sheet by name; nothing where there is none."""
        path = self.layout.sheet(kind, app, env)
        return sheet.parse(_text(path), str(path)) if path.exists() else {}

    def names(self, app: str, env: str) -> set[str]:
        """Return the names of an environment's secrets."""
        return {*self.values(SENT, app, env), *self.values(GENERATED, app, env)}

    def take(self, app: str, env: str, content: str) -> list[str]:
        """Replace the sheet that was sent before.

        Returns:
            The names that came, changed or went.

        Raises:
            SecretError: If anything but sealed values is in it; then nothing was replaced.
        """
        new = sheet.parse(content, f"pillar/{SENT}/{app}/{env}.sls")
        with self._changing():
            try:
                old = self.values(SENT, app, env)
            except SecretError:  # a damaged one is mended by this
                old = {}
            if new != old:
                self._write(SENT, app, env, content)
        return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))

    @contextmanager
    def taken(self, app: str, env: str, content: str | None) -> Iterator[list[str]]:
        """Take a sheet for a change of its environment; if that fails, the one before is back."""
        path = self.layout.sheet(SENT, app, env)
        # What would come back must not be sealed for a key that is forgotten meanwhile.
        with locked(self._deploys, shared=True):
            before = path.read_bytes() if path.exists() else None
            try:
                yield self.take(app, env, content) if content is not None else []
            except BaseException:
                if before is not None:
                    write_atomic(path, before, 0o600)
                else:
                    path.unlink(missing_ok=True)
                raise

    def ensure(self, app: str, env: str, names: Collection[str]) -> None:
        """Generate a value for each name that has none; one generated before is kept for good."""
        known = self.names(app, env)
        fresh = {name: generated() for name in names if name not in known}
        self.add(app, env, fresh)

    def add(self, app: str, env: str, plain: Mapping[str, str]) -> None:
        """Keep values as generated ones, sealed for the platform."""
        if not plain:
            return
        keys = self._recipients()
        with self._changing():
            values = self.values(GENERATED, app, env)
            for name, value in plain.items():
                values[name] = seal(value, Place(app, env, name), keys)
            self._write(GENERATED, app, env, sheet.text(values))

    def unsent(self, app: str, env: str, readers: Iterable[str]) -> dict[str, str]:
        """Return the values generated here that the sheet from outside has not, sealed for readers."""
        sent, path = self.values(SENT, app, env), self.layout.sheet(GENERATED, app, env)
        made = self.values(GENERATED, app, env)
        places = {name: Place(app, env, name) for name in made if name not in sent}
        if not places:
            return {}
        keys, recipients = identity.opened(self.layout.key), self._recipients(readers)
        plain = {n: _opened(made[n], place, keys, path) for n, place in places.items()}
        return {name: seal(plain[name], place, recipients) for name, place in places.items()}

    def seal_anew(self, readers: Iterable[str]) -> None:
        """Encrypt what the newest of the platform's keys does not open for it and the readers.

        Raises:
            SecretError: If a value cannot be opened by any of its keys; then nothing was changed.
        """
        readers = self._recipients(readers)
        with locked(self._deploys), self._changing():
            sheets = {path: self._for_newest(path, readers) for path in self._paths()}
            for path, values in sheets.items():
                write_atomic(path, sheet.text(values).encode(), 0o600)

    def _for_newest(self, path: Path, readers: list[str]) -> dict[str, str]:
        keys, found = identity.opened(self.layout.key), {}
        for name, sealed in sheet.parse(_text(path), str(path)).items():
            place = Place(path.parts[-2], path.stem, name)
            try:
                unseal(sealed, place, keys[:1])
                found[name] = sealed
            except SecretError:
                found[name] = seal(_opened(sealed, place, keys, path), place, readers)
        return found

    def unreadable(self) -> list[str]:
        """Return what cannot be opened with the platform's keys, each in words."""
        root = str(self.layout.root)
        made = (pillar.rendered(text, sls, root)["secrets"] for sls, text in pillar.sheets(root))
        return [
            why
            for apps in made
            for environments in apps.values()
            for found in environments.values()
            for why in found["unreadable"].values()
        ]

    def adopt(self, records: Records) -> None:
        """Seal what a platform of before kept in its records in plain text."""
        for record in records.all():
            place = record["app"], record["env"]
            self.add(*place, records.plain_secrets(*place))
            records.drop_plain_secrets(*place)

    def remove(self, app: str, env: str) -> None:
        """Forget an environment's secrets."""
        for kind in (SENT, GENERATED):
            self.layout.sheet(kind, app, env).unlink(missing_ok=True)

    def _recipients(self, readers: Iterable[str] = ()) -> list[str]:
        privates = self.privates()
        if not privates:
            what = "this platform has no key to encrypt secrets with"
            raise SecretError(what, next="flipside platform.bootstrap")
        return list(dict.fromkeys([identity.public(privates[0]), *readers]))

    @property
    def _deploys(self) -> Path:
        return self.layout.pillar / ".deploys"

    def _changing(self) -> AbstractContextManager[None]:
        return locked(self.layout.pillar / ".lock")

    def _paths(self) -> list[Path]:
        return sorted(self.layout.pillar.glob("*/*/[!.]*.sls"))

    def _write(self, kind: str, app: str, env: str, content: str) -> None:
        write_atomic(self.layout.sheet(kind, app, env), content.encode(), 0o600)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _opened(sealed: str, place: Place, keys: Sequence[Identity], path: Path) -> str:
    try:
        return unseal(sealed, place, keys)
    except SecretError as error:
        raise SecretError(f"{place.name} {error.what}", str(path)) from None
