"""Salt's keys: made once, whole, and known to each other before either starts."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from flipside.machine.keys import preseed


def test_each_side_trusts_the_other(tmp_path: Path) -> None:
    assert preseed(tmp_path, "platform") is True
    accepted = tmp_path / "master/minions/platform"
    assert accepted.read_bytes() == (tmp_path / "minion/minion.pub").read_bytes()
    trusted = tmp_path / "minion/minion_master.pub"
    assert trusted.read_bytes() == (tmp_path / "master/master.pub").read_bytes()
    for folder, name in (("master", "master"), ("minion", "minion")):
        private = tmp_path / folder / f"{name}.pem"
        assert private.stat().st_mode & 0o777 == 0o400
        key = load_pem_private_key(private.read_bytes(), None)
        public = load_pem_public_key((tmp_path / folder / f"{name}.pub").read_bytes())
        assert key.public_key() == public


def test_second_time_changes_nothing(tmp_path: Path) -> None:
    preseed(tmp_path, "platform")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert preseed(tmp_path, "platform") is False
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_half_made_pair_is_made_anew(tmp_path: Path) -> None:
    """A public key that is missing may be another's; the accepted copy follows."""
    preseed(tmp_path, "platform")
    (tmp_path / "minion/minion.pub").unlink()
    (tmp_path / "minion/.minion.pem.new").write_text("left behind")
    assert preseed(tmp_path, "platform") is True
    accepted = tmp_path / "master/minions/platform"
    assert accepted.read_bytes() == (tmp_path / "minion/minion.pub").read_bytes()
    assert preseed(tmp_path, "platform") is False
