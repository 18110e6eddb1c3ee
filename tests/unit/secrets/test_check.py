"""What is wrong with the secrets of a folder: all of it, and never a word of a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.config import AppConfig, LoadedApp
from flipside.errors import SecretError
from flipside.secrets import identity, keyring, recipients
from flipside.secrets.check import check
from flipside.secrets.sealed import Place, seal

HERE = ("guestbook", "production")
CANARY = "canary-7f3a"


@pytest.fixture
def folder(platform, secrets):
    """A platform's folder with two secrets; its key is on this computer."""
    secrets.set(Place(*HERE, "A"), CANARY)
    secrets.set(Place("blog", "staging", "B"), CANARY)
    return platform.folder


@pytest.fixture
def problems(folder):
    """Where each problem is, and what it is; none may have the value."""

    def find(app=None) -> list[tuple[str, str]]:
        found = check(folder, app)
        assert all(isinstance(each, SecretError) for each in found)
        assert CANARY not in str([f"{each} {each!r} {each.as_dict()}" for each in found])
        assert all(each.next for each in found)
        return [(each.where.removeprefix(f"{folder}/"), each.what) for each in found]

    return find


def test_a_folder_as_it_should_be_has_none(problems) -> None:
    assert problems() == []


def test_a_folder_without_secrets_has_none(platform, tmp_path) -> None:
    assert check(platform.folder) == []
    (platform.folder / "pillar").mkdir()
    assert check(platform.folder) == []


def test_an_empty_sheet_is_none(secrets, problems) -> None:
    secrets.unset(Place(*HERE, "A"))
    assert problems() == []


def test_every_bad_line_of_every_sheet_is_told(secrets, problems) -> None:
    for where in (HERE, ("blog", "staging")):
        with secrets.sheet(*where).open("a") as file:
            file.write(f"P: {CANARY}\n{CANARY}\n")
    expected = [f"pillar/secrets/{name}.sls" for name in ("blog/staging", "guestbook/production")]
    found = problems()
    assert [where for where, _ in found] == [f"{x}:{n}" for x in expected for n in (3, 4)]
    assert {what.partition(" where")[0] for _, what in found} == {"plain text"}


def test_a_sheet_in_other_bytes_is_told(secrets, problems) -> None:
    secrets.sheet(*HERE).write_bytes(CANARY.encode("utf-16"))
    assert problems()[0][0] == "pillar/secrets/guestbook/production.sls"


@pytest.mark.parametrize(
    "path",
    [
        "guestbook/production.yml",
        "guestbook/production.sls.bak",
        "guestbook/.production.sls.swp",
        "guestbook/Production.sls",
        "Guestbook/production.sls",
        "guestbook/a.b.sls",
        "production.sls",
        "guestbook/old/production.sls",
        "secrets.yml",
        ".recipients.yml.12.abcd",
        "guestbook/recipients.yml",
        ".env",
    ],
)
def test_a_file_that_does_not_belong_there_is_told(folder, problems, path) -> None:
    """It is committed like the others, and nobody looks into it."""
    other = folder / "pillar/secrets" / path
    other.parent.mkdir(exist_ok=True)
    other.write_text(f"{CANARY}\n")
    ((where, what),) = problems()
    assert where == f"pillar/secrets/{path}"
    assert "neither recipients.yml nor the sheet" in what


def test_a_bad_recipient_is_told(folder, problems) -> None:
    with (folder / "pillar/secrets/recipients.yml").open("a") as file:
        file.write("ann: age1x\n")
    ((where, what),) = problems()
    assert where == "pillar/secrets/recipients.yml:3"
    assert "no public key" in what


@pytest.mark.parametrize("path", ["age.key", "deep/er/x.txt", ".hidden", "pillar/platform.sls"])
def test_a_private_key_in_the_folder_is_told(folder, problems, pair, path) -> None:
    key = pair().private
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(b"\xff\n" + key.encode())
    ((where, what),) = problems()
    assert (where, what.partition(" of ")[0]) == (path, "a private key")
    assert key not in str(check(folder)[0])
    assert "secret.rotate-key" in check(folder)[0].next


def test_a_private_key_in_small_letters_is_one_as_well(folder, problems, pair) -> None:
    """It opens secrets just so."""
    key = pair().private.lower()
    assert identity.privates(key, "here") == [key]
    (folder / "notes").write_text(key)
    assert [where for where, _ in problems()] == ["notes"]


def test_a_private_key_where_nobody_commits_is_fine(folder, problems, pair) -> None:
    for name in (".git", ".flipside", ".vagrant", ".venv", "app/node_modules", "__pycache__"):
        (folder / name).mkdir(parents=True)
        (folder / name / "age.key").write_text(pair().private)
    (folder / "gone").symlink_to("/no/such/file")
    assert problems() == []


def app(**keys) -> LoadedApp:
    config = AppConfig(name="guestbook", **keys)
    return LoadedApp(config, Path(), Path(".flipside-app"))


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"env": {"KEY": CANARY}}, "`env: KEY:`"),
        (
            {"environments": {"staging": {"env": {"KEY": CANARY}}}},
            "`environments: staging: env: KEY:`",
        ),
    ],
)
def test_a_secret_in_the_apps_env_is_told(problems, keys, named) -> None:
    ((where, what),) = problems(app(secrets=["KEY"], **keys))
    assert where == ".flipside-app"
    assert what.startswith(named)


def test_an_app_whose_env_has_no_secret_is_fine(problems) -> None:
    env = {"KEYS": "x", "key": "x"}
    environments = {"staging": {}, "test": {"env": {"OTHER": "x"}}}
    environments["development"] = {"env": {"KEY": "for app.run alone"}}
    assert problems(app(secrets=["KEY"], env=env, environments=environments)) == []


def test_a_value_that_does_not_open_is_told_where_the_key_is(secrets, problems, pair) -> None:
    value = seal(CANARY, Place(*HERE, "B"), [pair().public])
    secrets.write(*HERE, {**secrets.values(*HERE), "B": value})
    values = secrets.values("blog", "staging")
    secrets.write("blog", "staging", {**values, "C": values["B"]})
    (one, moved), (two, other) = problems()
    assert (one, two) == tuple(f"pillar/secrets/{x}.sls" for x in ("blog/staging", "/".join(HERE)))
    assert moved.startswith("C belongs elsewhere")
    assert other == "B is encrypted for other keys"
    for path in keyring.files():
        path.unlink()
    assert problems() == []


def test_a_rotation_cut_short_is_no_reason_to_set_values_anew(secrets, problems) -> None:
    """What is encrypted for the coming key opens with it, and that is here."""
    public, _ = keyring.make("box")
    keys = {**recipients.read(secrets.path), recipients.COMING: public}
    recipients.write(secrets.path, keys)
    secrets.write(*HERE, {"A": seal(CANARY, Place(*HERE, "A"), [public])})
    assert problems() == []


def test_every_value_of_a_sheet_that_does_not_open_is_told(secrets, problems, pair) -> None:
    key = pair().public
    made = {name: seal(CANARY, Place(*HERE, name), [key]) for name in ("B", "C")}
    secrets.write(*HERE, {**secrets.values(*HERE), **made})
    assert [what.split()[0] for _, what in problems()] == ["B", "C"]


def test_a_bad_key_file_on_this_computer_is_a_problem_like_others(problems, ring) -> None:
    (ring / "aaa.key").write_text(f"{CANARY}\n")
    ((where, _),) = problems()
    assert where == f"{ring / 'aaa.key'}:1"


def test_problems_of_several_kinds_are_told_at_once(folder, secrets, problems, pair) -> None:
    (folder / "pillar/secrets/x.yml").write_text(CANARY)
    (folder / "age.key").write_text(pair().private)
    with (folder / "pillar/secrets" / recipients.FILE).open("a") as file:
        file.write("ann: age1x\n")
    with secrets.sheet(*HERE).open("a") as file:
        file.write(f"P: {CANARY}\n")
    found = problems(app(secrets=["KEY"], env={"KEY": CANARY}))
    assert len(found) == 5
