"""Canaries: random values that stand for secrets, and every form that one may leak in.

Like `canary_search`, it imports nothing of ours: both run in machines, too.
"""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import shlex
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO
from urllib.parse import quote, quote_plus

CHUNK = 1 << 20
# What quoting changes, one way or another.
ODD = " '\"%\\$&???é\t"

Hit = tuple[str, str]
"""A canary's name, and the form that it was found in."""


@dataclass(frozen=True)
class Canary:
    """A value to look for, by a name that may be told."""

    name: str
    value: str

    @cached_property
    def forms(self) -> dict[str, bytes]:
        """The forms that it may leak in."""
        return forms(self.value)

    @cached_property
    def needles(self) -> list[bytes]:
        """What at least one of is in each of the forms, and in any that quotes it another way."""
        parts = re.findall(r"[A-Za-z0-9]{16,}", self.value) or [self.value]
        return sorted({needle for part in parts for needle in forms(part).values()})


def make(name: str) -> Canary:
    """A canary whose forms all differ, and of which either end is enough to know it by."""
    head, tail = ("".join(secrets.choice(string.ascii_letters) for _ in range(24)) for _ in "12")
    return Canary(name, f"{head}{ODD}{tail}")


def forms(value: str) -> dict[str, bytes]:
    """The forms that a value may leak in, by their names."""
    raw, quoted = value.encode(), json.dumps(value)[1:-1]
    texts = {
        "plain": value,
        "json": quoted,
        "json in UTF-8": json.dumps(value, ensure_ascii=False)[1:-1],
        "json in json": json.dumps(quoted)[1:-1],
        "repr": repr(value)[1:-1],
        "ascii": ascii(value)[1:-1],
        "bytes": repr(raw)[2:-1],
        "url": quote(value, safe=""),
        "form": quote_plus(value),
        "html": html.escape(value),
        "shell": shlex.quote(value).strip("'"),
        "ini": value.replace("%", "%%"),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
    }
    found = {name: text.encode() for name, text in texts.items()}
    for before in range(3):
        stable = _stable_base64(raw, before)
        found[f"base64 after {before}"] = stable
        found[f"urlsafe base64 after {before}"] = stable.translate(bytes.maketrans(b"+/", b"-_"))
    return found | {"utf-16": value.encode("utf-16-le")}


def _stable_base64(raw: bytes, before: int) -> bytes:
    """What every base64 has in it of that which has the value behind 3n + `before` bytes."""
    encoded = base64.b64encode(b"\0" * before + raw)
    # A character holds 6 bits; those that share any with their neighbours are left out.
    return encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def look(blob: bytes, canaries: Iterable[Canary]) -> Iterator[Hit]:
    """Yield each canary in some bytes, by each of its forms; ``part`` if none of those is whole."""
    for canary in canaries:
        if any(needle in blob for needle in canary.needles):
            known = [form for form, text in canary.forms.items() if text in blob]
            yield from ((canary.name, form) for form in known or ["part"])


def in_stream(stream: IO[bytes], canaries: list[Canary]) -> set[Hit]:
    """Look into a stream to its end."""
    longest = max(len(form) for canary in canaries for form in canary.forms.values())
    hits: set[Hit] = set()
    window = b""
    while chunk := stream.read(CHUNK):
        window += chunk
        hits |= set(look(window, canaries))
        window = window[-longest:]
    return hits
