"""The table of promises fits the code and the tests as they stand; `python -m tests.rules` tries them."""

from __future__ import annotations

import re
from functools import lru_cache

from tests.rules import page
from tests.rules.book import ROOT, Book, Moved, Promise, Rule
from tests.rules.trial import judged

BOOK = Book()
PROMISE = Promise("1.1", "says", "file.py", "text", "other", ("tests/test_x.py::test_y",), ("KeyError",))


def told(error: str | None, when: str = "call", test: str = "tests/test_x.py::test_y[1]") -> list[dict[str, object]]:
    return [{"test": test, "when": when, "outcome": "failed" if error else "passed", "error": error}]


def test_every_invariant_stands_in_the_table_with_its_promises() -> None:
    assert [rule.number for rule in BOOK.rules] == list(range(1, 13))
    assert all(len(rule.promises) >= 8 or rule.number == 1 for rule in BOOK.rules)


def test_every_line_of_the_table_stands_exactly_once_in_its_file() -> None:
    moved = []
    for promise in BOOK.promises:
        try:
            assert promise.broken(ROOT) != (ROOT / promise.file).read_text(), promise.id
        except Moved as error:
            moved.append(str(error))

    assert moved == []


@lru_cache
def names_in(file: str) -> set[str]:
    return set(re.findall(r"^def (test_\w+)\(", (ROOT / file).read_text(), re.MULTILINE))


def test_every_test_of_the_table_exists() -> None:
    named = [(promise.id, *test.split("::")) for promise in BOOK.promises for test in promise.fails]

    assert [told for told in named if told[2] not in names_in(told[1])] == []
    assert all(promise.fails for promise in BOOK.promises)


def test_the_page_shows_the_table() -> None:
    assert page.README.read_text() == page.page(BOOK), "run: python -m tests.rules --list"


def test_a_test_that_passes_falls_over_or_does_not_run_keeps_no_promise() -> None:
    [test] = PROMISE.fails
    assert judged(PROMISE, test, told("AssertionError")) == judged(PROMISE, test, told("KeyError")) == ""
    assert "passes" in judged(PROMISE, test, told(None))
    assert "NameError" in judged(PROMISE, test, told("NameError"))
    assert "Timeout" in judged(PROMISE, test, told("Timeout"))
    assert "did not come to run" in judged(PROMISE, test, told("ImportError", when="collect", test="tests/test_x.py"))
    assert "did not come to run" in judged(PROMISE, test, told("AssertionError", when="setup"))


def test_a_note_says_what_is_not_built() -> None:
    assert {rule.number for rule in BOOK.rules if "Not built yet" in rule.note} == {5, 9, 10, 11}
    assert isinstance(BOOK.rules[0], Rule)
