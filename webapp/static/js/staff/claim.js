"use strict";
// Holds the call-back of this page for as long as somebody is at it, says when a worse reason came, and when the call is
// no longer theirs. A page that was asleep asks as soon as it wakes, before anything is written on it.
(() => {
  const claim = document.getElementById("claim");
  if (!claim || !claim.dataset.renew) return;
  const EVERY = 30_000;
  const RECENTLY = 10 * 60_000;
  const lost = document.getElementById("claim-lost");
  const worse = document.getElementById("claim-worse");
  const until = document.getElementById("claim-until");
  const token = claim.querySelector("input[name=csrf_token]").value;
  let touchedAt = performance.now();
  let touched = true;
  let ended = false;

  const isHere = () => !document.hidden || performance.now() - touchedAt < RECENTLY;

  function say(sentence) {
    if (!lost.hidden) return;
    lost.querySelector("[data-said]").textContent = sentence;
    lost.hidden = false;
    lost.focus();
  }

  function end(sentence) {
    ended = true;
    lost.hidden = true;
    // What was typed stays readable and can be copied; it can no longer be sent as if the call were one's own.
    document.querySelectorAll("form[action*='/callbacks/'] button[type=submit]").forEach((button) => {
      if (!button.form.closest("#claim-lost") && !button.form.closest(".vd-notices")) button.disabled = true;
    });
    say(sentence);
  }

  async function renew() {
    if (ended || !isHere()) return;
    const headers = { "X-CSRFToken": token, "X-Vigidom-Active": touched ? "1" : "0" };
    try {
      const answer = await fetch(claim.dataset.renew, { method: "POST", headers, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || [400, 401, 403].includes(answer.status)) {
        say(claim.dataset.signedOut); // and asks on: whoever signs in again, in another window, goes on here
      } else if (answer.status === 200) {
        touched = false;
        lost.hidden = true;
        const said = await answer.json();
        until.textContent = said.until;
        if (said.worse && worse.hidden) {
          worse.hidden = false;
          worse.focus();
        }
      } else if (answer.status === 409 || answer.status === 404) {
        end(answer.status === 409 ? (await answer.json()).lost : claim.dataset.lost);
      }
    } catch (error) {
      // A lost network ends nothing by itself: the claim lasts a quarter of an hour, and the next look tells.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  for (const event of ["pointermove", "keydown", "touchstart"]) {
    document.addEventListener(event, () => { touched = true; touchedAt = performance.now(); }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
  window.addEventListener("online", renew);
  setInterval(renew, EVERY);
})();
