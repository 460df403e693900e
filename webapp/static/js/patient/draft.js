// Answers not yet sent: kept on every change, forgotten after a day, or when they are for another check-in.

import { readAll, uuid, write } from "./store.js";

const DAY = 24 * 60 * 60 * 1000;

/** The draft to go on with, or a new one with its own key. */
export async function load({ owner, checkin, version }) {
  const drafts = await readAll("drafts");
  const old = drafts.filter(({ at }) => Date.now() - at > DAY);
  if (old.length) await write(["drafts"], (t) => old.forEach((draft) => t.objectStore("drafts").delete(draft.owner)));
  const found = drafts.find((draft) => draft.owner === owner && !old.includes(draft));
  const goesOn = found && found.checkin === checkin && found.version === version;
  return goesOn ? found : { owner, checkin, version, key: uuid(), answers: {}, step: null };
}

export const save = (draft) => write(["drafts"], (t) => t.objectStore("drafts").put({ ...draft, at: Date.now() }));
