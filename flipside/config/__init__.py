"""The models of `.flipside-app` and `.flipside-platform`, and their loading.

Importing this costs some 0.15 s (pydantic): only what needs the models should.
"""

from __future__ import annotations

from flipside.config.app import AppConfig, EnvironmentConfig, StepConfig, StepsConfig
from flipside.config.build import BuildConfig
from flipside.config.load import (
    APP_FILE,
    PLATFORM_FILE,
    LoadedApp,
    LoadedPlatform,
    as_label,
    find_platform,
    load_app,
    load_platform,
)
from flipside.config.platform import PlatformConfig
from flipside.config.save import save_app, save_platform, write_app, write_platform
from flipside.config.serve import HealthConfig, NginxConfig, StaticConfig, WsgiConfig
from flipside.config.template import template_names
from flipside.config.uwsgi import UwsgiConfig

__all__ = [
    "APP_FILE",
    "PLATFORM_FILE",
    "AppConfig",
    "BuildConfig",
    "EnvironmentConfig",
    "HealthConfig",
    "LoadedApp",
    "LoadedPlatform",
    "NginxConfig",
    "PlatformConfig",
    "StaticConfig",
    "StepConfig",
    "StepsConfig",
    "UwsgiConfig",
    "WsgiConfig",
    "as_label",
    "find_platform",
    "load_app",
    "load_platform",
    "save_app",
    "save_platform",
    "template_names",
    "write_app",
    "write_platform",
]
