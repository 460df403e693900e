"use strict";
// Two short tones when an urgent call is new, for whoever asked for it. Made here: nothing is loaded, and the browser
// plays it only once the page was touched.
(() => {
  const board = document.getElementById("board");
  const button = document.getElementById("try-sound");
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!board || !Context) return;
  let context = null;

  function ready() {
    context ??= new Context();
    if (context.state === "suspended") context.resume();
    return context;
  }

  function tone(pitch, after) {
    const from = context.currentTime + after;
    const voice = context.createOscillator();
    const loudness = context.createGain();
    voice.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(0.25, from + 0.02);
    loudness.gain.linearRampToValueAtTime(0, from + 0.22);
    voice.connect(loudness).connect(context.destination);
    voice.start(from);
    voice.stop(from + 0.25);
  }

  function play() {
    ready();
    tone(880, 0);
    tone(660, 0.28);
    board.dataset.played = String(Number(board.dataset.played || 0) + 1);
  }

  if (button) {
    button.hidden = false;
    button.addEventListener("click", play);
  }
  if (!("sound" in board.dataset)) return;
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, ready, { once: true });
  board.addEventListener("urgent", play);
})();
