// The browser's own print, on a button; without this file its menu does the same.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
