"""The search for canaries finds each form of them wherever it is; else what it does not find says nothing."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.canaries import CHUNK, make
from e2e.canary_processes import Watch, processes
from e2e.canary_search import search
from e2e.rig import until

FORMS = sorted(make("any").forms)
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_the_forms_all_differ() -> None:
    canary = make("any")
    assert len(set(canary.forms.values())) == len(canary.forms) > 20
    assert canary.value != make("any").value


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_each_form_in_files(tmp_path: Path, form: str) -> None:
    canary, other = make("this"), make("other")
    text = canary.forms[form]
    # Across the border of two chunks, in a name that says nothing, packed, and hidden.
    places = {"a.so": b"\0" * (CHUNK - 9) + text + b"\xff", ".b/c": b"x" + text, "d": text[:-20]}
    for name, content in places.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "log.1").write_bytes(gzip.compress(b"..." + text))
    (tmp_path / "link").symlink_to("d")
    found = search([tmp_path], [other, canary])
    whole = {str(tmp_path / name) for name in ("a.so", ".b/c", "log.1")}
    assert {path for path, hits in found.files.items() if ("this", form) in hits} == whole
    assert set(found.files) == whole | {str(tmp_path / "d")}
    assert search([tmp_path], [other]).files == {}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "utf-16"])
def test_the_search_finds_each_form_in_processes(form: str) -> None:
    canary = make("this")
    text = canary.forms[form].decode()
    for where, words, env in (("cmdline", [text], {}), ("environ", [], {"LEAK": text})):
        running = subprocess.Popen([*SLEEP, *words], env=env)
        try:
            found = until(lambda: processes([canary]))
        finally:
            running.kill()
            running.wait()
        assert {(one.pid, one.where) for one in found} == {(running.pid, where)}
        assert form in {one.form for one in found}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    assert len(search([tmp_path], [make("any")]).unread) == 1


def test_processes_are_watched() -> None:
    canary = make("this")
    with Watch([]) as watch:
        watch.canaries.append(canary)
        running = subprocess.Popen(SLEEP, env={"LEAK": canary.value})
        until(lambda: watch.seen)
        running.kill()
        running.wait()
    (one,) = {(each.pid, each.uid, each.cwd) for each in watch.seen}
    assert one == (running.pid, os.getuid(), str(Path.cwd()))


def test_it_runs_by_itself(tmp_path: Path) -> None:
    """As it does in machines: an order on stdin, and a stream to search behind it."""
    canary = make("this")
    (tmp_path / "leak").write_text(canary.value)
    (tmp_path / "skipped").mkdir()
    (tmp_path / "skipped/leak").write_text(canary.value)
    skip = [str(tmp_path / "skipped")]
    order = {"canaries": [[canary.name, canary.value]], "roots": [str(tmp_path)], "skip": skip}
    stream = b"x" * CHUNK + canary.forms["hex"]
    done = subprocess.run(
        [sys.executable, "-m", "e2e.canary_search"],
        input=json.dumps(order).encode() + b"\n" + stream,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert list(found["files"]) == [str(tmp_path / "leak")]
    assert (found["stream"], found["processes"]) == ([["this", "hex"]], [])
