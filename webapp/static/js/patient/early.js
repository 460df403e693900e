// Runs before the first paint, so that showing one question at a time shifts nothing. If the rest of the script does
// not arrive or does not start, the plain form comes back. Between the two nothing is sent: Enter in the first question
// would send that one alone.
(function () {
  const root = document.documentElement;
  if (!("noModule" in HTMLScriptElement.prototype) || !window.indexedDB) return;
  const plain = () => root.dataset.ready || root.classList.remove("vd-script");
  root.classList.add("vd-script");
  window.addEventListener("error", plain, true);
  window.addEventListener("unhandledrejection", plain);
  window.setTimeout(plain, 15000);
  const isBetween = () => root.classList.contains("vd-script") && !root.dataset.ready;
  document.addEventListener("submit", (event) => isBetween() && event.preventDefault());
})();
