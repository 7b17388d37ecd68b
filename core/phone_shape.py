"""Pure: how many digits at the end of a number no pattern looks at, so that one answer serves all that begin alike.

The patterns are those of the phone metadata: digits, \\d, classes, groups, alternatives and counts, and nothing else.
"""

import re
from functools import cache

_TOKEN = re.compile(r"\\d|\[[0-9-]+\]|[0-9]|\(\?:|\(|\)|\||\?|\{(\d+)(?:,(\d+))?\}")
Shapes = frozenset[tuple[int, int]]  # of each alternative: how long it is, how many digits at its end may be any
_EMPTY: Shapes = frozenset({(0, 0)})


@cache
def free_digits(pattern: str) -> dict[int, int]:
    """For each length of a number: how many of its last digits cannot change whether the whole pattern fits it.

    Raises ValueError for a pattern that is written in other signs.
    """
    tokens = list(_TOKEN.finditer(pattern))
    if "".join(token[0] for token in tokens) != pattern:
        raise ValueError(f"a pattern with unknown signs: {pattern[:60]}")
    shapes, end = _alternatives(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"a pattern that closes more groups than it opens: {pattern[:60]}")
    return {length: min(free for other, free in shapes if other == length) for length, _ in shapes}


def _alternatives(tokens: list[re.Match[str]], place: int) -> tuple[Shapes, int]:
    """What stands between bars, up to the end or the closing bracket; and where that is."""
    found: Shapes = frozenset()
    present = _EMPTY
    while place < len(tokens) and tokens[place][0] != ")":
        if tokens[place][0] == "|":
            found, present, place = found | present, _EMPTY, place + 1
            continue
        piece, place = _piece(tokens, place)
        present = _behind(present, piece)
    return found | present, place


def _piece(tokens: list[re.Match[str]], place: int) -> tuple[Shapes, int]:
    """One digit, class or group with the count behind it."""
    sign = tokens[place][0]
    if sign in ("(", "(?:"):
        piece, place = _alternatives(tokens, place + 1)
    else:
        piece = frozenset({(1, int(sign == r"\d"))})
    place += 1
    if place < len(tokens) and (tokens[place][0] == "?" or tokens[place][0].startswith("{")):
        least, most = (0, 1) if tokens[place][0] == "?" else (int(tokens[place][1]), int(tokens[place][2] or tokens[place][1]))
        piece, place = _repeated(piece, least, most), place + 1
    return piece, place


def _repeated(piece: Shapes, least: int, most: int) -> Shapes:
    found: Shapes = frozenset()
    present = _EMPTY
    for count in range(most + 1):
        if count >= least:
            found |= present
        present = _behind(present, piece)
    return found


def _behind(first: Shapes, second: Shapes) -> Shapes:
    """Every shape of the second behind every one of the first."""
    return frozenset((length + more, more + free if all_free == more else all_free)
                     for length, free in first for more, all_free in second)
