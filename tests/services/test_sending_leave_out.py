"""Marketing that WhatsApp would not deliver: numbers of the United States, and people it asks us to leave in peace."""

from datetime import timedelta

import pytest

from core import clock
from core.states import ConsentState, MessageState
from models import Contact, Message, db, transaction
from services import campaigns, sending
from services.sending import Person, Wanted, judge
from tests.factories import sending as make

CANADA, CARIBBEAN, STATES = "+16135550142", "+18765550142", "+12025550142"


def person(phone="+447700900001", **more):
    return Person(1, phone, ConsentState.GRANTED, ConsentState.GRANTED, **more)


@pytest.mark.parametrize("phone, category, code", [
    (STATES, "marketing", "us_marketing"), (STATES, "utility", ""), (CANADA, "marketing", ""),
    (CARIBBEAN, "marketing", ""), ("+447700900001", "marketing", "")])
def test_only_marketing_and_only_the_united_states(phone, category, code):
    assert judge(person(phone), Wanted(category)).code == code


def test_the_reason_to_leave_in_peace_says_until_when():
    until = clock.now().replace(year=2027, month=3, day=4, hour=15, minute=30)

    verdict = judge(person(rests_until=until), Wanted("marketing"))

    assert verdict.words == "WhatsApp asks us to leave them in peace until 4 Mar 2027, 15:30 UTC"
    assert judge(person(rests_until=until), Wanted("utility")).ok


def test_who_never_agreed_is_told_that_first():
    stranger = Person(1, STATES, ConsentState.UNKNOWN)

    assert judge(stranger, Wanted("marketing")).code == "no_consent"


def draft(category="marketing"):
    """A draft to four: one American, one Canadian, one who rests, one whose rest is over."""
    from models import Campaign, ContactTag, Tag

    version, channel = make.make_version(category=category), make.make_channel()
    ids = make.make_people(4)
    with transaction():
        tag = Tag(name="All", key="all")
        db.session.add(tag)
        db.session.flush()
        db.session.add_all([ContactTag(contact_id=one, tag_id=tag.id) for one in ids])
        values = ({"phone": STATES}, {"phone": CANADA}, {"marketing_rest_until": clock.now() + timedelta(hours=3)},
                  {"marketing_rest_until": clock.now() - timedelta(hours=3)})
        for one, changes in zip(ids, values, strict=True):
            db.session.execute(db.update(Contact).where(Contact.id == one).values(**changes))
        campaign = Campaign(name="Spring", channel_id=channel.id, version_id=version.id, audience={"tags": [tag.id]},
                            variables={"first_name": {"from": "field", "field": "first_name"}})
        db.session.add(campaign)
    return campaign


def test_the_check_page_counts_them_and_says_why(app):
    found = campaigns.check(draft())

    assert {row.code: row.count for row in found.skipped} == {"us_marketing": 1, "in_peace": 1}
    assert found.ready == 2


def test_a_service_message_goes_to_all_of_them(app):
    assert campaigns.check(draft("utility")).ready == 4


def test_what_became_so_after_the_launch_is_seen_at_the_claim(app):
    campaign = make.make_campaign(3)
    first, second, third = (message.contact_id for message in make.messages(campaign))
    with transaction():
        db.session.execute(db.update(Contact).where(Contact.id == first).values(phone=STATES))
        db.session.execute(db.update(Contact).where(Contact.id == second).values(
            marketing_rest_until=clock.now() + timedelta(hours=1)))

    claims = sending.claim(campaign.channel_id, want=10)

    assert [claim.contact_id for claim in claims] == [third]
    assert make.states(campaign)[:2] == [MessageState.SKIPPED] * 2
    assert list(db.session.scalars(db.select(Message.reason_code).order_by(Message.id).limit(2))) == [
        "us_marketing", "in_peace"]
