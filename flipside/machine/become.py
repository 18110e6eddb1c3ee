"""Become a command with a generation's environment: `python become.py GENERATION WORD...`, run by its path.

Nothing is imported: it runs where an app can reach little else.
"""

import json
import os
import sys

CANNOT_RUN = 127


def main(folder: str, words: list[str]) -> int:
    """Replace this process by the command, in the app's tree; return the status if it cannot be run.

    Args:
        folder: The generation's folder.
        words: The command.
    """
    with open(f"{folder}/env.json") as file:
        environment = json.load(file)
    with open(f"{folder}/spec.json") as file:
        cwd = json.load(file)["cwd"]
    os.chdir(cwd)
    try:
        os.execvpe(words[0], words, environment | {"TERM": os.environ.get("TERM", "dumb")})
    except OSError as error:
        sys.stderr.write(f"error: cannot run {words[0]}: {error.strerror}\n")
    return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
