"""Random conditions over the tiny document, in every shape there is, and random readings of what they read."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from triage.documents import Document, facts_in_use
from triage.facts import MISSING, Fact, FactKind, Reading, Status, unscale

NEAR = st.integers(89, 98)
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])


def operand(values: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.sampled_from(["low", "middle"]).map(lambda name: {"limit": name}), values.map(lambda value: {"value": value})
    )


compares = st.builds(lambda op, bound: {"compare": "spo2", "op": op, **bound}, OPERATORS, operand(NEAR))
bands = st.builds(
    lambda low, width: {"between": "spo2", "low": {"value": low}, "high": {"value": low + width}},
    NEAR,
    st.integers(0, 6),
)
answers = st.one_of(
    compares,
    bands,
    st.sampled_from(["spo2", "pain", "chills"]).map(lambda name: {"missing": name}),
    st.builds(
        lambda op, value: {"compare": "pain", "op": op, "value": value}, st.sampled_from(["=", "!="]), st.booleans()
    ),
    st.builds(
        lambda op, code: {"compare": "chills", "op": op, "value": code},
        st.sampled_from(["=", "!="]),
        st.sampled_from(["none", "strong"]),
    ),
    st.lists(st.sampled_from(["none", "strong"]), min_size=1, max_size=2, unique=True).map(
        lambda codes: {"in": "chills", "codes": codes}
    ),
)
changes = st.builds(
    lambda op, value: {"change": "spo2", "since": "before", "op": op, "value": value}, OPERATORS, st.integers(-4, 4)
)


def groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        inner.map(lambda part: {"not": part}),
        lists.map(lambda parts: {"all": parts}),
        lists.map(lambda parts: {"any": parts}),
        lists.flatmap(lambda parts: st.integers(1, len(parts)).map(lambda count: {"at_least": count, "of": parts})),
    )


counts = st.builds(
    lambda count, days, part: {"consecutive": count, "days": days, "of": part},
    st.integers(2, 3),
    st.integers(1, 2),
    st.recursive(answers, groups, max_leaves=3),
)
conditions = st.recursive(st.one_of(answers, changes, counts), groups, max_leaves=5)
"""The JSON of one condition."""


def values(fact: Fact) -> st.SearchStrategy[Reading]:
    if fact.kind is FactKind.BOOLEAN:
        known: st.SearchStrategy[Reading] = st.booleans().map(lambda value: Reading(Status.KNOWN, value, str(value)))
    elif fact.kind is FactKind.CODE:
        known = st.sampled_from(sorted(fact.choices)).map(lambda code: Reading(Status.KNOWN, code, code))
    else:
        known = st.builds(
            lambda status, value: Reading(status, value, unscale(value, fact.decimals)),
            st.sampled_from([Status.KNOWN, Status.KNOWN, Status.IMPLAUSIBLE]),
            st.integers(86, 101),
        )
    if not fact.source.key:  # whether there is an answer is always known
        return known
    return st.one_of(known, known, known, st.sampled_from([MISSING, Reading(Status.UNREADABLE, None, "x")]))


def readings(document: Document) -> st.SearchStrategy[dict[str, Reading]]:
    """Every fact of the document, known or not."""
    return st.fixed_dictionaries({fact.name: values(fact) for fact in facts_in_use(document)})
