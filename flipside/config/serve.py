"""How an app is served: `wsgi`, `static`, `health` and `nginx`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from flipside.config.base import AsWritten, InTree, Part, beneath, inside, matching

PLACES = ("tree", "data", "site-packages")


def _static_path(value: str) -> str:
    place, colon, path = value.partition(":")
    if not colon:
        place, path = "tree", value
    if place not in PLACES:
        msg = "must be tree:PATH, data:PATH or site-packages:PATH"
        raise ValueError(msg)
    check = beneath if place == "site-packages" else inside
    return f"{place}:{check(path)}"


def _whole_block(value: str) -> str:
    """Refuse a directive that would end the server block it is put into."""
    depth, quote, before = 0, "", ""
    for char in value:
        if quote:
            quote = "" if char == quote and before != "\\" else quote
        elif char in "\"'" and (not before or before.isspace() or before in "{};("):
            quote = char  # elsewhere it is a letter like others, as nginx reads it
        else:
            depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            break
        before = char
    if depth or quote:
        msg = "has a brace or a quote that is not closed, or closes one that it has not opened"
        raise ValueError(msg)
    return value


def _status(value: object) -> object:
    # bool is an int, too; RFC 9110, 15, says where statuses begin and end.
    if type(value) is int and value in range(100, 600):
        return value
    if isinstance(value, str) and re.fullmatch("[1-5]xx", value):
        return value
    msg = "must be an HTTP status from 100 to 599, or a class of them, as 2xx"
    raise ValueError(msg)


Callable = Annotated[
    str,
    matching(
        r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?",
        "MODULE:NAME, as `guestbook.wsgi:application` or `web:create_app()`",
    ),
]
UrlPrefix = Annotated[
    str, matching(r"/([^\s{};\"'#?]*/)?", "a path that begins and ends with `/`, as `/static/`")
]
StaticPath = Annotated[str, AfterValidator(_static_path)]
Expires = Annotated[
    str,
    matching(
        r"([0-9]+(ms|[smhdwMy]))+|max|off|epoch", "a time as nginx writes it: 1y, 30d, 12h, off"
    ),
]
Status = Annotated[int | str, BeforeValidator(_status)]
UrlPath = Annotated[str, matching(r"/[^\s]*", "a path that begins with `/`, as `/up`")]
Size = Annotated[
    str, AsWritten, matching(r"[0-9]+[kKmMgG]?", "a size as nginx writes it: 100m, 512k, 0")
]


class WsgiConfig(Part):
    """The WSGI application within the code."""

    callable: Callable | None = Field(
        default=None,
        description="The WSGI application as MODULE:NAME; NAME() where a function makes it",
    )
    chdir: InTree = Field(default=".", description="Working directory, relative to the tree")
    pythonpath: list[InTree] = Field(
        default_factory=lambda: ["."], description="Folders of the tree put on Python's path"
    )


class StaticConfig(Part):
    """Files that nginx serves by itself."""

    url: UrlPrefix = Field(description="The files' address: a path that begins and ends with /")
    path: StaticPath = Field(
        description="Their folder: tree:PATH, data:PATH or site-packages:PATH; PATH alone is tree:"
    )
    cache: Expires | None = Field(
        default=None,
        description="How long browsers keep them (1y, 30d, off);"
        " if absent: hashed names for ever, others are revalidated",
    )


class HealthConfig(Part):
    """The request that a new release must answer before it gets any traffic."""

    path: UrlPath = Field(default="/", description="The path that is asked for")
    method: Literal["GET", "HEAD", "POST", "OPTIONS"] = Field(
        default="GET", description="The request's method"
    )
    status: list[Status] = Field(
        default_factory=lambda: list[int | str](["2xx", "3xx"]),
        min_length=1,
        description="Answers that count as healthy: numbers, or classes as 2xx",
    )
    timeout: int = Field(
        default=60, ge=1, le=3600, description="Seconds from the start to the first healthy answer"
    )


class NginxConfig(Part):
    """What the app's site in nginx has of its own."""

    client_max_body_size: Size = Field(
        default="100m", description="Largest request body; 0 for no limit"
    )
    directives: list[Annotated[str, AfterValidator(_whole_block)]] = Field(
        default_factory=list,
        description="Further directives of the app's server block, tested by nginx -t before use",
    )
