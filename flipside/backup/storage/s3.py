"""A repository in a bucket of S3, or of what speaks its protocol.

It must write on condition, so that no object is ever replaced: ``If-None-Match: *`` and ``If-Match``
of PutObject. Amazon S3, Cloudflare R2, MinIO, Ceph, Scaleway and SeaweedFS document that they do.
Backblaze B2 and Alibaba's OSS answer ``NotImplemented``, as of 2026. There are servers that ignore
the condition and replace the object; `Bucket.make` finds them out by trying.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.storage.protocol import OTHERS, TAKEN, TRIES, Listed
from flipside.backup.storage.s3_errors import RefusedError, ignores, telling

ATTEMPTS = 5
"""How often boto3 tries what may pass, as a server that is busy or a connection that breaks."""
CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
"""Seconds, of each attempt."""
_ABSENT = {"IfNoneMatch": "*"}
_SHALLOW = {"Delimiter": "/"}
_UNMET = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


class Bucket:
    """A repository beneath a prefix of a bucket.

    Which server, which region and who may use it is boto3's to find out, as from
    ``AWS_ENDPOINT_URL_S3``, ``AWS_DEFAULT_REGION`` and ``AWS_ACCESS_KEY_ID``.

    Args:
        bucket: The bucket's name.
        prefix: What the names of all objects begin with; empty, or with a slash at its end.

    Raises:
        BackupError: If what boto3 finds cannot be used.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket, self._prefix = bucket, prefix
        self._client = _client(str(self))

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def make(self) -> None:
        """See that the bucket is there, and writes on condition: it is not ours to make."""
        self._ask("list_objects_v2", Prefix=self._prefix, MaxKeys=1)
        probe, other = f"probe-{secrets.token_hex(8)}", {"IfMatch": f'"{"0" * 32}"'}
        self._write(probe, b"1", _ABSENT)
        replaced = self._write(probe, b"2", _ABSENT) or self._write(probe, b"3", other)
        # Who may not delete may still write backups.
        with suppress(BackupError):
            self.delete(probe)
        if replaced:
            raise ignores(str(self))

    def put(self, name: str, data: bytes) -> None:
        """Put an object, unless there is one; when the answer is lost, the next try finds its own."""
        for _ in range(TRIES):
            if self._write(name, data, _ABSENT):
                return
            found = self.get(name)
            if found == data:
                return
            if found is not None:
                raise ConflictError(TAKEN, f"{self}/{name}", OTHERS)
        raise self._crossed(name)

    def get(self, name: str) -> bytes | None:
        """Return an object."""
        found = self._read(name)
        return found[0] if found else None

    def list(self, prefix: str, *, deep: bool = True) -> Iterator[Listed]:
        """Yield names in order, as S3 has them."""
        for page in self._pages(prefix, **({} if deep else _SHALLOW)):
            for each in page.get("Contents", ()):
                name = each["Key"].removeprefix(self._prefix)
                if name and name[-1] != "/":  # what consoles put to show a folder
                    yield Listed(name, each["Size"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield what S3 calls common prefixes, without what they have in common."""
        for page in self._pages(prefix, **_SHALLOW):
            for each in page.get("CommonPrefixes", ()):
                yield each["Prefix"].removeprefix(self._prefix + prefix).rstrip("/")

    def delete(self, name: str) -> None:
        """Remove an object."""
        self._ask("delete_object", Key=self._prefix + name)

    def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace an object if it still has the ETag that it was read with."""
        for _ in range(TRIES):
            data, etag = self._read(name) or (None, "")
            if data != old or data == new:
                return data == new
            if self._write(name, new, {"IfMatch": etag} if etag else _ABSENT):
                return True
        raise self._crossed(name)

    def _write(self, name: str, data: bytes, condition: dict[str, str]) -> bool:
        """Return whether the condition was met; False also after an answer that was lost."""
        try:
            self._ask("put_object", Key=self._prefix + name, Body=data, **condition)
        except RefusedError as refused:
            if refused.code in _UNMET:
                return False
            raise
        return True

    def _read(self, name: str) -> tuple[bytes, str] | None:
        """Return an object and its ETag."""
        from botocore.exceptions import BotoCoreError

        for left in reversed(range(TRIES)):
            try:
                answer = self._ask("get_object", Key=self._prefix + name)
            except RefusedError as refused:
                if refused.code == "NoSuchKey":
                    return None
                raise
            with telling(str(self)):
                try:
                    return answer["Body"].read(), answer.get("ETag", "")
                except BotoCoreError:
                    # boto3 tries anew only until an answer begins.
                    if not left:
                        raise
        return None

    def _pages(self, prefix: str, **words: str) -> Iterator[dict[str, Any]]:
        paginator = self._client.get_paginator("list_objects_v2")
        with telling(str(self)):
            yield from paginator.paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix, **words
            )

    def _ask(self, what: str, **words: Any) -> Any:
        with telling(str(self)):
            return getattr(self._client, what)(Bucket=self._bucket, **words)

    def _crossed(self, name: str) -> BackupError:
        what = "others write the same object at the same time, again and again"
        return BackupError(what, f"{self}/{name}", OTHERS)


def _client(where: str) -> Any:
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    try:
        with telling(where):
            return Session().client("s3", config=config)
    except ValueError as error:
        advice = "write AWS_ENDPOINT_URL_S3 as https://host"
        raise BackupError(f"boto3 cannot be set up: {error}", where, advice) from None
