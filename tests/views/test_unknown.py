"""The page of all messages whose outcome nobody knows, and what Home and /readyz say of missing news."""

from datetime import timedelta

import pytest

from core import clock
from core.states import CampaignState, MessageState
from models import ActivityEntry, Campaign, Channel, Message, db, transaction
from services import sending
from tests.factories import sending as make


def doubts(count=3):
    """So many messages of unknown outcome, the last of them to one person only."""
    campaign = make.make_campaign(count)
    ids = [one.id for one in make.messages(campaign)]
    with transaction():
        db.session.execute(db.update(Message).values(
            state=MessageState.UNKNOWN, attempted_at=clock.now(), reason="No answer came"))
        db.session.execute(db.update(Message).where(Message.id == ids[-1]).values(campaign_id=None))
    return ids


def states():
    db.session.expire_all()
    return list(db.session.scalars(db.select(Message.state).order_by(Message.id)))


def test_it_lists_those_of_campaigns_and_of_conversations(browser):
    doubts()

    page = browser.get("/unknown").text

    assert "3 messages of campaigns and conversations" in page
    assert "One person only" in page and "Spring" in page


@pytest.mark.parametrize("act, state, verb", [("sent", MessageState.ACCEPTED, "message.settled"),
                                              ("again", MessageState.QUEUED, "message.resent")])
def test_many_are_decided_at_once_and_each_is_noted(browser, act, state, verb):
    ids = doubts()

    browser.post(f"/unknown/{act}", data={"message": [str(one) for one in (ids[0], ids[2])]})

    assert states() == [state, MessageState.UNKNOWN, state]
    assert db.session.scalar(db.select(db.func.count()).where(ActivityEntry.verb == verb)) == 2


def test_what_was_settled_meanwhile_is_left_alone(browser):
    ids = doubts(2)
    browser.post("/unknown/sent", data={"message": str(ids[0])})

    page = browser.post("/unknown/again", data={"message": [str(one) for one in ids]}, follow_redirects=True).text

    assert "The others were settled meanwhile" in page
    assert states() == [MessageState.ACCEPTED, MessageState.QUEUED]


def test_a_doubt_of_a_cancelled_campaign_is_not_said_to_be_sent_again(browser):
    ids = doubts(2)
    with transaction():
        db.session.execute(db.update(Campaign).values(state=CampaignState.CANCELLED))

    page = browser.post("/unknown/again", data={"message": str(ids[0])}, follow_redirects=True).text

    assert "0 messages are sent once more. The campaign was cancelled" in page
    assert states()[0] == MessageState.UNKNOWN


@pytest.mark.parametrize("act", ["sent", "again"])
def test_only_those_who_may_send_decide(browser_as, act):
    ids = doubts(1)

    assert browser_as("viewer").post(f"/unknown/{act}", data={"message": str(ids[0])}).status_code == 403
    assert states() == [MessageState.UNKNOWN]


def accepted(minutes_ago, *, heard_minutes_ago=None):
    """One message that was accepted so long ago; news was heard of the number, or never."""
    campaign = make.make_campaign(1)
    then = clock.now() - timedelta(minutes=minutes_ago)
    with transaction():
        db.session.execute(db.update(Message).values(state=MessageState.ACCEPTED, accepted_at=then, attempted_at=then))
        db.session.execute(db.update(Channel).values(
            last_accepted_at=then,
            last_news_at=clock.now() - timedelta(minutes=heard_minutes_ago) if heard_minutes_ago else None))
    return campaign


@pytest.mark.parametrize("minutes_ago, heard, is_deaf", [
    (11, None, True), (11, 12, True), (9, None, False), (11, 5, False), (9, 60, False), (60, 30, False)])
def test_a_number_that_hears_nothing_back_is_told_of(browser, minutes_ago, heard, is_deaf):
    accepted(minutes_ago, heard_minutes_ago=heard)

    assert ("hears nothing back" in browser.get("/").text) is is_deaf
    assert any(name.startswith("news of channel") for name in browser.get("/readyz").json["parts"]) is is_deaf


def test_a_broken_way_back_keeps_the_unknown_where_they_are(app):
    campaign = accepted(60, heard_minutes_ago=40)
    person, = make.make_people(1, start=500)
    with transaction():
        late = clock.now() - timedelta(minutes=50)
        db.session.execute(db.update(Message).values(accepted_at=clock.now() - timedelta(minutes=30)))
        db.session.add(Message(channel_id=campaign.channel_id, campaign_id=campaign.id, contact_id=person,
                               version_id=campaign.version_id, state=MessageState.UNKNOWN, attempted_at=late))
        campaign.unknown_policy = "resend"
        db.session.execute(db.update(Channel).values(
            news_of_attempt_at=clock.now() - timedelta(minutes=45), last_accepted_at=clock.now() - timedelta(minutes=30)))

    assert sending.settle_unknown(clock.now(), listening_since=clock.now() - timedelta(hours=1)) == 0
    with transaction():
        db.session.execute(db.update(Channel).values(last_news_at=clock.now()))
    assert sending.settle_unknown(clock.now(), listening_since=clock.now() - timedelta(hours=1)) == 1


def test_messages_without_a_receipt_are_counted_on_home(browser):
    accepted(60 * 25, heard_minutes_ago=1)

    assert "1 message without a receipt" in browser.get("/").text


def test_those_that_were_heard_of_are_not(browser):
    accepted(60 * 23, heard_minutes_ago=1)

    assert "without a receipt" not in browser.get("/").text
