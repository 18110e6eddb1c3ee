"""The tasks about an app, each for real."""

import http.client
import json
import os
import re
import signal
import subprocess
import time

from e2e.rig import FLIPSIDE, TOP, environment, said, until


def test_an_app_from_nothing_to_live_and_gone(platform, make_app):
    app = make_app("whole")
    first = app.publish("1")
    assert re.fullmatch(r"0-[0-9a-f]{8}", first)
    report = app.deploy()
    assert (report["release"], report["previous"], report["changed"]) == (first, None, True)
    assert app.version == "1"
    second = app.publish("2", "--tag", "blue")
    assert app.version == "1"
    assert app.deploy("--tag", "blue")["release"] == second
    assert app.version == "2"
    assert app.flipside("app.rollback", "--json").json["release"] == first
    assert app.version == "1"
    assert app.deploy("--release", second)["changed"]
    assert app.flipside("app.rollback", "--to", first).status == 0
    assert app.version == "1"

    releases = app.flipside("app.releases", "--json").json
    assert releases["live"] == {"production": first}
    assert releases["tags"] == {"latest": second, "blue": second}
    assert [one["id"] for one in releases["releases"]] == [second, first]
    history = app.flipside("app.history", "--json").json
    assert [one["action"] for one in history] == [
        "rollback",
        "deploy",
        "rollback",
        "deploy",
        "deploy",
    ]
    assert all(one["by"] and one["at"] and one["seconds"] > 0 for one in history)
    audit = [json.loads(line) for line in (platform / "store/audit.jsonl").read_text().splitlines()]
    mine = [one["action"] for one in audit if one["app"] == "whole"]
    assert mine == ["publish", "deploy", "publish", "deploy", "rollback", "deploy", "rollback"]

    assert app.http("/rows", method="POST", body="mine").status == 200
    gone = app.flipside("app.destroy", "--yes")
    kept = app.place() / "data"
    assert str(kept) in gone.out
    assert (kept / "rows.db").exists()
    assert app.http("/").status == 404
    assert "whole" not in [one["app"] for one in platform.status["apps"]]
    # What was kept is there again when the app comes back; with --data nothing is.
    app.deploy()
    assert app.rows() == ["mine"]
    # And rsyslog writes to the log of now, not to the one that went.
    until(lambda: logged(app), 60)
    app.flipside("app.destroy", "--yes", "--data")
    assert not kept.exists()
    assert not app.log.exists()


def logged(app) -> bool:
    """Whether its log has what it prints as it starts; if not it starts again: rsyslog may miss a line."""
    if "WSGI app 0" in app.run("app.logs").out:
        return True
    app.flipside("app.restart")
    return False


def test_the_name_is_only_needed_outside_the_folder(platform, make_app):
    app = make_app("named")
    app.ship()
    below = app.folder / "below"
    below.mkdir()
    assert platform.flipside("app.status", "--json", cwd=below).json["app"] == "named"
    assert platform.flipside("app.status", "named", "--json").json["app"] == "named"
    assert "named" in [one["app"] for one in platform.flipside("app.list", "--json").json]
    assert "named" in platform.flipside("app.status").out
    refused = platform.flipside.fails("app.restart")
    assert "no app is named" in refused.err


def test_invoke_in_the_checkout_runs_the_same_tasks(platform, make_app):
    app = make_app("invoked")
    app.ship()
    invoke = [str(FLIPSIDE.with_name("invoke")), "app.status", "invoked", "--json"]
    env = environment(platform.home, FLIPSIDE_PLATFORM=str(platform.folder))
    done = subprocess.run(invoke, cwd=TOP, env=env, capture_output=True, timeout=60, check=True)
    assert json.loads(done.stdout)["app"] == "invoked"


def test_publishing_twice_uploads_nothing_and_gives_the_same_id(platform, make_app):
    app = make_app("same")
    first = app.flipside("app.publish", "--json").json["manifest"]["id"]
    before = set((platform / "store/objects").rglob("*.tar.gz"))
    again = app.flipside("app.publish")
    assert again.last == first
    assert re.search(r"the store has all \d+ files", again.out)
    # Only what is new goes up: the tree. Its dependencies are there.
    app.write(version_txt="of this test alone")
    third = app.flipside("app.publish")
    assert third.last != first
    assert re.search(r"Upload: 1 of \d+ files", third.out)
    assert len(set((platform / "store/objects").rglob("*.tar.gz")) - before) == 1


def test_logs_and_following_them(platform, make_app):
    app = make_app("loud")
    app.write(extra_py='print("loud and clear", flush=True)\n')
    app.ship()
    until(lambda: "loud and clear" in app.flipside("app.logs", "-n", "50").out)
    app.http("/seen?by=access")
    until(lambda: "/seen?by=access" in app.flipside("app.logs", "--access").out)
    assert "/seen?by=access" not in app.flipside("app.logs").out
    following = platform.flipside.begin("app.logs", "-f", "--access", "-n", "0", cwd=app.folder)

    def heard():
        app.http("/while-following")
        return "/while-following" in said(following)

    until(heard)
    os.killpg(following.pid, signal.SIGINT)
    assert following.wait(timeout=20) == 0


def test_each_app_has_log_files_of_its_own(platform, make_app):
    for name in ("log1", "log10"):
        app = make_app(name)
        app.write(extra_py=f'print("words of {name}.", flush=True)\n')
        app.ship()
        app.http(f"/from-{name}")
    logs = platform / "log/apps"
    until(lambda: "words of log10." in (logs / "log10.production/app.log").read_text())
    until(lambda: '"/from-log1"' in (logs / "log1.production/access.log").read_text())
    assert "log10" not in (logs / "log1.production/app.log").read_text()
    assert "from-log10" not in (logs / "log1.production/access.log").read_text()


def test_commands_run_as_the_app_and_their_words_arrive_as_typed(make_app):
    app = make_app("runs", commands={"shell": "python -c 'import extra; print(extra.__file__)'"})
    app.ship()
    words = ["python", "-c", "import sys; print(sys.argv[1:])", "two words", "'\"$HOME", "-e", "x*"]
    done = app.flipside("app.exec", "--", *words)
    assert done.out.strip() == repr(words[3:])
    assert app.run("app.exec", "--", "sh", "-c", "exit 9").status == 9
    inside = app.flipside("app.exec", "--", "sh", "-c", "pwd; touch $HOME/x; echo $DATA_DIR; cat")
    assert inside.out.splitlines() == [app.http("/process").json["cwd"], str(app.place() / "data")]
    assert app.flipside("app.exec", "--", "cat", stdin="fed").out == "fed"
    assert app.flipside("app.shell").out.strip().endswith("/tree/extra.py")


def test_hot_restart_switches_to_another_generation_and_cold_starts_the_same_one(make_app):
    app = make_app("again")
    app.ship()
    first = app.http("/process").json["pid"]
    app.flipside("app.restart")
    hot = app.http("/process").json["pid"]
    generation = app.status["generation"]
    assert (hot != first, generation) == (True, 2)
    app.flipside("app.restart", "--cold")
    assert app.http("/process").json["pid"] not in (hot, first)
    assert app.status["generation"] == generation


def test_stopped_it_stays_stopped_and_started_it_serves(platform, make_app):
    app = make_app("rests")
    app.ship()
    app.flipside("app.stop")
    assert app.status["state"] == "stopped"
    assert app.http("/").status == 503
    assert platform.flipside("platform.apply", "--json").json["changed"] == []
    assert app.http("/").status == 503
    assert "app.start" in app.fails("app.restart").err
    app.flipside("app.start")
    assert app.version == "1"
    # A deploy starts what was stopped.
    app.flipside("app.stop")
    app.ship("2")
    assert app.version == "2"


def test_a_changed_env_runs_in_a_fresh_process(make_app):
    app = make_app("sets", env={"GREETING": "hello", "WHERE": "$URL"}, secrets=["SECRET_KEY"])
    app.ship()
    before = app.http("/process").json
    assert before["env"]["GREETING"] == "hello"
    assert before["env"]["WHERE"].startswith("http://sets.localhost:")
    assert len(before["env"]["SECRET_KEY"]) >= 32
    done = app.flipside("app.config", "set", "GREETING=ho ho", "EMPTY=", "EQUALS=a=b")
    assert "GREETING" in done.out
    after = app.http("/process").json
    assert after["pid"] != before["pid"]
    found = {key: after["env"][key] for key in ("GREETING", "EMPTY", "EQUALS")}
    assert found == {"GREETING": "ho ho", "EMPTY": "", "EQUALS": "a=b"}
    assert app.flipside("app.config", "--json").json["config"] == found
    # Setting what is set already changes nothing.
    app.flipside("app.config", "set", "EMPTY=")
    assert app.http("/process").json["pid"] == after["pid"]
    app.flipside("app.config", "unset", "GREETING", "EMPTY", "EQUALS")
    last = app.http("/process").json["env"]
    assert last["GREETING"] == "hello"
    assert "EMPTY" not in last
    # A secret is made once and kept through everything.
    app.ship("2")
    app.flipside("app.destroy", "--yes")
    assert last["SECRET_KEY"] == before["env"]["SECRET_KEY"]


def test_environments_are_apps_of_their_own(make_app):
    app = make_app("envs", environments={"staging": {"env": {"STAGE": "the last"}}})
    app.ship()
    assert app.http("/rows", method="POST", body="in production").status == 200
    report = app.deploy("--env", "staging")
    host = "staging.envs.localhost"
    assert report["url"].startswith(f"http://{host}:")
    assert app.platform.http(host, "/rows").json == []
    assert app.platform.http(host, "/process").json["env"]["STAGE"] == "the last"
    assert "STAGE" not in app.http("/process").json["env"]
    app.flipside("app.destroy", "--env", "staging", "--yes", "--data")
    # A name that YAML would take for a number.
    assert app.deploy("--env", "1")["changed"]
    app.flipside("app.restart", "--env", "1")
    app.flipside("app.destroy", "--env", "1", "--yes", "--data")
    assert app.rows() == ["in production"]


def test_run_serves_the_folder_and_reloads_on_change(platform, make_app):
    app = make_app("local")
    running = platform.flipside.begin("app.run", "--port", "0", cwd=app.folder)
    try:
        text = ""

        def address():
            nonlocal text
            text += said(running)
            assert running.poll() is None, text
            return re.search(r"http://[\w.]+:(\d+)", text)

        port = int(until(address, 60)[1])

        def answers(text):
            said(running)  # a pipe that is full would hold it up
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/")
                return text in connection.getresponse().read().decode()
            except OSError:
                return False

        until(lambda: answers('"1"'))
        app.write(version_txt="changed")

        def reloaded():
            # uwsgi compares times of files once a second, from a second after its start on.
            app.write(extra_py="# touched\n")
            time.sleep(2)
            return answers("changed")

        until(reloaded)
    finally:
        os.killpg(running.pid, signal.SIGINT)
        running.wait(timeout=20)


def test_test_runs_the_apps_own_tests(make_app):
    app = make_app("tested", commands={"test": "python -m unittest"})
    test = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        {}\n"
    app.write(test_it_py=test.format("import extra"))
    assert app.run("app.test").status == 0
    app.write(test_it_py=test.format("self.fail('as it should')"))
    failed = app.run("app.test")
    assert failed.status == 1
    assert "as it should" in failed.out + failed.err
