"""Many objects, some of them on their way, or being opened, while one is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from flipside.backup.repository import Repository

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4
"""How many objects are asked for at once: what a bucket takes per answer is mostly waiting."""


def fetched(repository: Repository, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield objects by name, in order. Raises DamagedError at one that is missing."""
    return ahead(lambda name: (name, repository.require(name)), names)


def ahead(do: Callable[[T], R], each: Iterable[T]) -> Iterator[R]:
    """Yield in order what is done of each in threads, a few ahead; what was raised is, in its turn."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(AHEAD) as threads:
        try:
            for one in each:
                waiting.append(threads.submit(do, one))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            threads.shutdown(cancel_futures=True)
