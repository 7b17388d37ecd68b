"""Connect a business number, change it, switch it off and on, pause it; what was heard of it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import one_line
from models import Channel, db, transaction
from services import activity, settings
from services.channels import vault
from services.channels.queries import (
    CLOUD,
    SIMULATED_BUSINESS,
    SIMULATED_ID,
    SIMULATED_NUMBER,
    SIMULATION,
    chosen_channel,
    get_channel,
)

NAME_LIMIT = 120
FASTEST = 1000.0  # messages a second: the most Meta allows one number
FORMER_SECRET = timedelta(days=2)
_ID = re.compile(r"[0-9]{5,32}", re.ASCII)
_VERSION = re.compile(r"v[1-9][0-9]{1,2}\.0", re.ASCII)
_SECRET = re.compile(r"[\x21-\x7e]{8,1000}", re.ASCII)
_SECRETS = ("token", "app_secret", "verify_token")
_HERE = ("localhost", "127.0.0.1", "::1")


def ensure_first() -> Channel:
    """The number the start-up settings speak of, made when there is none yet. Safe to call at every start."""
    start = settings.start_up()
    wanted = (start.phone_number_id or SIMULATED_ID) if start.is_simulated else start.phone_number_id
    if not start.is_simulated and not wanted:
        raise NotFound("WHATSAPP_MODE=cloud needs PHONE_NUMBER_ID, BUSINESS_ID, WHATSAPP_TOKEN and APP_SECRET")
    known = db.session.scalar(select(Channel).where(Channel.phone_number_id == wanted))
    if known:
        return known
    with transaction():
        channel = Channel(
            name="Simulated number" if start.is_simulated else "Business number",
            kind=SIMULATION if start.is_simulated else CLOUD,
            display_phone=SIMULATED_NUMBER if start.is_simulated else "",
            phone_number_id=wanted,
            business_id=start.business_id or SIMULATED_BUSINESS,
            send_rate=start.send_rate,
        )
        db.session.add(channel)
        db.session.flush()
        _note("channel.added", channel, SYSTEM)
    return channel


def default_channel() -> Channel:
    """The number new campaigns use. The first one is made when there is none."""
    return chosen_channel() or ensure_first()


def add_channel(*, name: str, phone_number_id: str, business_id: str, token: str, app_secret: str, verify_token: str,
                graph_url: str = "", graph_version: str = "", send_rate: float = 20.0, by: Actor) -> Channel:
    """Connect a real number. It is switched off until somebody switches it on. Raises Invalid naming the field."""
    values = _checked({"name": name, "phone_number_id": phone_number_id, "business_id": business_id, "token": token,
                       "app_secret": app_secret, "verify_token": verify_token, "graph_url": graph_url,
                       "graph_version": graph_version, "send_rate": send_rate})
    for field, word in (("token", "access token"), ("app_secret", "app secret"), ("verify_token", "verify token")):
        if f"sealed_{field}" not in values:
            raise Invalid(f"Paste the {word}", field=field)
    if db.session.scalar(select(Channel.id).where(Channel.phone_number_id == values["phone_number_id"])):
        raise Invalid("This number is connected already", field="phone_number_id")
    with transaction():
        channel = Channel(kind=CLOUD, switched_off_at=clock.now(), **values)
        db.session.add(channel)
        db.session.flush()
        _note("channel.added", channel, by)
    return channel


def change_channel(channel_id: int, *, by: Actor, **wanted: Any) -> Channel:
    """Change what is given: name, business_id, token, app_secret, verify_token, graph_url, graph_version, send_rate.

    An empty secret keeps the old one. The app secret that was before is heard for two more days. Raises NotFound, and
    Invalid naming the field.
    """
    channel = get_channel(channel_id)
    values = _checked(wanted)
    if channel.kind == SIMULATION and set(values) - {"name", "send_rate"}:
        raise Invalid("The simulated number needs no ids and no secrets", field="name")
    if "sealed_app_secret" in values and channel.sealed_app_secret:
        values |= {"sealed_former_secret": channel.sealed_app_secret, "former_secret_until": clock.now() + FORMER_SECRET}
    fields = sorted({key.removeprefix("sealed_") for key, value in values.items() if getattr(channel, key) != value}
                    - {"former_secret", "former_secret_until"})
    if not fields:
        return channel
    with transaction():
        db.session.execute(update(Channel).where(Channel.id == channel_id).values(**values))
        _note("channel.changed", get_channel(channel_id), by, fields=", ".join(fields).replace("_", " "))
    db.session.refresh(channel)
    return channel


def switch_off(channel_id: int, *, by: Actor) -> None:
    """Use this number no more: nothing leaves from it until it is switched on again; what waits keeps waiting."""
    _switch(channel_id, at=clock.now(), verb="channel.switched_off", by=by)


def switch_on(channel_id: int, *, by: Actor) -> None:
    """Send from this number."""
    _switch(channel_id, at=None, verb="channel.switched_on", by=by)


def make_default(channel_id: int, *, by: Actor) -> None:
    """Have new campaigns use this number. Raises NotFound, and Conflict when it is switched off."""
    if get_channel(channel_id).switched_off_at is not None:
        raise Conflict("Switch this number on first")
    settings.change("default_channel", channel_id, by=by)


def pause(channel_id: int, *, reason: str, by: Actor = SYSTEM) -> bool:
    """Stop sending from this number. True when it was not paused before."""
    with transaction():
        changed = db.session.execute(
            update(Channel).where(Channel.id == channel_id, Channel.paused_at.is_(None))
            .values(paused_at=clock.now(), paused_reason=reason[:300])).rowcount
        if changed:
            _note("channel.paused", get_channel(channel_id), by, reason=reason)
    return bool(changed)


def resume(channel_id: int, *, by: Actor) -> None:
    """Go on sending from this number."""
    with transaction():
        changed = db.session.execute(
            update(Channel).where(Channel.id == channel_id, Channel.paused_at.is_not(None))
            .values(paused_at=None, paused_reason="")).rowcount
        if changed:
            _note("channel.resumed", get_channel(channel_id), by)


def heard(channel_id: int, *, at: datetime, of_attempt_at: datetime | None = None) -> None:
    """Note that the webhook path of this number is alive, and the newest attempt a status was heard of."""
    with transaction():
        db.session.execute(update(Channel).where(Channel.id == channel_id).values(last_news_at=at))
        if of_attempt_at is not None:
            db.session.execute(
                update(Channel)
                .where(Channel.id == channel_id,
                       (Channel.news_of_attempt_at.is_(None)) | (Channel.news_of_attempt_at < of_attempt_at))
                .values(news_of_attempt_at=of_attempt_at))


def _switch(channel_id: int, *, at: datetime | None, verb: str, by: Actor) -> None:
    """Off at a moment, or on. Nothing happens when it is so already."""
    was_on = Channel.switched_off_at.is_(None) if at else Channel.switched_off_at.is_not(None)
    with transaction():
        changed = db.session.execute(
            update(Channel).where(Channel.id == channel_id, was_on).values(switched_off_at=at)).rowcount
        channel = get_channel(channel_id)
        if changed:
            _note(verb, channel, by)


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Columns from what was typed; secrets come out sealed, empty ones not at all. Raises Invalid naming the field."""
    values: dict[str, Any] = {}
    for field, given in wanted.items():
        if field in _SECRETS:
            if text := str(given or "").strip():
                values[f"sealed_{field}"] = vault.seal(_secret(field, text))
        else:
            values[field] = _CHECKS[field](given)
    return values


def _name(given: Any) -> str:
    name = one_line(str(given or ""))
    if not 1 <= len(name) <= NAME_LIMIT:
        raise Invalid(f"Give the number a name of at most {NAME_LIMIT} characters", field="name")
    return name


def _id(field: str, where: str) -> Any:
    def check(given: Any) -> str:
        text = str(given or "").strip()
        if not _ID.fullmatch(text):
            raise Invalid(f"That is not an id: copy the {where} from Meta's API Setup page, digits only", field=field)
        return text
    return check


def _secret(field: str, text: str) -> str:
    if not _SECRET.fullmatch(text):
        raise Invalid("This does not look complete: paste it again, without spaces or line breaks", field=field)
    return text


def _address(given: Any) -> str:
    """An https address without path; plain http only to this machine, for development."""
    text = str(given or "").strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
    if not host or not is_safe or parts.username or parts.query or parts.fragment or len(text) > 200:
        raise Invalid("Write an address like https://graph.facebook.com, or leave it empty for Meta's", field="graph_url")
    return text


def _version(given: Any) -> str:
    text = str(given or "").strip()
    if text and not _VERSION.fullmatch(text):
        raise Invalid("Write a version like v25.0, or leave it empty", field="graph_version")
    return text


def _rate(given: Any) -> float:
    try:
        rate = float(given)
    except (TypeError, ValueError):
        rate = 0.0
    if not 0.1 <= rate <= FASTEST:
        raise Invalid("Choose between 0.1 and 1,000 messages a second", field="send_rate")
    return rate


_CHECKS: dict[str, Any] = {
    "name": _name, "phone_number_id": _id("phone_number_id", "phone number ID"),
    "business_id": _id("business_id", "WhatsApp business account ID"), "graph_url": _address,
    "graph_version": _version, "send_rate": _rate,
}


def _note(verb: str, channel: Channel, by: Actor, **details: Any) -> None:
    activity.record(verb, by=by, subject_kind="channel", subject_id=channel.id, subject_name=channel.name, **details)
