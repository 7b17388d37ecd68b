"""What WhatsApp changed under a campaign is shown, judged again, and gone on with by one act."""

from dataclasses import replace

import pytest

from core.errors import Conflict
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Message, db, transaction
from services import campaigns, channels, drift, sending
from tests.factories import sending as make
from tests.factories.message_templates import in_state, listed, newest

NEW = "Good morning {{first_name}}, our doors are open this Sunday."


@pytest.fixture
def running(app):
    """A campaign of three that sends a utility text."""
    channel = channels.ensure_first()
    return make.make_campaign(3, channel=channel, version=make.make_version(category="utility"))


@pytest.fixture
def synced(catalogue, by):
    """Has the carrier list the campaign's version with these differences."""
    def sync(campaign, **differences):
        catalogue.listed = [replace(listed(campaign.version), **differences)]
        drift.sync_now(by=by)
        db.session.expire_all()
        return campaigns.get_campaign(campaign.id)
    with transaction():
        channels.ensure_first().send_rate = 1000.0
    return sync


class TestOtherWords:
    def test_old_and_new_words_stand_side_by_side(self, running, synced):
        found = campaigns.changed(synced(running, body=NEW))

        assert (found.old.body, found.new.body) == ("Hello {{first_name}}", NEW)
        assert [one.part for one in found.changes] == ["Text"] and not found.why_not

    def test_nothing_leaves_before_somebody_decides(self, running, synced):
        campaign = synced(running, body=NEW)

        assert sending.claim(campaign.channel_id, want=5) == []
        assert make.states(campaign) == [MessageState.QUEUED] * 3

    def test_it_cannot_be_resumed_with_the_old_words(self, running, synced, by):
        with pytest.raises(Conflict, match="replaced by other words"):
            campaigns.resume(synced(running, body=NEW).id, by=by)

    def test_it_goes_on_with_the_new_words_for_those_who_wait(self, running, synced, by):
        campaign = synced(running, body=NEW)
        new = campaigns.changed(campaign).new

        campaigns.take_new_words(campaign.id, by=by)
        campaigns.resume(campaign.id, by=by)

        assert set(db.session.scalars(db.select(Message.version_id))) == {new.id}
        assert campaigns.changed(campaigns.get_campaign(campaign.id)) is None
        assert len(sending.claim(campaign.channel_id, want=5)) == 3

    def test_a_gap_nobody_has_a_value_for_stands_in_the_way(self, running, synced, by):
        campaign = synced(running, body="Good morning {{first_name}}, until {{day}} our doors are open.")

        with pytest.raises(Conflict, match="a gap “day” that this campaign has no values for"):
            campaigns.take_new_words(campaign.id, by=by)

    def test_words_that_are_not_approved_yet_stand_in_the_way(self, running, synced, by):
        campaign = synced(running, body=NEW, state="pending", word="PENDING")

        with pytest.raises(Conflict, match="not approved yet"):
            campaigns.take_new_words(campaign.id, by=by)

    def test_a_campaign_whose_words_are_the_same_is_refused(self, running, by):
        with pytest.raises(Conflict, match="still the ones WhatsApp has"):
            campaigns.take_new_words(running.id, by=by)


class TestAnotherKind:
    def test_those_who_never_agreed_to_marketing_are_counted(self, running, synced):
        with transaction():
            first, second = (one.contact_id for one in make.messages(running)[:2])
            db.session.get(make.Contact, first).marketing = ConsentState.UNKNOWN
            db.session.get(make.Contact, second).marketing = ConsentState.WITHDRAWN

        found = campaigns.changed(synced(running, category="marketing"))

        assert (found.category, found.former_category) == ("marketing", "utility")
        assert sorted(found.skipped) == [("Never agreed to marketing messages", 1), ("Said STOP to marketing messages", 1)]

    def test_once_resumed_they_are_skipped_with_that_reason(self, running, synced, by):
        with transaction():
            db.session.get(make.Contact, make.messages(running)[0].contact_id).marketing = ConsentState.UNKNOWN
        campaign = synced(running, category="marketing")

        campaigns.resume(campaign.id, by=by)

        assert len(sending.claim(campaign.channel_id, want=5)) == 2
        skipped = make.messages(campaign)[0]
        assert (skipped.state, skipped.reason_code) == (MessageState.SKIPPED, "no_consent")


def test_a_version_stopped_between_start_and_claim_pauses_instead_of_skipping_everybody(running):
    in_state(running.version, TemplateState.PAUSED)

    assert sending.claim(running.channel_id, want=5) == []

    assert make.states(running) == [MessageState.QUEUED] * 3
    assert campaigns.get_campaign(running.id).state is CampaignState.PAUSED


def test_the_newest_version_is_the_one_that_took_the_place(running, synced):
    campaign = synced(running, body=NEW)

    assert newest(campaign.version.template).replaces_id == campaign.version_id
