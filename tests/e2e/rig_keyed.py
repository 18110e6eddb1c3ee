"""A platform whose key matters: with two apps whose secrets must stay what they are."""

from __future__ import annotations

from pathlib import Path

from e2e.harm import serves
from e2e.rig import App, Platform, temporary

from flipside.errors import SecretError
from flipside.secrets import identity, sheet
from flipside.secrets.sealed import Place, unseal

NAMES = ("one", "two")


class Keyed(Platform):
    """A platform with a folder of keys of its own, and two apps with secrets."""

    def __init__(self, keys: Path) -> None:
        super().__init__(temporary())
        self.keys = keys
        self.flipside.env["FLIPSIDE_KEYS"] = str(keys)
        self.apps: list[App] = []
        self.values: list[dict[str, str]] = []

    def begin(self) -> None:
        """Make it, and its apps."""
        self.bootstrap()
        self.apps = [self.app(name).make(secrets=["SECRET_KEY"]) for name in NAMES]
        for app in self.apps:
            for name in ("TOKEN", "MORE"):
                app.flipside("secret.set", name, stdin=f"{name} of {app.name}")
            app.release = app.ship("1")
        self.values = self.served()

    def served(self) -> list[dict[str, str]]:
        """The secrets that the apps have."""
        names = ("TOKEN", "MORE", "SECRET_KEY")
        found = [app.http("/process").json["env"] for app in self.apps]
        return [{name: env[name] for name in names} for env in found]

    @property
    def recipients(self) -> Path:
        return self.folder / "pillar/secrets/recipients.yml"

    @property
    def public(self) -> list[str]:
        """The public halves of the machine's keys."""
        path = self / "etc/age.key"
        text = path.read_text() if path.exists() else ""
        return [identity.public(key) for key in identity.privates(text, str(path))]

    def sheets(self) -> list[Path]:
        """Every sheet, in the folder and on the machine."""
        folders = (self.folder / "pillar", self / "store/pillar")
        return [path for folder in folders for path in sorted(folder.rglob("*.sls"))]

    def opens(self, key: Path) -> list[bool]:
        """Whether a key file opens them, for each secret of each sheet."""
        return [
            _opens(sealed, Place(path.parent.name, path.stem, name), key)
            for path in self.sheets()
            for name, sealed in sheet.parse(path.read_text(), str(path)).items()
        ]

    def whole(self) -> None:
        """Assert that every app serves what it served, and that nothing is to be done."""
        assert self.served() == self.values
        for app in self.apps:
            serves(app, app.release)
        outcome = self.flipside("platform.apply", "--json").json
        assert (outcome["changed"], outcome["failed"]) == ([], [])

    def rotated(self) -> None:
        """Assert that it has one key, of which the folder tells, and that this opens all there is."""
        (public,) = self.public
        lines = [line for line in self.recipients.read_text().splitlines() if line[0] != "#"]
        assert [line for line in lines if line.startswith("platform")] == [f"platform: {public}"]
        (key,) = self.keys.glob(f"*-{public[4:12]}.key")
        assert self.opens(key) == [True] * len(self.opens(key))
        others = [path for path in self.keys.glob("*.key") if path != key]
        assert not any(opened for path in others for opened in self.opens(path))
        self.whole()
        assert self.apps[0].deploy()["changed"] is False


def _opens(sealed: str, place: Place, key: Path) -> bool:
    try:
        return bool(unseal(sealed, place, identity.opened(key)))
    except SecretError:
        return False
