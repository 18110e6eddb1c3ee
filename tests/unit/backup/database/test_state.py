"""What the agent remembers of a database, and how a step that was cut is gone on with."""

from __future__ import annotations

import os
import stat

import pytest

from flipside.backup.database.image import Roots, Shape
from flipside.backup.database.state import State
from flipside.backup.database.tip import Point, Tip
from flipside.backup.keys import remember
from flipside.backup.names import DATABASE, Epoch
from flipside.backup.sealing import EpochKey

EPOCH = Epoch(DATABASE, "ab" * 16, 2, "0a1b2c3d")
KEY = EpochKey(b"k" * 32, "0123456789abcdef")
SHAPE = Shape(512, 4)
PAGES = [bytes([number]) * 512 for number in (1, 2, 3, 4)]


def tip(pages: list[bytes], number: int = 0, *, partial: bool = False) -> Tip:
    roots, root = Roots(KEY.derive(b"root")), 0
    for index, page in enumerate(pages, 1):
        root ^= roots.page(index, page)
    point = Point(number, b"d" * 32, 12.5, root, Shape(512, len(pages)), partial)
    return Tip(EPOCH, KEY, 10.0, ("age1x",), 11.0, point)


@pytest.fixture
def state(tmp_path):
    """The state of a database of four pages."""
    made = State(tmp_path / "state")
    remember(made.folder, "app.db", {EPOCH.label: KEY})
    (tmp_path / "taken").write_bytes(b"".join(PAGES))
    made.adopt(tmp_path / "taken")
    made.keep(tip(PAGES))
    return made


def test_a_new_state_has_nothing(tmp_path) -> None:
    made = State(tmp_path / "new")
    assert (made.tip(), made.stamp(), made.begun()) == (None, None, None)
    assert not made.whole(tip(PAGES))


def test_the_end_of_a_chain_comes_back(state) -> None:
    assert State(state.folder).tip() == tip(PAGES)
    state.keep(tip(PAGES, 3, partial=True))
    assert State(state.folder).tip() == tip(PAGES, 3, partial=True)


def test_a_point_comes_back_from_json() -> None:
    point = tip(PAGES, 7).point
    assert Point.from_json(point.as_json()) == point


def test_without_the_epochs_key_there_is_no_end_to_go_on_from(state) -> None:
    remember(state.folder, "app.db", {})
    assert state.tip() is None


def test_what_is_kept_is_for_its_user_alone(state) -> None:
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700
    for name in ("state.json", "keys.json"):
        assert stat.S_IMODE((state.folder / name).stat().st_mode) == 0o600


def test_the_stamp_changes_with_the_end_of_the_chain_alone(state) -> None:
    before = state.stamp()
    (state.folder / "other").write_text("")
    assert state.stamp() == before
    state.keep(tip(PAGES, 1))
    assert state.stamp() != before


def test_a_shadow_is_whole_only_as_the_chain_has_it(state) -> None:
    assert state.whole(tip(PAGES))
    assert not state.whole(tip(PAGES[:3]))
    data = bytearray(state.image.read_bytes())
    data[600] ^= 1
    state.image.write_bytes(data)
    assert not state.whole(tip(PAGES))
    state.image.unlink()
    assert not state.whole(tip(PAGES))


@pytest.mark.parametrize(
    "after",
    [
        [PAGES[0], b"x" * 512, *PAGES[2:]],
        [*PAGES, b"x" * 512, b"y" * 512],
        PAGES[:2],
        [b"z" * 512],
    ],
    ids=["other", "grown", "shrunk", "shrunk and other"],
)
def test_a_step_that_was_noted_is_redone_as_often_as_it_takes(state, after) -> None:
    new = tip(after, 1)
    changed = {n: page for n, page in enumerate(after, 1) if PAGES[n - 1 : n] != [page]}
    data = os.urandom(100)
    state.begin(data, new.point, changed.items())
    assert State(state.folder).begun() == (data, new.point, changed)
    noted = state.pending.read_bytes()
    state.finish(new, changed)
    assert (state.whole(new), state.tip(), state.begun()) == (True, new, None)
    state.pending.write_bytes(noted)
    state.finish(new, state.begun()[2])
    assert (state.whole(new), state.image.stat().st_size) == (True, len(after) * 512)


def test_a_new_image_takes_the_old_ones_place(state, tmp_path) -> None:
    (tmp_path / "taken").write_bytes(PAGES[0])
    state.adopt(tmp_path / "taken")
    assert state.image.read_bytes() == PAGES[0]
    assert not (tmp_path / "taken").exists()
