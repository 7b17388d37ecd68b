"""What kind of file this is, and how it writes its letters. Pure; refuses in words rather than guess wrongly."""

import codecs
import re
from collections.abc import Iterable

from core.errors import Invalid

WORDS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
         "utf-32": "UTF-32", "cp1252": "Windows-1252 (Western Europe)", "iso8859-15": "ISO-8859-15 (Western Europe)"}
_MAGIC = (
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"RIFF", "a media file"),
    (b"%PDF", "a PDF"), (b"\x7fELF", "a program"), (b"MZ\x90", "a program"), (b"\x1f\x8b", "a compressed file"),
    (b"Rar!", "a compressed file"), (b"7z\xbc\xaf", "a compressed file"), (b"BZh", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"), (b"SQLite format 3", "a database"), (b"{\\rtf", "a text document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (.xls, .doc)"), (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"), (b"<html", "a web page"), (b"<HTML", "a web page"), (b"<?xml", "an XML file"),
    (b"BEGIN:VCARD", "a file of address cards (.vcf)"), (b"[{", "a JSON file"), (b'{"', "a JSON file"),
)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 256 * 1024
_TOO_STRANGE = 0.1  # share of letters beyond ASCII that stand where no Western word has them
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# 8859-15 puts letters where Windows has signs: Š š Ž ž Œ œ Ÿ and the euro
_LETTER = rb"A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff"
_LATIN_9 = re.compile(
    rb"\xa4|[\xa6\xbc\xbe](?=[" + _LETTER + rb"])|(?<![" + _LETTER + rb"])\xb4(?=[" + _LETTER + rb"])"
    rb"|(?<=[" + _LETTER + rb"])[\xa8\xb8\xbd]|[\xa8\xb8\xbd](?=[" + _LETTER + rb"])")
_C1 = re.compile(rb"[\x80-\x9f]")
_STRANGE = (
    re.compile(r"(?<![A-Za-z])[\u0080-\uffff]{2,}(?![A-Za-z])"),  # a word of nothing but accents
    re.compile(r"[^\W\d_a-zA-Z]{3,}"),  # three accented letters in a row
    re.compile(r"(?<=[a-zß-ÿ])[À-ÖØ-ÞŠŽŒŸ]"),  # a capital after a small letter
    re.compile(r"[‚ƒ„†‡ˆ‰‹˜›“”–—…•™](?=\w)(?<=\w.)"),  # a sign in the middle of a word
    re.compile(r"[ƒˆ˜‰†‡]"),
    re.compile(r"([À-Þ])\w\1\w\1"),
    re.compile(r"(?<=\w)[¡-¿×÷]{2,}"),
    re.compile(r"(?<=[A-Za-zß-ÿ])[£¥¦¬¯±³µ¶¹¼-¾](?<!m.)"),
    re.compile(r"[¡-¹»-¿×÷](?=[^\W\d_])(?<![\W\d_].)(?<!^.)"),  # a sign between two letters
    re.compile(r"[£¢¥¦§©«¬®¯±²³µ¶¹»¾¿¡](?=[a-zß-ÿ])(?<!\s[«¿¡].)"),
)
_FINE = re.compile(r"[·’‘ªº°€]")


def check_kind(head: bytes) -> None:
    """Refuse, in words, files that are no text whatever they are called. Raises Invalid."""
    if not head.strip(b"\xef\xbb\xbf \t\r\n,;"):
        raise Invalid("This file is empty", field="file")
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            raise Invalid("This is a spreadsheet file (.xlsx); in your spreadsheet choose Save as, then CSV UTF-8, "
                          "and bring that file", field="file")
        raise Invalid("This is a compressed file; take the CSV out of it first", field="file")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise Invalid(f"This is {what}, not a CSV file; save your list as CSV and bring that file", field="file")


def encoding_of(chunks: Iterable[bytes]) -> str:
    """The name Python knows the encoding of this file by. Reads every chunk; keeps a sample only.

    A byte-order mark decides; then the pattern of UTF-16; then strict UTF-8; else Western European text, but only
    when it reads like it. Raises Invalid for everything else: a refusal is better than wrong letters.
    """
    chunks = iter(chunks)
    head = next(chunks, b"")
    check_kind(head)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _checked(name, head, chunks)
    if name := _silent_utf16(head):
        return _checked(name, head, chunks)
    utf8, sample, has_undefined = codecs.getincrementaldecoder("utf-8")(), bytearray(), False
    is_utf8 = True
    for chunk in _with_head(head, chunks):
        if b"\0" in chunk:
            raise Invalid("This file holds binary data (NUL bytes); it is not a CSV file", field="file")
        is_utf8 = is_utf8 and _continues(utf8, chunk)
        if not chunk.isascii() and len(sample) < _SAMPLE:
            sample += b"\n".join(line for line in chunk.splitlines() if not line.isascii())[:_SAMPLE]
        has_undefined = has_undefined or bool(_UNDEFINED.search(chunk))
    if is_utf8 and _continues(utf8, b"", final=True):
        return "utf-8"
    return _western(bytes(sample), has_undefined)


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding. Raises Invalid like `encoding_of`."""
    name = encoding_of([data])
    return data.decode(name), name


def _with_head(head: bytes, chunks: Iterable[bytes]) -> Iterable[bytes]:
    yield head
    yield from chunks


def _continues(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    """Whether the bytes go on as valid text."""
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _checked(name: str, head: bytes, chunks: Iterable[bytes]) -> str:
    """The encoding, when the whole file keeps to it."""
    decoder = codecs.getincrementaldecoder(name)()
    if all(_continues(decoder, chunk) for chunk in _with_head(head, chunks)) and _continues(decoder, b"", final=True):
        return name
    raise Invalid(f"This file says it is {WORDS[name]} but parts of it are damaged; save it again as CSV UTF-8",
                  field="file")


def _silent_utf16(head: bytes) -> str:
    """UTF-16 without a mark shows in the zero halves of its plain letters."""
    if b"\0" not in head:
        return ""
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) // 2
    if odd > half * 0.2 and odd > even * 10:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.2 and even > odd * 10 else ""


def _western(sample: bytes, has_undefined: bool) -> str:
    """Windows-1252 or ISO-8859-15, when the sample reads like Western European words."""
    name = "iso8859-15" if not _C1.search(sample) and _LATIN_9.search(sample) else "cp1252"
    if not has_undefined and _strangeness(sample.decode(name)) <= _TOO_STRANGE:
        return name
    raise Invalid("We cannot tell how this file writes letters such as é or 山; in your spreadsheet choose Save as, "
                  "then CSV UTF-8, and bring that file", field="file")


def _strangeness(text: str) -> float:
    """How many of the characters beyond ASCII stand where no Western word has them, from 0 to 1."""
    beyond = [i for i, char in enumerate(text) if char > "\x7f"]
    strange = {i for pattern in _STRANGE for found in pattern.finditer(text) for i in range(*found.span())
               if text[i] > "\x7f" and not _FINE.match(text[i])}
    return len(strange) / len(beyond) if beyond else 0.0
