"""What a file is, told by its bytes and never by its name, and what WhatsApp takes of each kind."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import Invalid

_HEAD, _TAIL, _CHUNK = 4096, 256 * 1024, 1024 * 1024
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """One way a file can go with a message."""

    name: str  # image | video | audio | document | sticker
    words: str  # with an article, for sentences
    most_bytes: int
    endings: dict[str, str]  # MIME type → the ending such files usually have
    wanted: str  # what it takes, in words

    @property
    def accept(self) -> str:
        """For the `accept` of a file field."""
        return ",".join((*self.endings, *sorted(set(self.endings.values()))))


_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {kind.name: kind for kind in (
    Kind("image", "a picture", 5 * _MB, {"image/jpeg": ".jpg", "image/png": ".png"}, "JPEG and PNG up to 5 MB"),
    Kind("video", "a film", 16 * _MB, {"video/mp4": ".mp4", "video/3gpp": ".3gp"},
         "MP4 and 3GP (H.264 picture) up to 16 MB"),
    Kind("audio", "a sound", 16 * _MB, {"audio/aac": ".aac", "audio/amr": ".amr", "audio/mpeg": ".mp3",
                                        "audio/mp4": ".m4a", "audio/ogg": ".ogg"},
         "AAC, AMR, MP3, M4A and OGG (Opus, one channel) up to 16 MB"),
    Kind("document", "a document", 100 * _MB, {
        "application/pdf": ".pdf", "text/plain": ".txt", "application/msword": ".doc",
        f"{_OFFICE}wordprocessingml.document": ".docx", "application/vnd.ms-excel": ".xls",
        f"{_OFFICE}spreadsheetml.sheet": ".xlsx", "application/vnd.ms-powerpoint": ".ppt",
        f"{_OFFICE}presentationml.presentation": ".pptx"},
        "PDF, plain text, Word, Excel and PowerPoint up to 100 MB"),
    Kind("sticker", "a sticker", 500 * 1024, {"image/webp": ".webp"},
         "WebP of 512 by 512 dots, up to 100 KB, or 500 KB when it moves"),
)}
STILL_STICKER = 100 * 1024  # bytes
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"), (b"ID3", "audio/mpeg"), (b"#!AMR", "audio/amr"), (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"), (b"\x1aE\xdf\xa3", "video/webm"), (b"fLaC", "audio/flac"),
    (b"MZ", "application/x-msdownload"), (b"\x7fELF", "application/x-executable"),
)
_SOUND_FRAMES = ((b"\xff\xf1", "audio/aac"), (b"\xff\xf9", "audio/aac"), (b"\xff\xfb", "audio/mpeg"),
                 (b"\xff\xf3", "audio/mpeg"), (b"\xff\xf2", "audio/mpeg"), (b"\xff\xfa", "audio/mpeg"))
_ZIPPED = ((b"word/document.xml", f"{_OFFICE}wordprocessingml.document"),
           (b"xl/workbook.", f"{_OFFICE}spreadsheetml.sheet"),
           (b"ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"))
_OLE = (("WordDocument".encode("utf-16-le"), "application/msword"),
        ("Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
        ("PowerPoint Document".encode("utf-16-le"), "application/vnd.ms-powerpoint"))
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_KNOWN_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|MSNV|M4V |M4VH|M4VP|dash|f4v |M4A |M4B ")
_WORDS_OF = {"image/gif": "a GIF", "image/webp": "a WebP picture", "image/bmp": "a BMP picture",
             "image/tiff": "a TIFF picture", "image/heic": "a HEIC picture", "image/avif": "an AVIF picture",
             "video/quicktime": "a QuickTime film", "video/webm": "a WebM or Matroska film",
             "application/zip": "a ZIP archive", "application/x-ole": "an old Office file we do not know",
             "application/x-msdownload": "a program", "application/x-executable": "a program",
             "audio/flac": "a FLAC sound", "audio/wav": "a WAV sound", "video/x-msvideo": "an AVI film"}


def mime_of(file: BinaryIO) -> str:
    """The MIME type of what the file holds; empty when it is nothing we know. Leaves the file at its beginning."""
    file.seek(0)
    head = file.read(_HEAD)
    mime = _by_beginning(head) or _by_inside(file, head) or ("text/plain" if head and _is_text(file) else "")
    file.seek(0)
    return mime


def check(file: BinaryIO, kind_name: str) -> str:
    """The MIME type of a file that is to go as this kind. Raises Invalid, in words, when WhatsApp would not take it."""
    kind = KINDS[kind_name]
    size = file.seek(0, 2)
    mime = mime_of(file)
    if not size:
        raise Invalid("This file is empty", field="file")
    if mime not in kind.endings:
        known = _WORDS_OF.get(mime) or next((k.words for k in KINDS.values() if mime in k.endings), "of a sort we do not know")
        raise Invalid(f"This file is {known}, whatever its name says. As {kind.words} WhatsApp takes {kind.wanted}",
                      field="file")
    if size > kind.most_bytes:
        raise too_large(kind)
    file.seek(0)
    if trouble := _trouble(file, mime, size):
        raise Invalid(trouble, field="file")
    file.seek(0)
    return mime


def too_large(kind: Kind) -> Invalid:
    """The refusal of a file of this kind that is too large."""
    return Invalid(f"This file is too large. As {kind.words} WhatsApp takes {kind.wanted}", field="file")


def _by_beginning(head: bytes) -> str:
    """Files that say at once what they are."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], "")
    if head[:4] == b"OggS":
        return "audio/ogg"
    return next((mime for mark, mime in (*_BEGINNINGS, *_SOUND_FRAMES) if head.startswith(mark)), "")


def _by_inside(file: BinaryIO, head: bytes) -> str:
    """Files that are boxes of other things."""
    if head[4:8] == b"ftyp":
        return _boxed(file, head[8:12])
    if head[:4] == b"PK\x03\x04":
        around = head + _tail(file)
        return next((mime for mark, mime in _ZIPPED if mark in around), "application/zip")
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return next((mime for mark, mime in _OLE if _holds(file, mark)), "application/x-ole")
    return ""


def _boxed(file: BinaryIO, brand: bytes) -> str:
    """The family of MP4: by its brand, and by whether there is a picture in it."""
    if brand[:3] in (b"3gp", b"3g2"):
        return "video/3gpp"
    if brand == b"qt  ":
        return "video/quicktime"
    if brand in (b"avif", b"avis"):
        return "image/avif"
    if brand in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "image/heic"
    if not _KNOWN_BRANDS.fullmatch(brand):
        return ""
    return "video/mp4" if b"vide" in _movie_of(file) else "audio/mp4"


def _movie_of(file: BinaryIO) -> bytes:
    """The `moov` of an MP4, which says what tracks there are; empty when it has none."""
    at, size = 0, file.seek(0, 2)
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        length = length or size - at
        if length < 8:
            return b""
        if head[4:8] == b"moov":
            file.seek(at)
            return file.read(min(length, 4 * _MB))
        at += length
    return b""


def _tail(file: BinaryIO) -> bytes:
    """The end of a file, where an archive has its list."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _holds(file: BinaryIO, mark: bytes) -> bool:
    """Whether these bytes are somewhere in the file."""
    before = b""
    for chunk in _chunks(file):
        if mark in before + chunk:
            return True
        before = chunk[-len(mark):]
    return False


def _is_text(file: BinaryIO) -> bool:
    """Whether it is text in UTF-8 from one end to the other."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            if _NOT_TEXT.search(chunk):
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _trouble(file: BinaryIO, mime: str, size: int) -> str:
    """What WhatsApp would not like about a file of a type it takes; empty when nothing."""
    head = file.read(_HEAD)
    match mime:
        case "image/png" if len(head) < 26 or head[24] != 8 or head[25] not in (2, 6):
            return ("WhatsApp takes only full-colour PNG pictures (8 bits, RGB or RGBA). Save this one again as such, "
                    "or as JPEG")
        case "image/webp":
            return _trouble_of_sticker(head, size)
        case "video/mp4" | "video/3gpp" if not re.search(rb"avc[13]|s263|h263|mp4v", _movie_of(file)):
            return "WhatsApp shows only films with an H.264 picture. Save this one again as MP4 with H.264"
        case "audio/ogg" if (at := head.find(b"OpusHead")) < 0 or head[at + 9:at + 10] != b"\x01":
            return "WhatsApp plays only OGG sounds with Opus and one channel. Save this one again as such, or as MP3"
    return ""


def _trouble_of_sticker(head: bytes, size: int) -> str:
    """Stickers have one size in dots, and fewer bytes when they do not move."""
    moves = head[12:16] == b"VP8X" and bool(head[20] & 2)
    if _dots_of(head) != (512, 512):
        return "A sticker must be exactly 512 by 512 dots"
    return "A sticker that does not move may have 100 KB" if size > STILL_STICKER and not moves else ""


def _dots_of(head: bytes) -> tuple[int, int]:
    """Width and height of a WebP picture; (0, 0) when it does not say."""
    form, body = head[12:16], head[20:30]
    if len(body) < 10:
        return 0, 0
    if form == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if form == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    bits = int.from_bytes(body[1:5], "little")
    return ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1) if form == b"VP8L" else (0, 0)
