"""What was seen on the check page is what is sent: another number asks again, a large one is typed."""

from datetime import timedelta

import pytest

from core import clock
from core.errors import Conflict
from core.states import CampaignState, ConsentState
from services import campaigns, message_templates
from tests.factories.campaigns import a_campaign, a_tag, a_version, people
from views.campaigns import check


def state_of(campaign):
    return campaigns.get_campaign(campaign.id).state


def test_another_number_than_the_one_seen_asks_again_and_sends_nothing(browser, app):
    campaign = a_campaign(size=3)

    answer = browser.post(f"/campaigns/{campaign.id}/send", {"now": "1", "seen": "4"})

    assert "The number changed while you looked" in browser.get(answer.location).text
    assert state_of(campaign) is CampaignState.DRAFT
    browser.post(f"/campaigns/{campaign.id}/send", {"now": "1", "seen": "3"})
    assert state_of(campaign) is CampaignState.SCHEDULED


def test_a_large_number_is_typed_before_it_goes(browser, app, monkeypatch):
    monkeypatch.setattr(check, "TO_TYPE", 2)
    campaign = a_campaign(size=3)

    refused = browser.post(f"/campaigns/{campaign.id}/send", {"now": "1", "seen": "3", "typed": "30"})

    assert refused.status_code == 422 and "to say that you mean so many people" in refused.text
    assert state_of(campaign) is CampaignState.DRAFT
    browser.post(f"/campaigns/{campaign.id}/send", {"now": "1", "seen": "3", "typed": " 3 "})
    assert state_of(campaign) is CampaignState.SCHEDULED


def test_the_file_of_who_is_skipped_holds_no_formula(browser, app):
    tag = a_tag()
    people(1, tag, name="=cmd|calc", marketing=ConsentState.WITHDRAWN)
    campaign = a_campaign(size=0, tag_ids=[tag.id])

    answer = browser.get(f"/campaigns/{campaign.id}/skipped?format=csv")

    assert "'=cmd|calc" in answer.text and "Said STOP to marketing messages" in answer.text


def tomorrow():
    return f"{clock.now() + timedelta(days=1):%Y-%m-%d}T09:00"


def test_own_clocks_are_a_table_whose_every_column_has_a_name(browser, app, by):
    tag = a_tag()
    people(3, tag, zone="Africa/Accra")
    people(2, tag, first=10, zone="Asia/Kolkata")
    campaign = a_campaign(size=0, tag_ids=[tag.id])
    campaigns.set_time(campaign.id, wall_text=tomorrow(), zone="Africa/Accra", local_time=True, by=by)

    page = browser.get(f"/campaigns/{campaign.id}/check").text

    assert "Asia/Kolkata" in page and "Africa/Accra" in page
    assert '<th scope="col"></th>' not in page
    assert 'data-label="There"' in page


def test_numbers_that_are_nobodys_go_by_the_clock_of_the_campaign_and_are_counted(browser, app, by):
    campaign = a_campaign(size=0, tag_ids=[])
    campaigns.add_list(campaign.id, text="+447700900051\n+447700900052\nask her", country="GB", by=by)
    campaigns.set_time(campaign.id, wall_text=tomorrow(), zone="Africa/Accra", local_time=True, by=by)

    assert "The clock of 2 people is not known" in browser.get(f"/campaigns/{campaign.id}/when").text


def test_the_button_of_what_repeats_does_not_carry_its_whole_rule(browser, app, by):
    campaign = a_campaign(size=3)
    campaigns.set_repeat(campaign.id, rule={"every": "week", "interval": "1", "weekdays": ["0", "2"]}, at="09:00",
                         zone="Africa/Accra", starts_on=tomorrow()[:10], ends_on="", latest_minutes=120, local_time=False, by=by)

    page = browser.get(f"/campaigns/{campaign.id}/check").text

    assert "Schedule for 3 people, again and again" in page
    assert page.count("Every week on Monday and Wednesday") == 1  # where it says when


@pytest.mark.parametrize("typed, said", [("07700 900052", "Hello Ben Cole, our doors"), ("ben cole", "Hello Ben Cole, our doors"),
                                         ("zzz no such person", "Nobody in this campaign has that name or number")])
def test_anybody_can_be_found_to_see_what_they_read(browser, app, by, typed, said):
    version = a_version(category="utility")
    campaign = a_campaign(size=2, version_id=version.id)
    campaigns.add_list(campaign.id, text="Mobile,Guest\n+447700900051,Ana Bello\n+447700900052,Ben Cole", country="GB", by=by)
    campaigns.change_campaign(campaign.id, by=by, variables={
        "first_name": {"from": "column", "column": "Guest", "fallback": "you"}})

    assert said in browser.get(f"/campaigns/{campaign.id}/check", query_string={"q": typed}).text


def test_a_list_with_half_its_rows_broken_says_so_before_anything_is_sent(browser, app, by):
    version = a_version(category="utility", variables=[], body="Our doors are open.")
    campaign = a_campaign(size=0, tag_ids=[], version_id=version.id)
    rows = [f"+4477009000{number},Guest" if number % 2 else f"call {number},Guest" for number in range(50, 70)]
    campaigns.add_list(campaign.id, text="\n".join(["Mobile,Name", *rows]), country="GB", by=by)

    page = browser.get(f"/campaigns/{campaign.id}/check").text

    assert "Send to 10 people now" in page
    assert "The number cannot be read, or nobody can have it" in page and "See the 10" in page


def test_the_template_of_a_scheduled_campaign_cannot_be_deleted_and_its_words_stay(browser, app, by):
    campaign = a_campaign(size=1)
    campaigns.schedule(campaign.id, wall_text=tomorrow(), zone="Africa/Accra", by=by)
    template = campaign.version.template

    with pytest.raises(Conflict):
        message_templates.delete_template(template.id, by=by)
    message_templates.change_template(template.id, body="Sorry, our doors stay closed.", footer="", variables=[], by=by)

    kept = campaigns.get_campaign(campaign.id).version
    assert (kept.number, kept.body) == (1, "Hello {{first_name}}, our doors are open this Saturday.")


class TestTheLimitOfTheAccount:
    def test_more_people_than_today_allows_are_spread_and_the_page_says_until_when(self, browser, app):
        from models import Channel, db, transaction
        from tests.factories import campaigns as make_campaigns

        campaign = make_campaigns.a_campaign(size=60)
        with transaction():
            db.session.execute(db.update(Channel).values(tier="TIER_50"))

        page = browser.get(f"/campaigns/{campaign.id}/check").text

        assert "may open" not in page
        assert "open 50 people in 24 hours; 0 were opened already" in page
        assert "spread over 1 day and ends about" in page
