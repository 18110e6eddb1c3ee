"""The other files of a data folder: incremental and encrypted, each content kept once.

A folder's files are a subject of `names.FILES`. Its epoch has contents, called by what they are, and
manifests, each a list of everything at one moment, which makes what it lists count.
"""

from __future__ import annotations

from flipside.backup.media.find import moments
from flipside.backup.media.last import last, lost
from flipside.backup.media.restoring import Restored, restore
from flipside.backup.media.verifying import Verified, verify
from flipside.backup.media.writer import FilesWriter

__all__ = ["FilesWriter", "Restored", "Verified", "last", "lost", "moments", "restore", "verify"]
