"""A flat Django project as it stands.

settings.py at the top, a dead index, its own uwsgi, a config file, uploads in its tree, hashed files
that nobody may collect again, https and strict hosts.
"""

import json
import os

import pytest
from e2e.adopt import adopt, changed, described, edit, form
from pip._internal.models.index import PyPI

# Where the requirements' own index is gone: the one that whoever runs the tests uses.
INDEX = os.environ.get("PIP_INDEX_URL") or os.environ.get("UV_DEFAULT_INDEX") or PyPI.simple_url
SHOP = "[web]\nsecret_key = $SECRET_KEY\nhosts = $DOMAINS\nhttps = $HTTPS_ONLY\n"
STATIC = [
    {"url": "/static/", "path": "tree:collected"},
    {"url": "/static/admin/", "path": "site-packages:django/contrib/admin/static/admin"},
    {"url": "/media/", "path": "data:media", "cache": "1h"},
]
CSS = "/static/shop.6fa1ba2a5d47.css"


@pytest.fixture(scope="module")
def shop(platform):
    """The project, adopted and live: production redirects to https, staging does not."""
    app = adopt(platform, "bookshop")
    app.guess = described(app)
    app.refusal = app.fails("app.publish")
    edit(
        app,
        build={"index": INDEX},
        files={"shop.ini": SHOP},
        secrets=["SECRET_KEY"],
        env={"HTTPS_ONLY": "yes"},
        static=STATIC,
        environments={"staging": {"env": {"HTTPS_ONLY": "no"}}},
    )
    app.ship()
    app.deploy("--env", "staging")
    app.staging = lambda path="/", **more: platform.http("staging.bookshop.localhost", path, **more)
    yield app
    for env in ("production", "staging"):
        app.flipside("app.destroy", "--yes", "--data", "--env", env)


def test_what_is_guessed_of_it(shop):
    guess = shop.guess
    assert guess["build"] == {
        "kind": "tree",
        "requirements": ["requirements.txt"],
        "drop": ["uwsgi"],
    }
    assert guess["wsgi"] == {"callable": "wsgi:application"}
    assert guess["data"] == ["media/", "shop.sqlite3"]
    assert guess["steps"]["install"] == []
    assert guess["steps"]["deploy"][0]["run"] == "python manage.py migrate --noinput"
    assert guess["static"] == [STATIC[0], {"url": "/media/", "path": "data:media"}]
    assert "secret_key = change me" in guess["files"]["shop.ini"]


def test_a_dead_index_is_named_and_so_is_the_cure(shop):
    assert "packages.bookshop.invalid" in shop.refusal.err
    assert "`build:` `index`" in shop.refusal.err


def test_its_requirements_are_locked_without_its_uwsgi(shop):
    lock = (shop.folder / ".flipside-lock").read_text()
    assert "asgiref==3.8.1" in lock
    assert "pyuwsgi==" in lock
    assert "\nuwsgi==" not in lock.lower()
    assert "bookshop.invalid" not in lock


def test_its_code_is_as_it_came(shop):
    assert changed(shop, "bookshop") == []


def test_the_health_check_came_by_its_own_name_over_https(shop):
    """Plain http is redirected and foreign hosts are refused; the deploy passed nevertheless."""
    answer = shop.http("/")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{shop.host}/"
    assert shop.platform.http("other.localhost").status == 404


def test_templates_are_found_from_its_working_directory(shop):
    answer = shop.staging()
    assert answer.status == 200
    assert CSS in answer.text


def test_committed_hashed_files_are_served_for_ever_and_not_collected_anew(shop):
    answer = shop.staging(CSS)
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    manifest = shop.place() / "current/release/tree/collected/staticfiles.json"
    assert list(json.loads(manifest.read_text())["paths"]) == ["shop.css"]


def test_static_files_within_site_packages(shop):
    answer = shop.staging("/static/admin/css/base.css")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/css"
    assert shop.staging("/static/admin/none.css").status == 404


def test_uploads_are_served_from_the_data(shop):
    cover = ("cover.png", b"a cover")
    assert shop.staging("/", **form(title="Dune", cover=cover)).status == 302
    assert "Dune /media/covers/cover.png" in shop.staging().text
    answer = shop.staging("/media/covers/cover.png")
    assert answer.body == b"a cover"
    assert answer.headers["Cache-Control"].startswith("max-age=3600")
    assert (shop.place("staging") / "data/media/covers/cover.png").exists()
    assert not (shop.place() / "data/media/covers").exists()


def test_its_config_file_is_each_environments_own_and_private(shop):
    for env, https in (("production", "yes"), ("staging", "no")):
        path = shop.place(env) / "current/release/tree/shop.ini"
        assert f"https = {https}" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_the_address_that_it_makes_has_the_port(shop):
    """Debian's uwsgi_params cuts it off: redirects would lead nowhere, and Django refuse every form."""
    port = shop.platform.port
    plain = shop.staging("/admin/", headers={"Host": f"staging.bookshop.localhost:{port}"})
    assert plain.headers["Location"] == "/admin/login/?next=/admin/"
    https = shop.http("/x", headers={"Host": f"{shop.host}:{port}"})
    assert https.headers["Location"] == f"https://{shop.host}:{port}/x"
