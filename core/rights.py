"""What a person of the team may do: roles as a table, and the right to send as a right of its own."""

from enum import StrEnum


class Right(StrEnum):
    """One thing a person may or may not do."""

    SEE = "see"
    ANSWER = "answer people"
    EDIT_CONTACTS = "edit contacts"
    IMPORT = "import and export people"
    EDIT_TEMPLATES = "edit templates"
    EDIT_CAMPAIGNS = "prepare campaigns"
    SEND = "send campaigns"
    MANAGE = "manage team and settings"


_VIEWER = {Right.SEE}
_AGENT = _VIEWER | {Right.ANSWER, Right.EDIT_CONTACTS}
_MANAGER = _AGENT | {Right.IMPORT, Right.EDIT_TEMPLATES, Right.EDIT_CAMPAIGNS}
_ADMIN = _MANAGER | {Right.MANAGE}

RIGHTS: dict[str, set[Right]] = {"viewer": _VIEWER, "agent": _AGENT, "manager": _MANAGER, "admin": _ADMIN}


def may(role: str, right: Right, *, may_send: bool) -> bool:
    """Whether somebody of this role has this right; sending is granted apart, person by person."""
    return may_send if right is Right.SEND else right in RIGHTS.get(role, set())
