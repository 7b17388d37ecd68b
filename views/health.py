"""Alive and ready, for supervisors and load balancers."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from services import health

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers. Asks nothing of the database."""
    return jsonify(status="ok")


@pages.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 when every part works, else 503 with which one and why."""
    try:
        parts = health.report()
    except Exception:
        return jsonify(status="not ready", parts={"database": {"ok": False, "says": "does not answer"}}), 503
    is_ready = all(part.is_well for part in parts)
    answer = {part.part: _shown(part) for part in parts}
    return jsonify(status="ready" if is_ready else "not ready", parts=answer), 200 if is_ready else 503


def _shown(part: health.Health) -> dict[str, Any]:
    """One part as JSON."""
    return {"ok": part.is_well, "says": part.words, "seen_at": part.seen_at.isoformat() if part.seen_at else None}
