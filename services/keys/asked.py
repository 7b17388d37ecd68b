"""An act named by an Idempotency-Key happens once: the act and its answer are one transaction, whoever asks again gets the
first answer."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from core import clock
from core.errors import Conflict, Invalid
from models import ApiRequest, db, is_sqlite, transaction

LONGEST = 128
Act = Callable[[], tuple[int, Mapping[str, Any]]]  # HTTP status and answer


class Answered(NamedTuple):
    """What the program is told; `is_first` is False when the act had happened before."""

    status: int
    answer: Mapping[str, Any]
    is_first: bool


def answered_once(key_id: int, idempotency_key: str, asked: Mapping[str, Any], act: Act) -> Answered:
    """Do `act` unless this key asked for it under this name before. A refusal is kept by nobody: it may be mended.

    Raises Invalid for a name nobody can keep, Conflict when the same name comes with other contents.
    """
    if not idempotency_key:
        return Answered(*act(), is_first=True)
    if len(idempotency_key) > LONGEST or not idempotency_key.isprintable():
        raise Invalid(f"An Idempotency-Key is 1 to {LONGEST} printable characters", field="Idempotency-Key")
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()
    with transaction():
        if not _is_first(key_id, idempotency_key, digest):
            return _known(key_id, idempotency_key, digest)
        status, answer = act()
        row = db.session.scalars(_of(key_id, idempotency_key)).one()
        row.status, row.answer = status, dict(answer)
    return Answered(status, answer, is_first=True)


def forget_old(before: datetime) -> int:
    """Forget acts named before this moment; how many."""
    with transaction():
        return int(db.session.execute(delete(ApiRequest).where(ApiRequest.at < before)).rowcount)


def _is_first(key_id: int, name: str, digest: str) -> bool:
    """Claim the name; another transaction with the same one is waited for."""
    if is_sqlite():
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    claim = insert(ApiRequest).values(key_id=key_id, idempotency_key=name, digest=digest, status=0, answer={}, at=clock.now())
    return db.session.scalar(claim.on_conflict_do_nothing(
        index_elements=["key_id", "idempotency_key"]).returning(ApiRequest.id)) is not None


def _known(key_id: int, name: str, digest: str) -> Answered:
    """The first answer. Raises Conflict for another act under the same name."""
    row = db.session.scalars(_of(key_id, name)).one()
    if row.digest != digest:
        raise Conflict("This Idempotency-Key was used for something else", field="Idempotency-Key")
    return Answered(row.status, row.answer, is_first=False)


def _of(key_id: int, name: str) -> Any:
    return select(ApiRequest).where(ApiRequest.key_id == key_id, ApiRequest.idempotency_key == name)
