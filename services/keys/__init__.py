"""Keys for programs: made once, shown once, kept as a hash; limited, expiring, revocable. Others use these names only."""

from services.keys.asked import Answered, answered_once, forget_old
from services.keys.made import LONGEST_DAYS, SCOPES, Made, all_keys, get_key, make_key, revoke_key
from services.keys.used import BURST, RATE, Holder, holder_of

__all__ = [
    "BURST", "LONGEST_DAYS", "RATE", "SCOPES", "Answered", "Holder", "Made", "all_keys", "answered_once", "forget_old",
    "get_key", "holder_of", "make_key", "revoke_key",
]
