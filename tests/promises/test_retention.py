"""O12: what is older than the settings say goes, what is younger stays: notices, log lines, files. CHAOS=1 runs it large."""

import os
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.states import EventState, FileState, MessageState
from models import MediaFile, Message, MessageTemplate, ReceivedFile, TemplateVersion, WebhookEvent, db, transaction
from services import retention, settings
from tests.factories import sending as make
from tests.promises.figures import IS_FULL, show

ROWS = 50_000 if IS_FULL else 300
DAYS = {"notices": 30, "logs": 10, "files": 60}


@pytest.fixture
def now(app, by):
    """The present, in an installation that keeps things for so many days."""
    settings.change("keep_days", DAYS, by=by)
    return clock.now()


def ages(limit):
    """Ages in days around a limit, none of them within a minute of it."""
    chance = random.Random(12)
    return [limit + chance.choice((-1, 1)) * (0.001 + 40 * chance.random() ** 2) for _ in range(ROWS)]


def test_o12_old_notices_go_and_young_ones_stay(now):
    old = now - timedelta(days=DAYS["notices"])
    with transaction():
        db.session.add_all(
            WebhookEvent(digest=f"{number}", body=b"{}", state=EventState.READ if number % 7 else EventState.DEAD,
                         received_at=min(now, now - timedelta(days=age))) for number, age in enumerate(ages(DAYS["notices"])))
    young = db.session.scalar(select(func.count()).select_from(WebhookEvent).where(WebhookEvent.received_at >= old))

    gone = retention.forget_what_is_old(now).notices

    left = db.session.scalar(select(func.count()).select_from(WebhookEvent).where(WebhookEvent.received_at < old))
    stayed = db.session.scalar(select(func.count()).select_from(WebhookEvent).where(WebhookEvent.received_at >= old))
    show("O12", f"of {ROWS:,} notices older than the setting that are left", left, 0)
    show("O12", "younger notices removed", young - stayed, 0)
    assert (left, stayed, gone) == (0, young, ROWS - young) and 0 < young < ROWS


def test_o12_old_lines_go_and_young_ones_stay_with_what_belongs_to_them(now, app):
    folder = settings.start_up().instance / "logs"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    border = now - timedelta(days=DAYS["logs"])
    times = sorted(now - timedelta(days=max(age, 0)) for age in ages(DAYS["logs"]))
    young = [at for at in times if at >= border]
    lines = [f"{at.astimezone():%Y-%m-%d %H:%M:%S},123 INFO whatsapp something\n  a line that belongs to it\n" for at in times]
    (folder / "whatsapp.log").write_text("".join(lines))
    (folder / "whatsapp.log.1").write_text("".join(lines[:len(times) - len(young)]))
    (folder / "quiet.log").write_text(lines[-1])

    gone = retention.forget_what_is_old(now).lines

    kept = (folder / "whatsapp.log").read_text()
    show("O12", "younger lines of logs removed", len(young) - kept.count("something"), 0)
    assert kept == "".join(lines[len(times) - len(young):])
    assert not (folder / "whatsapp.log.1").exists() and (folder / "quiet.log").read_text() == lines[-1]
    assert gone == 4 * (len(times) - len(young))


def test_o12_old_files_nobody_uses_go_from_the_disk(now):
    folder = settings.start_up().instance / "media"
    folder.mkdir(exist_ok=True)
    with transaction():
        files = [MediaFile(kind="image", name=name, mime="image/png", size=1, digest=name, stored_as=f"{name}.png",
                           created_at=now - timedelta(days=days))
                 for name, days in (("unused-old", 61), ("unused-young", 59), ("used-old", 400))]
        db.session.add_all(files)
        db.session.flush()
        db.session.add(TemplateVersion(
            template=MessageTemplate(name="t", language="en", category="utility"), number=1, body="b", wire_name="t_v1",
            variables=[], header={"kind": "image", "media_id": files[2].id}))
    for file in files:
        path = folder / file.stored_as
        path.write_bytes(b"x")
        os.utime(path, (file.created_at.timestamp(),) * 2)

    assert retention.forget_what_is_old(now).files == 1

    assert sorted(path.name for path in folder.glob("*used*")) == ["unused-young.png", "used-old.png"]


def test_o12_what_people_sent_goes_after_its_own_days(now, by):
    channel = make.make_channel()
    person, = make.make_people(1)
    settings.change("keep_days", DAYS | {"received": 30}, by=by)
    with transaction():
        for name, days in (("young", 29), ("old", 31)):
            at = now - timedelta(days=days)
            file = MediaFile(kind="image", name=name, mime="image/png", size=1, digest=name, stored_as=f"{name}.png", created_at=at)
            message = Message(direction="in", kind="image", channel_id=channel.id, contact_id=person, state=MessageState.RECEIVED,
                              wire_id=name, created_at=at)
            db.session.add_all([file, message])
            db.session.flush()
            db.session.add(ReceivedFile(message_id=message.id, wire_id=name, kind="image", media_id=file.id, fetched_at=at,
                                        state=FileState.FETCHED))

    assert retention.forget_what_is_old(now).received == 1

    assert db.session.scalars(select(MediaFile.name)).all() == ["young"]
    assert db.session.scalar(select(func.count()).select_from(Message)) == 2
