"""Visitors of an app, cheap enough to be many: `visitors.py ADDRESS HOST RATE`, until its input is closed.

A quarter of their requests are POSTs, one every two seconds takes 5 s, and half of them come on
connections that are kept. Prints the fields of `e2e.load.Seen` in JSON. RATE is requests in a
second, whether those before have ended or not; 0: 16 visitors, each asking again once answered.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from e2e.load import Seen

GREEDY = 16
PATIENCE = 60.0
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Visitors:
    """Asks one host at one address, and notes what came of it.

    Args:
        address: Where nginx listens, on port 80.
        host: The app's.
        slow_every: How many requests there is a long one among; 0 for none.
    """

    def __init__(self, address: str, host: str, slow_every: int) -> None:
        self.address, self.host, self.slow_every = address, host, slow_every
        self.seen = Seen()
        self._kept: list[Line] = []
        self._run = f"{time.time_ns():x}"

    async def paced(self, rate: float, end: asyncio.Event) -> None:
        """Come at a fixed rate until the end, and wait for all answers."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                await asyncio.sleep(begun + number / rate - time.monotonic())
                if end.is_set():
                    return
                group.create_task(self.visit(number))

    async def greedy(self, end: asyncio.Event) -> None:
        """Ask again as soon as there is an answer."""
        numbers = itertools.count()

        async def visitor() -> None:
            while not end.is_set():
                await self.visit(next(numbers))

        await asyncio.gather(*(visitor() for _ in range(GREEDY)))

    async def visit(self, number: int) -> None:
        """Make the request of that number."""
        kept = number // 4 % 2 == 0
        if self.slow_every and number % self.slow_every == 10:
            await self._noted("GET", "/slow?seconds=5", kept=kept)
        elif number % 4 == 3:
            await self._noted("POST", "/rows", f"{self._run}-{number}", kept=kept)
        else:
            await self._noted("GET", "/", kept=kept)

    async def _noted(self, method: str, path: str, word: str = "", *, kept: bool) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._asked(method, path, word, kept=kept)
            problem = None if status == 200 else f"{method} {status}"
        except (OSError, EOFError, TimeoutError) as error:
            problem = f"{method} {type(error).__name__}"
        if problem:
            self.seen.failures[problem] += 1
        elif path.startswith("/slow"):
            self.seen.slow += 1
        else:
            self.seen.seconds.append(time.monotonic() - begun)
            self.seen.posted += [word] if word else []

    async def _asked(self, method: str, path: str, word: str, *, kept: bool) -> int:
        reader, writer = (kept and self._open()) or await asyncio.open_connection(self.address, 80)
        try:
            close = "" if kept else "Connection: close\r\n"
            head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{close}"
            writer.write(f"{head}Content-Length: {len(word)}\r\n\r\n{word}".encode())
            status, open_still = await _answer(reader)
        except BaseException:
            writer.close()
            raise
        self._kept.append((reader, writer)) if kept and open_still else writer.close()
        return status

    def _open(self) -> Line | None:
        """A kept connection that the server has not ended meanwhile, as browsers look for one."""
        while self._kept:
            reader, writer = self._kept.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read an answer to its end; return its status, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    elif "content-length:" in head:
        await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
    else:
        await reader.read()
    return int(head.split()[1]), "connection: close" not in head


async def main(address: str, host: str, rate: float) -> None:
    """Visit until the input is closed."""
    end = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, end.set)
    visitors = Visitors(address, host, int(2 * rate))
    await (visitors.paced(rate, end) if rate else visitors.greedy(end))
    print(json.dumps(vars(visitors.seen)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
