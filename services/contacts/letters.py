"""An index for any part of a word: indexes of PostgreSQL's, or a table of SQLite's that is filled behind the book.

It only ever says who *may* hold some letters; whoever asks looks at those people themselves. Everywhere else, and for
letters that many people hold, lists read the table.
"""

from collections.abc import Iterable

from sqlalchemy import Select

from models import is_sqlite
from services.contacts import letters_postgres, letters_sqlite


def index_letters() -> bool:
    """See that the index is there; True when it is. Safe to repeat, and no trouble where it cannot be made."""
    return (letters_sqlite if is_sqlite() else letters_postgres).prepare()


def learn_letters() -> bool:
    """Take some thousands of people who are new to it into SQLite's index. False: there was nothing to do."""
    return is_sqlite() and letters_sqlite.learn()


def forget_letters() -> None:
    """Begin SQLite's index anew, because somebody must not be in it any longer. Inside the caller's transaction."""
    if is_sqlite():
        letters_sqlite.forget()


def few_holding(parts: Iterable[str]) -> Select[int] | None:
    """The ids of all who may hold every one of these parts in their details or fields, when those are few; else None.

    Two queries. Case does not matter; letters beyond ASCII must be those of `Contact.search`.
    """
    return letters_sqlite.few_holding(list(parts)) if is_sqlite() else None
