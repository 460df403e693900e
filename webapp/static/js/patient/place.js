// Tells the centre how far somebody was who leaves without sending: the number of the question and nothing of an answer,
// each place once. `place` says 0 where there is nothing to tell.

export function tell(url, about, place) {
  let told = 0;
  const leave = () => {
    const question = place();
    if (!question || question === told) return;
    told = question;
    navigator.sendBeacon(url, new Blob([JSON.stringify({ ...about, question })], { type: "application/json" }));
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  window.addEventListener("pagehide", leave);
}
