"""What was launched is what is sent, and nobody gets it twice: checks S15 and S17, with their figures."""

import random
from collections import Counter

from sqlalchemy import insert, select

from core import clock
from core.actor import COMMAND
from models import CampaignListRow, Channel, Contact, ContactTag, Message, TemplateVersion, db, transaction
from services import campaigns, contacts, message_templates, segments, sending
from tests.factories.campaigns import a_campaign, a_tag, a_version, people
from tests.promises.figures import show
from tests.services.test_campaigns_freeze import a_list

PEOPLE = 2_000
ROWS = 10_000
NOTATIONS = ("+{0}", "00{0}", "+{0} ", "(+{0})", "+{1}-{2}", "+{1} {2}", "tel:+{0}")


def started(campaign, by):
    """It runs, on a channel without a pace."""
    campaigns.start_now(campaign.id, by=by)
    campaigns.launch_due(clock.now())
    with transaction():
        db.session.query(Channel).update({"send_rate": 1e6})


def test_s15_what_is_sent_is_what_was_launched_whatever_is_edited_meanwhile(app, by):
    tag = a_tag()
    people(PEOPLE, tag, first_name="As launched", company="Harbour")
    version = a_version("Hello {{first_name}}, {{seat}} at {{company}} is yours.", variables=[
        {"name": name, "sample": "x", "fallback": "none"} for name in ("first_name", "seat", "company")])
    campaign = a_campaign(size=0, tag_ids=[tag.id], version_id=version.id)
    phones = db.session.scalars(select(Contact.phone)).all()
    campaign = a_list(campaign, [(phone, "", {"Seat": f"seat {place}"}) for place, phone in enumerate(phones)])
    with transaction():
        campaign.variables = {"seat": {"from": "column", "column": "Seat", "fallback": ""}}
    started(campaign, by)
    seats = dict(zip(phones, (f"seat {place}" for place in range(PEOPLE)), strict=True))

    sent: dict[str, tuple[str, ...]] = {}
    edits = iter((lambda: edit_contacts(tag), lambda: edit_list(campaign), lambda: edit_template(version, by)))
    while batch := sending.claim(campaign.channel_id, want=500):
        for one in batch:
            sent[one.outgoing.to] = (one.outgoing.content.template.name, *one.outgoing.content.values)
        next(edits, lambda: None)()

    right = sum(said == (version.wire_name, "As launched", seats[phone], "Harbour") for phone, said in sent.items())
    show("S15", "messages with the content of the launch, while contacts, list and template were edited",
        f"{right:,} of {PEOPLE:,}", "100%")
    assert right == len(sent) == PEOPLE


def edit_contacts(tag):
    """Everybody gets another name and company, and a few more people the tag."""
    with transaction():
        db.session.query(Contact).update({"first_name": "Changed", "company": "Changed"})
    people(50, tag, first=50_000, first_name="Too late")


def edit_list(campaign):
    with transaction():
        db.session.query(CampaignListRow).filter_by(campaign_id=campaign.id).update({"cells": {"Seat": "changed"}})


def edit_template(version, by):
    """A new version, as a person would make it."""
    template = db.session.get(TemplateVersion, version.id).template
    message_templates.change_template(
        template.id, body="Another text for {{first_name}}, altogether.", footer="", by=by,
        variables=[{"name": "first_name", "sample": "Ana", "fallback": ""}], category=template.category)


def test_s17_a_list_with_repeats_in_other_notations_in_overlapping_segments_reaches_everybody_once(app, by):
    chance = random.Random(17)
    numbers = [f"447912{number:06d}" for number in chance.sample(range(100_000, 999_999), ROWS * 8 // 10)]
    known = numbers[::2]
    one, two = a_tag("one"), a_tag("two")
    contacts.add_or_update_many([contacts.Incoming(phone=f"+{number}", country="GB") for number in known], by=COMMAND)
    with transaction():
        ids = db.session.scalars(select(Contact.id).order_by(Contact.id)).all()
        links = [{"contact_id": one_id, "tag_id": tag.id} for place, one_id in enumerate(ids)
                 for tag in (one, two) if place % 3 or tag is one]
        db.session.execute(insert(ContactTag), links)
    both = [segments.add_segment(name=tag.name, shape=segments.all_of([segments.Condition("tag.is", tag.name)]), by=by).id
            for tag in (one, two)]
    written = [chance.choice(NOTATIONS).format(number, number[:2], number[2:]) for number in numbers]
    written += [chance.choice(NOTATIONS[1:]).format(number, number[:2], number[2:])
                for number in chance.choices(numbers, k=ROWS - len(numbers))]
    chance.shuffle(written)
    version = a_version("Hello, our doors are open this Saturday.", category="utility")
    campaign = a_campaign(size=0, tag_ids=[], version_id=version.id)
    campaigns.add_list(campaign.id, text="\n".join(written), country="GB", by=by)
    with transaction():
        campaign = campaigns.get_campaign(campaign.id)
        campaign.audience = {"segments": both, "list": True}
    started(campaign, by)

    calls: Counter[str] = Counter()
    while batch := sending.claim(campaign.channel_id, want=1_000):
        calls.update(item.outgoing.to for item in batch)
    skipped = Counter(db.session.scalars(select(Message.reason_code).where(Message.state == "skipped")))
    rows = db.session.scalars(select(CampaignListRow.number).join(Message, Message.list_row_id == CampaignListRow.id)
                              .where(Message.reason_code == "repeated")).all()

    show("S17", f"messages per number, {len(numbers):,} numbers on {ROWS:,} rows in two overlapping segments",
        f"{min(calls.values())} to {max(calls.values())}; {skipped['repeated']:,} rows skipped as repeats, each with "
        "its row", "exactly 1")
    assert set(calls) == {f"+{number}" for number in numbers}
    assert set(calls.values()) == {1}
    assert skipped == {"repeated": ROWS - len(numbers)} and len(set(rows)) == len(rows) == skipped["repeated"]
