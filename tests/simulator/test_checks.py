"""The simulator is as strict as Meta: each wrong send is refused with Meta's code."""

import pytest

from simulator.approvals import Shelf
from simulator.checks import fault_of_message, recipient_of
from simulator.ledger import Ledger

COLUMNS = ("INSERT INTO templates (id, name, language, category, format, components, verdict, reason, decided_at) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)")
NAMED = '[{"type": "BODY", "text": "Hello {{first_name}}, your {{bike}} is ready."}]'
COUNTED = '[{"type": "BODY", "text": "Hello {{1}}, come in."}]'
PLAIN = '[{"type": "BODY", "text": "We are open."}]'


@pytest.fixture
def shelf(tmp_path):
    """Templates in each state."""
    book = Ledger(tmp_path)
    book.write([(COLUMNS, [
        ("1", "ready", "en_GB", "UTILITY", "NAMED", NAMED, "APPROVED", "NONE"),
        ("2", "counted", "en_GB", "UTILITY", "POSITIONAL", COUNTED, "APPROVED", "NONE"),
        ("3", "plain", "en_GB", "UTILITY", "POSITIONAL", PLAIN, "APPROVED", "NONE"),
        ("4", "paused", "en_GB", "UTILITY", "POSITIONAL", PLAIN, "PAUSED", "NONE"),
        ("5", "disabled", "en_GB", "UTILITY", "POSITIONAL", PLAIN, "DISABLED", "NONE"),
        ("6", "rejected", "en_GB", "UTILITY", "POSITIONAL", PLAIN, "REJECTED", "NONE")])])
    yield Shelf(book, speed=1)
    book.close()


def text(**changes):
    """A correct free text."""
    return {"messaging_product": "whatsapp", "to": "+447911123456", "type": "text", "text": {"body": "Hello"}} | changes


def template(name="ready", values=None, language="en_GB", **changes):
    """A correct template."""
    values = [named("first_name", "Ana"), named("bike", "City 3")] if values is None else values
    part = {"name": name, "language": {"code": language}, "components": [{"type": "body", "parameters": values}]}
    return text(type="template", template=part | changes) | {"text": None}


def named(name, value):
    return {"type": "text", "parameter_name": name, "text": value}


def counted(value):
    return {"type": "text", "text": value}


def code_of(payload, shelf):
    if isinstance(payload, dict):
        payload = {key: value for key, value in payload.items() if value is not None}
    refusal = fault_of_message(payload, shelf)
    return refusal and refusal.code


@pytest.mark.parametrize("payload", [
    text(), text(recipient_type="individual", biz_opaque_callback_data="x" * 512), text(to="+44 (7911) 123-456"),
    text(text={"body": "x" * 4096}), text(context={"message_id": "wamid.x"}), template(),
    template("counted", [counted("Ana")]), template("plain", []), text(to=None, recipient="GB.70193358812046671930"),
    template(values=[named("bike", "City 3"), named("first_name", "A    na")])])
def test_what_meta_takes_is_taken(shelf, payload):
    assert code_of(payload, shelf) is None


@pytest.mark.parametrize("payload, code", [
    (None, 100), ([], 100), ("x", 100), ({}, 100), (text(messaging_product="sms"), 100), (text(type="fax"), 100),
    (text(typo=1), 100), (text(recipient_type="crowd"), 100), (text(biz_opaque_callback_data="x" * 513), 100),
    (text(biz_opaque_callback_data=7), 100), (text(to=None), 131008), (text(to="447911123456"), 131009),
    (text(to="07911123456"), 131009), (text(to=447911123456), 131009), (text(to="+44x"), 131009),
    (text(text=None), 131008), (text(text="Hello"), 131008), (text(text={}), 131008),
    (text(text={"body": " "}), 131008), (text(text={"body": 1}), 131008),
    (text(text={"body": "x" * 4097}), 100), (text(type="image"), 100)])
def test_a_wrong_send_is_refused(shelf, payload, code):
    assert code_of(payload, shelf) == code


@pytest.mark.parametrize("payload, code", [
    (template("unknown"), 132001), (template(language="en_US"), 132001), (template(language="en"), 132001),
    (template("rejected", []), 132001), (template("paused", []), 132015), (template("disabled", []), 132016),
    (template(name=""), 131008), (template(language=""), 131008), (template(components="x"), 100),
    (template(values=[]), 132000), (template(components=[]), 132000), (template("plain", [counted("Ana")]), 132000),
    (template(values=[named("first_name", "Ana")]), 132000),
    (template(values=[counted("Ana"), counted("City 3")]), 132012),
    (template(values=[named("first_name", "Ana"), named("car", "City 3")]), 132012),
    (template("counted", [named("first_name", "Ana")]), 132012),
    (template("counted", [{"type": "image", "image": {"id": "1"}}]), 132012),
    (template("counted", [{"type": "text"}]), 131008), (template("counted", [counted("")]), 131008),
    (template("counted", [counted("a\nb")]), 132018), (template("counted", [counted("a\tb")]), 132018),
    (template("counted", [counted("a     b")]), 132018), (template("counted", [counted("x" * 1024)]), 132005),
    (template("counted", "x"), 100)])
def test_a_template_that_does_not_fit_is_refused(shelf, payload, code):
    assert code_of(payload, shelf) == code


def test_spaces_and_brackets_in_a_number_are_forgiven():
    assert recipient_of({"to": "+44 (7911) 123-456"}) == "+447911123456"
