"""Two hundred people nobody has ever met. The same ones every time.

Every number lies in a range that is kept free for stories: Ofcom's +44 7700 900000 to 900999, and 555-0100 to 555-0199
in North America. Nobody can be reached there, whatever a channel does.
"""

import random
from datetime import timedelta

from core import clock
from core.states import ConsentState
from services.contacts import Incoming

SOURCE = "sample"
PROOF = "Sample: made up together with this person"
PATIENTS, READERS, FAMILIES = "Sample patients", "Sample newsletter", "Sample families"
DOCTOR, VISIT = "Doctor (sample)", "Last visit (sample)"
COUNT = 200

_FIRST = ("Ada Adaeze Aisha Amara Ana Anders Blessing Bo Chiamaka Chloé Dara Emeka Élise Farida Femi Folake Grace Hana "
          "Ibrahim Ife Ines Ivan Jamila João Jürgen Kemi Kofi Lena Lucía Maren Mei Musa Ngozi Noor Olu Ömer Priya Rosa "
          "Sade Søren Tariq Tomás Uche Vera Wanjiru Yusuf Zoë Żaneta").split()
_LAST = ("Ashdown Birchwood Coldwater Dovecote Elmfield Fernley Goldcrest Hartwell Inkpen Juniper Kestrel Larkspur "
         "Marlowe Nettleton Oakhurst Pennyweather Quillfeather Rookwood Swanmere Thistledown Underhill Vinegrove "
         "Wrenfield Yarrow").split()
_COMPANIES = ("", "", "", "Acme Supplies", "Fernhill Books & Toys", "Larkspur Bakery", "St Elsewhere School")
_DOCTORS = ("Dr Eke", "Dr Marsh", "Dr Solano")
# of Canada: WhatsApp delivers no marketing to numbers of the United States
_AREAS = (("416", "America/Toronto"), ("204", "America/Winnipeg"), ("403", "America/Edmonton"),
          ("604", "America/Vancouver"))
# their stories are told by the simulator, so that a report shows more than success
_WITH_A_STORY = {7: "+16135550102", 19: "+16135550103", 43: "+16135550120", 88: "+16135550122"}


def everybody(doctor: str, visit: str) -> list[Incoming]:
    """The people; `doctor` and `visit` are the keys of the two sample fields."""
    chance = random.Random(11)
    return [_person(place, chance, doctor, visit) for place in range(COUNT)]


def phones() -> list[str]:
    """Their numbers."""
    return [_place_of(place)[0] for place in range(COUNT)]


def _person(place: int, chance: random.Random, doctor: str, visit: str) -> Incoming:
    """One of them, much like anybody: some facts are missing, some said no."""
    phone, country, zone = _place_of(place)
    first, last = _FIRST[place * 7 % len(_FIRST)], _LAST[(place * 5 + place // 48) % len(_LAST)]
    values = {"name": f"{first} {last}", "language": "en", "zone": zone}
    if chance.random() < 0.8:
        day = clock.now().date() - timedelta(days=chance.randrange(18 * 365, 80 * 365))
        values["birthday"] = day.isoformat()
    if chance.random() < 0.7:
        values["email"] = f"sample{place}@mail.example"
    if company := chance.choice(_COMPANIES):
        values["company"] = company
    fields = {} if place % 9 == 4 else {doctor: chance.choice(_DOCTORS)}
    if chance.random() < 0.85:
        fields[visit] = (clock.now().date() - timedelta(days=chance.randrange(20, 700))).isoformat()
    state = ConsentState.WITHDRAWN if place % 25 == 12 else None if place % 11 == 6 else ConsentState.GRANTED
    return Incoming(phone, country=country, values=values, fields=fields, tags=_tags(place), consent=state,
                    proof=PROOF if state else "")


def _tags(place: int) -> tuple[str, ...]:
    """Half are patients, some read the newsletter, a few are both."""
    found = (PATIENTS,) if place % 2 == 0 else (READERS,) if place % 3 else (FAMILIES,)
    return (*found, READERS) if place % 6 == 0 and READERS not in found else found


def _place_of(place: int) -> tuple[str, str, str]:
    """Number, country and clock of the person at this place."""
    if special := _WITH_A_STORY.get(place):
        return special, "CA", "America/Toronto"
    if place % 4:
        return f"+447700900{place:03}", "GB", "Europe/London"
    turn, area = divmod(place // 4, len(_AREAS))
    return f"+1{_AREAS[area][0]}55501{turn:02}", "CA", _AREAS[area][1]
