"""500 secrets of 100 apps: what they add to compiling the pillar, beside the same in plain text."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from bench import ROUNDS, Platform, Result, heading, platform, rows

from flipside.secrets import identity, recipients, sheet
from flipside.secrets.sealed import Place, seal

APPS, EACH, OPERATORS = 100, 5, 2
VALUE = "x" * 64
# Runs in Salt's own environment, as its master does: seconds of a first compilation, and of later ones.
COMPILE = """
import json, statistics, sys, time
import salt.config, salt.pillar
root = sys.argv[1]
opts = salt.config.master_config(f"{root}/etc/salt/master/master")
grains = {"flipside": {"root": root, "kind": "local"}}
def once():
    begun = time.perf_counter()
    made = salt.pillar.Pillar(opts, grains, "platform", "base").compile_pillar()
    return time.perf_counter() - begun, made
first, made = once()
found = made.get("secrets", {})
count = sum(len(e["secrets"]) for app in found.values() for e in app.values())
again = statistics.median(once()[0] for _ in range(5))
print(json.dumps({"first": first, "again": again, "count": count}))
"""


def measure(on: Platform) -> list[Result]:
    """Compile without any, with sealed ones, and with plain ones."""
    folder = on / "store/pillar/secrets"
    none = compiled(on, 0)
    readers = [recipients.read(on.folder / "pillar/secrets")["platform"]]
    readers += [identity.public(identity.generate()) for _ in range(OPERATORS)]
    for app in apps():
        write(folder, app, sheet.text({n: seal(VALUE, Place(*app, n), readers) for n in names()}))
    sealed = compiled(on, APPS * EACH)
    shutil.rmtree(folder)
    # A top file of the platform's own takes the place of the shipped one.
    own = on / "srv/pillar-own"
    (own / "top.sls").write_text("base: {'*': [flipside, plain.*]}\n")
    for app in apps():
        write(own / "plain", app, plain(*app))
    beside = compiled(on, APPS * EACH)
    shutil.rmtree(own)
    own.mkdir()
    what = f"{APPS * EACH} secrets of {APPS} apps add to the pillar's"
    return [
        Result(
            f"{what} {kind} compilation",
            sealed[key] - none[key],
            "s",
            0.3,
            "the same values in plain YAML",
            beside[key] - none[key],
        )
        for key, kind in (("first", "first"), ("again", "next"))
    ]


def apps() -> list[tuple[str, str]]:
    """App and environment of each."""
    return [(f"app{number}", "production") for number in range(APPS)]


def names() -> list[str]:
    """The variables of one."""
    return [f"KEY_{number}" for number in range(EACH)]


def write(folder: Path, app: tuple[str, str], text: str) -> None:
    """Write the sheet of an app."""
    path = folder / app[0] / f"{app[1]}.sls"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def plain(app: str, env: str) -> str:
    """An SLS that makes the same pillar."""
    values = {"secrets": {app: {env: {"secrets": dict.fromkeys(names(), VALUE)}}}}
    return f"#!yaml\n{json.dumps(values)}\n"


def compiled(on: Platform, count: int) -> dict[str, float]:
    """Median seconds, in processes of their own, of a compilation that finds so many values."""
    argv = [str(on / "venv/bin/python"), "-c", COMPILE, str(on.root)]
    runs = [json.loads(said(argv)) for _ in range(ROUNDS)]
    if {run["count"] for run in runs} != {count}:
        sys.exit(f"the pillar does not have {count} values: {runs}")
    return {key: statistics.median(run[key] for run in runs) for key in ("first", "again")}


def said(argv: list[str]) -> str:
    """The last line that a command prints."""
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    with platform() as on:
        heading()
        rows(measure(on))
