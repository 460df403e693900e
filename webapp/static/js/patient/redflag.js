// Which answers mean "call 15 now", known on the phone so that it needs no network; and which questions they switch on.

import { MEASURED, MOMENTS } from "./answers.js";
import { order } from "./moments.js";

const COMPARE = {
  "=": (a, b) => a === b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

function compares(operator, value, wanted, kind) {
  const numbers = [value, wanted].every((text) => text !== "" && Number.isFinite(Number(text)));
  if (MOMENTS.has(kind)) return COMPARE[operator](order(value, wanted), 0);
  if (MEASURED.has(kind) || kind === undefined) {
    return numbers ? COMPARE[operator](Number(value), Number(wanted)) : COMPARE[operator](value, wanted);
  }
  return COMPARE[operator](value, wanted);
}

/** Whether one answer meets one check; `values` are its readable values, none when it was not given; `kind` its type. */
export function holds({ operator, value }, values, kind) {
  if (operator === "exists") return String(values.length > 0) === value;
  if (operator === "!=") return !values.some((each) => compares("=", each, value, kind));
  return values.some((each) => compares(operator, each, value, kind));
}

export const isEmergency = (screen, values) => screen.emergency.some((check) => holds(check, values, screen.kind));

/** The linkIds of the screens that are asked. `values(linkId)` are those typed, whether or not they are asked for: what
 * is not asked counts as unanswered, and so on through all that waits for it. */
export function askedAmong(screens, values) {
  const byId = new Map(screens.map((screen) => [screen.linkId, screen]));
  const known = new Map();
  const told = (linkId) => (!byId.has(linkId) || asked(byId.get(linkId)) ? values(linkId) : []);
  const holdsNow = (check) => holds(check, told(check.question), byId.get(check.question)?.kind);
  const met = (checks, all) => !checks.length || (all ? checks.every(holdsNow) : checks.some(holdsNow));
  function asked(screen) {
    if (!known.has(screen.linkId)) {
      known.set(screen.linkId, false); // conditions that run in a circle are refused at import
      const { enableWhen, enableBehavior, gates = [], under = [] } = screen;
      const open = met(enableWhen, enableBehavior === "all") && gates.every(({ all, checks }) => met(checks, all));
      known.set(screen.linkId, open && under.every((linkId) => told(linkId).length > 0));
    }
    return known.get(screen.linkId);
  }
  return screens.filter(asked);
}

/** The full red page over the questions. Focus goes to its title; `onReturn` is told "continue" or "change". */
export function openAlarm(page, onReturn) {
  const behind = [...document.body.children].filter((element) => !element.contains(page) && element !== page);
  const leave = (event) => {
    const choice = event.target.closest("[data-return]")?.dataset.return;
    if (!choice) return;
    page.removeEventListener("click", leave);
    behind.forEach((element) => (element.inert = false));
    page.hidden = true;
    onReturn(choice);
  };
  behind.forEach((element) => (element.inert = true));
  page.addEventListener("click", leave);
  page.hidden = false;
  page.scrollTop = 0;
  page.querySelector(".vd-alarm__title").focus();
}
