"""A platform's repository, its settings and keys, and what of its apps is kept."""

from __future__ import annotations

import shutil
import stat

import pytest

from flipside.backup.errors import BackupError
from flipside.backup.names import DATABASE
from flipside.machine.backup.backups import Backups, name_of
from flipside.secrets import identity


@pytest.fixture
def backups(box) -> Backups:
    """The backups of the box."""
    return Backups(box.layout)


def test_before_the_states_said_where_there_are_no_backups(box, backups) -> None:
    box.layout.backup_settings.unlink()
    with pytest.raises(BackupError, match="keeps no backups yet") as caught:
        _ = backups.settings
    assert caught.value.next == "flipside platform.bootstrap"


def test_durations_are_read_in_their_order(box, backups) -> None:
    box.settings(keep={"daily": "2d", "all": "30m", "hourly": "1.5h"}, every=7)
    found = backups.settings
    assert (found.retention.increments, found.retention.hourly) == (1800.0, 5400.0)
    assert (found.retention.daily, found.every) == (172800.0, 7.0)


@pytest.mark.parametrize(
    "keep",
    [
        {"all": "8d", "hourly": "7d", "daily": "30d"},
        {"all": "24", "hourly": "7d", "daily": "30d"},
        {"all": 24, "hourly": "7d", "daily": "30d"},
        {"all": "24h", "hourly": "7 d", "daily": "30d"},
        {"all": "24h", "hourly": "7d", "daily": "forever"},
        {"all": "0h", "hourly": "7d", "daily": "30d"},
    ],
    ids=str,
)
def test_durations_that_cannot_be_name_the_pillar(box, backups, keep) -> None:
    box.settings(keep=keep)
    with pytest.raises(BackupError, match="three durations are wanted") as caught:
        _ = backups.settings
    assert caught.value.where == "flipside:backup:keep of the pillar"


def test_the_repository_is_made_once_and_noted(box, backups) -> None:
    first = backups.local()
    assert backups.local().repository.id == first.repository.id
    noted = box.layout.backup / "repositories.json"
    assert first.repository.id in noted.read_text()
    assert stat.S_IMODE(noted.stat().st_mode) == 0o600
    assert first.folder == box.layout.backup / first.repository.id


def test_one_that_is_there_already_is_taken_as_after_a_loss_of_the_machine(box, backups) -> None:
    first = backups.local().repository.id
    (box.layout.backup / "repositories.json").unlink()
    assert backups.local().repository.id == first


def test_one_that_cannot_be_opened_is_not_taken_for_none(box, backups) -> None:
    backups.local()
    (box.layout.backup / "repositories.json").unlink()
    (box.repository / "flipside-backup.json").write_text('{"format": 99, "id": "0123456789abcdef"}')
    with pytest.raises(BackupError, match="has format 99") as caught:
        backups.local()
    assert caught.value.next == "install a newer Flipside"


def test_one_that_is_gone_is_never_made_anew(box, backups) -> None:
    backups.local()
    shutil.rmtree(box.repository)
    with pytest.raises(BackupError, match="there is no such folder"):
        backups.local()
    box.repository.mkdir()
    with pytest.raises(BackupError, match="its disk is not mounted"):
        backups.local()
    assert list(box.repository.iterdir()) == []


def test_another_one_in_its_place_is_refused(box, backups, tmp_path) -> None:
    backups.local()
    box.settings(repository=str(tmp_path / "other"))
    backups.local()
    shutil.rmtree(box.repository)
    shutil.copytree(tmp_path / "other", box.repository)
    box.settings()
    with pytest.raises(BackupError, match="another repository than the one that was") as caught:
        backups.local()
    assert str(box.layout.backup / "repositories.json") in caught.value.next


def test_the_platforms_key_and_the_readers_open_what_is_kept(box, backups) -> None:
    own, reader = identity.public(box.private), identity.public(identity.generate())
    assert backups.recipients() == [own]
    box.layout.readers.write_text(f'["{reader}", "{own}"]')
    assert backups.recipients() == [own, reader]


def test_only_the_newest_of_the_platforms_keys_is_a_recipient_and_all_open(box, backups) -> None:
    new = identity.generate()
    box.layout.key.write_text(identity.text([new, box.private]))
    assert backups.recipients() == [identity.public(new)]
    found = [str(each.to_public()) for each in backups.identities()]
    assert found == [identity.public(new), identity.public(box.private)]


def test_without_any_key_nothing_is_kept(box, backups) -> None:
    box.layout.key.unlink()
    with pytest.raises(BackupError, match="nobody could open its backups"):
        backups.recipients()
    assert backups.identities() == []


def test_all_data_is_kept_by_app_and_environment(box, backups) -> None:
    box.sql("CREATE TABLE entry (x)", app="shop", file="inner/shop.db")
    local = backups.local()
    found = {kept.name: kept.kind for kept in backups.places(local).all()}
    databases = {"blog/production/app.db", "shop/production/inner/shop.db"}
    assert {name for name, kind in found.items() if kind == DATABASE} == databases
    assert set(found) - databases == {"blog/production", "shop/production"}


def test_one_app_or_one_environment_of_it_can_be_named(box, backups) -> None:
    box.sql("CREATE TABLE entry (x)", app="shop")
    box.data("blog", "staging")
    local = backups.local()

    def names(*which) -> set[str]:
        return {kept.name.rpartition("/app.db")[0] or kept.name
                for kept in backups.places(local, *which).all()}  # fmt: skip

    assert names("blog") == {"blog/production", "blog/staging"}
    assert names("blog", "staging") == {"blog/staging"}
    assert names("none") == set()
    assert name_of("blog", "staging") == "blog/staging"


def test_where_the_apps_user_is_gone_its_data_is_left_alone(box, backups, monkeypatch) -> None:
    local = backups.local()
    monkeypatch.setattr(type(box.layout), "is_local", False)
    assert backups.places(local).all() == []
