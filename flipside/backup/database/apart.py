"""Something done in a process of its own, which is given up if it does not begin in time.

Whoever owns a file can put a pipe in its place, and whoever opens that waits for ever.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable
from typing import Any, NoReturn

from flipside.errors import FlipsideError

_BEGUN, _DONE, _FAILED = b"b", b"d", b"f"


class NeverBegunError(Exception):
    """It did not begin in time, and was ended."""


def apart(do: Callable[[Callable[[], None]], Any], seconds: float) -> Any:
    """Do something in a child of this process, and return its result.

    Args:
        do: Calls what it is given once it has all that it may have to wait for; its result is
            JSON-ready. No thread may be at work when this is called.
        seconds: How long that may take.

    Raises:
        NeverBegunError: If it does not call that in time.
        FlipsideError: What it raised, as a plain one; also if the child ended without an answer.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _answer(do, writing, seconds)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as answers:
            if not select.select([answers], [], [], seconds)[0]:
                os.kill(child, signal.SIGKILL)
                raise NeverBegunError
            said = answers.read()
    finally:
        _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == -signal.SIGALRM:
        raise NeverBegunError
    return _read(said.removeprefix(_BEGUN))


def _answer(do: Callable[[Callable[[], None]], Any], writing: int, seconds: float) -> NoReturn:
    """Do it as the child, which never goes back to what the parent is at."""
    try:
        # The parent's locks among them: whoever comes after a parent that was killed needs those.
        os.closerange(3, writing)
        os.closerange(writing + 1, os.sysconf("SC_OPEN_MAX"))
        # It ends by itself if the parent is no more that would end it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)

        def begun() -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            _send(writing, _BEGUN)

        try:
            result = do(begun)
            said = _DONE + json.dumps(result).encode()
        except FlipsideError as error:
            said = _FAILED + json.dumps(error.as_dict()).encode()
        except BaseException as error:  # noqa: BLE001 - the parent says it
            said = _FAILED + json.dumps({"what": f"{type(error).__name__}: {error}"}).encode()
        _send(writing, said)
    finally:
        os._exit(0)


def _send(writing: int, said: bytes) -> None:
    while said:
        said = said[os.write(writing, said) :]


def _read(said: bytes) -> Any:
    if said[:1] == _DONE:
        return json.loads(said[1:])
    if said[:1] == _FAILED:
        raise FlipsideError(**json.loads(said[1:]))
    what = "the process that was to do it was killed"
    raise FlipsideError(what, None, "it is tried again by itself")
