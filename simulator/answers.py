"""Meta's shapes: what its answers and its errors look like, word for word where it matters."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

# code: (HTTP status, message, details)
ERRORS: dict[int, tuple[int, str, str]] = {
    4: (400, "Application request limit reached", ""),
    100: (400, "Invalid parameter", ""),
    190: (401, "Error validating access token: Session has expired.", ""),
    200: (403, "Provide valid app ID", ""),
    368: (403, "Temporarily blocked for policies violations", "The account was restricted for breaking a policy."),
    2500: (400, "Unknown path components", ""),
    80007: (400, "Rate limit issues", "The business account has reached its rate limit."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: (400, "User's number is part of an experiment",
             "Failed to send message because this user's phone number is part of an experiment."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "Required parameter is missing", "A required parameter is missing."),
    131009: (400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131026: (400, "Message undeliverable", "Message Undeliverable."),
    131030: (400, "Recipient phone number not in allowed list", "Recipient phone number not in allowed list."),
    131031: (403, "Business Account locked", "Business Account has been locked."),
    131042: (400, "Business eligibility payment issue", "There was an error related to your payment method."),
    131047: (400, "Re-engagement message", "Message failed to send because more than 24 hours have passed since the "
                                           "customer last replied to this number."),
    131048: (400, "Spam rate limit hit", "Message failed to send because there are restrictions on how many messages "
                                         "can be sent from this phone number."),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement.",
             "In order to maintain a healthy ecosystem engagement, the message failed to be delivered."),
    131050: (400, "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on "
                  "WhatsApp from your business", "The recipient stopped marketing messages from your business."),
    131051: (400, "Unsupported message type", "Message type is not supported."),
    131053: (400, "Media upload error", "The media could not be uploaded."),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit",
             "Message failed to send because too many messages were sent to this recipient in a short time."),
    132000: (400, "Number of parameters does not match the expected number of params", ""),
    132001: (404, "Template name does not exist in the translation", ""),
    132005: (400, "Translated text too long", "The filled text is longer than 1024 characters."),
    132012: (400, "Parameter format does not match format in the created template", ""),
    132015: (400, "Template is paused", "The template is paused because of low quality."),
    132016: (400, "Template is disabled", "The template is disabled because of low quality."),
    132018: (400, "There is a problem with a parameter of the template",
             "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"),
    133010: (400, "Phone number not registered", "The phone number is not registered."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no in Meta's words."""

    code: int
    details: str = ""
    subcode: int = 0
    status: int = 0  # 0: the usual one of the code
    retry_after: int = 0  # seconds; 0: no header
    title: str = ""  # error_user_title
    advice: str = ""  # error_user_msg
    wording: str = ""  # instead of the usual message


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer ready to be written."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def ok(data: dict[str, Any]) -> Answer:
    """A 200 with this JSON."""
    return Answer(200, json.dumps(data, separators=(",", ":")).encode())


def refuse(refusal: Refusal) -> Answer:
    """The error answer for a refusal."""
    status, message, details = ERRORS.get(refusal.code, (400, "Unknown error", ""))
    error: dict[str, Any] = {
        "message": refusal.wording or (f"(#{refusal.code}) {message}" if refusal.code > 190 else message),
        "type": "GraphMethodException" if refusal.subcode == 33 else "OAuthException",
        "code": refusal.code,
    }
    if refusal.subcode:
        error["error_subcode"] = refusal.subcode
    if told := refusal.details or details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": told}
    if refusal.title:
        error |= {"is_transient": False, "error_user_title": refusal.title, "error_user_msg": refusal.advice}
    error["fbtrace_id"] = "A" + secrets.token_urlsafe(14)
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    return Answer(refusal.status or status, json.dumps({"error": error}).encode(), headers)


def unknown_object(identity: str) -> Refusal:
    """What Meta says to an id it does not know, or does not show us."""
    return Refusal(100, subcode=33, wording=(
        f"Unsupported post request. Object with ID '{identity[:64]}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation."))


def status_error(code: int) -> dict[str, Any]:
    """An error as it stands in a `failed` status."""
    _status, message, details = ERRORS.get(code, (400, "Unknown error", ""))
    return {"code": code, "title": message, "message": message, "error_data": {"details": details or message},
            "href": "/documentation/business-messaging/whatsapp/support/error-codes"}
