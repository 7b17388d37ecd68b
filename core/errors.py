"""The few kinds of refusal. Each carries a sentence fit for the operator."""


class DashboardError(Exception):
    """Base of every refusal. `field` names the form field it belongs to, where there is one."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DashboardError):
    """What was asked for is not there."""


class Invalid(DashboardError):
    """What was given cannot be used as it is."""


class Conflict(DashboardError):
    """It cannot be done in the present state of things."""


class NotSignedIn(DashboardError):
    """Nobody knows who asks: no key, or none that is good."""


class Forbidden(DashboardError):
    """This person may not do that."""


class TooMany(DashboardError):
    """Too often or too much; `wait_seconds` says when to try again."""

    def __init__(self, message: str, *, wait_seconds: int = 60, field: str = "") -> None:
        super().__init__(message, field=field)
        self.wait_seconds = wait_seconds


class CarrierTrouble(DashboardError):
    """The carrier could not be reached or did not do what was asked."""
