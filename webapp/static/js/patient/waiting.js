// The page shown in place of one that could not be loaded: says what waits on this phone, and opens the kept questions.

import { readAll } from "./store.js";

const waits = document.getElementById("waits");
const kept = document.getElementById("kept");

async function look() {
  if (await window.caches?.match(kept.querySelector("a").href)) kept.hidden = false;
  waits.hidden = !(await readAll("outbox")).length;
}

let isLeaving = false; // a network that comes and goes must not take back what was pressed
kept.querySelector("a").addEventListener("click", () => (isLeaving = true));
window.addEventListener("online", () => isLeaving || location.reload());
document.querySelector("[data-again]").addEventListener("click", () => location.reload());
look().catch(() => {}); // a browser that keeps nothing has nothing to say
