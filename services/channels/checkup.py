"""Ask Meta about a number: token, number, subscription, webhook. What the answers mean is said in about.py."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import update

from core import clock
from core.actor import Actor
from core.errors import CarrierTrouble
from models import Channel, db, transaction
from services import activity, whatsapp_service
from services.channels.about import (
    Finding,
    Step,
    about_number,
    about_pace,
    about_subscription,
    about_token,
    about_version,
    facts_of_number,
    moment,
    unset,
)
from services.channels.queries import get_channel, line_of
from transports.port import Account, Line, NeverLeft, NotSignedIn, OutcomeUnknown, SendFailed


def check(channel_id: int, *, by: Actor) -> list[Finding]:
    """Ask everything Meta tells of this number, keep the findings, and give them back. Raises NotFound; never more."""
    channel = get_channel(channel_id)
    line, send_rate = line_of(channel), channel.send_rate
    db.session.rollback()  # Meta is never waited for inside a transaction
    findings, facts = _ask(line, send_rate)
    with transaction():
        db.session.execute(update(Channel).where(Channel.id == channel_id).values(
            findings=[asdict(one) for one in findings], checked_at=clock.now(), **facts))
        activity.record("channel.checked", by=by, subject_kind="channel", subject_id=channel_id,
                        subject_name=get_channel(channel_id).name)
    return findings


def subscribe(channel_id: int, *, by: Actor) -> None:
    """Have the account tell our app what happens. Raises NotFound, and CarrierTrouble with Meta's reason in words."""
    channel = get_channel(channel_id)
    line = line_of(channel)
    db.session.rollback()
    try:
        whatsapp_service.account().subscribe(line)
    except SendFailed as error:
        raise CarrierTrouble(error.words) from None
    with transaction():
        activity.record("channel.subscribed", by=by, subject_kind="channel", subject_id=channel_id,
                        subject_name=get_channel(channel_id).name)


def findings_of(channel: Channel) -> list[Finding]:
    """What the last check found."""
    return [Finding(one["part"], Step(one["step"]), one["says"], one.get("advice", "")) for one in channel.findings or []]


def is_ready(channel: Channel) -> bool:
    """Whether the last check found nothing that stands in the way."""
    return bool(channel.findings) and all(one["step"] != Step.BAD for one in channel.findings)


def webhook_url(number: Mapping[str, Any]) -> str:
    """The address Meta calls for this number, as it says itself; empty when it knows none."""
    told = number.get("webhook_configuration")
    return str(told.get("application", "")) if isinstance(told, dict) else ""


def _ask(line: Line, send_rate: float) -> tuple[list[Finding], dict[str, Any]]:
    """Our secrets, token, number, subscription, webhook: each by itself, so that one refusal hides no other."""
    account = whatsapp_service.account()
    ours = [Finding("Secrets", Step.BAD, words, advice) for words, advice in unset(line)]
    try:
        findings, facts = _ask_all(account, line, send_rate)
        return ours + findings, facts
    except (NeverLeft, OutcomeUnknown) as error:
        return [*ours, Finding("Connection", Step.BAD, error.words, "Look at the connection of this machine to the internet, "
                               "and at the address of the Graph API. Nothing else could be asked.")], {}


def _ask_all(account: Account, line: Line, send_rate: float) -> tuple[list[Finding], dict[str, Any]]:
    """The same, when Meta answers at all. Raises NeverLeft or OutcomeUnknown when it does not."""
    findings: list[Finding] = []
    facts: dict[str, Any] = {}
    app_id = ""
    try:
        token = account.token_info(line)
        findings += about_token(token, line.business_id, clock.now())
        app_id = str(token.get("app_id", ""))
        facts["token_expires_at"] = moment(token.get("expires_at"))
    except (NeverLeft, OutcomeUnknown):
        raise
    except SendFailed as error:
        findings.append(Finding("Access token", Step.BAD, error.words, "Make a new token at Meta: Business settings, System "
                                "users, Generate new token, and paste it here."))
    try:
        told = account.number_info(line)
        findings += about_number(told) + about_pace(told, send_rate)
        facts |= facts_of_number(told)
        number: Mapping[str, Any] | None = told
    except (NeverLeft, OutcomeUnknown):
        raise
    except SendFailed as error:
        findings.append(_refused("Number", error, "Compare the phone number ID with Meta's page: WhatsApp, API Setup. It is not "
                                 "the phone number itself."))
        number = None
    try:
        findings.append(about_subscription(account.subscriptions(line), app_id))
    except (NeverLeft, OutcomeUnknown):
        raise
    except SendFailed as error:
        findings.append(_refused("Subscription", error, "Compare the business account ID with Meta's page."))
    if number is not None:  # else Meta has not said which address it calls
        findings.append(_about_webhook(number, line))
    findings += about_version(line.version, clock.now().date())
    return findings, facts


def _refused(part: str, error: SendFailed, advice: str) -> Finding:
    """Meta does not tell of this part. With a token it does not take the token is to blame, and its own line says so."""
    if isinstance(error, NotSignedIn):
        return Finding(part, Step.BAD, "Meta tells nothing of it to this token; put the token in order first.")
    return Finding(part, Step.BAD, error.words, advice)


def _about_webhook(number: Mapping[str, Any], line: Line) -> Finding:
    """Does Meta know an address, and does that address know our word?"""
    url = webhook_url(number)
    where = ("Your app at Meta, WhatsApp, Configuration: paste the callback URL (/webhook on your public address) and the "
             "verify token.")
    if not url:
        return Finding("Webhook", Step.BAD, "Meta knows no address for news, so nothing is heard of messages.", where)
    try:
        whatsapp_service.account().knock(line, url)
    except SendFailed as error:
        return Finding("Webhook", Step.BAD, f"{url[:120]}: {error.words}", where)
    return Finding("Webhook", Step.GOOD, f"{url[:120]} answers and knows the verify token.")
