"""What stands in the gaps of one campaign, as SQL: the same text for everybody as `message_templates` gives one by one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from core import placeholders
from models import Campaign, is_sqlite
from services import message_templates

_SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace() and chr(code) != " ")
_CLEANED = ("name", "first_name", "company")
LONGEST_FIELD = 254  # characters of any field a contact has of its own; custom fields may be longer
Text = ColumnElement[Any]


def names_of(campaign: Campaign) -> list[str]:
    """The variables of the chosen version, in their order."""
    return [str(variable["name"]) for variable in campaign.version.variables] if campaign.version else []


def judged_by(campaign: Campaign) -> set[str]:
    """The names of the variables whose values a verdict depends on."""
    return set(names_of(campaign) if can_be_long(campaign) else may_lack(campaign))


def values(campaign: Campaign, contact: Any, row: Any | None) -> dict[str, Text]:
    """One text a variable by its name, empty when this person has none and there is no fallback.

    `contact` are the columns of contacts, `row` those of the campaign's list, where it has one.
    """
    return {one.name: _value(one, contact, row) for one in _plan(campaign)}


def lacking(campaign: Campaign) -> list[str]:
    """Names of the variables that have no fallback and no source that could ever give a value."""
    from_list = bool(campaign.audience.get("list"))
    return [one.name for one in _plan(campaign) if not one.fallback and not _could_give(one, from_list)]


def _could_give(one: message_templates.Planned, from_list: bool) -> bool:
    """Whether this source has a value for anybody."""
    if one.kind == "column":
        return from_list
    return one.kind == "field" and (one.key in message_templates.FIELDS or one.key.startswith("field:"))


def _plan(campaign: Campaign) -> list[message_templates.Planned]:
    """Where each value comes from, and what stands in when nothing comes from there."""
    version = campaign.version
    return message_templates.plan_of(version.variables, campaign.variables) if version else []


def may_lack(campaign: Campaign) -> list[str]:
    """Names of the variables for which somebody may have no value, because nothing stands in, in their order."""
    fixed = [one.name for one in _plan(campaign) if one.kind == "text" and not one.fallback]
    return fixed + [one.name for one in _plan(campaign) if one.kind != "text" and not one.fallback]


def can_be_long(campaign: Campaign) -> bool:
    """Whether somebody's values could make the filled body longer than allowed."""
    if campaign.version is None:
        return False
    longest = {one.name: _longest(one) for one in _plan(campaign)}
    parsed = placeholders.parse(campaign.version.body)
    return sum(map(len, parsed.texts)) + sum(longest.get(gap, 0) for gap in parsed.gaps) > message_templates.BODY_LIMIT


def _longest(one: message_templates.Planned) -> int:
    """The most characters this source can give."""
    if one.kind == "text":
        return len(one.fallback)
    return LONGEST_FIELD if one.key in message_templates.FIELDS else message_templates.BODY_LIMIT


def _value(one: message_templates.Planned, contact: Any, row: Any | None) -> Text:
    """The value of one variable."""
    known = None
    if one.kind == "column":
        known = None if row is None else clean(_cell(row, one.key))
    elif one.kind == "field":
        known = _field(one.key, contact)
    if known is None:
        return literal(one.fallback)
    return func.coalesce(func.nullif(known, ""), literal(one.fallback)) if one.fallback else known


def _field(name: str, contact: Any) -> Text | None:
    """What is known of a person under this name; None for a name nobody has."""
    if name in _CLEANED:
        return clean(contact[name])
    if name in ("email", "phone"):
        return func.coalesce(contact[name], "")
    if name == "birthday":
        day: Text = cast(contact.birthday, String)
        return func.coalesce(type_coerce(contact.birthday, String) if is_sqlite() else day, "")
    return clean(_custom(contact.fields, name.removeprefix("field:"))) if name.startswith("field:") else None


def _custom(fields: Any, key: str) -> Text:
    """The value of a field of this business's own, as `contacts.value_text` writes it."""
    if not is_sqlite():
        text = fields.op("->>")(key)
        kind = func.jsonb_typeof(fields.op("->")(key))
        return case((kind == "boolean", case((text == "true", "yes"), else_="no")), else_=text)
    path = f'$."{key}"'  # keys are ours: letters, digits and underscores
    kind, value, written = func.json_type(fields, path), func.json_extract(fields, path), fields.op("->")(path)
    small = func.rtrim(func.printf("%.9f", value), "0")  # 1e-06: a number has nine decimals at most
    return case((kind == "text", value), (kind == "true", "yes"), (kind == "false", "no"),
                (written.op("GLOB")("*e*"), small), (kind.in_(("integer", "real")), written), else_="")


def _cell(row: Any, heading: str) -> Text:
    """The cell under this heading. Headings are anybody's words, so they are compared and never part of a path."""
    if not is_sqlite():
        return type_coerce(row.cells, JSONB).op("->>")(literal(heading))
    cells = func.json_each(row.cells).table_valued("key", "value", joins_implicitly=True)
    return select(cells.c.value).where(cells.c.key == literal(heading)).limit(1).scalar_subquery()


def clean(text: Text) -> Text:
    """One line with single spaces, as `message_templates.clean_value` makes it."""
    text = func.coalesce(text, "")
    if not is_sqlite():  # plain texts, which are nearly all, are only looked at
        folded = func.regexp_replace(func.translate(text, _SPACES, " " * len(_SPACES)), " {2,}", " ", "g")
        is_odd = and_(text.op("~")("[^ -~]"), text.op("~")(f"[{_SPACES}]"))
        return func.btrim(case((or_(is_odd, func.strpos(text, "  ") > 0), folded), else_=text))
    is_odd = and_(text.op("GLOB")("*[^ -~]*"), text.op("GLOB")(f"*[{_SPACES}]*"))  # the short question first
    return case((or_(is_odd, func.instr(text, "  ") > 0), func.single_spaced(text)), else_=func.trim(text))


def as_json(names: list[str], texts: list[Text]) -> Text:
    """The values as the column `variables` keeps them."""
    pairs = [part for name, text in zip(names, texts, strict=True) for part in (literal(name), text)]
    made = func.json_object(*pairs) if is_sqlite() else func.jsonb_build_object(*[cast(one, String) for one in pairs])
    return type_coerce(made, JSON)


def body_length(campaign: Campaign, texts: Mapping[str, Text]) -> Text:
    """How many characters the filled body has."""
    parsed = placeholders.parse(campaign.version.body) if campaign.version else placeholders.parse("")
    total: Text = literal_column(str(sum(map(len, parsed.texts))))
    for gap in parsed.gaps:
        if gap in texts:
            total = total + func.length(texts[gap])
    return total
