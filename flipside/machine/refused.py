"""Say in words of `.flipside-app` why nginx does not take a site, from what its check printed."""

from __future__ import annotations

import re
from pathlib import Path

from flipside.errors import DeployError

_AGAIN = "then: flipside app.publish app.deploy"
_LINE = re.compile(r"\[(?:emerg|warn|crit|alert)\] \d+#\d+: (?P<text>.*)")
_TAKEN = re.compile(r'conflicting server name "(?P<domain>[^"]+)"')
_PLACE = re.compile(r" in /\S+:(?P<line>\d+)$")


def is_site(name: str) -> bool:
    """Return whether a state's name is the file of a site: a candidate, or one in use."""
    return re.fullmatch(r".*/nginx/(?:candidates|sites)/[^/]+\.conf", name) is not None


def refusal(comment: str, site: str) -> DeployError:
    """Return the error to raise.

    Args:
        comment: The state's comment; what ``salt/nginx/files/check`` printed is in it.
        site: The file that was refused; the sites in use lie in ``sites`` beside its folder.
    """
    texts = [match["text"] for match in map(_LINE.search, comment.splitlines()) if match]
    taken = [match["domain"] for match in map(_TAKEN.search, texts) if match]
    if taken:
        return _conflict(taken, Path(site))
    reasons = [_PLACE.sub("", text) for text in texts] or [comment]
    what = "nginx refuses the site of the app; nothing was replaced\n" + "\n".join(reasons)
    advice = f"correct what nginx names (or `static`, `domains`), {_AGAIN}"
    return DeployError(what, ".flipside-app: nginx", advice)


def _conflict(taken: list[str], site: Path) -> DeployError:
    lines = [f"the domain {domain} is {_owner(domain, site)}'s already" for domain in taken]
    advice = f"take it out of one of the two, {_AGAIN}"
    return DeployError("\n".join(lines), ".flipside-app: domains", advice)


def _owner(domain: str, site: Path) -> str:
    for other in sorted(site.parent.with_name("sites").glob("*.conf")):
        if other.name != site.name and domain in _names(other):
            app, _, env = other.stem.partition(".")
            return f"{app} ({env})"
    return "another app"


def _names(site: Path) -> list[str]:
    found = re.search(r"^\s*server_name ([^;]+);", site.read_text(), re.MULTILINE)
    return found[1].split() if found else []
