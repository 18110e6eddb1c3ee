"""Sites that nginx does not take: nothing of nginx's is replaced, and the other apps are not held up."""

from e2e.harm import programs, says, serves


def sites(platform):
    """Everything that nginx reads, byte for byte."""
    folder = platform / "etc/nginx/sites"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_directive_that_nginx_refuses_replaces_nothing(make_app, platform):
    app, other = make_app("refused"), make_app("other")
    release = app.ship("1")
    before = sites(platform)
    app.configure(nginx={"directives": ["nonsense on"]})
    app.publish("2")
    says(app.run("app.deploy"), 'unknown directive "nonsense"', ".flipside-app", "app.publish")
    assert sites(platform) == before
    serves(app, release)
    assert len(programs(app)) == 1
    serves(other, other.ship("1"))
    assert "refused" not in platform.flipside("platform.apply").out
    app.configure(nginx=None)
    serves(app, app.ship("3"), "3")


def test_a_domain_belongs_to_one_app(make_app, platform):
    first, second = make_app("owner", domains=["shop.example.com"]), make_app("taker")
    first.ship("1")
    release = second.ship("1")
    before = sites(platform)
    second.configure(domains=["taker.example.com", "shop.example.com"])
    second.publish("2")
    words = ("shop.example.com", "owner (production)", ".flipside-app")
    says(second.run("app.deploy"), *words)
    assert sites(platform) == before
    serves(second, release)
    assert platform.http("shop.example.com").json == "1"


def test_a_socket_path_that_would_be_too_long_is_refused_before_anything_is_done(make_app):
    app = make_app("l" * 50)
    release = app.publish("1")
    env = "e" * 63
    says(app.run("app.deploy", f"--env={env}"), "socket", "107")
    assert not list(app.place(env).glob("current*"))
    assert app.deploy()["release"] == release
    serves(app, release)
