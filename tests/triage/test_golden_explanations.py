import json

import pytest

from tests.triage.golden import FILE, SLUGS, golden


@pytest.mark.parametrize("slug", SLUGS)
def test_what_is_stored_of_an_assessment_stays_the_same_to_the_byte(slug):
    kept, found = json.loads(FILE.read_text())[slug], golden(slug)

    assert {name: found.get(name) for name in kept} == kept
    assert len(kept) >= 30
