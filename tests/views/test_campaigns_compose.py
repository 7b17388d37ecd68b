"""Whom and what: choices with their size, a list of one's own, templates, gaps; what is wrong stands beside its field."""

import io
import re

import pytest
from sqlalchemy import event, select

from core.states import CampaignState, TemplateState
from models import Campaign, Segment, Tag, TemplateVersion, db, transaction
from services import campaigns, contacts, segments
from services.segments import Condition, all_of
from tests.factories.campaigns import a_campaign, a_tag, a_version, people

GUESTS = "Guest,Mobile,Table\nAna,07700 900801,Window\nBen,07700 900802,\nCy,nonsense,Door\nDee,+447700900801,Bar\n"
BODY = "Hello {{guest}}, your table is {{table}}."
GAPS = [{"name": "guest", "sample": "Ana", "fallback": ""}, {"name": "table", "sample": "Window", "fallback": ""}]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40


def a_file(content, name="guests.csv"):
    return io.BytesIO(content if isinstance(content, bytes) else content.encode()), name


def draft():
    """The newest campaign."""
    return db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first()


def a_segment(name, by):
    return segments.add_segment(name=name, shape=all_of([Condition("tag.is", "patients")]), by=by)


def queries_of(call):
    db.session.rollback()
    seen = []
    note = lambda *_: seen.append(1)  # noqa: E731  # an event wants a plain function
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


class TestWhom:
    def test_everything_is_kept_and_comes_back(self, browser, app, by):
        tag, other = a_tag("patients"), a_tag("staff")
        people(3, tag)
        segment = a_segment("Agreed", by)
        earlier = a_campaign(name="Earlier")
        campaigns.start_now(earlier.id, by=by)

        browser.post("/campaigns/new", {
            "name": "Invitation", "tags": [tag.id], "segments": [segment.id], "without_tags": [other.id],
            "without_segments": [segment.id], "without_campaigns": [earlier.id]})

        assert draft().audience == {"tags": [tag.id], "segments": [segment.id], "without_tags": [other.id],
                                    "without_segments": [segment.id], "without_campaigns": [earlier.id]}
        page = browser.get(f"/campaigns/{draft().id}/whom").text
        assert page.count(" checked") == 5

    def test_the_size_says_who_is_meant_and_who_is_left(self, browser, app):
        tag, staff = a_tag("patients"), a_tag("staff")
        people(5, tag)
        people(2, tag, staff, first=100)

        shown = browser.post("/campaigns/whom/size", {"tags": [tag.id], "without_tags": [staff.id]}).text

        assert re.search(r"<strong>5 <span>people", shown) and "of 7; 2 are taken out again" in shown
        assert "2 with the tag “staff”" in shown

    def test_the_size_of_everybody_and_of_nobody(self, browser, app):
        people(4)

        assert "<strong>4 <span>people" in browser.post("/campaigns/whom/size", {"everyone": "y"}).text
        assert "Nobody is chosen yet" in browser.post("/campaigns/whom/size", {}).text
        assert "Nobody is chosen yet" in browser.post("/campaigns/whom/size", {"tags": ["x", "999999", str(10**30)]}).text

    @pytest.mark.parametrize("part", ["segments", "without_tags", "without_segments", "without_campaigns"])
    @pytest.mark.parametrize("typed", ["999", "x", str(10**30), "-1"])
    def test_what_does_not_exist_is_said_beside_its_part(self, browser, app, part, typed):
        answer = browser.post("/campaigns/new", {"name": "Invitation", part: [typed]})

        assert answer.status_code == 422 and f'id="{part}-error"' in answer.text and "any more; choose again" in answer.text

    def test_five_hundred_tags_and_segments_take_as_many_questions_as_five(self, browser, app, by):
        def many(first, count):
            with transaction():
                db.session.add_all(Tag(name=f"Tag {n}", key=f"tag {n}") for n in range(first, first + count))
                db.session.add_all(Segment(name=f"Segment {n}", key=f"segment {n}", conditions={})
                                   for n in range(first, first + count))
        many(0, 5)
        few = queries_of(lambda: browser.get("/campaigns/new"))
        many(5, 495)

        assert queries_of(lambda: browser.get("/campaigns/new")) == few
        assert "Find among 500" in browser.get("/campaigns/new").text

    def test_a_segment_and_a_tag_that_are_deleted_later_break_nothing(self, browser, app, by):
        tag, segment = a_tag("patients"), a_segment("Agreed", by)
        people(2, tag)
        campaign = a_campaign(size=0, tag_ids=[tag.id], whom={"segments": [segment.id], "without_segments": [segment.id]})
        with transaction():
            db.session.delete(db.session.get(Tag, tag.id))
        segments.delete_segment(segment.id, by=by)

        for page in ("whom", "what", "when", "check"):
            assert browser.get(f"/campaigns/{campaign.id}/{page}").status_code == 200
        assert "deleted" in browser.get(f"/campaigns/{campaign.id}/check").text
        assert browser.post(f"/campaigns/{campaign.id}/whom", {"name": "Doors"}).status_code == 302
        assert campaigns.get_campaign(campaign.id).audience == {"tags": []}


class TestOwnList:
    def test_a_file_comes_with_the_draft_and_its_bad_rows_are_shown(self, browser, app):
        answer = browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(GUESTS)})

        page = browser.get(answer.location).text
        assert answer.location.endswith(f"/campaigns/{draft().id}/list")
        assert "The same number as row 2" in page and "“nonsense” has characters" in page and "Window" in page
        assert "2 numbers can be used, 1 cannot be read, 1 stands there twice" in browser.get(f"/campaigns/{draft().id}/whom").text

    def test_pasted_numbers_lead_straight_on(self, browser, app):
        answer = browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "pasted": "07700 900801, 07700 900802"})

        assert answer.location.endswith("/what")
        assert campaigns.get_list(draft().id).rows == 2

    @pytest.mark.parametrize("content, name, said", [
        (PNG, "guests.csv", "file-error"), (b"", "empty.csv", "empty"), ("Guest,Mobile\n", "x.csv", "no people below"),
        (",".join(f"h{n}" for n in range(16_384)) + "\n", "x.csv", "16,384 columns"), (b"PK\x03\x04junk", "x.xlsx", "file-error"),
    ])
    def test_what_is_no_list_is_said_beside_the_file_and_the_draft_is_kept(self, browser, app, content, name, said):
        answer = browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(content, name)})

        assert answer.status_code == 422 and said in answer.text and 'id="file-error"' in answer.text
        assert draft().name == "Dinner" and f'action="/campaigns/{draft().id}/whom"' in answer.text

    def test_what_was_pasted_stays_when_it_is_refused(self, browser, app):
        answer = browser.post("/campaigns/new", {"name": "Dinner", "country": "XX", "pasted": "the-number-i-pasted 07700 900801"})

        assert answer.status_code == 422 and "the-number-i-pasted" in answer.text and "not a country code" in answer.text

    def test_harmful_headings_and_cells_are_text(self, browser, app):
        content = '<script>alert(1)</script>,Mobile\n<img src=x onerror=alert(1)>,07700 900801\n{{191*7}},x\n'
        browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(content)})

        page = browser.get(f"/campaigns/{draft().id}/list").text
        assert "<script>alert(1)" not in page and "<img src=x" not in page and "1337" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_cells_of_a_megabyte_are_shown_cut(self, browser, app):
        browser.post("/campaigns/new", {"name": "Dinner", "file": a_file(f"Mobile,Note\n+447700900801,{'x' * 1_000_000}\nbad,{'y' * 1_000_000}\n")})

        assert len(browser.get(f"/campaigns/{draft().id}/list").text) < 40_000

    def test_it_is_read_again_looked_through_downloaded_and_taken_away(self, browser, app):
        browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(
            "Guest,Phone,Second\nAna,0151 23456789,+447700900801\nBen,abc,+447700900802\n")})
        here = f"/campaigns/{draft().id}/list"

        assert "“abc” has characters" in browser.get(f"{here}?show=bad").text
        assert "Ana" not in browser.get(f"{here}?q=Ben").text.split("<tbody>")[1].split("</tbody>")[0]
        assert browser.get(f"{here}/bad.csv").text.splitlines()[0].endswith("Row,Reason,Guest,Phone,Second")
        browser.post(here, {"phone_column": "2", "country": "GB"})
        assert campaigns.get_list(draft().id).bad == 0
        for typed in ("9", "-1", "x", str(10**30)):
            assert browser.post(here, {"phone_column": typed, "country": "GB"}).status_code == 422
        assert browser.post(here, {"phone_column": "2", "country": "Narnia"}).status_code == 422
        browser.post(f"{here}/remove")
        assert browser.get(here).status_code == 404

    def test_a_campaign_that_runs_keeps_its_list_to_be_looked_at(self, browser, app):
        browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(GUESTS)})
        here = f"/campaigns/{draft().id}/list"
        with transaction():
            draft().state = CampaignState.FINISHED

        assert "Read it again" not in browser.get(here).text
        assert browser.post(here, {"phone_column": "0", "country": "DE"}).status_code == 409
        browser.post(f"{here}/remove")
        assert campaigns.get_list(draft().id).rows == 4


class TestWhat:
    def with_list(self, browser, by, content=GUESTS):
        browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(content)})
        version = a_version(BODY, name="table_ready", category="utility", variables=GAPS)
        campaigns.change_campaign(draft().id, version_id=version.id, by=by)
        return f"/campaigns/{draft().id}/what", version

    def test_columns_are_offered_first_and_taken_by_their_name(self, browser, app, by):
        at, _ = self.with_list(browser, by)

        page = browser.get(at).text

        assert '<optgroup label="Columns of your list">' in page
        assert '<option selected value="column:Guest">' in page and '<option selected value="column:Table">' in page

    def test_a_column_with_a_fallback_is_kept(self, browser, app, by):
        at, version = self.with_list(browser, by)

        answer = browser.post(at, {"version_id": version.id, "unknown_policy": "hold", "from_guest": "column:Guest",
                                   "text_guest": "", "from_table": "column:Table", "text_table": "any you like"})

        assert answer.location.endswith("/when")
        assert draft().variables["table"] == {"from": "column", "column": "Table", "fallback": "any you like"}

    def test_the_first_people_and_those_who_lack_a_value_are_shown(self, browser, app, by):
        at, _ = self.with_list(browser, by)

        page = browser.get(at).text

        assert "“Window”" in page and "<em>nothing</em>" in page
        assert re.search(r'code=missing_variable[^>]*>\s*1 person has no value for “table”', page)

    def test_a_column_that_is_gone_is_said_beside_its_gap_and_on_the_check_page(self, browser, app, by):
        at, version = self.with_list(browser, by)
        campaigns.add_list(draft().id, file=a_file("Guest,Mobile\nAna,+447700900801\n")[0], name="x.csv", country="GB", by=by)

        page = browser.get(at).text

        assert 'id="from_table-error"' in page and "no column “Table” any more" in page
        assert "no column “Table” any more" in browser.get(f"/campaigns/{draft().id}/check").text
        answer = browser.post(at, {"version_id": version.id, "unknown_policy": "hold", "from_guest": "column:Guest",
                                   "from_table": "column:Table"})
        assert answer.status_code == 422 and 'id="from_table-error"' in answer.text

    def test_a_newer_version_is_offered_and_keeps_the_mapping(self, browser, app, by):
        at, version = self.with_list(browser, by)
        with transaction():
            newer = TemplateVersion(template_id=version.template_id, number=2, body="Now {{table}} for {{guest}}!", variables=GAPS,
                                    wire_name="table_ready_v2", state=TemplateState.APPROVED)
            db.session.add(newer)

        assert "newer version, number 2" in browser.get(at).text
        assert draft().version_id == version.id
        browser.post(at, {"version_id": newer.id, "unknown_policy": "hold"})

        assert draft().version_id == newer.id and draft().variables["table"]["column"] == "Table"

    def test_templates_are_searched_and_looked_at_before_one_is_chosen(self, browser, app):
        campaign = a_campaign(size=1, version_id=None)
        a_version("Our doors are open.", name="doors_open")
        event_version = a_version("Come to our summer party.", name="summer_party")
        a_version("Not yet.", name="not_approved", state=TemplateState.PENDING)
        at = f"/campaigns/{campaign.id}/what"

        page = browser.get(at).text
        assert "doors_open" in page and "summer_party" in page and "not_approved" not in page
        found = browser.get(f"{at}?choose=1&q=SUMMER").text
        assert "Use doors_open" not in found and "Come to our summer party." in found
        assert "Come to our summer party." in browser.get(f"{at}?choose=1&look={event_version.id}").text
        assert "in its name or words" in browser.get(f"{at}?choose=1&q=%25'").text
        for odd in ("look=x", f"look={10**30}", "look=-1"):
            assert browser.get(f"{at}?choose=1&{odd}").status_code == 200

    def test_a_field_of_ones_own_is_suggested_by_its_name(self, browser, app, by):
        contacts.add_field(label="Doctor", kind="text", by=by)
        version = a_version("See {{doctor}} soon.", variables=[{"name": "doctor", "sample": "Dr Eke", "fallback": ""}])
        campaign = a_campaign(size=1, version_id=None)

        browser.post(f"/campaigns/{campaign.id}/what", {"version_id": version.id, "unknown_policy": "hold"})

        assert draft().variables == {"doctor": {"from": "field", "field": "field:doctor", "fallback": ""}}


class TestCopies:
    def test_a_copy_has_the_list_the_exclusions_and_the_mapping_and_no_time(self, browser, app, by):
        staff = a_tag("staff")
        browser.post("/campaigns/new", {"name": "Dinner", "country": "GB", "file": a_file(GUESTS), "without_tags": [staff.id]})
        old = draft()
        version = a_version(BODY, variables=GAPS)
        campaigns.change_campaign(old.id, version_id=version.id, by=by)
        old = campaigns.get_campaign(old.id)
        with transaction():
            old.local_time, old.wall_time, old.zone, old.latest_minutes = True, "2030-01-01T09:00", "Europe/London", 30

        browser.post(f"/campaigns/{old.id}/duplicate")

        copy, old = draft(), campaigns.get_campaign(old.id)
        assert (copy.audience, copy.variables, copy.local_time, copy.latest_minutes, copy.copy_of) == (
            old.audience, old.variables, True, 30, old.id)
        assert (copy.wall_time, copy.start_at, copy.name) == ("", None, "Dinner (copy)")
        ours, theirs = ([(row.number, row.phone, row.code, row.cells) for row in campaigns.list_rows(one.id).items]
                        for one in (copy, old))
        assert ours == theirs and len(ours) == 4

    def test_a_copy_for_those_left_out_excludes_the_old_one(self, browser, app, by):
        old = a_campaign(size=2)

        browser.post(f"/campaigns/{old.id}/duplicate", {"only": "missed"})

        assert draft().audience["without_campaigns"] == [old.id]


class TestDrafts:
    def test_the_list_says_what_a_draft_still_lacks(self, browser, app, by):
        campaigns.add_campaign(name="Bare", by=by)
        a_campaign(size=1, name="Complete")

        page = browser.get("/campaigns").text

        assert "lacks whom, template" in page and page.count("lacks ") == 1
