"""Every question the list of people can be asked, at a million of them: any search with any filter, heading and page.

No ratio: milliseconds of processor time of the whole page on the server, from the request to its last letter, as the
program ships; of PostgreSQL the time of its process is added, which then does without parallel workers. Each question is
asked once, in a shuffled order that is always the same; those that took longer than half the goal are asked again, as
often as there are rounds, and the median counts. `TEST_DATABASE_URL` (an empty PostgreSQL) adds the lines for PostgreSQL,
`LISTS_FOLDER` keeps the book, `LISTS_ONLY` is a pattern of questions, after `LISTS_SECONDS` no more are asked.
Run by itself (`python -m bench.lists`) it also names the slowest questions.
"""

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product, takewhile
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import psycopg

from bench.book import RARE_TAG, open_book

PEOPLE = int(os.environ.get("PAGES_PEOPLE", "1000000"))
GOAL = 200  # milliseconds
_ALONE = urlencode({"options": "-c max_parallel_workers_per_gather=0"})
SEARCHES = {  # what is typed: few or many letters, of few or many people
    "nothing": "", "a letter most have": "a", "two letters many have": "ad", "two letters nobody has": "xq",
    "a frequent name": "okafor", "a rare name": "zibafeta", "a name nobody has": "bartholomew", "one number": "+2348030007919",
    "part of a number": "80300", "every address": "mail.example", "two words": "ada okafor", "a company": "acme supplies",
    "frequent and rare": "mail zibafeta", "rare middle": "ibafet", "accents": "żaneta wójcik",
}
FILTERS = {
    "no filter": [], "a tag half have": ["tag.is:tag 1"], "a tag of 200": [f"tag.is:{RARE_TAG}"],
    "not a tag": ["tag.is_not:tag 1"], "agreed": ["marketing.granted"], "said stop": ["marketing.withdrawn"],
    "a frequent value": ["field_city.is:Lagos"], "a value nobody has": ["field_city.is:Oslo"],
    "a number": ["field_visits.more:38"], "yes": ["field_member.yes"], "heard lately": ["heard.within:14"],
    "never heard": ["heard.never"], "by hand": ["source.form"], "from files": ["source.import"], "by a system": ["source.api"],
    "not messaged": ["messaged.never"], "messaged lately": ["messaged.within:30"],
    "tag and consent": ["tag.is:tag 2", "marketing.granted"], "two tags": ["tag.is:tag 1", "tag.is:tag 5"],
    "tag, heard and field": ["tag.is:tag 2", "heard.within:90", "field_city.is:Kano"],
}
ORDERS = [(sort, order) for sort in ("name", "phone", "last_heard", "created") for order in ("", "desc")]
PAGES = ("first", "second", "number 100", "number 15,000")
Line = tuple[str, float, float, float, str]
Ask = Callable[[str], str]
_SERVERS: list[Path] = []  # where Linux tells the processor time of PostgreSQL's processes for us


def row_22(rounds: int) -> list[Line]:
    """Milliseconds of the slowest question, on SQLite and where one is given on PostgreSQL."""
    lines = []
    for name, database in (("SQLite", ""), ("PostgreSQL", os.environ.get("TEST_DATABASE_URL", ""))):
        if name == "SQLite" or database:
            taken = measure(rounds, database)
            worst = sorted(taken.values())
            above = sum(one > GOAL for one in worst)
            lines.append((f"{len(worst):,} questions on {PEOPLE:,} people, {name}, ms: p50, p99, slowest",
                          worst[len(worst) // 2], worst[len(worst) * 99 // 100], worst[-1], f"{above} above {GOAL} ms"))
    return lines


def measure(rounds: int, database: str = "") -> dict[str, float]:
    """Milliseconds by question."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(os.environ.get("LISTS_FOLDER") or folder)
        ask = open_book(kept, PEOPLE, database=database and f"{database}{'&' if '?' in database else '?'}{_ALONE}",
                        has_more=True)
        ask("/contacts")
        _SERVERS[:] = _servers(database) if database else []
        until = time.monotonic() + float(os.environ.get("LISTS_SECONDS", "inf"))
        return {question: _asked(ask, address, rounds) for question, address in takewhile(
            lambda _: time.monotonic() < until, _questions(ask))}


def _servers(database: str) -> list[Path]:
    """One for each connection of this program."""
    link = psycopg.connect(database.replace("+psycopg", ""))
    found = link.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                         "AND backend_type = 'client backend'").fetchall()
    link.close()
    return [Path(f"/proc/{pid}/schedstat") for (pid,) in found]


def _questions(ask: Ask) -> Iterator[tuple[str, str]]:
    """Every combination as words and its address; the second page by the way the first one leads."""
    only = os.environ.get("LISTS_ONLY", "")
    everything = list(product(SEARCHES.items(), FILTERS.items(), ORDERS))
    random.Random(22).shuffle(everything)  # so that a run that ends early has asked some of each
    for (search, typed), (about, where), (sort, order) in everything:
        wanted = {"q": typed, "where": where, "sort": sort, "order": order}
        address = "/contacts?" + urlencode({name: value for name, value in wanted.items() if value}, doseq=True)
        words = f"{search} · {about} · {sort} {order}"
        if only and not re.search(only, words):
            continue
        yield f"{words} · {PAGES[0]}", address
        if sort in ("name", "last_heard"):
            if onward := re.search(r'rel="next" href="([^"]+)"', ask(address)):
                yield f"{words} · {PAGES[1]}", onward[1].replace("&amp;", "&")
            yield f"{words} · {PAGES[2]}", f"{address}&page=100"
            yield f"{words} · {PAGES[3]}", f"{address}&page=15000"


def _asked(ask: Ask, address: str, rounds: int) -> float:
    taken = [_timed(ask, address)]
    if taken[0] > GOAL / 2:
        taken = [_timed(ask, address) for _ in range(rounds)]
    return median(taken)


def _timed(ask: Ask, address: str) -> float:
    begun = _spent()
    ask(address)
    return (_spent() - begun) * 1e3


def _spent() -> float:
    """Seconds of processor time of this thread and of the servers of the database that are ours."""
    return time.thread_time() + sum(int(line.read_text().split()[0]) for line in _SERVERS) / 1e9


ROWS = {22: row_22}

if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if sys.argv[1:] else 3, os.environ.get("TEST_DATABASE_URL", ""))
    for question, spent in sorted(found.items(), key=lambda one: one[1])[-60:]:
        print(f"{spent:8.0f} ms  {question}")
    slow = [one for one in found.values() if one > GOAL]
    print(f"{len(found):,} questions, {len(slow):,} above {GOAL} ms, median {median(found.values()):.0f} ms")
