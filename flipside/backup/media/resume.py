"""Where a writer goes on after a start: in its epoch after the newest manifest, or in a new epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flipside.backup.errors import DamagedError
from flipside.backup.found import Problem
from flipside.backup.media import objects
from flipside.backup.media.line import Line
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.state import State, Tip
from flipside.backup.media.stock import Stock
from flipside.backup.names import FILES, Epoch, subject_id
from flipside.backup.repository import Repository
from flipside.backup.sealing import digest
from flipside.backup.when import SKEW


def resumed(
    repository: Repository,
    name: str,
    state: State,
    recipients: tuple[str, ...],
    clock: Callable[[], float],
) -> Line:
    """Return where a writer goes on: in its epoch, or in a new one.

    Raises:
        BackupError: If the storage does not answer.
    """
    tip = state.tip()
    ahead = tip is not None and tip.at - clock() > SKEW  # as times are to be right again
    if not tip or ahead or tip.recipients != recipients or not _is_usable(repository, tip):
        tip = _begun(repository, name, state, recipients)
    shelf = Shelf(repository, tip.epoch, tip.key, name)
    line = Line(tip, shelf, Stock(shelf.contents, clock), state.index(tip.epoch))
    _find_last(line)
    line.stock.look()
    return line


def _is_usable(repository: Repository, tip: Tip) -> bool:
    """Return whether an epoch is this repository's, is the last one, and is there to stay."""
    epoch = tip.epoch
    if tip.key.repository != repository.id:
        return False
    if repository.begun(FILES, epoch.subject)[-1:] != [epoch]:
        return False
    heads = repository.heads(epoch)
    last = objects.manifest(epoch, objects.LAST)
    # Whoever else can write there may have put it: what came after would be no number any more.
    return epoch.key in heads and epoch.gone() not in heads and not repository.storage.get(last)


def _begun(repository: Repository, name: str, state: State, recipients: tuple[str, ...]) -> Tip:
    subject = subject_id(repository.id, name)
    epoch, key = repository.new_epoch(FILES, subject, name, recipients)
    state.keep_keys(name, {**state.keys(), epoch.label: key})
    tip = Tip(epoch, key, recipients)
    state.keep(tip)
    return tip


def _find_last(line: Line) -> None:
    """Learn what the newest manifest lists; one that was put last and is not there was taken away."""
    tip = line.tip
    newest = max(line.shelf.sizes(), default=0)
    line.tip = replace(tip, begun=max(tip.begun, newest))
    if newest < tip.put:
        line.problems.append(Problem("", _lost(tip.epoch, tip.put, "is missing")))
    if newest:
        try:
            _read_last(line, newest)
        except DamagedError as error:
            line.problems.append(Problem("", _lost(tip.epoch, newest, f"is damaged: {error.what}")))


def _read_last(line: Line, newest: int) -> None:
    data = line.shelf.repository.require(objects.manifest(line.tip.epoch, newest))
    manifest = line.shelf.opened(newest, data)
    if newest == line.tip.put and digest(data) != line.tip.digest:
        line.problems.append(Problem("", _lost(line.tip.epoch, newest, "is another one")))
    line.adopt(manifest, line.shelf.entries(manifest))


def _lost(epoch: Epoch, number: int, what: str) -> str:
    return f"the list that was put last, {objects.manifest(epoch, number)}, {what}; it is put anew"
