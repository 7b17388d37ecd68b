"""The carrier's list beside ours: made there comes in, gone there is gone, changed there stops what uses it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.errors import CarrierTrouble, Conflict
from core.states import CampaignState, TemplateState
from models import Channel, MessageTemplate, TemplateVersion, db, transaction
from services import channels, drift, message_templates
from tests.factories.campaigns import a_campaign
from tests.factories.message_templates import a_template, in_state, listed, newest
from transports.port import ListedTemplate, NeverLeft, TemplateNews, TemplateRefused

MADE_THERE = ListedTemplate("9001", "winter_offer", "en_GB", "marketing", "approved", "APPROVED",
                            body="Hello {{1}}, take {{2}} off this week.", is_named=False,
                            buttons=({"kind": "url", "text": "Book", "url": "https://example.org/{{3}}"},),
                            samples={"1": "Priya", "2": "15%", "3": "abc"}, quality="good")


@pytest.fixture(autouse=True)
def number(app):
    """Our number, of the account 200000000000001."""
    return channels.ensure_first()


@pytest.fixture
def ours(app):
    """An approved template of ours that the carrier knows."""
    return newest(a_template("offer"))


@pytest.fixture
def running(ours):
    """A campaign that sends it."""
    campaign = a_campaign(size=3)
    with transaction():
        campaign.version_id, campaign.state = ours.id, CampaignState.SENDING
    return campaign


def fresh(row):
    db.session.expire_all()
    return db.session.get(type(row), row.id)


def synced(catalogue, *found, by):
    catalogue.listed = list(found)
    return drift.sync_now(by=by)


class TestMadeThere:
    def test_it_comes_in_with_its_words_and_may_be_used(self, catalogue, by):
        done = synced(catalogue, MADE_THERE, by=by)

        version = db.session.query(TemplateVersion).one()
        assert (done.added, version.template.name, version.state, version.created_by) == (
            1, "winter_offer", TemplateState.APPROVED, "WhatsApp")
        assert [one["name"] for one in version.variables] == ["1", "2", "3"]
        assert [one.is_usable for one in message_templates.ready_versions()] == [True]

    def test_a_second_look_changes_nothing(self, catalogue, by):
        synced(catalogue, MADE_THERE, by=by)

        done = synced(catalogue, MADE_THERE, by=by)

        assert (done.added, done.changed, done.gone, db.session.query(TemplateVersion).count()) == (0, 0, 0, 1)

    def test_one_with_parts_we_cannot_send_is_shown_and_not_usable(self, catalogue, by):
        synced(catalogue, replace(MADE_THERE, foreign_parts=("a carousel",)), by=by)

        assert [one.is_usable for one in message_templates.ready_versions()] == [False]
        version = db.session.query(TemplateVersion).one()
        assert "a carousel, which cannot be sent from here" in message_templates.why_not(version.id)

    def test_another_language_of_ours_is_a_template_of_its_own(self, ours, catalogue, by):
        synced(catalogue, listed(ours), replace(MADE_THERE, name="offer", language="fr"), by=by)

        assert sorted((one.name, one.language) for one in db.session.query(MessageTemplate)) == [
            ("offer", "en_GB"), ("offer", "fr")]

    def test_the_whole_name_is_kept(self, catalogue, by):
        synced(catalogue, replace(MADE_THERE, name="n" * 512), by=by)

        assert len(db.session.query(TemplateVersion).one().wire_name) == 512

    def test_one_that_is_being_deleted_there_does_not_come_in(self, catalogue, by):
        synced(catalogue, replace(MADE_THERE, state="pending_deletion"), by=by)

        assert not db.session.query(MessageTemplate).count()


class TestOurs:
    def test_it_is_known_again_by_name_and_language(self, ours, catalogue, by):
        synced(catalogue, listed(ours, wire_id="4711", quality="medium"), by=by)

        assert (fresh(ours).wire_id, fresh(ours).quality, db.session.query(TemplateVersion).count()) == ("4711", "medium", 1)

    def test_one_that_is_not_listed_any_more_is_gone_and_stops_its_campaign(self, running, ours, catalogue, by):
        done = synced(catalogue, by=by)

        assert (done.gone, fresh(ours).state) == (1, TemplateState.DELETED)
        assert fresh(running).state is CampaignState.PAUSED and "gone at WhatsApp" in fresh(running).paused_reason

    def test_one_handed_in_while_the_list_was_under_way_is_not_gone(self, ours, catalogue, by):
        catalogue.meanwhile = lambda: a_template("late")

        synced(catalogue, listed(ours), by=by)

        assert message_templates.by_name("late").versions[0].state is TemplateState.APPROVED

    def test_news_that_came_meanwhile_is_younger_than_the_list(self, ours, catalogue, by):
        catalogue.meanwhile = lambda: drift.template_told(TemplateNews(
            "200000000000001", ours.wire_id, "offer", "en_GB", "paused", "PAUSED")) or _told(ours)

        synced(catalogue, listed(ours), by=by)

        assert fresh(ours).state is TemplateState.PAUSED

    @pytest.mark.parametrize("state", ["in_appeal", "pending_deletion", "deleted", "archived", "limit_exceeded", "disabled",
                                       "paused", "rejected", "unclear"])
    def test_every_state_but_approved_stops_it(self, running, ours, catalogue, by, state):
        synced(catalogue, listed(ours, state=state, word=state.upper()), by=by)

        assert fresh(running).state is CampaignState.PAUSED and fresh(running).paused_reason
        assert not message_templates.ready_versions()[0].is_usable and message_templates.why_not(ours.id)

    def test_one_whose_answer_was_lost_and_that_is_not_there_is_handed_in_again(self, catalogue, by):
        version = newest(a_template("lost", state=TemplateState.PENDING))
        with transaction():
            version.wire_id = "by name"

        synced(catalogue, by=by)

        assert (fresh(version).wire_id, fresh(version).state) == ("", TemplateState.PENDING)


class TestOtherWords:
    def test_they_become_the_next_version_and_stop_the_campaign(self, running, ours, catalogue, by):
        synced(catalogue, listed(ours, body="Hi {{first_name}}, come on {{vaccine_day}}, will you?"), by=by)

        new = newest(ours.template)
        assert (new.number, new.body, new.state, new.replaces_id) == (
            2, "Hi {{first_name}}, come on {{vaccine_day}}, will you?", TemplateState.APPROVED, ours.id)
        assert (fresh(ours).state, fresh(running).state) == (TemplateState.REPLACED, CampaignState.PAUSED)
        assert new.variables[0]["fallback"] == "there"

    def test_numbered_gaps_keep_the_place_they_had(self, catalogue, by):
        template = message_templates.add_template(
            name="numbers", language="en_GB", category="utility", header={"kind": "text", "text": "For {{1}}"},
            body="Hello {{2}}, your visit is on {{3}} in our house.", by=by)
        version = in_state(newest(template), TemplateState.APPROVED)
        told = listed(version, header={"kind": "text", "text": "For {{3}}"}, body="Hello {{1}}, your visit is on {{2}} in our house.")

        assert synced(catalogue, told, by=by).changed == 0
        synced(catalogue, replace(told, body="Well {{1}}, your visit is on {{2}}, as always."), by=by)

        assert newest(template).body == "Well {{2}}, your visit is on {{3}}, as always."

    def test_samples_files_and_spaces_are_not_words(self, ours, catalogue, by):
        done = synced(catalogue, listed(ours, body=f" {ours.body}\n", samples={"first_name": "Somebody"}), by=by)

        assert done.changed == 0


class TestKinds:
    def test_utility_that_counts_as_marketing_stops_and_is_kept_with_what_it_was(self, running, ours, catalogue, by):
        with transaction():
            ours.template.category = "utility"

        synced(catalogue, listed(ours, category="marketing"), by=by)

        template = fresh(ours).template
        assert (template.category, template.former_category) == ("marketing", "utility")
        assert fresh(running).state is CampaignState.PAUSED and "marketing now" in fresh(running).paused_reason

    def test_the_strictest_of_several_versions_counts(self, ours, catalogue, by):
        message_templates.change_template(ours.template_id, body="Hello {{first_name}}, come soon please.", by=by)
        second = in_state(newest(ours.template), TemplateState.APPROVED)

        synced(catalogue, listed(ours), listed(second, category="utility"), by=by)

        assert fresh(ours).template.category == "marketing"

    def test_what_is_about_to_come_is_shown_and_stops_nothing(self, running, ours, catalogue, by):
        synced(catalogue, listed(ours, coming_category="utility"), by=by)

        assert fresh(ours).template.coming_category == "utility"
        assert fresh(running).state is CampaignState.SENDING


class TestAccounts:
    def test_each_account_is_asked_once_whatever_its_numbers(self, number, catalogue, by):
        _another(number.business_id, "300000000000002")
        _another("900000000000009", "300000000000003")

        drift.sync_now(by=by)

        assert sorted(catalogue.acts) == [("templates", "200000000000001"), ("templates", "900000000000009")]

    def test_a_template_of_another_account_is_not_gone_and_not_usable_here(self, ours, catalogue, by):
        with transaction():
            ours.business_id = "900000000000009"

        synced(catalogue, by=by)

        assert fresh(ours).state is TemplateState.APPROVED
        assert not message_templates.ready_versions()[0].is_usable


class TestWhenItIsAsked:
    def test_one_process_asks_and_then_not_before_it_is_time(self, catalogue):
        now = clock.now()
        drift.sync_due(now)
        drift.sync_due(now + timedelta(minutes=29))
        drift.sync_due(now + timedelta(minutes=31))

        assert len(catalogue.acts) == 2 and not catalogue.was_in_transaction

    def test_a_word_we_do_not_know_has_it_asked_soon(self, ours, catalogue):
        catalogue.listed = [listed(ours)]
        drift.sync_due(clock.now())
        drift.template_told(TemplateNews("200000000000001", "1", "offer", "en_GB", "unclear", "GILDED"))

        assert "GILDED, a word we do not know" in fresh(ours).reason
        drift.sync_due(clock.now() + timedelta(seconds=30))

        assert len(catalogue.acts) == 2 and fresh(ours).state is TemplateState.APPROVED

    def test_trouble_is_kept_with_the_number_and_changes_nothing(self, ours, number, catalogue):
        catalogue.trouble = NeverLeft("The carrier could not be reached.", code="unreachable")

        drift.sync_due(clock.now())

        assert fresh(number).templates_trouble == "The carrier could not be reached."
        assert fresh(ours).state is TemplateState.APPROVED

    def test_a_person_who_asks_is_told_the_trouble(self, catalogue, by):
        catalogue.trouble = NeverLeft("The carrier could not be reached.", code="unreachable")

        with pytest.raises(CarrierTrouble, match="could not be reached"):
            drift.sync_now(by=by)


def _told(version):
    """A notice of this version was heard just now."""
    from services.message_templates.standing import keep_told

    with transaction():
        keep_told(fresh(version), clock.now())


def _another(business_id, number_id):
    with transaction():
        db.session.add(Channel(name="More", kind="simulation", phone_number_id=number_id, business_id=business_id))




class TestInPlace:
    def changed(self, template, by, **more):
        words = {"body": "Hello {{first_name}}, it is open again this week.", "footer": "Bye", "in_place": True} | more
        return newest(message_templates.change_template(template.id, by=by, **words))

    def test_the_words_go_under_the_same_name_and_what_uses_the_old_ones_stops(self, running, ours, catalogue, by):
        new = self.changed(ours.template, by)
        drift.submit_templates()

        assert catalogue.acts == [("change", ours.wire_id)]
        assert (fresh(new).wire_name, fresh(new).wire_id, fresh(new).state) == ("offer", ours.wire_id, TemplateState.PENDING)
        assert (fresh(ours).state, fresh(running).state) == (TemplateState.REPLACED, CampaignState.PAUSED)

    def test_a_refusal_leaves_the_old_words_in_use(self, running, ours, catalogue, by):
        new = self.changed(ours.template, by)
        catalogue.trouble = TemplateRefused("No.", code="2388039")
        drift.submit_templates()

        assert (fresh(new).state, fresh(ours).state, fresh(running).state) == (
            TemplateState.REJECTED, TemplateState.APPROVED, CampaignState.SENDING)

    def test_a_change_whose_answer_was_lost_is_found_by_the_list(self, ours, catalogue, by):
        new = self.changed(ours.template, by)

        synced(catalogue, listed(ours, body=new.body, footer=new.footer), by=by)

        assert (fresh(ours).state, fresh(new).wire_id, db.session.query(TemplateVersion).count()) == (
            TemplateState.REPLACED, ours.wire_id, 2)

    @pytest.mark.parametrize("state", [TemplateState.PENDING, TemplateState.DISABLED, TemplateState.IN_APPEAL])
    def test_only_approved_refused_and_paused_words_may_be_changed(self, ours, catalogue, by, state):
        in_state(ours, state)

        with pytest.raises(Conflict, match="only while they are approved, refused or paused"):
            self.changed(ours.template, by)

    def test_approved_words_once_a_day(self, ours, catalogue, by):
        new = self.changed(ours.template, by)
        drift.submit_templates()
        with transaction():
            fresh(new).state = TemplateState.APPROVED

        with pytest.raises(Conflict, match="once in 24 hours"):
            self.changed(ours.template, by, body="Hello {{first_name}}, once more and again.")

    def test_approved_words_ten_times_in_thirty_days(self, ours, catalogue, by):
        with transaction():
            for number in range(2, 12):
                db.session.add(TemplateVersion(
                    template_id=ours.template_id, number=number, body="Old", wire_name="offer", wire_id=ours.wire_id,
                    state=TemplateState.REPLACED, edited_at=clock.now() - timedelta(days=number)))

        assert "10 times in 30 days" in message_templates.why_not_in_place(fresh(ours))


class TestRemoval:
    def test_one_language_goes_by_its_id(self, ours, catalogue, by):
        wire_id = ours.wire_id
        message_templates.delete_template(ours.template_id, by=by)

        assert catalogue.acts == [("delete", "offer", wire_id)] and not catalogue.was_in_transaction
        assert not db.session.query(MessageTemplate).count()

    def test_every_language_goes_by_its_name(self, ours, catalogue, by):
        a_template("offer", language="fr")

        assert message_templates.delete_template(ours.template_id, every_language=True, by=by) == 2

        assert catalogue.acts == [("delete", "offer", "")]
        assert not db.session.query(MessageTemplate).count()

    def test_one_that_was_used_stays_for_the_record(self, running, ours, catalogue, by):
        with transaction():
            running.state = CampaignState.FINISHED

        message_templates.delete_template(ours.template_id, by=by)

        assert fresh(ours).state is TemplateState.DELETED

    def test_a_refusal_of_the_carrier_changes_nothing(self, ours, catalogue, by):
        catalogue.trouble = TemplateRefused("It cannot be deleted.", code="100")

        with pytest.raises(CarrierTrouble, match="cannot be deleted"):
            message_templates.delete_template(ours.template_id, by=by)

        assert fresh(ours).state is TemplateState.APPROVED

    def test_what_the_carrier_does_not_know_goes_all_the_same(self, ours, catalogue, by):
        catalogue.trouble = TemplateRefused("There is none.", code="2593002")

        message_templates.delete_template(ours.template_id, by=by)

        assert not db.session.query(MessageTemplate).count()

    def test_a_disabled_one_stays_as_the_carrier_wants(self, ours, catalogue, by):
        in_state(ours, TemplateState.DISABLED)

        with pytest.raises(Conflict, match="lets nobody delete"):
            message_templates.delete_template(ours.template_id, by=by)

    def test_a_list_of_before_does_not_bring_it_back(self, running, ours, catalogue, by):
        with transaction():
            running.state = CampaignState.FINISHED
        catalogue.meanwhile = lambda: message_templates.delete_template(ours.template_id, by=by)

        synced(catalogue, listed(ours), by=by)

        assert fresh(ours).state is TemplateState.DELETED

    def test_what_was_taken_away_here_is_deleted_there_when_it_can_be_reached(self, ours, catalogue, by):
        with transaction():
            message_templates.forget_later([ours.template_id])
            db.session.delete(ours)
            db.session.delete(ours.template)
        assert synced(catalogue, replace(MADE_THERE, wire_id=ours.wire_id, name="offer"), by=by).added == 0

        assert message_templates.forget_pending() == 1
        assert ("delete", "offer", ours.wire_id) in catalogue.acts


class TestUnpause:
    def test_the_carrier_is_asked_and_says_itself_when_it_goes_on(self, ours, catalogue, by):
        in_state(ours, TemplateState.PAUSED)

        message_templates.unpause(ours.id, by=by)

        assert catalogue.acts == [("unpause", ours.wire_id)] and fresh(ours).state is TemplateState.PAUSED

    def test_one_that_is_not_paused_is_refused(self, ours, catalogue, by):
        with pytest.raises(Conflict, match="has not paused"):
            message_templates.unpause(ours.id, by=by)
