"""Signing in, the first visit, and choosing a password."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

_NEW = {"autocomplete": "new-password"}


class SignInForm(FlaskForm):
    """E-mail and password, as typed."""

    email = StringField("E-mail", [InputRequired("Write your e-mail address"), Length(max=254)],
                        render_kw={"autocomplete": "username", "inputmode": "email"})
    password = PasswordField("Password", [InputRequired("Write your password"),
                                          Length(max=200, message="At most 200 characters")],
                             render_kw={"autocomplete": "current-password"})


class SetupForm(FlaskForm):
    """The first admin, and where this installation is at home."""

    name = StringField("Your name", [InputRequired("Write the name your colleagues know you by"),
                                     Length(max=120, message="At most 120 characters")],
                       render_kw={"autocomplete": "name"})
    email = StringField("E-mail", [InputRequired("Write your e-mail address"),
                                   Length(max=254, message="At most 254 characters")],
                        render_kw={"autocomplete": "username", "inputmode": "email"})
    password = PasswordField("Password", [InputRequired("Choose a password"),
                                          Length(max=200, message="At most 200 characters")], render_kw=_NEW)
    business_name = StringField("Name of the business", [InputRequired("Write what people know you as"),
                                                         Length(max=120, message="At most 120 characters")],
                                render_kw={"autocomplete": "organization"})
    country = SelectField("Country", validate_choice=True)
    timezone = SelectField("Time zone", validate_choice=True)


class ChoosePasswordForm(FlaskForm):
    """A new password for somebody who was invited."""

    password = PasswordField("Password", [InputRequired("Choose a password"),
                                          Length(max=200, message="At most 200 characters")], render_kw=_NEW)
