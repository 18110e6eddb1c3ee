"""SQLite backups: incremental, encrypted, provable, to any point in time.

Needs no platform: `flipside-backup` works on any SQLite file. docs/backup-format.md has the format.
"""
