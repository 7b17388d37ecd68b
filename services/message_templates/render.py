"""Template and person to text, or what is missing. Pure; made for hundreds of thousands of people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from core import placeholders
from services import contacts
from services.message_templates.limits import clean_value

FIELDS = {
    "first_name": "First name", "name": "Full name", "company": "Company", "email": "E-mail",
    "phone": "Phone number", "birthday": "Birthday",
}
SAMPLES = {
    "first_name": "Adaeze", "name": "Adaeze Okafor", "company": "Harbour Clinic", "email": "adaeze@example.com",
    "phone": "+44 7700 900123", "birthday": "1990-03-12", "day": "Thursday", "date": "24 November", "time": "10:30",
}

Values = dict[str, str]
Variables = Sequence[Mapping[str, Any]]  # as TemplateVersion.variables: name, sample, fallback
# {"from": "field", "field": "first_name", "fallback": "there"}, {"from": "text", "text": "Thursday"}
# or {"from": "column", "column": "Seat", "fallback": "any seat"}, a heading of the campaign's own list
Source = Mapping[str, Any]
Resolver = Callable[[Mapping[str, str]], tuple[Values, str]]


class Planned(NamedTuple):
    """Where the value of one variable comes from. `fallback` is cleaned; for a text it is the text itself."""

    name: str
    kind: str  # field | column | text
    key: str  # first_name, field:<key>, the heading as it stands in the list; "" for a text
    fallback: str  # "": whoever has no value is skipped


def values_of(contact: Any) -> Values:
    """What is known of a person, cleaned for the wire: FIELDS, and field:<key> for each of their own fields.

    `contact` is a Contact or any row with its columns name, first_name, email, company, birthday, phone, fields. This
    is the rule that SQL follows, too: yes and no for a box, 2026-11-24 for a date, a whole number without .0 (fields
    are stored so), and every run of white space as one space. Phone and e-mail are stored clean.
    """
    values = {
        "first_name": clean_value(contact.first_name), "name": clean_value(contact.name),
        "company": clean_value(contact.company), "email": contact.email, "phone": contact.phone or "",
        "birthday": contact.birthday.isoformat() if contact.birthday else "",
    }
    for key, value in (contact.fields or {}).items():
        values[f"field:{key}"] = clean_value(contacts.value_text(value))
    return values


def cells_of(cells: Mapping[str, str]) -> Values:
    """The cells of one row of a campaign's own list, as `values_of` gives the fields: column:<heading>."""
    return {f"column:{heading}": clean_value(cell) for heading, cell in cells.items()}


def plan_of(variables: Variables, mapping: Mapping[str, Source]) -> list[Planned]:
    """Which source each variable has, in the order of the variables.

    Order of trust: the person's own value (or the campaign's text), the campaign's fallback, the template's fallback.
    A variable the mapping does not speak of comes from the field of its own name, if there is one.
    """
    planned = []
    for variable in variables:
        name = str(variable["name"])
        source = mapping.get(name) or suggested_source(name)
        kind = str(source.get("from", ""))
        kind = kind if kind in ("text", "column") else "field"
        fixed = clean_value(str(source.get("text") or "")) if kind == "text" else ""
        fallback = clean_value(str(source.get("fallback") or "")) or clean_value(str(variable.get("fallback") or ""))
        planned.append(Planned(name, kind, "" if kind == "text" else str(source.get(kind) or ""), fixed or fallback))
    return planned


def value_of(source: Source, known: Mapping[str, str], sample: str = "") -> str:
    """What one source gives for one person: the field, cell or text, else the campaign's fallback, else `sample`."""
    _, kind, key, fallback = plan_of([{"name": ""}], {"": source})[0]
    return ("" if kind == "text" else known.get(_known_as(kind, key), "")) or fallback or sample


def resolver(variables: Variables, mapping: Mapping[str, Source]) -> Resolver:
    """Prepare a mapping once; call the result with each person's `values_of` and, where there is a list, `cells_of`.

    It gives back the values by name and the name of the first variable nobody has a value for, or "".
    """
    planned = plan_of(variables, mapping)
    fixed = {one.name: one.fallback for one in planned if one.kind == "text"}
    asked = [(one.name, _known_as(one.kind, one.key), one.fallback) for one in planned if one.kind != "text"]
    lacking_always = next((name for name, value in fixed.items() if not value), "")

    def resolve_one(known: Mapping[str, str]) -> tuple[Values, str]:
        values, lacking = fixed.copy(), lacking_always
        for name, key, fallback in asked:
            value = known.get(key) or fallback
            values[name] = value
            if not value and not lacking:
                lacking = name
        return values, lacking

    return resolve_one


def resolve(variables: Variables, mapping: Mapping[str, Source], known: Mapping[str, str]) -> tuple[Values, str]:
    """One person's values and the first missing name, or "". For many people prepare a `resolver`."""
    return resolver(variables, mapping)(known)


def suggested_source(name: str) -> Source:
    """Where a variable of this name most likely comes from: the field of that name, else a text to be written."""
    return {"from": "field", "field": name} if name in FIELDS else {"from": "text", "text": ""}


def samples_of(variables: Variables) -> Values:
    """The samples by name, for previews without a person and for approval."""
    return {str(variable["name"]): str(variable.get("sample") or "") for variable in variables}


def default_sample(name: str) -> str:
    """An example of what may stand in a gap of this name, used where nobody gave one."""
    return SAMPLES.get(name) or ("example" if name.isdigit() else name.strip("_").replace("_", " ") or "example")


def rendered(version: Any, values: Mapping[str, str]) -> str:
    """The body as a person reads it; a gap without value stays visible as {{name}}. `version` is a TemplateVersion."""
    return filled(version.body, values)


def filled(body: str, values: Mapping[str, str]) -> str:
    """A text with its gaps filled; one without value stays visible. Raises Invalid for a text that cannot be read."""
    parsed = placeholders.parse(body)
    return placeholders.fill(parsed, {name: values.get(name) or f"{{{{{name}}}}}" for name in parsed.names})


def parameters_of(variables: Variables, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(name, text) pairs in the order of the body, as the wire wants them. KeyError when a value is missing."""
    return tuple((variable["name"], values[variable["name"]]) for variable in variables)


def is_named(variables: Variables) -> bool:
    """Whether the template counts its variables by name rather than by number."""
    return not any(str(variable["name"]).isdigit() for variable in variables)


def _known_as(kind: str, key: str) -> str:
    """The name of a source among the known values."""
    return f"column:{key}" if kind == "column" else key
