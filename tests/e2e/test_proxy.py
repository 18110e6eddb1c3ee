"""What passes between a visitor and an app, and what must not."""

import http.client

import pytest


@pytest.fixture(scope="module")
def app(platform):
    made = platform.app("proxied").make(nginx={"client_max_body_size": "30m"})
    made.ship()
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def test_what_a_client_claims_of_itself_is_overwritten(app):
    lies = {
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Server": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Ssl": "on",
        "X-Real-IP": "1.2.3.4",
        "Forwarded": "for=1.2.3.4",
        "Proxy": "http://evil.example",
        "X-Mine": "kept",
    }
    seen = app.http("/echo", headers=lies).json
    assert seen["HTTP_X_FORWARDED_FOR"] == seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["HTTP_X_REAL_IP"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"
    assert seen["HTTP_X_FORWARDED_HOST"] == app.host
    assert seen["HTTP_X_FORWARDED_PORT"] == str(app.platform.port)
    assert seen["HTTP_X_MINE"] == "kept"
    assert not {"HTTP_FORWARDED", "HTTP_PROXY", "HTTP_X_FORWARDED_SSL"} & seen.keys()
    assert not any("1.2.3.4" in str(value) or "evil" in str(value) for value in seen.values())


def test_large_headers_arrive_whole(app):
    seen = app.http("/echo", headers={"Cookie": "a" * 5000, "X-More": "b" * 8000}).json
    assert len(seen["HTTP_COOKIE"]) == 5000
    assert len(seen["HTTP_X_MORE"]) == 8000


def test_a_body_may_be_as_large_as_the_app_says(app):
    twenty = b"x" * (20 * 1024 * 1024)
    assert app.http("/echo", method="POST", body=twenty).json["size"] == len(twenty)
    try:
        refused = app.http("/echo", method="POST", body=twenty + twenty).status
    except (BrokenPipeError, ConnectionResetError):  # nginx need not read what it refuses
        refused = 413
    assert refused == 413


def test_the_default_takes_twenty_megabytes_and_a_smaller_limit_does_not(make_app):
    app = make_app("limits")
    app.ship()
    twenty = b"x" * (20 * 1024 * 1024)
    assert app.http("/echo", method="POST", body=twenty).json["size"] == len(twenty)
    app.configure(nginx={"client_max_body_size": "1m", "directives": ["add_header X-Own yes"]})
    app.ship("2")
    answer = app.http("/echo", method="POST", body=b"x" * 1000)
    assert answer.json["size"] == 1000
    assert answer.headers["X-Own"] == "yes"
    app.flipside("app.rollback")
    assert app.http("/echo", method="POST", body=twenty).status == 200


@pytest.mark.parametrize("method", ["PROPFIND", "MKCOL", "REPORT", "PUT", "DELETE", "OPTIONS"])
def test_methods_pass(app, method):
    assert app.http("/dav/x", method=method).json["REQUEST_METHOD"] == method


@pytest.mark.parametrize(
    "path", ["/.well-known/acme", "/.git/config", "/a/.hidden", "/a%20b", "/static/x"]
)
def test_paths_pass(app, path):
    assert app.http(f"{path}?q=%2F").json["REQUEST_URI"] == f"{path}?q=%2F"


def test_credentials_pass(app):
    assert app.http("/x", headers={"Authorization": "Basic YTpi"}).json["HTTP_AUTHORIZATION"]


def test_an_errors_own_body_passes(make_app):
    app = make_app("errs")
    app.ship()
    app.write(extra_py='UP = "418 Teapot"\n')
    refused = app.fails("app.deploy", "--tag", app.publish("2") and "latest")
    assert "418" in refused.err
    assert app.version == "1"


def test_another_host_is_nobodys(platform, app):
    assert platform.http("nobody.localhost").status == 404
    assert platform.http(f"sub.{app.host}").status == 404


def test_a_connection_is_kept_alive_for_many_requests(app):
    connection = http.client.HTTPConnection("127.0.0.1", app.platform.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/", headers={"Host": app.host})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'"1"')
    connection.close()
