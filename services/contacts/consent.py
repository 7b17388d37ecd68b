"""Who agreed to what, or withdrew, how, when, with what proof: written to the ledger, the present state is derived."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, insert, literal, or_, select, update

from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.states import ConsentState
from core.words import one_line
from models import ConsentEntry, Contact, db, transaction
from services.contacts.ledger import CATEGORIES, HOW, write_line
from services.contacts.namesakes import share_withdrawals

SAID = {ConsentState.GRANTED: "agreed", ConsentState.WITHDRAWN: "said stop", ConsentState.UNKNOWN: "not asked"}
_AT_ONCE = 5_000
_PROOF_LENGTH = 500


def record_consent(*, contact_id: int, category: str, state: ConsentState, how: str, proof: str = "",
                   at: datetime | None = None, overrides_withdrawal: bool = False, by: Actor) -> ConsentState:
    """Add one line to the ledger and return the state that follows from all lines.

    `at` is when it happened, now by default; a time to come counts as now. `overrides_withdrawal` lets an import
    lift a stop and needs a proof. Raises NotFound, and Invalid for words the ledger does not know.
    """
    proof = _checked(category, state, how, proof, overrides_withdrawal)
    with transaction():
        present = write_line(contact_id=contact_id, category=category, state=state, how=how, proof=proof, at=at,
                             overrides_withdrawal=overrides_withdrawal, by=by)
        if state is ConsentState.WITHDRAWN:
            share_withdrawals([contact_id])
    return present


def record_consent_many(contact_ids: Sequence[int], *, category: str, proof: str, how: str = "import",
                        at: datetime | None = None, by: Actor) -> None:
    """Note that all these people agreed, with one proof for all, in a few statements a thousand people.

    Whoever has withdrawn stays withdrawn and gets no line; a line that is there already is not added again, unless an
    import it came with was undone.
    """
    proof = _checked(category, ConsentState.GRANTED, how, proof, False)
    now = clock.now()
    with transaction():
        for start in range(0, len(contact_ids), _AT_ONCE):
            _grant(sorted(set(contact_ids[start:start + _AT_ONCE])), category, proof, how, min(at or now, now), now, by)
        db.session.expire_all()  # people loaded before would still show the old state


def history(contact_id: int) -> Sequence[ConsentEntry]:
    """Every line about this person, newest first. One query."""
    return db.session.scalars(
        select(ConsentEntry).where(ConsentEntry.contact_id == contact_id)
        .order_by(ConsentEntry.at.desc(), ConsentEntry.id.desc())).all()


def _grant(ids: Sequence[int], category: str, proof: str, how: str, at: datetime, now: datetime, by: Actor) -> None:
    """Lines for those who have not withdrawn, and their derived column."""
    present = getattr(Contact, category)
    may_be_granted = (Contact.id.in_(ids), present != ConsentState.WITHDRAWN)
    db.session.execute(select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()).all()
    is_known = exists().where(ConsentEntry.contact_id == Contact.id, ConsentEntry.category == category,
                              ConsentEntry.state == ConsentState.GRANTED, ConsentEntry.how == how,
                              ConsentEntry.proof == proof)
    line = {"category": category, "state": ConsentState.GRANTED, "how": how, "proof": proof,
            "overrides_withdrawal": False, "by": by.name, "at": at, "recorded_at": now}
    kinds = ConsentEntry.__table__.c
    chosen = select(Contact.id, *(literal(value, kinds[name].type) for name, value in line.items()))
    is_new = or_(present != ConsentState.GRANTED, ~is_known)
    db.session.execute(insert(ConsentEntry.__table__).from_select(
        ["contact_id", *line], chosen.where(*may_be_granted, is_new).order_by(Contact.id)))
    db.session.execute(update(Contact.__table__).where(*may_be_granted)
                       .values({category: ConsentState.GRANTED, "changed_at": now}))


def _checked(category: str, state: ConsentState, how: str, proof: str, overrides: bool) -> str:
    """The proof as it is kept. Raises Invalid."""
    if category not in CATEGORIES:
        raise Invalid(f"“{one_line(category)[:20]}” is not a kind of message people agree to", field="category")
    if state not in (ConsentState.GRANTED, ConsentState.WITHDRAWN):
        raise Invalid("Choose whether they agreed or asked us to stop", field="state")
    if how not in HOW:
        raise Invalid(f"“{one_line(how)[:20]}” is not a way people tell us", field="how")
    line = one_line(proof)
    if len(line) > _PROOF_LENGTH:
        raise Invalid(f"The proof must be {_PROOF_LENGTH} characters or fewer; this has {len(line)}", field="proof")
    if overrides and not line:
        raise Invalid("Say why this lifts a withdrawal", field="proof")
    return line
