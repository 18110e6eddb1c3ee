"""Become a generation's uwsgi: `python serve.py GENERATION`, run by its path and with nothing imported.

Every switch waits for this, so it costs no more than it must.
"""

import json
import os
import sys


def main(folder: str) -> None:
    """Replace this process by uwsgi, with the generation's environment and nothing else.

    Args:
        folder: The generation's folder.
    """
    with open(f"{folder}/env.json") as file:
        environment = json.load(file)
    python = os.path.realpath(f"{folder}/release/venv") + "/bin/python"
    # Relative paths of uwsgi's own options (a spooler's folder) are looked up before its `chdir`.
    with open(f"{folder}/spec.json") as file:
        os.chdir(json.load(file)["cwd"])
    run = [python, "-c", "import pyuwsgi; pyuwsgi.run()", "--ini", f"{folder}/uwsgi.ini"]
    os.execve(python, run, environment)


if __name__ == "__main__":
    main(sys.argv[1])
