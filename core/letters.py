"""Letters as a search sees them: scripts that write no spaces, and accents."""

import re
import unicodedata

# Thai to Khmer, kana, Han, Hangul, and their wide forms: scripts in which a space is no end of a word
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
ACCENTS = "\u0300-\u036f"
_LETTER = re.compile(f"([{UNSPACED}])")
_ACCENT = re.compile(f"[{ACCENTS}]+")
# letters that no accent can be taken from, as those write them who lack their keys
_BARE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def letters_apart(text: str | None) -> str:
    """A text with a space around each letter of a script that writes none, so that each is found as a word of its own."""
    return text if text and text.isascii() else _LETTER.sub(r" \1 ", text or "")


def without_accents(text: str) -> str:
    """A text whose letters stand apart from their accents, and without these."""
    return text if text.isascii() else _ACCENT.sub("", unicodedata.normalize("NFD", text))


def searched(text: str) -> str:
    """The form in which people are sorted and looked for: no case, no width, no accents. Zoë is zoe, Łukasz lukasz."""
    if text.isascii():
        return text.lower()
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()))
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare.translate(_BARE))
