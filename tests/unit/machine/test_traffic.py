"""What a switch did to users, from access log lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.machine.traffic import LOG_FORMAT, Traffic, size, summary


def line(msec: float, seconds: float = 0.01, status: int = 200, uri: str = "/") -> str:
    return f'{msec:.3f} {seconds:.3f} {status} GET a.localhost "{uri}" 12 127.0.0.1 "curl/8"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(line(100.0, 9.0, 500))
    return path


def test_window(log: Path) -> None:
    """From the offset to the moment; a request belongs to the moment it ended."""
    offset = size(log)
    log.write_text(log.read_text() + line(101, 0.5) + line(102, 2.5, 502) + line(110, 7))
    assert summary(log, offset, 105.0) == Traffic(2, 1, 2.5, 2.5)


def test_p99(log: Path) -> None:
    offset = size(log)
    log.write_text(log.read_text() + "".join(line(101, i / 1000) for i in range(1, 201)))
    assert summary(log, offset, 200).p99 == 0.198
    assert summary(log, offset, 200).longest == 0.2


def test_nothing(log: Path, tmp_path: Path) -> None:
    assert summary(log, size(log), 200) == Traffic(0, 0, 0.0, 0.0)
    assert summary(tmp_path / "none.log", 0, 200) == Traffic(0, 0, 0.0, 0.0)
    assert size(tmp_path / "none.log") == 0


def test_torn_and_foreign_lines(log: Path) -> None:
    """Half a line, garbage and bytes that are no text are passed over."""
    whole = line(101).encode()
    log.write_bytes(whole[20:] + b"\xff\xfe\n" + whole + b" " + whole + b"\n" + whole[:-8])
    assert summary(log, 0, 200).requests == 2


def test_quotes_in_what_clients_send(log: Path) -> None:
    log.write_text(line(101, uri=r"/a\"b c\\") + line(101, uri='/" 500 "'))
    assert summary(log, 0, 200).requests == 1


def test_only_5xx_is_failure(log: Path) -> None:
    log.write_text("".join(line(101, status=status) for status in (200, 301, 404, 499, 500, 504)))
    assert summary(log, 0, 200).failed == 2


def test_rotated(log: Path) -> None:
    """The rest of the old file and the whole new one count."""
    log.write_text(line(100) * 5)
    offset = size(log)
    log.write_text(log.read_text() + line(101) * 2)
    log.rename(log.with_name("access.log.1"))
    log.write_text(line(102))
    assert summary(log, offset, 200).requests == 3


def test_rotated_away(log: Path) -> None:
    """Without the old file, the new one from its start."""
    log.write_text(line(102))
    assert summary(log, 10_000, 200).requests == 1


def test_format_has_the_fields_in_order() -> None:
    assert LOG_FORMAT.split()[:3] == ["$msec", "$request_time", "$status"]
