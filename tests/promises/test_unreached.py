"""S5: connections refused, names not found, calls closed before they were read: everybody is reached, nobody twice."""

from datetime import timedelta

from core import clock
from core.states import MessageState
from models import Campaign, Channel, db, transaction
from services import sending
from tests.factories import sending as make
from tests.promises.figures import IS_FULL, show
from tests.promises.graph import NUMBER_ID
from transports.port import StatusNews

ACCEPTED, UNKNOWN = MessageState.ACCEPTED, MessageState.UNKNOWN
SENT = MessageState.SENT


def test_s5_who_could_not_be_reached_is_reached_later(place, graph):
    size = 1000 if IS_FULL else 40
    here = place(size)
    graph.stop()

    with here.sender():
        here.until(lambda: any(row.reason_code == "unreachable" for row in here.rows()))
        graph.start()
        here.until(here.is_settled, 120)

    show("S5", f"refused connections: delivered of {size}", here.counts()[ACCEPTED], size)
    assert here.counts()[ACCEPTED] == size
    assert graph.doubled == []


def test_s5_a_name_that_is_not_found_loses_nobody(place, graph):
    here = place(40, url="http://graph.invalid")
    with here.sender():
        here.until(lambda: any(row.reason_code == "unreachable" for row in here.rows()), 90)

    here.values["graph_api_url"] = graph.url
    here.start_process()
    here.until(here.is_settled, 90)

    assert here.counts()[ACCEPTED] == 40
    assert graph.doubled == []


def test_s5_closed_unread_is_a_doubt_and_ends_delivered_once_silence_is_proven(place, graph):
    """Who writes cannot know whether it was read: such a call is listed, and sent again only once silence is proven."""
    size = 1000 if IS_FULL else 60
    graph.running.set_faults("reset-before-reading=30%")
    here = place(size, unknown_silence=0.5)
    with here.app.app_context(), transaction():
        db.session.execute(db.update(Campaign).values(unknown_policy="resend"))

    with here.sender():
        here.until(here.is_settled, 120)
    first = here.counts()
    assert first[ACCEPTED] == graph.count
    assert first[ACCEPTED] + first[UNKNOWN] == size

    rounds = 0
    while here.counts()[UNKNOWN]:
        rounds += 1
        hear(here, graph)
        assert resent(here, listening=timedelta(0)) == 0  # never at start-up
        here.until(lambda: resent(here) > 0)
        with here.sender():
            here.until(here.is_settled, 120)
    hear(here, graph)

    delivered = sum(row.state is SENT for row in here.rows() if row.campaign_id)
    show("S5", f"closed unread, 30% of {size}: in doubt at first", first[UNKNOWN], "listed")
    show("S5", f"delivered after {rounds} rounds of proven silence, of {size}", delivered, size)
    show("S5", "doubled", len(graph.doubled), 0)
    assert delivered == size
    assert graph.doubled == []


def hear(here, graph) -> None:
    """The next message of the number is taken in, and the webhook tells of everything that was."""
    with here.app.app_context():
        campaign = db.session.get(Campaign, here.campaign_id)
        person, = make.make_people(1, start=5000 + graph.count)
        phone = f"+{make.FIRST_NUMBER + 5000 + graph.count}"

        graph.running.set_faults()
        later = sending.queue_message(channel_id=campaign.channel_id, contact_id=person, phone=phone,
                                      version_id=campaign.version_id, variables={"first_name": "Ana"})
    with here.sender():
        here.until(lambda: here.rows()[later - 1].state in (ACCEPTED, SENT))
    graph.running.set_faults("reset-before-reading=30%")
    with here.app.app_context():
        sending.apply_news([StatusNews(NUMBER_ID, row.wamid, "sent", clock.from_seconds(row.at), attempt_id=row.attempt_id)
                            for row in graph.accepted])
        db.session.execute(db.update(Channel).values(last_news_at=clock.now()))
        db.session.commit()


def resent(here, *, listening: timedelta = timedelta(hours=1)) -> int:
    """The periodic job of a process that has listened for so long."""
    with here.app.app_context():
        return sending.settle_unknown(clock.now(), listening_since=clock.now() - listening)
