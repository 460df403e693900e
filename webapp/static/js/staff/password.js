"use strict";
// Says how many characters are still missing while a password is being chosen; the server decides on its strength.
(() => {
  const field = document.getElementById("password");
  const line = document.getElementById("password-progress");
  if (!field || !line) return;
  const least = Number(line.dataset.least);
  field.addEventListener("input", () => {
    const missing = least - [...field.value].length;
    line.hidden = field.value === "";
    line.textContent = missing > 0 ? line.dataset.more.replace("%(count)s", String(missing)) : line.dataset.enough;
  });
})();
