"""Pure: what Meta's answers about a number mean, in plain words, and where to click.

Nothing of an answer is taken on trust: only words we know are kept, everything else is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from core import clock
from transports.port import Line

NEEDED = {"whatsapp_business_messaging": "to send and to hear", "whatsapp_business_management": "for templates and numbers"}
TIERS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000,
         "TIER_UNLIMITED": 0}


def limit_of(tier: str) -> int | None:
    """People an account of this tier may open in 24 hours; 0 without limit, None while Meta did not say."""
    return TIERS.get(tier)


# what the webhook of the app must be subscribed to, for everything the dashboard acts on
FIELDS = ("messages", "message_template_status_update", "message_template_quality_update", "template_category_update",
          "message_template_components_update", "phone_number_quality_update", "phone_number_name_update", "account_update",
          "account_alerts", "account_review_update", "business_capability_update", "user_preferences", "user_id_update",
          "security")
# when Meta stops answering a version of its Graph API
VERSION_ENDS = {"v20.0": date(2026, 9, 24), "v21.0": date(2027, 1, 21), "v22.0": date(2027, 5, 20), "v23.0": date(2027, 10, 8),
                "v24.0": date(2028, 2, 18), "v25.0": date(2028, 7, 29)}
SILENT = ("PENDING", "DISCONNECTED", "UNVERIFIED", "BANNED", "DELETED", "MIGRATED")  # nothing can be sent
_SAYS_WHY = "WhatsApp Manager, Phone numbers: open this number; it says why and until when."
STATES = dict.fromkeys(("RESTRICTED", "FLAGGED", "RATE_LIMITED", "BANNED"), _SAYS_WHY) | {  # where to click, by Meta's word
    "MIGRATED": "The number was moved to another account; connect it with the ids of that one.",
    "DELETED": "The number was removed at Meta; add it there again, or connect another one."}
SPEEDS = {"STANDARD": 80, "HIGH": 1_000}
NAMES = {"DECLINED": "was declined", "PENDING_REVIEW": "waits for Meta's review", "EXPIRED": "has expired"}


class Step(StrEnum):
    """How one thing is."""

    GOOD = "good"
    LOOK = "look"  # works, but somebody should look
    BAD = "bad"  # it cannot work like this


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it."""

    part: str
    step: Step
    says: str
    advice: str = ""


_UNSET = (
    ("token", "No access token is set, so nothing can be sent.",
     "Paste it under Change. Meta: Business settings, System users, Generate new token, expiry “never”."),
    ("app_secret", "No app secret is set, so nothing WhatsApp tells us is believed: messages and receipts are refused.",
     "Paste it under Change. Meta: your app, App settings, Basic, App secret."),
    ("verify_token", "No verify token is set, so Meta cannot connect the webhook.",
     "Choose a word, paste it under Change, and the same at Meta: your app, WhatsApp, Configuration."),
)


def unset(line: Line) -> list[tuple[str, str]]:
    """Which secrets this number has none of: what follows, and what to do."""
    return [(words, advice) for name, words, advice in _UNSET if not getattr(line, name)]


def about_token(token: Mapping[str, Any], business_id: str, now: datetime) -> list[Finding]:
    """Is it alive, for how long, and may it do what we need on this account?"""
    renew = "Make a new one at Meta: Business settings, System users, Generate new token, expiry “never”."
    if token.get("is_valid") is not True:
        return [Finding("Access token", Step.BAD, "Meta says this token is not valid any more.", renew)]
    found = []
    ends = moment(token.get("expires_at"))
    if ends is None:
        found.append(Finding("Access token", Step.GOOD, "Valid, and does not expire."))
    else:
        days = (ends - now).days
        step = Step.GOOD if days > 14 else Step.LOOK
        advice = renew if step is Step.LOOK else ""
        found.append(Finding("Access token", step, f"Valid until {ends:%-d %b %Y, %H:%M} UTC.", advice))
    scopes = {str(one) for one in token.get("scopes", []) if isinstance(one, str)}
    for scope, purpose in NEEDED.items():
        if scope not in scopes:
            found.append(Finding("Permission", Step.BAD, f"The token lacks {scope}, needed {purpose}.",
                                 "Tick this permission when you generate the token."))
        elif not _covers(token, scope, business_id):
            found.append(Finding("Permission", Step.BAD, f"{scope} is given, but not for this business account.",
                                 "Business settings, System users, Assign assets: give full control of the WhatsApp account."))
    if len(found) == 1:
        found.append(Finding("Permission", Step.GOOD, "The token may send, hear and manage templates."))
    return found


def _covers(token: Mapping[str, Any], scope: str, business_id: str) -> bool:
    """Whether a permission holds for this account; without a list of targets it holds for all."""
    for one in token.get("granular_scopes", []):
        if isinstance(one, dict) and one.get("scope") == scope and isinstance(one.get("target_ids"), list):
            return business_id in map(str, one["target_ids"])
    return True


def about_number(number: Mapping[str, Any]) -> list[Finding]:
    """Registered, verified, named, of what quality and with which limit."""
    found = []
    status = str(number.get("status", ""))
    if status == "CONNECTED":
        found.append(Finding("Number", Step.GOOD, f"{number.get('display_phone_number', 'The number')} is connected."))
    else:
        step = Step.LOOK if status and status not in SILENT else Step.BAD
        found.append(Finding("Number", step, f"Meta says the number is {status.lower() or 'in a state we do not know'}.",
                             STATES.get(status, "WhatsApp Manager, Phone numbers: finish the registration of this number.")))
    if str(number.get("code_verification_status", "")) in ("NOT_VERIFIED", "UNVERIFIED"):
        found.append(Finding("Verification", Step.BAD, "The number was not verified by SMS or call yet.",
                             "WhatsApp Manager, Phone numbers, Verify."))
    elif str(number.get("code_verification_status", "")) == "EXPIRED":
        found.append(Finding("Verification", Step.LOOK, "The verification by SMS or call has expired.",
                             "Nothing stops for that; verify again before you register the number anew."))
    if named := NAMES.get(str(number.get("name_status", ""))):
        found.append(Finding("Display name", Step.LOOK, f"The name {number.get('verified_name', '')} {named}.",
                             "WhatsApp Manager, Phone numbers, Edit display name."))
    elif number.get("name_status") == "NONE":
        found.append(Finding("Display name", Step.LOOK, "The number has no display name: people see the bare number.",
                             "WhatsApp Manager, Phone numbers, Add display name; Meta reviews it."))
    quality = str(number.get("quality_rating", "UNKNOWN"))
    if quality in ("RED", "YELLOW"):
        found.append(Finding("Quality", Step.LOOK, f"Rated {quality.lower()}: people block or report its messages.",
                             "Write less, to people who asked for it, and say how to stop."))
    tier = str(number.get("whatsapp_business_manager_messaging_limit", ""))
    if tier in TIERS:
        most = f"{TIERS[tier]:,} people in 24 hours" if TIERS[tier] else "any number of people"
        found.append(Finding("Limit", Step.GOOD, f"May open conversations with {most}."))
    platform = str(number.get("platform_type", ""))
    if platform not in ("", "CLOUD_API"):
        found.append(Finding("Platform", Step.BAD, f"The number lives on {platform.lower().replace('_', ' ')}, not in the Cloud "
                             "API.", "WhatsApp Manager, Phone numbers: move it to the Cloud API, or add another number."))
    if str(number.get("account_mode", "")) == "SANDBOX":
        found.append(Finding("Account", Step.LOOK, "This is a test number: it reaches only people on Meta's allow list."))
    return found


def about_pace(number: Mapping[str, Any], send_rate: float) -> list[Finding]:
    """How fast Meta takes messages of this number, beside the pace that was chosen here."""
    level = number.get("throughput")
    most = SPEEDS.get(str(level.get("level", "")) if isinstance(level, dict) else "")
    if most is None:
        return []
    if send_rate > most:
        return [Finding("Speed", Step.LOOK, f"The pace here is {send_rate:g} a second, and Meta takes {most:,} from this number.",
                        "Lower the pace under Change; Meta raises its own once you reach many people with good quality.")]
    return [Finding("Speed", Step.GOOD, f"Meta takes up to {most:,} messages a second from this number.")]


def about_version(version: str, today: date) -> list[Finding]:
    """Whether Meta is about to stop answering the version of its Graph API that is used."""
    ends = VERSION_ENDS.get(version)
    if ends is None or ends > today + timedelta(days=90):
        return []
    verb = "stopped" if ends <= today else "stops"
    return [Finding("Graph version", Step.LOOK, f"Meta {verb} answering {version} on {ends:%-d %b %Y}.",
                    "Enter a newer version under Change, or in GRAPH_API_VERSION, and ask Meta again.")]


def about_subscription(apps: list[Mapping[str, Any]], app_id: str) -> Finding:
    """Does the account tell our app what happens?"""
    ids = {str(one.get("id", "")) for one in apps}
    if not ids:
        return Finding("Subscription", Step.BAD, "The account is subscribed to no app, so nothing is heard of messages.",
                       "Press “Subscribe the account” on the number’s page.")
    if app_id and app_id not in ids:
        return Finding("Subscription", Step.BAD, "The account tells another app, not the one this token belongs to.",
                       "Press “Subscribe the account” on the number’s page.")
    return Finding("Subscription", Step.GOOD, "The account tells this app what happens.")


def facts_of_number(number: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of Meta's answer."""
    level = number.get("throughput")
    return {
        "display_phone": _plus(str(number.get("display_phone_number", "")))[:20],
        "verified_name": str(number.get("verified_name", ""))[:120],
        "quality": str(number.get("quality_rating", ""))[:12],
        "number_status": str(number.get("status", ""))[:30],
        "tier": str(number.get("whatsapp_business_manager_messaging_limit", ""))[:24],
        "throughput": str(level.get("level", "") if isinstance(level, dict) else "")[:20],
    }


def moment(seconds: Any) -> datetime | None:
    """Unix seconds of Meta as a time; None for 0, which means never, and for anything odd."""
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**11:
        return clock.from_seconds(seconds)
    return None


def _plus(shown: str) -> str:
    """+12025550142 for “+1 202-555-0142”."""
    digits = "".join(char for char in shown if char.isascii() and char.isdigit())
    return f"+{digits}" if digits else ""
