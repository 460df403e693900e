"""`python -m tests.rules [7 10.3 …]`: break each promise of the table in a copy and see its tests fail.

`--list` writes the table into README.md instead. Exits 1 when a promise is not kept by a test, or its line has moved.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.rules import page
from tests.rules.book import Book, Promise
from tests.rules.trial import copied


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rules")
    parser.add_argument("only", nargs="*", metavar="N", help="an invariant (7) or one promise (7.3); all without")
    parser.add_argument("--list", action="store_true", help="write the table into README.md and try nothing")
    given = parser.parse_args()
    book = Book()
    if given.list:
        page.README.write_text(page.page(book))
        return 0
    return _try([one for one in book.promises if not given.only or {one.id, one.id.split(".")[0]} & set(given.only)])


def _try(promises: list[Promise]) -> int:
    unkept = 0
    with copied() as copy:
        _say("the tests as the code stands", why := copy.whole(promises))
        unkept += bool(why)
        for promise in promises:
            started = time.monotonic()
            why = copy.broken(promise)
            _say(f"{promise.id:<6}{promise.says}", why, f"{time.monotonic() - started:4.0f} s")
            unkept += bool(why)
    sys.stdout.write(f"{len(promises)} promises, {unkept} not kept by a test\n")
    return 1 if unkept else 0


def _say(what: str, why: str, took: str = "") -> None:
    sys.stdout.write(f"{'FAILS' if why else 'kept '} {took} {what}\n" + (f"      {why}\n" if why else ""))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
