"""What nginx's template is told of an environment."""

from __future__ import annotations

from typing import Any

from flipside.machine.site import site


def static(stage: Any, *entries: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site(stage.want("1", static=list(entries)), stopped=False)[
        "static"
    ]
    return found


def test_site_names_socket_and_domains(stage: Any) -> None:
    found = site(stage.want("1", domains=["b.org"]), stopped=True)
    assert found["unit"] == "blog.production"
    assert found["socket"] == str(stage.layout.run / "blog/production/current.sock")
    assert found["domains"] == ["b.org", "blog.localhost"]
    assert found["stopped"] is True
    assert found["client_max_body_size"] == "100m"
    assert found["static"] == found["directives"] == []


def test_directives_lose_their_semicolons(stage: Any) -> None:
    own = {"client_max_body_size": "7k", "directives": [" gzip off; ", "if ($a) { return 403; }"]}
    found = site(stage.want("1", nginx=own), stopped=False)
    assert found["directives"] == ["gzip off", "if ($a) { return 403; }"]
    assert found["client_max_body_size"] == "7k"


def test_static_files_of_a_release_and_of_the_one_before(stage: Any) -> None:
    """Pages of the old release may still be open in browsers when the new one serves."""
    (found,) = static(stage, {"url": "/static/", "path": "tree:static", "cache": "1y"})
    assert found == {
        "pattern": "^/static/",
        "folders": ["/current/release/tree/static", "/previous/tree/static"],
        "cache": "1y",
    }


def test_each_place_has_its_folders(stage: Any) -> None:
    media, admin, bare = static(
        stage,
        {"url": "/mediafiles/", "path": "data:media/"},
        {"url": "/admin/", "path": "site-packages:django/admin"},
        {"url": "/b/", "path": "assets"},
    )
    assert media["folders"] == ["/data/media"]
    packages = "venv/lib/python3.11/site-packages/django/admin"
    assert admin["folders"] == [f"/current/release/{packages}", f"/previous/{packages}"]
    assert bare["folders"][0] == "/current/release/tree/assets"


def test_longer_addresses_are_asked_first_and_taken_literally(stage: Any) -> None:
    """Nginx takes the first regular expression that matches."""
    found = static(stage, {"url": "/s/", "path": "s"}, {"url": "/s/a.b+c/", "path": "data:x"})
    assert [entry["pattern"] for entry in found] == [r"^/s/a\.b\+c/", "^/s/"]
