"use strict";
// Claims without leaving the queue until it is won: whoever loses a race keeps their place in the list and reads who has
// the call. Anything else that the server answers is its own page's business.
(() => {
  const board = document.getElementById("board");
  const form = document.getElementById("take");
  const live = document.getElementById("live");
  if (!board || !form) return;
  let busy = false;

  function say(page) {
    const lines = [...page.querySelectorAll("main h1, main p.nhsuk-body")].slice(0, 2);
    const item = document.createElement("p");
    item.className = "vd-live__item";
    item.textContent = lines.map((line) => line.textContent.trim()).join(". ");
    live.replaceChildren(item);
  }

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const row = button?.closest("tr[data-callback]");
    if (!row) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      const sent = { method: "POST", body: new FormData(form), redirect: "manual" };
      const answer = await fetch(button.formAction, sent);
      if (answer.type === "opaqueredirect") {
        location.assign(row.querySelector(".vd-queue__name").href);
        return;
      }
      if (answer.status === 409) {
        say(new DOMParser().parseFromString(await answer.text(), "text/html"));
        board.dispatchEvent(new CustomEvent("ask"));
        return;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    } finally {
      busy = false;
    }
    const next = form.action; // of the button that takes the next call, should this page stay
    form.action = button.formAction;
    form.submit();
    form.action = next;
  });
})();
