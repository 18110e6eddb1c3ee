"""`python -m flipside.backup.cli`: the command where nothing is installed as one."""

from flipside.backup.cli import run

run()
