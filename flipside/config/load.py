"""Finding and loading `.flipside-app` and `.flipside-platform`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from flipside.config.app import AppConfig
from flipside.config.platform import PlatformConfig
from flipside.config.read import Source, checked, read_source
from flipside.config.template import template_defaults
from flipside.errors import NotFoundError
from flipside.machine.merge import merge

APP_FILE = ".flipside-app"
PLATFORM_FILE = ".flipside-platform"
PLATFORM_VARIABLE = "FLIPSIDE_PLATFORM"
BOOTSTRAP = "flipside platform.bootstrap --target=local"


@dataclass(frozen=True)
class LoadedApp:
    """An app's config, the folder that it describes, and the file it came from."""

    config: AppConfig
    folder: Path
    path: Path


@dataclass(frozen=True)
class LoadedPlatform:
    """A platform's config, its folder (absolute), and the file it came from."""

    config: PlatformConfig
    folder: Path
    path: Path


def find_up(start: Path, name: str) -> Path | None:
    """Return the file `name` in `start` or the nearest folder above it, None without one."""
    start = start.absolute()
    paths = (folder / name for folder in (start, *start.parents))
    return next((path for path in paths if os.path.lexists(path)), None)


def load_app(folder: Path, templates: Path | None = None) -> LoadedApp:
    """Return the app that `folder`, or the nearest folder above it, describes.

    Args:
        folder: Where to look.
        templates: The folder of the app templates, Flipside's own if None.

    Raises:
        NotFoundError: There is no `.flipside-app`, or no template of the name that it says.
        BadConfigError: It cannot be used as it stands.
    """
    path = find_up(folder, APP_FILE)
    if path is None:
        what = f"no {APP_FILE} here or above"
        raise NotFoundError(what, str(folder.absolute()), "flipside app.bootstrap NAME")
    source = read_source(path)
    return LoadedApp(app_config(source, templates), path.parent, path)


def app_config(source: Source, templates: Path | None = None) -> AppConfig:
    """Return what the file says laid over the defaults of the template that it names."""
    data = source.document.data
    name, template = data.get("name"), data.get("template")
    sources = [source]
    if template is None:
        template = AppConfig.model_fields["template"].default
    if isinstance(template, str):
        where, stand_in = source.at(("template",)), name if isinstance(name, str) else "app"
        sources.append(template_defaults(template, stand_in, where, templates))
        data = merge(sources[1].document.data, data)
    return checked(AppConfig, data, sources)


def load_platform(path: Path) -> LoadedPlatform:
    """Return the platform that the file describes; its name is the folder's if it says none.

    Raises:
        BadConfigError: The file cannot be used as it stands.
    """
    source = read_source(path)
    folder = path.absolute().parent
    data = merge({"name": as_label(folder.name, "platform")}, source.document.data)
    return LoadedPlatform(checked(PlatformConfig, data, [source]), folder, path.absolute())


def as_label(text: str, otherwise: str) -> str:
    """Return `text` as a DNS label, `otherwise` where nothing is left of it."""
    label = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return label[:63].strip("-") or otherwise


def find_platform(start: Path, explicit: str | None, app: LoadedApp | None) -> LoadedPlatform:
    """Return the platform to work on.

    The first of these that is given says it: `explicit`, $FLIPSIDE_PLATFORM, the app's `platform`
    key; otherwise the nearest `.flipside-platform` in `start` or above it.

    Args:
        start: Where to look.
        explicit: The --platform option: a folder, or a file.
        app: The app in hand.

    Raises:
        NotFoundError: There is none.
        BadConfigError: It cannot be used as it stands.
    """
    said = _said(explicit, app)
    if said:
        path, by = said
        return load_platform(_file(path, by))
    found = find_up(start, PLATFORM_FILE)
    if found is None:
        raise NotFoundError(f"no {PLATFORM_FILE} here or above", str(start.absolute()), BOOTSTRAP)
    return load_platform(found)


def _said(explicit: str | None, app: LoadedApp | None) -> tuple[Path, str] | None:
    if explicit:
        return Path(explicit), "--platform"
    variable = os.environ.get(PLATFORM_VARIABLE)
    if variable:
        return Path(variable), f"${PLATFORM_VARIABLE}"
    if app and app.config.platform:
        return app.folder / app.config.platform, f"`platform` in {app.path}"
    return None


def _file(path: Path, by: str) -> Path:
    path = path.expanduser()
    path = Path(os.path.normpath(path.absolute()))
    file = path / PLATFORM_FILE if path.is_dir() else path
    if not file.exists():
        raise NotFoundError(f"{by} names no platform: {file} does not exist", by, BOOTSTRAP)
    return file
