"""One statement freezes an audience; each row is what the pure rules say of that person, one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import insert, select

from core import clock
from core.states import ConsentState, MessageState
from models import CampaignList, CampaignListRow, Contact, Message, Segment, db, transaction
from services import campaigns, message_templates, sending
from services import settings as kept
from tests import database
from tests.factories.campaigns import a_campaign, a_tag, a_version, people

ODD = strategies.text("aé ñ日\u00a0\u2003\t\u3000😀'\"\\{}[]<>%_", max_size=12)
NAMES = ("first_name", "name", "company", "email", "birthday", "phone", "field:visits", "field:size", "field:vip",
         "field:note", "column:Seat", "column:Nº de \"pédido\"", "text:Thursday", "text:")
PERSON = strategies.fixed_dictionaries({
    "marketing": strategies.sampled_from(ConsentState), "utility": strategies.sampled_from(ConsentState),
    "name": ODD, "first_name": ODD, "company": ODD, "email": strategies.sampled_from(["", "a@b.example"]),
    "birthday": strategies.sampled_from([None, date(1990, 3, 2)]),
    "fields": strategies.fixed_dictionaries({}, optional={
        "visits": strategies.sampled_from([0, 12, -3, 999999999999999]),
        "size": strategies.sampled_from([12.5, 0.1, 100000000000000.5]), "vip": strategies.booleans(), "note": ODD}),
    "has_phone": strategies.booleans(), "is_listed": strategies.booleans(), "is_tagged": strategies.booleans()})
CELLS = strategies.fixed_dictionaries({}, optional={"Seat": ODD, "Nº de \"pédido\"": ODD})
RARELY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def source_of(name, fallback):
    """A mapping as campaigns keep it, from its short form."""
    kind, _, rest = name.partition(":")
    if kind == "text":
        return {"from": "text", "text": rest}
    if kind == "column":
        return {"from": "column", "column": rest, "fallback": fallback}
    return {"from": "field", "field": name, "fallback": fallback}


def a_list(campaign, rows):
    """The campaign's own list: (phone, code, cells), as reading a file writes it."""
    headings = ["Phone", "Seat", 'Nº de "pédido"']
    with transaction():
        db.session.add(CampaignList(campaign_id=campaign.id, columns=headings, rows=len(rows)))
        if rows:
            db.session.execute(insert(CampaignListRow), [
                {"campaign_id": campaign.id, "number": number, "phone": phone, "code": code, "cells": cells,
                 "problem": ""} for number, (phone, code, cells) in enumerate(rows, start=2)])
        campaign.audience = {**campaign.audience, "list": True}
    return campaigns.get_campaign(campaign.id)


def launched(campaign, by):
    campaigns.start_now(campaign.id, by=by)
    assert campaigns.launch_due(clock.now()) == 1
    return db.session.scalars(select(Message).where(Message.campaign_id == campaign.id).order_by(Message.id)).all()


def expected(campaign, person, cells):
    """What the pure rules say of one person: code and values."""
    version = campaign.version
    known = message_templates.values_of(person) | message_templates.cells_of(cells or {})
    values, missing = message_templates.resolver(version.variables, campaign.variables)(known)
    verdict = sending.judge(
        sending.Person(person.id, person.phone, person.marketing, person.utility),
        sending.Wanted(version.template.category), missing=missing,
        is_too_long=len(message_templates.rendered(version, values)) > sending.BODY_LIMIT and not missing)
    return verdict.code, verdict.words, values


class TestARowIsWhatTheRulesSay:
    @RARELY
    @given(strategies.lists(PERSON, min_size=1, max_size=12), strategies.lists(CELLS, min_size=12, max_size=12),
           strategies.lists(strategies.sampled_from(NAMES), max_size=4, unique=True),
           strategies.lists(strategies.sampled_from(["", "friend"]), min_size=4, max_size=4),
           strategies.sampled_from(["marketing", "utility"]), strategies.sampled_from([0, 985]))
    def test_for_random_people_lists_and_mappings(self, app, by, facts, cells, asked, fallbacks, category, filler):
        database.empty()
        tag = a_tag()
        listed = {}
        for number, (one, row) in enumerate(zip(facts, cells, strict=False), start=1):
            phone = f"+4477009{number:05d}" if one["has_phone"] else None
            plain = {key: value for key, value in one.items() if key not in ("has_phone", "is_listed", "is_tagged")}
            people(1, *([tag] if one["is_tagged"] else []), first=number, **plain | {"phone": phone})
            if one["is_listed"] and phone:
                listed[phone] = row
        names = [f"v{place}" for place in range(len(asked))]
        body = "Dear all, " + "a" * filler + "".join(f"{{{{{name}}}}} and " for name in names) + "so on."
        version = a_version(body, category=category,
                            variables=[{"name": name, "sample": "x", "fallback": ""} for name in names])
        mapping = {name: source_of(what, fallback) for name, what, fallback in zip(names, asked, fallbacks, strict=False)}
        campaign = a_campaign(size=0, tag_ids=[tag.id], version_id=version.id)
        with transaction():
            campaign.variables = mapping
        campaign = a_list(campaign, [(phone, "", row) for phone, row in listed.items()])
        wanted = {person.id: expected(campaign, person, listed.get(person.phone))
                  for person in db.session.scalars(select(Contact))
                  if person.phone in listed or facts[int(person.id) - first_id()]["is_tagged"]}

        said = campaigns.check(campaign)
        assert said.total == len(wanted)
        assert said.ready == sum(not code for code, _, _ in wanted.values())
        if campaigns.why_not(campaign):
            return
        rows = launched(campaign, by)

        assert {row.contact_id: (row.reason_code, row.reason, row.variables) for row in rows} == wanted
        assert {row.state for row in rows} <= {MessageState.QUEUED, MessageState.SKIPPED}


def first_id():
    return min(db.session.scalars(select(Contact.id)))


class TestAListOfItsOwn:
    def test_a_row_a_tag_and_two_segments_are_one_person(self, app, by):
        tag, other = a_tag("one"), a_tag("two")
        people(2, tag, other)
        campaign = a_list(a_campaign(size=0, tag_ids=[tag.id, other.id]), [("+447700900001", "", {}), (
            "+447700900001", "repeated", {}), ("", "bad_number", {})])

        rows = launched(campaign, by)

        assert sorted((str(row.state), row.reason_code) for row in rows) == [
            ("queued", ""), ("queued", ""), ("skipped", "bad_number"), ("skipped", "repeated")]

    @pytest.mark.parametrize("category, code", [("marketing", "no_consent"), ("utility", "")])
    def test_a_number_nobody_has_becomes_a_contact_only_when_it_may_be_written_to(self, app, by, category, code):
        tag = a_tag()
        people(1, tag)
        version = a_version("Hello, our doors are open this Saturday.", category=category)
        campaign = a_list(a_campaign(size=0, tag_ids=[tag.id], version_id=version.id), [("+2348035550100", "", {})])

        row = launched(campaign, by)[-1]

        person = db.session.scalar(select(Contact).where(Contact.phone == "+2348035550100"))
        assert (row.reason_code, row.phone, row.contact_id is None) == (code, "+2348035550100", bool(code))
        assert (person is None) == bool(code)
        assert person is None or (person.source, person.country, person.search) == ("list", "NG", "+2348035550100")

    def test_a_stranger_who_said_stop_before_they_were_deleted_stays_out(self, app, by):
        from services import contacts
        from tests.factories.contacts import a_contact, consent_of
        gone = a_contact("Ada", phone="+2348035550100")
        consent_of(gone, ConsentState.WITHDRAWN, category="utility")
        contacts.delete_contact(gone.id, by=by)
        tag = a_tag()
        people(1, tag)
        version = a_version("Hello, our doors are open this Saturday.", category="utility")
        campaign = a_list(a_campaign(size=0, tag_ids=[tag.id], version_id=version.id), [("+2348035550100", "", {})])

        rows = launched(campaign, by)

        assert [row.reason_code for row in rows if row.phone == "+2348035550100"] == ["opted_out_utility"]

    def test_whoever_said_stop_stays_out_under_every_spelling_of_their_number(self, app, by):
        from services import contacts
        from tests.factories.contacts import a_contact
        a_contact("Ana", phone="+541123456789", withdrawn=True)
        contacts.delete_contact(a_contact("Ben", phone="+5493512345678", withdrawn=True).id, by=by)
        people(1, tag := a_tag())
        campaign = a_list(a_campaign(size=0, tag_ids=[tag.id], version_id=a_version("Hello, our doors are open.").id),
                          [("+5491123456789", "", {}), ("+543512345678", "", {})])

        rows = launched(campaign, by)

        assert [(row.phone, row.reason_code) for row in rows if row.list_row_id] == [
            ("+541123456789", "opted_out_marketing"), ("+543512345678", "no_consent")]
        assert contacts.is_suppressed("+543512345678")

    def test_a_file_brings_back_nobody_erased_under_another_spelling(self, app, by):
        from services import contacts
        from tests.factories.contacts import a_contact
        contacts.erase_person(a_contact("Ben", phone="+5493512345678").id, by=by)

        contacts.add_or_update_many([contacts.Incoming(phone="+543512345678", consent=ConsentState.GRANTED)], by=by)

        assert db.session.scalars(select(Contact.marketing)).one() == ConsentState.WITHDRAWN


class TestExclusions:
    def test_tags_segments_and_who_got_a_campaign_are_taken_out_and_counted(self, app, by):
        from services import segments
        everybody, staff = a_tag("everybody"), a_tag("staff")
        people(4, everybody)
        people(2, everybody, staff, first=10)
        people(3, everybody, first=20, company="Harbour")
        before = a_campaign(size=0, name="Before", tag_ids=[staff.id])
        launched(before, by)
        one = segments.add_segment(name="Harbour", shape=segments.all_of([segments.Condition("company.known")]), by=by)
        campaign = a_campaign(size=0, tag_ids=[everybody.id])
        with transaction():
            campaign.audience = {"tags": [everybody.id], "without_tags": [staff.id], "without_segments": [one.id],
                                 "without_campaigns": [before.id]}

        found = campaigns.check(campaign)

        assert (found.total, found.ready) == (4, 4)
        assert [(one.kind, one.name, one.count) for one in campaigns.exclusions(campaign)] == [
            ("tag", "staff", 2), ("segment", "Harbour", 3), ("campaign", "Before", 2)]
        assert campaigns.excluded_people(campaign, size=2).total == 5

    def test_an_audience_that_excludes_everybody_says_so(self, app):
        campaign = a_campaign(size=2)
        with transaction():
            campaign.audience = campaign.audience | {"without_tags": campaign.audience["tags"]}

        assert "excluded again" in campaigns.why_not(campaign)


class TestWhatChangedUnderIt:
    def test_a_deleted_segment_is_said_and_the_campaign_is_missed(self, app, by):
        from services import segments
        people(2)
        one = segments.add_segment(name="All", shape=segments.all_of([segments.Condition("phone.known")]), by=by)
        campaign = a_campaign(size=0)
        with transaction():
            campaign.audience = {"segments": [one.id]}
        campaigns.start_now(campaign.id, by=by)
        with transaction():
            db.session.delete(db.session.get(Segment, one.id))

        campaigns.launch_due(clock.now())

        assert "segment" in campaigns.get_campaign(campaign.id).paused_reason
        assert not db.session.scalars(select(Message)).all()

    def test_an_audience_in_which_everybody_is_skipped_by_now_is_missed_with_nothing_written(self, app, by):
        campaign = a_campaign()
        campaigns.start_now(campaign.id, by=by)
        with transaction():
            db.session.query(Contact).update({"marketing": ConsentState.WITHDRAWN})

        assert campaigns.launch_due(clock.now()) == 0

        assert "Nobody would get" in campaigns.get_campaign(campaign.id).paused_reason
        assert not db.session.scalars(select(Message)).all()

    def test_a_zone_this_machine_does_not_know_is_said_before_anything_is_sent(self, app, by):
        campaign = a_campaign()
        campaigns.start_now(campaign.id, by=by)
        with transaction():
            campaign.zone = "Mars/Base"

        campaigns.launch_due(clock.now())

        assert "“Mars/Base” is not a time zone" in campaigns.get_campaign(campaign.id).paused_reason


class TestQuietHours:
    @pytest.mark.parametrize("minutes, expected", [(120, ["quiet_hours"]), (1440, [])])
    def test_marketing_in_the_night_of_a_place_waits_for_its_morning_or_is_skipped(self, app, by, monkeypatch, minutes,
                                                                                   expected):
        kept.change("quiet_hours", {"is_on": True, "from": "21:00", "to": "08:00"}, by=by)
        campaign = a_campaign(size=2)
        with transaction():
            campaign.latest_minutes = minutes
            db.session.query(Contact).update({"zone": "Asia/Tokyo"})
        evening = clock.now().replace(hour=13, minute=0, second=0, microsecond=0)  # 22:00 there
        monkeypatch.setattr(clock, "now", lambda: evening)

        found = campaigns.check(campaign)

        assert [row.code for row in found.skipped] == expected
        assert found.put_off == (0 if expected else 2)
        assert [one.at - evening for one in found.due] == ([] if expected else [timedelta(hours=10)])
