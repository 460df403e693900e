// Which answers mean "call 15 now", known on the phone so that it needs no network; and which questions they switch on.

const COMPARE = {
  "=": (a, b) => a === b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

function compares(operator, value, wanted) {
  const numbers = [value, wanted].every((text) => text !== "" && Number.isFinite(Number(text)));
  return numbers ? COMPARE[operator](Number(value), Number(wanted)) : COMPARE[operator](value, wanted);
}

/** Whether one answer meets one check; `values` are its readable values, none when it was not given. */
export function holds({ operator, value }, values) {
  if (operator === "exists") return String(values.length > 0) === value;
  if (operator === "!=") return !values.some((each) => compares("=", each, value));
  return values.some((each) => compares(operator, each, value));
}

export const isEmergency = (screen, values) => screen.emergency.some((check) => holds(check, values));

/** Whether a screen is asked, given `valuesOf(linkId)`. */
export function isAsked(screen, valuesOf) {
  const met = screen.enableWhen.map((check) => holds(check, valuesOf(check.question)));
  if (!met.length) return true;
  return screen.enableBehavior === "all" ? met.every(Boolean) : met.some(Boolean);
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
