"""Small files of every sort, made byte by byte."""

import io
import struct
import zipfile
import zlib


def png(width: int = 2, height: int = 2, *, depth: int = 8, colour: int = 2, seed: int = 0) -> bytes:
    """A PNG picture; `colour` 2 is RGB, 6 RGBA, 3 a palette."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([seed % 256]) * 3 * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 40 + b"\xff\xd9"
GIF = b"GIF89a" + b"\0" * 40
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
MP3 = b"ID3\x04" + b"\0" * 40
AMR = b"#!AMR\n" + b"\0" * 40
AAC = b"\xff\xf1" + b"\0" * 40
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "WordDocument".encode("utf-16-le") + b"\0" * 40


def box(kind: bytes, inside: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I", len(inside) + 8) + kind + inside


def mp4(brand: bytes = b"isom", *, tracks: bytes = b"vide....avc1....soun....mp4a") -> bytes:
    """A film, or a sound when there is no `vide` among its tracks."""
    return box(b"ftyp", brand + b"\0\0\0\0") + box(b"mdat", b"\0" * 100) + box(b"moov", tracks)


def ogg(codec: bytes = b"OpusHead", channels: int = 1) -> bytes:
    """A sound in OGG."""
    return b"OggS" + b"\0" * 24 + codec + b"\x01" + bytes([channels]) + b"\0" * 40


def webp(width: int = 512, height: int = 512, *, moves: bool = False, size: int = 60) -> bytes:
    """A WebP picture."""
    head = bytes([2 if moves else 0]) + b"\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return (b"RIFF" + b"\0\0\0\0" + b"WEBPVP8X" + struct.pack("<I", 10) + head).ljust(size, b"\0")


def office(main: str) -> bytes:
    """An Office file of today: a ZIP with `word/document.xml` or the like."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr(main, "<x/>")
    return made.getvalue()
