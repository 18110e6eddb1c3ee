"""Backups of a platform's apps. Unlike the rest of `flipside.machine` this needs the libraries of its venv."""
