"""Was this body signed by Meta? HMAC-SHA256 over the raw bytes, compared in constant time."""

import hashlib
import hmac
import re

HEADER = "X-Hub-Signature-256"
_SHAPE = re.compile(r"sha256=[0-9a-f]{64}")


def sign(secret: str, body: bytes) -> str:
    """The header value that belongs to `body`: `sha256=` and 64 lower-case hex digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(secret: str, body: bytes, header: str | None) -> bool:
    """Whether `header` is the signature of `body` under `secret`. False when there is no secret."""
    if not secret or not header or not _SHAPE.fullmatch(header):
        return False
    return hmac.compare_digest(sign(secret, body), header)
