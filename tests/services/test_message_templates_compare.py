"""What changed between two versions, said in words; old ones come back; where a new template begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, NotFound
from services import message_templates
from services.message_templates import TemplateInvalid, changes, pieces, words_of
from tests.factories.message_templates import BODY, a_template, newest

HEADER = {"kind": "text", "text": "Flu days"}
YES, NO = {"kind": "quick_reply", "text": "Yes"}, {"kind": "quick_reply", "text": "No"}
PAGE = {"kind": "url", "text": "Book", "url": "https://example.org/a"}


def words(body=BODY, **changed):
    return words_of(body=body, **changed)


def said(old, new):
    """The changes as part: words."""
    return {one.part: one.words for one in changes(old, new)}


class TestChanges:
    def test_the_same_words_have_none(self):
        assert changes(words(header=HEADER, buttons=[YES]), words(header=HEADER, buttons=[YES])) == []

    @pytest.mark.parametrize(("old", "new", "part", "sentence"), [
        ({}, {"footer": "Bye"}, "Last line", "was added"),
        ({"footer": "Bye"}, {}, "Last line", "was taken away"),
        ({"footer": "Bye"}, {"footer": "By"}, "Last line", "was changed and is 1 character shorter"),
        ({"footer": "Bye"}, {"footer": "Hey"}, "Last line", "was changed"),
        ({"header": HEADER}, {"header": HEADER | {"text": "Flu day"}}, "Header", "was changed and is 1 character shorter"),
        ({"header": HEADER}, {}, "Header", "was “A line of text” and is “None” now"),
        ({"header": {"kind": "image", "media_id": 1}}, {"header": {"kind": "image", "media_id": 2}}, "Header",
         "has another file"),
        ({"buttons": [YES]}, {"buttons": [YES, NO]}, "Buttons", "“No” came"),
        ({"buttons": [YES, NO]}, {"buttons": [NO]}, "Buttons", "“Yes” went"),
        ({"buttons": [YES, NO]}, {"buttons": [NO, YES]}, "Buttons", "stand in another order"),
        ({"buttons": [PAGE]}, {"buttons": [PAGE | {"url": "https://example.org/b"}]}, "Buttons", "“Book” leads elsewhere"),
        ({"variables": [{"name": "first_name", "fallback": "there"}]}, {}, "Instead of it, first_name", "was changed"),
    ])
    def test_each_part_says_what_happened_to_it(self, old, new, part, sentence):
        assert said(words(**old), words(**new))[part] == sentence

    @given(st.text(alphabet="ab {}_1\n.", max_size=80), st.text(alphabet="ab {}_1\n.", max_size=80))
    def test_the_pieces_give_back_both_texts(self, old, new):
        found = pieces(old, new)

        assert "".join(one.text for one in found if one.kind != "added") == old
        assert "".join(one.text for one in found if one.kind != "taken") == new


def test_words_beside_each_other_that_changed_are_shown_together():
    found = pieces("Reply STOP to hear no more", "Reply STOP to be left alone")

    assert [(one.kind, one.text) for one in found] == [
        ("same", "Reply STOP to "), ("taken", "hear no more"), ("added", "be left alone")]


class TestRestore:
    def test_an_old_version_comes_back_as_the_newest_with_all_its_parts(self, app, by):
        template = message_templates.add_template(
            name="offer", language="en_GB", category="marketing", body=BODY, header=HEADER, buttons=[YES, PAGE], by=by)
        message_templates.change_template(template.id, body=f"{BODY} Bring your card.", by=by)

        message_templates.restore_version(template.id, 1, by=by)

        version = newest(template)
        assert (version.number, version.body, version.header, version.buttons) == (3, BODY, HEADER, [YES, PAGE])
        assert version.wire_name == "offer_v3"

    def test_the_newest_is_not_restored(self, app, by):
        with pytest.raises(Conflict, match="says the same as version 1"):
            message_templates.restore_version(a_template().id, 1, by=by)

    def test_a_version_that_is_not_there_is_not_found(self, app, by):
        with pytest.raises(NotFound):
            message_templates.restore_version(a_template().id, 7, by=by)


class TestParts:
    def test_a_button_that_changed_makes_a_version(self, app, by):
        template = a_template()

        message_templates.change_template(template.id, body=BODY, footer="Reply STOP to end these messages",
                                          variables=newest(template).variables, buttons=[YES], by=by)

        assert newest(template).number == 2

    def test_a_file_that_is_not_there_is_refused_beside_the_header(self, app, by):
        with pytest.raises(TemplateInvalid, match="This file is gone") as refusal:
            message_templates.add_template(name="offer", language="en_GB", category="marketing", body=BODY,
                                           header={"kind": "image", "media_id": 4711}, by=by)

        assert refusal.value.field == "header"

    def test_a_number_on_a_button_is_read_under_the_country_of_the_house(self, app, by):
        template = message_templates.add_template(
            name="offer", language="en_GB", category="marketing", body=BODY, by=by,
            buttons=[{"kind": "phone", "text": "Call", "phone": "+44 7700 900123"}])

        assert newest(template).buttons == [{"kind": "phone", "text": "Call", "phone": "+447700900123"}]


class TestBeginnings:
    def test_a_copy_has_a_free_name(self, app):
        template = a_template()
        a_template("flu_vaccine_days_copy")

        begun = message_templates.from_template(template.id)

        assert (begun.name, begun.words.body, begun.of) == ("flu_vaccine_days_copy2", BODY, "flu_vaccine_days")

    def test_another_language_keeps_the_name_and_asks_for_the_language(self, app):
        begun = message_templates.in_another_language(a_template().id)

        assert (begun.name, begun.language) == ("flu_vaccine_days", "")

    def test_a_ready_text_that_is_taken_gets_another_name(self, app):
        a_template("welcome")

        assert message_templates.from_idea("welcome").name == "welcome_copy"

    def test_a_ready_text_that_is_not_there_is_not_found(self, app):
        with pytest.raises(NotFound):
            message_templates.from_idea("../../etc/passwd")


class TestQueries:
    def test_templates_are_filtered_by_kind_and_language(self, app):
        a_template()
        a_template("recall", category="utility", language="fr")

        found = message_templates.list_templates

        assert [row.name for row in found(category="utility").items] == ["recall"]
        assert [row.name for row in found(language="en_GB").items] == ["flu_vaccine_days"]
        assert found(category="' or 1=1", language="xx").total == 2
        assert message_templates.languages_in_use() == ["en_GB", "fr"]

    def test_the_same_name_in_other_languages_is_known(self, app):
        template = a_template()
        other = a_template(language="fr")

        assert [one.id for one in message_templates.siblings_of(template)] == [other.id]
