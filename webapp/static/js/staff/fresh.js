// Keeps one part of a page fresh: asks every ten seconds, with the ETag of what is shown, and when the window is looked
// at again; lets waiting times run by the server's clock; says how old it all is, and in red when it may be wrong.
const EVERY = 10_000;
const FRESH = 15_000;
const STALE = 35_000;

export const parsed = (text) => new DOMParser().parseFromString(text, "text/html").body;

// `take(body)` is given what is new; `tick({ now, wait })` each second, with the server's now in seconds and a span in
// words. Answers `ask()`, to look at once, `read(address)`, the body of another part or undefined, and `tick()`.
export function keepFresh(part, { take, tick }) {
  const words = part.dataset;
  const [stale, freshness, pause] = ["stale", "freshness", "pause"].map((id) => document.getElementById(id));
  let etag = words.etag;
  let serverNow = Number(words.now);
  let fetchedAt = performance.now();
  let touched = false;
  let paused = false;
  let signedOut = false;

  async function get(address, headers) {
    if (paused || signedOut) return undefined;
    headers["X-Vigidom-Active"] = touched ? "1" : "0";
    try {
      const answer = await fetch(address, { headers, redirect: "manual", cache: "no-store" });
      signedOut ||= answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;
      if (answer.status !== 200 && answer.status !== 304) return undefined;
      touched = false;
      return answer;
    } catch (error) {
      // A lost network needs nothing done: what is shown grows old, and turns red by itself.
      if (!(error instanceof TypeError)) throw error;
      return undefined;
    }
  }

  async function ask() {
    const answer = await get(words.part, { "If-None-Match": etag });
    if (answer) {
      serverNow = Number(answer.headers.get("X-Vigidom-Now"));
      fetchedAt = performance.now();
    }
    if (answer?.status === 200) {
      etag = answer.headers.get("ETag");
      take(parsed(await answer.text()));
    }
    run();
  }

  async function read(address) {
    const answer = await get(address, {});
    return answer && parsed(await answer.text());
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

  function run() {
    const age = performance.now() - fetchedAt;
    tick({ now: serverNow + age / 1000, wait });
    const old = signedOut || age > STALE;
    const spoken = signedOut ? words.signedOut : words.stale.replace("%(wait)s", wait(age / 1000 + 30));
    if (stale.hidden === old) stale.hidden = !old;
    if (old && stale.firstElementChild.textContent !== spoken) stale.firstElementChild.textContent = spoken;
    stale.lastElementChild.hidden = !signedOut;
    freshness.textContent = age < FRESH ? words.fresh : words.age.replace("%(num)s", String(Math.round(age / 1000)));
  }

  document.getElementById("refresh").hidden = true; // what a page has on which this did not come
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? words.resume : words.pause;
    ask();
  });
  for (const event of ["pointermove", "keydown", "touchstart"]) {
    document.addEventListener(event, () => { touched = true; }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  setInterval(ask, EVERY);
  setInterval(run, 1000);
  run();
  return { ask, read, tick: run };
}
