"""Many objects, some of them on their way while one is looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from flipside.backup.repository import Repository

AHEAD = 4
"""How many objects are asked for at once: what a bucket takes per answer is mostly waiting."""


def fetched(repository: Repository, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield objects by name, in order. Raises DamagedError at one that is missing."""
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    with ThreadPoolExecutor(AHEAD) as threads:
        try:
            for name in names:
                waiting.append((name, threads.submit(repository.require, name)))
                if len(waiting) > AHEAD:
                    first, data = waiting.popleft()
                    yield first, data.result()
            while waiting:
                first, data = waiting.popleft()
                yield first, data.result()
        finally:
            threads.shutdown(cancel_futures=True)
