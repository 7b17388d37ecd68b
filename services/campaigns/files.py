"""The file in a campaign's message reaches the carrier before anybody gets the message."""

from core.errors import Invalid
from models import Campaign
from services import channels, media


def hand_over_file(campaign: Campaign) -> None:
    """Make the header's file known to the carrier of the campaign's channel, unless it is. Outside a transaction.

    Raises Invalid when it can never be, CarrierTrouble when it may work later, NotFound when the file is gone.
    """
    named = media.named_in(campaign.version.header) if campaign.version else []
    if not named:
        return
    channel = channels.get_channel(campaign.channel_id)
    try:
        for media_id in named:
            media.ensure_uploaded(channel, media_id)
    except media.NotUploaded as error:
        if error.is_final:
            raise Invalid(error.message) from error
        raise
