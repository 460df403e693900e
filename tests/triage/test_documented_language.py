"""What docs/protocols.md shows of the language can be written as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.triage.factories import limit, number, rule, sentence, tiny
from triage import catalogue
from triage.cases import run_cases
from triage.documents import Document, dump, load
from triage.facts import SourceKind

SECTION = (
    (Path(__file__).parents[2] / "docs" / "protocols.md")
    .read_text()
    .partition("## The language")[2]
    .partition("\n## ")[0]
)
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL)]
INLINE = [json.loads(text) for text in re.findall(r"`(\{\"[^`…]*\})`", SECTION)]
SOURCES = [given for given in INLINE if len(given) <= 2 and set(given) & {*SourceKind} and "op" not in given]
CONDITIONS = [given for given in INLINE if set(given) & {"compare", "between", "in", "since", "missing", "consecutive"}]
CONDITIONS += [block for block in BLOCKS if "all" in block]


def document(**changes: Any) -> Document:
    """The documented facts, limit, rule and case, with what they name."""
    named = {frozenset(block): block for block in BLOCKS}
    facts = [block for block in BLOCKS if "kind" in block]
    alone = {
        "name": "lives_alone",
        "kind": "boolean",
        "source": {"patient": "lives_alone"},
        "labels": sentence("Alone"),
    }
    has = {"name": "has_oximeter", "kind": "boolean", "source": {"patient": "has_oximeter"}, "labels": sentence("Has")}
    chills = {"name": "chills", "kind": "code", "source": {"answer": "chills"}, "labels": sentence("Chills")}
    facts += [
        number("temperature", unit="Cel", decimals=1),
        number("rate", unit="/min"),
        number("spo2_previous", source={"previous": "spo2"}),
        {**chills, "choices": {"mild": sentence("mild"), "strong": sentence("strong")}},
        alone,
        has,
    ]
    (red_limit,) = [block for keys, block in named.items() if "highest" in keys and "value" in keys]
    (red,) = [block for block in BLOCKS if "when" in block]
    (case,) = [block for block in BLOCKS if "before" in block]
    stays = rule("spo2_stays_low", "orange", {**CONDITIONS[-1]["all"][0]})
    usual = {"spo2": 97, "temperature": "39.0", "rate": 16, "lives_alone": True, "has_oximeter": True, "chills": "mild"}
    made = {
        "facts": facts,
        "limits": [red_limit, limit("spo2_orange", "94")],
        "orders": [["spo2_red", "<=", "spo2_orange"]],
        "rules": [red, stays],
        "usual": usual,
        "cases": [case],
    }
    return load(tiny(**(made | changes)))


def test_the_documented_parts_make_a_document_whose_case_holds():
    made = document()

    assert run_cases(made) == []
    assert len(BLOCKS) == 6
    assert len(INLINE) >= 14


@pytest.mark.parametrize("when", CONDITIONS, ids=lambda when: next(iter(when)))
def test_every_documented_condition_can_be_written(when: dict[str, Any]):
    made = document(rules=[rule("r", "orange", when)], cases=[{"name": "well", "level": "green"}])

    assert dump(made)["rules"][0]["when"] == when


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_documented_source_can_be_written(source: dict[str, Any]):
    facts = dump(document())["facts"]
    kind = {"kind": "boolean"} if source.keys() & {"first_response"} or source.get("patient") else number("x")
    facts.append(number("weight", unit="kg"))
    unit = {"weight": "kg"}.get(source.get("lowest", ""), "%/d" if "slope" in source else "%")
    fact = {**(number("x", unit=unit) if kind.get("kind") == "number" else kind), "name": "x", "source": source}
    made = document(facts=[*facts, {"labels": sentence("X"), **fact}])

    assert dump(made)["facts"][-1]["source"] == source


@pytest.mark.parametrize("fact", [*catalogue.ATTRIBUTES, *catalogue.HISTORY], ids=lambda fact: fact.name)
def test_everything_of_the_catalogue_is_documented(fact: catalogue.Fact):
    assert f"`{fact.source.key}`" in SECTION or f'"{fact.source.key}"' in SECTION
