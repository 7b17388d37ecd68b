"""Meta's list of templates, and what Meta says of our number and token."""

from collections.abc import Mapping, Sequence
from typing import Any

from transports.cloud_api import client
from transports.cloud_api.components import components_of
from transports.cloud_api.failures import LOST
from transports.cloud_api.listed import listed_of
from transports.cloud_api.plain import items, mapping, text
from transports.port import Line, ListedTemplate, OutcomeUnknown

NUMBER_FIELDS = ("display_phone_number,verified_name,quality_rating,code_verification_status,name_status,status,"
                 "platform_type,account_mode,throughput,whatsapp_business_manager_messaging_limit")
TEMPLATE_FIELDS = ("id,name,language,status,category,sub_category,components,parameter_format,quality_score,"
                   "rejected_reason,previous_category,correct_category")
MOST_PAGES = 100  # of 100 templates; an account may have 6,000


class CloudCatalogue:
    """What is asked of Meta rarely, one call at a time."""

    def submit(self, line: Line, *, name: str, language: str, category: str, body: str, footer: str,
               samples: tuple[tuple[str, str], ...], is_named: bool, header: Mapping[str, Any] | None = None,
               handle: str = "", buttons: Sequence[Mapping[str, Any]] = ()) -> tuple[str, str]:
        """Ask for approval. Returns (wire id, state word in lower case). Raises SendFailed with the reason in words."""
        answer = client.post(line, _shelf(line), {
            "name": name, "language": language, "category": category.upper(),
            "parameter_format": "NAMED" if is_named else "POSITIONAL",
            "components": components_of(body=body, footer=footer, samples=dict(samples), is_named=is_named,
                                        header=header or {}, handle=handle, buttons=buttons)})
        wire_id = text(answer.get("id"), 40)
        if not wire_id:
            raise OutcomeUnknown(LOST, code="200", detail="HTTP 200 without a template id we can read")
        return wire_id, (text(answer.get("status"), 40) or "PENDING").lower()

    def templates(self, line: Line) -> list[ListedTemplate]:
        """Every template of the account, page by page; all of them or none. Raises SendFailed."""
        found: list[ListedTemplate] = []
        after = ""
        for _page in range(MOST_PAGES):
            page = client.get(line, _shelf(line), fields=TEMPLATE_FIELDS, limit="100", **({"after": after} if after else {}))
            if not isinstance(page.get("data"), list):
                raise OutcomeUnknown(LOST, code="200", detail="HTTP 200 without a list of templates")
            found += [one for raw in items(page.get("data")) if (one := listed_of(raw)) is not None]
            paging = mapping(page.get("paging"))
            after = text(mapping(paging.get("cursors")).get("after"), 2000)
            if not paging.get("next") or not after:
                return found
        raise OutcomeUnknown("WhatsApp lists more templates than an account may have.", code="200",
                             detail=f"more than {MOST_PAGES} pages")

    def change(self, line: Line, wire_id: str, *, body: str, footer: str, samples: tuple[tuple[str, str], ...],
               is_named: bool, category: str = "", header: Mapping[str, Any] | None = None, handle: str = "",
               buttons: Sequence[Mapping[str, Any]] = ()) -> None:
        """Replace the words of a template, which is judged anew. Raises SendFailed."""
        components = components_of(body=body, footer=footer, samples=dict(samples), is_named=is_named,
                                   header=header or {}, handle=handle, buttons=buttons)
        client.post(line, client.owned(wire_id, "The id of the template"),
                    {"components": components} | ({"category": category.upper()} if category else {}))

    def delete(self, line: Line, *, name: str, wire_id: str = "") -> None:
        """Delete a template in one language (with its id), or in all. Raises SendFailed."""
        client.delete(line, _shelf(line), name=name, **({"hsm_id": wire_id} if wire_id else {}))

    def unpause(self, line: Line, wire_id: str) -> None:
        """End a pacing pause. Raises SendFailed."""
        client.post(line, f"{client.owned(wire_id, 'The id of the template')}/unpause", {})

    def number_info(self, line: Line) -> dict[str, Any]:
        """What Meta says of the business number: its name, quality, status and limits. Raises SendFailed."""
        return client.get(line, client.owned(line.phone_number_id, "PHONE_NUMBER_ID"), fields=NUMBER_FIELDS)

    def token_info(self, line: Line) -> dict[str, Any]:
        """What Meta says of the token: is_valid, expires_at (0: never), scopes. Raises SendFailed."""
        return dict(mapping(client.get(line, "debug_token", input_token=line.token).get("data")))


def _shelf(line: Line) -> str:
    """Where the templates of the account are."""
    return f"{client.owned(line.business_id, 'BUSINESS_ID')}/message_templates"
