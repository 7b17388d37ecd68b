"""What a refusal means beyond its message: as an answer and as a notice."""

from datetime import timedelta

import pytest

from core import clock
from core.states import CampaignState, MessageState
from models import Campaign, Channel, Contact, Message, db, transaction
from services import sending
from services.sending import Result, outcome_of
from services.sending.outcomes import MOST_TRIES
from tests.factories import sending as make
from transports import port

SENDING, PAUSED = CampaignState.SENDING, CampaignState.PAUSED


def claim_of(campaign):
    """The first message, claimed; or one that was claimed before."""
    return campaign if isinstance(campaign, sending.Claim) else sending.claim(campaign.channel_id, want=1)[0]


def channel_id():
    return db.session.scalar(db.select(db.func.min(Channel.id)))


def by_answer(campaign, failure):
    """The first message of the campaign is refused at once."""
    claim = claim_of(campaign)
    sending.exchange(channel_id(), done=[Result(claim, None, outcome_of(failure, claim.tries), clock.seconds())])
    return claim


def by_notice(campaign, failure):
    """The first message of the campaign is accepted and refused later."""
    claim = claim_of(campaign)
    sending.exchange(channel_id(), done=[Result(claim, port.Receipt("wamid.1"), None, clock.seconds())])
    sending.apply_news([notice(claim, failure)])
    return claim


def notice(claim, failure, wire_id="wamid.1"):
    return port.StatusNews("100000000000001", wire_id, "failed", clock.now(), attempt_id=claim.attempt_id,
                           code="1", reason=failure.words, refusal=type(failure))


WAYS = pytest.mark.parametrize("refused", [by_answer, by_notice])


def state_of(campaign):
    db.session.expire_all()
    return db.session.get(Campaign, campaign.id).state


@WAYS
def test_a_template_that_was_stopped_stops_every_campaign_of_that_version(app, refused):
    version, channel = make.make_version(), make.make_channel()
    first = make.make_campaign(3, channel=channel, version=version)
    same = make.make_campaign(3, channel=channel, version=version, start=50, state=PAUSED)
    other = make.make_campaign(3, channel=channel, version=make.make_version(name="other"), start=90, state=PAUSED)
    refuse = port.TemplateStopped("Meta has paused this template.")
    claim, = sending.claim(channel.id, want=1)
    with transaction():
        db.session.execute(db.update(Campaign).values(state=SENDING))

    refused(claim, refuse)

    assert [state_of(one) for one in (first, same, other)] == [PAUSED, PAUSED, SENDING]


@WAYS
def test_a_blocked_account_pauses_every_number_of_it(app, refused):
    campaign = make.make_campaign(2)
    with transaction():
        db.session.add(Channel(name="Second", kind="cloud", phone_number_id="2", business_id="200000000000001"))
        db.session.add(Channel(name="Elsewhere", kind="cloud", phone_number_id="3", business_id="9"))

    refused(campaign, port.AccountRefused("Meta has locked the account."))

    db.session.expire_all()
    assert [one.paused_at is not None for one in db.session.scalars(db.select(Channel).order_by(Channel.id))] == [
        True, True, False]


@WAYS
def test_whoever_is_to_be_left_in_peace_is_marked_for_a_day(app, refused):
    campaign = make.make_campaign(1)

    refused(campaign, port.LeaveInPeace("Leave them in peace."))

    db.session.expire_all()
    until = db.session.scalar(db.select(Contact.marketing_rest_until))
    assert timedelta(hours=23) < until - clock.now() <= timedelta(hours=24)
    assert make.states(campaign) == [MessageState.FAILED]


@WAYS
@pytest.mark.parametrize("kind", [port.TooFast, port.PairTooFast, port.TryLater])
def test_what_came_too_early_is_no_failure_however_it_is_told(app, refused, kind):
    campaign = make.make_campaign(1)

    refused(campaign, kind("Too fast."))

    assert make.states(campaign) == [MessageState.QUEUED]


@pytest.mark.parametrize("tries, says", [(1, port.AGAIN), (MOST_TRIES, "It was tried more than once.")])
def test_a_reason_that_is_told_says_whether_it_is_tried_again(app, tries, says):
    campaign = make.make_campaign(1)
    claim = claim_of(campaign)
    with transaction():
        db.session.execute(db.update(Message).values(tries=tries))

    by_notice(claim, port.TryLater(f"Trouble. {port.AGAIN}"))

    message, = make.messages(campaign)
    assert message.reason == f"Trouble. {says}"


def test_the_same_notice_again_changes_nothing(app):
    campaign = make.make_campaign(1)
    claim = by_notice(campaign, port.TooFast("Too fast."))

    sending.apply_news([notice(claim, port.TooFast("Too fast."))])

    message, = make.messages(campaign)
    assert (message.state, message.tries) == (MessageState.QUEUED, 1)


def test_a_number_that_was_told_to_slow_down_does_so_and_comes_back(app):
    campaign = make.make_campaign(3)
    by_answer(campaign, port.TooFast("Slow down.", wait_seconds=0.0))
    db.session.expire_all()

    assert db.session.get(Channel, campaign.channel_id).slow_share == 0.5


def test_a_failure_that_waits_for_its_message_still_rests_its_person(app):
    campaign = make.make_campaign(1)
    claim, = sending.claim(campaign.channel_id, want=1)
    early = notice(claim, port.LeaveInPeace("Not today."), "wamid.early")._replace(attempt_id="")
    assert sending.apply_news([early]).waiting == 1
    assert make.messages(campaign)[0].contact.marketing_rest_until is None

    sending.exchange(campaign.channel_id, done=[sending.Result(claim, port.Receipt("wamid.early"), None, clock.seconds())])

    db.session.expire_all()
    message, = make.messages(campaign)
    assert message.state is MessageState.FAILED
    assert message.contact.marketing_rest_until is not None
