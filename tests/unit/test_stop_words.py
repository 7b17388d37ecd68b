"""Stop words in many languages, and what whoever stops is told."""

import pytest

from core import stop_words
from core.stop_words import LANGUAGES, confirmation, language_of, plain


@pytest.mark.parametrize(("typed", "meant"), [
    ("STOP", "stop"), (" Stop. ", "stop"), ("¡Baja!", "baja"), ("“stop”", "stop"), ("STOP 🛑", "stop"), ("Arrêt", "arret"),
    ("\u200fتوقف\u200f", "توقف"), ("Stop  All", "stop all"), ("İptal", "iptal"), ("ＳＴＯＰ", "stop"), ("…", ""), ("", "")])
def test_a_word_is_read_as_it_is_meant(typed, meant):
    assert plain(typed) == plain(meant)


def test_no_word_of_any_language_means_both():
    assert not {plain(word) for word in stop_words.STOP} & {plain(word) for word in stop_words.START}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_names_the_business_and_the_way_back(code):
    said = confirmation(LANGUAGES[code], business="Harbour {start} Clinic", start_words=stop_words.START)

    assert "Harbour {start} Clinic" in said  # a name is never read as a sentence
    assert LANGUAGES[code].start[0] in said


@pytest.mark.parametrize(("word", "known", "answered"), [
    ("STOP", "", "en"), ("STOPP", "", "de"), ("arret", "", "fr"), ("STOP", "pt_BR", "pt"), ("BAJA", "de", "de"),
    ("BAJA", "xx", "es"), ("ENOUGH", "", "en")])
def test_the_answer_is_in_the_language_of_the_person_else_of_the_word(word, known, answered):
    assert language_of(word, known=known) is LANGUAGES[answered]


@pytest.mark.parametrize(("words", "way"), [
    (["ALTA", "ANMELDEN"], "Schreiben Sie ANMELDEN"), (["HALLO"], "Schreiben Sie HALLO"), ([], "von Us.")])
def test_the_way_back_is_a_word_that_works_here(words, way):
    said = confirmation(LANGUAGES["de"], business="Us", start_words=words)

    assert way in said and ("Schreiben" in said) == bool(words)
