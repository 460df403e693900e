"""The conditions that an enrolment records, and which of them need a physician's own limits first."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from records.models import HoldReason, Programme
from records.refusals import Sentence


class Comorbidity(StrEnum):
    PREGNANCY = "pregnancy"
    RESPIRATORY_DISEASE = "respiratory-disease"
    HOME_OXYGEN = "home-oxygen"
    HEART_DISEASE = "heart-disease"
    HYPERTENSION = "hypertension"
    DIABETES = "diabetes"
    OBESITY = "obesity"
    KIDNEY_DISEASE = "kidney-disease"
    LIVER_DISEASE = "liver-disease"
    CANCER = "cancer"
    IMMUNE_DEFICIENCY = "immune-deficiency"
    SICKLE_CELL = "sickle-cell"
    DEMENTIA = "dementia"


NAMES = {
    Comorbidity.PREGNANCY: Sentence("Pregnancy"),
    Comorbidity.RESPIRATORY_DISEASE: Sentence("Chronic respiratory disease"),
    Comorbidity.HOME_OXYGEN: Sentence("Oxygen at home"),
    Comorbidity.HEART_DISEASE: Sentence("Heart disease"),
    Comorbidity.HYPERTENSION: Sentence("High blood pressure"),
    Comorbidity.DIABETES: Sentence("Diabetes"),
    Comorbidity.OBESITY: Sentence("Obesity (BMI of 30 or more)"),
    Comorbidity.KIDNEY_DISEASE: Sentence("Chronic kidney disease"),
    Comorbidity.LIVER_DISEASE: Sentence("Cirrhosis or other chronic liver disease"),
    Comorbidity.CANCER: Sentence("Cancer under treatment"),
    Comorbidity.IMMUNE_DEFICIENCY: Sentence("Weakened immune system"),
    Comorbidity.SICKLE_CELL: Sentence("Sickle cell disease"),
    Comorbidity.DEMENTIA: Sentence("Memory or understanding impaired"),
}


def hold_for(conditions: Collection[str], programme: Programme) -> HoldReason | None:
    """Why a physician has to set own limits first; the condition that moves the usual limits furthest, if several. None
    for a programme whose limits these conditions do not move.
    """
    if not programme.holds_conditions:
        return None
    for reason in (HoldReason.HOME_OXYGEN, HoldReason.RESPIRATORY_DISEASE, HoldReason.PREGNANCY):
        if reason.value in conditions:
            return reason
    return None
