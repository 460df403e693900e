// A 60-second counter beside "how to count": the eye stays on the wrist, the phone says when the minute is over.

export function bind(box) {
  const [button, shown, said] = ["[data-start]", "[data-seconds]", "[data-said]"].map((s) => box.querySelector(s));
  let timer;
  button.addEventListener("click", () => {
    const end = Date.now() + 60000;
    clearInterval(timer);
    said.textContent = said.dataset.started;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      shown.textContent = left;
      if (left) return;
      clearInterval(timer);
      said.textContent = said.dataset.over;
      navigator.vibrate?.([300, 150, 300]);
    };
    tick();
    timer = setInterval(tick, 250);
  });
}
