"""The questionnaires that come with the program, as FHIR R4 JSON beside this file."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from questionnaires.reading import parse
from questionnaires.schema import Questionnaire


def document(name: str = "covid-19") -> dict[str, Any]:
    """The FHIR JSON, a fresh copy at each call. Raises FileNotFoundError for a name that is not in the library."""
    read: dict[str, Any] = orjson.loads(files(__package__).joinpath(f"{name}.json").read_bytes())
    return read


@lru_cache
def questionnaire(name: str = "covid-19") -> Questionnaire:
    return parse(document(name))
