"""Which parts of a FHIR R4 Questionnaire are understood, which change nothing here, and the addresses of extensions.

What is in neither list is refused by name: an extension or element nobody has judged may change what a question means.
"""

from questionnaires.schema import OWN

CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/"

TRANSLATION = CORE + "translation"
DATA_ABSENT = CORE + "data-absent-reason"
MIN_VALUE = CORE + "minValue"
MAX_VALUE = CORE + "maxValue"
MAX_DECIMALS = CORE + "maxDecimalPlaces"
UNIT = CORE + "questionnaire-unit"
ENTRY_FORMAT = CORE + "entryFormat"
ITEM_CONTROL = CORE + "questionnaire-itemControl"
HIDDEN = CORE + "questionnaire-hidden"
MIN_LENGTH = CORE + "minLength"
REGEX = CORE + "regex"
FEWEST = CORE + "questionnaire-minOccurs"
MOST = CORE + "questionnaire-maxOccurs"
STEP = CORE + "questionnaire-sliderStepValue"
MIN_QUANTITY = SDC + "minQuantity"
MAX_QUANTITY = SDC + "maxQuantity"
EXCLUSIVE = CORE + "questionnaire-optionExclusive"
WEIGHTS = {CORE + "ordinalValue", CORE + "itemWeight", CORE + "valueset-ordinalValue", CORE + "codesystem-ordinalValue"}
SCORE = OWN + "score"
UNIT_OPTION = CORE + "questionnaire-unitOption"
INITIAL_EXPRESSION = SDC + "initialExpression"
CALCULATED_EXPRESSION = SDC + "calculatedExpression"
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
    MIN_LENGTH,
    REGEX,
    FEWEST,
    MOST,
    STEP,
    MIN_QUANTITY,
    MAX_QUANTITY,
    SCORE,
    UNIT_OPTION,
}
MAY_REPEAT = {UNIT_OPTION, ITEM_CONTROL}
READ_ON_OPTION = {EMERGENCY, EXCLUSIVE, *WEIGHTS}
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
    SDC + "optionalDisplay",
    SDC + "endpoint",
    SDC + "entryMode",
    SDC + "lookupQuestionnaire",
    SDC + "openLabel",
    SDC + "performerType",
    SDC + "isSubject",
    SDC + "observationExtractEntry",
    SDC + "observationLinkPeriod",
    SDC + "itemExtractionContext",
    SDC + "definitionExtract",
    SDC + "definitionExtractValue",
    SDC + "extractAllocateId",
    SDC + "templateExtract",
    SDC + "templateExtractBundle",
    SDC + "templateExtractContext",
    SDC + "templateExtractValue",
    SDC + "targetStructureMap",
    SDC + "assemble-expectation",
    SDC + "assembleContext",
    CORE + "questionnaire-supportHyperlink",
    CORE + "questionnaireresponse-author",
    CORE + "cqf-library",
    CORE + "questionnaire-derivationType",
    CORE + "valueset-conceptOrder",
    CORE + "valueset-label",
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/questionnaire-answerKey",
    "http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-messages",
    CPG + "cpg-answerValueSetSource",
    CPG + "cpg-knowledgeCapability",
    CPG + "cpg-knowledgeRepresentationLevel",
}
"""Appearance, or instructions to other systems; kept in the stored document and without effect on an answer."""

NOT_RUN = {
    CORE + "cqf-expression",
    CORE + "variable",
    SDC + "launchContext",
    INITIAL_EXPRESSION,
    CALCULATED_EXPRESSION,
    SDC + "contextExpression",
    SDC + "candidateExpression",
    SDC + "itemPopulationContext",
    SDC + "prepopulate-subject",
    SDC + "sourceQueries",
    SDC + "sourceStructureMap",
}
"""Instructions to fill an answer in beforehand. They are kept and never run: the question is asked, with nothing in
it; what only they would have filled (`readOnly`) stays empty.
"""
DECIDES_BY_EXPRESSION = {
    CORE + "cqf-calculatedValue",
    SDC + "answerExpression",
    SDC + "answerOptionsToggleExpression",
    SDC + "enableWhenExpression",
}
"""Expressions that decide what is asked or allowed: without running them the form would be another one."""
RULES = {CORE + "questionnaire-constraint", CORE + "targetConstraint"}
"""Rules between answers. They are kept and not checked, which stands in the way of publishing."""
MEDIA = {SDC + "itemMedia", SDC + "itemAnswerMedia"}
"""Pictures and films beside a question. They are kept and not shown, which stands in the way of publishing."""

ROOT_ELEMENTS = {
    "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "url", "identifier",
    "version", "name", "title", "_title", "derivedFrom", "_derivedFrom", "status", "experimental", "subjectType",
    "date", "publisher", "contact", "description", "_description", "useContext", "jurisdiction", "purpose", "copyright",
    "approvalDate",
    "lastReviewDate", "effectivePeriod", "code", "item",
}  # fmt: skip
ITEM_ELEMENTS = {
    "id", "extension", "linkId", "definition", "code", "prefix", "_prefix", "text", "_text", "type", "enableWhen",
    "enableBehavior", "required", "repeats", "readOnly", "maxLength", "answerOption", "answerValueSet", "initial",
    "item",
}  # fmt: skip
CONDITION_OPERATORS = ("exists", "=", "!=", ">", "<", ">=", "<=")
