"""What Meta changed by itself: a template's kind or words, a number's limits, an account's standing, a person's id."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from transports.cloud_api.people import user_id_in, wa_id_in
from transports.cloud_api.plain import Unreadable, items, key, mapping, moment, text
from transports.port import ChannelNews, IdentityNews, Item, OtherNews, TemplateDrift

RATED = {"GREEN": "good", "YELLOW": "medium", "RED": "poor"}
QUALITIES = {**RATED, "UNKNOWN": "not known"}
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "it may not begin conversations",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "it may not answer people",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "it may not add numbers",
    "RESTRICTED_UTILITY_TEMPLATES": "it may not send utility templates",
}
STOPPING = ("RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")
SECURITY = {
    "PIN_CHANGED": "The two-step PIN of the number was changed",
    "PIN_RESET_REQUEST": "Somebody asked to reset the two-step PIN of the number",
    "PIN_REQUEST_SUCCESS": "The two-step PIN of the number was reset",
}
EVENTS = {"ACCOUNT_RECONNECTED": "The account is connected at WhatsApp again",
          "PARTNER_ADDED": "A partner may look after the account from now on",
          "PARTNER_REMOVED": "A partner was taken away from the account"}
NAMES = {"APPROVED": "was approved", "REJECTED": "was refused", "DEFERRED": "waits for more checks",
         "PENDING": "is being looked at"}
UNLIMITED = (-1, "-1")


def template_quality(business_id: str, raw: Mapping[str, Any]) -> Item:
    """How people take a template. Raises Unreadable."""
    score = text(raw.get("new_quality_score"), 20).upper()
    words = f"its quality is now {QUALITIES.get(score, score.lower() or 'not known')}"
    return TemplateDrift(business_id, *_template(raw), words=words, quality=RATED.get(score, ""))


def template_category(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Meta counts a template as another kind, or will soon. Raises Unreadable."""
    new, correct = text(raw.get("new_category"), 30).upper(), text(raw.get("correct_category"), 30).upper()
    if correct:
        words = f"WhatsApp will count it as {correct.lower()} within about a day"
        return TemplateDrift(business_id, *_template(raw), words=words, coming_category=correct.lower()[:16])
    if new not in CATEGORIES:
        return OtherNews("template_category_update", raw)
    words = f"WhatsApp counts it as {new.lower()} now"
    return TemplateDrift(business_id, *_template(raw), words=words, category=new.lower())


def template_components(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Somebody changed the words of a template at Meta. Raises Unreadable."""
    shown = text(raw.get("message_template_element"), 200)
    words = f"its words were changed at WhatsApp: “{shown}”" if shown else "its words were changed at WhatsApp"
    return TemplateDrift(business_id, *_template(raw), words=words, is_reshaped=True,
                         body=text(raw.get("message_template_element"), 4096))


def number_quality(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Limits and throughput of a number. Raises Unreadable."""
    event = key(raw.get("event"), "What happened to the number", 40).upper()
    limit = raw.get("max_daily_conversations_per_business") or raw.get("current_limit")
    facts = {"tier": _tier(limit)} if _tier(limit) else {}
    if event == "THROUGHPUT_UPGRADE":
        facts["throughput"] = "HIGH"
    words = {"THROUGHPUT_UPGRADE": "The number may send up to 1,000 messages a second now",
             "FLAGGED": "The quality of the number is poor: people block or report its messages",
             "UNFLAGGED": "The quality of the number is well again",
             "UPGRADE": "The limit of the number was raised", "DOWNGRADE": "The limit of the number was lowered",
             "ONBOARDING": "The number was taken on"}.get(event, f"News of the number: {event.lower().replace('_', ' ')}")
    return ChannelNews(business_id, _digits(raw), words, is_warning=event in ("FLAGGED", "DOWNGRADE"), facts=facts)


def number_name(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Whether the display name was taken. Raises Unreadable."""
    decision = key(raw.get("decision"), "What was decided", 20).upper()
    name, reason = text(raw.get("requested_verified_name"), 120), text(raw.get("rejection_reason"), 100)
    words = f"The display name {name} {NAMES.get(decision, 'is ' + decision.lower())}"
    facts = {"verified_name": name} if decision == "APPROVED" and name else {}
    return ChannelNews(business_id, _digits(raw), f"{words}: {reason}" if reason and reason != "NONE" else words,
                       is_warning=decision == "REJECTED", facts=facts)


def account_update(business_id: str, raw: Mapping[str, Any]) -> Item:
    """The standing of the whole account. Raises Unreadable."""
    event = key(raw.get("event"), "What happened to the account", 60).upper()
    if event == "ACCOUNT_RESTRICTION":
        kinds = [text(mapping(one).get("restriction_type"), 60) for one in items(raw.get("restriction_info"))]
        what = ", ".join(RESTRICTIONS.get(kind, kind.lower().replace("_", " ")) for kind in kinds if kind)
        return ChannelNews(business_id, "", f"WhatsApp restricts the account: {what or 'no reason was given'}",
                           must_stop=any(kind in STOPPING for kind in kinds), is_warning=True)
    if event == "DISABLED_UPDATE":
        ban = mapping(raw.get("ban_info"))
        state, day = text(ban.get("waba_ban_state"), 40).upper(), text(ban.get("waba_ban_date"), 40)
        words = {"DISABLE": "WhatsApp has disabled the account", "REINSTATE": "WhatsApp has enabled the account again",
                 "SCHEDULE_FOR_DISABLE": "WhatsApp is going to disable the account"}.get(state, "The account was changed")
        return ChannelNews(business_id, "", f"{words} ({day})" if day else words, must_stop=state == "DISABLE",
                           is_warning=state in ("DISABLE", "SCHEDULE_FOR_DISABLE"))
    if event in ("ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED"):
        return ChannelNews(business_id, "", "The account was removed at WhatsApp", must_stop=True, is_warning=True)
    if event == "ACCOUNT_VIOLATION":
        kind = text(mapping(raw.get("violation_info")).get("violation_type"), 80).lower().replace("_", " ")
        return ChannelNews(business_id, "", f"WhatsApp says the account broke a rule: {kind or 'not said which'}",
                           is_warning=True)
    if event == "VOLUME_BASED_PRICING_TIER_UPDATE":
        return ChannelNews(business_id, "", _price(mapping(raw.get("volume_tier_info"))))
    words = EVENTS.get(event, f"News of the account: {event.lower().replace('_', ' ')}")
    return ChannelNews(business_id, "", words, is_warning=event.endswith(("REMOVED", "UNINSTALLED")))


def _price(told: Mapping[str, Any]) -> str:
    """From how many messages on another price counts, in words."""
    kind, where = text(told.get("pricing_category"), 40).lower(), text(told.get("region"), 60)
    least, _, most = text(told.get("tier"), 40).partition(":")
    span = f"{int(least):,} to {int(most):,} messages a month" if least.isdecimal() and most.isdecimal() else "more messages"
    return f"Another price counts now: that of {span}{f', {kind}' if kind else ''}{f', to {where}' if where else ''}"


def account_alert(business_id: str, raw: Mapping[str, Any]) -> Item:
    """A warning of Meta in its own words."""
    alert = mapping(raw.get("alert_info"))
    told = text(alert.get("alert_description"), 300) or text(alert.get("alert_type"), 80).lower().replace("_", " ")
    severity = text(alert.get("alert_severity"), 20).upper()
    is_warning = severity != "INFORMATIONAL"
    says = f"WhatsApp {'warns' if is_warning else 'says'}: {told}"
    return ChannelNews(business_id, "", says, is_warning=is_warning) if told else OtherNews("account_alerts", raw)


def account_review(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Whether Meta accepted the account."""
    decision = text(raw.get("decision"), 20).lower()
    return ChannelNews(business_id, "", f"WhatsApp's review of the account: {decision or 'no decision'}",
                       is_warning=decision == "rejected")


def capability(business_id: str, raw: Mapping[str, Any]) -> Item:
    """How many people the portfolio may open in a day: a word or, in older bodies, a number."""
    tier = _tier(raw.get("max_daily_conversations_per_business"))
    if not tier:
        return OtherNews("business_capability_update", raw)
    return ChannelNews(business_id, "", f"The limit of the account is now {tier.removeprefix('TIER_').lower()} people a day",
                       facts={"tier": tier})


def security(business_id: str, raw: Mapping[str, Any]) -> Item:
    """Somebody touches the PIN of a number: show it, it may be an attack."""
    event = text(raw.get("event"), 40).upper()
    words = SECURITY.get(event, f"A safety notice of the number: {event.lower().replace('_', ' ') or 'not said what'}")
    return ChannelNews(business_id, _digits(raw), f"{words}. If nobody of yours did it, look at Meta at once", is_warning=True)


def user_ids(_business_id: str, value: Mapping[str, Any]) -> Iterator[Item]:
    """People whose business-scoped id changed. Raises Unreadable."""
    number = text(mapping(value.get("metadata")).get("phone_number_id"), 40)
    for raw in items(value.get("user_id_update")):
        ids = mapping(mapping(raw).get("user_id"))
        former, current = user_id_in(ids.get("previous")), user_id_in(ids.get("current"))
        if not former or not current:
            raise Unreadable("A change of a person's id without both ids")
        yield IdentityNews(number, moment(mapping(raw).get("timestamp")), wa_id=wa_id_in(mapping(raw).get("wa_id")),
                           former_user_id=former, user_id=current)


def identity_of_system(phone_number_id: str, raw: Mapping[str, Any]) -> IdentityNews | None:
    """The change that a message of type system tells, or None when it tells another thing. Raises Unreadable."""
    told = mapping(raw.get("system"))
    kind = text(told.get("type"), 40)
    if kind not in ("user_changed_number", "user_changed_user_id"):
        return None
    new_wa_id = wa_id_in(told.get("wa_id"))
    former = wa_id_in(raw.get("from"))
    return IdentityNews(phone_number_id, moment(raw.get("timestamp")), wa_id=former,
                        former_user_id=user_id_in(raw.get("from_user_id")),
                        new_wa_id="" if new_wa_id == former else new_wa_id, user_id=user_id_in(told.get("user_id")))


def _template(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Name and language of the template that is spoken of. Raises Unreadable."""
    return (key(raw.get("message_template_name"), "The name of the template", 512),
            text(raw.get("message_template_language"), 20).replace("-", "_"))


def _digits(raw: Mapping[str, Any]) -> str:
    return "".join(char for char in text(raw.get("display_phone_number"), 40) if char.isascii() and char.isdigit())


def _tier(limit: object) -> str:
    """TIER_2K for “TIER_2K”, 2000 and "2000"; empty for what we do not know."""
    if limit in UNLIMITED:
        return "TIER_UNLIMITED"
    word = text(limit, 24).upper()
    known = {"50": "TIER_50", "250": "TIER_250", "1000": "TIER_1K", "2000": "TIER_2K", "10000": "TIER_10K",
             "100000": "TIER_100K"}
    return known.get(word, word if word.startswith("TIER_") else "")


ONE_BY_ONE: dict[str, Callable[[str, Mapping[str, Any]], Item]] = {
    "message_template_quality_update": template_quality,
    "template_category_update": template_category,
    "message_template_components_update": template_components,
    "phone_number_quality_update": number_quality,
    "phone_number_name_update": number_name,
    "account_update": account_update,
    "account_alerts": account_alert,
    "account_review_update": account_review,
    "business_capability_update": capability,
    "security": security,
}
