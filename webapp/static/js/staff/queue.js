"use strict";
// Keeps the call-back queue fresh: asks every ten seconds, leaves the row in use where it is, announces new urgent
// patients, lets waiting times run, and says in red when what is shown may be old. Tells the other scripts of the page
// by an event "urgent" on the board; an event "ask" makes it look at once.
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const EVERY = 10_000;
  const STALE = 35_000;
  const words = board.dataset;
  const live = document.getElementById("live");
  const stale = document.getElementById("stale");
  const freshness = document.getElementById("freshness");
  const pause = document.getElementById("pause");
  const hovers = window.matchMedia("(hover: hover)");
  let etag = words.etag;
  let fetchedAt = performance.now();
  let serverNow = Number(words.now);
  let pending = null;
  let touched = false;
  let paused = false;
  let signedOut = false;

  const body = () => board.querySelector("tbody");
  const rowsOf = (root) => [...root.querySelectorAll("tr[data-callback]")];
  const isUrgent = (row) => row.dataset.level === "red" && !("owned" in row.dataset);
  const told = new Set(rowsOf(board).filter((row) => row.dataset.level === "red").map((row) => row.dataset.callback));

  const now = () => serverNow + (performance.now() - fetchedAt) / 1000;

  function inUse() {
    const rows = body() ? rowsOf(body()) : [];
    return rows.find((row) => row.contains(document.activeElement)) ||
      (hovers.matches ? rows.find((row) => row.matches(":hover")) : undefined);
  }

  // Once each: of a call that somebody has already there is nothing to do, and one that left and came back is known.
  function announce(rows) {
    const fresh = rows.filter((row) => isUrgent(row) && !told.has(row.dataset.callback));
    fresh.forEach((row) => { told.add(row.dataset.callback); row.classList.add("is-new"); });
    if (fresh.length === 0) return;
    const items = fresh.slice(0, 3).map((row) => {
      const item = document.createElement("p");
      const link = document.createElement("a");
      const name = row.querySelector(".vd-queue__name");
      item.className = "vd-live__item";
      link.href = name.href;
      link.textContent = name.textContent.trim();
      item.append(`${words.newUrgent} `, link, ` ${row.querySelector(".vd-queue__reason").textContent.trim()}`);
      return item;
    });
    live.replaceChildren(...items);
    board.dispatchEvent(new CustomEvent("urgent"));
  }

  // A row that reads as before stays the element that it is: nothing flickers, and nothing selected in it is lost.
  function keepSame(fresh) {
    const known = new Map(rowsOf(board).map((row) => [row.dataset.callback, row]));
    rowsOf(fresh).forEach((row) => {
      const same = known.get(row.dataset.callback);
      if (same && same.dataset.version === row.dataset.version && !same.classList.contains("is-held")) {
        row.replaceWith(same);
      }
    });
  }

  // What somebody must be told stands above the page, where the page itself put it.
  function tell(fresh) {
    const notices = fresh.querySelector(".vd-notices");
    notices?.querySelectorAll("input[name=back]").forEach((input) => { input.value = location.pathname + location.search; });
    const shown = document.querySelector("main > .vd-notices");
    const before = shown ? shown.textContent.trim() : "";
    if (!notices) shown?.remove();
    else if (!shown) document.getElementById("main").prepend(notices);
    else if (before !== notices.textContent.trim()) shown.replaceWith(notices);
    else notices.remove();
  }

  // The held row is never taken out of the page, so that focus and pointer stay on it; the others change around it.
  function place(fresh, held) {
    const tbody = body();
    const index = [...tbody.rows].indexOf(held);
    const others = rowsOf(fresh).filter((row) => row.dataset.callback !== held.dataset.callback);
    [...tbody.rows].filter((row) => row !== held).forEach((row) => row.remove());
    held.before(...others.slice(0, index));
    held.after(...others.slice(index));
  }

  function show(fresh) {
    const held = inUse();
    const table = fresh.querySelector("tbody");
    if (held && table) {
      const next = rowsOf(fresh).find((row) => row.dataset.callback === held.dataset.callback);
      const changed = !next || next.dataset.version !== held.dataset.version ||
        rowsOf(fresh).indexOf(next) !== rowsOf(board).indexOf(held);
      if (changed) {
        pending = fresh.cloneNode(true);
        held.classList.add("is-held");
      }
      place(fresh, held);
      board.querySelector("#incidents")?.replaceWith(fresh.querySelector("#incidents"));
    } else {
      pending = null;
      keepSame(fresh);
      board.replaceChildren(...fresh.childNodes);
    }
    tick();
  }

  function release() {
    if (pending && !inUse()) show(pending);
  }

  async function poll() {
    if (paused || signedOut) return;
    const headers = { "If-None-Match": etag, "X-Vigidom-Active": touched ? "1" : "0" };
    try {
      const answer = await fetch(words.rows, { headers, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        signedOut = true;
        return;
      }
      if (answer.status !== 200 && answer.status !== 304) return;
      touched = false;
      serverNow = Number(answer.headers.get("X-Vigidom-Now"));
      fetchedAt = performance.now();
      if (answer.status === 200) {
        etag = answer.headers.get("ETag");
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
        tell(fresh);
        document.getElementById("counts").replaceWith(fresh.querySelector("#counts"));
        announce(rowsOf(fresh));
        show(fresh);
      }
    } catch (error) {
      // Nothing is done about a lost network here: the age of the list grows and turns red by itself.
      if (!(error instanceof TypeError)) throw error;
    } finally {
      tick();
    }
  }

  function wait(seconds) {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    if (minutes < 60) return words.minutes.replace("%(minutes)s", String(minutes));
    if (minutes < 2880) {
      return words.hours.replace("%(hours)s", String(Math.floor(minutes / 60)))
        .replace("%(minutes)s", String(minutes % 60).padStart(2, "0"));
    }
    return words.days.replace("%(num)s", String(Math.floor(minutes / 1440)));
  }

  function tick() {
    board.querySelectorAll("[data-since]").forEach((cell) => {
      const late = now() > Number(cell.dataset.due);
      const value = cell.querySelector(".vd-wait");
      value.textContent = wait(now() - Number(cell.dataset.since));
      value.classList.toggle("vd-late", late);
      cell.querySelector(".vd-queue__sub").textContent = late
        ? words.late : words.left.replace("%(wait)s", wait(Number(cell.dataset.due) - now() + 59));
    });
    const age = performance.now() - fetchedAt;
    const old = signedOut || age > STALE;
    const spoken = signedOut ? words.signedOut
      : words.stale.replace("%(wait)s", wait(age / 1000 + 30));
    if (stale.hidden === old) stale.hidden = !old;
    if (old && stale.firstElementChild.textContent !== spoken) stale.firstElementChild.textContent = spoken;
    stale.lastElementChild.hidden = !signedOut;
    freshness.textContent = age < 15_000 ? words.fresh
      : words.age.replace("%(num)s", String(Math.round(age / 1000)));
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
  board.addEventListener("ask", poll);
  board.addEventListener("pointerleave", release);
  board.addEventListener("pointerover", release);
  board.addEventListener("focusout", () => setTimeout(release));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  setInterval(poll, EVERY);
  setInterval(tick, 1000);
  tick();
})();
