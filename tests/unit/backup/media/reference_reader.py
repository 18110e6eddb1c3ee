"""Brings a folder's files back by docs/backup-format.md, and shares no code with Flipside.

python reference_reader.py FOLDER KEYFILE NAME INTO [EPOCH.NUMBER]
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIB = 1 << 20


def need(holds: object, what: str) -> None:
    if not holds:
        sys.exit(f"refused: {what}")


class Epoch:
    def __init__(self, repository: str, folder: Path, prefix: str, key_file: str):
        self.id, self.prefix, self.folder = repository, prefix, folder / prefix
        argv = ["age", "-d", "-i", key_file, str(self.folder / "key.age")]
        found = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
        kind, subject, label = prefix.split("/")
        place = {"repository": repository, "kind": kind, "subject": subject}
        place |= {"number": int(label[:8]), "random": label[9:]}
        need(found | place == found, "another epoch's key")
        self.secret, self.name = bytes.fromhex(found["key"]), found["name"]

    def derive(self, info: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"flipside-backup 1 " + info).derive(self.secret)

    def read(self, kind: bytes, name: str) -> bytes:
        data = (self.folder / name).read_bytes()
        need(data[:10] == b"FSBACKUP\x01" + kind, f"{name} is no such object")
        place = f"{self.id}/{self.prefix}/{name}\n".encode()
        aad = data[:10] + place + bytes(32)
        return AESGCM(self.derive(place)).decrypt(data[10:22], data[22:], aad)

    def list(self, frame: bytes) -> dict[str, Any]:
        need(zstandard.frame_content_size(frame) <= 32 * MIB, "a list that is too long")
        return json.loads(zstandard.decompress(frame))

    def content(self, name: str, most: int = 4 * MIB) -> bytes:
        packed = self.read(b"F", f"f/{name}")
        need(zstandard.frame_content_size(packed[1:]) <= most, "a content that is too long")
        plain = zstandard.decompress(packed[1:])
        made = hashlib.blake2b(packed[:1] + plain, digest_size=32, key=self.derive(b"files"))
        need(made.hexdigest() == name, "another content")
        return plain

    def numbers(self) -> list[int]:
        going = set()
        for path in self.folder.glob("gone-*"):
            going |= set(self.list(self.read(b"G", path.name))["manifests"])
        return sorted({int(path.name) for path in (self.folder / "m").glob("*")} - going)

    def entries(self, number: int) -> list[dict[str, Any]]:
        manifest = self.list(self.read(b"M", f"m/{number:08d}"))
        need((manifest["name"], manifest["number"]) == (self.name, number), "another manifest")
        pieces = (json.loads(self.content(name, 32 * MIB)) for name in manifest["pieces"])
        found = [entry for piece in pieces for entry in piece["entries"]]
        paths = [os.fsencode(entry["path"]) for entry in found]
        need(all(one < two for one, two in itertools.pairwise(paths)), "another order")
        folders = {b""} | {os.fsencode(each["path"]) for each in found if each["type"] == "folder"}
        for path in paths:
            above, _, name = path.rpartition(b"/")
            need(
                above in folders and name not in (b"", b".", b"..") and b"\0" not in path, "a path"
            )
        return found


def restore(epoch: Epoch, entries: list[dict[str, Any]], into: Path) -> None:
    into.mkdir()
    for entry in entries:
        path = into / entry["path"]
        if entry["type"] == "folder":
            path.mkdir()
        elif entry["type"] == "link":
            path.symlink_to(entry["target"])
        else:
            with path.open("xb") as file:
                file.writelines(map(epoch.content, entry["chunks"]))
            need(path.stat().st_size == entry["size"], "a file of another length")
            path.chmod(entry["mode"])
        if "mtime_ns" in entry:
            os.utime(path, ns=(entry["mtime_ns"],) * 2, follow_symlinks=False)
    for entry in reversed(entries):
        if entry["type"] == "folder":
            (into / entry["path"]).chmod(entry["mode"])


if __name__ == "__main__":
    folder, key_file, name, into, *moment = sys.argv[1:]
    found = json.loads(Path(folder, "flipside-backup.json").read_text())
    need(found["format"] == 1, "another format")
    subject = hashlib.sha256(f"{found['id']}\n{name}".encode()).hexdigest()[:32]
    keys = Path(folder, "files", subject).glob("*/key.age")
    labels = sorted(path.parent.name for path in keys if not (path.parent / "gone").exists())
    wanted, _, number = (moment or [f"{int(labels[-1][:8])}."])[0].partition(".")
    label = next(each for each in labels if int(each[:8]) == int(wanted))
    epoch = Epoch(found["id"], Path(folder), f"files/{subject}/{label}", key_file)
    numbers = epoch.numbers()
    need(not number or int(number) in numbers, "no such moment")
    restore(epoch, epoch.entries(int(number or numbers[-1])), Path(into))
