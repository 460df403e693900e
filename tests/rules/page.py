"""README.md, of which the list of promises is written from the table itself."""

from __future__ import annotations

from pathlib import Path

from tests.rules.book import Book, Promise, Rule

README = Path(__file__).parent / "README.md"
START, END = "<!-- promises -->\n", "<!-- /promises -->\n"


def listed(book: Book) -> str:
    return "\n".join(_rule(rule) for rule in book.rules)


def _rule(rule: Rule) -> str:
    note = f"\n{rule.note}\n" if rule.note else ""
    return f"## {rule.number}. {rule.name}\n{note}\n" + "".join(_promise(promise) for promise in rule.promises)


def _promise(promise: Promise) -> str:
    tests = ", ".join(f"`{test.removeprefix('tests/')}`" for test in promise.fails)
    change = f"{_shown(promise.text)} → {_shown(promise.becomes)}"
    return f"- **{promise.id}** {promise.says}  \n  `{promise.file}`: {change}  \n  fails: {tests}\n"


def _shown(text: str) -> str:
    """Code on one line; a backtick inside would end it, so the quotes are doubled."""
    line = " ⏎ ".join(part.strip() for part in text.strip("\n").splitlines())
    if not line.strip():
        return "*(removed)*"
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def page(book: Book) -> str:
    """The whole file: the list anew, the rest as it stands."""
    before, _, rest = README.read_text().partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}\n{listed(book)}\n{END}{after}"
