"""pywa's own webhook in Flask, as its documentation shows it, in an environment of its own. It checks and keeps nothing."""

import os

from flask import Flask
from pywa import WhatsApp, types

app = Flask("pywa")
wa = WhatsApp(phone_id=os.environ["NUMBER"], token="a-token", server=app, webhook_endpoint="/webhook",  # noqa: S106
              verify_token="a-word", app_secret=os.environ["SECRET"], validate_updates=True)  # noqa: S106


@wa.on_message_status
def heard(client: WhatsApp, status: types.MessageStatus) -> None:
    """What everybody's program begins with."""
