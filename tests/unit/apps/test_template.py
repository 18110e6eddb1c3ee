"""Making an app: whole or not at all, and never over what is there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flipside.apps import template as module
from flipside.apps.template import bootstrap, list_templates, render
from flipside.config.load import load_app
from flipside.errors import FlipsideError, NotFoundError


def everything(folder: Path) -> list[str]:
    """Return all paths beneath a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_every_template_says_what_it_is_for() -> None:
    """The list that a person chooses from."""
    templates = list_templates()
    assert {"python-django-sqlite", "python-wsgi"} <= templates.keys()
    assert all(templates.values())


@pytest.mark.parametrize("template", ["python-django-sqlite", "python-wsgi"])
def test_a_missing_folder_gets_the_skeleton(tmp_path: Path, template: str) -> None:
    """No placeholder is left, and the config loads."""
    made = bootstrap("my-app", tmp_path / "deep" / "my-app", template)
    assert made.path == tmp_path / "deep" / "my-app"
    assert all(path.is_file() for path in made.written)
    assert not [path for path in made.written if "{{ package" in f"{path}{path.read_text()}"]
    app = load_app(made.path)
    assert (app.config.name, app.config.template) == ("my-app", template)
    assert everything(tmp_path / "deep").count("my-app") == 1
    assert len(list((tmp_path / "deep").iterdir())) == 1
    assert stat.S_IMODE(made.path.stat().st_mode) & 0o500 == 0o500


def test_a_hyphen_becomes_an_underscore_in_the_package(tmp_path: Path) -> None:
    """Python cannot import my-app."""
    made = bootstrap("my-app", tmp_path / "x")
    assert made.path / "my_app" / "settings.py" in made.written
    assert load_app(made.path).config.wsgi.callable == "my_app.wsgi:application"


def test_an_empty_folder_stays_the_same_folder(tmp_path: Path) -> None:
    """A shell may stand in it; a fresh git repository counts as empty."""
    (tmp_path / ".git").mkdir()
    before = tmp_path.stat().st_ino
    bootstrap("app", tmp_path, "python-wsgi")
    assert tmp_path.stat().st_ino == before
    assert load_app(tmp_path).config.name == "app"


def test_a_relative_folder_is_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `-d .` is meant."""
    monkeypatch.chdir(tmp_path)
    assert bootstrap("app", Path(), "python-wsgi").path == tmp_path


def test_an_existing_project_gets_one_file(tmp_path: Path) -> None:
    """Its own files stay as they are; what was guessed is told."""
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (tmp_path / "README.md").write_text("mine\n")
    made = bootstrap("board", tmp_path)
    assert made.written == [tmp_path / ".flipside-app"]
    assert everything(tmp_path) == [".flipside-app", "README.md", "app.py"]
    assert (tmp_path / "README.md").read_text() == "mine\n"
    config = load_app(tmp_path).config
    assert (config.template, config.wsgi.callable) == ("python-wsgi", "app:app")
    assert {each.key for each in made.guessed} >= {"template", "wsgi.callable", "health.path"}


def test_a_templates_own_steps_do_not_apply_to_a_foreign_project(tmp_path: Path) -> None:
    """Asked for by name, the template gives defaults, but no steps that the code has no use for."""
    (tmp_path / "app.py").write_text("def application(environ, start_response): ...\n")
    bootstrap("plain", tmp_path, "python-django-sqlite")
    config = load_app(tmp_path).config
    assert config.template == "python-django-sqlite"
    assert (config.steps.install, config.steps.deploy, config.static) == ([], [], [])


def test_an_app_is_never_made_over_another(tmp_path: Path) -> None:
    """The second time is an error, and nothing changes."""
    bootstrap("app", tmp_path / "app", "python-wsgi")
    (tmp_path / "app" / "app.py").write_text("mine\n")
    with pytest.raises(FlipsideError, match="holds an app already") as caught:
        bootstrap("app", tmp_path / "app", "python-wsgi")
    assert caught.value.next
    assert (tmp_path / "app" / "app.py").read_text() == "mine\n"


def test_a_folder_with_anything_else_is_refused(tmp_path: Path) -> None:
    """No project to adopt, and no room for a new one."""
    (tmp_path / "photo.jpg").write_bytes(b"\xff")
    with pytest.raises(FlipsideError, match="no Python project"):
        bootstrap("app", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FlipsideError, match="a file stands where"):
        bootstrap("app", tmp_path / "file")
    assert everything(tmp_path) == ["file", "photo.jpg"]


@pytest.mark.parametrize("name", ["", "My-App", "a_b", "-a", "a-", "a.b", "a" * 64, "a/b", "ä"])
def test_a_name_is_a_dns_label(tmp_path: Path, name: str) -> None:
    """Anything else is refused before anything is written."""
    with pytest.raises(FlipsideError, match="cannot be an app's name") as caught:
        bootstrap(name, tmp_path / "x")
    assert str(caught.value.next).startswith("flipside app.bootstrap ")
    assert everything(tmp_path) == []


@pytest.mark.parametrize("name", ["123", "no", "null", "1e3"])
def test_a_name_that_yaml_takes_for_something_else_is_a_name(tmp_path: Path, name: str) -> None:
    bootstrap(name, tmp_path / "x", "python-wsgi")
    assert load_app(tmp_path / "x").config.name == name


@pytest.mark.parametrize("name", ["django", "json", "7up", "class", "tests", "test"])
def test_a_package_that_python_could_not_import_is_refused(tmp_path: Path, name: str) -> None:
    """It would hide what the app itself imports; without a package the name is fine."""
    with pytest.raises(FlipsideError, match="its package would be"):
        bootstrap(name, tmp_path / "x", "python-django-sqlite")
    assert everything(tmp_path) == []
    bootstrap(name, tmp_path / "x", "python-wsgi")


def test_an_unknown_template_suggests_one(tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(NotFoundError) as caught:
        bootstrap("app", tmp_path / "x", "python-djngo-sqlite")
    assert "did you mean `python-django-sqlite`?" in str(caught.value.next)
    assert everything(tmp_path) == []


@pytest.mark.parametrize("there", [True, False])
def test_nothing_half_made_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """Whatever goes wrong on the way, a Ctrl-C too."""
    folder = tmp_path / "app"
    if there:
        folder.mkdir()
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name in {".flipside-app", "app"}:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        bootstrap("app", folder, "python-wsgi")
    assert everything(tmp_path) == (["app"] if there else [])


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error is ours, with the path in it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FlipsideError, match="cannot write the app") as caught:
        bootstrap("app", tmp_path / "file" / "app")
    assert str(tmp_path / "file") in str(caught.value.where)


def test_rendering_fills_names_and_contents_and_keeps_the_rest(tmp_path: Path) -> None:
    """Modes are kept, binary files are copied, other braces are left alone."""
    skeleton = tmp_path / "skeleton"
    (skeleton / "{{ package }}").mkdir(parents=True)
    (skeleton / "{{ package }}" / "page.html").write_text("{{ name }} {{ entry.name }} {{ other }}")
    (skeleton / "run").write_text("#!/bin/sh\n")
    (skeleton / "run").chmod(0o755)
    (skeleton / "icon").write_bytes(b"\xff\x00{{ name }}")
    written = render(skeleton, tmp_path / "out", module.words("a-b"))
    assert written == [Path("icon"), Path("run"), Path("a_b/page.html")]
    assert (tmp_path / "out/a_b/page.html").read_text() == "a-b {{ entry.name }} {{ other }}"
    assert (tmp_path / "out/icon").read_bytes() == b"\xff\x00{{ name }}"
    assert os.access(tmp_path / "out/run", os.X_OK)
