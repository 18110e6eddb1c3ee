"""Finding and loading the two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flipside.config import find_platform, load_app, load_platform
from flipside.errors import BadConfigError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from flipside.config.load import LoadedApp

DJANGO = """
summary: a Django app
defaults:
  wsgi: {callable: "{{ package }}.wsgi:application"}
  env: {DJANGO_SETTINGS_MODULE: "{{package}}.settings", NAME: "{{ name }}", OTHER: "{{ other }}"}
  steps: {deploy: [django-admin migrate]}
  data: [media/]
"""


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    for name, meta in {"python-wsgi": "summary: any\n", "python-django-sqlite": DJANGO}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "meta.yml").write_text(meta)
    return folder


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLIPSIDE_PLATFORM", raising=False)


def load(tmp_path: Path, templates: Path, text: str) -> LoadedApp:
    (tmp_path / ".flipside-app").write_text(text)
    return load_app(tmp_path, templates)


def test_an_app_is_found_from_a_folder_within_it(tmp_path: Path, templates: Path) -> None:
    (tmp_path / ".flipside-app").write_text("name: guestbook\n")
    (tmp_path / "a/b").mkdir(parents=True)
    loaded = load_app(tmp_path / "a/b", templates)
    assert (loaded.config.name, loaded.folder) == ("guestbook", tmp_path)
    assert loaded.path == tmp_path / ".flipside-app"


def test_without_an_app_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        load_app(tmp_path)
    assert caught.value.what == "no .flipside-app here or above"
    assert caught.value.next == "flipside app.bootstrap NAME"


def test_the_file_is_laid_over_the_templates_defaults(tmp_path: Path, templates: Path) -> None:
    text = "name: my-app\ntemplate: python-django-sqlite\nenv: {A: 1}\ndata: []\nsteps:\n"
    config = load(tmp_path, templates, text).config
    assert config.wsgi.callable == "my_app.wsgi:application"
    assert config.env == {
        "DJANGO_SETTINGS_MODULE": "my_app.settings",
        "NAME": "my-app",
        "OTHER": "{{ other }}",
        "A": "1",
    }
    assert config.data == []
    assert [step.run for step in config.steps.deploy] == ["django-admin migrate"]


def test_an_unknown_template_says_where_and_which_there_are(
    tmp_path: Path, templates: Path
) -> None:
    with pytest.raises(NotFoundError) as caught:
        load(tmp_path, templates, "name: a\ntemplate: python-djnago-sqlite\n")
    assert str(caught.value.where).endswith(".flipside-app:2")
    known = "templates: python-django-sqlite, python-wsgi"
    assert caught.value.next == f"did you mean `python-django-sqlite`? {known}"


def test_a_wrong_default_is_the_templates_fault(tmp_path: Path, templates: Path) -> None:
    meta = templates / "python-wsgi/meta.yml"
    meta.write_text("defaults:\n  helth: {}\n")
    with pytest.raises(BadConfigError) as caught:
        load(tmp_path, templates, "name: a\n")
    assert caught.value.where == f"{meta}:2"
    meta.write_text("defaults: [a]\n")
    with pytest.raises(BadConfigError, match="must be a mapping"):
        load(tmp_path, templates, "name: a\n")


def platform(folder: Path, text: str = "target: local\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".flipside-platform").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("folder", "name"), [("My Box", "my-box"), ("_", "platform"), ("a" * 62 + "--b", "a" * 62)]
)
def test_a_platform_is_called_like_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    path = platform(tmp_path / folder) / ".flipside-platform"
    assert load_platform(path).config.name == name


def test_a_platform_says_its_own_name(tmp_path: Path) -> None:
    folder = platform(tmp_path / "x", "name: demo\nhttp_port: 8080\n")
    loaded = load_platform(folder / ".flipside-platform")
    assert (loaded.config.name, loaded.config.http_port, loaded.folder) == ("demo", 8080, folder)


def test_the_platform_is_the_first_that_is_given(
    tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("option", "variable", "app", "above"):
        platform(tmp_path / name)
    here = tmp_path / "above/here"
    here.mkdir()
    app = load(tmp_path, templates, "name: a\nplatform: app\n")
    bare = load(here, templates, "name: a\n")
    assert find_platform(here, None, None).config.name == "above"
    assert find_platform(here, None, bare).config.name == "above"
    assert find_platform(here, None, app).config.name == "app"
    monkeypatch.setenv("FLIPSIDE_PLATFORM", str(tmp_path / "variable"))
    assert find_platform(here, None, app).config.name == "variable"
    option = tmp_path / "option/.flipside-platform"
    assert find_platform(here, str(option), app).folder == tmp_path / "option"


def test_without_a_platform_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    for explicit in (None, str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(NotFoundError) as caught:
            find_platform(tmp_path, explicit, None)
        assert caught.value.next == "flipside platform.bootstrap --target=local"
