"""The doors: the link of a text message, and the typed code. Both ask the birthday on a device not yet known."""

from __future__ import annotations

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from records import clock, doors, texts, throttles
from records.db import db
from records.models import Enrolment, EnteredBy
from webapp.extensions import language, translator
from webapp.patient import checkin, cookies, finding
from webapp.patient.blueprint import LANGUAGE, WITHOUT_SESSION, blueprint, in_session
from webapp.patient.entrance_forms import BirthDayForm, EnterForm
from webapp.permissions import access


@blueprint.route("/q/<token>", methods=["GET", "POST"])
@blueprint.route(f"{LANGUAGE}/q/<token>", methods=["GET", "POST"])
@access("public")
def link(token: str) -> Response | tuple[str, int]:
    """One patient's link. Opening it spends nothing and changes nothing: previews of messages open links too."""
    enrolment = finding.behind(db.session, token=token)
    if enrolment is None:
        return _page(EnterForm(formdata=None), broken=True), 404
    g.setdefault("language", texts.best(enrolment.patient.language))
    if _is_known(enrolment):
        return let_in(enrolment, redirect(url_for("patient.page")), entered_by=doors.entered_by(token))
    form, status = BirthDayForm(), 200
    if form.is_submitted():
        status = _status(form, enrolment)
        if status == 200:
            entered = doors.entered_by(token)
            return let_in(enrolment, redirect(url_for("patient.page"), 303), remember=True, entered_by=entered)
    return _page(form, enrolment=enrolment, locked=status == 429), status


@blueprint.get("/enter")
@access("public")
def short_address() -> Response:
    """What a text message names, short enough to be typed; the browser says the language."""
    return redirect(url_for("patient.enter", language=language()))


@blueprint.route(f"{LANGUAGE}/enter", methods=["GET", "POST"])
@access("public")
def enter() -> Response | tuple[str, int]:
    """The typed code, for those whose link does not open or who have none."""
    form = EnterForm()
    if not form.is_submitted():
        return _page(form), 200
    enrolment, status = _by_code(form)
    if enrolment is None or status != 200:
        return _page(form, locked=status == 429, kept=_kept()), status
    if "key" not in request.form:
        return let_in(enrolment, redirect(url_for("patient.page"), 303), remember=True)
    return let_in(enrolment, None, remember=True)


def ask_again() -> Response | tuple[str, int]:
    """A form was filled in and sent after the session had ended: its answers are carried through the door."""
    if not request.form:
        return redirect(url_for("patient.enter"))
    return _page(EnterForm(formdata=None), kept=_kept(), ended=True), 401


WITHOUT_SESSION["patient.receive"] = ask_again


def let_in(
    enrolment: Enrolment,
    response: Response | None,
    *,
    remember: bool = False,
    entered_by: EnteredBy = EnteredBy.CODE,
) -> Response:
    """Starts the session. Without a response, the answers that waited at the door are received first."""
    now = clock.now()
    token = doors.start_session(db.session, enrolment=enrolment, now=now, entered_by=entered_by)
    device = None
    if remember:
        known = {"device_token": cookies.device(), "from_address": request.remote_addr}
        device = doors.remember(db.session, enrolment=enrolment, **known, now=now)
    db.session.commit()
    if response is None:
        g.patient_session = doors.session_of(db.session, token=token, now=now)
        response = make_response(checkin.take())
    return cookies.keep(response, token=token, device=device)


def _is_known(enrolment: Enrolment) -> bool:
    session = in_session()
    if session is not None and session.enrolment_id == enrolment.id:
        return True
    token = cookies.device()
    return doors.recognise(db.session, device_token=token, patient=enrolment.patient, now=clock.now())


def _by_code(form: EnterForm) -> tuple[Enrolment | None, int]:
    if not form.validate():
        return None, 422
    try:
        found = doors.find_by_code(
            db.session, code=form.code.data, from_address=request.remote_addr or "", now=clock.now()
        )
    except throttles.TooManyTries:
        return None, 429
    finally:
        db.session.commit()
    if found is None:
        _refuse(form)
        return None, 422
    return found, _status(form, found)


def _status(form: BirthDayForm, enrolment: Enrolment) -> int:
    """200 when the birthday fits, 422 when it does not, 429 after too many tries. The count is kept at once."""
    if not form.validate():
        return 422
    try:
        fits = doors.check_birth_day(
            db.session,
            enrolment=enrolment,
            day=form.day.number,
            month=form.month.number,
            now=clock.now(),
        )
    except throttles.TooManyTries:
        return 429
    finally:
        db.session.commit()
    return 200 if fits else _refuse(form)


def _refuse(form: BirthDayForm) -> int:
    """The same sentence for an unknown code and a wrong birthday, so that codes cannot be tried out."""
    t = translator()
    if isinstance(form, EnterForm):
        sentence = t.gettext("This code and this day of birth do not go together. Check both.")
    else:
        sentence = t.gettext("This is not the day and month of birth that the centre has. Check them.")
    form.day.errors = [sentence]
    return 422


NOT_KEPT = ("csrf_token", "code", "day", "month")


def _kept() -> list[tuple[str, str]]:
    """The fields of a questionnaire that came to the door, to be carried on as hidden ones."""
    if "key" not in request.form:
        return []
    return [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]


def _page(form: BirthDayForm, **shown: object) -> str:
    enrolment = shown.get("enrolment")
    programme = enrolment.programme if isinstance(enrolment, Enrolment) else finding.any_programme(db.session)
    return render_template("patient/enter.html", form=form, programme=programme, left=cookies.left(), **shown)
