"""What is in the way of an entry, of whatever kind."""

from __future__ import annotations

from unit.backup.media.aside import KEPT, kept


def test_another_file_is_kept_beside(stored, out) -> None:
    (out / "a").write_text("changed")
    (out / "sub/b").write_text("changed too")
    (out / "sub/link").unlink()
    (out / "sub/link").symlink_to(stored.folder / "key")
    done = stored.restore(out)
    assert (done.restored, done.unchanged) == (3, 0)
    assert kept(out) == {"a": "changed", "sub/b": "changed too"}
    assert sorted(KEPT.sub(r"\1", str(path)) for path in done.kept) == [
        str(out / path) for path in ("a", "sub/b", "sub/link")
    ]
    assert [str(path.readlink()) for path in done.kept if path.is_symlink()] == [
        str(stored.folder / "key")
    ]
    for path in done.kept:
        path.unlink()
    assert stored.tree(out) == stored.tree()


def test_what_is_of_another_kind_is_kept_beside(stored, out) -> None:
    for path in ("a", "sub/link"):
        (out / path).unlink()
        (out / path).mkdir()
        (out / path / "precious").write_text(path)
    (out / "empty").rmdir()
    (out / "empty").write_text("a file")
    done = stored.restore(out)
    assert {path.read_text() for path in out.rglob("precious")} == {"a", "sub/link"}
    assert kept(out) == {"empty": "a file"}
    assert len(done.kept) == 3
    assert stored.tree(out).items() >= stored.tree().items()
