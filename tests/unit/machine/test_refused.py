"""What nginx says of a site, in the words of `.flipside-app`."""

import pytest

from flipside.machine.refused import is_site, refusal

UNKNOWN = """check_cmd execution failed
2026/11/21 02:37:48 [emerg] 97#97: unknown directive "nonsense" in /tmp/__salt.tmp.5bwx2fyk:9
nginx: configuration file /x/etc/nginx/candidates/.check.JqZ9u4 test failed"""
TAKEN = """check_cmd execution failed
2026/11/21 02:37:57 [warn] 10#10: conflicting server name "a.example.com" on 127.0.0.1:80, ignored
nginx: configuration file /x/etc/nginx/candidates/.check.t56xGF test is successful"""


@pytest.fixture
def site(tmp_path):
    """Return a candidate, beside the site of another app."""
    for folder in ("candidates", "sites"):
        (tmp_path / "nginx" / folder).mkdir(parents=True)
    other = tmp_path / "nginx/sites/owner.staging.conf"
    other.write_text("server {\n  server_name a.example.com b.example.com;\n}\n")
    return tmp_path / "nginx/candidates/app.production.conf"


def test_a_directive_is_named_without_the_file_that_nobody_wrote(site):
    error = refusal(UNKNOWN, str(site))
    assert error.what.splitlines()[-1] == 'unknown directive "nonsense"'
    assert error.where == ".flipside-app: nginx"
    assert "app.publish" in error.next


def test_a_domain_that_is_taken_is_named_with_its_owner(site):
    error = refusal(TAKEN, str(site))
    assert error.what == "the domain a.example.com is owner (staging)'s already"
    assert error.where == ".flipside-app: domains"


def test_without_an_owner_to_be_found_the_domain_is_named(site):
    error = refusal(TAKEN.replace("a.example", "c.example"), str(site))
    assert error.what == "the domain c.example.com is another app's already"


def test_what_cannot_be_read_is_shown_as_it_is(site):
    assert "something else" in refusal("something else", str(site)).what


def test_sites_are_known_by_their_path(site):
    assert is_site(str(site))
    assert is_site(str(site).replace("candidates", "sites"))
    assert not is_site("/x/etc/nginx/nginx.conf")
    assert not is_site("app.production-live")
