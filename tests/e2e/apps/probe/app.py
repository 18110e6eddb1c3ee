"""A WSGI app that tells how it is run; `version.txt` and `extra.py` make each release another."""

import json
import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import parse_qs

import extra

VERSION = (Path(__file__).parent / "version.txt").read_text().strip()
DATABASE = Path(os.environ["DATA_DIR"]) / "rows.db"


def connect():
    """Return the database in the data dir; its one table is there."""
    connection = sqlite3.connect(DATABASE, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (word TEXT PRIMARY KEY)")
    return connection


def rows(environ):
    """POST: keep the body as a row, and answer with it. GET: all rows."""
    connection = connect()
    try:
        if environ["REQUEST_METHOD"] == "POST":
            word = environ["wsgi.input"].read().decode()
            with connection:
                connection.execute("INSERT INTO rows VALUES (?)", [word])
            return [word]
        return [row[0] for row in connection.execute("SELECT word FROM rows ORDER BY rowid")]
    finally:
        connection.close()


def echo(environ):
    """What of the request arrived."""
    size = 0
    while chunk := environ["wsgi.input"].read(65536):
        size += len(chunk)
    plain = {key: value for key, value in environ.items() if isinstance(value, str)}
    return plain | {"size": size}


def slow(environ):
    """Take as many seconds as the query says."""
    time.sleep(float(parse_qs(environ["QUERY_STRING"])["seconds"][0]))
    return "slow"


def process(environ):
    """Which process answers, with which environment."""
    return {"pid": os.getpid(), "env": dict(os.environ), "cwd": str(Path.cwd())}


PATHS = {"/rows": rows, "/slow": slow, "/process": process}


def application(environ, start_response):
    """Answer in JSON; paths that are not known echo the request, / and /up say the version."""
    path = environ["PATH_INFO"]
    status = "200 OK"
    if path in {"/", "/up"}:
        status, answer = getattr(extra, "UP", status), VERSION
    else:
        answer = PATHS.get(path, echo)(environ)
    start_response(status, [("Content-Type", "application/json"), ("X-Version", VERSION)])
    return [json.dumps(answer).encode()]
