// One question's fields: what was typed, what it means, what to ask about it. The server decides; this asks sooner.

import { parseNumber } from "./numbers.js";

const MEASURED = new Set(["decimal", "integer", "quantity"]);
const fields = (form, prefix, linkId) => [...form.querySelectorAll(`[name="${CSS.escape(`${prefix}-${linkId}`)}"]`)];

/** What stands in the fields, as the server takes it: texts, whether "I could not measure", what was confirmed. */
export function read(form, { linkId }) {
  const raw = fields(form, "answer", linkId)
    .filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked)
    .map((field) => field.value.trim())
    .filter(Boolean);
  return { raw, absent: fields(form, "absent", linkId).some((field) => field.checked) };
}

export function write(form, { linkId }, { raw = [], absent = false }) {
  for (const field of fields(form, "answer", linkId)) {
    if (["radio", "checkbox"].includes(field.type)) field.checked = raw.includes(field.value);
    else field.value = raw[0] ?? "";
  }
  for (const field of fields(form, "absent", linkId)) field.checked = absent;
}

/** The readable values: numbers as "38.6", keys of options, texts. */
export function valuesOf(screen, { raw }) {
  if (!MEASURED.has(screen.kind)) return raw;
  return raw.map((text) => parseNumber(text, screen).value).filter((value) => value !== undefined);
}

const outside = (value, low, high) => (low !== null && value < Number(low)) || (high !== null && value > Number(high));

/** {} when all is well, {error: code} to ask again, {confirm: code, value} to ask "is that right?" once. */
export function judge(screen, entry) {
  const text = entry.raw[0];
  if (text === undefined) {
    if (entry.absent || !screen.required) return {};
    return { error: screen.couldNotMeasure ? "required-measure" : "required" };
  }
  if (screen.maxLength && text.length > screen.maxLength) return { error: "text-too-long", most: screen.maxLength };
  if (!MEASURED.has(screen.kind)) return {};
  const { value, problem } = parseNumber(text, screen);
  if (problem) {
    if (entry.absent) return {};
    return { error: problem === "too-many-decimals" && screen.decimals === 0 ? "not-whole" : problem };
  }
  if (entry.confirmed === text) return {};
  if (outside(Number(value), screen.low, screen.high)) return { confirm: "implausible", value };
  if (outside(Number(value), screen.likelyLow, screen.likelyHigh)) return { confirm: "unlikely", value };
  return {};
}
