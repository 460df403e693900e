"""What is asked about an answer, by the table that also binds the phone's script (tests/browser/test_kinds.py)."""

import pytest

from questionnaires.findings import Severity
from tests.questionnaires.documents import answer, form
from tests.questionnaires.judging import CASES


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['item']['type']} {case['entry']['raw']} {case['asks']}"
)
def test_the_server_asks_what_the_table_says(case):
    findings = answer(form(case["item"]), {"q": case["entry"]}).findings

    asked = [f for f in findings if f.severity is Severity.ERROR] or [
        f for f in findings if f.severity is Severity.CONFIRM
    ]
    assert [f.code for f in asked][:1] == ([case["asks"]] if case["asks"] else [])
