"""Sample data: there by one click, gone by another, and nothing else is touched."""

import hashlib
import re
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from core.errors import Conflict
from core.states import CampaignState, TemplateState
from models import Campaign, Contact, ContactTag, Message, Tag, TemplateVersion, db, transaction
from services import campaigns, contacts, samples
from services.samples import people as made_up
from tables.session import Base
from tests.factories.campaigns import a_campaign, a_tag, people

FOR_STORIES = re.compile(r"\+447700900\d{3}|\+1\d{3}55501\d\d")


def rows(*left_out):
    """Every row of every table, as sums."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in left_out:
            lines = sorted(repr(tuple(row)) for row in db.session.execute(select(*table.c)))
            found[table.name] = (len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest())
    db.session.rollback()
    return found


def approved():
    with transaction():
        db.session.execute(update(TemplateVersion).values(state=TemplateState.APPROVED))


class TestLoading:
    def test_everybody_has_a_number_that_is_kept_free_for_stories(self, app, by):
        samples.load(by=by)

        phones = db.session.scalars(select(Contact.phone)).all()
        assert len(set(phones)) == made_up.COUNT
        assert not [phone for phone in phones if not FOR_STORIES.fullmatch(phone)]

    def test_everybody_is_marked_and_their_consent_says_where_it_comes_from(self, app, by):
        samples.load(by=by)

        assert set(db.session.scalars(select(Contact.source))) == {"sample"}
        person = db.session.scalars(select(Contact).where(Contact.marketing == "granted")).first()
        assert {line.proof for line in contacts.history(person.id)} == {made_up.PROOF}

    def test_a_second_click_changes_nothing(self, app, by):
        first = samples.load(by=by)
        before = rows()

        second = samples.load(by=by)

        assert (rows(), second) == (before, first)

    def test_the_draft_can_be_checked_and_some_are_skipped_for_reasons(self, app, by):
        draft = samples.load(by=by).draft_id
        approved()

        check = campaigns.check(campaigns.get_campaign(draft))

        assert campaigns.why_not(campaigns.get_campaign(draft)) == ""
        assert check.ready > 50
        assert {row.code for row in check.skipped} == {"opted_out_marketing", "no_consent", "missing_variable"}

    def test_who_is_in_the_contacts_already_stays_as_they_are(self, app, by):
        phone = made_up.phones()[1]
        contacts.add_contact(phone=contacts_phone(phone), name="Ours Already", by=by)

        samples.load(by=by)

        known = contacts.contact_by_phone(phone)
        assert (known.name, known.source, list(known.tags)) == ("Ours Already", "form", [])

    def test_a_real_number_refuses_made_up_people(self, app, by):
        known = app.extensions["settings"]
        app.extensions["settings"] = replace(known, whatsapp_mode="cloud", phone_number_id="4711")
        try:
            with pytest.raises(Conflict, match="simulated number only"):
                samples.load(by=by)
        finally:
            app.extensions["settings"] = known

        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


class TestTheExample:
    def test_it_waits_for_its_template_and_is_then_started_once(self, app, by):
        example = samples.load(by=by).example_id
        before = samples.go_on()
        approved()

        started = [samples.go_on(), samples.go_on()]

        assert (before, started) == (False, [True, False])
        assert campaigns.get_campaign(example).state is CampaignState.SCHEDULED


class TestRemoving:
    def test_everything_is_as_before(self, app, by):
        a_campaign(size=3)
        before = rows("activity", "settings")

        samples.load(by=by)
        samples.remove(by=by)

        assert rows("activity", "settings") == before
        assert not samples.standing().is_loaded

    def test_the_plan_says_exactly_what_goes(self, app, by):
        samples.load(by=by)

        plan = samples.plan()

        assert len(plan.people) == made_up.COUNT
        assert (len(plan.tags), len(plan.segments), len(plan.templates), len(plan.fields), len(plan.campaigns)) == (
            3, 2, 3, 2, 2)
        assert samples.remove(by=by) == plan

    def test_removing_twice_changes_nothing_more(self, app, by):
        samples.load(by=by)
        samples.remove(by=by)
        before = rows()

        assert samples.remove(by=by).is_empty
        assert rows() == before

    def test_a_tag_that_a_campaign_of_mine_uses_stays_and_is_said(self, app, by):
        samples.load(by=by)
        tag = db.session.scalars(select(Tag).where(Tag.name == made_up.PATIENTS)).one()
        mine = campaigns.add_campaign(name="Mine", tag_ids=[tag.id], by=by)

        left = samples.remove(by=by).left

        assert [one.name for one in left] == [f"the tag “{made_up.PATIENTS}”"]
        assert campaigns.get_campaign(mine.id).audience["tags"] == [tag.id]

    def test_a_tag_that_people_of_mine_carry_stays(self, app, by):
        samples.load(by=by)
        mine = people(1, a_tag(made_up.READERS), first=90001)

        samples.remove(by=by)

        assert db.session.scalars(select(ContactTag.contact_id)).all() == mine

    def test_somebody_who_got_a_real_number_is_mine_now(self, app, by):
        samples.load(by=by)
        person = contacts.contact_by_phone(made_up.phones()[1])
        contacts.change_contact(person.id, phone=contacts_phone("+2348035550123"), by=by)

        samples.remove(by=by)

        left = db.session.scalars(select(Contact)).all()
        assert [(one.phone, one.source) for one in left] == [("+2348035550123", "form")]

    def test_nothing_goes_while_the_example_is_being_sent(self, app, by):
        example = samples.load(by=by).example_id
        with transaction():
            db.session.execute(update(Campaign).where(Campaign.id == example).values(state=CampaignState.SENDING))

        with pytest.raises(Conflict, match="is being sent"):
            samples.remove(by=by)

    def test_messages_of_my_own_campaign_to_made_up_people_stay_in_its_report(self, app, by):
        samples.load(by=by)
        approved()
        tag = db.session.scalars(select(Tag).where(Tag.name == made_up.READERS)).one()
        version = db.session.scalars(select(TemplateVersion)).first()
        mine = campaigns.add_campaign(name="Mine", tag_ids=[tag.id], version_id=version.id, by=by)
        with transaction():
            db.session.add(Message(direction="out", channel_id=mine.channel_id, campaign_id=mine.id, state="sent",
                                   version_id=version.id, contact_id=samples.plan().people[0], variables={}))

        samples.remove(by=by)

        assert db.session.scalar(select(func.count()).where(Message.campaign_id == mine.id)) == 1


def contacts_phone(text):
    from core.phone import Phone

    return Phone.parse(text, "GB")
