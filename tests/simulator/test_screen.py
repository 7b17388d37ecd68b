"""What a message of the business looks like on a phone."""

from simulator.screen import choices_of, of_message

QUICK = {"type": "QUICK_REPLY", "text": "Yes"}


def test_gaps_by_name_and_by_number_are_filled_and_values_are_no_gaps():
    named = of_message("template", {"components": [{"type": "body", "parameters": [
        {"type": "text", "parameter_name": "first_name", "text": "{{shop}}"}, {"type": "text", "parameter_name": "shop", "text": "B"}]}]},
        [{"type": "BODY", "text": "Hello {{first_name}} of {{shop}}"}])
    counted = of_message("template", {"components": [{"type": "body", "parameters": [
        {"type": "currency", "currency": {"fallback_value": "£5"}}]}]}, [{"type": "BODY", "text": "Pay {{1}}"}])

    assert (named["text"], counted["text"]) == ("Hello {{shop}} of B", "Pay £5")


def test_headers_of_every_form():
    text = of_message("template", {"components": [{"type": "header", "parameters": [{"type": "text", "text": "Ana"}]}]},
                      [{"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}])
    image = of_message("template", {"components": [{"type": "header", "parameters": [
        {"type": "image", "image": {"id": "7"}}]}]}, [{"type": "HEADER", "format": "IMAGE"}])
    place = of_message("template", {"components": [{"type": "header", "parameters": [
        {"type": "location", "location": {"latitude": "1", "longitude": "2", "name": "Here"}}]}]},
        [{"type": "HEADER", "format": "LOCATION"}])

    assert text["header"] == {"kind": "text", "text": "For Ana"}
    assert image["header"] == {"kind": "image", "id": "7"}
    assert place["header"] == {"kind": "location", "latitude": "1", "longitude": "2", "name": "Here"}


def test_an_address_gets_its_end_and_a_code_its_value():
    shown = of_message("template", {"components": [
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "w26"}]},
        {"type": "button", "sub_type": "copy_code", "index": 1, "parameters": [{"type": "coupon_code", "coupon_code": "TEN"}]}]},
        [{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "See", "url": "https://example.org/{{1}}"},
                                         {"type": "COPY_CODE", "example": "X"}]}])

    assert [one["value"] for one in shown["buttons"]] == ["https://example.org/w26", "TEN"]
    assert choices_of(shown) == {}


def test_the_buttons_of_a_carousel_are_told_apart_by_their_card():
    card = {"components": [{"type": "BODY", "text": "A"}, {"type": "BUTTONS", "buttons": [QUICK]}]}
    shown = of_message("template", {"components": [{"type": "carousel", "cards": []}]},
                       [{"type": "CAROUSEL", "cards": [card, card]}])

    assert set(choices_of(shown)) == {"0-0", "1-0"}


def test_a_list_can_be_pressed_row_by_row():
    shown = of_message("interactive", {"type": "list", "body": {"text": "What?"}, "action": {"button": "Choose", "sections": [
        {"title": "One", "rows": [{"id": "a", "title": "A"}, {"id": "b", "title": "B", "description": "Bee"}]}]}})

    assert shown["menu"]["label"] == "Choose" and {c: one["title"] for c, one in choices_of(shown).items()} == {"a": "A", "b": "B"}


def test_files_places_and_cards():
    assert of_message("image", {"id": "7", "caption": "Look"}) == {"text": "Look", "file": {"kind": "image", "id": "7"}}
    assert of_message("location", {"latitude": 1, "longitude": 2}) == {"place": {"latitude": 1, "longitude": 2}}
    assert of_message("contacts", [{"name": {"formatted_name": "Lee"}, "phones": [{"phone": "+44"}]}]) == {
        "cards": [{"name": "Lee", "phones": ["+44"]}]}
