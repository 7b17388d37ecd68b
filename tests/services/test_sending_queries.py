"""Questions about messages."""

from datetime import timedelta

from core import clock
from core.states import MessageState
from models import Message, db, transaction
from services import sending
from tests.factories import sending as make


def mixed_campaign():
    """Ten people: one failed, two skipped, one unknown, six accepted."""
    campaign = make.make_campaign(10)
    ids = [row.id for row in make.messages(campaign)]
    changes = [(ids[:1], "failed", "131026", "Not on WhatsApp"), (ids[1:3], "skipped", "no_consent", "Never agreed"),
               (ids[3:4], "unknown", "timeout", "No answer"), (ids[4:], "accepted", "", "")]
    with transaction():
        for some, state, code, words in changes:
            db.session.execute(db.update(Message).where(Message.id.in_(some)).values(
                state=state, reason_code=code, reason=words, attempted_at=clock.now()))
    return campaign


def test_counts_name_every_state(app):
    counts = sending.counts(mixed_campaign().id)

    assert (counts[MessageState.ACCEPTED], counts[MessageState.SKIPPED], counts[MessageState.READ]) == (6, 2, 0)
    assert sum(counts.values()) == 10


def test_counts_of_several_campaigns_come_together(app):
    campaign = mixed_campaign()

    assert sending.counts_of([campaign.id, 999])[999][MessageState.FAILED] == 0
    assert sending.counts_of([campaign.id, 999])[campaign.id][MessageState.FAILED] == 1


def test_reasons_are_counted(app):
    campaign = mixed_campaign()

    assert [(one.code, one.words, one.count) for one in sending.skips(campaign.id)] == [
        ("no_consent", "Never agreed", 2)]
    assert [one.code for one in sending.failures(campaign.id)] == ["131026"]


def test_recipients_are_filtered_and_paged(app):
    campaign = mixed_campaign()

    page = sending.recipients(campaign.id, state="accepted", page=2, size=4)

    assert (len(page.items), page.total, page.number) == (2, 6, 2)
    assert sending.recipients(campaign.id, reason_code="131026").items[0].name == "Person 1"


def test_a_page_that_does_not_exist_is_the_last_one(app):
    assert sending.recipients(mixed_campaign().id, page=10**12, size=4).number == 3


def test_a_state_nobody_knows_finds_nobody(app):
    campaign = mixed_campaign()

    assert sending.recipients(campaign.id, state="' OR 1=1").total == 0
    assert sending.messages_list(campaign_id=campaign.id, state="nonsense") == []


def test_unknown_messages_are_listed(app):
    mixed_campaign()

    assert [row.reason_code for row in sending.unknown_messages().items] == ["timeout"]


def test_messages_come_as_plain_rows_after_an_id(app):
    campaign = mixed_campaign()
    first = sending.messages_list(campaign_id=campaign.id, limit=4)

    rest = sending.messages_list(campaign_id=campaign.id, after_id=first[-1]["id"])

    assert (len(first), len(rest)) == (4, 6)


def test_the_pace_is_of_the_last_minute(app):
    assert sending.pace(mixed_campaign().id) == 10 / 60


def test_a_message_without_a_receipt_for_long_is_flagged(app):
    now = clock.now()

    assert sending.has_no_receipt("accepted", now - timedelta(hours=25), now)
    assert not sending.has_no_receipt("accepted", now - timedelta(hours=1), now)
    assert not sending.has_no_receipt("delivered", now - timedelta(hours=25), now)
