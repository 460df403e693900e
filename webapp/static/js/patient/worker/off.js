// The kill switch: takes itself and everything it kept off the phone. Answers that wait are not its own, and stay.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const all = (names) => Promise.all(names.filter((name) => name.startsWith("vigidom-")).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(all).then(() => self.registration.unregister()));
});
