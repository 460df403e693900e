"use strict";
// Follows a call through the centre while it lasts, and says in the form how it ended. The page works without it.
(() => {
  const bridge = document.getElementById("bridge");
  const shown = document.getElementById("bridge-state");
  if (!bridge || !shown) return;
  const EVERY = 2_000;
  const state = () => shown.querySelector("[data-bridge-state]");

  function preset() {
    const outcome = state().dataset.outcome;
    const form = document.getElementById("written");
    if (!outcome || !form || form.querySelector("input[name=attempt-outcome]:checked")) return;
    const choice = form.querySelector(`input[name=attempt-outcome][value="${CSS.escape(outcome)}"]`);
    if (choice) choice.checked = true;
  }

  async function look() {
    if (state().dataset.underWay !== "yes") return;
    try {
      const answer = await fetch(bridge.dataset.state, { redirect: "manual", cache: "no-store" });
      if (answer.status === 200) {
        const text = await answer.text();
        const held = shown.contains(document.activeElement);
        // A button under the finger stays; of the same state nothing is said twice.
        const next = document.createElement("div");
        next.innerHTML = text;
        const changed = next.querySelector("[data-bridge-state]").dataset.bridgeState !== state().dataset.bridgeState
          || next.querySelector("[data-bridge-state]").dataset.underWay !== state().dataset.underWay;
        if (changed) {
          shown.replaceChildren(...next.childNodes);
          if (held) shown.querySelector("button")?.focus();
          if (state().dataset.underWay !== "yes") {
            bridge.querySelectorAll("button[name=called]").forEach((button) => { button.disabled = false; });
            preset();
          }
        }
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    setTimeout(look, EVERY);
  }

  preset();
  setTimeout(look, EVERY);
})();
