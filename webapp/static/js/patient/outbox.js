// Sent answers, until the server has said that it has them. Written before the network is tried, deleted on the service's
// own 200 or 201 only; the key makes sending twice harmless. What the server said is kept, for a page that did not hear it
// itself.

import { prune, readAll, write } from "./store.js";

const NEWS = 12 * 60 * 60 * 1000;

/** Moves a draft into the outbox, in one transaction. */
export const post = (entry) =>
  write(["outbox", "drafts"], (t) => {
    t.objectStore("drafts").delete(entry.owner);
    t.objectStore("outbox").put(entry);
  });

export async function waiting(owner) {
  return (await readAll("outbox")).filter((entry) => entry.owner === owner).sort((a, b) => a.at - b.at);
}

async function deliver(url, { key, owner, body }) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ ...body, owner }),
    credentials: "same-origin",
    signal: AbortSignal.timeout(30000),
  });
  const said = await response.json().catch(() => ({}));
  if (response.status !== 200 && response.status !== 201) return { problem: response.status, said };
  if (!said?.url) return { problem: 0 }; // a page of something on the way, which has stored nothing
  await write(["outbox", "receipts"], (t) => {
    t.objectStore("outbox").delete(key);
    t.objectStore("receipts").put({ key, owner, url: said.url, at: Date.now() });
  });
  return { receipt: said };
}

const alone = (work) =>
  navigator.locks ? navigator.locks.request("vigidom-outbox", { ifAvailable: true }, (lock) => lock && work()) : work();

/** Tries to deliver all that waits of `owner`. {receipt} of the last one delivered, or {problem: status, 0 without a
 * network}, or {busy} while another window or the service worker delivers. */
export async function flush(url, owner) {
  const outcome = await alone(async () => {
    let last = {};
    for (const entry of await waiting(owner)) {
      last = await deliver(url, entry).catch(() => ({ problem: 0 }));
      if (last.problem !== undefined) break;
    }
    return last;
  });
  return outcome ?? { busy: true };
}

/** Where the newest result of `owner` lies; without `again`, only one that no page has shown yet. */
export async function news(owner, { again = false } = {}) {
  await prune("receipts", ({ at }) => Date.now() - at > NEWS);
  const found = (await readAll("receipts")).filter((receipt) => receipt.owner === owner && receipt.url);
  const newest = found.sort((a, b) => b.at - a.at).find(({ told }) => again || !told);
  await write(["receipts"], (t) => found.forEach((receipt) => t.objectStore("receipts").put({ ...receipt, told: true })));
  return newest?.url;
}
