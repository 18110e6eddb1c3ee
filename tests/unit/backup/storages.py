"""A plugin: an empty storage of each kind, the folder and the bucket, that tests may ask for."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from unit.backup.s3_server import Proxy

from flipside.backup.storage.folder import Folder
from flipside.backup.storage.protocol import Storage
from flipside.backup.storage.s3 import Bucket

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


@pytest.fixture(scope="session")
def moto() -> Iterator[int]:
    """The port of an S3 in this process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def proxy(moto: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What stands before it, and what boto3 finds in the environment."""
    made = Proxy(moto)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{made.port}")
    yield made
    made.down()


@pytest.fixture
def bucket(proxy: Proxy) -> str:
    """The name of a bucket that has just been made."""
    name = f"test-{uuid.uuid4().hex}"
    there = http.client.HTTPConnection("127.0.0.1", proxy.behind)
    there.request("PUT", f"/{name}")
    assert there.getresponse().status == 200
    there.close()
    return name


@pytest.fixture(params=["folder", "bucket"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Storage]:
    """What opens the same storage, again and again."""
    if request.param == "folder":
        return lambda: Folder(tmp_path / "repository")
    name = request.getfixturevalue("bucket")
    return lambda: Bucket(name, "some/where/")


@pytest.fixture
def storage(opened: Callable[[], Storage]) -> Storage:
    """A storage that was made."""
    made = opened()
    made.make()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder that was made."""
    made = Folder(tmp_path / "repository")
    made.make()
    return made
