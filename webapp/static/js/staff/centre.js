// The figures of the centre: what stands every ten seconds, the next hours every five minutes. What holds the focus is
// left where it is.
import { keepFresh } from "./fresh.js";

const HOURS_EVERY = 300_000;
const now = document.getElementById("now");
const hours = document.getElementById("hours");
let waiting = null;

const inUse = (part) => part.contains(document.activeElement);

function show() {
  if (!waiting || inUse(now)) return;
  now.replaceChildren(...waiting.childNodes);
  waiting = null;
  fresh.tick();
}

const fresh = keepFresh(now, {
  take(body) {
    waiting = body;
    show();
  },
  tick(clock) {
    now.querySelectorAll("[data-since]").forEach((cell) => {
      const told = clock.wait(clock.now - Number(cell.dataset.since));
      if (cell.textContent !== told) cell.textContent = told;
    });
  },
});

async function lookAhead() {
  if (inUse(hours)) return;
  const body = await fresh.read(hours.dataset.part);
  if (body) hours.replaceChildren(...body.childNodes);
}

now.addEventListener("focusout", () => setTimeout(show));
setInterval(lookAhead, HOURS_EVERY);
