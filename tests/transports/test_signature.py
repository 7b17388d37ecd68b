"""The signature check takes what Meta signed and nothing else."""

import pytest

from transports.cloud_api.signature import is_signed, sign

SECRET = "examples-app-secret-0001"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
KNOWN = "sha256=b5075d7509d5d736a8a522cf518b1607ef33b68bc1965d79ae2c7236e9e14add"

VECTORS = {
    "ascii": (BODY, KNOWN),
    "trailing newline": (
        BODY + b"\n", "sha256=59f216621296fb85ed8c039f989d0eee54eb524752259027c2b1748813e292c6"),
    "empty": (b"", "sha256=4fdb12f71fa4535fb1e4237e2371fbdf9ab4036655c26b94acace6b4d0f62fbe"),
    "escaped unicode, as it travels": (
        b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":'
        b'{"messages":[{"type":"text","text":{"body":"caf\\u00e9 \\ud83d\\udeb2 1\\/2"}}]}}]}]}',
        "sha256=5dbd95085355e0ddc3f3c691d3b8f6d7679035f8630726bbdde032e459d5a325"),
}


@pytest.mark.parametrize("body, header", VECTORS.values(), ids=VECTORS.keys())
def test_known_bodies_have_the_known_signature(body, header):
    assert sign(SECRET, body) == header
    assert is_signed(SECRET, body, header)


@pytest.mark.parametrize("header", [
    None, "", "sha256=", KNOWN[:-1], KNOWN + "0", KNOWN.upper(), KNOWN.replace("sha256", "sha1"),
    KNOWN.replace("sha256=", "SHA256="), KNOWN + "\n", " " + KNOWN, f"{KNOWN},{KNOWN}", KNOWN[7:],
    "sha256=" + "é" * 64, "sha256=" + "0" * 64,
])
def test_any_other_header_is_refused(header):
    assert not is_signed(SECRET, BODY, header)


def test_another_secret_is_refused():
    assert not is_signed("examples-app-secret-0002", BODY, KNOWN)


def test_one_changed_byte_is_refused():
    assert not is_signed(SECRET, BODY.replace(b"[]", b"{}"), KNOWN)


def test_without_a_secret_nothing_is_accepted():
    assert not is_signed("", BODY, sign("", BODY))
