"""Other systems call here: POST /hooks/<token> with JSON. The token is the key; a signature is asked for where one was set."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from core.errors import DashboardError, NotFound, TooMany
from services import hooks

pages = Blueprint("hooks", __name__)
LARGEST = 256 * 1024


@pages.post("/<token>")
def take(token: str) -> ResponseReturnValue:
    """Take one call: 202 when it is kept, 200 when it came before, else the reason."""
    request.max_content_length = LARGEST
    try:
        taken = hooks.take(token[:200], request.get_data(), signature=request.headers.get("X-Signature-256", ""),
                           idempotency_key=request.headers.get("Idempotency-Key", ""))
    except DashboardError as error:
        status = 404 if isinstance(error, NotFound) else 429 if isinstance(error, TooMany) else 422
        headers = {"Retry-After": str(error.wait_seconds)} if isinstance(error, TooMany) else {}
        return jsonify(error=error.message), status, headers
    return jsonify(id=taken.call_id, repeated=taken.is_repeat), 200 if taken.is_repeat else 202
