"""Which languages a questionnaire speaks completely. A language with a gap is not spoken at all, item by item."""

from collections.abc import Iterator

from questionnaires.schema import Item, Questionnaire, Text


def _texts(title: Text, items: tuple[Item, ...]) -> Iterator[tuple[str, Text]]:
    """Every text a person may read, with its place."""
    if title.own:
        yield "title", title
    for item in items:
        if not item.hidden and (item.text.own or item.is_question):
            yield item.link_id, item.text
        for option in item.options:
            if option.kind in {"code", "string"}:
                yield f"{item.link_id} option {option.key}", option.label
        if item.unit:
            yield f"{item.link_id} unit", item.unit.display
        for unit in item.units:
            yield f"{item.link_id} unit {unit.code}", unit.display
        if item.hint:
            yield f"{item.link_id} hint", item.hint
        if item.confirm_hint:
            yield f"{item.link_id} confirm-hint", item.confirm_hint


def complete_languages(title: Text, items: tuple[Item, ...], own: str) -> tuple[str, ...]:
    """The questionnaire's own language, then each language every text is translated into, sorted."""
    texts = [text for _, text in _texts(title, items)]
    complete = set.intersection(*(set(t.translations) for t in texts)) if texts else set()
    return (own, *sorted(complete - {own}))


def _listed(questionnaire: Questionnaire) -> tuple[Item, ...]:
    return tuple(questionnaire.by_link_id.values())


def missing_translations(questionnaire: Questionnaire, language: str) -> tuple[str, ...]:
    """The places without a text in `language`, in document order; empty when it is complete."""
    texts = _texts(questionnaire.title, _listed(questionnaire))
    own = language == questionnaire.language
    return tuple(p for p, t in texts if not (t.own if own else t.translations.get(language, "")).strip())


def spoken(questionnaire: Questionnaire, wanted: str) -> str:
    """The language to show this questionnaire in to someone who wants `wanted` ("en-GB" is served by "en")."""
    for language in (wanted, wanted.split("-")[0]):
        if language in questionnaire.languages:
            return language
    return questionnaire.language
