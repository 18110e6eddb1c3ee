"""What the models of the two files accept, refuse and make of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from flipside.config import AppConfig, PlatformConfig
from flipside.config.base import WrittenFloat


def app(**keys: Any) -> AppConfig:
    return AppConfig.model_validate({"name": "guestbook", **keys})


def refused(**keys: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        app(**keys)
    return str(caught.value)


def test_a_name_is_enough() -> None:
    config = app()
    assert (config.template, config.build.kind, config.wsgi.callable) == (
        "python-wsgi",
        "wheel",
        None,
    )
    assert config.health.status == ["2xx", "3xx"]
    assert (config.uwsgi.processes, config.uwsgi.threads) == (1, 2)


def test_json_of_a_config_is_the_config_again() -> None:
    config = app(
        uwsgi={"lazy-apps": True, "spooler": ["a", "b"]},
        static=[{"url": "/s/", "path": "static"}],
        steps={"deploy": ["flask db upgrade"]},
        environments={"staging": {"health": {"timeout": 3}, "uwsgi": {"threads": 4}}},
    )
    again = AppConfig.model_validate(config.model_dump(mode="json"))
    assert again == config
    assert again.for_environment("staging") == config.for_environment("staging")


@pytest.mark.parametrize("name", ["a", "app1-x", "0", "a" * 63])
def test_names_are_dns_labels(name: str) -> None:
    assert AppConfig(name=name).name == name
    assert PlatformConfig(name=name).name == name


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a.b", "a" * 64, "a\n", "é", "../a"])
def test_what_is_no_dns_label_is_refused(name: str) -> None:
    for model in (AppConfig, PlatformConfig):
        with pytest.raises(ValidationError, match="DNS label"):
            model.model_validate({"name": name})
    assert "DNS label" in refused(environments={name: {}})


def test_a_whole_number_is_an_env_value_as_text() -> None:
    assert app(env={"PORT": 8000, "NAME": "x", "NONE": ""}).env == {
        "PORT": "8000",
        "NAME": "x",
        "NONE": "",
    }


@pytest.mark.parametrize("value", [True, False, 0.5, WrittenFloat("0.5"), None, [], {}, "a\0"])
def test_an_env_value_of_another_kind_is_refused(value: Any) -> None:
    refused(env={"DEBUG": value})


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A B", "É", "FLIPSIDE_HOME"])
def test_env_names(name: str) -> None:
    refused(env={name: "x"})
    refused(secrets=[name])


@pytest.mark.parametrize("path", ["/etc", "..", "a/../b", "a/..", "~/a", "a\\b", "a\nb", ""])
def test_paths_stay_in_the_tree(path: str) -> None:
    refused(data=[path])
    refused(files={path: ""})
    refused(wsgi={"chdir": path})
    refused(build={"requirements": [path]})
    refused(static=[{"url": "/s/", "path": f"data:{path}"}])


@pytest.mark.parametrize("path", [".", "./"])
def test_the_tree_itself_is_no_data(path: str) -> None:
    refused(data=[path])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (["media/", "media"], "twice"),
        (["media", "media/thumbs"], "lies in"),
        (["a/b", "a"], "lies in"),
    ],
)
def test_data_paths_lie_beside_one_another(data: list[str], what: str) -> None:
    assert what in refused(data=data)
    beside = ["media/", "media2", "a/b", "a/c"]
    assert app(data=beside).data == beside


@pytest.mark.parametrize(
    ("path", "meant"),
    [("static", "tree:static"), ("tree:a/b", "tree:a/b"), ("data:media/", "data:media/"),
     ("site-packages:django/static", "site-packages:django/static")],
)  # fmt: skip
def test_a_static_path_says_its_place(path: str, meant: str) -> None:
    assert app(static=[{"url": "/s/", "path": path}]).static[0].path == meant


@pytest.mark.parametrize("path", ["venv:x", "site-packages:", "tree:/x", "data:../x"])
def test_static_paths_of_no_place_are_refused(path: str) -> None:
    refused(static=[{"url": "/s/", "path": path}])


@pytest.mark.parametrize("url", ["static/", "/static", "", "/a b/", "/{a}/", "http://x/"])
def test_static_urls_begin_and_end_with_a_slash(url: str) -> None:
    assert "begins and ends" in refused(static=[{"url": url, "path": "x"}])


def test_two_static_folders_cannot_share_a_url() -> None:
    entry = {"url": "/s/", "path": "x"}
    assert "twice" in refused(static=[entry, entry])


@pytest.mark.parametrize("cache", ["1y", "30d", "1d12h", "max", "off", "epoch"])
def test_cache_times(cache: str) -> None:
    assert app(static=[{"url": "/s/", "path": "x", "cache": cache}]).static[0].cache == cache
    refused(static=[{"url": "/s/", "path": "x", "cache": "for ever"}])


@pytest.mark.parametrize("status", [100, 200, 599, "1xx", "5xx"])
def test_statuses(status: object) -> None:
    assert app(health={"status": [status]}).health.status == [status]


@pytest.mark.parametrize("status", [99, 600, True, "200", "6xx", "2XX", 200.0, [], None])
def test_what_is_no_status_is_refused(status: object) -> None:
    assert "HTTP status" in refused(health={"status": [status]})


def test_health_needs_a_status() -> None:
    refused(health={"status": []})


@pytest.mark.parametrize("text", ["a.b:app", "web:create_app()", "a:b.c"])
def test_callables(text: str) -> None:
    assert app(wsgi={"callable": text}).wsgi.callable == text


@pytest.mark.parametrize("text", ["a", "a:", ":b", "a:b(1)", "a/b:c", "a:b\n"])
def test_what_is_no_callable_is_refused(text: str) -> None:
    assert "MODULE:NAME" in refused(wsgi={"callable": text})


def test_a_step_may_be_its_command_alone() -> None:
    steps = app(
        steps={"install": ["a"], "deploy": [{"run": "b", "unless": "c", "timeout": 9}]}
    ).steps
    assert (steps.install[0].run, steps.install[0].unless, steps.install[0].timeout) == (
        "a",
        None,
        300,
    )
    assert steps.deploy[0].timeout == 9


def test_a_command_may_have_several_lines_but_must_say_something() -> None:
    script = "set -e\nmake assets\n"
    assert app(steps={"deploy": [script]}).steps.deploy[0].run == script
    for nothing in ("", " \n", "a\0"):
        assert "must be a command" in refused(steps={"deploy": [nothing]})
        assert "must be a command" in refused(commands={"test": nothing})


def test_directives_are_any_text_as_nginx_judges_them() -> None:
    directives = ["location /x {\n  deny all;\n}"]
    assert app(nginx={"directives": directives}).nginx.directives == directives
    refused(nginx={"directives": [5]})


@pytest.mark.parametrize("text", ["gzip on; } server { listen 9999", "location /x {", 'a "b'])
def test_a_directive_stays_in_its_block(text: str) -> None:
    refused(nginx={"directives": [text]})


@pytest.mark.parametrize("text", ["add_header X '}'", "rewrite ^/it's /x", 'a "\\"}"'])
def test_a_brace_or_a_quote_that_is_text_is_no_block(text: str) -> None:
    assert app(nginx={"directives": [text]}).nginx.directives == [text]


def test_the_index_kind_and_a_requirement_need_one_another() -> None:
    requirement = "sqlite-web==0.7.2"
    build = app(build={"kind": "index", "requirement": requirement}).build
    assert build.requirement == requirement
    assert "needs `requirement`" in refused(build={"kind": "index"})
    assert "no use for" in refused(build={"kind": "tree", "requirement": "x"})
    assert "must be a requirement" in refused(build={"kind": "index", "requirement": "x=="})


def test_versions_are_taken_as_written() -> None:
    config = app(version=WrittenFloat("1.10"), build={"python": WrittenFloat("3.10")})
    assert (config.version, config.build.python) == ("1.10", "3.10")
    assert app(version=2).version == "2"
    for version in ("a/b", "", ".", "1-2", "a b"):
        refused(version=version)


def test_any_uwsgi_option_but_the_platforms_own() -> None:
    options = {"lazy-apps": True, "max-requests": 500, "spooler": ["a", "b"], "route": "^/x log:y"}
    assert app(uwsgi={"threads": 4, **options}).uwsgi.options == options


@pytest.mark.parametrize(
    ("option", "advice"),
    [("socket", "domains"), ("http", "domains"), ("http-socket", "domains"), ("master", "restart"),
     ("module", "wsgi.callable"), ("wsgi-file", "wsgi.callable"), ("wsgi_file", "wsgi.callable"),
     ("virtualenv", "build.requirements"), ("home", "build.requirements"), ("daemonize", "logs"),
     ("logger", "logs"), ("chdir", "wsgi.chdir"), ("pidfile", "restart"),
     ("master-fifo", "restart"),
     ("stats", "status"), ("env", "use `env`"), ("workers", "uwsgi.processes")],
)  # fmt: skip
def test_an_option_of_the_platforms_is_refused_with_the_key_to_use(
    option: str, advice: str
) -> None:
    assert advice in refused(uwsgi={option: "x"})
    assert advice in refused(environments={"staging": {"uwsgi": {option: "x"}}})


@pytest.mark.parametrize("value", [None, {}, [[]], [None], "a\nb", ["a\nb"]])
def test_uwsgi_values_are_scalars_or_lists_of_one_line(value: Any) -> None:
    refused(uwsgi={"x": value})


@pytest.mark.parametrize("domain", ["a.example.com", "localhost", "xn--bcher-kva.example"])
def test_domains(domain: str) -> None:
    assert app(domains=[domain]).domains == [domain]
    assert "twice" in refused(domains=[domain, domain])


@pytest.mark.parametrize(
    "domain", ["http://a", "a:80", "A.com", "a..b", "*.a", "a.b.", "", "a" * 64, "a." * 127 + "b"]
)
def test_what_is_no_host_name_is_refused(domain: str) -> None:
    assert "host name" in refused(domains=[domain])


@pytest.mark.parametrize(
    ("key", "value"), [("keep", 0), ("keep", "5"), ("keep", True), ("helth", {})]
)
def test_values_are_never_converted_and_keys_never_ignored(key: str, value: Any) -> None:
    refused(**{key: value})


def test_a_config_does_not_change() -> None:
    with pytest.raises(ValidationError):
        app().name = "other"


def test_an_environment_is_laid_over_the_app() -> None:
    config = app(
        env={"A": "1", "B": "2"},
        domains=["a.example"],
        health={"path": "/up", "timeout": 9},
        uwsgi={"lazy-apps": True},
        keep=7,
        environments={
            "staging": {
                "env": {"B": "3"},
                "domains": ["b.example"],
                "health": {"timeout": 5},
                "uwsgi": {"threads": 8},
            }
        },
    )
    staging = config.for_environment("staging")
    assert staging.env == {"A": "1", "B": "3"}
    assert staging.domains == ["b.example"]
    assert (staging.health.path, staging.health.timeout) == ("/up", 5)
    assert (staging.uwsgi.threads, staging.uwsgi.options) == (8, {"lazy-apps": True})
    assert staging.keep == 7
    assert staging.environments == {}


def test_an_environment_needs_no_entry() -> None:
    config = app(env={"A": "1"}, environments={"pr-12": {"env": {"A": "2"}}})
    assert config.for_environment("production").env == {"A": "1"}
    assert config.for_environment("pr-1").env == {"A": "1"}


@pytest.mark.parametrize(
    "keys",
    [{"http_port": 0}, {"http_port": 65536}, {"http_port": "80"}, {"runtime": "tmp"}, {"keep": 0},
     {"highstate_minutes": 0}, {"domain": "http://x"}, {"target": "Local"}, {"ports": 1},
     {"port": 0}, {"target": "host"}, {"host": "-oProxyCommand=x"}, {"host": "ssh://box"}],
)  # fmt: skip
def test_what_a_platform_cannot_be(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlatformConfig.model_validate({"name": "demo", **keys})
