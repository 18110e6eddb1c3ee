"""A WSGI application without a framework, as they were written in 2009."""

import base64
import json
import os
import time

import settings

try:
    import uwsgi
except ImportError:
    uwsgi = None

BORN = os.getpid()
HERE = os.path.dirname(os.path.abspath(__file__))

if uwsgi:

    def spool(task):
        with open(os.path.expanduser("~/spooled"), "ab") as file:
            file.write(task[b"word"])
        return uwsgi.SPOOL_OK

    uwsgi.spooler = spool


def application(environ, start_response):
    if settings.FAULT == "hang":
        time.sleep(60)
    if settings.FAULT == "raise":
        raise KeyError("the relay is out of order")
    if settings.FAULT == "post" and environ["REQUEST_METHOD"] == "POST":
        raise ValueError("POST is out of order")
    if settings.FAULT == "write":
        with open(os.path.join(HERE, "visits.txt"), "a") as file:
            file.write("x")
    if settings.FAULT == "quiet":
        start_response("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]
    status, answer = route(environ)
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if status.startswith("401"):
        headers.append(("WWW-Authenticate", 'Basic realm="relay"'))
    start_response(status, headers)
    return [body]


def route(environ):
    path = environ["PATH_INFO"]
    if path == "/secret":
        return secret(environ)
    if path == "/error":
        return "500 Internal Server Error", {"error": "the relay says so"}
    if path == "/missing":
        return "404 Not Found", {"error": "nothing here"}
    if path == "/home":
        with open(os.path.expanduser("~/visits"), "a") as file:
            file.write("x")
        return "200 OK", {"home": os.path.expanduser("~")}
    if path == "/spool":
        uwsgi.spool({b"word": b"spooled"})
        return "200 OK", {}
    if path == "/cache":
        uwsgi.cache_update("seen", str(int(uwsgi.cache_get("seen") or 0) + 1))
        return "200 OK", {"seen": int(uwsgi.cache_get("seen"))}
    return "200 OK", echo(environ)


def secret(environ):
    said = environ.get("HTTP_AUTHORIZATION", "")
    if said == "Basic " + base64.b64encode(b"ann:sesame").decode():
        return "200 OK", {"secret": 42}
    return "401 Unauthorized", {"error": "who is there?"}


def echo(environ):
    """Tell what arrived."""
    size = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    said = {key: value for key, value in environ.items() if isinstance(value, str)}
    return {
        "app": settings.GREETING,
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "size": size,
        "forked": os.getpid() != BORN,
        "headers": {key: value for key, value in said.items() if key.startswith("HTTP_")},
        "environment": {key: os.environ.get(key) for key in ("HOME", "GREETING", "PATH")},
    }
