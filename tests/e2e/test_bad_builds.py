"""Releases that cannot be made: nothing is published, no tag moves, and what serves serves on."""

import pytest
from e2e.harm import says, serves

# A build system of the folder's own: nothing has to be fetched for it.
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "building"
version = "2"
"""
BROKEN = "def build_wheel(*_):\n    raise RuntimeError('the build broke here')\n"
EMPTY = """\
from zipfile import ZipFile
def build_wheel(folder, *_):
    info, about = "building-2.dist-info", "Metadata-Version: 2.1\\nName: building\\nVersion: 2\\n"
    wheel = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with ZipFile(folder + "/building-2-py3-none-any.whl", "w") as file:
        file.writestr("app.py", "application = None")
        file.writestr(info + "/METADATA", about)
        file.writestr(info + "/WHEEL", wheel)
        file.writestr(info + "/RECORD", "")
    return "building-2-py3-none-any.whl"
"""


@pytest.fixture(scope="module")
def app(platform):
    """An app that serves, whose next releases fail to build."""
    made = platform.app("building").make()
    made.release = made.ship("1")
    made.config = (made.folder / ".flipside-app").read_text()
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def known(app):
    """What the store knows of the app: its tags and its releases."""
    store = app.platform / "store"
    manifests = sorted(path.name for path in (store / "manifests" / app.name).iterdir())
    return (store / f"tags/{app.name}.json").read_text(), manifests


@pytest.fixture(autouse=True)
def unharmed(app):
    """Whatever a test did to the folder, nothing new is known of the app."""
    before = known(app)
    yield
    assert known(app) == before
    (app.folder / ".flipside-app").write_text(app.config)
    for name in ("pyproject.toml", "backend.py", "requirements.txt", ".flipside-lock"):
        (app.folder / name).unlink(missing_ok=True)
    serves(app, app.release)


def test_a_command_before_the_build_that_fails(app):
    app.configure(build={"kind": "tree", "before": ["echo before-it-broke; exit 7"]})
    says(app.run("app.publish"), "exit 7", "before-it-broke", "7")


def test_a_wheel_that_does_not_build(app):
    app.configure(build={"kind": "wheel"})
    app.write(pyproject_toml=PYPROJECT, backend_py=BROKEN)
    says(app.run("app.publish"), "the build broke here")


def test_a_wheel_without_the_wsgi_module(app):
    app.configure(build={"kind": "wheel"}, wsgi={"callable": "shop.wsgi:application"})
    app.write(pyproject_toml=PYPROJECT, backend_py=EMPTY)
    says(app.run("app.publish"), "shop.wsgi", "wsgi")


def test_a_tree_without_the_wsgi_module(app):
    app.configure(wsgi={"callable": "shop.wsgi:application"})
    says(app.run("app.publish"), "shop.wsgi", "wsgi")


def test_a_dependency_that_no_index_has(app):
    app.write(requirements_txt="flipside-has-no-such-dependency==1\n")
    says(app.run("app.publish"), "flipside-has-no-such-dependency")


def test_dependencies_that_exclude_each_other(app):
    app.write(requirements_txt="invoke==2.2.0\ninvoke==2.2.1\n")
    says(app.run("app.publish"), "invoke")


def test_a_python_that_is_not_there(app):
    app.configure(build={"kind": "tree", "python": "3.6"})
    says(app.run("app.publish"), "3.6")


def test_a_requirement_that_no_index_has(app):
    app.configure(build={"kind": "index", "requirement": "flipside-has-no-such-app==1"})
    says(app.run("app.publish"), "flipside-has-no-such-app")
