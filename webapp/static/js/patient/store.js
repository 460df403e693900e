// What the phone keeps: drafts by owner, the outbox and receipts by key, and who has answered here. `owner` is an opaque
// mark of one patient's follow-up, so that on a shared phone nobody's answers are shown to, or sent as, somebody else.

const STORES = { drafts: "owner", outbox: "key", receipts: "key", people: "owner" };

let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("vigidom", 2);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page must not wait for this one
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** Runs `work(transaction)` and resolves, with the result of the request it returns, once all of it is on disk. */
export async function write(stores, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
    const request = work(transaction);
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const readAll = (store) => write([store], (transaction) => transaction.objectStore(store).getAll());

/** Forgets what `isStale` says of one store. */
export async function prune(store, isStale) {
  const key = STORES[store];
  const stale = (await readAll(store)).filter(isStale);
  if (stale.length) await write([store], (t) => void stale.forEach((each) => t.objectStore(store).delete(each[key])));
}

/** A random UUID, also where the page is not served securely (a demonstration on a local network). */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
