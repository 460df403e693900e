// The call-back queue, kept fresh: leaves the row in use where it is, announces new urgent patients, lets waiting times
// run. Tells the other scripts of the page by an event "urgent" on the board; an event "ask" makes it look at once.
import { keepFresh } from "./fresh.js";

const board = document.getElementById("board");
const words = board.dataset;
const live = document.getElementById("live");
const hovers = window.matchMedia("(hover: hover)");
let pending = null;

const body = () => board.querySelector("tbody");
const rowsOf = (root) => [...root.querySelectorAll("tr[data-callback]")];
const isUrgent = (row) => row.dataset.level === "red" && !("owned" in row.dataset);
const told = new Set(rowsOf(board).filter((row) => row.dataset.level === "red").map((row) => row.dataset.callback));

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
  list.tick();
}

function release() {
  if (pending && !inUse()) show(pending);
}

const list = keepFresh(board, {
  take(body) {
    tell(body);
    document.getElementById("counts").replaceWith(body.querySelector("#counts"));
    announce(rowsOf(body));
    show(body);
  },
  tick({ now, wait }) {
    board.querySelectorAll("[data-since]").forEach((cell) => {
      const late = now > Number(cell.dataset.due);
      const value = cell.querySelector(".vd-wait");
      value.textContent = wait(now - Number(cell.dataset.since));
      value.classList.toggle("vd-late", late);
      cell.querySelector(".vd-queue__sub").textContent = late
        ? words.late : words.left.replace("%(wait)s", wait(Number(cell.dataset.due) - now + 59));
    });
  },
});

board.addEventListener("ask", list.ask);
board.addEventListener("pointerleave", release);
board.addEventListener("pointerover", release);
board.addEventListener("focusout", () => setTimeout(release));
