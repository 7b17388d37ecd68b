"""Pure: numbers as people paste them, with or without names, as rows of a list."""

import re
from collections.abc import Callable, Iterator, Sequence

from core import csv_text
from core.words import one_line

NUMBER, NAME = "Number", "Name"
_BETWEEN = re.compile(r"[,;|\t]+")
_BEFORE_PLUS = re.compile(r"(?<=[\s\d])(?=\(?\+)")
_MOST_PARTS = 6  # groups of digits one number may be written in
_EDGES = " ,;:|<>[]\"'-–—=•*·"
_LETTER = re.compile(r"[^\W\d_]")
_LABELS = {"tel", "phone", "mobile", "whatsapp", "number", "cell"}
_MOST_DIGITS, _FEWEST_DIGITS, _HEADING_DIGITS = 17, 7, 7

Reads = Callable[[str], bool]  # whether a text is a number


def is_table(text: str) -> bool:
    """Whether cells were pasted under headings: several columns of even width, and no number in the first line."""
    lines = [line for line in text[:100_000].splitlines()[:200] if line.strip()]
    if len(lines) < 2 or _digits(lines[0]) >= _HEADING_DIGITS:
        return False
    return csv_text.delimiter_of("\n".join(lines) + "\n") in lines[0]


def rows(text: str, reads: Reads) -> Iterator[tuple[str, str]]:
    """(number as typed, name) for everything that was pasted; a piece that is no number stands as it is.

    Numbers may be separated by lines, commas, semicolons, tabs and spaces; the words beside one are its name.
    """
    for line in text.splitlines():
        pieces = [one_line(piece) for piece in _BETWEEN.split(line)]
        if pieces := [piece for piece in pieces if piece]:
            yield from _of_line(pieces, reads)


def _of_line(pieces: Sequence[str], reads: Reads) -> Iterator[tuple[str, str]]:
    """The numbers of one line; alone on it, a number has all the other words for a name."""
    found: list[tuple[str, str]] = []
    loose: list[str] = []
    for piece in pieces:
        if _digits(piece):
            found += _of_piece(piece, reads)
        else:
            loose.append(piece)
    if not found:
        yield ", ".join(pieces), ""
    elif len(found) == 1:
        yield found[0][0], _name([*filter(None, [found[0][1]]), *loose])
    else:
        yield from found


def _of_piece(piece: str, reads: Reads) -> list[tuple[str, str]]:
    """The numbers between two separators, each with the words before it; words at the end go to the last one."""
    if _may_be(piece) and not _LETTER.search(piece) and reads(piece):
        return [(piece, "")]
    parts, place = _BEFORE_PLUS.sub(" ", piece).split(), 0
    found: list[tuple[str, str]] = []
    words: list[str] = []
    lost: list[str] = []  # groups of digits that are part of no number
    while place < len(parts):
        count = 0 if _is_wordy(parts[place]) else _longest(parts, place, reads)
        if (count or _is_wordy(parts[place])) and lost:
            found.append((" ".join(lost), _name(words)))
            words, lost = [], []
        if count:
            found.append((" ".join(parts[place:place + count]).strip(_EDGES), _name(words)))
            words = []
        else:
            (words if _is_wordy(parts[place]) else lost).append(parts[place])
        place += count or 1
    if any(map(_digits, lost)) or not found:
        return [*found, (" ".join(lost) or piece, _name(words) if lost else "")]
    number, name = found[-1]
    return [*found[:-1], (number, _name([name, *words]))]


def _longest(parts: Sequence[str], place: int, reads: Reads) -> int:
    """How many parts from this place on are one number: the most that can be read; 0 when none can."""
    for count in range(min(_MOST_PARTS, len(parts) - place), 0, -1):
        text = " ".join(parts[place:place + count]).strip(_EDGES)
        if _may_be(text) and not any(map(_is_wordy, parts[place:place + count])) and reads(text):
            return count
    return 0


def _may_be(text: str) -> bool:
    """Whether it has as many digits as a number may have; asking for more is slow."""
    return _FEWEST_DIGITS <= _digits(text) <= _MOST_DIGITS


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _is_wordy(part: str) -> bool:
    """Whether this is a word of a name rather than a group of digits."""
    return bool(_LETTER.search(part)) and _digits(part) < _FEWEST_DIGITS


def _name(words: Sequence[str]) -> str:
    """The words beside a number, without its label."""
    kept = [word for word in words if word.strip(_EDGES + ".").lower() not in _LABELS]
    return " ".join(kept).strip(_EDGES + " (").strip()[:200]
