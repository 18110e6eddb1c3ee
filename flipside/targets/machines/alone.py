"""One at a time makes or removes a platform on a machine: a lock there that ends with our connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from flipside.caller import who
from flipside.errors import LockedError

if TYPE_CHECKING:
    from flipside.targets.machines.remote import Remote

LOCK = "/run/flipside.lock"
# Seconds between two signs of life.
_BEAT = 0.5
# Whose lock it is stands in it; the kernel gives it back when the last process that has it ends.
_HOLD = """\
exec 9>> "$0"
flock --nonblock 9 || { echo "busy $(cat "$0")"; exit 0; }
echo "$1" > "$0"
echo held
cat > /dev/null
"""


@contextmanager
def alone(machine: Remote) -> Iterator[None]:
    """Keep others from making, upgrading or removing the platform on a machine during the block.

    Raises:
        LockedError: Somebody else is at it.
        MachineError: The machine is out of reach.
    """
    said: list[str] = []
    told, done = threading.Event(), threading.Event()

    def hear(line: str) -> None:
        said.append(line)
        told.set()

    def stay(pipe: IO[bytes]) -> None:
        # What is written is how we learn that the other end is gone.
        pipe.flush()
        while not done.wait(_BEAT):
            pipe.write(b"\n")
            pipe.flush()

    with ThreadPoolExecutor(1) as thread:
        holder = thread.submit(machine.feed, ["sh", "-c", _HOLD, LOCK, who()], stay, hear)
        holder.add_done_callback(lambda _: told.set())
        try:
            told.wait()
            if not said:
                holder.result()
            if said != ["held"]:
                raise _busy(said)
            yield
        finally:
            done.set()


def _busy(said: list[str]) -> LockedError:
    holder = " ".join(said).removeprefix("busy ") or "somebody"
    advice = "wait until that has ended, then type the same command again"
    return LockedError(f"{holder} is making or removing the platform right now", LOCK, advice)
