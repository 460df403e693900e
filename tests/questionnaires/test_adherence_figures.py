"""Rates, percentiles and curves from counts: what is hidden, what stands in the file."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pandas as pd
import pytest

from questionnaires import adherence
from questionnaires.adherence_figures import BREAKDOWNS, COUNTS, FEWEST, Part, figures
from questionnaires.adherence_table import as_csv
from records.spreadsheets import written
from tests.questionnaires.followed import row


def of_languages(**enrolments: int) -> adherence.Adherence:
    def counts(breakdown: str, key: str, people: int) -> tuple[Any, ...]:
        return (breakdown, key, people, 10 * people, 9 * people, 0, people, *(0,) * 5)

    rows = [counts("language", key, people) for key, people in enrolments.items()]
    return figures([Part([*rows, counts("all", "", sum(enrolments.values()))], [], [])])


@pytest.mark.parametrize(
    ("enrolments", "shown"),
    [
        ({"fr": 40, "en": 5}, {"fr", "en"}),
        ({"fr": 40, "en": 12, "ar": 4}, {"fr"}),
        ({"fr": 40, "en": 4, "ar": 4}, {"fr"}),
        ({"fr": 40, "ar": 1}, set()),
        ({"ar": 4}, set()),
    ],
    ids=["enough", "one hidden row is not told by the others", "two hide each other", "nor by the whole", "few in all"],
)
def test_a_row_about_fewer_than_five_follow_ups_is_emptied(enrolments: dict[str, int], shown: set[str]) -> None:
    found = of_languages(**enrolments).without_few()

    rows = found.rows("language").set_index("key")["asked"]
    assert set(rows.dropna().index) == shown
    assert set(rows.index) == set(enrolments), "what is hidden is still named"


@pytest.mark.parametrize(("carers", "told"), [(4, [None, None, None]), (5, [5, 0, 5])])
def test_answers_by_few_carers_are_not_told_by_the_row_of_all(carers: int, told: list[int | None]) -> None:
    def counts(people: int, by_carers: int) -> tuple[int, ...]:
        return (*(people,) * (len(COUNTS) - 1), by_carers)

    rows = [("all", "", *counts(40, carers)), ("informant", "patient", *counts(40, 0))]
    rows.append(("informant", "carer", *counts(carers, carers)))

    found = figures([Part(rows, [], [])]).without_few().table.set_index("key")["carer"]

    assert [None if pd.isna(found[key]) else found[key] for key in ("", "patient", "carer")] == told


def test_the_curve_ends_where_fewer_than_five_are_left() -> None:
    found = figures([Part([], [], [(1, 2, 3, 3), (None, None, 2, 2), (2, None, 3, 1)])]).without_few()

    assert [None if value is pd.NA else value for value in found.curve["still"]] == [1.0, 0.5, None]
    assert [None if value is pd.NA else value for value in found.curve["never_silent"]] == [0.5, None, None]
    assert FEWEST == 5


def test_percentiles_are_minutes_that_were_taken_by_the_nearest_rank() -> None:
    ten = [("all", "", minutes, 1) for minutes in range(1, 11)]
    more = [
        Part([("all", "", *(1,) * len(COUNTS))], ten[:3], []),
        Part([("all", "", *(1,) * len(COUNTS))], ten[3:], []),
    ]

    for parts in (more, more[::-1]):
        told = row(figures(parts), "all")
        assert [told[f"minutes_{name}"] for name in ("p25", "median", "p75", "p90")] == [3, 5, 8, 9]


def test_the_csv_names_its_columns_and_starts_no_formula() -> None:
    names = {"12": '=HYPERLINK("http://evil.example")', "13": "Été, nord"}
    rows = [("team", key, 9, 10, 9, 0, 1, 9, 5, 0, 0, 0) for key in names]
    found = figures([Part(rows, [("team", "13", 12, 9)], [(None, None, 2, 9)])])

    text = as_csv(found, names)

    lines = text.split("\r\n")
    assert lines[0].split(",")[:8] == ["breakdown", "key", "name", "enrolments", "asked", "in_time", "late", "missed"]
    assert lines[1].startswith('team,12,"\'=HYPERLINK(""http://evil.example"")",9,10,9,0,1,')
    assert lines[2].startswith('team,13,"Été, nord",9,10,9,0,1,9,5,0,0,0,12,12,12,12,')
    assert lines[3] == "curve,1,,,,,,,,,,,,,,,,9,0,1.0000,9,0,1.0000"
    assert written(text).startswith(b"\xef\xbb\xbfbreakdown")


def test_every_breakdown_has_its_place() -> None:
    assert list(of_languages(fr=9).table["breakdown"]) == ["all", "language"]
    assert len(set(BREAKDOWNS)) == len(BREAKDOWNS)


def test_a_web_process_does_not_load_pandas_before_somebody_asks() -> None:
    loads = "import sys, webapp.cli; from webapp import admin, auth, clinic, demo, health, hooks, patient, worker; "
    told = subprocess.run(
        [sys.executable, "-c", loads + "print('pandas' in sys.modules)"], capture_output=True, check=True
    )

    assert told.stdout == b"False\n"
