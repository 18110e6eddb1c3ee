"""A folder's files read as docs/backup-format.md says, by what shares no code with Flipside."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"flipside-backup 1 " + purpose).derive(key)


def unpacked(frame: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(frame)


def newest(repository: Path, name: str, private: str) -> tuple[Path, bytes]:
    """Return the folder of the newest epoch of a folder's files, and its key."""
    found = json.loads((repository / "flipside-backup.json").read_bytes())
    subject = hashlib.sha256(f"{found['id']}\n{name}".encode()).hexdigest()[:32]
    epoch = max((repository / "files" / subject).iterdir())
    number, _, rest = epoch.name.partition("-")
    identity = pyrage.x25519.Identity.from_str(private)
    said = json.loads(pyrage.decrypt((epoch / "key.age").read_bytes(), [identity]))
    place = {"repository": found["id"], "kind": "files", "subject": subject, "name": name}
    assert said.items() >= (place | {"number": int(number), "random": rest}).items()
    return epoch, bytes.fromhex(said["key"])


def reader(repository: Path, key: bytes) -> Callable[[Path, bytes], bytes]:
    """Return what opens the objects of an epoch."""
    identifier = json.loads((repository / "flipside-backup.json").read_bytes())["id"]

    def opened(path: Path, kind: bytes) -> bytes:
        data, name = path.read_bytes(), path.relative_to(repository)
        place = f"{identifier}/{name}\n".encode()
        assert data[:10] == b"FSBACKUP\x01" + kind
        return AESGCM(derived(key, place)).decrypt(
            data[10:22], data[22:], data[:10] + place + bytes(32)
        )

    return opened


def read(repository: Path, name: str, private: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the newest manifest, and what it lists; files have their content as ``data``."""
    epoch, key = newest(repository, name, private)
    opened = reader(repository, key)

    def content(called: str) -> bytes:
        packed = opened(epoch / "f" / called, b"F")
        plain = unpacked(packed[1:])
        made = hashlib.blake2b(packed[:1] + plain, digest_size=32, key=derived(key, b"files"))
        assert made.hexdigest() == called
        return plain

    path = max((epoch / "m").iterdir())
    manifest = json.loads(unpacked(opened(path, b"M")))
    assert (manifest["name"], manifest["number"]) == (name, int(path.name))
    entries = [
        each for called in manifest["pieces"] for each in json.loads(content(called))["entries"]
    ]
    for each in entries:
        if each["type"] == "file":
            each["data"] = b"".join(map(content, each["chunks"]))
            assert len(each["data"]) == each["size"]
    return manifest, entries


def test_the_format_is_as_it_is_written_down(world, chunk) -> None:
    world.write("a", "one")
    world.write(os.fsdecode(b"no text \xff"), os.urandom(3 * chunk + 5)).chmod(0o600)
    world.write("sub/empty", "")
    (world.data / "sub/link").symlink_to("../a")
    world.once()
    manifest, entries = read(world.folder / "repo", world.name, world.private)
    assert manifest["at"] == world.now
    found = {each["path"]: each for each in entries}
    assert [os.fsencode(path) for path in found] == sorted(map(os.fsencode, found))
    made = {}
    for path, each in found.items():
        if each["type"] == "file":
            made[path] = ("file", each["mode"], each["mtime_ns"], each["data"])
        elif each["type"] == "link":
            made[path] = ("link", each["target"], each["mtime_ns"])
        else:
            made[path] = ("folder", each["mode"])
    assert made == world.tree()


def test_a_mark_is_as_it_is_written_down(world) -> None:
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    world.once()
    world.now += 40 * 86400
    world.collect()
    epoch, key = newest(world.folder / "repo", world.name, world.private)
    (path,) = epoch.glob("gone-*")
    mark = json.loads(unpacked(reader(world.folder / "repo", key)(path, b"G")))
    assert (mark["at"], mark["manifests"], len(mark["contents"])) == (world.now, [1], 2)
    assert {path.name for path in (epoch / "f").iterdir()} > set(mark["contents"])
