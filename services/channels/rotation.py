"""A new encryption key: everything sealed is opened and sealed anew, and only then keys older than the last one are forgotten."""

from sqlalchemy import or_, select, update

from core.actor import Actor
from models import Channel, db, transaction
from services import activity
from services.channels import vault

SEALED = ("sealed_token", "sealed_app_secret", "sealed_verify_token", "sealed_former_secret")
_sealed = [getattr(Channel, name) for name in SEALED]


def rotate_key(*, by: Actor) -> int:
    """Seal every secret under a new key (or, with ENCRYPTION_KEY, under the first of it); of how many numbers
    there were any: what the environment gives is sealed nowhere.

    A process that reads meanwhile opens with the old key or the new one: both are there, also for a
    moment after all is done. Raises Invalid when a secret cannot be opened; then nothing changed.
    """
    if not vault.comes_from_environment():
        vault.add_key()
    with transaction():
        rows = db.session.execute(select(Channel.id, *_sealed).where(or_(*(one != "" for one in _sealed)))).all()
        for row in rows:
            values = {name: vault.sealed_anew(getattr(row, name)) for name in SEALED}
            db.session.execute(update(Channel).where(Channel.id == row.id).values(**values))
        activity.record("channel.key_rotated", by=by)
    vault.drop_old_keys()
    return len(rows)
