"""What people saw: each version of a form is kept, and what was sent is read by the version it was filled in with (domain.md J.1, C.7)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.fields import FieldPart
from mailings.model import Form, FormVersion

#: what a visitor reads and answers; everything else, the actions among it, is how the form is looked after now
SEEN = ("title", "language", "introduction", "button", "sections")


def keep(session: Session, form: Form) -> None:
    """Keep the form's definition as the version it is now."""
    session.add(FormVersion(form_id=form.id, version=form.version, definition=form.definition))
    session.flush()


def seen(session: Session, form: Form, version: int) -> FormPart:
    """The form with the fields, words and topics of `version`, and everything else as it is now: a mistake in an action can be mended.

    Raises NotFound for a version that is not kept, ValidationError for a definition this program cannot read.
    """
    part = definition_of(form)
    if version == form.version:
        return part
    kept = session.get(FormVersion, (form.id, version))
    if kept is None:
        raise NotFound(f"Version {version} of the form {form.name} is not kept; nobody can say what was seen. Delete the submission.")
    before = FormPart.model_validate(kept.definition)
    return part.model_copy(update={name: getattr(before, name) for name in SEEN})


def latest(session: Session, form: Form) -> list[FormPart]:
    """The two newest versions of the form."""
    rows = select(FormVersion.definition).where(FormVersion.form_id == form.id).order_by(FormVersion.version.desc()).limit(2)
    return [FormPart.model_validate(definition) for definition in session.scalars(rows)]


def versions_asking(session: Session, form: Form, field: FieldPart) -> list[int]:
    """The versions in which this field asked for the same: what was answered to another question is not counted with it."""
    rows = select(FormVersion.version, FormVersion.definition).where(FormVersion.form_id == form.id).execution_options(yield_per=1)
    asked = ((number, FormPart.model_validate(kept).field(field.identifier)) for number, kept in session.execute(rows))
    return [number for number, one in asked if one is not None and (one.kind, one.look) == (field.kind, field.look)]
