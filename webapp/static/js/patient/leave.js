// "This is not my phone": forgets what the phone keeps of this person, and asks before answers are lost that nobody read.
// Who they were is known while their session runs; after it, drafts and the kept page of everybody go, and what waits of
// others is only removed when that is asked for. Whoever was quicker than this script is forgotten on the page that
// follows, which says so if answers of theirs are still waiting: they were not asked about these.

import { prune, readAll } from "./store.js";

const form = document.getElementById("leave");
const left = document.getElementById("left");
const { owner } = (form ?? left).dataset;
const box = document.getElementById("unsent");
const isTheirs = (entry) => !owner || entry.owner === owner;

async function forget(alsoUnsent) {
  if (alsoUnsent) await prune("outbox", isTheirs);
  for (const store of ["drafts", "receipts", "people"]) await prune(store, isTheirs);
  for (const name of (await window.caches?.keys()) ?? []) {
    const cache = await caches.open(name);
    for (const page of await cache.keys()) if (/\/checkin$/.test(new URL(page.url).pathname)) await cache.delete(page);
  }
}

async function showUnsent() {
  const unsent = (await readAll("outbox")).filter(isTheirs).length;
  box.hidden = !unsent;
  return unsent;
}

async function start() {
  const unsent = await showUnsent();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const agreed = form.elements.unsent.checked;
    box.querySelector("[data-error]").hidden = !unsent || agreed;
    if (unsent && !agreed) form.elements.unsent.focus();
    else forget(agreed).finally(() => form.submit());
  });
}

(left ? forget(false).then(showUnsent) : start()).catch(() => {}); // a browser that keeps nothing has nothing to forget
