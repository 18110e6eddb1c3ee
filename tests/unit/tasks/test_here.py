"""Which app and platform a task is about."""

from __future__ import annotations

import pytest

from flipside.errors import BadConfigError, FlipsideError, NotFoundError
from flipside.tasks import here


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    """A platform's folder with an app in it; the test begins in the app's."""
    monkeypatch.delenv("FLIPSIDE_PLATFORM", raising=False)
    (tmp_path / ".flipside-platform").write_text("name: box\n")
    app = tmp_path / "guestbook"
    app.mkdir()
    (app / ".flipside-app").write_text("name: guestbook\ntemplate: python-wsgi\n")
    monkeypatch.chdir(app)
    return tmp_path


def test_in_an_apps_folder_the_name_may_be_left_out(box) -> None:
    found = here.subject(None, "production", None)
    assert (found.app, found.env, found.platform.folder) == ("guestbook", "production", box)
    assert found.loaded.folder == box / "guestbook"


def test_in_the_platforms_folder_a_name_is_enough(box, monkeypatch) -> None:
    monkeypatch.chdir(box)
    found = here.subject("guestbook", "staging", None)
    assert (found.app, found.env, found.loaded) == ("guestbook", "staging", None)


def test_without_a_name_and_an_app_it_says_how_to_name_one(box, monkeypatch) -> None:
    monkeypatch.chdir(box)
    with pytest.raises(NotFoundError) as caught:
        here.subject(None, "production", None)
    assert "NAME" in caught.value.next


def test_another_apps_name_counts_and_this_apps_platform_does_not(box) -> None:
    other = box / "other"
    other.mkdir()
    (other / ".flipside-platform").write_text("name: other\n")
    app = box / "guestbook/.flipside-app"
    app.write_text("name: guestbook\ntemplate: python-wsgi\nplatform: ../other\n")
    assert here.subject(None, "production", None).platform.config.name == "other"
    assert here.subject("blog", "production", None).platform.config.name == "box"
    assert here.subject("blog", "production", None).loaded is None


def test_a_broken_app_file_is_in_the_way_only_where_it_is_needed(box) -> None:
    (box / "guestbook/.flipside-app").write_text("nme: guestbook\n")
    with pytest.raises(BadConfigError):
        here.subject("guestbook", "production", None)
    assert here.subject("guestbook", "production", str(box)).platform.config.name == "box"


def test_what_needs_the_code_refuses_another_apps_name() -> None:
    assert here.app_here("guestbook").config.name == "guestbook"
    with pytest.raises(FlipsideError, match="this is the folder of guestbook, not of blog"):
        here.app_here("blog")


def test_a_machine_that_was_never_made_says_what_to_type() -> None:
    with pytest.raises(FlipsideError) as caught:
        here.machine_here(None)
    assert caught.value.next.startswith("flipside platform.bootstrap")
