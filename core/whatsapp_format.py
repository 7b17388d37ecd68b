"""How WhatsApp shows a text: *bold*, _italic_, ~struck out~, ```typewriter```, `code`, lines that begin with "> " (quoted) and
with "* " or "- " (a list), as safe HTML for previews."""

import html
import re

TAGS = {"*": "strong", "_": "em", "~": "s"}
LINES = {"&gt; ": "quoted-line", "* ": "listed-line", "- ": "listed-line"}  # how a line begins, escaped → its class
_TYPEWRITER = re.compile(r"```(.+?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_BEGINNING = re.compile(r"(&gt; |[*-] )(?=\S)")
_WORD = r"[^\W_]"  # a letter or digit: marks inside words are ordinary characters


def _pattern(marks: str) -> re.Pattern[str]:
    """A mark that opens before a word, its inside on one line, and the same mark closing after a word.

    Marks in rows, as in __class__, are ordinary characters.
    """
    return re.compile(rf"(?<!{_WORD})([{marks}])(?<!\1\1)(?!\1)(?=\S)([^\n]*?\S)(?<!\1)\1(?!\1)(?!{_WORD})")


def to_html(text: str) -> str:
    """`text` as HTML: escaped first, then WhatsApp's marks become strong, em, s and code, its lines spans with a class.

    Every tag it opens it also closes, inside the same parent. Line breaks stay as they are.
    """
    cut = _TYPEWRITER.split(html.escape(text))
    cut[::2] = [_lines(part, begins=not number) for number, part in enumerate(cut[::2])]
    cut[1::2] = [f"<code>{part}</code>" for part in cut[1::2]]
    return "".join(cut)


def _lines(part: str, *, begins: bool) -> str:
    """Escaped text line by line; `begins` says whether its first line has nothing before it."""
    first, *others = part.split("\n")
    return "\n".join([_line(first) if begins else _inline(first), *map(_line, others)])


def _line(line: str) -> str:
    if found := _BEGINNING.match(line):
        return f'<span class="{LINES[found[1]]}">{_inline(line[found.end():])}</span>'
    return _inline(line)


def _inline(line: str) -> str:
    cut = _CODE.split(line)
    cut[::2] = [_marked(part, "*_~") for part in cut[::2]]
    cut[1::2] = [f"<code>{part}</code>" for part in cut[1::2]]
    return "".join(cut)


def _marked(part: str, marks: str) -> str:
    """Escaped text with the given marks as tags; a mark does not count again inside itself."""
    if not any(mark in part for mark in marks):
        return part

    def tagged(found: re.Match[str]) -> str:
        mark, inside = found.groups()
        return f"<{TAGS[mark]}>{_marked(inside, marks.replace(mark, ''))}</{TAGS[mark]}>"

    return _pattern(marks).sub(tagged, part)
