"""Who can open what: with the wrong key nothing comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.catalogue import entries
from flipside.backup.database.chains import find
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Identities
from flipside.backup.moment import Until
from flipside.secrets import identity


@pytest.fixture
def small(tmp_path: Path) -> Small:
    made = Small(tmp_path / "small")
    made.sql(*TABLE)
    made.once()
    made.once(FILL.format(n=20))
    return made


def wrong(small: Small) -> Identities:
    (small.folder / "wrong").write_text(identity.text([identity.generate()]))
    return Identities(small.repository, identity.opened(small.folder / "wrong"))


def test_with_the_wrong_key_nothing_comes_back(small) -> None:
    small.keys = wrong(small)
    for do in (small.restored, small.moments, lambda: entries(small.repository, small.keys)):
        with pytest.raises(UnopenedError, match="no private key here opens"):
            do()
    assert not (small.folder / "restored.db").exists()


def test_without_any_key_nothing_comes_back(small) -> None:
    small.keys = Identities(small.repository, [])
    with pytest.raises(UnopenedError):
        small.restored()


def test_the_right_key_is_found_among_others(small) -> None:
    small.keys = Identities(
        small.repository, [*wrong(small).identities, *small.identities, *wrong(small).identities]
    )
    assert small.moments() == small.images


def test_another_epochs_key_is_refused(small) -> None:
    """With a key of the right recipient, so that it opens."""
    small.now += 86400
    small.once(INSERT.format("next day"))
    first, second = (chain.epoch for chain in small.chains())
    (small.storage.path / second.key).write_bytes((small.storage.path / first.key).read_bytes())
    with pytest.raises(DamagedError, match="the key of another epoch"):
        small.restored()


def test_who_is_no_recipient_any_more_reads_what_was_before_and_no_more(small) -> None:
    later = wrong(small)
    small.writer.recipients = (str(later.identities[0].to_public()),)
    small.once(INSERT.format("for others"))
    assert small.restored(id="1.1") == small.images["1.1"]
    with pytest.raises(UnopenedError):
        small.restored(id="2.0")
    chain = find(small.repository, small.name, Until(), later)
    assert [moment.id for moment in chain.moments()] == ["2.0"]
