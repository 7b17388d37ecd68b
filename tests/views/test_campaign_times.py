"""The when step, what repeats on its page, and what becomes of what is late."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from core import clock, wall_time
from core.states import CampaignState
from models import Campaign, Message, db, transaction
from services import campaigns, settings
from tests.factories.campaigns import FOLAKE, a_campaign, a_tag, people

REPEAT = {"when": "repeat", "day": "2027-03-02", "time": "09:00", "zone": "Europe/London", "every": "month", "interval": "1",
          "month_day": "31", "short_month": "last", "nth": "1", "weekday": "0", "ends": "never", "latest_minutes": "120"}


def error_beside(text: str, field: str) -> str:
    """What stands under a field; empty when nothing does."""
    found = re.search(rf'id="{field}-error">(.*?)</p>', text, re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found.group(1)).strip() if found else ""


class TestWhen:
    def test_now_later_and_repeating_are_kept_and_shown_again(self, browser):
        campaign = a_campaign()
        address = f"/campaigns/{campaign.id}/when"
        year = clock.now().year + 1

        assert browser.post(address, REPEAT | {"day": f"{year}-03-02"}).location.endswith("/check")
        shown = browser.get(address).text
        assert "Every month on the 31st at 09:00; in shorter months on the last day" in shown
        assert campaigns.repeat_of(campaign.id).rule == {"every": "month", "interval": "1", "day": "31", "short_month": "last"}
        assert browser.post(address, {"when": "now", "latest_minutes": "120"}).location.endswith("/check")
        assert campaigns.repeat_of(campaign.id) is None

    def test_the_next_five_runs_say_what_a_clock_change_does(self, browser):
        campaign = a_campaign()
        year = clock.now().year + 1
        sunday = max(day for day in range(25, 32) if datetime(year, 3, day).weekday() == 6)
        typed = REPEAT | {"every": "day", "day": f"{year}-03-{sunday - 1}", "time": "01:30", "look": "1"}

        answer = browser.post(f"/campaigns/{campaign.id}/when", typed)
        assert answer.location.endswith("/when#means")
        shown = browser.get(answer.location).text
        assert "The next 5 runs" in shown
        assert "01:30 does not exist that day, because the clocks go forward; we use 02:00" in shown

    @pytest.mark.parametrize("changes, field, said", [
        ({"every": "week"}, "weekdays", "at least one day"), ({"month_day": "32"}, "month_day", "between 1 and 31"),
        ({"interval": "0"}, "interval", "between 1 and 24"), ({"interval": "x"}, "interval", "whole number"),
        ({"every": "year"}, "every", "days, weeks or months"), ({"zone": "Mars/Olympus"}, "zone", "not a time zone"),
        ({"time": "25:00"}, "time", "no such date or time"), ({"time": ""}, "time", "is not a date and time"),
        ({"day": "12027-01-01"}, "day", "is not a date and time"), ({"day": "2027-02-30"}, "day", "no such date"),
        ({"ends": "on"}, "ends_on", "is not a date and time"), ({"ends": "on", "ends_on": "2020-01-01"}, "ends_on", "before"),
        ({"ends": "after"}, "count", "how many times"), ({"ends": "after", "count": "10000"}, "count", "how many times"),
        ({"every": "nth", "nth": "9"}, "nth", "first, second"), ({"short_month": "?"}, "short_month", "shorter months"),
        ({"latest_minutes": "x"}, "latest_minutes", "how late is still useful")])
    def test_what_cannot_be_is_said_beside_its_field_and_everything_typed_stays(self, browser, changes, field, said):
        campaign = a_campaign()
        answer = browser.post(f"/campaigns/{campaign.id}/when", REPEAT | changes)

        assert answer.status_code == 422
        assert said in error_beside(answer.text, field)
        assert campaigns.repeat_of(campaign.id) is None
        assert 'value="repeat" checked' in answer.text or "checked" in answer.text

    def test_own_clocks_are_a_table_of_zones_with_their_people(self, browser):
        campaign = a_campaign(size=0)
        tag = a_tag("tag of Open doors")
        people(2, tag, first=1, zone="Asia/Tokyo")
        people(3, tag, first=3, country="NG")
        people(4, tag, first=6, country="US")
        day = (clock.now() + timedelta(days=40)).date().isoformat()
        browser.post(f"/campaigns/{campaign.id}/when", {"when": "later", "day": day, "time": "09:00", "zone": "Asia/Karachi",
                                                        "local_time": "y", "latest_minutes": "60", "look": "1"})
        shown = browser.get(f"/campaigns/{campaign.id}/when").text

        assert [zone for zone in ("Asia/Tokyo", "Africa/Lagos", "Asia/Karachi", "(their own is not known)") if zone in shown] == [
            "Asia/Tokyo", "Africa/Lagos", "Asia/Karachi", "(their own is not known)"]
        assert "The clock of 4 people is not known" in shown
        kept = campaigns.get_campaign(campaign.id)
        assert kept.local_time
        assert f"{kept.start_at:%Y-%m-%dT%H:%M}" == f"{day}T00:00"  # nine in Tokyo
        assert kept.latest_at - kept.start_at == timedelta(hours=9)  # nine in Lagos, and an hour

    def test_a_wall_time_that_is_past_everywhere_is_refused(self, browser):
        campaign = a_campaign()
        answer = browser.post(f"/campaigns/{campaign.id}/when", {
            "when": "later", "day": "2020-01-01", "time": "09:00", "zone": "UTC", "local_time": "y", "latest_minutes": "60"})

        assert "past on everybody" in error_beside(answer.text, "time")

    def test_quiet_hours_are_told_where_they_matter(self, browser):
        campaign = a_campaign(size=2)
        day = (clock.now() + timedelta(days=40)).date().isoformat()
        campaigns.set_time(campaign.id, wall_text=f"{day}T23:00", zone="UTC", by=FOLAKE)
        assert "2 people get this between 21:00 and 08:00" in browser.get(f"/campaigns/{campaign.id}/when").text

        settings.change("quiet_hours", {"is_on": True, "from": "21:00", "to": "08:00"}, by=FOLAKE)
        shown = browser.get(f"/campaigns/{campaign.id}/when").text
        assert "Quiet hours are on" in shown
        assert "quiet hours, until it is of no use any more" in shown


class TestRepeating:
    def start(self, browser):
        """A campaign that repeats daily, started on its check page."""
        campaign = a_campaign()
        begin = (clock.now() + timedelta(days=40)).date().isoformat()
        browser.post(f"/campaigns/{campaign.id}/when", REPEAT | {"every": "day", "zone": "UTC", "day": begin})
        browser.post(f"/campaigns/{campaign.id}/send", {})
        return campaign.id

    def test_it_starts_from_the_check_page_and_has_a_page_with_its_runs(self, browser):
        campaign_id = self.start(browser)
        due = campaigns.repeat_of(campaign_id).next_at
        campaigns.make_due(due)
        campaigns.launch_due(due)

        assert browser.get(f"/campaigns/{campaign_id}").location.endswith("/repeats")
        shown = browser.get(f"/campaigns/{campaign_id}/repeats").text
        assert "Every day at 09:00" in shown
        assert f"Open doors · {wall_time.day(due.date())}" in shown
        assert f"{wall_time.day(due.date() + timedelta(days=5))}, 09:00" in shown

    def test_pause_resume_change_and_stop(self, browser):
        campaign_id = self.start(browser)
        address = f"/campaigns/{campaign_id}/repeats"

        browser.post(f"{address}/pause")
        assert "no run starts until it is resumed" in browser.get(address).text
        browser.post(f"{address}/resume")
        assert campaigns.repeat_of(campaign_id).paused_at is None
        assert browser.post(f"{address}/change").location.endswith("/when")
        assert 'value="09:00"' in browser.get(f"/campaigns/{campaign_id}/when").text
        browser.post(f"/campaigns/{campaign_id}/send", {})
        browser.post(f"{address}/stop")
        assert "does not repeat any more" in browser.get(address).text
        assert "finished; make a copy" in browser.post(f"{address}/stop", follow_redirects=True).text

    @pytest.mark.parametrize("act", ["pause", "resume", "stop", "change"])
    def test_a_viewer_may_not(self, browser_as, act):
        assert browser_as("viewer").post(f"/campaigns/{a_campaign().id}/repeats/{act}").status_code == 403

    def test_what_does_not_repeat_has_no_such_page(self, browser):
        campaign = a_campaign()
        assert browser.get(f"/campaigns/{campaign.id}/repeats").status_code == 302


class TestLate:
    def held(self):
        campaign = a_campaign(size=5)
        campaigns.start_now(campaign.id, by=FOLAKE)
        campaigns.launch_due(clock.now())
        with transaction():
            db.session.execute(update(Message).where(Message.campaign_id == campaign.id)
                               .values(latest_at=clock.now() - timedelta(hours=1)))
        campaigns.hold_late(clock.now())
        return campaign.id

    def test_its_page_and_home_ask_what_becomes_of_them(self, browser):
        campaign_id = self.held()

        assert "Send to the late 5 anyway" in browser.get(f"/campaigns/{campaign_id}").text
        home = browser.get("/").text
        assert "is late for 5 people" in home
        assert "Send anyway" in home
        assert "Leave them out" in home

    @pytest.mark.parametrize("act, said", [("send", "5 people get it all the same"), ("leave-out", "5 people are left out")])
    def test_either_answer_lets_it_go_on(self, browser, act, said):
        campaign_id = self.held()

        assert said in browser.post(f"/campaigns/{campaign_id}/late/{act}", follow_redirects=True).text
        assert campaigns.get_campaign(campaign_id).state is CampaignState.SENDING
        assert "already being sent" in browser.post(f"/campaigns/{campaign_id}/late/{act}", follow_redirects=True).text

    def test_home_sends_or_leaves_out_what_was_missed(self, browser):
        campaign = a_campaign()
        with transaction():
            db.session.execute(update(Campaign).values(state=CampaignState.MISSED, start_at=clock.now(),
                                                       paused_reason="It was due on a day long gone"))
        shown = browser.get("/").text

        assert "It was due on a day long gone." in shown
        assert f'action="/campaigns/{campaign.id}/send"' in shown
        assert f'action="/campaigns/{campaign.id}/cancel"' in shown
