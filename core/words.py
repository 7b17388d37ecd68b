"""Text as people write and read it: plurals, lists, and the cleaning every typed line gets."""

import re
import unicodedata
from collections.abc import Sequence

_HIDDEN_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# what takes no ink: soft hyphen, joiners, marks of direction, fillers of Hangul, Khmer and Braille, variation selectors
_UNSEEN = re.compile("[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
                     "\u3164\ufe00-\ufe0f\ufeff\uffa0]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0))}
_REMOVED = dict.fromkeys(map(ord, _HIDDEN_DIRECTIONS + "\ufeff"))
_LINE_TABLE = _CONTROLS | _REMOVED
_TEXT_TABLE = {code: to for code, to in _LINE_TABLE.items() if code not in (0x09, 0x0A)}


def plural(count: int, one: str, many: str) -> str:
    """1 person, 2 people, 1,204 people."""
    return f"{count:,} {one if count == 1 else many}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """name, phone and tags."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def one_line(text: str) -> str:
    """What a person typed into one line: no control characters, no reordering marks, no spaces around it.

    The answer can be stored by every database; letters, emoji and the joiners some scripts need stay.
    """
    if text.isprintable():
        return text.strip()
    return _SURROGATE.sub("\ufffd", text).translate(_LINE_TABLE).strip()


def seen_line(text: str) -> str:
    """As `one_line`, and empty when nothing of it can be seen: spaces, joiners and fillers only."""
    line = one_line(text)
    return "" if _UNSEEN.fullmatch(line) else line


def many_lines(text: str) -> str:
    """Like `one_line`, but line breaks and tabs stay; every line break becomes one newline."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", plain).translate(_TEXT_TABLE).strip()


def single_spaced(text: str) -> str:
    """A text on one line with single spaces: line breaks, tabs and spaces of every width become one space each run."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """The form in which texts are compared, sorted and searched: no case, no width, one spelling of accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def shortened(text: str, length: int = 40) -> str:
    """A typed text as it may be quoted in a sentence: one line, cut with an ellipsis."""
    line = one_line(text[: length * 4])
    return line if len(line) <= length else f"{line[: length - 1]}…"
