"""What deploys leave behind, and what they keep."""

import os
import pty
import re
import sqlite3
import subprocess
from contextlib import closing

from e2e.rig import environment, until


def test_the_last_releases_are_kept_and_the_others_collected(make_app):
    app = make_app("keeps", keep=2)
    releases = [app.ship(str(number)) for number in range(1, 5)]
    installed = app.place() / "releases"
    until(lambda: {path.name for path in installed.glob("[!.]*")} == set(releases[-2:]))
    assert {path.name for path in (app.place() / "generations").glob("[0-9]*")} <= {"3", "4"}
    app.flipside("app.rollback")
    assert app.version == "3"


def test_a_release_of_one_app_shares_its_packages_with_the_next(make_app):
    apps = [make_app(name) for name in ("shares1", "shares2")]
    for app in apps:
        app.ship()
    files = [
        next((app.place() / "current/release/venv/lib").glob("*/site-packages/pyuwsgi*.so"))
        for app in apps
    ]
    assert files[0].samefile(files[1])


def test_deploying_what_is_live_changes_nothing(make_app):
    app = make_app("idle")
    app.ship()
    before = app.status
    report = app.deploy()
    assert not report["changed"]
    assert app.status["pid"] == before["pid"]
    assert app.flipside("app.history", "--json").json == before["recent"]


def test_a_step_that_installs_runs_once_and_steps_that_deploy_each_time(make_app):
    steps = {
        "install": ["sh -c 'echo made > made.txt'"],
        "deploy": ["sh -c 'echo $FLIPSIDE_RELEASE >> $DATA_DIR/steps; test -s made.txt'"],
    }
    app = make_app("steps", steps=steps)
    first = app.ship("1")
    second = app.ship("2")
    assert (app.place() / "data/steps").read_text().split() == [first, second]
    app.flipside("app.config", "set", "A=1")
    assert (app.place() / "data/steps").read_text().split() == [first, second]


def test_going_back_over_a_migration_brings_the_data_of_before(make_app):
    app = make_app("returns")
    app.ship("1")
    assert app.http("/rows", method="POST", body="of version 1").status == 200
    migrate = (
        "python -c \"import sqlite3; c = sqlite3.connect('$DATA_DIR/rows.db');"
        " c.execute('ALTER TABLE rows RENAME COLUMN word TO renamed'); c.commit()\""
    )
    app.configure(steps={"deploy": [migrate]})
    sql(app, "CREATE TABLE tags (id INTEGER PRIMARY KEY, tag)", "INSERT INTO tags VALUES (1, 'a')")
    code = (app.folder / "app.py").read_text()
    app.write(
        app_py=code.replace("(word TEXT", "(renamed TEXT").replace("SELECT word", "SELECT renamed")
    )
    new = app.ship("2")
    assert app.rows() == ["of version 1"]
    unsaid = app.fails("app.rollback")
    assert "--with-data" in unsaid.err
    assert "--keep-data" in unsaid.err
    assert app.http("/rows", method="POST", body="of version 2").status == 200
    sql(app, "INSERT INTO tags VALUES (2, 'b'), (3, 'c'), (4, 'd')")
    unasked = app.fails("app.rollback", "--with-data")
    lost = "rows.db: tags: 3 rows written since "
    assert lost in unasked.out
    assert "rows.db: rows: all that was written since " in unasked.out
    assert "next:  flipside app.rollback --with-data --yes" in unasked.err
    assert app.version == "2"
    assert app.rows() == ["of version 1", "of version 2"]
    assert answered(app, "n", "app.rollback", "--with-data") == 1
    assert app.version == "2"
    done = app.flipside("app.rollback", "--with-data", "--yes")
    assert lost in done.out
    kept = re.search(r"what was written since is kept in (\S+)", done.out)[1]
    assert app.version == "1"
    assert app.rows() == ["of version 1"]
    assert app.http("/rows", method="POST", body="again").status == 200
    assert app.rows() == ["of version 1", "again"]
    forward = app.flipside("app.rollback", "--to", new, "--with-data", "--yes", "--json")
    assert "rows.db: tags: 3 rows gone since would come back" in forward.err
    assert forward.json["kept"] != kept
    assert app.rows() == ["of version 1", "of version 2"]


def sql(app, *statements):
    """Run statements on the app's database behind its back."""
    database = sqlite3.connect(app.place() / "data/rows.db", isolation_level=None)
    with closing(database):
        for statement in statements:
            database.execute(statement)


def answered(app, answer, *args):
    """Run `flipside` in the app's folder on a terminal, and give it an answer; its status."""
    master, slave = pty.openpty()
    argv, home = app.platform.flipside.argv(*args), app.platform.home
    env = environment(home, FLIPSIDE_PLATFORM=str(app.platform.folder))
    running = subprocess.Popen(argv, cwd=app.folder, env=env, stdin=slave, stdout=slave)
    os.close(slave)
    said = b""
    while b"Go on? [y/N]" not in said:
        said += os.read(master, 1 << 16)
    os.write(master, f"{answer}\n".encode())
    try:
        return running.wait(60)
    finally:
        os.close(master)


def test_files_and_data_of_the_tree_are_where_the_app_expects_them(make_app):
    app = make_app(
        "linked", files={"etc/local.ini": "[x]\npath=$DATA_DIR\n"}, data=["media/", "app.db"]
    )
    app.ship()
    tree = app.http("/process").json["cwd"]
    assert app.flipside("app.exec", "--", "cat", "etc/local.ini").out == (
        f"[x]\npath={app.place() / 'data'}\n"
    )
    app.flipside("app.exec", "--", "sh", "-c", "echo up > media/a; echo db > app.db")
    app.ship("2")
    assert app.http("/process").json["cwd"] != tree
    assert app.flipside("app.exec", "--", "cat", "media/a", "app.db").out == "up\ndb\n"
