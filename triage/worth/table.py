"""The worth of rules as a file, whose columns docs/protocols.md names."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from records.spreadsheets import no_formula, written
from triage.levels import Level
from triage.worth.counting import Period, Row
from triage.worth.intervals import Share

SHARES = ("useful", "mistaken", "sensitivity", "predictive")
COLUMNS = (
    "first_day",
    "last_day",
    "rule",
    "sentence",
    "level",
    "alerts",
    "callbacks",
    "alone",
    "minutes",
    "timed",
    "said",
    "emergencies",
    "only_it",
    *(f"{share}{part}" for share in SHARES for part in ("", "_of", "_low", "_high")),
)


def as_csv(rows: Iterable[tuple[Row, Period, str, Level | None]]) -> bytes:
    """Comma-separated by RFC 4180, full stops in numbers, UTF-8 with its mark; an empty cell is not known."""
    file = StringIO(newline="")
    sheet = csv.writer(file)
    sheet.writerow(COLUMNS)
    for row, period, sentence, level in rows:
        counted = (row.alerts, row.calls, "" if row.is_wide else row.alone, f"{row.seconds / 60:.1f}", row.timed)
        emergencies = (row.said, row.emergencies, "" if row.is_wide else row.only_it)
        named = (
            period.first,
            period.last,
            no_formula(row.cause),
            no_formula(sentence),
            level.code if level is not None else "",
        )
        shares = [cell for name in SHARES for cell in cells(getattr(row, name))]
        sheet.writerow([*named, *counted, *emergencies, *shares])
    return written(file.getvalue())


def cells(share: Share) -> tuple[object, object, str, str]:
    ends = share.interval
    return (share.part, share.whole, f"{ends[0]:.4f}", f"{ends[1]:.4f}") if ends else (share.part, share.whole, "", "")
