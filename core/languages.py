"""Languages as people write them: a code in any spelling, or a common name."""

import re
from functools import lru_cache

from core.words import folded

_NAMES = {"english": "en", "spanish": "es", "español": "es", "espanol": "es", "french": "fr", "français": "fr",
          "francais": "fr", "german": "de", "deutsch": "de", "portuguese": "pt_BR", "português": "pt_BR",
          "italian": "it", "italiano": "it", "dutch": "nl", "nederlands": "nl", "arabic": "ar", "العربية": "ar",
          "hindi": "hi", "russian": "ru", "русский": "ru", "swahili": "sw", "kiswahili": "sw", "finnish": "fi",
          "suomi": "fi", "polish": "pl", "polski": "pl", "turkish": "tr", "indonesian": "id"}
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?")


@lru_cache(maxsize=512)
def language_code(text: str) -> str:
    """The code as WhatsApp writes it: en, pt_BR. Empty for what is no language."""
    if known := _NAMES.get(folded(text.strip())):
        return known
    if found := _CODE.fullmatch(text.strip()):
        return found[1].lower() + (f"_{found[2].upper()}" if found[2] else "")
    return ""
