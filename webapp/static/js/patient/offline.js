// What makes the page open without a network, and answers leave after it was closed: the service worker, where there is
// one. Registered after everything else, so that the first question never waits for it.

/** Registers the worker, lets it keep this page for a time without network, and calls `onDelivered` when it delivered. */
export async function register(address, onDelivered) {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => data === "delivered" && onDelivered());
  await navigator.serviceWorker.register(address, { updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  const isBlank = !location.search && document.documentElement.dataset.kept === undefined;
  if (isBlank) active.postMessage({ keep: location.href });
}

/** Asks the browser to deliver as soon as there is a network, also when this page is gone. */
export async function later() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register("outbox");
}
