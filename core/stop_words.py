"""The words by which people stop our messages and ask for them again, and what we say to whoever stops: by language."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple


class Language(NamedTuple):
    """One language. In the sentences {business} is who writes, {start} the word that brings marketing back."""

    stop: tuple[str, ...]
    start: tuple[str, ...]
    stopped: str
    way_back: str


LANGUAGES: dict[str, Language] = {
    "en": Language(("STOP", "UNSUBSCRIBE", "STOP ALL", "OPT OUT"), ("START", "UNSTOP", "SUBSCRIBE"),
                   "You will get no more marketing from {business}.", "Write {start} to get it again."),
    "de": Language(("STOPP", "ABMELDEN"), ("ANMELDEN",),
                   "Sie erhalten keine Werbung mehr von {business}.", "Schreiben Sie {start}, um sie wieder zu erhalten."),
    "fr": Language(("ARRET", "ARRÊT", "DÉSABONNER"), ("DÉMARRER",),
                   "Vous ne recevrez plus de publicité de la part de {business}.",
                   "Écrivez {start} pour en recevoir à nouveau."),
    "es": Language(("BAJA", "PARAR", "CANCELAR"), ("ALTA", "COMENZAR", "INICIAR"),
                   "Ya no recibirá publicidad de {business}.", "Escriba {start} para volver a recibirla."),
    "pt": Language(("PARE", "SAIR"), ("COMEÇAR",),
                   "Não receberá mais publicidade de {business}.", "Escreva {start} para voltar a recebê-la."),
    "it": Language(("CANCELLAMI", "DISISCRIVIMI"), ("ISCRIVIMI",),
                   "Non riceverà più pubblicità da {business}.", "Scriva {start} per riceverla di nuovo."),
    "nl": Language(("AFMELDEN",), ("AANMELDEN",),
                   "U ontvangt geen reclame meer van {business}.", "Schrijf {start} om die weer te ontvangen."),
    "pl": Language(("WYPISZ",), ("ZAPISZ",),
                   "Nie będziesz już otrzymywać reklam od {business}.", "Napisz {start}, aby znów je otrzymywać."),
    "ru": Language(("СТОП", "ОТПИСАТЬСЯ"), ("СТАРТ", "ПОДПИСАТЬСЯ"),
                   "Вы больше не будете получать рекламу от {business}.", "Напишите {start}, чтобы получать её снова."),
    "tr": Language(("DUR", "DURDUR", "İPTAL"), ("BAŞLAT",),
                   "{business} size artık pazarlama mesajı göndermeyecek.", "Yeniden almak için {start} yazın."),
    "ar": Language(("توقف", "إيقاف", "إلغاء الاشتراك"), ("ابدأ", "اشتراك"),
                   "لن تصلك رسائل تسويقية من {business} بعد الآن.", "اكتب {start} لتصلك من جديد."),
    "hi": Language(("रोकें", "बंद करें"), ("शुरू करें",),
                   "अब आपको {business} से प्रचार संदेश नहीं मिलेंगे।", "फिर से पाने के लिए {start} लिखें।"),
    "id": Language(("BERHENTI",), ("MULAI",),
                   "Anda tidak akan menerima pesan promosi dari {business} lagi.",
                   "Tulis {start} untuk menerimanya kembali."),
}

STOP = [word for language in LANGUAGES.values() for word in language.stop]
START = [word for language in LANGUAGES.values() for word in language.start]


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """A word without case, accents, double spaces and signs around it, as people mean it."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    words = " ".join(letters.split())
    return words.strip("".join({c for c in words if unicodedata.category(c)[0] in "PSZ"})) if words else ""


def language_of(word: str, *, known: str = "") -> Language:
    """The language to answer in: the one we know of the person (a code such as pt_BR), else that of the word, else
    English."""
    if found := LANGUAGES.get(known.replace("-", "_").partition("_")[0].lower()):
        return found
    meant = plain(word)
    return next((one for one in LANGUAGES.values() if meant in map(plain, one.stop)), LANGUAGES["en"])


def confirmation(language: Language, *, business: str, start_words: list[str]) -> str:
    """What we say to whoever stopped. The way back is named only where a word of `start_words` leads there."""
    theirs = {plain(word) for word in language.start}
    start = next((word for word in start_words if plain(word) in theirs), next(iter(start_words), ""))
    first = _filled(language.stopped, "{business}", business)
    return f"{first} {_filled(language.way_back, '{start}', start)}" if start else first


def _filled(sentence: str, gap: str, value: str) -> str:
    """The sentence with one gap filled; a value is never read as a sentence."""
    before, _, after = sentence.partition(gap)
    return f"{before}{value}{after}"
