"""Flipside: dozens of small Python web apps on one cheap box, with nothing lost on a deploy."""

__version__ = "0.1.0"
