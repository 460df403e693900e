"""A programme's hours, targets and numbers; taking nobody in any more, and starting again."""

from __future__ import annotations

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from questionnaires import programme_settings
from records import audit, clock, programmes
from records.db import db
from records.models import Programme
from records.refusals import FieldErrors, Refused
from webapp import choosing, firstrun, kept
from webapp.admin.blueprint import blueprint
from webapp.admin.setup.programme_form import ProgrammeForm
from webapp.extensions import language, translator
from webapp.permissions import KEEPS, access

KEEPS["admin.change_programme"] = kept.page

Page = str | Response | tuple[str, int]


@blueprint.post("/setup/programmes")
@access("centre.edit")
def load_programme() -> Page:
    """A programme of the library with its questionnaire and unsigned protocol."""
    slug = request.form.get("slug", "")
    if slug not in programmes.shipped():
        abort(404)
    firstrun.load_programme(db.session, clock.now(), slug)
    audit.append(
        db.session,
        actor=_actor(),
        action="programme.chosen",
        subject=audit.SYSTEM_SUBJECT,
        now=clock.now(),
        details={"slug": slug},
    )
    db.session.commit()
    flash(translator().gettext("The programme is there. Now give it your hours, targets and numbers."), "success")
    return redirect(url_for("admin.centre_programme", slug=slug))


@blueprint.get("/setup/programmes/<slug>")
@access("centre.edit")
def centre_programme(slug: str) -> Page:
    programme = _programme(slug)
    return _page(programme, ProgrammeForm(programme))


@blueprint.post("/setup/programmes/<slug>")
@access("centre.edit")
def change_programme(slug: str) -> Page:
    programme = _programme(slug)
    form = ProgrammeForm(programme)
    if kept.is_back():
        form.read_schedule(request.form)
        return _page(programme, form)
    valid, schedule = form.validate(), form.read_schedule(request.form)
    if not valid or schedule is None:
        return _page(programme, form), 422
    how = {"settings": form.settings(), "schedule": schedule, "seen": form.seen.data or ""}
    try:
        asked = programme_settings.change(db.session, programme=programme, **how, actor=_actor(), now=clock.now())
        db.session.commit()
    except (FieldErrors, Refused) as refused:
        db.session.rollback()
        return _again(slug, form, refused), 422
    flash(_done(asked), "success")
    return redirect(url_for("admin.setup"))


def _done(asked: int) -> str:
    t = translator()
    done = t.gettext("Saved. The programme runs so from now on.")
    if not asked:
        return done
    more = t.ngettext(
        "%(num)s patient is asked at once, because the hour has passed.",
        "%(num)s patients are asked at once, because the hour has passed.",
        asked,
    )
    return f"{done} {more}"


@blueprint.post("/setup/programmes/<slug>/close")
@access("centre.edit")
def close_programme(slug: str) -> Page:
    programme_settings.close(db.session, programme=_programme(slug), actor=_actor(), now=clock.now())
    db.session.commit()
    flash(
        translator().gettext("The programme takes nobody in any more. Whoever is followed is followed on."), "success"
    )
    return redirect(url_for("admin.setup"))


@blueprint.post("/setup/programmes/<slug>/open")
@access("centre.edit")
def reopen_programme(slug: str) -> Page:
    programme_settings.reopen(db.session, programme=_programme(slug), actor=_actor(), now=clock.now())
    db.session.commit()
    flash(translator().gettext("The programme takes patients in again."), "success")
    return redirect(url_for("admin.setup"))


def _programme(slug: str) -> Programme:
    return programmes.by_slug(db.session, slug=slug) or abort(404)


def _actor() -> audit.Actor:
    return audit.Actor.staff(g.staff, request.remote_addr)


def _again(slug: str, form: ProgrammeForm, refused: FieldErrors | Refused) -> str:
    """With what was typed; of two people at once the later one sends over what now stands, and has been told."""
    programme = _programme(slug)
    if isinstance(refused, FieldErrors):
        form.refuse(refused.texts(translator()))
    else:
        form.form_errors.append(refused.text(translator()))
    form.seen.data = programme_settings.mark(programme)
    return _page(programme, form)


def _page(programme: Programme, form: ProgrammeForm) -> str:
    name = choosing.name(programme.name, language())
    return render_template("admin/setup/programme.html", programme=programme, name=name, form=form)
