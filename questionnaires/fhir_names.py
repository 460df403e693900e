"""Which parts of a FHIR R4 Questionnaire are understood, which change nothing here, and the addresses of extensions.

What is in neither list is refused by name: an extension or element nobody has judged may change what a question means.
"""

from questionnaires.schema import OWN

CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"

TRANSLATION = CORE + "translation"
DATA_ABSENT = CORE + "data-absent-reason"
MIN_VALUE = CORE + "minValue"
MAX_VALUE = CORE + "maxValue"
MAX_DECIMALS = CORE + "maxDecimalPlaces"
UNIT = CORE + "questionnaire-unit"
ENTRY_FORMAT = CORE + "entryFormat"
ITEM_CONTROL = CORE + "questionnaire-itemControl"
HIDDEN = CORE + "questionnaire-hidden"
LIKELY_RANGE = OWN + "likely-range"
EMERGENCY = OWN + "call-emergency"
COULD_NOT_MEASURE = OWN + "could-not-measure"
CONFIRM_HINT = OWN + "confirm-hint"
UNREADABLE_TEXT = OWN + "unreadable-text"
CONFIRMED = OWN + "confirmed-by-patient"

READ_ON_ITEM = {
    MIN_VALUE,
    MAX_VALUE,
    MAX_DECIMALS,
    UNIT,
    ENTRY_FORMAT,
    ITEM_CONTROL,
    HIDDEN,
    LIKELY_RANGE,
    EMERGENCY,
    COULD_NOT_MEASURE,
    CONFIRM_HINT,
}
READ_ON_OPTION = {EMERGENCY}
READ_ON_TEXT = {TRANSLATION}

HARMLESS = {
    CORE + "designNote",
    CORE + "preferredTerminologyServer",
    CORE + "questionnaire-choiceOrientation",
    CORE + "questionnaire-displayCategory",
    CORE + "questionnaire-fhirType",
    CORE + "questionnaire-optionPrefix",
    CORE + "questionnaire-supportLink",
    CORE + "rendering-markdown",
    CORE + "rendering-style",
    CORE + "rendering-styleSensitive",
    CORE + "rendering-xhtml",
    CORE + "artifact-versionAlgorithm",
    SDC + "choiceColumn",
    SDC + "collapsible",
    SDC + "columnCount",
    SDC + "observation-extract-category",
    SDC + "observationExtract",
    SDC + "shortText",
    SDC + "width",
}
"""Appearance, or instructions to other systems; kept in the stored document and without effect on an answer."""

ROOT_ELEMENTS = {
    "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "url", "identifier",
    "version", "name", "title", "_title", "derivedFrom", "status", "experimental", "subjectType", "date", "publisher",
    "contact", "description", "_description", "useContext", "jurisdiction", "purpose", "copyright", "approvalDate",
    "lastReviewDate", "effectivePeriod", "code", "item",
}  # fmt: skip
ITEM_ELEMENTS = {
    "id", "extension", "linkId", "definition", "code", "prefix", "_prefix", "text", "_text", "type", "enableWhen",
    "enableBehavior", "required", "repeats", "readOnly", "maxLength", "answerOption", "item",
}  # fmt: skip
CONDITION_OPERATORS = ("exists", "=", "!=", ">", "<", ">=", "<=")
