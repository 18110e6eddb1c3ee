"""Objects of a repository, each encrypted and bound to its place in the chain.

    8   FSBACKUP
    1   version of the format, 1
    1   kind: C chunk of a base, B a base's manifest, I increment, H hourly increment, T end of the
        hourly ones, G what is about to be deleted, F file, M list of files
    12  nonce
    n   AES-256-GCM of the content, its 16 bytes of tag last

The key is HKDF-SHA256 of the epoch's key, the info being ``flipside-backup 1`` and the object's place.
The associated data is the first 10 bytes, the place, and the SHA-256 of the object before it (32 zeros
where there is none). So no object can be swapped, moved, reordered or cut out.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flipside.backup.errors import DamagedError

MAGIC, VERSION = b"FSBACKUP", 1
CHUNK, BASE, INCREMENT, HOURLY, HOURS, GONE = b"C", b"B", b"I", b"H", b"T", b"G"
KINDS = {"i": INCREMENT, "h": HOURLY}
"""The kind of a line's increments; see `flipside.backup.names`."""
FIRST = bytes(32)
"""What stands for the hash of the object before the first."""
_NONCE, _TAG = 12, 16
_HEAD = len(MAGIC) + 2


@dataclass(frozen=True)
class EpochKey:
    """The key of an epoch.

    Attributes:
        secret: 32 random bytes.
        repository: The repository's id, which each place begins with.
    """

    secret: bytes
    repository: str

    def seal(self, kind: bytes, name: str, before: bytes, content: bytes) -> bytes:
        """Return an object.

        Args:
            kind: One of the above.
            name: Its name in the repository.
            before: The SHA-256 of the object before it, or `FIRST`.
            content: What it holds.
        """
        head, nonce = MAGIC + bytes([VERSION]) + kind, os.urandom(_NONCE)
        place = self._place(name)
        sealed = AESGCM(self.derive(place)).encrypt(nonce, content, head + place + before)
        return head + nonce + sealed

    def open(self, kind: bytes, name: str, before: bytes, data: bytes) -> bytes:
        """Return what an object holds.

        Raises:
            DamagedError: If it is anything but what was sealed under this key for this place.
        """
        head = data[:_HEAD]
        if head != MAGIC + bytes([VERSION]) + kind or len(data) < _HEAD + _NONCE + _TAG:
            raise DamagedError("this is no such object of a repository, or of a newer format", name)
        nonce, sealed = data[_HEAD : _HEAD + _NONCE], data[_HEAD + _NONCE :]
        place = self._place(name)
        try:
            return AESGCM(self.derive(place)).decrypt(nonce, sealed, head + place + before)
        except InvalidTag:
            what = "the object was altered, cut, or belongs elsewhere"
            raise DamagedError(what, name) from None

    def derive(self, purpose: bytes) -> bytes:
        """Return 32 bytes that the key makes for one purpose."""
        info = f"flipside-backup {VERSION} ".encode() + purpose
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self.secret)

    def _place(self, name: str) -> bytes:
        return f"{self.repository}/{name}\n".encode()


def digest(data: bytes) -> bytes:
    """Return the SHA-256 of an object."""
    return hashlib.sha256(data).digest()
