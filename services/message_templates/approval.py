"""Hand versions in for approval, and hear what became of them. The carrier is never waited for inside a transaction."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from core import clock
from core.errors import DashboardError, NotFound
from core.states import TemplateState
from models import Channel, TemplateVersion, db, transaction
from services import channels, media, whatsapp_service
from services.message_templates import cards, render
from services.message_templates.edit import free_wire_name
from services.message_templates.standing import KNOWN_BY_NAME, NOTED, note
from transports.port import Line, OutcomeUnknown, RecipientRefused, RequestRefused, SendFailed, TemplateRefused

LOG = logging.getLogger("whatsapp")
WAITING = (TemplateState.DRAFT, TemplateState.PENDING)
REFUSALS = (TemplateRefused, RequestRefused, RecipientRefused)
IN_DOUBT = "WhatsApp was asked and its answer has not come; we go on asking"
NAME_EXISTS = "2388024"  # Meta: a template of this name and language is there already
MOST_NAMES = 10  # after so many names that were taken it is a refusal
LEASE_SECONDS = 300  # longer than any call to the carrier
LONGEST_WAIT_SECONDS = 3600


Stop = Callable[[Sequence[int], str], object]  # what uses these versions must stop, and why; in the same transaction


def submit_pending(*, limit: int = 50, stop: Stop = lambda _ids, _why: None) -> int:
    """Hand in every version whose turn it is, each to its account; returns how many got an answer. May run in many
    processes at once. `stop` is called with versions whose words were changed in place."""
    due = _due(limit)
    if not due:
        return 0
    try:
        usual = channels.default_channel()
    except DashboardError as error:
        LOG.warning("templates wait: %s", error.message)
        return 0
    speakers = channels.speakers() | {"": usual}
    answered = 0
    for version_id, business_id in due:
        if business_id not in speakers:
            continue  # its account is switched off; it waits
        try:
            line = channels.line_of(speakers[business_id])
        except DashboardError as error:
            LOG.warning("templates wait: %s", error.message)
            continue
        answered += _submit(version_id, speakers[business_id], line, stop)
    return answered


def _due(limit: int) -> Sequence[tuple[int, str]]:
    """The versions whose turn it is to be handed in, each with its account."""
    return db.session.execute(
        select(TemplateVersion.id, TemplateVersion.business_id)
        .where(TemplateVersion.state.in_(WAITING), TemplateVersion.wire_id == "",
               (TemplateVersion.due_at.is_(None)) | (TemplateVersion.due_at <= clock.now()))
        .order_by(TemplateVersion.id).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class _Claim:
    """One version that is ours to hand in, as values: no database connection is held while the carrier is asked."""

    version_id: int
    template_id: int
    template_name: str
    tries: int  # before this one
    was_in_doubt: bool  # an earlier answer was lost, so the carrier may have it already
    is_named: bool
    media_ids: tuple[int, ...]  # of the header's file, or of each card
    replaces_id: int | None  # the version whose place it takes at the carrier
    in_place_of: str  # the wire id of that version
    submission: dict[str, Any]


def _submit(version_id: int, channel: Channel, line: Line, stop: Stop) -> int:
    """Claim one version, ask the carrier, write down the answer. 1 when a definite one came."""
    claim = _claim(version_id)
    if claim is None:
        return 0
    try:
        handles = [media.handle_of(channel, number) for number in claim.media_ids]
        submission = claim.submission | {"header": cards.with_handles(claim.submission["header"], handles)}
        handle = handles[0] if handles else ""
        if claim.replaces_id is not None:
            whatsapp_service.catalogue().change(line, claim.in_place_of, is_named=claim.is_named, handle=handle,
                                                **{name: value for name, value in submission.items()
                                                   if name not in ("name", "language", "category")})
            took_place(claim.version_id, claim.replaces_id, stop)
            return 1
        wire_id, word = whatsapp_service.catalogue().submit(line, is_named=claim.is_named, handle=handle,
                                                            **submission)
    except (media.NotUploaded, NotFound) as error:
        return _without_file(claim, error)
    except SendFailed as error:
        return _after_failure(claim, error)
    _answered(claim, wire_id=wire_id or KNOWN_BY_NAME, state=_state_of(word), business_id=line.business_id)
    return 1


def took_place(version_id: int, replaced_id: int, stop: Stop) -> None:
    """The carrier holds the words of one version in place of another's, under its name and id. Joins a transaction."""
    with transaction():
        new = db.session.get(TemplateVersion, version_id, populate_existing=True)
        old = db.session.get(TemplateVersion, replaced_id, populate_existing=True)
        if new is None or old is None or old.state is TemplateState.REPLACED:
            return
        new.wire_name, new.wire_id, new.business_id = old.wire_name, old.wire_id, old.business_id
        new.edited_at, new.due_at, new.reason = clock.now(), None, ""
        if new.state in (*WAITING, TemplateState.REJECTED):
            new.state = TemplateState.PENDING
        why = f"Version {new.number} took its place at WhatsApp"
        old.state, old.reason, old.due_at = TemplateState.REPLACED, why, None
        note("template.edited", new.template_id, new.template.name, number=new.number)
        stop([old.id], f"The words of the template {new.template.name} were changed: {why[0].lower()}{why[1:]}")


def _claim(version_id: int) -> _Claim | None:
    """Take one version for a while; whoever changed the row owns it. The intent is safe before anybody is asked."""
    now = clock.now()
    with transaction(durable=True):
        version = db.session.get(TemplateVersion, version_id, populate_existing=True)
        claim = None if version is None else _claim_of(version)
        won = db.session.execute(
            update(TemplateVersion)
            .where(TemplateVersion.id == version_id, TemplateVersion.state.in_(WAITING), TemplateVersion.wire_id == "",
                   (TemplateVersion.due_at.is_(None)) | (TemplateVersion.due_at <= now))
            .values(due_at=now + timedelta(seconds=LEASE_SECONDS), tries=TemplateVersion.tries + 1, reason=IN_DOUBT)
            .execution_options(synchronize_session=False)).rowcount
    return claim if won else None


def _claim_of(version: TemplateVersion) -> _Claim:
    """What is handed in, and what is known of earlier tries."""
    template = version.template
    replaced = db.session.get(TemplateVersion, version.replaces_id) if version.replaces_id else None
    return _Claim(
        version_id=version.id, template_id=template.id, template_name=template.name, tries=version.tries,
        was_in_doubt=version.reason == IN_DOUBT, is_named=render.is_named(version.variables),
        media_ids=tuple(media.named_in(version.header)), replaces_id=replaced.id if replaced else None,
        in_place_of=replaced.wire_id if replaced else "",
        submission={
            "name": version.wire_name, "language": template.language, "category": template.category,
            "body": version.body, "footer": version.footer, "header": dict(version.header),
            "buttons": tuple(dict(one) for one in version.buttons),
            "samples": tuple(render.samples_of(version.variables).items()),
        })


def _after_failure(claim: _Claim, error: SendFailed) -> int:
    """A definite refusal is the end of it; anything else is tried again later, more and more slowly."""
    if claim.was_in_doubt and error.code == NAME_EXISTS:  # the answer that was lost had been a yes
        _answered(claim, wire_id=KNOWN_BY_NAME, state=TemplateState.PENDING)
        return 1
    if error.code == NAME_EXISTS and claim.tries < MOST_NAMES:  # somebody's, or ours of before we deleted it
        _rename(claim)
        return 0
    if isinstance(error, REFUSALS):
        own = f" WhatsApp’s own words: {error.detail}" if error.detail else ""
        _answered(claim, wire_id="", state=TemplateState.REJECTED, reason=error.words + own)
        return 1
    in_doubt = claim.was_in_doubt or isinstance(error, OutcomeUnknown)
    _try_later(claim, IN_DOUBT if in_doubt else error.words, at_least=error.wait_seconds)
    LOG.warning("template version %s was not taken yet (%s)", claim.version_id, type(error).__name__)
    return 0


def _without_file(claim: _Claim, error: DashboardError) -> int:
    """The file of the header did not reach the carrier, so nothing was asked. 1 when it never will."""
    if isinstance(error, NotFound) or (isinstance(error, media.NotUploaded) and error.is_final):
        _answered(claim, wire_id="", state=TemplateState.REJECTED, reason=error.message)
        return 1
    _try_later(claim, IN_DOUBT if claim.was_in_doubt else error.message)
    return 0


def _try_later(claim: _Claim, reason: str, *, at_least: float = 0.0) -> None:
    """Hand it in again after a while, more and more slowly."""
    wait = max(min(LONGEST_WAIT_SECONDS, 5 * 2 ** min(claim.tries, 12)), at_least)
    with transaction():
        db.session.execute(
            update(TemplateVersion)
            .where(TemplateVersion.id == claim.version_id, TemplateVersion.state.in_(WAITING))
            .values(due_at=clock.now() + timedelta(seconds=wait), reason=reason[:500]))


def _rename(claim: _Claim) -> None:
    """Try again soon under another name: only the carrier sees it, and there it may be locked for weeks."""
    with transaction():
        version = db.session.get(TemplateVersion, claim.version_id, populate_existing=True)
        if version is not None and not version.wire_id:
            version.wire_name = free_wire_name(version.template, version.number, again=claim.tries + 2)
            version.due_at, version.reason = None, ""


def _answered(claim: _Claim, *, wire_id: str, state: TemplateState, reason: str = "", business_id: str = "") -> None:
    """Write down the carrier's answer, unless its news overtook it; then only its id is new."""
    with transaction():
        db.session.execute(update(TemplateVersion).where(TemplateVersion.id == claim.version_id)
                           .values(wire_id=wire_id[:40], due_at=None, **({"business_id": business_id} if business_id else {})))
        moved = db.session.execute(
            update(TemplateVersion)
            .where(TemplateVersion.id == claim.version_id, TemplateVersion.state.in_(WAITING))
            .values(state=state, reason=reason[:500])).rowcount
        if wire_id:
            note("template.submitted", claim.template_id, claim.template_name)
        if moved and state in NOTED:
            note(NOTED[state], claim.template_id, claim.template_name, reason=reason)


def _state_of(word: str) -> TemplateState:
    """The carrier's answer as ours; a word we do not know waits for news."""
    known: Iterable[str] = (*NOTED, TemplateState.IN_APPEAL, TemplateState.LIMIT_EXCEEDED)
    return TemplateState(word.lower()) if word.lower() in known else TemplateState.PENDING
