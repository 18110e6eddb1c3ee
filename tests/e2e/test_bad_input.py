"""What a person can type wrong: an error in words with the next command, and nothing changed."""

import pytest
from e2e.harm import says, serves

# No platform is named: the folder alone decides.
NOWHERE = {"FLIPSIDE_PLATFORM": ""}


@pytest.fixture(scope="module")
def served(platform):
    """An app that serves throughout."""
    app = platform.app("steady").make()
    app.release = app.ship("1")
    yield app
    serves(app, app.release)
    app.flipside("app.destroy", "--yes", "--data")


def test_an_unknown_target_is_refused_and_nothing_is_written(flipside, tmp_path):
    done = flipside.run("platform.bootstrap", "--target=mars", cwd=tmp_path, env=NOWHERE)
    says(done, "no target `mars`", "local")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("template", ["nonsense", "../python-wsgi"])
def test_an_unknown_template_is_refused_and_nothing_is_written(flipside, tmp_path, template):
    done = flipside.run("app.bootstrap", "good", "-t", template, cwd=tmp_path)
    says(done, f"no app template `{template}`", "python-django-sqlite, python-wsgi")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["Bad_Name", "-x", "a" * 64, "../up"])
def test_a_name_that_is_no_dns_label_is_refused(flipside, tmp_path, name):
    done = flipside.run("app.bootstrap", f"--name={name}", cwd=tmp_path)
    says(done, "cannot be an app's name")
    assert not list(tmp_path.iterdir())


def test_a_platform_named_by_no_dns_label_is_refused(flipside, tmp_path):
    done = flipside.run("platform.bootstrap", "--name=Bad_Name", cwd=tmp_path, env=NOWHERE)
    says(done, "Bad_Name")
    assert not list(tmp_path.iterdir())


def test_a_folder_with_an_app_in_it_is_left_as_it_is(flipside, served):
    before = (served.folder / ".flipside-app").read_bytes()
    done = flipside.run("app.bootstrap", "other", "-d", str(served.folder))
    says(done, "holds an app already", str(served.folder), "OTHER_FOLDER")
    assert (served.folder / ".flipside-app").read_bytes() == before


def test_a_file_where_the_folder_should_be_is_left_as_it_is(flipside, tmp_path):
    (tmp_path / "taken").write_text("mine")
    says(flipside.run("app.bootstrap", "taken", cwd=tmp_path), "taken")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("task", ["publish", "run", "test"])
def test_where_no_app_is_the_tasks_say_so(flipside, tmp_path, task):
    done = flipside.run(f"app.{task}", cwd=tmp_path)
    says(done, "no .flipside-app here or above")


def test_where_no_platform_is_the_tasks_say_so(flipside, tmp_path):
    done = flipside.run("platform.status", cwd=tmp_path, env=NOWHERE)
    says(done, "no .flipside-platform here or above", "platform.bootstrap")


def test_an_app_that_nobody_knows_is_refused(flipside, served):
    says(flipside.run("app.deploy", "nobody"), "nobody", "app.publish")
    says(flipside.run("app.status", "nobody"), "nobody was never deployed", "steady")
    says(flipside.run("app.rollback", "nobody"), "nobody is not deployed", "steady")
    says(flipside.run("app.destroy", "nobody", "--yes"), "there is no nobody")


@pytest.mark.parametrize("option", ["--tag=", "--release=", "--platform="])
def test_an_empty_value_is_not_taken_for_none(served, option):
    says(served.run("app.deploy", option), "empty value", option.rstrip("="))


@pytest.mark.parametrize("option", ["--tag=absent", "--release=1-0000000f", "--tag=../x"])
def test_a_release_that_nobody_knows_is_refused_and_the_known_are_listed(served, option):
    says(served.run("app.deploy", option), option.split("=")[1], served.release, "app.releases")


def test_there_is_nothing_to_go_back_to(served):
    says(served.run("app.rollback"), "no release before", served.release)
    says(served.run("app.rollback", "--to=absent"), "absent", served.release)


def test_bad_names_of_tags_and_environments_are_refused(served):
    said = served.flipside("app.releases", "--json").json
    says(served.run("app.publish", "--tag=bad tag"), "bad tag", "--tag")
    says(served.run("app.deploy", "--env=Bad_env"), "Bad_env")
    assert served.flipside("app.releases", "--json").json == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [", [".flipside-app:1", "no YAML"]),
        ("name: a\n  b: c\n", [".flipside-app:2", "no YAML"]),
        ("nam: x\n", ["unknown key `nam`", "did you mean `name`"]),
        ("name: x\nhelth: {path: /}\n", [".flipside-app:2", "`helth`", "`health`"]),
        ("name: x\nbuild:\n  knd: tree\n", [".flipside-app:3", "`build.knd`", "`build.kind`"]),
        ("name: x\nhealth: {timeout: soon}\n", [".flipside-app:2", "health.timeout"]),
        ("name: x\ndata: /etc\n", [".flipside-app:2", "data"]),
        ("name: x\ndata: [../../etc]\n", [".flipside-app:2", "data"]),
        ("name: x\ntemplate: nonsense\n", [".flipside-app:2", "nonsense", "python-wsgi"]),
        ("- a\n- b\n", [".flipside-app"]),
        ("", [".flipside-app", "empty"]),
        ("name: x\nname: y\n", [".flipside-app:2", "name"]),
    ],
)
def test_a_config_that_cannot_be_read_says_where_and_what_was_meant(
    flipside, tmp_path, text, words
):
    (tmp_path / ".flipside-app").write_text(text)
    says(flipside.run("app.publish", cwd=tmp_path), *words)


def test_a_platform_file_that_cannot_be_read_says_where(flipside, tmp_path):
    for text, words in (
        ("name: [", [".flipside-platform:1", "no YAML"]),
        ("http_prt: 80\n", [".flipside-platform:1", "`http_prt`", "`http_port`"]),
        ("target: mars\n", [".flipside-platform", "mars", "local"]),
    ):
        (tmp_path / ".flipside-platform").write_text(text)
        done = flipside.run("platform.bootstrap", cwd=tmp_path, env=NOWHERE)
        says(done, *words)
    assert [path.name for path in tmp_path.iterdir()] == [".flipside-platform"]


def test_an_error_in_json_is_one_document(flipside, served, tmp_path):
    (tmp_path / ".flipside-app").write_text("name: x\nhelth: {}\n")
    for done in (
        flipside.run("app.publish", "--json", cwd=tmp_path),
        flipside.run("app.status", "nobody", "--json"),
        served.run("app.deploy", "--tag=absent", "--json"),
        flipside.run("platform.status", "--json", cwd=tmp_path, env=NOWHERE),
    ):
        assert done.status == 1
        assert set(done.json) == {"error"}
        assert set(done.json["error"]) == {"what", "where", "next"}
        assert done.json["error"]["what"]


def test_unknown_tasks_and_options_are_refused_with_what_was_meant(flipside):
    says(flipside.run("app.deplyo"), "app.deploy")
    says(flipside.run("app.deploy", "--taag=x"), "--tag")


def test_destroying_needs_a_yes(flipside, served):
    says(flipside.run("platform.destroy"), "--yes")
    says(served.run("app.destroy"), "--yes")
