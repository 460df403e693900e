// During a call nothing typed is lost: what changed goes to the server every few seconds and when the page is left, and
// the page says whether it got there. The forms work without it.

const EVERY = 3000;
const KEEPALIVE_MOST = 60000;
const said = document.getElementById("saved");
const forms = [...document.querySelectorAll("form[data-draft]")];
let dirty = new Set();
let running = null;
let version = 0;

function say(text, wrong = false) {
  said.hidden = false;
  said.classList.toggle("vd-late", wrong);
  if (said.textContent !== text) said.textContent = text;
}

function typed() {
  const body = new URLSearchParams();
  for (const form of dirty) {
    for (const [name, value] of new FormData(form)) if (!name.endsWith("csrf_token")) body.append(name, value);
    for (const field of form.elements) if (field.type === "checkbox" && !field.checked) body.append(field.name, "");
    body.set("csrf_token", form.querySelector('[name$="csrf_token"]').value);
  }
  return body;
}

// A key of each form goes with it: what was taken meanwhile is not kept again.
async function save({ leaving = false } = {}) {
  if (!dirty.size || (running && !leaving)) return;
  const body = typed();
  const mine = version;
  if (leaving && body.toString().length > KEEPALIVE_MOST) return;
  running = fetch(said.dataset.save, { method: "POST", body, keepalive: leaving, redirect: "manual" });
  try {
    const answer = await running;
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 400) {
      say(said.dataset.signedOut, true);
    } else if (answer.headers.get("Content-Type")?.includes("json")) {
      const told = await answer.json();
      if (told.saved && mine === version) dirty = new Set();
      say(told.saved ?? told.error, !told.saved);
    } else {
      say(said.dataset.away, true);
    }
  } catch {
    say(said.dataset.away, true);
  } finally {
    running = null;
  }
}

function tooLong(form) {
  const most = Number(said.dataset.most);
  return [...form.querySelectorAll("textarea")].find((field) => [...field.value].length > most);
}

function change(form) {
  dirty.add(form);
  version += 1;
  say(said.dataset.waiting);
}

// Typed before this script came, or sent and not taken: nothing of it is kept yet.
function isUnsaved(form) {
  const isTyped = (field) => (field.type === "radio" || field.type === "checkbox"
    ? field.checked !== field.defaultChecked
    : field.type !== "hidden" && field.defaultValue !== undefined && field.value !== field.defaultValue);
  return form.dataset.draft === "sent" || [...form.elements].some(isTyped);
}

function keep() {
  for (const form of forms) {
    form.addEventListener("input", () => change(form));
    form.addEventListener("submit", (event) => {
      const long = tooLong(form);
      if (long) {
        event.preventDefault();
        say(said.dataset.tooLong, true);
        long.focus();
        return;
      }
      dirty.delete(form);
    });
    if (isUnsaved(form)) change(form);
  }
  setInterval(save, EVERY);
  const leave = () => save({ leaving: true });
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    if (said) say(said.dataset.copied);
  });
}

if (said && forms.length) keep();
