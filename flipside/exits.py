"""What ends a task, as a message and an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flipside.console import Console

FAILED, STOPPED, BROKEN_PIPE = 1, 130, 141
DEBUG = "FLIPSIDE_DEBUG"
AGAIN = "run the same command again and it finishes"


@contextmanager
def exits(console: Console) -> Iterator[None]:
    """Turn whatever the block raises into a message and an `invoke.Exit` with its status.

    1 after an error, 130 after Ctrl-C, 141 when nobody reads the output any more. Under
    FLIPSIDE_DEBUG=1 the unexpected keeps its traceback.
    """
    try:
        yield
    except Exit:
        raise
    except KeyboardInterrupt:
        console.error(FlipsideError("stopped", next=AGAIN))
        raise Exit(code=STOPPED) from None
    except BrokenPipeError:
        # Python flushes stdout once more as it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=BROKEN_PIPE) from None
    except Exception as error:
        if os.environ.get(DEBUG) and not isinstance(error, FlipsideError):
            raise
        console.error(error if isinstance(error, FlipsideError) else unexpected(error))
        raise Exit(code=FAILED) from None


def unexpected(error: Exception) -> FlipsideError:
    """Return an error that nobody foresaw as one that a person can read."""
    again = f"{DEBUG}=1 {Path(sys.argv[0]).name} {' '.join(sys.argv[1:2])} ... shows the traceback"
    if isinstance(error, OSError) and error.strerror:
        named = error.filename and os.fsdecode(error.filename)
        return FlipsideError(error.strerror, named, again)
    return FlipsideError(f"unexpected {type(error).__name__}: {error}", _place(error), again)


def _place(error: Exception) -> str | None:
    trace = error.__traceback__
    if trace is None:
        return None
    while trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
