"""How SQLite's files begin, and what they are called."""

MAGIC = b"SQLite format 3\0"
"""A database's first bytes. Source: https://www.sqlite.org/fileformat.html#magic_header_string"""
BESIDE = ("-wal", "-shm", "-journal")
"""What the name of a file beside a database ends with. Source: https://www.sqlite.org/tempfiles.html"""
