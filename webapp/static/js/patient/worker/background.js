
// Background Sync: delivers what waits, of everybody who answers on this phone, after its pages were closed. Answers of
// another person than the one whose session this is are turned away by the server, and go on waiting.

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(navigator.locks.request("vigidom-outbox", deliverAll).then(wakePages));
});

const told = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function deliverAll() {
  const database = await told(indexedDB.open("vigidom"));
  if (!database.objectStoreNames.contains("outbox")) return database.close();
  let again = false;
  for (const entry of await told(database.transaction("outbox").objectStore("outbox").getAll())) {
    again = (await deliver(database, entry).catch(() => true)) || again;
  }
  database.close();
  if (again) throw new Error("the browser tries again later");
}

/** Whether it is worth trying again soon. */
async function deliver(database, { key, owner, body }) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  const sent = { method: "POST", headers, body: JSON.stringify({ ...body, owner }), signal: AbortSignal.timeout(30000) };
  const response = await fetch(ANSWERS, sent);
  if (response.status !== 200 && response.status !== 201) return response.status >= 500 || response.status === 429;
  const { url } = await response.json();
  if (!url) return true; // a page of something on the way, which has stored nothing
  const transaction = database.transaction(["outbox", "receipts"], "readwrite");
  transaction.objectStore("receipts").put({ key, owner, url, at: Date.now() });
  await told(transaction.objectStore("outbox").delete(key));
  return false;
}

async function wakePages() {
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage("delivered");
}
