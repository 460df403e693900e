"""Adherence as a file: one table of text, whose columns docs/adherence.md names."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

import pandas as pd

from questionnaires.adherence_figures import COUNTS, CURVE, PERCENTILES, Adherence, records
from records.spreadsheets import no_formula

COLUMNS = ["breakdown", "key", "name", *COUNTS, *PERCENTILES, *CURVE[1:]]


def as_csv(found: Adherence, names: Mapping[str, str]) -> str:
    """Comma-separated by RFC 4180, full stops in shares. `names` are those of the teams, by key. An empty cell is not
    known, or not shown for being about too few.
    """
    file = StringIO()
    sheet = csv.DictWriter(file, COLUMNS, restval="")
    sheet.writeheader()
    for row in records(found.table):
        name = names.get(row["key"], "") if row["breakdown"] == "team" else ""
        sheet.writerow({"name": no_formula(name), **{column: _cell(value) for column, value in row.items()}})
    for row in records(found.curve):
        told = {column: _cell(row[column]) for column in CURVE[1:]}
        sheet.writerow({"breakdown": "curve", "key": _cell(row["day"]), **told})
    return file.getvalue()


def _cell(value: Any) -> str:
    if value is pd.NA:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else no_formula(str(value))


def as_text(found: Adherence, names: Mapping[str, str]) -> str:
    """The main columns, to be read on a terminal; shares as they are, 1 for all."""
    table = found.table[["breakdown", "key", *COUNTS[:5], *PERCENTILES]]
    shares = {name: (table[name] / table["asked"]).round(3) for name in ("in_time", "late", "missed")}
    is_team = table["breakdown"] == "team"
    told = table.assign(key=table["key"].where(~is_team, table["key"].map(names)), **shares)
    return "\n\n".join(part.to_string(index=False, na_rep="-") for part in (told, found.curve.round(3)))
