// The questionnaire on a phone: reads the page's data, walks the questions, keeps the draft, sends, and says what became
// of it. Without this file the same page is one plain form.

import { judge, read, valuesOf, write } from "./answers.js";
import { bind } from "./counter.js";
import * as drafts from "./draft.js";
import { later, register } from "./offline.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import { tell } from "./place.js";
import { isEmergency, openAlarm } from "./redflag.js";
import { fillCheck, Steps } from "./steps.js";
import { bind as bindFields } from "./widgets.js";

const data = JSON.parse(document.getElementById("questionnaire").textContent);
const form = document.getElementById("checkin");
const saved = document.getElementById("saved");
const alarm = document.getElementById("alarm");
const root = document.documentElement;
const isKept = root.dataset.kept !== undefined;
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 60000;

let draft;
let sending = false;
let isOpen = false;
let wait = FIRST_WAIT;
let timer;

const steps = new Steps(form, data.screens, data.hidden, (name) => {
  if (name === "check") fillCheck(document.getElementById("answers"), steps, data.texts.absent);
  document.title = `${steps.section(name).querySelector("[data-heading]").textContent.trim()} – Vigidom`;
  if (draft && draft.step !== name) keep(name);
});

const screenOf = (linkId) => data.screens.find((screen) => screen.linkId === linkId);
const entryOf = (screen) => ({ ...read(form, screen), confirmed: draft.answers[screen.linkId]?.confirmed });
const fill = (template, params) => template.replace(/%\((\w+)\)s/g, (_, name) => params[name] ?? "");

function keep(step = draft.step) {
  draft.step = step;
  for (const screen of data.screens) draft.answers[screen.linkId] = entryOf(screen);
  draft.informant = informant();
  return drafts.save(draft).catch(() => {}); // what cannot be kept still stands on the page, and is sent from there
}

/** How to measure was opened: whether that helps is told by the errors made with and without. */
function noteHowTo(linkId) {
  draft.howTo = [...new Set([...(draft.howTo ?? []), linkId])];
  keep();
}

/** Counted from 1; 0 once it is sent, and of a page that answers no check-in. */
function place() {
  if (form.hidden || sending || !data.checkin) return 0;
  const at = steps.asked.findIndex((screen) => screen.linkId === steps.current);
  return at < 0 ? steps.asked.length : at + 1;
}

const informant = () => form.querySelector('[name="informant"]:checked')?.value;

function placeInformant() {
  const choice = document.getElementById("informant");
  choice.classList.remove("vd-plain-only");
  steps.section("check").querySelector("[data-send]").before(choice);
  for (const field of choice.querySelectorAll("input")) field.checked = field.value === (draft.informant ?? "patient");
}

function showError(section, code, params = {}) {
  const box = section.querySelector("[data-error]");
  if (!box) return; // a text to read
  box.hidden = !code;
  box.querySelector("[data-text]").textContent = code ? fill(data.messages[code], params) : "";
  section.querySelector(".nhsuk-form-group").classList.toggle("nhsuk-form-group--error", Boolean(code));
  section.querySelectorAll("input, select, textarea").forEach((field) => {
    field.toggleAttribute("aria-invalid", Boolean(code));
    if (code) field.setAttribute("aria-invalid", "true");
  });
  if (code) section.querySelector("input:not([type=hidden]), select, textarea").focus();
}

function askIfRight(section, screen, code, value) {
  const box = section.querySelector("[data-likely]");
  box.hidden = false;
  const shown = value.replace(".", data.decimalMark);
  box.querySelector("[data-question]").textContent = fill(data.messages[code], { value: shown });
  section.querySelector("[data-continue]").hidden = true;
  box.querySelector("[data-question]").focus();
}

function calm(section) {
  const box = section.querySelector("[data-likely]");
  if (box) box.hidden = true;
  const button = section.querySelector("[data-continue]");
  if (button) button.hidden = false;
}

function proceed() {
  const screen = screenOf(steps.current);
  const section = steps.section(screen.linkId);
  const entry = entryOf(screen);
  const found = judge(screen, entry);
  showError(section, found.error, found);
  if (found.error) return;
  const isNew = isEmergency(screen, valuesOf(screen, entry)) && draft.warned?.[screen.linkId] !== entry.raw.join("\n");
  if (isNew) warn(screen, entry);
  else if (found.confirm) askIfRight(section, screen, found.confirm, found.value);
  else steps.next();
}

function warn(screen, entry) {
  draft.warned = { ...draft.warned, [screen.linkId]: entry.raw.join("\n") };
  keep();
  openAlarm(alarm, (choice) => (choice === "continue" ? proceed() : steps.focus(steps.section(screen.linkId))));
}

function confirmed() {
  const screen = screenOf(steps.current);
  draft.answers[screen.linkId] = { ...entryOf(screen), confirmed: read(form, screen).raw };
  calm(steps.section(screen.linkId));
  proceed();
}

function body() {
  const answers = {};
  for (const [linkId, value] of Object.entries(data.hidden)) answers[linkId] = { raw: [value] };
  for (const screen of steps.asked) {
    const { raw, absent, confirmed } = entryOf(screen);
    if (raw.length || absent) answers[screen.linkId] = { raw, absent, ...(confirmed ? { confirmed } : {}) };
  }
  const { url, version, language } = data;
  const isOver = isKept && data.closes && Date.now() > Date.parse(data.closes); // the server knows which one is open
  const checkin = isOver ? null : data.checkin;
  return { questionnaire: url, version, language, checkin, completed_at: new Date().toISOString(), informant: informant(), how_to: draft.howTo ?? [], answers };
}

async function send() {
  if (sending) return;
  sending = true;
  const entry = { key: draft.key, owner: data.owner, at: Date.now(), body: body() };
  try {
    await outbox.post(entry);
  } catch {
    form.submit(); // a phone that keeps nothing still sends the plain form, under the draft's key
    return;
  }
  later().catch(() => {}); // where the browser cannot, this page's own timer goes on
  await flush();
}

function showSaved(state) {
  form.hidden = true;
  saved.hidden = false;
  const changed = saved.dataset.state !== state;
  saved.dataset.state = state;
  for (const part of saved.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  if (changed) saved.focus();
}

const STATES = { 0: "waiting", 401: "signed-out" };

async function flush() {
  clearTimeout(timer);
  if (!(await outbox.waiting(data.owner)).length) {
    await showNews();
    return;
  }
  showSaved(saved.dataset.state ?? "sending");
  const { receipt, problem } = await outbox.flush(data.urls.answers, data.owner);
  if (receipt) {
    await outbox.news(data.owner, { again: true });
    window.location.replace(receipt.url);
    return;
  }
  const refused = problem >= 400 && problem < 500 && problem !== 408 && problem !== 429;
  if (problem !== undefined) showSaved(STATES[problem] ?? (refused ? "refused" : "waiting"));
  timer = setTimeout(flush, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

/** Of answers that another window, or the service worker, delivered: while they were waited for, or before. */
async function showNews() {
  if (isOpen && saved.hidden) return; // somebody is answering: what came in is told at the next opening
  isOpen = true;
  if (isKept && !navigator.onLine) return;
  const url = await outbox.news(data.owner, { again: !saved.hidden });
  if (url) window.location.replace(url);
  else if (!saved.hidden) window.location.reload();
}

const DOES = {
  continue: proceed,
  back: () => steps.back(),
  confirm: confirmed,
  correct: () => {
    const section = steps.section(steps.current);
    calm(section);
    section.querySelector("input").select();
  },
  send,
  change: (button) => steps.change(button.dataset.change),
};

function clearTwin(section, prefix) {
  for (const field of section.querySelectorAll(`[name^="${prefix}-"]`)) {
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
}

function wake() {
  if (document.visibilityState === "visible") flush();
}

// Last of all: until then the plain form works by itself.
function listen() {
  bindFields(form);
  document.querySelectorAll("[data-counter]").forEach(bind);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    const name = button && Object.keys(DOES).find((each) => each in button.dataset);
    if (name) DOES[name](button);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in a field means Continue
    if (steps.current !== "check") proceed();
  });

  form.addEventListener("input", ({ target }) => {
    const section = steps.section(steps.current);
    const twin = target.name.startsWith("absent-") ? "answer" : "absent";
    const screen = screenOf(steps.current);
    if (screen?.couldNotMeasure && (target.type !== "checkbox" || target.checked)) clearTwin(section, twin);
    showError(section, null);
    calm(section);
    keep();
  });

  // A toggle does not rise to the form, so it is caught on its way down.
  form.addEventListener("toggle", ({ target }) => target.open && noteHowTo(target.closest("[data-step]").dataset.step), true);

  document.querySelector("[data-retry]").addEventListener("click", () => {
    wait = FIRST_WAIT;
    flush();
  });
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  if (data.urls.left) tell(data.urls.left, { owner: data.owner, checkin: data.checkin }, place);
}

const isAnswered = ({ raw, absent }) => raw.length > 0 || absent;
const asText = ({ raw = [], absent = false } = {}) => JSON.stringify([raw, absent]);

/** Questions answered on the page before this script had come: newer than the draft, and not looked at yet. */
const answeredEarly = () =>
  data.screens.filter((screen) => {
    if (screen.linkId in data.hidden) return false; // the page's own answer
    const entry = read(form, screen);
    return isAnswered(entry) && asText(entry) !== asText(draft.answers[screen.linkId]);
  });

async function start() {
  if (isKept) {
    root.dataset.ready = "asking";
    if (root.dataset.kept === "ask" || (await people.areSeveral(data.owner))) {
      form.hidden = true;
      await people.ask(document.getElementById("whose"));
      form.hidden = false;
    }
    document.querySelector("[data-kept-note]").hidden = false;
  } else if (data.urls.worker) await people.note(data.owner); // a preview is nobody's, and keeps no page
  draft = await drafts.load(data);
  form.elements.key.value = draft.key;
  const early = answeredEarly();
  const isPlain = !root.classList.contains("vd-script");
  if (isPlain && early.length && !isKept) {
    isOpen = true;
    throw new Error("the plain form, begun meanwhile, is left as it is");
  }
  root.classList.add("vd-script");
  document.querySelector("[data-changed]").hidden = !draft.isOlder;
  placeInformant();
  for (const screen of data.screens) {
    if (draft.answers[screen.linkId] && !early.includes(screen)) write(form, screen, draft.answers[screen.linkId]);
  }
  steps.show(early[0]?.linkId ?? draft.step ?? steps.asked[0].linkId, { focus: false });
  listen();
  root.dataset.ready = "yes";
}

start()
  .then(flush, () => root.classList.remove("vd-script")) // a browser that keeps nothing has the plain form
  .then(() => data.urls.worker && register(data.urls.worker, flush))
  .catch(() => {}); // without a worker everything but opening without a network still works
