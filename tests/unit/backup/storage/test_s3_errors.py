"""What S3 refuses, and why it does not answer, in words that say what to do."""

from __future__ import annotations

import pytest
from botocore import exceptions

from flipside.backup.errors import BackupError
from flipside.backup.storage.s3_errors import RefusedError, ignores, telling

WHERE = "s3://bucket/prefix"


def refused(code: str, message: str = "Said", **said: object) -> RefusedError:
    """What comes of S3's answer."""
    answer = {"Error": {"Code": code, "Message": message} | said.pop("error", {}), **said}
    with pytest.raises(RefusedError) as caught, telling(WHERE):
        raise exceptions.ClientError(answer, "PutObject")
    return caught.value


@pytest.mark.parametrize(
    ("code", "what", "advice"),
    [
        ("NoSuchBucket", "there is no such bucket", "aws s3 mb s3://bucket"),
        ("AccessDenied", "access is denied", "s3:PutObject"),
        ("403", "access is denied", "s3:PutObject"),
        ("SignatureDoesNotMatch", "credentials are not valid", "AWS_SECRET_ACCESS_KEY"),
        ("RequestTimeTooSkewed", "clock is wrong", "timedatectl"),
        ("InvalidBucketName", "name is not valid", "s3://bucket/prefix"),
        ("NotImplemented", "does not write on condition", "conditional writes"),
        ("XMinioStorageFull", "it is full", "make room"),
        ("SlowDown", "it is busy", "try again later"),
        ("Unheard", "another reason", "AWS_ENDPOINT_URL_S3"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(code, what, advice) -> None:
    error = refused(code)
    assert error.code == code
    assert what in error.what
    assert error.what.endswith(f"({code}: Said)")
    assert error.where == WHERE
    assert advice in error.next


def test_the_region_is_named_where_the_answer_has_it() -> None:
    assert "to eu-west-1" in refused("PermanentRedirect", error={"Region": "eu-west-1"}).next
    headers = {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-2"}}
    assert "to eu-west-2" in refused("PermanentRedirect", ResponseMetadata=headers).next
    assert "to the bucket's" in refused("PermanentRedirect").next


def test_an_answer_with_nothing_in_it_is_told_too() -> None:
    with pytest.raises(RefusedError, match="another reason") as caught, telling(WHERE):
        raise exceptions.ClientError({}, "PutObject")
    assert caught.value.code == ""


@pytest.mark.parametrize(
    ("error", "what", "advice"),
    [
        (exceptions.NoCredentialsError(), "no credentials were found", "aws configure"),
        (exceptions.ProfileNotFound(profile="x"), "cannot be used", "AWS_PROFILE"),
        (exceptions.ParamValidationError(report="x"), "name is not valid", "s3://bucket/prefix"),
        (exceptions.EndpointConnectionError(endpoint_url="x"), "does not answer", "network"),
        (exceptions.ReadTimeoutError(endpoint_url="x"), "does not answer", "network"),
        (
            exceptions.UnknownServiceError(service_name="x", known_service_names=""),
            "boto3",
            "~/.aws",
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_gives_no_answer_is_told_and_is_no_refusal(error, what, advice) -> None:
    with pytest.raises(BackupError) as caught, telling(WHERE):
        raise error
    assert not isinstance(caught.value, RefusedError)
    assert what in caught.value.what
    assert advice in caught.value.next


def test_other_errors_are_not_hidden_and_a_provider_without_conditions_is_named() -> None:
    with pytest.raises(KeyError), telling(WHERE):
        raise KeyError
    error = ignores(WHERE)
    assert "on condition" in error.what
    assert (error.where, "conditional writes" in error.next) == (WHERE, True)
