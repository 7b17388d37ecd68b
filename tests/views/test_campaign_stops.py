"""A campaign that stops by itself says why on its page, and goes on by one press."""

import pytest

from core import clock
from core.states import CampaignState, ConsentState, MessageState
from models import Campaign, Channel, ConsentEntry, Message, db, transaction
from services import campaigns, channels, drift
from tests.factories import sending as make
from tests.factories.message_templates import listed


@pytest.fixture
def campaign(app):
    return make.make_campaign(130, channel=channels.ensure_first())


def became(campaign, state, count):
    """So many of those who wait are in this state by now."""
    with transaction():
        ids = db.session.scalars(db.select(Message.id).where(
            Message.campaign_id == campaign.id, Message.state == MessageState.QUEUED).order_by(Message.id).limit(count)).all()
        db.session.execute(db.update(Message).where(Message.id.in_(ids)).values(state=state, attempted_at=clock.now()))


def page_of(browser, campaign):
    return " ".join(browser.get(f"/campaigns/{campaign.id}").text.split())


def goes_on(browser, campaign, *, press="resume"):
    """Press once; whether it sends again, and still does after the next look."""
    browser.post(f"/campaigns/{campaign.id}/{press}")
    campaigns.finish_done(clock.now())
    db.session.expire_all()
    return db.session.get(Campaign, campaign.id).state is CampaignState.SENDING


def test_many_failures(browser, campaign):
    became(campaign, MessageState.FAILED, 25)
    campaigns.finish_done(clock.now())

    text = page_of(browser, campaign)
    assert "25 of the 25 messages tried so far failed" in text and "Resume: send to the other 105" in text
    assert goes_on(browser, campaign)


def test_many_who_said_stop(browser, campaign):
    became(campaign, MessageState.DELIVERED, 110)
    said_stop(campaign, 5)
    campaigns.finish_done(clock.now())

    assert "5 of the 110 people it reached said stop" in page_of(browser, campaign)
    assert goes_on(browser, campaign)


def test_a_first_share_and_bad_news_of_it(browser, campaign):
    with transaction():
        db.session.get(Campaign, campaign.id).canary = 20
    assert "The first 20 people go ahead" in page_of(browser, campaign)

    became(campaign, MessageState.FAILED, 4)
    campaigns.finish_done(clock.now())

    assert "4 of the first 20 people could not be reached" in page_of(browser, campaign)
    assert goes_on(browser, campaign)


def said_stop(campaign, count):
    """So many of its people write STOP."""
    with transaction():
        for message in make.messages(campaign)[:count]:
            db.session.add(ConsentEntry(contact_id=message.contact_id, category="marketing", how="message",
                                        state=ConsentState.WITHDRAWN, at=clock.now()))


def test_who_resumed_after_failures_has_not_seen_that_many_say_stop(browser, campaign):
    with transaction():
        db.session.get(Campaign, campaign.id).canary = 20
    became(campaign, MessageState.FAILED, 4)
    campaigns.finish_done(clock.now())
    assert goes_on(browser, campaign)

    became(campaign, MessageState.DELIVERED, 110)
    said_stop(campaign, 10)
    campaigns.finish_done(clock.now())

    assert "people it reached said stop" in page_of(browser, campaign)
    assert goes_on(browser, campaign)


def test_who_resumed_after_a_few_failures_has_not_seen_that_most_fail(browser, campaign):
    with transaction():
        db.session.get(Campaign, campaign.id).canary = 20
    became(campaign, MessageState.FAILED, 4)
    campaigns.finish_done(clock.now())
    assert goes_on(browser, campaign)

    became(campaign, MessageState.FAILED, 40)
    campaigns.finish_done(clock.now())

    assert "44 of the 44 messages tried so far failed" in page_of(browser, campaign)
    assert goes_on(browser, campaign)


def test_other_words_at_whatsapp(browser, campaign, catalogue, by):
    catalogue.listed = [listed(campaign.version, body="Good day {{first_name}}, come in and see us.")]
    drift.sync_now(by=by)

    text = page_of(browser, campaign)
    assert "What WhatsApp changed" in text and "Use the new words and go on" in text and "<ins>" in text
    assert "Resume: send" not in text
    assert goes_on(browser, campaign, press="new-words")
    assert set(db.session.scalars(db.select(Message.version_id))) == {db.session.get(Campaign, campaign.id).version_id}


def test_a_paused_template_is_said_and_cannot_be_pushed_past(browser, campaign, catalogue, by):
    catalogue.listed = [listed(campaign.version, state="paused", word="PAUSED")]
    drift.sync_now(by=by)

    assert "is paused" in page_of(browser, campaign)
    assert not goes_on(browser, campaign)
    assert set(make.states(campaign)) == {MessageState.QUEUED}


def test_a_number_that_is_paused_or_off_is_said_where_it_sends(browser, campaign, by):
    channels.pause(campaign.channel_id, reason="Meta has restricted the number", by=by)
    assert "Sending from Simulated number is paused, so nothing leaves: Meta has restricted the number." in page_of(browser, campaign)

    channels.switch_off(campaign.channel_id, by=by)
    assert "The number Simulated number is switched off, so nothing leaves from it." in page_of(browser, campaign)
    assert "power-off" in browser.get("/").text
    assert "power-off" in browser.get("/contacts").text  # the rail of every page


def test_a_reason_that_is_a_sentence_ends_with_one_full_stop(browser, campaign, by):
    campaigns.pause(campaign.id, reason="Meta has paused this template. Wait or improve it.", by=by)

    assert "Wait or improve it. Nothing leaves until somebody resumes it." in page_of(browser, campaign)


def test_a_campaign_larger_than_the_limit_of_the_account_says_how_many_days_are_left(browser, campaign):
    with transaction():
        db.session.execute(db.update(Channel).values(tier="TIER_50", openable=0))

    page = page_of(browser, campaign)

    assert "today’s are used up" in page and "about 2 days" in page


def test_nothing_of_it_is_said_while_it_sends(browser, campaign):
    assert "nothing leaves" not in page_of(browser, campaign)
