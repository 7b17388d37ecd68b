"""Files that go with messages, for people who are signed in. Safe pictures, films and sounds are shown and played;
everything else is only handed out."""

from flask import Blueprint, Response, abort, send_file

from services import media

pages = Blueprint("media", __name__)
# should a browser take a file for a page after all: no script, no form, no address of ours
_SANDBOX = "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox"


@pages.get("/<int:media_id>")
def show(media_id: int) -> Response:
    """The file itself: to look at or to play (in parts, so that one can seek), anything else as a download. Its type is
    the one found in its content."""
    file = media.get_media(media_id)
    answer = send_file(media.path_of(media_id), mimetype=file.mime, download_name=file.name, max_age=0,
                       as_attachment=not media.is_shown_inline(file))
    answer.headers["Content-Security-Policy"] = _SANDBOX
    return answer


@pages.get("/<int:media_id>/thumbnail")
def thumbnail(media_id: int) -> Response:
    """The small picture of a picture, drawn by us; 404 when it has none."""
    path = media.thumbnail_of(media.get_media(media_id)) or abort(404)
    answer = send_file(path, mimetype="image/webp", max_age=0)
    answer.headers["Content-Security-Policy"] = _SANDBOX
    return answer
