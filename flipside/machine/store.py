"""The release store on the master: files by content, manifests, and tags that move."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flipside.errors import FlipsideError, NotFoundError
from flipside.machine import manifests
from flipside.machine.files import age, locked, now, read_json, write_json
from flipside.machine.layout import Layout, is_release_id
from flipside.machine.manifests import Manifest, Manifests
from flipside.machine.objects import Objects

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SHOWN = 5


def check_tag(tag: str) -> str:
    """Return ``tag`` if it can be a tag's name.

    Raises:
        FlipsideError: If it cannot, as one that has the form of a release id.
    """
    if is_release_id(tag):
        what = f"{tag!r} has the form of a release id, and so cannot be a tag"
        raise FlipsideError(what, next="choose another --tag")
    if _TAG.fullmatch(tag):
        return tag
    raise FlipsideError(
        f"{tag!r} is no name for a tag: it takes 1 to 63 letters, digits, dots, hyphens and"
        " underscores, a letter or digit first",
        next="choose another --tag",
    )


class Store:
    """A release store.

    Any number may publish and read at once: readers see a release whole or not at all.

    Args:
        layout: Where it lies.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.objects = Objects(layout)
        self.manifests = Manifests(layout)
        # It holds generated secrets and the apps' settings.
        layout.store.mkdir(parents=True, exist_ok=True, mode=0o700)

    def missing(self, shas: Collection[str]) -> list[str]:
        """Return the SHA-256s that the store has no file for."""
        return self.objects.missing(shas)

    def adopt(self, incoming: Path, sha256: str, name: str) -> Path:
        """Take over an upload; see `Objects.adopt`."""
        return self.objects.adopt(incoming, sha256, name)

    def publish(self, manifest: Manifest, tags: Collection[str], by: str) -> Manifest:
        """Keep a release, and point tags at it.

        Args:
            manifest: What it consists of; each of its files must have been adopted.
            tags: Their names; each is moved if it exists.
            by: Who publishes, as ``user@host``.

        Returns:
            The manifest as kept. A release published before keeps its first ``published``.

        Raises:
            NotFoundError: If a file is missing.
            FlipsideError: If the id is not the content's, or a tag's name cannot be one.
        """
        names = [check_tag(tag) for tag in tags]
        with (
            locked(self.layout.store_lock, shared=True),
            self._changing_tags(manifest["app"]) as all_tags,
        ):
            for sha256, name in manifests.objects(manifest):
                self.objects.require(sha256, name)
            kept = self.manifests.add({**manifest, "published": {"at": now(), "by": by}})
            for name in names:
                all_tags[name] = kept["id"]
        return kept

    def resolve(self, app: str, ref: str) -> Manifest:
        """Return the manifest that ``ref`` stands for.

        Args:
            app: The app's name.
            ref: A release id, else a tag, else the version or the hash of just one release.

        Raises:
            NotFoundError: If it stands for none, or for several; it lists what there is.
        """
        # Tags first: they are written last, so each one read has its release.
        tags = self.tags(app)
        known = self.manifests.all(app)
        ids = {manifest["id"] for manifest in known}
        wanted = ref if ref in ids else tags.get(ref, ref)
        exact = [manifest for manifest in known if manifest["id"] == wanted]
        # Whole versions only: 0.1 must never stand for 0.10.
        found = exact or [m for m in known if ref in (m["version"], m["id"].rpartition("-")[2])]
        if len(found) == 1:
            return found[0]
        raise self._unknown(app, ref, found or known, ambiguous=bool(found))

    def tag(self, app: str, tag: str, release: str) -> None:
        """Point a tag at a release.

        Raises:
            NotFoundError: If there is no such release.
        """
        with self._changing_tags(app) as tags:
            if not self.manifests.get(app, release):
                raise self._unknown(app, release, self.manifests.all(app))
            tags[check_tag(tag)] = release

    def untag(self, app: str, tag: str) -> None:
        """Remove a tag; its release stays.

        Raises:
            NotFoundError: If there is no such tag.
        """
        with self._changing_tags(app) as tags:
            if tag not in tags:
                raise self._unknown(app, tag, self.manifests.all(app))
            del tags[tag]

    def tags(self, app: str) -> dict[str, str]:
        """Return each tag's release id."""
        found: dict[str, str] = read_json(self.layout.tags(app), {})
        return found

    def releases(self, app: str) -> list[dict[str, Any]]:
        """Return ``id``, ``version``, ``at``, ``by``, ``tags`` of each release, newest first."""
        tags = self.tags(app)
        return [
            {
                "id": manifest["id"],
                "version": manifest["version"],
                **manifest["published"],
                "tags": sorted(tag for tag, release in tags.items() if release == manifest["id"]),
            }
            for manifest in self.manifests.all(app)
        ]

    @contextmanager
    def _changing_tags(self, app: str) -> Iterator[dict[str, str]]:
        path = self.layout.tags(app)
        with locked(path.with_suffix(".lock")):
            tags = self.tags(app)
            before = dict(tags)
            yield tags
            if tags != before:
                write_json(path, tags, 0o640)

    def _unknown(
        self, app: str, ref: str, known: list[Manifest], *, ambiguous: bool = False
    ) -> NotFoundError:
        if not known:
            return NotFoundError(
                f"nothing has been published of {app}, so there is no {ref!r}",
                next="flipside app.publish",
            )
        tags = self.tags(app)
        lines = [f"{app} has {'several releases' if ambiguous else 'no release or tag'} {ref!r}"]
        near = difflib.get_close_matches(ref, [*tags, *(m["id"] for m in known)], n=1)
        if near and not ambiguous:
            lines[0] += f"; did you mean {near[0]!r}?"
        lines += [f"  tag {tag} -> {release}" for tag, release in sorted(tags.items())]
        lines += [f"  {m['id']}  published {age(m['published']['at'])}" for m in known[:_SHOWN]]
        return NotFoundError("\n".join(lines), next="flipside app.releases")
