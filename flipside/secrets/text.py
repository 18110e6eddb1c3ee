"""Text files that people may have touched, read with an error that names them."""

from __future__ import annotations

from pathlib import Path

from flipside.errors import SecretError


def read(path: Path) -> str:
    """Return a file's text.

    Raises:
        FileNotFoundError: If there is none.
        SecretError: If it cannot be read, or is no text; the error has nothing of it.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SecretError(f"cannot be read: {error.strerror}", str(path)) from None
    except UnicodeDecodeError:
        raise SecretError("cannot be read: it is not text in UTF-8", str(path)) from None
