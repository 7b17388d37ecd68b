"""The file or the place of a template that was made at the carrier: its list tells that there is one, and not which."""

from collections.abc import Mapping

from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from models import TemplateVersion, db, transaction
from services import activity, media
from services.message_templates import places
from services.message_templates.shown import MEDIA


def lacks_file(version: TemplateVersion) -> str:
    """The kind of file this version cannot be sent without and does not have (image, video, document), or nothing."""
    kind = str((version.header or {}).get("kind") or "")
    return kind if kind in MEDIA and not version.header.get("media_id") else ""


def lacks(version: TemplateVersion) -> str:
    """What stands at the top and is not known, in words: a picture, a film, a document or a place; or nothing."""
    if places.lacks_place(version.header or {}):
        return "place"
    return {"image": "picture", "video": "film"}.get(kind := lacks_file(version), kind)


def set_place(version_id: int, place: Mapping[str, str], *, by: Actor) -> None:
    """Say which place goes with the messages of this version. Raises NotFound, Conflict when none is missing, and Invalid for
    one that WhatsApp would not take."""
    header = places.tidy(place)
    with transaction():
        version = db.session.get(TemplateVersion, version_id, populate_existing=True)
        if version is None:
            raise NotFound("There is no such version of a template")
        if (version.header or {}).get("kind") != places.PLACE:
            raise Conflict("This version needs no place")
        if wrong := places.about_place(header):
            raise Invalid("; ".join(wrong), field="place")
        version.header = header
        activity.record("template.place_set", by=by, subject_kind="template", subject_id=version.template_id,
                        subject_name=version.template.name, place=places.shown_as(header))


def set_file(version_id: int, media_id: int, *, by: Actor) -> None:
    """Say which file goes with the messages of this version. The words stay; WhatsApp approved the kind, not the file.

    Raises NotFound, Conflict when it has a file or needs none, and Invalid for a file of another kind.
    """
    kept = media.get_media(media_id)
    with transaction():
        version = db.session.get(TemplateVersion, version_id, populate_existing=True)
        if version is None:
            raise NotFound("There is no such version of a template")
        kind = lacks_file(version)
        if not kind:
            raise Conflict("This version needs no file")
        if kept.kind != kind:
            raise Invalid(f"This file is not {media.KINDS[kind].words}; choose another one", field="file")
        version.header = {"kind": kind, "media_id": kept.id}
        activity.record("template.file_set", by=by, subject_kind="template", subject_id=version.template_id,
                        subject_name=version.template.name)
