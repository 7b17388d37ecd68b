"""Two ways Meta names a person: digits (wa_id) or a user id such as GB.7019…; either may stand in the other's place."""

import re

_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,150}")
_DIGITS = re.compile(r"[0-9]{5,20}")


def wa_id_in(value: object) -> str:
    """The digits of a person, without plus; empty when this is something else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**20:
        value = str(value)
    if not isinstance(value, str):
        return ""
    digits = value.removeprefix("+")
    return digits if _DIGITS.fullmatch(digits) else ""


def user_id_in(value: object) -> str:
    """The user id of a person; empty when this is something else."""
    return value if isinstance(value, str) and _USER_ID.fullmatch(value) else ""
