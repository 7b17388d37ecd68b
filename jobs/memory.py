"""Memory that nobody uses goes back to the machine. A process with many threads that works for days otherwise keeps what each of
them once needed: the C library gives free pages back by itself only at the end of its heap."""

import ctypes
import threading

EVERY_SECONDS = 10.0
HEAPS = 2  # for all threads together; as many as eight a core otherwise, each with free pieces of its own
LARGE = 128 * 1024  # bytes; from here on a piece is the machine's own, and goes back to it the moment it is free
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # what glibc's malloc.h calls them
_running: list[threading.Thread] = []


def give_back() -> bool:
    """Hand free pages to the machine; False where the C library cannot (it is glibc that can)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0) in (0, 1))


def share_heaps() -> None:
    """Few heaps for many threads, and none for large pieces, where the C library takes such wishes. Before threads begin."""
    if tell := getattr(ctypes.CDLL(None), "mallopt", None):
        tell(_ARENA_MAX, HEAPS)
        tell(_MMAP_THRESHOLD, LARGE)


def look_after() -> None:
    """Do it again and again in this process, until it ends. Twice is once; a fork needs its own."""
    if any(thread.is_alive() for thread in _running) or not give_back():
        return
    share_heaps()
    _running[:] = [threading.Thread(target=_again_and_again, name="memory", daemon=True)]
    _running[0].start()


def _again_and_again() -> None:
    pause = threading.Event()
    while not pause.wait(EVERY_SECONDS):
        give_back()
