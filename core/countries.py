"""Countries by name, for lists people choose from. Names come with the time zone data the program ships."""

from functools import lru_cache
from importlib.resources import files

from core import phone

# parts with a calling code that the list of countries has under another name, or not yet
_ALSO = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}


@lru_cache(maxsize=1)
def by_name() -> list[tuple[str, str]]:
    """Code and name of every country phone numbers can belong to, by name."""
    lines = (files("tzdata") / "zoneinfo/iso3166.tab").read_text(encoding="utf-8").splitlines()
    names = _ALSO | dict(line.split("\t")[:2] for line in lines if line and not line.startswith("#"))
    return sorted(((code, names.get(code, code)) for code in phone.countries()), key=lambda choice: choice[1])


def name_of(code: str) -> str:
    """Nigeria for NG; the code itself where it is none."""
    return _names().get(code, code)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return dict(by_name())
