"""Files made on the spot for people to send: pictures, a voice message, a document, a sticker. Nothing is read from a disk."""

import struct
import zlib
from base64 import b64decode

Colour = tuple[int, int, int]
WIDTH, HEIGHT = 480, 360
# (colour, left, top, width, height), painted one over the other
_SCENES: dict[str, tuple[tuple[Colour, int, int, int, int], ...]] = {
    "parcel": (((214, 222, 228), 0, 0, 480, 360), ((120, 130, 140), 0, 270, 480, 90), ((190, 140, 84), 120, 110, 240, 190),
               ((160, 112, 62), 120, 110, 240, 40), ((226, 204, 150), 222, 110, 36, 190), ((250, 250, 245), 280, 210, 60, 60),
               ((60, 60, 60), 288, 220, 44, 6), ((60, 60, 60), 288, 234, 44, 6), ((60, 60, 60), 288, 248, 28, 6)),
    "receipt": (((52, 60, 70), 0, 0, 480, 360), ((246, 244, 236), 150, 20, 180, 320), ((40, 40, 40), 190, 40, 100, 14),
                *(((120, 120, 120), 170, 84 + 26 * line, 90, 8) for line in range(7)),
                *(((120, 120, 120), 282, 84 + 26 * line, 30, 8) for line in range(7)),
                ((40, 40, 40), 170, 284, 60, 12), ((40, 40, 40), 262, 284, 50, 12)),
    "door": (((196, 214, 226), 0, 0, 480, 360), ((168, 152, 132), 0, 40, 480, 270), ((110, 110, 106), 0, 310, 480, 50),
             ((36, 104, 88), 180, 90, 120, 220), ((28, 82, 70), 192, 104, 96, 80), ((28, 82, 70), 192, 200, 96, 96),
             ((230, 196, 90), 280, 196, 10, 18), ((240, 240, 230), 330, 110, 90, 90), ((140, 180, 206), 338, 118, 74, 74)),
    "evening": (*(((60 + 5 * band, 40 + 6 * band, 90 + 3 * band), 0, 12 * band, 480, 12) for band in range(22)),
                ((250, 200, 110), 200, 180, 80, 60), ((250, 214, 140), 212, 170, 56, 80), ((24, 44, 70), 0, 240, 480, 120),
                ((220, 170, 110), 206, 258, 68, 4), ((200, 150, 100), 214, 280, 52, 4), ((160, 120, 90), 222, 306, 36, 4)),
}
PICTURES = tuple(_SCENES)
_STICKER = "UklGRjwAAABXRUJQVlA4TDAAAAAv/8F/AA/w0PrP1H9wff7jAYratoHKH3T3PQg4ov8TMPzP/4s5L//xH//x3wv+B3s="
_SILENCE = b"\xf8\xff\xfe"  # 20 milliseconds of nothing in Opus
_PACKETS_PER_PAGE = 50
VOICE_SECONDS = 3


def file_of(what: str) -> tuple[bytes, str, str]:
    """(bytes, MIME type, name) of one of PICTURES, of `voice`, `document` or `sticker`. Raises KeyError for another."""
    if what in _SCENES:
        return picture(what), "image/png", f"{what}.png"
    return {"voice": (voice(VOICE_SECONDS), "audio/ogg", "voice.ogg"),
            "document": (document("A page without words"), "application/pdf", "page.pdf"),
            "sticker": (b64decode(_STICKER), "image/webp", "sticker.webp")}[what]


def picture(scene: str) -> bytes:
    """A picture as PNG, 480 by 360 dots."""
    rows = [bytearray(3 * WIDTH) for _ in range(HEIGHT)]
    for colour, left, top, width, height in _SCENES[scene]:
        for row in rows[top:top + height]:
            row[3 * left:3 * (left + width)] = bytes(colour) * width
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(pixels, 9)) + _chunk(b"IEND", b"")


def voice(seconds: int) -> bytes:
    """A voice message of silence: OGG with Opus, one channel."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 9) + b"Simulator" + struct.pack("<I", 0)
    pages = [_page([head], 0, 0, 2), _page([tags], 0, 1, 0)]
    count = seconds * 50
    for number, start in enumerate(range(0, count, _PACKETS_PER_PAGE), 2):
        packets = [_SILENCE] * min(_PACKETS_PER_PAGE, count - start)
        end = start + len(packets)
        pages.append(_page(packets, end * 960, number, 4 if end == count else 0))
    return b"".join(pages)


def document(words: str) -> bytes:
    """A PDF of one page with one line of plain words."""
    line = f"BT /F1 24 Tf 72 740 Td ({words}) Tj ET".encode("latin-1", "replace")
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
             b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
             b"<</Length %d>>stream\n%s\nendstream" % (len(line), line),
             b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
                   % (len(parts) + 1, table, len(parts) + 1, len(made)))


def _chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _page(packets: list[bytes], granule: int, number: int, flags: int) -> bytes:
    """A page of an OGG stream; each packet is shorter than 255 bytes."""
    head = b"OggS\0" + struct.pack("<BqIII", flags, granule, 1, number, 0)
    body = bytes([len(packets), *(len(packet) for packet in packets)]) + b"".join(packets)
    return head[:22] + struct.pack("<I", _ogg_sum(head + body)) + head[26:] + body


def _ogg_sum(page: bytes) -> int:
    """The check sum of OGG: CRC-32 without reflection."""
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = ((total << 1) ^ 0x04C11DB7 if total & 0x80000000 else total << 1) & 0xFFFFFFFF
    return total
