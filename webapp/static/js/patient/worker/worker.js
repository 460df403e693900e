// Keeps the questionnaire openable without a network. Before this text the server writes VERSION, SHELL, LANGUAGES and
// ANSWERS. Kept: the shell, and the last questionnaire that was opened, with nothing answered. Never: results, one's own
// page, staff's pages, anything sent.

const CACHE = `vigidom-${VERSION}`;
const PATIENCE = 4000;
const DOUBT = 60 * 1000;
const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;
const ROOT = new URL(self.registration.scope).pathname.replace(/\/$/, "");
const QUESTIONS = new RegExp(`^/(${LANGUAGES.join("|")})/checkin$`);
const PATIENTS = new RegExp(`^(/(${LANGUAGES.join("|")}))?/(q/[^/]+|enter|checkin(/.*)?|leave)$`);

let cameIn = 0; // when somebody last came through a door, or sent a form: whoever that was

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method === "POST" && request.mode === "navigate") cameIn = Date.now();
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const path = pathname.slice(ROOT.length);
  if (/^\/(static\/build\/patient\.|phone\/)/.test(path) || SHELL.includes(pathname + search)) {
    event.respondWith(asset(request));
  } else if (request.mode === "navigate" && PATIENTS.test(path)) {
    const answer = QUESTIONS.test(path) && !search ? questions(event) : fetch(request).then(noted);
    event.respondWith(answer.catch(() => offline(path)));
  }
});

self.addEventListener("message", ({ data }) => {
  if (data?.keep) caches.match(data.keep).then((kept) => kept || fetch(data.keep).then((page) => keep(data.keep, page)));
});

async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) (await caches.open(CACHE)).put(request, response.clone());
  return response;
}

function noted(response) {
  if (response.type === "opaqueredirect") cameIn = Date.now();
  return response;
}

async function questions(event) {
  const { url } = event.request;
  const fresh = fetch(event.request);
  event.waitUntil(fresh.then((response) => keep(url, response.clone())).catch(() => {}));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fresh, late]).catch(() => undefined);
  if (answer && answer.status < 500) return answer;
  const kept = await young(url);
  return kept ? doubted(kept) : fresh;
}

async function young(url) {
  const kept = await caches.match(url);
  return kept && Date.now() - Number(kept.headers.get("X-Kept-At")) < KEPT_FOR ? kept : undefined;
}

/** Behind a door the kept page may be somebody else's than the one who came in: it asks first. */
async function doubted(kept) {
  if (Date.now() - cameIn > DOUBT) return kept;
  return new Response((await kept.text()).replace("<html data-kept ", '<html data-kept="ask" '), { headers: kept.headers });
}

/** One page at a time, so that nobody's stays behind when another person has answered; marked as kept. */
async function keep(url, response) {
  if (response.status !== 200 || response.redirected || response.type !== "basic") return;
  const text = await response.text();
  const cache = await caches.open(CACHE);
  const pages = (await cache.keys()).filter((kept) => QUESTIONS.test(new URL(kept.url).pathname.slice(ROOT.length)));
  await Promise.all(pages.map((page) => cache.delete(page)));
  if (/class="vd-flash [^"]*" role=/.test(text)) return; // a sentence for this once
  const headers = new Headers(response.headers);
  headers.set("X-Kept-At", Date.now());
  await cache.put(url, new Response(text.replace("<html ", "<html data-kept "), { headers }));
}

async function offline(path) {
  const spoken = [path.split("/")[1], ...navigator.languages.map((name) => name.slice(0, 2)), LANGUAGES[0]];
  const language = spoken.find((name) => LANGUAGES.includes(name));
  return caches.match(SHELL.find((address) => address.endsWith(`/${language}/offline`)));
}
