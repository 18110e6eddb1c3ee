"""A repository's location: which storage it names, and what is said of one that names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.backup.errors import BackupError
from flipside.backup.storage.folder import Folder
from flipside.backup.storage.location import storage_at
from flipside.backup.storage.s3 import Bucket

pytest_plugins = ["unit.backup.storages"]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/mnt/disk/repo", "/mnt/disk/repo"),
        ("/mnt/disk/repo/", "/mnt/disk/repo"),
        ("repo", "HERE/repo"),
        ("./repo", "HERE/repo"),
        (".", "HERE"),
        ("~/repo", "HOME/repo"),
        ("/mnt/a:b", "/mnt/a:b"),
        ("./s3:x", "HERE/s3:x"),
        ("s3/bucket", "HERE/s3/bucket"),
    ],
)
def test_a_path_is_a_folder(tmp_path, monkeypatch, location, path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    storage = storage_at(location)
    assert isinstance(storage, Folder)
    assert str(storage) == path.replace("HERE", str(tmp_path)).replace("HOME", "/home/somebody")


def test_nothing_is_made_yet(tmp_path) -> None:
    storage_at(str(tmp_path / "repo"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        ("s3://bucket//a///b//", "s3://bucket/a/b"),
        ("S3://bucket/A", "s3://bucket/A"),
    ],
)
def test_a_bucket_is_named_with_its_prefix(proxy, location, name) -> None:
    storage = storage_at(location)
    assert isinstance(storage, Bucket)
    assert str(storage) == name
    assert proxy.asked == []


def test_prefixes_that_are_written_otherwise_are_the_same(bucket) -> None:
    storage_at(f"s3://{bucket}/a/b").put("name", b"1")
    for prefix in ("a/b/", "/a//b"):
        assert storage_at(f"s3://{bucket}/{prefix}").get("name") == b"1"
    assert [each.name for each in storage_at(f"s3://{bucket}").list("")] == ["a/b/name"]


@pytest.mark.parametrize(
    ("location", "what"),
    [
        ("", "is empty"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://bucket/a/../b", "no . or .."),
        ("s3://bucket/.", "no . or .."),
        ("s3:/bucket", "cannot be at s3:"),
        ("s3:bucket", "cannot be at s3:"),
        ("http://host/bucket", "cannot be at http://"),
        ("https://host/bucket", "cannot be at https://"),
        ("gs://bucket", "cannot be at gs://"),
        ("file:///mnt/disk", "cannot be at file://"),
        ("b2:bucket", "cannot be at b2:"),
        ("s3:https://host/bucket", "cannot be at s3:"),
    ],
)
def test_what_names_no_storage_is_said_with_what_does(location, what) -> None:
    with pytest.raises(BackupError) as caught:
        storage_at(location)
    assert what in caught.value.what
    assert "name a folder, or s3://bucket/prefix" in caught.value.next


def test_another_s3_is_named_in_the_environment() -> None:
    with pytest.raises(BackupError) as caught:
        storage_at("https://host/bucket")
    assert "AWS_ENDPOINT_URL_S3" in caught.value.next


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(BackupError) as caught:
        storage_at("https://user:canary@host/bucket")
    assert "canary" not in str(caught.value)


def test_a_home_that_nobody_has_is_said() -> None:
    with pytest.raises(BackupError) as caught:
        storage_at("~nobody-of-this-name/repo")
    assert "whole path" in caught.value.next


def test_a_location_round_trips(tmp_path: Path, proxy) -> None:
    """What a storage calls itself in errors can be typed."""
    for location in (str(tmp_path / "repo"), "s3://bucket/a/b"):
        assert str(storage_at(str(storage_at(location)))) == location
