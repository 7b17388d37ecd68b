"""Campaign pages: compose in steps, the check and its one button, what runs, and who is behind each number."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.states import CampaignState, ConsentState, MessageState, TemplateState
from models import Campaign, Message, db
from services import campaigns
from tests.factories.campaigns import a_campaign, a_tag, a_version, give_states, people

HUGE = 10**30
TOMORROW = {"when": "later", "time": "09:00", "zone": "Africa/Lagos", "latest_minutes": "120"}


def tomorrow():
    return {"day": (clock.now() + timedelta(days=2)).date().isoformat()} | TOMORROW


def draft():
    """The newest campaign."""
    return db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first()


def running(by, *, size=3, **changes):
    campaign = a_campaign(size=size, **changes)
    campaigns.start_now(campaign.id, by=by)
    campaigns.launch_due(clock.now())
    return campaigns.get_campaign(campaign.id)


class TestComposing:
    def test_four_steps_lead_from_nothing_to_a_scheduled_campaign(self, browser, app):
        tag = a_tag("patients")
        people(3, tag)
        version = a_version()

        assert "patients" in browser.get("/campaigns/new").text
        at = browser.post("/campaigns/new", {"name": "Check-up", "tags": [str(tag.id)]}).location
        assert browser.post(at, {"version_id": str(version.id), "unknown_policy": "hold"}).location == f"{at}#gaps"
        at = browser.post(at, {"version_id": str(version.id), "unknown_policy": "hold",
                               "from_first_name": "first_name", "text_first_name": "there"}).location
        check = browser.get(browser.post(at, tomorrow()).location)
        assert "Schedule for 3 people" in check.text and "(Lagos)" in check.text
        browser.post(f"/campaigns/{draft().id}/send")

        assert (draft().state, draft().zone) == (CampaignState.SCHEDULED, "Africa/Lagos")
        assert draft().variables == {"first_name": {"from": "field", "field": "first_name", "fallback": "there"}}
        assert "Starts" in browser.get(f"/campaigns/{draft().id}").text

    def test_what_was_typed_stays_when_it_is_refused(self, browser):
        answer = browser.post("/campaigns/new", {"name": "N" * 121, "tags": ["999"]})

        assert answer.status_code == 422
        assert "N" * 121 in answer.text and "120 characters or fewer" in answer.text

    @pytest.mark.parametrize("typed", ["999", "x", str(HUGE), "-1", "１"])
    def test_a_tag_that_does_not_exist_is_a_sentence(self, browser, typed):
        answer = browser.post("/campaigns/new", {"name": "Check-up", "tags": [typed]})

        assert answer.status_code == 422 and "does not exist any more" in answer.text

    @pytest.mark.parametrize("field, typed, said", [
        ("day", "2001-01-01", "is past"), ("day", "0001-01-01", "is past"),
        ("day", "tomorrow", "not a date and time"),
        ("day", "", "not a date and time"), ("day", "2999-01-01", "two years"),
        ("time", "25:00", "no such date or time"), ("time", "", "not a date and time"),
        ("zone", "Mars/Base", "not a time zone"), ("latest_minutes", "0", "how late"),
        ("latest_minutes", str(HUGE), "how late"),
    ])
    def test_a_time_that_cannot_be_is_said_beside_its_field_and_kept(self, browser, app, field, typed, said):
        campaign = a_campaign()

        answer = browser.post(f"/campaigns/{campaign.id}/when", tomorrow() | {field: typed})

        assert answer.status_code == 422 and said in answer.text
        assert campaigns.get_campaign(campaign.id).wall_time == ""

    @pytest.mark.parametrize("typed", ["", "abc", "77", "x", str(HUGE)])
    def test_a_template_that_does_not_exist_is_a_sentence(self, browser, app, typed):
        campaign = a_campaign()

        answer = browser.post(f"/campaigns/{campaign.id}/what", {"version_id": typed, "unknown_policy": "hold"})

        assert answer.status_code == 422 and "version_id-error" in answer.text
        assert campaigns.get_campaign(campaign.id).version_id == campaign.version_id

    def test_a_source_that_cannot_be_is_said_beside_its_gap(self, browser, app):
        campaign = a_campaign()

        answer = browser.post(f"/campaigns/{campaign.id}/what", {
            "version_id": str(campaign.version_id), "unknown_policy": "hold", "from_first_name": "password",
            "text_first_name": "there"})

        assert answer.status_code == 422 and "Choose where" in answer.text

    def test_user_text_is_shown_and_never_run(self, browser, app):
        tag = a_tag("{{191*7}}")
        people(1, tag, first_name="{{config}}<script>alert(1)</script>")
        campaign = a_campaign(size=0, name="{{191*7}}<b>", tag_ids=[tag.id])

        page = browser.get(f"/campaigns/{campaign.id}/check").text

        assert "1337" not in page and "<script>alert" not in page
        assert "{{config}}" in page and "{{191*7}}&lt;b&gt;" in page

    def test_a_draft_can_be_copied_and_deleted(self, browser, app):
        campaign = a_campaign()

        browser.post(f"/campaigns/{campaign.id}/duplicate")
        browser.post(f"/campaigns/{campaign.id}/delete")

        assert [row.campaign.name for row in campaigns.list_campaigns().items] == ["Open doors (copy)"]


class TestRefreshingWithoutScripts:
    REFRESH = '<noscript><meta http-equiv="refresh" content="5"></noscript>'

    def test_the_page_asks_again_while_it_is_being_sent(self, browser, by):
        campaign = running(by)

        assert self.REFRESH in browser.get(f"/campaigns/{campaign.id}").text

    def test_and_in_the_minutes_before_it_starts(self, browser, by):
        campaign = a_campaign()
        campaigns.start_now(campaign.id, by=by)

        assert self.REFRESH in browser.get(f"/campaigns/{campaign.id}").text

    def test_but_not_days_before_nor_afterwards(self, browser, by):
        campaign, later = running(by), a_campaign(name="Later")
        campaigns.cancel(campaign.id, by=by)
        campaigns.schedule(later.id, wall_text=f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}", zone="UTC", by=by)

        assert self.REFRESH not in browser.get(f"/campaigns/{campaign.id}").text
        assert self.REFRESH not in browser.get(f"/campaigns/{later.id}").text


class TestZones:
    def test_how_late_is_said_on_the_clocks_of_the_campaign(self, browser, by):
        campaign = a_campaign()
        day = (clock.now() + timedelta(days=3)).date()
        campaigns.set_time(campaign.id, wall_text=f"{day}T09:00", zone="Africa/Lagos", latest_minutes=120, by=by)
        check = browser.get(f"/campaigns/{campaign.id}/check").text
        campaigns.schedule(campaign.id, wall_text=f"{day}T09:00", zone="Africa/Lagos", latest_minutes=120, by=by)
        scheduled = browser.get(f"/campaigns/{campaign.id}").text

        assert all("11:00 (Lagos), nothing is sent" in page for page in (check, scheduled))


class TestCheck:
    def test_the_button_names_the_number_and_each_reason_opens_its_people(self, browser, app):
        tag = a_tag()
        people(2, tag)
        people(3, tag, first=10, marketing=ConsentState.WITHDRAWN)
        campaign = a_campaign(size=0, tag_ids=[tag.id])

        page = browser.get(f"/campaigns/{campaign.id}/check").text
        people_page = browser.get(f"/campaigns/{campaign.id}/skipped?code=opted_out_marketing").text

        assert "Send to 2 people now" in page and "3 people are skipped, and why" in page and "See the 3" in page
        assert "We check each person again at the moment of sending" in page
        assert people_page.count("Said STOP to marketing messages") == 3

    def test_arrows_walk_through_everybody_and_a_skipped_one_shows_why(self, browser, app):
        tag = a_tag()
        people(1, tag, first_name="Ibrahim")
        people(1, tag, first=10, marketing=ConsentState.WITHDRAWN)
        campaign = a_campaign(size=0, tag_ids=[tag.id])

        assert "Hello Ibrahim" in browser.get(f"/campaigns/{campaign.id}/check").text
        assert "Said STOP to marketing messages." in browser.get(f"/campaigns/{campaign.id}/check?person=2").text

    @pytest.mark.parametrize("person", ["0", "-1", "x", str(HUGE), "%00", "٣"])
    def test_a_person_that_is_no_number_shows_somebody(self, browser, app, person):
        answer = browser.get(f"/campaigns/{a_campaign().id}/check?person={person}")

        assert answer.status_code in (200, 404)

    def test_nobody_to_send_to_replaces_the_button_by_the_reason(self, browser, app):
        page = browser.get(f"/campaigns/{a_campaign(size=0).id}/check").text

        assert "Nobody carries the chosen tags" in page and "Send to" not in page.split("page-actions")[0]
        assert "btn-primary" not in page

    def test_a_clock_change_is_said_before_anything_is_sent(self, browser, app, by):
        year = clock.now().year + 1
        sunday = max(day for day in range(25, 32) if clock.now().replace(year=year, month=3, day=day).weekday() == 6)
        campaign = a_campaign()
        campaigns.set_time(campaign.id, wall_text=f"{year}-03-{sunday}T01:30", zone="Europe/London", by=by)

        page = browser.get(f"/campaigns/{campaign.id}/check").text

        assert "01:30 does not exist that day" in page and "02:00 (London)" in page

    def test_who_may_not_send_reads_a_sentence_instead_of_the_button(self, browser_as, app):
        campaign = a_campaign()
        browser = browser_as("manager")

        assert "may prepare campaigns but not send" in browser.get(f"/campaigns/{campaign.id}/check").text
        assert browser.post(f"/campaigns/{campaign.id}/send").status_code == 403
        assert campaigns.get_campaign(campaign.id).state is CampaignState.DRAFT

    def test_pressing_the_button_twice_schedules_once(self, browser, app):
        campaign = a_campaign()

        first, second = (browser.post(f"/campaigns/{campaign.id}/send", {"now": "1"}) for _ in range(2))
        campaigns.launch_due(clock.now())

        assert first.status_code == second.status_code == 302
        assert db.session.query(Message).count() == 3

    def test_a_template_that_lost_its_approval_is_said_and_nothing_starts(self, browser, app):
        campaign = a_campaign(version_id=a_version(state=TemplateState.PAUSED).id)

        browser.post(f"/campaigns/{campaign.id}/send", {"now": "1"})

        assert "not approved" in browser.get(f"/campaigns/{campaign.id}/check").text
        assert campaigns.get_campaign(campaign.id).state is CampaignState.DRAFT


class TestRunning:
    def test_the_page_says_how_far_it_is_and_its_part_the_same(self, browser, app, by):
        campaign = running(by, size=5)
        give_states(campaign, [MessageState.READ, MessageState.FAILED, MessageState.UNKNOWN], reason="Not on WhatsApp",
                    reason_code="131026")

        page = browser.get(f"/campaigns/{campaign.id}").text
        part = browser.get(f"/campaigns/{campaign.id}/progress").text

        for text in (page, part):
            assert "of 5 people" in text and "2 waiting" in text and "1 unknown" in text and "1 failed" in text
            assert "1 message: sent or not?" in text and "Cancel the other 2" in text
            assert "data-live-stop" not in text

    @pytest.mark.parametrize("show, expected", [
        ("sent", 2), ("delivered", 1), ("read", 1), ("failed", 1), ("unknown", 1), ("waiting", 1), ("", 5),
        ("skipped", 0), ("nonsense", 5), ("replied", 0),
    ])
    def test_each_number_opens_exactly_its_people(self, browser, app, by, show, expected):
        campaign = running(by, size=5)
        give_states(campaign, [MessageState.READ, MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN])

        page = browser.get(f"/campaigns/{campaign.id}/recipients?show={show}").text

        assert page.count('href="/contacts/') == expected

    def test_pause_resume_and_cancel_are_buttons(self, browser, app, by):
        campaign = running(by)

        browser.post(f"/campaigns/{campaign.id}/pause")
        assert "Nothing leaves until somebody resumes it" in browser.get(f"/campaigns/{campaign.id}").text
        browser.post(f"/campaigns/{campaign.id}/resume")
        assert campaigns.get_campaign(campaign.id).state is CampaignState.SENDING
        browser.post(f"/campaigns/{campaign.id}/cancel")

        page = browser.get(f"/campaigns/{campaign.id}").text
        assert "3 cancelled" in page and "data-live-stop" in page

    def test_a_doubt_is_decided_by_a_person(self, browser, app, by):
        campaign = running(by, size=2)
        give_states(campaign, [MessageState.UNKNOWN, MessageState.UNKNOWN], attempted_at=clock.now())
        first, second = db.session.scalars(select(Message.id).order_by(Message.id)).all()

        assert "Treat as sent" in browser.get(f"/campaigns/{campaign.id}/recipients?show=unknown").text
        browser.post(f"/campaigns/{campaign.id}/messages/{first}/sent")
        browser.post(f"/campaigns/{campaign.id}/messages/{second}/again")

        assert db.session.scalars(select(Message.state).order_by(Message.id)).all() == [
            MessageState.ACCEPTED, MessageState.QUEUED]

    def test_a_missed_one_asks_what_to_do(self, browser, app, by):
        campaign = a_campaign()
        soon = clock.now() + timedelta(hours=1)
        campaigns.schedule(campaign.id, wall_text=f"{soon:%Y-%m-%dT%H:%M}", zone="UTC", by=by)
        campaigns.launch_due(clock.now() + timedelta(days=1))

        assert "Choose what to do" in browser.get(f"/campaigns/{campaign.id}").text
        page = browser.get(f"/campaigns/{campaign.id}/check").text
        assert "Send to 3 people now" in page and "Choose another time" in page
        browser.post(f"/campaigns/{campaign.id}/send", {"now": "1"})
        assert campaigns.launch_due(clock.now()) == 1

    def test_the_spreadsheet_holds_everybody(self, browser, app, by):
        answer = browser.get(f"/campaigns/{running(by).id}/recipients.csv")

        assert answer.mimetype == "text/csv" and len(answer.text.splitlines()) == 4

    def test_the_list_shows_every_state_and_can_be_narrowed(self, browser, app, by):
        running(by, name="Running")
        a_campaign(name="Waiting draft")

        assert "Running" in browser.get("/campaigns").text
        assert "Waiting draft" not in browser.get("/campaigns?state=sending").text
        assert browser.get(f"/campaigns?state=no&page={HUGE}").status_code == 200

    def test_an_empty_list_has_the_one_action_that_fits(self, browser, app):
        assert "Start the first one" in browser.get("/campaigns").text


PAGES = ["", "/progress", "/recipients", "/recipients.csv", "/check", "/skipped", "/whom", "/what", "/when"]
ACTS = ["/send", "/pause", "/resume", "/cancel", "/unschedule", "/duplicate", "/delete", "/messages/1/sent",
        "/messages/1/again"]


class TestDoors:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_page_needs_sign_in(self, stranger, app, page):
        assert "/sign-in" in stranger.get(f"/campaigns/{a_campaign().id}{page}").location

    @pytest.mark.parametrize("act", ACTS)
    def test_an_act_needs_sign_in_and_a_right(self, stranger, browser_as, app, act):
        campaign = a_campaign()

        assert stranger.post(f"/campaigns/{campaign.id}{act}").status_code == 401
        assert browser_as("viewer").post(f"/campaigns/{campaign.id}{act}").status_code == 403

    @pytest.mark.parametrize("act", ACTS)
    def test_an_act_cannot_be_reached_by_a_link(self, browser, app, act):
        assert browser.get(f"/campaigns/{a_campaign().id}{act}").status_code == 405

    @pytest.mark.parametrize("campaign_id", [77, 0, 2**31, HUGE])
    @pytest.mark.parametrize("page", PAGES)
    def test_a_campaign_that_does_not_exist_is_not_found(self, browser, app, campaign_id, page):
        assert browser.get(f"/campaigns/{campaign_id}{page}").status_code == 404

    @pytest.mark.parametrize("act", [act for act in ACTS if act not in ("/duplicate", "/delete", "/send", "/cancel")])
    def test_an_act_out_of_turn_is_a_sentence_and_changes_nothing(self, browser, app, act):
        campaign = a_campaign()

        assert browser.post(f"/campaigns/{campaign.id}{act}").status_code in (302, 409)
        assert campaigns.get_campaign(campaign.id).state is CampaignState.DRAFT

    def test_a_viewer_sees_but_is_not_offered_what_they_may_not_do(self, browser_as, app, by):
        page = browser_as("viewer").get(f"/campaigns/{running(by).id}").text

        assert "of 3 people" in page and "Pause" not in page and "Cancel" not in page
