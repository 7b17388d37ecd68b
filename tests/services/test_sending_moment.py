"""The moment of sending: consent, number, quiet hours and the latest useful moment are asked once more."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import clock
from core.states import MessageState
from models import Contact, Message, db, transaction
from services import sending, settings
from tests.factories import sending as make

NIGHT = {"is_on": True, "from": "00:00", "to": "23:59"}


def claimed(campaign, want=10):
    return {one.message_id: one for one in sending.claim(campaign.channel_id, want=want)}


def change(contact_id, **values):
    with transaction():
        db.session.query(Contact).filter_by(id=contact_id).update(values)


class TestTheNumber:
    def test_a_corrected_number_is_the_one_written_to_and_written_down(self, app):
        campaign = make.make_campaign(2)
        first, second = make.messages(campaign)
        change(first.contact_id, phone="+447700900555")

        found = claimed(campaign)

        assert found[first.id].outgoing.to == "+447700900555"
        assert found[second.id].outgoing.to == second.phone
        assert [one.phone for one in make.messages(campaign)] == ["+447700900555", second.phone]

    def test_a_number_that_is_somebody_elses_by_now_gets_only_their_own_message(self, app):
        campaign = make.make_campaign(2)
        first, second = make.messages(campaign)
        was = first.phone
        change(first.contact_id, phone="+447700900555")
        change(second.contact_id, phone=was)

        found = claimed(campaign)

        assert found[second.id].outgoing.to == was
        assert [one.outgoing.to for one in found.values()].count(was) == 1

    def test_who_has_no_number_any_more_is_skipped_with_the_reason(self, app):
        campaign = make.make_campaign(1)
        change(make.messages(campaign)[0].contact_id, phone=None)

        assert claimed(campaign) == {}
        assert [(str(one.state), one.reason_code) for one in make.messages(campaign)] == [("skipped", "no_phone")]


class TestQuietHours:
    def test_each_place_by_its_own_clock(self, app, by, monkeypatch):
        campaign = make.make_campaign(2)
        lagos, tokyo = (one.contact_id for one in make.messages(campaign))
        change(lagos, zone="Africa/Lagos")
        change(tokyo, zone="Asia/Tokyo")
        settings.change("quiet_hours", {"is_on": True, "from": "21:00", "to": "08:00"}, by=by)
        noon = datetime.combine(clock.now().date() + timedelta(days=1), datetime.min.time(), clock.now().tzinfo) + (
            timedelta(hours=12))  # 13:00 in Lagos, 21:00 in Tokyo
        monkeypatch.setattr(clock, "now", lambda: noon)

        found = claimed(campaign)

        assert [one.contact_id for one in found.values()] == [lagos]
        waiting = next(one for one in make.messages(campaign) if one.contact_id == tokyo)
        assert waiting.due_at == noon + timedelta(hours=11)

    def test_a_service_message_may_come_at_night(self, app, by):
        settings.change("quiet_hours", NIGHT, by=by)
        campaign = make.make_campaign(2, version=make.make_version(category="utility"))

        assert len(claimed(campaign)) == 2


class TestTheLatestMoment:
    @pytest.mark.parametrize("minutes, expected", [(-1, 0), (1, 1)])
    def test_what_is_of_no_use_any_more_is_passed_over_and_waits_for_a_person(self, app, minutes, expected):
        campaign = make.make_campaign(1)
        with transaction():
            db.session.query(Message).update({"latest_at": clock.now() + timedelta(minutes=minutes)})

        assert len(claimed(campaign)) == expected
        assert db.session.scalar(select(func.count()).where(Message.state == MessageState.SKIPPED)) == 0
