// Who has answered on this phone, by their opaque marks. Without a network nobody can show who they are, so a kept page
// asks, when there could be a doubt.

import { prune, readAll, write } from "./store.js";

const MONTH = 30 * 24 * 60 * 60 * 1000;

export async function note(owner) {
  await prune("people", ({ at }) => Date.now() - at > MONTH);
  await write(["people"], (t) => t.objectStore("people").put({ owner, at: Date.now() }));
}

export const areSeveral = async (owner) => (await readAll("people")).some((person) => person.owner !== owner);

/** Resolves once the person has said that the kept page is theirs; "no" leaves what to do instead on the page. */
export function ask(box) {
  box.hidden = false;
  box.focus();
  return new Promise((resolve) => {
    box.addEventListener("click", ({ target }) => {
      const said = target.closest("[data-mine]")?.dataset.mine;
      if (said === "no") {
        box.querySelector("[data-asked]").hidden = true;
        box.querySelector("[data-other]").hidden = false;
        box.focus();
      }
      if (said !== "yes") return;
      box.hidden = true;
      resolve();
    });
  });
}
