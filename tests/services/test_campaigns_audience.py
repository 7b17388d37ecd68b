"""Who gets it and who is skipped: the check page and the freezing say the same."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import func, select

from core import clock
from core.states import ConsentState, MessageState, TemplateState
from models import Contact, ContactTag, Message, db, transaction
from services import campaigns
from tests.factories.campaigns import a_campaign, a_tag, a_version, people
from tests.services.test_campaigns_edit import queries_of


def frozen(campaign):
    """What the freezing wrote, by state and reason."""
    rows = db.session.execute(
        select(Message.state, Message.reason_code, func.count()).where(Message.campaign_id == campaign.id)
        .group_by(Message.state, Message.reason_code))
    return {(str(state), code): count for state, code, count in rows}


class TestCheck:
    def test_everyone_skipped_is_counted_with_the_reason_in_the_order_of_judging(self, app):
        tag = a_tag()
        people(5, tag)
        people(2, tag, first=10, marketing=ConsentState.WITHDRAWN)
        people(3, tag, first=20, marketing=ConsentState.UNKNOWN)
        people(1, tag, first=30, phone=None)
        people(4, tag, first=40, first_name="")

        found = campaigns.check(a_campaign(size=0, tag_ids=[tag.id]))

        assert (found.total, found.ready, found.skipped_total) == (15, 5, 10)
        assert [(row.code, row.count) for row in found.skipped] == [
            ("no_phone", 1), ("opted_out_marketing", 2), ("no_consent", 3), ("missing_variable", 4)]

    def test_a_fallback_of_the_campaign_lets_people_without_a_value_in(self, app):
        tag = a_tag()
        people(2, tag, first_name="")
        source = {"from": "field", "field": "first_name", "fallback": "there"}

        found = campaigns.check(a_campaign(size=0, tag_ids=[tag.id], variables={"first_name": source}))

        assert found.ready == 2

    def test_people_without_the_tag_are_not_counted_at_all(self, app):
        people(3, a_tag("others"))

        assert campaigns.check(a_campaign(size=1)).total == 1

    def test_a_template_that_is_not_approved_skips_everybody(self, app):
        campaign = a_campaign(size=2, version_id=a_version(state=TemplateState.PAUSED).id)

        found = campaigns.check(campaign)

        assert (found.ready, found.skipped[0].code) == (0, "not_approved")

    def test_a_filled_text_that_is_too_long_is_skipped(self, app):
        tag = a_tag()
        people(1, tag, first_name="x" * 100)
        body = "Hello {{first_name}}, " + "a" * 990 + "."

        found = campaigns.check(a_campaign(size=0, tag_ids=[tag.id], version_id=a_version(body).id))

        assert [row.code for row in found.skipped] == ["too_long"]

    def test_a_draft_without_template_or_tags_is_answered_too(self, app, by):
        campaign = campaigns.add_campaign(name="Empty", by=by)

        assert campaigns.check(campaign) == campaigns.Check(0, 0)
        assert campaigns.preview(campaign, 1) is None


class TestSkippedPeopleAndPreview:
    def test_a_reason_opens_exactly_its_people(self, app):
        tag = a_tag()
        people(2, tag)
        wanted = people(3, tag, first=10, marketing=ConsentState.WITHDRAWN)
        people(1, tag, first=20, marketing=ConsentState.UNKNOWN)
        campaign = a_campaign(size=0, tag_ids=[tag.id])

        page = campaigns.skipped_people(campaign, code="opted_out_marketing", size=2)

        assert (page.total, [row.contact_id for row in page.items]) == (3, wanted[:2])
        assert [row.contact_id for row in campaigns.skipped_people(
            campaign, code="opted_out_marketing", size=2, after=page.after).items] == wanted[2:]
        assert campaigns.skipped_people(campaign).total == 4

    def test_the_preview_walks_through_everybody_skipped_ones_with_their_reason(self, app):
        tag = a_tag()
        people(1, tag, first_name="Ibrahim")
        people(1, tag, first=10, marketing=ConsentState.WITHDRAWN)
        campaign = a_campaign(size=0, tag_ids=[tag.id])

        first, second = campaigns.preview(campaign, 1), campaigns.preview(campaign, 2)

        assert first.text.startswith("Hello Ibrahim, ") and first.is_ready
        assert (second.is_ready, second.words) == (False, "Said STOP to marketing messages")

    @pytest.mark.parametrize("typed, text", [
        ("person 2", "Hello Person"), ("+44 7700 900002", "Hello Person"), ("07700 900052", "Hello Ben"),
        ("ben cole", "Hello Ben"), ("nobody at all", None), ("100%", None)])
    def test_the_preview_finds_contacts_and_rows_of_the_list_by_name_and_number(self, app, by, typed, text):
        campaign = a_campaign(size=3)
        campaigns.add_list(campaign.id, text="Mobile,Guest\n+447700900051,Ana Bello\n+447700900052,Ben Cole", country="GB", by=by)
        campaigns.change_campaign(campaign.id, by=by, variables={
            "first_name": {"from": "column", "column": "Guest", "fallback": "Person"}})

        found = campaigns.preview(campaign, search=typed)

        assert (found.text if found else None) == text if text is None else found.text.startswith(text)

    @pytest.mark.parametrize("asked, shown", [(-5, 1), (0, 1), (2, 2), (10**12, 3)])
    def test_a_number_out_of_range_shows_the_nearest_person(self, app, asked, shown):
        assert campaigns.preview(a_campaign(size=3), asked).number == shown


class TestTheSameFunctionJudgesTwice:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(strategies.lists(strategies.tuples(
        strategies.sampled_from(ConsentState), strategies.booleans(), strategies.sampled_from(["", "Ana", "x" * 100])),
        min_size=1, max_size=25))
    def test_what_the_check_page_says_is_what_is_frozen(self, app, by, facts):
        with transaction():
            db.session.query(Message).delete()
            db.session.query(ContactTag).delete()
            db.session.query(Contact).delete()
        tag, version = a_tag(), None
        for number, (consent, has_phone, first_name) in enumerate(facts):
            phone = {} if has_phone else {"phone": None}
            people(1, tag, first=number, marketing=consent, first_name=first_name, **phone)
        name = f"template_{clock.now().timestamp()}".replace(".", "_")
        version = a_version("Dear {{first_name}}, " + "a" * 980 + ".", name=name)
        campaign = a_campaign(size=0, tag_ids=[tag.id], version_id=version.id)
        said = campaigns.check(campaign)
        if not said.ready:
            return

        campaigns.start_now(campaign.id, by=by)
        campaigns.launch_due(clock.now())

        expected = {("skipped", row.code): row.count for row in said.skipped} | {("queued", ""): said.ready}
        assert frozen(campaign) == expected

    def test_counting_costs_one_query_however_many_people_there_are(self, app):
        campaign = a_campaign(size=50)
        campaigns.check(campaign)

        assert queries_of(lambda: campaigns.check(campaign)) <= 5

    def test_the_messages_keep_phone_and_values_of_that_moment(self, app, by):
        campaign = a_campaign(size=1)
        campaigns.start_now(campaign.id, by=by)
        campaigns.launch_due(clock.now())

        with transaction():
            db.session.query(Contact).update({"first_name": "Changed", "phone": "+447700900999"})

        message = db.session.scalars(select(Message)).one()
        assert (message.variables, message.phone) == ({"first_name": "Person"}, "+447700900001")
        assert message.state is MessageState.QUEUED
