"""Become a generation's uwsgi: `python serve.py GENERATION`, run by its path and with nothing imported.

Every switch waits for this, so it costs no more than it must.
"""

import json
import math
import os
import sys
import time

# What systemd tells a service of its socket and of itself: sd_listen_fds(3), sd_notify(3).
SYSTEMD = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET")
# What ends within so many seconds of its start has crashed.
QUICK = 30
LONGEST = 60


def main(folder: str) -> None:
    """Replace this process by uwsgi, with the generation's environment and nothing else.

    Args:
        folder: The generation's folder.
    """
    with open(f"{folder}/env.json") as file:
        environment = json.load(file)
    with open(f"{folder}/spec.json") as file:
        spec = json.load(file)
    if "NOTIFY_SOCKET" in os.environ:
        environment.update({name: os.environ[name] for name in SYSTEMD if name in os.environ})
        idle = spec["resources"]["idle_minutes"] * 60
        back_off(f"{environment['HOME']}/.flipside-starts", os.path.basename(folder), idle)
    python = os.path.realpath(f"{folder}/release/venv") + "/bin/python"
    # Relative paths of uwsgi's own options (a spooler's folder) are looked up before its `chdir`.
    os.chdir(spec["cwd"])
    run = [python, "-c", "import pyuwsgi; pyuwsgi.run()", "--ini", f"{folder}/uwsgi.ini"]
    os.execve(python, run, environment)


def back_off(record: str, generation: str, idle: float) -> None:
    """Wait the longer the oftener a generation was started of late.

    systemd does so itself from version 254 on, and Debian 12 has 252.

    Args:
        record: A file of the app's own.
        generation: Its number.
        idle: Seconds without a request after which it sleeps; 0 for never.
    """
    try:
        with open(record) as file:
            number, count, last = file.read().split()
    except (OSError, ValueError):
        number, count, last = "", "0", "0"
    # What ended because nobody called had lived at least that long.
    window = min(QUICK, idle or math.inf)
    quick = number == generation and 0 <= time.time() - float(last) < window
    times = int(count) + 1 if quick else 0
    pause = min(LONGEST, 2 ** (times - 2)) if times > 1 else 0
    time.sleep(pause)
    with open(record, "w") as file:
        file.write(f"{generation} {times} {time.time()}")


if __name__ == "__main__":
    main(sys.argv[1])
