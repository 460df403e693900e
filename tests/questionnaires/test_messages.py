import re
from pathlib import Path

import pytest

import questionnaires
from questionnaires.findings import Finding
from questionnaires.messages import ANSWERING, message
from questionnaires.numbers import NumberProblem
from questionnaires.refusals import REFUSALS
from records import texts

SENTENCES = {"messages.py", "programme_settings.py", "refusals.py"}
PATHS = [p for p in Path(questionnaires.__file__).parent.glob("*.py") if p.name not in SENTENCES]
SOURCE = "".join(p.read_text(encoding="utf-8") for p in PATHS)
RAISED = {
    *re.findall(
        r'(?:refuse\(|note\(|append\(Finding\(\w+\.?\w*, |Finding\("", |Finding\(link_id, )"([a-z-]+)"', SOURCE
    ),
    *re.findall(r'Finding\(item\.link_id, "([a-z-]+)"', SOURCE),
    *re.findall(r'return "([a-z]+-[a-z-]+)"', SOURCE),
    *map(str, NumberProblem),
}
FIGURES = ("most", "least", "value", "element", "extension", "type", "option", "text", "question", "operator")
FIGURES += ("line", "column")


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("code", sorted(RAISED))
def test_every_code_in_the_source_has_its_sentence(code, language):
    assert message(Finding("a", code, params=dict.fromkeys(FIGURES, "1.5")), language)


@pytest.mark.parametrize("sentence", [*ANSWERING.values(), *REFUSALS.values()])
def test_every_sentence_has_a_french_one_with_the_same_figures_and_spacing(sentence):
    french = texts.translator("fr").gettext(sentence)

    assert french != sentence
    assert set(re.findall(r"%\(\w+\)s", french)) == set(re.findall(r"%\(\w+\)s", sentence))
    assert not re.search(r"[ \u00a0][?!:;»]|«[^\u202f]|'", french)


def test_no_sentence_is_left_that_nothing_raises():
    assert [code for code in (*ANSWERING, *REFUSALS) if f'"{code}"' not in SOURCE] == []
