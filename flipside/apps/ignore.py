"""What git would leave out of a folder, by its .gitignore files.

Source: https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from flipside.apps.run import run
from flipside.errors import BuildError

IGNORE_FILE = ".gitignore"
POINTERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""Set inside a git hook, and about the hook's repository, not about ours."""


@dataclass(frozen=True)
class Rule:
    """One ignore file's patterns, and how a path of the app's folder reads from there."""

    spec: GitIgnoreSpec
    lead: str = ""
    strip: int = 0

    def says(self, name: str) -> bool | None:
        """Return whether the path is ignored; None when no pattern is about it."""
        return self.spec.check_file(self.lead + name[self.strip :]).include


Rules = tuple[Rule, ...]


def ignored(rules: Rules, name: str) -> bool:
    """Return whether git ignores a path (a folder's ends with ``/``).

    The deepest ignore file that has an opinion decides.
    """
    return next((said for rule in reversed(rules) if (said := rule.says(name)) is not None), False)


def spec_of(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the patterns; like git, without those that mean nothing."""
    return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def rules_below(folder: Path, name: str, rules: Rules) -> Rules:
    """Return the rules within a subfolder (``sub/``; empty for the folder itself)."""
    spec = _read(folder / name / IGNORE_FILE)
    return (*rules, Rule(spec, strip=len(name))) if spec else rules


def checkout_of(folder: Path) -> Path | None:
    """Return the top of the git checkout that the folder is part of, or None.

    A folder that the checkout ignores is no part of it: the checkout may be somebody's whole home.
    """
    top = next((p for p in (folder, *folder.parents) if (p / ".git").exists()), None)
    if top in (None, folder):
        return top
    ignores = _git(folder, ["check-ignore", "--quiet", str(folder)]) is not None
    return None if ignores else top


def rules_above(folder: Path, top: Path) -> Rules:
    """Return the rules that a checkout lays on a folder within it."""
    between = [p for p in reversed(folder.parents) if p == top or top in p.parents]
    found = [(top, top / ".git" / "info" / "exclude"), *((p, p / IGNORE_FILE) for p in between)]
    specs = [(_lead(folder, at), _read(file)) for at, file in found]
    return tuple(Rule(spec, lead) for lead, spec in specs if spec)


def tracked(folder: Path) -> frozenset[str]:
    """Return the paths that git tracks in the folder; none where git is absent."""
    listed = _git(folder, ["ls-files", "-z"]) or ""
    return frozenset(name for name in listed.split("\0") if name)


def _git(folder: Path, arguments: list[str]) -> str | None:
    """Return what git prints; None where it is absent or says no."""
    env = {k: v for k, v in os.environ.items() if k not in POINTERS}
    try:
        return run(["git", *arguments], folder, env)
    except BuildError:
        return None


def _lead(folder: Path, at: Path) -> str:
    return "" if at == folder else folder.relative_to(at).as_posix() + "/"


def _read(file: Path) -> GitIgnoreSpec | None:
    try:
        return spec_of(file.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return None


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
