"""Python's collector of cycles, held back while thousands of rows stand in memory that it could never free."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_LOCK = Lock()
_held = 0
_was_on = False


@contextmanager
def held_back() -> Iterator[None]:
    """Look for no cycles inside this block, which should last less than a second or so.

    Rows go as soon as nobody refers to them; the collector would only look through them again and again, which made an
    import a third slower. It holds for the whole process; blocks may overlap in several threads.
    """
    global _held, _was_on
    with _LOCK:
        if not _held:
            _was_on = gc.isenabled()
            gc.disable()
        _held += 1
    try:
        yield
    finally:
        with _LOCK:
            _held -= 1
            if not _held and _was_on:
                gc.enable()
