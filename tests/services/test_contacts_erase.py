"""Somebody who asks to be forgotten is forgotten everywhere, and marketing does not find them again."""

import io
import json
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from app import create_app
from core import clock
from core.actor import SYSTEM
from core.errors import NotFound
from core.phone import Phone
from core.states import ConsentState, EventState, ImportState, MessageState, RehearsalState
from models import (
    ActivityEntry,
    CampaignList,
    CampaignListRow,
    Contact,
    DeliveryNews,
    Import,
    ImportRow,
    Message,
    MessageAttempt,
    Rehearsal,
    Suppression,
    WebhookEvent,
    db,
    transaction,
)
from services import activity, channels, contacts, imports, inbox, sending, settings, webhooks
from services.contacts.erase import without
from tables.session import Base
from tests.conftest import settings_for
from tests.factories.campaigns import a_campaign
from tests.factories.contacts import a_contact, consent_of
from tests.factories.webhooks import body_of, status, text_message
from transports.port import IncomingMessage

PHONE, DIGITS, USER_ID = "+2348035557001", "2348035557001", "NG.7019canary"
NAME, EMAIL, SECRET = "Zebedee Canary", "zebedee@canary.example", "my canary word"


@pytest.fixture
def person(app, by):
    """Somebody with a trace in every table that can hold one."""
    person = a_contact(NAME, phone=PHONE, email=EMAIL, tags=["patient"], notes=SECRET)
    inbox.receive(IncomingMessage(
        phone_number_id=channels.ensure_first().phone_number_id, wire_id="wamid.CANARY", at=person.created_at,
        kind="text", wa_id=DIGITS, user_id=USER_ID, profile_name=NAME, text=SECRET, raw={}))
    consent_of(person, ConsentState.GRANTED, proof=SECRET)
    contacts.change_contact(person.id, company="Canary Ltd", by=by)
    contacts.tag_people([person.id], tag="club", by=by)
    _sent(person)
    _listed()
    _heard_of()
    _imported()
    _waiting(by)
    return contacts.get_contact(person.id)


def _sent(person):
    campaign = a_campaign(size=0)
    with transaction():
        sent = Message(contact_id=person.id, channel_id=campaign.channel_id, campaign_id=campaign.id, phone=PHONE,
                       variables={"first_name": NAME}, state=MessageState.UNKNOWN, wire_id="wamid.OUT", attempt_id="a1")
        db.session.add(sent)
        db.session.flush()
        db.session.add(MessageAttempt(message_id=sent.id, attempt_id="a0", outcome="failed", wire_id="wamid.OLD"))
        db.session.add(DeliveryNews(channel_id=campaign.channel_id, wire_id="wamid.OUT", status="sent", at=person.created_at,
                                    recipient=DIGITS, details={"to": DIGITS}, message_id=sent.id))
        db.session.add(DeliveryNews(channel_id=campaign.channel_id, wire_id="wamid.LOST", status="sent",
                                    at=person.created_at, recipient=DIGITS))
        db.session.add(Message(contact_id=person.id, channel_id=campaign.channel_id, phone=PHONE, text=SECRET,
                               state=MessageState.QUEUED))
        activity.record("message.settled", by=SYSTEM, subject_kind="message", subject_id=sent.id, subject_name=NAME,
                        outcome="sent")


def _listed():
    """Three lists of campaigns: one with their row, one where nobody could read it, one that names them in another's."""
    rows = ((PHONE, "", {"Phone": "0803 555 7001", "Guest": NAME}), ("", "bad_number", {"Phone": "x", "Mail": EMAIL.upper()}),
            ("+447700900124", "", {"Phone": "07700 900124", "Came with": "0803-555-7001", "Table": "Window"}))
    found = [a_campaign(size=0, name=f"Dinner {number}", version_id=None) for number in range(len(rows))]
    with transaction():
        for campaign, (phone, code, cells) in zip(found, rows, strict=True):
            db.session.add(CampaignList(campaign_id=campaign.id, columns=list(cells), rows=1, bad=int(bool(code))))
            db.session.add(CampaignListRow(campaign_id=campaign.id, number=2, phone=phone, code=code, cells=cells))
        db.session.flush()
        first = db.session.scalars(select(CampaignListRow.id).order_by(CampaignListRow.id).limit(1)).one()
        db.session.add(Message(  # skipped, because nobody knew them: the number stands on the message alone
            channel_id=found[0].channel_id, campaign_id=found[0].id, phone=PHONE, list_row_id=first,
            state=MessageState.SKIPPED, reason_code="no_consent", variables={"guest": NAME}))


def _heard_of():
    mine = text_message(SECRET, wa_id=DIGITS, wire_id="wamid.CANARY", name=NAME)
    others = text_message(f"ask {DIGITS}", wa_id="447700900123", wire_id="wamid.B")
    webhooks.keep(body_of(mine, others))
    webhooks.keep(body_of(status("sent", wire_id="wamid.C", at=1794994204)))


def an_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_text(path):
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return "\n".join(str(cell) for row in rows for cell in row)


def _imported():
    with transaction():
        done = Import(file_name="people.csv", stored_name="none.csv", size=1, digest="d", state=ImportState.FINISHED,
                      corrections={"3": {"0": "0803-555-7001"}, "4": {"0": "+44 7700 900123"}})
        db.session.add(done)
        db.session.flush()
        for number, cells in enumerate((["0803 555 7001", NAME], ["x", EMAIL.upper()], ["+44 7700 900123", "Ana"]), 2):
            db.session.add(ImportRow(import_id=done.id, row_number=number, outcome="failed", reason="why", cells=cells))


def _waiting(by):
    """A text file and a spreadsheet that were brought and checked, and what a failed import left behind."""
    rows = [["Phone", "Name", "E-mail"], ["+44 7700 900123", "Ana", ""], ["0803 555 7001", NAME, ""], ["x", "Bo", EMAIL.upper()]]
    text = "".join(";".join(row) + "\n" for row in rows)
    for name, data in (("people.csv", text.encode()), ("people.xlsx", an_xlsx(rows))):
        row = imports.start_import(stream=io.BytesIO(data), file_name=name, by=by)
        imports.save_choices(import_id=row.id, mapping=row.mapping, options={"country": "NG"})
        imports.start_check(import_id=row.id)
        imports.run_here(row.id)
    (uploads() / "none.csv").write_text(text)


def uploads():
    return Path(settings.start_up().instance) / "uploads"


def everything_kept():
    """Every value of every row of every table, and every file that was brought, as one text."""
    texts = [sheet_text(path) if path.suffix == ".xlsx" else path.read_bytes().decode(errors="replace")
             for path in uploads().iterdir()]
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            texts += [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(texts)


def test_nothing_we_keep_names_them_any_more(person, by):
    before = everything_kept()
    assert all(word in before for word in (DIGITS, NAME, EMAIL, SECRET, USER_ID, "wamid.OUT"))

    contacts.erase_person(person.id, by=by)

    after = everything_kept()
    assert [w for w in (DIGITS, "555 7001", "555-7001", NAME, EMAIL, EMAIL.upper(), SECRET, USER_ID, "wamid.OUT", "wamid.CANARY",
                        "wamid.OLD", "wamid.LOST") if w in after] == []


def test_no_table_that_points_at_people_holds_them(person, by):
    pointing = [(table, column) for table in Base.metadata.sorted_tables for column in table.columns
                for key in column.foreign_keys if key.column.table is Contact.__table__]
    assert len(pointing) >= 4
    number = person.id
    contacts.erase_person(number, by=by)

    assert [table.name for table, column in pointing
            if db.session.scalar(select(func.count()).select_from(table).where(column == number))] == []


def test_their_row_of_a_list_stays_as_one_nobody_can_be_sent_by(person, by):
    contacts.erase_person(person.id, by=by)
    found = db.session.execute(select(CampaignListRow.phone, CampaignListRow.code, CampaignListRow.cells)
                               .order_by(CampaignListRow.id)).all()

    assert found[:2] == [("", "bad_number", {})] * 2
    assert found[2] == ("+447700900124", "", {"Phone": "07700 900124", "Came with": "(erased)", "Table": "Window"})
    assert db.session.scalars(select(CampaignList.bad).order_by(CampaignList.campaign_id)).all() == [1, 1, 0]


def test_a_rehearsal_that_holds_a_copy_of_them_begins_anew(person, by):
    campaign = a_campaign(size=0, name="Trial")
    with transaction():
        for state in (RehearsalState.RUNNING, RehearsalState.FINISHED):
            db.session.add(Rehearsal(campaign_id=campaign.id, state=state, lease_until=clock.now()))
    contacts.erase_person(person.id, by=by)

    assert db.session.scalars(select(Rehearsal.state).order_by(Rehearsal.id)).all() == [
        RehearsalState.QUEUED, RehearsalState.FINISHED]


def test_the_file_for_them_holds_what_lists_and_refused_rows_hold(person, by):
    told = contacts.personal_file(person.id, by=by)

    assert [line["recipient"] for line in told["statuses_without_message"]] == [DIGITS]
    assert [line["campaign"] for line in told["lists_of_campaigns"]] == ["Dinner 0", "Dinner 1", "Dinner 2"]
    assert [line["row"] for line in told["rows_left_out_of_imports"]] == [2, 3]
    assert "Dinner 0" in {line.get("campaign") for line in told["messages"]}


def test_reports_keep_their_counts(person, by):
    before = db.session.scalar(select(func.count()).select_from(Message))
    contacts.erase_person(person.id, by=by)

    assert db.session.scalar(select(func.count()).select_from(Message)) == before


def test_what_waited_is_never_sent(person, by):
    contacts.erase_person(person.id, by=by)
    states = db.session.execute(select(Message.state, Message.phone, Message.contact_id)).all()

    assert MessageState.QUEUED not in {row.state for row in states}
    assert {(row.phone, row.contact_id) for row in states} == {("", None)}


def test_what_others_said_in_the_same_notice_stays_and_can_be_read(person, by):
    contacts.erase_person(person.id, by=by)
    webhooks.read_events(100)

    assert db.session.scalars(select(Message.text).where(Message.text != "")).all() == ["ask (erased)"]
    assert EventState.DEAD not in set(db.session.scalars(select(WebhookEvent.state)))


def test_a_notice_that_is_delivered_again_does_not_bring_them_back(person, by):
    contacts.erase_person(person.id, by=by)
    webhooks.keep(body_of(text_message(SECRET, wa_id=DIGITS, wire_id="wamid.CANARY", name=NAME),
                       text_message(f"ask {DIGITS}", wa_id="447700900123", wire_id="wamid.B")))
    webhooks.read_events(100)

    assert contacts.contact_by_phone(PHONE) is None


def test_only_rows_of_files_that_are_theirs_are_struck_out(person, by):
    gone = contacts.erase_person(person.id, by=by)

    assert gone.rows == 2 + 2 * 2 + 2  # refused ones, those of two files that wait, and of two lists of campaigns
    assert [row.cells for row in db.session.scalars(select(ImportRow).order_by(ImportRow.row_number))][-1] == [
        "+44 7700 900123", "Ana"]


def test_files_that_wait_keep_everybody_else_under_their_row_numbers(person, by):
    contacts.erase_person(person.id, by=by)

    for row in db.session.scalars(select(Import).where(Import.state == ImportState.MAPPING).order_by(Import.id)).all():
        found = imports.check(import_id=row.id)
        assert (found.rows, found.created, [problem.number for problem in found.problems]) == (3, 1, [3, 4])


def test_files_of_imports_that_are_over_are_gone(person, by):
    contacts.erase_person(person.id, by=by)

    assert not (uploads() / "none.csv").exists()


def test_nothing_is_written_anew_where_they_are_not_in_the_file(person, by):
    other = a_contact("Zoe", phone="+447700900199")
    before = {path.name: path.stat().st_mtime_ns for path in uploads().iterdir()}
    contacts.erase_person(other.id, by=by)

    after = {path.name: path.stat().st_mtime_ns for path in uploads().iterdir()}
    assert after.items() <= before.items()
    assert [row.foreseen != {} for row in db.session.scalars(
        select(Import).where(Import.state == ImportState.MAPPING))] == [True, True]


def test_what_was_mended_by_hand_for_others_stays(person, by):
    contacts.erase_person(person.id, by=by)

    assert db.session.scalar(select(Import.corrections).where(Import.state == ImportState.FINISHED)) == {"4": {"0": "+44 7700 900123"}}


def test_a_file_that_says_they_agreed_does_not_bring_marketing_back(person, by):
    contacts.erase_person(person.id, by=by)
    contacts.add_or_update_many([contacts.Incoming(phone=PHONE, consent=ConsentState.GRANTED, proof="the file")], by=by)
    again = contacts.contact_by_phone(PHONE)

    assert again.marketing is ConsentState.WITHDRAWN
    assert "asked again only by their own word" in contacts.history(again.id)[-1].proof + contacts.history(again.id)[0].proof


@pytest.mark.parametrize("known_as", [{"wa_id": DIGITS}, {"user_id": USER_ID}, {"wa_id": "447700900999", "user_id": USER_ID}])
def test_they_are_known_again_by_each_of_their_ids(person, by, known_as):
    contacts.erase_person(person.id, by=by)

    assert contacts.person_of(**known_as).marketing is ConsentState.WITHDRAWN


def test_added_by_hand_they_stay_out_too(person, by):
    contacts.erase_person(person.id, by=by)

    assert contacts.add_contact(phone=Phone.parse(PHONE), name="Z", by=by).marketing is ConsentState.WITHDRAWN


def test_their_own_later_word_counts(person, by):
    contacts.erase_person(person.id, by=by)
    again = contacts.add_contact(phone=Phone.parse(PHONE), name="Z", by=by)

    assert consent_of(again, ConsentState.GRANTED, how="message") is ConsentState.GRANTED


def test_a_typed_reason_in_an_import_does_not_lift_an_erasure(person, by):
    contacts.erase_person(person.id, by=by)
    again = contacts.add_contact(phone=Phone.parse(PHONE), name="Z", by=by)

    assert consent_of(again, ConsentState.GRANTED, how="import", proof="they said so",
                      overrides_withdrawal=True) is ConsentState.WITHDRAWN


def test_only_hashes_are_kept_and_they_survive_another_secret_key(person, by, app):
    contacts.erase_person(person.id, by=by)
    digests = set(db.session.scalars(select(Suppression.digest)))
    app.config["SECRET_KEY"], before = "another-key-1b2c3d4e5f60718293a4b5c6d7e8f901", app.config["SECRET_KEY"]
    again = contacts.person_of(wa_id=DIGITS)
    app.config["SECRET_KEY"] = before

    assert {len(digest) for digest in digests} == {64}
    assert again.marketing is ConsentState.WITHDRAWN


def test_others_are_left_alone(person, by):
    other = a_contact("Ana", phone="+447700900123", granted=True)
    contacts.erase_person(person.id, by=by)

    assert contacts.get_contact(other.id).marketing is ConsentState.GRANTED


def test_it_is_noted_without_saying_who(person, by):
    contacts.erase_person(person.id, by=by)
    entry = db.session.scalar(select(ActivityEntry).where(ActivityEntry.verb == "contact.erased"))

    assert (entry.actor_name, entry.subject_name) == (by.name, "somebody who was erased")


def test_nobody_is_not_found(app, by):
    with pytest.raises(NotFound):
        contacts.erase_person(99, by=by)


def test_the_verdict_is_no_from_the_first_moment(person, by):
    contacts.erase_person(person.id, by=by)
    again = contacts.person_of(wa_id=DIGITS)
    facts = sending.Person(again.id, again.phone, again.marketing, again.utility)

    assert not sending.judge(facts, sending.Wanted("marketing")).ok


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[1]", b"not json 234", b"[" * 100_000])
def test_a_notice_nobody_can_read_is_emptied(raw):
    assert json.loads(without(raw, ["234"])) == {"entry": []}


def test_a_longer_number_that_holds_theirs_is_somebody_elses():
    kept = without(json.dumps({"a": "12348035557001", "b": [{"from": "2348035557001"}]}).encode(), [DIGITS])

    assert json.loads(kept) == {"a": "12348035557001", "b": []}


def test_an_import_at_work_does_not_bring_them_back(app, by, monkeypatch):
    """The file was opened before the erasure, so what is struck from it comes too late."""
    from services.imports import run

    person = a_contact("Ana", phone="+447700900777", email=EMAIL)
    text = "Phone,Name\n+447700900771,Bo\n+447700900777,Ana\n07700 900777,Ana again\n+447700900773,Cy\n"
    row = imports.start_import(stream=io.BytesIO(text.encode()), file_name="p.csv", by=by)
    imports.confirm_import(import_id=row.id, options=row.options | {"country": "GB"}, by=by)
    bring = run._bring_set

    def erase_first(*given):
        if db.session.get(Contact, person.id):
            contacts.erase_person(person.id, by=by)
        bring(*given)

    monkeypatch.setattr(run, "_bring_set", erase_first)
    imports.run_next(clock.now())
    done = imports.get_import(row.id)

    assert contacts.contact_by_phone("+447700900777") is None
    assert (done.created, done.skipped, done.rows_done) == (2, 2, 4)
    assert "900777" not in str([problem.cells for problem in imports.problem_rows(row.id).items])


@pytest.fixture
def own_file(tmp_path):
    """The bytes of a database of its own, with what stands beside it."""
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        yield lambda: b"".join(path.read_bytes() for path in Path(db.engine.url.database).parent.glob("*.sqlite*"))
        db.session.remove()
        db.engine.dispose()


@pytest.mark.only_on("sqlite")
def test_not_even_the_bytes_of_the_database_hold_them_any_more(own_file):
    person = a_contact(NAME, phone=PHONE, email=EMAIL)
    contacts.change_contact(person.id, notes=SECRET * 500, by=SYSTEM)
    assert NAME.encode() in own_file()

    contacts.erase_person(person.id, by=SYSTEM)

    assert [word for word in (NAME, DIGITS, EMAIL, SECRET) if word.encode() in own_file()] == []
