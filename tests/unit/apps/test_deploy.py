"""What is asked of the machine for a deploy and a rollback."""

from __future__ import annotations

import pytest

from flipside.apps import deploy
from flipside.apps.subject import Subject
from flipside.config import LoadedPlatform
from flipside.config.platform import PlatformConfig
from flipside.errors import FlipsideError, NotFoundError

RELEASES = [
    {"id": "2-b", "at": "2026-01-01T00:00:00+00:00", "tags": ["latest"], "live": ["production"]},
    {"id": "1-a", "at": "2026-01-01T00:00:00+00:00", "tags": [], "live": []},
]


@pytest.fixture
def asked(monkeypatch):
    """Answer verbs from a mapping, and remember what they were asked."""
    answers, calls = {}, []

    def call(machine, verb, on_event=None, **arguments):
        calls.append((verb, arguments))
        if isinstance(answers[verb], Exception):
            raise answers[verb]
        return answers[verb]

    monkeypatch.setattr("flipside.apps.subject.call", call)
    monkeypatch.setattr(deploy, "call", call)
    monkeypatch.setattr(Subject, "machine", None)
    return answers, calls


@pytest.fixture
def subject(tmp_path):
    """An app whose platform's folder is empty."""
    path = tmp_path / ".flipside-platform"
    return Subject(
        "guestbook", "production", LoadedPlatform(PlatformConfig(name="p"), tmp_path, path)
    )


@pytest.mark.parametrize(
    ("tag", "release", "expected"),
    [(None, None, "latest"), ("v1", None, "v1"), (None, "1-a", "1-a")],
)
def test_latest_is_deployed_unless_something_else_is_said(tag, release, expected) -> None:
    assert deploy.wanted(tag, release) == expected


def test_a_tag_and_a_release_at_once_are_refused() -> None:
    with pytest.raises(FlipsideError, match="--tag and --release"):
        deploy.wanted("v1", "1-a")


def test_a_deploy_names_app_environment_release_and_who(asked, subject) -> None:
    answers, calls = asked
    answers["deploy"] = {"release": "1-a", "generated": {}}
    assert deploy.deploy(subject, "latest", print) == {"release": "1-a", "generated": []}
    verb, arguments = calls[0]
    assert verb == "deploy"
    assert arguments["app"] == "guestbook"
    assert arguments["env"] == "production"
    assert arguments["ref"] == "latest"
    assert "@" in arguments["by"]
    assert arguments["secrets"] == {"sheet": None, "readers": []}


def test_what_the_machine_generated_is_kept_in_the_folder(asked, subject) -> None:
    answers, calls = asked
    sealed = "ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOQ==]"
    answers["deploy"] = {"release": "1-a", "generated": {"KEY": sealed}}
    assert deploy.deploy(subject, "latest", print)["generated"] == ["KEY"]
    sheet = subject.platform.folder / "pillar/secrets/guestbook/production.sls"
    assert sheet.read_text() == f"#!flipside_secrets\nKEY: {sealed}\n"
    deploy.deploy(subject, "latest", print)
    assert calls[1][1]["secrets"]["sheet"] == sheet.read_text()


def test_a_rollback_that_cannot_be_lists_the_releases_with_their_age(asked, subject) -> None:
    answers, _ = asked
    answers["rollback"] = NotFoundError("no release before 1-a", next="flipside app.releases")
    answers["releases"] = {"releases": RELEASES}
    with pytest.raises(NotFoundError) as caught:
        deploy.rollback(subject, None, None, print)
    first, *listed = caught.value.what.splitlines()
    assert first == "no release before 1-a"
    assert [line.split()[0] for line in listed] == ["2-b", "1-a"]
    assert "ago  (tag latest, live in production)" in listed[0]
    assert caught.value.next == "flipside app.releases"


def test_what_would_be_lost_is_asked_for_by_whoever_it_is(asked, subject) -> None:
    answers, calls = asked
    answers["rollback_losses"] = {"release": "1-a", "at": None, "databases": []}
    assert deploy.losses(subject, "v1")["release"] == "1-a"
    verb, arguments = calls[0]
    assert (verb, arguments["to"]) == ("rollback_losses", "v1")
    assert "@" in arguments["by"]
    answers["rollback_losses"] = NotFoundError("no release before 1-a")
    answers["releases"] = {"releases": RELEASES}
    with pytest.raises(NotFoundError, match="2-b"):
        deploy.losses(subject, None)


def test_an_error_that_lists_them_already_stays_as_it_is(asked, subject) -> None:
    answers, calls = asked
    answers["rollback"] = NotFoundError("no release x\n  1-a")
    with pytest.raises(NotFoundError, match="no release x\n  1-a"):
        deploy.rollback(subject, "x", None, print)
    assert [verb for verb, _ in calls] == ["rollback"]


def test_a_command_on_the_same_subject_names_what_the_folder_does_not(subject) -> None:
    assert subject.command("app.status") == "flipside app.status guestbook"
    staging = Subject("guestbook", "staging", None, loaded=object())
    assert staging.command("app.destroy", "--yes") == "flipside app.destroy --yes -e staging"
