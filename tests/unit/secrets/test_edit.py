"""Secrets in an editor: a real one, made of a few lines of Python."""

from __future__ import annotations

import os
import random
import shlex
import sys
import time
from pathlib import Path

import pytest

from flipside.errors import FlipsideError, SecretError
from flipside.secrets import edit, keyring
from flipside.secrets.sealed import Place
from flipside.secrets.value import LONGEST

CANARY = "canary-7f3a"
PEM = "-----BEGIN KEY-----\nMIIE+/=\n\n  indented\ntrailing \n-----END KEY-----\n"
TRICKY = {
    "PEM": PEM,
    "PEM_CUT": PEM.rstrip(),
    "LINE": "one\n",
    "LINES": "one\n\n\n",
    "LEADING": "\n\none",
    "FIRST": " one\ntwo",
    "LAST": "one\ntwo ",
    "TABS": "\ta\tb\t",
    "TAB_LINES": "a\n\tb\n\t\nc",
    "CRLF": "a\r\nb\r\n",
    "CR": "a\rb",
    "YES": "yes",
    "NULL": "null",
    "TILDE": "~",
    "OCTAL": "007",
    "FLOAT": "1.10",
    "DATE": "2024-01-01",
    "MAP": "{a: b}",
    "LIST": "[a, b]",
    "DASH": "- a",
    "COMMENT": "# x",
    "HASH": "a # b",
    "COLON": "a: b",
    "QUOTES": "'\"",
    "ANCHOR": "&a *b !c |",
    "PERCENT": "%YAML @x `y",
    "MARKER": "---\n...\n--- x",
    "HASH_LINES": "# a\n# b\nc: d\n",
    "JINJA": "{{ x }} {% y %}",
    "BACK": "\\n \\\\ \\x00 \\",
    "SPACE": " ",
    "TWO_QUOTES": '""',
    "NEWLINE": "\n",
    "EMOJI": "🔑 é 漢",
    "ODD": "\x01\x1b[0m\x7f\x85\xa0\u2028\ufeff\U0010ffff",
    "BOM": "\ufeffx",
    "MERGE": "<<",
    "LONG": "word " * 4000,
    "LONG_LINES": f"{'x' * 70}\n" * 900,
}


class Editor:
    """A program that does to the file ``path`` what its lines say.

    Attributes:
        seen: What it saw of the file each time: path, mode, its folder's mode, text.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, monkeypatch

    def does(self, lines: str = "") -> None:
        script, log = self.folder / "my editor.py", self.folder / "seen"
        script.write_text(
            "import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\n"
            "seen = [str(path), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777]\n"
            "text = path.read_bytes().decode()\n"
            f"with open({str(log)!r}, 'a') as log: print([*seen, text], file=log)\n"
            f"turn = open({str(log)!r}).read().count('\\n')\n{lines}\n"
        )
        self.patch.delenv("VISUAL", raising=False)
        self.patch.setenv("EDITOR", shlex.join([sys.executable, str(script)]))

    @property
    def seen(self) -> list[tuple[Path, int, int, str]]:
        lines = (self.folder / "seen").read_text().splitlines()
        found = [eval(line) for line in lines]
        return [(Path(path), *rest) for path, *rest in found]


@pytest.fixture
def editor(tmp_path, monkeypatch):
    made = Editor(tmp_path, monkeypatch)
    yield made
    if (tmp_path / "seen").exists():
        assert {path.parent for path, *_ in made.seen if path.parent.exists()} == set()


def never(error: FlipsideError) -> bool:
    return False


def edited(values: dict[str, str], again=never) -> dict[str, str] | None:
    return edit.edited(values, "guestbook production", again)


def refusal(editor: Editor, text: str) -> FlipsideError:
    editor.does(f"path.write_text({text!r})")
    with pytest.raises(FlipsideError) as caught:
        edited({"OLD": CANARY})
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.as_dict()}"
    return caught.value


@pytest.mark.parametrize("name", TRICKY)
def test_a_value_that_is_left_alone_stays_what_it_is(editor, name) -> None:
    editor.does("path.write_text(text + 'ADDED: x\\n')")
    assert edited({name: TRICKY[name]}) == {name: TRICKY[name], "ADDED": "x"}


def test_all_of_them_at_once_stay_what_they_are(editor) -> None:
    editor.does("path.write_text(text + 'ADDED: x\\n')")
    assert edited(TRICKY) == {**TRICKY, "ADDED": "x"}


def test_values_at_random_stay_what_they_are(editor) -> None:
    chance = random.Random(7)
    letters = "ab \n\t\r#:-'\"\\{}[]%&*!|>@`~,?🔑é\x85\u2028\x1b"
    values = {f"V{n}": "".join(chance.choices(letters, k=n % 12 + 1)) for n in range(400)}
    editor.does("path.write_text(text + 'ADDED: x\\n')")
    assert edited(values) == {**values, "ADDED": "x"}


def test_many_short_lines_take_no_time(editor) -> None:
    values = {"A": "x\n" * 20_000 + "\n"}
    editor.does("path.write_text(text + 'ADDED: x\\n')")
    begun = time.monotonic()
    assert edited(values) == {**values, "ADDED": "x"}
    assert time.monotonic() - begun < 3


def test_several_lines_are_shown_as_they_are(editor) -> None:
    editor.does()
    assert edited({"KEY": "one\n  two\n", "B": "x"}) is None
    assert editor.seen[0][3] == (
        "# One NAME: value for each secret of guestbook production. Saved empty, nothing changes.\n"
        'B: "x"\nKEY: |\n  one\n    two\n'
    )


def test_a_long_value_is_one_line(editor) -> None:
    editor.does()
    edited({"A": "word " * 400})
    assert editor.seen[0][3].splitlines()[1] == f'A: "{"word " * 400}"'


def test_what_was_changed_added_and_deleted_is_told(editor, secrets) -> None:
    """And the ciphertext of what was not stays as it is."""
    for name in ("A", "B", "C"):
        secrets.set(Place("guestbook", "production", name), name)
    sealed = secrets.values("guestbook", "production")
    before = secrets.opened("guestbook", "production", keyring.identities())
    editor.does('path.write_text(\'D: 007\\nB: "b"\\nA: "A"\\n\')')
    after = edited(before)
    assert after == {"A": "A", "B": "b", "D": "007"}
    done = secrets.replace("guestbook", "production", before, after)
    assert done == {"set": ["B", "D"], "unset": ["C"]}
    assert secrets.values("guestbook", "production")["A"] == sealed["A"]
    assert secrets.opened("guestbook", "production", keyring.identities()) == after


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "path.touch()",
        "path.write_text('')",
        "path.write_text(' \\n\\n')",
        "path.write_text(text)",
    ],
)
def test_saved_empty_or_not_at_all_changes_nothing(editor, lines) -> None:
    editor.does(lines)
    assert edited({"A": "x"}) is None


def test_with_only_comments_left_all_are_deleted(editor) -> None:
    editor.does("path.write_text(text.splitlines()[0] + '\\n')")
    assert edited({"A": "x"}) == {}


def test_an_editor_that_fails_changes_nothing(editor) -> None:
    editor.does("path.write_text('A: y\\n'); sys.exit(1)")
    with pytest.raises(FlipsideError, match="the editor ended with 1; nothing was changed"):
        edited({"A": CANARY})


def test_an_editor_that_was_killed_changes_nothing(editor) -> None:
    editor.does("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(FlipsideError, match="nothing was changed"):
        edited({"A": CANARY})


@pytest.mark.parametrize("named", ["/no/such/editor", "vi 'half", " "])
def test_an_editor_that_cannot_start_is_said(monkeypatch, named) -> None:
    monkeypatch.setenv("VISUAL", named)
    with pytest.raises(FlipsideError) as caught:
        edited({"A": CANARY})
    assert caught.value.next == "set $EDITOR"


def test_the_editor_is_found_as_git_finds_it(monkeypatch) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    monkeypatch.setenv("VISUAL", "code --wait 'a b'")
    assert edit.editor() == ["code", "--wait", "a b"]
    monkeypatch.setenv("VISUAL", "")
    assert edit.editor() == ["nano"]
    monkeypatch.delenv("EDITOR")
    assert edit.editor() == ["vi"]


def test_plain_text_lies_in_memory_for_its_user_alone(editor) -> None:
    """Copies that the editor makes beside it are gone, too."""
    editor.does("(path.parent / '.secrets.yml.swp').write_text(text)")
    edited({"A": CANARY})
    (path, mode, folder, _) = editor.seen[0]
    assert path.is_relative_to("/dev/shm")
    assert (mode, folder) == (0o600, 0o700)
    assert not path.parent.exists()


def test_without_a_folder_in_memory_nothing_is_edited(editor, monkeypatch) -> None:
    editor.does()
    monkeypatch.setattr(edit, "_MEMORY", ("/no/such/folder",))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with pytest.raises(SecretError, match="no folder in memory") as caught:
        edited({"A": CANARY})
    assert "flipside secret.set" in caught.value.next
    assert not (editor.folder / "seen").exists()


def test_without_dev_shm_it_is_the_users_own_folder_in_memory(
    editor, tmp_path, monkeypatch
) -> None:
    editor.does()
    monkeypatch.setattr(edit, "_MEMORY", ("/no/such/folder",))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    edited({"A": CANARY})
    assert editor.seen[0][0].is_relative_to(tmp_path)


def test_a_mistake_can_be_mended(editor) -> None:
    """The file is as it was saved; nothing has to be typed again."""
    errors = []
    editor.does("path.write_text({1: 'A: [x', 2: text + ']', 3: text.replace('[x]', 'y')}[turn])")
    assert edited({"A": "x"}, lambda error: not errors.append(error)) == {"A": "y"}
    assert [type(error) for error in errors] == [SecretError, SecretError]
    assert [text for *_, text in editor.seen][1:] == ["A: [x", "A: [x]"]


@pytest.mark.parametrize(
    "text",
    [
        f"A: [{CANARY}",
        f"A: '{CANARY}",
        f'A: "{CANARY}\\q"',
        f"A: x: {CANARY}",
        f"A: {CANARY}1\nA: {CANARY}2\n",
        f"A: *{CANARY}",
        f"A: |\n  x\n{CANARY}",
        f"A: |{CANARY}",
        f"%{CANARY}\n",
        f"A: x\n---\n{CANARY}",
        f"{CANARY}",
        f"- {CANARY}",
        f"A: {{{CANARY}: x}}",
        f"A: [{CANARY}]",
        f"A: x\n{CANARY} y: z",
        f"? [{CANARY}]\n: x",
        f"? {{{CANARY}: x}}\n: x",
        f"A: {CANARY}\x07",
        f"A: {CANARY}\nB:\n",
        f"A: {CANARY}\n1B: x\n",
        f"A: {CANARY}\nFLIPSIDE_B: x\n",
        f'A: "{CANARY}\\0"',
        f"A: {CANARY * (LONGEST // 10)}",
        f"A:\n  {CANARY}:\n    x",
    ],
)
def test_what_cannot_be_is_refused_and_not_repeated(editor, text) -> None:
    refusal(editor, text)


def test_a_file_that_is_no_text_or_gone_is_refused(editor) -> None:
    for lines in ("path.write_bytes(b'A: \\xff')", "path.unlink()"):
        editor.does(lines)
        with pytest.raises(FlipsideError):
            edited({"A": CANARY})


@pytest.mark.parametrize("value", ["!one two", "&one two"])
def test_a_value_that_yaml_would_take_for_another_is_refused(editor, value) -> None:
    """It takes the first word for its own; a password may well begin so."""
    refusal(editor, f"A: {value}\n")


def test_a_bad_line_is_named(editor) -> None:
    assert refusal(editor, f"A: x\nB: [{CANARY}").where == "line 2"


def test_nothing_of_it_stays_in_the_environment(editor) -> None:
    editor.does("import os; assert 'canary' not in str(os.environ)")
    edited({"A": CANARY})
    assert CANARY not in str(os.environ)
