"""Write a CSV of made-up people, some rows of it wrong on purpose: `python -m sample.make_sample people.csv 5000`.

The same arguments always write the same file. No number belongs to anybody: North America keeps 555 numbers for
stories, Britain 07700 900. Four of them are magic in the simulator, so that a report shows more than success.
"""

import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HEADING = ["Full name", "Mobile", "E-mail", "Date of birth", "Company", "Tags", "Language", "Opt-in"]
FIRST = ("Ada Adaeze Aisha Amara Ana Anders Blessing Bo Chen Chiamaka Chloé Cy Dara Emeka Élise Farida Femi Folake "
         "Grace Hana Ibrahim Ife Ines Ivan Jamila João Jürgen Kemi Kofi Lena Lucía Maren Mei Musa Ngozi Noor Olu Ömer "
         "Priya Rosa Sade Søren Tariq Tomás Uche Vera Wanjiru Yusuf Zoë Żaneta").split()
LAST = ("Abubakar Adebayo Adeyemi Andersen Bello Björk Boateng Costa D’Souza Danjuma Eze Fernández Garba Haddad Ito "
        "Jansen Kamau Keller Kim Lawal Lefèvre Li Mensah Müller Mwangi Nakamura Novák Núñez O’Brien Obi Okafor Okon "
        "Oyelaran Patel Rossi Sánchez Santos Silva Smith Suleiman Tanaka Usman Van Dijk Wójcik Yilmaz").replace(
            "Van Dijk", "Van_Dijk").split()
COMPANIES = ("", "", "", "Hill Street Clinic", "Acme Supplies", "Lagos Books & Toys", "St Mary's School")
TAGS = ("patient", "patient", "patient; diabetes club", "parent", "customer, newsletter", "")
LANGUAGES = ("en", "en", "en", "fr", "es", "German")
# Canada first: WhatsApp delivers no marketing to numbers of the United States
CANADA = [int(area) for area in (
    "204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 548 579 581 587 604 639 647 672 705 709 778 "
    "780 782 807 819 825 867 873 902 905").split()]
AREAS = [int(area) for area in (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 "
    "253 254 256 260 262 267 269 270 272 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 "
    "320 321 323 325 330 331 334 336 337 339 346 347 351 352 360 361 385 386 401 402 404 405 406 407 408 409 410 412 "
    "413 414 415 417 419 423 424 425 430 432 434 435 440 443 458 469 470 475 478 479 480 484 501 502 503 504 505 507 "
    "508 509 510 512 513 515 516 517 518 520 530 540 541 551").split()]
MAGIC = {5: "+16135550102", 11: "+16135550103", 23: "+16135550120", 37: "+16135550122"}  # row → number with a story
WRONG = ("shortened", "short", "letters", "missing", "repeated", "bad_email", "bad_day", "empty")
FAILED = {"shortened", "short", "letters", "missing", "bad_email", "bad_day", "empty"}
_BIGGEST = (len(CANADA) + len(AREAS)) * 9_000


def make_sample(path: Path, rows: int = 60) -> dict[str, int]:
    """Write `rows` people below a heading. Returns how many rows an import creates, skips and fails, and of each kind.

    `said_no` people are among the created ones, and must not get marketing.
    """
    if not 1 <= rows <= _BIGGEST:
        raise ValueError(f"between 1 and {_BIGGEST:,} rows")
    kinds: Counter[str] = Counter()
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADING)
        for kind, cells in _people(rows):
            kinds[kind] += 1
            kinds["said_no"] += kind == "good" and cells[7] == "no"
            out.writerow(cells)
    failed = sum(kinds[kind] for kind in FAILED)
    return {"rows": rows, "created": kinds["good"], "skipped": kinds["repeated"], "failed": failed,
            "said_no": kinds["said_no"], **{kind: kinds[kind] for kind in WRONG}}


def _people(rows: int) -> Iterator[tuple[str, list[str]]]:
    """Each row with what is wrong about it, or good."""
    chance = random.Random(7)
    every = 8 if rows <= 400 else 30  # of a short file more is wrong, so that there is something to see
    phones: list[str] = []
    for place in range(rows):
        kind = WRONG[place // every % len(WRONG)] if place % every == every - 3 and place < rows - 1 else "good"
        cells = _person(place, chance)
        if kind == "good":
            phones = [*phones[-50:], cells[1]]
        else:
            _spoil(kind, cells, phones, chance)
        yield kind, cells


def _person(place: int, chance: random.Random) -> list[str]:
    """Somebody in order."""
    first, last = chance.choice(FIRST), chance.choice(LAST).replace("_", " ")
    plain = "".join(char for char in f"{first}.{last}".lower() if char.isascii() and (char.isalpha() or char == "."))
    birthday = f"{chance.randrange(1940, 2008)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    email = f"{plain.strip('.')}{place}@mail.example" if chance.random() < 0.7 else ""
    opt_in = "no" if place % 40 == 33 else "yes" if chance.random() < 0.3 else ""
    return [f"{first} {last}", MAGIC.get(place) or _phone(place), email, birthday if chance.random() < 0.6 else "",
            chance.choice(COMPANIES), chance.choice(TAGS), chance.choice(LANGUAGES), opt_in]


def _phone(place: int) -> str:
    """A number of nobody, in one of the spellings people use; another one for every place."""
    if place < 1000 and place % 3 == 0:
        return f"07700 900{place:03}"
    areas, nth = (CANADA, place) if place < len(CANADA) * 9_000 else (AREAS, place - len(CANADA) * 9_000)
    turn, at = divmod(nth, len(areas))
    area, line = areas[at], 100 + turn + (1 if 100 + turn >= 1212 else 0)  # 555-1212 is directory enquiries
    digits = f"1{area}555{line:04}"
    spellings = (f"+{digits}", f"+1 ({area}) 555-{line:04}", f"00{digits}", f"+1 {area} 555 {line:04}")
    return spellings[place % len(spellings)]


def _spoil(kind: str, cells: list[str], phones: list[str], chance: random.Random) -> None:
    """Make a row wrong the way spreadsheets do."""
    if kind == "empty":
        cells[:] = [""] * len(cells)
    elif kind == "repeated":
        cells[1] = chance.choice(phones)
    elif kind == "bad_email":
        cells[2] = "ask at the desk"
    elif kind == "bad_day":
        cells[3] = "31/02/1979"
    else:
        cells[1] = {"shortened": "9.19877E+11", "short": "0803 555 01", "letters": "see notes", "missing": ""}[kind]


if __name__ == "__main__":
    if any(word.startswith("-") for word in sys.argv[1:]):
        sys.exit("python -m sample.make_sample [FILE [ROWS]]")
    wanted = Path(sys.argv[1] if len(sys.argv) > 1 else "people.csv")
    for name, count in make_sample(wanted, int(sys.argv[2]) if len(sys.argv) > 2 else 60).items():
        print(f"{name:10} {count:,}")
