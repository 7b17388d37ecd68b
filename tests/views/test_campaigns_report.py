"""Pages of a report: over time, one message, trying again, side by side; and what the list can be narrowed to."""

import pytest
from sqlalchemy import select

from core import clock
from core.states import CampaignState, MessageState
from models import Campaign, Message, db
from services import campaigns
from tests.factories.answers import ids_of, sent_to, writes
from tests.factories.campaigns import give_states, people

HUGE = 10**30
FAILED = {"reason_code": "131000", "reason": "Meta could not send it"}


def state_of(campaign):
    db.session.expire_all()
    return db.session.get(Campaign, campaign.id).state


class TestOverTime:
    def test_each_picture_has_its_numbers_and_the_window_is_said(self, browser, app, by):
        campaign = sent_to(people(4), by=by)
        writes(db.session.get(Message, ids_of(campaign)[0]).contact_id, at=clock.now())

        page = browser.get(f"/campaigns/{campaign.id}/report").text

        for title in ("How it went out", "Who has it, who has read it", "When people wrote back", "How long it took"):
            assert title in page
        assert "within 72 hours of the message" in page
        assert page.count('role="img"') == page.count(", as a table</caption>")

    def test_before_anything_left_it_says_so(self, browser, app, by):
        campaign = sent_to(people(2), by=by, state=MessageState.FAILED)

        assert "Nothing has left yet" in browser.get(f"/campaigns/{campaign.id}/report").text


class TestOneMessage:
    def test_it_shows_what_was_sent_and_what_became_of_it(self, browser, app, by):
        campaign = sent_to(people(1), by=by)
        give_states(campaign, [MessageState.FAILED], **FAILED)

        page = browser.get(f"/campaigns/{campaign.id}/messages/{ids_of(campaign)[0]}").text

        assert "our doors are open this Saturday" in page and "Safe to try again now" in page

    @pytest.mark.parametrize("message_id", [99, 0, HUGE])
    def test_a_message_that_is_not_of_it_is_not_found(self, browser, app, by, message_id):
        campaign = sent_to(people(1), by=by)

        assert browser.get(f"/campaigns/{campaign.id}/messages/{message_id}").status_code == 404


class TestTryingAgain:
    def test_the_button_names_the_number_and_does_just_that(self, browser, app, by):
        campaign = sent_to(people(3), by=by)
        give_states(campaign, [MessageState.FAILED, MessageState.FAILED], **FAILED)

        page = browser.get(f"/campaigns/{campaign.id}/retry").text
        assert "Try 2 people again now" in page
        browser.post(f"/campaigns/{campaign.id}/retry", {"code": ["131000"], "number": "2"})

        assert state_of(campaign) is CampaignState.SENDING
        assert db.session.scalars(select(Message.state).order_by(Message.id)).all().count(MessageState.QUEUED) == 2

    def test_what_cannot_help_is_unticked_and_said_to_be_useless(self, browser, app, by):
        campaign = sent_to(people(1), by=by)
        give_states(campaign, [MessageState.FAILED], reason_code="131026", reason="Not on WhatsApp")

        page = browser.get(f"/campaigns/{campaign.id}/retry").text

        assert "Trying again is useless" in page and "Nobody is chosen" in page and 'id="code-1" checked' not in page

    def test_another_number_than_the_one_shown_tries_nobody(self, browser, app, by):
        campaign = sent_to(people(1), by=by)
        give_states(campaign, [MessageState.FAILED], **FAILED)

        answer = browser.post(f"/campaigns/{campaign.id}/retry", {"code": ["131000"], "number": "5"})

        assert "not 5; look again" in browser.get(answer.location).text
        assert state_of(campaign) is CampaignState.FINISHED

    def test_a_cancelled_campaign_says_why_not(self, browser, app, by):
        campaign = sent_to(people(2), by=by)
        give_states(campaign, [MessageState.FAILED], **FAILED)
        db.session.execute(db.update(Campaign).values(state=CampaignState.CANCELLED))
        db.session.commit()

        assert "This campaign was cancelled" in browser.get(f"/campaigns/{campaign.id}/retry").text
        assert "This campaign was cancelled" in browser.get(f"/campaigns/{campaign.id}").text

    def test_it_needs_the_right_to_send(self, browser_as, stranger, app, by):
        campaign = sent_to(people(1), by=by)

        assert stranger.post(f"/campaigns/{campaign.id}/retry").status_code == 401
        assert browser_as("manager").get(f"/campaigns/{campaign.id}/retry").status_code == 403
        assert browser_as("manager").post(f"/campaigns/{campaign.id}/retry").status_code == 403


class TestCompare:
    def test_two_stand_side_by_side_with_links_to_their_people(self, browser, app, by):
        first, second = sent_to(people(2), name="First", by=by), sent_to(people(2, first=9), name="Second", by=by)
        give_states(second, [MessageState.READ])

        page = browser.get(f"/campaigns/compare?campaign={first.id}&campaign={second.id}").text

        assert "2 campaigns side by side" in page and "points more read it" in page
        assert f"/campaigns/{second.id}/recipients?show=read" in page

    @pytest.mark.parametrize("asked", ["", "campaign=1", "campaign=x", f"campaign={HUGE}&campaign=x"])
    def test_too_few_go_back_to_the_list_with_a_sentence(self, browser, app, asked):
        answer = browser.get(f"/campaigns/compare?{asked}")

        assert answer.location == "/campaigns" and "Choose two to 4" in browser.get("/campaigns").text

    def test_one_that_is_gone_is_not_found(self, browser, app):
        assert browser.get("/campaigns/compare?campaign=1&campaign=2").status_code == 404

    def test_all_times_of_a_pattern_have_a_page(self, browser, app, by):
        campaign = sent_to(people(1), by=by)

        assert "It has not come to any of its times yet" in browser.get(f"/campaigns/{campaign.id}/times").text


class TestList:
    def test_names_days_and_places_come_from_the_address(self, browser, app, by):
        sent_to(people(1), name="Flu vaccine days", by=by)
        day = clock.now().date()

        assert "Flu vaccine days" in browser.get(f"/campaigns?q=flu&from={day.replace(day=1)}").text
        assert "No campaign matches" in browser.get("/campaigns?q=nothing").text
        for asked in ("from=x", "to=0000-00-00", f"after={HUGE}", "before=x", f"page={HUGE}", "from=9999-12-31", "q=%25"):
            assert browser.get(f"/campaigns?{asked}").status_code == 200

    def test_many_campaigns_are_led_through_page_by_page(self, browser, app, by):
        from tests.factories.campaigns import a_campaign

        for number in range(27):
            a_campaign(size=0, name=f"Draft number {number:02d}")

        first = browser.get("/campaigns").text
        assert 'rel="next"' in first and "25 of 27" in first
        page = campaigns.find_campaigns()
        assert "2 of 27, page 2" in browser.get(f"/campaigns?after={page.after}&page=2").text
