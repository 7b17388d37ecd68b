"""What Meta says of our number, token and account; and our own webhook, called as Meta calls it."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from transports.cloud_api import client
from transports.cloud_api.catalogue import NUMBER_FIELDS
from transports.cloud_api.plain import mapping
from transports.port import Line, NeverLeft, RequestRefused

LONGEST_ECHO = 1000
KNOCK_SECONDS = 10.0
_HERE = ("localhost", "127.0.0.1", "::1")


class CloudAccount:
    """Asked rarely, one call at a time; each raises a kind of SendFailed."""

    def token_info(self, line: Line) -> Mapping[str, Any]:
        """What Meta says of the token: is_valid, expires_at (0: never), scopes, app_id."""
        return mapping(client.get(line, "debug_token", input_token=line.token).get("data"))

    def number_info(self, line: Line) -> Mapping[str, Any]:
        """What Meta says of the number: its name, quality, status and limits."""
        number = client.owned(line.phone_number_id, "The phone number ID")
        return client.get(line, number, fields=f"{NUMBER_FIELDS},webhook_configuration")

    def subscriptions(self, line: Line) -> list[Mapping[str, Any]]:
        """The apps the account tells what happens, each with its `id`."""
        data = client.get(line, f"{_account(line)}/subscribed_apps").get("data")
        found = [mapping(one).get("whatsapp_business_api_data") for one in data] if isinstance(data, list) else []
        return [one for one in found if isinstance(one, dict)]

    def subscribe(self, line: Line) -> None:
        """Have the account tell the app of this token. Safe to repeat."""
        client.post(line, f"{_account(line)}/subscribed_apps", {})

    def knock(self, line: Line, url: str) -> None:
        """Ask our webhook for its answer to Meta's handshake. Raises NeverLeft or RequestRefused with what is wrong."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            raise RequestRefused("Meta calls https addresses only.", code="webhook")
        challenge = secrets.token_hex(12)
        asked = {"hub.mode": "subscribe", "hub.verify_token": line.verify_token, "hub.challenge": challenge}
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.get(url, params=asked, timeout=KNOCK_SECONDS, allow_redirects=False, stream=True) as answer:
                    echo = answer.raw.read(LONGEST_ECHO, decode_content=True).decode("utf-8", "replace")
                    status = answer.status_code
        except requests.RequestException as error:
            raise NeverLeft(f"It cannot be reached from here ({type(error).__name__}).", code="webhook") from None
        if status == 403:
            raise RequestRefused("It answers, but does not know this verify token.", code="webhook")
        if status != 200 or echo != challenge:
            raise RequestRefused(f"Something else answers there (HTTP {status}).", code="webhook")


def _account(line: Line) -> str:
    return client.owned(line.business_id, "The business account ID")
