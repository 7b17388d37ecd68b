"""Samples, tests and rehearsals, as pages."""

import io

import pytest
from sqlalchemy import func, select, update

from core.states import ConsentState, MessageState, RehearsalState, TemplateState
from models import Campaign, Contact, Message, Rehearsal, TemplateVersion, User, db, transaction
from services import campaigns, media, rehearsals, samples, sending
from services.sending import verdict
from tests.factories import files
from tests.factories.campaigns import a_campaign, a_version, people

OWN = "+447700900777"


@pytest.fixture
def own_number(browser):
    with transaction():
        db.session.execute(update(User).where(User.id == browser.person.id).values(phone=OWN))
    return OWN


def sent_as_tests():
    return db.session.scalars(select(Message).where(Message.test_of.is_not(None)).order_by(Message.id)).all()


def with_a_picture(by):
    """A campaign whose message has a picture on top."""
    campaign = a_campaign(size=1)
    picture = media.keep(io.BytesIO(files.png()), name="door.png", kind="image", by=by)
    with transaction():
        campaign.version.header = {"kind": "image", "media_id": picture.id}
    return campaign


class TestTheOwnNumber:
    def test_it_is_kept_as_a_checked_number(self, browser):
        browser.post("/settings/account", data={"name": "Folake", "timezone": "", "phone": "07700 900777"})

        assert db.session.scalars(select(User.phone)).one() == OWN

    def test_what_is_no_number_is_refused_beside_its_field(self, browser):
        answer = browser.post("/settings/account", data={"name": "Folake", "timezone": "", "phone": "call me"})

        assert "call me" in answer.text
        assert db.session.scalars(select(User.phone)).one() == ""


class TestATest:
    def test_it_goes_to_ones_own_number_filled_as_a_person_would_read_it(self, browser, own_number):
        campaign = a_campaign(size=2)
        person = db.session.scalars(select(Contact)).first()

        browser.post(f"/campaigns/{campaign.id}/test", data={"as": str(person.id)})

        (test,) = sent_as_tests()
        assert (test.phone, test.campaign_id, test.contact_id) == (OWN, None, None)
        assert test.variables == {"first_name": "Person"}
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 2

    def test_it_needs_no_agreement_of_that_number(self, browser, own_number):
        campaign = a_campaign(size=1)
        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})

        claims = sending.claim(campaign.channel_id, want=5)

        assert [claim.outgoing.to for claim in claims] == [OWN]

    def test_it_is_filled_from_the_columns_of_the_list_as_well(self, browser, own_number, by):
        person = people(1, first=7)[0]
        version = a_version("Your table is by the {{table}}.", variables=[{"name": "table", "sample": "Door", "fallback": ""}])
        campaign = a_campaign(size=0, tag_ids=[], version_id=version.id)
        campaigns.add_list(campaign.id, text="Phone,Table\n+447700900007,Window", country="GB", by=by)
        campaigns.change_campaign(campaign.id, variables={"table": {"from": "column", "column": "Table", "fallback": "fire"}}, by=by)

        browser.post(f"/campaigns/{campaign.id}/test", data={"as": str(person)})

        assert [test.variables for test in sent_as_tests()] == [{"table": "Window"}]

    def test_the_file_of_its_header_is_handed_over_first(self, browser, own_number, by, monkeypatch):
        campaign, asked = with_a_picture(by), []
        monkeypatch.setattr(media, "ensure_uploaded", lambda channel, media_id: asked.append((channel.id, media_id)))

        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})

        assert asked == [(campaign.channel_id, campaign.version.header["media_id"])]
        assert len(sent_as_tests()) == 1

    @pytest.mark.parametrize("is_final", [True, False])
    def test_a_file_that_whatsapp_does_not_take_is_said_and_nothing_is_sent(self, browser, own_number, by, monkeypatch, is_final):
        campaign = with_a_picture(by)

        def refuse(channel, media_id):
            raise media.NotUploaded("WhatsApp does not take this picture today", is_final=is_final)

        monkeypatch.setattr(media, "ensure_uploaded", refuse)
        answer = browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"}, follow_redirects=True)

        assert "WhatsApp does not take this picture today" in answer.text
        assert sent_as_tests() == []

    def test_it_counts_in_no_report(self, browser, own_number):
        campaign = a_campaign(size=1)
        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})

        assert campaigns.report(campaign.id).total == 0

    def test_a_number_that_said_stop_is_refused_in_words(self, browser, own_number):
        campaign = a_campaign(size=1)
        with transaction():
            db.session.add(Contact(phone=OWN, marketing=ConsentState.WITHDRAWN))

        answer = browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"}, follow_redirects=True)

        assert "said STOP, so it gets no tests either" in answer.text
        assert sent_as_tests() == []

    def test_who_says_stop_after_it_was_queued_does_not_get_it(self, browser, own_number):
        campaign = a_campaign(size=1)
        with transaction():
            db.session.add(Contact(phone=OWN))
        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})
        with transaction():
            db.session.execute(update(Contact).where(Contact.phone == OWN).values(marketing=ConsentState.WITHDRAWN))

        assert sending.claim(campaign.channel_id, want=5) == []
        (test,) = sent_as_tests()
        assert (test.state, test.reason_code) == (MessageState.SKIPPED, "opted_out_marketing")

    def test_a_test_opens_no_door_for_others_without_agreement(self, browser, own_number, by):
        campaign = a_campaign(size=1)
        with transaction():
            db.session.add(Contact(phone=OWN))
        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})
        stranger = people(1, first=5001, marketing=ConsentState.UNKNOWN)[0]
        sending.queue_message(channel_id=campaign.channel_id, contact_id=stranger, phone="+447700905001",
                              version_id=campaign.version_id, variables={"first_name": "X"})

        claims = sending.claim(campaign.channel_id, want=5)

        assert [claim.outgoing.to for claim in claims] == [OWN]

    def test_more_than_a_few_a_minute_are_refused(self, browser, own_number):
        campaign = a_campaign(size=1)
        for _ in range(campaigns.MOST_A_MINUTE):
            browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})

        answer = browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"}, follow_redirects=True)

        assert "were sent in the last minute" in answer.text
        assert len(sent_as_tests()) == campaigns.MOST_A_MINUTE

    def test_another_number_needs_the_right_to_send(self, browser_as):
        campaign = a_campaign(size=1)

        answer = browser_as("manager").post(f"/campaigns/{campaign.id}/test", data={"phone": "+447700900778"})

        assert answer.status_code == 403
        assert sent_as_tests() == []

    def test_another_number_may_be_typed_for_once(self, browser, own_number):
        campaign = a_campaign(size=1)

        browser.post(f"/campaigns/{campaign.id}/test", data={"phone": "+44 7700 900778", "as": "samples"})

        assert [test.phone for test in sent_as_tests()] == ["+447700900778"]

    def test_each_is_listed_with_where_it_stands(self, browser, own_number):
        campaign = a_campaign(size=1)
        browser.post(f"/campaigns/{campaign.id}/test", data={"as": "samples"})

        page = browser.get(f"/campaigns/{campaign.id}/tests").text

        assert "+44 7700 900777" in page
        assert "Queued" in page


class TestTheVerdictOfATest:
    @pytest.mark.parametrize("marketing, utility, is_sent", [
        ("unknown", "unknown", True), ("granted", "unknown", True), ("withdrawn", "unknown", False),
        ("unknown", "withdrawn", False)])
    def test_only_a_stop_counts(self, marketing, utility, is_sent):
        person = verdict.tester(verdict.Person(0, OWN, marketing, utility))

        assert verdict.judge(person, verdict.Wanted("marketing")).ok is is_sent


class TestTheRehearsalPage:
    def test_a_click_asks_for_one_and_a_second_is_refused_in_words(self, browser):
        campaign = a_campaign(size=1)
        browser.post(f"/campaigns/{campaign.id}/rehearse")

        again = browser.post(f"/campaigns/{campaign.id}/rehearse", follow_redirects=True)

        assert "is being rehearsed already" in again.text
        assert [row.state for row in db.session.scalars(select(Rehearsal))] == [RehearsalState.QUEUED]

    def test_what_is_certain_and_what_is_expected_are_told_apart(self, browser):
        campaign = a_campaign(size=1)
        finished(campaign)

        page = browser.get(f"/campaigns/{campaign.id}/rehearsal").text

        assert "Certain, as things stand" in page
        assert "The shares that are delivered and read are those of the simulator’s people" in page
        assert "Never agreed to marketing messages" in page

    def test_a_changed_campaign_is_said(self, browser, by):
        campaign = a_campaign(size=1)
        finished(campaign)
        with transaction():
            db.session.execute(update(Campaign).values(audience={"tags": []}))

        assert "was changed since this rehearsal" in browser.get(f"/campaigns/{campaign.id}/rehearsal").text

    def test_it_can_be_stopped(self, browser):
        campaign = a_campaign(size=1)
        browser.post(f"/campaigns/{campaign.id}/rehearse")

        browser.post(f"/campaigns/{campaign.id}/rehearsal/stop")

        assert rehearsals.latest(campaign.id).state is RehearsalState.STOPPED
        assert "Rehearse it again" in browser.get(f"/campaigns/{campaign.id}/rehearsal/progress").text  # without a reload


def finished(campaign):
    """A rehearsal that has ended."""
    report = {"total": 9, "states": {"skipped": 2, "failed": 1}, "funnel": {"queued": 7, "sent": 6, "delivered": 5, "read": 4},
              "skipped_by_reason": [{"code": "no_consent", "words": "Never agreed to marketing messages", "count": 2}],
              "failed_by_reason": [{"code": "131026", "words": "Is not on WhatsApp", "count": 1}]}
    moments = ["2031-05-06T07:08:09+00:00", "2031-05-06T08:08:09+00:00"]
    with transaction():
        db.session.add(Rehearsal(
            campaign_id=campaign.id, state=RehearsalState.FINISHED, total=9, done=9, created_by="Folake Adeyemi",
            figures={"report": report, "mark": rehearsals.mark_of(campaign), "rate": 20.0, "seconds": 1, "paused": "",
                     "starts_at": moments[0], "ends_at": moments[1], "is_now": False, "took_seconds": 2.5,
                     "waves": [[moments[0], 4], [moments[1], 3]]}))


class TestTheSamplePages:
    @pytest.mark.parametrize("address", ["/", "/contacts", "/samples"])
    def test_an_empty_house_offers_it(self, browser, address):
        assert "Load sample data" in browser.get(address).text

    def test_settings_lead_to_it(self, browser):
        assert 'href="/samples"' in browser.get("/settings").text

    def test_one_click_loads_it_and_one_removes_it(self, browser):
        browser.post("/samples/load")
        loaded = samples.standing().people
        page = browser.get("/samples").text

        answer = browser.post("/samples/remove", follow_redirects=True)

        assert loaded == 200
        assert "Remove 200 made-up people" in page
        assert "The sample is gone: 200 people" in answer.text
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0

    def test_whoever_may_not_import_is_not_offered_it(self, browser_as):
        agent = browser_as("agent")

        assert "Load sample data" not in agent.get("/contacts").text
        assert agent.post("/samples/load").status_code == 403

    def test_a_made_up_person_says_so(self, browser, by):
        samples.load(by=by)
        person = db.session.scalars(select(Contact)).first()

        assert "made up, nobody real" in browser.get(f"/contacts/{person.id}").text

    def test_the_check_page_of_its_draft_can_be_tried(self, browser, by):
        draft = samples.load(by=by).draft_id
        with transaction():
            db.session.execute(update(TemplateVersion).values(state=TemplateState.APPROVED))

        page = browser.get(f"/campaigns/{draft}/check").text

        assert "Try it first" in page
        assert "Rehearse it" in page
