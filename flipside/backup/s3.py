"""A repository in a bucket of S3, or of what speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flipside.backup.errors import BackupError, ConflictError

# Tries of boto3's own for what may pass, as a server that is busy.
RETRIES = 5
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


class Bucket:
    """A repository beneath a prefix of a bucket; who may use it is boto3's to find out.

    Args:
        bucket: The bucket's name.
        prefix: What the names of all objects begin with; empty, or with a slash at its end.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        import boto3
        from botocore.config import Config

        self._bucket, self._prefix = bucket, prefix
        config = Config(retries={"max_attempts": RETRIES, "mode": "standard"})
        self._client: Any = boto3.client("s3", config=config)

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix.rstrip('/')}"

    def make(self) -> None:
        """See that the bucket is there: it is not ours to make."""
        self._ask("head_bucket")

    def put(self, name: str, data: bytes) -> None:
        """Put an object, unless there is one; when the answer is lost, the next try finds its own."""
        key = self._prefix + name
        try:
            self._ask("put_object", Key=key, Body=data, IfNoneMatch="*")
        except _Refused as refused:
            if refused.code not in _TAKEN:
                raise
            if self.get(name) != data:
                what = "there is another object of this name: another agent writes here, too"
                raise ConflictError(what, f"{self}/{name}") from None

    def get(self, name: str) -> bytes | None:
        """Return an object."""
        try:
            found = self._ask("get_object", Key=self._prefix + name)
            data: bytes = found["Body"].read()
        except _Refused as refused:
            if refused.code in ("NoSuchKey", "404"):
                return None
            raise
        return data

    def list(self, prefix: str) -> Iterator[str]:
        """Yield names in order, as S3 has them."""
        after = ""
        while True:
            page = self._ask("list_objects_v2", Prefix=self._prefix + prefix, StartAfter=after)
            for each in page.get("Contents", ()):
                after = each["Key"]
                yield after.removeprefix(self._prefix)
            if not page.get("IsTruncated"):
                return

    def delete(self, name: str) -> None:
        """Remove an object."""
        self._ask("delete_object", Key=self._prefix + name)

    def _ask(self, what: str, **words: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, what)(Bucket=self._bucket, **words)
        except ClientError as error:
            found = error.response["Error"]
            raise _Refused(str(found.get("Code")), f"S3 refuses: {error}", str(self)) from None
        except BotoCoreError as error:
            raise BackupError(f"S3 does not answer: {error}", str(self)) from None


class _Refused(BackupError):
    def __init__(self, code: str, what: str, where: str) -> None:
        super().__init__(what, where, "see to the bucket, and to who may use it")
        self.code = code
