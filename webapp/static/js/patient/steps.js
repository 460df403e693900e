// One question at a time out of the one form: which is shown, progress, going back, and the answers to check.

import { apart, judge, read, valuesOf } from "./answers.js";
import { askedAmong } from "./redflag.js";

export class Steps {
  constructor(form, screens, hidden, onShow) {
    Object.assign(this, { form, screens, hidden, onShow, current: null, returning: false });
    form.querySelectorAll(".vd-step [data-heading]").forEach((heading) => heading.setAttribute("aria-level", "1"));
  }

  values(linkId) {
    if (linkId in this.hidden) return [this.hidden[linkId]];
    const screen = this.screens.find((each) => each.linkId === linkId);
    return screen ? valuesOf(screen, read(this.form, screen)) : [];
  }

  get asked() {
    return askedAmong(this.screens, (linkId) => this.values(linkId));
  }

  section(name) {
    return this.form.querySelector(`[data-step="${CSS.escape(name)}"]`);
  }

  /** The first question that still wants an answer, or "check". */
  get open() {
    return this.asked.find((screen) => judge(screen, read(this.form, screen)).error)?.linkId ?? "check";
  }

  /** Shows a question, or "check" for all the answers; `focus` once the person has moved. */
  show(name, { focus = true } = {}) {
    const asked = this.asked;
    const wanted = asked.some((screen) => screen.linkId === name) ? name : this.open;
    const place = asked.findIndex((screen) => screen.linkId === wanted);
    this.current = wanted;
    for (const step of this.form.querySelectorAll(".vd-step")) step.classList.toggle("is-current", false);
    const section = this.section(this.current);
    section.classList.add("is-current");
    const bar = section.querySelector("progress");
    if (bar) Object.assign(bar, { max: asked.length, value: place + 1 });
    const told = section.querySelector("[data-progress]");
    if (told) told.textContent = told.dataset.progress.replace("{n}", place + 1).replace("{of}", asked.length);
    const back = section.querySelector("[data-back]");
    if (back) back.hidden = wanted === asked[0].linkId;
    this.onShow(this.current);
    if (focus) this.focus(section);
  }

  focus(section) {
    window.scrollTo(0, 0);
    const heading = section.querySelector("[data-heading]");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  next() {
    const asked = this.asked;
    const place = asked.findIndex((screen) => screen.linkId === this.current);
    const following = this.returning ? null : asked[place + 1];
    this.returning = false;
    this.show(following?.linkId ?? "check");
  }

  back() {
    const asked = this.asked;
    const place = this.current === "check" ? asked.length : asked.findIndex((s) => s.linkId === this.current);
    this.returning = false;
    this.show(asked[Math.max(place - 1, 0)].linkId);
  }

  change(linkId) {
    this.returning = true;
    this.show(linkId);
  }
}

function shown(screen, entry, absentText) {
  if (!entry.raw.length) return entry.absent ? absentText : "–";
  const label = (text) => screen.options.find((option) => option.key === text)?.label ?? measured(screen, text);
  return entry.raw.map(label).join(document.dir === "rtl" ? "، " : ", ");
}

function measured(screen, text) {
  const { number, unit } = apart(screen, text);
  const named = screen.units?.find(({ key }) => key === unit)?.label ?? screen.unit;
  return named ? `${number.trim()}\u202f${named}` : text;
}

/** Fills the list of answers from its template row. */
export function fillCheck(list, steps, absentText) {
  const row = document.getElementById("answer-row").content;
  list.replaceChildren(
    ...steps.asked
      .filter(({ control }) => control !== "display" && control !== "fixed")
      .map((screen) => {
        const copy = row.cloneNode(true);
        copy.querySelector("dt").textContent = screen.title;
        copy.querySelector("bdi").textContent = shown(screen, read(steps.form, screen), absentText);
        copy.querySelector("button").dataset.change = screen.linkId;
        copy.querySelector("[data-what]").textContent = screen.title;
        return copy;
      }),
  );
}
