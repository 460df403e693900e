"""A status only moves up a rank, whatever order the receipts come in."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import statuses
from notifications.models import MessageStatus as S
from records.models.contacts import ContactOutcome

reported = st.lists(st.sampled_from(sorted(statuses.TWILIO)), min_size=1)


@given(reported, st.randoms())
def test_any_order_of_receipts_ends_in_the_highest_rank(words: list[str], random: object) -> None:
    found = [statuses.TWILIO[word] for word in words]
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = {reduce(statuses.highest, order, S.SENDING.value) for order in (found, shuffled, found + shuffled)}
    assert ends == {max(found, key=statuses.RANK.__getitem__)}


def test_every_status_has_a_rank_and_says_something_to_triage_once_it_was_tried() -> None:
    assert set(statuses.RANK) == set(S)
    assert set(S) - set(statuses.OUTCOME) == {S.QUEUED, S.CLAIMED, S.SENDING, S.UNREPORTED}


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (S.SENDING, S.UNKNOWN),
        (S.UNKNOWN, S.UNKNOWN_FINAL),
        (S.UNKNOWN_FINAL, S.ACCEPTED),
        (S.ACCEPTED, S.SENT),
        (S.SENT, S.UNDELIVERED),
        (S.UNDELIVERED, S.DELIVERED),
        (S.CLAIMED, S.DROPPED),
        (S.QUEUED, S.EXPIRED),
    ],
)
def test_a_later_truth_replaces_an_earlier_one_and_never_the_reverse(lower: S, higher: S) -> None:
    assert statuses.moves_up(lower, higher)
    assert not statuses.moves_up(higher, lower)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", S.ACCEPTED),
        ("sent", S.SENT),
        ("DELIVERED ", S.DELIVERED),
        ("read", S.DELIVERED),
        ("undelivered", S.UNDELIVERED),
        ("failed", S.UNDELIVERED),
        ("canceled", S.UNDELIVERED),
        ("received", None),
        ("somethingnew", None),
        ("", None),
    ],
)
def test_a_word_of_twilios_means_a_status_or_nothing(word: str, status: S | None) -> None:
    assert statuses.from_provider(word) is status


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (S.UNKNOWN_FINAL, ContactOutcome.UNKNOWN),
        (S.EXPIRED, ContactOutcome.NOT_SENT),
        (S.REFUSED, ContactOutcome.FAILED),
        (S.UNDELIVERED, ContactOutcome.FAILED),
        (S.SENT, ContactOutcome.SENT),
        (S.DELIVERED, ContactOutcome.DELIVERED),
        (S.QUEUED, None),
    ],
)
def test_triage_reads_why_a_patient_is_silent(status: S, outcome: ContactOutcome | None) -> None:
    assert statuses.contact_outcome(status) is outcome
