"""Composing: what a campaign is made of, and when it may change."""

import pytest
from sqlalchemy import event

from core.errors import Conflict, Invalid, NotFound
from core.states import CampaignState
from models import Campaign, db
from services import activity, campaigns
from tests.factories.campaigns import a_campaign, a_tag, a_version, people

HUGE = 10**30


def queries_of(call):
    """How many statements a call sends."""
    db.session.rollback()
    seen = []
    note = lambda *_: seen.append(1)  # noqa: E731  # an event wants a plain function
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


class TestAddCampaign:
    def test_a_name_is_enough_to_begin(self, app, by):
        campaign = campaigns.add_campaign(name="  Check-up   reminder ", by=by)

        assert (campaign.state, campaign.created_by) == (CampaignState.DRAFT, "Folake Adeyemi")
        assert activity.recent().items[0].verb == "campaign.added"

    @pytest.mark.parametrize("given, field", [
        ({"name": " \0 "}, "name"), ({"name": "x" * 121}, "name"), ({"tag_ids": [99]}, "tags"),
        ({"tag_ids": [HUGE]}, "tags"), ({"tag_ids": [-1]}, "tags"), ({"unknown_policy": "guess"}, "unknown_policy"),
    ])
    def test_what_cannot_be_is_refused_beside_its_field(self, app, by, given, field):
        with pytest.raises(Invalid) as refusal:
            campaigns.add_campaign(**({"name": "Check-up"} | given), by=by)

        assert refusal.value.field == field
        assert db.session.query(Campaign).count() == 0

    @pytest.mark.parametrize("version_id", [77, 0, -5, HUGE])
    def test_a_template_that_does_not_exist_is_refused(self, app, by, version_id):
        with pytest.raises(NotFound):
            campaigns.add_campaign(name="Check-up", version_id=version_id, by=by)

    @pytest.mark.parametrize("source", [
        {"from": "field", "field": "password_hash"}, {"from": "field", "field": "field:nothing"}, {"from": "somewhere"},
        {"from": "text", "text": "x" * 201}, {"from": "field", "field": "name", "fallback": "y" * 201}, {},
    ])
    def test_a_source_that_cannot_be_is_refused_beside_its_variable(self, app, by, source):
        with pytest.raises(Invalid) as refusal:
            campaigns.add_campaign(name="Check-up", version_id=a_version().id, variables={"first_name": source}, by=by)

        assert refusal.value.field == "variable:first_name"

    def test_a_mapping_of_a_variable_the_template_does_not_have_is_left_out(self, app, by):
        source = {"from": "text", "text": "hello"}

        campaign = campaigns.add_campaign(name="Check-up", version_id=a_version().id, variables={"other": source},
                                          by=by)

        assert campaign.variables == {}


class TestChangeCampaign:
    def test_what_is_left_out_stays(self, app, by):
        campaign = a_campaign()

        changed = campaigns.change_campaign(campaign.id, name="Another name", by=by)

        assert (changed.name, changed.version_id) == ("Another name", campaign.version_id)
        assert changed.audience["tags"]

    def test_another_template_drops_the_mapping_of_the_old_one(self, app, by):
        campaign = a_campaign(variables={"first_name": {"from": "text", "text": "friend"}})

        changed = campaigns.change_campaign(campaign.id, version_id=a_version(name="other").id, by=by)

        assert changed.variables == {}

    def test_a_scheduled_campaign_says_how_to_change_it(self, app, by):
        campaign = a_campaign()
        campaigns.start_now(campaign.id, by=by)

        with pytest.raises(Conflict, match="take it back to draft"):
            campaigns.change_campaign(campaign.id, name="Another name", by=by)

    def test_nothing_changed_leaves_no_line_of_activity(self, app, by):
        campaign = a_campaign()

        campaigns.change_campaign(campaign.id, name=campaign.name, by=by)

        assert activity.recent(verb="campaign.changed").total == 0


class TestDeleteAndDuplicate:
    def test_a_draft_can_be_thrown_away(self, app, by):
        campaign_id = a_campaign().id

        campaigns.delete_draft(campaign_id, by=by)

        with pytest.raises(NotFound):
            campaigns.get_campaign(campaign_id)

    def test_only_a_draft_can_be_thrown_away(self, app, by):
        campaign = a_campaign()
        campaigns.start_now(campaign.id, by=by)

        with pytest.raises(Conflict, match="only a draft"):
            campaigns.delete_draft(campaign.id, by=by)

    def test_a_copy_is_a_draft_without_a_time(self, app, by):
        campaign = a_campaign(name="N" * 120)
        campaigns.start_now(campaign.id, by=by)

        copy = campaigns.duplicate(campaign.id, by=by)

        assert (copy.state, copy.start_at, copy.audience) == (CampaignState.DRAFT, None, campaign.audience)
        assert copy.name.endswith(" (copy)")

    def test_a_copy_leaves_out_tags_that_are_gone(self, app, by):
        campaign = a_campaign(size=0)
        db.session.delete(campaigns.tags_of(campaign)[0])
        db.session.commit()

        assert campaigns.duplicate(campaign.id, by=by).audience == {"tags": []}


@pytest.mark.parametrize("campaign_id", [0, -1, 5, 2**31, HUGE])
def test_an_id_that_does_not_exist_is_not_found(app, campaign_id):
    with pytest.raises(NotFound):
        campaigns.get_campaign(campaign_id)


def test_the_list_costs_the_same_number_of_queries_whatever_its_length(app, by):
    a_campaign(name="One")
    few = queries_of(campaigns.list_campaigns)
    for number in range(5):
        a_campaign(name=f"More {number}")

    assert queries_of(campaigns.list_campaigns) == few


def test_the_list_can_be_narrowed_to_a_state(app, by):
    a_campaign(name="Draft")
    campaigns.start_now(a_campaign(name="Due").id, by=by)

    assert [row.campaign.name for row in campaigns.list_campaigns(state="scheduled").items] == ["Due"]
    assert campaigns.list_campaigns(state="nonsense").total == 2


def test_a_page_past_the_end_is_the_last_one(app):
    a_campaign()

    assert campaigns.list_campaigns(page=10**9).number == 1


def test_tags_and_people_of_a_campaign_are_counted_once(app):
    one, two = a_tag("one"), a_tag("two")
    people(4, one, two)
    campaign = a_campaign(size=0, tag_ids=[one.id, two.id])

    assert campaigns.count(campaign) == 4
    assert campaigns.check(campaign).total == 4
