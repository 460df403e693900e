"""What the page of a draft shows: every part in words, with what is wrong or doubtful beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from records import clock
from records.db import db
from records.texts import separator
from triage import drafts
from triage.cases import Failure
from triage.documents import Case, Rule
from triage.drafting_models import ProtocolDraftEdit
from triage.facts import NUMERIC, Fact
from triage.findings import Finding
from triage.models import ProtocolVersion
from webapp.admin import differences, versions
from webapp.admin.builder import fact_sources, findings, missing_cases
from webapp.admin.builder.desk import Desk
from webapp.admin.builder.given_form import in_words
from webapp.admin.level_words import level_word
from webapp.admin.loose_words import read_loosely
from webapp.admin.rule_words import RuleGroup, groups
from webapp.extensions import language, translator


@dataclass
class Page:
    desk: Desk

    @cached_property
    def warnings(self) -> Sequence[Finding]:
        return drafts.warnings(self.desk.draft)

    @cached_property
    def failures(self) -> dict[str, Failure]:
        return {one.case.name: one for one in drafts.failures(self.desk.draft)}

    @property
    def is_whole(self) -> bool:
        """Whether it can be read; only then its cases can run."""
        return not self.desk.findings

    @property
    def can_finish(self) -> bool:
        return self.is_whole and not self.failures

    @cached_property
    def against(self) -> ProtocolVersion:
        """What is in force, or what the draft was begun from where nothing is."""
        return versions.in_use(self.desk.programme, clock.now()) or self.desk.draft.based_on

    @cached_property
    def changes(self) -> list[str]:
        return differences.between(
            read_loosely(self.against.document), read_loosely(self.desk.draft.document), language()
        )

    @cached_property
    def steps(self) -> list[ProtocolDraftEdit]:
        return drafts.steps(db.session, draft=self.desk.draft)

    @property
    def writers(self) -> list[str]:
        return list(dict.fromkeys(step.staff.name for step in self.steps))

    @property
    def groups(self) -> list[RuleGroup]:
        return groups(self.desk.document)

    def said(self, *path: str) -> list[str]:
        """What must be corrected about one part."""
        return [findings.sentence(one, self.desk.words) for one in findings.about(self.desk.findings, *path)]

    def doubted(self, *path: str) -> list[str]:
        """What its authors should look at about one part."""
        return [findings.sentence(one, self.desk.words) for one in findings.about(self.warnings, *path)]

    @cached_property
    def elsewhere(self) -> list[str]:
        """Findings and warnings about none of the parts that are listed."""
        shown = [
            *(("rules", rule.id) for rule in self.desk.document.rules),
            *(("limits", limit.name) for limit in self.desk.document.limits),
            *(("facts", fact.name) for fact in self.desk.document.facts),
            *(("cases", case.name) for case in self.desk.document.cases),
        ]
        every = [*self.desk.findings, *self.warnings]
        about = {id(one) for path in shown for one in findings.about(every, *path)}
        return [findings.sentence(one, self.desk.words) for one in every if id(one) not in about]

    @cached_property
    def wanted(self) -> list[missing_cases.Wanted]:
        return missing_cases.wanted(self.desk.offer) if self.is_whole else []

    @property
    def failing(self) -> list[Case]:
        """Cases to look at first: those that come out otherwise, or that are wrong in themselves."""
        return [one for one in self.desk.document.cases if one.name in self.failures or self.said("cases", one.name)]

    @property
    def holding(self) -> list[Case]:
        failing = {id(one) for one in self.failing}
        return [one for one in self.desk.document.cases if id(one) not in failing]

    def comes_from(self, fact: Fact) -> str:
        return fact_sources.told(fact.source, self.asked)

    def plausible(self, fact: Fact) -> str:
        """Its range, its choices, or nothing to say of a yes or no."""
        words = self.desk.words
        if fact.kind in NUMERIC:
            return f"{differences.plausible(words, fact)} {words.unit(fact.unit)}".strip()
        return separator(language()).join(self.desk.offer.codes(fact).values())

    @cached_property
    def asked(self) -> fact_sources.Questionnaire | None:
        return fact_sources.in_force(self.desk.programme)

    def level(self, of: Case | Rule | Failure) -> str:
        return level_word(translator(), of.level)

    def facts_of(self, case: Case) -> list[str]:
        """What a case says beyond the usual."""
        offer, words = self.desk.offer, self.desk.words
        known = {fact.name: fact for fact in self.desk.document.facts}
        return [
            translator().gettext(
                "%(fact)s: %(value)s", fact=words.name(name), value=in_words(offer, known[name], given)
            )
            for name, given in case.facts.items()
            if name in known
        ]

    def came_out(self, failure: Failure) -> str:
        rules = {rule.id: rule for rule in self.desk.document.rules}
        fired = [self.desk.words.rule(rules[name]) for name in failure.fired if name in rules]
        return "; ".join([self.level(failure), *fired])

    @property
    def orders(self) -> list[str]:
        return [differences.in_words(self.desk.words, order) for order in self.desk.document.orders]
