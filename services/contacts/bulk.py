"""Many people at once, as a set: one look at who is known, then only what is new or different is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import clock
from core.actor import Actor
from core.spellings import BEGINNINGS, other_spellings
from core.states import ConsentState
from core.words import folded
from models import Tag, db, is_sqlite, transaction
from services.contacts import bulk_consent, bulk_marked, bulk_postgres, bulk_sqlite
from services.contacts.bulk_rows import Change, Incoming, difference, new_row, written
from services.contacts.namesakes import share_withdrawals
from services.contacts.suppression import kept_out, withdraw_suppressed
from services.contacts.tags import tags_named

CREATED, UPDATED, UNCHANGED, SKIPPED = "created", "updated", "unchanged", "skipped"


@dataclass(slots=True)
class Outcomes:
    """What became of people, column by column in their order, because there are many.

    `changes` holds old and new values by place in that order, so that a change can be shown, kept, and put back.
    """

    kinds: list[str]  # created | updated | unchanged | skipped
    ids: list[int]  # of the contacts; 0 before they exist
    changes: dict[int, Change] = field(default_factory=dict)
    kept_out: int = 0  # they withdrew earlier, some before they were removed; the file's word that they agreed does not count
    at: datetime | None = None  # the moment every line and person of this set carries
    tag_ids: dict[str, int] = field(default_factory=dict)  # tag key to id, of every tag in the set
    new_tags: list[str] = field(default_factory=list)  # keys of tags that did not exist before


def add_or_update_many(people: Sequence[Incoming], *, on_duplicate: str = "update", source: str = "import",
                       how: str = "import", lift: str = "", by: Actor) -> Outcomes:
    """Bring in these people (each phone once), in a fixed number of statements.

    Safe beside other imports and forms: nobody comes in twice. `on_duplicate` is update or skip, for people who are
    known. Blank values never erase; who withdrew stays withdrawn, whatever the file says, unless `lift` gives the
    reason why this set may lift withdrawals: then it is their proof. Who was erased stays out all the same.
    """
    outcomes = Outcomes([CREATED] * len(people), [0] * len(people))
    with transaction():
        writer = _Writer(people, outcomes, source=source, how=how, lift=lift, by=by)
        left = list(range(len(people)))
        while left:
            left = writer.write(left, on_duplicate)
    return outcomes


def take_turn() -> None:
    """Wait until no other set of people, and no erasure, is being written; given back when the transaction ends."""
    (bulk_sqlite if is_sqlite() else bulk_postgres).take_turn()


def foresee_many(people: Sequence[Incoming], *, on_duplicate: str = "update", lift: str = "") -> Outcomes:
    """What `add_or_update_many` would do now, without doing it. A fixed number of queries."""
    outcomes = Outcomes([CREATED] * len(people), [0] * len(people))
    store = bulk_sqlite if is_sqlite() else bulk_postgres
    known = _known(store, people)
    had = store.tags_of([row[0] for row in known.values()], _tag_names(people))
    liftable = bulk_consent.liftable(known.values()) if lift else set()
    for place, person in enumerate(people):
        if row := known.get(person.known_by):
            _judge(outcomes, place, person, row, had, on_duplicate, liftable)
    outcomes.kept_out += kept_out(_agreed(person for person, kind in zip(people, outcomes.kinds, strict=True)
                                          if kind == CREATED), may_lift=bool(lift))
    return outcomes


def _agreed(people: Iterable[Incoming]) -> list[Incoming]:
    """Those of whom the file says that they agreed to marketing."""
    return [person for person in people if person.consent is ConsentState.GRANTED]


def _known(store: Any, people: Sequence[Incoming]) -> dict[str, tuple[Any, ...]]:
    """Rows of KNOWN by what each person is known by, for those who are in the contacts."""
    phones = [person.phone for person in people if person.phone]
    others = {other: phone for phone in phones if phone[:3] in BEGINNINGS for other in other_spellings(phone)}
    found: dict[str, tuple[Any, ...]] = store.known([*phones, *others]) if phones else {}
    for other in others.keys() & found.keys():  # the number as it is written here counts before another spelling of it
        found.setdefault(others[other], found[other])
    return found if len(phones) == len(people) else found | bulk_marked.known(people)


def _judge(outcomes: Outcomes, place: int, person: Incoming, row: tuple[Any, ...], had: set[tuple[int, str]],
           on_duplicate: str, liftable: set[int]) -> Change | None:
    """Note what becomes of somebody known; the change, if there is one to write."""
    outcomes.ids[place] = row[0]
    if on_duplicate == "skip":
        outcomes.kinds[place] = SKIPPED
        return None
    if not person.phone and row[1]:  # the file knows them from before they had a number; it is older than what we know
        outcomes.kinds[place] = UNCHANGED
        return None
    change = difference(person, row, had, may_lift=row[0] in liftable)
    outcomes.kept_out += change.is_kept_out
    if not (change.after or change.new_tags):
        outcomes.kinds[place] = UNCHANGED
        return None
    outcomes.kinds[place] = UPDATED
    outcomes.changes[place] = change
    return change


def _tag_names(people: Sequence[Incoming]) -> dict[str, str]:
    """Tag keys to names, as the people carry them."""
    names = {name for tags in {person.tags for person in people} for name in tags}
    return {folded(name): name for name in sorted(names)}


class _Writer:
    """Writes one set of people inside one transaction."""

    def __init__(self, people: Sequence[Incoming], outcomes: Outcomes, *, source: str, how: str, lift: str,
                 by: Actor) -> None:
        self.people, self.outcomes, self.source, self.how, self.by = people, outcomes, source, how, by
        self.lift = lift
        self.now = outcomes.at = clock.now()
        self.store: Any = bulk_sqlite if is_sqlite() else bulk_postgres
        self.store.take_turn()
        names = _tag_names(people)
        self._sets: dict[tuple[str, ...], list[int]] = {}
        known = set(db.session.scalars(select(Tag.key).where(Tag.key.in_(list(names))))) if names else set()
        self.tag_ids = {tag.key: tag.id for tag in tags_named(names.values(), by=by)} if names else {}
        outcomes.tag_ids, outcomes.new_tags = self.tag_ids, sorted(self.tag_ids.keys() - known)

    def _ids_of(self, names: tuple[str, ...]) -> list[int]:
        """The tags of these names; most people carry the same few together, so the answer is kept."""
        if (found := self._sets.get(names)) is None:
            found = self._sets[names] = [self.tag_ids[folded(name)] for name in names]
        return found

    def write(self, places: list[int], on_duplicate: str) -> list[int]:
        """Change who is known, add who is not; the places of those whom somebody else added at the same moment."""
        people = self.people
        known = _known(self.store, [people[place] for place in places])
        if known:
            looked = [(place, known.get(people[place].known_by)) for place in places]
            self._change([(place, row) for place, row in looked if row], on_duplicate)
            places = [place for place, row in looked if not row]
        return self._create(places) if places else []

    def _create(self, places: list[int]) -> list[int]:
        new = [self.people[place] for place in places]
        ids = self._insert(new)
        if len(ids) < len(new):  # somebody else added some of them at the same moment
            lost = [place for place in places if self.people[place].known_by not in ids]
            places = [place for place in places if self.people[place].known_by in ids]
            new = [self.people[place] for place in places]
        else:
            lost = []
        for place, person in zip(places, new, strict=True):
            self.outcomes.ids[place] = ids[person.known_by]
        self._tag_new(new, ids)
        self.store.add_consent([(ids[person.known_by], person.consent.value, person.proof[:500]) for person in new
                                if person.consent], how=self.how, by=self.by.name, now=self.now, lifts=bool(self.lift))
        self._note_utility([(ids[person.known_by], person.utility.value, person.utility_proof[:500]) for person in new
                            if person.utility])
        bulk_marked.take_user_ids(new, ids)
        if withdraw_suppressed(list(ids.values())):
            bulk_consent.keep_moment(list(ids.values()))
            self.outcomes.kept_out += kept_out(_agreed(new), may_lift=bool(self.lift))
        return lost

    def _insert(self, new: list[Incoming]) -> Mapping[str, int]:
        """Add these people; what each is known by to the id, for those nobody else added at the same moment."""
        phoned = [person for person in new if person.phone]
        ids = dict(self.store.insert([new_row(person) for person in phoned], source=self.source,
                                     now=self.now)) if phoned else {}
        if len(phoned) < len(new):
            marked = [person for person in new if not person.phone]
            ids |= bulk_marked.insert_marked(marked, [new_row(person) for person in marked], source=self.source,
                                             now=self.now)
        return ids

    def _tag_new(self, new: list[Incoming], ids: Mapping[str, int]) -> None:
        """Tags that all of them carry as one statement, the others one by one."""
        sets = {person.tags: self._ids_of(person.tags) for person in new}
        common = set.intersection(*map(set, sets.values())) if sets else set()
        others = {names: [tag_id for tag_id in tag_ids if tag_id not in common] for names, tag_ids in sets.items()}
        self.store.add_tags_to_all(list(ids.values()), sorted(common))
        self.store.add_tags([(ids[person.known_by], tag_id) for person in new for tag_id in others[person.tags]])

    def _change(self, known: list[tuple[int, tuple[Any, ...]]], on_duplicate: str) -> None:
        """Write what is different in these, by place, who are known."""
        had = self.store.tags_of([row[0] for _, row in known], self.tag_ids) if self.tag_ids else set()
        liftable = bulk_consent.liftable([row for _, row in known]) if self.lift else set()
        rows, changes, tags, consents, utilities = [], [], [], [], []
        for place, row in known:
            person = self.people[place]
            change = _judge(self.outcomes, place, person, row, had, on_duplicate, liftable)
            if change is None:
                continue
            rows.append(row)  # also for tags alone: the person was changed now
            changes.append(change)
            if change.new_tags:
                tags += [(row[0], tag_id) for tag_id in self._ids_of(change.new_tags)]
            if "marketing" in change.after:
                consents.append((row[0], change.after["marketing"], person.proof[:500]))
            if "utility" in change.after:
                utilities.append((row[0], change.after["utility"], person.utility_proof[:500]))
        self.store.update(*written(rows, changes), now=self.now)
        self.store.add_tags(sorted(tags))
        self.store.add_consent(consents, how=self.how, by=self.by.name, now=self.now, lifts=bool(self.lift))
        self._note_utility(utilities)
        share_withdrawals([row[0] for row in (*consents, *utilities) if row[1] == ConsentState.WITHDRAWN])

    def _note_utility(self, rows: list[tuple[int, str, str]]) -> None:
        self.store.add_consent(rows, how=self.how, by=self.by.name, now=self.now, category="utility")
