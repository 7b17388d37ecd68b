"""An offer that ends goes to the carrier, comes back in its list, and is sent with its end; half of one is refused."""

import pytest

from services.message_templates import words_of
from services.message_templates.incoming import says_the_same, words_from
from tests.simulator.conftest import control, line_to, send
from transports.cloud_api.catalogue import CloudCatalogue
from transports.port import FromTemplate, Gap, OutgoingMessage, Receipt, SendFailed, Template, TemplateButton

PERSON = "+447911123456"
OFFER = {"kind": "offer", "text": "Ends soon", "hours": "48"}
CODE = {"kind": "copy_code", "text": "Copy code", "sample": "SAVE20"}
PAGE = {"kind": "url", "text": "See it", "url": "https://example.org/offer"}


@pytest.fixture
def world(start):
    """A simulator."""
    return start()


def submit(line, *buttons, **changes):
    words = {"name": "offer", "language": "en_GB", "category": "marketing", "body": "Hi {{first_name}}, look", "footer": "",
             "samples": (("first_name", "Ana"),), "is_named": True, "header": {}, "buttons": buttons or (OFFER, CODE, PAGE)}
    return CloudCatalogue().submit(line, **(words | changes))


def sent(line, **parts):
    whole = {"body": (Gap("first_name"),), "buttons": (TemplateButton(0, "copy_code", "SAVE20"),),
             "offer_ends_ms": 1_900_000_000_000}
    return send(line, OutgoingMessage(PERSON, "a", FromTemplate(Template("offer", "en_GB", **(whole | parts)), ("Ana",))))[0]


def test_it_is_handed_in_listed_and_sent(world):
    line = line_to(world)
    submit(line)
    control(world, "POST", "templates", {"name": "offer", "status": "APPROVED"})
    [listed] = CloudCatalogue().templates(line)
    ours = words_of(body="Hi {{first_name}}, look", buttons=[CODE, PAGE, OFFER])

    assert listed.foreign_parts == () and says_the_same(ours, listed)
    assert words_from(listed, ours).buttons[0] == OFFER
    assert isinstance(sent(line), Receipt)
    assert sent(line, offer_ends_ms=0).code == "131008"


@pytest.mark.parametrize(("buttons", "changes"), [
    ((OFFER, PAGE), {}), ((OFFER, PAGE, CODE), {}), ((OFFER, CODE), {}), ((OFFER, CODE, PAGE), {"footer": "Bye"}),
    ((OFFER, CODE, PAGE), {"body": "Hi {{first_name}}, " + "x" * 600}), ((OFFER | {"text": "x" * 17}, CODE, PAGE), {}),
    ((OFFER, CODE, PAGE), {"header": {"kind": "text", "text": "Hello"}})])
def test_what_meta_would_refuse_is_refused(world, buttons, changes):
    with pytest.raises(SendFailed):
        submit(line_to(world), *buttons, **changes)
