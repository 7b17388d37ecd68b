"""Acts on more people than one transaction should hold: asked for at once, done in the background part by part.

Whoever is meant is written down when it is asked for, and nobody is asked again. A part is done, counted and struck off in
one transaction: a process may die at any moment, and the next one goes on with what is left. Whoever works holds the row of
the act meanwhile, so that two processes take turns.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DBAPIError

from core import clock
from core.actor import Actor
from core.background import Job, enqueue
from core.errors import Conflict, NotFound
from core.states import BulkState
from models import BulkAct, BulkChange, BulkChanged, BulkPart, Contact, Tag, after_commit, db, transaction
from services import activity
from services.contacts import bulk_acts

log = logging.getLogger("app")
AT_ONCE = 2_000  # more people than this are no matter for one request
DELETE, UNDO = "delete", "undo"
_PART = 1_000  # people a transaction
# built once: every page asks the first
_AT_WORK = (select(BulkAct).where(BulkAct.state == BulkState.RUNNING).order_by(BulkAct.id)
            .execution_options(populate_existing=True))
_LAST = select(BulkAct).order_by(BulkAct.id.desc()).limit(5).execution_options(populate_existing=True)
PAUSE = 0.1  # seconds between two parts: as long as a writer of another process may wait before it asks SQLite again
_WORK = {bulk_acts.TAG: "tagging", bulk_acts.UNTAG: "untagging", DELETE: "deleting"}

_NAMES = {bulk_acts.TAG: "Add the tag “{tag}”", bulk_acts.UNTAG: "Remove the tag “{tag}”", DELETE: "Delete people",
          UNDO: "Put the tag “{tag}” back as it was"}


def start_bulk(ids: Sequence[int], *, act: str, by: Actor, tag: str = "", filters: str = "") -> BulkAct:
    """Have these people tagged, untagged or deleted in the background. `filters` leads back to the list they were on.

    Raises Invalid for a name no tag can have, NotFound for a tag that is not there.
    """
    with transaction():
        change = None if act == DELETE else bulk_acts.begin_change(act, tag, by=by)
        return _store(act, change, ids, filters, by)


def start_undo(bulk_id: int, *, by: Actor, filters: str = "") -> BulkAct:
    """Put back in the background what this act changed. Raises NotFound, Conflict as `undo_bulk` does."""
    ids = db.session.scalars(select(BulkChanged.contact_id).where(BulkChanged.bulk_id == bulk_id)
                             .order_by(BulkChanged.contact_id)).all()
    with transaction():
        return _store(UNDO, bulk_acts.claim_undo(bulk_id), ids, filters, by)


def stop_bulk(act_id: int, *, by: Actor) -> BulkAct:
    """Stop after the people who are done; whoever is left stays as they are. Raises NotFound, Conflict when it has ended."""
    with transaction():
        act = get_act(act_id)
        if act.act == UNDO:
            raise Conflict("An undo is done to its end")
        if (held := _hold(act_id)) is None:
            raise Conflict("This has ended already")
        _end(held, BulkState.STOPPED)
        activity.record("contacts.bulk_stopped", by=by, subject_kind="contacts", work=_WORK[act.act], done=held.done,
                        total=held.total)
    return held


def get_act(act_id: int) -> BulkAct:
    """One act as it is now. Raises NotFound. One query."""
    act = db.session.get(BulkAct, act_id, populate_existing=True)
    if act is None:
        raise NotFound("There is no such act; its tag may have been deleted since")
    return act


def name_of_act(act: BulkAct) -> str:
    """What it does, as its page and the tray call it."""
    return _NAMES[act.act].format(tag=act.tag)


def can_undo_act(act: BulkAct) -> bool:
    """Whether it changed tags, has ended and was not put back. At most one query."""
    if act.act not in (bulk_acts.TAG, bulk_acts.UNTAG) or act.state is BulkState.RUNNING or not act.changed:
        return False
    return bulk_acts.get_bulk(act.change_id or 0).undone_at is None


def acts_at_work() -> Sequence[BulkAct]:
    """What is being done just now, oldest first. One query."""
    return db.session.scalars(_AT_WORK).all()


def acts_lately() -> list[BulkAct]:
    """Of the last five acts those that are at work, or ended within a day; newest first. One query."""
    return [one for one in db.session.scalars(_LAST) if one.ended_at is None or clock.now() - one.ended_at < timedelta(days=1)]


def go_on_with_bulk() -> bool:
    """Do one part of the oldest act that is not done yet. False: there is none."""
    act_id = db.session.scalar(select(BulkAct.id).where(BulkAct.state == BulkState.RUNNING).order_by(BulkAct.id).limit(1))
    if act_id is None:
        db.session.rollback()  # so that the next look sees what others wrote meanwhile
        return False
    try:
        _do_part(act_id)
    except (DBAPIError, Conflict):
        raise  # the database is away, or somebody else was quicker: the part is left and done at the next look
    except Exception:
        log.exception("bulk act %s could not go on", act_id)
        with transaction():
            if act := _hold(act_id):
                act.error = "Something unexpected happened; the log says more"
                _end(act, BulkState.FAILED)
    return True


def _store(act: str, change: BulkChange | None, ids: Sequence[int], filters: str, by: Actor) -> BulkAct:
    """The act and its parts."""
    name = db.session.get_one(Tag, change.tag_id).name if change else ""
    row = BulkAct(act=act, change_id=change and change.id, tag=name, filters=filters, total=len(ids), by=by.name)
    db.session.add(row)
    db.session.flush()
    if ids:
        db.session.execute(insert(BulkPart), [{"bulk_act_id": row.id, "people": list(ids[start:start + _PART])}
                                              for start in range(0, len(ids), _PART)])
    after_commit(lambda: enqueue(Job.RUN_BULK_ACTS))
    return row


def _hold(act_id: int) -> BulkAct | None:
    """The act, held until the transaction ends; nothing when it has ended."""
    return db.session.scalar(select(BulkAct).where(BulkAct.id == act_id, BulkAct.state == BulkState.RUNNING)
                             .with_for_update().execution_options(populate_existing=True))


def _do_part(act_id: int) -> None:
    """The next people, or the end."""
    began = clock.monotonic()
    with transaction():
        act = _hold(act_id)
        if act is None:
            return
        part = db.session.scalar(select(BulkPart).where(BulkPart.bulk_act_id == act_id).order_by(BulkPart.id).limit(1))
        if part is None:
            _end(act, BulkState.FINISHED)
            return
        act.changed += _DO[act.act](act, _still_there(act, part.people))
        act.done += len(part.people)
        act.seconds += clock.monotonic() - began + PAUSE
        db.session.delete(part)


def _still_there(act: BulkAct, ids: Sequence[int]) -> Sequence[int]:
    """Those who are there as they were, and stay until the transaction ends. A number that was freed may be somebody
    else's by now: who came later was not meant."""
    return db.session.scalars(select(Contact.id).where(Contact.id.in_(ids), Contact.created_at <= act.at)
                              .order_by(Contact.id).with_for_update(read=True, key_share=True)).all()


def _end(act: BulkAct, state: BulkState) -> None:
    """Write down the end, and what was done; who is left is forgotten."""
    act.state, act.ended_at = state, clock.now()
    db.session.execute(delete(BulkPart).where(BulkPart.bulk_act_id == act.id))
    by = Actor("user", act.by)
    if act.act == DELETE:
        bulk_acts.note_deleted(act.changed, by=by)
    elif act.act == UNDO and state is BulkState.FAILED:
        _change_of(act).undone_at = None  # so that it can be asked for again
    elif act.act == UNDO:
        bulk_acts.note_undone(_change_of(act), by=by)
    else:
        bulk_acts.note_changed(_change_of(act), by=by)


def _change_of(act: BulkAct) -> BulkChange:
    return db.session.get_one(BulkChange, act.change_id)


def _do_change(act: BulkAct, ids: Sequence[int]) -> int:
    return bulk_acts.change_some(_change_of(act), ids)


def _do_delete(act: BulkAct, ids: Sequence[int]) -> int:
    return bulk_acts.delete_some(ids)


def _do_undo(act: BulkAct, ids: Sequence[int]) -> int:
    bulk_acts.undo_some(_change_of(act), ids)
    return len(ids)


_DO: dict[str, Callable[[BulkAct, Sequence[int]], int]] = {
    bulk_acts.TAG: _do_change, bulk_acts.UNTAG: _do_change, DELETE: _do_delete, UNDO: _do_undo}
