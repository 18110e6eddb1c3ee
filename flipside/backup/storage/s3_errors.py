"""What S3 refuses, and why it does not answer, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flipside.backup.errors import BackupError

_CONDITIONS = "objects could be replaced here: this provider does not write on condition"
_PROVIDERS = "use one with conditional writes, such as Amazon S3, Cloudflare R2, MinIO or Ceph"
_RIGHTS = "let the key do s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject here"
_KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure"
_NAME = "write s3://bucket/prefix, with the bucket's name as its provider shows it"
_SERVER = "see to the network, and to AWS_ENDPOINT_URL_S3 if the bucket is not at Amazon"
_LATER = "what was stored is whole, and the next pass goes on from it"

_Words = tuple[tuple[str, ...], str, str]
_CODES: tuple[_Words, ...] = (
    (
        ("NoSuchBucket",),
        "there is no such bucket",
        "make it at its provider; at Amazon: aws s3 mb s3://{bucket}",
    ),
    (("AccessDenied", "AllAccessDisabled", "403"), "access is denied", _RIGHTS),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"),
        "the credentials are not valid",
        _KEYS,
    ),
    (
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        "the bucket is in another region",
        "set AWS_DEFAULT_REGION to {region}",
    ),
    (
        ("RequestTimeTooSkewed",),
        "this computer's clock is wrong",
        "set it, as with: timedatectl set-ntp true",
    ),
    (("InvalidBucketName",), "the bucket's name is not valid", _NAME),
    (("NotImplemented", "501"), _CONDITIONS, _PROVIDERS),
    (("QuotaExceeded", "XMinioStorageFull", "507"), "it is full", f"make room there; {_LATER}"),
    (
        ("SlowDown", "ServiceUnavailable", "InternalError", "500", "502", "503", "504"),
        "it is busy, or broken for now",
        f"try again later; {_LATER}",
    ),
    ((), "it gives another reason", "see to the bucket, and to AWS_ENDPOINT_URL_S3 if it is set"),
)
_CLASSES: tuple[_Words, ...] = (
    (("NoCredentialsError", "PartialCredentialsError"), "no credentials were found", _KEYS),
    (
        ("CredentialRetrievalError", "ProfileNotFound", "SSOError", "TokenRetrievalError"),
        "the credentials cannot be used",
        f"see to AWS_PROFILE and ~/.aws; or {_KEYS}",
    ),
    (("ParamValidationError",), "the name is not valid", _NAME),
    (
        ("ConnectionError", "HTTPClientError", "IncompleteReadError", "FlexibleChecksumError"),
        "S3 does not answer as it should",
        _SERVER,
    ),
    ((), "boto3 cannot be used as it is set up", "see to the variables AWS_... and to ~/.aws"),
)


class RefusedError(BackupError):
    """What S3 said no to.

    Attributes:
        code: S3's word for why, as ``NoSuchKey``; the HTTP status if it said none.
    """

    def __init__(self, code: str, what: str, where: str, advice: str) -> None:
        super().__init__(what, where, advice)
        self.code = code


def ignores(where: str) -> BackupError:
    """Return the error of a bucket where what is on condition is done without."""
    return BackupError(_CONDITIONS, where, _PROVIDERS)


@contextmanager
def telling(where: str) -> Iterator[None]:
    """Turn the errors of boto3 into a `RefusedError`, or a BackupError if there was no answer.

    Args:
        where: The repository.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refused(error.response, where) from None
    except BotoCoreError as error:
        words, advice = _words((each.__name__ for each in type(error).__mro__), _CLASSES)
        raise BackupError(f"{words}: {error}", where, advice) from None


def _refused(response: dict[str, Any], where: str) -> RefusedError:
    found = response.get("Error", {})
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = found.get("Region") or headers.get("x-amz-bucket-region") or "the bucket's"
    bucket = where.removeprefix("s3://").partition("/")[0]
    code = str(found.get("Code", ""))
    words, advice = _words([code], _CODES)
    said = ": ".join(each for each in (code, found.get("Message")) if each)
    advice = advice.format(bucket=bucket, region=region)
    return RefusedError(code, f"S3 refuses: {words} ({said})", where, advice)


def _words(keys: Iterable[str], known: tuple[_Words, ...]) -> tuple[str, str]:
    """Return what happened and what to do; the last of the known stands for all others."""
    found = set(keys)
    return next((what, advice) for each, what, advice in known if not each or found & set(each))
