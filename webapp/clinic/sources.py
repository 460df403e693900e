"""How answers came, in words: by which door, from whom, typed by whom."""

from __future__ import annotations

from questionnaires.models import Door, Informant, Response
from records import texts
from records.db import db
from records.models import Staff
from webapp.clinic.blueprint import blueprint
from webapp.clinic.doors_words import CAME_BY
from webapp.extensions import language, translator


@blueprint.app_template_filter()
def came_by(response: Response) -> str:
    """ "on the telephone with the centre, answered by a carer, recorded by Sacha Morel"."""
    t = translator()
    said = [str(CAME_BY[Door(response.door)])]
    if response.informant == Informant.CARER:
        said.append(t.gettext("answered by somebody close"))
    if response.recorded_by_id is not None:
        name = db.session.get_one(Staff, response.recorded_by_id).name
        said.append(t.gettext("recorded by %(name)s", name=name))
    return texts.separator(language()).join(said)


def is_plain(response: Response) -> bool:
    """The patient, on their own phone: nothing that a reader must know."""
    return response.door == Door.PHONE and response.informant == Informant.PATIENT
