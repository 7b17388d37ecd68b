"""How fast and how many: one message a person every six seconds, the limit of the account, a first share that goes ahead."""

import dataclasses
from datetime import timedelta

import pytest

from core import clock
from core.states import CampaignState, ConsentState, MessageState
from models import Campaign, Channel, ConsentEntry, Message, db, transaction
from services import campaigns, sending
from services.campaigns import canary
from services.sending import spacing
from tests.factories import sending as make

ACCEPTED, QUEUED = MessageState.ACCEPTED, MessageState.QUEUED


def passed(**values):
    """Time goes by, for everything that was tried."""
    with transaction():
        rows = db.session.scalars(db.select(Message).where(Message.attempted_at.is_not(None))).all()
        for one in rows:
            one.attempted_at -= timedelta(**values)
            one.due_at -= timedelta(**values)
        db.session.execute(db.update(Channel).values(next_slot=0.0))


def set_channel(**values):
    with transaction():
        db.session.execute(db.update(Channel).values(**values))


def counted_long_ago():
    set_channel(opened_counted_at=clock.now() - timedelta(minutes=5), next_slot=0.0)


class TestOnePerson:
    def test_two_campaigns_to_one_number_are_six_seconds_apart(self, app):
        first = make.make_campaign(1)
        person = make.messages(first)[0].contact_id
        second = make.make_campaign(channel=db.session.get(Channel, first.channel_id), people=[person],
                                    version=make.make_version(name="other"))

        claims = sending.claim(first.channel_id, want=10)
        waits = [one for one in (*make.messages(first), *make.messages(second)) if one.state is QUEUED]

        assert len(claims) == len(waits) == 1
        assert waits[0].due_at - clock.now() > timedelta(seconds=6)

    def test_a_reply_waits_for_the_campaign_that_just_left_and_then_leaves(self, app):
        campaign = make.make_campaign(1)
        message = make.messages(campaign)[0]
        sending.claim(campaign.channel_id, want=1)
        make.open_window(message.contact_id, campaign.channel_id)
        sending.queue_message(channel_id=campaign.channel_id, contact_id=message.contact_id, phone=message.phone, text="Hi")

        assert sending.claim(campaign.channel_id, want=1) == []
        with transaction():
            db.session.execute(db.update(Message).where(Message.campaign_id.is_not(None)).values(state=ACCEPTED))
            db.session.execute(db.update(Message).where(Message.campaign_id.is_(None)).values(due_at=clock.now()))
        passed(seconds=20)
        assert len(sending.claim(campaign.channel_id, want=1)) == 1


class TestTheLimitOfTheAccount:
    def test_claims_stop_at_the_limit_and_go_on_a_day_later(self, app):
        campaign = make.make_campaign(60)
        set_channel(tier="TIER_50")

        assert len(sending.claim(campaign.channel_id, want=100)) == 50
        counted_long_ago()
        assert sending.claim(campaign.channel_id, want=100) == []
        passed(hours=25)
        counted_long_ago()
        assert len(sending.claim(campaign.channel_id, want=100)) == 10

    def test_all_numbers_of_an_account_share_it(self, app):
        first = make.make_campaign(40)
        other = make.make_channel(number_id="100000000000002")
        second = make.make_campaign(40, channel=other, version=make.make_version(name="b"), start=100)
        set_channel(tier="TIER_50")

        assert len(sending.claim(first.channel_id, want=100)) == 40
        assert len(sending.claim(second.channel_id, want=100)) == 10

    @pytest.mark.parametrize("tier", ["", "TIER_UNLIMITED", "TIER_OF_TOMORROW"])
    def test_without_a_known_limit_nothing_is_held_back(self, app, tier):
        campaign = make.make_campaign(60)
        set_channel(tier=tier)

        assert len(sending.claim(campaign.channel_id, want=100)) == 60

    def test_replies_leave_although_the_limit_is_reached(self, app):
        campaign = make.make_campaign(60)
        set_channel(tier="TIER_50")
        sending.claim(campaign.channel_id, want=100)
        stranger, = make.make_people(1, start=900)
        make.open_window(stranger, campaign.channel_id)
        sending.queue_message(channel_id=campaign.channel_id, contact_id=stranger, phone="+447700900900", text="Hi")
        set_channel(next_slot=0.0)

        assert [one.contact_id for one in sending.claim(campaign.channel_id, want=9)] == [stranger]

    def test_the_check_says_how_many_days_it_takes(self, app):
        campaign = make.make_campaign(1)
        set_channel(tier="TIER_50", send_rate=100.0)
        db.session.expire_all()

        assert campaigns.how_long(campaign, 50) == timedelta(seconds=0.5)
        assert campaigns.how_long(campaign, 51) == timedelta(days=1)
        assert campaigns.how_long(campaign, 151) == timedelta(days=3)


class TestFirstShare:
    @pytest.fixture(autouse=True)
    def some_go_first(self, app, monkeypatch):
        known = dataclasses.replace(app.extensions["settings"], canary_share=0.1, canary_over=50)
        monkeypatch.setitem(app.extensions, "settings", known)

    def begun(self, size=300):
        campaign = make.make_campaign(size)
        with transaction():
            canary.begin(campaign, size)
        return campaign

    def become(self, state, count):
        """So many of those that were claimed are in this state by now."""
        with transaction():
            ids = db.session.scalars(db.select(Message.id).where(Message.state == "sending").limit(count)).all()
            db.session.execute(db.update(Message).where(Message.id.in_(ids)).values(state=state))

    def state_of(self, campaign):
        db.session.expire_all()
        return db.session.get(Campaign, campaign.id)

    @pytest.mark.parametrize("queued, first", [(50, 0), (51, 20), (300, 30), (100_000, 200)])
    def test_a_share_between_twenty_and_two_hundred_of_large_campaigns(self, queued, first):
        assert canary.size_for(queued) == first

    def test_the_rest_waits_and_goes_when_half_of_them_got_it(self):
        campaign = self.begun()

        assert len(sending.claim(campaign.channel_id, want=100)) == 30
        set_channel(next_slot=0.0)
        assert sending.claim(campaign.channel_id, want=100) == []
        self.become(MessageState.DELIVERED, 15)
        canary.look(clock.now())
        assert len(sending.claim(campaign.channel_id, want=100)) == 100

    def test_bad_news_pauses_it_and_one_click_goes_on_with_all(self, by):
        campaign = self.begun()
        sending.claim(campaign.channel_id, want=100)
        self.become(MessageState.FAILED, 6)

        canary.look(clock.now())

        assert self.state_of(campaign).state is CampaignState.PAUSED
        assert self.state_of(campaign).paused_reason.startswith("6 of the first 30 people could not be reached")
        campaigns.resume(campaign.id, by=by)
        campaigns.finish_done(clock.now())
        set_channel(next_slot=0.0)
        assert len(sending.claim(campaign.channel_id, want=100)) == 100

    def test_no_news_at_all_ends_the_waiting_after_a_while(self):
        campaign = self.begun()
        sending.claim(campaign.channel_id, want=100)

        canary.look(clock.now() + timedelta(minutes=10))
        assert self.state_of(campaign).canary == 30
        canary.look(clock.now() + timedelta(minutes=20))
        assert self.state_of(campaign).canary == 0


def test_a_campaign_that_makes_many_say_stop_pauses_once(app):
    campaign = make.make_campaign(130)
    claims = sending.claim(campaign.channel_id, want=120)
    with transaction():
        db.session.execute(db.update(Message).where(Message.state == "sending").values(state=MessageState.DELIVERED))
        for claim in claims[:5]:
            db.session.add(ConsentEntry(contact_id=claim.contact_id, category="marketing", how="message",
                                        state=ConsentState.WITHDRAWN, at=clock.now()))

    campaigns.finish_done(clock.now())

    db.session.expire_all()
    campaign = db.session.get(Campaign, campaign.id)
    assert campaign.state is CampaignState.PAUSED
    assert campaign.paused_reason.startswith("5 of the 120 people it reached said stop")


@pytest.mark.only_on("sqlite")
def test_who_had_one_a_moment_ago_is_asked_by_person_not_by_channel(app):
    plan = db.session.execute(db.text(f"EXPLAIN QUERY PLAN {spacing._TRIED_SQLITE}"), {"ids": "[1]", "since": ""}).all()

    assert any("ix_messages_contact" in step.detail for step in plan)
