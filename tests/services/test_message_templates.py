"""Templates are written, checked, changed version by version, listed and deleted."""

import pytest

from core.errors import Conflict, NotFound
from core.states import CampaignState, TemplateState
from models import Campaign, db, transaction
from services import activity, channels, message_templates
from services.message_templates import TemplateInvalid
from tests.factories.message_templates import BODY, a_template, in_state, newest


def written(by, **changes):
    """A template made with these words."""
    given = {"name": "flu_vaccine_days", "language": "en_GB", "category": "marketing", "body": BODY}
    return message_templates.add_template(**(given | changes), by=by)


def campaign_with(version, name="Check-up reminder"):
    """A campaign that was made with this version."""
    with transaction():
        campaign = Campaign(name=name, state=CampaignState.DRAFT, channel_id=channels.ensure_first().id,
                            version_id=version.id)
        db.session.add(campaign)
    return campaign


class TestAddTemplate:
    def test_the_first_version_waits_for_approval_under_the_templates_own_name(self, app, by):
        version = newest(written(by))

        assert (version.number, version.wire_name, version.state) == (1, "flu_vaccine_days", TemplateState.PENDING)

    def test_a_sample_that_was_not_given_is_made_up(self, app, by):
        template = written(by, variables=[{"name": "vaccine_day", "sample": "Thursday", "fallback": "one day"}])

        assert newest(template).variables == [
            {"name": "first_name", "sample": "Adaeze", "fallback": ""},
            {"name": "vaccine_day", "sample": "Thursday", "fallback": "one day"}]

    def test_line_breaks_are_kept_as_one_kind(self, app, by):
        assert newest(written(by, body="Hello,\r\nwe are open.\r\n")).body == "Hello,\nwe are open."

    def test_it_is_noted_in_the_activity(self, app, by):
        written(by)

        assert [(entry.verb, entry.actor_name) for entry in activity.recent(verb="template").items] == [
            ("template.added", by.name)]

    def test_a_name_is_taken_once_in_a_language(self, app, by):
        written(by)

        with pytest.raises(Conflict, match="already a template flu_vaccine_days") as refusal:
            written(by)

        assert refusal.value.field == "name"

    def test_the_same_name_may_be_used_in_another_language(self, app, by):
        written(by)

        assert written(by, language="fr").id

    def test_a_name_the_carrier_knows_a_version_by_is_taken_too(self, app, by):
        message_templates.change_template(written(by, name="offer").id, body=f"{BODY} Soon.", by=by)

        with pytest.raises(Conflict, match="a version of offer as offer_v2"):
            written(by, name="offer_v2")

    def test_everything_wrong_is_told_at_once_beside_its_field(self, app, by):
        with pytest.raises(TemplateInvalid) as refusal:
            written(by, name="Flu days!", language="xx", category="spam", body="{{a}}", footer="x" * 61)

        assert {problem.field for problem in refusal.value.problems} == {
            "name", "language", "category", "body", "footer"}


class TestChangeTemplate:
    def test_new_words_are_a_new_version_and_the_old_ones_stay(self, app, by):
        template = a_template()

        message_templates.change_template(template.id, body=f"{BODY} Bring your card.", by=by)

        old, new = message_templates.get_template(template.id).versions
        assert (old.body, old.state) == (BODY, TemplateState.APPROVED)
        assert (new.number, new.wire_name, new.state) == (2, "flu_vaccine_days_v2", TemplateState.PENDING)

    def test_the_same_words_make_no_version(self, app, by):
        template = a_template()
        version = newest(template)

        message_templates.change_template(template.id, body=version.body, footer=version.footer,
                                          variables=version.variables, by=by)

        assert newest(template).number == 1

    def test_refused_words_may_be_handed_in_again(self, app, by):
        template = a_template(state=TemplateState.REJECTED)
        version = newest(template)

        message_templates.change_template(template.id, body=version.body, footer=version.footer,
                                          variables=version.variables, by=by)

        assert newest(template).number == 2

    def test_a_version_finds_a_wire_name_that_is_free(self, app, by):
        template = a_template("offer")
        a_template("offer_v2")

        message_templates.change_template(template.id, body=f"{BODY} Soon.", by=by)

        assert newest(template).wire_name == "offer_v2_2"

    def test_an_approved_template_keeps_its_category(self, app, by):
        template = a_template(category="marketing")

        with pytest.raises(TemplateInvalid, match="in use as marketing") as refusal:
            message_templates.change_template(template.id, category="utility", body=BODY, by=by)

        assert refusal.value.field == "category"

    def test_a_refused_template_may_change_its_category(self, app, by):
        template = a_template(state=TemplateState.REJECTED)

        message_templates.change_template(template.id, category="utility", body=BODY, by=by)

        assert message_templates.get_template(template.id).category == "utility"

    def test_a_template_that_is_not_there_is_not_found(self, app, by):
        with pytest.raises(NotFound):
            message_templates.change_template(4711, body=BODY, by=by)


class TestDeleteTemplate:
    def test_an_unused_template_goes_with_its_versions(self, app, by, catalogue):
        template = a_template()

        message_templates.delete_template(template.id, by=by)

        with pytest.raises(NotFound):
            message_templates.get_template(template.id)
        assert message_templates.ready_versions() == []

    def test_a_template_a_campaign_was_made_with_stays(self, app, by):
        template = a_template()
        campaign_with(newest(template))

        with pytest.raises(Conflict, match="used by “Check-up reminder”"):
            message_templates.delete_template(template.id, by=by)


class TestLists:
    def test_the_list_shows_the_newest_version_and_the_approved_one(self, app, by):
        template = a_template()
        message_templates.change_template(template.id, body=f"{BODY} Soon.", by=by)
        campaign_with(message_templates.get_template(template.id).versions[0])

        row, = message_templates.list_templates().items

        assert (row.number, row.state, row.approved_number, row.campaigns) == (2, TemplateState.PENDING, 1, 1)

    def test_the_list_is_narrowed_by_words_and_state(self, app):
        a_template("offer")
        a_template("reminder", state=TemplateState.REJECTED)

        assert [row.name for row in message_templates.list_templates(text="REM").items] == ["reminder"]
        assert [row.name for row in message_templates.list_templates(text="flu VACCINE").items] == ["offer", "reminder"]
        assert [row.name for row in message_templates.list_templates(state="approved").items] == ["offer"]
        assert message_templates.list_templates(text="100%").total == 0

    def test_a_page_past_the_end_gives_the_last_one(self, app):
        a_template()

        assert message_templates.list_templates(page=10**12).number == 1

    def test_campaigns_are_offered_the_newest_approved_version_or_what_waits(self, app, by):
        ready, waiting = a_template("ready"), a_template("waiting", state=TemplateState.PENDING)
        message_templates.change_template(ready.id, body=f"{BODY} Soon.", by=by)

        choices = message_templates.ready_versions()

        assert [(one.template_id, one.number, one.is_usable) for one in choices] == [
            (ready.id, 1, True), (waiting.id, 1, False)]

    def test_a_paused_version_is_offered_as_not_usable(self, app):
        in_state(newest(a_template()), TemplateState.PAUSED)

        assert [one.is_usable for one in message_templates.ready_versions()] == [False]

    def test_a_name_in_two_languages_must_be_told_apart(self, app):
        a_template()
        french = a_template(language="fr")

        with pytest.raises(NotFound, match="several languages"):
            message_templates.by_name("flu_vaccine_days")
        assert message_templates.by_name("flu_vaccine_days", "fr").id == french.id

    @pytest.mark.parametrize("number", [0, -1, 2**31, 10**30])
    def test_ids_no_database_knows_are_not_found(self, app, number):
        with pytest.raises(NotFound):
            message_templates.get_template(number)
        with pytest.raises(NotFound):
            message_templates.get_version(number)
