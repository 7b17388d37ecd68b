"""News of templates, numbers, accounts and people: acted on once, the newest wins, and what must stop stops at once."""

import json

import pytest

from core.actor import SYSTEM
from core.states import CampaignState, TemplateState
from models import (
    Campaign,
    ConsentEntry,
    Contact,
    Event,
    MessageTemplate,
    TemplateVersion,
    WebhookEvent,
    db,
    transaction,
)
from services import activity, channels, contacts, home, webhooks
from tests.factories.campaigns import a_campaign
from tests.factories.contacts import a_contact


def hear(field, value, *, time=None):
    """One notice of the account of our first number, kept and read."""
    entry = {"id": channels.ensure_first().business_id, "changes": [{"field": field, "value": value}]}
    if time:
        entry["time"] = time
    webhooks.keep(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    read_all()


def read_all():
    while webhooks.read_events():
        pass


def replay_all():
    webhooks.replay([row.id for row in db.session.query(WebhookEvent)], by=SYSTEM)
    read_all()
    db.session.expire_all()


def told(verb):
    return activity.recent(verb=verb).total


@pytest.fixture
def running(app):
    """A campaign that is sending, and the version it uses."""
    campaign = a_campaign(size=3)
    with transaction():
        campaign.state = CampaignState.SENDING
    return campaign


def about(campaign, **more):
    version = campaign.version
    return {"message_template_id": 1, "message_template_name": version.wire_name,
            "message_template_language": version.template.language, **more}


def state_of(campaign):
    db.session.expire_all()
    return db.session.get(Campaign, campaign.id)


class TestTemplates:
    def test_a_paused_template_stops_its_campaign_with_the_reason(self, running):
        hear("message_template_status_update", about(running, event="PAUSED", other_info={
            "title": "FIRST_PAUSE", "description": "Your template has been paused because of low quality."}), time=1794994200)

        now = state_of(running)
        assert now.state == CampaignState.PAUSED and "low quality" in now.paused_reason
        assert now.version.state == TemplateState.PAUSED

    def test_another_kind_counts_from_the_next_verdict_on_and_stops_the_campaign(self, running):
        with transaction():
            running.version.template.category = "utility"
        hear("template_category_update", about(running, previous_category="UTILITY", new_category="MARKETING"))

        assert db.session.query(MessageTemplate).one().category == "marketing"
        assert state_of(running).state == CampaignState.PAUSED

    def test_a_warning_of_another_kind_stops_nothing_yet(self, running):
        before = db.session.query(MessageTemplate).one().category
        hear("template_category_update", about(running, new_category="UTILITY", correct_category="MARKETING"))

        assert (state_of(running).state, db.session.query(MessageTemplate).one().category) == (CampaignState.SENDING, before)
        assert told("template.drifted") == 1

    def test_words_changed_at_the_carrier_stop_it(self, running):
        hear("message_template_components_update", about(running, message_template_element="Other words {{1}}"))

        assert state_of(running).state == CampaignState.PAUSED
        assert db.session.query(TemplateVersion).one().state == TemplateState.UNCLEAR

    def test_quality_is_told_and_stops_nothing(self, running):
        hear("message_template_quality_update", about(running, previous_quality_score="GREEN", new_quality_score="YELLOW"))

        assert state_of(running).state == CampaignState.SENDING and told("template.drifted") == 1
        assert state_of(running).version.quality == "medium"

    def test_older_news_never_undoes_newer(self, running):
        hear("message_template_status_update", about(running, event="APPROVED"), time=1794994300)
        hear("message_template_status_update", about(running, event="PAUSED"), time=1794994200)

        assert state_of(running).version.state == TemplateState.APPROVED
        assert state_of(running).state == CampaignState.SENDING

    def test_read_again_it_changes_nothing_a_person_decided_since(self, running, by):
        hear("message_template_status_update", about(running, event="PAUSED"), time=1794994200)
        hear("message_template_status_update", about(running, event="APPROVED"), time=1794994300)
        now = state_of(running)
        with transaction():
            now.state = CampaignState.SENDING
        before = told("template.paused")

        replay_all()

        assert state_of(running).state == CampaignState.SENDING and told("template.paused") == before


class TestNumbers:
    @pytest.mark.parametrize(("field", "value", "words"), [
        ("security", {"event": "PIN_RESET_REQUEST"}, "Somebody asked to reset the two-step PIN of the number. If nobody of yours did it"),
        ("account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT"}}, "broke a rule: adult"),
        ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}, "going to disable"),
        ("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
            {"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}]}, "may not send utility templates"),
        ("account_update", {"event": "PARTNER_REMOVED"}, "A partner was taken away from the account"),
        ("account_alerts", {"alert_info": {"alert_severity": "CRITICAL", "alert_description": "Pay"}}, "WhatsApp warns: Pay"),
        ("account_review_update", {"decision": "REJECTED"}, "review of the account: rejected"),
        ("phone_number_name_update", {"decision": "REJECTED", "requested_verified_name": "Almadia"}, "Almadia was refused"),
        ("phone_number_quality_update", {"event": "FLAGGED"}, "people block or report its messages")])
    def test_a_warning_waits_until_somebody_has_seen_it(self, app, by, field, value, words):
        channel = channels.ensure_first()
        hear(field, value, time=1794994200)

        (warned, notice, count), = channels.unseen_warnings()
        assert (warned.id, count) == (channel.id, 1) and words in notice.words
        assert [(need.kind, need.detail) for need in home.needs() if need.kind == "told"] == [("told", notice.words)]
        assert channels.mark_seen(channel.id, by=by) == 1 and not channels.unseen_warnings()
        replay_all()
        assert not channels.unseen_warnings() and told("channel.notices_seen") == 1

    @pytest.mark.parametrize(("field", "value", "words"), [
        ("phone_number_name_update", {"decision": "APPROVED", "requested_verified_name": "Almadia"}, "Almadia was approved"),
        ("account_alerts", {"alert_info": {"alert_severity": "INFORMATIONAL", "alert_description": "Yes"}}, "WhatsApp says: Yes"),
        ("account_update", {"event": "ACCOUNT_RECONNECTED"}, "connected at WhatsApp again"),
        ("account_update", {"event": "SOMETHING_NEW"}, "News of the account: something new"),
        ("account_update", {"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": {
            "pricing_category": "UTILITY", "tier": "25000:50000", "region": "India"}},
         "Another price counts now: that of 25,000 to 50,000 messages a month, utility, to India")])
    def test_other_news_stands_on_the_page_of_the_number_and_waits_for_nobody(self, app, field, value, words):
        channel = channels.ensure_first()
        hear(field, value, time=1794994200)

        assert [words in notice.words for notice in channels.notices_of(channel.id)] == [True] and not channels.unseen_warnings()

    def test_what_pauses_a_number_is_told_once(self, app):
        channels.ensure_first()
        hear("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, time=1794994200)

        assert [need.kind for need in home.needs()] == ["channel"]

    def test_a_disabled_account_sends_nothing_more(self, app):
        channel = channels.ensure_first()
        hear("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, time=1794994200)
        db.session.expire_all()

        assert channels.get_channel(channel.id).paused_at and "disabled" in channels.get_channel(channel.id).paused_reason

    def test_read_again_it_does_not_pause_what_a_person_resumed(self, app, by):
        channel = channels.ensure_first()
        hear("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1795253400}]}, time=1794994200)
        channels.resume(channel.id, by=by)

        replay_all()

        assert channels.get_channel(channel.id).paused_at is None and told("channel.told") == 1

    @pytest.mark.parametrize("limit", ["TIER_2K", 2000, "2000"])
    def test_the_limit_is_kept_however_it_is_written(self, app, limit):
        channel = channels.ensure_first()
        hear("business_capability_update", {"max_daily_conversations_per_business": limit})
        db.session.expire_all()

        assert channels.facts_of(channels.get_channel(channel.id)).limit == 2000

    def test_news_of_another_account_is_nothing_to_us(self, app):
        channel = channels.ensure_first()
        body = {"object": "whatsapp_business_account", "entry": [{"id": "999", "time": 1794994200, "changes": [
            {"field": "account_update", "value": {"event": "ACCOUNT_DELETED"}}]}]}
        webhooks.keep(json.dumps(body).encode())
        read_all()

        assert channels.get_channel(channel.id).paused_at is None

    def test_somebody_at_the_pin_is_said(self, app):
        hear("security", {"display_phone_number": "441632960000", "event": "PIN_RESET_REQUEST"})

        assert told("channel.told") == 1


class TestPeople:
    def test_another_id_is_the_same_person(self, app):
        person = a_contact("Priya", phone="+447700900123")
        with transaction():
            person.user_id = "GB.1"
        hear("user_id_update", {"metadata": {"phone_number_id": channels.ensure_first().phone_number_id}, "user_id_update": [
            {"wa_id": "447700900123", "user_id": {"previous": "GB.1", "current": "GB.2"}, "timestamp": "1794994200"}]})
        db.session.expire_all()

        assert db.session.query(Contact).one().user_id == "GB.2" and told("contact.renumbered") == 1

    def test_an_id_that_is_somebody_elses_stays_theirs(self, app):
        first, second = a_contact("Priya", phone="+447700900123"), a_contact("Ade", phone="+447700900124")
        with transaction():
            first.user_id, second.user_id = "GB.1", "GB.2"
        hear("user_id_update", {"metadata": {}, "user_id_update": [
            {"user_id": {"previous": "GB.1", "current": "GB.2"}, "timestamp": "1794994200"}]})
        db.session.expire_all()

        assert db.session.get(Contact, first.id).user_id == "GB.1" and db.session.get(Contact, second.id).user_id == "GB.2"


def somebody_known_as(user_id):
    with transaction():
        a_contact(phone="+447700900123").user_id = user_id


class TestInAnyOrder:
    def test_an_older_stop_is_not_hidden_by_newer_news_of_something_else(self, app):
        channel = channels.ensure_first()
        hear("account_alerts", {"entity_type": "BUSINESS", "entity_id": "1", "alert_severity": "INFORMATIONAL",
                                "alert_status": "ACTIVE", "alert_type": "X", "alert_description": "nothing"}, time=1794994900)
        hear("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE",
                                                                         "waba_ban_date": "November 18, 2026"}}, time=1794994200)

        db.session.expire_all()
        assert channels.get_channel(channel.id).paused_at is not None

    def test_a_stop_that_a_person_lifted_is_not_put_back_by_an_older_one(self, app, by):
        channel = channels.ensure_first()
        hear("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE",
                                                                         "waba_ban_date": "November 18, 2026"}}, time=1794994900)
        channels.resume(channel.id, by=by)
        hear("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE",
                                                                         "waba_ban_date": "November 17, 2026"}}, time=1794994200)

        db.session.expire_all()
        assert channels.get_channel(channel.id).paused_at is None

    def test_a_preference_told_in_two_ways_is_one_line_of_the_ledger(self, app):
        number = channels.ensure_first().phone_number_id
        preference = {"metadata": {"phone_number_id": number}, "user_preferences": [
            {"wa_id": "447700900123", "category": "marketing_messages", "value": "stop", "timestamp": 1794994200}]}
        hear("user_preferences", preference)
        hear("user_preferences", preference | {"contacts": []})

        assert db.session.scalar(db.select(db.func.count()).select_from(ConsentEntry)) == 1

    def test_another_id_told_before_its_person_is_known_is_waiting_for_them(self, app):
        number = channels.ensure_first().phone_number_id
        hear("user_id_update", {"metadata": {"phone_number_id": number}, "user_id_update": [
            {"wa_id": "447700900123", "user_id": {"previous": "GB.1000000000000000001", "current": "GB.2000000000000000002"},
             "timestamp": "1794994200"}]})
        assert db.session.scalars(db.select(Contact.user_id)).one() == "GB.2000000000000000002"
        assert contacts.person_of(user_id="GB.1000000000000000001").user_id == "GB.2000000000000000002"

        replay_all()

        assert db.session.scalars(db.select(Contact.user_id)).one() == "GB.2000000000000000002"

    def test_another_id_told_to_a_number_that_is_not_ours_changes_nothing(self, app):
        somebody_known_as("GB.1000000000000000001")
        hear("user_id_update", {"metadata": {"phone_number_id": "999"}, "user_id_update": [
            {"wa_id": "447700900123", "user_id": {"previous": "GB.1000000000000000001", "current": "GB.2000000000000000002"},
             "timestamp": "1794994200"}]})

        assert db.session.scalars(db.select(Contact.user_id)).one() == "GB.1000000000000000001"


class TestTheAppOnThePhone:
    @pytest.fixture
    def number(self, app):
        channel = channels.ensure_first()
        with transaction():
            channel.phone_number_id = "410987654321098"
        return {"metadata": {"phone_number_id": "410987654321098", "display_phone_number": "12025550142"}}

    def entry(self, action="add", **contact):
        about = {"full_name": "Pablo Morales", "first_name": "Pablo", "phone_number": "+44 7700 900888"} | contact
        return {"type": "contact", "contact": about, "action": action, "metadata": {"timestamp": "1794994200"}}

    def test_people_of_the_address_book_are_known_by_name_and_start_no_rule(self, number):
        known = a_contact("Ade", phone="+447700900889")
        hear("smb_app_state_sync", number | {"state_sync": [self.entry(), self.entry(phone_number="447700900889", full_name="Adé B.")]})

        people = db.session.query(Contact).order_by(Contact.id).all()
        assert [(one.name, one.phone, one.source, one.marketing) for one in people] == [
            (known.name, "+447700900889", "form", known.marketing), ("Pablo Morales", "+447700900888", "app", "unknown")]
        assert db.session.query(Event).filter_by(contact_id=people[1].id).count() == 0

    def test_who_is_taken_out_there_stays_here(self, number):
        hear("smb_app_state_sync", number | {"state_sync": [self.entry()]})
        hear("smb_app_state_sync", number | {"state_sync": [self.entry("remove")]})

        assert db.session.query(Contact).count() == 1

    def test_an_entry_that_cannot_be_read_spoils_no_other(self, number):
        hear("smb_app_state_sync", number | {"state_sync": [self.entry(phone_number=""), {"type": "label"}, self.entry()]})

        assert db.session.query(Contact).count() == 1
        assert db.session.query(WebhookEvent).one().error == "An entry of the address book without a number"

    def test_people_of_old_conversations_start_no_rule(self, number):
        hear("history", number | {"history": [{"threads": [{"id": "447700900123", "messages": [
            {"from": "447700900123", "id": "wamid.old", "timestamp": "1794130200", "type": "text", "text": {"body": "Older"}}]}]}]})

        assert db.session.query(Contact).count() == 1 and db.session.query(Event).count() == 0
