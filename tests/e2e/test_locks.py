"""Two who change the same app at once: the second is told who is at it, and nothing is mixed up."""

from e2e.harm import begin, ended, held, row, says, serves
from e2e.rig import until

SLOW = {"deploy": [{"run": "sleep 3", "timeout": 20}]}


def test_the_second_deploy_is_told_who_holds_the_lock_and_since_when(make_app):
    app = make_app("twice")
    app.ship("1")
    row(app, "kept")
    app.configure(steps=SLOW)
    release = app.publish("2")
    first = begin(app, "app.deploy")
    until(lambda: held(app))
    for task in ("app.deploy", "app.restart", "app.stop"):
        says(app.run(task), "lock held by", "since", f"deploy {release}")
    says(app.run("app.destroy", "--yes"), "lock held by")
    assert ended(first).status == 0
    serves(app, release, "2")
    assert app.rows() == ["kept"]
