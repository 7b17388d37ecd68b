"""Rows as programs read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, make_response


def answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """One JSON object."""
    return make_response(jsonify(value), status)


def page(rows: Sequence[Mapping[str, Any]], limit: int) -> Mapping[str, Any]:
    """A list with where it goes on: `next_after` is the `after` of the next call, null at the end."""
    return {"data": list(rows), "next_after": rows[-1]["id"] if len(rows) >= limit and rows else None}


def time(at: datetime | None) -> str | None:
    """2026-11-24T09:00:00.000000Z, or null."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def message(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """One message."""
    is_template = bool(row["template_name"])
    return {
        "id": row["id"], "direction": row["direction"], "type": row["kind"], "status": str(row["state"]),
        "reason": {"code": row["reason_code"], "words": row["reason"]} if row["reason_code"] else None,
        "text": row["text"], "content": row["content"] or {},
        "template": {"name": row["template_name"], "language": row["template_language"],
                     "variables": row["variables"] or {}} if is_template else None,
        "contact": {"id": row["contact_id"], "name": row["contact_name"] or "", "phone": row["phone"] or None,
                    "wa_id": row["wa_id"], "user_id": row["user_id"]},
        "conversation_id": row["conversation_id"], "channel_id": row["channel_id"], "campaign_id": row["campaign_id"],
        "whatsapp_id": row["wire_id"], "reply_to": row["reply_to"] or None,
        "author": {"kind": row["author_kind"], "name": row["author_name"]} if row["author_kind"] else None,
        **{name: time(row[name]) for name in ("created_at", "due_at", "accepted_at", "sent_at", "delivered_at", "read_at",
                                              "failed_at")},
    }


def conversation(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """One conversation."""
    return {
        "id": row["id"], "status": str(row["state"]), "unread": row["unread"], "assigned_to": row["assigned_to"],
        "contact": {"id": row["contact_id"], "name": row["contact_name"], "phone": row["phone"], "wa_id": row["wa_id"],
                    "user_id": row["user_id"]},
        "channel_id": row["channel_id"], "preview": row["preview"],
        **{name: time(row[name]) for name in ("waiting_since", "window_ends_at", "last_at", "last_in_at", "last_out_at",
                                              "snoozed_until", "created_at")},
    }
