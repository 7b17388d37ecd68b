"""What a file of a stranger is, by its content: what may be kept as which kind, and under which name it is handed out."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core import media_types
from models import MediaFile
from services.media import shelf, thumbnails

if TYPE_CHECKING:
    from services.media.fetching import Fetched

_MB = 1024 * 1024
_MOST = {"image": 25 * _MB, "sticker": 5 * _MB}  # other kinds as documents: more than anybody can send
LARGEST = 100 * _MB
UNKNOWN = "application/octet-stream"
_PICTURES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
_TAKEN: dict[str, dict[str, str]] = {  # kind → type by content → ending
    "image": _PICTURES, "sticker": _PICTURES,
    "video": {**media_types.KINDS["video"].endings, "video/quicktime": ".mov", "video/webm": ".webm"},
    "audio": {**media_types.KINDS["audio"].endings, "audio/wav": ".wav", "audio/flac": ".flac"},
}
_ANY = {mime: ending for taken in (*(kind.endings for kind in media_types.KINDS.values()), *_TAKEN.values())
        for mime, ending in taken.items()} | {
    "application/zip": ".zip", "image/bmp": ".bmp", "image/tiff": ".tif", "image/heic": ".heic", "image/avif": ".avif"}
_PROGRAMS = ("application/x-msdownload", "application/x-executable")
# endings that say more than the content does and that nothing runs by a click
_ALSO = {"text/plain": (".csv", ".tsv", ".vcf", ".ics", ".log", ".md", ".json"),
         UNKNOWN: (".rar", ".7z", ".gz", ".dwg", ".dxf", ".psd", ".ai", ".eps", ".odt", ".ods", ".csv", ".txt")}
_WANTED = {"image": "a picture", "sticker": "a sticker", "video": "a film", "audio": "a sound", "voice": "a voice note"}


def most_bytes(kind: str) -> int:
    """How large a file of this kind may be."""
    return _MOST.get(kind, LARGEST)


def verdict(file: BinaryIO, kind: str) -> tuple[str, str]:
    """(type by content, why it is not kept); the second is empty for what may be kept."""
    mime = media_types.mime_of(file)
    if not file.seek(0, 2):
        return "", "It is empty"
    if mime in _PROGRAMS:
        return mime, "It is a program. Nobody should open programs strangers send, so it is not kept"
    taken = _TAKEN.get(_plain(kind))
    if taken is not None and mime not in taken:
        return mime, f"It was sent as {_WANTED[kind]} and is something else, so it is not kept"
    return mime or UNKNOWN, ""


def shelved(found: "Fetched", *, kind: str, name: str) -> MediaFile:
    """Put the bytes on the shelf; the row that says so, not written yet. A picture that cannot be drawn is only handed out
    as a download. Raises OSError."""
    assert found.path is not None
    ending = _ANY.get(found.mime, ".bin")
    mime, kept_as = found.mime, _plain(kind)
    stored_as = secrets.token_hex(16) + ending
    shelf.put(found.path, stored_as)
    if kept_as in ("image", "sticker") and not thumbnails.draw(Path(found.path), stored_as):
        mime, kept_as = UNKNOWN, "document"
    called = shelf.clean_name(name or f"{kind}{ending}", ending, others=_ALSO.get(found.mime, ()))
    return MediaFile(kind=kept_as, name=called, mime=mime, size=found.size, digest=found.digest, stored_as=stored_as,
                     created_by="")


def _plain(kind: str) -> str:
    return "audio" if kind == "voice" else kind
