"""A WSGI callable without a framework, in modules called `wsgi` and `settings`.

What the proxy before it lets through, uwsgi's own options, and each way to be broken.
"""

import base64
import time

import pytest
from e2e.adopt import adopt, changed, edit

UWSGI = {"lazy-apps": False, "threads": 4, "spooler": "spool", "cache2": "name=seen,items=10"}
NGINX = {"client_max_body_size": "3m"}
ORDER = [
    'mkdir made && echo "$FLIPSIDE_APP $SETTING in $(basename $PWD)" > made/order.txt',
    'echo "$(which python)" >> made/order.txt',
    "python -m compileall -q wsgi.py && cat made/order.txt > made/last.txt",
]


@pytest.fixture(scope="module")
def relay(platform):
    """The app, adopted and live, with a spooler, a cache, and no lazy apps."""
    app = adopt(
        platform,
        "relay",
        data=["spool/"],
        uwsgi=UWSGI,
        nginx=NGINX,
        env={"SETTING": "production"},
        build={"before": ["mkdir -p out && echo '[1]' > out/app.js"], "include": ["out/"]},
        steps={"install": ORDER},
        static=[{"url": "/js/", "path": "out"}, {"url": "/made/", "path": "tree:made"}],
    )
    (app.folder / ".gitignore").write_text("out/\n")
    app.ship()
    yield app
    app.flipside("app.destroy", "--yes", "--data")


def arrived(app, path="/", **request):
    """What arrived of a request, as the app tells it."""
    answer = app.http(path, **request)
    assert answer.status == 200, (answer.status, answer.text)
    return answer.json


def test_it_serves_in_an_interpreter_of_its_own(relay, platform):
    """Another app's modules have the same names; each has its own."""
    other = adopt(platform, "relay", "relay2", env={"SETTING": "other"})
    settings = other.folder / "settings.py"
    settings.write_text(settings.read_text().replace('"relay"', '"another"'))
    other.ship()
    assert (arrived(relay)["app"], arrived(other)["app"]) == ("relay", "another")
    other.flipside("app.destroy", "--yes", "--data")
    assert arrived(relay)["app"] == "relay"
    assert changed(relay, "relay") == []


def test_what_clients_claim_is_replaced(relay):
    claims = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example.com",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Ssl": "on",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "Proxy": "http://evil.example.com",
    }
    port = relay.platform.port
    host = f"{relay.host}:{port}"
    headers = arrived(relay, headers={**claims, "Host": host})["headers"]
    assert headers["HTTP_HOST"] == host
    assert headers["HTTP_X_FORWARDED_HOST"] == host
    assert headers["HTTP_X_FORWARDED_FOR"] == headers["HTTP_X_REAL_IP"] == "127.0.0.1"
    assert headers["HTTP_X_FORWARDED_PROTO"] == "http"
    assert headers["HTTP_X_FORWARDED_PORT"] == str(port)
    assert not [key for key, value in headers.items() if "evil" in value or "6.6.6.6" in value]


def test_bodies_up_to_the_apps_own_limit(relay):
    assert arrived(relay, method="POST", body=b"x" * 2_000_000)["size"] == 2_000_000
    assert relay.http("/", method="POST", body=b"x" * 4_000_000).status == 413


def test_headers_of_twenty_kilobytes(relay):
    """Of them uwsgi's own buffer of 4 KB would make a 502."""
    headers = arrived(relay, headers={"Cookie": "c=" + "x" * 20_000})["headers"]
    assert len(headers["HTTP_COOKIE"]) == 20_002


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND", "MKCOL", "REPORT"])
def test_every_method_reaches_it(relay, method):
    assert arrived(relay, "/calendar", method=method, body="x")["method"] == method


@pytest.mark.parametrize("path", ["/.well-known/acme", "/.git/config", "/a/.b/c", "/x.php"])
def test_every_path_reaches_it(relay, path):
    assert arrived(relay, path)["path"] == path


def test_basic_auth_passes_through(relay):
    refused = relay.http("/secret")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="relay"'
    said = base64.b64encode(b"ann:sesame").decode()
    assert relay.http("/secret", headers={"Authorization": f"Basic {said}"}).json == {"secret": 42}


def test_its_own_error_pages_are_not_rewritten(relay):
    assert relay.http("/error").json == {"error": "the relay says so"}
    assert relay.http("/missing").json == {"error": "nothing here"}
    assert relay.http("/missing").status == 404


def test_home_is_its_own_and_can_be_written(relay):
    assert relay.http("/home").json["home"] == str(relay.place() / "home")
    assert (relay.place() / "home/visits").read_text() == "x"


def test_uwsgi_options_a_cache_a_spooler_and_no_lazy_apps(relay):
    assert relay.http("/cache").json == {"seen": 1}
    assert relay.http("/cache").json == {"seen": 2}
    assert arrived(relay)["forked"]
    assert relay.http("/spool").status == 200
    spooled = relay.place() / "home/spooled"
    deadline = time.monotonic() + 10
    while not spooled.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert spooled.read_text() == "spooled"
    assert not (relay.place() / "data/spool").is_symlink()


def test_what_is_built_before_is_packaged_though_git_ignores_it(relay):
    assert relay.http("/js/app.js").json == [1]


def test_install_steps_run_in_order_in_the_tree_with_its_env_and_programs(relay):
    first, python = relay.http("/made/last.txt").text.splitlines()
    assert first == "relay production in tree"
    assert python.endswith("/venv/bin/python")
    assert str(relay.place() / "releases") in python


@pytest.mark.parametrize(
    ("fault", "health", "said"),
    [
        (
            "raise",
            {},
            ["closed without an answer (0 bytes)", "KeyError: 'the relay is out of order'"],
        ),
        ("quiet", {}, ["answered 500 instead of 2xx, 3xx"]),
        ("write", {}, ["the app writes to its own tree", "add `visits.txt` to `data:`"]),
        ("hang", {"timeout": 2}, ["did not answer within 2 s", "wsgi.py", "in application"]),
        ("post", {"method": "POST"}, ["ValueError: POST is out of order"]),
    ],
)
def test_a_broken_start_is_refused_with_its_reason(relay, fault, health, said):
    """What served before goes on; the reason is shown, also where no log has it."""
    edit(
        relay, env={"FAULT": fault}, health={"path": "/", "method": "GET", "timeout": 60, **health}
    )
    relay.publish()
    done = relay.fails("app.deploy")
    assert [each for each in said if each not in done.err] == [], done.err
    assert arrived(relay)["environment"]["HOME"]
    assert relay.status["release"] not in done.err


def test_an_option_that_uwsgi_refuses_is_shown(relay):
    """It ends before it has opened its log; what it says is in the app's log nevertheless."""
    edit(relay, env={"FAULT": ""}, health={"method": "GET"}, uwsgi={"spooler": "none/such"})
    relay.publish()
    done = relay.fails("app.deploy")
    assert "none/such" in done.err or "spooler" in done.err, done.err
    assert "spooler" in relay.log.read_text()
    assert [path.name for path in (relay.platform / "log/apps").glob("app.*")] == []
