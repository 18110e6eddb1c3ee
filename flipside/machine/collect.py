"""Deleting what nobody can go back to: releases and generations on the machine, the store's files.

What is live, pending, tagged, or among the last few is never touched, and neither is anything of
an environment that is being deployed.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flipside.machine import manifests, unpacked
from flipside.machine.files import locked, try_locked
from flipside.machine.generation import others
from flipside.machine.layout import Layout
from flipside.machine.records import Record, Records, last
from flipside.machine.release import clear_leftovers, installed
from flipside.machine.seal import delete, set_aside
from flipside.machine.store import Store


@dataclass
class Collected:
    """What a collection deleted."""

    releases: list[str] = field(default_factory=list)
    """As ``<app>.<env>/<release>``."""
    generations: list[str] = field(default_factory=list)
    """As ``<app>.<env>/<number>``."""
    manifests: list[str] = field(default_factory=list)
    """As ``<app>/<release>``."""
    objects: int = 0
    wheels: int = 0
    """Unpacked ones."""
    bytes: int = 0
    """What became free; a file that another release shares frees nothing."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def collect(store: Store, keep: int, protect: Collection[Path] = ()) -> Collected:
    """Collect every environment that is not being deployed right now, then the store.

    Args:
        store: The release store; its layout says where the apps are.
        keep: Releases to keep per environment, and per app in the store, unless an app says.
        protect: Folders of releases and generations that stay, whatever else is true.
    """
    done, layout = Collected(), store.layout
    for app, env in layout.environments():
        doomed: list[Path] = []
        with try_locked(layout.lock(app, env)) as mine:
            if mine:
                doomed = _set_aside(_Environment(store, app, env, keep), protect, done)
        # Deleting takes long, and must not keep a deploy out.
        _free(doomed, done)
    _collect_store(store, keep, done)
    return done


def collect_environment(
    store: Store, app: str, env: str, keep: int, protect: Collection[Path] = ()
) -> Collected:
    """Collect one environment, and not the store; the caller holds the environment's lock.

    Args:
        store: The release store; its layout says where the apps are.
        app: The app's name.
        env: The environment.
        keep: Releases to keep, unless the app says.
        protect: Folders of releases and generations that stay, whatever else is true.
    """
    done = Collected()
    _free(_set_aside(_Environment(store, app, env, keep), protect, done), done)
    return done


def collect_store(store: Store, keep: int) -> Collected:
    """Collect the store and the unpacked wheels only.

    Args:
        store: The release store.
        keep: Releases to keep per app besides those that are tagged or in a record.
    """
    done = Collected()
    _collect_store(store, keep, done)
    return done


@dataclass(frozen=True)
class _Environment:
    store: Store
    app: str
    env: str
    default_keep: int

    @property
    def layout(self) -> Layout:
        return self.store.layout

    @property
    def name(self) -> str:
        return self.layout.unit(self.app, self.env)

    def keep(self, record: Record) -> int:
        """Return how many releases the live one wants kept here."""
        live = record["release"] and self.store.manifests.get(self.app, record["release"])
        config = live["config"] if live else {}
        own = (config.get("environments") or {}).get(self.env) or {}
        return int(own.get("keep") or config.get("keep") or self.default_keep)

    def trimmed_record(self) -> Record:
        """Return the record, its undo stack cut to what is kept."""
        records = Records(self.layout)
        record = records.load(self.app, self.env)
        keep = self.keep(record)
        if last(record["history"], keep) == record["history"]:
            return record
        return records.trim(self.app, self.env, keep)

    def generations_to_keep(self, protect: Collection[Path]) -> list[Path]:
        """Return the folders of the generation that serves and of the protected ones."""
        folder = self.layout.generations(self.app, self.env)
        current = self.layout.current(self.app, self.env).resolve()
        every = [path for path in folder.glob("[!.]*") if path.is_dir()]
        return [path for path in every if path in protect or path.resolve() == current]

    def last_of_each(self, releases: Collection[str]) -> set[str]:
        """Return the numbers of the generations in which releases served last: a rollback's."""
        every = [one for one in others(self.layout, self.app, self.env, None) if one.served]
        newest = {one.release: one.number for one in sorted(every, key=lambda one: one.number)}
        return {str(number) for release, number in newest.items() if release in releases}


def _set_aside(where: _Environment, protect: Collection[Path], done: Collected) -> list[Path]:
    """Rename what goes; the caller holds the lock."""
    generations = where.generations_to_keep(protect)
    record = where.trimmed_record()
    # Those that were rolled back from are no longer in the undo stack, and may well come again.
    recent = installed(where.layout, where.app, where.env)[: where.keep(record)]
    releases = _referenced(record) | set(recent)
    releases |= {(generation / "release").resolve().name for generation in generations}
    folder = where.layout.releases(where.app, where.env)
    releases |= {path.name for path in protect if path.parent == folder}
    clear_leftovers(folder)
    doomed = _others(folder, releases)
    done.releases += [f"{where.name}/{path.name}" for path in doomed]
    folder = where.layout.generations(where.app, where.env)
    kept = {generation.name for generation in generations} | where.last_of_each(releases)
    spent = _others(folder, kept)
    done.generations += [f"{where.name}/{path.name}" for path in spent]
    return [set_aside(path) for path in spent + doomed]


def _referenced(record: Record) -> set[str]:
    pending = record["pending"]
    found = {*record["history"], record["release"], pending and pending["release"]}
    return {release for release in found if release}


def _others(folder: Path, kept: Collection[str]) -> list[Path]:
    found = [path for path in folder.glob("[!.]*") if path.name not in kept]
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


def _free(doomed: Collection[Path], done: Collected) -> None:
    for folder in doomed:
        done.bytes += _own_bytes(folder)
        delete(folder)


def _own_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            found = os.lstat(f"{parent}/{name}")
            total += found.st_size if found.st_nlink == 1 else 0
    return total


def _collect_store(store: Store, keep: int, done: Collected) -> None:
    with locked(store.layout.store_lock):
        for app in store.manifests.apps():
            for release in _unwanted(store, app, keep):
                store.manifests.remove(app, release)
                done.manifests.append(f"{app}/{release}")
        referenced = {
            sha256
            for app in store.manifests.apps()
            for manifest in store.manifests.all(app)
            for sha256, _ in manifests.objects(manifest)
        }
        done.objects, freed = store.objects.collect(referenced)
    done.bytes += freed
    done.wheels = unpacked.collect(store.layout, referenced)


def _unwanted(store: Store, app: str, keep: int) -> list[str]:
    wanted = set(store.tags(app).values())
    for record in Records(store.layout).all():
        if record["app"] == app:
            wanted |= _referenced(record)
    older = [manifest["id"] for manifest in store.manifests.all(app)[keep:]]
    return [release for release in older if release not in wanted]
