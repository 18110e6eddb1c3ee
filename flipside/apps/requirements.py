"""Requirement files as pip and uv read them: requirements, constraints and options told apart.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from flipside.errors import BuildError

INDEX_OPTIONS = {
    "--index-url",
    "-i",
    "--extra-index-url",
    "--find-links",
    "-f",
    "--trusted-host",
    "--no-index",
}
FIND_LINKS = {"--find-links", "-f"}
INCLUDE = re.compile(r"(?P<option>-r|--requirement|-c|--constraint)[\s=]*(?P<path>\S.*)")
COMMENT = re.compile(r"(^|\s)#.*$")
LONG_OPTION = re.compile(r"(?P<option>--[a-z-]+|-[a-z])[\s=]*(?P<value>.*)")


@dataclass(frozen=True)
class Requirements:
    """What a project asks for: requirement and constraint lines, and options as ``--pre``."""

    wanted: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def without_indexes(self) -> Requirements:
        """Return the same without any option that says where packages come from."""
        return replace(
            self, options=tuple(o for o in self.options if option(o)[0] not in INDEX_OPTIONS)
        )

    def plus(self, lines: Iterable[str]) -> Requirements:
        """Return the same with further requirement lines."""
        return replace(self, wanted=(*self.wanted, *lines))


def option(line: str) -> tuple[str, str]:
    """Return an option line's name and value: ``-i X`` -> ``("-i", "X")``."""
    found = LONG_OPTION.fullmatch(line)
    return (found["option"], found["value"].strip()) if found else (line, "")


def option_lines(options: Iterable[str], folder: Path) -> list[str]:
    """Return option lines with their local paths made absolute."""
    return [_anchored(line, folder) for line in options]


def read(names: Iterable[str], folder: Path) -> Requirements:
    """Read requirement files and all that they include.

    Args:
        names: Paths relative to the folder.
        folder: The app's folder; paths in the result are relative to it, as pip and uv take them.

    Raises:
        BuildError: A file is missing, unreadable, no text, or includes itself, or one of its
            lines is no requirement.
    """
    reader = _Reader(folder)
    for name in names:
        reader.file(Path(os.path.normpath(name)), (), constraint=False)
    return Requirements(tuple(reader.wanted), tuple(reader.constraints), tuple(reader.options))


def checked(lines: object, where: str) -> tuple[str, ...]:
    """Return requirement lines that came from elsewhere than a requirements file.

    Raises:
        BuildError: They are no list, or one of them is no requirement.
    """
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        hint = 'write them as ["NAME==VERSION", ...]'
        raise BuildError("the dependencies are no list of texts", where, hint)
    for line in lines:
        _check(line, where)
    return tuple(lines)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) with continuations joined, and without comments and empty lines."""
    start, parts = 0, ""
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        start = start if parts else number
        # A comment line inside a continuation ends it, as in pip.
        line = COMMENT.sub("", raw)
        if line.endswith("\\"):
            parts += line[:-1]
        else:
            whole, parts = " ".join((parts + line).split()), ""
            if whole:
                yield start, whole


def is_local(line: str) -> bool:
    """Say whether a requirement line names a folder or file of this machine."""
    target = re.sub(r"^(-e|--editable)[\s=]*", "", line).split(" ; ")[0].strip()
    target = target.split(" @ ", 1)[-1].strip()
    return target.startswith((".", "/", "file:")) or ("://" not in target and "/" in target)


@dataclass
class _Reader:
    folder: Path
    wanted: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    seen: set[tuple[Path, bool]] = field(default_factory=set)

    def file(self, path: Path, above: tuple[Path, ...], *, constraint: bool) -> None:
        if path in above:
            chain = " -> ".join(str(p) for p in (*above, path))
            raise BuildError(
                "a requirements file includes itself", chain, f"remove one `-r` line of {path}"
            )
        if (path, constraint) in self.seen:
            return
        self.seen.add((path, constraint))
        for number, line in logical_lines(text_of(self.folder / path)):
            self.line(line, path, number, (*above, path), constraint=constraint)

    def line(
        self, line: str, path: Path, number: int, above: tuple[Path, ...], *, constraint: bool
    ) -> None:
        include = INCLUDE.fullmatch(line)
        if include and "://" in include["path"]:
            self.wanted.append(line)
        elif include:
            deeper = Path(os.path.normpath(path.parent / include["path"].strip("\"'")))
            self.file(
                deeper, above, constraint=constraint or include["option"] in ("-c", "--constraint")
            )
        elif line.startswith("-") and not line.startswith(("-e", "--editable")):
            self.option(line, path)
        else:
            _check(line, f"{path}:{number}")
            (self.constraints if constraint else self.wanted).append(line)

    def option(self, line: str, path: Path) -> None:
        name, value = option(line)
        if name in FIND_LINKS and (self.folder / path.parent / value).exists():
            line = f"{name} {os.path.normpath(path.parent / value)}"
        # Every lock has hashes, and uv takes this option on its command line only.
        if name != "--require-hashes":
            self.options.append(line)


def text_of(path: Path) -> str:
    """Return a requirements file's text; a byte order mark (PowerShell's) says its encoding."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise BuildError(
            f"cannot read a requirements file: {e.strerror}",
            str(path),
            "check `build: requirements:` in .flipside-app",
        ) from e
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as e:
        raise BuildError(
            f"a requirements file is not UTF-8: {e.reason} at byte {e.start}",
            str(path),
            "save it as UTF-8",
        ) from e


def _check(line: str, where: str) -> None:
    if (
        line.startswith("-")
        or "://" in line
        or is_local(line)
        or line.endswith((".whl", ".tar.gz", ".zip"))
    ):
        return
    try:
        Requirement(line.partition(" --")[0])
    except InvalidRequirement as e:
        reason = str(e).splitlines()[0]
        raise BuildError(
            f"`{line}` is no requirement: {reason}", where, "write it as NAME==VERSION"
        ) from e


def _anchored(line: str, folder: Path) -> str:
    name, value = option(line)
    if name in FIND_LINKS and "://" not in value:
        return f"{name} {folder / value}"
    return line
