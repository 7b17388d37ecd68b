"""Files the browser needs, all served by ourselves, and the headers every answer carries."""

import gzip
import hashlib
import re
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, request, url_for

_BOOTSTRAP = files("flask_bootstrap") / "static" / "bootstrap5"
_AWESOME = files("fontawesomefree") / "static/fontawesomefree/js-packages/@fortawesome/fontawesome-free"

# what may be fetched: name, where it lies, what it is
VENDOR = {
    "css/bootstrap.min.css": (_BOOTSTRAP / "css/bootstrap.min.css", "text/css; charset=utf-8"),
    "css/fontawesome.min.css": (_AWESOME / "css/fontawesome.min.css", "text/css; charset=utf-8"),
    "css/solid.min.css": (_AWESOME / "css/solid.min.css", "text/css; charset=utf-8"),
    "webfonts/fa-solid-900.woff2": (_AWESOME / "webfonts/fa-solid-900.woff2", "font/woff2"),
}
FOR_EVER = "public, max-age=31536000, immutable"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
          "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TOKENS = re.compile(rb'name="csrf_token"[^>]*>')


def install(app: Flask) -> None:
    """Serve the files of VENDOR, name our own by version, and set the headers."""
    app.add_url_rule("/vendor/<version>/<path:name>", "vendor", vendor_file)
    app.jinja_env.globals["vendor"] = vendor
    app.url_defaults(_add_version)
    app.after_request(_finish)


def vendor(name: str) -> str:
    """The address of one of the files of VENDOR."""
    return url_for("vendor", version=vendor_version(), name=name)


@lru_cache(maxsize=1)
def vendor_version() -> str:
    """Changes when any of the files does."""
    digest = hashlib.sha256()
    for name in sorted(VENDOR):
        digest.update(_content(name)[0])
    return digest.hexdigest()[:12]


def vendor_file(version: str, name: str) -> Response:
    """One file out of an installed package."""
    if name not in VENDOR or version != vendor_version():
        abort(404)
    plain, packed = _content(name)
    is_packed = bool(packed) and "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(packed if is_packed else plain, content_type=VENDOR[name][1])
    if packed:
        answer.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@cache
def _content(name: str) -> tuple[bytes, bytes]:
    """The file as it is, and gzipped where that helps."""
    plain = VENDOR[name][0].read_bytes()
    return plain, b"" if name.endswith("woff2") else gzip.compress(plain, mtime=0)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    """Our own files carry a digest in their address, so that browsers may keep them for ever."""
    if endpoint == "static" and "filename" in values and "v" not in values:
        values["v"] = _static_version(values["filename"])


def _static_version(name: str) -> str:
    path = Path(str(current_app.static_folder)) / name
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _finish(answer: Response) -> Response:
    """Set the headers of every answer, errors and downloads included."""
    own_policy = answer.headers.get("Content-Security-Policy")
    answer.headers.update(HEADERS)
    if own_policy:  # of a stranger's file: stricter than ours
        answer.headers["Content-Security-Policy"] = own_policy
    if current_app.extensions["settings"].https:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    answer.headers["Cache-Control"] = _caching(answer)
    if request.headers.get("X-Live") and answer.status_code == 200 and not answer.is_streamed:
        # the CSRF token differs each time, which is no news to whoever looks at the page
        answer.set_etag(hashlib.sha256(_TOKENS.sub(b"", answer.get_data())).hexdigest()[:32], weak=True)
        answer.make_conditional(request)
    return answer


def _caching(answer: Response) -> str:
    """Files may be kept; what people see may not."""
    if answer.status_code not in (200, 206, 304):
        return "no-store"
    if request.endpoint == "vendor":
        return FOR_EVER
    if request.endpoint == "static":
        wanted = request.args.get("v")
        return FOR_EVER if wanted and wanted == _static_version(request.view_args["filename"]) else "no-cache"
    return "no-store"
