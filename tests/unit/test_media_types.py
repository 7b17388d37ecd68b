"""A file is what its bytes say."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import media_types
from core.errors import Invalid
from tests.factories import files

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(("data", "mime"), [
    (files.JPEG, "image/jpeg"), (files.png(), "image/png"), (files.GIF, "image/gif"), (files.webp(), "image/webp"),
    (files.PDF, "application/pdf"), (files.MP3, "audio/mpeg"), (files.AMR, "audio/amr"), (files.AAC, "audio/aac"),
    (files.mp4(), "video/mp4"), (files.mp4(b"3gp4"), "video/3gpp"), (files.mp4(b"qt  "), "video/quicktime"),
    (files.mp4(b"M4A ", tracks=b"soun"), "audio/mp4"), (files.mp4(b"heic"), "image/heic"), (files.ogg(), "audio/ogg"),
    (files.OLD_WORD, "application/msword"), (files.office("word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    (files.office("xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"), (files.office("a.txt"), "application/zip"),
    (files.office("ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    ("Grüße, 你好".encode(), "text/plain"), (b"\x00\x01\x02", ""), (b"\xff\xfe\xfd", ""), (b"", ""),
    (b"MZ\x90\x00", "application/x-msdownload"),
])
def test_the_type_is_told_by_the_content(data, mime):
    assert media_types.mime_of(io.BytesIO(data)) == mime


@pytest.mark.parametrize(("data", "kind"), [
    (files.JPEG, "image"), (files.png(colour=6), "image"), (files.mp4(), "video"), (files.PDF, "document"),
    (files.ogg(), "audio"), (files.webp(), "sticker"), (files.webp(moves=True, size=300_000), "sticker"),
    (b"Hello", "document"),
])
def test_what_whatsapp_takes_is_taken(data, kind):
    assert media_types.check(io.BytesIO(data), kind) in media_types.KINDS[kind].endings


@pytest.mark.parametrize(("data", "kind", "words"), [
    (files.GIF, "image", "is a GIF"), (files.PDF, "image", "is a document"), (b"", "image", "empty"),
    (b"<script>alert(1)</script>", "image", "is a document"), (files.png(colour=3), "image", "full-colour"),
    (files.png(depth=16), "image", "full-colour"), (files.JPEG.ljust(5 * 1024 * 1024 + 1), "image", "too large"),
    (files.mp4(tracks=b"vide hvc1"), "video", "H.264"), (files.mp4(b"qt  "), "video", "QuickTime"),
    (files.ogg(channels=2), "audio", "one channel"), (files.ogg(b"\x01vorbis"), "audio", "Opus"),
    (files.webp(400, 400), "sticker", "512"), (files.webp(size=110_000), "sticker", "100 KB"),
    (files.office("evil.exe"), "document", "ZIP"), (b"MZ\x90\x00\x03", "document", "program"),
])
def test_what_whatsapp_would_not_take_is_refused_in_words(data, kind, words):
    with pytest.raises(Invalid, match=words):
        media_types.check(io.BytesIO(data), kind)


@given(st.binary(max_size=600), st.sampled_from(sorted(media_types.KINDS)),
       st.sampled_from([b"", b"RIFF....WEBPVP8L", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x08ftypisom", b"OggS", b"PK\x03\x04"]))
def test_no_bytes_break_it(data, kind, head):
    try:
        media_types.check(io.BytesIO(head + data), kind)
    except Invalid as refusal:
        assert refusal.message
