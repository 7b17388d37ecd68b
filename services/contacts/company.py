"""Whose company holds some words, or is called so, whatever the case and accents: asked of `Contact.search`, its last line.

What is searched holds the words already without case and accents, and an index of letters knows it; so nothing more is
kept. The company is looked for in the last line only of those who have the words anywhere.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, func

from core.letters import searched
from models import Contact, is_sqlite

_END = "\n"


def company_holds(text: str) -> ColumnElement[bool]:
    """These words somewhere in the name of the company; false for words of which nothing is left without accents."""
    words = searched(text)
    return _among_those_with(words, _last_line().contains(words, autoescape=True))


def company_is(text: str) -> ColumnElement[bool]:
    """The company is called so."""
    words = searched(text)
    return _among_those_with(words, _last_line() == words)


def _among_those_with(words: str, is_so: ColumnElement[bool]) -> ColumnElement[bool]:
    """Asked only of those who have a company, and these words somewhere: the cheap questions come first."""
    return and_(Contact.company != "", Contact.search.contains(words, autoescape=True), is_so) if words else false()


def _last_line() -> Any:
    """The last line of what is searched, where the company stands if there is one."""
    if is_sqlite():  # what is left of a text when all at its end that is no end of a line is taken off
        before = func.rtrim(Contact.search, func.replace(Contact.search, _END, ""))
        return func.substr(Contact.search, func.length(before) + 1)
    return func.substring(Contact.search, f"[^{_END}]*$")
