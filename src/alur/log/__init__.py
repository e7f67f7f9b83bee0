"""The log: append-only, written with the change it tells of, read by everything that comes after."""

from alur.log.append import Record, append, write

__all__ = ("Record", "append", "write")
