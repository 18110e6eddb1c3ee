"""GET /up: may this process be given visitors?"""

import secrets
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse


class UpMiddleware:
    """Answers /up before anything else looks at the request.

    Middleware rather than a view, because ALLOWED_HOSTS and the redirect to https would turn a
    probe by address away. What is wrong is raised: a 500, with its traceback in the log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/up":
            return self.get_response(request)
        check_database()
        check_cache()
        return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})


def check_database() -> None:
    """Raise when the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def check_cache() -> None:
    """Raise when the cache does not hand back what it was given."""
    key, value = f"up-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, timeout=10)
    if cache.get(key) != value:
        raise RuntimeError("the cache does not keep what it is given: is memcached at $MEMCACHED?")
