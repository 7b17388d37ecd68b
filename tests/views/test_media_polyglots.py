"""Files that are two things at once, as strangers send them: kept or refused, none is ever a page of ours."""

import io
import zipfile

import pytest

from core import clock
from models import ReceivedFile, db
from services import media
from tests.factories import files
from tests.factories.received import Shelf, picture, send_file

SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!doctype html><html><body onload=alert(1)>" + SCRIPT
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
XML = b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>"
PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"


def _zip(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr(name, data)
    return made.getvalue()


def _commented(data: bytes) -> bytes:
    """A JPEG whose comment is a page."""
    whole = picture()
    return whole[:2] + b"\xff\xfe" + (len(data) + 2).to_bytes(2, "big") + data + whole[2:]


BODIES = {
    "html": HTML, "svg": SVG, "xml": XML, "pdf": PDF, "script": SCRIPT, "html after a picture": picture() + HTML,
    "html in a comment": _commented(HTML), "html after a png": picture("PNG") + HTML, "svg after a gif": files.GIF + SVG,
    "html in a webp": picture("WEBP") + HTML, "page with a gif's head": b"GIF89a=1;" + HTML, "html in a film": files.mp4() + HTML,
    "html in a sound": files.MP3 + HTML, "html in an ogg": files.ogg() + HTML, "page with a jpeg's head": b"\xff\xd8\xff" + HTML,
    "zip with a page": _zip("index.html", HTML), "jar in a picture": picture() + _zip("META-INF/MANIFEST.MF", b"Main-Class: X"),
    "pdf in a picture": picture() + PDF, "utf-16 page": HTML.decode().encode("utf-16"), "utf-7 page": b"+ADw-script+AD4-alert(1)",
    "program": b"MZ" + b"\0" * 60 + HTML, "program in a zip": _zip("a.exe", b"MZ\x90\0"), "shell": b"#!/bin/sh\nrm -rf /\n" + HTML,
    "macro sheet": files.office("xl/workbook.bin"), "empty": b"", "nul": b"\0" * 100, "mhtml": b"MIME-Version: 1.0\n\n" + HTML,
    "hta": b"<hta:application>" + SCRIPT, "url file": b"[InternetShortcut]\nURL=javascript:alert(1)", "bmp page": b"BM" + HTML,
}
ACTIVE = ("text/html", "image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml", "text/javascript",
          "application/javascript", "multipart/related", "application/x-shockwave-flash")
NAMES = ("x.html", "x.svg", "x.jpg.html", "photo.jpg\0.html", 'a"; filename="x.html', "x.html\r\nContent-Type: text/html",
         "../../static/js/app.js", "\u202egpj.lmth", "..", "CON.html")
CASES = [(kind, body, NAMES[number % len(NAMES)]) for number, (kind, body) in enumerate(
    [("document", body) for body in BODIES.values()] + [("image", body) for body in list(BODIES.values())[:24]])]


@pytest.fixture
def carrier(app):
    """A carrier that holds what the test puts on its shelf."""
    carriers, held = app.extensions["carriers"], Shelf()
    before, carriers["media"] = carriers["media"], held
    yield held
    carriers["media"] = before


def test_there_are_enough():
    assert len(CASES) >= 40


@pytest.mark.parametrize(("kind", "body", "name"), CASES, ids=range(len(CASES)))
def test_none_is_ever_active_on_a_page_of_ours(browser, carrier, kind, body, name):
    carrier.held["1"] = body
    send_file("1", kind=kind, name=name.replace("\0", "")[:200], mime="text/html")
    media.fetch_due(clock.now())
    db.session.rollback()
    row = db.session.query(ReceivedFile).one()

    if row.media_id is None:
        assert row.state == "refused" and row.reason
        return
    answer = browser.get(f"/media/{row.media_id}")
    headers = answer.headers
    shown = headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    assert shown.startswith("attachment") or (
        headers["Content-Type"] in ("image/jpeg", "image/png", "image/webp") and kind == "image")
    assert headers["Content-Type"].partition(";")[0] not in ACTIVE
    assert "\r" not in shown and "/" not in shown.partition("filename=")[2].partition(";")[0]
