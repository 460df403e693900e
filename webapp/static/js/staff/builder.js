// A value's name goes into the text that was written in last, where the cursor was, instead of being typed.

const form = document.querySelector("[data-builder]");
const texts = [...form.querySelectorAll("textarea")];
let last = texts.includes(document.activeElement) ? document.activeElement : texts[0]; // chosen before this came

for (const text of texts) text.addEventListener("focus", () => (last = text));

for (const place of form.querySelectorAll("[data-place]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "vd-places__insert";
  button.dir = "ltr";
  button.textContent = place.textContent;
  button.addEventListener("click", () => {
    last.setRangeText(place.textContent, last.selectionStart, last.selectionEnd, "end");
    last.focus();
  });
  place.replaceWith(button);
}
