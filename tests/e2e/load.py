"""Visitors of an app while it is switched: at a fixed rate, nothing forgiven."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

# Requests in a second, whether those before have ended or not, and how many a long one is among.
RATE = 25.0
SLOW_EVERY = 100


@dataclass
class Seen:
    """What the visitors saw."""

    seconds: list[float] = field(default_factory=list)
    """Of each request that takes no time by itself."""
    failures: Counter[str] = field(default_factory=Counter)
    """How requests failed: a status other than 200, or the error's name."""
    posted: list[str] = field(default_factory=list)
    """Words whose POST was answered with 200."""
    slow: int = 0
    """Long requests that ended well."""
    versions: Counter[str] = field(default_factory=Counter)
    """Answers by the version that gave them."""

    @property
    def requests(self) -> int:
        """How many were made."""
        return len(self.seconds) + self.slow + self.failures.total()

    def quantile(self, share: float) -> float:
        """Seconds that a share of the requests did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {self.failures.total()} failed {dict(self.failures)}, "
            f"p50 {self.quantile(0.5) * 1000:.0f} ms, p99 {self.quantile(0.99) * 1000:.0f} ms, "
            f"longest {max(self.seconds) * 1000:.0f} ms, {self.slow} long ones, "
            f"{len(self.posted)} posted, by {dict(self.versions)}"
        )


class Load:
    """Requests to one host on nginx's port: GETs, every fourth a POST, now and then a long one.

    Args:
        port: nginx's.
        host: The app's.
    """

    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host
        self.seen = Seen()
        self._run = f"{time.time_ns():x}"
        self._lock = threading.Lock()
        self._end = threading.Event()

    @contextmanager
    def running(self) -> Iterator[Seen]:
        """Keep the visitors coming during the block, and a second before and after it."""
        pacer = threading.Thread(target=self._pace)
        pacer.start()
        try:
            time.sleep(1)
            yield self.seen
            time.sleep(1)
        finally:
            self._end.set()
            pacer.join()

    def _pace(self) -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(max_workers=1024) as pool:
            for number in itertools.count():
                if self._end.wait(max(0.0, begun + number / RATE - time.monotonic())):
                    break
                pool.submit(self.visit, number)

    def visit(self, number: int) -> None:
        """Make the request of that number, and note what came of it."""
        if number % SLOW_EVERY == 10:
            self._ask("GET", "/slow?seconds=3")
        elif number % 4 == 3:
            self._ask("POST", "/rows", f"{self._run}-{number}")
        else:
            self._ask("GET", "/")

    def _ask(self, method: str, path: str, word: str | None = None) -> None:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, word, {"Host": self.host})
            answer = connection.getresponse()
            answer.read()
            problem = None if answer.status == 200 else f"{method} {answer.status}"
            version = answer.headers.get("X-Version", "?")
        except (OSError, http.client.HTTPException) as error:
            problem, version = f"{method} {type(error).__name__}", "?"
        finally:
            connection.close()
        with self._lock:
            self._note(problem, path, word, time.monotonic() - begun, version)

    def _note(
        self, problem: str | None, path: str, word: str | None, seconds: float, version: str
    ) -> None:
        if problem:
            self.seen.failures[problem] += 1
            return
        self.seen.versions[version] += 1
        if word:
            self.seen.posted.append(word)
        if path.startswith("/slow"):
            self.seen.slow += 1
        else:
            self.seen.seconds.append(seconds)
