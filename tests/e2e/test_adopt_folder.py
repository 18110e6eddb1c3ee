"""A project in a subfolder, with a src layout, and projects that want another Python.

It has a working directory of its own, a dependency that it forgot, one that has no wheel, and
static files elsewhere.
"""

import pytest
from e2e.adopt import adopt, changed, described, edit, form


@pytest.fixture(scope="module")
def stockroom(platform):
    """The project, adopted as guessed and live; what its pages are, nobody could guess."""
    static = [
        {"url": "/welcome/", "path": "frontend/public", "cache": "1d"},
        {"url": "/photos/", "path": "data:backend/photos"},
    ]
    app = adopt(platform, "stockroom", static=static)
    app.ship()
    yield app
    app.flipside("app.destroy", "--yes", "--data")


def test_what_is_guessed_of_it(stockroom):
    said = described(stockroom)
    assert said["build"] == {
        "kind": "tree",
        "requirements": ["backend/requirements.txt"],
        "extra": ["setuptools<81"],
    }
    assert said["wsgi"] == {
        "callable": "stockroom.main:api",
        "chdir": "backend",
        "pythonpath": ["backend/src"],
    }
    assert said["data"] == ["backend/photos/"]
    assert said["health"] == {"path": "/health"}


def test_it_finds_its_files_from_its_working_directory(stockroom):
    assert stockroom.http("/parts").json == {"parts": ["bolt", "nut", "washer"]}
    assert changed(stockroom, "stockroom") == []


def test_a_dependency_that_it_forgot_and_one_without_a_wheel(stockroom):
    """The latter is built where the release is made; the machine gets wheels only."""
    assert stockroom.http("/health").json["bottle"].startswith("0.13")
    lock = (stockroom.folder / ".flipside-lock").read_text()
    assert "docopt==0.6.2" in lock
    assert "setuptools==" in lock


def test_static_files_of_several_roots(stockroom):
    assert "Stockroom" in stockroom.http("/welcome/welcome.html").text
    photo = stockroom.http("/photos", **form(photo=("bolt.png", b"a bolt"))).json["photo"]
    assert stockroom.http(photo).body == b"a bolt"
    assert (stockroom.place() / "data/backend/photos/bolt.png").read_bytes() == b"a bolt"


def test_a_python_that_is_not_there_is_named(stockroom):
    edit(stockroom, build={"python": "3.99"})
    done = stockroom.fails("app.publish")
    assert "Python 3.99 is not installed" in done.err
    assert "uv python install 3.99" in done.err
    edit(stockroom, build={"python": None})


def test_a_dependency_that_wants_a_newer_python_is_named_with_it(stockroom):
    wanted = stockroom.folder / "backend/requirements.txt"
    before = wanted.read_text()
    wanted.write_text(before + "Django>=6.0,<6.1\n")
    done = stockroom.fails("app.publish")
    wanted.write_text(before)
    assert "Python>=3.12" in done.err
    assert "tried with Python 3.11" in done.err
    assert 'build: python: "3.12"' in done.err


def test_a_project_that_wants_a_newer_python_says_which(stockroom):
    project = stockroom.folder / "pyproject.toml"
    project.write_text('[project]\nname = "stockroom"\nversion = "1"\nrequires-python = ">=3.13"\n')
    done = stockroom.fails("app.publish")
    project.unlink()
    assert "requires Python >=3.13" in done.err
    assert "Python 3.11" in done.err
