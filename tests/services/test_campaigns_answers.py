"""Answers belong to one campaign: the last that reached the person, within the window that is stated."""

from datetime import timedelta

import pytest

from core import clock
from core.states import MessageState
from services import campaigns
from tests.factories.answers import HOUR, says_stop, sent_to, writes
from tests.factories.campaigns import people


def replied(campaign):
    """The people the report counts as having written back, by both ways of asking."""
    shown = [row.contact_id for row in campaigns.recipients(campaign.id, show="replied").items]
    assert len(shown) == campaigns.report(campaign.id).replied == campaigns.recipients(campaign.id, show="replied").total
    return shown


def stopped(campaign):
    shown = [row.contact_id for row in campaigns.recipients(campaign.id, show="stopped").items]
    assert len(shown) == campaigns.report(campaign.id).opted_out
    return shown


def test_whoever_writes_after_their_message_counts_once(app, by):
    ids = people(3)
    campaign = sent_to(ids, by=by)
    for minutes in (10, 20):
        writes(ids[0], at=clock.now() - HOUR + timedelta(minutes=minutes))
    writes(ids[1], at=clock.now() - 3 * HOUR)

    assert replied(campaign) == [ids[0]]


@pytest.mark.parametrize("after, counts", [
    (timedelta(seconds=0), True), (campaigns.ANSWER_WINDOW - HOUR, True), (campaigns.ANSWER_WINDOW + HOUR, False),
])
def test_an_answer_counts_within_the_window_only(app, by, after, counts):
    ids = people(1)
    campaign = sent_to(ids, ago=timedelta(days=5), by=by)
    writes(ids[0], at=(clock.now() - timedelta(days=5) + after + timedelta(seconds=1)).replace(microsecond=0))

    assert replied(campaign) == ids * counts


def test_an_answer_belongs_to_the_campaign_that_reached_them_last(app, by):
    ids = people(2)
    first = sent_to(ids, name="First", ago=10 * HOUR, by=by)
    second = sent_to(ids[:1], name="Second", ago=5 * HOUR, by=by)
    for person in ids:
        writes(person, at=clock.now() - HOUR)

    assert (replied(first), replied(second)) == ([ids[1]], [ids[0]])


def test_a_later_campaign_that_did_not_reach_them_takes_no_answer(app, by):
    ids = people(1)
    first = sent_to(ids, name="First", ago=10 * HOUR, by=by)
    second = sent_to(ids, name="Second", ago=5 * HOUR, by=by, state=MessageState.FAILED)
    writes(ids[0], at=clock.now() - HOUR)

    assert (replied(first), replied(second)) == (ids, [])


def test_buttons_are_counted_by_their_words(app, by):
    ids = people(3)
    campaign = sent_to(ids, by=by)
    for person in ids[:2]:
        writes(person, at=clock.now() - HOUR, kind="button", text="Book a time")
    writes(ids[2], at=clock.now() - HOUR, text="Book a time")

    assert [(one.text, one.count) for one in campaigns.report(campaign.id).pressed] == [("Book a time", 2)]


def test_who_said_stop_afterwards_is_counted_and_opened(app, by):
    ids = people(4)
    campaign = sent_to(ids, by=by)
    says_stop(ids[0], at=clock.now() - HOUR)
    says_stop(ids[1], at=clock.now() - HOUR, how="preferences")
    says_stop(ids[2], at=clock.now() - HOUR, how="staff")
    says_stop(ids[3], at=clock.now() - 3 * HOUR)

    assert stopped(campaign) == ids[:2]


def test_a_campaign_that_never_started_has_no_answers(app, by):
    from tests.factories.campaigns import a_campaign

    campaign = a_campaign()

    assert campaigns.report(campaign.id).replied == 0
    assert campaigns.recipients(campaign.id, show="replied").total == 0
