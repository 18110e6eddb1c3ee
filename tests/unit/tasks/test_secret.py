"""The tasks about secrets: what they do in a platform's folder, and what they never print."""

from __future__ import annotations

import io
import json
import shlex
import sys
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from flipside.secrets import identity, keyring, recipients
from flipside.secrets.folder import Secrets
from flipside.tasks.secret import collection

HERE = ("guestbook", "production")
CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch) -> Path:
    """A platform's folder with a key and an app in it; the test begins in the app's."""
    monkeypatch.delenv("FLIPSIDE_PLATFORM", raising=False)
    monkeypatch.setenv("FLIPSIDE_KEYS", str(tmp_path / "ring"))
    folder = tmp_path / "box"
    (folder / "guestbook").mkdir(parents=True)
    (folder / ".flipside-platform").write_text("name: box\n")
    (folder / "guestbook/.flipside-app").write_text("name: guestbook\nsecrets: [KEY]\n")
    monkeypatch.chdir(folder / "guestbook")
    recipients.write(Secrets(folder).path, {"platform": keyring.make("box")[0]})
    return folder


@pytest.fixture
def run(capsys):
    """Run a task; returns its status, and what it printed."""

    def go(task: str, /, *words: str, **options) -> tuple[int, str]:
        given = {"words": [*words], **options} if words else options
        try:
            collection[task](Context(), **given)
            status = 0
        except Exit as ended:
            status = ended.code
        said = "".join(capsys.readouterr())
        assert CANARY not in said
        assert identity.MARK not in said
        return status, said

    return go


@pytest.fixture
def pipe(monkeypatch):
    """Pipe text in."""
    wrap = io.TextIOWrapper
    return lambda text: monkeypatch.setattr(sys, "stdin", wrap(io.BytesIO(text.encode())))


def opened(box: Path, *where: str) -> dict[str, str]:
    return Secrets(box).opened(*(where or HERE), keyring.identities())


def content(box: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in box.rglob("*") if path.is_file()}


def test_a_value_is_piped_in_and_written_sealed(box, run, pipe) -> None:
    pipe(f"{CANARY}\n")
    status, said = run("set", "KEY")
    assert status == 0
    assert f"guestbook/production/KEY: wrote {Secrets(box).sheet(*HERE)}; commit it" in said
    assert "flipside app.deploy" in said
    assert opened(box) == {"KEY": CANARY}
    assert CANARY.encode() not in b"".join(content(box).values())


def test_a_value_is_of_a_file_to_the_last_byte(box, run, tmp_path) -> None:
    (tmp_path / "value").write_text(f"{CANARY}\n")
    assert run("set", "KEY", file=str(tmp_path / "value"))[0] == 0
    assert opened(box) == {"KEY": f"{CANARY}\n"}


def test_a_generated_value_is_never_shown(box, run) -> None:
    status, said = run("set", "KEY", generate=True, json=True)
    done = json.loads(said)
    assert (status, done["secret"], done["replaced"]) == (0, "guestbook/production/KEY", False)
    (value,) = opened(box).values()
    assert len(value) == 64
    assert value not in said
    assert json.loads(run("set", "KEY", generate=True, json=True)[1])["replaced"] is True
    assert opened(box) != {"KEY": value}


def test_app_and_environment_may_be_named(box, run, monkeypatch) -> None:
    monkeypatch.chdir(box)
    assert run("set", "blog", "KEY", env="staging", generate=True)[0] == 0
    assert opened(box, "blog", "staging").keys() == {"KEY"}
    status, said = run("set", "KEY", generate=True)
    assert (status, "no app is named" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "takes the name of a variable"),
        (["KEY", "VALUE", "x"], "takes the name of a variable"),
        ([f"KEY={CANARY}"], "takes the name of a variable"),
        (["guestbook", f"KEY={CANARY}"], "takes the name of a variable"),
        (["1KEY"], "takes the name of a variable"),
        (["FLIPSIDE_KEY"], "the platform sets these itself"),
        (["Guest_Book", "KEY"], "no name for an app"),
    ],
)
@pytest.mark.parametrize("task", ["set", "unset"])
def test_words_that_cannot_be_write_nothing(box, run, task, words, what) -> None:
    before = content(box)
    status, said = run(task, *words)
    assert (status, what in said) == (1, True)
    assert content(box) == before


@pytest.mark.parametrize("name", ["KEY", "key"])
@pytest.mark.parametrize("task", ["set", "unset"])
def test_a_value_behind_the_name_is_not_repeated(box, run, task, name) -> None:
    """`secret.set NAME VALUE` takes NAME for an app, so VALUE for a name."""
    before = content(box)
    assert run(task, name, CANARY)[0] == 1
    assert content(box) == before


def test_one_says_only_once_what_the_value_is(box, run, tmp_path) -> None:
    status, said = run("set", "KEY", generate=True, file="x")
    assert (status, "--generate and --file" in said) == (1, True)


def test_an_environment_that_cannot_be_is_said(box, run) -> None:
    status, said = run("set", "KEY", env="a.b", generate=True)
    assert (status, "no name for an environment" in said) == (1, True)


def test_nobody_types_a_value_that_cannot_be_kept(box, run, pipe) -> None:
    """Without a platform's key it says so before it asks."""
    (Secrets(box).path / recipients.FILE).unlink()
    pipe("")
    status, said = run("set", "KEY")
    assert (status, "has no key yet" in said) == (1, True)


def test_a_value_is_removed(box, run) -> None:
    run("set", "KEY", generate=True)
    status, said = run("unset", "KEY")
    assert (status, "guestbook/production/KEY: wrote" in said) == (0, True)
    assert opened(box) == {}
    status, said = run("unset", "KEY")
    assert (status, "no secret KEY in production (there are: none)" in said) == (1, True)


def test_names_are_listed_without_a_key(box, run, monkeypatch) -> None:
    for words in (["KEY"], ["OTHER"], ["blog", "KEY"]):
        run("set", *words, generate=True)
    for path in keyring.files():
        path.unlink()
    rows = [line.split() for line in run("list")[1].splitlines()]
    assert rows[1:] == [["guestbook", "production", "KEY"], ["guestbook", "production", "OTHER"]]
    assert [each["app"] for each in json.loads(run("list", name="blog", json=True)[1])] == ["blog"]
    monkeypatch.chdir(box)
    assert len(json.loads(run("list", json=True)[1])) == 3
    assert "there is no secret yet" in run("list", name="nobody")[1]


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Let the editor do something to the file ``path``."""

    def does(lines: str) -> None:
        script = tmp_path / "editor.py"
        script.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\n{lines}\n")
        monkeypatch.setenv("VISUAL", shlex.join([sys.executable, str(script)]))

    return does


def test_an_editor_changes_what_it_changes(box, run, pipe, editor) -> None:
    pipe(CANARY)
    run("set", "KEY")
    run("set", "OLD", generate=True)
    kept = Secrets(box).values(*HERE)["KEY"]
    editor(f"path.write_text('KEY: {CANARY}\\nNEW: {CANARY}\\n')")
    status, said = run("edit")
    assert status == 0
    assert "guestbook production: set NEW\nguestbook production: unset OLD\n" in said
    assert opened(box) == {"KEY": CANARY, "NEW": CANARY}
    assert Secrets(box).values(*HERE)["KEY"] == kept
    editor("")
    assert "nothing was changed" in run("edit")[1]


def test_a_bad_edit_with_nobody_to_mend_it_changes_nothing(box, run, pipe, editor) -> None:
    run("set", "KEY", generate=True)
    before = content(box)
    editor(f"path.write_text('KEY: [{CANARY}')")
    assert run("edit")[0] == 1
    editor("sys.exit(3)")
    status, said = run("edit")
    assert (status, "the editor ended with 3; nothing was changed" in said) == (1, True)
    assert content(box) == before


def test_without_a_private_key_no_editor_starts(box, run, editor, tmp_path) -> None:
    run("set", "KEY", generate=True)
    for path in keyring.files():
        path.rename(tmp_path / "elsewhere")
    editor(f"open({str(tmp_path / 'started')!r}, 'w')")
    status, said = run("edit")
    assert (status, "name one with --identity" in said) == (1, True)
    assert not (tmp_path / "started").exists()
    assert run("edit", identity=str(tmp_path / "elsewhere"))[0] == 0
    assert (tmp_path / "started").exists()


def test_the_check_is_a_status_for_a_hook(box, run) -> None:
    run("set", "KEY", generate=True)
    assert run("check") == (0, "all is encrypted\n")
    with Secrets(box).sheet(*HERE).open("a") as file:
        file.write(f"P: {CANARY}\n")
    (box / "guestbook/.flipside-app").write_text(
        f"name: guestbook\nsecrets: [KEY]\nenv: {{KEY: {CANARY}}}\n"
    )
    status, said = run("check")
    assert status == 1
    assert f"{Secrets(box).sheet(*HERE)}:3: plain text" in said
    assert said.endswith("2 problems\n")
    status, said = run("check", json=True)
    assert (status, len(json.loads(said))) == (1, 2)


def test_recipients_are_listed_added_and_removed(box, run) -> None:
    run("set", "KEY", generate=True)
    ann = identity.public(identity.generate())
    platform = recipients.read(Secrets(box).path)["platform"]
    assert [line.split() for line in run("recipients")[1].splitlines()][1] == ["platform", platform]
    status, said = run("recipients", "add", "ann", ann)
    assert status == 0
    assert "1 values are encrypted for: platform, ann" in said
    assert json.loads(run("recipients", json=True)[1]) == {"platform": platform, "ann": ann}
    status, said = run("recipients", "remove", "ann")
    assert (status, "ann can still open old copies" in said) == (0, True)
    status, said = run("recipients", "ann")
    assert (status, "not understood" in said) == (1, True)


def test_a_private_key_as_a_word_is_not_repeated(box, run) -> None:
    key = identity.generate()
    for words in (["add", "ann", key], ["add", key], ["remove", key]):
        assert run("recipients", *words)[0] == 1


def test_a_key_is_not_rotated_without_a_machine(box, run) -> None:
    """There is none behind this folder; nothing is changed."""
    run("set", "KEY", generate=True)
    before = content(box)
    status, said = run("rotate-key")
    assert (status, "next:" in said) == (1, True)
    assert content(box) == before
