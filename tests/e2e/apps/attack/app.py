"""A WSGI app that runs what it is sent: what an app could do that was taken over."""

import json
import os
import subprocess
import time
from pathlib import Path

KEPT = bytearray()


def run(environ):
    """Run the argv that was sent; its status and output."""
    argv = json.loads(environ["wsgi.input"].read())
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=50
    )
    return {"status": done.returncode, "out": done.stdout.decode(errors="replace")}


def eat(environ):
    """Take memory until there is none."""
    while True:
        KEPT.extend(os.urandom(1 << 20) * 16)
        time.sleep(0.001)


def process(environ):
    """Which process answers."""
    return os.getpid()


PATHS = {"/run": run, "/eat": eat, "/process": process}


def application(environ, start_response):
    """Answer in JSON; the data dir has a file that is nobody else's business."""
    Path(os.environ["DATA_DIR"], "private.txt").write_text("private")
    answer = PATHS.get(environ["PATH_INFO"], lambda _: "up")(environ)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
