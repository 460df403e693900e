// One question's fields: what was typed, what it means, what to ask about it. The server decides; this asks sooner.
// tests/questionnaires/judging_cases.json binds both.

import { order, readMoment } from "./moments.js";
import { parseNumber } from "./numbers.js";
import { settle } from "./widgets.js";

export const MEASURED = new Set(["decimal", "integer", "quantity"]);
export const MOMENTS = new Set(["date", "dateTime", "time"]);
const TEXTS = new Set(["string", "text", "url", "open-choice"]);
const NOT_READ = { date: "not-a-date", dateTime: "not-a-moment", time: "not-a-time" };
const DAY = ["day", "month", "year"];
const CLOCK = ["hour", "minute"];

const fields = (form, prefix, linkId) => [...form.querySelectorAll(`[name="${CSS.escape(`${prefix}-${linkId}`)}"]`)];
const isBox = (field) => field.type === "radio" || field.type === "checkbox";

/** Each place's parts as one text, as questionnaires/parts.py joins them. */
function joined(form, { linkId, parts }) {
  const columns = Object.fromEntries(parts.map((part) => [part, fields(form, part, linkId)]));
  return columns[parts[0]].map((_, place) => {
    const typed = (names) => names.filter((name) => columns[name]).map((name) => columns[name][place].value.trim());
    const [day, clock] = [typed(DAY), typed(CLOCK).map((text) => text && text.padStart(2, "0"))];
    const said = [day.some(Boolean) && day.join("/"), clock.some(Boolean) && clock.join(":")];
    return said.filter(Boolean).join(" ");
  });
}

function spread(form, { linkId, parts }, raw) {
  for (const part of parts) {
    fields(form, part, linkId).forEach((field, place) => {
      const text = raw[place] ?? "";
      const [day, clock] = parts.length > 3 ? text.split(" ") : [text, text];
      const names = DAY.includes(part) ? DAY : CLOCK;
      field.value = (names === DAY ? day : clock)?.split(names === DAY ? "/" : ":")[names.indexOf(part)] ?? "";
    });
  }
}

const withUnit = (form, { linkId, units }) => {
  const chosen = fields(form, "unit", linkId);
  return (text, place) => (units && text && chosen[place]?.value ? `${text} ${chosen[place].value}` : text);
};

/** What stands in the fields, as the server takes it: texts, and whether "I could not measure". */
export function read(form, screen) {
  const { linkId, parts } = screen;
  const typed = parts
    ? joined(form, screen)
    : fields(form, "answer", linkId)
        .filter((field) => !isBox(field) || field.checked)
        .map((field) => field.value.trim())
        .map(withUnit(form, screen));
  return { raw: typed.filter(Boolean), absent: fields(form, "absent", linkId).some((field) => field.checked) };
}

export function write(form, screen, { raw = [], absent = false }) {
  const { linkId, parts } = screen;
  if (parts) spread(form, screen, raw);
  const keys = new Set(screen.options.map((option) => option.key));
  const typed = raw.filter((text) => !keys.has(text));
  for (const field of fields(form, "answer", linkId)) {
    if (isBox(field)) field.checked = raw.includes(field.value);
    else if (field.tagName === "SELECT") field.value = raw.find((text) => keys.has(text)) ?? "";
    else writeTyped(form, screen, field, typed.shift() ?? "");
  }
  for (const field of fields(form, "absent", linkId)) field.checked = absent;
  const section = form.querySelector(`[data-step="${CSS.escape(linkId)}"]`);
  if (section) settle(section);
}

function writeTyped(form, screen, field, text) {
  const { number, unit } = apart(screen, text);
  const place = fields(form, "answer", screen.linkId).indexOf(field);
  const chosen = fields(form, "unit", screen.linkId)[place];
  if (chosen) chosen.value = unit ?? "";
  field.value = chosen ? number.trim() : text;
}

/** A typed measure and the unit chosen for it, which stands behind it after a space. */
export function apart({ units = [] }, text) {
  const named = units.filter(({ key }) => text.endsWith(` ${key}`)).sort((a, b) => b.key.length - a.key.length);
  return named.length ? { number: text.slice(0, -named[0].key.length), unit: named[0].key } : { number: text };
}

/** The readable values: numbers as "38.6", keys of options, ISO dates, texts. */
export function valuesOf(screen, { raw }) {
  return raw.map((text) => understood(screen, text).value).filter((value) => value !== undefined);
}

function understood(screen, text) {
  if (screen.options.some(({ key }) => key === text)) return { value: text };
  if (MEASURED.has(screen.kind)) return understoodNumber(screen, text);
  if (MOMENTS.has(screen.kind)) {
    const value = readMoment(screen.kind, text);
    return value === undefined ? { problem: NOT_READ[screen.kind] } : { value };
  }
  const odd = screen.kind === "url" && (/\s/.test(text) || /^urn:uuid:(?![0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$)/.test(text));
  return odd ? { problem: "not-an-address" } : { value: text };
}

function understoodNumber(screen, text) {
  const { number, unit } = apart(screen, text);
  const { value, problem } = parseNumber(number, screen);
  if (problem) return { problem: problem === "too-many-decimals" && screen.decimals === 0 ? "not-whole" : problem };
  if (screen.kind === "integer" && Math.abs(Number(value)) >= 2 ** 31) return { problem: "too-long" };
  if (screen.units && !unit) return { problem: "unit-missing" };
  return { value, unit };
}

const outside = (value, low, high) => (low !== null && value < Number(low)) || (high !== null && value > Number(high));
const early = (value, low) => low !== null && order(value, low) < 0;
const late = (value, high) => high !== null && order(value, high) > 0;

/** What to ask about one readable value. */
function odd(screen, text, { value, unit }) {
  if (MEASURED.has(screen.kind)) {
    const here = (bound, of) => (of === undefined || !screen.units || of === unit ? bound : null);
    const [low, high] = [here(screen.low, screen.lowUnit), here(screen.high, screen.highUnit)];
    if (outside(Number(value), low, high)) return { confirm: "implausible", value };
    if (outside(Number(value), screen.likelyLow, screen.likelyHigh)) return { confirm: "unlikely", value };
  }
  if (MOMENTS.has(screen.kind) && (early(value, screen.low) || late(value, screen.high))) {
    return { confirm: "date-implausible", value: text };
  }
  return TEXTS.has(screen.kind) && !screen.options.some(({ key }) => key === text) ? oddText(screen, text) : {};
}

function oddText({ maxLength, minLength, pattern }, text) {
  const { length } = [...text];
  if (maxLength && length > maxLength) return { error: "text-too-long", most: maxLength };
  if (minLength && length < minLength) return { error: "text-too-short", least: minLength };
  return pattern && !matches(pattern, text) ? { error: "text-unlike" } : {};
}

function matches(pattern, text) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return true; // the server's engine knows it
  }
}

function counted({ fewest, most, exclusive = [] }, texts) {
  if (most && texts.length > most) return { error: "too-many-answers", most };
  if (fewest && texts.length < fewest) return { error: "too-few-answers", least: fewest };
  if (texts.length > 1 && texts.some((text) => exclusive.includes(text))) return { error: "several-exclusive" };
  return {};
}

/** {} when all is well, {error: code} to ask again, {confirm: code, value} to ask "is that right?" once. */
export function judge(screen, entry) {
  if (screen.control === "display" || screen.control === "fixed") return {};
  const texts = screen.multiple && !screen.options.length ? entry.raw : [...new Set(entry.raw)];
  if (!texts.length) {
    if (entry.absent || !screen.required) return {};
    return { error: screen.couldNotMeasure ? "required-measure" : "required" };
  }
  if (texts.length > 1 && !screen.multiple) return entry.absent ? {} : { error: "several-answers" };
  const read = texts.map((text) => understood(screen, text));
  if (entry.absent && screen.couldNotMeasure && read.every(({ problem }) => problem)) return {};
  const confirmed = [entry.confirmed ?? []].flat();
  const found = texts.map((text, place) => {
    if (read[place].problem) return { error: read[place].problem };
    const asked = odd(screen, text, read[place]);
    return asked.confirm && confirmed.includes(text) ? {} : asked;
  });
  if (screen.multiple) found.push(counted(screen, texts));
  return found.find(({ error }) => error) ?? found.find(({ confirm }) => confirm) ?? {};
}
