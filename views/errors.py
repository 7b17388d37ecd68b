"""The only place where a refusal becomes a web answer: a page in plain words, or JSON for machines."""

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, jsonify, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException, InternalServerError

from core import errors
from core.words import shortened

STATUS_OF: dict[type[errors.DashboardError], int] = {
    errors.NotFound: 404, errors.Invalid: 422, errors.Conflict: 409, errors.NotSignedIn: 401, errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.CarrierTrouble: 502,
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# status → heading, sentence
WORDS: dict[int, tuple[str, str]] = {
    400: ("This request could not be read", "Something in it is missing or cannot be used. Go back and try again."),
    401: ("Please sign in", "You were signed out before this was sent, so nothing has been changed."),
    403: ("You may not do this", "Your role does not allow it. Ask an admin of your team if you need it."),
    404: ("There is nothing here", "The address is wrong, or what was here has been removed."),
    405: ("This address cannot be opened like that", "Go back and use the button on the page."),
    409: ("This cannot be done now", "Something changed in the meantime. Look again and decide."),
    413: ("This file is too large", "Split it into smaller files and send them one after the other."),
    415: ("This kind of content cannot be read", "Send it in the form the page asks for."),
    422: ("This cannot be used as it is", "Go back and correct it."),
    429: ("Too many tries", "Wait a little and try again."),
    500: ("Something went wrong on our side", "It was written down. Nothing you sent was half done; try again."),
    502: ("WhatsApp could not be reached", "Nothing was changed. Try again in a moment."),
}
# what programs are told instead, who have no page to go back to
WORDS_FOR_PROGRAMS: dict[int, tuple[str, str]] = {
    400: ("This cannot be read", "The body is not JSON."),
    404: ("There is nothing here", "There is no such address; docs/api.md names them all."),
    405: ("This address is not called like that", "The Allow header names the methods it knows."),
    413: ("This is too large", "One message fits into far less; send one a call."),
    415: ("This kind of content cannot be read", "Send JSON, with Content-Type: application/json."),
}


def install(app: Flask) -> None:
    """Answer every kind of refusal, and keep out text that no database can keep."""
    app.register_error_handler(errors.DashboardError, refused)
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(InternalServerError, broken)
    app.before_request(refuse_null_addresses)
    app.before_request(strip_control_characters)


def refused(error: errors.DashboardError) -> Response:
    """A rule said no, and said why."""
    status = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), 400)
    answer = answer_for(status, error.message, field=error.field)
    if isinstance(error, errors.NotSignedIn):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooMany):
        answer.headers["Retry-After"] = str(error.wait_seconds)
    return answer


def http_error(error: HTTPException) -> Response:
    """Flask or Werkzeug said no; their headers (Allow, Location) are kept, their words are not."""
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    sentence = _too_large() if status == 413 and not _is_program() else ""
    answer = answer_for(status, sentence)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


def form_too_old(error: CSRFError) -> Response:
    """A form without a token of this session. What was typed comes back when our own page sent it."""
    if _wants_json():
        return answer_for(400, "The form token is missing or too old")
    return make_response(render_template("errors/form_too_old.html", typed=_typed_on_our_page()), 400)


def broken(error: InternalServerError) -> Response:
    """A fault of ours: generic words for the visitor, a number to find it in the log by."""
    mark = secrets.token_hex(4)
    current_app.logger.error("request %s (%s) ended with a fault: %s", mark, request.endpoint,
                             type(error.original_exception or error).__name__)
    if _is_program():
        return _problem(500, WORDS[500][1], request=mark)
    if _wants_json():
        return make_response(jsonify(error=WORDS[500][0], request=mark), 500)
    return make_response(render_template("errors/broken.html", heading=WORDS[500][0], sentence=WORDS[500][1],
                                         mark=mark), 500)


def answer_for(status: int, sentence: str = "", *, field: str = "") -> Response:
    """The page, or the JSON, for a status; `sentence` replaces the general words, `field` is the one it is about."""
    if _is_program():
        return _problem(status, sentence, **({"field": field} if field else {}))
    heading, general = WORDS.get(status, WORDS[400 if status < 500 else 500])
    if _wants_json():
        return make_response(jsonify(error=sentence or heading), status)
    layout = "page.html" if current_user.is_authenticated else "bare.html"
    return make_response(render_template("errors/refused.html", layout=layout, status=status, heading=heading,
                                         sentence=sentence or general, back=_back()), status)


def _problem(status: int, detail: str, **more: str) -> Response:
    """A refusal as programs read it (RFC 9457): `detail`, else what is generally so."""
    usual = WORDS.get(status, WORDS[400 if status < 500 else 500])
    heading, general = WORDS_FOR_PROGRAMS.get(status, usual)
    answer = make_response(jsonify(type="about:blank", title=heading, status=status, detail=detail or general, **more), status)
    answer.mimetype = "application/problem+json"
    return answer


def _is_program() -> bool:
    """Whether this is an address for programs."""
    return request.path.startswith("/api/")


def refuse_null_addresses() -> None:
    """No database keeps the character 0 in a text, so nothing has such an address."""
    if "%00" in request.full_path or "\0" in request.path:
        abort(404)


def strip_control_characters() -> None:
    """Take out of every field what comes along unseen when people paste; tabs and line ends stay."""
    if any(_CONTROL.search(value) for values in request.form.listvalues() for value in values):
        request.form = ImmutableMultiDict(
            (name, _CONTROL.sub("", value)) for name, value in request.form.items(multi=True))


def _wants_json() -> bool:
    """Carriers and programs read JSON, people do not."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith("/webhook") or best == "application/json"


def _too_large() -> str:
    limit = current_app.extensions["settings"].upload_limit_mb
    return f"At most {limit} MB can be sent at once. Split the file and send the parts one after the other."


def _back() -> str:
    """The page this came from, when it is one of ours."""
    came_from = urlsplit(request.referrer or "")
    return (came_from.path or "/") if came_from.netloc == request.host else ""


def _typed_on_our_page() -> list[tuple[str, str, str]]:
    """Every field as name, value and shortened value, if a page of ours sent it; passwords are never given back."""
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    pairs: Any = request.form.items(multi=True)
    return [(name, value, shortened(value, 80)) for name, value in pairs
            if name != "csrf_token" and "password" not in name and name != "present"]
