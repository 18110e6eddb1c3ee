"""Who can open secrets: a file of public keys, and no other line in it."""

from __future__ import annotations

import pytest

from flipside.errors import NotFoundError, SecretError
from flipside.secrets import recipients


@pytest.fixture
def write(tmp_path):
    """Write lines into the file."""
    return lambda *lines: (tmp_path / recipients.FILE).write_text("".join(f"{x}\n" for x in lines))


def refusal(folder) -> SecretError:
    with pytest.raises(SecretError) as caught:
        recipients.read(folder)
    return caught.value


def test_the_file_is_a_line_for_each_name(tmp_path, pair) -> None:
    ann, box = pair().public, pair().public
    recipients.write(tmp_path, {"platform": box, "ann": ann})
    path = tmp_path / "recipients.yml"
    assert path.read_text().splitlines()[1:] == [f"ann: {ann}", f"platform: {box}"]
    assert path.read_text().startswith("# Who can open the secrets here.")
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_platforms_keys_come_first(tmp_path, pair) -> None:
    """The first that a value is sealed for opens it the fastest."""
    keys = {name: pair().public for name in ("zoe", "platform-next", "ann", "platform")}
    recipients.write(tmp_path, keys)
    assert recipients.read(tmp_path) == keys
    assert list(recipients.read(tmp_path)) == ["platform", "platform-next", "ann", "zoe"]


def test_without_a_file_there_is_nobody(tmp_path) -> None:
    assert recipients.read(tmp_path) == {}
    with pytest.raises(NotFoundError, match="no key yet") as caught:
        recipients.require(tmp_path)
    assert "flipside platform.bootstrap" in caught.value.next


def test_a_folder_without_the_platforms_key_has_none(tmp_path, pair, write) -> None:
    write(f"ann: {pair().public}")
    with pytest.raises(NotFoundError, match="no key yet"):
        recipients.require(tmp_path)


def test_comments_and_blank_lines_are_nothing(tmp_path, pair, write) -> None:
    key = pair().public
    write("# x", "", f"platform:   {key}  ", "   ")
    assert recipients.read(tmp_path) == {"platform": key}


@pytest.mark.parametrize(
    "line",
    [
        "ann",
        "ann:",
        "ann: age1",
        "ann age1x",
        "an n: {key}",
        ": {key}",
        "-x: {key}",
        "- ann: {key}",
    ],
)
def test_a_bad_line_is_named(tmp_path, pair, write, line) -> None:
    write(f"platform: {pair().public}", "", line.format(key=pair().public))
    error = refusal(tmp_path)
    assert error.where == f"{tmp_path / recipients.FILE}:3"
    assert error.next == "write NAME: age1..."


def test_a_name_that_is_there_twice_is_a_bad_line(tmp_path, pair, write) -> None:
    """As after a merge of two rotations: neither key may win unseen."""
    write(f"platform: {pair().public}", f"platform: {pair().public}")
    assert refusal(tmp_path).where == f"{tmp_path / recipients.FILE}:2"


def test_a_file_that_is_no_text_is_said(tmp_path) -> None:
    (tmp_path / recipients.FILE).write_bytes(b"\xff\n")
    assert str(tmp_path / recipients.FILE) in str(refusal(tmp_path))


@pytest.mark.parametrize(
    "line",
    ["ann: {key}", "platform: {key}", "{key}", "{key}:", 'ann: "{key}"', "{key}: x", "ann {key}"],
)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_private_key_in_the_file_is_refused_and_not_repeated(
    tmp_path, pair, write, line, case
) -> None:
    key = case(pair().private)
    write(line.format(key=key))
    assert key[16:] not in str(refusal(tmp_path))


@pytest.mark.parametrize("form", ["{key}", " {key}", '"{key}"'])
@pytest.mark.parametrize("check", [recipients.check_key, recipients.check_name])
def test_a_private_key_given_is_refused_and_not_repeated(pair, form, check) -> None:
    key = pair().private
    with pytest.raises(SecretError) as caught:
        check(form.format(key=key))
    assert key[16:] not in str(caught.value)


def test_a_private_key_given_as_public_is_told_apart(pair) -> None:
    with pytest.raises(SecretError, match="private key") as caught:
        recipients.check_key(pair().private)
    assert "age-keygen" in caught.value.next


@pytest.mark.parametrize("key", ["", "age1", "ssh-ed25519 AAAA", "age1" + "q" * 58, "x"])
def test_what_is_no_public_key_is_refused(key) -> None:
    with pytest.raises(SecretError, match="no public key"):
        recipients.check_key(key)


@pytest.mark.parametrize("name", ["ann", "ann@laptop", "a.b_c-1", "A", "0", "x" * 63])
def test_a_person_may_be_called(name) -> None:
    assert recipients.check_name(name) == name


@pytest.mark.parametrize("name", ["", "-x", ".x", "a b", "a:b", "#a", "é", "x" * 64, "a\n", "a/b"])
def test_a_person_may_not_be_called(name) -> None:
    with pytest.raises(SecretError, match="no name for a recipient"):
        recipients.check_name(name)


@pytest.mark.parametrize("name", ["platform", "platform-next"])
def test_the_machines_names_are_nobody_elses(name) -> None:
    with pytest.raises(SecretError, match="the machine's own name"):
        recipients.check_name(name)
