"""One questionnaire that holds every kind of question, in three languages, and the texts that a person would type."""

# ruff: noqa: E501 - a question in three languages is one line

from __future__ import annotations

from typing import Any

from questionnaires import fhir_names as fhir
from questionnaires.schema import OWN

UCUM = "http://unitsofmeasure.org"
URL = "https://vigidom.example/fhir/Questionnaire/every-kind"


def _translated(french: str, arabic: str) -> dict[str, Any]:
    pairs = (("fr", french), ("ar", arabic))
    parts = [[{"url": "lang", "valueCode": code}, {"url": "content", "valueString": text}] for code, text in pairs]
    return {"extension": [{"url": fhir.TRANSLATION, "extension": part} for part in parts]}


def _named(name: str, english: str, french: str, arabic: str) -> dict[str, Any]:
    return {name: english, f"_{name}": _translated(french, arabic)}


def _item(
    link_id: str, kind: str, said: tuple[str, str, str], *extensions: dict[str, Any], **more: Any
) -> dict[str, Any]:
    item = {"linkId": link_id, "type": kind, **_named("text", *said), **more}
    return item | ({"extension": list(extensions)} if extensions else {})


def _ext(url: str, **value: Any) -> dict[str, Any]:
    return {"url": url, **value}


def _control(code: str) -> dict[str, Any]:
    return _ext(fhir.ITEM_CONTROL, valueCodeableConcept={"coding": [{"code": code}]})


def _unit(url: str, code: str, *said: str) -> dict[str, Any]:
    return _ext(url, valueCoding={"system": UCUM, "code": code, **_named("display", *said)})


def _option(
    code: str, english: str, french: str, arabic: str, *extensions: dict[str, Any], weight: int = 0
) -> dict[str, Any]:
    weighed = _ext(fhir.CORE + "ordinalValue", valueDecimal=weight)
    coding = {"system": "urn:every-kind", "code": code, **_named("display", english, french, arabic)}
    return {"valueCoding": coding, "extension": [weighed, *extensions]}


ALONE = _ext(fhir.EXCLUSIVE, valueBoolean=True)
MEALS = [
    _option("all", "All of it", "Tout", "كله", weight=0),
    _option("half", "About half", "La moitié environ", "نصفه تقريباً", weight=1),
    _option("nothing", "Nothing", "Rien", "لا شيء", weight=2),
]
SIGNS = [
    _option("swelling", "Swollen legs", "Jambes gonflées", "تورم الساقين", weight=1),
    _option("cough", "A cough at night", "Une toux la nuit", "سعال ليلي", weight=1),
    _option("none", "None of these", "Rien de tout cela", "لا شيء من ذلك", ALONE),
]
HELPERS = [
    _option("nurse", "A nurse", "Une infirmière", "ممرضة"),
    _option("family", "My family", "Ma famille", "العائلة"),
]
ROOMS = [_option(f"r{n}", f"Room {n}", f"Chambre {n}", f"الغرفة {n}") for n in range(1, 16)]

ITEMS = [
    _item("well", "boolean", ("Do you feel well today?", "Vous sentez-vous bien aujourd’hui ?", "هل تشعرون بحالة جيدة اليوم؟"), required=True),
    _item("meal", "choice", ("How much of your last meal did you eat?", "Quelle part de votre dernier repas avez-vous mangée ?", "كم أكلتم من وجبتكم الأخيرة؟"), answerOption=MEALS),
    _item("signs", "choice", ("Which of these do you have?", "Lesquels de ces signes avez-vous ?", "أي من هذه العلامات لديكم؟"), answerOption=SIGNS, repeats=True),
    _item("room", "choice", ("Which room are you in?", "Dans quelle chambre êtes-vous ?", "في أي غرفة أنتم؟"), answerOption=ROOMS),
    _item("helper", "open-choice", ("Who helps you?", "Qui vous aide ?", "من يساعدكم؟"), answerOption=HELPERS),
    _item(
        "group", "group", ("Measures", "Mesures", "القياسات"),
        item=[
            _item(
                "pulse", "integer", ("Your pulse", "Votre pouls", "نبضكم"),
                _unit(fhir.UNIT, "/min", "beats a minute", "battements/min", "نبضة في الدقيقة"),
                _ext(fhir.MIN_VALUE, valueInteger=20), _ext(fhir.MAX_VALUE, valueInteger=250),
                _ext(fhir.LIKELY_RANGE, valueRange={"low": {"value": 40}, "high": {"value": 140}}),
                item=[_item("pulse-help", "display", ("Two fingers on the wrist; count for one minute.", "Deux doigts sur le poignet ; comptez une minute.", "إصبعان على المعصم؛ عدّوا لمدة دقيقة."), _control("help"))],
            ),
            _item(
                "weight", "quantity", ("Your weight", "Votre poids", "وزنكم"),
                _unit(fhir.UNIT_OPTION, "kg", "kilograms", "kilogrammes", "كيلوغرام"),
                _unit(fhir.UNIT_OPTION, "[lb_av]", "pounds", "livres", "رطل"),
                _ext(fhir.MAX_DECIMALS, valueInteger=1),
            ),
            _item(
                "inner", "group", ("Pain", "Douleur", "الألم"),
                item=[
                    _item(
                        "pain", "integer", ("How strong is your pain, from 0 to 10?", "De 0 à 10, quelle est votre douleur ?", "من 0 إلى 10، ما شدة ألمكم؟"),
                        _control("slider"), _ext(fhir.MIN_VALUE, valueInteger=0), _ext(fhir.MAX_VALUE, valueInteger=10),
                        item=[_item("pain-note", "display", ("0 is no pain, 10 the worst you can imagine.", "0 : aucune douleur ; 10 : la pire imaginable.", "0 يعني لا ألم، و10 أسوأ ألم تتخيلونه."))],
                    ),
                ],
            ),
        ],
    ),
    _item("onset", "date", ("When did it begin?", "Quand cela a-t-il commencé ?", "متى بدأ ذلك؟"), _ext(fhir.MIN_VALUE, valueDate="2020-01-01")),
    _item("fall", "dateTime", ("When did you last fall?", "Quand êtes-vous tombé la dernière fois ?", "متى كانت آخر مرة سقطتم فيها؟")),
    _item("bedtime", "time", ("When did you go to bed?", "À quelle heure vous êtes-vous couché ?", "متى ذهبتم إلى النوم؟")),
    _item("medicines", "string", ("Which medicines did you take?", "Quels médicaments avez-vous pris ?", "ما الأدوية التي تناولتموها؟"), _ext(fhir.MOST, valueInteger=3), repeats=True),
    _item(
        "code", "string", ("The code on your device", "Le code de votre appareil", "رمز جهازكم"),
        _ext(fhir.REGEX, valueString="[A-Z]{2}[0-9]{3}"), _ext(fhir.MIN_LENGTH, valueInteger=5),
        _ext(fhir.ENTRY_FORMAT, **_named("valueString", "Two letters, three digits: AB123", "Deux lettres, trois chiffres : AB123", "حرفان وثلاثة أرقام: ⁨AB123⁩")),
        maxLength=5,
    ),
    _item("link", "url", ("Address of your photograph", "Adresse de votre photo", "عنوان صورتكم")),
    _item("words", "text", ("Anything else?", "Autre chose ?", "هل من شيء آخر؟"), maxLength=500),
    _item("plan", "string", ("Your plan", "Votre programme", "برنامجكم"), readOnly=True, initial=[{"valueString": "A-7"}]),
    _item("thanks", "display", ("Thank you. One question is left.", "Merci. Il reste une question.", "شكراً. بقي سؤال واحد.")),
    _item(
        "worse", "boolean", ("Are you worse than yesterday?", "Allez-vous moins bien qu’hier ?", "هل حالتكم أسوأ من أمس؟"),
        item=[_item("how", "string", ("In what way?", "De quelle façon ?", "من أي ناحية؟"), enableWhen=[{"question": "worse", "operator": "=", "answerBoolean": True}])],
    ),
    _item(
        "total", "integer", ("Score", "Score", "النتيجة"), _ext(fhir.HIDDEN, valueBoolean=True),
        _ext(OWN + "score", extension=[_ext("shape", valueCode="sum"), _ext("question", valueString="meal"), _ext("question", valueString="signs")]),
    ),
]  # fmt: skip


def document(version: str = "1.0.0") -> dict[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "url": URL,
        "version": version,
        "status": "active",
        "language": "en",
        **_named("title", "Every kind of question", "Toutes les sortes de questions", "كل أنواع الأسئلة"),
        "item": ITEMS,
    }


FIELDS: dict[str, str | list[str]] = {
    "answer-well": "true",
    "answer-meal": "half",
    "answer-signs": ["swelling", "cough"],
    "answer-room": "r7",
    "answer-helper": ["", "My neighbour"],
    "answer-pulse": "٧٢",
    "answer-weight": "82,5",
    "unit-weight": "kg",
    "answer-pain": "4",
    "day-onset": "3",
    "month-onset": "11",
    "year-onset": "2026",
    "day-fall": "٢١",
    "month-fall": "11",
    "year-fall": "2026",
    "hour-fall": "8",
    "minute-fall": "5",
    "hour-bedtime": "22",
    "minute-bedtime": "30",
    "answer-medicines": ["ramipril", "", "bisoprolol"],
    "answer-code": "AB123",
    "answer-link": "https://example.org/photo",
    "answer-words": "Slept badly.",
    "answer-worse": "true",
    "answer-how": "More tired",
}
"""As the plain form posts them."""
STORED: dict[str, list[dict[str, Any]]] = {
    "well": [{"boolean": True}],
    "meal": [{"code": "half"}],
    "signs": [{"code": "swelling"}, {"code": "cough"}],
    "room": [{"code": "r7"}],
    "helper": [{"string": "My neighbour"}],
    "pulse": [{"integer": 72}],
    "weight": [{"quantity": "82.5", "unit": "kg"}],
    "pain": [{"integer": 4}],
    "onset": [{"date": "2026-11-03"}],
    "fall": [{"datetime": "2026-11-21T08:05:00"}],
    "bedtime": [{"time": "22:30:00"}],
    "medicines": [{"string": "ramipril"}, {"string": "bisoprolol"}],
    "code": [{"string": "AB123"}],
    "link": [{"uri": "https://example.org/photo"}],
    "words": [{"string": "Slept badly."}],
    "plan": [{"string": "A-7"}],
    "worse": [{"boolean": True}],
    "how": [{"string": "More tired"}],
    "total": [{"integer": 3}],
}
