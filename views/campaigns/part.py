"""The part all campaign pages belong to."""

from flask import Blueprint

pages = Blueprint("campaigns", __name__)
