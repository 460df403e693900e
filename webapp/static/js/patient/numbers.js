// The one number parser, as questionnaires/numbers.py: its table of cases is tests/questionnaires/number_cases.json.

const LONGEST = 12;
const AROUND = " \\t\\r\\n\\u00a0\\u202f\\u2009\\ufeff\\u200e\\u200f\\u061c";
const ENDS = new RegExp(`^[${AROUND}]+|[${AROUND}]+$`, "g");
const LIKE = new RegExp(`^-?[0-9.'’٬${AROUND}]+$`);
const PLAIN = /^(-?)0*([0-9]+?)(?:\.([0-9]+))?$/;

const digit = (character) => String(character.charCodeAt(0) & 15);

/** Without space or direction marks around it, its Arabic-Indic and Persian digits as 0 to 9. */
export const plainDigits = (text) => text.replace(ENDS, "").replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digit);

/** {value: "38.6"}, as precise as typed, or {problem: why the text has no one reading}. */
export function parseNumber(text, { decimals, signed = false }) {
  if ([...text].length > 4 * LONGEST) return { problem: "too-long" };
  const plain = plainDigits(text)
    .replace(/[,٫]/g, ".")
    .replace(/\u2212/g, "-");
  if (!plain) return { problem: "empty" };
  if ([...plain].length > LONGEST) return { problem: "too-long" };
  const found = PLAIN.exec(plain);
  if (!found) return { problem: LIKE.test(plain) ? "unclear" : "not-a-number" };
  const [, minus, whole, after = ""] = found;
  if (after.length > decimals) return { problem: after.length >= 3 ? "unclear" : "too-many-decimals" };
  if (minus && !signed) return { problem: "negative" };
  const number = after ? `${whole}.${after}` : whole;
  return { value: minus && /[1-9]/.test(number) ? `-${number}` : number };
}
