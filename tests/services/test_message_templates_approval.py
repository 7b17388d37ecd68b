"""Versions are handed in once, lost answers are found again, and the carrier's news is written down."""

import dataclasses
import io
from datetime import timedelta

import pytest

from core import clock
from core.states import TemplateState
from models import TemplateVersion, db, transaction
from services import activity, media, message_templates
from services.message_templates import approval
from tests.factories import files
from tests.factories.message_templates import Catalogue, a_template, in_state, newest
from transports.port import (
    ChannelRefused,
    NeverLeft,
    OutcomeUnknown,
    RecipientRefused,
    RequestRefused,
    TemplateNews,
    TemplateRefused,
    TooFast,
)

EXISTS = TemplateRefused("A template of this name exists", code="2388024")


@pytest.fixture
def carrier(app, monkeypatch):
    """Puts a list of answers where the carrier's catalogue is."""

    def answering(*answers):
        catalogue = Catalogue(*answers)
        monkeypatch.setitem(app.extensions.setdefault("carriers", {}), "catalogue", catalogue)
        return catalogue

    return answering


def waiting(name="flu_vaccine_days"):
    return newest(a_template(name, state=TemplateState.PENDING))


def fresh(version):
    """The version as the database has it now."""
    db.session.expire_all()
    return db.session.get(TemplateVersion, version.id)


def make_due():
    """Let the time until the next try pass."""
    with transaction():
        db.session.query(TemplateVersion).update({"due_at": clock.now() - timedelta(seconds=1)})


def news(state, *, name="flu_vaccine_days", language="en_GB", reason="", wire_id="77"):
    return TemplateNews(business_id="2", wire_id=wire_id, name=name, language=language, state=state,
                        event=state.upper() or "FLAGGED", reason=reason)


class Shelf:
    """Where the carrier puts sample files."""

    def __init__(self, trouble=None):
        self.trouble, self.seen = trouble, []

    def sample(self, line, file):
        """Take one, or refuse."""
        if self.trouble:
            raise self.trouble
        self.seen.append(file.stream.read())
        return "4::handle"


def with_picture(by, body="Hello {{first_name}}, we are open again this week."):
    kept = media.keep(io.BytesIO(files.png()), name="open.png", kind="image", by=by)
    return newest(message_templates.add_template(
        name="open_again", language="en_GB", category="marketing", body=body, by=by,
        header={"kind": "image", "media_id": kept.id},
        buttons=[{"kind": "url", "text": "Where?", "url": "https://example.org/{{code}}"}, {"kind": "quick_reply", "text": "Fine"}]))


class TestParts:
    def test_a_file_goes_before_the_words_and_buttons_go_with_them(self, app, carrier, by, monkeypatch):
        version, catalogue, shelf = with_picture(by), carrier(("4711", "pending")), Shelf()
        monkeypatch.setitem(app.extensions["carriers"], "media", shelf)

        assert message_templates.submit_pending() == 1

        asked = catalogue.asked[0]
        assert (asked["handle"], asked["header"]["kind"], len(shelf.seen)) == ("4::handle", "image", 1)
        assert [one["kind"] for one in asked["buttons"]] == ["url", "quick_reply"]
        assert dict(asked["samples"]) == {"first_name": "Adaeze", "code": "code"}
        assert fresh(version).wire_id == "4711"

    def test_each_card_goes_with_its_own_picture(self, app, carrier, by, monkeypatch):
        pictures = [media.keep(io.BytesIO(files.png(n + 2)), name=f"{n}.png", kind="image", by=by).id for n in range(2)]
        message_templates.add_template(
            name="bikes", language="en_GB", category="marketing", body="Look what came in this week.", by=by,
            header={"kind": "cards", "cards": [{"media_id": number, "button": "See", "url": "https://example.org"} for number in pictures]})
        catalogue, shelf = carrier(("4711", "pending")), Shelf()
        monkeypatch.setitem(app.extensions["carriers"], "media", shelf)

        assert message_templates.submit_pending() == 1

        assert [one["handle"] for one in catalogue.asked[0]["header"]["cards"]] == ["4::handle"] * 2
        assert len(shelf.seen) == 2

    @pytest.mark.parametrize(("trouble", "state", "asked"), [
        (NeverLeft("The line is down"), TemplateState.PENDING, 0),
        (RequestRefused("The file is broken"), TemplateState.REJECTED, 0)])
    def test_without_its_file_nothing_is_asked_and_the_reason_is_kept(self, app, carrier, by, monkeypatch, trouble, state, asked):
        version, catalogue = with_picture(by), carrier()
        monkeypatch.setitem(app.extensions["carriers"], "media", Shelf(trouble))

        message_templates.submit_pending()

        assert (fresh(version).state, len(catalogue.asked)) == (state, asked)
        assert "WhatsApp did not take" in fresh(version).reason


class TestSubmitPending:
    def test_what_waits_is_handed_in_and_its_answer_kept(self, carrier):
        version, catalogue = waiting(), carrier(("4711", "approved"))

        assert message_templates.submit_pending() == 1

        assert (fresh(version).wire_id, fresh(version).state) == ("4711", TemplateState.APPROVED)
        assert catalogue.asked[0] | {"body": ""} == {
            "name": "flu_vaccine_days", "language": "en_GB", "category": "marketing", "body": "",
            "footer": "Reply STOP to end these messages", "is_named": True, "header": {}, "handle": "", "buttons": (),
            "samples": (("first_name", "Adaeze"), ("vaccine_day", "vaccine day"))}

    def test_no_transaction_is_open_while_the_carrier_is_asked(self, carrier):
        waiting()
        catalogue = carrier()

        message_templates.submit_pending()

        assert catalogue.asked and not catalogue.was_in_transaction

    def test_what_was_handed_in_is_not_handed_in_again(self, carrier):
        version, catalogue = waiting(), carrier(("4711", "pending"))

        message_templates.submit_pending()
        make_due()
        message_templates.submit_pending()

        assert len(catalogue.asked) == 1
        assert fresh(version).state is TemplateState.PENDING

    def test_two_processes_hand_it_in_once(self, carrier):
        version, catalogue = waiting(), carrier()
        theirs = approval._claim(version.id)

        assert approval._submit(version.id, None, None, lambda *_: 0) == 0
        assert theirs and catalogue.asked == []

    def test_a_refusal_is_the_end_of_it_with_its_reason(self, carrier):
        version = waiting()
        carrier(TemplateRefused("The body is not allowed as it is.", code="2388072", detail="Too shouty"))

        message_templates.submit_pending()

        assert fresh(version).state is TemplateState.REJECTED
        assert fresh(version).reason == "The body is not allowed as it is. WhatsApp’s own words: Too shouty"
        assert "template.rejected" in {entry.verb for entry in activity.recent(verb="template").items}

    def test_a_name_taken_at_the_carrier_is_left_for_another(self, carrier):
        version, catalogue = waiting(), carrier(EXISTS, EXISTS, ("4711", "approved"))

        for _ in range(3):
            message_templates.submit_pending()

        assert [asked["name"] for asked in catalogue.asked] == [
            "flu_vaccine_days", "flu_vaccine_days_2", "flu_vaccine_days_3"]
        assert (fresh(version).wire_name, fresh(version).state) == ("flu_vaccine_days_3", TemplateState.APPROVED)

    def test_a_carrier_that_takes_no_name_at_all_is_a_refusal(self, carrier):
        version, catalogue = waiting(), carrier(*[EXISTS] * 20)

        for _ in range(20):
            message_templates.submit_pending()

        assert (len(catalogue.asked), fresh(version).state) == (11, TemplateState.REJECTED)

    @pytest.mark.parametrize("trouble", [
        NeverLeft("not reached"), TooFast("slow down", code="4"), ChannelRefused("token is gone", code="190")])
    def test_trouble_that_is_not_about_the_template_is_tried_again_later(self, carrier, trouble):
        version, catalogue = waiting(), carrier(trouble, ("4711", "approved"))

        message_templates.submit_pending()
        message_templates.submit_pending()
        asked_at_once = len(catalogue.asked)
        make_due()
        message_templates.submit_pending()

        assert (asked_at_once, len(catalogue.asked)) == (1, 2)
        assert fresh(version).state is TemplateState.APPROVED

    def test_each_wait_is_longer_than_the_one_before(self, carrier):
        version, waits = waiting(), []
        carrier(*[NeverLeft("not reached")] * 4)

        for _ in range(4):
            message_templates.submit_pending()
            waits.append((fresh(version).due_at - clock.now()).total_seconds())
            make_due()

        assert waits == sorted(waits) and waits[-1] > 2 * waits[0]

    def test_the_carriers_own_advice_to_wait_is_taken(self, carrier):
        version = waiting()
        carrier(TooFast("slow down", code="4", wait_seconds=1800))

        message_templates.submit_pending()

        assert fresh(version).due_at - clock.now() > timedelta(minutes=29)

    @pytest.mark.parametrize("between", [(), (TooFast("slow down", code="4"),), (NeverLeft("not reached"),)])
    def test_after_a_lost_answer_a_name_that_exists_is_ours(self, carrier, between):
        version = waiting()
        carrier(OutcomeUnknown("lost", code="lost"), *between, EXISTS)

        for _ in range(2 + len(between)):
            message_templates.submit_pending()
            make_due()

        assert (fresh(version).state, fresh(version).wire_id) == (TemplateState.PENDING, "by name")

    def test_after_a_crash_while_asking_a_name_that_exists_is_ours(self, carrier):
        version = waiting()
        approval._claim(version.id)
        make_due()
        carrier(EXISTS)

        message_templates.submit_pending()

        assert fresh(version).state is TemplateState.PENDING

    def test_a_code_new_to_us_refuses_one_template_and_the_next_goes_on(self, carrier):
        first, second = waiting("first"), waiting("second")
        carrier(RecipientRefused("new to us", code="9999"), ("4712", "approved"))

        message_templates.submit_pending()

        assert [fresh(version).state for version in (first, second)] == [
            TemplateState.REJECTED, TemplateState.APPROVED]

    def test_a_word_new_to_us_waits_for_news(self, carrier):
        version = waiting()
        carrier(("4711", "gilded"))

        message_templates.submit_pending()

        assert fresh(version).state is TemplateState.PENDING


class TestApplyTemplateNews:
    def test_a_version_is_found_by_wire_name_and_language_in_either_spelling(self, app):
        version = waiting()

        assert message_templates.apply_template_news([news("approved", language="en-GB")]) == 1

        assert (fresh(version).state, fresh(version).wire_id) == (TemplateState.APPROVED, "77")

    def test_a_refusal_is_told_in_plain_words(self, app):
        version = waiting()

        message_templates.apply_template_news([news("rejected", reason="INCORRECT_CATEGORY")])

        assert fresh(version).reason == "it is of another kind than was said: utility texts may not advertise"

    @pytest.mark.parametrize("item", [
        news(""), news("approved", name="somebody_elses"), news("approved", language="fr"), news("flagged")])
    def test_news_of_others_and_words_new_to_us_change_nothing(self, app, item):
        version = waiting()

        assert message_templates.apply_template_news([item]) == 0
        assert fresh(version).state is TemplateState.PENDING

    def test_repeats_are_noted_once(self, app):
        in_state(waiting(), TemplateState.APPROVED)

        message_templates.apply_template_news([news("paused", reason="low quality")] * 3)

        assert [entry.verb for entry in activity.recent(verb="template.paused").items] == ["template.paused"]

    def test_another_kind_of_pause_is_told_too(self, app):
        version = waiting()
        in_state(version, TemplateState.APPROVED)

        for why in ("FIRST_PAUSE", "RATE_LIMITING_PAUSE", "RATE_LIMITING_PAUSE"):
            message_templates.apply_template_news([dataclasses.replace(news("paused"), why=why)])

        assert "stays paused until somebody lets it go on" in fresh(version).reason
        assert len(activity.recent(verb="template.paused").items) == 2

    def test_news_that_overtakes_the_answer_wins(self, carrier):
        version = waiting()
        claim = approval._claim(version.id)
        message_templates.apply_template_news([news("approved")])

        approval._answered(claim, wire_id="4711", state=TemplateState.PENDING)

        assert (fresh(version).state, fresh(version).wire_id) == (TemplateState.APPROVED, "4711")

    def test_a_campaign_may_use_it_only_while_it_is_approved(self, app):
        in_state(waiting(), TemplateState.APPROVED)
        message_templates.apply_template_news([news("paused")])
        while_paused = [one.is_usable for one in message_templates.ready_versions()]

        message_templates.apply_template_news([news("approved")])

        assert (while_paused, [one.is_usable for one in message_templates.ready_versions()]) == ([False], [True])
