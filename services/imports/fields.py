"""What a column of a file may hold, and how people head such columns in their languages. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from core import phone_fast
from core.errors import Invalid
from core.words import folded, listed
from services import contacts
from services.imports import values

OWN = {
    "phone": "Phone number", "name": "Full name", "first_name": "First name", "last_name": "Last name",
    "email": "E-mail", "company": "Company", "birthday": "Birthday", "language": "Language", "country": "Country",
    "zone": "Time zone", "notes": "Notes", "tags": "Tags", "consent": "Agreed to marketing (yes or no)",
    "utility": "Agreed to service messages (yes or no)",
    "user_id": "WhatsApp user id", "export_key": "Person key (from a file of ours)",
}
MARKS = {"export_key": contacts.KEY, "user_id": contacts.USER}  # who has no phone is known by the first of these
CUSTOM, NEW = "field:", "new:"  # field:doctor is a custom field by key; new:Doctor, new:date:Check-up ones to be made
NEW_KINDS = {"text": "text", "number": "number", "date": "date", "yes_no": "yes or no"}
_SEVERAL = {"tags"}  # more than one column may hold these
_SPELLINGS = {
    "phone": "whatsapp whatsappnumber whatsappphone waid mobile mobilephone mobilenumber mobileno cell cellphone "
             "cellnumber phone phonenumber phoneno tel telephone telephonenumber telno urntel urnwhatsapp msisdn "
             "contactnumber recipient number handy handynummer mobil mobilnummer mobiltelefon telefon telefonnummer "
             "rufnummer celular movil telefono telefonomovil numerodetelefono numero telefone telemovel portable "
             "telephoneportable numerodetelephone cellulare gsm telefoonnummer mobiel nummer puhelin puhelinnumero "
             "telefonkomorkowy komorka simu nambariyasimu nohp nomorhp телефон мобильный 电话 手机 电话号码 電話番号 携帯 "
             "फोन मोबाइल هاتف جوال رقمالهاتف موبايل",
    "name": "name fullname contactname customername clientname patientname displayname nombre nombrecompleto "
            "nombreyapellido nom nomcomplet nomecompleto nome naam volledigenaam vollername namen nimi jina imie "
            "imieinazwisko nama имя фио 姓名 名前 氏名 नाम الاسم اسم",
    "first_name": "firstname givenname forename vorname prenom primernombre primeironome voornaam fornamn etunimi "
                  "fname first prenome",
    "last_name": "lastname surname familyname nachname nomdefamille apellido apellidos sobrenome cognome achternaam "
                 "efternamn sukunimi nazwisko lname last фамилия",
    "email": "email emailaddress mail emailid eposta correo correoelectronico courriel adressemail "
             "sahkoposti почта 邮箱 メール بريد",
    "company": "company companyname organisation organization business employer firma unternehmen empresa entreprise "
               "societe azienda bedrijf yritys организация 公司 会社",
    "birthday": "birthday birthdate dateofbirth dob born geburtstag geburtsdatum fechadenacimiento nacimiento "
                "cumpleanos datedenaissance naissance datadenascimento nascimento datadinascita geboortedatum "
                "датарождения 生日 誕生日",
    "language": "language lang locale preferredlanguage sprache idioma langue lingua taal kieli язык 语言",
    "country": "country countrycode land pays pais paese maa страна 国家 国",
    "zone": "timezone tz zone zeitzone zonahoraria fusohorario fuseauhoraire tijdzone",
    "notes": "notes note comment comments remarks notizen notas bemerkung commentaire",
    "tags": "tags tag groups group labels label lists list etiquetas gruppe gruppen groupe groupes grupo grupos",
    "consent": "consent optin optedin marketing marketingconsent marketingoptin subscribed permission agreed "
               "einwilligung consentimiento consentement acceptsmarketing smsconsent whatsappoptin",
    "utility": "utilityconsent utilityoptin serviceconsent servicemessages agreedtoservicemessages",
    "user_id": "whatsappuserid", "export_key": "personkey",
}
_BY_SPELLING = {plain: (field, place) for field, words in _SPELLINGS.items()
                for place, plain in enumerate(words.split())}
_READ_FIRST = {"country": values.read_country, "zone": values.read_zone}  # such headings mean other things, too
_PHONE_LIKE = re.compile(r"\+?[\d\s().\-/]{7,24}")


def plain(heading: str) -> str:
    """A heading without case, accents, spaces and signs: “E-Mail Address” and “email_address” are one."""
    spread = unicodedata.normalize("NFKD", folded(heading))
    return "".join(char for char in spread if char.isalnum())


def guess_mapping(columns: Sequence[str], samples: Sequence[Sequence[str]],
                  custom: Mapping[str, str] | None = None) -> dict[str, str]:
    """Column number to what it seems to hold, by heading, then by content. `custom` is field key to label."""
    custom_by = {plain(word): key for key, label in (custom or {}).items() for word in (key, label)}
    found: dict[str, list[tuple[int, int]]] = {}
    mapping: dict[str, str] = {}
    for number, heading in enumerate(columns):
        word = plain(heading)
        if word in custom_by:
            mapping[str(number)] = CUSTOM + custom_by[word]
        elif word in _BY_SPELLING:
            field, place = _BY_SPELLING[word]
            if field in _READ_FIRST and not _can_be_read(_READ_FIRST[field], number, samples):
                continue
            found.setdefault(field, []).append((place, number))
    for field, candidates in found.items():
        wanted = candidates if field in _SEVERAL else [min(candidates)]
        mapping |= {str(number): field for _, number in wanted}
    _guess_by_content(mapping, columns, samples)
    return dict(sorted(mapping.items(), key=lambda pair: int(pair[0])))


def _can_be_read(read: Callable[[str], str], number: int, samples: Sequence[Sequence[str]]) -> bool:
    """Whether every first cell of this column is what the heading says."""
    try:
        return bool([read(row[number]) for row in samples if len(row) > number and row[number].strip()])
    except ValueError:
        return False


def _guess_by_content(mapping: dict[str, str], columns: Sequence[str], samples: Sequence[Sequence[str]]) -> None:
    """Phone numbers and e-mail addresses are told by their looks when no heading says so."""
    for field, looks in (("phone", looks_like_phone), ("email", lambda text: "@" in text)):
        if field in mapping.values():
            continue
        for number in range(len(columns)):
            cells = [row[number].strip() for row in samples if len(row) > number and row[number].strip()]
            if str(number) not in mapping and cells and sum(map(looks, cells)) >= 0.6 * len(cells):
                mapping[str(number)] = field
                break


def looks_like_phone(text: str) -> bool:
    """Whether this could be a phone number; says nothing about whether it is in use."""
    return bool(_PHONE_LIKE.fullmatch(text.strip())) and 7 <= sum(char.isdigit() for char in text) <= 15


def mark_kind(mapping: Mapping[str, str], without_phone: str) -> tuple[str, str]:
    """How this file knows people without a phone: target of the column and kind of mark; two empty texts if it cannot."""
    targets = set(mapping.values())
    for target, kind in MARKS.items():
        if target in targets:
            return target, kind
    return ("email", contacts.EMAIL) if without_phone == "email" and "email" in targets else ("", "")


def check_mapping(columns: Sequence[str], mapping: Mapping[str, str], custom: Mapping[str, str],
                  without_phone: str = "") -> dict[str, str]:
    """The mapping as it is stored, without columns left out. `without_phone` is as in the options.

    Raises Invalid: no phone column and nothing else to know people by, two columns for one field, a column or a field
    that is not there.
    """
    kept: dict[str, str] = {}
    for number, target in mapping.items():
        if not target:
            continue
        if not number.isdecimal() or int(number) >= len(columns):
            raise Invalid(f"There is no column {number[:10]}", field="mapping")
        kept[number] = _checked_target(target, columns[int(number)], custom)
    for target in set(kept.values()) - _SEVERAL:
        doubled = [columns[int(number)] or f"column {int(number) + 1}" for number in kept if kept[number] == target]
        if len(doubled) > 1:
            raise Invalid(f"{listed([f'“{name}”' for name in doubled])} are both marked as "
                          f"{label_of(target, custom)}; leave one out", field="mapping")
    if "phone" not in kept.values() and not mark_kind(kept, without_phone)[0]:
        raise Invalid("Choose the column that holds the phone numbers" if "email" not in kept.values() else
                      "Choose the column that holds the phone numbers, or say that people without a number are known by "
                      "their e-mail address", field="mapping")
    return kept


def _checked_target(target: str, heading: str, custom: Mapping[str, str]) -> str:
    """One target. `new:` without a label takes the heading."""
    if target in OWN or (target.startswith(CUSTOM) and target.removeprefix(CUSTOM) in custom):
        return target
    if target.startswith(NEW):
        kind, label = new_field(target)
        label = label or heading
        if not label:
            raise Invalid("A column without a heading cannot become a new field; give it a heading in the file",
                          field="mapping")
        return f"{NEW}{kind}:{label[:80]}"
    raise Invalid(f"“{target[:40]}” is not something a column can hold", field="mapping")


def new_field(target: str) -> tuple[str, str]:
    """Kind and label of a field to be made; text when no kind is said."""
    kind, sign, label = target.removeprefix(NEW).partition(":")
    return (kind, label.strip()) if sign and kind in NEW_KINDS else ("text", target.removeprefix(NEW).strip())


def label_of(target: str, custom: Mapping[str, str]) -> str:
    """What a target is called on pages."""
    if target.startswith(CUSTOM):
        return custom.get(target.removeprefix(CUSTOM), target)
    return OWN.get(target) or new_field(target)[1]


def likely_heading(rows: Sequence[tuple[int, Sequence[str]]]) -> int:
    """The number of the row that names the columns: the first of the best; 0 when that is the first row of all."""
    rows = [row for row in rows if any(cell.strip() for cell in row[1])]
    scores = [len({_BY_SPELLING[word][0] for cell in cells if (word := plain(cell)) in _BY_SPELLING}) for _, cells in rows]
    best = max(scores, default=0)
    place = scores.index(best) if best else 0
    if not best and rows and sum(map(bool, rows[0][1])) == 1:  # a title above a wider table
        place = next((place for place, (_, cells) in enumerate(rows) if sum(map(bool, cells)) > 1), place)
    return rows[place][0] if place else 0


def is_headless(columns: Sequence[str], country: str) -> bool:
    """Whether the first row looks like a person and not like headings."""
    return any(looks_like_phone(cell) and _is_phone(cell, country) for cell in columns)


def _is_phone(text: str, country: str) -> bool:
    try:
        phone_fast.parse(text, country)
    except Invalid:
        return False
    return True
