// Answers not yet sent: kept on every change, forgotten after a day, or when they are for another check-in.

import { prune, readAll, uuid, write } from "./store.js";

const DAY = 24 * 60 * 60 * 1000;

/** The draft to go on with, or a new one with its own key. `key` is that of the answers that this page corrects. Of a
 * draft that another version of the questions was begun with, the answers stay, to be gone through again: `isOlder`. */
export async function load({ owner, checkin, version, key }) {
  await prune("drafts", ({ at }) => Date.now() - at > DAY);
  const found = (await readAll("drafts")).find((draft) => draft.owner === owner);
  const corrects = key ?? null;
  const fresh = { owner, checkin, version, corrects, key: key ?? uuid(), answers: {}, step: null };
  if (!found || found.checkin !== checkin || (found.corrects ?? null) !== corrects) return fresh;
  if (found.version === version) return found;
  for (const [linkId, { raw, absent }] of Object.entries(found.answers)) fresh.answers[linkId] = { raw, absent };
  return { ...fresh, howTo: found.howTo, isOlder: true };
}

export const save = (draft) => write(["drafts"], (t) => t.objectStore("drafts").put({ ...draft, at: Date.now() }));
