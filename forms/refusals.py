"""Show a rule's refusal beside the field it speaks of."""

from core.errors import DashboardError


def show_on(form, error: DashboardError, *, otherwise: str) -> None:  # type: ignore[no-untyped-def]
    """Put the sentence under the field the refusal names, or under `otherwise` when it names none of this form."""
    field = form[error.field if error.field in form else otherwise]
    field.errors = [*field.errors, error.message]
