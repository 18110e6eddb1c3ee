"""Verbs about secrets: keys and sheets arrive, and a deploy brings them to the app, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyrage.x25519 import Identity

from flipside.errors import DeployError, SecretError
from flipside.machine import generation as generations
from flipside.machine.files import write_json
from flipside.machine.layout import Layout
from flipside.machine.sheets import GENERATED, SENT, Sheets
from flipside.machine.verbs import VERBS
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.deploys import deploy
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.power import restart
from flipside.machine.verbs.secrets import taking
from flipside.secrets import identity, sheet
from flipside.secrets.sealed import Place, seal, unseal

HERE = ("blog", "production")
CANARY = "canary-7f3a"


@pytest.fixture
def context(layout: Layout) -> Context:
    """A machine that has a key."""
    layout.etc.mkdir(parents=True)
    where = {"root": str(layout.root), "run": str(layout.run)}
    (layout.etc / "layout.json").write_text(json.dumps(where))
    Sheets(layout).add_key(identity.generate())
    return Context(layout, lambda event: None)


def call(context: Context, verb: str, **arguments: Any) -> Any:
    """As a laptop does: what goes there and back is JSON."""
    result = VERBS[verb](context, **json.loads(json.dumps(arguments)))
    assert json.loads(json.dumps(result)) == result
    return result


def text(context: Context, where: tuple[str, str] = HERE, **values: str) -> str:
    """A sheet of those values that the machine opens."""
    keys = call(context, "public_keys")
    return sheet.text({name: seal(values[name], Place(*where, name), keys) for name in values})


def audit(context: Context, limit: int = 1) -> list[tuple[str, ...]]:
    entries = context.audit.read(limit=limit)
    return [tuple(one[key] for key in ("action", "app", "env", "by", "detail")) for one in entries]


def test_keys_come_and_go_and_only_public_halves_are_told(context: Context) -> None:
    (old,), new = call(context, "public_keys"), identity.generate()
    assert call(context, "add_key", private=new) is None
    assert call(context, "public_keys") == [identity.public(new), old]
    assert call(context, "retire_keys", public=identity.public(new)) is None
    assert call(context, "public_keys") == [identity.public(new)]


def test_a_machine_of_before_has_no_key(layout: Layout) -> None:
    assert call(Context(layout, lambda event: None), "public_keys") == []


def test_sheets_are_taken_and_what_changed_is_told(context: Context) -> None:
    sheets = {"blog": {"production": text(context, A="a", B="b")}, "api": {}}
    sheets["api"]["staging"] = text(context, ("api", "staging"), Z="z")
    done = call(context, "take_sheets", sheets=sheets, by="ann@laptop", readers=[])
    changed = ["blog/production/A", "blog/production/B", "api/staging/Z"]
    assert done == {"changed": changed, "unreadable": []}
    assert audit(context, 2) == [
        ("secrets", "api", "staging", "ann@laptop", "Z"),
        ("secrets", "blog", "production", "ann@laptop", "A, B"),
    ]
    again = call(context, "take_sheets", sheets=sheets, by="bob@laptop", readers=[])
    assert again == {"changed": [], "unreadable": []}
    assert len(audit(context, 9)) == 2


def test_no_value_is_in_the_audit_trail_or_the_answer(context: Context) -> None:
    done = call(
        context,
        "take_sheets",
        sheets={"blog": {"x": text(context, A=CANARY)}},
        by="ann",
        readers=[],
    )
    (problem,) = done["unreadable"]
    assert problem.startswith("A in pillar/secrets/blog/x.sls belongs elsewhere")
    assert CANARY not in str(done) + context.layout.audit.read_text()


def test_no_sheet_sent_is_no_change(context: Context) -> None:
    """An app that this laptop knows nothing of keeps what it has."""
    call(
        context,
        "take_sheets",
        sheets={"blog": {"production": text(context, A="a")}},
        by="ann",
        readers=[],
    )
    done = call(context, "take_sheets", sheets={}, by="bob", readers=[])
    assert done["changed"] == []
    assert Sheets(context.layout).names(*HERE) == {"A"}


def test_plain_text_is_refused_and_not_repeated(context: Context) -> None:
    with pytest.raises(SecretError) as caught:
        call(
            context,
            "take_sheets",
            sheets={"blog": {"production": f"A: {CANARY}"}},
            by="ann",
            readers=[],
        )
    assert CANARY not in str(caught.value)
    assert audit(context) == []


def test_taking_sheets_seals_what_records_have_in_plain_text(context: Context) -> None:
    record = {"app": "blog", "env": "production", "secrets": {"A": CANARY}}
    write_json(context.layout.record(*HERE), record)
    call(context, "take_sheets", sheets={}, by="ann", readers=[])
    assert CANARY not in context.layout.record(*HERE).read_text()
    assert Sheets(context.layout).values(GENERATED, *HERE).keys() == {"A"}


def test_generated_ones_are_sealed_anew(context: Context) -> None:
    sheets, ann = Sheets(context.layout), Identity.generate()
    sheets.ensure(*HERE, ["A"])
    sheets.add_key(identity.generate())
    assert call(context, "seal_anew", readers=[str(ann.to_public())]) is None
    assert unseal(sheets.values(GENERATED, *HERE)["A"], Place(*HERE, "A"), [ann])


def test_a_change_that_is_done_is_in_the_audit_trail(context: Context) -> None:
    order = Order(context, *HERE, "ann")
    with taking(order, {"sheet": text(context, A="a"), "readers": []}) as sheets:
        assert sheets.names(*HERE) == {"A"}
        assert audit(context) == []
    assert audit(context) == [("secrets", *HERE, "ann", "A")]


@pytest.mark.parametrize("given", [None, {}, {"sheet": None}, {"readers": []}])
def test_a_change_without_a_sheet_says_nothing(context: Context, given: Any) -> None:
    with taking(Order(context, *HERE, "ann"), given):
        pass
    assert audit(context) == []


def test_a_change_that_failed_is_undone_and_not_in_the_audit_trail(context: Context) -> None:
    order = Order(context, *HERE, "ann")
    with pytest.raises(DeployError), taking(order, {"sheet": text(context, A="a")}):
        raise DeployError("no")
    assert Sheets(context.layout).names(*HERE) == set()
    assert audit(context) == []


def variables(platform: Any) -> dict[str, str]:
    return generations.current(platform.stage.layout, *HERE).variables


def given(platform: Any, *readers: str, **values: str) -> dict[str, Any]:
    return {"sheet": text(platform.context, **values), "readers": [*readers]}


def test_a_deploy_brings_the_secrets_to_the_app(platform: Any) -> None:
    platform.publish("1", secrets=["KEY"])
    report = deploy(platform.context, *HERE, "latest", "ann", given(platform, KEY=CANARY))
    assert variables(platform)["KEY"] == CANARY
    assert report["generated"] == {}
    assert CANARY not in str(report) + platform.context.layout.audit.read_text()


def test_what_a_deploy_generates_its_readers_open(platform: Any) -> None:
    ann = Identity.generate()
    platform.publish("1", secrets=["KEY", "OTHER"])
    secrets = given(platform, str(ann.to_public()), OTHER="x")
    report = deploy(platform.context, *HERE, "latest", "ann", secrets)
    assert report["generated"].keys() == {"KEY"}
    opened = unseal(report["generated"]["KEY"], Place(*HERE, "KEY"), [ann])
    assert opened == variables(platform)["KEY"]


def test_what_was_adopted_its_readers_open_as_well(platform: Any) -> None:
    """It comes into the folder with the next deploy, like what was generated."""
    ann, context = Identity.generate(), platform.context
    record = {"app": "blog", "env": "production", "secrets": {"KEY": CANARY}}
    write_json(context.layout.record(*HERE), record)
    call(context, "take_sheets", sheets={}, by="ann", readers=[])
    platform.publish("1", secrets=["KEY"])
    report = deploy(context, *HERE, "latest", "ann", given(platform, str(ann.to_public())))
    assert variables(platform)["KEY"] == CANARY
    assert unseal(report["generated"]["KEY"], Place(*HERE, "KEY"), [ann]) == CANARY


def test_a_deploy_that_fails_leaves_the_secrets_as_they_were(platform: Any) -> None:
    platform.publish("1")
    two = platform.publish("2", tag="next")
    deploy(platform.context, *HERE, "latest", "ann", given(platform, KEY="old"))
    before = platform.sheets.layout.sheet(SENT, *HERE).read_bytes()
    platform.stage.fleet.statuses[two] = 500
    with pytest.raises(DeployError):
        deploy(platform.context, *HERE, "next", "ann", given(platform, KEY="new"))
    assert platform.sheets.layout.sheet(SENT, *HERE).read_bytes() == before
    assert variables(platform)["KEY"] == "old"


def test_a_secret_that_does_not_open_fails_the_deploy_by_name(platform: Any) -> None:
    platform.publish("1")
    stranger = str(Identity.generate().to_public())
    bad = sheet.text({"KEY": seal(CANARY, Place(*HERE, "KEY"), [stranger])})
    with pytest.raises(SecretError, match="KEY in pillar/secrets/blog/production") as caught:
        deploy(platform.context, *HERE, "latest", "ann", {"sheet": bad, "readers": []})
    assert CANARY not in str(caught.value)
    assert platform.sheets.names(*HERE) == set()


def test_a_restart_brings_changed_secrets(platform: Any) -> None:
    platform.publish("1")
    deploy(platform.context, *HERE, "latest", "ann", given(platform, KEY="old"))
    restart(platform.context, *HERE, cold=False, by="ann", secrets=given(platform, KEY="new"))
    assert variables(platform)["KEY"] == "new"
