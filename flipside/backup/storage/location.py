"""What a person writes to name a repository: a folder, or s3://bucket/prefix."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.backup.errors import BackupError
from flipside.backup.storage.folder import Folder
from flipside.backup.storage.protocol import Storage

if TYPE_CHECKING:
    from flipside.backup.storage.s3 import Bucket

_FORMS = "name a folder, or s3://bucket/prefix"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")


def storage_at(location: str) -> Storage:
    """Return the storage that a location names; nothing is read or made yet.

    Args:
        location: A folder's path, relative ones from here and with ``~``; or s3://bucket/prefix.

    Raises:
        BackupError: If it is neither, or boto3 has no way to the bucket.
    """
    scheme = _SCHEME.match(location)
    if not scheme:
        return _folder(location)
    if scheme[1].lower() == "s3" and scheme[2]:
        return _bucket(location[scheme.end() :])
    # The rest may have a password in it.
    what = f"a repository cannot be at {scheme[0]}"
    advice = f"{_FORMS}; for an S3 other than Amazon's, set AWS_ENDPOINT_URL_S3 to its https://..."
    raise BackupError(
        what, None, f"{advice}; a folder with a colon in its name is ./{scheme[1]}:..."
    )


def _folder(location: str) -> Folder:
    if not location:
        raise BackupError("the location is empty", None, _FORMS)
    try:
        return Folder(Path(location).expanduser().absolute())
    except RuntimeError as error:
        raise BackupError(str(error), location, "write the whole path") from None


def _bucket(location: str) -> Bucket:
    from flipside.backup.storage.s3 import Bucket

    bucket, *parts = location.split("/")
    parts = [part for part in parts if part]
    if not bucket:
        raise BackupError("the location names no bucket", f"s3://{location}", _FORMS)
    if {".", ".."} & set(parts):
        raise BackupError("a prefix has no . or .. in it", f"s3://{location}", _FORMS)
    return Bucket(bucket, "".join(f"{part}/" for part in parts))
