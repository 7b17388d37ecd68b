"""Pure: one person of a file beside the same person as we know them; rows as plain tuples, because there are many."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from core.states import ConsentState
from core.words import folded
from services.contacts.details import derived

# columns of somebody new, of somebody known, and of a change (followed by the id)
NEW = ("phone", "name", "name_key", "first_name", "email", "company", "birthday", "language", "country", "notes",
       "fields", "search", "marketing", "zone", "utility")
KNOWN = ("id", "phone", "name", "first_name", "email", "company", "birthday", "language", "notes", "fields",
         "marketing", "country", "zone", "utility")
CHANGED = ("name", "name_key", "first_name", "email", "company", "birthday", "language", "notes", "fields", "search",
           "marketing", "country", "zone", "utility")
_PLACE = {name: place for place, name in enumerate(KNOWN)}
_ID, _PHONE, _NAME, _FIRST_NAME, _EMAIL, _COMPANY, _FIELDS, MARKETING, _UTILITY = map(KNOWN.index, (
    "id", "phone", "name", "first_name", "email", "company", "fields", "marketing", "utility"))
_NAME_OF = itemgetter(_NAME)
_FOLLOWING = ("first_name", "name_key", "search")  # what `derived` gives, in its order


@dataclass(slots=True)
class Incoming:
    """One person as a file tells it, checked. What is not given is left as it is; nothing is ever emptied."""

    phone: str  # E.164; empty for somebody known by `mark`
    country: str = ""  # of the phone, ISO code
    values: dict[str, str] = field(default_factory=dict)  # columns that a file may fill; birthday as ISO text
    fields: dict[str, Any] = field(default_factory=dict)  # custom fields by key, as `check_value` gives them
    tags: tuple[str, ...] = ()  # names
    consent: ConsentState | None = None  # to marketing
    proof: str = ""  # of the consent
    utility: ConsentState | None = None  # consent to service messages
    utility_proof: str = ""
    user_id: str = ""  # Meta's; taken only for somebody new
    mark: str = ""  # how somebody without a phone is known: key:…, user:… or email:…

    @property
    def known_by(self) -> str:
        """The phone, or the mark of somebody without one."""
        return self.phone or self.mark


@dataclass(slots=True)
class Change:
    """What a file says that we did not know: old and new values by column, tags not had. False when there is none."""

    before: dict[str, Any]
    after: dict[str, Any]
    new_tags: tuple[str, ...] = ()
    is_kept_out: bool = False  # the file says they agreed, but they withdrew

    def __bool__(self) -> bool:
        return bool(self.after or self.new_tags)


def new_row(person: Incoming) -> tuple[Any, ...]:
    """The columns of NEW."""
    get = person.values.get
    phone, name, email, company = person.phone or None, get("name", ""), get("email", ""), get("company", "")
    first_name, name_key, search = derived(person.phone, name, get("first_name", ""), email, company)
    return (phone, name, name_key, first_name, email, company, get("birthday"), get("language", ""),
            get("country") or person.country, get("notes", ""), json.dumps(person.fields) if person.fields else "{}", search,
            person.consent.value if person.consent else "unknown", get("zone", ""),
            person.utility.value if person.utility else "unknown")


def difference(person: Incoming, row: tuple[Any, ...], had: set[tuple[int, str]], *, may_lift: bool = False) -> Change:
    """What the file says that a row of KNOWN does not. `had` are the tags people have, as (id, tag key).

    `may_lift`: somebody gave the reason why this file lifts the withdrawal of this person.
    """
    before, after = {}, {}
    for name, new in person.values.items():
        old = row[_PLACE[name]]
        if old != new:
            before[name], after[name] = old, new
    if "name" in after and "first_name" not in person.values and row[_FIRST_NAME] == _first_word(row[_NAME]):
        before["first_name"], after["first_name"] = row[_FIRST_NAME], _first_word(after["name"])  # it follows the name
    if person.fields:
        old = row[_FIELDS]
        if any(old.get(key) != new for key, new in person.fields.items()):
            before["fields"], after["fields"] = old, old | person.fields
    is_kept_out = False
    if person.consent and row[MARKETING] != person.consent:
        is_kept_out = person.consent is ConsentState.GRANTED and row[MARKETING] == ConsentState.WITHDRAWN and (
            not may_lift)
        if not is_kept_out:
            before["marketing"], after["marketing"] = row[MARKETING], person.consent.value
    if person.utility and row[_UTILITY] != person.utility and row[_UTILITY] != ConsentState.WITHDRAWN:
        before["utility"], after["utility"] = row[_UTILITY], person.utility.value  # no file lifts this withdrawal
    new_tags = tuple(name for name in person.tags if (row[_ID], folded(name)) not in had) if person.tags else ()
    return Change(before, after, new_tags, is_kept_out)


def written(rows: Sequence[tuple[Any, ...]], changes: Sequence[Change]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns of CHANGED that these changes of these rows of KNOWN touch, with those that follow from them; and for
    each row its new values in them, then its id.

    What nobody changes is not written: every index of a column in an UPDATE is written anew, whatever the value.
    """
    touched: set[str] = set().union(*[change.after for change in changes])
    if "name" in touched:
        touched |= {"name_key", "first_name", "search"}
    elif not touched.isdisjoint(("email", "company")):
        touched |= {"search"} if all(map(_NAME_OF, rows)) else {"search", "name_key"}  # who has no name is sorted by these
    columns = [name for name in CHANGED if name in touched]
    follow = [_FOLLOWING.index(name) for name in columns if name in _FOLLOWING]
    told = [(name, _PLACE[name]) for name in columns if name not in _FOLLOWING]
    values = []
    for row, change in zip(rows, changes, strict=True):
        get = change.after.get
        new = [get(name, row[place]) for name, place in told]
        if follow:
            further = derived(row[_PHONE] or "", get("name", row[_NAME]), get("first_name", row[_FIRST_NAME]),
                              get("email", row[_EMAIL]), get("company", row[_COMPANY]))
            new += [further[place] for place in follow]
        values.append((*new, row[_ID]))
    ordered = [name for name, _ in told] + [_FOLLOWING[place] for place in follow]
    if "fields" in touched:
        place = ordered.index("fields")
        values = [(*new[:place], json.dumps(new[place]) if new[place] else "{}", *new[place + 1:]) for new in values]
    return ordered, values


def _first_word(name: str) -> str:
    return name.partition(" ")[0][:100]
