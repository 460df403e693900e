// Dates and times, as questionnaires/moments.py reads them: day before month before year, or ISO; nothing else.

import { plainDigits } from "./numbers.js";

const ISO = /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$/;
const LOCAL = /^([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})$/;
const TIME = /^([0-9]{1,2})(?::|h| h )([0-9]{2})(?::([0-9]{2}))?$/;
const OFFSET = /(Z|[+-][0-9]{2}:[0-9]{2})$/;
const ZONE = "Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00";
const MOMENT = new RegExp(`^(.{8,10})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::([0-5][0-9])(?:\\.[0-9]{1,9})?)?(${ZONE})?$`);
const pad = (number, length = 2) => String(number).padStart(length, "0");

function readDay(text) {
  const iso = ISO.exec(text);
  const local = LOCAL.exec(text);
  if (!iso && !local) return undefined;
  const [year, month, day] = (iso ? iso.slice(1) : local.slice(1).reverse()).map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  const real = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? `${pad(year, 4)}-${pad(month)}-${pad(day)}` : undefined;
}

function readTime(text) {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0));
  return hour < 24 && minute < 60 && second < 60 ? [hour, minute, second].map((part) => pad(part)).join(":") : undefined;
}

function readDateTime(text) {
  const found = MOMENT.exec(text);
  if (!found) return readDay(text);
  const [, date, clock, seconds = "00", zone = ""] = found;
  const day = readDay(date);
  return day && `${day}T${clock}:${seconds}${zone}`;
}

const READERS = { date: readDay, time: readTime, dateTime: readDateTime };

/** The typed text in ISO, or undefined when it is no such moment. */
export const readMoment = (kind, text) => READERS[kind](plainDigits(text));

/** Below, at or above 0, at the coarser of both precisions; instants where both say their offset. */
export function order(first, second) {
  if (OFFSET.test(first.slice(10)) && OFFSET.test(second.slice(10))) return Date.parse(first) - Date.parse(second);
  const [left, right] = [first, second].map((text) => (text.includes("T") ? text.replace(OFFSET, "") : text));
  const coarser = Math.min(left.length, right.length);
  const [a, b] = [left.slice(0, coarser), right.slice(0, coarser)];
  return a < b ? -1 : a > b ? 1 : 0;
}
