"""Every number is looked after once a minute; what is wrong is said in words on Home, on its page and in /readyz."""

from datetime import timedelta

import pytest

from core import clock
from models import Channel, WorkerBeat, db, transaction
from services import channels, health, home
from tests.factories import sending as make
from transports.port import NeverLeft, NotSignedIn

HOOK = "https://clinic.example.org/webhook"
GOOD = {"is_valid": True, "expires_at": 0, "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"]}


class Account:
    """What Meta says of a number, for tests."""

    def __init__(self):
        self.number = {"status": "CONNECTED", "quality_rating": "GREEN", "webhook_configuration": {"application": HOOK},
                       "whatsapp_business_manager_messaging_limit": "TIER_250"}
        self.token, self.trouble, self.deaf, self.asked = dict(GOOD), None, None, 0

    def number_info(self, _line):
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return self.number

    def token_info(self, _line):
        if isinstance(self.trouble, NeverLeft):
            raise self.trouble
        return self.token

    def subscriptions(self, _line):
        return [{"id": "1"}]

    def knock(self, _line, _url):
        if self.deaf:
            raise self.deaf


@pytest.fixture
def account(app, monkeypatch):
    fake = Account()
    monkeypatch.setitem(app.extensions["carriers"], "account", fake)
    return fake


@pytest.fixture
def line(app):
    return channels.ensure_first()


def looked_after(minutes=0.0):
    """One look, as if it were so much later."""
    with transaction():
        passed = timedelta(minutes=minutes)
        for beat in db.session.query(WorkerBeat):
            beat.beat_at -= passed
    channels.pulse_due(clock.now())
    db.session.expire_all()


def kinds():
    return [(one.kind, one.stops) for one in channels.troubles()]


class TestTheLook:
    def test_a_number_that_is_well_has_no_troubles_and_its_facts_are_kept(self, account, line):
        looked_after()

        assert kinds() == [] and (line.quality, line.tier, line.number_status) == ("GREEN", "TIER_250", "CONNECTED")

    def test_of_many_processes_one_looks(self, account, line):
        looked_after()
        asked = account.asked
        looked_after()

        assert account.asked == asked

    def test_a_token_meta_does_not_take_is_said_within_a_look(self, account, line):
        looked_after()
        account.trouble, account.token = NotSignedIn("Meta says this token is not valid.", code="190"), {"is_valid": False}
        looked_after(0.5)

        assert kinds() == [("token", True)]
        assert "not valid" in channels.troubles()[0].words and "System users" in channels.troubles()[0].advice

    def test_a_new_token_ends_the_trouble(self, account, line):
        account.trouble, account.token = NotSignedIn("Not valid.", code="190"), {"is_valid": False}
        looked_after()
        account.trouble, account.token = None, dict(GOOD)
        looked_after(0.5)

        assert kinds() == []

    def test_a_meta_that_does_not_answer_is_said_and_the_token_is_not_blamed(self, account, line):
        looked_after()
        account.trouble = NeverLeft("The carrier could not be reached.", code="unreachable")
        looked_after(1)

        assert kinds() == [("graph", True)]

    def test_a_webhook_that_stops_answering_is_said(self, account, line):
        looked_after()
        account.deaf = NeverLeft("It cannot be reached from here.", code="webhook")
        looked_after(1)

        assert kinds() == [("webhook", True)]

    def test_a_webhook_that_never_answered_us_is_not_said_to_be_broken(self, account, line):
        account.deaf = NeverLeft("It cannot be reached from here.", code="webhook")
        looked_after()
        looked_after(1)

        assert kinds() == []

    def test_news_that_comes_in_is_as_good_as_an_answer(self, account, line):
        looked_after()
        account.deaf = NeverLeft("It cannot be reached from here.", code="webhook")
        channels.heard(line.id, at=clock.now())
        looked_after(1)

        assert kinds() == []


class TestWhatIsSaid:
    def set(self, line, **values):
        with transaction():
            for name, value in values.items():
                setattr(db.session.get(Channel, line.id), name, value)

    @pytest.mark.parametrize(("days", "stops"), [(13, False), (-1, True)])
    def test_a_token_is_said_fourteen_days_ahead_and_stops_when_it_has_ended(self, line, days, stops):
        self.set(line, token_expires_at=clock.now() + timedelta(days=days))

        assert kinds() == [("token", stops)]

    def test_one_that_ends_later_is_not(self, line):
        self.set(line, token_expires_at=clock.now() + timedelta(days=15))

        assert kinds() == []

    def test_quality_and_a_number_that_is_not_connected(self, line):
        self.set(line, quality="RED", number_status="PENDING")

        assert kinds() == [("number", True), ("quality", False)]

    def test_many_failures(self, line):
        campaign = make.make_campaign(20, channel=line)
        with transaction():
            for number, one in enumerate(make.messages(campaign)):
                one.attempted_at, one.state = clock.now(), "failed" if number < 5 else "delivered"

        assert kinds() == [("failing", False)] and "5 of the 20" in channels.troubles()[0].words

    def test_people_opened_by_all_numbers_of_the_account_count_against_its_limit(self, line):
        self.set(line, tier="TIER_50")
        with transaction():
            other = Channel(name="Second", kind="simulation", phone_number_id="100000000000002",
                            business_id=line.business_id, tier="TIER_50")
            db.session.add(other)
        campaign = make.make_campaign(46, channel=other)
        with transaction():
            for one in make.messages(campaign):
                one.attempted_at, one.state = clock.now(), "delivered"

        assert channels.facts_of(line).opened == 46
        assert ("limit", False) in kinds()

    def test_home_says_it_with_what_to_do(self, line):
        self.set(line, token_expires_at=clock.now() - timedelta(days=1))

        need = next(one for one in home.needs() if one.kind == "line_token")
        assert need.name == line.name and "Make a new token at Meta" in need.detail

    def test_home_says_that_scheduler_and_sender_have_stopped(self, line):
        for part in health.PARTS:
            health.beat(part)
        assert not [one for one in home.needs() if one.kind == "part"]
        with transaction():
            for beat in db.session.query(WorkerBeat):
                beat.beat_at = clock.now() - timedelta(seconds=40)

        assert [(one.name, one.detail) for one in home.needs() if one.kind == "part"] == [
            ("scheduler", "has stopped; start the program again"), ("sender", "has stopped; start the program again")]

    def test_readyz_says_it_and_is_not_ready_when_it_stops_everything(self, line):
        self.set(line, token_expires_at=clock.now() - timedelta(days=1), quality="YELLOW")

        told = {one.part: one for one in health.report()}
        assert not told[f"token of channel {line.id}"].is_well and told[f"quality of channel {line.id}"].is_well
