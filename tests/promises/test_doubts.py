"""Answers nobody can read, news that never come, people we may not write to. CHAOS=1 runs the full sizes."""

import logging
import threading
from datetime import timedelta

from core import clock
from core.states import MessageState
from models import Campaign, Channel, Message, db, transaction
from services import health, sending
from tests.factories import sending as make
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import for_each, people

ACCEPTED, SKIPPED, UNKNOWN = MessageState.ACCEPTED, MessageState.SKIPPED, MessageState.UNKNOWN
UNREADABLE = ("broken-json", "empty", "html", "no-id", "giant", "trickled")


def test_s18_free_text_outside_the_window_is_never_sent(place, graph):
    count = 200 if IS_FULL else 10
    here = place(0)
    with here.app.app_context():
        campaign = db.session.get(Campaign, here.campaign_id)
        ids = make.make_people(count)
        for one in ids[::2]:  # they wrote 25 hours ago; the others never did
            make.open_window(one, campaign.channel_id, hours=-1)
        for one, phone in zip(ids, people(range(1, count + 1)), strict=True):
            sending.queue_message(channel_id=campaign.channel_id, contact_id=one, phone=phone, text="Are you still there?")

    with here.sender():
        here.until(here.is_settled)

    rows = here.rows()
    told = sum(row.reason_code == "window_closed" and bool(row.reason) for row in rows if row.direction == "out")
    show("S18", f"{count} free texts after the window: calls", len(graph.tries), 0)
    show("S18", "with the reason shown", told, count)
    assert graph.tries == []
    assert told == count


def test_s22_unreadable_answers_are_doubts_and_hang_nobody(place, graph, caplog):
    each = 50 if IS_FULL else 4
    size = each * (len(UNREADABLE) + 1)
    graph.running.set_faults(*(fault for number, kind in enumerate(UNREADABLE)
                               for fault in for_each(kind, people(range(1 + number * each, 1 + (number + 1) * each)))))
    here = place(size, graph_timeout=5, lease_seconds=30)
    before = set(threading.enumerate())

    with caplog.at_level(logging.ERROR), here.sender():
        here.until(here.is_settled, 300)
    here.until(lambda: not left_over(before), 60)

    counts = here.counts()
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    show("S22", f"{size} answers, {len(UNREADABLE)} kinds unreadable: unhandled errors", len(errors), 0)
    show("S22", "doubled", len(graph.doubled), 0)
    show("S22", "threads left", len(left_over(before)), 0)
    assert errors == []
    assert graph.doubled == []
    assert (counts[UNKNOWN], counts[ACCEPTED]) == (size - each, each)


def left_over(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads of a sender that outlive it."""
    return [one for one in set(threading.enumerate()) - before if one.name.startswith("sender")]


def test_s25_whoever_gave_no_receipt_in_the_set_hours_is_flagged(place, graph):
    size = 1000 if IS_FULL else 30
    here = place(size, receipt_hours=6)
    with here.sender():
        here.until(here.is_settled, 120)

    early, late = clock.now() + timedelta(hours=5), clock.now() + timedelta(hours=7)
    with here.app.app_context():
        flagged = [sending.has_no_receipt(row.state, row.accepted_at, late) for row in here.rows()]
        counted, too_early = sending.without_receipt(late), sending.without_receipt(early)

    show("S25", f"{size} accepted and no receipt for 7 of 6 hours: not flagged", flagged.count(False), 0)
    assert flagged == [True] * size
    assert (counted, too_early) == (size, 0)


def test_o11_no_news_for_ten_minutes_is_told_and_nothing_is_sent_again(place, graph):
    size = 300 if IS_FULL else 30
    graph.running.set_faults(*for_each("hang", people(range(1, size + 1, 10))))
    here = place(size, graph_timeout=2, unknown_silence=60)
    with here.sender():
        here.until(here.is_settled, 120)

    long_ago = timedelta(minutes=11)
    with here.app.app_context():
        with transaction():
            db.session.execute(db.update(Campaign).values(unknown_policy="resend"))
            for name in ("attempted_at", "accepted_at"):
                db.session.execute(db.update(Message).where(getattr(Message, name).is_not(None)).values(
                    {name: clock.now() - long_ago}))
            db.session.execute(db.update(Channel).values(last_accepted_at=clock.now() - long_ago,
                                                         news_of_attempt_at=clock.now()))
        alerts = [part.words for part in health.report() if part.part.startswith("news of") and not part.is_well]
        again = sending.settle_unknown(clock.now(), listening_since=clock.now() - timedelta(hours=2))

    show("O11", "alerts after ten minutes without news", len(alerts), 1)
    show("O11", f"{here.counts()[UNKNOWN]} in doubt, sent again meanwhile", again, 0)
    assert len(alerts) == 1
    assert again == 0
    assert here.counts()[UNKNOWN] == size // 10
