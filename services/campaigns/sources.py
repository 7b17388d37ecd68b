"""Where the values of a campaign's variables may come from: a field, a column of its own list, a fixed text."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Invalid
from core.words import folded, one_line, shortened
from models import Campaign, CampaignList, db
from services import contacts, message_templates

Source = Mapping[str, str]  # {"from": "field", "field": …, "fallback": …}, {"from": "column", "column": …, "fallback": …}
#                             or {"from": "text", "text": …}
FIELD, COLUMN, TEXT = "field", "column", "text"


def columns_of(campaign: Campaign | None) -> list[str]:
    """The columns of the campaign's own list; none without one. One query, none for what is no list."""
    if campaign is None or not campaign.audience.get("list"):
        return []
    found = db.session.get(CampaignList, campaign.id, populate_existing=True)
    return list(found.columns) if found else []


def checked(version_id: int | None, variables: Mapping[str, Source], columns: Sequence[str] = ()
            ) -> dict[str, dict[str, str]]:
    """The mapping, for variables of this version only. Raises Invalid with the field `variable:<name>`."""
    if version_id is None:
        return {}
    names = _names(message_templates.get_version(version_id))
    fields = set(message_templates.FIELDS) | {f"field:{one.key}" for one in contacts.all_fields()}
    return {name: _checked(name, variables[name], fields, columns) for name in names if name in variables}


def carried_over(campaign: Campaign, version_id: int) -> dict[str, Any]:
    """The mapping after another version is chosen: of the same template what still has its variable, and what is
    suggested for the others. Raises NotFound."""
    version = message_templates.get_version(version_id)
    is_same = campaign.version is not None and campaign.version.template_id == version.template_id
    kept = campaign.variables if is_same else {}
    kept = {name: kept[name] for name in _names(version) if name in kept}
    return suggestions(_names(version), columns_of(campaign)) | kept


def suggestions(names: Sequence[str], columns: Sequence[str]) -> dict[str, Source]:
    """Sources for variables that share their name with a column of the list, or with a field of this business's own.

    What is left out comes from where `message_templates.suggested_source` says.
    """
    if not names:
        return {}
    by_heading = {plain(heading): heading for heading in reversed(columns)}
    own = {plain(word): f"field:{one.key}" for one in contacts.all_fields() for word in (one.label, one.key)}
    found: dict[str, Source] = {}
    for name in names:
        if heading := by_heading.get(plain(name)):
            found[name] = {"from": COLUMN, "column": heading, "fallback": ""}
        elif name not in message_templates.FIELDS and plain(name) in own:
            found[name] = {"from": FIELD, "field": own[plain(name)], "fallback": ""}
    return found


def with_columns(campaign: Campaign, columns: Sequence[str]) -> dict[str, Any]:
    """The mapping of a campaign that is given a list: what nobody has chosen yet comes from the column of its name."""
    if campaign.version is None:
        return dict(campaign.variables)
    open_ones = [name for name in _names(campaign.version) if is_open(campaign.variables.get(name))]
    found = suggestions(open_ones, columns)
    return {**campaign.variables, **{name: one for name, one in found.items() if one["from"] == COLUMN}}


def is_open(source: Mapping[str, Any] | None) -> bool:
    """Whether nobody has said yet where a value comes from."""
    return not source or (source.get("from") == TEXT and not source.get("text"))


def stale(campaign: Campaign, columns: Sequence[str]) -> dict[str, str]:
    """Variables that take their value from a column the list does not have (any more), with that column."""
    if campaign.version is None:
        return {}
    asked = {name: campaign.variables.get(name) or {} for name in _names(campaign.version)}
    return {name: str(source.get("column", "")) for name, source in asked.items()
            if source.get("from") == COLUMN and source.get("column") not in columns}


def plain(text: str) -> str:
    """A heading or a name without case, spaces and signs: “First name” and “first_name” are one."""
    return "".join(char for char in folded(text) if char.isalnum())


def _names(version: Any) -> list[str]:
    return [str(variable["name"]) for variable in version.variables]


def _checked(name: str, source: Source, fields: set[str], columns: Sequence[str]) -> dict[str, str]:
    """Where one value comes from. Raises Invalid."""
    kind, fallback = str(source.get("from", "")), _value(name, source.get("fallback", ""))
    if kind == TEXT:
        return {"from": TEXT, "text": _value(name, source.get("text", "")) or fallback}
    if kind == COLUMN:
        column = str(source.get("column", ""))
        if column not in columns:
            raise Invalid(f"Your list has no column “{shortened(column)}”; choose where “{name}” comes from" if columns
                          else f"There is no list with columns; choose where “{name}” comes from",
                          field=f"variable:{name}")
        return {"from": COLUMN, "column": column, "fallback": fallback}
    if kind != FIELD or str(source.get("field", "")) not in fields:
        raise Invalid(f"Choose where “{name}” comes from", field=f"variable:{name}")
    return {"from": FIELD, "field": str(source["field"]), "fallback": fallback}


def _value(name: str, text: object) -> str:
    """A fixed text or fallback as it will be sent. Raises Invalid."""
    value = message_templates.clean_value(one_line(str(text or "")))
    if problem := message_templates.check_value(value):
        raise Invalid(problem, field=f"variable:{name}")
    return value
