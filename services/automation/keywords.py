"""Words in a message, as people mean them: case, accents, emoji and signs do not matter. Pure.

Patterns are looked for in the message as it came and in its plain form. RE2 matches them: its time grows with the length of
the message only, whatever the pattern.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import re2

from core.errors import Invalid
from core.words import shortened

HOW = {"word": "has the word", "exact": "is exactly", "contains": "contains", "starts": "starts with",
       "pattern": "fits the pattern"}
MOST_WORDS, LONGEST_WORD, LONGEST_PATTERN = 50, 100, 300
_SIGNS = re.compile(r"[\W_]+")
_MEMORY = 1 << 20  # of one pattern, in bytes: larger ones are refused


class Said(NamedTuple):
    """A message made ready for all rules at once."""

    raw: str
    plain: str  # no case, accents, emoji; single spaces
    words: str  # the same without signs, with a space at both ends
    each: frozenset[str]  # the single words


@lru_cache(maxsize=256)
def said(text: str) -> Said:
    """A message made ready."""
    plain = plain_of(text)
    words = _SIGNS.sub(" ", plain).split()
    return Said(text, plain, f" {' '.join(words)} ", frozenset(words))


def plain_of(text: str) -> str:
    """A text without case, accents, widths, emoji and double spaces."""
    folded = text.casefold()
    if not folded.isascii():
        letters = (c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
        folded = "".join(c for c in letters if unicodedata.category(c) not in ("So", "Sk", "Cf", "Cs", "Co"))
    return " ".join(folded.split())


def parted(how: str, text: str) -> list[str]:
    """What was typed into one box, as words: one a line or with commas between; a pattern has its line to itself."""
    lines = text.splitlines() if how == "pattern" else text.replace(",", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()]


def check(how: str, words: str | Sequence[str]) -> list[str]:
    """The words as they are kept. Raises Invalid, field `words` or `how`."""
    if how not in HOW:
        raise Invalid("Choose how the words are looked for", field="how")
    kept = list(dict.fromkeys(parted(how, words) if isinstance(words, str) else (
        word.strip() for word in words if word.strip())))
    if not kept:
        raise Invalid("Write at least one word", field="words")
    if len(kept) > MOST_WORDS:
        raise Invalid(f"A rule looks for {MOST_WORDS} words at most", field="words")
    for word in kept:
        _check_one(how, word)
    return kept


def _check_one(how: str, word: str) -> None:
    most = LONGEST_PATTERN if how == "pattern" else LONGEST_WORD
    if len(word) > most:
        raise Invalid(f"“{shortened(word)}” has more than {most} characters", field="words")
    if how == "pattern":
        _pattern(word)
    elif not _SIGNS.sub("", plain_of(word)) and how in ("word", "exact"):
        raise Invalid(f"“{shortened(word)}” has no letter or digit to look for", field="words")


def finder(how: str, words: Sequence[str]) -> Callable[[Said], str]:
    """A question to ask of every message: the first of the words that is in it, or an empty text. Made once a rule."""
    if how == "pattern":
        patterns = [(word, _pattern(word)) for word in words]
        return lambda one: next((word for word, found in patterns if found.search(one.raw) or found.search(one.plain)), "")
    if how == "contains":
        parts = [(word, plain_of(word)) for word in words]
        return lambda one: next((word for word, part in parts if part in one.plain), "")
    known = {" ".join(_SIGNS.sub(" ", plain_of(word)).split()): word for word in words}
    if how == "exact":
        return lambda one: known.get(one.words.strip(), "")
    if how == "starts":
        begins = [(f" {part} ", word) for part, word in known.items()]
        return lambda one: next((word for begin, word in begins if one.words.startswith(begin)), "")
    return _any_word(known)


def _any_word(known: dict[str, str]) -> Callable[[Said], str]:
    """Whole words and whole phrases."""
    single = {part: word for part, word in known.items() if " " not in part}
    phrases = [(f" {part} ", word) for part, word in known.items() if " " in part]

    def find(one: Said) -> str:
        if not single.keys().isdisjoint(one.each):
            return next(word for part, word in single.items() if part in one.each)
        return next((word for phrase, word in phrases if phrase in one.words), "")

    return find


@lru_cache(maxsize=1024)
def _pattern(text: str) -> "re2._Regexp[str]":
    """A pattern ready to be searched for; case does not matter. Raises Invalid for one RE2 cannot read."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, _MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as trouble:
        raise Invalid(f"The pattern “{shortened(text)}” cannot be read: {_words(trouble)}", field="words") from None


def _words(trouble: Exception) -> str:
    told = trouble.args[0] if trouble.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
