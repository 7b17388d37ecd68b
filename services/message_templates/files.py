"""The file of a template that was made at the carrier: its list tells that there is one, and not which."""

from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from models import TemplateVersion, db, transaction
from services import activity, media
from services.message_templates.shown import MEDIA


def lacks_file(version: TemplateVersion) -> str:
    """The kind of file this version cannot be sent without and does not have (image, video, document), or nothing."""
    kind = str((version.header or {}).get("kind") or "")
    return kind if kind in MEDIA and not version.header.get("media_id") else ""


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
