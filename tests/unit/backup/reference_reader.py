"""Reads a backup repository by docs/backup-format.md, and shares no code with Flipside.

python reference_reader.py FOLDER KEYFILE NAME OUT [EPOCH.NUMBER]
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def need(holds: object, what: str) -> None:
    if not holds:
        sys.exit(f"refused: {what}")


class Epoch:
    def __init__(self, folder: Path, repository: str, subject: str, label: str, key_file: str):
        self.prefix, self.id = f"db/{subject}/{label}/", repository
        self.folder = folder / self.prefix
        argv = ["age", "-d", "-i", key_file, str(self.folder / "key.age")]
        found = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
        place = {"repository": repository, "kind": "db", "subject": subject}
        place |= {"number": int(label[:8]), "random": label[9:]}
        need(found | place == found, "another epoch's key")
        self.secret = bytes.fromhex(found["key"])
        content, self.digest = self.read(b"B", "base")
        self.base = json.loads(content)

    def derive(self, info: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"flipside-backup 1 " + info).derive(self.secret)

    def read(self, kind: bytes, name: str, before: bytes = bytes(32)) -> tuple[bytes, bytes]:
        data = (self.folder / name).read_bytes()
        need(data[:10] == b"FSBACKUP\x01" + kind, f"{name} is no such object")
        place = f"{self.id}/{self.prefix}{name}\n".encode()
        aad = data[:10] + place + before
        content = AESGCM(self.derive(place)).decrypt(data[10:22], data[22:], aad)
        return content, hashlib.sha256(data).digest()

    def root(self, image: bytes) -> str:
        key, size, root = self.derive(b"root"), self.base["page_size"], 0
        for at in range(0, len(image), size):
            page = struct.pack("<Q", at // size + 1) + image[at : at + size]
            root ^= int.from_bytes(hashlib.sha256(key + bytes(32) + page).digest(), "big")
        return f"{root:064x}"

    def image(self, wanted: int | None) -> bytes:
        image, head = bytearray(), self.base
        for index, expected in enumerate(head["chunks"]):
            packed, digest = self.read(b"C", f"c/{index:08d}")
            need(digest.hex() == expected, "another chunk")
            image += zstandard.decompress(packed)
        before, (line, kind) = self.digest, self.line()
        names = sorted(path.name for path in (self.folder / line).glob("*")) if line else []
        need([int(name) for name in names] == list(range(1, len(names) + 1)), "a gap")
        for name in names:
            content, digest = self.read(kind, f"{line}/{name}", before)
            (length,) = struct.unpack_from("<I", content)
            new = json.loads(content[4 : 4 + length])
            if wanted is not None and new["number"] > wanted and not head.get("partial"):
                break
            need(new["before"] == head["root"], "an increment of something else")
            self.apply(image, content[4 + length :], new["pages"])
            head, before = new, digest
            if wanted is not None and new["number"] >= wanted and not new["partial"]:
                break
        need(self.root(bytes(image)) == head["root"], "another image")
        return bytes(image)

    def line(self) -> tuple[str, bytes]:
        if not (self.folder / "gone-i").exists():
            return "i", b"I"
        return ("", b"") if (self.folder / "gone-h").exists() else ("h", b"H")

    def apply(self, image: bytearray, groups: bytes, pages: int) -> None:
        at, size, written = 0, self.base["page_size"], []
        while at < len(groups):
            (count,) = struct.unpack_from("<H", groups, at)
            numbers = struct.unpack_from(f"<{count}I", groups, at + 2)
            (length,) = struct.unpack_from("<I", groups, at + 2 + 4 * count)
            at += 6 + 4 * count + length
            old = b"".join(image[(n - 1) * size : n * size] for n in numbers)
            raw = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            unpack = zstandard.ZstdDecompressor(dict_data=raw if old else None)
            new = unpack.decompress(groups[at - length : at], max_output_size=count * size)
            written += [(n, new[i * size : (i + 1) * size]) for i, n in enumerate(numbers)]
        for number, page in written:
            image += bytes(max(0, number * size - len(image)))
            image[(number - 1) * size : number * size] = page
        del image[pages * size :]


if __name__ == "__main__":
    folder, key_file, name, out, *moment = sys.argv[1:]
    found = json.loads(Path(folder, "flipside-backup.json").read_text())
    need(found["format"] == 1, "another format")
    subject = hashlib.sha256(f"{found['id']}\n{name}".encode()).hexdigest()[:32]
    labels = sorted(path.parent.name for path in Path(folder, "db", subject).glob("*/base"))
    epoch, _, number = (moment or [""])[0].partition(".")
    label = next((each for each in labels if epoch and int(each[:8]) == int(epoch)), labels[-1])
    opened = Epoch(Path(folder), found["id"], subject, label, key_file)
    Path(out).write_bytes(opened.image(int(number) if number else None))
