"""The first page, its live part, and the tray."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from core import clock
from core.states import CampaignState, ConversationState, ImportState, MessageState
from models import Campaign, Import, Message, db, transaction
from services import activity, channels, home
from tests.factories import inbox as make
from views.home import WAITING, waiting


@pytest.fixture
def flu(app):
    """A campaign that is sending to four people and is unsure about one."""
    line = channels.ensure_first()
    with transaction():
        db.session.add(campaign := Campaign(name="Flu <vaccine> days", state=CampaignState.SENDING, channel_id=line.id))
        db.session.flush()
        for state in (MessageState.QUEUED, MessageState.QUEUED, MessageState.UNKNOWN, MessageState.READ):
            db.session.add(Message(channel_id=line.id, campaign_id=campaign.id, state=state))
    return campaign


def test_an_empty_installation_is_led_by_the_hand(browser):
    text = browser.get("/").text

    assert "First steps" in text
    assert "Nothing is waiting for you" in text
    assert "No campaigns yet" in text


def test_a_stranger_is_asked_to_sign_in(stranger, app, browser):
    assert stranger.get("/").location == "/sign-in?next=/"


def test_other_methods_are_refused(browser):
    assert browser.post("/").status_code == 405


def test_greets_by_the_clock_of_the_viewers_zone(browser):
    assert "Good " in browser.get("/").text
    assert "times in UTC" in browser.get("/").text


def test_what_waits_has_one_button_each(browser, flu):
    text = browser.get("/").text

    assert "1 message we cannot be sure about" in text
    assert "Flu &lt;vaccine&gt; days" in text
    assert f"/campaigns/{flu.id}" in text


def test_who_has_no_answer_stands_there_with_a_way_to_them(browser, app):
    now = clock.now()
    for minutes, ends in ((10, 24), (50, 1)):
        since = now - timedelta(minutes=minutes)
        make.a_talk(f"Ada <b> {minutes}", waiting_since=since, window_ends_at=now + timedelta(hours=ends))
    make.a_talk("Closed", waiting_since=now, state=ConversationState.CLOSED)

    text = browser.get("/").text

    assert "2 chats without an answer" in text and "Ada &lt;b&gt; 50 has waited longest" in text
    assert "The 24 hours of 1 chat end within two hours" in text and "Ada <b>" not in text
    assert browser.get("/inbox?show=unanswered&sort=waiting").text.index("Ada &lt;b&gt; 50") > 0
    assert 'href="/inbox?show=unanswered&amp;sort=waiting"' in text


def test_the_live_part_is_the_same_as_the_first_paint(browser, flu):
    part = browser.get("/home/now").text

    assert "<html" not in part
    assert "Needs you now" in part and "2 of 4" in part


def test_a_cancelled_campaign_says_how_many_were(browser, flu):
    with transaction():
        db.session.execute(update(Message).where(Message.state == MessageState.QUEUED)
                           .values(state=MessageState.CANCELLED))
        db.session.execute(update(Campaign).values(state=CampaignState.CANCELLED))

    assert "2 of 4 · 2 cancelled" in browser.get("/home/now").text


def test_nothing_a_week_ago_is_said_in_words(browser, flu):
    with transaction():
        db.session.execute(update(Message).values(attempted_at=clock.now(), accepted_at=clock.now()))

    assert "none then" in browser.get("/home/now").text
    assert "more</span> · 0" not in browser.get("/home/now").text


def test_an_unchanged_part_is_not_sent_again(browser):
    first = browser.get("/home/tray", headers={"X-Live": "1"})
    again = browser.get("/home/tray", headers={"X-Live": "1", "If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.text) == (200, 304, "")


def test_the_tray_is_on_every_page(browser, flu):
    with transaction():
        db.session.add(Import(file_name="people.csv", stored_name="x", size=1, digest="d", state=ImportState.RUNNING,
                              rows_done=1, total_rows=4))
    text = browser.get("/activity").text

    assert "Flu &lt;vaccine&gt; days" in text and "50%" in text
    assert "people.csv" in text and "25%" in text


def test_a_paused_number_goes_on_with_one_press(browser):
    line = channels.ensure_first()
    channels.pause(line.id, reason="the token is no longer valid")
    text = browser.get("/").text
    browser.post(f"/settings/channels/{line.id}/resume")

    assert "the token is no longer valid" in text and f"/settings/channels/{line.id}/resume" in text
    assert home.needs() == []
    assert activity.recent().items[0].verb == "channel.resumed"


@pytest.mark.parametrize("role", ["viewer", "agent", "manager"])
def test_only_admins_are_offered_to_resume_a_number(browser_as, role):
    line = channels.ensure_first()
    channels.pause(line.id, reason="the token is no longer valid")

    assert "Resume sending" not in browser_as(role).get("/").text


@pytest.mark.parametrize("kind", WAITING)
def test_names_are_never_filled_again(app, kind):
    with app.test_request_context():
        row = waiting(home.Need(kind, 1, "{detail}{count}", 2, "{name}"))

    assert "{rows}" not in row.title and "{messages}" not in row.title
    assert "{detail}{count}{name}" not in row.words


def test_the_number_of_queries_does_not_grow(browser, flu, count_queries):
    few = count_queries(lambda: browser.get("/home/now"))
    with transaction():
        for number in range(30):
            db.session.add(Campaign(name=f"C{number}", state=CampaignState.SENDING, channel_id=flu.channel_id))
            activity.record("campaign.finished", by=channels_actor(), subject_kind="campaign", subject_id=flu.id,
                            subject_name="x")
    many = count_queries(lambda: browser.get("/home/now"))

    assert many <= few + 2


def channels_actor():
    """Somebody to act."""
    from core.actor import SYSTEM

    return SYSTEM


@pytest.fixture
def count_queries(app):
    """How many statements an act sends to the database."""
    from sqlalchemy import event

    def counted(act):
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            act()
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
        return len(seen)

    return counted
