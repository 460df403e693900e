"use strict";
// Keeps the figures of the centre fresh: what stands every ten seconds, the next hours every five minutes. Waits run by
// themselves, and figures that may be old say so in red. What holds the focus is left where it is.
(() => {
  const now = document.getElementById("now");
  const hours = document.getElementById("hours");
  if (!now || !hours) return;
  const EVERY = 10_000;
  const HOURS_EVERY = 300_000;
  const STALE = 35_000;
  const words = now.dataset;
  const stale = document.getElementById("stale");
  const freshness = document.getElementById("freshness");
  const pause = document.getElementById("pause");
  let etag = words.etag;
  let serverNow = Number(words.now);
  let fetchedAt = performance.now();
  let waiting = null;
  let touched = false;
  let paused = false;
  let signedOut = false;

  const seconds = () => serverNow + (performance.now() - fetchedAt) / 1000;
  const inUse = (part) => part.contains(document.activeElement);
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html").body;

  function show() {
    if (!waiting || inUse(now)) return;
    now.replaceChildren(...waiting.childNodes);
    waiting = null;
    tick();
  }

  async function ask(address, headers) {
    const answer = await fetch(address, {
      headers: { ...headers, "X-Vigidom-Active": touched ? "1" : "0" }, redirect: "manual", cache: "no-store",
    });
    signedOut = signedOut || answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;
    return answer;
  }

  async function poll() {
    if (paused || signedOut) return;
    try {
      const answer = await ask(words.part, { "If-None-Match": etag });
      if (answer.status !== 200 && answer.status !== 304) return;
      touched = false;
      serverNow = Number(answer.headers.get("X-Vigidom-Now"));
      fetchedAt = performance.now();
      if (answer.status === 304) return;
      etag = answer.headers.get("ETag");
      waiting = parsed(await answer.text());
      show();
    } catch (error) {
      // A lost network needs nothing done: the age of the figures grows and turns red by itself.
      if (!(error instanceof TypeError)) throw error;
    } finally {
      tick();
    }
  }

  async function pollHours() {
    if (paused || signedOut || inUse(hours)) return;
    try {
      const answer = await ask(hours.dataset.part, {});
      if (answer.status === 200) hours.replaceChildren(...parsed(await answer.text()).childNodes);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  function wait(span) {
    const minutes = Math.max(0, Math.floor(span / 60));
    if (minutes < 60) return words.minutes.replace("%(minutes)s", String(minutes));
    if (minutes < 2880) {
      return words.hours.replace("%(hours)s", String(Math.floor(minutes / 60)))
        .replace("%(minutes)s", String(minutes % 60).padStart(2, "0"));
    }
    return words.days.replace("%(num)s", String(Math.floor(minutes / 1440)));
  }

  function tick() {
    now.querySelectorAll("[data-since]").forEach((cell) => {
      const told = wait(seconds() - Number(cell.dataset.since));
      if (cell.textContent !== told) cell.textContent = told;
    });
    const age = performance.now() - fetchedAt;
    const old = signedOut || age > STALE;
    const spoken = signedOut ? words.signedOut : words.stale.replace("%(wait)s", wait(age / 1000 + 30));
    if (stale.hidden === old) stale.hidden = !old;
    if (old && stale.firstElementChild.textContent !== spoken) stale.firstElementChild.textContent = spoken;
    stale.lastElementChild.hidden = !signedOut;
    freshness.textContent = age < 15_000 ? words.fresh : words.age.replace("%(num)s", String(Math.round(age / 1000)));
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? words.resume : words.pause;
    poll();
  });
  for (const event of ["pointermove", "keydown", "touchstart"]) {
    document.addEventListener(event, () => { touched = true; }, { passive: true });
  }
  now.addEventListener("focusout", () => setTimeout(show));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  setInterval(poll, EVERY);
  setInterval(pollHours, HOURS_EVERY);
  setInterval(tick, 1000);
  tick();
})();
