"""What is worth a second look before anything is sent: lists that look made up, and what to do about each reason."""

from sqlalchemy import BigInteger, cast, func, select

from models import Campaign, CampaignListRow, db
from services.campaigns import audience_people as people

MOST_BAD = 0.3  # the share of a list whose numbers may be unreadable before we say so
FEWEST = 20  # rows a list must have before its numbers can look made up
MOST_IN_A_ROW = 0.5  # the share of numbers that are exactly one more than another of the list
_r = CampaignListRow.__table__.c

# code → what can be done about it, beside the reason on the check page
ADVICE: dict[str, str] = {
    "bad_number": "Mend the number in your file and take the file in again",
    "no_phone": "Add a number to the contact",
    "opted_out_marketing": "Nothing: only they can change their mind, by writing START",
    "opted_out_utility": "Nothing: only they can change their mind, by writing START",
    "no_consent": "Ask them first, or note on their page how they agreed",
    "us_marketing": "Send them a service message, or reach them in another way",
    "in_peace": "Nothing: after a day they can get it",
    "repeated": "Nothing: they get it once",
    "missing_variable": "Fill in the field, or give the variable a fallback",
    "too_long": "Shorten what is filled in, or the text of the template",
    "not_approved": "Wait for the approval, or choose another template",
    "quiet_hours": "Choose an earlier time, or make it useful for longer",
    "too_late": "Choose a later time",
}


def warnings(campaign: Campaign) -> list[str]:
    """Sentences about a list that is probably not what it should be. One query, none without a list."""
    if not people.has_list(campaign):
        return []
    total, bad = db.session.execute(
        select(func.count(), func.count().filter(_r.code == "bad_number")).where(_r.campaign_id == campaign.id)).one()
    found = []
    if total and bad >= MOST_BAD * total:
        found.append(f"{bad:,} of the {total:,} rows of the list have no usable number. "
                     "Is the right column taken for the number, and the right country?")
    if total >= FEWEST and (follow := _following(campaign.id)) >= MOST_IN_A_ROW * total:
        found.append(f"{follow:,} of the numbers follow each other, one up each time. Real people’s numbers do not: "
                     "such a list is made up, and WhatsApp blocks whoever writes to strangers")
    return found


def _following(campaign_id: int) -> int:
    """How many numbers of the list are one more than the number before them."""
    number = cast(func.substr(_r.phone, 2), BigInteger)
    usable = (select((number - func.lag(number).over(order_by=_r.phone)).label("step"))
              .where(_r.campaign_id == campaign_id, _r.code == "").subquery())
    return db.session.scalar(select(func.count()).where(usable.c.step == 1)) or 0
