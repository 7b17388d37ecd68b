"""Calls of other systems: an address with a token, a body of JSON, mapped to a person and values; each kept, each once."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.pages import Page
from core.phone import InvalidPhone, Phone
from core.words import one_line
from models import Hook, HookCall, db, transaction
from services import activity, channels, contacts, events, settings

LARGEST = 256 * 1024
PER_MINUTE = 300
MOST, MOST_VALUES, LONGEST_VALUE = 100, 50, 1000
KEPT_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a call. `is_repeat`: it came before, and nothing was done again."""

    call_id: int
    contact_id: int | None
    is_repeat: bool = False


def all_hooks() -> Sequence[Hook]:
    """Every address, oldest first. One query."""
    return db.session.scalars(select(Hook).order_by(Hook.id)).all()


def get_hook(hook_id: int) -> Hook:
    """One address. Raises NotFound."""
    if found := db.session.get(Hook, hook_id):
        return found
    raise NotFound("There is no such address; it may have been deleted")


def add_hook(*, name: str, mapping: Mapping[str, str], signs: bool = False, by: Actor) -> tuple[Hook, str, str]:
    """Add an address; with its token and the secret of its signature, both shown this once. Raises Invalid, Conflict."""
    called = one_line(name)[:80]
    if not called:
        raise Invalid("Give it a name", field="name")
    kept = {key: path.strip()[:200] for key, path in mapping.items() if path.strip()}
    if not kept.get("phone"):
        raise Invalid("Say where the phone number stands in the body, such as customer.phone", field="phone")
    token, secret = secrets.token_urlsafe(32), secrets.token_hex(32) if signs else ""
    with transaction():
        if len(all_hooks()) >= MOST:
            raise Conflict(f"There can be {MOST} addresses at most")
        hook = Hook(name=called, token_digest=_digest(token), sealed_secret=channels.seal(secret), mapping=kept,
                    created_by=by.name)
        db.session.add(hook)
        db.session.flush()
        activity.record("hook.added", by=by, subject_kind="hook", subject_id=hook.id, subject_name=called)
    return hook, token, secret


def delete_hook(hook_id: int, *, by: Actor) -> str:
    """Forget an address with its log; calls to it are answered with 404. Its name. Raises NotFound."""
    with transaction():
        hook = get_hook(hook_id)
        db.session.delete(hook)
        activity.record("hook.deleted", by=by, subject_kind="hook", subject_id=hook_id, subject_name=hook.name)
    return hook.name


def take(token: str, body: bytes, *, signature: str = "", idempotency_key: str = "") -> Taken:
    """Take one call: keep it, find or add its person, tell the rules. Safe to repeat with the same key.

    Raises NotFound for a token nobody has, Forbidden-like Invalid for a signature that does not fit, Invalid for a body
    that cannot be used (it is kept with the reason), TooMany.
    """
    hook = db.session.scalar(select(Hook).where(Hook.token_digest == _digest(token), Hook.is_on))
    if hook is None:
        raise NotFound("There is no such address")
    _check_pace(hook)
    key = idempotency_key.strip()[:120] or None
    secret = channels.opened(hook.sealed_secret)
    if secret and not hmac.compare_digest(_signed(secret, body), signature.removeprefix("sha256=").strip().lower()):
        _keep(hook, body, None, "The signature does not fit")
        raise Invalid("The signature does not fit")
    if key and (known := _known(hook, key)):
        return known
    try:
        told = _read(body)
        phone = _phone(told, hook)
    except Invalid as error:
        _keep(hook, body, None, error.message)
        raise
    return _taken(hook, body, key, told, phone)


def _taken(hook: Hook, body: bytes, key: str | None, told: Any, phone: Phone) -> Taken:
    """Person, event and log in one transaction; of two at once with one key, one wins."""
    by = Actor("api", hook.name)
    try:
        with transaction():
            person = contacts.contact_by_phone(phone) or contacts.add_contact(
                phone=phone, name=_at(told, hook.mapping.get("name", ""))[:200], source="api", by=by)
            call = _row(hook, body, key, "")
            call.contact_id = person.id
            db.session.add(call)
            db.session.flush()
            events.note("hook.called", contact_id=person.id, details={
                "hook_id": hook.id, "call_id": call.id, "values": values_of(told, hook.mapping)})
            return Taken(call.id, person.id)
    except Conflict:
        if key and (known := _known(hook, key)):
            return known
        raise


def values_of(told: Any, mapping: Mapping[str, str]) -> dict[str, str]:
    """What the body says, by the names the mapping gives it; without a mapping its own plain members."""
    named = {name: path for name, path in mapping.items() if name not in ("phone", "name")}
    found = {name: _at(told, path) for name, path in named.items()}
    if not named and isinstance(told, dict):
        found = {str(name): _at(told, str(name)) for name in told}
    return {name[:60]: value[:LONGEST_VALUE] for name, value in list(found.items())[:MOST_VALUES] if value}


def _at(told: Any, path: str) -> str:
    """The value at a path such as order.items.0.name; empty where there is none, or no plain value."""
    for part in path.split(".") if path else ():
        if isinstance(told, dict):
            told = told.get(part)
        elif isinstance(told, list) and part.isdecimal() and int(part[:6]) < len(told):
            told = told[int(part[:6])]
        else:
            return ""
    if not path or isinstance(told, dict | list) or told is None:
        return ""
    return one_line(("yes" if told else "no") if isinstance(told, bool) else str(told))


def _read(body: bytes) -> Any:
    if len(body) > LARGEST:
        raise Invalid(f"The body has more than {LARGEST // 1024} KB")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("The body is no JSON") from None
    if not isinstance(told, dict):
        raise Invalid("The body is no JSON object")
    return told


def _phone(told: Any, hook: Hook) -> Phone:
    text = _at(told, hook.mapping["phone"])
    try:
        return Phone.parse(text, settings.default_country())
    except InvalidPhone:
        raise Invalid(f"There is no phone number at {hook.mapping['phone']}: “{text[:30]}”") from None


def _check_pace(hook: Hook) -> None:
    since = clock.now() - timedelta(minutes=1)
    count = db.session.scalar(select(func.count()).where(HookCall.hook_id == hook.id, HookCall.at > since)) or 0
    if count >= PER_MINUTE:
        raise TooMany(f"More than {PER_MINUTE} calls within a minute", wait_seconds=60)


def _known(hook: Hook, key: str) -> Taken | None:
    found = db.session.scalar(select(HookCall).where(HookCall.hook_id == hook.id, HookCall.idempotency_key == key))
    return Taken(found.id, found.contact_id, is_repeat=True) if found else None


def _keep(hook: Hook, body: bytes, key: str | None, reason: str) -> None:
    """Log a call that was not taken."""
    with transaction():
        db.session.add(_row(hook, body, key, reason))


def _row(hook: Hook, body: bytes, key: str | None, reason: str) -> HookCall:
    return HookCall(hook_id=hook.id, idempotency_key=key, is_taken=not reason, reason=reason[:300], at=clock.now(),
                    body=body[:KEPT_BODY].decode("utf-8", "replace").replace("\0", ""))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _signed(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def calls_to(hook_id: int, *, page: int = 1, size: int = 50) -> Page[HookCall]:
    """The log of one address, newest first. Two queries."""
    wanted = select(HookCall).where(HookCall.hook_id == hook_id)
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    number = max(1, min(page, -(-total // size) or 1))
    return Page(db.session.scalars(wanted.order_by(HookCall.id.desc()).limit(size).offset((number - 1) * size)).all(),
                number, size, total)
