"""Kept files are for people of the team, and a browser never runs them."""

import io

import pytest

from core.actor import COMMAND
from services import media
from tests.factories import files
from tests.factories.received import picture


def kept(data, name, kind):
    return media.keep(io.BytesIO(data), name=name, kind=kind, by=COMMAND).id


def test_a_picture_is_shown(browser):
    answer = browser.get(f"/media/{kept(files.png(seed=7), 'shop.png', 'image')}")

    assert answer.data == files.png(seed=7)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(("data", "name", "kind"), [
    (b"<script>alert(document.cookie)</script>", "page.html", "document"), (files.PDF, "menu.pdf", "document"),
    (files.AMR, "note.amr", "audio")])
def test_everything_else_is_handed_out_and_never_run(browser, data, name, kind):
    answer = browser.get(f"/media/{kept(data, name, kind)}")

    assert answer.data == data
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "html" not in answer.headers["Content-Type"]


def test_a_stranger_gets_none(app, stranger):
    answer = stranger.get(f"/media/{kept(files.JPEG, 'shop.jpg', 'image')}")

    assert answer.status_code == 302
    assert files.JPEG not in answer.data


def test_a_file_of_nothing_is_a_page_that_says_so(browser):
    assert browser.get("/media/999999").status_code == 404


@pytest.mark.parametrize(("data", "name", "kind"), [(files.mp4(), "film.mp4", "video"), (files.ogg(), "note.ogg", "audio")])
def test_films_and_sounds_are_played_in_parts(browser, data, name, kind):
    answer = browser.get(f"/media/{kept(data, name, kind)}", headers={"Range": "bytes=2-5"})

    assert (answer.status_code, answer.data) == (206, data[2:6])
    assert answer.headers["Content-Range"] == f"bytes 2-5/{len(data)}"
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_a_file_has_no_rights_of_a_page(browser):
    policy = browser.get(f"/media/{kept(files.png(), 'shop.png', 'image')}").headers["Content-Security-Policy"]

    assert "sandbox" in policy and "default-src 'none'" in policy and "script" not in policy


def test_a_picture_has_a_small_one_and_a_paper_none(browser):
    answer = browser.get(f"/media/{kept(picture(size=(1000, 500)), 'shop.jpg', 'image')}/thumbnail")

    assert answer.headers["Content-Type"] == "image/webp" and answer.data[8:12] == b"WEBP"
    assert browser.get(f"/media/{kept(files.PDF, 'menu.pdf', 'document')}/thumbnail").status_code == 404
