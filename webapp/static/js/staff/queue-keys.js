"use strict";
// One key each for the next row, the one before and claiming, for whoever asked for it; Enter opens as on any link.
(() => {
  const board = document.getElementById("board");
  if (!board || !("keyboard" in board.dataset)) return;

  const names = () => [...board.querySelectorAll(".vd-queue__name")];
  const row = () => document.activeElement?.closest?.("tr[data-callback]");

  function move(by) {
    const all = names();
    const here = row();
    const at = here ? all.findIndex((name) => here.contains(name)) : -1;
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.focus();
    next?.closest("tr").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable], dialog")) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "c" && row()) row().querySelector(".vd-queue__action button")?.click();
    else return;
    event.preventDefault();
  });
})();
