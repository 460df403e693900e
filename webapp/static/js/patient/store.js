// What the phone keeps: drafts by owner, and the outbox by key. `owner` is an opaque mark of one patient's follow-up, so
// that on a shared phone nobody's answers are shown to, or sent as, somebody else.

let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("vigidom", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("drafts", { keyPath: "owner" });
      request.result.createObjectStore("outbox", { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
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

/** A random UUID, also where the page is not served securely (a demonstration on a local network). */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
