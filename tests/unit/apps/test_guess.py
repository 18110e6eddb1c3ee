"""What is guessed from a project's code, and why: little projects as they are found in the wild."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from flipside.apps.guess import Project, as_mapping, guess, looks_like_one, notes
from flipside.apps.guess.build import oldest
from flipside.apps.guess.literals import in_tree, names_of, value_of
from flipside.config.load import app_config
from flipside.config.read import Source
from flipside.config.yaml import Document

MANAGE = """
    import os, sys
    def main():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
        from django.core.management import execute_from_command_line
        execute_from_command_line(sys.argv)
    if __name__ == "__main__":
        main()
"""
WSGI = """
    import os
    from django.core.wsgi import get_wsgi_application
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    application = get_wsgi_application()
"""


def project(folder: Path, files: dict[str, str]) -> Project:
    """Write a project's files; a path that ends in / is an empty folder."""
    for path, text in files.items():
        target = folder / path
        if path.endswith("/"):
            target.mkdir(parents=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip("\n"))
    return Project(folder)


def guessed(project: Project) -> dict[str, Any]:
    """Return the guesses by key, held against the model that they must satisfy."""
    guesses = guess(project)
    mapping = as_mapping(guesses)
    app_config(Source(project.folder / ".flipside-app", Document({"name": "app", **mapping})))
    assert all(each.why for each in guesses)
    return {each.key: each.value for each in guesses}


FLAT_DJANGO = {
    "manage.py": MANAGE.format(settings="shop.settings"),
    "requirements.txt": "Django==5.1\nuWSGI==2.0.20\n",
    "runtime.txt": "python-3.11.4\n",
    ".gitignore": "*.pyc\ndb.sqlite3\n/staticfiles/\n",
    "staticfiles/admin/base.css": "",
    "shop/__init__.py": "",
    "shop/wsgi.py": WSGI.format(settings="shop.settings"),
    "shop/urls.py": """
        from django.urls import path
        urlpatterns = [path("", home), path("admin/", admin), path("item/<int:n>/", item)]
    """,
    "shop/settings.py": """
        import os
        from pathlib import Path
        BASE_DIR = Path(__file__).resolve().parent.parent
        SECRET_KEY = os.environ["SECRET_KEY"]
        ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")
        STRIPE_KEY = os.environ["STRIPE_KEY"]
        ROOT_URLCONF = "shop.urls"
        WSGI_APPLICATION = "shop.wsgi.application"
        DATABASES = {
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},
        }
        STATIC_URL = "static/"
        STATIC_ROOT = BASE_DIR / "staticfiles"
        MEDIA_URL = "/media/"
        MEDIA_ROOT = os.path.join(BASE_DIR, "media")
        LOGGING = {"handlers": {"file": {"filename": BASE_DIR / "logs" / "shop.log"}}}
    """,
}


def test_a_flat_django_tree(tmp_path: Path) -> None:
    """Everything that its settings say ends in the config."""
    assert guessed(project(tmp_path, FLAT_DJANGO)) == {
        "template": "python-wsgi",
        "build.kind": "tree",
        "build.requirements": ["requirements.txt"],
        "build.drop": ["uwsgi"],
        "build.python": "3.11",
        "wsgi.callable": "shop.wsgi:application",
        "env.DJANGO_SETTINGS_MODULE": "shop.settings",
        "env.ALLOWED_HOSTS": "$DOMAINS",
        "secrets": ["SECRET_KEY"],
        "data": ["db.sqlite3", "logs/", "media/"],
        "steps.install": ["python manage.py collectstatic --noinput"],
        "steps.deploy": [
            {
                "run": "python manage.py migrate --noinput",
                "unless": "python manage.py migrate --check",
            }
        ],
        "static": [
            {"url": "/static/", "path": "tree:staticfiles"},
            {"url": "/media/", "path": "data:media"},
        ],
        "health.path": "/",
        "commands": {"test": "python manage.py test", "shell": "python manage.py shell"},
    }


def test_what_nobody_can_guess_is_a_note(tmp_path: Path) -> None:
    """A key of somebody else's service is asked for, a generated secret is not."""
    shop = project(tmp_path, FLAT_DJANGO)
    said = notes(shop, guess(shop))
    assert len(said) == 1
    assert said[0].startswith("shop/settings.py needs $STRIPE_KEY: `flipside app.config set STRIPE")


def test_collected_files_in_git_are_not_collected_again(tmp_path: Path) -> None:
    """Their manifest could be destroyed; nginx serves them as they are."""
    values = guessed(project(tmp_path, FLAT_DJANGO | {".gitignore": "*.pyc\n"}))
    assert values["steps.install"] == []
    assert {"url": "/static/", "path": "tree:staticfiles"} in values["static"]


def test_django_in_a_subfolder_with_split_settings(tmp_path: Path) -> None:
    """The settings that wsgi.py names count, with all that they import; paths start at the tree."""
    files = {
        "requirements/base.txt": "django\n",
        "requirements/production.txt": "-r base.txt\n",
        "src/manage.py": MANAGE.format(settings="config.settings.local"),
        "src/config/__init__.py": "",
        "src/config/wsgi.py": WSGI.format(settings="config.settings.production"),
        "src/config/urls.py": """
            from django.urls import path, re_path
            urlpatterns = [path("admin/", admin), re_path(r"^healthz$", up), path("api/", api)]
        """,
        "src/config/settings/__init__.py": "",
        "src/config/settings/base.py": """
            import environ
            from pathlib import Path
            BASE_DIR = Path(__file__).resolve().parents[2]
            env = environ.Env()
            ROOT_URLCONF = "config.urls"
            SECRET_KEY = env("DJANGO_SECRET_KEY")
            DATABASES = {"default": env.db("DATABASE_URL", default="sqlite:///dev.db")}
            MEDIA_ROOT = str(BASE_DIR / "uploads")
        """,
        "src/config/settings/production.py": """
            from .base import *
            STATIC_URL = "https://cdn.example.com/"
            STATIC_ROOT = env("STATIC_ROOT")
        """,
    }
    values = guessed(project(tmp_path, files))
    assert values.pop("commands")
    assert values == {
        "template": "python-wsgi",
        "build.kind": "tree",
        "build.requirements": ["requirements/production.txt"],
        "wsgi.callable": "config.wsgi:application",
        "wsgi.chdir": "src",
        "wsgi.pythonpath": ["src"],
        "env.DJANGO_SETTINGS_MODULE": "config.settings.production",
        "env.DATABASE_URL": "sqlite:///$DATA_DIR/db.sqlite3",
        "env.STATIC_ROOT": "$STATIC_ROOT",
        "secrets": ["DJANGO_SECRET_KEY"],
        "data": ["src/uploads/"],
        "steps.install": ["python manage.py collectstatic --noinput"],
        "steps.deploy": [
            {
                "run": "python manage.py migrate --noinput",
                "unless": "python manage.py migrate --check",
            }
        ],
        "static": [{"url": "/static/", "path": "tree:static"}],
        "health.path": "/healthz",
    }


def test_a_django_package_that_can_be_installed(tmp_path: Path) -> None:
    """A wheel has no manage.py: django-admin runs the steps."""
    files = {
        "pyproject.toml": """
            [build-system]
            requires = ["hatchling"]
            [project]
            name = "note-book"
            dependencies = ["django"]
        """,
        "manage.py": MANAGE.format(settings="note_book.settings"),
        "note_book/__init__.py": "",
        "note_book/wsgi.py": WSGI.format(settings="note_book.settings"),
        "note_book/settings.py": """
            import os
            DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
                                     "NAME": os.environ["DATA_DIR"] + "/db.sqlite3"}}
        """,
    }
    values = guessed(project(tmp_path, files))
    assert values["build.kind"] == "wheel"
    assert values["wsgi.callable"] == "note_book.wsgi:application"
    assert values["steps.deploy"][0]["run"] == "django-admin migrate --noinput"
    assert "data" not in values
    assert "build.requirements" not in values


def test_a_package_that_keeps_data_beside_its_code_is_a_tree(tmp_path: Path) -> None:
    """In site-packages its database would be read-only, and lost with the release."""
    files = {
        "pyproject.toml": """
            [build-system]
            requires = ["hatchling"]
            [project]
            name = "blog"
            dependencies = ["django>=5", "pillow"]
        """,
        "manage.py": MANAGE.format(settings="blog.settings"),
        "blog/__init__.py": "",
        "blog/settings.py": """
            from os.path import abspath, dirname, join
            ROOT = dirname(dirname(abspath(__file__)))
            DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
                                     "NAME": join(ROOT, "db.sqlite3")}}
        """,
    }
    values = guessed(project(tmp_path, files))
    assert values["build.kind"] == "tree"
    assert values["data"] == ["db.sqlite3"]


def test_a_flask_factory_with_migrations(tmp_path: Path) -> None:
    """Procfile says which factory; a relative SQLite URL lies in the instance folder."""
    files = {
        "requirements.txt": "flask\nflask-migrate\n",
        "Procfile": 'web: gunicorn -w 4 "board:create_app()"\n',
        "migrations/env.py": "",
        "board/static/style.css": "",
        "board/__init__.py": """
            import os
            from flask import Flask
            from flask_migrate import Migrate
            from flask_sqlalchemy import SQLAlchemy
            def create_app(config=None):
                app = Flask(__name__)
                app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "dev")
                app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///board.db"
                app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "uploads")
                @app.route("/health")
                def health(): return "ok"
                return app
        """,
    }
    values = guessed(project(tmp_path, files))
    assert values == {
        "template": "python-wsgi",
        "build.kind": "tree",
        "build.requirements": ["requirements.txt"],
        "wsgi.callable": "board:create_app()",
        "secrets": ["SECRET_KEY"],
        "data": ["board/uploads/", "instance/"],
        "env.FLASK_APP": "board:create_app()",
        "steps.deploy": ["flask db upgrade"],
        "static": [{"url": "/static/", "path": "tree:board/static"}],
        "health.path": "/health",
    }


def test_a_single_file_on_flask_with_a_pyproject(tmp_path: Path) -> None:
    """Without a build system it is a tree whose dependencies pyproject.toml names."""
    files = {
        "pyproject.toml": '[project]\nname = "todo"\ndependencies = ["flask>=3"]\n',
        "app.py": """
            import sqlite3
            from flask import Flask
            app = Flask(__name__, static_folder="public", static_url_path="/assets")
            def db():
                return sqlite3.connect("todo.db")
            if __name__ == "__main__":
                application = app.run()
        """,
        "public/app.js": "",
        "tests/test_app.py": "application = 1\n",
    }
    values = guessed(project(tmp_path, files))
    assert values == {
        "template": "python-wsgi",
        "build.kind": "tree",
        "wsgi.callable": "app:app",
        "data": ["todo.db"],
        "static": [{"url": "/assets/", "path": "tree:public"}],
        "health.path": "/",
    }


def test_a_single_file_on_bottle_without_a_callable(tmp_path: Path) -> None:
    """A file of ours gives Bottle's default app the name that it has not."""
    files = {
        "pages.py": """
            from bottle import route, run
            @route("/")
            def home(): return "hello"
            if __name__ == "__main__":
                run(port=8080)
        """,
        "requirements.txt": "bottle\n",
    }
    values = guessed(project(tmp_path, files))
    assert values["wsgi.callable"] == "flipside_wsgi:application"
    assert values["files"] == {
        "flipside_wsgi.py": "import pages\nfrom bottle import default_app\n\n"
        "application = default_app()\n"
    }


def test_a_flask_package_that_can_be_installed(tmp_path: Path) -> None:
    """Its static files lie in site-packages."""
    files = {
        "setup.py": "from setuptools import setup, find_packages\nsetup(name='wiki',"
        " package_dir={'': 'src'}, packages=find_packages('src'))\n",
        "src/wiki/__init__.py": "from flask import Flask\napp = Flask(__name__)\n",
        "src/wiki/static/wiki.css": "",
    }
    values = guessed(project(tmp_path, files))
    assert values["build.kind"] == "wheel"
    assert values["wsgi.callable"] == "wiki:app"
    assert values["static"] == [{"url": "/static/", "path": "site-packages:wiki/static"}]
    assert "wsgi.pythonpath" not in values


def test_a_plain_callable_in_a_subfolder(tmp_path: Path) -> None:
    """A lone module runs in its own folder, where it finds its templates."""
    files = {"backend/server.py": "def handler(environ, start_response):\n    return []\n"}
    values = guessed(project(tmp_path, files))
    assert values["wsgi.callable"] == "server:handler"
    assert (values["wsgi.chdir"], values["wsgi.pythonpath"]) == ("backend", ["backend"])


def test_nothing_to_call_is_a_note(tmp_path: Path) -> None:
    """The callable is left open and said so."""
    lib = project(tmp_path, {"lib.py": "x = 1\n"})
    assert "wsgi.callable" not in guessed(lib)
    assert notes(lib, guess(lib)) == [
        "no WSGI callable was found: set `wsgi: callable: MODULE:NAME` in .flipside-app"
    ]


def test_a_folder_without_python_is_no_project(tmp_path: Path) -> None:
    """Neither code nor a sign of it."""
    assert not looks_like_one(project(tmp_path, {"README.md": "hello\n", "docs/conf.py": ""}))
    assert looks_like_one(project(tmp_path, {"main.py": ""}))


def test_shipped_data_is_not_mistaken_for_written_data(tmp_path: Path) -> None:
    """A folder `data` with the project's own files stays part of the release."""
    files = {"app.py": "def application(environ, start_response): ...\n", "data/zones.json": "{}"}
    assert "data" not in guessed(project(tmp_path, files))
    empty = {"media/.gitkeep": "", "local.db": "", ".gitignore": "*.db\n"}
    assert guessed(project(tmp_path, empty))["data"] == ["local.db", "media/"]


def test_code_is_never_run_and_broken_code_is_passed_over(tmp_path: Path) -> None:
    """A syntax error, a binary file, endless names: no guess, no failure."""
    files = {
        "broken.py": "def (\n",
        "loop.py": 'A = B / "x"\nB = A / "y"\nMEDIA_ROOT = A\n',
        "boom.py": "raise SystemExit\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
    }
    odd = project(tmp_path, files)
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    assert guessed(odd)["wsgi.callable"] == "app:app"
    names = names_of(odd, "loop.py")
    assert value_of(names["MEDIA_ROOT"], names) is None


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ('Path(__file__).resolve().parent / "x.db"', "pkg/x.db"),
        ('Path(__file__).parents[1].joinpath("var", "x.db")', "var/x.db"),
        ('os.path.join(os.path.dirname(__file__), "..", "x.db")', "x.db"),
        ('os.path.dirname(os.path.abspath(__file__)) + "/x.db"', "pkg/x.db"),
        ('os.environ.get("DB", "x.db")', "x.db"),
        ('os.environ.get("DB") or "x.db"', "x.db"),
        ('env("DB", default=str(BASE / "x.db"))', "base/x.db"),
        ('f"{BASE}/x.db"', "base/x.db"),
        ('"/var/lib/x.db"', None),
        ('os.environ["DB"]', None),
        ("secrets.token_hex()", None),
        ('"../x.db"', None),
    ],
)
def test_paths_are_read_from_expressions(
    tmp_path: Path, expression: str, place: str | None
) -> None:
    """The ways in which settings write paths; None where the path is not beneath the tree."""
    files = {"pkg/conf.py": f'BASE = Path(__file__).parent.parent / "base"\nX = {expression}\n'}
    names = names_of(project(tmp_path, files), "pkg/conf.py")
    assert in_tree(value_of(names["X"], names)) == place


@pytest.mark.parametrize(
    ("allowed", "version"),
    [(">=3.8", None), (">=3.29", "3.29"), (">=99", None), ("nonsense", None), ("==3.9.*", "3.9")],
)
def test_an_older_or_newer_python_is_asked_for_only_where_needed(
    allowed: str, version: str | None
) -> None:
    """The oldest that the project allows, unless this one fits."""
    assert oldest(allowed) == version


def test_a_project_in_a_subfolder_begins_where_its_requirements_are(tmp_path: Path) -> None:
    """It runs there, as its own readme would have it, and what it writes is found from there."""
    code = """
        import os
        from flask import Flask
        import pkg_resources
        app = Flask(__name__)
        os.makedirs("photos", exist_ok=True)
    """
    found = project(
        tmp_path,
        {
            "backend/src/shop/__init__.py": "",
            "backend/src/shop/web.py": code,
            "backend/requirements/base.txt": "flask",
            "frontend/package.json": "{}",
        },
    )
    values = guessed(found)
    assert values["build.requirements"] == ["backend/requirements/base.txt"]
    assert values["build.extra"] == ["setuptools<81"]
    assert values["wsgi.chdir"] == "backend"
    assert values["wsgi.pythonpath"] == ["backend/src"]
    assert values["data"] == ["backend/photos/"]


def test_setuptools_that_the_requirements_name_is_not_forgotten(tmp_path: Path) -> None:
    code = "import pkg_resources\nfrom flask import Flask\napp = Flask(__name__)\n"
    files = {"app.py": code, "requirements.txt": "flask\nsetuptools==70\n"}
    assert "build.extra" not in guessed(project(tmp_path, files))


@pytest.mark.parametrize(
    ("example", "wanted"),
    [
        ("shop.ini.example", "shop.ini"),
        ("shop.ini-dist", "shop.ini"),
        ("shop.sample.ini", "shop.ini"),
        ("local_settings.py.template", "local_settings.py"),
    ],
)
def test_a_config_file_that_only_its_example_is_there_of(
    tmp_path: Path, example: str, wanted: str
) -> None:
    """A developer's own, which git ignores, is not packaged either."""
    module = wanted.removesuffix(".py")
    code = f"# reads {wanted}: {module}.py\nfrom flask import Flask\napp = Flask(__name__)\n"
    found = project(
        tmp_path,
        {
            "app.py": code,
            example: "cost = $5\n",
            wanted: "cost = 7\n",
            ".gitignore": f"{wanted}\n",
            "unused.cfg.example": "",
        },
    )
    assert guessed(found)["files"] == {wanted: "cost = $$5\n"}
    assert any(example in note for note in notes(found, guess(found)))


def test_a_requirements_files_own_index_is_pointed_out(tmp_path: Path) -> None:
    said = "--index-url https://packages.example.com/simple\nflask\n"
    code = "from flask import Flask\napp = Flask(__name__)\n"
    found = project(tmp_path, {"app.py": code, "requirements.txt": said})
    assert any("https://packages.example.com/simple" in note for note in notes(found, guess(found)))


def test_the_environ_of_a_wsgi_app_is_no_environment(tmp_path: Path) -> None:
    code = """
        def application(environ, start_response):
            start_response("200 OK", [])
            return [environ["PATH_INFO"].encode()]
    """
    found = project(tmp_path, {"app.py": code})
    assert notes(found, guess(found)) == []


def test_an_environ_imported_from_os_is_one(tmp_path: Path) -> None:
    code = """
        from os import environ as here
        from flask import Flask
        app = Flask(__name__)
        app.config["PAYMENT_KEY"] = here["PAYMENT_KEY"]
    """
    found = project(tmp_path, {"app.py": code})
    assert any("PAYMENT_KEY" in note for note in notes(found, guess(found)))
