"""Memory that nobody uses goes back to the machine."""

import platform
import subprocess
import sys

import pytest

from tests.source import ROOT

# 200 MB in pieces of 3,000 bytes that the C library hands out; one in 500 stays, so that no end of the heap becomes free
SCATTERED = """
import threading
from jobs import memory

def held():
    return int(open("/proc/self/smaps_rollup").read().split("Rss:")[1].split()[0]) / 1024

def work():
    pieces = [bytes(3000) for _ in range(70_000)]
    kept.append(pieces[::500])

kept = []
threads = [threading.Thread(target=work) for _ in range(2)]
for one in threads: one.start()
for one in threads: one.join()
before = held()
memory.give_back()
print(before, held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps free pages and can give them back")
def test_what_many_threads_once_needed_is_given_back():
    done = subprocess.run([sys.executable, "-c", SCATTERED], cwd=ROOT, capture_output=True, text=True, check=True)

    before, after = map(float, done.stdout.split())
    assert before > 100
    assert after < before / 2


# one large piece comes and goes, as it does early in any process; then 60 of 1 MB, with one of 50 kB that stays behind each
LARGE = """
from jobs import memory

def held():
    return int(open("/proc/self/smaps_rollup").read().split("Rss:")[1].split()[0]) / 1024

memory.share_heaps()
b"x" * 2_000_000
before, kept, pieces = held(), [], []
for _ in range(60):
    pieces.append(b"x" * 1_000_000)
    kept.append(b"x" * 50_000)
del pieces
print(before, held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large pieces in its heaps once it has seen one go")
def test_a_large_piece_goes_back_the_moment_it_is_free():
    done = subprocess.run([sys.executable, "-c", LARGE], cwd=ROOT, capture_output=True, text=True, check=True)

    before, after = map(float, done.stdout.split())
    assert after < before + 10
