"""Settings: the installation and its business numbers, the team, keys for programs, one's own account."""

from views.settings import account, channels, installation, keys, team, webhooks
from views.settings.part import pages

__all__ = ["account", "channels", "installation", "keys", "pages", "team", "webhooks"]
