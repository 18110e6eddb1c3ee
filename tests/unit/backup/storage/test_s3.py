"""What only a bucket can run into: networks, servers, providers, rights. boto3 speaks real HTTP."""

from __future__ import annotations

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import s3_backends
from unit.backup import s3_server as faults
from unit.backup.s3_server import Proxy, only, refused

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.storage import s3
from flipside.backup.storage.protocol import Listed
from flipside.backup.storage.s3 import Bucket

pytest_plugins = ["unit.backup.storages"]

NAME, DATA = "db/0123/00000001-89ab/i/00000001", bytes(range(256)) * 400


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt, so that what fails fails at once."""
    monkeypatch.setattr(s3, "ATTEMPTS", 1)


@pytest.fixture
def brief(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No long wait for an answer that will be late; a slow machine has its time for all others."""
    if request.getfixturevalue("fault") is faults.late:
        monkeypatch.setattr(s3, "READ_TIMEOUT", 0.5)


TRANSIENT = {
    "dropped": faults.dropped,
    "lost": faults.lost,
    "late": faults.late,
    "busy": faults.busy,
    "broken": refused(500, "InternalError"),
}


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_what_passes_is_waited_for(bucket, proxy, fault) -> None:
    storage = Bucket(bucket)
    proxy.faults += [fault, fault]
    storage.put(NAME, DATA)
    proxy.faults += [fault]
    assert storage.get(NAME) == DATA
    proxy.faults += [fault]
    assert list(storage.list("")) == [Listed(NAME, len(DATA))]
    proxy.faults += [fault]
    assert storage.swap("writer.json", None, b"1")
    proxy.faults += [None, fault]
    assert storage.swap("writer.json", b"1", b"2")
    proxy.faults += [fault]
    storage.delete(NAME)
    assert [each.name for each in storage.list("")] == ["writer.json"]


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_what_does_not_pass_is_said_and_the_next_put_finds_what_is_true(
    bucket, proxy, fault, monkeypatch
) -> None:
    storage = Bucket(bucket)
    with monkeypatch.context() as patch:
        patch.setattr(s3, "ATTEMPTS", 1)
        hasty = Bucket(bucket)
    proxy.faults += [fault]
    with pytest.raises(BackupError) as caught:
        hasty.put(NAME, DATA)
    assert caught.value.where == f"s3://{bucket}"
    assert caught.value.next
    assert not isinstance(caught.value, ConflictError)
    assert storage.get(NAME) == (DATA if fault in (faults.lost, faults.late) else None)
    storage.put(NAME, DATA)
    assert storage.get(NAME) == DATA


@pytest.mark.usefixtures("hasty")
def test_after_an_answer_that_was_lost_other_bytes_are_a_conflict(bucket, proxy) -> None:
    storage = Bucket(bucket)
    proxy.faults += [faults.lost]
    with pytest.raises(BackupError, match="does not answer"):
        storage.put(NAME, DATA)
    with pytest.raises(ConflictError):
        storage.put(NAME, b"other")
    assert storage.get(NAME) == DATA


def test_an_answer_that_breaks_off_is_asked_for_again(bucket, proxy) -> None:
    storage = Bucket(bucket)
    storage.put(NAME, DATA)
    proxy.faults += [faults.cut, faults.cut]
    assert storage.get(NAME) == DATA
    proxy.always = faults.cut
    with pytest.raises(BackupError, match="does not answer as it should"):
        storage.get(NAME)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_was_down_is_used_again_once_it_is_up(bucket, proxy) -> None:
    storage = Bucket(bucket)
    storage.put("1", DATA)
    proxy.down()
    for _ in range(2):
        with pytest.raises(BackupError, match="S3 does not answer") as caught:
            storage.put("2", DATA)
        assert "AWS_ENDPOINT_URL_S3" in caught.value.next
        with pytest.raises(BackupError, match="S3 does not answer"):
            list(storage.list(""))
    proxy.up()
    storage.put("2", DATA)
    assert list(storage.list("")) == [Listed("1", len(DATA)), Listed("2", len(DATA))]


def test_a_storm_of_503_is_given_up(bucket, proxy, monkeypatch) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 3)
    storage = Bucket(bucket)
    proxy.always = faults.busy
    with pytest.raises(BackupError, match="busy, or broken for now") as caught:
        storage.put(NAME, DATA)
    assert len(proxy.asked) == 3
    assert "try again later" in caught.value.next
    proxy.always = None
    storage.put(NAME, DATA)


REFUSALS = {
    "NoSuchBucket": (404, "no such bucket", "aws s3 mb s3://NAME"),
    "AccessDenied": (403, "access is denied", "s3:PutObject"),
    "InvalidAccessKeyId": (403, "credentials are not valid", "AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": (403, "credentials are not valid", "AWS_SECRET_ACCESS_KEY"),
    "ExpiredToken": (400, "credentials are not valid", "AWS_ACCESS_KEY_ID"),
    "RequestTimeTooSkewed": (403, "clock is wrong", "timedatectl"),
    "AuthorizationHeaderMalformed": (400, "another region", "AWS_DEFAULT_REGION to eu-north-1"),
    "PermanentRedirect": (301, "another region", "AWS_DEFAULT_REGION to eu-north-1"),
    "InvalidBucketName": (400, "name is not valid", "s3://bucket/prefix"),
    "NotImplemented": (501, "does not write on condition", "Cloudflare R2"),
    "QuotaExceeded": (403, "it is full", "make room"),
    "SomethingNew": (400, "another reason .SomethingNew: it says so", "see to the bucket"),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_said_in_words_with_what_to_do(bucket, proxy, code) -> None:
    status, words, advice = REFUSALS[code]
    storage = Bucket(bucket, "some/where/")
    proxy.always = refused(status, code, "<Region>eu-north-1</Region>")
    for run in (
        storage.make,
        lambda: storage.put(NAME, DATA),
        lambda: storage.get(NAME),
        lambda: list(storage.list("")),
        lambda: list(storage.folders("")),
        lambda: storage.delete(NAME),
        lambda: storage.swap("writer.json", None, b"1"),
    ):
        with pytest.raises(BackupError, match=words) as caught:
            run()
        assert code in caught.value.what
        assert advice.replace("NAME", bucket) in caught.value.next
        assert caught.value.where == f"s3://{bucket}/some/where"


def test_a_bucket_that_is_not_there_is_said(bucket) -> None:
    storage = Bucket(f"{bucket}x")
    for run in (storage.make, lambda: storage.put(NAME, DATA), lambda: storage.get(NAME)):
        with pytest.raises(BackupError, match="there is no such bucket") as caught:
            run()
        assert caught.value.next.endswith(f"aws s3 mb s3://{bucket}x")


@pytest.mark.parametrize("name", ["Up_Per!", "a/b", "x y"])
def test_a_name_that_no_bucket_has_is_said(proxy, name) -> None:
    with pytest.raises(BackupError, match="name is not valid") as caught:
        Bucket(name).make()
    assert "s3://bucket/prefix" in caught.value.next
    assert proxy.asked == []


def test_credentials_that_are_missing_are_said(bucket, monkeypatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(BackupError, match="no credentials were found") as caught:
        Bucket(bucket).make()
    assert "aws configure" in caught.value.next
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(BackupError, match="no credentials were found"):
        Bucket(bucket).make()


def test_a_profile_that_is_missing_is_said(bucket, monkeypatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(BackupError, match="credentials cannot be used") as caught:
        Bucket(bucket)
    assert "AWS_PROFILE" in caught.value.next


def test_an_endpoint_that_is_no_address_is_said(bucket, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "not an address")
    with pytest.raises(BackupError, match="cannot be set up") as caught:
        Bucket(bucket)
    assert "AWS_ENDPOINT_URL_S3 as https://host" in caught.value.next


@pytest.mark.usefixtures("hasty")
def test_an_endpoint_that_nobody_listens_at_is_said(bucket, proxy, monkeypatch) -> None:
    other = Proxy(proxy.behind)
    other.down()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{other.port}")
    with pytest.raises(BackupError, match="S3 does not answer") as caught:
        Bucket(bucket).make()
    assert "AWS_ENDPOINT_URL_S3" in caught.value.next


def test_something_at_the_endpoint_that_is_no_s3_is_not_an_empty_bucket(bucket, proxy) -> None:
    page = faults.Answer(404, [("Content-Type", "text/html")], b"<html>not found</html>")
    proxy.always = lambda exchange: exchange.answer(page)
    with pytest.raises(BackupError):
        Bucket(bucket).get(NAME)


def test_a_provider_that_ignores_conditions_is_refused_at_the_beginning(bucket, proxy) -> None:
    storage = Bucket(bucket)
    proxy.always = faults.heedless
    with pytest.raises(BackupError, match="does not write on condition") as caught:
        storage.make()
    assert "conditional writes" in caught.value.next
    assert list(storage.list("")) == []


def test_one_that_knows_but_half_of_them_is_refused_too(bucket, proxy) -> None:
    storage = Bucket(bucket)
    proxy.always = faults.half_heedless
    with pytest.raises(BackupError, match="does not write on condition"):
        storage.make()


def test_the_probe_of_the_beginning_leaves_nothing(bucket, proxy) -> None:
    storage = Bucket(bucket, "some/where/")
    storage.make()
    assert list(storage.list("")) == []
    assert sum(asked.startswith("PUT") for asked in proxy.asked) == 3


def test_who_may_not_delete_may_begin(bucket, proxy) -> None:
    storage = Bucket(bucket)
    proxy.faults += [None] * 4 + [refused(403, "AccessDenied")]
    storage.make()


def test_the_probe_stands_an_answer_that_was_lost(bucket, proxy) -> None:
    proxy.faults += [None, faults.lost, faults.lost]
    Bucket(bucket).make()


def test_another_upload_that_is_under_way_is_waited_out(bucket, proxy) -> None:
    """S3 answers 409 then; what is stored in the end decides."""
    storage, conflict = Bucket(bucket), refused(409, "ConditionalRequestConflict")
    proxy.faults += [conflict, None, conflict]
    storage.put(NAME, DATA)
    proxy.faults += [conflict]
    storage.put(NAME, DATA)
    proxy.faults += [conflict]
    with pytest.raises(ConflictError):
        storage.put(NAME, b"other")
    proxy.faults += [None, conflict]
    assert storage.swap("writer.json", None, b"1")
    proxy.faults += [None, conflict]
    assert storage.swap("writer.json", b"1", b"2")


def test_uploads_that_never_end_are_given_up(bucket, proxy) -> None:
    storage = Bucket(bucket)
    proxy.always = only("PUT", refused(409, "ConditionalRequestConflict"))
    for run in (
        lambda: storage.put(NAME, DATA),
        lambda: storage.swap("writer.json", None, b"1"),
    ):
        with pytest.raises(BackupError, match="again and again"):
            run()


def test_what_is_deleted_while_it_is_swapped_is_not_there_any_more(bucket, proxy) -> None:
    storage = Bucket(bucket)
    storage.swap("writer.json", None, b"1")

    def vanish(exchange) -> None:
        storage.delete("writer.json")
        faults.plain(exchange)

    proxy.faults += [None, vanish, None]
    assert not storage.swap("writer.json", b"1", b"2")
    assert storage.get("writer.json") is None


def test_thousands_of_objects_are_listed(bucket, proxy) -> None:
    names = [f"p/db/{index:08d}" for index in range(2500)]
    for name in names:
        s3_backends[ACCOUNT]["aws"].put_object(bucket, name, b"xy")
    storage = Bucket(bucket, "p/")
    proxy.asked.clear()
    assert list(storage.list("db/")) == [Listed(name[2:], 2) for name in names]
    assert len(proxy.asked) == 3
    assert list(storage.folders("")) == ["db"]


def test_a_listing_that_fails_on_its_way_is_no_shorter_list(bucket, proxy, monkeypatch) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    storage = Bucket(bucket)
    for index in range(3):
        storage.put(f"db/{index}", DATA)
    proxy.faults += [faults.cut]
    with pytest.raises(BackupError):
        list(storage.list(""))


def test_two_prefixes_of_a_bucket_do_not_meet(bucket) -> None:
    one, two, root = Bucket(bucket, "one/"), Bucket(bucket, "one/two/"), Bucket(bucket)
    one.put("x", b"1")
    two.put("x", b"2")
    assert (one.get("x"), two.get("x"), root.get("x")) == (b"1", b"2", None)
    assert [each.name for each in two.list("")] == ["x"]
    assert [each.name for each in root.list("")] == ["one/two/x", "one/x"]


def test_what_consoles_put_to_show_folders_is_no_object(bucket) -> None:
    there = boto3.session.Session().client("s3")
    for key in ("p/", "p/db/"):
        there.put_object(Bucket=bucket, Key=key, Body=b"")
    assert list(Bucket(bucket, "p/").list("")) == []
