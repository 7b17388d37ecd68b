"""What judging looks at, worked out by the database for everybody at once; people who are alike share one key.

A key is a small whole number that holds all facts about a person but where they live. The pure judge is asked once
a key, and its verdict is joined back: counting, listing and freezing read the same facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from operator import mul
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from core.phone import us_area_codes
from core.states import ConsentState, TemplateState
from models import Campaign, CampaignListRow, Contact, db, is_sqlite
from services import sending
from services.campaigns import audience_people as people
from services.campaigns import audience_values as gaps
from services.campaigns import own_time
from services.campaigns.own_time import Plan

FIRST_ROW = 2**31  # rows without a contact stand behind every contact
_CODES = ("", "bad_number", "repeated")  # of a row of the list
_CONSENTS = tuple(ConsentState)
_PLACES_APART = "|"  # between zone and country; neither holds one
_c, _r = Contact.__table__.c, CampaignListRow.__table__.c


@dataclass(frozen=True, slots=True)
class Facts:
    """What a key says. The consent that does not matter for the category stays unknown."""

    code: str  # of the row of the list: bad_number, repeated, or empty
    has_phone: bool
    marketing: ConsentState
    utility: ConsentState
    is_too_long: bool
    missing: str  # name of the first variable without a value; empty: each has one
    is_american: bool = False  # the number is of the United States
    is_resting: bool = False  # the carrier asks for no marketing to them when it would start


@dataclass(frozen=True, slots=True)
class Digits:
    """What a key is made of for one campaign; what cannot differ between its people is left out."""

    consent: str  # the column that matters: marketing or utility
    has_list: bool
    can_be_long: bool
    may_lack: tuple[str, ...]  # variables that somebody may have no value for, in their order
    is_marketing: bool = True

    @property
    def bases(self) -> tuple[int, ...]:
        """How many values each digit can have: row, number, consent, length, variables, country, rest."""
        marketing = 2 if self.is_marketing else 1
        return (len(_CODES) if self.has_list else 1, 2, len(_CONSENTS), 2 if self.can_be_long else 1,
                1 + len(self.may_lack), marketing, marketing)

    @property
    def keys(self) -> range:
        """Every key there can be."""
        return range(prod(self.bases))

    def facts(self, key: int) -> Facts:
        """A key taken apart."""
        found = []
        for base in self.bases:
            key, digit = divmod(key, base)
            found.append(digit)
        code, phone, consent, is_long, missing, american, resting = found
        consents = {"marketing": ConsentState.UNKNOWN, "utility": ConsentState.UNKNOWN} | {
            self.consent: _CONSENTS[consent]}
        return Facts(_CODES[code], bool(phone), consents["marketing"], consents["utility"], bool(is_long),
                     self.may_lack[missing - 1] if missing else "", bool(american), bool(resting))

    def key(self, one: Any, texts: dict[str, Any], length: Any) -> ColumnElement[int]:
        """All facts as one number."""
        missing = case(*((texts[name] == "", place) for place, name in enumerate(self.may_lack, start=1)),
                       else_=0) if self.may_lack else None
        digits = (
            case((one.code == "", 0), (one.code == "repeated", 2), else_=1) if self.has_list else None,
            one.phone != "", _consent(one.consent),
            length > sending.BODY_LIMIT if self.can_be_long else None, missing,
            and_(func.substr(one.phone, 1, 2) == "+1", func.substr(one.phone, 1, 5).in_(_american()))
            if self.is_marketing else None,
            one.rests if self.is_marketing else None)
        total: Any = literal_column("0")
        for digit, weight in zip(digits, accumulate((1, *self.bases[:-1]), mul), strict=True):
            if digit is not None:
                total = total + cast(digit, Integer) * literal_column(str(weight))
        return type_coerce(total, Integer)


def digits_of(campaign: Campaign) -> Digits:
    """What the keys of a campaign are made of."""
    category = campaign.version.template.category if campaign.version else sending.MARKETING
    return Digits("utility" if category == "utility" else "marketing", people.has_list(campaign),
                  gaps.can_be_long(campaign), tuple(gaps.may_lack(campaign)), category != "utility")


def _american() -> list[ColumnElement[str]]:
    """How numbers of the United States begin, as literals: they are the same for everybody."""
    return [literal_column(f"'+1{area}'") for area in sorted(us_area_codes())]


@dataclass(frozen=True, slots=True)
class Kind:
    """People who are alike: their facts and their place, the verdict, when they are due, and how many they are."""

    key: int
    place: str
    verdict: sending.Verdict
    slot: own_time.Slot
    zone: str
    count: int = 0
    is_put_off: bool = False  # quiet hours moved it


def _consent(state: Any) -> ColumnElement[int]:
    """The place of a state among all."""
    return case(*((state == str(one), place) for place, one in enumerate(_CONSENTS) if place), else_=0)


def kinds(campaign: Campaign, plan: Plan) -> list[Kind]:
    """Every kind of people in the audience with its verdict and how many they are. One query over the audience."""
    facts = relation(campaign, plan)
    if facts is None:
        return []
    facts = _fenced(select(facts.c.key, facts.c.place))  # so that sorting moves the key about, and not what it is made of
    groups = (facts.c.key, facts.c.place) if needs_places(plan) else (facts.c.key,)
    rows = db.session.execute(select(*groups, func.count()).group_by(*groups))
    return judged(campaign, plan, [(row[0], row[1] if len(row) == 3 else "", row[-1]) for row in rows])


def judged(campaign: Campaign, plan: Plan, rows: Iterable[tuple[int, str, int]]) -> list[Kind]:
    """Kinds of people from (key, place, count), each judged once. No query."""
    judge, digits, awake = judge_of(campaign), digits_of(campaign), replace(plan, quiet=None)
    clocks: dict[str, tuple[str, own_time.Slot, bool]] = {}
    found = []
    for key, place, count in rows:
        if place not in clocks:
            zone = sending.zone_of(*_place_of(place), plan.zone)
            slot = own_time.slot_of(plan, zone)
            clocks[place] = zone, slot, slot.due_at != own_time.slot_of(awake, zone).due_at
        zone, slot, is_put_off = clocks[place]
        found.append(Kind(key, place, judge(digits.facts(key), slot.code), slot, zone, count, is_put_off))
    return found


def every_kind(campaign: Campaign, plan: Plan) -> list[Kind]:
    """Every kind of people there can be in the audience, judged without a look at them. One query over the audience
    for the places they live in, where these matter; else none."""
    places = [""]
    if needs_places(plan) and (facts := relation(campaign, plan)) is not None:
        places = list(db.session.scalars(select(facts.c.place).distinct()))
    return judged(campaign, plan, [(key, place, 0) for place in places for key in digits_of(campaign).keys])


def judge_of(campaign: Campaign) -> Any:
    """The judgement over facts, prepared once."""
    version = campaign.version
    category = version.template.category if version else sending.MARKETING
    wanted = sending.Wanted(category, is_approved=version is not None and version.state is TemplateState.APPROVED)

    def judge(facts: Facts, slot_code: str) -> sending.Verdict:
        person = sending.Person(0, "+" if facts.has_phone else "", facts.marketing, facts.utility)
        return sending.judge(
            person, wanted, is_bad_number=facts.code == "bad_number", is_repeat=facts.code == "repeated",
            missing=facts.missing, is_too_long=facts.is_too_long, slot_code=slot_code, is_american=facts.is_american,
            is_resting=facts.is_resting)

    return judge


def relation(campaign: Campaign, plan: Plan, *conditions: ColumnElement[bool], side: str = "", more: Iterable[str] = ()) -> Any:
    """Everybody in the audience, or those who meet the conditions, as a table; None when nobody can be.

    `plan` says whether it matters where they live. Columns: ordinal (the order of lists), contact_id, row_id, phone,
    key, place, and of `more`: variables, name, number (of the row). `side` is contacts or rows; `conditions` are
    about the columns of contacts on the one side, of the list's rows on the other, so give them with a side.
    """
    if people.is_empty(campaign):
        return None
    needed = gaps.names_of(campaign)  # no text is made that nobody looks at
    if "variables" not in more:
        needed = [name for name in needed if name in gaps.judged_by(campaign)]
    parts = []
    if side != "rows":
        parts.append(_outer(campaign, _contacts(campaign, plan, conditions, needed), needed, more))
    if side != "contacts" and people.has_list(campaign):
        parts.append(_outer(campaign, _rows(campaign, plan, conditions, needed), needed, more))
    if not parts:
        return None
    return (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("facts")


def _contacts(campaign: Campaign, plan: Plan, conditions: Iterable[ColumnElement[bool]], needed: Sequence[str]) -> Any:
    """Contacts, each with its row of the list where it has one."""
    members = people.members(campaign)
    source: Any = members.join(Contact.__table__, _c.id == members.c.id)
    row = None
    if people.has_list(campaign):
        row = _r
        source = source.outerjoin(CampaignListRow.__table__, and_(
            _r.campaign_id == campaign.id, _r.phone == _c.phone, _r.code == ""))
    row_id, number = (null(), null()) if row is None else (row.id, row.number)
    columns = [_c.id.label("ordinal"), _c.id.label("contact_id"), row_id.label("row_id"), number.label("number"),
               func.coalesce(_c.phone, "").label("phone"), _c.name.label("name"), literal_column("''").label("code"),
               *_shared(campaign, plan, _c, row, needed)]
    return _fenced(select(*columns).select_from(source).where(*conditions))


def _rows(campaign: Campaign, plan: Plan, conditions: Iterable[ColumnElement[bool]], needed: Sequence[str]) -> Any:
    """Rows of the list that stand for no contact of their own: numbers nobody has, unreadable ones, repeats."""
    contact = Contact.__table__.alias("known")
    source = CampaignListRow.__table__.outerjoin(contact, and_(contact.c.phone == _r.phone, _r.phone != ""))
    columns = [(_r.id + literal_column(str(FIRST_ROW))).label("ordinal"), null().label("contact_id"),
               _r.id.label("row_id"), _r.number.label("number"), _r.phone.label("phone"),
               func.coalesce(contact.c.name, "").label("name"), _r.code.label("code"),
               *_shared(campaign, plan, contact.c, _r, needed)]
    return _fenced(select(*columns).select_from(source).where(people.unplaced(campaign, contact), *conditions))


def _shared(campaign: Campaign, plan: Plan, contact: Any, row: Any | None, needed: Sequence[str]) -> list[Any]:
    """What both sides know of a person, and the values of the variables that are needed."""
    place: Any = literal_column("''")
    if needs_places(plan):
        place = func.coalesce(contact.zone, "") + _PLACES_APART + func.coalesce(contact.country, "")
    texts = gaps.values(campaign, contact, row)
    consent = type_coerce(contact[digits_of(campaign).consent], String)
    rests = case((contact.marketing_rest_until > plan.start, literal_column("1")), else_=literal_column("0"))
    return [consent.label("consent"), place.label("place"), rests.label("rests"),
            *(texts[name].label(f"v{number}") for number, name in enumerate(needed))]


def _fenced(inner: Select[Any]) -> Any:
    """A subquery the planner works out once: what stands in it is read several times outside."""
    return (inner.limit(-1) if is_sqlite() else inner.offset(0)).subquery()


def _outer(campaign: Campaign, inner: Any, needed: Sequence[str], more: Iterable[str]) -> Select[Any]:
    """The facts of one side."""
    texts = {name: inner.c[f"v{place}"] for place, name in enumerate(needed)}
    key = digits_of(campaign).key(inner.c, texts, gaps.body_length(campaign, texts))
    own: dict[str, Any] = {"name": inner.c.name, "number": inner.c.number}
    if "variables" in more:
        own["variables"] = gaps.as_json(list(texts), list(texts.values())).label("variables")
    return select(inner.c.ordinal, cast(inner.c.contact_id, Integer).label("contact_id"),
                  cast(inner.c.row_id, Integer).label("row_id"), inner.c.phone, key.label("key"), inner.c.place,
                  *(own[one] for one in more))


def needs_places(plan: Plan) -> bool:
    """Whether when somebody gets it depends on where they live."""
    return plan.wall is not None or plan.quiet is not None


def _place_of(text: str) -> own_time.Place:
    """Zone and country, as `_shared` joined them."""
    zone, _, country = text.partition(_PLACES_APART)
    return zone, country
