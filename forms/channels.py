"""A business number: ids, secrets that are written and never read back, pace."""

from flask_wtf import FlaskForm
from wtforms import FloatField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

_SECRET = {"autocomplete": "off", "spellcheck": "false"}
_DIGITS = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 32}


class ChannelForm(FlaskForm):
    """What may be changed of a number. An empty secret keeps the old one."""

    name = StringField("Name", [InputRequired("Give the number a name"),
                                Length(max=120, message="At most 120 characters")],
                       description="For your team: “Front desk”, “Shop in Leeds”")
    business_id = StringField("WhatsApp business account ID", render_kw=_DIGITS)
    token = PasswordField("Access token", render_kw=_SECRET)
    app_secret = PasswordField("App secret", render_kw=_SECRET)
    verify_token = PasswordField("Verify token", render_kw=_SECRET)
    send_rate = FloatField("Messages a second", [InputRequired("Say how many messages may leave in a second")], default=20.0,
                           render_kw={"inputmode": "decimal"})
    graph_url = StringField("Address of the Graph API", render_kw={"placeholder": "https://graph.facebook.com"})
    graph_version = StringField("Version of the Graph API", render_kw={"placeholder": "v25.0", "maxlength": 6})

    def values(self) -> dict[str, object]:
        """What was typed, by name; secrets only where something was."""
        secrets = ("token", "app_secret", "verify_token")
        return {field.name: field.data for field in self
                if field.name != "csrf_token" and (field.name not in secrets or field.data)}


class NewChannelForm(ChannelForm):
    """A number to connect: everything is needed, and the phone number's id too."""

    phone_number_id = StringField("Phone number ID", [InputRequired("Paste the phone number ID")], render_kw=_DIGITS)
    business_id = StringField("WhatsApp business account ID", [InputRequired("Paste the business account ID")],
                              render_kw=_DIGITS)
    token = PasswordField("Access token", [InputRequired("Paste the access token")], render_kw=_SECRET)
    app_secret = PasswordField("App secret", [InputRequired("Paste the app secret")], render_kw=_SECRET)
