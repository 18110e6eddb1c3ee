"""The whole app: a WSGI callable."""

from collections.abc import Callable, Iterable

Environ = dict[str, object]


def application(environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
    """Say hello, and where."""
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"Hello from {{ name }} at {environ['PATH_INFO']}\n".encode()]
