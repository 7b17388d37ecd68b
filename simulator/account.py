"""What Meta says of the number, the token and the account; a test may change any of it."""

import hmac
from collections.abc import Mapping
from typing import Any

from simulator.answers import Answer, ok
from simulator.world import World

APP_ID = "300000000000001"
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


class Account:
    """One number and its token, as it is unless somebody changes it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tells_us = True
        self._number: dict[str, Any] = {}
        self._token: dict[str, Any] = {}

    def change(self, told: Mapping[str, Any]) -> Answer:
        """From now on so: `number` and `token` as objects laid over what is usual, `subscribed` as true or false."""
        if isinstance(told.get("number"), dict):
            self._number = dict(told["number"])
        if isinstance(told.get("token"), dict):
            self._token = dict(told["token"])
        if isinstance(told.get("subscribed"), bool):
            self._tells_us = told["subscribed"]
        return ok({"success": True})

    def number(self) -> dict[str, Any]:
        """What Meta says of the business number."""
        return {"id": self._world.phone_number_id, "display_phone_number": self._world.display_phone,
                "verified_name": "Simulated business", "quality_rating": "GREEN",
                "code_verification_status": "VERIFIED", "name_status": "APPROVED",
                "platform_type": "CLOUD_API", "throughput": {"level": "HIGH"},
                "account_mode": "LIVE", "is_official_business_account": False, "status": "CONNECTED",
                "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
                "webhook_configuration": {"application": self._world.webhook_url}} | self._number

    def token(self, asked: str) -> dict[str, Any]:
        """What Meta says of a token."""
        if not hmac.compare_digest(asked.encode(), self._world.token.encode()):
            return {"is_valid": False, "scopes": [], "error": {"code": 190, "subcode": 467, "message": "Invalid token"}}
        return {"app_id": APP_ID, "type": "SYSTEM_USER", "application": "Simulator", "data_access_expires_at": 0,
                "expires_at": 0, "is_valid": True, "scopes": list(SCOPES),
                "granular_scopes": [{"scope": scope, "target_ids": [self._world.business_id]} for scope in SCOPES]
                } | self._token

    def subscription(self, method: str) -> Answer:
        """Whether the account tells our app what happens: POST says yes, DELETE no, GET lists."""
        if method in ("POST", "DELETE"):
            self._tells_us = method == "POST"
            return ok({"success": True})
        app = {"whatsapp_business_api_data": {"id": APP_ID, "name": "Simulator", "link": "https://example.org"}}
        return ok({"data": [app] if self._tells_us else []})
