"""The field macros: what a keyboard, a thumb and a screen reader get from a WTForms field."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DecimalField,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from tests.webapp.pages import render


class Day(Form):
    day = IntegerField("Jour", [InputRequired("Écrivez le jour.")])
    month = IntegerField("Mois")
    year = IntegerField("Année")


class Record(Form):
    name = StringField("Nom", [InputRequired("Écrivez le nom.")], description="Nom d’usage.")
    saturation = DecimalField("SpO₂", [NumberRange(70, 100, "Entre 70 et 100.")])
    born = FormField(Day, label="Naissance")
    breath = RadioField("Souffle", choices=[SelectChoice("0", label="Non"), SelectChoice("1", label="Oui")])
    illnesses = SelectMultipleField("Maladies", choices=[SelectChoice("a"), SelectChoice("b")])
    zone = SelectField("Fuseau", choices=[SelectChoice("Europe/Paris")])
    alone = BooleanField("Vit seul")
    notes = TextAreaField("Remarques")


MACROS = "text,number,radios,checkboxes,checkbox,select,textarea,date,error_summary,submit"


def show(call: str, form: Form, **values: object) -> str:
    imported = f'{{% from "macros/fields.html" import {MACROS} with context %}}'
    return render(imported + "{{ " + call + " }}", f=form, **values)


def refused(**entries: str) -> Record:
    form = Record(MultiDict(entries))
    assert not form.validate()
    return form


EVERY = [
    ("text(f.name)", "name"),
    ("number(f.saturation, '%')", "saturation"),
    ("radios(f.breath)", "breath"),
    ("checkboxes(f.illnesses)", "illnesses"),
    ("checkbox(f.alone)", "alone"),
    ("select(f.zone)", "zone"),
    ("textarea(f.notes)", "notes"),
]


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_a_field_has_a_control_of_its_own_id_with_a_label(call: str, name: str):
    page = show(call, Record())
    assert len(re.findall(rf'<(?:input|select|textarea)[^>]* id="{name}"', page)) == 1
    assert f'for="{name}"' in page
    assert "--error" not in page


@pytest.mark.parametrize(("call", "name"), EVERY)
def test_an_error_is_shown_in_words_and_tied_to_the_field(call: str, name: str):
    form = Record()
    form[name].errors = ["Dites-le <autrement>."]
    page = show(call, form)
    assert "Dites-le &lt;autrement&gt;." in page
    assert "Erreur\u202f:" in page
    assert f'id="{name}-error"' in page
    assert re.search(rf'aria-describedby="[^"]*{name}-error', page)
    assert "nhsuk-form-group--error" in page


def test_every_described_id_exists():
    form = refused(saturation="109")
    page = show("text(f.name)", form) + show("number(f.saturation, '%', hint='Assis')", form)
    for ids in re.findall(r'aria-describedby="([^"]+)"', page):
        for one in ids.split():
            assert f'id="{one}"' in page


def test_the_hint_is_the_field_s_description_unless_another_is_given():
    assert "Nom d’usage." in show("text(f.name)", Record())
    assert "Nom d’usage." not in show("text(f.name, hint='Autre')", Record())


def test_a_number_is_typed_as_text_with_the_decimal_keyboard_and_kept_as_typed():
    page = show("number(f.saturation, '%')", refused(saturation="10,9"))
    assert re.search(r'<input[^>]* type="text"', page)
    assert 'type="number"' not in page
    assert 'inputmode="decimal"' in page
    assert 'value="10,9"' in page
    assert "<bdi>%</bdi>" in page


def test_a_field_chooses_its_own_keyboard():
    class Pulse(Form):
        pulse = IntegerField("Pouls", render_kw={"inputmode": "numeric"})

    assert 'inputmode="numeric"' in show("number(f.pulse)", Pulse())


def test_attributes_of_the_call_reach_the_control():
    assert 'data-likely="40"' in show("number(f.saturation, '%', **{'data-likely': 40})", Record())
    assert 'autocomplete="name"' in show("text(f.name, autocomplete='name')", Record())


def test_no_option_is_chosen_before_the_patient_chooses_and_the_choice_is_kept():
    assert " checked" not in show("radios(f.breath)", Record())
    page = show("radios(f.breath)", Record(MultiDict({"breath": "1"})))
    assert re.findall(r'value="(\d)" checked', page) == ["1"]
    page = show("checkboxes(f.illnesses)", Record(MultiDict([("illnesses", "b")])))
    assert re.findall(r'value="(\w)" checked', page) == ["b"]


@pytest.mark.parametrize("call", ["number(f.saturation, heading='h1')", "radios(f.breath, heading='h1')"])
def test_the_question_can_be_the_page_s_heading(call: str):
    assert len(re.findall(r"<h1[ >]", show(call, Record()))) == 1


def test_a_date_is_three_boxes_and_a_wrong_part_is_marked():
    form = refused(**{"born-day": "x", "born-month": "3"})
    page = show("date(f.born)", form)
    assert re.findall(r'<input[^>]* name="born-(\w+)"', page) == ["day", "month", "year"]
    assert re.findall(r'id="born-(\w+)"[^>]*', page).count("error") == 1
    assert re.search(r'<input aria-invalid="true"[^>]* id="born-day"', page)
    assert 'value="x"' in page
    assert 'type="number"' not in page


def test_a_date_in_one_field_is_one_box():
    assert len(re.findall("<input", show("date(f.name)", Record()))) == 1


def test_the_error_summary_leads_to_each_wrong_control():
    form = refused(saturation="109", breath="9", zone="Europe/Paris", **{"born-month": "3"})
    summary = show("error_summary(f)", form)
    assert "Il y a un problème" in summary
    fields = "text(f.name) ~ number(f.saturation) ~ date(f.born) ~ radios(f.breath)"
    page = show(fields, form)
    targets = re.findall(r'href="#([\w-]+)"', summary)
    assert targets == ["name", "saturation", "born-day", "breath"]
    for target in targets:
        assert re.search(rf'<input[^>]* id="{target}"', page)
    assert "Écrivez le jour." in summary


def test_there_is_no_error_summary_without_an_error():
    assert show("error_summary(f)", Record()).strip() == ""


def test_a_hostile_value_is_only_text():
    page = show("text(f.name)", Record(MultiDict({"name": '"><script>x</script>'})))
    assert "<script>" not in page


def test_a_stored_value_fills_the_field():
    assert 'value="96.00"' in show("number(f.saturation)", Record(saturation=Decimal("96")))


def test_the_button_says_continue_in_the_page_s_language_unless_told():
    assert ">Continuer</button>" in show("submit()", Record())
    page = show("submit('Prendre', kind='secondary', name='act', value='claim', small=true)", Record())
    assert 'class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"' in page
    assert 'name="act" value="claim">Prendre</button>' in page
