"""Reads a backup repository by docs/backup-format.md, and shares no code with Flipside.

python reference_reader.py FOLDER KEYFILE NAME OUT [EPOCH.INCREMENT]
"""

from __future__ import annotations

import hashlib
import json
import re
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


class Reader:
    def __init__(self, folder: str, key_file: str, name: str) -> None:
        self.folder = Path(folder)
        found = json.loads((self.folder / "flipside-backup.json").read_text())
        need(found["format"] == 1, "another format")
        self.id, self.key_file = found["id"], key_file
        self.db = hashlib.sha256(f"{self.id}\n{name}".encode()).hexdigest()[:32]

    def epochs(self) -> list[str]:
        return sorted(path.parent.name for path in (self.folder / "db" / self.db).glob("*/base"))

    def open(self, epoch: str) -> None:
        self.prefix = f"db/{self.db}/{epoch}/"
        path = str(self.folder / self.prefix / "key.age")
        argv = ["age", "-d", "-i", self.key_file, path]
        found = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
        number, _, random = epoch.partition("-")
        place = {"repository": self.id, "kind": "db", "subject": self.db, "number": int(number)}
        need(found | place | {"random": random} == found, "another epoch's key")
        self.secret = bytes.fromhex(found["key"])

    def derive(self, info: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"flipside-backup 1 " + info).derive(self.secret)

    def read(self, kind: bytes, name: str, before: bytes = bytes(32)) -> tuple[bytes, bytes]:
        data = (self.folder / self.prefix / name).read_bytes()
        need(data[:10] == b"FSBACKUP\x01" + kind, f"{name} is no such object")
        place = f"{self.id}/{self.prefix}{name}\n".encode()
        aad = data[:10] + place + before
        content = AESGCM(self.derive(place)).decrypt(data[10:22], data[22:], aad)
        return content, hashlib.sha256(data).digest()

    def root(self, image: bytes, page_size: int) -> str:
        key, root = self.derive(b"root"), 0
        for at in range(0, len(image), page_size):
            page = struct.pack("<Q", at // page_size + 1) + image[at : at + page_size]
            digest = hashlib.blake2b(page, digest_size=32, key=key).digest()
            root ^= int.from_bytes(digest, "big")
        return f"{root:064x}"

    def image(self, last: int | None) -> bytes:
        content, before = self.read(b"B", "base")
        head = json.loads(content)
        image = bytearray()
        for index, expected in enumerate(head["chunks"]):
            packed, digest = self.read(b"C", f"c/{index:08d}")
            need(digest.hex() == expected, "another chunk")
            image += zstandard.decompress(packed)
        names = sorted(p.name for p in (self.folder / self.prefix / "i").glob("*"))
        need([int(name) for name in names] == list(range(1, len(names) + 1)), "a gap")
        for name in names[:last]:
            content, digest = self.read(b"I", f"i/{name}", before)
            head, before = self.apply(image, content, head["root"]), digest
        need(self.root(bytes(image), head["page_size"]) == head["root"], "another image")
        return bytes(image)

    def apply(self, image: bytearray, content: bytes, root: str) -> dict:
        (length,) = struct.unpack_from("<I", content)
        head, at = json.loads(content[4 : 4 + length]), 4 + length
        need(head["before"] == root, "an increment of something else")
        size, written = head["page_size"], []
        while at < len(content):
            (count,) = struct.unpack_from("<H", content, at)
            numbers = struct.unpack_from(f"<{count}I", content, at + 2)
            (length,) = struct.unpack_from("<I", content, at + 2 + 4 * count)
            at += 6 + 4 * count + length
            old = b"".join(image[(n - 1) * size : n * size] for n in numbers)
            raw = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            unpack = zstandard.ZstdDecompressor(dict_data=raw if old else None)
            new = unpack.decompress(content[at - length : at], max_output_size=count * size)
            written += [(n, new[i * size : (i + 1) * size]) for i, n in enumerate(numbers)]
        for number, page in written:
            image += bytes(max(0, number * size - len(image)))
            image[(number - 1) * size : number * size] = page
        del image[head["pages"] * size :]
        return head


if __name__ == "__main__":
    folder, key_file, name, out, *moment = sys.argv[1:]
    reader = Reader(folder, key_file, name)
    epoch, _, increment = (moment or [""])[0].partition(".")
    known = [each for each in reader.epochs() if re.match(r"\d+", each)]
    chosen = next((e for e in known if epoch and int(e[:8]) == int(epoch)), known[-1])
    reader.open(chosen)
    Path(out).write_bytes(reader.image(int(increment) if increment else None))
