"""Places of other systems that rules and flows call: add, change, switch on again, delete."""

import base64
import secrets
from collections.abc import Sequence

from sqlalchemy import select

from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.words import one_line
from models import CallTarget, db, transaction
from services import activity, channels, settings
from services.hooks import wire
from transports.port.web import CallFailed

MOST = 100


def all_targets() -> Sequence[CallTarget]:
    """Every place, by name. One query."""
    return db.session.scalars(select(CallTarget).order_by(CallTarget.name)).all()


def get_target(target_id: int | None) -> CallTarget:
    """One place. Raises NotFound."""
    if target_id and (found := db.session.get(CallTarget, target_id)):
        return found
    raise NotFound("There is no such system; it may have been deleted")


def add_target(*, name: str, url: str, by: Actor) -> tuple[CallTarget, str]:
    """Add a place; with the secret its calls are signed with, which is shown this once. Raises Invalid, Conflict."""
    called, address = one_line(name)[:80], url.strip()
    if not called:
        raise Invalid("Give it a name", field="name")
    try:
        wire.caller().check(address, allowed=str(settings.start_up().call_private_hosts))
    except CallFailed as error:
        raise Invalid(error.words, field="url") from None
    if len(address) > 500:
        raise Invalid("An address has 500 characters at most", field="url")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    with transaction():
        if len(all_targets()) >= MOST:
            raise Conflict(f"There can be {MOST} systems at most")
        target = CallTarget(name=called, url=address, sealed_secret=channels.seal(secret), created_by=by.name)
        db.session.add(target)
        db.session.flush()
        activity.record("target.added", by=by, subject_kind="target", subject_id=target.id, subject_name=called)
    return target, secret


def switch_on_target(target_id: int, *, by: Actor) -> CallTarget:
    """Call it again. Raises NotFound."""
    with transaction():
        target = get_target(target_id)
        target.off_since, target.off_reason = None, ""
        activity.record("target.switched_on", by=by, subject_kind="target", subject_id=target.id, subject_name=target.name)
    return target


def delete_target(target_id: int, *, by: Actor) -> str:
    """Forget a place with its log. Its name. Raises NotFound."""
    with transaction():
        target = get_target(target_id)
        db.session.delete(target)
        activity.record("target.deleted", by=by, subject_kind="target", subject_id=target_id, subject_name=target.name)
    return target.name
