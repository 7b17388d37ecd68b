"""Telling people that we have read, or are writing: wished for in a transaction, told to WhatsApp by a job."""

import asyncio
import logging

from sqlalchemy import delete, select

from core import background, clock
from core.background import Job
from models import Conversation, Message, ReadMark, after_commit, db, transaction
from services import channels, whatsapp_service
from transports.port import Line, SendFailed

log = logging.getLogger("inbox")
AT_ONCE = 50


def wish(talk: Conversation, *, is_typing: bool = False) -> bool:
    """Have the newest message of this person shown as read, and that we write where said. False when there is none.

    Join it to a transaction. A wish that is already there only learns of the writing.
    """
    wire_id = db.session.scalar(select(Message.wire_id).where(
        Message.contact_id == talk.contact_id, Message.channel_id == talk.channel_id, Message.direction == "in",
        Message.wire_id.is_not(None)).order_by(Message.created_at.desc(), Message.id.desc()).limit(1))
    if not wire_id:
        return False
    mark = db.session.get(ReadMark, talk.id) or ReadMark(conversation_id=talk.id)
    mark.channel_id, mark.wire_id, mark.at = talk.channel_id, wire_id, clock.now()
    mark.is_typing = is_typing or bool(mark.is_typing)
    db.session.add(mark)
    after_commit(lambda: background.enqueue(Job.TELL_READ))
    return True


def tell() -> int:
    """Tell WhatsApp what was wished for; how many were told. A mark that fails is let go: it is a courtesy, not a message."""
    with transaction():
        marks = db.session.execute(select(ReadMark.conversation_id, ReadMark.channel_id, ReadMark.wire_id,
                                          ReadMark.is_typing).order_by(ReadMark.at).limit(AT_ONCE)).all()
        db.session.execute(delete(ReadMark).where(ReadMark.conversation_id.in_([one.conversation_id for one in marks])))
    told = 0
    lines = dict(channels.lines_in_use()) if marks else {}
    db.session.rollback()  # no connection is held while the carrier is waited for
    for channel_id, line in lines.items():
        told += asyncio.run(_told(line, [one for one in marks if one.channel_id == channel_id]))
    return told


async def _told(line: Line, marks: list[object]) -> int:
    """Tell one carrier, one after the other."""
    engine = whatsapp_service.new_engine()
    service, told = whatsapp_service.WhatsAppService(line, engine), 0
    try:
        for mark in marks:
            try:
                await service.mark_read(mark.wire_id, is_typing=mark.is_typing)  # type: ignore[attr-defined]
                told += 1
            except SendFailed as failure:
                log.info("a read mark was not taken: %s", failure.code)
    finally:
        await engine.close()
    return told
